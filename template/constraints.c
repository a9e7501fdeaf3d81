/* Constraints on parameters: reading them, and saying why a value breaks one. */
#define PCRE2_CODE_UNIT_WIDTH 8
#include "template/schema.h"

#include <ctype.h>
#include <math.h>
#include <string.h>

#include <pcre2.h>

#include "base/utf8.h"
#include "template/call.h"

/* ---- numbers and booleans ---- */
const struct value *number_of(struct arena *arena, const struct value *value, const char **problem)
{
    if (value_is_number(value) || value_is(value, VALUE_BOOL))
        return value;
    if (!value_is(value, VALUE_STRING)) {
        *problem = arena_printf(
            arena, "int() argument must be a string, a bytes-like object or a real number, not '%s'",
            value_python_type(value));
        return NULL;
    }
    const struct value *number;
    double real;
    if (python_int(arena, value->string.text, value->string.length, &number))
        return number;
    if (python_float(arena, value->string.text, value->string.length, &real))
        return value_float(arena, real);
    *problem = arena_printf(arena, "could not convert string to float: %s", value_to_repr(arena, value));
    return NULL;
}

const struct value *boolean_of(struct arena *arena, const struct value *value, const char **problem)
{
    static const char *const yes[] = {"1", "t", "true", "on", "y", "yes"};
    static const char *const no[] = {"0", "f", "false", "off", "n", "no"};
    if (value_is(value, VALUE_BOOL))
        return value;
    char *text = arena_strdup(arena, value_to_str(arena, value));
    const char *all = arena_strdup(arena, text);
    while (isspace((unsigned char)*text))
        text++;
    for (size_t end = strlen(text); end > 0 && isspace((unsigned char)text[end - 1]); end--)
        text[end - 1] = '\0';
    for (size_t i = 0; i < COUNT_OF(yes); i++)
        if (strcasecmp(text, yes[i]) == 0 || strcasecmp(text, no[i]) == 0)
            return value_bool(strcasecmp(text, yes[i]) == 0);
    *problem = arena_printf(
        arena,
        "Unrecognized value '%s', acceptable values are: '0', '1', 'f', 'false', 'n', 'no', 'off', "
        "'on', 't', 'true', 'y', 'yes'",
        all);
    return NULL;
}

/* ---- the kinds ---- */
struct kind {
    const char *name, *class;
    unsigned types; /* bits of enum parameter_type */
    /* Makes the content (a number map, a list, a text) from what the template says; NULL on error. */
    const struct value *(*read)(struct ctx *ctx, const struct value *content);
    /* Why value breaks it; NULL: it does not. */
    const char *(*problem)(struct ctx *ctx, const struct template *template,
                           const struct parameter_schema *schema, const struct value *content,
                           const struct value *value, bool *unreadable);
};

static const struct kind *kind_of(const struct value *constraint, const struct value **content);

/* ---- range, length, modulo ---- */
static int add_number(struct ctx *ctx, struct value *out, const char *to, const struct value *map,
                      const char *from)
{
    const char *problem;
    const struct value *said = value_get(map, from);
    if (value_is_null(said))
        return 0;
    const struct value *number = number_of(ctx->arena, said, &problem);
    if (!number)
        return fail(ctx, FAULT_VALUE_ERROR, "%s", problem);
    value_map_set(ctx->arena, out, to, number);
    return 0;
}

static int check_keys(struct ctx *ctx, const struct value *map, const char *a, const char *b,
                      const char *what)
{
    if (!value_is(map, VALUE_MAP))
        return fail(ctx, FAULT_INVALID_SCHEMA, "Invalid %s, expected a mapping", what);
    for (size_t i = 0; i < value_count(map); i++) {
        const char *key = map->map.entries[i].key;
        if (strcmp(key, a) != 0 && strcmp(key, b) != 0)
            return fail(ctx, FAULT_INVALID_SCHEMA, "Invalid key '%s' for %s", key, what);
    }
    return 0;
}

static const struct value *read_bounds(struct ctx *ctx, const struct value *content, const char *what)
{
    struct value *bounds = value_map(ctx->arena);
    if (check_keys(ctx, content, "min", "max", arena_printf(ctx->arena, "%s constraint", what)) != 0 ||
        add_number(ctx, bounds, "min", content, "min") != 0 ||
        add_number(ctx, bounds, "max", content, "max") != 0)
        return NULL;
    if (value_count(bounds) == 0)
        return fail_null(ctx, FAULT_INVALID_SCHEMA,
                         "A %s constraint must have a min value and/or a max value specified.", what);
    return bounds;
}

static const struct value *read_range(struct ctx *ctx, const struct value *content)
{
    return read_bounds(ctx, content, "range");
}

static const struct value *read_length(struct ctx *ctx, const struct value *content)
{
    const struct value *bounds = read_bounds(ctx, content, "length");
    for (size_t i = 0; i < value_count(bounds); i++)
        if (value_is(bounds->map.entries[i].value, VALUE_FLOAT))
            return fail_null(ctx, FAULT_INVALID_SCHEMA, "min/max length must be integral");
    return bounds;
}

static bool outside(const struct value *bounds, const struct value *number)
{
    const struct value *min = value_get(bounds, "min"), *max = value_get(bounds, "max");
    return (min && python_compare(number, min) == -1) || (max && python_compare(number, max) == 1);
}

static const char *bound_text(struct arena *arena, const struct value *bounds, const char *key)
{
    const struct value *bound = value_get(bounds, key);
    return bound ? value_to_str(arena, bound) : "None";
}

static const char *range_problem(struct ctx *ctx, const struct template *template,
                                 const struct parameter_schema *schema, const struct value *bounds,
                                 const struct value *value, bool *unreadable)
{
    const char *problem;
    const struct value *number = number_of(ctx->arena, value, &problem);
    if ((*unreadable = !number))
        return problem;
    if (!outside(bounds, number))
        return NULL;
    return arena_printf(ctx->arena, "%s is out of range (min: %s, max: %s)", value_to_str(ctx->arena, value),
                        bound_text(ctx->arena, bounds, "min"), bound_text(ctx->arena, bounds, "max"));
}

static const char *length_problem(struct ctx *ctx, const struct template *template,
                                  const struct parameter_schema *schema, const struct value *bounds,
                                  const struct value *value, bool *unreadable)
{
    size_t length = value_count(value);
    if (value_is(value, VALUE_STRING))
        length = utf8_count(value->string.text, value->string.length);
    else if ((*unreadable = !value_is(value, VALUE_LIST) && !value_is(value, VALUE_MAP)))
        return arena_printf(ctx->arena, "object of type '%s' has no len()", value_python_type(value));
    if (!outside(bounds, value_int(ctx->arena, (int64_t)length)))
        return NULL;
    return arena_printf(ctx->arena, "length (%zu) is out of range (min: %s, max: %s)", length,
                        bound_text(ctx->arena, bounds, "min"), bound_text(ctx->arena, bounds, "max"));
}

static const struct value *read_modulo(struct ctx *ctx, const struct value *content)
{
    struct value *out = value_map(ctx->arena);
    if (check_keys(ctx, content, "step", "offset", "modulo constraint") != 0 ||
        add_number(ctx, out, "step", content, "step") != 0 ||
        add_number(ctx, out, "offset", content, "offset") != 0)
        return NULL;
    if (value_count(out) != 2)
        return fail_null(ctx, FAULT_INVALID_SCHEMA,
                         "A modulo constraint must have a step value and an offset value specified.");
    double step = python_double(value_get(out, "step")), offset = python_double(value_get(out, "offset"));
    if (step != floor(step) || offset != floor(offset) || isinf(step) || isinf(offset))
        return fail_null(ctx, FAULT_INVALID_SCHEMA, "step/offset must be integer");
    if (step == 0)
        return fail_null(ctx, FAULT_INVALID_SCHEMA, "step cannot be 0.");
    if (fabs(offset) >= fabs(step))
        return fail_null(ctx, FAULT_INVALID_SCHEMA, "offset must be smaller (by absolute value) than step.");
    if (step * offset < 0)
        return fail_null(ctx, FAULT_INVALID_SCHEMA,
                         "step and offset must be both positive or both negative.");
    return out;
}

/* Python's %: the sign of the divisor. */
static double python_modulo(const struct value *number, double step)
{
    if (value_is(number, VALUE_INT) && fabs(step) < 9e15 && step != -1) {
        int64_t rest = number->integer % (int64_t)step;
        return (double)(rest != 0 && (rest < 0) != (step < 0) ? rest + (int64_t)step : rest);
    }
    double rest = fmod(python_double(number), step);
    return rest != 0 && (rest < 0) != (step < 0) ? rest + step : rest;
}

static const char *modulo_problem(struct ctx *ctx, const struct template *template,
                                  const struct parameter_schema *schema, const struct value *content,
                                  const struct value *value, bool *unreadable)
{
    const char *problem;
    const struct value *number = number_of(ctx->arena, value, &problem);
    if ((*unreadable = !number))
        return problem;
    if (python_modulo(number, python_double(value_get(content, "step"))) ==
        python_double(value_get(content, "offset")))
        return NULL;
    return arena_printf(ctx->arena, "%s is not a multiple of %s with an offset of %s",
                        value_to_str(ctx->arena, value), bound_text(ctx->arena, content, "step"),
                        bound_text(ctx->arena, content, "offset"));
}

/* ---- allowed values ---- */
static const struct value *read_allowed_values(struct ctx *ctx, const struct value *content)
{
    if (!value_is(content, VALUE_LIST))
        return fail_null(ctx, FAULT_INVALID_SCHEMA, "AllowedValues must be a list");
    return content;
}

/* The value in the parameter's own type, for comparing. */
static const struct value *in_type(struct ctx *ctx, const struct parameter_schema *schema,
                                   const struct value *value, const char **problem)
{
    const struct value *typed = value;
    const char *inner;
    if (schema->type == PARAMETER_NUMBER)
        typed = number_of(ctx->arena, value, &inner);
    else if (schema->type == PARAMETER_BOOLEAN)
        typed = boolean_of(ctx->arena, value_string(ctx->arena, value_to_str(ctx->arena, value)), &inner);
    else if (schema->type == PARAMETER_STRING)
        typed = value_string(ctx->arena, value_to_str(ctx->arena, value));
    if (!typed && schema->type == PARAMETER_NUMBER && !value_is(value, VALUE_STRING))
        *problem = inner;
    else if (!typed)
        *problem = arena_printf(ctx->arena, "Value \"%s\" is invalid for data type \"%s\".",
                                value_to_str(ctx->arena, value), schema_type_text(schema));
    return typed;
}

static bool has_item(const struct value *list, const struct value *item)
{
    for (size_t i = 0; i < value_count(list); i++)
        if (value_equal(value_at(list, i), item))
            return true;
    return false;
}

static bool has_all(const struct value *allowed, const struct value *list)
{
    for (size_t i = 0; i < value_count(list); i++)
        if (!has_item(allowed, value_at(list, i)))
            return false;
    return true;
}

static bool allows(struct ctx *ctx, const struct parameter_schema *schema, const struct value *allowed,
                   const struct value *value, const char **problem)
{
    if (value_is(value, VALUE_LIST))
        return has_all(allowed, value);
    struct value *typed = value_list(ctx->arena);
    for (size_t i = 0; i < value_count(allowed); i++) {
        const struct value *item = in_type(ctx, schema, value_at(allowed, i), problem);
        if (!item)
            return false;
        value_list_add(ctx->arena, typed, item);
    }
    const struct value *wanted = in_type(ctx, schema, value, problem);
    return wanted && has_item(typed, wanted);
}

static const char *allowed_values_problem(struct ctx *ctx, const struct template *template,
                                          const struct parameter_schema *schema, const struct value *allowed,
                                          const struct value *value, bool *unreadable)
{
    const char *problem = NULL;
    if (allows(ctx, schema, allowed, value, &problem))
        return NULL;
    if ((*unreadable = problem != NULL))
        return problem;
    return arena_printf(ctx->arena, "%s is not an allowed value %s", value_to_json(ctx->arena, value),
                        value_to_json(ctx->arena, allowed));
}

/* ---- allowed pattern ---- */
enum { MATCH_LIMIT = 1000 * 1000, DEPTH_LIMIT = 10 * 1000 };

static pcre2_code *compile(const char *pattern, size_t length, int *error)
{
    size_t offset;
    return pcre2_compile((PCRE2_SPTR)pattern, length, PCRE2_UTF | PCRE2_UCP | PCRE2_NEVER_BACKSLASH_C, error,
                         &offset, NULL);
}

static const struct value *read_allowed_pattern(struct ctx *ctx, const struct value *content)
{
    if (!value_is(content, VALUE_STRING))
        return fail_null(ctx, FAULT_INVALID_SCHEMA, "AllowedPattern must be a string");
    int error;
    pcre2_code *code = compile(content->string.text, content->string.length, &error);
    if (!code) {
        char reason[128];
        pcre2_get_error_message(error, (PCRE2_UCHAR *)reason, sizeof reason);
        return fail_null(ctx, FAULT_INVALID_SCHEMA, "AllowedPattern is no regular expression: %s", reason);
    }
    pcre2_code_free(code);
    return content;
}

/* As Python's match(): anchored at the start; and the first match found must reach the end. */
static bool matches_whole(const pcre2_code *code, const struct value *text)
{
    pcre2_match_context *limits = pcre2_match_context_create(NULL);
    pcre2_match_data *data = pcre2_match_data_create_from_pattern(code, NULL);
    bool whole = false;
    if (limits && data) {
        pcre2_set_match_limit(limits, MATCH_LIMIT);
        pcre2_set_depth_limit(limits, DEPTH_LIMIT);
        int found = pcre2_match(code, (PCRE2_SPTR)text->string.text, text->string.length, 0, PCRE2_ANCHORED,
                                data, limits);
        whole = found >= 0 && pcre2_get_ovector_pointer(data)[1] == text->string.length;
    }
    pcre2_match_data_free(data);
    pcre2_match_context_free(limits);
    return whole;
}

static const char *allowed_pattern_problem(struct ctx *ctx, const struct template *template,
                                           const struct parameter_schema *schema, const struct value *pattern,
                                           const struct value *value, bool *unreadable)
{
    if ((*unreadable = !value_is(value, VALUE_STRING)))
        return arena_printf(ctx->arena, "expected string or bytes-like object, got '%s'",
                            value_python_type(value));
    int error;
    pcre2_code *code = compile(pattern->string.text, pattern->string.length, &error);
    bool whole = code && matches_whole(code, value);
    pcre2_code_free(code);
    if (whole)
        return NULL;
    return arena_printf(ctx->arena, "\"%s\" does not match pattern \"%s\"", value_text(value),
                        value_text(pattern));
}

/* ---- custom ---- */
static const struct value *read_custom(struct ctx *ctx, const struct value *content)
{
    return content ? content : &value_null;
}

static const char *custom_problem(struct ctx *ctx, const struct template *template,
                                  const struct parameter_schema *schema, const struct value *name,
                                  const struct value *value, bool *unreadable)
{
    const char *reason = NULL, *text = value_to_str(ctx->arena, name);
    int good = template->custom_constraint
                   ? template->custom_constraint(ctx, template->custom_constraint_self, text, value, &reason)
                   : -1;
    if (good > 0)
        return NULL;
    if (reason)
        return reason;
    return arena_printf(ctx->arena, "\"%s\" does not validate %s%s", value_to_str(ctx->arena, value), text,
                        good < 0 ? " (constraint not found)" : "");
}

/* ---- the table ---- */
#define TYPE(name) (1u << PARAMETER_##name)
enum { MODULO, RANGE, LENGTH, ALLOWED_VALUES, ALLOWED_PATTERN, CUSTOM };
/* In the order in which they are looked for in a constraint. */
static const struct kind kinds[] = {
    [MODULO] = {"modulo", "Modulo", TYPE(NUMBER), read_modulo, modulo_problem},
    [RANGE] = {"range", "Range", TYPE(NUMBER), read_range, range_problem},
    [LENGTH] = {"length", "Length", TYPE(STRING) | TYPE(LIST) | TYPE(JSON), read_length, length_problem},
    [ALLOWED_VALUES] = {"allowed_values", "AllowedValues",
                        TYPE(STRING) | TYPE(NUMBER) | TYPE(BOOLEAN) | TYPE(LIST), read_allowed_values,
                        allowed_values_problem},
    [ALLOWED_PATTERN] = {"allowed_pattern", "AllowedPattern", TYPE(STRING), read_allowed_pattern,
                         allowed_pattern_problem},
    [CUSTOM] = {"custom_constraint", "CustomConstraint",
                TYPE(STRING) | TYPE(NUMBER) | TYPE(BOOLEAN) | TYPE(LIST), read_custom, custom_problem},
};

static const struct kind *kind_of(const struct value *constraint, const struct value **content)
{
    for (size_t i = 0; i < COUNT_OF(kinds); i++)
        if (value_has(constraint, kinds[i].name)) {
            *content = value_get(constraint, kinds[i].name);
            return &kinds[i];
        }
    return NULL;
}

static const struct value *make(struct ctx *ctx, const struct kind *kind, const struct value *content,
                                const struct value *description)
{
    const struct value *read = kind->read(ctx, content);
    if (!read)
        return NULL;
    struct value *constraint = value_map(ctx->arena);
    value_map_set(ctx->arena, constraint, kind->name, read);
    if (!value_is_null(description))
        value_map_set(ctx->arena, constraint, "description", description);
    return constraint;
}

static bool is_constraint_key(const char *key)
{
    for (size_t i = 0; i < COUNT_OF(kinds); i++)
        if (strcmp(key, kinds[i].name) == 0)
            return true;
    return strcmp(key, "description") == 0;
}

const struct value *constraint_read_hot(struct ctx *ctx, const struct template_version *version,
                                        const struct value *definition)
{
    enum { OCATA = 6 }; /* rank from which modulo is known */
    if (!value_is(definition, VALUE_MAP))
        return fail_null(ctx, FAULT_INVALID_SCHEMA, "Invalid parameter constraints, expected a mapping");
    for (size_t i = 0; i < value_count(definition); i++)
        if (!is_constraint_key(definition->map.entries[i].key))
            return fail_null(ctx, FAULT_INVALID_SCHEMA, "Invalid key '%s' for parameter constraints",
                             definition->map.entries[i].key);
    const struct value *description = value_get(definition, "description");
    for (size_t i = version->rank < OCATA ? RANGE : MODULO; i < COUNT_OF(kinds); i++)
        if (value_has(definition, kinds[i].name))
            return make(ctx, &kinds[i], value_get(definition, kinds[i].name), description);
    return fail_null(ctx, FAULT_INVALID_SCHEMA, "No constraint expressed");
}

static int add_constraint(struct ctx *ctx, struct value *list, size_t kind, const struct value *content,
                          const struct value *definition)
{
    const struct value *constraint =
        make(ctx, &kinds[kind], content, value_get(definition, "ConstraintDescription"));
    if (!constraint)
        return -1;
    value_list_add(ctx->arena, list, constraint);
    return 0;
}

static const struct value *cfn_bounds(struct arena *arena, const struct value *definition, const char *min,
                                      const char *max)
{
    struct value *bounds = value_map(arena);
    value_map_set(arena, bounds, "min",
                  value_get(definition, min) ? value_get(definition, min) : &value_null);
    value_map_set(arena, bounds, "max",
                  value_get(definition, max) ? value_get(definition, max) : &value_null);
    return bounds;
}

const struct value *constraint_read_cfn(struct ctx *ctx, const struct value *definition)
{
    struct value *list = value_list(ctx->arena);
    int result = 0;
    if (value_has(definition, "MinValue") || value_has(definition, "MaxValue"))
        result |= add_constraint(ctx, list, RANGE, cfn_bounds(ctx->arena, definition, "MinValue", "MaxValue"),
                                 definition);
    if (value_has(definition, "MinLength") || value_has(definition, "MaxLength"))
        result |= add_constraint(ctx, list, LENGTH,
                                 cfn_bounds(ctx->arena, definition, "MinLength", "MaxLength"), definition);
    if (value_has(definition, "AllowedValues"))
        result |=
            add_constraint(ctx, list, ALLOWED_VALUES, value_get(definition, "AllowedValues"), definition);
    if (value_has(definition, "AllowedPattern"))
        result |=
            add_constraint(ctx, list, ALLOWED_PATTERN, value_get(definition, "AllowedPattern"), definition);
    return result == 0 ? list : NULL;
}

const char *constraint_class(const struct value *constraint)
{
    const struct value *content;
    const struct kind *kind = kind_of(constraint, &content);
    return kind ? kind->class : "";
}

bool constraint_fits_type(const struct value *constraint, enum parameter_type type)
{
    const struct value *content;
    const struct kind *kind = kind_of(constraint, &content);
    return kind && (kind->types & (1u << type));
}

bool constraint_is_custom(const struct value *constraint)
{
    return value_has(constraint, kinds[CUSTOM].name);
}

/* A constraint's own description takes the place of the reason, unless the value cannot be looked at at all. */
const char *constraint_problem(struct ctx *ctx, const struct template *template,
                               const struct parameter_schema *schema, const struct value *constraint,
                               const struct value *value)
{
    bool unreadable = false;
    const struct value *content, *description = value_get(constraint, "description");
    const struct kind *kind = kind_of(constraint, &content);
    const char *problem = kind ? kind->problem(ctx, template, schema, content, value, &unreadable) : NULL;
    if (problem && !unreadable && value_truth(description))
        return value_to_str(ctx->arena, description);
    return problem;
}
