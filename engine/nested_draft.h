/* Nested stacks before they exist: for validation and previews. */
#ifndef HEARTH_ENGINE_NESTED_DRAFT_H
#define HEARTH_ENGINE_NESTED_DRAFT_H

#include "engine/definition.h"

/* The stack that a resource would be, checked as deep as it is known. properties: completed, with value_unknown
 * for what is not known yet. NULL without an error: it is no stack, or what it is made of is not known yet. Errors
 * have the path through the tree: "resources.n<n.yaml>.resources.r: : …". */
struct definition *nested_draft(struct definition *definition, const struct resource_definition *resource,
                                const struct value *properties, int64_t timeout_us);
int nested_validate(struct definition *definition, const struct resource_definition *resource,
                    const struct value *properties, int64_t timeout_us) MUST_CHECK;
/* Counts the resources of a definition among those of its tree; FAULT_REQUEST_LIMIT. */
int nested_count(struct definition *definition) MUST_CHECK;
/* What POST /validate shows of the parameters of nested stacks: {NAME: {"Type", "Description", "Parameters", …}};
 * NULL with an error. */
const struct value *nested_parameters(struct definition *definition) MUST_CHECK;

#endif
