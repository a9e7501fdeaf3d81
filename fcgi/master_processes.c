/* The process table: starting, telling to stop, and burying processes. */
#include "fcgi/master.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "fcgi/engine_process.h"
#include "fcgi/process_title.h"
#include "fcgi/server_config.h"
#include "fcgi/status.h"
#include "fcgi/worker.h"

enum {
    YOUNG_US = 2 * 1000000,      /* dying earlier than this after its start is a reason to wait */
    FIRST_DELAY_US = 200 * 1000, /* which doubles each time */
    LAST_DELAY_US = 10 * 1000000,
    STOP_GRACE_US = 2 * 1000000, /* beyond shutdown_timeout, before SIGKILL */
};

/* ---- in the child ---- */

static int run_child(struct master *master, enum process_kind kind, int row)
{
    switch (kind) {
    case PROCESS_API:
        return worker_run(master->server, master->config, master->listener.fd, &master->parking,
                          scoreboard_slot(row));
    case PROCESS_ENGINE:
        return engine_process_run(master->server, master->config, row);
    case PROCESS_STATUS:
        return status_run(master->config, &master->server->routes, master->status_listener.fd,
                          scoreboard_slot(row));
    case PROCESS_KINDS:
        break;
    }
    return EXIT_FAILURE;
}

/* A child keeps only the socket it serves, and goes when its master does. */
static NORETURN void become_child(struct master *master, enum process_kind kind, int row, pid_t parent)
{
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() != parent)
        exit(EXIT_SUCCESS);
    process_title_set(process_kind_name(kind));
    close(master->signals);
    if (kind != PROCESS_API && master->listener.fd >= 0)
        close(master->listener.fd);
    if (kind != PROCESS_STATUS && master->status_listener.fd >= 0)
        close(master->status_listener.fd);
    scoreboard_become(row);
    server_config_open_log(master->config, process_kind_name(kind));
    exit(run_child(master, kind, row));
}

/* ---- in the master ---- */

static int free_row(const struct master *master)
{
    for (int row = 0; row < SLOTS_MAX; row++)
        if (master->processes[row].pid == 0)
            return row;
    return -1;
}

void process_start(struct master *master, enum process_kind kind)
{
    int row = free_row(master);
    if (row < 0)
        return;
    scoreboard_assign(row, kind, master->generation);
    pid_t parent = getpid(), pid = fork();
    if (pid == 0)
        become_child(master, kind, row, parent);
    if (pid < 0) {
        log_error(NULL, "cannot fork: %s", strerror(errno));
        scoreboard_slot(row)->state = SLOT_EMPTY;
        master->kinds[kind].not_before_us = clock_monotonic_us() + FIRST_DELAY_US;
        return;
    }
    scoreboard_slot(row)->pid = pid;
    master->processes[row] = (struct process){
        .pid = pid, .kind = kind, .generation = master->generation, .started_us = clock_monotonic_us()};
}

void process_tell(struct master *master, struct process *process, bool gently)
{
    if (process->told_us == 0)
        process->told_us = clock_monotonic_us();
    kill(process->pid, gently && process->kind == PROCESS_API ? WORKER_RETIRE : SIGTERM);
}

/* "exit status 1" or "signal 11 (Segmentation fault)" */
static const char *describe(int status, char out[64])
{
    if (WIFSIGNALED(status))
        snprintf(out, 64, "signal %d (%s)", WTERMSIG(status), strsignal(WTERMSIG(status)));
    else
        snprintf(out, 64, "exit status %d", WEXITSTATUS(status));
    return out;
}

/* "GET /v1/…" */
static const char *describe_request(const struct slot *slot, char out[256])
{
    if (slot->reading)
        snprintf(out, 256, "a request that was still being read");
    else
        snprintf(out, 256, "%s %s", slot->method, slot->path);
    return out;
}

static void back_off(struct master *master, enum process_kind kind, int64_t lived_us)
{
    int64_t delay = master->kinds[kind].delay_us * 2;
    if (lived_us >= YOUNG_US)
        delay = 0;
    else if (delay == 0)
        delay = FIRST_DELAY_US;
    else if (delay > LAST_DELAY_US)
        delay = LAST_DELAY_US;
    /* The first early death is repaired at once; a row of them is not made worse by us. */
    bool first = master->kinds[kind].delay_us == 0;
    master->kinds[kind].delay_us = delay;
    master->kinds[kind].not_before_us = first ? 0 : clock_monotonic_us() + delay;
}

static void bury_crashed(struct master *master, const struct process *process, const struct slot *slot,
                         int status)
{
    char how[64], request[256];
    bool busy = slot->state == SLOT_BUSY;
    log_error(busy && !slot->reading ? slot->request_id : NULL, "%s process %d ended by %s%s%s%s",
              process_kind_name(process->kind), (int)process->pid, describe(status, how),
              busy ? " while serving " : "", busy ? describe_request(slot, request) : "",
              master->stopping_us ? "" : "; starting another");
    atomic_fetch_add(&scoreboard_totals()->crashed[process->kind], 1);
    back_off(master, process->kind, clock_monotonic_us() - process->started_us);
}

/* What it could not open at the very start it will not be able to open a second time: the operator must see
 * it. */
static bool start_failed(const struct master *master, const struct process *process, int status)
{
    return WIFEXITED(status) && WEXITSTATUS(status) == EXIT_PREPARE && process->generation == 1 &&
           !master->kinds[process->kind].was_ready;
}

static void bury(struct master *master, struct process *process, int status)
{
    struct slot *slot = scoreboard_slot((int)(process - master->processes));
    if (start_failed(master, process, status)) {
        if (!master->stopping_us)
            log_error(NULL, "the first %s process could not start; stopping",
                      process_kind_name(process->kind));
        master->exit_status = EXIT_PREPARE;
    } else if (WIFEXITED(status) && WEXITSTATUS(status) == EXIT_RECYCLED) {
        atomic_fetch_add(&scoreboard_totals()->recycled[process->kind], 1);
    } else if (!process->told_us || WIFSIGNALED(status)) {
        bury_crashed(master, process, slot, status);
    }
    slot->state = SLOT_EMPTY;
    slot->pid = 0;
    process->pid = 0;
}

void processes_reap(struct master *master)
{
    int status;
    pid_t pid;
    while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
        for (int row = 0; row < SLOTS_MAX; row++)
            if (master->processes[row].pid == pid)
                bury(master, &master->processes[row], status);
}

/* ---- limits of time ---- */

static void kill_slow_request(struct master *master, struct process *process, struct slot *slot, int64_t now)
{
    int64_t limit_us = master->config->request_terminate_timeout * 1000, begun = slot->request_us;
    if (process->kind != PROCESS_API || limit_us <= 0 || begun == 0 || now - begun < limit_us)
        return;
    char request[256];
    log_error(slot->reading ? NULL : slot->request_id,
              "killing worker %d: %s has taken %.1f s (request_terminate_timeout)", (int)process->pid,
              describe_request(slot, request), (double)(now - begun) / 1e6);
    atomic_fetch_add(&scoreboard_totals()->timed_out, 1);
    kill(process->pid, SIGKILL);
}

static void kill_late(struct master *master, struct process *process, int64_t now)
{
    int64_t limit_us = master->config->shutdown_timeout * 1000 + STOP_GRACE_US;
    if (process->told_us == 0 || now - process->told_us < limit_us)
        return;
    log_warning(NULL, "%s process %d did not stop within shutdown_timeout; killing it",
                process_kind_name(process->kind), (int)process->pid);
    kill(process->pid, SIGKILL);
}

void processes_enforce(struct master *master)
{
    int64_t now = clock_monotonic_us();
    for (int row = 0; row < SLOTS_MAX; row++) {
        struct process *process = &master->processes[row];
        if (process->pid == 0)
            continue;
        if (scoreboard_slot(row)->state >= SLOT_IDLE)
            master->kinds[process->kind].was_ready = true;
        kill_slow_request(master, process, scoreboard_slot(row), now);
        kill_late(master, process, now);
    }
}
