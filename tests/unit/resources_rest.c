/* The driver of types in REST services, step by step: what it asks, and what it makes of each answer. */
#include "tests/unit/unit.h"

#include <stdlib.h>
#include <unistd.h>

#include "resources/catalogue.h"

static struct ctx ctx;
static const struct resource_type *type;
static struct resource_job job;

static const char file_text[] =
    "{\"type\": \"T\", \"hooks\": \"rest\", \"support_status\": {}, \"attributes\": {\"show\": {}}, "
    "\"properties\": {"
    "\"size\": {\"type\": \"integer\", \"update_allowed\": true}, \"rules\": {\"type\": \"list\"}},"
    "\"rest\": {\"service\": \"s\", \"envelope\": \"t\", \"timeout\": 10, \"visibility\": 2, \"attempts\": 3,"
    "\"calls\": {\"create\": {\"method\": \"POST\", \"path\": \"/t\"}, \"show\": {\"path\": \"/t/{id}\"},"
    "\"find\": {\"path\": \"/t\", \"query\": {\"n\": \"{physical_name}\"}, \"list\": \"/ts\"},"
    "\"update\": [{\"method\": \"PATCH\", \"path\": \"/t/{id}\"}],"
    "\"delete\": {\"method\": \"DELETE\", \"path\": \"/t/{id}\"}},"
    "\"body\": {\"rename\": {\"size\": \"/a/b\", \"rules/*/x\": \"y\"}}, \"marker\": {\"tag\": \"/tags\", "
    "\"created\": \"/at\"},"
    "\"state\": {\"path\": \"/s\", \"ready\": [\"UP\"], \"failed\": [\"BAD\"]}}}";

static const struct value *value_of(const char *json)
{
    const struct value *value = value_read_json(&ctx, json, strlen(json));
    assert_non_null(value);
    return value;
}

static int set_up(void **state)
{
    char path[] = "/tmp/hearth-unit-XXXXXX";
    ctx = unit_begin(0);
    int file = mkstemp(path);
    assert_int_equal(write(file, file_text, sizeof(file_text) - 1), sizeof(file_text) - 1);
    close(file);
    type = catalogue_read_file(&ctx, path);
    unlink(path);
    assert_non_null(type);
    job = (struct resource_job){.type = type,
                                .resource_name = "r",
                                .resource_id = "i",
                                .physical_name = "p q",
                                .properties = value_of("{\"size\": 3, \"rules\": [{\"x\": 1, \"z\": null}]}"),
                                .now_us = 1000000000,
                                .started_us = 1000000000};
    return 0;
}

static int tear_down(void **state)
{
    unit_end(&ctx);
    return 0;
}

/* The step is called with this answer; status 0: the connection was lost. -1: with none, as after a takeover. */
static enum step_result after(step *run, int status, const char *body)
{
    struct service_answer answer = {.status = status, .text = "", .error = status ? NULL : "lost"};
    answer.body = body ? value_of(body) : NULL;
    job.answer = status < 0 ? NULL : &answer;
    job.request = NULL;
    enum step_result result = run(&ctx, &job);
    job.answer = NULL;
    return result;
}

static void assert_asked(const char *method, const char *path)
{
    assert_non_null(job.request);
    assert_string_equal(job.request->method, method);
    assert_string_equal(job.request->path, path);
}

static void pass_time(void)
{
    assert_null(job.request);
    assert_true(job.due_us > job.now_us);
    job.now_us = job.due_us;
}

static void assert_sends(int64_t sends)
{
    const struct value *found = value_get(job.data, "sends");
    assert_int_equal(found ? found->integer : 0, sends);
}

static void test_made(void **state)
{
    assert_int_equal(after(type->hooks->create, -1, NULL), STEP_WAIT);
    assert_asked("POST", "/t");
    assert_true(job.request->once);
    assert_true(
        value_equal(job.request->body,
                    value_of("{\"t\": {\"a\": {\"b\": 3}, \"rules\": [{\"y\": 1}], \"tags\": [\"p q\"]}}")));
    assert_sends(1);
    assert_int_equal(after(type->hooks->create, 201, "{\"t\": {\"id\": 7, \"s\": \"NEW\"}}"), STEP_WAIT);
    assert_string_equal(job.physical_id, "7");
    assert_sends(0);
    pass_time();
    assert_int_equal(after(type->hooks->create, -1, NULL), STEP_WAIT);
    assert_asked("GET", "/t/7");
    assert_int_equal(after(type->hooks->create, 200, "{\"t\": {\"id\": 7, \"s\": \"UP\"}}"), STEP_DONE);
}

static void test_refused(void **state)
{
    after(type->hooks->create, -1, NULL);
    assert_int_equal(after(type->hooks->create, 400, "{\"error\": {\"message\": \"no\"}}"), STEP_FAILED);
    assert_string_equal(ctx.error.message, "POST /t of s: 400: no");
    assert_sends(0);
}

/* The time to wait is longer after a takeover: the engine before may have had its call under way. */
static void look_in_vain(int status, int64_t least_us)
{
    int64_t began_us = job.now_us;
    after(type->hooks->create, -1, NULL);
    after(type->hooks->create, status, NULL);
    while (job.request && strcmp(job.request->method, "GET") == 0) {
        assert_asked("GET", "/t?n=p%20q");
        after(type->hooks->create, 200, "{\"ts\": [{\"id\": 1, \"tags\": [\"other\"]}]}");
        if (job.request)
            break;
        pass_time();
        after(type->hooks->create, -1, NULL);
    }
    assert_asked("POST", "/t");
    assert_true(job.now_us - began_us >= least_us);
    assert_sends(2);
}

static void test_lost(void **state)
{
    look_in_vain(0, 2000000);
}

static void test_taken_over(void **state)
{
    look_in_vain(-1, 17000000);
}

static void test_several(void **state)
{
    after(type->hooks->create, -1, NULL);
    after(type->hooks->create, 503, NULL);
    after(type->hooks->create, 200,
          "{\"ts\": [{\"id\": \"b\", \"tags\": [\"p q\"], \"at\": \"2\"}, {\"id\": \"a\", \"tags\": [\"p "
          "q\"], \"at\": \"1\"}]}");
    assert_string_equal(job.physical_id, "a");
    assert_asked("DELETE", "/t/b");
    after(type->hooks->create, 404, NULL);
    assert_asked("GET", "/t/a");
}

/* Nothing is known of the thing but that it may be there. */
static void test_removal_in_doubt(void **state)
{
    after(type->hooks->create, -1, NULL);
    job.progress = NULL; /* given up */
    after(type->hooks->remove, -1, NULL);
    assert_asked("GET", "/t?n=p%20q");
    assert_int_equal(after(type->hooks->remove, 200, "{\"ts\": []}"), STEP_WAIT);
    pass_time();
    after(type->hooks->remove, -1, NULL);
    after(type->hooks->remove, 200, "{\"ts\": [{\"id\": \"a\", \"tags\": [\"p q\"]}]}");
    assert_asked("DELETE", "/t/a");
    after(type->hooks->remove, 204, NULL);
    assert_asked("GET", "/t/a");
    assert_int_equal(after(type->hooks->remove, 404, NULL), STEP_DONE);
}

static void test_nothing_to_remove(void **state)
{
    assert_int_equal(after(type->hooks->remove, -1, NULL), STEP_DONE);
    assert_null(job.request);
}

static void test_attempts_end(void **state)
{
    job.physical_id = "7";
    after(type->hooks->remove, -1, NULL);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(after(type->hooks->remove, 500, NULL), STEP_WAIT);
        pass_time();
        after(type->hooks->remove, -1, NULL);
        assert_asked("DELETE", "/t/7");
    }
    assert_int_equal(after(type->hooks->remove, 500, NULL), STEP_FAILED);
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_made),
        TEST(test_refused),
        TEST(test_lost),
        TEST(test_taken_over),
        TEST(test_several),
        TEST(test_removal_in_doubt),
        TEST(test_nothing_to_remove),
        TEST(test_attempts_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
