/* What a request says of itself (headers, the URL it came by, its body) and the documents that answer it. */
#include "tests/unit/unit.h"

#include "base/config.h"
#include "fcgi/errors.h"
#include "fcgi/request_read.h"

struct fixture {
    struct config config;
    struct request request;
};

static void begin(struct fixture *f, const char *const *parameters)
{
    struct ctx ctx = unit_begin(0);
    const struct config *defaults = config_read(&ctx, NULL);
    assert_non_null(defaults);
    f->config = *defaults;
    ctx.config = &f->config;
    f->request = (struct request){.ctx = ctx};
    assert_int_equal(request_begin(&f->request, parameters), 0);
}

static void end(struct fixture *f)
{
    unit_end(&f->request.ctx);
}

#define PARAMETERS(...) ((const char *const[]){__VA_ARGS__, NULL})

static void parameters_and_headers(void **state)
{
    struct fixture f;
    begin(&f, PARAMETERS("REQUEST_METHOD=PUT", "REQUEST_URI=/a%20b?x=1&y", "HTTP_X_AUTH_TOKEN=abc",
                         "HTTP_X_AUTH=short", "CONTENT_TYPE=application/json", "HTTP_EMPTY="));
    assert_int_equal(f.request.method, METHOD_PUT);
    assert_string_equal(f.request.raw_path, "/a%20b");
    assert_string_equal(f.request.raw_query, "x=1&y");
    assert_string_equal(request_query(&f.request, "x"), "1");
    assert_string_equal(request_header(&f.request, "X-Auth-Token"), "abc");
    assert_string_equal(request_header(&f.request, "x-auth"), "short");
    assert_string_equal(request_header(&f.request, "Content-Type"), "application/json");
    assert_string_equal(request_header(&f.request, "Empty"), "");
    assert_null(request_header(&f.request, "X-Aut"));
    end(&f);
}

static void targets_of_other_forms(void **state)
{
    static const struct {
        const char *parameter;
        const char *path;
    } cases[] = {
        {"REQUEST_URI=http://host:1/v1/x?q", "/v1/x"},
        {"REQUEST_URI=http://host", "/"},
        {"REQUEST_URI=*", "*"},
        {"PATH_INFO=/v1/x", "/v1/x"},
        {"REQUEST_URI=/a#b", "/a"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct fixture f;
        begin(&f, PARAMETERS("REQUEST_METHOD=GET", cases[i].parameter));
        assert_string_equal(f.request.raw_path, cases[i].path);
        end(&f);
    }
}

/* ---- base URL ---- */

static void base_urls(void **state)
{
    static const struct {
        bool trust;
        const char *a, *b, *c;
        const char *url;
    } cases[] = {
        {false, "HTTP_HOST=cloud.example:8004", "X=", "X=", "http://cloud.example:8004"},
        {false, "HTTP_HOST=[::1]:8004", "X=", "X=", "http://[::1]:8004"},
        {false, "HTTP_HOST=h", "HTTPS=on", "X=", "https://h"},
        {false, "HTTP_HOST=h", "REQUEST_SCHEME=https", "X=", "https://h"},
        {false, "SERVER_NAME=s", "SERVER_PORT=8004", "X=", "http://s:8004"},
        {false, "SERVER_NAME=s", "SERVER_PORT=80", "X=", "http://s"},
        {false, "HTTP_HOST=h\"><script>", "SERVER_NAME=s", "X=", "http://s"},
        {false, "HTTP_HOST=h", "HTTP_X_FORWARDED_HOST=evil", "HTTP_X_FORWARDED_PROTO=https", "http://h"},
        {true, "HTTP_HOST=h", "HTTP_X_FORWARDED_HOST=front:99, inner", "HTTP_X_FORWARDED_PROTO=https, http",
         "https://front:99"},
        {true, "HTTP_HOST=h", "HTTP_X_FORWARDED_HOST=front", "HTTP_X_FORWARDED_PORT=8443",
         "http://front:8443"},
        {true, "HTTP_HOST=h", "HTTP_X_FORWARDED_PREFIX=/cloud/", "HTTP_X_FORWARDED_PROTO=gopher",
         "http://h/cloud"},
        {true, "HTTP_HOST=h", "HTTP_FORWARDED=for=1;proto=https;host=\"f:88\", host=g",
         "HTTP_X_FORWARDED_HOST=x", "https://f:88"},
        {true, "HTTP_HOST=h", "HTTP_X_FORWARDED_HOST=a b", "X=", "http://h"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct fixture f;
        begin(&f, PARAMETERS("REQUEST_METHOD=GET", "REQUEST_URI=/", cases[i].a, cases[i].b, cases[i].c));
        f.config.trust_proxy_headers = cases[i].trust;
        assert_string_equal(request_base_url(&f.request), cases[i].url);
        end(&f);
    }
}

static void configured_urls(void **state)
{
    struct fixture f;
    begin(&f, PARAMETERS("REQUEST_METHOD=GET", "REQUEST_URI=/", "HTTP_HOST=h"));
    f.config.api_prefix = "/orchestration";
    assert_string_equal(request_base_url(&f.request), "http://h/orchestration");
    assert_string_equal(request_identity_url(&f.request), "http://h/identity");
    f.config.public_url = "https://cloud.example/heat/";
    assert_string_equal(request_base_url(&f.request), "https://cloud.example/heat");
    assert_string_equal(request_identity_url(&f.request), "https://cloud.example/identity");
    f.config.auth = "keystone";
    f.config.keystone_url = "http://keystone:5000/v3/";
    assert_string_equal(request_identity_url(&f.request), "http://keystone:5000");
    end(&f);
}

/* ---- body ---- */

static void bodies(void **state)
{
    static const struct {
        const char *body, *message; /* NULL: fine */
    } cases[] = {
        {"{\"a\": 1}", NULL},
        {"{\"a\": ", "Expecting value: line 1 column 7 (char 6)"},
        {"{\"a\":\"\xff\"}", "'utf-8' codec can't decode byte 0xff in position 6: invalid start byte"},
        {"{\"a\":\"\xc3(\"}",
         "'utf-8' codec can't decode byte 0xc3 in position 6: invalid continuation byte"},
        {"{\"a\":\"\xe2\x82", "'utf-8' codec can't decode byte 0xe2 in position 6: unexpected end of data"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct fixture f;
        begin(&f, PARAMETERS("REQUEST_METHOD=POST", "REQUEST_URI=/"));
        f.request.body = cases[i].body;
        f.request.body_length = strlen(cases[i].body);
        const struct value *value = request_json(&f.request);
        assert_int_equal(value == NULL, cases[i].message != NULL);
        if (cases[i].message)
            assert_failed(&f.request.ctx, FAULT_BAD_REQUEST, cases[i].message);
        end(&f);
    }
}

/* What does not begin with a brace is no body to Heat; the identity API looks at it. */
static void no_body_is_no_error(void **state)
{
    static const char *const bodies[] = {"", " {}", "[1]", "text"};
    for (size_t i = 0; i < COUNT_OF(bodies); i++) {
        struct fixture f;
        begin(&f, PARAMETERS("REQUEST_METHOD=POST", "REQUEST_URI=/"));
        f.request.body = bodies[i];
        f.request.body_length = strlen(bodies[i]);
        assert_null(request_json(&f.request));
        assert_int_equal(f.request.ctx.error.fault, FAULT_NONE);
        f.request.identity_api = true;
        assert_int_equal(request_json(&f.request) != NULL, i == 1);
        assert_int_equal(f.request.ctx.error.fault, i < 2 ? FAULT_NONE : FAULT_BAD_REQUEST);
        end(&f);
    }
}

/* ---- documents ---- */

static void error_documents(void **state)
{
    static const struct {
        enum fault fault;
        bool identity;
        int status;
        const char *body;
    } cases[] = {
        {FAULT_ENTITY_NOT_FOUND, false, 404,
         "{\"code\": 404, \"title\": \"Not Found\", \"explanation\": \"The resource could not be found.\", "
         "\"error\": {\"type\": \"EntityNotFound\", \"traceback\": null, \"message\": \"The \\\"x\\\"\"}}"},
        {FAULT_UNAUTHENTICATED, false, 401,
         "{\"error\": {\"code\": 401, \"title\": \"Unauthorized\", "
         "\"message\": \"The request you have made requires authentication.\"}}"},
        {FAULT_CONFLICT, true, 409,
         "{\"error\": {\"code\": 409, \"title\": \"Conflict\", \"message\": \"The \\\"x\\\"\"}}"},
        {FAULT_INTERNAL, false, 500,
         "{\"code\": 500, \"title\": \"Internal Server Error\", \"explanation\": \"The server has either "
         "erred or is "
         "incapable of performing the requested operation.\", \"error\": {\"type\": \"InternalServerError\", "
         "\"traceback\": null}}"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct fixture f;
        begin(&f, PARAMETERS("REQUEST_METHOD=GET", "REQUEST_URI=/", "HTTP_HOST=h"));
        str_add(&f.request.reply.body, "half a reply");
        reply_header(&f.request, "Location", "/nowhere");
        f.request.identity_api = cases[i].identity;
        (void)!fail(&f.request.ctx, cases[i].fault, "The \"x\"");
        error_reply(&f.request);
        assert_int_equal(f.request.reply.status, cases[i].status);
        assert_string_equal(f.request.reply.body.data, cases[i].body);
        assert_string_equal(
            f.request.reply.headers.data,
            cases[i].status == 401 ? "Www-Authenticate: Keystone uri=\"http://h/identity\"\r\n" : "");
        end(&f);
    }
}

static void short_documents(void **state)
{
    struct fixture f;
    begin(&f, PARAMETERS("REQUEST_METHOD=GET", "REQUEST_URI=/", "HTTP_HOST=h"));
    reply_short(&f.request, 202);
    assert_string_equal(f.request.reply.body.data,
                        "{\"message\": \"The request is accepted for processing.<br /><br />\\n\\n\\n\", "
                        "\"code\": \"202 Accepted\", \"title\": \"Accepted\"}");
    error_reply_unknown_path(&f.request);
    assert_int_equal(f.request.reply.body.length, 112);
    error_reply_method(&f.request, 1u << METHOD_GET | 1u << METHOD_POST);
    assert_int_equal(f.request.reply.body.length, 334);
    assert_string_equal(f.request.reply.headers.data, "Allow: GET,POST\r\n");
    reply_redirect(&f.request, "http://h/s\r\nSet-Cookie: x");
    assert_non_null(strstr(f.request.reply.headers.data, "Location: http://h/s\r\n"));
    assert_null(strstr(f.request.reply.headers.data, "Set-Cookie"));
    end(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parameters_and_headers),
        cmocka_unit_test(targets_of_other_forms),
        cmocka_unit_test(base_urls),
        cmocka_unit_test(configured_urls),
        cmocka_unit_test(bodies),
        cmocka_unit_test(no_body_is_no_error),
        cmocka_unit_test(error_documents),
        cmocka_unit_test(short_documents),
    };
    return cmocka_run_group_tests_name("fcgi/request, reply, errors", tests, NULL, NULL);
}
