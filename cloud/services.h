/* Services that resource types talk to at a fixed address: the file that `services_file` names.
 *
 *   {"inventory": {"url": "https://inventory.example/v1",      what paths are appended to; http or https
 *                  "headers": {"X-Api-Key": "…"},              sent with each call; the place for secrets
 *                  "cacert": "/etc/ssl/inventory.pem",         left out: the system's certificates
 *                  "parallel": 20}}                            left out: service_calls of the configuration */
#ifndef HEARTH_CLOUD_SERVICES_H
#define HEARTH_CLOUD_SERVICES_H

#include <stddef.h>

#include "base/ctx.h"
#include "base/value.h"

struct service {
    const char *name;
    const char *url;             /* without a slash at its end */
    const struct value *headers; /* map of texts; NULL: none */
    const char *cacert;          /* NULL: the system's */
    int64_t parallel;            /* most calls at once; 0: as configured */
};

struct services {
    struct service *items;
    size_t count;
};

/* Reads the file at path (NULL or "": there are none) onto the context's arena. -1 with the file, the service and what
 * is wrong with it. */
int services_read(struct ctx *ctx, const char *path, struct services *services) MUST_CHECK;
const struct service *services_find(const struct services *services, const char *name); /* NULL: none */

#endif
