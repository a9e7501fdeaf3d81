/* Snapshots of a stack. */
#include "handlers/routes.h"

#include <string.h>

#include "engine/stack_data.h"
#include "handlers/arguments.h"
#include "handlers/instantiation.h"
#include "handlers/views.h"

enum { NAME_MAX_LENGTH = 255, PATH_SNAPSHOT = PATH_RESOURCE };

/* ---- how one is shown ---- */

/* Hidden parameters are masked: who may look at a snapshot need not be who may create stacks. */
static int view_snapshot(struct request *request, const struct rows *rows, size_t row)
{
    struct str *out = &request->reply.body;
    const char *reason = rows_text(rows, row, SNAPSHOT_REASON);
    const struct value *data = snapshot_data(&request->ctx, rows, row);
    if (!data)
        return -1;
    str_add(out, "{\"id\": \"");
    str_add(out, rows_text(rows, row, SNAPSHOT_ID));
    str_add_char(out, '"');
    member_text(out, "name", rows_text(rows, row, SNAPSHOT_NAME));
    member_plain(out, "status", rows_text(rows, row, SNAPSHOT_STATUS));
    member_text(out, "status_reason", *reason ? reason : NULL);
    str_add(out, ", \"data\": ");
    value_write_json(out, value_is_null(data) ? data : stack_data_masked(&request->ctx, data));
    member_plain(out, "creation_time", rows_text(rows, row, SNAPSHOT_CREATED));
    str_add_char(out, '}');
    return 0;
}

int stacks_show_snapshot(struct request *request)
{
    struct stack_key key = path_stack(request);
    struct rows *rows = snapshot_find(&request->ctx, &key, request->variables[PATH_SNAPSHOT]);
    if (!rows)
        return -1;
    reply_json(request, 200);
    str_add(&request->reply.body, "{\"snapshot\": ");
    if (view_snapshot(request, rows, 0) < 0)
        return -1;
    str_add_char(&request->reply.body, '}');
    return 0;
}

int stacks_list_snapshots(struct request *request)
{
    struct rows *rows = stack_read(request, STMT_snapshot_list);
    if (!rows)
        return -1;
    reply_json(request, 200);
    str_add(&request->reply.body, "{\"snapshots\": [");
    for (size_t i = 0; i < rows_count(rows) && rows_text(rows, i, SNAPSHOT_ID); i++) {
        if (i)
            str_add(&request->reply.body, ", ");
        if (view_snapshot(request, rows, i) < 0)
            return -1;
    }
    str_add(&request->reply.body, "]}");
    return 0;
}

/* ---- making and unmaking ---- */

/* Any scalar will do as a name; null and none at all are none. */
static int read_name(struct request *request, const struct value **name)
{
    struct ctx *ctx = &request->ctx;
    const struct value *body = request_json(request);
    *name = &value_null;
    if (!body)
        return fail_malformed(ctx); /* unless a reason was given: the first one stays */
    *name = value_get(body, "name");
    if (!*name)
        *name = &value_null;
    if (value_is(*name, VALUE_MAP) || value_is(*name, VALUE_LIST))
        return fail(ctx, FAULT_VALUE_ERROR, "The name of a snapshot must be a string");
    if (strlen(value_to_str(ctx->arena, *name)) > NAME_MAX_LENGTH)
        return fail(ctx, FAULT_VALUE_ERROR, "The name of a snapshot must be %d characters or less",
                    NAME_MAX_LENGTH);
    return 0;
}

int stacks_snapshot(struct request *request)
{
    struct ctx *ctx = &request->ctx;
    struct stack_key key = path_stack(request);
    struct new_snapshot snapshot;
    const struct value *name;
    if (read_name(request, &name) < 0 ||
        stack_snapshot(ctx, &key, value_is_null(name) ? NULL : value_to_str(ctx->arena, name), &snapshot) < 0)
        return -1;
    struct str *body = &request->reply.body;
    reply_json(request, 200);
    str_printf(body, "{\"id\": \"%s\", \"name\": ", snapshot.id);
    value_write_json(body, name);
    str_add(body, ", \"status\": \"IN_PROGRESS\", \"status_reason\": null, \"data\": null");
    member_plain(body, "creation_time", snapshot.creation_time);
    str_add_char(body, '}');
    return 0;
}

int stacks_restore_snapshot(struct request *request)
{
    struct ctx *ctx = &request->ctx;
    struct stack_key key = path_stack(request);
    if (request_json(request) || ctx->error.fault != FAULT_NONE)
        return fail_malformed(ctx); /* it takes none */
    const char *base_url = arena_printf(ctx->arena, "%s/v1", request_base_url(request));
    if (stack_restore(ctx, &key, request->variables[PATH_SNAPSHOT], base_url) < 0)
        return -1;
    reply_short(request, 202);
    return 0;
}

int stacks_delete_snapshot(struct request *request)
{
    struct stack_key key = path_stack(request);
    if (snapshot_delete(&request->ctx, &key, request->variables[PATH_SNAPSHOT]) < 0)
        return -1;
    reply_empty(request, 204);
    return 0;
}
