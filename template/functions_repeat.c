/* repeat: a template copied once for each item of some lists, placeholders replaced in strings and keys. */
#include "template/call.h"

#include <string.h>

/* The for_each lists of one call, and where the copying stands. */
struct loop {
    const struct call *call;
    const struct value *template;
    size_t count;
    const char **keys;
    const struct value **lists;
    size_t *at; /* position in each list */
};

int check_repeat(const struct call *call)
{
    if (!call_is_map(call, call->args))
        return call_fail(call, "Arguments to \"%s\" must be a map", call_name(call));
    if (!value_has(call->args, "for_each") || !value_has(call->args, "template"))
        return call_fail(call, "%s",
                         python_repr_text(call_arena(call), "\"repeat\" syntax should be repeat:\n"
                                                            "              template: This is %var%\n"
                                                            "              for_each:\n"
                                                            "                %var%: ['a', 'b', 'c']"));
    if (!call->scope->parsing && !value_is(value_get(call->args, "for_each"), VALUE_MAP))
        return call_fail(call, "The \"for_each\" argument to \"%s\" must contain a map", call_name(call));
    return 0;
}

int check_repeat_nested(const struct call *call)
{
    if (check_repeat(call) != 0)
        return -1;
    const struct value *permutations = value_get(call->args, "permutations");
    if (permutations && !value_is(permutations, VALUE_BOOL))
        return call_fail(call, "\"permutations\" should be boolean type for %s function.", call_name(call));
    return 0;
}

/* ---- one copy ---- */
static const struct value *fill(const struct loop *loop, const struct value *template);

static const struct value *fill_text(const struct loop *loop, const struct value *text)
{
    const struct call *call = loop->call;
    for (size_t i = 0; i < loop->count; i++) {
        const struct value *item =
            value_is(loop->lists[i], VALUE_MAP)
                ? value_string(call_arena(call), loop->lists[i]->map.entries[loop->at[i]].key)
                : value_at(loop->lists[i], loop->at[i]);
        if (!value_is(item, VALUE_STRING))
            return call_fail_null(call, "replace() argument 2 must be str, not %s",
                                  value_is_null(item) ? "None" : value_python_type(item));
        text = python_replace(call_arena(call), text, loop->keys[i], strlen(loop->keys[i]), item->string.text,
                              item->string.length);
        if (scope_spend(call->scope, 1 + text->string.length / 64) != 0)
            return NULL;
    }
    return text;
}

static const struct value *fill_list(const struct loop *loop, const struct value *list)
{
    struct value *filled = value_list(call_arena(loop->call));
    for (size_t i = 0; i < value_count(list); i++) {
        const struct value *item = fill(loop, value_at(list, i));
        if (!item)
            return NULL;
        value_list_add(call_arena(loop->call), filled, item);
    }
    return filled;
}

static const struct value *fill_map(const struct loop *loop, const struct value *map)
{
    struct arena *arena = call_arena(loop->call);
    struct value *filled = value_map(arena);
    for (size_t i = 0; i < value_count(map); i++) {
        const struct value *key = fill_text(loop, value_string(arena, map->map.entries[i].key));
        const struct value *item = key ? fill(loop, map->map.entries[i].value) : NULL;
        if (!item)
            return NULL;
        value_map_set(arena, filled, value_text(key), item);
    }
    return filled;
}

static const struct value *fill(const struct loop *loop, const struct value *template)
{
    if (scope_spend(loop->call->scope, 1) != 0)
        return NULL;
    switch (template->kind) {
    case VALUE_STRING:
        return fill_text(loop, template);
    case VALUE_LIST:
        return fill_list(loop, template);
    case VALUE_MAP:
        return fill_map(loop, template);
    default:
        return template;
    }
}

/* ---- going round ---- */
/* Next combination, the last list turning fastest; false after the last one. */
static bool next_combination(struct loop *loop)
{
    for (size_t i = loop->count; i-- > 0;) {
        if (++loop->at[i] < value_count(loop->lists[i]))
            return true;
        loop->at[i] = 0;
    }
    return false;
}

static bool next_side_by_side(struct loop *loop)
{
    for (size_t i = 0; i < loop->count; i++)
        if (++loop->at[i] >= value_count(loop->lists[i]))
            return false;
    return true;
}

static bool any_empty(const struct loop *loop)
{
    for (size_t i = 0; i < loop->count; i++)
        if (value_count(loop->lists[i]) == 0)
            return true;
    return false;
}

static const struct value *go_round(struct loop *loop, bool permutations)
{
    struct value *copies = value_list(call_arena(loop->call));
    if (any_empty(loop))
        return copies;
    do {
        const struct value *copy = fill(loop, loop->template);
        if (!copy)
            return NULL;
        value_list_add(call_arena(loop->call), copies, copy);
    } while (permutations ? next_combination(loop) : next_side_by_side(loop));
    return copies;
}

/* ---- setting up ---- */
/* NULL stands for a list not known yet: empty. */
static int add_list(struct loop *loop, const struct value_entry *entry, bool maps)
{
    const struct value *list = entry->value;
    if (!value_is_null(list) && !value_is(list, VALUE_LIST) && !(maps && value_is(list, VALUE_MAP)))
        return call_fail(loop->call, "The values of the \"for_each\" argument to \"%s\" must be lists%s",
                         call_name(loop->call), maps ? " or maps" : "");
    loop->keys[loop->count] = entry->key;
    loop->lists[loop->count++] = list;
    return 0;
}

static int check_same_length(const struct loop *loop)
{
    const struct value *first = NULL;
    for (size_t i = 0; i < loop->count; i++) {
        if (value_is_null(loop->lists[i]))
            continue;
        first = first ? first : loop->lists[i];
        if (value_count(loop->lists[i]) != value_count(first))
            return call_fail(loop->call,
                             "For %s, the length of for_each values should be equal if no nested loop.",
                             call_name(loop->call));
    }
    return 0;
}

static int set_up(struct loop *loop, const struct value *for_each, bool maps)
{
    struct arena *arena = call_arena(loop->call);
    if (!value_is(for_each, VALUE_MAP))
        return call_fail(loop->call, "The \"for_each\" argument to \"%s\" must contain a map",
                         call_name(loop->call));
    if (value_count(for_each) == 0)
        return call_fail(loop->call, "not enough values to unpack (expected 2, got 0)");
    loop->keys = arena_array(arena, const char *, value_count(for_each));
    loop->lists = arena_array(arena, const struct value *, value_count(for_each));
    loop->at = arena_array(arena, size_t, value_count(for_each));
    for (size_t i = 0; i < value_count(for_each); i++)
        if (add_list(loop, &for_each->map.entries[i], maps) != 0)
            return -1;
    return 0;
}

static const struct value *repeat(const struct call *call, bool maps, bool permutations)
{
    struct loop loop = {.call = call};
    const struct value *for_each = call_resolve(call, value_get(call->args, "for_each"));
    if (!for_each || set_up(&loop, for_each, maps) != 0 || (!permutations && check_same_length(&loop) != 0))
        return NULL;
    loop.template = call_resolve(call, value_get(call->args, "template"));
    return loop.template ? go_round(&loop, permutations) : NULL;
}

const struct value *evaluate_repeat(const struct call *call)
{
    return repeat(call, false, true);
}

const struct value *evaluate_repeat_maps(const struct call *call)
{
    return repeat(call, true, true);
}

const struct value *evaluate_repeat_nested(const struct call *call)
{
    const struct value *permutations = value_get(call->args, "permutations");
    bool all = !permutations || permutations->boolean;
    return repeat(call, all, all);
}
