/* Fetching a document from a URL that a user named: a template, mostly.
 *
 * The user chooses where this process connects to, so it must not become a way into the provider's own
 * network: only http and https, no proxy, and no address that is loopback, link-local, private or otherwise
 * not of the public Internet, unless fetch_private_addresses allows it. The address is checked when the
 * connection is made, after names were resolved and for each redirect, so a name that changes its mind
 * between two look-ups gains nothing. */
#ifndef HEARTH_CLOUD_FETCH_H
#define HEARTH_CLOUD_FETCH_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>

#include "base/ctx.h"

/* The document, NUL-terminated, on ctx->arena. Fails with FAULT_BAD_REQUEST, in Heat's words: what is wrong
 * with the scheme, that it could not be had, or that it is longer than max. The caller puts before it what
 * was wanted. */
const char *fetch_text(struct ctx *ctx, const char *url, size_t max, size_t *length) MUST_CHECK;

/* Whether an address belongs to the public Internet (IANA's special-purpose registries, RFC 6890). */
bool address_is_public(const struct sockaddr *address);

#endif
