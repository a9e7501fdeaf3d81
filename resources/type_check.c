/* Whether what a type's file says of properties and attributes is what a type can say: the place and the mistake. */
#include <string.h>

#include "resources/catalogue.h"

struct check {
    struct ctx *ctx;
    const char *mistake; /* the first; NULL: none yet */
};

static void complain(struct check *check, const char *place, const char *what)
{
    if (!check->mistake)
        check->mistake = arena_printf(check->ctx->arena, "%s: %s", place, what);
}

static bool is_among(const char *const *words, size_t count, const char *word)
{
    for (size_t i = 0; word && i < count; i++)
        if (strcmp(words[i], word) == 0)
            return true;
    return false;
}

/* ---- constraints ---- */
static void check_constraint(struct check *check, const char *place, const struct value *constraint)
{
    static const char *const kinds[] = {"range",          "length",          "modulo",
                                        "allowed_values", "allowed_pattern", "custom_constraint"};
    size_t found = 0;
    for (size_t i = 0; value_is(constraint, VALUE_MAP) && i < value_count(constraint); i++) {
        const char *key = constraint->map.entries[i].key;
        bool known = is_among(kinds, COUNT_OF(kinds), key);
        found += known;
        if (!known && strcmp(key, "description") != 0)
            complain(check, place, arena_printf(check->ctx->arena, "there is no constraint %s", key));
    }
    if (found != 1)
        complain(check, place, "must be a map with one constraint");
}

static void check_constraints(struct check *check, const char *place, const struct value *constraints)
{
    if (constraints && !value_is(constraints, VALUE_LIST))
        complain(check, place, "must be a list");
    for (size_t i = 0; value_is(constraints, VALUE_LIST) && i < value_count(constraints); i++)
        check_constraint(check, arena_printf(check->ctx->arena, "%s[%zu]", place, i),
                         value_at(constraints, i));
}

/* ---- schemas ---- */
static void check_schemas(struct check *check, const char *place, const struct value *schemas);

static void check_flags(struct check *check, const char *place, const struct value *schema)
{
    static const char *const flags[] = {"required", "update_allowed", "immutable"};
    for (size_t i = 0; i < COUNT_OF(flags); i++)
        if (value_has(schema, flags[i]) && !value_is(value_get(schema, flags[i]), VALUE_BOOL))
            complain(check, arena_printf(check->ctx->arena, "%s.%s", place, flags[i]),
                     "must be true or false");
}

static void check_schema(struct check *check, const char *place, const struct value *schema)
{
    static const char *const types[] = {"string", "integer", "number", "boolean", "map", "list", "any"};
    static const char *const fields[] = {"type",     "description", "default",        "schema",
                                         "required", "constraints", "update_allowed", "immutable"};
    struct arena *arena = check->ctx->arena;
    if (!value_is(schema, VALUE_MAP)) {
        complain(check, place, "must be a map");
        return;
    }
    for (size_t i = 0; i < value_count(schema); i++)
        if (!is_among(fields, COUNT_OF(fields), schema->map.entries[i].key))
            complain(check, arena_printf(arena, "%s.%s", place, schema->map.entries[i].key),
                     "there is no such field");
    if (!is_among(types, COUNT_OF(types), value_get_text(schema, "type")))
        complain(check, arena_printf(arena, "%s.type", place),
                 "must be string, integer, number, boolean, map, list or any");
    check_flags(check, place, schema);
    check_constraints(check, arena_printf(arena, "%s.constraints", place), value_get(schema, "constraints"));
    if (value_has(schema, "schema"))
        check_schemas(check, arena_printf(arena, "%s.schema", place), value_get(schema, "schema"));
}

static void check_schemas(struct check *check, const char *place, const struct value *schemas)
{
    if (!value_is(schemas, VALUE_MAP))
        complain(check, place, "must be a map");
    for (size_t i = 0; value_is(schemas, VALUE_MAP) && i < value_count(schemas); i++)
        check_schema(check, arena_printf(check->ctx->arena, "%s.%s", place, schemas->map.entries[i].key),
                     schemas->map.entries[i].value);
}

static void check_attributes(struct check *check, const struct value *attributes)
{
    for (size_t i = 0; i < value_count(attributes); i++) {
        const struct value_entry *entry = &attributes->map.entries[i];
        const char *place = arena_printf(check->ctx->arena, "attributes.%s", entry->key);
        if (!value_is(entry->value, VALUE_MAP))
            complain(check, place, "must be a map with a description and a type");
    }
}

const char *type_mistake(struct ctx *ctx, const struct value *definition)
{
    struct check check = {.ctx = ctx};
    check_schemas(&check, "properties", value_get(definition, "properties"));
    if (value_has(definition, "hidden_properties"))
        check_schemas(&check, "hidden_properties", value_get(definition, "hidden_properties"));
    check_attributes(&check, value_get(definition, "attributes"));
    return check.mistake;
}
