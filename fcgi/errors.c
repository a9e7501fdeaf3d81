/* Error documents. */
#include "fcgi/errors.h"

#include <stdbool.h>

#include "base/config.h"

static const struct {
    int status;
    const char *phrase, *explanation;
} statuses[] = {
#define STATUS(code, phrase, explanation) {code, phrase, explanation},
#include "fcgi/statuses.def"
#undef STATUS
};

const char *status_phrase(int status)
{
    for (size_t i = 0; i < COUNT_OF(statuses); i++)
        if (statuses[i].status == status)
            return statuses[i].phrase;
    return "Unknown";
}

const char *status_explanation(int status)
{
    for (size_t i = 0; i < COUNT_OF(statuses); i++)
        if (statuses[i].status == status)
            return statuses[i].explanation;
    return "";
}

const char *methods_text(struct arena *arena, unsigned allowed)
{
    struct str text = STR_INIT(arena);
    for (enum method m = METHOD_GET; m < METHOD_OTHER; m++)
        if (allowed & (1u << m))
            str_printf(&text, "%s%s", text.length ? "," : "", method_name(m));
    return text.data;
}

/* What a client is told. The reasons of a 500 are for the log: they may speak of tables and files. */
static const char *public_message(const struct error *error)
{
    if (error->fault == FAULT_INTERNAL || error->fault == FAULT_NONE)
        return NULL;
    return error->message && *error->message ? error->message : NULL;
}

static void write_heat(struct request *request, int status, const char *type, const char *message)
{
    struct str *body = &request->reply.body;
    str_printf(body, "{\"code\": %d, \"title\": ", status);
    json_write_string(body, status_phrase(status));
    str_add(body, ", \"explanation\": ");
    json_write_string(body, status_explanation(status));
    str_printf(body, ", \"error\": {\"type\": \"%s\", \"traceback\": null", type);
    if (message) {
        str_add(body, ", \"message\": ");
        json_write_string(body, message);
    }
    str_add(body, "}}");
}

static void write_keystone(struct request *request, int status, const char *message)
{
    struct str *body = &request->reply.body;
    str_printf(body, "{\"error\": {\"code\": %d, \"title\": ", status);
    json_write_string(body, status_phrase(status));
    str_add(body, ", \"message\": ");
    json_write_string(body, message ? message : status_explanation(status));
    str_add(body, "}}");
}

/* Where to get a token: the header a 401 must have (RFC 9110, 11.6.1), in Keystone's scheme. */
static void say_where_to_authenticate(struct request *request)
{
    const char *url = request_identity_url(request);
    reply_header(request, "Www-Authenticate", arena_printf(request->ctx.arena, "Keystone uri=\"%s\"", url));
}

static void start_over(struct request *request, int status)
{
    request->reply = (struct reply){
        .headers = STR_INIT(request->ctx.arena),
        .body = STR_INIT(request->ctx.arena),
    };
    reply_json(request, status);
}

void error_reply(struct request *request)
{
    const struct error *error = &request->ctx.error;
    enum fault fault = error->fault == FAULT_NONE ? FAULT_INTERNAL : error->fault;
    int status = fault_status(fault);
    const char *message = public_message(error);
    start_over(request, status);
    if (status == 401) {
        say_where_to_authenticate(request);
        write_keystone(request, status, request->identity_api ? message : NULL);
    } else if (request->identity_api) {
        write_keystone(request, status, message);
    } else {
        write_heat(request, status, fault_type(fault), message);
    }
}

void error_reply_method(struct request *request, unsigned allowed)
{
    (void)!fail(&request->ctx, FAULT_METHOD_NOT_ALLOWED, "%s", status_explanation(405));
    start_over(request, 405);
    reply_header(request, "Allow", methods_text(request->ctx.arena, allowed));
    if (request->identity_api)
        write_keystone(request, 405, "The method is not allowed for the requested URL.");
    else
        write_heat(request, 405, fault_type(FAULT_METHOD_NOT_ALLOWED), status_explanation(405));
}

void error_reply_unknown_path(struct request *request)
{
    start_over(request, 404);
    if (request->identity_api)
        write_keystone(request, 404, "The requested URL was not found on the server.");
    else
        reply_short(request, 404);
}
