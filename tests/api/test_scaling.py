"""Scaling policies: signals by the API and by signed URL change the size of a group, one after the other, between other
operations, and whoever dies meanwhile."""

import json
import os
import signal
import urllib.request

import pytest

from hearth import wait_until
from test_engine import engines, events, outputs, resource, stored, template
from test_nested import child
from test_signals import quiet
from test_update import put

SOON = {"lease": "1s", "poll_interval": "200ms"}
PLAIN = {"type": "OS::Heat::TestResource", "properties": {"value": "v"}}


def member(**properties):
    return {"type": "OS::Heat::TestResource", "properties": {"value": "v", **properties}}


def policy(amount=1, kind="change_in_capacity", group="g", **more):
    return resource("ScalingPolicy", auto_scaling_group_id={"get_resource": group}, scaling_adjustment=amount,
                    adjustment_type=kind, **more)


def scaled(member_=PLAIN, size=1, policies=None, limit=5, **more):
    group = resource("AutoScalingGroup", min_size=0, max_size=limit, desired_capacity=size, resource=member_, **more)
    return template({"g": group, **(policies or {"up": policy(1), "down": policy(-1)})}, outputs={
        "size": {"value": {"get_attr": ["g", "current_size"]}},
        "refs": {"value": {"get_attr": ["g", "refs"]}},
        "list": {"value": {"get_attr": ["g", "outputs_list", "output"]}},
        "alarm": {"value": {"get_attr": ["up", "alarm_url"]}}})


def size(service, path):
    return outputs(service, path)["size"].get("output_value")


def metadata(service, path, name="g"):
    return service.api("GET", f"{path}/resources/{name}/metadata").expect(200).json["metadata"]


def signalled(service, path, name="up", details=None):
    return service.api("POST", f"{path}/resources/{name}/signal", details).expect(200)


def told(service, path):
    return [(who, status, reason) for who, status, reason in events(service, path) if status.startswith("SIGNAL")]


def members(service, path, name="g"):
    return service.api("GET", f"{child(service, path, name)}/resources").expect(200).json["resources"]


def test_grow_and_shrink(service, stack_name):
    path = service.create(stack_name, scaled())
    first = outputs(service, path)["refs"]["output_value"]
    signalled(service, path)
    wait_until("two members", lambda: size(service, path) == 2)
    quiet(service, path)
    after = outputs(service, path)
    assert after["refs"]["output_value"][0] == first[0] and len(after["refs"]["output_value"]) == 2
    assert after["list"]["output_value"] == ["v", "v"]
    assert told(service, path) == [("up", "SIGNAL_COMPLETE", "No signal details provided")]
    signalled(service, path, "down", {"previous": "ok", "current": "alarm", "reason": "busy"})
    wait_until("one member", lambda: size(service, path) == 1)
    quiet(service, path)
    assert outputs(service, path)["refs"]["output_value"] == after["refs"]["output_value"][1:]  # the oldest goes
    assert told(service, path)[-1] == ("down", "SIGNAL_COMPLETE", "alarm state changed from ok to alarm (busy)")
    assert len(members(service, path)) == 1
    stack = service.show(path)
    assert stack["stack_status"] == "CREATE_COMPLETE" and stack["updated_time"] is None
    assert service.show(child(service, path, "g"))["stack_status"] == "UPDATE_COMPLETE"


def test_signed_url(service, stack_name):
    path = service.create(stack_name, scaled())
    url = outputs(service, path)["alarm"]["output_value"]
    with urllib.request.urlopen(urllib.request.Request(url, b"{}", {"Content-Type": "application/json"})) as reply:
        assert reply.status == 200
    wait_until("two members", lambda: size(service, path) == 2)


@pytest.mark.parametrize("amount,kind,more,before,after", [
    (3, "exact_capacity", {}, 1, 3),
    (9, "exact_capacity", {}, 1, 5),
    (-9, "change_in_capacity", {}, 3, 0),
    (50, "percent_change_in_capacity", {}, 2, 3),
    (50, "percent_change_in_capacity", {"min_adjustment_step": 3}, 2, 5),
])
def test_what_sizes_come_out(service, stack_name, amount, kind, more, before, after):
    path = service.create(stack_name, scaled(size=before, policies={"up": policy(amount, kind, **more)}))
    signalled(service, path)
    wait_until(f"{after} members", lambda: size(service, path) == after)


def test_no_change_is_no_event(service, stack_name):
    path = service.create(stack_name, scaled(size=5))
    signalled(service, path)
    quiet(service, path)
    assert size(service, path) == 5 and told(service, path) == []
    assert metadata(service, path)["scaling_in_progress"] is False


def test_cooldown_refuses_the_second(service, stack_name):
    path = service.create(stack_name, scaled(policies={"up": policy(1, cooldown=3600)}))
    signalled(service, path)
    wait_until("two members", lambda: size(service, path) == 2)
    quiet(service, path)
    ends = metadata(service, path)["cooldown_end"]
    assert list(ends.values()) == ["change_in_capacity : 1"]
    signalled(service, path)
    quiet(service, path)
    assert size(service, path) == 2 and len(told(service, path)) == 1
    assert metadata(service, path) == {"cooldown_end": ends, "scaling_in_progress": False}


@pytest.mark.parametrize("other", ["up", "down"])
def test_signals_while_the_group_scales_are_in_vain(service, stack_name, other):
    path = service.create(stack_name, scaled(member(action_wait_secs={"create": 2})))
    signalled(service, path)
    wait_until("the group to scale", lambda: metadata(service, path)["scaling_in_progress"])
    for _ in range(3):
        signalled(service, path, other)
    quiet(service, path)
    assert size(service, path) == 2 and [who for who, _, _ in told(service, path)] == ["up"]
    assert stored(service, f"select count(*) from resource_signal where stack_id = '{path.split('/')[-1]}'") == [["0"]]
    signalled(service, path)
    wait_until("three members", lambda: size(service, path) == 3)


WAITING = """
heat_template_version: 2018-08-31
resources:
  h: {type: OS::Heat::WaitConditionHandle}
  w: {type: OS::Heat::WaitCondition, properties: {handle: {get_resource: h}, timeout: 2}}
"""


def test_a_member_that_fails(service, stack_name):
    """The attempt is over, starts no cooldown, and leaves group and stack as they were."""
    body = scaled({"type": "waiting.yaml"}, policies={"up": policy(1)})
    path = service.create(stack_name, body, files={"waiting.yaml": WAITING}, wait=None)
    first = wait_until("a member", lambda: members(service, path) if "nested" in str(service.api("GET", f"{path}/resources/g").json)
                       else None)[0]["resource_name"]
    inner = wait_until("its stack", lambda: "nested" in str(service.api("GET", f"{child(service, path, 'g')}/resources/{first}").json)
                       and child(service, child(service, path, "g"), first))
    wait_until("its handle", lambda: service.api("POST", f"{inner}/resources/h/signal").status == 200)
    service.wait(path, "CREATE_COMPLETE")
    before = metadata(service, path)
    signalled(service, path)
    wait_until("the group to scale", lambda: metadata(service, path)["scaling_in_progress"])
    quiet(service, path)
    assert metadata(service, path) == before and told(service, path) == [] and size(service, path) == 1
    assert service.show(path)["stack_status"] == "CREATE_COMPLETE"
    assert service.show(child(service, path, "g"))["stack_status"] == "UPDATE_FAILED"
    assert sorted(m["resource_status"] for m in members(service, path)) == ["CREATE_FAILED", "UPDATE_COMPLETE"]


def test_policy_without_a_group(service, stack_name):
    path = service.create(stack_name, template({"up": resource("ScalingPolicy", auto_scaling_group_id="nobody",
                                                               scaling_adjustment=1, adjustment_type="change_in_capacity")}))
    signalled(service, path)
    quiet(service, path)
    assert told(service, path) == []


def test_policy_whose_group_is_no_scaling_group(service, stack_name):
    group = resource("ResourceGroup", count=1, resource_def=PLAIN)
    path = service.create(stack_name, template({"g": group, "up": policy(1)}))
    signalled(service, path)
    quiet(service, path)
    assert told(service, path) == [] and len(members(service, path)) == 1


@pytest.mark.parametrize("action", ["suspend"])
def test_no_signals_while_suspended(service, stack_name, action):
    path = service.create(stack_name, scaled())
    service.api("POST", f"{path}/actions", {action: None}).expect(200)
    service.wait(path, "SUSPEND_COMPLETE")
    reply = service.api("POST", f"{path}/resources/up/signal").expect(400)
    assert reply.message == "Signal resource during SUSPEND is not supported."


def test_update_while_the_group_scales(service, stack_name):
    """The update goes first and says how large the group is; the signal is dealt with after it."""
    body = scaled(member(action_wait_secs={"create": 2}))
    path = service.create(stack_name, body)
    signalled(service, path)
    wait_until("the group to scale", lambda: metadata(service, path)["scaling_in_progress"])
    body["resources"]["g"]["properties"]["desired_capacity"] = 4
    put(service, path, template=body, wait="UPDATE_COMPLETE")
    quiet(service, path)
    assert size(service, path) == 4 and len(members(service, path)) == 4
    assert metadata(service, path)["scaling_in_progress"] is False


def test_delete_while_the_group_scales(service, stack_name):
    path = service.create(stack_name, scaled(member(action_wait_secs={"create": 5})), wait=None)
    service.wait(path, "CREATE_COMPLETE")
    signalled(service, path)
    wait_until("the group to scale", lambda: metadata(service, path)["scaling_in_progress"])
    service.delete(path)
    assert stored(service, f"select count(*) from stack where deleted_at is null and name like '{stack_name}%'") == [["0"]]


def test_engines_killed_while_the_group_scales(make_service, stack_name):
    service = make_service(config={**SOON, "engines": 2})
    path = service.create(stack_name, scaled(member(action_wait_secs={"create": 1.5})))
    for round_ in range(2):
        signalled(service, path)
        wait_until("the group to scale", lambda: metadata(service, path)["scaling_in_progress"])
        for pid in engines(service):
            os.kill(pid, signal.SIGKILL)
        wait_until("a member more", lambda: size(service, path) == 2 + round_)
        quiet(service, path)
        assert len(members(service, path)) == 2 + round_ and len(told(service, path)) == 1 + round_
        assert metadata(service, path)["scaling_in_progress"] is False


def test_one_place_is_enough(make_service, stack_name):
    """The signal that waits for the group's child does not keep the child from being worked on."""
    service = make_service(config={**SOON, "engines": 1, "max_operations": 1})
    path = service.create(stack_name, scaled())
    signalled(service, path)
    wait_until("two members", lambda: size(service, path) == 2)


def test_scaling_what_has_secrets(service, stack_name):
    body = scaled(member(value={"get_param": "secret"}))
    body["parameters"] = {"secret": {"type": "string", "hidden": True}}
    path = service.create(stack_name, body, parameters={"secret": "s3same-0pen"})
    signalled(service, path)
    wait_until("two members", lambda: size(service, path) == 2)
    quiet(service, path)
    assert outputs(service, path)["list"]["output_value"] == ["s3same-0pen"] * 2


def test_policies_of_amazon(service, stack_name):
    """With a type of one's own in place of the server."""
    server = "heat_template_version: 2018-08-31\nparameters: {ImageId: {type: string}, InstanceType: {type: string}, Tags: {type: json}}\n" \
             "resources: {r: {type: OS::Heat::TestResource, properties: {value: {get_param: ImageId}}}}\n" \
             "outputs: {PublicIp: {value: {get_attr: [r, output]}}}\n"
    body = {"heat_template_version": "2018-08-31", "resources": {
        "c": {"type": "AWS::AutoScaling::LaunchConfiguration", "properties": {"ImageId": "10.0.0.1", "InstanceType": "m"}},
        "g": {"type": "AWS::AutoScaling::AutoScalingGroup", "properties": {
            "AvailabilityZones": ["nova"], "LaunchConfigurationName": {"get_resource": "c"}, "MinSize": 1, "MaxSize": 3}},
        "up": {"type": "AWS::AutoScaling::ScalingPolicy", "properties": {
            "AutoScalingGroupName": {"get_resource": "g"}, "ScalingAdjustment": 1, "AdjustmentType": "ChangeInCapacity"}}},
        "outputs": {"list": {"value": {"get_attr": ["g", "InstanceList"]}}}}
    path = service.create(stack_name, body, files={"server.yaml": server},
                          environment={"resource_registry": {"OS::Heat::ScaledResource": "server.yaml"}})
    assert outputs(service, path)["list"]["output_value"] == "10.0.0.1"
    signalled(service, path)
    wait_until("two addresses", lambda: outputs(service, path)["list"].get("output_value") == "10.0.0.1,10.0.0.1")


def test_the_example_grows_when_it_is_told_to(service, stack_name):
    service.openstack("stack", "create", "--wait", "--poll", "1", "-t", "examples/tree.yaml", stack_name,
                      json_output=False)
    path = f"/stacks/{stack_name}/{service.openstack('stack', 'show', stack_name)['id']}"
    shown = {key: one["output_value"] for key, one in outputs(service, path).items()}
    assert [name.partition("-")[0] for name in shown["names"]] == ["leaf2", "leaf1", "leaf0"] and shown["workers"] == 2
    urllib.request.urlopen(urllib.request.Request(shown["grow"], method="POST"), timeout=30)
    wait_until("a third worker", lambda: outputs(service, path)["workers"]["output_value"] == 3)
    service.delete(path)
