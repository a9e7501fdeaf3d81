/* What the API asks of stacks: every write goes through these functions, inside the API worker. Each is one
 * transaction that commits the rows and the operation for the engine, then notifies it. */
#ifndef HEARTH_ENGINE_CALLS_H
#define HEARTH_ENGINE_CALLS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/ctx.h"
#include "base/value.h"
#include "template/template.h"

struct rows;

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
    bool restore;                          /* of an update: to what a snapshot kept */
    const struct value *adopt; /* map of exported resources (engine/stack_data.h): to be adopted, not made; or
                                  NULL */
    enum protection { PROTECTION_KEPT, PROTECTION_ON, PROTECTION_OFF } protection; /* from deletion */
    /* of an update */
    bool rollback_given;                  /* disable_rollback was; else the stack keeps its own */
    bool existing;                        /* PATCH: what is not given is kept, maps are merged */
    const struct value *clear_parameters; /* PATCH: names not to be kept; list, or NULL */
};

struct stack_key {
    const char *name, *id;
    const char
        *expected; /* entity tags, one of which a stack to be changed must have (If-Match); NULL: any */
};

/* POST /stacks: validates all of it, stores stack, resources (INIT) and operation. Fails with Heat's faults
 * (StackExists, StackValidationFailed, RequestLimitExceeded …), nothing stored. Sets *id. */
int stack_create(struct ctx *ctx, const struct stack_input *input, const char **id) MUST_CHECK;

/* PUT and PATCH: validates all of it, then the stack turns to the new definition; a running operation is
 * pre-empted. input->template may be NULL when existing. Fails as create does, with FAULT_ENTITY_NOT_FOUND,
 * or FAULT_NOT_SUPPORTED for a stack that is suspended or being deleted. */
int stack_update(struct ctx *ctx, const struct stack_key *key, const struct stack_input *input) MUST_CHECK;
/* The "resource_changes" of such an update, nothing stored; show_nested: with those of the stacks nested in it. */
const struct value *stack_preview_update(struct ctx *ctx, const struct stack_key *key,
                                         const struct stack_input *input, bool show_nested) MUST_CHECK;
/* Ends a running update where it stands (and a creation), or, with rollback, turns it into its own rollback.
 * Steps under way go on to their end. FAULT_NOT_SUPPORTED when none is running. */
int stack_cancel_update(struct ctx *ctx, const struct stack_key *key, bool rollback) MUST_CHECK;
/* PATCH …/resources/{name}, by name or physical id: CHECK_FAILED, which the next update replaces, or back. */
int resource_mark(struct ctx *ctx, const struct stack_key *key, const char *resource, bool unhealthy,
                  const char *reason) MUST_CHECK;

/* Signature of the URL at which an agent reads a resource's metadata without a login, and whether one is right. */
const char *metadata_url_sign(struct ctx *ctx, const char *tenant_id, const char *stack_id,
                              const char *resource);
int metadata_url_check(struct ctx *ctx, const char *tenant_id, const char *stack_id, const char *resource,
                       const char *signature) MUST_CHECK;

/* DELETE: accepted in every state; a running operation is pre-empted. Fails with FAULT_ENTITY_NOT_FOUND, or
 * FAULT_STACK_PROTECTED. */
int stack_delete(struct ctx *ctx, const struct stack_key *key) MUST_CHECK;

/* POST …/actions. Each is an operation that visits every resource. FAULT_ACTION_IN_PROGRESS while another
 * operation is under way; a stack that is suspended (resumed) already stays as it is. */
int stack_suspend(struct ctx *ctx, const struct stack_key *key) MUST_CHECK;
int stack_resume(struct ctx *ctx, const struct stack_key *key) MUST_CHECK;
int stack_check(struct ctx *ctx, const struct stack_key *key) MUST_CHECK;

/* The same route; not in Heat. Continues what failed from where it failed, as the same action. Fails with
 * FAULT_NOT_SUPPORTED unless CREATE, ADOPT, UPDATE, RESTORE, ROLLBACK or DELETE has FAILED. */
int stack_retry(struct ctx *ctx, const struct stack_key *key) MUST_CHECK;

/* A protected stack, and what is nested in it, is neither deleted nor abandoned by its users. No operation; the
 * second is for within a transaction. FAULT_NOT_SUPPORTED for a nested stack and one that is being deleted. */
int stack_protect(struct ctx *ctx, const struct stack_key *key, bool on) MUST_CHECK;
int stack_protect_in(struct ctx *ctx, const char *stack_id, bool on) MUST_CHECK;

/* POST …/snapshots: an operation that ends with the stack's data in the snapshot. name: NULL for none. Fails
 * as above, and at the limit of snapshots per stack. */
struct new_snapshot {
    const char *id, *creation_time;
};
int stack_snapshot(struct ctx *ctx, const struct stack_key *key, const char *name,
                   struct new_snapshot *snapshot) MUST_CHECK;
/* Columns of STMT_snapshot_list and STMT_snapshot_show. */
enum snapshot_column {
    SNAPSHOT_ID, /* NULL: the stack is there, no such snapshot is */
    SNAPSHOT_NAME,
    SNAPSHOT_STATUS,
    SNAPSHOT_REASON,
    SNAPSHOT_DATA, /* sealed; NULL: none yet */
    SNAPSHOT_CREATED,
    SNAPSHOT_IS_OF_STACK,
};
/* The one row of a snapshot; FAULT_NOT_FOUND, or FAULT_SNAPSHOT_NOT_FOUND for another stack's. */
struct rows *snapshot_find(struct ctx *ctx, const struct stack_key *key, const char *id) MUST_CHECK;
/* What it keeps (engine/stack_data.h), with hidden values; value_null while there is nothing yet. */
const struct value *snapshot_data(struct ctx *ctx, const struct rows *rows, size_t row) MUST_CHECK;
int snapshot_delete(struct ctx *ctx, const struct stack_key *key, const char *id) MUST_CHECK;
/* POST …/snapshots/{id}/restore: an update to the template, environment and files that it keeps. */
int stack_restore(struct ctx *ctx, const struct stack_key *key, const char *id,
                  const char *base_url) MUST_CHECK;

/* GET …/export: the stack as data (engine/stack_data.h); DELETE …/abandon: the same, and its rows go. Both
 * only with enable_stack_abandon. */
const struct value *stack_export(struct ctx *ctx, const struct stack_key *key) MUST_CHECK;
const struct value *stack_abandon(struct ctx *ctx, const struct stack_key *key) MUST_CHECK;

/* Makes of exported data what POST /stacks needs: template, and where the request says nothing of them,
 * environment and files. Only with enable_stack_adopt. */
int stack_adopt_read(struct ctx *ctx, const struct value *data, struct stack_input *input) MUST_CHECK;

/* POST …/resources/{name}/signal. resource_id: of the row it is meant for, or NULL for whichever stands for the
 * name. base_url: of the API, for URLs of what the signal makes. */
int resource_signal(struct ctx *ctx, const struct stack_key *key, const char *resource,
                    const char *resource_id, const struct value *details, const char *base_url) MUST_CHECK;
/* The same by a signed URL, where the signature stands for the tenant. It names the resource's row too: what
 * replaces the resource has another URL, and the old one is worth nothing. */
struct signal_target {
    const char *tenant_id, *stack_id, *resource, *resource_id;
};
int signal_url_check(struct ctx *ctx, const struct signal_target *target, const char *signature) MUST_CHECK;
const char *signal_url_sign(struct ctx *ctx, const struct signal_target *target);

/* POST /validate: the answer's body. */
const struct value *stack_validate(struct ctx *ctx, const struct stack_input *input, bool show_nested,
                                   const struct value *ignore_errors) MUST_CHECK;
/* POST /stacks/preview: the answer's "stack" map. */
const struct value *stack_preview(struct ctx *ctx, const struct stack_input *input) MUST_CHECK;

/* ---- reads that need the language, for GET of one attribute not stored ---- */
/* Attributes of a resource, as "resource show" shows them, from what is stored of it; with_attr: names asked for
 * beyond, or NULL. */
const struct value *resource_attributes(struct ctx *ctx, const char *type, const char *stored_attributes,
                                        const char *stored_data, const struct value *with_attr) MUST_CHECK;
/* The same of one that is not made yet. properties: completed. */
const struct value *resource_draft_attributes(struct ctx *ctx, const char *type,
                                              const struct value *properties) MUST_CHECK;

#endif
