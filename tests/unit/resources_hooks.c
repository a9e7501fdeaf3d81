/* The hooks: random strings, waits, wait conditions and their handles. */
#include "tests/unit/catalogue.h"

static const struct resource_type *type;

static struct resource_job job_of(const char *type_name, const char *properties)
{
    type = catalogue_find(type_name);
    assert_non_null(type);
    const struct value *checked = properties_check(&ctx, type, "r", json(properties));
    assert_non_null(checked);
    return (struct resource_job){
        .resource_name = "r",
        .physical_name = "stack-r-abcdefghijkl",
        .properties = checked,
        .metadata = value_map(ctx.arena),
        .started_us = 1000000,
        .now_us = 1000000,
        .signal_url = "http://host/v1/t/stacks/s/i/resources/r/signal?signature=abc",
        .signal_signature = "abc",
    };
}

static int validate(const char *properties)
{
    struct resource_job job = job_of("OS::Heat::RandomString", properties);
    struct resource_draft draft = {"r", type->name, job.properties, 1};
    return type->hooks->validate(&ctx, &draft);
}

/* ---- random strings ---- */
static const char *make_string(const char *properties)
{
    struct resource_job job = job_of("OS::Heat::RandomString", properties);
    assert_int_equal(type->hooks->create(&ctx, &job), STEP_DONE);
    assert_string_equal(job.physical_id, "stack-r-abcdefghijkl");
    assert_string_equal(type->hooks->reference(&ctx, &job), value_get_text(job.attributes, "value"));
    return value_get_text(job.attributes, "value");
}

static size_t count_of(const char *text, const char *set)
{
    size_t count = 0;
    for (; *text; text++)
        count += strchr(set, *text) != NULL;
    return count;
}

static void test_random_string(void **state)
{
    const char *first = make_string("{}"), *second = make_string("{}");
    assert_int_equal(strlen(first), 32);
    assert_string_not_equal(first, second);
    assert_int_equal(
        count_of(make_string("{\"length\": 100, \"character_classes\": [{\"class\": \"octdigits\"}]}"),
                 "01234567"),
        100);
}

/* The least numbers hold, and position tells nothing: over many strings the rare class is seen first and
 * last. */
static void test_random_string_minimums(void **state)
{
    unsigned at_start = 0, at_end = 0;
    for (int i = 0; i < 400; i++) {
        const char *text =
            make_string("{\"length\": 8, \"character_classes\": [{\"class\": \"digits\", \"min\": 2}],"
                        "\"character_sequences\": [{\"sequence\": \"!%\", \"min\": 3}]}");
        assert_true(count_of(text, "!%") >= 3);
        assert_true(count_of(text, "0123456789") >= 2);
        assert_int_equal(strlen(text), 8);
        at_start += strchr("!%", text[0]) != NULL;
        at_end += strchr("!%", text[7]) != NULL;
    }
    assert_in_range(at_start, 100, 300);
    assert_in_range(at_end, 100, 300);
}

static void test_random_string_characters(void **state)
{
    const char *text =
        make_string("{\"length\": 3, \"character_classes\": [], \"character_sequences\": [{\"sequence\": "
                    "\"\\u00e9\"}]}");
    assert_string_equal(text, "\xc3\xa9\xc3\xa9\xc3\xa9");
    assert_int_equal(validate("{\"length\": 3, \"character_classes\": [{\"min\": 4}]}"), -1);
    assert_failed(&ctx, FAULT_STACK_VALIDATION, "Length property cannot be smaller");
    error_clear(&ctx);
    struct resource_job job = job_of("OS::Heat::RandomString", "{\"character_classes\": []}");
    assert_int_equal(type->hooks->create(&ctx, &job), STEP_FAILED);
}

/* ---- waiting ---- */
static void test_waits(void **state)
{
    struct resource_job job = job_of("OS::Heat::TestResource", "{\"wait_secs\": 2, \"value\": \"v\"}");
    assert_int_equal(type->hooks->create(&ctx, &job), STEP_WAIT);
    assert_int_equal(job.due_us, 3000000);
    job.now_us = 2999999;
    assert_int_equal(type->hooks->create(&ctx, &job), STEP_WAIT);
    job.now_us = 3000000;
    assert_int_equal(type->hooks->create(&ctx, &job), STEP_DONE);
    assert_string_equal(value_get_text(job.attributes, "output"), "v");
}

static void test_action_waits(void **state)
{
    struct resource_job job =
        job_of("OS::Heat::TestResource", "{\"wait_secs\": -1, \"action_wait_secs\": {\"delete\": 1}}");
    assert_int_equal(type->hooks->create(&ctx, &job), STEP_WAIT);
    assert_true(job.due_us == DUE_NEVER);
    assert_int_equal(type->hooks->remove(&ctx, &job), STEP_WAIT);
    assert_int_equal(job.due_us, 2000000);
}

static void test_fails_after_waiting(void **state)
{
    struct resource_job job = job_of("OS::Heat::TestResource", "{\"wait_secs\": 1, \"fail\": true}");
    assert_int_equal(type->hooks->create(&ctx, &job), STEP_WAIT);
    job.now_us = 2000000;
    assert_int_equal(type->hooks->create(&ctx, &job), STEP_FAILED);
    assert_failed(&ctx, FAULT_VALUE_ERROR, "Test Resource failed r");
    assert_null(job.physical_id);
    assert_null(job.attributes);
}

static void test_delay(void **state)
{
    struct resource_job job =
        job_of("OS::Heat::Delay", "{\"min_wait\": 1, \"max_jitter\": 2, \"jitter_multiplier\": 3}");
    struct resource_draft draft = {"r", type->name, job.properties, 6000000};
    assert_int_equal(type->hooks->validate(&ctx, &draft), -1);
    assert_failed(&ctx, FAULT_STACK_VALIDATION, "OS::Heat::Delay maximum delay 7.0s exceeds stack timeout.");
    assert_int_equal(type->hooks->create(&ctx, &job), STEP_WAIT);
    int64_t due = job.due_us;
    assert_in_range(due, 2000000, 8000000);
    job.now_us = 1500000; /* drawn once */
    assert_int_equal(type->hooks->create(&ctx, &job), STEP_WAIT);
    assert_int_equal(job.due_us, due);
    assert_int_equal(type->hooks->remove(&ctx, &job), STEP_DONE);
}

/* ---- wait conditions ---- */
static struct resource_peer handle;

static bool find_handle(const struct resource_job *job, const char *reference, struct resource_peer *peer)
{
    *peer = handle;
    return strcmp(reference, "h") == 0;
}

static enum step_result look(struct resource_job *job, const char *signals)
{
    handle.metadata = json(signals);
    return type->hooks->create(&ctx, job);
}

static struct resource_job condition(const char *properties)
{
    handle = (struct resource_peer){0};
    struct resource_job job = job_of("OS::Heat::WaitCondition", properties);
    job.find_peer = find_handle;
    return job;
}

#define SIGNAL(status, data)                                                                                 \
    "{\"status\": \"" status "\", \"reason\": \"because " data "\", \"data\": \"" data "\"}"

static void test_condition_counts(void **state)
{
    struct resource_job job = condition("{\"handle\": \"h\", \"timeout\": 9, \"count\": 2}");
    assert_int_equal(look(&job, "{}"), STEP_WAIT);
    assert_int_equal(job.due_us, 10000000);
    assert_int_equal(look(&job, "{\"1\": " SIGNAL("SUCCESS", "a") "}"), STEP_WAIT);
    assert_int_equal(look(&job, "{\"1\": " SIGNAL("SUCCESS", "a") ", \"2\": " SIGNAL("SUCCESS", "b") "}"),
                     STEP_DONE);
    assert_string_equal(value_get_text(job.attributes, "data"), "{\"1\": \"a\", \"2\": \"b\"}");
}

static void test_condition_fails(void **state)
{
    struct resource_job job = condition("{\"handle\": \"h\", \"timeout\": 9, \"count\": 2}");
    assert_int_equal(look(&job, "{\"1\": " SIGNAL("SUCCESS", "a") ", \"2\": " SIGNAL("FAILURE", "b") "}"),
                     STEP_FAILED);
    assert_failed(&ctx, FAULT_WAIT_FAILURE, "because b");
}

static void test_condition_times_out(void **state)
{
    struct resource_job job = condition("{\"handle\": \"h\", \"timeout\": 9, \"count\": 2}");
    job.now_us = 10000000;
    assert_int_equal(look(&job, "{}"), STEP_FAILED);
    assert_failed(&ctx, FAULT_WAIT_TIMEOUT, "0 of 2 received");
    error_clear(&ctx);
    assert_int_equal(look(&job, "{\"1\": " SIGNAL("SUCCESS", "a") "}"), STEP_FAILED);
    assert_failed(&ctx, FAULT_WAIT_TIMEOUT, "1 of 2 received - because a");
}

static void test_condition_without_handle(void **state)
{
    struct resource_job job = condition("{\"handle\": \"x\", \"timeout\": 9}");
    assert_int_equal(look(&job, "{}"), STEP_FAILED);
    assert_failed(&ctx, FAULT_VALUE_ERROR, "x is not a valid wait condition handle.");
}

static void test_no_signal(void **state)
{
    struct resource_job job = condition("{\"handle\": \"h\", \"timeout\": 9, \"count\": 2}");
    handle.properties = json("{\"signal_transport\": \"NO_SIGNAL\"}");
    assert_int_equal(look(&job, "{}"), STEP_DONE);
    assert_string_equal(value_get_text(job.attributes, "data"), "{\"1\": null, \"2\": null}");
}

/* ---- handles ---- */
static void test_handle_attributes(void **state)
{
    struct resource_job job = job_of("OS::Heat::WaitConditionHandle", "{}");
    assert_int_equal(type->hooks->create(&ctx, &job), STEP_DONE);
    assert_int_equal(strlen(job.physical_id), 32);
    assert_string_equal(value_get_text(job.attributes, "token"), "abc");
    assert_string_equal(value_get_text(job.attributes, "endpoint"), job.signal_url);
    assert_non_null(strstr(value_get_text(job.attributes, "curl_cli"), job.signal_url));
    job = job_of("OS::Heat::WaitConditionHandle", "{\"signal_transport\": \"CFN_SIGNAL\"}");
    assert_int_equal(type->hooks->create(&ctx, &job), STEP_DONE);
    assert_true(value_is_null(value_get(job.attributes, "token")));
    const struct value *signal = json(value_get_text(job.attributes, "signal"));
    assert_string_equal(value_get_text(signal, "alarm_url"), job.signal_url);
}

static const char *take(struct resource_job *job, const char *details)
{
    const char *reason = NULL;
    struct signal signal = {details ? json(details) : NULL, 1};
    const struct value *metadata = type->hooks->signal(&ctx, job, &signal, &reason);
    if (metadata)
        job->metadata = metadata;
    return metadata ? reason : NULL;
}

static void test_handle_signals(void **state)
{
    struct resource_job job = job_of("OS::Heat::WaitConditionHandle", "{}");
    assert_string_equal(take(&job, NULL), "status:SUCCESS reason:Signal 1 received");
    assert_string_equal(take(&job, "{\"id\": 5, \"data\": {\"a\": 1}, \"reason\": \"r\"}"),
                        "status:SUCCESS reason:r");
    assert_string_equal(take(&job, "{\"id\": \"5\", \"status\": \"FAILURE\"}"),
                        "status:FAILURE reason:Signal 3 received");
    assert_string_equal(
        value_to_json(ctx.arena, job.metadata),
        "{\"1\": {\"reason\": \"Signal 1 received\", \"data\": null, \"status\": \"SUCCESS\"}, "
        "\"5\": {\"status\": \"FAILURE\", \"reason\": \"Signal 3 received\", \"data\": null}}");
    const char *const refused[] = {"[1]", "{\"status\": \"MAYBE\"}", "{\"other\": 1}", "{\"status\": 1}",
                                   "\"text\""};
    for (size_t i = 0; i < COUNT_OF(refused); i++) {
        assert_null(take(&job, refused[i]));
        error_clear(&ctx);
    }
}

static void test_cfn_handle(void **state)
{
    struct resource_job job = job_of("AWS::CloudFormation::WaitConditionHandle", "{}");
    assert_int_equal(type->hooks->create(&ctx, &job), STEP_DONE);
    assert_string_equal(type->hooks->reference(&ctx, &job), job.signal_url);
    assert_null(take(&job, NULL));
    error_clear(&ctx);
    assert_null(take(&job, "{\"Status\": \"SUCCESS\"}"));
    error_clear(&ctx);
    assert_string_equal(
        take(&job, "{\"Status\": \"SUCCESS\", \"UniqueId\": \"1\", \"Data\": \"d\", \"Reason\": \"done\"}"),
        "status:SUCCESS reason:done");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_random_string),
        TEST(test_random_string_minimums),
        TEST(test_random_string_characters),
        TEST(test_waits),
        TEST(test_action_waits),
        TEST(test_fails_after_waiting),
        TEST(test_delay),
        TEST(test_condition_counts),
        TEST(test_condition_fails),
        TEST(test_condition_times_out),
        TEST(test_condition_without_handle),
        TEST(test_no_signal),
        TEST(test_handle_attributes),
        TEST(test_handle_signals),
        TEST(test_cfn_handle),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
