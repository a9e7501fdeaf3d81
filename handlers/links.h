/* Links in replies: the address of a stack, a resource, an event, written as the client reached us. */
#ifndef HEARTH_HANDLERS_LINKS_H
#define HEARTH_HANDLERS_LINKS_H

#include "base/str.h"
#include "fcgi/request.h"

/* What all links of one tenant begin with, ready for JSON: "http://host:8004/v1/<tenant>/stacks/". Made once
 * per reply, so that a long list costs no more than copying. */
struct links {
    const char *stacks;
    size_t length;
};
struct links links_of(struct request *request, const char *tenant_id);

struct link_target {
    const char *stack_name, *stack_id;
    const char *resource; /* NULL: the stack itself */
    const char *event;    /* NULL: the resource itself */
};
/* {"href": "…", "rel": "…"} */
void link_write(struct str *out, const struct links *links, const struct link_target *target,
                const char *rel);

/* The stack's URL as it stands in a Location header. */
const char *stack_url(struct request *request, const char *tenant_id, const char *name, const char *id);

/* ---- percent-encoding (RFC 3986) ---- */
/* Everything but letters, digits, "_.-~" and the characters in safe. */
void url_quote(struct str *out, const char *text, const char *safe);
/* "name=value&…" of all query parameters, spaces as '+'; without (may be NULL) is left out. */
void query_write(struct str *out, const struct request *request, const char *without);

#endif
