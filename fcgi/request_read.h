/* How a worker fills a request; handlers do not see this. */
#ifndef HEARTH_FCGI_REQUEST_READ_H
#define HEARTH_FCGI_REQUEST_READ_H

#include "fcgi/request.h"

/* Method, path, query and an empty reply from FastCGI parameters. ctx.arena and ctx.config are set. Fails
 * when the query cannot be decoded; method and paths are filled even then. */
int request_begin(struct request *request, const char *const *parameters) MUST_CHECK;

#endif
