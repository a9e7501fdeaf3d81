/* The calls to services that steps ask for (resources/service.h), of all operations an engine holds.
 *
 *   step ──> node->service_request ── commit ──> take ──> queue of the service ──> call ──> node->answer, node is due
 *                                                 at most "parallel" at once
 *
 * All run on one HTTP client, which waits for them and for the database's notification together. Nothing of this is
 * stored: an engine that dies leaves steps that are in doubt, and they know what to do. */
#ifndef HEARTH_ENGINE_SERVICE_CALLS_H
#define HEARTH_ENGINE_SERVICE_CALLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/config.h"
#include "base/ctx.h"

struct node;
struct operation;
struct service_calls;

/* Reads services_file. Never NULL: with a file that does not read there are no services, and the log says why. */
struct service_calls *service_calls_create(const struct config *config);
void service_calls_destroy(struct service_calls *calls); /* none may be under way */

/* Takes what the steps of an operation ask for and is committed. */
void service_calls_take(struct service_calls *calls, struct operation *operation);
/* Until then (monotonic) the leases of all operations hold. Past it no call is begun: another engine may have the
 * operation by now, and would not know of it. */
void service_calls_permit(struct service_calls *calls, int64_t until_us);
/* Waits for calls, for fd (-1: none) to become readable, or timeout_ms. Whether fd did. */
bool service_calls_wait(struct service_calls *calls, int fd, int timeout_ms);

/* Waits for its call, or for it to be made. */
bool node_is_calling(const struct node *node);
/* Its step is over. Harmless without a call. */
void service_call_cancel(struct node *node);
/* Any call of it is queued or under way. */
bool operation_is_calling(const struct operation *operation);
/* Cancels all of them: the operation goes. */
void service_calls_forget(struct operation *operation);

#endif
