/* Arithmetic as Python's: whole numbers of any size, floor division, and floats where one is among them.
 * Where 64 bits do not suffice, OpenSSL's numbers take over, as large as the memory quota lets them be. */
#include "template/yaql.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/bn.h>

enum { MAX_BITS = 1 << 18, MAX_DIGITS = 64 };

static const struct value *fail_value(struct yaql *yaql, const char *message)
{
    (void)yaql_fail(yaql, PROBLEM_OTHER, "%s", message);
    return NULL;
}

static bool is_small(const struct value *value)
{
    return value->kind == VALUE_INT || value->kind == VALUE_BOOL;
}

static int64_t small(const struct value *value)
{
    return value->kind == VALUE_BOOL ? value->boolean : value->integer;
}

/* ---- large ones ---- */
static BIGNUM *to_big(const struct value *value)
{
    BIGNUM *number = NULL;
    char text[24];
    if (is_small(value))
        (void)snprintf(text, sizeof(text), "%lld", (long long)small(value));
    if (BN_dec2bn(&number, is_small(value) ? text : value->string.text) == 0)
        return NULL;
    return number;
}

static const struct value *from_big(struct yaql *yaql, const BIGNUM *number)
{
    if (BN_num_bits(number) > MAX_BITS)
        return fail_value(yaql, "Expression consumed too much memory");
    char *digits = BN_bn2dec(number);
    const struct value *value = digits ? value_integer_text(yaql->arena, digits, strlen(digits)) : NULL;
    OPENSSL_free(digits);
    return value;
}

/* Towards minus infinity, where OpenSSL goes towards zero. */
static int floor_divide(BIGNUM *quotient, BIGNUM *rest, const BIGNUM *a, const BIGNUM *b, BN_CTX *ctx)
{
    if (!BN_div(quotient, rest, a, b, ctx))
        return 0;
    if (BN_is_zero(rest) || BN_is_negative(rest) == BN_is_negative(b))
        return 1;
    return BN_sub(quotient, quotient, BN_value_one()) && BN_add(rest, rest, b);
}

static int big_operation(char operator, BIGNUM * out, BIGNUM *rest, const BIGNUM *a, const BIGNUM *b,
                         BN_CTX *ctx)
{
    switch (operator) {
    case '+':
        return BN_add(out, a, b);
    case '-':
        return BN_sub(out, a, b);
    case '*':
        return BN_mul(out, a, b, ctx);
    case '/':
        return floor_divide(out, rest, a, b, ctx);
    default:
        return floor_divide(rest, out, a, b, ctx);
    }
}

static const struct value *big_binary(struct yaql *yaql, char operator, const struct value * a,
                                      const struct value *b)
{
    BN_CTX *ctx = BN_CTX_new();
    BIGNUM *left = to_big(a), *right = to_big(b), *out = BN_new(), *rest = BN_new();
    const struct value *result = NULL;
    if (left && right && out && rest && ctx && BN_num_bits(left) <= MAX_BITS &&
        BN_num_bits(right) <= MAX_BITS && big_operation(operator, out, rest, left, right, ctx))
        result = from_big(yaql, out);
    else
        (void)fail_value(yaql, "Expression consumed too much memory");
    BN_free(left);
    BN_free(right);
    BN_free(out);
    BN_free(rest);
    BN_CTX_free(ctx);
    return result;
}

/* ---- + - * / % ---- */
static bool small_operation(char operator, int64_t a, int64_t b, int64_t *out)
{
    if (a == INT64_MIN || b == INT64_MIN)
        return false;
    switch (operator) {
    case '+':
        return !__builtin_add_overflow(a, b, out);
    case '-':
        return !__builtin_sub_overflow(a, b, out);
    case '*':
        return !__builtin_mul_overflow(a, b, out);
    case '/':
        *out = a / b - (a % b != 0 && (a < 0) != (b < 0));
        return true;
    default:
        *out = a % b + (a % b != 0 && (a < 0) != (b < 0) ? b : 0);
        return true;
    }
}

static double float_modulo(double a, double b)
{
    double rest = fmod(a, b);
    if (rest == 0)
        return copysign(0, b);
    return (rest < 0) != (b < 0) ? rest + b : rest;
}

static double float_operation(char operator, double a, double b)
{
    switch (operator) {
    case '+':
        return a + b;
    case '-':
        return a - b;
    case '*':
        return a * b;
    case '/':
        return a / b;
    default:
        return float_modulo(a, b);
    }
}

static const struct value *fail_zero(struct yaql *yaql, char operator, bool floats)
{
    if (floats)
        return fail_value(yaql, operator== '/' ? "float division by zero" : "float modulo");
    return fail_value(yaql, operator== '/' ? "integer division or modulo by zero" : "integer modulo by zero");
}

static const struct value *to_float(struct yaql *yaql, const struct value *value, double *out)
{
    *out = python_double(value);
    if (value->kind == VALUE_BIGINT && !isfinite(*out))
        return fail_value(yaql, "int too large to convert to float");
    return value;
}

const struct value *number_binary(struct yaql *yaql, char operator, const struct value * a,
                                  const struct value *b)
{
    double x, y;
    int64_t out;
    bool floats = a->kind == VALUE_FLOAT || b->kind == VALUE_FLOAT,
         divides = operator== '/' || operator== '%';
    if (floats && (!to_float(yaql, a, &x) || !to_float(yaql, b, &y)))
        return NULL;
    if (divides && (floats ? y == 0 : is_small(b) && small(b) == 0))
        return fail_zero(yaql, operator, floats);
    if (floats)
        return value_float(yaql->arena, float_operation(operator, x, y));
    if (is_small(a) && is_small(b) && small_operation(operator, small(a), small(b), &out))
        return value_int(yaql->arena, out);
    return big_binary(yaql, operator, a, b);
}

const struct value *number_negate(struct yaql *yaql, const struct value *a)
{
    if (a->kind == VALUE_FLOAT)
        return value_float(yaql->arena, -a->number);
    return number_binary(yaql, '-', value_int(yaql->arena, 0), a);
}

int number_compare(struct yaql *yaql, const struct value *a, const struct value *b)
{
    if (a->kind == VALUE_FLOAT || b->kind == VALUE_FLOAT || (is_small(a) && is_small(b)))
        return python_compare(a->kind == VALUE_BOOL ? value_int(yaql->arena, a->boolean) : a,
                              b->kind == VALUE_BOOL ? value_int(yaql->arena, b->boolean) : b);
    BIGNUM *left = to_big(a), *right = to_big(b);
    int order = left && right ? BN_cmp(left, right) : 2;
    BN_free(left);
    BN_free(right);
    return order;
}

/* ---- powers ---- */
static double bits_of(const struct value *a)
{
    double size = fabs(python_double(a));
    return isfinite(size) ? log2(size < 1 ? 1 : size) + 1 : 3.33 * (double)a->string.length;
}

/* By squaring: the size is known to be bounded. */
static const struct value *whole_power(struct yaql *yaql, const struct value *a, int64_t exponent,
                                       const struct value *modulus)
{
    const struct value *result = value_int(yaql->arena, 1), *base = a;
    for (; result && base && exponent; exponent >>= 1) {
        if (exponent & 1)
            result = number_binary(yaql, '*', result, base);
        if (result && modulus)
            result = number_binary(yaql, '%', result, modulus);
        if (exponent > 1)
            base = number_binary(yaql, '*', base, base);
        if (base && modulus)
            base = number_binary(yaql, '%', base, modulus);
    }
    return result && modulus ? number_binary(yaql, '%', result, modulus) : result;
}

static const struct value *float_power(struct yaql *yaql, double a, double b)
{
    if (a == 0 && b < 0)
        return fail_value(yaql, "0.0 cannot be raised to a negative power");
    if (a < 0 && isfinite(a) && isfinite(b) && b != floor(b))
        return fail_value(yaql, "The expression gives a complex number, which is no value of a template");
    double result = pow(a, b);
    if (isinf(result) && isfinite(a) && isfinite(b))
        return fail_value(yaql, "(34, 'Numerical result out of range')");
    return value_float(yaql->arena, result);
}

static const struct value *modular_power(struct yaql *yaql, const struct value *a, const struct value *b,
                                         const struct value *modulus)
{
    if (a->kind == VALUE_FLOAT || b->kind == VALUE_FLOAT || modulus->kind == VALUE_FLOAT)
        return fail_value(yaql, "pow() 3rd argument not allowed unless all arguments are integers");
    if (is_small(modulus) && small(modulus) == 0)
        return fail_value(yaql, "pow() 3rd argument cannot be 0");
    if (!is_small(b) || small(b) < 0)
        return fail_value(yaql, "base is not invertible for the given modulus");
    return whole_power(yaql, a, small(b), modulus);
}

const struct value *number_power(struct yaql *yaql, const struct value *a, const struct value *b,
                                 const struct value *modulus)
{
    if (modulus)
        return modular_power(yaql, a, b, modulus);
    bool floats = a->kind == VALUE_FLOAT || b->kind == VALUE_FLOAT || python_double(b) < 0;
    double x, y;
    if (floats)
        return to_float(yaql, a, &x) && to_float(yaql, b, &y) ? float_power(yaql, x, y) : NULL;
    bool unit = is_small(a) && small(a) >= -1 && small(a) <= 1;
    if (!unit && (!is_small(b) || bits_of(a) * (double)small(b) > MAX_BITS))
        return fail_value(yaql, "Expression consumed too much memory");
    int64_t exponent = is_small(b) ? small(b) : 2 + (b->string.text[b->string.length - 1] - '0') % 2;
    return whole_power(yaql, a, exponent, NULL);
}

/* ---- bits ---- */
const struct value *number_shift(struct yaql *yaql, const struct value *a, int64_t bits)
{
    const struct value *two = value_int(yaql->arena, 2);
    if (bits > MAX_BITS && !(is_small(a) && small(a) == 0))
        return fail_value(yaql, "Expression consumed too much memory");
    if (bits < -MAX_BITS)
        return value_int(yaql->arena,
                         a->kind == VALUE_BIGINT ? -(a->string.text[0] == '-') : -(small(a) < 0));
    if (is_small(a) && small(a) == 0)
        return value_int(yaql->arena, 0);
    const struct value *factor = whole_power(yaql, two, bits < 0 ? -bits : bits, NULL);
    return factor ? number_binary(yaql, bits < 0 ? '/' : '*', a, factor) : NULL;
}

/* Two's complement without end, so larger numbers go digit by digit of 32 bits. */
static const struct value *digits_operation(struct yaql *yaql, char operator, const struct value * a,
                                            const struct value *b, unsigned depth)
{
    if (is_small(a) && is_small(b)) {
        int64_t x = small(a), y = small(b);
        return value_int(yaql->arena, operator== '&' ? x & y : operator== '|' ? x | y : x ^ y);
    }
    const struct value *base = value_int(yaql->arena, (int64_t)1 << 32), *low, *high;
    const struct value *al = number_binary(yaql, '%', a, base), *bl = number_binary(yaql, '%', b, base);
    const struct value *ah = number_binary(yaql, '/', a, base), *bh = number_binary(yaql, '/', b, base);
    if (!al || !bl || !ah || !bh || depth > MAX_DIGITS)
        return fail_value(yaql, "Expression consumed too much memory");
    low = digits_operation(yaql, operator, al, bl, depth + 1);
    high = low ? digits_operation(yaql, operator, ah, bh, depth + 1) : NULL;
    high = high ? number_binary(yaql, '*', high, base) : NULL;
    return high ? number_binary(yaql, '+', high, low) : NULL;
}

const struct value *number_bits(struct yaql *yaql, char operator, const struct value * a,
                                const struct value *b)
{
    return digits_operation(yaql, operator, a, b, 0);
}

/* ---- rounding ---- Halves go to the even neighbour. */
static const struct value *round_whole(struct yaql *yaql, const struct value *a, int64_t digits)
{
    if (digits >= 0)
        return a->kind == VALUE_BOOL ? value_int(yaql->arena, a->boolean) : a;
    if (digits < -4000)
        return value_int(yaql->arena, 0);
    const struct value *ten = value_int(yaql->arena, 10), *two = value_int(yaql->arena, 2);
    const struct value *unit = whole_power(yaql, ten, -digits, NULL);
    const struct value *rest = unit ? number_binary(yaql, '%', a, unit) : NULL;
    const struct value *down = rest ? number_binary(yaql, '-', a, rest) : NULL;
    const struct value *twice = down ? number_binary(yaql, '*', rest, two) : NULL;
    if (!twice)
        return NULL;
    int order = number_compare(yaql, twice, unit);
    const struct value *parity = number_binary(yaql, '%', number_binary(yaql, '/', down, unit), two);
    if (!parity)
        return NULL;
    return order > 0 || (order == 0 && small(parity)) ? number_binary(yaql, '+', down, unit) : down;
}

static const struct value *round_float(struct yaql *yaql, double d, int64_t digits)
{
    char text[400];
    if (!isfinite(d) || digits > 323)
        return value_float(yaql->arena, d);
    if (digits < -308)
        return value_float(yaql->arena, copysign(0, d));
    if (digits >= 0) {
        (void)snprintf(text, sizeof(text), "%.*f", digits < 60 ? (int)digits : 60, d);
        return value_float(yaql->arena, digits < 60 ? strtod(text, NULL) : d);
    }
    double unit = pow(10, (double)-digits);
    return value_float(yaql->arena, nearbyint(d / unit) * unit);
}

const struct value *number_round(struct yaql *yaql, const struct value *a, int64_t digits)
{
    if (a->kind == VALUE_FLOAT)
        return round_float(yaql, a->number, digits);
    return round_whole(yaql, a, digits);
}

const struct value *number_truncate(struct yaql *yaql, double d)
{
    char text[400];
    if (isnan(d))
        return fail_value(yaql, "cannot convert float NaN to integer");
    if (isinf(d))
        return fail_value(yaql, "cannot convert float infinity to integer");
    int length = snprintf(text, sizeof(text), "%.0f", trunc(d));
    return value_integer_text(yaql->arena, text, (size_t)length);
}

const char *number_hex(struct yaql *yaql, const struct value *a)
{
    BIGNUM *number = to_big(a);
    char *digits = number ? BN_bn2hex(number) : NULL;
    if (!digits) {
        BN_free(number);
        return yaql_fail_null(yaql, "Expression consumed too much memory");
    }
    const char *at = digits + (*digits == '-');
    at += strspn(at, "0");
    char *text = arena_printf(yaql->arena, "%s0x%s", *digits == '-' ? "-" : "", *at ? at : "0");
    for (char *c = text + 2; *c; c++)
        *c = *c >= 'A' && *c <= 'F' ? (char)(*c - 'A' + 'a') : *c;
    OPENSSL_free(digits);
    BN_free(number);
    return text;
}
