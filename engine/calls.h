/* What the API asks of stacks: every write goes through these functions, inside the API worker. Each is one
 * transaction that commits the rows and the operation for the engine, then notifies it. */
#ifndef HEARTH_ENGINE_CALLS_H
#define HEARTH_ENGINE_CALLS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/ctx.h"
#include "base/value.h"
#include "template/template.h"

/* A stack as a request describes it; all values on ctx->arena. */
struct stack_input {
    const char *name;
    const struct value *template;          /* document */
    const struct value *environment;       /* map, or NULL */
    const struct value *environment_files; /* list, or NULL */
    const struct value *files;             /* map, or NULL */
    const struct value *parameters;        /* map, or NULL */
    const struct value *tags;              /* list of strings, or NULL */
    int timeout_mins;                      /* -1: not given */
    bool disable_rollback;                 /* Heat's default is true */
    const char *base_url;                  /* request_base_url + "/v1", for signal URLs */
};

struct stack_key {
    const char *name, *id;
};

/* POST /stacks: validates all of it, stores stack, resources (INIT) and operation. Fails with Heat's faults
 * (StackExists, StackValidationFailed, RequestLimitExceeded …), nothing stored. Sets *id. */
int stack_create(struct ctx *ctx, const struct stack_input *input, const char **id) MUST_CHECK;

/* DELETE: accepted in every state; a running operation is pre-empted. Fails with FAULT_ENTITY_NOT_FOUND. */
int stack_delete(struct ctx *ctx, const struct stack_key *key) MUST_CHECK;

/* POST …/resources/{name}/signal. */
int resource_signal(struct ctx *ctx, const struct stack_key *key, const char *resource,
                    const struct value *details) MUST_CHECK;
/* The same by a signed URL, where the signature stands for the tenant. path: "/v1/{tenant}/stacks/…/signal".
 */
int signal_url_check(struct ctx *ctx, const char *tenant_id, const char *stack_id, const char *resource,
                     const char *signature) MUST_CHECK;
const char *signal_url_sign(struct ctx *ctx, const char *tenant_id, const char *stack_id,
                            const char *resource);

/* POST /validate: the answer's body. */
const struct value *stack_validate(struct ctx *ctx, const struct stack_input *input, bool show_nested,
                                   const struct value *ignore_errors) MUST_CHECK;
/* POST /stacks/preview: the answer's "stack" map. */
const struct value *stack_preview(struct ctx *ctx, const struct stack_input *input) MUST_CHECK;

/* ---- reads that need the language, for GET of one attribute not stored ---- */
/* Attributes of a resource, as "resource show" shows them; with_attr: names asked for beyond, or NULL. */
const struct value *resource_attributes(struct ctx *ctx, const char *type, const char *stored_attributes,
                                        const struct value *with_attr) MUST_CHECK;

#endif
