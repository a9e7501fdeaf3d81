/* yaql's functions of dictionaries and sets. */
#include "template/yaql.h"

static const struct item *map_of(struct yaql_call *call, struct table *table)
{
    return table ? item_table(call->yaql, ITEM_MAP, table) : NULL;
}

static const struct item *set_of(struct yaql_call *call, struct table *table)
{
    return table ? item_table(call->yaql, ITEM_SET, table) : NULL;
}

static struct table *copy(struct yaql_call *call, const struct table *table)
{
    struct table *result = table_new(call->yaql);
    return table_add_all(call->yaql, result, table) == 0 ? result : NULL;
}

/* ---- making dictionaries ---- */
static int set_rules(struct yaql_call *call, struct table *table)
{
    if (yaql_charge_bytes(call->yaql, 48.0 * (double)call->rest_count) != 0)
        return -1;
    for (size_t i = 0; i < call->rest_count; i++)
        if (table_set(call->yaql, table, call->rest[i]->rule.source, call->rest[i]->rule.destination) != 0)
            return -1;
    return 0;
}

const struct item *yaql_dict(struct yaql_call *call)
{
    struct table *table = table_new(call->yaql);
    return set_rules(call, table) == 0 ? map_of(call, table) : NULL;
}

/* Of an item that has at least two: 0 and both; else the error of Python's next(). */
static int split_pair(struct yaql *yaql, const struct item *item, const struct item **key,
                      const struct item **value)
{
    struct iterator *iterator = iterator_over(yaql, item);
    int more = iterator ? iterator_next(yaql, iterator, key) : -1;
    if (more > 0)
        more = iterator_next(yaql, iterator, value);
    if (more == 0)
        return yaql_fail(yaql, PROBLEM_OTHER, "%s", "");
    return more > 0 ? 0 : -1;
}

static int charge_table(struct yaql *yaql, struct table *table)
{
    struct item dict = {.kind = ITEM_DICT, .table = table};
    return yaql_charge(yaql, &dict);
}

const struct item *yaql_dict_of_pairs(struct yaql_call *call)
{
    struct table *table = table_new(call->yaql);
    struct iterator *iterator = iterator_over(call->yaql, call->args[0]);
    const struct item *item, *key, *value;
    int more = iterator ? 1 : -1;
    while (more > 0 && (more = iterator_next(call->yaql, iterator, &item)) > 0)
        if (split_pair(call->yaql, item, &key, &value) != 0 ||
            table_set(call->yaql, table, key, value) != 0 || charge_table(call->yaql, table) != 0)
            return NULL;
    return more == 0 ? map_of(call, table) : NULL;
}

const struct item *yaql_to_dict(struct yaql_call *call)
{
    struct yaql *yaql = call->yaql;
    struct table *table = table_new(yaql);
    struct iterator *iterator = iterator_over(yaql, call->args[0]);
    const struct item *item;
    int more = iterator ? 1 : -1;
    while (more > 0 && (more = iterator_next(yaql, iterator, &item)) > 0) {
        const struct item *key = lambda_call(yaql, call->args[1], item, NULL), *value = item;
        if (key && item_is_given(call->args[2]))
            value = lambda_call(yaql, call->args[2], item, NULL);
        if (!key || !value || table_set(yaql, table, key, value) != 0 || charge_table(yaql, table) != 0)
            return NULL;
    }
    return more == 0 ? item_table(yaql, ITEM_DICT, table) : NULL;
}

/* ---- reading ---- */
const struct item *yaql_map_get(struct yaql_call *call)
{
    struct table_entry *entry;
    int found = table_find(call->yaql, call->args[0]->table, call->args[1], &entry);
    if (found > 0)
        return entry->value;
    struct str key = STR_INIT(call->yaql->arena);
    if (found == 0 && item_write(call->yaql, &key, call->args[1], true) == 0)
        return yaql_fail_null(call->yaql, "%s", key.data);
    return NULL;
}

const struct item *yaql_map_get_default(struct yaql_call *call)
{
    struct table_entry *entry;
    int found = table_find(call->yaql, call->args[0]->table, call->args[1], &entry);
    return found < 0 ? NULL : found ? entry->value : call->args[2];
}

const struct item *yaql_keys(struct yaql_call *call)
{
    return item_table(call->yaql, ITEM_KEYS, call->args[0]->table);
}

const struct item *yaql_values(struct yaql_call *call)
{
    return item_table(call->yaql, ITEM_VALUES, call->args[0]->table);
}

const struct item *yaql_items(struct yaql_call *call)
{
    return item_table(call->yaql, ITEM_PAIRS, call->args[0]->table);
}

const struct item *yaql_contains_key(struct yaql_call *call)
{
    struct table_entry *entry;
    int found = table_find(call->yaql, call->args[0]->table, call->args[1], &entry);
    return found < 0 ? NULL : item_bool(found);
}

const struct item *yaql_contains_value(struct yaql_call *call)
{
    const struct table *table = call->args[0]->table;
    int same = 0;
    for (size_t i = 0; i < table->count && same == 0; i++)
        same = item_equal(call->yaql, table->entries[i].value, call->args[1]);
    return same < 0 ? NULL : item_bool(same);
}

const struct item *yaql_is_dict(struct yaql_call *call)
{
    return item_bool(item_is_map(call->args[0]));
}

/* ---- changed copies ---- */
const struct item *yaql_map_set(struct yaql_call *call)
{
    struct table *table = copy(call, call->args[0]->table);
    if (!table || table_set(call->yaql, table, call->args[1], call->args[2]) != 0)
        return NULL;
    return map_of(call, table);
}

const struct item *yaql_map_set_rules(struct yaql_call *call)
{
    struct table *table = copy(call, call->args[0]->table);
    return table && set_rules(call, table) == 0 ? map_of(call, table) : NULL;
}

const struct item *yaql_combine_maps(struct yaql_call *call)
{
    struct table *table = copy(call, call->args[0]->table);
    if (!table || table_add_all(call->yaql, table, call->args[1]->table) != 0)
        return NULL;
    return map_of(call, table);
}

static const struct item *without(struct yaql_call *call, const struct item *keys)
{
    struct table *gone = table_new(call->yaql);
    struct iterator *iterator = iterator_over(call->yaql, keys);
    const struct item *key;
    int more = iterator ? 1 : -1;
    while (more > 0 && (more = iterator_next(call->yaql, iterator, &key)) > 0)
        if (table_set(call->yaql, gone, key, &item_null) != 0)
            return NULL;
    struct table *left = more == 0 ? table_filter(call->yaql, call->args[0]->table, gone, false) : NULL;
    return left ? item_table(call->yaql, ITEM_DICT, left) : NULL;
}

const struct item *yaql_delete_keys(struct yaql_call *call)
{
    return without(call, item_list(call->yaql, ITEM_TUPLE, call->rest, call->rest_count));
}

const struct item *yaql_delete_all(struct yaql_call *call)
{
    return without(call, call->args[1]);
}

/* ---- merging ---- */
struct merge {
    struct yaql_call *call;
    int64_t levels; /* left to go; 0: all */
};

static const struct item *merge_maps(struct merge merge, const struct table *a, const struct table *b);

static const struct item *fail_merge(struct yaql *yaql, const struct item *a, const struct item *b)
{
    const char *frozen = "yaql.language.utils.FrozenDict";
    return yaql_fail_null(yaql, "Cannot merge <class '%s'> with <class '%s'>",
                          a->kind == ITEM_MAP ? frozen : item_python_type(a),
                          b->kind == ITEM_MAP ? frozen : item_python_type(b));
}

/* Those of a, then those of b, each once. */
static const struct item *merge_lists(struct merge merge, const struct item *a, const struct item *b)
{
    struct yaql *yaql = merge.call->yaql;
    if (!item_is_sequence(a))
        return fail_merge(yaql, a, b);
    if (item_is_given(merge.call->args[2]))
        return lambda_call(yaql, merge.call->args[2], a, b);
    struct table *seen = table_new(yaql);
    const struct item **items = NULL;
    size_t count = 0;
    for (size_t i = 0; i < a->list.count + b->list.count; i++) {
        const struct item *item = i < a->list.count ? a->list.items[i] : b->list.items[i - a->list.count];
        if (table_set(yaql, seen, item, &item_null) != 0)
            return NULL;
        if (seen->count > count)
            items = items_append(yaql, items, count++, item);
    }
    return yaql_check_count(yaql, count) == 0 ? item_list(yaql, ITEM_TUPLE, items, count) : NULL;
}

static const struct item *merge_items(struct merge merge, const struct item *a, const struct item *b)
{
    struct yaql *yaql = merge.call->yaql;
    if (merge.levels != 1 && item_is_map(b))
        return item_is_map(a) ? merge_maps((struct merge){merge.call, merge.levels ? merge.levels - 1 : 0},
                                           a->table, b->table)
                              : fail_merge(yaql, a, b);
    if (merge.levels != 1 && item_is_sequence(b))
        return merge_lists(merge, a, b);
    return item_is_given(merge.call->args[3]) ? lambda_call(yaql, merge.call->args[3], a, b) : b;
}

static int merge_into(struct merge merge, struct table *result, const struct table *a, const struct table *b)
{
    struct yaql *yaql = merge.call->yaql;
    for (size_t i = 0; i < a->count; i++) {
        struct table_entry *other;
        int found = table_find(yaql, b, a->entries[i].key, &other);
        const struct item *item = a->entries[i].value;
        if (found > 0)
            item = merge_items(merge, item, other->value);
        if (found < 0 || !item || table_set(yaql, result, a->entries[i].key, item) != 0)
            return -1;
    }
    struct table *rest = table_filter(yaql, b, a, false);
    return rest ? table_add_all(yaql, result, rest) : -1;
}

static const struct item *merge_maps(struct merge merge, const struct table *a, const struct table *b)
{
    struct yaql *yaql = merge.call->yaql;
    struct table *result = table_new(yaql);
    int status = yaql_enter(yaql) == 0 ? merge_into(merge, result, a, b) : -1;
    yaql_leave(yaql);
    return status == 0 ? item_table(yaql, ITEM_DICT, result) : NULL;
}

const struct item *yaql_merge_with(struct yaql_call *call)
{
    struct merge merge = {call, item_integer(call->args[4])};
    return merge_maps(merge, call->args[0]->table, call->args[1]->table);
}

/* ---- sets ---- */
static struct table *table_of(struct yaql_call *call, const struct item *collection)
{
    struct table *table = table_new(call->yaql);
    struct iterator *iterator = iterator_over(call->yaql, collection);
    const struct item *item;
    int more = iterator ? 1 : -1;
    while (more > 0 && (more = iterator_next(call->yaql, iterator, &item)) > 0)
        if (table_set(call->yaql, table, item, &item_null) != 0)
            return NULL;
    return more == 0 ? table : NULL;
}

const struct item *yaql_to_set(struct yaql_call *call)
{
    return set_of(call, table_of(call, call->args[0]));
}

const struct item *yaql_is_set(struct yaql_call *call)
{
    return item_bool(item_is_set(call->args[0]));
}

/* Views of a map can be compared, but have none of these methods. */
static bool is_frozen(struct yaql_call *call, const char *method)
{
    if (call->args[0]->kind != ITEM_SET)
        (void)yaql_fail(call->yaql, PROBLEM_OTHER, "'%s' object has no attribute '%s'",
                        item_python_type(call->args[0]), method);
    return call->args[0]->kind == ITEM_SET;
}

const struct item *yaql_union(struct yaql_call *call)
{
    if (!is_frozen(call, "union"))
        return NULL;
    struct table *table = table_of(call, call->args[0]),
                 *other = table ? table_of(call, call->args[1]) : NULL;
    return other && table_add_all(call->yaql, table, other) == 0 ? set_of(call, table) : NULL;
}

static struct table *filtered(struct yaql_call *call, const struct item *a, const struct item *b, bool keep)
{
    struct table *left = table_of(call, a), *right = left ? table_of(call, b) : NULL;
    return right ? table_filter(call->yaql, left, right, keep) : NULL;
}

const struct item *yaql_intersect(struct yaql_call *call)
{
    if (!is_frozen(call, "intersection"))
        return NULL;
    return set_of(call, filtered(call, call->args[0], call->args[1], true));
}

const struct item *yaql_difference(struct yaql_call *call)
{
    if (!is_frozen(call, "difference"))
        return NULL;
    return set_of(call, filtered(call, call->args[0], call->args[1], false));
}

const struct item *yaql_symmetric_difference(struct yaql_call *call)
{
    if (!is_frozen(call, "symmetric_difference"))
        return NULL;
    struct table *left = filtered(call, call->args[0], call->args[1], false);
    struct table *right = left ? filtered(call, call->args[1], call->args[0], false) : NULL;
    return right && table_add_all(call->yaql, left, right) == 0 ? set_of(call, left) : NULL;
}

const struct item *yaql_set_add(struct yaql_call *call)
{
    if (!is_frozen(call, "union"))
        return NULL;
    const struct item *values = item_list(call->yaql, ITEM_TUPLE, call->rest, call->rest_count);
    struct table *table = table_of(call, call->args[0]), *more = table ? table_of(call, values) : NULL;
    return more && table_add_all(call->yaql, table, more) == 0 ? set_of(call, table) : NULL;
}

const struct item *yaql_set_remove(struct yaql_call *call)
{
    if (!is_frozen(call, "difference"))
        return NULL;
    const struct item *values = item_list(call->yaql, ITEM_TUPLE, call->rest, call->rest_count);
    return set_of(call, filtered(call, call->args[0], values, false));
}
