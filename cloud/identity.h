/* Who asks: what a valid token says, whichever identity service vouches for it. */
#ifndef HEARTH_CLOUD_IDENTITY_H
#define HEARTH_CLOUD_IDENTITY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/ctx.h"

struct identity {
    const char *user_id, *user_name, *user_domain_id, *user_domain_name;
    const char *project_id, *project_name; /* NULL: not scoped to a project */
    const char *project_domain_id, *project_domain_name;
    const char *const *roles; /* names */
    size_t role_count;
    bool system_scope; /* scoped to "all" of the system */
    bool is_admin_project;
    int64_t expires_us; /* wall clock */
    const char *token;  /* as given; never logged */
};

bool identity_has_role(const struct identity *identity, const char *role);

#endif
