/* What the API shows of a type: its schema, and a template that takes every property as a parameter and gives
 * every attribute as an output, in HOT or CFN. */
#include <string.h>

#include "resources/catalogue.h"

const struct value *catalogue_schema(struct ctx *ctx, const struct resource_type *type)
{
    struct value *schema = value_map(ctx->arena);
    value_map_set(ctx->arena, schema, "resource_type", value_string(ctx->arena, type->name));
    value_map_set(ctx->arena, schema, "properties", type->properties);
    value_map_set(ctx->arena, schema, "attributes", type->attributes);
    value_map_set(ctx->arena, schema, "support_status", type->support_status);
    return schema;
}

/* ---- what the two languages call things ---- */
struct dialect {
    const char *version_key, *version;
    const char *description, *parameters, *resources, *outputs;
    const char *type, *initial, *properties, *value;
    const char *get_parameter, *get_attribute, *get_resource;
    bool hot;
};

static const struct dialect hot = {
    "heat_template_version",
    "2016-10-14",
    "description",
    "parameters",
    "resources",
    "outputs",
    "type",
    "default",
    "properties",
    "value",
    "get_param",
    "get_attr",
    "get_resource",
    true,
};
static const struct dialect cfn = {
    "HeatTemplateFormatVersion",
    "2012-12-12",
    "Description",
    "Parameters",
    "Resources",
    "Outputs",
    "Type",
    "Default",
    "Properties",
    "Value",
    "Ref",
    "Fn::GetAtt",
    "Ref",
    false,
};

/* Type of the parameter that feeds a property. */
static const struct {
    const char *property, *hot, *cfn;
} parameter_types[] = {
    {"integer", "number", "Number"}, {"string", "string", "String"},
    {"number", "number", "Number"},  {"boolean", "boolean", "Boolean"},
    {"map", "json", "Json"},         {"list", "comma_delimited_list", "CommaDelimitedList"},
    {"any", "json", "Json"},
};

struct writer {
    struct arena *arena;
    const struct dialect *dialect;
    const struct resource_type *type;
};

static const struct value *text(const struct writer *writer, const char *string)
{
    return value_string(writer->arena, string);
}

static void put(const struct writer *writer, struct value *map, const char *key, const struct value *value)
{
    if (value)
        value_map_set(writer->arena, map, key, value);
}

static const struct value *single(const struct writer *writer, const char *key, const struct value *value)
{
    struct value *map = value_map(writer->arena);
    put(writer, map, key, value);
    return map;
}

static const char *parameter_type(const struct writer *writer, const char *property)
{
    for (size_t i = 0; i < COUNT_OF(parameter_types); i++)
        if (strcmp(parameter_types[i].property, property) == 0)
            return writer->dialect->hot ? parameter_types[i].hot : parameter_types[i].cfn;
    return writer->dialect->hot ? "string" : "String";
}

/* ---- constraints ---- */
/* HOT keeps a list of maps. A custom constraint has no place in it; the empty map that Heat leaves behind is
 * one that its own validation refuses. NULL: nothing is left. */
static const struct value *hot_constraints(const struct writer *writer, const struct value *constraints)
{
    static const char *const kept[] = {"length", "range", "allowed_values", "allowed_pattern"};
    struct value *list = value_list(writer->arena);
    for (size_t i = 0; i < value_count(constraints); i++) {
        struct value *map = value_map(writer->arena);
        for (size_t k = 0; k < COUNT_OF(kept); k++)
            put(writer, map, kept[k], value_get(value_at(constraints, i), kept[k]));
        if (value_count(map) > 0)
            value_list_add(writer->arena, list, map);
    }
    return value_count(list) > 0 ? list : NULL;
}

/* CFN spreads them over keys of the parameter. */
static void put_cfn_constraint(const struct writer *writer, struct value *parameter,
                               const struct value *constraint)
{
    static const struct {
        const char *kind, *limit, *key;
    } keys[] = {
        {"length", "min", "MinLength"},
        {"length", "max", "MaxLength"},
        {"range", "min", "MinValue"},
        {"range", "max", "MaxValue"},
        {"allowed_values", NULL, "AllowedValues"},
        {"allowed_pattern", NULL, "AllowedPattern"},
    };
    for (size_t i = 0; i < COUNT_OF(keys); i++) {
        const struct value *rule = value_get(constraint, keys[i].kind);
        put(writer, parameter, keys[i].key, keys[i].limit ? value_get(rule, keys[i].limit) : rule);
    }
}

static const struct value *boolean_words(const struct writer *writer)
{
    static const char *const words[] = {"True", "true", "False", "false"};
    struct value *list = value_list(writer->arena);
    for (size_t i = 0; i < COUNT_OF(words); i++)
        value_list_add(writer->arena, list, text(writer, words[i]));
    return list;
}

static void put_constraints(const struct writer *writer, struct value *parameter, const struct value *schema)
{
    const struct value *constraints = value_get(schema, "constraints");
    if (writer->dialect->hot) {
        put(writer, parameter, "constraints", constraints ? hot_constraints(writer, constraints) : NULL);
        return;
    }
    for (size_t i = 0; i < value_count(constraints); i++)
        put_cfn_constraint(writer, parameter, value_at(constraints, i));
    if (strcmp(value_get_text(schema, "type"), "boolean") == 0)
        put(writer, parameter, "AllowedValues", boolean_words(writer));
}

/* ---- sections ---- */
static const struct value *parameter_of(const struct writer *writer, const struct value *schema)
{
    struct value *parameter = value_map(writer->arena);
    put(writer, parameter, writer->dialect->type,
        text(writer, parameter_type(writer, value_get_text(schema, "type"))));
    put(writer, parameter, writer->dialect->description, value_get(schema, "description"));
    put(writer, parameter, writer->dialect->initial, value_get(schema, "default"));
    put_constraints(writer, parameter, schema);
    return parameter;
}

static const struct value *parameters_of(const struct writer *writer)
{
    struct value *parameters = value_map(writer->arena);
    for (size_t i = 0; i < value_count(writer->type->properties); i++) {
        const struct value_entry *entry = &writer->type->properties->map.entries[i];
        put(writer, parameters, entry->key, parameter_of(writer, entry->value));
    }
    return parameters;
}

/* A list comes in as text with commas; CFN has to split it itself. */
static const struct value *property_of(const struct writer *writer, const struct value_entry *property)
{
    const struct value *taken = single(writer, writer->dialect->get_parameter, text(writer, property->key));
    if (writer->dialect->hot || strcmp(value_get_text(property->value, "type"), "list") != 0)
        return taken;
    struct value *args = value_list(writer->arena);
    value_list_add(writer->arena, args, text(writer, ","));
    value_list_add(writer->arena, args, taken);
    return single(writer, "Fn::Split", args);
}

static const struct value *resources_of(const struct writer *writer)
{
    struct value *properties = value_map(writer->arena), *resource = value_map(writer->arena);
    for (size_t i = 0; i < value_count(writer->type->properties); i++) {
        const struct value_entry *entry = &writer->type->properties->map.entries[i];
        put(writer, properties, entry->key, property_of(writer, entry));
    }
    put(writer, resource, writer->dialect->type, text(writer, writer->type->name));
    put(writer, resource, writer->dialect->properties, properties);
    return single(writer, writer->type->template_name, resource);
}

static const struct value *output_of(const struct writer *writer, const struct value_entry *attribute)
{
    struct value *args = value_list(writer->arena), *output = value_map(writer->arena);
    value_list_add(writer->arena, args, text(writer, writer->type->template_name));
    value_list_add(writer->arena, args, text(writer, attribute->key));
    put(writer, output, writer->dialect->value, single(writer, writer->dialect->get_attribute, args));
    put(writer, output, writer->dialect->description, value_get(attribute->value, "description"));
    return output;
}

static const struct value *outputs_of(const struct writer *writer)
{
    struct value *outputs = value_map(writer->arena);
    for (size_t i = 0; i < value_count(writer->type->attributes); i++) {
        const struct value_entry *entry = &writer->type->attributes->map.entries[i];
        put(writer, outputs, entry->key, output_of(writer, entry));
    }
    const struct value *reference =
        single(writer, writer->dialect->get_resource, text(writer, writer->type->template_name));
    put(writer, outputs, "OS::stack_id", single(writer, writer->dialect->value, reference));
    return outputs;
}

static const struct value *template_of(struct ctx *ctx, const struct resource_type *type,
                                       const struct dialect *dialect)
{
    struct writer writer = {ctx->arena, dialect, type};
    struct value *template = value_map(ctx->arena);
    put(&writer, template, dialect->version_key, text(&writer, dialect->version));
    put(&writer, template, dialect->description,
        value_printf(ctx->arena, "Initial template of %s", type->template_name));
    put(&writer, template, dialect->parameters, parameters_of(&writer));
    put(&writer, template, dialect->hot ? dialect->outputs : dialect->resources,
        dialect->hot ? outputs_of(&writer) : resources_of(&writer));
    put(&writer, template, dialect->hot ? dialect->resources : dialect->outputs,
        dialect->hot ? resources_of(&writer) : outputs_of(&writer));
    return template;
}

const struct value *catalogue_template_hot(struct ctx *ctx, const struct resource_type *type)
{
    return template_of(ctx, type, &hot);
}

const struct value *catalogue_template_cfn(struct ctx *ctx, const struct resource_type *type)
{
    return template_of(ctx, type, &cfn);
}
