/* What is done with a thing that is there: updated, checked, suspended, resumed, taken over. Each of these calls says what
 * shall be, so that one that nobody answers for is made again. */
#include "resources/rest.h"

#include <string.h>

/* ---- updating: each call of "update" for what changed of its properties, in the order of the file ---- */
/* Map name -> true. */
static const struct value *changed_names(struct rest *rest)
{
    struct arena *arena = rest->ctx->arena;
    const struct value *before = rest->job->before, *after = rest->job->properties;
    struct value *names = value_map(arena);
    for (size_t i = 0; i < value_count(after); i++) {
        const struct value_entry *entry = &after->map.entries[i];
        const struct value *old = value_get(before, entry->key);
        if (value_is_null(old) != value_is_null(entry->value) ||
            (!value_is_null(old) && !value_equal(old, entry->value)))
            value_map_set(arena, names, entry->key, &value_true);
    }
    for (size_t i = 0; value_is(before, VALUE_MAP) && i < value_count(before); i++)
        if (!value_has(after, before->map.entries[i].key) && !value_is_null(before->map.entries[i].value))
            value_map_set(arena, names, before->map.entries[i].key, &value_true);
    return names;
}

/* Of those, what goes by this call. */
static const struct value *names_of(struct rest *rest, const struct value *call, const struct value *names)
{
    const struct value *own = value_get(call, "properties");
    struct value *some = value_map(rest->ctx->arena);
    for (size_t i = 0; own && i < value_count(own); i++)
        if (value_has(names, value_text(value_at(own, i))))
            value_map_set(rest->ctx->arena, some, value_text(value_at(own, i)), &value_true);
    return own ? some : names;
}

static enum step_result update_from(struct rest *rest, size_t index)
{
    const struct value *calls = rest_call(rest, "update"), *changed = changed_names(rest);
    for (size_t i = index; i < value_count(calls); i++) {
        const struct value *call = value_at(calls, i), *names = names_of(rest, call, changed);
        if (value_count(names) == 0)
            continue;
        rest_note_int(rest, "index", (int64_t)i);
        if (rest_ask(rest, call, rest_update_body(rest, call, names)) != 0)
            return STEP_FAILED;
        return rest_pause(rest, "update", 0);
    }
    return value_has(rest->job->progress, "index") ? rest_show(rest) : STEP_DONE;
}

static enum step_result update_again(struct rest *rest)
{
    return update_from(rest, (size_t)rest_number(rest->job->progress, "index", 0));
}

static enum step_result on_updated(struct rest *rest)
{
    switch (rest_outcome(rest)) {
    case REST_UNKNOWN:
        return update_again(rest);
    case REST_GOOD:
        rest_note_int(rest, "tries", 0);
        return update_from(rest, (size_t)rest_number(rest->job->progress, "index", 0) + 1);
    case REST_GONE:
    case REST_REFUSED:
        return rest_refused(rest);
    default:
        return rest_retry(rest, "again");
    }
}

static enum step_result begin_update(struct rest *rest)
{
    return update_from(rest, 0);
}

static const struct rest_stage update_stages[] = {
    {"begin", begin_update}, {"update", on_updated},  {"again", update_again},
    {"wait", rest_show},     {"show", rest_on_shown}, {NULL, NULL},
};

enum step_result rest_update(struct ctx *ctx, struct resource_job *job)
{
    return rest_run(ctx, job, update_stages);
}

/* ---- suspending and resuming ---- */
static const char *action_of(const struct rest *rest)
{
    return value_text(rest_noted(rest, "action"));
}

static enum step_result act(struct rest *rest)
{
    return rest_ask_then(rest, action_of(rest), "acted");
}

/* Perhaps the call before did it already, and doing it twice would be refused. */
static enum step_result on_looked(struct rest *rest)
{
    const struct value *object = rest_object(rest, rest_call(rest, "show"));
    bool there = rest_outcome(rest) == REST_GOOD && object && value_has(rest->file, "state");
    if (there && rest_state(rest, rest_call(rest, action_of(rest)), object) == REST_READY)
        return rest_settle(rest, object);
    return rest_outcome(rest) == REST_GONE ? rest_refused(rest) : act(rest);
}

static enum step_result look(struct rest *rest)
{
    return rest_ask_then(rest, "show", "looked");
}

static enum step_result on_acted(struct rest *rest)
{
    switch (rest_outcome(rest)) {
    case REST_UNKNOWN:
        return look(rest);
    case REST_GOOD:
        rest_note_int(rest, "tries", 0);
        return rest_show(rest);
    case REST_GONE:
    case REST_REFUSED:
        return rest_refused(rest);
    default:
        return rest_retry(rest, "look");
    }
}

static const struct rest_stage action_stages[] = {
    {"act", act},        {"acted", on_acted},     {"look", look}, {"looked", on_looked},
    {"wait", rest_show}, {"show", rest_on_shown}, {NULL, NULL},
};

static enum step_result do_action(struct ctx *ctx, struct resource_job *job, const char *name)
{
    struct rest rest = rest_open(ctx, job);
    if (!rest_call(&rest, name))
        return STEP_DONE;
    if (!job->progress)
        rest_note(&rest, "action", value_string(ctx->arena, name));
    return rest_run(ctx, job, action_stages);
}

enum step_result rest_suspend(struct ctx *ctx, struct resource_job *job)
{
    return do_action(ctx, job, "suspend");
}

enum step_result rest_resume(struct ctx *ctx, struct resource_job *job)
{
    return do_action(ctx, job, "resume");
}

/* ---- checking and taking over ---- */
static enum step_result on_checked(struct rest *rest)
{
    const struct value *object = rest_object(rest, rest_call(rest, "show"));
    switch (rest_outcome(rest)) {
    case REST_UNKNOWN:
        return rest_show(rest);
    case REST_GOOD:
        if (!object)
            return rest_refused(rest);
        rest_take_attributes(rest, object);
        if (rest_state(rest, NULL, object) != REST_READY) {
            rest_fail_state(rest, object);
            return STEP_FAILED;
        }
        return rest_compare(rest, object) == 0 ? STEP_DONE : STEP_FAILED;
    case REST_GONE:
    case REST_REFUSED:
        return rest_refused(rest);
    default:
        return rest_retry(rest, "wait");
    }
}

static const struct rest_stage check_stages[] = {
    {"begin", rest_show},
    {"wait", rest_show},
    {"show", on_checked},
    {NULL, NULL},
};

enum step_result rest_check(struct ctx *ctx, struct resource_job *job)
{
    if (!job->physical_id)
        return fail(ctx, FAULT_RESOURCE_ERROR, "there is nothing to check: it was never made"), STEP_FAILED;
    return rest_run(ctx, job, check_stages);
}

static const struct rest_stage adopt_stages[] = {
    {"begin", rest_show},
    {"wait", rest_show},
    {"show", rest_on_shown},
    {NULL, NULL},
};

enum step_result rest_adopt(struct ctx *ctx, struct resource_job *job)
{
    if (!job->progress)
        job->data = NULL; /* whoever exports and adopts has no say in what is in doubt */
    return rest_run(ctx, job, adopt_stages);
}
