/* Functions about truth: if, equals, not, and, or, and their CFN spellings. */
#include "template/call.h"

/* ---- if ---- */
static int check_branches(const struct call *call, size_t least)
{
    size_t count = value_count(call->args);
    if (call_is_list(call, call->args) && count >= least && count <= 3)
        return 0;
    return call_fail(
        call, "Arguments to \"%s\" must be of the form: [condition_name, value_if_true, value_if_false]",
        call_name(call));
}

int check_if(const struct call *call)
{
    return check_branches(call, 3);
}

int check_if_nullable(const struct call *call)
{
    return check_branches(call, 2);
}

const struct value *if_branch(const struct call *call)
{
    struct call inside = *call;
    inside.condition = true;
    const struct value *condition = call_resolve(&inside, value_at(call->args, 0));
    int truth = condition ? condition_truth(call->scope, condition, call->trail) : -1;
    if (truth < 0)
        return NULL;
    const struct value *branch = value_at(call->args, truth ? 1 : 2);
    return branch ? branch : &value_absent;
}

const struct value *evaluate_if(const struct call *call)
{
    const struct value *branch = if_branch(call);
    return branch ? call_resolve_nullable(call, branch) : NULL;
}

/* ---- equals ---- */
int check_equals(const struct call *call)
{
    if (call_is_list(call, call->args) && value_count(call->args) == 2)
        return 0;
    return call_fail(call, "Arguments to \"%s\" must be of the form: [value_1, value_2]", call_name(call));
}

const struct value *evaluate_equals(const struct call *call)
{
    const struct value *a = call_resolve(call, value_at(call->args, 0));
    const struct value *b = a ? call_resolve(call, value_at(call->args, 1)) : NULL;
    return b ? value_bool(value_equal(a, b)) : NULL;
}

/* ---- not ---- */
static const struct value *negate(const struct call *call, const struct value *condition)
{
    const struct value *resolved = call_resolve(call, condition);
    int truth = resolved ? condition_truth(call->scope, resolved, call->trail) : -1;
    return truth < 0 ? NULL : value_bool(!truth);
}

int check_not(const struct call *call)
{
    if (!value_is_null(call->args))
        return 0;
    return call_fail(call, "Argument to \"%s\" must be a condition", call_name(call));
}

const struct value *evaluate_not(const struct call *call)
{
    return negate(call, call->args);
}

int check_cfn_not(const struct call *call)
{
    if (call_is_list(call, call->args) && value_count(call->args) == 1)
        return 0;
    return call_fail(call, "Arguments to \"%s\" must be of the form: [condition]", call_name(call));
}

const struct value *evaluate_cfn_not(const struct call *call)
{
    return negate(call, value_at(call->args, 0));
}

/* ---- and, or ---- */
int check_boolean(const struct call *call)
{
    if (!call_is_list(call, call->args))
        return call_fail(call, "Arguments to \"%s\" must be a list of conditions", call_name(call));
    if (value_count(call->args) < 2)
        return call_fail(call, "The minimum number of condition arguments to \"%s\" is 2.", call_name(call));
    return 0;
}

/* Functions among the arguments are all resolved; named conditions only up to the one that decides. */
static const struct value *until(const struct call *call, int deciding)
{
    const struct value *args = call_resolve(call, call->args);
    if (!args)
        return NULL;
    for (size_t i = 0; i < value_count(args); i++) {
        int truth = condition_truth(call->scope, value_at(args, i), call->trail);
        if (truth < 0)
            return NULL;
        if (truth == deciding)
            return value_bool(deciding);
    }
    return value_bool(!deciding);
}

const struct value *evaluate_and(const struct call *call)
{
    return until(call, 0);
}

const struct value *evaluate_or(const struct call *call)
{
    return until(call, 1);
}
