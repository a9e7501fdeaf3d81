/* Roles of the standalone identity: names, the ids clients see them under, and what implies what. */
#ifndef HEARTH_CLOUD_ROLES_H
#define HEARTH_CLOUD_ROLES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"

enum { STABLE_ID_SIZE = 33 };

/* "admin x" → "admin member reader x": each name once, with what it implies. Names stand with a blank
 * between. */
const char *roles_expand(struct arena *arena, const char *roles);
/* Names that are in both. */
const char *roles_common(struct arena *arena, const char *roles, const char *others);
bool roles_have(const char *roles, const char *name);

/* A name as a role may have it: 1 to 64 of letters, digits, "_", "-", ".". */
bool role_name_valid(const char *name);

/* i-th role that is always there; NULL past the last. */
const char *role_standard(size_t i);

/* 32 hex digits that depend on kind and name alone: ids of what has no row (roles, services, endpoints). */
void stable_id(const char *kind, const char *name, char out[STABLE_ID_SIZE]);

#endif
