/* A document to a template: version, sections, and the shape of each resource and output, with Heat's
 * messages.
 *
 * The order of the checks is Heat's, so that of several mistakes the same one is reported: version,
 * parameters, unknown sections, resources (by name), parameter groups, conditions, resource fields, outputs.
 */
#include <string.h>

#include "template/call.h"
#include "template/schema.h"

/* ---- words of the two classes ---- */
struct words {
    const char *description, *parameters, *parameter_groups, *mappings, *conditions, *resources, *outputs;
    const char *type, *properties, *metadata, *depends_on, *deletion_policy, *update_policy, *text,
        *external_id, *condition;
    const char *value, *condition_types;
};

static const struct words hot = {
    "description",   "parameters",  "parameter_groups", NULL,        "conditions", "resources",
    "outputs",       "type",        "properties",       "metadata",  "depends_on", "deletion_policy",
    "update_policy", "description", "external_id",      "condition", "value",      "string_or_boolean"};
static const struct words cfn = {
    "Description",  "Parameters",  NULL,         "Mappings",  "Conditions", "Resources",
    "Outputs",      "Type",        "Properties", "Metadata",  "DependsOn",  "DeletionPolicy",
    "UpdatePolicy", "Description", NULL,         "Condition", "Value",      "string or boolean"};

static const struct words *words_of(const struct template *template)
{
    return template->version->class == TEMPLATE_HOT ? &hot : &cfn;
}

/* Conditions came with newton in HOT; of CFN only the AWS version has them. */
static bool has_conditions(const struct template_version *version)
{
    enum { NEWTON = 5, AWS = 1 };
    return version->rank >= (version->class == TEMPLATE_HOT ? NEWTON : AWS);
}

/* ---- version ---- */
static const char *const version_keys[] = {"heat_template_version", "HeatTemplateFormatVersion",
                                           "AWSTemplateFormatVersion"};

static const char *available_versions(struct arena *arena, const char *key, size_t *count)
{
    struct str out = STR_INIT(arena);
    *count = 0;
    for (int aliases = 0; aliases < 2; aliases++)
        for (size_t i = 0; i < template_version_count(); i++) {
            const struct template_version *version = template_version_at(i);
            const char *name = aliases ? version->alias : version->date;
            if (name && strcmp(version->key, key) == 0)
                str_printf(&out, "%s%s", (*count)++ ? ", " : "", name);
        }
    return out.data;
}

static const struct template_version *fail_version(struct ctx *ctx, const char *key, const char *version)
{
    size_t count;
    const char *available = available_versions(ctx->arena, key, &count);
    return fail_null(ctx, FAULT_TEMPLATE_VERSION,
                     "The template version is invalid: \"%s: %s\". \"%s\" should be%s: %s", key, version, key,
                     count > 1 ? " one of" : "", available);
}

static const struct template_version *find_version(struct ctx *ctx, const struct value *document)
{
    struct str present = STR_INIT(ctx->arena);
    const char *key = NULL;
    size_t count = 0;
    for (size_t i = 0; i < value_count(document); i++)
        for (size_t k = 0; k < COUNT_OF(version_keys); k++)
            if (strcmp(document->map.entries[i].key, version_keys[k]) == 0 &&
                value_text(document->map.entries[i].value)) {
                key = version_keys[k];
                str_printf(&present, "%s%s", count++ ? ", " : "", key);
            }
    if (count > 1)
        return fail_null(ctx, FAULT_TEMPLATE_VERSION,
                         "The template version is invalid: Ambiguous versions (%s)", present.data);
    if (!key)
        return fail_null(ctx, FAULT_TEMPLATE_VERSION,
                         "The template version is invalid: Template version was not provided");
    const char *version = value_get_text(document, key);
    const struct template_version *found =
        template_version_find(arena_printf(ctx->arena, "%s.%s", key, version));
    return found ? found : fail_version(ctx, key, version);
}

/* ---- sections ---- */
static bool is_section(const struct template *template, const char *key)
{
    const struct words *words = words_of(template);
    bool is_hot = template->version->class == TEMPLATE_HOT;
    const char *known[] = {words->description,
                           words->parameters,
                           words->parameter_groups,
                           words->mappings,
                           words->resources,
                           words->outputs,
                           has_conditions(template->version) ? words->conditions : NULL,
                           is_hot ? "heat_template_version" : "HeatTemplateFormatVersion",
                           is_hot ? "__undefined__" : "AWSTemplateFormatVersion"};
    for (size_t i = 0; i < COUNT_OF(known); i++)
        if (known[i] && strcmp(key, known[i]) == 0)
            return true;
    return false;
}

static int check_sections(struct ctx *ctx, const struct template *template)
{
    for (size_t i = 0; i < value_count(template->document); i++) {
        const char *key = template->document->map.entries[i].key;
        if (!is_section(template, key))
            return fail(ctx, FAULT_STACK_VALIDATION, "The template section is invalid: %s", key);
    }
    return 0;
}

/* The section as a map; NULL without an error when it is absent or empty in any way. */
static const struct value *section_map(struct ctx *ctx, const struct template *template, const char *name)
{
    const struct value *section = name ? value_get(template->document, name) : NULL;
    if (!value_truth(section) || value_is(section, VALUE_MAP))
        return value_truth(section) ? section : NULL;
    return fail_null(ctx, FAULT_STACK_VALIDATION, "\"%s\" must be a map. Found a [<class '%s'>] instead",
                     name, value_python_type(section));
}

/* ---- resources: what Heat checks of all of them first, by name ---- */
static bool is_resource_key(const char *key)
{
    const char *known[] = {hot.type,       hot.properties,      hot.metadata,
                           hot.depends_on, hot.deletion_policy, hot.update_policy,
                           hot.text,       hot.external_id,     hot.condition};
    for (size_t i = 0; i < COUNT_OF(known); i++)
        if (strcmp(key, known[i]) == 0)
            return true;
    return false;
}

static int check_hot_resource(struct ctx *ctx, const struct template *template, const struct value *data)
{
    static const char missing[] = "Each resource must contain a type key.";
    if (!value_truth(data))
        return fail(ctx, FAULT_STACK_VALIDATION, "%s", missing);
    if (!value_is(data, VALUE_MAP))
        return fail(ctx, FAULT_STACK_VALIDATION,
                    "\"resources\" must contain a map of resource maps. Found a [<class '%s'>] instead",
                    value_python_type(data));
    for (size_t i = 0; i < value_count(data); i++)
        if (!is_resource_key(data->map.entries[i].key))
            return fail(ctx, FAULT_STACK_VALIDATION,
                        "\"%s\" is not a valid keyword inside a resource definition",
                        data->map.entries[i].key);
    if (!value_has(data, "type"))
        return fail(ctx, FAULT_STACK_VALIDATION, "%s", missing);
    return 0;
}

static int check_resource_type(struct ctx *ctx, const struct template *template, const struct value *data)
{
    if (value_truth(data) && !value_is(data, VALUE_MAP))
        return fail(ctx, FAULT_STACK_VALIDATION,
                    "Resources must contain Resource. Found a [<class '%s'>] instead",
                    value_python_type(data));
    if (!value_truth(value_get(data, words_of(template)->type)))
        return fail(ctx, FAULT_STACK_VALIDATION, "Each Resource must contain a Type key.");
    return 0;
}

typedef int check_resource(struct ctx *ctx, const struct template *template, const struct value *data);

/* Of several faulty resources the one whose name sorts first is reported. */
static int check_by_name(struct ctx *ctx, const struct template *template, const struct value *resources,
                         check_resource *check)
{
    const char *first = NULL;
    struct error reported = {0};
    for (size_t i = 0; i < value_count(resources); i++) {
        const struct value_entry *entry = &resources->map.entries[i];
        if (check(ctx, template, entry->value) == 0)
            continue;
        if (!first || strcmp(entry->key, first) < 0) {
            first = entry->key;
            reported = ctx->error;
        }
        error_clear(ctx);
    }
    ctx->error = reported;
    return first ? -1 : 0;
}

static int check_resources(struct ctx *ctx, const struct template *template, const struct value *resources)
{
    if (template->version->class == TEMPLATE_HOT &&
        check_by_name(ctx, template, resources, check_hot_resource) != 0)
        return -1;
    return check_by_name(ctx, template, resources, check_resource_type);
}

/* ---- fields of a resource ---- */
enum { MAPS = 1, TEXTS = 2, BOOLEANS = 4, LISTS = 8, FUNCTIONS = 16, IN_CONDITION = 32 };

static bool is_kind(const struct template *template, const struct value *data, unsigned kinds)
{
    if (function_of(template->version, data, kinds & IN_CONDITION))
        return kinds & FUNCTIONS;
    return (value_is(data, VALUE_MAP) && (kinds & MAPS)) ||
           (value_is(data, VALUE_STRING) && (kinds & TEXTS)) ||
           (value_is(data, VALUE_BOOL) && (kinds & BOOLEANS)) ||
           (value_is(data, VALUE_LIST) && (kinds & LISTS));
}

static int read_field(struct ctx *ctx, const struct template *template,
                      const struct resource_definition *resource, const struct value *data, const char *key,
                      unsigned kinds, const char *type_name, const struct value **field)
{
    if (!key || !value_has(data, key))
        return 0;
    const struct value *found = value_get(data, key);
    if (is_kind(template, found, kinds)) {
        *field = found;
        return 0;
    }
    return fail(ctx, FAULT_STACK_VALIDATION, "Resource %s %s type must be %s", resource->name, key,
                type_name);
}

static int read_depends_on(struct ctx *ctx, const struct words *words, struct resource_definition *resource)
{
    if (value_is(resource->depends_on, VALUE_STRING)) {
        struct value *list = value_list(ctx->arena);
        value_list_add(ctx->arena, list, resource->depends_on);
        resource->depends_on = list;
    }
    for (size_t i = 0; i < value_count(resource->depends_on); i++)
        if (!value_text(value_at(resource->depends_on, i)))
            return fail(ctx, FAULT_STACK_VALIDATION, "Resource %s %s must be a list of strings",
                        resource->name, words->depends_on);
    return 0;
}

/* Keywords that came with later versions. */
static int check_keys(struct ctx *ctx, const struct template *template, const struct value *data)
{
    struct str late = STR_INIT(ctx->arena);
    if (template->version->class != TEMPLATE_HOT || has_conditions(template->version))
        return 0;
    for (size_t i = 0; i < value_count(data); i++)
        if (strcmp(data->map.entries[i].key, hot.condition) == 0 ||
            strcmp(data->map.entries[i].key, hot.external_id) == 0)
            str_printf(&late, "%s%s", late.length ? ", " : "", data->map.entries[i].key);
    if (late.length == 0)
        return 0;
    return fail(ctx, FAULT_STACK_VALIDATION, "Invalid keyword(s) inside a resource definition: %s",
                late.data);
}

static int check_deletion_policy(struct ctx *ctx, const struct template *template,
                                 const struct resource_definition *resource)
{
    const char *policy = value_text(resource->deletion_policy);
    bool lower = template->version->class == TEMPLATE_HOT && has_conditions(template->version);
    if (!policy || deletion_policy_named(policy, lower))
        return 0;
    return fail(ctx, FAULT_STACK_VALIDATION, "Invalid deletion policy \"%s\"", policy);
}

static int read_resource(struct ctx *ctx, const struct template *template, const struct value *data,
                         struct resource_definition *resource)
{
    const struct words *words = words_of(template);
    const struct value *type = NULL, *text = NULL;
    const struct {
        const char *key;
        unsigned kinds;
        const char *type_name;
        const struct value **field;
    } fields[] = {
        {words->type, TEXTS, "string", &type},
        {words->properties, MAPS | FUNCTIONS, "object", &resource->properties},
        {words->metadata, MAPS | FUNCTIONS, "object", &resource->metadata},
        {words->depends_on, TEXTS | LISTS, "list or string", &resource->depends_on},
        {words->deletion_policy, TEXTS | FUNCTIONS, "string", &resource->deletion_policy},
        {words->update_policy, MAPS | FUNCTIONS, "object", &resource->update_policy},
        {words->text, TEXTS, "string", &text},
        {words->external_id, TEXTS | FUNCTIONS, "string", &resource->external_id},
        {has_conditions(template->version) ? words->condition : NULL,
         TEXTS | BOOLEANS | FUNCTIONS | IN_CONDITION, words->condition_types, &resource->condition},
    };
    if (check_keys(ctx, template, data) != 0)
        return -1;
    for (size_t i = 0; i < COUNT_OF(fields); i++)
        if (read_field(ctx, template, resource, data, fields[i].key, fields[i].kinds, fields[i].type_name,
                       fields[i].field) != 0 ||
            (fields[i].field == &resource->depends_on && read_depends_on(ctx, words, resource) != 0) ||
            (fields[i].field == &resource->deletion_policy &&
             check_deletion_policy(ctx, template, resource) != 0))
            return -1;
    resource->type = value_text(type);
    resource->description = text ? value_text(text) : "";
    return 0;
}

static int read_resources(struct ctx *ctx, struct template *template)
{
    const struct value *resources = section_map(ctx, template, words_of(template)->resources);
    size_t count = value_count(resources);
    struct name_index *names = name_index_create(ctx->arena, count);
    template->resources = arena_array(ctx->arena, struct resource_definition, count + 1);
    template->resource_names = names;
    for (size_t i = 0; i < count; i++)
        name_index_add(names, resources->map.entries[i].key, i);
    for (size_t i = 0; i < count; i++) {
        struct resource_definition *resource = &template->resources[i];
        resource->name = resources->map.entries[i].key;
        resource->index = i;
        if (read_resource(ctx, template, resources->map.entries[i].value, resource) != 0)
            return -1;
        template->resource_count++;
    }
    return 0;
}

static int check_names(struct ctx *ctx, struct template *template)
{
    for (size_t i = 0; i < template->resource_count; i++)
        if (strchr(template->resources[i].name, '/'))
            return fail(ctx, FAULT_STACK_VALIDATION, "Resource name may not contain \"/\"");
    for (size_t i = 0; i < template->resource_count; i++)
        if (template_parameter(template, template->resources[i].name))
            return fail(ctx, FAULT_STACK_VALIDATION, "Duplicate names {%s}",
                        python_repr_text(ctx->arena, template->resources[i].name));
    return 0;
}

const struct resource_definition *template_resource(const struct template *template, const char *name)
{
    size_t i = name_index_find(template->resource_names, name);
    return i == NAME_NOT_FOUND ? NULL : &template->resources[i];
}

/* ---- outputs ---- */
static int fail_output(struct ctx *ctx, const struct words *words, const char *name, const char *message)
{
    fail(ctx, FAULT_STACK_VALIDATION, "%s", message);
    fail_path(ctx, "%s.%s", words->outputs, name);
    return fail_kind(ctx, "Output validation error");
}

static int read_output(struct ctx *ctx, const struct template *template, const struct value *data,
                       struct output_definition *output)
{
    const struct words *words = words_of(template);
    if (!value_is(data, VALUE_MAP))
        return fail_output(ctx, words, output->name,
                           arena_printf(ctx->arena, "Output definitions must be a map. Found a %s instead",
                                        value_python_type(data)));
    if (!value_has(data, words->value))
        return fail_output(
            ctx, words, output->name,
            arena_printf(ctx->arena, "Each output definition must contain a %s key.", words->value));
    const struct value *description = value_get(data, words->text);
    output->description = value_is_null(description) ? NULL : value_to_str(ctx->arena, description);
    output->value = value_get(data, words->value);
    output->condition = has_conditions(template->version) ? value_get(data, words->condition) : NULL;
    return 0;
}

static int read_outputs(struct ctx *ctx, struct template *template)
{
    const struct value *outputs = section_map(ctx, template, words_of(template)->outputs);
    size_t count = value_count(outputs);
    if (ctx->error.fault != FAULT_NONE)
        return -1;
    template->outputs = arena_array(ctx->arena, struct output_definition, count + 1);
    for (size_t i = 0; i < count; i++) {
        template->outputs[i].name = outputs->map.entries[i].key;
        if (read_output(ctx, template, outputs->map.entries[i].value, &template->outputs[i]) != 0)
            return -1;
        template->output_count++;
    }
    return 0;
}

/* ---- parameter groups ---- */
static int fail_group(struct ctx *ctx, const struct value *group, const char *message)
{
    fail(ctx, FAULT_STACK_VALIDATION, "%s", message);
    const struct value *label = value_get(group, "label");
    fail_path(ctx, group ? "parameter_groups.%s" : "parameter_groups",
              value_is_null(label) ? "" : value_to_str(ctx->arena, label));
    return fail_kind(ctx, "Parameter Groups error");
}

static bool is_groupable(const struct template *template, const char *name)
{
    return name && (template_parameter(template, name) || strcmp(name, "OS::stack_id") == 0 ||
                    strcmp(name, "OS::project_id") == 0);
}

static int check_group(struct ctx *ctx, const struct template *template, const struct value *group,
                       struct name_index *grouped)
{
    if (!value_is(group, VALUE_MAP))
        return fail_group(ctx, NULL, "Each of parameter_groups should be a map.");
    const struct value *names = value_get(group, "parameters");
    if (value_is_null(names))
        return fail_group(ctx, group, "The parameters must be provided for each parameter group.");
    if (!value_is(names, VALUE_LIST))
        return fail_group(ctx, group, "The parameters of parameter group should be a list.");
    for (size_t i = 0; i < value_count(names); i++) {
        const char *name = value_to_str(ctx->arena, value_at(names, i));
        if (name_index_find(grouped, name) != NAME_NOT_FOUND)
            return fail_group(ctx, group,
                              arena_printf(ctx->arena,
                                           "The %s parameter must be assigned to one parameter group only.",
                                           name));
        if (!is_groupable(template, name))
            return fail_group(ctx, group,
                              arena_printf(ctx->arena,
                                           "The grouped parameter %s does not reference a valid parameter.",
                                           name));
        name_index_add(grouped, name, 0);
    }
    return 0;
}

static int read_groups(struct ctx *ctx, struct template *template)
{
    const char *section = words_of(template)->parameter_groups;
    const struct value *groups = section ? value_get(template->document, section) : NULL;
    if (!value_truth(groups))
        return 0;
    if (!value_is(groups, VALUE_LIST))
        return fail_group(ctx, NULL, "The parameter_groups should be a list.");
    template->parameter_groups = groups;
    struct name_index *grouped = name_index_create(ctx->arena, template->parameter_count + 2);
    for (size_t i = 0; i < value_count(groups); i++)
        if (check_group(ctx, template, value_at(groups, i), grouped) != 0)
            return -1;
    return 0;
}

/* ---- conditions and the rest ---- */
static int read_conditions(struct ctx *ctx, struct template *template)
{
    const char *section = words_of(template)->conditions;
    const struct value *conditions = value_get(template->document, section);
    if (!conditions || !has_conditions(template->version))
        return 0;
    template->conditions = conditions;
    if (value_is(conditions, VALUE_MAP))
        return 0;
    fail(ctx, FAULT_STACK_VALIDATION, "Condition definitions must be a map. Found a %s instead",
         value_python_type(conditions));
    return fail_kind(ctx, "Conditions validation error");
}

static void read_description(struct ctx *ctx, struct template *template)
{
    const struct value *text = value_get(template->document, words_of(template)->description);
    template->description = value_truth(text) ? value_to_str(ctx->arena, text) : "No description";
}

static int read_sections(struct ctx *ctx, struct template *template)
{
    const struct words *words = words_of(template);
    if (check_sections(ctx, template) != 0)
        return -1;
    const struct value *resources = section_map(ctx, template, words->resources);
    if (ctx->error.fault != FAULT_NONE || check_resources(ctx, template, resources) != 0)
        return -1;
    template->mappings = section_map(ctx, template, words->mappings);
    return ctx->error.fault == FAULT_NONE ? 0 : -1;
}

typedef int read_stage(struct ctx *ctx, struct template *template);
static read_stage *const stages[STAGE_COUNT] = {
    [STAGE_SECTIONS] = read_sections,   [STAGE_GROUPS] = read_groups, [STAGE_CONDITIONS] = read_conditions,
    [STAGE_RESOURCES] = read_resources, [STAGE_NAMES] = check_names,  [STAGE_OUTPUTS] = read_outputs,
};

struct template *template_open(struct ctx *ctx, const struct value *document)
{
    if (!value_is(document, VALUE_MAP))
        return fail_null(ctx, FAULT_BAD_REQUEST,
                         "Template not in valid format: The template is not a JSON object or YAML mapping.");
    struct template *template = arena_new(ctx->arena, struct template);
    template->document = document;
    template->version = find_version(ctx, document);
    if (!template->version || schema_parse_parameters(ctx, template) != 0)
        return NULL;
    read_description(ctx, template);
    for (size_t i = 0; i < STAGE_COUNT; i++) {
        if (stages[i](ctx, template) == 0)
            continue;
        template->flaws[i] = ctx->error;
        error_clear(ctx);
        if (i == STAGE_SECTIONS)
            break;
    }
    return template;
}

int template_raise(struct ctx *ctx, const struct template *template, enum template_stage stage)
{
    if (template->flaws[stage].fault == FAULT_NONE)
        return 0;
    if (ctx->error.fault == FAULT_NONE)
        ctx->error = template->flaws[stage];
    return -1;
}

struct template *template_parse(struct ctx *ctx, const struct value *document)
{
    struct template *template = template_open(ctx, document);
    for (int i = 0; template && i < STAGE_COUNT; i++)
        if (template_raise(ctx, template, (enum template_stage)i) != 0)
            return NULL;
    return template;
}
