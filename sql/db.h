/* The database: one connection, named statements, pipelined transactions.
 *
 *   db_begin(ctx, db, DB_READ)          nothing is sent yet
 *   rows = db_run(ctx, db, STMT_…, …)   BEGIN + set_config(tenant) + statement, one round trip
 *   db_queue(ctx, db, STMT_…, …)        sent with the next db_run or the commit; its result is checked there
 *   db_commit(ctx, db)                  the last round trip; 0 only when PostgreSQL has said COMMIT
 *
 * or, for a read that is one statement, db_read: all of it in one round trip.
 *
 * Row security. Every transaction begins with hearth.tenant set to ctx->tenant_id for its duration
 * (set_config(…, true)); without it the API role sees nothing. ctx->tenant_id "*" means every tenant, for
 * requests that the policy allows to look across.
 *
 * Failure. A lost connection or a statement error ends the transaction, fails with FAULT_UNAVAILABLE
 * (connection, out of connections, read-only, disk full) or FAULT_INTERNAL (a statement of ours is wrong;
 * logged with its name); a unique violation fails with FAULT_CONFLICT and db_constraint() names it. After a
 * failure the caller only calls db_rollback (harmless when nothing is open). The next db_begin reconnects if
 * it has to. */
#ifndef HEARTH_SQL_DB_H
#define HEARTH_SQL_DB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/ctx.h"
#include "sql/statements.h" /* made from sql/queries: enum statement { STMT_stack_show, … } */

struct db;
struct rows; /* result of a statement; lives on ctx->arena, cleared with it */

/* conninfo: libpq connection string; prepared: use named prepared statements. Connects at first use. */
struct db *db_open(const char *conninfo, bool prepared);
void db_close(struct db *db);
/* Between transactions: gives back what large statements and results have left in libpq's buffers, which never shrink,
 * by closing the connection. The next use makes another. */
void db_disconnect(struct db *db);

enum db_mode { DB_READ, DB_WRITE };

/* Starts a transaction in memory (nothing is sent). A read runs READ ONLY. */
int db_begin(struct ctx *ctx, struct db *db, enum db_mode mode) MUST_CHECK;

/* Parameters are texts; NULL is SQL's NULL. Their count is checked against the statement's. */
#define DB_ARGS(...)                      (const char *const[]){__VA_ARGS__}, COUNT_OF(((const char *const[]){__VA_ARGS__}))
#define db_run(ctx, db, statement, ...)   db_run_args((ctx), (db), (statement), DB_ARGS(__VA_ARGS__))
#define db_queue(ctx, db, statement, ...) db_queue_args((ctx), (db), (statement), DB_ARGS(__VA_ARGS__))
#define db_read(ctx, db, statement, ...)  db_read_args((ctx), (db), (statement), DB_ARGS(__VA_ARGS__))
struct rows *db_run_args(struct ctx *ctx, struct db *db, enum statement statement, const char *const *args,
                         size_t count) MUST_CHECK;
int db_queue_args(struct ctx *ctx, struct db *db, enum statement statement, const char *const *args,
                  size_t count) MUST_CHECK;
/* One statement as a transaction of its own, in one round trip; a statement that writes is refused. Inside of
 * an open transaction it is db_run. */
struct rows *db_read_args(struct ctx *ctx, struct db *db, enum statement statement, const char *const *args,
                          size_t count) MUST_CHECK;

int db_commit(struct ctx *ctx, struct db *db) MUST_CHECK;
void db_rollback(struct db *db);

/* ---- one transaction around what others do ----
 * While the database is held, the first transaction that writes begins with first(ctx, arg) (-1: it does not
 * begin), and its commit only asks for the answers owed. What follows, reads too, joins it, until db_release commits
 * all of it at once. A rollback takes all of it back; the next one that writes begins anew, with first. */
void db_hold(struct db *db, int (*first)(struct ctx *ctx, void *arg), void *arg);
bool db_holds(const struct db *db); /* a transaction waits for db_release */
int db_release(struct ctx *ctx, struct db *db) MUST_CHECK;

/* ---- results ---- */
size_t rows_count(const struct rows *rows);
size_t rows_affected(const struct rows *rows);              /* of an insert, update or delete */
int rows_column(const struct rows *rows, const char *name); /* position; -1 when absent (a mistake of ours) */
const char *rows_text(const struct rows *rows, size_t row,
                      int column); /* NULL for SQL's NULL; valid as long as rows */
size_t rows_length(const struct rows *rows, size_t row, int column);
bool rows_bool(const struct rows *rows, size_t row, int column);
int64_t rows_int(const struct rows *rows, size_t row, int column); /* 0 for NULL */
/* By column name, for results of one row where speed is no matter. */
const char *rows_get(const struct rows *rows, size_t row, const char *name);

/* ---- after a failure ---- */
const char *db_constraint(const struct db *db); /* name of the violated constraint, or "" */

/* ---- LISTEN and the socket, for the engine's loop ---- */
int db_listen(struct ctx *ctx, struct db *db, const char *channel) MUST_CHECK;
int db_socket(const struct db *db); /* -1 when not connected */
/* Takes in what arrived; true when a notification was among it. Reconnects (and LISTENs again) with back-off.
 */
bool db_notified(struct ctx *ctx, struct db *db);
bool db_connected(const struct db *db);

/* ---- measures, for the slow log and the status page ---- */
struct db_stats {
    uint64_t statements, round_trips;
    int64_t time_us;     /* spent waiting for PostgreSQL */
    const char *slowest; /* name of the slowest statement since db_stats_reset, or NULL */
    int64_t slowest_us;
};
void db_stats_reset(struct db *db);
const struct db_stats *db_stats_of(const struct db *db);

#endif
