/* Finds the stack a call is about. */
#ifndef HEARTH_ENGINE_STACK_FIND_H
#define HEARTH_ENGINE_STACK_FIND_H

#include <stdint.h>

#include "engine/calls.h"

struct found_stack {
    const char *id, *name, *action, *status;
    int64_t timeout_mins; /* 0: none given */
};

/* By name, id or both; deleted ones are not found. Fails with FAULT_ENTITY_NOT_FOUND. */
int stack_find(struct ctx *ctx, const struct stack_key *key, struct found_stack *found) MUST_CHECK;
/* The failure itself. */
int stack_not_found(struct ctx *ctx, const struct stack_key *key);
/* Whether any stack can have it: an id must be a UUID. */
bool stack_key_valid(const struct stack_key *key);

#endif
