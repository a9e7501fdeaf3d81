/* What an unauthenticated client may ask: which versions there are, and whether we are alive. Also the answer
 * to paths that no route has. */
#include "handlers/routes.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/config.h"
#include "base/value.h"
#include "handlers/lookup.h"

int versions_index(struct request *request)
{
    const char *url = arena_printf(request->ctx.arena, "%s/v1/", request_base_url(request));
    struct str *body = &request->reply.body;
    if (request->method == METHOD_OPTIONS) {
        reply_empty(request, 200);
        return 0;
    }
    reply_json(request, 300);
    str_add(body,
            "{\"versions\": [{\"id\": \"v1.0\", \"status\": \"CURRENT\", \"links\": [{\"rel\": \"self\", "
            "\"href\": ");
    json_write_string(body, url);
    str_add(body, "}]}]}");
    return 0;
}

/* JSON for those who ask for it; a load balancer looks at the status alone. */
int healthcheck(struct request *request)
{
    const char *accept = request_header(request, "Accept");
    if (request->method == METHOD_HEAD) {
        reply_empty(request, 204);
        return 0;
    }
    reply_json(request, 200);
    if (accept && strstr(accept, "application/json")) {
        str_add(&request->reply.body, "{\"detailed\": false, \"reasons\": []}");
        return 0;
    }
    request->reply.content_type = "text/plain; charset=UTF-8";
    str_add(&request->reply.body, "OK");
    return 0;
}

/* "v2", "v1.3": a version, and not the one there is. */
static bool is_other_version(const char *segment)
{
    if (*segment != 'v' || !isdigit((unsigned char)segment[1]))
        return false;
    char *end;
    long major = strtol(segment + 1, &end, 10);
    if (*end == '.')
        end++;
    long minor = isdigit((unsigned char)*end) ? strtol(end, NULL, 10) : 0;
    return major != 1 || minor != 0;
}

static const char *path_below_prefix(const struct request *request)
{
    const char *prefix = request->ctx.config->api_prefix;
    size_t length = strlen(prefix);
    return strncmp(request->raw_path, prefix, length) == 0 ? request->raw_path + length : "";
}

int path_unknown(struct request *request)
{
    const char *path = path_below_prefix(request);
    if (*path == '/' && is_other_version(path + 1))
        return versions_index(request);
    if (lookup_arn_path(request, path))
        return 0;
    reply_short(request, 404);
    return 0;
}
