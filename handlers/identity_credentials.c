/* Application credentials: a project and some of a user's roles, under a secret of their own. */
#include "handlers/identity.h"

#include <sodium.h>
#include <string.h>

#include "base/clock.h"
#include "base/uuid.h"
#include "cloud/password.h"
#include "cloud/roles.h"
#include "fcgi/auth.h"
#include "handlers/routes.h"

#define MALFORMED                                                                                            \
    " The server could not comply with the request since it is either malformed or otherwise incorrect. "    \
    "The client is "                                                                                         \
    "assumed to be in error."

/* What is asked for, and then the row. */
struct credential {
    const char *id, *name, *description;
    const char *secret, *secret_hash;
    const char *user_id, *tenant_id;
    const char *roles;
    bool unrestricted;
    int64_t expires_us; /* 0: never */
};

/* ---- documents ---- */

/* "2030-01-01T00:00:00.000000": the one time that Keystone writes without a zone. */
static const struct value *expiry(struct arena *arena, int64_t wall_us)
{
    char text[CLOCK_ISO_SIZE];
    if (wall_us == 0)
        return &value_null;
    clock_iso_us(wall_us, text);
    return value_string_n(arena, text, strlen(text) - 1);
}

/* secret: shown once, when it is made; NULL later. */
static const struct value *document(struct request *request, const struct credential *credential)
{
    struct arena *arena = request->ctx.arena;
    struct value *map = value_map(arena);
    value_map_set(arena, map, "id", value_string(arena, credential->id));
    value_map_set(arena, map, "name", value_string(arena, credential->name));
    value_map_set(arena, map, "description", document_text(arena, credential->description));
    value_map_set(arena, map, "user_id", value_string(arena, credential->user_id));
    value_map_set(arena, map, "project_id", value_string(arena, credential->tenant_id));
    value_map_set(arena, map, "system", &value_null);
    value_map_set(arena, map, "expires_at", expiry(arena, credential->expires_us));
    value_map_set(arena, map, "unrestricted", value_bool(credential->unrestricted));
    value_map_set(arena, map, "roles", document_roles(request, credential->roles, true));
    if (credential->secret != NULL)
        value_map_set(arena, map, "secret", value_string(arena, credential->secret));
    document_add_self(arena, map,
                      identity_url(request, arena_printf(arena, "/users/%s/application_credentials/%s",
                                                         credential->user_id, credential->id)));
    return map;
}

static struct credential read_row(const struct rows *rows, size_t row)
{
    return (struct credential){
        .id = rows_get(rows, row, "id"),
        .name = rows_get(rows, row, "name"),
        .description = rows_get(rows, row, "description"),
        .user_id = rows_get(rows, row, "user_id"),
        .tenant_id = rows_get(rows, row, "tenant_id"),
        .roles = rows_get(rows, row, "roles"),
        .unrestricted = rows_bool(rows, row, rows_column(rows, "unrestricted")),
        .expires_us = rows_int(rows, row, rows_column(rows, "expires_us")),
    };
}

/* ---- list and show ---- */

int identity_credentials_index(struct request *request)
{
    struct ctx *ctx = &request->ctx;
    const char *user_id = request->variables[0];
    if (identity_own_or_admin(ctx, user_id, "identity:list_application_credentials") < 0)
        return -1;
    const struct rows *rows =
        identity_read(request, STMT_identity_credentials_of, user_id, NULL, request_query(request, "name"));
    if (rows == NULL)
        return -1;
    struct value *list = value_list(ctx->arena);
    for (size_t i = 0; i < rows_count(rows); i++) {
        struct credential credential = read_row(rows, i);
        value_list_add(ctx->arena, list, document(request, &credential));
    }
    identity_reply_list(request, "application_credentials", list);
    return 0;
}

int identity_credentials_show(struct request *request)
{
    struct ctx *ctx = &request->ctx;
    const char *user_id = request->variables[0], *id = request->variables[1];
    if (identity_own_or_admin(ctx, user_id, "identity:get_application_credential") < 0)
        return -1;
    const struct rows *rows = identity_read(request, STMT_identity_credentials_of, user_id, id, NULL);
    if (rows == NULL)
        return -1;
    if (rows_count(rows) == 0)
        return identity_not_found(ctx, "Application Credential", id);
    struct credential credential = read_row(rows, 0);
    identity_reply(request, 200, "application_credential", document(request, &credential));
    return 0;
}

/* ---- create ---- */

/* A credential must not breed or kill others, unless it was made to. */
static int may_manage(struct ctx *ctx, const char *user_id, const char *action,
                      const struct token_record **token)
{
    if (strcmp(ctx->identity->user_id, user_id) != 0)
        return identity_forbidden(ctx, action);
    ctx->tenant_id = "*";
    *token = token_find(ctx, ctx->identity->token);
    if (*token == NULL)
        return -1;
    if ((*token)->credential_id != NULL && !(*token)->credential_unrestricted)
        return identity_forbidden(
            ctx, "Using method 'application_credential' is not allowed for managing additional "
                 "application credentials.");
    return 0;
}

/* Optional text: absent and null are NULL, anything else but a string is an error. */
static int read_text(struct ctx *ctx, const struct value *map, const char *name, size_t most,
                     const char **out)
{
    const struct value *value = value_get(map, name);
    *out = value_text(value);
    if (value_is_null(value))
        return 0;
    if (*out == NULL || strlen(*out) != value->string.length || value->string.length > most)
        return fail(ctx, FAULT_BAD_REQUEST, "'%s' is a string of at most %zu bytes." MALFORMED, name, most);
    return 0;
}

static int read_expiry(struct ctx *ctx, const struct value *asked, struct credential *credential)
{
    const char *text;
    if (read_text(ctx, asked, "expires_at", 64, &text) < 0)
        return -1;
    if (text == NULL)
        return 0;
    if (clock_parse_iso(text, &credential->expires_us) < 0)
        return fail(ctx, FAULT_BAD_REQUEST, "Timestamp not in expected format." MALFORMED);
    if (credential->expires_us <= clock_wall_us())
        return fail(ctx, FAULT_BAD_REQUEST, "The 'expires_at' must not be before now." MALFORMED);
    return 0;
}

/* The name of a role that the token carries, from {"name"} or {"id"}; NULL when it carries none such. */
static const char *carried_role(const struct token_record *token, const struct value *role)
{
    const char *name = value_get_text(role, "name"), *id = value_get_text(role, "id");
    for (size_t i = 0; i < token->identity.role_count; i++) {
        char its_id[STABLE_ID_SIZE];
        stable_id("role", token->identity.roles[i], its_id);
        if ((name && strcmp(name, token->identity.roles[i]) == 0) || (id && strcmp(id, its_id) == 0))
            return token->identity.roles[i];
    }
    return NULL;
}

/* Those asked for with what they imply, or all that the token carries. */
static int read_roles(struct ctx *ctx, const struct value *asked, const struct token_record *token,
                      struct credential *credential)
{
    const struct value *roles = value_get(asked, "roles");
    credential->roles = token->roles;
    if (value_is_null(roles) || (value_is(roles, VALUE_LIST) && value_count(roles) == 0))
        return 0;
    if (!value_is(roles, VALUE_LIST))
        return fail(ctx, FAULT_BAD_REQUEST, "'roles' is a list." MALFORMED);
    struct str names = STR_INIT(ctx->arena);
    for (size_t i = 0; i < value_count(roles); i++) {
        const char *name = carried_role(token, value_at(roles, i));
        if (name == NULL)
            return fail(ctx, FAULT_BAD_REQUEST,
                        "Invalid application credential: Cannot create an application "
                        "credential with unassigned role");
        str_printf(&names, " %s", name);
    }
    credential->roles = roles_expand(ctx->arena, names.data);
    return 0;
}

static const char *make_secret(struct arena *arena)
{
    enum { BYTES = 64 };
    unsigned char bytes[BYTES];
    size_t size = sodium_base64_ENCODED_LEN(BYTES, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    char *text = arena_alloc(arena, size);
    random_bytes(bytes, sizeof bytes);
    return sodium_bin2base64(text, size, bytes, sizeof bytes, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
}

/* Restrictions that are not kept must not be taken: access rules would look like a protection and be none. */
static int refuse_access_rules(struct ctx *ctx, const struct value *asked)
{
    if (value_count(value_get(asked, "access_rules")) == 0)
        return 0;
    return fail(ctx, FAULT_BAD_REQUEST,
                "Access rules are not offered; restrict the credential by its roles.");
}

static int read_asked(struct ctx *ctx, const struct value *asked, const struct token_record *token,
                      struct credential *credential)
{
    if (refuse_access_rules(ctx, asked) < 0 || read_text(ctx, asked, "name", 255, &credential->name) < 0 ||
        read_text(ctx, asked, "description", 10000, &credential->description) < 0 ||
        read_text(ctx, asked, "secret", PASSWORD_LENGTH_MAX, &credential->secret) < 0 ||
        read_expiry(ctx, asked, credential) < 0 || read_roles(ctx, asked, token, credential) < 0)
        return -1;
    if (credential->name == NULL || credential->name[strspn(credential->name, " \t\r\n")] == '\0')
        return fail(ctx, FAULT_BAD_REQUEST, "'name' is a required property");
    if (token->identity.project_id == NULL)
        return fail(ctx, FAULT_BAD_REQUEST,
                    "An application credential belongs to a project; use a token with a scope.");
    credential->unrestricted = value_truth(value_get(asked, "unrestricted"));
    if (credential->secret == NULL)
        credential->secret = make_secret(ctx->arena);
    credential->secret_hash = password_hash(ctx, credential->secret);
    return credential->secret_hash ? 0 : -1;
}

static int store(struct ctx *ctx, const struct credential *credential)
{
    const char *expires =
        credential->expires_us ? arena_printf(ctx->arena, "%lld", (long long)credential->expires_us) : NULL;
    if (identity_begin(ctx) < 0)
        return -1;
    if (db_queue(ctx, ctx->db, STMT_identity_credential_add, credential->id, credential->name,
                 credential->user_id, credential->tenant_id, credential->secret_hash, credential->roles,
                 credential->unrestricted ? "true" : "false", credential->description, expires) == 0 &&
        db_commit(ctx, ctx->db) == 0)
        return 0;
    if (ctx->error.fault != FAULT_CONFLICT)
        return -1;
    error_clear(ctx);
    return fail(
        ctx, FAULT_CONFLICT,
        "Conflict occurred attempting to store application_credential - Duplicate entry found with name %s.",
        credential->name);
}

int identity_credentials_create(struct request *request)
{
    struct ctx *ctx = &request->ctx;
    const struct token_record *token;
    char id[UUID_HEX_SIZE];
    if (may_manage(ctx, request->variables[0], "identity:create_application_credential", &token) < 0)
        return -1;
    const struct value *asked = identity_body(request, "application_credential");
    if (asked == NULL)
        return -1;
    uuid_hex(id);
    struct credential credential = {
        .id = id, .user_id = token->identity.user_id, .tenant_id = token->identity.project_id};
    if (read_asked(ctx, asked, token, &credential) < 0 || store(ctx, &credential) < 0)
        return -1;
    reply_header(request, "Cache-Control", "no-store");
    identity_reply(request, 201, "application_credential", document(request, &credential));
    return 0;
}

/* ---- delete ---- */

int identity_credentials_delete(struct request *request)
{
    struct ctx *ctx = &request->ctx;
    const char *user_id = request->variables[0], *id = request->variables[1];
    const struct token_record *token;
    if (may_manage(ctx, user_id, "identity:delete_application_credential", &token) < 0 ||
        identity_begin(ctx) < 0)
        return -1;
    const struct rows *rows = db_run(ctx, ctx->db, STMT_identity_credential_remove, user_id, id);
    if (rows == NULL || db_commit(ctx, ctx->db) < 0)
        return -1;
    if (rows_affected(rows) == 0)
        return identity_not_found(ctx, "Application Credential", id);
    auth_cache_invalidate(); /* its tokens went with it */
    reply_empty(request, 204);
    return 0;
}
