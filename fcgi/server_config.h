/* What the pool asks of a configuration beyond the table's own checks. */
#ifndef HEARTH_FCGI_SERVER_CONFIG_H
#define HEARTH_FCGI_SERVER_CONFIG_H

#include "base/config.h"
#include "fcgi/server.h"

/* Reads server->config_path onto ctx->arena and checks numbers and paths against each other. NULL: the error
 * is a line for the operator. */
const struct config *server_config_read(struct ctx *ctx, const struct server *server) MUST_CHECK;

/* The log as configured, for a process in this role. */
void server_config_open_log(const struct config *config, const char *role);

/* listen_mode as a number; 0 when empty. */
unsigned server_config_listen_mode(const struct config *config);

#endif
