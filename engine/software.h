/* Software configurations and their deployments: every write, each one transaction.
 *
 *   configuration   a script (or what a tool reads) with named inputs and outputs; never changes
 *   deployment      one configuration meant for one server, with its state and what came out of it
 *   metadata        of a server: the configurations of its deployments, which an agent there fetches and runs
 *
 * A server is known by its id alone and need not exist here. If a resource of the tenant's is that server, its
 * metadata has the same list under "deployments", kept in the transaction of each change. */
#ifndef HEARTH_ENGINE_SOFTWARE_H
#define HEARTH_ENGINE_SOFTWARE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/ctx.h"
#include "base/str.h"
#include "base/value.h"
#include "sql/db.h"

/* Columns of the rows below and of the statements in sql/queries/software.sql. */
enum config_column {
    CONFIG_ID,
    CONFIG_NAME,
    CONFIG_GROUP,
    CONFIG_CREATED,
    CONFIG_TENANT,
    CONFIG_REST, /* JSON map {"config", "inputs", "outputs", "options"} as shown; not in lists */
};
enum deployment_column {
    DEPLOYMENT_ID,
    DEPLOYMENT_SERVER,
    DEPLOYMENT_INPUTS,
    DEPLOYMENT_OUTPUTS,
    DEPLOYMENT_ACTION,
    DEPLOYMENT_STATUS,
    DEPLOYMENT_REASON,
    DEPLOYMENT_CONFIG,
    DEPLOYMENT_CREATED,
    DEPLOYMENT_UPDATED,
};

enum { SOFTWARE_TEXT_MAX = 255 }; /* characters of a name, group, action, status or server id */

/* ---- configurations ---- */
/* wanted: map with name, group, config, inputs, outputs, options, all optional; the row made. Fails as
 * software_io.h says, and with FAULT_BAD_REQUEST for a name or group that is no text of up to
 * SOFTWARE_TEXT_MAX characters. */
struct rows *software_config_create(struct ctx *ctx, const struct value *wanted) MUST_CHECK;
/* FAULT_NOT_FOUND; FAULT_RESTRICTED_ACTION while a deployment refers to it. */
int software_config_delete(struct ctx *ctx, const char *id) MUST_CHECK;
int fail_software_config(struct ctx *ctx, const char *id); /* FAULT_NOT_FOUND in Heat's words */

/* A configuration as the API and a server's metadata show it; project: say whose it is. */
void software_config_write(struct str *out, const struct rows *rows, size_t row, bool detail, bool project);
/* All of them, as a JSON list. */
void software_configs_write(struct str *out, const struct rows *rows, bool detail, bool project);

/* ---- deployments ---- */
/* wanted: map with config_id and server_id, and if need be input_values, action, status, status_reason,
 * stack_user_project_id (see the statement); the row made. FAULT_NOT_FOUND for the configuration,
 * FAULT_BAD_REQUEST for anything missing or of the wrong type. */
struct rows *software_deployment_create(struct ctx *ctx, const struct value *wanted) MUST_CHECK;
/* changes: map with config_id, input_values, output_values, action, status, status_reason; what is absent or
 * false in Python's sense stays. The row as it is now. */
struct rows *software_deployment_update(struct ctx *ctx, const char *id,
                                        const struct value *changes) MUST_CHECK;
int software_deployment_delete(struct ctx *ctx, const char *id) MUST_CHECK;
int fail_software_deployment(struct ctx *ctx, const char *id); /* FAULT_NOT_FOUND in Heat's words */

#endif
