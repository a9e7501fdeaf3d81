/* The HTTP client: many calls at once over kept connections (libcurl's multi interface), or one and wait for
 * it.
 *
 *   an engine's loop                             an API worker
 *     http_start(http, call) …                     http_perform(ctx, http, call)
 *     http_turn(http, database socket, ms)         … looks at call->status
 *       └─> call->done(call) for each that ended
 *
 * A call belongs to who makes it: it must stay in place until done was called or http_cancel returned. */
#ifndef HEARTH_CLOUD_HTTP_H
#define HEARTH_CLOUD_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/ctx.h"
#include "base/str.h"

struct http;

struct http_header {
    const char *name, *value;
    const struct http_header *next;
};

struct http_call {
    /* what is asked; all of it borrowed until the end of the call */
    struct arena *arena;        /* for the answer */
    const char *method;         /* NULL: GET */
    const char *url;            /* http or https */
    const char *const *headers; /* "Name: value", NULL past the last; may be NULL */
    const char *body;           /* NULL: none */
    size_t body_length;
    int64_t timeout_ms; /* of the whole call; 0: HTTP_TIMEOUT_MS */
    size_t answer_max;  /* bytes of an answer's body; past it the call fails; 0: HTTP_ANSWER_MAX */
    const char *cacert; /* file of trusted certificates; NULL or "": the system's */
    bool once; /* on a new connection: on a kept one that dies, the client may send the request twice */
    void (*done)(struct http_call *call); /* from http_turn, and only from there; may start other calls */
    void *owner;                          /* the caller's */

    /* what came back */
    int status;        /* HTTP status; 0: no answer, error says why */
    const char *error; /* NULL when there is a status */
    bool never_sent;   /* without an answer: the server cannot have seen the request */
    struct str answer;
    const struct http_header *answer_headers;
    int64_t duration_us;

    /* private */
    struct http *http;
    void *easy;
    void *header_list;
    bool too_large, finished;
    char error_buffer[256];
};

enum { HTTP_TIMEOUT_MS = 30000, HTTP_ANSWER_MAX = 16 << 20, HTTP_CONNECT_TIMEOUT_MS = 5000 };

/* One per process. Never NULL. */
struct http *http_create(void);
void http_destroy(struct http *http); /* no call may be under way */

/* Begins a call; what goes wrong is told by done like everything else. */
void http_start(struct http *http, struct http_call *call);
/* Ends a call without an answer; done is not called. Harmless when it is over. */
void http_cancel(struct http_call *call);

/* Moves all calls on, waiting at most timeout_ms for something to happen to them or for extra_fd (-1: none)
 * to become readable. Returns how many calls are still under way; *extra_ready tells of extra_fd (may be
 * NULL). */
int http_turn(struct http *http, int extra_fd, int timeout_ms, bool *extra_ready);

/* Start and wait. 0 when there is an answer of whatever status; -1 with FAULT_UNAVAILABLE when there is none.
 */
int http_perform(struct ctx *ctx, struct http *http, struct http_call *call) MUST_CHECK;

/* A header of the answer, by name in any case; NULL when absent. */
const char *http_header(const struct http_call *call, const char *name);

#endif
