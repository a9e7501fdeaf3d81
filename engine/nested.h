/* Resources that are stacks themselves, and how their stacks, the children, are worked on.
 *
 * A child is a stack with operations of its own, which any engine on any host may take. Parent and child meet in
 * the database alone:
 *
 *   engine of the parent                       database                          engine of the child
 *   ────────────────────                       ────────                          ───────────────────
 *   step: next round ── nested_request ──┐
 *   commit ──────────────────────────────┴──>  resource: nested_id, progress "asked"
 *                                              child stack IN_PROGRESS,
 *                                              its operation PENDING, NOTIFY ──> claim: reads the documents,
 *   (the step waits)                                                             adds the resources, turns …
 *                                              child COMPLETE or FAILED, <────── last commit
 *                                              news = true, NOTIFY
 *   claim: children with news ──> node->child
 *   step: is due, next round or done
 *   commit ─────────────────────────────────>  resource …, news = false if that is still how the child is
 *
 * The child's row is made in the transaction that says so in the resource's row. So there is no child without a
 * resource and no second one, whenever anybody dies. The child is IN_PROGRESS from that transaction on: whoever sees
 * it in another state sees the end of what was asked for, and needs no memory of its own. (Rejected: a column with
 * the operation that is waited for. A direct update of the child by its owner takes the place of that operation, and
 * what the parent wants to know is how the child ended up, not by whom.)
 *
 * All children of a turn are made by one statement a table (nested_requests.c): a group of a thousand is as many
 * round trips as one of two. Of documents only those that differ are sent: members of a group share template and
 * files. A child comes without rows of resources; the engine that claims it adds them, as an update adds names it
 * finds no rows for.
 *
 * Locks go from parents to children. The engine of a child never locks anything of its parent, it leaves news; a
 * parent locks the operations it pre-empts together with its own, in the order of their ids (engine_fence).
 *
 * An action on such a resource is a series of rounds of its type's hooks (resources/nested.h). progress holds
 *
 *   "asked"   the action that the child was asked for last; absent: nothing yet, or the round is over
 *   "step"    progress of the hooks
 *
 * Hidden values. A child of a stack with any is sealed as its parent is; parameters that come from a hidden one are
 * masked wherever they are shown, through any depth. */
#ifndef HEARTH_ENGINE_NESTED_H
#define HEARTH_ENGINE_NESTED_H

#include "engine/operation.h"
#include "engine/rows.h"
#include "resources/nested.h"

/* A child as last read. */
struct child {
    const char *id;
    struct state state;
    const char *reason;
    int64_t revision;
    bool deleted;
    struct nested_child view; /* for the hooks; outputs are never NULL */
};

/* What a child is to do, written with the parent's next commit. */
struct nested_request {
    enum action action;
    bool makes; /* there is no such child yet */
    const char *operation_id;
    const struct value *template, *environment; /* documents; NULL: as they are */
    const struct value *shown;                  /* the environment with hidden values masked */
    int64_t timeout_mins;                       /* 0: as long as its parent */
    const struct value *input;                  /* of the operation */
};

/* ---- steps (nested_step.c) ---- */
bool node_is_nested(const struct node *node);
/* In place of the type's own step. */
enum step_result nested_step(struct operation *operation, struct node *node,
                             struct resource_job *job) MUST_CHECK;
/* Has a child that is there changed into that, outside of any action of its resource. */
void nested_ask(struct operation *operation, struct node *node, const struct nested_stack *stack);
/* Whether a child can still be changed; otherwise the resource is made anew. */
bool nested_is_there(const struct node *node);
/* After a check: whether everything in its child could be checked. */
bool nested_all_checked(const struct node *node);
/* Of an update: a failed child is updated like any other, unless its resource was marked unhealthy. */
bool nested_is_updatable(const struct node *node);
/* Value at an attribute's path (strings and integers, the attribute's name first); *used of it was taken. */
const struct value *nested_attribute(struct ctx *ctx, struct operation *operation, struct node *node,
                                     const struct value *path, size_t *used);

/* ---- writing (nested_requests.c) ---- */
struct nested_batch;
struct nested_batch *nested_batch_new(struct ctx *ctx);
/* Ids of the children whose operations a commit of these has to lock, as JSON. */
const char *nested_batch_locks(struct ctx *ctx, struct operation **operations, size_t count);
/* events: those of the commit, where that of a new child's beginning goes. */
int nested_collect(struct ctx *ctx, struct nested_batch *batch, struct row_list *events,
                   struct operation *operation) MUST_CHECK;
/* Queues all of it in the open transaction. */
int nested_queue(struct ctx *ctx, struct db *db, struct nested_batch *batch, struct operation **operations,
                 size_t count) MUST_CHECK;

/* ---- reading (nested_news.c) ---- */
/* In the open transaction: the children of operations just loaded, or, with news, of those that have any. */
int nested_read(struct ctx *ctx, struct db *db, struct operation **operations, size_t count,
                bool news) MUST_CHECK;

#endif
