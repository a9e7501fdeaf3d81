/* Wait conditions and their handles, in Heat's and in CloudFormation's spelling.
 *
 * The handle keeps the signals it took in its metadata, a map from the signal's id to {status, reason, data};
 * the condition counts them, once at its beginning and again whenever a resource of the stack was signalled.
 *
 * Hearth has no users of a stack to sign in as. What Heat's transports hand to the client is therefore always
 * the same signed URL (signal_url), which allows this one signal and nothing else: POST or PUT, no login.
 *
 *   TOKEN_SIGNAL     attributes endpoint, token (the signature), curl_cli
 *   all with a URL   attribute signal: {"alarm_url": URL}
 *   NO_SIGNAL        attribute signal: {}; counts as signalled as often as the condition wants
 */
#include <string.h>

#include "base/str.h"
#include "base/uuid.h"
#include "resources/hooks.h"
#include "resources/numbers.h"

/* How the two families spell the same things. */
struct spelling {
    const char *data, *reason, *status, *id;       /* in a signal */
    const char *handle, *timeout, *count, *result; /* properties and attribute of the condition */
};
static const struct spelling heat = {"data", "reason", "status", "id", "handle", "timeout", "count", "data"};
static const struct spelling cfn = {"Data",   "Reason",  "Status", "UniqueId",
                                    "Handle", "Timeout", "Count",  "Data"};

/* ---- reading signals ---- */
/* A handle of either family may serve a condition of either. */
static const struct value *signal_field(const struct value *entry, const char *heat_name,
                                        const char *cfn_name)
{
    const struct value *field = value_get(entry, heat_name);
    return field ? field : value_get(entry, cfn_name);
}

static bool is_success(const struct value *entry)
{
    const char *status = value_text(signal_field(entry, heat.status, cfn.status));
    return status && strcmp(status, "SUCCESS") == 0;
}

static size_t count_signals(const struct value *signals, bool success)
{
    size_t count = 0;
    for (size_t i = 0; i < value_count(signals); i++)
        count += is_success(signals->map.entries[i].value) == success;
    return count;
}

static const char *reasons_of(struct ctx *ctx, const struct value *signals, bool success)
{
    struct str out = STR_INIT(ctx->arena);
    for (size_t i = 0; i < value_count(signals); i++) {
        const struct value *entry = signals->map.entries[i].value;
        if (is_success(entry) != success)
            continue;
        if (out.length)
            str_add_char(&out, ';');
        str_add(&out, value_to_str(ctx->arena, signal_field(entry, heat.reason, cfn.reason)));
    }
    return out.data;
}

static const struct value *data_of(struct ctx *ctx, const struct value *signals)
{
    struct value *map = value_map(ctx->arena);
    for (size_t i = 0; i < value_count(signals); i++) {
        const struct value *data = signal_field(signals->map.entries[i].value, heat.data, cfn.data);
        value_map_set(ctx->arena, map, signals->map.entries[i].key, data ? data : &value_null);
    }
    return value_string(ctx->arena, value_to_json(ctx->arena, map));
}

/* ---- the condition ---- */
static enum step_result fail_timeout(struct ctx *ctx, const struct value *signals, const char *count)
{
    size_t received = count_signals(signals, true);
    if (received == 0)
        (void)fail(ctx, FAULT_WAIT_TIMEOUT, "0 of %s received", count);
    else
        (void)fail(ctx, FAULT_WAIT_TIMEOUT, "%zu of %s received - %s", received, count,
                   reasons_of(ctx, signals, true));
    return STEP_FAILED;
}

static enum step_result look_at_signals(struct ctx *ctx, struct resource_job *job,
                                        const struct spelling *names, const struct value *signals)
{
    const struct value *count = value_get(job->properties, names->count);
    if (count_signals(signals, false) > 0) {
        (void)fail(ctx, FAULT_WAIT_FAILURE, "%s", reasons_of(ctx, signals, false));
        return STEP_FAILED;
    }
    if ((double)count_signals(signals, true) >= number_double(count)) {
        job_set_attribute(ctx, job, names->result, data_of(ctx, signals));
        return job_take_name(ctx, job);
    }
    if (step_wait_seconds(job, number_double(value_get(job->properties, names->timeout))) == STEP_WAIT)
        return STEP_WAIT;
    return fail_timeout(ctx, signals, value_to_str(ctx->arena, count));
}

/* With NO_SIGNAL the handle counts as signalled as often as the condition wants. */
static const struct value *assumed_signals(struct ctx *ctx, double count)
{
    struct value *entry = value_map(ctx->arena), *signals = value_map(ctx->arena);
    value_map_set(ctx->arena, entry, heat.status, value_string(ctx->arena, "SUCCESS"));
    value_map_set(ctx->arena, entry, heat.data, &value_null);
    for (unsigned i = 1; i <= count; i++)
        value_map_set(ctx->arena, signals, arena_printf(ctx->arena, "%u", i), entry);
    return signals;
}

static bool needs_no_signal(const struct resource_peer *handle)
{
    const char *transport = value_get_text(handle->properties, "signal_transport");
    return transport && strcmp(transport, "NO_SIGNAL") == 0;
}

static enum step_result wait_for_handle(struct ctx *ctx, struct resource_job *job,
                                        const struct spelling *names)
{
    const char *reference = value_get_text(job->properties, names->handle);
    struct resource_peer handle;
    if (!reference || !job->find_peer(job, reference, &handle)) {
        (void)fail(ctx, FAULT_VALUE_ERROR, "%s is not a valid wait condition handle.",
                   reference ? reference : "None");
        return STEP_FAILED;
    }
    double count = number_double(value_get(job->properties, names->count));
    return look_at_signals(ctx, job, names,
                           needs_no_signal(&handle) ? assumed_signals(ctx, count) : handle.metadata);
}

/* What its handle has received is known there. */
static enum step_result adopt_condition(struct ctx *ctx, struct resource_job *job,
                                        const struct spelling *names)
{
    const char *reference = value_get_text(job->properties, names->handle);
    struct resource_peer handle;
    job->data = NULL;
    if (reference && job->find_peer(job, reference, &handle))
        job_set_attribute(ctx, job, names->result, data_of(ctx, handle.metadata));
    return STEP_DONE;
}

static enum step_result heat_adopt(struct ctx *ctx, struct resource_job *job)
{
    return adopt_condition(ctx, job, &heat);
}

static enum step_result cfn_adopt(struct ctx *ctx, struct resource_job *job)
{
    return adopt_condition(ctx, job, &cfn);
}

static enum step_result heat_wait(struct ctx *ctx, struct resource_job *job)
{
    return wait_for_handle(ctx, job, &heat);
}

static enum step_result cfn_wait(struct ctx *ctx, struct resource_job *job)
{
    return wait_for_handle(ctx, job, &cfn);
}

/* Of what its handle has received since, too. */
static void refresh_condition(struct ctx *ctx, struct resource_job *job, const struct spelling *names)
{
    const char *reference = value_get_text(job->properties, names->handle);
    struct resource_peer handle;
    if (reference && job->find_peer(job, reference, &handle) && !needs_no_signal(&handle))
        job_set_attribute(ctx, job, names->result, data_of(ctx, handle.metadata));
}

static void heat_refresh(struct ctx *ctx, struct resource_job *job)
{
    refresh_condition(ctx, job, &heat);
}

static void cfn_refresh(struct ctx *ctx, struct resource_job *job)
{
    refresh_condition(ctx, job, &cfn);
}

extern const struct resource_hooks hooks_wait_condition, hooks_cfn_wait_condition;
const struct resource_hooks hooks_wait_condition = {
    .name = "wait_condition",
    .create = heat_wait,
    .adopt = heat_adopt,
    .resource_data = job_no_data,
    .update = heat_wait,
    .refresh = heat_refresh,
    .wait_for_signals = true,
};
const struct resource_hooks hooks_cfn_wait_condition = {
    .name = "cfn_wait_condition",
    .create = cfn_wait,
    .adopt = cfn_adopt,
    .resource_data = job_no_data,
    .update = cfn_wait,
    .refresh = cfn_refresh,
    .wait_for_signals = true,
};

/* ---- handles ---- */
static const char *transport_of(const struct resource_job *job)
{
    const char *transport = value_get_text(job->properties, "signal_transport");
    return transport ? transport : "CFN_SIGNAL";
}

static const struct value *text_or_null(struct ctx *ctx, const char *text)
{
    return text ? value_string(ctx->arena, text) : &value_null;
}

/* What the client has to know to signal, as JSON text; null with TOKEN_SIGNAL, which has attributes of its
 * own. */
static const struct value *signal_map(struct ctx *ctx, const struct resource_job *job)
{
    if (strcmp(transport_of(job), "TOKEN_SIGNAL") == 0)
        return value_string(ctx->arena, "null");
    struct value *map = value_map(ctx->arena);
    if (strcmp(transport_of(job), "NO_SIGNAL") != 0)
        value_map_set(ctx->arena, map, "alarm_url", text_or_null(ctx, job->signal_url));
    return value_string(ctx->arena, value_to_json(ctx->arena, map));
}

static enum step_result take_id(struct ctx *ctx, struct resource_job *job)
{
    char id[UUID_HEX_SIZE];
    uuid_hex(id);
    job->physical_id = arena_strdup(ctx->arena, id);
    return STEP_DONE;
}

static void tell_signal(struct ctx *ctx, struct resource_job *job)
{
    bool token = strcmp(transport_of(job), "TOKEN_SIGNAL") == 0 && job->signal_url;
    const char *curl = token ? arena_printf(ctx->arena,
                                            "curl -i -X POST -H 'Content-Type: application/json' "
                                            "-H 'Accept: application/json' '%s'",
                                            job->signal_url)
                             : NULL;
    job_set_attribute(ctx, job, "token", text_or_null(ctx, token ? job->signal_signature : NULL));
    job_set_attribute(ctx, job, "endpoint", text_or_null(ctx, token ? job->signal_url : NULL));
    job_set_attribute(ctx, job, "curl_cli", text_or_null(ctx, curl));
    job_set_attribute(ctx, job, "signal", signal_map(ctx, job));
}

static enum step_result handle_create(struct ctx *ctx, struct resource_job *job)
{
    tell_signal(ctx, job);
    return take_id(ctx, job);
}

/* The URLs name the stack: they are made anew. */
static enum step_result handle_adopt(struct ctx *ctx, struct resource_job *job)
{
    job->data = NULL;
    tell_signal(ctx, job);
    return STEP_DONE;
}

/* The URL is kept as private state: a reference to the handle gives it. */
static enum step_result cfn_handle_adopt(struct ctx *ctx, struct resource_job *job)
{
    struct value *data = value_map(ctx->arena);
    value_map_set(ctx->arena, data, "url", text_or_null(ctx, job->signal_url));
    job->data = data;
    return STEP_DONE;
}

static enum step_result cfn_handle_create(struct ctx *ctx, struct resource_job *job)
{
    cfn_handle_adopt(ctx, job);
    return take_id(ctx, job);
}

static const char *cfn_handle_reference(struct ctx *ctx, const struct resource_job *job)
{
    const char *url = value_get_text(job->data, "url");
    return url ? url : job->physical_id;
}

/* ---- taking a signal ---- */
static bool is_well_formed(const struct value *signal, const struct spelling *names)
{
    const char *const keys[] = {names->data, names->reason, names->status, names->id};
    for (size_t i = 0; i < COUNT_OF(keys); i++)
        if (!value_has(signal, keys[i]))
            return false;
    const char *status = value_get_text(signal, names->status);
    return value_is(signal, VALUE_MAP) && value_count(signal) == COUNT_OF(keys) && status &&
           (strcmp(status, "SUCCESS") == 0 || strcmp(status, "FAILURE") == 0);
}

/* The metadata with this signal in it; one of the same id is overwritten. */
static const struct value *add_signal(struct ctx *ctx, const struct value *metadata,
                                      const struct value *signal, const struct spelling *names,
                                      const char **reason)
{
    if (!is_well_formed(signal, names))
        return fail_null(ctx, FAULT_VALUE_ERROR, "Metadata format invalid");
    struct value *signals = value_copy(ctx->arena, metadata);
    value_map_set(ctx->arena, signals, value_to_str(ctx->arena, value_get(signal, names->id)),
                  value_map_without(ctx->arena, signal, names->id));
    *reason = arena_printf(ctx->arena, "status:%s reason:%s", value_get_text(signal, names->status),
                           value_to_str(ctx->arena, value_get(signal, names->reason)));
    return signals;
}

static void set_default(struct ctx *ctx, struct value *map, const char *key, const struct value *value)
{
    if (!value_has(map, key))
        value_map_set(ctx->arena, map, key, value);
}

/* Heat's own handle fills in what the signal leaves out: success, numbered in order of arrival. */
static const struct value *handle_signal(struct ctx *ctx, struct resource_job *job,
                                         const struct signal *signal, const char **reason)
{
    size_t number = value_count(job->metadata) + 1;
    if (value_truth(signal->details) && !value_is(signal->details, VALUE_MAP))
        return fail_null(ctx, FAULT_VALUE_ERROR, "Metadata format invalid");
    struct value *filled =
        value_truth(signal->details) ? value_copy(ctx->arena, signal->details) : value_map(ctx->arena);
    set_default(ctx, filled, heat.reason, value_printf(ctx->arena, "Signal %zu received", number));
    set_default(ctx, filled, heat.data, &value_null);
    set_default(ctx, filled, heat.id, value_int(ctx->arena, (int64_t)number));
    set_default(ctx, filled, heat.status, value_string(ctx->arena, "SUCCESS"));
    return add_signal(ctx, job->metadata, filled, &heat, reason);
}

static const struct value *cfn_handle_signal(struct ctx *ctx, struct resource_job *job,
                                             const struct signal *signal, const char **reason)
{
    return add_signal(ctx, job->metadata, signal->details ? signal->details : &value_null, &cfn, reason);
}

extern const struct resource_hooks hooks_wait_handle, hooks_cfn_wait_handle, hooks_update_wait_handle;
const struct resource_hooks hooks_wait_handle = {
    .name = "wait_handle",
    .create = handle_create,
    .adopt = handle_adopt,
    .resource_data = job_no_data,
    .signal = handle_signal,
};
const struct resource_hooks hooks_cfn_wait_handle = {
    .name = "cfn_wait_handle",
    .create = cfn_handle_create,
    .adopt = cfn_handle_adopt,
    .resource_data = job_no_data,
    .signal = cfn_handle_signal,
    .reference = cfn_handle_reference,
};
const struct resource_hooks hooks_update_wait_handle = {
    .name = "update_wait_handle",
    .create = cfn_handle_create,
    .adopt = cfn_handle_adopt,
    .resource_data = job_no_data,
    .signal = cfn_handle_signal,
    .reference = cfn_handle_reference,
    .replace_always = true,
};
