/* Who proves what: the methods of POST /v3/auth/tokens.
 *
 * Guessing is slowed by counting failures per name in the database, where every host sees them. Past
 * login_attempts in login_window no secret is looked at, right or wrong, until the window is over. A name
 * that does not exist costs the same work and is counted alike, so that an answer tells nothing about who
 * exists. */
#include "handlers/identity.h"

#include <string.h>

#include "base/config.h"
#include "base/log.h"
#include "cloud/password.h"

bool identity_domain_is_ours(const struct value *map, bool *missing)
{
    const struct value *domain = value_get(map, "domain");
    const char *id = value_get_text(domain, "id"), *name = value_get_text(domain, "name");
    *missing = id == NULL && name == NULL;
    return id ? strcmp(id, DEFAULT_DOMAIN_ID) == 0 : name && strcmp(name, DEFAULT_DOMAIN_NAME) == 0;
}

/* ---- guessing ---- */

static const char *window_text(struct ctx *ctx)
{
    return arena_printf(ctx->arena, "%lld", (long long)ctx->config->login_window);
}

/* Sets *failures; refuses when there are too many already. */
static int guard_check(struct ctx *ctx, const char *key, int64_t *failures)
{
    const struct rows *rows = identity_read_args(ctx, STMT_identity_login_failures,
                                                 (const char *const[]){key, window_text(ctx)}, 2);
    if (rows == NULL)
        return -1;
    *failures = rows_count(rows) ? rows_int(rows, 0, 0) : 0;
    if (*failures < ctx->config->login_attempts)
        return 0;
    log_warning(ctx->request_id,
                "login refused without a look at the secret: %s failed %lld times within login_window", key,
                (long long)*failures);
    return identity_unauthorized(ctx);
}

static int guard_failed(struct ctx *ctx, const char *key)
{
    const char *window = window_text(ctx);
    if (identity_begin(ctx) < 0 || db_queue(ctx, ctx->db, STMT_identity_login_expire, window) < 0 ||
        db_queue(ctx, ctx->db, STMT_identity_login_failed, key, window) < 0 || db_commit(ctx, ctx->db) < 0)
        return -1;
    log_info(ctx->request_id, "login failed: %s", key);
    return identity_unauthorized(ctx);
}

static int guard_passed(struct ctx *ctx, const char *key, int64_t failures)
{
    if (failures == 0)
        return 0;
    if (identity_begin(ctx) < 0 || db_queue(ctx, ctx->db, STMT_identity_login_succeeded, key) < 0)
        return -1;
    return db_commit(ctx, ctx->db);
}

/* A secret as it stands in the request. One that crypt(3) cannot take whole is a wrong one, after the same
 * work. */
static bool secret_matches(const struct value *map, const char *name, const char *hash)
{
    const struct value *secret = value_get(map, name);
    const char *text = value_text(secret);
    bool whole = text != NULL && strlen(text) == secret->string.length && secret->string.length > 0 &&
                 secret->string.length <= PASSWORD_LENGTH_MAX;
    return password_matches(whole ? text : "", whole ? hash : NULL);
}

/* Tries the secret under the guard's eyes. hash NULL: there is nobody it could fit. */
static int try_secret(struct ctx *ctx, const char *key, const struct value *map, const char *name,
                      const char *hash)
{
    int64_t failures;
    if (guard_check(ctx, key, &failures) < 0)
        return -1;
    if (!secret_matches(map, name, hash))
        return guard_failed(ctx, key);
    return guard_passed(ctx, key, failures);
}

/* ---- users ---- */

struct named_user {
    const char *id, *name; /* as asked: exactly one is set, unless the domain is not ours: then none */
    const char *shown;     /* for the guard: what was asked */
};

enum { NAME_LENGTH_MAX = 255 };

static bool name_usable(const char *name)
{
    return name == NULL || strlen(name) <= NAME_LENGTH_MAX;
}

/* {"id"} or {"name", "domain"}. */
static int read_named_user(struct ctx *ctx, const struct value *user, struct named_user *named)
{
    *named = (struct named_user){.id = value_get_text(user, "id")};
    const char *name = value_get_text(user, "name");
    named->shown = named->id ? named->id : name;
    if (named->shown == NULL)
        return fail(ctx, FAULT_BAD_REQUEST,
                    "Invalid input for field identity/password/user: id or name must be present.");
    if (!name_usable(named->shown))
        return identity_unauthorized(ctx);
    if (named->id != NULL)
        return 0;
    bool missing;
    if (identity_domain_is_ours(user, &missing))
        named->name = name;
    return missing ? identity_expecting(ctx, "domain", "user") : 0;
}

static const struct rows *find_user(struct ctx *ctx, const struct named_user *named)
{
    return identity_read_args(ctx, STMT_identity_user_find, (const char *const[]){named->id, named->name}, 2);
}

/* The row's user, if there is one and it is enabled. */
static bool user_present(const struct rows *rows)
{
    return rows_count(rows) > 0 && rows_bool(rows, 0, rows_column(rows, "enabled"));
}

/* ---- the methods ---- */

static int login_password(struct request *request, const struct value *part, struct login *login)
{
    struct ctx *ctx = &request->ctx;
    const struct value *user = value_get(part, "user");
    struct named_user named;
    if (!value_is(user, VALUE_MAP))
        return identity_expecting(ctx, "user", "password");
    if (read_named_user(ctx, user, &named) < 0)
        return -1;
    const struct rows *rows = find_user(ctx, &named);
    if (rows == NULL)
        return -1;
    bool known = rows_count(rows) > 0;
    const char *key = arena_printf(ctx->arena, "user %s", known ? rows_get(rows, 0, "name") : named.shown);
    if (try_secret(ctx, key, user, "password",
                   user_present(rows) ? rows_get(rows, 0, "password_hash") : NULL) < 0)
        return -1;
    login->user_id = rows_get(rows, 0, "id");
    login->user_name = rows_get(rows, 0, "name");
    return 0;
}

/* Another token for the same time, as a change of scope. */
static int login_token(struct request *request, const struct value *part, struct login *login)
{
    struct ctx *ctx = &request->ctx;
    const char *token = value_get_text(part, "id");
    if (token == NULL)
        return identity_expecting(ctx, "id", "token");
    ctx->tenant_id = "*";
    const struct token_record *record = token_find(ctx, token);
    if (record == NULL)
        return -1;
    if (record->credential_id != NULL)
        return identity_forbidden(ctx, "Using a delegated token to create another token is not allowed.");
    login->user_id = record->identity.user_id;
    login->user_name = record->identity.user_name;
    login->expires_max_us = record->identity.expires_us;
    bool chained = strncmp(record->methods, "token", 5) == 0;
    login->methods = chained ? record->methods : arena_printf(ctx->arena, "token %s", record->methods);
    return 0;
}

/* {"id"} or {"name", "user"}; NULL on failure. */
static const struct rows *find_credential(struct ctx *ctx, const struct value *part, const char **key)
{
    const char *id = value_get_text(part, "id"), *name = value_get_text(part, "name");
    struct named_user named = {0};
    if (id == NULL && name == NULL)
        return (void)identity_expecting(ctx, "name or ID", "application credential"), NULL;
    if (!name_usable(id) || !name_usable(name))
        return (void)identity_unauthorized(ctx), NULL;
    const char *user_id = NULL;
    if (id == NULL) {
        const struct value *user = value_get(part, "user");
        if (!value_is(user, VALUE_MAP))
            return (void)identity_expecting(ctx, "user", "application credential"), NULL;
        const struct rows *rows = read_named_user(ctx, user, &named) < 0 ? NULL : find_user(ctx, &named);
        if (rows == NULL)
            return NULL;
        user_id = rows_count(rows) ? rows_get(rows, 0, "id") : NULL;
    }
    *key = id ? arena_printf(ctx->arena, "application credential %s", id)
              : arena_printf(ctx->arena, "application credential %s of %s", name, named.shown);
    return identity_read_args(ctx, STMT_identity_credential_login, (const char *const[]){id, name, user_id},
                              3);
}

static bool credential_present(const struct rows *rows)
{
    return rows_count(rows) > 0 && rows_bool(rows, 0, rows_column(rows, "enabled")) &&
           rows_bool(rows, 0, rows_column(rows, "tenant_enabled")) &&
           !rows_bool(rows, 0, rows_column(rows, "expired"));
}

static int login_credential(struct request *request, const struct value *part, struct login *login)
{
    struct ctx *ctx = &request->ctx;
    const char *key = NULL;
    const struct rows *rows = find_credential(ctx, part, &key);
    if (rows == NULL)
        return -1;
    if (try_secret(ctx, key, part, "secret",
                   credential_present(rows) ? rows_get(rows, 0, "secret_hash") : NULL) < 0)
        return -1;
    login->user_id = rows_get(rows, 0, "user_id");
    login->user_name = rows_get(rows, 0, "user_name");
    login->credential_id = rows_get(rows, 0, "id");
    login->credential_name = rows_get(rows, 0, "name");
    login->credential_roles = rows_get(rows, 0, "roles");
    login->credential_unrestricted = rows_bool(rows, 0, rows_column(rows, "unrestricted"));
    login->tenant_id = rows_get(rows, 0, "tenant_id");
    login->tenant_name = rows_get(rows, 0, "tenant_name");
    login->expires_max_us = rows_int(rows, 0, rows_column(rows, "expires_us"));
    return 0;
}

static const struct {
    const char *name;
    int (*run)(struct request *request, const struct value *part, struct login *login);
} methods[] = {
    {"password", login_password},
    {"token", login_token},
    {"application_credential", login_credential},
};

static int run_method(struct request *request, const struct value *identity, const char *name,
                      struct login *login)
{
    struct ctx *ctx = &request->ctx;
    const struct value *part = value_get(identity, name);
    if (!value_is(part, VALUE_MAP))
        return identity_expecting(ctx, name, "identity");
    for (size_t i = 0; i < COUNT_OF(methods); i++) {
        if (strcmp(methods[i].name, name) != 0)
            continue;
        login->methods = methods[i].name;
        return methods[i].run(request, part, login);
    }
    return fail(ctx, FAULT_UNAUTHENTICATED, "Attempted to authenticate with an unsupported method.");
}

/* One method proves who asks. Several at once, which Keystone has for second factors, are refused. */
int identity_login(struct request *request, const struct value *identity, struct login *login)
{
    struct ctx *ctx = &request->ctx;
    const struct value *names = value_get(identity, "methods");
    if (!value_is(names, VALUE_LIST))
        return identity_expecting(ctx, "methods", "identity");
    if (value_count(names) == 0)
        return identity_unauthorized(ctx);
    const char *name = value_text(value_at(names, 0));
    if (name == NULL)
        return identity_expecting(ctx, "names", "methods");
    if (value_count(names) > 1)
        return fail(ctx, FAULT_UNAUTHENTICATED, "Attempted to authenticate with more than one method.");
    *login = (struct login){0};
    return run_method(request, identity, name, login);
}
