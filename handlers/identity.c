/* The identity API: discovery, and what a caller may look up. */
#include "handlers/identity.h"

#include <string.h>

#include "cloud/roles.h"
#include "fcgi/auth.h"
#include "handlers/routes.h"

/* ---- what all of the identity API shares ---- */

#define KEYSTONE_400                                                                                         \
    "The server could not comply with the request since it is either malformed or otherwise incorrect. The " \
    "client is "                                                                                             \
    "assumed to be in error."

int identity_expecting(struct ctx *ctx, const char *what, const char *where)
{
    return fail(ctx, FAULT_BAD_REQUEST, "Expecting to find %s in %s. " KEYSTONE_400, what, where);
}

int identity_forbidden(struct ctx *ctx, const char *action)
{
    return fail(ctx, FAULT_FORBIDDEN, "You are not authorized to perform the requested action: %s.", action);
}

int identity_not_found(struct ctx *ctx, const char *kind, const char *id)
{
    return fail(ctx, FAULT_NOT_FOUND, "Could not find %s: %s.", kind, id);
}

int identity_unauthorized(struct ctx *ctx)
{
    return fail(ctx, FAULT_UNAUTHENTICATED, "The request you have made requires authentication.");
}

const struct value *identity_body(struct request *request, const char *name)
{
    struct ctx *ctx = &request->ctx;
    const struct value *body = request_json(request);
    if (body == NULL && ctx->error.fault != FAULT_NONE) {
        error_clear(ctx);
        (void)identity_expecting(ctx, "valid JSON", "request body");
        return NULL;
    }
    const struct value *member = value_get(body, name);
    if (!value_is(member, VALUE_MAP)) {
        (void)identity_expecting(ctx, name, "request body");
        return NULL;
    }
    return member;
}

bool identity_is_admin(struct ctx *ctx)
{
    return policy_allows(ctx, "context_is_admin");
}

int identity_own_or_admin(struct ctx *ctx, const char *user_id, const char *action)
{
    if (strcmp(ctx->identity->user_id, user_id) == 0 || identity_is_admin(ctx))
        return 0;
    return identity_forbidden(ctx, action);
}

struct rows *identity_read_args(struct ctx *ctx, enum statement statement, const char *const *args,
                                size_t count)
{
    ctx->tenant_id = "*";
    return db_read_args(ctx, ctx->db, statement, args, count);
}

int identity_begin(struct ctx *ctx)
{
    ctx->tenant_id = "*";
    return db_begin(ctx, ctx->db, DB_WRITE);
}

const char *identity_roles_in(struct ctx *ctx, const char *user_id, const char *tenant_id)
{
    const struct rows *rows =
        identity_read_args(ctx, STMT_identity_grants_of, (const char *const[]){user_id, tenant_id}, 2);
    if (rows == NULL)
        return NULL;
    struct str roles = STR_INIT(ctx->arena);
    for (size_t i = 0; i < rows_count(rows); i++)
        str_printf(&roles, "%s%s", i ? " " : "", rows_text(rows, i, 0));
    return roles_expand(ctx->arena, roles.data);
}

void identity_reply(struct request *request, int status, const char *name, const struct value *document)
{
    struct value *body = value_map(request->ctx.arena);
    value_map_set(request->ctx.arena, body, name, document);
    reply_header(request, "Vary", "X-Auth-Token");
    reply_value(request, status, body);
}

static const struct value *list_links(struct request *request)
{
    struct arena *arena = request->ctx.arena;
    const char *path = strstr(request->raw_path, "/v3");
    const char *query = request->raw_query;
    const char *self = identity_url(request, arena_printf(arena, "%s%s%s", path ? path + 3 : "",
                                                          query && *query ? "?" : "", query ? query : ""));
    struct value *links = value_map(arena);
    value_map_set(arena, links, "next", &value_null);
    value_map_set(arena, links, "self", value_string(arena, self));
    value_map_set(arena, links, "previous", &value_null);
    return links;
}

void identity_reply_list(struct request *request, const char *name, const struct value *list)
{
    struct arena *arena = request->ctx.arena;
    struct value *body = value_map(arena);
    value_map_set(arena, body, name, list);
    value_map_set(arena, body, "links", list_links(request));
    reply_header(request, "Vary", "X-Auth-Token");
    reply_value(request, 200, body);
}

/* ---- discovery ---- */

static const struct value *version_document(struct request *request)
{
    struct arena *arena = request->ctx.arena;
    struct value *version = value_map(arena), *link = value_map(arena), *links = value_list(arena);
    struct value *type = value_map(arena), *types = value_list(arena);
    value_map_set(arena, version, "id", value_string(arena, "v3.14"));
    value_map_set(arena, version, "status", value_string(arena, "stable"));
    value_map_set(arena, version, "updated", value_string(arena, "2020-04-07T00:00:00Z"));
    value_map_set(arena, link, "rel", value_string(arena, "self"));
    value_map_set(arena, link, "href", value_string(arena, identity_url(request, "/")));
    value_list_add(arena, links, link);
    value_map_set(arena, version, "links", links);
    value_map_set(arena, type, "base", value_string(arena, "application/json"));
    value_map_set(arena, type, "type", value_string(arena, "application/vnd.openstack.identity-v3+json"));
    value_list_add(arena, types, type);
    value_map_set(arena, version, "media-types", types);
    return version;
}

int identity_versions(struct request *request)
{
    struct arena *arena = request->ctx.arena;
    struct value *values = value_map(arena), *list = value_list(arena);
    value_list_add(arena, list, version_document(request));
    value_map_set(arena, values, "values", list);
    reply_header(request, "Location", identity_url(request, "/"));
    identity_reply(request, 300, "versions", values);
    return 0;
}

int identity_version(struct request *request)
{
    identity_reply(request, 200, "version", version_document(request));
    return 0;
}

/* ---- domains ---- */

int identity_domains_index(struct request *request)
{
    struct arena *arena = request->ctx.arena;
    struct value *list = value_list(arena);
    const char *name = request_query(request, "name");
    if (name == NULL || strcmp(name, DEFAULT_DOMAIN_NAME) == 0)
        value_list_add(arena, list, document_domain(request));
    identity_reply_list(request, "domains", list);
    return 0;
}

int identity_domains_show(struct request *request)
{
    const char *id = request->variables[0];
    if (strcmp(id, DEFAULT_DOMAIN_ID) != 0)
        return identity_not_found(&request->ctx, "domain", id);
    identity_reply(request, 200, "domain", document_domain(request));
    return 0;
}

/* Nobody has a role on a domain or on the system: there is one domain, and administrators have a role in a
 * project. */
int identity_auth_domains(struct request *request)
{
    identity_reply_list(request, "domains", value_list(request->ctx.arena));
    return 0;
}

int identity_auth_system(struct request *request)
{
    struct arena *arena = request->ctx.arena;
    struct value *body = value_map(arena);
    value_map_set(arena, body, "system", value_list(arena));
    document_add_self(arena, body, identity_url(request, "/auth/system"));
    reply_value(request, 200, body);
    return 0;
}

/* ---- projects ---- */

static bool other_domain_asked(const struct request *request)
{
    const char *domain = request_query(request, "domain_id");
    return domain != NULL && strcmp(domain, DEFAULT_DOMAIN_ID) != 0;
}

static int reply_projects(struct request *request, const struct rows *rows)
{
    struct arena *arena = request->ctx.arena;
    struct value *list = value_list(arena);
    if (rows == NULL)
        return -1;
    for (size_t i = 0; i < rows_count(rows) && !other_domain_asked(request); i++)
        value_list_add(arena, list, document_project(request, rows, i));
    identity_reply_list(request, "projects", list);
    return 0;
}

static int reply_projects_of(struct request *request, const char *user_id)
{
    return reply_projects(
        request, identity_read(request, STMT_identity_projects_of, user_id, request_query(request, "name")));
}

int identity_auth_projects(struct request *request)
{
    return reply_projects_of(request, request->ctx.identity->user_id);
}

int identity_user_projects(struct request *request)
{
    const char *user_id = request->variables[0];
    if (identity_own_or_admin(&request->ctx, user_id, "identity:list_user_projects") < 0)
        return -1;
    return reply_projects_of(request, user_id);
}

/* An administrator's are all; anybody else's are those with a role in them. */
int identity_projects_index(struct request *request)
{
    if (!identity_is_admin(&request->ctx))
        return identity_auth_projects(request);
    return reply_projects(request,
                          identity_read(request, STMT_identity_projects, request_query(request, "name")));
}

int identity_projects_show(struct request *request)
{
    struct ctx *ctx = &request->ctx;
    const char *id = request->variables[0];
    bool admin = identity_is_admin(ctx);
    const char *roles = admin ? "" : identity_roles_in(ctx, ctx->identity->user_id, id);
    if (roles == NULL)
        return -1;
    if (!admin && *roles == '\0')
        return identity_forbidden(ctx, "identity:get_project");
    const struct rows *rows = identity_read(request, STMT_identity_tenant_find, id, NULL);
    if (rows == NULL)
        return -1;
    if (rows_count(rows) == 0)
        return identity_not_found(ctx, "project", id);
    identity_reply(request, 200, "project", document_project(request, rows, 0));
    return 0;
}

/* ---- users ---- */

int identity_users_index(struct request *request)
{
    struct ctx *ctx = &request->ctx;
    if (!identity_is_admin(ctx))
        return identity_forbidden(ctx, "identity:list_users");
    const struct rows *rows = identity_read(request, STMT_identity_users, request_query(request, "name"));
    if (rows == NULL)
        return -1;
    struct value *list = value_list(ctx->arena);
    for (size_t i = 0; i < rows_count(rows) && !other_domain_asked(request); i++)
        value_list_add(ctx->arena, list, document_user(request, rows, i));
    identity_reply_list(request, "users", list);
    return 0;
}

int identity_users_show(struct request *request)
{
    const char *id = request->variables[0];
    if (identity_own_or_admin(&request->ctx, id, "identity:get_user") < 0)
        return -1;
    const struct rows *rows = identity_read(request, STMT_identity_user_find, id, NULL);
    if (rows == NULL)
        return -1;
    if (rows_count(rows) == 0)
        return identity_not_found(&request->ctx, "user", id);
    identity_reply(request, 200, "user", document_user(request, rows, 0));
    return 0;
}

/* ---- roles ---- */

/* The roles that are always there and, for an administrator, all that somebody holds. NULL on failure. */
static const char *known_roles(struct request *request)
{
    struct str roles = STR_INIT(request->ctx.arena);
    for (size_t i = 0; role_standard(i) != NULL; i++)
        str_printf(&roles, "%s%s", i ? " " : "", role_standard(i));
    if (!identity_is_admin(&request->ctx))
        return roles.data;
    const struct rows *rows = identity_read_args(&request->ctx, STMT_identity_roles, NULL, 0);
    if (rows == NULL)
        return NULL;
    for (size_t i = 0; i < rows_count(rows); i++)
        str_printf(&roles, " %s", rows_text(rows, i, 0));
    return roles_expand(request->ctx.arena, roles.data);
}

int identity_roles_index(struct request *request)
{
    struct arena *arena = request->ctx.arena;
    const char *wanted = request_query(request, "name"), *roles = known_roles(request);
    if (roles == NULL)
        return -1;
    struct value *list = value_list(arena);
    size_t count;
    const char *const *names = words_split(arena, roles, &count);
    for (size_t i = 0; i < count; i++)
        if (wanted == NULL || strcmp(wanted, names[i]) == 0)
            value_list_add(arena, list, document_role(request, names[i], true));
    identity_reply_list(request, "roles", list);
    return 0;
}

int identity_roles_show(struct request *request)
{
    const char *wanted = request->variables[0], *roles = known_roles(request);
    if (roles == NULL)
        return -1;
    size_t count;
    const char *const *names = words_split(request->ctx.arena, roles, &count);
    for (size_t i = 0; i < count; i++) {
        char id[STABLE_ID_SIZE];
        stable_id("role", names[i], id);
        if (strcmp(id, wanted) != 0)
            continue;
        identity_reply(request, 200, "role", document_role(request, names[i], true));
        return 0;
    }
    return identity_not_found(&request->ctx, "role", wanted);
}

/* ---- catalogue ---- */

int identity_auth_catalog(struct request *request)
{
    struct ctx *ctx = &request->ctx;
    if (ctx->identity->project_id == NULL)
        return identity_forbidden(ctx, "identity:get_auth_catalog");
    struct value *body = value_map(ctx->arena);
    value_map_set(ctx->arena, body, "catalog", document_catalog(request, ctx->identity->project_id));
    document_add_self(ctx->arena, body, identity_url(request, "/auth/catalog"));
    reply_value(request, 200, body);
    return 0;
}
