/* yaql's queries that give one result, and those that need the whole collection first. */
#include "template/yaql.h"

#include <string.h>

/* The collection's next item: 1, 0 or -1. */
static int next(struct yaql_call *call, struct iterator *iterator, const struct item **out)
{
    return iterator ? iterator_next(call->yaql, iterator, out) : -1;
}

static struct iterator *begin(struct yaql_call *call)
{
    return iterator_over(call->yaql, call->args[0]);
}

/* What Python's next() raises at the end has no text. */
static const struct item *fail_end(struct yaql_call *call)
{
    return yaql_fail_null(call->yaql, "%s", "");
}

/* ---- truth ---- */
static const struct item *first_with(struct yaql_call *call, bool wanted)
{
    struct iterator *iterator = begin(call);
    const struct item *item;
    int more, holds = !wanted;
    while ((more = next(call, iterator, &item)) > 0) {
        holds = wanted;
        if (item_is_given(call->args[1]))
            holds = lambda_test(call->yaql, call->args[1], item, NULL);
        else if (!wanted)
            holds = item_truth(item);
        if (holds < 0)
            return NULL;
        if ((holds > 0) == wanted)
            return item_bool(wanted);
    }
    return more < 0 ? NULL : item_bool(!wanted);
}

const struct item *yaql_any(struct yaql_call *call)
{
    return first_with(call, true);
}

const struct item *yaql_all(struct yaql_call *call)
{
    return first_with(call, false);
}

const struct item *yaql_is_iterable(struct yaql_call *call)
{
    return item_bool(item_is_iterable(call->args[0]));
}

/* ---- one of them ---- */
const struct item *yaql_count(struct yaql_call *call)
{
    struct iterator *iterator = begin(call);
    const struct item *item;
    int64_t count = 0;
    int more;
    while ((more = next(call, iterator, &item)) > 0)
        count++;
    return more < 0 ? NULL : item_int(call->yaql, count);
}

const struct item *yaql_first(struct yaql_call *call)
{
    const struct item *item;
    int more = next(call, begin(call), &item);
    if (more != 0)
        return more < 0 ? NULL : item;
    return item_is_given(call->args[1]) ? call->args[1] : fail_end(call);
}

const struct item *yaql_single(struct yaql_call *call)
{
    struct iterator *iterator = begin(call);
    const struct item *item, *other;
    int more = next(call, iterator, &item);
    if (more <= 0)
        return more < 0 ? NULL : fail_end(call);
    if ((more = next(call, iterator, &other)) > 0)
        return yaql_fail_null(call->yaql, "Collection contains more than one item");
    return more < 0 ? NULL : item;
}

const struct item *yaql_last(struct yaql_call *call)
{
    struct iterator *iterator = begin(call);
    const struct item *item = NULL, *last = call->args[1];
    int more;
    while ((more = next(call, iterator, &item)) > 0)
        last = item;
    if (more < 0)
        return NULL;
    return item_is_given(last) ? last : fail_end(call);
}

/* Position of the first or last item that is args[1], or for which it holds. */
static const struct item *position(struct yaql_call *call, bool test, bool last)
{
    struct iterator *iterator = begin(call);
    const struct item *item;
    int64_t found = -1;
    int more;
    for (int64_t i = 0; (more = next(call, iterator, &item)) > 0; i++) {
        int hit = test ? lambda_test(call->yaql, call->args[1], item, NULL)
                       : item_equal(call->yaql, item, call->args[1]);
        if (hit < 0)
            return NULL;
        found = hit ? i : found;
        if (hit && !last)
            break;
    }
    return more < 0 ? NULL : item_int(call->yaql, found);
}

const struct item *yaql_index_of(struct yaql_call *call)
{
    return position(call, false, false);
}

const struct item *yaql_last_index_of(struct yaql_call *call)
{
    return position(call, false, true);
}

const struct item *yaql_index_where(struct yaql_call *call)
{
    return position(call, true, false);
}

const struct item *yaql_last_index_where(struct yaql_call *call)
{
    return position(call, true, true);
}

/* ---- folding ---- with a lambda, or with the function or operator name. */
static const struct item *fold(struct yaql_call *call, const char *name, const struct item *seed)
{
    struct iterator *iterator = begin(call);
    const struct item *total = seed, *item;
    int more = 1;
    if (!item_is_given(total))
        more = next(call, iterator, &total);
    if (more == 0)
        return yaql_fail_null(call->yaql, "reduce() of empty iterable with no initial value");
    while (more > 0 && total && (more = next(call, iterator, &item)) > 0)
        total = name ? call_function(call, name, total, item)
                     : lambda_call(call->yaql, call->args[1], total, item);
    return more < 0 ? NULL : total;
}

const struct item *yaql_sum(struct yaql_call *call)
{
    return fold(call, "#operator_+", call->args[1]);
}

const struct item *yaql_max_of(struct yaql_call *call)
{
    return fold(call, "max", call->args[1]);
}

const struct item *yaql_min_of(struct yaql_call *call)
{
    return fold(call, "min", call->args[1]);
}

const struct item *yaql_aggregate(struct yaql_call *call)
{
    return fold(call, NULL, call->args[2]);
}

/* ---- all of them ---- */
const struct item *yaql_memorize(struct yaql_call *call)
{
    return iterator_memorize(call->yaql, call->args[0]);
}

static const struct item *all_of(struct yaql_call *call)
{
    struct iterator *iterator = begin(call);
    return iterator ? iterator_collect(call->yaql, iterator, ITEM_TUPLE) : NULL;
}

const struct item *yaql_split_at(struct yaql_call *call)
{
    const struct item *all = all_of(call);
    if (!all)
        return NULL;
    int64_t count = (int64_t)all->list.count, at = item_integer(call->args[1]);
    at += at < 0 ? count : 0;
    size_t cut = (size_t)(at < 0 ? 0 : at > count ? count : at);
    const struct item *head = item_list(call->yaql, ITEM_TUPLE, all->list.items, cut);
    const struct item *tail = item_list(call->yaql, ITEM_TUPLE, all->list.items + cut, all->list.count - cut);
    return item_list(call->yaql, ITEM_LIST, item_pair(call->yaql, head, tail)->list.items, 2);
}

const struct item *yaql_reverse(struct yaql_call *call)
{
    const struct item *all = all_of(call);
    if (!all)
        return NULL;
    size_t count = all->list.count;
    const struct item **items = arena_array(call->yaql->arena, const struct item *, count ? count : 1);
    for (size_t i = 0; i < count; i++)
        items[i] = all->list.items[count - 1 - i];
    struct iterator *iterator = iterator_over(call->yaql, item_list(call->yaql, ITEM_TUPLE, items, count));
    return item_iterator(call->yaql, iterator);
}

/* An iterator is looked at, so it is remembered. */
const struct item *yaql_default_if_empty(struct yaql_call *call)
{
    const struct item *collection = iterator_memorize(call->yaql, call->args[0]), *item;
    int more = next(call, iterator_over(call->yaql, collection), &item);
    return more < 0 ? NULL : more ? collection : call->args[1];
}

/* ---- sorting ---- */
static const struct item *ordered(struct yaql_call *call, struct ordering *ordering, bool descending)
{
    struct ordering_field *field = arena_new(call->yaql->arena, struct ordering_field);
    field->selector = call->args[1];
    field->descending = descending;
    *ordering->last = field;
    ordering->last = &field->next;
    struct item *item = arena_new(call->yaql->arena, struct item);
    item->kind = ITEM_ORDERING;
    item->ordering = ordering;
    return item;
}

static const struct item *new_order(struct yaql_call *call, bool descending)
{
    struct ordering *ordering = arena_new(call->yaql->arena, struct ordering);
    ordering->collection = call->args[0];
    ordering->last = &ordering->fields;
    return ordered(call, ordering, descending);
}

const struct item *yaql_order_by(struct yaql_call *call)
{
    return new_order(call, false);
}

const struct item *yaql_order_by_descending(struct yaql_call *call)
{
    return new_order(call, true);
}

const struct item *yaql_then_by(struct yaql_call *call)
{
    return ordered(call, call->args[0]->ordering, false);
}

const struct item *yaql_then_by_descending(struct yaql_call *call)
{
    return ordered(call, call->args[0]->ordering, true);
}

/* ---- groups ---- An aggregator is given the list of a group's values. One written for older versions of the
 * library expects the pair of key and values, and gives a pair; so when the first call fails, or seems to have
 * meant a pair, that is tried. */
struct aggregation {
    const struct item *function; /* NULL: none */
    bool fallback;
    const char *failure; /* of the first call with values alone; NULL: none */
    enum yaql_problem problem;
};

static const struct item *index_of_pair(const struct item *item, size_t i)
{
    return item->list.items[i];
}

/* Whether result may be the pair that an old aggregator makes of what it took for key and values. */
static int seems_pair(struct yaql *yaql, const struct item *values, const struct item *result)
{
    if (values->list.count != 2 || !item_is_sequence(result) || result->list.count != 2)
        return 0;
    return item_equal(yaql, index_of_pair(result, 0), index_of_pair(values, 0));
}

/* As an old aggregator; NULL, with the first failure recorded, when that is none either. */
static const struct item *aggregate_pair(struct yaql *yaql, const struct aggregation *aggregation,
                                         const struct item *group)
{
    const struct item *result =
        aggregation->fallback ? lambda_call(yaql, aggregation->function, group, NULL) : NULL;
    if (!result && aggregation->fallback && !yaql_forgive(yaql))
        return NULL;
    bool text = result && item_is_plain(result, VALUE_STRING);
    if (result && (item_length(result) == 2 || (text && text_count(text_of(result)) == 2)))
        return result;
    (void)yaql_fail(yaql, aggregation->problem, "%s", aggregation->failure);
    return NULL;
}

static const struct item *aggregate(struct yaql *yaql, struct aggregation *aggregation,
                                    const struct item *group)
{
    if (aggregation->failure)
        return aggregate_pair(yaql, aggregation, group);
    const struct item *values = index_of_pair(group, 1);
    const struct item *result = lambda_call(yaql, aggregation->function, values, NULL);
    if (!result && yaql->problem == PROBLEM_OTHER)
        return NULL;
    if (!result) {
        aggregation->failure = arena_strdup(yaql->arena, yaql->ctx->error.message);
        aggregation->problem = yaql->problem;
        return yaql_forgive(yaql) ? aggregate_pair(yaql, aggregation, group) : NULL;
    }
    int pair = seems_pair(yaql, values, result);
    aggregation->fallback = aggregation->fallback && pair;
    return pair < 0 ? NULL : item_pair(yaql, index_of_pair(group, 0), result);
}

static int next_group(struct yaql *yaql, struct iterator *self, const struct item **out)
{
    struct aggregation *aggregation = self->state;
    if (self->at == self->table->count)
        return 0;
    const struct table_entry *entry = &self->table->entries[self->at++];
    *out = item_pair(yaql, entry->key, entry->value);
    if (aggregation->function)
        *out = aggregate(yaql, aggregation, *out);
    return *out ? 1 : -1;
}

/* Adds a value to the list of its key's group. */
static int add_to_group(struct yaql *yaql, struct table *groups, const struct item *key,
                        const struct item *value)
{
    struct table_entry *entry;
    int found = table_find(yaql, groups, key, &entry);
    if (found < 0 || !value)
        return -1;
    struct item *list = arena_new(yaql->arena, struct item);
    list->kind = ITEM_LIST;
    if (found > 0)
        *list = *entry->value;
    list->list.items = items_append(yaql, list->list.items, list->list.count++, value);
    if (table_set(yaql, groups, key, list) != 0)
        return -1;
    struct item dict = {.kind = ITEM_DICT, .table = groups};
    return yaql_charge(yaql, &dict);
}

const struct item *yaql_group_by(struct yaql_call *call)
{
    struct yaql *yaql = call->yaql;
    struct table *groups = table_new(yaql);
    struct iterator *iterator = begin(call);
    const struct item *item;
    int more;
    while ((more = next(call, iterator, &item)) > 0) {
        const struct item *value =
            item_is_given(call->args[2]) ? lambda_call(yaql, call->args[2], item, NULL) : item;
        const struct item *key = value ? lambda_call(yaql, call->args[1], item, NULL) : NULL;
        if (!key || add_to_group(yaql, groups, key, value) != 0)
            return NULL;
    }
    struct aggregation *aggregation = arena_new(yaql->arena, struct aggregation);
    *aggregation = (struct aggregation){.function = item_is_given(call->args[3]) ? call->args[3] : NULL,
                                        .fallback = true};
    struct iterator *result = iterator_new(yaql, next_group);
    result->table = groups;
    result->state = aggregation;
    return more < 0 ? NULL : item_iterator(yaql, result);
}
