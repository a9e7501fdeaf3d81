/* The one place where root is given up. */
#ifndef HEARTH_FCGI_PRIVILEGES_H
#define HEARTH_FCGI_PRIVILEGES_H

#include "base/ctx.h"

/* Becomes user and group for good. Empty names, or a process that is not root: nothing to do. group empty:
 * the user's own. Fails when a name is unknown or root could be had back. */
int privileges_drop(struct ctx *ctx, const char *user, const char *group) MUST_CHECK;

#endif
