/* Multi-part MIME messages (RFC 2046), laid out as Python's email package does: what cloud-init takes as user
 * data made of several parts. Pure, but for the random boundary. */
#ifndef HEARTH_RESOURCES_MIME_H
#define HEARTH_RESOURCES_MIME_H

#include "base/ctx.h"
#include "base/value.h"

struct mime_part {
    const char *text;
    const char *subtype;  /* of "text/"; NULL or "": by the filename, else plain */
    const char *filename; /* NULL or "": none */
    const struct mime_part *next;
};

/* The parts of a message: nothing (NULL) when text is no multi-part message. Parts of parts come in their
 * place. A part's text is as it stands there, not decoded. */
const struct mime_part *mime_split(struct ctx *ctx, const char *text);

/* The message. */
const char *mime_join(struct ctx *ctx, const struct mime_part *parts);

#endif
