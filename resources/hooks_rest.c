/* The hooks of types that live in a REST service: the driver itself is in rest_*.c. */
#include "resources/rest.h"

const struct resource_hooks hooks_rest = {
    .name = "rest",
    .create = rest_create,
    .update = rest_update,
    .remove = rest_remove,
    .suspend = rest_suspend,
    .resume = rest_resume,
    .check = rest_check,
    .adopt = rest_adopt,
    .resource_data = job_no_data,
};
