/* OS::Heat::AutoScalingGroup, OS::Heat::InstanceGroup and AWS::AutoScaling::AutoScalingGroup.
 *
 * Members have names that say nothing and keep them. A group that shrinks loses its failed members first, then
 * the oldest; one that grows takes new names. A changed definition reaches members there are in batches alone:
 * by rolling_updates (always there), or by an update policy; without a policy only new members have it. After
 * the batches, if any, the group goes to its size: what desired_capacity says, within its bounds. */
#include <stdlib.h>
#include <string.h>

#include "resources/group.h"
#include "resources/numbers.h"
#include "resources/scaling.h"

/* What the three types call things. */
struct kind {
    const char *type, *definition, *size, *minimum, *maximum, *cooldown;
    const char *policy;     /* name in the update policy; NULL: the property rolling_updates */
    const char *references; /* output that tells what get_resource gives for each member */
    bool cfn;
};

static const struct kind heat_group = {
    .type = "OS::Heat::AutoScalingGroup",
    .definition = "resource",
    .size = "desired_capacity",
    .minimum = "min_size",
    .maximum = "max_size",
    .cooldown = "cooldown",
    .references = "refs_map",
};
static const struct kind aws_group = {
    .type = "AWS::AutoScaling::AutoScalingGroup",
    .definition = "LaunchConfigurationName",
    .size = "DesiredCapacity",
    .minimum = "MinSize",
    .maximum = "MaxSize",
    .cooldown = "Cooldown",
    .policy = "AutoScalingRollingUpdate",
    .references = "references",
    .cfn = true,
};
static const struct kind instance_group = {
    .type = "OS::Heat::InstanceGroup",
    .definition = "LaunchConfigurationName",
    .size = "Size",
    .policy = "RollingUpdate",
    .references = "references",
    .cfn = true,
};

struct group {
    struct ctx *ctx;
    const struct kind *kind;
    struct resource_job *job;
    const struct nested_child *child;
    const struct value *definition; /* of new members */
};

static int64_t number_of(const struct value *properties, const char *name)
{
    return name ? (int64_t)number_double(value_get(properties, name)) : 0;
}

/* ---- members ---- */
/* The parts of a definition that a member has, in the order of a template; what is null is left out. */
static const struct value *heat_definition(struct ctx *ctx, const struct value *given)
{
    static const char *const keys[] = {"type",          "properties", "metadata", "deletion_policy",
                                       "update_policy", "depends_on"};
    struct value *definition = value_map(ctx->arena);
    for (size_t i = 0; i < COUNT_OF(keys); i++) {
        const struct value *part = value_get(given, keys[i]);
        if (i == COUNT_OF(keys) - 1 && value_is(part, VALUE_STRING)) {
            struct value *list = value_list(ctx->arena);
            value_list_add(ctx->arena, list, part);
            part = list;
        }
        if (!value_is_null(part))
            value_map_set(ctx->arena, definition, keys[i], part);
    }
    return definition;
}

/* The group's name until it has a child, then its physical id. */
static const char *group_reference(const struct group *group)
{
    const struct resource_job *job = group->job;
    return group->child->template && job->physical_id ? job->physical_id : job->resource_name;
}

static const struct value *new_definition(const struct group *group)
{
    const struct value *properties = group->job->properties;
    if (!group->kind->cfn)
        return heat_definition(group->ctx, value_get(properties, group->kind->definition));
    return group_launch_definition(group->ctx, group->job, group->kind == &aws_group, group_reference(group));
}

static const struct value *member_definition(void *self, const char *name)
{
    return ((const struct group *)self)->definition;
}

static const char *new_name(void *self)
{
    struct group *group = self;
    return group_name_new(group->ctx, group->job->physical_name, &group->job->data, group->child);
}

/* ---- the child ---- */
static const char *const no_names[] = {NULL};

/* The path "outputs", … by which the outputs of members are kept, whichever way they are referred to; NULL:
 * no output is needed. */
static const struct value *output_path(struct arena *arena, const struct value *path)
{
    const struct value *parts = group_member_path(arena, path);
    const char *key = value_to_str(arena, value_at(path, 0));
    size_t skip = parts ? 2 : 1;
    if (!parts && strcmp(key, "outputs") != 0 && strcmp(key, "outputs_list") != 0)
        return NULL;
    const struct value *from = parts ? parts : path;
    struct value *outputs = value_list(arena);
    value_list_add(arena, outputs, value_string(arena, "outputs"));
    for (size_t i = skip; i < value_count(from); i++)
        value_list_add(arena, outputs, value_at(from, i));
    return value_count(outputs) > 1 ? outputs : NULL;
}

static void put_heat_output(struct group_template *template, const struct group_members *members,
                            const struct value *path)
{
    const struct value *outputs = output_path(template->ctx->arena, path);
    if (outputs)
        group_template_output(template, group_output_name(template->ctx->arena, outputs),
                              group_output_map(template, members, outputs, 1));
}

static void put_cfn_output(struct group_template *template, const struct group_members *members,
                           const struct value *path)
{
    const char *key = value_text(value_at(path, 0));
    if (!key || strcmp(key, "InstanceList") != 0)
        return;
    struct value *address = value_list(template->ctx->arena);
    value_list_add(template->ctx->arena, address, value_string(template->ctx->arena, "PublicIp"));
    group_template_output(template, key, group_output_map(template, members, address, 0));
}

static const struct value *child_of(const struct group *group, const struct group_members *members,
                                    const struct value *referenced)
{
    static const char *const cfn_names[] = {"InstanceList", NULL};
    struct arena *arena = group->ctx->arena;
    bool cfn = group->kind->cfn;
    struct group_template template = group_template_begin(group->ctx, cfn);
    for (size_t i = 0; i < members->count; i++)
        group_template_put(&template, members->items[i].name, members->items[i].definition);
    const struct value *paths = group_paths(arena, referenced, cfn ? cfn_names : no_names);
    for (size_t i = 0; i < value_count(paths); i++)
        (cfn ? put_cfn_output : put_heat_output)(&template, members, value_at(paths, i));
    group_template_output(&template, group->kind->references, group_output_map(&template, members, NULL, 0));
    return group_template_end(&template);
}

/* The child at that capacity, at most renewed of its members with the new definition. */
static const struct value *changed_child(struct group *group, int64_t capacity, int64_t renewed,
                                         const struct value *referenced)
{
    group->definition = new_definition(group);
    if (!group->definition)
        return NULL;
    struct group_change change = {
        .old = group_members_sorted(group->ctx->arena, group->child, true),
        .capacity = capacity,
        .renewed = renewed,
        .definition = member_definition,
        .new_name = new_name,
        .self = group,
    };
    struct group_members members;
    if (group_members_change(group->ctx, &change, &members) != 0)
        return NULL;
    return child_of(group, &members, referenced);
}

/* ---- sizes ---- */
static int64_t initial_size(const struct kind *kind, const struct value *properties)
{
    int64_t wanted = number_of(properties, kind->size);
    return wanted || !kind->minimum ? wanted : number_of(properties, kind->minimum);
}

/* The size an update ends with. */
static int64_t final_size(const struct group *group)
{
    const struct kind *kind = group->kind;
    const struct value *properties = group->job->properties;
    if (!group->child->template)
        return initial_size(kind, properties);
    int64_t wanted = number_of(properties, kind->size), present = (int64_t)group_size(group->child, false);
    if (!kind->minimum)
        return wanted;
    return scaling_new_capacity(present, (double)(wanted ? wanted : present), "exact_capacity", 0,
                                number_of(properties, kind->minimum), number_of(properties, kind->maximum));
}

/* ---- the rounds of an action ---- */
static int read_cfn_policy(const struct group *group, struct group_batches *batches, bool *rolling)
{
    const struct value *policy;
    const struct resource_job *job = group->job;
    if (group_policy(group->ctx, group->kind->type, job->resource_name, job->update_policy,
                     group->kind->policy, &policy) != 0)
        return -1;
    *rolling = policy;
    if (!policy)
        return 0;
    batches->size = number_of(policy, "MaxBatchSize");
    batches->in_service = number_of(policy, "MinInstancesInService");
    return group_duration(group->ctx, value_get_text(policy, "PauseTime"), &batches->pause);
}

static int read_policy(const struct group *group, struct group_batches *batches, bool *rolling)
{
    if (group->kind->cfn)
        return read_cfn_policy(group, batches, rolling);
    const struct value *policy = value_get(group->job->properties, "rolling_updates");
    batches->size = number_of(policy, "max_batch_size");
    batches->in_service = number_of(policy, "min_in_service");
    batches->pause = number_double(value_get(policy, "pause_time"));
    *rolling = true;
    return 0;
}

/* Renewal goes by the smaller of the sizes before and after; growing and shrinking come last. */
static int begin_rounds(const struct group *group)
{
    struct resource_job *job = group->job;
    const struct kind *kind = group->kind;
    struct group_batches batches = {.current = (int64_t)group_size(group->child, true)};
    bool rolling = false, changed = !value_equal(value_get(job->before, kind->definition),
                                                 value_get(job->properties, kind->definition));
    int64_t wanted = number_of(job->properties, kind->size);
    batches.target = wanted && wanted < batches.current ? wanted : batches.current;
    if (read_policy(group, &batches, &rolling) != 0)
        return -1;
    bool batched = group->child->template && changed && rolling;
    return group_rounds_begin(group->ctx, job, batched ? &batches : NULL, true);
}

/* A change of size counts for the cooldown, whoever made it. */
static void note_size(const struct group *group)
{
    struct resource_job *job = group->job;
    const struct kind *kind = group->kind;
    if (!kind->cooldown)
        return;
    const char *cause =
        arena_printf(group->ctx->arena, "ExactCapacity : %zu", group_size(group->child, false));
    double cooldown = number_double(value_get(job->properties, kind->cooldown));
    job->metadata = scaling_finished(group->ctx, job->metadata, cooldown, cause, true, job->now_us);
}

static enum nested_next next_round(struct group *group, struct nested_stack *stack)
{
    struct group_batch batch;
    struct resource_job *job = group->job;
    if (!job->progress && begin_rounds(group) != 0)
        return NESTED_FAILED;
    switch (group_rounds_next(group->ctx, job, &batch)) {
    case ROUND_BATCH:
        stack->template = changed_child(group, batch.capacity, batch.renewed, job->referenced);
        break;
    case ROUND_WHOLE:
        stack->template = changed_child(group, final_size(group), 0, job->referenced);
        break;
    case ROUND_PAUSE:
        return NESTED_PAUSE;
    case ROUND_END:
        note_size(group);
        return NESTED_DONE;
    }
    stack->parameters = NULL;
    return stack->template ? NESTED_STACK : NESTED_FAILED;
}

/* ---- validation ---- */
static int check_bounds(struct ctx *ctx, const struct kind *kind, const struct value *properties)
{
    int64_t minimum = number_of(properties, kind->minimum), maximum = number_of(properties, kind->maximum);
    int64_t wanted = number_of(properties, kind->size);
    if (maximum < minimum)
        return fail(ctx, FAULT_STACK_VALIDATION, "MinSize can not be greater than MaxSize");
    if (minimum < 0)
        return fail(ctx, FAULT_STACK_VALIDATION, "The size of AutoScalingGroup can not be less than zero");
    if (!value_is_null(value_get(properties, kind->size)) && (wanted < minimum || wanted > maximum))
        return fail(ctx, FAULT_STACK_VALIDATION, "DesiredCapacity must be between MinSize and MaxSize");
    return 0;
}

static int check_update_policy(struct ctx *ctx, const struct kind *kind, const struct resource_draft *draft)
{
    const struct value *policy;
    double seconds;
    if (group_policy(ctx, kind->type, draft->name, draft->update_policy, kind->policy, &policy) != 0)
        return -1;
    if (!policy)
        return 0;
    const char *mistake = number_of(policy, "MaxBatchSize") < 1 ? "MaxBatchSize must be at least 1." : NULL;
    if (group_duration(ctx, value_get_text(policy, "PauseTime"), &seconds) != 0)
        mistake = ctx->error.message;
    else if (seconds > 3600)
        mistake = "Maximum PauseTime is 1 hour.";
    error_clear(ctx);
    if (!mistake)
        return 0;
    return fail(ctx, FAULT_STACK_VALIDATION, "ValueError: : resources.%s: : %s", draft->name, mistake);
}

static int heat_validate(struct ctx *ctx, const struct resource_draft *draft)
{
    if (check_bounds(ctx, &heat_group, draft->properties) != 0)
        return -1;
    return check_update_policy(ctx, &heat_group, draft);
}

static int instance_validate(struct ctx *ctx, const struct resource_draft *draft)
{
    return check_update_policy(ctx, &instance_group, draft);
}

static int aws_validate(struct ctx *ctx, const struct resource_draft *draft)
{
    const struct value *properties = draft->properties, *subnets = value_get(properties, "VPCZoneIdentifier");
    bool instance = value_truth(value_get(properties, "InstanceId"));
    if (check_bounds(ctx, &aws_group, properties) != 0)
        return -1;
    if (value_count(subnets) > 1)
        return fail(ctx, FAULT_NOT_SUPPORTED, "Anything other than one VPCZoneIdentifier is not supported.");
    if (instance == value_truth(value_get(properties, "LaunchConfigurationName")))
        return fail(ctx, FAULT_STACK_VALIDATION,
                    "Either 'InstanceId' or 'LaunchConfigurationName' must be provided.");
    if (instance)
        return fail(ctx, FAULT_STACK_VALIDATION, "InstanceId is not supported: no compute service is asked.");
    return check_update_policy(ctx, &aws_group, draft);
}

/* What instances are made of stands in another resource, which a draft does not see. */
static const struct value *draft_child(struct ctx *ctx, const struct kind *kind,
                                       const struct resource_draft *draft)
{
    static const struct value none = {.kind = VALUE_MAP};
    const struct nested_child child = {.outputs = &none};
    struct resource_job job = {
        .resource_name = draft->name, .physical_name = draft->name, .properties = draft->properties};
    struct group group = {.ctx = ctx, .kind = kind, .job = &job, .child = &child};
    bool known = !kind->cfn && value_is(value_get(draft->properties, kind->definition), VALUE_MAP);
    if (known)
        return changed_child(&group, initial_size(kind, draft->properties), 0, draft->referenced);
    return child_of(&group, &(struct group_members){NULL, 0}, draft->referenced);
}

/* ---- attributes ---- */
/* Of what an output tells by name, that of the members there are: the oldest first. */
static const struct value *in_order(struct ctx *ctx, const struct nested_child *child,
                                    const struct value *told, bool by_name)
{
    struct group_members members = group_members_sorted(ctx->arena, child, false);
    struct value *list = value_list(ctx->arena), *map = value_map(ctx->arena);
    for (size_t i = 0; i < members.count; i++) {
        const char *name = members.items[i].name;
        const struct value *one = value_get(told, name);
        if (!one)
            continue;
        value_list_add(ctx->arena, list, one);
        value_map_set(ctx->arena, map, name, one);
    }
    return by_name ? map : list;
}

/* What get_resource gives for each member, from the child's outputs or else from its members. */
static const struct value *references_of(struct ctx *ctx, const struct kind *kind,
                                         const struct nested_child *child)
{
    const struct value *told = value_get(child->outputs, kind->references);
    if (value_is(told, VALUE_MAP))
        return told;
    struct value *map = value_map(ctx->arena);
    for (size_t i = 0; i < child->member_count; i++)
        if (child->members[i].reference)
            value_map_set(ctx->arena, map, child->members[i].name,
                          value_string(ctx->arena, child->members[i].reference));
    return map;
}

/* "resource.0", "resource.-1": by place, the oldest first. */
static const struct value *member_attribute(struct ctx *ctx, const struct resource_job *job,
                                            const struct nested_child *child, const struct value *told,
                                            const char *place)
{
    struct group_members members = group_members_sorted(ctx->arena, child, false);
    const struct value *number = number_integer(ctx->arena, value_string(ctx->arena, place));
    if (!number)
        return fail_null(ctx, FAULT_VALUE_ERROR, "invalid literal for int() with base 10: '%s'", place);
    int64_t index = number->kind == VALUE_INT ? number->integer : -1 - GROUP_MEMBERS_MAX;
    if (index < 0)
        index += (int64_t)members.count;
    if (index < 0 || index >= (int64_t)members.count)
        return group_member_missing(ctx, job->resource_name, place);
    if (!told)
        return &value_null;
    const struct value *one = value_get(told, members.items[index].name);
    return one ? one : group_member_missing(ctx, job->resource_name, place);
}

static const struct value *invalid_attribute(struct ctx *ctx, const struct resource_job *job, const char *key)
{
    return fail_null(ctx, FAULT_INVALID_ATTRIBUTE, "The Referenced Attribute (%s %s) is incorrect.",
                     job->resource_name, key);
}

static const struct value *heat_attribute(struct ctx *ctx, const struct resource_job *job,
                                          const struct nested_child *child, const struct value *path,
                                          size_t *used)
{
    const char *key = value_to_str(ctx->arena, value_at(path, 0));
    const struct value *parts = group_member_path(ctx->arena, path);
    const struct value *outputs = output_path(ctx->arena, path);
    const struct value *told =
        outputs ? value_get(child->outputs, group_output_name(ctx->arena, outputs)) : NULL;
    *used = value_count(path);
    if (strcmp(key, "current_size") == 0)
        return value_int(ctx->arena, (int64_t)group_size(child, false));
    if (strcmp(key, "refs") == 0 || strcmp(key, "refs_map") == 0)
        return in_order(ctx, child, references_of(ctx, &heat_group, child), key[4]);
    if (parts)
        return member_attribute(ctx, job, child, outputs ? told : references_of(ctx, &heat_group, child),
                                value_text(value_at(parts, 1)));
    if (!outputs)
        return invalid_attribute(ctx, job, key);
    return in_order(ctx, child, told, strcmp(key, "outputs") == 0);
}

/* Addresses of the instances, separated by commas; null where there are none. */
static const struct value *instance_list(struct ctx *ctx, const struct nested_child *child)
{
    const struct value *list = in_order(ctx, child, value_get(child->outputs, "InstanceList"), false);
    struct str text = STR_INIT(ctx->arena);
    for (size_t i = 0; i < value_count(list); i++)
        str_printf(&text, "%s%s", i ? "," : "", value_to_str(ctx->arena, value_at(list, i)));
    return text.length ? value_string(ctx->arena, text.data) : &value_null;
}

static const struct value *cfn_attribute(struct ctx *ctx, const struct resource_job *job,
                                         const struct nested_child *child, const struct value *path,
                                         size_t *used)
{
    const char *key = value_to_str(ctx->arena, value_at(path, 0));
    *used = 1;
    return strcmp(key, "InstanceList") == 0 ? instance_list(ctx, child) : invalid_attribute(ctx, job, key);
}

/* In GET …/resources/{name} none is told. */
static const struct value *shown_attribute(struct ctx *ctx, const struct resource_job *job, const char *name)
{
    return &value_null;
}

/* ---- the three types ---- */
static enum nested_next heat_next(struct ctx *ctx, struct resource_job *job, const struct nested_child *child,
                                  struct nested_stack *stack)
{
    return next_round(&(struct group){.ctx = ctx, .kind = &heat_group, .job = job, .child = child}, stack);
}

static enum nested_next aws_next(struct ctx *ctx, struct resource_job *job, const struct nested_child *child,
                                 struct nested_stack *stack)
{
    return next_round(&(struct group){.ctx = ctx, .kind = &aws_group, .job = job, .child = child}, stack);
}

static enum nested_next instance_next(struct ctx *ctx, struct resource_job *job,
                                      const struct nested_child *child, struct nested_stack *stack)
{
    return next_round(&(struct group){.ctx = ctx, .kind = &instance_group, .job = job, .child = child},
                      stack);
}

static const struct value *heat_draft(struct ctx *ctx, const struct resource_draft *draft)
{
    return draft_child(ctx, &heat_group, draft);
}

static const struct value *aws_draft(struct ctx *ctx, const struct resource_draft *draft)
{
    return draft_child(ctx, &aws_group, draft);
}

static const struct value *instance_draft(struct ctx *ctx, const struct resource_draft *draft)
{
    return draft_child(ctx, &instance_group, draft);
}

int scaling_resize(struct ctx *ctx, const char *type, struct resource_job *job,
                   const struct nested_child *child, int64_t capacity, struct nested_stack *stack)
{
    const struct kind *kind = strcmp(type, heat_group.type) == 0  ? &heat_group
                              : strcmp(type, aws_group.type) == 0 ? &aws_group
                                                                  : &instance_group;
    struct group group = {.ctx = ctx, .kind = kind, .job = job, .child = child};
    *stack = (struct nested_stack){changed_child(&group, capacity, 0, job->referenced), NULL};
    return stack->template ? 0 : -1;
}

static const struct nested_hooks heat_nested = {heat_next, heat_draft, heat_attribute, scaling_change_heat};
static const struct nested_hooks aws_nested = {aws_next, aws_draft, cfn_attribute, scaling_change_aws};
static const struct nested_hooks instance_nested = {instance_next, instance_draft, cfn_attribute};

extern const struct resource_hooks hooks_autoscaling_group, hooks_aws_autoscaling_group, hooks_instance_group;
const struct resource_hooks hooks_autoscaling_group = {
    .name = "autoscaling_group",
    .validate = heat_validate,
    .attribute = shown_attribute,
    .nested = &heat_nested,
};
const struct resource_hooks hooks_aws_autoscaling_group = {
    .name = "aws_autoscaling_group",
    .validate = aws_validate,
    .attribute = shown_attribute,
    .nested = &aws_nested,
};
const struct resource_hooks hooks_instance_group = {
    .name = "instance_group",
    .validate = instance_validate,
    .attribute = shown_attribute,
    .nested = &instance_nested,
};
