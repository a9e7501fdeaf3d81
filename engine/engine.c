/* The engine's loop.
 *
 *        ┌───────────────────────────────────────────────────────────────────────────┐
 *        v                                                                           │
 *   claim: what is pending, what others left, what was woken      (one transaction)  │
 *        v                                                                           │
 *   turn: each operation goes as far as it can without waiting       (memory only)   │
 *        v                                                                           │
 *   commit: all that changed, fenced, leases prolonged            (one transaction)  │
 *        v                                                                           │
 *   wait: for a notification, an answer, the nearest due time, or the poll ──────────┘
 *
 * A notification is a hint; the poll is the guarantee. When the database is lost, what was being worked on is
 * forgotten and loaded again from where it was last committed. */
#include "engine/engine.h"

#include <inttypes.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/uuid.h"
#include "engine/batch.h"
#include "engine/breakpoints.h"
#include "engine/effects.h"
#include "engine/nested.h"
#include "engine/operation.h"
#include "engine/rows.h"
#include "engine/service_calls.h"
#include "engine/signal.h"

enum {
    TURN_BUDGET_US = 500000, /* of all operations in one round; then what there is gets committed */
    DAY_MS = 24 * 3600 * 1000,
    WAIT_MAX_MS = 1000,      /* so that a stop is seen */
    FAILED_COMMITS_MAX = 5,  /* then an operation that cannot be stored is given up */
    RELOAD_BYTES = 64 << 20, /* an operation that grew by so much is made anew */
    RETRY_MS = 200,
};

static const char *const PARTITIONS_AHEAD = "3"; /* months */

struct engine {
    const struct config *config;
    const volatile sig_atomic_t *stop;
    struct arena *arena; /* of one round of the loop */
    struct ctx ctx;
    struct db *db, *bell; /* for work, and for LISTEN */
    char id[UUID_SIZE];
    struct operation **operations;
    size_t count, capacity;
    int64_t next_poll_us, next_renewal_us, next_heartbeat_us, next_upkeep_us; /* monotonic */
    bool rung; /* a notification came: look now */
    struct service_calls *calls;
    struct engine_counters counters;
};

static void (*status_reporter)(const struct engine_counters *counters);

void engine_on_status(void (*report)(const struct engine_counters *counters))
{
    status_reporter = report;
}

static void log_failure(struct engine *engine, const char *what)
{
    log_warning(NULL, "%s: %s", what, engine->ctx.error.message ? engine->ctx.error.message : "failed");
    error_clear(&engine->ctx);
}

/* ---- operations in hand ---- */
static void drop(struct engine *engine, size_t index)
{
    service_calls_forget(engine->operations[index]);
    operation_free(engine->operations[index]);
    engine->operations[index] = engine->operations[--engine->count];
}

static void drop_all(struct engine *engine)
{
    while (engine->count > 0)
        drop(engine, engine->count - 1);
}

static void drop_finished(struct engine *engine)
{
    for (size_t i = engine->count; i-- > 0;) {
        struct operation *operation = engine->operations[i];
        if (!operation->lost && operation->phase != PHASE_OVER)
            continue;
        if (!operation->lost)
            log_info(operation->ctx.request_id, "operation=%s stack=%s %s_%s", operation->id,
                     operation->stack_id, action_name(operation->stack.action),
                     status_name(operation->stack.status));
        drop(engine, i);
    }
}

static const char *ids_json(struct engine *engine, struct operation **operations, size_t count,
                            bool of_stacks)
{
    struct row_list list = ROW_LIST_INIT(engine->arena);
    for (size_t i = 0; i < count; i++)
        row_list_add_text(&list, of_stacks ? operations[i]->stack_id : operations[i]->id);
    return row_list_json(&list);
}

/* ---- claiming ---- */
/* What waits for a step of the hooks, for those operations that deal with it. */
static int load_signals(struct engine *engine, struct operation **operations, size_t count)
{
    bool wanted = false;
    for (size_t i = 0; i < count; i++)
        wanted = wanted || operations[i]->signals;
    if (!wanted)
        return 0;
    struct rows *pending =
        db_run(&engine->ctx, engine->db, STMT_signal_pending, ids_json(engine, operations, count, true));
    for (size_t i = 0; pending && i < count; i++)
        if (operations[i]->signals)
            signals_load(operations[i], pending);
    return pending ? 0 : -1;
}

/* Loads operations from rows of engine_claim or engine_reload, in the open transaction. They are held from
 * the moment of the commit; until then they stand behind engine->count. */
static int load_operations(struct engine *engine, const struct rows *rows, size_t *loaded)
{
    struct operation **into = engine->operations + engine->count;
    int taken_over = rows_column(rows, "taken_over");
    *loaded = 0;
    if (rows_count(rows) == 0)
        return 0;
    for (size_t i = 0; i < rows_count(rows); i++) {
        into[(*loaded)++] = operation_load(engine->config, rows, i);
        engine->counters.takeovers += rows_bool(rows, i, taken_over);
    }
    struct rows *resources =
        db_run(&engine->ctx, engine->db, STMT_engine_resources, ids_json(engine, into, *loaded, true));
    for (size_t i = 0; resources && i < *loaded; i++)
        operation_load_resources(into[i], resources);
    if (!resources || nested_read(&engine->ctx, engine->db, into, *loaded, false) != 0)
        return -1;
    return load_signals(engine, into, *loaded);
}

static void forget_loaded(struct engine *engine, size_t loaded)
{
    for (size_t i = 0; i < loaded; i++)
        operation_free(engine->operations[engine->count + i]);
}

static bool find_held(const struct rows *held, const char *id, bool *woken)
{
    for (size_t i = 0; i < rows_count(held); i++) {
        if (strcmp(rows_text(held, i, 0), id) != 0)
            continue;
        *woken = rows_bool(held, i, 2);
        return true;
    }
    return false;
}

/* Drops what was cancelled or taken over, and collects what was woken. */
static size_t sort_held(struct engine *engine, const struct rows *held, struct operation **woken)
{
    size_t count = 0;
    for (size_t i = engine->count; i-- > 0;) {
        bool is_woken = false;
        if (!find_held(held, engine->operations[i]->id, &is_woken)) {
            log_info(engine->operations[i]->ctx.request_id, "operation=%s was taken away",
                     engine->operations[i]->id);
            drop(engine, i);
        } else if (is_woken) {
            woken[count++] = engine->operations[i];
        }
    }
    return count;
}

/* Breakpoints that were cleared. */
static int take_cleared(struct engine *engine, struct operation **operations, size_t count)
{
    bool waiting = false;
    for (size_t i = 0; i < count; i++)
        waiting = waiting || operations[i]->paused_count > 0;
    if (!waiting)
        return 0;
    struct rows *cleared =
        db_run(&engine->ctx, engine->db, STMT_breakpoint_cleared, ids_json(engine, operations, count, true));
    for (size_t i = 0; cleared && i < count; i++)
        breakpoints_take(operations[i], cleared);
    return cleared ? 0 : -1;
}

/* Signals to what we hold. The wake-up is taken back before they are read, so that none is missed. */
static int take_signals(struct engine *engine)
{
    struct ctx *ctx = &engine->ctx;
    struct operation **woken = arena_array(engine->arena, struct operation *, engine->count + 1);
    struct rows *held = db_run(ctx, engine->db, STMT_engine_held, engine->id);
    size_t count = held ? sort_held(engine, held, woken) : 0;
    if (!held || count == 0)
        return held ? 0 : -1;
    if (!db_run(ctx, engine->db, STMT_engine_unwake, engine->id, ids_json(engine, woken, count, false)))
        return -1;
    struct rows *signals = db_run(ctx, engine->db, STMT_engine_signals, ids_json(engine, woken, count, true));
    for (size_t i = 0; signals && i < count; i++)
        operation_take_signals(woken[i], signals);
    return signals && take_cleared(engine, woken, count) == 0 ? load_signals(engine, woken, count) : -1;
}

/* Those that only wait for nested stacks take no place: what they wait for could never be claimed otherwise. */
static size_t find_room(const struct engine *engine)
{
    size_t most = (size_t)engine->config->max_operations, busy = 0;
    for (size_t i = 0; i < engine->count; i++)
        busy += !operation_waits_for_children(engine->operations[i]);
    return busy < most ? most - busy : 0;
}

static void make_room(struct engine *engine, size_t more)
{
    if (engine->count + more <= engine->capacity)
        return;
    size_t capacity = 2 * (engine->count + more);
    struct operation **grown = realloc(engine->operations, capacity * sizeof(struct operation *));
    if (!grown) {
        log_error(NULL, "engine has no memory");
        _exit(70);
    }
    engine->operations = grown;
    engine->capacity = capacity;
}

static int claim_new(struct engine *engine, size_t *loaded)
{
    size_t room = find_room(engine);
    *loaded = 0;
    if (room == 0)
        return 0;
    make_room(engine, room);
    struct rows *claimed = db_run(&engine->ctx, engine->db, STMT_engine_claim, engine->id,
                                  arena_printf(engine->arena, "%" PRId64, engine->config->lease),
                                  arena_printf(engine->arena, "%zu", room));
    return claimed ? load_operations(engine, claimed, loaded) : -1;
}

static int claim(struct engine *engine)
{
    size_t loaded = 0;
    if (db_begin(&engine->ctx, engine->db, DB_WRITE) != 0)
        return -1;
    if ((engine->count > 0 && take_signals(engine) != 0) ||
        nested_read(&engine->ctx, engine->db, engine->operations, engine->count, true) != 0 ||
        db_queue(&engine->ctx, engine->db, STMT_signal_yield) != 0 || claim_new(engine, &loaded) != 0 ||
        db_commit(&engine->ctx, engine->db) != 0) {
        forget_loaded(engine, loaded);
        db_rollback(engine->db);
        return -1;
    }
    engine->count += loaded;
    engine->counters.transactions++;
    return 0;
}

/* ---- after a failure ---- */
/* What the database said last is the truth: everything held is loaded again. */
static int reload(struct engine *engine, const char *ids)
{
    size_t loaded = 0;
    if (db_begin(&engine->ctx, engine->db, DB_WRITE) != 0)
        return -1;
    struct rows *rows = db_run(&engine->ctx, engine->db, STMT_engine_reload, engine->id, ids);
    if (!rows || load_operations(engine, rows, &loaded) != 0 || db_commit(&engine->ctx, engine->db) != 0) {
        forget_loaded(engine, loaded);
        db_rollback(engine->db);
        return -1;
    }
    engine->count += loaded;
    return 0;
}

static void pause_ms(int ms)
{
    poll(NULL, 0, ms);
}

/* Until it works or we are to stop; meanwhile our leases may run out, and others go on. */
static void reload_all(struct engine *engine)
{
    char *ids = arena_strdup(engine->arena, ids_json(engine, engine->operations, engine->count, false));
    drop_all(engine);
    int wait = RETRY_MS;
    while (!*engine->stop && reload(engine, ids) != 0) {
        log_failure(engine, "cannot load operations again");
        pause_ms(wait);
        wait = wait < 5000 ? 2 * wait : wait;
    }
}

/* A statement refuses what one operation writes: find out which by committing each by itself; after several
 * times it is given up as broken, so that the others go on. */
static void commit_one_by_one(struct engine *engine)
{
    for (size_t i = 0; i < engine->count; i++) {
        struct operation *operation = engine->operations[i];
        if (batch_commit(&engine->ctx, engine->db, &operation, 1, false) == 0)
            continue;
        log_error(operation->ctx.request_id, "operation=%s stack=%s cannot be stored: %s", operation->id,
                  operation->stack_id, engine->ctx.error.message);
        error_clear(&engine->ctx);
        operation->failed_commits++;
    }
}

static void give_up_broken(struct engine *engine)
{
    for (size_t i = 0; i < engine->count; i++) {
        struct operation *operation = engine->operations[i];
        if (operation->failed_commits < FAILED_COMMITS_MAX || operation->phase == PHASE_OVER)
            continue;
        operation->changed_count = operation->event_count = 0;
        if (operation->signals) {
            signals_give_up(operation);
            continue;
        }
        stack_set_state(operation, operation->stack.action, STATUS_FAILED,
                        "What was to be stored was refused");
        operation->state = "FAILED";
        operation->reason = operation->stack_reason;
        operation->phase = PHASE_OVER;
        operation->outputs_changed = false;
    }
}

static void commit(struct engine *engine, bool renew)
{
    int64_t before_us = clock_monotonic_us();
    engine->counters.transactions++;
    if (batch_commit(&engine->ctx, engine->db, engine->operations, engine->count, renew) == 0) {
        if (renew)
            service_calls_permit(engine->calls, before_us + engine->config->lease * 1000);
        return;
    }
    bool refused = engine->ctx.error.fault == FAULT_INTERNAL && db_connected(engine->db);
    log_failure(engine, "cannot commit");
    if (!refused) {
        reload_all(engine);
        return;
    }
    commit_one_by_one(engine);
    give_up_broken(engine);
    pause_ms(RETRY_MS);
}

/* ---- the round ---- */
/* What steps asked is looked up once their turn is committed; without an answer they ask again. */
static void answer_steps(struct engine *engine)
{
    struct askers askers = operations_askers(engine->arena, engine->operations, engine->count);
    if (askers.count > 0 && effects_answer(&engine->ctx, engine->db, askers.items, askers.count) != 0)
        log_failure(engine, "cannot look up what steps ask for");
}

static void run_turns(struct engine *engine)
{
    int64_t now_us = clock_wall_us(), budget_us = TURN_BUDGET_US / (int64_t)(engine->count + 1);
    for (size_t i = 0; i < engine->count; i++) {
        struct operation *operation = engine->operations[i];
        if (operation->turn > 0 && !operation->signalled && operation_due(operation) > now_us)
            continue;
        operation_turn(operation, now_us, budget_us);
        engine->counters.turns++;
        engine->counters.resources_done += operation->changed_count;
    }
}

static bool has_grown(const struct operation *operation)
{
    return arena_used(operation->arena) >= operation->loaded_bytes * 3 + RELOAD_BYTES;
}

/* Long waits with many looks leave something behind in an operation's arena each time; and one that turned
 * back to the previous definition begins anew with that. Calls under way are waited for, and no more are begun. */
static bool is_to_be_renewed(const struct operation *operation)
{
    return (has_grown(operation) || operation->phase == PHASE_TURN_BACK) && !operation->more &&
           !operation_has_changes(operation) && !operation_is_calling(operation);
}

static void begin_calls(struct engine *engine)
{
    for (size_t i = 0; i < engine->count; i++)
        if (!has_grown(engine->operations[i]))
            service_calls_take(engine->calls, engine->operations[i]);
}

static void renew_operations(struct engine *engine)
{
    for (size_t i = engine->count; i-- > 0;) {
        struct operation *operation = engine->operations[i];
        if (!is_to_be_renewed(operation))
            continue;
        const char *ids = arena_strdup(engine->arena, ids_json(engine, &operation, 1, false));
        drop(engine, i);
        if (reload(engine, ids) != 0)
            log_failure(engine,
                        "cannot load an operation again"); /* its lease runs out, and it is claimed again */
    }
}

static void heartbeat(struct engine *engine)
{
    struct ctx *ctx = &engine->ctx;
    char host[256] = "localhost";
    gethostname(host, sizeof(host) - 1);
    if (db_begin(ctx, engine->db, DB_WRITE) == 0 &&
        db_queue(ctx, engine->db, STMT_engine_heartbeat, engine->id, host, host, "hearth-engine",
                 arena_printf(engine->arena, "%" PRId64, (engine->config->heartbeat + 999) / 1000)) == 0 &&
        db_queue(ctx, engine->db, STMT_engine_forget_services, ) == 0 && db_commit(ctx, engine->db) == 0)
        return;
    db_rollback(engine->db);
    log_failure(engine, "cannot report as a service");
}

/* Events go to a partition a month; without one ahead they would pile up in the default partition. Replies kept for
 * an Idempotency-Key go when their time is over. */
static void upkeep(struct engine *engine)
{
    struct ctx *ctx = &engine->ctx;
    if (db_begin(ctx, engine->db, DB_WRITE) == 0 &&
        db_queue(ctx, engine->db, STMT_event_partitions_ensure, PARTITIONS_AHEAD) == 0 &&
        db_queue(ctx, engine->db, STMT_idempotency_purge, ) == 0 && db_commit(ctx, engine->db) == 0)
        return;
    db_rollback(engine->db);
    log_failure(engine, "cannot do the daily upkeep; events may go to event_default meanwhile");
}

static bool is_time(int64_t *next_us, int64_t now_us, int64_t interval_ms)
{
    if (now_us < *next_us)
        return false;
    *next_us = now_us + interval_ms * 1000;
    return true;
}

static void work(struct engine *engine)
{
    int64_t now_us = clock_monotonic_us();
    if (is_time(&engine->next_heartbeat_us, now_us, engine->config->heartbeat))
        heartbeat(engine);
    if (is_time(&engine->next_upkeep_us, now_us, DAY_MS))
        upkeep(engine);
    if (engine->rung || is_time(&engine->next_poll_us, now_us, engine->config->poll_interval)) {
        engine->rung = false;
        if (claim(engine) != 0)
            log_failure(engine, "cannot look for operations");
    }
    run_turns(engine);
    commit(engine, engine->count > 0 && is_time(&engine->next_renewal_us, now_us, engine->config->lease / 3));
    drop_finished(engine);
    answer_steps(engine);
    renew_operations(engine);
    begin_calls(engine);
}

/* Milliseconds until something is due. */
static int wait_time(const struct engine *engine)
{
    int64_t now_us = clock_wall_us(), monotonic_us = clock_monotonic_us();
    int64_t wait_us = (int64_t)WAIT_MAX_MS * 1000;
    for (size_t i = 0; i < engine->count; i++) {
        int64_t due_us = operation_due(engine->operations[i]) - now_us;
        if (engine->operations[i]->signalled || engine->operations[i]->turn == 0)
            return 0;
        wait_us = due_us < wait_us ? due_us : wait_us;
    }
    if (engine->next_poll_us - monotonic_us < wait_us)
        wait_us = engine->next_poll_us - monotonic_us;
    return wait_us <= 0 ? 0 : (int)((wait_us + 999) / 1000);
}

static void wait_for_news(struct engine *engine)
{
    if (!*engine->stop)
        (void)service_calls_wait(engine->calls, db_socket(engine->bell), wait_time(engine));
    if (!*engine->stop && db_notified(&engine->ctx, engine->bell))
        engine->rung = true;
    error_clear(&engine->ctx);
}

static void report(struct engine *engine)
{
    engine->counters.operations = (int)engine->count;
    if (status_reporter)
        status_reporter(&engine->counters);
}

/* On the way out: what we hold is free for others at once. */
static void leave(struct engine *engine)
{
    struct ctx *ctx = &engine->ctx;
    if (db_begin(ctx, engine->db, DB_WRITE) != 0 ||
        db_queue(ctx, engine->db, STMT_engine_release, engine->id) != 0 ||
        db_queue(ctx, engine->db, STMT_engine_leave, engine->id) != 0 ||
        db_queue(ctx, engine->db, STMT_engine_notify, "") != 0 || db_commit(ctx, engine->db) != 0) {
        db_rollback(engine->db);
        log_failure(engine, "cannot release operations; their leases will run out");
    }
    drop_all(engine);
}

/* ---- beginning and end ---- */
static const char *or_else(const char *text, const char *otherwise)
{
    return text && *text ? text : otherwise;
}

static void open_databases(struct engine *engine)
{
    const struct config *config = engine->config;
    const char *database = or_else(config->engine_database, config->database);
    engine->db = db_open(database, config->prepared_statements);
    engine->bell = db_open(or_else(config->notify_database, database), false);
    if (db_listen(&engine->ctx, engine->bell, "hearth") != 0)
        log_failure(engine, "cannot listen yet");
}

int engine_run(const struct config *config, int slot, const volatile sig_atomic_t *stop)
{
    struct engine engine = {.config = config, .stop = stop, .arena = arena_create(0), .rung = true};
    engine.ctx = (struct ctx){.arena = engine.arena, .config = config, .tenant_id = "*"};
    engine.capacity = (size_t)config->max_operations + 1;
    engine.operations = calloc(engine.capacity, sizeof(struct operation *));
    uuid_v4(engine.id);
    if (!engine.operations || catalogue_open(&engine.ctx) != 0) {
        log_error(NULL, "engine cannot start: %s",
                  engine.ctx.error.message ? engine.ctx.error.message : "no memory");
        return 1;
    }
    engine.calls = service_calls_create(config);
    open_databases(&engine);
    log_info(NULL, "engine=%s slot=%d started", engine.id, slot);
    while (!*stop) {
        work(&engine);
        report(&engine);
        wait_for_news(&engine);
        arena_reset(engine.arena);
    }
    leave(&engine);
    db_close(engine.db);
    db_close(engine.bell);
    service_calls_destroy(engine.calls);
    free(engine.operations);
    arena_destroy(engine.arena);
    log_info(NULL, "engine=%s stopped", engine.id);
    return 0;
}
