/* Reads what a token says. */
#include "cloud/keystone_token.h"

#include <jansson.h>

#include "base/clock.h"

static const char *copy_text(struct arena *arena, const json_t *map, const char *key)
{
    const char *text = json_string_value(json_object_get(map, key));
    return text ? arena_strdup(arena, text) : NULL;
}

/* id, name, domain.id and domain.name of a user or project. */
static void read_party(struct arena *arena, const json_t *party, const char **id, const char **name,
                       const char **domain_id, const char **domain_name)
{
    const json_t *domain = json_object_get(party, "domain");
    *id = copy_text(arena, party, "id");
    *name = copy_text(arena, party, "name");
    *domain_id = copy_text(arena, domain, "id");
    *domain_name = copy_text(arena, domain, "name");
}

static void read_roles(struct arena *arena, const json_t *roles, struct identity *identity)
{
    const char **names = arena_array(arena, const char *, json_array_size(roles) + 1);
    identity->roles = names;
    size_t i;
    json_t *role;
    json_array_foreach(roles, i, role)
    {
        const char *name = copy_text(arena, role, "name");
        if (name != NULL)
            names[identity->role_count++] = name;
    }
}

struct identity *keystone_token_read(struct arena *arena, const char *text, size_t length)
{
    json_auto_t *document = json_loadb(text, length, 0, NULL);
    const json_t *token = json_object_get(document, "token");
    const char *expires = json_string_value(json_object_get(token, "expires_at"));
    struct identity *identity = arena_new(arena, struct identity);
    if (expires == NULL || clock_parse_iso(expires, &identity->expires_us) < 0)
        return NULL;
    read_party(arena, json_object_get(token, "user"), &identity->user_id, &identity->user_name,
               &identity->user_domain_id, &identity->user_domain_name);
    read_party(arena, json_object_get(token, "project"), &identity->project_id, &identity->project_name,
               &identity->project_domain_id, &identity->project_domain_name);
    read_roles(arena, json_object_get(token, "roles"), identity);
    identity->system_scope = json_is_true(json_object_get(json_object_get(token, "system"), "all"));
    /* Only a Keystone that has an admin project says whether this is it. */
    identity->is_admin_project = !json_is_false(json_object_get(token, "is_admin_project"));
    return identity->user_id != NULL ? identity : NULL;
}
