/* Adopting: a resource is taken over from what another stack has abandoned, instead of being made. */
#include "engine/external.h"
#include "engine/operation.h"

enum step_result adopt_attributes(struct ctx *ctx, struct resource_job *job)
{
    job->attributes = job->data;
    job->data = NULL;
    return STEP_DONE;
}

/* The metadata come along: a handle keeps its signals in them. */
static void take_metadata(struct operation *operation, struct node *node, const struct value *metadata)
{
    if (!value_is(metadata, VALUE_MAP))
        return;
    node->metadata = metadata;
    node->new_metadata = value_to_json(operation->arena, metadata);
}

int node_adopt(struct operation *operation, struct node *node, struct resource_job *job)
{
    if (node_is_external(node))
        return external_adopt(operation, node, job);
    const struct value *exported = value_get(operation->adopted, node->name);
    const struct value *id = value_get(exported, "resource_id"), *data = value_get(exported, "resource_data");
    /* null: it was made without one, as a delay is */
    if (!id || (!value_is(id, VALUE_STRING) && !value_is(id, VALUE_NULL)))
        return fail(&operation->ctx, FAULT_RESOURCE_FAILURE, "Resource ID was not provided.");
    take_metadata(operation, node, value_get(exported, "metadata"));
    job->metadata = node->metadata;
    job->physical_id = value_text(id);
    job->data = value_is(data, VALUE_MAP) ? data : value_map(operation->arena);
    return 0;
}
