/* Route matching and the query, with the URLs that clients send and those that attackers do. */
#include "tests/unit/unit.h"

#include "fcgi/query.h"
#include "fcgi/route.h"

static int run(struct request *request)
{
    reply_json(request, 200);
    return 0;
}

#define ROW(method, path, flags, name)                                                                       \
    {                                                                                                        \
        METHOD_##method, path, "", flags, run, name                                                          \
    }
static const struct route rows[] = {
    ROW(GET, "/", ROUTE_PUBLIC | ROUTE_ANY_METHOD, "versions"),
    ROW(GET, "/v1/{tenant}/stacks", ROUTE_TENANT, "list"),
    ROW(POST, "/v1/{tenant}/stacks", ROUTE_TENANT, "create"),
    ROW(GET, "/v1/{tenant}/stacks/detail", ROUTE_TENANT, "detail"),
    ROW(GET, "/v1/{tenant}/stacks/{name}", ROUTE_TENANT, "lookup"),
    ROW(POST, "/v1/{tenant}/stacks/{name}", ROUTE_TENANT, "lookup_post"),
    ROW(GET, "/v1/{tenant}/stacks/{name}/{id}", ROUTE_TENANT, "show"),
    ROW(PUT, "/v1/{tenant}/stacks/{name}/{id}", ROUTE_TENANT, "update"),
    ROW(GET, "/v1/{tenant}/stacks/{name}/resources", ROUTE_TENANT, "lookup_resources"),
    ROW(GET, "/v1/{tenant}/services", ROUTE_TENANT | ROUTE_NO_405, "services"),
    ROW(GET, "/v1/{tenant}/files/{*rest}", ROUTE_TENANT, "files"),
    ROW(GET, "/v3/auth/tokens", ROUTE_IDENTITY, "token_show"),
    ROW(POST, "/v3/auth/tokens", ROUTE_IDENTITY | ROUTE_PUBLIC, "token_create"),
};
static const struct route_table table = {rows, COUNT_OF(rows)};

struct fixture {
    struct ctx ctx;
    struct request request;
    struct route_match match;
};

static void find(struct fixture *f, enum method method, const char *path, const char *prefix)
{
    f->ctx = unit_begin(0);
    f->request = (struct request){.ctx = f->ctx, .method = method, .raw_path = path};
    struct route_tree *tree = route_compile(f->ctx.arena, &table, prefix, "/identity");
    f->match = route_find(tree, &f->request);
}

static void paths_and_their_rows(void **state)
{
    static const struct {
        enum method method;
        const char *path, *name; /* name NULL: no row */
        const char *variables[4];
    } cases[] = {
        {METHOD_GET, "/", "versions", {0}},
        {METHOD_DELETE, "/", "versions", {0}},
        {METHOD_OTHER, "/", "versions", {0}},
        {METHOD_GET, "/v1/t/stacks", "list", {"t"}},
        {METHOD_POST, "/v1/t/stacks", "create", {"t"}},
        {METHOD_GET, "/v1/t/stacks/detail", "detail", {"t"}},
        {METHOD_POST, "/v1/t/stacks/detail", "lookup_post", {"t", "detail"}},
        {METHOD_GET, "/v1/t/stacks/web", "lookup", {"t", "web"}},
        {METHOD_GET, "/v1/t/stacks/w%65b", "lookup", {"t", "web"}},
        {METHOD_GET, "/v1/t/stacks/a%2Fb", "lookup", {"t", "a/b"}},
        {METHOD_GET, "/v1/t/stacks/a%252Fb", "lookup", {"t", "a%2Fb"}},
        {METHOD_GET, "/v1/t/stacks/a+b", "lookup", {"t", "a+b"}},
        {METHOD_GET, "/v1/t/stacks/%zz", "lookup", {"t", "%zz"}},
        {METHOD_GET, "/v1/t/stacks/%4", "lookup", {"t", "%4"}},
        {METHOD_GET, "/v1/t/stacks/%", "lookup", {"t", "%"}},
        {METHOD_GET, "/v1/t/stacks/..", "lookup", {"t", ".."}},
        {METHOD_GET, "/%76%31/t/st%61cks", "list", {"t"}},
        {METHOD_GET, "/v1/t/stacks/web/resources", "lookup_resources", {"t", "web"}},
        {METHOD_GET, "/v1/t/stacks/web/1", "show", {"t", "web", "1"}},
        {METHOD_GET, "/v1/t/files/a/b%2Fc//d", "files", {"t", "a/b/c//d"}},
        {METHOD_GET, "/v1/t/files/", "files", {"t", ""}},
        {METHOD_GET, "/identity/v3/auth/tokens", "token_show", {0}},
        {METHOD_GET, "/v1/t/stacks/", NULL, {0}},
        {METHOD_GET, "/v1/t//stacks", NULL, {0}},
        {METHOD_GET, "//v1/t/stacks", NULL, {0}},
        {METHOD_GET, "/v1/t/STACKS", NULL, {0}},
        {METHOD_GET, "/v1/t%2Fstacks", NULL, {0}},
        {METHOD_GET, "/v1//stacks", NULL, {0}},
        {METHOD_GET, "/v1", NULL, {0}},
        {METHOD_GET, "/v1/", NULL, {0}},
        {METHOD_GET, "", NULL, {0}},
        {METHOD_GET, "v1/t/stacks", NULL, {0}},
        {METHOD_GET, "/v3/auth/tokens", NULL, {0}},
        {METHOD_GET, "/v1/t/files", NULL, {0}},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct fixture f;
        find(&f, cases[i].method, cases[i].path, "");
        const char *name = f.request.route ? f.request.route->name : NULL;
        if ((name == NULL) != (cases[i].name == NULL) || (name && strcmp(name, cases[i].name) != 0))
            fail_msg("%s led to %s", cases[i].path, name ? name : "no row");
        for (size_t v = 0; name && v < 4 && cases[i].variables[v]; v++) {
            assert_in_range(f.request.variable_count, v + 1, 4);
            assert_string_equal(f.request.variables[v], cases[i].variables[v]);
        }
        unit_end(&f.ctx);
    }
}

static void wrong_methods_are_told(void **state)
{
    static const struct {
        enum method method;
        const char *path;
        enum route_outcome outcome;
        unsigned allowed;
    } cases[] = {
        {METHOD_PUT, "/v1/t/stacks", ROUTE_WRONG_METHOD, 1u << METHOD_GET | 1u << METHOD_POST},
        {METHOD_HEAD, "/v1/t/stacks", ROUTE_WRONG_METHOD, 1u << METHOD_GET | 1u << METHOD_POST},
        {METHOD_PATCH, "/v1/t/stacks/n/1", ROUTE_WRONG_METHOD, 1u << METHOD_GET | 1u << METHOD_PUT},
        {METHOD_OTHER, "/v1/t/stacks", ROUTE_UNKNOWN, 0},
        {METHOD_DELETE, "/v1/t/services", ROUTE_UNKNOWN, 0},
        {METHOD_GET, "/v1/t/services", ROUTE_FOUND, 0},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct fixture f;
        find(&f, cases[i].method, cases[i].path, "");
        assert_int_equal(f.match.outcome, cases[i].outcome);
        assert_int_equal(f.match.allowed, cases[i].allowed);
        unit_end(&f.ctx);
    }
}

static void what_cannot_be_decoded_is_a_bad_request(void **state)
{
    static const char *const paths[] = {"/v1/t/stacks/%ff", "/v1/t/stacks/a%00b", "/v1/%c3%28/stacks",
                                        "/v1/t/files/x/%80", "/%e2%82"};
    for (size_t i = 0; i < COUNT_OF(paths); i++) {
        struct fixture f;
        find(&f, METHOD_GET, paths[i], "");
        assert_int_equal(f.match.outcome, ROUTE_BAD_PATH);
        assert_failed(&f.request.ctx, FAULT_BAD_REQUEST, "path of the request");
        unit_end(&f.ctx);
    }
}

static void unknown_paths_ask_for_a_token_where_all_rows_do(void **state)
{
    static const struct {
        const char *path;
        bool guarded, identity;
    } cases[] = {
        {"/v1/t/nothing", true, false},  {"/v1", true, false},       {"/nothing/here", false, false},
        {"/identity/v3/x", false, true}, {"/identity", false, true},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct fixture f;
        find(&f, METHOD_GET, cases[i].path, "");
        assert_int_equal(f.match.outcome, ROUTE_UNKNOWN);
        assert_int_equal(f.match.guarded, cases[i].guarded);
        assert_int_equal(f.match.identity, cases[i].identity);
        unit_end(&f.ctx);
    }
}

static void a_prefix_moves_the_api(void **state)
{
    struct fixture f;
    find(&f, METHOD_GET, "/orchestration/x/v1/t/stacks", "/orchestration/x");
    assert_string_equal(f.request.route->name, "list");
    unit_end(&f.ctx);
    find(&f, METHOD_GET, "/v1/t/stacks", "/orchestration/x");
    assert_int_equal(f.match.outcome, ROUTE_UNKNOWN);
    unit_end(&f.ctx);
    find(&f, METHOD_POST, "/identity/v3/auth/tokens", "/orchestration/x");
    assert_string_equal(f.request.route->name, "token_create");
    unit_end(&f.ctx);
}

static void a_path_of_ten_thousand_segments_is_unknown(void **state)
{
    static char path[20001];
    for (size_t i = 0; i < sizeof path - 1; i += 2)
        memcpy(path + i, "/a", 2);
    struct fixture f;
    find(&f, METHOD_GET, path, "");
    assert_int_equal(f.match.outcome, ROUTE_UNKNOWN);
    unit_end(&f.ctx);
}

/* ---- the query ---- */

static int read_query(struct fixture *f, const char *query)
{
    f->ctx = unit_begin(0);
    f->request = (struct request){.ctx = f->ctx, .raw_query = query};
    return query_read(&f->request);
}

static void query_items(void **state)
{
    struct fixture f;
    assert_int_equal(read_query(&f, "a=1&b=x%20y+z&&c&=v&a=2&d=p=q&%65=%26"), 0);
    static const struct query_item expected[] = {{"a", "1"}, {"b", "x y z"}, {"c", ""}, {"", "v"},
                                                 {"a", "2"}, {"d", "p=q"},   {"e", "&"}};
    assert_int_equal(f.request.query_count, COUNT_OF(expected));
    for (size_t i = 0; i < COUNT_OF(expected); i++) {
        assert_string_equal(f.request.query[i].name, expected[i].name);
        assert_string_equal(f.request.query[i].value, expected[i].value);
    }
    assert_string_equal(request_query(&f.request, "a"), "2");
    assert_null(request_query(&f.request, "z"));
    unit_end(&f.ctx);
}

static void a_query_that_cannot_be_decoded(void **state)
{
    static const char *const queries[] = {"a=%ff", "%00=1", "a=1&b=%c3"};
    for (size_t i = 0; i < COUNT_OF(queries); i++) {
        struct fixture f;
        assert_int_equal(read_query(&f, queries[i]), -1);
        assert_failed(&f.request.ctx, FAULT_BAD_REQUEST, "query of the request");
        unit_end(&f.ctx);
    }
}

static void booleans_in_the_query(void **state)
{
    struct fixture f;
    assert_int_equal(read_query(&f, "yes=True&no=FALSE&bad=1"), 0);
    assert_int_equal(request_query_boolean(&f.request, "yes", false), true);
    assert_int_equal(request_query_boolean(&f.request, "no", true), false);
    assert_int_equal(request_query_boolean(&f.request, "absent", true), true);
    assert_int_equal(request_query_boolean(&f.request, "bad", true), -1);
    assert_failed(&f.request.ctx, FAULT_BAD_REQUEST,
                  "Unrecognized value \"1\" for \"bad\", acceptable values are: true, false.");
    unit_end(&f.ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(paths_and_their_rows),
        cmocka_unit_test(wrong_methods_are_told),
        cmocka_unit_test(what_cannot_be_decoded_is_a_bad_request),
        cmocka_unit_test(unknown_paths_ask_for_a_token_where_all_rows_do),
        cmocka_unit_test(a_prefix_moves_the_api),
        cmocka_unit_test(a_path_of_ten_thousand_segments_is_unknown),
        cmocka_unit_test(query_items),
        cmocka_unit_test(a_query_that_cannot_be_decoded),
        cmocka_unit_test(booleans_in_the_query),
    };
    return cmocka_run_group_tests_name("fcgi/route, query", tests, NULL, NULL);
}
