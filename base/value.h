/* Values: what a template, an environment or a property is made of once read. The language's data model is
 * Python's (None, bool, int of any size, float, str, list, dict with insertion order), because that is what
 * Heat's templates were written against; numbers print as Python prints them.
 *
 * Ownership, the one rule: a value lives on the arena it was made on, is immutable once shared, and is never
 * freed by itself. Builders (value_list_add, value_map_set) are for values you have just made. Sharing
 * sub-values between parents is free and common.
 *
 * Why not json_t: integers beyond 64 bits, NaN and Infinity are legal in templates and must come back as
 * written; memory per request must be capped; nothing here is reference-counted. jansson speaks JSON with
 * other programs (Keystone, status pages); documents of the language are values. */
#ifndef HEARTH_BASE_VALUE_H
#define HEARTH_BASE_VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/ctx.h"
#include "base/str.h"

enum value_kind {
    VALUE_NULL,
    VALUE_BOOL,
    VALUE_INT,    /* fits int64_t */
    VALUE_BIGINT, /* decimal digits with optional '-', in text */
    VALUE_FLOAT,
    VALUE_STRING, /* UTF-8; length counts bytes, NUL inside is possible */
    VALUE_LIST,
    VALUE_MAP, /* keys are strings, unique, in insertion order */
};

struct value;
struct value_entry {
    const char *key; /* NUL-terminated */
    const struct value *value;
};

struct value {
    enum value_kind kind;
    union {
        bool boolean;
        int64_t integer;
        double number;
        struct {
            const char *text; /* NUL-terminated */
            size_t length;
        } string; /* also the digits of a VALUE_BIGINT */
        struct {
            const struct value **items;
            size_t count, capacity;
        } list;
        struct {
            struct value_entry *entries;
            size_t count, capacity;
            uint32_t *index; /* hash index once count is large; NULL before */
        } map;
    };
};

/* ---- making ---- */
extern const struct value value_null, value_true, value_false;
const struct value *value_bool(bool b);
const struct value *value_int(struct arena *arena, int64_t n);
const struct value *value_float(struct arena *arena, double d);
/* Decimal digits of any size, with sign; becomes VALUE_INT where it fits. */
const struct value *value_integer_text(struct arena *arena, const char *digits, size_t length);
const struct value *value_string(struct arena *arena, const char *text);
const struct value *value_string_n(struct arena *arena, const char *text, size_t length);
const struct value *value_printf(struct arena *arena, const char *format, ...) PRINTF(2, 3);
struct value *value_list(struct arena *arena);
void value_list_add(struct arena *arena, struct value *list, const struct value *item);
struct value *value_map(struct arena *arena);
/* Adds or replaces (a replaced key keeps its place, as in a dict). The key is copied. */
void value_map_set(struct arena *arena, struct value *map, const char *key, const struct value *value);
/* Shallow copy of a map or list, to be changed. */
struct value *value_copy(struct arena *arena, const struct value *value);
/* Sets every entry of more, in its order; what is no map (NULL too) has none. */
void value_map_set_all(struct arena *arena, struct value *map, const struct value *more);
/* A copy of the map without that entry; the same rule. */
struct value *value_map_without(struct arena *arena, const struct value *map, const char *key);

/* ---- asking ---- All take NULL as "nothing" and answer accordingly. */
bool value_is(const struct value *value, enum value_kind kind);
bool value_is_null(const struct value *value); /* NULL or VALUE_NULL */
bool value_is_number(const struct value *value);
size_t value_count(const struct value *value);                           /* of a list or map; else 0 */
const struct value *value_at(const struct value *list, size_t i);        /* NULL when out of range */
const struct value *value_get(const struct value *map, const char *key); /* NULL when absent or no map */
bool value_has(const struct value *map, const char *key);
const char *value_text(const struct value *value); /* of a string; NULL for anything else */
const char *value_get_text(const struct value *map, const char *key); /* value_text(value_get()) */
/* As Python's ==: 1 == 1.0 == True, maps without regard to order. */
bool value_equal(const struct value *a, const struct value *b);
/* Python's truth: None, False, 0, "", [] and {} are false. */
bool value_truth(const struct value *value);
/* Name of the Python type, for messages: "str", "int", "NoneType" … */
const char *value_python_type(const struct value *value);

/* ---- JSON ---- */
/* Reads one JSON document (RFC 8259; NaN, Infinity and -Infinity too, as Python's json does; duplicate keys:
 * the last wins). Depth is capped at VALUE_MAX_DEPTH. Invalid UTF-8 is refused; an escaped lone surrogate
 * becomes U+FFFD. Fails with FAULT_BAD_REQUEST in the words of Python's json, with line and column; or with
 * FAULT_TOO_LARGE. */
const struct value *value_read_json(struct ctx *ctx, const char *text, size_t length) MUST_CHECK;
enum { VALUE_MAX_DEPTH = 200 };

/* All writers below stop early once the arena is over its cap (sharing can make a small value print without
 * end): who writes what a stranger may have multiplied asks arena_over() afterwards and fails with
 * FAULT_TOO_LARGE. */

/* Writes as Python's json.dumps: ", " and ": ", non-ASCII as \uXXXX, floats by their shortest repr.
 * sorted: map keys in code point order (sort_keys=True). */
void value_write_json(struct str *out, const struct value *value);
void value_write_json_sorted(struct str *out, const struct value *value);
const char *value_to_json(struct arena *arena, const struct value *value);
/* One JSON string with quotes; text is UTF-8 (an invalid byte is written as \ufffd). */
void json_write_string(struct str *out, const char *text);
void json_write_string_n(struct str *out, const char *text, size_t length);

/* ---- as Python's str() and repr(), for messages and string coercion ---- */
void value_write_str(struct str *out, const struct value *value);  /* True, 3.0, None, abc, ['a', 1] */
void value_write_repr(struct str *out, const struct value *value); /* the same, but strings quoted 'abc' */
const char *value_to_str(struct arena *arena, const struct value *value);
const char *value_to_repr(struct arena *arena, const struct value *value);

#endif
