/* Encryption at rest (hidden parameters, credentials): XChaCha20-Poly1305 by libsodium, with a key that stays
 * outside the database. A sealed text is "1:<key id>:<base64 of nonce and box>", so that several keys can be
 * in use while rows are re-sealed under a new one.
 *
 * Key file: one key a line, "<key id> <64 hex digits>", mode 0600; the first line seals, all open. */
#ifndef HEARTH_BASE_SEAL_H
#define HEARTH_BASE_SEAL_H

#include <stdbool.h>

#include "base/ctx.h"

/* Reads the key file, before any other call; again (after a rotation) it replaces all keys, or on failure
 * none. FAULT_INVALID with a message on what to do. */
int seal_load_keys(struct ctx *ctx, const char *path) MUST_CHECK;
/* context is bound to the box ("tenant_id/stack_id/parameters"): moved to another row it does not open. */
const char *seal(struct ctx *ctx, const char *context, const char *plain) MUST_CHECK;
/* FAULT_INTERNAL when the key is not loaded, or the text was changed or sealed for another context. */
const char *seal_open(struct ctx *ctx, const char *context, const char *sealed) MUST_CHECK;
/* True when sealed was made under the first key; false: due for re-sealing. */
bool seal_is_current(const char *sealed);
/* Keyed digest (BLAKE2b, 64 hex digits) under the first key: tokens and signed URLs. */
void seal_sign(const char *text, char out[65]);
/* True when signature is right under any loaded key; in constant time. */
int seal_verify(const char *text, const char *signature);

enum { SEAL_KEY_ID_MAX = 32, SEAL_KEY_LINE_SIZE = SEAL_KEY_ID_MAX + 1 + 64 + 1 };
/* A line for a key file, without its newline, with a new random key. key_id: 1 to 32 of a-z A-Z 0-9 . _ -;
 * else -1. */
int seal_new_key(const char *key_id, char out[SEAL_KEY_LINE_SIZE]) MUST_CHECK;

#endif
