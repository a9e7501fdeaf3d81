/* External resources: what the template names by external_id is there already. */
#include "engine/external.h"

#include <string.h>

#include "engine/update_compare.h"

bool node_is_external(const struct node *node)
{
    return node->resource && node->resource->external_id;
}

bool external_is_done(const struct operation *operation, const struct node *node)
{
    return operation->phase == PHASE_CREATE && node_is_external(node) &&
           (state_is(node->state, ACTION_ADOPT, STATUS_COMPLETE) ||
            state_is(node->state, ACTION_CHECK, STATUS_COMPLETE));
}

/* ---- creating ---- */
/* Its properties need not be right: nothing is made of them. */
static void look_at_properties(struct operation *operation, struct node *node)
{
    struct wanted wanted;
    int known = node_want(operation, node, node->type, &wanted);
    node->given = wanted.given;
    node->properties = known == 0 ? wanted.properties : NULL;
    node->event_properties = wanted.event_properties;
    node->definition = update_definition(operation->definition, node->resource);
    error_clear(&operation->ctx);
}

void external_create(struct operation *operation, struct node *node, int64_t now_us)
{
    look_at_properties(operation, node);
    node->made_in = operation->traversal;
    node_begin(operation, node, ACTION_ADOPT, now_us);
    node_step(operation, node, now_us);
}

int external_adopt(struct operation *operation, struct node *node, struct resource_job *job)
{
    const struct value *id = definition_resolve(
        operation->definition, &operation->definition->scope,
        arena_printf(operation->arena, "resources.%s.external_id", node->name), node->resource->external_id);
    if (!id)
        return -1;
    if (!value_text(id))
        return fail(&operation->ctx, FAULT_RESOURCE_FAILURE, "Resource ID was not provided.");
    job->physical_id = value_text(id);
    job->data = value_map(operation->arena);
    return 0;
}

bool external_check(struct operation *operation, struct node *node, enum action ended, int64_t now_us)
{
    if (ended != ACTION_ADOPT || !node_is_external(node))
        return false;
    if (!node->type->hooks->check) {
        node_set_state(operation, node, ACTION_CHECK, STATUS_COMPLETE,
                       arena_printf(operation->arena, "CHECK not supported for %s", node->type_name));
        return false;
    }
    node_begin(operation, node, ACTION_CHECK, now_us);
    node_step(operation, node, now_us);
    return true;
}

/* ---- updating ---- */
static const struct value *wanted_id(struct operation *operation, const struct node *node)
{
    const struct value *definition = update_definition(operation->definition, node->resource);
    return value_get(definition, "external_id");
}

/* The resource stays as it is, and no event tells of it; so does Heat. */
static void refuse(struct operation *operation, const struct node *node, int64_t now_us)
{
    operation_fail(
        operation,
        arena_printf(operation->arena,
                     "Resource UPDATE failed: NotSupported: resources.%s: Update to property external_id "
                     "of %s (%s) is not supported.",
                     node->name, node->name, node->type_name),
        now_us);
}

bool external_update(struct operation *operation, struct node *node, int64_t now_us)
{
    const struct value *before = value_get(node->definition, "external_id");
    const struct value *after = wanted_id(operation, node);
    if (!before && !after)
        return false;
    if (before && after && value_equal(before, after))
        plan_done(operation->plan, node->place);
    else
        refuse(operation, node, now_us);
    return true;
}
