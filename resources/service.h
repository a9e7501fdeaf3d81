/* What a step asks a service, and what it is told.
 *
 *   step ── job->request, job->progress "asked it" ──> STEP_WAIT
 *              │ the transaction that stores the progress is committed, then the call is made
 *              └──> the step is called again: job->answer
 *
 * The call is made after the commit, so whoever takes over knows of it: a step that is called with its progress
 * and without an answer is in doubt whether the call was made and what came of it. Answers are not stored. */
#ifndef HEARTH_RESOURCES_SERVICE_H
#define HEARTH_RESOURCES_SERVICE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/value.h"

struct service_request {
    const char *service;        /* by its name in services_file */
    const char *method;         /* GET, POST … */
    const char *path;           /* with the query, percent-encoded; begins with a slash */
    const char *const *headers; /* "Name: value", NULL past the last; or NULL */
    const struct value *body;   /* sent as JSON; NULL: none */
    int64_t timeout_ms;         /* of the call */
    int64_t until_us;           /* wall clock: not begun later than this, but answered as never sent */
    bool once;                  /* not safe to be repeated: not even the HTTP client may */
};

struct service_answer {
    int status;               /* HTTP; 0: there is no answer, error says why */
    const char *error;        /* NULL when there is a status */
    bool never_sent;          /* without an answer: the service has not seen the request */
    const struct value *body; /* NULL: none, or no JSON */
    const char *text;         /* of the body; "" for none */
    const char *request_id;   /* the service's; NULL: it gave none */
    int64_t retry_after_us;   /* how long it asked to be left alone; 0: it did not say */
};

#endif
