/* Makes requests: properties → path, query and body, as the type's file maps them. */
#include "resources/rest.h"

#include <string.h>

/* ---- places in values ---- */
static const char *next_part(struct arena *arena, const char **pointer)
{
    struct str part = STR_INIT(arena);
    const char *at = *pointer + 1;
    for (; *at && *at != '/'; at++) {
        bool escaped = *at == '~' && (at[1] == '0' || at[1] == '1');
        str_add_char(&part, !escaped ? *at : at[1] == '0' ? '~' : '/');
        at += escaped;
    }
    *pointer = at;
    return part.data;
}

/* A copy of map with value at the pointer; tag: added to the list there instead. */
static const struct value *with(struct arena *arena, const struct value *map, const char *pointer,
                                const struct value *value, bool tag)
{
    if (!*pointer && !tag)
        return value;
    if (!*pointer) {
        struct value *list = value_is(map, VALUE_LIST) ? value_copy(arena, map) : value_list(arena);
        value_list_add(arena, list, value);
        return list;
    }
    struct value *changed = value_is(map, VALUE_MAP) ? value_copy(arena, map) : value_map(arena);
    const char *part = next_part(arena, &pointer);
    value_map_set(arena, changed, part, with(arena, value_get(changed, part), pointer, value, tag));
    return changed;
}

/* "name" or "/where/ever" */
static const struct value *put(struct arena *arena, const struct value *map, const char *field,
                               const struct value *value)
{
    if (*field == '/')
        return with(arena, map, field, value, false);
    struct value *changed = value_copy(arena, map);
    value_map_set(arena, changed, field, value);
    return changed;
}

static bool has(const struct value *map, const char *field)
{
    return *field == '/' ? rest_at(map, field) != NULL : value_has(map, field);
}

/* ---- {names} ---- */
static const struct value *named(const struct rest *rest, const char *name)
{
    const struct resource_job *job = rest->job;
    const struct {
        const char *name, *text;
    } own[] = {{"id", rest->id},
               {"physical_name", job->physical_name},
               {"stack_id", job->stack_id},
               {"stack_name", job->stack_name},
               {"resource_name", job->resource_name},
               {"tenant_id", job->tenant_id}};
    for (size_t i = 0; i < COUNT_OF(own); i++)
        if (strcmp(own[i].name, name) == 0)
            return own[i].text ? value_string(rest->ctx->arena, own[i].text) : NULL;
    const struct value *value = value_get(job->properties, name);
    return value_is_null(value) ? NULL : value;
}

static void add_encoded(struct str *out, const char *text)
{
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
    for (; *text; text++)
        if (strchr(plain, *text))
            str_add_char(out, *text);
        else
            str_printf(out, "%%%02X", (unsigned char)*text);
}

enum where { IN_TEXT, IN_QUERY, IN_PATH };

/* As a part of a path these would lead elsewhere, whatever they are encoded as. */
static bool leads_elsewhere(const char *text)
{
    return !*text || strcmp(text, ".") == 0 || strcmp(text, "..") == 0;
}

static int add_value(struct rest *rest, struct str *out, const char *text, enum where where)
{
    if (where == IN_PATH && leads_elsewhere(text))
        return fail(rest->ctx, FAULT_RESOURCE_ERROR, "'%s' cannot be part of a path", text);
    if (where == IN_TEXT)
        str_add(out, text);
    else
        add_encoded(out, text);
    return 0;
}

/* Text with {names} replaced; NULL: one has no value. */
static const char *fill(struct rest *rest, const char *text, enum where where)
{
    struct arena *arena = rest->ctx->arena;
    struct str out = STR_INIT(arena);
    while (*text) {
        const char *close = *text == '{' ? strchr(text, '}') : NULL;
        if (!close) {
            str_add_char(&out, *text++);
            continue;
        }
        const char *name = arena_strndup(arena, text + 1, (size_t)(close - text) - 1);
        const struct value *value = named(rest, name);
        if (!value)
            return fail_null(rest->ctx, FAULT_RESOURCE_ERROR, "{%s} has no value", name);
        if (add_value(rest, &out, value_to_str(arena, value), where) != 0)
            return NULL;
        text = close + 1;
    }
    return out.data;
}

static bool is_one_name(const char *text)
{
    return text[0] == '{' && strchr(text, '}') == text + strlen(text) - 1;
}

/* A body written out in the file, its texts filled; a text that is one name alone becomes its value, of whatever kind,
 * and is left out when there is none. */
static const struct value *fill_body(struct rest *rest, const struct value *value)
{
    struct arena *arena = rest->ctx->arena;
    struct value *made = value_is(value, VALUE_MAP) ? value_map(arena) : value_list(arena);
    if (value_is(value, VALUE_STRING)) {
        const char *text = value_text(value);
        if (is_one_name(text))
            return named(rest, arena_strndup(arena, text + 1, strlen(text) - 2));
        const char *filled = fill(rest, text, IN_TEXT);
        return filled ? value_string(arena, filled) : NULL;
    }
    for (size_t i = 0; value_is(value, VALUE_MAP) && i < value_count(value); i++) {
        const struct value *item = fill_body(rest, value->map.entries[i].value);
        if (item)
            value_map_set(arena, made, value->map.entries[i].key, item);
    }
    for (size_t i = 0; value_is(value, VALUE_LIST) && i < value_count(value); i++) {
        const struct value *item = fill_body(rest, value_at(value, i));
        if (item)
            value_list_add(arena, made, item);
    }
    return value_is(value, VALUE_MAP) || value_is(value, VALUE_LIST) ? made : value;
}

/* ---- bodies from properties ---- */
static bool is_among(const struct value *list, const char *text)
{
    for (size_t i = 0; i < value_count(list); i++) {
        const char *item = value_text(value_at(list, i));
        if (item && strcmp(item, text) == 0)
            return true;
    }
    return false;
}

/* place: "" for the properties themselves, "rules" and then a star for each of a list of maps. What is null is left out. */
static const struct value *map_value(struct rest *rest, const struct value *value, const char *place)
{
    struct arena *arena = rest->ctx->arena;
    const struct value *mapping = value_get(rest->file, "body"), *rename = value_get(mapping, "rename"),
                       *omit = value_get(mapping, "omit");
    const char *joint = *place ? "/" : "";
    if (value_is(value, VALUE_LIST)) {
        struct value *list = value_list(arena);
        for (size_t i = 0; i < value_count(value); i++)
            value_list_add(arena, list,
                           map_value(rest, value_at(value, i), arena_printf(arena, "%s/*", place)));
        return list;
    }
    if (!value_is(value, VALUE_MAP))
        return value;
    const struct value *map = value_map(arena);
    for (size_t i = 0; i < value_count(value); i++) {
        const struct value_entry *entry = &value->map.entries[i];
        const char *at = arena_printf(arena, "%s%s%s", place, joint, entry->key);
        const char *field = value_get_text(rename, at);
        if (!value_is_null(entry->value) && !is_among(omit, at))
            map = put(arena, map, field ? field : entry->key, map_value(rest, entry->value, at));
    }
    return map;
}

static const struct value *merge(struct rest *rest, const struct value *body, const struct value *extra)
{
    for (size_t i = 0; value_is(extra, VALUE_MAP) && i < value_count(extra); i++)
        body = put(rest->ctx->arena, body, extra->map.entries[i].key, extra->map.entries[i].value);
    return body;
}

/* Properties with those apart whose maps go into the body itself. */
static const struct value *map_properties(struct rest *rest, const struct value *properties)
{
    const struct value *merged = value_get(value_get(rest->file, "body"), "merge");
    struct value *plain = value_map(rest->ctx->arena);
    for (size_t i = 0; i < value_count(properties); i++)
        if (!is_among(merged, properties->map.entries[i].key))
            value_map_set(rest->ctx->arena, plain, properties->map.entries[i].key,
                          properties->map.entries[i].value);
    const struct value *body = map_value(rest, plain, "");
    for (size_t i = 0; i < value_count(merged); i++)
        body = merge(rest, body, value_get(properties, value_text(value_at(merged, i))));
    return body;
}

static const struct value *envelop(struct rest *rest, const struct value *call, const struct value *body)
{
    const char *envelope = value_get_text(value_has(call, "envelope") ? call : rest->file, "envelope");
    if (!envelope || !*envelope)
        return body;
    struct value *map = value_map(rest->ctx->arena);
    value_map_set(rest->ctx->arena, map, envelope, body);
    return map;
}

const struct value *rest_create_body(struct rest *rest, const struct value *call)
{
    struct arena *arena = rest->ctx->arena;
    const struct value *mapping = value_get(rest->file, "body"), *marker = value_get(rest->file, "marker");
    const struct value *defaults = value_get(mapping, "defaults");
    const struct value *name = value_string(arena, rest->job->physical_name);
    const struct value *body = map_properties(rest, rest->job->properties);
    for (size_t i = 0; i < value_count(defaults); i++)
        if (!has(body, defaults->map.entries[i].key))
            body = put(arena, body, defaults->map.entries[i].key, defaults->map.entries[i].value);
    const char *field = value_get_text(mapping, "physical_name");
    if (field && !has(body, field))
        body = put(arena, body, field, name);
    if (value_has(marker, "field"))
        body = with(arena, body, value_get_text(marker, "field"), name, false);
    if (value_has(marker, "tag"))
        body = with(arena, body, value_get_text(marker, "tag"), name, true);
    return envelop(rest, call, body);
}

/* What is not given any more is null in the body. */
static const struct value *with_nulls(struct rest *rest, const struct value *body, const struct value *names)
{
    const struct value *mapping = value_get(rest->file, "body"), *rename = value_get(mapping, "rename");
    for (size_t i = 0; i < value_count(names); i++) {
        const char *name = names->map.entries[i].key, *field = value_get_text(rename, name);
        if (value_is_null(value_get(rest->job->properties, name)) &&
            !is_among(value_get(mapping, "merge"), name) && !is_among(value_get(mapping, "omit"), name))
            body = put(rest->ctx->arena, body, field ? field : name, &value_null);
    }
    return body;
}

const struct value *rest_update_body(struct rest *rest, const struct value *call, const struct value *names)
{
    const struct value *properties = rest->job->properties;
    const char *send = value_get_text(call, "send");
    if (send && strcmp(send, "all") == 0)
        return rest_create_body(rest, call);
    struct value *some = value_map(rest->ctx->arena);
    for (size_t i = 0; i < value_count(names); i++)
        value_map_set(rest->ctx->arena, some, names->map.entries[i].key,
                      value_get(properties, names->map.entries[i].key)
                          ? value_get(properties, names->map.entries[i].key)
                          : &value_null);
    return envelop(rest, call, with_nulls(rest, map_properties(rest, some), names));
}

/* ---- the request ---- */
static const char *fill_path(struct rest *rest, const struct value *call)
{
    const char *path = fill(rest, value_get_text(call, "path"), IN_PATH);
    const struct value *query = value_get(call, "query");
    struct str out = STR_INIT(rest->ctx->arena);
    if (!path)
        return NULL;
    str_add(&out, path);
    for (size_t i = 0; i < value_count(query); i++) {
        const char *value = fill(rest, value_to_str(rest->ctx->arena, query->map.entries[i].value), IN_QUERY);
        if (!value)
            return NULL;
        str_add_char(&out, i == 0 ? '?' : '&');
        add_encoded(&out, query->map.entries[i].key);
        str_add_char(&out, '=');
        str_add(&out, value);
    }
    return out.data;
}

static const char *const *fill_headers(struct rest *rest, const struct value *call)
{
    const struct value *headers = value_get(call, "headers");
    const char **list = arena_array(rest->ctx->arena, const char *, value_count(headers) + 1);
    for (size_t i = 0; i < value_count(headers); i++) {
        const char *text = fill(rest, value_text(headers->map.entries[i].value), IN_TEXT);
        if (!text)
            return NULL;
        if (text[strcspn(text, "\r\n")])
            return fail_null(rest->ctx, FAULT_RESOURCE_ERROR, "a header may not have more than one line");
        list[i] = arena_printf(rest->ctx->arena, "%s: %s", headers->map.entries[i].key, text);
    }
    return list;
}

int64_t rest_timeout_us(const struct rest *rest, const struct value *call)
{
    enum { TIMEOUT_SECONDS = 30 };
    return rest_time_us(value_has(call, "timeout") ? call : rest->file, "timeout", TIMEOUT_SECONDS);
}

int rest_ask(struct rest *rest, const struct value *call, const struct value *body)
{
    struct service_request *request = arena_new(rest->ctx->arena, struct service_request);
    const char *method = value_get_text(call, "method");
    bool creates = call == rest_call(rest, "create");
    *request = (struct service_request){
        .service = value_get_text(rest->file, "service"),
        .method = method ? method : "GET",
        .path = fill_path(rest, call),
        .headers = fill_headers(rest, call),
        .body = value_has(call, "body") ? fill_body(rest, value_get(call, "body")) : body,
        .timeout_ms = rest_timeout_us(rest, call) / 1000,
        .until_us = creates ? rest->job->now_us + REST_BEGIN_WITHIN_US : 0,
        .once = creates && !value_truth(value_get(call, "repeatable")),
    };
    if (rest->ctx->error.fault != FAULT_NONE)
        return -1;
    rest->job->request = request;
    rest_note(rest, "asked", value_printf(rest->ctx->arena, "%s %s", request->method, request->path));
    return 0;
}
