/* Members of JSON objects, the common part of all views. */
#include "handlers/views.h"

#include "base/value.h"

void member_text_at(struct str *out, const char *key, size_t length, const char *text)
{
    str_add_bytes(out, key, length);
    if (text)
        json_write_string(out, text);
    else
        str_add(out, "null");
}

void member_json_at(struct str *out, const char *key, size_t length, const char *json)
{
    str_add_bytes(out, key, length);
    str_add(out, json ? json : "null");
}

void member_plain_at(struct str *out, const char *key, size_t length, const char *text)
{
    str_add_bytes(out, key, length);
    if (!text) {
        str_add(out, "null");
        return;
    }
    str_add_char(out, '"');
    str_add(out, text);
    str_add_char(out, '"');
}
