/* Transactions: what goes into one round trip, and when a round trip that was lost may be made again.
 *
 *   begin    nothing is sent
 *   queue    kept, with a copy of its arguments
 *   run      [begin, context]  all that was queued  the statement  sync      ─┐ one trip
 *   commit   [begin, context]  all that was queued  commit         sync      ─┘
 *
 *   read     context (read only)  the statement  sync
 *            No BEGIN, no COMMIT: what stands before a sync is one implicit transaction, so the setting made
 * by the first statement holds for the second and is gone after it.
 *
 * A read's commit is sent, but its answer is not waited for; the next trip takes it in.
 *
 * Once more, on a new connection. PostgreSQL restarts, failovers and pg_terminate_backend must not show in
 * the API. A first trip that was lost is made again when it cannot have had an effect: it held no commit, or
 * the server said that it was closing before it had begun anything. From the second trip on the caller has
 * seen results, so only he could begin again. A lost commit is FAULT_UNAVAILABLE, and whether it happened is
 * not known: writers that must know (the engine, a create under its unique name) look. */
#include "sql/db_internal.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"

enum { PATIENCE_US = 2000 * 1000 };

struct db *db_open(const char *conninfo, bool prepared)
{
    struct arena *home = arena_create(0);
    struct db *db = arena_new(home, struct db);
    db->home = home;
    db->arena = arena_create(0);
    db->conninfo = arena_strdup(home, conninfo);
    db->use_prepared = prepared;
    return db;
}

void db_close(struct db *db)
{
    if (!db)
        return;
    connection_drop(db);
    free(db->answers);
    arena_destroy(db->arena);
    arena_destroy(db->home);
}

void db_disconnect(struct db *db)
{
    db_rollback(db);
    connection_drop(db);
}

/* ---- what waits to be sent ---- */

static void forget_waiting(struct db *db)
{
    db->waiting = NULL;
    db->waiting_count = db->waiting_capacity = 0;
    arena_reset(db->arena);
}

static void wait_for_trip(struct db *db, enum statement statement, const char *const *args)
{
    if (db->waiting_count == db->waiting_capacity) {
        size_t capacity = db->waiting_capacity ? db->waiting_capacity * 2 : 16;
        db->waiting = arena_grow(db->arena, db->waiting, db->waiting_capacity * sizeof *db->waiting,
                                 capacity * sizeof *db->waiting);
        db->waiting_capacity = capacity;
    }
    db->waiting[db->waiting_count++] = (struct command){&statements[statement], args};
}

static const char *const *copy_args(struct arena *arena, const char *const *args, size_t count)
{
    const char **copy = arena_array(arena, const char *, count + 1);
    for (size_t i = 0; i < count; i++)
        copy[i] = arena_strdup(arena, args[i]);
    return copy;
}

static int check_count(struct ctx *ctx, enum statement statement, size_t count)
{
    const struct statement_text *text = &statements[statement];
    if (count == (size_t)text->parameters)
        return 0;
    log_error(ctx->request_id, "database: statement %s takes %d parameters and was given %zu", text->name,
              text->parameters, count);
    return fail(ctx, FAULT_INTERNAL, "A database statement failed.");
}

/* A read may be made twice, and has no transaction that would be read-only. */
static int check_reads(struct ctx *ctx, enum statement statement)
{
    if (!statements[statement].writes)
        return 0;
    log_error(ctx->request_id, "database: statement %s writes, and was called as a read",
              statements[statement].name);
    return fail(ctx, FAULT_INTERNAL, "A database statement failed.");
}

/* ---- one trip ---- */

static int send_context(struct ctx *ctx, struct db *db)
{
    char timeout[DB_TIMEOUT_SIZE];
    timeout_text(ctx, timeout);
    const char *args[] = {ctx->tenant_id ? ctx->tenant_id : "", timeout};
    return pipeline_send(db, &statements[db->use_prepared ? STMT_db_context : STMT_db_context_pooled], args);
}

static int send_opening(struct ctx *ctx, struct db *db)
{
    if (db->state == TX_OPEN)
        return 0;
    enum statement begin = db->mode == DB_READ ? STMT_db_begin_read : STMT_db_begin;
    if (db->state == TX_NEW && pipeline_send(db, &statements[begin], NULL) < 0)
        return -1;
    return send_context(ctx, db);
}

static int send_all(struct ctx *ctx, struct db *db)
{
    if (send_opening(ctx, db) < 0)
        return -1;
    for (size_t i = 0; i < db->waiting_count; i++)
        if (pipeline_send(db, db->waiting[i].text, db->waiting[i].args) < 0)
            return -1;
    return pipeline_sync(db);
}

static bool commits(const struct db *db)
{
    return db->waiting_count && db->waiting[db->waiting_count - 1].text == &statements[STMT_db_commit];
}

static enum trip_outcome make_trip(struct ctx *ctx, struct db *db, PGresult **result)
{
    if (send_all(ctx, db) < 0) {
        connection_drop(db);
        return commits(db) ? TRIP_LOST : TRIP_NOT_STARTED;
    }
    return pipeline_finish(ctx, db, result);
}

static bool may_repeat(const struct db *db, enum trip_outcome outcome)
{
    if (db->state == TX_OPEN)
        return false; /* the caller has seen results of this transaction */
    return outcome == TRIP_NOT_STARTED || (outcome == TRIP_LOST && !commits(db));
}

static int lost(struct ctx *ctx, struct db *db, enum trip_outcome outcome)
{
    bool in_doubt = outcome == TRIP_LOST && commits(db);
    log_warning(ctx->request_id, "database: connection lost during %s%s",
                db->waiting[db->waiting_count - 1].text->name,
                in_doubt ? "; whether it was committed is not known" : "");
    return fail(ctx, FAULT_UNAVAILABLE, "The database is not available.");
}

/* Sends what waits and takes in all answers. A transaction's first trip begins it. */
static int travel(struct ctx *ctx, struct db *db, PGresult **result)
{
    if (db->state == TX_NONE && connection_ensure(ctx, db, PATIENCE_US) < 0)
        return -1; /* db_begin has done it for the others */
    if (!db->conn)
        return lost(ctx, db, TRIP_NOT_STARTED);
    enum trip_outcome outcome = make_trip(ctx, db, result);
    if (may_repeat(db, outcome)) {
        if (connection_ensure(ctx, db, PATIENCE_US) < 0)
            return -1;
        outcome = make_trip(ctx, db, result);
    }
    if (outcome == TRIP_ERROR)
        return -1;
    return outcome == TRIP_DONE ? 0 : lost(ctx, db, outcome);
}

/* ---- transactions ---- */

static int finish_trip(struct db *db, int done, enum transaction_state then)
{
    forget_waiting(db);
    db->state = done == 0 ? then : TX_FAILED;
    return done;
}

static bool joins(const struct db *db)
{
    return db->hold.open && db->state == TX_OPEN;
}

static int begin_held(struct ctx *ctx, struct db *db)
{
    db->hold.open = true;
    if (db->hold.first(ctx, db->hold.arg) == 0)
        return 0;
    db_rollback(db);
    return -1;
}

int db_begin(struct ctx *ctx, struct db *db, enum db_mode mode)
{
    if (joins(db))
        return 0;
    db_rollback(db); /* what a caller left open */
    db->constraint[0] = '\0';
    if (connection_ensure(ctx, db, PATIENCE_US) < 0)
        return -1;
    db->mode = mode;
    db->state = TX_NEW;
    return db->hold.first && mode == DB_WRITE ? begin_held(ctx, db) : 0;
}

static int check_begun(struct ctx *ctx, const struct db *db)
{
    if (db->state == TX_NEW || db->state == TX_OPEN)
        return 0;
    log_error(ctx->request_id, "database: %s",
              db->state == TX_NONE ? "statement outside of a transaction"
                                   : "statement after a transaction had failed");
    return fail(ctx, FAULT_INTERNAL, "A database statement failed.");
}

int db_queue_args(struct ctx *ctx, struct db *db, enum statement statement, const char *const *args,
                  size_t count)
{
    if (check_begun(ctx, db) < 0 || check_count(ctx, statement, count) < 0)
        return -1;
    wait_for_trip(db, statement, copy_args(db->arena, args, count));
    return 0;
}

struct rows *db_run_args(struct ctx *ctx, struct db *db, enum statement statement, const char *const *args,
                         size_t count)
{
    PGresult *result = NULL;
    if (check_begun(ctx, db) < 0 || check_count(ctx, statement, count) < 0)
        return NULL;
    wait_for_trip(db, statement, args);
    if (finish_trip(db, travel(ctx, db, &result), TX_OPEN) < 0)
        return NULL;
    return rows_new(ctx, result);
}

struct rows *db_read_args(struct ctx *ctx, struct db *db, enum statement statement, const char *const *args,
                          size_t count)
{
    if (db->state == TX_NEW || db->state == TX_OPEN)
        return db_run_args(ctx, db, statement, args, count);
    PGresult *result = NULL;
    db_rollback(db);
    db->constraint[0] = '\0';
    if (check_count(ctx, statement, count) < 0 || check_reads(ctx, statement) < 0)
        return NULL;
    db->mode = DB_READ;
    wait_for_trip(db, statement, args);
    int done = travel(ctx, db, &result);
    finish_trip(db, 0, TX_NONE); /* an implicit transaction leaves nothing open, come what may */
    return done == 0 ? rows_new(ctx, result) : NULL;
}

/* A read has nothing to lose: its commit is sent, and answered some time. */
static int commit_read(struct db *db)
{
    if (pipeline_send(db, &statements[STMT_db_commit], NULL) < 0 || pipeline_sync(db) < 0 ||
        PQflush(db->conn) < 0)
        connection_drop(db);
    db->state = TX_NONE;
    return 0;
}

static int commit_write(struct ctx *ctx, struct db *db)
{
    PGresult *result = NULL;
    wait_for_trip(db, STMT_db_commit, NULL);
    int done = finish_trip(db, travel(ctx, db, &result), TX_NONE);
    bool committed = done == 0 && strcmp(PQcmdStatus(result), "COMMIT") == 0;
    PQclear(result);
    if (done == 0 && !committed)
        return fail(ctx, FAULT_INTERNAL, "The database rolled the transaction back.");
    return done;
}

/* What was queued is sent, so that its errors come to the one who queued it. */
static int commit_held(struct ctx *ctx, struct db *db)
{
    return db->waiting_count == 0 || db_run_args(ctx, db, STMT_db_flush, NULL, 0) ? 0 : -1;
}

int db_commit(struct ctx *ctx, struct db *db)
{
    if (check_begun(ctx, db) < 0)
        return -1;
    if (db->hold.open)
        return commit_held(ctx, db);
    if (db->state == TX_NEW && db->waiting_count == 0) {
        db->state = TX_NONE;
        return 0;
    }
    if (db->state == TX_OPEN && db->mode == DB_READ && db->waiting_count == 0 && db->conn)
        return commit_read(db);
    return commit_write(ctx, db);
}

/* Waited for, because it frees locks. The server's state is asked, not ours: after an error in the first trip
 * it has an open, failed transaction; after a lost connection it has none. */
static void roll_back(struct db *db)
{
    struct arena *arena = arena_create(0);
    struct ctx unheard = {.arena = arena};
    if (pipeline_send(db, &statements[STMT_db_rollback], NULL) < 0 || pipeline_sync(db) < 0 ||
        pipeline_finish(&unheard, db, NULL) != TRIP_DONE)
        connection_drop(db);
    arena_destroy(arena);
}

void db_rollback(struct db *db)
{
    if (db->conn && (db->state == TX_OPEN || db->state == TX_FAILED) &&
        PQtransactionStatus(db->conn) != PQTRANS_IDLE)
        roll_back(db);
    forget_waiting(db);
    db->state = TX_NONE;
    db->hold.open = false;
}

void db_hold(struct db *db, int (*first)(struct ctx *ctx, void *arg), void *arg)
{
    db->hold.first = first;
    db->hold.arg = arg;
    db->hold.open = false;
}

bool db_holds(const struct db *db)
{
    return db->hold.open;
}

int db_release(struct ctx *ctx, struct db *db)
{
    bool open = db->hold.open;
    db_hold(db, NULL, NULL);
    return open ? db_commit(ctx, db) : 0;
}

const char *db_constraint(const struct db *db)
{
    return db->constraint;
}

void db_stats_reset(struct db *db)
{
    db->stats = (struct db_stats){0};
}

const struct db_stats *db_stats_of(const struct db *db)
{
    return &db->stats;
}
