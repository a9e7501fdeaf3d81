/* Parameters as the API shows them: all strings in a stack, CFN's words in a validation. */
#include "template/schema.h"

#include <string.h>

/* ---- in a stack ---- */
static const char *joined(struct arena *arena, const struct value *list)
{
    struct str out = STR_INIT(arena);
    for (size_t i = 0; i < value_count(list); i++) {
        str_add(&out, i ? "," : "");
        value_write_str(&out, value_at(list, i));
    }
    return out.data;
}

static const char *shown(struct arena *arena, const struct parameter *parameter)
{
    enum parameter_type type = parameter->schema ? parameter->schema->type : PARAMETER_STRING;
    if (type == PARAMETER_JSON)
        return value_to_json(arena, parameter->value);
    if (type == PARAMETER_LIST)
        return joined(arena, parameter->value);
    return value_to_str(arena, parameter->value);
}

const struct value *parameters_shown(struct ctx *ctx, const struct parameters *parameters, bool reveal)
{
    struct value *map = value_map(ctx->arena);
    for (size_t i = 0; i < parameters->count; i++) {
        const struct parameter *parameter = &parameters->items[i];
        bool hide = parameter->schema && parameter->schema->hidden && !reveal;
        if (parameter->value)
            value_map_set(ctx->arena, map, parameter->name,
                          value_string(ctx->arena, hide ? "******" : shown(ctx->arena, parameter)));
    }
    return map;
}

/* ---- in a validation ---- */
static const struct {
    const char *constraint, *key, *word; /* key NULL: the whole content */
} constraint_words[] = {
    {"length", "min", "MinLength"},
    {"length", "max", "MaxLength"},
    {"range", "min", "MinValue"},
    {"range", "max", "MaxValue"},
    {"modulo", "step", "Step"},
    {"modulo", "offset", "Offset"},
    {"allowed_values", NULL, "AllowedValues"},
    {"allowed_pattern", NULL, "AllowedPattern"},
    {"custom_constraint", NULL, "CustomConstraint"},
};

static void describe_constraint(struct arena *arena, struct value *out, const struct value *constraint)
{
    for (size_t i = 0; i < COUNT_OF(constraint_words); i++) {
        const struct value *content = value_get(constraint, constraint_words[i].constraint);
        if (content && constraint_words[i].key)
            content = value_get(content, constraint_words[i].key);
        if (content)
            value_map_set(arena, out, constraint_words[i].word, content);
    }
}

static void describe_constraints(struct arena *arena, struct value *out, const struct value *constraints)
{
    struct str texts = STR_INIT(arena);
    for (size_t i = 0; i < value_count(constraints); i++) {
        const struct value *description = value_get(value_at(constraints, i), "description");
        describe_constraint(arena, out, value_at(constraints, i));
        if (value_truth(description))
            str_printf(&texts, "%s%s", texts.length ? " " : "", value_to_str(arena, description));
    }
    if (texts.length)
        value_map_set(arena, out, "ConstraintDescription", value_string(arena, texts.data));
}

/* As it was written, of whatever type. */
static const struct value *said(struct arena *arena, const struct parameter_schema *schema, const char *hot,
                                const char *cfn, const char *fallback)
{
    const struct value *value = value_get(schema->definition, value_has(schema->definition, hot) ? hot : cfn);
    return value_truth(value) ? value : value_string(arena, fallback);
}

static const struct value *describe(struct arena *arena, const struct parameter *parameter)
{
    static const char *const types[] = {"String", "Number", "CommaDelimitedList", "Json", "Boolean"};
    const struct parameter_schema *schema = parameter->schema;
    struct value *out = value_map(arena);
    value_map_set(arena, out, "Type", value_string(arena, types[schema->type]));
    value_map_set(arena, out, "Description", said(arena, schema, "description", "Description", ""));
    value_map_set(arena, out, "NoEcho", value_string(arena, schema->hidden ? "true" : "false"));
    value_map_set(arena, out, "Label", said(arena, schema, "label", "Label", schema->name));
    if (parameter->fallback)
        value_map_set(arena, out, "Default", parameter->fallback);
    if (parameter->user_given && value_truth(parameter->given))
        value_map_set(arena, out, "Value", parameter->given);
    if (value_count(schema->tags))
        value_map_set(arena, out, "Tags", schema->tags);
    describe_constraints(arena, out, schema->constraints);
    return out;
}

const struct value *parameters_describe(struct ctx *ctx, const struct template *template,
                                        const struct parameters *parameters)
{
    struct value *map = value_map(ctx->arena);
    for (size_t i = 0; i < parameters->count; i++)
        if (parameters->items[i].schema)
            value_map_set(ctx->arena, map, parameters->items[i].name,
                          describe(ctx->arena, &parameters->items[i]));
    return map;
}
