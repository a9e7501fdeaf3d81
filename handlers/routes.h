/* The table of every call of the API. */
#ifndef HEARTH_HANDLERS_ROUTES_H
#define HEARTH_HANDLERS_ROUTES_H

#include "fcgi/route.h"

extern const struct route_table routes;

#define ROUTE(method, path, name, policy, flags) handler name;
#include "handlers/routes.def"
#undef ROUTE

/* For a path that no row has: the list of versions below an unknown version, the redirect of an ARN, else
 * 404. */
handler path_unknown;

#endif
