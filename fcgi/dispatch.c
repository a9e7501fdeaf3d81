/* The life of a request between reading and replying:
 *
 *   find the route ─> who asks (public, token or signature) ─> may they use this tenant ─> policy ─> handler
 *        └──────────────────┴───────────────────┴─────────────────┴────────┴──> error document
 */
#include "fcgi/dispatch.h"

#include <string.h>

#include "base/clock.h"
#include "base/config.h"
#include "base/log.h"
#include "cloud/identity.h"
#include "fcgi/auth.h"
#include "fcgi/errors.h"
#include "fcgi/idempotency.h"
#include "fcgi/scoreboard.h"
#include "sql/db.h"

enum { TENANT_MAX = 64 };

/* ---- who asks ---- */

static bool needs_token(const struct request *request)
{
    unsigned flags = request->route->flags;
    if (flags & ROUTE_PUBLIC)
        return false;
    return !(flags & ROUTE_SIGNED) || request_header(request, "X-Auth-Token");
}

static int identify(struct request *request, struct phases *phases)
{
    int64_t begin = clock_monotonic_us();
    int rc = auth_identify(request);
    phases->auth_us += clock_monotonic_us() - begin;
    return rc;
}

/* ---- which tenant ---- */

/* An id as Keystone makes them. "*", which stands for every tenant in row security, must never come from a
 * path. */
static bool tenant_id_valid(const char *id)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.";
    size_t length = strlen(id);
    return length > 0 && length <= TENANT_MAX && strspn(id, allowed) == length;
}

static bool may_cross_tenants(struct request *request)
{
    return request->ctx.identity->system_scope || policy_allows(&request->ctx, "context_is_admin");
}

/* The tenant in the path is the token's, or the token is an administrator's. */
static int choose_tenant(struct request *request)
{
    struct ctx *ctx = &request->ctx;
    const struct identity *identity = ctx->identity;
    const char *own = identity ? identity->project_id : NULL;
    ctx->tenant_id = own;
    if (!(request->route->flags & ROUTE_TENANT))
        return 0;
    const char *asked = request->variables[0];
    bool same = own && strcmp(own, asked) == 0;
    if (!tenant_id_valid(asked) || (identity && !same && !may_cross_tenants(request)))
        return fail(ctx, FAULT_TENANT_FORBIDDEN, "%s", status_explanation(403));
    ctx->tenant_id = asked;
    return 0;
}

static int check_policy(struct request *request)
{
    const char *rule = request->route->policy;
    if (!rule || !*rule || !request->ctx.identity)
        return 0;
    return policy_enforce(&request->ctx, rule);
}

/* ---- no route, or not for this method ---- */

/* Paths where everything asks for a token ask for it before they tell what exists. */
static int guard(struct request *request, const struct route_match *match, struct phases *phases)
{
    return match->guarded && !match->identity ? identify(request, phases) : 0;
}

/* OPTIONS is answered 204 with Allow; 200 without a word where the caller or the path is unknown. */
static int answer_options(struct request *request, const struct route_match *match, struct phases *phases)
{
    bool known = match->outcome == ROUTE_WRONG_METHOD && guard(request, match, phases) == 0;
    error_clear(&request->ctx);
    if (known)
        reply_header(request, "Allow", methods_text(request->ctx.arena, match->allowed));
    reply_empty(request, known ? 204 : 200);
    return 0;
}

static int answer_unrouted(struct request *request, const struct route_match *match, struct phases *phases)
{
    if (request->method == METHOD_OPTIONS)
        return answer_options(request, match, phases);
    if (guard(request, match, phases))
        return -1;
    if (match->outcome == ROUTE_UNKNOWN && match->unknown && !match->identity)
        return match->unknown(request);
    if (match->outcome == ROUTE_WRONG_METHOD)
        error_reply_method(request, match->allowed);
    else
        error_reply_unknown_path(request);
    return 0;
}

/* ---- the table of contents ---- */

/* The handler; what it began is told to the caller. */
static int run_route(struct request *request)
{
    int rc = request->route->run(request);
    if (rc == 0 && request->ctx.operation_id)
        reply_header(request, "X-Hearth-Operation-Id", request->ctx.operation_id);
    return rc;
}

static int run_handler(struct request *request, struct phases *phases)
{
    int64_t begin = clock_monotonic_us();
    int rc = idempotency_run(request, run_route);
    phases->handler_us = clock_monotonic_us() - begin;
    if (rc == 0 && request->reply.status == 0)
        rc = fail(&request->ctx, FAULT_INTERNAL, "handler %s left no status", request->route->name);
    return rc;
}

static int serve(struct request *request, struct phases *phases)
{
    request->identity_api = (request->route->flags & ROUTE_IDENTITY) != 0;
    if (needs_token(request) && identify(request, phases))
        return -1;
    if (choose_tenant(request) || check_policy(request))
        return -1;
    return run_handler(request, phases);
}

static int answer(const struct route_tree *tree, struct request *request, struct phases *phases)
{
    struct route_match match = route_find(tree, request);
    request->identity_api = match.identity;
    if (request->ctx.error.fault != FAULT_NONE) /* the path, the query or the body could not be read */
        return -1;
    return match.outcome == ROUTE_FOUND ? serve(request, phases) : answer_unrouted(request, &match, phases);
}

void dispatch(const struct route_tree *tree, struct request *request, struct phases *phases)
{
    if (answer(tree, request, phases))
        error_reply(request);
    db_rollback(request->ctx.db);
}

/* ---- the log ---- Paths are logged without their query: signatures and names of users stand there. */

static const char *route_name(const struct request *request)
{
    return request->route ? request->route->name : "-";
}

static void log_failure(const struct request *request)
{
    const struct error *error = &request->ctx.error;
    log_error(request->ctx.request_id, "%s %s route=%s status=%d fault=%s where=%s: %s%s%s",
              request->method_text, request->raw_path, route_name(request), request->reply.status,
              fault_name(error->fault), error->where ? error->where : "-",
              error->message ? error->message : "-", error->path ? " at " : "",
              error->path ? error->path : "");
}

static void log_slow(const struct request *request, const struct phases *phases, int64_t total_us)
{
    const struct db_stats *db = db_stats_of(request->ctx.db);
    log_warning(request->ctx.request_id,
                "slow: %s %s route=%s status=%d total_ms=%.1f read_ms=%.1f auth_ms=%.1f handler_ms=%.1f "
                "db_ms=%.1f statements=%llu round_trips=%llu slowest=%s slowest_ms=%.1f",
                request->method_text, request->raw_path, route_name(request), request->reply.status,
                (double)total_us / 1e3, (double)phases->read_us / 1e3, (double)phases->auth_us / 1e3,
                (double)phases->handler_us / 1e3, (double)db->time_us / 1e3,
                (unsigned long long)db->statements, (unsigned long long)db->round_trips,
                db->slowest ? db->slowest : "-", (double)db->slowest_us / 1e3);
    atomic_fetch_add(&scoreboard_totals()->slow_requests, 1);
}

void dispatch_log(const struct request *request, const struct phases *phases, int64_t total_us, int64_t sent)
{
    int64_t slow_us = request->ctx.config->slow_request * 1000;
    if (request->reply.status >= 500)
        log_failure(request);
    if (slow_us > 0 && total_us > slow_us)
        log_slow(request, phases, total_us);
    const struct identity *identity = request->ctx.identity;
    if (request->ctx.operation_id && request->reply.status < 400)
        log_info(request->ctx.request_id, "operation=%s begun by %s %s", request->ctx.operation_id,
                 request->method_text, request->raw_path);
    log_debug(request->ctx.request_id, "%s %s route=%s status=%d bytes=%lld ms=%.2f tenant=%s user=%s",
              request->method_text, request->raw_path, route_name(request), request->reply.status,
              (long long)sent, (double)total_us / 1e3, request->ctx.tenant_id ? request->ctx.tenant_id : "-",
              identity && identity->user_id ? identity->user_id : "-");
}
