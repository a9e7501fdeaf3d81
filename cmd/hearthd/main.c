/* hearthd: the API workers and the engines under one master. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/config.h"
#include "base/log.h"
#include "base/seal.h"
#include "engine/engine.h"
#include "fcgi/auth.h"
#include "fcgi/server.h"
#include "fcgi/server_config.h"
#include "handlers/routes.h"
#include "resources/catalogue.h"
#include "sql/db.h"
#include "sql/schema_version.h"

#ifndef HEARTH_VERSION
#define HEARTH_VERSION "development"
#endif

/* ---- what each process opens before it serves ---- */

/* A database that cannot be reached is no reason to stop: requests are answered 503 until it is back. One
 * with a schema that this program does not know is. */
static int check_schema_on(struct ctx *ctx, struct db *db)
{
    if (schema_check(ctx, db) == 0)
        return 0;
    if (db_connected(db))
        return -1;
    log_warning(NULL, "the database cannot be reached: %s", ctx->error.message);
    error_clear(ctx);
    return 0;
}

/* API workers have their connection already; an engine opens its own later, so it looks through one for the
 * moment. */
static int check_schema(struct ctx *ctx)
{
    const struct config *config = ctx->config;
    if (ctx->db)
        return check_schema_on(ctx, ctx->db);
    const char *conninfo = *config->engine_database ? config->engine_database : config->database;
    struct db *db = db_open(conninfo, false);
    int rc = check_schema_on(ctx, db);
    db_close(db);
    return rc;
}

static int prepare(struct ctx *ctx)
{
    if (seal_load_keys(ctx, ctx->config->key_file) || catalogue_open(ctx) || auth_open(ctx))
        return -1;
    return check_schema(ctx);
}

/* ---- the command line ---- */

struct options {
    struct server server;
    bool test, version, help;
};

static int read_options(struct options *options, int argc, char **argv)
{
    static const struct option known[] = {
        {"config", required_argument, NULL, 'c'}, {"test", no_argument, NULL, 't'},
        {"version", no_argument, NULL, 'V'},      {"single", no_argument, NULL, 's'},
        {"help", no_argument, NULL, 'h'},         {NULL, 0, NULL, 0},
    };
    int letter;
    while ((letter = getopt_long(argc, argv, "c:tVh", known, NULL)) != -1) {
        switch (letter) {
        case 'c':
            options->server.config_path = optarg;
            break;
        case 't':
            options->test = true;
            break;
        case 'V':
            options->version = true;
            break;
        case 's':
            options->server.single = true;
            break;
        case 'h':
            options->help = true;
            break;
        default:
            return -1;
        }
    }
    return optind == argc ? 0 : -1;
}

static int print_usage(FILE *out)
{
    fputs(
        "usage: hearthd [-c FILE] [-t] [-V] [--single]\n"
        "  -c, --config FILE  configuration (default: built-in values)\n"
        "  -t, --test         check the configuration and what it names, then exit\n"
        "      --single       one worker on the socket on descriptor 0, no master (mod_fcgid, spawn-fcgi);\n"
        "                     chosen by itself when descriptor 0 is a listening socket\n"
        "  -V, --version      print the version and exit\n"
        "signals: TERM, INT stop; HUP new configuration, rolling; USR1 reopen the log\n",
        out);
    return out == stdout ? EXIT_SUCCESS : EXIT_FAILURE;
}

static int print_version(void)
{
    printf("hearthd %s, schema %d to %d\n", HEARTH_VERSION, SCHEMA_VERSION_MIN, SCHEMA_VERSION_MAX);
    return EXIT_SUCCESS;
}

static int test_config(const struct server *server)
{
    struct ctx ctx = {.arena = arena_create(0)};
    ctx.config = server_config_read(&ctx, server);
    int rc = ctx.config ? prepare(&ctx) : -1;
    if (rc)
        fprintf(stderr, "hearthd: %s\n", ctx.error.message);
    else
        puts("configuration ok");
    arena_destroy(ctx.arena);
    return rc ? EXIT_FAILURE : EXIT_SUCCESS;
}

/* engine/ does not know of the process table, nor fcgi/ of operations: they meet here. */
static void report_engine(const struct engine_counters *counters)
{
    server_report_engine(&(struct engine_status){
        .operations = counters->operations,
        .turns = counters->turns,
        .transactions = counters->transactions,
        .resources_done = counters->resources_done,
        .takeovers = counters->takeovers,
    });
}

int main(int argc, char **argv)
{
    memory_setup();
    engine_on_status(report_engine);
    struct options options = {.server = {.routes = routes, .engine = engine_run, .prepare = prepare}};
    if (read_options(&options, argc, argv))
        return print_usage(stderr);
    if (options.help)
        return print_usage(stdout);
    if (options.version)
        return print_version();
    if (options.test)
        return test_config(&options.server);
    return server_run(&options.server);
}
