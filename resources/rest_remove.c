/* Unmaking a thing, with all that a creation nobody answers for may have left.
 *
 *   ids ─> DELETE each ─> (until it is gone) ─> is a creation in doubt? ─no─> done
 *    ^                                            │ yes
 *    └──────── those that bear our marker <── find ─none, and none can appear any more─> done
 *
 * 404 is done. What is in doubt is asked again. */
#include "resources/rest.h"

static enum step_result next(struct rest *rest);

static enum step_result send_delete(struct rest *rest)
{
    rest->id = rest_next_id(rest);
    return rest->id ? rest_ask_then(rest, "delete", "delete") : next(rest);
}

static enum step_result look(struct rest *rest)
{
    return rest_find(rest, "look");
}

/* One that can be made by its name again and again is deleted by it, once no creation can be under way any more. */
static enum step_result delete_by_name(struct rest *rest)
{
    struct value *ids = value_list(rest->ctx->arena);
    value_list_add(rest->ctx->arena, ids, value_string(rest->ctx->arena, rest->job->physical_name));
    rest_note(rest, "ids", ids);
    return send_delete(rest);
}

static enum step_result search(struct rest *rest)
{
    if (rest_call(rest, "find"))
        return look(rest);
    rest_note(rest, "searched", &value_true);
    return delete_by_name(rest);
}

static enum step_result search_later(struct rest *rest)
{
    int64_t visible_us = rest_visible_us(rest);
    int64_t next_us = rest_next_look_us(rest, rest->job->started_us);
    return rest_pause(rest, "search", next_us < visible_us ? next_us : visible_us);
}

static bool is_certain(const struct rest *rest)
{
    return rest->job->now_us >= rest_visible_us(rest);
}

/* What was listed is gone. One creation makes one thing: if that was it, no look is needed. */
static enum step_result next(struct rest *rest)
{
    bool found = value_truth(rest_noted(rest, "found")), searched = value_truth(rest_noted(rest, "searched"));
    if (!rest_doubtful(rest) || (found && rest_sends(rest) == 1))
        return STEP_DONE;
    if (searched && is_certain(rest))
        return STEP_DONE;
    if (searched || (!rest_call(rest, "find") && !is_certain(rest)))
        return search_later(rest);
    return search(rest);
}

static enum step_result gone(struct rest *rest, bool was_there)
{
    if (was_there)
        rest_note(rest, "found", &value_true);
    rest_note_int(rest, "tries", 0);
    rest_drop_id(rest);
    return send_delete(rest);
}

static enum step_result on_deleted(struct rest *rest)
{
    switch (rest_outcome(rest)) {
    case REST_UNKNOWN:
        return send_delete(rest);
    case REST_GONE:
        return gone(rest, false);
    case REST_GOOD:
        if (!value_has(rest->file, "state"))
            return gone(rest, true);
        rest_note_int(rest, "since_us", rest->job->now_us);
        rest->id = rest_next_id(rest);
        return rest_ask_then(rest, "show", "show");
    case REST_REFUSED:
        return rest_refused(rest);
    default:
        return rest_retry(rest, "again");
    }
}

/* ---- until it is gone ---- */
static enum step_result show(struct rest *rest)
{
    rest->id = rest_next_id(rest);
    return rest_ask_then(rest, "show", "show");
}

static enum step_result still_there(struct rest *rest, const struct value *object)
{
    enum rest_state state = rest_state(rest, NULL, object);
    if (state == REST_STATE_GONE)
        return gone(rest, true);
    if (state == REST_FAILED) {
        rest_fail_state(rest, object);
        return STEP_FAILED;
    }
    rest_note_int(rest, "tries", 0);
    int64_t since_us = rest_number(rest->job->progress, "since_us", 0);
    return rest_pause(rest, "wait", rest_next_look_us(rest, since_us));
}

static enum step_result on_shown(struct rest *rest)
{
    switch (rest_outcome(rest)) {
    case REST_UNKNOWN:
        return show(rest);
    case REST_GOOD:
        return still_there(rest, rest_object(rest, rest_call(rest, "show")));
    case REST_GONE:
        return gone(rest, true);
    case REST_REFUSED:
        return rest_refused(rest);
    default:
        return rest_retry(rest, "wait");
    }
}

/* ---- what a creation may have left ---- */
static enum step_result on_found(struct rest *rest)
{
    const struct value *hits;
    switch (rest_outcome(rest)) {
    case REST_UNKNOWN:
        return look(rest);
    case REST_GOOD:
        hits = rest_hits(rest);
        rest_note_ids(rest, hits, 0);
        rest_note_int(rest, "tries", 0);
        rest_note(rest, "searched", value_bool(value_count(hits) == 0));
        if (value_count(hits) > 0)
            rest_tell(rest, "%zu made by a creation nobody answered for: deleted", value_count(hits));
        return send_delete(rest);
    case REST_GONE:
    case REST_REFUSED:
        return rest_refused(rest);
    default:
        return rest_retry(rest, "search");
    }
}

static enum step_result begin(struct rest *rest)
{
    struct value *ids = value_list(rest->ctx->arena);
    if (rest->job->physical_id)
        value_list_add(rest->ctx->arena, ids, value_string(rest->ctx->arena, rest->job->physical_id));
    rest_note(rest, "ids", ids);
    return send_delete(rest);
}

static const struct rest_stage stages[] = {
    {"begin", begin},   {"delete", on_deleted}, {"again", send_delete}, {"wait", show},
    {"show", on_shown}, {"look", on_found},     {"search", search},     {NULL, NULL},
};

enum step_result rest_remove(struct ctx *ctx, struct resource_job *job)
{
    return rest_run(ctx, job, stages);
}
