/* The engine process: claims operations and drives them to their end (docs/engine.md). */
#ifndef HEARTH_ENGINE_ENGINE_H
#define HEARTH_ENGINE_ENGINE_H

#include <signal.h>

#include "base/config.h"

/* Runs until *stop; see fcgi/server.h. */
int engine_run(const struct config *config, int slot, const volatile sig_atomic_t *stop);

/* What an engine counts, for the status page. */
struct engine_counters {
    int operations; /* held now */
    unsigned long turns, transactions, resources_done, takeovers;
};

/* report is called after each round of the loop. Set before engine_run; NULL: nobody wants to know. */
void engine_on_status(void (*report)(const struct engine_counters *counters));

#endif
