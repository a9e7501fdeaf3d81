/* Protecting a stack from being deleted or abandoned. */
#include "engine/calls.h"
#include "engine/guard.h"

int stack_protect_in(struct ctx *ctx, const char *stack_id, bool on)
{
    struct rows *rows =
        db_run(ctx, ctx->db, STMT_stack_protect, ctx->tenant_id, stack_id, on ? "true" : "false");
    if (!rows)
        return -1;
    if (rows_count(rows) == 0)
        return fail(ctx, FAULT_NOT_SUPPORTED,
                    "Protecting a stack that is nested or being deleted is not supported.");
    return 0;
}

int stack_protect(struct ctx *ctx, const struct stack_key *key, bool on)
{
    struct found_stack stack;
    if (stack_find(ctx, key, &stack) != 0 || db_begin(ctx, ctx->db, DB_WRITE) != 0)
        return -1;
    if (stack_guard(ctx, &stack, GUARD_CHANGE) == 0 && stack_protect_in(ctx, stack.id, on) == 0 &&
        db_commit(ctx, ctx->db) == 0)
        return 0;
    db_rollback(ctx->db);
    return -1;
}
