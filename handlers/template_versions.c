/* The versions of the template language, and the functions of each. */
#include "handlers/routes.h"

#include <stdlib.h>
#include <string.h>

#include "base/value.h"
#include "handlers/arguments.h"
#include "template/template.h"

static void write_version(struct str *out, const struct template_version *version)
{
    str_printf(out, "{\"version\": \"%s.%s\", \"type\": \"%s\", \"aliases\": [", version->key, version->date,
               version->class == TEMPLATE_HOT ? "hot" : "cfn");
    if (version->alias)
        str_printf(out, "\"%s.%s\"", version->key, version->alias);
    str_add(out, "]}");
}

static int compare_names(const void *left, const void *right)
{
    const struct template_version *a = *(const struct template_version *const *)left;
    const struct template_version *b = *(const struct template_version *const *)right;
    int order = strcmp(a->key, b->key);
    return order ? order : strcmp(a->date, b->date);
}

int stacks_list_template_versions(struct request *request)
{
    size_t count = template_version_count();
    const struct template_version **versions =
        arena_array(request->ctx.arena, const struct template_version *, count);
    for (size_t i = 0; i < count; i++)
        versions[i] = template_version_at(i);
    qsort(versions, count, sizeof *versions, compare_names);
    struct str *body = &request->reply.body;
    reply_json(request, 200);
    str_add(body, "{\"template_versions\": [");
    for (size_t i = 0; i < count; i++) {
        if (i)
            str_add(body, ", ");
        write_version(body, versions[i]);
    }
    str_add(body, "]}");
    return 0;
}

static void write_function(struct str *out, const struct template_function *function)
{
    str_add(out, "{\"functions\": ");
    json_write_string(out, function->name);
    str_add(out, ", \"description\": ");
    json_write_string(out, function->description);
    str_add_char(out, '}');
}

int stacks_list_template_functions(struct request *request)
{
    struct ctx *ctx = &request->ctx;
    const char *id = request->variables[1];
    int with_condition = argument_boolean_strict(request, "with_condition_func", false);
    if (with_condition < 0)
        return -1;
    const struct template_version *version = template_version_find(id);
    if (!version)
        return fail(ctx, FAULT_NOT_FOUND, "Template with version %s not found", id);
    const struct template_function *functions;
    size_t count = template_version_functions(ctx, version, with_condition, &functions);
    struct str *body = &request->reply.body;
    reply_json(request, 200);
    str_add(body, "{\"template_functions\": [");
    for (size_t i = 0; i < count; i++) {
        if (i)
            str_add(body, ", ");
        write_function(body, &functions[i]);
    }
    str_add(body, "]}");
    return 0;
}
