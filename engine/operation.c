/* Loading an operation: from its rows to a plan that stands where the last engine left it. */
#include "engine/operation.h"

#include <string.h>

#include "base/config.h"
#include "base/log.h"
#include "base/seal.h"
#include "engine/names.h"
#include "engine/nested.h"
#include "engine/nested_types.h"
#include "engine/signal.h"

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

/* What a nested stack was given from hidden values of its parent is hidden in it too. */
static void hide_masked(struct operation *operation, const char *environment)
{
    const struct value *shown = environment ? read_map(operation, environment) : NULL;
    error_clear(&operation->ctx);
    definition_hide(operation->definition, value_get(shown, "parameters"));
}

static int read_definition(struct operation *operation, const struct rows *rows, size_t row)
{
    const char *environment = environment_text(operation, rows, row);
    const char *stored = rows_get(rows, row, "template");
    const char *template = column_open(&operation->ctx, operation->tenant_id, stored);
    struct documents documents = {
        .template = template ? read_map(operation, template) : NULL,
        .sealed = template != stored,
        .environment = environment ? read_map(operation, environment) : NULL,
        .files = read_map(operation, rows_get(rows, row, "files")),
        .stack_name = operation->stack_name,
        .stack_id = operation->stack_id,
        .strict = true,
        .nested_depth = operation->nested_depth,
        .facade = operation->facade,
    };
    if (!documents.template || !documents.environment || !documents.files)
        return -1;
    operation->definition = definition_read(&operation->ctx, &documents);
    if (!operation->definition)
        return -1;
    operation->environment = operation->definition->environment;
    if (rows_get(rows, row, "sealed_environment"))
        hide_masked(operation, rows_get(rows, row, "environment"));
    operation_enter_world(operation);
    return 0;
}

/* A deletion asks nothing of it but where to stop. One that does not read is in nobody's way. */
static void read_environment_only(struct operation *operation, const struct rows *rows, size_t row)
{
    const char *text = environment_text(operation, rows, row);
    const struct value *environment = text ? read_map(operation, text) : NULL;
    operation->environment = environment ? environment_build(&operation->ctx, environment, NULL, NULL) : NULL;
    error_clear(&operation->ctx);
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
    /* a ROLLBACK is what an update that was cancelled became */
    bool updating =
        strcmp(action, "UPDATE") == 0 || strcmp(action, "RESTORE") == 0 || strcmp(action, "ROLLBACK") == 0;
    if (strcmp(action, "DELETE") == 0)
        return PHASE_DELETE;
    if (strcmp(action, "SIGNAL") == 0)
        return PHASE_SIGNAL;
    if (walk_is(operation->stack.action))
        return PHASE_WALK;
    if (operation->stack.status == STATUS_FAILED)
        return PHASE_DRAIN;
    if (updating)
        return PHASE_UPDATE;
    if (operation->stack.action == ACTION_ROLLBACK)
        return PHASE_ROLLBACK;
    return operation->retry ? PHASE_UPDATE : PHASE_CREATE;
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

static void read_input(struct operation *operation, const struct value *input)
{
    operation->base_url = value_get_text(input, "base_url");
    operation->snapshot_id = value_get_text(input, "snapshot");
    operation->abandon = value_truth(value_get(input, "abandon"));
    operation->retry = value_truth(value_get(input, "retry"));
    operation->adopted = value_get(input, "adopt"); /* still sealed */
    operation->filled = value_truth(value_get(input, "nested"));
    operation->facade = value_get(input, "facade");
}

/* What is adopted may have secrets in it, and comes sealed. Rolling back leaves it alone. */
static int read_adopted(struct operation *operation)
{
    struct ctx *ctx = &operation->ctx;
    if (!operation->adopted)
        return 0;
    const char *text = seal_open(ctx, seal_context(ctx, operation->tenant_id, "adopt"),
                                 value_to_str(ctx->arena, operation->adopted));
    operation->adopted = text ? read_map(operation, text) : NULL;
    operation->abandon = true;
    return operation->adopted ? 0 : -1;
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
    operation->traversal = own_int(rows, row, "traversal");
    operation->has_previous = rows_bool(rows, row, rows_column(rows, "has_previous"));
    int64_t minutes = own_int(rows, row, "timeout_mins");
    operation->timeout_mins = minutes;
    operation->files_digest = own(operation, rows, row, "files_digest");
    operation->nested_depth = (int)own_int(rows, row, "nested_depth");
    operation->is_nested = rows_bool(rows, row, rows_column(rows, "is_nested"));
    operation->timeout_us =
        minutes > 0 ? minutes * MINUTE_US : operation->ctx.config->stack_action_timeout * 1000;
    if (operation->deadline_us == 0)
        operation->deadline_us = DUE_NEVER;
    strncpy(operation->ctx.request_id, rows_get(rows, row, "request_id"),
            sizeof(operation->ctx.request_id) - 1);
    read_input(operation, read_map(operation, rows_get(rows, row, "input")));
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
    if (operation->phase == PHASE_DELETE)
        read_environment_only(operation, rows, row);
    else if (read_definition(operation, rows, row) != 0)
        become_broken(operation, "The stack's documents do not read");
    if (read_adopted(operation) != 0)
        become_broken(operation, "What is to be adopted does not read");
    if (operation->phase == PHASE_SIGNAL)
        signals_open(operation);
    else if (operation->stack.action == ACTION_ROLLBACK || operation->phase == PHASE_DRAIN) {
        operation->state = "FAILED"; /* the creation or update is, whatever becomes of the rest */
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
        attributes, metadata, data, progress, attempt, deletion_policy, requires, due_us, definition,
        description, required_by, superseded_by, traversal, made_in, attempt_id, nested_id, hook,
        hook_operation, hook_cleared, sealed_columns;
};

static struct columns find_columns(const struct rows *rows)
{
    return (struct columns){
#define COLUMN(name) .name = rows_column(rows, #name)
        COLUMN(stack_id),       COLUMN(id),
        COLUMN(name),           COLUMN(type),
        COLUMN(action),         COLUMN(status),
        COLUMN(status_reason),  COLUMN(physical_id),
        COLUMN(physical_name),  COLUMN(properties),
        COLUMN(attributes),     COLUMN(metadata),
        COLUMN(data),           COLUMN(progress),
        COLUMN(attempt),        COLUMN(deletion_policy),
        COLUMN(requires),       COLUMN(due_us),
        COLUMN(definition),     COLUMN(description),
        COLUMN(required_by),    COLUMN(superseded_by),
        COLUMN(traversal),      COLUMN(made_in),
        COLUMN(attempt_id),     COLUMN(hook),
        COLUMN(hook_operation), COLUMN(hook_cleared),
        COLUMN(nested_id),      COLUMN(sealed_columns),
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
    if (node->resource && !definition->types[node->resource->index])
        node->resource = NULL; /* its condition is false */
    const struct resource_type *wanted = node->resource ? definition->types[node->resource->index] : NULL;
    node->type = catalogue_find(node->type_name);
    /* a type of that name may be a template now, or may have been one */
    bool unmade = !node->physical_id;
    if (is_template_type(wanted) && strcmp(wanted->name, node->type_name) == 0 && (unmade || node->nested_id))
        node->type = wanted;
    else if (node->nested_id && !node_is_nested(node))
        node->type = nested_type_unknown(&operation->ctx, node->type_name);
}

static void read_progress(const struct source *source, struct node *node, int column)
{
    const struct value *progress = map(source, column), *started = value_get(progress, "started_us");
    node->started_us = value_is(started, VALUE_INT) ? started->integer : 0;
    const struct value *traversal = value_get(progress, "traversal"), *inner = value_get(progress, "step");
    node->progress = value_is(inner, VALUE_MAP) ? inner : NULL;
    node->step_traversal = value_is(traversal, VALUE_INT) ? traversal->integer : 0;
    node->wanted = value_get(progress, "wanted");
    node->wanted_definition = value_get(progress, "definition");
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
    node->definition = map(source, columns->definition);
    node->description = text(source, columns->description);
    node->required_by = text(source, columns->required_by);
    node->superseded_by = text(source, columns->superseded_by);
    node->traversal = rows_int(source->rows, source->row, columns->traversal);
    node->made_in = rows_int(source->rows, source->row, columns->made_in);
    node->attempt_id = text(source, columns->attempt_id);
    node->nested_id = text(source, columns->nested_id);
    node->attempt = rows_int(source->rows, source->row, columns->attempt);
    node->hook = text(source, columns->hook);
    node->hook_operation = text(source, columns->hook_operation);
    node->hook_cleared = rows_bool(source->rows, source->row, columns->hook_cleared);
    node->sealed = rows_bool(source->rows, source->row, columns->sealed_columns);
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

static const struct value *completed(struct operation *operation, const struct node *node,
                                     const struct value *given)
{
    if (!given || !node->type)
        return NULL;
    const struct value *properties = properties_check(&operation->ctx, node->type, node->name, given);
    error_clear(&operation->ctx);
    return properties;
}

/* A step that was under way goes on from its stored progress. One of a creation or update that was pre-empted
 * by a deletion is given up, and said to be. */
static void resume_step(struct operation *operation, struct node *node)
{
    if (node->state.status != STATUS_IN_PROGRESS || operation->phase == PHASE_SIGNAL)
        return;
    node->before = completed(operation, node, node->given);
    node->properties = node->wanted ? completed(operation, node, node->wanted) : node->before;
    if (operation->phase == PHASE_DELETE && node->state.action != ACTION_DELETE)
        node_abort(operation, node, "user triggered cancel");
    else
        node_list_running(operation, node);
}

/* A parameter that an update makes hidden may stand in rows from before. */
static void seal_older(struct operation *operation, struct node *node)
{
    if (operation->phase != PHASE_SIGNAL && operation->definition && operation->definition->has_hidden &&
        !node->sealed && node->state.action != ACTION_INIT)
        node_changed(operation, node);
}

static size_t count_nodes(const struct operation *operation, const struct rows *rows, int stack_id)
{
    size_t count = 0;
    for (size_t i = 0; i < rows_count(rows); i++)
        count += strcmp(rows_text(rows, i, stack_id), operation->stack_id) == 0;
    return count;
}

/* An update adds each name of the template once at the most, and replaces what stood for it once. */
static size_t most_new_nodes(const struct operation *operation)
{
    bool adding = operation->phase == PHASE_UPDATE || operation->is_nested;
    return adding && operation->definition ? 2 * operation->definition->template->resource_count : 0;
}

void operation_load_resources(struct operation *operation, const struct rows *rows)
{
    struct columns columns = find_columns(rows);
    size_t count = count_nodes(operation, rows, columns.stack_id);
    size_t most = count + most_new_nodes(operation);
    operation->nodes = arena_array(operation->arena, struct node, most + 1);
    operation->running = arena_array(operation->arena, size_t, most + 1);
    operation->changed = arena_array(operation->arena, size_t, most + 1);
    operation->names = value_map(operation->arena);
    operation->children = value_map(operation->arena);
    for (size_t i = 0; i < rows_count(rows); i++) {
        struct source source = {operation, rows, i};
        if (strcmp(rows_text(rows, i, columns.stack_id), operation->stack_id) != 0)
            continue;
        struct node *node = &operation->nodes[operation->node_count];
        read_node(&source, &columns, node);
        if (!node->superseded_by)
            value_map_set(operation->arena, operation->names, node->name,
                          value_int(operation->arena, (int64_t)operation->node_count));
        if (node->nested_id)
            value_map_set(operation->arena, operation->children, node->nested_id,
                          value_int(operation->arena, (int64_t)operation->node_count));
        operation->node_count++;
    }
    for (size_t i = 0; i < operation->node_count; i++) {
        resume_step(operation, &operation->nodes[i]);
        seal_older(operation, &operation->nodes[i]);
    }
    operation_begin_phase(operation, operation->phase);
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
