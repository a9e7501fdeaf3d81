"""restricted_actions of the environment. Reasons and events are those of Heat 19."""

import pytest

from test_engine import events, resource, resources, template

WORDS = {"update": "update is restricted for resource.", "replace": "replace is restricted for resource."}


def made(value="x", depends_on=None, **more):
    return resource("TestResource", depends_on, value=value, **more)


def rules(**restricted):
    return {"resource_registry": {"resources": {name: {"restricted_actions": rule} for name, rule in restricted.items()}}}


def update(service, path, resources_, environment, wait):
    service.api("PUT", path, {"template": template(resources_), "environment": environment}).expect(202)
    return service.wait(path, wait)


def refused(service, path, known, action, name="a"):
    """What the update said, and that it left the resource alone."""
    stack = path.split("/")[2]
    assert service.show(path)["stack_status_reason"] == \
        f"Resource UPDATE failed: ResourceActionRestricted: resources.{name}: {WORDS[action]}"
    assert events(service, path)[known:] == [
        (stack, "UPDATE_IN_PROGRESS", "Stack UPDATE started"),
        (name, "UPDATE_FAILED", WORDS[action]),
        (stack, "UPDATE_FAILED", service.show(path)["stack_status_reason"])]


@pytest.mark.parametrize("action, change", [
    ("update", {"value": "y"}), ("replace", {"value": "y", "update_replace_value": "q"}),
    ("replace", {"value": "y", "update_replace": True})], ids=["update", "replace", "replace-by-its-rule"])
@pytest.mark.parametrize("said", [lambda action: action, lambda action: [action], lambda _: ["update", "replace"]],
                         ids=["text", "list", "both"])
def test_restricted(service, stack_name, action, change, said):
    path = service.create(stack_name, template({"a": made(), "b": made("x", ["a"])}))
    before, known = resources(service, path), len(events(service, path))
    update(service, path, {"a": made(**change), "b": made("z", ["a"])}, rules(a=said(action)), "UPDATE_FAILED")
    refused(service, path, known, action)
    assert resources(service, path) == before


def test_only_what_is_restricted(service, stack_name):
    path = service.create(stack_name, template({"a": made(), "b": made()}))
    before = resources(service, path)
    update(service, path, {"a": made("y", update_replace_value="q"), "b": made("y")}, rules(a="update", b="replace"),
           "UPDATE_COMPLETE")
    after = resources(service, path)
    assert after["a"]["physical_resource_id"] != before["a"]["physical_resource_id"]
    assert after["b"]["physical_resource_id"] == before["b"]["physical_resource_id"]


def test_nothing_to_restrict(service, stack_name):
    path = service.create(stack_name, template({"a": made()}))
    known = len(events(service, path))
    update(service, path, {"a": made(), "new": made()}, rules(**{"*": ["update", "replace"]}), "UPDATE_COMPLETE")
    update(service, path, {"a": made()}, rules(**{"*": ["update", "replace"]}), "UPDATE_COMPLETE")
    assert "UPDATE_FAILED" not in [status for _, status, _ in events(service, path)[known:]]


@pytest.mark.parametrize("pattern", ["*", "a*", "[ab]", "?"], ids=range(4))
def test_restrictions_by_pattern(service, stack_name, pattern):
    path = service.create(stack_name, template({"a": made()}))
    known = len(events(service, path))
    update(service, path, {"a": made("y")}, rules(**{pattern: "update"}), "UPDATE_FAILED")
    refused(service, path, known, "update")


def test_what_is_unhealthy_or_of_another_type_is_not_replaced_either(service, stack_name):
    path = service.create(stack_name, template({"a": made()}))
    service.api("PATCH", f"{path}/resources/a", {"mark_unhealthy": True}).expect(200)
    known = len(events(service, path))
    update(service, path, {"a": made()}, rules(a="replace"), "UPDATE_FAILED")
    refused(service, path, known, "replace")
    known = len(events(service, path))
    update(service, path, {"a": resource("RandomString")}, rules(a="replace"), "UPDATE_FAILED")
    refused(service, path, known, "replace")
    assert resources(service, path)["a"]["resource_status"] == "CHECK_FAILED"


def test_rollback_after_a_restriction(service, stack_name):
    path = service.create(stack_name, template({"a": made(), "b": made()}))
    service.api("PUT", path, {"template": template({"a": made("y", ["b"]), "b": made("y")}), "disable_rollback": False,
                              "environment": rules(a="update")}).expect(202)
    service.wait(path, "ROLLBACK_COMPLETE")
    for name in "ab":
        assert service.api("GET", f"{path}/resources/{name}").json["resource"]["attributes"]["output"] == "x"


@pytest.mark.parametrize("rule, shown", [("nope", "nope"), (["update", "zz"], "['update', 'zz']"), (5, "5")], ids=range(3))
def test_unknown_restrictions_are_refused(service, stack_name, rule, shown):
    reply = service.api("POST", "/stacks", {"stack_name": stack_name, "template": template({"a": made()}),
                                            "environment": rules(a=rule)}).expect(400)
    assert reply.json["error"]["type"] == "InvalidRestrictedAction"
    assert reply.message == (f"Invalid restricted_action type \"{shown}\" for resource, acceptable restricted_action types "
                             "are: ('update', 'replace')")
