/* The rules: Heat's defaults (policy.def) under those of policy_file.
 *
 * The file has one rule a line, as oslo.policy's YAML form: "stacks:create": "role:member and not
 * role:guest". Quotes are optional, "#" begins a comment. A rule of a new name may be used by others as
 * rule:NAME. */
#ifndef HEARTH_FCGI_POLICY_H
#define HEARTH_FCGI_POLICY_H

#include <stdbool.h>
#include <stddef.h>

#include "base/ctx.h"
#include "cloud/identity.h"

struct policy;

/* Compiles the defaults and path's rules (NULL or "": none) on an arena of the policy's own. NULL when the
 * file is unreadable, a line is no rule, a check string is none, or rules go round in a circle; the message
 * begins with "file:line: ". */
struct policy *policy_create(struct ctx *ctx, const char *path) MUST_CHECK;
void policy_destroy(struct policy *policy);

/* Whether identity may, in that project. An unknown rule: no; but an unknown resource type
 * ("resource_types:…"): yes, unless the wildcard of its family ("resource_types:OS::Keystone::*") says no. */
bool policy_check(const struct policy *policy, const char *rule, const struct identity *identity,
                  const char *project_id);

/* Makes path's policy the one that policy_enforce and policy_allows (fcgi/auth.h) ask. Once per process. */
int policy_open(struct ctx *ctx, const char *path) MUST_CHECK;

/* For documentation and tests: the names in alphabetical order, NULL past the last; and a rule's text in
 * force. */
const char *policy_name(const struct policy *policy, size_t i);
const char *policy_text(const struct policy *policy, const char *name);

#endif
