"""Retrying: what failed goes on from where it failed. What Heat 19 does not have."""

import os
import signal

import pytest

from hearth import wait_until
from test_engine import engines, events, outputs, resource, resources, stored, template, wait_for_resource

SOON = {"lease": "1s", "poll_interval": "200ms"}


def made(value="x", depends_on=None, **more):
    return resource("TestResource", depends_on, value=value, **more)


def waiting(timeout=1, **more):
    """A stack that cannot be made until its handle has a signal."""
    return template({
        "first": made(), "h": resource("WaitConditionHandle"),
        "w": resource("WaitCondition", ["first"], handle={"get_resource": "h"}, timeout=timeout, count=1),
        "last": made({"get_attr": ["w", "data"]}), **more},
        outputs={"last": {"value": {"get_attr": ["last", "output"]}}})


def signalled(service, path):
    service.api("POST", f"{path}/resources/h/signal", {"id": "1", "data": "in time"}).expect(200)


def retry(service, path, status=200):
    return service.api("POST", f"{path}/actions", {"retry": None}).expect(status)


def ids(service, path):
    return {name: r["physical_resource_id"] for name, r in resources(service, path).items()}


def time_out(service, path):
    """The operation under way has no time left."""
    stored(service, f"update operation set deadline_at = now() where stack_id = '{path.split('/')[-1]}' and state = 'RUNNING'")
    for pid in engines(service):
        os.kill(pid, signal.SIGTERM)  # the next one loads it with the new date


def settled(service, path):
    """What was under way when it failed has ended."""
    wait_until("the operation to end", lambda: not stored(
        service, f"select 1 from operation where stack_id = '{path.split('/')[-1]}' and state in ('PENDING', 'RUNNING')"))


def test_creation_goes_on(service, stack_name):
    path = service.create(stack_name, waiting(), wait="CREATE_FAILED")
    settled(service, path)
    before, known = ids(service, path), len(events(service, path))
    signalled(service, path)
    retry(service, path)
    service.wait(path, "CREATE_COMPLETE")
    after = ids(service, path)
    assert {name: after[name] for name in ("first", "h")} == {name: before[name] for name in ("first", "h")}
    assert outputs(service, path)["last"]["output_value"] == '{"1": "in time"}'
    assert {r["resource_status"] for r in resources(service, path).values()} == {"CREATE_COMPLETE"}
    told = events(service, path)[known:]
    assert told[1] == (stack_name, "CREATE_IN_PROGRESS", "Stack CREATE started")
    assert told[-1] == (stack_name, "CREATE_COMPLETE", "Stack CREATE completed successfully")
    assert {who for who, _, _ in told} == {stack_name, "h", "w", "last"}
    [[rows]] = stored(service, f"select count(*) from resource where stack_id = '{path.split('/')[-1]}'")
    assert rows == "4"  # what had failed is gone


def test_creation_that_fails_again(service, stack_name):
    path = service.create(stack_name, waiting(), wait="CREATE_FAILED")
    for _ in range(2):
        settled(service, path)
        known = len(events(service, path))
        retry(service, path)
        wait_until("the failure", lambda: events(service, path)[known:][-1][1] == "CREATE_FAILED" and
                   events(service, path)[-1][0] == stack_name)
    settled(service, path)
    signalled(service, path)
    retry(service, path)
    service.wait(path, "CREATE_COMPLETE")


def test_creation_stops_at_breakpoints(service, stack_name):
    hooks = {"resource_registry": {"resources": {"last": {"hooks": "pre-create"}, "first": {"hooks": "pre-update"}}}}
    path = service.create(stack_name, waiting(), wait="CREATE_FAILED", environment=hooks)
    settled(service, path)
    signalled(service, path)
    retry(service, path)
    wait_until("the breakpoint", lambda: ("last", "INIT_COMPLETE", "CREATE paused until Hook pre-create is cleared")
               in events(service, path))
    service.api("POST", f"{path}/resources/last/signal", {"unset_hook": "pre-create"}).expect(200)
    service.wait(path, "CREATE_COMPLETE")


def test_update_goes_on(service, stack_name):
    path = service.create(stack_name, template({"first": made()}))
    before = ids(service, path)["first"]
    service.api("PUT", path, {"template": waiting()}).expect(202)
    service.wait(path, "UPDATE_FAILED")
    settled(service, path)
    signalled(service, path)
    retry(service, path)
    service.wait(path, "UPDATE_COMPLETE")
    assert ids(service, path)["first"] == before
    assert outputs(service, path)["last"]["output_value"] == '{"1": "in time"}'


def test_update_that_rolls_back_when_it_fails_again(service, stack_name):
    path = service.create(stack_name, template({"first": made()}))
    service.api("PUT", path, {"template": waiting()}).expect(202)
    service.wait(path, "UPDATE_FAILED")
    settled(service, path)
    stored(service, f"update stack set disable_rollback = false where id = '{path.split('/')[-1]}'")
    retry(service, path)
    service.wait(path, "ROLLBACK_COMPLETE")
    assert sorted(resources(service, path)) == ["first"]


@pytest.mark.parametrize("updating", [False, True], ids=["creation", "update"])
def test_rollback_goes_on(make_service, stack_name, updating):
    service = make_service(config=SOON)
    bad = {"old": made(), "slow": made(action_wait_secs={"delete": 3}), "bad": made("x", ["slow"], fail=True)}
    if updating:
        path = service.create(stack_name, template({"old": made()}))
        service.api("PUT", path, {"template": template(bad), "disable_rollback": False}).expect(202)
    else:
        path = service.create(stack_name, template(bad), wait=None, disable_rollback=False)
    wait_for_resource(service, path, "slow", "DELETE_IN_PROGRESS") if not updating else wait_until(
        "the deletion", lambda: ("slow", "DELETE_IN_PROGRESS", "state changed") in events(service, path))
    time_out(service, path)
    service.wait(path, "ROLLBACK_FAILED")
    settled(service, path)
    retry(service, path)
    service.wait(path, "ROLLBACK_COMPLETE")
    assert sorted(resources(service, path)) == (["old"] if updating else [])


def test_deletion_goes_on(make_service, stack_name):
    service = make_service(config=SOON)
    path = service.create(stack_name, template({"slow": made(action_wait_secs={"delete": 2})}))
    service.api("DELETE", path).expect(204)
    wait_for_resource(service, path, "slow", "DELETE_IN_PROGRESS")
    time_out(service, path)
    service.wait(path, "DELETE_FAILED")
    settled(service, path)
    retry(service, path)
    service.wait(path, "DELETE_COMPLETE")


def test_cancelled_creation_goes_on(service, stack_name):
    path = service.create(stack_name, waiting(timeout=60), wait=None)
    wait_for_resource(service, path, "w", "CREATE_IN_PROGRESS")
    service.api("POST", f"{path}/actions", {"cancel_without_rollback": None}).expect(200)
    signalled(service, path)
    service.wait(path, "CREATE_FAILED")
    settled(service, path)
    retry(service, path)
    service.wait(path, "CREATE_COMPLETE")


def test_what_cannot_be_retried(service, stack_name):
    path = service.create(stack_name, waiting(timeout=60), wait=None)
    wait_for_resource(service, path, "w", "CREATE_IN_PROGRESS")
    assert retry(service, path, 409).json["error"]["type"] == "ActionInProgress"
    signalled(service, path)
    service.wait(path, "CREATE_COMPLETE")
    settled(service, path)
    for state in ("CREATE_COMPLETE", "SUSPEND_FAILED", "CHECK_FAILED", "SNAPSHOT_FAILED"):
        action, status = state.split("_")
        stored(service, f"update stack set action = '{action}', status = '{status}' where id = '{path.split('/')[-1]}'")
        reply = retry(service, path, 400)
        assert reply.json["error"]["type"] == "NotSupported"
        assert reply.message == f"Retrying when stack is {state} is not supported."
    service.api("POST", f"{path}/actions", {"retry": None}, user="reader").expect(403)
    retry(service, f"/stacks/{stack_name}/00000000-0000-4000-8000-000000000000", 404)


@pytest.mark.parametrize("kills", [1, 3])
def test_engine_killed_meanwhile(make_service, stack_name, kills):
    service = make_service(config=SOON)
    path = service.create(stack_name, waiting(slow=made("s", ["w"], wait_secs=1), slower=made("s", ["slow"], wait_secs=1)),
                          wait="CREATE_FAILED")
    settled(service, path)
    before = ids(service, path)
    signalled(service, path)
    retry(service, path)
    for _ in range(kills):
        wait_until("a claim", lambda: stored(service, "select 1 from operation where state = 'RUNNING'"))
        for pid in engines(service):
            os.kill(pid, signal.SIGKILL)
    service.wait(path, "CREATE_COMPLETE")
    after = ids(service, path)
    assert after["first"] == before["first"] and after["h"] == before["h"]
    told = [event for event in events(service, path) if event[0] in ("slow", "slower", "last")]
    assert len(told) == len(set(told)) == 6, told
