/* Actions that visit every resource as it is: suspend, resume, check, snapshot.
 *
 * Each resource is visited once in an operation, whatever earlier operations did to it; so that a takeover
 * knows whom this one has visited, attempt_id of a visited resource is the operation's id. The first failure
 * ends it, except for a check: that looks at all that does not depend on what has failed. */
#include <ctype.h>
#include <string.h>

#include "engine/nested.h"
#include "engine/operation.h"

static const struct walk {
    enum action action;
    bool reverse; /* what requires others goes first */
} walks[] = {
    {ACTION_SUSPEND, true},
    {ACTION_RESUME, false},
    {ACTION_CHECK, false},
    {ACTION_SNAPSHOT, false},
};

static const struct walk *find_walk(enum action action)
{
    for (size_t i = 0; i < COUNT_OF(walks); i++)
        if (walks[i].action == action)
            return &walks[i];
    return NULL;
}

bool walk_is(enum action action)
{
    return find_walk(action) != NULL;
}

bool walk_reverse(enum action action)
{
    const struct walk *walk = find_walk(action);
    return walk && walk->reverse;
}

static bool was_visited(const struct operation *operation, const struct node *node)
{
    return node->attempt_id && strcmp(node->attempt_id, operation->id) == 0 &&
           node->state.action == operation->stack.action;
}

static const char *failure_words(struct operation *operation, const char *reason)
{
    return arena_printf(operation->arena, "Resource %s failed: %s", action_name(operation->stack.action),
                        reason);
}

void walk_take_up(struct operation *operation)
{
    for (size_t i = 0; i < operation->node_count; i++) {
        const struct node *node = &operation->nodes[i];
        if (!was_visited(operation, node) || node->state.status == STATUS_IN_PROGRESS)
            continue;
        if (node->state.status == STATUS_COMPLETE)
            plan_done(operation->plan, node->place);
        else
            walk_fail(operation, failure_words(operation, node->reason));
    }
}

/* ---- one resource ---- */
static bool may_visit(enum action action, struct state state)
{
    if (action == ACTION_SUSPEND)
        return state.action != ACTION_DELETE &&
               (state.action == ACTION_SUSPEND || state.status == STATUS_COMPLETE);
    if (action == ACTION_RESUME)
        return state_is(state, ACTION_SUSPEND, STATUS_COMPLETE) ||
               state_is(state, ACTION_RESUME, STATUS_COMPLETE) ||
               state_is(state, ACTION_RESUME, STATUS_FAILED);
    return true;
}

static const char *lowercase(struct operation *operation, const char *text)
{
    char *lower = arena_strdup(operation->arena, text);
    for (char *c = lower; *c; c++)
        *c = (char)tolower((unsigned char)*c);
    return lower;
}

/* The resource stays as it is. */
static void refuse(struct operation *operation, const struct node *node, enum action action)
{
    walk_fail(operation,
              arena_printf(operation->arena,
                           "Resource %s failed: Error: resources.%s: State ('%s', '%s') invalid for %s",
                           action_name(action), node->name, action_name(node->state.action),
                           status_name(node->state.status), lowercase(operation, action_name(action))));
}

static void mark_visited(struct operation *operation, struct node *node)
{
    node->attempt_id = operation->id;
    plan_done(operation->plan, node->place);
}

/* What cannot be checked is left as it is when it was never made, and else said to be unsupported. */
static void pass_over(struct operation *operation, struct node *node)
{
    const char *reason = arena_printf(operation->arena, "CHECK not supported for %s", node->type_name);
    bool told = state_is(node->state, ACTION_CHECK, STATUS_COMPLETE) && strcmp(node->reason, reason) == 0;
    if (!told && !state_is(node->state, ACTION_INIT, STATUS_COMPLETE))
        node_set_state(operation, node, ACTION_CHECK, STATUS_COMPLETE, reason);
    mark_visited(operation, node);
}

static void fail_unmade(struct operation *operation, struct node *node)
{
    node->attempt_id = operation->id;
    node_set_state(operation, node, ACTION_CHECK, STATUS_FAILED,
                   arena_printf(operation->arena, "Can not check %s, resource not created yet.", node->name));
    walk_fail(operation,
              arena_printf(operation->arena,
                           "Resource CHECK failed: Exception: resources.%s: Resource %s not created yet.",
                           node->name, node->name));
}

static bool can_check(const struct node *node)
{
    return node->type && (node->type->hooks->check || node->type->hooks->nested);
}

/* Whatever is done to it here, no update has changed it: its traversal stays. */
static void visit(struct operation *operation, struct node *node, enum action action, int64_t now_us)
{
    node_recall_properties(operation, node);
    node_begin(operation, node, action, now_us);
    node->attempt_id = operation->id;
    node->step_traversal = node->traversal;
    node_step(operation, node, now_us);
}

void node_walk(struct operation *operation, struct node *node, int64_t now_us)
{
    enum action action = operation->stack.action;
    if (!may_visit(action, node->state))
        refuse(operation, node, action);
    else if (action == ACTION_CHECK && !can_check(node))
        pass_over(operation, node);
    else if (action == ACTION_CHECK && state_is(node->state, ACTION_INIT, STATUS_COMPLETE))
        fail_unmade(operation, node);
    else
        visit(operation, node, action, now_us);
}

/* ---- the stack ---- */
/* A check collects its failures; everything else is over with the first. */
void walk_fail(struct operation *operation, const char *reason)
{
    if (operation->phase != PHASE_WALK)
        return;
    operation->state = "FAILED";
    if (operation->stack.action != ACTION_CHECK) {
        operation->reason = reason;
        operation->phase = PHASE_DRAIN;
        return;
    }
    static const char words[] = "Resource CHECK failed: ";
    struct value *failures = operation->failures ? value_copy(operation->arena, operation->failures)
                                                 : value_list(operation->arena);
    if (strncmp(reason, words, strlen(words)) == 0)
        reason += strlen(words);
    value_list_add(operation->arena, failures, value_string(operation->arena, reason));
    operation->failures = failures;
    operation->reason = failure_words(operation, value_to_repr(operation->arena, failures));
}

const char *walk_timeout_reason(struct operation *operation)
{
    const char *name = action_name(operation->stack.action);
    return arena_printf(operation->arena, "%c%s timed out", *name, lowercase(operation, name + 1));
}

static bool all_can_check(const struct operation *operation)
{
    for (size_t i = 0; i < operation->node_count; i++)
        if (!can_check(&operation->nodes[i]) || !nested_all_checked(&operation->nodes[i]))
            return false;
    return true;
}

void walk_finish(struct operation *operation)
{
    enum action action = operation->stack.action;
    bool failed = operation->state != NULL;
    if (!failed) {
        operation->state = "DONE";
        operation->reason =
            arena_printf(operation->arena, "Stack %s completed successfully", action_name(action));
    }
    if (action == ACTION_CHECK && !all_can_check(operation))
        operation->reason = arena_printf(operation->arena, "%s. 'CHECK' not fully supported (see resources)",
                                         operation->reason);
    stack_set_state(operation, action, failed ? STATUS_FAILED : STATUS_COMPLETE, operation->reason);
}
