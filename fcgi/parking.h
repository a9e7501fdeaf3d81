/* The parking lot: where a worker leaves idle connections that another should wait on in its place.
 *
 *   worker A ── sendmsg(SCM_RIGHTS) ──> [ socket pair that all workers share ] ── recvmsg ──> worker B, C …
 *
 * A connection that the web server keeps open belongs to one worker while nothing happens on it. When that
 * worker turns to another request, or leaves, the next request on it would wait or be lost. So it is handed
 * over as it is, descriptor and all; what arrives meanwhile waits in the connection itself. */
#ifndef HEARTH_FCGI_PARKING_H
#define HEARTH_FCGI_PARKING_H

#include <stdbool.h>

#include "base/attributes.h"

struct parking {
    int in, out; /* -1: none, as for a worker without others */
};

int parking_open(struct parking *parking) MUST_CHECK;
/* Leaves fd there and closes it here. kept: it has served requests. false: no room, fd is still ours. */
bool parking_put(const struct parking *parking, int fd, bool kept);
/* One connection from there; -1: it is empty. */
int parking_take(const struct parking *parking, bool *kept);

#endif
