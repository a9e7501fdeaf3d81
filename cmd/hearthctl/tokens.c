/* hearthctl token … */
#include "cmd/hearthctl/hearthctl.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/config.h"
#include "fcgi/auth_standalone.h"
#include "handlers/identity.h"

static void print_token(struct session *session, const char *text, const struct token_record *record)
{
    struct arena *arena = session->ctx.arena;
    char expires[CLOCK_ISO_SIZE];
    clock_iso(record->identity.expires_us, expires);
    if (!session->json) {
        puts(text);
        return;
    }
    struct value *map = value_map(arena);
    value_map_set(arena, map, "id", value_string(arena, text));
    value_map_set(arena, map, "expires", value_string(arena, expires));
    value_map_set(arena, map, "user_id", value_string(arena, record->identity.user_id));
    value_map_set(arena, map, "project_id", value_string(arena, record->identity.project_id));
    puts(value_to_json(arena, map));
}

static int check_enabled(struct session *session, const struct rows *rows, const char *what)
{
    if (rows_bool(rows, 0, rows_column(rows, "enabled")))
        return 0;
    const char *name = rows_get(rows, 0, "name");
    return fail(&session->ctx, FAULT_INVALID, "%s %s is disabled; let it in with: hearthctl %s enable %s",
                what, name, what, name);
}

int token_issue_command(struct session *session)
{
    struct ctx *ctx = &session->ctx;
    const struct rows *user = require_user(session, session->words[0]);
    const struct rows *tenant = user ? require_tenant(session, session->words[1]) : NULL;
    if (tenant == NULL || check_enabled(session, user, "user") < 0 ||
        check_enabled(session, tenant, "tenant") < 0)
        return -1;
    struct token_record record = {.methods = "password"};
    record.identity.user_id = rows_get(user, 0, "id");
    record.identity.project_id = rows_get(tenant, 0, "id");
    record.roles = identity_roles_in(ctx, record.identity.user_id, record.identity.project_id);
    if (record.roles == NULL)
        return -1;
    if (*record.roles == '\0')
        return fail(ctx, FAULT_INVALID,
                    "user %s has no role in tenant %s; give one with: hearthctl user grant %s %s member",
                    session->words[0], session->words[1], session->words[0], session->words[1]);
    char text[TOKEN_SIZE];
    if (token_issue(ctx, &record, 0, text) < 0)
        return -1;
    print_token(session, text, &record);
    sodium_memzero(text, sizeof text);
    return 0;
}

/* Workers that have seen a token lately believe it a little longer; this process cannot reach into theirs. */
static void say_when(struct session *session)
{
    if (session->json)
        return;
    printf("Workers that have seen it lately believe it for up to token_cache_time (%lld s) more.\n",
           (long long)session->ctx.config->token_cache_time / 1000);
}

static int revoke_all(struct session *session, const char *name)
{
    struct ctx *ctx = &session->ctx;
    const struct rows *user = require_user(session, name);
    if (user == NULL || begin(session) < 0)
        return -1;
    const struct rows *gone =
        db_run(ctx, ctx->db, STMT_identity_user_tokens_remove, rows_get(user, 0, "id"), NULL);
    if (gone == NULL || db_commit(ctx, ctx->db) < 0)
        return -1;
    print_done(session, arena_printf(ctx->arena, "Revoked %zu tokens of user", rows_affected(gone)),
               rows_get(user, 0, "name"), NULL);
    say_when(session);
    return 0;
}

static int revoke_one(struct session *session, const char *token)
{
    struct ctx *ctx = &session->ctx;
    char line[TOKEN_LENGTH_MAX + 2], digest[TOKEN_DIGEST_SIZE];
    if (strcmp(token, "-") == 0) {
        token = fgets(line, sizeof line, stdin) ? line : "";
        line[strcspn(line, "\r\n")] = '\0';
    }
    if (*token == '\0' || strlen(token) > TOKEN_LENGTH_MAX)
        return fail(ctx, FAULT_INVALID, "that is no token");
    token_digest(token, digest);
    const struct rows *gone =
        begin(session) < 0 ? NULL : db_run(ctx, ctx->db, STMT_identity_token_remove, digest);
    if (gone == NULL || db_commit(ctx, ctx->db) < 0)
        return -1;
    if (rows_affected(gone) == 0)
        return fail(ctx, FAULT_NOT_FOUND, "there is no such token: it was revoked before, or expired");
    print_done(session, "Revoked", "the token", NULL);
    say_when(session);
    return 0;
}

int token_revoke(struct session *session)
{
    const char *user = option_value(session, "user");
    if ((user != NULL) == (session->word_count > 0))
        return fail(&session->ctx, FAULT_INVALID, "name one token, or all of a user with --user");
    return user ? revoke_all(session, user) : revoke_one(session, session->words[0]);
}
