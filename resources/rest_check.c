/* Whether the "rest" of a type's file says what it may say: a closed set, each field in one table.
 *
 * To add a field: a row here, its meaning in the driver, its row in docs/resource-types.md. */
#include <string.h>

#include "resources/rest.h"

enum kind {
    TEXT,    /* not empty */
    POINTER, /* JSON pointer: empty, or beginning with a slash */
    FIELD,   /* the same, or a plain name */
    PATH,    /* begins with a slash, may have {names} */
    SECONDS, /* a number from 0 */
    COUNT,   /* a whole number from 1 */
    BOOLEAN,
    ANY,
    METHOD,
    SEND,    /* changed or all */
    LIST,    /* of anything, not empty */
    NAMES,   /* a list of names of properties */
    PLACES,  /* a list of texts */
    TEXTS,   /* map name -> text */
    LIVE,    /* map name of a property -> JSON pointer */
    SOURCES, /* map name of an attribute -> JSON pointer */
    VALUES,  /* map name -> anything */
};

struct field {
    const char *name;
    enum kind kind;
    bool required;
};

#define FIELDS(...)                                                                                          \
    (const struct field[])                                                                                   \
    {                                                                                                        \
        __VA_ARGS__,                                                                                         \
        {                                                                                                    \
            NULL, ANY, false                                                                                 \
        }                                                                                                    \
    }

struct check {
    struct ctx *ctx;
    const struct value *definition;
    const char *mistake; /* the first; NULL: none yet */
};

static void complain(struct check *check, const char *place, const char *name, const char *what)
{
    if (!check->mistake)
        check->mistake =
            arena_printf(check->ctx->arena, "rest%s%s%s: %s", place, *name ? "." : "", name, what);
}

/* ---- kinds of values ---- */
static bool begins_with_slash(const struct value *value)
{
    return value_text(value) && value_text(value)[0] == '/';
}

static bool is_pointer(const struct value *value)
{
    return value_text(value) && (!*value_text(value) || begins_with_slash(value));
}

static bool is_seconds(const struct value *value)
{
    return (value_is(value, VALUE_INT) && value->integer >= 0 && value->integer < 1000000) ||
           (value_is(value, VALUE_FLOAT) && value->number >= 0 && value->number < 1e6);
}

static bool is_method(const char *text)
{
    static const char *const methods[] = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"};
    for (size_t i = 0; text && i < COUNT_OF(methods); i++)
        if (strcmp(methods[i], text) == 0)
            return true;
    return false;
}

/* Every item of a list or map. */
static bool all(const struct value *value, enum value_kind kind, bool (*holds)(const struct value *item))
{
    if (!value_is(value, kind))
        return false;
    for (size_t i = 0; i < value_count(value); i++)
        if (!holds(kind == VALUE_LIST ? value_at(value, i) : value->map.entries[i].value))
            return false;
    return true;
}

static bool is_text(const struct value *value)
{
    return value_text(value) && *value_text(value);
}

static bool has_property(const struct check *check, const char *name)
{
    return name && (value_has(value_get(check->definition, "properties"), name) ||
                    value_has(value_get(check->definition, "hidden_properties"), name));
}

static bool are_properties(const struct check *check, const struct value *names)
{
    if (!value_is(names, VALUE_LIST))
        return false;
    for (size_t i = 0; i < value_count(names); i++)
        if (!has_property(check, value_text(value_at(names, i))))
            return false;
    return true;
}

static bool are_pointers_of(const struct check *check, const struct value *map, bool of_attributes)
{
    const struct value *attributes = value_get(check->definition, "attributes");
    if (!all(map, VALUE_MAP, is_pointer))
        return false;
    for (size_t i = 0; i < value_count(map); i++) {
        const char *name = map->map.entries[i].key;
        if (of_attributes ? !value_has(attributes, name) : !has_property(check, name))
            return false;
    }
    return true;
}

/* NULL: it is of that kind. */
static const char *kind_mistake(const struct check *check, enum kind kind, const struct value *value)
{
    const char *text = value_text(value);
    switch (kind) {
    case TEXT:
    case FIELD:
        return is_text(value) ? NULL : "must be a text";
    case POINTER:
        return is_pointer(value) ? NULL : "must be a JSON pointer, as /status";
    case PATH:
        return begins_with_slash(value) ? NULL : "must be a path that begins with /";
    case SECONDS:
        return is_seconds(value) ? NULL : "must be a number of seconds";
    case COUNT:
        return value_is(value, VALUE_INT) && value->integer >= 1 ? NULL : "must be a whole number from 1";
    case BOOLEAN:
        return value_is(value, VALUE_BOOL) ? NULL : "must be true or false";
    case METHOD:
        return is_method(text) ? NULL : "must be GET, HEAD, POST, PUT, PATCH or DELETE";
    case SEND:
        return text && (!strcmp(text, "changed") || !strcmp(text, "all")) ? NULL : "must be changed or all";
    case LIST:
        return value_is(value, VALUE_LIST) && value_count(value) ? NULL : "must be a list, not empty";
    case NAMES:
        return are_properties(check, value) ? NULL : "must be a list of names of properties";
    case PLACES:
        return all(value, VALUE_LIST, is_text) ? NULL : "must be a list of texts";
    case TEXTS:
        return all(value, VALUE_MAP, is_text) ? NULL : "must be a map of texts";
    case LIVE:
        return are_pointers_of(check, value, false) ? NULL : "must be a map from properties to JSON pointers";
    case SOURCES:
        return are_pointers_of(check, value, true) ? NULL : "must be a map from attributes to JSON pointers";
    case VALUES:
        return value_is(value, VALUE_MAP) ? NULL : "must be a map";
    case ANY:
        break;
    }
    return NULL;
}

/* ---- maps of fields ---- */
static const struct field *find_field(const struct field *fields, const char *name)
{
    while (fields->name && strcmp(fields->name, name) != 0)
        fields++;
    return fields->name ? fields : NULL;
}

static void check_map(struct check *check, const char *place, const struct value *map,
                      const struct field *fields)
{
    if (!value_is(map, VALUE_MAP)) {
        complain(check, place, "", "must be a map");
        return;
    }
    for (size_t i = 0; i < value_count(map); i++) {
        const struct value_entry *entry = &map->map.entries[i];
        const struct field *field = find_field(fields, entry->key);
        const char *what = field ? kind_mistake(check, field->kind, entry->value) : "there is no such field";
        if (what)
            complain(check, place, entry->key, what);
    }
    for (; fields->name; fields++)
        if (fields->required && !value_has(map, fields->name))
            complain(check, place, fields->name, "is missing");
}

#define COMMON                                                                                               \
    {"path", PATH, true}, {"query", VALUES, false}, {"headers", TEXTS, false}, {"timeout", SECONDS, false},  \
    {                                                                                                        \
        "envelope", ANY, false                                                                               \
    }

static const struct field *call_fields(const char *name)
{
    static const struct {
        const char *name;
        struct field fields[9]; /* the last one has no name */
    } calls[] = {
        {"create", {COMMON, {"method", METHOD, true}, {"repeatable", BOOLEAN, false}}},
        {"show", {COMMON}},
        {"find", {COMMON, {"list", POINTER, false}}},
        {"delete", {COMMON, {"method", METHOD, true}, {"body", ANY, false}}},
        {"suspend", {COMMON, {"method", METHOD, true}, {"body", ANY, false}, {"ready", LIST, false}}},
        {"resume", {COMMON, {"method", METHOD, true}, {"body", ANY, false}, {"ready", LIST, false}}},
    };
    for (size_t i = 0; i < COUNT_OF(calls); i++)
        if (strcmp(calls[i].name, name) == 0)
            return calls[i].fields;
    return NULL;
}

/* ---- the calls ---- */
static void check_updates(struct check *check, const struct value *updates)
{
    if (!value_is(updates, VALUE_LIST) || value_count(updates) == 0)
        complain(check, ".calls.update", "", "must be a list of calls");
    for (size_t i = 0; i < value_count(updates) && value_is(updates, VALUE_LIST); i++)
        check_map(check, arena_printf(check->ctx->arena, ".calls.update[%zu]", i), value_at(updates, i),
                  FIELDS(COMMON, {"method", METHOD, true}, {"body", ANY, false}, {"properties", NAMES, false},
                         {"send", SEND, false}));
}

static void check_calls(struct check *check, const struct value *calls)
{
    static const char *const needed[] = {"create", "show", "delete"};
    for (size_t i = 0; value_is(calls, VALUE_MAP) && i < value_count(calls); i++) {
        const struct value_entry *entry = &calls->map.entries[i];
        const struct field *fields = call_fields(entry->key);
        if (strcmp(entry->key, "update") == 0)
            check_updates(check, entry->value);
        else if (fields)
            check_map(check, arena_printf(check->ctx->arena, ".calls.%s", entry->key), entry->value, fields);
        else
            complain(check, ".calls", entry->key, "there is no such call");
    }
    for (size_t i = 0; i < COUNT_OF(needed); i++)
        if (!value_has(calls, needed[i]))
            complain(check, ".calls", needed[i], "is missing");
}

/* ---- what belongs together ---- */
static bool goes_by_a_call(const struct value *updates, const char *property)
{
    for (size_t i = 0; i < value_count(updates); i++) {
        const struct value *names = value_get(value_at(updates, i), "properties");
        if (!names)
            return true;
        for (size_t k = 0; k < value_count(names); k++)
            if (strcmp(value_text(value_at(names, k)), property) == 0)
                return true;
    }
    return false;
}

static void check_updatable(struct check *check, const struct value *rest)
{
    const struct value *properties = value_get(check->definition, "properties");
    const struct value *updates = value_get(value_get(rest, "calls"), "update");
    for (size_t i = 0; i < value_count(properties) && !check->mistake; i++) {
        const struct value_entry *entry = &properties->map.entries[i];
        if (value_truth(value_get(entry->value, "update_allowed")) && !goes_by_a_call(updates, entry->key))
            complain(check, ".calls.update", "",
                     arena_printf(check->ctx->arena,
                                  "no call takes the property %s, which update_allowed says can be",
                                  entry->key));
    }
}

/* A marker that a property overwrites would mark nothing. */
static bool is_overwritten(const struct check *check, const struct value *rest, const char *pointer)
{
    const struct value *properties = value_get(check->definition, "properties");
    const struct value *rename = value_get(value_get(rest, "body"), "rename");
    size_t length = strcspn(pointer + 1, "/");
    for (size_t i = 0; i < value_count(properties); i++) {
        const char *name = properties->map.entries[i].key, *field = value_get_text(rename, name);
        if (field && *field == '/')
            field++;
        else if (!field)
            field = name;
        bool whole = pointer[1 + length] == '\0';
        if (whole && strncmp(field, pointer + 1, length) == 0 && field[length] == '\0')
            return true;
    }
    return false;
}

static void check_marker(struct check *check, const struct value *rest)
{
    const struct value *calls = value_get(rest, "calls"), *marker = value_get(rest, "marker");
    bool repeatable = value_truth(value_get(value_get(calls, "create"), "repeatable"));
    const char *field = value_get_text(marker, "field"),
               *path = value_get_text(value_get(calls, "create"), "path");
    if (repeatable && (!path || !strstr(path, "{physical_name}")))
        complain(check, ".calls.create", "path", "of a repeatable creation must have {physical_name} in it");
    if (repeatable)
        return;
    if (!marker || !value_has(calls, "find"))
        complain(
            check, "", "",
            "needs \"marker\" and \"calls.find\", or a \"calls.create\" that is repeatable: a creation that "
            "nobody answers for could not be found again");
    else if (!value_has(marker, "field") == !value_has(marker, "tag"))
        complain(check, ".marker", "", "must have either \"field\" or \"tag\"");
    else if (field && (!*field || is_overwritten(check, rest, field)))
        complain(check, ".marker", "field", "must be a place that no property goes to");
}

static void check_part(struct check *check, const struct value *rest, const char *name,
                       const struct field *fields)
{
    if (value_has(rest, name))
        check_map(check, arena_printf(check->ctx->arena, ".%s", name), value_get(rest, name), fields);
}

const char *rest_mistake(struct ctx *ctx, const struct value *definition)
{
    struct check check = {.ctx = ctx, .definition = definition};
    const struct value *rest = value_get(definition, "rest");
    check_map(&check, "", rest,
              FIELDS({"service", TEXT, true}, {"envelope", TEXT, false}, {"timeout", SECONDS, false},
                     {"visibility", SECONDS, false}, {"attempts", COUNT, false}, {"calls", VALUES, true},
                     {"body", VALUES, false}, {"id", POINTER, false}, {"marker", VALUES, false},
                     {"state", VALUES, false}, {"poll", VALUES, false}, {"attributes", SOURCES, false},
                     {"live", LIVE, false}));
    check_calls(&check, value_get(rest, "calls"));
    check_part(&check, rest, "body",
               FIELDS({"rename", TEXTS, false}, {"omit", PLACES, false}, {"defaults", VALUES, false},
                      {"merge", NAMES, false}, {"physical_name", FIELD, false}));
    check_part(&check, rest, "marker",
               FIELDS({"field", POINTER, false}, {"tag", POINTER, false}, {"created", POINTER, false}));
    check_part(&check, rest, "state",
               FIELDS({"path", POINTER, true}, {"ready", LIST, true}, {"failed", LIST, false},
                      {"pending", LIST, false}, {"gone", LIST, false}, {"reason", POINTER, false}));
    check_part(&check, rest, "poll", FIELDS({"every", SECONDS, false}, {"most", SECONDS, false}));
    if (!check.mistake)
        check_marker(&check, rest);
    if (!check.mistake)
        check_updatable(&check, rest);
    return check.mistake;
}
