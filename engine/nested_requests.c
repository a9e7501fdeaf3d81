/* What children are asked to do, on its way into the database: all of a turn in one statement a table. */
#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "base/seal.h"
#include "engine/documents.h"
#include "engine/names.h"
#include "engine/nested.h"
#include "engine/nested_types.h"
#include "engine/rows.h"
#include "sql/document.h"

struct nested_batch {
    struct row_list documents, made, begun;
    struct value *digests; /* of the documents that are in already */
};

struct nested_batch *nested_batch_new(struct ctx *ctx)
{
    struct nested_batch *batch = arena_new(ctx->arena, struct nested_batch);
    *batch = (struct nested_batch){
        .documents = ROW_LIST_INIT(ctx->arena),
        .made = ROW_LIST_INIT(ctx->arena),
        .begun = ROW_LIST_INIT(ctx->arena),
        .digests = value_map(ctx->arena),
    };
    return batch;
}

const char *nested_batch_locks(struct ctx *ctx, struct operation **operations, size_t count)
{
    struct row_list list = ROW_LIST_INIT(ctx->arena);
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < operations[i]->changed_count; k++) {
            const struct node *node = &operations[i]->nodes[operations[i]->changed[k]];
            if (node->request && !node->request->makes)
                row_list_add_text(&list, node->nested_id);
        }
    return row_list_json(&list);
}

/* ---- documents ---- */
static const char *add_document(struct ctx *ctx, struct nested_batch *batch, const char *tenant_id,
                                const char *body)
{
    char *digest = arena_alloc(ctx->arena, DOCUMENT_DIGEST_SIZE);
    document_digest(body, digest);
    const char *key = arena_printf(ctx->arena, "%s/%s", tenant_id, digest);
    if (value_has(batch->digests, key))
        return digest;
    value_map_set(ctx->arena, batch->digests, key, value_bool(true));
    row_begin(&batch->documents);
    row_text(&batch->documents, "tenant_id", tenant_id);
    row_text(&batch->documents, "digest", digest);
    row_text(&batch->documents, "body", body);
    row_end(&batch->documents);
    return digest;
}

static bool has_hidden(const struct template *template)
{
    for (size_t i = 0; template && i < template->parameter_count; i++)
        if (template->parameters[i].hidden)
            return true;
    return false;
}

/* Members of a group come one after the other with the same template, which is looked at once. */
static void look_at_template(struct operation *operation, const struct value *document)
{
    struct child_template *last = &operation->child_template;
    if (last->document == document)
        return;
    *last = (struct child_template){
        .document = document,
        .text = value_to_json(operation->arena, document),
        .parsed = template_parse(&operation->ctx, document),
    };
    error_clear(&operation->ctx); /* what is wrong with it shows in the child */
    last->hidden = has_hidden(last->parsed);
}

/* Where the parent has hidden values, a template that was made of its properties may have them in it. A file has not,
 * what its parameters are given stands in the environment. NULL: it cannot be sealed. */
static const char *stored_template(struct ctx *ctx, struct operation *operation, const struct node *node)
{
    struct child_template *template = &operation->child_template;
    if (!operation->definition->has_hidden || is_template_type(node->type))
        return template->text;
    if (!template->sealed) {
        const char *sealed = column_seal(ctx, operation->tenant_id, true, template->text);
        template->sealed = sealed ? arena_strdup(operation->arena, sealed) : NULL;
    }
    return template->sealed;
}

struct texts {
    const char *template, *environment, *sealed;
};

static int put_documents(struct ctx *ctx, struct nested_batch *batch, struct operation *operation,
                         const struct node *node, struct texts *digests)
{
    const struct nested_request *request = node->request;
    *digests = (struct texts){0};
    if (!request->template)
        return 0;
    look_at_template(operation, request->template);
    const struct child_template *template = &operation->child_template;
    const char *shown = template->parsed ? masked_environment(ctx, template->parsed, request->shown)
                                         : value_to_json(ctx->arena, request->shown);
    if (template->hidden || operation->definition->has_hidden) {
        digests->sealed = seal(ctx, seal_context(ctx, operation->tenant_id, "environment"),
                               value_to_json(ctx->arena, request->environment));
        if (!digests->sealed)
            return -1;
    }
    const char *stored = stored_template(ctx, operation, node);
    if (!stored)
        return -1;
    digests->template = add_document(ctx, batch, operation->tenant_id, stored);
    digests->environment = add_document(ctx, batch, operation->tenant_id, shown);
    return 0;
}

/* ---- rows ---- */
static void add_deadline(struct row_list *list, const struct operation *operation, int64_t timeout_mins)
{
    int64_t deadline_us = operation->deadline_us;
    if (operation->signals) /* which have none */
        deadline_us = clock_wall_us() + operation->timeout_us;
    if (timeout_mins > 0) {
        int64_t own_us = clock_wall_us() + timeout_mins * 60000000;
        deadline_us = own_us < deadline_us ? own_us : deadline_us;
    }
    if (deadline_us != DUE_NEVER)
        row_int(list, "deadline_us", deadline_us);
}

/* What is to be adopted may have secrets in it. NULL: it cannot be sealed. */
static const char *input_json(struct ctx *ctx, const struct operation *operation,
                              const struct nested_request *request)
{
    const struct value *adopted = value_get(request->input, "adopt");
    const char *sealed = adopted ? seal(ctx, seal_context(ctx, operation->tenant_id, "adopt"),
                                        value_to_json(ctx->arena, adopted))
                                 : NULL;
    if (!adopted)
        return value_to_json(ctx->arena, request->input);
    if (!sealed)
        return NULL;
    struct value *input = value_copy(ctx->arena, request->input);
    value_map_set(ctx->arena, input, "adopt", value_string(ctx->arena, sealed));
    return value_to_json(ctx->arena, input);
}

static int add_row(struct ctx *ctx, struct row_list *list, const struct operation *operation,
                   const struct node *node, const struct texts *digests)
{
    const struct nested_request *request = node->request;
    const char *input = input_json(ctx, operation, request);
    int64_t minutes = request->timeout_mins ? request->timeout_mins : operation->timeout_mins;
    row_begin(list);
    row_text(list, "id", node->nested_id);
    row_text(list, "name", node->physical_name);
    row_text(list, "action", action_name(request->action));
    if (request->makes) {
        row_text(list, "parent_id", operation->stack_id);
        row_text(list, "parent_resource", node->name);
    }
    if (minutes > 0)
        row_int(list, "timeout_mins", minutes);
    row_text(list, "template", digests->template);
    row_text(list, "environment", digests->environment);
    row_text(list, "sealed_environment", digests->sealed);
    row_text(list, "files", digests->template ? operation->files_digest : NULL);
    row_text(list, "operation_id", request->operation_id);
    row_text(list, "request_id", operation->ctx.request_id);
    row_text(list, "input", input);
    add_deadline(list, operation, request->timeout_mins);
    row_end(list);
    return input ? 0 : -1;
}

/* The first event of a child; those of children that are there already are told by nested_begin. */
static void add_first_event(struct ctx *ctx, struct row_list *events, const struct operation *operation,
                            const struct node *node)
{
    struct event event = event_of_stack(operation->tenant_id, node->nested_id, node->physical_name,
                                        node->request->operation_id);
    event.action = action_name(node->request->action);
    event.status = "IN_PROGRESS";
    event.reason = arena_printf(ctx->arena, "Stack %s started", event.action);
    event_row(events, &event);
}

static int collect_request(struct ctx *ctx, struct nested_batch *batch, struct row_list *events,
                           struct operation *operation, const struct node *node)
{
    struct texts digests;
    if (put_documents(ctx, batch, operation, node, &digests) != 0)
        return -1;
    if (node->request->makes)
        add_first_event(ctx, events, operation, node);
    return add_row(ctx, node->request->makes ? &batch->made : &batch->begun, operation, node, &digests);
}

int nested_collect(struct ctx *ctx, struct nested_batch *batch, struct row_list *events,
                   struct operation *operation)
{
    for (size_t i = 0; i < operation->changed_count; i++) {
        const struct node *node = &operation->nodes[operation->changed[i]];
        if (node->request && collect_request(ctx, batch, events, operation, node) != 0)
            return -1;
    }
    return 0;
}

/* ---- the statements ---- */
static const char *noted_json(struct ctx *ctx, struct operation **operations, size_t count, size_t *noted)
{
    struct row_list list = ROW_LIST_INIT(ctx->arena);
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; !operations[i]->lost && k < value_count(operations[i]->noted); k++) {
            const struct value_entry *entry = &operations[i]->noted->map.entries[k];
            row_begin(&list);
            row_text(&list, "id", entry->key);
            row_int(&list, "revision", entry->value->integer);
            row_end(&list);
        }
    *noted = list.count;
    return row_list_json(&list);
}

static bool has_news_for_parents(struct operation **operations, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!operations[i]->lost && operations[i]->is_nested && operations[i]->stack_changed &&
            operations[i]->stack.status != STATUS_IN_PROGRESS)
            return true;
    return false;
}

static int queue_rows(struct ctx *ctx, struct db *db, enum statement statement, struct row_list *list)
{
    return list->count ? db_queue(ctx, db, statement, row_list_json(list)) : 0;
}

int nested_queue(struct ctx *ctx, struct db *db, struct nested_batch *batch, struct operation **operations,
                 size_t count)
{
    size_t noted_count;
    const char *noted = noted_json(ctx, operations, count, &noted_count);
    bool rings = batch->made.count > 0 || batch->begun.count > 0 || has_news_for_parents(operations, count);
    if (queue_rows(ctx, db, STMT_nested_documents, &batch->documents) != 0 ||
        queue_rows(ctx, db, STMT_nested_make, &batch->made) != 0 ||
        queue_rows(ctx, db, STMT_nested_begin, &batch->begun) != 0 ||
        (noted_count > 0 && db_queue(ctx, db, STMT_nested_noted, noted) != 0))
        return -1;
    return rings ? db_queue(ctx, db, STMT_engine_notify, "") : 0;
}
