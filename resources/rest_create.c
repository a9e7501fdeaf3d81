/* Making a thing in a service, once.
 *
 *   begin ─> POST ─┬─ 2xx with an id ──────────────────────────────> wait until it is ready ─> done
 *             ^    ├─ 4xx ─> failed: nothing was made
 *             │    ├─ never sent, 429 ─> pause, POST again: nothing was made
 *             │    └─ 5xx, no answer, taken over: nobody knows
 *             │                v
 *             │    find by marker ─┬─ one ──> it is ours ──────────> wait until it is ready ─> done
 *             │        ^           ├─ several ─> the oldest is ours, the others are deleted ─> …
 *             │        │           └─ none ─┐
 *             │        └── pause <── not yet sure
 *             └─────────────────── sure by now: nothing was made
 *
 * The marker is the physical name, the same in each attempt and in no other resource. It is sure that nothing was made
 * when "visibility" has passed since the answer failed; or, after a takeover, since the last moment at which the engine
 * before may have been waiting for its answer. A service that makes things even later than that can defeat the first
 * look, but not the last: a resource whose creation was ever sent twice is looked for once more when it is deleted
 * (rest_remove.c).
 *
 * How often a POST went out that may have counted, and when the last one did, is in the private data ("sends",
 * "sent_us"), stored before each goes out: they outlive the step, when a deletion cuts it short. (Rejected: to ask first
 * and note after. What a crash between the two made nobody would know of.) */
#include "resources/rest.h"

static enum step_result send_create(struct rest *rest)
{
    const struct value *call = rest_call(rest, "create");
    if (rest_ask(rest, call, rest_create_body(rest, call)) != 0)
        return STEP_FAILED;
    rest_set_sent(rest, rest_sends(rest) + 1, rest->job->now_us);
    return rest_pause(rest, "create", 0);
}

/* The last one did not count. */
static void take_back(struct rest *rest)
{
    rest_set_sent(rest, rest_sends(rest) - 1, rest_number(rest->job->data, "sent_us", 0));
}

static enum step_result look(struct rest *rest)
{
    return rest_find(rest, "look");
}

static enum step_result begin_looking(struct rest *rest, enum rest_outcome outcome)
{
    int64_t visible_us = rest->job->now_us + rest_time_us(rest->file, "visibility", 5);
    if (outcome == REST_UNKNOWN && rest_visible_us(rest) > visible_us)
        visible_us = rest_visible_us(rest);
    rest_tell(rest, "it is not known whether it was made (%s): looking for %s", rest_reason(rest),
              rest->job->physical_name);
    rest_note_int(rest, "visible_us", visible_us);
    rest_note_int(rest, "since_us", rest->job->now_us);
    return look(rest);
}

static enum step_result made(struct rest *rest, const char *id, const struct value *object)
{
    rest->job->physical_id = rest->id = id;
    if (rest_sends(rest) == 1)
        rest_set_sent(rest, 0, 0);
    rest_note_int(rest, "since_us", rest->job->now_us);
    return rest_settle(rest, object);
}

static enum step_result refused(struct rest *rest)
{
    enum { CONFLICT = 409 };
    bool maybe_ours = rest_sends(rest) > 1 && rest->job->answer->status == CONFLICT;
    take_back(rest);
    return maybe_ours && rest_call(rest, "find") ? begin_looking(rest, REST_REFUSED) : rest_refused(rest);
}

static enum step_result on_created(struct rest *rest)
{
    const struct value *call = rest_call(rest, "create");
    const struct value *object = rest_object(rest, call);
    enum rest_outcome outcome = rest_outcome(rest);
    switch (outcome) {
    case REST_UNSENT:
        take_back(rest);
        return rest_retry(rest, "again");
    case REST_GONE:
    case REST_REFUSED:
        return refused(rest);
    case REST_GOOD:
        if (rest_id(rest, object))
            return made(rest, rest_id(rest, object), object);
        break;
    default:
        break;
    }
    return value_truth(value_get(call, "repeatable")) ? rest_retry(rest, "again")
                                                      : begin_looking(rest, outcome);
}

/* ---- after a look ---- */
static enum step_result prune(struct rest *rest)
{
    rest->id = rest_next_id(rest);
    return rest->id ? rest_ask_then(rest, "delete", "prune") : rest_await(rest);
}

static enum step_result on_pruned(struct rest *rest)
{
    enum rest_outcome outcome = rest_outcome(rest);
    if (outcome == REST_REFUSED)
        return rest_refused(rest);
    if (outcome == REST_LOST || outcome == REST_UNSENT)
        return rest_retry(rest, "prune again");
    if (outcome != REST_UNKNOWN)
        rest_drop_id(rest);
    return prune(rest);
}

static enum step_result adopt_oldest(struct rest *rest, const struct value *hits)
{
    size_t count = value_count(hits);
    rest->job->physical_id = rest_id(rest, value_at(hits, 0));
    if (count == 1)
        rest_tell(rest, "it was made: %s", rest->job->physical_id);
    else
        rest_tell(rest, "it was made %zu times: %s stays, the others are deleted", count,
                  rest->job->physical_id);
    if (rest_sends(rest) == 1 && count == 1)
        rest_set_sent(rest, 0, 0);
    rest_note_ids(rest, hits, 1);
    return prune(rest);
}

static enum step_result not_found(struct rest *rest)
{
    enum { ATTEMPTS = 8 };
    int64_t visible_us = rest_number(rest->job->progress, "visible_us", 0);
    int64_t next_us = rest_next_look_us(rest, rest_number(rest->job->progress, "since_us", 0));
    if (rest->job->now_us < visible_us)
        return rest_pause(rest, "look again", next_us < visible_us ? next_us : visible_us);
    if (rest_sends(rest) < rest_number(rest->file, "attempts", ATTEMPTS))
        return send_create(rest);
    return fail(rest->ctx, FAULT_RESOURCE_ERROR, "it was asked for %lld times and is not there",
                (long long)rest_sends(rest)),
           STEP_FAILED;
}

static enum step_result on_found(struct rest *rest)
{
    const struct value *hits;
    switch (rest_outcome(rest)) {
    case REST_UNKNOWN:
        return look(rest);
    case REST_GOOD:
        hits = rest_hits(rest);
        rest_note_int(rest, "tries", 0);
        return value_count(hits) > 0 ? adopt_oldest(rest, hits) : not_found(rest);
    case REST_GONE:
    case REST_REFUSED:
        return rest_refused(rest);
    default:
        return rest_retry(rest, "look again");
    }
}

static const struct rest_stage stages[] = {
    {"again", send_create}, {"create", on_created},  {"look", on_found},
    {"look again", look},   {"prune", on_pruned},    {"prune again", prune},
    {"wait", rest_show},    {"show", rest_on_shown}, {NULL, NULL},
};

enum step_result rest_create(struct ctx *ctx, struct resource_job *job)
{
    return rest_run(ctx, job, stages);
}
