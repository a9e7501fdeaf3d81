/* yaql's functions of lists: making, indexing, joining, and changing by position. */
#include "template/yaql.h"

#include <string.h>

typedef int next_function(struct yaql *yaql, struct iterator *self, const struct item **out);

/* ---- making ---- */
const struct item *yaql_build_list(struct yaql_call *call)
{
    double bytes = 0;
    for (size_t i = 0; i < call->rest_count; i++)
        bytes += (double)item_python_size(call->rest[i]);
    if (yaql_charge_bytes(call->yaql, bytes) != 0)
        return NULL;
    return item_list(call->yaql, ITEM_TUPLE, call->rest, call->rest_count);
}

/* Goes into iterators only (deep: into all that is iterable). inner is what is gone into. */
static int next_flat(struct yaql *yaql, struct iterator *self, const struct item **out, bool deep)
{
    for (;;) {
        int more = self->inner ? iterator_next(yaql, self->inner, out) : 0;
        if (more != 0)
            return more;
        self->inner = NULL;
        if ((more = iterator_next(yaql, self->source, out)) <= 0)
            return more;
        if (!(deep ? item_is_iterable(*out) : (*out)->kind == ITEM_ITERATOR))
            return 1;
        self->inner = iterator_new(yaql, self->next);
        if (!(self->inner->source = iterator_over(yaql, *out)))
            return -1;
    }
}

static int next_unrolled(struct yaql *yaql, struct iterator *self, const struct item **out)
{
    return next_flat(yaql, self, out, false);
}

static int next_flattened(struct yaql *yaql, struct iterator *self, const struct item **out)
{
    return next_flat(yaql, self, out, true);
}

/* What list(…) and set(…) take: their arguments, iterators unrolled, as one tuple. */
static const struct item *unrolled(struct yaql_call *call)
{
    struct iterator *iterator = iterator_new(call->yaql, next_unrolled);
    iterator->source =
        iterator_over(call->yaql, item_list(call->yaql, ITEM_TUPLE, call->rest, call->rest_count));
    struct iterator *limited = iterator_limited(call->yaql, item_iterator(call->yaql, iterator));
    return iterator_collect(call->yaql, limited, ITEM_TUPLE);
}

const struct item *yaql_list(struct yaql_call *call)
{
    return unrolled(call);
}

const struct item *yaql_set(struct yaql_call *call)
{
    const struct item *items = unrolled(call);
    struct table *table = table_new(call->yaql);
    for (size_t i = 0; items && i < items->list.count; i++)
        if (table_set(call->yaql, table, items->list.items[i], &item_null) != 0)
            return NULL;
    return items ? item_table(call->yaql, ITEM_SET, table) : NULL;
}

static struct iterator *over_first(struct yaql_call *call, next_function *next)
{
    struct iterator *iterator = iterator_new(call->yaql, next);
    iterator->source = iterator_over(call->yaql, call->args[0]);
    return iterator->source ? iterator : NULL;
}

const struct item *yaql_flatten(struct yaql_call *call)
{
    struct iterator *iterator = over_first(call, next_flattened);
    return iterator ? item_iterator(call->yaql, iterator) : NULL;
}

const struct item *yaql_to_list(struct yaql_call *call)
{
    if (call->args[0]->kind == ITEM_TUPLE)
        return call->args[0];
    struct iterator *iterator = iterator_over(call->yaql, call->args[0]);
    return iterator ? iterator_collect(call->yaql, iterator, ITEM_TUPLE) : NULL;
}

/* ---- asking ---- */
const struct item *yaql_list_index(struct yaql_call *call)
{
    const struct item *list = call->args[0];
    int64_t i = item_integer(call->args[1]), count = (int64_t)list->list.count;
    i += i < 0 ? count : 0;
    if (i >= 0 && i < count)
        return list->list.items[i];
    (void)yaql_fail(call->yaql, PROBLEM_INDEX, "%s index out of range", item_python_type(list));
    return NULL;
}

/* Of sets and keys the table answers, for which the value must be one that can be a key. */
static int is_in(struct yaql *yaql, const struct item *collection, const struct item *value)
{
    struct table_entry *entry;
    if (collection->kind == ITEM_SET || collection->kind == ITEM_KEYS)
        return table_find(yaql, collection->table, value, &entry);
    struct iterator *iterator = iterator_over(yaql, collection);
    const struct item *item;
    int more = iterator ? 1 : -1, same = 0;
    while (same == 0 && more > 0 && (more = iterator_next(yaql, iterator, &item)) > 0)
        same = item_equal(yaql, item, value);
    return more < 0 ? -1 : same;
}

const struct item *yaql_in(struct yaql_call *call)
{
    int found = is_in(call->yaql, call->args[1], call->args[0]);
    return found < 0 ? NULL : item_bool(found);
}

const struct item *yaql_contains(struct yaql_call *call)
{
    int found = is_in(call->yaql, call->args[0], call->args[1]);
    return found < 0 ? NULL : item_bool(found);
}

const struct item *yaql_is_list(struct yaql_call *call)
{
    return item_bool(item_is_sequence(call->args[0]));
}

const struct item *yaql_len(struct yaql_call *call)
{
    return item_int(call->yaql, item_length(call->args[0]));
}

/* ---- joining ---- */
static const struct item *join_tuples(struct yaql *yaql, const struct item *a, const struct item *b)
{
    size_t count = a->list.count + b->list.count;
    if (yaql_charge_bytes(yaql, (double)(item_python_size(a) + item_python_size(b))) != 0)
        return NULL;
    const struct item **items = arena_array(yaql->arena, const struct item *, count ? count : 1);
    for (size_t i = 0; i < count; i++)
        items[i] = i < a->list.count ? a->list.items[i] : b->list.items[i - a->list.count];
    return item_list(yaql, ITEM_TUPLE, items, count);
}

static const struct item *join_sets(struct yaql *yaql, const struct item *a, const struct item *b)
{
    struct table *table = table_new(yaql);
    if (table_add_all(yaql, table, a->table) != 0 || table_add_all(yaql, table, b->table) != 0)
        return NULL;
    return item_table(yaql, ITEM_SET, table);
}

const struct item *yaql_combine_lists(struct yaql_call *call)
{
    const struct item *a = call->args[0], *b = call->args[1];
    if (a->kind == ITEM_TUPLE && b->kind == ITEM_TUPLE)
        return join_tuples(call->yaql, a, b);
    if (a->kind == ITEM_SET && b->kind == ITEM_SET)
        return join_sets(call->yaql, a, b);
    struct yaql_call concat = *call;
    concat.rest = arena_array(call->yaql->arena, const struct item *, 2);
    concat.rest[0] = a;
    concat.rest[1] = b;
    concat.rest_count = 2;
    return yaql_concat(&concat);
}

const struct item *yaql_multiply_list(struct yaql_call *call)
{
    bool first = item_is_sequence(call->args[0]);
    const struct item *list = call->args[first ? 0 : 1];
    int64_t times = item_integer(call->args[first ? 1 : 0]);
    times = times < 0 ? 0 : times;
    size_t count = list->list.count;
    if (yaql_charge_bytes(call->yaql, (double)times * (double)item_python_size(list)) != 0)
        return NULL;
    if (count == 0 || times == 0)
        return item_list(call->yaql, list->kind, NULL, 0);
    if (times > INT32_MAX || scope_spend(call->yaql->scope, (size_t)times * count) != 0)
        return yaql_fail_null(call->yaql, "Expression consumed too much memory");
    const struct item **items = arena_array(call->yaql->arena, const struct item *, (size_t)times *count);
    for (size_t i = 0; i < (size_t)times * count; i++)
        items[i] = list->list.items[i % count];
    return item_list(call->yaql, list->kind, items, (size_t)times * count);
}

/* ---- changing by position ---- from: the position; to: how many are replaced, negative: all that follow;
 * inner: what comes in their place, once. */
static bool is_replaced(const struct iterator *self, int64_t i)
{
    return self->to < 0 ? i >= self->from : i >= self->from && i - self->from < self->to;
}

static int next_replaced(struct yaql *yaql, struct iterator *self, const struct item **out)
{
    for (;;) {
        int more = self->begun ? iterator_next(yaql, self->inner, out) : 0;
        if (more != 0)
            return more;
        if ((more = iterator_next(yaql, self->source, out)) <= 0 || !is_replaced(self, (int64_t)self->at++))
            return more;
        self->begun = true;
    }
}

/* Replaces count items from position on by those of values. */
static const struct item *replaced(struct yaql_call *call, const struct item *values,
                                   const struct item *count)
{
    struct iterator *iterator = over_first(call, next_replaced);
    if (!iterator || !(iterator->inner = iterator_over(call->yaql, values)))
        return NULL;
    iterator->from = item_integer(call->args[1]);
    iterator->to = item_integer(count);
    return item_iterator(call->yaql, iterator);
}

static const struct item *only(struct yaql_call *call, const struct item *item)
{
    const struct item **items = arena_array(call->yaql->arena, const struct item *, 1);
    items[0] = item;
    return item_list(call->yaql, ITEM_TUPLE, items, 1);
}

const struct item *yaql_delete(struct yaql_call *call)
{
    return replaced(call, item_list(call->yaql, ITEM_TUPLE, NULL, 0), call->args[2]);
}

const struct item *yaql_replace_item(struct yaql_call *call)
{
    return replaced(call, only(call, call->args[2]), call->args[3]);
}

const struct item *yaql_replace_items(struct yaql_call *call)
{
    return replaced(call, call->args[2], call->args[3]);
}

/* Before the item at from; past the end when there are fewer; before all when from is negative and step set. */
static int next_inserted(struct yaql *yaql, struct iterator *self, const struct item **out)
{
    if (!self->begun && ((int64_t)self->at == self->from || (self->step && self->from < 0)))
        self->begun = true;
    int more = self->begun && !self->value ? iterator_next(yaql, self->inner, out) : 0;
    if (more != 0)
        return more;
    if (self->begun)
        self->value = &item_null; /* all inserted */
    more = iterator_next(yaql, self->source, out);
    self->at += more > 0;
    if (more != 0 || self->begun || self->from < (int64_t)self->at)
        return more;
    self->begun = true;
    return iterator_next(yaql, self->inner, out);
}

static const struct item *inserted(struct yaql_call *call, const struct item *values, bool many)
{
    struct iterator *iterator = over_first(call, next_inserted);
    if (!iterator || !(iterator->inner = iterator_over(call->yaql, values)))
        return NULL;
    iterator->from = item_integer(call->args[1]);
    iterator->step = many;
    return item_iterator(call->yaql, iterator);
}

const struct item *yaql_insert(struct yaql_call *call)
{
    return inserted(call, only(call, call->args[2]), false);
}

const struct item *yaql_insert_many(struct yaql_call *call)
{
    return inserted(call, call->args[2], true);
}

/* As list.insert: a position out of range is the nearest end. */
const struct item *yaql_insert_list(struct yaql_call *call)
{
    const struct item *list = call->args[0];
    if (item_is_plain(call->args[1], VALUE_BIGINT))
        return yaql_fail_null(call->yaql, "Python int too large to convert to C ssize_t");
    int64_t count = (int64_t)list->list.count, at = item_integer(call->args[1]);
    at += at < 0 ? count : 0;
    at = at < 0 ? 0 : at > count ? count : at;
    const struct item **items = arena_array(call->yaql->arena, const struct item *, (size_t)count + 1);
    for (int64_t i = 0; i <= count; i++)
        items[i] = i < at ? list->list.items[i] : i == at ? call->args[2] : list->list.items[i - 1];
    return item_list(call->yaql, ITEM_LIST, items, (size_t)count + 1);
}
