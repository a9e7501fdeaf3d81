/* Evaluation: from a snippet of a template, functions and all, to plain values.
 *
 *   {list_join: [",", {get_param: names}]}
 *        │ function_of: a map of one entry whose key is a function of this version
 *        v
 *   check(call)      the arguments as written: a list of two or more
 *        v
 *   evaluate(call) ──> call_resolve({get_param: names}) ──> … ──> ["a", "b"]
 *        v
 *   "a,b"
 *
 * The template is never turned into a tree of its own: the values that were read are walked as they are, each
 * time. (Rejected: parsing into nodes first, as Heat does. It costs more memory than the template, has to be
 * done in every process that only wants one output, and looking up a name in a table of 80 rows is cheaper
 * than an allocation.) Parts without functions are handed on as they are: nothing is copied for them.
 *
 * Bounds. Each value looked at or made is a step; steps, depth and the arena are capped, so any template ends
 * soon, with FAULT_TOO_LARGE at worst. */
#include "template/call.h"

#include <string.h>

enum { MAX_STEPS = 20 * 1000 * 1000, MAX_DEPTH = 600 };

const struct value value_absent = {.kind = VALUE_NULL};

struct arena *call_arena(const struct call *call)
{
    return call->scope->ctx->arena;
}

int scope_spend(struct scope *scope, size_t steps)
{
    scope->steps += steps;
    if (scope->steps > MAX_STEPS)
        return fail(scope->ctx, FAULT_TOO_LARGE,
                    "Request limit exceeded: The template takes too much work to evaluate.");
    if (arena_over(scope->ctx->arena))
        return fail(scope->ctx, FAULT_TOO_LARGE,
                    "Request limit exceeded: The template takes too much memory to evaluate.");
    return 0;
}

static int enter(struct scope *scope)
{
    if (scope->depth++ >= MAX_DEPTH)
        return fail(scope->ctx, FAULT_TOO_LARGE,
                    "Request limit exceeded: The template is nested too deeply.");
    return scope_spend(scope, 1);
}

static void leave(struct scope *scope)
{
    scope->depth--;
}

/* ---- paths ---- */
static void write_trail(struct str *out, const struct trail *trail)
{
    if (!trail)
        return;
    write_trail(out, trail->up);
    if (!trail->key)
        str_printf(out, "[%zu]", trail->index);
    else
        str_printf(out, "%s%s", out->length ? "." : "", trail->key);
}

static bool is_number(const char *key)
{
    return *key && key[strspn(key, "0123456789")] == '\0';
}

/* As Heat prints the paths of what its validation finds: a key of digits looks like an index. */
static void write_validation_trail(struct str *out, const struct trail *trail)
{
    if (!trail)
        return;
    write_validation_trail(out, trail->up);
    if (!trail->key)
        str_printf(out, "[%zu]", trail->index);
    else if (is_number(trail->key))
        str_printf(out, "[%s]", trail->key);
    else
        str_printf(out, "%s%s", out->length ? "." : "", trail->key);
}

static const char *validation_path(const struct scope *scope, const struct trail *trail)
{
    struct str out = STR_INIT(scope->ctx->arena);
    if (scope->path)
        str_add(&out, scope->path);
    write_validation_trail(&out, trail);
    return out.data;
}

/* The part of the trail outside of the outermost function. */
static const struct trail *outside_functions(const struct trail *trail)
{
    const struct trail *outside = trail;
    for (; trail; trail = trail->up)
        if (trail->function)
            outside = trail->up;
    return outside;
}

const char *trail_text(const struct scope *scope, const struct trail *trail, bool with_functions)
{
    struct str out = STR_INIT(scope->ctx->arena);
    if (scope->path)
        str_add(&out, scope->path);
    write_trail(&out, with_functions ? trail : outside_functions(trail));
    return out.data;
}

/* ---- what functions ask ---- */
bool call_is_function(const struct call *call, const struct value *part)
{
    return function_of(call->scope->template->version, part, call->condition) != NULL;
}

bool call_is_list(const struct call *call, const struct value *part)
{
    return value_is(part, VALUE_LIST);
}

bool call_is_map(const struct call *call, const struct value *part)
{
    return value_is(part, VALUE_MAP) && !call_is_function(call, part);
}

int call_fail_usage(const struct call *call, const char *example)
{
    return call_fail(call, "Incorrect arguments to \"%s\" should be: %s", call_name(call), example);
}

static const struct value *resolve_at(struct scope *scope, const struct value *snippet,
                                      const struct trail *trail, bool condition);

const struct value *call_resolve_nullable(const struct call *call, const struct value *part)
{
    return resolve_at(call->scope, part, call->trail, call->condition);
}

const struct value *call_resolve(const struct call *call, const struct value *part)
{
    const struct value *value = call_resolve_nullable(call, part);
    return value == &value_absent ? &value_null : value;
}

/* ---- resolving ---- */
static const struct value *fail_misplaced(const struct call *call)
{
    return call_fail_null(call, "The function \"%s\" is invalid in this context", call_name(call));
}

static void mark_seen(const struct call *call)
{
    if (call->scope->seen)
        call->scope->seen[call->function - function_row_at(0)] = true;
}

/* Until it is validated a function that was removed stands for itself. */
static const struct value *removed_as_is(const struct call *call)
{
    struct value *map = value_map(call_arena(call));
    value_map_set(call_arena(call), map, call_name(call), call->args);
    return map;
}

static const struct value *run(const struct call *call)
{
    mark_seen(call);
    if (!function_fits(call->function, call->condition))
        return fail_misplaced(call);
    if (call->function->check == check_removed && (call->scope->parsing || call->condition))
        return removed_as_is(call);
    if (call->function->check && call->function->check(call) != 0)
        return NULL;
    return call->function->evaluate(call);
}

static const struct value *resolve_function(struct scope *scope, const struct function_row *row,
                                            const struct value *args, const struct trail *trail,
                                            bool condition)
{
    struct trail here = {trail, row->shown.name, 0, true};
    struct call call = {scope, row, args, &here, condition};
    const struct value *result = run(&call);
    if (!result)
        fail_path(scope->ctx, "%s", trail_text(scope, trail, scope->checking));
    return result;
}

static struct value *copy_items(struct arena *arena, const struct value *list, size_t count)
{
    struct value *copy = value_list(arena);
    for (size_t i = 0; i < count; i++)
        value_list_add(arena, copy, list->list.items[i]);
    return copy;
}

static const struct value *resolve_list(struct scope *scope, const struct value *list,
                                        const struct trail *trail, bool condition)
{
    struct arena *arena = scope->ctx->arena;
    struct value *copy = NULL;
    for (size_t i = 0; i < list->list.count; i++) {
        struct trail here = {trail, NULL, i, false};
        const struct value *item = resolve_at(scope, list->list.items[i], &here, condition);
        if (!item)
            return NULL;
        if (!copy && item != list->list.items[i])
            copy = copy_items(arena, list, i);
        if (copy && item != &value_absent)
            value_list_add(arena, copy, item);
    }
    return copy ? copy : list;
}

static struct value *copy_entries(struct arena *arena, const struct value *map, size_t count)
{
    struct value *copy = value_map(arena);
    for (size_t i = 0; i < count; i++)
        value_map_set(arena, copy, map->map.entries[i].key, map->map.entries[i].value);
    return copy;
}

static const struct value *resolve_map(struct scope *scope, const struct value *map,
                                       const struct trail *trail, bool condition)
{
    struct arena *arena = scope->ctx->arena;
    struct value *copy = NULL;
    for (size_t i = 0; i < map->map.count; i++) {
        const struct value_entry *entry = &map->map.entries[i];
        struct trail here = {trail, entry->key, 0, false};
        const struct value *item = resolve_at(scope, entry->value, &here, condition);
        if (!item)
            return NULL;
        if (!copy && item != entry->value)
            copy = copy_entries(arena, map, i);
        if (copy && item != &value_absent)
            value_map_set(arena, copy, entry->key, item);
    }
    return copy ? copy : map;
}

static const struct value *resolve_container(struct scope *scope, const struct value *snippet,
                                             const struct trail *trail, bool condition)
{
    if (snippet->kind == VALUE_LIST)
        return resolve_list(scope, snippet, trail, condition);
    const struct function_row *row = function_of(scope->template->version, snippet, condition);
    if (row)
        return resolve_function(scope, row, snippet->map.entries[0].value, trail, condition);
    return resolve_map(scope, snippet, trail, condition);
}

static const struct value *resolve_at(struct scope *scope, const struct value *snippet,
                                      const struct trail *trail, bool condition)
{
    if (!snippet)
        return &value_null;
    if (snippet->kind != VALUE_LIST && snippet->kind != VALUE_MAP)
        return snippet;
    const struct value *result = NULL;
    if (enter(scope) == 0)
        result = resolve_container(scope, snippet, trail, condition);
    else
        fail_path(scope->ctx, "%s", trail_text(scope, trail, false));
    leave(scope);
    return result;
}

/* What a function says of a parameter, resource or version is, seen from the snippet it stands in, an invalid
 * template; Heat's type for that is this one. */
static void settle_fault(struct ctx *ctx)
{
    static const enum fault inner[] = {FAULT_MISSING_PARAMETER, FAULT_TEMPLATE_REFERENCE,
                                       FAULT_INVALID_ATTRIBUTE, FAULT_TEMPLATE_VERSION};
    for (size_t i = 0; i < COUNT_OF(inner); i++)
        if (ctx->error.fault == inner[i])
            ctx->error.fault = FAULT_STACK_VALIDATION;
}

const struct value *scope_resolve(struct scope *scope, const struct value *snippet)
{
    const struct value *value = resolve_at(scope, snippet, NULL, false);
    if (!value)
        settle_fault(scope->ctx);
    return value == &value_absent ? &value_null : value;
}

bool scope_is_function(const struct scope *scope, const struct value *snippet)
{
    return function_of(scope->template->version, snippet, false) != NULL;
}

/* ---- walking ---- */
static int walk_at(struct visitor *visitor, const struct value *snippet, const struct trail *trail,
                   bool condition);

static bool is_macro(const struct function_row *row)
{
    return row->evaluate == evaluate_if;
}

static int visit_nothing(struct visitor *visitor, const struct call *call)
{
    return 0;
}

/* Arguments first; the branch not taken is never looked at. */
static int walk_arguments(struct visitor *visitor, const struct call *call)
{
    if (!is_macro(call->function))
        return walk_at(visitor, call->args, call->trail, call->condition);
    if (call->function->check(call) != 0)
        return -1;
    struct scope *scope = call->scope;
    const char *before = scope->path;
    scope->path = call_name(call); /* what Heat takes for the path of the condition */
    struct visitor looks = {scope, visit_nothing};
    int result = walk_at(&looks, value_at(call->args, 0), NULL, true);
    scope->path = before;
    if (result != 0)
        return -1;
    const struct value *branch = if_branch(call);
    if (branch)
        return walk_at(visitor, branch, call->trail, call->condition);
    scope->ctx->error.path = NULL;
    return fail_path(scope->ctx, "%s", trail_text(scope, call->trail, true));
}

/* What Heat looks at only when it validates, its parser having passed it. */
static bool is_late(const struct function_row *row)
{
    return row->check == check_removed || row->check == check_make_url;
}

static int walk_misplaced(struct visitor *visitor, const struct call *call)
{
    if (walk_at(visitor, call->args, call->trail, call->condition) == 0)
        (void)fail_misplaced(call);
    return -1;
}

static int walk_function(struct visitor *visitor, const struct function_row *row, const struct value *args,
                         const struct trail *trail, bool condition)
{
    struct trail here = {trail, row->shown.name, 0, true};
    struct call call = {visitor->scope, row, args, &here, condition};
    bool checked = !row->check || (visitor->scope->parsing && is_late(row));
    if (row->check == check_removed)
        mark_seen(&call); /* refused by name: never evaluated */
    if (!function_fits(row, condition))
        (void)walk_misplaced(visitor, &call);
    else if (walk_arguments(visitor, &call) == 0 && (checked || row->check(&call) == 0) &&
             visitor->visit(visitor, &call) == 0)
        return 0;
    return fail_path(visitor->scope->ctx, "%s", trail_text(visitor->scope, &here, true));
}

static int walk_children(struct visitor *visitor, const struct value *snippet, const struct trail *trail,
                         bool condition)
{
    for (size_t i = 0; i < value_count(snippet); i++) {
        bool map = snippet->kind == VALUE_MAP;
        struct trail here = {trail, map ? snippet->map.entries[i].key : NULL, i, false};
        const struct value *child = map ? snippet->map.entries[i].value : snippet->list.items[i];
        if (walk_at(visitor, child, &here, condition) != 0)
            return -1;
    }
    return 0;
}

static int walk_at(struct visitor *visitor, const struct value *snippet, const struct trail *trail,
                   bool condition)
{
    if (!snippet || (snippet->kind != VALUE_LIST && snippet->kind != VALUE_MAP))
        return 0;
    struct scope *scope = visitor->scope;
    int result = enter(scope);
    const struct function_row *row = function_of(scope->template->version, snippet, condition);
    if (result == 0 && row)
        result = walk_function(visitor, row, snippet->map.entries[0].value, trail, condition);
    else if (result == 0)
        result = walk_children(visitor, snippet, trail, condition);
    leave(scope);
    return result;
}

int visitor_walk(struct visitor *visitor, const struct value *snippet, bool condition)
{
    return walk_at(visitor, snippet, NULL, condition);
}

/* References to resources that do not exist are the graph's to report. */
static int visit_check(struct visitor *visitor, const struct call *call)
{
    struct reference reference;
    const struct world *world = &call->scope->world;
    int found = world->attribute ? call_reference(call, &reference) : 0;
    if (found <= 0 || !reference.is_attribute || !value_text(reference.attribute))
        return found < 0 ? -1 : 0;
    struct ctx *ctx = call->scope->ctx;
    if (!template_resource(call->scope->template, value_text(reference.resource)))
        return 0;
    (void)world->attribute(ctx, world->self, value_text(reference.resource), value_text(reference.attribute));
    settle_fault(ctx);
    return ctx->error.fault == FAULT_NONE ? 0 : -1;
}

/* ---- validating ---- */
static int validate_at(struct scope *scope, const struct value *snippet, const struct trail *trail,
                       bool condition);

/* The arguments of a function are validated as something of their own: what is wrong inside becomes the
 * message, path and all. */
static int validate_arguments(const struct call *call)
{
    struct scope *scope = call->scope;
    const struct value *args = call->args;
    const char *before = scope->path;
    scope->path = "";
    bool parsing = scope->parsing;
    scope->parsing = true; /* the condition of an "if" was looked at by the parser */
    if (is_macro(call->function))
        args = if_branch(call);
    scope->parsing = parsing;
    int result = args ? validate_at(scope, args, NULL, call->condition) : -1;
    scope->path = before;
    struct error *error = &scope->ctx->error;
    if (result != 0 && error->path) {
        error->message = arena_printf(scope->ctx->arena, "%s: %s", error->path, error->message);
        error->path = NULL;
    }
    return result;
}

/* A resource that is not there, or an attribute that it has not. */
static int validate_attribute(const struct call *call)
{
    struct reference reference;
    struct ctx *ctx = call->scope->ctx;
    int found = call_reference(call, &reference);
    if (found <= 0 || !reference.is_attribute)
        return found < 0 ? -1 : 0;
    if (!resource_enabled(call->scope, value_text(reference.resource)))
        return call_fail(call, "The specified reference \"%s\" (in unknown) is incorrect.",
                         value_to_str(ctx->arena, reference.resource));
    struct visitor visitor = {call->scope, NULL};
    return visit_check(&visitor, call);
}

static int validate_function(struct scope *scope, const struct function_row *row, const struct value *args,
                             const struct trail *trail, bool condition)
{
    struct trail here = {trail, row->shown.name, 0, true};
    struct call call = {scope, row, args, &here, condition};
    bool removed = row->check == check_removed;
    if (removed)
        mark_seen(&call); /* refused by name: never evaluated */
    if ((removed || validate_arguments(&call) == 0) && (!row->check || row->check(&call) == 0) &&
        validate_attribute(&call) == 0)
        return 0;
    settle_fault(scope->ctx);
    return fail_path(scope->ctx, "%s", validation_path(scope, &here));
}

static int validate_at(struct scope *scope, const struct value *snippet, const struct trail *trail,
                       bool condition)
{
    if (!snippet || (snippet->kind != VALUE_LIST && snippet->kind != VALUE_MAP))
        return 0;
    const struct function_row *row = function_of(scope->template->version, snippet, condition);
    int result = enter(scope);
    if (result == 0 && row)
        result = validate_function(scope, row, snippet->map.entries[0].value, trail, condition);
    for (size_t i = 0; result == 0 && !row && i < value_count(snippet); i++) {
        bool map = snippet->kind == VALUE_MAP;
        struct trail here = {trail, map ? snippet->map.entries[i].key : NULL, i, false};
        result =
            validate_at(scope, map ? snippet->map.entries[i].value : value_at(snippet, i), &here, condition);
    }
    leave(scope);
    return result;
}

int scope_validate(struct scope *scope, const struct value *snippet)
{
    return validate_at(scope, snippet, NULL, false);
}

int scope_validate_conditions(struct scope *scope)
{
    const struct value *conditions = scope->template->conditions;
    const char *before = scope->path;
    int result = 0;
    scope->path = "";
    for (size_t i = 0; result == 0 && i < value_count(conditions); i++) {
        const struct value_entry *entry = &conditions->map.entries[i];
        result = condition_check_definition(scope, entry->key, entry->value);
        if (result == 0)
            result = validate_at(scope, entry->value, NULL, true);
    }
    scope->path = before;
    return result;
}

int scope_check(struct scope *scope, const struct value *snippet)
{
    struct visitor visitor = {scope, visit_check};
    return visitor_walk(&visitor, snippet, false);
}
