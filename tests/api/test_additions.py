"""What Heat lacks: requests carried out once (Idempotency-Key), changes to a known revision only (ETag, If-Match), the
operation that a call began, stacks protected from deletion."""

import threading
import uuid

import pytest

import hearth

SMALL = {"heat_template_version": "2018-08-31", "resources": {"r": {"type": "OS::Heat::None"}}}
OTHER = {"heat_template_version": "2018-08-31", "description": "other", "resources": {"r": {"type": "OS::Heat::None"}}}


def key():
    return {"Idempotency-Key": uuid.uuid4().hex}


def create(service, name, headers=None, user="demo", **more):
    return service.api("POST", "/stacks", {"stack_name": name, "template": SMALL, **more}, user, headers=headers or {})


def path_of(reply):
    return "/stacks/" + reply.headers["Location"].split("/stacks/")[1]


def events(service, path, query=""):
    return service.api("GET", f"{path}/events{query}").expect(200).json["events"]


# ---- Idempotency-Key ----

def test_a_repeated_create_is_answered_alike_and_carried_out_once(service, stack_name):
    headers = key()
    first = create(service, stack_name, headers).expect(201)
    again = create(service, stack_name, headers).expect(201)
    assert again.raw == first.raw and again.headers["Location"] == first.headers["Location"]
    assert again.headers["X-Hearth-Operation-Id"] == first.headers["X-Hearth-Operation-Id"]
    assert again.headers["Idempotent-Replayed"] == "true" and "Idempotent-Replayed" not in first.headers
    assert again.headers["X-Openstack-Request-Id"] != first.headers["X-Openstack-Request-Id"]
    create(service, stack_name).expect(409)


def test_a_key_stands_for_one_request(service, stack_name):
    headers = key()
    create(service, stack_name, headers).expect(201)
    reply = create(service, stack_name + "-b", headers).expect(422)
    assert reply.json["error"]["type"] == "IdempotencyKeyReused"
    assert reply.json["code"] == 422 and reply.json["title"] == "Unprocessable Entity"
    service.api("GET", f"/stacks/{stack_name}-b").expect(404)
    service.api("POST", "/software_configs", {"name": "x"}, headers=headers).expect(422)


def test_a_key_is_the_users_own_in_the_tenant(service, stack_name):
    headers = key()
    first = create(service, stack_name, headers).expect(201)
    other = create(service, stack_name, headers, user="demo2").expect(201)
    assert other.json["stack"]["id"] != first.json["stack"]["id"]


@pytest.mark.parametrize("attempt", range(5))
def test_of_many_at_once_one_is_carried_out(service, stack_name, attempt):
    """Whether they meet at the key, or find the name taken by the one that was first."""
    headers, replies = key(), []
    threads = [threading.Thread(target=lambda: replies.append(create(service, stack_name, headers))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {reply.status for reply in replies} == {201}
    assert len({reply.raw for reply in replies}) == 1
    assert sum("Idempotent-Replayed" not in reply.headers for reply in replies) == 1


def test_of_many_configurations_at_once_one_is_made(service, stack_name):
    """Nothing but the key keeps these apart."""
    headers, replies = key(), []
    threads = [threading.Thread(target=lambda: replies.append(
        service.api("POST", "/software_configs", {"name": stack_name}, headers=headers))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {reply.json["software_config"]["id"] for reply in replies} == {replies[0].json["software_config"]["id"]}
    listed = service.api("GET", "/software_configs").json["software_configs"]
    assert sum(config["name"] == stack_name for config in listed) == 1


def test_a_refusal_is_kept(service, stack_name):
    headers = key()
    made = create(service, stack_name).expect(201)
    first = create(service, stack_name, headers).expect(409)
    service.delete(path_of(made))
    again = create(service, stack_name, headers).expect(409)
    assert again.raw == first.raw and again.headers["Idempotent-Replayed"] == "true"
    create(service, stack_name, key()).expect(201)


def test_actions_snapshots_and_signals_heed_it(service, stack_name):
    path = service.create(stack_name, SMALL)
    headers = key()
    snapshot = service.api("POST", f"{path}/snapshots", {"name": "s"}, headers=headers).expect(200)
    service.wait(path, "SNAPSHOT_COMPLETE")
    assert service.api("POST", f"{path}/snapshots", {"name": "s"}, headers=headers).expect(200).raw == snapshot.raw
    assert len(service.api("GET", f"{path}/snapshots").json["snapshots"]) == 1
    headers = key()
    first = service.api("POST", f"{path}/actions", {"check": None}, headers=headers).expect(200)
    service.wait(path, "CHECK_COMPLETE")
    again = service.api("POST", f"{path}/actions", {"check": None}, headers=headers).expect(200)
    assert again.headers["X-Hearth-Operation-Id"] == first.headers["X-Hearth-Operation-Id"]
    operation = first.headers["X-Hearth-Operation-Id"]
    assert {event["resource_status"] for event in events(service, path, f"?operation_id={operation}")} >= {"CHECK_COMPLETE"}


def test_calls_that_change_nothing_take_no_notice(service):
    headers = key()
    for template in SMALL, OTHER:
        reply = service.api("POST", "/validate", {"template": template}, headers=headers).expect(200)
        assert "Idempotent-Replayed" not in reply.headers


@pytest.mark.parametrize("value", ["", "x" * 256])
def test_a_bad_key_is_refused(service, stack_name, value):
    assert "Idempotency-Key" in create(service, stack_name, {"Idempotency-Key": value}).expect(400).message


def test_keys_are_stored_as_digests_and_replies_sealed(service, stack_name):
    headers = key()
    created = create(service, stack_name, headers).expect(201)
    stored = str(service.psql("select digest || request || reply from hearth.idempotency_key"))
    assert len(stored) > 200 and headers["Idempotency-Key"] not in stored and created.json["stack"]["id"] not in stored


def kept(service):
    return len(service.psql("select 1 from hearth.idempotency_key"))


def test_a_key_expires_and_its_row_goes(make_service):
    service = make_service(config={"idempotency_key_lifetime": "1ms"})
    headers = key()
    create(service, "expires", headers).expect(201)
    create(service, "expires", headers).expect(409)
    create(service, "expires", headers).expect(409)
    assert kept(service) == 1
    service.restart_hearthd()  # engines clean up when they start, and daily
    hearth.wait_until("the upkeep", lambda: kept(service) == 0)


def test_a_5xx_is_not_kept(make_service):
    service = make_service(own_cluster=True)
    headers = key()
    create(service, "warm", key()).expect(201)
    service.cluster.stop()
    create(service, "later", headers).expect(503)
    service.cluster.start()
    hearth.wait_until("the database", lambda: create(service, "later", headers).status == 201)


def test_the_header_can_be_switched_off(make_service):
    service = make_service(config={"idempotency_key_lifetime": "0"})
    headers = key()
    create(service, "off", headers).expect(201)
    create(service, "off", headers).expect(409)


# ---- ETag, If-None-Match, If-Match ----

def etag(service, path, query=""):
    return service.api("GET", path + query).expect(200).headers["ETag"]


def test_a_stack_that_is_known_is_not_sent_again(service, stack_name):
    path = service.create(stack_name, SMALL)
    tag = etag(service, path)
    for known in tag, f'"x", {tag}', "*", f"W/{tag}":
        reply = service.api("GET", path, headers={"If-None-Match": known}).expect(304)
        assert reply.raw == b"" and reply.headers["ETag"] == tag
    service.api("GET", path, headers={"If-None-Match": '"0"'}).expect(200)
    brief = etag(service, path, "?resolve_outputs=False")
    assert brief != tag
    service.api("GET", path, headers={"If-None-Match": brief}).expect(200)
    service.api("POST", f"{path}/actions", {"check": None}).expect(200)
    service.wait(path, "CHECK_COMPLETE")
    service.api("GET", path, headers={"If-None-Match": tag}).expect(200)


CALLS = {
    "put": ("PUT", "", {"template": OTHER}),
    "patch": ("PATCH", "", {"tags": "t"}),
    "suspend": ("POST", "/actions", {"suspend": None}),
    "resume": ("POST", "/actions", {"resume": None}),
    "check": ("POST", "/actions", {"check": None}),
    "protect": ("POST", "/actions", {"protect": None}),
    "snapshot": ("POST", "/snapshots", {}),
    "delete": ("DELETE", "", None),
    "abandon": ("DELETE", "/abandon", None),
}


@pytest.fixture(scope="module")
def abandoning(make_module_service):
    return make_module_service(config={"enable_stack_abandon": "true"})


@pytest.mark.parametrize("call", CALLS)
def test_a_change_to_another_revision_is_refused(abandoning, stack_name, call):
    method, rest, body = CALLS[call]
    path = abandoning.create(stack_name, SMALL)
    before = abandoning.api("GET", path).json
    reply = abandoning.api(method, path + rest, body, headers={"If-Match": '"0", "7777"'}).expect(412)
    assert reply.json["error"]["type"] == "StackChanged" and etag(abandoning, path) in reply.message
    assert abandoning.api("GET", path).json == before
    assert abandoning.api(method, path + rest, body, headers={"If-Match": etag(abandoning, path)}).status in (200, 202, 204)


def test_cancelling_another_revision_is_refused(service, stack_name):
    slow = {"heat_template_version": "2018-08-31", "resources": {
        "r": {"type": "OS::Heat::TestResource", "properties": {"wait_secs": 60}}}}
    path = path_of(service.api("POST", "/stacks", {"stack_name": stack_name, "template": slow}).expect(201))
    service.api("POST", f"{path}/actions", {"cancel_without_rollback": None}, headers={"If-Match": '"0"'}).expect(412)
    service.api("POST", f"{path}/actions", {"cancel_without_rollback": None},
                headers={"If-Match": etag(service, path, "?resolve_outputs=False")}).expect(200)
    service.wait(path, "CREATE_FAILED")


def test_of_updates_to_one_revision_one_is_accepted(service, stack_name):
    path = service.create(stack_name, SMALL)
    headers, replies = {"If-Match": etag(service, path)}, []
    threads = [threading.Thread(target=lambda: replies.append(
        service.api("PUT", path, {"template": OTHER}, headers=headers).status)) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(replies) == [202] + 5 * [412]


# ---- the operation ----

def test_calls_tell_the_operation_they_begin(service, stack_name):
    reply = create(service, stack_name).expect(201)
    created = reply.headers["X-Hearth-Operation-Id"]
    path = path_of(reply)
    service.wait(path, "CREATE_COMPLETE")
    began = {"CREATE": created}
    for action, (method, rest, body), state in (
            ("UPDATE", CALLS["put"], "UPDATE_COMPLETE"), ("CHECK", CALLS["check"], "CHECK_COMPLETE"),
            ("SUSPEND", CALLS["suspend"], "SUSPEND_COMPLETE"), ("RESUME", CALLS["resume"], "RESUME_COMPLETE"),
            ("SNAPSHOT", CALLS["snapshot"], "SNAPSHOT_COMPLETE")):
        began[action] = service.api(method, path + rest, body).headers["X-Hearth-Operation-Id"]
        service.wait(path, state)
    assert len(set(began.values())) == len(began)
    for action, operation in began.items():
        listed = events(service, path, f"?operation_id={operation}&with_operation_id=true")
        assert {event["resource_status"].split("_")[0] for event in listed} == {action}
        assert {event["operation_id"] for event in listed} == {operation}
        assert operation in service.ctl("operation", "show", operation[:13])
    assert not any("operation_id" in event for event in events(service, path))
    assert events(service, path, f"?operation_id={uuid.uuid4()}") == events(service, path, "?operation_id=x") == []
    assert created in service.ctl("operation", "list", "--all", "--limit", "10000")
    assert f"operation={created} begun by POST" in service.log()
    assert "X-Hearth-Operation-Id" in service.api("DELETE", path).expect(204).headers
    assert "X-Hearth-Operation-Id" not in service.api("GET", "/stacks").headers


# ---- protection ----

def test_a_protected_stack_is_not_deleted(abandoning, stack_name):
    service = abandoning
    path = service.create(stack_name, SMALL)
    assert "protected" not in service.api("GET", path).json["stack"]
    service.api("POST", f"{path}/actions", {"protect": None}).expect(200)
    assert service.api("GET", path).json["stack"]["protected"] is True
    for rest in "", "/abandon":
        reply = service.api("DELETE", path + rest).expect(403)
        assert reply.json["error"]["type"] == "StackProtected" and stack_name in reply.message
    service.api("PUT", path, {"template": OTHER}).expect(202)
    service.wait(path, "UPDATE_COMPLETE")
    service.api("DELETE", path).expect(403)
    service.api("POST", f"{path}/actions", {"unprotect": None}).expect(200)
    service.api("DELETE", path).expect(204)


def test_a_stack_is_protected_from_its_beginning_or_by_an_update(service, stack_name):
    path = path_of(create(service, stack_name, protected=True).expect(201))
    service.api("DELETE", path).expect(403)
    service.wait(path, "CREATE_COMPLETE")
    service.api("PATCH", path, {"protected": "false"}).expect(202)
    service.wait(path, "UPDATE_COMPLETE")
    service.api("PATCH", path, {"protected": True}).expect(202)
    service.api("DELETE", path).expect(403)
    service.api("PATCH", path, {"protected": "maybe"}).expect(400)
    service.wait(path, "UPDATE_COMPLETE")
    service.api("PATCH", path, {"tags": "t"}).expect(202)
    service.api("DELETE", path).expect(403)


def test_a_reader_does_not_change_the_protection(service, stack_name):
    path = service.create(stack_name, SMALL)
    service.api("POST", f"{path}/actions", {"protect": None}, "reader").expect(403)


def test_what_is_being_deleted_is_not_protected(service, stack_name):
    slow = {"heat_template_version": "2018-08-31", "resources": {
        "r": {"type": "OS::Heat::TestResource", "properties": {"action_wait_secs": {"delete": 5}}}}}
    path = service.create(stack_name, slow)
    service.api("DELETE", path).expect(204)
    service.api("POST", f"{path}/actions", {"protect": None}).expect(400)
