/* One round trip in libpq's pipeline mode (PostgreSQL documentation, "Pipeline Mode").
 *
 *   send    parse begin*  bind begin  parse x*  bind x …  sync      * only what this session has not prepared
 * yet take    ok            ok          ok        rows  …   sync
 *
 * The answers come in the order of sending, and every message that is sent owes exactly one; db->answers is
 * the list of debts. After an error the server skips everything up to the sync, and libpq answers "aborted"
 * for each skipped one, so taking in the answers is the same loop with and without errors.
 *
 * The socket is non-blocking: with a batch of thousands both sides could otherwise wait, each with its
 * buffers full, for the other to read.
 *
 * A server that says nothing at all for the statement timeout and SILENCE_MS more is taken for dead. */
#include "sql/db_internal.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/config.h"

enum { SILENCE_MS = 10000, DEFAULT_STATEMENT_TIMEOUT_MS = 20000 };

static bool is_numbered(const struct statement_text *text)
{
    return text >= statements && text < statements + STMT_COUNT;
}

/* sent: what libpq's send function said. */
static int owe(struct db *db, int sent, enum answer_kind kind, const struct statement_text *text)
{
    if (!sent)
        return -1;
    if (db->answers_count == db->answers_capacity) {
        size_t capacity = db->answers_capacity ? db->answers_capacity * 2 : 32;
        struct answer *grown = realloc(db->answers, capacity * sizeof *grown);
        if (!grown)
            return -1;
        db->answers = grown;
        db->answers_capacity = capacity;
    }
    db->answers[db->answers_count++] = (struct answer){kind, text};
    return 0;
}

static int send_prepared(struct db *db, const struct statement_text *text, const char *const *args)
{
    size_t number = (size_t)(text - statements);
    if (!db->prepared[number]) {
        int sent = PQsendPrepare(db->conn, text->name, text->text, 0, NULL);
        if (owe(db, sent, ANSWER_PREPARE, text) < 0)
            return -1;
        db->prepared[number] = true; /* taken back should the answer be an error */
    }
    int sent = PQsendQueryPrepared(db->conn, text->name, text->parameters, args, NULL, NULL, 0);
    return owe(db, sent, ANSWER_RESULT, text);
}

int pipeline_send(struct db *db, const struct statement_text *text, const char *const *args)
{
    db->stats.statements++;
    if (db->use_prepared && is_numbered(text))
        return send_prepared(db, text, args);
    int sent = PQsendQueryParams(db->conn, text->text, text->parameters, NULL, args, NULL, NULL, 0);
    return owe(db, sent, ANSWER_RESULT, text);
}

int pipeline_sync(struct db *db)
{
    return owe(db, PQpipelineSync(db->conn), ANSWER_SYNC, NULL);
}

int64_t statement_timeout_ms(const struct ctx *ctx)
{
    return ctx->config ? ctx->config->statement_timeout : DEFAULT_STATEMENT_TIMEOUT_MS;
}

/* Waits until the next answer is complete, sending what is unsent meanwhile. */
static int wait_for_answer(struct ctx *ctx, struct db *db)
{
    int64_t timeout_ms = statement_timeout_ms(ctx);
    for (;;) {
        int unsent = PQflush(db->conn);
        if (unsent < 0)
            return -1;
        if (!unsent && !PQisBusy(db->conn))
            return 0;
        struct pollfd socket = {PQsocket(db->conn), (short)(unsent ? POLLIN | POLLOUT : POLLIN), 0};
        int ready = poll(&socket, 1, timeout_ms ? (int)(timeout_ms + SILENCE_MS) : -1);
        if (ready == 0 || (ready < 0 && errno != EINTR))
            return -1;
        if (ready > 0 && (socket.revents & ~POLLOUT) && !PQconsumeInput(db->conn))
            return -1;
    }
}

/* What a trip has brought so far. */
struct trip {
    struct ctx *ctx;
    PGresult *last; /* of the last statement */
    size_t good;    /* statements answered without an error */
    bool failed;    /* a statement's error is recorded */
    bool renew;     /* … and the session is of no more use */
    bool unstarted; /* the first thing the server said was that it is closing the connection */
};

static bool field_begins(const PGresult *result, int field, const char *with)
{
    const char *text = PQresultErrorField(result, field);
    return text && strncmp(text, with, strlen(with)) == 0;
}

static bool is_farewell(const PGresult *result)
{
    return field_begins(result, PG_DIAG_SEVERITY_NONLOCALIZED, "FATAL") ||
           field_begins(result, PG_DIAG_SQLSTATE, "57P");
}

static bool is_good(const PGresult *result)
{
    ExecStatusType status = PQresultStatus(result);
    return status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK || status == PGRES_EMPTY_QUERY;
}

/* An error result: the first of a trip is the reason. A server that is closing is a lost connection, not a
 * fault of the statement that happened to be there. */
static int take_error(struct trip *trip, struct db *db, const struct answer *answer, const PGresult *result)
{
    if (answer->kind == ANSWER_PREPARE)
        db->prepared[answer->text - statements] = false;
    if (PQresultStatus(result) == PGRES_PIPELINE_ABORTED)
        return 0;
    if (PQresultStatus(result) != PGRES_FATAL_ERROR || PQstatus(db->conn) == CONNECTION_BAD)
        return -1;
    if (is_farewell(result)) {
        /* Only PostgreSQL itself says 57P, and it sends its answers in order: none came, so nothing was
         * begun. */
        trip->unstarted = trip->good == 0 && !trip->failed && field_begins(result, PG_DIAG_SQLSTATE, "57P");
        return -1;
    }
    if (!trip->failed)
        trip->renew = error_of_result(trip->ctx, db, result, answer->text);
    trip->failed = true;
    return 0;
}

/* -1: the connection is gone, or speaks of something we did not ask. */
static int take_result(struct trip *trip, struct db *db, const struct answer *answer, PGresult *result)
{
    if (answer->kind == ANSWER_SYNC) {
        int expected = PQresultStatus(result) == PGRES_PIPELINE_SYNC ? 0 : -1;
        PQclear(result);
        return expected;
    }
    int done = 0;
    if (is_good(result))
        trip->good++;
    else
        done = take_error(trip, db, answer, result);
    if (answer->kind == ANSWER_RESULT && done == 0) {
        PQclear(trip->last);
        trip->last = result;
    } else {
        PQclear(result);
    }
    return done;
}

static int take_answer(struct trip *trip, struct db *db)
{
    struct answer answer = db->answers[db->answers_first++];
    if (wait_for_answer(trip->ctx, db) < 0)
        return -1;
    PGresult *result = PQgetResult(db->conn);
    if (!result || take_result(trip, db, &answer, result) < 0)
        return -1;
    if (answer.kind == ANSWER_SYNC)
        return 0;
    PGresult *end = PQgetResult(db->conn); /* NULL ends the results of one statement */
    PQclear(end);
    return end ? -1 : 0;
}

static int take_answers(struct trip *trip, struct db *db)
{
    while (db->answers_first < db->answers_count)
        if (take_answer(trip, db) < 0)
            return -1;
    db->answers_first = db->answers_count = 0;
    return 0;
}

/* The last answer owed is that of the sync; the trip is called after the statement before it. */
static const char *trip_name(const struct db *db)
{
    return db->answers_count - db->answers_first < 2 ? NULL : db->answers[db->answers_count - 2].text->name;
}

static void count_trip(struct db *db, const char *name, int64_t took_us)
{
    db->stats.round_trips++;
    db->stats.time_us += took_us;
    if (name && took_us > db->stats.slowest_us) {
        db->stats.slowest_us = took_us;
        db->stats.slowest = name;
    }
}

static enum trip_outcome outcome_of(const struct trip *trip, bool lost)
{
    if (trip->failed)
        return TRIP_ERROR;
    if (!lost)
        return TRIP_DONE;
    return trip->unstarted ? TRIP_NOT_STARTED : TRIP_LOST;
}

enum trip_outcome pipeline_finish(struct ctx *ctx, struct db *db, PGresult **result)
{
    struct trip trip = {.ctx = ctx};
    const char *name = trip_name(db);
    int64_t begun_us = clock_monotonic_us();
    bool lost = take_answers(&trip, db) < 0;
    count_trip(db, name, clock_monotonic_us() - begun_us);
    if (lost || trip.renew)
        connection_drop(db);
    enum trip_outcome outcome = outcome_of(&trip, lost);
    if (result && outcome == TRIP_DONE)
        *result = trip.last;
    else
        PQclear(trip.last);
    return outcome;
}
