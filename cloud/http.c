/* The HTTP client on libcurl: one multi handle keeps the connections, easy handles are kept for the next
 * call. */
#include "cloud/http.h"

#include <curl/curl.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"

enum { IDLE_HANDLES_MAX = 64 };

struct http {
    struct arena *home;
    CURLM *multi;
    CURL *idle[IDLE_HANDLES_MAX];
    size_t idle_count;
    int active; /* calls under way */
};

struct http *http_create(void)
{
    static bool initialised;
    if (!initialised)
        initialised = curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
    struct arena *home = arena_create(0);
    struct http *http = arena_new(home, struct http);
    http->home = home;
    http->multi = curl_multi_init();
    return http;
}

void http_destroy(struct http *http)
{
    if (http == NULL)
        return;
    while (http->idle_count > 0)
        curl_easy_cleanup(http->idle[--http->idle_count]);
    curl_multi_cleanup(http->multi);
    arena_destroy(http->home);
}

/* ---- what libcurl calls ---- */

static size_t take_body(char *data, size_t size, size_t count, void *self)
{
    struct http_call *call = self;
    size_t length = size * count, most = call->answer_max ? call->answer_max : HTTP_ANSWER_MAX;
    if (length > most - call->answer.length) {
        call->too_large = true;
        return 0;
    }
    str_add_bytes(&call->answer, data, length);
    return length;
}

static char *trimmed(struct arena *arena, const char *text, size_t length)
{
    while (length > 0 && strchr(" \t\r\n", text[0])) {
        text++;
        length--;
    }
    while (length > 0 && strchr(" \t\r\n", text[length - 1]))
        length--;
    return arena_strndup(arena, text, length);
}

static size_t take_header(char *data, size_t size, size_t count, void *self)
{
    struct http_call *call = self;
    size_t length = size * count;
    const char *colon = memchr(data, ':', length);
    if (colon == NULL) { /* a status line: headers of an interim answer do not count */
        if (length > 5 && memcmp(data, "HTTP/", 5) == 0)
            call->answer_headers = NULL;
        return length;
    }
    struct http_header *header = arena_new(call->arena, struct http_header);
    header->name = trimmed(call->arena, data, (size_t)(colon - data));
    header->value = trimmed(call->arena, colon + 1, length - (size_t)(colon - data) - 1);
    header->next = call->answer_headers;
    call->answer_headers = header;
    return length;
}

/* ---- one call ---- */

static CURL *take_handle(struct http *http)
{
    return http->idle_count > 0 ? http->idle[--http->idle_count] : curl_easy_init();
}

static void return_handle(struct http *http, CURL *easy)
{
    if (http->idle_count == IDLE_HANDLES_MAX) {
        curl_easy_cleanup(easy);
        return;
    }
    curl_easy_reset(easy);
    http->idle[http->idle_count++] = easy;
}

static void set_limits(CURL *easy, const struct http_call *call)
{
    long timeout = (long)(call->timeout_ms > 0 ? call->timeout_ms : HTTP_TIMEOUT_MS);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, timeout);
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS,
                     timeout < HTTP_CONNECT_TIMEOUT_MS ? timeout : (long)HTTP_CONNECT_TIMEOUT_MS);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L); /* a redirect could carry the token elsewhere */
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
    curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, call->once ? 1L : 0L);
}

static void set_request(CURL *easy, struct http_call *call)
{
    const char *method = call->method ? call->method : "GET";
    curl_easy_setopt(easy, CURLOPT_URL, call->url);
    if (call->body != NULL) {
        curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)call->body_length);
        curl_easy_setopt(easy, CURLOPT_POSTFIELDS, call->body);
    }
    if (strcmp(method, "HEAD") == 0)
        curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
    else
        curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, method);
    struct curl_slist *list = curl_slist_append(NULL, "Expect:"); /* no waiting for a 100 */
    for (const char *const *header = call->headers; header && *header; header++)
        list = curl_slist_append(list, *header);
    call->header_list = list;
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, list);
    curl_easy_setopt(easy, CURLOPT_USERAGENT, "hearth");
    if (call->cacert != NULL && *call->cacert != '\0')
        curl_easy_setopt(easy, CURLOPT_CAINFO, call->cacert);
}

static void set_answer(CURL *easy, struct http_call *call)
{
    curl_easy_setopt(easy, CURLOPT_PRIVATE, call);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, call);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, take_header);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, call);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, call->error_buffer);
}

void http_start(struct http *http, struct http_call *call)
{
    call->http = http;
    call->status = 0;
    call->error = NULL;
    call->never_sent = call->too_large = call->finished = false;
    call->answer_headers = NULL;
    call->answer = (struct str)STR_INIT(call->arena);
    call->error_buffer[0] = '\0';
    call->duration_us = clock_monotonic_us();
    CURL *easy = take_handle(http);
    call->easy = easy;
    set_limits(easy, call);
    set_request(easy, call);
    set_answer(easy, call);
    curl_multi_add_handle(http->multi, easy);
    http->active++;
}

static void release(struct http_call *call)
{
    curl_multi_remove_handle(call->http->multi, call->easy);
    return_handle(call->http, call->easy);
    curl_slist_free_all(call->header_list);
    call->easy = call->header_list = NULL;
    call->finished = true;
    call->http->active--;
    call->duration_us = clock_monotonic_us() - call->duration_us;
}

void http_cancel(struct http_call *call)
{
    if (call->easy != NULL)
        release(call);
}

/* Errors after which the server has certainly not seen the request. */
static bool before_sending(CURLcode code, CURL *easy)
{
    static const CURLcode early[] = {CURLE_URL_MALFORMAT,
                                     CURLE_UNSUPPORTED_PROTOCOL,
                                     CURLE_COULDNT_RESOLVE_HOST,
                                     CURLE_COULDNT_RESOLVE_PROXY,
                                     CURLE_COULDNT_CONNECT,
                                     CURLE_SSL_CONNECT_ERROR,
                                     CURLE_PEER_FAILED_VERIFICATION,
                                     CURLE_SSL_CACERT_BADFILE};
    for (size_t i = 0; i < COUNT_OF(early); i++)
        if (code == early[i])
            return true;
    double ready = 0; /* a time-out while still connecting */
    return code == CURLE_OPERATION_TIMEDOUT &&
           curl_easy_getinfo(easy, CURLINFO_PRETRANSFER_TIME, &ready) == CURLE_OK && ready <= 0;
}

static void finish(struct http_call *call, CURLcode code)
{
    long status = 0;
    if (code == CURLE_OK) {
        curl_easy_getinfo(call->easy, CURLINFO_RESPONSE_CODE, &status);
    } else {
        call->never_sent = before_sending(code, call->easy);
        call->error = call->too_large
                          ? "the answer is too large"
                          : arena_strdup(call->arena, call->error_buffer[0] ? call->error_buffer
                                                                            : curl_easy_strerror(code));
    }
    call->status = (int)status;
    release(call);
    if (call->done != NULL)
        call->done(call);
}

/* Moves all calls on without waiting; the number that ended. */
static int advance(struct http *http)
{
    int running, left, ended = 0;
    curl_multi_perform(http->multi, &running);
    for (CURLMsg *message; (message = curl_multi_info_read(http->multi, &left)) != NULL; ended++) {
        char *call = NULL;
        if (message->msg == CURLMSG_DONE &&
            curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &call) == CURLE_OK)
            finish((struct http_call *)(void *)call, message->data.result);
    }
    return ended;
}

int http_turn(struct http *http, int extra_fd, int timeout_ms, bool *extra_ready)
{
    struct curl_waitfd extra = {.fd = extra_fd, .events = CURL_WAIT_POLLIN};
    /* What ended at once is news enough: do not wait then, but look at the other socket. */
    int wait = advance(http) > 0 ? 0 : timeout_ms;
    curl_multi_poll(http->multi, extra_fd < 0 ? NULL : &extra, extra_fd < 0 ? 0 : 1, wait, NULL);
    advance(http);
    if (extra_ready != NULL)
        *extra_ready = extra_fd >= 0 && extra.revents != 0;
    return http->active;
}

int http_perform(struct ctx *ctx, struct http *http, struct http_call *call)
{
    if (call->arena == NULL)
        call->arena = ctx->arena;
    http_start(http, call);
    while (!call->finished)
        if (advance(http) == 0)
            curl_multi_poll(http->multi, NULL, 0, 1000, NULL);
    if (call->status == 0)
        return fail(ctx, FAULT_UNAVAILABLE, "No answer from %s: %s.", call->url, call->error);
    return 0;
}

const char *http_header(const struct http_call *call, const char *name)
{
    for (const struct http_header *header = call->answer_headers; header != NULL; header = header->next)
        if (strcasecmp(header->name, name) == 0)
            return header->value;
    return NULL;
}
