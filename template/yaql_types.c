/* Signatures: what the text of a row in yaql_functions.def says, and whether an argument fits it. */
#include "template/yaql.h"

#include <string.h>

/* ---- which class is a kind of which ---- */
enum python_class {
    CLASS_NONE, /* not compared */
    CLASS_OBJECT,
    CLASS_OTHER,
    CLASS_INT,
    CLASS_BOOL,
    CLASS_ITERABLE,
    CLASS_ITERATOR,
    CLASS_SEQUENCE,
    CLASS_STRING,
    CLASS_SET,
    CLASS_MAP,
    CLASS_ORDERING,
};

static const enum python_class parents[] = {
    [CLASS_OTHER] = CLASS_OBJECT,      [CLASS_INT] = CLASS_OBJECT,        [CLASS_BOOL] = CLASS_INT,
    [CLASS_ITERABLE] = CLASS_OBJECT,   [CLASS_ITERATOR] = CLASS_ITERABLE, [CLASS_SEQUENCE] = CLASS_ITERABLE,
    [CLASS_STRING] = CLASS_SEQUENCE,   [CLASS_SET] = CLASS_ITERABLE,      [CLASS_MAP] = CLASS_ITERABLE,
    [CLASS_ORDERING] = CLASS_ITERABLE,
};

bool type_is_special(const struct yaql_type *a, const struct yaql_type *b)
{
    if (b->class == CLASS_NONE)
        return false;
    for (int class = parents[a->class]; class != CLASS_NONE; class = parents[class])
        if (class == b->class)
            return true;
    return false;
}

/* ---- the types ---- */
static bool fits_any(const struct item *item)
{
    return item->kind != ITEM_NOTHING;
}

static bool fits_int(const struct item *item)
{
    return item_is_plain(item, VALUE_INT) || item_is_plain(item, VALUE_BIGINT) ||
           item_is_plain(item, VALUE_BOOL);
}

static bool fits_integer(const struct item *item)
{
    return fits_int(item) && !item_is_plain(item, VALUE_BOOL);
}

static bool fits_bool(const struct item *item)
{
    return item_is_plain(item, VALUE_BOOL);
}

static bool fits_string(const struct item *item)
{
    return item_is_plain(item, VALUE_STRING);
}

static bool fits_unset(const struct item *item)
{
    return item_is_iterable(item) && !item_is_set(item);
}

#define FITS_KIND(name, wanted)                                                                              \
    static bool name(const struct item *item)                                                                \
    {                                                                                                        \
        return item->kind == (wanted);                                                                       \
    }
FITS_KIND(fits_iterator, ITEM_ITERATOR)
FITS_KIND(fits_ordering, ITEM_ORDERING)
FITS_KIND(fits_rule, ITEM_RULE)
FITS_KIND(fits_regex, ITEM_REGEX)
FITS_KIND(fits_time, ITEM_TIME)
FITS_KIND(fits_span, ITEM_SPAN)
FITS_KIND(fits_context, ITEM_CONTEXT)

static const struct yaql_type types[] = {
    {"object", false, CLASS_OBJECT, fits_any},
    {"null", false, CLASS_OTHER, item_is_null},
    {"bool", false, CLASS_BOOL, fits_bool},
    {"int", false, CLASS_INT, fits_int},         /* a boolean too */
    {"integer", false, CLASS_INT, fits_integer}, /* no boolean */
    {"number", false, CLASS_NONE, item_is_number},
    {"string", false, CLASS_STRING, fits_string},
    {"iterable", false, CLASS_ITERABLE, item_is_iterable},
    {"unset", false, CLASS_ITERABLE, fits_unset}, /* iterable, but no set */
    {"iterator", false, CLASS_ITERATOR, fits_iterator},
    {"sequence", false, CLASS_SEQUENCE, item_is_sequence},
    {"set", false, CLASS_SET, item_is_set},
    {"map", false, CLASS_MAP, item_is_map},
    {"ordering", false, CLASS_ORDERING, fits_ordering},
    {"rule", false, CLASS_OTHER, fits_rule},
    {"regex", false, CLASS_OTHER, fits_regex},
    {"time", false, CLASS_OTHER, fits_time},
    {"span", false, CLASS_OTHER, fits_span},
    {"context", false, CLASS_OTHER, fits_context},
    {"keyword", false, CLASS_NONE, NULL},   /* a bare word, as a string */
    {"attribute", false, CLASS_NONE, NULL}, /* a bare word, as written */
    {"name", false, CLASS_NONE, NULL},      /* a string as written */
    {"lambda", true, CLASS_NONE, NULL},     /* an expression to evaluate in a context of its own */
    {"scoped", true, CLASS_NONE, NULL},     /* in a context that the function gives */
    {"method", true, CLASS_NONE, NULL},     /* what may follow a dot */
    {"mapping", true, CLASS_NONE, NULL},    /* a => b, both sides lambdas */
    {"expression", true, CLASS_NONE, NULL}, /* as written */
};

static bool type_is(const struct yaql_type *type, const char *name)
{
    return strcmp(type->name, name) == 0;
}

/* ---- reading a signature ---- */
static const struct yaql_type *type_named(const char *name, size_t length)
{
    for (size_t i = 0; i < COUNT_OF(types); i++)
        if (strlen(types[i].name) == length && memcmp(types[i].name, name, length) == 0)
            return &types[i];
    return NULL; /* a mistake in the table, which no test survives */
}

static const struct item *read_initial(struct yaql *yaql, const char *text, size_t length)
{
    static const struct {
        const char *word;
        const struct item *item;
    } words[] = {
        {"nothing", &item_nothing}, {"null", &item_null}, {"true", &item_true}, {"false", &item_false}};
    for (size_t i = 0; i < COUNT_OF(words); i++)
        if (strlen(words[i].word) == length && memcmp(words[i].word, text, length) == 0)
            return words[i].item;
    const struct value *number;
    if (python_int(yaql->arena, text, length, &number))
        return item_plain(yaql, number);
    return item_text(yaql, text, length);
}

static struct yaql_parameter read_parameter(struct yaql *yaql, const char *text, size_t length)
{
    struct yaql_parameter parameter = {0};
    size_t name = strcspn(text, ":"), type = strcspn(text + name + 1, "?=, ");
    const char *end = text + name + 1 + type;
    parameter.name = arena_strndup(yaql->arena, text, name);
    parameter.type = type_named(text + name + 1, type);
    parameter.nullable = *end == '?' || parameter.type->lazy;
    end += *end == '?';
    if (*end == '=')
        parameter.initial = read_initial(yaql, end + 1, (size_t)(text + length - end - 1));
    return parameter;
}

static void add_parameter(struct yaql *yaql, struct signature *signature, const char *text, size_t length)
{
    if (strncmp(text, "**", 2) == 0)
        signature->named = read_parameter(yaql, text + 2, length - 2);
    else if (*text == '*')
        signature->rest = read_parameter(yaql, text + 1, length - 1);
    else
        signature->parameters[signature->count++] = read_parameter(yaql, text, length);
}

static const struct signature *read_signature(struct yaql *yaql, const char *text)
{
    struct signature *signature = arena_new(yaql->arena, struct signature);
    signature->no_keywords = *text == '!';
    text += *text == '!';
    while (*text) {
        size_t length = strcspn(text, ",");
        add_parameter(yaql, signature, text, length);
        text += length;
        text += strspn(text, ", ");
    }
    return signature;
}

const struct signature *yaql_signature(struct yaql *yaql, size_t row)
{
    if (!yaql->signatures)
        yaql->signatures = arena_array(yaql->arena, const struct signature *, yaql_row_count());
    if (!yaql->signatures[row])
        yaql->signatures[row] = read_signature(yaql, yaql_row_at(row)->signature);
    return yaql->signatures[row];
}

/* ---- arguments ---- */
static bool is_constant(const struct node *node)
{
    return node->kind == NODE_CONSTANT || node->kind == NODE_KEYWORD;
}

/* 1, 0; -1: not a type that looks at expressions. */
static int takes_node(const struct yaql_type *type, const struct item *item)
{
    const struct node *node = item->kind == ITEM_NODE ? item->node : NULL;
    if (type_is(type, "keyword") || type_is(type, "attribute"))
        return node && node->kind == NODE_KEYWORD;
    if (type_is(type, "name"))
        return node && is_constant(node) && item_is_plain(node->constant, VALUE_STRING);
    if (type_is(type, "method"))
        return !node || node->kind == NODE_CALL;
    if (type_is(type, "mapping"))
        return node && node->kind == NODE_RULE;
    if (type_is(type, "expression"))
        return node != NULL;
    return type->lazy ? 1 : -1;
}

bool parameter_takes(const struct yaql_parameter *parameter, const struct item *item)
{
    int takes = takes_node(parameter->type, item);
    if (takes >= 0)
        return takes;
    if (item->kind == ITEM_NODE && !is_constant(item->node))
        return true;
    if (item->kind == ITEM_NODE)
        item = item->node->constant;
    return item_is_null(item) ? parameter->nullable : parameter->type->fits(item);
}

static const struct item *make_lambda(struct yaql *yaql, const struct item *item, struct context *context,
                                      bool given_context)
{
    struct item *lambda = arena_new(yaql->arena, struct item);
    lambda->kind = ITEM_LAMBDA;
    if (item->kind == ITEM_NODE) {
        lambda->lambda.body = item->node;
    } else {
        struct node *constant = arena_new(yaql->arena, struct node);
        *constant = (struct node){.kind = NODE_CONSTANT, .constant = item};
        lambda->lambda.body = constant;
    }
    lambda->lambda.context = context;
    lambda->lambda.given_context = given_context;
    return lambda;
}

static const struct item *make_rule(struct yaql *yaql, const struct node *rule, struct context *context)
{
    struct item *item = arena_new(yaql->arena, struct item);
    item->kind = ITEM_RULE;
    item->rule.source = make_lambda(yaql, &rule->args[0]->item, context, false);
    item->rule.destination = make_lambda(yaql, &rule->args[1]->item, context, false);
    return item;
}

static const struct item *convert_lazy(struct yaql *yaql, const struct yaql_type *type,
                                       const struct item *item, struct context *context)
{
    if (item->kind == ITEM_NOTHING || item->kind == ITEM_LAMBDA || type_is(type, "expression"))
        return item;
    if (type_is(type, "mapping"))
        return make_rule(yaql, item->node, context);
    return make_lambda(yaql, item, context, type_is(type, "scoped"));
}

static const struct item *convert_iterable(struct yaql *yaql, const struct item *item)
{
    if (item_is_sequence(item) || item_is_set(item))
        return yaql_check_count(yaql, (size_t)item_length(item)) == 0 ? item : NULL;
    return item_iterator(yaql, iterator_limited(yaql, item));
}

const struct item *parameter_convert(struct yaql *yaql, const struct yaql_parameter *parameter,
                                     const struct item *item, struct context *context)
{
    const struct yaql_type *type = parameter->type;
    if (type->lazy)
        return convert_lazy(yaql, type, item, context);
    if (item->kind == ITEM_NODE && is_constant(item->node) && !type_is(type, "attribute"))
        item = item->node->constant;
    if (yaql_charge(yaql, item) != 0)
        return NULL;
    bool collection = type_is(type, "iterable") || type_is(type, "unset");
    return collection && item_is_iterable(item) ? convert_iterable(yaql, item) : item;
}
