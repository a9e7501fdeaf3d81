/* The HTTP client and Keystone's part, against a small server of canned answers in a process of its own. */
#include "tests/unit/unit.h"

#include <netinet/in.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/config.h"
#include "base/log.h"
#include "cloud/http.h"
#include "cloud/keystone.h"

/* ---- the server ---- One process, one request at a time; counts and switches are shared with the tests. */

static struct shared {
    int logins, validations;
    int away;        /* answer 500 to everything */
    int refuse_next; /* answer 401 to the next validation, as for a service token that was revoked */
    char last[4096]; /* request */
} * shared;
static pid_t server;
static int port;

static void answer(int fd, int status, const char *headers, const char *body)
{
    char text[8192];
    int length =
        snprintf(text, sizeof text, "HTTP/1.1 %d X\r\nContent-Length: %zu\r\nConnection: close\r\n%s\r\n%s",
                 status, strlen(body), headers, body);
    if (write(fd, text, (size_t)length) != length)
        exit(1);
}

#define TOKEN_BODY                                                                                           \
    "{\"token\": {\"user\": {\"id\": \"u1\", \"name\": \"ann\", \"domain\": {\"id\": \"default\", "          \
    "\"name\": \"Default\"}}, "                                                                              \
    "\"project\": {\"id\": \"p1\", \"name\": \"one\"}, \"roles\": [{\"name\": \"member\"}], "                \
    "\"expires_at\": \"%s\"}}"

static void answer_token(int fd, const char *headers, const char *expires)
{
    char body[1024];
    snprintf(body, sizeof body, TOKEN_BODY, expires);
    answer(fd, *headers ? 201 : 200, headers, body);
}

static void answer_validation(int fd, const char *request)
{
    shared->validations++;
    if (shared->refuse_next) {
        shared->refuse_next = 0;
        answer(fd, 401, "", "{}");
    } else if (strstr(request, "X-Subject-Token: good\r\n"))
        answer_token(fd, "", "2100-01-01T00:00:00.000000Z");
    else if (strstr(request, "X-Subject-Token: over\r\n"))
        answer_token(fd, "", "2000-01-01T00:00:00.000000Z");
    else if (strstr(request, "X-Subject-Token: garbled\r\n"))
        answer(fd, 200, "", "{");
    else if (strstr(request, "X-Subject-Token: busy\r\n"))
        answer(fd, 429, "", "{}");
    else
        answer(fd, 404, "", "{}");
}

static void serve(int fd)
{
    char *request = shared->last;
    size_t length = 0;
    const char *end = NULL;
    size_t body = 0;
    while (end == NULL || length < (size_t)(end + 4 - request) + body) {
        ssize_t got = read(fd, request + length, sizeof shared->last - 1 - length);
        if (got <= 0)
            return;
        length += (size_t)got;
        request[length] = '\0';
        end = strstr(request, "\r\n\r\n");
        const char *size = strstr(request, "Content-Length: ");
        body = size ? strtoul(size + 16, NULL, 10) : 0;
    }
    if (shared->away)
        answer(fd, 500, "", "{}");
    else if (strncmp(request, "POST /v3/auth/tokens", 20) == 0) {
        shared->logins++;
        if (strstr(request, "\"pass\\\"word\""))
            answer_token(fd, "X-Subject-Token: service-token\r\n", "2100-01-01T00:00:00.000000Z");
        else
            answer(fd, 401, "", "{}");
    } else if (strncmp(request, "GET /v3/auth/tokens", 19) == 0)
        answer_validation(fd, request);
    else if (strncmp(request, "GET /v3/auth/catalog", 20) == 0)
        answer(fd, 200, "",
               "{\"catalog\": [{\"type\": \"compute\", \"endpoints\": [{\"interface\": \"public\", "
               "\"region_id\": \"A\", "
               "\"url\": \"http://c/\"}]}]}");
    else if (strncmp(request, "GET /hang", 9) == 0)
        sleep(1);
    else
        answer(fd, 200, "X-One: 1\r\nx-two:  two words \r\n", "hello");
}

static int setup_server(void **state)
{
    shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    if (shared == MAP_FAILED || bind(listener, (struct sockaddr *)&address, size) < 0 ||
        listen(listener, 64) < 0 || getsockname(listener, (struct sockaddr *)&address, &size) < 0)
        return -1;
    port = ntohs(address.sin_port);
    server = fork();
    while (server == 0) {
        int fd = accept(listener, NULL, NULL);
        serve(fd);
        close(fd);
    }
    close(listener);
    return 0;
}

static int stop_server(void **state)
{
    kill(server, SIGKILL);
    waitpid(server, NULL, 0);
    return 0;
}

static const char *url(struct ctx *ctx, const char *path)
{
    return arena_printf(ctx->arena, "http://127.0.0.1:%d%s", port, path);
}

/* ---- HTTP ---- */

static void one_call(void **state)
{
    struct ctx ctx = unit_begin(0);
    struct http *http = http_create();
    struct http_call call = {.url = url(&ctx, "/"),
                             .method = "PUT",
                             .body = "abc",
                             .body_length = 3,
                             .headers = (const char *const[]){"X-Mine: yes", NULL}};
    assert_int_equal(http_perform(&ctx, http, &call), 0);
    assert_int_equal(call.status, 200);
    assert_string_equal(call.answer.data, "hello");
    assert_string_equal(http_header(&call, "x-one"), "1");
    assert_string_equal(http_header(&call, "X-Two"), "two words");
    assert_null(http_header(&call, "X-Three"));
    assert_non_null(strstr(shared->last, "PUT / HTTP/1.1\r\n"));
    assert_non_null(strstr(shared->last, "X-Mine: yes\r\n"));
    assert_non_null(strstr(shared->last, "\r\n\r\nabc"));
    http_destroy(http);
    unit_end(&ctx);
}

static void refused_calls_were_never_sent(void **state)
{
    struct ctx ctx = unit_begin(0);
    struct http *http = http_create();
    static const char *const urls[] = {"http://127.0.0.1:1/", "ftp://127.0.0.1/", "file:///etc/passwd",
                                       "nonsense://"};
    for (size_t i = 0; i < COUNT_OF(urls); i++) {
        struct http_call call = {.url = urls[i]};
        error_clear(&ctx);
        assert_int_equal(http_perform(&ctx, http, &call), -1);
        assert_failed(&ctx, FAULT_UNAVAILABLE, "No answer from");
        assert_int_equal(call.status, 0);
        assert_non_null(call.error);
        assert_true(call.never_sent);
    }
    http_destroy(http);
    unit_end(&ctx);
}

static void limits(void **state)
{
    struct ctx ctx = unit_begin(0);
    struct http *http = http_create();
    struct http_call large = {.url = url(&ctx, "/"), .answer_max = 4};
    assert_int_equal(http_perform(&ctx, http, &large), -1);
    assert_string_equal(large.error, "the answer is too large");
    assert_false(large.never_sent);
    struct http_call slow = {.url = url(&ctx, "/hang"), .timeout_ms = 100};
    error_clear(&ctx);
    assert_int_equal(http_perform(&ctx, http, &slow), -1);
    assert_false(slow.never_sent);
    assert_in_range(slow.duration_us, 90000, 900000);
    http_destroy(http);
    unit_end(&ctx);
}

static void count_done(struct http_call *call)
{
    ++*(int *)call->owner;
}

static void many_at_once(void **state)
{
    enum { MANY = 40 };
    struct ctx ctx = unit_begin(0);
    struct http *http = http_create();
    struct http_call calls[MANY] = {0};
    int done = 0, turns = 0;
    for (int i = 0; i < MANY; i++) {
        calls[i] =
            (struct http_call){.arena = ctx.arena, .url = url(&ctx, "/"), .done = count_done, .owner = &done};
        http_start(http, &calls[i]);
    }
    http_cancel(&calls[3]);
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(write(ends[1], "x", 1), 1);
    bool ready;
    char byte = 0;
    while (http_turn(http, byte ? -1 : ends[0], 1000, &ready) > 0 && turns++ < 10000)
        if (ready) /* as an engine would: take what came, so that the next turn waits */
            assert_int_equal(read(ends[0], &byte, 1), 1);
    assert_int_equal(byte, 'x');
    assert_int_equal(done, MANY - 1);
    for (int i = 0; i < MANY; i++)
        assert_int_equal(calls[i].status, i == 3 ? 0 : 200);
    close(ends[0]);
    close(ends[1]);
    http_destroy(http);
    unit_end(&ctx);
}

/* ---- Keystone ---- */

static char password_path[] = "/tmp/hearth-keystone-XXXXXX";

struct fixture {
    struct ctx ctx;
    struct config config;
    struct http *http;
    struct keystone *keystone;
};

/* In place: ctx points into it. */
static void begin(struct fixture *f, const char *password)
{
    f->ctx = unit_begin(0);
    FILE *file = fopen(password_path, "w");
    assert_non_null(file);
    fprintf(file, "%s\n", password);
    fclose(file);
    memset(shared, 0, sizeof *shared);
    f->config = *config_read(&f->ctx, NULL);
    f->config.keystone_url = url(&f->ctx, "/");
    f->config.keystone_user = "hearth";
    f->config.keystone_password_file = password_path;
    f->ctx.config = &f->config;
    f->http = http_create();
    f->keystone = keystone_create(&f->ctx, f->http);
    assert_non_null(f->keystone);
}

static void end(struct fixture *f)
{
    keystone_destroy(f->keystone);
    http_destroy(f->http);
    unit_end(&f->ctx);
}

static void tokens_are_validated(void **state)
{
    struct fixture f;
    begin(&f, "pass\"word");
    for (int i = 0; i < 3; i++) {
        struct identity *identity = keystone_validate(&f.ctx, f.keystone, "good");
        assert_non_null(identity);
        assert_string_equal(identity->user_name, "ann");
        assert_string_equal(identity->project_id, "p1");
    }
    assert_int_equal(shared->logins, 1);
    assert_int_equal(shared->validations, 3);
    assert_non_null(strstr(shared->last, "X-Auth-Token: service-token\r\n"));
    static const char *const bad[] = {"unknown", "over", "", "two words", "a\r\nX-Evil: 1"};
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        assert_null(keystone_validate(&f.ctx, f.keystone, bad[i]));
        assert_failed(&f.ctx, FAULT_UNAUTHENTICATED, "requires authentication");
        error_clear(&f.ctx);
    }
    assert_int_equal(shared->validations, 5);
    end(&f);
}

static void a_revoked_service_token_is_renewed(void **state)
{
    struct fixture f;
    begin(&f, "pass\"word");
    assert_non_null(keystone_validate(&f.ctx, f.keystone, "good"));
    shared->refuse_next = 1;
    assert_non_null(keystone_validate(&f.ctx, f.keystone, "good"));
    assert_int_equal(shared->logins, 2);
    end(&f);
}

static void an_absent_keystone_is_left_alone_for_a_moment(void **state)
{
    struct fixture f;
    begin(&f, "pass\"word");
    assert_non_null(keystone_validate(&f.ctx, f.keystone, "good"));
    shared->away = 1;
    assert_null(keystone_validate(&f.ctx, f.keystone, "good"));
    assert_failed(&f.ctx, FAULT_UNAVAILABLE, "The identity service at http://127.0.0.1:");
    assert_failed(&f.ctx, FAULT_UNAVAILABLE, "/v3 is not available.");
    shared->away = 0;
    error_clear(&f.ctx);
    assert_null(keystone_validate(&f.ctx, f.keystone, "good"));
    assert_failed(&f.ctx, FAULT_UNAVAILABLE, "not available");
    usleep(1100000);
    error_clear(&f.ctx);
    assert_non_null(keystone_validate(&f.ctx, f.keystone, "good"));
    end(&f);
}

static void what_is_wrong_is_not_the_clients_fault(void **state)
{
    struct fixture f;
    begin(&f, "wrong");
    assert_null(keystone_validate(&f.ctx, f.keystone, "good"));
    assert_failed(&f.ctx, FAULT_UNAVAILABLE, "not available");
    end(&f);
    begin(&f, "pass\"word");
    assert_null(keystone_validate(&f.ctx, f.keystone, "garbled"));
    assert_failed(&f.ctx, FAULT_UNAVAILABLE, "not available");
    end(&f);
    begin(&f, "pass\"word");
    assert_null(keystone_validate(&f.ctx, f.keystone, "busy"));
    assert_failed(&f.ctx, FAULT_UNAVAILABLE, "not available");
    end(&f);
}

static void the_catalogue(void **state)
{
    struct fixture f;
    begin(&f, "pass\"word");
    const struct catalog *catalog = keystone_catalog(&f.ctx, f.keystone, "good");
    assert_non_null(catalog);
    assert_string_equal(catalog_endpoint(&f.ctx, catalog, "compute", "public", "A"), "http://c");
    assert_non_null(strstr(shared->last, "X-Auth-Token: good\r\n"));
    end(&f);
}

static void options_are_required(void **state)
{
    struct ctx ctx = unit_begin(0);
    struct config config = *config_read(&ctx, NULL);
    ctx.config = &config;
    assert_null(keystone_create(&ctx, NULL));
    assert_failed(&ctx, FAULT_INVALID, "needs the option keystone_url");
    error_clear(&ctx);
    config.keystone_url = "http://k";
    config.keystone_user = "u";
    config.keystone_password_file = "/nonexistent/file";
    assert_null(keystone_create(&ctx, NULL));
    assert_failed(&ctx, FAULT_INVALID, "keystone_password_file /nonexistent/file cannot be read");
    unit_end(&ctx);
}

int main(void)
{
    int fd = mkstemp(password_path);
    if (fd < 0)
        return 1;
    close(fd);
    log_open("unit", LOG_ERROR_LEVEL, "/dev/null");
    unsetenv("http_proxy");
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_call),
        cmocka_unit_test(refused_calls_were_never_sent),
        cmocka_unit_test(limits),
        cmocka_unit_test(many_at_once),
        cmocka_unit_test(tokens_are_validated),
        cmocka_unit_test(a_revoked_service_token_is_renewed),
        cmocka_unit_test(an_absent_keystone_is_left_alone_for_a_moment),
        cmocka_unit_test(what_is_wrong_is_not_the_clients_fault),
        cmocka_unit_test(the_catalogue),
        cmocka_unit_test(options_are_required),
    };
    int failed = cmocka_run_group_tests_name("cloud/http, keystone", tests, setup_server, stop_server);
    unlink(password_path);
    return failed;
}
