/* What the driver's steps share: going from stage to stage, trying again, waiting for a state, and what is known of a
 * creation. */
#include "resources/rest.h"

#include <string.h>

enum { SECOND_US = 1000000 };

/* ---- the file ---- */
struct rest rest_open(struct ctx *ctx, struct resource_job *job)
{
    return (struct rest){ctx, job, value_get(job->type->definition, "rest"), job->physical_id};
}

const struct value *rest_call(const struct rest *rest, const char *name)
{
    return value_get(value_get(rest->file, "calls"), name);
}

int64_t rest_number(const struct value *map, const char *name, int64_t otherwise)
{
    const struct value *value = value_get(map, name);
    return value_is(value, VALUE_INT) ? value->integer : otherwise;
}

int64_t rest_time_us(const struct value *map, const char *name, double otherwise)
{
    const struct value *value = value_get(map, name);
    double seconds = value_is(value, VALUE_FLOAT) ? value->number
                     : value_is(value, VALUE_INT) ? (double)value->integer
                                                  : otherwise;
    return (int64_t)(seconds * SECOND_US);
}

/* ---- progress ---- */
static struct value *changeable(struct arena *arena, const struct value *map)
{
    return map ? value_copy(arena, map) : value_map(arena);
}

void rest_note(struct rest *rest, const char *name, const struct value *value)
{
    struct value *progress = changeable(rest->ctx->arena, rest->job->progress);
    value_map_set(rest->ctx->arena, progress, name, value);
    rest->job->progress = progress;
}

void rest_note_int(struct rest *rest, const char *name, int64_t value)
{
    rest_note(rest, name, value_int(rest->ctx->arena, value));
}

const struct value *rest_noted(const struct rest *rest, const char *name)
{
    return value_get(rest->job->progress, name);
}

static void go_to(struct rest *rest, const char *stage)
{
    rest_note(rest, "stage", value_string(rest->ctx->arena, stage));
}

enum step_result rest_run(struct ctx *ctx, struct resource_job *job, const struct rest_stage *stages)
{
    struct rest rest = rest_open(ctx, job);
    const char *name = value_text(rest_noted(&rest, "stage"));
    const struct rest_stage *stage = stages;
    while (name && stage->name && strcmp(stage->name, name) != 0)
        stage++;
    if (!stage->name) /* written by a program that knew more stages */
        stage = stages;
    return stage->enter(&rest);
}

void rest_tell(struct rest *rest, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    rest->job->tell = arena_vprintf(rest->ctx->arena, format, args);
    va_end(args);
}

/* ---- asking, pausing, trying again ---- */
enum step_result rest_ask_then(struct rest *rest, const char *call, const char *stage)
{
    if (rest_ask(rest, rest_call(rest, call), NULL) != 0)
        return STEP_FAILED;
    go_to(rest, stage);
    return STEP_WAIT;
}

enum step_result rest_pause(struct rest *rest, const char *stage, int64_t due_us)
{
    go_to(rest, stage);
    rest->job->due_us = due_us;
    return STEP_WAIT;
}

/* Half a second, twice as much each time up to half a minute; a quarter more or less, so that many that failed
 * together do not come again together. */
static int64_t back_off_us(const struct rest *rest, int64_t tries)
{
    int64_t wait_us = SECOND_US / 2;
    uint32_t mixed = (uint32_t)tries * 2654435761U;
    for (int64_t i = 1; i < tries && wait_us < 30 * (int64_t)SECOND_US; i++)
        wait_us *= 2;
    for (const char *c = rest->job->resource_id; c && *c; c++)
        mixed = (mixed ^ (uint32_t)(unsigned char)*c) * 16777619U;
    int64_t quarter = wait_us / 4;
    wait_us += (int64_t)(mixed >> 8) % (2 * quarter + 1) - quarter;
    int64_t asked_us = rest->job->answer ? rest->job->answer->retry_after_us : 0;
    return asked_us > wait_us ? asked_us : wait_us;
}

enum step_result rest_refused(struct rest *rest)
{
    (void)fail(rest->ctx, FAULT_RESOURCE_ERROR, "%s", rest_reason(rest));
    return STEP_FAILED;
}

enum step_result rest_retry(struct rest *rest, const char *stage)
{
    enum { ATTEMPTS = 8 };
    int64_t tries = rest_number(rest->job->progress, "tries", 0) + 1;
    int64_t most = rest_number(rest->file, "attempts", ATTEMPTS);
    if (tries >= most)
        return rest_refused(rest);
    if (rest->job->answer)
        rest_tell(rest, "attempt %lld of %lld failed: %s", (long long)tries, (long long)most,
                  rest_reason(rest));
    rest_note_int(rest, "tries", tries);
    return rest_pause(rest, stage, rest->job->now_us + back_off_us(rest, tries));
}

/* ---- waiting for a state ---- */
int64_t rest_next_look_us(const struct rest *rest, int64_t since_us)
{
    const struct value *poll = value_get(rest->file, "poll");
    int64_t every_us = rest_time_us(poll, "every", 1), most_us = rest_time_us(poll, "most", 30);
    int64_t wait_us = (rest->job->now_us - since_us) / 8; /* late by an eighth of the time it takes */
    wait_us = wait_us > most_us ? most_us : wait_us;
    return rest->job->now_us + (wait_us < every_us ? every_us : wait_us);
}

static bool is_at(const struct rest *rest, const char *stage)
{
    const char *name = value_text(rest_noted(rest, "stage"));
    return name && strcmp(name, stage) == 0;
}

/* Thousands that wait for their services must not write a row for each look. */
enum step_result rest_show(struct rest *rest)
{
    rest->job->passing = is_at(rest, "wait");
    return rest_ask_then(rest, "show", "show");
}

enum step_result rest_await(struct rest *rest)
{
    rest_note_int(rest, "since_us", rest->job->now_us);
    rest->id = rest->job->physical_id;
    return rest_show(rest);
}

static enum step_result wait_on(struct rest *rest)
{
    int64_t since_us = rest_number(rest->job->progress, "since_us", 0);
    rest->job->passing = since_us != 0 && is_at(rest, "show");
    if (since_us == 0)
        rest_note_int(rest, "since_us", since_us = rest->job->now_us);
    return rest_pause(rest, "wait", rest_next_look_us(rest, since_us));
}

/* The call of the action under way, whose own "ready" counts. */
static const struct value *current_call(const struct rest *rest)
{
    const char *name = value_text(rest_noted(rest, "action"));
    return name ? rest_call(rest, name) : NULL;
}

enum step_result rest_settle(struct rest *rest, const struct value *object)
{
    if (!object)
        return rest_await(rest);
    switch (rest_state(rest, current_call(rest), object)) {
    case REST_READY:
        rest_take_attributes(rest, object);
        return STEP_DONE;
    case REST_PENDING:
        return wait_on(rest);
    default:
        rest_fail_state(rest, object);
        return STEP_FAILED;
    }
}

/* What was made just now need not be seen at once. */
static bool may_still_appear(const struct rest *rest)
{
    int64_t since_us = rest_number(rest->job->progress, "since_us", 0);
    return rest->job->now_us < since_us + rest_time_us(rest->file, "visibility", 5);
}

enum step_result rest_on_shown(struct rest *rest)
{
    const struct value *object;
    switch (rest_outcome(rest)) {
    case REST_UNKNOWN:
        return rest_show(rest);
    case REST_GOOD:
        object = rest_object(rest, rest_call(rest, "show"));
        rest_note_int(rest, "tries", 0);
        return object ? rest_settle(rest, object) : rest_refused(rest);
    case REST_GONE:
        return may_still_appear(rest) ? wait_on(rest) : rest_refused(rest);
    case REST_REFUSED:
        return rest_refused(rest);
    default:
        return rest_retry(rest, "wait");
    }
}

/* ---- what is known of its creation ---- */
int64_t rest_sends(const struct rest *rest)
{
    return rest_number(rest->job->data, "sends", 0);
}

bool rest_doubtful(const struct rest *rest)
{
    return rest_sends(rest) > 0;
}

void rest_set_sent(struct rest *rest, int64_t sends, int64_t sent_us)
{
    struct value *data = changeable(rest->ctx->arena, rest->job->data);
    value_map_set(rest->ctx->arena, data, "sends", value_int(rest->ctx->arena, sends));
    value_map_set(rest->ctx->arena, data, "sent_us", value_int(rest->ctx->arena, sent_us));
    rest->job->data = data;
}

int64_t rest_visible_us(const struct rest *rest)
{
    return rest_number(rest->job->data, "sent_us", 0) + REST_BEGIN_WITHIN_US +
           rest_timeout_us(rest, rest_call(rest, "create")) + rest_time_us(rest->file, "visibility", 5);
}

enum step_result rest_find(struct rest *rest, const char *stage)
{
    return rest_ask_then(rest, "find", stage);
}

/* ---- ids to be deleted ---- */
void rest_note_ids(struct rest *rest, const struct value *hits, size_t from)
{
    struct value *ids = value_list(rest->ctx->arena);
    for (size_t i = from; i < value_count(hits); i++)
        value_list_add(rest->ctx->arena, ids,
                       value_string(rest->ctx->arena, rest_id(rest, value_at(hits, i))));
    rest_note(rest, "ids", ids);
}

const char *rest_next_id(const struct rest *rest)
{
    return value_text(value_at(rest_noted(rest, "ids"), 0));
}

void rest_drop_id(struct rest *rest)
{
    const struct value *before = rest_noted(rest, "ids");
    struct value *ids = value_list(rest->ctx->arena);
    for (size_t i = 1; i < value_count(before); i++)
        value_list_add(rest->ctx->arena, ids, value_at(before, i));
    rest_note(rest, "ids", ids);
}
