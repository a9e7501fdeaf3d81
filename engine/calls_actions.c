/* Suspending, resuming and checking a stack: the engine visits its resources (walk.c). */
#include <string.h>

#include "engine/action_begin.h"
#include "engine/calls.h"
#include "sql/db.h"

/* A stack that is suspended (resumed) already is left alone; that it is gets told once more. */
static bool is_there_already(const struct found_stack *stack, enum action action)
{
    return (action == ACTION_SUSPEND || action == ACTION_RESUME) &&
           strcmp(stack->action, action_name(action)) == 0 && strcmp(stack->status, "COMPLETE") == 0;
}

/* In the open transaction. */
static int begin(struct ctx *ctx, struct found_stack *stack, enum action action)
{
    if (action_lock(ctx, stack) != 0)
        return -1;
    if (!is_there_already(stack, action))
        return action_start(ctx, stack, action, NULL, NULL);
    return action_queue_event(
        ctx, stack, NULL, (struct state){action, STATUS_COMPLETE},
        arena_printf(ctx->arena, "Stack %s completed successfully", action_name(action)));
}

static int act(struct ctx *ctx, const struct stack_key *key, enum action action)
{
    struct found_stack stack;
    if (stack_find(ctx, key, &stack) != 0 || db_begin(ctx, ctx->db, DB_WRITE) != 0)
        return -1;
    if (begin(ctx, &stack, action) == 0 && db_commit(ctx, ctx->db) == 0)
        return 0;
    db_rollback(ctx->db);
    return -1;
}

int stack_suspend(struct ctx *ctx, const struct stack_key *key)
{
    return act(ctx, key, ACTION_SUSPEND);
}

int stack_resume(struct ctx *ctx, const struct stack_key *key)
{
    return act(ctx, key, ACTION_RESUME);
}

int stack_check(struct ctx *ctx, const struct stack_key *key)
{
    return act(ctx, key, ACTION_CHECK);
}
