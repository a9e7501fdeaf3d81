/* Arguments of a request: reading, checking and turning them into parameters of statements. */
#include "handlers/arguments.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/str.h"
#include "base/utf8.h"
#include "base/uuid.h"

enum { TAG_LENGTH_MAX = 80 };

/* ---- the path ---- */

struct stack_key path_stack(const struct request *request)
{
    return (struct stack_key){.name = request->variables[PATH_STACK_NAME],
                              .id = request->variables[PATH_STACK_ID],
                              .expected = request_header(request, "If-Match")};
}

int fail_stack(struct ctx *ctx, const char *name)
{
    return fail(ctx, FAULT_ENTITY_NOT_FOUND, "The Stack (%s) could not be found.", name);
}

int fail_resource(struct ctx *ctx, const char *resource, const char *stack)
{
    return fail(ctx, FAULT_RESOURCE_NOT_FOUND, "The Resource (%s) could not be found in Stack %s.", resource,
                stack);
}

struct rows *stack_read_args(struct request *request, enum statement statement, const char *const *args,
                             size_t count)
{
    struct ctx *ctx = &request->ctx;
    struct stack_key key = path_stack(request);
    struct rows *rows = NULL;
    if (uuid_valid(key.id)) {
        rows = db_read_args(ctx, ctx->db, statement, args, count);
        if (!rows || rows_count(rows) > 0)
            return rows;
    }
    fail_stack(ctx, key.name);
    return NULL;
}

/* ---- booleans and numbers ---- */

int boolean_check(struct ctx *ctx, const char *name, const char *text)
{
    if (strcasecmp(text, "true") == 0)
        return 1;
    if (strcasecmp(text, "false") == 0)
        return 0;
    return fail(ctx, FAULT_BAD_REQUEST,
                "Unrecognized value \"%s\" for \"%s\", acceptable values are: true, false.", text, name);
}

int argument_boolean_strict(struct request *request, const char *name, bool fallback)
{
    const char *text = request_query(request, name);
    return text ? boolean_check(&request->ctx, name, text) : fallback;
}

int argument_boolean(struct request *request, const char *name, bool fallback)
{
    const char *text = request_query(request, name);
    return text && *text ? boolean_check(&request->ctx, name, text) : fallback;
}

/* An optional minus, then digits without a leading zero: what Python prints of an int. */
static bool integer_like(const char *text)
{
    const char *digits = text + (*text == '-');
    size_t count = strspn(digits, "0123456789");
    if (count == 0 || digits[count] != '\0')
        return false;
    if (*digits == '0')
        return count == 1 && digits == text;
    return true;
}

int integer_check(struct ctx *ctx, const char *name, const char *text)
{
    if (!integer_like(text))
        return fail(ctx, FAULT_BAD_REQUEST, "Only integer is acceptable by '%s'.", name);
    if (*text == '-')
        return fail(ctx, FAULT_BAD_REQUEST,
                    "Value '%s' is invalid for '%s' which only accepts non-negative integer.", text, name);
    return 0;
}

int64_t integer_of(const char *text, int64_t cap)
{
    errno = 0;
    long long number = strtoll(text, NULL, 10);
    return errno == ERANGE || number > cap ? cap : number;
}

int argument_integer(struct request *request, const char *name, const char **text)
{
    const char *given = request_query(request, name);
    if (!given || !*given)
        return 0;
    if (integer_check(&request->ctx, name, given) < 0)
        return -1;
    *text = arena_printf(request->ctx.arena, "%lld", (long long)integer_of(given, INT64_MAX));
    return 0;
}

/* ---- lists ---- */

void texts_add(struct arena *arena, struct texts *texts, const char *item)
{
    size_t size = sizeof *texts->items;
    texts->items = arena_grow(arena, texts->items, texts->count * size, (texts->count + 1) * size);
    texts->items[texts->count++] = item;
    texts->given = true;
}

bool texts_have(const struct texts *texts, const char *item)
{
    for (size_t i = 0; i < texts->count; i++)
        if (strcmp(texts->items[i], item) == 0)
            return true;
    return false;
}

static size_t query_occurrences(const struct request *request, const char *name)
{
    size_t count = 0;
    for (size_t i = 0; i < request->query_count; i++)
        count += strcmp(request->query[i].name, name) == 0;
    return count;
}

void argument_texts(struct request *request, const char *name, struct texts *texts)
{
    bool single = query_occurrences(request, name) == 1;
    for (size_t i = 0; i < request->query_count; i++) {
        const struct query_item *item = &request->query[i];
        if (strcmp(item->name, name) != 0 || (single && !*item->value))
            continue;
        texts_add(request->ctx.arena, texts, item->value);
    }
}

static void array_add(struct str *out, const char *item)
{
    str_add(out, out->length > 1 ? ",\"" : "\"");
    for (const char *c = item; *c; c++) {
        if (*c == '"' || *c == '\\')
            str_add_char(out, '\\');
        str_add_char(out, *c);
    }
    str_add_char(out, '"');
}

static const char *array_of(struct arena *arena, const struct texts *texts, bool (*wanted)(const char *))
{
    if (!texts->given)
        return NULL;
    struct str out = STR_INIT(arena);
    str_add_char(&out, '{');
    for (size_t i = 0; i < texts->count; i++)
        if (wanted(texts->items[i]))
            array_add(&out, texts->items[i]);
    str_add_char(&out, '}');
    return out.data;
}

static bool any_text(const char *text)
{
    return utf8_valid(text, strlen(text));
}

const char *texts_array(struct arena *arena, const struct texts *texts)
{
    return array_of(arena, texts, any_text);
}

const char *texts_uuid_array(struct arena *arena, const struct texts *texts)
{
    return array_of(arena, texts, uuid_valid);
}

int tags_split(struct ctx *ctx, const char *text, struct texts *tags)
{
    for (;;) {
        size_t length = strcspn(text, ",");
        const char *tag = arena_strndup(ctx->arena, text, length);
        if (utf8_count(tag, length) > TAG_LENGTH_MAX)
            return fail(ctx, FAULT_BAD_REQUEST, "Invalid tag, \"%s\" is longer than %d characters", tag,
                        TAG_LENGTH_MAX);
        texts_add(ctx->arena, tags, tag);
        if (text[length] == '\0')
            return 0;
        text += length + 1;
    }
}

int argument_tags(struct request *request, const char *name, struct texts *texts)
{
    const char *given = request_query(request, name);
    return given && *given ? tags_split(&request->ctx, given, texts) : 0;
}

/* ---- states ---- */

/* The last occurrence, as Python's rfind. */
static const char *find_last(const char *text, const char *part)
{
    const char *found = NULL;
    for (const char *at = strstr(text, part); at; at = strstr(at + 1, part))
        found = at;
    return found;
}

static void split_state(struct arena *arena, const char *state, struct texts *actions, struct texts *statuses)
{
    static const char *const known[] = {"COMPLETE", "FAILED", "IN_PROGRESS"};
    for (size_t i = 0; i < COUNT_OF(known); i++) {
        const char *status = find_last(state, known[i]);
        if (!status)
            continue;
        texts_add(arena, statuses, status);
        if (status - state > 1)
            texts_add(arena, actions, arena_strndup(arena, state, (size_t)(status - state) - 1));
        return;
    }
}

void texts_split_states(struct arena *arena, struct texts *actions, struct texts *statuses)
{
    struct texts split = {.given = statuses->given};
    for (size_t i = 0; i < statuses->count; i++)
        split_state(arena, statuses->items[i], actions, &split);
    *statuses = split;
}

/* ---- pages ---- */

const char *argument_marker(const struct request *request)
{
    const char *marker = request_query(request, "marker");
    return marker && uuid_valid(marker) ? marker : MARKER_NONE;
}

/* ---- order ---- */

int argument_order(struct request *request, bool fallback_descending, struct order *order)
{
    static const struct {
        const char *text;
        struct order order;
    } known[] = {
        {"asc", {false, false}},           {"desc", {true, true}},
        {"asc-nullsfirst", {false, true}}, {"asc-nullslast", {false, false}},
        {"desc-nullsfirst", {true, true}}, {"desc-nullslast", {true, false}},
    };
    const char *given = request_query(request, "sort_dir");
    if (!given || !*given)
        given = fallback_descending ? "desc" : "asc";
    for (size_t i = 0; i < COUNT_OF(known); i++) {
        if (strcmp(known[i].text, given) == 0) {
            *order = known[i].order;
            return 0;
        }
    }
    return fail(&request->ctx, FAULT_VALUE_ERROR,
                "Unknown sort direction, must be one of: asc, desc, asc-nullsfirst, asc-nullslast, "
                "desc-nullsfirst, desc-nullslast");
}
