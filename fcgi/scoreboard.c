/* The scoreboard. */
#include "fcgi/scoreboard.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/clock.h"

static struct scoreboard {
    struct pool_totals totals;
    _Atomic unsigned auth_generation;
    _Atomic uint64_t faults[FAULT_COUNT];
    _Atomic int slots_used; /* one past the highest that was ever used */
    struct slot slots[SLOTS_MAX];
    struct route_counts routes[ROUTES_MAX + 1]; /* [0]: requests that no route matched */
} * board;

static struct slot *own_slot; /* of this process; NULL before scoreboard_become */

const int64_t latency_bounds[LATENCY_BUCKETS] = {500,     1000,     2500,     5000,     10000,   25000,
                                                 50000,   100000,   250000,   500000,   1000000, 2500000,
                                                 5000000, 10000000, 30000000, INT64_MAX};

static const int counted_statuses[] = {
#define STATUS(code, phrase, explanation) code,
#include "fcgi/statuses.def"
#undef STATUS
    0,
};
static_assert(COUNT_OF(counted_statuses) <= COUNT_OF(((struct route_counts *)0)->by_status),
              "by_status has too few columns for statuses.def");

const char *process_kind_name(enum process_kind kind)
{
    static const char *const names[] = {
        [PROCESS_API] = "api", [PROCESS_ENGINE] = "engine", [PROCESS_STATUS] = "status"};
    return names[kind];
}

const char *slot_state_name(enum slot_state state)
{
    static const char *const names[] = {
        [SLOT_EMPTY] = "empty",     [SLOT_STARTING] = "starting", [SLOT_IDLE] = "idle",
        [SLOT_HOLDING] = "holding", [SLOT_BUSY] = "busy",         [SLOT_STOPPING] = "stopping",
    };
    return names[state];
}

int scoreboard_open(void)
{
    if (board)
        return 0;
    void *memory = mmap(NULL, sizeof *board, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED)
        return -1;
    board = memory;
    board->totals.started_us = clock_wall_us();
    fault_count_into(board->faults);
    return 0;
}

struct slot *scoreboard_slot(int slot)
{
    return &board->slots[slot];
}

struct pool_totals *scoreboard_totals(void)
{
    return &board->totals;
}

uint64_t scoreboard_faults(enum fault fault)
{
    return board->faults[fault];
}

void scoreboard_assign(int slot, enum process_kind kind, unsigned generation)
{
    struct slot *row = &board->slots[slot];
    memset(row, 0, sizeof *row);
    row->kind = kind;
    row->generation = generation;
    row->started_us = clock_wall_us();
    row->state = SLOT_STARTING;
    if (board->slots_used <= slot)
        board->slots_used = slot + 1;
}

void scoreboard_become(int slot)
{
    own_slot = &board->slots[slot];
}

struct slot *scoreboard_own(void)
{
    return own_slot;
}

int scoreboard_free_workers(void)
{
    int free_workers = 0;
    for (int i = 0; i < board->slots_used; i++)
        free_workers += board->slots[i].kind == PROCESS_API && board->slots[i].state == SLOT_IDLE;
    return free_workers;
}

bool scoreboard_another_waits(void)
{
    for (int i = 0; i < board->slots_used; i++) {
        const struct slot *slot = &board->slots[i];
        int state = slot->state;
        if (slot != own_slot && slot->kind == PROCESS_API && (state == SLOT_IDLE || state == SLOT_HOLDING))
            return true;
    }
    return false;
}

static void copy_text(char *out, size_t size, const char *text)
{
    size_t length = strnlen(text, size - 1);
    memcpy(out, text, length);
    out[length] = '\0';
}

void scoreboard_request_begin(struct slot *slot, const char *method, const char *path, const char *request_id)
{
    copy_text(slot->method, sizeof slot->method, method);
    copy_text(slot->path, sizeof slot->path, path);
    copy_text(slot->request_id, sizeof slot->request_id, request_id);
    slot->reading = false;
}

void scoreboard_request_end(struct slot *slot, enum slot_state next, uint64_t bytes)
{
    atomic_fetch_add_explicit(&slot->requests, 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&slot->bytes, bytes, memory_order_relaxed);
    slot->request_us = 0;
    slot->state = (int)next;
}

static size_t status_column(int status)
{
    size_t column = 0;
    while (counted_statuses[column] != status && counted_statuses[column] != 0)
        column++;
    return column;
}

int scoreboard_status_at(int column)
{
    return column < (int)COUNT_OF(counted_statuses) ? counted_statuses[column] : -1;
}

void scoreboard_count(int route, int status, int64_t time_us)
{
    struct route_counts *counts = &board->routes[route < 0 || route >= ROUTES_MAX ? 0 : route + 1];
    size_t bucket = 0;
    while (time_us > latency_bounds[bucket])
        bucket++;
    atomic_fetch_add_explicit(&counts->by_status[status_column(status)], 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&counts->buckets[bucket], 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&counts->time_us, (uint64_t)time_us, memory_order_relaxed);
}

const struct route_counts *scoreboard_counts(int route)
{
    return &board->routes[route + 1];
}

/* Programs without a scoreboard (the operator's tool, tests) have one process and one cache. */
unsigned scoreboard_auth_generation(void)
{
    return board ? board->auth_generation : 0;
}

void scoreboard_auth_bump(void)
{
    if (board)
        atomic_fetch_add(&board->auth_generation, 1);
}
