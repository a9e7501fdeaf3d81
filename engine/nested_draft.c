/* Nested stacks before they exist.
 *
 * A template resource whose parameters are all known is checked as a stack of its own would be. Where one depends on
 * something that does not exist yet, the values in it are not looked at: its names, references and types are. */
#include "engine/nested_draft.h"

#include <inttypes.h>
#include <string.h>

#include "base/config.h"
#include "engine/nested_types.h"
#include "resources/nested.h"

/* ---- messages ---- */
static const char *template_url(const struct resource_type *type)
{
    return type->template_file ? type->template_file : "nested_stack";
}

static const char *section_name(const struct definition *definition)
{
    return definition->template->version->class == TEMPLATE_CFN ? "Resources" : "resources";
}

/* The path of the resource before that of the error: "Property error: : resources.n<n.yaml>.resources.r: : …". */
static void *fail_inside(struct definition *definition, const struct resource_definition *resource)
{
    struct ctx *ctx = definition->ctx;
    struct error inner = ctx->error;
    const char *at = inner.path && *inner.path ? strstr(inner.message, inner.path) : NULL;
    const char *own = arena_printf(ctx->arena, "%s.%s<%s>", section_name(definition), resource->name,
                                   template_url(definition->types[resource->index]));
    if (inner.fault == FAULT_UNAVAILABLE || inner.fault == FAULT_INTERNAL || inner.fault == FAULT_TOO_LARGE)
        return NULL;
    error_clear(ctx);
    if (inner.fault == FAULT_STACK_VALIDATION && at) {
        (void)fail(ctx, FAULT_STACK_VALIDATION, "%.*s%s.%s", (int)(at - inner.message), inner.message, own,
                   at);
        (void)fail_path(ctx, "%s.%s", own, inner.path);
        return NULL;
    }
    bool plain = inner.fault == FAULT_STACK_VALIDATION;
    (void)fail(ctx, FAULT_STACK_VALIDATION, "%s%s%s: : %s", plain ? "" : fault_type(inner.fault),
               plain ? "" : ": : ", own, inner.message);
    (void)fail_path(ctx, "%s", own);
    return NULL;
}

/* ---- what it is made of ---- */
static bool all_known(const struct value *properties)
{
    for (size_t i = 0; i < value_count(properties); i++)
        if (properties->map.entries[i].value == &value_unknown)
            return false;
    return true;
}

static const struct value *known_only(struct ctx *ctx, const struct value *properties)
{
    struct value *known = value_map(ctx->arena);
    for (size_t i = 0; i < value_count(properties); i++)
        if (properties->map.entries[i].value != &value_unknown)
            value_map_set(ctx->arena, known, properties->map.entries[i].key,
                          properties->map.entries[i].value);
    return known;
}

/* 1: found; 0: not known yet; -1: an error. */
static int find_stack(struct definition *definition, const struct resource_definition *resource,
                      const struct value *properties, int64_t timeout_us, struct nested_stack *stack)
{
    static const struct value none = {.kind = VALUE_MAP};
    struct ctx *ctx = definition->ctx;
    const struct resource_type *type = definition->types[resource->index];
    const struct nested_hooks *hooks = type->hooks->nested;
    *stack = (struct nested_stack){0};
    if (hooks->draft) {
        struct resource_draft draft = definition_draft(definition, resource, properties, timeout_us);
        stack->template = hooks->draft(ctx, &draft);
        return stack->template ? 1 : ctx->error.fault == FAULT_NONE ? 0 : -1;
    }
    if (!type->template && !all_known(properties))
        return 0;
    const char *url = hooks->file ? hooks->file(properties) : NULL;
    if (url && !nested_file(definition, url))
        return -1;
    struct resource_job job = {
        .resource_name = resource->name,
        .physical_name = resource->name,
        .properties = known_only(ctx, properties),
        .template = type->template,
        .files = definition->scope.files,
    };
    struct nested_child nobody = {.outputs = &none};
    return hooks->next(ctx, &job, &nobody, stack) == NESTED_STACK ? 1
           : ctx->error.fault == FAULT_NONE                       ? 0
                                                                  : -1;
}

static const struct value *environment_of(struct definition *definition,
                                          const struct resource_definition *resource,
                                          const struct nested_stack *stack)
{
    struct registry_match match;
    bool found = registry_find(definition->ctx, definition->environment->resource_registry, resource->name,
                               resource->type, &match);
    return registry_child(definition->ctx, definition->environment, found && match.file ? &match : NULL,
                          stack->whole_environment ? NULL : resource->name, stack->parameters);
}

static int check_depth(const struct definition *definition)
{
    int64_t most = definition->ctx->config->max_nested_stack_depth;
    if (definition->nested_depth < most)
        return 0;
    return fail(definition->ctx, FAULT_REQUEST_LIMIT,
                "Request limit exceeded: Recursion depth exceeds %" PRId64 ".", most);
}

int nested_count(struct definition *definition)
{
    struct ctx *ctx = definition->ctx;
    int64_t most = ctx->config->max_resources_per_stack;
    if (!definition->tree_resources)
        definition->tree_resources = arena_new(ctx->arena, int64_t);
    *definition->tree_resources += (int64_t)definition->graph->order_count;
    if (most < 0 || *definition->tree_resources <= most)
        return 0;
    return fail(ctx, FAULT_REQUEST_LIMIT, "Request limit exceeded: Maximum resources per stack exceeded.");
}

/* Parsed, with its parameters and types; what it fetched is kept with the root's files. */
static struct definition *link_child(struct definition *definition,
                                     const struct resource_definition *resource,
                                     const struct nested_stack *stack)
{
    struct ctx *ctx = definition->ctx;
    struct documents documents = {
        .template = stack->template,
        .environment = environment_of(definition, resource, stack),
        .files = definition->scope.files,
        .stack_name = arena_printf(ctx->arena, "%s-%s", definition->stack_name, resource->name),
        .stack_id = "None",
        .may_fetch = definition->may_fetch,
        .parent = definition,
        .nested_depth = definition->nested_depth + 1,
    };
    if (check_depth(definition) != 0)
        return NULL;
    struct definition *child = definition_read(ctx, &documents);
    if (child)
        definition->scope.files = definition->masked.files = child->scope.files;
    return child;
}

struct definition *nested_draft(struct definition *definition, const struct resource_definition *resource,
                                const struct value *properties, int64_t timeout_us)
{
    const struct resource_type *type = definition->types[resource->index];
    struct nested_stack stack;
    if (!type->hooks->nested || !value_is(properties, VALUE_MAP))
        return NULL;
    int found = find_stack(definition, resource, properties, timeout_us, &stack);
    if (found <= 0)
        return found < 0 ? fail_inside(definition, resource) : NULL;
    struct definition *child = link_child(definition, resource, &stack);
    if (child && definition_validate(child, all_known(properties), timeout_us) == 0)
        return child;
    return fail_inside(definition, resource);
}

int nested_validate(struct definition *definition, const struct resource_definition *resource,
                    const struct value *properties, int64_t timeout_us)
{
    (void)nested_draft(definition, resource, properties, timeout_us);
    return definition->ctx->error.fault == FAULT_NONE ? 0 : -1;
}

/* ---- parameters of nested stacks ---- */
static const struct value *show_parameters(struct definition *child, const struct resource_type *type)
{
    struct ctx *ctx = child->ctx;
    struct value *shown = value_map(ctx->arena);
    const struct value *deeper = nested_parameters(child);
    if (!deeper)
        return NULL;
    value_map_set(ctx->arena, shown, "Type", value_string(ctx->arena, type->name));
    value_map_set(ctx->arena, shown, "Description", value_string(ctx->arena, child->template->description));
    value_map_set(ctx->arena, shown, "Parameters",
                  parameters_describe(ctx, child->template, child->parameters));
    if (value_count(child->template->parameter_groups))
        value_map_set(ctx->arena, shown, "ParameterGroups", child->template->parameter_groups);
    if (value_count(deeper))
        value_map_set(ctx->arena, shown, "NestedParameters", deeper);
    return shown;
}

/* Values may be missing where nothing is checked. */
static const struct value *draft_properties(struct definition *definition,
                                            const struct resource_definition *resource)
{
    const struct value *properties = definition_draft_properties(definition, resource);
    error_clear(definition->ctx);
    return properties ? properties : value_map(definition->ctx->arena);
}

const struct value *nested_parameters(struct definition *definition)
{
    struct ctx *ctx = definition->ctx;
    struct value *all = value_map(ctx->arena);
    for (size_t i = 0; i < definition->template->resource_count; i++) {
        const struct resource_definition *resource = &definition->template->resources[i];
        if (!definition->graph->present[i] || !definition->types[i]->hooks->nested)
            continue;
        struct definition *child =
            nested_draft(definition, resource, draft_properties(definition, resource), INT64_MAX);
        const struct value *shown = child ? show_parameters(child, definition->types[i]) : NULL;
        if (ctx->error.fault != FAULT_NONE)
            return NULL;
        if (shown)
            value_map_set(ctx->arena, all, resource->name, shown);
    }
    return all;
}
