/* Names to positions: finds the resource, parameter or condition called so in constant time, whatever the
 * template's size. Open addressing over a table of at least twice the number of names; names are borrowed,
 * not copied. */
#ifndef HEARTH_TEMPLATE_NAME_INDEX_H
#define HEARTH_TEMPLATE_NAME_INDEX_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"

struct name_index;

#define NAME_NOT_FOUND SIZE_MAX

/* room: the most names that will be added. */
struct name_index *name_index_create(struct arena *arena, size_t room);
/* A name added twice keeps its first position. */
void name_index_add(struct name_index *index, const char *name, size_t position);
/* Position of name, or NAME_NOT_FOUND; index and name may be NULL. */
size_t name_index_find(const struct name_index *index, const char *name);

#endif
