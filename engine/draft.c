/* A stack that a request describes, checked as a whole before anything is stored. The order of the checks is
 * Heat's: it decides which of several mistakes is reported. */
#include "engine/draft.h"

#include <ctype.h>
#include <inttypes.h>
#include <string.h>

#include "base/config.h"
#include "base/str.h"
#include "sql/db.h"

enum { STACK_NAME_MAX = 255, MINUTE_US = 60000000 };

/* ---- name and limits ---- */
static bool is_name_character(char c)
{
    return isalnum((unsigned char)c) || c == '_' || c == '.' || c == '-';
}

static bool is_stack_name(const char *name)
{
    size_t length = strlen(name);
    if (length == 0 || length > STACK_NAME_MAX || !isalpha((unsigned char)name[0]))
        return false;
    for (const char *c = name; *c; c++)
        if (!is_name_character(*c))
            return false;
    return true;
}

static int check_name(struct ctx *ctx, const char *name)
{
    if (is_stack_name(name))
        return 0;
    return fail(ctx, FAULT_STACK_VALIDATION,
                "Invalid stack name %s must contain only alphanumeric or \"_-.\" characters, must start with "
                "alpha and "
                "must be 255 characters or less.",
                name);
}

static int check_name_and_quota(struct ctx *ctx, const char *name)
{
    int64_t most = ctx->config->max_stacks_per_tenant;
    struct rows *rows = db_read(ctx, ctx->db, STMT_engine_create_check, ctx->tenant_id, name,
                                arena_printf(ctx->arena, "%" PRId64, most));
    if (!rows)
        return -1;
    if (rows_bool(rows, 0, rows_column(rows, "taken")))
        return fail(ctx, FAULT_STACK_EXISTS, "The Stack (%s) already exists.", name);
    if (most >= 0 && rows_int(rows, 0, rows_column(rows, "stacks")) >= most)
        return fail(ctx, FAULT_REQUEST_LIMIT,
                    "Request limit exceeded: You have reached the maximum stacks per tenant, %" PRId64
                    ". Please delete some stacks.",
                    most);
    return 0;
}

static int check_template_size(struct ctx *ctx, const char *template_json)
{
    int64_t size = (int64_t)strlen(template_json), most = ctx->config->max_template_size;
    if (arena_over(ctx->arena))
        return fail(ctx, FAULT_TOO_LARGE, "Request limit exceeded: The template needs too much memory.");
    if (size <= most)
        return 0;
    return fail(ctx, FAULT_REQUEST_LIMIT,
                "Request limit exceeded: Template size (%" PRId64
                " bytes) exceeds maximum allowed size (%" PRId64 " bytes).",
                size, most);
}

int draft_check_resource_limit(struct ctx *ctx, const struct template *template)
{
    int64_t most = ctx->config->max_resources_per_stack;
    if (most < 0 || (int64_t) template->resource_count <= most)
        return 0;
    return fail(ctx, FAULT_REQUEST_LIMIT, "Request limit exceeded: Maximum resources per stack exceeded.");
}

/* ---- the documents ---- */
const struct value *draft_environment(struct ctx *ctx, const struct stack_input *input)
{
    if (value_is_null(input->parameters) || value_count(input->parameters) == 0)
        return input->environment;
    const struct value *own = value_get(input->environment, "parameters");
    struct value *parameters = value_is(own, VALUE_MAP) ? value_copy(ctx->arena, own) : value_map(ctx->arena);
    value_map_set_all(ctx->arena, parameters, input->parameters);
    struct value *environment = value_is(input->environment, VALUE_MAP)
                                    ? value_copy(ctx->arena, input->environment)
                                    : value_map(ctx->arena);
    value_map_set(ctx->arena, environment, "parameters", parameters);
    return environment;
}

static int64_t timeout_of(struct ctx *ctx, const struct stack_input *input)
{
    /* 0 is accepted, and means none was given */
    return input->timeout_mins > 0 ? (int64_t)input->timeout_mins * MINUTE_US
                                   : ctx->config->stack_action_timeout * 1000;
}

static int check_definition(struct ctx *ctx, struct draft *draft)
{
    return definition_resolve_parameters(draft->definition, &draft->documents) == 0 &&
                   definition_link(draft->definition) == 0
               ? definition_validate(draft->definition, true, draft->timeout_us)
               : -1;
}

static struct draft *draft_new(struct ctx *ctx, const struct stack_input *input, const char *stack_id)
{
    struct draft *draft = arena_new(ctx->arena, struct draft);
    draft->timeout_us = timeout_of(ctx, input);
    draft->documents = (struct documents){
        .template = input->template,
        .environment = draft_environment(ctx, input),
        .environment_files = input->environment_files,
        .files = input->files,
        .stack_name = input->name,
        .stack_id = stack_id,
        .strict = true,
        .may_fetch = true,
    };
    draft->template_json = value_to_json(ctx->arena, input->template);
    if (check_template_size(ctx, draft->template_json) != 0)
        return NULL;
    draft->definition = definition_parse(ctx, &draft->documents);
    return draft->definition ? draft : NULL;
}

struct draft *draft_check(struct ctx *ctx, const struct stack_input *input, const char *stack_id)
{
    struct draft *draft = draft_new(ctx, input, stack_id);
    if (!draft || check_name_and_quota(ctx, input->name) != 0 ||
        draft_check_resource_limit(ctx, draft->definition->template) != 0 ||
        check_name(ctx, input->name) != 0 || check_definition(ctx, draft) != 0)
        return NULL;
    return draft;
}

/* ---- updates ---- */
static bool has_immutable(const struct template *template)
{
    for (size_t i = 0; i < template->parameter_count; i++)
        if (template->parameters[i].immutable)
            return true;
    return false;
}

/* A parameter that the stack did not have before may be set. */
static int check_immutable(struct ctx *ctx, const struct definition *now, const struct documents *current)
{
    struct definition *before = has_immutable(now->template) ? definition_parse(ctx, current) : NULL;
    if (!before || definition_resolve_parameters(before, current) != 0 ||
        before->parameters->flaw.fault != FAULT_NONE) {
        error_clear(ctx);
        return 0;
    }
    struct str changed = STR_INIT(ctx->arena);
    for (size_t i = 0; i < now->template->parameter_count; i++) {
        const struct parameter_schema *schema = &now->template->parameters[i];
        const struct parameter *old = parameters_find(before->parameters, schema->name),
                               *new = parameters_find(now->parameters, schema->name);
        if (schema->immutable && old && new && !value_equal(old->value, new->value))
            str_printf(&changed, "%s%s", changed.length ? ", " : "", schema->name);
    }
    if (changed.length == 0)
        return 0;
    return fail(ctx, FAULT_IMMUTABLE_PARAMETER,
                "The following parameters are immutable and may not be updated: %s", changed.data);
}

struct draft *draft_check_update(struct ctx *ctx, const struct stack_input *input,
                                 const struct documents *current)
{
    struct draft *draft = draft_new(ctx, input, current->stack_id);
    if (draft)
        draft->documents.sealed = current->sealed;
    if (!draft || draft_check_resource_limit(ctx, draft->definition->template) != 0 ||
        definition_resolve_parameters(draft->definition, &draft->documents) != 0 ||
        check_immutable(ctx, draft->definition, current) != 0 || definition_link(draft->definition) != 0 ||
        definition_validate(draft->definition, true, draft->timeout_us) != 0)
        return NULL;
    return draft;
}
