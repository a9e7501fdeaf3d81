/* Environments: what a request says beside the template, and how environment files are merged into one.
 *
 * Merging. Files are taken in their order. Sections other than the two of parameters are merged key by key.
 * For parameters each file may say, in parameter_merge_strategies, how its value joins what came before:
 *
 *   overwrite   (the default) the later value replaces the earlier
 *   merge       lists and texts are appended, numbers added, maps merged one level deep
 *   deep_merge  maps merged all the way down, lists and texts inside them appended
 *
 * How values join depends on the parameter's type, which the template knows. Two files must not name
 * different strategies for one parameter. */
#include <string.h>

#include "template/call.h"

static const char *const sections[] = {"parameters",         "resource_registry",
                                       "parameter_defaults", "encrypted_param_names",
                                       "event_sinks",        "parameter_merge_strategies"};

static bool is_section(const char *key)
{
    for (size_t i = 0; i < COUNT_OF(sections); i++)
        if (strcmp(key, sections[i]) == 0)
            return true;
    return false;
}

int environment_check_sections(struct ctx *ctx, const struct value *environment)
{
    for (size_t i = 0; i < value_count(environment); i++) {
        const struct value_entry *entry = &environment->map.entries[i];
        if (!is_section(entry->key))
            return fail(ctx, FAULT_BAD_REQUEST,
                        "Environment not in valid format: environment has wrong section \"%s\"", entry->key);
        if (value_is_null(entry->value))
            return fail(ctx, FAULT_BAD_REQUEST,
                        "Environment not in valid format: environment has empty section \"%s\"", entry->key);
    }
    return 0;
}

/* ---- strategies ---- */
static bool is_strategy(const struct value *name, const char *wanted)
{
    return value_text(name) && strcmp(value_text(name), wanted) == 0;
}

static bool joins(const struct value *strategy)
{
    return is_strategy(strategy, "merge") || is_strategy(strategy, "deep_merge");
}

struct merger {
    struct ctx *ctx;
    const struct template *template; /* NULL: types are those of the values */
    const struct template **others;  /* templates among the files: their parameters count too */
    size_t other_count;
    struct value *used; /* parameter -> strategy number that files named so far */
    const char *file;
};

/* What this file says of the parameter, else what an earlier one did, else this file's default, which may be
 * anything. */
static const struct value *strategy_of(const struct merger *merger, const struct value *said,
                                       const char *name)
{
    const struct value *fallback = value_has(said, "default") ? value_get(said, "default")
                                                              : value_string(merger->ctx->arena, "overwrite");
    const struct value *wanted =
        value_has(said, name) ? value_get(said, name) : value_get(merger->used, name);
    return joins(wanted) || is_strategy(wanted, "overwrite") ? wanted : fallback;
}

static int note_strategy(struct merger *merger, const struct value *said, const char *name)
{
    struct arena *arena = merger->ctx->arena;
    const struct value *wanted = strategy_of(merger, said, name), *used = value_get(merger->used, name);
    if (!used)
        value_map_set(arena, merger->used, name, wanted);
    else if (!value_equal(used, wanted))
        return fail(merger->ctx, FAULT_MERGE_STRATEGY,
                    "Conflicting merge strategy '%s' for parameter '%s' in file '%s'.",
                    value_to_str(arena, wanted), name, merger->file);
    return 0;
}

/* ---- joining values ---- */
static const struct value *append_list(struct arena *arena, const struct value *old,
                                       const struct value *new_value)
{
    if (!value_truth(old))
        return new_value;
    if (value_is(new_value, VALUE_LIST) && value_is(old, VALUE_LIST)) {
        struct value *all = value_copy(arena, old);
        for (size_t i = 0; i < value_count(new_value); i++)
            value_list_add(arena, all, value_at(new_value, i));
        return all;
    }
    return value_printf(arena, "%s,%s", value_to_str(arena, old), value_to_str(arena, new_value));
}

static const struct value *merge_map(struct arena *arena, const struct value *old,
                                     const struct value *new_value, bool deep);

static const struct value *join_inside(struct arena *arena, const struct value *old,
                                       const struct value *new_value)
{
    if (value_is(new_value, VALUE_MAP))
        return value_truth(old) && value_is(old, VALUE_MAP) ? merge_map(arena, old, new_value, true)
                                                            : new_value;
    if (value_is(new_value, VALUE_LIST))
        return value_is(old, VALUE_LIST) ? append_list(arena, old, new_value) : new_value;
    if (value_is(new_value, VALUE_STRING) && value_is(old, VALUE_STRING))
        return value_printf(arena, "%s%s", value_text(old), value_text(new_value));
    return new_value;
}

/* Depth is that of what was read, which is capped. */
static const struct value *merge_map(struct arena *arena, const struct value *old,
                                     const struct value *new_value, bool deep)
{
    if (!value_truth(old) || !value_is(old, VALUE_MAP))
        return new_value;
    struct value *merged = value_copy(arena, old);
    for (size_t i = 0; i < value_count(new_value); i++) {
        const struct value_entry *entry = &new_value->map.entries[i];
        if (value_is_null(entry->value))
            continue;
        const struct value *joined =
            deep ? join_inside(arena, value_get(old, entry->key), entry->value) : entry->value;
        value_map_set(arena, merged, entry->key, joined);
    }
    return merged;
}

static const struct parameter_schema *schema_of(const struct merger *merger, const char *name)
{
    const struct parameter_schema *schema =
        merger->template ? template_parameter(merger->template, name) : NULL;
    for (size_t i = merger->other_count; !schema && i-- > 0;)
        schema = template_parameter(merger->others[i], name);
    return schema;
}

static enum parameter_type type_of(const struct merger *merger, const char *name, const struct value *value)
{
    const struct parameter_schema *schema = schema_of(merger, name);
    if (schema)
        return schema->type;
    switch (value->kind) {
    case VALUE_MAP:
        return PARAMETER_JSON;
    case VALUE_LIST:
        return PARAMETER_LIST;
    case VALUE_INT:
    case VALUE_FLOAT:
        return PARAMETER_NUMBER;
    case VALUE_STRING:
        return PARAMETER_STRING;
    default:
        return PARAMETER_BOOLEAN;
    }
}

static const struct value *fail_value(const struct merger *merger, const char *reason)
{
    return fail_null(merger->ctx, FAULT_VALUE_ERROR, "Invalid parameter in environment %s.", reason);
}

/* Text is read as JSON; an empty one stays as it is. */
static const struct value *as_json(const struct merger *merger, const struct value *value)
{
    if (!value_is(value, VALUE_STRING) || value->string.length == 0)
        return value;
    const struct value *read = value_read_json(merger->ctx, value->string.text, value->string.length);
    if (read)
        return read;
    const char *reason = merger->ctx->error.message;
    error_clear(merger->ctx);
    return fail_value(merger, reason);
}

static const struct value *join_json(const struct merger *merger, const struct value *old,
                                     const struct value *new_value, bool deep)
{
    const struct value *read = as_json(merger, new_value);
    if (!read || !value_truth(old))
        return read;
    if (value_is(read, VALUE_MAP) && value_count(read) == 0)
        return old;
    return value_is(old, VALUE_MAP) && value_is(read, VALUE_MAP)
               ? merge_map(merger->ctx->arena, old, read, deep)
               : fail_value(merger, "");
}

/* Numbers and booleans are never joined, though the strategies are there for numbers too. */
static const struct value *join(const struct merger *merger, const char *name, const struct value *old,
                                const struct value *new_value, bool deep)
{
    enum parameter_type type = type_of(merger, name, new_value);
    if (type == PARAMETER_JSON)
        return join_json(merger, old, new_value, deep);
    if (!value_is(new_value, VALUE_LIST) && !value_is(new_value, VALUE_STRING))
        return fail_value(merger, "");
    if (type == PARAMETER_LIST)
        return append_list(merger->ctx->arena, old, new_value);
    if (type == PARAMETER_BOOLEAN)
        return fail_null(merger->ctx, FAULT_MERGE_STRATEGY,
                         "Invalid merge strategy 'merge' for parameter '%s'.", name);
    if (!value_is(new_value, VALUE_STRING) || (old && !value_is(old, VALUE_STRING)) ||
        (!old && type == PARAMETER_NUMBER))
        return fail_value(merger, "");
    return value_printf(merger->ctx->arena, "%s%s", old ? value_text(old) : "", value_text(new_value));
}

/* ---- merging sections ---- */
static bool is_known(const struct merger *merger, const char *name)
{
    return !merger->template || schema_of(merger, name);
}

static int merge_parameter(struct merger *merger, struct value *target, const struct value_entry *entry)
{
    const struct value *used = value_get(merger->used, entry->key), *joined = entry->value;
    if (joins(used))
        joined = join(merger, entry->key, value_get(target, entry->key), entry->value,
                      is_strategy(used, "deep_merge"));
    if (!joined)
        return -1;
    value_map_set(merger->ctx->arena, target, entry->key, joined);
    return 0;
}

/* The first file that says anything sets all it says; later ones only parameters that the templates have. */
static int merge_parameters(struct merger *merger, struct value *target, const struct value *said,
                            const struct value *strategies)
{
    bool first = value_count(target) == 0;
    for (size_t i = 0; i < value_count(said); i++) {
        const struct value_entry *entry = &said->map.entries[i];
        bool known = is_known(merger, entry->key) && !value_is_null(entry->value);
        if (known && note_strategy(merger, strategies, entry->key) != 0)
            return -1;
        if (first)
            value_map_set(merger->ctx->arena, target, entry->key, entry->value);
        else if (known && merge_parameter(merger, target, entry) != 0)
            return -1;
    }
    return 0;
}

static void merge_section(struct arena *arena, struct value *target, const struct value *said)
{
    for (size_t i = 0; value_is(said, VALUE_MAP) && i < value_count(said); i++)
        if (!value_is_null(said->map.entries[i].value))
            value_map_set(arena, target, said->map.entries[i].key, said->map.entries[i].value);
    for (size_t i = 0; value_is(said, VALUE_LIST) && i < value_count(said); i++)
        value_list_add(arena, target, value_at(said, i));
}

struct drafts {
    struct value *of[COUNT_OF(sections)]; /* in the order of sections */
};

static int fail_section(struct ctx *ctx, const char *name, const char *wanted)
{
    return fail(ctx, FAULT_BAD_REQUEST, "Environment not in valid format: section \"%s\" must be a %s", name,
                wanted);
}

static int merge_environment(struct merger *merger, struct drafts *drafts, const struct value *environment)
{
    enum { PARAMETERS, REGISTRY, DEFAULTS, ENCRYPTED, SINKS, STRATEGIES };
    const struct value *strategies = value_get(environment, sections[STRATEGIES]);
    for (size_t i = 0; i < STRATEGIES; i++) {
        const struct value *said = value_get(environment, sections[i]);
        enum value_kind kind = i == ENCRYPTED || i == SINKS ? VALUE_LIST : VALUE_MAP;
        if (!value_truth(said))
            continue;
        if (!value_is(said, kind))
            return fail_section(merger->ctx, sections[i], kind == VALUE_LIST ? "list" : "map");
        if (i != PARAMETERS && i != DEFAULTS)
            merge_section(merger->ctx->arena, drafts->of[i], said);
        else if (merge_parameters(merger, drafts->of[i], said, strategies) != 0)
            return -1;
    }
    return 0;
}

/* What is wrong in a file is not the body's fault, says Heat. */
static int settle_file_error(struct ctx *ctx)
{
    static const char prefix[] = "Environment not in valid format: ";
    if (ctx->error.fault == FAULT_BAD_REQUEST) {
        ctx->error.fault = FAULT_VALUE_ERROR;
        if (strncmp(ctx->error.message, prefix, sizeof prefix - 1) == 0)
            ctx->error.message += sizeof prefix - 1;
    }
    return -1;
}

static int merge_file(struct merger *merger, struct drafts *drafts, const struct value *name,
                      const struct value *files)
{
    const struct value *text = value_text(name) ? value_get(files, value_text(name)) : NULL;
    merger->file = value_to_str(merger->ctx->arena, name);
    if (!value_is(text, VALUE_STRING))
        return fail(merger->ctx, FAULT_BAD_REQUEST, "The environment file \"%s\" is not among the files.",
                    merger->file);
    const struct value *environment = environment_read(merger->ctx, text->string.text, text->string.length);
    return environment ? merge_environment(merger, drafts, environment) : settle_file_error(merger->ctx);
}

/* Of what is no template, or no good one, nothing is known. */
static void find_other_templates(struct merger *merger, const struct value *files)
{
    struct ctx *ctx = merger->ctx;
    merger->others = arena_array(ctx->arena, const struct template *, value_count(files) + 1);
    for (size_t i = 0; i < value_count(files); i++) {
        const struct value *text = files->map.entries[i].value;
        const struct value *document = value_is(text, VALUE_STRING) && strstr(value_text(text), "emplate")
                                           ? template_read(ctx, text->string.text, text->string.length)
                                           : NULL;
        const struct template *template = document ? template_open(ctx, document) : NULL;
        if (template)
            merger->others[merger->other_count++] = template;
        error_clear(ctx);
    }
}

static int fill(struct merger *merger, struct drafts *drafts, const struct value *environment,
                const struct value *environment_files, const struct value *files)
{
    struct ctx *ctx = merger->ctx;
    if (value_count(environment_files) > 0) {
        if (!value_is(environment_files, VALUE_LIST))
            return fail(ctx, FAULT_BAD_REQUEST, "environment_files must be a list");
        if (merger->template)
            find_other_templates(merger, files);
        value_map_set_all(ctx->arena, drafts->of[0], value_get(environment, "parameters"));
        for (size_t i = 0; i < value_count(environment_files); i++)
            if (merge_file(merger, drafts, value_at(environment_files, i), files) != 0)
                return -1;
        return 0;
    }
    if (value_is_null(environment))
        return 0;
    if (!value_is(environment, VALUE_MAP))
        return fail(
            ctx, FAULT_BAD_REQUEST,
            "Environment not in valid format: The environment is not a valid YAML mapping data type.");
    if (environment_check_sections(ctx, environment) != 0)
        return -1;
    return merge_environment(merger, drafts, environment);
}

struct environment *environment_build_for(struct ctx *ctx, const struct template *template,
                                          const struct value *environment,
                                          const struct value *environment_files, const struct value *files)
{
    struct drafts drafts = {{value_map(ctx->arena), value_map(ctx->arena), value_map(ctx->arena),
                             value_list(ctx->arena), value_list(ctx->arena), NULL}};
    struct merger merger = {.ctx = ctx, .template = template, .used = value_map(ctx->arena)};
    if (fill(&merger, &drafts, environment, environment_files, files) != 0 ||
        environment_check_rules(ctx, drafts.of[1]) != 0)
        return NULL;
    struct environment *built = arena_new(ctx->arena, struct environment);
    *built = (struct environment){.parameters = drafts.of[0],
                                  .resource_registry = drafts.of[1],
                                  .parameter_defaults = drafts.of[2],
                                  .encrypted_param_names = drafts.of[3],
                                  .event_sinks = drafts.of[4]};
    return built;
}

struct environment *environment_build(struct ctx *ctx, const struct value *environment,
                                      const struct value *environment_files, const struct value *files)
{
    return environment_build_for(ctx, NULL, environment, environment_files, files);
}

/* ---- showing ---- */
/* The registry always shows its "resources" map, first. */
static const struct value *shown_registry(struct arena *arena, const struct value *registry)
{
    struct value *shown = value_map(arena);
    const struct value *resources = value_get(registry, "resources");
    value_map_set(arena, shown, "resources", resources ? resources : value_map(arena));
    value_map_set_all(arena, shown, registry);
    return shown;
}

const struct value *environment_document(struct ctx *ctx, const struct environment *environment)
{
    struct value *document = value_map(ctx->arena);
    value_map_set(ctx->arena, document, "resource_registry",
                  shown_registry(ctx->arena, environment->resource_registry));
    value_map_set(ctx->arena, document, "parameters", environment->parameters);
    value_map_set(ctx->arena, document, "parameter_defaults", environment->parameter_defaults);
    value_map_set(ctx->arena, document, "event_sinks", environment->event_sinks);
    value_map_set(ctx->arena, document, "encrypted_param_names", environment->encrypted_param_names);
    return document;
}
