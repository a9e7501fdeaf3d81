/* Checks properties against their type's schema, converts them and fills in defaults.
 *
 * One function per data type, each taking a value (null: none was given in words) and returning it converted;
 * what fails says so with the path that led there: the trail, a chain of keys and indices on the call stack.
 */
#include <ctype.h>
#include <string.h>

#include "base/str.h"
#include "resources/catalogue.h"
#include "resources/constraints.h"
#include "resources/numbers.h"

const struct value value_unknown = {.kind = VALUE_NULL};

struct trail {
    const struct trail *parent;
    const char *key; /* NULL: an index */
    size_t index;
};

struct check {
    struct ctx *ctx;
    const char *path; /* "resources.r.properties" */
    const struct resource_type *type;
};

typedef const struct value *convert(const struct check *check, const struct value *schema,
                                    const struct value *value, const struct trail *trail);

/* ---- messages ---- */
static void write_trail(struct str *out, const struct trail *trail)
{
    if (!trail)
        return;
    write_trail(out, trail->parent);
    if (trail->key && !(*trail->key && trail->key[strspn(trail->key, "0123456789")] == '\0'))
        str_printf(out, ".%s", trail->key);
    else if (trail->key)
        str_printf(out, "[%s]", trail->key);
    else
        str_printf(out, "[%zu]", trail->index);
}

static const struct value *check_fail(const struct check *check, const struct trail *trail,
                                      const char *format, ...) PRINTF(3, 4);

static const struct value *check_fail(const struct check *check, const struct trail *trail,
                                      const char *format, ...)
{
    struct ctx *ctx = check->ctx;
    struct str path = STR_INIT(ctx->arena);
    str_add(&path, check->path);
    write_trail(&path, trail);
    va_list args;
    va_start(args, format);
    const char *message = arena_vprintf(ctx->arena, format, args);
    va_end(args);
    (void)fail(ctx, FAULT_STACK_VALIDATION, "Property error: : %s: : %s", path.data, message);
    (void)fail_path(ctx, "%s", path.data);
    return NULL;
}

static const char *shown(const struct check *check, const struct value *value)
{
    return value_to_str(check->ctx->arena, value);
}

/* ---- one function per data type ---- */
static const struct value *or_default(const struct value *schema, const struct value *value,
                                      const struct value *otherwise)
{
    if (!value_is_null(value))
        return value;
    const struct value *initial = value_get(schema, "default");
    return value_is_null(initial) ? otherwise : initial;
}

static const struct value *convert_string(const struct check *check, const struct value *schema,
                                          const struct value *value, const struct trail *trail)
{
    value = or_default(schema, value, value_string(check->ctx->arena, ""));
    switch (value->kind) {
    case VALUE_STRING:
        return value;
    case VALUE_BOOL:
    case VALUE_INT:
    case VALUE_BIGINT:
        return value_string(check->ctx->arena, shown(check, value));
    default:
        return check_fail(check, trail, "Value must be a string; got %s",
                          value_to_repr(check->ctx->arena, value));
    }
}

static const struct value *convert_integer(const struct check *check, const struct value *schema,
                                           const struct value *value, const struct trail *trail)
{
    value = or_default(schema, value, value_int(check->ctx->arena, 0));
    const struct value *integer = number_integer(check->ctx->arena, value);
    if (integer)
        return integer;
    if (value->kind == VALUE_LIST || value->kind == VALUE_MAP)
        return check_fail(check, trail,
                          "int() argument must be a string, a bytes-like object or a real number, not '%s'",
                          value_python_type(value));
    return check_fail(check, trail, "Value '%s' is not an integer", shown(check, value));
}

static const struct value *convert_number(const struct check *check, const struct value *schema,
                                          const struct value *value, const struct trail *trail)
{
    value = or_default(schema, value, value_int(check->ctx->arena, 0));
    const struct value *number = number_any(check->ctx->arena, value);
    if (number)
        return number;
    if (value->kind == VALUE_LIST || value->kind == VALUE_MAP)
        return check_fail(check, trail,
                          "int() argument must be a string, a bytes-like object or a real number, not '%s'",
                          value_python_type(value));
    return check_fail(check, trail, "could not convert string to float: %s",
                      value_to_repr(check->ctx->arena, value));
}

static const char *lower(struct arena *arena, const char *text)
{
    char *copy = arena_strdup(arena, text);
    for (char *c = copy; *c; c++)
        *c = (char)tolower((unsigned char)*c);
    return copy;
}

static const struct value *convert_boolean(const struct check *check, const struct value *schema,
                                           const struct value *value, const struct trail *trail)
{
    value = or_default(schema, value, &value_false);
    if (value->kind == VALUE_BOOL)
        return value;
    if (value->kind != VALUE_STRING)
        return check_fail(check, trail, "\"%s\" is not a valid boolean", shown(check, value));
    const char *word = lower(check->ctx->arena, value->string.text);
    if (strcmp(word, "true") != 0 && strcmp(word, "false") != 0)
        return check_fail(check, trail, "\"%s\" is not a valid boolean", word);
    return value_bool(*word == 't');
}

static const struct value *convert_any(const struct check *check, const struct value *schema,
                                       const struct value *value, const struct trail *trail)
{
    return value_is_null(value) && value_has(schema, "default") ? value_get(schema, "default") : value;
}

static const struct value *check_value(const struct check *check, const struct value *schema,
                                       const char *type, const struct value *value,
                                       const struct trail *trail);
static const struct value *check_map(const struct check *check, const struct value *schemata,
                                     const struct value *properties, const struct trail *trail);

static const struct value *convert_map(const struct check *check, const struct value *schema,
                                       const struct value *value, const struct trail *trail)
{
    value = or_default(schema, value, value_map(check->ctx->arena));
    bool converts = value_truth(value_get(schema, "allow_conversion")); /* what a json parameter takes */
    if (converts && value->kind == VALUE_STRING)
        return value;
    if (converts && value->kind == VALUE_LIST)
        return value_string(check->ctx->arena, value_to_json(check->ctx->arena, value));
    if (value->kind != VALUE_MAP)
        return check_fail(check, trail, "\"%s\" is not a map", shown(check, value));
    const struct value *schemata = value_get(schema, "schema");
    return schemata ? check_map(check, schemata, value, trail) : value;
}

/* What a comma_delimited_list takes. */
static const struct value *split_commas(struct arena *arena, const struct value *text)
{
    struct value *list = value_list(arena);
    const char *from = text->string.text;
    while (*from || value_count(list)) {
        size_t length = strcspn(from, ",");
        value_list_add(arena, list, value_string_n(arena, from, length));
        if (!from[length])
            break;
        from += length + 1;
    }
    return list;
}

static const struct value *convert_list(const struct check *check, const struct value *schema,
                                        const struct value *value, const struct trail *trail)
{
    struct arena *arena = check->ctx->arena;
    value = or_default(schema, value, value_list(arena));
    if (value->kind == VALUE_STRING && value_truth(value_get(schema, "allow_conversion")))
        value = split_commas(arena, value);
    if (value->kind != VALUE_LIST) /* Heat quotes the repr */
        return check_fail(check, trail, "\"%s\" is not a list", value_to_repr(arena, value));
    const struct value *element = value_get(value_get(schema, "schema"), "*");
    if (!element)
        return value;
    struct value *list = value_list(arena);
    for (size_t i = 0; i < value_count(value); i++) {
        struct trail here = {trail, NULL, i};
        const struct value *item =
            check_value(check, element, value_get_text(element, "type"), value_at(value, i), &here);
        if (!item)
            return NULL;
        value_list_add(arena, list, item);
    }
    return list;
}

static const struct {
    const char *name;
    convert *convert;
} data_types[] = {
    {"string", convert_string},
    {"integer", convert_integer},
    {"number", convert_number},
    {"boolean", convert_boolean},
    {"map", convert_map},
    {"list", convert_list},
    {"any", convert_any},
    /* as parameters name them, for type_from */
    {"comma_delimited_list", convert_list},
    {"json", convert_map},
};

static convert *converter(const char *type)
{
    for (size_t i = 0; type && i < COUNT_OF(data_types); i++)
        if (strcmp(data_types[i].name, type) == 0)
            return data_types[i].convert;
    return convert_any;
}

/* ---- values and maps of them ---- */
static const struct value *check_value(const struct check *check, const struct value *schema,
                                       const char *type, const struct value *value, const struct trail *trail)
{
    if (value == &value_unknown)
        return value;
    const struct value *converted = converter(type)(check, schema, value, trail);
    if (!converted || converted == &value_unknown)
        return converted;
    const char *mistake =
        constraints_mistake(check->ctx, value_get(schema, "constraints"), type ? type : "any", converted);
    return mistake ? check_fail(check, trail, "%s", mistake) : converted;
}

static int check_names(const struct check *check, const struct value *schemata,
                       const struct value *properties, const struct trail *trail)
{
    for (size_t i = 0; i < value_count(properties); i++) {
        const char *key = properties->map.entries[i].key;
        if (!value_has(schemata, key) &&
            !(schemata == check->type->properties && type_property(check->type, key))) {
            check_fail(check, trail, "Unknown Property %s", key);
            return -1;
        }
    }
    return 0;
}

/* Type of a property: its schema's, or what another property of the resource names. */
static const char *type_of(const struct check *check, const struct value *schema, const char *key,
                           const struct value *properties, const struct trail *trail)
{
    const char *other = trail ? NULL : value_get_text(check->type->type_from, key);
    const char *named = other ? value_get_text(properties, other) : NULL;
    return named ? named : value_get_text(schema, "type");
}

/* A property that was not given: its default, null, or an error when it is required. */
static const struct value *absent_value(const struct check *check, const struct value *schema,
                                        const char *key, const struct trail *trail)
{
    struct trail here = {trail, key, 0};
    if (!value_is_null(value_get(schema, "default")))
        return check_value(check, schema, value_get_text(schema, "type"), &value_null, &here);
    if (value_truth(value_get(schema, "required")))
        return check_fail(check, trail, "Property %s not assigned", key);
    return &value_null;
}

static int check_entries(const struct check *check, const struct value *schemata,
                         const struct value *properties, const struct trail *trail, struct value *out)
{
    for (size_t i = 0; i < value_count(schemata); i++) {
        const char *key = schemata->map.entries[i].key;
        const struct value *schema = schemata->map.entries[i].value, *given = value_get(properties, key),
                           *value;
        struct trail here = {trail, key, 0};
        if (given)
            value = check_value(check, schema, type_of(check, schema, key, properties, trail), given, &here);
        else
            value = absent_value(check, schema, key, trail);
        if (!value)
            return -1;
        value_map_set(check->ctx->arena, out, key, value);
    }
    return 0;
}

static const struct value *check_map(const struct check *check, const struct value *schemata,
                                     const struct value *properties, const struct trail *trail)
{
    struct value *out = value_map(check->ctx->arena);
    if (check_names(check, schemata, properties, trail) != 0 ||
        check_entries(check, schemata, properties, trail, out) != 0)
        return NULL;
    return out;
}

const struct value *properties_check_at(struct ctx *ctx, const struct resource_type *type, const char *path,
                                        const struct value *properties)
{
    static const struct value none = {.kind = VALUE_MAP};
    struct check check = {ctx, path, type};
    if (!properties)
        properties = &none;
    if (type->any_property)
        return properties;
    struct value *out = value_map(ctx->arena);
    if (check_names(&check, type->properties, properties, NULL) != 0 ||
        check_entries(&check, type->properties, properties, NULL, out) != 0)
        return NULL;
    if (type->hidden_properties && check_entries(&check, type->hidden_properties, properties, NULL, out) != 0)
        return NULL;
    return out;
}

const struct value *properties_check(struct ctx *ctx, const struct resource_type *type, const char *resource,
                                     const struct value *properties)
{
    return properties_check_at(ctx, type, arena_printf(ctx->arena, "resources.%s.properties", resource),
                               properties);
}

int properties_check_names(struct ctx *ctx, const struct resource_type *type, const char *path,
                           const struct value *properties)
{
    struct check check = {ctx, path, type};
    return type->any_property ? 0 : check_names(&check, type->properties, properties, NULL);
}
