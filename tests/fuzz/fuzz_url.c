/* Fuzzes what stands in a request line: "PATH?QUERY" goes through the route tree and the query reader.
 * Whatever is found must be UTF-8, every variable must come from the path, and only what cannot be decoded is
 * an error. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/config.h"
#include "base/utf8.h"
#include "fcgi/request_read.h"
#include "fcgi/route.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int run(struct request *request)
{
    reply_json(request, 200);
    return 0;
}

#define ROW(method, path, flags)                                                                             \
    {                                                                                                        \
        METHOD_##method, path, "", flags, run, path                                                          \
    }
static const struct route rows[] = {
    ROW(GET, "/", ROUTE_PUBLIC | ROUTE_ANY_METHOD),
    ROW(GET, "/v1/{t}/stacks", ROUTE_TENANT),
    ROW(POST, "/v1/{t}/stacks", ROUTE_TENANT),
    ROW(GET, "/v1/{t}/stacks/detail", ROUTE_TENANT),
    ROW(GET, "/v1/{t}/stacks/{n}", ROUTE_TENANT),
    ROW(GET, "/v1/{t}/stacks/{n}/{i}", ROUTE_TENANT),
    ROW(GET, "/v1/{t}/stacks/{n}/{i}/resources/{r}/events/{e}", ROUTE_TENANT),
    ROW(GET, "/v1/{t}/services", ROUTE_TENANT | ROUTE_NO_405),
    ROW(GET, "/v1/{t}/files/{*rest}", ROUTE_TENANT),
    ROW(POST, "/v3/auth/tokens", ROUTE_IDENTITY | ROUTE_PUBLIC),
};
static const struct route_table table = {rows, COUNT_OF(rows)};

static void check(bool holds)
{
    if (!holds)
        abort();
}

static void check_query(const struct request *request)
{
    for (size_t i = 0; i < request->query_count; i++) {
        check(utf8_valid(request->query[i].name, strlen(request->query[i].name)));
        check(utf8_valid(request->query[i].value, strlen(request->query[i].value)));
    }
}

static void check_match(const struct request *request, const struct route_match *match)
{
    check((match->outcome == ROUTE_BAD_PATH) == (request->ctx.error.fault != FAULT_NONE));
    check(match->outcome != ROUTE_FOUND || request->route);
    check(match->outcome != ROUTE_WRONG_METHOD || match->allowed);
    for (size_t i = 0; match->outcome == ROUTE_FOUND && i < request->variable_count; i++) {
        size_t length = strlen(request->variables[i]);
        check(utf8_valid(request->variables[i], length));
        check(length <= strlen(request->raw_path));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ctx ctx = {.arena = arena_create(0)};
    struct config config = {
        .identity_prefix = "/identity", .api_prefix = "", .auth = "standalone", .public_url = ""};
    ctx.config = &config;
    const char *uri = arena_printf(ctx.arena, "REQUEST_URI=%.*s", (int)size, (const char *)data);
    const char *const parameters[] = {"REQUEST_METHOD=GET", uri, NULL};
    struct request request = {.ctx = ctx};
    if (request_begin(&request, parameters) == 0) {
        check_query(&request);
        struct route_match match = route_find(route_compile(ctx.arena, &table, "", "/identity"), &request);
        check_match(&request, &match);
        check(request_base_url(&request)[0] == 'h');
    } else {
        check(request.ctx.error.fault == FAULT_BAD_REQUEST);
    }
    arena_destroy(ctx.arena);
    return 0;
}
