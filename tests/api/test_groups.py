"""Groups and scaling: what is refused before anything is made, and the types around them. Which members a group has is
tested in tests/unit/resources_groups.c."""

import pytest

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
