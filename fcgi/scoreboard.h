/* The scoreboard: memory that master, workers, engines and status page share. Each process writes its own
 * slot, all add to the counters, and whoever reads takes numbers that may be a moment apart from each other.
 *
 * It is mapped once, before the first fork, for the most processes and routes there can be, so a new
 * configuration never moves it; pages that are not touched cost nothing. No locks: a process killed while it
 * writes cannot leave one behind. */
#ifndef HEARTH_FCGI_SCOREBOARD_H
#define HEARTH_FCGI_SCOREBOARD_H

#include <assert.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "fcgi/request.h"
#include "fcgi/route.h"
#include "fcgi/server.h"

enum { SLOTS_MAX = 512, ROUTES_MAX = 160, LATENCY_BUCKETS = 16 };

enum process_kind { PROCESS_API, PROCESS_ENGINE, PROCESS_STATUS, PROCESS_KINDS };
const char *process_kind_name(enum process_kind kind);

enum slot_state {
    SLOT_EMPTY,
    SLOT_STARTING, /* forked, not serving yet */
    SLOT_IDLE,     /* free to take a connection */
    SLOT_HOLDING,  /* idle, but a web server keeps connections open to it */
    SLOT_BUSY,
    SLOT_STOPPING, /* finishes what it has, takes nothing new */
};
const char *slot_state_name(enum slot_state state);

struct slot {
    _Atomic int state; /* enum slot_state */
    enum process_kind kind;
    pid_t pid;
    unsigned generation;        /* of the configuration it runs with */
    int64_t started_us;         /* wall clock */
    _Atomic int64_t request_us; /* monotonic clock; when the current request began, 0: none */
    _Atomic bool reading; /* the current request is not read yet: method and path are of the one before */
    _Atomic uint64_t requests, bytes;
    char method[8], path[160]; /* of the current or last request; the path without query */
    char request_id[48];
    struct engine_status engine;
};

/* Master's own numbers. */
struct pool_totals {
    int64_t started_us;
    _Atomic unsigned generation; /* of the configuration */
    _Atomic uint64_t crashed[PROCESS_KINDS], recycled[PROCESS_KINDS], timed_out;
    _Atomic uint64_t slow_requests, accepted;
};

struct route_counts {
    _Atomic uint64_t by_status[24]; /* in the order of statuses.def; the last one used: any other */
    _Atomic uint64_t buckets[LATENCY_BUCKETS];
    _Atomic uint64_t time_us;
};

/* Once, in the master (or the one process) before any fork. -1 when there is no memory. */
int scoreboard_open(void) MUST_CHECK;

struct slot *scoreboard_slot(int slot);
/* Clears a slot for a new process of this kind; by the master, before it forks. */
void scoreboard_assign(int slot, enum process_kind kind, unsigned generation);
struct pool_totals *scoreboard_totals(void);
/* How often it was raised, in any process; also where another reply than the error came of it. */
uint64_t scoreboard_faults(enum fault fault);
/* This process's slot: set after fork; NULL in a process that has none. */
void scoreboard_become(int slot);
struct slot *scoreboard_own(void);
/* API workers that wait with nothing in hand. */
int scoreboard_free_workers(void);
/* Whether an API worker besides this process waits, with or without connections in hand. */
bool scoreboard_another_waits(void);

/* ---- requests ---- route: its number in the table, or -1 where none matched. */
void scoreboard_request_begin(struct slot *slot, const char *method, const char *path,
                              const char *request_id);
void scoreboard_request_end(struct slot *slot, enum slot_state next, uint64_t bytes);
void scoreboard_count(int route, int status, int64_t time_us);
const struct route_counts *scoreboard_counts(int route);
/* Upper bounds of the latency buckets in microseconds; the last is INT64_MAX. */
extern const int64_t latency_bounds[LATENCY_BUCKETS];
/* Statuses as counted: code of a column, 0 for "other", -1 past the last. */
int scoreboard_status_at(int column);

/* Version of the workers' token caches: a cache that is older throws its contents away. */
unsigned scoreboard_auth_generation(void);
void scoreboard_auth_bump(void);

#endif
