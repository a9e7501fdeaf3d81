/* Finds the stack a call is about. */
#ifndef HEARTH_ENGINE_STACK_FIND_H
#define HEARTH_ENGINE_STACK_FIND_H

#include <stdint.h>

#include "engine/calls.h"
#include "sql/db.h"

struct found_stack {
    const char *id, *name, *action, *status;
    int64_t timeout_mins; /* 0: none given */
    const char *expected; /* of the key */
};

/* By name, id or both; deleted ones are not found. Fails with FAULT_ENTITY_NOT_FOUND. */
int stack_find(struct ctx *ctx, const struct stack_key *key, struct found_stack *found) MUST_CHECK;
/* The rows of a statement whose parameters are tenant, id and name of a stack; there is at least one. */
struct rows *stack_rows(struct ctx *ctx, enum statement statement, const struct stack_key *key) MUST_CHECK;
/* The same with a resource's name as the fourth. Its column "id" is null when the stack is there and the resource
 * is not; fails with FAULT_RESOURCE_NOT_FOUND then. */
struct rows *stack_resource_rows(struct ctx *ctx, enum statement statement, const struct stack_key *key,
                                 const char *resource) MUST_CHECK;
/* The failure itself. */
int stack_not_found(struct ctx *ctx, const struct stack_key *key);
/* Whether any stack can have it: an id must be a UUID. */
bool stack_key_valid(const struct stack_key *key);

#endif
