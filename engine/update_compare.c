/* What an update means for one resource.
 *
 *   as given ──same?──────────────────> nothing is done, nothing is told
 *      │ differs
 *   completed, property by property ──immutable──> refused
 *      │                            ──not update_allowed, or the type's rule──> replaced
 *      └ all that differ may ──> changed in place
 *
 * Both forms are compared, as Heat does: a default that is now spelled out differs as given and is the same
 * completed, so the resource is updated, with no property changed. */
#include "engine/update_compare.h"

#include "base/str.h"

static bool same(const struct value *a, const struct value *b)
{
    if (a == &value_unknown || b == &value_unknown)
        return false;
    if (value_is_null(a) || value_is_null(b))
        return value_is_null(a) && value_is_null(b);
    if (!value_is(a, VALUE_MAP) || !value_is(b, VALUE_MAP))
        return value_equal(a, b);
    if (value_count(a) != value_count(b))
        return false;
    for (size_t i = 0; i < value_count(a); i++) {
        const struct value *other = value_get(b, a->map.entries[i].key);
        if (!other || !same(a->map.entries[i].value, other))
            return false;
    }
    return true;
}

static bool allows(const struct resource_type *type, const char *property, const char *what)
{
    return value_truth(value_get(type_property(type, property), what));
}

struct differences {
    size_t changed, forbidden;
    struct str immutable;
};

static void note(struct differences *differences, const struct resource_type *type, const char *property)
{
    differences->changed++;
    if (allows(type, property, "immutable")) {
        str_add(&differences->immutable, differences->immutable.length ? ", " : "");
        str_add(&differences->immutable, property);
    }
    differences->forbidden += !allows(type, property, "update_allowed");
}

static enum update_kind judge(const struct resource_type *type, const struct differences *differences,
                              const struct update_side *before, const struct update_side *after)
{
    if (differences->immutable.length)
        return UPDATE_REFUSED;
    if (differences->changed && type->hooks->replace &&
        type->hooks->replace(before->properties, after->properties))
        return UPDATE_REPLACE_HOOK;
    if (differences->forbidden || (differences->changed && !type->hooks->update && !type->hooks->nested))
        return UPDATE_REPLACE;
    return UPDATE_IN_PLACE;
}

enum update_kind update_compare(struct ctx *ctx, const struct resource_type *type,
                                const struct update_side *before, const struct update_side *after,
                                const char **refused)
{
    if (type->hooks->replace_always)
        return UPDATE_REPLACE_HOOK;
    bool redefined = before->definition && !same(before->definition, after->definition);
    if (type->any_property || (!redefined && same(before->given, after->given)))
        return UPDATE_NONE;
    struct differences differences = {.immutable = STR_INIT(ctx->arena)};
    for (size_t i = 0; before->properties && i < value_count(after->properties); i++) {
        const struct value_entry *entry = &after->properties->map.entries[i];
        if (!same(value_get(before->properties, entry->key), entry->value))
            note(&differences, type, entry->key);
    }
    *refused = differences.immutable.data;
    return judge(type, &differences, before, after);
}

/* ---- the definition ---- */
static void put(struct definition *definition, struct value *map, const char *key,
                const struct value *snippet)
{
    if (!snippet)
        return;
    const struct value *value = definition_resolve(definition, &definition->scope, "", snippet);
    error_clear(definition->ctx);
    if (!value_is_null(value))
        value_map_set(definition->ctx->arena, map, key, value);
}

const struct value *update_definition(struct definition *definition,
                                      const struct resource_definition *resource)
{
    struct value *map = value_map(definition->ctx->arena);
    put(definition, map, "metadata", resource->metadata);
    put(definition, map, "depends_on", resource->depends_on);
    put(definition, map, "deletion_policy", resource->deletion_policy);
    put(definition, map, "update_policy", resource->update_policy);
    put(definition, map, "external_id", resource->external_id);
    if (resource->condition)
        value_map_set(definition->ctx->arena, map, "condition", resource->condition);
    return map;
}
