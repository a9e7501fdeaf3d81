/* URL decoding and the query string. */
#include "fcgi/query.h"

#include <string.h>
#include <strings.h>

#include "base/utf8.h"

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

size_t url_decode(char *text, size_t length, bool plus)
{
    size_t out = 0;
    for (size_t i = 0; i < length; i++) {
        char c = text[i];
        if (c == '%' && i + 2 < length && hex_digit(text[i + 1]) >= 0 && hex_digit(text[i + 2]) >= 0) {
            c = (char)(hex_digit(text[i + 1]) * 16 + hex_digit(text[i + 2]));
            i += 2;
        } else if (c == '+' && plus) {
            c = ' ';
        }
        text[out++] = c;
    }
    return out;
}

int url_decode_checked(struct ctx *ctx, char *text, size_t length, bool plus, const char *what)
{
    length = url_decode(text, length, plus);
    text[length] = '\0';
    if (memchr(text, '\0', length))
        return fail(ctx, FAULT_BAD_REQUEST, "The %s of the request contains a NUL character.", what);
    if (!utf8_valid(text, length))
        return fail(ctx, FAULT_BAD_REQUEST, "The %s of the request is not valid UTF-8.", what);
    return 0;
}

static size_t count_items(const char *query)
{
    size_t count = 1;
    for (; *query; query++)
        count += *query == '&';
    return count;
}

/* item: "name=value", "name" or ""; empty ones are skipped. */
static int add_item(struct request *request, char *item, size_t length)
{
    if (length == 0)
        return 0;
    char *equals = memchr(item, '=', length);
    size_t name_length = equals ? (size_t)(equals - item) : length;
    char *value = equals ? equals + 1 : item + length;
    size_t value_length = (size_t)(item + length - value);
    if (url_decode_checked(&request->ctx, value, value_length, true, "query") ||
        url_decode_checked(&request->ctx, item, name_length, true, "query"))
        return -1;
    request->query[request->query_count++] = (struct query_item){.name = item, .value = equals ? value : ""};
    return 0;
}

int query_read(struct request *request)
{
    request->query_count = 0;
    if (!request->raw_query || !*request->raw_query)
        return 0;
    char *text = arena_strdup(request->ctx.arena, request->raw_query);
    request->query = arena_array(request->ctx.arena, struct query_item, count_items(text));
    while (text) {
        char *end = strchr(text, '&');
        if (add_item(request, text, end ? (size_t)(end - text) : strlen(text)))
            return -1;
        text = end ? end + 1 : NULL;
    }
    return 0;
}

const char *request_query(const struct request *request, const char *name)
{
    for (size_t i = request->query_count; i-- > 0;)
        if (strcmp(request->query[i].name, name) == 0)
            return request->query[i].value;
    return NULL;
}

int request_query_boolean(struct request *request, const char *name, bool fallback)
{
    const char *value = request_query(request, name);
    if (!value)
        return fallback;
    if (strcasecmp(value, "true") == 0)
        return true;
    if (strcasecmp(value, "false") == 0)
        return false;
    return fail(&request->ctx, FAULT_BAD_REQUEST,
                "Unrecognized value \"%s\" for \"%s\", acceptable values are: true, false.", value, name);
}
