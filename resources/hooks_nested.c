/* Resources that are a stack made of one template: a template as a type, OS::Heat::Stack and
 * AWS::CloudFormation::Stack. Each brings its child to what its properties say in one round. */
#include <inttypes.h>
#include <string.h>

#include "base/config.h"
#include "resources/nested.h"
#include "template/template.h"

/* In job->progress while the child works: the round that is asked for is done when it is over. */
static const char ASKED[] = "made";

static enum nested_next one_round(struct ctx *ctx, struct resource_job *job)
{
    if (value_has(job->progress, ASKED))
        return NESTED_DONE;
    struct value *progress = value_map(ctx->arena);
    value_map_set(ctx->arena, progress, ASKED, value_bool(true));
    job->progress = progress;
    return NESTED_STACK;
}

/* "arn:openstack:heat::TENANT:stacks/NAME/ID"; the child's name is the resource's physical one. */
static const char *child_arn(struct ctx *ctx, const struct resource_job *job)
{
    if (!job->physical_id || !job->tenant_id || !job->physical_name)
        return job->physical_id;
    return arena_printf(ctx->arena, "arn:openstack:heat::%s:stacks/%s/%s", job->tenant_id, job->physical_name,
                        job->physical_id);
}

/* ---- a template as a type ---- */
/* A list becomes what a comma_delimited_list is given as. */
static const struct value *joined(struct ctx *ctx, const struct value *list)
{
    struct str text = STR_INIT(ctx->arena);
    for (size_t i = 0; i < value_count(list); i++) {
        const struct value *item = value_at(list, i);
        if (value_is(item, VALUE_MAP)) {
            for (size_t k = 0; k < value_count(item); k++)
                str_printf(&text, "%s.member.%zu.%s=%s", text.length ? "," : "", i, item->map.entries[k].key,
                           value_to_str(ctx->arena, item->map.entries[k].value));
            continue;
        }
        str_printf(&text, "%s%s", i ? "," : "", value_is_null(item) ? "" : value_to_str(ctx->arena, item));
    }
    return value_string(ctx->arena, text.length ? text.data : "");
}

/* What is not given is left to the template's own defaults. */
static const struct value *properties_as_parameters(struct ctx *ctx, const struct value *properties)
{
    struct value *parameters = value_map(ctx->arena);
    for (size_t i = 0; i < value_count(properties); i++) {
        const struct value_entry *entry = &properties->map.entries[i];
        if (value_is_null(entry->value))
            continue;
        value_map_set(ctx->arena, parameters, entry->key,
                      value_is(entry->value, VALUE_LIST) ? joined(ctx, entry->value) : entry->value);
    }
    return parameters;
}

static enum nested_next template_next(struct ctx *ctx, struct resource_job *job,
                                      const struct nested_child *child, struct nested_stack *stack)
{
    stack->template = job->template;
    stack->parameters = properties_as_parameters(ctx, job->properties);
    return one_round(ctx, job);
}

/* The output OS::stack_id of the template, where it has one. */
static const char *template_reference(struct ctx *ctx, const struct resource_job *job)
{
    const struct value *named = value_get(job->attributes, "OS::stack_id");
    return value_is_null(named) ? child_arn(ctx, job) : value_to_str(ctx->arena, named);
}

static const struct nested_hooks template_nested = {.next = template_next, .outputs_only = true};

extern const struct resource_hooks hooks_template_resource;
const struct resource_hooks hooks_template_resource = {
    .name = "template_resource",
    .reference = template_reference,
    .nested = &template_nested,
};

/* ---- templates in properties ---- */
static const struct value *read_text(struct ctx *ctx, const struct value *text)
{
    if (!value_is(text, VALUE_STRING))
        return fail_null(ctx, FAULT_STACK_VALIDATION, "The template of a nested stack must be a text");
    return template_read(ctx, text->string.text, text->string.length);
}

/* ---- OS::Heat::Stack ---- */
/* There is one endpoint here, and one region. */
static int check_context(struct ctx *ctx, const struct value *properties)
{
    const struct value *context = value_get(properties, "context");
    const char *region = value_get_text(context, "region_name");
    if (!value_is_null(value_get(context, "credential_secret_id")))
        return fail(ctx, FAULT_STACK_VALIDATION,
                    "Cannot establish connection to Heat endpoint at remote cloud due to \"stacks of other "
                    "clouds are not supported\"");
    if (!region || !*region || strcmp(region, ctx->config->region) == 0)
        return 0;
    return fail(
        ctx, FAULT_STACK_VALIDATION,
        "Cannot establish connection to Heat endpoint at region \"%s\" due to \"publicURL endpoint for "
        "orchestration service in %s region not found\"",
        region, region);
}

static int heat_stack_validate(struct ctx *ctx, const struct resource_draft *draft)
{
    return check_context(ctx, draft->properties);
}

static enum nested_next heat_stack_next(struct ctx *ctx, struct resource_job *job,
                                        const struct nested_child *child, struct nested_stack *stack)
{
    enum nested_next next = one_round(ctx, job);
    if (next != NESTED_STACK)
        return next;
    const struct value *timeout = value_get(job->properties, "timeout");
    stack->template = read_text(ctx, value_get(job->properties, "template"));
    stack->parameters = value_get(job->properties, "parameters");
    stack->timeout_mins = value_is(timeout, VALUE_INT) ? timeout->integer : 0;
    stack->whole_environment = true;
    return stack->template ? next : NESTED_FAILED;
}

static const struct value *heat_stack_attribute(struct ctx *ctx, const struct resource_job *job,
                                                const struct nested_child *child, const struct value *path,
                                                size_t *used)
{
    const char *name = value_text(value_at(path, 0));
    *used = 1;
    if (name && strcmp(name, "stack_name") == 0)
        return value_string(ctx->arena, job->physical_name);
    if (name && strcmp(name, "outputs") == 0)
        return child->outputs;
    return fail_null(ctx, FAULT_INVALID_ATTRIBUTE, "The Referenced Attribute (%s %s) is incorrect.",
                     job->resource_name, name ? name : "");
}

static const struct nested_hooks heat_stack_nested = {
    .next = heat_stack_next,
    .attribute = heat_stack_attribute,
    .outputs_only = true,
};

extern const struct resource_hooks hooks_heat_stack;
const struct resource_hooks hooks_heat_stack = {
    .name = "heat_stack",
    .validate = heat_stack_validate,
    .nested = &heat_stack_nested,
};

/* ---- AWS::CloudFormation::Stack ---- */
/* What its URL leads to is among the files: whoever checked the stack has fetched it. */
static const struct value *cfn_template(struct ctx *ctx, const struct value *files,
                                        const struct value *properties)
{
    const char *url = value_get_text(properties, "TemplateURL");
    const struct value *text = url ? value_get(files, url) : NULL;
    if (!value_is(text, VALUE_STRING))
        return fail_null(ctx, FAULT_VALUE_ERROR,
                         "Could not fetch remote template '%s': it was not known when the stack was checked",
                         url ? url : "");
    return read_text(ctx, text);
}

static enum nested_next cfn_stack_next(struct ctx *ctx, struct resource_job *job,
                                       const struct nested_child *child, struct nested_stack *stack)
{
    enum nested_next next = one_round(ctx, job);
    if (next != NESTED_STACK)
        return next;
    const struct value *timeout = value_get(job->properties, "TimeoutInMinutes");
    stack->template = cfn_template(ctx, job->files, job->properties);
    stack->parameters = value_get(job->properties, "Parameters"); /* null when there are none */
    stack->timeout_mins = value_is(timeout, VALUE_INT) ? timeout->integer : 0;
    return stack->template ? next : NESTED_FAILED;
}

static const char *cfn_stack_file(const struct value *properties)
{
    return value_get_text(properties, "TemplateURL");
}

/* "Outputs.NAME" */
static const struct value *cfn_stack_attribute(struct ctx *ctx, const struct resource_job *job,
                                               const struct nested_child *child, const struct value *path,
                                               size_t *used)
{
    static const char prefix[] = "Outputs.";
    const char *name = value_text(value_at(path, 0));
    size_t length = sizeof prefix - 1;
    *used = 1;
    if (name && strncmp(name, prefix, length) == 0 && value_has(child->outputs, name + length))
        return value_get(child->outputs, name + length);
    return fail_null(ctx, FAULT_INVALID_ATTRIBUTE, "The Referenced Attribute (%s %s) is incorrect.",
                     job->resource_name, name ? name : "");
}

static const struct nested_hooks cfn_stack_nested = {
    .next = cfn_stack_next,
    .file = cfn_stack_file,
    .attribute = cfn_stack_attribute,
    .outputs_only = true,
};

extern const struct resource_hooks hooks_cfn_stack;
const struct resource_hooks hooks_cfn_stack = {
    .name = "cfn_stack",
    .reference = child_arn,
    .nested = &cfn_stack_nested,
};
