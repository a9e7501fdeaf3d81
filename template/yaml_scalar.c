/* Plain YAML scalars: booleans, nulls, integers and floats of YAML 1.1, everything else a string. */
#include "template/yaml_scalar.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "template/call.h"

static bool is_one_of(const char *text, const char *const *words)
{
    for (; *words; words++)
        if (strcmp(text, *words) == 0)
            return true;
    return false;
}

static const char *const true_words[] = {"yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON", NULL};
static const char *const false_words[] = {"no",    "No",  "NO",  "false", "False",
                                          "FALSE", "off", "Off", "OFF",   NULL};
static const char *const null_words[] = {"", "~", "null", "Null", "NULL", NULL};
static const char *const inf_words[] = {".inf", ".Inf", ".INF", NULL};
static const char *const nan_words[] = {".nan", ".NaN", ".NAN", NULL};

static const char *skip_sign(const char *text)
{
    return text + (*text == '-' || *text == '+');
}

static const char *skip(const char *text, const char *accepted)
{
    return text + strspn(text, accepted);
}

/* (?::[0-5]?[0-9])+ ; NULL when there is none. */
static const char *skip_sexagesimal(const char *text)
{
    if (*text != ':')
        return NULL;
    while (*text == ':') {
        const char *digits = ++text;
        text = skip(text, "0123456789");
        size_t count = (size_t)(text - digits);
        if (count == 0 || count > 2 || (count == 2 && digits[0] > '5'))
            return NULL;
    }
    return text;
}

static bool is_int(const char *text)
{
    text = skip_sign(text);
    if (text[0] == '0' && text[1] == 'b' && text[2])
        return !*skip(text + 2, "01_");
    if (text[0] == '0' && text[1] == 'x' && text[2])
        return !*skip(text + 2, "0123456789abcdefABCDEF_");
    if (text[0] == '0')
        return !*skip(text + 1, "01234567_");
    if (!isdigit((unsigned char)text[0]))
        return false;
    text = skip(text, "0123456789_");
    const char *rest = *text ? skip_sexagesimal(text) : text;
    return rest && !*rest;
}

/* [eE][-+][0-9]+ , or nothing: "1.0e3" is no float, its exponent has no sign. */
static bool is_exponent_or_end(const char *text)
{
    if (!*text)
        return true;
    if ((text[0] != 'e' && text[0] != 'E') || (text[1] != '-' && text[1] != '+'))
        return false;
    const char *end = skip(text + 2, "0123456789");
    return end > text + 2 && !*end;
}

static bool is_decimal_float(const char *text)
{
    if (*text == '.')
        return isdigit((unsigned char)text[1]) && is_exponent_or_end(skip(text + 1, "0123456789_"));
    text = skip_sign(text);
    if (!isdigit((unsigned char)*text))
        return false;
    text = skip(text, "0123456789_");
    return *text == '.' && is_exponent_or_end(skip(text + 1, "0123456789_"));
}

static bool is_sexagesimal_float(const char *text)
{
    text = skip_sign(text);
    if (!isdigit((unsigned char)*text))
        return false;
    text = skip_sexagesimal(skip(text, "0123456789_"));
    return text && *text == '.' && !*skip(text + 1, "0123456789_");
}

static bool is_float(const char *text)
{
    return is_decimal_float(text) || is_sexagesimal_float(text) || is_one_of(skip_sign(text), inf_words) ||
           is_one_of(text, nan_words);
}

enum scalar_tag scalar_resolve(const char *text, size_t length)
{
    if (strlen(text) != length)
        return SCALAR_STR;
    if (is_one_of(text, null_words))
        return SCALAR_NULL;
    if (is_one_of(text, true_words) || is_one_of(text, false_words))
        return SCALAR_BOOL;
    if (strchr("-+.0123456789", *text) && is_float(text))
        return SCALAR_FLOAT;
    if (strchr("-+0123456789", *text) && is_int(text))
        return SCALAR_INT;
    if (strcmp(text, "<<") == 0)
        return SCALAR_MERGE;
    return strcmp(text, "=") == 0 ? SCALAR_VALUE : SCALAR_STR;
}

/* ---- constructing ---- */
static char *without(struct arena *arena, const char *text, char unwanted)
{
    char *copy = arena_alloc(arena, strlen(text) + 1), *end = copy;
    for (; *text; text++)
        if (*text != unwanted)
            *end++ = *text;
    *end = '\0';
    return copy;
}

/* Digits of any base as decimal digits, by schoolbook multiplication on groups of nine decimal digits. */
static const struct value *integer_of_base(struct arena *arena, const char *digits, int base, bool negative)
{
    size_t length = strlen(digits), room = length * 4 / 9 + 2, used = 1;
    uint32_t *groups = arena_array(arena, uint32_t, room);
    for (; *digits; digits++) {
        uint64_t carry =
            (uint64_t)(isdigit((unsigned char)*digits) ? *digits - '0'
                                                       : tolower((unsigned char)*digits) - 'a' + 10);
        for (size_t i = 0; i < used; i++) {
            carry += (uint64_t)groups[i] * (uint64_t)base;
            groups[i] = (uint32_t)(carry % 1000000000);
            carry /= 1000000000;
        }
        if (carry)
            groups[used++] = (uint32_t)carry;
    }
    struct str out = STR_INIT(arena);
    str_printf(&out, "%s%u", negative ? "-" : "", groups[used - 1]);
    for (size_t i = used - 1; i-- > 0;)
        str_printf(&out, "%09u", groups[i]);
    return value_integer_text(arena, out.data, out.length);
}

static double sexagesimal(const char *text)
{
    double total = 0;
    while (text) {
        total = total * 60 + strtod(text, NULL);
        text = strchr(text, ':');
        text = text ? text + 1 : NULL;
    }
    return total;
}

/* "190:20:30"; NULL past what 18 digits hold, which is no time of day any more. */
static const struct value *integer_of_sixties(struct arena *arena, const char *text, bool negative)
{
    double total = sexagesimal(text);
    if (total >= 1e18)
        return NULL;
    int64_t exact = 0;
    for (const char *at = text; at; at = strchr(at, ':') ? strchr(at, ':') + 1 : NULL)
        exact = exact * 60 + strtoll(at, NULL, 10);
    return value_int(arena, negative ? -exact : exact);
}

static bool all_in(const char *text, const char *accepted)
{
    return *text && !*skip(text, accepted);
}

static const struct value *construct_int(struct arena *arena, const char *text)
{
    enum { LONGEST = 4096 };
    text = without(arena, text, '_');
    bool negative = *text == '-';
    text = skip_sign(text);
    if (strlen(text) > LONGEST)
        return NULL;
    if (strncmp(text, "0b", 2) == 0)
        return all_in(text + 2, "01") ? integer_of_base(arena, text + 2, 2, negative) : NULL;
    if (strncmp(text, "0x", 2) == 0)
        return all_in(text + 2, "0123456789abcdefABCDEF") ? integer_of_base(arena, text + 2, 16, negative)
                                                          : NULL;
    if (text[0] == '0')
        return all_in(text, "01234567") ? integer_of_base(arena, text, 8, negative) : NULL;
    if (all_in(text, "0123456789"))
        return integer_of_base(arena, text, 10, negative);
    return all_in(text, "0123456789:") ? integer_of_sixties(arena, text, negative) : NULL;
}

static const struct value *construct_float(struct arena *arena, const char *text)
{
    text = without(arena, text, '_');
    double sign = *text == '-' ? -1 : 1;
    text = skip_sign(text);
    double number;
    if (strcasecmp(text, ".inf") == 0)
        return value_float(arena, sign * INFINITY);
    if (strcasecmp(text, ".nan") == 0)
        return value_float(arena, NAN);
    if (strchr(text, ':'))
        return value_float(arena, sign * sexagesimal(text));
    return python_float(arena, text, strlen(text), &number) ? value_float(arena, sign * number) : NULL;
}

static const struct value *construct_bool(const char *text)
{
    static const char *const yes[] = {"yes", "true", "on"}, *const no[] = {"no", "false", "off"};
    for (size_t i = 0; i < COUNT_OF(yes); i++)
        if (strcasecmp(text, yes[i]) == 0 || strcasecmp(text, no[i]) == 0)
            return value_bool(strcasecmp(text, yes[i]) == 0);
    return NULL;
}

const struct value *scalar_construct(struct arena *arena, enum scalar_tag tag, const char *text,
                                     size_t length)
{
    switch (tag) {
    case SCALAR_NULL:
        return &value_null;
    case SCALAR_BOOL:
        return construct_bool(text);
    case SCALAR_INT:
        return construct_int(arena, text);
    case SCALAR_FLOAT:
        return construct_float(arena, text);
    default:
        return value_string_n(arena, text, length);
    }
}
