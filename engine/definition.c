/* A stack as its documents describe it: template, environment, parameters and files, read and put together.
 */
#include "engine/definition.h"

#include <string.h>

#include "base/config.h"
#include "engine/nested_types.h"

int definition_fail_at(struct definition *definition, const char *error, const char *path)
{
    struct ctx *ctx = definition->ctx;
    struct error inner = ctx->error;
    if (inner.fault != FAULT_STACK_VALIDATION)
        return -1;
    error_clear(ctx);
    (void)fail(ctx, FAULT_STACK_VALIDATION, "%s%s: : %s", error, path, inner.message);
    return fail_path(ctx, "%s", path);
}

/* ---- types ---- */
static const struct resource_type *type_of(struct definition *definition,
                                           const struct resource_definition *resource)
{
    struct registry_match match;
    bool found = registry_find(definition->ctx, definition->environment->resource_registry, resource->name,
                               resource->type, &match);
    if (!found)
        return fail_null(definition->ctx, FAULT_STACK_VALIDATION,
                         "The Resource Type (%s) could not be found.", resource->type);
    return match.file ? nested_type(definition, resource->type, &match) : catalogue_find(match.type);
}

static int find_types(struct definition *definition)
{
    const struct template *template = definition->template;
    definition->types =
        arena_array(definition->ctx->arena, const struct resource_type *, template->resource_count + 1);
    for (size_t i = 0; i < template->resource_count; i++) {
        const struct resource_definition *resource = &template->resources[i];
        int present = resource->condition ? scope_condition(&definition->scope, resource->condition) : 1;
        if (present < 0)
            return -1;
        if (present && !(definition->types[i] = type_of(definition, resource)))
            return -1;
    }
    return 0;
}

/* ---- reading ---- */
/* What kind of check a section failed stands in Heat's message, before the path. */
static int fail_kind_of(struct ctx *ctx)
{
    struct error inner = ctx->error;
    bool path = inner.path && *inner.path && strcmp(inner.kind, "Condition validation error") != 0;
    error_clear(ctx);
    (void)fail(ctx, inner.fault, "%s: : %s%s%s", inner.kind, path ? inner.path : "", path ? ": : " : "",
               inner.message);
    return fail_path(ctx, "%s", inner.path ? inner.path : "");
}

/* The message of what parsing or validating functions found, as Heat prints it. */
static int fail_found(struct definition *definition)
{
    struct ctx *ctx = definition->ctx;
    if (ctx->error.kind)
        return fail_kind_of(ctx);
    const char *path = ctx->error.path;
    return path && *path ? definition_fail_at(definition, "", path) : -1;
}

struct definition *definition_parse(struct ctx *ctx, const struct documents *documents)
{
    struct definition *definition = arena_new(ctx->arena, struct definition);
    definition->ctx = ctx;
    definition->strict = documents->strict;
    definition->stack_name = documents->stack_name;
    definition->may_fetch = documents->may_fetch;
    definition->nested_depth = documents->nested_depth;
    definition->facade = documents->facade;
    definition->tree_resources = documents->parent ? documents->parent->tree_resources : NULL;
    definition->template = template_open(ctx, documents->template);
    if (!definition->template)
        return NULL;
    definition->environment = environment_build_for(ctx, definition->template, documents->environment,
                                                    documents->environment_files, documents->files);
    return definition->environment ? definition : NULL;
}

static struct parameters *mask_hidden(struct definition *definition)
{
    struct arena *arena = definition->ctx->arena;
    struct parameters *masked = arena_new(arena, struct parameters);
    *masked = *definition->parameters;
    masked->items = arena_array(arena, struct parameter, masked->count + 1);
    for (size_t i = 0; i < masked->count; i++) {
        masked->items[i] = definition->parameters->items[i];
        if (!masked->items[i].schema || !masked->items[i].schema->hidden)
            continue;
        masked->items[i].value = value_string(arena, "******");
        definition->has_hidden = true;
    }
    return masked;
}

int definition_resolve_parameters(struct definition *definition, const struct documents *documents)
{
    struct ctx *ctx = definition->ctx;
    struct pseudo_parameters pseudo = {
        .stack_name = documents->stack_name,
        .stack_id = documents->stack_id,
        .project_id = ctx->tenant_id,
        .region = ctx->config->region,
    };
    if (template_raise(ctx, definition->template, STAGE_SECTIONS) != 0)
        return -1;
    definition->parameters =
        parameters_read(ctx, definition->template, definition->environment, NULL, &pseudo, documents->strict);
    struct parameters *masked = mask_hidden(definition);
    definition->scope = (struct scope){
        .ctx = ctx,
        .template = definition->template,
        .parameters = definition->parameters,
        .files = documents->files,
        .path = "",
    };
    definition->masked = definition->scope;
    definition->masked.parameters = definition->has_hidden ? masked : NULL;
    definition->sealed = documents->sealed;
    if (documents->sealed)
        definition_hide(definition, NULL);
    return 0;
}

void definition_hide(struct definition *definition, const struct value *shown)
{
    struct arena *arena = definition->ctx->arena;
    struct parameters *masked = mask_hidden(definition);
    definition->has_hidden = true;
    for (size_t i = 0; i < masked->count; i++) {
        const char *text = value_get_text(shown, masked->items[i].name);
        if (text && strcmp(text, "******") == 0)
            masked->items[i].value = value_string(arena, text);
    }
    definition->masked.parameters = masked;
}

/* ---- linking ---- Of several mistakes the one is told that Heat finds first. */
static int link_resources(struct definition *definition)
{
    if (scope_parse_resources(&definition->scope) != 0)
        return fail_found(definition);
    return find_types(definition);
}

static int link_parameters(struct definition *definition)
{
    struct ctx *ctx = definition->ctx;
    if (definition->parameters->flaw.fault != FAULT_NONE) {
        ctx->error = definition->parameters->flaw;
        return -1;
    }
    if (template_raise(ctx, definition->template, STAGE_GROUPS) != 0 ||
        scope_parse_conditions(&definition->scope) != 0 || scope_validate_conditions(&definition->scope) != 0)
        return fail_found(definition);
    return 0;
}

static int link_outputs(struct definition *definition)
{
    return scope_parse_outputs(&definition->scope) == 0 ? 0 : fail_found(definition);
}

static int link_graph(struct definition *definition)
{
    if (template_raise(definition->ctx, definition->template, STAGE_NAMES) != 0)
        return -1;
    definition->graph = graph_build(definition->ctx, &definition->scope);
    return definition->graph ? 0 : fail_found(definition);
}

int definition_link(struct definition *definition)
{
    /* resources come first where their types are looked at by the policy */
    bool first = definition->strict;
    if (first && link_resources(definition) != 0)
        return -1;
    if (link_parameters(definition) != 0 || (!first && link_resources(definition) != 0))
        return -1;
    return link_graph(definition) == 0 ? link_outputs(definition) : -1;
}

struct definition *definition_read(struct ctx *ctx, const struct documents *documents)
{
    struct definition *definition = definition_parse(ctx, documents);
    if (!definition || definition_resolve_parameters(definition, documents) != 0 ||
        definition_link(definition) != 0)
        return NULL;
    return definition;
}

/* ---- evaluating ---- */
static bool is_cfn(const struct definition *definition)
{
    return definition->template->version->class == TEMPLATE_CFN;
}

const char *definition_properties_path(const struct definition *definition,
                                       const struct resource_definition *resource)
{
    return arena_printf(definition->ctx->arena,
                        is_cfn(definition) ? "Resources.%s.Properties" : "resources.%s.properties",
                        resource->name);
}

const struct value *definition_resolve(struct definition *definition, struct scope *scope, const char *path,
                                       const struct value *snippet)
{
    scope->path = path;
    scope->steps = 0;
    return scope_resolve(scope, snippet);
}

const char *definition_deletion_policy(struct definition *definition,
                                       const struct resource_definition *resource)
{
    static const struct {
        const char *written, *stored;
    } policies[] = {
        {"Delete", "Delete"}, {"Retain", "Retain"}, {"Snapshot", "Snapshot"},
        {"delete", "Delete"}, {"retain", "Retain"}, {"snapshot", "Snapshot"},
    };
    struct ctx *ctx = definition->ctx;
    if (resource->external_id)
        return "Retain";
    if (!resource->deletion_policy)
        return "Delete";
    const struct value *policy =
        definition_resolve(definition, &definition->scope, "", resource->deletion_policy);
    if (!policy)
        return NULL;
    for (size_t i = 0; value_text(policy) && i < COUNT_OF(policies); i++)
        if (strcmp(value_text(policy), policies[i].written) == 0)
            return policies[i].stored;
    return value_is_null(policy) ? "Delete"
                                 : fail_null(ctx, FAULT_STACK_VALIDATION, "Invalid deletion policy \"%s\"",
                                             value_to_str(ctx->arena, policy));
}

/* ---- outputs ---- */
/* One whose condition is false is shown too, as null. */
static const struct value *output_shown(struct definition *definition, const struct output_definition *output,
                                        bool present)
{
    struct ctx *ctx = definition->ctx;
    struct value *shown = value_map(ctx->arena);
    const char *path =
        arena_printf(ctx->arena, is_cfn(definition) ? "Outputs.%s.Value" : "outputs.%s.value", output->name);
    const struct value *value =
        present ? definition_resolve(definition, &definition->scope, path, output->value) : &value_null;
    value_map_set(ctx->arena, shown, "output_key", value_string(ctx->arena, output->name));
    value_map_set(
        ctx->arena, shown, "description",
        value_string(ctx->arena, output->description ? output->description : "No description given"));
    if (!value) {
        value_map_set(ctx->arena, shown, "output_error", value_string(ctx->arena, ctx->error.message));
        error_clear(ctx);
    }
    value_map_set(ctx->arena, shown, "output_value", value ? value : &value_null);
    return shown;
}

const struct value *definition_outputs(struct definition *definition)
{
    struct ctx *ctx = definition->ctx;
    struct value *list = value_list(ctx->arena);
    for (size_t i = 0; i < definition->template->output_count; i++) {
        const struct output_definition *output = &definition->template->outputs[i];
        int present = output->condition ? scope_condition(&definition->scope, output->condition) : 1;
        if (present < 0)
            error_clear(ctx);
        if (present >= 0)
            value_list_add(ctx->arena, list, output_shown(definition, output, present));
    }
    return list;
}
