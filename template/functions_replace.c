/* str_replace and its kin: placeholders of a string replaced by values.
 *
 * The longest placeholder goes first; among equally long ones the one that sorts first. What was put in is
 * never looked at again. So the text is kept as a list of pieces, of which some are settled:
 *
 *      "host-port"          params host: a, port: b, host-port: c
 *   1. longest: host-port   [c]             settled; nothing left for the others
 *
 *      "host:port"
 *   2. host                 [a] ":port"
 *   3. port                 [a] ":" [b] ""
 */
#include "template/call.h"

#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"

enum { JSON = 1, STRICT = 2, NOT_EMPTY = 4 };

struct piece {
    const char *text;
    size_t length;
    bool settled;
};

struct pieces {
    struct arena *arena;
    struct piece *items;
    size_t count, capacity;
};

struct placeholder {
    const char *text;
    size_t length, characters;
    const struct value *value;
    bool found;
};

static void add_piece(struct pieces *pieces, const char *text, size_t length, bool settled)
{
    if (pieces->count == pieces->capacity) {
        size_t capacity = pieces->capacity ? pieces->capacity * 2 : 16;
        pieces->items = arena_grow(pieces->arena, pieces->items, pieces->capacity * sizeof *pieces->items,
                                   capacity * sizeof *pieces->items);
        pieces->capacity = capacity;
    }
    pieces->items[pieces->count++] = (struct piece){text, length, settled};
}

/* ---- values ---- */
static int fail_empty(const struct call *call, const char *name)
{
    return call_fail(call,
                     "%s has an undefined or empty value for param %s, must be a defined non-empty value",
                     call_name(call), name);
}

static int write_collection(const struct call *call, struct str *out, const struct placeholder *placeholder,
                            unsigned flags)
{
    if (!(flags & JSON))
        return call_fail(call, "\"%s\" params must be strings or numbers, param %s is not valid",
                         call_name(call), placeholder->text);
    if ((flags & NOT_EMPTY) && value_count(placeholder->value) == 0)
        return fail_empty(call, placeholder->text);
    value_write_json_sorted(out, placeholder->value);
    return 0;
}

static int write_replacement(const struct call *call, struct str *out, const struct placeholder *placeholder,
                             unsigned flags)
{
    const struct value *value = placeholder->value;
    if (value_is(value, VALUE_LIST) || value_is(value, VALUE_MAP))
        return write_collection(call, out, placeholder, flags);
    if (!value_is_null(value))
        value_write_str(out, value);
    if ((flags & NOT_EMPTY) && out->length == 0)
        return fail_empty(call, placeholder->text);
    return 0;
}

/* ---- order ---- */
static int compare_placeholders(const void *left, const void *right)
{
    const struct placeholder *a = left, *b = right;
    if (a->characters != b->characters)
        return a->characters > b->characters ? -1 : 1;
    return strcmp(a->text, b->text);
}

static struct placeholder *placeholders_of(const struct call *call, const struct value *params)
{
    struct placeholder *list = arena_array(call_arena(call), struct placeholder, value_count(params) + 1);
    for (size_t i = 0; i < value_count(params); i++) {
        const struct value_entry *entry = &params->map.entries[i];
        size_t length = strlen(entry->key);
        list[i] =
            (struct placeholder){entry->key, length, utf8_count(entry->key, length), entry->value, false};
    }
    qsort(list, value_count(params), sizeof *list, compare_placeholders);
    return list;
}

/* ---- replacing ---- */
static bool split_piece(struct pieces *out, const struct piece *piece, const struct placeholder *placeholder,
                        const struct str *value)
{
    const char *at = piece->text, *end = at + piece->length, *hit;
    bool found = false;
    while (!piece->settled &&
           (hit = memmem(at, (size_t)(end - at), placeholder->text, placeholder->length))) {
        if (hit > at)
            add_piece(out, at, (size_t)(hit - at), false);
        if (value->length)
            add_piece(out, value->data, value->length, true);
        at = hit + placeholder->length;
        found = true;
    }
    if (at < end)
        add_piece(out, at, (size_t)(end - at), piece->settled);
    return found;
}

static bool occurs(const struct pieces *pieces, const struct placeholder *placeholder)
{
    for (size_t i = 0; i < pieces->count; i++)
        if (!pieces->items[i].settled &&
            memmem(pieces->items[i].text, pieces->items[i].length, placeholder->text, placeholder->length))
            return true;
    return false;
}

static int replace_one(const struct call *call, struct pieces *pieces, struct placeholder *placeholder,
                       unsigned flags, size_t work)
{
    struct str value = STR_INIT(call_arena(call));
    if (scope_spend(call->scope, 1 + work / 64 + pieces->count) != 0 ||
        write_replacement(call, &value, placeholder, flags) != 0)
        return -1;
    if (placeholder->length == 0)
        return call_fail(call, "empty separator");
    if (!occurs(pieces, placeholder))
        return 0;
    struct pieces next = {.arena = call_arena(call)};
    for (size_t i = 0; i < pieces->count; i++)
        placeholder->found |= split_piece(&next, &pieces->items[i], placeholder, &value);
    *pieces = next;
    return scope_spend(call->scope, next.count);
}

static int check_all_found(const struct call *call, const struct placeholder *list, size_t count)
{
    struct str missing = STR_INIT(call_arena(call));
    for (size_t i = 0; i < count; i++)
        if (!list[i].found)
            str_printf(&missing, "%s%s", missing.length ? "," : "", list[i].text);
    if (missing.length)
        return call_fail(call, "The following params were not found in the template: %s", missing.data);
    return 0;
}

static const struct value *join_pieces(const struct call *call, const struct pieces *pieces)
{
    struct str out = STR_INIT(call_arena(call));
    for (size_t i = 0; i < pieces->count; i++) {
        str_add_bytes(&out, pieces->items[i].text, pieces->items[i].length);
        if (scope_spend(call->scope, pieces->items[i].length / 64) != 0)
            return NULL;
    }
    return value_string_n(call_arena(call), out.data, out.length);
}

static const struct value *replace_all(const struct call *call, const struct value *text,
                                       const struct value *params, unsigned flags)
{
    struct placeholder *list = placeholders_of(call, params);
    size_t count = value_count(params);
    struct pieces pieces = {.arena = call_arena(call)};
    add_piece(&pieces, text->string.text, text->string.length, false);
    for (size_t i = 0; i < count; i++)
        if (replace_one(call, &pieces, &list[i], flags, text->string.length) != 0)
            return NULL;
    if ((flags & STRICT) && check_all_found(call, list, count) != 0)
        return NULL;
    return join_pieces(call, &pieces);
}

static const struct value *replace(const struct call *call, const struct value *text_part,
                                   const struct value *params_part, unsigned flags)
{
    const struct value *text = call_resolve(call, text_part);
    const struct value *params = text ? call_resolve(call, params_part) : NULL;
    if (!params)
        return NULL;
    if (!value_is(text, VALUE_STRING))
        return call_fail_null(call, "\"%s\" template must be a string", call_name(call));
    if (!value_is(params, VALUE_MAP))
        return call_fail_null(call, "\"%s\" params must be a map", call_name(call));
    return replace_all(call, text, params, flags);
}

/* ---- the functions ---- */
static int check_params(const struct call *call, const struct value *params)
{
    if (value_is(params, VALUE_MAP))
        return 0;
    return call_fail(call, "\"%s\" parameters must be a mapping", call_name(call));
}

int check_replace(const struct call *call)
{
    if (!call_is_map(call, call->args))
        return call_fail(call, "Arguments to \"%s\" must be a map", call_name(call));
    if (!value_has(call->args, "params") || !value_has(call->args, "template")) {
        const char *text = arena_printf(call_arena(call),
                                        "\"%s\" syntax should be %s:\n"
                                        "              template: This is var1 template var2\n"
                                        "              params:\n"
                                        "                var1: a\n"
                                        "                var2: string",
                                        call_name(call), call_name(call));
        return call_fail(call, "%s", python_repr_text(call_arena(call), text));
    }
    return check_params(call, value_get(call->args, "params"));
}

static const struct value *replace_in_map(const struct call *call, unsigned flags)
{
    return replace(call, value_get(call->args, "template"), value_get(call->args, "params"), flags);
}

const struct value *evaluate_replace(const struct call *call)
{
    return replace_in_map(call, 0);
}

const struct value *evaluate_replace_json(const struct call *call)
{
    return replace_in_map(call, JSON);
}

const struct value *evaluate_replace_strict(const struct call *call)
{
    return replace_in_map(call, JSON | STRICT);
}

const struct value *evaluate_replace_vstrict(const struct call *call)
{
    return replace_in_map(call, JSON | STRICT | NOT_EMPTY);
}

int check_cfn_replace(const struct call *call)
{
    if (!call_is_list(call, call->args) || value_count(call->args) != 2)
        return call_fail_usage(call, arena_printf(call_arena(call),
                                                  "{\"%s\": [ {\"$var1\": \"foo\", \"%%var2%%\": \"bar\"}, "
                                                  "\"$var1 is %%var2%%\"]}",
                                                  call_name(call)));
    return check_params(call, value_at(call->args, 0));
}

const struct value *evaluate_cfn_replace(const struct call *call)
{
    return replace(call, value_at(call->args, 1), value_at(call->args, 0), 0);
}
