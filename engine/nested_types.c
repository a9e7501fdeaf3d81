/* Templates as types: properties from the template's parameters, attributes from its outputs. */
#include "engine/nested_types.h"

#include <string.h>

#include "base/config.h"
#include "cloud/fetch.h"

/* ---- files ---- */
/* The environment names every template that was used as a type: so it is shown, and nested stacks inherit it. */
static void note_template(struct definition *definition, const char *name)
{
    struct environment *environment = definition->environment;
    if (value_has(environment->resource_registry, name))
        return;
    struct value *registry = value_copy(definition->ctx->arena, environment->resource_registry);
    value_map_set(definition->ctx->arena, registry, name, value_string(definition->ctx->arena, name));
    environment->resource_registry = registry;
}

static void add_file(struct definition *definition, const char *name, const struct value *text)
{
    struct arena *arena = definition->ctx->arena;
    struct value *files =
        definition->scope.files ? value_copy(arena, definition->scope.files) : value_map(arena);
    value_map_set(arena, files, name, text);
    definition->scope.files = definition->masked.files = files;
}

static const struct value *fail_file(struct ctx *ctx, const char *name, const char *why)
{
    return fail_null(ctx, FAULT_STACK_VALIDATION, "Could not fetch remote template \"%s\": %s", name, why);
}

const struct value *nested_file(struct definition *definition, const char *name)
{
    struct ctx *ctx = definition->ctx;
    size_t length;
    const struct value *text = value_get(definition->scope.files, name);
    if (value_is(text, VALUE_STRING))
        return text;
    if (!definition->may_fetch)
        return fail_file(ctx, name, "it is not among the files of the stack");
    const char *fetched = fetch_text(ctx, name, (size_t)ctx->config->max_template_size, &length);
    if (!fetched) {
        const char *why = ctx->error.message;
        error_clear(ctx);
        return fail_file(ctx, name, why);
    }
    text = value_string_n(ctx->arena, fetched, length);
    add_file(definition, name, text);
    return text;
}

/* ---- the schema ---- */
static const char *property_type(const struct parameter_schema *schema)
{
    static const char *const types[] = {
        [PARAMETER_STRING] = "string", [PARAMETER_NUMBER] = "number",   [PARAMETER_LIST] = "list",
        [PARAMETER_JSON] = "map",      [PARAMETER_BOOLEAN] = "boolean",
    };
    return types[schema->type];
}

static const struct value *property_of(struct definition *definition, const struct parameter_schema *schema)
{
    struct arena *arena = definition->ctx->arena;
    bool required = !schema->initial && !value_has(definition->environment->parameter_defaults, schema->name);
    struct value *property = value_map(arena);
    value_map_set(arena, property, "type", value_string(arena, property_type(schema)));
    value_map_set(arena, property, "required", value_bool(required));
    value_map_set(arena, property, "update_allowed", value_bool(true));
    value_map_set(arena, property, "immutable", value_bool(false));
    value_map_set(arena, property, "allow_conversion",
                  value_bool(schema->type == PARAMETER_JSON || schema->type == PARAMETER_LIST));
    if (schema->constraints)
        value_map_set(arena, property, "constraints", schema->constraints);
    return property;
}

static const struct value *properties_of(struct definition *definition, const struct template *template)
{
    struct value *properties = value_map(definition->ctx->arena);
    for (size_t i = 0; i < template->parameter_count; i++)
        value_map_set(definition->ctx->arena, properties, template->parameters[i].name,
                      property_of(definition, &template->parameters[i]));
    return properties;
}

static const struct value *attributes_of(struct ctx *ctx, const struct template *template)
{
    struct value *attributes = value_map(ctx->arena);
    for (size_t i = 0; i < template->output_count; i++)
        value_map_set(ctx->arena, attributes, template->outputs[i].name, value_map(ctx->arena));
    return attributes;
}

/* ---- the type ---- */
static struct resource_type *type_new(struct ctx *ctx, const char *name)
{
    struct resource_type *type = arena_new(ctx->arena, struct resource_type);
    type->name = type->template_name = name;
    type->description = "";
    type->properties = type->attributes = type->definition = value_map(ctx->arena);
    type->support_status = value_map(ctx->arena);
    type->hooks = hooks_find("template_resource");
    return type;
}

const struct resource_type *nested_type_unknown(struct ctx *ctx, const char *name)
{
    struct resource_type *type = type_new(ctx, name);
    type->any_property = true;
    return type;
}

bool is_template_type(const struct resource_type *type)
{
    return type && type->hooks == hooks_find("template_resource");
}

/* "Error parsing template n.yaml while parsing …": the file is named where Heat's reader names it. */
static const struct value *read_document(struct definition *definition, const char *file)
{
    struct ctx *ctx = definition->ctx;
    const struct value *text = nested_file(definition, file);
    const struct value *document = text ? template_read(ctx, text->string.text, text->string.length) : NULL;
    if (!text || (document && (value_has(document, "heat_template_version") ||
                               value_has(document, "HeatTemplateFormatVersion") ||
                               value_has(document, "AWSTemplateFormatVersion"))))
        return document;
    static const char root[] = "Template not in valid format: Error parsing template [root stack] ";
    const char *why = ctx->error.message;
    error_clear(ctx);
    if (document)
        return fail_null(ctx, FAULT_STACK_VALIDATION, "Template format version not found.");
    if (strncmp(why, root, sizeof root - 1) == 0)
        why += sizeof root - 1;
    return fail_null(ctx, FAULT_STACK_VALIDATION, "Error parsing template %s %s", file, why);
}

static struct template *parse_document(struct ctx *ctx, const struct value *document)
{
    struct template *template = template_parse(ctx, document);
    if (template || ctx->error.fault == FAULT_TOO_LARGE)
        return template;
    struct error inner = ctx->error;
    error_clear(ctx);
    return fail_null(ctx, FAULT_STACK_VALIDATION, "%s", inner.message);
}

static const struct resource_type *find_known(const struct definition *definition, const char *name,
                                              const char *file)
{
    for (const struct known_type *known = definition->known_types; known; known = known->next)
        if (strcmp(known->type->name, name) == 0 && strcmp(known->type->template_file, file) == 0)
            return known->type;
    return NULL;
}

const struct resource_type *nested_type(struct definition *definition, const char *name,
                                        const struct registry_match *match)
{
    struct ctx *ctx = definition->ctx;
    const struct resource_type *known = find_known(definition, name, match->file);
    if (known)
        return known;
    const struct value *document = read_document(definition, match->file);
    struct template *template = document ? parse_document(ctx, document) : NULL;
    if (!template)
        return NULL;
    struct resource_type *type = type_new(ctx, name);
    type->template = document;
    type->template_file = match->file;
    type->properties = properties_of(definition, template);
    type->attributes = attributes_of(ctx, template);
    struct known_type *entry = arena_new(ctx->arena, struct known_type);
    *entry = (struct known_type){.type = type, .next = definition->known_types};
    definition->known_types = entry;
    if (is_template_name(name))
        note_template(definition, name);
    return type;
}
