/* Error documents, in the three shapes that clients of Heat know:
 *
 *   Heat's own           {"code": 404, "title": "Not Found", "explanation": "…",
 *                         "error": {"type": "EntityNotFound", "traceback": null, "message": "…"}}
 *   its web framework's  {"message": "…<br /><br />\n\n\n", "code": "404 Not Found", "title": "Not Found"}
 *   Keystone's           {"error": {"code": 401, "title": "Unauthorized", "message": "…"}}     401s, the
 * identity API
 */
#ifndef HEARTH_FCGI_ERRORS_H
#define HEARTH_FCGI_ERRORS_H

#include "fcgi/request.h"

/* Replaces whatever the handler had begun by the document of ctx.error, in Heat's or Keystone's shape. */
void error_reply(struct request *request);

/* The request does not fit the route table: 405 in Heat's shape with Allow, 404 in the web framework's. */
void error_reply_method(struct request *request, unsigned allowed);
void error_reply_unknown_path(struct request *request);

/* "GET,POST" for bits 1 << METHOD_…, in Heat's order. */
const char *methods_text(struct arena *arena, unsigned allowed);

/* "Not Found" for 404; "Unknown" for a status that is not in the table. */
const char *status_phrase(int status);
/* The sentence with which the web framework under Heat explains a status. */
const char *status_explanation(int status);

#endif
