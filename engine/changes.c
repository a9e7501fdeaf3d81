/* What a turn changed, noted until the commit. */
#include <string.h>

#include "base/log.h"
#include "engine/effects.h"
#include "engine/operation.h"
#include "engine/signal.h"

void node_changed(struct operation *operation, struct node *node)
{
    if (node->changed)
        return;
    node->changed = true;
    operation->changed[operation->changed_count++] = (size_t)(node - operation->nodes);
}

static struct event *add_event(struct operation *operation)
{
    if (operation->event_count == operation->event_capacity) {
        size_t old = operation->event_capacity, capacity = old ? 2 * old : 16;
        operation->events = arena_grow(operation->arena, operation->events, old * sizeof(struct event),
                                       capacity * sizeof(struct event));
        operation->event_capacity = capacity;
    }
    struct event *event = &operation->events[operation->event_count++];
    *event = (struct event){
        .tenant_id = operation->tenant_id,
        .stack_id = operation->stack_id,
        .operation_id = operation->id,
    };
    return event;
}

/* The table refuses only what we ourselves got wrong: say so, and leave the state as it was. */
static int change(struct operation *operation, enum state_owner owner, struct state *state,
                  enum action action, enum status status)
{
    if (state_change(&operation->ctx, owner, state, action, status) == 0)
        return 0;
    log_error(operation->ctx.request_id, "operation=%s stack=%s %s", operation->id, operation->stack_id,
              operation->ctx.error.message);
    error_clear(&operation->ctx);
    return -1;
}

void node_set_state(struct operation *operation, struct node *node, enum action action, enum status status,
                    const char *reason)
{
    if (change(operation, OWNER_RESOURCE, &node->state, action, status) != 0)
        return;
    node->reason = reason ? reason : "state changed";
    node_changed(operation, node);
    node_tell(operation, node, node->state, node->reason);
}

void node_tell(struct operation *operation, struct node *node, struct state state, const char *reason)
{
    struct event *event = add_event(operation);
    event->resource_name = node->name;
    event->resource_type = node->type_name;
    if (state.action != ACTION_INIT)
        event->physical_id = node->physical_id ? node->physical_id : node->physical_name;
    event->action = action_name(state.action);
    event->status = status_name(state.status);
    event->reason = reason;
    event->properties = node->event_properties;
}

/* Sealed properties hold hidden values, which events never show. */
void node_tell_signal(struct operation *operation, struct node *node, const char *reason)
{
    bool hidden = node->sealed || (operation->definition && operation->definition->has_hidden);
    node_tell(operation, node, node->state, reason);
    struct event *event = &operation->events[operation->event_count - 1];
    event->action = "SIGNAL";
    event->properties = node->given && !hidden ? value_to_json(operation->arena, node->given) : NULL;
}

void stack_set_state(struct operation *operation, enum action action, enum status status, const char *reason)
{
    if (change(operation, OWNER_STACK, &operation->stack, action, status) != 0)
        return;
    operation->stack_reason = reason;
    operation->stack_changed = operation->outputs_changed = true;
    struct event *event = add_event(operation);
    event->resource_name = operation->stack_name;
    event->resource_type = STACK_EVENT_TYPE;
    event->physical_id = operation->stack_id;
    event->action = action_name(action);
    event->status = status_name(status);
    event->reason = reason;
}

bool operation_has_changes(const struct operation *operation)
{
    if (operation->signals && signals_changed(operation))
        return true;
    return operation->event_count || operation->changed_count || operation->effects ||
           operation->stack_changed || operation->deadline_changed || operation->noted ||
           operation->phase == PHASE_OVER;
}

void operation_committed(struct operation *operation)
{
    for (size_t i = 0; i < operation->changed_count; i++) {
        struct node *node = &operation->nodes[operation->changed[i]];
        node->changed = node->added = node->standing_changed = node->described = node->hook_changed = false;
        node->new_metadata = NULL;
        node->request = NULL;
        node->sealed = node->sealed || (operation->definition && operation->definition->has_hidden);
    }
    if (operation->signals)
        signals_committed(operation);
    operation->changed_count = operation->event_count = 0;
    operation->effects = NULL;
    operation->stack_changed = operation->outputs_changed = operation->stack_touched = false;
    operation->stack_deleted = operation->purge = operation->deadline_changed = false;
    operation->turned_back = operation->settled = operation->filled = false;
    operation->noted = NULL;
    operation->failed_commits = 0;
}

static size_t collect_askers(struct operation *operation, struct asker *into)
{
    size_t count = 0;
    if (operation_has_changes(operation)) /* what it asks for may be among what was not committed */
        return 0;
    for (size_t i = 0; i < operation->running_count; i++) {
        struct node *node = &operation->nodes[operation->running[i]];
        if (!node->running || !node->asked)
            continue;
        if (into)
            into[count] =
                (struct asker){operation->tenant_id, operation->arena, &node->asked, &node->answers};
        count++;
    }
    return count;
}

struct askers operations_askers(struct arena *arena, struct operation **operations, size_t count)
{
    struct askers askers = {0};
    size_t most = 0;
    for (size_t i = 0; i < count; i++)
        most += collect_askers(operations[i], NULL);
    if (most == 0)
        return askers;
    askers.items = arena_array(arena, struct asker, most);
    for (size_t i = 0; i < count; i++)
        askers.count += collect_askers(operations[i], askers.items + askers.count);
    return askers;
}
