/* The template of a group's child: its members as resources, and an output for each attribute that the
 * group's own template refers to. The outputs are what attributes of the group are answered from. */
#include <string.h>

#include "base/str.h"
#include "resources/group.h"

struct group_template group_template_begin(struct ctx *ctx, bool cfn)
{
    return (struct group_template){ctx, cfn, value_map(ctx->arena), value_map(ctx->arena)};
}

/* ---- members ---- */
/* A resource that is not in this child cannot be waited for. */
static const struct value *known_names(const struct group_template *template, const struct value *names)
{
    struct value *known = value_list(template->ctx->arena);
    for (size_t i = 0; i < value_count(names); i++)
        if (value_has(template->resources,
                      value_text(value_at(names, i)) ? value_text(value_at(names, i)) : ""))
            value_list_add(template->ctx->arena, known, value_at(names, i));
    return known;
}

void group_template_put(struct group_template *template, const char *name, const struct value *definition)
{
    struct arena *arena = template->ctx->arena;
    const struct value *names = value_get(definition, "depends_on");
    if (value_count(names)) {
        struct value *reduced = value_copy(arena, definition);
        value_map_set(arena, reduced, "depends_on", known_names(template, names));
        definition = reduced;
    }
    value_map_set(arena, template->resources, name, definition);
}

const struct value *group_template_end(const struct group_template *template)
{
    struct arena *arena = template->ctx->arena;
    struct value *whole = value_map(arena);
    value_map_set(arena, whole, template->cfn ? "HeatTemplateFormatVersion" : "heat_template_version",
                  value_string(arena, template->cfn ? "2012-12-12" : "2015-04-30"));
    if (value_count(template->resources))
        value_map_set(arena, whole, template->cfn ? "Resources" : "resources", template->resources);
    if (value_count(template->outputs))
        value_map_set(arena, whole, template->cfn ? "Outputs" : "outputs", template->outputs);
    return whole;
}

/* ---- outputs ---- */
static const struct value *one_entry(struct arena *arena, const char *key, const struct value *value)
{
    struct value *map = value_map(arena);
    value_map_set(arena, map, key, value);
    return map;
}

void group_template_output(struct group_template *template, const char *name, const struct value *value)
{
    struct arena *arena = template->ctx->arena;
    value_map_set(arena, template->outputs, name, one_entry(arena, template->cfn ? "Value" : "value", value));
}

const struct value *group_get_resource(const struct group_template *template, const char *name)
{
    struct arena *arena = template->ctx->arena;
    return one_entry(arena, template->cfn ? "Ref" : "get_resource", value_string(arena, name));
}

const struct value *group_get_attr(const struct group_template *template, const char *name,
                                   const struct value *path, size_t skip)
{
    struct arena *arena = template->ctx->arena;
    struct value *arguments = value_list(arena);
    value_list_add(arena, arguments, value_string(arena, name));
    for (size_t i = skip; i < value_count(path); i++)
        value_list_add(arena, arguments, value_at(path, i));
    return one_entry(arena, template->cfn ? "Fn::GetAtt" : "get_attr", arguments);
}

static const struct value *told(const struct group_template *template, const char *name,
                                const struct value *path, size_t skip)
{
    return path ? group_get_attr(template, name, path, skip) : group_get_resource(template, name);
}

const struct value *group_output_list(const struct group_template *template,
                                      const struct group_members *members, const struct value *path,
                                      size_t skip)
{
    struct value *list = value_list(template->ctx->arena);
    for (size_t i = 0; i < members->count; i++)
        value_list_add(template->ctx->arena, list, told(template, members->items[i].name, path, skip));
    return list;
}

const struct value *group_output_map(const struct group_template *template,
                                     const struct group_members *members, const struct value *path,
                                     size_t skip)
{
    struct value *map = value_map(template->ctx->arena);
    for (size_t i = 0; i < members->count; i++) {
        const char *name = members->items[i].name;
        value_map_set(template->ctx->arena, map, name, told(template, name, path, skip));
    }
    return map;
}

/* ---- paths ---- */
const char *group_output_name(struct arena *arena, const struct value *path)
{
    struct str name = STR_INIT(arena);
    for (size_t i = 0; i < value_count(path); i++) {
        if (i)
            str_add(&name, ", ");
        value_write_str(&name, value_at(path, i));
    }
    return name.data;
}

const struct value *group_member_path(struct arena *arena, const struct value *path)
{
    const char *key = value_text(value_at(path, 0));
    if (!key || strncmp(key, "resource.", 9) != 0)
        return NULL;
    struct value *parts = value_list(arena);
    const char *member = key + 9, *dot = strchr(member, '.');
    value_list_add(arena, parts, value_string(arena, "resource"));
    value_list_add(arena, parts,
                   value_string_n(arena, member, dot ? (size_t)(dot - member) : strlen(member)));
    if (dot)
        value_list_add(arena, parts, value_string(arena, dot + 1));
    for (size_t i = 1; i < value_count(path); i++)
        value_list_add(arena, parts, value_at(path, i));
    return parts;
}

static void add_all(struct arena *arena, struct value *paths, const char *const names[])
{
    for (; *names; names++) {
        struct value *path = value_list(arena);
        value_list_add(arena, path, value_string(arena, *names));
        value_list_add(arena, paths, path);
    }
}

const struct value *group_paths(struct arena *arena, const struct value *referenced,
                                const char *const names[])
{
    struct value *paths = value_list(arena);
    for (size_t i = 0; i < value_count(referenced); i++) {
        const struct value *path = value_at(referenced, i);
        if (value_count(path) == 0)
            add_all(arena, paths, names);
        else
            value_list_add(arena, paths, path);
    }
    return paths;
}

static const struct value *step_into(const struct value *value, const struct value *key)
{
    if (value_is(value, VALUE_MAP))
        return value_text(key) ? value_get(value, value_text(key)) : NULL;
    if (!value_is(value, VALUE_LIST) || !value_is(key, VALUE_INT))
        return NULL;
    int64_t count = (int64_t)value_count(value), index = key->integer;
    if (index < 0)
        index += count;
    return index >= 0 && index < count ? value_at(value, (size_t)index) : NULL;
}

const struct value *group_select(const struct value *value, const struct value *path, size_t skip)
{
    for (size_t i = skip; value && i < value_count(path); i++)
        value = step_into(value, value_at(path, i));
    return value ? value : &value_null;
}
