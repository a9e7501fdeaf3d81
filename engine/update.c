/* Updating: each resource is brought from what it is to what the definition says now.
 *
 *   rows of the stack          plan                       then
 *   a   stands                 U(a) ── compared           left, changed in place, or replaced
 *   b   stands                 U(b) requires U(a)         compared only now: what it reads of a is known
 *   c   not in the template    –                          cleaned up when all U are done
 *   d   (new)                  U(d)                       made
 *
 * The comparison is with the rows, not with the previous template: what an earlier operation left half done
 * is seen for what it is, so that an update goes on from any state, and an engine that takes over compares
 * anew and finds what is left to do. A row whose traversal is the current one has been dealt with.
 *
 * A step that an earlier operation began goes on to its own end first, with what that operation wanted; then
 * the resource is compared. Two phases rather than one graph with both kinds of nodes, as Heat has it:
 * nothing is taken away before all that shall stand does, so that a failed update can go back to what is
 * still there. */
#include <string.h>

#include "engine/breakpoints.h"
#include "engine/external.h"
#include "engine/nested.h"
#include "engine/operation.h"
#include "engine/update_compare.h"

/* ---- where the rows stand ---- */
static bool is_sound(const struct node *node)
{
    return node->state.status != STATUS_FAILED && node->state.action != ACTION_DELETE;
}

static struct node *node_by_id(struct operation *operation, const char *id)
{
    for (size_t i = 0; i < operation->node_count; i++)
        if (strcmp(operation->nodes[i].id, id) == 0)
            return &operation->nodes[i];
    return NULL;
}

static void stand_for(struct operation *operation, struct node *node, struct node *instead)
{
    instead->superseded_by = node->id;
    node->superseded_by = NULL;
    node->standing_changed = instead->standing_changed = true;
    node_changed(operation, node);
    node_changed(operation, instead);
    value_map_set(operation->arena, operation->names, node->name,
                  value_int(operation->arena, node - operation->nodes));
}

/* A replaced resource that is still whole stands again when its replacement failed, or when what made the
 * replacement is being rolled back. */
static void restore_replaced(struct operation *operation)
{
    bool rolling_back = operation->stack.action == ACTION_ROLLBACK;
    for (size_t i = operation->node_count; i-- > 0;) {
        struct node *node = &operation->nodes[i];
        struct node *by = node->superseded_by ? node_by_id(operation, node->superseded_by) : NULL;
        if (!by || by == node || by->superseded_by || by->running || node->running || !is_sound(node) ||
            node->state.action == ACTION_INIT)
            continue;
        if (!is_sound(by) || (rolling_back && by->made_in == operation->traversal - 1))
            stand_for(operation, node, by);
    }
}

/* ---- what the template says of each ---- */
static void add_name(struct operation *operation, const struct value **list, const char *name)
{
    value_list_add(operation->arena, (struct value *)*list, value_string(operation->arena, name));
}

static void find_neighbours(struct operation *operation)
{
    const struct graph *graph = operation->definition->graph;
    size_t count = graph->template->resource_count;
    operation->requires = arena_array(operation->arena, const struct value *, count + 1);
    operation->required_by = arena_array(operation->arena, const struct value *, count + 1);
    for (size_t i = 0; i < count; i++) {
        operation->requires[i] = value_list(operation->arena);
        operation->required_by[i] = value_list(operation->arena);
    }
    for (size_t i = 0; i < graph->edge_count; i++) {
        const struct edge *edge = &graph->edges[i];
        add_name(operation, &operation->requires[edge->from], graph -> template -> resources[edge->to].name);
        add_name(operation, &operation->required_by[edge->to], graph->template->resources[edge->from].name);
    }
}

static void describe_text(struct operation *operation, struct node *node, const char **field,
                          const char *text)
{
    if (!text || (*field && strcmp(*field, text) == 0))
        return;
    *field = text;
    node->described = true;
    node_changed(operation, node);
}

/* Who requires it is shown at once; the rest is taken over when its turn has come. */
static void describe_dependents(struct operation *operation, struct node *node)
{
    const struct value *names = operation->required_by[node->resource->index];
    describe_text(operation, node, &node->required_by, value_to_json(operation->arena, names));
}

static void describe(struct operation *operation, struct node *node)
{
    const struct resource_definition *resource = node->resource;
    const struct value *requires = operation->requires[resource->index];
    if (!node->requires || !value_equal(node->requires, requires)) {
        node->requires = requires;
        node->described = true;
        node_changed(operation, node);
    }
    describe_text(operation, node, &node->description, resource->description ? resource->description : "");
    describe_text(operation, node, &node->deletion_policy,
                  definition_deletion_policy(operation->definition, resource));
    error_clear(&operation->ctx);
}

/* ---- the plan ---- */
static const struct resource_type *type_wanted(const struct operation *operation, const struct node *node)
{
    return operation->definition->types[node->resource->index];
}

/* Every resource of the template gets a row, which stands for its name. */
void operation_add_missing(struct operation *operation)
{
    find_neighbours(operation);
    const struct graph *graph = operation->definition->graph;
    for (size_t i = 0; i < graph->order_count; i++) {
        const struct resource_definition *resource = &graph->template->resources[graph->order[i]];
        struct node *node = operation_node(operation, resource->name);
        if (!node || node->gone)
            node = node_add(operation, resource, operation->definition->types[resource->index]);
        describe_dependents(operation, node);
    }
}

static struct plan *update_plan(struct operation *operation)
{
    const struct graph *graph = operation->definition->graph;
    const struct resource_definition *resources = graph->template->resources;
    struct edge *edges = arena_array(operation->arena, struct edge, graph->edge_count + 1);
    for (size_t i = 0; i < graph->edge_count; i++)
        edges[i] = (struct edge){operation_node(operation, resources[graph->edges[i].from].name)->place,
                                 operation_node(operation, resources[graph->edges[i].to].name)->place};
    return plan_create(operation->arena, operation->node_count, edges, graph->edge_count, false);
}

bool node_is_superfluous(const struct operation *operation, const struct node *node)
{
    return operation->definition && (node->superseded_by || !node->resource);
}

void update_begin(struct operation *operation)
{
    restore_replaced(operation);
    operation_add_missing(operation);
    for (size_t i = 0; i < operation->node_count; i++)
        operation->nodes[i].place = i;
    operation->plan = update_plan(operation);
    for (size_t i = 0; i < operation->node_count; i++)
        if (node_is_superfluous(operation, &operation->nodes[i]))
            plan_done(operation->plan, i);
}

/* ---- one resource ---- */
static const struct value *metadata_in(const struct value *definition)
{
    static const struct value none = {.kind = VALUE_MAP};
    const struct value *metadata = value_get(definition, "metadata");
    return value_is(metadata, VALUE_MAP) ? metadata : &none;
}

/* New metadata of the template; that of a handle is the signals it took. */
static void apply_metadata(struct operation *operation, struct node *node)
{
    const struct value *metadata = metadata_in(node->wanted_definition);
    if (!node->wanted_definition || !node->type || node->type->takes_signals ||
        node->type->hooks->own_metadata || value_equal(metadata, metadata_in(node->definition)))
        return;
    node->metadata = metadata;
    node->new_metadata = value_to_json(operation->arena, metadata);
}

void node_update_applied(struct operation *operation, struct node *node)
{
    if (node->state.action == ACTION_DELETE) {
        node->gone = node_is_superfluous(operation, node);
        return;
    }
    node->traversal = node->step_traversal;
    if (node->state.action != ACTION_UPDATE || !node->wanted)
        return;
    apply_metadata(operation, node);
    node->given = node->wanted;
    node->definition = node->wanted_definition;
    node->wanted = node->wanted_definition = NULL;
}

void node_update_again(struct operation *operation, struct node *node, int64_t now_us)
{
    if (!node->awaited)
        return;
    node->awaited = false;
    node_update(operation, node, now_us);
}

static const char *replacement_reason(struct operation *operation, const struct node *node,
                                      enum update_kind kind)
{
    if (kind != UPDATE_REPLACE_HOOK)
        return arena_printf(operation->arena, "The Resource %s requires replacement.", node->name);
    return arena_printf(operation->arena,
                        "The Resource %s \"%s\" [%s] Stack \"%s\" [%s] requires replacement.",
                        node->type->template_name, node->name, node->physical_id ? node->physical_id : "",
                        operation->stack_name, operation->stack_id);
}

static void replace_updating(struct operation *operation, struct node *node, enum update_kind kind,
                             int64_t now_us)
{
    node_end(node);
    node->wanted = node->wanted_definition = NULL;
    node->properties = node->before;
    node_set_state(operation, node, ACTION_UPDATE, STATUS_COMPLETE,
                   replacement_reason(operation, node, kind));
    node_replace(operation, node, now_us);
}

void node_update_replaces(struct operation *operation, struct node *node, int64_t now_us)
{
    if (node->step_traversal == operation->traversal && node->resource) {
        replace_updating(operation, node, UPDATE_REPLACE, now_us);
        return;
    }
    node_end(node); /* another update has come meanwhile: what that wants is compared anew */
    node->wanted = node->wanted_definition = NULL;
    node->properties = node->before;
    node_set_state(operation, node, ACTION_UPDATE, STATUS_COMPLETE,
                   replacement_reason(operation, node, UPDATE_REPLACE));
    node_update_again(operation, node, now_us);
}

static void refuse(struct operation *operation, struct node *node, const char *properties, int64_t now_us)
{
    (void)fail(&operation->ctx, FAULT_NOT_SUPPORTED, "Update to properties %s of %s (%s) is not supported.",
               properties, node->name, node->type_name);
    node_failed(operation, node, now_us);
}

/* The beginning of an update is told before it is known whether it will do: so Heat tells it. */
static void begin_update(struct operation *operation, struct node *node, const struct wanted *wanted,
                         enum update_kind kind, const char *refused, int64_t now_us)
{
    node->properties = wanted->properties;
    node->wanted = wanted->given;
    node->wanted_definition = wanted->definition;
    node->event_properties = wanted->event_properties;
    node_begin(operation, node, ACTION_UPDATE, now_us);
    if (operation->ctx.error.fault != FAULT_NONE)
        node_failed(operation, node, now_us);
    else if (kind == UPDATE_REFUSED)
        refuse(operation, node, refused, now_us);
    else if (kind != UPDATE_IN_PLACE)
        replace_updating(operation, node, kind, now_us);
    else
        node_step(operation, node, now_us);
}

/* restricted_actions of the environment: the resource stays as it is, and only an event says why. */
static bool update_restricted(struct operation *operation, struct node *node, enum update_kind kind,
                              int64_t now_us)
{
    const char *action = kind == UPDATE_IN_PLACE                                 ? "update"
                         : kind == UPDATE_REPLACE || kind == UPDATE_REPLACE_HOOK ? "replace"
                                                                                 : NULL;
    if (!action || !environment_restricts(operation->environment, node->name, action))
        return false;
    (void)fail(&operation->ctx, FAULT_ACTION_RESTRICTED, "%s is restricted for resource.", action);
    struct error refusal = operation->ctx.error;
    error_clear(&operation->ctx);
    node_tell(operation, node, (struct state){ACTION_UPDATE, STATUS_FAILED}, refusal.message);
    operation_fail(operation,
                   arena_printf(operation->arena, "Resource UPDATE failed: %s: resources.%s: %s",
                                fault_type(refusal.fault), node->name, refusal.message),
                   now_us);
    return true;
}

static const struct value *completed(struct operation *operation, const struct node *node)
{
    const struct value *properties =
        node->given ? properties_check(&operation->ctx, node->type, node->name, node->given) : NULL;
    error_clear(&operation->ctx);
    return properties;
}

static void compare_node(struct operation *operation, struct node *node, int64_t now_us)
{
    struct wanted wanted;
    const char *refused = NULL;
    enum update_kind kind = UPDATE_IN_PLACE;
    node->before = completed(operation, node);
    if (node_want(operation, node, node->type, &wanted) == 0) {
        struct update_side before = {node->given, node->before, node->definition},
                           after = {wanted.given, wanted.properties, wanted.definition};
        kind = update_compare(&operation->ctx, node->type, &before, &after, &refused);
    }
    if (operation->ctx.error.fault == FAULT_NONE && update_restricted(operation, node, kind, now_us))
        return;
    if (kind == UPDATE_REPLACE_HOOK && node->type->hooks->replace_always) {
        node_replace(operation, node, now_us);
        return;
    }
    if (node_is_nested(node) && kind != UPDATE_REFUSED && !nested_is_there(node))
        kind = UPDATE_REPLACE;
    else if (node_is_nested(node) && kind == UPDATE_NONE)
        kind = UPDATE_IN_PLACE; /* what is in it decides for itself */
    describe(operation, node);
    if (kind == UPDATE_NONE)
        plan_done(operation->plan, node->place);
    else
        begin_update(operation, node, &wanted, kind, refused, now_us);
}

/* What comes before any comparison. */
static bool stays_or_waits(struct operation *operation, struct node *node, int64_t now_us)
{
    return external_update(operation, node, now_us) || breakpoint_before(operation, node, ACTION_UPDATE);
}

void node_update(struct operation *operation, struct node *node, int64_t now_us)
{
    const struct resource_type *type = type_wanted(operation, node);
    bool begun = node->state.action != ACTION_INIT;
    if (node->running)
        node->awaited = true;
    else if (begun && is_sound(node) && node->traversal == operation->traversal) {
        if (!breakpoint_holds(operation, node))
            plan_done(operation->plan, node->place);
    } else if (begun && node->type == type && stays_or_waits(operation, node, now_us))
        return;
    else if ((!is_sound(node) && !nested_is_updatable(node)) || node->type != type || !node->type) {
        if (!begun || !update_restricted(operation, node, UPDATE_REPLACE, now_us))
            node_replace(operation, node, now_us);
    } else if (begun)
        compare_node(operation, node, now_us);
    else if (!breakpoint_before(operation, node, ACTION_CREATE)) {
        describe(operation, node);
        node_create(operation, node, now_us);
    }
}
