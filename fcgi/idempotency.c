/* Requests that are carried out once however often they are sent. */
#include "fcgi/idempotency.h"

#include <inttypes.h>
#include <string.h>

#include "base/config.h"
#include "base/log.h"
#include "base/seal.h"
#include "cloud/identity.h"
#include "fcgi/errors.h"
#include "sql/db.h"
#include "sql/document.h"

enum { KEY_MAX = 255 };

/* One request with its key. */
struct once {
    struct request *request;
    char key[DOCUMENT_DIGEST_SIZE], content[DOCUMENT_DIGEST_SIZE];
    bool late; /* another request with the key was carried out meanwhile */
};

static const char *key_of(const struct request *request)
{
    bool heeded = (request->route->flags & ROUTE_ONCE) && request->ctx.identity &&
                  request->ctx.config->idempotency_key_lifetime > 0;
    return heeded ? request_header(request, "Idempotency-Key") : NULL;
}

static int read_key(struct once *once, const char *key)
{
    struct request *request = once->request;
    struct ctx *ctx = &request->ctx;
    if (!*key || strlen(key) > KEY_MAX)
        return fail(ctx, FAULT_BAD_REQUEST, "Idempotency-Key must have 1 to %d characters", KEY_MAX);
    document_digest(key, once->key);
    document_digest(arena_printf(ctx->arena, "%s %s?%s\n%zu\n%s", request->method_text, request->raw_path,
                                 request->raw_query ? request->raw_query : "", request->body_length,
                                 request->body),
                    once->content);
    return 0;
}

/* ---- the reply as data: [status, headers, body] ---- */

static const char *reply_sealed(struct once *once)
{
    struct ctx *ctx = &once->request->ctx;
    const struct reply *reply = &once->request->reply;
    struct value *data = value_list(ctx->arena);
    value_list_add(ctx->arena, data, value_int(ctx->arena, reply->status));
    value_list_add(ctx->arena, data, value_string_n(ctx->arena, reply->headers.data, reply->headers.length));
    value_list_add(ctx->arena, data, value_string_n(ctx->arena, reply->body.data, reply->body.length));
    return seal(ctx, arena_printf(ctx->arena, "%s/idempotency/%s", ctx->tenant_id, once->key),
                value_to_json(ctx->arena, data));
}

static int restore_reply(struct once *once, const char *sealed)
{
    struct ctx *ctx = &once->request->ctx;
    const char *text =
        seal_open(ctx, arena_printf(ctx->arena, "%s/idempotency/%s", ctx->tenant_id, once->key), sealed);
    const struct value *data = text ? value_read_json(ctx, text, strlen(text)) : NULL;
    if (!data)
        return -1;
    struct reply *reply = &once->request->reply;
    *reply = (struct reply){.headers = STR_INIT(ctx->arena), .body = STR_INIT(ctx->arena)};
    reply_json(once->request, (int)value_at(data, 0)->integer);
    str_add(&reply->headers, value_text(value_at(data, 1)));
    str_add(&reply->body, value_text(value_at(data, 2)));
    reply_header(once->request, "Idempotent-Replayed", "true");
    return 0;
}

/* 1: the reply is there; 0: the key is not known. */
static int replay(struct once *once)
{
    struct ctx *ctx = &once->request->ctx;
    struct rows *rows =
        db_read(ctx, ctx->db, STMT_idempotency_find, ctx->tenant_id, ctx->identity->user_id, once->key);
    if (!rows)
        return -1;
    if (rows_count(rows) == 0)
        return 0;
    if (strcmp(rows_text(rows, 0, 0), once->content) != 0)
        return fail(ctx, FAULT_IDEMPOTENCY_KEY_REUSED,
                    "This Idempotency-Key was used for another request; use a new one for each request.");
    return restore_reply(once, rows_text(rows, 0, 1)) == 0 ? 1 : -1;
}

/* ---- carrying it out ---- */

/* First in the transaction of the handler. */
static int claim(struct ctx *ctx, void *arg)
{
    struct once *once = arg;
    struct rows *rows =
        db_run(ctx, ctx->db, STMT_idempotency_claim, ctx->tenant_id, ctx->identity->user_id, once->key,
               once->content, arena_printf(ctx->arena, "%" PRId64, ctx->config->idempotency_key_lifetime));
    if (!rows)
        return -1;
    once->late = rows_count(rows) == 0;
    return once->late ? fail(ctx, FAULT_CONFLICT, "A request with this Idempotency-Key came first.") : 0;
}

/* With the transaction of the handler, or in one of its own where it wrote nothing. */
static int keep_reply(struct once *once)
{
    struct ctx *ctx = &once->request->ctx;
    const char *sealed = reply_sealed(once);
    if (!sealed || (!db_holds(ctx->db) && db_begin(ctx, ctx->db, DB_WRITE) < 0) ||
        db_queue(ctx, ctx->db, STMT_idempotency_store, ctx->tenant_id, ctx->identity->user_id, once->key,
                 sealed) < 0)
        return -1;
    return db_release(ctx, ctx->db);
}

/* The handler refused, and took back what it had begun. That is the reply from now on, unless another request with
 * the key was carried out meanwhile. */
static int keep_refusal(struct once *once)
{
    struct ctx *ctx = &once->request->ctx;
    db_rollback(ctx->db);
    error_reply(once->request);
    error_clear(ctx);
    if (keep_reply(once) == 0)
        return 0;
    if (once->late)
        return -1; /* it refused what the other one had done meanwhile */
    log_warning(ctx->request_id, "a refusal could not be kept for its Idempotency-Key: %s",
                ctx->error.message);
    return 0;
}

static int carry_out(struct once *once, handler *run)
{
    struct ctx *ctx = &once->request->ctx;
    if (run(once->request) == 0)
        return keep_reply(once);
    return once->late || fault_status(ctx->error.fault) >= 500 ? -1 : keep_refusal(once);
}

static int run_once(struct once *once, handler *run)
{
    struct ctx *ctx = &once->request->ctx;
    db_hold(ctx->db, claim, once);
    int done = carry_out(once, run);
    db_hold(ctx->db, NULL, NULL);
    if (done == 0 || !once->late)
        return done;
    error_clear(ctx);
    int known = replay(once);
    return known > 0 ? 0
           : known < 0
               ? -1
               : fail(ctx, FAULT_CONFLICT, "A request with this Idempotency-Key is being carried out.");
}

int idempotency_run(struct request *request, handler *run)
{
    struct once once = {.request = request};
    const char *key = key_of(request);
    if (!key)
        return run(request);
    int known = read_key(&once, key) < 0 ? -1 : replay(&once);
    if (known)
        return known < 0 ? -1 : 0;
    return run_once(&once, run);
}
