/* OS::Heat::TestResource: waits and fails as its properties say. */
#include "resources/hooks.h"
#include "resources/numbers.h"

static double wait_seconds(const struct resource_job *job, const char *action)
{
    const struct value *own = value_get(value_get(job->properties, "action_wait_secs"), action);
    return number_double(value_is_null(own) ? value_get(job->properties, "wait_secs") : own);
}

static bool shall_fail(const struct resource_job *job)
{
    return value_truth(value_get(job->properties, "fail"));
}

static enum step_result keep_value(struct ctx *ctx, struct resource_job *job)
{
    job_set_attribute(ctx, job, "output", value_get(job->properties, "value"));
    return STEP_DONE;
}

static enum step_result fail_test(struct ctx *ctx, const struct resource_job *job)
{
    (void)fail(ctx, FAULT_VALUE_ERROR, "Test Resource failed %s", job->resource_name);
    return STEP_FAILED;
}

/* Fails only after the wait, as a service would. */
static enum step_result finish(struct ctx *ctx, struct resource_job *job, const char *action)
{
    if (step_wait_seconds(job, wait_seconds(job, action)) == STEP_WAIT)
        return STEP_WAIT;
    return shall_fail(job) ? fail_test(ctx, job) : STEP_DONE;
}

static enum step_result test_create(struct ctx *ctx, struct resource_job *job)
{
    if (!job->progress && !shall_fail(job)) {
        keep_value(ctx, job);
        job_take_name(ctx, job);
    }
    if (!job->progress)
        job->progress = value_map(ctx->arena);
    return finish(ctx, job, "create");
}

/* A new value is kept at once; without one there is nothing to wait for before it fails or not. */
static enum step_result test_update(struct ctx *ctx, struct resource_job *job)
{
    if (value_equal(value_get(job->properties, "value"), value_get(job->before, "value")))
        return shall_fail(job) ? fail_test(ctx, job) : STEP_DONE;
    if (!job->progress && !shall_fail(job))
        keep_value(ctx, job);
    if (!job->progress)
        job->progress = value_map(ctx->arena);
    return finish(ctx, job, "update");
}

static enum step_result test_remove(struct ctx *ctx, struct resource_job *job)
{
    return job->properties ? step_wait_seconds(job, wait_seconds(job, "delete")) : STEP_DONE;
}

static bool test_replace(const struct value *before, const struct value *after)
{
    return value_truth(value_get(after, "update_replace")) &&
           !value_equal(value_get(before, "value"), value_get(after, "value"));
}

static enum step_result test_adopt(struct ctx *ctx, struct resource_job *job)
{
    job_set_attribute(ctx, job, "output", value_get(job->data, "value"));
    job->data = NULL;
    return STEP_DONE;
}

static const struct value *test_data(struct ctx *ctx, const struct resource_job *job)
{
    struct value *data = value_map(ctx->arena);
    if (value_get(job->attributes, "output"))
        value_map_set(ctx->arena, data, "value", value_get(job->attributes, "output"));
    return data;
}

extern const struct resource_hooks hooks_test_resource;
const struct resource_hooks hooks_test_resource = {
    .name = "test_resource",
    .create = test_create,
    .update = test_update,
    .replace = test_replace,
    .remove = test_remove,
    .adopt = test_adopt,
    .resource_data = test_data,
};
