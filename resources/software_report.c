/* Reads a server's signal: outputs, and whether they mean a failure. */
#include "resources/software_report.h"

#include <string.h>

#include "base/str.h"

const char *const software_standard_outputs[] = {"deploy_stdout", "deploy_stderr", "deploy_status_code",
                                                 NULL};

static void add_reason(struct str *reasons, const char *name, const char *why)
{
    str_printf(reasons, "%s%s : %s", reasons->length ? ", " : "", name, why);
}

/* What the server says of its own exit; "0", 0 and nothing are success. NULL: that. */
static const char *failed_code(struct ctx *ctx, const struct value *details)
{
    const struct value *code = value_get(details, "deploy_status_code");
    const char *text = value_truth(code) ? value_to_str(ctx->arena, code) : "0";
    return strcmp(text, "0") != 0 ? text : NULL;
}

/* Declared outputs that came. True: one of them is an error by being there. */
static bool take_declared(struct ctx *ctx, struct value *outputs, const struct value *declared,
                          const struct value *details, struct str *reasons)
{
    bool failed = false;
    for (size_t i = 0; i < value_count(declared); i++) {
        const struct value *output = value_at(declared, i);
        const char *name = value_get_text(output, "name");
        const struct value *value = name ? value_get(details, name) : NULL;
        if (!value)
            continue;
        value_map_set(ctx->arena, outputs, name, value);
        if (!value_truth(value_get(output, "error_output")))
            continue;
        failed = true;
        add_reason(reasons, name, value_to_str(ctx->arena, value));
    }
    return failed;
}

static void take_standard(struct ctx *ctx, struct value *outputs, const struct value *details)
{
    for (size_t i = 0; software_standard_outputs[i]; i++) {
        const struct value *value = value_get(details, software_standard_outputs[i]);
        value_map_set(ctx->arena, outputs, software_standard_outputs[i], value ? value : &value_null);
    }
}

struct software_report software_report(struct ctx *ctx, const char *deployment_id,
                                       const struct value *outputs, const struct value *declared,
                                       const struct value *details)
{
    struct value *all =
        value_is(outputs, VALUE_MAP) ? value_copy(ctx->arena, outputs) : value_map(ctx->arena);
    struct str reasons = STR_INIT(ctx->arena);
    const char *code = failed_code(ctx, details);
    const char *told = arena_printf(ctx->arena, "deployment %s succeeded", deployment_id);
    if (code) {
        add_reason(&reasons, "deploy_status_code",
                   arena_printf(ctx->arena, "Deployment exited with non-zero status code: %s", code));
        told = arena_printf(ctx->arena, "deployment %s failed (%s)", deployment_id, code);
    }
    if (take_declared(ctx, all, declared, details, &reasons))
        told = arena_printf(ctx->arena, "deployment %s failed", deployment_id);
    take_standard(ctx, all, details);
    bool failed = reasons.length > 0;
    return (struct software_report){all, failed ? "FAILED" : "COMPLETE",
                                    failed ? reasons.data : "Outputs received", told};
}
