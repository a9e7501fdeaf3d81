/* States of stacks and resources, and the one function that changes them. */
#include "engine/state.h"

#include <string.h>

static const char *const action_names[] = {
#define ACTION(name) #name,
#include "engine/states.def"
#undef ACTION
};

static const char *const status_names[] = {
#define STATUS(name) #name,
#include "engine/states.def"
#undef STATUS
};

static const struct {
    enum state_owner owner;
    struct state from, to;
} changes[] = {
#define CHANGE(of, from_action, from_status, to_action, to_status)                                           \
    {OWNER_##of, {ACTION_##from_action, STATUS_##from_status}, {ACTION_##to_action, STATUS_##to_status}},
#include "engine/states.def"
#undef CHANGE
};

const char *action_name(enum action action)
{
    return action_names[action];
}

const char *status_name(enum status status)
{
    return status_names[status];
}

static int name_index(const char *const *names, size_t count, const char *name)
{
    for (size_t i = 0; name && i < count; i++)
        if (strcmp(names[i], name) == 0)
            return (int)i;
    return -1;
}

int state_read(struct ctx *ctx, const char *action, const char *status, struct state *out)
{
    int a = name_index(action_names, COUNT_OF(action_names), action);
    int s = name_index(status_names, COUNT_OF(status_names), status);
    if (a < 0 || s < 0)
        return fail(ctx, FAULT_INTERNAL, "no such state: %s %s", action ? action : "", status ? status : "");
    *out = (struct state){(enum action)a, (enum status)s};
    return 0;
}

static bool matches(struct state pattern, struct state state)
{
    return (pattern.action == ACTION_ANY || pattern.action == state.action) &&
           (pattern.status == STATUS_ANY || pattern.status == state.status);
}

int state_change(struct ctx *ctx, enum state_owner owner, struct state *state, enum action action,
                 enum status status)
{
    struct state to = {action, status};
    for (size_t i = 0; i < COUNT_OF(changes); i++) {
        if (changes[i].owner == owner && matches(changes[i].from, *state) && matches(changes[i].to, to)) {
            *state = to;
            return 0;
        }
    }
    return fail(ctx, FAULT_INTERNAL, "a %s may not go from %s %s to %s %s",
                owner == OWNER_STACK ? "stack" : "resource", action_name(state->action),
                status_name(state->status), action_name(action), status_name(status));
}
