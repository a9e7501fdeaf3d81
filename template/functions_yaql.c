/* The function yaql: {expression: …, data: …}. The language itself is in yaql.h. */
#include "template/yaql.h"

#include <string.h>

/* Heat shows this one as the repr of its text. */
static int fail_yaql_usage(const struct call *call)
{
    const char *text =
        arena_printf(call_arena(call),
                     "\"%s\" syntax should be %s:\n              expression: $.data.var1.sum()\n"
                     "              data:\n                var1: [3, 2, 1]",
                     call_name(call), call_name(call));
    return call_fail(call, "%s", python_repr_text(call_arena(call), text));
}

static int check_keys(const struct call *call)
{
    for (size_t i = 0; i < value_count(call->args); i++) {
        const char *key = call->args->map.entries[i].key;
        if (strcmp(key, "expression") != 0 && strcmp(key, "data") != 0)
            return fail_yaql_usage(call);
    }
    return value_has(call->args, "expression") ? 0 : fail_yaql_usage(call);
}

static const struct node *parse(const struct call *call, struct yaql *yaql, const struct value *expression)
{
    if (!value_is(expression, VALUE_STRING))
        return call_fail_null(call, "The \"expression\" argument to %s must contain a string.",
                              call_name(call));
    const struct node *node = yaql_parse(yaql, expression->string.text, expression->string.length);
    struct error *error = &call->scope->ctx->error;
    if (!node && error->fault == FAULT_STACK_VALIDATION)
        error->message = arena_printf(call_arena(call), "Bad expression %s.", error->message);
    return node;
}

int check_yaql(const struct call *call)
{
    if (!value_is(call->args, VALUE_MAP))
        return call_fail(call, "Arguments to \"%s\" must be a map.", call_name(call));
    if (check_keys(call) != 0)
        return -1;
    const struct value *expression = value_get(call->args, "expression");
    if (call_is_function(call, expression))
        return 0;
    struct yaql yaql;
    yaql_begin(&yaql, call->scope);
    return parse(call, &yaql, expression) ? 0 : -1;
}

const struct value *evaluate_yaql(const struct call *call)
{
    struct yaql yaql;
    yaql_begin(&yaql, call->scope);
    const struct value *expression = call_resolve(call, value_get(call->args, "expression"));
    const struct node *node = expression ? parse(call, &yaql, expression) : NULL;
    const struct value *data = node ? value_get(call->args, "data") : NULL;
    if (!node)
        return NULL;
    data = data ? call_resolve(call, data) : value_map(call_arena(call));
    return data ? yaql_evaluate(&yaql, node, data) : NULL;
}
