/* Calls: which of the functions of a name is meant, its arguments evaluated or not, and the call itself.
 *
 *   x.f(a, b => c)
 *        │ collect: all rows and user functions named f, by level: those of the nearest context first
 *        │ map_arguments: do number and names of the arguments fit, and the types of constants?
 *        v
 *   candidates ── they must agree which arguments are lazy ──> the others are evaluated, once
 *        │ check_arguments: do the values fit?
 *        v
 *   the first level with any; of several there the one of most special types, else "Ambiguous …"
 *
 * This is the library's own algorithm, because which function an expression means shows in results. */
#include "template/yaql.h"

#include <stdarg.h>
#include <string.h>

enum { MAX_DEPTH = 300, DEFAULT_LIMIT = 200, DEFAULT_QUOTA = 10000 };

/* ---- the table ---- */
static const struct yaql_row rows[] = {
#define YAQL(name, kind, signature, function) {name, kind, signature, function},
#include "template/yaql_functions.def"
#undef YAQL
};

size_t yaql_row_count(void)
{
    return COUNT_OF(rows);
}

const struct yaql_row *yaql_row_at(size_t i)
{
    return &rows[i];
}

/* ---- errors and bounds ---- */
int yaql_fail(struct yaql *yaql, enum yaql_problem problem, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    const char *message = arena_vprintf(yaql->arena, format, args);
    va_end(args);
    if (yaql->ctx->error.fault == FAULT_NONE)
        yaql->problem = problem;
    return fail(yaql->ctx, FAULT_STACK_VALIDATION, "%s", message);
}

bool yaql_forgive(struct yaql *yaql)
{
    if (yaql->ctx->error.fault == FAULT_TOO_LARGE)
        return false;
    error_clear(yaql->ctx);
    return true;
}

int yaql_enter(struct yaql *yaql)
{
    if (yaql->depth++ >= MAX_DEPTH)
        return fail(yaql->ctx, FAULT_TOO_LARGE,
                    "Request limit exceeded: The yaql expression is nested too deeply.");
    return scope_spend(yaql->scope, 1);
}

void yaql_leave(struct yaql *yaql)
{
    yaql->depth--;
}

int yaql_charge_bytes(struct yaql *yaql, double bytes)
{
    if (yaql->quota <= 0 || bytes <= (double)yaql->quota)
        return 0;
    return yaql_fail(yaql, PROBLEM_OTHER, "Expression consumed too much memory");
}

int yaql_charge(struct yaql *yaql, const struct item *item)
{
    return yaql_charge_bytes(yaql, (double)item_python_size(item));
}

int yaql_check_count(struct yaql *yaql, size_t count)
{
    if (yaql->limit < 0 || count <= (size_t)yaql->limit)
        return 0;
    return yaql_fail(yaql, PROBLEM_OTHER, "Collection length exceeds %lld elements", (long long)yaql->limit);
}

/* ---- contexts ---- */
struct binding {
    const char *name;
    const struct item *item;
    struct binding *next;
};
struct context {
    struct context *parent;
    struct binding *variables, *functions;
};

struct context *context_new(struct yaql *yaql, struct context *parent)
{
    struct context *context = arena_new(yaql->arena, struct context);
    context->parent = parent;
    return context;
}

static struct binding *find_binding(struct binding *binding, const char *name)
{
    while (binding && strcmp(binding->name, name) != 0)
        binding = binding->next;
    return binding;
}

static struct binding *add_binding(struct yaql *yaql, struct binding *next, const char *name,
                                   const struct item *item)
{
    struct binding *binding = arena_new(yaql->arena, struct binding);
    *binding = (struct binding){arena_strdup(yaql->arena, name), item, next};
    return binding;
}

static const char *variable_name(const char *name)
{
    name += *name == '$';
    return *name ? name : "1";
}

void context_set(struct yaql *yaql, struct context *context, const char *name, const struct item *item)
{
    struct binding *binding = find_binding(context->variables, variable_name(name));
    if (binding)
        binding->item = item;
    else
        context->variables = add_binding(yaql, context->variables, variable_name(name), item);
}

const struct item *context_get(const struct context *context, const char *name)
{
    name = variable_name(name);
    for (; context; context = context->parent) {
        const struct binding *binding = find_binding(context->variables, name);
        if (binding)
            return binding->item;
    }
    return &item_null;
}

void context_define(struct yaql *yaql, struct context *context, const char *name, const struct item *lambda)
{
    context->functions = add_binding(yaql, context->functions, name, lambda);
}

/* ---- lambdas ---- */
const struct item *lambda_call_in(struct yaql *yaql, const struct item *lambda, const struct item *receiver,
                                  struct context *context)
{
    return node_evaluate(yaql, lambda->lambda.body, receiver, context);
}

const struct item *lambda_call(struct yaql *yaql, const struct item *lambda, const struct item *a,
                               const struct item *b)
{
    struct context *context = context_new(yaql, lambda->lambda.context);
    if (a)
        context_set(yaql, context, "1", a);
    if (b)
        context_set(yaql, context, "2", b);
    return lambda_call_in(yaql, lambda, NULL, context);
}

const struct item *lambda_call_all(struct yaql *yaql, const struct item *lambda, const struct item **args,
                                   size_t count, const struct table *named)
{
    struct context *context = context_new(yaql, lambda->lambda.context);
    for (size_t i = 0; i < count; i++)
        context_set(yaql, context, arena_printf(yaql->arena, "%zu", i + 1), args[i]);
    for (size_t i = 0; named && i < named->count; i++)
        context_set(yaql, context, item_chars(named->entries[i].key, NULL), named->entries[i].value);
    return lambda_call_in(yaql, lambda, NULL, context);
}

int lambda_test(struct yaql *yaql, const struct item *lambda, const struct item *a, const struct item *b)
{
    const struct item *result = lambda_call(yaql, lambda, a, b);
    return result ? item_truth(result) : -1;
}

/* ---- candidates ---- */
struct candidate {
    size_t level;
    const struct yaql_row *row; /* NULL: one that the expression defined */
    const struct item *defined;
    const struct signature *signature;
    const struct yaql_parameter **positional, **named; /* per argument */
};

struct choice {
    struct yaql *yaql;
    const struct yaql_target *target;
    const struct item **args; /* the receiver first */
    size_t count;
    struct table *named;
    struct candidate *candidates;
    size_t candidate_count, levels;
};

static const struct signature defined_signature = {
    .rest = {"args", NULL, true, NULL},
    .named = {"kwargs", NULL, true, NULL},
};

static void add_candidate(struct choice *choice, struct candidate candidate)
{
    size_t n = choice->candidate_count;
    if ((n & (n - 1)) == 0)
        choice->candidates = arena_grow(choice->yaql->arena, choice->candidates, n * sizeof(candidate),
                                        (n ? 2 * n : 1) * sizeof(candidate));
    choice->candidates[choice->candidate_count++] = candidate;
}

static void collect_defined(struct choice *choice, const char *name)
{
    for (struct context *context = choice->target->context; context; context = context->parent) {
        size_t before = choice->candidate_count;
        for (struct binding *binding = context->functions; binding; binding = binding->next)
            if (strcmp(binding->name, name) == 0)
                add_candidate(choice, (struct candidate){.level = choice->levels,
                                                         .defined = binding->item,
                                                         .signature = &defined_signature});
        choice->levels += choice->candidate_count > before;
    }
}

static void collect_rows(struct choice *choice, const char *name, unsigned kind)
{
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        if ((rows[i].kind & kind) && strcmp(rows[i].name, name) == 0)
            add_candidate(choice, (struct candidate){.level = choice->levels,
                                                     .row = &rows[i],
                                                     .signature = yaql_signature(choice->yaql, i)});
    choice->levels++;
}

/* Underscores at the end of a name do not count. */
static void collect(struct choice *choice)
{
    size_t length = strlen(choice->target->name);
    while (length && choice->target->name[length - 1] == '_')
        length--;
    const char *name = arena_strndup(choice->yaql->arena, choice->target->name, length);
    if (!choice->target->receiver)
        collect_defined(choice, name);
    collect_rows(choice, name, choice->target->receiver ? METHOD_ONLY : FUNCTION_ONLY);
    if (!choice->target->receiver)
        collect_rows(choice, name, FALLBACK);
}

/* ---- errors of the choice ---- */
static const struct item *fail_choice(const struct choice *choice, const char *function, const char *method)
{
    struct yaql *yaql = choice->yaql;
    const char *name = choice->target->name;
    if (!choice->target->receiver)
        (void)yaql_fail(yaql, PROBLEM_NO_MATCH, "%s \"%s\"%s", function, name,
                        strcmp(function, "No function") == 0 ? " matches supplied arguments" : "");
    else
        (void)yaql_fail(yaql, PROBLEM_NO_MATCH, "%s \"%s\" for receiver %s%s", method, name,
                        item_shown(yaql, choice->target->receiver),
                        strcmp(method, "No method") == 0 ? " matches supplied arguments" : "");
    return NULL;
}

static const struct item *fail_ambiguous(const struct choice *choice)
{
    (void)fail_choice(choice, "Ambiguous function", "Ambiguous method");
    if (choice->yaql->problem == PROBLEM_NO_MATCH)
        choice->yaql->problem = PROBLEM_OTHER;
    return NULL;
}

static const struct item *fail_unknown(const struct choice *choice)
{
    (void)fail_choice(choice, "Unknown function", "Unknown method");
    if (choice->yaql->problem == PROBLEM_NO_MATCH)
        choice->yaql->problem = PROBLEM_OTHER;
    return NULL;
}

/* ---- arguments ---- */
static const struct node *rule_of(const struct item *item)
{
    return item->kind == ITEM_NODE && item->node->kind == NODE_RULE ? item->node : NULL;
}

/* a => b among the arguments becomes a keyword argument. */
static int split_keywords(struct choice *choice)
{
    size_t count = 0;
    for (size_t i = 0; i < choice->count; i++) {
        const struct node *rule = rule_of(choice->args[i]);
        if (!rule) {
            choice->args[count++] = choice->args[i];
            continue;
        }
        if (rule->args[0]->kind != NODE_KEYWORD)
            return yaql_fail(choice->yaql, PROBLEM_OTHER, "Cannot convert mapping to keyword argument");
        if (table_set(choice->yaql, choice->named, rule->args[0]->constant, &rule->args[1]->item) != 0)
            return -1;
    }
    choice->count = count;
    return 0;
}

static bool is_skipped(const struct item *item)
{
    return item->kind == ITEM_NOTHING || (item->kind == ITEM_NODE && item->node->kind == NODE_SKIPPED);
}

/* Index of the keyword argument called so; count when there is none. */
static size_t named_index(const struct choice *choice, const char *name)
{
    size_t i = 0;
    while (i < choice->named->count && strcmp(item_chars(choice->named->entries[i].key, NULL), name) != 0)
        i++;
    return i;
}

static bool takes(const struct yaql_parameter *parameter, const struct item *item)
{
    return !parameter->type || parameter_takes(parameter, item);
}

/* Whom an argument at position i, or one of that name, goes to. False: the signature wants it otherwise. */
static bool map_parameter(const struct choice *choice, struct candidate *candidate, size_t i)
{
    const struct yaql_parameter *parameter = &candidate->signature->parameters[i];
    size_t named = named_index(choice, parameter->name);
    if (i < choice->count && !is_skipped(choice->args[i])) {
        candidate->positional[i] = parameter;
        return named == choice->named->count;
    }
    if (named < choice->named->count)
        candidate->named[named] = parameter;
    else if (!parameter->initial)
        return false;
    else if (i < choice->count)
        candidate->positional[i] = parameter;
    return true;
}

static bool map_rest(const struct choice *choice, struct candidate *candidate)
{
    const struct signature *signature = candidate->signature;
    for (size_t i = 0; i < choice->count; i++) {
        if (!candidate->positional[i] && signature->rest.name && i >= signature->count)
            candidate->positional[i] = &signature->rest;
        if (!candidate->positional[i])
            return false;
    }
    for (size_t i = 0; i < choice->named->count; i++) {
        if (!candidate->named[i] && signature->named.name)
            candidate->named[i] = &signature->named;
        if (!candidate->named[i])
            return false;
    }
    return true;
}

static bool fits(const struct choice *choice, const struct candidate *candidate)
{
    for (size_t i = 0; i < choice->count; i++) {
        bool skipped = is_skipped(choice->args[i]);
        if (skipped ? !candidate->positional[i]->initial : !takes(candidate->positional[i], choice->args[i]))
            return false;
    }
    for (size_t i = 0; i < choice->named->count; i++)
        if (!takes(candidate->named[i], choice->named->entries[i].value))
            return false;
    return true;
}

static bool map_arguments(const struct choice *choice, struct candidate *candidate)
{
    struct arena *arena = choice->yaql->arena;
    candidate->positional = arena_array(arena, const struct yaql_parameter *, choice->count + 1);
    candidate->named = arena_array(arena, const struct yaql_parameter *, choice->named->count + 1);
    for (size_t i = 0; i < candidate->signature->count; i++)
        if (!map_parameter(choice, candidate, i))
            return false;
    return map_rest(choice, candidate) && fits(choice, candidate);
}

static bool is_lazy(const struct yaql_parameter *parameter)
{
    return parameter->type && parameter->type->lazy;
}

static bool same_laziness(const struct choice *choice, const struct candidate *a, const struct candidate *b)
{
    for (size_t i = 0; i < choice->count; i++)
        if (is_lazy(a->positional[i]) != is_lazy(b->positional[i]))
            return false;
    for (size_t i = 0; i < choice->named->count; i++)
        if (is_lazy(a->named[i]) != is_lazy(b->named[i]))
            return false;
    return true;
}

/* Leaves those candidates that the arguments as written fit. */
static int sift(struct choice *choice)
{
    size_t count = 0;
    for (size_t i = 0; i < choice->candidate_count; i++) {
        struct candidate candidate = choice->candidates[i];
        if (candidate.signature->no_keywords != choice->candidates[0].signature->no_keywords ||
            scope_spend(choice->yaql->scope, 1) != 0) {
            (void)fail_ambiguous(choice);
            return -1;
        }
        if (!map_arguments(choice, &candidate))
            continue;
        choice->candidates[count++] = candidate;
        if (!same_laziness(choice, &choice->candidates[0], &candidate)) {
            (void)fail_ambiguous(choice);
            return -1;
        }
    }
    choice->candidate_count = count;
    if (count == 0)
        (void)fail_choice(choice, "No function", "No method");
    return count ? 0 : -1;
}

/* The value of an argument; constants stay as written, for the types that want them so. */
static const struct item *evaluate_argument(const struct choice *choice,
                                            const struct yaql_parameter *parameter, const struct item *item)
{
    if (is_lazy(parameter) || item->kind != ITEM_NODE || is_skipped(item) ||
        item->node->kind == NODE_CONSTANT || item->node->kind == NODE_KEYWORD)
        return item;
    return node_evaluate(choice->yaql, item->node, NULL, choice->target->context);
}

static int evaluate_arguments(struct choice *choice)
{
    const struct candidate *any = &choice->candidates[0];
    for (size_t i = 0; i < choice->count; i++)
        if (!(choice->args[i] = evaluate_argument(choice, any->positional[i], choice->args[i])))
            return -1;
    for (size_t i = 0; i < choice->named->count; i++) {
        struct table_entry *entry = &choice->named->entries[i];
        if (!(entry->value = evaluate_argument(choice, any->named[i], entry->value)))
            return -1;
    }
    return 0;
}

/* Whether a's parameters are the more special. */
static bool is_special(const struct choice *choice, const struct candidate *a, const struct candidate *b)
{
    bool result = false;
    for (size_t i = 0; i < choice->count + choice->named->count; i++) {
        bool named = i >= choice->count;
        const struct yaql_parameter *x = named ? a->named[i - choice->count] : a->positional[i];
        const struct yaql_parameter *y = named ? b->named[i - choice->count] : b->positional[i];
        if (!x->type || !y->type)
            continue;
        if (type_is_special(y->type, x->type))
            return false;
        result = result || type_is_special(x->type, y->type);
    }
    return result;
}

/* NULL after an error. */
static const struct candidate *winner(const struct choice *choice)
{
    const struct candidate *best = NULL;
    for (size_t i = 0; i < choice->candidate_count; i++) {
        const struct candidate *candidate = &choice->candidates[i];
        if (best && best->level != candidate->level)
            break;
        if (!fits(choice, candidate) || (best && is_special(choice, best, candidate)))
            continue;
        if (best && !is_special(choice, candidate, best)) {
            (void)fail_ambiguous(choice);
            return NULL;
        }
        best = candidate;
    }
    if (!best)
        (void)fail_choice(choice, "No function", "No method");
    return best;
}

/* ---- the call ---- */
static const struct item *convert(struct yaql_call *call, const struct yaql_parameter *parameter,
                                  const struct item *item)
{
    if (is_skipped(item))
        return parameter->initial;
    if (parameter->type)
        return parameter_convert(call->yaql, parameter, item, call->context);
    return item->kind == ITEM_NODE ? item->node->constant : item;
}

static int convert_positional(struct yaql_call *call, const struct choice *choice,
                              const struct candidate *candidate)
{
    size_t declared = candidate->signature->count;
    call->rest = arena_array(call->yaql->arena, const struct item *, choice->count + 1);
    for (size_t i = 0; i < choice->count; i++) {
        const struct item *item = convert(call, candidate->positional[i], choice->args[i]);
        if (!item)
            return -1;
        if (i < declared)
            call->args[i] = item;
        else
            call->rest[call->rest_count++] = item;
    }
    return 0;
}

static int convert_named(struct yaql_call *call, const struct choice *choice,
                         const struct candidate *candidate)
{
    const struct signature *signature = candidate->signature;
    call->named = table_new(call->yaql);
    for (size_t i = 0; i < choice->named->count; i++) {
        const struct table_entry *entry = &choice->named->entries[i];
        const struct item *item = convert(call, candidate->named[i], entry->value);
        if (!item)
            return -1;
        if (candidate->named[i] != &signature->named)
            call->args[candidate->named[i] - signature->parameters] = item;
        else if (table_set(call->yaql, call->named, entry->key, item) != 0)
            return -1;
    }
    return 0;
}

static const struct item *call_candidate(const struct choice *choice, const struct candidate *candidate)
{
    struct yaql *yaql = choice->yaql;
    struct yaql_call call = {
        .yaql = yaql, .row = candidate->row, .context = context_new(yaql, choice->target->context)};
    for (size_t i = 0; i < YAQL_MAX_PARAMETERS; i++)
        call.args[i] = i < candidate->signature->count && candidate->signature->parameters[i].initial
                           ? candidate->signature->parameters[i].initial
                           : &item_nothing;
    if (convert_positional(&call, choice, candidate) != 0 || convert_named(&call, choice, candidate) != 0)
        return NULL;
    if (candidate->row && yaql->scope->seen_yaql)
        yaql->scope->seen_yaql[candidate->row - rows] = true;
    const struct item *result =
        candidate->row ? candidate->row->call(&call)
                       : lambda_call_all(yaql, candidate->defined, call.rest, call.rest_count, call.named);
    return result && yaql_charge(yaql, result) == 0 ? result : NULL;
}

static int begin_choice(struct choice *choice, const struct item **args, size_t count)
{
    const struct item *receiver = choice->target->receiver;
    choice->count = count + (receiver != NULL);
    choice->args = arena_array(choice->yaql->arena, const struct item *, choice->count + 1);
    for (size_t i = 0; i < count; i++)
        choice->args[i + (receiver != NULL)] = args[i];
    if (receiver)
        choice->args[0] = receiver;
    if (!choice->named)
        choice->named = table_new(choice->yaql);
    collect(choice);
    if (choice->candidate_count == 0) {
        (void)fail_unknown(choice);
        return -1;
    }
    return choice->candidates[0].signature->no_keywords ? 0 : split_keywords(choice);
}

static const struct item *choose_and_call(struct choice *choice, const struct item **args, size_t count)
{
    if (begin_choice(choice, args, count) != 0 || sift(choice) != 0 || evaluate_arguments(choice) != 0)
        return NULL;
    const struct candidate *best = winner(choice);
    return best ? call_candidate(choice, best) : NULL;
}

const struct item *yaql_invoke(struct yaql *yaql, const struct yaql_target *target, const struct item **args,
                               size_t count, struct table *named)
{
    struct choice choice = {.yaql = yaql, .target = target, .named = named};
    const struct item *result = NULL;
    if (yaql_enter(yaql) == 0)
        result = choose_and_call(&choice, args, count);
    yaql_leave(yaql);
    return result;
}

const struct item *call_function(struct yaql_call *call, const char *name, const struct item *a,
                                 const struct item *b)
{
    struct yaql_target target = {name, NULL, context_new(call->yaql, call->context)};
    const struct item *args[] = {a, b};
    return yaql_invoke(call->yaql, &target, args, b ? 2 : 1, NULL);
}

/* ---- expressions ---- */
static const struct item *evaluate_call(struct yaql *yaql, const struct node *node,
                                        const struct item *receiver, struct context *context)
{
    struct yaql_target target = {node->name, receiver, context};
    const struct item **args = arena_array(yaql->arena, const struct item *, node->count + 1);
    for (size_t i = 0; i < node->count; i++)
        args[i] = &node->args[i]->item;
    return yaql_invoke(yaql, &target, args, node->count, NULL);
}

static const struct item *evaluate_rule(struct yaql *yaql, const struct node *node, struct context *context)
{
    const struct item *source = node_evaluate(yaql, node->args[0], NULL, context);
    const struct item *destination = source ? node_evaluate(yaql, node->args[1], NULL, context) : NULL;
    if (!destination)
        return NULL;
    struct item *rule = arena_new(yaql->arena, struct item);
    rule->kind = ITEM_RULE;
    rule->rule.source = source;
    rule->rule.destination = destination;
    return rule;
}

const struct item *node_evaluate(struct yaql *yaql, const struct node *node, const struct item *receiver,
                                 struct context *context)
{
    while (node->kind == NODE_WRAP)
        node = node->args[0];
    switch (node->kind) {
    case NODE_CALL:
    case NODE_OPERATOR:
        return evaluate_call(yaql, node, receiver, context);
    case NODE_RULE:
        return evaluate_rule(yaql, node, context);
    case NODE_SKIPPED:
        return &item_nothing;
    default:
        return node->constant;
    }
}

/* ---- the whole ---- */
void yaql_begin(struct yaql *yaql, struct scope *scope)
{
    const struct config *config = scope->ctx->config;
    *yaql = (struct yaql){.scope = scope,
                          .ctx = scope->ctx,
                          .arena = scope->ctx->arena,
                          .limit = config ? config->limit_iterators : DEFAULT_LIMIT,
                          .quota = config ? config->memory_quota : DEFAULT_QUOTA};
}

const struct value *yaql_evaluate(struct yaql *yaql, const struct node *node, const struct value *data)
{
    struct context *context = context_new(yaql, NULL);
    struct table *input = table_new(yaql);
    const struct item *item = item_from_value(yaql, data);
    if (!item || table_set(yaql, input, item_text(yaql, "data", 4), item) != 0)
        return NULL;
    context_set(yaql, context, "1", item_table(yaql, ITEM_MAP, input));
    const struct item *result = node_evaluate(yaql, node, NULL, context);
    return result && yaql_charge(yaql, result) == 0 ? item_to_value(yaql, result) : NULL;
}
