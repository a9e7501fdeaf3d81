/* Writes what turns changed.
 *
 *   engine_fence             locks the operations that are still ours, and prolongs their leases
 *   engine_resources_update  ┐
 *   update_resources_…       │ (an update's: rows that come, take another's place, go)
 *   engine_events_insert     │ one statement a table, whatever the number of rows,
 *   engine_stacks_update     │ sent together with the commit
 *   engine_operations_update ┘
 *
 * Why a zombie cannot write: another engine's claim raised the fence in the operation's row, so the first
 * statement does not return that operation, and nothing of it is in the rest. Whoever claims while we write
 * waits for the lock on that row, and then sees what we wrote. */
#include "engine/batch.h"

#include <inttypes.h>
#include <string.h>

#include "base/config.h"
#include "base/log.h"
#include "base/seal.h"
#include "engine/breakpoints.h"
#include "engine/effects.h"
#include "engine/names.h"
#include "engine/nested.h"
#include "engine/rows.h"
#include "engine/signal.h"
#include "engine/stack_data.h"

/* ---- the fence ---- */
static const char *fence_rows(struct ctx *ctx, struct operation **operations, size_t count)
{
    struct row_list list = ROW_LIST_INIT(ctx->arena);
    for (size_t i = 0; i < count; i++) {
        row_begin(&list);
        row_text(&list, "id", operations[i]->id);
        row_int(&list, "fence", operations[i]->fence);
        row_end(&list);
    }
    return row_list_json(&list);
}

static bool is_among(const struct rows *rows, const char *id)
{
    for (size_t i = 0; i < rows_count(rows); i++)
        if (strcmp(rows_text(rows, i, 0), id) == 0)
            return true;
    return false;
}

static int pass_fence(struct ctx *ctx, struct db *db, struct operation **operations, size_t count)
{
    struct rows *held = db_run(ctx, db, STMT_engine_fence, fence_rows(ctx, operations, count),
                               arena_printf(ctx->arena, "%" PRId64, ctx->config->lease),
                               nested_batch_locks(ctx, operations, count));
    if (!held)
        return -1;
    for (size_t i = 0; i < count; i++) {
        operations[i]->lost = !is_among(held, operations[i]->id);
        if (operations[i]->lost)
            log_warning(operations[i]->ctx.request_id,
                        "operation=%s stack=%s fence=%" PRId64 " lost: dropped", operations[i]->id,
                        operations[i]->stack_id, operations[i]->fence);
    }
    return 0;
}

/* ---- rows ---- */
static const char *json_or_null(struct ctx *ctx, const struct value *value)
{
    return value ? value_to_json(ctx->arena, value) : NULL;
}

/* What a step needs to go on, in whatever engine, NULL: none is under way. */
static const struct value *progress_of(struct ctx *ctx, const struct node *node)
{
    if (!node->running)
        return NULL;
    struct value *progress = value_map(ctx->arena);
    value_map_set(ctx->arena, progress, "started_us", value_int(ctx->arena, node->started_us));
    value_map_set(ctx->arena, progress, "traversal", value_int(ctx->arena, node->step_traversal));
    value_map_set(ctx->arena, progress, "step", node->progress ? node->progress : &value_null);
    if (node->wanted)
        value_map_set(ctx->arena, progress, "wanted", node->wanted);
    if (node->wanted_definition)
        value_map_set(ctx->arena, progress, "definition", node->wanted_definition);
    return progress;
}

/* Columns that may hold hidden values are sealed where the stack has any. */
static bool has_hidden(const struct operation *operation)
{
    return operation->definition && operation->definition->has_hidden;
}

static int add_sealed(struct ctx *ctx, struct row_list *list, const struct operation *operation, bool sealed,
                      const char *name, const struct value *value)
{
    const char *text = column_seal(ctx, operation->tenant_id, sealed, json_or_null(ctx, value));
    row_text(list, name, text);
    return value && !text ? -1 : 0;
}

static int add_resource(struct ctx *ctx, struct row_list *list, const struct operation *operation,
                        const struct node *node)
{
    bool sealed = node->sealed || has_hidden(operation);
    row_begin(list);
    row_text(list, "id", node->id);
    row_text(list, "action", action_name(node->state.action));
    row_text(list, "status", status_name(node->state.status));
    row_text(list, "reason", node->reason);
    row_text(list, "physical_id", node->physical_id);
    row_text(list, "nested_id", node->nested_id);
    row_text(list, "metadata", node->new_metadata);
    row_int(list, "attempt", node->attempt);
    row_int(list, "traversal", node->traversal);
    row_int(list, "made_in", node->made_in);
    row_text(list, "attempt_id", node->attempt_id);
    if (node->running && node->due_us != DUE_NEVER)
        row_int(list, "due_us", node->due_us);
    row_bool(list, "sealed", sealed);
    int result = add_sealed(ctx, list, operation, sealed, "properties", node->given) == 0 &&
                         add_sealed(ctx, list, operation, sealed, "attributes", node->attributes) == 0 &&
                         add_sealed(ctx, list, operation, sealed, "data", node->data) == 0 &&
                         add_sealed(ctx, list, operation, sealed, "definition", node->definition) == 0 &&
                         add_sealed(ctx, list, operation, sealed, "progress", progress_of(ctx, node)) == 0
                     ? 0
                     : -1;
    row_end(list);
    return result;
}

/* ---- rows of an update ---- */
static void add_new(struct ctx *ctx, struct row_list *list, const struct operation *operation,
                    const struct node *node)
{
    row_begin(list);
    row_text(list, "id", node->id);
    row_text(list, "tenant_id", operation->tenant_id);
    row_text(list, "stack_id", operation->stack_id);
    row_text(list, "name", node->name);
    row_text(list, "type", node->type_name);
    row_text(list, "physical_name", node->physical_name);
    row_text(list, "description", node->description);
    row_text(list, "metadata", value_to_json(ctx->arena, node->metadata));
    row_json(list, "requires", value_to_json(ctx->arena, node->requires));
    row_text(list, "required_by", node->required_by);
    row_text(list, "deletion_policy", node->deletion_policy);
    /* not standing yet: the place may still be taken */
    row_text(list, "superseded_by", node->standing_changed ? node->id : NULL);
    row_int(list, "made_in", node->made_in);
    row_end(list);
}

static void add_description(struct ctx *ctx, struct row_list *list, const struct node *node)
{
    row_begin(list);
    row_text(list, "id", node->id);
    row_json(list, "requires", json_or_null(ctx, node->requires));
    row_text(list, "required_by", node->required_by);
    row_text(list, "deletion_policy", node->deletion_policy);
    row_text(list, "description", node->description);
    row_end(list);
}

static void add_superseded(struct row_list *list, const struct node *node)
{
    row_begin(list);
    row_text(list, "id", node->id);
    row_text(list, "superseded_by", node->superseded_by);
    row_end(list);
}

/* ---- rows of all ---- */
/* What a nested stack's row could not say before its documents were read. */
static void add_filled(struct ctx *ctx, struct row_list *list, const struct operation *operation)
{
    const struct definition *definition = operation->definition;
    if (!operation->filled || !definition)
        return;
    const struct parameters *shown =
        definition->masked.parameters ? definition->masked.parameters : definition->parameters;
    row_text(list, "parameters", value_to_json(ctx->arena, parameters_shown(ctx, shown, false)));
    row_text(list, "description", definition->template->description);
}

static int add_stack(struct ctx *ctx, struct row_list *list, struct operation *operation)
{
    const struct value *outputs = NULL;
    if (operation->phase == PHASE_OVER && operation->purge && !operation->stack_deleted)
        outputs = value_list(ctx->arena); /* rolled back: nothing is left to show */
    else if (operation->outputs_changed && operation->definition)
        outputs = definition_outputs(operation->definition);
    row_begin(list);
    row_text(list, "id", operation->stack_id);
    row_text(list, "action", action_name(operation->stack.action));
    row_text(list, "status", status_name(operation->stack.status));
    row_text(list, "reason", operation->stack_reason);
    int result = add_sealed(ctx, list, operation, has_hidden(operation), "outputs", outputs);
    row_bool(list, "touched", operation->stack_touched);
    row_bool(list, "deleted", operation->stack_deleted);
    row_bool(list, "settled", operation->settled);
    add_filled(ctx, list, operation);
    row_end(list);
    return result;
}

static void add_operation(struct row_list *list, const struct operation *operation)
{
    row_begin(list);
    row_text(list, "id", operation->id);
    row_text(list, "state", operation->phase == PHASE_OVER ? operation->state : "RUNNING");
    row_text(list, "reason", operation->phase == PHASE_OVER && operation->reason ? operation->reason : "");
    if (operation->deadline_us != DUE_NEVER)
        row_int(list, "deadline_us", operation->deadline_us);
    row_end(list);
}

/* Of more events than a stack may keep only the newest are written: the others would be pruned at once. */
static void add_events(struct ctx *ctx, struct row_list *list, const struct operation *operation)
{
    size_t most = (size_t)ctx->config->max_events_per_stack;
    size_t first = most > 0 && operation->event_count > most ? operation->event_count - most : 0;
    for (size_t i = first; i < operation->event_count; i++)
        event_row(list, &operation->events[i]);
}

/* Once an operation is over its stack keeps no more events than it may. */
static void add_pruned(struct ctx *ctx, struct row_list *list, const struct operation *operation)
{
    if (operation->phase != PHASE_OVER || ctx->config->max_events_per_stack <= 0)
        return;
    row_begin(list);
    row_text(list, "tenant_id", operation->tenant_id);
    row_text(list, "stack_id", operation->stack_id);
    row_end(list);
}

/* ---- the transaction ---- */
struct batch {
    struct row_list resources, events, stacks, operations, purged, deleted;
    struct row_list added, described, superseded, standing, removed;
    struct row_list pruned;
    struct nested_batch *nested;
};

static int collect_node(struct ctx *ctx, struct batch *batch, const struct operation *operation,
                        const struct node *node)
{
    if (node->added)
        add_new(ctx, &batch->added, operation, node);
    if (node->described && !node->added)
        add_description(ctx, &batch->described, node);
    if (node->standing_changed && node->superseded_by)
        add_superseded(&batch->superseded, node);
    else if (node->standing_changed)
        row_list_add_text(&batch->standing, node->id);
    if (node->gone)
        row_list_add_text(&batch->removed, node->id);
    return node->gone ? 0 : add_resource(ctx, &batch->resources, operation, node);
}

static int collect(struct ctx *ctx, struct batch *batch, struct operation *operation)
{
    for (size_t i = 0; i < operation->changed_count && !operation->purge; i++)
        if (collect_node(ctx, batch, operation, &operation->nodes[operation->changed[i]]) != 0)
            return -1;
    add_events(ctx, &batch->events, operation);
    if (nested_collect(ctx, batch->nested, &batch->events, operation) != 0)
        return -1;
    if ((operation->stack_changed || operation->outputs_changed || operation->filled) &&
        add_stack(ctx, &batch->stacks, operation) != 0)
        return -1;
    if (operation->deadline_changed || operation->phase == PHASE_OVER)
        add_operation(&batch->operations, operation);
    add_pruned(ctx, &batch->pruned, operation);
    if (operation->purge)
        row_list_add_text(&batch->purged, operation->stack_id);
    if (operation->stack_deleted)
        row_list_add_text(&batch->deleted, operation->stack_id);
    return 0;
}

/* Of an operation for signals; the rest signals_write writes. */
static int collect_signals(struct ctx *ctx, struct batch *batch, struct operation *operation)
{
    add_events(ctx, &batch->events, operation);
    return nested_collect(ctx, batch->nested, &batch->events, operation);
}

static int queue_rows(struct ctx *ctx, struct db *db, enum statement statement, struct row_list *list)
{
    return list->count ? db_queue(ctx, db, statement, row_list_json(list)) : 0;
}

/* What steps noted beyond their resources; after these, since the metadata of servers are resources' too. */
static int write_effects(struct ctx *ctx, struct db *db, struct operation **operations, size_t count)
{
    struct effect_source *sources = arena_array(ctx->arena, struct effect_source, count + 1);
    for (size_t i = 0; i < count; i++)
        sources[i] = (struct effect_source){operations[i]->tenant_id,
                                            operations[i]->lost ? NULL : operations[i]->effects};
    return effects_write(ctx, db, sources, count);
}

/* In an order that never shows a name twice. */
static int queue_resources(struct ctx *ctx, struct db *db, struct batch *batch)
{
    const char *removed = batch->removed.count ? row_list_json(&batch->removed) : NULL;
    if (queue_rows(ctx, db, STMT_update_resources_add, &batch->added) != 0 ||
        queue_rows(ctx, db, STMT_engine_resources_update, &batch->resources) != 0 ||
        queue_rows(ctx, db, STMT_update_resources_describe, &batch->described) != 0 ||
        queue_rows(ctx, db, STMT_update_resources_supersede, &batch->superseded) != 0 ||
        queue_rows(ctx, db, STMT_update_resources_stand, &batch->standing) != 0)
        return -1;
    if (removed && (db_queue(ctx, db, STMT_update_resources_orphan, removed) != 0 ||
                    db_queue(ctx, db, STMT_update_resources_remove, removed) != 0))
        return -1;
    return queue_rows(ctx, db, STMT_engine_resources_purge, &batch->purged);
}

static int queue_turning_back(struct ctx *ctx, struct db *db, const struct operation *operation)
{
    if (!operation->turned_back)
        return 0;
    return db_queue(ctx, db, STMT_update_turn_back, operation->tenant_id, operation->stack_id);
}

static int queue_prune(struct ctx *ctx, struct db *db, struct row_list *list)
{
    if (list->count == 0)
        return 0;
    return db_queue(ctx, db, STMT_engine_events_prune, row_list_json(list),
                    arena_printf(ctx->arena, "%" PRId64, ctx->config->max_events_per_stack));
}

/* A snapshot keeps the stack as this transaction leaves it. Its data are read back from the rows just
 * written. */
static int finish_snapshot(struct ctx *ctx, struct db *db, const struct operation *operation)
{
    if (operation->phase != PHASE_OVER || !operation->snapshot_id)
        return 0;
    const struct value *data = stack_data(ctx, db, operation->tenant_id, operation->stack_id);
    const char *sealed =
        data ? seal(ctx, seal_context(ctx, operation->tenant_id, "snapshot"), value_to_json(ctx->arena, data))
             : NULL;
    if (!sealed)
        return -1;
    return db_queue(ctx, db, STMT_snapshot_finish, operation->snapshot_id,
                    status_name(operation->stack.status), operation->stack_reason, sealed);
}

static int write_all(struct ctx *ctx, struct db *db, struct operation **operations, size_t count)
{
    struct batch batch = {
        .resources = ROW_LIST_INIT(ctx->arena),
        .events = ROW_LIST_INIT(ctx->arena),
        .stacks = ROW_LIST_INIT(ctx->arena),
        .operations = ROW_LIST_INIT(ctx->arena),
        .purged = ROW_LIST_INIT(ctx->arena),
        .deleted = ROW_LIST_INIT(ctx->arena),
        .added = ROW_LIST_INIT(ctx->arena),
        .described = ROW_LIST_INIT(ctx->arena),
        .superseded = ROW_LIST_INIT(ctx->arena),
        .standing = ROW_LIST_INIT(ctx->arena),
        .removed = ROW_LIST_INIT(ctx->arena),
        .pruned = ROW_LIST_INIT(ctx->arena),
        .nested = nested_batch_new(ctx),
    };
    for (size_t i = 0; i < count; i++)
        if (!operations[i]->lost &&
            (operations[i]->signals ? collect_signals : collect)(ctx, &batch, operations[i]) != 0)
            return -1;
    if (signals_write(ctx, db, operations, count) != 0)
        return -1;
    if (queue_rows(ctx, db, STMT_engine_stacks_update, &batch.stacks) != 0 ||
        queue_resources(ctx, db, &batch) != 0 || breakpoints_write(ctx, db, operations, count) != 0 ||
        write_effects(ctx, db, operations, count) != 0 ||
        queue_rows(ctx, db, STMT_snapshot_purge, &batch.deleted) != 0 ||
        queue_rows(ctx, db, STMT_engine_events_insert, &batch.events) != 0 ||
        queue_prune(ctx, db, &batch.pruned) != 0 ||
        nested_queue(ctx, db, batch.nested, operations, count) != 0 ||
        queue_rows(ctx, db, STMT_engine_operations_update, &batch.operations) != 0)
        return -1;
    for (size_t i = 0; i < count; i++)
        if (!operations[i]->lost &&
            (queue_turning_back(ctx, db, operations[i]) != 0 || finish_snapshot(ctx, db, operations[i]) != 0))
            return -1;
    return 0;
}

static size_t choose(struct ctx *ctx, struct operation **operations, size_t count, bool renew,
                     struct operation **chosen)
{
    size_t chosen_count = 0;
    for (size_t i = 0; i < count; i++)
        if (renew || operation_has_changes(operations[i]))
            chosen[chosen_count++] = operations[i];
    return chosen_count;
}

int batch_commit(struct ctx *ctx, struct db *db, struct operation **operations, size_t count, bool renew)
{
    struct operation **chosen = arena_array(ctx->arena, struct operation *, count + 1);
    size_t chosen_count = choose(ctx, operations, count, renew, chosen);
    if (chosen_count == 0)
        return 0;
    if (db_begin(ctx, db, DB_WRITE) != 0)
        return -1;
    if (pass_fence(ctx, db, chosen, chosen_count) != 0 || write_all(ctx, db, chosen, chosen_count) != 0 ||
        db_commit(ctx, db) != 0) {
        db_rollback(db);
        return -1;
    }
    for (size_t i = 0; i < chosen_count; i++)
        if (!chosen[i]->lost)
            operation_committed(chosen[i]);
    return 0;
}
