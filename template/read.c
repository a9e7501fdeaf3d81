/* Template and environment texts: JSON or YAML to a map, with Heat's words when it is none. */
#include "template/template.h"

#include <string.h>

static bool begins_like_json(const char *text, size_t length)
{
    size_t i = 0;
    while (i < length && memchr(" \t\r\n", text[i], 4))
        i++;
    return i < length && text[i] == '{';
}

/* Text that begins like JSON may still be YAML's flow style. */
static const struct value *read_either(struct ctx *ctx, const char *text, size_t length)
{
    if (begins_like_json(text, length)) {
        const struct value *value = value_read_json(ctx, text, length);
        if (value)
            return value;
        error_clear(ctx);
    }
    return yaml_read(ctx, text, length);
}

/* An environment is YAML, in which 1e-07 is a text; but what YAML does not take may be JSON ("\\ud83d\\ude00"). */
static const struct value *read_yaml_first(struct ctx *ctx, const char *text, size_t length)
{
    const struct value *value = yaml_read(ctx, text, length);
    if (value || ctx->error.fault != FAULT_BAD_REQUEST || !begins_like_json(text, length))
        return value;
    struct error error = ctx->error;
    error_clear(ctx);
    value = value_read_json(ctx, text, length);
    if (!value)
        ctx->error = error;
    return value;
}

/* Puts words before the message of a bad request; other faults (limits) stand for themselves. */
static const struct value *explain(struct ctx *ctx, const char *words)
{
    if (ctx->error.fault == FAULT_BAD_REQUEST)
        ctx->error.message = arena_printf(ctx->arena, "%s%s", words, ctx->error.message);
    return NULL;
}

const struct value *template_read(struct ctx *ctx, const char *text, size_t length)
{
    const struct value *value = read_either(ctx, text, length);
    if (!value)
        return explain(ctx, "Template not in valid format: Error parsing template [root stack] ");
    if (value_is_null(value))
        return value_map(ctx->arena);
    if (!value_is(value, VALUE_MAP))
        return fail_null(ctx, FAULT_BAD_REQUEST,
                         "Template not in valid format: The template is not a JSON object or YAML mapping.");
    return value;
}

const struct value *environment_read(struct ctx *ctx, const char *text, size_t length)
{
    const struct value *value = read_yaml_first(ctx, text, length);
    if (!value)
        return explain(ctx, "Environment not in valid format: ");
    if (value_is_null(value))
        return value_map(ctx->arena);
    if (!value_is(value, VALUE_MAP))
        return fail_null(
            ctx, FAULT_BAD_REQUEST,
            "Environment not in valid format: The environment is not a valid YAML mapping data type.");
    return environment_check_sections(ctx, value) == 0 ? value : NULL;
}
