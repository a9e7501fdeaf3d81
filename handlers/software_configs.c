/* Software configurations: list, show, create, delete. */
#include "handlers/routes.h"

#include "base/uuid.h"
#include "engine/software.h"
#include "fcgi/auth.h"
#include "handlers/arguments.h"
#include "handlers/instantiation.h"

enum { PATH_CONFIG = 1 };

static int reply_config(struct request *request, const struct rows *rows)
{
    reply_json(request, 200);
    str_add(&request->reply.body, "{\"software_config\": ");
    software_config_write(&request->reply.body, rows, 0, true, false);
    str_add_char(&request->reply.body, '}');
    return 0;
}

static struct rows *read_list(struct request *request, bool global)
{
    struct ctx *ctx = &request->ctx;
    const char *limit = NULL, *marker = argument_marker(request);
    if (argument_integer(request, "limit", &limit) < 0)
        return NULL;
    if (!global)
        return db_read(ctx, ctx->db, STMT_software_config_list, ctx->tenant_id, marker, limit);
    ctx->tenant_id = "*";
    return db_read(ctx, ctx->db, STMT_software_config_list_all, marker, limit);
}

int software_configs_index(struct request *request)
{
    int global = argument_boolean_strict(request, "global_tenant", false);
    if (global < 0 || (global && policy_enforce(&request->ctx, "software_configs:global_index") < 0))
        return -1;
    struct rows *rows = read_list(request, global);
    if (!rows)
        return -1;
    reply_json(request, 200);
    str_add(&request->reply.body, "{\"software_configs\": ");
    software_configs_write(&request->reply.body, rows, false, global);
    str_add_char(&request->reply.body, '}');
    return 0;
}

int software_configs_show(struct request *request)
{
    struct ctx *ctx = &request->ctx;
    const char *id = request->variables[PATH_CONFIG];
    if (!uuid_valid(id))
        return fail_software_config(ctx, id);
    struct rows *rows = db_read(ctx, ctx->db, STMT_software_config_show, ctx->tenant_id, id);
    if (!rows)
        return -1;
    return rows_count(rows) ? reply_config(request, rows) : fail_software_config(ctx, id);
}

int software_configs_create(struct request *request)
{
    const struct value *body = request_json(request);
    if (!body)
        return fail_malformed(&request->ctx);
    struct rows *rows = software_config_create(&request->ctx, body);
    return rows ? reply_config(request, rows) : -1;
}

int software_configs_delete(struct request *request)
{
    if (software_config_delete(&request->ctx, request->variables[PATH_CONFIG]) < 0)
        return -1;
    reply_empty(request, 204);
    return 0;
}
