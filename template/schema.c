/* The parameters section: what each parameter is, checked and in one form whatever the template's class. */
#include "template/schema.h"

#include <string.h>

#include "template/call.h"

/* ---- words of the two classes ---- */
struct words {
    const char *type, *initial, *description, *label, *hidden, *immutable, *tags;
    const char *types[PARAMETER_BOOLEAN + 1];
    const char *const *keys;
};

static const char *const hot_keys[] = {"type",   "description", "default",   "schema", "constraints",
                                       "hidden", "label",       "immutable", NULL};
static const char *const hot_keys_with_tags[] = {
    "type", "description", "default", "schema", "constraints", "hidden", "label", "immutable", "tags", NULL};
static const char *const cfn_keys[] = {
    "Type",      "Default",  "NoEcho",   "AllowedValues", "AllowedPattern",        "MaxLength",
    "MinLength", "MaxValue", "MinValue", "Description",   "ConstraintDescription", "Label",
    NULL};

static const struct words hot_words = {
    "type",   "default",   "description", "label",
    "hidden", "immutable", "tags",        {"string", "number", "comma_delimited_list", "json", "boolean"},
    hot_keys};
static const struct words cfn_words = {
    "Type",   "Default",   "Description", "Label",
    "NoEcho", "Immutable", "Tags",        {"String", "Number", "CommaDelimitedList", "Json", "Boolean"},
    cfn_keys};

static const struct words *words_of(const struct template *template)
{
    return template->version->class == TEMPLATE_HOT ? &hot_words : &cfn_words;
}

static const char *const *keys_of(const struct template *template)
{
    enum { QUEENS = 8 }; /* rank from which tags are known */
    bool hot = template->version->class == TEMPLATE_HOT;
    return hot && template->version->rank >= QUEENS ? hot_keys_with_tags : words_of(template)->keys;
}

const char *schema_type_text(const struct parameter_schema *schema)
{
    const char *hot = value_get_text(schema->definition, "type");
    return hot ? hot : value_get_text(schema->definition, "Type");
}

/* ---- checking ---- */
static bool is_in(const char *key, const char *const *keys)
{
    for (; *keys; keys++)
        if (strcmp(key, *keys) == 0)
            return true;
    return false;
}

static int check_definition(struct ctx *ctx, const struct template *template, const char *name,
                            const struct value *definition)
{
    const struct words *words = words_of(template);
    if (!value_is(definition, VALUE_MAP))
        return fail(ctx, FAULT_INVALID_SCHEMA, "Invalid parameter (%s), expected a mapping", name);
    for (size_t i = 0; i < value_count(definition); i++)
        if (!is_in(definition->map.entries[i].key, keys_of(template)))
            return fail(ctx, FAULT_INVALID_SCHEMA, "Invalid key '%s' for parameter (%s)",
                        definition->map.entries[i].key, name);
    if (!value_has(definition, words->type))
        return fail(ctx, FAULT_INVALID_SCHEMA, "Missing parameter type for parameter: %s", name);
    if (value_has(definition, words->tags) && !value_is(value_get(definition, words->tags), VALUE_LIST))
        return fail(ctx, FAULT_INVALID_SCHEMA, "Tags property should be a list for parameter: %s", name);
    return 0;
}

static int read_type(struct ctx *ctx, const struct words *words, struct parameter_schema *schema)
{
    const struct value *type = value_get(schema->definition, words->type);
    for (int i = 0; value_text(type) && i <= PARAMETER_BOOLEAN; i++)
        if (strcmp(value_text(type), words->types[i]) == 0) {
            schema->type = (enum parameter_type)i;
            schema->type_name = hot_words.types[i];
            return 0;
        }
    return fail(ctx, FAULT_INVALID_SCHEMA, "Invalid type (%s)", value_to_str(ctx->arena, type));
}

static int read_hot_constraints(struct ctx *ctx, const struct template *template,
                                struct parameter_schema *schema)
{
    const struct value *said = value_get(schema->definition, "constraints");
    if (value_is_null(said))
        return 0;
    if (!value_is(said, VALUE_LIST))
        return fail(ctx, FAULT_INVALID_SCHEMA,
                    "Invalid parameter constraints for parameter %s, expected a list", schema->name);
    struct value *list = value_list(ctx->arena);
    for (size_t i = 0; i < value_count(said); i++) {
        const struct value *constraint = constraint_read_hot(ctx, template->version, value_at(said, i));
        if (!constraint)
            return -1;
        value_list_add(ctx->arena, list, constraint);
    }
    schema->constraints = value_count(list) ? list : NULL;
    return 0;
}

static int read_constraints(struct ctx *ctx, const struct template *template, struct parameter_schema *schema)
{
    if (template->version->class == TEMPLATE_HOT)
        return read_hot_constraints(ctx, template, schema);
    const struct value *list = constraint_read_cfn(ctx, schema->definition);
    schema->constraints = value_count(list) ? list : NULL;
    return list ? 0 : -1;
}

static const char *text_or_null(struct arena *arena, const struct value *value)
{
    return !value_truth(value) ? NULL : value_to_str(arena, value);
}

static bool read_hidden(struct arena *arena, const struct template *template, const struct value *said)
{
    if (template->version->class == TEMPLATE_HOT)
        return value_truth(said);
    return said && strcasecmp(value_to_str(arena, said), "true") == 0;
}

static int read_schema(struct ctx *ctx, const struct template *template, struct parameter_schema *schema)
{
    const struct words *words = words_of(template);
    const struct value *definition = schema->definition, *initial = value_get(definition, words->initial);
    if (check_definition(ctx, template, schema->name, definition) != 0 ||
        read_constraints(ctx, template, schema) != 0 || read_type(ctx, words, schema) != 0)
        return -1;
    schema->initial = value_is_null(initial) ? NULL : initial;
    schema->description = text_or_null(ctx->arena, value_get(definition, words->description));
    schema->label = text_or_null(ctx->arena, value_get(definition, words->label));
    schema->tags = value_get(definition, words->tags);
    schema->hidden = read_hidden(ctx->arena, template, value_get(definition, words->hidden));
    schema->immutable = value_truth(value_get(definition, words->immutable));
    return 0;
}

int schema_parse_parameters(struct ctx *ctx, struct template *template)
{
    const char *section = template->version->class == TEMPLATE_HOT ? "parameters" : "Parameters";
    const struct value *map = value_get(template->document, section);
    if (value_truth(map) && !value_is(map, VALUE_MAP))
        return fail(ctx, FAULT_STACK_VALIDATION, "\"%s\" must be a map. Found a %s instead", section,
                    value_python_type(map));
    size_t count = value_count(value_is(map, VALUE_MAP) ? map : NULL);
    struct name_index *names = name_index_create(ctx->arena, count);
    template->parameters = arena_array(ctx->arena, struct parameter_schema, count + 1);
    template->parameter_names = names;
    for (size_t i = 0; i < count; i++) {
        struct parameter_schema *schema = &template->parameters[i];
        schema->name = map->map.entries[i].key;
        schema->definition = map->map.entries[i].value;
        if (read_schema(ctx, template, schema) != 0)
            return -1;
        name_index_add(names, schema->name, i);
        template->parameter_count++;
    }
    return 0;
}

const struct parameter_schema *template_parameter(const struct template *template, const char *name)
{
    size_t i = name_index_find(template->parameter_names, name);
    return i == NAME_NOT_FOUND ? NULL : &template->parameters[i];
}
