/* The database layer against a real PostgreSQL: one round trip, errors, lost connections, row security.
 *
 * Makes its own cluster with scripts/test-postgres, or takes that of the environment (TEST_PG_DIR,
 * TEST_PG_ADMIN). With TEST_DB_API the connections under test go there instead of straight to the server, and
 * TEST_DB_PREPARED=false makes them do without prepared statements: that is how the same tests are run
 * through PgBouncer. */
#include <libpq-fe.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/config.h"
#include "sql/db.h"
#include "sql/document.h"
#include "sql/schema_version.h"

#undef fail /* cmocka has one too */
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static char own_directory[64]; /* of the cluster we made; "" when it was given */
static const char *directory, *api, *engine;
static bool prepared = true;
static PGconn *admin; /* superuser: looks past every wall, and does harm */

struct fixture {
    struct ctx ctx;
    struct db *db;
    struct config config;
};

/* ---- the cluster ---- */

PRINTF(1, 2) static int shell(const char *format, ...)
{
    char command[512];
    va_list args;
    va_start(args, format);
    vsnprintf(command, sizeof command, format, args);
    va_end(args);
    return system(command);
}

static const char *conninfo(const char *role)
{
    char text[256];
    snprintf(text, sizeof text, "host=%s dbname=hearth user=%s", directory, role);
    return strdup(text);
}

static void connect_admin(void)
{
    PQfinish(admin);
    char *text = (char *)conninfo("postgres");
    admin = PQconnectdb(text);
    free(text);
    assert_int_equal(PQstatus(admin), CONNECTION_OK);
    PQclear(PQexec(admin, "set client_min_messages = warning"));
}

static int start_cluster(void **state)
{
    directory = getenv("TEST_PG_DIR");
    if (!directory) {
        strcpy(own_directory, "/tmp/hearth-sql-XXXXXX");
        if (!mkdtemp(own_directory))
            return -1;
        directory = own_directory;
        if (shell("scripts/test-postgres start %s >/dev/null 2>%s.log", directory, directory) != 0)
            return -1;
    }
    api = getenv("TEST_DB_API") ? strdup(getenv("TEST_DB_API")) : conninfo("hearth_api");
    engine = conninfo("hearth_engine");
    prepared = !getenv("TEST_DB_PREPARED") || strcmp(getenv("TEST_DB_PREPARED"), "false") != 0;
    connect_admin();
    return 0;
}

static int stop_cluster(void **state)
{
    PQfinish(admin);
    free((char *)api);
    free((char *)engine);
    if (!own_directory[0])
        return 0;
    return shell("scripts/test-postgres stop %s && rm -rf %s %s.log", own_directory, own_directory,
                 own_directory);
}

static void restart_cluster(const char *mode)
{
    assert_int_equal(shell("scripts/test-postgres restart %s %s >/dev/null", directory, mode), 0);
    connect_admin();
}

/* First column of the first row; NULL when there is no row. */
static const char *admin_says(const char *sql)
{
    static char answer[256];
    PGresult *result = PQexec(admin, sql);
    if (PQresultStatus(result) != PGRES_TUPLES_OK && PQresultStatus(result) != PGRES_COMMAND_OK)
        fail_msg("%s: %s", sql, PQerrorMessage(admin));
    bool found = PQntuples(result) > 0;
    snprintf(answer, sizeof answer, "%s", found ? PQgetvalue(result, 0, 0) : "");
    PQclear(result);
    return found ? answer : NULL;
}

/* Runs on while the test goes on; admin_wait takes the end in. */
static void admin_starts(const char *sql)
{
    assert_true(PQsendQuery(admin, sql));
}

static void admin_wait(void)
{
    for (PGresult *result; (result = PQgetResult(admin));)
        PQclear(result);
}

static const char terminate_api[] =
    "select count(pg_terminate_backend(pid, 5000)) from pg_stat_activity where usename = 'hearth_api'";

static long documents(void)
{
    return strtol(admin_says("select count(*) from hearth.document"), NULL, 10);
}

/* ---- one test's surroundings ---- */

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    f->config.statement_timeout = 5000;
    f->ctx = (struct ctx){.arena = arena_create(0), .config = &f->config, .tenant_id = "alpha"};
    strcpy(f->ctx.request_id, "req-test");
    f->db = f->ctx.db = db_open(api, prepared);
    admin_says("truncate hearth.document cascade");
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    db_close(f->db);
    arena_destroy(f->ctx.arena);
    free(f);
    return 0;
}

static void assert_ok(struct fixture *f, int done)
{
    if (done != 0)
        fail_msg("%s: %s", fault_name(f->ctx.error.fault), f->ctx.error.message);
}

static void assert_fault(struct fixture *f, enum fault fault)
{
    assert_string_equal(fault_name(f->ctx.error.fault), fault_name(fault));
    error_clear(&f->ctx);
}

static void begin(struct fixture *f, enum db_mode mode)
{
    assert_ok(f, db_begin(&f->ctx, f->db, mode));
}

static struct rows *put(struct fixture *f, const char *digest, const char *body)
{
    return db_run(&f->ctx, f->db, STMT_document_put, f->ctx.tenant_id, digest, body);
}

static int queue(struct fixture *f, const char *digest, const char *body)
{
    return db_queue(&f->ctx, f->db, STMT_document_put, f->ctx.tenant_id, digest, body);
}

static struct rows *get(struct fixture *f, const char *tenant, const char *digest)
{
    return db_read(&f->ctx, f->db, STMT_document_get, tenant, digest);
}

static void store(struct fixture *f, const char *digest, const char *body)
{
    begin(f, DB_WRITE);
    assert_non_null(put(f, digest, body));
    assert_ok(f, db_commit(&f->ctx, f->db));
}

/* ---- the straight way ---- */

static void a_read_is_one_round_trip(void **state)
{
    struct fixture *f = *state;
    store(f, "d", "body");
    db_stats_reset(f->db);
    struct rows *rows = get(f, "alpha", "d");
    assert_non_null(rows);
    assert_int_equal(rows_count(rows), 1);
    assert_string_equal(rows_get(rows, 0, "body"), "body");
    assert_int_equal(rows_length(rows, 0, 0), 4);
    assert_int_equal(rows_column(rows, "nothing"), -1);
    assert_null(rows_get(rows, 0, "nothing"));
    assert_null(rows_text(rows, 7, 0));
    assert_int_equal(db_stats_of(f->db)->round_trips, 1);
    assert_string_equal(db_stats_of(f->db)->slowest, "document_get");
    assert_true(db_stats_of(f->db)->time_us > 0);
}

static void a_transaction_takes_what_was_queued_along(void **state)
{
    struct fixture *f = *state;
    store(f, "warm", "");
    db_stats_reset(f->db);
    begin(f, DB_WRITE);
    char body[] = "one";
    assert_ok(f, queue(f, "1", body));
    strcpy(body, "xxx"); /* a queued argument was copied */
    struct rows *rows = put(f, "2", "two");
    assert_int_equal(rows_affected(rows), 1);
    assert_int_equal(db_stats_of(f->db)->round_trips, 1);
    assert_int_equal(documents(), 1); /* not yet for others */
    assert_ok(f, queue(f, "3", "three"));
    assert_ok(f, db_commit(&f->ctx, f->db));
    assert_int_equal(db_stats_of(f->db)->round_trips, 2);
    assert_int_equal(documents(), 4);
    assert_string_equal(admin_says("select body from hearth.document where digest = '1'"), "one");
}

static void queue_and_commit_are_one_round_trip(void **state)
{
    struct fixture *f = *state;
    store(f, "warm", "");
    db_stats_reset(f->db);
    begin(f, DB_WRITE);
    assert_ok(f, queue(f, "1", "one"));
    assert_ok(f, db_commit(&f->ctx, f->db));
    assert_int_equal(db_stats_of(f->db)->round_trips, 1);
    assert_int_equal(documents(), 2);
}

static void reads_of_several_statements_end_without_a_trip(void **state)
{
    struct fixture *f = *state;
    store(f, "d", "body");
    for (int i = 0; i < 3; i++) {
        db_stats_reset(f->db);
        begin(f, DB_READ);
        assert_non_null(db_run(&f->ctx, f->db, STMT_document_get, "alpha", "d"));
        assert_non_null(get(f, "alpha", "d")); /* db_read inside of a transaction is a part of it */
        assert_ok(f, db_commit(&f->ctx, f->db));
        assert_int_equal(db_stats_of(f->db)->round_trips, 2);
    }
    store(f, "e", "written after");
    assert_int_equal(documents(), 2);
}

static void an_empty_transaction_costs_nothing(void **state)
{
    struct fixture *f = *state;
    store(f, "warm", "");
    db_stats_reset(f->db);
    begin(f, DB_WRITE);
    assert_ok(f, db_commit(&f->ctx, f->db));
    assert_int_equal(db_stats_of(f->db)->round_trips, 0);
}

static void null_arguments_and_results(void **state)
{
    struct fixture *f = *state;
    begin(f, DB_WRITE);
    assert_null(put(f, "d", NULL)); /* body is not null */
    assert_fault(f, FAULT_INTERNAL);
    db_rollback(f->db);
    assert_int_equal(rows_count(get(f, NULL, "d")), 0);
}

static void rollback_leaves_nothing(void **state)
{
    struct fixture *f = *state;
    begin(f, DB_WRITE);
    assert_non_null(put(f, "1", "one"));
    db_rollback(f->db);
    db_rollback(f->db);
    begin(f, DB_WRITE);
    assert_ok(f, queue(f, "2", "two"));
    begin(f, DB_WRITE); /* an open one is rolled back */
    assert_ok(f, queue(f, "3", "three"));
    assert_ok(f, db_commit(&f->ctx, f->db));
    assert_int_equal(documents(), 1);
}

static void a_large_batch_and_large_rows(void **state)
{
    struct fixture *f = *state;
    enum { COUNT = 20000, LARGE = 3 << 20 };
    begin(f, DB_WRITE);
    for (int i = 0; i < COUNT; i++) {
        char digest[16];
        snprintf(digest, sizeof digest, "%d", i);
        assert_ok(f, queue(f, digest, "a body that is no larger than it has to be"));
    }
    assert_ok(f, db_commit(&f->ctx, f->db));
    assert_int_equal(documents(), COUNT);

    char *large = calloc(1, LARGE + 1);
    memset(large, 'x', LARGE);
    store(f, "large", large);
    assert_int_equal(rows_length(get(f, "alpha", "large"), 0, 0), LARGE);
    free(large);
}

/* Reads and writes of megabytes in one trip: with blocking sockets both sides would wait for the other to
 * read. */
static void large_rows_amid_a_large_batch(void **state)
{
    struct fixture *f = *state;
    enum { LARGE = 1 << 20 };
    char *large = calloc(1, LARGE + 1);
    memset(large, 'x', LARGE);
    store(f, "large", large);
    begin(f, DB_WRITE);
    for (int i = 0; i < 16; i++) {
        assert_ok(f, db_queue(&f->ctx, f->db, STMT_document_get, "alpha", "large"));
        assert_ok(f, queue(f, "large", large));
    }
    assert_ok(f, db_commit(&f->ctx, f->db));
    free(large);
}

/* ---- errors ---- */

static void a_conflict_is_named(void **state)
{
    struct fixture *f = *state;
    admin_says("create unique index document_body_once on hearth.document (tenant_id, md5(body))");
    store(f, "1", "same");
    begin(f, DB_WRITE);
    assert_null(put(f, "2", "same"));
    assert_string_equal(db_constraint(f->db), "document_body_once");
    assert_fault(f, FAULT_CONFLICT);
    assert_null(put(f, "3", "other")); /* the transaction is over */
    assert_fault(f, FAULT_INTERNAL);
    db_rollback(f->db);

    begin(f, DB_WRITE);
    assert_string_equal(db_constraint(f->db), "");
    assert_ok(f, queue(f, "4", "same")); /* a queued one is found out by the commit */
    assert_ok(f, queue(f, "5", "other"));
    assert_int_equal(db_commit(&f->ctx, f->db), -1);
    assert_string_equal(db_constraint(f->db), "document_body_once");
    assert_fault(f, FAULT_CONFLICT);
    db_rollback(f->db);
    assert_int_equal(documents(), 1);
    admin_says("drop index hearth.document_body_once");
    store(f, "6", "same");
}

static void an_error_before_a_first_use_leaves_the_statement_usable(void **state)
{
    struct fixture *f = *state;
    begin(f, DB_WRITE);
    assert_ok(f, queue(f, "1", "\xff")); /* fails before the next one is prepared */
    assert_null(db_run(&f->ctx, f->db, STMT_schema_version));
    assert_fault(f, FAULT_BAD_REQUEST);
    db_rollback(f->db);
    assert_non_null(db_read(&f->ctx, f->db, STMT_schema_version));
    assert_int_equal(documents(), 0);
}

static void the_wrong_number_of_arguments_is_refused(void **state)
{
    struct fixture *f = *state;
    assert_null(db_read(&f->ctx, f->db, STMT_document_get, "alpha"));
    assert_fault(f, FAULT_INTERNAL);
    begin(f, DB_WRITE);
    assert_int_equal(db_queue(&f->ctx, f->db, STMT_document_put, "alpha"), -1);
    assert_fault(f, FAULT_INTERNAL);
}

static void statements_need_a_transaction(void **state)
{
    struct fixture *f = *state;
    assert_null(put(f, "1", "one"));
    assert_fault(f, FAULT_INTERNAL);
    assert_int_equal(db_commit(&f->ctx, f->db), -1);
    assert_fault(f, FAULT_INTERNAL);
}

static void a_read_cannot_write(void **state)
{
    struct fixture *f = *state;
    begin(f, DB_READ);
    assert_null(put(f, "1", "one"));
    assert_fault(f, FAULT_INTERNAL);
    db_rollback(f->db);
    assert_null(db_read(&f->ctx, f->db, STMT_document_put, "alpha", "1", "one"));
    assert_fault(f, FAULT_INTERNAL);
    store(f, "2", "and a write after it can");
    assert_int_equal(documents(), 1);
}

static void a_server_that_became_read_only_is_unavailable(void **state)
{
    struct fixture *f = *state;
    admin_says("alter role hearth_api in database hearth set default_transaction_read_only = on");
    shell("sleep 0.1");
    admin_says(terminate_api);
    begin(f, DB_WRITE);
    assert_null(put(f, "1", "one"));
    assert_fault(f, FAULT_UNAVAILABLE);
    db_rollback(f->db);
    admin_says("alter role hearth_api in database hearth reset default_transaction_read_only");
    admin_says(terminate_api);
    store(f, "1", "one");
}

/* ---- row security ---- */

static void tenants_do_not_see_each_other(void **state)
{
    struct fixture *f = *state;
    store(f, "d", "alpha's");
    f->ctx.tenant_id = "beta";
    assert_int_equal(rows_count(get(f, "alpha", "d")), 0);
    f->ctx.tenant_id = NULL;
    assert_int_equal(rows_count(get(f, "alpha", "d")), 0);
    f->ctx.tenant_id = "*";
    assert_int_equal(rows_count(get(f, "alpha", "d")), 1);
    begin(f, DB_WRITE); /* but whoever sees all writes nothing */
    assert_null(db_run(&f->ctx, f->db, STMT_document_put, "alpha", "e", ""));
    assert_fault(f, FAULT_INTERNAL);
    db_rollback(f->db);
    f->ctx.tenant_id = "beta";
    begin(f, DB_WRITE);
    assert_null(db_run(&f->ctx, f->db, STMT_document_put, "alpha", "e", ""));
    assert_fault(f, FAULT_INTERNAL);
    db_rollback(f->db);
    f->ctx.tenant_id = "alpha";
    assert_int_equal(rows_count(get(f, "alpha", "d")), 1);
}

/* ---- time ---- */

static void a_statement_that_waits_too_long_is_ended(void **state)
{
    struct fixture *f = *state;
    f->config.statement_timeout = 300;
    admin_says("begin");
    admin_says("insert into hearth.document values ('alpha', 'd', 'held')");
    begin(f, DB_WRITE);
    int64_t begun = clock_monotonic_us();
    assert_null(put(f, "d", "mine"));
    assert_in_range(clock_monotonic_us() - begun, 250000, 3000000);
    assert_fault(f, FAULT_UNAVAILABLE);
    db_rollback(f->db);
    admin_says("rollback");
    store(f, "d", "mine");
}

static void a_deadlock_is_for_the_caller_to_try_again(void **state)
{
    struct fixture *f = *state;
    admin_says("begin");
    admin_says("set local deadlock_timeout = '30s'"); /* so that it is our transaction that gives way */
    admin_says("insert into hearth.document values ('alpha', 'a', 'theirs')");
    begin(f, DB_WRITE);
    assert_non_null(put(f, "b", "mine"));
    admin_starts("insert into hearth.document values ('alpha', 'b', 'theirs')");
    assert_null(put(f, "a", "mine"));
    assert_fault(f, FAULT_UNAVAILABLE);
    db_rollback(f->db);
    admin_wait();
    admin_says("commit");
    assert_int_equal(documents(), 2);
    assert_true(db_connected(f->db)); /* no reason to connect anew */
}

/* ---- lost connections ---- */

static void an_idle_connection_that_was_ended_is_not_noticed(void **state)
{
    struct fixture *f = *state;
    store(f, "1", "one");
    admin_says(terminate_api);
    assert_int_equal(rows_count(get(f, "alpha", "1")), 1);
    admin_says(terminate_api);
    begin(f, DB_WRITE); /* commit in the first trip: must go through, and only once */
    assert_ok(f, queue(f, "2", "two"));
    assert_ok(f, db_commit(&f->ctx, f->db));
    admin_says(terminate_api);
    begin(f, DB_READ);
    assert_non_null(db_run(&f->ctx, f->db, STMT_document_get, "alpha", "2"));
    assert_ok(f, db_commit(&f->ctx, f->db));
    admin_says(terminate_api);
    store(f, "3", "three");
    assert_int_equal(documents(), 3);
}

static void a_backend_ended_after_begin_is_not_noticed(void **state)
{
    struct fixture *f = *state;
    store(f, "1", "one");
    begin(f, DB_WRITE);
    assert_ok(f, queue(f, "2", "two"));
    admin_says(terminate_api);
    assert_ok(f, db_commit(&f->ctx, f->db));
    assert_int_equal(documents(), 2);
}

static void a_backend_ended_between_trips_ends_the_transaction(void **state)
{
    struct fixture *f = *state;
    begin(f, DB_WRITE);
    assert_non_null(put(f, "1", "one"));
    admin_says(terminate_api);
    assert_null(put(f, "2", "two"));
    assert_fault(f, FAULT_UNAVAILABLE);
    db_rollback(f->db);
    store(f, "3", "three");
    assert_int_equal(documents(), 1);

    begin(f, DB_WRITE);
    assert_non_null(put(f, "4", "four"));
    admin_says(terminate_api);
    assert_int_equal(db_commit(&f->ctx, f->db), -1);
    assert_fault(f, FAULT_UNAVAILABLE);
    db_rollback(f->db);
    assert_int_equal(documents(), 1);
}

/* The backend is ended while it works on the first trip, which held no commit: made again, unseen. */
static void a_first_trip_without_commit_is_repeated(void **state)
{
    struct fixture *f = *state;
    if (getenv("TEST_DB_API"))
        skip(); /* a pooler's word for a lost server is not the server's */
    store(f, "warm", "");
    admin_says("begin");
    admin_says("insert into hearth.document values ('alpha', 'd', 'held')");
    begin(f, DB_WRITE);
    char sql[256];
    snprintf(sql, sizeof sql, "select pg_sleep(0.3); %s; rollback", terminate_api);
    admin_starts(sql);
    assert_non_null(put(f, "d", "mine"));
    admin_wait();
    assert_ok(f, db_commit(&f->ctx, f->db));
    assert_string_equal(admin_says("select body from hearth.document where digest = 'd'"), "mine");
}

/* A commit whose answer was lost is never made again. */
static void a_lost_commit_is_reported(void **state)
{
    struct fixture *f = *state;
    admin_says("create function public.slow() returns trigger language plpgsql as "
               "$$begin perform pg_sleep(0.6); return null; end$$");
    admin_says("create constraint trigger slow after insert on hearth.document deferrable initially deferred "
               "for each row execute function public.slow()");
    begin(f, DB_WRITE);
    assert_ok(f, queue(f, "d", "mine"));
    char sql[256];
    snprintf(sql, sizeof sql, "select pg_sleep(0.3); %s", terminate_api);
    admin_starts(sql);
    int done = db_commit(&f->ctx, f->db);
    admin_wait();
    admin_says("drop trigger slow on hearth.document");
    admin_says("drop function public.slow()");
    assert_int_equal(done, -1);
    assert_fault(f, FAULT_UNAVAILABLE);
    db_rollback(f->db);
    assert_int_equal(documents(), 0);
    store(f, "d", "mine");
}

static void restarts_are_survived(void **state)
{
    struct fixture *f = *state;
    static const char *const modes[] = {"fast", "immediate"};
    for (size_t i = 0; i < COUNT_OF(modes); i++) {
        store(f, modes[i], "before");
        restart_cluster(modes[i]);
        assert_int_equal(rows_count(get(f, "alpha", modes[i])), 1);

        begin(f, DB_WRITE);
        assert_non_null(put(f, "mid", "way"));
        restart_cluster(modes[i]);
        assert_int_equal(db_commit(&f->ctx, f->db), -1);
        assert_fault(f, FAULT_UNAVAILABLE);
        db_rollback(f->db);
        assert_int_equal(documents(), (int)i + 1);
    }
}

static void no_server_is_unavailable_soon(void **state)
{
    struct fixture *f = *state;
    struct db *db = db_open("host=/nonexistent dbname=hearth user=hearth_api", true);
    int64_t begun = clock_monotonic_us();
    assert_int_equal(db_begin(&f->ctx, db, DB_READ), -1);
    assert_in_range(clock_monotonic_us() - begun, 500000, 2500000);
    assert_string_equal(f->ctx.error.message, "The database is not available.");
    assert_fault(f, FAULT_UNAVAILABLE);
    assert_null(db_read(&f->ctx, db, STMT_schema_version));
    assert_fault(f, FAULT_UNAVAILABLE);
    assert_int_equal(db_socket(db), -1);
    begun = clock_monotonic_us();
    for (int i = 0; i < 5; i++) { /* the pause has grown past anybody's patience: refused at once */
        assert_null(db_read(&f->ctx, db, STMT_schema_version));
        assert_fault(f, FAULT_UNAVAILABLE);
    }
    assert_true(clock_monotonic_us() - begun < 2500000);
    db_close(db);
}

/* ---- LISTEN ---- */

static bool notified_within(struct fixture *f, struct db *db, int ms)
{
    int64_t until = clock_monotonic_us() + ms * 1000;
    while (clock_monotonic_us() < until) {
        if (db_notified(&f->ctx, db))
            return true;
        struct pollfd socket = {db_socket(db), POLLIN, 0};
        poll(&socket, 1, 50);
    }
    return false;
}

static void notifications_arrive(void **state)
{
    struct fixture *f = *state;
    struct db *db = db_open(engine, true);
    assert_ok(f, db_listen(&f->ctx, db, "hearth \"operation\""));
    assert_ok(f, db_listen(&f->ctx, db, "hearth \"operation\""));
    assert_false(notified_within(f, db, 100));
    admin_says("select pg_notify('hearth \"operation\"', '')");
    assert_true(notified_within(f, db, 2000));
    assert_false(notified_within(f, db, 100));

    /* One that arrives amid a statement's answers is not lost. */
    admin_says("select pg_notify('hearth \"operation\"', '')");
    assert_non_null(db_read(&f->ctx, db, STMT_schema_version));
    assert_true(notified_within(f, db, 2000));

    /* Nor after a read whose commit is still owed. */
    assert_ok(f, db_begin(&f->ctx, db, DB_READ));
    assert_non_null(db_run(&f->ctx, db, STMT_schema_version));
    assert_ok(f, db_commit(&f->ctx, db));
    admin_says("select pg_notify('hearth \"operation\"', '')");
    assert_true(notified_within(f, db, 2000));
    db_close(db);
}

static void listening_goes_on_after_a_lost_connection(void **state)
{
    struct fixture *f = *state;
    struct db *db = db_open(engine, true);
    assert_ok(f, db_listen(&f->ctx, db, "hearth"));
    admin_says("select count(pg_terminate_backend(pid, 5000)) from pg_stat_activity "
               "where usename = 'hearth_engine'");
    assert_true(notified_within(f, db, 3000)); /* something may have been missed */
    assert_false(notified_within(f, db, 100));
    admin_says("select pg_notify('hearth', '')");
    assert_true(notified_within(f, db, 2000));
    restart_cluster("immediate");
    assert_true(notified_within(f, db, 5000));
    admin_says("select pg_notify('hearth', '')");
    assert_true(notified_within(f, db, 2000));
    assert_int_equal(f->ctx.error.fault, FAULT_NONE);
    db_close(db);
}

/* ---- what stands on it ---- */

static void documents_are_stored_once(void **state)
{
    struct fixture *f = *state;
    begin(f, DB_WRITE);
    const char *one = document_put(&f->ctx, f->db, "{\"a\": 1}");
    const char *again = document_put(&f->ctx, f->db, "{\"a\": 1}");
    assert_string_equal(one, again);
    assert_int_equal(strlen(one), DOCUMENT_DIGEST_SIZE - 1);
    assert_ok(f, db_commit(&f->ctx, f->db));
    assert_int_equal(documents(), 1);
    assert_string_equal(document_get(&f->ctx, f->db, one), "{\"a\": 1}");
    assert_null(document_get(&f->ctx, f->db, "none"));
    assert_fault(f, FAULT_NOT_FOUND);
}

static void digests_are_blake2b(void **state)
{
    char digest[DOCUMENT_DIGEST_SIZE];
    document_digest("abc", digest); /* as b2sum -l 256 says */
    assert_string_equal(digest, "bddd813c634239723171ef3fee98579b94964e3bb1cb3e427262c8c068d52319");
}

static void only_our_schema_version_is_accepted(void **state)
{
    struct fixture *f = *state;
    assert_ok(f, schema_check(&f->ctx, f->db));
    admin_says("insert into hearth.schema_migration values (9999, 'of the future')");
    assert_int_equal(schema_check(&f->ctx, f->db), -1);
    assert_non_null(strstr(f->ctx.error.message, "version 9999"));
    assert_fault(f, FAULT_UNAVAILABLE);
    admin_says("delete from hearth.schema_migration where version = 9999");
    char versions[128];
    snprintf(versions, sizeof versions, "begin; update hearth.schema_migration set version = version - 1000");
    admin_says(versions);
    admin_says("commit");
    assert_int_equal(schema_check(&f->ctx, f->db), -1);
    assert_non_null(strstr(f->ctx.error.message, "sql/migrate up"));
    assert_fault(f, FAULT_UNAVAILABLE);
    admin_says("update hearth.schema_migration set version = version + 1000");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_read_is_one_round_trip),
        TEST(a_transaction_takes_what_was_queued_along),
        TEST(queue_and_commit_are_one_round_trip),
        TEST(reads_of_several_statements_end_without_a_trip),
        TEST(an_empty_transaction_costs_nothing),
        TEST(null_arguments_and_results),
        TEST(rollback_leaves_nothing),
        TEST(a_large_batch_and_large_rows),
        TEST(large_rows_amid_a_large_batch),
        TEST(a_conflict_is_named),
        TEST(an_error_before_a_first_use_leaves_the_statement_usable),
        TEST(the_wrong_number_of_arguments_is_refused),
        TEST(statements_need_a_transaction),
        TEST(a_read_cannot_write),
        TEST(a_server_that_became_read_only_is_unavailable),
        TEST(tenants_do_not_see_each_other),
        TEST(a_statement_that_waits_too_long_is_ended),
        TEST(a_deadlock_is_for_the_caller_to_try_again),
        TEST(an_idle_connection_that_was_ended_is_not_noticed),
        TEST(a_backend_ended_after_begin_is_not_noticed),
        TEST(a_backend_ended_between_trips_ends_the_transaction),
        TEST(a_first_trip_without_commit_is_repeated),
        TEST(a_lost_commit_is_reported),
        TEST(restarts_are_survived),
        TEST(no_server_is_unavailable_soon),
        TEST(notifications_arrive),
        TEST(listening_goes_on_after_a_lost_connection),
        TEST(documents_are_stored_once),
        TEST(digests_are_blake2b),
        TEST(only_our_schema_version_is_accepted),
    };
    return cmocka_run_group_tests_name("sql/db", tests, start_cluster, stop_cluster);
}
