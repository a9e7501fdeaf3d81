/* One resource on its way into being, or out of it. */
#include <string.h>

#include "base/uuid.h"
#include "engine/breakpoints.h"
#include "engine/external.h"
#include "engine/nested.h"
#include "engine/operation.h"
#include "engine/service_calls.h"
#include "engine/update_compare.h"

/* ---- properties ---- */
/* Properties as the template gives them with all that is known now. NULL: the reason is in the context. */
static const struct value *resolve_properties(struct operation *operation, struct node *node,
                                              struct scope *scope)
{
    struct definition *definition = operation->definition;
    if (!node->resource->properties)
        return value_map(operation->arena);
    return definition_resolve(definition, scope, definition_properties_path(definition, node->resource),
                              node->resource->properties);
}

/* What was made of a hidden value may be in any attribute. */
static const struct value *masked_attribute(struct ctx *ctx, void *self, const char *resource,
                                            const char *attribute)
{
    return value_string(ctx->arena, "******");
}

static const struct value *all_masked(struct operation *operation, const struct value *properties)
{
    struct value *masked = value_map(operation->arena);
    for (size_t i = 0; value_is(properties, VALUE_MAP) && i < value_count(properties); i++)
        value_map_set(operation->arena, masked, properties->map.entries[i].key,
                      value_string(operation->arena, "******"));
    return masked;
}

const struct value *node_masked_properties(struct operation *operation, struct node *node)
{
    if (operation->definition && operation->definition->sealed && node->resource)
        return all_masked(operation, node->resource->properties);
    if (!operation->definition || !operation->definition->masked.parameters || !node->resource)
        return NULL;
    struct world *world = &operation->definition->masked.world, before = *world;
    world->attribute = masked_attribute;
    world->attribute_path = NULL;
    world->attribute_path = NULL;
    const struct value *masked = resolve_properties(operation, node, &operation->definition->masked);
    *world = before;
    error_clear(&operation->ctx);
    return masked ? masked : value_map(operation->arena);
}

/* What events show: hidden parameters masked. A function that cannot work on the mask leaves nothing to show.
 */
static const char *masked_properties(struct operation *operation, struct node *node,
                                     const struct value *given)
{
    const struct value *masked = node_masked_properties(operation, node);
    return value_to_json(operation->arena, masked ? masked : given);
}

static int resolve_metadata(struct operation *operation, struct node *node, const struct value **metadata)
{
    *metadata = NULL;
    if (!node->resource->metadata)
        return 0;
    *metadata = definition_resolve(operation->definition, &operation->definition->scope,
                                   arena_printf(operation->arena, "resources.%s.metadata", node->name),
                                   node->resource->metadata);
    return *metadata ? 0 : -1;
}

int node_want(struct operation *operation, struct node *node, const struct resource_type *type,
              struct wanted *wanted)
{
    struct ctx *ctx = &operation->ctx;
    *wanted = (struct wanted){0};
    wanted->given = resolve_properties(operation, node, &operation->definition->scope);
    if (!wanted->given)
        return -1;
    wanted->event_properties = masked_properties(operation, node, wanted->given);
    const char *path = definition_properties_path(operation->definition, node->resource);
    wanted->properties = properties_check_at(ctx, type, path, wanted->given);
    if (!wanted->properties)
        return -1;
    wanted->definition = update_definition(operation->definition, node->resource);
    struct resource_draft draft = {.name = node->name,
                                   .type = type->name,
                                   .properties = wanted->properties,
                                   .timeout_us = operation->timeout_us,
                                   .update_policy = value_get(wanted->definition, "update_policy"),
                                   .files = operation->definition->scope.files,
                                   .template = operation->definition->template};
    if (type->hooks->validate && type->hooks->validate(ctx, &draft) != 0)
        return -1;
    return resolve_metadata(operation, node, &wanted->metadata);
}

static int prepare(struct operation *operation, struct node *node)
{
    struct wanted wanted;
    int result = node_want(operation, node, node->type, &wanted);
    node->given = wanted.given;
    node->properties = wanted.properties;
    node->definition = wanted.definition;
    node->event_properties = wanted.event_properties;
    if (result == 0 && value_is(wanted.metadata, VALUE_MAP) &&
        !value_equal(wanted.metadata, node->metadata)) {
        node->metadata = wanted.metadata;
        node->new_metadata = value_to_json(operation->arena, node->metadata);
    }
    return result;
}

/* ---- steps ---- */
void node_list_running(struct operation *operation, struct node *node)
{
    node->running = true;
    if (!node->listed)
        operation->running[operation->running_count++] = (size_t)(node - operation->nodes);
    node->listed = true;
}

static void begin_step(struct operation *operation, struct node *node, int64_t now_us)
{
    char attempt_id[UUID_SIZE];
    uuid_v4(attempt_id);
    node->attempt++;
    node->attempt_id = arena_strdup(operation->arena, attempt_id);
    node->started_us = now_us;
    node->due_us = now_us;
    node->progress = NULL;
    node->step_traversal = operation->traversal;
    node_list_running(operation, node);
}

void node_begin(struct operation *operation, struct node *node, enum action action, int64_t now_us)
{
    begin_step(operation, node, now_us);
    node_set_state(operation, node, action, STATUS_IN_PROGRESS, NULL);
}

void node_end(struct node *node)
{
    node->running = false; /* leaves the list at the end of the turn */
    node->due_us = DUE_NEVER;
    node->progress = NULL;
    node->asked = NULL;
    node->answers = NULL;
    service_call_cancel(node);
}

/* A name of digits looks like an index. */
const char *node_path(struct operation *operation, const struct node *node)
{
    bool digits = *node->name && node->name[strspn(node->name, "0123456789")] == '\0';
    return arena_printf(operation->arena, digits ? "resources[%s]" : "resources.%s", node->name);
}

/* "ValueError: resources.web: Test Resource failed web": the root cause, as Heat words it. */
static const char *failure_reason(struct operation *operation, const struct node *node)
{
    const struct error *error = &operation->ctx.error;
    const char *message = error->message ? error->message : "";
    const char *double_colon = strstr(message, ": : ");
    if (double_colon && strncmp(message, "Property error", 14) == 0) {
        const char *rest = double_colon + 4, *second = strstr(rest, ": : ");
        message = second ? arena_printf(operation->arena, "Property error: %.*s: %s", (int)(second - rest),
                                        rest, second + 4)
                         : arena_printf(operation->arena, "Property error: %s", rest);
    }
    return arena_printf(operation->arena, "%s: %s: %s", fault_type(error->fault), node_path(operation, node),
                        message);
}

void node_failed(struct operation *operation, struct node *node, int64_t now_us)
{
    const char *reason = node->failure ? node->failure : failure_reason(operation, node);
    node->failure = NULL;
    enum action action = node->state.action;
    error_clear(&operation->ctx);
    node_end(node);
    node_set_state(operation, node, action, STATUS_FAILED, reason);
    if (operation->phase == PHASE_UPDATE && node->step_traversal != operation->traversal) {
        node_update_again(operation, node, now_us);
        return;
    }
    operation_fail(operation,
                   arena_printf(operation->arena, "Resource %s failed: %s", action_name(action), reason),
                   now_us);
}

void node_finished(struct operation *operation, struct node *node, int64_t now_us)
{
    enum action action = node->state.action;
    node_end(node);
    node_update_applied(operation, node);
    node_set_state(operation, node, action, STATUS_COMPLETE, NULL);
    operation->outputs_changed = true;
    bool deleted = action == ACTION_DELETE;
    if (operation->phase == PHASE_UPDATE && (deleted || node->step_traversal != operation->traversal))
        node_update_again(operation, node, now_us);
    else if (operation_deletes(operation) == deleted && !external_check(operation, node, action, now_us) &&
             !breakpoint_after(operation, node, action))
        plan_done(operation->plan, node->place);
}

static step *step_of(const struct node *node)
{
    const struct resource_hooks *hooks = node->type ? node->type->hooks : NULL;
    if (!hooks)
        return NULL;
    switch (node->state.action) {
    case ACTION_UPDATE:
        return hooks->update;
    case ACTION_DELETE:
        return hooks->remove;
    case ACTION_SUSPEND:
        return hooks->suspend;
    case ACTION_RESUME:
        return hooks->resume;
    case ACTION_SNAPSHOT:
        return hooks->snapshot;
    case ACTION_CHECK:
        return hooks->check;
    case ACTION_ADOPT:
        return hooks->adopt ? hooks->adopt : adopt_attributes;
    default:
        return hooks->create;
    }
}

static bool is_retained(const struct operation *operation, const struct node *node)
{
    return (operation->abandon && !node_is_nested(node)) || strcmp(node->deletion_policy, "Retain") == 0;
}

/* What a step changed of its job. */
static void take_outcome(struct operation *operation, struct node *node, const struct resource_job *job)
{
    node->physical_id = job->physical_id;
    node->data = job->data;
    node->progress = job->progress;
    node->attributes = job->attributes;
    node->asked = job->asked;
    node->answers = job->asked ? job->answers : NULL;
    operation->effects = job->effects;
    node->service_request = job->request;
    operation->has_requests = operation->has_requests || job->request;
    node->answer = NULL;
    node->passing = job->passing;
    if (job->tell)
        node_tell(operation, node, node->state, job->tell);
    if (job->metadata == node->metadata)
        return;
    node->metadata = job->metadata;
    node->new_metadata = value_to_json(operation->arena, node->metadata);
}

/* Its type's file is gone, or wrong since: what is there of it would be forgotten. */
static bool is_beyond_us(const struct node *node)
{
    return !node->type && (node->physical_id || value_count(node->data) > 0);
}

static enum step_result call_step(struct operation *operation, struct node *node, int64_t now_us)
{
    struct resource_job job;
    step *run = step_of(node);
    bool nested = node_is_nested(node);
    bool deleting = node->state.action == ACTION_DELETE, retained = deleting && is_retained(operation, node);
    if (deleting && !retained && is_beyond_us(node))
        return fail(&operation->ctx, FAULT_STACK_VALIDATION, "The Resource Type (%s) could not be found.",
                    node->type_name),
               STEP_FAILED;
    if ((!run && !nested) || retained)
        return STEP_DONE;
    node_fill_job(operation, node, &job, now_us);
    if (node->state.action == ACTION_ADOPT && !nested && !node->progress &&
        node_adopt(operation, node, &job) != 0)
        return STEP_FAILED;
    enum step_result result = nested ? nested_step(operation, node, &job) : run(&operation->ctx, &job);
    take_outcome(operation, node, &job);
    node->due_us = result != STEP_WAIT ? DUE_NEVER : job.asked || job.request ? now_us : job.due_us;
    return result;
}

void node_step(struct operation *operation, struct node *node, int64_t now_us)
{
    switch (call_step(operation, node, now_us)) {
    case STEP_DONE:
        node_finished(operation, node, now_us);
        break;
    case STEP_WAIT:
        if (!node->passing)
            node_changed(operation, node);
        break;
    case STEP_FAILED:
        node_failed(operation, node, now_us);
        break;
    case STEP_REPLACE:
        node_update_replaces(operation, node, now_us);
        break;
    }
}

static void tell_abort(struct operation *operation, struct node *node)
{
    struct resource_job job;
    if (node->state.status != STATUS_IN_PROGRESS || !node->type || !node->type->hooks->abort)
        return;
    node_fill_job(operation, node, &job, node->started_us);
    node->type->hooks->abort(&operation->ctx, &job);
    operation->effects = job.effects;
}

void node_abort(struct operation *operation, struct node *node, const char *why)
{
    enum action action = node->state.action;
    tell_abort(operation, node);
    node_end(node);
    node_set_state(operation, node, action, STATUS_FAILED,
                   arena_printf(operation->arena, "%s aborted (%s)", action_name(action), why));
}

/* ---- beginnings ---- */
void node_create(struct operation *operation, struct node *node, int64_t now_us)
{
    if (node->type && node_is_external(node)) {
        external_create(operation, node, now_us);
        return;
    }
    begin_step(operation, node, now_us);
    node->made_in = operation->traversal;
    int prepared = node->type ? prepare(operation, node)
                              : fail(&operation->ctx, FAULT_STACK_VALIDATION,
                                     "The Resource Type (%s) could not be found.", node->type_name);
    node_set_state(operation, node, operation->adopted ? ACTION_ADOPT : ACTION_CREATE, STATUS_IN_PROGRESS,
                   NULL);
    if (prepared != 0)
        node_failed(operation, node, now_us);
    else
        node_step(operation, node, now_us);
}

void node_recall_properties(struct operation *operation, struct node *node)
{
    if (node->properties || !node->given || !node->type)
        return;
    node->properties = properties_check(&operation->ctx, node->type, node->name, node->given);
    error_clear(&operation->ctx);
}

void node_delete(struct operation *operation, struct node *node, int64_t now_us)
{
    if (state_is(node->state, ACTION_INIT,
                 STATUS_COMPLETE)) { /* never begun: nothing to take down, nothing to tell */
        node->gone = operation->phase == PHASE_CLEANUP;
        if (node->gone)
            node_changed(operation, node);
        plan_done(operation->plan, node->place);
        return;
    }
    if (node->running && node_is_nested(node) && operation->phase == PHASE_ROLLBACK)
        node_abort(operation, node, "user triggered cancel"); /* its own deletion pre-empts what runs on it */
    if (node->running) {
        node->delete_waiting = true;
        return;
    }
    node_recall_properties(operation, node);
    begin_step(operation, node, now_us);
    node_set_state(operation, node, ACTION_DELETE, STATUS_IN_PROGRESS, NULL);
    node_step(operation, node, now_us);
}
