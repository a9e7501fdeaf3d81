/* Dependencies: which resources exist, and in what order they can be made.
 *
 * An edge a -> b says that a requires b: a names b in depends_on, or a function in a's properties or metadata
 * refers to it. Order is a depth-first walk that emits a resource after all it requires, taking resources and
 * edges in template order; meeting a resource that is still open closes a cycle. The walk keeps its own
 * stack: a chain of ten thousand resources must not become ten thousand C frames. */
#include <stdlib.h>
#include <string.h>

#include "template/call.h"

struct builder {
    struct visitor visitor; /* first: visit gets this */
    struct graph *graph;
    size_t from;         /* resource whose references are being collected */
    const char *section; /* "Properties" or "Metadata", for messages */
    size_t capacity;
};

/* ---- which exist ---- */
static int find_present(struct scope *scope, struct graph *graph)
{
    const struct template *template = scope->template;
    bool is_hot = template->version->class == TEMPLATE_HOT;
    for (size_t i = 0; i < template->resource_count; i++) {
        const struct resource_definition *resource = &template->resources[i];
        int truth = resource->condition ? scope_condition(scope, resource->condition) : 1;
        if (truth < 0)
            return fail_path(scope->ctx, "%s.%s.%s", is_hot ? "resources" : "Resources", resource->name,
                             is_hot ? "condition" : "Condition");
        graph->present[i] = truth;
    }
    return 0;
}

/* ---- edges ---- */
static void add_edge(struct arena *arena, struct builder *builder, size_t to)
{
    struct graph *graph = builder->graph;
    if (graph->edge_count == builder->capacity) {
        size_t capacity = builder->capacity ? builder->capacity * 2 : 64;
        graph->edges = arena_grow(arena, graph->edges, builder->capacity * sizeof *graph->edges,
                                  capacity * sizeof *graph->edges);
        builder->capacity = capacity;
    }
    graph->edges[graph->edge_count++] = (struct edge){builder->from, to};
}

static int fail_reference(struct ctx *ctx, const char *name, const char *key)
{
    return fail(ctx, FAULT_TEMPLATE_REFERENCE, "The specified reference \"%s\" (in %s) is incorrect.", name,
                key);
}

/* Where a function stands, as Heat says it: "web.Properties.networks[0].port", its own name left out. */
static const char *reference_key(struct builder *builder, const struct call *call)
{
    const struct scope here = {.ctx = call->scope->ctx,
                               .path = arena_printf(call_arena(call), "%s.%s",
                                                    builder->graph->template->resources[builder->from].name,
                                                    builder->section)};
    return trail_text(&here, call->trail->up, true);
}

static int visit_reference(struct visitor *visitor, const struct call *call)
{
    struct builder *builder = (struct builder *)visitor;
    struct reference reference;
    int found = call_reference(call, &reference);
    if (found <= 0)
        return found;
    const char *name = value_text(reference.resource);
    const struct resource_definition *resource = template_resource(call->scope->template, name);
    if (!resource || !builder->graph->present[resource->index])
        return fail_reference(call->scope->ctx, value_to_str(call_arena(call), reference.resource),
                              reference_key(builder, call));
    add_edge(call_arena(call), builder, resource->index);
    return 0;
}

static int collect_functions(struct builder *builder, const struct value *part, const char *section,
                             const char *key)
{
    struct scope *scope = builder->visitor.scope;
    const char *before = scope->path;
    bool is_hot = scope->template->version->class == TEMPLATE_HOT;
    if (!part)
        return 0;
    builder->section = section;
    scope->path = arena_printf(scope->ctx->arena, "%s.%s.%s", is_hot ? "resources" : "Resources",
                               scope->template->resources[builder->from].name, is_hot ? key : section);
    int result = visitor_walk(&builder->visitor, part, false);
    scope->path = before;
    return result;
}

/* depends_on may name a resource whose condition is false: no edge then. */
static int collect_explicit(struct builder *builder, const struct resource_definition *resource)
{
    struct scope *scope = builder->visitor.scope;
    for (size_t i = 0; i < value_count(resource->depends_on); i++) {
        const char *name = value_text(value_at(resource->depends_on, i));
        const struct resource_definition *required = template_resource(scope->template, name);
        if (!required)
            return fail_reference(scope->ctx, name, resource->name);
        if (builder->graph->present[required->index])
            add_edge(scope->ctx->arena, builder, required->index);
    }
    return 0;
}

/* An external resource is only looked at: nothing is needed for it, and nothing may be asked for. */
static int check_external(struct scope *scope, const struct resource_definition *resource)
{
    const struct value *id = scope_resolve(scope, resource->external_id);
    if (!id)
        return -1;
    if (value_count(resource->depends_on) > 0)
        return fail(scope->ctx, FAULT_EXTERNAL_DEPENDENCY, "Invalid dependency with external %s resource: %s",
                    resource->type, value_to_str(scope->ctx->arena, id));
    return 0;
}

static int collect_edges(struct builder *builder)
{
    const struct template *template = builder->graph->template;
    for (size_t i = 0; i < template->resource_count; i++) {
        const struct resource_definition *resource = &template->resources[i];
        size_t before = builder->graph->edge_count;
        builder->from = i;
        if (!builder->graph->present[i])
            continue;
        if (collect_explicit(builder, resource) != 0 ||
            collect_functions(builder, resource->properties, "Properties", "properties") != 0 ||
            collect_functions(builder, resource->metadata, "Metadata", "metadata") != 0)
            return -1;
        if (resource->external_id && check_external(builder->visitor.scope, resource) != 0)
            return -1;
        if (resource->external_id)
            builder->graph->edge_count = before;
    }
    return 0;
}

static int compare_edges(const void *left, const void *right)
{
    const struct edge *a = left, *b = right;
    if (a->from != b->from)
        return a->from < b->from ? -1 : 1;
    return (a->to > b->to) - (a->to < b->to);
}

static void sort_edges(struct graph *graph)
{
    size_t kept = 0;
    if (graph->edge_count)
        qsort(graph->edges, graph->edge_count, sizeof *graph->edges, compare_edges);
    for (size_t i = 0; i < graph->edge_count; i++)
        if (i == 0 || compare_edges(&graph->edges[i - 1], &graph->edges[i]) != 0)
            graph->edges[kept++] = graph->edges[i];
    graph->edge_count = kept;
}

/* ---- order ---- */
enum mark { UNSEEN, OPEN, DONE };

struct walk {
    struct graph *graph;
    size_t *first; /* per resource: its first edge; one more at the end */
    size_t *next;  /* per resource: the edge to follow next */
    enum mark *marks;
    size_t *stack;
    size_t depth;
};

/* "{a: {b}, b: {a}}": the resources on the stack from the one that is met again. */
static int fail_cycle(struct ctx *ctx, const struct walk *walk, size_t again)
{
    const struct resource_definition *resources = walk->graph->template->resources;
    struct str out = STR_INIT(ctx->arena);
    size_t start = walk->depth;
    while (start > 0 && walk->stack[start - 1] != again)
        start--;
    start -= start > 0;
    for (size_t i = start; i < walk->depth; i++)
        str_printf(&out, "%s%s: {%s}", i > start ? ", " : "", resources[walk->stack[i]].name,
                   resources[i + 1 < walk->depth ? walk->stack[i + 1] : again].name);
    return fail(ctx, FAULT_CIRCULAR_DEPENDENCY, "Circular Dependency Found: {%s}", out.data);
}

static void open_resource(struct walk *walk, size_t i)
{
    walk->marks[i] = OPEN;
    walk->next[i] = walk->first[i];
    walk->stack[walk->depth++] = i;
}

static void close_resource(struct walk *walk, size_t i)
{
    walk->marks[i] = DONE;
    walk->graph->order[walk->graph->order_count++] = i;
    walk->depth--;
}

static int walk_from(struct ctx *ctx, struct walk *walk, size_t start)
{
    open_resource(walk, start);
    while (walk->depth > 0) {
        size_t i = walk->stack[walk->depth - 1];
        if (walk->next[i] == walk->first[i + 1]) {
            close_resource(walk, i);
            continue;
        }
        size_t required = walk->graph->edges[walk->next[i]++].to;
        if (walk->marks[required] == OPEN)
            return fail_cycle(ctx, walk, required);
        if (walk->marks[required] == UNSEEN)
            open_resource(walk, required);
    }
    return 0;
}

static void find_first_edges(struct walk *walk, size_t count)
{
    size_t edge = 0;
    for (size_t i = 0; i <= count; i++) {
        while (edge < walk->graph->edge_count && walk->graph->edges[edge].from < i)
            edge++;
        walk->first[i] = edge;
    }
}

static int find_order(struct ctx *ctx, struct graph *graph)
{
    size_t count = graph->template->resource_count;
    struct walk walk = {.graph = graph,
                        .first = arena_array(ctx->arena, size_t, count + 1),
                        .next = arena_array(ctx->arena, size_t, count + 1),
                        .marks = arena_array(ctx->arena, enum mark, count + 1),
                        .stack = arena_array(ctx->arena, size_t, count + 1)};
    find_first_edges(&walk, count);
    for (size_t i = 0; i < count; i++)
        if (graph->present[i] && walk.marks[i] == UNSEEN && walk_from(ctx, &walk, i) != 0)
            return -1;
    return 0;
}

struct graph *graph_build(struct ctx *ctx, struct scope *scope)
{
    size_t count = scope->template->resource_count;
    struct graph *graph = arena_new(ctx->arena, struct graph);
    graph->template = scope->template;
    graph->present = arena_array(ctx->arena, bool, count + 1);
    graph->order = arena_array(ctx->arena, size_t, count + 1);
    struct builder builder = {.visitor = {scope, visit_reference}, .graph = graph};
    bool before = scope->parsing;
    scope->parsing = true;
    int result = find_present(scope, graph) != 0 || collect_edges(&builder) != 0 ? -1 : 0;
    scope->parsing = before;
    sort_edges(graph);
    return result == 0 && find_order(ctx, graph) == 0 ? graph : NULL;
}

/* ---- attributes that are read ---- */
struct reads {
    const char **names;
    size_t count, capacity;
};

/* Collected for all resources in one walk over the template, on first use. */
struct attribute_reads {
    struct visitor visitor; /* first: visit gets this */
    struct reads of[];      /* per resource */
};

static void add_read(struct arena *arena, struct reads *reads, const char *name)
{
    for (size_t i = 0; i < reads->count; i++)
        if (reads->names[i] == name || (name && reads->names[i] && strcmp(reads->names[i], name) == 0))
            return;
    if (reads->count == reads->capacity) {
        size_t capacity = reads->capacity ? reads->capacity * 2 : 4;
        reads->names = arena_grow(arena, reads->names, reads->capacity * sizeof *reads->names,
                                  capacity * sizeof *reads->names);
        reads->capacity = capacity;
    }
    reads->names[reads->count++] = name;
}

static int visit_read(struct visitor *visitor, const struct call *call)
{
    struct attribute_reads *all = (struct attribute_reads *)visitor;
    struct reference reference;
    if (call_reference(call, &reference) <= 0 || !reference.is_attribute)
        return 0;
    const struct resource_definition *resource =
        template_resource(call->scope->template, value_text(reference.resource));
    if (resource)
        add_read(call_arena(call), &all->of[resource->index], value_text(reference.attribute));
    return 0;
}

/* What cannot be walked (an output with a mistake) reads nothing. */
static void collect_reads(struct attribute_reads *all, const struct value *part)
{
    if (visitor_walk(&all->visitor, part, false) != 0)
        error_clear(all->visitor.scope->ctx);
}

static struct attribute_reads *collect_all_reads(struct scope *scope)
{
    const struct template *template = scope->template;
    struct attribute_reads *all =
        arena_zalloc(scope->ctx->arena, sizeof *all + template->resource_count * sizeof all->of[0]);
    all->visitor = (struct visitor){scope, visit_read};
    for (size_t i = 0; i < template->resource_count; i++) {
        collect_reads(all, template->resources[i].properties);
        collect_reads(all, template->resources[i].metadata);
    }
    for (size_t i = 0; i < template->output_count; i++)
        collect_reads(all, template->outputs[i].value);
    return all;
}

size_t graph_attributes_read(struct ctx *ctx, struct scope *scope, const char *resource, const char ***names)
{
    const struct resource_definition *definition = template_resource(scope->template, resource);
    if (!definition)
        return 0;
    if (!scope->reads)
        scope->reads = collect_all_reads(scope);
    *names = scope->reads->of[definition->index].names;
    return scope->reads->of[definition->index].count;
}

/* ---- paths of attributes ---- */
struct path_visitor {
    struct visitor visitor; /* first: visit gets this */
    struct value *paths;    /* map resource -> list of paths */
};

static const struct value *path_of(const struct call *call, const struct value *attribute)
{
    struct value *path = value_list(call_arena(call));
    if (value_text(attribute))
        value_list_add(call_arena(call), path, attribute);
    for (size_t i = 2;
         value_text(attribute) && value_is(call->args, VALUE_LIST) && i < value_count(call->args); i++) {
        const struct value *key = call_resolve(call, value_at(call->args, i));
        if (!value_is(key, VALUE_STRING) && !value_is(key, VALUE_INT))
            break;
        value_list_add(call_arena(call), path, key);
    }
    error_clear(call->scope->ctx);
    return path;
}

static void add_path(struct arena *arena, struct value *paths, const char *resource, const struct value *path)
{
    const struct value *list = value_get(paths, resource);
    if (!list) {
        list = value_list(arena);
        value_map_set(arena, paths, resource, list);
    }
    for (size_t i = 0; i < value_count(list); i++)
        if (value_equal(value_at(list, i), path))
            return;
    value_list_add(arena, (struct value *)list, path);
}

static int visit_path(struct visitor *visitor, const struct call *call)
{
    struct path_visitor *own = (struct path_visitor *)visitor;
    struct reference reference;
    if (call_reference(call, &reference) <= 0 || !reference.is_attribute ||
        !value_text(reference.attribute) ||
        !template_resource(call->scope->template, value_text(reference.resource)))
        return 0;
    add_path(call_arena(call), own->paths, value_text(reference.resource),
             path_of(call, reference.attribute));
    return 0;
}

static void collect_paths(struct path_visitor *own, const struct value *part)
{
    own->visitor.scope->steps = 0;
    if (visitor_walk(&own->visitor, part, false) != 0)
        error_clear(own->visitor.scope->ctx);
}

const struct value *graph_attribute_paths(struct scope *scope)
{
    const struct template *template = scope->template;
    struct path_visitor own = {.visitor = {scope, visit_path}, .paths = value_map(scope->ctx->arena)};
    for (size_t i = 0; i < template->resource_count; i++) {
        collect_paths(&own, template->resources[i].properties);
        collect_paths(&own, template->resources[i].metadata);
    }
    for (size_t i = 0; i < template->output_count; i++)
        collect_paths(&own, template->outputs[i].value);
    return own.paths;
}
