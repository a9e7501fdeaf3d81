/* Requests that are carried out once however often they are sent: the Idempotency-Key header, as
 * draft-ietf-httpapi-idempotency-key-header describes it.
 *
 *   first time      claim the key ─┐
 *                   the handler    ├─ one transaction: either both or neither
 *                   keep the reply ─┘
 *   again           the reply that was kept, with Idempotent-Replayed: true
 *   at once         the second waits for the first one's transaction, then gets its reply
 *
 * A key belongs to a user in a tenant and stands for one request (method, path, query, body); with another it is
 * refused. A refusal (4xx) is kept as well; a 5xx is not. Keys and requests are stored as digests, replies sealed. */
#ifndef HEARTH_FCGI_IDEMPOTENCY_H
#define HEARTH_FCGI_IDEMPOTENCY_H

#include "fcgi/request.h"
#include "fcgi/route.h"

/* Runs the handler of the request's route, or replays. As a handler: 0, or -1 with the reason. */
int idempotency_run(struct request *request, handler *run) MUST_CHECK;

#endif
