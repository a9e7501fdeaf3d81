/* Route matching: the table becomes a tree with one level per path segment, and a path walks down it once.
 *
 *   /v1/{tenant_id}/stacks                    (root)
 *   /v1/{tenant_id}/stacks/detail               └ "v1"
 *   /v1/{tenant_id}/stacks/{name}                 └ {}
 *   /v1/{tenant_id}/stacks/{name}/{id}              └ "stacks"      GET, POST
 *                                                     ├ "detail"    GET
 *                                                     └ {}          GET, DELETE …
 *                                                       └ {}        GET, PUT …
 *
 * A literal is tried before a variable, and a node that has the path but not the method does not end the
 * search: POST /stacks/detail is a call on the stack named "detail", because only GET has a literal row. What
 * was seen on the way is the answer to "which methods would there be". (Rejected: trying the rows in order,
 * which costs a walk over some sixty rows for every request, and makes the order of rows matter.)
 *
 * The path is matched as sent, split at "/" first and decoded after: an encoded slash stays inside its
 * segment, and nothing is decoded twice. An empty segment matches only an empty literal, so "//" is an
 * unknown path. */
#include "fcgi/route.h"

#include <string.h>

#include "fcgi/query.h"

enum { SEGMENTS_MAX = 64, METHOD_COUNT = METHOD_OTHER + 1 };

struct node {
    struct branch {
        const char *text;
        size_t length;
        struct node *node;
    } * literals;
    size_t literal_count, literal_capacity;
    struct node *variable;
    /* Rows that end here, and rows whose {*rest} begins here. */
    const struct route *rows[METHOD_COUNT], *rest[METHOD_COUNT];
    unsigned allowed, rest_allowed;
    bool has_public, all_identity; /* of all rows at and below this node */
};

struct route_tree {
    struct arena *arena;
    handler *unknown;
    struct node root;
};

/* ---- building ---- */

static struct node *node_new(struct arena *arena)
{
    struct node *node = arena_new(arena, struct node);
    node->all_identity = true;
    return node;
}

static struct node *find_literal(const struct node *node, const char *text, size_t length)
{
    for (size_t i = 0; i < node->literal_count; i++)
        if (node->literals[i].length == length && memcmp(node->literals[i].text, text, length) == 0)
            return node->literals[i].node;
    return NULL;
}

static struct node *add_literal(struct arena *arena, struct node *node, const char *text, size_t length)
{
    struct node *found = find_literal(node, text, length);
    if (found)
        return found;
    if (node->literal_count == node->literal_capacity) {
        size_t capacity = node->literal_capacity ? node->literal_capacity * 2 : 4;
        node->literals = arena_grow(arena, node->literals, node->literal_capacity * sizeof *node->literals,
                                    capacity * sizeof *node->literals);
        node->literal_capacity = capacity;
    }
    found = node_new(arena);
    node->literals[node->literal_count++] =
        (struct branch){.text = arena_strndup(arena, text, length), .length = length, .node = found};
    return found;
}

static struct node *add_segment(struct arena *arena, struct node *node, const char *text, size_t length)
{
    if (length == 0 || text[0] != '{')
        return add_literal(arena, node, text, length);
    if (!node->variable)
        node->variable = node_new(arena);
    return node->variable;
}

static void put_row(const struct route **rows, unsigned *allowed, const struct route *route)
{
    if (!(route->flags & ROUTE_ANY_METHOD))
        rows[route->method] = route;
    for (size_t m = 0; (route->flags & ROUTE_ANY_METHOD) && m < METHOD_COUNT; m++)
        if (!rows[m])
            rows[m] = route;
    if (!(route->flags & (ROUTE_ANY_METHOD | ROUTE_NO_405)))
        *allowed |= 1u << route->method;
}

static void note_flags(struct node *node, const struct route *route)
{
    node->has_public |= (route->flags & ROUTE_PUBLIC) != 0;
    node->all_identity &= (route->flags & ROUTE_IDENTITY) != 0;
}

static void add_route(struct route_tree *tree, const char *prefix, const struct route *route)
{
    const char *path = arena_printf(tree->arena, "%s%s", prefix, route->path);
    struct node *node = &tree->root;
    note_flags(node, route);
    while (*path == '/') {
        const char *text = path + 1;
        size_t length = strcspn(text, "/");
        if (strncmp(text, "{*", 2) == 0) {
            put_row(node->rest, &node->rest_allowed, route);
            return;
        }
        node = add_segment(tree->arena, node, text, length);
        note_flags(node, route);
        path = text + length;
    }
    put_row(node->rows, &node->allowed, route);
}

struct route_tree *route_compile(struct arena *arena, const struct route_table *table, const char *api_prefix,
                                 const char *identity_prefix)
{
    struct route_tree *tree = arena_new(arena, struct route_tree);
    tree->arena = arena;
    tree->unknown = table->unknown;
    tree->root.all_identity = true;
    for (size_t i = 0; i < table->count; i++) {
        const struct route *route = &table->routes[i];
        const char *prefix = route->flags & ROUTE_IDENTITY ? identity_prefix : api_prefix;
        if (prefix)
            add_route(tree, prefix, route);
    }
    return tree;
}

/* ---- matching ---- */

struct walk {
    struct request *request;
    struct segment {
        char *text; /* decoded */
        size_t length;
        const char *raw; /* this segment and all after it, as sent */
    } segments[SEGMENTS_MAX];
    size_t count;
    size_t variables[PATH_VARIABLES_MAX]; /* numbers of the segments that {…} took */
    size_t variable_count;
    const char *rest;
    const struct node *deepest; /* where the literals led, for guarded and identity */
    size_t depth;
    unsigned allowed;
};

/* Splits and decodes; past SEGMENTS_MAX the last segment is the whole remainder, which no literal equals. */
static int split(struct walk *walk, const char *raw)
{
    struct ctx *ctx = &walk->request->ctx;
    char *copy = arena_strdup(ctx->arena, raw), *text = copy;
    bool more = *text == '/';
    while (more) {
        text++;
        size_t length = walk->count + 1 < SEGMENTS_MAX ? strcspn(text, "/") : strlen(text);
        more = text[length] == '/';
        struct segment *segment = &walk->segments[walk->count++];
        segment->raw = raw + (text - copy);
        if (url_decode_checked(ctx, text, length, false, "path"))
            return -1;
        segment->text = text;
        segment->length = strlen(text);
        text += length;
    }
    return 0;
}

static const struct route *take_rest(struct walk *walk, const struct node *node, size_t depth)
{
    const struct route *route = node->rest[walk->request->method];
    if (route)
        walk->rest = walk->segments[depth].raw;
    else
        walk->allowed |= node->rest_allowed;
    return route;
}

static void note_deepest(struct walk *walk, const struct node *node, size_t depth)
{
    if (!walk->deepest || depth > walk->depth) {
        walk->deepest = node;
        walk->depth = depth;
    }
}

/* The row for the segments from depth on, or NULL. The tree, not the path, bounds the recursion. */
static const struct route *descend(struct walk *walk, const struct node *node, size_t depth)
{
    note_deepest(walk, node, depth);
    if (depth == walk->count) {
        const struct route *here = node->rows[walk->request->method];
        if (!here)
            walk->allowed |= node->allowed;
        return here;
    }
    const struct segment *segment = &walk->segments[depth];
    const struct node *literal = find_literal(node, segment->text, segment->length);
    const struct route *route = literal ? descend(walk, literal, depth + 1) : NULL;
    if (!route && node->variable && segment->length > 0 && walk->variable_count < PATH_VARIABLES_MAX) {
        walk->variables[walk->variable_count++] = depth;
        route = descend(walk, node->variable, depth + 1);
        if (!route)
            walk->variable_count--;
    }
    return route ? route : take_rest(walk, node, depth);
}

static int fill_variables(struct walk *walk, const struct route *route)
{
    struct request *request = walk->request;
    request->route = route;
    request->variable_count = 0;
    for (size_t i = 0; i < walk->variable_count; i++)
        request->variables[request->variable_count++] = walk->segments[walk->variables[i]].text;
    if (!walk->rest || request->variable_count == PATH_VARIABLES_MAX)
        return 0;
    char *rest = arena_strdup(request->ctx.arena, walk->rest);
    request->variables[request->variable_count++] = rest;
    return url_decode_checked(&request->ctx, rest, strlen(rest), false, "path");
}

struct route_match route_find(const struct route_tree *tree, struct request *request)
{
    struct walk walk = {.request = request};
    if (split(&walk, request->raw_path))
        return (struct route_match){.outcome = ROUTE_BAD_PATH};
    const struct route *route = descend(&walk, &tree->root, 0);
    struct route_match match = {
        .outcome = route ? ROUTE_FOUND : ROUTE_UNKNOWN,
        .unknown = tree->unknown,
        .guarded = walk.depth > 0 && !walk.deepest->has_public,
        .identity = walk.depth > 0 && walk.deepest->all_identity,
    };
    if (route) {
        if (fill_variables(&walk, route))
            match.outcome = ROUTE_BAD_PATH;
    } else if (walk.allowed && request->method != METHOD_OTHER) {
        match.outcome = ROUTE_WRONG_METHOD;
        match.allowed = walk.allowed;
    }
    return match;
}
