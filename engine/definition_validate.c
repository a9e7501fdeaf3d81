/* Whether everything in a definition can work, before anything is stored.
 *
 * Values that only exist later (attributes, references) are handled as Heat does: a property that reads any
 * is not checked against its schema, only its functions are. The world here therefore answers "not known yet"
 * and notes that it was asked. */
#include <string.h>

#include "base/str.h"
#include "engine/definition.h"
#include "engine/nested_draft.h"

/* ---- a world in which nothing exists yet ---- */
struct draft_world {
    struct definition *definition;
    bool asked; /* since last cleared: the value depends on a resource */
};

static const struct resource_type *type_named(const struct definition *definition, const char *name)
{
    const struct resource_definition *resource = template_resource(definition->template, name);
    return resource && definition->types ? definition->types[resource->index] : NULL;
}

static const struct value *draft_reference(struct ctx *ctx, void *self, const char *resource)
{
    struct draft_world *world = self;
    world->asked = true;
    return value_string(ctx->arena, resource);
}

static const struct value *draft_attribute(struct ctx *ctx, void *self, const char *resource,
                                           const char *attribute)
{
    struct draft_world *world = self;
    world->asked = true;
    const struct resource_type *type = type_named(world->definition, resource);
    if (type && attribute && !type->hooks->nested && !type_has_attribute(type, attribute))
        return fail_null(ctx, FAULT_INVALID_ATTRIBUTE, "The Referenced Attribute (%s %s) is incorrect.",
                         resource, attribute);
    return NULL;
}

/* Of a nested stack: what its parent's template says of it comes with it. */
static const struct value *draft_facade(struct ctx *ctx, void *self, const char *what)
{
    struct draft_world *world = self;
    world->asked = true;
    return NULL;
}

static struct draft_world *enter_draft_world(struct definition *definition)
{
    struct draft_world *world = arena_new(definition->ctx->arena, struct draft_world);
    world->definition = definition;
    definition->scope.world = (struct world){
        .self = world,
        .reference_id = draft_reference,
        .attribute = draft_attribute,
        .facade = definition->nested_depth > 0 ? draft_facade : NULL,
    };
    return world;
}

/* ---- resources ---- */
/* One property, resolved; value_unknown when it depends on a resource. */
static const struct value *draft_property(struct definition *definition, const char *path,
                                          const struct value *snippet)
{
    struct draft_world *world = definition->scope.world.self;
    world->asked = false;
    const struct value *value = definition_resolve(definition, &definition->scope, path, snippet);
    if (!value)
        (void)definition_fail_at(definition, "Property error: : ", path);
    return value && world->asked ? &value_unknown : value;
}

static const struct value *draft_each(struct definition *definition, const char *path,
                                      const struct value *written)
{
    struct ctx *ctx = definition->ctx;
    struct value *properties = value_map(ctx->arena);
    for (size_t i = 0; i < value_count(written); i++) {
        const struct value_entry *entry = &written->map.entries[i];
        const struct value *value =
            draft_property(definition, arena_printf(ctx->arena, "%s.%s", path, entry->key), entry->value);
        if (!value)
            return NULL;
        value_map_set(ctx->arena, properties, entry->key, value);
    }
    return properties;
}

/* All properties may come from one function: {get_param: everything}. */
static bool is_function(const struct definition *definition, const struct value *written)
{
    return scope_is_function(&definition->scope, written);
}

const struct value *definition_draft_properties(struct definition *definition,
                                                const struct resource_definition *resource)
{
    const struct resource_type *type = definition->types[resource->index];
    const char *path = definition_properties_path(definition, resource);
    struct draft_world *world = definition->scope.world.self;
    const struct value *properties;
    world->asked = false;
    if (!is_function(definition, resource->properties)) {
        if (properties_check_names(definition->ctx, type, path, resource->properties) != 0)
            return NULL;
        properties = draft_each(definition, path, resource->properties);
        world->asked = false; /* noted property by property */
    } else {
        properties = definition_resolve(definition, &definition->scope, path, resource->properties);
    }
    if (!properties || world->asked)
        return properties;
    return properties_check_at(definition->ctx, type, path, properties);
}

static int check_functions(struct definition *definition, const char *path, const struct value *snippet)
{
    struct ctx *ctx = definition->ctx;
    if (!snippet)
        return 0;
    definition->scope.path = path;
    definition->scope.steps = 0;
    if (scope_validate(&definition->scope, snippet) == 0)
        return 0;
    return definition_fail_at(definition, "", ctx->error.path ? ctx->error.path : path);
}

/* Hooks look across properties, so they wait until all are known. */
static bool all_known(const struct value *properties)
{
    for (size_t i = 0; i < value_count(properties); i++)
        if (properties->map.entries[i].value == &value_unknown)
            return false;
    return true;
}

struct resource_draft definition_draft(struct definition *definition,
                                       const struct resource_definition *resource,
                                       const struct value *properties, int64_t timeout_us)
{
    const struct resource_type *type = definition->types[resource->index];
    struct resource_draft draft = {
        .name = resource->name,
        .type = type->name,
        .properties = properties,
        .timeout_us = timeout_us,
        .files = definition->scope.files,
        .template = definition->template,
    };
    if (resource->update_policy)
        draft.update_policy = definition_resolve(definition, &definition->scope, "", resource->update_policy);
    if (type->hooks->nested && !definition->referenced)
        definition->referenced = graph_attribute_paths(&definition->scope);
    draft.referenced = value_get(definition->referenced, resource->name);
    error_clear(definition->ctx);
    return draft;
}

static int check_properties(struct definition *definition, const struct resource_definition *resource,
                            int64_t timeout_us)
{
    const struct resource_type *type = definition->types[resource->index];
    const struct value *properties = definition_draft_properties(definition, resource);
    if (!properties)
        return -1;
    if (!type->hooks->validate || !all_known(properties))
        return nested_validate(definition, resource, properties, timeout_us);
    struct resource_draft draft = definition_draft(definition, resource, properties, timeout_us);
    return type->hooks->validate(definition->ctx, &draft) == 0
               ? nested_validate(definition, resource, properties, timeout_us)
               : -1;
}

static const char *part_path(const struct definition *definition, const struct resource_definition *resource,
                             const char *hot, const char *cfn)
{
    bool is_cfn = definition->template->version->class == TEMPLATE_CFN;
    return arena_printf(definition->ctx->arena, "%s.%s.%s", is_cfn ? "Resources" : "resources",
                        resource->name, is_cfn ? cfn : hot);
}

/* Types that have no update policy take no properties in it. */
static int check_update_policy(struct definition *definition, const struct resource_definition *resource)
{
    const struct resource_type *type = definition->types[resource->index];
    if (value_has(type->definition, "update_policy") || value_count(resource->update_policy) == 0 ||
        scope_is_function(&definition->scope, resource->update_policy))
        return 0;
    return fail(definition->ctx, FAULT_STACK_VALIDATION, "Property error: : %s: : Unknown Property %s",
                part_path(definition, resource, "update_policy", "UpdatePolicy"),
                resource->update_policy->map.entries[0].key);
}

static int check_snapshot_policy(struct definition *definition, const char *policy,
                                 const struct resource_definition *resource)
{
    if (strcmp(policy, "Snapshot") != 0)
        return 0;
    struct ctx *ctx = definition->ctx;
    const char *path = part_path(definition, resource, "deletion_policy", "DeletionPolicy");
    return fail(ctx, FAULT_STACK_VALIDATION, "%s: : \"%s\" deletion policy not supported", path, policy);
}

static int check_resource(struct definition *definition, const struct resource_definition *resource,
                          bool strict, int64_t timeout_us)
{
    const struct resource_type *type = definition->types[resource->index];
    const char *path = definition_properties_path(definition, resource);
    /* what only stands for something else is not looked at */
    if (resource->external_id || (strict && type->any_property))
        return 0;
    if (check_functions(definition, path, resource->properties) != 0 ||
        check_functions(definition, part_path(definition, resource, "metadata", "Metadata"),
                        resource->metadata) != 0)
        return -1;
    const char *policy = definition_deletion_policy(definition, resource);
    if (!policy || check_snapshot_policy(definition, policy, resource) != 0 ||
        check_update_policy(definition, resource) != 0)
        return -1;
    if (!strict)
        return properties_check_names(definition->ctx, type, path, resource->properties);
    return check_properties(definition, resource, timeout_us);
}

/* ---- the whole ---- */
/* Heat takes "Value[0]" for no section's name and leaves it as CFN has it. */
static const char *output_path(const struct definition *definition, const struct output_definition *output)
{
    bool cfn = definition->template->version->class == TEMPLATE_CFN;
    return arena_printf(definition->ctx->arena, "%s.%s.%s", cfn ? "Outputs" : "outputs", output->name,
                        cfn || value_is(output->value, VALUE_LIST) ? "Value" : "value");
}

static int check_outputs(struct definition *definition)
{
    for (size_t i = 0; i < definition->template->output_count; i++) {
        const struct output_definition *output = &definition->template->outputs[i];
        int present = output->condition ? scope_condition(&definition->scope, output->condition) : 1;
        if (present < 0)
            return -1;
        if (present && check_functions(definition, output_path(definition, output), output->value) != 0)
            return -1;
    }
    return 0;
}

int definition_validate(struct definition *definition, bool strict, int64_t timeout_us)
{
    enter_draft_world(definition);
    if (nested_count(definition) != 0)
        return -1;
    for (size_t i = 0; i < definition->graph->order_count; i++) {
        const struct resource_definition *resource =
            &definition->template->resources[definition->graph->order[i]];
        /* of an external one nothing is made */
        if (!resource->external_id && check_resource(definition, resource, strict, timeout_us) != 0)
            return -1;
    }
    return check_outputs(definition);
}
