/* States of stacks and resources, and the one function that changes them. */
#ifndef HEARTH_ENGINE_STATE_H
#define HEARTH_ENGINE_STATE_H

#include <stdbool.h>

#include "base/ctx.h"

enum action {
#define ACTION(name) ACTION_##name,
#include "engine/states.def"
#undef ACTION
    ACTION_ANY
};

enum status {
#define STATUS(name) STATUS_##name,
#include "engine/states.def"
#undef STATUS
    STATUS_ANY
};

struct state {
    enum action action;
    enum status status;
};

enum state_owner { OWNER_RESOURCE, OWNER_STACK };

const char *action_name(enum action action);
const char *status_name(enum status status);
/* From the names in the database. -1 (FAULT_INTERNAL) for others. */
int state_read(struct ctx *ctx, const char *action, const char *status, struct state *out) MUST_CHECK;

/* Changes *state when the table permits it, else FAULT_INTERNAL. */
int state_change(struct ctx *ctx, enum state_owner owner, struct state *state, enum action action,
                 enum status status) MUST_CHECK;

static inline bool state_is(struct state state, enum action action, enum status status)
{
    return state.action == action && state.status == status;
}

#endif
