/* Creating a stack: everything is checked, then one transaction stores the documents, the stack, its
 * resources, the operation for the engine and the first event, and wakes an engine. */
#include <inttypes.h>
#include <string.h>

#include "base/seal.h"
#include "base/uuid.h"
#include "cloud/identity.h"
#include "engine/calls.h"
#include "engine/documents.h"
#include "engine/draft.h"
#include "engine/event.h"
#include "engine/names.h"
#include "engine/rows.h"
#include "sql/db.h"

struct creation {
    struct ctx *ctx;
    const struct stack_input *input;
    const struct draft *draft;
    const char *id, *operation_id;
};

/* ---- resources ---- */
/* Names on the far side of each edge of a resource; the edges are sorted by from. */
struct neighbours {
    const struct value **requires, **required_by; /* per resource: list of names */
};

static void add_name(struct ctx *ctx, const struct value **list, const char *name)
{
    if (!*list)
        *list = value_list(ctx->arena);
    value_list_add(ctx->arena, (struct value *)*list, value_string(ctx->arena, name));
}

static struct neighbours find_neighbours(struct ctx *ctx, const struct graph *graph)
{
    const struct resource_definition *resources = graph->template->resources;
    struct neighbours neighbours = {
        .requires = arena_array(ctx->arena, const struct value *, graph->template->resource_count + 1),
        .required_by = arena_array(ctx->arena, const struct value *, graph->template->resource_count + 1),
    };
    for (size_t i = 0; i < graph->edge_count; i++) {
        const struct edge *edge = &graph->edges[i];
        add_name(ctx, &neighbours.requires[edge->from], resources[edge->to].name);
        add_name(ctx, &neighbours.required_by[edge->to], resources[edge->from].name);
    }
    return neighbours;
}

/* Metadata as far as it is known now; the engine resolves it again when the resource is made. */
static const char *metadata_json(const struct creation *creation, const struct resource_definition *resource)
{
    struct definition *definition = creation->draft->definition;
    const struct value *metadata =
        resource->metadata ? definition_resolve(definition, &definition->scope, "", resource->metadata)
                           : NULL;
    error_clear(creation->ctx);
    return value_is(metadata, VALUE_MAP) ? value_to_json(creation->ctx->arena, metadata) : "{}";
}

static void resource_row(const struct creation *creation, struct row_list *list,
                         const struct resource_definition *resource, const struct neighbours *neighbours)
{
    struct ctx *ctx = creation->ctx;
    const struct value *required_by = neighbours->required_by[resource->index];
    const struct value *requires = neighbours->requires[resource->index];
    row_begin(list);
    row_text(list, "name", resource->name);
    row_text(list, "type", creation->draft->definition->types[resource->index]->name);
    row_text(list, "physical_name", physical_name_make(ctx, creation->input->name, resource->name));
    row_text(list, "description", resource->description ? resource->description : "");
    row_text(list, "metadata", metadata_json(creation, resource));
    row_json(list, "requires", requires ? value_to_json(ctx->arena, requires) : "[]");
    row_text(list, "required_by", required_by ? value_to_json(ctx->arena, required_by) : "[]");
    row_text(list, "deletion_policy", definition_deletion_policy(creation->draft->definition, resource));
    row_end(list);
}

static const char *resource_rows(const struct creation *creation)
{
    struct definition *definition = creation->draft->definition;
    struct neighbours neighbours = find_neighbours(creation->ctx, definition->graph);
    struct row_list list = ROW_LIST_INIT(creation->ctx->arena);
    for (size_t i = 0; i < definition->template->resource_count; i++)
        if (definition->graph->present[i])
            resource_row(creation, &list, &definition->template->resources[i], &neighbours);
    return row_list_json(&list);
}

/* ---- the transaction ---- */
static const char *tags_json(const struct creation *creation)
{
    const struct value *tags = creation->input->tags;
    return value_count(tags) ? value_to_json(creation->ctx->arena, tags) : NULL;
}

static const char *action_of(const struct creation *creation)
{
    return creation->input->adopt ? "ADOPT" : "CREATE";
}

static int queue_stack(const struct creation *creation)
{
    struct ctx *ctx = creation->ctx;
    const struct definition *definition = creation->draft->definition;
    struct stored_documents documents;
    const char *outputs =
        column_seal(ctx, ctx->tenant_id, definition->has_hidden,
                    value_to_json(ctx->arena, definition_outputs(creation->draft->definition)));
    if (!outputs || documents_put(ctx, creation->draft, creation->input->files, &documents) != 0)
        return -1;
    const char *minutes = creation->input->timeout_mins >= 0
                              ? arena_printf(ctx->arena, "%d", creation->input->timeout_mins)
                              : NULL;
    return db_queue(ctx, ctx->db, STMT_engine_stack_insert, creation->id, ctx->tenant_id,
                    creation->input->name, ctx->identity->user_name, ctx->identity->user_id, minutes,
                    creation->input->disable_rollback ? "true" : "false", definition->template->description,
                    documents.template, documents.environment, documents.sealed_environment, documents.files,
                    documents.parameters, outputs, tags_json(creation), action_of(creation));
}

static int queue_tags(const struct creation *creation)
{
    const char *tags = tags_json(creation);
    if (!tags)
        return 0;
    return db_queue(creation->ctx, creation->ctx->db, STMT_engine_tags_insert, creation->ctx->tenant_id,
                    creation->id, tags);
}

/* What is to be adopted may have secrets in it. */
static int add_adopted(const struct creation *creation, struct value *input)
{
    struct ctx *ctx = creation->ctx;
    if (!creation->input->adopt)
        return 0;
    const char *sealed = seal(ctx, seal_context(ctx, ctx->tenant_id, "adopt"),
                              value_to_json(ctx->arena, creation->input->adopt));
    if (!sealed)
        return -1;
    value_map_set(ctx->arena, input, "adopt", value_string(ctx->arena, sealed));
    return 0;
}

static int queue_operation(const struct creation *creation)
{
    struct ctx *ctx = creation->ctx;
    struct value *input = value_map(ctx->arena);
    if (creation->input->base_url)
        value_map_set(ctx->arena, input, "base_url", value_string(ctx->arena, creation->input->base_url));
    if (add_adopted(creation, input) != 0)
        return -1;
    ctx->operation_id = creation->operation_id;
    return db_queue(ctx, ctx->db, STMT_engine_operation_insert, creation->operation_id, ctx->tenant_id,
                    creation->id, action_of(creation), ctx->request_id, value_to_json(ctx->arena, input),
                    arena_printf(ctx->arena, "%" PRId64, creation->draft->timeout_us / 1000));
}

static int queue_first_event(const struct creation *creation)
{
    struct ctx *ctx = creation->ctx;
    struct event event =
        event_of_stack(ctx->tenant_id, creation->id, creation->input->name, creation->operation_id);
    event.action = action_of(creation);
    event.status = "IN_PROGRESS";
    event.reason = arena_printf(ctx->arena, "Stack %s started", event.action);
    return event_queue(ctx, &event);
}

static int store(const struct creation *creation)
{
    struct ctx *ctx = creation->ctx;
    const char *resources = resource_rows(creation);
    if (arena_over(ctx->arena))
        return fail(ctx, FAULT_TOO_LARGE, "Request limit exceeded: The stack needs too much memory.");
    if (db_begin(ctx, ctx->db, DB_WRITE) != 0)
        return -1;
    if (queue_stack(creation) != 0 || queue_tags(creation) != 0 ||
        (creation->input->protection == PROTECTION_ON && stack_protect_in(ctx, creation->id, true) != 0) ||
        db_queue(ctx, ctx->db, STMT_engine_resources_insert, ctx->tenant_id, creation->id, resources) != 0 ||
        queue_operation(creation) != 0 || queue_first_event(creation) != 0 ||
        db_queue(ctx, ctx->db, STMT_engine_notify, "") != 0 || db_commit(ctx, ctx->db) != 0) {
        db_rollback(ctx->db);
        return -1;
    }
    return 0;
}

/* Two requests may have found the name free; the index let one through. */
static int name_was_taken(struct ctx *ctx, const char *name)
{
    if (ctx->error.fault != FAULT_CONFLICT || strcmp(db_constraint(ctx->db), "stack_name") != 0)
        return -1;
    error_clear(ctx);
    return fail(ctx, FAULT_STACK_EXISTS, "The Stack (%s) already exists.", name);
}

int stack_create(struct ctx *ctx, const struct stack_input *input, const char **id)
{
    char stack_id[UUID_SIZE], operation_id[UUID_SIZE];
    uuid_v4(stack_id);
    uuid_v4(operation_id);
    struct creation creation = {
        .ctx = ctx,
        .input = input,
        .id = arena_strdup(ctx->arena, stack_id),
        .operation_id = arena_strdup(ctx->arena, operation_id),
    };
    creation.draft = draft_check(ctx, input, creation.id);
    if (!creation.draft)
        return -1;
    if (store(&creation) != 0)
        return name_was_taken(ctx, input->name);
    *id = creation.id;
    return 0;
}
