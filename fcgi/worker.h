/* An API worker: one process that serves one request at a time. */
#ifndef HEARTH_FCGI_WORKER_H
#define HEARTH_FCGI_WORKER_H

#include "fcgi/parking.h"
#include "fcgi/scoreboard.h"
#include "fcgi/server.h"

/* What the worker's loop understands. Under a master these come from it; a single worker gets them itself. */
enum {
    WORKER_STOP = SIGTERM,   /* finish the request in progress, then exit */
    WORKER_RETIRE = SIGQUIT, /* the same, and let web servers give up their kept connections first */
};

/* Serves until told to stop or until max_requests; returns the process's exit status: 0, EXIT_RECYCLED, or
 * EXIT_PREPARE when server->prepare failed (the reason is in the log). listener: the listening socket, which
 * it makes non-blocking; parking: shared with the other workers, or empty (-1). */
int worker_run(const struct server *server, const struct config *config, int listener,
               const struct parking *parking, struct slot *slot);

enum { EXIT_OUT_OF_MEMORY = 70, EXIT_RECYCLED = 75, EXIT_PREPARE = 78 };

#endif
