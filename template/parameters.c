/* Parameters: from what the user, the environment and the template say to one typed, checked value each.
 *
 *   user's ─> environment's "parameters" ─> parameter_defaults ─> the template's default
 *   (the first that says something wins; null says nothing) */
#include "template/schema.h"

#include <string.h>

#include "template/call.h"

/* ---- typing ---- Each makes the typed value, or NULL with *problem set. */
static const struct value *typed_list(struct ctx *ctx, const struct value *value, const char **problem)
{
    struct arena *arena = ctx->arena;
    if (value_is(value, VALUE_LIST)) {
        struct value *list = value_list(arena);
        for (size_t i = 0; i < value_count(value); i++)
            value_list_add(arena, list, value_string(arena, value_to_str(arena, value_at(value, i))));
        return list;
    }
    if (!value_is(value, VALUE_STRING)) {
        *problem = arena_printf(
            arena, "Value must be a comma-delimited list string: '%s' object has no attribute 'split'",
            value_python_type(value));
        return NULL;
    }
    if (value->string.length == 0)
        return value_list(arena);
    return python_split(arena, value->string.text, value->string.length, ",", 1);
}

static const struct value *typed_json(struct ctx *ctx, const struct value *value, const char **problem)
{
    if (!value_is(value, VALUE_STRING) || value->string.length == 0)
        return value;
    const struct value *read = value_read_json(ctx, value->string.text, value->string.length);
    if (read)
        return read;
    *problem = arena_printf(ctx->arena, "Value must be valid JSON: %s", ctx->error.message);
    error_clear(ctx);
    return NULL;
}

static const struct value *typed(struct ctx *ctx, const struct parameter_schema *schema,
                                 const struct value *value, const char **problem)
{
    switch (schema->type) {
    case PARAMETER_NUMBER:
        return number_of(ctx->arena, value, problem);
    case PARAMETER_LIST:
        return typed_list(ctx, value, problem);
    case PARAMETER_JSON:
        return typed_json(ctx, value, problem);
    case PARAMETER_BOOLEAN:
        return boolean_of(ctx->arena, value, problem);
    default:
        return value_is(value, VALUE_STRING) ? value
                                             : value_string(ctx->arena, value_to_str(ctx->arena, value));
    }
}

/* ---- checking ---- */
static const char *first_problem(struct ctx *ctx, const struct template *template,
                                 const struct parameter_schema *schema, const struct value *value,
                                 bool custom)
{
    for (size_t i = 0; i < value_count(schema->constraints); i++) {
        const struct value *constraint = value_at(schema->constraints, i);
        if (constraint_is_custom(constraint) && !custom)
            continue;
        const char *problem = constraint_problem(ctx, template, schema, constraint, value);
        if (problem)
            return problem;
    }
    return NULL;
}

static int fail_parameter(struct ctx *ctx, enum fault fault, const struct parameter_schema *schema,
                          const char *problem)
{
    return fail(ctx, fault, "Parameter '%s' is invalid: %s", schema->name, problem);
}

static int check_default(struct ctx *ctx, const struct template *template,
                         const struct parameter_schema *schema)
{
    const struct value *value = schema->initial;
    const char *problem = NULL;
    if (!value)
        return 0;
    if (schema->type == PARAMETER_LIST) {
        if (!value_is(value, VALUE_LIST) && !value_is(value, VALUE_STRING))
            return fail_parameter(
                ctx, FAULT_INVALID_SCHEMA, schema,
                arena_printf(
                    ctx->arena,
                    "Default must be a comma-delimited list string: '%s' object has no attribute 'split'",
                    value_python_type(value)));
        value = value_is(value, VALUE_LIST)
                    ? typed_list(ctx, value, &problem)
                    : python_split(ctx->arena, value->string.text, value->string.length, ",", 1);
    }
    problem = first_problem(ctx, template, schema, value, false);
    if (!problem)
        return 0;
    return fail_parameter(ctx, FAULT_INVALID_SCHEMA, schema,
                          arena_printf(ctx->arena, "Invalid default %s (%s)",
                                       value_to_str(ctx->arena, schema->initial), problem));
}

static int check_schema(struct ctx *ctx, const struct template *template,
                        const struct parameter_schema *schema)
{
    for (size_t i = 0; i < value_count(schema->constraints); i++) {
        const struct value *constraint = value_at(schema->constraints, i);
        if (!constraint_fits_type(constraint, schema->type))
            return fail_parameter(ctx, FAULT_INVALID_SCHEMA, schema,
                                  arena_printf(ctx->arena, "%s constraint invalid for %s",
                                               constraint_class(constraint), schema_type_text(schema)));
    }
    return check_default(ctx, template, schema);
}

/* Lists and JSON are checked as they were read, the others as they were given. */
static int check_value(struct ctx *ctx, const struct template *template,
                       const struct parameter_schema *schema, const struct value *given,
                       const struct value **value)
{
    const char *problem = NULL;
    *value = typed(ctx, schema, given, &problem);
    if (*value) {
        bool parsed = schema->type == PARAMETER_LIST || schema->type == PARAMETER_JSON;
        problem = first_problem(ctx, template, schema, parsed ? *value : given, true);
    }
    return problem ? fail_parameter(ctx, FAULT_STACK_VALIDATION, schema, problem) : 0;
}

/* ---- putting together ---- */
struct sources {
    const struct value *user, *environment, *defaults;
};

static const struct value *given_value(const struct sources *sources, const char *name)
{
    const struct value *value = value_get(sources->user, name);
    if (value_is_null(value))
        value = value_get(sources->environment, name);
    return value_is_null(value) ? NULL : value;
}

static int check_known(struct ctx *ctx, const struct template *template, const struct value *given)
{
    for (size_t i = 0; i < value_count(given); i++)
        if (!template_parameter(template, given->map.entries[i].key))
            return fail(ctx, FAULT_UNKNOWN_PARAMETER, "The Parameter (%s) was not defined in template.",
                        given->map.entries[i].key);
    return 0;
}

static struct parameter *add_parameter(struct parameters *parameters, struct name_index *names,
                                       const char *name)
{
    struct parameter *parameter = &parameters->items[parameters->count];
    parameter->name = name;
    name_index_add(names, name, parameters->count++);
    return parameter;
}

static int resolve_one(struct ctx *ctx, const struct template *template, const struct sources *sources,
                       bool strict, struct parameter *parameter)
{
    const struct parameter_schema *schema = parameter->schema;
    const struct value *given = given_value(sources, schema->name);
    const struct value *fallback = value_get(sources->defaults, schema->name);
    const char *problem;
    parameter->user_given = given != NULL;
    parameter->fallback = value_is_null(fallback) ? schema->initial : fallback;
    if (!given)
        given = parameter->fallback;
    parameter->given = given;
    if (check_schema(ctx, template, schema) != 0) {
        struct error error = ctx->error;
        error_clear(ctx);
        parameter->value = given ? typed(ctx, schema, given, &problem) : NULL;
        ctx->error = error;
        return -1;
    }
    if (given && strict)
        return check_value(ctx, template, schema, given, &parameter->value);
    if (given)
        parameter->value = typed(ctx, schema, given, &problem);
    else if (strict)
        return fail(ctx, FAULT_MISSING_PARAMETER, "The Parameter (%s) was not provided.", schema->name);
    return 0;
}

/* ---- pseudo parameters ---- */
static void add_pseudo(struct arena *arena, struct parameters *parameters, struct name_index *names,
                       const char *name, const char *value)
{
    add_parameter(parameters, names, name)->value = value_string(arena, value ? value : "");
}

static void add_hot_pseudo(struct arena *arena, struct parameters *parameters, struct name_index *names,
                           const struct pseudo_parameters *pseudo)
{
    add_pseudo(arena, parameters, names, "OS::stack_id", pseudo->stack_id);
    add_pseudo(arena, parameters, names, "OS::project_id", pseudo->project_id);
    if (pseudo->stack_name && *pseudo->stack_name)
        add_pseudo(arena, parameters, names, "OS::stack_name", pseudo->stack_name);
}

static void add_cfn_pseudo(struct arena *arena, struct parameters *parameters, struct name_index *names,
                           const struct pseudo_parameters *pseudo)
{
    const char *arn = "None";
    if (pseudo->stack_name && pseudo->project_id)
        arn = arena_printf(arena, "arn:openstack:heat::%s:stacks/%s/%s", pseudo->project_id,
                           pseudo->stack_name, pseudo->stack_id ? pseudo->stack_id : "");
    add_pseudo(arena, parameters, names, "AWS::StackId", arn);
    if (!pseudo->stack_name || !*pseudo->stack_name)
        return;
    add_pseudo(arena, parameters, names, "AWS::StackName", pseudo->stack_name);
    add_pseudo(arena, parameters, names, "AWS::Region", "ap-southeast-1");
}

/* Keeps the first error, and takes it out of the context. */
static void note_flaw(struct ctx *ctx, struct parameters *parameters)
{
    if (parameters->flaw.fault == FAULT_NONE)
        parameters->flaw = ctx->error;
    error_clear(ctx);
}

struct parameters *parameters_read(struct ctx *ctx, const struct template *template,
                                   const struct environment *environment, const struct value *user_parameters,
                                   const struct pseudo_parameters *pseudo, bool strict)
{
    enum { MOST_PSEUDO = 3 };
    static const struct pseudo_parameters nobody = {0};
    struct sources sources = {user_parameters, environment ? environment->parameters : NULL,
                              environment ? environment->parameter_defaults : NULL};
    size_t room = template->parameter_count + MOST_PSEUDO;
    struct parameters *parameters = arena_new(ctx->arena, struct parameters);
    if (check_known(ctx, template, sources.user) != 0 || check_known(ctx, template, sources.environment) != 0)
        note_flaw(ctx, parameters);
    struct name_index *names = name_index_create(ctx->arena, room);
    parameters->items = arena_array(ctx->arena, struct parameter, room);
    parameters->names = names;
    bool hot = template->version->class == TEMPLATE_HOT;
    (hot ? add_hot_pseudo : add_cfn_pseudo)(ctx->arena, parameters, names, pseudo ? pseudo : &nobody);
    for (size_t i = 0; i < template->parameter_count; i++) {
        struct parameter *parameter = add_parameter(parameters, names, template->parameters[i].name);
        parameter->schema = &template->parameters[i];
        if (resolve_one(ctx, template, &sources, strict, parameter) != 0)
            note_flaw(ctx, parameters);
    }
    return parameters;
}

struct parameters *parameters_resolve(struct ctx *ctx, const struct template *template,
                                      const struct environment *environment,
                                      const struct value *user_parameters,
                                      const struct pseudo_parameters *pseudo, bool strict)
{
    struct parameters *parameters =
        parameters_read(ctx, template, environment, user_parameters, pseudo, strict);
    if (parameters->flaw.fault == FAULT_NONE)
        return parameters;
    ctx->error = parameters->flaw;
    return NULL;
}

const struct parameter *parameters_find(const struct parameters *parameters, const char *name)
{
    size_t i = parameters ? name_index_find(parameters->names, name) : NAME_NOT_FOUND;
    return i == NAME_NOT_FOUND ? NULL : &parameters->items[i];
}
