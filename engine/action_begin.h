/* How a call begins an operation on a stack that is there and idle. Inside an open transaction:
 *
 *   action_lock     nobody else begins anything until the commit, and the state is the one of now
 *   action_start    stack IN_PROGRESS, operation, first event, notification
 */
#ifndef HEARTH_ENGINE_ACTION_BEGIN_H
#define HEARTH_ENGINE_ACTION_BEGIN_H

#include "engine/stack_find.h"
#include "engine/state.h"

/* Sets stack's action and status anew. FAULT_ACTION_IN_PROGRESS when something is under way,
 * FAULT_ENTITY_NOT_FOUND when it is gone by now. */
int action_lock(struct ctx *ctx, struct found_stack *stack) MUST_CHECK;
/* reason NULL: "Stack SUSPEND started". input: map for the operation, or NULL. */
int action_start(struct ctx *ctx, const struct found_stack *stack, enum action action, const char *reason,
                 const struct value *input) MUST_CHECK;
/* The event of a stack whose state is this. operation_id: NULL for none. */
int action_queue_event(struct ctx *ctx, const struct found_stack *stack, const char *operation_id,
                       struct state state, const char *reason) MUST_CHECK;

#endif
