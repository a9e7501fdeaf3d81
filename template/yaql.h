/* yaql: the expression language inside the function "yaql", as the library yaql 2.0 with its standard library
 * defines it (https://yaql.readthedocs.io) and Heat registers it. Only template/ includes this.
 *
 *   "$.data.a.where($ > 1)"
 *        │ yaql_parse (yaql_lexer.c, yaql_parser.c): text ──> nodes
 *        v
 *   (. (. $ data) …)
 *        │ yaql_evaluate (yaql_call.c): a node is a call of a function; which one, the types of its arguments
 *        v                              decide: rows of yaql_functions.def, one C function each
 *   item: a value of the template language, or one of yaql's own (iterator, set, lambda, context …)
 *        │ item_to_value (yaql_item.c)
 *        v
 *   value
 *
 * Everything is a call: an operator, an index, a list, the reading of a variable. Arguments that a function
 * takes as lambda are handed over unevaluated, with the context they stand in. Collections are pulled one
 * item at a time (struct iterator), so that an endless one does no harm until somebody wants all of it.
 *
 * Bounds. Each node evaluated and each item pulled is a step of the scope (scope_spend); nesting of calls,
 * iterators and collections is counted in one depth, so that the C stack is bounded; memory is the arena's
 * cap. Heat's own two, limit_iterators and memory_quota, are the first that most expressions meet. */
#ifndef HEARTH_TEMPLATE_YAQL_H
#define HEARTH_TEMPLATE_YAQL_H

#include "base/config.h"
#include "template/call.h"

/* ---- items ---- */
enum item_kind {
    ITEM_NOTHING, /* an argument that was left out */
    ITEM_PLAIN,   /* null, boolean, number, string */
    ITEM_TUPLE,   /* lists are tuples, unless … */
    ITEM_LIST,    /* … a function made them to be changed: Python does not take those as keys */
    ITEM_MAP,
    ITEM_DICT, /* to ITEM_MAP as ITEM_LIST to ITEM_TUPLE */
    ITEM_SET,
    ITEM_KEYS, /* of a map; these three are views */
    ITEM_VALUES,
    ITEM_PAIRS,
    ITEM_ITERATOR,
    ITEM_ORDERING, /* orderBy and thenBy, not sorted yet */
    ITEM_RULE,     /* a => b */
    ITEM_LAMBDA,
    ITEM_CONTEXT,
    ITEM_REGEX,
    ITEM_TIME,
    ITEM_SPAN,
    ITEM_NODE, /* an expression as written */
};

struct table; /* ordered map from items to items, below */
struct iterator;
struct ordering;
struct node;
struct context;
struct regex;

struct item {
    enum item_kind kind;
    union {
        const struct value *plain;
        struct {
            const struct item **items;
            size_t count;
        } list;
        struct table *table;
        struct iterator *iterator;
        struct ordering *ordering;
        struct {
            const struct item *source, *destination;
        } rule;
        struct {
            const struct node *body;
            struct context *context;
            bool given_context; /* takes the context to evaluate in from its caller */
        } lambda;
        struct context *context;
        struct regex *regex;
        struct {
            int64_t local;  /* microseconds since 1970-01-01T00:00 on the clock of that place */
            int64_t offset; /* of that clock from UTC, in microseconds */
        } time;
        int64_t span; /* microseconds */
        const struct node *node;
    };
};

/* What went wrong, for the few functions that go on after an error. */
enum yaql_problem { PROBLEM_OTHER, PROBLEM_NO_MATCH, PROBLEM_INDEX };

struct yaql {
    struct scope *scope;
    struct ctx *ctx;
    struct arena *arena;
    int64_t limit; /* most items of one collection; negative: no limit */
    int64_t quota; /* most bytes of one value, as Python would need for it; 0: no limit */
    unsigned depth;
    enum yaql_problem problem;           /* of the error in ctx */
    const struct signature **signatures; /* per row of yaql_functions.def; read on first use */
};

/* Records an error in the words of the library, or of Python; -1, or NULL. */
int yaql_fail(struct yaql *yaql, enum yaql_problem problem, const char *format, ...) PRINTF(3, 4);
#define yaql_fail_null(yaql, ...) ((void)yaql_fail((yaql), PROBLEM_OTHER, __VA_ARGS__), NULL)
/* Forgets the error and returns true, unless it is one that nobody may forget: a bound. */
bool yaql_forgive(struct yaql *yaql);
/* One level deeper, one step more; -1 when that is too much. Leave after every enter, failed or not. */
int yaql_enter(struct yaql *yaql) MUST_CHECK;
void yaql_leave(struct yaql *yaql);
/* Counts the memory an item would take in Python against the quota. */
int yaql_charge(struct yaql *yaql, const struct item *item) MUST_CHECK;
/* The same for bytes counted by the caller. */
int yaql_charge_bytes(struct yaql *yaql, double bytes) MUST_CHECK;
/* -1 when a collection of count items is too large. */
int yaql_check_count(struct yaql *yaql, size_t count) MUST_CHECK;

/* ---- making and asking (yaql_item.c) ---- */
extern const struct item item_nothing, item_null, item_true, item_false;
const struct item *item_bool(bool b);
const struct item *item_plain(struct yaql *yaql, const struct value *value);
const struct item *item_int(struct yaql *yaql, int64_t n);
const struct item *item_float(struct yaql *yaql, double d);
const struct item *item_text(struct yaql *yaql, const char *text, size_t length);
const struct item *item_str(struct yaql *yaql, const struct str *text);
const struct item *item_span(struct yaql *yaql, int64_t microseconds);
const struct item *item_context(struct yaql *yaql, struct context *context);
/* kind: ITEM_TUPLE or ITEM_LIST; the array is kept. */
const struct item *item_list(struct yaql *yaql, enum item_kind kind, const struct item **items, size_t count);
const struct item *item_pair(struct yaql *yaql, const struct item *a, const struct item *b);
/* kind: ITEM_MAP, ITEM_DICT, ITEM_SET or a view. */
const struct item *item_table(struct yaql *yaql, enum item_kind kind, struct table *table);
const struct item *item_iterator(struct yaql *yaql, struct iterator *iterator);

bool item_is_given(const struct item *item); /* not left out, and not NULL */
bool item_is_plain(const struct item *item, enum value_kind kind);
bool item_is_null(const struct item *item);
bool item_is_number(const struct item *item);   /* not a boolean */
bool item_is_sequence(const struct item *item); /* tuple or list */
bool item_is_map(const struct item *item);
bool item_is_set(const struct item *item);      /* also the views of keys and pairs */
bool item_is_iterable(const struct item *item); /* neither string nor map */
bool item_truth(const struct item *item);
const char *item_chars(const struct item *item, size_t *length); /* of a string */
int64_t item_integer(const struct item *item); /* of an int or boolean; larger ones: the nearest there is */
/* Of what has a length (sequence, map, set, view); else -1. */
int64_t item_length(const struct item *item);

/* From and to values of the template language. Sets become lists, times strings; iterators are pulled. */
const struct item *item_from_value(struct yaql *yaql, const struct value *value) MUST_CHECK;
const struct value *item_to_value(struct yaql *yaql, const struct item *item) MUST_CHECK;
/* Python's str() and repr(). -1 when nested too deeply. */
int item_write(struct yaql *yaql, struct str *out, const struct item *item, bool repr) MUST_CHECK;
const char *item_shown(struct yaql *yaql, const struct item *item); /* str(), for messages */
const char *item_python_type(const struct item *item);
/* Bytes that Python's sys.getsizeof() counts. */
int64_t item_python_size(const struct item *item);

/* Python's ==: 0 or 1; -1 when nested too deeply. */
int item_equal(struct yaql *yaql, const struct item *a, const struct item *b) MUST_CHECK;
/* Equal items have equal hashes. -1 with "unhashable type" for what can be no key. */
int item_hash(struct yaql *yaql, const struct item *item, uint64_t *hash) MUST_CHECK;

/* ---- tables (yaql_table.c) ---- In order of insertion; a replaced key keeps its place. */
struct table_entry {
    const struct item *key, *value;
    uint64_t hash;
};
struct table {
    struct table_entry *entries;
    size_t count, capacity;
    uint32_t *slots; /* open addressing: index of an entry + 1 */
    size_t slot_count;
};
struct table *table_new(struct yaql *yaql);
/* All of these fail for a key that cannot be hashed. */
int table_set(struct yaql *yaql, struct table *table, const struct item *key,
              const struct item *value) MUST_CHECK;
/* 1 and the entry, or 0. */
int table_find(struct yaql *yaql, const struct table *table, const struct item *key,
               struct table_entry **entry) MUST_CHECK;
int table_add_all(struct yaql *yaql, struct table *table, const struct table *other) MUST_CHECK;
/* A copy without the keys of other, or with those only. */
struct table *table_filter(struct yaql *yaql, const struct table *table, const struct table *other,
                           bool keep) MUST_CHECK;
/* 1 when every key of a is in b. */
int table_within(struct yaql *yaql, const struct table *a, const struct table *b) MUST_CHECK;
/* Those of a set or view as a table of keys. */
struct table *table_of_set(struct yaql *yaql, const struct item *set) MUST_CHECK;

/* ---- iterators (yaql_iterator.c) ---- */
/* A state of its own would be tidier for each; these slots, named for their commonest use, serve them all. */
struct iterator {
    /* 1 and the item, 0 at the end (and ever after), -1. Called through iterator_next only. */
    int (*next)(struct yaql *yaql, struct iterator *self, const struct item **out);
    struct iterator *source, *inner;
    const struct item *function, *other_function, *value;
    const struct item **items; /* of a list; or functions */
    size_t count, at;
    int64_t from, to, step;
    struct table *table;
    struct yaql_call *call; /* a copy, for those that go on using their arguments */
    void *state;
    bool begun, done;
};
struct iterator *iterator_new(struct yaql *yaql,
                              int (*next)(struct yaql *, struct iterator *, const struct item **));
/* Over anything iterable, and the characters of a string; NULL with "object is not iterable". */
struct iterator *iterator_over(struct yaql *yaql, const struct item *item) MUST_CHECK;
int iterator_next(struct yaql *yaql, struct iterator *iterator, const struct item **out) MUST_CHECK;
/* Over the same items, from when the first is asked for; an error after the most a collection may have. */
struct iterator *iterator_limited(struct yaql *yaql, const struct item *item);
/* All that is left, as ITEM_TUPLE or ITEM_LIST. */
const struct item *iterator_collect(struct yaql *yaql, struct iterator *iterator,
                                    enum item_kind kind) MUST_CHECK;
/* An iterator as an item that can be gone through several times. */
const struct item *iterator_memorize(struct yaql *yaql, const struct item *item) MUST_CHECK;
const struct item **items_append(struct yaql *yaql, const struct item **items, size_t count,
                                 const struct item *item);

struct ordering {
    const struct item *collection;
    struct ordering_field {
        const struct item *selector;
        bool descending;
        struct ordering_field *next;
    } * fields, **last;
    const struct item *sorted; /* NULL: not yet */
};

/* ---- expressions (yaql_lexer.c, yaql_parser.c) ---- */
enum node_kind {
    NODE_CONSTANT,
    NODE_KEYWORD,  /* a bare word: a constant, and the name of an attribute or argument */
    NODE_CALL,     /* f(…): what may follow a dot */
    NODE_OPERATOR, /* any other call: +, an index, a list, $x … */
    NODE_WRAP,     /* (…) */
    NODE_RULE,     /* a => b */
    NODE_SKIPPED,  /* the first argument in f(, 1) */
};
struct node {
    enum node_kind kind;
    const char *name;            /* of what is called */
    const struct item *constant; /* of a constant or keyword */
    const struct node **args;    /* of a call; of a rule both sides; of a wrap the one inside */
    size_t count;
    struct item item; /* the node as an item, to be handed over unevaluated */
};

enum token_kind {
    TOKEN_END,
    TOKEN_DOLLAR,
    TOKEN_CONSTANT,
    TOKEN_KEYWORD,
    TOKEN_FUNCTION, /* name( */
    TOKEN_SYMBOL,   /* operators, brackets and commas; text says which */
};
struct token {
    enum token_kind kind;
    const char *text;            /* NUL-terminated */
    const struct item *constant; /* of a constant or keyword */
    size_t position;             /* in characters */
};
struct lexer {
    struct yaql *yaql;
    const char *at, *end;
    const char *counted; /* up to where characters are counted, */
    size_t position;     /* and how many these are */
};
/* -1 with "Lexical error: …". */
int lexer_next(struct lexer *lexer, struct token *token) MUST_CHECK;

/* NULL with the library's message ("Parse error: …"). */
const struct node *yaql_parse(struct yaql *yaql, const char *text, size_t length) MUST_CHECK;

/* ---- calls (yaql_call.c) ---- */
enum { YAQL_MAX_PARAMETERS = 12 };

struct yaql_call {
    struct yaql *yaql;
    const struct yaql_row *row;
    struct context *context;                      /* made for this call, inside the caller's */
    const struct item *args[YAQL_MAX_PARAMETERS]; /* as in the signature; ITEM_NOTHING when left out */
    const struct item **rest;                     /* for *name */
    size_t rest_count;
    struct table *named; /* for **name; else NULL */
};

enum yaql_kind { FUNCTION_ONLY = 1, METHOD_ONLY = 2, EITHER = 3, FALLBACK = 4 };

struct yaql_row {
    const char *name;
    unsigned kind; /* enum yaql_kind */
    const char *signature;
    const struct item *(*call)(struct yaql_call *call);
};
size_t yaql_row_count(void);
const struct yaql_row *yaql_row_at(size_t i);

#define YAQL(name, kind, signature, function) const struct item *function(struct yaql_call *call);
#include "template/yaql_functions.def"
#undef YAQL

/* Variables and functions that expressions define. */
struct context *context_new(struct yaql *yaql, struct context *parent);
/* name without "$"; "" is "1". */
void context_set(struct yaql *yaql, struct context *context, const char *name, const struct item *item);
const struct item *context_get(const struct context *context, const char *name); /* null when unknown */
void context_define(struct yaql *yaql, struct context *context, const char *name, const struct item *lambda);

const struct item *node_evaluate(struct yaql *yaql, const struct node *node, const struct item *receiver,
                                 struct context *context) MUST_CHECK;
/* Calls a function, or with a receiver a method, with items (ITEM_NODE: expressions as written). */
struct yaql_target {
    const char *name;
    const struct item *receiver; /* NULL: a function */
    struct context *context;
};
const struct item *yaql_invoke(struct yaql *yaql, const struct yaql_target *target, const struct item **args,
                               size_t count, struct table *named) MUST_CHECK;
/* The function name with one or two arguments, from inside another. */
const struct item *call_function(struct yaql_call *call, const char *name, const struct item *a,
                                 const struct item *b) MUST_CHECK;
/* A lambda with $ (and $1), $2 set to what is not NULL. */
const struct item *lambda_call(struct yaql *yaql, const struct item *lambda, const struct item *a,
                               const struct item *b) MUST_CHECK;
/* The same for its truth: 0, 1 or -1. */
int lambda_test(struct yaql *yaql, const struct item *lambda, const struct item *a,
                const struct item *b) MUST_CHECK;
/* The same with any number of arguments, named ones too (NULL: none). */
const struct item *lambda_call_all(struct yaql *yaql, const struct item *lambda, const struct item **args,
                                   size_t count, const struct table *named) MUST_CHECK;
/* A lambda evaluated in a context, as a method's when receiver is not NULL. */
const struct item *lambda_call_in(struct yaql *yaql, const struct item *lambda, const struct item *receiver,
                                  struct context *context) MUST_CHECK;

/* ---- signatures (yaql_types.c) ---- */
struct yaql_type {
    const char *name;
    bool lazy;
    int class; /* Python's, for which of two types is the more special */
    bool (*fits)(const struct item *item);
};
struct yaql_parameter {
    const char *name;
    const struct yaql_type *type;
    bool nullable;
    const struct item *initial; /* NULL: required */
};
struct signature {
    struct yaql_parameter parameters[YAQL_MAX_PARAMETERS];
    size_t count;
    struct yaql_parameter rest, named; /* their name is NULL when there is none */
    bool no_keywords;
};
const struct signature *yaql_signature(struct yaql *yaql, size_t row);
/* Whether an argument may be passed: an item, or an expression not evaluated yet. */
bool parameter_takes(const struct yaql_parameter *parameter, const struct item *item);
/* The argument as the function gets it; NULL past a limit. context: that of the call. */
const struct item *parameter_convert(struct yaql *yaql, const struct yaql_parameter *parameter,
                                     const struct item *item, struct context *context) MUST_CHECK;
/* Whether a is a type more special than b. */
bool type_is_special(const struct yaql_type *a, const struct yaql_type *b);

/* ---- numbers (yaql_number.c) ---- Of any size, as Python's; NULL after an error. */
const struct value *number_binary(struct yaql *yaql, char operator, const struct value * a,
                                  const struct value *b) MUST_CHECK; /* + - * / % */
const struct value *number_negate(struct yaql *yaql, const struct value *a);
const struct value *number_power(struct yaql *yaql, const struct value *a, const struct value *b,
                                 const struct value *modulus) MUST_CHECK;
const struct value *number_shift(struct yaql *yaql, const struct value *a, int64_t bits) MUST_CHECK;
const struct value *number_bits(struct yaql *yaql, char operator, const struct value * a,
                                const struct value *b) MUST_CHECK; /* & | ^ */
const struct value *number_round(struct yaql *yaql, const struct value *a, int64_t digits) MUST_CHECK;
const struct value *number_truncate(struct yaql *yaql, double d) MUST_CHECK;
int number_compare(struct yaql *yaql, const struct value *a, const struct value *b); /* 2 with NaN */
const char *number_hex(struct yaql *yaql, const struct value *a);

/* ---- text (yaql_text.c) ---- Positions count characters, as Python's. */
struct text {
    const char *at;
    size_t length; /* bytes */
};
struct text text_of(const struct item *item);
bool text_is_space(uint32_t code);
struct text text_strip(struct text text, const struct item *chars, bool left, bool right);
size_t text_count(struct text text);
size_t text_offset(struct text text, size_t characters);            /* bytes before that character */
struct text text_slice(struct text text, int64_t from, int64_t to); /* as Python's [from:to] */
const struct item *text_case(struct yaql *yaql, struct text text, bool upper);
int text_compare(struct text a, struct text b);
const struct item *text_item(struct yaql *yaql, struct text text);
const char *regex_pattern(const struct regex *regex); /* yaql_regex.c */
/* str.format (yaql_format.c) */
const struct item *text_format(struct yaql *yaql, struct text format, const struct item **args, size_t count,
                               const struct table *named) MUST_CHECK;

/* ---- the whole ---- */
/* Ready to parse and evaluate with the limits of the scope's configuration. */
void yaql_begin(struct yaql *yaql, struct scope *scope);
/* The expression's value with $ = {data: …}. */
const struct value *yaql_evaluate(struct yaql *yaql, const struct node *node,
                                  const struct value *data) MUST_CHECK;

#endif
