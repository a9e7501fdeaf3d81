/* The tokens a worker has checked lately: a hash table with a fixed number of places, oldest use out first.
 *
 * An entry is believed until its time is over, or until the generation differs from the one it was made in:
 * raising the generation (a revocation) makes all entries of all workers worthless at once. The generation
 * must be read before the token is checked, so that a revocation in between is not lost. */
#ifndef HEARTH_FCGI_AUTH_CACHE_H
#define HEARTH_FCGI_AUTH_CACHE_H

#include <stddef.h>
#include <stdint.h>

#include "cloud/identity.h"

enum { AUTH_DIGEST_SIZE = 65 }; /* 64 hex digits and NUL */

struct auth_cache;

/* capacity: entries, at least 1. Memory is taken as they come, some 600 bytes each. */
struct auth_cache *auth_cache_create(size_t capacity);
void auth_cache_destroy(struct auth_cache *cache);

/* What is known of the token with this digest now (monotonic microseconds): its identity, or NULL when
 * nothing is. Borrowed: valid until the next auth_cache_put. An entry put without identity ("no such token")
 * sets *refused. */
const struct identity *auth_cache_get(struct auth_cache *cache, const char *digest, uint64_t generation,
                                      int64_t now_us, bool *refused);

/* Remembers a copy of identity (NULL: the token is refused) until until_us; identity->token is not kept. */
void auth_cache_put(struct auth_cache *cache, const char *digest, const struct identity *identity,
                    uint64_t generation, int64_t until_us);

size_t auth_cache_count(const struct auth_cache *cache);

#endif
