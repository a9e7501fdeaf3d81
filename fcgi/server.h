/* The pool: master, API workers, engines, status page. main() fills this and calls server_run. */
#ifndef HEARTH_FCGI_SERVER_H
#define HEARTH_FCGI_SERVER_H

#include <signal.h>
#include <stdbool.h>

#include "base/config.h"
#include "fcgi/route.h"

struct server {
    const char *config_path;
    struct route_table routes;
    /* Body of an engine process: runs until *stop is set by SIGTERM, then finishes what it can within
     * shutdown_timeout and returns its exit status. slot: number of this engine in the process table. */
    int (*engine)(const struct config *config, int slot, const volatile sig_atomic_t *stop);
    /* Called in each new process before it serves: opens keys, catalogue, policy. -1: error is in ctx. */
    int (*prepare)(struct ctx *ctx);
    bool single; /* one worker on descriptor 0, no master (mod_fcgid, spawn-fcgi) */
};

/* Returns the exit status of the process. */
int server_run(struct server *server);

/* Counters an engine reports for the status page and the metrics, each turn of its loop (the log is reopened
 * there too, when that was asked for); harmless outside an engine process. */
struct engine_status {
    int operations; /* held now */
    unsigned long turns, transactions, resources_done, takeovers;
};
void server_report_engine(const struct engine_status *status);

#endif
