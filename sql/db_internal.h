/* What the files of db share: the connection, and the answers it still owes us. Nobody else includes this.
 *
 *   db.c             transactions: which statements go into one round trip, and when one may be tried again
 *   db_pipeline.c    one round trip: send, flush, take in the answers in order
 *   db_connection.c  connect, back-off, LISTEN
 *   db_error.c       PostgreSQL's error → fault, log line
 *   db_result.c      rows
 */
#ifndef HEARTH_SQL_DB_INTERNAL_H
#define HEARTH_SQL_DB_INTERNAL_H

#include <libpq-fe.h>

#include "sql/db.h"

enum { DB_CHANNELS = 4, DB_NAME_SIZE = 64, DB_TIMEOUT_SIZE = 24 };

/* A statement with its arguments, on its way into a pipeline. */
struct command {
    const struct statement_text *text;
    const char *const *args;
};

/* What the server will answer next, in order of sending. */
struct answer {
    enum answer_kind { ANSWER_PREPARE, ANSWER_RESULT, ANSWER_SYNC } kind;
    const struct statement_text *text; /* NULL for ANSWER_SYNC */
};

enum transaction_state {
    TX_NONE,
    TX_NEW,    /* db_begin was called, nothing sent */
    TX_OPEN,   /* the server has answered to BEGIN */
    TX_FAILED, /* over; the server may still hold it open in its failed state */
};

struct db {
    struct arena *home; /* this struct and what lives as long */
    const char *conninfo;
    bool use_prepared;
    PGconn *conn; /* NULL: not connected */
    bool prepared[STMT_COUNT];

    enum transaction_state state;
    enum db_mode mode;
    struct command *waiting; /* queued, not yet sent; texts are on arena */
    size_t waiting_count, waiting_capacity;
    struct arena *arena; /* reset when the waiting statements have been answered */

    struct {
        int (*first)(struct ctx *ctx, void *arg); /* NULL: not held */
        void *arg;
        bool open; /* the held transaction has begun */
    } hold;

    struct answer *answers; /* a queue: answers[first..count) */
    size_t answers_first, answers_count, answers_capacity;

    int64_t retry_at_us;    /* no attempt to connect before */
    int64_t retry_delay_us; /* 0: the last attempt succeeded */

    const char *channels[DB_CHANNELS];
    char constraint[DB_NAME_SIZE];
    struct db_stats stats;
};

/* ---- db_connection.c ---- */
/* 0 when there is a connection that shows no sign of being dead; waits up to patience_us for one, with
 * back-off. */
int connection_ensure(struct ctx *ctx, struct db *db, int64_t patience_us) MUST_CHECK;
void connection_drop(struct db *db);
/* The configured statement timeout, as PostgreSQL takes it. */
void timeout_text(const struct ctx *ctx, char out[DB_TIMEOUT_SIZE]);

/* ---- db_pipeline.c ---- */
int64_t statement_timeout_ms(const struct ctx *ctx);
enum trip_outcome {
    TRIP_DONE,
    TRIP_ERROR, /* a statement failed; the reason is recorded */
    TRIP_LOST,  /* the connection is gone and nothing is known of what was sent; no reason recorded yet */
    TRIP_NOT_STARTED /* the same, but the server has said that it began none of it */
};
/* -1 when the connection is gone. */
int pipeline_send(struct db *db, const struct statement_text *text, const char *const *args) MUST_CHECK;
/* Marks the end of what belongs together. -1 when the connection is gone. */
int pipeline_sync(struct db *db) MUST_CHECK;
/* Takes in every answer owed. result (may be NULL) receives that of the last statement. */
enum trip_outcome pipeline_finish(struct ctx *ctx, struct db *db, PGresult **result) MUST_CHECK;

/* ---- db_error.c ---- */
/* Records the fault and logs. True when the connection should be renewed. */
bool error_of_result(struct ctx *ctx, struct db *db, const PGresult *result,
                     const struct statement_text *text);

/* ---- db_result.c ---- */
struct rows *rows_new(struct ctx *ctx, PGresult *result); /* takes result over */

#endif
