/* What an environment's resource_registry puts in place of a type, and what of it goes on to nested stacks. */
#ifndef HEARTH_ENGINE_REGISTRY_H
#define HEARTH_ENGINE_REGISTRY_H

#include "base/ctx.h"
#include "base/value.h"
#include "template/template.h"

/* What a type stands for: either a type of the catalogue or a template. */
struct registry_match {
    const char *type; /* of the catalogue; or NULL */
    const char *file; /* name of a template; or NULL */
    const char *key;  /* entry that named the template … */
    bool own;         /* … in the part for this one resource */
};

/* Whether a name can only be that of a template. */
bool is_template_name(const char *name);
/* False: nothing of that name is known; match->type is then what was looked for last. */
bool registry_find(struct ctx *ctx, const struct value *registry, const char *resource, const char *type,
                   struct registry_match *match);
/* The environment of a nested stack: the registry without what led to it (match; or NULL) and with the part for its
 * resource (NULL: all of it), the defaults, and parameters of its own (map). A document. */
const struct value *registry_child(struct ctx *ctx, const struct environment *environment,
                                   const struct registry_match *match, const char *resource,
                                   const struct value *parameters);

#endif
