/* OS::Heat::Value, a name for a value, and OS::Heat::None, nothing at all. */
#include "base/uuid.h"
#include "resources/hooks.h"

static enum step_result value_create(struct ctx *ctx, struct resource_job *job)
{
    job_set_attribute(ctx, job, "value", value_get(job->properties, "value"));
    return job_take_name(ctx, job);
}

static enum step_result value_update(struct ctx *ctx, struct resource_job *job)
{
    job_set_attribute(ctx, job, "value", value_get(job->properties, "value"));
    return STEP_DONE;
}

extern const struct resource_hooks hooks_value;
const struct resource_hooks hooks_value = {
    .name = "value",
    .create = value_create,
    .update = value_update,
    .adopt = value_update,
    .resource_data = job_no_data,
    .attributes_from_properties = true,
};

static enum step_result none_create(struct ctx *ctx, struct resource_job *job)
{
    char id[UUID_SIZE];
    uuid_v4(id);
    job->physical_id = arena_strdup(ctx->arena, id);
    return STEP_DONE;
}

static const struct value *none_attribute(struct ctx *ctx, const struct resource_job *job, const char *name)
{
    return &value_null;
}

static const struct value *none_data(struct ctx *ctx, const struct resource_job *job)
{
    struct value *data = value_map(ctx->arena);
    value_map_set(ctx->arena, data, "is_placeholder", value_string(ctx->arena, "True"));
    return data;
}

extern const struct resource_hooks hooks_none;
const struct resource_hooks hooks_none = {
    .name = "none",
    .create = none_create,
    .attribute = none_attribute,
    .resource_data = none_data,
};
