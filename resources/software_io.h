/* Inputs and outputs of a software configuration: what each entry of the two lists may say. Pure. */
#ifndef HEARTH_RESOURCES_SOFTWARE_IO_H
#define HEARTH_RESOURCES_SOFTWARE_IO_H

#include "base/ctx.h"
#include "base/value.h"

/* The list as it is stored: checked, converted to the types it names, defaults filled in, members in Heat's
 * order. Nothing, or anything false, is an empty list. Fails as Heat does: FAULT_BAD_REQUEST for what is no
 * list of maps, FAULT_INVALID_SCHEMA for the default of an unknown type, else FAULT_VALUE_ERROR with the
 * place ("inputs[0].type"). */
const struct value *software_inputs_check(struct ctx *ctx, const struct value *inputs) MUST_CHECK;
const struct value *software_outputs_check(struct ctx *ctx, const struct value *outputs) MUST_CHECK;

#endif
