/* The route table, made from routes.def. */
#include "handlers/routes.h"

#include "base/attributes.h"

static const struct route rows[] = {
#define ROUTE(method_, path_, name_, policy_, flags_)                                                        \
    {.method = METHOD_##method_,                                                                             \
     .path = (path_),                                                                                        \
     .policy = (policy_),                                                                                    \
     .flags = (flags_),                                                                                      \
     .run = (name_),                                                                                         \
     .name = #name_},
#include "handlers/routes.def"
#undef ROUTE
};

const struct route_table routes = {.routes = rows, .count = COUNT_OF(rows), .unknown = path_unknown};
