/* Resources: listing, showing, metadata, signals. */
#include "handlers/routes.h"

#include <string.h>

#include "base/config.h"
#include "base/value.h"
#include "engine/calls.h"
#include "handlers/arguments.h"
#include "handlers/links.h"
#include "handlers/views.h"

/* Attributes as JSON; with_attr: names asked for beyond those always shown, or NULL. */
static const char *attributes_json(struct ctx *ctx, const struct rows *rows, size_t row,
                                   const struct value *with_attr)
{
    const struct value *attributes = resource_attributes(ctx, rows_text(rows, row, RESOURCE_TYPE),
                                                         rows_text(rows, row, RESOURCE_ATTRIBUTES),
                                                         rows_text(rows, row, RESOURCE_DATA), with_attr);
    return attributes ? value_to_json(ctx->arena, attributes) : NULL;
}

/* ---- the list ---- */

enum resource_filter {
    FILTER_NAME,
    FILTER_TYPE,
    FILTER_STATUS,
    FILTER_ACTION,
    FILTER_ID,
    FILTER_PHYSICAL_ID,
    FILTER_COUNT
};
static const char *const filter_names[FILTER_COUNT] = {
    [FILTER_NAME] = "name",     [FILTER_TYPE] = "type", [FILTER_STATUS] = "status",
    [FILTER_ACTION] = "action", [FILTER_ID] = "id",     [FILTER_PHYSICAL_ID] = "physical_resource_id",
};

static bool parameter_known(const char *name)
{
    for (size_t i = 0; i < FILTER_COUNT; i++)
        if (strcmp(filter_names[i], name) == 0)
            return true;
    return strcmp(name, "nested_depth") == 0 || strcmp(name, "with_detail") == 0;
}

/* Unlike the other lists this one refuses what it does not know. */
static int check_parameters(struct request *request)
{
    struct arena *arena = request->ctx.arena;
    struct texts unknown = {0};
    for (size_t i = 0; i < request->query_count; i++) {
        const char *name = request->query[i].name;
        if (!parameter_known(name) && !texts_have(&unknown, name))
            texts_add(arena, &unknown, name);
    }
    if (!unknown.given)
        return 0;
    struct value *names = value_list(arena);
    for (size_t i = 0; i < unknown.count; i++)
        value_list_add(arena, names, value_string(arena, unknown.items[i]));
    return fail(&request->ctx, FAULT_BAD_REQUEST, "Invalid filter parameters %s",
                value_to_repr(arena, names));
}

struct resource_search {
    const char *filters[FILTER_COUNT];
    const char *nested_depth;
    bool detail;
};

/* Heat's levels start at 0 and end at its limit of nesting. */
static int read_depth(struct request *request, struct resource_search *search)
{
    const char *given = request_query(request, "nested_depth");
    if (!given)
        return 0;
    if (integer_check(&request->ctx, "nested_depth", given) < 0)
        return -1;
    int64_t cap = request->ctx.config->max_nested_stack_depth;
    int64_t depth = integer_of(given, cap);
    search->nested_depth = depth > 0 ? arena_printf(request->ctx.arena, "%d", (int)depth) : NULL;
    return 0;
}

static int read_search(struct request *request, struct resource_search *search)
{
    struct arena *arena = request->ctx.arena;
    struct texts given[FILTER_COUNT] = {0};
    if (check_parameters(request) < 0 || read_depth(request, search) < 0)
        return -1;
    int detail = argument_boolean_strict(request, "with_detail", false);
    if (detail < 0)
        return -1;
    search->detail = detail;
    for (size_t i = 0; i < FILTER_COUNT; i++)
        argument_texts(request, filter_names[i], &given[i]);
    texts_split_states(arena, &given[FILTER_ACTION], &given[FILTER_STATUS]);
    for (size_t i = 0; i < FILTER_COUNT; i++)
        search->filters[i] =
            i == FILTER_ID ? texts_uuid_array(arena, &given[i]) : texts_array(arena, &given[i]);
    return 0;
}

static struct rows *run_search(struct request *request, const struct resource_search *search)
{
    const char *const *f = search->filters;
    const char *detail = search->detail ? "t" : "f";
    if (search->nested_depth)
        return stack_read(request, STMT_resource_list_nested, f[FILTER_NAME], f[FILTER_TYPE],
                          f[FILTER_STATUS], f[FILTER_ACTION], f[FILTER_ID], f[FILTER_PHYSICAL_ID], detail,
                          search->nested_depth);
    return stack_read(request, STMT_resource_list, f[FILTER_NAME], f[FILTER_TYPE], f[FILTER_STATUS],
                      f[FILTER_ACTION], f[FILTER_ID], f[FILTER_PHYSICAL_ID], detail);
}

int resources_index(struct request *request)
{
    struct resource_search search = {0};
    if (read_search(request, &search) < 0)
        return -1;
    struct rows *rows = run_search(request, &search);
    if (!rows)
        return -1;
    struct links links = links_of(request, request->ctx.tenant_id);
    struct str *body = &request->reply.body;
    const char *separator = "";
    reply_json(request, 200);
    str_add(body, "{\"resources\": [");
    for (size_t i = 0; i < rows_count(rows); i++) {
        const char *attributes = NULL;
        if (!rows_text(rows, i, RESOURCE_NAME))
            continue;
        if (search.detail && !(attributes = attributes_json(&request->ctx, rows, i, NULL)))
            return -1;
        str_add(body, separator);
        view_resource(body, &links, rows, i, attributes);
        separator = ", ";
    }
    str_add(body, "]}");
    return 0;
}

/* ---- one ---- */

static struct rows *read_resource(struct request *request)
{
    const char *name = request->variables[PATH_RESOURCE];
    struct rows *rows = stack_read(request, STMT_resource_show, name);
    if (rows && !rows_text(rows, 0, RESOURCE_NAME)) {
        fail_resource(&request->ctx, name, request->variables[PATH_STACK_NAME]);
        return NULL;
    }
    return rows;
}

/* Attributes asked for by with_attr, beyond those that are always shown; NULL: none. */
static const struct value *read_with_attr(struct request *request)
{
    struct arena *arena = request->ctx.arena;
    struct texts given = {0};
    argument_texts(request, "with_attr", &given);
    if (!given.given)
        return NULL;
    struct value *names = value_list(arena);
    for (size_t i = 0; i < given.count; i++)
        value_list_add(arena, names, value_string(arena, given.items[i]));
    return names;
}

int resources_show(struct request *request)
{
    struct rows *rows = read_resource(request);
    if (!rows)
        return -1;
    const char *attributes = attributes_json(&request->ctx, rows, 0, read_with_attr(request));
    if (!attributes)
        return -1;
    struct links links = links_of(request, request->ctx.tenant_id);
    reply_json(request, 200);
    str_add(&request->reply.body, "{\"resource\": ");
    view_resource(&request->reply.body, &links, rows, 0, attributes);
    str_add_char(&request->reply.body, '}');
    return 0;
}

/* An agent with a signed URL is given the metadata as such, which is what os-collect-config reads. */
static int reply_to_agent(struct request *request)
{
    const char *signature = request_query(request, "signature");
    if (metadata_url_check(&request->ctx, request->ctx.tenant_id, request->variables[PATH_STACK_ID],
                           request->variables[PATH_RESOURCE], signature) < 0)
        return -1;
    struct rows *rows = read_resource(request);
    if (!rows)
        return -1;
    reply_json(request, 200);
    str_add(&request->reply.body, rows_text(rows, 0, RESOURCE_METADATA));
    return 0;
}

int resources_metadata(struct request *request)
{
    if (!request->ctx.identity)
        return reply_to_agent(request);
    struct rows *rows = read_resource(request);
    if (!rows)
        return -1;
    reply_json(request, 200);
    str_add(&request->reply.body, "{\"metadata\": ");
    str_add(&request->reply.body, rows_text(rows, 0, RESOURCE_METADATA));
    str_add_char(&request->reply.body, '}');
    return 0;
}

/* ---- signals ---- */

/* A map is a signal's details; no body, or any other JSON, is a signal without. */
static int read_details(struct request *request, const struct value **details)
{
    *details = NULL;
    if (request->body_length == 0)
        return 0;
    *details = request_json(request);
    return request->ctx.error.fault == FAULT_NONE ? 0 : -1;
}

/* With a token the policy has spoken; without one the signature in the query speaks for its owner. */
static int check_signature(struct request *request)
{
    const char *signature = request_query(request, "signature");
    if (request->ctx.identity)
        return 0;
    if (!signature)
        return fail(&request->ctx, FAULT_UNAUTHENTICATED,
                    "The request you have made requires authentication.");
    struct signal_target target = {request->ctx.tenant_id, request->variables[PATH_STACK_ID],
                                   request->variables[PATH_RESOURCE], request_query(request, "id")};
    return signal_url_check(&request->ctx, &target, signature);
}

int resources_signal(struct request *request)
{
    struct stack_key key = path_stack(request);
    const struct value *details;
    if (check_signature(request) < 0 || read_details(request, &details) < 0)
        return -1;
    const char *signed_id = request->ctx.identity ? NULL : request_query(request, "id");
    if (resource_signal(&request->ctx, &key, request->variables[PATH_RESOURCE], signed_id, details,
                        arena_printf(request->ctx.arena, "%s/v1", request_base_url(request))) < 0)
        return -1;
    reply_json(request, 200);
    str_add(&request->reply.body, "null");
    return 0;
}
