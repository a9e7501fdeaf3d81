/* Tokens of the standalone identity. */
#include "fcgi/auth_standalone.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/config.h"
#include "base/seal.h"
#include "base/uuid.h"
#include "sql/db.h"

/* The prefix lets people and secret scanners see what they have found. */
static const char token_prefix[] = "hearth_";

void token_make(char out[TOKEN_SIZE])
{
    unsigned char secret[32];
    random_bytes(secret, sizeof secret);
    memcpy(out, token_prefix, sizeof token_prefix - 1);
    sodium_bin2base64(out + sizeof token_prefix - 1, TOKEN_SIZE - sizeof token_prefix + 1, secret,
                      sizeof secret, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    sodium_memzero(secret, sizeof secret);
}

void token_digest(const char *token, char out[TOKEN_DIGEST_SIZE])
{
    /* "token:" keeps these digests apart from signatures of anything else under the same key. */
    char text[TOKEN_LENGTH_MAX + 8];
    snprintf(text, sizeof text, "token:%s", token);
    seal_sign(text, out);
}

const char *const *words_split(struct arena *arena, const char *words, size_t *count)
{
    size_t most = 1;
    for (const char *c = words; *c; c++)
        most += *c == ' ';
    const char **list = arena_array(arena, const char *, most);
    *count = 0;
    for (words += strspn(words, " "); *words; words += strspn(words, " ")) {
        size_t length = strcspn(words, " ");
        list[(*count)++] = arena_strndup(arena, words, length);
        words += length;
    }
    return list;
}

/* ---- issuing ---- */

static const char *make_audit_id(struct arena *arena)
{
    unsigned char bytes[16];
    char *text = arena_alloc(arena, 32);
    random_bytes(bytes, sizeof bytes);
    return sodium_bin2base64(text, 32, bytes, sizeof bytes, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
}

static void set_times(struct ctx *ctx, struct token_record *record, int64_t expires_max_us)
{
    record->issued_us = clock_wall_us() / 1000000 * 1000000;
    record->identity.expires_us = record->issued_us + ctx->config->token_lifetime * 1000;
    if (expires_max_us > 0 && record->identity.expires_us > expires_max_us)
        record->identity.expires_us = expires_max_us;
}

int token_issue(struct ctx *ctx, struct token_record *record, int64_t expires_max_us, char out[TOKEN_SIZE])
{
    char digest[TOKEN_DIGEST_SIZE];
    record->audit_id = make_audit_id(ctx->arena);
    set_times(ctx, record, expires_max_us);
    token_make(out);
    token_digest(out, digest);
    const char *issued = arena_printf(ctx->arena, "%lld", (long long)record->issued_us);
    const char *expires = arena_printf(ctx->arena, "%lld", (long long)record->identity.expires_us);
    if (db_begin(ctx, ctx->db, DB_WRITE) < 0 || db_queue(ctx, ctx->db, STMT_identity_token_expire) < 0 ||
        db_queue(ctx, ctx->db, STMT_identity_token_add, digest, record->audit_id, record->identity.user_id,
                 record->identity.project_id, record->roles, record->methods, record->credential_id, issued,
                 expires) < 0)
        return -1;
    return db_commit(ctx, ctx->db);
}

/* ---- finding ---- */

static struct token_record *read_record(struct ctx *ctx, const struct rows *rows, const char *token)
{
    struct token_record *record = arena_new(ctx->arena, struct token_record);
    struct identity *identity = &record->identity;
    identity->user_id = rows_get(rows, 0, "user_id");
    identity->user_name = rows_get(rows, 0, "user_name");
    identity->user_domain_id = DEFAULT_DOMAIN_ID;
    identity->user_domain_name = DEFAULT_DOMAIN_NAME;
    identity->project_id = rows_get(rows, 0, "tenant_id");
    identity->project_name = rows_get(rows, 0, "tenant_name");
    if (identity->project_id != NULL) {
        identity->project_domain_id = DEFAULT_DOMAIN_ID;
        identity->project_domain_name = DEFAULT_DOMAIN_NAME;
    }
    record->roles = rows_get(rows, 0, "roles");
    identity->roles = words_split(ctx->arena, record->roles, &identity->role_count);
    identity->is_admin_project =
        true; /* as with a Keystone that has no admin project: the role alone decides */
    identity->expires_us = rows_int(rows, 0, rows_column(rows, "expires_us"));
    identity->token = token;
    record->issued_us = rows_int(rows, 0, rows_column(rows, "issued_us"));
    record->audit_id = rows_get(rows, 0, "audit_id");
    record->methods = rows_get(rows, 0, "methods");
    record->credential_id = rows_get(rows, 0, "credential_id");
    record->credential_name = rows_get(rows, 0, "credential_name");
    record->credential_unrestricted = rows_bool(rows, 0, rows_column(rows, "unrestricted"));
    return record;
}

struct token_record *token_find(struct ctx *ctx, const char *token)
{
    struct rows *rows = NULL;
    size_t length = strlen(token);
    if (length > 0 && length <= TOKEN_LENGTH_MAX) {
        char digest[TOKEN_DIGEST_SIZE];
        token_digest(token, digest);
        rows = db_read(ctx, ctx->db, STMT_identity_token_find, digest);
        if (rows == NULL)
            return NULL;
    }
    if (rows == NULL || rows_count(rows) == 0)
        return fail_null(ctx, FAULT_UNAUTHENTICATED, "The request you have made requires authentication.");
    return read_record(ctx, rows, token);
}
