/* The driver of types that live in a REST service: what their files say of it ("rest" in the type's file,
 * docs/resource-types.md), turned into calls and back.
 *
 *   hooks_rest.c     the hooks: which steps there are
 *   rest_create.c    making one, and finding out what became of a creation nobody answered for
 *   rest_remove.c    unmaking it, with all that such a creation may have left
 *   rest_actions.c   updating, checking, suspending, resuming, taking over
 *   rest_stage.c     what the steps share: stages, retries, waiting for a state
 *   rest_request.c   properties → path, query, body
 *   rest_answer.c    answer → id, state, attributes, reason
 *   rest_check.c     whether a file says what it may say */
#ifndef HEARTH_RESOURCES_REST_H
#define HEARTH_RESOURCES_REST_H

#include "resources/catalogue.h"

/* A step of the driver while it runs. */
struct rest {
    struct ctx *ctx;
    struct resource_job *job;
    const struct value *file; /* the "rest" of the type's file */
    const char *id;           /* what {id} stands for */
};

struct rest rest_open(struct ctx *ctx, struct resource_job *job);
/* The call of that name; NULL: the type has none. */
const struct value *rest_call(const struct rest *rest, const char *name);
int64_t rest_number(const struct value *map, const char *name, int64_t otherwise);
/* Seconds, perhaps with a fraction, in microseconds. */
int64_t rest_time_us(const struct value *map, const char *name, double otherwise);
/* By JSON pointer (RFC 6901); "" is the whole. NULL: nothing is there. */
const struct value *rest_at(const struct value *value, const char *pointer);

/* ---- requests (rest_request.c) ---- */
/* Hands a request over. body NULL: that of the call's own file, or none. -1: a name in the path has no value. */
int rest_ask(struct rest *rest, const struct value *call, const struct value *body) MUST_CHECK;
/* Bodies, in their envelope. */
const struct value *rest_create_body(struct rest *rest, const struct value *call);
/* Of those that differ in names (map name -> true). */
const struct value *rest_update_body(struct rest *rest, const struct value *call, const struct value *names);
int64_t rest_timeout_us(const struct rest *rest, const struct value *call);
/* How long after it was handed over a call may begin. */
enum { REST_BEGIN_WITHIN_US = 5000000 };

/* ---- answers (rest_answer.c) ---- */
enum rest_outcome {
    REST_UNKNOWN, /* the step was taken over: nobody knows what came of the call */
    REST_UNSENT,  /* the service never saw it, or turned it away unread (429) */
    REST_LOST,    /* no answer, or one that says nothing of what was done (5xx) */
    REST_GONE,    /* 404, 410 */
    REST_REFUSED, /* any other but 2xx */
    REST_GOOD,
};
enum rest_outcome rest_outcome(const struct rest *rest);

enum rest_state { REST_READY, REST_PENDING, REST_FAILED, REST_STATE_GONE, REST_STRANGE };
/* The thing in the answer, out of its envelope; NULL: there is none. */
const struct value *rest_object(const struct rest *rest, const struct value *call);
/* Of the list in the answer to find, those that bear our marker and are not gone, the oldest first. */
const struct value *rest_hits(struct rest *rest);
const char *rest_id(const struct rest *rest, const struct value *object); /* NULL: it has none */
/* call: may name states of its own that are ready. */
enum rest_state rest_state(const struct rest *rest, const struct value *call, const struct value *object);
/* Records why, for a thing that went to a state it should not be in. */
void rest_fail_state(struct rest *rest, const struct value *object);
void rest_take_attributes(struct rest *rest, const struct value *object);
/* What the service said: "POST /things of inventory: 503 Service Unavailable: … (request req-1)". */
const char *rest_reason(struct rest *rest);
/* Compares with what is there ("live"). -1 with all that differs. */
int rest_compare(struct rest *rest, const struct value *object) MUST_CHECK;

/* ---- stages (rest_stage.c) ---- */
/* A step goes from stage to stage; the name of the stage is in its progress. */
struct rest_stage {
    const char *name;
    enum step_result (*enter)(struct rest *rest);
};
/* Runs the stage where it stands; the first one of the table at the beginning. The table ends with a NULL name. */
enum step_result rest_run(struct ctx *ctx, struct resource_job *job, const struct rest_stage *stages);
void rest_note(struct rest *rest, const char *name, const struct value *value); /* in the progress */
void rest_note_int(struct rest *rest, const char *name, int64_t value);
const struct value *rest_noted(const struct rest *rest, const char *name);
/* Asks, and goes on at stage with the answer. */
enum step_result rest_ask_then(struct rest *rest, const char *call, const char *stage);
enum step_result rest_pause(struct rest *rest, const char *stage, int64_t due_us);
/* After an answer that may be better next time: pauses, and says so in an event; fails after "attempts". */
enum step_result rest_retry(struct rest *rest, const char *stage);
/* Fails with what the service said. */
enum step_result rest_refused(struct rest *rest);
void rest_tell(struct rest *rest, const char *format, ...) PRINTF(2, 3);
/* When to look again at what began at since_us. */
int64_t rest_next_look_us(const struct rest *rest, int64_t since_us);
/* Stages of every step that waits for a state: "wait" and "show" go into its table, rest_await begins them. */
enum step_result rest_await(struct rest *rest);
enum step_result rest_show(struct rest *rest);
enum step_result rest_on_shown(struct rest *rest);
/* From the object an answer has: done, failed, or on to "wait". */
enum step_result rest_settle(struct rest *rest, const struct value *object);

/* ---- what is known of its creation: in the resource's private data ---- */
/* A creation was sent, and what came of it is not known for sure; or something else may be there beside it. */
bool rest_doubtful(const struct rest *rest);
int64_t rest_sends(const struct rest *rest);
void rest_set_sent(struct rest *rest, int64_t sends, int64_t sent_us); /* 0: nothing is in doubt */
/* When all that a creation nobody answers for may have made can be seen. */
int64_t rest_visible_us(const struct rest *rest);
/* Looks for what bears our marker; the answer comes at stage. */
enum step_result rest_find(struct rest *rest, const char *stage);
/* Ids that are to be deleted, one after the other. */
void rest_note_ids(struct rest *rest, const struct value *hits, size_t from);
const char *rest_next_id(const struct rest *rest); /* NULL: none is left */
void rest_drop_id(struct rest *rest);

/* ---- steps ---- */
step rest_create, rest_remove, rest_update, rest_check, rest_suspend, rest_resume, rest_adopt;

/* The first mistake in the "rest" of a type's file, with its place, on the context's arena; NULL: there is none. */
const char *rest_mistake(struct ctx *ctx, const struct value *definition);

#endif
