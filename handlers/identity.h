/* The part of Keystone's v3 API that stock clients need to log in and find the endpoint, with auth =
 * standalone.
 *
 *   identity.c              discovery, domains, users, projects, roles, catalogue
 *   identity_tokens.c       POST, GET, HEAD and DELETE /v3/auth/tokens
 *   identity_login.c        who proves what: password, token, application credential
 *   identity_credentials.c  application credentials
 *   identity_documents.c    the JSON of all of it
 */
#ifndef HEARTH_HANDLERS_IDENTITY_H
#define HEARTH_HANDLERS_IDENTITY_H

#include <stdbool.h>

#include "base/value.h"
#include "fcgi/auth_standalone.h"
#include "fcgi/request.h"
#include "sql/db.h"

/* ---- requests ---- */

/* The body's member called name, a map. Keystone's 400s when the body is no JSON, empty, or lacks it. */
const struct value *identity_body(struct request *request, const char *name) MUST_CHECK;
/* 400 "Expecting to find … in …." with Keystone's sentence after it; -1. */
int identity_expecting(struct ctx *ctx, const char *what, const char *where);
/* 403 "You are not authorized to perform the requested action: ….", -1. */
int identity_forbidden(struct ctx *ctx, const char *action);
/* 404 "Could not find kind: id.", -1. */
int identity_not_found(struct ctx *ctx, const char *kind, const char *id);
/* 401 with Keystone's one message for all of them, -1. */
int identity_unauthorized(struct ctx *ctx);

bool identity_is_admin(struct ctx *ctx);
/* 0 when user_id is the caller's own or the caller is an administrator; else 403 naming the action. */
int identity_own_or_admin(struct ctx *ctx, const char *user_id, const char *action) MUST_CHECK;

/* The identity tables are read before the tenant is known: these set ctx->tenant_id to "*". */
#define identity_read(request, statement, ...)                                                               \
    identity_read_args(&(request)->ctx, (statement), DB_ARGS(__VA_ARGS__))
struct rows *identity_read_args(struct ctx *ctx, enum statement statement, const char *const *args,
                                size_t count) MUST_CHECK;
int identity_begin(struct ctx *ctx) MUST_CHECK;

/* Roles of a user in a project as they are now, with what they imply; "" for none. NULL on failure. */
const char *identity_roles_in(struct ctx *ctx, const char *user_id, const char *tenant_id) MUST_CHECK;

/* ---- replies ---- */

void identity_reply(struct request *request, int status, const char *name, const struct value *document);
/* {"name": list, "links": {"next": null, "self": …, "previous": null}} */
void identity_reply_list(struct request *request, const char *name, const struct value *list);

/* ---- documents; all on the request's arena ---- */

/* http://host/identity/v3 + path */
const char *identity_url(struct request *request, const char *path);
/* Adds {"links": {"self": url}}. */
void document_add_self(struct arena *arena, struct value *document, const char *url);
const struct value *document_text(struct arena *arena, const char *text_or_null);
const struct value *document_time(struct arena *arena, int64_t wall_us);
const struct value *document_domain(struct request *request);
const struct value *document_project(struct request *request, const struct rows *rows, size_t row);
const struct value *document_user(struct request *request, const struct rows *rows, size_t row);
const struct value *document_role(struct request *request, const char *name, bool with_links);
/* [{"id", "name"}] or, full, with everything a role has. roles: names with a blank between. */
const struct value *document_roles(struct request *request, const char *roles, bool full);
const struct value *document_catalog(struct request *request, const char *tenant_id);
const struct value *document_token(struct request *request, const struct token_record *token,
                                   bool with_catalog);

/* ---- logging in ---- */

/* Who the methods of a request have proved to be. */
struct login {
    const char *user_id, *user_name;
    const char *methods;    /* names with a blank between */
    int64_t expires_max_us; /* a new token ends here at the latest; 0: no such bound */
    /* Application credential: brings its own scope and roles. */
    const char *credential_id, *credential_name, *credential_roles;
    bool credential_unrestricted;
    const char *tenant_id, *tenant_name;
};

/* identity: the "identity" map of the request. 401 for all that a wrong secret could be. */
int identity_login(struct request *request, const struct value *identity, struct login *login) MUST_CHECK;
/* True when map names the one domain there is, by id or name; sets *missing when it names none. */
bool identity_domain_is_ours(const struct value *map, bool *missing);

#endif
