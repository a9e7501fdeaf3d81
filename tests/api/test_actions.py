"""Actions on stacks: every state × every action, as Heat 19 answered them, and what is Hearth's own."""

import concurrent.futures
import json
import os
import signal

import pytest

from hearth import wait_until


def template(fail=False, **properties):
    return {"heat_template_version": "2018-08-31", "resources": {
        "a": {"type": "OS::Heat::TestResource", "properties": {"value": "1", "fail": fail, **properties}},
        "b": {"type": "OS::Heat::RandomString", "depends_on": "a"}}}


def delays(seconds, actions):
    return {"heat_template_version": "2018-08-31", "resources": {
        "d": {"type": "OS::Heat::Delay", "properties": {"min_wait": seconds, "actions": actions}}}}


def events(service, path):
    """Oldest first: (resource, status, reason)."""
    found = service.api("GET", f"{path}/events?limit=1000").expect(200).json["events"]
    return [(e["resource_name"], e["resource_status"], e["resource_status_reason"]) for e in found[::-1]]


def resources(service, path):
    found = service.api("GET", f"{path}/resources").expect(200).json["resources"]
    return {r["resource_name"]: r["resource_status"] for r in found}


def act(service, path, action, user="demo"):
    if action == "snapshot":
        return service.api("POST", f"{path}/snapshots", {}, user)
    return service.api("POST", f"{path}/actions", {action: None}, user)


def settle(service, path):
    def settled():
        stack = service.show(path)
        return not stack["stack_status"].endswith("_IN_PROGRESS") and stack
    return wait_until(f"{path} to settle", settled)


# ---- the table --------------------------------------------------------------------------------------------------------

STATES = {  # how to get there: template, members of the request, actions, the state
    "created": (template(), {}, [], "CREATE_COMPLETE"),
    "failed": (template(True), {}, [], "CREATE_FAILED"),
    "rolled back": (template(True), {"disable_rollback": False}, [], "ROLLBACK_COMPLETE"),
    "suspended": (template(), {}, ["suspend"], "SUSPEND_COMPLETE"),
    "suspend failed": (template(True), {}, ["suspend"], "SUSPEND_FAILED"),
    "resumed": (template(), {}, ["suspend", "resume"], "RESUME_COMPLETE"),
    "resume failed": (template(), {}, ["resume"], "RESUME_FAILED"),
    "checked": (template(), {}, ["check"], "CHECK_COMPLETE"),
    "snapshotted": (template(), {}, ["snapshot"], "SNAPSHOT_COMPLETE"),
}

# What the stack becomes, and which resources are visited in which order (a resource in parentheses has one event, else
# two). A text in the second place is the state of the resource that stands in the way.
EXPECTED = {
    ("created", "suspend"): ("SUSPEND_COMPLETE", "b a"),
    ("created", "resume"): ("RESUME_FAILED", "a: CREATE COMPLETE"),
    ("created", "check"): ("CHECK_COMPLETE", "(a) (b)"),
    ("created", "snapshot"): ("SNAPSHOT_COMPLETE", "a b"),
    ("failed", "suspend"): ("SUSPEND_FAILED", "b a: CREATE FAILED"),
    ("failed", "resume"): ("RESUME_FAILED", "a: CREATE FAILED"),
    ("failed", "check"): ("CHECK_COMPLETE", "(a)"),
    ("failed", "snapshot"): ("SNAPSHOT_COMPLETE", "a b"),
    ("rolled back", "suspend"): ("SUSPEND_COMPLETE", ""),
    ("rolled back", "resume"): ("RESUME_COMPLETE", ""),
    ("rolled back", "check"): ("CHECK_COMPLETE", ""),
    ("rolled back", "snapshot"): ("SNAPSHOT_COMPLETE", ""),
    ("suspended", "suspend"): ("SUSPEND_COMPLETE", None),
    ("suspended", "resume"): ("RESUME_COMPLETE", "a b"),
    ("suspended", "check"): ("CHECK_COMPLETE", "(a) (b)"),
    ("suspended", "snapshot"): ("SNAPSHOT_COMPLETE", "a b"),
    ("suspend failed", "suspend"): ("SUSPEND_FAILED", "b a: CREATE FAILED"),
    ("suspend failed", "resume"): ("RESUME_FAILED", "a: CREATE FAILED"),
    ("suspend failed", "check"): ("CHECK_COMPLETE", "(a) (b)"),
    ("suspend failed", "snapshot"): ("SNAPSHOT_COMPLETE", "a b"),
    ("resumed", "suspend"): ("SUSPEND_COMPLETE", "b a"),
    ("resumed", "resume"): ("RESUME_COMPLETE", None),
    ("resumed", "check"): ("CHECK_COMPLETE", "(a) (b)"),
    ("resumed", "snapshot"): ("SNAPSHOT_COMPLETE", "a b"),
    ("resume failed", "suspend"): ("SUSPEND_COMPLETE", "b a"),
    ("resume failed", "resume"): ("RESUME_FAILED", "a: CREATE COMPLETE"),
    ("resume failed", "check"): ("CHECK_COMPLETE", "(a) (b)"),
    ("resume failed", "snapshot"): ("SNAPSHOT_COMPLETE", "a b"),
    ("checked", "suspend"): ("SUSPEND_COMPLETE", "b a"),
    ("checked", "resume"): ("RESUME_FAILED", "a: CHECK COMPLETE"),
    ("checked", "check"): ("CHECK_COMPLETE", ""),
    ("checked", "snapshot"): ("SNAPSHOT_COMPLETE", "a b"),
    ("snapshotted", "suspend"): ("SUSPEND_COMPLETE", "b a"),
    ("snapshotted", "resume"): ("RESUME_FAILED", "a: SNAPSHOT COMPLETE"),
    ("snapshotted", "check"): ("CHECK_COMPLETE", "(a) (b)"),
    ("snapshotted", "snapshot"): ("SNAPSHOT_COMPLETE", "a b"),
}
KINDS = {"a": "TestResource", "b": "RandomString"}


def expected_events(name, action, state, visits):
    """The events of an action, and the stack's reason at its end."""
    verb, at = action.upper(), state.partition("_")[2]
    done = f"Stack {verb} completed successfully"
    if visits is None:  # it is so already
        return [(name, state, done)], done
    visits, _, obstacle = visits.partition(": ")
    names, seen, reason = visits.split(), [(name, f"{verb}_IN_PROGRESS", f"Stack {verb} started")], done
    if obstacle:
        blocked = names.pop()
        action_, status = obstacle.split()
        reason = f"Resource {verb} failed: Error: resources.{blocked}: State ('{action_}', '{status}') invalid for {action}"
    for visited in names:
        if visited.startswith("("):
            visited = visited.strip("()")
            seen.append((visited, f"{verb}_COMPLETE", f"{verb} not supported for OS::Heat::{KINDS[visited]}"))
        else:
            seen += [(visited, f"{verb}_{status}", "state changed") for status in ("IN_PROGRESS", "COMPLETE")]
    return seen + [(name, f"{verb}_{at}", reason)], reason


@pytest.mark.parametrize("start,action", EXPECTED, ids=[f"{start}-{action}" for start, action in EXPECTED])
def test_action_in_state(service, stack_name, start, action):
    body, members, before, state = STATES[start]
    path = service.create(stack_name, body, wait=None, **members)
    settle(service, path)
    for step in before:
        act(service, path, step).expect(200)
        settle(service, path)
    assert service.show(path)["stack_status"] == state
    known = len(events(service, path))
    reply = act(service, path, action).expect(200)
    if action != "snapshot":
        assert reply.text == "null"
    stack = settle(service, path)
    becomes, visits = EXPECTED[start, action]
    seen, reason = expected_events(stack_name, action, becomes, visits)
    if action == "check" and start != "rolled back":
        reason += ". 'CHECK' not fully supported (see resources)"
        seen[-1] = (*seen[-1][:2], reason)
    assert (stack["stack_status"], stack["stack_status_reason"]) == (becomes, reason)
    assert events(service, path)[known:] == seen


@pytest.mark.parametrize("start", STATES)
@pytest.mark.parametrize("action", ["cancel_update", "cancel_without_rollback"])
def test_nothing_to_cancel(service, stack_name, start, action):
    body, members, before, state = STATES[start]
    path = service.create(stack_name, body, wait=None, **members)
    settle(service, path)
    for step in before:
        act(service, path, step).expect(200)
        settle(service, path)
    known = events(service, path)
    reply = act(service, path, action).expect(400)
    assert reply.json["error"]["type"] == "NotSupported"
    assert reply.message == f"Cancelling update when stack is {state} is not supported."
    assert events(service, path) == known


# ---- one thing at a time ----------------------------------------------------------------------------------------------

@pytest.mark.parametrize("action", ["suspend", "resume", "check", "snapshot"])
def test_one_at_a_time(service, stack_name, action):
    """Also while the stack is still being made (where Heat lets two fight)."""
    path = service.create(stack_name, delays(2, ["CREATE"]), wait=None)
    reply = act(service, path, action).expect(409)
    assert reply.json["error"]["type"] == "ActionInProgress"
    assert reply.message == f"Stack {stack_name} already has an action (CREATE) in progress."
    service.wait(path, "CREATE_COMPLETE")
    assert [status for who, status, _ in events(service, path) if who == stack_name] == ["CREATE_IN_PROGRESS", "CREATE_COMPLETE"]


def test_during_an_action(service, stack_name):
    path = service.create(stack_name, delays(1.5, ["SUSPEND", "RESUME"]))
    act(service, path, "suspend").expect(200)
    for other in ("suspend", "resume", "check", "snapshot"):
        assert act(service, path, other).expect(409).message == \
            f"Stack {stack_name} already has an action (SUSPEND) in progress."
    reply = service.api("PUT", path, {"template": template()}).expect(400)
    assert reply.message == "Updating a stack when it is suspended is not supported."
    service.wait(path, "SUSPEND_COMPLETE")
    act(service, path, "resume").expect(200)
    wait_until("the resource to be resuming", lambda: resources(service, path) == {"d": "RESUME_IN_PROGRESS"})
    service.wait(path, "RESUME_COMPLETE")


def test_deletion_pre_empts_an_action(service, stack_name):
    path = service.create(stack_name, delays(30, ["SUSPEND"]))
    act(service, path, "suspend").expect(200)
    wait_until("the resource to be suspending", lambda: resources(service, path)["d"] == "SUSPEND_IN_PROGRESS")
    service.delete(path)
    stack_id = path.split("/")[-1]
    seen = service.psql("set search_path = hearth; select resource_name, action, status, reason from event "
                        f"where stack_id = '{stack_id}' and action = 'SUSPEND' order by seq")
    assert seen[-2:] == [[stack_name, "SUSPEND", "FAILED", "Stack SUSPEND cancelled"],
                         ["d", "SUSPEND", "FAILED", "SUSPEND aborted (user triggered cancel)"]]


def test_actions_at_once(service, stack_name):
    """Of many that ask at the same moment one is served."""
    path = service.create(stack_name, delays(1, ["SUSPEND"]))
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        statuses = sorted(pool.map(lambda _: act(service, path, "suspend").status, range(8)))
    assert statuses == [200] + [409] * 7
    service.wait(path, "SUSPEND_COMPLETE")
    assert [s for who, s, _ in events(service, path) if who == "d"][-2:] == ["SUSPEND_IN_PROGRESS", "SUSPEND_COMPLETE"]


# ---- failure and time -------------------------------------------------------------------------------------------------

def test_suspend_times_out(service, stack_name):
    path = service.create(stack_name, delays(50, ["SUSPEND"]))
    stack_id = path.split("/")[-1]
    act(service, path, "suspend").expect(200)
    wait_until("the resource to be suspending", lambda: resources(service, path)["d"] == "SUSPEND_IN_PROGRESS")
    service.psql("set search_path = hearth; update operation set deadline_at = now(), lease_until = now(), fence = fence + 1 "
                 f"where stack_id = '{stack_id}' and state = 'RUNNING'", role="hearth_engine")
    stack = settle(service, path)
    assert (stack["stack_status"], stack["stack_status_reason"]) == ("SUSPEND_FAILED", "Suspend timed out")
    assert events(service, path)[-2:] == [
        ("d", "SUSPEND_FAILED", f"SUSPEND aborted (Task stack_task from Stack \"{stack_name}\" [{stack_id}] Timed out)"),
        (stack_name, "SUSPEND_FAILED", "Suspend timed out")]
    act(service, path, "suspend").expect(200)  # a suspension that failed may be tried again
    service.delete(path)


def test_takeover(make_service):
    """An engine dies in the middle: another goes on, and visits nobody twice."""
    service = make_service(config={"lease": "1s", "poll_interval": "200ms"})
    chain = {"heat_template_version": "2018-08-31", "resources": {
        "first": {"type": "OS::Heat::RandomString"},
        "second": {"type": "OS::Heat::Delay", "depends_on": "first",
                   "properties": {"min_wait": 3, "actions": ["RESUME"]}},
        "third": {"type": "OS::Heat::RandomString", "depends_on": "second"}}}
    path = service.create("taken", chain)
    act(service, path, "suspend").expect(200)
    service.wait(path, "SUSPEND_COMPLETE")
    known = len(events(service, path))
    act(service, path, "resume").expect(200)
    wait_until("the delay to be resuming", lambda: resources(service, path)["second"] == "RESUME_IN_PROGRESS")
    for pid in service.children("engine"):
        os.kill(pid, signal.SIGKILL)
    service.wait(path, "RESUME_COMPLETE")
    assert [(who, status) for who, status, _ in events(service, path)[known:]] == \
        [("taken", "RESUME_IN_PROGRESS")] + \
        [(name, f"RESUME_{status}") for name in ("first", "second", "third") for status in ("IN_PROGRESS", "COMPLETE")] + \
        [("taken", "RESUME_COMPLETE")]


def test_order_of_many(service, stack_name):
    """A chain, there and back."""
    names = [f"r{i:02}" for i in range(80)]
    chain = {name: {"type": "OS::Heat::None", **({"depends_on": names[i - 1]} if i else {})} for i, name in enumerate(names)}
    path = service.create(stack_name, {"heat_template_version": "2018-08-31", "resources": chain})
    for action, order in (("suspend", names[::-1]), ("resume", names), ("snapshot", names)):
        known = len(events(service, path))
        act(service, path, action).expect(200)
        service.wait(path, f"{action.upper()}_COMPLETE")
        seen = [who for who, status, _ in events(service, path)[known:] if status.endswith("COMPLETE")]
        assert seen == order + [stack_name]


# ---- after it ---------------------------------------------------------------------------------------------------------

def test_outputs_and_attributes_stay(service, stack_name):
    body = template()
    body["outputs"] = {"o": {"value": {"get_attr": ["b", "value"]}}}
    path = service.create(stack_name, body)
    outputs = service.show(path)["outputs"]
    assert len(outputs[0]["output_value"]) == 32
    for action in ("suspend", "resume", "check", "snapshot"):
        act(service, path, action).expect(200)
        stack = settle(service, path)
        assert stack["outputs"] == outputs and stack["updated_time"] is None


def test_signal_during_suspension(service, stack_name):
    path = service.create(stack_name, {"heat_template_version": "2018-08-31", "resources": {
        "h": {"type": "OS::Heat::WaitConditionHandle"}}})
    act(service, path, "suspend").expect(200)
    service.wait(path, "SUSPEND_COMPLETE")
    reply = service.api("POST", f"{path}/resources/h/signal", {}).expect(400)
    assert reply.message == "Signal resource during SUSPEND is not supported."
    act(service, path, "resume").expect(200)
    service.wait(path, "RESUME_COMPLETE")
    service.api("POST", f"{path}/resources/h/signal", {}).expect(200)


def test_update_after_an_action(service, stack_name):
    """What was suspended, resumed and checked is changed in place, as if nothing had been."""
    path = service.create(stack_name, template())
    before = service.api("GET", f"{path}/resources").json["resources"]
    for action in ("suspend", "resume", "check", "snapshot"):
        act(service, path, action).expect(200)
        settle(service, path)
    service.api("PUT", path, {"template": template(value="2")}).expect(202)
    service.wait(path, "UPDATE_COMPLETE")
    after = service.api("GET", f"{path}/resources").json["resources"]
    assert {r["resource_name"]: r["physical_resource_id"] for r in before} == \
        {r["resource_name"]: r["physical_resource_id"] for r in after}
    assert resources(service, path) == {"a": "UPDATE_COMPLETE", "b": "SNAPSHOT_COMPLETE"}


# ---- the request ------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("body,message", [
    (None, "No action specified"), ({}, "No action specified"), ([1], "No action specified"), ('"x"', "No action specified"),
    ({"suspend": None, "resume": None}, "Multiple actions specified"),
    ({"explode": None}, "Invalid action explode specified"), ({"": 1}, "Invalid action  specified"),
    ({"SUSPEND": None}, "Invalid action SUSPEND specified"),
], ids=json.dumps)
def test_bad_action_request(service, stack_name, body, message):
    path = service.create(stack_name, {"heat_template_version": "2018-08-31"})
    reply = service.api("POST", f"{path}/actions", body).expect(400)
    assert (reply.json["error"]["type"], reply.message) == ("HTTPBadRequest", message)
    assert service.show(path)["stack_status"] == "CREATE_COMPLETE"


def test_who_may_act(service, stack_name):
    path = service.create(stack_name, {"heat_template_version": "2018-08-31"})
    for action in ("suspend", "resume", "check", "cancel_update", "cancel_without_rollback"):
        service.api("POST", f"{path}/actions", {action: None}, "reader").expect(403)
        reply = service.api("POST", f"{path}/actions", {action: None}, "demo2").expect(404)
        assert reply.message == f"The Stack ({stack_name}) could not be found."
    service.delete(path)
    service.api("POST", f"{path}/actions", {"check": None}).expect(404)
