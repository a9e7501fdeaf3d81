/* The master: one loop that compares the processes there are with those there should be.
 *
 *   signal or tick ─> take signals ─> bury the dead ─> enforce time limits ─> tend each kind
 *
 * Tending is the whole of starting, restarting, rolling and shrinking:
 *
 *   current   processes started with the configuration of now        wanted   what the configuration asks for
 *   ready     those of them that serve                                old      processes of an earlier
 * configuration
 *
 *   current < wanted        start (all that lack; one at a time while old ones still serve)
 *   ready + old > wanted    tell one old to retire
 *   current > wanted        tell one to retire
 *
 * So a crash, a new configuration, more or fewer workers and the first start are one and the same case, and
 * at no moment of a rolling restart do fewer processes serve than before it: the new one serves first. The
 * listening socket is never closed meanwhile. */
#include "fcgi/master.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "fcgi/server_config.h"

enum { TICK_MS = 250, TICK_BUSY_MS = 20, POOL_STEP_US = 500 * 1000 };

/* ---- counting ---- */

struct tally {
    int current, starting, ready, idle, old, all;
};

static bool is_ready(const struct master *master, const struct process *process)
{
    return scoreboard_slot((int)(process - master->processes))->state >= SLOT_IDLE;
}

static bool is_idle(const struct master *master, const struct process *process)
{
    int state = scoreboard_slot((int)(process - master->processes))->state;
    return state == SLOT_IDLE || state == SLOT_HOLDING;
}

static struct tally count(const struct master *master, enum process_kind kind)
{
    struct tally tally = {0};
    for (int row = 0; row < SLOTS_MAX; row++) {
        const struct process *process = &master->processes[row];
        if (process->pid == 0 || process->kind != kind)
            continue;
        tally.all++;
        if (process->told_us)
            continue;
        bool current = process->generation == master->generation;
        tally.old += !current;
        tally.current += current;
        tally.starting += current && !is_ready(master, process);
        tally.ready += current && is_ready(master, process);
        tally.idle += current && is_idle(master, process);
    }
    return tally;
}

/* ---- tending ---- */

/* pool = dynamic: between min_spare_workers and max_spare_workers idle ones, a step at a time. */
static int wanted_dynamic(struct master *master, const struct tally *tally)
{
    const struct config *config = master->config;
    int64_t now = clock_monotonic_us();
    int most = (int)config->api_workers, least = (int)config->min_spare_workers;
    if (now - master->pool_checked_us >= POOL_STEP_US) {
        master->pool_checked_us = now;
        if (tally->starting == 0 && tally->idle < least)
            master->wanted_api = tally->current + least - tally->idle;
        else if (tally->idle > config->max_spare_workers)
            master->wanted_api = tally->current - 1;
    }
    if (master->wanted_api < least)
        master->wanted_api = least;
    if (master->wanted_api > most)
        master->wanted_api = most;
    return master->wanted_api;
}

static int wanted(struct master *master, enum process_kind kind, const struct tally *tally)
{
    switch (kind) {
    case PROCESS_API:
        return strcmp(master->config->pool, "dynamic") == 0 ? wanted_dynamic(master, tally)
                                                            : (int)master->config->api_workers;
    case PROCESS_ENGINE:
        return master->server->engine ? (int)master->config->engines : 0;
    case PROCESS_STATUS:
        return master->status_listener.fd >= 0;
    case PROCESS_KINDS:
        break;
    }
    return 0;
}

/* The one to retire: an idle one if there is, or else the oldest row. */
static struct process *choose(struct master *master, enum process_kind kind, bool old)
{
    struct process *chosen = NULL;
    for (int row = 0; row < SLOTS_MAX; row++) {
        struct process *process = &master->processes[row];
        if (process->pid == 0 || process->kind != kind || process->told_us ||
            (process->generation != master->generation) != old)
            continue;
        if (!chosen || (!is_idle(master, chosen) && is_idle(master, process)))
            chosen = process;
    }
    return chosen;
}

static void retire_one(struct master *master, enum process_kind kind, bool old)
{
    struct process *process = choose(master, kind, old);
    if (process)
        process_tell(master, process, true);
}

static void tend(struct master *master, enum process_kind kind)
{
    struct tally tally = count(master, kind);
    int want = wanted(master, kind, &tally);
    int most_starting = tally.old > 0 ? 1 : want;
    if (clock_monotonic_us() < master->kinds[kind].not_before_us)
        most_starting = 0;
    for (int n = tally.current; n < want && tally.starting < most_starting; n++, tally.starting++)
        process_start(master, kind);
    if (tally.old > 0 && tally.ready + tally.old > want)
        retire_one(master, kind, true);
    else if (tally.old == 0 && tally.current > want)
        retire_one(master, kind, false);
}

static int processes_left(const struct master *master)
{
    int left = 0;
    for (enum process_kind kind = 0; kind < PROCESS_KINDS; kind++)
        left += count(master, kind).all;
    return left;
}

/* ---- signals ---- */

static void tell_all(struct master *master, int signal_number)
{
    for (int row = 0; row < SLOTS_MAX; row++)
        if (master->processes[row].pid)
            kill(master->processes[row].pid, signal_number);
}

/* The first time: drain. Again: an operator who cannot wait. */
static void begin_stop(struct master *master, const char *why)
{
    if (master->stopping_us) {
        log_warning(NULL, "%s again: killing what still runs", why);
        tell_all(master, SIGKILL);
        return;
    }
    log_info(NULL, "%s: stopping", why);
    service_notify("STOPPING=1");
    master->stopping_us = clock_monotonic_us();
    listener_close(&master->listener);
    for (int row = 0; row < SLOTS_MAX; row++)
        if (master->processes[row].pid && master->processes[row].kind != PROCESS_STATUS)
            process_tell(master, &master->processes[row], false);
}

/* The status page answers until all others have gone. */
static void stop_status_last(struct master *master)
{
    if (count(master, PROCESS_API).all + count(master, PROCESS_ENGINE).all > 0)
        return;
    for (int row = 0; row < SLOTS_MAX; row++)
        if (master->processes[row].pid && !master->processes[row].told_us)
            process_tell(master, &master->processes[row], false);
}

/* Options that are fixed when the master starts: a new value waits for a restart, and we say so. */
static void warn_fixed(const struct config *old, const struct config *new)
{
    const struct {
        const char *name, *old, *new;
    } fixed[] = {
        {"listen", old->listen, new->listen},
        {"status_listen", old->status_listen, new->status_listen},
        {"user", old->user, new->user},
        {"group", old->group, new->group},
        {"pid_file", old->pid_file, new->pid_file},
    };
    for (size_t i = 0; i < COUNT_OF(fixed); i++)
        if (strcmp(fixed[i].old, fixed[i].new) != 0)
            log_warning(NULL, "%s is now %s in the configuration; that needs a restart", fixed[i].name,
                        fixed[i].new);
}

static void reload(struct master *master)
{
    struct ctx ctx = {.arena = arena_create(0)};
    const struct config *config = server_config_read(&ctx, master->server);
    if (!config) {
        log_error(NULL, "the new configuration is refused, the old one stays: %s", ctx.error.message);
        arena_destroy(ctx.arena);
        return;
    }
    warn_fixed(master->config, config);
    struct arena *old = master->config_arena;
    master->config = config;
    master->config_arena = ctx.arena;
    arena_destroy(old);
    server_config_open_log(config, "master");
    master->generation++;
    scoreboard_totals()->generation = master->generation;
    memset(master->kinds, 0, sizeof master->kinds);
    log_info(NULL, "configuration %u: replacing processes one by one", master->generation);
}

static void take_signal(struct master *master, unsigned signal_number)
{
    switch (signal_number) {
    case SIGTERM:
        begin_stop(master, "SIGTERM");
        break;
    case SIGINT:
        begin_stop(master, "SIGINT");
        break;
    case SIGQUIT:
        begin_stop(master, "SIGQUIT");
        break;
    case SIGHUP:
        if (!master->stopping_us)
            reload(master);
        break;
    case SIGUSR1:
        log_reopen();
        tell_all(master, SIGUSR1);
        break;
    default: /* SIGCHLD: processes_reap looks anyway */
        break;
    }
}

static void wait_for_signals(struct master *master, int timeout_ms)
{
    struct pollfd wait = {.fd = master->signals, .events = POLLIN};
    struct signalfd_siginfo info;
    poll(&wait, 1, timeout_ms);
    while (read(master->signals, &info, sizeof info) == (ssize_t)sizeof info)
        take_signal(master, info.ssi_signo);
}

/* Children begin with these blocked too, so none is lost or deadly before they have set up their own. */
static int open_signals(void)
{
    static const int handled[] = {SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGUSR1, SIGCHLD};
    sigset_t set;
    sigemptyset(&set);
    for (size_t i = 0; i < COUNT_OF(handled); i++)
        sigaddset(&set, handled[i]);
    sigprocmask(SIG_BLOCK, &set, NULL);
    signal(SIGPIPE, SIG_IGN);
    return signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
}

/* ---- the loop ---- */

/* Something is on its way (a process starting, old ones leaving): look often. */
static bool unsettled(const struct master *master)
{
    for (enum process_kind kind = 0; kind < PROCESS_KINDS; kind++) {
        struct tally tally = count(master, kind);
        if (tally.starting > 0 || tally.old > 0)
            return true;
    }
    return false;
}

static void say_ready(const struct master *master, bool *said)
{
    if (*said || unsettled(master))
        return;
    *said = true;
    log_info(NULL, "ready: %lld api, %lld engines, listening on %s", (long long)master->config->api_workers,
             (long long)master->config->engines, master->config->listen);
    service_notify("READY=1");
}

int master_run(struct master *master)
{
    bool said_ready = false;
    master->signals = open_signals();
    master->generation = 1;
    scoreboard_totals()->generation = 1;
    while (!master->stopping_us || processes_left(master) > 0) {
        processes_reap(master);
        processes_enforce(master);
        if (master->exit_status && !master->stopping_us)
            begin_stop(master, "failed start");
        for (enum process_kind kind = 0; !master->stopping_us && kind < PROCESS_KINDS; kind++)
            tend(master, kind);
        if (master->stopping_us)
            stop_status_last(master);
        else
            say_ready(master, &said_ready);
        wait_for_signals(master, unsettled(master) ? TICK_BUSY_MS : TICK_MS);
    }
    log_info(NULL, "stopped");
    return master->exit_status;
}
