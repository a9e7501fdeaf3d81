/* Loading an operation: from its rows to a plan that stands where the last engine left it. */
#include "engine/operation.h"

#include <string.h>

#include "base/config.h"
#include "base/log.h"
#include "base/seal.h"
#include "engine/names.h"

enum { MINUTE_US = 60000000 };

/* ---- the operation's own row ---- */
static const char *own(struct operation *operation, const struct rows *rows, size_t row, const char *column)
{
    const char *text = rows_get(rows, row, column);
    return text ? arena_strdup(operation->arena, text) : NULL;
}

static int64_t own_int(const struct rows *rows, size_t row, const char *column)
{
    return rows_int(rows, row, rows_column(rows, column));
}

static const struct value *read_map(struct operation *operation, const char *text)
{
    return text ? value_read_json(&operation->ctx, text, strlen(text)) : NULL;
}

/* Sealed when something in it is hidden. */
static const char *environment_text(struct operation *operation, const struct rows *rows, size_t row)
{
    struct ctx *ctx = &operation->ctx;
    const char *sealed = rows_get(rows, row, "sealed_environment");
    if (!sealed)
        return rows_get(rows, row, "environment");
    return seal_open(ctx, seal_context(ctx, operation->tenant_id, "environment"), sealed);
}

static int read_definition(struct operation *operation, const struct rows *rows, size_t row)
{
    const char *environment = environment_text(operation, rows, row);
    struct documents documents = {
        .template = read_map(operation, rows_get(rows, row, "template")),
        .environment = environment ? read_map(operation, environment) : NULL,
        .files = read_map(operation, rows_get(rows, row, "files")),
        .stack_name = operation->stack_name,
        .stack_id = operation->stack_id,
        .strict = true,
    };
    if (!documents.template || !documents.environment || !documents.files)
        return -1;
    operation->definition = definition_read(&operation->ctx, &documents);
    if (!operation->definition)
        return -1;
    operation_enter_world(operation);
    return 0;
}

static void become_broken(struct operation *operation, const char *what)
{
    struct error *error = &operation->ctx.error;
    operation->broken = arena_printf(operation->arena, "%s: %s", what, error->message ? error->message : "");
    log_error(operation->ctx.request_id, "operation=%s stack=%s cannot go on: %s", operation->id,
              operation->stack_id, operation->broken);
    operation->definition = NULL;
    error_clear(&operation->ctx);
}

static enum phase phase_of(const struct operation *operation, const char *action)
{
    if (strcmp(action, "DELETE") == 0)
        return PHASE_DELETE;
    if (operation->stack.action == ACTION_ROLLBACK)
        return PHASE_ROLLBACK;
    return operation->stack.status == STATUS_FAILED ? PHASE_DRAIN : PHASE_CREATE;
}

static struct operation *operation_new(const struct config *config)
{
    /* the API has let the same documents through with a quarter of this */
    struct arena *arena = arena_create(4 * (size_t)config->request_memory);
    struct operation *operation = arena_new(arena, struct operation);
    operation->arena = arena;
    operation->ctx = (struct ctx){.arena = arena, .config = config};
    return operation;
}

static void read_row(struct operation *operation, const struct rows *rows, size_t row)
{
    operation->id = own(operation, rows, row, "id");
    operation->tenant_id = operation->ctx.tenant_id = own(operation, rows, row, "tenant_id");
    operation->stack_id = own(operation, rows, row, "stack_id");
    operation->stack_name = own(operation, rows, row, "stack_name");
    operation->fence = own_int(rows, row, "fence");
    operation->deadline_us = own_int(rows, row, "deadline_us");
    operation->rollback = !rows_bool(rows, row, rows_column(rows, "disable_rollback"));
    operation->stack_reason = own(operation, rows, row, "status_reason");
    int64_t minutes = own_int(rows, row, "timeout_mins");
    operation->timeout_us =
        minutes > 0 ? minutes * MINUTE_US : operation->ctx.config->stack_action_timeout * 1000;
    if (operation->deadline_us == 0)
        operation->deadline_us = DUE_NEVER;
    strncpy(operation->ctx.request_id, rows_get(rows, row, "request_id"),
            sizeof(operation->ctx.request_id) - 1);
    const struct value *input = read_map(operation, rows_get(rows, row, "input"));
    operation->base_url = value_get_text(input, "base_url");
    error_clear(&operation->ctx);
}

struct operation *operation_load(const struct config *config, const struct rows *rows, size_t row)
{
    struct operation *operation = operation_new(config);
    struct ctx *ctx = &operation->ctx;
    read_row(operation, rows, row);
    if (state_read(ctx, rows_get(rows, row, "stack_action"), rows_get(rows, row, "stack_status"),
                   &operation->stack) != 0)
        become_broken(operation, "The stack's state does not read");
    operation->phase = phase_of(operation, rows_get(rows, row, "action"));
    if (operation->phase != PHASE_DELETE && read_definition(operation, rows, row) != 0)
        become_broken(operation, "The stack's documents do not read");
    if (operation->phase == PHASE_ROLLBACK || operation->phase == PHASE_DRAIN) {
        operation->state = "FAILED"; /* the creation is, whatever becomes of the rest */
        operation->reason = operation->stack_reason;
    }
    return operation;
}

void operation_free(struct operation *operation)
{
    if (operation)
        arena_destroy(operation->arena);
}

/* ---- resources ---- */
/* Positions of the columns, looked up once. */
struct columns {
    int stack_id, id, name, type, action, status, status_reason, physical_id, physical_name, properties,
        attributes, metadata, data, progress, attempt, deletion_policy, requires, due_us;
};

static struct columns find_columns(const struct rows *rows)
{
    return (struct columns){
#define COLUMN(name) .name = rows_column(rows, #name)
        COLUMN(stack_id),      COLUMN(id),         COLUMN(name),          COLUMN(type),
        COLUMN(action),        COLUMN(status),     COLUMN(status_reason), COLUMN(physical_id),
        COLUMN(physical_name), COLUMN(properties), COLUMN(attributes),    COLUMN(metadata),
        COLUMN(data),          COLUMN(progress),   COLUMN(attempt),       COLUMN(deletion_policy),
        COLUMN(requires),      COLUMN(due_us),
#undef COLUMN
    };
}

struct source {
    struct operation *operation;
    const struct rows *rows;
    size_t row;
};

static const char *text(const struct source *source, int column)
{
    const char *found = rows_text(source->rows, source->row, column);
    return found ? arena_strdup(source->operation->arena, found) : NULL;
}

/* A stored map, sealed or not; NULL when there is none, or when it does not open: then it counts as not
 * known. */
static const struct value *map(const struct source *source, int column)
{
    struct operation *operation = source->operation;
    const char *stored = rows_text(source->rows, source->row, column);
    const char *plain = column_open(&operation->ctx, operation->tenant_id, stored);
    const struct value *value = plain ? read_map(operation, plain) : NULL;
    if (stored && !value)
        log_warning(operation->ctx.request_id, "operation=%s a column of a resource does not open: %s",
                    operation->id, operation->ctx.error.message);
    error_clear(&operation->ctx);
    return value;
}

static void find_type(struct operation *operation, struct node *node)
{
    const struct definition *definition = operation->definition;
    node->resource = definition ? template_resource(definition->template, node->name) : NULL;
    node->type = catalogue_find(node->type_name);
}

static void read_progress(const struct source *source, struct node *node, int column)
{
    const struct value *progress = map(source, column), *started = value_get(progress, "started_us");
    node->started_us = value_is(started, VALUE_INT) ? started->integer : 0;
    const struct value *inner = value_get(progress, "step");
    node->progress = value_is(inner, VALUE_MAP) ? inner : NULL;
}

static void read_node(const struct source *source, const struct columns *columns, struct node *node)
{
    struct operation *operation = source->operation;
    const char *requires = rows_text(source->rows, source->row, columns->requires);
    node->id = text(source, columns->id);
    node->name = text(source, columns->name);
    node->type_name = text(source, columns->type);
    node->reason = text(source, columns->status_reason);
    node->physical_id = text(source, columns->physical_id);
    node->physical_name = text(source, columns->physical_name);
    node->deletion_policy = text(source, columns->deletion_policy);
    node->given = map(source, columns->properties);
    node->attributes = map(source, columns->attributes);
    node->data = map(source, columns->data);
    node->metadata = map(source, columns->metadata);
    node->attempt = rows_int(source->rows, source->row, columns->attempt);
    node->requires = requires ? read_map(operation, requires) : NULL;
    node->due_us = rows_text(source->rows, source->row, columns->due_us)
                       ? rows_int(source->rows, source->row, columns->due_us)
                       : DUE_NEVER;
    if (!node->metadata)
        node->metadata = value_map(operation->arena);
    read_progress(source, node, columns->progress);
    find_type(operation, node);
    if (state_read(&operation->ctx, rows_text(source->rows, source->row, columns->action),
                   rows_text(source->rows, source->row, columns->status), &node->state) != 0)
        become_broken(operation, "A resource's state does not read");
}

/* A step that was under way goes on from its stored progress. One of a creation that was pre-empted by a
 * deletion is given up, and said to be. */
static void resume_step(struct operation *operation, struct node *node)
{
    if (node->state.status != STATUS_IN_PROGRESS)
        return;
    if (node->given && node->type) {
        node->properties = properties_check(&operation->ctx, node->type, node->name, node->given);
        error_clear(&operation->ctx);
    }
    if (operation->phase == PHASE_DELETE && node->state.action != ACTION_DELETE)
        node_abort(operation, node, "user triggered cancel");
    else
        node_list_running(operation, node);
}

static size_t count_nodes(const struct operation *operation, const struct rows *rows, int stack_id)
{
    size_t count = 0;
    for (size_t i = 0; i < rows_count(rows); i++)
        count += strcmp(rows_text(rows, i, stack_id), operation->stack_id) == 0;
    return count;
}

void operation_load_resources(struct operation *operation, const struct rows *rows)
{
    struct columns columns = find_columns(rows);
    size_t count = count_nodes(operation, rows, columns.stack_id);
    operation->nodes = arena_array(operation->arena, struct node, count + 1);
    operation->running = arena_array(operation->arena, size_t, count + 1);
    operation->changed = arena_array(operation->arena, size_t, count + 1);
    operation->names = value_map(operation->arena);
    for (size_t i = 0; i < rows_count(rows); i++) {
        struct source source = {operation, rows, i};
        if (strcmp(rows_text(rows, i, columns.stack_id), operation->stack_id) != 0)
            continue;
        struct node *node = &operation->nodes[operation->node_count];
        read_node(&source, &columns, node);
        value_map_set(operation->arena, operation->names, node->name,
                      value_int(operation->arena, (int64_t)operation->node_count++));
    }
    operation_begin_phase(operation, operation->phase);
    for (size_t i = 0; i < operation->node_count; i++)
        resume_step(operation, &operation->nodes[i]);
    operation->signalled = true; /* signals may have come while nobody held it */
    operation->loaded_bytes = arena_used(operation->arena);
}

void operation_take_signals(struct operation *operation, const struct rows *rows)
{
    int stack_id = rows_column(rows, "stack_id"), name = rows_column(rows, "name"),
        metadata = rows_column(rows, "metadata");
    for (size_t i = 0; i < rows_count(rows); i++) {
        struct node *node = NULL;
        if (strcmp(rows_text(rows, i, stack_id), operation->stack_id) == 0)
            node = operation_node(operation, rows_text(rows, i, name));
        const struct value *map_read = node ? read_map(operation, rows_text(rows, i, metadata)) : NULL;
        if (map_read)
            node->metadata = map_read;
        error_clear(&operation->ctx);
    }
    operation->signalled = true;
}
