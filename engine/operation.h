/* An operation that this engine holds: one stack, what is to be done with it, and how far that is.
 *
 *   phase      nodes go                                    ends with
 *   CREATE     INIT → CREATE_COMPLETE, what they require first   stack CREATE COMPLETE
 *     one fails, or the time is up: stack CREATE FAILED at once, then
 *       without rollback → DRAIN    nothing new begins, what is under way ends; then the operation is over
 *       with rollback    → ROLLBACK
 *   ROLLBACK   → DELETE_COMPLETE, what requires them first        stack ROLLBACK COMPLETE, resources gone
 *   DELETE     the same                                           stack DELETE COMPLETE, deleted
 *   UPDATE     each is compared with what is wanted, what it requires first: made, changed, replaced or left
 *     then → CLEANUP  replaced and superfluous ones go              stack UPDATE COMPLETE
 *     one fails: without rollback → DRAIN; with it the definition becomes the previous one → TURN_BACK,
 *       committed and loaded anew: UPDATE and CLEANUP again         stack ROLLBACK COMPLETE
 *   WALK       each is suspended, resumed, checked …, in order     stack SUSPEND COMPLETE … (walk.c)
 *     one fails: nothing new begins (DRAIN); when what is under way has ended, stack SUSPEND FAILED
 *   SIGNAL     what signals changed is worked out; no state changes  (signal.h)
 *   OVER       nothing is left to do but to commit it
 *
 * An adoption is a creation that takes over instead of making (adopt.c).
 *
 * All of it is made anew from the database when an operation is claimed, taken over or reloaded; nothing of
 * it is worth keeping when the process dies. It has an arena of its own, given back as a whole. */
#ifndef HEARTH_ENGINE_OPERATION_H
#define HEARTH_ENGINE_OPERATION_H

#include "engine/definition.h"
#include "engine/event.h"
#include "engine/plan.h"
#include "engine/state.h"
#include "resources/catalogue.h"
#include "sql/db.h"

enum phase {
    PHASE_CREATE,
    PHASE_DRAIN,
    PHASE_ROLLBACK,
    PHASE_DELETE,
    PHASE_UPDATE,
    PHASE_CLEANUP,
    PHASE_TURN_BACK, /* nothing more until it is committed and loaded again */
    PHASE_WALK,
    PHASE_SIGNAL, /* signal.h */
    PHASE_OVER
};

/* Whether a resource waits at a breakpoint (breakpoints.h). */
enum paused { PAUSED_NOT, PAUSED_BEFORE, PAUSED_AFTER };

/* A resource while it is worked on. Texts are as stored, values are read. */
struct node {
    const char *id, *name, *type_name, *physical_name, *deletion_policy;
    const struct resource_type *type;           /* NULL: no such type any more */
    const struct resource_definition *resource; /* NULL when only deleting */
    struct state state;
    const char *reason;
    const char *physical_id;
    const struct value *given;      /* properties as the template gave them, resolved; or NULL */
    const struct value *properties; /* completed; NULL: not looked at yet, or never known */
    const struct value *attributes, *data, *progress; /* or NULL */
    const struct value *metadata;                     /* map; never NULL */
    const char *new_metadata;                         /* to be stored, or NULL */
    const struct ask *asked;                          /* by the step under way, not yet answered */
    const struct value *answers;                      /* to what it asked */
    const struct service_request *service_request; /* to be made once this is committed (service_calls.h) */
    struct service_call *call;                     /* the same, under way */
    const struct service_answer *answer;           /* came since the last step */
    bool passing;                                  /* the last step changed nothing worth storing */
    const char *event_properties;                  /* JSON, hidden values masked; or NULL */
    const struct value *requires;                  /* list of names, as stored */
    const struct value *definition; /* map: what the template said beside the properties (update_compare.h),
                                       as last applied; NULL: not known */
    const char *required_by;        /* JSON, as shown */
    const char *superseded_by;      /* id of the node that stands in its place; NULL: it stands itself */
    int64_t traversal, made_in;     /* see sql/migrations/0003_update */
    /* of an update under way, stored with its progress */
    int64_t step_traversal;     /* that began the step */
    const struct value *wanted; /* properties as the template gives them now; else NULL */
    const struct value *wanted_definition;
    const struct value *before; /* properties as last applied, completed */
    size_t place;               /* in the plan: a replacement has that of what it replaces */
    size_t same_name; /* 1 + index of another node of this name, of those a plan is made for; 0: none */
    bool awaited;     /* its turn to be updated has come while an earlier step was still under way */
    bool added, gone; /* row to be inserted, to be removed */
    bool standing_changed,
        described; /* superseded_by; requires, required_by, policy, description: to be stored */
    const char *description;
    /* of a resource that is a stack itself (nested.h) */
    const char *nested_id;          /* that stack; NULL: there was none yet */
    struct child *child;            /* it as last read; NULL: not known, or there is none */
    struct nested_request *request; /* what it is to be asked; NULL: nothing */
    const char *failure;            /* how it failed, with type and path; NULL: see the context's error */
    bool child_news;                /* it has ended an operation: the step is due */
    int64_t started_us, due_us;     /* of the step under way */
    int64_t attempt;
    const char *attempt_id;
    bool running; /* a step is under way */
    bool listed;  /* in operation->running */
    bool sealed;  /* its row is, and stays so whatever becomes of the hidden parameters */
    const char *hook, *hook_operation; /* breakpoint it waits at, or that was cleared; for which operation */
    bool hook_cleared, hook_changed;
    enum paused paused;
    bool delete_waiting; /* its turn to be deleted has come while it was still being created */
    bool changed;        /* to be stored */
};

/* The template of a child, as it was last written. */
struct child_template {
    const struct value *document;
    const char *text, *sealed; /* sealed: NULL until it was sealed */
    struct template *parsed;   /* NULL: it does not parse */
    bool hidden;               /* it has hidden parameters */
};

struct operation {
    struct arena *arena;
    struct ctx ctx;
    const char *id, *tenant_id, *stack_id, *stack_name, *base_url;
    int64_t fence;
    int64_t deadline_us, timeout_us;
    enum phase phase;
    struct state stack;
    const char *stack_reason;
    bool rollback;     /* when a creation or an update fails */
    bool retry;        /* of a creation that failed: what is there is compared, as in an update */
    bool has_previous; /* a definition to roll back to */
    int64_t traversal;
    bool abandon;                /* of what is deleted, only the rows go */
    const struct value *adopted; /* of an adoption: map of resources as they were exported; or NULL */
    const char *snapshot_id;     /* of a snapshot: its row; or NULL */
    struct signals *signals;     /* of one that is for signals; else NULL */
    const char *broken; /* why it cannot be carried out at all (a document that no longer reads); or NULL */
    struct definition *definition; /* NULL when only deleting */
    const struct environment
        *environment; /* of it, or of the stack that is deleted; NULL: it does not read */
    struct node *nodes;
    size_t node_count;
    struct value *names; /* map name -> index of the node that stands for it */
    const struct value **requires,
        **required_by; /* of an update: lists of names per resource of the template */
    struct plan *plan;
    size_t *running, running_count; /* nodes with a step under way */
    size_t paused_count;            /* nodes at a breakpoint */
    bool has_requests;              /* steps ask for calls (service_calls.h) */
    unsigned turn;
    bool more;      /* the last turn's time was up before its work */
    bool signalled; /* something of the stack was signalled: those that wait for it are due */
    bool lost;      /* the fence is gone: nothing of this may be written */
    /* nested stacks (nested.h) */
    bool is_nested, filled; /* it has a parent; its documents came from there and are read the first time */
    int nested_depth;       /* 0: it has no parent */
    const struct value *facade; /* what the template of its parent says of it (update_definition); or NULL */
    int64_t timeout_mins;       /* 0: none given */
    const char *files_digest;   /* of its files, which its children share */
    const struct value *referenced; /* of graph_attribute_paths; NULL: nobody asked yet */
    struct value *children;         /* map id of a child -> index of its node */
    struct value *noted; /* map id of a child -> revision: news that the next commit takes back; or NULL */
    struct child_template child_template;
    size_t loaded_bytes; /* of the arena when it was new */
    unsigned failed_commits;
    /* not yet committed */
    struct event *events;
    size_t event_count, event_capacity;
    size_t *changed, changed_count; /* nodes */
    const struct effect *effects;   /* of steps: resources/effects.h */
    bool stack_changed, outputs_changed, stack_touched, stack_deleted, purge, deadline_changed;
    bool turned_back;             /* the definition is to become the previous one */
    bool settled;                 /* the previous definition is of no more use */
    const struct value *failures; /* of a check: list of the reasons so far; or NULL */
    /* result, once OVER */
    const char *state, *reason;
};

/* ---- loading (operation.c) ---- */
/* From a row of engine_claim or engine_reload. Never NULL: what cannot be read is an operation that is
 * broken. */
struct operation *operation_load(const struct config *config, const struct rows *rows, size_t row);
/* The resources' rows of this stack among rows of engine_resources; then decides where things stand. */
void operation_load_resources(struct operation *operation, const struct rows *rows);
void operation_free(struct operation *operation);
struct node *operation_node(struct operation *operation, const char *name); /* NULL: none */
/* Rows of engine_signals. */
void operation_take_signals(struct operation *operation, const struct rows *rows);

/* ---- working (turn.c, node.c) ---- */
/* Goes as far as can be gone without waiting, or until budget_us are spent. */
void operation_turn(struct operation *operation, int64_t now_us, int64_t budget_us);
/* When the next turn is due; DUE_NEVER: when something is signalled. */
int64_t operation_due(const struct operation *operation);
/* Nothing is left to do for now but to wait for nested stacks. */
bool operation_waits_for_children(const struct operation *operation);
/* The steps under way that asked for something (engine/effects.h). */
struct askers {
    struct asker *items;
    size_t count;
};
struct askers operations_askers(struct arena *arena, struct operation **operations, size_t count);
/* Something is to be committed. */
bool operation_has_changes(const struct operation *operation);

/* Parts of a turn. */
/* What the template says of a node now. */
struct wanted {
    const struct value *given, *properties, *definition, *metadata; /* metadata NULL: the template has none */
    const char *event_properties;
};
int node_want(struct operation *operation, struct node *node, const struct resource_type *type,
              struct wanted *wanted) MUST_CHECK;
/* A step begins: action IN_PROGRESS is told, a reason to fail recorded in the context fails it at once. */
void node_begin(struct operation *operation, struct node *node, enum action action, int64_t now_us);
/* "resources.web", "resources[0]" */
const char *node_path(struct operation *operation, const struct node *node);
/* Properties as the template gives them with hidden values masked; NULL: nothing is hidden. */
const struct value *node_masked_properties(struct operation *operation, struct node *node);
void node_failed(struct operation *operation, struct node *node, int64_t now_us);
void node_finished(struct operation *operation, struct node *node, int64_t now_us);
void node_end(struct node *node); /* the step is over */
/* Properties of what is there: those it was made with. Without them the hooks do what they can. */
void node_recall_properties(struct operation *operation, struct node *node);
void node_create(struct operation *operation, struct node *node, int64_t now_us);
void node_delete(struct operation *operation, struct node *node, int64_t now_us);
void node_step(struct operation *operation, struct node *node, int64_t now_us);
void node_list_running(struct operation *operation, struct node *node);
/* Ends a step from outside: "CREATE aborted (user triggered cancel)". */
void node_abort(struct operation *operation, struct node *node, const char *why);
void operation_begin_phase(struct operation *operation, enum phase phase);
/* Its turn has come in the plan. */
void operation_begin_node(struct operation *operation, struct node *node, int64_t now_us);
bool operation_deletes(const struct operation *operation); /* its phase takes resources down */

/* Updating (update.c, replace.c). */
void node_update(struct operation *operation, struct node *node, int64_t now_us);
/* An update's step has ended well, or an earlier operation's step has ended in any way. */
void node_update_applied(struct operation *operation, struct node *node);
void node_update_again(struct operation *operation, struct node *node, int64_t now_us);
/* Rows for the names of the template that have none. */
void operation_add_missing(struct operation *operation);
/* The step of an update says that it takes a replacement. */
void node_update_replaces(struct operation *operation, struct node *node, int64_t now_us);
void update_begin(struct operation *operation); /* rows for every name, who stands for it, edges */
void node_replace(struct operation *operation, struct node *node, int64_t now_us);
struct node *node_add(struct operation *operation, const struct resource_definition *resource,
                      const struct resource_type *type);
/* Whether its row should go once the updates are done. */
bool node_is_superfluous(const struct operation *operation, const struct node *node);
void operation_fail(struct operation *operation, const char *reason, int64_t now_us);

/* ---- actions that visit every resource as it is (walk.c) ---- */
bool walk_is(enum action action);
bool walk_reverse(enum action action); /* what requires others is visited first */
/* What earlier turns of this operation, perhaps of another engine, have done already. */
void walk_take_up(struct operation *operation);
void node_walk(struct operation *operation, struct node *node, int64_t now_us);
void walk_fail(struct operation *operation, const char *reason);
const char *walk_timeout_reason(struct operation *operation);
/* Nothing more can be done: sets the stack's state. */
void walk_finish(struct operation *operation);

/* ---- adoption (adopt.c) ---- */
/* What the step of an adoption starts from; -1: there is nothing to adopt. */
int node_adopt(struct operation *operation, struct node *node, struct resource_job *job) MUST_CHECK;
/* The step of types without a hook for it. */
step adopt_attributes;

/* ---- changes, noted for the next commit (changes.c) ---- */
void node_changed(struct operation *operation, struct node *node);
/* Changes the state and notes the event. Reason NULL: "state changed". */
void node_set_state(struct operation *operation, struct node *node, enum action action, enum status status,
                    const char *reason);
/* An event of the resource that changes nothing. */
void node_tell(struct operation *operation, struct node *node, struct state state, const char *reason);
/* A signal to it was dealt with. */
void node_tell_signal(struct operation *operation, struct node *node, const char *reason);
void stack_set_state(struct operation *operation, enum action action, enum status status, const char *reason);
void operation_committed(struct operation *operation);

/* ---- the world behind get_attr and get_resource (world.c) ---- */
void operation_enter_world(struct operation *operation);
const char *node_reference(struct operation *operation, struct node *node); /* NULL: none yet */
void node_fill_job(struct operation *operation, struct node *node, struct resource_job *job, int64_t now_us);

#endif
