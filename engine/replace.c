/* Replacing: a new row is made and stands for the name from then on; the old one waits, superseded, until all
 * that used it has been switched, and goes in the cleanup. A rollback meanwhile lets it stand again. */
#include <string.h>

#include "base/uuid.h"
#include "engine/names.h"
#include "engine/operation.h"

static struct node *new_node(struct operation *operation, const struct resource_definition *resource,
                             const struct resource_type *type)
{
    char id[UUID_SIZE];
    uuid_v4(id);
    struct node *node = &operation->nodes[operation->node_count];
    *node = (struct node){
        .id = arena_strdup(operation->arena, id),
        .name = resource->name,
        .type_name = type->name,
        .type = type,
        .resource = resource,
        .physical_name = physical_name_make(&operation->ctx, operation->stack_name, resource->name),
        .state = {ACTION_INIT, STATUS_COMPLETE},
        .reason = "",
        .metadata = value_map(operation->arena),
        .requires = operation->requires[resource->index],
        .required_by = value_to_json(operation->arena, operation->required_by[resource->index]),
        .description = resource->description ? resource->description : "",
        .deletion_policy = definition_deletion_policy(operation->definition, resource),
        .made_in = operation->traversal,
        .due_us = DUE_NEVER,
        .place = operation->node_count,
        .added = true,
    };
    error_clear(&operation->ctx);
    if (!node->deletion_policy)
        node->deletion_policy = "Delete";
    value_map_set(operation->arena, operation->names, node->name,
                  value_int(operation->arena, (int64_t)operation->node_count++));
    node_changed(operation, node);
    return node;
}

struct node *node_add(struct operation *operation, const struct resource_definition *resource,
                      const struct resource_type *type)
{
    return new_node(operation, resource, type);
}

void node_replace(struct operation *operation, struct node *node, int64_t now_us)
{
    const struct resource_type *type = operation->definition->types[node->resource->index];
    struct node *replacement = new_node(operation, node->resource, type);
    replacement->place = node->place;
    node->superseded_by = replacement->id;
    node->standing_changed = replacement->standing_changed = true;
    /* nothing is there of it that would have to be deleted */
    node->gone = node->state.action == ACTION_INIT || state_is(node->state, ACTION_DELETE, STATUS_COMPLETE);
    node_changed(operation, node);
    node_create(operation, replacement, now_us);
}
