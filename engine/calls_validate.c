/* Validating a template and previewing a stack: the checks of a creation, and nothing stored. */
#include <string.h>

#include "base/clock.h"
#include "base/str.h"
#include "cloud/identity.h"
#include "engine/calls.h"
#include "engine/draft.h"
#include "engine/nested_draft.h"

/* ---- POST /validate ---- */
/* Heat's two ways to print an error with a path: "…: : …" for a stack, "…: …" here. */
static const char *single_colons(struct ctx *ctx, const char *message)
{
    struct str out = STR_INIT(ctx->arena);
    for (const char *c = message; *c; c++) {
        str_add_char(&out, *c);
        if (strncmp(c, ": : ", 4) == 0)
            c += 2;
    }
    return out.data;
}

/* What is wrong with a template is no more than a bad request to /validate. */
static const struct value *as_bad_request(struct ctx *ctx)
{
    static const enum fault turned[] = {FAULT_STACK_VALIDATION, FAULT_REQUEST_LIMIT,
                                        FAULT_EXTERNAL_DEPENDENCY, FAULT_INVALID_ATTRIBUTE};
    struct error error = ctx->error;
    bool turn = false;
    for (size_t i = 0; i < COUNT_OF(turned); i++)
        turn = turn || error.fault == turned[i];
    if (!turn)
        return NULL;
    error_clear(ctx);
    return fail_null(ctx, FAULT_BAD_REQUEST, "%s", single_colons(ctx, error.message));
}

/* As the environment was given: without the section that only a stored one has. */
static const struct value *given_environment(struct ctx *ctx, const struct environment *environment)
{
    return value_map_without(ctx->arena, environment_document(ctx, environment), "encrypted_param_names");
}

static const struct value *validate_answer(struct definition *definition, bool show_nested)
{
    struct ctx *ctx = definition->ctx;
    const struct value *nested = show_nested ? nested_parameters(definition) : NULL;
    if (show_nested && !nested)
        return as_bad_request(ctx);
    struct value *answer = value_map(ctx->arena);
    value_map_set(ctx->arena, answer, "Description",
                  value_string(ctx->arena, definition->template->description));
    value_map_set(ctx->arena, answer, "Parameters",
                  parameters_describe(ctx, definition->template, definition->parameters));
    if (value_count(definition->template->parameter_groups))
        value_map_set(ctx->arena, answer, "ParameterGroups", definition->template->parameter_groups);
    if (value_count(nested))
        value_map_set(ctx->arena, answer, "NestedParameters", nested);
    value_map_set(ctx->arena, answer, "Environment", given_environment(ctx, definition->environment));
    return answer;
}

/* Codes of errors that may be passed over. 99001 is the only one Heat has: a service that is not there. */
static int check_ignored(struct ctx *ctx, const struct value *codes)
{
    struct value *bad = value_list(ctx->arena);
    for (size_t i = 0; i < value_count(codes); i++)
        if (!value_text(value_at(codes, i)) || strcmp(value_text(value_at(codes, i)), "99001") != 0)
            value_list_add(ctx->arena, bad, value_at(codes, i));
    if (value_count(bad) == 0)
        return 0;
    return fail(ctx, FAULT_BAD_REQUEST, "Invalid codes in ignore_errors : %s",
                value_to_repr(ctx->arena, bad));
}

static int check_all(struct definition *definition, const struct documents *documents)
{
    return draft_check_resource_limit(definition->ctx, definition->template) == 0 &&
                   definition_resolve_parameters(definition, documents) == 0 &&
                   definition_link(definition) == 0
               ? definition_validate(definition, false, INT64_MAX)
               : -1;
}

const struct value *stack_validate(struct ctx *ctx, const struct stack_input *input, bool show_nested,
                                   const struct value *ignore_errors)
{
    struct documents documents = {
        .template = input->template,
        .environment = draft_environment(ctx, input),
        .environment_files = input->environment_files,
        .files = input->files,
        .stack_name = "dummy",
        .stack_id = "None",
        .may_fetch = true,
    };
    if (check_ignored(ctx, ignore_errors) != 0)
        return NULL;
    struct definition *definition = definition_parse(ctx, &documents);
    if (!definition) /* of its exceptions only this one is turned into a bad request */
        return ctx->error.fault == FAULT_STACK_VALIDATION ? as_bad_request(ctx) : NULL;
    return check_all(definition, &documents) == 0 ? validate_answer(definition, show_nested)
                                                  : as_bad_request(ctx);
}

/* ---- POST /stacks/preview ---- */
struct preview {
    struct ctx *ctx;
    const struct stack_input *input;
    struct definition *definition;
    const char *name;   /* of the stack */
    const char *parent; /* resource that is this stack; NULL: it is nobody's child */
};

static void put_text(struct ctx *ctx, struct value *map, const char *key, const char *text)
{
    value_map_set(ctx->arena, map, key, text ? value_string(ctx->arena, text) : &value_null);
}

static const struct value *identity_of(const struct preview *preview, const char *path)
{
    struct value *identity = value_map(preview->ctx->arena);
    put_text(preview->ctx, identity, "tenant", preview->ctx->tenant_id);
    put_text(preview->ctx, identity, "stack_name", preview->name);
    put_text(preview->ctx, identity, "stack_id", "None");
    put_text(preview->ctx, identity, "path", path);
    return identity;
}

static const struct value *required_by(const struct preview *preview, size_t index)
{
    const struct graph *graph = preview->definition->graph;
    struct value *names = value_list(preview->ctx->arena);
    for (size_t i = 0; i < graph->edge_count; i++)
        if (graph->edges[i].to == index)
            value_list_add(
                preview->ctx->arena, names,
                value_string(preview->ctx->arena, graph->template->resources[graph->edges[i].from].name));
    return names;
}

static const struct value *preview_metadata(const struct preview *preview,
                                            const struct resource_definition *resource)
{
    struct definition *definition = preview->definition;
    if (!resource->metadata)
        return value_map(preview->ctx->arena);
    return definition_resolve(definition, &definition->scope, "", resource->metadata);
}

static const struct value *preview_resource(const struct preview *preview,
                                            const struct resource_definition *resource)
{
    struct ctx *ctx = preview->ctx;
    struct value *shown = value_map(ctx->arena);
    const struct value *metadata = preview_metadata(preview, resource);
    const struct value *properties = definition_draft_properties(preview->definition, resource);
    const char *type = preview->definition->types[resource->index]->name;
    if (preview->parent && !properties) { /* what it is given may not be known yet */
        error_clear(ctx);
        properties = value_map(ctx->arena);
    }
    if (!metadata || !properties)
        return NULL;
    value_map_set(ctx->arena, shown, "updated_time", &value_null);
    value_map_set(ctx->arena, shown, "creation_time", &value_null);
    put_text(ctx, shown, "resource_name", resource->name);
    put_text(ctx, shown, "physical_resource_id", "");
    put_text(ctx, shown, "resource_action", "INIT");
    put_text(ctx, shown, "resource_status", "COMPLETE");
    put_text(ctx, shown, "resource_status_reason", "");
    put_text(ctx, shown, "resource_type", type);
    value_map_set(ctx->arena, shown, "resource_identity",
                  identity_of(preview, arena_printf(ctx->arena, "/resources/%s", resource->name)));
    value_map_set(ctx->arena, shown, "stack_identity", identity_of(preview, ""));
    put_text(ctx, shown, "stack_name", preview->name);
    value_map_set(ctx->arena, shown, "required_by", required_by(preview, resource->index));
    if (preview->parent)
        put_text(ctx, shown, "parent_resource", preview->parent);
    put_text(ctx, shown, "description", resource->description ? resource->description : "");
    value_map_set(ctx->arena, shown, "metadata", metadata);
    value_map_set(ctx->arena, shown, "attributes", resource_draft_attributes(ctx, type, properties));
    value_map_set(ctx->arena, shown, "properties", properties);
    return shown;
}

static const struct value *preview_resources(const struct preview *preview);

/* A resource that is a stack is shown as the list of what is in it. */
static const struct value *preview_either(const struct preview *preview,
                                          const struct resource_definition *resource)
{
    struct definition *definition = preview->definition;
    const struct value *properties = definition_draft_properties(definition, resource);
    if (!properties && preview->parent) { /* what it is given may not be known yet */
        error_clear(definition->ctx);
        return preview_resource(preview, resource);
    }
    struct definition *child = properties ? nested_draft(definition, resource, properties, INT64_MAX) : NULL;
    if (!child)
        return definition->ctx->error.fault == FAULT_NONE ? preview_resource(preview, resource) : NULL;
    struct preview inner = {preview->ctx, preview->input, child, child->stack_name, resource->name};
    return preview_resources(&inner);
}

static const struct value *preview_resources(const struct preview *preview)
{
    struct definition *definition = preview->definition;
    struct value *list = value_list(preview->ctx->arena);
    for (size_t i = 0; i < definition->template->resource_count; i++) {
        if (!definition->graph->present[i])
            continue;
        const struct value *shown = preview_either(preview, &definition->template->resources[i]);
        if (!shown)
            return NULL;
        value_list_add(preview->ctx->arena, list, shown);
    }
    return list;
}

static const struct value *self_link(const struct preview *preview)
{
    struct ctx *ctx = preview->ctx;
    struct value *link = value_map(ctx->arena), *links = value_list(ctx->arena);
    put_text(ctx, link, "href",
             arena_printf(ctx->arena, "%s/%s/stacks/%s/None",
                          preview->input->base_url ? preview->input->base_url : "", ctx->tenant_id,
                          preview->input->name));
    put_text(ctx, link, "rel", "self");
    value_list_add(ctx->arena, links, link);
    return links;
}

static void put_head(const struct preview *preview, struct value *stack)
{
    struct ctx *ctx = preview->ctx;
    const struct stack_input *input = preview->input;
    char now[CLOCK_ISO_SIZE];
    clock_iso(clock_wall_us(), now);
    put_text(ctx, stack, "stack_name", input->name);
    put_text(ctx, stack, "id", "None");
    value_map_set(ctx->arena, stack, "links", self_link(preview));
    put_text(ctx, stack, "creation_time", now);
    put_text(ctx, stack, "updated_time", NULL);
    put_text(ctx, stack, "deletion_time", NULL);
    value_map_set(ctx->arena, stack, "notification_topics", value_list(ctx->arena));
    value_map_set(ctx->arena, stack, "parameters",
                  parameters_shown(ctx, preview->definition->parameters, false));
    put_text(ctx, stack, "description", preview->definition->template->description);
    put_text(ctx, stack, "template_description", preview->definition->template->description);
    value_map_set(ctx->arena, stack, "capabilities", value_list(ctx->arena));
    value_map_set(ctx->arena, stack, "disable_rollback", value_bool(input->disable_rollback));
    value_map_set(ctx->arena, stack, "timeout_mins",
                  input->timeout_mins >= 0 ? value_int(ctx->arena, input->timeout_mins) : &value_null);
    put_text(ctx, stack, "stack_owner", ctx->identity ? ctx->identity->user_name : NULL);
    put_text(ctx, stack, "parent", NULL);
    put_text(ctx, stack, "stack_user_project_id", NULL);
    value_map_set(ctx->arena, stack, "tags", input->tags ? input->tags : value_list(ctx->arena));
}

const struct value *stack_preview(struct ctx *ctx, const struct stack_input *input)
{
    struct draft *draft = draft_check(ctx, input, "None");
    if (!draft)
        return NULL;
    struct preview preview = {ctx, input, draft->definition, input->name, NULL};
    struct value *stack = value_map(ctx->arena);
    draft->definition->tree_resources = NULL; /* counted once already */
    put_head(&preview, stack);
    value_map_set(ctx->arena, stack, "outputs", definition_outputs(draft->definition));
    const struct value *resources = preview_resources(&preview);
    if (!resources)
        return NULL;
    value_map_set(ctx->arena, stack, "resources", resources);
    return stack;
}
