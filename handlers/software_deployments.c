/* Deployments of software configurations: list, show, create, update, delete, and what a server is to run. */
#include "handlers/routes.h"

#include "base/uuid.h"
#include "engine/software.h"
#include "handlers/instantiation.h"
#include "handlers/views.h"

enum { PATH_DEPLOYMENT = 1, PATH_SERVER = 1 };

static void view_deployment(struct str *out, const struct rows *rows, size_t row)
{
    str_printf(out, "{\"id\": \"%s\"", rows_text(rows, row, DEPLOYMENT_ID));
    member_text(out, "server_id", rows_text(rows, row, DEPLOYMENT_SERVER));
    member_json(out, "input_values", rows_text(rows, row, DEPLOYMENT_INPUTS));
    member_json(out, "output_values", rows_text(rows, row, DEPLOYMENT_OUTPUTS));
    member_text(out, "action", rows_text(rows, row, DEPLOYMENT_ACTION));
    member_text(out, "status", rows_text(rows, row, DEPLOYMENT_STATUS));
    member_text(out, "status_reason", rows_text(rows, row, DEPLOYMENT_REASON));
    member_plain(out, "config_id", rows_text(rows, row, DEPLOYMENT_CONFIG));
    member_plain(out, "creation_time", rows_text(rows, row, DEPLOYMENT_CREATED));
    if (rows_text(rows, row, DEPLOYMENT_UPDATED))
        member_plain(out, "updated_time", rows_text(rows, row, DEPLOYMENT_UPDATED));
    str_add_char(out, '}');
}

static int reply_deployment(struct request *request, const struct rows *rows)
{
    reply_json(request, 200);
    str_add(&request->reply.body, "{\"software_deployment\": ");
    view_deployment(&request->reply.body, rows, 0);
    str_add_char(&request->reply.body, '}');
    return 0;
}

int software_deployments_index(struct request *request)
{
    struct ctx *ctx = &request->ctx;
    const char *server = request_query(request, "server_id");
    struct rows *rows =
        server && *server
            ? db_read(ctx, ctx->db, STMT_software_deployment_list_server, ctx->tenant_id, server)
            : db_read(ctx, ctx->db, STMT_software_deployment_list, ctx->tenant_id);
    if (!rows)
        return -1;
    struct str *body = &request->reply.body;
    reply_json(request, 200);
    str_add(body, "{\"software_deployments\": [");
    for (size_t i = 0; i < rows_count(rows); i++) {
        if (i)
            str_add(body, ", ");
        view_deployment(body, rows, i);
    }
    str_add(body, "]}");
    return 0;
}

int software_deployments_metadata(struct request *request)
{
    struct ctx *ctx = &request->ctx;
    struct rows *rows =
        db_read(ctx, ctx->db, STMT_software_metadata, ctx->tenant_id, request->variables[PATH_SERVER]);
    if (!rows)
        return -1;
    reply_json(request, 200);
    str_add(&request->reply.body, "{\"metadata\": ");
    software_configs_write(&request->reply.body, rows, true, false);
    str_add_char(&request->reply.body, '}');
    return 0;
}

int software_deployments_show(struct request *request)
{
    struct ctx *ctx = &request->ctx;
    const char *id = request->variables[PATH_DEPLOYMENT];
    if (!uuid_valid(id))
        return fail_software_deployment(ctx, id);
    struct rows *rows = db_read(ctx, ctx->db, STMT_software_deployment_show, ctx->tenant_id, id);
    if (!rows)
        return -1;
    return rows_count(rows) ? reply_deployment(request, rows) : fail_software_deployment(ctx, id);
}

int software_deployments_create(struct request *request)
{
    const struct value *body = request_json(request);
    if (!body)
        return fail_malformed(&request->ctx);
    struct rows *rows = software_deployment_create(&request->ctx, body);
    return rows ? reply_deployment(request, rows) : -1;
}

int software_deployments_update(struct request *request)
{
    const struct value *body = request_json(request);
    if (!body)
        return fail_malformed(&request->ctx);
    struct rows *rows = software_deployment_update(&request->ctx, request->variables[PATH_DEPLOYMENT], body);
    return rows ? reply_deployment(request, rows) : -1;
}

int software_deployments_delete(struct request *request)
{
    if (software_deployment_delete(&request->ctx, request->variables[PATH_DEPLOYMENT]) < 0)
        return -1;
    reply_empty(request, 204);
    return 0;
}
