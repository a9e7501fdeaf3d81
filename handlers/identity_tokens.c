/* POST, GET, HEAD and DELETE /v3/auth/tokens. */
#include "handlers/identity.h"

#include <string.h>

#include "cloud/roles.h"
#include "fcgi/auth.h"
#include "handlers/routes.h"

/* ---- scope ---- */

/* A project the user has no role in, that is disabled or unknown: all one to who asks. */
static int enter_project(struct ctx *ctx, const char *id, const char *name, struct token_record *token)
{
    const struct rows *rows =
        identity_read_args(ctx, STMT_identity_tenant_find, (const char *const[]){id, name}, 2);
    if (rows == NULL)
        return -1;
    if (rows_count(rows) == 0 || !rows_bool(rows, 0, rows_column(rows, "enabled")))
        return identity_unauthorized(ctx);
    const char *roles = identity_roles_in(ctx, token->identity.user_id, rows_get(rows, 0, "id"));
    if (roles == NULL)
        return -1;
    if (*roles == '\0')
        return identity_unauthorized(ctx);
    token->identity.project_id = rows_get(rows, 0, "id");
    token->identity.project_name = rows_get(rows, 0, "name");
    token->roles = roles;
    return 0;
}

static int scope_project(struct ctx *ctx, const struct value *project, struct token_record *token)
{
    const char *id = value_get_text(project, "id"), *name = value_get_text(project, "name");
    bool missing;
    if (id != NULL)
        return enter_project(ctx, id, NULL, token);
    if (name == NULL)
        return fail(ctx, FAULT_BAD_REQUEST,
                    "Invalid input for field scope/project: id or name must be present.");
    bool ours = identity_domain_is_ours(project, &missing);
    if (missing)
        return identity_expecting(ctx, "domain", "project");
    return ours ? enter_project(ctx, NULL, name, token) : identity_unauthorized(ctx);
}

/* A domain, the system or a trust: nobody has a role there. */
static int scope_elsewhere(struct ctx *ctx, const struct value *scope)
{
    static const char *const known[] = {"domain", "system", "OS-TRUST:trust"};
    for (size_t i = 0; i < COUNT_OF(known); i++)
        if (value_has(scope, known[i]))
            return identity_unauthorized(ctx);
    return identity_expecting(ctx, "system, project, domain, OS-TRUST:trust or unscoped", "scope");
}

static int apply_scope(struct ctx *ctx, const struct value *scope, struct token_record *token)
{
    if (value_is(scope, VALUE_STRING) && strcmp(value_text(scope), "unscoped") == 0)
        return 0;
    if (value_count(scope) != 1)
        return identity_expecting(ctx, "system, project, domain, OS-TRUST:trust or unscoped", "scope");
    if (value_has(scope, "unscoped"))
        return 0;
    const struct value *project = value_get(scope, "project");
    return project ? scope_project(ctx, project, token) : scope_elsewhere(ctx, scope);
}

/* An application credential's scope is its own; of its roles count those that the user still has. */
static int apply_credential(struct ctx *ctx, const struct login *login, const struct value *scope,
                            struct token_record *token)
{
    if (!value_is_null(scope))
        return fail(ctx, FAULT_UNAUTHENTICATED,
                    "Error authenticating with application credential: Application credentials cannot "
                    "request a scope.");
    const char *held = identity_roles_in(ctx, login->user_id, login->tenant_id);
    if (held == NULL)
        return -1;
    token->roles = roles_common(ctx->arena, login->credential_roles, held);
    token->identity.project_id = login->tenant_id;
    token->identity.project_name = login->tenant_name;
    token->credential_id = login->credential_id;
    token->credential_name = login->credential_name;
    token->credential_unrestricted = login->credential_unrestricted;
    return *token->roles != '\0' ? 0 : identity_unauthorized(ctx);
}

/* ---- issuing ---- */

static int issue(struct request *request, const struct login *login, struct token_record *token)
{
    struct ctx *ctx = &request->ctx;
    char text[TOKEN_SIZE];
    token->methods = login->methods;
    ctx->tenant_id = "*";
    if (token_issue(ctx, token, login->expires_max_us, text) < 0)
        return -1;
    bool catalog = request_query(request, "nocatalog") == NULL;
    reply_header(request, "X-Subject-Token", text);
    reply_header(request, "Cache-Control", "no-store");
    identity_reply(request, 201, "token", document_token(request, token, catalog));
    return 0;
}

int identity_tokens_create(struct request *request)
{
    struct ctx *ctx = &request->ctx;
    const struct value *auth = identity_body(request, "auth");
    if (auth == NULL)
        return -1;
    const struct value *identity = value_get(auth, "identity"), *scope = value_get(auth, "scope");
    if (!value_is(identity, VALUE_MAP))
        return identity_expecting(ctx, "identity", "auth");
    struct login login;
    if (identity_login(request, identity, &login) < 0)
        return -1;
    struct token_record token = {.identity = {.user_id = login.user_id, .user_name = login.user_name},
                                 .roles = ""};
    int scoped = login.credential_id    ? apply_credential(ctx, &login, scope, &token)
                 : value_is_null(scope) ? 0
                                        : apply_scope(ctx, scope, &token);
    return scoped < 0 ? -1 : issue(request, &login, &token);
}

/* ---- the subject token ---- */

/* The token named by X-Subject-Token, if the caller may deal with it. NULL with the reason otherwise. */
static const struct token_record *find_subject(struct request *request, const char *action)
{
    struct ctx *ctx = &request->ctx;
    const char *subject = request_header(request, "X-Subject-Token");
    if (subject == NULL || *subject == '\0')
        return (void)identity_forbidden(ctx, action), NULL;
    ctx->tenant_id = "*";
    const struct token_record *token = token_find(ctx, subject);
    if (token == NULL && ctx->error.fault == FAULT_UNAUTHENTICATED) {
        error_clear(ctx);
        return fail_null(ctx, FAULT_NOT_FOUND, "Could not find token.");
    }
    if (token == NULL || identity_own_or_admin(ctx, token->identity.user_id, action) < 0)
        return NULL;
    return token;
}

int identity_tokens_show(struct request *request)
{
    const struct token_record *token = find_subject(request, "identity:validate_token");
    if (token == NULL)
        return -1;
    reply_header(request, "X-Subject-Token", token->identity.token);
    reply_header(request, "Cache-Control", "no-store");
    bool catalog = request_query(request, "nocatalog") == NULL;
    identity_reply(request, 200, "token", document_token(request, token, catalog));
    return 0;
}

int identity_tokens_delete(struct request *request)
{
    struct ctx *ctx = &request->ctx;
    const struct token_record *token = find_subject(request, "identity:revoke_token");
    if (token == NULL)
        return -1;
    char digest[TOKEN_DIGEST_SIZE];
    token_digest(token->identity.token, digest);
    if (identity_begin(ctx) < 0 || db_queue(ctx, ctx->db, STMT_identity_token_remove, digest) < 0 ||
        db_commit(ctx, ctx->db) < 0)
        return -1;
    auth_cache_invalidate();
    reply_empty(request, 204);
    return 0;
}
