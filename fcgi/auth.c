/* Who asks: X-Auth-Token to identity, through the cache, from the standalone tables or a Keystone. */
#include "fcgi/auth.h"

#include <string.h>

#include "base/clock.h"
#include "base/config.h"
#include "base/log.h"
#include "cloud/http.h"
#include "cloud/keystone.h"
#include "fcgi/auth_cache.h"
#include "fcgi/auth_standalone.h"
#include "fcgi/policy.h"
#include "fcgi/scoreboard.h"

/* How long a worker remembers that Keystone did not know a token, and how many of those: few, and apart from
 * the good ones, so that a flood of made-up tokens neither pushes those out nor reaches Keystone each time it
 * is repeated. */
enum { REFUSED_TIME_US = 5000000, REFUSED_SHARE = 10 };

/* What a worker process has one of. */
static struct {
    struct auth_cache *known, *refused;
    struct keystone *keystone; /* NULL with auth = standalone */
} state;

static int open_keystone(struct ctx *ctx)
{
    if (state.keystone != NULL)
        return 0;
    struct http *http = http_create();
    state.keystone = keystone_create(ctx, http);
    if (state.keystone != NULL)
        return 0;
    http_destroy(http);
    return -1;
}

int auth_open(struct ctx *ctx)
{
    const struct config *config = ctx->config;
    if (policy_open(ctx, config->policy_file) < 0)
        return -1;
    size_t size = config->token_cache_size > 0 ? (size_t)config->token_cache_size : 1;
    if (state.known == NULL) {
        state.known = auth_cache_create(size);
        state.refused = auth_cache_create(size / REFUSED_SHARE);
    }
    return strcmp(config->auth, "keystone") == 0 ? open_keystone(ctx) : 0;
}

/* ---- checking ---- */

/* The standalone tables have no tenant's wall; the request's own tenant is set after this. */
static const struct identity *check_standalone(struct ctx *ctx, const char *token)
{
    const char *tenant = ctx->tenant_id;
    ctx->tenant_id = "*";
    const struct token_record *record = token_find(ctx, token);
    ctx->tenant_id = tenant;
    return record ? &record->identity : NULL;
}

static const struct identity *check(struct ctx *ctx, const char *token)
{
    return state.keystone ? keystone_validate(ctx, state.keystone, token) : check_standalone(ctx, token);
}

static int64_t smaller(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* Believed for token_cache_time, but never past the token's own end. */
static void remember(const struct ctx *ctx, const char *digest, const struct identity *identity,
                     uint64_t generation, int64_t now_us)
{
    int64_t most = ctx->config->token_cache_time * 1000;
    int64_t left = identity->expires_us - clock_wall_us();
    if (most > 0 && left > 0)
        auth_cache_put(state.known, digest, identity, generation, now_us + smaller(most, left));
}

static const struct identity *check_and_remember(struct ctx *ctx, const char *token, const char *digest,
                                                 uint64_t generation, int64_t now_us)
{
    const struct identity *identity = check(ctx, token);
    if (identity != NULL)
        remember(ctx, digest, identity, generation, now_us);
    else if (state.keystone && ctx->error.fault == FAULT_UNAUTHENTICATED)
        auth_cache_put(state.refused, digest, NULL, generation,
                       now_us + smaller(ctx->config->token_cache_time * 1000, REFUSED_TIME_US));
    return identity;
}

static int unauthenticated(struct ctx *ctx)
{
    return fail(ctx, FAULT_UNAUTHENTICATED, "The request you have made requires authentication.");
}

/* The request's own copy: what the cache holds may go, and the token itself is not in it. */
static void set_identity(struct ctx *ctx, const struct identity *identity, const char *token)
{
    struct identity *own = arena_new(ctx->arena, struct identity);
    *own = *identity;
    own->token = token;
    ctx->identity = own;
}

int auth_identify(struct request *request)
{
    struct ctx *ctx = &request->ctx;
    const char *token = request_header(request, "X-Auth-Token");
    if (token == NULL || *token == '\0' || strlen(token) > TOKEN_LENGTH_MAX)
        return unauthenticated(ctx);
    char digest[TOKEN_DIGEST_SIZE];
    token_digest(token, digest);
    uint64_t generation = scoreboard_auth_generation();
    int64_t now_us = clock_monotonic_us();
    bool refused;
    (void)auth_cache_get(state.refused, digest, generation, now_us, &refused);
    if (refused)
        return unauthenticated(ctx);
    const struct identity *identity = auth_cache_get(state.known, digest, generation, now_us, &refused);
    if (identity == NULL)
        identity = check_and_remember(ctx, token, digest, generation, now_us);
    if (identity == NULL)
        return -1;
    set_identity(ctx, identity, token);
    return 0;
}

void auth_cache_invalidate(void)
{
    scoreboard_auth_bump();
}
