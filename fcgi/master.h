/* The master process: holds the sockets and the process table, and serves nothing itself. */
#ifndef HEARTH_FCGI_MASTER_H
#define HEARTH_FCGI_MASTER_H

#include "fcgi/listener.h"
#include "fcgi/parking.h"
#include "fcgi/scoreboard.h"
#include "fcgi/server.h"

/* One row of the process table; its number is also that of its slot on the scoreboard. */
struct process {
    pid_t pid; /* 0: the row is free */
    enum process_kind kind;
    unsigned generation; /* of the configuration it was started with */
    int64_t started_us;  /* monotonic clock */
    int64_t told_us;     /* when it was told to stop; 0: it was not */
};

struct master {
    const struct server *server;
    const struct config *config;
    struct arena *config_arena; /* of config; replaced with it */
    unsigned generation;
    struct listener listener, status_listener;
    struct parking parking; /* of the workers; here it is only held open */
    int signals;            /* signalfd */
    struct process processes[SLOTS_MAX];
    struct {
        int64_t not_before_us, delay_us; /* back-off after early deaths */
        bool was_ready;                  /* one of this kind has served since the start */
    } kinds[PROCESS_KINDS];
    int wanted_api; /* with pool = dynamic: how many there should be now */
    int64_t pool_checked_us;
    int64_t stopping_us; /* when shutdown began; 0: it did not */
    int exit_status;
};

/* Runs until everything has stopped; returns the exit status. */
int master_run(struct master *master);

/* ---- master_processes.c ---- */

/* Forks a process of this kind into a free row; in the child it does not return. */
void process_start(struct master *master, enum process_kind kind);
/* Tells a process to finish; gently: an API worker may wait for the web server to give up its connections. */
void process_tell(struct master *master, struct process *process, bool gently);
/* Takes in all children that ended: logs, counts, sets the back-off. */
void processes_reap(struct master *master);
/* Kills workers whose request takes too long, and processes that did not stop in time. */
void processes_enforce(struct master *master);

#endif
