/* Resources that are stacks themselves (a template of the user's, a group): what the stack behind them, their
 * child, shall be made of. Functions here are pure; the engine makes, changes and deletes the child
 * (engine/nested.h), and keeps the outcome.
 *
 * An action on such a resource goes in rounds. Each round asks `next` what the child shall be; the engine
 * brings it there, and asks again with the child as it is then:
 *
 *   create, update ──> next ─┬─ NESTED_STACK   make or change the child; when it is COMPLETE: next again
 *             ^              ├─ NESTED_PAUSE   again at job->due_us
 *             └──────────────┤
 *                            ├─ NESTED_DONE    the child is as it should be
 *                            └─ NESTED_FAILED  the reason is in ctx->error
 *
 * Where a series of rounds stands (the batches of a rolling update) is kept in job->progress; what outlives
 * the action (names that are not to be used again) in job->data. A child that fails ends the action. */
#ifndef HEARTH_RESOURCES_NESTED_H
#define HEARTH_RESOURCES_NESTED_H

#include "resources/hooks.h"

/* A resource of the child as it is now. */
struct nested_member {
    const char *name;
    const char *reference; /* what get_resource gives for it; NULL: nothing yet */
    const char *status;    /* "COMPLETE", "FAILED", "IN_PROGRESS" */
    int64_t created_us;
    const struct value *definition; /* in the child's template */
};

/* The child as it is now. */
struct nested_child {
    const struct value *template; /* NULL: there is no child yet */
    const struct value *outputs;  /* map name -> value; never NULL */
    const struct nested_member *members;
    size_t member_count;
    bool failed; /* its last operation */
};

/* What a child is to be made of. */
struct nested_stack {
    const struct value *template;   /* a whole template, as a map */
    const struct value *parameters; /* map, or NULL: none */
    int64_t timeout_mins;           /* 0: as long as its parent */
    bool whole_environment; /* it has its parent's environment as it is, not the part for this resource */
};

enum nested_next { NESTED_DONE, NESTED_STACK, NESTED_PAUSE, NESTED_FAILED };

struct nested_hooks {
    /* See above. job->properties are what the resource shall have; job->before those it had (update). */
    enum nested_next (*next)(struct ctx *ctx, struct resource_job *job, const struct nested_child *child,
                             struct nested_stack *stack);
    /* The child that such properties would give, for validation and previews; some values may be
     * value_unknown. NULL: the reason is in ctx->error, or without one what it is made of is not known yet. NULL hook:
     * what the first round gives. */
    const struct value *(*draft)(struct ctx *ctx, const struct resource_draft *draft);
    /* Value at an attribute's path ([name, key, …]: all that get_attr was given beyond the resource); takes
     * what it can (*used of the path) from the child's outputs. NULL with FAULT_INVALID_ATTRIBUTE. NULL hook:
     * the output of that name. */
    const struct value *(*attribute)(struct ctx *ctx, const struct resource_job *job,
                                     const struct nested_child *child, const struct value *path,
                                     size_t *used);
    /* What another resource wants of this one at a signal (peer_change in resources/hooks.h), in rounds as
     * those of next, which it is called in place of; but also after a round that failed. The resource itself stays
     * as it is: job->properties are what it has; of the job, metadata and data are stored. NESTED_FAILED: nothing
     * more is done, and no event is told. NULL hook: it takes no such changes. */
    enum nested_next (*change)(struct ctx *ctx, struct resource_job *job, const struct value *change,
                               const struct nested_child *child, struct nested_stack *stack);
    /* Name of the file that the template is read from, to be fetched where it is a URL; NULL: none. NULL hook: none. */
    const char *(*file)(const struct value *properties);
    bool outputs_only; /* next looks at nothing of the child but its outputs */
};

#endif
