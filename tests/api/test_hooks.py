"""Breakpoints: resources wait where the environment says so, until a signal clears it. Events are those of Heat 19."""

import os
import signal

import pytest

from hearth import wait_until
from test_engine import engines, engines_stopped, events, resource, resources, stored, template, wait_for_resource

EVERY = ["pre-create", "post-create", "pre-update", "post-update", "pre-delete", "post-delete"]
SOON = {"lease": "1s", "poll_interval": "200ms"}


def made(value="x", depends_on=None, **more):
    return resource("TestResource", depends_on, value=value, **more)


def hooks(**rules):
    return {"resource_registry": {"resources": {name: {"hooks": rule} for name, rule in rules.items()}}}


def pair(value="x", **more):
    return template({"a": made(value, **more), "b": made("x", ["a"])})


def paused(service, path, hook, name="a", times=1):
    action = hook.split("-")[1].upper()
    wait_until(f"{name} to stop at {hook}", lambda: [reason for who, _, reason in events(service, path) if (who, reason) == (
        name, f"{action} paused until Hook {hook} is cleared")][times - 1:])


def clear(service, path, hook, name="a", status=200):
    return service.api("POST", f"{path}/resources/{name}/signal", {"unset_hook": hook}).expect(status)


def story(service, path, known=0):
    return events(service, path)[known:]


def waits(service, path, status):
    assert service.show(path)["stack_status"] == status


# ---- where they wait ---------------------------------------------------------------------------------------------------


def test_before_and_after_creation(service, stack_name):
    path = service.create(stack_name, pair(), wait=None, environment=hooks(a=EVERY))
    paused(service, path, "pre-create")
    assert {r["resource_status"] for r in resources(service, path).values()} == {"INIT_COMPLETE"}
    clear(service, path, "pre-create")
    paused(service, path, "post-create")
    assert resources(service, path)["b"]["resource_status"] == "INIT_COMPLETE"
    clear(service, path, "post-create")
    service.wait(path, "CREATE_COMPLETE")
    assert story(service, path) == [
        (stack_name, "CREATE_IN_PROGRESS", "Stack CREATE started"),
        ("a", "INIT_COMPLETE", "CREATE paused until Hook pre-create is cleared"),
        ("a", "INIT_COMPLETE", "Hook pre-create is cleared"),
        ("a", "CREATE_IN_PROGRESS", "state changed"),
        ("a", "CREATE_COMPLETE", "state changed"),
        ("a", "CREATE_COMPLETE", "CREATE paused until Hook post-create is cleared"),
        ("a", "CREATE_COMPLETE", "Hook post-create is cleared"),
        ("b", "CREATE_IN_PROGRESS", "state changed"),
        ("b", "CREATE_COMPLETE", "state changed"),
        (stack_name, "CREATE_COMPLETE", "Stack CREATE completed successfully")]


def test_update_waits_even_when_nothing_changes(service, stack_name):
    path = service.create(stack_name, pair())
    known = len(events(service, path))
    service.api("PUT", path, {"template": pair(), "environment": hooks(a="pre-update")}).expect(202)
    paused(service, path, "pre-update")
    clear(service, path, "pre-update")
    service.wait(path, "UPDATE_COMPLETE")
    assert story(service, path, known)[1:-1] == [
        ("a", "CREATE_COMPLETE", "UPDATE paused until Hook pre-update is cleared"),
        ("a", "CREATE_COMPLETE", "Hook pre-update is cleared")]


def test_before_and_after_update(service, stack_name):
    path = service.create(stack_name, pair())
    known = len(events(service, path))
    service.api("PUT", path, {"template": pair("y"), "environment": hooks(a=EVERY)}).expect(202)
    paused(service, path, "pre-update")
    clear(service, path, "pre-update")
    paused(service, path, "post-update")
    waits(service, path, "UPDATE_IN_PROGRESS")
    clear(service, path, "post-update")
    service.wait(path, "UPDATE_COMPLETE")
    assert story(service, path, known)[1:-1] == [
        ("a", "CREATE_COMPLETE", "UPDATE paused until Hook pre-update is cleared"),
        ("a", "CREATE_COMPLETE", "Hook pre-update is cleared"),
        ("a", "UPDATE_IN_PROGRESS", "state changed"),
        ("a", "UPDATE_COMPLETE", "state changed"),
        ("a", "UPDATE_COMPLETE", "UPDATE paused until Hook post-update is cleared"),
        ("a", "UPDATE_COMPLETE", "Hook post-update is cleared")]


def test_a_second_update_stops_again(service, stack_name):
    path = service.create(stack_name, pair())
    for times, value in ((1, "y"), (2, "z")):
        service.api("PUT", path, {"template": pair(value), "environment": hooks(a="pre-update")}).expect(202)
        paused(service, path, "pre-update", times=times)
    clear(service, path, "pre-update")
    service.wait(path, "UPDATE_COMPLETE")
    assert service.api("GET", f"{path}/resources/a").json["resource"]["attributes"]["output"] == "z"


def test_replacing_has_only_the_stop_before(service, stack_name):
    path = service.create(stack_name, pair())
    service.api("PUT", path, {"template": pair(update_replace_value="new"), "environment": hooks(a=EVERY)}).expect(202)
    paused(service, path, "pre-update")
    clear(service, path, "pre-update")
    service.wait(path, "UPDATE_COMPLETE")


def test_an_update_makes_and_deletes_without_stopping(service, stack_name):
    path = service.create(stack_name, pair())
    service.api("PUT", path, {"template": template({"a": made(), "c": made()}), "environment": hooks(
        **{"[bc]": ["pre-create", "post-create", "pre-delete", "post-delete", "pre-update"]})}).expect(202)
    service.wait(path, "UPDATE_COMPLETE")
    assert sorted(resources(service, path)) == ["a", "c"]


def test_before_and_after_deletion(service, stack_name):
    path = service.create(stack_name, pair(), environment=hooks(a=["pre-delete", "post-delete"]))
    known = len(events(service, path))
    service.api("DELETE", path).expect(204)
    paused(service, path, "pre-delete")
    clear(service, path, "pre-delete")
    paused(service, path, "post-delete")
    waits(service, path, "DELETE_IN_PROGRESS")
    clear(service, path, "post-delete")
    service.wait(path, "DELETE_COMPLETE")
    assert story(service, path, known)[1:-1] == [
        ("b", "DELETE_IN_PROGRESS", "state changed"),
        ("b", "DELETE_COMPLETE", "state changed"),
        ("a", "CREATE_COMPLETE", "DELETE paused until Hook pre-delete is cleared"),
        ("a", "CREATE_COMPLETE", "Hook pre-delete is cleared"),
        ("a", "DELETE_IN_PROGRESS", "state changed"),
        ("a", "DELETE_COMPLETE", "state changed"),
        ("a", "DELETE_COMPLETE", "DELETE paused until Hook post-delete is cleared"),
        ("a", "DELETE_COMPLETE", "Hook post-delete is cleared")]


def test_rollback_does_not_stop_to_delete(service, stack_name):
    path = service.create(stack_name, template({"a": made(), "bad": made("x", ["a"], fail=True)}), wait="ROLLBACK_COMPLETE",
                          disable_rollback=False, environment=hooks(**{"*": ["pre-delete", "post-delete"]}))
    assert resources(service, path) == {}


# ---- names and words -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("pattern", ["*", "web_*", "web_?", "w*1", "web_[123]"], ids=range(5))
def test_names_may_be_patterns(service, stack_name, pattern):
    path = service.create(stack_name, template({"web_1": made(), "db": made()}), wait=None,
                          environment=hooks(**{pattern: "pre-create"}))
    paused(service, path, "pre-create", "web_1")
    clear(service, path, "pre-create", "web_1")
    if pattern == "*":
        paused(service, path, "pre-create", "db")
        clear(service, path, "pre-create", "db")
    service.wait(path, "CREATE_COMPLETE")


@pytest.mark.parametrize("rule, shown", [("nope", "nope"), (["pre-create", "zz"], "['pre-create', 'zz']"), (5, "5")])
def test_unknown_breakpoints_are_refused(service, stack_name, rule, shown):
    reply = service.api("POST", "/stacks", {"stack_name": stack_name, "template": pair(), "environment": hooks(a=rule)})
    assert reply.expect(400).json["error"]["type"] == "InvalidBreakPointHook"
    assert reply.message == (
        f"Invalid hook type \"{shown}\" for resource breakpoint, acceptable hook types are: ('pre-create', 'pre-update', "
        "'pre-delete', 'post-create', 'post-update', 'post-delete')")


def test_clearing_what_is_not_there(service, stack_name):
    path = service.create(stack_name, pair(), wait=None, environment=hooks(a=["pre-create", "post-create"]))
    paused(service, path, "pre-create")
    whose = f'Stack "{stack_name}" [{path.split("/")[-1]}]'
    assert clear(service, path, "nope", status=400).message == f'Invalid hook type "nope" for TestResource "a" {whose}'
    for hook, name in (("post-create", "a"), ("pre-create", "b")):
        reply = clear(service, path, hook, name, 400)
        assert reply.json["error"]["type"] == "InvalidBreakPointHook"
        assert reply.message == f'The "{hook}" hook is not defined on TestResource "{name}" {whose}'
    clear(service, path, "pre-create")
    paused(service, path, "post-create")
    physical = resources(service, path)["a"]["physical_resource_id"]
    assert clear(service, path, "pre-create", status=400).message == \
        f'The "pre-create" hook is not defined on TestResource "a" [{physical}] {whose}'
    clear(service, path, "post-create")
    service.wait(path, "CREATE_COMPLETE")


# ---- what ends a wait ------------------------------------------------------------------------------------------------------


def test_the_time_is_up(service, stack_name):
    path = service.create(stack_name, pair(), wait=None, environment=hooks(a="pre-create"), timeout_mins=1)
    paused(service, path, "pre-create")
    stored(service, f"update operation set deadline_at = now() where stack_id = '{path.split('/')[-1]}'")
    for pid in engines(service):
        os.kill(pid, signal.SIGTERM)  # the next one loads it with the new date
    service.wait(path, "CREATE_FAILED")
    assert story(service, path)[-2:] == [("a", "INIT_COMPLETE", "Failure occurred while waiting."),
                                         (stack_name, "CREATE_FAILED", "Timed out")]
    clear(service, path, "pre-create", status=400)


def test_deletion_while_it_waits(service, stack_name):
    path = service.create(stack_name, pair(), wait=None, environment=hooks(a="pre-create"))
    paused(service, path, "pre-create")
    service.api("DELETE", path).expect(204)
    service.wait(path, "DELETE_COMPLETE")
    assert [reason for who, _, reason in story(service, path) if who == "a"] == [
        "CREATE paused until Hook pre-create is cleared"]


def test_cancelling_while_it_waits(service, stack_name):
    path = service.create(stack_name, pair())
    service.api("PUT", path, {"template": pair("y"), "environment": hooks(a="pre-update")}).expect(202)
    paused(service, path, "pre-update")
    service.api("POST", f"{path}/actions", {"cancel_update": None}).expect(200)
    service.wait(path, "ROLLBACK_COMPLETE")


@pytest.mark.parametrize("hook", ["pre-create", "post-create"])
def test_engine_killed_while_it_waits(make_service, stack_name, hook):
    service = make_service(config=SOON)
    path = service.create(stack_name, pair(), wait=None, environment=hooks(a=hook))
    paused(service, path, hook)
    for pid in engines(service):
        os.kill(pid, signal.SIGKILL)
    wait_until("a takeover", lambda: stored(service, "select max(fence) from operation")[0][0] == "2")
    waits(service, path, "CREATE_IN_PROGRESS")
    clear(service, path, hook)
    service.wait(path, "CREATE_COMPLETE")
    told = story(service, path)
    assert len(told) == len(set(told)) == 8, told


@pytest.mark.parametrize("hook", ["pre-update", "post-update", "pre-delete", "post-delete"])
def test_engine_killed_while_it_waits_later(make_service, stack_name, hook):
    service = make_service(config=SOON)
    path = service.create(stack_name, pair())
    known = len(events(service, path))
    if hook.endswith("update"):
        service.api("PUT", path, {"template": pair("y"), "environment": hooks(a=hook)}).expect(202)
    else:
        service.api("PUT", path, {"template": pair(), "environment": hooks(a=hook)}).expect(202)
        service.wait(path, "UPDATE_COMPLETE")
        service.api("DELETE", path).expect(204)
    paused(service, path, hook)
    for pid in engines(service):
        os.kill(pid, signal.SIGKILL)
    wait_until("a takeover", lambda: stored(service, "select max(fence) from operation")[0][0] == "2")
    clear(service, path, hook)
    service.wait(path, "UPDATE_COMPLETE" if hook.endswith("update") else "DELETE_COMPLETE")
    told = story(service, path, known)
    assert len(told) == len(set(told)), told


def test_cleared_while_no_engine_runs(make_service, stack_name):
    service = make_service(config=SOON)
    path = service.create(stack_name, pair(), wait=None, environment=hooks(a="pre-create"))
    paused(service, path, "pre-create")
    with engines_stopped(service, then=signal.SIGKILL):
        clear(service, path, "pre-create")
    service.wait(path, "CREATE_COMPLETE")
    told = story(service, path)
    assert len(told) == len(set(told)) == 8, told


# ---- the stock client --------------------------------------------------------------------------------------------------------


def test_stock_client(service, stack_name):
    path = service.create(stack_name, pair(), wait=None, environment=hooks(a="pre-create"))
    paused(service, path, "pre-create")
    found = service.openstack("stack", "hook", "poll", stack_name)
    assert [(row["Resource Name"], row["Resource Status"], row["Resource Status Reason"]) for row in found] == [
        ("a", "INIT_COMPLETE", "CREATE paused until Hook pre-create is cleared")]
    service.openstack("stack", "hook", "clear", "--pre-create", stack_name, "a", json_output=False)
    service.wait(path, "CREATE_COMPLETE")
