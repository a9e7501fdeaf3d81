/* Filling the reply. */
#include "fcgi/request.h"

#include <string.h>

#include "fcgi/errors.h"

/* Header injection ends here: a value is cut at its first control character. */
void reply_header(struct request *request, const char *name, const char *value)
{
    size_t length = 0;
    while ((unsigned char)value[length] >= 0x20 && value[length] != 0x7F)
        length++;
    str_printf(&request->reply.headers, "%s: %.*s\r\n", name, (int)length, value);
}

void reply_json(struct request *request, int status)
{
    request->reply.status = status;
}

void reply_value(struct request *request, int status, const struct value *body)
{
    reply_json(request, status);
    value_write_json(&request->reply.body, body);
}

void reply_empty(struct request *request, int status)
{
    request->reply.status = status;
    str_truncate(&request->reply.body, 0);
}

static void write_short(struct request *request, int status, const char *message)
{
    request->reply.status = status;
    struct str *body = &request->reply.body;
    str_truncate(body, 0);
    str_add(body, "{\"message\": ");
    json_write_string(body, message);
    str_printf(body, ", \"code\": \"%d %s\", \"title\": \"%s\"}", status, status_phrase(status),
               status_phrase(status));
}

void reply_short(struct request *request, int status)
{
    write_short(request, status,
                arena_printf(request->ctx.arena, "%s<br /><br />\n\n\n", status_explanation(status)));
}

void reply_redirect(struct request *request, const char *location)
{
    reply_header(request, "Location", location);
    write_short(request, 302,
                arena_printf(request->ctx.arena,
                             "The resource was found at <a href=\"%s\">%s</a>;\nyou should be redirected "
                             "automatically.\n\n",
                             location, location));
}
