/* OS::Heat::DeployedServer, a server that is there already, and OS::Heat::AccessPolicy.
 *
 * A deployed server is its metadata: the list of what is to be deployed, kept by the engine
 * (EFFECT_SERVER_METADATA), and "os-collect-config", which tells the server's agent where to look for it. There
 * are no users of a stack to sign in as: whatever the transport, the agent gets a signed URL that serves the
 * metadata, and reads it with the collector "request". */
#include <string.h>

#include "resources/hooks.h"
#include "template/template.h"

enum { SERVER_NAME_MAX = 53 };

/* Names of servers are short: the first two letters and the end stay. */
static const char *server_name(struct ctx *ctx, const struct resource_job *job)
{
    const char *own = value_get_text(job->properties, "name"), *name = job->physical_name;
    if (own && *own)
        return own;
    size_t length = strlen(name);
    if (length <= SERVER_NAME_MAX)
        return name;
    return arena_printf(ctx->arena, "%.2s-%s", name, name + length - (SERVER_NAME_MAX - 3));
}

/* ---- metadata ---- */
static struct value *copy_map(struct ctx *ctx, const struct value *map)
{
    return value_is(map, VALUE_MAP) ? value_copy(ctx->arena, map) : value_map(ctx->arena);
}

/* What an earlier transport said shall not stay with the agent: it is overwritten by nulls. */
static void clear_sections(struct ctx *ctx, struct value *collect)
{
    static const char *const sections[] = {"heat", "zaqar", "cfn", "request"};
    for (size_t i = 0; i < COUNT_OF(sections); i++) {
        const struct value *section = value_get(collect, sections[i]);
        if (!value_is(section, VALUE_MAP))
            continue;
        struct value *cleared = value_map(ctx->arena);
        for (size_t k = 0; k < value_count(section); k++)
            value_map_set(ctx->arena, cleared, section->map.entries[k].key, &value_null);
        value_map_set(ctx->arena, collect, sections[i], cleared);
    }
}

static const struct value *collect_config(struct ctx *ctx, const struct resource_job *job,
                                          const struct value *before)
{
    struct value *collect = copy_map(ctx, before), *collectors = value_list(ctx->arena);
    clear_sections(ctx, collect);
    value_map_set(ctx->arena, collect, "collectors", collectors);
    if (job->metadata_url) {
        struct value *request = value_map(ctx->arena);
        value_map_set(ctx->arena, request, "metadata_url", value_string(ctx->arena, job->metadata_url));
        value_map_set(ctx->arena, collect, "request", request);
        value_list_add(ctx->arena, collectors, value_string(ctx->arena, "request"));
    }
    value_list_add(ctx->arena, collectors, value_string(ctx->arena, "local"));
    return collect;
}

static void set_metadata(struct ctx *ctx, struct resource_job *job, const struct value *metadata)
{
    job->metadata = metadata;
    job_write_id(ctx, job, EFFECT_SERVER_METADATA, job->physical_id);
}

static void populate(struct ctx *ctx, struct resource_job *job)
{
    struct value *metadata = copy_map(ctx, job->metadata);
    if (!value_has(metadata, "deployments"))
        value_map_set(ctx->arena, metadata, "deployments", value_list(ctx->arena));
    value_map_set(ctx->arena, metadata, "os-collect-config",
                  collect_config(ctx, job, value_get(job->metadata, "os-collect-config")));
    set_metadata(ctx, job, metadata);
}

/* New metadata of the template: what the agent needs stays in it. */
static void merge_template(struct ctx *ctx, struct resource_job *job)
{
    struct value *metadata = copy_map(ctx, job->template_metadata);
    const struct value *own = value_get(metadata, "os-collect-config");
    struct value *collect = copy_map(ctx, value_get(job->metadata, "os-collect-config"));
    value_map_set_all(ctx->arena, collect, own);
    value_map_set(ctx->arena, metadata, "os-collect-config", collect);
    const struct value *deployments = value_get(job->metadata, "deployments");
    value_map_set(ctx->arena, metadata, "deployments", deployments ? deployments : value_list(ctx->arena));
    if (!value_equal(metadata, job->metadata))
        set_metadata(ctx, job, metadata);
}

/* ---- steps ---- */
static enum step_result show(struct ctx *ctx, struct resource_job *job)
{
    job_set_attribute(ctx, job, "name", value_string(ctx->arena, server_name(ctx, job)));
    job_set_attribute(ctx, job, "os_collect_config", value_get(job->metadata, "os-collect-config"));
    return STEP_DONE;
}

static enum step_result server_create(struct ctx *ctx, struct resource_job *job)
{
    job->physical_id = job->resource_id;
    populate(ctx, job);
    return show(ctx, job);
}

static enum step_result server_update(struct ctx *ctx, struct resource_job *job)
{
    merge_template(ctx, job);
    if (!value_equal(value_get(job->properties, "software_config_transport"),
                     value_get(job->before, "software_config_transport")))
        populate(ctx, job);
    return show(ctx, job);
}

/* The URL names the stack: it is made anew. */
static enum step_result server_adopt(struct ctx *ctx, struct resource_job *job)
{
    job->data = NULL;
    if (!job->physical_id)
        job->physical_id = job->resource_id;
    populate(ctx, job);
    return show(ctx, job);
}

static int server_validate(struct ctx *ctx, const struct resource_draft *draft)
{
    const char *transport = value_get_text(draft->properties, "software_config_transport");
    if (!transport || strcmp(transport, "ZAQAR_MESSAGE") != 0)
        return 0;
    return fail(
        ctx, FAULT_STACK_VALIDATION,
        "Property error: : resources.%s.properties.software_config_transport: : ZAQAR_MESSAGE needs a "
        "message queue, which this service does not have",
        draft->name);
}

extern const struct resource_hooks hooks_deployed_server;
const struct resource_hooks hooks_deployed_server = {
    .name = "deployed_server",
    .validate = server_validate,
    .create = server_create,
    .update = server_update,
    .adopt = server_adopt,
    .resource_data = job_no_data,
    .own_metadata = true,
    .polled = true,
};

/* ---- OS::Heat::AccessPolicy ---- */
static int access_validate(struct ctx *ctx, const struct resource_draft *draft)
{
    const struct value *names = value_get(draft->properties, "AllowedResources");
    for (size_t i = 0; draft->template && i < value_count(names); i++) {
        const char *name = value_to_str(ctx->arena, value_at(names, i));
        if (!template_resource(draft->template, name))
            return fail(ctx, FAULT_STACK_VALIDATION, "AccessPolicy resource %s not in stack", name);
    }
    return 0;
}

extern const struct resource_hooks hooks_access_policy;
const struct resource_hooks hooks_access_policy = {
    .name = "access_policy",
    .validate = access_validate,
    .resource_data = job_no_data,
};
