/* What a signal changes beyond the metadata of its resource. */
#include "engine/signal.h"

#include <string.h>

#include "base/log.h"
#include "engine/names.h"
#include "engine/nested.h"
#include "engine/rows.h"

/* One of the queue. */
struct pending {
    const char *id;
    struct node *node;
    const struct value *details, *progress;
    int64_t due_us;
    bool changed, done;
    struct pending *next;
};

struct signals {
    struct pending *first, **end;
};

void signals_open(struct operation *operation)
{
    struct signals *signals = arena_new(operation->arena, struct signals);
    signals->first = NULL;
    signals->end = &signals->first;
    operation->signals = signals;
}

/* ---- the queue ---- */
static bool is_known(const struct signals *signals, const char *id)
{
    for (const struct pending *pending = signals->first; pending; pending = pending->next)
        if (strcmp(pending->id, id) == 0)
            return true;
    return false;
}

static struct node *node_with_id(struct operation *operation, const char *id)
{
    for (size_t i = 0; i < operation->node_count; i++)
        if (strcmp(operation->nodes[i].id, id) == 0)
            return &operation->nodes[i];
    return NULL;
}

static const struct value *read_json(struct operation *operation, const char *text)
{
    const char *plain = column_open(&operation->ctx, operation->tenant_id, text);
    const struct value *value = plain ? value_read_json(&operation->ctx, plain, strlen(plain)) : NULL;
    error_clear(&operation->ctx);
    return value;
}

void signals_add(struct operation *operation, const struct new_signal *signal)
{
    struct signals *signals = operation->signals;
    struct node *node = node_with_id(operation, signal->resource_id);
    if (!node || is_known(signals, signal->id))
        return; /* without a node: gone by now, and its signals with it */
    struct pending *pending = arena_new(operation->arena, struct pending);
    *pending = (struct pending){
        .id = arena_strdup(operation->arena, signal->id),
        .node = node,
        .details = signal->details,
        .progress = signal->progress,
        .due_us = signal->due_us,
    };
    *signals->end = pending;
    signals->end = &pending->next;
}

void signals_load(struct operation *operation, const struct rows *rows)
{
    int due = rows_column(rows, "due_us");
    for (size_t i = 0; i < rows_count(rows); i++) {
        if (strcmp(rows_get(rows, i, "stack_id"), operation->stack_id) != 0)
            continue;
        signals_add(operation, &(struct new_signal){
                                   .id = rows_get(rows, i, "id"),
                                   .resource_id = rows_get(rows, i, "resource_id"),
                                   .details = read_json(operation, rows_get(rows, i, "details")),
                                   .progress = read_json(operation, rows_get(rows, i, "progress")),
                                   .due_us = rows_text(rows, i, due) ? rows_int(rows, i, due) : 0,
                               });
    }
}

/* ---- steps ---- */
static bool waits_for_peer(const struct pending *pending)
{
    return value_has(pending->progress, "peer");
}

/* A resource takes its signals one after the other. One that waits for another resource is in nobody's way. */
static bool is_next(const struct signals *signals, const struct pending *pending)
{
    for (const struct pending *earlier = signals->first; earlier != pending; earlier = earlier->next)
        if (!earlier->done && earlier->node == pending->node && !waits_for_peer(earlier))
            return false;
    return true;
}

/* What a job of a node that is not at work leaves behind. */
static void take_job(struct operation *operation, struct node *node, const struct resource_job *job)
{
    if (!value_equal(job->attributes, node->attributes) || job->physical_id != node->physical_id)
        operation->outputs_changed = true;
    if (job->metadata != node->metadata)
        node->new_metadata = value_to_json(operation->arena, job->metadata);
    node->physical_id = job->physical_id;
    node->data = job->data;
    node->attributes = job->attributes;
    node->metadata = job->metadata;
    node_changed(operation, node);
}

static void fill_job(struct operation *operation, struct node *node, struct resource_job *job, int64_t now_us)
{
    node_recall_properties(operation, node);
    node_fill_job(operation, node, job, now_us);
    job->progress = NULL;
}

/* ---- changes of other resources ---- */
/* The progress of a signal that waits for such a change (peer_change in resources/hooks.h) holds
 *
 *   "peer"     id of the other resource
 *   "change"   what is wanted of it
 *   "told"     reason of the event that tells of the signal in the end
 *   "step"     progress of the other's hook; absent: it was not called yet
 *
 * What the other's child is asked for is written with it, so that whoever takes over finds the child at work, or the
 * end of that. */
static struct node *peer_of(struct operation *operation, const struct pending *pending)
{
    const char *id = value_get_text(pending->progress, "peer");
    return id ? node_with_id(operation, id) : NULL;
}

static enum step_result fail_peer(struct operation *operation, const char *what)
{
    (void)fail(&operation->ctx, FAULT_NOT_SUPPORTED, "What the signal is to change %s", what);
    return STEP_FAILED;
}

static enum step_result begin_change(struct operation *operation, struct pending *pending,
                                     const struct peer_change *change)
{
    for (size_t i = 0; i < operation->node_count; i++) {
        struct node *node = &operation->nodes[i];
        const char *reference = node->superseded_by ? NULL : node_reference(operation, node);
        if (!reference || strcmp(reference, change->reference) != 0)
            continue;
        struct value *progress = value_map(operation->arena);
        value_map_set(operation->arena, progress, "peer", value_string(operation->arena, node->id));
        value_map_set(operation->arena, progress, "change", change->change);
        value_map_set(operation->arena, progress, "told", value_string(operation->arena, change->told));
        pending->progress = progress;
        return STEP_WAIT;
    }
    return fail_peer(operation, "is not there");
}

static enum step_result end_change(struct operation *operation, struct pending *pending, struct node *peer,
                                   struct resource_job *job, bool changed)
{
    if (value_has(pending->progress, "step")) { /* its child is not what it was */
        job->attributes = peer->child->view.outputs;
        operation->outputs_changed = true;
    }
    take_job(operation, peer, job);
    if (!changed)
        return STEP_FAILED;
    node_tell_signal(operation, pending->node, value_get_text(pending->progress, "told"));
    return STEP_DONE;
}

static enum step_result next_change(struct operation *operation, struct pending *pending, struct node *peer,
                                    int64_t now_us)
{
    struct resource_job job;
    struct nested_stack stack = {0};
    struct nested_child child = peer->child->view;
    fill_job(operation, peer, &job, now_us);
    job.progress = value_get(pending->progress, "step");
    child.failed = peer->child->state.status == STATUS_FAILED;
    switch (peer->type->hooks->nested->change(&operation->ctx, &job, value_get(pending->progress, "change"),
                                              &child, &stack)) {
    case NESTED_STACK:
        nested_ask(operation, peer, &stack);
        break;
    case NESTED_PAUSE:
        pending->due_us = job.due_us;
        break;
    case NESTED_DONE:
        return end_change(operation, pending, peer, &job, true);
    case NESTED_FAILED:
        return end_change(operation, pending, peer, &job, false);
    }
    struct value *progress = value_copy(operation->arena, pending->progress);
    value_map_set(operation->arena, progress, "step",
                  job.progress ? job.progress : value_map(operation->arena));
    pending->progress = progress;
    pending->changed = true;
    take_job(operation, peer, &job);
    return STEP_WAIT;
}

/* As in Heat, a signal is in vain while something is under way on the child: a group that scales already takes no
 * other. */
static enum step_result change_peer(struct operation *operation, struct pending *pending, int64_t now_us)
{
    struct node *peer = peer_of(operation, pending);
    pending->due_us = DUE_NEVER;
    if (!peer || peer->superseded_by || !node_is_nested(peer) || !nested_is_there(peer))
        return fail_peer(operation, "is gone");
    if (!peer->type->hooks->nested->change)
        return fail_peer(operation, "takes no such change");
    if (peer->child->state.status == STATUS_IN_PROGRESS)
        return value_has(pending->progress, "step") ? STEP_WAIT
                                                    : fail_peer(operation, "has an action in progress");
    if (peer->child->state.action == ACTION_SUSPEND)
        return fail_peer(operation, "is suspended");
    return next_change(operation, pending, peer, now_us);
}

/* ---- signals ---- */
static enum step_result call_hook(struct operation *operation, struct pending *pending, int64_t now_us)
{
    struct resource_job job;
    fill_job(operation, pending->node, &job, now_us);
    job.signal = pending->details;
    job.progress = pending->progress;
    enum step_result result = pending->node->type->hooks->handle(&operation->ctx, &job);
    pending->progress = job.progress;
    pending->due_us = job.due_us;
    pending->changed = true;
    take_job(operation, pending->node, &job);
    if (result != STEP_DONE || !job.peer_change)
        return result;
    return begin_change(operation, pending, job.peer_change);
}

static bool is_to_be_handled(const struct node *node)
{
    return node->type && node->type->hooks->handle && !node->superseded_by &&
           node->state.action != ACTION_DELETE;
}

static void handle(struct operation *operation, struct pending *pending, int64_t now_us)
{
    struct node *node = pending->node;
    enum step_result result = STEP_DONE;
    if (is_to_be_handled(node)) {
        result = waits_for_peer(pending) ? STEP_WAIT : call_hook(operation, pending, now_us);
        if (result == STEP_WAIT && waits_for_peer(pending))
            result = change_peer(operation, pending, now_us);
    }
    if (result == STEP_FAILED)
        log_warning(operation->ctx.request_id, "operation=%s stack=%s resource=%s a signal failed: %s",
                    operation->id, operation->stack_id, node->name, operation->ctx.error.message);
    error_clear(&operation->ctx);
    pending->done = result != STEP_WAIT;
    pending->changed = pending->changed || pending->done;
}

static bool is_waiting_for_signals(const struct node *node)
{
    return node->type && node->type->hooks->wait_for_signals;
}

static void handle_due(struct operation *operation, int64_t now_us)
{
    const struct signals *signals = operation->signals;
    for (struct pending *pending = signals->first; pending; pending = pending->next)
        if (!pending->done && is_next(signals, pending) &&
            (pending->due_us <= now_us ||
             (operation->signalled && (is_waiting_for_signals(pending->node) || waits_for_peer(pending)))))
            handle(operation, pending, now_us);
}

/* ---- attributes ---- */
/* Those of what was made and is not being made again: the step under way would set them itself. */
static bool has_attributes(const struct node *node)
{
    return node->type && node->type->hooks->refresh && !node->superseded_by &&
           node->state.status == STATUS_COMPLETE && node->state.action != ACTION_INIT &&
           node->state.action != ACTION_DELETE;
}

static void refresh(struct operation *operation, struct node *node, int64_t now_us)
{
    struct resource_job job;
    fill_job(operation, node, &job, now_us);
    node->type->hooks->refresh(&operation->ctx, &job);
    error_clear(&operation->ctx);
    if (!value_equal(job.attributes, node->attributes))
        take_job(operation, node, &job);
}

static void refresh_all(struct operation *operation, int64_t now_us)
{
    for (size_t i = 0; i < operation->node_count; i++)
        if (has_attributes(&operation->nodes[i]))
            refresh(operation, &operation->nodes[i], now_us);
}

/* ---- the turn ---- */
static bool all_done(const struct signals *signals)
{
    for (const struct pending *pending = signals->first; pending; pending = pending->next)
        if (!pending->done)
            return false;
    return true;
}

static void finish(struct operation *operation, const char *state, const char *reason)
{
    operation->state = state;
    operation->reason = reason;
    operation->phase = PHASE_OVER;
}

void signals_turn(struct operation *operation, int64_t now_us)
{
    if (operation->broken) {
        finish(operation, "FAILED", operation->broken);
        return;
    }
    handle_due(operation, now_us);
    if (operation->signalled)
        refresh_all(operation, now_us);
    operation->signalled = false;
    if (all_done(operation->signals))
        finish(operation, "DONE", "");
}

int64_t signals_due(const struct operation *operation)
{
    int64_t due = DUE_NEVER;
    for (const struct pending *pending = operation->signals->first; pending; pending = pending->next)
        if (!pending->done && pending->due_us < due && is_next(operation->signals, pending))
            due = pending->due_us;
    return due;
}

bool signals_wait_for_children(const struct operation *operation)
{
    bool waits = false;
    for (const struct pending *pending = operation->signals->first; pending; pending = pending->next) {
        if (pending->done || !is_next(operation->signals, pending))
            continue;
        if (!waits_for_peer(pending) || pending->due_us != DUE_NEVER)
            return false;
        waits = true;
    }
    return waits && operation->turn > 0 && !operation->signalled;
}

/* ---- writing ---- */
bool signals_changed(const struct operation *operation)
{
    for (const struct pending *pending = operation->signals->first; pending; pending = pending->next)
        if (pending->changed)
            return true;
    return false;
}

struct lists {
    struct row_list resources, outputs, progress, done, operations;
};

static int add_sealed(struct ctx *ctx, struct row_list *list, const struct operation *operation, bool sealed,
                      const char *name, const struct value *value)
{
    sealed = sealed || operation->definition->has_hidden;
    const char *text =
        column_seal(ctx, operation->tenant_id, sealed, value ? value_to_json(ctx->arena, value) : NULL);
    row_text(list, name, text);
    return value && !text ? -1 : 0;
}

static int add_node(struct ctx *ctx, struct row_list *list, const struct operation *operation,
                    const struct node *node)
{
    row_begin(list);
    row_text(list, "id", node->id);
    row_text(list, "physical_id", node->physical_id);
    row_text(list, "metadata", node->new_metadata);
    row_bool(list, "sealed", node->sealed || operation->definition->has_hidden);
    int result = add_sealed(ctx, list, operation, node->sealed, "attributes", node->attributes) == 0
                     ? add_sealed(ctx, list, operation, node->sealed, "data", node->data)
                     : -1;
    row_end(list);
    return result;
}

static int add_outputs(struct ctx *ctx, struct row_list *list, struct operation *operation)
{
    row_begin(list);
    row_text(list, "id", operation->stack_id);
    int result =
        add_sealed(ctx, list, operation, false, "outputs", definition_outputs(operation->definition));
    row_end(list);
    return result;
}

static int add_progress(struct ctx *ctx, struct row_list *list, const struct operation *operation,
                        const struct pending *pending)
{
    row_begin(list);
    row_text(list, "id", pending->id);
    if (pending->due_us != DUE_NEVER)
        row_int(list, "due_us", pending->due_us);
    int result = add_sealed(ctx, list, operation, pending->node->sealed, "progress", pending->progress);
    row_end(list);
    return result;
}

static int add_pendings(struct ctx *ctx, struct lists *lists, const struct operation *operation)
{
    for (const struct pending *pending = operation->signals->first; pending; pending = pending->next) {
        if (!pending->changed)
            continue;
        if (pending->done)
            row_list_add_text(&lists->done, pending->id);
        else if (add_progress(ctx, &lists->progress, operation, pending) != 0)
            return -1;
    }
    return 0;
}

static void add_end(struct row_list *list, const struct operation *operation)
{
    row_begin(list);
    row_text(list, "id", operation->id);
    row_text(list, "state", operation->state);
    row_text(list, "reason", operation->reason);
    row_end(list);
}

static int collect(struct ctx *ctx, struct lists *lists, struct operation *operation)
{
    if (operation->phase == PHASE_OVER)
        add_end(&lists->operations, operation);
    if (!operation->definition)
        return 0;
    for (size_t i = 0; i < operation->changed_count; i++)
        if (add_node(ctx, &lists->resources, operation, &operation->nodes[operation->changed[i]]) != 0)
            return -1;
    if (operation->outputs_changed && add_outputs(ctx, &lists->outputs, operation) != 0)
        return -1;
    return add_pendings(ctx, lists, operation);
}

static int queue_rows(struct ctx *ctx, struct db *db, enum statement statement, struct row_list *list)
{
    return list->count ? db_queue(ctx, db, statement, row_list_json(list)) : 0;
}

int signals_write(struct ctx *ctx, struct db *db, struct operation **operations, size_t count)
{
    struct lists lists = {
        .resources = ROW_LIST_INIT(ctx->arena),
        .outputs = ROW_LIST_INIT(ctx->arena),
        .progress = ROW_LIST_INIT(ctx->arena),
        .done = ROW_LIST_INIT(ctx->arena),
        .operations = ROW_LIST_INIT(ctx->arena),
    };
    for (size_t i = 0; i < count; i++)
        if (!operations[i]->lost && operations[i]->signals && collect(ctx, &lists, operations[i]) != 0)
            return -1;
    if (queue_rows(ctx, db, STMT_signal_outputs, &lists.outputs) != 0 ||
        queue_rows(ctx, db, STMT_signal_resources, &lists.resources) != 0 ||
        queue_rows(ctx, db, STMT_signal_progress, &lists.progress) != 0 ||
        queue_rows(ctx, db, STMT_signal_done, &lists.done) != 0)
        return -1;
    return queue_rows(ctx, db, STMT_signal_finish, &lists.operations);
}

void signals_committed(struct operation *operation)
{
    for (struct pending *pending = operation->signals->first; pending; pending = pending->next)
        pending->changed = false;
}

void signals_give_up(struct operation *operation)
{
    operation->outputs_changed = false;
    for (struct pending *pending = operation->signals->first; pending; pending = pending->next)
        pending->changed = false;
    finish(operation, "FAILED", "What was to be stored was refused");
}
