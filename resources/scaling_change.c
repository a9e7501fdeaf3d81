/* A group changes its size because a policy was signalled. */
#include "resources/group.h"
#include "resources/numbers.h"
#include "resources/scaling.h"

/* In job->progress while the child is changed. */
static const struct value *progress_new(struct ctx *ctx, const struct scaling_outcome *outcome)
{
    struct value *progress = value_map(ctx->arena);
    value_map_set(ctx->arena, progress, "cause", value_string(ctx->arena, outcome->cause));
    value_map_set(ctx->arena, progress, "cooldown", value_float(ctx->arena, outcome->cooldown));
    return progress;
}

static enum nested_next begin(struct ctx *ctx, const char *type, struct resource_job *job,
                              const struct value *change, const struct nested_child *child,
                              struct nested_stack *stack)
{
    struct scaling_adjustment adjustment = scaling_adjustment_of(change);
    struct scaling_group group = {
        .name = job->resource_name,
        .status = job->status,
        .properties = job->properties,
        .metadata = job->metadata,
        .size = (int64_t)group_size(child, false),
    };
    struct scaling_outcome outcome;
    if (scaling_decide(ctx, &adjustment, &group, job->now_us, &outcome) == SCALING_NONE) {
        (void)fail(ctx, FAULT_NOT_SUPPORTED, "%s", outcome.reason);
        return NESTED_FAILED;
    }
    if (scaling_resize(ctx, type, job, child, outcome.capacity, stack) != 0)
        return NESTED_FAILED;
    job->metadata = outcome.metadata;
    job->progress = progress_new(ctx, &outcome);
    return NESTED_STACK;
}

/* An attempt that failed starts no cooldown. */
static enum nested_next end(struct ctx *ctx, struct resource_job *job, const struct nested_child *child)
{
    job->metadata = scaling_finished(ctx, job->metadata, number_double(value_get(job->progress, "cooldown")),
                                     value_get_text(job->progress, "cause"), !child->failed, job->now_us);
    if (!child->failed)
        return NESTED_DONE;
    (void)fail(ctx, FAULT_VALUE_ERROR, "The resource %s could not be resized", job->resource_name);
    return NESTED_FAILED;
}

static enum nested_next scaling_change(struct ctx *ctx, const char *type, struct resource_job *job,
                                       const struct value *change, const struct nested_child *child,
                                       struct nested_stack *stack)
{
    return job->progress ? end(ctx, job, child) : begin(ctx, type, job, change, child, stack);
}

enum nested_next scaling_change_heat(struct ctx *ctx, struct resource_job *job, const struct value *change,
                                     const struct nested_child *child, struct nested_stack *stack)
{
    return scaling_change(ctx, "OS::Heat::AutoScalingGroup", job, change, child, stack);
}

enum nested_next scaling_change_aws(struct ctx *ctx, struct resource_job *job, const struct value *change,
                                    const struct nested_child *child, struct nested_stack *stack)
{
    return scaling_change(ctx, "AWS::AutoScaling::AutoScalingGroup", job, change, child, stack);
}
