/* Looking a stack up: the redirect to its canonical URL, with the path behind the name and the query kept. */
#include "handlers/lookup.h"

#include <string.h>
#include <strings.h>

#include "base/uuid.h"
#include "fcgi/query.h"
#include "handlers/arguments.h"
#include "handlers/links.h"
#include "handlers/routes.h"

static int redirect(struct request *request, const char *location, const char *subpath)
{
    struct str url = STR_INIT(request->ctx.arena);
    str_add(&url, location);
    str_add(&url, subpath);
    if (request->query_count) {
        str_add_char(&url, '?');
        query_write(&url, request, NULL);
    }
    reply_redirect(request, url.data);
    return 0;
}

/* ---- ARNs: "arn:openstack:heat::<tenant>:stacks/<name>/<id><path>" ---- */

/* The next part of an ARN, up to the first of the characters in ends; NULL when it is empty. */
static const char *arn_part(struct arena *arena, const char **text, const char *ends)
{
    size_t length = strcspn(*text, ends);
    const char *part = length ? arena_strndup(arena, *text, length) : NULL;
    *text += length;
    return part;
}

static bool skip(const char **text, const char *expected)
{
    size_t length = strlen(expected);
    if (strncmp(*text, expected, length) != 0)
        return false;
    *text += length;
    return true;
}

/* The stack's URL; NULL for what is no ARN of ours. */
static const char *arn_url(struct request *request, const char *text)
{
    struct arena *arena = request->ctx.arena;
    if (strncasecmp(text, "arn:", 4) != 0)
        return NULL;
    text += 4;
    if (!skip(&text, "openstack:heat:"))
        return NULL;
    text += strcspn(text, ":"); /* the region, always empty */
    if (!skip(&text, ":"))
        return NULL;
    const char *tenant = arn_part(arena, &text, ":");
    if (!tenant || !skip(&text, ":stacks/"))
        return NULL;
    const char *name = arn_part(arena, &text, "/");
    if (!name || !skip(&text, "/"))
        return NULL;
    const char *id = arn_part(arena, &text, "/");
    if (!id)
        return NULL;
    struct str url = STR_INIT(arena);
    str_add(&url, stack_url(request, tenant, name, id));
    url_quote(&url, text, "/");
    return url.data;
}

bool lookup_arn_path(struct request *request, const char *raw_path)
{
    const char *arn = strstr(raw_path, "/stacks/arn");
    if (strncmp(raw_path, "/v1/", 4) != 0 || !arn || request->method > METHOD_DELETE)
        return false;
    arn += strlen("/stacks/");
    size_t length = strlen(arn);
    char *decoded = arena_strdup(request->ctx.arena, arn);
    decoded[url_decode(decoded, length, false)] = '\0';
    const char *url = arn_url(request, decoded);
    return url && redirect(request, url, "") == 0;
}

/* ---- names and ids ---- */

/* What follows the name in the path of the route: "/resources", "/events" …, or "". */
static const char *lookup_subpath(const struct request *request)
{
    return strstr(request->route->path, "{stack_name}") + strlen("{stack_name}");
}

int stacks_lookup(struct request *request)
{
    struct ctx *ctx = &request->ctx;
    const char *name = request->variables[PATH_STACK_NAME];
    const char *url = arn_url(request, name);
    if (url)
        return redirect(request, url, lookup_subpath(request));
    struct rows *rows =
        db_read(ctx, ctx->db, STMT_stack_lookup, ctx->tenant_id, name, uuid_valid(name) ? name : NULL);
    if (!rows)
        return -1;
    if (rows_count(rows) == 0)
        return fail_stack(ctx, name);
    url = stack_url(request, ctx->tenant_id, rows_text(rows, 0, 1), rows_text(rows, 0, 0));
    return redirect(request, url, lookup_subpath(request));
}
