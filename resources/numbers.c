/* Numbers as Python's int() and float() read them. */
#include "resources/numbers.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Text without white space around it and without single underscores between digits. NULL: it has others. */
static char *plain_digits(struct arena *arena, const struct value *text)
{
    const char *start = text->string.text, *end = start + text->string.length;
    while (start < end && isspace((unsigned char)*start))
        start++;
    while (end > start && isspace((unsigned char)end[-1]))
        end--;
    char *out = arena_alloc(arena, (size_t)(end - start) + 1), *to = out;
    for (const char *c = start; c < end; c++) {
        if (*c != '_')
            *to++ = *c;
        else if (c == start || c + 1 == end || !isalnum((unsigned char)c[-1]) ||
                 !isalnum((unsigned char)c[1]))
            return NULL;
    }
    *to = '\0';
    return strlen(out) == (size_t)(to - out) ? out : NULL;
}

static const struct value *integer_of_text(struct arena *arena, const struct value *value)
{
    const char *text = plain_digits(arena, value);
    if (!text)
        return NULL;
    if (*text == '+')
        text++;
    const char *digits = *text == '-' ? text + 1 : text;
    if (!*digits || digits[strspn(digits, "0123456789")])
        return NULL;
    return value_integer_text(arena, text, strlen(text));
}

static const struct value *float_of_text(struct arena *arena, const struct value *value)
{
    const char *text = plain_digits(arena, value);
    if (!text || !*text || strpbrk(text, "xX"))
        return NULL;
    char *end;
    double number = strtod(text, &end);
    return *end || strchr(text, '(') ? NULL : value_float(arena, number);
}

static const struct value *integer_of_float(struct arena *arena, double number)
{
    if (!isfinite(number))
        return NULL;
    char *digits = arena_printf(arena, "%.0f", trunc(number));
    return value_integer_text(arena, strcmp(digits, "-0") == 0 ? "0" : digits,
                              strcmp(digits, "-0") == 0 ? 1 : strlen(digits));
}

const struct value *number_integer(struct arena *arena, const struct value *value)
{
    switch (value->kind) {
    case VALUE_INT:
    case VALUE_BIGINT:
        return value;
    case VALUE_BOOL:
        return value_int(arena, value->boolean);
    case VALUE_FLOAT:
        return integer_of_float(arena, value->number);
    case VALUE_STRING:
        return integer_of_text(arena, value);
    default:
        return NULL;
    }
}

const struct value *number_any(struct arena *arena, const struct value *value)
{
    switch (value->kind) {
    case VALUE_INT:
    case VALUE_BIGINT:
    case VALUE_FLOAT:
    case VALUE_BOOL:
        return value;
    case VALUE_STRING: {
        const struct value *integer = integer_of_text(arena, value);
        return integer ? integer : float_of_text(arena, value);
    }
    default:
        return NULL;
    }
}

double number_double(const struct value *value)
{
    if (!value)
        return 0;
    switch (value->kind) {
    case VALUE_INT:
        return (double)value->integer;
    case VALUE_BIGINT:
        return strtod(value->string.text, NULL);
    case VALUE_FLOAT:
        return value->number;
    case VALUE_BOOL:
        return value->boolean;
    default:
        return 0;
    }
}
