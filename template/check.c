/* Checks of a whole template once its parameters are known: what Heat finds when it parses conditions,
 * resources and outputs. Properties are checked against their types elsewhere. */
#include <stddef.h>
#include <string.h>

#include "template/call.h"

const char *deletion_policy_named(const char *text, bool lower_too)
{
    static const char *const policies[] = {"Delete", "Retain", "Snapshot"};
    static const char *const lower[] = {"delete", "retain", "snapshot"};
    for (size_t i = 0; i < COUNT_OF(policies); i++)
        if (strcmp(text, policies[i]) == 0 || (lower_too && strcmp(text, lower[i]) == 0))
            return policies[i];
    return NULL;
}

/* Runs check with scope->path set to the path made of the parts. */
typedef int check_part(struct scope *scope, const struct value *part);

static int at_path(struct scope *scope, const char *section, const char *name, const char *key,
                   const struct value *part, check_part *check)
{
    const char *before = scope->path;
    if (!part)
        return 0;
    scope->path = arena_printf(scope->ctx->arena, "%s.%s%s%s", section, name, key ? "." : "", key ? key : "");
    int result = check(scope, part);
    scope->path = before;
    return result;
}

static int check_truth(struct scope *scope, const struct value *condition)
{
    if (scope_condition(scope, condition) >= 0)
        return 0;
    scope->ctx->error.path = scope->path; /* not where in it */
    return -1;
}

static int visit_nothing(struct visitor *visitor, const struct call *call)
{
    return 0;
}

static int check_condition_functions(struct scope *scope, const struct value *definition)
{
    struct visitor visitor = {scope, visit_nothing};
    return visitor_walk(&visitor, definition, true);
}

static int check_conditions(struct scope *scope)
{
    const struct template *template = scope->template;
    const char *section = template->version->class == TEMPLATE_HOT ? "conditions" : "Conditions";
    for (size_t i = 0; i < value_count(template->conditions); i++) {
        const struct value_entry *entry = &template->conditions->map.entries[i];
        if (at_path(scope, section, entry->key, NULL, entry->value, check_condition_functions) != 0)
            return -1;
        if (!scope->parsing && condition_check_definition(scope, entry->key, entry->value) != 0)
            return -1;
    }
    return 0;
}

static int parse_functions(struct scope *scope, const struct value *part)
{
    struct visitor visitor = {scope, visit_nothing};
    return visitor_walk(&visitor, part, false);
}

static int parse_policy(struct scope *scope, const struct value *part)
{
    struct resource_definition resource = {.deletion_policy = part};
    if (parse_functions(scope, part) != 0)
        return -1;
    if (scope_deletion_policy(scope, &resource))
        return 0;
    scope->ctx->error.path = ""; /* Heat tells of it without */
    return -1;
}

/* The parts of a resource: how they are checked, and what Heat's parser finds before that. */
static const struct field {
    const char *hot, *cfn;
    size_t offset; /* in struct resource_definition */
    check_part *check, *parse;
} fields[] = {
#define PART(name) offsetof(struct resource_definition, name)
    {"properties", "Properties", PART(properties), scope_check, parse_functions},
    {"metadata", "Metadata", PART(metadata), scope_check, parse_functions},
    {"deletion_policy", "DeletionPolicy", PART(deletion_policy), scope_check, parse_policy},
    {"update_policy", "UpdatePolicy", PART(update_policy), scope_check, parse_functions},
    {"external_id", "ExternalId", PART(external_id), scope_check, parse_functions},
    {"condition", "Condition", PART(condition), check_truth, check_condition_functions},
#undef PART
};

static int check_fields(struct scope *scope, const struct resource_definition *resource, bool parsing)
{
    bool is_hot = scope->template->version->class == TEMPLATE_HOT;
    for (const struct field *field = fields; field < fields + COUNT_OF(fields); field++) {
        const struct value *part = *(const struct value *const *)((const char *)resource + field->offset);
        if (at_path(scope, is_hot ? "resources" : "Resources", resource->name,
                    is_hot ? field->hot : field->cfn, part, parsing ? field->parse : field->check) != 0)
            return -1;
    }
    return 0;
}

static int check_resource(struct scope *scope, const struct resource_definition *resource)
{
    if (check_fields(scope, resource, false) != 0)
        return -1;
    return scope_deletion_policy(scope, resource) ? 0 : -1;
}

static int check_output(struct scope *scope, const struct output_definition *output)
{
    bool is_hot = scope->template->version->class == TEMPLATE_HOT;
    const char *section = is_hot ? "outputs" : "Outputs";
    if (at_path(scope, section, output->name, is_hot ? "condition" : "Condition", output->condition,
                check_truth) != 0)
        return -1;
    if (output->condition && scope_condition(scope, output->condition) == 0)
        return 0;
    return at_path(scope, section, output->name, is_hot ? "value" : "Value", output->value, scope_check);
}

/* ---- as Heat's parser goes ---- */
int scope_parse_conditions(struct scope *scope)
{
    if (template_raise(scope->ctx, scope->template, STAGE_CONDITIONS) != 0)
        return -1;
    bool before = scope->parsing;
    scope->parsing = true;
    int result = check_conditions(scope);
    scope->parsing = before;
    return result;
}

static int parse_all(struct scope *scope)
{
    const struct template *template = scope->template;
    bool is_hot = template->version->class == TEMPLATE_HOT;
    if (scope_parse_conditions(scope) != 0)
        return -1;
    for (size_t i = 0; i < template->resource_count; i++) {
        const struct resource_definition *resource = &template->resources[i];
        if (check_fields(scope, resource, true) != 0 ||
            at_path(scope, is_hot ? "resources" : "Resources", resource->name,
                    is_hot ? "condition" : "Condition", resource->condition, check_truth) != 0)
            return -1;
    }
    if (template->flaws[STAGE_RESOURCES].fault == FAULT_NONE)
        return 0;
    if (check_fields(scope, &template->resources[template->resource_count], true) != 0)
        return -1;
    return template_raise(scope->ctx, template, STAGE_RESOURCES);
}

int scope_parse_resources(struct scope *scope)
{
    bool before = scope->parsing;
    scope->parsing = true;
    int result = parse_all(scope);
    scope->parsing = before;
    return result;
}

static int parse_condition(struct scope *scope, const struct value *part)
{
    return check_condition_functions(scope, part) == 0 ? check_truth(scope, part) : -1;
}

int scope_parse_outputs(struct scope *scope)
{
    const struct template *template = scope->template;
    bool before = scope->parsing, is_hot = template->version->class == TEMPLATE_HOT;
    const char *section = is_hot ? "outputs" : "Outputs";
    int result = 0;
    scope->parsing = true;
    for (size_t i = 0; result == 0 && i < template->output_count; i++) {
        const struct output_definition *output = &template->outputs[i];
        result = at_path(scope, section, output->name, is_hot ? "condition" : "Condition", output->condition,
                         parse_condition);
        if (result == 0 && (!output->condition || scope_condition(scope, output->condition) == 1))
            result = at_path(scope, section, output->name, is_hot ? "value" : "Value", output->value,
                             parse_functions);
    }
    scope->parsing = before;
    return result == 0 ? template_raise(scope->ctx, template, STAGE_OUTPUTS) : -1;
}

/* ---- all at once ---- */
int scope_check_template(struct scope *scope)
{
    if (check_conditions(scope) != 0)
        return -1;
    for (size_t i = 0; i < scope->template->resource_count; i++)
        if (check_resource(scope, &scope->template->resources[i]) != 0)
            return -1;
    for (size_t i = 0; i < scope->template->output_count; i++)
        if (check_output(scope, &scope->template->outputs[i]) != 0)
            return -1;
    return 0;
}

const char *scope_deletion_policy(struct scope *scope, const struct resource_definition *resource)
{
    enum { NEWTON = 5 };
    const struct template_version *version = scope->template->version;
    if (resource->external_id)
        return "Retain";
    if (!resource->deletion_policy)
        return "Delete";
    const struct value *policy = scope_resolve(scope, resource->deletion_policy);
    if (!policy || value_is_null(policy))
        return policy ? "Delete" : NULL;
    bool lower_too = version->class == TEMPLATE_HOT && version->rank >= NEWTON;
    const char *name = value_text(policy) ? deletion_policy_named(value_text(policy), lower_too) : NULL;
    if (!name)
        return fail_null(scope->ctx, FAULT_STACK_VALIDATION, "Invalid deletion policy \"%s\"",
                         value_to_str(scope->ctx->arena, policy));
    return name;
}
