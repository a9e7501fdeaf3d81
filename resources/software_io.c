/* Inputs and outputs of a software configuration: one table of members for each, one function per type.
 *
 *   {"name": "n", "type": "Number", "default": "5"}   ->   {"name": "n", "type": "Number", "default": 5}
 *
 * A member that is not given takes its initial value; given as null it takes what its type has for nothing
 * ("", 0, [], {}, false). Whatever is null after that is left out. */
#include "resources/software_io.h"

#include <string.h>
#include <strings.h>

#include "resources/numbers.h"

/* The value converted, or NULL with the reason in the context. place: "inputs[0].type". */
typedef const struct value *convert(struct ctx *ctx, const char *place, const struct value *given);

struct member {
    const char *name;
    convert *convert;
    const struct value *initial;
    bool required;
};

struct schema {
    const char *list; /* "inputs", for messages */
    const struct member *members;
    size_t count;
    bool is_input;
};

/* ---- one function per type ---- */
static const struct value *mistake(struct ctx *ctx, const char *place, const char *message)
{
    return fail_null(ctx, FAULT_VALUE_ERROR, "Property error: %s: %s", place, message);
}

static const struct value *convert_string(struct ctx *ctx, const char *place, const struct value *given)
{
    switch (given->kind) {
    case VALUE_NULL:
        return value_string(ctx->arena, "");
    case VALUE_STRING:
        return given;
    case VALUE_BOOL:
    case VALUE_INT:
    case VALUE_BIGINT:
        return value_string(ctx->arena, value_to_str(ctx->arena, given));
    default:
        return mistake(
            ctx, place,
            arena_printf(ctx->arena, "Value must be a string; got %s", value_to_repr(ctx->arena, given)));
    }
}

static const struct value *convert_number(struct ctx *ctx, const char *place, const struct value *given)
{
    if (given->kind == VALUE_NULL)
        return value_int(ctx->arena, 0);
    const struct value *number = number_any(ctx->arena, given);
    return number ? number
                  : mistake(ctx, place,
                            arena_printf(ctx->arena, "%s is not a number", value_to_repr(ctx->arena, given)));
}

static const struct value *split_commas(struct arena *arena, const char *text)
{
    struct value *list = value_list(arena);
    while (*text) {
        size_t length = strcspn(text, ",");
        value_list_add(arena, list, value_string_n(arena, text, length));
        if (text[length] == '\0')
            return list;
        text += length + 1;
        if (*text == '\0')
            value_list_add(arena, list, value_string(arena, ""));
    }
    return list;
}

static const struct value *convert_list(struct ctx *ctx, const char *place, const struct value *given)
{
    if (given->kind == VALUE_NULL)
        return value_list(ctx->arena);
    if (given->kind == VALUE_STRING)
        return split_commas(ctx->arena, given->string.text);
    if (given->kind == VALUE_LIST)
        return given;
    return mistake(ctx, place,
                   arena_printf(ctx->arena, "\"%s\" is not a list", value_to_repr(ctx->arena, given)));
}

/* Text stays, it may be JSON; a list is written as JSON. */
static const struct value *convert_json(struct ctx *ctx, const char *place, const struct value *given)
{
    if (given->kind == VALUE_NULL)
        return value_map(ctx->arena);
    if (given->kind == VALUE_STRING || given->kind == VALUE_MAP)
        return given;
    if (given->kind == VALUE_LIST)
        return value_string(ctx->arena, value_to_json(ctx->arena, given));
    return mistake(ctx, place,
                   arena_printf(ctx->arena, "\"%s\" is not a map", value_to_str(ctx->arena, given)));
}

static const struct value *convert_boolean(struct ctx *ctx, const char *place, const struct value *given)
{
    if (given->kind == VALUE_NULL)
        return &value_false;
    if (given->kind == VALUE_BOOL)
        return given;
    const char *text = value_text(given);
    if (text && (strcasecmp(text, "true") == 0 || strcasecmp(text, "false") == 0))
        return value_bool(strcasecmp(text, "true") == 0);
    return mistake(
        ctx, place,
        arena_printf(ctx->arena, "\"%s\" is not a valid boolean", value_to_str(ctx->arena, given)));
}

static const struct value *convert_any(struct ctx *ctx, const char *place, const struct value *given)
{
    return given;
}

/* ---- the types that an entry may name ---- */
static const struct {
    const char *name;
    convert *convert;
} types[] = {
    {"String", convert_string}, {"Number", convert_number},   {"CommaDelimitedList", convert_list},
    {"Json", convert_json},     {"Boolean", convert_boolean},
};

static const struct value type_string = {.kind = VALUE_STRING, .string = {"String", 6}};

static convert *converter_of_type(const char *name)
{
    for (size_t i = 0; name && i < COUNT_OF(types); i++)
        if (strcmp(types[i].name, name) == 0)
            return types[i].convert;
    return NULL;
}

static const struct value *convert_type(struct ctx *ctx, const char *place, const struct value *given)
{
    if (given->kind == VALUE_NULL)
        return &type_string;
    const struct value *name = convert_string(ctx, place, given);
    if (!name || converter_of_type(value_text(name)))
        return name;
    struct str allowed = STR_INIT(ctx->arena);
    for (size_t i = 0; i < COUNT_OF(types); i++)
        str_printf(&allowed, "%s%s", i ? ", " : "", types[i].name);
    return mistake(
        ctx, place,
        arena_printf(ctx->arena, "\"%s\" is not an allowed value [%s]", value_text(name), allowed.data));
}

/* ---- the two kinds of entries, members in the order in which they are shown ---- */
#define NAME                                                                                                 \
    {                                                                                                        \
        "name", convert_string, NULL, true                                                                   \
    }
#define DESCRIPTION                                                                                          \
    {                                                                                                        \
        "description", convert_string, NULL, false                                                           \
    }
#define TYPE                                                                                                 \
    {                                                                                                        \
        "type", convert_type, &type_string, false                                                            \
    }

static const struct member input_members[] = {
    NAME,
    DESCRIPTION,
    TYPE,
    {"default", convert_any, NULL, false},
    {"replace_on_change", convert_boolean, NULL, false},
};
static const struct member output_members[] = {
    NAME,
    DESCRIPTION,
    TYPE,
    {"error_output", convert_boolean, &value_false, false},
};

static const struct schema inputs_schema = {"inputs", input_members, COUNT_OF(input_members), true};
static const struct schema outputs_schema = {"outputs", output_members, COUNT_OF(output_members), false};

/* A default is of the type that stands beside it; without a type it may be anything. An empty text passes
 * for any type: defaults once were texts only. */
static convert *default_converter(struct ctx *ctx, const struct value *entry)
{
    const struct value *type = value_get(entry, "type"), *given = value_get(entry, "default");
    const char *name = value_text(type), *text = value_text(given);
    if (!type || !given || (text && !*text && !(name && strcmp(name, "String") == 0)))
        return convert_any;
    convert *found = converter_of_type(name);
    if (!found)
        (void)fail(ctx, FAULT_INVALID_SCHEMA, "Invalid type (%s)", value_to_str(ctx->arena, type));
    return found;
}

/* ---- an entry, a list ---- */
static bool schema_has(const struct schema *schema, const char *name)
{
    for (size_t i = 0; i < schema->count; i++)
        if (strcmp(schema->members[i].name, name) == 0)
            return true;
    return schema->is_input && strcmp(name, "value") == 0;
}

static int check_names(struct ctx *ctx, const struct schema *schema, const char *place,
                       const struct value *entry)
{
    for (size_t i = 0; i < value_count(entry); i++) {
        const char *name = entry->map.entries[i].key;
        if (!schema_has(schema, name))
            return fail(ctx, FAULT_VALUE_ERROR, "Property error: %s: Unknown Property %s", place, name);
    }
    return 0;
}

static int add_member(struct ctx *ctx, struct value *out, const char *place, const struct member *member,
                      const struct value *given)
{
    const struct value *value = given;
    if (given)
        value = member->convert(ctx, arena_printf(ctx->arena, "%s.%s", place, member->name), given);
    else if (!member->required)
        value = member->initial;
    if (!value && given)
        return -1;
    if (!value && member->required)
        return fail(ctx, FAULT_VALUE_ERROR, "Property error: %s: Property %s not assigned", place,
                    member->name);
    if (!value_is_null(value))
        value_map_set(ctx->arena, out, member->name, value);
    return 0;
}

static const struct value *check_entry(struct ctx *ctx, const struct schema *schema, size_t index,
                                       const struct value *entry)
{
    const char *place = arena_printf(ctx->arena, "%s[%zu]", schema->list, index);
    struct value *out = value_map(ctx->arena);
    convert *of_default = default_converter(ctx, schema->is_input ? entry : NULL);
    if (!of_default || check_names(ctx, schema, place, entry) < 0)
        return NULL;
    for (size_t i = 0; i < schema->count; i++) {
        struct member member = schema->members[i];
        if (member.convert == convert_any)
            member.convert = of_default;
        const struct value *given = value_get(entry, member.name);
        if (add_member(ctx, out, place, &member, given) < 0)
            return NULL;
    }
    return out;
}

/* What only inputs have: a value is kept whatever it is, and replace_on_change only when it is set. */
static const struct value *finish_input(struct arena *arena, const struct value *checked,
                                        const struct value *entry)
{
    struct value *out = value_map(arena);
    for (size_t i = 0; i < value_count(checked); i++) {
        const struct value_entry *member = &checked->map.entries[i];
        if (strcmp(member->key, "replace_on_change") != 0 || value_truth(member->value))
            value_map_set(arena, out, member->key, member->value);
    }
    if (value_has(entry, "value"))
        value_map_set(arena, out, "value", value_get(entry, "value"));
    return out;
}

static const struct value *malformed(struct ctx *ctx)
{
    return fail_null(
        ctx, FAULT_BAD_REQUEST,
        "The server could not comply with the request since it is either malformed or otherwise incorrect.");
}

static const struct value *check_list(struct ctx *ctx, const struct schema *schema, const struct value *list)
{
    struct value *out = value_list(ctx->arena);
    if (!value_truth(list))
        return out;
    if (!value_is(list, VALUE_LIST))
        return malformed(ctx);
    for (size_t i = 0; i < value_count(list); i++)
        if (!value_is(value_at(list, i), VALUE_MAP))
            return malformed(ctx);
    for (size_t i = 0; i < value_count(list); i++) {
        const struct value *entry = value_at(list, i);
        const struct value *checked = check_entry(ctx, schema, i, entry);
        if (!checked)
            return NULL;
        value_list_add(ctx->arena, out,
                       schema->is_input ? finish_input(ctx->arena, checked, entry) : checked);
    }
    return out;
}

const struct value *software_inputs_check(struct ctx *ctx, const struct value *inputs)
{
    return check_list(ctx, &inputs_schema, inputs);
}

const struct value *software_outputs_check(struct ctx *ctx, const struct value *outputs)
{
    return check_list(ctx, &outputs_schema, outputs);
}
