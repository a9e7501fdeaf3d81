/* The documents of a stack on their way into the database. */
#ifndef HEARTH_ENGINE_DOCUMENTS_H
#define HEARTH_ENGINE_DOCUMENTS_H

#include "engine/draft.h"

struct stored_documents {
    const char *template, *environment, *files; /* digests */
    const char *sealed_environment;             /* NULL: nothing in it is hidden */
    const char *parameters;                     /* JSON, as shown */
};

/* Queues template, environment (hidden values masked) and files in the open write transaction; files NULL:
 * none. */
int documents_put(struct ctx *ctx, const struct draft *draft, const struct value *files,
                  struct stored_documents *out) MUST_CHECK;

/* An environment's document as JSON, hidden parameters of the template masked. */
const char *masked_environment(struct ctx *ctx, const struct template *template,
                               const struct value *document);

#endif
