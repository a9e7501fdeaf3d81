/* The type files of resources/types, embedded by resources/embed.awk. */
#ifndef HEARTH_RESOURCES_BUILTIN_TYPES_H
#define HEARTH_RESOURCES_BUILTIN_TYPES_H

#include <stddef.h>

struct builtin_type {
    const char *path; /* in the source tree, for messages */
    const char *text; /* JSON */
    size_t length;
};
extern const struct builtin_type builtin_types[];
extern const size_t builtin_type_count;

#endif
