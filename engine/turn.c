/* One turn of an operation: everything that can be done now, in order, until only waiting is left. */
#include <string.h>

#include "base/clock.h"
#include "engine/breakpoints.h"
#include "engine/external.h"
#include "engine/nested.h"
#include "engine/operation.h"
#include "engine/service_calls.h"
#include "engine/signal.h"

/* ---- phases ---- */
struct edges {
    struct edge *items; /* NULL: they are only counted */
    size_t count;
};

static void add_edge(struct edges *edges, size_t from, size_t to)
{
    if (edges->items)
        edges->items[edges->count] = (struct edge){from, to};
    edges->count++;
}

/* To all of that name: which of them it was built on is not known. */
static void add_edges_to(const struct operation *operation, const struct value *heads, struct edges *edges,
                         size_t from, const char *name)
{
    const struct value *head = value_get(heads, name);
    for (size_t next = head ? (size_t)head->integer : 0; next != 0;
         next = operation->nodes[next - 1].same_name)
        if (next - 1 != from)
            add_edge(edges, from, next - 1);
}

/* Chains the nodes of each name: a replaced resource stands beside its replacement. Map name -> 1 + index. */
static const struct value *chain_names(struct operation *operation)
{
    struct value *heads = value_map(operation->arena);
    for (size_t i = 0; i < operation->node_count; i++) {
        struct node *node = &operation->nodes[i];
        const struct value *head = value_get(heads, node->name);
        node->same_name = head ? (size_t)head->integer : 0;
        value_map_set(operation->arena, heads, node->name, value_int(operation->arena, (int64_t)i + 1));
    }
    return heads;
}

static void add_edges(const struct operation *operation, const struct value *heads, struct edges *edges)
{
    for (size_t i = 0; i < operation->node_count; i++) {
        const struct value *requires = operation->nodes[i].requires;
        for (size_t k = 0; k < value_count(requires); k++)
            add_edges_to(operation, heads, edges, i, value_text(value_at(requires, k)));
    }
}

static struct plan *make_plan(struct operation *operation, bool reverse)
{
    struct edges edges = {0};
    const struct value *heads = chain_names(operation);
    add_edges(operation, heads, &edges);
    edges.items = arena_array(operation->arena, struct edge, edges.count + 1);
    edges.count = 0;
    add_edges(operation, heads, &edges);
    return plan_create(operation->arena, operation->node_count, edges.items, edges.count, reverse);
}

bool operation_deletes(const struct operation *operation)
{
    return operation->phase == PHASE_ROLLBACK || operation->phase == PHASE_DELETE ||
           operation->phase == PHASE_CLEANUP;
}

/* What a creation does to a resource. */
static enum action making(const struct operation *operation)
{
    return operation->adopted ? ACTION_ADOPT : ACTION_CREATE;
}

/* Takes up the phase where the resources' states say it stands. */
void operation_begin_phase(struct operation *operation, enum phase phase)
{
    operation->phase = phase;
    if (phase == PHASE_SIGNAL)
        return;
    breakpoints_leave(operation);
    if (phase == PHASE_UPDATE && operation->definition) {
        update_begin(operation);
        return;
    }
    bool deleting = operation_deletes(operation), walking = phase == PHASE_WALK;
    if (phase == PHASE_CREATE && operation->is_nested && operation->definition)
        operation_add_missing(operation); /* a nested stack comes without them */
    struct state goal = {deleting ? ACTION_DELETE : making(operation), STATUS_COMPLETE};
    operation->plan = make_plan(operation, walking ? walk_reverse(operation->stack.action) : deleting);
    for (size_t i = 0; i < operation->node_count; i++) {
        struct node *node = &operation->nodes[i];
        node->place = i;
        if ((!walking && state_is(node->state, goal.action, goal.status) &&
             !breakpoint_holds(operation, node)) ||
            external_is_done(operation, node) || node->gone || (walking && node->superseded_by) ||
            (phase == PHASE_CLEANUP && !node_is_superfluous(operation, node)))
            plan_done(operation->plan, i);
    }
    if (walking)
        walk_take_up(operation);
}

static void begin_rollback(struct operation *operation, int64_t now_us)
{
    stack_set_state(operation, ACTION_ROLLBACK, STATUS_IN_PROGRESS, "Stack ROLLBACK started");
    operation->stack_touched = true;
    operation->deadline_us = now_us + operation->timeout_us; /* it has as much time as the creation had */
    operation->deadline_changed = true;
    operation_begin_phase(operation, PHASE_ROLLBACK);
}

/* What was changed goes back to the previous definition by the same way, once that is committed. */
static void turn_back(struct operation *operation, int64_t now_us)
{
    stack_set_state(operation, ACTION_ROLLBACK, STATUS_IN_PROGRESS, "Stack ROLLBACK started");
    operation->stack_touched = true;
    operation->deadline_us = now_us + operation->timeout_us; /* it has as much time as the update had */
    operation->deadline_changed = true;
    operation->turned_back = true;
    operation->has_previous = false;
    operation->phase = PHASE_TURN_BACK;
}

static bool updates(enum action action)
{
    return action == ACTION_UPDATE || action == ACTION_RESTORE;
}

static bool makes(enum action action)
{
    return action == ACTION_CREATE || action == ACTION_ADOPT;
}

/* The first failure decides; later ones of what was under way change only their own resource. */
void operation_fail(struct operation *operation, const char *reason, int64_t now_us)
{
    if (operation->phase == PHASE_WALK)
        walk_fail(operation, reason);
    if (operation->phase == PHASE_WALK || operation->phase == PHASE_DRAIN || operation->phase == PHASE_OVER ||
        operation->phase == PHASE_TURN_BACK ||
        (operation->phase == PHASE_ROLLBACK && operation->stack.status == STATUS_FAILED))
        return;
    bool creating = makes(operation->stack.action), updating = updates(operation->stack.action);
    if (operation->phase == PHASE_ROLLBACK &&
        (strncmp(reason, "Resource CREATE", 15) == 0 || strncmp(reason, "Resource ADOPT", 14) == 0))
        return; /* what was still being made when the rollback began: its end is all that is wanted */
    stack_set_state(operation, operation->stack.action, STATUS_FAILED, reason);
    operation->state = "FAILED";
    operation->reason = reason;
    if (creating && operation->rollback)
        begin_rollback(operation, now_us);
    else if (updating && operation->rollback && operation->has_previous)
        turn_back(operation, now_us);
    else
        operation->phase = PHASE_DRAIN;
}

static const char *timeout_words(struct operation *operation, const struct node *node)
{
    if (walk_is(node->state.action))
        return arena_printf(operation->arena, "Task stack_task from Stack \"%s\" [%s] Timed out",
                            operation->stack_name, operation->stack_id);
    const char *task = node->state.action == ACTION_DELETE   ? "delete"
                       : node->state.action == ACTION_UPDATE ? "update"
                                                             : "create";
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
    if (walk_is(operation->stack.action))
        walk_finish(operation);
    else if (operation->phase != PHASE_DRAIN) {
        enum action action = operation->stack.action;
        const char *reason =
            arena_printf(operation->arena, "Stack %s completed successfully", action_name(action));
        stack_set_state(operation, action, STATUS_COMPLETE, reason);
        operation->purge = operation->phase == PHASE_ROLLBACK || operation->phase == PHASE_DELETE;
        operation->settled = operation->phase == PHASE_CLEANUP;
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
    if (!node->running || node_is_calling(node))
        return false;
    return node->due_us <= now_us || node->child_news ||
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
    bool waiting = operation->phase == PHASE_ROLLBACK || operation->phase == PHASE_CLEANUP;
    for (size_t i = 0; i < operation->node_count && waiting; i++) {
        struct node *node = &operation->nodes[i];
        if (!node->delete_waiting || node->running)
            continue;
        node->delete_waiting = false;
        node_delete(operation, node, now_us);
        begun = true;
    }
    return begun;
}

/* What was never begun goes without a word, so no breakpoint holds it up. */
static bool stops(struct operation *operation, struct node *node, enum action action)
{
    bool untouched = action == ACTION_DELETE && node->state.action == ACTION_INIT;
    return !untouched && breakpoint_before(operation, node, action);
}

/* One that is under way already was begun before a takeover; its end counts as ever. */
void operation_begin_node(struct operation *operation, struct node *node, int64_t now_us)
{
    bool walking = operation->phase == PHASE_WALK, creating = operation->phase == PHASE_CREATE;
    enum action action = walking ? operation->stack.action : creating ? making(operation) : ACTION_DELETE;
    if (operation->phase == PHASE_UPDATE) {
        node_update(operation, node, now_us);
        return;
    }
    if ((node->running && (node->state.action == action || (creating && node_is_external(node)))) ||
        node->paused != PAUSED_NOT || stops(operation, node, action))
        return;
    if (walking)
        node_walk(operation, node, now_us);
    else if (creating)
        node_create(operation, node, now_us);
    else
        node_delete(operation, node, now_us);
}

static bool begin_ready(struct operation *operation, int64_t now_us, int64_t until_us)
{
    size_t index;
    bool begun = false;
    while (operation->phase != PHASE_DRAIN && operation->phase != PHASE_TURN_BACK &&
           plan_next(operation->plan, &index)) {
        begun = true;
        operation_begin_node(operation, &operation->nodes[index], now_us);
        if (clock_monotonic_us() >= until_us) {
            operation->more = true;
            return false;
        }
    }
    return begun;
}

/* When nothing else goes on: what is superfluous may come from definitions that contradict each other, and
 * then requires each other. Updates done, the cleanup begins. */
static bool move_on(struct operation *operation)
{
    if (operation->phase == PHASE_UPDATE && plan_over(operation->plan)) {
        operation_begin_phase(operation, PHASE_CLEANUP);
        return true;
    }
    return operation_deletes(operation) && operation->running_count == 0 && operation->paused_count == 0 &&
           plan_force(operation->plan);
}

static bool is_at_end(const struct operation *operation)
{
    if (operation->phase == PHASE_TURN_BACK)
        return false;
    if (operation->phase == PHASE_WALK && operation->failures)
        return operation->running_count == 0 && !operation->more;
    return operation->phase == PHASE_DRAIN ? operation->running_count == 0 : plan_over(operation->plan);
}

void operation_turn(struct operation *operation, int64_t now_us, int64_t budget_us)
{
    int64_t until_us = clock_monotonic_us() + budget_us;
    operation->turn++;
    operation->more = false;
    if (operation->phase == PHASE_OVER || operation->phase == PHASE_TURN_BACK)
        return;
    if (operation->phase == PHASE_SIGNAL) {
        signals_turn(operation, now_us);
        return;
    }
    if (operation->broken)
        operation_fail(operation, operation->broken, now_us);
    operation->broken = NULL;
    if (now_us >= operation->deadline_us) {
        abort_running(operation);
        breakpoints_give_up(operation);
        operation_fail(operation,
                       operation->phase == PHASE_WALK ? walk_timeout_reason(operation) : "Timed out", now_us);
    }
    step_due(operation, now_us);
    breakpoints_pass(operation, now_us);
    bool progress = true;
    while (progress) {
        progress = begin_ready(operation, now_us, until_us);
        progress = tidy_running(operation, now_us) || progress;
        progress = progress || (!operation->more && move_on(operation));
    }
    if (is_at_end(operation))
        finish(operation);
}

int64_t operation_due(const struct operation *operation)
{
    int64_t due = operation->deadline_us;
    if (operation->more)
        return 0;
    if (operation->phase == PHASE_SIGNAL)
        return signals_due(operation);
    for (size_t i = 0; i < operation->running_count; i++) {
        const struct node *node = &operation->nodes[operation->running[i]];
        if (node->due_us < due && !node_is_calling(node))
            due = node->due_us;
    }
    return due;
}

bool operation_waits_for_children(const struct operation *operation)
{
    if (operation->signals)
        return signals_wait_for_children(operation);
    for (size_t i = 0; i < operation->running_count; i++) {
        const struct node *node = &operation->nodes[operation->running[i]];
        if (!node->child || node->child_news || node->due_us != DUE_NEVER)
            return false;
    }
    return operation->running_count > 0 && operation->turn > 0 && !operation->more;
}
