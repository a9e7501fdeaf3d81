/* An operation that this engine holds: one stack, what is to be done with it, and how far that is.
 *
 *   phase      nodes go                                    ends with
 *   CREATE     INIT → CREATE_COMPLETE, what they require first   stack CREATE COMPLETE
 *     one fails, or the time is up: stack CREATE FAILED at once, then
 *       without rollback → DRAIN    nothing new begins, what is under way ends; then the operation is over
 *       with rollback    → ROLLBACK
 *   ROLLBACK   → DELETE_COMPLETE, what requires them first        stack ROLLBACK COMPLETE, resources gone
 *   DELETE     the same                                           stack DELETE COMPLETE, deleted
 *   OVER       nothing is left to do but to commit it
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

enum phase { PHASE_CREATE, PHASE_DRAIN, PHASE_ROLLBACK, PHASE_DELETE, PHASE_OVER };

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
    const char *event_properties;                     /* JSON, hidden values masked; or NULL */
    const struct value *requires;                     /* list of names, as stored */
    int64_t started_us, due_us;                       /* of the step under way */
    int64_t attempt;
    const char *attempt_id;
    unsigned
        started_turn; /* an external create is called only in a later turn: the intent is committed by then */
    bool running;     /* a step is under way */
    bool listed;      /* in operation->running */
    bool delete_waiting; /* its turn to be deleted has come while it was still being created */
    bool changed;        /* to be stored */
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
    bool rollback;      /* when a creation fails */
    const char *broken; /* why it cannot be carried out at all (a document that no longer reads); or NULL */
    struct definition *definition; /* NULL when only deleting */
    struct node *nodes;
    size_t node_count;
    struct value *names; /* map name -> index of the node */
    struct plan *plan;
    size_t *running, running_count; /* nodes with a step under way */
    unsigned turn;
    bool more;           /* the last turn's time was up before its work */
    bool signalled;      /* something of the stack was signalled: those that wait for it are due */
    bool lost;           /* the fence is gone: nothing of this may be written */
    size_t loaded_bytes; /* of the arena when it was new */
    unsigned failed_commits;
    /* not yet committed */
    struct event *events;
    size_t event_count, event_capacity;
    size_t *changed, changed_count; /* nodes */
    bool stack_changed, outputs_changed, stack_touched, stack_deleted, purge, deadline_changed;
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
/* Something is to be committed. */
bool operation_has_changes(const struct operation *operation);

/* Parts of a turn. */
void node_create(struct operation *operation, struct node *node, int64_t now_us);
void node_delete(struct operation *operation, struct node *node, int64_t now_us);
void node_step(struct operation *operation, struct node *node, int64_t now_us);
void node_list_running(struct operation *operation, struct node *node);
/* Ends a step from outside: "CREATE aborted (user triggered cancel)". */
void node_abort(struct operation *operation, struct node *node, const char *why);
void operation_begin_phase(struct operation *operation, enum phase phase);
void operation_fail(struct operation *operation, const char *reason, int64_t now_us);

/* ---- changes, noted for the next commit (changes.c) ---- */
void node_changed(struct operation *operation, struct node *node);
/* Changes the state and notes the event. Reason NULL: "state changed". */
void node_set_state(struct operation *operation, struct node *node, enum action action, enum status status,
                    const char *reason);
void stack_set_state(struct operation *operation, enum action action, enum status status, const char *reason);
void operation_committed(struct operation *operation);

/* ---- the world behind get_attr and get_resource (world.c) ---- */
void operation_enter_world(struct operation *operation);
const char *node_reference(struct operation *operation, struct node *node); /* NULL: none yet */
void node_fill_job(struct operation *operation, struct node *node, struct resource_job *job, int64_t now_us);

#endif
