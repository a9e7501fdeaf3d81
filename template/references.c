/* Which functions refer to resources, and to which. */
#include "template/call.h"

#include <string.h>

/* What in the arguments names the resource and the attribute, as written. */
struct named {
    const struct value *resource, *attribute;
    bool is_attribute;
};

static bool is_resource(const struct call *call, const struct value *name)
{
    return template_resource(call->scope->template, value_text(name)) != NULL;
}

static bool name_parts(const struct call *call, struct named *named)
{
    const char *name = call_name(call);
    if (strcmp(name, "get_resource") == 0 ||
        (strcmp(name, "Ref") == 0 && !call->condition && is_resource(call, call->args))) {
        *named = (struct named){call->args, NULL, false};
        return true;
    }
    if (strcmp(name, "get_attr") == 0 || strcmp(name, "Fn::GetAtt") == 0) {
        *named = (struct named){value_at(call->args, 0), value_at(call->args, 1), true};
        return true;
    }
    return false;
}

int call_reference(const struct call *call, struct reference *reference)
{
    struct named named;
    if (call->function->where == REMOVED || !name_parts(call, &named))
        return 0;
    *reference = (struct reference){.is_attribute = named.is_attribute};
    reference->resource = call_resolve(call, named.resource);
    if (reference->resource && named.attribute)
        reference->attribute = call_resolve(call, named.attribute);
    return call->scope->ctx->error.fault == FAULT_NONE ? 1 : -1;
}
