/* Stacks: showing, finding and deleting one; its template, environment, files and outputs. */
#include "handlers/routes.h"

#include <string.h>

#include "base/uuid.h"
#include "base/value.h"
#include "engine/guard.h"
#include "engine/names.h"
#include "handlers/arguments.h"
#include "handlers/links.h"
#include "handlers/views.h"

/* Sealed where a parameter is hidden; NULL without an error when they are not to be shown. */
static const char *open_outputs(struct request *request, const char *stored)
{
    return column_open(&request->ctx, request->ctx.tenant_id, stored);
}

/* The tag says which revision, and which of its two representations. True when the client has it already. */
static bool is_known(struct request *request, const char *revision, bool outputs)
{
    const char *known = request_header(request, "If-None-Match");
    const char *tag = arena_printf(request->ctx.arena, "%s%s", revision, outputs ? "" : "-brief");
    reply_header(request, "ETag", arena_printf(request->ctx.arena, "\"%s\"", tag));
    return known && entity_tag_listed(known, tag);
}

int stacks_show(struct request *request)
{
    int wanted = argument_boolean_strict(request, "resolve_outputs", true);
    if (wanted < 0)
        return -1;
    struct rows *rows = stack_read(request, STMT_stack_show, wanted ? "t" : "f");
    if (!rows)
        return -1;
    if (is_known(request, rows_text(rows, 0, STACK_REVISION), wanted)) {
        reply_empty(request, 304);
        return 0;
    }
    const char *outputs = open_outputs(request, rows_text(rows, 0, STACK_OUTPUTS));
    if (request->ctx.error.fault)
        return -1;
    struct links links = links_of(request, request->ctx.tenant_id);
    struct str *body = &request->reply.body;
    reply_json(request, 200);
    str_add(body, "{\"stack\": ");
    view_stack(body, &links, rows, outputs);
    str_add_char(body, '}');
    return 0;
}

int stacks_delete(struct request *request)
{
    struct stack_key key = path_stack(request);
    if (!uuid_valid(key.id))
        return fail_stack(&request->ctx, key.name);
    if (stack_delete(&request->ctx, &key) < 0)
        return -1;
    reply_empty(request, 204);
    return 0;
}

/* ---- documents, as they are stored; a template may be sealed ---- */

static int show_document(struct request *request, enum statement statement)
{
    struct rows *rows = stack_read(request, statement);
    if (!rows)
        return -1;
    const char *body = column_open(&request->ctx, request->ctx.tenant_id, rows_text(rows, 0, 0));
    if (!body)
        return -1;
    reply_json(request, 200);
    str_add(&request->reply.body, body);
    return 0;
}

int stacks_template(struct request *request)
{
    return show_document(request, STMT_stack_template);
}

int stacks_environment(struct request *request)
{
    return show_document(request, STMT_stack_environment);
}

int stacks_files(struct request *request)
{
    return show_document(request, STMT_stack_files);
}

/* ---- outputs ---- */

static const struct value *read_outputs(struct request *request)
{
    struct rows *rows = stack_read(request, STMT_stack_outputs);
    if (!rows)
        return NULL;
    const char *outputs = open_outputs(request, rows_text(rows, 0, 0));
    return outputs ? value_read_json(&request->ctx, outputs, strlen(outputs)) : NULL;
}

static void write_output_summary(struct str *out, const struct value *output)
{
    str_add(out, "{\"output_key\": ");
    value_write_json(out, value_get(output, "output_key"));
    str_add(out, ", \"description\": ");
    value_write_json(out, value_get(output, "description"));
    str_add_char(out, '}');
}

int stacks_list_outputs(struct request *request)
{
    const struct value *outputs = read_outputs(request);
    if (!outputs)
        return -1;
    struct str *body = &request->reply.body;
    reply_json(request, 200);
    str_add(body, "{\"outputs\": [");
    for (size_t i = 0; i < value_count(outputs); i++) {
        if (i)
            str_add(body, ", ");
        write_output_summary(body, value_at(outputs, i));
    }
    str_add(body, "]}");
    return 0;
}

static const struct value *find_output(const struct value *outputs, const char *key)
{
    for (size_t i = 0; i < value_count(outputs); i++) {
        const char *name = value_get_text(value_at(outputs, i), "output_key");
        if (name && strcmp(name, key) == 0)
            return value_at(outputs, i);
    }
    return NULL;
}

int stacks_show_output(struct request *request)
{
    const char *key = request->variables[PATH_RESOURCE]; /* the place is the same */
    const struct value *outputs = read_outputs(request);
    if (!outputs)
        return -1;
    const struct value *output = find_output(outputs, key);
    if (!output)
        return fail(&request->ctx, FAULT_NOT_FOUND, "Specified output key %s not found.", key);
    struct value *body = value_map(request->ctx.arena);
    value_map_set(request->ctx.arena, body, "output", output);
    reply_value(request, 200, body);
    return 0;
}
