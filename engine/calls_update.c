/* Updating a stack: what is to be is put together and checked as a whole, then one transaction turns the
 * stack to it, cancels what runs on the stack, and hands the rest to the engine. Of resources nothing is
 * written here: the engine compares what there is with what is wanted. */
#include "engine/calls_update.h"

#include <inttypes.h>
#include <string.h>

#include "base/seal.h"
#include "base/uuid.h"
#include "engine/documents.h"
#include "engine/event.h"
#include "engine/guard.h"
#include "engine/names.h"
#include "engine/stack_find.h"

enum { ATTEMPTS = 5 }; /* against other updates of the same stack at the same moment */

/* ---- the stack as it is ---- */
static const struct value *read_column(struct ctx *ctx, const struct rows *rows, const char *column)
{
    const char *text = column_open(ctx, ctx->tenant_id, rows_get(rows, 0, column));
    return text ? value_read_json(ctx, text, strlen(text)) : NULL;
}

static const struct value *read_environment(struct ctx *ctx, const struct rows *rows)
{
    const char *sealed = rows_get(rows, 0, "sealed_environment");
    if (!sealed)
        return read_column(ctx, rows, "environment");
    const char *text = seal_open(ctx, seal_context(ctx, ctx->tenant_id, "environment"), sealed);
    return text ? value_read_json(ctx, text, strlen(text)) : NULL;
}

int current_stack_read(struct ctx *ctx, const struct stack_key *key, struct current_stack *stack)
{
    struct rows *rows = stack_rows(ctx, STMT_update_stack, key);
    if (!rows)
        return -1;
    *stack = (struct current_stack){
        .id = rows_get(rows, 0, "id"),
        .name = rows_get(rows, 0, "name"),
        .action = rows_get(rows, 0, "action"),
        .template_digest = rows_get(rows, 0, "template_digest"),
        .environment_digest = rows_get(rows, 0, "environment_digest"),
        .files_digest = rows_get(rows, 0, "files_digest"),
        .tags = read_column(ctx, rows, "tags"),
        .timeout_mins = rows_get(rows, 0, "timeout_mins")
                            ? (int)rows_int(rows, 0, rows_column(rows, "timeout_mins"))
                            : -1,
        .disable_rollback = rows_bool(rows, 0, rows_column(rows, "disable_rollback")),
    };
    stack->documents = (struct documents){
        .template = read_column(ctx, rows, "template"),
        .environment = read_environment(ctx, rows),
        .files = read_column(ctx, rows, "files"),
        .stack_name = stack->name,
        .stack_id = stack->id,
        .sealed = *rows_get(rows, 0, "template") != '{',
    };
    return stack->documents.template && stack->documents.environment && stack->documents.files ? 0 : -1;
}

/* ---- the stack as it is to be ---- */
static const struct value *overlay(struct ctx *ctx, const struct value *under, const struct value *over)
{
    if (!value_is(under, VALUE_MAP))
        return over;
    struct value *merged = value_copy(ctx->arena, under);
    value_map_set_all(ctx->arena, merged, over);
    return merged;
}

static bool is_listed(const struct value *names, const char *name)
{
    for (size_t i = 0; value_is(names, VALUE_LIST) && i < value_count(names); i++)
        if (value_text(value_at(names, i)) && strcmp(value_text(value_at(names, i)), name) == 0)
            return true;
    return false;
}

static const struct value *without(struct ctx *ctx, const struct value *parameters, const struct value *names)
{
    struct value *left = value_map(ctx->arena);
    for (size_t i = 0; i < value_count(parameters); i++)
        if (!is_listed(names, parameters->map.entries[i].key))
            value_map_set(ctx->arena, left, parameters->map.entries[i].key, parameters->map.entries[i].value);
    return left;
}

/* Parameters that a new template has no more are left behind without a word. */
static const struct value *known_to(struct ctx *ctx, const struct template *template,
                                    const struct value *parameters)
{
    struct value *known = value_map(ctx->arena);
    for (size_t i = 0; i < value_count(parameters); i++)
        if (template_parameter(template, parameters->map.entries[i].key))
            value_map_set(ctx->arena, known, parameters->map.entries[i].key,
                          parameters->map.entries[i].value);
    return known;
}

static const struct value *merge_section(struct ctx *ctx, const char *name, const struct value *under,
                                         const struct value *over)
{
    if (!value_is(over, VALUE_MAP))
        return value_count(over) ? over : under;
    const struct value *merged = overlay(ctx, under, over);
    const struct value *own = value_get(over, "resources");
    if (strcmp(name, "resource_registry") == 0 && value_is(own, VALUE_MAP))
        value_map_set(ctx->arena, (struct value *)merged, "resources",
                      overlay(ctx, value_get(under, "resources"), own));
    return merged;
}

static const struct value *merge_environments(struct ctx *ctx, const struct current_stack *stack,
                                              const struct stack_input *input, const struct value *files,
                                              const struct template *template)
{
    struct environment *given =
        environment_build_for(ctx, template, draft_environment(ctx, input), input->environment_files, files);
    if (!given)
        return NULL;
    const struct value *over = environment_document(ctx, given), *under = stack->documents.environment;
    struct value *merged = value_copy(ctx->arena, under);
    value_map_set(ctx->arena, merged, "parameters",
                  without(ctx, value_get(under, "parameters"), input->clear_parameters));
    for (size_t i = 0; i < value_count(over); i++) {
        const char *name = over->map.entries[i].key;
        value_map_set(ctx->arena, merged, name,
                      merge_section(ctx, name, value_get(merged, name), over->map.entries[i].value));
    }
    value_map_set(ctx->arena, merged, "parameters", known_to(ctx, template, value_get(merged, "parameters")));
    return merged;
}

static int merge_documents(struct ctx *ctx, const struct current_stack *stack,
                           const struct stack_input *input, struct stack_input *merged)
{
    merged->template = input->template ? input->template : stack->documents.template;
    merged->files =
        input->files ? overlay(ctx, stack->documents.files, input->files) : stack->documents.files;
    merged->tags = input->tags ? input->tags : stack->tags;
    struct template *template = template_parse(ctx, merged->template);
    if (!template)
        return -1;
    merged->environment = merge_environments(ctx, stack, input, merged->files, template);
    merged->environment_files = merged->parameters = NULL;
    return merged->environment ? 0 : -1;
}

struct draft *current_stack_draft(struct ctx *ctx, const struct current_stack *stack,
                                  const struct stack_input *input, struct stack_input *merged)
{
    *merged = *input;
    merged->name = stack->name;
    if (input->timeout_mins < 0)
        merged->timeout_mins = stack->timeout_mins;
    if (!input->rollback_given)
        merged->disable_rollback = stack->disable_rollback;
    if (input->existing && merge_documents(ctx, stack, input, merged) != 0)
        return NULL;
    return draft_check_update(ctx, merged, &stack->documents);
}

/* ---- the transaction ---- */
struct change {
    struct ctx *ctx;
    const struct current_stack *stack;
    const struct stack_input *input; /* merged */
    const struct draft *draft;
    const char *operation_id;
    const char *expected; /* of the key */
};

static const char *action_of(const struct change *change)
{
    return change->input->restore ? "RESTORE" : "UPDATE";
}

/* 1: another update came between. */
static int begin(const struct change *change)
{
    struct ctx *ctx = change->ctx;
    const struct stack_input *input = change->input;
    const struct current_stack *stack = change->stack;
    struct stored_documents documents;
    if (documents_put(ctx, change->draft, input->files, &documents) != 0)
        return -1;
    const char *minutes =
        input->timeout_mins >= 0 ? arena_printf(ctx->arena, "%d", input->timeout_mins) : NULL;
    const char *tags = value_count(input->tags) ? value_to_json(ctx->arena, input->tags) : NULL;
    struct rows *begun =
        db_run(ctx, ctx->db, STMT_update_begin, ctx->tenant_id, stack->id, minutes,
               input->disable_rollback ? "true" : "false", tags,
               change->draft->definition->template->description, documents.template, documents.environment,
               documents.sealed_environment, documents.files, documents.parameters, stack->template_digest,
               stack->environment_digest, stack->files_digest, action_of(change));
    if (!begun)
        return -1;
    if (rows_count(begun) == 0)
        return 1;
    if (input->protection != PROTECTION_KEPT &&
        stack_protect_in(ctx, stack->id, input->protection == PROTECTION_ON) != 0)
        return -1;
    if (db_queue(ctx, ctx->db, STMT_update_tags_clear, ctx->tenant_id, stack->id) != 0)
        return -1;
    return tags ? db_queue(ctx, ctx->db, STMT_engine_tags_insert, ctx->tenant_id, stack->id, tags) : 0;
}

static int queue_operation(const struct change *change)
{
    struct ctx *ctx = change->ctx;
    struct value *input = value_map(ctx->arena);
    if (change->input->base_url)
        value_map_set(ctx->arena, input, "base_url", value_string(ctx->arena, change->input->base_url));
    ctx->operation_id = change->operation_id;
    return db_queue(ctx, ctx->db, STMT_engine_operation_insert, change->operation_id, ctx->tenant_id,
                    change->stack->id, action_of(change), ctx->request_id, value_to_json(ctx->arena, input),
                    arena_printf(ctx->arena, "%" PRId64, change->draft->timeout_us / 1000));
}

static int queue_event(const struct change *change)
{
    struct ctx *ctx = change->ctx;
    struct event event =
        event_of_stack(ctx->tenant_id, change->stack->id, change->stack->name, change->operation_id);
    event.action = action_of(change);
    event.status = "IN_PROGRESS";
    event.reason = arena_printf(ctx->arena, "Stack %s started", event.action);
    return event_queue(ctx, &event);
}

static int store(const struct change *change)
{
    struct ctx *ctx = change->ctx;
    struct found_stack stack = {
        .id = change->stack->id, .name = change->stack->name, .expected = change->expected};
    if (!db_run(ctx, ctx->db, STMT_engine_lock_operation, ctx->tenant_id, stack.id) ||
        stack_guard(ctx, &stack, GUARD_CHANGE) != 0)
        return -1;
    int begun = begin(change);
    if (begun != 0)
        return begun;
    if (db_queue(ctx, ctx->db, STMT_engine_operations_cancel, ctx->tenant_id, change->stack->id,
                 arena_printf(ctx->arena, "pre-empted by %s", action_of(change))) != 0 ||
        queue_operation(change) != 0 || queue_event(change) != 0)
        return -1;
    return db_queue(ctx, ctx->db, STMT_engine_notify, "");
}

static int check_state(struct ctx *ctx, const struct current_stack *stack, bool restore)
{
    if (strcmp(stack->action, "SUSPEND") == 0 && !restore)
        return fail(ctx, FAULT_NOT_SUPPORTED, "Updating a stack when it is suspended is not supported.");
    if (strcmp(stack->action, "DELETE") == 0)
        return fail(ctx, FAULT_NOT_SUPPORTED, "Updating a stack when it is deleting is not supported.");
    return 0;
}

/* 1: to be tried again, with the stack read anew. */
static int try_update(struct ctx *ctx, const struct stack_key *key, const struct stack_input *input)
{
    struct current_stack stack;
    struct stack_input merged;
    char operation_id[UUID_SIZE];
    uuid_v4(operation_id);
    if (current_stack_read(ctx, key, &stack) != 0 || check_state(ctx, &stack, input->restore) != 0)
        return -1;
    struct change change = {
        .ctx = ctx,
        .stack = &stack,
        .input = &merged,
        .draft = current_stack_draft(ctx, &stack, input, &merged),
        .operation_id = arena_strdup(ctx->arena, operation_id),
        .expected = key->expected,
    };
    if (!change.draft)
        return -1;
    if (arena_over(ctx->arena))
        return fail(ctx, FAULT_TOO_LARGE, "Request limit exceeded: The stack needs too much memory.");
    if (db_begin(ctx, ctx->db, DB_WRITE) != 0)
        return -1;
    int stored = store(&change);
    if (stored == 0 && db_commit(ctx, ctx->db) == 0)
        return 0;
    db_rollback(ctx->db);
    return stored == 1 ? 1 : -1;
}

int stack_update(struct ctx *ctx, const struct stack_key *key, const struct stack_input *input)
{
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
        int result = try_update(ctx, key, input);
        if (result <= 0)
            return result;
    }
    return fail(ctx, FAULT_ACTION_IN_PROGRESS, "Stack %s already has an action (UPDATE) in progress.",
                key->name ? key->name : key->id);
}
