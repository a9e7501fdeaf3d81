/* Keystone v3, asked by a service user: is this token valid, and where are the services?
 *
 * The service user's own token is got by password, used again until a minute before it expires, and got anew
 * when Keystone refuses it. After a call without an answer the next second's calls fail at once, so that a
 * Keystone that is away does not hold every worker for keystone_timeout. */
#ifndef HEARTH_CLOUD_KEYSTONE_H
#define HEARTH_CLOUD_KEYSTONE_H

#include "base/ctx.h"
#include "cloud/catalog.h"
#include "cloud/http.h"
#include "cloud/identity.h"

struct keystone;

/* From the options keystone_*; reads the password file. http is borrowed. NULL when an option is missing or
 * the file unreadable; the message names the option. Keystone itself is not asked yet. */
struct keystone *keystone_create(struct ctx *ctx, struct http *http) MUST_CHECK;
void keystone_destroy(struct keystone *keystone);

/* URL with /v3 and no slash after it. */
const char *keystone_url(const struct keystone *keystone);

/* What the token says, on ctx->arena. NULL with FAULT_UNAUTHENTICATED when Keystone does not know it (or it
 * expired), with FAULT_UNAVAILABLE when Keystone does not answer, or not us. */
struct identity *keystone_validate(struct ctx *ctx, struct keystone *keystone, const char *token) MUST_CHECK;

/* The catalogue that a token sees. Faults as above. */
const struct catalog *keystone_catalog(struct ctx *ctx, struct keystone *keystone,
                                       const char *token) MUST_CHECK;

/* The service user's own token, for calls in its name. Valid as long as ctx->arena. */
const char *keystone_service_token(struct ctx *ctx, struct keystone *keystone) MUST_CHECK;

#endif
