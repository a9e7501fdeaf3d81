/* Passwords and secrets at rest: crypt(3) by libxcrypt, yescrypt at its default cost. */
#ifndef HEARTH_CLOUD_PASSWORD_H
#define HEARTH_CLOUD_PASSWORD_H

#include <stdbool.h>

#include "base/ctx.h"

enum { PASSWORD_LENGTH_MAX = 511 }; /* crypt(3)'s */

/* NULL with FAULT_BAD_REQUEST when password is empty or too long, FAULT_INTERNAL when crypt(3) lacks
 * yescrypt. */
const char *password_hash(struct ctx *ctx, const char *password) MUST_CHECK;

/* One hash's work, some tens of milliseconds; also with hash NULL (there is no such user), where the answer
 * is no. */
bool password_matches(const char *password, const char *hash);

#endif
