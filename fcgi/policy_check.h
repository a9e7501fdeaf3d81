/* Check strings of oslo.policy, compiled once to a small tree.
 *
 *   check   = and { "or" and }
 *   and     = not { "and" not }
 *   not     = "not" not | "(" check ")" | "@" | "!" | kind ":" match
 *
 *   ""  and @            always                    rule:NAME       what rule NAME says
 *   !                    never                     role:NAME       holds the role, in any case of letters
 *   project_id:VALUE     the token's own value     'text':VALUE    the literal ('…', "…", a number, True,
 * False, None)
 *
 * VALUE may hold %(key)s, replaced from the target; a key the target lacks makes the check false. What a
 * token offers by name: user_id, user_domain_id, project_id (tenant_id), project_domain_id, system_scope,
 * is_admin_project, roles. Any other name is false, as in oslo.policy. */
#ifndef HEARTH_FCGI_POLICY_CHECK_H
#define HEARTH_FCGI_POLICY_CHECK_H

#include <stdbool.h>

#include "base/ctx.h"
#include "cloud/identity.h"

struct check;

/* Finds the compiled check of rule:NAME, for check_holds and check_each_rule. NULL when there is none: false.
 */
typedef const struct check *check_lookup(void *rules, const char *name);

struct check_question {
    const struct identity *identity;
    const char *project_id; /* of the target; NULL: the target has none */
    check_lookup *lookup;
    void *rules;
};

/* NULL when text is no check string; the error's message says what is wrong. Lives on ctx->arena; text must
 * too. */
const struct check *check_parse(struct ctx *ctx, const char *text) MUST_CHECK;

/* The tree must be free of cycles through rule: (policy.c makes sure). */
bool check_holds(const struct check *check, const struct check_question *question);

/* Calls visit for each rule:NAME in the tree until one returns nonzero, and returns that. */
int check_each_rule(const struct check *check, int (*visit)(void *self, const char *name), void *self);

#endif
