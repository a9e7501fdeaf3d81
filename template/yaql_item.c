/* Items: making them, asking them, and their way from and to values of the template language. */
#include "template/yaql.h"

#include <stdio.h>
#include <string.h>

const struct item item_nothing = {.kind = ITEM_NOTHING};
const struct item item_null = {.kind = ITEM_PLAIN, .plain = &value_null};
const struct item item_true = {.kind = ITEM_PLAIN, .plain = &value_true};
const struct item item_false = {.kind = ITEM_PLAIN, .plain = &value_false};

/* ---- making ---- */
static struct item *make(struct yaql *yaql, enum item_kind kind)
{
    struct item *item = arena_new(yaql->arena, struct item);
    item->kind = kind;
    return item;
}

const struct item *item_bool(bool b)
{
    return b ? &item_true : &item_false;
}

const struct item *item_plain(struct yaql *yaql, const struct value *value)
{
    if (value_is_null(value))
        return &item_null;
    struct item *item = make(yaql, ITEM_PLAIN);
    item->plain = value;
    return item;
}

const struct item *item_int(struct yaql *yaql, int64_t n)
{
    return item_plain(yaql, value_int(yaql->arena, n));
}

const struct item *item_float(struct yaql *yaql, double d)
{
    return item_plain(yaql, value_float(yaql->arena, d));
}

const struct item *item_text(struct yaql *yaql, const char *text, size_t length)
{
    return item_plain(yaql, value_string_n(yaql->arena, text, length));
}

const struct item *item_str(struct yaql *yaql, const struct str *text)
{
    return item_text(yaql, text->data, text->length);
}

const struct item *item_span(struct yaql *yaql, int64_t microseconds)
{
    struct item *item = make(yaql, ITEM_SPAN);
    item->span = microseconds;
    return item;
}

const struct item *item_context(struct yaql *yaql, struct context *context)
{
    struct item *item = make(yaql, ITEM_CONTEXT);
    item->context = context;
    return item;
}

const struct item *item_list(struct yaql *yaql, enum item_kind kind, const struct item **items, size_t count)
{
    struct item *item = make(yaql, kind);
    item->list.items = items;
    item->list.count = count;
    return item;
}

const struct item *item_pair(struct yaql *yaql, const struct item *a, const struct item *b)
{
    const struct item **items = arena_array(yaql->arena, const struct item *, 2);
    items[0] = a;
    items[1] = b;
    return item_list(yaql, ITEM_TUPLE, items, 2);
}

const struct item *item_table(struct yaql *yaql, enum item_kind kind, struct table *table)
{
    struct item *item = make(yaql, kind);
    item->table = table;
    return item;
}

const struct item *item_iterator(struct yaql *yaql, struct iterator *iterator)
{
    struct item *item = make(yaql, ITEM_ITERATOR);
    item->iterator = iterator;
    return item;
}

/* ---- asking ---- */
bool item_is_given(const struct item *item)
{
    return item && item->kind != ITEM_NOTHING;
}

bool item_is_plain(const struct item *item, enum value_kind kind)
{
    return item->kind == ITEM_PLAIN && item->plain->kind == kind;
}

bool item_is_null(const struct item *item)
{
    return item_is_plain(item, VALUE_NULL);
}

bool item_is_number(const struct item *item)
{
    return item->kind == ITEM_PLAIN && value_is_number(item->plain) && item->plain->kind != VALUE_BOOL;
}

bool item_is_sequence(const struct item *item)
{
    return item->kind == ITEM_TUPLE || item->kind == ITEM_LIST;
}

bool item_is_map(const struct item *item)
{
    return item->kind == ITEM_MAP || item->kind == ITEM_DICT;
}

bool item_is_set(const struct item *item)
{
    return item->kind == ITEM_SET || item->kind == ITEM_KEYS || item->kind == ITEM_PAIRS;
}

bool item_is_iterable(const struct item *item)
{
    return item_is_sequence(item) || item_is_set(item) || item->kind == ITEM_VALUES ||
           item->kind == ITEM_ITERATOR || item->kind == ITEM_ORDERING;
}

int64_t item_length(const struct item *item)
{
    if (item_is_sequence(item))
        return (int64_t)item->list.count;
    if (item_is_map(item) || item_is_set(item) || item->kind == ITEM_VALUES)
        return (int64_t)item->table->count;
    return -1;
}

bool item_truth(const struct item *item)
{
    if (item->kind == ITEM_PLAIN)
        return value_truth(item->plain);
    if (item->kind == ITEM_SPAN)
        return item->span != 0;
    return item_length(item) != 0;
}

const char *item_chars(const struct item *item, size_t *length)
{
    if (!item_is_plain(item, VALUE_STRING))
        return NULL;
    if (length)
        *length = item->plain->string.length;
    return item->plain->string.text;
}

int64_t item_integer(const struct item *item)
{
    if (item_is_plain(item, VALUE_BOOL))
        return item->plain->boolean;
    if (item_is_plain(item, VALUE_BIGINT))
        return item->plain->string.text[0] == '-' ? -INT64_MAX : INT64_MAX;
    return item_is_plain(item, VALUE_INT) ? item->plain->integer : 0;
}

const char *item_python_type(const struct item *item)
{
    static const char *const names[] = {
        [ITEM_NOTHING] = "NoValue",
        [ITEM_TUPLE] = "tuple",
        [ITEM_LIST] = "list",
        [ITEM_MAP] = "FrozenDict",
        [ITEM_DICT] = "dict",
        [ITEM_SET] = "frozenset",
        [ITEM_KEYS] = "KeysView",
        [ITEM_VALUES] = "ValuesView",
        [ITEM_PAIRS] = "ItemsView",
        [ITEM_ITERATOR] = "generator",
        [ITEM_ORDERING] = "OrderingIterable",
        [ITEM_RULE] = "MappingRule",
        [ITEM_LAMBDA] = "function",
        [ITEM_CONTEXT] = "Context",
        [ITEM_REGEX] = "re.Pattern",
        [ITEM_TIME] = "datetime.datetime",
        [ITEM_SPAN] = "datetime.timedelta",
        [ITEM_NODE] = "Expression",
    };
    return item->kind == ITEM_PLAIN ? value_python_type(item->plain) : names[item->kind];
}

/* ---- sizes ---- CPython 3.11, 64 bits. A table grows by doubling; so these are few steps. */
static int64_t text_size(const struct value *text)
{
    unsigned char widest = 0;
    size_t characters = 0;
    for (size_t i = 0; i < text->string.length; i++) {
        unsigned char c = (unsigned char)text->string.text[i];
        characters += (c & 0xC0) != 0x80;
        widest = c > widest ? c : widest;
    }
    if (widest < 0x80)
        return 49 + (int64_t)characters;
    if (widest < 0xC4)
        return 73 + (int64_t)characters;
    return widest < 0xF0 ? 74 + 2 * (int64_t)characters : 76 + 4 * (int64_t)characters;
}

static int64_t integer_size(const struct value *number)
{
    if (number->kind == VALUE_BIGINT) /* 30 bits a digit; 3.3219 bits a decimal */
        return 24 + 4 * (int64_t)((double)number->string.length * 3.3219 / 30 + 1);
    uint64_t left = number->integer < 0 ? -(uint64_t)number->integer : (uint64_t)number->integer;
    return 28 + 4 * ((left >> 30 != 0) + (left >> 60 != 0));
}

static int64_t plain_size(const struct value *value)
{
    switch (value->kind) {
    case VALUE_NULL:
        return 16;
    case VALUE_FLOAT:
        return 24;
    case VALUE_STRING:
        return text_size(value);
    case VALUE_INT:
    case VALUE_BIGINT:
        return integer_size(value);
    default:
        return 28;
    }
}

static int64_t dict_size(size_t count)
{
    if (count == 0)
        return 64;
    int64_t slots = 8;
    while ((int64_t)count > slots * 2 / 3)
        slots *= 2;
    return 88 + slots * (slots < 256 ? 1 : 2) + slots * 2 / 3 * 24;
}

static int64_t set_size(size_t count)
{
    if (count < 5)
        return 216;
    int64_t slots = 16;
    while ((int64_t)count > slots / 2 - 1)
        slots *= 2;
    return 216 + slots * 16;
}

int64_t item_python_size(const struct item *item)
{
    switch (item->kind) {
    case ITEM_PLAIN:
        return plain_size(item->plain);
    case ITEM_TUPLE:
        return 40 + 8 * (int64_t)item->list.count;
    case ITEM_LIST:
        return 56 + 9 * (int64_t)item->list.count;
    case ITEM_DICT:
        return dict_size(item->table->count);
    case ITEM_SET:
        return set_size(item->table->count);
    default:
        return 48;
    }
}

/* ---- from values ---- */
static const struct item *from_list(struct yaql *yaql, const struct value *list)
{
    size_t count = list->list.count;
    const struct item **items = arena_array(yaql->arena, const struct item *, count ? count : 1);
    for (size_t i = 0; i < count; i++)
        if (!(items[i] = item_from_value(yaql, list->list.items[i])))
            return NULL;
    return item_list(yaql, ITEM_TUPLE, items, count);
}

static const struct item *from_map(struct yaql *yaql, const struct value *map)
{
    struct table *table = table_new(yaql);
    for (size_t i = 0; i < map->map.count; i++) {
        const struct value_entry *entry = &map->map.entries[i];
        const struct item *item = item_from_value(yaql, entry->value);
        if (!item || table_set(yaql, table, item_text(yaql, entry->key, strlen(entry->key)), item) != 0)
            return NULL;
    }
    return item_table(yaql, ITEM_MAP, table);
}

const struct item *item_from_value(struct yaql *yaql, const struct value *value)
{
    if (!value_is(value, VALUE_LIST) && !value_is(value, VALUE_MAP))
        return item_plain(yaql, value);
    const struct item *item = NULL;
    if (yaql_enter(yaql) == 0)
        item = value->kind == VALUE_LIST ? from_list(yaql, value) : from_map(yaql, value);
    yaql_leave(yaql);
    return item;
}

/* ---- to values ---- */
static bool is_collection(const struct item *item)
{
    return item_is_iterable(item) || item_is_map(item);
}

/* Members of what becomes a set are made ready too, and lists are no members. */
static int check_member(struct yaql *yaql, const struct item *set, const struct item *member)
{
    if (!item_is_set(set) || !is_collection(member))
        return 0;
    return yaql_fail(yaql, PROBLEM_OTHER, "unhashable type: '%s'",
                     item_is_map(member)   ? "dict"
                     : item_is_set(member) ? "set"
                                           : "list");
}

static const struct value *list_to_value(struct yaql *yaql, const struct item *item)
{
    struct value *list = value_list(yaql->arena);
    struct iterator *iterator =
        item_length(item) < 0 ? iterator_limited(yaql, item) : iterator_over(yaql, item);
    const struct item *next;
    int more = 0;
    while (iterator && (more = iterator_next(yaql, iterator, &next)) > 0) {
        const struct value *value = item_to_value(yaql, next);
        if (!value || check_member(yaql, item, next) != 0)
            return NULL;
        value_list_add(yaql->arena, list, value);
    }
    return iterator && more == 0 ? list : NULL;
}

/* JSON's keys are strings; others are spelled as Python's json spells them. */
static const char *key_text(struct yaql *yaql, const struct item *key)
{
    if (item_is_plain(key, VALUE_STRING))
        return item_chars(key, NULL);
    const struct value *value = item_to_value(yaql, key);
    if (!value)
        return NULL;
    if (is_collection(key))
        return yaql_fail_null(yaql, "unhashable type: '%s'", item_is_map(key) ? "dict" : "list");
    return value->kind == VALUE_STRING ? value_text(value) : value_to_json(yaql->arena, value);
}

static const struct value *map_to_value(struct yaql *yaql, const struct item *item)
{
    struct value *map = value_map(yaql->arena);
    for (size_t i = 0; i < item->table->count; i++) {
        const struct table_entry *entry = &item->table->entries[i];
        const char *key = key_text(yaql, entry->key);
        const struct value *value = key ? item_to_value(yaql, entry->value) : NULL;
        if (!value)
            return NULL;
        value_map_set(yaql->arena, map, key, value);
    }
    return map;
}

static const struct value *collection_to_value(struct yaql *yaql, const struct item *item)
{
    int64_t length = item_length(item);
    if (length >= 0 && yaql_check_count(yaql, (size_t)length) != 0)
        return NULL;
    return item_is_map(item) ? map_to_value(yaql, item) : list_to_value(yaql, item);
}

/* As Heat stores a datetime: without its offset. */
static const struct value *time_to_value(struct yaql *yaql, const struct item *item)
{
    struct item utc = *item;
    utc.time.offset = 0;
    const char *text = item_shown(yaql, &utc);
    struct str out = STR_INIT(yaql->arena);
    str_printf(&out, "%.10sT%.8s", text, text + 11);
    str_printf(&out, ".%06d", (int)(((item->time.local % 1000000) + 1000000) % 1000000));
    return value_string(yaql->arena, out.data);
}

const struct value *item_to_value(struct yaql *yaql, const struct item *item)
{
    if (item->kind == ITEM_PLAIN)
        return item->plain;
    if (item->kind == ITEM_TIME)
        return time_to_value(yaql, item);
    if (!is_collection(item)) {
        (void)yaql_fail(yaql, PROBLEM_OTHER, "The expression gives a %s, which is no value of a template",
                        item_python_type(item));
        return NULL;
    }
    const struct value *value = NULL;
    if (yaql_enter(yaql) == 0)
        value = collection_to_value(yaql, item);
    yaql_leave(yaql);
    return value;
}
