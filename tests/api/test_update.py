"""Updates of stacks: what is kept, changed, replaced, added and removed; failure, rollback, pre-emption, and what happens when
an engine dies in the middle."""

import json
import os
import random
import signal

import pytest

from hearth import wait_until
from test_engine import events, outputs, resource, resources, stored, template, wait_for_resource


def put(service, path, new=None, method="PUT", status=202, wait="UPDATE_COMPLETE", **body):
    """Updates; a template given as resources is completed."""
    if new is not None:
        body["template"] = new if "heat_template_version" in new else template(new)
    reply = service.api(method, path, body).expect(status)
    if status == 202 and wait:
        service.wait(path, wait)
    return reply


def ids(service, path):
    return {name: r["physical_resource_id"] for name, r in resources(service, path).items()}


def since(service, path, before):
    """(resource, status) of the events after those, oldest first, the stack's own left out."""
    name = path.split("/")[2]
    return [(who, status) for who, status, _ in events(service, path)[before:] if who != name]


def count(service, path):
    return len(events(service, path))


def steps(*names):
    return [(name, status) for name in names for status in ("UPDATE_IN_PROGRESS", "UPDATE_COMPLETE")]


def cycle(name, action):
    return [(name, f"{action}_IN_PROGRESS"), (name, f"{action}_COMPLETE")]


def rows(service, path):
    """Every row of the stack's resources, superseded ones too."""
    return stored(service, f"select name, physical_id from resource where stack_id = '{path.split('/')[-1]}' order by name")


def test(value="1", depends_on=None, **properties):
    return resource("TestResource", depends_on, value=value, **properties)


test.__test__ = False


# ---- what becomes of a resource ------------------------------------------------------------------------------------------


def test_the_answer_is_accepted(service, stack_name):
    path = service.create(stack_name, template({"a": test()}))
    reply = put(service, path, {"a": test()})
    assert reply.json == {"code": "202 Accepted", "title": "Accepted",
                          "message": "The request is accepted for processing.<br /><br />\n\n\n"}
    stack = service.show(path)
    assert stack["stack_status_reason"] == "Stack UPDATE completed successfully" and stack["updated_time"]


def test_what_is_as_it_was_is_left_alone(service, stack_name):
    path = service.create(stack_name, template({"a": test(), "b": resource("RandomString", ["a"])}))
    before, known = ids(service, path), count(service, path)
    put(service, path, {"a": test(), "b": resource("RandomString", ["a"])})
    assert since(service, path, known) == [] and ids(service, path) == before


def test_a_changed_property_is_changed_in_place(service, stack_name):
    new = {"a": test("2"), "v": resource("Value", value={"get_attr": ["a", "output"]}), "u": resource("Value", value="x")}
    path = service.create(stack_name, template({**new, "a": test("1")}, outputs={"o": {"value": {"get_attr": ["v", "value"]}}}))
    before, known = ids(service, path), count(service, path)
    put(service, path, template(new, outputs={"o": {"value": {"get_attr": ["v", "value"]}}}))
    assert since(service, path, known) == steps("a", "v")
    assert ids(service, path) == before and outputs(service, path)["o"]["output_value"] == "2"


def test_added_ones_are_made_and_missing_ones_deleted(service, stack_name):
    path = service.create(stack_name, template({"a": test(), "b": test("1", ["a"]), "c": test()}))
    known = count(service, path)
    put(service, path, {"c": test(), "d": resource("Value", value={"get_resource": "c"})})
    assert since(service, path, known) == cycle("d", "CREATE") + cycle("b", "DELETE") + cycle("a", "DELETE")
    found = resources(service, path)
    assert set(found) == {"c", "d"} and found["c"]["required_by"] == ["d"] and len(rows(service, path)) == 2


def test_a_property_that_cannot_change_means_a_replacement(service, stack_name):
    new = lambda v: {"a": test("1", update_replace_value=v), "r": resource("Value", value={"get_resource": "a"}),
                     "o": resource("Value", value={"get_attr": ["a", "output"]})}
    path = service.create(stack_name, template(new("1")))
    before, known = ids(service, path), count(service, path)
    put(service, path, new("2"))
    assert since(service, path, known) == steps("a") + cycle("a", "CREATE") + steps("r") + cycle("a", "DELETE")
    after = ids(service, path)
    assert after["a"] != before["a"] and after["r"] == before["r"] and after["o"] == before["o"]
    assert len(rows(service, path)) == 3
    assert ("a", "UPDATE_COMPLETE", "The Resource a requires replacement.") in events(service, path)
    value = service.api("GET", f"{path}/resources/r").json["resource"]["attributes"]["value"]
    assert value == after["a"]


def test_a_types_own_rule_means_a_replacement(service, stack_name):
    path = service.create(stack_name, template({"a": test("1", update_replace=True)}))
    before = ids(service, path)["a"]
    put(service, path, {"a": test("2", update_replace=True)})
    said = [reason for who, status, reason in events(service, path) if (who, status) == ("a", "UPDATE_COMPLETE")]
    assert said == [f'The Resource TestResource "a" [{before}] Stack "{stack_name}" [{path.split("/")[-1]}] requires replacement.']
    assert ids(service, path)["a"] != before


def test_a_type_that_takes_no_updates_is_replaced(service, stack_name):
    path = service.create(stack_name, template({"a": resource("Delay", min_wait=0)}))
    known = count(service, path)
    put(service, path, {"a": resource("Delay", min_wait=0.1)})
    assert since(service, path, known) == steps("a") + cycle("a", "CREATE") + cycle("a", "DELETE")


def test_another_type_means_a_replacement(service, stack_name):
    path = service.create(stack_name, template({"a": test(), "v": resource("Value", value={"get_resource": "a"})}))
    known = count(service, path)
    put(service, path, {"a": resource("RandomString"), "v": resource("Value", value={"get_resource": "a"})})
    assert since(service, path, known) == cycle("a", "CREATE") + steps("v") + cycle("a", "DELETE")
    assert resources(service, path)["a"]["resource_type"] == "OS::Heat::RandomString"


def test_a_spelled_out_default_is_an_update_that_changes_nothing(service, stack_name):
    path = service.create(stack_name, template({"a": test("1")}))
    before, known = ids(service, path), count(service, path)
    put(service, path, {"a": test("1", fail=False)})
    assert since(service, path, known) == steps("a") and ids(service, path) == before


def test_a_resource_of_no_type_is_never_updated(service, stack_name):
    path = service.create(stack_name, template({"a": resource("None", x=1)}))
    before, known = ids(service, path), count(service, path)
    put(service, path, {"a": resource("None", x=2)})
    assert since(service, path, known) == [] and ids(service, path) == before


@pytest.mark.parametrize("change", [{"metadata": {"k": 2}}, {"deletion_policy": "Retain"}, {"depends_on": ["b"]}])
def test_a_change_beside_the_properties_is_an_update(service, stack_name, change):
    path = service.create(stack_name, template({"a": test(), "b": test()}))
    before, known = ids(service, path), count(service, path)
    put(service, path, {"a": {**test(), **change}, "b": test()})
    assert since(service, path, known) == steps("a") and ids(service, path) == before
    found = resources(service, path)
    assert found["b"]["required_by"] == (["a"] if "depends_on" in change else [])
    if "metadata" in change:
        assert service.api("GET", f"{path}/resources/a/metadata").json["metadata"] == {"k": 2}


def test_a_new_description_is_taken_over_silently(service, stack_name):
    path = service.create(stack_name, template({"a": test()}))
    known = count(service, path)
    put(service, path, template({"a": {**test(), "description": "of a"}}, description="of all"))
    assert since(service, path, known) == []
    assert service.api("GET", f"{path}/resources/a").json["resource"]["description"] == "of a"
    assert service.show(path)["description"] == "of all"


def test_a_condition_that_flips_adds_and_removes(service, stack_name):
    new = template({"a": {**test(), "condition": "on"}, "b": test()}, parameters={"flag": {"type": "boolean", "default": True}},
                   conditions={"on": {"get_param": "flag"}})
    path = service.create(stack_name, new)
    put(service, path, new, parameters={"flag": False})
    assert set(resources(service, path)) == {"b"}
    put(service, path, new, parameters={"flag": True})
    assert set(resources(service, path)) == {"a", "b"}


def test_what_is_to_be_retained_is_only_forgotten(service, stack_name):
    path = service.create(stack_name, template({"a": {**test("1", action_wait_secs={"delete": 600}), "deletion_policy": "Retain"},
                                                "b": test()}))
    put(service, path, {"b": test()})
    assert set(resources(service, path)) == {"b"}


def test_replaced_ones_go_in_reverse_order(service, stack_name):
    new = lambda v: {"a": test("1", update_replace_value=v), "b": test("1", ["a"], update_replace_value=v)}
    path = service.create(stack_name, template(new("1")))
    known = count(service, path)
    put(service, path, new("2"))
    assert [who for who, status in since(service, path, known) if status == "DELETE_COMPLETE"] == ["b", "a"]


def test_an_update_handle_is_new_after_every_update(service, stack_name):
    new = {"h": {"type": "OS::Heat::UpdateWaitConditionHandle"}}
    path = service.create(stack_name, template(new))
    service.api("POST", f"{path}/resources/h/signal", {"Data": "", "Reason": "", "Status": "SUCCESS", "UniqueId": "1"})
    before = ids(service, path)
    put(service, path, new)
    assert ids(service, path) != before
    assert service.api("GET", f"{path}/resources/h/metadata").json["metadata"] == {}


def test_a_wait_condition_waits_for_more(service, stack_name):
    new = lambda n: {"h": {"type": "OS::Heat::WaitConditionHandle"}, "w": resource(
        "WaitCondition", handle={"get_resource": "h"}, count=n, timeout=60)}
    path = service.create(stack_name, template(new(1)), wait=None)
    wait_for_resource(service, path, "w", "CREATE_IN_PROGRESS")
    service.api("POST", f"{path}/resources/h/signal", {})
    service.wait(path, "CREATE_COMPLETE")
    before = ids(service, path)
    put(service, path, new(2), wait=None)
    wait_for_resource(service, path, "w", "UPDATE_IN_PROGRESS")
    service.api("POST", f"{path}/resources/h/signal", {})
    service.wait(path, "UPDATE_COMPLETE")
    assert ids(service, path) == before and len(service.api("GET", f"{path}/resources/h/metadata").json["metadata"]) == 2


# ---- what the request may say ----------------------------------------------------------------------------------------------

WITH_PARAMETERS = template({"a": resource("TestResource", value={"get_param": "x"}), "b": resource(
    "TestResource", value={"get_param": "y"})}, parameters={"x": {"type": "string", "default": "dx"}, "y": {
        "type": "string", "default": "dy"}})


def values(service, path):
    shown = service.show(path)["parameters"]
    return shown["x"], shown["y"]


def test_a_put_forgets_what_it_does_not_name(service, stack_name):
    path = service.create(stack_name, WITH_PARAMETERS, parameters={"x": "1"}, tags="t", timeout_mins=20, disable_rollback=False)
    put(service, path, WITH_PARAMETERS, parameters={"y": "2"})
    stack = service.show(path)
    assert values(service, path) == ("dx", "2")
    assert (stack["tags"], stack["timeout_mins"], stack["disable_rollback"]) == ([], 20, False)


def test_a_patch_keeps_what_it_does_not_name(service, stack_name):
    path = service.create(stack_name, WITH_PARAMETERS, parameters={"x": "1"}, tags="t", timeout_mins=20, disable_rollback=False)
    put(service, path, method="PATCH", parameters={"y": "2"})
    stack = service.show(path)
    assert values(service, path) == ("1", "2")
    assert (stack["tags"], stack["timeout_mins"], stack["disable_rollback"]) == (["t"], 20, False)


def test_a_patch_clears_parameters(service, stack_name):
    path = service.create(stack_name, WITH_PARAMETERS, parameters={"x": "1", "y": "1"})
    put(service, path, method="PATCH", clear_parameters=["x"])
    assert values(service, path) == ("dx", "1")


def test_an_empty_patch_updates_nothing(service, stack_name):
    path = service.create(stack_name, WITH_PARAMETERS, parameters={"x": "1"})
    known = count(service, path)
    put(service, path, method="PATCH")
    assert since(service, path, known) == [] and values(service, path) == ("1", "dy")


def test_a_patch_leaves_parameters_of_an_old_template_behind(service, stack_name):
    path = service.create(stack_name, WITH_PARAMETERS, parameters={"x": "1"})
    put(service, path, {"a": test()}, method="PATCH")
    assert "x" not in service.show(path)["parameters"]
    assert service.api("GET", f"{path}/environment").json["parameters"] == {}


def test_a_patch_merges_environment_and_files(service, stack_name):
    path = service.create(stack_name, WITH_PARAMETERS, files={"f": "1", "g": "1"},
                          environment={"parameter_defaults": {"x": "ex", "y": "ey"}})
    put(service, path, method="PATCH", environment={"parameter_defaults": {"y": "new"}}, files={"g": "2"})
    assert values(service, path) == ("ex", "new")
    assert service.api("GET", f"{path}/files").json == {"f": "1", "g": "2"}


def test_environment_files_are_read(service, stack_name):
    path = service.create(stack_name, WITH_PARAMETERS, parameters={"x": "1"})
    put(service, path, method="PATCH", environment_files=["e"], files={"e": "parameters: {y: from file}"})
    assert values(service, path) == ("1", "from file")


def test_hidden_parameters_are_kept_by_a_patch(service, stack_name):
    new = template({"a": resource("TestResource", value={"get_param": "s"}), "b": resource("Value", value="1")},
                   parameters={"s": {"type": "string", "hidden": True}}, outputs={"o": {"value": {"get_attr": ["a", "output"]}}})
    path = service.create(stack_name, new, parameters={"s": "geheim"})
    new["resources"]["b"]["properties"]["value"] = "2"
    before, known = ids(service, path), count(service, path)
    put(service, path, new, method="PATCH")
    assert since(service, path, known) == steps("b") and ids(service, path) == before
    assert outputs(service, path)["o"]["output_value"] == "geheim"
    assert not stored(service, "select 1 from resource where concat(properties, definition, progress) like '%geheim%'")
    assert not stored(service, "select 1 from document where body like '%geheim%'")


def test_an_immutable_parameter_stays(service, stack_name):
    new = template({"a": resource("TestResource", value={"get_param": "x"})},
                   parameters={"x": {"type": "string", "immutable": True, "default": "1"}})
    path = service.create(stack_name, new)
    reply = put(service, path, new, status=400, parameters={"x": "2"})
    assert reply.message == "The following parameters are immutable and may not be updated: x"
    assert reply.json["error"]["type"] == "ImmutableParameterModified"
    put(service, path, new, parameters={"x": "1"})


def test_tags_and_arguments_are_taken_over(service, stack_name):
    path = service.create(stack_name, template({"a": test()}), tags="old")
    put(service, path, {"a": test()}, tags="new,er", timeout_mins=7, disable_rollback=False, converge=True)
    stack = service.show(path)
    assert (stack["tags"], stack["timeout_mins"], stack["disable_rollback"]) == (["new", "er"], 7, False)
    found = service.api("GET", "/stacks?tags=er").json["stacks"]
    assert stack_name in {s["stack_name"] for s in found}


@pytest.mark.parametrize("body,kind", [
    ({}, "HTTPBadRequest"), ({"template": {"resources": {}}}, "InvalidTemplateVersion"),
    ({"template": template({"a": {"type": "OS::No::Such"}})}, "StackValidationFailed"),
    ({"template": template({"a": test()}), "parameters": {"zz": 1}}, "UnknownUserParameter"),
    ({"template": template({"a": test(nope=1)})}, "StackValidationFailed"),
    ({"template": template({"a": test()}), "timeout_mins": "x"}, "HTTPBadRequest"),
    ({"template": template({"a": test()}), "converge": "x"}, "HTTPBadRequest"),
    ({"template": template({"a": resource("Value", value={"get_resource": "gone"})})}, "InvalidTemplateReference"),
])
def test_a_bad_update_changes_nothing(service, stack_name, body, kind):
    path = service.create(stack_name, template({"a": test()}))
    before = (service.show(path), count(service, path))
    reply = service.api("PUT", path, body).expect(400)
    assert reply.json["error"]["type"] == kind
    assert (service.show(path), count(service, path)) == before


def test_clear_parameters_must_be_names(service, stack_name):
    path = service.create(stack_name, template({"a": test()}))
    put(service, path, method="PATCH", clear_parameters=5, status=400)


def test_a_missing_stack_is_not_found(service):
    missing = "/stacks/nope/00000000-0000-0000-0000-000000000000"
    for method in ("PUT", "PATCH"):
        for rest in ("", "/preview"):
            reply = service.api(method, missing + rest, {"template": template({"a": test()})}).expect(404)
            assert reply.message == "The Stack (nope) could not be found."
        assert service.api(method, "/stacks/nope/nonsense", {"template": template({"a": test()})}).status == 404


def test_readers_and_strangers_may_not_update(service, stack_name):
    path = service.create(stack_name, template({"a": test()}))
    body = {"template": template({"a": test("2")})}
    for method in ("PUT", "PATCH"):
        assert service.api(method, path, body, user="reader").status == 403
        assert service.api(method, path, body, user="demo2").status == 404
    assert service.show(path)["stack_status"] == "CREATE_COMPLETE"


def test_a_stack_being_deleted_is_not_updated(service, stack_name):
    path = service.create(stack_name, template({"a": test("1", action_wait_secs={"delete": 600})}))
    service.api("DELETE", path).expect(204)
    reply = put(service, path, {"a": test()}, status=400)
    assert reply.message == "Updating a stack when it is deleting is not supported."


# ---- failure and rollback --------------------------------------------------------------------------------------------------


def test_a_failed_update_stays_where_it_failed(service, stack_name):
    path = service.create(stack_name, template({"a": test(), "b": test("1", ["a"]), "gone": test()}))
    known = count(service, path)
    put(service, path, {"a": test("2", fail=True), "b": test("2", ["a"])}, wait="UPDATE_FAILED")
    reason = "ValueError: resources.a: Test Resource failed a"
    assert service.show(path)["stack_status_reason"] == f"Resource UPDATE failed: {reason}"
    assert since(service, path, known) == [("a", "UPDATE_IN_PROGRESS"), ("a", "UPDATE_FAILED")]
    assert "gone" in resources(service, path)


def test_the_next_update_replaces_what_failed(service, stack_name):
    path = service.create(stack_name, template({"a": test(), "b": test("1", ["a"])}))
    before = ids(service, path)
    put(service, path, {"a": test("2", fail=True), "b": test("2", ["a"])}, wait="UPDATE_FAILED")
    known = count(service, path)
    put(service, path, {"a": test("3"), "b": test("2", ["a"])})
    assert since(service, path, known) == cycle("a", "CREATE") + steps("b") + cycle("a", "DELETE")
    after = ids(service, path)
    assert after["a"] != before["a"] and after["b"] == before["b"] and len(rows(service, path)) == 2


def test_a_failed_creation_is_continued(service, stack_name):
    new = lambda fail: {"a": test(), "b": test("1", ["a"], fail=fail), "c": test("1", ["b"])}
    path = service.create(stack_name, template(new(True)), wait="CREATE_FAILED")
    before, known = ids(service, path), count(service, path)
    put(service, path, new(False))
    assert since(service, path, known) == cycle("b", "CREATE") + cycle("c", "CREATE") + cycle("b", "DELETE")
    assert ids(service, path)["a"] == before["a"] and len(rows(service, path)) == 3


def test_a_failing_addition_fails_the_update_again_and_again(service, stack_name):
    path = service.create(stack_name, template({"a": test()}))
    for _ in range(2):
        put(service, path, {"a": test(), "x": test("1", fail=True)}, wait=None)
        wait_until("failure", lambda: service.show(path)["stack_status"] == "UPDATE_FAILED")
    put(service, path, {"a": test(), "x": test("1")})
    assert sorted(name for name, _ in rows(service, path)) == ["a", "x"]


def test_a_rollback_restores_everything(service, stack_name):
    old = template({"a": test(), "b": test("1", ["a"]), "r": resource("RandomString", length=5), "gone": test()},
                   outputs={"o": {"value": {"get_attr": ["a", "output"]}}})
    path = service.create(stack_name, old, disable_rollback=False)
    before, shown = ids(service, path), service.show(path)
    new = template({"a": test("2"), "r": resource("RandomString", length=6), "new": test(),
                    "b": test("2", ["a", "r", "new"], fail=True)}, description="new")
    put(service, path, new, wait="ROLLBACK_COMPLETE")
    after = ids(service, path)
    assert set(after) == set(before) and {n for n in after if after[n] != before[n]} == {"b"}  # b failed: replaced
    stack = service.show(path)
    assert stack["description"] == shown["description"] and stack["outputs"] == shown["outputs"]
    assert service.api("GET", f"{path}/template").json["resources"].keys() == old["resources"].keys()
    assert len(rows(service, path)) == 4
    own = [(status, reason) for who, status, reason in events(service, path) if who == stack_name][2:]
    assert own == [("UPDATE_IN_PROGRESS", "Stack UPDATE started"),
                   ("UPDATE_FAILED", "Resource UPDATE failed: ValueError: resources.b: Test Resource failed b"),
                   ("ROLLBACK_IN_PROGRESS", "Stack ROLLBACK started"),
                   ("ROLLBACK_COMPLETE", "Stack ROLLBACK completed successfully")]


def test_a_replaced_resource_stands_again_after_a_rollback(service, stack_name):
    new = lambda v, fail: {"a": test(v, update_replace_value=v), "b": test({"get_attr": ["a", "output"]}),
                           "c": test(v, ["b"], fail=fail)}
    path = service.create(stack_name, template(new("1", False)), disable_rollback=False)
    before, known = ids(service, path), count(service, path)
    put(service, path, new("2", True), wait="ROLLBACK_COMPLETE")
    after = ids(service, path)
    assert after["a"] == before["a"] and after["b"] == before["b"]
    assert since(service, path, known)[-8:] == steps("b") + cycle("c", "CREATE") + cycle("c", "DELETE") + cycle("a", "DELETE")


def time_out(service, path):
    """The deadline is now; engines come up anew and find it."""
    stored(service, f"update operation set deadline_at = now() where stack_id = '{path.split('/')[-1]}'")
    service.signal(signal.SIGHUP)


def test_a_rollback_that_fails_says_so(make_service, stack_name):
    service = make_service()
    path = service.create(stack_name, template({"a": test("1", action_wait_secs={"update": 600}), "b": test("1", ["a"])}),
                          disable_rollback=False)
    put(service, path, {"a": test("2"), "b": test("2", ["a"], fail=True)}, wait=None)
    wait_until("rollback", lambda: service.show(path)["stack_status"] == "ROLLBACK_IN_PROGRESS")
    wait_for_resource(service, path, "a", "UPDATE_IN_PROGRESS")
    time_out(service, path)
    service.wait(path, "ROLLBACK_FAILED")
    assert service.show(path)["stack_status_reason"] == "Timed out"
    put(service, path, {"a": test("1")})
    assert len(rows(service, path)) == 1


def test_an_update_times_out(make_service, stack_name):
    service = make_service()
    path = service.create(stack_name, template({"a": test()}), timeout_mins=1)
    put(service, path, {"a": test("2", action_wait_secs={"update": 600})}, wait=None)
    wait_for_resource(service, path, "a", "UPDATE_IN_PROGRESS")
    time_out(service, path)
    service.wait(path, "UPDATE_FAILED")
    assert service.show(path)["stack_status_reason"] == "Timed out"
    assert resources(service, path)["a"]["resource_status_reason"].startswith('UPDATE aborted (Task update from TestResource "a"')


# ---- more than one at a time -----------------------------------------------------------------------------------------------


def test_a_second_update_pre_empts_the_first(service, stack_name):
    path = service.create(stack_name, template({"a": test(), "b": test("1", ["a"])}))
    before, known = ids(service, path), count(service, path)
    new = lambda v: {"a": test(v, action_wait_secs={"update": 0.6}), "b": test(v, ["a"])}
    put(service, path, new("2"), wait=None)
    wait_for_resource(service, path, "a", "UPDATE_IN_PROGRESS")
    put(service, path, new("3"))
    assert since(service, path, known) == steps("a", "a", "b")  # what was under way ended first
    assert ids(service, path) == before
    assert service.api("GET", f"{path}/resources/b").json["resource"]["attributes"]["output"] == "3"


def test_a_creation_is_pre_empted_by_an_update(service, stack_name):
    path = service.create(stack_name, template({"a": test("1", wait_secs=0.5), "b": test("1", ["a"]), "c": test("1", ["b"])}),
                          wait=None)
    wait_for_resource(service, path, "a", "CREATE_IN_PROGRESS")
    known = count(service, path)
    put(service, path, {"a": test("1", wait_secs=0.5), "b": test("2", ["a"])})
    assert since(service, path, known) == [("a", "CREATE_COMPLETE")] + cycle("b", "CREATE")
    assert len(rows(service, path)) == 2


def test_many_updates_at_once_end_as_the_last(service, stack_name):
    path = service.create(stack_name, template({"a": test("0")}))
    for i in range(1, 20):
        put(service, path, {"a": test(str(i)), f"n{i}": test()}, wait=None)
    service.wait(path, "UPDATE_COMPLETE")
    assert set(resources(service, path)) == {"a", "n19"} and len(rows(service, path)) == 2
    assert service.api("GET", f"{path}/resources/a").json["resource"]["attributes"]["output"] == "19"


def test_a_deletion_pre_empts_an_update(service, stack_name):
    path = service.create(stack_name, template({"a": test("1", update_replace_value="1"), "b": test("1", ["a"])}))
    put(service, path, {"a": test("1", update_replace_value="2", action_wait_secs={"create": 600}), "b": test("1", ["a"])},
        wait=None)
    wait_for_resource(service, path, "a", "CREATE_IN_PROGRESS")
    service.delete(path)
    seen = stored(service, f"select resource_name, action, status from event where stack_id = '{path.split('/')[-1]}' and "
                           "action = 'DELETE' and resource_name in ('a', 'b') and status = 'COMPLETE' order by seq")
    assert [name for name, *_ in seen] == ["b", "a", "a"] and rows(service, path) == []


# ---- when something dies ---------------------------------------------------------------------------------------------------


def test_an_update_goes_on_after_the_engine_was_killed(make_service, stack_name):
    service = make_service({"lease": "1s"})
    new = lambda v, wait: {"a": test(v, update_replace_value=v), "b": test({"get_attr": ["a", "output"]}, action_wait_secs={
        "update": wait}), "c": test(v, ["b"]), **({"old": test()} if v == "1" else {"new": test()})}
    path = service.create(stack_name, template(new("1", 0)))
    before = ids(service, path)
    put(service, path, new("2", 1.5), wait=None)
    wait_for_resource(service, path, "b", "UPDATE_IN_PROGRESS")
    for pid in service.children("engine"):
        os.kill(pid, signal.SIGKILL)
    service.wait(path, "UPDATE_COMPLETE")
    after = ids(service, path)
    assert set(after) == {"a", "b", "c", "new"} and after["b"] == before["b"] and after["a"] != before["a"]
    seen = [(who, status) for who, status, _ in events(service, path)]
    assert seen.count(("a", "DELETE_COMPLETE")) == 1 and seen.count(("a", "CREATE_COMPLETE")) == 2
    assert len(rows(service, path)) == 4


def test_a_rollback_goes_on_after_the_engine_was_killed(make_service, stack_name):
    service = make_service({"lease": "1s"})
    path = service.create(stack_name, template({"a": test("1", action_wait_secs={"update": 1.5}), "b": test("1", ["a"])}),
                          disable_rollback=False)
    before = ids(service, path)
    put(service, path, {"a": test("2"), "b": test("2", ["a"], fail=True)}, wait=None)
    wait_until("rollback", lambda: service.show(path)["stack_status"] == "ROLLBACK_IN_PROGRESS")
    for pid in service.children("engine"):
        os.kill(pid, signal.SIGKILL)
    service.wait(path, "ROLLBACK_COMPLETE")
    assert ids(service, path)["a"] == before["a"] and len(rows(service, path)) == 2
    assert service.api("GET", f"{path}/resources/a").json["resource"]["attributes"]["output"] == "1"


# ---- marks -----------------------------------------------------------------------------------------------------------------


def mark(service, path, name, unhealthy=True, **body):
    return service.api("PATCH", f"{path}/resources/{name}", {"mark_unhealthy": unhealthy, **body})


def test_a_marked_resource_is_replaced(service, stack_name):
    new = {"a": test(), "b": resource("Value", value={"get_resource": "a"})}
    path = service.create(stack_name, template(new))
    before = ids(service, path)
    mark(service, path, "a", resource_status_reason="sick").expect(200)
    assert events(service, path)[-1] == ("a", "CHECK_FAILED", "sick")
    known = count(service, path)
    put(service, path, new)
    assert since(service, path, known) == cycle("a", "CREATE") + steps("b") + cycle("a", "DELETE")
    assert ids(service, path)["a"] != before["a"]


def test_a_mark_can_be_taken_back(service, stack_name):
    path = service.create(stack_name, template({"a": test()}))
    before = ids(service, path)
    mark(service, path, before["a"]).expect(200)
    assert resources(service, path)["a"]["resource_status_reason"] == "state changed by resource_mark_unhealthy api"
    mark(service, path, "a", False).expect(200)
    assert resources(service, path)["a"]["resource_status"] == "CHECK_COMPLETE"
    put(service, path, {"a": test()})
    assert ids(service, path) == before


def test_a_resource_in_progress_is_not_marked(service, stack_name):
    path = service.create(stack_name, template({"a": test("1", wait_secs=600)}), wait=None)
    wait_for_resource(service, path, "a", "CREATE_IN_PROGRESS")
    reply = mark(service, path, "a").expect(409)
    assert reply.json["error"]["type"] == "ActionInProgress"
    service.api("DELETE", path)


# ---- previews --------------------------------------------------------------------------------------------------------------


def preview(service, path, new=None, method="PUT", **body):
    if new is not None:
        body["template"] = template(new)
    changes = service.api(method, f"{path}/preview", body).expect(200).json["resource_changes"]
    return {kind: sorted(r["resource_name"] for r in found) for kind, found in changes.items() if found}


def test_a_preview_tells_what_an_update_does(service, stack_name):
    path = service.create(stack_name, template({
        "same": test(), "changed": test("1"), "replaced": test("1", update_replace_value="1"), "gone": test(),
        "reads": resource("Value", value={"get_resource": "replaced"}),
        "reads_same": resource("Value", value={"get_attr": ["same", "output"]})}))
    before = (service.show(path), count(service, path), ids(service, path))
    new = {"same": test(), "changed": test("2"), "replaced": test("1", update_replace_value="2"), "added": test(),
           "reads": resource("Value", value={"get_resource": "replaced"}),
           "reads_same": resource("Value", value={"get_attr": ["same", "output"]})}
    assert preview(service, path, new) == {"unchanged": ["reads_same", "same"], "updated": ["changed", "reads"],
                                           "replaced": ["replaced"], "added": ["added"], "deleted": ["gone"]}
    assert (service.show(path), count(service, path), ids(service, path)) == before


def test_a_preview_of_a_patch(service, stack_name):
    path = service.create(stack_name, WITH_PARAMETERS)
    assert preview(service, path, method="PATCH", parameters={"x": "2"}) == {"updated": ["a"], "unchanged": ["b"]}


def test_a_preview_says_that_the_marked_are_replaced(service, stack_name):
    path = service.create(stack_name, template({"a": test()}))
    mark(service, path, "a")
    assert preview(service, path, {"a": test()}) == {"replaced": ["a"]}


# ---- any template to any other ---------------------------------------------------------------------------------------------


def attribute(kind):
    return "output" if kind.endswith("TestResource") else "value"


def random_resource(chance, earlier, made):
    value = chance.choice(["1", "2"])
    if earlier and chance.random() < 0.6:
        other = chance.choice(earlier)
        value = {"get_attr": [other, attribute(made[other]["type"])]}
        if made[other]["type"].endswith("Group"):
            value = {"list_join": ["-", value]}
        elif chance.random() < 0.5:
            value = {"get_resource": other}
    depends_on = chance.sample(earlier, min(len(earlier), chance.randint(0, 2)))
    kind = chance.choice(["TestResource", "TestResource", "Value", "ResourceGroup"])
    if kind == "ResourceGroup":
        member = {"type": "OS::Heat::Value", "properties": {"value": value if chance.random() < 0.5 else "%index%"}}
        return resource(kind, depends_on, count=chance.randint(0, 3), resource_def=member)
    made_of = {"update_replace_value": chance.choice(["1", "2"])} if kind == "TestResource" else {}
    return resource(kind, depends_on, value=value, **made_of)


def random_template(chance):
    """Resources acyclic by the order of their names; a condition on some of those that no other refers to."""
    names, made = [f"r{i}" for i in range(8)], {}
    for i, name in enumerate(names):
        if chance.random() < 0.7:
            made[name] = random_resource(chance, [n for n in names[:i] if n in made], made)
    for name, one in made.items():
        others = json.dumps([other for n, other in made.items() if n != name])
        if f'"{name}"' not in others and chance.random() < 0.3:
            one["condition"] = "wanted"
    new = template(made)
    new["conditions"] = {"wanted": {"equals": [chance.choice(["yes", "no"]), "yes"]}}
    new["outputs"] = {f"o-{name}": {"value": {"get_attr": [name, "value"]} if one["type"].endswith("Group") else {
        "get_resource": name}} for name, one in made.items() if "condition" not in one}
    return new


def picture(service, path):
    """All of a stack that does not differ from one creation to the next."""
    known = {physical: f"<{name}>" for name, physical in ids(service, path).items()}
    shown = []
    for r in resources(service, path).values():
        one = service.api("GET", f"{path}/resources/{r['resource_name']}").json["resource"]
        shown.append([r["resource_name"], r["resource_type"], sorted(r["required_by"]),
                      None if r["resource_type"].endswith("Group") else one["attributes"]])
    text = json.dumps(shown + [service.show(path)["outputs"]])
    for physical, name in known.items():
        text = text.replace(physical, name)
    return json.loads(text)


def update_to(service, path, new):
    put(service, path, new, wait=None)
    wait_until("the update", lambda: service.show(path)["stack_status"] == "UPDATE_COMPLETE")


@pytest.mark.parametrize("seed", range(int(os.environ.get("HEARTH_UPDATE_PAIRS", "60"))))
def test_updating_to_a_template_is_creating_from_it(service, stack_name, seed):
    chance = random.Random(seed)
    pair = [random_template(chance) for _ in range(2)]
    made = [service.create(f"{stack_name}-{i}", one) for i, one in enumerate(pair)]
    wanted = [picture(service, one) for one in made]
    path = service.create(stack_name, pair[0])
    for i in (1, 0, 1):
        update_to(service, path, pair[i])
        assert picture(service, path) == wanted[i]
        before = ids(service, path)
        update_to(service, path, pair[i])
        assert ids(service, path) == before
        assert len(rows(service, path)) == len(before)
    for one in [path, *made]:
        service.delete(one)


# ---- cancelling ------------------------------------------------------------------------------------------------------------


def slow_update(service, stack_name, **body):
    path = service.create(stack_name, template({"a": test(), "b": test("1", ["a"])}), **body)
    put(service, path, {"a": test("2", action_wait_secs={"update": 0.8}), "b": test("2", ["a"])}, wait=None)
    wait_for_resource(service, path, "a", "UPDATE_IN_PROGRESS")
    return path


def act(service, path, action):
    return service.api("POST", f"{path}/actions", {action: None})


def test_a_cancelled_update_goes_back(service, stack_name):
    path = slow_update(service, stack_name)
    before, known = ids(service, path), count(service, path)
    act(service, path, "cancel_update").expect(200)
    service.wait(path, "ROLLBACK_COMPLETE")
    assert since(service, path, known) == [("a", "UPDATE_COMPLETE")] + steps("a")  # what was under way ended first
    assert ids(service, path) == before
    assert service.api("GET", f"{path}/resources/a").json["resource"]["attributes"]["output"] == "1"
    reply = act(service, path, "cancel_update").expect(400)
    assert reply.message == "Cancelling update when stack is ROLLBACK_COMPLETE is not supported."


def test_an_update_is_cancelled_where_it_stands(service, stack_name):
    path = slow_update(service, stack_name)
    known = count(service, path)
    act(service, path, "cancel_without_rollback").expect(200)
    stack = service.show(path)
    assert (stack["stack_status"], stack["stack_status_reason"]) == ("UPDATE_FAILED", "Stack UPDATE cancelled")
    wait_for_resource(service, path, "a", "UPDATE_COMPLETE")
    wait_until("the operation's end", lambda: not stored(
        service, f"select 1 from operation where stack_id = '{path.split('/')[-1]}' and state in ('PENDING', 'RUNNING')"))
    assert since(service, path, known) == [("a", "UPDATE_COMPLETE")]
    put(service, path, {"a": test("2"), "b": test("2", ["a"])})


def test_a_creation_is_cancelled_only_without_rollback(service, stack_name):
    path = service.create(stack_name, template({"a": test("1", wait_secs=0.8), "b": test("1", ["a"])}), wait=None)
    wait_for_resource(service, path, "a", "CREATE_IN_PROGRESS")
    act(service, path, "cancel_update").expect(400)
    act(service, path, "cancel_without_rollback").expect(200)
    assert service.show(path)["stack_status"] == "CREATE_FAILED"
    wait_for_resource(service, path, "a", "CREATE_COMPLETE")
    put(service, path, {"a": test("1", wait_secs=0.8), "b": test("1", ["a"])})
    assert len(rows(service, path)) == 2


def test_a_suspended_stack_is_not_updated(service, stack_name):
    path = service.create(stack_name, template({"a": test()}))
    act(service, path, "suspend").expect(200)
    service.wait(path, "SUSPEND_COMPLETE")
    reply = put(service, path, {"a": test("2")}, status=400)
    assert reply.message == "Updating a stack when it is suspended is not supported."
    assert reply.json["error"]["type"] == "NotSupported"


def test_a_preview_shows_a_value_before_it_is_made(service, stack_name):
    """Created and added by an update, as Heat shows both."""
    template = {"heat_template_version": "2018-08-31", "resources": {
        "v": {"type": "OS::Heat::Value", "properties": {"value": {"list_join": ["-", ["a", "b"]]}}}}}
    created = service.api("POST", "/stacks/preview", {"stack_name": stack_name, "template": template}).expect(200)
    assert created.json["stack"]["resources"][0]["attributes"] == {"value": "a-b"}
    path = service.create(stack_name, {"heat_template_version": "2018-08-31"})
    changes = service.api("PUT", path + "/preview", {"template": template}).expect(200).json["resource_changes"]
    assert changes["added"][0]["attributes"] == {"value": "a-b"}
