/* yaql's comparisons: of numbers, strings, times and sets, with null below everything. */
#include "template/yaql.h"

const struct item *yaql_true(struct yaql_call *call)
{
    (void)call;
    return &item_true;
}

const struct item *yaql_false(struct yaql_call *call)
{
    (void)call;
    return &item_false;
}

const struct item *yaql_equal(struct yaql_call *call)
{
    int same = item_equal(call->yaql, call->args[0], call->args[1]);
    return same < 0 ? NULL : item_bool(same);
}

const struct item *yaql_not_equal(struct yaql_call *call)
{
    int same = item_equal(call->yaql, call->args[0], call->args[1]);
    return same < 0 ? NULL : item_bool(!same);
}

static int compare_int64(int64_t a, int64_t b)
{
    return (a > b) - (a < b);
}

/* -1, 0, 1; 2 when one is NaN. Both are of one kind. */
static int compare(const struct yaql_call *call)
{
    const struct item *a = call->args[0], *b = call->args[1];
    if (a->kind == ITEM_SPAN)
        return compare_int64(a->span, b->span);
    if (a->kind == ITEM_TIME)
        return compare_int64(a->time.local - a->time.offset, b->time.local - b->time.offset);
    if (item_is_plain(a, VALUE_STRING))
        return text_compare(text_of(a), text_of(b));
    return number_compare(call->yaql, a->plain, b->plain);
}

const struct item *yaql_less(struct yaql_call *call)
{
    return item_bool(compare(call) == -1);
}

const struct item *yaql_less_equal(struct yaql_call *call)
{
    int order = compare(call);
    return item_bool(order == -1 || order == 0);
}

const struct item *yaql_greater(struct yaql_call *call)
{
    return item_bool(compare(call) == 1);
}

const struct item *yaql_greater_equal(struct yaql_call *call)
{
    int order = compare(call);
    return item_bool(order == 1 || order == 0);
}

/* Whether a is within b; strict: and not all of it. */
static const struct item *within(struct yaql_call *call, const struct item *a, const struct item *b,
                                 bool strict)
{
    struct table *left = table_of_set(call->yaql, a), *right = left ? table_of_set(call->yaql, b) : NULL;
    int inside = right ? table_within(call->yaql, left, right) : -1;
    return inside < 0 ? NULL : item_bool(inside && (!strict || left->count < right->count));
}

const struct item *yaql_subset(struct yaql_call *call)
{
    return within(call, call->args[0], call->args[1], true);
}

const struct item *yaql_subset_equal(struct yaql_call *call)
{
    return within(call, call->args[0], call->args[1], false);
}

const struct item *yaql_superset(struct yaql_call *call)
{
    return within(call, call->args[1], call->args[0], true);
}

const struct item *yaql_superset_equal(struct yaql_call *call)
{
    return within(call, call->args[1], call->args[0], false);
}

/* max and min of any two that can be compared: a, unless b is greater. */
static int second_is_greater(struct yaql_call *call)
{
    const struct item *greater = call_function(call, "#operator_>", call->args[1], call->args[0]);
    return greater ? item_truth(greater) : -1;
}

const struct item *yaql_max(struct yaql_call *call)
{
    int greater = second_is_greater(call);
    return greater < 0 ? NULL : call->args[greater ? 1 : 0];
}

const struct item *yaql_min(struct yaql_call *call)
{
    int greater = second_is_greater(call);
    return greater < 0 ? NULL : call->args[greater ? 0 : 1];
}
