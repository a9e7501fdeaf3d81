/* How a call begins an operation on a stack that is there and idle. */
#include "engine/action_begin.h"

#include <inttypes.h>
#include <string.h>

#include "base/config.h"
#include "base/uuid.h"
#include "engine/event.h"
#include "engine/guard.h"
#include "engine/rows.h"
#include "sql/db.h"

static int fail_busy(struct ctx *ctx, const struct found_stack *stack, const char *action)
{
    return fail(ctx, FAULT_ACTION_IN_PROGRESS, "Stack %s already has an action (%s) in progress.",
                stack->name, action);
}

int action_lock(struct ctx *ctx, struct found_stack *stack)
{
    struct rows *running = db_run(ctx, ctx->db, STMT_engine_lock_operation, ctx->tenant_id, stack->id);
    if (!running)
        return -1;
    if (rows_count(running) > 0)
        return fail_busy(ctx, stack, rows_get(running, 0, "action"));
    struct rows *rows = db_run(ctx, ctx->db, STMT_action_lock, ctx->tenant_id, stack->id);
    if (!rows)
        return -1;
    if (rows_count(rows) == 0)
        return stack_not_found(ctx, &(struct stack_key){.name = stack->name, .id = stack->id});
    stack->action = rows_get(rows, 0, "action");
    stack->status = rows_get(rows, 0, "status");
    if (strcmp(stack->status, "IN_PROGRESS") == 0)
        return fail_busy(ctx, stack, stack->action);
    return stack_guard(ctx, stack, GUARD_CHANGE);
}

int action_queue_event(struct ctx *ctx, const struct found_stack *stack, const char *operation_id,
                       struct state state, const char *reason)
{
    struct event event = event_of_stack(ctx->tenant_id, stack->id, stack->name, operation_id);
    event.action = action_name(state.action);
    event.status = status_name(state.status);
    event.reason = reason;
    return event_queue(ctx, &event);
}

static int queue_operation(struct ctx *ctx, const struct found_stack *stack, const char *id,
                           enum action action, const struct value *input)
{
    int64_t timeout_ms =
        stack->timeout_mins > 0 ? stack->timeout_mins * 60000 : ctx->config->stack_action_timeout;
    return db_queue(ctx, ctx->db, STMT_engine_operation_insert, id, ctx->tenant_id, stack->id,
                    action_name(action), ctx->request_id, input ? value_to_json(ctx->arena, input) : "{}",
                    arena_printf(ctx->arena, "%" PRId64, timeout_ms));
}

int action_start(struct ctx *ctx, const struct found_stack *stack, enum action action, const char *reason,
                 const struct value *input)
{
    char id[UUID_SIZE];
    uuid_v4(id);
    ctx->operation_id = arena_strdup(ctx->arena, id);
    if (!reason)
        reason = arena_printf(ctx->arena, "Stack %s started", action_name(action));
    struct state state = {action, STATUS_IN_PROGRESS};
    if (db_queue(ctx, ctx->db, STMT_action_begin, ctx->tenant_id, stack->id, action_name(action), reason) !=
            0 ||
        queue_operation(ctx, stack, id, action, input) != 0 ||
        action_queue_event(ctx, stack, id, state, reason) != 0)
        return -1;
    return db_queue(ctx, ctx->db, STMT_engine_notify, "");
}
