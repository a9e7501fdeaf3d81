/* Lists of stacks: filters, order, pages, count.
 *
 * Two statements serve them. The plain list (newest first, no filter) is stack_list, prepared once and a walk
 * along one index. Anything else is stack_search, planned for the filters that were given. */
#include "handlers/routes.h"

#include <string.h>

#include "base/config.h"
#include "base/value.h"
#include "fcgi/auth.h"
#include "handlers/arguments.h"
#include "handlers/links.h"
#include "handlers/views.h"

/* Parameters of stack_search in order; stack_count takes the same up to COUNT_ARGUMENTS. */
enum search_argument {
    ARG_TENANT,
    ARG_NAMES,
    ARG_IDS,
    ARG_STATUSES,
    ARG_ACTIONS,
    ARG_REASONS,
    ARG_OWNERS,
    ARG_PARENTS,
    ARG_USER_PROJECTS,
    ARG_TENANTS,
    ARG_DISABLE_ROLLBACK,
    ARG_TIMEOUTS,
    ARG_TAGS,
    ARG_TAGS_ANY,
    ARG_NOT_TAGS,
    ARG_NOT_TAGS_ANY,
    ARG_HIDDEN_TAGS,
    ARG_DELETED,
    ARG_NESTED,
    COUNT_ARGUMENTS,
    ARG_SORT_KEY = COUNT_ARGUMENTS,
    ARG_SORT_FURTHER,
    ARG_DESCENDING,
    ARG_NEVER,
    ARG_MARKER_ID,
    ARG_MARKER_NAME,
    ARG_MARKER_STATUS,
    ARG_MARKER_CREATED,
    ARG_MARKER_UPDATED,
    ARG_MARKER_FURTHER,
    ARG_LIMIT,
    SEARCH_ARGUMENTS,
};

/* Names a filter goes by; both may be given, and their values combine. */
static const struct {
    enum search_argument argument;
    const char *name, *older_name;
} filters[] = {
    {ARG_NAMES, "stack_name", "name"},
    {ARG_IDS, "id", NULL},
    {ARG_STATUSES, "stack_status", "status"},
    {ARG_ACTIONS, "stack_action", "action"},
    {ARG_REASONS, "stack_status_reason", NULL},
    {ARG_OWNERS, "stack_owner", "username"},
    {ARG_PARENTS, "parent", "owner_id"},
    {ARG_USER_PROJECTS, "stack_user_project_id", NULL},
    {ARG_TENANTS, "tenant", NULL},
    {ARG_DISABLE_ROLLBACK, "disable_rollback", NULL},
    {ARG_TIMEOUTS, "timeout_mins", NULL},
};

static const struct {
    enum search_argument argument;
    const char *name;
} tag_filters[] = {
    {ARG_TAGS, "tags"},
    {ARG_TAGS_ANY, "tags_any"},
    {ARG_NOT_TAGS, "not_tags"},
    {ARG_NOT_TAGS_ANY, "not_tags_any"},
};

static const struct {
    const char *name, *column;
} sort_keys[] = {
    {"stack_name", "name"},
    {"stack_status", "status"},
    {"creation_time", "created_at"},
    {"updated_time", "updated_at"},
};

struct search {
    const char *args[SEARCH_ARGUMENTS];
    const char *marker;
    const char *limit; /* NULL: all */
    bool plain;        /* no filter and the order of the plain list */
    bool count;
};

/* ---- reading the query ---- */

static void lower_case(struct arena *arena, struct texts *texts)
{
    for (size_t i = 0; i < texts->count; i++) {
        char *text = arena_strdup(arena, texts->items[i]);
        for (char *c = text; *c; c++)
            *c = *c >= 'A' && *c <= 'Z' ? (char)(*c + ('a' - 'A')) : *c;
        texts->items[i] = text;
    }
}

static void read_filters(struct request *request, struct search *search)
{
    struct arena *arena = request->ctx.arena;
    struct texts given[COUNT_ARGUMENTS] = {0};
    for (size_t i = 0; i < COUNT_OF(filters); i++) {
        struct texts *texts = &given[filters[i].argument];
        argument_texts(request, filters[i].name, texts);
        if (filters[i].older_name)
            argument_texts(request, filters[i].older_name, texts);
    }
    texts_split_states(arena, &given[ARG_ACTIONS], &given[ARG_STATUSES]);
    lower_case(arena, &given[ARG_DISABLE_ROLLBACK]);
    for (size_t i = ARG_NAMES; i <= ARG_TIMEOUTS; i++) {
        bool uuids = i == ARG_IDS || i == ARG_PARENTS;
        search->args[i] = uuids ? texts_uuid_array(arena, &given[i]) : texts_array(arena, &given[i]);
        search->plain &= !given[i].given;
    }
}

static int read_tags(struct request *request, struct search *search)
{
    for (size_t i = 0; i < COUNT_OF(tag_filters); i++) {
        struct texts tags = {0};
        if (argument_tags(request, tag_filters[i].name, &tags) < 0)
            return -1;
        search->args[tag_filters[i].argument] = texts_array(request->ctx.arena, &tags);
        search->plain &= !tags.given;
    }
    return 0;
}

static const char *hidden_tags(struct ctx *ctx)
{
    struct texts tags = {.given = true};
    const char *configured = ctx->config->hidden_stack_tags;
    if (*configured && tags_split(ctx, configured, &tags) < 0)
        error_clear(ctx);
    return texts_array(ctx->arena, &tags);
}

static int read_switches(struct request *request, struct search *search)
{
    int deleted = argument_boolean(request, "show_deleted", false);
    int nested = deleted < 0 ? -1 : argument_boolean(request, "show_nested", false);
    if (nested < 0 || argument_integer(request, "limit", &search->limit) < 0)
        return -1;
    int hidden = argument_boolean(request, "show_hidden", false);
    if (hidden < 0)
        return -1;
    search->args[ARG_DELETED] = deleted ? "t" : "f";
    search->args[ARG_NESTED] = nested ? "t" : "f";
    search->args[ARG_HIDDEN_TAGS] = hidden ? NULL : hidden_tags(&request->ctx);
    search->args[ARG_LIMIT] = search->limit;
    search->plain &= !deleted && !nested && !hidden;
    return 0;
}

static const char *sort_column(const char *name)
{
    for (size_t i = 0; i < COUNT_OF(sort_keys); i++)
        if (strcmp(sort_keys[i].name, name) == 0)
            return sort_keys[i].column;
    return NULL;
}

/* Unknown keys are passed over; without a known one the list is by creation time, newest first unless
 * sort_dir says otherwise. With keys it ascends. */
static int read_order(struct request *request, struct search *search)
{
    struct arena *arena = request->ctx.arena;
    struct texts given = {0}, further = {.given = true};
    const char *first = NULL;
    argument_texts(request, "sort_keys", &given);
    for (size_t i = 0; i < given.count; i++) {
        const char *column = sort_column(given.items[i]);
        if (column && first)
            texts_add(arena, &further, column);
        else if (column)
            first = column;
    }
    struct order order;
    if (argument_order(request, !first, &order) < 0)
        return -1;
    search->plain &= !first && order.descending;
    search->args[ARG_SORT_KEY] = first ? first : "created_at";
    search->args[ARG_SORT_FURTHER] = texts_array(arena, &further);
    search->args[ARG_DESCENDING] = order.descending ? "t" : "f";
    search->args[ARG_NEVER] = order.descending == order.nulls_first ? "infinity" : "-infinity";
    return 0;
}

static int read_search(struct request *request, struct search *search)
{
    search->marker = argument_marker(request);
    search->args[ARG_TENANT] = request->ctx.tenant_id;
    search->plain &= strcmp(request->ctx.tenant_id, "*") != 0;
    if (read_switches(request, search) < 0)
        return -1;
    read_filters(request, search);
    if (read_tags(request, search) < 0)
        return -1;
    int count = argument_boolean(request, "with_count", false);
    if (count < 0)
        return -1;
    search->count = count;
    return read_order(request, search);
}

/* ---- running it ---- */

/* The marker's row becomes part of the search; an unknown one is passed over. */
static int find_marker(struct ctx *ctx, struct search *search)
{
    if (strcmp(search->marker, MARKER_NONE) == 0)
        return 0;
    struct rows *rows = db_read(ctx, ctx->db, STMT_stack_marker, ctx->tenant_id, search->marker,
                                search->args[ARG_SORT_FURTHER], search->args[ARG_NEVER]);
    if (!rows)
        return -1;
    for (int column = 0; rows_count(rows) && column <= ARG_MARKER_FURTHER - ARG_MARKER_ID; column++)
        search->args[ARG_MARKER_ID + column] = rows_text(rows, 0, column);
    return 0;
}

static int run_search(struct ctx *ctx, struct search *search, struct rows **rows, struct rows **count)
{
    if (db_begin(ctx, ctx->db, DB_READ) < 0 || find_marker(ctx, search) < 0 ||
        db_queue_args(ctx, ctx->db, STMT_stack_plan, NULL, 0) < 0)
        return -1;
    *rows = db_run_args(ctx, ctx->db, STMT_stack_search, search->args, SEARCH_ARGUMENTS);
    if (!*rows)
        return -1;
    if (search->count) {
        *count = db_run_args(ctx, ctx->db, STMT_stack_count, search->args, COUNT_ARGUMENTS);
        if (!*count)
            return -1;
    }
    return db_commit(ctx, ctx->db);
}

static struct rows *run_plain(struct ctx *ctx, struct search *search)
{
    if (find_marker(ctx, search) < 0)
        return NULL;
    const char *created = search->args[ARG_MARKER_CREATED];
    return db_read(ctx, ctx->db, STMT_stack_list, ctx->tenant_id, search->args[ARG_HIDDEN_TAGS],
                   created ? created : "infinity", search->marker, search->limit);
}

static int run(struct ctx *ctx, struct search *search, struct rows **rows, struct rows **count)
{
    if (search->plain && !search->count) {
        *rows = run_plain(ctx, search);
        return *rows ? 0 : -1;
    }
    if (run_search(ctx, search, rows, count) == 0)
        return 0;
    db_rollback(ctx->db);
    return -1;
}

/* ---- the reply ---- */

static void write_stacks(struct request *request, const struct rows *rows, bool project)
{
    struct str *body = &request->reply.body;
    struct links links = links_of(request, request->variables[PATH_TENANT]);
    const char *tenant = request->variables[PATH_TENANT];
    str_add(body, "{\"stacks\": [");
    for (size_t i = 0; i < rows_count(rows); i++) {
        const char *owner = rows_text(rows, i, STACK_TENANT);
        if (strcmp(owner, tenant) != 0) {
            tenant = owner;
            links = links_of(request, tenant);
        }
        if (i)
            str_add(body, ", ");
        view_stack_summary(body, &links, rows, i, project);
    }
    str_add_char(body, ']');
}

/* A page that is full says where the next one begins. */
static void write_next_link(struct request *request, const struct rows *rows, const char *limit)
{
    size_t count = rows_count(rows);
    if (!limit || count == 0 || (int64_t)count != integer_of(limit, INT64_MAX))
        return;
    struct str url = STR_INIT(request->ctx.arena);
    str_printf(&url, "%s/v1/", request_base_url(request));
    url_quote(&url, request->variables[PATH_TENANT], "");
    str_add(&url, "/stacks?");
    query_write(&url, request, "marker");
    str_printf(&url, "&marker=%s", rows_text(rows, count - 1, STACK_ID));
    str_add(&request->reply.body, ", \"links\": [{\"rel\": \"next\", \"href\": ");
    json_write_string_n(&request->reply.body, url.data, url.length);
    str_add(&request->reply.body, "}]");
}

static int list(struct request *request, bool project)
{
    struct search search = {.plain = true};
    struct rows *rows = NULL, *count = NULL;
    if (read_search(request, &search) < 0 || run(&request->ctx, &search, &rows, &count) < 0)
        return -1;
    reply_json(request, 200);
    write_stacks(request, rows, project);
    write_next_link(request, rows, search.limit);
    if (count)
        str_printf(&request->reply.body, ", \"count\": %s", rows_text(count, 0, 0));
    str_add_char(&request->reply.body, '}');
    return 0;
}

int stacks_index(struct request *request)
{
    int global = argument_boolean_strict(request, "global_tenant", false);
    if (global < 0)
        return -1;
    if (global) {
        if (policy_enforce(&request->ctx, "stacks:global_index") < 0)
            return -1;
        request->ctx.tenant_id = "*";
    }
    return list(request, global || policy_allows(&request->ctx, "context_is_admin"));
}

/* As the plain list; in Heat too the detail is in the name only. */
int stacks_detail(struct request *request)
{
    struct ctx *ctx = &request->ctx;
    struct rows *rows = db_read(ctx, ctx->db, STMT_stack_list, ctx->tenant_id, hidden_tags(ctx), "infinity",
                                MARKER_NONE, NULL);
    if (!rows)
        return -1;
    reply_json(request, 200);
    write_stacks(request, rows, false);
    str_add_char(&request->reply.body, '}');
    return 0;
}
