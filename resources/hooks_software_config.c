/* The types that are software configurations: SoftwareConfig and StructuredConfig, SoftwareComponent,
 * CloudConfig, MultipartMime. Each makes a row of the same table of its properties; a configuration never
 * changes, so any change of the template makes a new one. */
#include <string.h>

#include "base/clock.h"
#include "base/uuid.h"
#include "resources/hooks.h"
#include "resources/mime.h"
#include "resources/software_derive.h"
#include "resources/software_io.h"
#include "template/template.h"
#include "template/yaml_write.h"

/* What a type makes of its properties. */
struct content {
    const char *group;                    /* NULL: null */
    const struct value *config;           /* any value */
    const struct value *inputs, *outputs; /* lists, checked */
    const struct value *options;          /* map */
};

typedef enum step_result make_content(struct ctx *ctx, struct resource_job *job, struct content *content);

static const struct value *or_null(const struct value *value)
{
    return value ? value : &value_null;
}

/* ---- the row, and what is shown of it ---- */
static const struct value *rest_of(struct ctx *ctx, const struct content *content)
{
    struct value *rest = value_map(ctx->arena);
    value_map_set(ctx->arena, rest, "config", or_null(content->config));
    value_map_set(ctx->arena, rest, "inputs", content->inputs);
    value_map_set(ctx->arena, rest, "outputs", content->outputs);
    value_map_set(ctx->arena, rest, "options", content->options);
    return rest;
}

static const struct value *text_value(struct ctx *ctx, const char *text)
{
    return text ? value_string(ctx->arena, text) : &value_null;
}

static void show(struct ctx *ctx, struct resource_job *job, const char *name, const char *group,
                 const char *created, const struct value *rest)
{
    struct value *map = value_map(ctx->arena);
    value_map_set(ctx->arena, map, "id", text_value(ctx, job->physical_id));
    value_map_set(ctx->arena, map, "name", text_value(ctx, name));
    value_map_set(ctx->arena, map, "group", text_value(ctx, group));
    value_map_set(ctx->arena, map, "creation_time", text_value(ctx, created));
    value_map_set_all(ctx->arena, map, rest);
    job_set_attribute(ctx, job, "show", map);
}

static void write_row(struct ctx *ctx, struct resource_job *job, const struct content *content)
{
    const struct value *rest = rest_of(ctx, content);
    struct value *row = value_map(ctx->arena);
    char id[UUID_SIZE], now[CLOCK_ISO_SIZE];
    uuid_v4(id);
    clock_iso(job->now_us, now);
    job->physical_id = arena_strdup(ctx->arena, id);
    value_map_set(ctx->arena, row, "id", text_value(ctx, id));
    value_map_set(ctx->arena, row, "name", text_value(ctx, job->physical_name));
    value_map_set(ctx->arena, row, "grouping", text_value(ctx, content->group));
    value_map_set(ctx->arena, row, "config", text_value(ctx, value_to_json(ctx->arena, rest)));
    value_map_set(ctx->arena, row, "created_us", value_int(ctx->arena, job->now_us));
    job_write(ctx, job, EFFECT_CONFIG_PUT, row);
    show(ctx, job, job->physical_name, content->group, now, rest);
}

static enum step_result create(struct ctx *ctx, struct resource_job *job, make_content *make)
{
    struct content content = {
        .inputs = value_list(ctx->arena),
        .outputs = value_list(ctx->arena),
        .options = value_map(ctx->arena),
    };
    enum step_result made = make(ctx, job, &content);
    if (made == STEP_DONE)
        write_row(ctx, job, &content);
    return made;
}

/* ---- what is the same for all ---- */
static enum step_result config_remove(struct ctx *ctx, struct resource_job *job)
{
    const struct value *row =
        job->physical_id ? job_ask(ctx, job, ASK_CONFIG, job->physical_id) : &value_null;
    if (!row)
        return STEP_WAIT;
    if (value_is_null(row))
        return STEP_DONE;
    const char *referenced = value_get_text(row, "referenced");
    if (referenced && strcmp(referenced, "t") == 0) {
        (void)fail(ctx, FAULT_RESTRICTED_ACTION,
                   "Software config with id %s can not be deleted as it is referenced.", job->physical_id);
        return STEP_FAILED;
    }
    job_write_id(ctx, job, EFFECT_CONFIG_DELETE, job->physical_id);
    return STEP_DONE;
}

/* The row is the project's, and stays when a stack is abandoned. */
static enum step_result config_adopt(struct ctx *ctx, struct resource_job *job)
{
    const struct value *row =
        job->physical_id ? job_ask(ctx, job, ASK_CONFIG, job->physical_id) : &value_null;
    job->data = NULL;
    if (!row)
        return STEP_WAIT;
    const char *text = value_get_text(row, "config");
    const struct value *rest = text ? value_read_json(ctx, text, strlen(text)) : NULL;
    if (text && !rest)
        return STEP_FAILED;
    if (rest)
        show(ctx, job, value_get_text(row, "name"), value_get_text(row, "group"),
             value_get_text(row, "created"), rest);
    return STEP_DONE;
}

static const struct value *config_attribute(struct ctx *ctx, const struct resource_job *job, const char *name)
{
    const struct value *shown = value_get(job->attributes, "show");
    if (strcmp(name, "show") == 0)
        return or_null(shown);
    if (strcmp(name, "config") == 0)
        return or_null(value_get(shown, "config"));
    return fail_null(ctx, FAULT_INVALID_ATTRIBUTE, "The Referenced Attribute (%s %s) is incorrect.",
                     job->resource_name, name);
}

/* ---- OS::Heat::SoftwareConfig, StructuredConfig ---- */
/* Members that the template leaves out are null to the check of inputs and outputs: a description is "" then. */
static const struct value *complete(struct ctx *ctx, const struct value *list, const char *const *members)
{
    struct value *out = value_list(ctx->arena);
    for (size_t i = 0; i < value_count(list); i++) {
        struct value *entry = value_map(ctx->arena);
        for (size_t k = 0; members[k]; k++)
            value_map_set(ctx->arena, entry, members[k], or_null(value_get(value_at(list, i), members[k])));
        value_list_add(ctx->arena, out, entry);
    }
    return out;
}

static int read_lists(struct ctx *ctx, const struct resource_job *job, struct content *content)
{
    static const char *const of_input[] = {"name",    "description",       "type",
                                           "default", "replace_on_change", NULL};
    static const char *const of_output[] = {"name", "description", "type", "error_output", NULL};
    const struct value *options = value_get(job->properties, "options");
    if (!value_is_null(options))
        content->options = options;
    content->inputs =
        software_inputs_check(ctx, complete(ctx, value_get(job->properties, "inputs"), of_input));
    if (!content->inputs)
        return -1;
    content->outputs =
        software_outputs_check(ctx, complete(ctx, value_get(job->properties, "outputs"), of_output));
    return content->outputs ? 0 : -1;
}

static enum step_result make_software(struct ctx *ctx, struct resource_job *job, struct content *content)
{
    content->group = value_get_text(job->properties, "group");
    content->config = value_get(job->properties, "config");
    return read_lists(ctx, job, content) == 0 ? STEP_DONE : STEP_FAILED;
}

static enum step_result software_create(struct ctx *ctx, struct resource_job *job)
{
    return create(ctx, job, make_software);
}

/* ---- OS::Heat::SoftwareComponent ---- */
static enum step_result make_component(struct ctx *ctx, struct resource_job *job, struct content *content)
{
    struct value *config = value_map(ctx->arena);
    value_map_set(ctx->arena, config, "configs", value_get(job->properties, "configs"));
    content->group = "component";
    content->config = config;
    return read_lists(ctx, job, content) == 0 ? STEP_DONE : STEP_FAILED;
}

static enum step_result component_create(struct ctx *ctx, struct resource_job *job)
{
    return create(ctx, job, make_component);
}

/* Which of two configurations for one action goes first could not be said. */
static int component_validate(struct ctx *ctx, const struct resource_draft *draft)
{
    const struct value *configs = value_get(draft->properties, "configs");
    struct value *seen = value_map(ctx->arena);
    for (size_t i = 0; i < value_count(configs); i++) {
        const struct value *actions = value_get(value_at(configs, i), "actions");
        for (size_t k = 0; k < value_count(actions); k++) {
            const char *action = value_to_str(ctx->arena, value_at(actions, k));
            const struct value *by = value_get(seen, action);
            if (by && by->integer != (int64_t)i)
                return fail(ctx, FAULT_STACK_VALIDATION,
                            "Defining more than one configuration for the same action in SoftwareComponent "
                            "\"%s\" is not allowed.",
                            draft->name);
            value_map_set(ctx->arena, seen, action, value_int(ctx->arena, (int64_t)i));
        }
    }
    return 0;
}

/* ---- OS::Heat::CloudConfig ---- */
static enum step_result make_cloud(struct ctx *ctx, struct resource_job *job, struct content *content)
{
    const char *yaml = yaml_write(ctx, or_null(value_get(job->properties, "cloud_config")));
    if (!yaml)
        return STEP_FAILED;
    content->group = "Heat::Ungrouped";
    content->config = value_printf(ctx->arena, "#cloud-config\n%s", yaml);
    return STEP_DONE;
}

static enum step_result cloud_create(struct ctx *ctx, struct resource_job *job)
{
    return create(ctx, job, make_cloud);
}

/* ---- OS::Heat::MultipartMime ---- */
/* A part's text: the configuration of that id where there is one, else the text itself. */
static enum step_result part_text(struct ctx *ctx, struct resource_job *job, const struct value *item,
                                  const char **text)
{
    const char *config = value_get_text(item, "config");
    *text = config ? config : "";
    if (!config || !uuid_valid(config))
        return STEP_DONE;
    const struct value *answer = job_ask(ctx, job, ASK_CONFIG, config);
    if (!answer)
        return STEP_WAIT;
    if (value_is_null(answer))
        return STEP_DONE;
    const struct value *source = software_config_read(ctx, answer);
    *text = source ? value_get_text(source, "config") : NULL;
    if (source && !*text)
        (void)fail(ctx, FAULT_VALUE_ERROR,
                   "The configuration %s is no text and cannot be a part of a message.", config);
    return *text ? STEP_DONE : STEP_FAILED;
}

static const struct mime_part **add_parts(struct ctx *ctx, const struct mime_part **end,
                                          const struct value *item, const char *text)
{
    const char *type = value_get_text(item, "type");
    if (type && strcmp(type, "multipart") == 0) {
        *end = mime_split(ctx, text);
    } else {
        struct mime_part *part = arena_new(ctx->arena, struct mime_part);
        *part =
            (struct mime_part){text, value_get_text(item, "subtype"), value_get_text(item, "filename"), NULL};
        *end = part;
    }
    while (*end) /* made here, and nobody else's yet */
        end = &((struct mime_part *)*end)->next;
    return end;
}

static enum step_result make_message(struct ctx *ctx, struct resource_job *job, struct content *content)
{
    const struct value *items = value_get(job->properties, "parts");
    const struct mime_part *parts = NULL, **end = &parts;
    enum step_result result = STEP_DONE;
    for (size_t i = 0; i < value_count(items); i++) {
        const char *text;
        enum step_result one = part_text(ctx, job, value_at(items, i), &text);
        if (one == STEP_FAILED)
            return STEP_FAILED;
        if (one == STEP_WAIT)
            result = STEP_WAIT;
        else
            end = add_parts(ctx, end, value_at(items, i), text);
    }
    content->group = value_get_text(job->properties, "group");
    content->config = value_string(ctx->arena, mime_join(ctx, parts));
    return result;
}

static enum step_result message_create(struct ctx *ctx, struct resource_job *job)
{
    return create(ctx, job, make_message);
}

#define CONFIG_HOOKS(variable, name_, create_, validate_)                                                    \
    extern const struct resource_hooks variable;                                                             \
    const struct resource_hooks variable = {                                                                 \
        .name = name_,                                                                                       \
        .validate = validate_,                                                                               \
        .create = create_,                                                                                   \
        .remove = config_remove,                                                                             \
        .adopt = config_adopt,                                                                               \
        .resource_data = job_no_data,                                                                        \
        .attribute = config_attribute,                                                                       \
    };
CONFIG_HOOKS(hooks_software_config, "software_config", software_create, NULL)
CONFIG_HOOKS(hooks_software_component, "software_component", component_create, component_validate)
CONFIG_HOOKS(hooks_cloud_config, "cloud_config", cloud_create, NULL)
CONFIG_HOOKS(hooks_multipart_mime, "multipart_mime", message_create, NULL)
