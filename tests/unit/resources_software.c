/* Software in templates: what a deployment derives, what reports mean, steps with their questions and rows, YAML,
 * MIME, groups of deployments. */
#include "tests/unit/catalogue.h"

#include "resources/deployment_group.h"
#include "resources/mime.h"
#include "resources/software_derive.h"
#include "resources/software_report.h"
#include "template/yaml_write.h"

static const struct resource_type *type;

static struct resource_job job_of(const char *type_name, const char *properties)
{
    type = catalogue_find(type_name);
    assert_non_null(type);
    const struct value *checked = properties_check(&ctx, type, "r", json(properties));
    assert_non_null(checked);
    return (struct resource_job){
        .stack_name = "stack",
        .stack_id = "id",
        .resource_name = "r",
        .resource_id = "11111111-1111-4111-8111-111111111111",
        .physical_name = "stack-r-abcdefghijkl",
        .properties = checked,
        .metadata = value_map(ctx.arena),
        .now_us = 1000000,
        .signal_url = "http://host/signal",
        .metadata_url = "http://host/metadata",
    };
}

static size_t count_effects(const struct resource_job *job, enum effect_kind kind)
{
    size_t count = 0;
    for (const struct effect *effect = job->effects; effect; effect = effect->before)
        count += effect->kind == kind;
    return count;
}

static const struct value *effect_row(const struct resource_job *job, enum effect_kind kind)
{
    for (const struct effect *effect = job->effects; effect; effect = effect->before)
        if (effect->kind == kind)
            return effect->row;
    fail_msg("no effect of kind %d", (int)kind);
    return NULL;
}

/* Gives the answer to the one question of that kind, and forgets the others. */
static void answer(struct resource_job *job, enum ask_kind kind, const char *text)
{
    for (const struct ask *ask = job->asked; ask; ask = ask->before)
        if (ask->kind == kind)
            job->answers = answers_add(ctx.arena, job->answers, kind, ask->key, json(text));
    job->asked = NULL;
}

static const char *const source_answer =
    "{\"name\": \"source\", \"group\": \"script\", \"config\": \"{\\\"config\\\": \\\"echo\\\", "
    "\\\"inputs\\\": "
    "[{\\\"name\\\": \\\"a\\\", \\\"type\\\": \\\"String\\\", \\\"default\\\": \\\"d\\\"}], \\\"outputs\\\": "
    "[{\\\"name\\\": \\\"out\\\"}], \\\"options\\\": {}}\"}";
static const char *const row_answer = "{\"server_id\": \"s\", \"config_id\": "
                                      "\"22222222-2222-4222-8222-222222222222\", \"input_values\": \"{}\", "
                                      "\"output_values\": \"{\\\"out\\\": 5}\", \"action\": \"CREATE\", "
                                      "\"status\": \"%s\", \"status_reason\": \"why\", "
                                      "\"created\": \"2026-01-01T00:00:00Z\", \"updated\": null}";

static const char *row_with(const char *status)
{
    const char *mark = strstr(row_answer, "%s");
    return arena_printf(ctx.arena, "%.*s%s%s", (int)(mark - row_answer), row_answer, status, mark + 2);
}

/* ---- deriving ---- */
static void test_inputs(void **state)
{
    struct resource_job job = job_of("OS::Heat::SoftwareDeployment",
                                     "{\"server\": \"s\", \"input_values\": {\"b\": [1], \"a\": \"v\"}, "
                                     "\"signal_transport\": \"NO_SIGNAL\"}");
    const struct value *inputs = software_derive_inputs(
        &ctx, &job,
        json("{\"inputs\": [{\"name\": \"a\", \"default\": \"d\"}, {\"name\": \"a\", \"default\": \"e\"}, "
             "{\"name\": \"n\"}]}"),
        "CREATE");
    assert_json(value_at(inputs, 0), "{\"name\": \"a\", \"default\": \"d\", \"value\": \"v\"}");
    assert_json(value_at(inputs, 1), "{\"name\": \"a\", \"default\": \"e\", \"value\": \"e\"}");
    assert_json(value_at(inputs, 2), "{\"name\": \"n\", \"value\": null}");
    assert_json(value_at(inputs, 3), "{\"name\": \"b\", \"type\": \"String\", \"value\": [1]}");
    const struct value *values = software_input_values(&ctx, inputs);
    assert_string_equal(value_get_text(values, "deploy_stack_id"), "stack/id");
    assert_string_equal(value_get_text(values, "deploy_action"), "CREATE");
    assert_false(value_has(values, "deploy_signal_id"));
}

static void test_structured_text(void **state)
{
    struct resource_job job = job_of("OS::Heat::StructuredDeployment",
                                     "{\"server\": \"s\", \"input_values\": {\"a\": {\"x\": 1}}}");
    const struct value *inputs = software_derive_inputs(&ctx, &job, value_map(ctx.arena), "CREATE");
    const struct value *source = json("{\"config\": {\"k\": {\"get_input\": \"a\"}, \"l\": [{\"get_input\": "
                                      "\"none\"}, {\"get_input\": [1]}], "
                                      "\"two\": {\"get_input\": \"a\", \"more\": 1}}}");
    assert_json(software_text_structured(&ctx, &job, source, inputs),
                "{\"k\": {\"x\": 1}, \"l\": [null, {\"get_input\": [1]}], \"two\": {\"get_input\": \"a\", "
                "\"more\": 1}}");
    assert_json(software_text_structured(&ctx, &job, value_map(ctx.arena), inputs), "{}");
    job = job_of("OS::Heat::StructuredDeployment",
                 "{\"server\": \"s\", \"input_values_validate\": \"STRICT\", \"input_key\": \"in\"}");
    assert_null(software_text_structured(&ctx, &job, json("{\"config\": [{\"in\": \"zz\"}]}"), inputs));
    assert_failed(&ctx, FAULT_MISSING_PARAMETER, "The Parameter (zz) was not provided.");
    error_clear(&ctx);
}

static void test_actions(void **state)
{
    struct resource_job job =
        job_of("OS::Heat::SoftwareDeployment", "{\"server\": \"s\", \"actions\": [\"DELETE\"]}");
    assert_true(software_acts(&job, value_map(ctx.arena), "DELETE"));
    assert_false(software_acts(&job, value_map(ctx.arena), "CREATE"));
    const struct value *component =
        json("{\"group\": \"component\", \"config\": {\"configs\": [{\"actions\": [\"CREATE\"]}]}}");
    assert_true(software_acts(&job, component, "CREATE"));
    assert_false(software_acts(&job, component, "DELETE"));
}

/* ---- reports ---- */
static void test_reports(void **state)
{
    const struct value *declared = json("[{\"name\": \"o\"}, {\"name\": \"e\", \"error_output\": true}]");
    struct software_report report = software_report(&ctx, "id", json("{\"old\": 1}"), declared,
                                                    json("{\"o\": 2, \"deploy_status_code\": \"0\"}"));
    assert_json(report.outputs, "{\"old\": 1, \"o\": 2, \"deploy_stdout\": null, \"deploy_stderr\": null, "
                                "\"deploy_status_code\": \"0\"}");
    assert_string_equal(report.status, "COMPLETE");
    assert_string_equal(report.told, "deployment id succeeded");
    report = software_report(&ctx, "id", NULL, declared, json("{\"deploy_status_code\": 3, \"e\": \"E\"}"));
    assert_string_equal(report.status, "FAILED");
    assert_string_equal(report.reason,
                        "deploy_status_code : Deployment exited with non-zero status code: 3, e : E");
    assert_string_equal(report.told, "deployment id failed");
    report = software_report(&ctx, "id", NULL, NULL, NULL);
    assert_string_equal(report.status, "COMPLETE");
}

/* ---- steps ---- */
static struct resource_job created(const char *properties)
{
    struct resource_job job = job_of("OS::Heat::SoftwareDeployment", properties);
    assert_int_equal(type->hooks->create(&ctx, &job), STEP_WAIT);
    assert_non_null(job.asked);
    assert_null(job.effects);
    answer(&job, ASK_CONFIG, source_answer);
    return job;
}

static void test_a_deployment(void **state)
{
    struct resource_job job =
        created("{\"server\": \"s\", \"config\": \"33333333-3333-4333-8333-333333333333\"}");
    assert_int_equal(type->hooks->create(&ctx, &job), STEP_WAIT);
    const struct value *row = effect_row(&job, EFFECT_DEPLOYMENT_PUT);
    assert_string_equal(value_get_text(row, "status"), "IN_PROGRESS");
    assert_string_equal(value_get_text(row, "id"), job.physical_id);
    assert_string_equal(value_get_text(row, "config_id"),
                        value_get_text(effect_row(&job, EFFECT_CONFIG_PUT), "id"));
    assert_string_equal(value_get_text(effect_row(&job, EFFECT_CONFIG_PUT), "name"), "source");
    assert_string_equal(value_get_text(effect_row(&job, EFFECT_SERVER_METADATA), "id"), "s");
    assert_int_equal(type->hooks->create(&ctx, &job), STEP_WAIT);
    answer(&job, ASK_DEPLOYMENT, row_with("IN_PROGRESS"));
    assert_int_equal(type->hooks->create(&ctx, &job), STEP_WAIT);
    assert_null(job.asked);
    job.answers = NULL;
    assert_int_equal(type->hooks->create(&ctx, &job), STEP_WAIT);
    answer(&job, ASK_DEPLOYMENT, row_with("COMPLETE"));
    assert_int_equal(type->hooks->create(&ctx, &job), STEP_DONE);
    assert_json(type->hooks->attribute(&ctx, &job, "out"), "5");
    assert_json(type->hooks->attribute(&ctx, &job, "deploy_stdout"), "null");
    assert_null(type->hooks->attribute(&ctx, &job, "unknown"));
    error_clear(&ctx);
}

static void test_a_deployment_that_fails(void **state)
{
    struct resource_job job =
        created("{\"server\": \"s\", \"config\": \"33333333-3333-4333-8333-333333333333\"}");
    assert_int_equal(type->hooks->create(&ctx, &job), STEP_WAIT);
    assert_int_equal(type->hooks->create(&ctx, &job), STEP_WAIT);
    answer(&job, ASK_DEPLOYMENT, row_with("FAILED"));
    assert_int_equal(type->hooks->create(&ctx, &job), STEP_FAILED);
    assert_failed(&ctx, FAULT_RESOURCE_ERROR, "Deployment to server failed: why");
    error_clear(&ctx);
    type->hooks->abort(&ctx, &job);
    assert_string_equal(value_get_text(effect_row(&job, EFFECT_DEPLOYMENT_REPORT), "status_reason"),
                        "Deployment cancelled.");
}

static void test_a_signal(void **state)
{
    struct resource_job job = job_of("OS::Heat::SoftwareDeployment", "{\"server\": \"s\"}");
    struct signal signal = {json("{\"deploy_status_code\": 1}"), 0};
    const char *reason = "";
    job.physical_id = "44444444-4444-4444-8444-444444444444";
    assert_null(type->hooks->signal(&ctx, &job, &signal, &reason));
    answer(&job, ASK_DEPLOYMENT, row_with("IN_PROGRESS"));
    assert_null(type->hooks->signal(&ctx, &job, &signal, &reason));
    answer(&job, ASK_CONFIG, source_answer);
    assert_ptr_equal(type->hooks->signal(&ctx, &job, &signal, &reason), job.metadata);
    assert_string_equal(reason, "deployment 44444444-4444-4444-8444-444444444444 failed (1)");
    assert_string_equal(value_get_text(effect_row(&job, EFFECT_DEPLOYMENT_REPORT), "status"), "FAILED");
    struct resource_job late = job;
    late.effects = NULL;
    late.answers = NULL;
    assert_null(type->hooks->signal(&ctx, &late, &signal, &reason));
    answer(&late, ASK_DEPLOYMENT, row_with("COMPLETE"));
    assert_non_null(type->hooks->signal(&ctx, &late, &signal, &reason));
    assert_null(reason);
    assert_null(late.effects);
}

static void test_removal(void **state)
{
    struct resource_job job =
        job_of("OS::Heat::SoftwareDeployment", "{\"server\": \"s\", \"actions\": [\"DELETE\"]}");
    job.physical_id = "44444444-4444-4444-8444-444444444444";
    assert_int_equal(type->hooks->remove(&ctx, &job), STEP_WAIT);
    struct resource_job gone = job;
    answer(&gone, ASK_SERVER, "null");
    assert_int_equal(type->hooks->remove(&ctx, &gone), STEP_WAIT);
    answer(&gone, ASK_DEPLOYMENT, row_with("COMPLETE"));
    assert_int_equal(type->hooks->remove(&ctx, &gone), STEP_DONE);
    assert_int_equal(count_effects(&gone, EFFECT_CONFIG_PUT), 0);
    assert_int_equal(count_effects(&gone, EFFECT_DEPLOYMENT_DELETE), 1);
    answer(&job, ASK_SERVER, "{}");
    assert_int_equal(type->hooks->remove(&ctx, &job), STEP_WAIT);
    answer(&job, ASK_DEPLOYMENT, row_with("COMPLETE"));
    assert_int_equal(type->hooks->remove(&ctx, &job), STEP_WAIT);
    assert_string_equal(value_get_text(effect_row(&job, EFFECT_DEPLOYMENT_PUT), "action"), "DELETE");
    assert_int_equal(count_effects(&job, EFFECT_DEPLOYMENT_DELETE), 0);
}

static void test_a_configuration(void **state)
{
    struct resource_job job =
        job_of("OS::Heat::SoftwareConfig", "{\"config\": \"c\", \"inputs\": [{\"name\": \"a\"}]}");
    assert_int_equal(type->hooks->create(&ctx, &job), STEP_DONE);
    const struct value *row = effect_row(&job, EFFECT_CONFIG_PUT);
    assert_string_equal(
        value_get_text(row, "config"),
        "{\"config\": \"c\", \"inputs\": [{\"name\": \"a\", \"description\": \"\", \"type\": \"String\", "
        "\"default\": \"\"}], \"outputs\": [], \"options\": {}}");
    assert_json(type->hooks->attribute(&ctx, &job, "config"), "\"c\"");
    assert_int_equal(type->hooks->remove(&ctx, &job), STEP_WAIT);
    answer(&job, ASK_CONFIG, "{\"referenced\": \"t\"}");
    assert_int_equal(type->hooks->remove(&ctx, &job), STEP_FAILED);
    assert_failed(&ctx, FAULT_RESTRICTED_ACTION, "can not be deleted");
    error_clear(&ctx);
}

static void test_a_server(void **state)
{
    struct resource_job job = job_of("OS::Heat::DeployedServer", "{}");
    job.metadata = json("{\"mine\": 1, \"os-collect-config\": {\"cfn\": {\"path\": \"p\"}}}");
    assert_int_equal(type->hooks->create(&ctx, &job), STEP_DONE);
    assert_json(job.metadata,
                "{\"mine\": 1, \"os-collect-config\": {\"cfn\": {\"path\": null}, \"collectors\": "
                "[\"request\", \"local\"], \"request\": {\"metadata_url\": \"http://host/metadata\"}}, "
                "\"deployments\": []}");
    assert_string_equal(value_get_text(effect_row(&job, EFFECT_SERVER_METADATA), "id"), job.resource_id);
}

/* ---- formats ---- */
static void test_yaml(void **state)
{
    static const char *const cases[][2] = {
        {"{\"b\": [1, {\"x\": null}], \"a\": {}}", "a: {}\nb:\n- 1\n- x: null\n"},
        {"[\"yes\", \"1\", \"2013-05-23\", \"a: b\", \"\", \"plain text\"]",
         "- 'yes'\n- '1'\n- '2013-05-23'\n- 'a: b'\n- ''\n- plain text\n"},
        {"[true, 1.0, 1e+20, \"\\u00e9\"]", "- true\n- 1.0\n- 1.0e+20\n- \"\\xE9\"\n"},
        {"null", "null\n"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        assert_string_equal(yaml_write(&ctx, json(cases[i][0])), cases[i][1]);
}

static void test_mime(void **state)
{
    struct mime_part second = {"two\r\n", "x", "f\".txt", NULL};
    struct mime_part first = {"\xc3\xa9", NULL, "script.sh", &second};
    const char *message = mime_join(&ctx, &first);
    assert_non_null(strstr(message, "Content-Type: text/script; charset=\"utf-8\"\n"));
    assert_non_null(strstr(message, "filename=\"f\\\".txt\"\n\ntwo\n"));
    const struct mime_part *parts = mime_split(&ctx, message);
    assert_string_equal(parts->text, "w6k=\n");
    assert_string_equal(parts->subtype, "script");
    assert_string_equal(parts->next->text, "two\n");
    assert_null(parts->next->next);
    assert_null(mime_split(&ctx, "no message"));
    struct mime_part outer = {message, "x", NULL, NULL};
    assert_string_equal(mime_split(&ctx, mime_join(&ctx, &outer))->text, message);
}

/* ---- groups ---- */
static const struct nested_child no_child = {.outputs = &value_null};

static void test_members(void **state)
{
    struct resource_job job =
        job_of("OS::Heat::SoftwareDeploymentGroup",
               "{\"servers\": {\"b\": \"s1\", \"a\": \"s2\"}, \"signal_transport\": \"NO_SIGNAL\"}");
    struct nested_stack stack;
    job.referenced = json("[[\"deploy_stdouts\", \"a\"], [\"result\"]]");
    assert_int_equal(nested_deployment_group.next(&ctx, &job, &no_child, &stack), NESTED_STACK);
    assert_json(
        stack.template,
        "{\"heat_template_version\": \"2015-04-30\", \"resources\": {\"b\": {\"type\": "
        "\"OS::Heat::SoftwareDeployment\", \"properties\": {\"actions\": [\"CREATE\", \"UPDATE\"], "
        "\"signal_transport\": \"NO_SIGNAL\", \"server\": \"s1\"}}, \"a\": {\"type\": "
        "\"OS::Heat::SoftwareDeployment\", \"properties\": {\"actions\": [\"CREATE\", \"UPDATE\"], "
        "\"signal_transport\": \"NO_SIGNAL\", \"server\": \"s2\"}}}, \"outputs\": {\"attributes, "
        "deploy_stdout\": {\"value\": {\"b\": {\"get_attr\": [\"b\", \"deploy_stdout\"]}, \"a\": "
        "{\"get_attr\": "
        "[\"a\", \"deploy_stdout\"]}}}, \"attributes, result\": {\"value\": {\"b\": {\"get_attr\": [\"b\", "
        "\"result\"]}, \"a\": {\"get_attr\": [\"a\", \"result\"]}}}}}");
    struct nested_child child = {.template = stack.template,
                                 .outputs = json("{\"attributes, result\": {\"a\": 1}}")};
    assert_int_equal(nested_deployment_group.next(&ctx, &job, &child, &stack), NESTED_DONE);
    size_t used;
    assert_json(nested_deployment_group.attribute(&ctx, &job, &child, json("[\"result\", \"a\"]"), &used),
                "{\"a\": 1}");
    assert_int_equal(used, 1);
}

/* Three servers become three others, two at a time with a pause between. */
static void test_rolling_update(void **state)
{
    struct resource_job job = job_of("OS::Heat::StructuredDeploymentGroup",
                                     "{\"servers\": {\"a\": \"1\", \"b\": \"2\", \"c\": \"3\"}}");
    struct nested_stack stack;
    struct nested_child child = {.outputs = &value_null};
    assert_int_equal(nested_structured_deployment_group.next(&ctx, &job, &child, &stack), NESTED_STACK);
    child.template = stack.template;
    struct resource_job update = job_of("OS::Heat::StructuredDeploymentGroup",
                                        "{\"servers\": {\"a\": \"4\", \"b\": \"5\", \"d\": \"6\"}}");
    update.before = job.properties;
    update.update_policy = json("{\"rolling_update\": {\"max_batch_size\": 2, \"pause_time\": 3}}");
    assert_int_equal(nested_structured_deployment_group.next(&ctx, &update, &child, &stack), NESTED_STACK);
    const struct value *members = value_get(stack.template, "resources");
    assert_int_equal(value_count(members), 3);
    assert_string_equal(value_get_text(value_get(value_get(members, "b"), "properties"), "server"), "5");
    assert_true(value_has(members, "c"));
    child.template = stack.template;
    assert_int_equal(nested_structured_deployment_group.next(&ctx, &update, &child, &stack), NESTED_PAUSE);
    assert_int_equal(update.due_us, 4000000);
    update.now_us = 4000000;
    assert_int_equal(nested_structured_deployment_group.next(&ctx, &update, &child, &stack), NESTED_STACK);
    members = value_get(stack.template, "resources");
    assert_true(value_has(members, "d") && value_has(members, "c"));
    child.template = stack.template;
    assert_int_equal(nested_structured_deployment_group.next(&ctx, &update, &child, &stack), NESTED_STACK);
    members = value_get(stack.template, "resources");
    assert_true(value_count(members) == 3 && !value_has(members, "c")); /* what is left over goes last */
    child.template = stack.template;
    assert_int_equal(nested_structured_deployment_group.next(&ctx, &update, &child, &stack), NESTED_DONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_inputs),
        cmocka_unit_test(test_structured_text),
        cmocka_unit_test(test_actions),
        cmocka_unit_test(test_reports),
        cmocka_unit_test(test_a_deployment),
        cmocka_unit_test(test_a_deployment_that_fails),
        cmocka_unit_test(test_a_signal),
        cmocka_unit_test(test_removal),
        cmocka_unit_test(test_a_configuration),
        cmocka_unit_test(test_a_server),
        cmocka_unit_test(test_yaml),
        cmocka_unit_test(test_mime),
        cmocka_unit_test(test_members),
        cmocka_unit_test(test_rolling_update),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
