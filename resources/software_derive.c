/* Derives a deployment's configuration from the one it deploys. */
#include "resources/software_derive.h"

#include <string.h>

static const struct value *text_value(struct ctx *ctx, const char *text)
{
    return text ? value_string(ctx->arena, text) : &value_null;
}

const struct value *software_config_read(struct ctx *ctx, const struct value *answer)
{
    const char *text = value_get_text(answer, "config");
    const struct value *rest = text ? value_read_json(ctx, text, strlen(text)) : NULL;
    if (!rest)
        return NULL;
    struct value *config = value_copy(ctx->arena, rest);
    value_map_set(ctx->arena, config, "name", value_get(answer, "name"));
    value_map_set(ctx->arena, config, "group", value_get(answer, "group"));
    return config;
}

/* ---- actions ---- */
static bool names_action(const struct value *actions, const char *action)
{
    for (size_t i = 0; i < value_count(actions); i++) {
        const char *name = value_text(value_at(actions, i));
        if (name && strcmp(name, action) == 0)
            return true;
    }
    return false;
}

bool software_acts(const struct resource_job *job, const struct value *source, const char *action)
{
    const char *group = value_get_text(source, "group");
    if (!group || strcmp(group, "component") != 0)
        return names_action(value_get(job->properties, "actions"), action);
    const struct value *configs = value_get(value_get(source, "config"), "configs");
    for (size_t i = 0; i < value_count(configs); i++)
        if (names_action(value_get(value_at(configs, i), "actions"), action))
            return true;
    return false;
}

/* ---- inputs ---- */
static void add_input(struct ctx *ctx, struct value *inputs, const char *name, const char *description,
                      const struct value *value)
{
    struct value *input = value_map(ctx->arena);
    value_map_set(ctx->arena, input, "name", value_string(ctx->arena, name));
    if (description)
        value_map_set(ctx->arena, input, "description", value_string(ctx->arena, description));
    value_map_set(ctx->arena, input, "type", value_string(ctx->arena, "String"));
    value_map_set(ctx->arena, input, "value", value);
    value_list_add(ctx->arena, inputs, input);
}

/* The first input of a name takes the value given for it. */
static void add_declared(struct ctx *ctx, struct value *inputs, const struct value *declared,
                         const struct value *values, struct value *taken)
{
    const char *name = value_get_text(declared, "name");
    bool first = name && value_has(values, name) && !value_has(taken, name);
    const struct value *value = first ? value_get(values, name) : value_get(declared, "default");
    struct value *input = value_copy(ctx->arena, declared);
    value_map_set(ctx->arena, input, "value", value ? value : &value_null);
    value_list_add(ctx->arena, inputs, input);
    if (first)
        value_map_set(ctx->arena, taken, name, &value_true);
}

/* Where the agent is, and how it reports: a signed URL, whatever the transport, unless it shall not. */
static void add_own(struct ctx *ctx, struct value *inputs, const struct resource_job *job, const char *action)
{
    const struct value *transport = value_get(job->properties, "signal_transport");
    const char *name = value_text(transport);
    add_input(ctx, inputs, "deploy_server_id", "Id of the server that is deployed to",
              value_get(job->properties, "server"));
    add_input(ctx, inputs, "deploy_action", "Action that the configuration is deployed for",
              value_string(ctx->arena, action));
    add_input(ctx, inputs, "deploy_stack_id", "Stack of the deployment: its name and id",
              value_printf(ctx->arena, "%s/%s", job->stack_name, job->stack_id));
    add_input(ctx, inputs, "deploy_resource_name", "Name of the deployment in its stack",
              value_string(ctx->arena, job->resource_name));
    add_input(ctx, inputs, "deploy_signal_transport", "How the server reports what came out", transport);
    if (name && strcmp(name, "NO_SIGNAL") == 0)
        return;
    add_input(ctx, inputs, "deploy_signal_id", "URL to send the outputs to",
              text_value(ctx, job->signal_url));
    add_input(ctx, inputs, "deploy_signal_verb", "HTTP method to send the outputs by",
              value_string(ctx->arena, "POST"));
}

const struct value *software_derive_inputs(struct ctx *ctx, const struct resource_job *job,
                                           const struct value *source, const char *action)
{
    const struct value *values = value_get(job->properties, "input_values");
    const struct value *declared = value_get(source, "inputs");
    struct value *inputs = value_list(ctx->arena), *taken = value_map(ctx->arena);
    for (size_t i = 0; i < value_count(declared); i++)
        add_declared(ctx, inputs, value_at(declared, i), values, taken);
    for (size_t i = 0; value_is(values, VALUE_MAP) && i < value_count(values); i++) {
        const struct value_entry *entry = &values->map.entries[i];
        if (!value_has(taken, entry->key))
            add_input(ctx, inputs, entry->key, NULL, entry->value);
    }
    add_own(ctx, inputs, job, action);
    return inputs;
}

const struct value *software_input_values(struct ctx *ctx, const struct value *inputs)
{
    struct value *values = value_map(ctx->arena);
    for (size_t i = 0; i < value_count(inputs); i++) {
        const struct value *input = value_at(inputs, i), *value = value_get(input, "value");
        const char *name = value_get_text(input, "name");
        if (name)
            value_map_set(ctx->arena, values, name, value ? value : &value_null);
    }
    return values;
}

/* ---- the text ---- */
const struct value *software_text_plain(struct ctx *ctx, const struct resource_job *job,
                                        const struct value *source, const struct value *inputs)
{
    const struct value *config = value_get(source, "config");
    return value_truth(config) ? config : value_string(ctx->arena, "");
}

struct substitution {
    struct ctx *ctx;
    const char *key; /* "get_input" */
    const struct value *values;
    bool strict;
};

static const struct value *substitute(const struct substitution *s, const struct value *snippet);

static const struct value *substitute_name(const struct substitution *s, const char *name)
{
    const struct value *value = value_get(s->values, name);
    if (!value && s->strict)
        return fail_null(s->ctx, FAULT_MISSING_PARAMETER, "The Parameter (%s) was not provided.", name);
    return value ? value : &value_null;
}

static const struct value *substitute_map(const struct substitution *s, const struct value *map)
{
    const struct value_entry *first = map->map.entries;
    if (value_count(map) == 1 && strcmp(first->key, s->key) == 0 && value_text(first->value))
        return substitute_name(s, value_text(first->value));
    struct value *out = value_map(s->ctx->arena);
    for (size_t i = 0; i < value_count(map); i++) {
        const struct value *value = substitute(s, map->map.entries[i].value);
        if (!value)
            return NULL;
        value_map_set(s->ctx->arena, out, map->map.entries[i].key, value);
    }
    return out;
}

static const struct value *substitute_list(const struct substitution *s, const struct value *list)
{
    struct value *out = value_list(s->ctx->arena);
    for (size_t i = 0; i < value_count(list); i++) {
        const struct value *value = substitute(s, value_at(list, i));
        if (!value)
            return NULL;
        value_list_add(s->ctx->arena, out, value);
    }
    return out;
}

/* As deep as JSON is read: VALUE_MAX_DEPTH. */
static const struct value *substitute(const struct substitution *s, const struct value *snippet)
{
    if (value_is(snippet, VALUE_MAP))
        return substitute_map(s, snippet);
    return value_is(snippet, VALUE_LIST) ? substitute_list(s, snippet) : snippet;
}

const struct value *software_text_structured(struct ctx *ctx, const struct resource_job *job,
                                             const struct value *source, const struct value *inputs)
{
    const char *key = value_get_text(job->properties, "input_key");
    const char *check = value_get_text(job->properties, "input_values_validate");
    struct substitution substitution = {ctx, key ? key : "get_input", software_input_values(ctx, inputs),
                                        check && strcmp(check, "STRICT") == 0};
    const struct value *config = value_get(source, "config");
    const struct value *text = config ? substitute(&substitution, config) : &value_null;
    return !text || value_truth(text) ? text : value_map(ctx->arena);
}

/* ---- the whole ---- */
static const struct value *or_empty(struct ctx *ctx, const struct value *value, bool list)
{
    if (!value_is_null(value))
        return value;
    return list ? value_list(ctx->arena) : value_map(ctx->arena);
}

static const char *derived_name(const struct resource_job *job, const struct value *source)
{
    const char *own = value_get_text(job->properties, "name"), *name = value_get_text(source, "name");
    if (own && *own)
        return own;
    return name && *name ? name : job->physical_name;
}

const struct value *software_derive(struct ctx *ctx, const struct resource_job *job,
                                    const struct value *source, const char *action, software_text *text)
{
    const char *group = value_get_text(source, "group");
    const struct value *inputs = software_derive_inputs(ctx, job, source, action);
    const struct value *config = text(ctx, job, source, inputs);
    if (!config)
        return NULL;
    struct value *rest = value_map(ctx->arena), *row = value_map(ctx->arena);
    value_map_set(ctx->arena, rest, "config", config);
    value_map_set(ctx->arena, rest, "inputs", inputs);
    value_map_set(ctx->arena, rest, "outputs", or_empty(ctx, value_get(source, "outputs"), true));
    value_map_set(ctx->arena, rest, "options", or_empty(ctx, value_get(source, "options"), false));
    value_map_set(ctx->arena, row, "name", value_string(ctx->arena, derived_name(job, source)));
    value_map_set(ctx->arena, row, "grouping",
                  value_string(ctx->arena, group && *group ? group : "Heat::Ungrouped"));
    value_map_set(ctx->arena, row, "config", value_string(ctx->arena, value_to_json(ctx->arena, rest)));
    return row;
}
