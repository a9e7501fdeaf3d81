/* The resource_registry: from a type as a template says it to what it stands for.
 *
 *   resources: {web: {"OS::A": …}}   for one resource; before all others
 *   "My::A": "OS::B"                 another name for a type
 *   "My::A": "a.yaml"                a template
 *   "OS::A::*": "OS::B::*"           of many types; the star on the right keeps the rest of the name
 *
 * Of several that fit the first counts that leads to something, in the order of their keys. */
#include "engine/registry.h"

#include <fnmatch.h>
#include <string.h>

#include "resources/catalogue.h"

enum { HOPS_MAX = 8 };

struct search {
    struct ctx *ctx;
    const struct value *registry, *own;
    struct registry_match *match;
};

static bool ends_with(const char *text, const char *end)
{
    size_t length = strlen(text), end_length = strlen(end);
    return length >= end_length && strcmp(text + length - end_length, end) == 0;
}

bool is_template_name(const char *name)
{
    return ends_with(name, ".yaml") || ends_with(name, ".template");
}

static bool is_glob(const char *key)
{
    return *key && key[strlen(key) - 1] == '*';
}

static bool fits(const char *key, const char *type, const char *target)
{
    if (!is_glob(key))
        return strcmp(key, type) == 0;
    return strcmp(type, target) != 0 && strncmp(key, type, strlen(key) - 1) == 0;
}

/* The first key after another, in order, that fits. */
static const char *next_key(const struct search *search, const char *type, const char *after)
{
    const char *next = NULL;
    for (size_t i = 0; i < value_count(search->registry); i++) {
        const char *key = search->registry->map.entries[i].key,
                   *target = value_text(search->registry->map.entries[i].value);
        if (target && fits(key, type, target) && (!after || strcmp(key, after) > 0) &&
            (!next || strcmp(key, next) < 0))
            next = key;
    }
    return next;
}

static bool search_type(struct search *search, const char *type, unsigned hops);

static bool follow(struct search *search, const char *key, const char *target, bool own, const char *type,
                   unsigned hops)
{
    if (is_template_name(target)) {
        *search->match = (struct registry_match){.file = target, .key = key, .own = own};
        return true;
    }
    if (is_glob(key) && is_glob(target))
        target = arena_printf(search->ctx->arena, "%.*s%s", (int)(strlen(target) - 1), target,
                              type + strlen(key) - 1);
    return strcmp(target, type) != 0 && search_type(search, target, hops + 1);
}

static bool search_type(struct search *search, const char *type, unsigned hops)
{
    if (hops > HOPS_MAX)
        return false;
    if (is_template_name(type)) {
        *search->match = (struct registry_match){.file = type, .key = type};
        return true;
    }
    const char *own = value_get_text(search->own, type);
    if (own && follow(search, type, own, true, type, hops))
        return true;
    for (const char *key = NULL; (key = next_key(search, type, key));)
        if (follow(search, key, value_get_text(search->registry, key), false, type, hops))
            return true;
    *search->match = (struct registry_match){.type = type};
    return catalogue_find(type) != NULL;
}

bool registry_find(struct ctx *ctx, const struct value *registry, const char *resource, const char *type,
                   struct registry_match *match)
{
    struct search search = {ctx, registry, value_get(value_get(registry, "resources"), resource), match};
    *match = (struct registry_match){.type = type};
    return search_type(&search, type, 0);
}

/* ---- for nested stacks ---- */
/* What patterns say of the resource, then what its name does. */
static struct value *part_for(struct ctx *ctx, const struct value *resources, const char *resource)
{
    struct value *part = value_map(ctx->arena);
    for (size_t i = 0; i < value_count(resources); i++)
        if (fnmatch(resources->map.entries[i].key, resource, 0) == 0)
            value_map_set_all(ctx->arena, part, resources->map.entries[i].value);
    value_map_set_all(ctx->arena, part, value_get(resources, resource));
    return part;
}

static const struct value *child_registry(struct ctx *ctx, const struct value *registry,
                                          const struct registry_match *match, const char *resource)
{
    const struct value *rest =
        match && match->key && !match->own ? value_map_without(ctx->arena, registry, match->key) : registry;
    struct value *child = value_copy(ctx->arena, rest);
    if (!resource)
        return child;
    const struct value *part = part_for(ctx, value_get(registry, "resources"), resource);
    if (match && match->key && match->own)
        part = value_map_without(ctx->arena, part, match->key);
    value_map_set(ctx->arena, child, "resources", part);
    return child;
}

const struct value *registry_child(struct ctx *ctx, const struct environment *environment,
                                   const struct registry_match *match, const char *resource,
                                   const struct value *parameters)
{
    struct value *child = value_copy(ctx->arena, environment_document(ctx, environment));
    value_map_set(ctx->arena, child, "resource_registry",
                  child_registry(ctx, environment->resource_registry, match, resource));
    value_map_set(ctx->arena, child, "parameters",
                  value_is(parameters, VALUE_MAP) ? parameters : value_map(ctx->arena));
    return child;
}
