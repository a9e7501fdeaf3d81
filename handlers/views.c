/* Members of JSON objects, the common part of all views. */
#include "handlers/views.h"

#include <stdlib.h>

#include "base/clock.h"
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

static void add_plain(struct str *out, const char *text)
{
    if (!text) {
        str_add(out, "null");
        return;
    }
    str_add_char(out, '"');
    str_add(out, text);
    str_add_char(out, '"');
}

void member_plain_at(struct str *out, const char *key, size_t length, const char *text)
{
    str_add_bytes(out, key, length);
    add_plain(out, text);
}

void view_time(struct str *out, const char *seconds)
{
    char time[CLOCK_ISO_SIZE];
    if (seconds)
        clock_iso(strtoll(seconds, NULL, 10) * 1000000, time);
    add_plain(out, seconds ? time : NULL);
}

void member_time_at(struct str *out, const char *key, size_t length, const char *seconds)
{
    str_add_bytes(out, key, length);
    view_time(out, seconds);
}
