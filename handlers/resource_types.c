/* Resource types: which there are, their schema, and a template made from one. */
#include "handlers/routes.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <string.h>
#include <strings.h>

#include "base/value.h"
#include "fcgi/auth.h"
#include "handlers/arguments.h"
#include "resources/catalogue.h"

static const char *const support_statuses[] = {"UNKNOWN", "SUPPORTED", "DEPRECATED", "UNSUPPORTED", "HIDDEN"};

static bool type_hidden(const struct resource_type *type)
{
    const char *status = value_get_text(type->support_status, "status");
    return status && strcmp(status, "HIDDEN") == 0;
}

/* ---- the list ---- */

struct type_filter {
    const char *status, *version;
    pcre2_code *name; /* NULL: any */
    pcre2_match_data *match;
};

static void free_code(void *code)
{
    pcre2_code_free(code);
}

static void free_match(void *match)
{
    pcre2_match_data_free(match);
}

/* The name is a regular expression that must match from the start. False when it is none: then nothing
 * matches. */
static bool filter_compile(struct arena *arena, struct type_filter *filter, const char *expression)
{
    int error;
    PCRE2_SIZE offset;
    filter->name = pcre2_compile((PCRE2_SPTR)expression, PCRE2_ZERO_TERMINATED, PCRE2_ANCHORED | PCRE2_UTF,
                                 &error, &offset, NULL);
    if (!filter->name)
        return false;
    arena_on_end(arena, free_code, filter->name);
    filter->match = pcre2_match_data_create_from_pattern(filter->name, NULL);
    arena_on_end(arena, free_match, filter->match);
    return filter->match != NULL;
}

static bool same_text(const char *wanted, const char *text)
{
    return !wanted || (text && strcmp(wanted, text) == 0);
}

static bool filter_lets_through(struct ctx *ctx, const struct type_filter *filter,
                                const struct resource_type *type)
{
    if (type_hidden(type))
        return false;
    if (filter->name &&
        pcre2_match(filter->name, (PCRE2_SPTR)type->name, strlen(type->name), 0, 0, filter->match, NULL) < 0)
        return false;
    return same_text(filter->version, value_get_text(type->support_status, "version")) &&
           same_text(filter->status, value_get_text(type->support_status, "status")) &&
           policy_allows(ctx, arena_printf(ctx->arena, "resource_types:%s", type->name));
}

static int check_support_status(struct ctx *ctx, const char *status)
{
    for (size_t i = 0; i < COUNT_OF(support_statuses); i++)
        if (!status || strcmp(support_statuses[i], status) == 0)
            return 0;
    return fail(
        ctx, FAULT_INVALID,
        "Data supplied was not valid: Invalid support status and should be one of ('UNKNOWN', 'SUPPORTED', "
        "'DEPRECATED', 'UNSUPPORTED', 'HIDDEN')");
}

static void write_type(struct str *out, const struct resource_type *type, bool with_description)
{
    if (!with_description) {
        json_write_string(out, type->name);
        return;
    }
    const char *description = value_get_text(type->definition, "description");
    str_add(out, "{\"resource_type\": ");
    json_write_string(out, type->name);
    str_add(out, ", \"description\": ");
    json_write_string(out, description ? description : "");
    str_add_char(out, '}');
}

static void write_types(struct request *request, const struct type_filter *filter, bool with_description)
{
    struct str *body = &request->reply.body;
    const char *separator = "";
    for (size_t i = 0; i < catalogue_count(); i++) {
        const struct resource_type *type = catalogue_at(i);
        if (!filter_lets_through(&request->ctx, filter, type))
            continue;
        str_add(body, separator);
        write_type(body, type, with_description);
        separator = ", ";
    }
}

int stacks_list_resource_types(struct request *request)
{
    struct type_filter filter = {.status = request_query(request, "support_status"),
                                 .version = request_query(request, "version")};
    const char *name = request_query(request, "name");
    int with_description = argument_boolean_strict(request, "with_description", false);
    if (with_description < 0 || check_support_status(&request->ctx, filter.status) < 0)
        return -1;
    reply_json(request, 200);
    str_add(&request->reply.body, "{\"resource_types\": [");
    if (!name || filter_compile(request->ctx.arena, &filter, name))
        write_types(request, &filter, with_description);
    str_add(&request->reply.body, "]}");
    return 0;
}

/* ---- one ---- */

static int check_policy(struct ctx *ctx, const char *name)
{
    if (policy_allows(ctx, arena_printf(ctx->arena, "resource_types:%s", name)))
        return 0;
    return fail(ctx, FAULT_FORBIDDEN, "You are not authorized to use resource_types:%s.", name);
}

static const struct resource_type *path_type(struct request *request)
{
    struct ctx *ctx = &request->ctx;
    const char *name = request->variables[1];
    if (check_policy(ctx, name) < 0)
        return NULL;
    const struct resource_type *type = catalogue_find(name);
    if (!type)
        return fail_null(ctx, FAULT_ENTITY_NOT_FOUND, "The Resource Type (%s) could not be found.", name);
    if (type_hidden(type))
        return fail_null(ctx, FAULT_NOT_SUPPORTED, "%s is not supported.", name);
    return type;
}

static int reply_made(struct request *request, const struct value *body)
{
    if (!body)
        return -1;
    reply_value(request, 200, body);
    return 0;
}

int stacks_resource_schema(struct request *request)
{
    const struct resource_type *type = path_type(request);
    return type ? reply_made(request, catalogue_schema(&request->ctx, type)) : -1;
}

int stacks_generate_template(struct request *request)
{
    const char *kind = request_query(request, "template_type");
    bool hot = kind && strcasecmp(kind, "hot") == 0;
    if (kind && !hot && strcasecmp(kind, "cfn") != 0) {
        char *lower = arena_strdup(request->ctx.arena, kind);
        for (char *c = lower; *c; c++)
            *c = *c >= 'A' && *c <= 'Z' ? (char)(*c + ('a' - 'A')) : *c;
        return fail(
            &request->ctx, FAULT_BAD_REQUEST,
            "Template type is not supported: Invalid template type \"%s\", valid types are: cfn, hot.",
            lower);
    }
    const struct resource_type *type = path_type(request);
    if (!type)
        return -1;
    return reply_made(request, hot ? catalogue_template_hot(&request->ctx, type)
                                   : catalogue_template_cfn(&request->ctx, type));
}
