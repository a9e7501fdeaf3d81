/* Writing values: JSON as Python's json.dumps, text as its str() and repr().
 *
 * Sharing makes a small value print large (a list that holds the same list ten times, ten levels deep), so
 * every writer asks the arena at each item and stops once it is over its cap; see value.h. */
#include "base/value.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"

enum { DOUBLE_DIGITS = 17, FIXED_MIN = -4, FIXED_MAX = 16 };

/* ---- floats ---- */

/* Adds one to a run of digits; false when they are all nines. */
static bool increment(char *digits)
{
    char *last = digits + strlen(digits) - 1;
    while (last > digits && *last == '9')
        *last-- = '0';
    return *last != '9' && ++*last;
}

static bool reads_back(const char *digits, int exponent, double d)
{
    char text[40];
    snprintf(text, sizeof text, "%c.%se%d", digits[0], digits + 1, exponent);
    return strtod(text, NULL) == d;
}

static void digits_of(double d, int precision, char digits[DOUBLE_DIGITS + 1], int *exponent)
{
    char text[40];
    snprintf(text, sizeof text, "%.*e", precision, d);
    const char *at = text;
    for (; *at != 'e'; at++)
        if (*at != '.')
            *digits++ = *at;
    *digits = '\0';
    *exponent = atoi(at + 1);
}

/* The fewest digits that read back as d, and the decimal exponent of the first: 1.5e+16 gives "15" and 16.
 * "%e" gives the nearest decimal of each length. The next one up is tried too: below a power of two floats
 * lie twice as close as above it, so the nearest decimal may belong to the neighbour below while the farther
 * one above is still ours. */
static void shortest_digits(double d, char digits[DOUBLE_DIGITS + 1], int *exponent)
{
    for (int precision = 0; precision < DOUBLE_DIGITS; precision++) {
        digits_of(d, precision, digits, exponent);
        if (reads_back(digits, *exponent, d) || (increment(digits) && reads_back(digits, *exponent, d)))
            return;
    }
}

static void add_zeros(struct str *out, int count)
{
    for (int i = 0; i < count; i++)
        str_add_char(out, '0');
}

static void write_fixed(struct str *out, const char *digits, int exponent)
{
    int count = (int)strlen(digits), whole = exponent + 1;
    if (whole <= 0) {
        str_add(out, "0.");
        add_zeros(out, -whole);
        str_add(out, digits);
    } else if (whole >= count) {
        str_add(out, digits);
        add_zeros(out, whole - count);
        str_add(out, ".0");
    } else {
        str_printf(out, "%.*s.%s", whole, digits, digits + whole);
    }
}

static void write_finite(struct str *out, double d)
{
    char digits[DOUBLE_DIGITS + 1];
    int exponent;
    if (signbit(d))
        str_add_char(out, '-');
    shortest_digits(fabs(d), digits, &exponent);
    if (exponent >= FIXED_MIN && exponent < FIXED_MAX)
        write_fixed(out, digits, exponent);
    else
        str_printf(out, "%c%s%se%+03d", digits[0], digits[1] ? "." : "", digits + 1, exponent);
}

static void write_float(struct str *out, double d, const char *infinity, const char *nan)
{
    if (isnan(d))
        str_add(out, nan);
    else if (isinf(d))
        str_printf(out, "%s%s", d < 0 ? "-" : "", infinity);
    else
        write_finite(out, d);
}

/* ---- JSON ---- */

static void write_json_code(struct str *out, uint32_t code)
{
    if (code < 0x10000)
        str_printf(out, "\\u%04x", code);
    else
        str_printf(out, "\\u%04x\\u%04x", 0xD800 + ((code - 0x10000) >> 10), 0xDC00 + (code & 0x3FF));
}

static void write_json_escaped(struct str *out, uint32_t code)
{
    static const char shorts[128] = {
        ['"'] = '"', ['\\'] = '\\', ['\b'] = 'b', ['\f'] = 'f', ['\n'] = 'n', ['\r'] = 'r', ['\t'] = 't'};
    if (code < 128 && shorts[code])
        str_printf(out, "\\%c", shorts[code]);
    else
        write_json_code(out, code);
}

static bool is_plain_json(char c)
{
    return c >= ' ' && c <= '~' && c != '"' && c != '\\';
}

void json_write_string_n(struct str *out, const char *text, size_t length)
{
    str_add_char(out, '"');
    while (length > 0 && !arena_over(out->arena)) {
        size_t size = 0;
        while (size < length && is_plain_json(text[size]))
            size++;
        str_add_bytes(out, text, size);
        if (size == 0) {
            uint32_t code;
            size = utf8_decode(text, length, &code);
            write_json_escaped(out, size ? code : UTF8_REPLACEMENT);
            size = size ? size : 1;
        }
        text += size;
        length -= size;
    }
    str_add_char(out, '"');
}

void json_write_string(struct str *out, const char *text)
{
    json_write_string_n(out, text, strlen(text));
}

/* ---- strings as repr() gives them ---- */
static void write_escaped_code(struct str *out, uint32_t code)
{
    static const char shorts[] = {['\t'] = 't', ['\n'] = 'n', ['\r'] = 'r'};
    if (code < sizeof shorts && shorts[code])
        str_printf(out, "\\%c", shorts[code]);
    else if (code < 0x100)
        str_printf(out, "\\x%02x", code);
    else if (code < 0x10000)
        str_printf(out, "\\u%04x", code);
    else
        str_printf(out, "\\U%08x", code);
}

/* Single quotes, unless the text has some and no double ones. */
static char quote_for(const char *text, size_t length)
{
    return memchr(text, '\'', length) && !memchr(text, '"', length) ? '"' : '\'';
}

static void write_quoted(struct str *out, const char *text, size_t length)
{
    char quote = quote_for(text, length);
    str_add_char(out, quote);
    while (length > 0 && !arena_over(out->arena)) {
        uint32_t code;
        size_t size = utf8_decode(text, length, &code);
        if (size == 0)
            size = 1, code = UTF8_REPLACEMENT, str_add(out, "\xEF\xBF\xBD");
        else if (code == (unsigned char)quote || code == '\\')
            str_printf(out, "\\%c", (char)code);
        else if (utf8_printable(code))
            str_add_bytes(out, text, size);
        else
            write_escaped_code(out, code);
        text += size;
        length -= size;
    }
    str_add_char(out, quote);
}

/* ---- documents ---- */
/* How a document is written down. */
struct notation {
    const char *null, *truth[2], *infinity, *nan;
    void (*string)(struct str *out, const char *text, size_t length);
    bool sorted; /* maps by key */
};

static const struct notation json = {"null", {"false", "true"},   "Infinity",
                                     "NaN",  json_write_string_n, false};
static const struct notation json_sorted = {"null", {"false", "true"},   "Infinity",
                                            "NaN",  json_write_string_n, true};
static const struct notation python = {"None", {"False", "True"}, "inf", "nan", write_quoted, false};

static void write_value(struct str *out, const struct value *value, const struct notation *notation);

static void write_list(struct str *out, const struct value *list, const struct notation *notation)
{
    str_add_char(out, '[');
    for (size_t i = 0; i < list->list.count && !arena_over(out->arena); i++) {
        if (i)
            str_add(out, ", ");
        write_value(out, list->list.items[i], notation);
    }
    str_add_char(out, ']');
}

static int by_key(const void *a, const void *b)
{
    return strcmp(((const struct value_entry *)a)->key, ((const struct value_entry *)b)->key);
}

/* Code point order is byte order in UTF-8. */
static const struct value_entry *sorted_entries(struct arena *arena, const struct value *map)
{
    struct value_entry *entries = arena_array(arena, struct value_entry, map->map.count);
    if (map->map.count)
        memcpy(entries, map->map.entries, map->map.count * sizeof *entries);
    qsort(entries, map->map.count, sizeof *entries, by_key);
    return entries;
}

static void write_map(struct str *out, const struct value *map, const struct notation *notation)
{
    const struct value_entry *entries = notation->sorted ? sorted_entries(out->arena, map) : map->map.entries;
    str_add_char(out, '{');
    for (size_t i = 0; i < map->map.count && !arena_over(out->arena); i++) {
        if (i)
            str_add(out, ", ");
        notation->string(out, entries[i].key, strlen(entries[i].key));
        str_add(out, ": ");
        write_value(out, entries[i].value, notation);
    }
    str_add_char(out, '}');
}

static void write_value(struct str *out, const struct value *value, const struct notation *notation)
{
    switch (value ? value->kind : VALUE_NULL) {
    case VALUE_NULL:
        str_add(out, notation->null);
        break;
    case VALUE_BOOL:
        str_add(out, notation->truth[value->boolean]);
        break;
    case VALUE_INT:
        str_printf(out, "%lld", (long long)value->integer);
        break;
    case VALUE_BIGINT:
        str_add(out, value->string.text);
        break;
    case VALUE_FLOAT:
        write_float(out, value->number, notation->infinity, notation->nan);
        break;
    case VALUE_STRING:
        notation->string(out, value->string.text, value->string.length);
        break;
    case VALUE_LIST:
        write_list(out, value, notation);
        break;
    case VALUE_MAP:
        write_map(out, value, notation);
        break;
    }
}

void value_write_json(struct str *out, const struct value *value)
{
    write_value(out, value, &json);
}

void value_write_json_sorted(struct str *out, const struct value *value)
{
    write_value(out, value, &json_sorted);
}

const char *value_to_json(struct arena *arena, const struct value *value)
{
    struct str out = STR_INIT(arena);
    value_write_json(&out, value);
    return out.data;
}

void value_write_repr(struct str *out, const struct value *value)
{
    write_value(out, value, &python);
}

void value_write_str(struct str *out, const struct value *value)
{
    if (value_is(value, VALUE_STRING))
        str_add_bytes(out, value->string.text, value->string.length);
    else
        value_write_repr(out, value);
}

const char *value_to_str(struct arena *arena, const struct value *value)
{
    struct str out = STR_INIT(arena);
    value_write_str(&out, value);
    return out.data;
}

const char *value_to_repr(struct arena *arena, const struct value *value)
{
    struct str out = STR_INIT(arena);
    value_write_repr(&out, value);
    return out.data;
}
