/* Properties against their schema: conversion, defaults, constraints, and Heat's messages. */
#include "tests/unit/catalogue.h"

struct row {
    const char *type, *given, *expected; /* expected: JSON of the result, or the message after "!" */
};

static const struct row rows[] = {
    {"OS::Heat::RandomString", "{\"length\": \"10\"}",
     "{\"length\": 10, \"character_classes\": [{\"class\": \"lettersdigits\", \"min\": 1}], "
     "\"character_sequences\": null, \"salt\": null, \"sequence\": null}"},
    {"OS::Heat::RandomString", "{\"length\": \"abc\"}",
     "!Property error: : resources.r.properties.length: : Value 'abc' is not an integer"},
    {"OS::Heat::RandomString", "{\"length\": 1000}",
     "!Property error: : resources.r.properties.length: : 1000 is out of range (min: 1, max: 512)"},
    {"OS::Heat::RandomString", "{\"length\": []}",
     "!Property error: : resources.r.properties.length: : int() argument must be a string, a bytes-like "
     "object or a "
     "real number, not 'list'"},
    {"OS::Heat::RandomString", "{\"foo\": 1}",
     "!Property error: : resources.r.properties: : Unknown Property foo"},
    {"OS::Heat::RandomString", "{\"character_classes\": [{\"class\": \"nope\"}]}",
     "!Property error: : resources.r.properties.character_classes[0].class: : \"nope\" is not an allowed "
     "value "
     "[\"lettersdigits\", \"letters\", \"lowercase\", \"uppercase\", \"digits\", \"hexdigits\", "
     "\"octdigits\"]"},
    {"OS::Heat::RandomString", "{\"character_classes\": \"letters\"}",
     "!Property error: : resources.r.properties.character_classes: : \"'letters'\" is not a list"},
    {"OS::Heat::RandomString", "{\"character_classes\": [{\"clas\": \"x\"}]}",
     "!Property error: : resources.r.properties.character_classes[0]: : Unknown Property clas"},
    {"OS::Heat::RandomString", "{\"character_sequences\": [{}]}",
     "!Property error: : resources.r.properties.character_sequences[0]: : Property sequence not assigned"},
    {"OS::Heat::WaitCondition", "{\"timeout\": 5}",
     "!Property error: : resources.r.properties: : Property handle not assigned"},
    {"OS::Heat::WaitCondition", "{\"handle\": \"h\", \"timeout\": \"5.5\"}",
     "{\"handle\": \"h\", \"timeout\": 5.5, \"count\": 1}"},
    {"OS::Heat::WaitCondition", "{\"handle\": \"h\", \"timeout\": \"x\"}",
     "!Property error: : resources.r.properties.timeout: : could not convert string to float: 'x'"},
    {"OS::Heat::WaitCondition", "{\"handle\": 7, \"timeout\": 5, \"count\": 2.9}",
     "{\"handle\": \"7\", \"timeout\": 5, \"count\": 2}"},
    {"OS::Heat::WaitCondition", "{\"handle\": 7.5, \"timeout\": 5}",
     "!Property error: : resources.r.properties.handle: : Value must be a string; got 7.5"},
    {"OS::Heat::TestResource", "{\"fail\": \"TRUE\", \"action_wait_secs\": {\"create\": 1}}",
     "{\"constraint_prop_secs\": 0, \"attr_wait_secs\": 0, \"value\": \"test_string\", "
     "\"update_replace_value\": null, "
     "\"fail\": true, \"update_replace\": false, \"wait_secs\": 0, \"action_wait_secs\": {\"create\": 1, "
     "\"update\": "
     "null, \"delete\": null}, \"client_name\": \"\", \"entity_name\": \"\"}"},
    {"OS::Heat::TestResource", "{\"fail\": 1}",
     "!Property error: : resources.r.properties.fail: : \"1\" is not a valid boolean"},
    {"OS::Heat::TestResource", "{\"action_wait_secs\": [1]}",
     "!Property error: : resources.r.properties.action_wait_secs: : \"[1]\" is not a map"},
    {"OS::Heat::Delay", "{\"actions\": [\"CREATE\", \"FLY\"]}",
     "!Property error: : resources.r.properties.actions: : [\"CREATE\", \"FLY\"] is not an allowed value "
     "[\"CREATE\", "
     "\"DELETE\", \"SUSPEND\", \"RESUME\"]"},
    {"OS::Heat::Value", "{\"value\": \"7\", \"type\": \"number\"}", "{\"value\": 7, \"type\": \"number\"}"},
    {"OS::Heat::Value", "{\"value\": {\"a\": 1}}", "{\"value\": {\"a\": 1}, \"type\": null}"},
    {"OS::Heat::Value", "{\"value\": 1, \"type\": \"json\"}",
     "!Property error: : resources.r.properties.value: : \"1\" is not a map"},
    {"OS::Heat::None", "{\"whatever\": [1]}", "{\"whatever\": [1]}"},
};

static void test_rows(void **state)
{
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        error_clear(&ctx);
        const struct resource_type *type = catalogue_find(rows[i].type);
        assert_non_null(type);
        const struct value *checked = properties_check(&ctx, type, "r", json(rows[i].given));
        if (rows[i].expected[0] == '!') {
            assert_null(checked);
            assert_int_equal(ctx.error.fault, FAULT_STACK_VALIDATION);
            assert_string_equal(ctx.error.message, rows[i].expected + 1);
        } else {
            if (!checked)
                fail_msg("%s: %s", rows[i].given, ctx.error.message);
            assert_string_equal(value_to_json(ctx.arena, checked), rows[i].expected);
        }
    }
}

/* What is not known yet passes whatever its type, and stays what it is. */
static void test_unknown(void **state)
{
    struct value *properties = value_map(ctx.arena);
    value_map_set(ctx.arena, properties, "length", &value_unknown);
    const struct value *checked =
        properties_check(&ctx, catalogue_find("OS::Heat::RandomString"), "r", properties);
    assert_non_null(checked);
    assert_ptr_equal(value_get(checked, "length"), &value_unknown);
}

static void test_path_of_cfn(void **state)
{
    const struct resource_type *type = catalogue_find("AWS::CloudFormation::WaitCondition");
    assert_null(properties_check_at(&ctx, type, "Resources.r.Properties",
                                    json("{\"Timeout\": 0, \"Handle\": \"h\"}")));
    assert_failed(
        &ctx, FAULT_STACK_VALIDATION,
        "Property error: : Resources.r.Properties.Timeout: : 0 is out of range (min: 1, max: 43200)");
}

static void test_catalogue(void **state)
{
    assert_null(catalogue_find("OS::No::Such"));
    assert_true(catalogue_count() >= 10);
    for (size_t i = 1; i < catalogue_count(); i++)
        assert_true(strcmp(catalogue_at(i - 1)->name, catalogue_at(i)->name) < 0);
    for (size_t i = 0; i < catalogue_count(); i++) {
        assert_non_null(catalogue_at(i)->hooks);
        assert_true(type_has_attribute(catalogue_at(i), "show"));
    }
}

static void test_templates(void **state)
{
    const struct resource_type *type = catalogue_find("OS::Heat::WaitCondition");
    const struct value *hot = catalogue_template_hot(&ctx, type), *cfn = catalogue_template_cfn(&ctx, type);
    const struct value *count = value_get(value_get(hot, "parameters"), "count");
    assert_string_equal(value_get_text(count, "type"), "number");
    assert_string_equal(value_to_json(ctx.arena, value_get(count, "constraints")),
                        "[{\"range\": {\"min\": 1}}]");
    count = value_get(value_get(cfn, "Parameters"), "count");
    assert_string_equal(value_to_json(ctx.arena, value_get(count, "MinValue")), "1");
    assert_string_equal(value_to_json(ctx.arena, value_get(value_get(cfn, "Outputs"), "OS::stack_id")),
                        "{\"Value\": {\"Ref\": \"HeatWaitCondition\"}}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_rows, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_unknown, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_path_of_cfn, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_catalogue, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_templates, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
