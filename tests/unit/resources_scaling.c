/* Sizes, cooldowns and signals of scaling policies. */
#include "tests/unit/catalogue.h"

#include "resources/numbers.h"
#include "resources/scaling.h"

enum { SECOND = 1000000 };

static const int64_t noon_us = INT64_C(1767268800) * SECOND; /* 2026-01-01T12:00:00 */

/* ---- sizes ---- */
static void sizes_are_those_of_heat(void **state)
{
    const struct value *cases = json_file("tests/groups/capacities.json");
    assert_true(value_count(cases) > 150);
    for (size_t i = 0; i < value_count(cases); i++) {
        const struct value *one = value_at(cases, i);
        int64_t is = scaling_new_capacity(value_at(one, 0)->integer, number_double(value_at(one, 1)),
                                          value_text(value_at(one, 2)), value_at(one, 3)->integer,
                                          value_at(one, 4)->integer, value_at(one, 5)->integer);
        if (is != value_at(one, 6)->integer)
            fail_msg("%s: %lld", value_to_json(ctx.arena, one), (long long)is);
    }
}

/* Heat cannot make half a member at all. */
static void parts_of_a_member_do_not_count(void **state)
{
    assert_int_equal(scaling_new_capacity(2, 1.5, "change_in_capacity", 0, 0, 9), 3);
    assert_int_equal(scaling_new_capacity(2, -1.5, "change_in_capacity", 0, 0, 9), 1);
    assert_int_equal(scaling_new_capacity(2, 4.9, "exact_capacity", 0, 0, 9), 4);
    assert_int_equal(scaling_new_capacity(2, 1e300, "exact_capacity", 0, 0, 9), 9);
    assert_int_equal(scaling_new_capacity(2, -1e300, "change_in_capacity", 0, 0, 9), 0);
}

/* ---- decisions ---- */
static struct scaling_group group_with(const char *metadata)
{
    return (struct scaling_group){
        .name = "g",
        .status = "COMPLETE",
        .properties = json("{\"min_size\": 1, \"max_size\": 5, \"cooldown\": 60}"),
        .metadata = json(metadata),
        .size = 2,
    };
}

static struct scaling_adjustment one_more(void)
{
    return scaling_adjustment_of(json("{\"auto_scaling_group_id\": \"ref\", \"scaling_adjustment\": 1, "
                                      "\"adjustment_type\": \"change_in_capacity\", \"cooldown\": null, "
                                      "\"min_adjustment_step\": null}"));
}

static const char *refusal(const struct scaling_group *group, const struct scaling_adjustment *adjustment,
                           int64_t now_us)
{
    struct scaling_outcome outcome;
    if (scaling_decide(&ctx, adjustment, group, now_us, &outcome) == SCALING_RESIZE)
        return "";
    assert_non_null(strstr(outcome.reason, "The resource g could not perform scaling action: "));
    return strstr(outcome.reason, ": ") + 2;
}

static void a_group_grows_and_cools_down(void **state)
{
    struct scaling_group group = group_with("{}");
    struct scaling_adjustment adjustment = one_more();
    struct scaling_outcome outcome;
    assert_string_equal(adjustment.group, "ref");
    assert_int_equal(scaling_decide(&ctx, &adjustment, &group, noon_us, &outcome), SCALING_RESIZE);
    assert_int_equal(outcome.capacity, 3);
    assert_json(outcome.metadata, "{\"scaling_in_progress\": true}");
    group.metadata = outcome.metadata;
    assert_string_equal(refusal(&group, &adjustment, noon_us), "due to scaling activity");
    const struct value *after =
        scaling_finished(&ctx, outcome.metadata, outcome.cooldown, outcome.cause, true, noon_us + 500000);
    assert_json(after, "{\"cooldown_end\": {\"2026-01-01T12:01:00.500000\": \"change_in_capacity : 1\"}, "
                       "\"scaling_in_progress\": false}");
    group.metadata = after;
    assert_string_equal(refusal(&group, &adjustment, noon_us + 60 * SECOND), "due to cooldown, cooldown 60");
    assert_string_equal(refusal(&group, &adjustment, noon_us + 60 * SECOND + 500000), "");
}

static void an_attempt_that_failed_begins_no_cooldown(void **state)
{
    const struct value *metadata = json("{\"scaling_in_progress\": true}");
    assert_json(scaling_finished(&ctx, metadata, 60, "x : 1", false, noon_us),
                "{\"scaling_in_progress\": false}");
}

static void the_later_end_of_cooldown_counts(void **state)
{
    const struct value *metadata = json("{\"cooldown_end\": {\"2026-01-01T13:00:00\": \"a : 1\"}}");
    assert_json(scaling_finished(&ctx, metadata, 60, "b : 2", true, noon_us),
                "{\"cooldown_end\": {\"2026-01-01T13:00:00\": \"b : 2\"}, \"scaling_in_progress\": false}");
    assert_json(scaling_finished(&ctx, metadata, 7200, "b : 2", true, noon_us),
                "{\"cooldown_end\": {\"2026-01-01T14:00:00\": \"b : 2\"}, \"scaling_in_progress\": false}");
    assert_json(scaling_finished(&ctx, json("{}"), -5, "b : 2", true, noon_us),
                "{\"cooldown_end\": {\"2026-01-01T12:00:00\": \"b : 2\"}, \"scaling_in_progress\": false}");
}

static void policies_have_their_own_cooldown(void **state)
{
    struct scaling_group group = group_with("{}");
    struct scaling_adjustment adjustment = one_more();
    struct scaling_outcome outcome;
    adjustment.cooldown = json("2.5");
    assert_int_equal(scaling_decide(&ctx, &adjustment, &group, noon_us, &outcome), SCALING_RESIZE);
    assert_true(outcome.cooldown == 2.5);
}

/* As older releases wrote it. */
static void older_metadata_is_understood(void **state)
{
    struct scaling_adjustment adjustment = one_more();
    static const char *const forms[] = {
        "{\"cooldown\": {\"2026-01-01T12:00:00.000000\": \"x : 1\"}, \"scaling_in_progress\": false}",
        "{\"2026-01-01T12:00:00.000000\": \"x : 1\"}",
    };
    for (size_t i = 0; i < COUNT_OF(forms); i++) {
        struct scaling_group group = group_with(forms[i]);
        assert_string_equal(refusal(&group, &adjustment, noon_us + 59 * SECOND),
                            "due to cooldown, cooldown 60");
        assert_string_equal(refusal(&group, &adjustment, noon_us + 61 * SECOND), "");
    }
}

static void nothing_happens_without_change(void **state)
{
    struct scaling_group group = group_with("{}");
    struct scaling_adjustment adjustment = one_more();
    group.size = 5;
    assert_string_equal(refusal(&group, &adjustment, noon_us), "there is no change in capacity");
    group.size = 2;
    group.status = "IN_PROGRESS";
    assert_string_equal(refusal(&group, &adjustment, noon_us), "its status is not COMPLETE");
}

/* ---- signals ---- */
static void alarms_tell_their_state(void **state)
{
    static const struct {
        const char *details, *state;
    } cases[] = {
        {"null", "alarm"},
        {"{}", "alarm"},
        {"{\"state\": \"ALARM\"}", "alarm"},
        {"{\"current\": \"Low Data\", \"state\": \"ok\"}", "low data"},
        {"{\"current\": 3}", NULL},
        {"[]", NULL},
        {"\"text\"", NULL},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const char *is = scaling_alarm_state(&ctx, json(cases[i].details));
        assert_true((is == NULL) == (cases[i].state == NULL));
        if (is)
            assert_string_equal(is, cases[i].state);
        else
            assert_string_equal(fault_name(ctx.error.fault), "VALUE_ERROR");
        error_clear(&ctx);
    }
    assert_string_equal(scaling_alarm_state(&ctx, NULL), "alarm");
}

/* ---- the policies as resources ---- */
static void policies_tell_their_urls(void **state)
{
    const struct resource_hooks *heat = catalogue_find("OS::Heat::ScalingPolicy")->hooks;
    const struct resource_hooks *aws = catalogue_find("AWS::AutoScaling::ScalingPolicy")->hooks;
    struct resource_job job = {.resource_name = "up", .signal_url = "http://h/signal?signature=abc"};
    assert_int_equal(heat->create(&ctx, &job), STEP_DONE);
    assert_int_equal(strlen(job.physical_id), 32);
    assert_json(job.attributes,
                "{\"alarm_url\": \"http://h/signal?signature=abc\", \"signal_url\": \"http://h/signal\"}");
    job = (struct resource_job){.resource_name = "up", .signal_url = "http://h/signal?signature=abc"};
    assert_string_equal(aws->reference(&ctx, &job), "up");
    assert_int_equal(aws->create(&ctx, &job), STEP_DONE);
    assert_string_equal(aws->reference(&ctx, &job), "http://h/signal?signature=abc");
}

static void a_least_step_needs_a_percentage(void **state)
{
    const struct resource_hooks *hooks = catalogue_find("AWS::AutoScaling::ScalingPolicy")->hooks;
    struct resource_draft draft = {
        .name = "up",
        .properties = json("{\"AdjustmentType\": \"ChangeInCapacity\", \"MinAdjustmentStep\": 3}")};
    assert_int_equal(hooks->validate(&ctx, &draft), -1);
    assert_failed(&ctx, FAULT_PROPERTY_DEPENDENCY,
                  "MinAdjustmentStep property should only be specified for AdjustmentType with value "
                  "PercentChangeInCapacity.");
    error_clear(&ctx);
    draft.properties = json("{\"AdjustmentType\": \"PercentChangeInCapacity\", \"MinAdjustmentStep\": 3}");
    assert_int_equal(hooks->validate(&ctx, &draft), 0);
}

/* ---- the group's child at another size ---- */
static void a_resized_group_loses_its_oldest_members(void **state)
{
    const struct value *definition = json("{\"type\": \"OS::Heat::TestResource\"}");
    const struct nested_member members[] = {
        {"new", "r1", "COMPLETE", 3 * SECOND, definition},
        {"old", "r2", "COMPLETE", 1 * SECOND, definition},
        {"middle", "r3", "COMPLETE", 2 * SECOND, definition},
    };
    struct nested_child child = {json("{}"), json("{}"), members, COUNT_OF(members)};
    struct resource_job job = {
        .resource_name = "g",
        .physical_name = "stack-g-abc",
        .properties =
            json("{\"min_size\": 1, \"max_size\": 9, \"resource\": {\"type\": \"OS::Heat::Value\"}}"),
    };
    struct nested_stack stack;
    assert_int_equal(scaling_resize(&ctx, "OS::Heat::AutoScalingGroup", &job, &child, 2, &stack), 0);
    const struct value *resources = value_get(stack.template, "resources");
    assert_int_equal(value_count(resources), 2);
    assert_true(value_has(resources, "middle") && value_has(resources, "new"));
    assert_null(job.data);
    assert_int_equal(scaling_resize(&ctx, "OS::Heat::AutoScalingGroup", &job, &child, 4, &stack), 0);
    resources = value_get(stack.template, "resources");
    assert_int_equal(value_count(resources), 4);
    assert_string_equal(value_get_text(value_get(resources, "old"), "type"), "OS::Heat::TestResource");
    assert_string_equal(value_get_text(resources->map.entries[3].value, "type"), "OS::Heat::Value");
    assert_json(job.data, "{\"names\": 1}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sizes_are_those_of_heat),
        cmocka_unit_test(parts_of_a_member_do_not_count),
        cmocka_unit_test(a_group_grows_and_cools_down),
        cmocka_unit_test(an_attempt_that_failed_begins_no_cooldown),
        cmocka_unit_test(the_later_end_of_cooldown_counts),
        cmocka_unit_test(policies_have_their_own_cooldown),
        cmocka_unit_test(older_metadata_is_understood),
        cmocka_unit_test(nothing_happens_without_change),
        cmocka_unit_test(alarms_tell_their_state),
        cmocka_unit_test(policies_tell_their_urls),
        cmocka_unit_test(a_least_step_needs_a_percentage),
        cmocka_unit_test(a_resized_group_loses_its_oldest_members),
    };
    return cmocka_run_group_tests_name("scaling", tests, set_up, tear_down);
}
