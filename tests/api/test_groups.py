"""Groups and scaling: what is refused before anything is made, and the types around them. Which members a group has is
tested in tests/unit/resources_groups.c."""

import os
import re
import signal
import time

import pytest

from hearth import wait_until
from test_engine import engines, outputs, stored
from test_nested import child
from test_update import put

GROUP, CHAIN, SCALED = "OS::Heat::ResourceGroup", "OS::Heat::ResourceChain", "OS::Heat::AutoScalingGroup"
AWS, CONFIG = "AWS::AutoScaling::AutoScalingGroup", "AWS::AutoScaling::LaunchConfiguration"
POLICY, AWS_POLICY = "OS::Heat::ScalingPolicy", "AWS::AutoScaling::ScalingPolicy"
MEMBER = {"type": "OS::Heat::RandomString", "properties": {"length": 8}}


def template(type_, properties):
    return {"heat_template_version": "2021-04-16", "resources": {"g": {"type": type_, "properties": properties}}}


@pytest.mark.parametrize("type_,properties,message", [
    (GROUP, {"count": -1, "resource_def": MEMBER},
     "Property error: : resources.g.properties.count: : -1 is out of range (min: 0, max: None)"),
    (GROUP, {"count": 1}, "Property error: : resources.g.properties: : Property resource_def not assigned"),
    (GROUP, {"resource_def": MEMBER, "removal_policies": [{"nope": 1}]},
     "Property error: : resources.g.properties.removal_policies[0]: : Unknown Property nope"),
    (GROUP, {"resource_def": MEMBER, "removal_policies_mode": "x"},
     'Property error: : resources.g.properties.removal_policies_mode: : "x" is not an allowed value ["append", "update"]'),
    (GROUP, {"resource_def": MEMBER, "index_var": "x"},
     "Property error: : resources.g.properties.index_var: : length (1) is out of range (min: 3, max: None)"),
    (CHAIN, {}, "Property error: : resources.g.properties: : Property resources not assigned"),
    (SCALED, {"min_size": 5, "max_size": 4, "resource": MEMBER}, "MinSize can not be greater than MaxSize"),
    (SCALED, {"min_size": 1, "max_size": 4, "desired_capacity": 5, "resource": MEMBER},
     "DesiredCapacity must be between MinSize and MaxSize"),
    (AWS, {"AvailabilityZones": ["a"], "MinSize": -2, "MaxSize": -1},
     "The size of AutoScalingGroup can not be less than zero"),
    (AWS, {"AvailabilityZones": ["a"], "MinSize": 1, "MaxSize": 2},
     "Either 'InstanceId' or 'LaunchConfigurationName' must be provided."),
    (CONFIG, {"ImageId": "i"}, "If without InstanceId, ImageId and InstanceType are required."),
    (CONFIG, {"ImageId": "i", "InstanceType": "f", "BlockDeviceMappings": [{"DeviceName": "vdb"}]},
     "Ebs is missing, this is required when specifying BlockDeviceMappings."),
    (CONFIG, {"ImageId": "i", "InstanceType": "f", "BlockDeviceMappings": [{"DeviceName": "vdb", "Ebs": {"VolumeSize": "1"}}]},
     "SnapshotId is missing, this is required when specifying BlockDeviceMappings."),
    (POLICY, {"auto_scaling_group_id": "x", "scaling_adjustment": 1, "adjustment_type": "wrong"},
     'Property error: : resources.g.properties.adjustment_type: : "wrong" is not an allowed value '
     '["change_in_capacity", "exact_capacity", "percent_change_in_capacity"]'),
])
def test_what_is_refused(service, stack_name, type_, properties, message):
    reply = service.api("POST", "/stacks", {"stack_name": stack_name, "template": template(type_, properties)}).expect(400)
    assert reply.json["error"] == {"type": "StackValidationFailed", "traceback": None, "message": message}


def test_a_least_step_needs_a_percentage(service, stack_name):
    wrong = template(POLICY, {"auto_scaling_group_id": "x", "scaling_adjustment": 1, "adjustment_type": "change_in_capacity",
                              "min_adjustment_step": 3})
    reply = service.api("POST", "/stacks", {"stack_name": stack_name, "template": wrong}).expect(400)
    assert reply.json["error"]["type"] == "ResourcePropertyValueDependency"
    assert reply.json["error"]["message"] == ("min_adjustment_step property should only be specified for adjustment_type with "
                                              "value percent_change_in_capacity.")


def test_policies_and_launch_configurations(service, stack_name):
    made = {"heat_template_version": "2021-04-16", "resources": {
        "up": {"type": POLICY, "properties": {"auto_scaling_group_id": "g", "scaling_adjustment": 1,
                                              "adjustment_type": "change_in_capacity"}},
        "down": {"type": AWS_POLICY, "properties": {"AutoScalingGroupName": "g", "ScalingAdjustment": -1,
                                                    "AdjustmentType": "ChangeInCapacity"}},
        "conf": {"type": CONFIG, "properties": {"ImageId": "i", "InstanceType": "f"}}},
        "outputs": {"alarm": {"value": {"get_attr": ["up", "alarm_url"]}},
                    "signal": {"value": {"get_attr": ["up", "signal_url"]}},
                    "aws": {"value": {"get_attr": ["down", "AlarmUrl"]}},
                    "reference": {"value": {"get_resource": "down"}},
                    "conf": {"value": {"get_resource": "conf"}}}}
    path = service.create(stack_name, made)
    stack = service.show(path)
    outputs = {o["output_key"]: o["output_value"] for o in stack["outputs"]}
    assert outputs["alarm"].partition("?")[0] == outputs["signal"] and "signature=" in outputs["alarm"]
    assert outputs["signal"].endswith(f"{path}/resources/up/signal")
    assert outputs["aws"] == outputs["reference"] and "/resources/down/signal?id=" in outputs["aws"]
    assert outputs["conf"].startswith(f"{stack_name}-conf-")
    found = service.api("GET", f"{path}/resources/up").expect(200).json["resource"]
    assert len(found["physical_resource_id"]) == 32


# ---- the life of groups --------------------------------------------------------------------------------------------

def test_resource(value="v%index%", **properties):
    return {"type": "OS::Heat::TestResource", "properties": {"value": value, **properties}}


test_resource.__test__ = False


def grouped(count=2, member=None, update_policy=None, reads=(), **properties):
    group = {"type": GROUP, "properties": {"count": count, "resource_def": member or test_resource(), **properties}}
    if update_policy:
        group["update_policy"] = update_policy
    return {"heat_template_version": "2021-04-16", "resources": {"g": group},
            "outputs": {re.sub("[^a-z0-9]+", "_", "_".join(map(str, path))): {"value": {"get_attr": ["g", *path]}} for path in reads}}


def seen(service, path):
    return {key: output.get("output_value", output.get("output_error")) for key, output in outputs(service, path).items()}


def members(service, path, name="g"):
    return {m["resource_name"]: m for m in service.api("GET", f"{child(service, path, name)}/resources").expect(200).json["resources"]}


def values(service, path, name="g"):
    inner = child(service, path, name)
    return {m: service.api("GET", f"{inner}/resources/{m}").json["resource"]["attributes"]["output"] for m in members(service, path, name)}


ALL = [["refs"], ["refs", 0], ["refs_map"], ["refs_map", "1"], ["attributes", "output"], ["output"], ["output", 1],
       ["resource.0"], ["resource.1.output"], ["resource.1", "output"], ["removed_rsrc_list"]]


def test_attributes_of_a_group(service, stack_name):
    path = service.create(stack_name, grouped(reads=ALL))
    ids = {name: m["physical_resource_id"] for name, m in members(service, path).items()}
    assert seen(service, path) == {
        "refs": [ids["0"], ids["1"]], "refs_0": ids["0"], "refs_map": ids, "refs_map_1": ids,
        "attributes_output": {"0": "v0", "1": "v1"}, "output": ["v0", "v1"], "output_1": ["0", "1"], "resource_0": ids["0"],
        "resource_1_output": "v1", "removed_rsrc_list": []}


def test_new_reference_makes_the_output(service, stack_name):
    """An attribute that the template reads only now is there, though nothing else changed."""
    path = service.create(stack_name, grouped())
    before = members(service, path)
    put(service, path, template=grouped(reads=[["output"], ["attributes", "output"]]), wait="UPDATE_COMPLETE")
    assert seen(service, path) == {"output": ["v0", "v1"], "attributes_output": {"0": "v0", "1": "v1"}}
    assert {n: m["physical_resource_id"] for n, m in members(service, path).items()} == \
           {n: m["physical_resource_id"] for n, m in before.items()}


def test_growing_and_shrinking(service, stack_name):
    path = service.create(stack_name, grouped(2, reads=[["refs"]]))
    first = seen(service, path)["refs"]
    put(service, path, template=grouped(4, reads=[["refs"]]), wait="UPDATE_COMPLETE")
    assert seen(service, path)["refs"][:2] == first and list(values(service, path).values()) == ["v0", "v1", "v2", "v3"]
    put(service, path, template=grouped(1, reads=[["refs"]]), wait="UPDATE_COMPLETE")
    assert seen(service, path)["refs"] == first[:1]
    put(service, path, template=grouped(0, reads=[["refs"]]), wait="UPDATE_COMPLETE")
    assert seen(service, path)["refs"] == [] and members(service, path) == {}
    put(service, path, template=grouped(1, reads=[["refs"]]), wait="UPDATE_COMPLETE")
    assert list(values(service, path)) == ["0"]


@pytest.mark.parametrize("by", ["name", "reference"])
def test_removal_policies(service, stack_name, by):
    path = service.create(stack_name, grouped(3, reads=[["refs_map"], ["removed_rsrc_list"]]))
    removed = "1" if by == "name" else members(service, path)["1"]["physical_resource_id"]
    again = grouped(3, reads=[["refs_map"], ["removed_rsrc_list"]], removal_policies=[{"resource_list": [removed]}])
    put(service, path, template=again, wait="UPDATE_COMPLETE")
    assert sorted(seen(service, path)["refs_map"]) == ["0", "2", "3"] and seen(service, path)["removed_rsrc_list"] == ["1"]
    put(service, path, template=grouped(4, reads=[["refs_map"], ["removed_rsrc_list"]]), wait="UPDATE_COMPLETE")
    assert sorted(seen(service, path)["refs_map"]) == ["0", "2", "3", "4"]  # a name once removed does not come again


@pytest.mark.parametrize("named", [False, True], ids=["arn", "OS::stack_id"])
def test_removal_of_templates_by_reference(service, stack_name, named):
    """A member that is a template is referred to by its ARN, or by what its output OS::stack_id says."""
    inner = "heat_template_version: 2018-08-31\nparameters: {p: {type: string}}\n" \
            "resources: {r: {type: OS::Heat::TestResource, properties: {value: {get_param: p}}}}\n"
    inner += "outputs: {'OS::stack_id': {value: {get_resource: r}}}\n" if named else ""
    member = {"type": "m.yaml", "properties": {"p": "v%index%"}}
    path = service.create(stack_name, grouped(3, member, reads=[["refs_map"]]), files={"m.yaml": inner})
    reference = seen(service, path)["refs_map"]["1"]
    assert reference.startswith("arn:openstack:heat::") != named
    again = grouped(3, member, reads=[["refs_map"]], removal_policies=[{"resource_list": [reference]}])
    put(service, path, template=again, files={"m.yaml": inner}, wait="UPDATE_COMPLETE")
    assert sorted(seen(service, path)["refs_map"]) == ["0", "2", "3"]


def test_index_var(service, stack_name):
    path = service.create(stack_name, grouped(2, test_resource("@@@-%index%"), index_var="@@@"))
    assert list(values(service, path).values()) == ["0-%index%", "1-%index%"]
    put(service, path, template=grouped(2, test_resource("@@@/%index%"), index_var="@@@"), wait="UPDATE_COMPLETE")
    assert list(values(service, path).values()) == ["0/%index%", "1/%index%"]


def test_definition_in_batches(service, stack_name):
    """Each batch ends before the next begins, with a pause between."""
    policy = {"rolling_update": {"max_batch_size": 1, "min_in_service": 0, "pause_time": 0.3}}
    path = service.create(stack_name, grouped(3, update_policy=policy))
    put(service, path, template=grouped(3, test_resource("w%index%"), policy), wait="UPDATE_COMPLETE")
    assert list(values(service, path).values()) == ["w0", "w1", "w2"]
    found = service.api("GET", f"{child(service, path, 'g')}/events?limit=1000&sort_dir=asc").json["events"]
    told = [e["resource_name"] for e in found if e["resource_status"] == "UPDATE_COMPLETE" and e["resource_name"] in "012"]
    assert told == ["2", "1", "0"]
    rounds = [e for e in found if e["resource_status_reason"] == "Stack UPDATE completed successfully"]
    assert len(rounds) >= 3


def test_batches_at_creation(service, stack_name):
    policy = {"batch_create": {"max_batch_size": 2, "pause_time": 0}}
    path = service.create(stack_name, grouped(3, update_policy=policy, reads=[["output"]]))
    assert seen(service, path)["output"] == ["v0", "v1", "v2"]
    found = service.api("GET", f"{child(service, path, 'g')}/events?limit=1000&sort_dir=asc").json["events"]
    made = [e["resource_name"] for e in found if e["resource_status"] == "CREATE_IN_PROGRESS" and e["resource_name"] in "012"]
    ended = [e["resource_name"] for e in found if e["resource_status"] in ("CREATE_COMPLETE", "UPDATE_COMPLETE")]
    assert sorted(made[:2]) in (["0", "1"], ["0", "2"], ["1", "2"]) and len(made) == 3 and len(ended) >= 5


def test_failure_in_the_middle_of_batches(service, stack_name):
    """What follows the failed batch stays as it was; the next update brings all of it there."""
    policy = {"rolling_update": {"max_batch_size": 1, "min_in_service": 0, "pause_time": 0}}
    stack = {"type": "m.yaml", "properties": {"p": "v%index%"}}
    inner = "heat_template_version: 2018-08-31\nparameters: {p: {type: string}}\nresources: {r: {type: OS::Heat::TestResource, " \
            "properties: {value: {get_param: p}, fail: {yaql: {expression: $.data.p = w1, data: {p: {get_param: p}}}}}}}\noutputs: {output: {value: {get_attr: [r, output]}}}\n"
    path = service.create(stack_name, grouped(3, stack, policy, reads=[["output"]]), files={"m.yaml": inner})
    broken = {"type": "m.yaml", "properties": {"p": "w%index%"}}
    put(service, path, template=grouped(3, broken, policy, reads=[["output"]]), files={"m.yaml": inner}, wait="UPDATE_FAILED")
    assert "resources.g.resources[1].resources.r" in service.show(path)["stack_status_reason"]
    inside = {n: service.show(child(service, child(service, path, "g"), n))["parameters"]["p"] for n in "012"}
    assert inside == {"0": "v0", "1": "w1", "2": "w2"}
    sound = {"type": "m.yaml", "properties": {"p": "x%index%"}}
    put(service, path, template=grouped(3, sound, policy, reads=[["output"]]), files={"m.yaml": inner}, wait="UPDATE_COMPLETE")
    assert seen(service, path)["output"] == ["x0", "x1", "x2"]


def test_update_that_fails_is_rolled_back(service, stack_name):
    body = grouped(2, reads=[["output"]])
    path = service.create(stack_name, body)
    put(service, path, template=grouped(3, test_resource("w%index%", fail=True), reads=[["output"]]), disable_rollback=False,
        wait="ROLLBACK_COMPLETE")
    assert seen(service, path)["output"] == ["v0", "v1"] and sorted(members(service, path)) == ["0", "1"]


def test_chain(service, stack_name):
    def chained(types, concurrent=False, **properties):
        return {"heat_template_version": "2021-04-16", "resources": {"g": {"type": CHAIN, "properties": {
            "resources": types, "concurrent": concurrent, "resource_properties": {"value": "v", **properties}}}},
            "outputs": {"refs": {"value": {"get_attr": ["g", "refs"]}}, "out": {"value": {"get_attr": ["g", "attributes", "output"]}}}}
    path = service.create(stack_name, chained(["OS::Heat::TestResource"] * 3))
    assert seen(service, path)["out"] == {"0": "v", "1": "v", "2": "v"}
    found = service.api("GET", f"{child(service, path, 'g')}/events?limit=1000&sort_dir=asc").json["events"]
    assert [e["resource_name"] for e in found if e["resource_status"] == "CREATE_COMPLETE" and e["resource_name"] in "012"] == ["0", "1", "2"]
    put(service, path, template=chained(["OS::Heat::TestResource"] * 2, True, action_wait_secs={"update": 0}), wait="UPDATE_COMPLETE")
    assert seen(service, path)["out"] == {"0": "v", "1": "v"}


def test_groups_in_groups(service, stack_name):
    inner = {"type": GROUP, "properties": {"count": 2, "index_var": "%in%", "resource_def": test_resource("%index%-%in%")}}
    path = service.create(stack_name, grouped(2, inner, reads=[["attributes", "refs"]]))
    outer = child(service, path, "g")
    assert [values(service, outer, n) for n in "01"] == [{"0": "0-0", "1": "0-1"}, {"0": "1-0", "1": "1-1"}]
    told = service.api("GET", f"{path}/resources?nested_depth=3").json["resources"]
    assert sorted(r["resource_name"] for r in told) == ["0", "0", "0", "1", "1", "1", "g"]
    service.delete(path)
    assert stored(service, f"select count(*) from stack where deleted_at is null and name like '{stack_name}%'") == [["0"]]


def test_suspend_resume_and_check(service, stack_name):
    path = service.create(stack_name, grouped(2))
    for action, inside in (("suspend", "SUSPEND_COMPLETE"), ("resume", "RESUME_COMPLETE"), ("check", "CHECK_COMPLETE")):
        service.api("POST", f"{path}/actions", {action: None}).expect(200)
        service.wait(path, f"{action.upper()}_COMPLETE")
        assert service.show(child(service, path, "g"))["stack_status"] == inside
        assert {m["resource_status"] for m in members(service, path).values()} == {inside}


def test_member_marked_unhealthy_is_replaced(service, stack_name):
    path = service.create(stack_name, grouped(2))
    before = members(service, path)
    service.api("PATCH", f"{child(service, path, 'g')}/resources/1", {"mark_unhealthy": True}).expect(200)
    put(service, path, template=grouped(2), wait="UPDATE_COMPLETE")
    after = members(service, path)
    changed = [n for n in "01" if before[n]["physical_resource_id"] != after[n]["physical_resource_id"]]
    assert changed == ["1"]


def test_scaling_group_by_updates(service, stack_name):
    def body(desired, value="v", **rolling):
        return {"heat_template_version": "2021-04-16", "resources": {"g": {"type": SCALED, "properties": {
            "min_size": 1, "max_size": 4, "desired_capacity": desired, "resource": test_resource(value),
            "rolling_updates": {"max_batch_size": 1, "min_in_service": 1, "pause_time": 0, **rolling}}}},
            "outputs": {"size": {"value": {"get_attr": ["g", "current_size"]}}, "refs": {"value": {"get_attr": ["g", "refs"]}},
                        "list": {"value": {"get_attr": ["g", "outputs_list", "output"]}}}}
    path = service.create(stack_name, body(3))
    first = seen(service, path)
    assert first["size"] == 3 and first["list"] == ["v"] * 3
    put(service, path, template=body(3, "w"), wait="UPDATE_COMPLETE")
    assert seen(service, path)["list"] == ["w"] * 3 and sorted(seen(service, path)["refs"]) == sorted(first["refs"])
    put(service, path, template=body(2, "w"), wait="UPDATE_COMPLETE")
    assert seen(service, path)["size"] == 2 and seen(service, path)["refs"] == first["refs"][1:]


def test_engine_killed_between_batches(make_service, stack_name):
    service = make_service(config={"lease": "1s", "poll_interval": "200ms", "engines": 2})
    policy = {"rolling_update": {"max_batch_size": 1, "min_in_service": 0, "pause_time": 0.4}}
    path = service.create(stack_name, grouped(4, update_policy=policy))
    before = members(service, path)
    put(service, path, template=grouped(4, test_resource("w%index%", action_wait_secs={"update": 0.2}), policy), wait=None)
    deadline = time.monotonic() + 3
    while time.monotonic() < deadline and service.show(path)["stack_status"] == "UPDATE_IN_PROGRESS":
        for pid in engines(service)[:1]:
            os.kill(pid, signal.SIGKILL)
        time.sleep(0.5)
    service.wait(path, "UPDATE_COMPLETE")
    after = members(service, path)
    assert list(values(service, path).values()) == ["w0", "w1", "w2", "w3"]
    assert {n: m["physical_resource_id"] for n, m in after.items()} == {n: m["physical_resource_id"] for n, m in before.items()}


# ---- previews ------------------------------------------------------------------------------------------------------

def test_preview_shows_what_is_in_a_group(service, stack_name):
    reply = service.api("POST", "/stacks/preview?show_nested=True", {"stack_name": stack_name, "template": grouped(2)}).expect(200)
    group, = reply.json["stack"]["resources"]
    assert sorted(r["resource_name"] for r in group) == ["0", "1"] if isinstance(group, list) else group["resource_name"] == "g"


def previewed(service, path, new, **body):
    """({kind: names}, the changes)"""
    changes = service.api("PUT", f"{path}/preview?show_nested=True", {"template": new, **body}).expect(200).json["resource_changes"]
    return {kind: sorted(r["resource_name"] for r in found) for kind, found in changes.items() if found}, changes


def test_preview_of_an_update_looks_into_groups(service, stack_name):
    """As a Heat lists it."""
    def plain(count, value="a"):
        new = grouped(count, {"type": "OS::Heat::Value", "properties": {"value": value}})
        new["resources"]["plain"] = {"type": "OS::Heat::Value", "properties": {"value": "same"}}
        return new
    path = service.create(stack_name, plain(2))
    names, changes = previewed(service, path, plain(3))
    assert names == {"unchanged": ["0", "1", "plain"], "updated": ["g"], "added": ["2"]}
    added = changes["added"][0]
    assert (added["stack_name"], added["stack_identity"]["stack_id"], added["resource_action"]) == (f"{stack_name}-g", "None", "INIT")
    names, changes = previewed(service, path, plain(1, "b"))
    assert names == {"unchanged": ["plain"], "updated": ["0", "g"], "deleted": ["1"]}
    deleted = changes["deleted"][0]
    assert deleted["stack_identity"]["stack_id"] == changes["updated"][0]["physical_resource_id"]
    names, _ = previewed(service, path, {"heat_template_version": "2021-04-16", "resources": {}})
    assert names == {"deleted": ["0", "1", "g", "plain"]}
    assert service.show(path)["updated_time"] is None


# ---- attributes of a group itself ----------------------------------------------------------------------------------

def test_attributes_shown_of_a_group(service, stack_name):
    path = service.create(stack_name, grouped(2))
    def shown():
        return service.api("GET", f"{path}/resources/g").json["resource"]["attributes"]
    nothing = {"attributes": None, "refs": None, "refs_map": None}
    assert shown() == {**nothing, "removed_rsrc_list": []}
    put(service, path, template=grouped(2, removal_policies=[{"resource_list": ["0"]}]), wait="UPDATE_COMPLETE")
    assert shown() == {**nothing, "removed_rsrc_list": ["0"]}
