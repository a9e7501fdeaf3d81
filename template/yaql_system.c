/* yaql's core: variables, dots, contexts, user functions, logic and branches. */
#include "template/yaql.h"

#include <string.h>

/* ---- variables and dots ---- */
const struct item *yaql_get_data(struct yaql_call *call)
{
    return context_get(call->context, item_chars(call->args[0], NULL));
}

const struct item *yaql_dot(struct yaql_call *call)
{
    const struct item *method = call->args[1];
    return lambda_call_in(call->yaql, method, call->args[0], context_new(call->yaql, method->lambda.context));
}

const struct item *yaql_elvis(struct yaql_call *call)
{
    if (item_is_null(call->args[0]))
        return &item_null;
    return call_function(call, "#operator_.", call->args[0], call->args[1]);
}

const struct item *yaql_get_property(struct yaql_call *call)
{
    const char *name = arena_printf(call->yaql->arena, "#property#%s", item_chars(call->args[1], NULL));
    return call_function(call, name, call->args[0], NULL);
}

/* ---- contexts ---- */
const struct item *yaql_send_context(struct yaql_call *call)
{
    return lambda_call_in(call->yaql, call->args[1], NULL, call->args[0]->context);
}

static void set_numbered(struct yaql_call *call, size_t number, const struct item *item)
{
    context_set(call->yaql, call->context, arena_printf(call->yaql->arena, "%zu", number), item);
}

static const struct item *unpack_all(struct yaql_call *call)
{
    struct iterator *iterator = iterator_over(call->yaql, call->args[0]);
    const struct item *item;
    int more = -1;
    for (size_t i = 1; iterator && (more = iterator_next(call->yaql, iterator, &item)) > 0; i++)
        set_numbered(call, i, item);
    return more < 0 ? NULL : item_context(call->yaql, call->context);
}

/* The library looks at one item more than there are names, and so takes one from an iterator without names. */
const struct item *yaql_unpack(struct yaql_call *call)
{
    struct iterator *iterator = iterator_over(call->yaql, call->args[0]);
    const struct item *item;
    size_t count = 0;
    int more = -1;
    while (iterator && count <= call->rest_count && (more = iterator_next(call->yaql, iterator, &item)) > 0)
        if (count++ < call->rest_count)
            context_set(call->yaql, call->context, item_chars(call->rest[count - 1], NULL), item);
    if (more < 0)
        return NULL;
    if (call->rest_count == 0)
        return unpack_all(call);
    if (count != call->rest_count)
        return yaql_fail_null(call->yaql, "Cannot unpack %zu elements into %zu", count, call->rest_count);
    return item_context(call->yaql, call->context);
}

const struct item *yaql_with(struct yaql_call *call)
{
    for (size_t i = 0; i < call->rest_count; i++)
        set_numbered(call, i + 1, call->rest[i]);
    return item_context(call->yaql, call->context);
}

const struct item *yaql_let(struct yaql_call *call)
{
    for (size_t i = 0; i < call->named->count; i++)
        context_set(call->yaql, call->context, item_chars(call->named->entries[i].key, NULL),
                    call->named->entries[i].value);
    return yaql_with(call);
}

/* my_name becomes myName, and underscores at the end go. */
static char *camel_case(struct arena *arena, const char *name)
{
    char *copy = arena_strdup(arena, name), *to = copy;
    for (const char *at = name; *at; at++) {
        bool joint = *at == '_' && at > name && at[1];
        if (joint)
            at++;
        *to++ = joint && *at >= 'a' && *at <= 'z' ? (char)(*at - 'a' + 'A') : *at;
    }
    while (to > copy && to[-1] == '_')
        to--;
    *to = '\0';
    return copy;
}

const struct item *yaql_def(struct yaql_call *call)
{
    const char *name = camel_case(call->yaql->arena, item_chars(call->args[0], NULL));
    context_define(call->yaql, call->context, name, call->args[1]);
    return item_context(call->yaql, call->context);
}

const struct item *yaql_assert(struct yaql_call *call)
{
    const struct item *item = iterator_memorize(call->yaql, call->args[0]);
    int holds = lambda_test(call->yaql, call->args[1], item, NULL);
    if (holds == 0)
        return yaql_fail_null(call->yaql, "%s", item_chars(call->args[2], NULL));
    return holds < 0 ? NULL : item;
}

const struct item *yaql_call_function(struct yaql_call *call)
{
    const struct item *args = call->args[1], *receiver = call->args[3];
    struct table *named = table_new(call->yaql);
    const struct table *given = call->args[2]->table;
    for (size_t i = 0; i < given->count; i++) {
        if (!item_chars(given->entries[i].key, NULL))
            return yaql_fail_null(call->yaql, "expected string or bytes-like object, got '%s'",
                                  item_python_type(given->entries[i].key));
        if (table_set(call->yaql, named, given->entries[i].key, given->entries[i].value) != 0)
            return NULL;
    }
    struct yaql_target target = {item_chars(call->args[0], NULL), item_is_given(receiver) ? receiver : NULL,
                                 call->context};
    return yaql_invoke(call->yaql, &target, args->list.items, args->list.count, named);
}

/* ---- logic ---- The value that decides is the result, as in Python. */
const struct item *yaql_and(struct yaql_call *call)
{
    const struct item *left = lambda_call(call->yaql, call->args[0], NULL, NULL);
    return left && item_truth(left) ? lambda_call(call->yaql, call->args[1], NULL, NULL) : left;
}

const struct item *yaql_or(struct yaql_call *call)
{
    const struct item *left = lambda_call(call->yaql, call->args[0], NULL, NULL);
    return !left || item_truth(left) ? left : lambda_call(call->yaql, call->args[1], NULL, NULL);
}

const struct item *yaql_not(struct yaql_call *call)
{
    return item_bool(!item_truth(call->args[0]));
}

const struct item *yaql_bool(struct yaql_call *call)
{
    return item_bool(item_truth(call->args[0]));
}

const struct item *yaql_is_boolean(struct yaql_call *call)
{
    return item_bool(item_is_plain(call->args[0], VALUE_BOOL));
}

/* ---- branches ---- */
const struct item *yaql_switch(struct yaql_call *call)
{
    for (size_t i = 0; i < call->rest_count; i++) {
        const struct item *source = call->rest[i]->rule.source;
        const struct item *test = lambda_call_in(call->yaql, source, NULL, source->lambda.context);
        if (!test)
            return NULL;
        const struct item *destination = call->rest[i]->rule.destination;
        if (item_truth(test))
            return lambda_call_in(call->yaql, destination, NULL, destination->lambda.context);
    }
    return &item_null;
}

const struct item *yaql_select_case(struct yaql_call *call)
{
    size_t i = 0;
    for (; i < call->rest_count; i++) {
        int holds = lambda_test(call->yaql, call->rest[i], NULL, NULL);
        if (holds < 0)
            return NULL;
        if (holds)
            break;
    }
    return item_int(call->yaql, (int64_t)i);
}

static int next_case(struct yaql *yaql, struct iterator *self, const struct item **out)
{
    while (self->at < self->count) {
        int holds = lambda_test(yaql, self->items[self->at++], NULL, NULL);
        if (holds < 0)
            return -1;
        *out = item_int(yaql, (int64_t)self->at - 1);
        if (holds)
            return 1;
    }
    return 0;
}

static int next_truth(struct yaql *yaql, struct iterator *self, const struct item **out)
{
    if (self->at == self->count)
        return 0;
    int holds = lambda_test(yaql, self->items[self->at++], NULL, NULL);
    *out = item_bool(holds > 0);
    return holds < 0 ? -1 : 1;
}

static const struct item *over_rest(struct yaql_call *call,
                                    int (*next)(struct yaql *, struct iterator *, const struct item **))
{
    struct iterator *iterator = iterator_new(call->yaql, next);
    iterator->items = call->rest;
    iterator->count = call->rest_count;
    return item_iterator(call->yaql, iterator);
}

const struct item *yaql_select_all_cases(struct yaql_call *call)
{
    return over_rest(call, next_case);
}

const struct item *yaql_examine(struct yaql_call *call)
{
    return over_rest(call, next_truth);
}

const struct item *yaql_switch_case(struct yaql_call *call)
{
    int64_t number = item_integer(call->args[0]), count = (int64_t)call->rest_count;
    if (count == 0)
        return &item_null;
    return lambda_call(call->yaql, call->rest[number >= 0 && number < count ? number : count - 1], NULL,
                       NULL);
}

const struct item *yaql_coalesce(struct yaql_call *call)
{
    const struct item *result = &item_null;
    for (size_t i = 0; i < call->rest_count && result && item_is_null(result); i++)
        result = lambda_call(call->yaql, call->rest[i], NULL, NULL);
    return result;
}
