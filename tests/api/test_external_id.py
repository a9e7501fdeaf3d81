"""Resources that are there already: external_id. Events and reasons are those of Heat 19."""

import os
import signal

import pytest

from test_engine import engines, events, outputs, resource, resources, template, wait_for_resource

REFUSED = ("Resource UPDATE failed: NotSupported: resources.r: Update to property external_id of r (OS::Heat::TestResource) "
           "is not supported.")


def external(value="x", external_id="there", **more):
    return {**resource("TestResource", value=value), "external_id": external_id, **more}


def own(value="x", depends_on=None, **more):
    return resource("TestResource", depends_on, value=value, **more)


def update(service, path, resources_, wait):
    known = len(events(service, path))
    service.api("PUT", path, {"template": template(resources_)}).expect(202)
    service.wait(path, wait)
    return events(service, path)[known + 1:]


def physical(service, path, name="r"):
    return resources(service, path)[name]["physical_resource_id"]


def test_creation_takes_it_as_it_is(service, stack_name):
    path = service.create(stack_name, template({"r": external(), "b": own("y", ["r"])},
                                               outputs={"id": {"value": {"get_resource": "r"}}}))
    assert events(service, path)[1:-1] == [
        ("r", "ADOPT_IN_PROGRESS", "state changed"),
        ("r", "ADOPT_COMPLETE", "state changed"),
        ("r", "CHECK_COMPLETE", "CHECK not supported for OS::Heat::TestResource"),
        ("b", "CREATE_IN_PROGRESS", "state changed"),
        ("b", "CREATE_COMPLETE", "state changed")]
    assert physical(service, path) == outputs(service, path)["id"]["output_value"] == "there"
    assert service.api("GET", f"{path}/resources/r").json["resource"]["attributes"] == {"output": None}


def test_the_id_may_come_from_a_parameter(service, stack_name):
    path = service.create(stack_name, template({"r": external(external_id={"get_param": "id"})},
                                               parameters={"id": {"type": "string", "default": "by parameter"}}))
    assert physical(service, path) == "by parameter"


def test_properties_are_not_looked_at(service, stack_name):
    path = service.create(stack_name, template({"r": {
        **external(), "properties": {"nope": 1}}}))
    assert physical(service, path) == "there"
    assert update(service, path, {"r": external("other")}, "UPDATE_COMPLETE")[:-1] == []


@pytest.mark.parametrize("after", [external(external_id="elsewhere"), own()], ids=["another", "none"])
def test_an_update_may_not_change_it(service, stack_name, after):
    path = service.create(stack_name, template({"r": external()}))
    assert update(service, path, {"r": after}, "UPDATE_FAILED") == [(stack_name, "UPDATE_FAILED", REFUSED)]
    assert physical(service, path) == "there"
    assert update(service, path, {"r": external()}, "UPDATE_COMPLETE")[:-1] == []


def test_what_was_made_does_not_become_external(service, stack_name):
    path = service.create(stack_name, template({"r": own()}))
    before = physical(service, path)
    assert update(service, path, {"r": external()}, "UPDATE_FAILED") == [(stack_name, "UPDATE_FAILED", REFUSED)]
    assert physical(service, path) == before


def test_an_update_adds_one(service, stack_name):
    path = service.create(stack_name, template({"a": own()}))
    told = update(service, path, {"a": own(), "r": external()}, "UPDATE_COMPLETE")
    assert [status for _, status, _ in told] == ["ADOPT_IN_PROGRESS", "ADOPT_COMPLETE", "CHECK_COMPLETE", "UPDATE_COMPLETE"]
    assert physical(service, path) == "there"


@pytest.mark.parametrize("policy", [{}, {"deletion_policy": "Delete"}], ids=["default", "delete"])
def test_nobody_deletes_it(service, stack_name, policy):
    """A step of its deletion would wait for ever."""
    waiting = {**external(**policy), "properties": {"value": "x", "action_wait_secs": {"delete": -1}}}
    path = service.create(stack_name, template({"r": waiting}))
    service.api("DELETE", path).expect(204)
    service.wait(path, "DELETE_COMPLETE")
    assert [status for who, status, _ in events(service, path) if who == "r"][-2:] == ["DELETE_IN_PROGRESS", "DELETE_COMPLETE"]


def test_it_depends_on_nothing(service, stack_name):
    reply = service.api("POST", "/stacks", {"stack_name": stack_name, "template": template(
        {"a": own(), "r": external(depends_on="a")})}).expect(400)
    assert reply.json["error"]["type"] == "InvalidExternalResourceDependency"
    assert reply.message == "Invalid dependency with external OS::Heat::TestResource resource: there"


@pytest.mark.parametrize("wrong", [5, ["a"]], ids=["number", "list"])
def test_it_is_a_text(service, stack_name, wrong):
    reply = service.api("POST", "/stacks", {"stack_name": stack_name, "template": template({"r": external(external_id=wrong)})})
    assert reply.expect(400).message == "Resource r external_id type must be string"


def test_versions_that_do_not_know_it(service, stack_name):
    old = {**template({"r": external()}), "heat_template_version": "2015-04-30"}
    reply = service.api("POST", "/stacks", {"stack_name": stack_name, "template": old}).expect(400)
    assert reply.message == "Invalid keyword(s) inside a resource definition: external_id"


def test_engine_killed_afterwards(make_service, stack_name):
    """Whoever takes over does not take it a second time."""
    service = make_service(config={"lease": "1s", "poll_interval": "200ms"})
    path = service.create(stack_name, template({"r": external(), "slow": own("x", ["r"], wait_secs=2)}), wait=None)
    wait_for_resource(service, path, "slow", "CREATE_IN_PROGRESS")
    for pid in engines(service):
        os.kill(pid, signal.SIGKILL)
    service.wait(path, "CREATE_COMPLETE")
    told = events(service, path)
    assert len(told) == len(set(told)) == 7
