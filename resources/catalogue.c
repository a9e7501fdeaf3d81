/* Reads the type files at start and finds types by name. */
#include "resources/catalogue.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/config.h"
#include "base/log.h"
#include "resources/builtin_types.h"
#include "resources/rest.h"

/* What a process truly has one of: the types, read once, on an arena of their own that is never given back.
 */
static struct {
    struct arena *arena;
    const struct resource_type **types; /* by name */
    size_t count, capacity;
} catalogue;

enum { TYPE_FILE_MAX = 1 << 20 };

/* ---- reading one file ---- */
static int file_error(struct ctx *ctx, const char *path, const char *what)
{
    return fail(ctx, FAULT_INVALID, "resource type file %s: %s", path, what);
}

static bool is_map_or_absent(const struct value *definition, const char *key)
{
    return !value_has(definition, key) || value_is(value_get(definition, key), VALUE_MAP);
}

static const char *definition_mistake(const struct value *definition)
{
    if (!value_is(definition, VALUE_MAP))
        return "is not a JSON map";
    if (!value_get_text(definition, "type") || !*value_get_text(definition, "type"))
        return "has no \"type\", the name of the resource type";
    if (!value_get_text(definition, "hooks"))
        return "has no \"hooks\", the name of the functions that make it";
    if (!hooks_find(value_get_text(definition, "hooks")))
        return "names \"hooks\" that do not exist";
    if (!value_is(value_get(definition, "properties"), VALUE_MAP))
        return "has no map \"properties\"";
    if (!value_is(value_get(definition, "attributes"), VALUE_MAP))
        return "has no map \"attributes\"";
    if (!value_is(value_get(definition, "support_status"), VALUE_MAP))
        return "has no map \"support_status\"";
    if (!is_map_or_absent(definition, "hidden_properties") || !is_map_or_absent(definition, "type_from"))
        return "\"hidden_properties\" and \"type_from\" must be maps";
    return NULL;
}

static const char *last_part(const char *name)
{
    const char *colon = strrchr(name, ':');
    return colon ? colon + 1 : name;
}

static struct resource_type *type_make(const struct value *definition)
{
    struct resource_type *type = arena_new(catalogue.arena, struct resource_type);
    type->definition = definition;
    type->name = value_get_text(definition, "type");
    const char *description = value_get_text(definition, "description");
    type->description = description ? description : "";
    type->template_name = value_get_text(definition, "template_name");
    if (!type->template_name)
        type->template_name = last_part(type->name);
    type->properties = value_get(definition, "properties");
    type->hidden_properties = value_get(definition, "hidden_properties");
    type->type_from = value_get(definition, "type_from");
    type->attributes = value_get(definition, "attributes");
    type->support_status = value_get(definition, "support_status");
    type->hooks = hooks_find(value_get_text(definition, "hooks"));
    type->takes_signals = value_truth(value_get(definition, "takes_signals"));
    type->any_attribute = value_truth(value_get(definition, "any_attribute"));
    type->any_property = value_truth(value_get(definition, "any_property"));
    return type;
}

static void catalogue_put(const struct resource_type *type)
{
    for (size_t i = 0; i < catalogue.count; i++) {
        if (strcmp(catalogue.types[i]->name, type->name) == 0) {
            catalogue.types[i] = type;
            return;
        }
    }
    if (catalogue.count == catalogue.capacity) {
        size_t capacity = catalogue.capacity ? 2 * catalogue.capacity : 64;
        catalogue.types =
            arena_grow(catalogue.arena, catalogue.types, catalogue.capacity * sizeof(*catalogue.types),
                       capacity * sizeof(*catalogue.types));
        catalogue.capacity = capacity;
    }
    catalogue.types[catalogue.count++] = type;
}

/* NULL with the reason. */
static const struct resource_type *read_type(struct ctx *ctx, const char *path, const char *text,
                                             size_t length)
{
    struct ctx own = *ctx; /* the values outlive the caller's arena */
    own.arena = catalogue.arena;
    const struct value *definition = value_read_json(&own, text, length);
    const char *mistake = definition ? definition_mistake(definition) : own.error.message;
    if (!mistake)
        mistake = type_mistake(&own, definition);
    if (!mistake && strcmp(value_get_text(definition, "hooks"), "rest") == 0)
        mistake = rest_mistake(&own, definition);
    return mistake ? (void)file_error(ctx, path, mistake), NULL : type_make(definition);
}

/* ---- the operator's directory ---- */
const struct resource_type *catalogue_read_file(struct ctx *ctx, const char *path)
{
    if (!catalogue.arena)
        catalogue.arena = arena_create(0);
    FILE *file = fopen(path, "re");
    if (!file)
        return (void)file_error(ctx, path, "cannot be opened"), NULL;
    char *text = arena_alloc(catalogue.arena, TYPE_FILE_MAX);
    size_t length = fread(text, 1, TYPE_FILE_MAX, file);
    bool whole = !ferror(file) && length < TYPE_FILE_MAX;
    fclose(file);
    if (!whole)
        return (void)file_error(ctx, path, "cannot be read, or is too large"), NULL;
    return read_type(ctx, path, text, length);
}

static int is_type_file(const struct dirent *entry)
{
    const char *dot = strrchr(entry->d_name, '.');
    return entry->d_name[0] != '.' && dot && strcmp(dot, ".json") == 0;
}

/* One that does not read is left out, and the log says why. */
static int read_directory(struct ctx *ctx, const char *directory)
{
    struct dirent **entries;
    int count = scandir(directory, &entries, is_type_file, alphasort);
    if (count < 0)
        return fail(ctx, FAULT_INVALID, "types_directory %s cannot be read", directory);
    for (int i = 0; i < count; i++) {
        const struct resource_type *type =
            catalogue_read_file(ctx, arena_printf(ctx->arena, "%s/%s", directory, entries[i]->d_name));
        if (type)
            catalogue_put(type);
        else
            log_error(NULL, "%s: the others are read", ctx->error.message);
        error_clear(ctx);
        free(entries[i]);
    }
    free(entries);
    return 0;
}

static int compare_types(const void *a, const void *b)
{
    const struct resource_type *const *left = a, *const *right = b;
    return strcmp((*left)->name, (*right)->name);
}

int catalogue_open(struct ctx *ctx)
{
    if (catalogue.arena)
        return 0;
    catalogue.arena = arena_create(0);
    for (size_t i = 0; i < builtin_type_count; i++) {
        const struct builtin_type *builtin = &builtin_types[i];
        const struct resource_type *type = read_type(ctx, builtin->path, builtin->text, builtin->length);
        if (!type)
            return -1;
        catalogue_put(type);
    }
    const char *directory = ctx->config ? ctx->config->types_directory : NULL;
    if (directory && *directory && read_directory(ctx, directory) != 0)
        return -1;
    qsort(catalogue.types, catalogue.count, sizeof(*catalogue.types), compare_types);
    return 0;
}

/* ---- asking ---- */
static int compare_name(const void *name, const void *element)
{
    const struct resource_type *const *type = element;
    return strcmp(name, (*type)->name);
}

const struct resource_type *catalogue_find(const char *name)
{
    if (catalogue.count == 0)
        return NULL;
    const struct resource_type **found =
        bsearch(name, catalogue.types, catalogue.count, sizeof(*catalogue.types), compare_name);
    return found ? *found : NULL;
}

size_t catalogue_count(void)
{
    return catalogue.count;
}

const struct resource_type *catalogue_at(size_t i)
{
    return i < catalogue.count ? catalogue.types[i] : NULL;
}

const struct value *type_property(const struct resource_type *type, const char *name)
{
    const struct value *schema = value_get(type->properties, name);
    return schema ? schema : value_get(type->hidden_properties, name);
}

bool type_has_attribute(const struct resource_type *type, const char *name)
{
    return type->any_property || type->any_attribute || value_has(type->attributes, name);
}
