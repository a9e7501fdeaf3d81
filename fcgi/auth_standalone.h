/* Tokens of the standalone identity: made of random bytes, kept in the database by their keyed digest alone.
 */
#ifndef HEARTH_FCGI_AUTH_STANDALONE_H
#define HEARTH_FCGI_AUTH_STANDALONE_H

#include "base/ctx.h"
#include "cloud/identity.h"

/* The one domain there is, under Keystone's names for it. */
#define DEFAULT_DOMAIN_ID   "default"
#define DEFAULT_DOMAIN_NAME "Default"

enum { TOKEN_SIZE = 64, TOKEN_DIGEST_SIZE = 65, TOKEN_LENGTH_MAX = 8192 };

/* What the database says of a valid token; all on ctx->arena. */
struct token_record {
    struct identity identity;
    const char *audit_id;
    const char *methods; /* with a blank between */
    const char *roles;   /* the same */
    int64_t issued_us;
    const char *credential_id, *credential_name; /* application credential it was got with; NULL: none */
    bool credential_unrestricted;
};

/* A new token in printable form, and what the database keeps of one. */
void token_make(char out[TOKEN_SIZE]);
void token_digest(const char *token, char out[TOKEN_DIGEST_SIZE]);

/* Makes and stores a token for record's identity (user, project), roles, methods and credential; fills in its
 * audit id and times. It is valid for token_lifetime, but not past expires_max_us (0: no such bound). Its
 * text goes to out. */
int token_issue(struct ctx *ctx, struct token_record *record, int64_t expires_max_us,
                char out[TOKEN_SIZE]) MUST_CHECK;

/* NULL with FAULT_UNAUTHENTICATED when no such token is valid now; other faults when the database is away. */
struct token_record *token_find(struct ctx *ctx, const char *token) MUST_CHECK;

/* "a b c" as an array of texts on the arena. */
const char *const *words_split(struct arena *arena, const char *words, size_t *count);

#endif
