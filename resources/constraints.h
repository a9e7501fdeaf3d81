/* Constraints of properties: range, length, modulo, allowed_values, allowed_pattern, custom_constraint. */
#ifndef HEARTH_RESOURCES_CONSTRAINTS_H
#define HEARTH_RESOURCES_CONSTRAINTS_H

#include "base/ctx.h"
#include "base/value.h"

/* Checks value, already of the type named type ("integer"), against a list of constraint maps as a schema has
 * them. NULL: it passes; else Heat's message for the first that does not, or the constraint's own
 * description. */
const char *constraints_mistake(struct ctx *ctx, const struct value *constraints, const char *type,
                                const struct value *value);

/* A custom constraint asks something of the world. To add one: write the function, add its row to the table
 * in constraints.c, list it in docs/resource-types.md. Returns NULL when value passes, else the message. */
typedef const char *custom_constraint(struct ctx *ctx, const struct value *value);

#endif
