/* A stack as data: what export shows, abandon leaves, a snapshot keeps and adopt takes. */
#include "engine/stack_data.h"

#include <string.h>
#include <strings.h>

#include "base/config.h"
#include "base/seal.h"
#include "engine/names.h"
#include "resources/catalogue.h"

static const struct value *read_json(struct ctx *ctx, const char *text)
{
    return text ? value_read_json(ctx, text, strlen(text)) : NULL;
}

static void put_text(struct ctx *ctx, struct value *map, const char *name, const char *text)
{
    value_map_set(ctx->arena, map, name, text ? value_string(ctx->arena, text) : &value_null);
}

/* ---- resources ---- */
/* Stored and perhaps sealed; NULL with an error for what does not open. */
static int read_column(struct ctx *ctx, const char *tenant_id, const char *stored, const struct value **out)
{
    const char *text = column_open(ctx, tenant_id, stored);
    *out = read_json(ctx, text);
    return stored && !*out ? -1 : 0;
}

static const struct value *resource_data(struct ctx *ctx, const char *tenant_id, const struct rows *rows,
                                         size_t row)
{
    const struct resource_type *type = catalogue_find(rows_get(rows, row, "type"));
    struct resource_job job = {
        .resource_name = rows_get(rows, row, "name"),
        .physical_id = rows_get(rows, row, "physical_id"),
    };
    if (read_column(ctx, tenant_id, rows_get(rows, row, "data"), &job.data) != 0 ||
        read_column(ctx, tenant_id, rows_get(rows, row, "attributes"), &job.attributes) != 0 ||
        read_column(ctx, tenant_id, rows_get(rows, row, "properties"), &job.properties) != 0)
        return NULL;
    const struct value *data =
        type && type->hooks->resource_data ? type->hooks->resource_data(ctx, &job) : job.attributes;
    return data ? data : value_map(ctx->arena);
}

static struct value *simple_resource(struct ctx *ctx, const char *tenant_id, const struct rows *rows,
                                     size_t row)
{
    struct value *shown = value_map(ctx->arena);
    const struct value *metadata = read_json(ctx, rows_get(rows, row, "metadata"));
    const struct value *data = resource_data(ctx, tenant_id, rows, row);
    if (!metadata || !data)
        return NULL;
    put_text(ctx, shown, "name", rows_get(rows, row, "name"));
    put_text(ctx, shown, "resource_id", rows_get(rows, row, "physical_id"));
    put_text(ctx, shown, "type", rows_get(rows, row, "type"));
    put_text(ctx, shown, "action", rows_get(rows, row, "action"));
    put_text(ctx, shown, "status", rows_get(rows, row, "status"));
    value_map_set(ctx->arena, shown, "metadata", metadata);
    value_map_set(ctx->arena, shown, "resource_data", data);
    return shown;
}

static const struct value *stack_resources(struct ctx *ctx, struct db *db, const char *tenant_id,
                                           const char *stack_id)
{
    struct value *resources = value_map(ctx->arena);
    struct rows *rows = db_run(ctx, db, STMT_stack_data_resources, tenant_id, stack_id);
    for (size_t i = 0; rows && i < rows_count(rows); i++) {
        const char *nested_id = rows_get(rows, i, "nested_id");
        const struct value *shown =
            nested_id ? stack_data(ctx, db, tenant_id, nested_id) : simple_resource(ctx, tenant_id, rows, i);
        if (!shown)
            return NULL;
        value_map_set(ctx->arena, resources, rows_get(rows, i, "name"), shown);
    }
    return rows ? resources : NULL;
}

/* ---- the stack ---- */
static const struct value *environment_of(struct ctx *ctx, const struct rows *rows)
{
    const char *sealed = rows_get(rows, 0, "sealed_environment");
    const char *tenant_id = rows_get(rows, 0, "tenant_id");
    const char *text = sealed ? seal_open(ctx, seal_context(ctx, tenant_id, "environment"), sealed)
                              : rows_get(rows, 0, "environment");
    const struct value *environment = read_json(ctx, text);
    return environment ? value_map_without(ctx->arena, environment, "encrypted_param_names") : NULL;
}

static const struct value *tags_of(struct ctx *ctx, const struct rows *rows)
{
    const char *tags = rows_get(rows, 0, "tags");
    return tags ? read_json(ctx, tags) : value_list(ctx->arena);
}

static struct value *put_together(struct ctx *ctx, const struct rows *rows, const struct value *resources)
{
    const struct value *environment = environment_of(ctx, rows), *tags = tags_of(ctx, rows);
    const struct value *files = read_json(ctx, rows_get(rows, 0, "files"));
    const struct value *template =
        read_json(ctx, column_open(ctx, rows_get(rows, 0, "tenant_id"), rows_get(rows, 0, "template")));
    if (!environment || !tags || !files || !template)
        return NULL;
    struct value *data = value_map(ctx->arena);
    put_text(ctx, data, "name", rows_get(rows, 0, "name"));
    put_text(ctx, data, "id", rows_get(rows, 0, "id"));
    put_text(ctx, data, "action", rows_get(rows, 0, "action"));
    value_map_set(ctx->arena, data, "environment", environment);
    value_map_set(ctx->arena, data, "files", files);
    put_text(ctx, data, "status", rows_get(rows, 0, "status"));
    value_map_set(ctx->arena, data, "template", template);
    value_map_set(ctx->arena, data, "resources", resources);
    put_text(ctx, data, "project_id", rows_get(rows, 0, "tenant_id"));
    put_text(ctx, data, "stack_user_project_id", rows_get(rows, 0, "stack_user_project_id"));
    value_map_set(ctx->arena, data, "tags", tags);
    return data;
}

struct value *stack_data(struct ctx *ctx, struct db *db, const char *tenant_id, const char *stack_id)
{
    struct rows *rows = db_run(ctx, db, STMT_stack_data, tenant_id, stack_id);
    if (!rows)
        return NULL;
    if (rows_count(rows) == 0)
        return fail(ctx, FAULT_ENTITY_NOT_FOUND, "The Stack (%s) could not be found.", stack_id), NULL;
    const struct value *resources = stack_resources(ctx, db, tenant_id, stack_id);
    return resources ? put_together(ctx, rows, resources) : NULL;
}

/* ---- masking ---- */
static bool is_true(struct ctx *ctx, const struct value *value)
{
    return value && strcasecmp(value_to_str(ctx->arena, value), "true") == 0;
}

static bool is_hidden(struct ctx *ctx, const struct value *template, const char *parameter)
{
    const struct value *hot = value_get(value_get(template, "parameters"), parameter);
    const struct value *cfn = value_get(value_get(template, "Parameters"), parameter);
    return is_true(ctx, value_get(hot, "hidden")) || is_true(ctx, value_get(cfn, "NoEcho"));
}

static const struct value *mask(struct ctx *ctx, const struct value *template, const struct value *parameters)
{
    struct value *masked = value_copy(ctx->arena, parameters);
    for (size_t i = 0; i < value_count(parameters); i++)
        if (is_hidden(ctx, template, parameters->map.entries[i].key))
            value_map_set(ctx->arena, masked, parameters->map.entries[i].key,
                          value_string(ctx->arena, "******"));
    return masked;
}

const struct value *stack_data_masked(struct ctx *ctx, const struct value *data)
{
    static const char *const sections[] = {"parameters", "parameter_defaults"};
    const struct value *environment = value_get(data, "environment"), *template = value_get(data, "template");
    struct value *shown = value_copy(ctx->arena, data);
    struct value *masked =
        value_is(environment, VALUE_MAP) ? value_copy(ctx->arena, environment) : value_map(ctx->arena);
    for (size_t i = 0; i < COUNT_OF(sections); i++) {
        const struct value *section = value_get(environment, sections[i]);
        if (value_is(section, VALUE_MAP))
            value_map_set(ctx->arena, masked, sections[i], mask(ctx, template, section));
    }
    value_map_set(ctx->arena, shown, "environment", masked);
    return shown;
}
