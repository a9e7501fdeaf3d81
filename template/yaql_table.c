/* Tables of items: the maps and sets of yaql, and what it takes for items to be keys: equality and hashes. */
#include "template/yaql.h"

#include <math.h>
#include <string.h>

/* ---- equality ---- */
static int equal_lists(struct yaql *yaql, const struct item *a, const struct item *b)
{
    if (a->list.count != b->list.count)
        return 0;
    for (size_t i = 0; i < a->list.count; i++) {
        int same = item_equal(yaql, a->list.items[i], b->list.items[i]);
        if (same <= 0)
            return same;
    }
    return 1;
}

/* Every key of a is in b, with an equal value (of maps). */
static int equal_tables(struct yaql *yaql, const struct table *a, const struct table *b, bool values)
{
    if (a->count != b->count)
        return 0;
    for (size_t i = 0; i < a->count; i++) {
        struct table_entry *entry;
        int found = table_find(yaql, b, a->entries[i].key, &entry);
        if (found > 0 && values)
            found = item_equal(yaql, a->entries[i].value, entry->value);
        if (found <= 0)
            return found;
    }
    return 1;
}

static int equal_sets(struct yaql *yaql, const struct item *a, const struct item *b)
{
    struct table *left = table_of_set(yaql, a), *right = left ? table_of_set(yaql, b) : NULL;
    return right ? equal_tables(yaql, left, right, false) : -1;
}

static int equal_collections(struct yaql *yaql, const struct item *a, const struct item *b)
{
    if (item_is_sequence(a) && a->kind == b->kind)
        return equal_lists(yaql, a, b);
    if (item_is_map(a) && item_is_map(b))
        return equal_tables(yaql, a->table, b->table, true);
    if (item_is_set(a) && item_is_set(b))
        return equal_sets(yaql, a, b);
    if (a->kind == ITEM_SPAN && b->kind == ITEM_SPAN)
        return a->span == b->span;
    if (a->kind == ITEM_TIME && b->kind == ITEM_TIME)
        return a->time.local - a->time.offset == b->time.local - b->time.offset;
    if (a->kind == ITEM_REGEX && b->kind == ITEM_REGEX)
        return a->regex == b->regex;
    return 0;
}

int item_equal(struct yaql *yaql, const struct item *a, const struct item *b)
{
    if (a == b && !item_is_plain(a, VALUE_FLOAT))
        return 1;
    if (a->kind == ITEM_PLAIN && b->kind == ITEM_PLAIN)
        return value_equal(a->plain, b->plain);
    int result = yaql_enter(yaql) == 0 ? equal_collections(yaql, a, b) : -1;
    yaql_leave(yaql);
    return result;
}

/* ---- hashes ---- */
static uint64_t mix(uint64_t hash, uint64_t more)
{
    return (hash ^ more) * 0x9E3779B97F4A7C15u ^ (hash >> 29);
}

static uint64_t hash_bytes(const char *bytes, size_t length)
{
    uint64_t hash = 0xCBF29CE484222325u;
    for (size_t i = 0; i < length; i++)
        hash = (hash ^ (unsigned char)bytes[i]) * 0x100000001B3u;
    return hash;
}

/* 1, 1.0 and true are one key. */
static uint64_t hash_plain(const struct value *value)
{
    if (value->kind == VALUE_STRING)
        return hash_bytes(value->string.text, value->string.length);
    double number = value->kind == VALUE_NULL ? NAN : python_double(value) + 0.0;
    return isnan(number) ? 7 : hash_bytes((const char *)&number, sizeof(number));
}

static int hash_list(struct yaql *yaql, const struct item *list, uint64_t *hash)
{
    *hash = list->list.count;
    for (size_t i = 0; i < list->list.count; i++) {
        uint64_t one;
        if (item_hash(yaql, list->list.items[i], &one) != 0)
            return -1;
        *hash = mix(*hash, one);
    }
    return 0;
}

/* Without regard to order. */
static int hash_table(struct yaql *yaql, const struct table *table, bool values, uint64_t *hash)
{
    *hash = table->count;
    for (size_t i = 0; i < table->count; i++) {
        uint64_t value = 0;
        if (values && item_hash(yaql, table->entries[i].value, &value) != 0)
            return -1;
        *hash += mix(table->entries[i].hash, value);
    }
    return 0;
}

static int hash_collection(struct yaql *yaql, const struct item *item, uint64_t *hash)
{
    switch (item->kind) {
    case ITEM_TUPLE:
        return hash_list(yaql, item, hash);
    case ITEM_MAP:
    case ITEM_SET:
        return hash_table(yaql, item->table, item->kind == ITEM_MAP, hash);
    case ITEM_LIST:
    case ITEM_DICT:
    case ITEM_KEYS:
    case ITEM_PAIRS:
        return yaql_fail(yaql, PROBLEM_OTHER, "unhashable type: '%s'", item_python_type(item));
    case ITEM_SPAN:
        *hash = mix(1, (uint64_t)item->span);
        return 0;
    case ITEM_TIME:
        *hash = mix(2, (uint64_t)(item->time.local - item->time.offset));
        return 0;
    default:
        *hash = mix(3, (uint64_t)(uintptr_t)item);
        return 0;
    }
}

int item_hash(struct yaql *yaql, const struct item *item, uint64_t *hash)
{
    if (item->kind == ITEM_PLAIN) {
        *hash = hash_plain(item->plain);
        return 0;
    }
    int result = yaql_enter(yaql) == 0 ? hash_collection(yaql, item, hash) : -1;
    yaql_leave(yaql);
    return result;
}

/* ---- tables ---- */
struct table *table_new(struct yaql *yaql)
{
    return arena_new(yaql->arena, struct table);
}

static void place(struct table *table, size_t entry)
{
    size_t slot = table->entries[entry].hash & (table->slot_count - 1);
    while (table->slots[slot])
        slot = (slot + 1) & (table->slot_count - 1);
    table->slots[slot] = (uint32_t)entry + 1;
}

static void grow(struct yaql *yaql, struct table *table)
{
    size_t capacity = table->capacity ? 2 * table->capacity : 8;
    table->entries = arena_grow(yaql->arena, table->entries, table->capacity * sizeof(*table->entries),
                                capacity * sizeof(*table->entries));
    table->capacity = capacity;
    table->slot_count = 2 * capacity;
    table->slots = arena_array(yaql->arena, uint32_t, table->slot_count);
    for (size_t i = 0; i < table->count; i++)
        place(table, i);
}

static int find_hashed(struct yaql *yaql, const struct table *table, const struct item *key, uint64_t hash,
                       struct table_entry **entry)
{
    if (!table->slot_count)
        return 0;
    for (size_t slot = hash & (table->slot_count - 1); table->slots[slot];
         slot = (slot + 1) & (table->slot_count - 1)) {
        *entry = &table->entries[table->slots[slot] - 1];
        int same = (*entry)->hash == hash ? item_equal(yaql, (*entry)->key, key) : 0;
        if (same)
            return same;
    }
    return 0;
}

int table_find(struct yaql *yaql, const struct table *table, const struct item *key,
               struct table_entry **entry)
{
    uint64_t hash;
    return item_hash(yaql, key, &hash) == 0 ? find_hashed(yaql, table, key, hash, entry) : -1;
}

int table_set(struct yaql *yaql, struct table *table, const struct item *key, const struct item *value)
{
    uint64_t hash;
    struct table_entry *entry;
    int found = item_hash(yaql, key, &hash) == 0 ? find_hashed(yaql, table, key, hash, &entry) : -1;
    if (found > 0)
        entry->value = value;
    if (found != 0 || scope_spend(yaql->scope, 1) != 0)
        return found > 0 ? 0 : -1;
    if (table->count == table->capacity)
        grow(yaql, table);
    table->entries[table->count] = (struct table_entry){key, value, hash};
    place(table, table->count++);
    return 0;
}

int table_add_all(struct yaql *yaql, struct table *table, const struct table *other)
{
    for (size_t i = 0; i < other->count; i++)
        if (table_set(yaql, table, other->entries[i].key, other->entries[i].value) != 0)
            return -1;
    return 0;
}

struct table *table_filter(struct yaql *yaql, const struct table *table, const struct table *other, bool keep)
{
    struct table *copy = table_new(yaql);
    for (size_t i = 0; i < table->count; i++) {
        struct table_entry *entry = &table->entries[i], *hit;
        int found = table_find(yaql, other, entry->key, &hit);
        if (found < 0 || ((found > 0) == keep && table_set(yaql, copy, entry->key, entry->value) != 0))
            return NULL;
    }
    return copy;
}

int table_within(struct yaql *yaql, const struct table *a, const struct table *b)
{
    for (size_t i = 0; i < a->count; i++) {
        struct table_entry *hit;
        int found = table_find(yaql, b, a->entries[i].key, &hit);
        if (found <= 0)
            return found;
    }
    return 1;
}

struct table *table_of_set(struct yaql *yaql, const struct item *set)
{
    if (set->kind != ITEM_PAIRS)
        return set->table;
    struct table *pairs = table_new(yaql);
    for (size_t i = 0; i < set->table->count; i++) {
        const struct table_entry *entry = &set->table->entries[i];
        if (table_set(yaql, pairs, item_pair(yaql, entry->key, entry->value), &item_null) != 0)
            return NULL;
    }
    return pairs;
}
