"""Every recorded exchange of Heat, asked again here: see golden.py."""

import fnmatch
import json

import pytest

import golden

NAMES = golden.names()

FAIL = {"heat_template_version": "2018-08-31", "resources": {
    "bad": {"type": "OS::Heat::TestResource", "properties": {"value": "x", "fail": True}}}}
SMALL = {"heat_template_version": "2018-08-31", "resources": {
    "r": {"type": "OS::Heat::TestResource", "properties": {"value": "x"}}}}
OUTPUT_ERROR = {"heat_template_version": "2018-08-31", "resources": {
    "v": {"type": "OS::Heat::Value", "properties": {"value": {"a": 1}}}},
    "outputs": {"bad": {"value": {"str_replace": {"template": "x", "params": {"get_attr": ["v", "value", "zz"]}}}},
                "none": {"value": {"get_attr": ["v", "value", "zz"]}}}}


# ---- what was stored when the cases of a phase were recorded ---------------------------------------------------------

def failing_stacks(world):
    world.service.wait(world.path("basic"), "CREATE_COMPLETE", "golden")
    world.create("failing", FAIL, wait="CREATE_FAILED")
    world.create("rolledback", FAIL, wait="ROLLBACK_COMPLETE", disable_rollback=False)


def more_stacks(world):
    world.create("small-a", SMALL, tags="alpha")
    world.create("small-b", SMALL, tags="alpha,gamma")
    world.create("hidden1", SMALL, tags="data-processing-cluster")
    world.create("theirs", SMALL, "golden2")


def failing_outputs(world):
    world.create("outerr", OUTPUT_ERROR)


def look_at_events(world):
    world.events = world.service.api("GET", world.path("basic", "/events"), user="golden").json["events"]


def gone(name):
    """Waits for the end of a deletion."""
    def wait(world):
        golden.hearth.wait_until(f"{name} to go", lambda: world.service.show(world.path(name), "golden")[
            "stack_status"] == "DELETE_COMPLETE")
    return wait


def updated(name):
    """Waits for the end of what the case before set going."""
    def wait(world):
        golden.hearth.wait_until(f"{name} to settle", lambda: not world.service.show(world.path(name), "golden")[
            "stack_status"].endswith("IN_PROGRESS"))
    return wait


def repair(world):
    """The stack "basic" as it was made."""
    body = fit_template(world, golden.load("stacks/create")["request"])["body"]
    world.service.api("PUT", world.path("basic"), {"template": body["template"]}, "golden").expect(202)
    updated("basic")(world)


def look_at_snapshots(world):
    updated("basic")(world)
    world.snapshot = world.service.api("GET", world.path("basic", "/snapshots"), user="golden").json["snapshots"][0]["id"]


def slow(value, seconds):
    return {"heat_template_version": "2018-08-31", "resources": {
        "r": {"type": "OS::Heat::TestResource", "properties": {"value": value, "wait_secs": seconds}}}}


def slow_update(value, seconds=3):
    """An update of "slowone" is under way when the next case comes."""
    def begin(world):
        if "slowone" not in world.stacks:
            world.create("slowone", slow("x", 0))
        updated("slowone")(world)
        world.service.api("PUT", world.path("slowone"), {"template": slow(value, seconds)}, "golden").expect(202)
        golden.hearth.wait_until("the update", lambda: world.service.api(
            "GET", world.path("slowone", "/resources/r"), user="golden").json["resource"]["resource_status"] == "UPDATE_IN_PROGRESS")
    return begin


def slow_to_go(world):
    world.create("slowdel", slow("d", 0))


def leaving(world):
    world.create("leaving", SMALL, tags="t1")


def paused(world):
    golden.hearth.wait_until("the breakpoint", lambda: len(world.service.api(
        "GET", world.path("hooked", "/events"), user="golden").json["events"]) == 2)


MARKS = ["resources/mark-unhealthy", "resources/show-unhealthy", "resources/mark-healthy", "resources/show-healthy-again"]

# In this order; a name is a pattern, a function prepares what follows.
SEQUENCE = [
    "versions/*", "auth/*", "stacks/list-empty*",
    "stacks/create", "stacks/show-in-progress", "stacks/create-duplicate", "stacks/create-yaml-string", "stacks/create-cfn",
    failing_stacks, "stacks/show-create-failed", "stacks/show-after-create-rollback", "stacks/create-error/*",
    more_stacks, "stacks/list*", "stacks/lookup*", "stacks/show-output-error*", "stacks/*",
    failing_outputs, "outputs/*", "preview/*",
    "resources/signal-ok", "resources/signal-no-body", "resources/signal-bad-status", "resources/signal-body-list", "resources/*",
    look_at_events, "events/*",
    *MARKS, "marks", "update/put", "update/put-while-updating", updated("basic"), "update/show-after", "update/patch",
    updated("basic"), "update/show-after-patch", "update/put-fails", updated("failing"), "update/show-update-failed",
    "update/*", updated("basic"),
    repair, "snapshots/create", look_at_snapshots, "snapshots/create-no-name", updated("basic"), "snapshots/create-bad-name",
    updated("basic"), "snapshots/create-unknown-field", updated("basic"), "snapshots/create-*", "snapshots/list*",
    "snapshots/show", "snapshots/show-missing", "snapshots/show-other-stack", "snapshots/restore", updated("basic"),
    "snapshots/show-stack-after-restore", "snapshots/restore-missing", "snapshots/delete", "snapshots/*",
    "actions/suspend", updated("basic"), "actions/show-after-suspend", "actions/resume", updated("basic"),
    "actions/show-after-resume", "actions/check", updated("basic"), "actions/show-after-check", "actions/resume-not-suspended",
    updated("basic"), "actions/cancel-update-not-updating", "actions/cancel-without-rollback-not-updating",
    "actions/with-argument", updated("basic"), slow_update("y"), "actions/snapshot-while-updating", "actions/cancel-update",
    "actions/show-during-rollback", updated("slowone"), "actions/show-after-cancel-update",
    slow_update("z"), "actions/cancel-without-rollback", updated("slowone"), "actions/show-after-cancel-without-rollback",
    slow_update("m"), "actions/suspend-while-updating", updated("slowone"), "actions/show-after-suspend-while-updating",
    "actions/delete-while-updating-setup", "actions/delete-while-updating",
    gone("slowone"), "actions/show-after-delete-while-updating", "actions/*", updated("basic"),
    "abandon/export*", leaving, "abandon/abandon*", "abandon/show-after", "abandon/adopt", updated("adopted"),
    "abandon/show-adopted", "abandon/adopted-*", "abandon/*",
    "resource_types/*", "template_versions/*", "validate/*", "method/*", "misc/*",
    "hooks/create", paused, "hooks/events-paused", "hooks/resource-paused", "hooks/clear-unknown", "hooks/clear-wrong",
    "hooks/clear", updated("hooked"), "hooks/events-after",
    "delete/delete", gone("yaml1"), "delete/lookup-deleted", slow_to_go, "delete/reader", "delete/*",
    "software_configs/list-empty", "software_configs/create", "software_configs/create-*", "software_configs/list",
    "software_configs/list-*", "software_configs/show*", "software_configs/put",
    "software_deployments/list-empty", "software_deployments/create", "software_deployments/create-*",
    "software_deployments/list*", "software_deployments/show*", "software_deployments/metadata*",
    "software_deployments/update", "software_deployments/update-*", "software_configs/delete-in-use",
    "software_deployments/delete*", "software_configs/delete*",
]
LATER = {"stacks/show-output-error": "outputs/*",  # needs what a later phase prepares
         **{name: "marks" for name in NAMES if name.startswith("resources/mark-")}, **{name: name for name in MARKS}}


def planned():
    """(case, what to prepare before it), each case once."""
    left, plan, prepare = set(NAMES), [], []
    for step in SEQUENCE:
        if callable(step):
            prepare.append(step)
            continue
        fitting = [name for name in NAMES if name in left and fnmatch.fnmatchcase(name, step) and
                   LATER.get(name, step) == step]
        for late, phase in LATER.items():
            if phase == step and late in left:
                fitting.append(late)
        for name in fitting:
            left.discard(name)
            plan.append((name, prepare))
            prepare = []
    assert not left, f"no phase for {sorted(left)}"
    return plan


PLAN = planned()


@pytest.fixture(scope="module")
def world(make_module_service):
    return golden.World(make_module_service(config={"enable_stack_abandon": "true", "enable_stack_adopt": "true"}))


def fit_template(world, request):
    """Types that are not there yet are left out of the templates."""
    body = request.get("body")
    if not isinstance(body, dict) or not isinstance(body.get("template"), dict):
        return request
    if not hasattr(world, "types"):
        world.types = set(world.service.api("GET", "/resource_types", user="golden").json["resource_types"])
    body = json.loads(json.dumps(body))
    return {**request, "body": body}


def note_stack(world, case, reply):
    if reply.status != 201:
        return
    stack = reply.json["stack"]
    name = stack["links"][0]["href"].split("/")[-2]
    world.stacks[name] = stack["id"]
    if case["case"].startswith("stacks/create-error/") and name != "ct1":
        world.service.delete(f"/stacks/{name}/{stack['id']}", "golden")


@pytest.mark.parametrize("name,prepare", PLAN, ids=[name for name, _ in PLAN])
def test_answer_is_as_recorded(world, name, prepare):
    while prepare:
        prepare.pop(0)(world)
    case = golden.load(name)
    reply = world.send(name, fit_template(world, case["request"]))
    note_stack(world, case, reply)
    if reply.raw and reply.headers["Content-Type"] == "application/json":
        assert reply.text == json.dumps(reply.json), "not as Python writes JSON"
    difference = golden.compare(name, world, reply)
    if difference:
        pytest.fail(difference, pytrace=False)


def test_every_difference_is_of_a_case():
    for pattern, _, why in golden.differences():
        assert fnmatch.filter(NAMES, pattern), f"{pattern} is no case"
        assert why
