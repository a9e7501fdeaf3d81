/* Previewing an update: each resource compared as the engine would compare it, nothing stored.
 *
 * Resources come in the order of the graph, so that what one reads of another is judged by what becomes of
 * that other: its stored values as long as it stays as it is, not known yet when it is made anew.
 *
 * With nested stacks each resource that is a stack is a preview of its own, whose changes go into the same lists:
 * a stack that stays is compared, one that comes is all added, one that goes is all deleted. */
#include <string.h>

#include "engine/calls_update.h"
#include "engine/names.h"
#include "engine/nested_draft.h"
#include "engine/nested_types.h"
#include "engine/update_compare.h"

enum fate { FATE_UNCHANGED, FATE_UPDATED, FATE_REPLACED, FATE_ADDED, FATE_DELETED };
static const char *const fate_names[] = {"unchanged", "updated", "replaced", "added", "deleted"};

struct stored {
    const char *name;
    size_t row;
    const struct resource_type *type;
    const struct value *given, *attributes, *data;
    enum fate fate; /* FATE_DELETED until it is found in the template */
};

/* A stack by its name and id. */
struct whose {
    const char *name, *id;
};

struct preview {
    struct ctx *ctx;
    struct whose now, then; /* of what is there, and of what will be */
    bool nested;
    struct definition *definition; /* NULL: of a stack that goes */
    const struct rows *rows;
    struct stored *stored;
    size_t stored_count;
    struct value *index; /* map name -> index in stored */
    bool unknown;        /* since last cleared: something was read that is not known yet */
    struct value *changes;
};

/* ---- what is there ---- */
static const struct value *read_map(struct ctx *ctx, const struct rows *rows, size_t row, const char *column)
{
    const char *text = column_open(ctx, ctx->tenant_id, rows_get(rows, row, column));
    const struct value *map = text ? value_read_json(ctx, text, strlen(text)) : NULL;
    error_clear(ctx);
    return map;
}

static int read_stored(struct preview *preview)
{
    struct ctx *ctx = preview->ctx;
    preview->index = value_map(ctx->arena);
    if (!preview->now.id)
        return 0;
    const struct rows *rows = db_read(ctx, ctx->db, STMT_update_resources, ctx->tenant_id, preview->now.id);
    if (!rows)
        return -1;
    preview->rows = rows;
    preview->stored_count = rows_count(rows);
    preview->stored = arena_array(ctx->arena, struct stored, rows_count(rows) + 1);
    for (size_t i = 0; i < rows_count(rows); i++) {
        preview->stored[i] = (struct stored){
            .name = rows_get(rows, i, "name"),
            .row = i,
            .type = catalogue_find(rows_get(rows, i, "type")),
            .given = read_map(ctx, rows, i, "properties"),
            .attributes = read_map(ctx, rows, i, "attributes"),
            .data = read_map(ctx, rows, i, "data"),
            .fate = FATE_DELETED,
        };
        value_map_set(ctx->arena, preview->index, preview->stored[i].name, value_int(ctx->arena, (int64_t)i));
    }
    return 0;
}

static struct stored *find_stored(struct preview *preview, const char *name)
{
    const struct value *index = value_get(preview->index, name);
    return index ? &preview->stored[index->integer] : NULL;
}

/* ---- the world, as far as it stays ---- */
static struct resource_job job_of(const struct preview *preview, const struct stored *stored)
{
    return (struct resource_job){
        .tenant_id = preview->ctx->tenant_id,
        .physical_name = rows_get(preview->rows, stored->row, "physical_name"),
        .physical_id = rows_get(preview->rows, stored->row, "physical_id"),
        .data = stored->data,
        .attributes = stored->attributes,
    };
}

static const struct value *preview_reference(struct ctx *ctx, void *self, const char *resource)
{
    struct preview *preview = self;
    struct stored *stored = find_stored(preview, resource);
    if (!stored || !stored->type || stored->fate > FATE_UPDATED) {
        preview->unknown = true;
        return value_string(ctx->arena, resource);
    }
    struct resource_job job = job_of(preview, stored);
    const char *reference =
        stored->type->hooks->reference ? stored->type->hooks->reference(ctx, &job) : job.physical_id;
    return value_string(ctx->arena, reference ? reference : resource);
}

static const struct value *preview_attribute(struct ctx *ctx, void *self, const char *resource,
                                             const char *attribute)
{
    struct preview *preview = self;
    struct stored *stored = find_stored(preview, resource);
    if (!stored || !stored->type || stored->fate != FATE_UNCHANGED) {
        preview->unknown = true;
        return NULL;
    }
    struct resource_job job = job_of(preview, stored);
    if (attribute && stored->type->hooks->attribute)
        return stored->type->hooks->attribute(ctx, &job, attribute);
    return attribute ? value_get(stored->attributes, attribute) : stored->attributes;
}

static const struct value *resolve(struct preview *preview, const char *path, const struct value *snippet)
{
    preview->unknown = false;
    const struct value *value =
        definition_resolve(preview->definition, &preview->definition->scope, path, snippet);
    if (!value &&
        preview->nested) /* a parameter that the stack above cannot tell yet: all else was checked */
        preview->unknown = true;
    if (preview->unknown)
        error_clear(preview->ctx);
    return preview->unknown ? &value_unknown : value;
}

static const struct value *resolve_properties(struct preview *preview,
                                              const struct resource_definition *resource, const char *path)
{
    struct ctx *ctx = preview->ctx;
    struct value *given = value_map(ctx->arena);
    if (resource->properties && !value_is(resource->properties, VALUE_MAP))
        return resolve(preview, path, resource->properties);
    for (size_t i = 0; i < value_count(resource->properties); i++) {
        const struct value_entry *entry = &resource->properties->map.entries[i];
        const struct value *value =
            resolve(preview, arena_printf(ctx->arena, "%s.%s", path, entry->key), entry->value);
        if (!value)
            return NULL;
        value_map_set(ctx->arena, given, entry->key, value);
    }
    return given;
}

/* ---- what becomes of each ---- */
static int judge(struct preview *preview, const struct resource_definition *resource, struct stored *stored)
{
    struct ctx *ctx = preview->ctx;
    const char *path = definition_properties_path(preview->definition, resource), *refused = NULL;
    struct update_side before = {.given = stored->given,
                                 .definition = read_map(ctx, preview->rows, stored->row, "definition")};
    if (stored->given)
        before.properties = properties_check_at(ctx, stored->type, path, stored->given);
    error_clear(ctx);
    struct update_side after = {.given = resolve_properties(preview, resource, path)};
    if (!after.given)
        return -1;
    after.properties = properties_check_at(ctx, stored->type, path, after.given);
    if (!after.properties)
        return -1;
    after.definition = update_definition(preview->definition, resource);
    static const enum fate fates[] = {
        [UPDATE_NONE] = FATE_UNCHANGED,   [UPDATE_IN_PLACE] = FATE_UPDATED,
        [UPDATE_REPLACE] = FATE_REPLACED, [UPDATE_REPLACE_HOOK] = FATE_REPLACED,
        [UPDATE_REFUSED] = FATE_UPDATED,
    };
    enum update_kind kind = update_compare(ctx, stored->type, &before, &after, &refused);
    if (kind == UPDATE_NONE && stored->type->hooks->nested)
        kind = UPDATE_IN_PLACE; /* what is in it decides for itself */
    stored->fate = fates[kind];
    if (kind != UPDATE_REFUSED)
        return 0;
    return fail(ctx, FAULT_NOT_SUPPORTED, "Update to properties %s of %s (%s) is not supported.", refused,
                resource->name, stored->type->name);
}

static bool is_sound(const struct preview *preview, const struct stored *stored)
{
    return strcmp(rows_get(preview->rows, stored->row, "status"), "FAILED") != 0 &&
           strcmp(rows_get(preview->rows, stored->row, "action"), "DELETE") != 0;
}

/* ---- what is shown ---- */
static void put_text(struct preview *preview, struct value *map, const char *key, const char *text)
{
    struct arena *arena = preview->ctx->arena;
    value_map_set(arena, map, key, text ? value_string(arena, text) : &value_null);
}

static const struct value *identity_of(struct preview *preview, const struct whose *stack, const char *path)
{
    struct value *identity = value_map(preview->ctx->arena);
    put_text(preview, identity, "tenant", preview->ctx->tenant_id);
    put_text(preview, identity, "stack_name", stack->name);
    put_text(preview, identity, "stack_id", stack->id);
    put_text(preview, identity, "path", path);
    return identity;
}

static const struct value *required_by(struct preview *preview, size_t index)
{
    const struct graph *graph = preview->definition->graph;
    struct arena *arena = preview->ctx->arena;
    struct value *names = value_list(arena);
    for (size_t i = 0; i < graph->edge_count; i++)
        if (graph->edges[i].to == index)
            value_list_add(arena, names,
                           value_string(arena, graph->template->resources[graph->edges[i].from].name));
    return names;
}

/* row: of a resource as it is; NULL: as it would be made, so that nothing is known of it. */
static struct value *show_head(struct preview *preview, const char *name, const char *type, const size_t *row)
{
    static const struct {
        const char *key, *column, *otherwise;
    } fields[] = {
        {"physical_resource_id", "physical_id", ""},
        {"resource_action", "action", "INIT"},
        {"resource_status", "status", "COMPLETE"},
        {"resource_status_reason", "status_reason", ""},
    };
    const struct whose *stack = row ? &preview->now : &preview->then;
    struct value *shown = value_map(preview->ctx->arena);
    put_text(preview, shown, "updated_time", row ? rows_get(preview->rows, *row, "updated_time") : NULL);
    put_text(preview, shown, "creation_time", row ? rows_get(preview->rows, *row, "creation_time") : NULL);
    put_text(preview, shown, "resource_name", name);
    for (size_t i = 0; i < COUNT_OF(fields); i++) {
        const char *text = row ? rows_get(preview->rows, *row, fields[i].column) : NULL;
        put_text(preview, shown, fields[i].key, text ? text : fields[i].otherwise);
    }
    put_text(preview, shown, "resource_type", type);
    value_map_set(preview->ctx->arena, shown, "resource_identity",
                  identity_of(preview, stack, arena_printf(preview->ctx->arena, "/resources/%s", name)));
    value_map_set(preview->ctx->arena, shown, "stack_identity", identity_of(preview, stack, ""));
    put_text(preview, shown, "stack_name", stack->name);
    return shown;
}

static void note(struct preview *preview, enum fate fate, const struct value *shown)
{
    const struct value *list = value_get(preview->changes, fate_names[fate]);
    value_list_add(preview->ctx->arena, (struct value *)list, shown);
}

/* Of a resource that is a stack: which. */
static void put_nested(struct preview *preview, struct value *shown, const struct stored *stored)
{
    const char *id = rows_get(preview->rows, stored->row, "nested_id");
    if (!id)
        return;
    struct whose stack = {rows_get(preview->rows, stored->row, "physical_name"), id};
    value_map_set(preview->ctx->arena, shown, "nested_stack_id", identity_of(preview, &stack, ""));
}

static int show_current(struct preview *preview, const struct stored *stored)
{
    struct ctx *ctx = preview->ctx;
    const char *type = rows_get(preview->rows, stored->row, "type");
    struct value *shown = show_head(preview, stored->name, type, &stored->row);
    const char *text = rows_get(preview->rows, stored->row, "required_by");
    const struct value *dependents = value_read_json(ctx, text, strlen(text));
    const struct value *metadata = read_map(ctx, preview->rows, stored->row, "metadata");
    const struct value *attributes =
        resource_attributes(ctx, type, rows_get(preview->rows, stored->row, "attributes"),
                            rows_get(preview->rows, stored->row, "data"), NULL);
    if (!attributes || !dependents)
        return -1;
    value_map_set(ctx->arena, shown, "required_by", dependents);
    put_nested(preview, shown, stored);
    put_text(preview, shown, "description", rows_get(preview->rows, stored->row, "description"));
    value_map_set(ctx->arena, shown, "metadata", metadata ? metadata : value_map(ctx->arena));
    value_map_set(ctx->arena, shown, "attributes", attributes);
    note(preview, stored->fate, shown);
    return 0;
}

static int show_future(struct preview *preview, const struct resource_definition *resource, enum fate fate)
{
    struct ctx *ctx = preview->ctx;
    const char *type = preview->definition->types[resource->index]->name;
    struct value *shown = show_head(preview, resource->name, type, NULL);
    const struct value *metadata = resource->metadata ? resolve(preview, "", resource->metadata) : NULL;
    const char *path = definition_properties_path(preview->definition, resource);
    const struct value *properties = resolve_properties(preview, resource, path);
    const struct value *attributes = resource_draft_attributes(ctx, type, properties);
    error_clear(ctx);
    if (!attributes)
        return -1;
    value_map_set(ctx->arena, shown, "required_by", required_by(preview, resource->index));
    put_text(preview, shown, "description", resource->description ? resource->description : "");
    value_map_set(ctx->arena, shown, "metadata",
                  value_is(metadata, VALUE_MAP) ? metadata : value_map(ctx->arena));
    value_map_set(ctx->arena, shown, "attributes", attributes);
    note(preview, fate, shown);
    return 0;
}

/* ---- one stack ---- */
static int preview_one(struct preview *preview, const struct resource_definition *resource)
{
    struct stored *stored = find_stored(preview, resource->name);
    if (!stored)
        return show_future(preview, resource, FATE_ADDED);
    const struct resource_type *type = preview->definition->types[resource->index];
    const char *nested_id = rows_get(preview->rows, stored->row, "nested_id");
    if (is_template_type(type) && nested_id &&
        strcmp(type->name, rows_get(preview->rows, stored->row, "type")) == 0)
        stored->type = type;
    bool same_type = stored->type && stored->type == type;
    if (!same_type || (!is_sound(preview, stored) && !nested_id))
        stored->fate = FATE_REPLACED;
    else if (judge(preview, resource, stored) != 0)
        return -1;
    return stored->fate == FATE_UPDATED ? show_current(preview, stored)
                                        : show_future(preview, resource, stored->fate);
}

static int preview_all(struct preview *preview)
{
    const struct graph *graph = preview->definition ? preview->definition->graph : NULL;
    for (size_t i = 0; graph && i < graph->order_count; i++)
        if (preview_one(preview, &graph->template->resources[graph->order[i]]) != 0)
            return -1;
    for (size_t i = 0; i < preview->stored_count; i++)
        if (preview->stored[i].fate == FATE_DELETED && show_current(preview, &preview->stored[i]) != 0)
            return -1;
    return 0;
}

static int run(struct preview *preview)
{
    if (preview->definition)
        preview->definition->scope.world = (struct world){
            .self = preview, .reference_id = preview_reference, .attribute = preview_attribute};
    return read_stored(preview) == 0 ? preview_all(preview) : -1;
}

/* ---- nested stacks ---- */
static int preview_tree(struct preview *preview);

/* stored: what is there of it, NULL: nothing; child: what will be, NULL: nothing, or not known yet. */
static int preview_child(struct preview *preview, const struct stored *stored, struct definition *child)
{
    const char *id = stored ? rows_get(preview->rows, stored->row, "nested_id") : NULL;
    if (!id && !child)
        return 0;
    struct preview nested = {
        .ctx = preview->ctx, .nested = true, .definition = child, .changes = preview->changes};
    if (id)
        nested.now = (struct whose){rows_get(preview->rows, stored->row, "physical_name"), id};
    if (child)
        nested.then = (struct whose){child->stack_name, "None"};
    return preview_tree(&nested);
}

/* What a resource that is a stack would be made of; NULL: not known yet, or an error. */
static struct definition *child_of(struct preview *preview, const struct resource_definition *resource)
{
    const struct resource_type *type = preview->definition->types[resource->index];
    const char *path = definition_properties_path(preview->definition, resource);
    const struct value *given = resolve_properties(preview, resource, path);
    const struct value *properties = given ? properties_check_at(preview->ctx, type, path, given) : NULL;
    return properties ? nested_draft(preview->definition, resource, properties, INT64_MAX) : NULL;
}

static int preview_nested(struct preview *preview, const struct resource_definition *resource)
{
    const struct stored *stored = find_stored(preview, resource->name);
    if (!preview->definition->types[resource->index]->hooks->nested ||
        (stored && stored->fate == FATE_UNCHANGED))
        return 0;
    struct definition *child = child_of(preview, resource);
    if (preview->ctx->error.fault != FAULT_NONE)
        return -1;
    if (!child && stored && stored->fate == FATE_UPDATED)
        return 0;
    if (stored && stored->fate == FATE_REPLACED && preview_child(preview, stored, NULL) != 0)
        return -1;
    return preview_child(preview, stored && stored->fate == FATE_UPDATED ? stored : NULL, child);
}

/* A stack and all below it. */
static int preview_tree(struct preview *preview)
{
    if (run(preview) != 0)
        return -1;
    const struct graph *graph = preview->definition ? preview->definition->graph : NULL;
    for (size_t i = 0; graph && i < graph->order_count; i++)
        if (preview_nested(preview, &graph->template->resources[graph->order[i]]) != 0)
            return -1;
    for (size_t i = 0; i < preview->stored_count; i++)
        if (preview->stored[i].fate == FATE_DELETED && preview_child(preview, &preview->stored[i], NULL) != 0)
            return -1;
    return 0;
}

/* ---- the whole ---- */
const struct value *stack_preview_update(struct ctx *ctx, const struct stack_key *key,
                                         const struct stack_input *input, bool show_nested)
{
    struct current_stack stack;
    struct stack_input merged;
    if (current_stack_read(ctx, key, &stack) != 0)
        return NULL;
    struct draft *draft = current_stack_draft(ctx, &stack, input, &merged);
    if (!draft)
        return NULL;
    struct whose own = {stack.name, stack.id};
    struct preview preview = {.ctx = ctx,
                              .now = own,
                              .then = own,
                              .definition = draft->definition,
                              .changes = value_map(ctx->arena)};
    for (size_t i = 0; i < COUNT_OF(fate_names); i++)
        value_map_set(ctx->arena, preview.changes, fate_names[i], value_list(ctx->arena));
    int result = show_nested ? preview_tree(&preview) : run(&preview);
    return result == 0 ? preview.changes : NULL;
}
