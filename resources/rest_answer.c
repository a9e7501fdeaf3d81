/* Reads answers: the thing in them, its id, state and attributes; and what to say of a failure. */
#include "resources/rest.h"

#include <stdlib.h>
#include <string.h>

/* ---- places ---- */
static const struct value *member(const struct value *value, const char *part, size_t length)
{
    char name[256];
    size_t used = 0;
    for (size_t i = 0; i < length && used < sizeof(name) - 1; i++) {
        bool escaped = part[i] == '~' && i + 1 < length && (part[i + 1] == '0' || part[i + 1] == '1');
        name[used++] = !escaped ? part[i] : part[++i] == '0' ? '~' : '/';
    }
    name[used] = '\0';
    if (!value_is(value, VALUE_LIST))
        return value_get(value, name);
    bool digits = used > 0 && used < 9 && name[strspn(name, "0123456789")] == '\0';
    return digits ? value_at(value, (size_t)atoi(name)) : NULL;
}

const struct value *rest_at(const struct value *value, const char *pointer)
{
    while (value && pointer && *pointer) {
        size_t length = strcspn(pointer + 1, "/");
        value = member(value, pointer + 1, length);
        pointer += 1 + length;
    }
    return value;
}

/* ---- what came of a call ---- */
enum rest_outcome rest_outcome(const struct rest *rest)
{
    const struct service_answer *answer = rest->job->answer;
    enum { TOO_MANY_REQUESTS = 429 };
    if (!answer)
        return REST_UNKNOWN;
    if (answer->never_sent || answer->status == TOO_MANY_REQUESTS)
        return REST_UNSENT;
    if (answer->status == 0 || answer->status >= 500 || answer->status == 408)
        return REST_LOST;
    if (answer->status == 404 || answer->status == 410)
        return REST_GONE;
    return answer->status >= 200 && answer->status < 300 ? REST_GOOD : REST_REFUSED;
}

/* {"message": …}, {"error": {"message": …}}, {"NeutronError": {"message": …}}, {"error": "…"} … */
static const char *message_in(const struct value *body)
{
    static const char *const keys[] = {"message", "detail", "error", "faultstring", "title"};
    for (size_t i = 0; i < COUNT_OF(keys); i++)
        if (value_get_text(body, keys[i]))
            return value_get_text(body, keys[i]);
    for (size_t i = 0; value_is(body, VALUE_MAP) && i < value_count(body); i++)
        for (size_t k = 0; k < COUNT_OF(keys); k++)
            if (value_get_text(body->map.entries[i].value, keys[k]))
                return value_get_text(body->map.entries[i].value, keys[k]);
    return NULL;
}

const char *rest_reason(struct rest *rest)
{
    const struct service_answer *answer = rest->job->answer;
    struct str out = STR_INIT(rest->ctx->arena);
    const char *asked = value_text(rest_noted(rest, "asked"));
    str_printf(&out, "%s of %s: ", asked ? asked : "", value_get_text(rest->file, "service"));
    if (!answer)
        str_add(&out, "the engine that asked is gone");
    else if (answer->error)
        str_add(&out, answer->error);
    else
        str_printf(&out, "%d", answer->status);
    const char *message = answer ? message_in(answer->body) : NULL;
    if (!message && answer)
        message = answer->body ? value_to_json(rest->ctx->arena, answer->body) : answer->text;
    if (message && *message && !answer->error)
        str_printf(&out, ": %s", message);
    if (answer && answer->request_id)
        str_printf(&out, " (request %s)", answer->request_id);
    return out.data;
}

/* ---- the thing ---- */
const struct value *rest_object(const struct rest *rest, const struct value *call)
{
    const struct value *body = rest->job->answer ? rest->job->answer->body : NULL;
    const char *envelope = value_get_text(value_has(call, "envelope") ? call : rest->file, "envelope");
    if (envelope && *envelope)
        body = value_get(body, envelope);
    return value_is(body, VALUE_MAP) ? body : NULL;
}

const char *rest_id(const struct rest *rest, const struct value *object)
{
    const char *pointer = value_get_text(rest->file, "id");
    if (value_truth(value_get(rest_call(rest, "create"), "repeatable")))
        return rest->job->physical_name;
    const struct value *id = rest_at(object, pointer ? pointer : "/id");
    bool usable = value_is(id, VALUE_INT) || (value_text(id) && *value_text(id));
    return usable ? value_to_str(rest->ctx->arena, id) : NULL;
}

/* ---- its state ---- */
static bool is_listed(const struct value *list, const struct value *state)
{
    for (size_t i = 0; i < value_count(list); i++)
        if (value_equal(value_at(list, i), state))
            return true;
    return false;
}

static const struct value *state_value(const struct rest *rest, const struct value *object)
{
    const struct value *state = rest_at(object, value_get_text(value_get(rest->file, "state"), "path"));
    return state ? state : &value_null;
}

enum rest_state rest_state(const struct rest *rest, const struct value *call, const struct value *object)
{
    const struct value *states = value_get(rest->file, "state");
    if (!states)
        return REST_READY;
    const struct value *state = state_value(rest, object);
    if (is_listed(value_get(value_has(call, "ready") ? call : states, "ready"), state))
        return REST_READY;
    if (is_listed(value_get(states, "failed"), state))
        return REST_FAILED;
    if (is_listed(value_get(states, "gone"), state))
        return REST_STATE_GONE;
    return !value_has(states, "pending") || is_listed(value_get(states, "pending"), state) ? REST_PENDING
                                                                                           : REST_STRANGE;
}

void rest_fail_state(struct rest *rest, const struct value *object)
{
    struct arena *arena = rest->ctx->arena;
    const struct value *states = value_get(rest->file, "state");
    const struct value *why =
        value_has(states, "reason") ? rest_at(object, value_get_text(states, "reason")) : NULL;
    const char *reason = value_is_null(why) ? "Unknown" : value_to_str(arena, why);
    const char *state = value_to_str(arena, state_value(rest, object));
    if (is_listed(value_get(states, "failed"), state_value(rest, object)))
        (void)fail(rest->ctx, FAULT_RESOURCE_IN_ERROR, "Went to status %s due to \"%s\"", state, reason);
    else
        (void)fail(rest->ctx, FAULT_RESOURCE_UNKNOWN_STATUS, "%s - Unknown status %s due to \"%s\"",
                   rest->job->type->template_name, state, reason);
}

/* ---- finding ours ---- */
static bool is_marked(const struct rest *rest, const struct value *object)
{
    const struct value *marker = value_get(rest->file, "marker");
    struct value name = {.kind = VALUE_STRING};
    name.string.text = rest->job->physical_name;
    name.string.length = strlen(name.string.text);
    if (value_has(marker, "tag"))
        return is_listed(rest_at(object, value_get_text(marker, "tag")), &name);
    const struct value *field = rest_at(object, value_get_text(marker, "field"));
    return field && value_equal(field, &name);
}

static bool is_older(const struct rest *rest, const struct value *a, const struct value *b)
{
    const char *created = value_get_text(value_get(rest->file, "marker"), "created");
    if (!created)
        return false;
    const struct value *first = rest_at(a, created), *second = rest_at(b, created);
    if (value_is(first, VALUE_INT) && value_is(second, VALUE_INT))
        return first->integer < second->integer;
    return value_text(first) && value_text(second) && strcmp(value_text(first), value_text(second)) < 0;
}

const struct value *rest_hits(struct rest *rest)
{
    struct arena *arena = rest->ctx->arena;
    const struct value *find = rest_call(rest, "find");
    const struct value *list = rest_at(rest->job->answer->body, value_get_text(find, "list"));
    struct value *hits = value_list(arena);
    for (size_t i = 0; value_is(list, VALUE_LIST) && i < value_count(list); i++) {
        const struct value *object = value_at(list, i);
        if (!is_marked(rest, object) || !rest_id(rest, object) ||
            rest_state(rest, NULL, object) == REST_STATE_GONE)
            continue;
        value_list_add(arena, hits, object);
        size_t at = hits->list.count - 1;
        for (; at > 0 && is_older(rest, object, hits->list.items[at - 1]); at--)
            hits->list.items[at] = hits->list.items[at - 1];
        hits->list.items[at] = object;
    }
    return hits;
}

/* ---- attributes ---- */
void rest_take_attributes(struct rest *rest, const struct value *object)
{
    struct arena *arena = rest->ctx->arena;
    const struct value *declared = rest->job->type->attributes, *places = value_get(rest->file, "attributes");
    struct value *attributes = value_map(arena);
    for (size_t i = 0; i < value_count(declared); i++) {
        const char *name = declared->map.entries[i].key, *place = value_get_text(places, name);
        const struct value *value = place                       ? rest_at(object, place)
                                    : strcmp(name, "show") == 0 ? object
                                                                : value_get(object, name);
        value_map_set(arena, attributes, name, value ? value : &value_null);
    }
    rest->job->attributes = attributes;
}

/* ---- checking ---- */
int rest_compare(struct rest *rest, const struct value *object)
{
    struct arena *arena = rest->ctx->arena;
    const struct value *live = value_get(rest->file, "live");
    struct str differences = STR_INIT(arena);
    for (size_t i = 0; i < value_count(live); i++) {
        const char *name = live->map.entries[i].key;
        const struct value *wanted = value_get(rest->job->properties, name);
        const struct value *found = rest_at(object, value_text(live->map.entries[i].value));
        if (value_is_null(wanted) || (found && value_equal(wanted, found)))
            continue;
        str_printf(&differences, "%s'%s': expected '%s', got '%s'", differences.length ? "; " : "", name,
                   value_to_str(arena, wanted), found ? value_to_str(arena, found) : "None");
    }
    return differences.length ? fail(rest->ctx, FAULT_RESOURCE_ERROR, "%s", differences.data) : 0;
}
