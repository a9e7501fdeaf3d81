/* Starting: configuration, sockets, pid file, privileges, then the master or the one worker. */
#include "fcgi/server.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "fcgi/listener.h"
#include "fcgi/master.h"
#include "fcgi/privileges.h"
#include "fcgi/scoreboard.h"
#include "fcgi/server_config.h"
#include "fcgi/worker.h"

enum { PROCESSES_MAX = SLOTS_MAX / 2 - 8, FIRST_INHERITED = 3, STATUS_BACKLOG = 64 };

/* ---- configuration ---- */

static int check_range(struct ctx *ctx, const char *name, int64_t value, int64_t least, int64_t most)
{
    if (value >= least && value <= most)
        return 0;
    return fail(ctx, FAULT_INTERNAL, "%s is %lld; it must be between %lld and %lld", name, (long long)value,
                (long long)least, (long long)most);
}

static int check_prefix(struct ctx *ctx, const char *name, const char *prefix)
{
    size_t length = strlen(prefix);
    if (length == 0 || (prefix[0] == '/' && prefix[length - 1] != '/'))
        return 0;
    return fail(ctx, FAULT_INTERNAL, "%s is %s; it must begin with a slash and not end with one", name,
                prefix);
}

static int check_pool(struct ctx *ctx, const struct config *config)
{
    if (check_range(ctx, "api_workers", config->api_workers, 0, PROCESSES_MAX) ||
        check_range(ctx, "engines", config->engines, 0, PROCESSES_MAX) ||
        check_range(ctx, "api_workers and engines together", config->api_workers + config->engines, 1,
                    PROCESSES_MAX) ||
        check_range(ctx, "listen_backlog", config->listen_backlog, 1, 65535) ||
        check_range(ctx, "max_json_body_size", config->max_json_body_size, 1024, 1LL << 30))
        return -1;
    if (strcmp(config->pool, "dynamic") != 0)
        return 0;
    if (check_range(ctx, "min_spare_workers", config->min_spare_workers, 1, config->api_workers))
        return -1;
    return check_range(ctx, "max_spare_workers", config->max_spare_workers, config->min_spare_workers,
                       config->api_workers);
}

static int check_mode(struct ctx *ctx, const char *mode)
{
    if (strlen(mode) <= 4 && mode[strspn(mode, "01234567")] == '\0')
        return 0;
    return fail(ctx, FAULT_INTERNAL, "listen_mode is %s; it must be octal, as 0660", mode);
}

const struct config *server_config_read(struct ctx *ctx, const struct server *server)
{
    const struct config *config = config_read(ctx, server->config_path);
    if (!config || check_pool(ctx, config) || check_prefix(ctx, "api_prefix", config->api_prefix) ||
        check_prefix(ctx, "identity_prefix", config->identity_prefix) || check_mode(ctx, config->listen_mode))
        return NULL;
    if (server->routes.count > ROUTES_MAX)
        return fail_null(ctx, FAULT_INTERNAL, "more than %d routes", ROUTES_MAX);
    return config;
}

unsigned server_config_listen_mode(const struct config *config)
{
    return (unsigned)strtoul(config->listen_mode, NULL, 8);
}

void server_config_open_log(const struct config *config, const char *role)
{
    static const char *const levels[] = {
        [LOG_ERROR_LEVEL] = "error",
        [LOG_WARNING_LEVEL] = "warning",
        [LOG_INFO_LEVEL] = "info",
        [LOG_DEBUG_LEVEL] = "debug",
    };
    enum log_level level = LOG_ERROR_LEVEL;
    while (level < LOG_DEBUG_LEVEL && strcmp(levels[level], config->log_level) != 0)
        level++;
    log_open(role, level, *config->log_file ? config->log_file : NULL);
}

/* ---- sockets and files ---- */

static int open_listener(struct ctx *ctx, struct master *master)
{
    const struct config *config = master->config;
    master->listener = (struct listener){.fd = -1};
    if (listener_inherited() > 0)
        master->listener.fd = FIRST_INHERITED;
    else if (config->api_workers > 0)
        return listener_open(ctx, &master->listener, config->listen, (int)config->listen_backlog,
                             server_config_listen_mode(config), config->group);
    return 0;
}

static int open_status_listener(struct ctx *ctx, struct master *master)
{
    master->status_listener = (struct listener){.fd = -1};
    if (listener_inherited() > 1)
        master->status_listener.fd = FIRST_INHERITED + 1;
    else if (*master->config->status_listen)
        return listener_open(ctx, &master->status_listener, master->config->status_listen, STATUS_BACKLOG,
                             server_config_listen_mode(master->config), master->config->group);
    return 0;
}

static int write_pid_file(struct ctx *ctx, const char *path)
{
    if (!*path)
        return 0;
    FILE *file = fopen(path, "we");
    if (!file)
        return fail(ctx, FAULT_INTERNAL, "cannot write the pid file %s: %s", path, strerror(errno));
    fprintf(file, "%d\n", (int)getpid());
    return fclose(file) ? fail(ctx, FAULT_INTERNAL, "cannot write the pid file %s: %s", path, strerror(errno))
                        : 0;
}

static int complain(const struct ctx *ctx)
{
    log_error(NULL, "%s", ctx->error.message);
    return EXIT_FAILURE;
}

/* ---- the two ways to run ---- */

static int open_pool(struct ctx *ctx, struct master *master)
{
    if (open_listener(ctx, master) || open_status_listener(ctx, master) ||
        write_pid_file(ctx, master->config->pid_file) ||
        privileges_drop(ctx, master->config->user, master->config->group))
        return -1;
    return parking_open(&master->parking) || scoreboard_open()
               ? fail(ctx, FAULT_INTERNAL, "cannot make what the workers share: %s", strerror(errno))
               : 0;
}

static int run_pool(struct ctx *ctx, const struct server *server, const struct config *config)
{
    static struct master master; /* half a megabyte of table does not belong on the stack */
    master = (struct master){.server = server, .config = config, .config_arena = ctx->arena};
    int status = open_pool(ctx, &master) ? complain(ctx) : master_run(&master);
    listener_close(&master.listener);
    listener_close(&master.status_listener);
    if (*master.config->pid_file)
        unlink(master.config->pid_file);
    return status;
}

/* Whoever started us (mod_fcgid, spawn-fcgi) is the master: it starts others, and ends us with SIGTERM. */
static int run_single(struct ctx *ctx, const struct server *server, const struct config *config)
{
    if (scoreboard_open())
        return complain(ctx);
    scoreboard_assign(0, PROCESS_API, 1);
    scoreboard_become(0);
    scoreboard_slot(0)->pid = getpid();
    struct parking none = {.in = -1, .out = -1};
    int status = worker_run(server, config, STDIN_FILENO, &none, scoreboard_slot(0));
    return status == EXIT_RECYCLED ? EXIT_SUCCESS : status;
}

int server_run(struct server *server)
{
    struct ctx ctx = {.arena = arena_create(0)};
    const struct config *config = server_config_read(&ctx, server);
    if (!config)
        return complain(&ctx);
    server->single |= listener_is(STDIN_FILENO);
    server_config_open_log(config, server->single ? "api" : "master");
    return server->single ? run_single(&ctx, server, config) : run_pool(&ctx, server, config);
}
