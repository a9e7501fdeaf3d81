/* AWS::AutoScaling::LaunchConfiguration, and the instances that groups make from one.
 *
 * A launch configuration makes nothing: it is read by the groups that name it. The instances are of the type
 * OS::Heat::ScaledResource, which an environment maps to whatever shall stand for an instance. */
#include <string.h>

#include "resources/group.h"

/* ---- the type ---- */
static int check_volume(struct ctx *ctx, const struct value *mapping)
{
    const struct value *volume = value_get(mapping, "Ebs");
    if (!value_truth(volume))
        return fail(ctx, FAULT_STACK_VALIDATION,
                    "Ebs is missing, this is required when specifying BlockDeviceMappings.");
    if (!value_truth(value_get(volume, "SnapshotId")))
        return fail(ctx, FAULT_STACK_VALIDATION,
                    "SnapshotId is missing, this is required when specifying BlockDeviceMappings.");
    return 0;
}

static int launch_validate(struct ctx *ctx, const struct resource_draft *draft)
{
    const struct value *volumes = value_get(draft->properties, "BlockDeviceMappings");
    for (size_t i = 0; i < value_count(volumes); i++)
        if (check_volume(ctx, value_at(volumes, i)) != 0)
            return -1;
    if (value_truth(value_get(draft->properties, "InstanceId")))
        return fail(ctx, FAULT_STACK_VALIDATION, "InstanceId is not supported: no compute service is asked.");
    if (!value_truth(value_get(draft->properties, "ImageId")) ||
        !value_truth(value_get(draft->properties, "InstanceType")))
        return fail(ctx, FAULT_STACK_VALIDATION,
                    "If without InstanceId, ImageId and InstanceType are required.");
    return 0;
}

extern const struct resource_hooks hooks_launch_configuration;
const struct resource_hooks hooks_launch_configuration = {
    .name = "launch_configuration",
    .validate = launch_validate,
    .create = job_take_name,
    .resource_data = job_no_data,
};

/* ---- instances ---- */
static struct value *without_nulls(struct arena *arena, const struct value *map)
{
    struct value *given = value_map(arena);
    for (size_t i = 0; i < value_count(map); i++)
        if (!value_is_null(map->map.entries[i].value))
            value_map_set(arena, given, map->map.entries[i].key, map->map.entries[i].value);
    return given;
}

/* What a configuration gives; maps in its lists (volumes, hints) without what was not given. */
static struct value *given_properties(struct arena *arena, const struct value *properties)
{
    struct value *given = without_nulls(arena, properties);
    for (size_t i = 0; i < value_count(given); i++) {
        const struct value *list = given->map.entries[i].value;
        if (!value_is(list, VALUE_LIST))
            continue;
        struct value *reduced = value_list(arena);
        for (size_t k = 0; k < value_count(list); k++) {
            const struct value *item = value_at(list, k);
            value_list_add(arena, reduced, value_is(item, VALUE_MAP) ? without_nulls(arena, item) : item);
        }
        given->map.entries[i].value = reduced;
    }
    return given;
}

static void add_tag(struct arena *arena, struct value *tags, const char *key, const char *text)
{
    struct value *tag = value_map(arena);
    value_map_set(arena, tag, "Key", value_string(arena, key));
    value_map_set(arena, tag, "Value", value_string(arena, text));
    value_list_add(arena, tags, tag);
}

static bool is_metering(const struct value *tag)
{
    const char *key = value_get_text(tag, "Key");
    return key && strncmp(key, "metering.", 9) == 0;
}

/* The group's tags, and those by which a metering service finds its instances. */
static const struct value *instance_tags(struct arena *arena, const struct value *properties, bool scaling,
                                         const char *group)
{
    const struct value *own = value_get(properties, "Tags");
    struct value *tags = value_is(own, VALUE_LIST) ? value_copy(arena, own) : value_list(arena);
    bool metered = false;
    for (size_t i = 0; i < value_count(own); i++)
        metered = metered || is_metering(value_at(own, i));
    if (!metered)
        add_tag(arena, tags, "metering.groupname", group);
    if (scaling)
        add_tag(arena, tags, "metering.AutoScalingGroupName", group);
    return tags;
}

const struct value *group_launch_definition(struct ctx *ctx, const struct resource_job *job, bool scaling,
                                            const char *tag)
{
    struct arena *arena = ctx->arena;
    const char *reference = value_get_text(job->properties, "LaunchConfigurationName");
    const struct value *subnets = value_get(job->properties, "VPCZoneIdentifier");
    struct resource_peer peer;
    if (!reference || !job->find_peer || !job->find_peer(job, reference, &peer))
        return fail_null(ctx, FAULT_VALUE_ERROR, "LaunchConfigurationName (%s) reference can not be found.",
                         reference ? reference : "");
    struct value *properties = given_properties(arena, peer.properties);
    value_map_set(arena, properties, "Tags", instance_tags(arena, job->properties, scaling, tag));
    if (value_count(subnets))
        value_map_set(arena, properties, "SubnetId", value_at(subnets, 0));
    struct value *definition = value_map(arena);
    value_map_set(arena, definition, "Type", value_string(arena, "OS::Heat::ScaledResource"));
    value_map_set(arena, definition, "Properties", properties);
    value_map_set(arena, definition, "Metadata", peer.metadata);
    return definition;
}
