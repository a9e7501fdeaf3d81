"""Nested stacks: templates as types, OS::Heat::Stack and AWS::CloudFormation::Stack, through every action and depth, and
what becomes of a tree when engines die."""

import json
import os
import random
import signal
import time

import pytest

from hearth import wait_until
from test_engine import engines, events, outputs, resource, resources, stored, template, wait_for_resource
from test_update import put

HOT = "heat_template_version: 2018-08-31\n"
LEAF = HOT + """
parameters: {p: {type: string}, wait: {type: number, default: 0}, fail: {type: boolean, default: false}}
resources:
  r: {type: OS::Heat::TestResource, properties: {value: {get_param: p}, action_wait_secs: {create: {get_param: wait}}, fail: {get_param: fail}}}
outputs: {out: {value: {get_attr: [r, output]}}}
"""
MIDDLE = HOT + """
parameters: {p: {type: string}, wait: {type: number, default: 0}, fail: {type: boolean, default: false}}
resources:
  "0": {type: leaf.yaml, properties: {p: {get_param: p}, wait: {get_param: wait}, fail: {get_param: fail}}}
  "1": {type: leaf.yaml, properties: {p: {list_join: ["", [{get_attr: ["0", out]}, "!"]]}}}
outputs: {out: {value: {get_attr: ["1", out]}}}
"""
FILES = {"leaf.yaml": LEAF, "middle.yaml": MIDDLE}


def nested(kind="leaf.yaml", depends_on=None, **properties):
    made = {"type": kind, "properties": properties}
    if depends_on:
        made["depends_on"] = depends_on
    return made


def tree(resources, **more):
    return {"files": FILES, "template": template(resources, outputs={"o": {"value": {"get_attr": ["n", "out"]}},
                                                                     "ref": {"value": {"get_resource": "n"}}}), **more}


def create(service, name, resources, wait="CREATE_COMPLETE", **more):
    body = tree(resources, **more)
    return service.create(name, body.pop("template"), wait=wait, **body)


def child(service, path, name):
    """Path of the stack that a resource is."""
    found = service.api("GET", f"{path}/resources/{name}").expect(200).json["resource"]
    links = {link["rel"]: link["href"] for link in found["links"]}
    return "/stacks/" + links["nested"].split("/stacks/")[1]


def state(service, path):
    return service.show(path)["stack_status"]


def no_orphans(service, where="true"):
    """Every nested stack belongs to a resource, or is deleted."""
    return stored(service, "select s.name from stack s where s.parent_id is not null and s.deleted_at is null and not exists "
                           f"(select from resource r where r.nested_id = s.id) and {where}") == []


# ---- creation and what is shown ---------------------------------------------------------------------------------------


def test_a_tree(service, stack_name):
    path = create(service, stack_name, {"n": nested("middle.yaml", p="a")}, timeout_mins=9, tags="x")
    assert outputs(service, path)["o"]["output_value"] == "a!"
    middle = child(service, path, "n")
    leaf = child(service, middle, "0")
    shown = service.show(middle)
    assert shown["parent"] == path.split("/")[-1]
    assert shown["stack_name"].startswith(f"{stack_name}-n-") and shown["timeout_mins"] == 9 and shown["tags"] == []
    assert shown["disable_rollback"] is True and shown["stack_owner"] == "demo" and shown["updated_time"] is None
    assert shown["parameters"]["p"] == "a" and shown["parameters"]["OS::stack_name"] == shown["stack_name"]
    assert service.show(leaf)["parent"] == middle.split("/")[-1]
    project = service.project_id()
    assert outputs(service, path)["ref"]["output_value"] == \
        f"arn:openstack:heat::{project}:stacks/{'/'.join(middle.split('/')[2:])}"
    attributes = service.api("GET", f"{path}/resources/n").json["resource"]["attributes"]
    assert attributes == {"out": "a!"}
    listed = service.api("GET", f"{path}/resources?nested_depth=5").expect(200).json["resources"]
    assert [(r["resource_name"], r.get("parent_resource")) for r in listed] == \
        [("n", None), ("0", "n"), ("1", "n"), ("r", "0"), ("r", "1")]
    assert len(service.api("GET", f"{path}/resources?nested_depth=1").json["resources"]) == 3
    seen = {e["resource_name"] for e in service.api("GET", f"{path}/events?nested_depth=5&limit=100").json["events"]}
    assert {"n", "0", "1", "r", stack_name, middle.split("/")[2]} <= seen
    names = [s["stack_name"] for s in service.api("GET", "/stacks").json["stacks"]]
    assert stack_name in names and middle.split("/")[2] not in names
    names = [s["stack_name"] for s in service.api("GET", "/stacks?show_nested=true").json["stacks"]]
    assert middle.split("/")[2] in names
    service.delete(path)
    assert no_orphans(service)
    assert stored(service, f"select count(*) from stack where id = '{leaf.split('/')[-1]}' and deleted_at is not null") == [["1"]]


def test_environment_goes_down(service, stack_name):
    inner = HOT + "resources: {v: {type: My::Value, properties: {value: {get_param: d}}}}\n" \
                  "parameters: {d: {type: string}}\noutputs: {out: {value: {get_attr: [v, value]}}}\n"
    path = service.create(stack_name, template({"n": {"type": "My::Nested"}}), files={"inner.yaml": inner}, environment={
        "parameter_defaults": {"d": "from above"},
        "resource_registry": {"My::*": "OS::Heat::*", "resources": {"n": {"My::Nested": "inner.yaml", "v": {"x": "y"}}}}})
    middle = child(service, path, "n")
    assert service.show(middle)["outputs"][0]["output_value"] == "from above"
    shown = service.api("GET", f"{middle}/environment").expect(200).json
    assert shown["resource_registry"] == {"My::*": "OS::Heat::*", "resources": {"v": {"x": "y"}}}
    assert service.api("GET", f"{path}/resources/n").json["resource"]["resource_type"] == "My::Nested"


def test_a_type_stands_for_itself_inside_its_template(service, stack_name):
    inner = HOT + "resources: {v: {type: 'OS::Heat::Value', properties: {value: {get_param: value}}}}\n" \
                  "parameters: {value: {type: string}}\noutputs: {value: {value: {get_attr: [v, value]}}}\n"
    path = service.create(stack_name, template({"n": resource("Value", value="x")},
                                               outputs={"o": {"value": {"get_attr": ["n", "value"]}}}),
                          files={"value.yaml": inner}, environment={"resource_registry": {"OS::Heat::Value": "value.yaml"}})
    assert outputs(service, path)["o"]["output_value"] == "x"


def test_stack_id_output_is_the_reference(service, stack_name):
    inner = LEAF.replace("outputs: {", "outputs: {'OS::stack_id': {value: {get_resource: r}}, ")
    path = service.create(stack_name, tree({"n": nested("a.yaml", p="x")})["template"], files={"a.yaml": inner})
    r = resources(service, child(service, path, "n"))["r"]["physical_resource_id"]
    assert outputs(service, path)["ref"]["output_value"] == r


def test_lists_and_maps_as_properties(service, stack_name):
    inner = HOT + """
parameters: {l: {type: comma_delimited_list}, j: {type: json}, b: {type: boolean}, n: {type: number}}
outputs:
  out: {value: [{get_param: l}, {get_param: j}, {get_param: b}, {get_param: n}]}
"""
    path = service.create(stack_name, tree({"n": nested("a.yaml", l=["a", "b"], j={"k": [1]}, b="yes" and True, n="3")})["template"],
                          files={"a.yaml": inner})
    assert outputs(service, path)["o"]["output_value"] == [["a", "b"], {"k": [1]}, True, 3]


@pytest.mark.parametrize("kind", ["OS::Heat::Stack", "AWS::CloudFormation::Stack"])
def test_stack_types(service, stack_name, kind):
    heat = kind == "OS::Heat::Stack"
    def made(value):
        parameters = {"p": value}
        return {"n": {"type": kind, "properties": {"template": LEAF, "parameters": parameters} if heat else
                      {"TemplateURL": "leaf.yaml", "Parameters": parameters, "TimeoutInMinutes": 3}}}
    shown = {"o": {"value": {"get_attr": ["n", "outputs", "out"] if heat else ["n", "Outputs.out"]}}}
    path = service.create(stack_name, template(made("a"), outputs=shown), files=FILES)
    assert outputs(service, path)["o"]["output_value"] == "a"
    assert service.show(child(service, path, "n"))["timeout_mins"] == (None if heat else 3)
    put(service, path, template(made("b"), outputs=shown), files=FILES)
    assert outputs(service, path)["o"]["output_value"] == "b"
    service.delete(path)
    assert no_orphans(service)


def test_other_regions_are_refused(service, stack_name):
    body = {"stack_name": stack_name, "template": template({"n": {"type": "OS::Heat::Stack", "properties": {
        "template": LEAF, "parameters": {"p": "x"}, "context": {"region_name": "Nowhere"}}}})}
    assert service.api("POST", "/stacks", body).expect(400).message == \
        'Cannot establish connection to Heat endpoint at region "Nowhere" due to "publicURL endpoint for orchestration ' \
        'service in Nowhere region not found"'


# ---- validation -------------------------------------------------------------------------------------------------------

MISTAKES = [
    ("resources: {r: {type: 'OS::Foo::Bar'}}", {}, "resources.n<n.yaml>: : The Resource Type (OS::Foo::Bar) could not be found."),
    ("resources: {r: {type: 'OS::Heat::TestResource', properties: {foo: 1}}}", {},
     "Property error: : resources.n<n.yaml>.resources.r.properties: : Unknown Property foo"),
    ("resources: {m: {type: m.yaml}}", {},
     "Property error: : resources.n<n.yaml>.resources.m<m.yaml>.resources.r.properties: : Unknown Property foo"),
    ("resources: {m: {type: missing.yaml}}", {},
     'resources.n<n.yaml>: : Could not fetch remote template "missing.yaml": Invalid URL scheme '),
    ("parameters: {p: {type: string}}", {}, "Property error: : resources.n.properties: : Property p not assigned"),
    ("parameters: {p: {type: string, default: a}}", {"q": 1}, "Property error: : resources.n.properties: : Unknown Property q"),
    ("parameters: {p: {type: string, constraints: [{length: {max: 2}}]}}", {"p": "abc"},
     "Property error: : resources.n.properties.p: : length (3) is out of range (min: None, max: 2)"),
]


@pytest.mark.parametrize("text, properties, message", MISTAKES)
def test_mistakes_in_nested_templates(service, stack_name, text, properties, message):
    files = {"n.yaml": HOT + text, "m.yaml": HOT + "resources: {r: {type: 'OS::Heat::TestResource', properties: {foo: 1}}}"}
    body = {"stack_name": stack_name, "template": template({"n": nested("n.yaml", **properties)}), "files": files}
    assert service.api("POST", "/stacks", body).expect(400).message == message
    assert service.api("GET", f"/stacks/{stack_name}").status == 404


def test_a_template_that_includes_itself(service, stack_name):
    body = {"stack_name": stack_name, "template": template({"n": {"type": "n.yaml"}}),
            "files": {"n.yaml": HOT + "resources: {n: {type: n.yaml}}"}}
    assert service.api("POST", "/stacks", body).expect(400).message.endswith("Recursion depth exceeds 5.")


def test_limit_of_resources_counts_the_tree(make_service, stack_name):
    service = make_service(config={"max_resources_per_stack": 5})
    body = tree({"n": nested("middle.yaml", p="a")}, stack_name=stack_name)
    service.api("POST", "/stacks", body).expect(201)
    body = tree({"n": nested("middle.yaml", p="a"), "m": resource("None")}, stack_name=stack_name + "-2")
    assert service.api("POST", "/stacks", body).expect(400).message.endswith("Maximum resources per stack exceeded.")


def test_nested_stacks_do_not_count_against_the_tenant(make_service, stack_name):
    service = make_service(config={"max_stacks_per_tenant": 2})
    create(service, stack_name, {"n": nested("middle.yaml", p="a")})
    create(service, stack_name + "-2", {"n": nested("middle.yaml", p="a")})


def test_show_nested_parameters(service):
    body = {"template": template({"n": nested("middle.yaml", p="x")}), "files": FILES}
    shown = service.api("POST", "/validate?show_nested=True", body).expect(200).json["NestedParameters"]["n"]
    assert shown["Type"] == "middle.yaml" and shown["Parameters"]["p"]["Value"] == "x"
    assert shown["NestedParameters"]["0"]["Parameters"]["wait"]["Default"] == 0


def test_preview(service, stack_name):
    body = tree({"n": nested("middle.yaml", p="x"), "v": resource("Value", value=1)}, stack_name=stack_name)
    shown = service.api("POST", "/stacks/preview", body).expect(200).json["stack"]["resources"]
    deep = shown[0][0][0]
    assert (deep["resource_name"], deep["parent_resource"], deep["stack_name"]) == ("r", "0", f"{stack_name}-n-0")
    assert shown[1]["resource_name"] == "v"


# ---- failure ----------------------------------------------------------------------------------------------------------


def test_failure_tells_the_whole_path(service, stack_name):
    path = create(service, stack_name, {"n": nested("middle.yaml", p="a", fail=True)}, wait="CREATE_FAILED")
    assert service.show(path)["stack_status_reason"] == \
        "Resource CREATE failed: ValueError: resources.n.resources[0].resources.r: Test Resource failed r"
    assert resources(service, child(service, path, "n"))["0"]["resource_status_reason"] == \
        "ValueError: resources[0].resources.r: Test Resource failed r"


def test_rollback_of_a_creation_takes_children_along(service, stack_name):
    body = {"good": nested("middle.yaml", p="a"), "slow": nested(p="a", wait=60),
            "bad": nested(p="b", fail=True, depends_on=["good"]), "n": nested(p="c", depends_on=["bad"])}
    path = create(service, stack_name, body, wait="ROLLBACK_COMPLETE", disable_rollback=False)
    assert resources(service, path) == {} and no_orphans(service)
    assert stored(service, f"select count(*) from stack where deleted_at is null and parent_id = '{path.split('/')[-1]}'") == [["0"]]


def test_a_failed_child_is_updated_in_place(service, stack_name):
    path = create(service, stack_name, {"n": nested("middle.yaml", p="a", fail=True)}, wait="CREATE_FAILED")
    before = child(service, path, "n")
    body = tree({"n": nested("middle.yaml", p="b")})
    put(service, path, body["template"], files=FILES)
    assert child(service, path, "n") == before and outputs(service, path)["o"]["output_value"] == "b!"


def test_timeout(service, stack_name):
    name = stack_name
    path = create(service, name, {"n": nested("middle.yaml", p="a", wait=300)}, wait=None, timeout_mins=1)
    wait_until("the leaf to begin", lambda: stored(
        service, f"select count(*) from operation where state = 'RUNNING' and deadline_at is not null and stack_id in "
                 f"(select id from stack where root_id = '{path.split('/')[-1]}')") == [["3"]])
    deadlines = stored(service, f"select count(distinct date_trunc('second', deadline_at)) from operation where stack_id in "
                                f"(select id from stack where root_id = '{path.split('/')[-1]}')")
    assert deadlines == [["1"]]
    service.delete(path)
    assert no_orphans(service)


# ---- update -----------------------------------------------------------------------------------------------------------


def test_update_goes_down(service, stack_name):
    path = create(service, stack_name, {"n": nested("middle.yaml", p="a")})
    middle = child(service, path, "n")
    physical = resources(service, child(service, middle, "0"))["r"]["physical_resource_id"]
    put(service, path, tree({"n": nested("middle.yaml", p="b")})["template"], files=FILES)
    assert child(service, path, "n") == middle and state(service, middle) == "UPDATE_COMPLETE"
    assert outputs(service, path)["o"]["output_value"] == "b!"
    assert resources(service, child(service, middle, "0"))["r"]["physical_resource_id"] == physical
    assert service.show(middle)["parameters"]["p"] == "b"


def test_update_of_a_nested_template(service, stack_name):
    path = create(service, stack_name, {"n": nested("middle.yaml", p="a")})
    more = {**FILES, "leaf.yaml": LEAF.replace("resources:\n", "resources:\n  more: {type: 'OS::Heat::None'}\n")}
    put(service, path, tree({"n": nested("middle.yaml", p="a")})["template"], files=more)
    leaf = child(service, child(service, path, "n"), "1")
    assert set(resources(service, leaf)) == {"r", "more"}
    put(service, path, tree({"n": nested("middle.yaml", p="a")})["template"], files=FILES)
    assert set(resources(service, leaf)) == {"r"}


def test_rollback_of_an_update_goes_down(service, stack_name):
    path = create(service, stack_name, {"n": nested("middle.yaml", p="a")})
    body = {"n": nested("middle.yaml", p="b"), "bad": nested(p="x", fail=True, depends_on=["n"])}
    put(service, path, tree(body)["template"], files=FILES, disable_rollback=False, wait="ROLLBACK_COMPLETE")
    assert outputs(service, path)["o"]["output_value"] == "a!" and set(resources(service, path)) == {"n"}
    assert no_orphans(service)


def test_removed_and_changed_types(service, stack_name):
    path = create(service, stack_name, {"n": nested("middle.yaml", p="a"), "m": nested(p="a")})
    before = child(service, path, "n")
    put(service, path, tree({"n": nested(p="a")})["template"], files=FILES)
    assert child(service, path, "n") != before and set(resources(service, path)) == {"n"}
    assert no_orphans(service)
    put(service, path, template({"n": resource("Value", value=1)}))
    assert resources(service, path)["n"]["resource_type"] == "OS::Heat::Value" and no_orphans(service)


def test_a_deleted_child_is_made_again(service, stack_name):
    path = create(service, stack_name, {"n": nested("middle.yaml", p="a")})
    before = child(service, path, "n")
    service.delete(before)
    put(service, path, tree({"n": nested("middle.yaml", p="a")})["template"], files=FILES)
    assert child(service, path, "n") != before and outputs(service, path)["o"]["output_value"] == "a!"


def test_direct_update_of_a_child(service, stack_name):
    path = create(service, stack_name, {"n": nested(p="a")})
    leaf = child(service, path, "n")
    service.api("PATCH", leaf, {"parameters": {"p": "direct"}}).expect(202)
    service.wait(leaf, "UPDATE_COMPLETE")
    assert service.show(leaf)["outputs"][0]["output_value"] == "direct"
    put(service, path, tree({"n": nested(p="a")})["template"], files=FILES)
    assert service.show(leaf)["outputs"][0]["output_value"] == "a"


def test_update_while_the_child_works(service, stack_name):
    """The step under way goes to its own end, then the resource is compared again."""
    path = create(service, stack_name, {"n": nested("middle.yaml", p="a", wait=1)}, wait=None)
    wait_for_resource(service, path, "n", "CREATE_IN_PROGRESS")
    put(service, path, tree({"n": nested("middle.yaml", p="b")})["template"], files=FILES)
    assert outputs(service, path)["o"]["output_value"] == "b!"


def test_preview_of_an_update(service, stack_name):
    path = create(service, stack_name, {"n": nested("middle.yaml", p="a")})
    changes = service.api("PUT", f"{path}/preview", tree({"n": nested("middle.yaml", p="a")})).expect(200).json["resource_changes"]
    shown = changes["updated"][0]
    assert shown["resource_name"] == "n" and shown["nested_stack_id"]["stack_id"] == child(service, path, "n").split("/")[-1]
    assert shown["attributes"] == {"out": "a!"}


# ---- deletion and the other actions -----------------------------------------------------------------------------------


def test_deletion_pre_empts_the_tree(service, stack_name):
    path = create(service, stack_name, {"n": nested("middle.yaml", p="a", wait=300)}, wait=None)
    wait_until("the leaf to begin", lambda: stored(
        service, f"select count(*) from stack where root_id = '{path.split('/')[-1]}'") == [["3"]])
    service.delete(path)
    assert no_orphans(service)


def test_suspend_resume_check(service, stack_name):
    path = create(service, stack_name, {"n": nested("middle.yaml", p="a")})
    middle = child(service, path, "n")
    leaf = child(service, middle, "0")
    for action in ("suspend", "resume", "check"):
        service.api("POST", f"{path}/actions", {action: None}).expect(200)
        service.wait(path, f"{action.upper()}_COMPLETE")
        assert {state(service, p) for p in (middle, leaf)} == {f"{action.upper()}_COMPLETE"}
    assert service.show(path)["stack_status_reason"] == \
        "Stack CHECK completed successfully. 'CHECK' not fully supported (see resources)"


def test_export_and_snapshot_have_the_tree(make_service, stack_name):
    service = make_service(config={"enable_stack_abandon": "true", "enable_stack_adopt": "true"})
    path = create(service, stack_name, {"n": nested("middle.yaml", p="a")})
    data = service.api("GET", f"{path}/export").expect(200).json
    leaf = data["resources"]["n"]["resources"]["0"]
    assert leaf["environment"]["parameters"]["p"] == "a" and leaf["resources"]["r"]["type"] == "OS::Heat::TestResource"
    snapshot = service.api("POST", f"{path}/snapshots", {"name": "s"}).expect(200).json["id"]
    service.wait(path, "SNAPSHOT_COMPLETE")
    put(service, path, tree({"n": nested("middle.yaml", p="b")})["template"], files=FILES)
    service.api("POST", f"{path}/snapshots/{snapshot}/restore").expect(202)
    service.wait(path, "RESTORE_COMPLETE")
    assert outputs(service, path)["o"]["output_value"] == "a!"


def test_abandon_and_adopt_a_tree(make_service, stack_name):
    service = make_service(config={"enable_stack_abandon": "true", "enable_stack_adopt": "true"})
    path = create(service, stack_name, {"n": nested("middle.yaml", p="a")})
    r = resources(service, child(service, child(service, path, "n"), "0"))["r"]["physical_resource_id"]
    data = service.api("DELETE", f"{path}/abandon").expect(200).json
    wait_until("the tree to be gone", lambda: stored(service, "select count(*) from stack where deleted_at is null") == [["0"]])
    body = {"stack_name": stack_name, "adopt_stack_data": json.dumps(data)}
    path = f"/stacks/{stack_name}/" + service.api("POST", "/stacks", body).expect(201).json["stack"]["id"]
    service.wait(path, "ADOPT_COMPLETE")
    leaf = child(service, child(service, path, "n"), "0")
    assert state(service, leaf) == "ADOPT_COMPLETE"
    assert resources(service, leaf)["r"]["physical_resource_id"] == r
    assert outputs(service, path)["o"]["output_value"] == "a!"


def test_retained_children_stay(service, stack_name):
    path = create(service, stack_name, {"n": {**nested(p="a"), "deletion_policy": "Retain"}})
    leaf = child(service, path, "n")
    service.delete(path)
    assert state(service, leaf) == "CREATE_COMPLETE"
    service.delete(leaf)


# ---- hidden values ----------------------------------------------------------------------------------------------------


def test_hidden_values_stay_hidden_in_the_tree(service, stack_name):
    secret = "do-not-tell-" + stack_name
    path = service.create(stack_name, template({"n": nested("middle.yaml", p={"get_param": "s"})},
                                               parameters={"s": {"type": "string", "hidden": True}}),
                          files=FILES, parameters={"s": secret})
    middle = child(service, path, "n")
    leaf = child(service, middle, "0")
    for stack in (middle, leaf):
        assert service.show(stack)["parameters"]["p"] == "******"
        assert service.api("GET", f"{stack}/environment").json["parameters"]["p"] == "******"
    assert service.show(leaf)["outputs"][0]["output_value"] == secret  # as the template shows it
    for table in ("stack", "resource", "document", "operation", "event", "snapshot"):
        assert stored(service, f"select count(*) from {table} t where t::text like '%{secret}%'") == [["0"]], table


# ---- when engines die -------------------------------------------------------------------------------------------------


def kill_now_and_then(service, seconds, seed):
    rng = random.Random(seed)
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        time.sleep(rng.uniform(0.05, 0.4))
        for pid in engines(service)[:rng.randint(1, 2)]:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass


@pytest.mark.parametrize("seed", range(2))
def test_engines_killed_at_random(make_service, stack_name, seed):
    """Creation, update and deletion of trees three deep all end as they should, with two engines that die again and
    again."""
    service = make_service(config={"lease": "500ms", "poll_interval": "100ms", "engines": 2, "max_operations": 3})
    body = {"n": nested("middle.yaml", p="a", wait=0.1), "m": nested("middle.yaml", p="b", wait=0.1, depends_on=["n"]),
            "l": nested(p="c", wait=0.1)}
    paths = [create(service, f"{stack_name}-{i}", body, wait=None) for i in range(3)]
    kill_now_and_then(service, 3, seed)
    for path in paths:
        service.wait(path, "CREATE_COMPLETE", timeout=60)
        assert outputs(service, path)["o"]["output_value"] == "a!"
    assert no_orphans(service) and stored(service, "select count(*) from stack where parent_id is not null") == [["21"]]
    body["n"] = nested("middle.yaml", p="new", wait=0.1)
    del body["m"]
    for path in paths:
        put(service, path, tree(body)["template"], files=FILES, wait=None)
    kill_now_and_then(service, 3, seed + 10)
    for path in paths:
        service.wait(path, "UPDATE_COMPLETE", timeout=60)
        assert outputs(service, path)["o"]["output_value"] == "new!"
    assert no_orphans(service)
    assert stored(service, "select count(*) from stack where parent_id is not null and deleted_at is null") == [["12"]]
    for path in paths:
        service.api("DELETE", path).expect(204)
    kill_now_and_then(service, 2, seed + 20)
    wait_until("everything to be deleted",
               lambda: stored(service, "select count(*) from stack where deleted_at is null") == [["0"]], timeout=60)
    assert "may not go from" not in service.log()


def test_resource_facade(service, stack_name):
    inner = HOT + "outputs: {out: {value: [{resource_facade: metadata}, {resource_facade: deletion_policy}]}}\n"
    path = service.create(stack_name, tree({"n": {"type": "a.yaml", "metadata": {"k": "v"}, "deletion_policy": "Delete"}})["template"],
                          files={"a.yaml": inner})
    assert outputs(service, path)["o"]["output_value"] == [{"k": "v"}, "Delete"]


def test_preview_of_an_update_goes_down_the_tree(service, stack_name):
    path = create(service, stack_name, {"n": nested("middle.yaml", p="x")})
    def preview(**resources):
        body = {"template": template(resources), "files": FILES}
        changes = service.api("PUT", f"{path}/preview?show_nested=True", body).expect(200).json["resource_changes"]
        return {kind: sorted(r["resource_name"] for r in found) for kind, found in changes.items() if found}
    # what the second leaf gets of the first is not known yet: that counts as a change
    assert preview(n=nested("middle.yaml", p="x"), m=nested(p="y")) == {
        "updated": ["0", "1", "n", "r"], "unchanged": ["r"], "added": ["m", "r"]}
    assert preview(n=nested("middle.yaml", p="z")) == {"updated": ["0", "1", "n", "r", "r"]}
    assert preview() == {"deleted": ["0", "1", "n", "r", "r"]}
