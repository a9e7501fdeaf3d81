/* A stack as an update finds it, and as it would be afterwards: what updating and previewing it have in
 * common. */
#ifndef HEARTH_ENGINE_CALLS_UPDATE_H
#define HEARTH_ENGINE_CALLS_UPDATE_H

#include "engine/calls.h"
#include "engine/draft.h"
#include "sql/db.h"

struct current_stack {
    const char *id, *name, *action;
    const char *template_digest, *environment_digest, *files_digest;
    const struct value *tags; /* list, or NULL */
    int timeout_mins;         /* -1: none given */
    bool disable_rollback;
    struct documents documents; /* environment with its hidden values */
};

/* Fails with FAULT_ENTITY_NOT_FOUND. */
int current_stack_read(struct ctx *ctx, const struct stack_key *key, struct current_stack *stack) MUST_CHECK;
/* The stack with the request laid over it, checked; *merged is all of what it would be made of. */
struct draft *current_stack_draft(struct ctx *ctx, const struct current_stack *stack,
                                  const struct stack_input *input, struct stack_input *merged) MUST_CHECK;

#endif
