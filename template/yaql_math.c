/* yaql's functions of numbers. */
#include "template/yaql.h"

#include <math.h>
#include <string.h>

static const struct item *number_item(struct yaql_call *call, const struct value *value)
{
    return value ? item_plain(call->yaql, value) : NULL;
}

static const struct item *binary(struct yaql_call *call, char operator)
{
    return number_item(call, number_binary(call->yaql, operator, call->args[0]->plain, call->args[1]->plain));
}

const struct item *yaql_plus(struct yaql_call *call)
{
    return binary(call, '+');
}

const struct item *yaql_minus(struct yaql_call *call)
{
    return binary(call, '-');
}

const struct item *yaql_times(struct yaql_call *call)
{
    return binary(call, '*');
}

const struct item *yaql_divide(struct yaql_call *call)
{
    return binary(call, '/');
}

const struct item *yaql_modulo(struct yaql_call *call)
{
    return binary(call, '%');
}

const struct item *yaql_positive(struct yaql_call *call)
{
    return call->args[0];
}

const struct item *yaql_negative(struct yaql_call *call)
{
    return number_item(call, number_negate(call->yaql, call->args[0]->plain));
}

static int sign(struct yaql_call *call)
{
    int order = number_compare(call->yaql, call->args[0]->plain, value_int(call->yaql->arena, 0));
    return order == 2 ? 0 : order;
}

const struct item *yaql_abs(struct yaql_call *call)
{
    const struct value *value = call->args[0]->plain;
    if (value->kind == VALUE_FLOAT)
        return item_float(call->yaql, fabs(value->number));
    return sign(call) < 0 ? yaql_negative(call) : call->args[0];
}

const struct item *yaql_sign(struct yaql_call *call)
{
    return item_int(call->yaql, sign(call));
}

const struct item *yaql_pow(struct yaql_call *call)
{
    const struct value *modulus = item_is_null(call->args[2]) ? NULL : call->args[2]->plain;
    return number_item(call, number_power(call->yaql, call->args[0]->plain, call->args[1]->plain, modulus));
}

const struct item *yaql_round(struct yaql_call *call)
{
    return number_item(call, number_round(call->yaql, call->args[0]->plain, item_integer(call->args[1])));
}

/* ---- conversions ---- */
static const struct item *fail_type(struct yaql_call *call, const char *what)
{
    return yaql_fail_null(call->yaql, "%s, not '%s'", what, item_python_type(call->args[0]));
}

static const struct item *int_of_text(struct yaql_call *call)
{
    size_t length;
    const char *text = item_chars(call->args[0], &length);
    const struct value *number;
    if (python_int(call->yaql->arena, text, length, &number))
        return item_plain(call->yaql, number);
    return yaql_fail_null(
        call->yaql, "invalid literal for int() with base 10: %s",
        python_cut(call->yaql->arena, value_to_repr(call->yaql->arena, call->args[0]->plain), 200));
}

const struct item *yaql_int(struct yaql_call *call)
{
    const struct item *item = call->args[0];
    if (item_is_null(item))
        return item_int(call->yaql, 0);
    if (item_is_plain(item, VALUE_STRING))
        return int_of_text(call);
    if (item_is_plain(item, VALUE_FLOAT))
        return number_item(call, number_truncate(call->yaql, item->plain->number));
    if (item_is_plain(item, VALUE_BIGINT))
        return item;
    if (item->kind == ITEM_PLAIN)
        return item_int(call->yaql, item_integer(item));
    return fail_type(call, "int() argument must be a string, a bytes-like object or a real number");
}

const struct item *yaql_float(struct yaql_call *call)
{
    const struct item *item = call->args[0];
    double number;
    size_t length;
    const char *text = item_chars(item, &length);
    if (item_is_null(item))
        return item_float(call->yaql, 0);
    if (text && !python_float(call->yaql->arena, text, length, &number))
        return yaql_fail_null(call->yaql, "could not convert string to float: %s",
                              value_to_repr(call->yaql->arena, item->plain));
    if (text)
        return item_float(call->yaql, number);
    if (item->kind != ITEM_PLAIN)
        return fail_type(call, "float() argument must be a string or a real number");
    number = python_double(item->plain);
    if (item_is_plain(item, VALUE_BIGINT) && !isfinite(number))
        return yaql_fail_null(call->yaql, "int too large to convert to float");
    return item_float(call->yaql, number);
}

const struct item *yaql_hex(struct yaql_call *call)
{
    if (item_is_null(call->args[0]) || item_is_plain(call->args[0], VALUE_FLOAT))
        return yaql_fail_null(call->yaql, "'%s' object cannot be interpreted as an integer",
                              item_python_type(call->args[0]));
    const char *text = number_hex(call->yaql, call->args[0]->plain);
    return text ? item_text(call->yaql, text, strlen(text)) : NULL;
}

const struct item *yaql_is_integer(struct yaql_call *call)
{
    return item_bool(item_is_plain(call->args[0], VALUE_INT) || item_is_plain(call->args[0], VALUE_BIGINT));
}

const struct item *yaql_is_number(struct yaql_call *call)
{
    return item_bool(item_is_number(call->args[0]));
}

/* The same template gives the same stack, each time it is looked at; so there is no chance in it. */
const struct item *yaql_random(struct yaql_call *call)
{
    return yaql_fail_null(call->yaql, "The yaql function \"%s\" is not available in templates",
                          call->row->name);
}

/* ---- bits ---- */
static const struct item *bits(struct yaql_call *call, char operator)
{
    return number_item(call, number_bits(call->yaql, operator, call->args[0]->plain, call->args[1]->plain));
}

const struct item *yaql_bitwise_and(struct yaql_call *call)
{
    return bits(call, '&');
}

const struct item *yaql_bitwise_or(struct yaql_call *call)
{
    return bits(call, '|');
}

const struct item *yaql_bitwise_xor(struct yaql_call *call)
{
    return bits(call, '^');
}

/* ~n is -n - 1. */
const struct item *yaql_bitwise_not(struct yaql_call *call)
{
    const struct value *minus_one = value_int(call->yaql->arena, -1);
    return number_item(call, number_binary(call->yaql, '-', minus_one, call->args[0]->plain));
}

static const struct item *shift(struct yaql_call *call, int direction)
{
    int64_t count = item_integer(call->args[1]);
    if (count < 0)
        return yaql_fail_null(call->yaql, "negative shift count");
    return number_item(call, number_shift(call->yaql, call->args[0]->plain, direction * count));
}

const struct item *yaql_shift_left(struct yaql_call *call)
{
    return shift(call, 1);
}

const struct item *yaql_shift_right(struct yaql_call *call)
{
    return shift(call, -1);
}
