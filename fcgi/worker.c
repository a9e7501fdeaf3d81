/* An API worker: an event loop around a request at a time.
 *
 *                      ┌───────────────────────── epoll ─────────────────────────┐
 *   listening socket ──┤ accept ─> first byte there? ── yes ─> serve ─> kept? ───┼─> held
 *   signalfd ──────────┤                └─ no: a peer that has not spoken yet ───┼─> held
 *   held connections ──┤ readable ─> serve                                       │
 *                      └─────────────────────────────────────────────────────────┘
 *
 * A request is served from its first byte to the reply without looking left or right; between requests the
 * worker waits for all it holds at once. So neither a peer that connects and says nothing nor a connection
 * that the web server keeps open (fastcgi_keep_conn) pins it. The usual loop around FCGX_Accept_r has both
 * faults.
 *
 * Who takes a new connection. Workers with nothing in hand wait for the listening socket with EPOLLEXCLUSIVE:
 * the kernel wakes one of them, not all. A worker that holds connections waits without it, and steps back for
 * a moment when another is free: a kept connection is served soonest where it is.
 *
 * Turning to one means leaving the others. A request that comes in on a held connection while its worker is
 * busy with another would wait for that, though other workers are idle. So before it serves, a worker leaves
 * what else it holds in the parking lot (parking.h), where the next idle worker picks it up. And with more
 * kept connections than workers they would wander for ever: a second one in one hand is given up with its
 * next reply. That is why "keepalive" in the web server's configuration should stay below api_workers, which
 * the sample says.
 *
 * While every worker is busy, nobody would pick anything up, and handing connections round would cost half of
 * what the requests do. So then a worker keeps what it holds, if what it turns to is short: a request that is
 * all there, and a GET. It may be mistaken by the length of one read.
 *
 * Leaving without losing anything. A request is lost when the worker that holds its connection goes. So a
 * worker told to retire takes nothing new (what it has not accepted is the others'), says good-bye with the
 * reply it is about to give (connection.h), leaves what it holds in the parking lot, and goes. Where there is
 * no lot, or no room in it, it waits up to LINGER_RETIRE_US for a last request on each.
 *
 * Rejected: threads (libpq and one arena per request want one request per process, and a crash takes one
 * request instead of all); a lock around accept (what EPOLLEXCLUSIVE is for). */
#include "fcgi/worker.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/config.h"
#include "base/log.h"
#include "base/uuid.h"
#include "fcgi/connection.h"
#include "fcgi/dispatch.h"
#include "fcgi/parking.h"
#include "sql/db.h"

enum {
    HELD_MAX = 32,
    UUID_BYTES = 16,
    LARGE_REQUEST = 4 * 1024 * 1024, /* bytes of arena after which a worker gives back what it can */
    EVENTS_MAX = 16,
    STEP_BACK_US = 200,             /* head start that a worker in demand gives to free ones */
    SILENT_LIMIT_US = 10 * 1000000, /* an accepted connection must say its first byte within this */
    LINGER_STOP_US = 500 * 1000,    /* the same, once we have been told to stop */
    LINGER_RETIRE_US =
        3 * 1000000, /* a kept connection that says nothing for so long is closed on retiring */
};

/* epoll data, lower half: number of a held connection, or one of these. Upper half: the stamp of that
 * connection, so that an event that was fetched before its place changed hands is not taken for one of the
 * newcomer, on which we would then wait in read. */
enum { EVENT_LISTENER = HELD_MAX, EVENT_PARKING, EVENT_SIGNAL };

struct worker {
    const struct server *server;
    const struct config *config;
    struct slot *slot;
    struct route_tree *tree;
    struct arena *arena; /* of the request, reset after each */
    struct db *db;
    struct parking parking;
    int epoll, listener, signals;
    int leaving;     /* 0, WORKER_STOP or WORKER_RETIRE */
    int64_t left_us; /* when leaving began */
    bool recycled;
    uint64_t served, limit; /* limit: max_requests of this worker, 0 none */
    struct connection held[HELD_MAX];
    uint32_t stamps; /* given out */
    int held_count;
    struct connection *current;            /* being served, or NULL */
    unsigned char random[64 * UUID_BYTES]; /* for request ids */
    size_t random_used;
};

static struct worker *the_worker; /* for the out-of-memory handler, which gets no argument */

/* ---- what the loop waits for ---- */

static void watch(struct worker *worker, int fd, int id, uint32_t events)
{
    struct epoll_event event = {.events = events, .data.u64 = (uint32_t)id};
    if (id < HELD_MAX)
        event.data.u64 |= (uint64_t)worker->held[id].stamp << 32;
    if (epoll_ctl(worker->epoll, EPOLL_CTL_ADD, fd, &event))
        log_error(NULL, "cannot watch descriptor %d: %s", fd, strerror(errno));
}

/* Alone we let the kernel choose whom to wake; see the essay. What EPOLLEXCLUSIVE was set on cannot be
 * modified, only added anew. */
static void watch_listener(struct worker *worker)
{
    epoll_ctl(worker->epoll, EPOLL_CTL_DEL, worker->listener, NULL);
    if (!worker->leaving)
        watch(worker, worker->listener, EVENT_LISTENER,
              worker->held_count ? EPOLLIN : EPOLLIN | EPOLLEXCLUSIVE);
}

static void held_changed(struct worker *worker, int before)
{
    if ((before == 0) != (worker->held_count == 0))
        watch_listener(worker);
}

static int free_place(const struct worker *worker)
{
    for (int i = 0; i < HELD_MAX; i++)
        if (worker->held[i].fd < 0)
            return i;
    return -1;
}

static enum slot_state waiting_state(const struct worker *worker)
{
    return worker->leaving ? SLOT_STOPPING : worker->held_count ? SLOT_HOLDING : SLOT_IDLE;
}

/* Leaves every held connection but one in the parking lot. */
static void park_others(struct worker *worker, const struct connection *except)
{
    int before = worker->held_count;
    for (int i = 0; worker->held_count > 0 && i < HELD_MAX; i++) {
        struct connection *connection = &worker->held[i];
        if (connection->fd < 0 || connection == except)
            continue;
        epoll_ctl(worker->epoll, EPOLL_CTL_DEL, connection->fd,
                  NULL); /* closing would not: it stays open elsewhere */
        if (parking_put(&worker->parking, connection->fd, connection->kept)) {
            connection->fd = -1;
            worker->held_count--;
        } else {
            watch(worker, connection->fd, i, EPOLLIN);
        }
    }
    held_changed(worker, before);
}

static void leave(struct worker *worker, int how)
{
    if (worker->leaving == WORKER_STOP || worker->leaving == how)
        return;
    worker->leaving = how;
    worker->left_us = clock_monotonic_us();
    worker->slot->state = SLOT_STOPPING;
    watch_listener(worker);
    if (worker->parking.out >= 0)
        epoll_ctl(worker->epoll, EPOLL_CTL_DEL, worker->parking.out, NULL);
    if (how == WORKER_RETIRE)
        park_others(worker, worker->current);
}

/* ---- one request ---- */

/* "req-" and a version 4 UUID. A request id is no secret, so one system call fetches the random bytes of
 * many. */
static void new_request_id(struct worker *worker, char *out)
{
    static const char digits[] = "0123456789abcdef";
    if (worker->random_used == sizeof worker->random) {
        random_bytes(worker->random, sizeof worker->random);
        worker->random_used = 0;
    }
    unsigned char *bytes = worker->random + worker->random_used;
    worker->random_used += UUID_BYTES;
    bytes[6] = (bytes[6] & 0x0F) | 0x40;
    bytes[8] = (bytes[8] & 0x3F) | 0x80;
    out = stpcpy(out, "req-");
    for (int i = 0; i < UUID_BYTES; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10)
            *out++ = '-';
        *out++ = digits[bytes[i] >> 4];
        *out++ = digits[bytes[i] & 0x0F];
    }
    *out = '\0';
}

static void request_init(struct worker *worker, struct request *request)
{
    *request = (struct request){
        .ctx = {.arena = worker->arena, .config = worker->config, .db = worker->db},
    };
    new_request_id(worker, request->ctx.request_id);
}

/* Whether the connection may stay open: not when we leave, nor when it is one of several in our hand and others
 * have nothing to do. */
static bool wants_to_keep(const struct worker *worker)
{
    return !worker->leaving && (worker->held_count <= 1 || !scoreboard_another_waits());
}

static int route_number(const struct worker *worker, const struct request *request)
{
    return request->route ? (int)(request->route - worker->server->routes.routes) : -1;
}

static void account(struct worker *worker, const struct request *request, const struct phases *phases,
                    int64_t sent)
{
    int64_t total_us = clock_monotonic_us() - phases->begin_us;
    scoreboard_count(route_number(worker, request), request->reply.status, total_us);
    dispatch_log(request, phases, total_us, sent);
    scoreboard_request_end(worker->slot, waiting_state(worker), sent > 0 ? (uint64_t)sent : 0);
}

static void answer(struct worker *worker, struct request *request, struct phases *phases)
{
    struct connection *connection = worker->current;
    scoreboard_request_begin(worker->slot, request->method_text, request->raw_path, request->ctx.request_id);
    if (request->method != METHOD_GET && worker->held_count > 1)
        park_others(worker, connection);
    connection_receive_body(connection, request);
    phases->read_us = clock_monotonic_us() - phases->begin_us;
    db_stats_reset(worker->db);
    dispatch(worker->tree, request, phases);
    if (worker->limit && ++worker->served >= worker->limit) {
        worker->recycled = true;
        leave(worker, WORKER_RETIRE);
    }
    int64_t sent = connection_reply(connection, request, wants_to_keep(worker));
    account(worker, request, phases, sent);
}

/* The end of a request: nothing of it stays. A large one is rare, and worth a new connection. */
static void forget(struct worker *worker)
{
    bool large = arena_used(worker->arena) > LARGE_REQUEST;
    arena_reset(worker->arena);
    if (!large)
        return;
    db_disconnect(worker->db);
    memory_trim();
}

/* Serves one request. The clock that the master watches runs from the first byte, so a peer that stops in the
 * middle of its request counts as well. */
static void serve(struct worker *worker, struct connection *connection)
{
    struct request request;
    struct phases phases = {.begin_us = clock_monotonic_us()};
    request_init(worker, &request);
    worker->current = connection;
    worker->slot->reading = true;
    worker->slot->request_us = phases.begin_us;
    worker->slot->state = SLOT_BUSY;
    if (connection_receive(connection, &request) == 0)
        answer(worker, &request, &phases);
    worker->slot->reading = false;
    worker->slot->request_us = 0;
    worker->current = NULL;
    forget(worker);
}

/* ---- connections ---- */

/* Leaves the others to whoever waits; see the essay. */
static void turn_to(struct worker *worker, const struct connection *connection)
{
    if (worker->held_count > 1 && (scoreboard_another_waits() || !connection_complete(connection)))
        park_others(worker, connection);
}

static void serve_held(struct worker *worker, int place)
{
    struct connection *connection = &worker->held[place];
    if (connection->fd < 0)
        return;
    turn_to(worker, connection);
    int before = worker->held_count;
    serve(worker, connection);
    if (connection->fd < 0)
        worker->held_count--;
    held_changed(worker, before);
    worker->slot->state = (int)waiting_state(worker);
}

/* A new connection counts as held while it is served, so that one more than enough is not kept. */
static void take_in(struct worker *worker, int place)
{
    struct connection *connection = &worker->held[place];
    bool ready = connection_ready(connection);
    connection->stamp = ++worker->stamps;
    int before = worker->held_count++;
    atomic_fetch_add_explicit(&scoreboard_totals()->accepted, 1, memory_order_relaxed);
    if (ready) {
        turn_to(worker, connection);
        serve(worker, connection);
    }
    if (connection->fd >= 0)
        watch(worker, connection->fd, place, EPOLLIN);
    else
        worker->held_count--;
    held_changed(worker, before);
    worker->slot->state = (int)waiting_state(worker);
}

static void accept_one(struct worker *worker)
{
    int place = free_place(worker);
    if (worker->leaving || place < 0)
        return;
    if (worker->held_count > 0 && scoreboard_free_workers() > 0)
        nanosleep(&(struct timespec){.tv_nsec = STEP_BACK_US * 1000}, NULL);
    if (connection_accept(&worker->held[place], worker->listener))
        take_in(worker, place);
}

/* Picks up what another worker left. Its descriptor tells at once whether a request is waiting on it. */
static void adopt_one(struct worker *worker)
{
    int place = free_place(worker), before = worker->held_count;
    bool kept;
    int fd = worker->leaving || place < 0 ? -1 : parking_take(&worker->parking, &kept);
    if (fd < 0)
        return;
    worker->held[place] = (struct connection){
        .fd = fd, .kept = kept, .stamp = ++worker->stamps, .since_us = clock_monotonic_us()};
    worker->held_count++;
    watch(worker, fd, place, EPOLLIN);
    held_changed(worker, before);
    worker->slot->state = (int)waiting_state(worker);
}

static void drop(struct worker *worker, int place)
{
    int before = worker->held_count--;
    connection_close(&worker->held[place]);
    held_changed(worker, before);
    worker->slot->state = (int)waiting_state(worker);
}

/* How long a connection may stay silent. 0: for ever. */
static int64_t silence_allowed(const struct worker *worker, const struct connection *connection)
{
    if (!worker->leaving)
        return connection->kept ? 0 : SILENT_LIMIT_US;
    if (!connection->kept)
        return LINGER_STOP_US;
    return worker->leaving == WORKER_RETIRE ? LINGER_RETIRE_US : 1;
}

static int64_t deadline_of(const struct worker *worker, const struct connection *connection)
{
    int64_t allowed = silence_allowed(worker, connection);
    int64_t since = connection->since_us;
    if (worker->leaving && since < worker->left_us)
        since = worker->left_us;
    return allowed ? since + allowed : INT64_MAX;
}

static void drop_silent(struct worker *worker)
{
    int64_t now = clock_monotonic_us();
    for (int i = 0; worker->held_count > 0 && i < HELD_MAX; i++)
        if (worker->held[i].fd >= 0 && now >= deadline_of(worker, &worker->held[i]))
            drop(worker, i);
}

/* Milliseconds until the next connection has been silent for too long; -1: never. */
static int wait_ms(const struct worker *worker)
{
    int64_t next = INT64_MAX;
    for (int i = 0; worker->held_count > 0 && i < HELD_MAX; i++)
        if (worker->held[i].fd >= 0 && deadline_of(worker, &worker->held[i]) < next)
            next = deadline_of(worker, &worker->held[i]);
    if (next == INT64_MAX)
        return -1;
    int64_t left = next - clock_monotonic_us();
    return left <= 0 ? 0 : (int)(left / 1000) + 1;
}

/* ---- the loop ---- */

static void take_signal(struct worker *worker)
{
    struct signalfd_siginfo info;
    while (read(worker->signals, &info, sizeof info) == (ssize_t)sizeof info) {
        if (info.ssi_signo == SIGUSR1)
            log_reopen();
        else
            leave(worker, info.ssi_signo == WORKER_RETIRE ? WORKER_RETIRE : WORKER_STOP);
    }
}

/* What the peer has closed needs no reading: nobody waits for an answer. */
static void look_at(struct worker *worker, int place, bool closed)
{
    if (closed && worker->held[place].fd >= 0)
        drop(worker, place);
    else
        serve_held(worker, place);
}

static void handle(struct worker *worker, const struct epoll_event *event)
{
    uint32_t id = (uint32_t)event->data.u64, stamp = (uint32_t)(event->data.u64 >> 32);
    if (id == EVENT_SIGNAL)
        take_signal(worker);
    else if (id == EVENT_LISTENER)
        accept_one(worker);
    else if (id == EVENT_PARKING)
        adopt_one(worker);
    else if (worker->held[id].stamp == stamp)
        look_at(worker, (int)id, event->events & EPOLLHUP);
}

static void loop(struct worker *worker)
{
    struct epoll_event events[EVENTS_MAX];
    while (!worker->leaving || worker->held_count > 0) {
        int count = epoll_wait(worker->epoll, events, EVENTS_MAX, wait_ms(worker));
        for (int i = 0; i < count; i++)
            handle(worker, &events[i]);
        if (worker->held_count > 0)
            drop_silent(worker);
    }
}

/* ---- starting ---- */

static void out_of_memory(void)
{
    log_error(the_worker->slot->request_id, "out of memory in %s %s: answering 503 and leaving",
              the_worker->slot->method, the_worker->slot->path);
    if (the_worker->current)
        connection_last_words(the_worker->current);
    _exit(EXIT_OUT_OF_MEMORY);
}

/* Signals arrive through a descriptor, so that none can fall between looking for it and waiting. */
static int open_signals(bool single)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, WORKER_STOP);
    sigaddset(&set, WORKER_RETIRE);
    sigaddset(&set, SIGUSR1);
    if (single)
        sigaddset(&set, SIGINT);
    sigprocmask(SIG_SETMASK, &set, NULL);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGHUP, SIG_IGN);
    return signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
}

/* Each worker's own share above max_requests, so that workers of one age do not all leave together. */
static uint64_t spread_limit(int64_t max_requests)
{
    uint32_t random;
    random_bytes(&random, sizeof random);
    return max_requests <= 0 ? 0 : (uint64_t)max_requests + random % ((uint64_t)max_requests / 10 + 1);
}

static int open_worker(struct worker *worker, struct ctx *ctx)
{
    const struct config *config = worker->config;
    bool standalone = strcmp(config->auth, "standalone") == 0;
    worker->tree = route_compile(ctx->arena, &worker->server->routes, config->api_prefix,
                                 standalone ? config->identity_prefix : NULL);
    worker->arena = arena_create((size_t)config->request_memory);
    worker->db = ctx->db = db_open(config->database, config->prepared_statements);
    worker->random_used = sizeof worker->random;
    worker->limit = spread_limit(config->max_requests);
    fcntl(worker->listener, F_SETFL, fcntl(worker->listener, F_GETFL) | O_NONBLOCK);
    worker->epoll = epoll_create1(EPOLL_CLOEXEC);
    worker->signals = open_signals(worker->server->single);
    for (int i = 0; i < HELD_MAX; i++)
        worker->held[i].fd = -1;
    if (worker->epoll < 0 || worker->signals < 0 || FCGX_Init())
        return fail(ctx, FAULT_INTERNAL, "cannot start a worker: %s", strerror(errno));
    return worker->server->prepare ? worker->server->prepare(ctx) : 0;
}

static void close_worker(struct worker *worker, struct ctx *ctx)
{
    db_close(worker->db);
    arena_destroy(worker->arena);
    arena_destroy(ctx->arena);
}

int worker_run(const struct server *server, const struct config *config, int listener,
               const struct parking *parking, struct slot *slot)
{
    struct worker worker = {
        .server = server, .config = config, .listener = listener, .parking = *parking, .slot = slot};
    struct ctx ctx = {.arena = arena_create(0), .config = config};
    the_worker = &worker;
    if (open_worker(&worker, &ctx)) {
        log_error(NULL, "%s", ctx.error.message);
        close_worker(&worker, &ctx);
        return EXIT_PREPARE;
    }
    arena_on_out_of_memory(out_of_memory);
    watch(&worker, worker.signals, EVENT_SIGNAL, EPOLLIN);
    watch_listener(&worker);
    if (worker.parking.out >= 0)
        watch(&worker, worker.parking.out, EVENT_PARKING, EPOLLIN | EPOLLEXCLUSIVE);
    slot->state = SLOT_IDLE;
    loop(&worker);
    close_worker(&worker, &ctx);
    return worker.recycled ? EXIT_RECYCLED : 0;
}
