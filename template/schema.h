/* Inside the language: parameter schemas and constraints. */
#ifndef HEARTH_TEMPLATE_SCHEMA_H
#define HEARTH_TEMPLATE_SCHEMA_H

#include "template/template.h"

/* Fills template->parameters from the parameters section. */
int schema_parse_parameters(struct ctx *ctx, struct template *template);
/* The type as the template spells it, for messages. */
const char *schema_type_text(const struct parameter_schema *schema);

/* Constraints are kept in HOT's form, numbers converted: {"length": {"min": 1}, "description": "…"}.
 * Each reads one from what the template says; NULL on error. */
const struct value *constraint_read_hot(struct ctx *ctx, const struct template_version *version,
                                        const struct value *definition);
/* All that a CFN parameter definition says, as a list. */
const struct value *constraint_read_cfn(struct ctx *ctx, const struct value *definition);
/* "Range", "Length" …: Heat's class of a constraint, for messages. */
const char *constraint_class(const struct value *constraint);
bool constraint_fits_type(const struct value *constraint, enum parameter_type type);

/* Why value breaks a constraint, in Heat's words; NULL: it does not. */
const char *constraint_problem(struct ctx *ctx, const struct template *template,
                               const struct parameter_schema *schema, const struct value *constraint,
                               const struct value *value);
bool constraint_is_custom(const struct value *constraint);

/* A number, or text that Python reads as one; NULL with *problem set otherwise. */
const struct value *number_of(struct arena *arena, const struct value *value, const char **problem);
/* As oslo's bool_from_string(strict): NULL with *problem set when it is none. */
const struct value *boolean_of(struct arena *arena, const struct value *value, const char **problem);

#endif
