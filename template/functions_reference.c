/* Functions that fetch something: parameters, resources, attributes, files, mappings, the facade. */
#include "template/call.h"

#include <string.h>

/* ---- parameters ---- */
static const struct value *parameter_value(const struct call *call, const char *name)
{
    const struct parameter *parameter = parameters_find(call->scope->parameters, name);
    if (!parameter || !parameter->value)
        return fail_null(call->scope->ctx, FAULT_MISSING_PARAMETER, "The Parameter (%s) was not provided.",
                         name);
    return parameter->value;
}

/* A path that leads nowhere gives "". */
static const struct value *follow_parameter_path(const struct call *call, const struct value *value,
                                                 const struct value *args)
{
    struct arena *arena = call_arena(call);
    for (size_t i = 1; i < value_count(args) && value; i++)
        value = python_item(arena, value, value_at(args, i), true);
    return value ? value : value_string(arena, "");
}

const struct value *evaluate_get_param(const struct call *call)
{
    const struct value *args = call_resolve(call, call->args);
    if (!args)
        return NULL;
    if (!value_truth(args))
        return call_fail_null(call, "Function \"%s\" must have arguments", call_name(call));
    if (!value_is(args, VALUE_STRING) && !value_is(args, VALUE_LIST))
        return call_fail_null(call, "Argument to \"%s\" must be string or list", call_name(call));
    const struct value *name = value_is(args, VALUE_LIST) ? value_at(args, 0) : args;
    if (!value_text(name))
        return call_fail_null(call, "Parameter name in \"%s\" must be string", call_name(call));
    const struct value *value = parameter_value(call, value_text(name));
    return value ? follow_parameter_path(call, value, args) : NULL;
}

/* ---- resources ---- */
static const char *reference_message(const struct call *call, const struct value *name)
{
    return arena_printf(call_arena(call), "The specified reference \"%s\" (in %s) is incorrect.",
                        value_to_str(call_arena(call), name), "unknown");
}

static const struct resource_definition *resource_of(const struct call *call, const struct value *name)
{
    const struct resource_definition *resource = template_resource(call->scope->template, value_text(name));
    if (!resource || !resource_enabled(call->scope, resource->name))
        return fail_null(call->scope->ctx, FAULT_TEMPLATE_REFERENCE, "%s", reference_message(call, name));
    return resource;
}

/* A callback's NULL without an error means "not known yet". */
static const struct value *known_or_null(const struct call *call, const struct value *value)
{
    if (value)
        return value;
    return call->scope->ctx->error.fault == FAULT_NONE ? &value_null : NULL;
}

static const struct value *resource_id(const struct call *call, const char *name)
{
    const struct world *world = &call->scope->world;
    if (!world->reference_id)
        return value_string(call_arena(call), name);
    return known_or_null(call, world->reference_id(call->scope->ctx, world->self, name));
}

const struct value *evaluate_get_resource(const struct call *call)
{
    const struct value *name = call_resolve(call, call->args);
    const struct resource_definition *resource = name ? resource_of(call, name) : NULL;
    return resource ? resource_id(call, resource->name) : NULL;
}

int check_ref(const struct call *call)
{
    if (call->condition) /* looked at when it is evaluated */
        return 0;
    if (!value_is(call->args, VALUE_LIST) &&
        (call_is_function(call, call->args) || !value_is(call->args, VALUE_MAP)))
        return 0;
    return call_fail(call, "unhashable type: '%s'", value_python_type(call->args));
}

const struct value *evaluate_ref(const struct call *call)
{
    if (!call->condition && template_resource(call->scope->template, value_text(call->args)))
        return resource_of(call, call->args) ? resource_id(call, value_text(call->args)) : NULL;
    const struct value *name = call_resolve(call, call->args);
    if (!name)
        return NULL;
    if (!parameters_find(call->scope->parameters, value_text(name)))
        return fail_null(call->scope->ctx, FAULT_TEMPLATE_REFERENCE, "%s", reference_message(call, name));
    return parameter_value(call, value_text(name));
}

/* ---- attributes ---- */
int check_get_attr(const struct call *call)
{
    if (!call_is_list(call, call->args))
        return call_fail(call, "Argument to \"%s\" must be a list", call_name(call));
    if (value_count(call->args) < 2)
        return call_fail(call,
                         "Arguments to \"%s\" must be of the form [resource_name, attribute, (path), ...]",
                         call_name(call));
    return 0;
}

int check_get_attr_all(const struct call *call)
{
    if (!call_is_function(call, call->args) && !value_truth(call->args))
        return call_fail(
            call,
            "Arguments to \"%s\" can be of the next forms: [resource_name] or [resource_name, attribute, "
            "(path), ...]",
            call_name(call));
    if (!call_is_list(call, call->args))
        return call_fail(call, "Argument to \"%s\" must be a list", call_name(call));
    return 0;
}

int check_cfn_get_att(const struct call *call)
{
    if (call_is_list(call, call->args) && value_count(call->args) == 2)
        return 0;
    return call_fail(call, "Arguments to \"%s\" must be of the form [resource_name, attribute]",
                     call_name(call));
}

/* attribute NULL: all of them. */
static const struct value *attribute_of(const struct call *call, const struct resource_definition *resource,
                                        const char *attribute)
{
    const struct world *world = &call->scope->world;
    if (!world->attribute)
        return &value_null;
    return known_or_null(call, world->attribute(call->scope->ctx, world->self, resource->name, attribute));
}

/* A path that leads nowhere gives null. */
static const struct value *follow_attribute_path(const struct call *call, const struct value *value,
                                                 size_t from)
{
    for (size_t i = from; i < value_count(call->args) && value; i++) {
        const struct value *key = call_resolve(call, value_at(call->args, i));
        if (!key)
            return NULL;
        value = python_item(call_arena(call), value, key, false);
    }
    return value ? value : &value_null;
}

/* [attribute, key, …], resolved. */
static const struct value *whole_path(const struct call *call)
{
    struct value *path = value_list(call_arena(call));
    for (size_t i = 1; i < value_count(call->args); i++) {
        const struct value *key = call_resolve(call, value_at(call->args, i));
        if (!key)
            return NULL;
        value_list_add(call_arena(call), path, key);
    }
    return path;
}

/* True: the resource looks at the path as a whole, and *value is what it leads to. */
static bool by_path(const struct call *call, const struct resource_definition *resource,
                    const struct value **value)
{
    const struct world *world = &call->scope->world;
    const struct value *path = world->attribute_path ? whole_path(call) : NULL;
    size_t used = 1;
    *value = NULL;
    if (!path)
        return world->attribute_path != NULL;
    if (!world->attribute_path(call->scope->ctx, world->self, resource->name, path, &used, value))
        return false;
    *value = known_or_null(call, *value);
    if (*value)
        *value = follow_attribute_path(call, *value, 1 + used);
    return true;
}

static const struct value *fail_attribute(const struct call *call, const char *resource,
                                          const struct value *name)
{
    return fail_null(call->scope->ctx, FAULT_INVALID_ATTRIBUTE,
                     "The Referenced Attribute (%s %s) is incorrect.", resource,
                     value_to_str(call_arena(call), name));
}

const struct value *evaluate_get_attr(const struct call *call)
{
    const struct value *name = call_resolve(call, value_at(call->args, 0));
    const struct value *attribute = name ? call_resolve(call, value_at(call->args, 1)) : NULL;
    const struct resource_definition *resource = attribute ? resource_of(call, name) : NULL;
    if (!resource)
        return NULL;
    if (!value_text(attribute))
        return fail_attribute(call, resource->name, attribute);
    const struct value *value;
    if (by_path(call, resource, &value))
        return value;
    value = attribute_of(call, resource, value_text(attribute));
    return value ? follow_attribute_path(call, value, 2) : NULL;
}

const struct value *evaluate_get_attr_then_select(const struct call *call)
{
    return evaluate_get_attr(call);
}

const struct value *evaluate_get_attr_all(const struct call *call)
{
    if (value_count(call->args) > 1 && !value_is_null(value_at(call->args, 1)))
        return evaluate_get_attr(call);
    const struct value *name = call_resolve(call, value_at(call->args, 0));
    const struct resource_definition *resource = name ? resource_of(call, name) : NULL;
    const struct value *all = resource ? attribute_of(call, resource, NULL) : NULL;
    /* "show" is the whole resource as its service shows it: not an attribute among the others */
    return value_has(all, "show") ? value_map_without(call_arena(call), all, "show") : all;
}

/* ---- files ---- */
const struct value *evaluate_get_file(const struct call *call)
{
    const struct value *name = call_resolve(call, call->args);
    if (!name)
        return NULL;
    if (!value_text(name))
        return call_fail_null(call, "Argument to \"%s\" must be a string", call_name(call));
    const struct value *text = value_get(call->scope->files, value_text(name));
    if (value_is_null(text))
        return call_fail_null(call, "No content found in the \"files\" section for %s path: %s",
                              call_name(call), value_text(name));
    return text;
}

/* ---- mappings, zones ---- */
int check_find_in_map(const struct call *call)
{
    if (value_is(call->args, VALUE_LIST) && value_count(call->args) == 3)
        return 0;
    return call_fail(call, "Arguments to \"%s\" must be of the form [map, key, value]", call_name(call));
}

const struct value *evaluate_find_in_map(const struct call *call)
{
    const struct value *found = call->scope->template->mappings;
    for (size_t i = 0; i < 3; i++) {
        const struct value *key = call_resolve(call, value_at(call->args, i));
        if (!key)
            return NULL;
        found = value_text(key) ? value_get(found, value_text(key)) : NULL;
        if (!found)
            return call_fail_null(call, "%s", value_to_repr(call_arena(call), key));
    }
    return found;
}

const struct value *evaluate_zones(const struct call *call)
{
    const struct world *world = &call->scope->world;
    if (world->zones)
        return known_or_null(call, world->zones(call->scope->ctx, world->self));
    struct value *zones = value_list(call_arena(call));
    value_list_add(call_arena(call), zones, value_string(call_arena(call), "nova"));
    return zones;
}

/* ---- facade ---- */
static const char *const facade_words[] = {"metadata", "deletion_policy", "update_policy"};
static const char *const cfn_facade_words[] = {"Metadata", "DeletionPolicy", "UpdatePolicy"};

static int facade_word(const struct call *call, const char *const words[3])
{
    for (int i = 0; i < 3; i++)
        if (value_text(call->args) && strcmp(value_text(call->args), words[i]) == 0)
            return i;
    return call_fail(call, "Incorrect arguments to \"%s\" should be one of: %s, %s, %s", call_name(call),
                     words[0], words[1], words[2]);
}

static const struct value *facade_part(const struct call *call, const char *const words[3])
{
    const struct world *world = &call->scope->world;
    if (!world->facade)
        return call_fail_null(call, "\"%s\" has a meaning only in a template that stands for a resource",
                              call_name(call));
    int word = facade_word(call, words);
    return word < 0 ? NULL
                    : known_or_null(call, world->facade(call->scope->ctx, world->self, facade_words[word]));
}

int check_facade(const struct call *call)
{
    return facade_word(call, facade_words) < 0 ? -1 : 0;
}

int check_cfn_facade(const struct call *call)
{
    return facade_word(call, cfn_facade_words) < 0 ? -1 : 0;
}

const struct value *evaluate_facade(const struct call *call)
{
    return facade_part(call, facade_words);
}

const struct value *evaluate_cfn_facade(const struct call *call)
{
    return facade_part(call, cfn_facade_words);
}

/* ---- refused ---- */
int check_removed(const struct call *call)
{
    return fail(call->scope->ctx, FAULT_STACK_VALIDATION,
                "The template version is invalid: The function %s is not supported in this version of HOT.",
                call_name(call));
}

const struct value *evaluate_removed(const struct call *call)
{
    (void)check_removed(call);
    return NULL;
}
