/* The process around an engine. Its handlers only set flags: the engine's loop reads one,
 * server_report_engine, which that loop calls every turn, the other. */
#include "fcgi/engine_process.h"

#include "base/log.h"
#include "fcgi/scoreboard.h"
#include "fcgi/worker.h"

static volatile sig_atomic_t stop_wanted, reopen_wanted;

static void note_stop(int signal_number)
{
    stop_wanted = 1;
}

static void note_reopen(int signal_number)
{
    reopen_wanted = 1;
}

static void set_signals(void)
{
    struct sigaction stop = {.sa_handler = note_stop}, reopen = {.sa_handler = note_reopen};
    sigset_t none;
    sigemptyset(&none);
    sigaction(SIGTERM, &stop, NULL);
    sigaction(SIGUSR1, &reopen, NULL);
    signal(SIGINT, SIG_IGN);
    signal(SIGHUP, SIG_IGN);
    signal(SIGQUIT, SIG_IGN);
    signal(SIGPIPE, SIG_IGN);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

int engine_process_run(const struct server *server, const struct config *config, int slot)
{
    struct ctx ctx = {.arena = arena_create(0), .config = config};
    set_signals();
    if (server->prepare && server->prepare(&ctx)) {
        log_error(NULL, "%s", ctx.error.message);
        arena_destroy(ctx.arena);
        return EXIT_PREPARE;
    }
    scoreboard_slot(slot)->state = SLOT_IDLE;
    int status = server->engine(config, slot, &stop_wanted);
    arena_destroy(ctx.arena);
    return status;
}

void server_report_engine(const struct engine_status *status)
{
    struct slot *slot = scoreboard_own();
    if (slot && slot->kind == PROCESS_ENGINE)
        slot->engine = *status;
    if (reopen_wanted) {
        reopen_wanted = 0;
        log_reopen();
    }
}
