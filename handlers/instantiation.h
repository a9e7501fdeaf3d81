/* The body that creates, previews or validates a stack, read as Heat reads it. */
#ifndef HEARTH_HANDLERS_INSTANTIATION_H
#define HEARTH_HANDLERS_INSTANTIATION_H

#include <stdbool.h>

#include "engine/calls.h"
#include "fcgi/request.h"

/* Fails with Heat's 400 for what is missing or of the wrong kind. named: a stack name is needed. What depends
 * on the template's content is the engine's to check. */
int instantiation_read(struct request *request, bool named, struct stack_input *input) MUST_CHECK;

/* The same for an update. patch: nothing is needed, and what is given is laid over what the stack has. */
int instantiation_read_update(struct request *request, bool patch, struct stack_input *input) MUST_CHECK;

/* 400 in the words for a body that is no such thing at all. */
int fail_malformed(struct ctx *ctx);

#endif
