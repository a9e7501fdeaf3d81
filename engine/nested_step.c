/* One round after the other: what the step of a resource that is a stack itself asks of its child. */
#include <string.h>

#include "base/config.h"
#include "base/str.h"
#include "base/uuid.h"
#include "engine/nested.h"
#include "engine/registry.h"

bool node_is_nested(const struct node *node)
{
    return node->type && node->type->hooks->nested;
}

bool nested_is_there(const struct node *node)
{
    return node->nested_id && node->child && !node->child->deleted &&
           node->child->state.action != ACTION_DELETE;
}

bool nested_is_updatable(const struct node *node)
{
    bool marked = state_is(node->state, ACTION_CHECK, STATUS_FAILED) &&
                  !(node->child && state_is(node->child->state, ACTION_CHECK, STATUS_FAILED));
    return node_is_nested(node) && node->state.action != ACTION_DELETE && nested_is_there(node) && !marked;
}

bool nested_all_checked(const struct node *node)
{
    return !node->child || !node->child->reason ||
           !strstr(node->child->reason, "'CHECK' not fully supported");
}

/* ---- progress ---- */
static const char *asked(const struct node *node)
{
    return value_get_text(node->progress, "asked");
}

static void set_progress(struct operation *operation, struct node *node, struct resource_job *job,
                         const char *asked_for)
{
    struct value *progress = value_map(operation->arena);
    if (asked_for)
        value_map_set(operation->arena, progress, "asked", value_string(operation->arena, asked_for));
    if (job->progress)
        value_map_set(operation->arena, progress, "step", job->progress);
    node->progress = progress;
}

static struct nested_request *request_new(struct operation *operation, struct node *node, enum action action)
{
    char id[UUID_SIZE];
    uuid_v4(id);
    struct nested_request *request = arena_new(operation->arena, struct nested_request);
    request->action = action;
    request->operation_id = arena_strdup(operation->arena, id);
    struct value *input = value_map(operation->arena);
    if (operation->base_url)
        value_map_set(operation->arena, input, "base_url",
                      value_string(operation->arena, operation->base_url));
    request->input = input;
    node->request = request;
    return request;
}

/* From the commit that carries the request on, this is how the child is. */
static void expect(struct operation *operation, struct node *node, struct resource_job *job,
                   enum action action)
{
    node->child->state = (struct state){action, STATUS_IN_PROGRESS};
    set_progress(operation, node, job, action_name(action));
}

static enum step_result wait_for_child(struct resource_job *job)
{
    job->due_us = DUE_NEVER;
    return STEP_WAIT;
}

/* ---- failure ---- */
/* "resources.n" and "resources[0].resources.r" make "resources.n.resources[0].resources.r". */
static const char *joined_reason(struct operation *operation, const struct node *node, const char *reason)
{
    struct arena *arena = operation->arena;
    const char *failed = strstr(reason, " failed: "), *own = node_path(operation, node);
    const char *type = strncmp(reason, "Resource ", 9) == 0 && failed ? failed + strlen(" failed: ") : NULL;
    const char *path = type ? strstr(type, ": ") : NULL, *message = path ? strstr(path + 2, ": ") : NULL;
    if (!message || strncmp(path + 2, "resources", 9) != 0)
        return arena_printf(arena, "%s: %s", own, reason);
    return arena_printf(arena, "%.*s: %s.%s", (int)(path - type), type, own, path + 2);
}

static enum step_result fail_child(struct operation *operation, struct node *node, const char *reason)
{
    node->failure = joined_reason(operation, node, reason);
    return STEP_FAILED;
}

static enum step_result fail_deleted(struct operation *operation, const struct node *node)
{
    (void)fail(&operation->ctx, FAULT_NOT_FOUND, "The Stack (%s) could not be found.", node->nested_id);
    return STEP_FAILED;
}

/* ---- making and changing ---- */
static void refer(struct operation *operation, struct node *node, const char *id)
{
    node->nested_id = id;
    value_map_set(operation->arena, operation->children, id,
                  value_int(operation->arena, node - operation->nodes));
    node->child = arena_new(operation->arena, struct child);
    node->child->id = id;
    node->child->view.outputs = value_map(operation->arena);
}

/* Parameters whose values come from a hidden one are shown masked. Of a type that is a template properties are the
 * parameters; of others all are masked when any property does. */
static const struct value *shown_parameters(struct operation *operation, struct node *node,
                                            const struct value *parameters)
{
    const struct value *given = node->wanted ? node->wanted : node->given;
    const struct value *masked = node_masked_properties(operation, node);
    if (!masked || !given || value_equal(masked, given))
        return parameters;
    struct value *shown = value_map(operation->arena);
    for (size_t i = 0; i < value_count(parameters); i++) {
        const char *name = parameters->map.entries[i].key;
        const struct value *mask = value_get(masked, name), *real = value_get(given, name);
        bool plain = node->type->template && mask && real && value_equal(mask, real);
        value_map_set(operation->arena, shown, name,
                      plain ? parameters->map.entries[i].value : value_string(operation->arena, "******"));
    }
    return shown;
}

/* What resource_facade gives in the child's template. */
static const struct value *facade_of(struct operation *operation, const struct node *node)
{
    static const char *const maps[] = {"metadata", "update_policy"};
    const struct value *definition = node->wanted_definition ? node->wanted_definition : node->definition;
    struct value *facade = value_map(operation->arena);
    for (size_t i = 0; i < COUNT_OF(maps); i++) {
        const struct value *said = value_get(definition, maps[i]);
        value_map_set(operation->arena, facade, maps[i], said ? said : value_map(operation->arena));
    }
    value_map_set(operation->arena, facade, "deletion_policy",
                  value_string(operation->arena, node->deletion_policy));
    return facade;
}

static void describe(struct operation *operation, struct node *node, const struct nested_stack *stack,
                     struct nested_request *request)
{
    struct ctx *ctx = &operation->ctx;
    const struct environment *environment = operation->definition->environment;
    struct registry_match match = {0};
    bool found = node->resource &&
                 registry_find(ctx, environment->resource_registry, node->name, node->resource->type, &match);
    const char *part = stack->whole_environment ? NULL : node->name;
    const struct value *shown = shown_parameters(operation, node, stack->parameters);
    request->template = stack->template;
    request->timeout_mins = stack->timeout_mins;
    request->environment =
        registry_child(ctx, environment, found && match.file ? &match : NULL, part, stack->parameters);
    request->shown = shown == stack->parameters
                         ? request->environment
                         : registry_child(ctx, environment, found && match.file ? &match : NULL, part, shown);
    value_map_set(operation->arena, (struct value *)request->input, "nested", value_bool(true));
    value_map_set(operation->arena, (struct value *)request->input, "facade", facade_of(operation, node));
}

/* What was exported of an adopted resource is the child's own data. */
static void hand_on_adopted(struct operation *operation, struct node *node, struct nested_request *request)
{
    const struct value *exported = value_get(operation->adopted, node->name);
    const struct value *resources = value_get(exported, "resources");
    request->action = ACTION_ADOPT;
    value_map_set(operation->arena, (struct value *)request->input, "adopt",
                  value_is(resources, VALUE_MAP) ? resources : value_map(operation->arena));
}

static int check_depth(struct operation *operation)
{
    int64_t most = operation->ctx.config->max_nested_stack_depth;
    if (operation->nested_depth < most)
        return 0;
    return fail(&operation->ctx, FAULT_REQUEST_LIMIT, "Request limit exceeded: Recursion depth exceeds %lld.",
                (long long)most);
}

static enum step_result ask_for_stack(struct operation *operation, struct node *node,
                                      struct resource_job *job, const struct nested_stack *stack)
{
    if (check_depth(operation) != 0)
        return STEP_FAILED;
    if (nested_is_there(node) && node->child->state.action == ACTION_SUSPEND) {
        (void)fail(&operation->ctx, FAULT_NOT_SUPPORTED,
                   "Updating a stack when it is suspended is not supported.");
        return STEP_FAILED;
    }
    bool makes = !nested_is_there(node);
    struct nested_request *request = request_new(operation, node, makes ? ACTION_CREATE : ACTION_UPDATE);
    request->makes = makes;
    if (makes) {
        char id[UUID_SIZE];
        uuid_v4(id);
        refer(operation, node, arena_strdup(operation->arena, id));
        job->physical_id = node->nested_id;
        if (node->state.action == ACTION_ADOPT)
            hand_on_adopted(operation, node, request);
    }
    describe(operation, node, stack, request);
    node->child->view.template = stack->template;
    expect(operation, node, job, request->action);
    return wait_for_child(job);
}

void nested_ask(struct operation *operation, struct node *node, const struct nested_stack *stack)
{
    struct nested_request *request = request_new(operation, node, ACTION_UPDATE);
    describe(operation, node, stack, request);
    node->child->view.template = stack->template;
    node->child->state = (struct state){ACTION_UPDATE, STATUS_IN_PROGRESS};
    node_changed(operation, node);
}

static void keep_outcome(struct node *node, struct resource_job *job)
{
    if (node->child)
        job->attributes = node->child->view.outputs;
}

static enum step_result next_round(struct operation *operation, struct node *node, struct resource_job *job)
{
    static const struct value none = {.kind = VALUE_MAP};
    const struct nested_child nobody = {.outputs = &none};
    const struct nested_child *child = nested_is_there(node) ? &node->child->view : &nobody;
    struct nested_stack stack = {0};
    switch (node->type->hooks->nested->next(&operation->ctx, job, child, &stack)) {
    case NESTED_STACK:
        return ask_for_stack(operation, node, job, &stack);
    case NESTED_PAUSE:
        set_progress(operation, node, job, NULL);
        return STEP_WAIT;
    case NESTED_DONE:
        keep_outcome(node, job);
        return STEP_DONE;
    default:
        return STEP_FAILED;
    }
}

static enum step_result bring(struct operation *operation, struct node *node, struct resource_job *job)
{
    const struct child *child = node->child;
    job->progress = value_get(node->progress, "step");
    if (!asked(node))
        return next_round(operation, node, job);
    if (!child || child->deleted || child->state.action == ACTION_DELETE)
        return fail_deleted(operation, node);
    if (child->state.status == STATUS_IN_PROGRESS)
        return wait_for_child(job);
    if (child->state.status == STATUS_FAILED)
        return fail_child(operation, node, child->reason);
    return next_round(operation, node, job);
}

/* ---- taking down ---- */
static enum step_result take_down(struct operation *operation, struct node *node, struct resource_job *job)
{
    if (!node->nested_id || !node->child || node->child->deleted)
        return STEP_DONE;
    bool under_way = state_is(node->child->state, ACTION_DELETE, STATUS_IN_PROGRESS);
    if (asked(node) && node->child->state.status == STATUS_FAILED &&
        node->child->state.action == ACTION_DELETE)
        return fail_child(operation, node, node->child->reason);
    if (!under_way) {
        struct nested_request *request = request_new(operation, node, ACTION_DELETE);
        if (operation->abandon)
            value_map_set(operation->arena, (struct value *)request->input, "abandon", value_bool(true));
    }
    expect(operation, node, job, ACTION_DELETE);
    return wait_for_child(job);
}

/* ---- visiting ---- */
static const char *lowercase_action(enum action action)
{
    return action == ACTION_SUSPEND ? "suspend" : action == ACTION_RESUME ? "resume" : "check";
}

static bool is_there_already(const struct node *node)
{
    enum action action = node->state.action;
    return action != ACTION_CHECK && state_is(node->child->state, action, STATUS_COMPLETE);
}

static enum step_result fail_unmade(struct operation *operation, struct node *node)
{
    node->failure =
        arena_printf(operation->arena, "Error: %s: Cannot %s %s, stack not created",
                     node_path(operation, node), lowercase_action(node->state.action), node->name);
    return STEP_FAILED;
}

/* What runs on the child goes to its end first. */
static enum step_result visit(struct operation *operation, struct node *node, struct resource_job *job)
{
    struct child *child = node->child;
    enum action action = node->state.action;
    if (!nested_is_there(node))
        return fail_unmade(operation, node);
    if (child->state.status == STATUS_IN_PROGRESS) {
        set_progress(operation, node, job, asked(node));
        return wait_for_child(job);
    }
    if (asked(node) && child->state.action == action && child->state.status == STATUS_FAILED)
        return fail_child(operation, node, child->reason);
    if ((asked(node) && child->state.action == action) || is_there_already(node)) {
        keep_outcome(node, job);
        return STEP_DONE;
    }
    (void)request_new(operation, node, action);
    expect(operation, node, job, action);
    return wait_for_child(job);
}

enum step_result nested_step(struct operation *operation, struct node *node, struct resource_job *job)
{
    enum step_result result;
    switch (node->state.action) {
    case ACTION_DELETE:
        result = take_down(operation, node, job);
        break;
    case ACTION_SUSPEND:
    case ACTION_RESUME:
    case ACTION_CHECK:
        result = visit(operation, node, job);
        break;
    case ACTION_SNAPSHOT: /* the snapshot has the child's data in it */
        result = STEP_DONE;
        break;
    default:
        result = bring(operation, node, job);
    }
    node->child_news = false;
    job->progress = node->progress;
    return result;
}

/* ---- attributes ---- */
const struct value *nested_attribute(struct ctx *ctx, struct operation *operation, struct node *node,
                                     const struct value *path, size_t *used)
{
    const struct nested_hooks *hooks = node->type->hooks->nested;
    const struct value *outputs = node->child ? node->child->view.outputs : node->attributes;
    struct nested_child child = node->child ? node->child->view : (struct nested_child){.outputs = outputs};
    const char *name = value_text(value_at(path, 0));
    *used = 1;
    if (!node->nested_id || !child.outputs)
        return NULL;
    if (hooks->attribute) {
        struct resource_job job;
        node_fill_job(operation, node, &job, 0);
        return hooks->attribute(ctx, &job, &child, path, used);
    }
    if (name && value_has(child.outputs, name))
        return value_get(child.outputs, name);
    return fail_null(ctx, FAULT_INVALID_ATTRIBUTE, "The Referenced Attribute (%s %s) is incorrect.",
                     node->name, name ? name : "");
}
