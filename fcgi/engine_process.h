/* The process around an engine: its signals, its opening, its line on the scoreboard. */
#ifndef HEARTH_FCGI_ENGINE_PROCESS_H
#define HEARTH_FCGI_ENGINE_PROCESS_H

#include "fcgi/server.h"

/* Opens what server->prepare opens, then runs server->engine until SIGTERM; returns the exit status. */
int engine_process_run(const struct server *server, const struct config *config, int slot);

#endif
