/* The connection: made at first use, made again when it is lost, with a pause that doubles between failed
 * attempts.
 *
 * A lost connection is noticed in two places: here, before a transaction begins, when the socket of an idle
 * connection has become readable (a terminated backend or a restarted server leaves its farewell there); and
 * in db_pipeline.c, in the middle of a round trip. */
#include "sql/db_internal.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/log.h"

enum { FIRST_DELAY_US = 100 * 1000, LONGEST_DELAY_US = 5000 * 1000 };

/* Defaults that the operator's connection string overrides. A peer that vanished without a word is noticed in
 * half a minute. Nothing here that a transaction pooler refuses. */
static const struct {
    const char *keyword, *value;
} defaults[] = {
    {"application_name", "hearth"}, {"connect_timeout", "2"},  {"keepalives_idle", "10"},
    {"keepalives_interval", "5"},   {"keepalives_count", "3"}, {"tcp_user_timeout", "30000"},
    {"client_encoding", "UTF8"},
};

static PGconn *connect_with_defaults(const char *conninfo)
{
    const char *keywords[COUNT_OF(defaults) + 2], *values[COUNT_OF(defaults) + 2];
    for (size_t i = 0; i < COUNT_OF(defaults); i++) {
        keywords[i] = defaults[i].keyword;
        values[i] = defaults[i].value;
    }
    keywords[COUNT_OF(defaults)] = "dbname"; /* expanded, so what stands in it comes after and wins */
    values[COUNT_OF(defaults)] = conninfo;
    keywords[COUNT_OF(defaults) + 1] = values[COUNT_OF(defaults) + 1] = NULL;
    return PQconnectdbParams(keywords, values, 1);
}

static void log_notice(void *unused, const PGresult *result)
{
    const char *message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
    log_debug(NULL, "database: %s", message ? message : "notice without a text");
}

static const char *or_empty(const char *text)
{
    return text ? text : "";
}

/* libpq's message has several lines, indented; the log wants the first, which says it. */
static void first_line(char *out, size_t size, const char *text)
{
    snprintf(out, size, "%.*s", (int)strcspn(text, "\n"), text);
}

static void log_failure(struct ctx *ctx, const struct db *db)
{
    char reason[512];
    first_line(reason, sizeof reason, PQerrorMessage(db->conn));
    log_warning(ctx->request_id,
                "database: no connection to host \"%s\" port %s database \"%s\" as \"%s\": %s. Next attempt "
                "in %d ms. "
                "Check that PostgreSQL runs, that the option database points at it, and pg_hba.conf.",
                or_empty(PQhost(db->conn)), or_empty(PQport(db->conn)), or_empty(PQdb(db->conn)),
                or_empty(PQuser(db->conn)), reason, (int)(db->retry_delay_us / 1000));
}

void connection_drop(struct db *db)
{
    PQfinish(db->conn);
    db->conn = NULL;
    memset(db->prepared, 0, sizeof db->prepared);
    db->answers_first = db->answers_count = 0;
}

static void back_off(struct db *db)
{
    int64_t delay_us = db->retry_delay_us ? db->retry_delay_us * 2 : FIRST_DELAY_US;
    db->retry_delay_us = delay_us > LONGEST_DELAY_US ? LONGEST_DELAY_US : delay_us;
    db->retry_at_us = clock_monotonic_us() + db->retry_delay_us;
}

static int send_listen(struct db *db, const char *channel)
{
    char *quoted = PQescapeIdentifier(db->conn, channel, strlen(channel));
    if (!quoted)
        return -1;
    const char *sql = arena_printf(db->arena, "listen %s", quoted);
    PQfreemem(quoted);
    struct statement_text *text = arena_new(db->arena, struct statement_text);
    *text = (struct statement_text){"listen", sql, 0};
    return pipeline_send(db, text, NULL);
}

void timeout_text(const struct ctx *ctx, char out[DB_TIMEOUT_SIZE])
{
    snprintf(out, DB_TIMEOUT_SIZE, "%lld", (long long)statement_timeout_ms(ctx));
}

static int send_session(struct ctx *ctx, struct db *db)
{
    char timeout[DB_TIMEOUT_SIZE];
    timeout_text(ctx, timeout);
    const char *args[] = {timeout};
    return db->use_prepared ? pipeline_send(db, &statements[STMT_db_session], args) : 0;
}

/* What the session is to know: the statement timeout, and the channels asked for so far. */
static int furnish_session(struct ctx *ctx, struct db *db)
{
    if (send_session(ctx, db) < 0)
        return -1;
    for (size_t i = 0; i < DB_CHANNELS && db->channels[i]; i++)
        if (send_listen(db, db->channels[i]) < 0)
            return -1;
    if (db->answers_count == 0)
        return 0;
    if (pipeline_sync(db) < 0)
        return -1;
    return pipeline_finish(ctx, db, NULL) == TRIP_DONE ? 0 : -1;
}

static int connect_once(struct ctx *ctx, struct db *db)
{
    connection_drop(db);
    db->conn = connect_with_defaults(db->conninfo);
    PQsetNoticeReceiver(db->conn, log_notice, NULL);
    bool usable = PQstatus(db->conn) == CONNECTION_OK && PQsetnonblocking(db->conn, 1) == 0 &&
                  PQenterPipelineMode(db->conn);
    if (!usable) {
        back_off(db);
        log_failure(ctx, db);
        connection_drop(db);
        return -1;
    }
    if (furnish_session(ctx, db) < 0) {
        back_off(db);
        connection_drop(db);
        return -1;
    }
    if (db->retry_delay_us)
        log_info(ctx->request_id, "database: connected again");
    db->retry_delay_us = db->retry_at_us = 0;
    return 0;
}

/* Takes in what lies on the socket of an idle connection: the answer to a read's commit, notifications, or
 * the end. */
static bool seems_alive(struct db *db)
{
    if (!db->conn || PQstatus(db->conn) != CONNECTION_OK)
        return false;
    for (;;) {
        struct pollfd socket = {PQsocket(db->conn), POLLIN, 0};
        if (poll(&socket, 1, 0) <= 0)
            return true;
        if (!PQconsumeInput(db->conn))
            return false;
    }
}

static void sleep_us(int64_t us)
{
    struct timespec pause = {us / 1000000, us % 1000000 * 1000};
    nanosleep(&pause, NULL);
}

int connection_ensure(struct ctx *ctx, struct db *db, int64_t patience_us)
{
    if (seems_alive(db))
        return 0;
    connection_drop(db);
    int64_t deadline_us = clock_monotonic_us() + patience_us;
    for (;;) {
        int64_t now_us = clock_monotonic_us();
        if (db->retry_at_us > now_us && db->retry_at_us <= deadline_us)
            sleep_us(db->retry_at_us - now_us);
        else if (db->retry_at_us > now_us)
            return fail(ctx, FAULT_UNAVAILABLE, "The database is not available.");
        if (connect_once(ctx, db) == 0)
            return 0;
    }
}

int db_listen(struct ctx *ctx, struct db *db, const char *channel)
{
    size_t i = 0;
    while (i < DB_CHANNELS && db->channels[i] && strcmp(db->channels[i], channel) != 0)
        i++;
    if (i == DB_CHANNELS)
        return fail(ctx, FAULT_INTERNAL, "A connection listens to at most %d channels.", DB_CHANNELS);
    bool is_new = !db->channels[i];
    if (is_new)
        db->channels[i] = arena_strdup(db->home, channel);
    bool fresh = !db_connected(db);
    if (connection_ensure(ctx, db, 0) < 0)
        return -1;
    if (fresh || !is_new)
        return 0;
    if (furnish_session(ctx, db) < 0)
        return fail(ctx, FAULT_UNAVAILABLE, "The database is not available.");
    return 0;
}

static bool take_notifications(struct db *db)
{
    bool any = false;
    for (PGnotify *notification; (notification = PQnotifies(db->conn)); any = true)
        PQfreemem(notification);
    return any;
}

bool db_notified(struct ctx *ctx, struct db *db)
{
    bool connected = db_connected(db);
    if (connected && db->state == TX_NONE && db->answers_first < db->answers_count)
        connected = pipeline_finish(ctx, db, NULL) == TRIP_DONE && db_connected(db);
    if (connected && seems_alive(db))
        return take_notifications(db);
    connection_drop(db);
    struct ctx quiet = *ctx; /* being away is not a failure of what the caller is at */
    if (connection_ensure(&quiet, db, 0) < 0)
        return false;
    return db->channels[0] != NULL; /* what was notified meanwhile is lost: have a look */
}

int db_socket(const struct db *db)
{
    return db->conn ? PQsocket(db->conn) : -1;
}

bool db_connected(const struct db *db)
{
    return db->conn && PQstatus(db->conn) == CONNECTION_OK;
}
