/* hearthctl types: for those who write resource types. */
#include "cmd/hearthctl/hearthctl.h"

#include <stdio.h>

#include "base/config.h"
#include "cloud/services.h"
#include "resources/catalogue.h"

/* A service that is not named yet is no mistake of the file, but worth a word. */
static int note_service(struct session *session, const struct resource_type *type)
{
    struct services services;
    const char *service = value_get_text(value_get(type->definition, "rest"), "service");
    if (!service)
        return 0;
    if (services_read(&session->ctx, session->ctx.config->services_file, &services) != 0)
        return -1;
    if (!services_find(&services, service))
        fprintf(stderr, "hearthctl: services_file names no service %s yet\n", service);
    return 0;
}

int types_check(struct session *session)
{
    const struct resource_type *type = catalogue_read_file(&session->ctx, session->words[0]);
    if (!type || note_service(session, type) != 0)
        return -1;
    print_done(session, "Nothing is wrong with", type->name, NULL);
    return 0;
}
