/* Constraints of properties, one function per kind, with the messages Heat gives. */
#include "resources/constraints.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <math.h>
#include <pcre2.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "base/utf8.h"
#include "resources/numbers.h"

/* What one constraint is asked. */
struct question {
    struct ctx *ctx;
    const struct value *rule; /* what stands beside the constraint's name: {"min": 1} */
    const char *type;
    const struct value *value;
};
typedef const char *constraint_check(const struct question *question);

/* ---- range, length, modulo ---- */
static const char *limit_text(const struct question *question, const char *name)
{
    const struct value *limit = value_get(question->rule, name);
    return value_is_null(limit) ? "None" : value_to_str(question->ctx->arena, limit);
}

static bool outside(const struct question *question, double number)
{
    const struct value *min = value_get(question->rule, "min"), *max = value_get(question->rule, "max");
    return (value_is_number(min) && number < number_double(min)) ||
           (value_is_number(max) && number > number_double(max));
}

static const char *check_range(const struct question *question)
{
    const struct value *number = number_any(question->ctx->arena, question->value);
    if (number && !outside(question, number_double(number)))
        return NULL;
    return arena_printf(question->ctx->arena, "%s is out of range (min: %s, max: %s)",
                        value_to_str(question->ctx->arena, question->value), limit_text(question, "min"),
                        limit_text(question, "max"));
}

static size_t python_length(const struct value *value)
{
    return value_is(value, VALUE_STRING) ? utf8_count(value->string.text, value->string.length)
                                         : value_count(value);
}

static const char *check_length(const struct question *question)
{
    size_t length = python_length(question->value);
    if (!outside(question, (double)length))
        return NULL;
    return arena_printf(question->ctx->arena, "length (%zu) is out of range (min: %s, max: %s)", length,
                        limit_text(question, "min"), limit_text(question, "max"));
}

/* Python's %: the result has the sign of the step. */
static double python_modulo(double number, double step)
{
    double rest = fmod(number, step);
    return rest != 0 && (rest < 0) != (step < 0) ? rest + step : rest;
}

static const char *check_modulo(const struct question *question)
{
    const struct value *number = number_any(question->ctx->arena, question->value);
    const struct value *step = value_get(question->rule, "step"),
                       *offset = value_get(question->rule, "offset");
    if (number && python_modulo(number_double(number), number_double(step)) == number_double(offset))
        return NULL;
    return arena_printf(question->ctx->arena, "%s is not a multiple of %s with an offset of %s",
                        value_to_str(question->ctx->arena, question->value), limit_text(question, "step"),
                        limit_text(question, "offset"));
}

/* ---- allowed_values ---- */
/* An allowed value as the type of the property would read it. */
static bool same_in_type(const struct question *question, const struct value *allowed,
                         const struct value *value)
{
    bool number = strcmp(question->type, "integer") == 0 || strcmp(question->type, "number") == 0;
    const struct value *converted = number ? number_any(question->ctx->arena, allowed) : NULL;
    return value_equal(converted ? converted : allowed, value);
}

static bool is_allowed(const struct question *question, const struct value *value)
{
    for (size_t i = 0; i < value_count(question->rule); i++)
        if (same_in_type(question, value_at(question->rule, i), value))
            return true;
    return false;
}

/* Of a list each element must be allowed. */
static const char *check_allowed_values(const struct question *question)
{
    bool allowed = true;
    if (value_is(question->value, VALUE_LIST))
        for (size_t i = 0; allowed && i < value_count(question->value); i++)
            allowed = is_allowed(question, value_at(question->value, i));
    else
        allowed = is_allowed(question, question->value);
    if (allowed)
        return NULL;
    return arena_printf(question->ctx->arena, "%s is not an allowed value %s",
                        value_to_json(question->ctx->arena, question->value),
                        value_to_json(question->ctx->arena, question->rule));
}

/* ---- allowed_pattern ---- */
/* The pattern must match all of the text. One that does not compile matches nothing. */
static bool pattern_matches(const char *pattern, const struct value *text)
{
    int error;
    PCRE2_SIZE where;
    pcre2_code *code =
        pcre2_compile((PCRE2_SPTR)pattern, PCRE2_ZERO_TERMINATED, PCRE2_UTF, &error, &where, NULL);
    if (!code)
        return false;
    pcre2_match_data *match = pcre2_match_data_create_from_pattern(code, NULL);
    pcre2_match_context *limits = pcre2_match_context_create(NULL);
    pcre2_set_match_limit(limits, 1000000);
    int count = pcre2_match(code, (PCRE2_SPTR)text->string.text, text->string.length, 0,
                            PCRE2_ANCHORED | PCRE2_ENDANCHORED, match, limits);
    pcre2_match_context_free(limits);
    pcre2_match_data_free(match);
    pcre2_code_free(code);
    return count > 0;
}

static const char *check_allowed_pattern(const struct question *question)
{
    const char *pattern = value_text(question->rule);
    if (pattern && value_is(question->value, VALUE_STRING) && pattern_matches(pattern, question->value))
        return NULL;
    return arena_printf(question->ctx->arena, "\"%s\" does not match pattern \"%s\"",
                        value_to_str(question->ctx->arena, question->value), pattern ? pattern : "");
}

/* ---- custom_constraint ---- */
/* TestResource's own: in Heat it only takes time. */
static const char *custom_test(struct ctx *ctx, const struct value *value)
{
    return NULL;
}

/* Names in a service: whoever makes the resource asks it then. */
static const char *custom_service(struct ctx *ctx, const struct value *value)
{
    return NULL;
}

static const struct {
    const char *name;
    custom_constraint *check;
} custom_constraints[] = {
    {"test_constr", custom_test},    {"cinder.snapshot", custom_service}, {"glance.image", custom_service},
    {"nova.flavor", custom_service}, {"nova.keypair", custom_service},    {"nova.server", custom_service},
};

static const char *check_custom(const struct question *question)
{
    const char *name = value_text(question->rule);
    for (size_t i = 0; name && i < COUNT_OF(custom_constraints); i++)
        if (strcmp(custom_constraints[i].name, name) == 0)
            return custom_constraints[i].check(question->ctx, question->value);
    return arena_printf(question->ctx->arena, "\"%s\" does not validate %s (constraint not found)",
                        value_to_str(question->ctx->arena, question->value), name ? name : "");
}

/* ---- the kinds ---- */
static const struct {
    const char *name;
    constraint_check *check;
} kinds[] = {
    {"range", check_range},
    {"length", check_length},
    {"modulo", check_modulo},
    {"allowed_values", check_allowed_values},
    {"allowed_pattern", check_allowed_pattern},
    {"custom_constraint", check_custom},
};

static const char *constraint_mistake(struct question *question, const struct value *constraint)
{
    for (size_t i = 0; i < COUNT_OF(kinds); i++) {
        question->rule = value_get(constraint, kinds[i].name);
        const char *mistake = question->rule ? kinds[i].check(question) : NULL;
        const char *own_text = value_get_text(constraint, "description");
        if (mistake)
            return own_text ? own_text : mistake;
    }
    return NULL;
}

const char *constraints_mistake(struct ctx *ctx, const struct value *constraints, const char *type,
                                const struct value *value)
{
    struct question question = {.ctx = ctx, .type = type, .value = value};
    const char *mistake = NULL;
    for (size_t i = 0; !mistake && i < value_count(constraints); i++)
        mistake = constraint_mistake(&question, value_at(constraints, i));
    return mistake;
}
