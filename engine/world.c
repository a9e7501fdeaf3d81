/* What lies behind get_attr and get_resource while a stack is being worked on, and what a step sees. */
#include <string.h>

#include "engine/nested.h"
#include "engine/operation.h"

struct node *operation_node(struct operation *operation, const char *name)
{
    const struct value *index = value_get(operation->names, name);
    return index ? &operation->nodes[index->integer] : NULL;
}

/* ---- jobs ---- */
static const char *signal_url(const struct operation *operation, const struct node *node,
                              const char *signature)
{
    if (!operation->base_url)
        return NULL;
    return arena_printf(operation->arena, "%s/%s/stacks/%s/%s/resources/%s/signal?id=%s&signature=%s",
                        operation->base_url, operation->tenant_id, operation->stack_name, operation->stack_id,
                        node->name, node->id, signature);
}

static bool find_peer(const struct resource_job *job, const char *reference, struct resource_peer *peer)
{
    struct operation *operation = job->find_peer_self;
    for (size_t i = 0; i < operation->node_count; i++) {
        struct node *node = &operation->nodes[i];
        const char *own = node_reference(operation, node);
        if (!own || strcmp(own, reference) != 0)
            continue;
        *peer = (struct resource_peer){node->metadata, node->properties ? node->properties : node->given};
        return true;
    }
    return false;
}

/* The attribute paths that lead to a nested stack, for types that make outputs of them. */
static const struct value *referenced(struct operation *operation, const struct node *node)
{
    if (!operation->definition || !node_is_nested(node) || node->type->hooks->nested->outputs_only)
        return NULL;
    if (!operation->referenced)
        operation->referenced = graph_attribute_paths(&operation->definition->scope);
    const struct value *paths = value_get(operation->referenced, node->name);
    return paths;
}

static const struct value *update_policy(const struct node *node)
{
    const struct value *definition = node->wanted_definition ? node->wanted_definition : node->definition;
    const struct value *policy = value_get(definition, "update_policy");
    return value_is(policy, VALUE_MAP) ? policy : NULL;
}

static const char *metadata_url(const struct operation *operation, const struct node *node)
{
    if (!operation->base_url)
        return NULL;
    struct ctx ctx = operation->ctx;
    return arena_printf(operation->arena, "%s/%s/stacks/%s/%s/resources/%s/metadata?signature=%s",
                        operation->base_url, operation->tenant_id, operation->stack_name, operation->stack_id,
                        node->name,
                        metadata_url_sign(&ctx, operation->tenant_id, operation->stack_id, node->name));
}

/* As the step under way wants it, or else as it was last applied. */
static const struct value *template_metadata(const struct node *node)
{
    return value_get(node->wanted_definition ? node->wanted_definition : node->definition, "metadata");
}

void node_fill_job(struct operation *operation, struct node *node, struct resource_job *job, int64_t now_us)
{
    *job = (struct resource_job){
        .stack_name = operation->stack_name,
        .stack_id = operation->stack_id,
        .tenant_id = operation->tenant_id,
        .resource_name = node->name,
        .resource_id = node->id,
        .physical_name = node->physical_name,
        .status = status_name(node->state.status),
        .properties = node->properties,
        .before = node->before,
        .metadata = node->metadata,
        .now_us = now_us,
        .started_us = node->started_us,
        .find_peer = find_peer,
        .find_peer_self = operation,
        .physical_id = node->physical_id,
        .data = node->data,
        .progress = node->progress,
        .attributes = node->attributes,
        .due_us = DUE_NEVER,
        .referenced = referenced(operation, node),
        .update_policy = update_policy(node),
        .timeout_us = operation->timeout_us,
        .template = node->type ? node->type->template : NULL,
        .files = operation->definition ? operation->definition->scope.files : NULL,
        .template_metadata = template_metadata(node),
        .answers = node->answers,
        .type = node->type,
        .answer = node->answer,
        .effects = operation->effects,
    };
    if (node->type && node->type->hooks->polled)
        job->metadata_url = metadata_url(operation, node);
    if (node->type && node->type->takes_signals) {
        struct signal_target target = {operation->tenant_id, operation->stack_id, node->name, node->id};
        job->signal_signature = signal_url_sign(&operation->ctx, &target);
        job->signal_url = signal_url(operation, node, job->signal_signature);
    }
}

/* ---- references and attributes ---- */
const char *node_reference(struct operation *operation, struct node *node)
{
    if (!node->physical_id || !node->type || !node->type->hooks->reference)
        return node->physical_id;
    struct resource_job job = {
        .tenant_id = operation->tenant_id,
        .physical_name = node->physical_name,
        .physical_id = node->physical_id,
        .data = node->data,
        .attributes = node->attributes,
    };
    return node->type->hooks->reference(&operation->ctx, &job);
}

static const struct value *world_reference(struct ctx *ctx, void *self, const char *resource)
{
    struct operation *operation = self;
    struct node *node = operation_node(operation, resource);
    const char *reference = node ? node_reference(operation, node) : NULL;
    return value_string(ctx->arena, reference ? reference : resource);
}

static const struct value *attribute_of(struct ctx *ctx, struct node *node, const char *name)
{
    if (node->type->hooks->attribute) {
        struct resource_job job = {.resource_name = node->name,
                                   .physical_id = node->physical_id,
                                   .data = node->data,
                                   .attributes = node->attributes};
        return node->type->hooks->attribute(ctx, &job, name);
    }
    if (!type_has_attribute(node->type, name))
        return fail_null(ctx, FAULT_INVALID_ATTRIBUTE, "The Referenced Attribute (%s %s) is incorrect.",
                         node->name, name);
    return value_get(node->attributes, name);
}

static const struct value *world_attribute(struct ctx *ctx, void *self, const char *resource,
                                           const char *attribute)
{
    struct node *node = operation_node(self, resource);
    if (!node || !node->type)
        return NULL;
    return attribute ? attribute_of(ctx, node, attribute) : node->attributes;
}

static bool world_attribute_path(struct ctx *ctx, void *self, const char *resource, const struct value *path,
                                 size_t *used, const struct value **value)
{
    struct node *node = operation_node(self, resource);
    if (!node || !node_is_nested(node))
        return false;
    *value = nested_attribute(ctx, self, node, path, used);
    return true;
}

/* What the parent's template says of this stack. */
static const struct value *world_facade(struct ctx *ctx, void *self, const char *what)
{
    const struct operation *operation = self;
    return value_get(operation->facade, what);
}

void operation_enter_world(struct operation *operation)
{
    struct world world = {
        .self = operation,
        .reference_id = world_reference,
        .attribute = world_attribute,
        .attribute_path = world_attribute_path,
        .facade = operation->is_nested ? world_facade : NULL,
    };
    operation->definition->scope.world = operation->definition->masked.world = world;
}
