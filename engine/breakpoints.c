/* Breakpoints: a resource waits before or after its step until a signal clears it. */
#include "engine/breakpoints.h"

#include <string.h>

#include "engine/external.h"
#include "engine/rows.h"

static const struct breakpoint {
    enum action action;
    bool after;
    const char *name;
} breakpoints[] = {
    {ACTION_CREATE, false, "pre-create"}, {ACTION_CREATE, true, "post-create"},
    {ACTION_UPDATE, false, "pre-update"}, {ACTION_UPDATE, true, "post-update"},
    {ACTION_DELETE, false, "pre-delete"}, {ACTION_DELETE, true, "post-delete"},
};

static const struct breakpoint *find(enum action action, bool after)
{
    for (size_t i = 0; i < COUNT_OF(breakpoints); i++)
        if (breakpoints[i].action == action && breakpoints[i].after == after)
            return &breakpoints[i];
    return NULL;
}

/* Resources that an update makes or deletes pass; so does what another stands for, which no signal reaches. */
static bool is_of_interest(const struct operation *operation, const struct node *node, enum action action)
{
    if (operation->abandon || node->superseded_by || (action != ACTION_DELETE && node_is_external(node)))
        return false;
    if (action == ACTION_UPDATE) /* a creation that is tried again compares, too */
        return !operation->retry || operation->stack.action != ACTION_CREATE;
    return operation->stack.action == action;
}

/* ---- where it waits ---- */
static void set_hook(struct operation *operation, struct node *node, const char *hook)
{
    if (!hook && !node->hook)
        return;
    node->hook = hook;
    node->hook_cleared = false;
    node->hook_operation = operation->id;
    node->hook_changed = true;
    node_changed(operation, node);
}

static bool waits_at(const struct operation *operation, const struct node *node, const char *hook)
{
    return node->hook && strcmp(node->hook, hook) == 0 && node->hook_operation &&
           strcmp(node->hook_operation, operation->id) == 0;
}

static bool pause_node(struct operation *operation, struct node *node, bool after)
{
    node->paused = after ? PAUSED_AFTER : PAUSED_BEFORE;
    operation->paused_count++;
    return true;
}

/* False when there is no breakpoint, or it was passed. */
static bool stop(struct operation *operation, struct node *node, const struct breakpoint *breakpoint)
{
    if (!breakpoint || !is_of_interest(operation, node, breakpoint->action) ||
        !environment_has_hook(operation->environment, node->name, breakpoint->name) ||
        (waits_at(operation, node, breakpoint->name) && node->hook_cleared)) {
        set_hook(operation, node, NULL);
        return false;
    }
    if (!waits_at(operation, node, breakpoint->name)) {
        set_hook(operation, node, breakpoint->name);
        node_tell(operation, node, node->state,
                  arena_printf(operation->arena, "%s paused until Hook %s is cleared",
                               action_name(breakpoint->action), breakpoint->name));
    }
    return pause_node(operation, node, breakpoint->after);
}

bool breakpoint_before(struct operation *operation, struct node *node, enum action action)
{
    return stop(operation, node, find(action, false));
}

bool breakpoint_after(struct operation *operation, struct node *node, enum action action)
{
    return stop(operation, node, find(action, true));
}

bool breakpoint_holds(struct operation *operation, struct node *node)
{
    const struct breakpoint *breakpoint = find(node->state.action, true);
    return breakpoint && node->state.status == STATUS_COMPLETE && !node->hook_cleared &&
           waits_at(operation, node, breakpoint->name) && pause_node(operation, node, true);
}

/* ---- going on ---- */
void breakpoints_take(struct operation *operation, const struct rows *rows)
{
    int stack_id = rows_column(rows, "stack_id"), id = rows_column(rows, "id");
    for (size_t i = 0; i < rows_count(rows); i++) {
        if (strcmp(rows_text(rows, i, stack_id), operation->stack_id) != 0)
            continue;
        for (size_t k = 0; k < operation->node_count; k++)
            if (strcmp(operation->nodes[k].id, rows_text(rows, i, id)) == 0)
                operation->nodes[k].hook_cleared = operation->nodes[k].hook != NULL;
    }
}

static void pass(struct operation *operation, struct node *node, int64_t now_us)
{
    bool after = node->paused == PAUSED_AFTER;
    node->paused = PAUSED_NOT;
    operation->paused_count--;
    if (!after) {
        operation_begin_node(operation, node, now_us);
        return;
    }
    set_hook(operation, node, NULL);
    plan_done(operation->plan, node->place);
}

void breakpoints_pass(struct operation *operation, int64_t now_us)
{
    for (size_t i = 0; i < operation->node_count && operation->paused_count > 0; i++) {
        struct node *node = &operation->nodes[i];
        if (node->paused != PAUSED_NOT && node->hook_cleared && operation->phase != PHASE_DRAIN)
            pass(operation, node, now_us);
    }
}

/* After a takeover the rows know of waits that this engine has not come to yet. */
void breakpoints_give_up(struct operation *operation)
{
    for (size_t i = 0; i < operation->node_count; i++) {
        struct node *node = &operation->nodes[i];
        if (!node->hook || node->hook_cleared || !waits_at(operation, node, node->hook))
            continue;
        set_hook(operation, node, NULL);
        node_tell(operation, node, node->state, "Failure occurred while waiting.");
    }
    breakpoints_leave(operation);
}

void breakpoints_leave(struct operation *operation)
{
    for (size_t i = 0; i < operation->node_count && operation->paused_count > 0; i++)
        operation->nodes[i].paused = PAUSED_NOT;
    operation->paused_count = 0;
}

/* ---- writing ---- */
static void add_row(struct row_list *list, const struct node *node)
{
    row_begin(list);
    row_text(list, "id", node->id);
    row_text(list, "hook", node->hook);
    row_text(list, "operation", node->hook ? node->hook_operation : NULL);
    row_end(list);
}

int breakpoints_write(struct ctx *ctx, struct db *db, struct operation **operations, size_t count)
{
    struct row_list list = ROW_LIST_INIT(ctx->arena);
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; !operations[i]->lost && k < operations[i]->changed_count; k++) {
            const struct node *node = &operations[i]->nodes[operations[i]->changed[k]];
            if (node->hook_changed)
                add_row(&list, node);
        }
    return list.count ? db_queue(ctx, db, STMT_breakpoint_set, row_list_json(&list)) : 0;
}
