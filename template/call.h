/* Inside the language: what a template function is given and what it may ask. Only template/ includes this.
 *
 * A function is two small C functions named in functions.def:
 *
 *   int check(const struct call *call)                      the arguments as written are well formed
 *   const struct value *evaluate(const struct call *call)   the result; NULL after an error was recorded
 *
 * check runs before evaluate, always; evaluate may rely on it. Inside the arguments other functions may
 * stand; they are resolved by the evaluator with call_resolve, when and as far as it needs them. Paths for
 * messages are a chain of trail links on the C stack, made into text only when something fails. */
#ifndef HEARTH_TEMPLATE_CALL_H
#define HEARTH_TEMPLATE_CALL_H

#include "template/name_index.h"
#include "template/template.h"

enum where { PLAIN = 1, CONDITION = 2, BOTH = 3, REMOVED = 4 };

struct call;
struct function_row {
    struct template_function shown;
    enum template_class class;
    unsigned first, last; /* ranks of versions */
    unsigned where;       /* enum where */
    int (*check)(const struct call *call);
    const struct value *(*evaluate)(const struct call *call);
};

/* Position in a snippet, for messages; innermost link first. */
struct trail {
    const struct trail *up;
    const char *key; /* of a map, or a function's name; NULL: index counts */
    size_t index;    /* in a list */
    bool function;
};

struct call {
    struct scope *scope;
    const struct function_row *function;
    const struct value *args; /* as written */
    const struct trail *trail;
    bool condition; /* inside a condition: other functions are valid there */
};

#define FUNCTION(name, first, last, where, check_function, evaluate_function, text)                          \
    const struct value *evaluate_function(const struct call *call);
#include "template/functions.def"
#undef FUNCTION
int check_removed(const struct call *call);
int check_boolean(const struct call *call);
int check_cfn_facade(const struct call *call);
int check_cfn_get_att(const struct call *call);
int check_cfn_not(const struct call *call);
int check_cfn_replace(const struct call *call);
int check_cfn_split(const struct call *call);
int check_contains(const struct call *call);
int check_equals(const struct call *call);
int check_facade(const struct call *call);
int check_filter(const struct call *call);
int check_find_in_map(const struct call *call);
int check_get_attr(const struct call *call);
int check_get_attr_all(const struct call *call);
int check_if(const struct call *call);
int check_if_nullable(const struct call *call);
int check_join(const struct call *call);
int check_join_multiple(const struct call *call);
int check_make_url(const struct call *call);
int check_member_list(const struct call *call);
int check_not(const struct call *call);
int check_ref(const struct call *call);
int check_repeat(const struct call *call);
int check_repeat_nested(const struct call *call);
int check_replace(const struct call *call);
int check_select(const struct call *call);
int check_str_split(const struct call *call);
int check_yaql(const struct call *call);

/* ---- rows (versions.c) ---- */
size_t function_row_count(void);
const struct function_row *function_row_at(size_t i);
/* The row a name means in a version and context. A plain function used in a condition is found too, for the
 * message; see function_fits. NULL: not a function, plain data. */
const struct function_row *function_find(const struct template_version *version, const char *name,
                                         bool condition);
bool function_fits(const struct function_row *row, bool condition);
/* The row when snippet is a map of one entry whose key is a function of the version, else NULL. */
const struct function_row *function_of(const struct template_version *version, const struct value *snippet,
                                       bool condition);

/* ---- what functions ask (evaluate.c) ---- */
/* Resolves all functions inside a part of the arguments. What an "if" left out becomes null. */
const struct value *call_resolve(const struct call *call, const struct value *part);
/* As call_resolve, but what an "if" left out stays value_absent. */
const struct value *call_resolve_nullable(const struct call *call, const struct value *part);
/* Types of a part of the arguments as written; a function inside is of no type yet. */
bool call_is_function(const struct call *call, const struct value *part);
bool call_is_list(const struct call *call, const struct value *part);
bool call_is_map(const struct call *call, const struct value *part);
/* Records Heat's message; -1, or NULL. */
#define call_fail(call, ...)      fail((call)->scope->ctx, FAULT_STACK_VALIDATION, __VA_ARGS__)
#define call_fail_null(call, ...) fail_null((call)->scope->ctx, FAULT_STACK_VALIDATION, __VA_ARGS__)
/* "Incorrect arguments to "fn" should be: example". Returns -1. */
int call_fail_usage(const struct call *call, const char *example);
#define call_name(call) ((call)->function->shown.name)
struct arena *call_arena(const struct call *call);
/* Counts work done, in steps of about one value or 64 bytes. -1 when the scope's share or memory is used up.
 */
int scope_spend(struct scope *scope, size_t steps) MUST_CHECK;

/* What an "if" without else stands for when its condition is false; never leaves the evaluator. */
extern const struct value value_absent;

/* ---- walking (evaluate.c) ---- */
/* Calls visit for every function that evaluation would reach, arguments before the function they belong to;
 * of an "if" only the chosen branch. The function's check has passed by then. */
struct visitor {
    struct scope *scope;
    int (*visit)(struct visitor *visitor, const struct call *call);
};
int visitor_walk(struct visitor *visitor, const struct value *snippet, bool condition) MUST_CHECK;
/* Text of the path, from scope->path on. */
const char *trail_text(const struct scope *scope, const struct trail *trail, bool with_functions);
/* The chosen branch of an "if" whose check has passed (value_absent for a missing one); NULL on error. */
const struct value *if_branch(const struct call *call);

/* ---- references (references.c) ---- */
/* What resource a function refers to. Returns 1 and the resolved name (and attribute: NULL for its id or for
 * all attributes), 0 when it refers to none, -1 on error. */
struct reference {
    const struct value *resource;
    const struct value *attribute;
    bool is_attribute; /* get_attr, not get_resource */
};
int call_reference(const struct call *call, struct reference *reference);

/* ---- conditions (conditions.c) ---- */
/* Truth of a resolved condition: null is true, a boolean itself, else the name of a condition. -1 on error.
 */
int condition_truth(struct scope *scope, const struct value *resolved, const struct trail *trail);

/* Whether there is such a resource and its condition is true. */
bool resource_enabled(struct scope *scope, const char *name);
/* A definition must be a boolean or a function. */
int condition_check_definition(struct scope *scope, const char *name, const struct value *definition);

/* "Delete", "Retain" or "Snapshot" for the policy so called; NULL: there is none (check.c). */
const char *deletion_policy_named(const char *text, bool lower_too);

/* ---- numbers and text as Python has them (python.c) ---- */
/* int(text): optional sign, digits, single underscores between digits, spaces around. False when it is none.
 */
bool python_int(struct arena *arena, const char *text, size_t length, const struct value **number);
/* float(text): also inf, infinity, nan in any case. */
bool python_float(struct arena *arena, const char *text, size_t length, double *number);
/* collection[key] of a list, string or map, with key an int or string; integers from text when parse is true.
 * NULL: no such item, or that cannot be. */
const struct value *python_item(struct arena *arena, const struct value *collection, const struct value *key,
                                bool parse);
/* text.replace(old, new) */
const struct value *python_replace(struct arena *arena, const struct value *text, const char *old,
                                   size_t old_length, const char *new_text, size_t new_length);
/* text.split(delimiter); delimiter not empty. */
struct value *python_split(struct arena *arena, const char *text, size_t length, const char *delimiter,
                           size_t delimiter_length);
double python_double(const struct value *number);
/* int() of a number, as an index: too large floats become the largest integer. NULL for inf and nan. */
const struct value *python_truncate(struct arena *arena, const struct value *number);
/* -1, 0 or 1 as two numbers compare; 2 when one is NaN. */
int python_compare(const struct value *a, const struct value *b);
/* repr() of a message: how Python shows a KeyError. */
const char *python_repr_text(struct arena *arena, const char *text);
const char *python_cut(struct arena *arena, const char *text, size_t characters);

#endif
