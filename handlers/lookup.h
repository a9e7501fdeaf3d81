/* From a name, an id or an ARN to the canonical URL of a stack. */
#ifndef HEARTH_HANDLERS_LOOKUP_H
#define HEARTH_HANDLERS_LOOKUP_H

#include <stdbool.h>

#include "fcgi/request.h"

/* "/v1/<tenant>/stacks/arn:openstack:heat::<tenant>:stacks/<name>/<id><path>", as no route has it because of
 * the slashes: redirects and is true. False, with nothing done, for any other path. No authentication came
 * before and none is needed: the answer says nothing that the ARN did not. */
bool lookup_arn_path(struct request *request, const char *raw_path);

#endif
