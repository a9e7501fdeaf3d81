/* Software configurations and their deployments: reading what is asked for, one transaction per write. */
#include "engine/software.h"

#include <string.h>

#include "base/utf8.h"
#include "base/uuid.h"
#include "engine/effects.h"
#include "engine/rows.h"
#include "resources/software_io.h"

/* ---- members of a body ---- */

/* A text, or the text of a number or boolean; *text stays NULL for null. */
static int text_of(struct ctx *ctx, const struct value *body, const char *name, const char **text)
{
    const struct value *given = value_get(body, name);
    *text = NULL;
    if (value_is_null(given))
        return 0;
    if (value_is(given, VALUE_LIST) || value_is(given, VALUE_MAP))
        return fail(ctx, FAULT_BAD_REQUEST, "The value of %s must be a string.", name);
    bool string = value_is(given, VALUE_STRING);
    *text = string ? given->string.text : value_to_json(ctx->arena, given);
    size_t length = string ? given->string.length : strlen(*text);
    if (strlen(*text) != length)
        return fail(ctx, FAULT_BAD_REQUEST, "The value of %s must not contain a NUL.", name);
    if (utf8_count(*text, length) > SOFTWARE_TEXT_MAX)
        return fail(ctx, FAULT_BAD_REQUEST, "The value of %s is longer than %d characters.", name,
                    SOFTWARE_TEXT_MAX);
    return 0;
}

static bool given(const struct value *body, const char *name)
{
    return value_truth(value_get(body, name));
}

/* The same for a change, where what is false changes nothing. */
static int change_of(struct ctx *ctx, const struct value *changes, const char *name, const char **text)
{
    *text = NULL;
    return given(changes, name) ? text_of(ctx, changes, name, text) : 0;
}

/* Any value, as JSON; otherwise when it is false. */
static const char *json_of(struct ctx *ctx, const struct value *body, const char *name, const char *otherwise)
{
    return given(body, name) ? value_to_json(ctx->arena, value_get(body, name)) : otherwise;
}

/* Why something is as it is may be said in any type: lists and maps are written as Python writes them. */
static int reason_of(struct ctx *ctx, const struct value *body, const char **reason)
{
    const struct value *value = value_get(body, "status_reason");
    *reason = value_to_str(ctx->arena, value ? value : &value_null);
    if (value_is(value, VALUE_STRING) && strlen(*reason) != value->string.length)
        return fail(ctx, FAULT_BAD_REQUEST, "The value of status_reason must not contain a NUL.");
    return 0;
}

/* Ends the transaction the statement ran in. */
static struct rows *committed(struct ctx *ctx, struct rows *rows)
{
    if (rows && db_commit(ctx, ctx->db) == 0)
        return rows;
    db_rollback(ctx->db);
    return NULL;
}

/* ---- configurations ---- */

int fail_software_config(struct ctx *ctx, const char *id)
{
    return fail(ctx, FAULT_NOT_FOUND, "Software config with id %s not found", id);
}

static int fail_in_use(struct ctx *ctx, const char *id)
{
    return fail(ctx, FAULT_RESTRICTED_ACTION,
                "Software config with id %s can not be deleted as it is referenced.", id);
}

/* The members of a configuration beyond its name and group, in the order in which they are shown. */
static const char *config_rest(struct ctx *ctx, const struct value *wanted)
{
    const struct value *config = value_get(wanted, "config");
    const struct value *inputs = software_inputs_check(ctx, value_get(wanted, "inputs"));
    const struct value *outputs = inputs ? software_outputs_check(ctx, value_get(wanted, "outputs")) : NULL;
    if (!outputs)
        return NULL;
    struct value *rest = value_map(ctx->arena);
    value_map_set(ctx->arena, rest, "config", config ? config : &value_null);
    value_map_set(ctx->arena, rest, "inputs", inputs);
    value_map_set(ctx->arena, rest, "outputs", outputs);
    value_map_set(ctx->arena, rest, "options",
                  given(wanted, "options") ? value_get(wanted, "options") : value_map(ctx->arena));
    return value_to_json(ctx->arena, rest);
}

struct rows *software_config_create(struct ctx *ctx, const struct value *wanted)
{
    const char *name, *group, *rest = config_rest(ctx, wanted);
    char id[UUID_SIZE];
    uuid_v4(id);
    if (!rest || text_of(ctx, wanted, "name", &name) < 0 || text_of(ctx, wanted, "group", &group) < 0 ||
        db_begin(ctx, ctx->db, DB_WRITE) < 0)
        return NULL;
    return committed(
        ctx, db_run(ctx, ctx->db, STMT_software_config_insert, id, ctx->tenant_id, name, group, rest));
}

/* A deployment made at this moment is seen by the foreign key alone. */
static struct rows *delete_config(struct ctx *ctx, const char *id)
{
    struct rows *rows = db_run(ctx, ctx->db, STMT_software_config_delete, ctx->tenant_id, id);
    if (!rows && ctx->error.fault == FAULT_CONFLICT) {
        error_clear(ctx);
        fail_in_use(ctx, id);
    }
    return rows;
}

int software_config_delete(struct ctx *ctx, const char *id)
{
    if (!uuid_valid(id))
        return fail_software_config(ctx, id);
    if (db_begin(ctx, ctx->db, DB_WRITE) < 0)
        return -1;
    struct rows *rows = committed(ctx, delete_config(ctx, id));
    if (!rows)
        return -1;
    if (rows_count(rows) == 0)
        return fail_software_config(ctx, id);
    return rows_bool(rows, 0, rows_column(rows, "gone")) ? 0 : fail_in_use(ctx, id);
}

/* ---- configurations as they are shown ---- */

static void write_text(struct str *out, const char *key, const char *text)
{
    str_printf(out, ", \"%s\": ", key);
    if (text)
        json_write_string(out, text);
    else
        str_add(out, "null");
}

void software_config_write(struct str *out, const struct rows *rows, size_t row, bool detail, bool project)
{
    str_printf(out, "{\"id\": \"%s\"", rows_text(rows, row, CONFIG_ID));
    write_text(out, "name", rows_text(rows, row, CONFIG_NAME));
    write_text(out, "group", rows_text(rows, row, CONFIG_GROUP));
    write_text(out, "creation_time", rows_text(rows, row, CONFIG_CREATED));
    if (detail) { /* the members of the map, without its braces */
        str_add(out, ", ");
        str_add_bytes(out, rows_text(rows, row, CONFIG_REST) + 1, rows_length(rows, row, CONFIG_REST) - 2);
    }
    if (project)
        write_text(out, "project", rows_text(rows, row, CONFIG_TENANT));
    str_add_char(out, '}');
}

void software_configs_write(struct str *out, const struct rows *rows, bool detail, bool project)
{
    str_add_char(out, '[');
    for (size_t i = 0; i < rows_count(rows); i++) {
        if (i)
            str_add(out, ", ");
        software_config_write(out, rows, i, detail, project);
    }
    str_add_char(out, ']');
}

/* In the open transaction, after a change of the server's deployments. */
static int push_metadata(struct ctx *ctx, const char *server_id)
{
    struct row_list list = ROW_LIST_INIT(ctx->arena);
    row_begin(&list);
    row_text(&list, "tenant_id", ctx->tenant_id);
    row_text(&list, "id", server_id);
    row_end(&list);
    return server_metadata_write(ctx, ctx->db, row_list_json(&list));
}

/* ---- deployments ---- */

int fail_software_deployment(struct ctx *ctx, const char *id)
{
    return fail(ctx, FAULT_NOT_FOUND, "Deployment with id %s not found", id);
}

/* A configuration's id in a body; what is none names nothing there is. */
static int config_id_of(struct ctx *ctx, const struct value *body, const char **id)
{
    const struct value *value = value_get(body, "config_id");
    *id = value_text(value);
    if (!*id || !uuid_valid(*id))
        return fail_software_config(ctx, value_to_str(ctx->arena, value));
    return 0;
}

/* The configuration went while a deployment was being tied to it. */
static struct rows *or_missing_config(struct ctx *ctx, struct rows *rows, const char *config_id)
{
    if (!rows && ctx->error.fault == FAULT_CONFLICT) {
        error_clear(ctx);
        fail_software_config(ctx, config_id);
    }
    return rows;
}

struct wanted {
    const char *server_id, *config_id, *inputs, *outputs, *action, *status, *reason, *project;
};

static int read_wanted(struct ctx *ctx, const struct value *body, struct wanted *wanted)
{
    if (text_of(ctx, body, "server_id", &wanted->server_id) < 0)
        return -1;
    if (!wanted->server_id)
        return fail(ctx, FAULT_BAD_REQUEST, "server_id must be specified");
    if (!given(body, "config_id"))
        return fail(ctx, FAULT_BAD_REQUEST, "config_id must be specified");
    if (config_id_of(ctx, body, &wanted->config_id) < 0 ||
        text_of(ctx, body, "action", &wanted->action) < 0 ||
        text_of(ctx, body, "status", &wanted->status) < 0 || reason_of(ctx, body, &wanted->reason) < 0 ||
        text_of(ctx, body, "stack_user_project_id", &wanted->project) < 0)
        return -1;
    wanted->inputs = json_of(ctx, body, "input_values", "{}");
    return 0;
}

/* In the open transaction. */
static struct rows *insert_deployment(struct ctx *ctx, const struct wanted *wanted)
{
    char id[UUID_SIZE];
    uuid_v4(id);
    struct rows *rows = db_run(ctx, ctx->db, STMT_software_deployment_insert, id, ctx->tenant_id,
                               wanted->server_id, wanted->config_id, wanted->inputs, wanted->action,
                               wanted->status, wanted->reason, wanted->project);
    if (!or_missing_config(ctx, rows, wanted->config_id))
        return NULL;
    if (rows_count(rows) == 0) {
        fail_software_config(ctx, wanted->config_id);
        return NULL;
    }
    return push_metadata(ctx, wanted->server_id) == 0 ? rows : NULL;
}

struct rows *software_deployment_create(struct ctx *ctx, const struct value *body)
{
    struct wanted wanted = {0};
    if (read_wanted(ctx, body, &wanted) < 0 || db_begin(ctx, ctx->db, DB_WRITE) < 0)
        return NULL;
    return committed(ctx, insert_deployment(ctx, &wanted));
}

static int read_changes(struct ctx *ctx, const struct value *body, struct wanted *changes)
{
    if ((given(body, "config_id") && config_id_of(ctx, body, &changes->config_id) < 0) ||
        change_of(ctx, body, "action", &changes->action) < 0 ||
        change_of(ctx, body, "status", &changes->status) < 0 ||
        (given(body, "status_reason") && reason_of(ctx, body, &changes->reason) < 0))
        return -1;
    changes->inputs = json_of(ctx, body, "input_values", NULL);
    changes->outputs = json_of(ctx, body, "output_values", NULL);
    return 0;
}

/* No row was changed: which of the two is not there? */
static int fail_change(struct ctx *ctx, const char *id, const char *config_id)
{
    struct rows *rows = db_run(ctx, ctx->db, STMT_software_deployment_show, ctx->tenant_id, id);
    if (!rows)
        return -1;
    bool there = rows_count(rows) > 0 && config_id;
    return there ? fail_software_config(ctx, config_id) : fail_software_deployment(ctx, id);
}

/* A stack may wait for the deployment. First of all: operations are locked before anything else. */
static int wake_stack(struct ctx *ctx, const char *id)
{
    if (db_queue(ctx, ctx->db, STMT_software_deployment_wake, ctx->tenant_id, id) < 0)
        return -1;
    return db_queue(ctx, ctx->db, STMT_engine_notify, "");
}

/* In the open transaction. */
static struct rows *update_deployment(struct ctx *ctx, const char *id, const struct wanted *changes)
{
    if (wake_stack(ctx, id) < 0)
        return NULL;
    struct rows *rows =
        db_run(ctx, ctx->db, STMT_software_deployment_update, ctx->tenant_id, id, changes->config_id,
               changes->inputs, changes->outputs, changes->action, changes->status, changes->reason);
    if (!or_missing_config(ctx, rows, changes->config_id))
        return NULL;
    if (rows_count(rows) == 0) {
        fail_change(ctx, id, changes->config_id);
        return NULL;
    }
    if (changes->config_id && push_metadata(ctx, rows_text(rows, 0, DEPLOYMENT_SERVER)) < 0)
        return NULL;
    return rows;
}

struct rows *software_deployment_update(struct ctx *ctx, const char *id, const struct value *body)
{
    struct wanted changes = {0};
    if (!uuid_valid(id)) {
        fail_software_deployment(ctx, id);
        return NULL;
    }
    if (read_changes(ctx, body, &changes) < 0 || db_begin(ctx, ctx->db, DB_WRITE) < 0)
        return NULL;
    return committed(ctx, update_deployment(ctx, id, &changes));
}

/* In the open transaction. */
static struct rows *delete_deployment(struct ctx *ctx, const char *id)
{
    struct rows *rows = db_run(ctx, ctx->db, STMT_software_deployment_delete, ctx->tenant_id, id);
    if (!rows)
        return NULL;
    if (rows_count(rows) == 0) {
        fail_software_deployment(ctx, id);
        return NULL;
    }
    return push_metadata(ctx, rows_text(rows, 0, DEPLOYMENT_SERVER)) == 0 ? rows : NULL;
}

int software_deployment_delete(struct ctx *ctx, const char *id)
{
    if (!uuid_valid(id))
        return fail_software_deployment(ctx, id);
    if (db_begin(ctx, ctx->db, DB_WRITE) < 0)
        return -1;
    return committed(ctx, delete_deployment(ctx, id)) ? 0 : -1;
}
