/* Finds the stack a call is about. */
#include "engine/stack_find.h"

#include "base/uuid.h"
#include "sql/db.h"

int stack_not_found(struct ctx *ctx, const struct stack_key *key)
{
    return fail(ctx, FAULT_ENTITY_NOT_FOUND, "The Stack (%s) could not be found.",
                key->name ? key->name : key->id);
}

bool stack_key_valid(const struct stack_key *key)
{
    return key->id ? uuid_valid(key->id) : key->name != NULL;
}

static struct rows *no_stack(struct ctx *ctx, const struct stack_key *key)
{
    (void)stack_not_found(ctx, key);
    return NULL;
}

struct rows *stack_rows(struct ctx *ctx, enum statement statement, const struct stack_key *key)
{
    if (!stack_key_valid(key))
        return no_stack(ctx, key);
    struct rows *rows = db_read(ctx, ctx->db, statement, ctx->tenant_id, key->id, key->name);
    return rows && rows_count(rows) == 0 ? no_stack(ctx, key) : rows;
}

struct rows *stack_resource_rows(struct ctx *ctx, enum statement statement, const struct stack_key *key,
                                 const char *resource)
{
    if (!stack_key_valid(key))
        return no_stack(ctx, key);
    struct rows *rows = db_read(ctx, ctx->db, statement, ctx->tenant_id, key->id, key->name, resource);
    if (!rows || rows_count(rows) == 0)
        return rows ? no_stack(ctx, key) : NULL;
    if (rows_get(rows, 0, "id"))
        return rows;
    return fail_null(ctx, FAULT_RESOURCE_NOT_FOUND, "The Resource (%s) could not be found in Stack %s.",
                     resource, rows_get(rows, 0, "stack_name"));
}

int stack_find(struct ctx *ctx, const struct stack_key *key, struct found_stack *found)
{
    struct rows *rows = stack_rows(ctx, STMT_engine_find_stack, key);
    if (!rows)
        return -1;
    *found = (struct found_stack){
        .id = rows_get(rows, 0, "id"),
        .name = rows_get(rows, 0, "name"),
        .action = rows_get(rows, 0, "action"),
        .status = rows_get(rows, 0, "status"),
        .timeout_mins = rows_int(rows, 0, rows_column(rows, "timeout_mins")),
        .expected = key->expected,
    };
    return 0;
}
