/* Updating a stack and previewing it, in whole (PUT) or in part (PATCH); marking resources for replacement.
 */
#include "handlers/routes.h"

#include <string.h>

#include "base/uuid.h"
#include "fcgi/auth.h"
#include "handlers/arguments.h"
#include "handlers/instantiation.h"

static int check_path(struct request *request, struct stack_key *key)
{
    *key = path_stack(request);
    return uuid_valid(key->id) ? 0 : fail_stack(&request->ctx, key->name);
}

static int update(struct request *request, bool patch)
{
    struct stack_input input;
    struct stack_key key;
    if (instantiation_read_update(request, patch, &input) < 0 || check_path(request, &key) < 0 ||
        stack_update(&request->ctx, &key, &input) < 0)
        return -1;
    reply_short(request, 202);
    return 0;
}

int stacks_update(struct request *request)
{
    return update(request, false);
}

/* A body that asks for nothing is a rule of its own: it may be allowed to who may not change anything. */
static bool asks_for_nothing(struct request *request)
{
    const struct value *body = request_json(request);
    for (size_t i = 0; i < value_count(body); i++)
        if (value_truth(body->map.entries[i].value))
            return false;
    return body != NULL;
}

int stacks_update_patch(struct request *request)
{
    const char *rule = asks_for_nothing(request) ? "stacks:update_no_change" : "stacks:update_patch";
    error_clear(&request->ctx);
    return policy_enforce(&request->ctx, rule) < 0 ? -1 : update(request, true);
}

static int preview(struct request *request, bool patch)
{
    struct stack_input input;
    struct stack_key key;
    int nested = argument_boolean(request, "show_nested", false);
    if (nested < 0 || instantiation_read_update(request, patch, &input) < 0 || check_path(request, &key) < 0)
        return -1;
    const struct value *changes = stack_preview_update(&request->ctx, &key, &input, nested);
    if (!changes)
        return -1;
    struct value *body = value_map(request->ctx.arena);
    value_map_set(request->ctx.arena, body, "resource_changes", changes);
    reply_value(request, 200, body);
    return 0;
}

int stacks_preview_update(struct request *request)
{
    return preview(request, false);
}

int stacks_preview_update_patch(struct request *request)
{
    return preview(request, true);
}

/* ---- resources ---- */
static int check_mark_keys(struct ctx *ctx, const struct value *body)
{
    struct str unknown = STR_INIT(ctx->arena);
    for (size_t i = 0; i < value_count(body); i++) {
        const char *key = body->map.entries[i].key;
        if (strcmp(key, "mark_unhealthy") == 0 || strcmp(key, "resource_status_reason") == 0)
            continue;
        str_add(&unknown, unknown.length ? ", " : "");
        value_write_repr(&unknown, value_string(ctx->arena, key));
    }
    if (unknown.length)
        return fail(ctx, FAULT_BAD_REQUEST, "Invalid keys in resource mark unhealthy {%s}", unknown.data);
    if (!value_has(body, "mark_unhealthy"))
        return fail(ctx, FAULT_BAD_REQUEST,
                    "Missing mandatory (mark_unhealthy) key from mark unhealthy request");
    return 0;
}

int resources_mark_unhealthy(struct request *request)
{
    struct ctx *ctx = &request->ctx;
    struct stack_key key;
    const struct value *body = request_json(request);
    if (!value_is(body, VALUE_MAP))
        return fail_malformed(ctx);
    if (check_mark_keys(ctx, body) < 0)
        return -1;
    int unhealthy =
        boolean_check(ctx, "mark_unhealthy", value_to_str(ctx->arena, value_get(body, "mark_unhealthy")));
    const struct value *reason = value_get(body, "resource_status_reason");
    if (unhealthy < 0)
        return -1;
    if (!value_is_null(reason) && !value_text(reason))
        return fail_malformed(ctx);
    if (check_path(request, &key) < 0 ||
        resource_mark(ctx, &key, request->variables[PATH_RESOURCE], unhealthy, value_text(reason)) < 0)
        return -1;
    reply_value(request, 200, &value_null);
    return 0;
}
