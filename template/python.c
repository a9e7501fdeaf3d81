/* Numbers, strings and items as Python treats them: the language's fine print. */
#include "template/call.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"

/* ---- numbers in text ---- */
static void strip(const char **text, size_t *length)
{
    while (*length && isspace((unsigned char)(*text)[0]))
        (*text)++, (*length)--;
    while (*length && isspace((unsigned char)(*text)[*length - 1]))
        (*length)--;
}

static const uint32_t zeros[] = {
#include "template/digits.def"
};

static bool is_wide_space(uint32_t code)
{
    return code == 0x85 || code == 0xa0 || code == 0x1680 || (code >= 0x2000 && code <= 0x200a) ||
           code == 0x2028 || code == 0x2029 || code == 0x202f || code == 0x205f || code == 0x3000;
}

/* A digit of any script as an ASCII digit, a space of any width as one; 0 for everything else. */
static char plain_character(uint32_t code)
{
    if (is_wide_space(code) || (code >= 0x1c && code <= 0x1f))
        return ' ';
    for (size_t i = 0; i < COUNT_OF(zeros); i++)
        if (code >= zeros[i] && code <= zeros[i] + 9)
            return (char)('0' + (code - zeros[i]));
    return 0;
}

/* The text with digits and spaces in ASCII, as Python takes numbers from it. */
static void make_plain(struct arena *arena, const char **text, size_t *length)
{
    size_t left = *length, size;
    const char *at = *text;
    uint32_t code;
    struct str out = STR_INIT(arena);
    for (; left && (size = utf8_decode(at, left, &code)) > 0; at += size, left -= size) {
        char plain = code >= 0x80 || (code >= 0x1c && code <= 0x1f) ? plain_character(code) : 0;
        str_add_bytes(&out, plain ? &plain : at, plain ? 1 : size);
    }
    *text = out.data;
    *length = out.length;
}

/* Copies the text without the underscores that may stand between digits; NULL when one stands elsewhere. */
static char *without_underscores(struct arena *arena, const char *text, size_t length)
{
    char *copy = arena_alloc(arena, length + 1), *end = copy;
    for (size_t i = 0; i < length; i++) {
        if (text[i] != '_')
            *end++ = text[i];
        else if (i == 0 || i + 1 == length || !isdigit((unsigned char)text[i - 1]) ||
                 !isdigit((unsigned char)text[i + 1]))
            return NULL;
    }
    *end = '\0';
    return copy;
}

bool python_int(struct arena *arena, const char *text, size_t length, const struct value **number)
{
    make_plain(arena, &text, &length);
    strip(&text, &length);
    const char *digits = without_underscores(arena, text, length);
    if (!digits)
        return false;
    size_t sign = digits[0] == '-' || digits[0] == '+';
    size_t count = strspn(digits + sign, "0123456789");
    if (count == 0 || digits[sign + count])
        return false;
    *number = value_integer_text(arena, digits, strlen(digits));
    return true;
}

static bool is_float_shape(const char *text)
{
    text += *text == '-' || *text == '+';
    size_t whole = strspn(text, "0123456789");
    text += whole;
    size_t part = *text == '.' ? strspn(text + 1, "0123456789") : 0;
    text += *text == '.' ? part + 1 : 0;
    if (whole + part == 0)
        return false;
    if (*text == 'e' || *text == 'E') {
        text++;
        text += *text == '-' || *text == '+';
        size_t exponent = strspn(text, "0123456789");
        if (exponent == 0)
            return false;
        text += exponent;
    }
    return !*text;
}

static bool is_float_word(const char *text)
{
    text += *text == '-' || *text == '+';
    return strcasecmp(text, "inf") == 0 || strcasecmp(text, "infinity") == 0 || strcasecmp(text, "nan") == 0;
}

bool python_float(struct arena *arena, const char *text, size_t length, double *number)
{
    make_plain(arena, &text, &length);
    strip(&text, &length);
    const char *plain = memchr(text, '\0', length) ? NULL : without_underscores(arena, text, length);
    bool good = plain && (is_float_shape(plain) || is_float_word(plain));
    if (good)
        *number = strtod(plain, NULL);
    return good;
}

double python_double(const struct value *number)
{
    switch (number->kind) {
    case VALUE_BOOL:
        return number->boolean;
    case VALUE_INT:
        return (double)number->integer;
    case VALUE_FLOAT:
        return number->number;
    case VALUE_BIGINT:
        return strtod(number->string.text, NULL);
    default:
        return NAN;
    }
}

int python_compare(const struct value *a, const struct value *b)
{
    if (a->kind == VALUE_INT && b->kind == VALUE_INT)
        return (a->integer > b->integer) - (a->integer < b->integer);
    double x = python_double(a), y = python_double(b);
    if (isnan(x) || isnan(y))
        return 2;
    return (x > y) - (x < y);
}

const struct value *python_truncate(struct arena *arena, const struct value *number)
{
    if (!value_is(number, VALUE_FLOAT))
        return number;
    if (!isfinite(number->number))
        return NULL;
    if (fabs(number->number) >= 9e18)
        return value_int(arena, number->number < 0 ? -INT64_MAX : INT64_MAX);
    return value_int(arena, (int64_t)number->number);
}

/* ---- items ---- */
static const struct value *item_of_list(const struct value *list, int64_t i)
{
    int64_t count = (int64_t)list->list.count;
    i += i < 0 ? count : 0;
    return i >= 0 && i < count ? list->list.items[i] : NULL;
}

static const struct value *item_of_text(struct arena *arena, const struct value *text, int64_t i)
{
    const char *at = text->string.text;
    size_t left = text->string.length;
    i += i < 0 ? (int64_t)utf8_count(at, left) : 0;
    uint32_t code;
    size_t size;
    for (; i >= 0 && (size = utf8_decode(at, left, &code)) > 0; i--, at += size, left -= size)
        if (i == 0)
            return value_string_n(arena, at, size);
    return NULL;
}

const struct value *python_item(struct arena *arena, const struct value *collection, const struct value *key,
                                bool parse)
{
    if (value_is(collection, VALUE_MAP))
        return value_text(key) ? value_get(collection, value_text(key)) : NULL;
    const struct value *position = key;
    if (parse && value_is(key, VALUE_STRING) &&
        !python_int(arena, key->string.text, key->string.length, &position))
        return NULL;
    if (value_is(position, VALUE_BOOL))
        position = value_int(arena, position->boolean);
    if (!value_is(position, VALUE_INT))
        return NULL;
    if (value_is(collection, VALUE_LIST))
        return item_of_list(collection, position->integer);
    return value_is(collection, VALUE_STRING) ? item_of_text(arena, collection, position->integer) : NULL;
}

/* ---- text ---- */
static const struct value *insert_between(struct arena *arena, const struct value *text, const char *new_text,
                                          size_t new_length)
{
    struct str out = STR_INIT(arena);
    const char *at = text->string.text;
    size_t left = text->string.length, size;
    uint32_t code;
    str_add_bytes(&out, new_text, new_length);
    for (; (size = utf8_decode(at, left, &code)) > 0; at += size, left -= size) {
        str_add_bytes(&out, at, size);
        str_add_bytes(&out, new_text, new_length);
    }
    return value_string_n(arena, out.data, out.length);
}

const struct value *python_replace(struct arena *arena, const struct value *text, const char *old,
                                   size_t old_length, const char *new_text, size_t new_length)
{
    if (old_length == 0)
        return insert_between(arena, text, new_text, new_length);
    const char *at = text->string.text, *end = at + text->string.length, *hit;
    if (!memmem(at, text->string.length, old, old_length))
        return text;
    struct str out = STR_INIT(arena);
    while ((hit = memmem(at, (size_t)(end - at), old, old_length))) {
        str_add_bytes(&out, at, (size_t)(hit - at));
        str_add_bytes(&out, new_text, new_length);
        at = hit + old_length;
    }
    str_add_bytes(&out, at, (size_t)(end - at));
    return value_string_n(arena, out.data, out.length);
}

struct value *python_split(struct arena *arena, const char *text, size_t length, const char *delimiter,
                           size_t delimiter_length)
{
    struct value *parts = value_list(arena);
    const char *end = text + length, *hit;
    while ((hit = memmem(text, (size_t)(end - text), delimiter, delimiter_length))) {
        value_list_add(arena, parts, value_string_n(arena, text, (size_t)(hit - text)));
        text = hit + delimiter_length;
    }
    value_list_add(arena, parts, value_string_n(arena, text, (size_t)(end - text)));
    return parts;
}

const char *python_repr_text(struct arena *arena, const char *text)
{
    return value_to_repr(arena, value_string(arena, text));
}

const char *python_cut(struct arena *arena, const char *text, size_t characters)
{
    size_t length = strlen(text), at = 0, size;
    uint32_t code;
    while (characters-- && (size = utf8_decode(text + at, length - at, &code)) > 0)
        at += size;
    return arena_strndup(arena, text, at);
}
