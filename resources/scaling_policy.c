/* OS::Heat::ScalingPolicy and AWS::AutoScaling::ScalingPolicy: an adjustment of a group, made at a signal. */
#include <ctype.h>
#include <string.h>

#include "base/uuid.h"
#include "resources/numbers.h"
#include "resources/scaling.h"

/* ---- properties ---- */
/* The names each type gives its properties, and the word for percentages. */
static const struct policy_words {
    const char *group, *amount, *type, *step, *cooldown, *percentage;
} heat = {"auto_scaling_group_id", "scaling_adjustment", "adjustment_type",
          "min_adjustment_step",   "cooldown",           "percent_change_in_capacity"},
  aws = {"AutoScalingGroupName", "ScalingAdjustment", "AdjustmentType",
         "MinAdjustmentStep",    "Cooldown",          "PercentChangeInCapacity"};

struct scaling_adjustment scaling_adjustment_of(const struct value *properties)
{
    const struct policy_words *words = value_has(properties, heat.group) ? &heat : &aws;
    const struct value *cooldown = value_get(properties, words->cooldown);
    return (struct scaling_adjustment){
        .group = value_get_text(properties, words->group),
        .amount = value_get(properties, words->amount),
        .type = value_get_text(properties, words->type),
        .step = (int64_t)number_double(value_get(properties, words->step)),
        .cooldown = value_is_null(cooldown) ? NULL : cooldown,
    };
}

static int check_step(struct ctx *ctx, const struct value *properties, const struct policy_words *words)
{
    const char *type = value_get_text(properties, words->type);
    if (value_is_null(value_get(properties, words->step)) || (type && strcmp(type, words->percentage) == 0))
        return 0;
    return fail(ctx, FAULT_PROPERTY_DEPENDENCY, "%s property should only be specified for %s with value %s.",
                words->step, words->type, words->percentage);
}

static int heat_validate(struct ctx *ctx, const struct resource_draft *draft)
{
    return check_step(ctx, draft->properties, &heat);
}

static int aws_validate(struct ctx *ctx, const struct resource_draft *draft)
{
    return check_step(ctx, draft->properties, &aws);
}

/* ---- signals ---- */
const char *scaling_alarm_state(struct ctx *ctx, const struct value *details)
{
    if (value_is_null(details))
        return "alarm";
    const struct value *state =
        value_get(details, "current") ? value_get(details, "current") : value_get(details, "state");
    if (value_is(details, VALUE_MAP) && !state)
        return "alarm";
    if (!value_text(state))
        return fail_null(ctx, FAULT_VALUE_ERROR, "The signal tells no state of an alarm");
    char *lower = arena_strdup(ctx->arena, value_text(state));
    for (char *c = lower; *c; c++)
        *c = (char)tolower((unsigned char)*c);
    return lower;
}

/* What Heat's event says of a signal. */
static const char *told_reason(struct ctx *ctx, const struct value *details)
{
    static const char *const keys[] = {"previous", "current", "reason"};
    const char *texts[COUNT_OF(keys)];
    if (value_is_null(details))
        return "No signal details provided";
    for (size_t i = 0; i < COUNT_OF(keys); i++) {
        if (!value_has(details, keys[i]))
            return "Unknown";
        texts[i] = value_to_str(ctx->arena, value_get(details, keys[i]));
    }
    return arena_printf(ctx->arena, "alarm state changed from %s to %s (%s)", texts[0], texts[1], texts[2]);
}

static enum step_result adjust(struct ctx *ctx, struct resource_job *job)
{
    struct resource_peer group;
    struct scaling_adjustment adjustment = scaling_adjustment_of(job->properties);
    if (!scaling_alarm_state(ctx, job->signal))
        return STEP_FAILED;
    if (!adjustment.group || !job->find_peer(job, adjustment.group, &group)) {
        (void)fail(ctx, FAULT_NOT_FOUND, "Alarm %s could not find scaling group named \"%s\"",
                   job->resource_name, adjustment.group ? adjustment.group : "");
        return STEP_FAILED;
    }
    struct peer_change *change = arena_new(ctx->arena, struct peer_change);
    *change = (struct peer_change){adjustment.group, job->properties, told_reason(ctx, job->signal)};
    job->peer_change = change;
    return STEP_DONE;
}

/* ---- life ---- */
static const struct value *text_or_null(struct ctx *ctx, const char *text)
{
    return text ? value_string(ctx->arena, text) : &value_null;
}

/* Without its signature, the URL is that of the call to the API. */
static const struct value *unsigned_url(struct ctx *ctx, const char *url)
{
    return url ? value_string_n(ctx->arena, url, strcspn(url, "?")) : &value_null;
}

static enum step_result take_id(struct ctx *ctx, struct resource_job *job)
{
    char id[UUID_HEX_SIZE];
    uuid_hex(id);
    job->physical_id = arena_strdup(ctx->arena, id);
    return STEP_DONE;
}

static enum step_result heat_tell(struct ctx *ctx, struct resource_job *job)
{
    job_set_attribute(ctx, job, "alarm_url", text_or_null(ctx, job->signal_url));
    job_set_attribute(ctx, job, "signal_url", unsigned_url(ctx, job->signal_url));
    return STEP_DONE;
}

static enum step_result heat_create(struct ctx *ctx, struct resource_job *job)
{
    heat_tell(ctx, job);
    return take_id(ctx, job);
}

static enum step_result aws_tell(struct ctx *ctx, struct resource_job *job)
{
    job_set_attribute(ctx, job, "AlarmUrl", text_or_null(ctx, job->signal_url));
    return STEP_DONE;
}

static enum step_result aws_create(struct ctx *ctx, struct resource_job *job)
{
    aws_tell(ctx, job);
    return take_id(ctx, job);
}

static const char *aws_reference(struct ctx *ctx, const struct resource_job *job)
{
    const char *url = value_get_text(job->attributes, "AlarmUrl");
    return job->physical_id && url ? url : job->resource_name;
}

extern const struct resource_hooks hooks_scaling_policy, hooks_aws_scaling_policy;
const struct resource_hooks hooks_scaling_policy = {
    .name = "scaling_policy",
    .validate = heat_validate,
    .handle = adjust,
    .create = heat_create,
    .update = heat_tell,
    .adopt = heat_tell,
    .resource_data = job_no_data,
};
const struct resource_hooks hooks_aws_scaling_policy = {
    .name = "aws_scaling_policy",
    .validate = aws_validate,
    .handle = adjust,
    .create = aws_create,
    .update = aws_tell,
    .adopt = aws_tell,
    .resource_data = job_no_data,
    .reference = aws_reference,
};
