/* A stack as its documents describe it: template, environment, parameters and files, read and put together.
 * The API makes one to validate a request, the engine one for each operation it holds. */
#ifndef HEARTH_ENGINE_DEFINITION_H
#define HEARTH_ENGINE_DEFINITION_H

#include "base/ctx.h"
#include "engine/calls.h"
#include "resources/catalogue.h"
#include "template/template.h"

/* What a definition is made of; values on ctx->arena. */
struct documents {
    const struct value *template;
    const struct value *environment;       /* map, or NULL */
    const struct value *environment_files; /* list, or NULL */
    const struct value *files;             /* map, or NULL */
    const char *stack_name, *stack_id;
    bool strict;                     /* parameters must have values, and these are checked */
    bool may_fetch;                  /* templates named by URLs that are not among the files */
    const struct definition *parent; /* of a nested stack that is only validated; else NULL */
    int nested_depth;                /* 0: it has no parent */
    const struct value *facade;      /* of a nested stack: what resource_facade gives, by name; or NULL */
    bool sealed; /* the template has hidden values of a parent in it, and is stored sealed */
};

/* Templates that are types, each read once. */
struct known_type {
    const struct resource_type *type;
    const struct known_type *next;
};

struct definition {
    struct ctx *ctx;
    struct template *template;
    struct environment *environment;
    struct parameters *parameters;
    struct scope scope;  /* world is set by whoever asks */
    struct scope masked; /* the same with "******" for hidden parameters; .parameters NULL: none hidden */
    struct graph *graph; /* NULL until definition_link */
    const struct resource_type **types; /* per resource of the template; NULL: its condition is false */
    bool has_hidden;
    bool strict;
    /* as the documents: what is hidden in the template stands nowhere, so all of it counts as hidden */
    bool sealed;
    bool may_fetch;
    const char *stack_name;
    int nested_depth;
    const struct value *facade;
    const struct known_type *known_types;
    const struct value *referenced; /* of graph_attribute_paths; NULL: nobody asked yet */
    int64_t *tree_resources;        /* while validating: resources counted so far, in the whole tree */
};

/* Parses template and environment; fails as Heat does. */
struct definition *definition_parse(struct ctx *ctx, const struct documents *documents) MUST_CHECK;
/* Then resolves the parameters … */
int definition_resolve_parameters(struct definition *definition,
                                  const struct documents *documents) MUST_CHECK;
/* … and finds the types and the dependencies. */
int definition_link(struct definition *definition) MUST_CHECK;
/* Masks parameters that are masked in shown as well (those of an environment as it is shown). */
void definition_hide(struct definition *definition, const struct value *shown);
/* All three. */
struct definition *definition_read(struct ctx *ctx, const struct documents *documents) MUST_CHECK;

/* Whether everything in it can work: each resource's functions, properties, policies, and each output. The
 * world of the scope is set to one that knows nothing yet. strict false: names only, as for POST /validate.
 * timeout_us: of the stack. Fails with FAULT_STACK_VALIDATION and Heat's message. */
int definition_validate(struct definition *definition, bool strict, int64_t timeout_us) MUST_CHECK;
/* Properties of a resource with everything unknown as value_unknown, completed. Needs definition_validate's
 * world. */
const struct value *definition_draft_properties(struct definition *definition,
                                                const struct resource_definition *resource) MUST_CHECK;

/* Puts before the message of a failed validation the path at which it arose, as Heat prints it:
 * "resources.r.properties.value.get_attr: : …"; error stands before that. Other faults stay as they are.
 * Returns -1. */
int definition_fail_at(struct definition *definition, const char *error, const char *path);

/* "resources.r.properties", or as CFN spells it. */
const char *definition_properties_path(const struct definition *definition,
                                       const struct resource_definition *resource);
/* What a validation sees of a resource. */
struct resource_draft definition_draft(struct definition *definition,
                                       const struct resource_definition *resource,
                                       const struct value *properties, int64_t timeout_us);
/* Resolves a snippet with a fresh budget; path for messages. */
const struct value *definition_resolve(struct definition *definition, struct scope *scope, const char *path,
                                       const struct value *snippet) MUST_CHECK;
/* "Delete", "Retain" or "Snapshot"; NULL with Heat's message for others. */
const char *definition_deletion_policy(struct definition *definition,
                                       const struct resource_definition *resource);

/* The stack's outputs as the API shows them: a list of maps; an output that fails has output_error and null.
 */
const struct value *definition_outputs(struct definition *definition);

#endif
