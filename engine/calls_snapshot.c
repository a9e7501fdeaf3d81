/* Taking a snapshot of a stack, deleting one, and going back to one. */
#include <inttypes.h>
#include <string.h>

#include "base/config.h"
#include "base/seal.h"
#include "base/uuid.h"
#include "engine/action_begin.h"
#include "engine/calls_update.h"
#include "engine/names.h"
#include "sql/db.h"

/* ---- taking one ---- */
static int check_limit(struct ctx *ctx, const struct found_stack *stack)
{
    int64_t most = ctx->config->max_snapshots_per_stack;
    if (most < 0)
        return 0;
    struct rows *rows = db_run(ctx, ctx->db, STMT_snapshot_count, ctx->tenant_id, stack->id);
    if (!rows)
        return -1;
    if (rows_int(rows, 0, 0) < most)
        return 0;
    return fail(ctx, FAULT_REQUEST_LIMIT,
                "Request limit exceeded: You have reached the maximum snapshots per stack, %" PRId64
                ". Please delete some snapshots.",
                most);
}

/* In the open transaction. */
static int begin(struct ctx *ctx, struct found_stack *stack, const char *name, struct new_snapshot *snapshot)
{
    char id[UUID_SIZE];
    uuid_v4(id);
    snapshot->id = arena_strdup(ctx->arena, id);
    if (action_lock(ctx, stack) != 0 || check_limit(ctx, stack) != 0)
        return -1;
    struct rows *rows =
        db_run(ctx, ctx->db, STMT_snapshot_insert, snapshot->id, ctx->tenant_id, stack->id, name);
    if (!rows)
        return -1;
    snapshot->creation_time = rows_text(rows, 0, 0);
    struct value *input = value_map(ctx->arena);
    value_map_set(ctx->arena, input, "snapshot", value_string(ctx->arena, snapshot->id));
    return action_start(ctx, stack, ACTION_SNAPSHOT, NULL, input);
}

int stack_snapshot(struct ctx *ctx, const struct stack_key *key, const char *name,
                   struct new_snapshot *snapshot)
{
    struct found_stack stack;
    if (stack_find(ctx, key, &stack) != 0 || db_begin(ctx, ctx->db, DB_WRITE) != 0)
        return -1;
    if (begin(ctx, &stack, name, snapshot) == 0 && db_commit(ctx, ctx->db) == 0)
        return 0;
    db_rollback(ctx->db);
    return -1;
}

/* ---- finding one ---- */
static int fail_missing(struct ctx *ctx, const char *id)
{
    return fail(ctx, FAULT_NOT_FOUND, "Snapshot with id %s not found", id);
}

struct rows *snapshot_find(struct ctx *ctx, const struct stack_key *key, const char *id)
{
    if (!stack_key_valid(key))
        return stack_not_found(ctx, key), NULL;
    struct rows *rows = db_read(ctx, ctx->db, STMT_snapshot_show, ctx->tenant_id, key->id, key->name,
                                uuid_valid(id) ? id : NULL);
    if (!rows)
        return NULL;
    if (rows_count(rows) == 0)
        return stack_not_found(ctx, key), NULL;
    if (!rows_text(rows, 0, SNAPSHOT_ID))
        return fail_missing(ctx, id), NULL;
    if (!rows_bool(rows, 0, SNAPSHOT_IS_OF_STACK))
        return fail(ctx, FAULT_SNAPSHOT_NOT_FOUND, "The Snapshot (%s) for Stack (%s) could not be found.", id,
                    key->name),
               NULL;
    return rows;
}

const struct value *snapshot_data(struct ctx *ctx, const struct rows *rows, size_t row)
{
    const char *sealed = rows_text(rows, row, SNAPSHOT_DATA);
    if (!sealed)
        return &value_null;
    const char *text = seal_open(ctx, seal_context(ctx, ctx->tenant_id, "snapshot"), sealed);
    return text ? value_read_json(ctx, text, strlen(text)) : NULL;
}

/* ---- deleting one ---- */
static int fail_unfinished(struct ctx *ctx, const char *doing)
{
    return fail(ctx, FAULT_NOT_SUPPORTED, "%s in-progress snapshot is not supported.", doing);
}

static bool is_unfinished(const struct rows *rows)
{
    return strcmp(rows_text(rows, 0, SNAPSHOT_STATUS), "IN_PROGRESS") == 0;
}

int snapshot_delete(struct ctx *ctx, const struct stack_key *key, const char *id)
{
    struct rows *rows = snapshot_find(ctx, key, id);
    if (!rows)
        return -1;
    if (is_unfinished(rows))
        return fail_unfinished(ctx, "Deleting");
    if (db_begin(ctx, ctx->db, DB_WRITE) != 0)
        return -1;
    if (db_queue(ctx, ctx->db, STMT_snapshot_delete, ctx->tenant_id, id) == 0 && db_commit(ctx, ctx->db) == 0)
        return 0;
    db_rollback(ctx->db);
    return -1;
}

/* ---- going back to one ---- */
int stack_restore(struct ctx *ctx, const struct stack_key *key, const char *id, const char *base_url)
{
    struct current_stack stack;
    struct rows *rows = snapshot_find(ctx, key, id);
    if (!rows)
        return -1;
    if (is_unfinished(rows) || !rows_text(rows, 0, SNAPSHOT_DATA))
        return fail_unfinished(ctx, "Restoring");
    const struct value *data = snapshot_data(ctx, rows, 0);
    if (!data || current_stack_read(ctx, key, &stack) != 0)
        return -1;
    struct stack_input input = {
        .template = value_get(data, "template"),
        .environment = value_get(data, "environment"),
        .files = value_get(data, "files"),
        .tags = stack.tags,
        .timeout_mins = -1,
        .base_url = base_url,
        .restore = true,
    };
    return stack_update(ctx, key, &input);
}
