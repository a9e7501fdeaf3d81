/* Signals to resources, by the API or by a signed URL. */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/seal.h"
#include "base/uuid.h"
#include "engine/calls.h"
#include "engine/effects.h"
#include "engine/event.h"
#include "engine/names.h"
#include "engine/stack_find.h"
#include "resources/catalogue.h"
#include "sql/db.h"
#include "template/template.h"

/* ---- signed URLs ---- */
/* What is signed: the whole of what the signature allows. */
static const char *signed_text(struct ctx *ctx, const struct signal_target *target)
{
    return arena_printf(ctx->arena, "signal/%s/%s/%s/%s", target->tenant_id, target->stack_id,
                        target->resource, target->resource_id);
}

const char *signal_url_sign(struct ctx *ctx, const struct signal_target *target)
{
    char signature[65];
    seal_sign(signed_text(ctx, target), signature);
    return arena_strdup(ctx->arena, signature);
}

static int fail_signature(struct ctx *ctx)
{
    return fail(ctx, FAULT_UNAUTHENTICATED, "The request you have made requires authentication.");
}

int signal_url_check(struct ctx *ctx, const struct signal_target *target, const char *signature)
{
    if (signature && target->resource_id && seal_verify(signed_text(ctx, target), signature))
        return 0;
    return fail_signature(ctx);
}

/* ---- taking a signal ---- */
struct target {
    const struct resource_type *type;
    const char *type_name, *stack_id, *stack_name, *id, *name, *action, *status, *physical_id, *physical_name;
    const char *properties;
    const char *hook; /* breakpoint it waits at, or NULL */
};

static int check_target(struct ctx *ctx, const struct target *target)
{
    bool always = target->type && target->type->hooks->always_signalled;
    if (!always && (strcmp(target->action, "DELETE") == 0 || strcmp(target->action, "SUSPEND") == 0))
        return fail(ctx, FAULT_NOT_SUPPORTED, "Signal resource during %s is not supported.", target->action);
    if (!target->type || (!target->type->hooks->signal && !target->type->hooks->handle))
        return fail(ctx, FAULT_ACTION_NOT_SUPPORTED, "signal is not supported for resource.");
    return 0;
}

/* A report of a server may be for a deployment that was replaced, and is on its way out. */
static int find_replaced(struct ctx *ctx, struct target *target)
{
    if (!target->type || !target->type->hooks->always_signalled)
        return 0;
    struct rows *rows =
        db_read(ctx, ctx->db, STMT_software_signal_target, ctx->tenant_id, target->stack_id, target->name);
    if (!rows)
        return -1;
    if (rows_count(rows) == 0)
        return 0;
    target->id = rows_get(rows, 0, "id");
    target->action = rows_get(rows, 0, "action");
    target->status = rows_get(rows, 0, "status");
    target->physical_id = rows_get(rows, 0, "physical_id");
    return 0;
}

static int find_target(struct ctx *ctx, const struct stack_key *key, const char *resource,
                       struct target *target)
{
    struct rows *rows = stack_resource_rows(ctx, STMT_engine_signal_target, key, resource);
    if (!rows)
        return -1;
    *target = (struct target){
        .type = catalogue_find(rows_get(rows, 0, "type")),
        .type_name = rows_get(rows, 0, "type"),
        .stack_id = rows_get(rows, 0, "stack_id"),
        .stack_name = rows_get(rows, 0, "stack_name"),
        .id = rows_get(rows, 0, "id"),
        .name = rows_get(rows, 0, "name"),
        .action = rows_get(rows, 0, "action"),
        .status = rows_get(rows, 0, "status"),
        .physical_id = rows_get(rows, 0, "physical_id"),
        .physical_name = rows_get(rows, 0, "physical_name"),
        .properties = rows_get(rows, 0, "properties"),
        .hook = rows_get(rows, 0, "hook"),
    };
    return find_replaced(ctx, target);
}

/* As long as it asks it is answered; then what it noted is written. */
static const struct value *call_hook(struct ctx *ctx, const struct target *target, struct resource_job *job,
                                     const struct signal *signal, const char **reason)
{
    const struct value *metadata = target->type->hooks->signal(ctx, job, signal, reason);
    while (!metadata && job->asked) {
        struct asker asker = {ctx->tenant_id, ctx->arena, &job->asked, &job->answers};
        if (effects_answer(ctx, ctx->db, &asker, 1) != 0)
            return NULL;
        metadata = target->type->hooks->signal(ctx, job, signal, reason);
    }
    struct effect_source source = {ctx->tenant_id, job->effects};
    return metadata && effects_write(ctx, ctx->db, &source, 1) == 0 ? metadata : NULL;
}

/* The new metadata, from the one just locked; NULL: refused. */
static const struct value *take(struct ctx *ctx, const struct target *target, const char *metadata,
                                const struct value *details, const char **reason)
{
    const struct value *current = value_read_json(ctx, metadata, strlen(metadata));
    if (!current)
        return NULL;
    struct resource_job job = {
        .stack_name = target->stack_name,
        .stack_id = target->stack_id,
        .tenant_id = ctx->tenant_id,
        .resource_name = target->name,
        .resource_id = target->id,
        .physical_id = target->physical_id,
        .metadata = current,
        .now_us = clock_wall_us(),
    };
    struct signal signal = {details, job.now_us};
    return call_hook(ctx, target, &job, &signal, reason);
}

/* Sealed ones hold hidden values, which events never show. */
static const char *shown_properties(const struct target *target)
{
    return target->properties && *target->properties == '{' ? target->properties : NULL;
}

static int queue_event(struct ctx *ctx, const struct target *target, const char *action, const char *reason)
{
    bool made = strcmp(target->action, "INIT") != 0;
    const char *physical_name = made ? target->physical_name : NULL;
    struct row_list list = ROW_LIST_INIT(ctx->arena);
    event_row(&list, &(struct event){
                         .tenant_id = ctx->tenant_id,
                         .stack_id = target->stack_id,
                         .resource_name = target->name,
                         .resource_type = target->type_name,
                         .physical_id = target->physical_id ? target->physical_id : physical_name,
                         .action = action,
                         .status = target->status,
                         .reason = reason,
                         .properties = shown_properties(target),
                     });
    return db_queue(ctx, ctx->db, STMT_engine_events_insert, row_list_json(&list));
}

/* The operation under way looks at what waits for signals, and one of its own, after it, at all else that a
 * signal changes: attributes, outputs, steps of the hooks (signal.h). */
static int wake_engine(struct ctx *ctx, const struct target *target, const char *base_url)
{
    char id[UUID_SIZE];
    struct value *input = value_map(ctx->arena);
    uuid_v4(id);
    if (base_url)
        value_map_set(ctx->arena, input, "base_url", value_string(ctx->arena, base_url));
    if (db_queue(ctx, ctx->db, STMT_engine_wake_operation, ctx->tenant_id, target->stack_id) != 0)
        return -1;
    return db_queue(ctx, ctx->db, STMT_signal_operation, id, ctx->tenant_id, target->stack_id,
                    ctx->request_id, value_to_json(ctx->arena, input));
}

static int queue_for_step(struct ctx *ctx, const struct target *target, const struct value *details)
{
    if (!target->type->hooks->handle)
        return 0;
    return db_queue(ctx, ctx->db, STMT_signal_queue, ctx->tenant_id, target->stack_id, target->id,
                    details ? value_to_json(ctx->arena, details) : NULL);
}

/* In the open transaction. 1: the signal is malformed; Heat takes such a one without a word, and so does
 * Hearth. */
static int store_signal(struct ctx *ctx, const struct target *target, const struct value *details,
                        const char *base_url)
{
    const char *reason = "";
    if (wake_engine(ctx, target, base_url) != 0)
        return -1;
    if (!target->type->hooks->signal) /* the engine tells of it when it is dealt with */
        return queue_for_step(ctx, target, details) == 0 ? db_queue(ctx, ctx->db, STMT_engine_notify, "")
                                                         : -1;
    struct rows *locked = db_run(ctx, ctx->db, STMT_engine_signal_lock, ctx->tenant_id, target->id);
    if (!locked)
        return -1;
    if (rows_count(locked) == 0)
        return fail(ctx, FAULT_RESOURCE_NOT_FOUND, "The Resource (%s) could not be found in Stack %s.",
                    target->name, target->stack_name);
    const struct value *metadata = take(ctx, target, rows_text(locked, 0, 0), details, &reason);
    if (!metadata) {
        error_clear(ctx);
        return 1;
    }
    if (db_queue(ctx, ctx->db, STMT_engine_signal_store, ctx->tenant_id, target->id,
                 value_to_json(ctx->arena, metadata)) != 0 ||
        queue_for_step(ctx, target, details) != 0 ||
        queue_event(ctx, target, "SIGNAL",
                    reason ? arena_printf(ctx->arena, "Signal: %s", reason) : "Unknown") != 0)
        return -1;
    return db_queue(ctx, ctx->db, STMT_engine_notify, "");
}

/* ---- breakpoints ---- */
/* As Heat names a resource: TestResource "web" [physical id] Stack "shop" [id]. */
static const char *resource_words(struct ctx *ctx, const struct target *target)
{
    const char *kind = target->type ? target->type->template_name : target->type_name;
    const char *id = target->physical_id ? arena_printf(ctx->arena, " [%s]", target->physical_id) : "";
    return arena_printf(ctx->arena, "%s \"%s\"%s Stack \"%s\" [%s]", kind, target->name, id,
                        target->stack_name, target->stack_id);
}

static int fail_hook(struct ctx *ctx, const struct target *target, const char *hook)
{
    return fail(ctx, FAULT_BREAKPOINT, "The \"%s\" hook is not defined on %s", hook,
                resource_words(ctx, target));
}

/* It can be cleared in whatever state the resource waits at it. */
static int check_hook(struct ctx *ctx, const struct target *target, const struct value *hook)
{
    const char *name = value_to_str(ctx->arena, hook);
    if (!environment_hook_valid(value_text(hook)))
        return fail(ctx, FAULT_BREAKPOINT, "Invalid hook type \"%s\" for %s", name,
                    resource_words(ctx, target));
    return target->hook && strcmp(target->hook, name) == 0 ? 0 : fail_hook(ctx, target, name);
}

/* In the open transaction. */
static int clear_hook(struct ctx *ctx, const struct target *target)
{
    if (db_queue(ctx, ctx->db, STMT_engine_wake_operation, ctx->tenant_id, target->stack_id) != 0)
        return -1;
    struct rows *cleared =
        db_run(ctx, ctx->db, STMT_breakpoint_clear, ctx->tenant_id, target->id, target->hook);
    if (!cleared)
        return -1;
    if (rows_count(cleared) == 0)
        return fail_hook(ctx, target, target->hook);
    if (queue_event(ctx, target, target->action,
                    arena_printf(ctx->arena, "Hook %s is cleared", target->hook)) != 0)
        return -1;
    return db_queue(ctx, ctx->db, STMT_engine_notify, "");
}

int resource_signal(struct ctx *ctx, const struct stack_key *key, const char *resource,
                    const char *resource_id, const struct value *details, const char *base_url)
{
    struct target target = {0};
    if (find_target(ctx, key, resource, &target) != 0)
        return -1;
    if (resource_id && strcmp(resource_id, target.id) != 0)
        return fail_signature(ctx); /* of one that was replaced */
    const struct value *hook = value_get(details, "unset_hook");
    if ((hook ? check_hook(ctx, &target, hook) : check_target(ctx, &target)) != 0 ||
        db_begin(ctx, ctx->db, DB_WRITE) != 0)
        return -1;
    int stored = hook ? clear_hook(ctx, &target) : store_signal(ctx, &target, details, base_url);
    if (stored == 0 && db_commit(ctx, ctx->db) == 0)
        return 0;
    db_rollback(ctx->db);
    return stored == 1 ? 0 : -1;
}

/* ---- reading attributes ---- */
/* Of a type whose attribute "show" is what stands behind it, all of that is shown, and what was asked for. */
static const struct value *shown_attributes(struct ctx *ctx, const struct resource_type *type,
                                            const struct value *stored, const struct value *with_attr)
{
    struct value *shown = value_copy(ctx->arena, value_get(stored, "show"));
    struct resource_job job = {.resource_name = "", .attributes = stored};
    for (size_t i = 0; i < value_count(with_attr); i++) {
        const char *name = value_text(value_at(with_attr, i));
        if (!name)
            continue;
        const struct value *value = type && type->hooks->attribute ? type->hooks->attribute(ctx, &job, name)
                                                                   : value_get(stored, name);
        error_clear(ctx);
        value_map_set(ctx->arena, shown, name, value ? value : &value_null);
    }
    return shown;
}

static int open_json(struct ctx *ctx, const char *stored, const struct value **value)
{
    const char *text = column_open(ctx, ctx->tenant_id, stored);
    *value = text ? value_read_json(ctx, text, strlen(text)) : NULL;
    return stored && !*value ? -1 : 0;
}

/* Of a group those are told that it knows itself; the others its template reads of its child. */
static const struct value *group_attributes(struct ctx *ctx, const struct resource_type *type,
                                            const struct value *data, const struct value *with_attr)
{
    struct value *shown = value_map(ctx->arena);
    struct resource_job job = {.resource_name = "", .data = data};
    for (size_t i = 0; i < value_count(with_attr); i++)
        if (value_text(value_at(with_attr, i)))
            value_map_set(ctx->arena, shown, value_text(value_at(with_attr, i)), &value_null);
    for (size_t i = 0; i < value_count(type->attributes); i++) {
        const char *name = type->attributes->map.entries[i].key;
        const struct value *value = type->hooks->attribute(ctx, &job, name);
        if (strcmp(name, "show") != 0)
            value_map_set(ctx->arena, shown, name, value ? value : &value_null);
    }
    return shown;
}

const struct value *resource_attributes(struct ctx *ctx, const char *type_name, const char *stored_attributes,
                                        const char *stored_data, const struct value *with_attr)
{
    const struct resource_type *type = catalogue_find(type_name);
    const struct value *stored, *data;
    if (open_json(ctx, stored_attributes, &stored) != 0)
        return NULL;
    if (type && type->hooks->nested && type->hooks->attribute)
        return open_json(ctx, stored_data, &data) == 0 ? group_attributes(ctx, type, data, with_attr) : NULL;
    if (!type && stored) /* a template: its outputs */
        return stored;
    if (value_is(value_get(stored, "show"), VALUE_MAP))
        return shown_attributes(ctx, type, stored, with_attr);
    struct value *shown = value_map(ctx->arena);
    for (size_t i = 0; i < value_count(with_attr); i++)
        if (value_text(value_at(with_attr, i)))
            value_map_set(ctx->arena, shown, value_text(value_at(with_attr, i)), &value_null);
    for (size_t i = 0; type && i < value_count(type->attributes); i++) {
        const char *name = type->attributes->map.entries[i].key;
        const struct value *value = value_get(stored, name);
        if (value || strcmp(name, "show") != 0)
            value_map_set(ctx->arena, shown, name, value ? value : &value_null);
    }
    return shown;
}

const struct value *resource_draft_attributes(struct ctx *ctx, const char *type_name,
                                              const struct value *properties)
{
    const struct resource_type *type = catalogue_find(type_name);
    const struct value *shown = resource_attributes(ctx, type_name, NULL, NULL, NULL);
    if (!shown || !type || !type->hooks || !type->hooks->attributes_from_properties)
        return shown;
    struct value *known = value_copy(ctx->arena, shown);
    for (size_t i = 0; i < value_count(shown); i++) {
        const struct value *property = value_get(properties, shown->map.entries[i].key);
        if (property)
            value_map_set(ctx->arena, known, shown->map.entries[i].key, property);
    }
    return known;
}
