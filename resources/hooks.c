/* Finds hooks by name, and what several of them share. */
#include "resources/hooks.h"

#include <string.h>

#define HOOKS(variable) extern const struct resource_hooks variable;
#include "resources/hooks.def"
#undef HOOKS

static const struct resource_hooks *const table[] = {
#define HOOKS(variable) &variable,
#include "resources/hooks.def"
#undef HOOKS
};

const struct resource_hooks *hooks_find(const char *name)
{
    for (size_t i = 0; i < COUNT_OF(table); i++)
        if (strcmp(table[i]->name, name) == 0)
            return table[i];
    return NULL;
}

enum step_result step_wait_seconds(struct resource_job *job, double seconds)
{
    enum { SECONDS_MAX = 1000000000 };
    job->due_us =
        seconds < 0 || seconds > SECONDS_MAX ? DUE_NEVER : job->started_us + (int64_t)(seconds * 1e6);
    return job->now_us >= job->due_us ? STEP_DONE : STEP_WAIT;
}

void job_set_attribute(struct ctx *ctx, struct resource_job *job, const char *name, const struct value *value)
{
    struct value *attributes =
        job->attributes ? value_copy(ctx->arena, job->attributes) : value_map(ctx->arena);
    value_map_set(ctx->arena, attributes, name, value ? value : &value_null);
    job->attributes = attributes;
}

enum step_result job_take_name(struct ctx *ctx, struct resource_job *job)
{
    job->physical_id = job->physical_name;
    return STEP_DONE;
}

const struct value *job_no_data(struct ctx *ctx, const struct resource_job *job)
{
    return value_map(ctx->arena);
}
