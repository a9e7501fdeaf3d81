/* yaql's queries that give a collection: each is a function next_…, which is asked for one item at a time.
 *
 * What a next_… finds in its iterator: source, the collection; function, the lambda. The rest is said beside it. */
#include "template/yaql.h"

typedef int next_function(struct yaql *yaql, struct iterator *self, const struct item **out);

static const struct item *over(struct yaql_call *call, next_function *next, const struct item *function)
{
    struct iterator *iterator = iterator_new(call->yaql, next);
    iterator->function = item_is_given(function) ? function : NULL;
    iterator->source = iterator_over(call->yaql, call->args[0]);
    return iterator->source ? item_iterator(call->yaql, iterator) : NULL;
}

static struct yaql_call *keep(const struct yaql_call *call)
{
    struct yaql_call *copy = arena_new(call->yaql->arena, struct yaql_call);
    *copy = *call;
    return copy;
}

/* ---- filters and projections ---- */
static int next_where(struct yaql *yaql, struct iterator *self, const struct item **out)
{
    int more, holds = 0;
    while (holds == 0 && (more = iterator_next(yaql, self->source, out)) > 0)
        holds = lambda_test(yaql, self->function, *out, NULL);
    return holds != 0 ? holds : more;
}

const struct item *yaql_where(struct yaql_call *call)
{
    return over(call, next_where, call->args[1]);
}

static int next_selected(struct yaql *yaql, struct iterator *self, const struct item **out)
{
    int more = iterator_next(yaql, self->source, out);
    if (more > 0 && !(*out = lambda_call(yaql, self->function, *out, NULL)))
        return -1;
    return more;
}

const struct item *yaql_select(struct yaql_call *call)
{
    return over(call, next_selected, call->args[1]);
}

static int next_attribute(struct yaql *yaql, struct iterator *self, const struct item **out)
{
    int more = iterator_next(yaql, self->source, out);
    if (more > 0 && !(*out = call_function(self->call, "#operator_.", *out, self->call->args[1])))
        return -1;
    return more;
}

const struct item *yaql_attribution(struct yaql_call *call)
{
    const struct item *item = over(call, next_attribute, NULL);
    if (item)
        item->iterator->call = keep(call);
    return item;
}

/* inner: what the selector gave for the current item. */
static int next_of_many(struct yaql *yaql, struct iterator *self, const struct item **out)
{
    for (;;) {
        int more = self->inner ? iterator_next(yaql, self->inner, out) : 0;
        if (more != 0)
            return more;
        self->inner = NULL;
        if ((more = next_selected(yaql, self, out)) <= 0 || !item_is_iterable(*out))
            return more;
        if (!(self->inner = iterator_over(yaql, *out)))
            return -1;
    }
}

const struct item *yaql_select_many(struct yaql_call *call)
{
    return over(call, next_of_many, call->args[1]);
}

/* table: the keys that were. */
static int next_distinct(struct yaql *yaql, struct iterator *self, const struct item **out)
{
    int more;
    while ((more = iterator_next(yaql, self->source, out)) > 0) {
        const struct item *key = self->function ? lambda_call(yaql, self->function, *out, NULL) : *out;
        size_t before = self->table->count;
        if (!key || table_set(yaql, self->table, key, &item_null) != 0)
            return -1;
        if (self->table->count > before)
            return 1;
    }
    return more;
}

const struct item *yaql_distinct(struct yaql_call *call)
{
    const struct item *item = over(call, next_distinct, call->args[1]);
    if (item)
        item->iterator->table = table_new(call->yaql);
    return item;
}

/* ---- parts ---- from: how many are left out, or given. */
static int next_after(struct yaql *yaql, struct iterator *self, const struct item **out)
{
    int more = 1;
    while (more > 0 && self->from > 0 && self->from--)
        more = iterator_next(yaql, self->source, out);
    return more > 0 ? iterator_next(yaql, self->source, out) : more;
}

static int next_up_to(struct yaql *yaql, struct iterator *self, const struct item **out)
{
    return self->from-- > 0 ? iterator_next(yaql, self->source, out) : 0;
}

static const struct item *part(struct yaql_call *call, next_function *next)
{
    const struct item *item = over(call, next, NULL);
    if (!item)
        return NULL;
    item->iterator->from = item_integer(call->args[1]);
    if (item->iterator->from < 0 || item_is_plain(call->args[1], VALUE_BIGINT))
        return yaql_fail_null(call->yaql,
                              "%s for islice() must be None or an integer: 0 <= x <= sys.maxsize.",
                              next == next_after ? "Indices" : "Stop argument");
    return item;
}

const struct item *yaql_skip(struct yaql_call *call)
{
    return part(call, next_after);
}

const struct item *yaql_limit(struct yaql_call *call)
{
    return part(call, next_up_to);
}

static int next_while(struct yaql *yaql, struct iterator *self, const struct item **out)
{
    int more = iterator_next(yaql, self->source, out);
    return more > 0 ? lambda_test(yaql, self->function, *out, NULL) : more;
}

const struct item *yaql_take_while(struct yaql_call *call)
{
    return over(call, next_while, call->args[1]);
}

static int next_after_while(struct yaql *yaql, struct iterator *self, const struct item **out)
{
    int more;
    while ((more = iterator_next(yaql, self->source, out)) > 0 && !self->begun) {
        int holds = lambda_test(yaql, self->function, *out, NULL);
        if (holds < 0)
            return -1;
        self->begun = !holds;
        if (self->begun)
            return 1;
    }
    return more;
}

const struct item *yaql_skip_while(struct yaql_call *call)
{
    return over(call, next_after_while, call->args[1]);
}

/* ---- joining ---- items: collections, one after the other through inner. */
static int next_concatenated(struct yaql *yaql, struct iterator *self, const struct item **out)
{
    for (;;) {
        int more = self->inner ? iterator_next(yaql, self->inner, out) : 0;
        if (more != 0 || self->at == self->count)
            return more;
        if (!(self->inner = iterator_over(yaql, self->items[self->at++])))
            return -1;
    }
}

static const struct item *concatenated(struct yaql *yaql, const struct item **items, size_t count)
{
    struct iterator *iterator = iterator_new(yaql, next_concatenated);
    iterator->items = items;
    iterator->count = count;
    return item_iterator(yaql, iterator);
}

const struct item *yaql_concat(struct yaql_call *call)
{
    return concatenated(call->yaql, call->rest, call->rest_count);
}

const struct item *yaql_append(struct yaql_call *call)
{
    const struct item **both = arena_array(call->yaql->arena, const struct item *, 2);
    both[0] = call->args[0];
    both[1] = item_list(call->yaql, ITEM_TUPLE, call->rest, call->rest_count);
    return concatenated(call->yaql, both, 2);
}

/* state: iterators, count of them; step: stop at the end of the longest, with value for those that ended. */
static int next_zipped(struct yaql *yaql, struct iterator *self, const struct item **out)
{
    struct iterator **iterators = self->state;
    const struct item **items = arena_array(yaql->arena, const struct item *, self->count + 1);
    size_t live = 0;
    for (size_t i = 0; i < self->count; i++) {
        int more = iterator_next(yaql, iterators[i], &items[i]);
        if (more < 0 || (more == 0 && !self->step))
            return more;
        live += more > 0;
        if (more == 0)
            items[i] = self->value;
    }
    *out = item_list(yaql, ITEM_TUPLE, items, self->count);
    return live > 0;
}

static const struct item *zipped(struct yaql_call *call, const struct item *filling)
{
    struct iterator *iterator = iterator_new(call->yaql, next_zipped);
    struct iterator **iterators = arena_array(call->yaql->arena, struct iterator *, call->rest_count + 1);
    for (size_t i = 0; i < call->rest_count; i++)
        if (!(iterators[i] = iterator_over(call->yaql, call->rest[i])))
            return NULL;
    iterator->state = iterators;
    iterator->count = call->rest_count;
    iterator->value = filling;
    iterator->step = filling != NULL;
    return item_iterator(call->yaql, iterator);
}

const struct item *yaql_zip(struct yaql_call *call)
{
    return zipped(call, NULL);
}

const struct item *yaql_zip_longest(struct yaql_call *call)
{
    struct table_entry *entry;
    int given = table_find(call->yaql, call->named, item_text(call->yaql, "default", 7), &entry);
    return given < 0 ? NULL : zipped(call, given ? entry->value : &item_null);
}

/* Each item of one collection (value) with each of the other (inner). */
static int next_joined(struct yaql *yaql, struct iterator *self, const struct item **out)
{
    const struct item *const *args = self->call->args;
    for (;;) {
        int more = self->inner ? iterator_next(yaql, self->inner, out) : 0;
        if (more > 0) {
            int holds = lambda_test(yaql, args[2], self->value, *out);
            if (holds == 0)
                continue;
            *out = holds > 0 ? lambda_call(yaql, args[3], self->value, *out) : NULL;
            return *out ? 1 : -1;
        }
        if (more < 0 || (more = iterator_next(yaql, self->source, &self->value)) <= 0)
            return more;
        if (!(self->inner = iterator_over(yaql, args[1])))
            return -1;
    }
}

const struct item *yaql_join(struct yaql_call *call)
{
    const struct item *item = over(call, next_joined, NULL);
    if (!item)
        return NULL;
    item->iterator->call = keep(call);
    item->iterator->call->args[1] = iterator_memorize(call->yaql, call->args[1]);
    return item;
}

/* ---- endless ones ---- */
static int next_repeated(struct yaql *yaql, struct iterator *self, const struct item **out)
{
    (void)yaql;
    *out = self->value;
    return self->from < 0 || self->from-- > 0;
}

const struct item *yaql_repeat(struct yaql_call *call)
{
    struct iterator *iterator = iterator_new(call->yaql, next_repeated);
    iterator->value = call->args[0];
    iterator->from = item_integer(call->args[1]);
    return item_iterator(call->yaql, iterator);
}

/* items: those that came once. */
static int next_cycled(struct yaql *yaql, struct iterator *self, const struct item **out)
{
    int more = self->begun ? 0 : iterator_next(yaql, self->source, out);
    if (more > 0)
        self->items = items_append(yaql, self->items, self->count++, *out);
    if (more != 0)
        return more;
    self->begun = true;
    if (self->count)
        *out = self->items[self->at++ % self->count];
    return self->count > 0;
}

const struct item *yaql_cycle(struct yaql_call *call)
{
    return over(call, next_cycled, NULL);
}

/* from, from + step, … before to; inner set: without end. */
static int next_number(struct yaql *yaql, struct iterator *self, const struct item **out)
{
    if (!self->begun && (self->step > 0 ? self->from >= self->to : self->from <= self->to))
        return 0;
    *out = item_int(yaql, self->from);
    if (__builtin_add_overflow(self->from, self->step, &self->from))
        self->done = true, self->to = self->from, self->begun = false;
    return 1;
}

static const struct item *numbers(struct yaql *yaql, int64_t from, int64_t to, int64_t step)
{
    struct iterator *iterator = iterator_new(yaql, next_number);
    iterator->from = from;
    iterator->to = to;
    iterator->step = step;
    return item_iterator(yaql, iterator);
}

const struct item *yaql_range(struct yaql_call *call)
{
    return numbers(call->yaql, 0, item_integer(call->args[0]), 1);
}

const struct item *yaql_range_between(struct yaql_call *call)
{
    int64_t step = item_integer(call->args[2]);
    if (step == 0)
        return yaql_fail_null(call->yaql, "range() arg 3 must not be zero");
    return numbers(call->yaql, item_integer(call->args[0]), item_integer(call->args[1]), step);
}

const struct item *yaql_sequence(struct yaql_call *call)
{
    const struct item *item =
        numbers(call->yaql, item_integer(call->args[0]), 0, item_integer(call->args[1]));
    item->iterator->begun = true;
    return item;
}

static int next_numbered(struct yaql *yaql, struct iterator *self, const struct item **out)
{
    const struct item *item;
    int more = iterator_next(yaql, self->source, &item);
    if (more <= 0)
        return more;
    const struct item **pair = arena_array(yaql->arena, const struct item *, 2);
    pair[0] = item_int(yaql, self->from++);
    pair[1] = item;
    *out = item_list(yaql, ITEM_LIST, pair, 2);
    return 1;
}

const struct item *yaql_enumerate(struct yaql_call *call)
{
    const struct item *item = over(call, next_numbered, NULL);
    if (item && item_is_null(call->args[1]))
        return yaql_fail_null(call->yaql, "'NoneType' object cannot be interpreted as an integer");
    if (item)
        item->iterator->from = item_integer(call->args[1]);
    return item;
}

/* ---- pieces ---- */
static int next_slice(struct yaql *yaql, struct iterator *self, const struct item **out)
{
    const struct item **items = NULL;
    size_t count = 0;
    int more = 1;
    while ((int64_t)count < self->from && (more = iterator_next(yaql, self->source, out)) > 0)
        items = items_append(yaql, items, count++, *out);
    *out = item_list(yaql, ITEM_TUPLE, items, count);
    return more < 0 ? -1 : count > 0;
}

const struct item *yaql_slice(struct yaql_call *call)
{
    return part(call, next_slice);
}

/* Of items (collected first), the piece from at to end; the next begins at next. */
static const struct item *piece(struct yaql *yaql, struct iterator *self, size_t end, size_t next)
{
    const struct item *item = item_list(yaql, ITEM_TUPLE, self->items + self->at, end - self->at);
    self->at = next;
    return item;
}

static int collect_first(struct yaql *yaql, struct iterator *self)
{
    if (self->begun)
        return 0;
    const struct item *all = iterator_collect(yaql, self->source, ITEM_TUPLE);
    if (!all)
        return -1;
    self->begun = true;
    self->items = all->list.items;
    self->count = all->list.count;
    return 0;
}

/* The pieces between items that the predicate takes. */
static int next_split(struct yaql *yaql, struct iterator *self, const struct item **out)
{
    if (collect_first(yaql, self) != 0)
        return -1;
    for (size_t end = self->at; end < self->count; end++) {
        int holds = lambda_test(yaql, self->function, self->items[end], NULL);
        if (holds < 0)
            return -1;
        if (holds) {
            *out = piece(yaql, self, end, end + 1);
            return 1;
        }
    }
    if (self->at >= self->count)
        return 0;
    *out = piece(yaql, self, self->count, self->count);
    return 1;
}

const struct item *yaql_split_where(struct yaql_call *call)
{
    return over(call, next_split, call->args[1]);
}

/* The pieces within which the predicate gives the same; value: what it gave for the first of the piece. */
static int next_same(struct yaql *yaql, struct iterator *self, const struct item **out)
{
    if (collect_first(yaql, self) != 0)
        return -1;
    for (size_t end = self->at; end < self->count; end++) {
        if (end == self->at && self->value)
            continue;
        const struct item *now = lambda_call(yaql, self->function, self->items[end], NULL);
        int same = !now ? -1 : self->value ? item_equal(yaql, now, self->value) : 1;
        if (same < 0)
            return -1;
        self->value = now;
        if (!same) {
            *out = piece(yaql, self, end, end);
            return 1;
        }
    }
    if (self->at >= self->count)
        return 0;
    *out = piece(yaql, self, self->count, self->count);
    return 1;
}

const struct item *yaql_slice_where(struct yaql_call *call)
{
    return over(call, next_same, call->args[1]);
}

/* ---- series ---- value: the last one given. */
static int next_accumulated(struct yaql *yaql, struct iterator *self, const struct item **out)
{
    int more = 1;
    if (!self->begun && !self->value && (more = iterator_next(yaql, self->source, &self->value)) == 0)
        return yaql_fail(yaql, PROBLEM_OTHER, "accumulate() of empty sequence with no initial value");
    if (more > 0 && self->begun && (more = iterator_next(yaql, self->source, out)) > 0)
        self->value = lambda_call(yaql, self->function, self->value, *out);
    self->begun = true;
    *out = self->value;
    return self->value ? more : -1;
}

const struct item *yaql_accumulate(struct yaql_call *call)
{
    const struct item *item = over(call, next_accumulated, call->args[1]);
    if (item && item_is_given(call->args[2]))
        item->iterator->value = call->args[2];
    return item;
}

/* 1 when an item was there before, and is remembered when not; table NULL: nobody asks. */
static int was_there(struct yaql *yaql, struct table *table, const struct item *item)
{
    size_t before = table ? table->count : 0;
    if (table && table_set(yaql, table, item, &item_null) != 0)
        return -1;
    return table && table->count == before;
}

static int selected(struct yaql *yaql, const struct item *selector, const struct item *item,
                    const struct item **out)
{
    *out = item_is_given(selector) ? lambda_call(yaql, selector, item, NULL) : item;
    return *out ? 1 : -1;
}

static int next_generated(struct yaql *yaql, struct iterator *self, const struct item **out)
{
    const struct item *const *args = self->call->args;
    if (self->begun && !(self->value = lambda_call(yaql, args[2], self->value, NULL)))
        return -1;
    self->begun = true;
    int go = lambda_test(yaql, args[1], self->value, NULL);
    int again = go > 0 ? was_there(yaql, self->table, self->value) : 0;
    if (go <= 0 || again != 0)
        return go < 0 || again < 0 ? -1 : 0;
    return selected(yaql, args[3], self->value, out);
}

const struct item *yaql_generate(struct yaql_call *call)
{
    struct iterator *iterator = iterator_new(call->yaql, next_generated);
    iterator->call = keep(call);
    iterator->value = call->args[0];
    iterator->table = item_truth(call->args[4]) ? table_new(call->yaql) : NULL;
    return item_iterator(call->yaql, iterator);
}

/* items: the queue, from at to count. What an item produces comes before what waits (depth first) or after. */
static int enqueue(struct yaql *yaql, struct iterator *self, const struct item *produced, bool first)
{
    struct iterator *source = iterator_over(yaql, produced);
    const struct item *all = source ? iterator_collect(yaql, source, ITEM_TUPLE) : NULL;
    if (!all)
        return -1;
    size_t waiting = self->count - self->at, more = all->list.count;
    const struct item **queue = arena_array(yaql->arena, const struct item *, waiting + more + 1);
    for (size_t i = 0; i < waiting; i++)
        queue[i + (first ? more : 0)] = self->items[self->at + i];
    for (size_t i = 0; i < more; i++)
        queue[i + (first ? 0 : waiting)] = all->list.items[i];
    self->items = queue;
    self->at = 0;
    self->count = waiting + more;
    if (scope_spend(yaql->scope, self->count) != 0)
        return -1;
    return yaql_charge_bytes(yaql, 624 + 8.25 * (double)self->count);
}

static int next_of_tree(struct yaql *yaql, struct iterator *self, const struct item **out)
{
    const struct item *const *args = self->call->args;
    if (self->value) {
        const struct item *produced = lambda_call(yaql, args[1], self->value, NULL);
        if (!produced || enqueue(yaql, self, produced, item_truth(args[4])) != 0)
            return -1;
    }
    while (self->at < self->count) {
        self->value = self->items[self->at++];
        int again = was_there(yaql, self->table, self->value);
        if (again <= 0)
            return again < 0 ? -1 : selected(yaql, args[2], self->value, out);
    }
    return 0;
}

const struct item *yaql_generate_many(struct yaql_call *call)
{
    struct iterator *iterator = iterator_new(call->yaql, next_of_tree);
    iterator->call = keep(call);
    iterator->items = iterator->call->args;
    iterator->count = 1;
    iterator->table = item_truth(call->args[3]) ? table_new(call->yaql) : NULL;
    return item_iterator(call->yaql, iterator);
}
