/* Writing YAML as PyYAML's safe dumper does by default: block style, keys sorted, lines of 80 columns, other than
 * ASCII escaped. What is written here reads back as the same value (template/yaml.c). */
#ifndef HEARTH_TEMPLATE_YAML_WRITE_H
#define HEARTH_TEMPLATE_YAML_WRITE_H

#include "base/ctx.h"
#include "base/value.h"

/* The whole document with its last newline; NULL with FAULT_INTERNAL when it cannot be written. */
const char *yaml_write(struct ctx *ctx, const struct value *value) MUST_CHECK;

#endif
