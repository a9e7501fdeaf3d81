/* What a server's signal makes of its deployment. Pure. */
#ifndef HEARTH_RESOURCES_SOFTWARE_REPORT_H
#define HEARTH_RESOURCES_SOFTWARE_REPORT_H

#include "base/ctx.h"
#include "base/value.h"

/* Names of the outputs that every deployment has, NULL at the end. */
extern const char *const software_standard_outputs[];

struct software_report {
    const struct value *outputs; /* all of the deployment from now on */
    const char *status, *reason; /* "COMPLETE" or "FAILED" */
    const char *told;            /* what the event says */
};

/* outputs: so far, a map or nothing; declared: the configuration's list of outputs; details: the signal's map,
 * or NULL. */
struct software_report software_report(struct ctx *ctx, const char *deployment_id,
                                       const struct value *outputs, const struct value *declared,
                                       const struct value *details);

#endif
