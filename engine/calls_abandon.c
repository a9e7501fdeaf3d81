/* Exporting a stack, and abandoning it: its rows go, what it made stays for another stack to adopt. */
#include <string.h>

#include "base/clock.h"
#include "base/config.h"
#include "engine/action_begin.h"
#include "engine/calls.h"
#include "engine/guard.h"
#include "engine/stack_data.h"
#include "sql/db.h"

static int check_enabled(struct ctx *ctx)
{
    if (ctx->config->enable_stack_abandon)
        return 0;
    return fail(ctx, FAULT_NOT_SUPPORTED, "Stack Abandon is not supported.");
}

const struct value *stack_export(struct ctx *ctx, const struct stack_key *key)
{
    struct found_stack stack;
    if (check_enabled(ctx) != 0 || stack_find(ctx, key, &stack) != 0 || db_begin(ctx, ctx->db, DB_READ) != 0)
        return NULL;
    const struct value *data = stack_data(ctx, ctx->db, ctx->tenant_id, stack.id);
    if (data && db_commit(ctx, ctx->db) == 0)
        return data;
    db_rollback(ctx->db);
    return NULL;
}

/* "Stack DELETE started at 2026-01-31T12:00:00.123456" */
static const char *reason_now(struct ctx *ctx)
{
    char now[CLOCK_ISO_SIZE];
    clock_iso_us(clock_wall_us(), now);
    return arena_printf(ctx->arena, "Stack DELETE started at %.*s", (int)strcspn(now, "Z"), now);
}

/* In the open transaction: the data are those of before. */
static const struct value *abandon(struct ctx *ctx, struct found_stack *stack)
{
    struct value *input = value_map(ctx->arena);
    value_map_set(ctx->arena, input, "abandon", value_bool(true));
    if (action_lock(ctx, stack) != 0 || stack_guard(ctx, stack, GUARD_REMOVAL) != 0)
        return NULL;
    const struct value *data = stack_data(ctx, ctx->db, ctx->tenant_id, stack->id);
    if (!data || action_start(ctx, stack, ACTION_DELETE, reason_now(ctx), input) != 0)
        return NULL;
    return data;
}

const struct value *stack_abandon(struct ctx *ctx, const struct stack_key *key)
{
    struct found_stack stack;
    if (check_enabled(ctx) != 0 || stack_find(ctx, key, &stack) != 0 || db_begin(ctx, ctx->db, DB_WRITE) != 0)
        return NULL;
    const struct value *data = abandon(ctx, &stack);
    if (data && db_commit(ctx, ctx->db) == 0)
        return data;
    db_rollback(ctx->db);
    return NULL;
}
