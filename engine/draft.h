/* A stack that a request describes, checked as a whole before anything is stored: what create, preview and
 * validate have in common. */
#ifndef HEARTH_ENGINE_DRAFT_H
#define HEARTH_ENGINE_DRAFT_H

#include "engine/calls.h"
#include "engine/definition.h"

struct draft {
    struct documents documents; /* the request's parameters are in the environment */
    struct definition *definition;
    const char *template_json;
    int64_t timeout_us;
};

/* Environment with the request's parameters laid over its own. */
const struct value *draft_environment(struct ctx *ctx, const struct stack_input *input);
/* Name free and well formed, limits kept, everything valid. stack_id: what OS::stack_id shall be. */
struct draft *draft_check(struct ctx *ctx, const struct stack_input *input, const char *stack_id) MUST_CHECK;
/* The same for a stack that is there: current are the documents it has now. Immutable parameters are kept. */
struct draft *draft_check_update(struct ctx *ctx, const struct stack_input *input,
                                 const struct documents *current) MUST_CHECK;
/* Most resources in one stack; fails with Heat's message. */
int draft_check_resource_limit(struct ctx *ctx, const struct template *template) MUST_CHECK;

#endif
