/* hearthctl tenant …, and how tenants and users are found by what people type. */
#include "cmd/hearthctl/hearthctl.h"

#include <string.h>

#include "base/utf8.h"
#include "base/uuid.h"

static const struct column columns[] = {
    {"id", "ID"},
    {"name", "Name"},
    {"enabled", "Enabled", COLUMN_BOOLEAN},
    {"users", "Users", COLUMN_NUMBER},
    {"stacks", "Stacks", COLUMN_NUMBER},
    {"description", "Description"},
};

int begin(struct session *session)
{
    return db_begin(&session->ctx, session->ctx.db, DB_WRITE);
}

/* By name first: a name may look like another's id. */
static const struct rows *find(struct session *session, enum statement statement, const char *name)
{
    struct ctx *ctx = &session->ctx;
    const struct rows *rows = db_read(ctx, ctx->db, statement, NULL, name);
    return rows != NULL && rows_count(rows) == 0 ? db_read(ctx, ctx->db, statement, name, NULL) : rows;
}

const struct rows *require_tenant(struct session *session, const char *name)
{
    const struct rows *rows = find(session, STMT_identity_tenant_find, name);
    if (rows != NULL && rows_count(rows) == 0)
        return fail_null(&session->ctx, FAULT_NOT_FOUND,
                         "there is no tenant %s; make it with: hearthctl tenant create %s", name, name);
    return rows;
}

const struct rows *require_user(struct session *session, const char *name)
{
    const struct rows *rows = find(session, STMT_identity_user_find, name);
    if (rows != NULL && rows_count(rows) == 0)
        return fail_null(&session->ctx, FAULT_NOT_FOUND,
                         "there is no user %s; make it with: hearthctl user create %s", name, name);
    return rows;
}

int check_name(struct session *session, const char *what, const char *name)
{
    size_t length = strlen(name);
    bool good = length >= 1 && length <= 64 && utf8_valid(name, length) && name[0] != ' ' &&
                name[length - 1] != ' ' && name[0] != '-';
    for (size_t i = 0; i < length; i++)
        good = good && (unsigned char)name[i] >= ' ' && name[i] != 0x7F;
    if (good)
        return 0;
    return fail(&session->ctx, FAULT_INVALID,
                "a %s's name has 1 to 64 bytes of UTF-8, no control characters, no blank "
                "at its ends and no dash at its beginning",
                what);
}

int tenant_create(struct session *session)
{
    struct ctx *ctx = &session->ctx;
    const char *name = session->words[0], *description = option_value(session, "description");
    char id[UUID_HEX_SIZE];
    if (check_name(session, "tenant", name) < 0)
        return -1;
    uuid_hex(id);
    if (begin(session) < 0)
        return -1;
    if (db_queue(ctx, ctx->db, STMT_identity_tenant_add, id, name, description ? description : "") < 0 ||
        db_commit(ctx, ctx->db) < 0) {
        if (ctx->error.fault != FAULT_CONFLICT)
            return -1;
        error_clear(ctx);
        return fail(ctx, FAULT_CONFLICT, "there is a tenant %s already; see: hearthctl tenant show %s", name,
                    name);
    }
    print_done(session, "Created tenant", name, id);
    return 0;
}

int tenant_list(struct session *session)
{
    struct ctx *ctx = &session->ctx;
    const struct rows *rows = db_read(ctx, ctx->db, STMT_identity_tenant_list, NULL);
    if (rows == NULL)
        return -1;
    print_rows(session, rows, columns, COUNT_OF(columns));
    return 0;
}

int tenant_show(struct session *session)
{
    struct ctx *ctx = &session->ctx;
    const struct rows *tenant = require_tenant(session, session->words[0]);
    const struct rows *rows =
        tenant ? db_read(ctx, ctx->db, STMT_identity_tenant_list, rows_get(tenant, 0, "id")) : NULL;
    if (rows == NULL)
        return -1;
    print_record(session, rows, columns, COUNT_OF(columns));
    return 0;
}

static int set_enabled(struct session *session, const char *enabled, const char *what)
{
    struct ctx *ctx = &session->ctx;
    const struct rows *tenant = require_tenant(session, session->words[0]);
    if (tenant == NULL || begin(session) < 0)
        return -1;
    const char *id = rows_get(tenant, 0, "id");
    if (db_queue(ctx, ctx->db, STMT_identity_tenant_enable, id, enabled) < 0 ||
        db_queue(ctx, ctx->db, STMT_identity_tenant_tokens_remove, id) < 0 || db_commit(ctx, ctx->db) < 0)
        return -1;
    print_done(session, what, rows_get(tenant, 0, "name"), id);
    return 0;
}

int tenant_enable(struct session *session)
{
    return set_enabled(session, "true", "Enabled tenant");
}

int tenant_disable(struct session *session)
{
    return set_enabled(session, "false", "Disabled tenant");
}

int tenant_delete(struct session *session)
{
    struct ctx *ctx = &session->ctx;
    const struct rows *tenant = require_tenant(session, session->words[0]);
    const char *id = tenant ? rows_get(tenant, 0, "id") : NULL;
    const struct rows *rows = tenant ? db_read(ctx, ctx->db, STMT_identity_tenant_list, id) : NULL;
    if (rows == NULL || rows_count(rows) == 0)
        return -1;
    if (strcmp(rows_get(rows, 0, "stacks"), "0") != 0)
        return fail(ctx, FAULT_CONFLICT,
                    "tenant %s has %s stacks; delete those first, or only close it with: hearthctl "
                    "tenant disable %s",
                    session->words[0], rows_get(rows, 0, "stacks"), session->words[0]);
    if (begin(session) < 0 || db_queue(ctx, ctx->db, STMT_identity_tenant_remove, id) < 0 ||
        db_commit(ctx, ctx->db) < 0)
        return -1;
    print_done(session, "Deleted tenant", rows_get(tenant, 0, "name"), id);
    return 0;
}
