/* Templates as types: properties from the template's parameters, attributes from its outputs. */
#ifndef HEARTH_ENGINE_NESTED_TYPES_H
#define HEARTH_ENGINE_NESTED_TYPES_H

#include "engine/definition.h"
#include "engine/registry.h"

/* The type that a template file is, read once for a definition. FAULT_STACK_VALIDATION where there is no such file
 * or it is no template. */
const struct resource_type *nested_type(struct definition *definition, const char *name,
                                        const struct registry_match *match) MUST_CHECK;
/* The type of what is there of a resource whose template is not known any more: it can be taken down. */
const struct resource_type *nested_type_unknown(struct ctx *ctx, const char *name);
/* Whether a type is a template. */
bool is_template_type(const struct resource_type *type);
/* A file of the definition; fetched into the files where that is allowed and it is a URL. FAULT_STACK_VALIDATION. */
const struct value *nested_file(struct definition *definition, const char *name) MUST_CHECK;

#endif
