/* Breakpoints: where the environment says so ("hooks"), a resource waits before or after its step until a
 * signal clears it ({"unset_hook": "pre-create"}).
 *
 *   pre-create   in a creation, before it begins       post-create   before what requires it begins
 *   pre-update   in an update, before it is compared   post-update   the same
 *   pre-delete   in a deletion of the whole stack      post-delete   before what it requires is deleted
 *
 * The wait is in the row (hook, hook_operation, hook_cleared), so that whoever takes the operation over waits
 * on, without telling it twice; another operation of the stack stops there anew. A wait counts against the
 * stack's timeout. */
#ifndef HEARTH_ENGINE_BREAKPOINTS_H
#define HEARTH_ENGINE_BREAKPOINTS_H

#include "engine/operation.h"

/* A step is about to begin: whether it has to wait. Tells so. */
bool breakpoint_before(struct operation *operation, struct node *node, enum action action);
/* A step has ended well: whether what comes after it has to wait. Tells so. */
bool breakpoint_after(struct operation *operation, struct node *node, enum action action);
/* A step that ended before this operation was loaded: whether what comes after it still waits. */
bool breakpoint_holds(struct operation *operation, struct node *node);
/* Rows of breakpoint_cleared. */
void breakpoints_take(struct operation *operation, const struct rows *rows);
/* Goes on with what was cleared. */
void breakpoints_pass(struct operation *operation, int64_t now_us);
/* The time is up: nothing waits any more, and it is told. */
void breakpoints_give_up(struct operation *operation);
/* What waited is of no interest to the phase that begins. */
void breakpoints_leave(struct operation *operation);
/* Writes where the resources of those operations that are not lost wait now. */
int breakpoints_write(struct ctx *ctx, struct db *db, struct operation **operations, size_t count) MUST_CHECK;

#endif
