/* What makes a stack of a body: creating, previewing, validating. The engine does it; here the body is read
 * and the answer written. */
#include "handlers/routes.h"

#include <string.h>

#include "handlers/arguments.h"
#include "handlers/instantiation.h"
#include "handlers/links.h"

int stacks_create(struct request *request)
{
    struct ctx *ctx = &request->ctx;
    struct stack_input input;
    const char *id;
    if (instantiation_read(request, true, &input) < 0 || stack_create(ctx, &input, &id) < 0)
        return -1;
    struct links links = links_of(request, ctx->tenant_id);
    struct link_target target = {.stack_name = input.name, .stack_id = id};
    reply_json(request, 201);
    reply_header(request, "Location", stack_url(request, ctx->tenant_id, input.name, id));
    str_printf(&request->reply.body, "{\"stack\": {\"id\": \"%s\", \"links\": [", id);
    link_write(&request->reply.body, &links, &target, "self");
    str_add(&request->reply.body, "]}}");
    return 0;
}

int stacks_preview(struct request *request)
{
    struct stack_input input;
    if (instantiation_read(request, true, &input) < 0)
        return -1;
    const struct value *stack = stack_preview(&request->ctx, &input);
    if (!stack)
        return -1;
    struct value *body = value_map(request->ctx.arena);
    value_map_set(request->ctx.arena, body, "stack", stack);
    reply_value(request, 200, body);
    return 0;
}

/* ignore_errors: error codes, comma separated. NULL when absent. */
static const struct value *read_ignore_errors(struct request *request)
{
    struct arena *arena = request->ctx.arena;
    const char *text = request_query(request, "ignore_errors");
    if (!text || !*text)
        return NULL;
    struct value *codes = value_list(arena);
    for (;;) {
        size_t length = strcspn(text, ",");
        value_list_add(arena, codes, value_string_n(arena, text, length));
        if (text[length] == '\0')
            return codes;
        text += length + 1;
    }
}

int stacks_validate_template(struct request *request)
{
    struct stack_input input;
    int show_nested = argument_boolean(request, "show_nested", false);
    if (show_nested < 0 || instantiation_read(request, false, &input) < 0)
        return -1;
    const struct value *answer =
        stack_validate(&request->ctx, &input, show_nested, read_ignore_errors(request));
    if (!answer)
        return -1;
    reply_value(request, 200, answer);
    return 0;
}
