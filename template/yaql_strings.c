/* yaql's functions of strings. */
#include "template/yaql.h"

#include <string.h>

#include "base/utf8.h"

static const struct item *int_item(struct yaql_call *call, size_t n)
{
    return item_int(call->yaql, (int64_t)n);
}

/* ---- making ---- */
const struct item *yaql_concat_strings(struct yaql_call *call)
{
    struct str out = STR_INIT(call->yaql->arena);
    for (size_t i = 0; i < call->rest_count; i++) {
        struct text text = text_of(call->rest[i]);
        str_add_bytes(&out, text.at, text.length);
    }
    return item_str(call->yaql, &out);
}

const struct item *yaql_multiply_string(struct yaql_call *call)
{
    bool first = item_is_plain(call->args[0], VALUE_STRING);
    const struct item *string = call->args[first ? 0 : 1];
    struct text text = text_of(string);
    int64_t times = item_integer(call->args[first ? 1 : 0]);
    double bytes = (double)times * (double)item_python_size(string) + (double)(1 - times) * 49;
    if (yaql_charge_bytes(call->yaql, bytes) != 0)
        return NULL;
    struct str out = STR_INIT(call->yaql->arena);
    for (int64_t i = 0; i < times && text.length; i++) {
        if (scope_spend(call->yaql->scope, text.length / 64 + 1) != 0)
            return NULL;
        str_add_bytes(&out, text.at, text.length);
    }
    return item_str(call->yaql, &out);
}

const struct item *yaql_str(struct yaql_call *call)
{
    static const char *const words[] = {"false", "true", "null"};
    const struct item *item = call->args[0];
    if (item_is_null(item) || item_is_plain(item, VALUE_BOOL)) {
        const char *word = words[item_is_null(item) ? 2 : item_truth(item)];
        return item_text(call->yaql, word, strlen(word));
    }
    struct str out = STR_INIT(call->yaql->arena);
    return item_write(call->yaql, &out, item, false) == 0 ? item_str(call->yaql, &out) : NULL;
}

static const struct item *join(struct yaql_call *call, const struct item *sequence,
                               const struct item *separator)
{
    struct str out = STR_INIT(call->yaql->arena);
    struct text between = text_of(separator);
    struct iterator *iterator = iterator_over(call->yaql, sequence);
    const struct item *item, *text;
    bool first = true;
    int more = iterator ? 1 : -1;
    while (more > 0 && (more = iterator_next(call->yaql, iterator, &item)) > 0) {
        if (!(text = call_function(call, "str", item, NULL)))
            return NULL;
        str_add_bytes(&out, between.at, first ? 0 : between.length);
        str_add_bytes(&out, text_of(text).at, text_of(text).length);
        first = false;
    }
    return more < 0 ? NULL : item_str(call->yaql, &out);
}

const struct item *yaql_join_strings(struct yaql_call *call)
{
    return join(call, call->args[0], call->args[1]);
}

const struct item *yaql_join_by(struct yaql_call *call)
{
    return join(call, call->args[1], call->args[0]);
}

const struct item *yaql_format(struct yaql_call *call)
{
    return text_format(call->yaql, text_of(call->args[0]), call->rest, call->rest_count, call->named);
}

const struct item *yaql_to_char_array(struct yaql_call *call)
{
    struct iterator *iterator = iterator_over(call->yaql, call->args[0]);
    return iterator ? iterator_collect(call->yaql, iterator, ITEM_TUPLE) : NULL;
}

/* In the order of the signature; NULL: Python 3 has no such set. */
static const char *const character_sets[] = {
    "0123456789",
    "0123456789abcdefABCDEF",
    "abcdefghijklmnopqrstuvwxyz",
    "ABCDEFGHIJKLMNOPQRSTUVWXYZ",
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ",
    NULL,
    "01234567",
    "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~",
    "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~ "
    "\t\n\r\v\f",
    NULL,
    NULL,
    " \t\n\r\v\f",
};

const struct item *yaql_characters(struct yaql_call *call)
{
    static const char *const missing[] = {[5] = "letters", [9] = "lowercase", [10] = "uppercase"};
    struct table *seen = table_new(call->yaql);
    const struct item **items = NULL;
    size_t count = 0;
    for (size_t i = 0; i < COUNT_OF(character_sets); i++) {
        const char *set = item_truth(call->args[i]) ? character_sets[i] : "";
        if (!set)
            return yaql_fail_null(call->yaql, "module 'string' has no attribute '%s'", missing[i]);
        for (; *set; set++) {
            const struct item *item = item_text(call->yaql, set, 1);
            if (table_set(call->yaql, seen, item, &item_null) != 0)
                return NULL;
            if (seen->count > count)
                items = items_append(call->yaql, items, count++, item);
        }
    }
    return item_list(call->yaql, ITEM_TUPLE, items, count);
}

/* ---- asking ---- */
const struct item *yaql_len_string(struct yaql_call *call)
{
    return int_item(call, text_count(text_of(call->args[0])));
}

const struct item *yaql_is_string(struct yaql_call *call)
{
    return item_bool(item_is_plain(call->args[0], VALUE_STRING));
}

const struct item *yaql_in_string(struct yaql_call *call)
{
    struct text part = text_of(call->args[0]), whole = text_of(call->args[1]);
    return item_bool(part.length == 0 || memmem(whole.at, whole.length, part.at, part.length));
}

static bool has_end(struct text text, struct text end, bool start)
{
    if (end.length > text.length)
        return false;
    return memcmp(start ? text.at : text.at + text.length - end.length, end.at, end.length) == 0;
}

static const struct item *ends(struct yaql_call *call, bool start)
{
    for (size_t i = 0; i < call->rest_count; i++)
        if (has_end(text_of(call->args[0]), text_of(call->rest[i]), start))
            return &item_true;
    return &item_false;
}

const struct item *yaql_starts_with(struct yaql_call *call)
{
    return ends(call, true);
}

const struct item *yaql_ends_with(struct yaql_call *call)
{
    return ends(call, false);
}

/* Where sub begins within text, in bytes; -1 when nowhere. */
static int64_t find(struct text text, struct text sub, bool last)
{
    int64_t found = -1;
    for (size_t at = 0; at + sub.length <= text.length; at++) {
        if ((at < text.length && ((unsigned char)text.at[at] & 0xC0) == 0x80) ||
            memcmp(text.at + at, sub.at, sub.length) != 0)
            continue;
        found = (int64_t)at;
        if (!last)
            break;
    }
    return found;
}

/* As Python's find(sub, start, end), in characters. */
static const struct item *position(struct yaql_call *call, bool last)
{
    struct text text = text_of(call->args[0]), sub = text_of(call->args[1]);
    int64_t count = (int64_t)text_count(text), start = item_integer(call->args[2]), end = count;
    if (item_is_given(call->args[3])) {
        int64_t length = item_integer(call->args[3]);
        start += start < 0 ? count : 0;
        if (__builtin_add_overflow(start, length < 0 ? count - start : length, &end))
            end = count;
    }
    start = start < 0 ? (start + count < 0 ? 0 : start + count) : start;
    end = end < 0 ? (end + count < 0 ? 0 : end + count) : end > count ? count : end;
    if (start > count || start > end || scope_spend(call->yaql->scope, text.length / 64 + 1) != 0)
        return call->yaql->ctx->error.fault ? NULL : item_int(call->yaql, -1);
    int64_t at = find(text_slice(text, start, end), sub, last);
    if (at < 0)
        return item_int(call->yaql, -1);
    return item_int(call->yaql, start + (int64_t)utf8_count(text_slice(text, start, end).at, (size_t)at));
}

const struct item *yaql_index_of_text(struct yaql_call *call)
{
    return position(call, false);
}

const struct item *yaql_last_index_of_text(struct yaql_call *call)
{
    return position(call, true);
}

/* ---- parts ---- */
const struct item *yaql_substring(struct yaql_call *call)
{
    struct text text = text_of(call->args[0]);
    int64_t count = (int64_t)text_count(text), start = item_integer(call->args[1]);
    int64_t length = item_integer(call->args[2]), end;
    length = length < 0 ? count : length;
    start += start < 0 ? count : 0;
    if (__builtin_add_overflow(start, length, &end))
        end = INT64_MAX;
    return text_item(call->yaql, text_slice(text, start, end));
}

const struct item *yaql_trim(struct yaql_call *call)
{
    return text_item(call->yaql, text_strip(text_of(call->args[0]), call->args[1], true, true));
}

const struct item *yaql_trim_left(struct yaql_call *call)
{
    return text_item(call->yaql, text_strip(text_of(call->args[0]), call->args[1], true, false));
}

const struct item *yaql_trim_right(struct yaql_call *call)
{
    return text_item(call->yaql, text_strip(text_of(call->args[0]), call->args[1], false, true));
}

const struct item *yaql_norm(struct yaql_call *call)
{
    if (item_is_null(call->args[0]))
        return &item_null;
    struct text text = text_strip(text_of(call->args[0]), call->args[1], true, true);
    return text.length ? text_item(call->yaql, text) : &item_null;
}

const struct item *yaql_is_empty(struct yaql_call *call)
{
    if (item_is_null(call->args[0]))
        return &item_true;
    struct text text = text_of(call->args[0]);
    if (item_truth(call->args[1]))
        text = text_strip(text, call->args[2], true, true);
    return item_bool(text.length == 0);
}

const struct item *yaql_to_upper(struct yaql_call *call)
{
    return text_case(call->yaql, text_of(call->args[0]), true);
}

const struct item *yaql_to_lower(struct yaql_call *call)
{
    return text_case(call->yaql, text_of(call->args[0]), false);
}

/* ---- splitting ---- Between separators from either end, at most so often; null: between runs of blanks. */
struct splitting {
    struct yaql_call *call;
    struct text left; /* what is not split yet */
    const struct item **parts;
    size_t count;
    bool right;
};

static void add_part(struct splitting *splitting, struct text part)
{
    struct yaql *yaql = splitting->call->yaql;
    splitting->parts = items_append(yaql, splitting->parts, splitting->count++, text_item(yaql, part));
}

/* Cuts size bytes off at byte at. */
static void cut(struct splitting *splitting, size_t at, size_t size)
{
    struct text *left = &splitting->left;
    struct text head = {left->at, at}, tail = {left->at + at + size, left->length - at - size};
    add_part(splitting, splitting->right ? tail : head);
    *left = splitting->right ? head : tail;
}

static void split_at_text(struct splitting *splitting, struct text separator, int64_t most)
{
    int64_t at;
    while (most-- != 0 && (at = find(splitting->left, separator, splitting->right)) >= 0)
        cut(splitting, (size_t)at, separator.length);
    add_part(splitting, splitting->left);
}

/* Bytes before the next blank (or, from the right, past the last one). */
static size_t blank(struct text text, bool right)
{
    size_t found = text.length, size;
    uint32_t code;
    for (size_t at = 0; (size = utf8_decode(text.at + at, text.length - at, &code)) > 0; at += size) {
        if (!text_is_space(code))
            continue;
        found = right ? at + size : at;
        if (!right)
            break;
    }
    return found;
}

static void split_at_blanks(struct splitting *splitting, int64_t most)
{
    bool right = splitting->right;
    struct text *left = &splitting->left;
    for (;;) {
        *left = text_strip(*left, &item_null, !right, right);
        size_t at = blank(*left, right);
        if (left->length == 0)
            return;
        if (most-- == 0 || at == left->length)
            break;
        cut(splitting, at, 0);
    }
    add_part(splitting, *left);
}

static const struct item *split(struct yaql_call *call, bool right)
{
    struct splitting splitting = {.call = call, .left = text_of(call->args[0]), .right = right};
    int64_t most = item_integer(call->args[2]);
    if (!item_is_null(call->args[1]) && text_of(call->args[1]).length == 0)
        return yaql_fail_null(call->yaql, "empty separator");
    if (item_is_null(call->args[1]))
        split_at_blanks(&splitting, most);
    else
        split_at_text(&splitting, text_of(call->args[1]), most);
    for (size_t i = 0; right && i < splitting.count / 2; i++) {
        const struct item *swap = splitting.parts[i];
        splitting.parts[i] = splitting.parts[splitting.count - 1 - i];
        splitting.parts[splitting.count - 1 - i] = swap;
    }
    return item_list(call->yaql, ITEM_LIST, splitting.parts, splitting.count);
}

const struct item *yaql_split(struct yaql_call *call)
{
    return split(call, false);
}

const struct item *yaql_right_split(struct yaql_call *call)
{
    return split(call, true);
}

/* ---- replacing ---- */
static void add_between(struct str *out, struct text text, struct text new_text, int64_t most)
{
    uint32_t code;
    size_t at = 0, size = 0;
    do {
        str_add_bytes(out, text.at + at - size, size);
        if (most-- != 0)
            str_add_bytes(out, new_text.at, new_text.length);
        else
            break;
        size = utf8_decode(text.at + at, text.length - at, &code);
        at += size;
    } while (size);
    str_add_bytes(out, text.at + at, text.length - at);
}

static const struct item *replace(struct yaql *yaql, struct text text, struct text old, struct text new_text,
                                  int64_t most)
{
    struct str out = STR_INIT(yaql->arena);
    const char *hit, *end = text.at + text.length;
    if (scope_spend(yaql->scope, text.length / 64 + 1) != 0)
        return NULL;
    if (old.length == 0) {
        add_between(&out, text, new_text, most);
        return item_str(yaql, &out);
    }
    while (most-- != 0 && (hit = memmem(text.at, (size_t)(end - text.at), old.at, old.length))) {
        str_add_bytes(&out, text.at, (size_t)(hit - text.at));
        str_add_bytes(&out, new_text.at, new_text.length);
        text.at = hit + old.length;
    }
    str_add_bytes(&out, text.at, (size_t)(end - text.at));
    return item_str(yaql, &out);
}

const struct item *yaql_replace_text(struct yaql_call *call)
{
    return replace(call->yaql, text_of(call->args[0]), text_of(call->args[1]), text_of(call->args[2]),
                   item_integer(call->args[3]));
}

const struct item *yaql_replace_texts(struct yaql_call *call)
{
    const struct item *text = call->args[0];
    const struct table *table = call->args[1]->table;
    for (size_t i = 0; text && i < table->count; i++) {
        const struct item *old = call_function(call, "str", table->entries[i].key, NULL);
        const struct item *new_text = old ? call_function(call, "str", table->entries[i].value, NULL) : NULL;
        if (!new_text)
            return NULL;
        text =
            replace(call->yaql, text_of(text), text_of(old), text_of(new_text), item_integer(call->args[2]));
        if (text && yaql_charge(call->yaql, text) != 0)
            return NULL;
    }
    return text;
}
