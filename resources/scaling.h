/* How scaling policies change the size of a group: what a signal to a policy means, whether the group may
 * change now, and to what size. All functions are pure.
 *
 * Policy (scaling_policy.c) and group (scaling_change.c) go through them in this order:
 *
 *   1. scaling_adjustment_of(policy's properties)        what is asked for, and of which group
 *      scaling_alarm_state(details)                      NULL: refuse the signal
 *   2. scaling_decide(adjustment, group)  ─┬─ SCALING_NONE     nothing changes, and no event is written
 *                                          └─ SCALING_RESIZE   store outcome.metadata (scaling_in_progress) and
 *   3. scaling_resize(group's job, child, outcome.capacity)    make the child what it returns; the group's
 *                                                              job->data is stored with it
 *   4. scaling_finished(metadata as it is then, …)       when the child is COMPLETE or FAILED: store what it
 *                                                        returns
 *
 * The group itself stays as it is (COMPLETE, its properties unchanged) while its child is resized; its next
 * update goes by the properties again. A policy's event is written after 2 said SCALING_RESIZE. */
#ifndef HEARTH_RESOURCES_SCALING_H
#define HEARTH_RESOURCES_SCALING_H

#include "resources/hooks.h"
#include "resources/nested.h"

/* ---- sizes ---- */
/* The size to go to from current, within minimum and maximum (the minimum wins). type: change_in_capacity,
 * exact_capacity or percent_change_in_capacity, or these words as CFN writes them. A percentage is rounded
 * towards 0, but to 1 or -1 where that would be nothing, and then to least (0: none). */
int64_t scaling_new_capacity(int64_t current, double amount, const char *type, int64_t least, int64_t minimum,
                             int64_t maximum);

/* ---- what a policy asks for ---- */
struct scaling_adjustment {
    const char *group;            /* what get_resource gives for the group */
    const struct value *amount;   /* number */
    const char *type;             /* as above */
    int64_t step;                 /* least change a percentage makes; 0: none */
    const struct value *cooldown; /* seconds; NULL: the group's own */
};

/* Of the properties (checked and completed) of a policy of either type. */
struct scaling_adjustment scaling_adjustment_of(const struct value *policy_properties);
/* "alarm", "ok", "low data": the state a signal tells, in lower case. It is for the log: every signal that is
 * well formed means that the policy applies. NULL with FAULT_VALUE_ERROR: it is not well formed. */
const char *scaling_alarm_state(struct ctx *ctx, const struct value *details);

/* ---- whether and what ---- */
struct scaling_group {
    const char *name, *status;      /* of the resource: "COMPLETE" … */
    const struct value *properties; /* checked and completed */
    const struct value *metadata;   /* map */
    int64_t size;                   /* members that are not FAILED */
};

enum scaling_verdict { SCALING_NONE, SCALING_RESIZE };

struct scaling_outcome {
    int64_t capacity;             /* SCALING_RESIZE: the new size */
    const struct value *metadata; /* SCALING_RESIZE: of the group, from now until it is finished */
    double cooldown;              /* SCALING_RESIZE: for scaling_finished */
    const char *cause;            /* SCALING_RESIZE: the same ("change_in_capacity : 1") */
    const char *reason;           /* SCALING_NONE: for the log */
};

enum scaling_verdict scaling_decide(struct ctx *ctx, const struct scaling_adjustment *adjustment,
                                    const struct scaling_group *group, int64_t now_us,
                                    struct scaling_outcome *outcome);

/* What a group's child becomes at that size; job: of the group (type: its resource type), with properties,
 * data, physical_name, referenced. Members that failed go first, then the oldest. -1: the reason is in
 * ctx->error. */
int scaling_resize(struct ctx *ctx, const char *type, struct resource_job *job,
                   const struct nested_child *child, int64_t capacity, struct nested_stack *stack);

/* The group's metadata after a change of size, or an attempt (changed false): no other is made until the
 * later of the ends of cooldown: {"cooldown_end": {"2026-01-31T12:00:00.123456": cause},
 * "scaling_in_progress": false}. */
const struct value *scaling_finished(struct ctx *ctx, const struct value *metadata, double cooldown,
                                     const char *cause, bool changed, int64_t now_us);

/* `change` of the groups (resources/nested.h): steps 2 to 4. change: the policy's properties. */
enum nested_next scaling_change_heat(struct ctx *ctx, struct resource_job *job, const struct value *change,
                                     const struct nested_child *child, struct nested_stack *stack);
enum nested_next scaling_change_aws(struct ctx *ctx, struct resource_job *job, const struct value *change,
                                    const struct nested_child *child, struct nested_stack *stack);

#endif
