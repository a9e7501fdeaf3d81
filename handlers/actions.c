/* Actions on a stack: the body names one. */
#include "handlers/routes.h"

#include <string.h>

#include "fcgi/auth.h"
#include "handlers/arguments.h"

static int cancel_update(struct ctx *ctx, const struct stack_key *key)
{
    return stack_cancel_update(ctx, key, true);
}

static int cancel_without_rollback(struct ctx *ctx, const struct stack_key *key)
{
    return stack_cancel_update(ctx, key, false);
}

static int protect(struct ctx *ctx, const struct stack_key *key)
{
    return stack_protect(ctx, key, true);
}

static int unprotect(struct ctx *ctx, const struct stack_key *key)
{
    return stack_protect(ctx, key, false);
}

static const struct {
    const char *name, *policy;
    int (*run)(struct ctx *ctx, const struct stack_key *key);
} actions[] = {
    {"suspend", "actions:suspend", stack_suspend},
    {"resume", "actions:resume", stack_resume},
    {"check", "actions:check", stack_check},
    {"cancel_update", "actions:cancel_update", cancel_update},
    {"cancel_without_rollback", "actions:cancel_without_rollback", cancel_without_rollback},
    {"retry", "actions:retry", stack_retry},
    {"protect", "actions:protect", protect}, /* not Heat's */
    {"unprotect", "actions:unprotect", unprotect},
};

/* The one key of the body; what is no map names no action. */
static const char *read_action(struct request *request)
{
    struct ctx *ctx = &request->ctx;
    const struct value *body = request_json(request);
    if (ctx->error.fault != FAULT_NONE)
        return NULL;
    if (!value_is(body, VALUE_MAP) || value_count(body) == 0)
        return fail_null(ctx, FAULT_BAD_REQUEST, "No action specified");
    if (value_count(body) > 1)
        return fail_null(ctx, FAULT_BAD_REQUEST, "Multiple actions specified");
    return body->map.entries[0].key;
}

int actions_action(struct request *request)
{
    const char *name = read_action(request);
    struct stack_key key = path_stack(request);
    if (!name)
        return -1;
    for (size_t i = 0; i < COUNT_OF(actions); i++) {
        if (strcmp(actions[i].name, name) != 0)
            continue;
        if (policy_enforce(&request->ctx, actions[i].policy) < 0 || actions[i].run(&request->ctx, &key) < 0)
            return -1;
        reply_value(request, 200, &value_null);
        return 0;
    }
    return fail(&request->ctx, FAULT_BAD_REQUEST, "Invalid action %s specified", name);
}
