/* Deleting a stack: accepted in every state. What runs on the stack is cancelled by raising its fence; the
 * engine's new operation takes down what is there. */
#include <inttypes.h>
#include <string.h>

#include "base/config.h"
#include "base/uuid.h"
#include "engine/calls.h"
#include "engine/event.h"
#include "engine/guard.h"
#include "engine/stack_find.h"
#include "sql/db.h"

/* The end of what was under way, if anything was, and the beginning of the deletion. */
static int queue_events(struct ctx *ctx, const struct found_stack *stack, const char *operation_id,
                        bool cancelled)
{
    struct row_list list = ROW_LIST_INIT(ctx->arena);
    struct event event = event_of_stack(ctx->tenant_id, stack->id, stack->name, operation_id);
    if (cancelled) {
        event.action = stack->action;
        event.status = "FAILED";
        event.reason = arena_printf(ctx->arena, "Stack %s cancelled", stack->action);
        event_row(&list, &event);
    }
    event.action = "DELETE";
    event.status = "IN_PROGRESS";
    event.reason = "Stack DELETE started";
    event_row(&list, &event);
    return db_queue(ctx, ctx->db, STMT_engine_events_insert, row_list_json(&list));
}

static int queue_operation(struct ctx *ctx, const struct found_stack *stack, const char *operation_id)
{
    int64_t timeout_ms =
        stack->timeout_mins > 0 ? stack->timeout_mins * 60000 : ctx->config->stack_action_timeout;
    ctx->operation_id = operation_id;
    return db_queue(ctx, ctx->db, STMT_engine_operation_insert, operation_id, ctx->tenant_id, stack->id,
                    "DELETE", ctx->request_id, "{}", arena_printf(ctx->arena, "%" PRId64, timeout_ms));
}

/* In the open transaction. 1: there is nothing to do, it is being deleted. */
static int begin_delete(struct ctx *ctx, const struct found_stack *stack, const char *operation_id)
{
    struct rows *running = db_run(ctx, ctx->db, STMT_engine_lock_operation, ctx->tenant_id, stack->id);
    if (!running || stack_guard(ctx, stack, GUARD_REMOVAL) != 0)
        return -1;
    bool cancelled = rows_count(running) > 0;
    struct rows *begun = db_run(ctx, ctx->db, STMT_engine_stack_begin_delete, ctx->tenant_id, stack->id);
    if (!begun)
        return -1;
    if (rows_count(begun) == 0)
        return 1;
    if (db_queue(ctx, ctx->db, STMT_engine_operations_cancel, ctx->tenant_id, stack->id,
                 "pre-empted by DELETE") != 0 ||
        queue_operation(ctx, stack, operation_id) != 0 ||
        queue_events(ctx, stack, operation_id, cancelled) != 0)
        return -1;
    return db_queue(ctx, ctx->db, STMT_engine_notify, "");
}

int stack_delete(struct ctx *ctx, const struct stack_key *key)
{
    struct found_stack stack;
    char operation_id[UUID_SIZE];
    uuid_v4(operation_id);
    if (stack_find(ctx, key, &stack) != 0 || db_begin(ctx, ctx->db, DB_WRITE) != 0)
        return -1;
    int begun = begin_delete(ctx, &stack, arena_strdup(ctx->arena, operation_id));
    if (begun >= 0 && db_commit(ctx, ctx->db) == 0)
        return 0;
    db_rollback(ctx->db);
    return -1;
}
