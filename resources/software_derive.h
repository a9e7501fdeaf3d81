/* What a deployment makes of a configuration: a derived one, for one server and one action, with the values of
 * its inputs, and inputs of its own that tell the server's agent where it is and how to report. Pure. */
#ifndef HEARTH_RESOURCES_SOFTWARE_DERIVE_H
#define HEARTH_RESOURCES_SOFTWARE_DERIVE_H

#include <stdbool.h>

#include "resources/hooks.h"

/* A configuration as an answer to ASK_CONFIG, read: map name, group, config, inputs, outputs, options. NULL:
 * the reason is in ctx->error. */
const struct value *software_config_read(struct ctx *ctx, const struct value *answer) MUST_CHECK;

/* Whether a deployment of source acts in an action ("CREATE" …): of a component its configurations say so,
 * else the deployment's property actions. */
bool software_acts(const struct resource_job *job, const struct value *source, const char *action);

/* Inputs of the derived configuration: those of source with their values (input_values, else the default),
 * values nobody declared, then deploy_…. */
const struct value *software_derive_inputs(struct ctx *ctx, const struct resource_job *job,
                                           const struct value *source, const char *action);

/* How the text of the configuration comes about. */
typedef const struct value *software_text(struct ctx *ctx, const struct resource_job *job,
                                          const struct value *source, const struct value *inputs);
software_text software_text_plain;      /* as it is; nothing: "" */
software_text software_text_structured; /* {input_key: name} replaced by the input's value; nothing: {} */

/* What EFFECT_CONFIG_PUT wants, but for id and time; NULL: the reason is in ctx->error. */
const struct value *software_derive(struct ctx *ctx, const struct resource_job *job,
                                    const struct value *source, const char *action, software_text *text);

/* The values of inputs by name; absent ones are null. */
const struct value *software_input_values(struct ctx *ctx, const struct value *inputs);

#endif
