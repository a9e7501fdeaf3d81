/* The route table and how a request finds its row. The table itself is handed in (handlers/routes.def): this
 * folder does not know what routes do. */
#ifndef HEARTH_FCGI_ROUTE_H
#define HEARTH_FCGI_ROUTE_H

#include <stdbool.h>
#include <stddef.h>

#include "fcgi/request.h"

/* 0, or -1 with the reason in request->ctx.error. */
typedef int handler(struct request *request);

enum route_flag {
    ROUTE_PUBLIC = 1, /* no token */
    ROUTE_TENANT = 2, /* first variable is the tenant: must be the token's (admins: policy decides), becomes
                         ctx.tenant_id */
    ROUTE_IDENTITY =
        4,            /* lies below identity_prefix, only with auth = standalone; errors in Keystone's form */
    ROUTE_SIGNED = 8, /* with X-Auth-Token as any other; without it the handler checks a signature in the
                         query (ctx.identity is NULL, ctx.tenant_id is the path's, no policy was asked) */
    ROUTE_ANY_METHOD = 16, /* answers every method, as the list of versions does */
    ROUTE_NO_405 =
        32, /* other methods are an unknown path (404) rather than 405, as Heat has it for /services */
    ROUTE_ONCE =
        64, /* heeds Idempotency-Key (fcgi/idempotency.h); the handler changes things in one transaction */
};

struct route {
    enum method method;
    const char *path;   /* "/v1/{tenant_id}/stacks/{stack_name}/{stack_id}": literals and {variables}; {*rest}
                           last takes all */
    const char *policy; /* rule checked before the handler runs, "stacks:show"; "": none */
    unsigned flags;
    handler *run;
    const char *name; /* of the handler, for logs and metrics: "stacks_show" */
};

struct route_table {
    const struct route *routes;
    size_t count;
    handler *unknown; /* for a path that no row has (behind the token check where the path is guarded); may be
                         NULL: 404 in the short form */
};

/* The table made ready for matching, once per process: a tree with one level per segment.
 *
 *   ROUTE_IDENTITY rows lie below identity_prefix (NULL leaves them out), all others below api_prefix. */
struct route_tree;
struct route_tree *route_compile(struct arena *arena, const struct route_table *table, const char *api_prefix,
                                 const char *identity_prefix);

enum route_outcome { ROUTE_FOUND, ROUTE_UNKNOWN, ROUTE_WRONG_METHOD, ROUTE_BAD_PATH };

struct route_match {
    enum route_outcome outcome;
    unsigned allowed; /* ROUTE_WRONG_METHOD: methods the path has, bit 1 << METHOD_… */
    bool guarded;     /* every row in this part of the tree asks for a token: say 401 before 404 and 405 */
    handler *unknown; /* ROUTE_UNKNOWN: the table's, or NULL */
    bool identity;    /* this part of the tree is the identity API: errors in Keystone's form */
};

/* Matches request->raw_path segment by segment, decoding each once, and fills route and variables. A path
 * that is not UTF-8 or has a NUL is ROUTE_BAD_PATH, with the reason in request->ctx.error. */
struct route_match route_find(const struct route_tree *tree, struct request *request);

#endif
