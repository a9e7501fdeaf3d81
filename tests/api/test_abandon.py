"""Export, abandon and adopt: what one stack leaves behind another takes."""

import json

import pytest

from hearth import wait_until

TEMPLATE = {
    "heat_template_version": "2018-08-31",
    "parameters": {"p": {"type": "string", "hidden": True}, "n": {"type": "number", "default": 4}},
    "resources": {
        "test": {"type": "OS::Heat::TestResource", "properties": {"value": {"get_param": "p"}}},
        "random": {"type": "OS::Heat::RandomString", "depends_on": "test", "properties": {"length": {"get_param": "n"}}},
        "value": {"type": "OS::Heat::Value", "properties": {"value": {"get_attr": ["random", "value"]}}},
        "none": {"type": "OS::Heat::None"},
        "delay": {"type": "OS::Heat::Delay"},
        "handle": {"type": "OS::Heat::WaitConditionHandle", "properties": {"signal_transport": "NO_SIGNAL"},
                   "metadata": {"role": "x"}},
        "wait": {"type": "OS::Heat::WaitCondition",
                 "properties": {"handle": {"get_resource": "handle"}, "timeout": 60, "count": 1}},
    },
    "outputs": {"random": {"value": {"get_attr": ["value", "value"]}}, "test": {"value": {"get_attr": ["test", "output"]}}},
}
SMALL = {"heat_template_version": "2018-08-31", "resources": {
    "r": {"type": "OS::Heat::TestResource", "properties": {"value": "x"}}}}


@pytest.fixture(scope="module")
def service(make_module_service):
    return make_module_service(config={"enable_stack_abandon": "true", "enable_stack_adopt": "true"})


def events(service, path):
    found = service.api("GET", f"{path}/events?limit=1000").expect(200).json["events"]
    return [(e["resource_name"], e["resource_status"], e["physical_resource_id"]) for e in found[::-1]]


def ids(service, path):
    found = service.api("GET", f"{path}/resources").expect(200).json["resources"]
    return {r["resource_name"]: r["physical_resource_id"] for r in found}


def outputs(service, path):
    return {o["output_key"]: o["output_value"] for o in service.show(path)["outputs"]}


def gone(service, path):
    return lambda: service.api("GET", path).json.get("stack", {}).get("stack_status") in (None, "DELETE_COMPLETE")


def abandon(service, path):
    data = service.api("DELETE", f"{path}/abandon").expect(200).json
    wait_until("the stack to be gone", gone(service, path))
    return data


def adopt(service, name, data, wait="ADOPT_COMPLETE", **body):
    reply = service.api("POST", "/stacks", {"stack_name": name, "adopt_stack_data": json.dumps(data), **body}).expect(201)
    path = f"/stacks/{name}/{reply.json['stack']['id']}"
    if wait:
        service.wait(path, wait)
    return path


# ---- there and back ---------------------------------------------------------------------------------------------------

def test_round_trip(service, stack_name):
    """Everything is the same afterwards but the stack."""
    path = service.create(stack_name, TEMPLATE, parameters={"p": "secret-word", "n": 6}, tags="a,b")
    kept, shown = ids(service, path), outputs(service, path)
    exported = service.api("GET", f"{path}/export").expect(200).json
    data = abandon(service, path)
    assert data == exported and data["environment"]["parameters"] == {"p": "secret-word", "n": 6}
    again = adopt(service, stack_name, data)
    assert ids(service, again) == kept and outputs(service, again) == shown
    assert again != path and service.show(again)["parameters"]["p"] == "******"
    second = service.api("GET", f"{again}/export").expect(200).json
    for name, resource in data["resources"].items():
        assert second["resources"][name] == {**resource, "action": "ADOPT"}
    for member in ("environment", "files", "template", "project_id"):
        assert second[member] == data[member]
    service.delete(again)


def test_events(service, stack_name):
    path = service.create(stack_name, SMALL)
    physical_id = ids(service, path)["r"]
    stack_id = path.split("/")[-1]
    data = service.api("DELETE", f"{path}/abandon").expect(200).json
    wait_until("the stack to be gone", gone(service, path))
    told = service.psql("set search_path = hearth; select resource_name, action, status from event "
                        f"where stack_id = '{stack_id}' and action = 'DELETE' order by seq")
    assert told == [[stack_name, "DELETE", "IN_PROGRESS"], ["r", "DELETE", "IN_PROGRESS"], ["r", "DELETE", "COMPLETE"],
                    [stack_name, "DELETE", "COMPLETE"]]
    again = adopt(service, stack_name, data)
    seen = events(service, again)
    new_id = again.split("/")[-1]
    assert seen[1][2].startswith(f"{stack_name}-r-") and seen[1][2] != physical_id
    assert [seen[0], *seen[2:]] == [(stack_name, "ADOPT_IN_PROGRESS", new_id), ("r", "ADOPT_COMPLETE", physical_id),
                                    (stack_name, "ADOPT_COMPLETE", new_id)]
    stack = service.show(again)
    assert stack["stack_status_reason"] == "Stack ADOPT completed successfully"
    assert stack["updated_time"] and stack["tags"] == []


def test_abandoning_takes_nothing_down(service, stack_name):
    """A deletion of this stack would take a minute."""
    path = service.create(stack_name, {"heat_template_version": "2018-08-31", "resources": {
        "r": {"type": "OS::Heat::TestResource", "properties": {"value": "x", "action_wait_secs": {"delete": 60}}}}})
    service.api("DELETE", f"{path}/abandon").expect(200)
    reason = service.show(path)["stack_status_reason"]
    assert reason.startswith("Stack DELETE started at 20") or reason == "Stack DELETE completed successfully"
    wait_until("the stack to be gone", gone(service, path), 10)


def test_signals_come_along(service, stack_name):
    """The URL is the new stack's, the signals of before are there."""
    body = {"heat_template_version": "2018-08-31", "resources": {
        "h": {"type": "OS::Heat::WaitConditionHandle"},
        "w": {"type": "OS::Heat::WaitCondition", "properties": {"handle": {"get_resource": "h"}, "timeout": 60}}},
        "outputs": {"data": {"value": {"get_attr": ["w", "data"]}}}}
    path = service.create(stack_name, body, wait=None)
    wait_until("the handle", lambda: service.api("GET", f"{path}/resources/h").json["resource"]["resource_status"] == "CREATE_COMPLETE")
    service.api("POST", f"{path}/resources/h/signal", {"data": "one", "id": "1"}).expect(200)
    service.wait(path, "CREATE_COMPLETE")
    found = outputs(service, path)
    assert found == {"data": '{"1": "one"}'}
    again = adopt(service, stack_name, abandon(service, path))
    assert outputs(service, again) == found
    handle = service.api("GET", f"{again}/resources/h").json["resource"]["attributes"]
    assert again in handle["endpoint"] and path not in json.dumps(handle)
    service.api("POST", handle["endpoint"].partition("/v1/")[2].partition("/")[2].join(["/", ""]), {"id": "2"}).expect(200)
    assert set(service.api("GET", f"{again}/resources/h/metadata").json["metadata"]) == {"1", "2"}


def test_update_after_adoption(service, stack_name):
    again = adopt(service, stack_name, abandon(service, service.create(stack_name, SMALL)))
    before = ids(service, again)
    changed = json.loads(json.dumps(SMALL).replace('"x"', '"y"'))
    service.api("PUT", again, {"template": changed}).expect(202)
    service.wait(again, "UPDATE_COMPLETE")
    assert ids(service, again) == before


def test_files_and_environment_come_along(service, stack_name):
    body = {"heat_template_version": "2018-08-31", "parameters": {"p": {"type": "string"}, "q": {"type": "string"}},
            "resources": {"r": {"type": "OS::Heat::TestResource", "properties": {"value": {"get_file": "file:///x"}}}}}
    path = service.create(stack_name, body, files={"file:///x": "content"},
                          environment={"parameter_defaults": {"p": "1"}, "parameters": {"q": "2"}})
    again = adopt(service, stack_name, abandon(service, path), parameters={"q": "3"})
    shown = service.show(again)["parameters"]
    assert (shown["p"], shown["q"]) == ("1", "3")
    assert service.api("GET", f"{again}/files").json == {"file:///x": "content"}


# ---- what goes wrong --------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("rollback", [False, True])
def test_nothing_to_adopt(service, stack_name, rollback):
    data = abandon(service, service.create(stack_name, SMALL))
    del data["resources"]["r"]["resource_id"]
    path = adopt(service, stack_name, data, "ROLLBACK_COMPLETE" if rollback else "ADOPT_FAILED", disable_rollback=not rollback)
    told = {status for _, status, _ in events(service, path)}
    assert {"ADOPT_FAILED"} < told and ("ROLLBACK_COMPLETE" in told) == rollback
    if not rollback:
        assert service.show(path)["stack_status_reason"] == \
            "Resource ADOPT failed: Exception: resources.r: Resource ID was not provided."


def test_rollback_leaves_what_was_adopted(service, stack_name):
    body = {"heat_template_version": "2018-08-31", "resources": {
        "a": {"type": "OS::Heat::TestResource", "properties": {"value": "x", "action_wait_secs": {"delete": 60}}},
        "b": {"type": "OS::Heat::TestResource", "depends_on": "a"}}}
    data = abandon(service, service.create(stack_name, body))
    del data["resources"]["b"]
    path = adopt(service, stack_name, data, None, disable_rollback=False)
    wait_until("the rollback", lambda: service.show(path)["stack_status"] == "ROLLBACK_COMPLETE", 10)


@pytest.mark.parametrize("text,message", [
    ("x", "Invalid adopt data: The template is not a JSON object or YAML mapping."),
    ("[1]", "Invalid adopt data: The template is not a JSON object or YAML mapping."),
    ("a: b", "Invalid adopt data: 'template'"),
    ({"template": SMALL}, None), (None, None), ("template: 5", None),
    (json.dumps({"template": SMALL, "resources": 5}), "Invalid adopt data: resources is not a map"),
    (json.dumps({"template": SMALL, "resources": {"r": 5}}), "Invalid adopt data: resources.r is not a map"),
    (json.dumps({"template": SMALL, "environment": []}), "Invalid adopt data: environment is not a map"),
    (json.dumps({"template": SMALL, "environment": {"nonsense": 1}}), 'Environment not in valid format: environment has wrong section "nonsense"'),
    (json.dumps({"template": SMALL, "files": "x"}), "Invalid adopt data: files is not a map"),
], ids=str)
def test_bad_data(service, stack_name, text, message):
    reply = service.api("POST", "/stacks", {"stack_name": stack_name, "adopt_stack_data": text}).expect(400)
    if message:
        assert reply.message == message
    service.api("GET", f"/stacks/{stack_name}").expect(404)


def test_yaml_does(service, stack_name):
    """Anything that reads as a map will do."""
    text = ("template: {heat_template_version: 2018-08-31, resources: {r: {type: 'OS::Heat::TestResource'}}}\n"
            "resources: {r: {resource_id: elsewhere}}\n")
    reply = service.api("POST", "/stacks", {"stack_name": stack_name, "adopt_stack_data": text}).expect(201)
    path = f"/stacks/{stack_name}/{reply.json['stack']['id']}"
    service.wait(path, "ADOPT_COMPLETE")
    assert ids(service, path) == {"r": "elsewhere"}


def test_not_while_something_is_under_way(service, stack_name):
    path = service.create(stack_name, {"heat_template_version": "2018-08-31", "resources": {
        "d": {"type": "OS::Heat::Delay", "properties": {"min_wait": 2}}}}, wait=None)
    assert service.api("DELETE", f"{path}/abandon").expect(409).json["error"]["type"] == "ActionInProgress"
    assert service.api("GET", f"{path}/export").expect(200).json["status"] == "IN_PROGRESS"
    service.wait(path, "CREATE_COMPLETE")
    abandon(service, path)


def test_failed_stacks_too(service, stack_name):
    body = {"heat_template_version": "2018-08-31", "resources": {
        "bad": {"type": "OS::Heat::TestResource", "properties": {"fail": True}}}}
    data = abandon(service, service.create(stack_name, body, wait="CREATE_FAILED"))
    assert (data["action"], data["status"]) == ("CREATE", "FAILED")
    assert data["resources"]["bad"]["resource_id"] is None and data["resources"]["bad"]["status"] == "FAILED"


# ---- who may ----------------------------------------------------------------------------------------------------------

def test_secrets_are_sealed(service, stack_name):
    body = {**TEMPLATE, "outputs": {}}  # outputs show what they say
    path = service.create(stack_name, body, parameters={"p": "very-secret-word"})
    again = adopt(service, stack_name, abandon(service, path))
    for table in ("operation", "resource", "stack", "document", "event"):
        assert service.psql(f"select count(*) from hearth.{table} t where t::text like '%very-secret-word%'") == [["0"]], table
    attributes = service.api("GET", f"{again}/resources/test").json["resource"]["attributes"]
    assert attributes == {"output": "very-secret-word"}


def test_policy(service, stack_name):
    path = service.create(stack_name, SMALL)
    for method, rest in (("GET", "export"), ("DELETE", "abandon")):
        service.api(method, f"{path}/{rest}", user="reader").expect(403)
        service.api(method, f"{path}/{rest}", user="demo2").expect(404)
        service.api(method, f"/stacks/nope/00000000-0000-0000-0000-000000000000/{rest}").expect(404)
    service.show(path)


def test_off_by_default(make_service, stack_name):
    service = make_service()
    path = service.create(stack_name, SMALL)
    for method, rest in (("GET", "export"), ("DELETE", "abandon")):
        reply = service.api(method, f"{path}/{rest}").expect(400)
        assert (reply.json["error"]["type"], reply.message) == ("NotSupported", "Stack Abandon is not supported.")
    reply = service.api("POST", "/stacks", {"stack_name": "other", "adopt_stack_data": json.dumps({"template": SMALL})}).expect(400)
    assert (reply.json["error"]["type"], reply.message) == ("NotSupported", "Stack Adopt is not supported.")
    assert service.show(path)["stack_status"] == "CREATE_COMPLETE"
