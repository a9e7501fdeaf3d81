/* Cancelling an update, and marking resources as unhealthy. A cancelled operation's successor has the same
 * rows before it: steps under way go on to their end, nothing new begins, or all goes back. */
#include <inttypes.h>
#include <string.h>

#include "base/config.h"
#include "base/uuid.h"
#include "engine/calls.h"
#include "engine/event.h"
#include "engine/guard.h"
#include "engine/stack_find.h"
#include "resources/catalogue.h"
#include "sql/db.h"

/* ---- cancelling ---- */
struct cancellation {
    struct ctx *ctx;
    const struct found_stack *stack;
    const char *operation_id, *action, *status, *reason; /* of the stack afterwards */
};

static int queue_event(const struct cancellation *cancellation)
{
    struct ctx *ctx = cancellation->ctx;
    const struct found_stack *stack = cancellation->stack;
    struct event event = event_of_stack(ctx->tenant_id, stack->id, stack->name, cancellation->operation_id);
    event.action = cancellation->action;
    event.status = cancellation->status;
    event.reason = cancellation->reason;
    return event_queue(ctx, &event);
}

static int queue_successor(const struct cancellation *cancellation, const char *input)
{
    struct ctx *ctx = cancellation->ctx;
    const struct found_stack *stack = cancellation->stack;
    int64_t timeout_ms =
        stack->timeout_mins > 0 ? stack->timeout_mins * 60000 : ctx->config->stack_action_timeout;
    ctx->operation_id = cancellation->operation_id;
    return db_queue(ctx, ctx->db, STMT_engine_operation_insert, cancellation->operation_id, ctx->tenant_id,
                    stack->id, cancellation->action, ctx->request_id, input,
                    arena_printf(ctx->arena, "%" PRId64, timeout_ms));
}

static int not_running(struct ctx *ctx, const struct found_stack *stack)
{
    return fail(ctx, FAULT_NOT_SUPPORTED, "Cancelling update when stack is %s_%s is not supported.",
                stack->action, stack->status);
}

static int change_stack(struct cancellation *cancellation, bool rollback)
{
    struct ctx *ctx = cancellation->ctx;
    const char *id = cancellation->stack->id;
    struct rows *changed = rollback ? db_run(ctx, ctx->db, STMT_update_cancel_rollback, ctx->tenant_id, id)
                                    : db_run(ctx, ctx->db, STMT_update_cancel, ctx->tenant_id, id, "true");
    if (!changed)
        return -1;
    if (rows_count(changed) == 0)
        return not_running(ctx, cancellation->stack);
    cancellation->action = rows_text(changed, 0, 0);
    cancellation->status = rollback ? "IN_PROGRESS" : "FAILED";
    cancellation->reason =
        arena_printf(ctx->arena, "Stack %s %s", cancellation->action, rollback ? "started" : "cancelled");
    return rollback ? db_queue(ctx, ctx->db, STMT_update_turn_back, ctx->tenant_id, id) : 0;
}

/* In the open transaction. */
static int cancel(struct cancellation *cancellation, bool rollback)
{
    struct ctx *ctx = cancellation->ctx;
    const char *id = cancellation->stack->id;
    struct rows *running = db_run(ctx, ctx->db, STMT_engine_lock_operation, ctx->tenant_id, id);
    if (!running || stack_guard(ctx, cancellation->stack, GUARD_CHANGE) != 0)
        return -1;
    const char *input = rows_count(running) > 0 ? rows_get(running, 0, "input") : "{}";
    if (change_stack(cancellation, rollback) != 0 ||
        db_queue(ctx, ctx->db, STMT_engine_operations_cancel, ctx->tenant_id, id, "cancelled") != 0 ||
        queue_successor(cancellation, input) != 0 || queue_event(cancellation) != 0)
        return -1;
    return db_queue(ctx, ctx->db, STMT_engine_notify, "");
}

int stack_cancel_update(struct ctx *ctx, const struct stack_key *key, bool rollback)
{
    struct found_stack stack;
    char operation_id[UUID_SIZE];
    uuid_v4(operation_id);
    if (stack_find(ctx, key, &stack) != 0 || db_begin(ctx, ctx->db, DB_WRITE) != 0)
        return -1;
    struct cancellation cancellation = {
        .ctx = ctx, .stack = &stack, .operation_id = arena_strdup(ctx->arena, operation_id)};
    if (cancel(&cancellation, rollback) == 0 && db_commit(ctx, ctx->db) == 0)
        return 0;
    db_rollback(ctx->db);
    return -1;
}

/* ---- marking ---- */
struct target {
    const char *stack_id, *id, *name, *type, *action, *status, *physical_id, *properties;
};

static int find_target(struct ctx *ctx, const struct stack_key *key, const char *resource,
                       struct target *target)
{
    struct rows *rows = stack_resource_rows(ctx, STMT_update_mark_target, key, resource);
    if (!rows)
        return -1;
    *target = (struct target){
        .stack_id = rows_get(rows, 0, "stack_id"),
        .id = rows_get(rows, 0, "id"),
        .name = rows_get(rows, 0, "name"),
        .type = rows_get(rows, 0, "type"),
        .action = rows_get(rows, 0, "action"),
        .status = rows_get(rows, 0, "status"),
        .physical_id = rows_get(rows, 0, "physical_id"),
        .properties = rows_get(rows, 0, "properties"),
    };
    if (strcmp(target->status, "IN_PROGRESS") == 0)
        return fail(ctx, FAULT_ACTION_IN_PROGRESS, "Stack %s already has an action (%s) in progress.",
                    rows_get(rows, 0, "stack_name"), rows_get(rows, 0, "stack_action"));
    return 0;
}

static int queue_mark_event(struct ctx *ctx, const struct target *target, const char *status,
                            const char *reason)
{
    struct row_list list = ROW_LIST_INIT(ctx->arena);
    /* sealed properties hold hidden values, which events never show */
    bool plain = target->properties && *target->properties == '{';
    event_row(&list, &(struct event){
                         .tenant_id = ctx->tenant_id,
                         .stack_id = target->stack_id,
                         .resource_name = target->name,
                         .resource_type = target->type,
                         .physical_id = target->physical_id,
                         .action = "CHECK",
                         .status = status,
                         .reason = reason,
                         .properties = plain ? target->properties : NULL,
                     });
    return db_queue(ctx, ctx->db, STMT_engine_events_insert, row_list_json(&list));
}

static int mark(struct ctx *ctx, const struct target *target, const char *status, const char *reason)
{
    struct rows *marked = db_run(ctx, ctx->db, STMT_update_mark, ctx->tenant_id, target->id, status, reason);
    if (!marked)
        return -1;
    if (rows_count(marked) == 0)
        return fail(ctx, FAULT_ACTION_IN_PROGRESS, "The resource %s already has an action in progress.",
                    target->name);
    return queue_mark_event(ctx, target, status, reason);
}

int resource_mark(struct ctx *ctx, const struct stack_key *key, const char *resource, bool unhealthy,
                  const char *reason)
{
    struct target target = {0};
    if (find_target(ctx, key, resource, &target) != 0)
        return -1;
    bool was_marked = strcmp(target.action, "CHECK") == 0 && strcmp(target.status, "FAILED") == 0;
    if (strcmp(target.action, "DELETE") == 0 || (!unhealthy && !was_marked))
        return 0;
    if (!reason || !*reason)
        reason = "state changed by resource_mark_unhealthy api";
    if (db_begin(ctx, ctx->db, DB_WRITE) != 0)
        return -1;
    if (mark(ctx, &target, unhealthy ? "FAILED" : "COMPLETE", reason) == 0 && db_commit(ctx, ctx->db) == 0)
        return 0;
    db_rollback(ctx->db);
    return -1;
}
