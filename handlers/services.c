/* What is told about the service itself: its engines and its build. */
#include "handlers/routes.h"

#include "base/config.h"
#include "base/value.h"
#include "handlers/views.h"
#include "sql/db.h"

enum service_column {
    SERVICE_ID,
    SERVICE_BINARY,
    SERVICE_ENGINE_ID,
    SERVICE_HOST,
    SERVICE_HOSTNAME,
    SERVICE_TOPIC,
    SERVICE_REPORT_INTERVAL,
    SERVICE_CREATED,
    SERVICE_UPDATED,
    SERVICE_DELETED,
    SERVICE_STATUS,
};

static void view_service(struct str *out, const struct rows *rows, size_t row)
{
    str_add(out, "{\"id\": ");
    json_write_string(out, rows_text(rows, row, SERVICE_ID));
    member_text(out, "binary", rows_text(rows, row, SERVICE_BINARY));
    member_text(out, "engine_id", rows_text(rows, row, SERVICE_ENGINE_ID));
    member_text(out, "host", rows_text(rows, row, SERVICE_HOST));
    member_text(out, "hostname", rows_text(rows, row, SERVICE_HOSTNAME));
    member_text(out, "topic", rows_text(rows, row, SERVICE_TOPIC));
    member_json(out, "report_interval", rows_text(rows, row, SERVICE_REPORT_INTERVAL));
    member_text(out, "created_at", rows_text(rows, row, SERVICE_CREATED));
    member_text(out, "updated_at", rows_text(rows, row, SERVICE_UPDATED));
    member_text(out, "deleted_at", rows_text(rows, row, SERVICE_DELETED));
    member_text(out, "status", rows_text(rows, row, SERVICE_STATUS));
    str_add_char(out, '}');
}

int services_index(struct request *request)
{
    struct rows *rows = db_read_args(&request->ctx, request->ctx.db, STMT_service_list, NULL, 0);
    if (!rows)
        return -1;
    struct str *body = &request->reply.body;
    reply_json(request, 200);
    str_add(body, "{\"services\": [");
    for (size_t i = 0; i < rows_count(rows); i++) {
        if (i)
            str_add(body, ", ");
        view_service(body, rows, i);
    }
    str_add(body, "]}");
    return 0;
}

int build_info(struct request *request)
{
    struct str *body = &request->reply.body;
    reply_json(request, 200);
    str_add(body, "{\"api\": {\"revision\": ");
    json_write_string(body, request->ctx.config->revision);
    str_add(body, "}, \"engine\": {\"revision\": ");
    json_write_string(body, request->ctx.config->revision);
    str_add(body, "}}");
    return 0;
}
