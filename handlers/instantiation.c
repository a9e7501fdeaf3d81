/* Reading the body of create, preview and validate: each member is checked in the order in which Heat looks
 * at it, so that a body with several mistakes is told of the same one first. */
#include "handlers/instantiation.h"

#include <string.h>
#include <strings.h>

#include "base/config.h"
#include "cloud/fetch.h"
#include "handlers/arguments.h"

int fail_malformed(struct ctx *ctx)
{
    return fail(
        ctx, FAULT_BAD_REQUEST,
        "The server could not comply with the request since it is either malformed or otherwise incorrect.");
}

/* ---- arguments beside the template ---- */

static int read_timeout(struct ctx *ctx, const struct value *body, struct stack_input *input)
{
    const struct value *timeout = value_get(body, "timeout_mins");
    input->timeout_mins = -1;
    if (value_is_null(timeout))
        return 0;
    const char *text = value_to_str(ctx->arena, timeout);
    if (integer_check(ctx, "timeout_mins", text) < 0)
        return -1;
    int minutes = (int)integer_of(text, INT32_MAX);
    if (minutes > 0)
        input->timeout_mins = minutes;
    return 0;
}

static int read_tags(struct ctx *ctx, const struct value *body, struct stack_input *input)
{
    const struct value *tags = value_get(body, "tags");
    if (value_is_null(tags))
        return 0;
    struct texts split = {0};
    if (!value_is(tags, VALUE_STRING))
        return fail(ctx, FAULT_VALUE_ERROR, "Invalid tags, not a comma separated string: %s",
                    value_to_json(ctx->arena, tags));
    if (tags_split(ctx, value_text(tags), &split) < 0)
        return -1;
    struct value *list = value_list(ctx->arena);
    for (size_t i = 0; i < split.count; i++)
        value_list_add(ctx->arena, list, value_string(ctx->arena, split.items[i]));
    input->tags = list;
    return 0;
}

static int read_rollback(struct ctx *ctx, const struct value *body, struct stack_input *input)
{
    const struct value *given = value_get(body, "disable_rollback");
    const char *text = given ? value_to_str(ctx->arena, given) : "true";
    input->disable_rollback = strcasecmp(text, "true") == 0;
    if (input->disable_rollback || strcasecmp(text, "false") == 0)
        return 0;
    return fail(ctx, FAULT_VALUE_ERROR,
                "Unrecognized value \"%s\" for \"disable_rollback\", acceptable values are: true, false.",
                text);
}

/* Not Heat's: "protected", true or false. */
static int read_protection(struct ctx *ctx, const struct value *body, struct stack_input *input)
{
    const struct value *given = value_get(body, "protected");
    if (value_is_null(given))
        return 0;
    int on = boolean_check(ctx, "protected", value_to_str(ctx->arena, given));
    input->protection = on > 0 ? PROTECTION_ON : PROTECTION_OFF;
    return on < 0 ? -1 : 0;
}

static int refuse_converge(struct ctx *ctx, const struct value *body)
{
    if (!value_has(body, "converge"))
        return 0;
    return fail(ctx, FAULT_BAD_REQUEST,
                "converge flag only supported in stack update (or update preview) request.");
}

/* What Heat has and Hearth has not must not pass for done. */
static int refuse_others(struct ctx *ctx, const struct value *body, bool updating)
{
    if (updating && !value_is_null(value_get(body, "adopt_stack_data")))
        return fail(ctx, FAULT_NOT_SUPPORTED, "Stack Adopt is not supported.");
    if (!value_is_null(value_get(body, "files_container")))
        return fail(ctx, FAULT_NOT_SUPPORTED, "files_container is not supported.");
    return 0;
}

static int check_named(struct ctx *ctx, const struct value *body)
{
    return value_get(body, "stack_name") ? 0 : fail(ctx, FAULT_BAD_REQUEST, "No stack name specified");
}

static int read_name(struct ctx *ctx, const struct value *body, struct stack_input *input)
{
    const struct value *name = value_get(body, "stack_name");
    if (!value_is(name, VALUE_STRING))
        return fail(ctx, FAULT_STACK_VALIDATION, "Invalid stack name %s, must be a string",
                    value_to_str(ctx->arena, name));
    if (strlen(name->string.text) != name->string.length)
        return fail(ctx, FAULT_STACK_VALIDATION, "Invalid stack name: it contains a NUL character");
    input->name = name->string.text;
    return 0;
}

/* ---- the template ---- */

static int check_size(struct ctx *ctx, size_t size)
{
    if (size <= (size_t)ctx->config->max_template_size)
        return 0;
    return fail(
        ctx, FAULT_REQUEST_LIMIT,
        "Request limit exceeded: Template size (%zu bytes) exceeds maximum allowed size (%lld bytes).", size,
        (long long)ctx->config->max_template_size);
}

static const struct value *parse_template(struct ctx *ctx, const char *text, size_t length)
{
    if (check_size(ctx, length) < 0)
        return NULL;
    const struct value *template = template_read(ctx, text, length);
    if (!template)
        return NULL;
    if (!value_has(template, "heat_template_version") && !value_has(template, "HeatTemplateFormatVersion") &&
        !value_has(template, "AWSTemplateFormatVersion"))
        return fail_null(ctx, FAULT_BAD_REQUEST,
                         "Template not in valid format: Template format version not found.");
    return template;
}

static const struct value *map_template(struct ctx *ctx, const struct value *template)
{
    size_t length = strlen(value_to_json(ctx->arena, template));
    return check_size(ctx, length) == 0 ? template : NULL;
}

static const struct value *fetch_template(struct ctx *ctx, const struct value *url)
{
    size_t length;
    if (!value_is(url, VALUE_STRING))
        return fail_malformed(ctx), NULL;
    const char *text = fetch_text(ctx, url->string.text, (size_t)ctx->config->max_template_size, &length);
    if (text)
        return parse_template(ctx, text, length);
    ctx->error.fault = FAULT_BAD_REQUEST;
    ctx->error.message = arena_printf(ctx->arena, "Could not retrieve template: %s", ctx->error.message);
    return NULL;
}

/* Exported data, as text; the template is in it. */
static const struct value *read_adopt_data(struct ctx *ctx, const struct value *text)
{
    if (!value_is(text, VALUE_STRING))
        return fail_malformed(ctx), NULL;
    const struct value *data = template_read(ctx, text->string.text, text->string.length);
    if (data && !value_has(data, "template"))
        return fail_null(ctx, FAULT_BAD_REQUEST, "Invalid adopt data: 'template'");
    if (data || ctx->error.fault != FAULT_BAD_REQUEST)
        return data;
    const char *message = strstr(ctx->error.message, ": ");
    ctx->error.message =
        arena_printf(ctx->arena, "Invalid adopt data%s", message ? message : ": it does not read");
    return NULL;
}

static const struct value *read_template(struct ctx *ctx, const struct value *body,
                                         const struct value *adopted)
{
    const struct value *template = value_get(adopted ? adopted : body, "template");
    if (!template && value_has(body, "template_url"))
        return fetch_template(ctx, value_get(body, "template_url"));
    if (value_is_null(template))
        return fail_null(ctx, FAULT_BAD_REQUEST, "No template specified");
    if (value_is(template, VALUE_MAP))
        return map_template(ctx, template);
    if (value_is(template, VALUE_STRING))
        return parse_template(ctx, template->string.text, template->string.length);
    return fail_malformed(ctx), NULL;
}

/* ---- environment, parameters, files ---- */

/* With environment_files the environment of the body is what the client merged from them itself: left out. */
static int read_environment(struct ctx *ctx, const struct value *body, struct stack_input *input)
{
    const struct value *files = value_get(body, "environment_files");
    const struct value *environment = value_get(body, "environment");
    if (value_truth(files)) {
        if (!value_is(files, VALUE_LIST))
            return fail_malformed(ctx);
        input->environment_files = files;
        return 0;
    }
    if (value_is_null(environment))
        return 0;
    if (value_is(environment, VALUE_STRING))
        environment = environment_read(ctx, environment->string.text, environment->string.length);
    else if (!value_is(environment, VALUE_MAP))
        return fail_malformed(ctx);
    input->environment = environment;
    return environment ? 0 : -1;
}

/* An absent member leaves *map NULL, as does an empty list or text; anything but a map is refused. */
static int read_map(struct ctx *ctx, const struct value *body, const char *name, const struct value **map)
{
    *map = value_get(body, name);
    if (!*map || value_is(*map, VALUE_MAP))
        return 0;
    if (value_is_null(*map))
        return fail_malformed(ctx);
    if (value_count(*map) == 0 && (value_is(*map, VALUE_LIST) || value_is(*map, VALUE_STRING)) &&
        !value_truth(*map)) {
        *map = NULL;
        return 0;
    }
    return fail(ctx, FAULT_VALUE_ERROR, "The %s of the request must be a map", name);
}

static int read_files(struct ctx *ctx, const struct value *body, struct stack_input *input)
{
    if (value_is_null(value_get(body, "files")))
        return 0;
    return read_map(ctx, body, "files", &input->files);
}

/* ---- all of it ---- */

/* Arguments that say how a stack is made; validating one passes over them. */
static int read_manner(struct ctx *ctx, const struct value *body, struct stack_input *input)
{
    if (read_timeout(ctx, body, input) < 0 || read_tags(ctx, body, input) < 0 ||
        refuse_converge(ctx, body) < 0)
        return -1;
    return check_named(ctx, body);
}

static int read_all(struct request *request, const struct value *body, bool named, struct stack_input *input)
{
    struct ctx *ctx = &request->ctx;
    const struct value *adopt_text = value_get(body, "adopt_stack_data");
    const struct value *adopted = adopt_text ? read_adopt_data(ctx, adopt_text) : NULL;
    if (adopt_text && !adopted)
        return -1;
    input->template = read_template(ctx, body, adopted);
    if (!input->template || read_environment(ctx, body, input) < 0 ||
        read_map(ctx, body, "parameters", &input->parameters) < 0 || read_files(ctx, body, input) < 0 ||
        refuse_others(ctx, body, false) < 0)
        return -1;
    if (named && (read_rollback(ctx, body, input) < 0 || read_protection(ctx, body, input) < 0 ||
                  read_name(ctx, body, input) < 0))
        return -1;
    input->base_url = arena_printf(ctx->arena, "%s/v1", request_base_url(request));
    return adopted ? stack_adopt_read(ctx, adopted, input) : 0;
}

int instantiation_read(struct request *request, bool named, struct stack_input *input)
{
    struct ctx *ctx = &request->ctx;
    const struct value *body = request_json(request);
    *input = (struct stack_input){.timeout_mins = -1, .disable_rollback = true};
    if (!body)
        return fail_malformed(ctx); /* unless a reason was given: the first one stays */
    if (named && read_manner(ctx, body, input) < 0)
        return -1;
    return read_all(request, body, named, input);
}

/* ---- of an update ---- */

/* Hearth always compares with what it stored; the flag asks for nothing more as long as that is the truth. */
static int check_converge(struct ctx *ctx, const struct value *body)
{
    const struct value *given = value_get(body, "converge");
    return given ? boolean_check(ctx, "converge", value_to_str(ctx->arena, given)) : 0;
}

static int read_clear_parameters(struct ctx *ctx, const struct value *body, struct stack_input *input)
{
    const struct value *names = value_get(body, "clear_parameters");
    if (value_is_null(names) ||
        value_is(names, VALUE_STRING)) /* of a text Heat takes each letter for a name */
        return 0;
    if (!value_is(names, VALUE_LIST))
        return fail(ctx, FAULT_VALUE_ERROR, "clear_parameters must be a list of names");
    input->clear_parameters = names;
    return 0;
}

static int read_update_template(struct ctx *ctx, const struct value *body, bool patch,
                                struct stack_input *input)
{
    bool given = !value_is_null(value_get(body, "template")) || value_has(body, "template_url");
    if (patch && !given)
        return 0;
    input->template = read_template(ctx, body, NULL);
    return input->template ? 0 : -1;
}

int instantiation_read_update(struct request *request, bool patch, struct stack_input *input)
{
    struct ctx *ctx = &request->ctx;
    const struct value *body = request_json(request);
    *input = (struct stack_input){.existing = patch};
    if (!body)
        return fail_malformed(ctx);
    if (read_timeout(ctx, body, input) < 0 || read_tags(ctx, body, input) < 0 ||
        read_update_template(ctx, body, patch, input) < 0 || read_environment(ctx, body, input) < 0 ||
        read_map(ctx, body, "parameters", &input->parameters) < 0 || read_files(ctx, body, input) < 0 ||
        read_rollback(ctx, body, input) < 0 || read_protection(ctx, body, input) < 0 ||
        refuse_others(ctx, body, true) < 0 || check_converge(ctx, body) < 0 ||
        (patch && read_clear_parameters(ctx, body, input) < 0))
        return -1;
    input->rollback_given = value_has(body, "disable_rollback");
    input->base_url = arena_printf(ctx->arena, "%s/v1", request_base_url(request));
    return 0;
}
