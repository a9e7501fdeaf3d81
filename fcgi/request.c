/* The request as the web server described it: method, path, headers, and the URL by which the client called
 * us. */
#include "fcgi/request.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/config.h"
#include "base/utf8.h"
#include "fcgi/request_read.h"
#include "fcgi/errors.h"
#include "fcgi/query.h"

static const char *const method_names[] = {
    [METHOD_GET] = "GET",         [METHOD_POST] = "POST",     [METHOD_PUT] = "PUT",
    [METHOD_PATCH] = "PATCH",     [METHOD_DELETE] = "DELETE", [METHOD_HEAD] = "HEAD",
    [METHOD_OPTIONS] = "OPTIONS", [METHOD_OTHER] = "OTHER",
};

const char *method_name(enum method method)
{
    return method_names[method];
}

static enum method method_of(const char *text)
{
    for (enum method m = METHOD_GET; m < METHOD_OTHER; m++)
        if (strcmp(text, method_names[m]) == 0)
            return m;
    return METHOD_OTHER;
}

/* ---- parameters ---- Some thirty strings "NAME=value", of which a request looks at about eight: a walk that
 * compares first characters is cheaper than building an index of them. */

const char *request_parameter(const struct request *request, const char *name)
{
    size_t length = strlen(name);
    for (const char *const *p = request->parameters; p && *p; p++)
        if ((*p)[0] == name[0] && strncmp(*p, name, length) == 0 && (*p)[length] == '=')
            return *p + length + 1;
    return NULL;
}

const char *request_header(const struct request *request, const char *name)
{
    char parameter[128] = "HTTP_";
    size_t length = 5;
    for (; *name && length < sizeof parameter - 1; name++)
        parameter[length++] = *name == '-' ? '_' : (char)toupper((unsigned char)*name);
    parameter[length] = '\0';
    const char *found = request_parameter(request, parameter);
    /* CGI gives these two without HTTP_ (RFC 3875, 4.1). */
    if (!found && strncmp(parameter, "HTTP_CONTENT_", 13) == 0)
        found = request_parameter(request, parameter + 5);
    return found;
}

/* "http://host/path?query", which a client of a proxy may send, to "/path?query". */
static const char *without_origin(const char *uri)
{
    if (uri[0] == '/')
        return uri;
    const char *host = strstr(uri, "://");
    const char *path = host ? strchr(host + 3, '/') : NULL;
    return path ? path : host ? "/" : uri;
}

/* A web server that sends no REQUEST_URI has decoded the path already: SCRIPT_NAME + PATH_INFO is the best
 * there is. */
static const char *request_uri(struct request *request)
{
    const char *uri = request_parameter(request, "REQUEST_URI");
    if (uri && *uri)
        return without_origin(uri);
    const char *script = request_parameter(request, "SCRIPT_NAME"),
               *info = request_parameter(request, "PATH_INFO");
    const char *query = request_parameter(request, "QUERY_STRING");
    return arena_printf(request->ctx.arena, "%s%s?%s", script ? script : "", info ? info : "",
                        query ? query : "");
}

int request_begin(struct request *request, const char *const *parameters)
{
    struct arena *arena = request->ctx.arena;
    request->parameters = parameters;
    request->body = "";
    request->reply = (struct reply){.headers = STR_INIT(arena), .body = STR_INIT(arena)};
    const char *method = request_parameter(request, "REQUEST_METHOD");
    request->method_text =
        arena_strdup(arena, method ? method : ""); /* the log needs it when parameters are gone */
    request->method = method_of(request->method_text);
    const char *uri = request_uri(request);
    size_t length = strcspn(uri, "?#");
    request->raw_path = arena_strndup(arena, uri, length);
    request->raw_query = uri[length] == '?' ? arena_strdup(arena, uri + length + 1) : NULL;
    return query_read(request);
}

/* ---- how the client called us ---- */

/* First element of a comma-separated header that one proxy after the other has added to. */
static const char *first_of(struct arena *arena, const char *list)
{
    if (!list)
        return NULL;
    list += strspn(list, " \t");
    size_t length = strcspn(list, ",");
    while (length > 0 && (list[length - 1] == ' ' || list[length - 1] == '\t'))
        length--;
    return length ? arena_strndup(arena, list, length) : NULL;
}

/* Value of key in the first element of a Forwarded header (RFC 7239): proto=https;host="example.org:8443",
 * for=… */
static const char *forwarded_value(struct arena *arena, const char *header, const char *key)
{
    const char *element = first_of(arena, header);
    size_t length = strlen(key);
    for (const char *pair = element; pair; pair = strchr(pair, ';') ? strchr(pair, ';') + 1 : NULL) {
        pair += strspn(pair, " \t");
        if (strncasecmp(pair, key, length) != 0 || pair[length] != '=')
            continue;
        const char *value = pair + length + 1;
        return *value == '"' ? arena_strndup(arena, value + 1, strcspn(value + 1, "\""))
                             : arena_strndup(arena, value, strcspn(value, "; \t"));
    }
    return NULL;
}

/* The header of a trusted proxy, in its new or its old spelling; NULL when there is none or we trust nobody.
 */
static const char *from_proxy(struct request *request, const char *forwarded_key, const char *old_header)
{
    if (!request->ctx.config->trust_proxy_headers)
        return NULL;
    const char *forwarded = request_header(request, "Forwarded");
    if (forwarded && forwarded_key)
        return forwarded_value(request->ctx.arena, forwarded, forwarded_key);
    return first_of(request->ctx.arena, request_header(request, old_header));
}

/* host or host:port, in the characters RFC 3986 has for them. What a client put there goes into links. */
static bool host_valid(const char *host)
{
    static const char extra[] = "-._~:[]%";
    if (!host || !*host || strlen(host) > 255)
        return false;
    for (; *host; host++)
        if (!isalnum((unsigned char)*host) && !strchr(extra, *host))
            return false;
    return true;
}

static const char *scheme_of(struct request *request)
{
    const char *proto = from_proxy(request, "proto", "X-Forwarded-Proto");
    if (proto && (strcasecmp(proto, "https") == 0 || strcasecmp(proto, "http") == 0))
        return strcasecmp(proto, "https") == 0 ? "https" : "http";
    const char *scheme = request_parameter(request, "REQUEST_SCHEME"),
               *https = request_parameter(request, "HTTPS");
    return (scheme && strcmp(scheme, "https") == 0) || (https && strcasecmp(https, "on") == 0) ? "https"
                                                                                               : "http";
}

static bool is_default_port(const char *scheme, const char *port)
{
    return strcmp(port, strcmp(scheme, "https") == 0 ? "443" : "80") == 0;
}

/* Host with a port added, where it has none and the port is not the scheme's own. */
static const char *with_port(struct request *request, const char *host, const char *scheme, const char *port)
{
    bool has_port = strchr(host, ':') && (host[0] != '[' || strstr(host, "]:"));
    bool usable = port && *port && strlen(port) <= 5 && port[strspn(port, "0123456789")] == '\0';
    if (has_port || !usable || is_default_port(scheme, port))
        return host;
    return arena_printf(request->ctx.arena, "%s:%s", host, port);
}

static const char *host_of(struct request *request, const char *scheme)
{
    const char *host = from_proxy(request, "host", "X-Forwarded-Host");
    if (host_valid(host))
        return with_port(request, host, scheme, from_proxy(request, NULL, "X-Forwarded-Port"));
    host = request_header(request, "Host");
    if (host_valid(host))
        return host;
    host = request_parameter(request, "SERVER_NAME");
    return with_port(request, host_valid(host) ? host : "localhost", scheme,
                     request_parameter(request, "SERVER_PORT"));
}

static const char *prefix_of(struct request *request)
{
    const char *prefix = from_proxy(request, NULL, "X-Forwarded-Prefix");
    if (!prefix || prefix[0] != '/' || strpbrk(prefix, "\"<>\\ ?#"))
        return "";
    size_t length = strlen(prefix);
    while (length > 0 && prefix[length - 1] == '/')
        length--;
    return arena_strndup(request->ctx.arena, prefix, length);
}

static const char *url_below(struct request *request, const char *path)
{
    const char *scheme = scheme_of(request);
    return arena_printf(request->ctx.arena, "%s://%s%s%s", scheme, host_of(request, scheme),
                        prefix_of(request), path);
}

static const char *without_slash(struct arena *arena, const char *url)
{
    size_t length = strlen(url);
    while (length > 0 && url[length - 1] == '/')
        length--;
    return arena_strndup(arena, url, length);
}

const char *request_base_url(struct request *request)
{
    const struct config *config = request->ctx.config;
    if (*config->public_url)
        return without_slash(request->ctx.arena, config->public_url);
    return url_below(request, config->api_prefix);
}

/* public_url names the API as others reach it; the identity API has the same origin and its own path. */
static const char *public_identity_url(struct request *request)
{
    const struct config *config = request->ctx.config;
    const char *host = strstr(config->public_url, "://");
    size_t origin = host ? (size_t)(host + 3 - config->public_url) + strcspn(host + 3, "/") : 0;
    return arena_printf(request->ctx.arena, "%.*s%s", (int)origin, config->public_url,
                        config->identity_prefix);
}

const char *request_identity_url(struct request *request)
{
    const struct config *config = request->ctx.config;
    if (strcmp(config->auth, "keystone") == 0) {
        const char *known = config->keystone_public_url;
        const char *url = without_slash(request->ctx.arena, *known ? known : config->keystone_url);
        size_t length = strlen(url);
        bool versioned = length > 3 && strcmp(url + length - 3, "/v3") == 0;
        return arena_strndup(request->ctx.arena, url, versioned ? length - 3 : length);
    }
    return *config->public_url ? public_identity_url(request) : url_below(request, config->identity_prefix);
}

/* ---- body ---- */

/* Python's words for what is wrong at a byte, as Heat's clients see them. */
static const char *utf8_problem(const char *body, size_t length, size_t at)
{
    unsigned char c = (unsigned char)body[at];
    if (c < 0xC2 || c > 0xF4)
        return "invalid start byte";
    size_t needed = c < 0xE0 ? 2 : c < 0xF0 ? 3 : 4;
    for (size_t i = 1; i < needed && at + i < length; i++)
        if (((unsigned char)body[at + i] & 0xC0) != 0x80)
            return "invalid continuation byte";
    return at + needed > length ? "unexpected end of data" : "invalid continuation byte";
}

const struct value *request_json(struct request *request)
{
    struct ctx *ctx = &request->ctx;
    if (request->body_length == 0 || (request->body[0] != '{' && !request->identity_api))
        return NULL;
    size_t valid = utf8_valid_prefix(request->body, request->body_length);
    if (valid < request->body_length)
        return fail_null(ctx, FAULT_BAD_REQUEST, "'utf-8' codec can't decode byte 0x%02x in position %zu: %s",
                         (unsigned char)request->body[valid], valid,
                         utf8_problem(request->body, request->body_length, valid));
    const struct value *body = value_read_json(ctx, request->body, request->body_length);
    if (body && !value_is(body, VALUE_MAP))
        return fail_null(ctx, FAULT_BAD_REQUEST, "%s", status_explanation(400));
    return body;
}
