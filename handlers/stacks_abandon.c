/* A stack as data: exported, or abandoned. */
#include "handlers/routes.h"

#include "handlers/arguments.h"

static int reply_data(struct request *request, const struct value *data)
{
    if (!data)
        return -1;
    reply_value(request, 200, data);
    return 0;
}

int stacks_export(struct request *request)
{
    struct stack_key key = path_stack(request);
    return reply_data(request, stack_export(&request->ctx, &key));
}

int stacks_abandon(struct request *request)
{
    struct stack_key key = path_stack(request);
    return reply_data(request, stack_abandon(&request->ctx, &key));
}
