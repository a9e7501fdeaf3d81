/* OS::Heat::SoftwareDeploymentGroup and StructuredDeploymentGroup. */
#include "resources/deployment_group.h"

#include <string.h>

#include "resources/catalogue.h"
#include "resources/group.h"
#include "resources/numbers.h"

struct kind {
    const char *type, *member;
};
static const struct kind software_kind = {"OS::Heat::SoftwareDeploymentGroup",
                                          "OS::Heat::SoftwareDeployment"};
static const struct kind structured_kind = {"OS::Heat::StructuredDeploymentGroup",
                                            "OS::Heat::StructuredDeployment"};

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
    const struct nested_member *member = group_member_find(child, name);
    return member && member->status && strcmp(member->status, "FAILED") == 0;
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

/* ---- the rounds of an action ---- */
/* The policy that applies: for a creation, or for an update that changes anything of the group itself; NULL: all at
 * once. */
static int action_policy(struct ctx *ctx, const struct kind *kind, const struct resource_job *job,
                         const struct nested_child *child, const struct value **policy)
{
    bool changed = !value_equal(job->before, job->properties);
    const char *name = !child->template ? "batch_create" : changed ? "rolling_update" : NULL;
    return group_policy(ctx, kind->type, job->resource_name, job->update_policy, name, policy);
}

static int begin_rounds(struct ctx *ctx, const struct kind *kind, struct resource_job *job,
                        const struct nested_child *child)
{
    const struct value *policy;
    if (action_policy(ctx, kind, job, child, &policy) != 0)
        return -1;
    struct group_batches batches = {
        .target = (int64_t)value_count(value_get(job->properties, "servers")),
        .current = (int64_t)group_size(child, true),
        .size = (int64_t)number_double(value_get(policy, "max_batch_size")),
        .pause = number_double(value_get(policy, "pause_time")),
    };
    return group_rounds_begin(ctx, job, policy && batches.target ? &batches : NULL, true);
}

/* The round that makes it whole is needed where the batches left something, or there were none. */
static enum nested_next ask(const struct nested_child *child, const struct value *template, bool needed,
                            struct nested_stack *stack)
{
    if (!needed && child->template && value_equal(template, child->template))
        return NESTED_DONE;
    *stack = (struct nested_stack){.template = template};
    return NESTED_STACK;
}

static enum nested_next next(struct ctx *ctx, const struct kind *kind, struct resource_job *job,
                             const struct nested_child *child, struct nested_stack *stack)
{
    struct group_batch batch;
    bool done, batched = value_has(job->progress, "begun");
    if (!job->progress && begin_rounds(ctx, kind, job, child) != 0)
        return NESTED_FAILED;
    enum group_round round = group_rounds_next(ctx, job, &batch);
    if (round == ROUND_PAUSE)
        return NESTED_PAUSE;
    if (round == ROUND_END)
        return NESTED_DONE;
    const struct value *members = deployment_group_batch(ctx, kind->member, job->properties, child,
                                                         round == ROUND_BATCH ? batch.renewed : 0, &done);
    const struct value *template = deployment_group_template(ctx, members, job->referenced);
    return ask(child, template, round == ROUND_BATCH || !batched, stack);
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

#define GROUP(variable, prefix)                                                                              \
    static enum nested_next prefix##_next(struct ctx *ctx, struct resource_job *job,                         \
                                          const struct nested_child *child, struct nested_stack *stack)      \
    {                                                                                                        \
        return next(ctx, &prefix##_kind, job, child, stack);                                                 \
    }                                                                                                        \
    static const struct value *prefix##_draft(struct ctx *ctx, const struct resource_draft *of)              \
    {                                                                                                        \
        return draft(ctx, of, prefix##_kind.member);                                                         \
    }                                                                                                        \
    const struct nested_hooks variable = {                                                                   \
        .next = prefix##_next,                                                                               \
        .draft = prefix##_draft,                                                                             \
        .attribute = group_attribute,                                                                        \
    };
GROUP(nested_deployment_group, software)
GROUP(nested_structured_deployment_group, structured)

/* What the group itself shows; its members' attributes are read of the child. */
static const struct value *shown_attribute(struct ctx *ctx, const struct resource_job *job, const char *name)
{
    return &value_null;
}

extern const struct resource_hooks hooks_deployment_group, hooks_structured_deployment_group;
const struct resource_hooks hooks_deployment_group = {
    .name = "deployment_group",
    .attribute = shown_attribute,
    .nested = &nested_deployment_group,
};
const struct resource_hooks hooks_structured_deployment_group = {
    .name = "structured_deployment_group",
    .attribute = shown_attribute,
    .nested = &nested_structured_deployment_group,
};
