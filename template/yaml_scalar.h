/* Plain YAML scalars: what a bare word means. Source: YAML 1.1 as PyYAML's Resolver and SafeConstructor read
 * it. */
#ifndef HEARTH_TEMPLATE_YAML_SCALAR_H
#define HEARTH_TEMPLATE_YAML_SCALAR_H

#include "base/value.h"

enum scalar_tag {
    SCALAR_STR,
    SCALAR_NULL,
    SCALAR_BOOL,
    SCALAR_INT,
    SCALAR_FLOAT,
    SCALAR_MERGE, /* "<<" */
    SCALAR_VALUE, /* "=" */
};

/* Tag of an untagged plain scalar. Timestamps count as strings. */
enum scalar_tag scalar_resolve(const char *text, size_t length);
/* The value of text read as tag; NULL when it cannot be read so (only with an explicit tag). */
const struct value *scalar_construct(struct arena *arena, enum scalar_tag tag, const char *text,
                                     size_t length);

#endif
