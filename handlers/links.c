/* Links in replies, and the percent-encoding they need. */
#include "handlers/links.h"

#include <string.h>

#include "base/value.h"

/* ---- percent-encoding ---- */

static bool is_unreserved(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '.' || c == '-' || c == '~';
}

static void quote_byte(struct str *out, char c)
{
    static const char digits[] = "0123456789ABCDEF";
    unsigned char byte = (unsigned char)c;
    const char quoted[] = {'%', digits[byte >> 4], digits[byte & 15]};
    str_add_bytes(out, quoted, sizeof quoted);
}

/* Names and ids hardly ever need quoting: the run of plain characters is copied at once. */
void url_quote(struct str *out, const char *text, const char *safe)
{
    while (*text) {
        size_t plain = 0;
        while (is_unreserved(text[plain]) || (text[plain] && strchr(safe, text[plain])))
            plain++;
        str_add_bytes(out, text, plain);
        text += plain;
        if (*text)
            quote_byte(out, *text++);
    }
}

static void quote_plus(struct str *out, const char *text)
{
    for (; *text; text++) {
        if (*text == ' ')
            str_add_char(out, '+');
        else if (is_unreserved(*text))
            str_add_char(out, *text);
        else
            quote_byte(out, *text);
    }
}

void query_write(struct str *out, const struct request *request, const char *without)
{
    const char *separator = "";
    for (size_t i = 0; i < request->query_count; i++) {
        const struct query_item *item = &request->query[i];
        if (without && strcmp(item->name, without) == 0)
            continue;
        str_add(out, separator);
        quote_plus(out, item->name);
        str_add_char(out, '=');
        quote_plus(out, item->value);
        separator = "&";
    }
}

/* ---- links ---- */

static struct str stacks_url(struct request *request, const char *tenant_id)
{
    struct str url = STR_INIT(request->ctx.arena);
    str_add(&url, request_base_url(request));
    str_add(&url, "/v1/");
    url_quote(&url, tenant_id, "");
    str_add(&url, "/stacks/");
    return url;
}

struct links links_of(struct request *request, const char *tenant_id)
{
    struct str url = stacks_url(request, tenant_id);
    struct str json = STR_INIT(request->ctx.arena);
    json_write_string_n(&json, url.data, url.length);
    return (struct links){.stacks = json.data + 1, .length = json.length - 2}; /* without the quotes */
}

void link_write(struct str *out, const struct links *links, const struct link_target *target, const char *rel)
{
    str_add(out, "{\"href\": \"");
    str_add_bytes(out, links->stacks, links->length);
    url_quote(out, target->stack_name, "");
    str_add_char(out, '/');
    url_quote(out, target->stack_id, "");
    if (target->resource) {
        str_add(out, "/resources/");
        url_quote(out, target->resource, "/");
    }
    if (target->event) {
        str_add(out, "/events/");
        url_quote(out, target->event, "/");
    }
    str_add(out, "\", \"rel\": \"");
    str_add(out, rel);
    str_add(out, "\"}");
}

const char *stack_url(struct request *request, const char *tenant_id, const char *name, const char *id)
{
    struct str url = stacks_url(request, tenant_id);
    url_quote(&url, name, "");
    str_add_char(&url, '/');
    url_quote(&url, id, "");
    return url.data;
}
