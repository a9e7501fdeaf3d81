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

int stack_find(struct ctx *ctx, const struct stack_key *key, struct found_stack *found)
{
    if (!stack_key_valid(key))
        return stack_not_found(ctx, key);
    struct rows *rows = db_read(ctx, ctx->db, STMT_engine_find_stack, ctx->tenant_id, key->id, key->name);
    if (!rows)
        return -1;
    if (rows_count(rows) == 0)
        return stack_not_found(ctx, key);
    *found = (struct found_stack){
        .id = rows_get(rows, 0, "id"),
        .name = rows_get(rows, 0, "name"),
        .action = rows_get(rows, 0, "action"),
        .status = rows_get(rows, 0, "status"),
        .timeout_mins = rows_int(rows, 0, rows_column(rows, "timeout_mins")),
    };
    return 0;
}
