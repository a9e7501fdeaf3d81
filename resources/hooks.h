/* How a type is made and unmade: small functions called by the engine's loop, never blocking.
 *
 * A step is called when its action begins (job->progress NULL) and again each time it becomes due or
 * something it waits for was signalled, until it says done or failed. Between calls only what is in the job's
 * stored fields survives: the process may be another one by then. Time comes from job->now_us.
 *
 *            begin                 due, or signalled
 *   engine ────────> step ─┬─ STEP_WAIT ────────────┐
 *                     ^    │  due_us, progress      │
 *                     └────│────────────────────────┘
 *                          ├─ STEP_DONE    physical_id, data, attributes are stored with the state in one
 * transaction └─ STEP_FAILED  the reason becomes "<type of fault>: resources.<name>: <message>"
 *
 * Where input and output belong. A step that has to talk to a service does not block: it hands its request to
 * the loop (resources/service.h), notes in progress what it asked for, and returns STEP_WAIT; the loop makes the
 * call once that is committed, and calls the step again when the answer is there. So whoever takes over after a crash
 * knows from the row what may have been done, and finds by physical_name what may have been made.
 *
 * To add a set of hooks:
 *  1. Write the functions in resources/hooks_<subject>.c.
 *  2. Add a line to hooks.def.
 *  3. Name it as "hooks" in the type's file (docs/resource-types.md).
 *  4. Add a unit test (tests/unit/resources_…) and an API test that creates the type. */
#ifndef HEARTH_RESOURCES_HOOKS_H
#define HEARTH_RESOURCES_HOOKS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/ctx.h"
#include "base/value.h"
#include "resources/effects.h"
#include "resources/service.h"

struct nested_hooks;
struct resource_type;
struct template;

enum step_result {
    STEP_DONE,
    STEP_WAIT,    /* call again at job->due_us, or earlier when something it waits for was signalled; or when
                     job->asked is answered */
    STEP_FAILED,  /* the reason is in ctx->error */
    STEP_REPLACE, /* of an update: it takes a new resource instead; nothing was changed */
};

#define DUE_NEVER INT64_MAX /* only a signal, the stack's timeout or another operation ends this wait */

/* What one resource may see of another. */
struct resource_peer {
    const struct value *metadata;   /* map; never NULL */
    const struct value *properties; /* as the template gave them, resolved; may be NULL */
};

/* What handle wants of another resource of the stack, which is a stack itself: the engine brings it there
 * (`change` in resources/nested.h), and the signal is dealt with when that is over. */
struct peer_change {
    const char *reference;      /* what get_resource gives for it */
    const struct value *change; /* map, for its hook */
    const char *told;           /* reason of the event that tells of the signal when it was changed */
};

struct resource_job {
    /* given */
    const char *stack_name, *stack_id, *tenant_id, *resource_name, *resource_id;
    const char *physical_name;      /* "<stack>-<resource>-<12 random>", the same in every attempt */
    const char *status;             /* of the resource: "COMPLETE", "FAILED", "IN_PROGRESS" */
    const struct value *properties; /* checked and completed; NULL when deleting what never got that far */
    const struct value *before;     /* properties as last applied (update), else NULL */
    const struct value *metadata; /* map, as the API shows it: a handle keeps its signals here; never NULL */
    const struct value *update_policy; /* as the template says, resolved; NULL: none */
    /* Of a resource that is a stack itself: the attribute paths (lists of strings and integers) by which the
     * template refers to it, a list; NULL: by none. An empty path means all attributes. */
    const struct value *referenced;
    int64_t timeout_us;           /* of the stack; 0: none */
    const char *signal_url;       /* complete URL, signed, for signals to this resource; NULL: none */
    const char *signal_signature; /* the signature in it */
    const struct value *signal;   /* of handle: the details that the signal came with; NULL: none */
    const char *metadata_url;     /* complete URL, signed, where an agent reads its metadata (polled types) */
    const struct value *template_metadata; /* what the template says of its metadata now; NULL: nothing */
    const struct value *answers;           /* to what it asked: see effects.h */
    const struct resource_type *type;      /* the file it is made by */
    const struct service_answer *answer;   /* to its request; NULL: there is none */
    int64_t now_us, started_us;            /* wall clock; when this action of the resource began */
    /* Finds another resource of the same stack by what get_resource gives for it (a wait condition reads its
     * handle's signals, a group what its members are made of). False: there is none. */
    bool (*find_peer)(const struct resource_job *job, const char *reference, struct resource_peer *peer);
    void *find_peer_self;
    const struct value *template; /* of a type that is a template: its document; else NULL */
    const struct value *files;    /* of the stack: map name -> text; or NULL */
    /* stored between calls: change by assigning a new value */
    const char *physical_id;
    const struct value *data;       /* map, private state; NULL: empty */
    const struct value *progress;   /* map, where the step stands; NULL: at its beginning */
    const struct value *attributes; /* map of attributes known after this step; NULL: none */
    int64_t due_us;                 /* with STEP_WAIT; DUE_NEVER: see there */
    /* noted: see effects.h. A new value of metadata above is stored, too. */
    const struct effect *effects;
    const struct ask *asked;
    const struct peer_change *peer_change; /* of handle; NULL: none */
    const struct service_request *request; /* with STEP_WAIT: see service.h; due_us does not count then */
    bool passing;     /* with STEP_WAIT: whoever takes over can do without what changed in
                                              this call, and it is not stored (a look that may be made again) */
    const char *tell; /* text of an event that changes nothing; NULL: none */
};

typedef enum step_result step(struct ctx *ctx, struct resource_job *job);

struct signal {
    const struct value *details; /* JSON body; NULL: none */
    int64_t now_us;
};

/* What a validation sees of a resource. */
struct resource_draft {
    const char *name, *type;
    const struct value *properties; /* checked and completed; value_unknown where a value is not known yet */
    int64_t timeout_us;             /* of the stack */
    const struct value *update_policy; /* as in a job; NULL: none */
    const struct value *referenced;
    const struct value *files;       /* of the stack: map name -> text; or NULL */
    const struct template *template; /* of the stack; NULL: not known */
};

struct resource_hooks {
    const char *name; /* as "hooks" in the type's file */
    /* Checks across properties, beyond the schema. May be NULL. */
    int (*validate)(struct ctx *ctx, const struct resource_draft *draft);
    step *create, *update, *remove;    /* NULL: done at once; update NULL: any change is a replacement */
    step *suspend, *resume, *snapshot; /* of what is there; NULL: done at once */
    step *abort;                       /* its step is given up: what is to be told of that. May be NULL */
    step *check;                       /* whether it still is as it should be; NULL: the type cannot tell */
    /* Takes what another stack has abandoned: job->physical_id is it, job->data what resource_data gave for
     * it there; its metadata is taken already. NULL: the data are its attributes. */
    step *adopt;
    /* What a stack that is exported says of it, for adopt. NULL: its attributes. */
    const struct value *(*resource_data)(struct ctx *ctx, const struct resource_job *job);
    /* Whether going from one set of properties (checked and completed) to another takes a new resource,
     * though the schema allows an update of each that differs. May be NULL. */
    bool (*replace)(const struct value *before, const struct value *after);
    /* Takes a signal: returns the new metadata, and the reason text for the event (NULL: there is nothing to
     * tell); NULL: refused. It may note effects, and ask: then it is called again with the answers. NULL hook: a
     * signal leaves the metadata as they are; there are signals where there is this hook or the next. */
    const struct value *(*signal)(struct ctx *ctx, struct resource_job *job, const struct signal *signal,
                                  const char **reason);
    /* What a signal means beyond that: called by the engine, for each signal in the order they came, once no
     * other operation is under way on the stack. A step like the others, which may wait; it may change
     * job->metadata too. Nobody waits for its end, so a failure is only logged. NULL: nothing. */
    step *handle;
    /* Sets job->attributes anew after a signal to any resource of the stack. NULL: they stay. */
    void (*refresh)(struct ctx *ctx, struct resource_job *job);
    /* Attribute from what is stored; NULL with FAULT_INVALID_ATTRIBUTE when unknown. NULL hook:
     * job->attributes[name]. */
    const struct value *(*attribute)(struct ctx *ctx, const struct resource_job *job, const char *name);
    /* What get_resource gives; NULL hook: the physical id. */
    const char *(*reference)(struct ctx *ctx, const struct resource_job *job);
    /* It is a stack itself (resources/nested.h); then create, update, remove, suspend, resume, check and adopt are
     * the engine's. */
    const struct nested_hooks *nested;
    bool always_signalled;           /* takes signals in every action, also while it is deleted */
    bool own_metadata;               /* its steps say what of the template's metadata becomes its own */
    bool polled;                     /* an agent reads its metadata: job->metadata_url */
    bool replace_always;             /* every update of the stack replaces it */
    bool attributes_from_properties; /* known before it is made: those that are called as a property */
    bool wait_for_signals; /* a step in STEP_WAIT is called again when any resource of the stack was signalled
                            */
};

const struct resource_hooks *hooks_find(const char *name);

/* ---- helpers for steps ---- */
/* Waits until seconds after job->started_us; negative: for ever. */
enum step_result step_wait_seconds(struct resource_job *job, double seconds);
/* Sets one attribute of the job. */
void job_set_attribute(struct ctx *ctx, struct resource_job *job, const char *name,
                       const struct value *value);
/* resource_data of types that make everything anew of their properties. */
const struct value *job_no_data(struct ctx *ctx, const struct resource_job *job);
/* Creation that needs nothing but a name: the physical id is the physical name. */
step job_take_name;

#endif
