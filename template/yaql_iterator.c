/* The pull interface: one item of a collection after another. */
#include "template/yaql.h"

#include <string.h>

#include "base/utf8.h"

struct iterator *iterator_new(struct yaql *yaql,
                              int (*next)(struct yaql *, struct iterator *, const struct item **))
{
    struct iterator *iterator = arena_new(yaql->arena, struct iterator);
    iterator->next = next;
    return iterator;
}

int iterator_next(struct yaql *yaql, struct iterator *iterator, const struct item **out)
{
    if (iterator->done)
        return 0;
    int more = yaql_enter(yaql) == 0 ? iterator->next(yaql, iterator, out) : -1;
    yaql_leave(yaql);
    iterator->done = more <= 0;
    return more;
}

/* ---- over what there is ---- */
static int next_item(struct yaql *yaql, struct iterator *self, const struct item **out)
{
    (void)yaql;
    if (self->at >= self->count)
        return 0;
    *out = self->items[self->at++];
    return 1;
}

static int next_entry(struct yaql *yaql, struct iterator *self, const struct item **out)
{
    if (self->at >= self->table->count)
        return 0;
    const struct table_entry *entry = &self->table->entries[self->at++];
    enum item_kind kind = self->value->kind;
    if (kind == ITEM_PAIRS)
        *out = item_pair(yaql, entry->key, entry->value);
    else
        *out = kind == ITEM_VALUES ? entry->value : entry->key;
    return 1;
}

static int next_character(struct yaql *yaql, struct iterator *self, const struct item **out)
{
    size_t length, size;
    const char *text = item_chars(self->value, &length);
    uint32_t code;
    if ((size = utf8_decode(text + self->at, length - self->at, &code)) == 0)
        return 0;
    *out = item_text(yaql, text + self->at, size);
    self->at += size;
    return 1;
}

static struct iterator *over_items(struct yaql *yaql, const struct item *item)
{
    struct iterator *iterator = iterator_new(yaql, next_item);
    iterator->items = item->list.items;
    iterator->count = item->list.count;
    return iterator;
}

static struct iterator *over_value(struct yaql *yaql, const struct item *item,
                                   int (*next)(struct yaql *, struct iterator *, const struct item **))
{
    struct iterator *iterator = iterator_new(yaql, next);
    iterator->value = item;
    if (next == next_entry)
        iterator->table = item->table;
    return iterator;
}

/* ---- sorting ---- Merge sort from below: stable, and no recursion. */
static int field_order(struct yaql *yaql, const struct ordering_field *field, const struct item *a,
                       const struct item *b)
{
    static const char *const operators[] = {"#operator_<", "#operator_>"};
    const struct item *left = lambda_call(yaql, field->selector, a, NULL);
    const struct item *right = left ? lambda_call(yaql, field->selector, b, NULL) : NULL;
    for (int i = 0; right && i < 2; i++) {
        struct yaql_target target = {operators[i], NULL, field->selector->lambda.context};
        const struct item *pair[] = {left, right}, *is = yaql_invoke(yaql, &target, pair, 2, NULL);
        if (!is)
            return -2;
        if (item_truth(is))
            return (i == 0) == !field->descending ? -1 : 1;
    }
    return right ? 0 : -2;
}

/* -1, 0, 1; -2 after an error. */
static int order(struct yaql *yaql, const struct ordering *ordering, const struct item *a,
                 const struct item *b)
{
    int result = 0;
    for (const struct ordering_field *field = ordering->fields; field && result == 0; field = field->next)
        result = field_order(yaql, field, a, b);
    return result;
}

static int merge(struct yaql *yaql, const struct ordering *ordering, const struct item **from,
                 const struct item **to, const size_t bounds[3])
{
    size_t a = bounds[0], b = bounds[1];
    for (size_t i = bounds[0]; i < bounds[2]; i++) {
        int second = 0;
        if (a < bounds[1] && b < bounds[2])
            second = order(yaql, ordering, from[b], from[a]);
        if (second == -2)
            return -1;
        to[i] = a == bounds[1] || (b < bounds[2] && second < 0) ? from[b++] : from[a++];
    }
    return 0;
}

static const struct item **sort(struct yaql *yaql, const struct ordering *ordering, const struct item **items,
                                size_t count)
{
    const struct item **other = arena_array(yaql->arena, const struct item *, count ? count : 1);
    if (count == 0)
        return other;
    for (size_t width = 1; width < count; width *= 2) {
        for (size_t i = 0; i < count; i += 2 * width) {
            size_t middle = i + width < count ? i + width : count;
            size_t end = i + 2 * width < count ? i + 2 * width : count;
            const size_t bounds[] = {i, middle, end};
            if (merge(yaql, ordering, items, other, bounds) != 0)
                return NULL;
        }
        const struct item **swap = items;
        items = other;
        other = swap;
    }
    return items;
}

static struct iterator *over_ordering(struct yaql *yaql, struct ordering *ordering)
{
    if (!ordering->sorted) {
        struct iterator *source = iterator_over(yaql, ordering->collection);
        const struct item *all = source ? iterator_collect(yaql, source, ITEM_LIST) : NULL;
        const struct item **items = all ? sort(yaql, ordering, all->list.items, all->list.count) : NULL;
        if (!items)
            return NULL;
        ordering->sorted = item_list(yaql, ITEM_LIST, items, all->list.count);
    }
    return over_items(yaql, ordering->sorted);
}

/* ---- going through an iterator several times ---- */
struct memory {
    struct iterator *source;
    const struct item **items;
    size_t count;
};

static int next_remembered(struct yaql *yaql, struct iterator *self, const struct item **out)
{
    struct memory *memory = self->state;
    if (self->at == memory->count) {
        const struct item *item;
        int more = iterator_next(yaql, memory->source, &item);
        if (more <= 0)
            return more;
        memory->items = items_append(yaql, memory->items, memory->count++, item);
        if (yaql_charge_bytes(yaql, 56 + 9 * (double)memory->count) != 0)
            return -1;
    }
    *out = memory->items[self->at++];
    return 1;
}

static struct iterator *over_memory(struct yaql *yaql, struct memory *memory)
{
    struct iterator *iterator = iterator_new(yaql, next_remembered);
    iterator->state = memory;
    return iterator;
}

const struct item *iterator_memorize(struct yaql *yaql, const struct item *item)
{
    if (item->kind != ITEM_ITERATOR)
        return item;
    struct memory *memory = arena_new(yaql->arena, struct memory);
    memory->source = item->iterator;
    return item_iterator(yaql, over_memory(yaql, memory));
}

/* ---- all of them ---- */
struct iterator *iterator_over(struct yaql *yaql, const struct item *item)
{
    if (item->kind == ITEM_ITERATOR)
        return item->iterator->next == next_remembered ? over_memory(yaql, item->iterator->state)
                                                       : item->iterator;
    if (item->kind == ITEM_ORDERING)
        return over_ordering(yaql, item->ordering);
    if (item_is_sequence(item))
        return over_items(yaql, item);
    if (item_is_plain(item, VALUE_STRING))
        return over_value(yaql, item, next_character);
    if (item_length(item) >= 0)
        return over_value(yaql, item, next_entry);
    return yaql_fail_null(yaql, "'%s' object is not iterable", item_python_type(item));
}

static int next_limited(struct yaql *yaql, struct iterator *self, const struct item **out)
{
    if (!self->source && !(self->source = iterator_over(yaql, self->value)))
        return -1;
    int more = iterator_next(yaql, self->source, out);
    if (more > 0 && yaql_check_count(yaql, ++self->at) != 0)
        return -1;
    return more;
}

struct iterator *iterator_limited(struct yaql *yaql, const struct item *item)
{
    struct iterator *iterator = iterator_new(yaql, next_limited);
    iterator->value = item;
    return iterator;
}

const struct item **items_append(struct yaql *yaql, const struct item **items, size_t count,
                                 const struct item *item)
{
    if ((count & (count - 1)) == 0)
        items = arena_grow(yaql->arena, items, count * sizeof(const struct item *),
                           (count ? 2 * count : 1) * sizeof(const struct item *));
    items[count] = item;
    return items;
}

const struct item *iterator_collect(struct yaql *yaql, struct iterator *iterator, enum item_kind kind)
{
    const struct item **items = NULL, *item;
    size_t count = 0;
    int more;
    while ((more = iterator_next(yaql, iterator, &item)) > 0)
        items = items_append(yaql, items, count++, item);
    return more < 0 ? NULL : item_list(yaql, kind, items, count);
}
