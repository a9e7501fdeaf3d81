/* URL decoding (RFC 3986) of path segments and of the query, as the web framework under Heat reads them. */
#ifndef HEARTH_FCGI_QUERY_H
#define HEARTH_FCGI_QUERY_H

#include <stdbool.h>
#include <stddef.h>

#include "fcgi/request.h"

/* Decodes %XX in place (and "+" as a space where plus is set) and returns the new length. A "%" that no two
 * hex digits follow stays as it is. The result is not NUL-terminated here. */
size_t url_decode(char *text, size_t length, bool plus);

/* Decodes a segment or a part of a query in place and ends it with NUL, which the caller has room for. Fails
 * with FAULT_BAD_REQUEST when it then holds a NUL byte or is not UTF-8; what: "path" or "query", for the
 * message. */
int url_decode_checked(struct ctx *ctx, char *text, size_t length, bool plus, const char *what) MUST_CHECK;

/* Splits request->raw_query into request->query: "a=1&b" is a → "1", b → "". */
int query_read(struct request *request) MUST_CHECK;

#endif
