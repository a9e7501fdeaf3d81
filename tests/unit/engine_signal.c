/* Steps that a signal asks for: order, waiting, failing, and what they leave behind. */
#include "tests/unit/unit.h"

#include "base/config.h"
#include "engine/signal.h"

enum { NOW_US = 1000000, SECOND_US = 1000000 };

struct fixture {
    struct config config;
    struct operation operation;
    struct resource_hooks hooks;
    struct resource_type type;
    struct node nodes[2];
    size_t changed[2], running[2];
};

/* Counts its calls in the resource's data; the signal says what else it does. */
static enum step_result count(struct ctx *ctx, struct resource_job *job)
{
    const char *wish = value_get_text(job->signal, "wish");
    const struct value *calls = value_get(job->data, "calls");
    struct value *data = value_map(ctx->arena);
    value_map_set(ctx->arena, data, "calls", value_int(ctx->arena, calls ? calls->integer + 1 : 1));
    job->data = data;
    if (wish && strcmp(wish, "fail") == 0) {
        (void)fail(ctx, FAULT_VALUE_ERROR, "as wished");
        return STEP_FAILED;
    }
    if (wish && strcmp(wish, "wait") == 0 && !job->progress) {
        job->progress = value_map(ctx->arena);
        job->due_us = job->now_us + SECOND_US;
        return STEP_WAIT;
    }
    job_set_attribute(ctx, job, "last", job->signal ? job->signal : &value_null);
    return STEP_DONE;
}

static void set_up(struct fixture *f)
{
    struct ctx ctx = unit_begin(0);
    *f = (struct fixture){.hooks = {.name = "test", .handle = count}};
    f->type = (struct resource_type){.name = "Test", .hooks = &f->hooks};
    f->operation = (struct operation){.arena = ctx.arena,
                                      .ctx = ctx,
                                      .id = "o",
                                      .tenant_id = "t",
                                      .stack_id = "s",
                                      .phase = PHASE_SIGNAL,
                                      .nodes = f->nodes,
                                      .node_count = 2,
                                      .changed = f->changed,
                                      .running = f->running,
                                      .signalled = true};
    f->operation.ctx.config = &f->config;
    for (size_t i = 0; i < 2; i++)
        f->nodes[i] = (struct node){.id = i ? "b" : "a",
                                    .name = i ? "b" : "a",
                                    .type_name = "Test",
                                    .type = &f->type,
                                    .state = {ACTION_CREATE, STATUS_COMPLETE},
                                    .metadata = value_map(ctx.arena)};
    signals_open(&f->operation);
}

static void signal_to(struct fixture *f, const char *id, const char *resource, const char *wish)
{
    struct value *details = value_map(f->operation.arena);
    value_map_set(f->operation.arena, details, "wish", value_string(f->operation.arena, wish));
    signals_add(&f->operation, &(struct new_signal){.id = id, .resource_id = resource, .details = details});
}

static int64_t calls(const struct fixture *f, size_t node)
{
    const struct value *made = value_get(f->nodes[node].data, "calls");
    return made ? made->integer : 0;
}

static void without_signals_it_is_over(void **state)
{
    struct fixture f;
    set_up(&f);
    operation_turn(&f.operation, NOW_US, SECOND_US);
    assert_int_equal(f.operation.phase, PHASE_OVER);
    assert_string_equal(f.operation.state, "DONE");
    assert_false(f.operation.outputs_changed);
    unit_end(&f.operation.ctx);
}

static void a_step_sets_attributes_and_no_state(void **state)
{
    struct fixture f;
    set_up(&f);
    signal_to(&f, "1", "a", "go");
    operation_turn(&f.operation, NOW_US, SECOND_US);
    assert_int_equal(f.operation.phase, PHASE_OVER);
    assert_int_equal(calls(&f, 0), 1);
    assert_int_equal(calls(&f, 1), 0);
    assert_true(f.operation.outputs_changed);
    assert_true(operation_has_changes(&f.operation));
    assert_true(state_is(f.nodes[0].state, ACTION_CREATE, STATUS_COMPLETE));
    assert_int_equal(f.operation.event_count, 0);
    unit_end(&f.operation.ctx);
}

static void a_resource_takes_its_signals_one_by_one(void **state)
{
    struct fixture f;
    set_up(&f);
    signal_to(&f, "1", "a", "wait");
    signal_to(&f, "2", "a", "go");
    signal_to(&f, "3", "b", "go");
    signal_to(&f, "3", "b", "go"); /* known already */
    operation_turn(&f.operation, NOW_US, SECOND_US);
    assert_int_equal(f.operation.phase, PHASE_SIGNAL);
    assert_int_equal(calls(&f, 0), 1);
    assert_int_equal(calls(&f, 1), 1);
    assert_int_equal(operation_due(&f.operation), NOW_US + SECOND_US);
    operation_turn(&f.operation, NOW_US + 1, SECOND_US);
    assert_int_equal(calls(&f, 0), 1);
    operation_turn(&f.operation, NOW_US + SECOND_US, SECOND_US);
    assert_int_equal(f.operation.phase, PHASE_OVER);
    assert_int_equal(calls(&f, 0), 3);
    unit_end(&f.operation.ctx);
}

static void a_step_goes_on_from_its_progress(void **state)
{
    struct fixture f;
    set_up(&f);
    struct value *details = value_map(f.operation.arena);
    value_map_set(f.operation.arena, details, "wish", value_string(f.operation.arena, "wait"));
    signals_add(&f.operation, &(struct new_signal){.id = "1",
                                                   .resource_id = "a",
                                                   .details = details,
                                                   .progress = value_map(f.operation.arena),
                                                   .due_us = NOW_US + SECOND_US});
    operation_turn(&f.operation, NOW_US, SECOND_US);
    assert_int_equal(calls(&f, 0), 0);
    operation_turn(&f.operation, NOW_US + SECOND_US, SECOND_US);
    assert_int_equal(calls(&f, 0), 1);
    assert_int_equal(f.operation.phase, PHASE_OVER);
    unit_end(&f.operation.ctx);
}

static void a_failure_stops_nothing(void **state)
{
    struct fixture f;
    set_up(&f);
    signal_to(&f, "1", "a", "fail");
    signal_to(&f, "2", "a", "go");
    operation_turn(&f.operation, NOW_US, SECOND_US);
    assert_int_equal(f.operation.phase, PHASE_OVER);
    assert_int_equal(calls(&f, 0), 2);
    assert_string_equal(f.operation.state, "DONE");
    assert_int_equal(f.operation.ctx.error.fault, FAULT_NONE);
    unit_end(&f.operation.ctx);
}

static void what_is_going_takes_none(void **state)
{
    struct fixture f;
    set_up(&f);
    f.nodes[0].state = (struct state){ACTION_DELETE, STATUS_FAILED};
    signal_to(&f, "1", "a", "wait");
    signal_to(&f, "2", "gone", "wait");
    operation_turn(&f.operation, NOW_US, SECOND_US);
    assert_int_equal(calls(&f, 0), 0);
    assert_int_equal(f.operation.phase, PHASE_OVER);
    unit_end(&f.operation.ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_signals_it_is_over),
        cmocka_unit_test(a_step_sets_attributes_and_no_state),
        cmocka_unit_test(a_resource_takes_its_signals_one_by_one),
        cmocka_unit_test(a_step_goes_on_from_its_progress),
        cmocka_unit_test(a_failure_stops_nothing),
        cmocka_unit_test(what_is_going_takes_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
