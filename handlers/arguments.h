/* Arguments of a request as Heat reads them: path variables, and query parameters with Heat's exact
 * complaints. */
#ifndef HEARTH_HANDLERS_ARGUMENTS_H
#define HEARTH_HANDLERS_ARGUMENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/calls.h"
#include "fcgi/request.h"
#include "sql/db.h"

/* ---- the path: /v1/{tenant_id}/stacks/{stack_name}/{stack_id}/… ---- */
enum path_variable { PATH_TENANT, PATH_STACK_NAME, PATH_STACK_ID, PATH_RESOURCE, PATH_EVENT };
struct stack_key path_stack(const struct request *request);

/* Fails with Heat's 404 for a stack that is not there (or under another name, or another tenant's). */
int fail_stack(struct ctx *ctx, const char *name);
int fail_resource(struct ctx *ctx, const char *resource, const char *stack);

/* Reads one statement whose first parameters are tenant, stack id and stack name. No rows, or an id that is
 * no UUID: NULL with the stack's 404. */
#define stack_read(request, statement, ...)                                                                  \
    stack_read_args((request), (statement),                                                                  \
                    DB_ARGS((request)->ctx.tenant_id, (request)->variables[PATH_STACK_ID],                   \
                            (request)->variables[PATH_STACK_NAME] __VA_OPT__(, ) __VA_ARGS__))
struct rows *stack_read_args(struct request *request, enum statement statement, const char *const *args,
                             size_t count) MUST_CHECK;

/* ---- query parameters ---- */
/* true or false in any letter case; an empty value counts as absent. -1 on error, else 0 or 1. */
int argument_boolean(struct request *request, const char *name, bool fallback) MUST_CHECK;
/* The same for one where an empty value is an error too. */
int argument_boolean_strict(struct request *request, const char *name, bool fallback) MUST_CHECK;
/* Text of a number as int() and str() agree on it, not negative; *text stays NULL when absent or empty. */
int argument_integer(struct request *request, const char *name, const char **text) MUST_CHECK;
/* The number behind such a text, held below a cap. */
int64_t integer_of(const char *text, int64_t cap);
/* The rule behind both, for values of a JSON body: name is for the message. */
int boolean_check(struct ctx *ctx, const char *name, const char *text) MUST_CHECK;
int integer_check(struct ctx *ctx, const char *name, const char *text) MUST_CHECK;

/* Values of a parameter that may be repeated. given is false when it is absent or empty: no filter. */
struct texts {
    const char **items;
    size_t count;
    bool given;
};
/* Adds the values of the parameter called name to what is there already. */
void argument_texts(struct request *request, const char *name, struct texts *texts);
void texts_add(struct arena *arena, struct texts *texts, const char *item);
bool texts_have(const struct texts *texts, const char *item);
/* As an array for a statement: {"a","b"}; NULL when not given. */
const char *texts_array(struct arena *arena, const struct texts *texts);
/* The same, leaving out what is no UUID, which could match no row. */
const char *texts_uuid_array(struct arena *arena, const struct texts *texts);
/* Comma separated, as the tag filters are. */
int argument_tags(struct request *request, const char *name, struct texts *texts) MUST_CHECK;
int tags_split(struct ctx *ctx, const char *text, struct texts *tags) MUST_CHECK;
/* Splits values such as CREATE_FAILED into actions and statuses, dropping those that are neither. */
void texts_split_states(struct arena *arena, struct texts *actions, struct texts *statuses);

/* ---- pages ---- */
/* The marker of a page, or MARKER_NONE when it is absent or can be none (unknown markers are passed over). */
#define MARKER_NONE "00000000-0000-0000-0000-000000000000"
const char *argument_marker(const struct request *request);

/* ---- order ---- */
struct order {
    bool descending;
    bool nulls_first; /* where what was never set stands */
};
/* sort_dir: asc, desc, each also with -nullsfirst or -nullslast. fallback_descending: order when it is
 * absent. */
int argument_order(struct request *request, bool fallback_descending, struct order *order) MUST_CHECK;

#endif
