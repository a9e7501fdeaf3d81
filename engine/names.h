/* Names that the engine makes up. */
#ifndef HEARTH_ENGINE_NAMES_H
#define HEARTH_ENGINE_NAMES_H

#include <stdbool.h>

#include "base/ctx.h"

/* "<stack>-<resource>-<12 random of a-z2-7>", at most 255 characters: what a resource is called outside. */
const char *physical_name_make(struct ctx *ctx, const char *stack, const char *resource);
/* Context of sealed texts: bound to the tenant and to what they are, so that one does not open in another's
 * place. */
const char *seal_context(struct ctx *ctx, const char *tenant_id, const char *what);

/* A column that is sealed when the stack has hidden parameters. */
const char *column_seal(struct ctx *ctx, const char *tenant_id, bool sealed, const char *text) MUST_CHECK;
/* Sealed or not, NULL too; NULL without an error only for NULL. */
const char *column_open(struct ctx *ctx, const char *tenant_id, const char *text) MUST_CHECK;

#endif
