/* One request: the pool is inside it, things with destructors hang on the pool, the end is one call.
 *
 *   worker accepts ─> request_read (parameters, body under its cap) ─> route_match ─> authenticate ─> policy
 *      ─> handler fills reply ─> reply_send ─> request_end
 */
#ifndef HEARTH_FCGI_REQUEST_H
#define HEARTH_FCGI_REQUEST_H

#include <stdbool.h>
#include <stddef.h>

#include "base/ctx.h"
#include "base/str.h"
#include "base/value.h"

enum method {
    METHOD_GET,
    METHOD_POST,
    METHOD_PUT,
    METHOD_PATCH,
    METHOD_DELETE,
    METHOD_HEAD,
    METHOD_OPTIONS,
    METHOD_OTHER
};
const char *method_name(enum method method);

struct reply {
    int status;               /* 0 until set */
    const char *reason;       /* NULL: the standard phrase */
    const char *content_type; /* NULL: application/json */
    struct str headers; /* "Name: value\r\n" lines beyond Content-Type, Content-Length and the request id */
    struct str body;
};

struct query_item {
    const char *name, *value; /* decoded */
};

enum { PATH_VARIABLES_MAX = 8 };

struct request {
    struct ctx ctx; /* first: a handler passes &request->ctx everywhere */
    enum method method;
    const char *method_text;
    const char *raw_path;  /* as sent, without query, prefix still there */
    const char *raw_query; /* NULL: none */
    const char
        *variables[PATH_VARIABLES_MAX]; /* decoded segments for the {…} of the matched route, in order */
    size_t variable_count;
    struct query_item *query;
    size_t query_count;
    const char *body; /* NUL-terminated; "" when there is none */
    size_t body_length;
    const struct route *route;
    struct reply reply;
    bool identity_api;             /* errors go out in Keystone's form */
    const char *const *parameters; /* "NAME=value" as the web server sent them, NULL at the end */
};

/* HTTP header by its HTTP name ("X-Auth-Token"); NULL when absent. */
const char *request_header(const struct request *request, const char *name);
/* FastCGI parameter by name ("REMOTE_ADDR"). */
const char *request_parameter(const struct request *request, const char *name);
/* Value of a query parameter, the last one where it is repeated; NULL when absent. All: walk request->query. */
const char *request_query(const struct request *request, const char *name);

/* "http://host:port" + prefix as the client called us (or as configured): what links begin with; no trailing
 * slash. Scheme, host and prefix follow X-Forwarded-* when configuration trusts them. */
const char *request_base_url(struct request *request);

/* Base of the identity API: the same host, with identity_prefix; no trailing slash, no "/v3". */
const char *request_identity_url(struct request *request);

/* The body as JSON, which must be an object. Fails as Heat does for malformed bodies (400 "Malformed request
 * …"). No body: NULL, no error; what does not begin with a brace is none, except to the identity API. */
const struct value *request_json(struct request *request);

/* Value of a boolean query parameter as Heat reads it (true/false in any case, else 400 "Unrecognized value
 * …"). fallback when absent. Returns -1 on error. */
int request_query_boolean(struct request *request, const char *name, bool fallback) MUST_CHECK;

/* ---- reply ---- */
void reply_header(struct request *request, const char *name, const char *value);
/* Sets the status; handlers then append JSON text to request->reply.body. */
void reply_json(struct request *request, int status);
/* The whole body at once. */
void reply_value(struct request *request, int status, const struct value *body);
/* No body (204), or the web framework's short form for 202, 302 and routing errors:
 * {"message": "…<br /><br />\n…", "code": "202 Accepted", "title": "Accepted"}. */
void reply_empty(struct request *request, int status);
void reply_short(struct request *request, int status);
void reply_redirect(struct request *request, const char *location);

#endif
