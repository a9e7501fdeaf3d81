"""Snapshots: taking, listing, showing, deleting them, and going back to one."""

import pytest

from hearth import wait_until

MISSING = "00000000-0000-0000-0000-000000000000"


def template(value, extra=None, hidden=False):
    body = {"heat_template_version": "2018-08-31", "resources": {
        "a": {"type": "OS::Heat::TestResource", "properties": {"value": value}},
        "b": {"type": "OS::Heat::RandomString", "depends_on": "a"}, **(extra or {})},
        "outputs": {"a": {"value": {"get_attr": ["a", "output"]}}, "b": {"value": {"get_attr": ["b", "value"]}}}}
    if hidden:
        body["parameters"] = {"p": {"type": "string", "hidden": True}, "q": {"type": "string", "default": "open"}}
        body["resources"]["a"]["properties"]["value"] = {"get_param": "p"}
    return body


def snapshot(service, path, name=None, wait=True):
    made = service.api("POST", f"{path}/snapshots", {"name": name} if name else {}).expect(200).json
    if wait:
        service.wait(path, "SNAPSHOT_COMPLETE")
    return made["id"]


def snapshots(service, path, user="demo"):
    return service.api("GET", f"{path}/snapshots", user=user).expect(200).json["snapshots"]


def events(service, path):
    found = service.api("GET", f"{path}/events?limit=1000").expect(200).json["events"]
    return [(e["resource_name"], e["resource_status"]) for e in found[::-1]]


def ids(service, path):
    found = service.api("GET", f"{path}/resources").expect(200).json["resources"]
    return {r["resource_name"]: r["physical_resource_id"] for r in found}


def outputs(service, path):
    return {o["output_key"]: o["output_value"] for o in service.show(path)["outputs"]}


# ---- making and reading -----------------------------------------------------------------------------------------------

def test_what_it_keeps(service, stack_name):
    path = service.create(stack_name, template("1"), tags="t1,t2", timeout_mins=7)
    known = len(events(service, path))
    made = service.api("POST", f"{path}/snapshots", {"name": "first"}).expect(200).json
    assert list(made) == ["id", "name", "status", "status_reason", "data", "creation_time"]
    assert (made["name"], made["status"], made["status_reason"], made["data"]) == ("first", "IN_PROGRESS", None, None)
    service.wait(path, "SNAPSHOT_COMPLETE")
    kept = service.api("GET", f"{path}/snapshots/{made['id']}").expect(200).json["snapshot"]
    assert kept == {**made, "status": "COMPLETE", "status_reason": "Stack SNAPSHOT completed successfully", "data": kept["data"]}
    data = kept["data"]
    assert list(data) == ["name", "id", "action", "environment", "files", "status", "template", "resources", "project_id",
                          "stack_user_project_id", "tags"]
    assert (data["name"], data["id"]) == (stack_name, path.split("/")[-1])
    assert (data["action"], data["status"], data["tags"]) == ("SNAPSHOT", "COMPLETE", ["t1", "t2"])
    assert data["template"] == template("1") and data["project_id"] == service.project_id()
    assert data["environment"] == {"resource_registry": {"resources": {}}, "parameters": {}, "parameter_defaults": {}, "event_sinks": []}
    assert data["resources"]["b"] == {
        "name": "b", "resource_id": ids(service, path)["b"], "type": "OS::Heat::RandomString", "action": "SNAPSHOT",
        "status": "COMPLETE", "metadata": {}, "resource_data": {"value": outputs(service, path)["b"]}}
    assert events(service, path)[known:] == [(stack_name, "SNAPSHOT_IN_PROGRESS")] + \
        [(r, f"SNAPSHOT_{s}") for r in "ab" for s in ("IN_PROGRESS", "COMPLETE")] + [(stack_name, "SNAPSHOT_COMPLETE")]


def test_list_is_in_order_and_of_one_stack(service, stack_name):
    path, other = (service.create(f"{stack_name}-{i}", template("1")) for i in range(2))
    assert snapshots(service, path) == []
    made = [snapshot(service, path, f"s{i}") for i in range(3)]
    snapshot(service, other)
    assert [s["id"] for s in snapshots(service, path)] == made
    assert [s["name"] for s in snapshots(service, path)] == ["s0", "s1", "s2"]
    reply = service.api("GET", f"{other}/snapshots/{made[0]}").expect(404)
    assert reply.json["error"]["type"] == "SnapshotNotFound"
    assert reply.message == f"The Snapshot ({made[0]}) for Stack ({stack_name}-1) could not be found."
    service.api("DELETE", f"{path}/snapshots/{made[1]}").expect(204)
    assert [s["id"] for s in snapshots(service, path)] == [made[0], made[2]]
    assert service.api("GET", f"{path}/snapshots/{made[1]}").expect(404).message == f"Snapshot with id {made[1]} not found"


def test_deleted_with_the_stack(service, stack_name):
    path = service.create(stack_name, template("1"))
    made = snapshot(service, path)
    service.delete(path)
    assert snapshots(service, path) == []
    service.api("GET", f"{path}/snapshots/{made}").expect(404)
    assert service.psql(f"select count(*) from hearth.snapshot where id = '{made}'") == [["0"]]


@pytest.mark.parametrize("name,kept", [(5, "5"), (True, "True"), ("", ""), (None, None), ("ü" * 127, "ü" * 127)])
def test_names(service, stack_name, name, kept):
    path = service.create(stack_name, {"heat_template_version": "2018-08-31"})
    made = service.api("POST", f"{path}/snapshots", {"name": name, "unknown": 1}).expect(200).json
    assert made["name"] == name
    service.wait(path, "SNAPSHOT_COMPLETE")
    assert snapshots(service, path)[0]["name"] == kept


@pytest.mark.parametrize("body", [None, "[]", "{", {"name": []}, {"name": {}}, {"name": "x" * 256}],
                         ids=["none", "list", "no JSON", "name a list", "name a map", "name too long"])
def test_bad_snapshot_request(service, stack_name, body):
    path = service.create(stack_name, {"heat_template_version": "2018-08-31"})
    service.api("POST", f"{path}/snapshots", body).expect(400)
    assert snapshots(service, path) == [] and service.show(path)["stack_status"] == "CREATE_COMPLETE"


def test_missing(service, stack_name):
    path = service.create(stack_name, {"heat_template_version": "2018-08-31"})
    for method, rest in (("GET", ""), ("DELETE", ""), ("POST", "/restore")):
        for unknown in (MISSING, "nonsense"):
            reply = service.api(method, f"{path}/snapshots/{unknown}{rest}").expect(404)
            assert (reply.json["error"]["type"], reply.message) == ("NotFound", f"Snapshot with id {unknown} not found")
        reply = service.api(method, f"/stacks/nope/{MISSING}/snapshots/{MISSING}{rest}").expect(404)
        assert (reply.json["error"]["type"], reply.message) == ("EntityNotFound", "The Stack (nope) could not be found.")


def test_who_may_snapshot(service, stack_name):
    path = service.create(stack_name, template("1"))
    made = snapshot(service, path)
    assert len(snapshots(service, path, "reader")) == 1
    service.api("GET", f"{path}/snapshots/{made}", user="reader").expect(200)
    service.api("POST", f"{path}/snapshots", {}, "reader").expect(403)
    service.api("POST", f"{path}/snapshots/{made}/restore", user="reader").expect(403)
    service.api("DELETE", f"{path}/snapshots/{made}", user="reader").expect(403)
    for method, rest in (("GET", ""), ("GET", f"/{made}"), ("DELETE", f"/{made}"), ("POST", f"/{made}/restore")):
        service.api(method, f"{path}/snapshots{rest}", user="demo2").expect(404)


def test_hidden_values_are_sealed_and_masked(service, stack_name):
    path = service.create(stack_name, template("1", hidden=True), parameters={"p": "very-secret-word", "q": "seen"})
    made = snapshot(service, path)
    reply = service.api("GET", f"{path}/snapshots/{made}", user="reader").expect(200)
    assert reply.json["snapshot"]["data"]["environment"]["parameters"] == {"p": "******", "q": "seen"}
    stored = service.psql(f"select data from hearth.snapshot where id = '{made}'")[0][0]
    assert "very-secret-word" not in stored and "heat_template_version" not in stored


def test_limit(make_service):
    service = make_service(config={"max_snapshots_per_stack": 2})
    path = service.create("limited", template("1"))
    made = [snapshot(service, path) for _ in range(2)]
    reply = service.api("POST", f"{path}/snapshots", {}).expect(400)
    assert reply.json["error"]["type"] == "RequestLimitExceeded"
    assert reply.message == "Request limit exceeded: You have reached the maximum snapshots per stack, 2. Please delete some snapshots."
    service.api("DELETE", f"{path}/snapshots/{made[0]}").expect(204)
    snapshot(service, path)


# ---- one that is not finished -----------------------------------------------------------------------------------------

def unfinished(service, path):
    """A snapshot that no engine ends."""
    made = snapshot(service, path)
    service.psql(f"update hearth.snapshot set status = 'IN_PROGRESS', data = null where id = '{made}'")
    return made


def test_unfinished(service, stack_name):
    path = service.create(stack_name, template("1"))
    made = unfinished(service, path)
    assert service.api("DELETE", f"{path}/snapshots/{made}").expect(400).message == "Deleting in-progress snapshot is not supported."
    assert service.api("POST", f"{path}/snapshots/{made}/restore").expect(400).message == \
        "Restoring in-progress snapshot is not supported."
    shown = service.api("GET", f"{path}/snapshots/{made}").json["snapshot"]
    assert (shown["status"], shown["data"]) == ("IN_PROGRESS", None)


def test_what_pre_empts_ends_it(service, stack_name):
    """The snapshot that an operation was to make does not stay in progress when that is cancelled."""
    path = service.create(stack_name, template("1"))
    made = unfinished(service, path)
    service.psql("set search_path = hearth; update operation set state = 'RUNNING', lease_until = 'infinity', "
                 f"engine_id = gen_random_uuid() where stack_id = '{path.split('/')[-1]}' and action = 'SNAPSHOT'")
    service.psql(f"update hearth.stack set status = 'IN_PROGRESS' where id = '{path.split('/')[-1]}'")
    service.api("PUT", path, {"template": template("2")}).expect(202)
    service.wait(path, "UPDATE_COMPLETE")
    assert service.api("GET", f"{path}/snapshots/{made}").json["snapshot"]["status"] == "FAILED"
    service.api("DELETE", f"{path}/snapshots/{made}").expect(204)


# ---- going back -------------------------------------------------------------------------------------------------------

def restore(service, path, made):
    reply = service.api("POST", f"{path}/snapshots/{made}/restore").expect(202)
    assert reply.json == {"message": "The request is accepted for processing.<br /><br />\n\n\n", "code": "202 Accepted",
                          "title": "Accepted"}
    wait_until("the restoration", lambda: service.show(path)["stack_status"] == "RESTORE_COMPLETE")


def test_restore_goes_back(service, stack_name):
    path = service.create(stack_name, template("1"))
    first = ids(service, path)
    made = snapshot(service, path)
    service.api("PUT", path, {"template": {"heat_template_version": "2018-08-31", "resources": {
        "a": {"type": "OS::Heat::TestResource", "properties": {"value": "2"}},
        "c": {"type": "OS::Heat::RandomString"}}}}).expect(202)
    service.wait(path, "UPDATE_COMPLETE")
    known = len(events(service, path))
    restore(service, path, made)
    assert service.show(path)["stack_status_reason"] == "Stack RESTORE completed successfully"
    assert service.api("GET", f"{path}/template").json == template("1")
    after = ids(service, path)
    assert set(after) == {"a", "b"} and after["a"] == first["a"] and after["b"] != first["b"]
    assert outputs(service, path)["a"] == "1"
    seen = events(service, path)[known:]
    assert seen[0] == (stack_name, "RESTORE_IN_PROGRESS") and seen[-1] == (stack_name, "RESTORE_COMPLETE")
    assert sorted(seen[1:-1]) == sorted([
        ("a", "UPDATE_IN_PROGRESS"), ("a", "UPDATE_COMPLETE"), ("b", "CREATE_IN_PROGRESS"), ("b", "CREATE_COMPLETE"),
        ("c", "DELETE_IN_PROGRESS"), ("c", "DELETE_COMPLETE")])


def test_restore_changes_nothing_when_nothing_changed(service, stack_name):
    path = service.create(stack_name, template("1"), tags="kept", timeout_mins=9)
    before, found = ids(service, path), outputs(service, path)
    made = snapshot(service, path)
    known = len(events(service, path))
    restore(service, path, made)
    assert (ids(service, path), outputs(service, path)) == (before, found)
    assert events(service, path)[known:] == [(stack_name, "RESTORE_IN_PROGRESS"), (stack_name, "RESTORE_COMPLETE")]
    stack = service.show(path)
    assert (stack["tags"], stack["timeout_mins"]) == (["kept"], 9)


def test_restore_brings_hidden_parameters_back(service, stack_name):
    path = service.create(stack_name, template("1", hidden=True), parameters={"p": "old"})
    made = snapshot(service, path)
    service.api("PATCH", path, {"parameters": {"p": "new"}}).expect(202)
    service.wait(path, "UPDATE_COMPLETE")
    assert outputs(service, path)["a"] == "new"
    restore(service, path, made)
    assert outputs(service, path)["a"] == "old"


def test_restore_of_a_suspended_stack(service, stack_name):
    path = service.create(stack_name, template("1"))
    made = snapshot(service, path)
    service.api("POST", f"{path}/actions", {"suspend": None}).expect(200)
    service.wait(path, "SUSPEND_COMPLETE")
    restore(service, path, made)


def test_restore_that_fails(service, stack_name):
    """A snapshot of a stack that failed fails again, and says so."""
    body = template("1")
    body["resources"]["a"]["properties"]["fail"] = True
    path = service.create(stack_name, body, wait="CREATE_FAILED")
    made = snapshot(service, path)
    service.api("PUT", path, {"template": template("2")}).expect(202)
    service.wait(path, "UPDATE_COMPLETE")
    service.api("POST", f"{path}/snapshots/{made}/restore").expect(202)
    stack = wait_until("the failure", lambda: service.show(path)["stack_status"] == "RESTORE_FAILED" and service.show(path))
    assert stack["stack_status_reason"].startswith("Resource ") and "Test Resource failed a" in stack["stack_status_reason"]
