/* Groups, driven round by round over a child that is only simulated: against what Heat did (tests/groups), and
 * what failures and takeovers leave. */
#include "tests/unit/catalogue.h"

#include <stdlib.h>

#include "resources/group.h"

enum { MEMBERS_MAX = 64, SECOND = 1000000 };

static void assert_same(const char *name, const struct value *is, const struct value *wanted)
{
    if (!value_equal(is, wanted))
        fail_msg("%s:\n  %s\nbut should be\n  %s", name, value_to_json(ctx.arena, is),
                 value_to_json(ctx.arena, wanted));
}

/* ---- a simulated child ---- */
struct world {
    const struct resource_type *type;
    struct resource_job job;
    struct nested_member members[MEMBERS_MAX];
    struct nested_child child;
    struct nested_stack stack;
};

static const struct value *resources_of(const struct value *template)
{
    const struct value *hot = value_get(template, "resources");
    return hot ? hot : value_get(template, "Resources");
}

static bool no_peer(const struct resource_job *job, const char *reference, struct resource_peer *peer)
{
    return false;
}

static void world_begin(struct world *world, const char *type, const struct value *properties)
{
    memset(world, 0, sizeof(*world));
    error_clear(&ctx);
    world->type = catalogue_find(type);
    assert_non_null(world->type);
    world->job = (struct resource_job){
        .resource_name = "g",
        .physical_name = "stack-g-abcdefghijkl",
        .properties = properties_check(&ctx, world->type, "g", properties),
        .metadata = value_map(ctx.arena),
        .find_peer = no_peer,
        .now_us = 1000LL * SECOND,
        .timeout_us = 3600LL * SECOND,
    };
    if (!world->job.properties)
        fail_msg("%s", ctx.error.message);
    world->child = (struct nested_child){.outputs = value_map(ctx.arena), .members = world->members};
}

static void tell_references(struct world *world)
{
    struct value *map = value_map(ctx.arena), *outputs = value_map(ctx.arena);
    for (size_t i = 0; i < world->child.member_count; i++)
        value_map_set(ctx.arena, map, world->members[i].name,
                      value_string(ctx.arena, world->members[i].reference));
    value_map_set(ctx.arena, outputs, "refs_map", map);
    world->child.outputs = outputs;
}

/* What the engine does for NESTED_STACK, done at once. */
static void world_apply(struct world *world)
{
    const struct value *resources = resources_of(world->stack.template);
    struct nested_member after[MEMBERS_MAX];
    assert_true(value_count(resources) <= MEMBERS_MAX);
    for (size_t i = 0; i < value_count(resources); i++) {
        const char *name = resources->map.entries[i].key;
        const struct nested_member *old = group_member_find(&world->child, name);
        after[i] = (struct nested_member){name, arena_printf(ctx.arena, "ref-%s", name), "COMPLETE",
                                          old ? old->created_us : world->job.now_us,
                                          resources->map.entries[i].value};
    }
    memcpy(world->members, after, value_count(resources) * sizeof(*after));
    world->child.member_count = value_count(resources);
    world->child.template = world->stack.template;
    tell_references(world);
}

/* As if another process went on: only what is stored is left. */
static void store_and_load(struct world *world)
{
    if (world->job.data)
        world->job.data = json(value_to_json(ctx.arena, world->job.data));
    world->job.progress = json(value_to_json(ctx.arena, world->job.progress));
}

/* Asks for the next state of the child, twice from the same state: a step that is repeated after a crash must
 * come to the same. */
static enum nested_next world_next(struct world *world)
{
    struct resource_job again = world->job;
    struct nested_stack stack_again = {0};
    world->stack = (struct nested_stack){0};
    enum nested_next next = world->type->hooks->nested->next(&ctx, &world->job, &world->child, &world->stack);
    struct ctx other = {.arena = ctx.arena};
    assert_int_equal(world->type->hooks->nested->next(&other, &again, &world->child, &stack_again), next);
    assert_true(value_equal(again.data, world->job.data));
    if (next == NESTED_STACK)
        assert_same("repeated", stack_again.template, world->stack.template);
    if (next != NESTED_FAILED)
        store_and_load(world);
    return next;
}

/* Begins an update to other properties. */
static void world_update(struct world *world, const struct value *properties)
{
    world->job.before = world->job.properties;
    world->job.properties = properties_check(&ctx, world->type, "g", properties);
    assert_non_null(world->job.properties);
    world->job.progress = NULL;
    world->job.now_us += 60LL * SECOND;
}

/* Goes on to the next change of the child, over pauses. */
static enum nested_next world_round(struct world *world)
{
    enum nested_next next;
    while ((next = world_next(world)) == NESTED_PAUSE) {
        assert_true(world->job.due_us > world->job.now_us);
        world->job.now_us = world->job.due_us;
    }
    if (next == NESTED_FAILED)
        fail_msg("%s", ctx.error.message);
    if (next == NESTED_STACK)
        world_apply(world);
    world->job.now_us += SECOND;
    return next;
}

static void world_finish(struct world *world)
{
    while (world_round(world) != NESTED_DONE)
        ;
}

static const char *names_of(const struct value *template)
{
    struct str names = STR_INIT(ctx.arena);
    const struct value *resources = resources_of(template);
    for (size_t i = 0; i < value_count(resources); i++)
        str_printf(&names, "%s%s", i ? " " : "", resources->map.entries[i].key);
    return names.data;
}

/* ---- names that differ from run to run ---- */
static const char *renamed(const struct value *names, const char *name)
{
    const char *other = value_get_text(names, name);
    return other ? other : name;
}

static const struct value *rename_all(const struct value *names, const struct value *value)
{
    if (value_is(value, VALUE_STRING))
        return value_string(ctx.arena, renamed(names, value_text(value)));
    if (value_is(value, VALUE_LIST)) {
        struct value *list = value_list(ctx.arena);
        for (size_t i = 0; i < value_count(value); i++)
            value_list_add(ctx.arena, list, rename_all(names, value_at(value, i)));
        return list;
    }
    if (!value_is(value, VALUE_MAP))
        return value;
    struct value *map = value_map(ctx.arena);
    for (size_t i = 0; i < value_count(value); i++)
        value_map_set(ctx.arena, map, renamed(names, value->map.entries[i].key),
                      rename_all(names, value->map.entries[i].value));
    return map;
}

/* Our names as Heat's, by place. */
static void match_names(struct value *names, const struct value *ours, const struct value *theirs)
{
    ours = resources_of(ours);
    theirs = resources_of(theirs);
    for (size_t i = 0; i < value_count(ours) && i < value_count(theirs); i++)
        if (strlen(ours->map.entries[i].key) == 12 && !value_has(names, ours->map.entries[i].key))
            value_map_set(ctx.arena, names, ours->map.entries[i].key,
                          value_string(ctx.arena, theirs->map.entries[i].key));
}

static void assert_template(const char *name, struct value *names, const struct value *ours,
                            const struct value *theirs)
{
    match_names(names, ours, theirs);
    const struct value *translated = rename_all(names, ours);
    assert_same(name, translated, theirs);
    assert_string_equal(names_of(translated), names_of(theirs));
}

/* ---- what Heat made ---- */
static void add_members(struct world *world, const struct value *members, const struct value *template)
{
    for (size_t i = 0; i < value_count(members); i++) {
        const struct value *member = value_at(members, i);
        const char *name = value_get_text(member, "name");
        world->members[i] = (struct nested_member){
            name, value_get_text(member, "reference"), value_get_text(member, "status"),
            value_get(member, "created")->integer, value_get(resources_of(template), name)};
    }
    world->child.member_count = value_count(members);
    world->child.template = value_is_null(template) ? NULL : template;
    tell_references(world);
}

static void children_are_those_of_heat(void **state)
{
    const struct value *cases = json_file("tests/groups/children.json");
    assert_true(value_count(cases) > 10);
    for (size_t i = 0; i < value_count(cases); i++) {
        const struct value *one = value_at(cases, i);
        struct world world;
        world_begin(&world, value_get_text(one, "type"), value_get(one, "properties"));
        world.job.referenced = value_get(one, "referenced");
        assert_int_equal(world_round(&world), NESTED_STACK);
        assert_template(value_get_text(one, "name"), value_map(ctx.arena), world.stack.template,
                        value_get(one, "child"));
        world_finish(&world);
    }
}

/* null: the attribute fails, with that message. */
static void assert_attribute(struct world *world, const char *name, const struct value *path,
                             const struct value *wanted)
{
    size_t used;
    const char *label = arena_printf(ctx.arena, "%s %s", name, value_to_json(ctx.arena, path));
    const struct value *is =
        world->type->hooks->nested->attribute(&ctx, &world->job, &world->child, path, &used);
    if (!is) {
        struct value *error = value_map(ctx.arena);
        value_map_set(ctx.arena, error, "ERR", value_string(ctx.arena, ctx.error.message));
        is = error;
        error_clear(&ctx);
    } else
        assert_int_equal(used, value_count(path));
    assert_same(label, is, wanted);
}

static void attributes_are_those_of_heat(void **state)
{
    const struct value *cases = json_file("tests/groups/children.json");
    size_t checked = 0;
    for (size_t i = 0; i < value_count(cases); i++) {
        const struct value *one = value_at(cases, i), *attributes = value_get(one, "attributes");
        struct world world;
        world_begin(&world, value_get_text(one, "type"), value_get(one, "properties"));
        world_next(&world); /* reads the removal policies */
        add_members(&world, value_get(one, "members"), value_get(one, "child"));
        world.child.outputs = value_get(one, "outputs");
        for (size_t k = 0; k < value_count(attributes); k++, checked++)
            assert_attribute(&world, value_get_text(one, "name"), value_at(value_at(attributes, k), 0),
                             value_at(value_at(attributes, k), 1));
    }
    assert_true(checked > 40);
}

/* The templates the child is given, without those that leave it as it was. */
static void run_rounds(struct world *world, const struct value *one)
{
    const struct value *rounds = value_get(one, "rounds"), *last = world->child.template;
    struct value *names = value_map(ctx.arena);
    const char *name = value_get_text(one, "name");
    size_t made = 0;
    while (world_round(world) == NESTED_STACK) {
        if (value_equal(world->stack.template, last))
            continue;
        last = world->stack.template;
        assert_true(made < value_count(rounds));
        assert_template(arena_printf(ctx.arena, "%s, round %zu", name, made), names, last,
                        value_at(rounds, made));
        made++;
    }
    assert_int_equal(made, value_count(rounds));
}

static void rounds_are_those_of_heat(void **state)
{
    const struct value *cases = json_file("tests/groups/rounds.json");
    assert_true(value_count(cases) > 30);
    for (size_t i = 0; i < value_count(cases); i++) {
        const struct value *one = value_at(cases, i), *policy = value_get(one, "update_policy");
        struct world world;
        world_begin(&world, value_get_text(one, "type"), value_get(one, "properties"));
        if (!value_is_null(value_get(one, "before")))
            world.job.before = properties_check(&ctx, world.type, "g", value_get(one, "before"));
        world.job.referenced = value_get(one, "referenced");
        world.job.update_policy = value_is_null(policy) ? NULL : policy;
        world.job.data = value_get(one, "data");
        add_members(&world, value_get(one, "members"), value_get(one, "template"));
        world.job.now_us = 4000000000LL * SECOND;
        run_rounds(&world, one);
        if (!value_is_null(value_get(one, "removed")))
            assert_attribute(&world, value_get_text(one, "name"), json("[\"removed_rsrc_list\"]"),
                             value_get(one, "removed"));
    }
}

static void batches_are_those_of_heat(void **state)
{
    const struct value *cases = json_file("tests/groups/batches.json");
    assert_true(value_count(cases) > 200);
    for (size_t i = 0; i < value_count(cases); i++) {
        const struct value *one = value_at(cases, i);
        struct group_batches batches = {
            .replaces_surplus = value_truth(value_at(one, 0)),
            .target = value_at(one, 1)->integer,
            .current = value_at(one, 2)->integer,
            .size = value_at(one, 3)->integer,
            .in_service = value_at(one, 4)->integer,
        };
        assert_int_equal(group_batches_count(batches), value_count(value_at(one, 5)));
        struct value *made = value_list(ctx.arena);
        for (struct group_batch batch; group_batches_next(&batches, &batch);) {
            struct value *pair = value_list(ctx.arena);
            value_list_add(ctx.arena, pair, value_int(ctx.arena, batch.capacity));
            value_list_add(ctx.arena, pair, value_int(ctx.arena, batch.renewed));
            value_list_add(ctx.arena, made, pair);
        }
        assert_same(value_to_json(ctx.arena, one), made, value_at(one, 5));
    }
}

/* ---- failures ---- */
#define GROUP_OF(count, value)                                                                               \
    "{\"count\": " count ", \"resource_def\": {\"type\": \"OS::Heat::TestResource\", \"properties\": "       \
    "{\"value\": \"" value "\"}}}"

static void fail_member(struct world *world, const char *name)
{
    for (size_t i = 0; i < world->child.member_count; i++)
        if (strcmp(world->members[i].name, name) == 0)
            world->members[i].status = "FAILED";
}

static const char *value_of(const struct world *world, const char *name)
{
    const struct nested_member *member = group_member_find(&world->child, name);
    assert_non_null(member);
    return value_get_text(value_get(member->definition, "properties"), "value");
}

/* The second batch of a rolling update fails; the next update makes the failed member anew, with the
 * definition it wants, before it renews what is left. */
static void a_rolling_update_goes_on_after_a_failure(void **state)
{
    struct world world;
    world_begin(&world, "OS::Heat::ResourceGroup", json(GROUP_OF("3", "a")));
    world.job.update_policy = json("{\"rolling_update\": {\"max_batch_size\": 1}}");
    world_finish(&world);
    world_update(&world, json(GROUP_OF("3", "b")));
    assert_int_equal(world_round(&world), NESTED_STACK);
    assert_string_equal(value_of(&world, "2"), "b");
    assert_int_equal(world_round(&world), NESTED_STACK);
    fail_member(&world, "1"); /* ends the action; what was applied last is still "a" */
    const struct value *before = world.job.before;
    world_update(&world, json(GROUP_OF("3", "c")));
    world.job.before = before;
    assert_int_equal(world_round(&world), NESTED_STACK);
    assert_string_equal(value_of(&world, "1"), "c");
    assert_string_equal(value_of(&world, "2"), "b");
    assert_string_equal(value_of(&world, "0"), "a");
    world_finish(&world);
    for (const char *name = "0\0001\0002\0"; *name; name += 2)
        assert_string_equal(value_of(&world, name), "c");
}

/* Of a scaling group that shrinks, failed members go before older ones. */
static void failed_members_go_first(void **state)
{
    struct world world;
    const char *three =
        "{\"min_size\": 1, \"max_size\": 5, \"desired_capacity\": 3, \"resource\": {\"type\": "
        "\"OS::Heat::TestResource\"}}";
    const char *two = "{\"min_size\": 1, \"max_size\": 5, \"desired_capacity\": 2, \"resource\": {\"type\": "
                      "\"OS::Heat::TestResource\"}}";
    world_begin(&world, "OS::Heat::AutoScalingGroup", json(three));
    world_finish(&world);
    const char *failed = world.members[2].name;
    fail_member(&world, failed);
    world_update(&world, json(two));
    world_finish(&world);
    assert_int_equal(world.child.member_count, 2);
    assert_null(group_member_find(&world.child, failed));
}

/* The end of an action begins a cooldown. */
static void a_scaling_group_notes_its_size(void **state)
{
    struct world world;
    world_begin(&world, "OS::Heat::AutoScalingGroup",
                json("{\"min_size\": 2, \"max_size\": 5, \"cooldown\": 60, \"resource\": {\"type\": "
                     "\"OS::Heat::TestResource\"}}"));
    world_finish(&world);
    assert_same("metadata", world.job.metadata,
                json("{\"cooldown_end\": {\"1970-01-01T00:17:41\": \"ExactCapacity : 2\"}, "
                     "\"scaling_in_progress\": false}"));
}

static void names_are_never_given_twice(void **state)
{
    const struct value *data = NULL;
    struct nested_child none = {.outputs = value_map(ctx.arena)};
    struct value *names = value_map(ctx.arena);
    for (int i = 0; i < 1000; i++) {
        const char *name = group_name_new(&ctx, "stack-g-abc", &data, &none);
        assert_int_equal(strlen(name), 12);
        assert_int_equal(strspn(name, "abcdefghijklmnopqrstuvwxyz234567"), 12);
        assert_false(value_has(names, name));
        value_map_set(ctx.arena, names, name, &value_true);
    }
    const struct value *other = NULL;
    assert_false(value_has(names, group_name_new(&ctx, "stack-h-abc", &other, &none)));
}

/* ---- removal policies ---- */
static void members_are_removed_by_reference(void **state)
{
    struct world world;
    world_begin(&world, "OS::Heat::ResourceGroup", json(GROUP_OF("3", "a")));
    world_finish(&world);
    const char *without =
        "{\"count\": 2, \"removal_policies\": [{\"resource_list\": [\"ref-1\", 7, \"ref-9\"]}], "
        "\"resource_def\": {\"type\": \"OS::Heat::TestResource\"}}";
    world_update(&world, json(without));
    world_finish(&world);
    assert_string_equal(names_of(world.child.template), "0 2");
    assert_same("data", world.job.data, json("{\"name_blacklist\": \"1\"}"));
    world_update(&world, json(GROUP_OF("3", "a")));
    world_finish(&world);
    assert_string_equal(names_of(world.child.template), "0 2 3");
}

/* ---- pauses and limits ---- */
static void pauses_end_at_their_time(void **state)
{
    struct world world;
    world_begin(&world, "OS::Heat::ResourceGroup", json(GROUP_OF("2", "a")));
    world.job.update_policy = json("{\"batch_create\": {\"max_batch_size\": 1, \"pause_time\": 10}}");
    int64_t begin_us = world.job.now_us;
    assert_int_equal(world_next(&world), NESTED_STACK);
    world_apply(&world);
    assert_int_equal(world_next(&world), NESTED_PAUSE);
    assert_int_equal(world.job.due_us, begin_us + 10LL * SECOND);
    world.job.now_us = begin_us + 9LL * SECOND;
    assert_int_equal(world_next(&world), NESTED_PAUSE);
    assert_int_equal(world.job.due_us, begin_us + 10LL * SECOND);
    world.job.now_us = begin_us + 10LL * SECOND;
    assert_int_equal(world_next(&world), NESTED_STACK);
    world_apply(&world);
    assert_int_equal(world_next(&world), NESTED_DONE);
}

static void pauses_beyond_the_timeout_are_refused(void **state)
{
    struct world world;
    world_begin(&world, "OS::Heat::ResourceGroup", json(GROUP_OF("4", "a")));
    world.job.update_policy = json("{\"batch_create\": {\"max_batch_size\": 1, \"pause_time\": 200}}");
    world.job.timeout_us = 600LL * SECOND;
    assert_int_equal(world_next(&world), NESTED_FAILED);
    assert_failed(&ctx, FAULT_VALUE_ERROR, "The current update policy will result in stack update timeout.");
}

static void a_huge_group_is_refused(void **state)
{
    static const char *const policies[] = {"{}", "{\"batch_create\": {}}"};
    for (size_t i = 0; i < COUNT_OF(policies); i++) {
        struct world world;
        world_begin(&world, "OS::Heat::ResourceGroup", json(GROUP_OF("9000000000000000000", "a")));
        world.job.update_policy = json(policies[i]);
        assert_int_equal(world_next(&world), NESTED_FAILED);
        assert_failed(&ctx, FAULT_TOO_LARGE, "too large");
        error_clear(&ctx);
    }
}

/* ---- validation ---- */
static const char *policy_mistake(const char *type, const char *properties, const char *policy)
{
    const struct resource_type *found = catalogue_find(type);
    struct resource_draft draft = {"g", type, properties_check(&ctx, found, "g", json(properties)), SECOND};
    draft.update_policy = json(policy);
    error_clear(&ctx);
    return found->hooks->validate(&ctx, &draft) == 0 ? "" : ctx.error.message;
}

static void policies_are_checked(void **state)
{
    static const char numbered[] = GROUP_OF("1", "a");
    static const char scaled[] =
        "{\"min_size\": 1, \"max_size\": 2, \"resource\": {\"type\": \"OS::Heat::TestResource\"}}";
    static const char instances[] =
        "{\"AvailabilityZones\": [], \"LaunchConfigurationName\": \"c\", \"MinSize\": 1, \"MaxSize\": 2}";
    static const struct {
        const char *type, *properties, *policy, *mistake;
    } cases[] = {
        {"OS::Heat::ResourceGroup", numbered, "{}", ""},
        {"OS::Heat::ResourceGroup", numbered, "{\"rolling_update\": {\"max_batch_size\": 0}}",
         "Property error: : resources.g.update_policy.rolling_update.max_batch_size: : 0 is out of range "
         "(min: "
         "1, max: None)"},
        {"OS::Heat::ResourceGroup", numbered, "{\"nope\": {}}",
         "Property error: : resources.g.update_policy: : Unknown Property nope"},
        {"OS::Heat::ResourceGroup", numbered, "{\"batch_create\": {\"nope\": 1}}",
         "Property error: : resources.g.update_policy.batch_create: : Unknown Property nope"},
        {"OS::Heat::AutoScalingGroup", scaled, "{\"rolling_update\": {}}",
         "Property error: : resources.g.update_policy: : Unknown Property rolling_update"},
        {"AWS::AutoScaling::AutoScalingGroup", instances, "{\"AutoScalingRollingUpdate\": {}}", ""},
        {"AWS::AutoScaling::AutoScalingGroup", instances,
         "{\"AutoScalingRollingUpdate\": {\"PauseTime\": \"PT1H1S\"}}",
         "ValueError: : resources.g: : Maximum PauseTime is 1 hour."},
        {"AWS::AutoScaling::AutoScalingGroup", instances,
         "{\"AutoScalingRollingUpdate\": {\"PauseTime\": \"5M\"}}",
         "ValueError: : resources.g: : Only ISO 8601 duration format of the form PT#H#M#S is supported."},
        {"AWS::AutoScaling::AutoScalingGroup", instances,
         "{\"AutoScalingRollingUpdate\": {\"MaxBatchSize\": 0}}",
         "ValueError: : resources.g: : MaxBatchSize must be at least 1."},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        assert_string_equal(policy_mistake(cases[i].type, cases[i].properties, cases[i].policy),
                            cases[i].mistake);
    error_clear(&ctx);
}

static void bounds_are_checked(void **state)
{
#define SCALED(sizes) "{" sizes ", \"resource\": {\"type\": \"OS::Heat::TestResource\"}}"
    static const struct {
        const char *properties, *mistake;
    } cases[] = {
        {SCALED("\"min_size\": 1, \"max_size\": 1"), ""},
        {SCALED("\"min_size\": 5, \"max_size\": 4"), "MinSize can not be greater than MaxSize"},
        {SCALED("\"min_size\": 1, \"max_size\": 4, \"desired_capacity\": 5"),
         "DesiredCapacity must be between MinSize and MaxSize"},
        {SCALED("\"min_size\": 1, \"max_size\": 4, \"desired_capacity\": 0"),
         "DesiredCapacity must be between MinSize and MaxSize"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        assert_string_equal(policy_mistake("OS::Heat::AutoScalingGroup", cases[i].properties, "{}"),
                            cases[i].mistake);
    assert_string_equal(policy_mistake("AWS::AutoScaling::AutoScalingGroup",
                                       "{\"AvailabilityZones\": [], \"MinSize\": 1, \"MaxSize\": 2}", "{}"),
                        "Either 'InstanceId' or 'LaunchConfigurationName' must be provided.");
    error_clear(&ctx);
}

/* A draft shows the members with what is not known yet. */
static void drafts_keep_what_is_unknown(void **state)
{
    struct value *inner = value_map(ctx.arena), *definition = value_map(ctx.arena),
                 *properties = value_map(ctx.arena);
    value_map_set(ctx.arena, inner, "value", &value_unknown);
    value_map_set(ctx.arena, definition, "type", value_string(ctx.arena, "OS::Heat::TestResource"));
    value_map_set(ctx.arena, definition, "properties", inner);
    value_map_set(ctx.arena, properties, "resource_def", definition);
    value_map_set(ctx.arena, properties, "index_var", value_string(ctx.arena, "%index%"));
    value_map_set(ctx.arena, properties, "count", &value_unknown);
    struct resource_draft draft = {"g", "OS::Heat::ResourceGroup", properties, SECOND};
    const struct value *child = catalogue_find("OS::Heat::ResourceGroup")->hooks->nested->draft(&ctx, &draft);
    assert_string_equal(names_of(child), "0");
    const struct value *member = value_get(resources_of(child), "0");
    assert_ptr_equal(value_get(value_get(member, "properties"), "value"), &value_unknown);
}

/* ---- instances ---- */
static bool launch_peer(const struct resource_job *job, const char *reference, struct resource_peer *peer)
{
    if (strcmp(reference, "conf") != 0)
        return false;
    *peer = (struct resource_peer){json("{\"m\": 1}"),
                                   json("{\"ImageId\": \"i\", \"KeyName\": null, \"NovaSchedulerHints\": "
                                        "[{\"Key\": \"a\", \"Value\": \"b\"}]}")};
    return true;
}

static void instances_come_from_a_launch_configuration(void **state)
{
    struct world world;
    world_begin(&world, "AWS::AutoScaling::AutoScalingGroup",
                json("{\"AvailabilityZones\": [], \"LaunchConfigurationName\": \"conf\", \"MinSize\": 1, "
                     "\"MaxSize\": 2, \"VPCZoneIdentifier\": [\"net\"], \"Tags\": [{\"Key\": \"k\", "
                     "\"Value\": \"v\"}]}"));
    world.job.find_peer = launch_peer;
    world.job.referenced = json("[[\"InstanceList\"]]");
    assert_int_equal(world_round(&world), NESTED_STACK);
    struct value *names = value_map(ctx.arena);
    assert_template(
        "instances", names, world.stack.template,
        json("{\"HeatTemplateFormatVersion\": \"2012-12-12\", \"Resources\": {\"a\": {\"Type\": "
             "\"OS::Heat::ScaledResource\", \"Properties\": {\"ImageId\": \"i\", \"NovaSchedulerHints\": "
             "[{\"Key\": \"a\", \"Value\": \"b\"}], \"Tags\": [{\"Key\": \"k\", \"Value\": \"v\"}, {\"Key\": "
             "\"metering.groupname\", \"Value\": \"g\"}, {\"Key\": \"metering.AutoScalingGroupName\", "
             "\"Value\": "
             "\"g\"}], \"SubnetId\": \"net\"}, \"Metadata\": {\"m\": 1}}}, \"Outputs\": {\"InstanceList\": "
             "{\"Value\": {\"a\": {\"Fn::GetAtt\": [\"a\", \"PublicIp\"]}}}, \"references\": {\"Value\": "
             "{\"a\": "
             "{\"Ref\": \"a\"}}}}}"));
    const char *name = world.members[0].name;
    world.child.outputs = json(arena_printf(ctx.arena, "{\"InstanceList\": {\"%s\": \"10.0.0.4\"}}", name));
    assert_attribute(&world, "list", json("[\"InstanceList\"]"), json("\"10.0.0.4\""));
}

static void a_launch_configuration_must_be_there(void **state)
{
    struct world world;
    world_begin(&world, "OS::Heat::InstanceGroup",
                json("{\"AvailabilityZones\": [], \"LaunchConfigurationName\": \"lcx\", \"Size\": 1}"));
    assert_int_equal(world_next(&world), NESTED_FAILED);
    assert_failed(&ctx, FAULT_VALUE_ERROR, "LaunchConfigurationName (lcx) reference can not be found.");
}

/* Without an update policy, a changed launch configuration reaches new members alone. */
static void members_keep_their_definition_without_a_policy(void **state)
{
    struct world world;
    const char *first =
        "{\"AvailabilityZones\": [], \"LaunchConfigurationName\": \"conf\", \"Size\": 2, \"Tags\": "
        "[{\"Key\": \"k\", \"Value\": \"a\"}]}";
    const char *second =
        "{\"AvailabilityZones\": [], \"LaunchConfigurationName\": \"conf\", \"Size\": 3, \"Tags\": "
        "[{\"Key\": \"k\", \"Value\": \"b\"}]}";
    world_begin(&world, "OS::Heat::InstanceGroup", json(first));
    world.job.find_peer = launch_peer;
    world_finish(&world);
    world_update(&world, json(second));
    world_finish(&world);
    assert_int_equal(world.child.member_count, 3);
    assert_true(value_equal(world.members[0].definition, world.members[1].definition));
    assert_false(value_equal(world.members[0].definition, world.members[2].definition));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(children_are_those_of_heat),
        cmocka_unit_test(attributes_are_those_of_heat),
        cmocka_unit_test(rounds_are_those_of_heat),
        cmocka_unit_test(batches_are_those_of_heat),
        cmocka_unit_test(a_rolling_update_goes_on_after_a_failure),
        cmocka_unit_test(failed_members_go_first),
        cmocka_unit_test(a_scaling_group_notes_its_size),
        cmocka_unit_test(names_are_never_given_twice),
        cmocka_unit_test(members_are_removed_by_reference),
        cmocka_unit_test(pauses_end_at_their_time),
        cmocka_unit_test(pauses_beyond_the_timeout_are_refused),
        cmocka_unit_test(a_huge_group_is_refused),
        cmocka_unit_test(policies_are_checked),
        cmocka_unit_test(bounds_are_checked),
        cmocka_unit_test(drafts_keep_what_is_unknown),
        cmocka_unit_test(instances_come_from_a_launch_configuration),
        cmocka_unit_test(a_launch_configuration_must_be_there),
        cmocka_unit_test(members_keep_their_definition_without_a_policy),
    };
    return cmocka_run_group_tests_name("groups", tests, set_up, tear_down);
}
