/* From a request that was read to a reply that can be sent. */
#ifndef HEARTH_FCGI_DISPATCH_H
#define HEARTH_FCGI_DISPATCH_H

#include <stdint.h>

#include "fcgi/request.h"
#include "fcgi/route.h"

/* Where the time of one request went, in microseconds; for the slow log. */
struct phases {
    int64_t begin_us; /* monotonic clock, first byte seen */
    int64_t read_us, auth_us, handler_us;
};

/* Fills request->reply in every case: by the handler, or with an error document. No transaction is open
 * afterwards. */
void dispatch(const struct route_tree *tree, struct request *request, struct phases *phases);

/* After the reply was sent: the line of a 5xx, the slow log, and at level debug a line for each request. */
void dispatch_log(const struct request *request, const struct phases *phases, int64_t total_us, int64_t sent);

#endif
