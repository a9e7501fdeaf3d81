/* hearthctl service, operation and migrate: what the engines do, and on which schema. */
#include "cmd/hearthctl/hearthctl.h"

#include <stdio.h>
#include <string.h>

#include "base/scan.h"
#include "sql/schema_version.h"

int service_list(struct session *session)
{
    static const struct column columns[] = {
        {"hostname", "Host"}, {"engine_id", "Engine"}, {"state", "State"}, {"updated_at", "Last seen (UTC)"}};
    struct ctx *ctx = &session->ctx;
    const struct rows *rows = db_read(ctx, ctx->db, STMT_operator_services);
    if (rows == NULL)
        return -1;
    print_rows(session, rows, columns, COUNT_OF(columns));
    return 0;
}

int operation_list(struct session *session)
{
    static const struct column columns[] = {
        {"id", "ID"},       {"tenant", "Tenant"},      {"stack", "Stack"}, {"action", "Action"},
        {"state", "State"}, {"created_at", "Created"}, {"host", "Engine"}, {"reason", "Reason"},
    };
    struct ctx *ctx = &session->ctx;
    const char *limit = option_value(session, "limit");
    int64_t number;
    if (limit != NULL && (scan_int64(limit, &number) < 0 || number < 1 || number > 1000000))
        return fail(ctx, FAULT_INVALID, "--limit takes a number from 1 to 1000000");
    const struct rows *rows = db_read(ctx, ctx->db, STMT_operation_list,
                                      option_given(session, "all") ? "true" : "false", limit ? limit : "100");
    if (rows == NULL)
        return -1;
    print_rows(session, rows, columns, COUNT_OF(columns));
    return 0;
}

int operation_show(struct session *session)
{
    static const struct column columns[] = {
        {"id", "ID"},
        {"tenant", "Tenant"},
        {"tenant_id", "Tenant ID"},
        {"stack", "Stack"},
        {"stack_id", "Stack ID"},
        {"action", "Action"},
        {"state", "State"},
        {"reason", "Reason"},
        {"request_id", "Request"},
        {"created_at", "Created"},
        {"started_at", "Started"},
        {"finished_at", "Finished"},
        {"deadline_at", "Deadline"},
        {"host", "Engine's host"},
        {"engine_id", "Engine"},
        {"lease_until", "Lease until"},
        {"fence", "Fence", COLUMN_NUMBER},
    };
    struct ctx *ctx = &session->ctx;
    const char *id = session->words[0];
    if (id[strspn(id, "0123456789abcdef-")] != '\0')
        return fail(ctx, FAULT_INVALID, "%s is not the beginning of an operation's id", id);
    const struct rows *rows = db_read(ctx, ctx->db, STMT_operation_show, id);
    if (rows == NULL)
        return -1;
    if (rows_count(rows) != 1)
        return fail(ctx, FAULT_NOT_FOUND, "%s operation begins with %s; see: hearthctl operation list --all",
                    rows_count(rows) ? "more than one" : "no", id);
    print_record(session, rows, columns, COUNT_OF(columns));
    return 0;
}

int migrate_status(struct session *session)
{
    static const struct column columns[] = {
        {"version", "Version", COLUMN_NUMBER}, {"name", "Name"}, {"applied_at", "Applied"}};
    struct ctx *ctx = &session->ctx;
    const struct rows *exists = db_read(ctx, ctx->db, STMT_schema_exists);
    if (exists == NULL)
        return -1;
    const struct rows *rows = rows_bool(exists, 0, 0) ? db_read(ctx, ctx->db, STMT_schema_migrations) : NULL;
    if (rows != NULL)
        print_rows(session, rows, columns, COUNT_OF(columns));
    if (schema_check(ctx, ctx->db) < 0)
        return -1;
    if (!session->json)
        printf("This program works on versions %d to %d.\n", SCHEMA_VERSION_MIN, SCHEMA_VERSION_MAX);
    return 0;
}
