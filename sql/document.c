/* Content-addressed documents. */
#include "sql/document.h"

#include <sodium.h>
#include <string.h>

void document_digest(const char *body, char out[DOCUMENT_DIGEST_SIZE])
{
    unsigned char digest[32];
    crypto_generichash(digest, sizeof digest, (const unsigned char *)body, strlen(body), NULL, 0);
    sodium_bin2hex(out, DOCUMENT_DIGEST_SIZE, digest, sizeof digest);
}

const char *document_put(struct ctx *ctx, struct db *db, const char *body)
{
    char *digest = arena_alloc(ctx->arena, DOCUMENT_DIGEST_SIZE);
    document_digest(body, digest);
    return db_queue(ctx, db, STMT_document_put, ctx->tenant_id, digest, body) == 0 ? digest : NULL;
}

const char *document_get(struct ctx *ctx, struct db *db, const char *digest)
{
    struct rows *rows = db_read(ctx, db, STMT_document_get, ctx->tenant_id, digest);
    if (!rows)
        return NULL;
    const char *body = rows_count(rows) ? rows_text(rows, 0, 0) : NULL;
    return body ? body : fail_null(ctx, FAULT_NOT_FOUND, "The document %s could not be found.", digest);
}
