/* Queues, makes and answers the calls that steps ask for. */
#include "engine/service_calls.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/scan.h"
#include "cloud/http.h"
#include "cloud/services.h"
#include "engine/operation.h"

/* What goes to one service. */
struct pool {
    const struct service *service;
    size_t active, most;
    struct service_call *first, *last; /* not begun yet */
};

struct service_calls {
    struct arena *home;
    struct http *http;
    struct services services;
    struct pool *pools; /* one a service */
    int64_t permitted_us;
};

/* On the operation's arena; what the call itself needs comes and goes with it. */
struct service_call {
    struct http_call http; /* http.arena NULL: not begun */
    struct service_calls *calls;
    struct pool *pool;
    struct operation *operation;
    struct node *node;
    const struct service_request *request;
    struct service_call *next;
};

struct service_calls *service_calls_create(const struct config *config)
{
    struct arena *home = arena_create(0);
    struct ctx ctx = {.arena = home, .config = config};
    struct service_calls *calls = arena_new(home, struct service_calls);
    calls->home = home;
    calls->http = http_create();
    if (services_read(&ctx, config->services_file, &calls->services) != 0) {
        log_error(NULL, "%s: there are no services", ctx.error.message);
        calls->services.count = 0;
    }
    calls->pools = arena_array(home, struct pool, calls->services.count + 1);
    for (size_t i = 0; i < calls->services.count; i++) {
        const struct service *service = &calls->services.items[i];
        int64_t most = service->parallel ? service->parallel : config->service_calls;
        calls->pools[i] = (struct pool){.service = service, .most = (size_t)most};
    }
    return calls;
}

void service_calls_destroy(struct service_calls *calls)
{
    http_destroy(calls->http);
    arena_destroy(calls->home);
}

/* ---- answers ---- */
/* Seconds, or a date (RFC 9110, 10.2.3). */
static int64_t retry_after_us(const char *text, int64_t now_us)
{
    int64_t seconds;
    struct tm date = {0};
    if (!text)
        return 0;
    if (scan_int64(text, &seconds) != 0) {
        const char *end = strptime(text, "%a, %d %b %Y %H:%M:%S GMT", &date);
        seconds = end ? (int64_t)timegm(&date) - now_us / 1000000 : 0;
    }
    enum { DAY = 86400 };
    return seconds <= 0 ? 0 : (seconds > DAY ? DAY : seconds) * 1000000;
}

static const char *request_id(const struct http_call *call, struct arena *arena)
{
    static const char *const names[] = {"x-openstack-request-id", "x-compute-request-id", "x-request-id"};
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        const char *id = http_header(call, names[i]);
        if (id)
            return arena_strdup(arena, id);
    }
    return NULL;
}

static const struct value *read_body(struct operation *operation, const struct http_call *call)
{
    if (call->answer.length == 0)
        return NULL;
    const struct value *body = value_read_json(&operation->ctx, call->answer.data, call->answer.length);
    error_clear(&operation->ctx);
    return body;
}

/* Of a body that is no JSON, so much as a message may show. */
static const char *read_text(struct arena *arena, const struct http_call *call)
{
    enum { TEXT_MAX = 1000 };
    size_t length = call->answer.length < TEXT_MAX ? call->answer.length : TEXT_MAX;
    return length > 0 ? arena_strndup(arena, call->answer.data, length) : "";
}

static struct service_answer *new_answer(struct service_call *call)
{
    struct service_answer *answer = arena_new(call->operation->arena, struct service_answer);
    answer->text = "";
    call->node->answer = answer;
    call->node->call = NULL;
    call->node->service_request = NULL;
    call->node->due_us = clock_wall_us();
    return answer;
}

static void answer_never_sent(struct service_call *call, const char *why)
{
    struct service_answer *answer = new_answer(call);
    answer->error = why;
    answer->never_sent = true;
}

static void begin_queued(struct pool *pool);

static void give_answer(struct service_call *call)
{
    struct arena *arena = call->operation->arena;
    struct service_answer *answer = new_answer(call);
    answer->status = call->http.status;
    answer->never_sent = call->http.never_sent;
    answer->error = call->http.error ? arena_strdup(arena, call->http.error) : NULL;
    answer->body = read_body(call->operation, &call->http);
    answer->text = answer->body ? "" : read_text(arena, &call->http);
    answer->request_id = request_id(&call->http, arena);
    answer->retry_after_us = retry_after_us(http_header(&call->http, "retry-after"), clock_wall_us());
}

static void log_call(const struct service_call *call)
{
    const struct service_answer *answer = call->node->answer;
    log_debug(call->operation->ctx.request_id, "service=%s %s %s -> %d %s in %lld us",
              call->pool->service->name, call->request->method, call->request->path, answer->status,
              answer->error ? answer->error : "", (long long)call->http.duration_us);
}

static void ended(struct http_call *http)
{
    struct service_call *call = http->owner;
    give_answer(call);
    log_call(call);
    call->pool->active--;
    arena_destroy(http->arena);
    begin_queued(call->pool);
}

/* ---- calls ---- */
static const char **call_headers(struct arena *arena, const struct service *service,
                                 const struct service_request *request)
{
    size_t count = 0, own = 0;
    while (request->headers && request->headers[own])
        own++;
    const char **headers = arena_array(arena, const char *, value_count(service->headers) + own + 3);
    for (size_t i = 0; i < value_count(service->headers); i++)
        headers[count++] = arena_printf(arena, "%s: %s", service->headers->map.entries[i].key,
                                        value_text(service->headers->map.entries[i].value));
    for (size_t i = 0; i < own; i++)
        headers[count++] = request->headers[i];
    headers[count++] = "Accept: application/json";
    if (request->body)
        headers[count++] = "Content-Type: application/json";
    return headers;
}

static void begin(struct service_call *call)
{
    const struct service_request *request = call->request;
    const struct service *service = call->pool->service;
    struct arena *arena = arena_create(0);
    call->http = (struct http_call){
        .arena = arena,
        .method = request->method,
        .url = arena_printf(arena, "%s%s", service->url, request->path),
        .headers = call_headers(arena, service, request),
        .body = request->body ? value_to_json(arena, request->body) : NULL,
        .timeout_ms = request->timeout_ms,
        .cacert = service->cacert,
        .once = request->once,
        .done = ended,
        .owner = call,
    };
    call->http.body_length = call->http.body ? strlen(call->http.body) : 0;
    call->pool->active++;
    http_start(call->calls->http, &call->http);
}

static void begin_queued(struct pool *pool)
{
    while (pool->first && pool->active < pool->most) {
        struct service_call *call = pool->first;
        if (clock_monotonic_us() >= call->calls->permitted_us)
            return;
        pool->first = call->next;
        if (call->request->until_us && clock_wall_us() > call->request->until_us)
            answer_never_sent(call, "too many other calls were under way");
        else
            begin(call);
    }
}

static void queue(struct pool *pool, struct service_call *call)
{
    if (pool->first)
        pool->last->next = call;
    else
        pool->first = call;
    pool->last = call;
}

static void unqueue(struct pool *pool, const struct service_call *call)
{
    struct service_call *before = NULL;
    for (struct service_call *at = pool->first; at; before = at, at = at->next) {
        if (at != call)
            continue;
        if (before)
            before->next = call->next;
        else
            pool->first = call->next;
        if (pool->last == call)
            pool->last = before;
        return;
    }
}

static struct pool *find_pool(struct service_calls *calls, const char *name)
{
    const struct service *service = services_find(&calls->services, name);
    return service ? &calls->pools[service - calls->services.items] : NULL;
}

static void take_node(struct service_calls *calls, struct operation *operation, struct node *node)
{
    struct service_call *call = arena_new(operation->arena, struct service_call);
    *call = (struct service_call){.calls = calls,
                                  .pool = find_pool(calls, node->service_request->service),
                                  .operation = operation,
                                  .node = node,
                                  .request = node->service_request};
    if (!call->pool) {
        answer_never_sent(call, "services_file names no such service");
        return;
    }
    node->service_request = NULL;
    node->call = call;
    queue(call->pool, call);
}

void service_calls_take(struct service_calls *calls, struct operation *operation)
{
    if (!operation->has_requests || operation->lost)
        return;
    operation->has_requests = false;
    for (size_t i = 0; i < operation->running_count; i++) {
        struct node *node = &operation->nodes[operation->running[i]];
        if (node->service_request && !node->changed)
            take_node(calls, operation, node);
        else if (node->service_request)
            operation->has_requests = true;
    }
}

void service_calls_permit(struct service_calls *calls, int64_t until_us)
{
    calls->permitted_us = until_us;
}

bool service_calls_wait(struct service_calls *calls, int fd, int timeout_ms)
{
    bool ready = false;
    for (size_t i = 0; i < calls->services.count; i++)
        begin_queued(&calls->pools[i]);
    http_turn(calls->http, fd, timeout_ms, &ready);
    return ready;
}

/* ---- what belongs to a node ---- */
bool node_is_calling(const struct node *node)
{
    return node->service_request || node->call;
}

void service_call_cancel(struct node *node)
{
    struct service_call *call = node->call;
    node->service_request = NULL;
    node->answer = NULL;
    node->call = NULL;
    if (!call)
        return;
    if (!call->http.arena) {
        unqueue(call->pool, call);
        return;
    }
    http_cancel(&call->http);
    arena_destroy(call->http.arena);
    call->pool->active--;
}

bool operation_is_calling(const struct operation *operation)
{
    for (size_t i = 0; i < operation->running_count; i++)
        if (operation->nodes[operation->running[i]].call)
            return true;
    return false;
}

void service_calls_forget(struct operation *operation)
{
    for (size_t i = 0; i < operation->running_count; i++)
        service_call_cancel(&operation->nodes[operation->running[i]]);
}
