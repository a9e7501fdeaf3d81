/* OS::Heat::SoftwareDeploymentGroup and StructuredDeploymentGroup. */
#include "resources/deployment_group.h"

#include <string.h>

#include "resources/catalogue.h"
#include "resources/numbers.h"

/* ---- members ---- */
const struct value *deployment_group_member(struct ctx *ctx, const char *member_type,
                                            const struct value *properties, const char *name)
{
    struct value *own = value_map(ctx->arena), *definition = value_map(ctx->arena);
    const struct value *server = value_get(value_get(properties, "servers"), name);
    for (size_t i = 0; i < value_count(properties); i++) {
        const struct value_entry *entry = &properties->map.entries[i];
        bool unknown = entry->value == &value_unknown;
        if (strcmp(entry->key, "servers") != 0 && (unknown || !value_is_null(entry->value)))
            value_map_set(ctx->arena, own, entry->key, entry->value);
    }
    value_map_set(ctx->arena, own, "server", server ? server : &value_null);
    value_map_set(ctx->arena, definition, "type", value_string(ctx->arena, member_type));
    value_map_set(ctx->arena, definition, "properties", own);
    return definition;
}

static const struct value *wanted_members(struct ctx *ctx, const char *member_type,
                                          const struct value *properties)
{
    const struct value *servers = value_get(properties, "servers");
    struct value *members = value_map(ctx->arena);
    for (size_t i = 0; value_is(servers, VALUE_MAP) && i < value_count(servers); i++) {
        const char *name = servers->map.entries[i].key;
        value_map_set(ctx->arena, members, name, deployment_group_member(ctx, member_type, properties, name));
    }
    return members;
}

static const struct value *current_definition(const struct nested_child *child, const char *name)
{
    return value_get(value_get(child->template, "resources"), name);
}

static bool is_failed(const struct nested_child *child, const char *name)
{
    for (size_t i = 0; i < child->member_count; i++)
        if (strcmp(child->members[i].name, name) == 0)
            return child->members[i].status && strcmp(child->members[i].status, "FAILED") == 0;
    return false;
}

static bool is_as_wanted(const struct nested_child *child, const char *name, const struct value *definition)
{
    const struct value *current = current_definition(child, name);
    return current && !is_failed(child, name) && value_equal(current, definition);
}

/* Takes members over as they shall be while size lasts; the rest stay as they are. */
const struct value *deployment_group_batch(struct ctx *ctx, const char *member_type,
                                           const struct value *properties, const struct nested_child *child,
                                           int64_t size, bool *done)
{
    const struct value *wanted = wanted_members(ctx, member_type, properties);
    const struct value *current = value_get(child->template, "resources");
    struct value *members = value_map(ctx->arena);
    int64_t left = size > 0 ? size : INT64_MAX;
    *done = true;
    for (size_t i = 0; i < value_count(wanted); i++) {
        const struct value_entry *entry = &wanted->map.entries[i];
        const struct value *definition = entry->value;
        if (!is_as_wanted(child, entry->key, definition) && left-- <= 0) {
            definition = current_definition(child, entry->key);
            *done = false;
        }
        if (definition)
            value_map_set(ctx->arena, members, entry->key, definition);
    }
    for (size_t i = 0; i < value_count(current); i++) { /* servers that are no longer named */
        const struct value_entry *entry = &current->map.entries[i];
        if (value_has(wanted, entry->key) || left-- > 0)
            continue;
        value_map_set(ctx->arena, members, entry->key, entry->value);
        *done = false;
    }
    return members;
}

/* ---- attributes ---- */
const char *deployment_group_attribute(const char *name)
{
    static const char *const plural[][2] = {{"deploy_stdouts", "deploy_stdout"},
                                            {"deploy_stderrs", "deploy_stderr"},
                                            {"deploy_status_codes", "deploy_status_code"}};
    for (size_t i = 0; i < COUNT_OF(plural); i++)
        if (strcmp(plural[i][0], name) == 0)
            return plural[i][1];
    return name;
}

static const char *output_name(struct ctx *ctx, const char *attribute)
{
    return arena_printf(ctx->arena, "attributes, %s", deployment_group_attribute(attribute));
}

static const struct value *collecting_output(struct ctx *ctx, const struct value *members,
                                             const char *attribute)
{
    struct value *values = value_map(ctx->arena), *output = value_map(ctx->arena);
    for (size_t i = 0; i < value_count(members); i++) {
        struct value *function = value_map(ctx->arena), *path = value_list(ctx->arena);
        value_list_add(ctx->arena, path, value_string(ctx->arena, members->map.entries[i].key));
        value_list_add(ctx->arena, path, value_string(ctx->arena, deployment_group_attribute(attribute)));
        value_map_set(ctx->arena, function, "get_attr", path);
        value_map_set(ctx->arena, values, members->map.entries[i].key, function);
    }
    value_map_set(ctx->arena, output, "value", values);
    return output;
}

/* ---- the child ---- */
const struct value *deployment_group_template(struct ctx *ctx, const struct value *members,
                                              const struct value *referenced)
{
    struct value *template = value_map(ctx->arena), *outputs = value_map(ctx->arena);
    for (size_t i = 0; i < value_count(referenced); i++) {
        const char *attribute = value_text(value_at(value_at(referenced, i), 0));
        if (attribute && strcmp(attribute, "show") != 0)
            value_map_set(ctx->arena, outputs, output_name(ctx, attribute),
                          collecting_output(ctx, members, attribute));
    }
    value_map_set(ctx->arena, template, "heat_template_version", value_string(ctx->arena, "2015-04-30"));
    value_map_set(ctx->arena, template, "resources", members);
    if (value_count(outputs) > 0)
        value_map_set(ctx->arena, template, "outputs", outputs);
    return template;
}

/* The section of the update policy for a creation or an update; NULL: all at once. */
static const struct value *policy_of(const struct resource_job *job)
{
    const struct value *policy =
        value_get(job->update_policy, job->before ? "rolling_update" : "batch_create");
    return value_is(policy, VALUE_MAP) ? policy : NULL;
}

static int64_t batch_size(const struct value *policy)
{
    const struct value *size = value_get(policy, "max_batch_size");
    return !policy ? 0 : value_is_number(size) && number_double(size) >= 1 ? (int64_t)number_double(size) : 1;
}

/* Between two batches, once the first of them is there. */
static bool pauses(struct ctx *ctx, struct resource_job *job, const struct value *policy)
{
    double seconds = number_double(value_get(policy, "pause_time"));
    const struct value *until = value_get(job->progress, "until_us");
    if (!job->progress || seconds <= 0)
        return false;
    if (!until) {
        struct value *progress = value_map(ctx->arena);
        job->due_us = job->now_us + (int64_t)(seconds * 1e6);
        value_map_set(ctx->arena, progress, "until_us", value_int(ctx->arena, job->due_us));
        job->progress = progress;
        return true;
    }
    job->due_us = until->integer;
    return job->now_us < job->due_us;
}

static enum nested_next next(struct ctx *ctx, struct resource_job *job, const struct nested_child *child,
                             struct nested_stack *stack, const char *member_type)
{
    const struct value *policy = policy_of(job);
    bool done;
    const struct value *members =
        deployment_group_batch(ctx, member_type, job->properties, child, batch_size(policy), &done);
    const struct value *template = deployment_group_template(ctx, members, job->referenced);
    if (child->template && job->progress && value_equal(template, child->template))
        return NESTED_DONE;
    if (policy && pauses(ctx, job, policy))
        return NESTED_PAUSE;
    job->progress = value_map(ctx->arena);
    *stack = (struct nested_stack){.template = template};
    return NESTED_STACK;
}

static const struct value *draft(struct ctx *ctx, const struct resource_draft *draft, const char *member_type)
{
    return deployment_group_template(ctx, wanted_members(ctx, member_type, draft->properties),
                                     draft->referenced);
}

/* A map from each member to its attribute; what follows in the path is looked up in it. */
static const struct value *group_attribute(struct ctx *ctx, const struct resource_job *job,
                                           const struct nested_child *child, const struct value *path,
                                           size_t *used)
{
    const char *name = value_to_str(ctx->arena, value_at(path, 0));
    const struct value *value = value_get(child->outputs, output_name(ctx, name));
    *used = 1;
    return value ? value : &value_null;
}

#define GROUP(variable, prefix, member_type)                                                                 \
    static enum nested_next prefix##_next(struct ctx *ctx, struct resource_job *job,                         \
                                          const struct nested_child *child, struct nested_stack *stack)      \
    {                                                                                                        \
        return next(ctx, job, child, stack, member_type);                                                    \
    }                                                                                                        \
    static const struct value *prefix##_draft(struct ctx *ctx, const struct resource_draft *of)              \
    {                                                                                                        \
        return draft(ctx, of, member_type);                                                                  \
    }                                                                                                        \
    const struct nested_hooks variable = {                                                                   \
        .next = prefix##_next,                                                                               \
        .draft = prefix##_draft,                                                                             \
        .attribute = group_attribute,                                                                        \
    };
GROUP(nested_deployment_group, software, "OS::Heat::SoftwareDeployment")
GROUP(nested_structured_deployment_group, structured, "OS::Heat::StructuredDeployment")

/* What the group itself shows; its members' attributes are read of the child. */
static const struct value *shown_attribute(struct ctx *ctx, const struct resource_job *job, const char *name)
{
    return &value_null;
}

extern const struct resource_hooks hooks_deployment_group, hooks_structured_deployment_group;
const struct resource_hooks hooks_deployment_group = {
    .name = "deployment_group",
    .attribute = shown_attribute,
    .any_attribute = true,
    .nested = &nested_deployment_group,
};
const struct resource_hooks hooks_structured_deployment_group = {
    .name = "structured_deployment_group",
    .attribute = shown_attribute,
    .any_attribute = true,
    .nested = &nested_structured_deployment_group,
};
