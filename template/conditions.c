/* Conditions: named truths of a template, each worked out once, on first use. A condition that (through
 * others) needs itself is an error only when it is used, as in Heat. */
#include "template/call.h"

#include <string.h>

enum state { UNKNOWN, IN_PROGRESS, IS_FALSE, IS_TRUE };

struct condition_cache {
    struct name_index *names;
    enum state states[];
};

static struct condition_cache *cache_of(struct scope *scope)
{
    if (scope->conditions)
        return scope->conditions;
    struct arena *arena = scope->ctx->arena;
    const struct value *map = scope->template->conditions;
    size_t count = value_count(map);
    struct condition_cache *cache = arena_zalloc(arena, sizeof *cache + count * sizeof cache->states[0]);
    cache->names = name_index_create(arena, count);
    for (size_t i = 0; i < count; i++)
        name_index_add(cache->names, map->map.entries[i].key, i);
    scope->conditions = cache;
    return cache;
}

/* A definition, or what it resolved to, must be a boolean or (before) a function. */
static int check_definition(struct scope *scope, const char *name, const struct value *definition,
                            bool resolved)
{
    bool function = !resolved && function_of(scope->template->version, definition, true);
    if (function || value_is(definition, VALUE_BOOL))
        return 0;
    fail(scope->ctx, FAULT_STACK_VALIDATION, "The definition of condition \"%s\" is invalid: %s", name,
         value_to_str(scope->ctx->arena, definition));
    return fail_kind(scope->ctx, "Condition validation error");
}

int condition_check_definition(struct scope *scope, const char *name, const struct value *definition)
{
    return check_definition(scope, name, definition, false);
}

static int evaluate_definition(struct scope *scope, const char *name, const struct value *definition,
                               const struct trail *trail)
{
    struct call call = {scope, NULL, definition, trail, true};
    const struct value *result = call_resolve(&call, definition);
    if (!result || check_definition(scope, name, result, true) != 0)
        return -1;
    return result->boolean;
}

static int truth_of_named(struct scope *scope, const char *name, size_t i, const struct trail *trail)
{
    struct condition_cache *cache = cache_of(scope);
    if (cache->states[i] == IN_PROGRESS) {
        fail(scope->ctx, FAULT_STACK_VALIDATION, "Circular definition for condition \"%s\"", name);
        return fail_kind(scope->ctx, "Condition validation error");
    }
    if (cache->states[i] == UNKNOWN) {
        cache->states[i] = IN_PROGRESS;
        int truth =
            evaluate_definition(scope, name, scope->template->conditions->map.entries[i].value, trail);
        cache->states[i] = truth < 0 ? UNKNOWN : truth ? IS_TRUE : IS_FALSE;
        if (truth < 0)
            return -1;
    }
    return cache->states[i] == IS_TRUE;
}

int condition_truth(struct scope *scope, const struct value *resolved, const struct trail *trail)
{
    if (value_is_null(resolved))
        return 1;
    if (resolved->kind == VALUE_BOOL)
        return resolved->boolean;
    size_t i = name_index_find(cache_of(scope)->names, value_text(resolved));
    if (i == NAME_NOT_FOUND)
        return fail(scope->ctx, FAULT_STACK_VALIDATION, "Invalid condition \"%s\"",
                    value_to_str(scope->ctx->arena, resolved));
    return truth_of_named(scope, value_text(resolved), i, trail);
}

bool resource_enabled(struct scope *scope, const char *name)
{
    const struct resource_definition *resource = template_resource(scope->template, name);
    return resource && (!resource->condition || scope_condition(scope, resource->condition) == 1);
}

int scope_condition(struct scope *scope, const struct value *condition)
{
    struct call call = {scope, NULL, condition, NULL, true};
    const struct value *resolved = call_resolve(&call, condition);
    int truth = resolved ? condition_truth(scope, resolved, NULL) : -1;
    if (truth < 0)
        fail_path(scope->ctx, "%s", trail_text(scope, NULL, true));
    return truth;
}
