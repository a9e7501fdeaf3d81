/* One turn of an operation: everything that can be done now, in order, until only waiting is left. */
#include <string.h>

#include "base/clock.h"
#include "engine/operation.h"

/* ---- phases ---- */
static struct plan *make_plan(struct operation *operation, bool reverse)
{
    struct arena *arena = operation->arena;
    size_t count = 0, capacity = 0;
    for (size_t i = 0; i < operation->node_count; i++)
        capacity += value_count(operation->nodes[i].requires);
    struct edge *edges = arena_array(arena, struct edge, capacity + 1);
    for (size_t i = 0; i < operation->node_count; i++) {
        const struct value *requires = operation->nodes[i].requires;
        for (size_t k = 0; k < value_count(requires); k++) {
            const struct value *other = value_get(operation->names, value_text(value_at(requires, k)));
            if (other)
                edges[count++] = (struct edge){i, (size_t)other->integer};
        }
    }
    return plan_create(arena, operation->node_count, edges, count, reverse);
}

/* Takes up the phase where the resources' states say it stands. */
void operation_begin_phase(struct operation *operation, enum phase phase)
{
    bool deleting = phase == PHASE_ROLLBACK || phase == PHASE_DELETE;
    struct state goal = {deleting ? ACTION_DELETE : ACTION_CREATE, STATUS_COMPLETE};
    operation->phase = phase;
    operation->plan = make_plan(operation, deleting);
    for (size_t i = 0; i < operation->node_count; i++)
        if (state_is(operation->nodes[i].state, goal.action, goal.status))
            plan_done(operation->plan, i);
}

static void begin_rollback(struct operation *operation, int64_t now_us)
{
    stack_set_state(operation, ACTION_ROLLBACK, STATUS_IN_PROGRESS, "Stack ROLLBACK started");
    operation->stack_touched = true;
    operation->deadline_us = now_us + operation->timeout_us; /* it has as much time as the creation had */
    operation->deadline_changed = true;
    operation_begin_phase(operation, PHASE_ROLLBACK);
}

/* The first failure decides; later ones of what was under way change only their own resource. */
void operation_fail(struct operation *operation, const char *reason, int64_t now_us)
{
    if (operation->phase == PHASE_DRAIN || operation->phase == PHASE_OVER ||
        (operation->phase == PHASE_ROLLBACK && operation->stack.status == STATUS_FAILED))
        return;
    bool creating = operation->phase == PHASE_CREATE;
    if (!creating && operation->phase == PHASE_ROLLBACK && strncmp(reason, "Resource CREATE", 15) == 0)
        return; /* what was still being made when the rollback began: its end is all that is wanted */
    stack_set_state(operation, operation->stack.action, STATUS_FAILED, reason);
    operation->state = "FAILED";
    operation->reason = reason;
    if (creating && operation->rollback)
        begin_rollback(operation, now_us);
    else
        operation->phase = PHASE_DRAIN;
}

static const char *timeout_words(struct operation *operation, const struct node *node)
{
    const char *task = node->state.action == ACTION_DELETE ? "delete" : "create";
    return arena_printf(operation->arena, "Task %s from %s \"%s\" Stack \"%s\" [%s] Timed out", task,
                        node->type ? node->type->template_name : node->type_name, node->name,
                        operation->stack_name, operation->stack_id);
}

static void abort_running(struct operation *operation)
{
    for (size_t i = 0; i < operation->running_count; i++) {
        struct node *node = &operation->nodes[operation->running[i]];
        if (node->running)
            node_abort(operation, node, timeout_words(operation, node));
    }
}

static void finish(struct operation *operation)
{
    if (operation->phase != PHASE_DRAIN) {
        enum action action = operation->stack.action;
        const char *reason =
            arena_printf(operation->arena, "Stack %s completed successfully", action_name(action));
        stack_set_state(operation, action, STATUS_COMPLETE, reason);
        operation->purge = operation->phase != PHASE_CREATE;
        operation->stack_deleted = operation->phase == PHASE_DELETE;
        if (!operation->state)
            operation->state = "DONE";
        if (!operation->reason)
            operation->reason = reason;
    }
    operation->phase = PHASE_OVER;
}

/* ---- the turn ---- */
static bool is_due(const struct operation *operation, const struct node *node, int64_t now_us)
{
    if (!node->running ||
        (node->type && node->type->hooks->external && node->started_turn == operation->turn))
        return false;
    return node->due_us <= now_us ||
           (operation->signalled && node->type && node->type->hooks->wait_for_signals);
}

static void step_due(struct operation *operation, int64_t now_us)
{
    size_t count = operation->running_count; /* those begun meanwhile had their first step */
    for (size_t i = 0; i < count; i++) {
        struct node *node = &operation->nodes[operation->running[i]];
        if (is_due(operation, node, now_us))
            node_step(operation, node, now_us);
    }
    operation->signalled = false;
}

/* Drops from the list what is no longer running, and begins the deletion of what was waiting for its own end.
 */
static bool tidy_running(struct operation *operation, int64_t now_us)
{
    size_t kept = 0, count = operation->running_count;
    bool begun = false;
    for (size_t i = 0; i < count; i++) {
        struct node *node = &operation->nodes[operation->running[i]];
        node->listed = node->running;
        if (node->listed)
            operation->running[kept++] = operation->running[i];
    }
    operation->running_count = kept;
    for (size_t i = 0; i < operation->node_count && operation->phase == PHASE_ROLLBACK; i++) {
        struct node *node = &operation->nodes[i];
        if (!node->delete_waiting || node->running)
            continue;
        node->delete_waiting = false;
        node_delete(operation, node, now_us);
        begun = true;
    }
    return begun;
}

/* One that is under way already was begun before a takeover; its end counts as ever. */
static void begin_node(struct operation *operation, struct node *node, int64_t now_us)
{
    enum action action = operation->phase == PHASE_CREATE ? ACTION_CREATE : ACTION_DELETE;
    if (node->running && node->state.action == action)
        return;
    if (action == ACTION_CREATE)
        node_create(operation, node, now_us);
    else
        node_delete(operation, node, now_us);
}

static bool begin_ready(struct operation *operation, int64_t now_us, int64_t until_us)
{
    size_t index;
    bool begun = false;
    while (operation->phase != PHASE_DRAIN && plan_next(operation->plan, &index)) {
        begun = true;
        begin_node(operation, &operation->nodes[index], now_us);
        if (clock_monotonic_us() >= until_us) {
            operation->more = true;
            return false;
        }
    }
    return begun;
}

static bool is_at_end(const struct operation *operation)
{
    return operation->phase == PHASE_DRAIN ? operation->running_count == 0 : plan_over(operation->plan);
}

void operation_turn(struct operation *operation, int64_t now_us, int64_t budget_us)
{
    int64_t until_us = clock_monotonic_us() + budget_us;
    operation->turn++;
    operation->more = false;
    if (operation->phase == PHASE_OVER)
        return;
    if (operation->broken)
        operation_fail(operation, operation->broken, now_us);
    operation->broken = NULL;
    if (now_us >= operation->deadline_us) {
        abort_running(operation);
        operation_fail(operation, "Timed out", now_us);
    }
    step_due(operation, now_us);
    bool progress = true;
    while (progress) {
        progress = begin_ready(operation, now_us, until_us);
        progress = tidy_running(operation, now_us) || progress;
    }
    if (is_at_end(operation))
        finish(operation);
}

int64_t operation_due(const struct operation *operation)
{
    int64_t due = operation->deadline_us;
    if (operation->more)
        return 0;
    for (size_t i = 0; i < operation->running_count; i++) {
        const struct node *node = &operation->nodes[operation->running[i]];
        if (node->due_us < due)
            due = node->due_us;
    }
    return due;
}
