/* OS::Heat::Delay: a pause, with a random part so that many do not end at the same time. */
#include <string.h>

#include "base/uuid.h"
#include "resources/hooks.h"
#include "resources/numbers.h"

static double property(const struct value *properties, const char *name)
{
    return number_double(value_get(properties, name));
}

static double jitter_max(const struct value *properties)
{
    return property(properties, "max_jitter") * property(properties, "jitter_multiplier");
}

static int delay_validate(struct ctx *ctx, const struct resource_draft *draft)
{
    double longest = property(draft->properties, "min_wait") + jitter_max(draft->properties);
    if (longest <= (double)draft->timeout_us / 1e6)
        return 0;
    return fail(ctx, FAULT_STACK_VALIDATION, "%s maximum delay %ss exceeds stack timeout.", draft->type,
                value_to_str(ctx->arena, value_float(ctx->arena, longest)));
}

/* Evenly from 0 to 1. */
static double random_fraction(void)
{
    uint64_t bits;
    random_bytes(&bits, sizeof(bits));
    return (double)(bits >> 11) / (double)(UINT64_C(1) << 53);
}

static bool is_delayed(const struct resource_job *job, const char *action)
{
    const struct value *actions = value_get(job->properties, "actions");
    for (size_t i = 0; i < value_count(actions); i++)
        if (value_text(value_at(actions, i)) && strcmp(value_text(value_at(actions, i)), action) == 0)
            return true;
    return false;
}

/* The wait is drawn once and kept, so that a takeover does not draw again. */
static enum step_result wait_for(struct ctx *ctx, struct resource_job *job, const char *action)
{
    if (!is_delayed(job, action))
        return STEP_DONE;
    if (!job->progress) {
        struct value *progress = value_map(ctx->arena);
        double seconds =
            property(job->properties, "min_wait") + jitter_max(job->properties) * random_fraction();
        value_map_set(ctx->arena, progress, "seconds", value_float(ctx->arena, seconds));
        job->progress = progress;
    }
    return step_wait_seconds(job, property(job->progress, "seconds"));
}

static enum step_result delay_create(struct ctx *ctx, struct resource_job *job)
{
    return wait_for(ctx, job, "CREATE");
}

static enum step_result delay_remove(struct ctx *ctx, struct resource_job *job)
{
    return wait_for(ctx, job, "DELETE");
}

static enum step_result delay_suspend(struct ctx *ctx, struct resource_job *job)
{
    return wait_for(ctx, job, "SUSPEND");
}

static enum step_result delay_resume(struct ctx *ctx, struct resource_job *job)
{
    return wait_for(ctx, job, "RESUME");
}

extern const struct resource_hooks hooks_delay;
const struct resource_hooks hooks_delay = {
    .name = "delay",
    .validate = delay_validate,
    .create = delay_create,
    .remove = delay_remove,
    .suspend = delay_suspend,
    .resume = delay_resume,
};
