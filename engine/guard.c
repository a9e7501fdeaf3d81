/* What must hold of a stack before a call changes it. */
#include "engine/guard.h"

#include <string.h>

/* ---- entity tags: "7", "7-brief" ---- */

static bool is_tag(const char *quoted, size_t length, const char *tag)
{
    size_t own = strlen(tag);
    if (length < own || strncmp(quoted, tag, own) != 0)
        return false;
    return length == own || (length == own + 5 && strncmp(quoted + own, "-gzip", 5) == 0);
}

bool entity_tag_listed(const char *list, const char *tag)
{
    if (list[strspn(list, " \t")] == '*')
        return true;
    for (const char *open = strchr(list, '"'); open; open = strchr(open, '"')) {
        size_t length = strcspn(++open, "\"");
        if (is_tag(open, length, tag))
            return true;
        open += length;
        if (*open == '"')
            open++;
    }
    return false;
}

static bool is_expected(struct ctx *ctx, const char *expected, const char *revision)
{
    return entity_tag_listed(expected, revision) ||
           entity_tag_listed(expected, arena_printf(ctx->arena, "%s-brief", revision));
}

/* ---- the check ---- */

int stack_guard(struct ctx *ctx, const struct found_stack *stack, enum guard guard)
{
    bool removed = guard == GUARD_REMOVAL && ctx->identity;
    if (!stack->expected && !removed)
        return 0;
    struct rows *rows = db_run(ctx, ctx->db, STMT_stack_guard, ctx->tenant_id, stack->id);
    if (!rows)
        return -1;
    if (rows_count(rows) == 0)
        return stack_not_found(ctx, &(struct stack_key){.name = stack->name, .id = stack->id});
    const char *revision = rows_get(rows, 0, "revision");
    if (stack->expected && !is_expected(ctx, stack->expected, revision))
        return fail(ctx, FAULT_STACK_CHANGED, "The Stack (%s) has changed: its entity tag is \"%s\" now.",
                    stack->name, revision);
    if (removed && rows_bool(rows, 0, rows_column(rows, "protected")))
        return fail(ctx, FAULT_STACK_PROTECTED,
                    "The Stack (%s) is protected from deletion. Take the protection away first.",
                    stack->name);
    return 0;
}
