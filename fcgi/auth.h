/* Authentication and policy, as steps of every request. */
#ifndef HEARTH_FCGI_AUTH_H
#define HEARTH_FCGI_AUTH_H

#include "cloud/identity.h"
#include "fcgi/request.h"

/* Once per process; reads the policy file. -1: a line says what is wrong with it. */
int auth_open(struct ctx *ctx) MUST_CHECK;

/* Sets ctx.identity from X-Auth-Token: standalone tables or Keystone, with a bounded cache. Fails with
 * FAULT_UNAUTHENTICATED (401), or FAULT_UNAVAILABLE when the identity service is away. */
int auth_identify(struct request *request) MUST_CHECK;

/* Forgets every cached token in all workers of this host (after a revocation). */
void auth_cache_invalidate(void);

/* Checks a rule ("stacks:show") for this identity and target tenant; fails with FAULT_FORBIDDEN
 * "You are not authorized to use stacks:show." policy_allows asks without failing. */
int policy_enforce(struct ctx *ctx, const char *rule) MUST_CHECK;
bool policy_allows(struct ctx *ctx, const char *rule);

#endif
