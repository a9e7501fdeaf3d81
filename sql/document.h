/* Documents: templates, environments and files maps, content-addressed, so that a tree of stacks shares one
 * row. */
#ifndef HEARTH_SQL_DOCUMENT_H
#define HEARTH_SQL_DOCUMENT_H

#include "sql/db.h"

enum { DOCUMENT_DIGEST_SIZE = 65 };

/* BLAKE2b-256 of body, as 64 hex digits. */
void document_digest(const char *body, char out[DOCUMENT_DIGEST_SIZE]);

/* Queues the insert (nothing happens when the tenant has the document already) in the open write transaction,
 * under ctx->tenant_id, and returns the digest, on ctx->arena. Queue it before the row that refers to it. */
const char *document_put(struct ctx *ctx, struct db *db, const char *body) MUST_CHECK;

/* Body of a document; NULL with FAULT_NOT_FOUND when the tenant has none of that digest. */
const char *document_get(struct ctx *ctx, struct db *db, const char *digest) MUST_CHECK;

#endif
