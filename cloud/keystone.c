/* Keystone v3 as Hearth asks it: validation of tokens and the catalogue, with a service user's token. */
#include "cloud/keystone.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <sodium.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/config.h"
#include "base/log.h"
#include "cloud/keystone_token.h"

enum { PASSWORD_MAX = 1024, TOKEN_MAX = 16384, PAUSE_US = 1000000, RENEW_EARLY_US = 60000000 };

struct keystone {
    struct arena *home;
    struct http *http;
    const char *url;
    const char *login; /* body of POST /auth/tokens, with the password */
    const struct config *config;
    char token[TOKEN_MAX]; /* the service user's; "": none */
    int64_t token_expires_us;
    int64_t retry_at_us; /* monotonic; before it nothing is asked */
};

/* ---- creation ---- */

/* Reads the first line. The caller wipes it. */
static int read_password(struct ctx *ctx, const char *path, char out[PASSWORD_MAX])
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct stat status;
    if (fd < 0 || fstat(fd, &status) < 0) {
        int reason = errno;
        if (fd >= 0)
            close(fd);
        return fail(ctx, FAULT_INVALID, "keystone_password_file %s cannot be read: %s", path,
                    strerror(reason));
    }
    if (status.st_mode & (S_IRWXG | S_IRWXO))
        log_warning(NULL, "keystone_password_file %s is readable by others; chmod 600 it", path);
    ssize_t length = read(fd, out, PASSWORD_MAX - 1);
    close(fd);
    out[length > 0 ? length : 0] = '\0';
    out[strcspn(out, "\r\n")] = '\0';
    if (*out == '\0')
        return fail(ctx, FAULT_INVALID, "keystone_password_file %s is empty", path);
    return 0;
}

static const char *login_body(struct arena *arena, const struct config *config, const char *password)
{
    json_auto_t *body =
        json_pack("{s:{s:{s:[s],s:{s:{s:s,s:{s:s},s:s}}},s:{s:{s:s,s:{s:s}}}}}", "auth", "identity",
                  "methods", "password", "password", "user", "name", config->keystone_user, "domain", "name",
                  config->keystone_user_domain, "password", password, "scope", "project", "name",
                  config->keystone_project, "domain", "name", config->keystone_project_domain);
    char *text = json_dumps(body, JSON_COMPACT);
    const char *kept = text ? arena_strdup(arena, text) : NULL;
    if (text != NULL)
        sodium_memzero(text, strlen(text));
    free(text);
    return kept;
}

/* "http://host:5000" and "…/v3/" both become "…/v3". */
static const char *url_with_version(struct arena *arena, const char *url)
{
    size_t length = strlen(url);
    while (length > 0 && url[length - 1] == '/')
        length--;
    bool versioned = length >= 3 && memcmp(url + length - 3, "/v3", 3) == 0;
    return arena_printf(arena, "%.*s%s", (int)length, url, versioned ? "" : "/v3");
}

static int require(struct ctx *ctx, const char *value, const char *option)
{
    if (*value != '\0')
        return 0;
    return fail(ctx, FAULT_INVALID, "auth = keystone needs the option %s", option);
}

struct keystone *keystone_create(struct ctx *ctx, struct http *http)
{
    const struct config *config = ctx->config;
    char password[PASSWORD_MAX];
    if (require(ctx, config->keystone_url, "keystone_url") < 0 ||
        require(ctx, config->keystone_user, "keystone_user") < 0 ||
        require(ctx, config->keystone_password_file, "keystone_password_file") < 0 ||
        read_password(ctx, config->keystone_password_file, password) < 0)
        return NULL;
    struct arena *home = arena_create(0);
    struct keystone *keystone = arena_new(home, struct keystone);
    keystone->home = home;
    keystone->http = http;
    keystone->config = config;
    keystone->url = url_with_version(home, config->keystone_url);
    keystone->login = login_body(home, config, password);
    sodium_memzero(password, sizeof password);
    if (keystone->login != NULL)
        return keystone;
    keystone_destroy(keystone);
    return fail_null(ctx, FAULT_INVALID, "the options keystone_* or the password are not valid UTF-8");
}

void keystone_destroy(struct keystone *keystone)
{
    if (keystone != NULL)
        arena_destroy(keystone->home);
}

const char *keystone_url(const struct keystone *keystone)
{
    return keystone->url;
}

/* ---- asking ---- */

/* Clients are told the address they know; ours is for the log. */
static int unavailable(struct ctx *ctx, struct keystone *keystone)
{
    const char *known = keystone->config->keystone_public_url;
    return fail(ctx, FAULT_UNAVAILABLE, "The identity service at %s is not available.",
                *known ? known : keystone->url);
}

static int no_answer(struct ctx *ctx, struct keystone *keystone, const char *why)
{
    log_error(ctx->request_id,
              "Keystone at %s: %s; check that it runs and that keystone_url, keystone_cacert and "
              "keystone_timeout fit",
              keystone->url, why);
    keystone->retry_at_us = clock_monotonic_us() + PAUSE_US;
    return unavailable(ctx, keystone);
}

/* A call whose failure to answer has been dealt with; -1 then. */
static int ask(struct ctx *ctx, struct keystone *keystone, struct http_call *call)
{
    if (clock_monotonic_us() < keystone->retry_at_us)
        return unavailable(ctx, keystone);
    struct ctx own = *ctx;
    call->arena = ctx->arena;
    call->timeout_ms = keystone->config->keystone_timeout;
    call->cacert = keystone->config->keystone_cacert;
    if (http_perform(&own, keystone->http, call) < 0)
        return no_answer(ctx, keystone, call->error);
    if (call->status >= 500)
        return no_answer(ctx, keystone, arena_printf(ctx->arena, "it answered %d", call->status));
    return 0;
}

static int login(struct ctx *ctx, struct keystone *keystone)
{
    struct http_call call = {
        .method = "POST",
        .url = arena_printf(ctx->arena, "%s/auth/tokens?nocatalog", keystone->url),
        .headers = (const char *const[]){"Content-Type: application/json", NULL},
        .body = keystone->login,
        .body_length = strlen(keystone->login),
    };
    *keystone->token = '\0';
    if (ask(ctx, keystone, &call) < 0)
        return -1;
    if (call.status != 201 && call.status != 401 && call.status != 403)
        return no_answer(ctx, keystone, arena_printf(ctx->arena, "it answered %d to a login", call.status));
    const char *token = http_header(&call, "X-Subject-Token");
    const struct identity *self =
        call.status == 201 ? keystone_token_read(ctx->arena, call.answer.data, call.answer.length) : NULL;
    if (self == NULL || token == NULL || strlen(token) >= sizeof keystone->token) {
        log_error(ctx->request_id,
                  "Keystone at %s does not let user %s into project %s (status %d); check the options "
                  "keystone_* and the password in keystone_password_file",
                  keystone->url, keystone->config->keystone_user, keystone->config->keystone_project,
                  call.status);
        keystone->retry_at_us = clock_monotonic_us() + PAUSE_US;
        return unavailable(ctx, keystone);
    }
    strcpy(keystone->token, token);
    keystone->token_expires_us = self->expires_us;
    return 0;
}

const char *keystone_service_token(struct ctx *ctx, struct keystone *keystone)
{
    bool fresh = *keystone->token != '\0' && clock_wall_us() < keystone->token_expires_us - RENEW_EARLY_US;
    if (!fresh && login(ctx, keystone) < 0)
        return NULL;
    return arena_strdup(ctx->arena, keystone->token);
}

/* GET of path in the service user's name, about the token of somebody else; once more when Keystone refuses
 * ours. */
static int ask_about(struct ctx *ctx, struct keystone *keystone, const char *path, const char *token,
                     struct http_call *call)
{
    for (int attempt = 0; attempt < 2; attempt++) {
        const char *own = keystone_service_token(ctx, keystone);
        if (own == NULL)
            return -1;
        const char *headers[] = {arena_printf(ctx->arena, "X-Auth-Token: %s", own),
                                 arena_printf(ctx->arena, "X-Subject-Token: %s", token), NULL};
        *call = (struct http_call){.url = arena_printf(ctx->arena, "%s%s", keystone->url, path),
                                   .headers = headers};
        if (ask(ctx, keystone, call) < 0)
            return -1;
        call->headers = NULL;
        if (call->status != 401)
            return 0;
        *keystone->token = '\0';
    }
    return 0;
}

static struct identity *refused(struct ctx *ctx, struct keystone *keystone, int status)
{
    log_error(ctx->request_id,
              "Keystone at %s does not let user %s validate tokens (status %d); give it the role admin "
              "or service in project %s",
              keystone->url, keystone->config->keystone_user, status, keystone->config->keystone_project);
    (void)unavailable(ctx, keystone);
    return NULL;
}

/* What may stand in a header: anything else is no token, and must not become a header of its own. */
static bool token_plausible(const char *token)
{
    size_t length = strlen(token);
    for (size_t i = 0; i < length; i++)
        if (token[i] <= ' ' || token[i] > '~')
            return false;
    return length > 0 && length < TOKEN_MAX;
}

static struct identity *unauthenticated(struct ctx *ctx)
{
    return fail_null(ctx, FAULT_UNAUTHENTICATED, "The request you have made requires authentication.");
}

/* What no Keystone answers about a token (a proxy's word, too many requests): not the token's fault. */
static struct identity *strange_answer(struct ctx *ctx, struct keystone *keystone, const char *what)
{
    (void)no_answer(ctx, keystone, what);
    return NULL;
}

struct identity *keystone_validate(struct ctx *ctx, struct keystone *keystone, const char *token)
{
    struct http_call call;
    if (!token_plausible(token))
        return unauthenticated(ctx);
    if (ask_about(ctx, keystone, "/auth/tokens?nocatalog", token, &call) < 0)
        return NULL;
    if (call.status == 401 || call.status == 403)
        return refused(ctx, keystone, call.status);
    if (call.status == 404)
        return unauthenticated(ctx);
    if (call.status != 200)
        return strange_answer(ctx, keystone, arena_printf(ctx->arena, "it answered %d", call.status));
    struct identity *identity = keystone_token_read(ctx->arena, call.answer.data, call.answer.length);
    if (identity == NULL)
        return strange_answer(ctx, keystone, "its answer is no token document");
    return identity->expires_us > clock_wall_us() ? identity : unauthenticated(ctx);
}

const struct catalog *keystone_catalog(struct ctx *ctx, struct keystone *keystone, const char *token)
{
    if (!token_plausible(token))
        return fail_null(ctx, FAULT_UNAUTHENTICATED, "The request you have made requires authentication.");
    const char *headers[] = {arena_printf(ctx->arena, "X-Auth-Token: %s", token), NULL};
    struct http_call call = {.url = arena_printf(ctx->arena, "%s/auth/catalog", keystone->url),
                             .headers = headers};
    if (ask(ctx, keystone, &call) < 0)
        return NULL;
    if (call.status == 401)
        return fail_null(ctx, FAULT_UNAUTHENTICATED, "The request you have made requires authentication.");
    if (call.status != 200) {
        (void)no_answer(ctx, keystone, arena_printf(ctx->arena, "it answered %d", call.status));
        return NULL;
    }
    return catalog_read(ctx, call.answer.data, call.answer.length);
}
