/* A stack as data: what export shows, abandon leaves, a snapshot keeps and adopt takes. Heat's format:
 *
 *   {"name", "id", "action", "environment", "files", "status", "template", "resources": {NAME: {"name",
 *    "resource_id", "type", "action", "status", "metadata", "resource_data"}, …}, "project_id",
 *    "stack_user_project_id", "tags"}
 *
 * In it are the real values of hidden parameters: without them nobody could adopt it. Where a resource is a
 * stack itself, that stack's data stand in its place. */
#ifndef HEARTH_ENGINE_STACK_DATA_H
#define HEARTH_ENGINE_STACK_DATA_H

#include "base/ctx.h"
#include "base/value.h"
#include "sql/db.h"

/* In the open transaction. FAULT_ENTITY_NOT_FOUND when there is no such stack. */
struct value *stack_data(struct ctx *ctx, struct db *db, const char *tenant_id,
                         const char *stack_id) MUST_CHECK;
/* The same with hidden parameters masked. data: as above. */
const struct value *stack_data_masked(struct ctx *ctx, const struct value *data);

#endif
