/* The JSON documents of the identity API, in Keystone's order of keys. */
#include "handlers/identity.h"

#include <string.h>

#include "base/clock.h"
#include "base/config.h"
#include "cloud/roles.h"

const char *identity_url(struct request *request, const char *path)
{
    return arena_printf(request->ctx.arena, "%s/v3%s", request_identity_url(request), path);
}

static void set_text(struct arena *arena, struct value *map, const char *key, const char *text)
{
    value_map_set(arena, map, key, document_text(arena, text));
}

const struct value *document_text(struct arena *arena, const char *text_or_null)
{
    return text_or_null ? value_string(arena, text_or_null) : &value_null;
}

const struct value *document_time(struct arena *arena, int64_t wall_us)
{
    char text[CLOCK_ISO_SIZE];
    clock_iso_us(wall_us, text);
    return value_string(arena, text);
}

void document_add_self(struct arena *arena, struct value *document, const char *url)
{
    struct value *links = value_map(arena);
    set_text(arena, links, "self", url);
    value_map_set(arena, document, "links", links);
}

/* What every domain, project and user has at its end: nothing of it is used here. */
static void add_tags_and_options(struct arena *arena, struct value *document)
{
    value_map_set(arena, document, "tags", value_list(arena));
    value_map_set(arena, document, "options", value_map(arena));
}

const struct value *document_domain(struct request *request)
{
    struct arena *arena = request->ctx.arena;
    struct value *domain = value_map(arena);
    set_text(arena, domain, "id", DEFAULT_DOMAIN_ID);
    set_text(arena, domain, "name", DEFAULT_DOMAIN_NAME);
    set_text(arena, domain, "description", "The default domain");
    value_map_set(arena, domain, "enabled", &value_true);
    add_tags_and_options(arena, domain);
    document_add_self(arena, domain, identity_url(request, "/domains/" DEFAULT_DOMAIN_ID));
    return domain;
}

const struct value *document_project(struct request *request, const struct rows *rows, size_t row)
{
    struct arena *arena = request->ctx.arena;
    const char *id = rows_get(rows, row, "id");
    struct value *project = value_map(arena);
    set_text(arena, project, "id", id);
    set_text(arena, project, "name", rows_get(rows, row, "name"));
    set_text(arena, project, "domain_id", DEFAULT_DOMAIN_ID);
    set_text(arena, project, "description", rows_get(rows, row, "description"));
    value_map_set(arena, project, "enabled", value_bool(rows_bool(rows, row, rows_column(rows, "enabled"))));
    set_text(arena, project, "parent_id", DEFAULT_DOMAIN_ID);
    value_map_set(arena, project, "is_domain", &value_false);
    add_tags_and_options(arena, project);
    document_add_self(arena, project, identity_url(request, arena_printf(arena, "/projects/%s", id)));
    return project;
}

const struct value *document_user(struct request *request, const struct rows *rows, size_t row)
{
    struct arena *arena = request->ctx.arena;
    const char *id = rows_get(rows, row, "id");
    struct value *user = value_map(arena);
    set_text(arena, user, "id", id);
    set_text(arena, user, "name", rows_get(rows, row, "name"));
    set_text(arena, user, "domain_id", DEFAULT_DOMAIN_ID);
    value_map_set(arena, user, "enabled", value_bool(rows_bool(rows, row, rows_column(rows, "enabled"))));
    set_text(arena, user, "password_expires_at", NULL);
    value_map_set(arena, user, "options", value_map(arena));
    document_add_self(arena, user, identity_url(request, arena_printf(arena, "/users/%s", id)));
    return user;
}

/* ---- roles ---- */

static struct value *role_short(struct arena *arena, const char *name)
{
    char id[STABLE_ID_SIZE];
    stable_id("role", name, id);
    struct value *role = value_map(arena);
    set_text(arena, role, "id", id);
    set_text(arena, role, "name", name);
    return role;
}

const struct value *document_role(struct request *request, const char *name, bool with_links)
{
    struct arena *arena = request->ctx.arena;
    struct value *role = role_short(arena, name);
    set_text(arena, role, "domain_id", NULL);
    set_text(arena, role, "description", NULL);
    value_map_set(arena, role, "options", value_map(arena));
    if (with_links)
        document_add_self(
            arena, role, identity_url(request, arena_printf(arena, "/roles/%s", value_get_text(role, "id"))));
    return role;
}

const struct value *document_roles(struct request *request, const char *roles, bool full)
{
    struct arena *arena = request->ctx.arena;
    struct value *list = value_list(arena);
    size_t count;
    const char *const *names = words_split(arena, roles, &count);
    for (size_t i = 0; i < count; i++)
        value_list_add(arena, list,
                       full ? document_role(request, names[i], false) : role_short(arena, names[i]));
    return list;
}

/* ---- catalogue ---- */

static const struct value *endpoint(struct request *request, const char *type, const char *interface,
                                    const char *url)
{
    struct arena *arena = request->ctx.arena;
    char id[STABLE_ID_SIZE];
    stable_id("endpoint", arena_printf(arena, "%s %s", type, interface), id);
    struct value *map = value_map(arena);
    set_text(arena, map, "id", id);
    set_text(arena, map, "interface", interface);
    set_text(arena, map, "region_id", request->ctx.config->region);
    set_text(arena, map, "url", url);
    set_text(arena, map, "region", request->ctx.config->region);
    return map;
}

static const struct value *service(struct request *request, const char *type, const char *name,
                                   const char *url)
{
    static const char *const interfaces[] = {"public", "internal", "admin"};
    struct arena *arena = request->ctx.arena;
    struct value *endpoints = value_list(arena), *map = value_map(arena);
    for (size_t i = 0; i < COUNT_OF(interfaces); i++)
        value_list_add(arena, endpoints, endpoint(request, type, interfaces[i], url));
    char id[STABLE_ID_SIZE];
    stable_id("service", type, id);
    value_map_set(arena, map, "endpoints", endpoints);
    set_text(arena, map, "id", id);
    set_text(arena, map, "type", type);
    set_text(arena, map, "name", name);
    return map;
}

const struct value *document_catalog(struct request *request, const char *tenant_id)
{
    struct arena *arena = request->ctx.arena;
    struct value *catalog = value_list(arena);
    value_list_add(arena, catalog, service(request, "identity", "keystone", identity_url(request, "")));
    const char *url = arena_printf(arena, "%s/v1/%s", request_base_url(request), tenant_id);
    value_list_add(arena, catalog, service(request, "orchestration", "heat", url));
    return catalog;
}

/* ---- tokens ---- */

static const struct value *words(struct arena *arena, const char *text)
{
    struct value *list = value_list(arena);
    size_t count;
    const char *const *items = words_split(arena, text, &count);
    for (size_t i = 0; i < count; i++)
        value_list_add(arena, list, value_string(arena, items[i]));
    return list;
}

/* {"domain": {…}, "id": …, "name": …} */
static struct value *party(struct arena *arena, const char *id, const char *name)
{
    struct value *map = value_map(arena), *domain = value_map(arena);
    set_text(arena, domain, "id", DEFAULT_DOMAIN_ID);
    set_text(arena, domain, "name", DEFAULT_DOMAIN_NAME);
    value_map_set(arena, map, "domain", domain);
    set_text(arena, map, "id", id);
    set_text(arena, map, "name", name);
    return map;
}

static void add_scope(struct request *request, struct value *map, const struct token_record *token,
                      bool with_catalog)
{
    struct arena *arena = request->ctx.arena;
    const struct identity *who = &token->identity;
    value_map_set(arena, map, "project", party(arena, who->project_id, who->project_name));
    value_map_set(arena, map, "is_domain", &value_false);
    value_map_set(arena, map, "roles", document_roles(request, token->roles, false));
    if (with_catalog)
        value_map_set(arena, map, "catalog", document_catalog(request, who->project_id));
}

static void add_credential(struct arena *arena, struct value *map, const struct token_record *token)
{
    struct value *credential = value_map(arena);
    set_text(arena, credential, "id", token->credential_id);
    set_text(arena, credential, "name", token->credential_name);
    value_map_set(arena, credential, "restricted", value_bool(!token->credential_unrestricted));
    value_map_set(arena, map, "application_credential", credential);
}

const struct value *document_token(struct request *request, const struct token_record *token,
                                   bool with_catalog)
{
    struct arena *arena = request->ctx.arena;
    const struct identity *who = &token->identity;
    struct value *map = value_map(arena), *user = party(arena, who->user_id, who->user_name);
    value_map_set(arena, map, "methods", words(arena, token->methods));
    set_text(arena, user, "password_expires_at", NULL);
    value_map_set(arena, map, "user", user);
    value_map_set(arena, map, "audit_ids", words(arena, token->audit_id));
    value_map_set(arena, map, "expires_at", document_time(arena, who->expires_us));
    value_map_set(arena, map, "issued_at", document_time(arena, token->issued_us));
    if (who->project_id != NULL)
        add_scope(request, map, token, with_catalog);
    if (token->credential_id != NULL)
        add_credential(arena, map, token);
    return map;
}
