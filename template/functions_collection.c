/* Functions over lists and maps: merging, filtering, selecting, replacing keys and values. */
#include "template/call.h"

#include <string.h>

/* ---- map_merge ---- */
const struct value *evaluate_map_merge(const struct call *call)
{
    struct arena *arena = call_arena(call);
    const struct value *maps = call_resolve(call, call->args);
    if (!maps)
        return NULL;
    if (value_is(maps, VALUE_STRING) && maps->string.length)
        return call_fail_null(call, "Incorrect arguments: Items to merge must be maps.");
    if (value_is(maps, VALUE_STRING))
        return value_map(arena);
    if (!value_is(maps, VALUE_LIST))
        return call_fail_null(
            call,
            "Incorrect arguments to \"%s\" should be: \"%s\" : [ { \"key1\": \"val1\" }, { \"key2\": "
            "\"val2\" } ]",
            call_name(call), call_name(call));
    struct value *merged = value_map(arena);
    for (size_t i = 0; i < value_count(maps); i++) {
        const struct value *map = value_at(maps, i);
        if (!value_is_null(map) && !value_is(map, VALUE_MAP))
            return call_fail_null(call, "Incorrect arguments: Items to merge must be maps.");
        if (scope_spend(call->scope, value_count(map)) != 0)
            return NULL;
        for (size_t k = 0; k < value_count(map); k++)
            value_map_set(arena, merged, map->map.entries[k].key, map->map.entries[k].value);
    }
    return merged;
}

/* ---- map_replace ---- */
static const struct value *fail_map_replace(const struct call *call)
{
    const char *example = arena_printf(call_arena(call),
                                       "\"%s\" : [ { \"key1\": \"val1\" }, {\"keys\": {\"key1\": \"key2\"}, "
                                       "\"values\": {\"val1\": \"val2\"}}]",
                                       call_name(call));
    (void)call_fail_usage(call, example);
    return NULL;
}

static bool is_map_or_null(const struct value *value)
{
    return value_is_null(value) || value_is(value, VALUE_MAP);
}

static const struct value *fail_map_replace_items(const struct call *call)
{
    return call_fail_null(
        call,
        "Incorrect arguments: to \"%s\", arguments must be a list of maps. Example:  \"%s\" : [ { "
        "\"key1\": \"val1\" }, {\"keys\": {\"key1\": \"key2\"}, \"values\": {\"val1\": \"val2\"}}]",
        call_name(call), call_name(call));
}

static bool has_only_known_keys(const struct value *replacements)
{
    for (size_t i = 0; i < value_count(replacements); i++) {
        const char *key = replacements->map.entries[i].key;
        if (strcmp(key, "keys") != 0 && strcmp(key, "values") != 0)
            return false;
    }
    return true;
}

/* args themselves when they are right. */
static const struct value *checked_map_replace_args(const struct call *call, const struct value *args)
{
    const struct value *replacements = value_at(args, 1);
    if (!value_is(args, VALUE_LIST) || value_count(args) == 0)
        return fail_map_replace(call);
    if (!is_map_or_null(value_at(args, 0)) || !is_map_or_null(replacements))
        return fail_map_replace_items(call);
    if (value_count(args) != 2 || !has_only_known_keys(replacements))
        return fail_map_replace(call);
    if (!is_map_or_null(value_get(replacements, "keys")) ||
        !is_map_or_null(value_get(replacements, "values")))
        return fail_map_replace_items(call);
    return args;
}

/* The new key for key; NULL after a collision was recorded. */
static const char *replaced_key(const struct call *call, const struct value *keys, const char *key,
                                const struct value *input, const struct value *output)
{
    const struct value *wanted = value_get(keys, key);
    if (value_is_null(wanted))
        return key;
    const char *text = value_to_str(call_arena(call), wanted);
    if (value_has(input, text) && strcmp(text, key) != 0)
        return call_fail_null(call, "key replacement %s collides with a key in the input map", text);
    if (value_has(output, text))
        return call_fail_null(call, "key replacement %s collides with a key in the output map", text);
    return text;
}

/* Only strings are found as keys of the replacement map: keys of values are strings. */
static const struct value *replaced_value(const struct value *values, const struct value *value)
{
    const struct value *other = value_text(value) ? value_get(values, value_text(value)) : NULL;
    return other ? other : value;
}

const struct value *evaluate_map_replace(const struct call *call)
{
    const struct value *args = call_resolve(call, call->args);
    args = args ? checked_map_replace_args(call, args) : NULL;
    if (!args)
        return NULL;
    const struct value *input = value_at(args, 0);
    const struct value *keys = value_get(value_at(args, 1), "keys"),
                       *values = value_get(value_at(args, 1), "values");
    struct value *output = value_map(call_arena(call));
    for (size_t i = 0; i < value_count(input); i++) {
        const struct value_entry *entry = &input->map.entries[i];
        const char *key = replaced_key(call, keys, entry->key, input, output);
        if (!key || scope_spend(call->scope, 1) != 0)
            return NULL;
        value_map_set(call_arena(call), output, key, replaced_value(values, entry->value));
    }
    return output;
}

/* ---- lists ---- */
static bool list_has(const struct call *call, const struct value *list, const struct value *item, int *spent)
{
    for (size_t i = 0; i < value_count(list); i++)
        if (value_equal(value_at(list, i), item))
            return true;
    *spent = scope_spend(call->scope, 1 + value_count(list));
    return false;
}

int check_filter(const struct call *call)
{
    if (!call_is_list(call, call->args))
        return call_fail(call, "Argument to \"%s\" must be a list", call_name(call));
    if (value_count(call->args) != 2)
        return call_fail(
            call, "\"%s\" expected 2 arguments of the form [values, sequence] but got %zu arguments instead",
            call_name(call), value_count(call->args));
    return 0;
}

const struct value *evaluate_filter(const struct call *call)
{
    const struct value *list = call_resolve(call, value_at(call->args, 1));
    if (!list || !value_truth(list))
        return list;
    if (!value_is(list, VALUE_LIST))
        return call_fail_null(call, "\"%s\" only works with lists", call_name(call));
    const struct value *unwanted = call_resolve(call, value_at(call->args, 0));
    if (!unwanted || !value_truth(unwanted))
        return unwanted ? list : NULL;
    if (!value_is(unwanted, VALUE_LIST))
        return call_fail_null(call, "\"%s\" filters a list of values", call_name(call));
    struct value *kept = value_list(call_arena(call));
    for (size_t i = 0; i < value_count(list); i++) {
        int spent = 0;
        if (!list_has(call, unwanted, value_at(list, i), &spent))
            value_list_add(call_arena(call), kept, value_at(list, i));
        if (spent != 0)
            return NULL;
    }
    return kept;
}

static const struct value *concat(const struct call *call, bool unique)
{
    const struct value *lists = call_resolve(call, call->args);
    if (!lists)
        return NULL;
    if (!value_is(lists, VALUE_LIST))
        return call_fail_null(
            call,
            "Incorrect arguments to \"%s\" should be: \"%s\" : [ [ <value 1>, <value 2> ], [ <value "
            "3>, <value 4> ] ]",
            call_name(call), call_name(call));
    struct value *all = value_list(call_arena(call));
    for (size_t i = 0; i < value_count(lists); i++) {
        const struct value *list = value_at(lists, i);
        if (!value_is_null(list) && !value_is(list, VALUE_LIST))
            return call_fail_null(call,
                                  "Incorrect arguments: Items to concat must be lists. %s contains an item "
                                  "that is not a list: %s",
                                  value_to_json(call_arena(call), lists),
                                  value_to_json(call_arena(call), list));
        for (size_t k = 0; k < value_count(list); k++) {
            int spent = scope_spend(call->scope, 1);
            if (!unique || !list_has(call, all, value_at(list, k), &spent))
                value_list_add(call_arena(call), all, value_at(list, k));
            if (spent != 0)
                return NULL;
        }
    }
    return all;
}

const struct value *evaluate_list_concat(const struct call *call)
{
    return concat(call, false);
}

const struct value *evaluate_list_concat_unique(const struct call *call)
{
    return concat(call, true);
}

/* ---- contains ---- */
int check_contains(const struct call *call)
{
    if (!call_is_list(call, call->args) || value_count(call->args) == 0)
        return call_fail_usage(call, arena_printf(call_arena(call),
                                                  "\"%s\" : [ \"value1\", [ \"value1\", \"value2\"]]",
                                                  call_name(call)));
    if (value_count(call->args) != 2)
        return call_fail(call, "Arguments to \"%s\" must be of the form: [value1, [value1, value2]]",
                         call_name(call));
    return 0;
}

const struct value *evaluate_contains(const struct call *call)
{
    const struct value *item = call_resolve(call, value_at(call->args, 0));
    const struct value *sequence = item ? call_resolve(call, value_at(call->args, 1)) : NULL;
    if (!sequence)
        return NULL;
    int spent = 0;
    if (value_is(sequence, VALUE_LIST)) {
        bool has = list_has(call, sequence, item, &spent);
        return spent == 0 ? value_bool(has) : NULL;
    }
    if (!value_is(sequence, VALUE_STRING))
        return call_fail_null(call, "Second argument to \"%s\" should be a sequence.", call_name(call));
    if (!value_is(item, VALUE_STRING))
        return call_fail_null(call, "'in <string>' requires string as left operand, not %s",
                              value_python_type(item));
    return value_bool(memmem(sequence->string.text, sequence->string.length, item->string.text,
                             item->string.length) != NULL);
}

/* ---- Fn::Select ---- */
int check_select(const struct call *call)
{
    if (call_is_list(call, call->args) && value_count(call->args) == 2)
        return 0;
    return call_fail(call, "Arguments to \"%s\" must be of the form [index, collection]", call_name(call));
}

/* A string may be JSON. */
static const struct value *select_collection(const struct call *call)
{
    const struct value *collection = call_resolve(call, value_at(call->args, 1));
    if (!value_is(collection, VALUE_STRING) || collection->string.length == 0)
        return collection;
    struct ctx *ctx = call->scope->ctx;
    const struct value *read = value_read_json(ctx, collection->string.text, collection->string.length);
    if (read)
        return read;
    const char *reason = ctx->error.message;
    error_clear(ctx);
    return call_fail_null(call, "\"%s\": %s", call_name(call), reason);
}

static const struct value *select_from_list(const struct call *call, const struct value *list,
                                            const struct value *index)
{
    const struct value *number = index;
    if (value_is(index, VALUE_STRING))
        number =
            python_int(call_arena(call), index->string.text, index->string.length, &number) ? number : NULL;
    number = python_truncate(call_arena(call), number);
    if (!value_is_number(number) && !value_is(number, VALUE_BOOL))
        return call_fail_null(call, "Index to \"%s\" must be an integer", call_name(call));
    const struct value *item = python_item(call_arena(call), list, number, false);
    return item ? item : value_string(call_arena(call), "");
}

const struct value *evaluate_select(const struct call *call)
{
    const struct value *index = call_resolve(call, value_at(call->args, 0));
    const struct value *collection = index ? select_collection(call) : NULL;
    if (!collection)
        return NULL;
    if (value_is(collection, VALUE_LIST))
        return select_from_list(call, collection, index);
    if (value_is_null(collection) || value_is(collection, VALUE_STRING))
        return value_string(call_arena(call), "");
    if (!value_is(collection, VALUE_MAP))
        return call_fail_null(call, "Arguments to %s not fully resolved", call_name(call));
    if (!value_text(index))
        return call_fail_null(call, "Index to \"%s\" must be a string", call_name(call));
    const struct value *item = value_get(collection, value_text(index));
    return item ? item : value_string(call_arena(call), "");
}

/* ---- Fn::MemberListToMap ---- */
int check_member_list(const struct call *call)
{
    if (!call_is_list(call, call->args) || value_count(call->args) != 3)
        return call_fail(call,
                         "Wrong Arguments try: \"\n            {'Fn::MemberListToMap': ['Name', 'Value',\n"
                         "                                     ['.member.0.Name=key',\n"
                         "                                      '.member.0.Value=door']]}\n            \"");
    if (!value_text(value_at(call->args, 0)))
        return call_fail(call, "%s Key Name must be a string", call_name(call));
    if (!value_text(value_at(call->args, 1)))
        return call_fail(call, "%s Value Name must be a string", call_name(call));
    return 0;
}

/* ".member.<number>.<what>=<text>": fills names and values, each keyed by the number. */
static int read_member(const struct call *call, const struct value *item, struct value *names,
                       struct value *values)
{
    if (!value_is(item, VALUE_STRING))
        return call_fail(call, "Member list items must be strings");
    static const char start[] = ".member.";
    const char *text = item->string.text, *equals = strchr(text, '=');
    if (!equals)
        return call_fail(call, "dictionary update sequence element #0 has length 1; 2 is required");
    if (strncmp(text, start, sizeof start - 1) != 0)
        return 0;
    const char *number = text + sizeof start - 1;
    size_t digits = strspn(number, "0123456789");
    if (digits == 0 || number[digits] != '.' || number + digits >= equals)
        return 0;
    const char *what = number + digits + 1;
    const char *key = arena_strndup(call_arena(call), number, digits);
    const char *named = arena_strndup(call_arena(call), what, (size_t)(equals - what));
    const struct value *content = value_string(call_arena(call), equals + 1);
    if (strcmp(named, value_text(value_at(call->args, 0))) == 0)
        value_map_set(call_arena(call), names, key, content);
    if (strcmp(named, value_text(value_at(call->args, 1))) == 0)
        value_map_set(call_arena(call), values, key, content);
    return 0;
}

const struct value *evaluate_member_list(const struct call *call)
{
    struct arena *arena = call_arena(call);
    const struct value *list = call_resolve(call, value_at(call->args, 2));
    if (!list)
        return NULL;
    if (!value_is(list, VALUE_LIST))
        return call_fail_null(call, "Member list must be a list");
    struct value *names = value_map(arena), *values = value_map(arena), *map = value_map(arena);
    for (size_t i = 0; i < value_count(list); i++)
        if (read_member(call, value_at(list, i), names, values) != 0)
            return NULL;
    for (size_t i = 0; i < value_count(names); i++) {
        const struct value_entry *name = &names->map.entries[i];
        if (value_has(values, name->key))
            value_map_set(arena, map, value_text(name->value), value_get(values, name->key));
    }
    return map;
}
