/* Growing strings. */
#include "base/str.h"

#include <stdio.h>
#include <string.h>

enum { FIRST_CAPACITY = 64 };

void str_reserve(struct str *str, size_t more)
{
    size_t needed = str->length + more + 1;
    if (needed <= str->capacity)
        return;
    size_t capacity = str->capacity ? str->capacity * 2 : FIRST_CAPACITY;
    while (capacity < needed)
        capacity *= 2;
    char *old = str->capacity ? str->data : NULL;
    str->data = arena_grow(str->arena, old, str->capacity, capacity);
    str->capacity = capacity;
}

void str_add_bytes(struct str *str, const char *bytes, size_t length)
{
    str_reserve(str, length);
    memcpy(str->data + str->length, bytes, length);
    str->length += length;
    str->data[str->length] = '\0';
}

void str_add(struct str *str, const char *text)
{
    str_add_bytes(str, text, strlen(text));
}

void str_add_char(struct str *str, char c)
{
    str_add_bytes(str, &c, 1);
}

void str_printf(struct str *str, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int length = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (length <= 0)
        return;
    str_reserve(str, (size_t)length);
    va_start(args, format);
    vsnprintf(str->data + str->length, (size_t)length + 1, format, args);
    va_end(args);
    str->length += (size_t)length;
}

void str_truncate(struct str *str, size_t length)
{
    str->length = length;
    if (str->capacity)
        str->data[length] = '\0';
}
