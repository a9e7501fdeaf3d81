/* Values: making them, asking them, comparing them as Python does.
 *
 * A map is an array of entries in insertion order. Up to SMALL_MAP entries a key is found by walking them;
 * past that an open-addressed index of entry numbers stands beside the array:
 *
 *   entries   0:"web"  1:"db"  2:"net" …                capacity: a power of two
 *   index     [ .  2  .  .  1  .  3  . … ]              2 × capacity slots, entry number + 1, 0 means free
 *
 * Keys come from strangers, so the hash is SipHash under a random key: nobody can choose keys that all
 * collide. */
#include "base/value.h"

#include <math.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/uuid.h"

enum { FIRST_CAPACITY = 4, SMALL_MAP = 16, INT64_DIGITS = 19, FLOAT_DIGITS = 320 };

const struct value value_null = {.kind = VALUE_NULL};
const struct value value_true = {.kind = VALUE_BOOL, .boolean = true};
const struct value value_false = {.kind = VALUE_BOOL, .boolean = false};

/* ---- making ---- */

static struct value *new_value(struct arena *arena, enum value_kind kind)
{
    struct value *value = arena_new(arena, struct value);
    value->kind = kind;
    return value;
}

const struct value *value_bool(bool b)
{
    return b ? &value_true : &value_false;
}

const struct value *value_int(struct arena *arena, int64_t n)
{
    struct value *value = new_value(arena, VALUE_INT);
    value->integer = n;
    return value;
}

const struct value *value_float(struct arena *arena, double d)
{
    struct value *value = new_value(arena, VALUE_FLOAT);
    value->number = d;
    return value;
}

static const struct value *bigint(struct arena *arena, bool negative, const char *digits, size_t length)
{
    struct value *value = new_value(arena, VALUE_BIGINT);
    value->string.text = arena_printf(arena, "%s%.*s", negative ? "-" : "", (int)length, digits);
    value->string.length = length + negative;
    return value;
}

const struct value *value_integer_text(struct arena *arena, const char *digits, size_t length)
{
    bool negative = length && *digits == '-';
    if (length && (*digits == '-' || *digits == '+'))
        digits++, length--;
    while (length > 1 && *digits == '0')
        digits++, length--;
    uint64_t magnitude = 0;
    if (length > INT64_DIGITS)
        return bigint(arena, negative, digits, length);
    for (size_t i = 0; i < length; i++)
        magnitude = magnitude * 10 + (uint64_t)(digits[i] - '0');
    if (magnitude > (uint64_t)INT64_MAX + negative)
        return bigint(arena, negative, digits, length);
    return value_int(arena, (int64_t)(negative ? 0 - magnitude : magnitude));
}

static const struct value *string_of(struct arena *arena, const char *owned, size_t length)
{
    struct value *value = new_value(arena, VALUE_STRING);
    value->string.text = owned;
    value->string.length = length;
    return value;
}

const struct value *value_string(struct arena *arena, const char *text)
{
    return value_string_n(arena, text, strlen(text));
}

const struct value *value_string_n(struct arena *arena, const char *text, size_t length)
{
    return string_of(arena, arena_strndup(arena, text, length), length);
}

const struct value *value_printf(struct arena *arena, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    const char *text = arena_vprintf(arena, format, args);
    va_end(args);
    return string_of(arena, text, strlen(text));
}

struct value *value_list(struct arena *arena)
{
    return new_value(arena, VALUE_LIST);
}

/* Room for one more in an array that doubles; FIRST_CAPACITY is a power of two, so capacities stay one. */
static void *with_room(struct arena *arena, void *array, size_t count, size_t *capacity, size_t item_size)
{
    if (count < *capacity)
        return array;
    size_t more = *capacity ? *capacity * 2 : FIRST_CAPACITY;
    array = arena_grow(arena, array, *capacity * item_size, more * item_size);
    *capacity = more;
    return array;
}

void value_list_add(struct arena *arena, struct value *list, const struct value *item)
{
    list->list.items =
        with_room(arena, list->list.items, list->list.count, &list->list.capacity, sizeof *list->list.items);
    list->list.items[list->list.count++] = item;
}

struct value *value_map(struct arena *arena)
{
    return new_value(arena, VALUE_MAP);
}

static uint64_t hash_of(const char *key)
{
    static unsigned char secret[crypto_shorthash_KEYBYTES];
    static bool ready;
    if (!ready) {
        random_bytes(secret, sizeof secret);
        ready = true;
    }
    uint64_t hash;
    crypto_shorthash((unsigned char *)&hash, (const unsigned char *)key, strlen(key), secret);
    return hash;
}

/* The slot that holds key's entry, or the free one where it belongs. */
static uint32_t *slot_of(const struct value *map, const char *key)
{
    size_t mask = map->map.capacity * 2 - 1;
    size_t at = hash_of(key) & mask;
    while (map->map.index[at] && strcmp(map->map.entries[map->map.index[at] - 1].key, key) != 0)
        at = (at + 1) & mask;
    return &map->map.index[at];
}

static struct value_entry *entry_of(const struct value *map, const char *key)
{
    if (map->map.index) {
        uint32_t number = *slot_of(map, key);
        return number ? &map->map.entries[number - 1] : NULL;
    }
    for (size_t i = 0; i < map->map.count; i++)
        if (strcmp(map->map.entries[i].key, key) == 0)
            return &map->map.entries[i];
    return NULL;
}

static void build_index(struct arena *arena, struct value *map)
{
    map->map.index = arena_array(arena, uint32_t, map->map.capacity * 2);
    for (size_t i = 0; i < map->map.count; i++)
        *slot_of(map, map->map.entries[i].key) = (uint32_t)i + 1;
}

static void append_entry(struct arena *arena, struct value *map, const char *key, const struct value *value)
{
    size_t capacity = map->map.capacity;
    map->map.entries =
        with_room(arena, map->map.entries, map->map.count, &map->map.capacity, sizeof *map->map.entries);
    map->map.entries[map->map.count++] = (struct value_entry){arena_strdup(arena, key), value};
    if (map->map.count <= SMALL_MAP)
        return;
    if (!map->map.index || capacity != map->map.capacity)
        build_index(arena, map);
    else
        *slot_of(map, key) = (uint32_t)map->map.count;
}

void value_map_set(struct arena *arena, struct value *map, const char *key, const struct value *value)
{
    struct value_entry *entry = entry_of(map, key);
    if (entry)
        entry->value = value;
    else
        append_entry(arena, map, key, value);
}

struct value *value_copy(struct arena *arena, const struct value *value)
{
    struct value *copy = new_value(arena, value->kind);
    if (value->kind == VALUE_LIST)
        for (size_t i = 0; i < value->list.count; i++)
            value_list_add(arena, copy, value->list.items[i]);
    else if (value->kind == VALUE_MAP)
        for (size_t i = 0; i < value->map.count; i++)
            append_entry(arena, copy, value->map.entries[i].key, value->map.entries[i].value);
    else
        *copy = *value;
    return copy;
}

void value_map_set_all(struct arena *arena, struct value *map, const struct value *more)
{
    for (size_t i = 0; value_is(more, VALUE_MAP) && i < more->map.count; i++)
        value_map_set(arena, map, more->map.entries[i].key, more->map.entries[i].value);
}

struct value *value_map_without(struct arena *arena, const struct value *map, const char *key)
{
    struct value *rest = value_map(arena);
    for (size_t i = 0; value_is(map, VALUE_MAP) && i < map->map.count; i++)
        if (strcmp(map->map.entries[i].key, key) != 0)
            append_entry(arena, rest, map->map.entries[i].key, map->map.entries[i].value);
    return rest;
}

/* ---- asking ---- */

bool value_is(const struct value *value, enum value_kind kind)
{
    return value && value->kind == kind;
}

bool value_is_null(const struct value *value)
{
    return !value || value->kind == VALUE_NULL;
}

bool value_is_number(const struct value *value)
{
    return value_is(value, VALUE_INT) || value_is(value, VALUE_BIGINT) || value_is(value, VALUE_FLOAT);
}

size_t value_count(const struct value *value)
{
    if (value_is(value, VALUE_LIST))
        return value->list.count;
    return value_is(value, VALUE_MAP) ? value->map.count : 0;
}

const struct value *value_at(const struct value *list, size_t i)
{
    return value_is(list, VALUE_LIST) && i < list->list.count ? list->list.items[i] : NULL;
}

const struct value *value_get(const struct value *map, const char *key)
{
    struct value_entry *entry = value_is(map, VALUE_MAP) ? entry_of(map, key) : NULL;
    return entry ? entry->value : NULL;
}

bool value_has(const struct value *map, const char *key)
{
    return value_is(map, VALUE_MAP) && entry_of(map, key);
}

const char *value_text(const struct value *value)
{
    return value_is(value, VALUE_STRING) ? value->string.text : NULL;
}

const char *value_get_text(const struct value *map, const char *key)
{
    return value_text(value_get(map, key));
}

bool value_truth(const struct value *value)
{
    if (value_is_null(value))
        return false;
    switch (value->kind) {
    case VALUE_BOOL:
        return value->boolean;
    case VALUE_INT:
        return value->integer != 0;
    case VALUE_FLOAT:
        return value->number != 0;
    case VALUE_STRING:
        return value->string.length != 0;
    case VALUE_LIST:
    case VALUE_MAP:
        return value_count(value) != 0;
    default:
        return true;
    }
}

const char *value_python_type(const struct value *value)
{
    static const char *const names[] = {
        [VALUE_NULL] = "NoneType", [VALUE_BOOL] = "bool",  [VALUE_INT] = "int",   [VALUE_BIGINT] = "int",
        [VALUE_FLOAT] = "float",   [VALUE_STRING] = "str", [VALUE_LIST] = "list", [VALUE_MAP] = "dict",
    };
    return names[value ? value->kind : VALUE_NULL];
}

/* ---- equality ---- */

static bool same_text(const struct value *a, const struct value *b)
{
    return a->string.length == b->string.length &&
           memcmp(a->string.text, b->string.text, a->string.length) == 0;
}

static bool same_items(const struct value *a, const struct value *b)
{
    if (a->list.count != b->list.count)
        return false;
    for (size_t i = 0; i < a->list.count; i++)
        if (!value_equal(a->list.items[i], b->list.items[i]))
            return false;
    return true;
}

static bool same_entries(const struct value *a, const struct value *b)
{
    if (a->map.count != b->map.count)
        return false;
    for (size_t i = 0; i < a->map.count; i++) {
        const struct value_entry *other = entry_of(b, a->map.entries[i].key);
        if (!other || !value_equal(a->map.entries[i].value, other->value))
            return false;
    }
    return true;
}

/* Exact, as in Python: 2**53 + 1 is not the float 2.0**53, though converting it would say so. */
static bool float_is_int(double d, int64_t n)
{
    const double limit = 9223372036854775808.0; /* 2**63 */
    return d >= -limit && d < limit && (double)(int64_t)d == d && (int64_t)d == n;
}

static bool float_is_bigint(double d, const char *digits)
{
    char text[FLOAT_DIGITS];
    if (!isfinite(d) || d != trunc(d))
        return false;
    snprintf(text, sizeof text, "%.0f", d);
    return strcmp(text, digits) == 0;
}

static bool is_whole(const struct value *value, int64_t *n)
{
    *n = value->kind == VALUE_BOOL ? value->boolean : value->integer;
    return value->kind == VALUE_BOOL || value->kind == VALUE_INT;
}

static bool numbers_equal(const struct value *a, const struct value *b)
{
    int64_t m, n;
    if (a->kind == VALUE_FLOAT && b->kind == VALUE_FLOAT)
        return a->number == b->number;
    if (b->kind == VALUE_FLOAT)
        return numbers_equal(b, a);
    if (a->kind == VALUE_FLOAT)
        return is_whole(b, &n) ? float_is_int(a->number, n) : float_is_bigint(a->number, b->string.text);
    if (a->kind == VALUE_BIGINT || b->kind == VALUE_BIGINT)
        return a->kind == b->kind && same_text(a, b);
    return is_whole(a, &m) && is_whole(b, &n) && m == n;
}

static bool counts_as_number(const struct value *value)
{
    return value_is_number(value) || value->kind == VALUE_BOOL;
}

bool value_equal(const struct value *a, const struct value *b)
{
    if (value_is_null(a) || value_is_null(b))
        return value_is_null(a) && value_is_null(b);
    if (counts_as_number(a) && counts_as_number(b))
        return numbers_equal(a, b);
    if (a == b)
        return true;
    if (a->kind != b->kind)
        return false;
    switch (a->kind) {
    case VALUE_STRING:
        return same_text(a, b);
    case VALUE_LIST:
        return same_items(a, b);
    case VALUE_MAP:
        return same_entries(a, b);
    default:
        return false;
    }
}
