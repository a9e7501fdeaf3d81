/* OS::Heat::SoftwareDeployment and StructuredDeployment: a configuration brought to a server.
 *
 *   begin an action ──> ask: the configuration, the deployment as it is
 *        │              write: a derived configuration, the deployment IN_PROGRESS with it, the server's metadata
 *        v
 *   wait for the report ──> ask: the deployment as it is
 *        │   IN_PROGRESS: wait on; a signal, or a change by the API, calls again
 *        v
 *   COMPLETE: done          FAILED: the action fails with the report's reason
 *
 * The server's agent reads the derived configuration from its metadata, runs it, and signals the outcome; the
 * signal changes the deployment's row in the API's own transaction. An action that the deployment does not
 * act in is done at once; with NO_SIGNAL the deployment is COMPLETE from the start. Deleting takes the row
 * and the derived configuration away, after a deployment of its own where DELETE is among the actions and the
 * server is still there. */
#include <string.h>

#include "base/clock.h"
#include "base/uuid.h"
#include "resources/software_derive.h"
#include "resources/software_report.h"

/* ---- the row as the API shows it ---- */
static const struct value *json_or_null(struct ctx *ctx, const char *text)
{
    const struct value *value = text ? value_read_json(ctx, text, strlen(text)) : NULL;
    error_clear(ctx);
    return value ? value : &value_null;
}

static void copy_text(struct ctx *ctx, struct value *map, const char *name, const struct value *row,
                      const char *column)
{
    const struct value *value = value_get(row, column);
    if (!value_is_null(value) || strcmp(name, "updated_time") != 0)
        value_map_set(ctx->arena, map, name, value ? value : &value_null);
}

static const struct value *shown(struct ctx *ctx, const char *id, const struct value *row)
{
    struct value *map = value_map(ctx->arena);
    value_map_set(ctx->arena, map, "id", value_string(ctx->arena, id));
    copy_text(ctx, map, "server_id", row, "server_id");
    value_map_set(ctx->arena, map, "input_values", json_or_null(ctx, value_get_text(row, "input_values")));
    value_map_set(ctx->arena, map, "output_values", json_or_null(ctx, value_get_text(row, "output_values")));
    copy_text(ctx, map, "action", row, "action");
    copy_text(ctx, map, "status", row, "status");
    copy_text(ctx, map, "status_reason", row, "status_reason");
    copy_text(ctx, map, "config_id", row, "config_id");
    copy_text(ctx, map, "creation_time", row, "created");
    copy_text(ctx, map, "updated_time", row, "updated");
    return map;
}

static void show(struct ctx *ctx, struct resource_job *job, const struct value *row)
{
    job_set_attribute(ctx, job, "show", shown(ctx, job->physical_id, row));
}

/* ---- asking ---- */
static enum step_result fail_missing(struct ctx *ctx, const char *what, const char *id)
{
    (void)fail(ctx, FAULT_NOT_FOUND, "%s with id %s not found", what, id);
    return STEP_FAILED;
}

/* The configuration to deploy; an empty map when the deployment names none. */
static enum step_result ask_source(struct ctx *ctx, struct resource_job *job, const struct value **source)
{
    const char *id = value_get_text(job->properties, "config");
    *source = value_map(ctx->arena);
    if (!id || !*id)
        return STEP_DONE;
    const struct value *answer = job_ask(ctx, job, ASK_CONFIG, id);
    if (!answer)
        return STEP_WAIT;
    if (value_is_null(answer))
        return fail_missing(ctx, "Software config", id);
    *source = software_config_read(ctx, answer);
    return *source ? STEP_DONE : STEP_FAILED;
}

/* The deployment as it is; NULL with STEP_DONE: none was made so far. */
static enum step_result ask_row(struct ctx *ctx, struct resource_job *job, const struct value **row)
{
    *row = NULL;
    if (!job->physical_id)
        return STEP_DONE;
    *row = job_ask(ctx, job, ASK_DEPLOYMENT, job->physical_id);
    if (!*row)
        return STEP_WAIT;
    return value_is_null(*row) ? fail_missing(ctx, "Deployment", job->physical_id) : STEP_DONE;
}

/* ---- deploying ---- */
static bool waits_for_signal(const struct resource_job *job)
{
    const char *transport = value_get_text(job->properties, "signal_transport");
    return !transport || strcmp(transport, "NO_SIGNAL") != 0;
}

static software_text *text_of(const struct resource_job *job)
{
    return value_has(job->properties, "input_key") ? software_text_structured : software_text_plain;
}

static void set_text(struct ctx *ctx, struct value *map, const char *name, const char *text)
{
    value_map_set(ctx->arena, map, name, text ? value_string(ctx->arena, text) : &value_null);
}

static const char *write_config(struct ctx *ctx, struct resource_job *job, const struct value *derived)
{
    char id[UUID_SIZE];
    uuid_v4(id);
    struct value *row = value_copy(ctx->arena, derived);
    set_text(ctx, row, "id", arena_strdup(ctx->arena, id));
    value_map_set(ctx->arena, row, "created_us", value_int(ctx->arena, job->now_us));
    job_write(ctx, job, EFFECT_CONFIG_PUT, row);
    return value_get_text(row, "id");
}

static void write_deployment(struct ctx *ctx, struct resource_job *job, const char *config_id,
                             const char *action, const struct value *before)
{
    bool waiting = waits_for_signal(job);
    const struct value *inputs = value_get(job->properties, "input_values");
    struct value *row = value_map(ctx->arena);
    char now[CLOCK_ISO_SIZE];
    clock_iso(job->now_us, now);
    set_text(ctx, row, "id", job->physical_id);
    set_text(ctx, row, "server_id", value_get_text(job->properties, "server"));
    set_text(ctx, row, "config_id", config_id);
    set_text(ctx, row, "input_values", value_truth(inputs) ? value_to_json(ctx->arena, inputs) : "{}");
    set_text(ctx, row, "action", action);
    set_text(ctx, row, "status", waiting ? "IN_PROGRESS" : "COMPLETE");
    set_text(ctx, row, "status_reason", waiting ? "Deploy data available" : "Not waiting for outputs signal");
    value_map_set(ctx->arena, row, "created_us", value_int(ctx->arena, job->now_us));
    job_write(ctx, job, EFFECT_DEPLOYMENT_PUT, row);
    job_write_id(ctx, job, EFFECT_SERVER_METADATA, value_get_text(row, "server_id"));
    set_text(ctx, row, "created", before ? value_get_text(before, "created") : now);
    set_text(ctx, row, "updated", before ? now : NULL);
    set_text(ctx, row, "output_values", value_get_text(before, "output_values"));
    show(ctx, job, row);
}

/* Outputs that get_attr may name, whether they have come or not; and the URL to report to, which later actions
 * do not always know. */
static void keep(struct ctx *ctx, struct resource_job *job, const struct value *source)
{
    struct value *data = value_map(ctx->arena), *names = value_list(ctx->arena);
    const struct value *outputs = value_get(source, "outputs");
    for (size_t i = 0; i < value_count(outputs); i++)
        if (value_get_text(value_at(outputs, i), "name"))
            value_list_add(ctx->arena, names, value_get(value_at(outputs, i), "name"));
    value_map_set(ctx->arena, data, "outputs", names);
    if (!job->signal_url)
        job->signal_url = value_get_text(job->data, "signal_url");
    set_text(ctx, data, "signal_url", job->signal_url);
    job->data = data;
}

static enum step_result deploy(struct ctx *ctx, struct resource_job *job, const char *action,
                               const struct value *source, const struct value *before)
{
    keep(ctx, job, source);
    if (!software_acts(job, source, action))
        return STEP_DONE;
    const struct value *derived = software_derive(ctx, job, source, action, text_of(job));
    if (!derived)
        return STEP_FAILED;
    if (!job->physical_id) {
        char id[UUID_SIZE];
        uuid_v4(id);
        job->physical_id = arena_strdup(ctx->arena, id);
    }
    write_deployment(ctx, job, write_config(ctx, job, derived), action, before);
    if (before && value_get_text(before, "config_id"))
        job_write_id(ctx, job, EFFECT_CONFIG_DELETE, value_get_text(before, "config_id"));
    if (!waits_for_signal(job))
        return STEP_DONE;
    job->progress = value_map(ctx->arena);
    return STEP_WAIT;
}

static enum step_result read_report(struct ctx *ctx, struct resource_job *job)
{
    const struct value *row;
    enum step_result asked = ask_row(ctx, job, &row);
    if (asked != STEP_DONE)
        return asked;
    const char *status = value_get_text(row, "status");
    if (!status || (strcmp(status, "COMPLETE") != 0 && strcmp(status, "FAILED") != 0))
        return STEP_WAIT;
    show(ctx, job, row);
    if (strcmp(status, "COMPLETE") == 0)
        return STEP_DONE;
    (void)fail(ctx, FAULT_RESOURCE_ERROR, "Deployment to server failed: %s",
               value_to_str(ctx->arena, value_get(row, "status_reason")));
    return STEP_FAILED;
}

/* Both questions are asked before either answer is awaited. */
static enum step_result ask_both(struct ctx *ctx, struct resource_job *job, const struct value **source,
                                 const struct value **row)
{
    enum step_result of_source = ask_source(ctx, job, source);
    if (of_source == STEP_FAILED)
        return STEP_FAILED;
    enum step_result of_row = ask_row(ctx, job, row);
    return of_row == STEP_DONE ? of_source : of_row;
}

static enum step_result act(struct ctx *ctx, struct resource_job *job, const char *action)
{
    const struct value *source, *row;
    if (job->progress)
        return read_report(ctx, job);
    enum step_result asked = ask_both(ctx, job, &source, &row);
    return asked == STEP_DONE ? deploy(ctx, job, action, source, row) : asked;
}

static enum step_result deployment_create(struct ctx *ctx, struct resource_job *job)
{
    return act(ctx, job, "CREATE");
}

static enum step_result deployment_suspend(struct ctx *ctx, struct resource_job *job)
{
    return act(ctx, job, "SUSPEND");
}

static enum step_result deployment_resume(struct ctx *ctx, struct resource_job *job)
{
    return act(ctx, job, "RESUME");
}

/* ---- updating ---- */
static bool any_replaces(const struct value *inputs)
{
    for (size_t i = 0; i < value_count(inputs); i++)
        if (value_truth(value_get(value_at(inputs, i), "replace_on_change")))
            return true;
    return false;
}

/* Whether an input that replaces on change has another value than in the derived configuration so far. */
static bool replaces(struct ctx *ctx, const struct value *inputs, const struct value *old_inputs)
{
    const struct value *old_values = software_input_values(ctx, old_inputs);
    for (size_t i = 0; i < value_count(inputs); i++) {
        const struct value *input = value_at(inputs, i);
        const struct value *before =
            value_get(old_values, value_to_str(ctx->arena, value_get(input, "name")));
        if (before && value_truth(value_get(input, "replace_on_change")) &&
            !value_equal(before, value_get(input, "value")))
            return true;
    }
    return false;
}

static enum step_result check_replacement(struct ctx *ctx, struct resource_job *job,
                                          const struct value *source, const struct value *row)
{
    const char *config_id = value_get_text(row, "config_id");
    if (!config_id || !any_replaces(value_get(source, "inputs")))
        return STEP_DONE;
    const struct value *answer = job_ask(ctx, job, ASK_CONFIG, config_id);
    if (!answer)
        return STEP_WAIT;
    const struct value *derived = value_is_null(answer) ? answer : software_config_read(ctx, answer);
    if (!derived)
        return STEP_FAILED;
    const struct value *inputs = software_derive_inputs(ctx, job, source, "UPDATE");
    return replaces(ctx, inputs, value_get(derived, "inputs")) ? STEP_REPLACE : STEP_DONE;
}

static enum step_result deployment_update(struct ctx *ctx, struct resource_job *job)
{
    const struct value *source, *row;
    if (job->progress)
        return read_report(ctx, job);
    enum step_result result = ask_both(ctx, job, &source, &row);
    if (result == STEP_DONE)
        result = check_replacement(ctx, job, source, row);
    return result == STEP_DONE ? deploy(ctx, job, "UPDATE", source, row) : result;
}

/* ---- deleting ---- */
/* What is missing by now needs no deleting. */
static enum step_result remove_rows(struct ctx *ctx, struct resource_job *job)
{
    const struct value *row =
        job->physical_id ? job_ask(ctx, job, ASK_DEPLOYMENT, job->physical_id) : &value_null;
    if (!row)
        return STEP_WAIT;
    if (value_is_null(row))
        return STEP_DONE;
    job_write_id(ctx, job, EFFECT_DEPLOYMENT_DELETE, job->physical_id);
    job_write_id(ctx, job, EFFECT_CONFIG_DELETE, value_get_text(row, "config_id"));
    job_write_id(ctx, job, EFFECT_SERVER_METADATA, value_get_text(row, "server_id"));
    return STEP_DONE;
}

/* Nobody will report from a server that is gone. */
static enum step_result ask_server(struct ctx *ctx, struct resource_job *job, bool *there)
{
    const char *server = value_get_text(job->properties, "server");
    const struct value *answer = server ? job_ask(ctx, job, ASK_SERVER, server) : &value_null;
    *there = answer && !value_is_null(answer);
    return answer ? STEP_DONE : STEP_WAIT;
}

static enum step_result begin_removal(struct ctx *ctx, struct resource_job *job)
{
    const struct value *source, *row;
    enum step_result asked = ask_both(ctx, job, &source, &row);
    if (asked == STEP_FAILED) { /* the configuration or the row is gone: nothing can be deployed any more */
        error_clear(ctx);
        return remove_rows(ctx, job);
    }
    if (asked != STEP_DONE)
        return asked;
    if (!software_acts(job, source, "DELETE"))
        return remove_rows(ctx, job);
    enum step_result deployed = deploy(ctx, job, "DELETE", source, row);
    if (deployed == STEP_DONE) { /* NO_SIGNAL: it is told, and goes */
        job->progress = value_map(ctx->arena);
        job->due_us = job->now_us;
        return STEP_WAIT;
    }
    return deployed;
}

static enum step_result deployment_remove(struct ctx *ctx, struct resource_job *job)
{
    bool there;
    if (!job->properties)
        return remove_rows(ctx, job);
    enum step_result asked = ask_server(ctx, job, &there);
    if (asked != STEP_DONE)
        return asked;
    if (!there)
        return remove_rows(ctx, job);
    if (!job->progress)
        return begin_removal(ctx, job);
    enum step_result reported = read_report(ctx, job);
    return reported == STEP_DONE ? remove_rows(ctx, job) : reported;
}

/* ---- the rest ---- */
/* Whoever asks for the deployment shall not be told that it is still being waited for. */
static enum step_result deployment_abort(struct ctx *ctx, struct resource_job *job)
{
    if (!job->physical_id || !job->progress)
        return STEP_DONE;
    struct value *row = value_map(ctx->arena);
    set_text(ctx, row, "id", job->physical_id);
    set_text(ctx, row, "output_values", NULL);
    set_text(ctx, row, "status", "FAILED");
    set_text(ctx, row, "status_reason", "Deployment cancelled.");
    job_write(ctx, job, EFFECT_DEPLOYMENT_REPORT, row);
    return STEP_DONE;
}

static enum step_result deployment_adopt(struct ctx *ctx, struct resource_job *job)
{
    const struct value *source, *row;
    enum step_result asked = ask_both(ctx, job, &source, &row);
    if (asked != STEP_DONE)
        return asked;
    keep(ctx, job, source);
    if (row)
        show(ctx, job, row);
    return STEP_DONE;
}

static const struct value *deployment_signal(struct ctx *ctx, struct resource_job *job,
                                             const struct signal *signal, const char **reason)
{
    *reason = NULL;
    if (!job->physical_id)
        return fail_null(ctx, FAULT_VALUE_ERROR, "deployment_id must be specified");
    const struct value *row = job_ask(ctx, job, ASK_DEPLOYMENT, job->physical_id);
    const char *status = value_get_text(row, "status"), *config_id = value_get_text(row, "config_id");
    if (row && (!status || strcmp(status, "IN_PROGRESS") != 0))
        return job->metadata; /* nobody waits for it */
    const struct value *config = config_id ? job_ask(ctx, job, ASK_CONFIG, config_id) : NULL;
    if (!config)
        return NULL;
    const struct value *rest = json_or_null(ctx, value_get_text(config, "config"));
    struct software_report report =
        software_report(ctx, job->physical_id, json_or_null(ctx, value_get_text(row, "output_values")),
                        value_get(rest, "outputs"), signal->details);
    struct value *effect = value_map(ctx->arena);
    set_text(ctx, effect, "id", job->physical_id);
    set_text(ctx, effect, "output_values", value_to_json(ctx->arena, report.outputs));
    set_text(ctx, effect, "status", report.status);
    set_text(ctx, effect, "status_reason", report.reason);
    job_write(ctx, job, EFFECT_DEPLOYMENT_REPORT, effect);
    *reason = report.told;
    return job->metadata;
}

static bool is_declared(const struct resource_job *job, const char *name)
{
    const struct value *names = value_get(job->data, "outputs");
    for (size_t i = 0; i < value_count(names); i++)
        if (strcmp(value_text(value_at(names, i)), name) == 0)
            return true;
    for (size_t i = 0; software_standard_outputs[i]; i++)
        if (strcmp(software_standard_outputs[i], name) == 0)
            return true;
    return false;
}

static const struct value *deployment_attribute(struct ctx *ctx, const struct resource_job *job,
                                                const char *name)
{
    const struct value *row = value_get(job->attributes, "show");
    const struct value *output = value_get(value_get(row, "output_values"), name);
    if (output)
        return output;
    if (strcmp(name, "show") == 0)
        return row ? row : &value_null;
    if (is_declared(job, name))
        return &value_null;
    return fail_null(ctx, FAULT_INVALID_ATTRIBUTE, "The Referenced Attribute (%s %s) is incorrect.",
                     job->resource_name, name);
}

/* Transports that go through services which are not there. */
static int deployment_validate(struct ctx *ctx, const struct resource_draft *draft)
{
    const char *transport = value_get_text(draft->properties, "signal_transport");
    const char *missing = !transport                                  ? NULL
                          : strcmp(transport, "TEMP_URL_SIGNAL") == 0 ? "an object store"
                          : strcmp(transport, "ZAQAR_SIGNAL") == 0    ? "a message queue"
                                                                      : NULL;
    if (!missing)
        return 0;
    return fail(ctx, FAULT_STACK_VALIDATION,
                "Property error: : resources.%s.properties.signal_transport: : %s needs %s, which this "
                "service does not have; use CFN_SIGNAL, HEAT_SIGNAL or NO_SIGNAL",
                draft->name, transport, missing);
}

extern const struct resource_hooks hooks_deployment;
const struct resource_hooks hooks_deployment = {
    .name = "deployment",
    .validate = deployment_validate,
    .create = deployment_create,
    .update = deployment_update,
    .remove = deployment_remove,
    .suspend = deployment_suspend,
    .resume = deployment_resume,
    .abort = deployment_abort,
    .adopt = deployment_adopt,
    .resource_data = job_no_data,
    .signal = deployment_signal,
    .attribute = deployment_attribute,
    .always_signalled = true,
    .wait_for_signals = true,
};
