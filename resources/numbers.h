/* Numbers as Python's int() and float() read them, for properties and their constraints. */
#ifndef HEARTH_RESOURCES_NUMBERS_H
#define HEARTH_RESOURCES_NUMBERS_H

#include "base/arena.h"
#include "base/value.h"

/* int(): of a number, a boolean or the text of an integer. NULL: it is none. */
const struct value *number_integer(struct arena *arena, const struct value *value);
/* A number as it is; text as int() or else float(). NULL: it is none. */
const struct value *number_any(struct arena *arena, const struct value *value);
/* For comparing; 0 for what is no number. */
double number_double(const struct value *value);

#endif
