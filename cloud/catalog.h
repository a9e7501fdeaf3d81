/* The service catalogue: where each service of a cloud answers, as Keystone tells it beside a token. */
#ifndef HEARTH_CLOUD_CATALOG_H
#define HEARTH_CLOUD_CATALOG_H

#include <stddef.h>

#include "base/ctx.h"

struct endpoint {
    const char *type;      /* of the service: "compute" */
    const char *interface; /* "public", "internal", "admin" */
    const char *region;
    const char *url; /* without a slash at the end */
};

struct catalog {
    const struct endpoint *endpoints;
    size_t count;
};

/* Reads {"catalog": […]} (GET /v3/auth/catalog) or {"token": {"catalog": […]}}. NULL with FAULT_UNAVAILABLE
 * when text is neither. Everything is copied to ctx->arena. */
const struct catalog *catalog_read(struct ctx *ctx, const char *text, size_t length) MUST_CHECK;

/* URL of the first endpoint that fits; region NULL or "": any. NULL with FAULT_UNAVAILABLE, naming what is
 * missing. */
const char *catalog_endpoint(struct ctx *ctx, const struct catalog *catalog, const char *type,
                             const char *interface, const char *region) MUST_CHECK;

#endif
