/* OS::Heat::ResourceChain: a member for each resource type of a list, all with the same properties, made one
 * after the other, or at once when "concurrent" is true. Members are numbered in the order of the list. */
#include <stdlib.h>
#include <string.h>

#include "resources/catalogue.h"
#include "resources/group.h"

static const char *const attribute_names[] = {"refs", "attributes", NULL};

/* ---- the child ---- */
static const char *number_text(struct arena *arena, size_t number)
{
    return arena_printf(arena, "%zu", number);
}

static const struct value *member_definition(struct ctx *ctx, const struct value *properties, size_t place)
{
    struct value *definition = value_map(ctx->arena);
    const struct value *given = value_get(properties, "resource_properties");
    value_map_set(ctx->arena, definition, "type", value_at(value_get(properties, "resources"), place));
    if (!value_is_null(given))
        value_map_set(ctx->arena, definition, "properties", given);
    if (place > 0 && !value_truth(value_get(properties, "concurrent"))) {
        struct value *before = value_list(ctx->arena);
        value_list_add(ctx->arena, before, value_string(ctx->arena, number_text(ctx->arena, place - 1)));
        value_map_set(ctx->arena, definition, "depends_on", before);
    }
    return definition;
}

static void put_output(struct group_template *template, const struct group_members *members,
                       const struct value *path)
{
    struct arena *arena = template->ctx->arena;
    const struct value *parts = group_member_path(arena, path), *value = NULL;
    const char *member = parts ? value_text(value_at(parts, 1)) : NULL;
    const char *key = value_to_str(arena, value_at(path, 0));
    if (member && value_has(template->resources, member))
        value = value_count(parts) > 2 ? group_get_attr(template, member, parts, 2)
                                       : group_get_resource(template, member);
    else if (!member && strcmp(key, "refs") == 0)
        value = group_output_list(template, members, NULL, 0);
    else if (!member && strcmp(key, "attributes") == 0)
        value = value_count(path) > 1 ? group_output_map(template, members, path, 1) : NULL;
    else if (!member)
        value = group_output_list(template, members, path, 0);
    if (value)
        group_template_output(template, group_output_name(arena, path), value);
}

static const struct value *child_of(struct ctx *ctx, const struct value *properties,
                                    const struct value *referenced)
{
    const struct value *types = value_get(properties, "resources");
    size_t count = value_count(types);
    struct group_template template = group_template_begin(ctx, false);
    struct group_members members = {arena_array(ctx->arena, struct group_member, count + 1), count};
    for (size_t i = 0; i < count; i++) {
        members.items[i].name = number_text(ctx->arena, i);
        group_template_put(&template, members.items[i].name, member_definition(ctx, properties, i));
    }
    const struct value *paths = group_paths(ctx->arena, referenced, attribute_names);
    for (size_t i = 0; i < value_count(paths); i++)
        put_output(&template, &members, value_at(paths, i));
    return group_template_end(&template);
}

static enum nested_next chain_next(struct ctx *ctx, struct resource_job *job,
                                   const struct nested_child *child, struct nested_stack *stack)
{
    struct group_batch batch;
    if (!job->progress && group_rounds_begin(ctx, job, NULL, true) != 0)
        return NESTED_FAILED;
    if (group_rounds_next(ctx, job, &batch) == ROUND_END)
        return NESTED_DONE;
    *stack = (struct nested_stack){child_of(ctx, job->properties, job->referenced), NULL};
    return NESTED_STACK;
}

static const struct value *chain_draft(struct ctx *ctx, const struct resource_draft *draft)
{
    return child_of(ctx, draft->properties, draft->referenced);
}

/* ---- attributes ---- */
/* The number of a member of this chain. */
static bool is_member(const struct resource_job *job, const char *name)
{
    size_t digits = strspn(name, "0123456789");
    bool plain = digits && name[digits] == '\0' && (name[0] != '0' || digits == 1);
    return plain && strtoull(name, NULL, 10) < value_count(value_get(job->properties, "resources"));
}

static const struct value *missing_of_member(struct ctx *ctx, const struct resource_job *job,
                                             const struct nested_child *child, const struct value *parts)
{
    const char *name = value_text(value_at(parts, 1));
    const struct nested_member *member = group_member_find(child, name);
    if (!is_member(job, name) || (child->member_count && !member))
        return group_member_missing(ctx, job->resource_name, name);
    return member && member->reference && value_count(parts) == 2
               ? value_string(ctx->arena, member->reference)
               : &value_null;
}

static const struct value *missing_of_all(struct ctx *ctx, const struct resource_job *job,
                                          const struct nested_child *child, const struct value *path)
{
    const char *key = value_to_str(ctx->arena, value_at(path, 0));
    struct value *list = value_list(ctx->arena), *map = value_map(ctx->arena);
    for (size_t i = 0; i < value_count(value_get(job->properties, "resources")); i++) {
        const char *name = number_text(ctx->arena, i);
        const struct nested_member *member = group_member_find(child, name);
        if (child->member_count && !member)
            return group_member_missing(ctx, job->resource_name, name);
        bool told = strcmp(key, "refs") == 0 && member && member->reference;
        value_list_add(ctx->arena, list, told ? value_string(ctx->arena, member->reference) : &value_null);
        value_map_set(ctx->arena, map, name, &value_null);
    }
    if (strcmp(key, "attributes") == 0)
        return map;
    return strcmp(key, "refs") == 0 ? group_select(list, path, 1) : list;
}

static const struct value *chain_attribute(struct ctx *ctx, const struct resource_job *job,
                                           const struct nested_child *child, const struct value *path,
                                           size_t *used)
{
    const char *key = value_to_str(ctx->arena, value_at(path, 0));
    const struct value *parts = group_member_path(ctx->arena, path);
    *used = value_count(path);
    if (strcmp(key, "attributes") == 0 && value_count(path) == 1)
        return fail_null(ctx, FAULT_INVALID_ATTRIBUTE, "The Referenced Attribute (%s %s) is incorrect.",
                         job->resource_name, key);
    const struct value *output = value_get(child->outputs, group_output_name(ctx->arena, path));
    if (output)
        return strcmp(key, "refs") == 0 ? group_select(output, path, 1) : output;
    return parts ? missing_of_member(ctx, job, child, parts) : missing_of_all(ctx, job, child, path);
}

/* In GET …/resources/{name} none is told. */
static const struct value *shown_attribute(struct ctx *ctx, const struct resource_job *job, const char *name)
{
    return &value_null;
}

static const struct nested_hooks chain_nested = {
    .next = chain_next,
    .draft = chain_draft,
    .attribute = chain_attribute,
};

extern const struct resource_hooks hooks_resource_chain;
const struct resource_hooks hooks_resource_chain = {
    .name = "resource_chain",
    .attribute = shown_attribute,
    .nested = &chain_nested,
};
