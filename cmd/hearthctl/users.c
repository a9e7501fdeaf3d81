/* hearthctl user … */
#include "cmd/hearthctl/hearthctl.h"

#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "base/uuid.h"
#include "cloud/password.h"
#include "cloud/roles.h"

static const struct column columns[] = {{"id", "ID"},
                                        {"name", "Name"},
                                        {"enabled", "Enabled", COLUMN_BOOLEAN},
                                        {"grants", "Roles (tenant:roles)"}};

enum { LINE_SIZE = PASSWORD_LENGTH_MAX + 3 };

/* ---- passwords: never on the command line, where every process can read them ---- */

static int read_line(struct session *session, FILE *file, const char *name, char line[LINE_SIZE])
{
    if (fgets(line, LINE_SIZE, file) == NULL)
        return fail(&session->ctx, FAULT_INVALID, "no password in %s", name);
    line[strcspn(line, "\r\n")] = '\0';
    return 0;
}

static int read_password_file(struct session *session, const char *path, char line[LINE_SIZE])
{
    if (strcmp(path, "-") == 0)
        return read_line(session, stdin, "standard input", line);
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return fail(&session->ctx, FAULT_INVALID, "%s cannot be opened: %s", path, strerror(errno));
    int result = read_line(session, file, path, line);
    fclose(file);
    return result;
}

/* One line from the terminal, not shown. */
static int ask_once(struct session *session, const char *prompt, char line[LINE_SIZE])
{
    struct termios shown, hidden;
    fprintf(stderr, "%s", prompt);
    tcgetattr(STDIN_FILENO, &shown);
    hidden = shown;
    hidden.c_lflag &= ~(tcflag_t)ECHO;
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden);
    int result = read_line(session, stdin, "the terminal", line);
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &shown);
    fputc('\n', stderr);
    return result;
}

static int ask_twice(struct session *session, char line[LINE_SIZE])
{
    char again[LINE_SIZE];
    if (ask_once(session, "Password: ", line) < 0 || ask_once(session, "Again: ", again) < 0)
        return -1;
    int same = strcmp(line, again) == 0;
    sodium_memzero(again, sizeof again);
    return same ? 0 : fail(&session->ctx, FAULT_INVALID, "the two passwords differ");
}

static int read_password(struct session *session, char line[LINE_SIZE])
{
    const char *file = option_value(session, "password-file");
    if (file != NULL || option_given(session, "password-stdin"))
        return read_password_file(session, file ? file : "-", line);
    if (isatty(STDIN_FILENO))
        return ask_twice(session, line);
    return fail(&session->ctx, FAULT_INVALID,
                "give the password by --password-file FILE (- is standard input)");
}

static const char *read_hash(struct session *session)
{
    char line[LINE_SIZE];
    const char *hash = read_password(session, line) < 0 ? NULL : password_hash(&session->ctx, line);
    sodium_memzero(line, sizeof line);
    return hash;
}

/* ---- create ---- */

static int check_role(struct session *session, const char *role)
{
    if (role_name_valid(role))
        return 0;
    return fail(&session->ctx, FAULT_INVALID, "a role's name has 1 to 64 letters, digits, '_', '-' and '.'");
}

/* The --role options in the transaction; member when --tenant is given alone. */
static int queue_grants(struct session *session, const char *user_id, const char *tenant_id)
{
    struct ctx *ctx = &session->ctx;
    for (size_t i = 0; i < session->option_count; i++)
        if (strcmp(session->options[i].name, "role") == 0 &&
            db_queue(ctx, ctx->db, STMT_identity_grant_add, user_id, tenant_id, session->options[i].value) <
                0)
            return -1;
    if (option_given(session, "role"))
        return 0;
    return db_queue(ctx, ctx->db, STMT_identity_grant_add, user_id, tenant_id, "member");
}

static int check_grants(struct session *session)
{
    if (option_given(session, "role") && !option_given(session, "tenant"))
        return fail(&session->ctx, FAULT_INVALID, "--role needs --tenant: a role is held in a tenant");
    for (size_t i = 0; i < session->option_count; i++)
        if (strcmp(session->options[i].name, "role") == 0 &&
            check_role(session, session->options[i].value) < 0)
            return -1;
    return 0;
}

static int store_user(struct session *session, const char *id, const char *name, const char *hash,
                      const char *tenant_id)
{
    struct ctx *ctx = &session->ctx;
    if (begin(session) < 0)
        return -1;
    if (db_queue(ctx, ctx->db, STMT_identity_user_add, id, name, hash) == 0 &&
        (tenant_id == NULL || queue_grants(session, id, tenant_id) == 0) && db_commit(ctx, ctx->db) == 0)
        return 0;
    if (ctx->error.fault != FAULT_CONFLICT)
        return -1;
    error_clear(ctx);
    return fail(ctx, FAULT_CONFLICT, "there is a user %s already; a new password: hearthctl user password %s",
                name, name);
}

int user_create(struct session *session)
{
    const char *name = session->words[0], *tenant = option_value(session, "tenant");
    char id[UUID_HEX_SIZE];
    if (check_name(session, "user", name) < 0 || check_grants(session) < 0)
        return -1;
    const struct rows *rows = tenant ? require_tenant(session, tenant) : NULL;
    if (tenant != NULL && rows == NULL)
        return -1;
    const char *hash = read_hash(session);
    if (hash == NULL)
        return -1;
    uuid_hex(id);
    if (store_user(session, id, name, hash, rows ? rows_get(rows, 0, "id") : NULL) < 0)
        return -1;
    print_done(session, "Created user", name, id);
    return 0;
}

/* ---- looking ---- */

int user_list(struct session *session)
{
    struct ctx *ctx = &session->ctx;
    const struct rows *rows = db_read(ctx, ctx->db, STMT_identity_user_list, NULL);
    if (rows == NULL)
        return -1;
    print_rows(session, rows, columns, COUNT_OF(columns));
    return 0;
}

int user_show(struct session *session)
{
    struct ctx *ctx = &session->ctx;
    const struct rows *user = require_user(session, session->words[0]);
    const struct rows *rows =
        user ? db_read(ctx, ctx->db, STMT_identity_user_list, rows_get(user, 0, "id")) : NULL;
    if (rows == NULL)
        return -1;
    print_record(session, rows, columns, COUNT_OF(columns));
    return 0;
}

/* ---- changing ---- Whatever takes something away takes the tokens with it. */

int user_password(struct session *session)
{
    struct ctx *ctx = &session->ctx;
    const struct rows *user = require_user(session, session->words[0]);
    const char *hash = user ? read_hash(session) : NULL;
    if (hash == NULL || begin(session) < 0)
        return -1;
    const char *id = rows_get(user, 0, "id");
    if (db_queue(ctx, ctx->db, STMT_identity_user_password, id, hash) < 0 ||
        db_queue(ctx, ctx->db, STMT_identity_user_tokens_remove, id, NULL) < 0 || db_commit(ctx, ctx->db) < 0)
        return -1;
    print_done(session, "Changed the password and revoked the tokens of user", rows_get(user, 0, "name"), id);
    return 0;
}

int user_grant(struct session *session)
{
    struct ctx *ctx = &session->ctx;
    const char *role = session->words[2];
    const struct rows *user = require_user(session, session->words[0]);
    const struct rows *tenant = user ? require_tenant(session, session->words[1]) : NULL;
    if (tenant == NULL || check_role(session, role) < 0 || begin(session) < 0)
        return -1;
    if (db_queue(ctx, ctx->db, STMT_identity_grant_add, rows_get(user, 0, "id"), rows_get(tenant, 0, "id"),
                 role) < 0 ||
        db_commit(ctx, ctx->db) < 0)
        return -1;
    print_done(session,
               arena_printf(ctx->arena, "Granted %s in tenant %s to user", role, rows_get(tenant, 0, "name")),
               rows_get(user, 0, "name"), NULL);
    return 0;
}

int user_revoke(struct session *session)
{
    struct ctx *ctx = &session->ctx;
    const char *role = session->word_count > 2 ? session->words[2] : NULL;
    const struct rows *user = require_user(session, session->words[0]);
    const struct rows *tenant = user ? require_tenant(session, session->words[1]) : NULL;
    if (tenant == NULL || begin(session) < 0)
        return -1;
    const char *user_id = rows_get(user, 0, "id"), *tenant_id = rows_get(tenant, 0, "id");
    const struct rows *gone = db_run(ctx, ctx->db, STMT_identity_grant_remove, user_id, tenant_id, role);
    if (gone == NULL)
        return -1;
    if (rows_affected(gone) == 0)
        return fail(ctx, FAULT_NOT_FOUND,
                    "user %s has no such role in tenant %s; see: hearthctl user show %s", session->words[0],
                    session->words[1], session->words[0]);
    if (db_queue(ctx, ctx->db, STMT_identity_user_tokens_remove, user_id, tenant_id) < 0 ||
        (role == NULL &&
         db_queue(ctx, ctx->db, STMT_identity_user_credentials_remove, user_id, tenant_id) < 0) ||
        db_commit(ctx, ctx->db) < 0)
        return -1;
    print_done(session,
               arena_printf(ctx->arena, "Revoked %s in tenant %s from user", role ? role : "all roles",
                            rows_get(tenant, 0, "name")),
               rows_get(user, 0, "name"), NULL);
    return 0;
}

static int set_enabled(struct session *session, const char *enabled, const char *what)
{
    struct ctx *ctx = &session->ctx;
    const struct rows *user = require_user(session, session->words[0]);
    if (user == NULL || begin(session) < 0)
        return -1;
    const char *id = rows_get(user, 0, "id");
    if (db_queue(ctx, ctx->db, STMT_identity_user_enable, id, enabled) < 0 ||
        db_queue(ctx, ctx->db, STMT_identity_user_tokens_remove, id, NULL) < 0 || db_commit(ctx, ctx->db) < 0)
        return -1;
    print_done(session, what, rows_get(user, 0, "name"), id);
    return 0;
}

int user_enable(struct session *session)
{
    return set_enabled(session, "true", "Enabled user");
}

int user_disable(struct session *session)
{
    return set_enabled(session, "false", "Disabled user");
}

int user_delete(struct session *session)
{
    struct ctx *ctx = &session->ctx;
    const struct rows *user = require_user(session, session->words[0]);
    if (user == NULL || begin(session) < 0)
        return -1;
    const char *id = rows_get(user, 0, "id");
    if (db_queue(ctx, ctx->db, STMT_identity_user_remove, id) < 0 || db_commit(ctx, ctx->db) < 0)
        return -1;
    print_done(session, "Deleted user", rows_get(user, 0, "name"), id);
    return 0;
}
