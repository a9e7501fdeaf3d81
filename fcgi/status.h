/* The status page: a process of its own, so that it answers while every worker is busy.
 *
 *   GET /ping          pong
 *   GET /status        the pool as text; ?json the same as JSON; ?full one line per process (also with json)
 *   GET /metrics       Prometheus text format 0.0.4
 */
#ifndef HEARTH_FCGI_STATUS_H
#define HEARTH_FCGI_STATUS_H

#include "base/config.h"
#include "base/str.h"
#include "fcgi/route.h"
#include "fcgi/scoreboard.h"

/* Serves plain HTTP/1.1 on listener until SIGTERM; returns the exit status. */
int status_run(const struct config *config, const struct route_table *routes, int listener,
               struct slot *slot);

/* The documents (status_report.c). */
void status_write_text(struct str *out, const struct config *config, bool full);
void status_write_json(struct str *out, const struct config *config, bool full);
void status_write_metrics(struct str *out, const struct route_table *routes);

#endif
