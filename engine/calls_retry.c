/* Retrying: what failed is taken up where it failed, as an operation like the one that did. What is complete stays,
 * what failed is made anew.
 *
 *   CREATE, ADOPT    FAILED   the engine compares, as in an update: rows of what failed are replaced (update.c)
 *   UPDATE, RESTORE  FAILED   towards the definition that the stack has
 *   ROLLBACK         FAILED   whichever way the operation went that turned back
 *   DELETE           FAILED   another deletion */
#include <inttypes.h>
#include <string.h>

#include "base/config.h"
#include "base/uuid.h"
#include "engine/action_begin.h"
#include "engine/calls.h"
#include "sql/db.h"

static bool can_retry(const struct found_stack *stack)
{
    static const char *const actions[] = {"CREATE", "ADOPT", "UPDATE", "RESTORE", "ROLLBACK"};
    for (size_t i = 0; i < COUNT_OF(actions); i++)
        if (strcmp(stack->action, actions[i]) == 0)
            return strcmp(stack->status, "FAILED") == 0;
    return false;
}

static int refuse(struct ctx *ctx, const struct found_stack *stack)
{
    return fail(ctx, FAULT_NOT_SUPPORTED, "Retrying when stack is %s_%s is not supported.", stack->action,
                stack->status);
}

/* What the operation that failed was given, and that it is a retry. */
static const struct value *retry_input(struct ctx *ctx, const char *text)
{
    const struct value *before = value_read_json(ctx, text, strlen(text));
    if (!before)
        return NULL;
    struct value *input = value_copy(ctx->arena, before);
    value_map_set(ctx->arena, input, "retry", value_bool(true));
    return input;
}

static int queue_operation(struct ctx *ctx, const struct found_stack *stack, const char *id,
                           const char *action, const struct value *input)
{
    int64_t timeout_ms =
        stack->timeout_mins > 0 ? stack->timeout_mins * 60000 : ctx->config->stack_action_timeout;
    return db_queue(ctx, ctx->db, STMT_engine_operation_insert, id, ctx->tenant_id, stack->id, action,
                    ctx->request_id, value_to_json(ctx->arena, input),
                    arena_printf(ctx->arena, "%" PRId64, timeout_ms));
}

/* In the open transaction. */
static int begin(struct ctx *ctx, struct found_stack *stack)
{
    struct state state;
    char id[UUID_SIZE];
    uuid_v4(id);
    if (action_lock(ctx, stack) != 0)
        return -1;
    if (!can_retry(stack))
        return refuse(ctx, stack);
    struct rows *failed = db_run(ctx, ctx->db, STMT_retry_operation, ctx->tenant_id, stack->id);
    if (!failed)
        return -1;
    if (rows_count(failed) == 0)
        return refuse(ctx, stack);
    const struct value *input = retry_input(ctx, rows_get(failed, 0, "input"));
    const char *reason = arena_printf(ctx->arena, "Stack %s started", stack->action);
    if (!input || state_read(ctx, stack->action, "IN_PROGRESS", &state) != 0 ||
        db_queue(ctx, ctx->db, STMT_action_begin, ctx->tenant_id, stack->id, stack->action, reason) != 0 ||
        queue_operation(ctx, stack, id, rows_get(failed, 0, "action"), input) != 0 ||
        action_queue_event(ctx, stack, id, state, reason) != 0)
        return -1;
    return db_queue(ctx, ctx->db, STMT_engine_notify, "");
}

int stack_retry(struct ctx *ctx, const struct stack_key *key)
{
    struct found_stack stack;
    if (stack_find(ctx, key, &stack) != 0)
        return -1;
    if (strcmp(stack.action, "DELETE") == 0 && strcmp(stack.status, "FAILED") == 0)
        return stack_delete(ctx, key);
    if (db_begin(ctx, ctx->db, DB_WRITE) != 0)
        return -1;
    if (begin(ctx, &stack) == 0 && db_commit(ctx, ctx->db) == 0)
        return 0;
    db_rollback(ctx->db);
    return -1;
}
