/* The context of a unit of work: a request in an API worker, an operation's turn in an engine. First argument
 * of every function that can allocate or fail.
 *
 * Errors. A function returns 0 or -1, or a pointer or NULL, and on failure has said why through fail(). The
 * first reason stays: a later fail() in the same unit of work is ignored unless error_clear() came between,
 * so the root cause survives being handed up. */
#ifndef HEARTH_BASE_CTX_H
#define HEARTH_BASE_CTX_H

#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/attributes.h"

struct config;   /* base/config.h */
struct db;       /* sql/db.h */
struct identity; /* cloud/identity.h */

enum fault {
    FAULT_NONE = 0,
#define FAULT(name, status, type) FAULT_##name,
#include "base/faults.def"
#undef FAULT
    FAULT_COUNT
};

struct error {
    enum fault fault;    /* FAULT_NONE: no error */
    const char *message; /* for the client; on the context's arena */
    const char *path;    /* where in the template or document, as resources.web.properties.flavor; or NULL */
    const char *where;   /* source file:line, for the log */
    const char
        *kind; /* what Heat says before the path ("Property error", "Output validation error"); or NULL */
};

struct ctx {
    struct arena *arena;
    const struct config *config;
    struct db *db;                   /* NULL where no database may be touched (template/) */
    const struct identity *identity; /* who asks; NULL before authentication and in the engine */
    const char *tenant_id;           /* project whose rows this unit of work may see */
    char request_id[48];             /* "req-<uuid>": in the reply, the log and the operation */
    const char *operation_id;        /* of the operation that this request began; NULL: none */
    struct error error;
};

/* Records the reason and returns -1. fail_null the same, returning NULL. Message without trailing newline. */
#define fail(ctx, fault, ...)      fail_at((ctx), (fault), __FILE__, __LINE__, __VA_ARGS__)
#define fail_null(ctx, fault, ...) ((void)fail_at((ctx), (fault), __FILE__, __LINE__, __VA_ARGS__), NULL)
int fail_at(struct ctx *ctx, enum fault fault, const char *file, int line, const char *format, ...)
    PRINTF(5, 6);

/* Puts the path in the document beside an error that has none yet; returns -1. */
int fail_path(struct ctx *ctx, const char *format, ...) PRINTF(2, 3);

/* Says what kind of check failed, for an error that has no kind yet; kind is a constant. Returns -1. */
int fail_kind(struct ctx *ctx, const char *kind);

void error_clear(struct ctx *ctx);
int fault_status(enum fault fault);       /* HTTP status */
const char *fault_type(enum fault fault); /* type name in Heat's error document */
const char *fault_name(enum fault fault); /* the row's name, for logs */

/* From now on each fault that is recorded is counted there; the processes of a service share one such array.
 * NULL: no more. */
void fault_count_into(_Atomic uint64_t counts[FAULT_COUNT]);

#endif
