/* Adopting a stack: exported data stand for the template, and its resources are taken over by the engine. */
#include "base/config.h"
#include "engine/calls.h"

static int fail_data(struct ctx *ctx, const char *member)
{
    return fail(ctx, FAULT_BAD_REQUEST, "Invalid adopt data: %s is not a map", member);
}

/* One member of the data, a map or nothing. */
static int read_member(struct ctx *ctx, const struct value *data, const char *name, const struct value **out)
{
    *out = value_get(data, name);
    if (value_is_null(*out))
        *out = NULL;
    return *out && !value_is(*out, VALUE_MAP) ? fail_data(ctx, name) : 0;
}

static const struct value *lay_over(struct ctx *ctx, const struct value *below, const struct value *above)
{
    struct value *map = value_is(below, VALUE_MAP) ? value_copy(ctx->arena, below) : value_map(ctx->arena);
    value_map_set_all(ctx->arena, map, above);
    return map;
}

/* The request's own environment, section by section over the exported one. */
static const struct value *merge(struct ctx *ctx, const struct value *exported, const struct value *own)
{
    static const char *const sections[] = {"resource_registry", "parameters", "parameter_defaults"};
    if (!exported || !own)
        return own ? own : exported;
    struct value *merged = value_copy(ctx->arena, lay_over(ctx, exported, own));
    for (size_t i = 0; i < COUNT_OF(sections); i++)
        value_map_set(ctx->arena, merged, sections[i],
                      lay_over(ctx, value_get(exported, sections[i]), value_get(own, sections[i])));
    return merged;
}

static int check_resources(struct ctx *ctx, const struct value *resources)
{
    for (size_t i = 0; i < value_count(resources); i++)
        if (!value_is(resources->map.entries[i].value, VALUE_MAP))
            return fail_data(ctx, arena_printf(ctx->arena, "resources.%s", resources->map.entries[i].key));
    return 0;
}

int stack_adopt_read(struct ctx *ctx, const struct value *data, struct stack_input *input)
{
    const struct value *environment, *files, *resources;
    if (!ctx->config->enable_stack_adopt)
        return fail(ctx, FAULT_NOT_SUPPORTED, "Stack Adopt is not supported.");
    if (read_member(ctx, data, "environment", &environment) != 0 ||
        read_member(ctx, data, "files", &files) != 0 ||
        read_member(ctx, data, "resources", &resources) != 0 || check_resources(ctx, resources) != 0 ||
        environment_check_sections(ctx, environment ? environment : value_map(ctx->arena)) != 0)
        return -1;
    input->adopt = resources ? resources : value_map(ctx->arena);
    input->environment = merge(ctx, environment, input->environment);
    input->files = input->files ? lay_over(ctx, files, input->files) : files;
    return 0;
}
