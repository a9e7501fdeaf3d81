/* From tokens to nodes, by precedence climbing:
 *
 *     1 + 2 * $.a     climb(lowest): operand 1; "+" binds at 6: its right side is climb(tighter than 6):
 *                     operand 2; "*" binds at 5: right side climb(tighter than 5): operand $; "." at 1 …
 *
 * The grammar is the library's, where a generated parser reads it; what differs between the two kinds of parser is
 * nothing a user sees, because both stop at the first token that no expression can have there. */
#include "template/yaql.h"

#include <string.h>

#include "base/utf8.h"

enum { UNARY_SIGN = 3, UNARY_NOT = 8, LOWEST = 11, MAX_NESTING = 300 };

/* level: 1 binds most tightly. */
static const struct operator_row {
    const char *symbol;
    int level;
    bool right;
    const char *function;
} operators[] = {
    {".", 1, false, "#operator_."},    {"?.", 1, false, "#operator_?."},   {"[", 2, false, "#indexer"},
    {"=~", 4, false, "#operator_=~"},  {"!~", 4, false, "#operator_!~"},   {"*", 5, false, "#operator_*"},
    {"/", 5, false, "#operator_/"},    {"mod", 5, false, "#operator_mod"}, {"+", 6, false, "#operator_+"},
    {"-", 6, false, "#operator_-"},    {">", 7, false, "#operator_>"},     {"<", 7, false, "#operator_<"},
    {">=", 7, false, "#operator_>="},  {"<=", 7, false, "#operator_<="},   {"!=", 7, false, "*not_equal"},
    {"=", 7, false, "*equal"},         {"in", 7, false, "#operator_in"},   {"and", 9, false, "#operator_and"},
    {"or", 10, false, "#operator_or"}, {"->", 11, true, "#operator_->"},
};

struct parser {
    struct yaql *yaql;
    struct lexer lexer;
    struct token token; /* the next one */
    const char *text;
    size_t length;
    int nesting;
};

struct arguments {
    const struct node **items;
    size_t count;
};

static const struct node *climb(struct parser *parser, int level);

/* ---- tokens ---- */
static int advance(struct parser *parser)
{
    return lexer_next(&parser->lexer, &parser->token);
}

static bool at_symbol(const struct parser *parser, const char *symbol)
{
    return parser->token.kind == TOKEN_SYMBOL && strcmp(parser->token.text, symbol) == 0;
}

static const struct node *fail_token(struct parser *parser)
{
    if (parser->token.kind == TOKEN_END)
        return yaql_fail_null(parser->yaql, "Parse error: unexpected end of statement");
    return yaql_fail_null(parser->yaql, "Parse error: unexpected '%s' at position %zu of expression '%.*s'",
                          parser->token.text, parser->token.position, (int)parser->length, parser->text);
}

static int expect(struct parser *parser, const char *symbol)
{
    if (at_symbol(parser, symbol))
        return advance(parser);
    (void)fail_token(parser);
    return -1;
}

/* ---- nodes ---- */
static struct node *make(struct parser *parser, enum node_kind kind, const char *name, size_t count)
{
    struct node *node = arena_new(parser->yaql->arena, struct node);
    *node = (struct node){.kind = kind, .name = name, .count = count};
    node->args = arena_array(parser->yaql->arena, const struct node *, count ? count : 1);
    node->item = (struct item){.kind = ITEM_NODE, .node = node};
    return node;
}

static const struct node *make_call(struct parser *parser, enum node_kind kind, const char *name,
                                    const struct arguments *arguments)
{
    struct node *node = make(parser, kind, name, 0);
    node->args = arguments->items;
    node->count = arguments->count;
    return node;
}

static const struct node *make_two(struct parser *parser, enum node_kind kind, const char *name,
                                   const struct node *a, const struct node *b)
{
    struct node *node = make(parser, kind, name, 2);
    node->args[0] = a;
    node->args[1] = b;
    return node;
}

static const struct node *make_constant(struct parser *parser, enum node_kind kind, const struct item *item)
{
    struct node *node = make(parser, kind, NULL, 0);
    node->constant = item;
    return node;
}

/* ---- arguments ---- */
static void push(struct parser *parser, struct arguments *arguments, const struct node *node)
{
    struct arena *arena = parser->yaql->arena;
    size_t n = arguments->count;
    if ((n & (n - 1)) == 0)
        arguments->items = arena_grow(arena, arguments->items, n * sizeof(node),
                                      (n ? 2 * n : 1) * sizeof(const struct node *));
    arguments->items[arguments->count++] = node;
}

/* A value, or a => b. */
static const struct node *read_argument(struct parser *parser)
{
    const struct node *node = climb(parser, LOWEST);
    if (!node || !at_symbol(parser, "=>"))
        return node;
    const struct node *destination = advance(parser) == 0 ? climb(parser, LOWEST) : NULL;
    return destination ? make_two(parser, NODE_RULE, NULL, node, destination) : NULL;
}

/* After a comma between arguments nothing else than => may follow when named ones have begun. */
static int check_named(struct parser *parser, bool named, const struct node *node)
{
    if (!named || node->kind == NODE_RULE)
        return 0;
    (void)fail_token(parser);
    return -1;
}

static int read_argument_into(struct parser *parser, struct arguments *arguments, bool *named)
{
    const struct node *node = read_argument(parser);
    if (!node || check_named(parser, *named, node) != 0)
        return -1;
    *named = node->kind == NODE_RULE;
    push(parser, arguments, node);
    return 0;
}

/* Up to the closing bracket, which is read. Two commas leave an argument out; the last is always there. */
static int read_arguments(struct parser *parser, const char *closing, struct arguments *arguments)
{
    bool named = false;
    *arguments = (struct arguments){0};
    if (at_symbol(parser, closing))
        return advance(parser);
    for (;;) {
        while (!named && at_symbol(parser, ",")) {
            push(parser, arguments, make(parser, NODE_SKIPPED, NULL, 0));
            if (advance(parser) != 0)
                return -1;
        }
        bool leading = arguments->count == 1 && arguments->items[0]->kind == NODE_SKIPPED;
        if (read_argument_into(parser, arguments, &named) != 0)
            return -1;
        if (named && leading && arguments->count == 2) {
            (void)fail_token(parser);
            return -1;
        }
        if (!at_symbol(parser, ","))
            return expect(parser, closing);
        if (advance(parser) != 0)
            return -1;
    }
}

/* ---- operands ---- */
static const struct node *read_call(struct parser *parser)
{
    struct arguments arguments;
    const char *name = parser->token.text;
    if (advance(parser) != 0 || read_arguments(parser, ")", &arguments) != 0)
        return NULL;
    return make_call(parser, NODE_CALL, name, &arguments);
}

static const struct node *read_bracket(struct parser *parser, const char *closing, const char *function)
{
    struct arguments arguments;
    if (advance(parser) != 0 || read_arguments(parser, closing, &arguments) != 0)
        return NULL;
    return make_call(parser, NODE_OPERATOR, function, &arguments);
}

static const struct node *read_wrapped(struct parser *parser)
{
    const struct node *inside = advance(parser) == 0 ? climb(parser, LOWEST) : NULL;
    if (!inside || expect(parser, ")") != 0)
        return NULL;
    struct node *node = make(parser, NODE_WRAP, NULL, 1);
    node->args[0] = inside;
    return node;
}

static const struct node *read_unary(struct parser *parser, const char *function, int level)
{
    const struct node *operand = advance(parser) == 0 ? climb(parser, level) : NULL;
    if (!operand)
        return NULL;
    struct node *node = make(parser, NODE_OPERATOR, function, 1);
    node->args[0] = operand;
    return node;
}

static const struct node *read_symbol_operand(struct parser *parser)
{
    if (at_symbol(parser, "("))
        return read_wrapped(parser);
    if (at_symbol(parser, "["))
        return read_bracket(parser, "]", "#list");
    if (at_symbol(parser, "{"))
        return read_bracket(parser, "}", "#map");
    if (at_symbol(parser, "-"))
        return read_unary(parser, "#unary_operator_-", UNARY_SIGN);
    if (at_symbol(parser, "+"))
        return read_unary(parser, "#unary_operator_+", UNARY_SIGN);
    if (at_symbol(parser, "not"))
        return read_unary(parser, "#unary_operator_not", UNARY_NOT);
    return fail_token(parser);
}

static const struct node *read_simple(struct parser *parser)
{
    const struct token token = parser->token;
    if (advance(parser) != 0)
        return NULL;
    if (token.kind != TOKEN_DOLLAR)
        return make_constant(parser, token.kind == TOKEN_KEYWORD ? NODE_KEYWORD : NODE_CONSTANT,
                             token.constant);
    struct node *node = make(parser, NODE_OPERATOR, "#get_context_data", 1);
    node->args[0] =
        make_constant(parser, NODE_CONSTANT, item_text(parser->yaql, token.text, strlen(token.text)));
    return node;
}

static const struct node *read_operand(struct parser *parser)
{
    switch (parser->token.kind) {
    case TOKEN_SYMBOL:
        return read_symbol_operand(parser);
    case TOKEN_FUNCTION:
        return read_call(parser);
    case TOKEN_END:
        return fail_token(parser);
    default:
        return read_simple(parser);
    }
}

/* ---- operators ---- */
static const struct operator_row *operator_at(const struct parser *parser, int level)
{
    for (size_t i = 0; i < COUNT_OF(operators); i++)
        if (operators[i].level <= level && at_symbol(parser, operators[i].symbol))
            return &operators[i];
    return NULL;
}

static const struct node *read_index(struct parser *parser, const struct node *left)
{
    struct arguments inside, all = {0};
    if (advance(parser) != 0 || read_arguments(parser, "]", &inside) != 0)
        return NULL;
    push(parser, &all, left);
    for (size_t i = 0; i < inside.count; i++)
        push(parser, &all, inside.items[i]);
    return make_call(parser, NODE_OPERATOR, "#indexer", &all);
}

static const struct node *read_operator(struct parser *parser, const struct operator_row *row,
                                        const struct node *left)
{
    if (row->symbol[0] == '[')
        return read_index(parser, left);
    if (advance(parser) != 0)
        return NULL;
    const struct node *right = climb(parser, row->right ? row->level : row->level - 1);
    return right ? make_two(parser, NODE_OPERATOR, row->function, left, right) : NULL;
}

static const struct node *climb_operators(struct parser *parser, int level)
{
    const struct node *left = read_operand(parser);
    const struct operator_row *row;
    while (left && (row = operator_at(parser, level)))
        left = read_operator(parser, row, left);
    return left;
}

/* An expression whose operators bind at level or more tightly. */
static const struct node *climb(struct parser *parser, int level)
{
    if (scope_spend(parser->yaql->scope, 1) != 0)
        return NULL;
    if (parser->nesting++ >= MAX_NESTING)
        return yaql_fail_null(parser->yaql, "Parse error: the expression is nested too deeply");
    const struct node *node = climb_operators(parser, level);
    parser->nesting--;
    return node;
}

const struct node *yaql_parse(struct yaql *yaql, const char *text, size_t length)
{
    struct parser parser = {
        .yaql = yaql, .lexer = {yaql, text, text + length, text, 0}, .text = text, .length = length};
    const struct node *node = advance(&parser) == 0 ? climb(&parser, LOWEST) : NULL;
    if (node && parser.token.kind != TOKEN_END)
        return fail_token(&parser);
    return node;
}
