/* Events: of a stack or its whole tree, of one resource, and one by its id. */
#include "handlers/routes.h"

#include <string.h>

#include "base/config.h"
#include "base/uuid.h"
#include "handlers/arguments.h"
#include "handlers/links.h"
#include "handlers/views.h"

enum event_filter { FILTER_NAME, FILTER_TYPE, FILTER_ACTION, FILTER_STATUS, FILTER_COUNT };
static const char *const filter_names[FILTER_COUNT] = {
    [FILTER_NAME] = "resource_name",
    [FILTER_TYPE] = "resource_type",
    [FILTER_ACTION] = "resource_action",
    [FILTER_STATUS] = "resource_status",
};

struct event_search {
    const char *filters[FILTER_COUNT];
    const char *marker, *limit;
    const char *nested_depth; /* NULL: the stack alone */
    const char *operation;    /* NULL: of any */
    bool by_type, descending, with_operation;
};

/* ---- reading the query ---- */

/* The resource of the path counts more than a filter of the query. */
static const char *resource_of_path(const struct request *request)
{
    return request->variable_count > PATH_RESOURCE ? request->variables[PATH_RESOURCE] : NULL;
}

static void read_filters(struct request *request, struct event_search *search)
{
    struct texts given[FILTER_COUNT] = {0};
    const char *resource = resource_of_path(request);
    for (size_t i = 0; i < FILTER_COUNT; i++) {
        if (i == FILTER_NAME && resource)
            texts_add(request->ctx.arena, &given[i], resource);
        else
            argument_texts(request, filter_names[i], &given[i]);
        search->filters[i] = texts_array(request->ctx.arena, &given[i]);
    }
}

/* Only event_time and resource_type sort; others are passed over. Events of one time stand in the order in
 * which they happened, so a key behind event_time changes nothing. */
static int read_order(struct request *request, struct event_search *search)
{
    struct texts given = {0};
    argument_texts(request, "sort_keys", &given);
    bool known = false;
    for (size_t i = 0; i < given.count && !known; i++) {
        search->by_type = strcmp(given.items[i], "resource_type") == 0;
        known = search->by_type || strcmp(given.items[i], "event_time") == 0;
    }
    struct order order;
    if (argument_order(request, !known, &order) < 0)
        return -1;
    search->descending = order.descending;
    return 0;
}

/* Not Heat's: the events of one operation, and of which each event is. */
static int read_operation(struct request *request, struct event_search *search)
{
    const char *id = request_query(request, "operation_id");
    int with = argument_boolean(request, "with_operation_id", false);
    search->operation = id && *id ? uuid_valid(id) ? id : MARKER_NONE : NULL; /* none has that id */
    search->with_operation = with > 0;
    return with < 0 ? -1 : 0;
}

static int read_search(struct request *request, struct event_search *search)
{
    const char *depth = NULL;
    search->marker = argument_marker(request);
    if (argument_integer(request, "limit", &search->limit) < 0 ||
        argument_integer(request, "nested_depth", &depth) < 0 || read_order(request, search) < 0)
        return -1;
    int64_t levels = depth ? integer_of(depth, request->ctx.config->max_nested_stack_depth) : 0;
    search->nested_depth = levels > 0 ? arena_printf(request->ctx.arena, "%d", (int)levels) : NULL;
    read_filters(request, search);
    return read_operation(request, search);
}

/* ---- the list ---- */

#define SEQ_NONE "9223372036854775807" /* past every event's */

/* Where the page begins: at the newest without a marker and for an unknown one. NULL: the search failed. */
static const char *find_marker(struct request *request, const struct event_search *search)
{
    struct ctx *ctx = &request->ctx;
    if (strcmp(search->marker, MARKER_NONE) == 0)
        return SEQ_NONE;
    struct rows *rows =
        db_read(ctx, ctx->db, STMT_event_marker, ctx->tenant_id, path_stack(request).id, search->marker);
    if (!rows)
        return NULL;
    return rows_count(rows) ? rows_text(rows, 0, 0) : SEQ_NONE;
}

/* One stack's events, newest first: what nearly everybody asks for. Only where there are none the stack is looked for. */
static struct rows *run_list(struct request *request, const struct event_search *search)
{
    struct ctx *ctx = &request->ctx;
    struct stack_key key = path_stack(request);
    const char *const *f = search->filters, *seq;
    if (!uuid_valid(key.id)) {
        fail_stack(ctx, key.name);
        return NULL;
    }
    if (!(seq = find_marker(request, search)))
        return NULL;
    struct rows *rows =
        db_read(ctx, ctx->db, STMT_event_list, ctx->tenant_id, key.id, key.name, f[FILTER_NAME],
                f[FILTER_TYPE], f[FILTER_ACTION], f[FILTER_STATUS], seq, search->limit, search->operation);
    bool none = rows && rows_count(rows) == 0;
    return none && !stack_read(request, STMT_event_stack) ? NULL : rows;
}

static struct rows *run_search(struct request *request, const struct event_search *search)
{
    const char *const *f = search->filters;
    if (search->descending && !search->by_type && !search->nested_depth)
        return run_list(request, search);
    return stack_read(request, STMT_event_search, f[FILTER_NAME], f[FILTER_TYPE], f[FILTER_ACTION],
                      f[FILTER_STATUS], search->marker, search->limit, search->operation,
                      search->by_type ? "t" : "f", search->descending ? "t" : "f",
                      search->nested_depth ? search->nested_depth : "0");
}

static void write_events(struct request *request, const struct rows *rows, const struct event_search *search)
{
    struct stack_key key = path_stack(request);
    struct link_target root = {.stack_name = key.name, .stack_id = key.id}, stack = root;
    struct event_view view = {
        .stack = &stack, .root = search->nested_depth ? &root : NULL, .operation = search->with_operation};
    struct links links = links_of(request, request->ctx.tenant_id);
    struct str *body = &request->reply.body;
    str_add(body, "{\"events\": [");
    for (size_t i = 0; i < rows_count(rows); i++) {
        if (i)
            str_add(body, ", ");
        if (view.root)
            stack = (struct link_target){.stack_name = rows_text(rows, i, EVENT_STACK_NAME),
                                         .stack_id = rows_text(rows, i, EVENT_STACK_ID)};
        view_event(body, &links, rows, i, &view);
    }
    str_add(body, "]}");
}

int events_index(struct request *request)
{
    struct event_search search = {0};
    if (read_search(request, &search) < 0)
        return -1;
    struct rows *rows = run_search(request, &search);
    if (!rows)
        return -1;
    reply_json(request, 200);
    if (rows_text(rows, 0, EVENT_ID)) {
        write_events(request, rows, &search);
        return 0;
    }
    const char *resource = resource_of_path(request);
    if (resource)
        return fail(&request->ctx, FAULT_HTTP_NOT_FOUND, "No events found for resource %s", resource);
    str_add(&request->reply.body, "{\"events\": []}");
    return 0;
}

int events_show(struct request *request)
{
    const char *id = request->variables[PATH_EVENT];
    int with_operation = argument_boolean(request, "with_operation_id", false);
    if (with_operation < 0)
        return -1;
    struct event_view view = {.detail = true, .operation = with_operation > 0};
    struct rows *rows =
        stack_read(request, STMT_event_show, request->variables[PATH_RESOURCE], uuid_valid(id) ? id : NULL);
    if (!rows)
        return -1;
    if (!rows_text(rows, 0, EVENT_ID))
        return fail(&request->ctx, FAULT_HTTP_NOT_FOUND, "No event %s found", id);
    struct links links = links_of(request, request->ctx.tenant_id);
    struct stack_key key = path_stack(request);
    struct link_target stack = {.stack_name = key.name, .stack_id = key.id};
    reply_json(request, 200);
    str_add(&request->reply.body, "{\"event\": ");
    view.stack = &stack;
    view_event(&request->reply.body, &links, rows, 0, &view);
    str_add_char(&request->reply.body, '}');
    return 0;
}
