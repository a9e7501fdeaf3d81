/* What must hold of a stack before a call changes it, looked at in the transaction that changes it: the revision its
 * caller knows (If-Match, RFC 9110, 13.1.1), and that it is not protected from going away. */
#ifndef HEARTH_ENGINE_GUARD_H
#define HEARTH_ENGINE_GUARD_H

#include <stdbool.h>

#include "engine/stack_find.h"

enum guard { GUARD_CHANGE, GUARD_REMOVAL };

/* After engine_lock_operation; the stack's row is locked from then on where something is asked of it. Fails with
 * FAULT_STACK_CHANGED or FAULT_STACK_PROTECTED. Who acts for no user (the engine) removes parts of protected stacks. */
int stack_guard(struct ctx *ctx, const struct found_stack *stack, enum guard guard) MUST_CHECK;

/* Whether a list of entity tags, as If-Match and If-None-Match have it, names this one (without its quotes) or is
 * "*". Tags that a compressing proxy marked as its own (W/"7", "7-gzip") count as ours. */
bool entity_tag_listed(const char *list, const char *tag);

#endif
