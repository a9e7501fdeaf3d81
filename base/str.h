/* A growing string on an arena; always NUL-terminated once something was added. */
#ifndef HEARTH_BASE_STR_H
#define HEARTH_BASE_STR_H

#include <stddef.h>

#include "base/arena.h"

struct str {
    struct arena *arena;
    char *data; /* NUL-terminated; "" before the first addition */
    size_t length;
    size_t capacity;
};

#define STR_INIT(arena_)                                                                                     \
    {                                                                                                        \
        .arena = (arena_), .data = (char *)""                                                                \
    }

void str_add(struct str *str, const char *text);
void str_add_bytes(struct str *str, const char *bytes, size_t length);
void str_add_char(struct str *str, char c);
void str_printf(struct str *str, const char *format, ...) PRINTF(2, 3);
void str_reserve(struct str *str, size_t more);
/* Cuts the string to length (which must not exceed str->length). */
void str_truncate(struct str *str, size_t length);

#endif
