"""Types that live in a REST service: made by data alone, and never lost or made twice, whatever happens on the way."""

import copy
import json
import os
import random
import re
import signal
import time

import pytest

import hearth
from hearth import wait_until
from rest_service import RestService

PROPERTY = {"description": "", "required": False, "update_allowed": True, "immutable": False}
THING = {
    "type": "Test::Thing",
    "description": "A thing in the service of the tests.",
    "support_status": {"status": "SUPPORTED", "message": None, "version": None, "previous_status": None},
    "hooks": "rest",
    "rest": {
        "service": "things",
        "envelope": "thing",
        "timeout": 2,
        "visibility": 1,
        "attempts": 20,
        "calls": {
            "create": {"method": "POST", "path": "/things"},
            "show": {"path": "/things/{id}"},
            "find": {"path": "/things", "query": {"label": "{physical_name}"}, "list": "/things"},
            "delete": {"method": "DELETE", "path": "/things/{id}"},
            "update": [{"method": "PATCH", "path": "/things/{id}", "properties": ["size"]},
                       {"method": "PATCH", "path": "/things/{id}", "properties": ["rules", "note"]}],
            "suspend": {"method": "POST", "path": "/things/{id}/action", "body": {"pause": None}, "ready": ["PAUSED"]},
            "resume": {"method": "POST", "path": "/things/{id}/action", "body": {"unpause": None}},
        },
        "body": {"rename": {"note": "/meta/note", "rules/*/port": "port_number"}, "defaults": {"kind": "plain"},
                 "merge": ["extra"], "omit": ["secret"]},
        "marker": {"field": "/label", "created": "/created_at"},
        "state": {"path": "/status", "ready": ["READY"], "failed": ["BROKEN"], "pending": ["BUILDING", "PAUSED"],
                  "reason": "/why"},
        "poll": {"every": 0.05, "most": 1},
        "attributes": {"address": "/address/ipv4"},
        "live": {"size": "/size"},
    },
    "properties": {
        "size": {**PROPERTY, "type": "integer"},
        "note": {**PROPERTY, "type": "string"},
        "rules": {**PROPERTY, "type": "list"},
        "colour": {**PROPERTY, "type": "string", "update_allowed": False},
        "extra": {**PROPERTY, "type": "map", "update_allowed": False},
        "secret": {**PROPERTY, "type": "string", "update_allowed": False},
    },
    "attributes": {"address": {"description": "", "type": "string"}, "size": {"description": "", "type": "integer"},
                   "show": {"description": "", "type": "map"}},
}
NAMED = {
    **THING,
    "type": "Test::Named",
    "rest": {
        "service": "things",
        "timeout": 2,
        "visibility": 1,
        "calls": {"create": {"method": "PUT", "path": "/named/{physical_name}", "repeatable": True},
                  "show": {"path": "/named/{id}"},
                  "update": [{"method": "PUT", "path": "/named/{id}", "send": "all"}],
                  "delete": {"method": "DELETE", "path": "/named/{id}"}},
    },
    "properties": {"size": {**PROPERTY, "type": "integer"}},
}


def one(properties=None, type_="Test::Thing"):
    return {"heat_template_version": "2021-04-16",
            "resources": {"r": {"type": type_, "properties": properties or {}}},
            "outputs": {"address": {"value": {"get_attr": ["r", "address"]}}}}


def many(count, size=1):
    return {"heat_template_version": "2021-04-16",
            "resources": {f"r{i}": {"type": "Test::Thing", "properties": {"size": size}} for i in range(count)}}


@pytest.fixture
def rest():
    rest = RestService()
    yield rest
    rest.close()


@pytest.fixture
def directory(rest):
    """The operator's files: types and services."""
    path = hearth.new_directory("hearth-types-")
    for name, type_ in (("thing", THING), ("named", NAMED)):
        (path / f"{name}.json").write_text(json.dumps(type_))
    (path / "services").write_text(json.dumps(
        {"things": {"url": rest.url + "/", "headers": {"X-Api-Key": "open sesame"}, "parallel": 20}}))
    for file in path.iterdir():
        file.chmod(0o644)
    yield path
    for file in path.iterdir():
        file.unlink()
    path.rmdir()


@pytest.fixture
def start(make_service, directory):
    def start(**config):
        return make_service(config={"lease": "1s", "poll_interval": "100ms", "types_directory": str(directory),
                                    "services_file": str(directory / "services"), **config})
    return start


def resource(service, path, name="r"):
    return service.api("GET", f"{path}/resources/{name}").expect(200).json["resource"]


def reasons(service, path):
    return [event["resource_status_reason"]
            for event in service.api("GET", f"{path}/events?limit=1000").expect(200).json["events"]]


def delete(service, path, wait="DELETE_COMPLETE"):
    service.api("DELETE", path).expect(204)
    if wait:
        service.wait(path, wait)


# ---- a whole life ----
def test_life(start, rest, stack_name):
    service = start()
    rest.build_time = 0.3
    path = service.create(stack_name, one({"size": 3, "note": "hi", "rules": [{"port": 80}, {"port": 81, "x": None}],
                                           "extra": {"colour": "red", "deep": {"a": None}}, "secret": "s"}))
    made = resource(service, path)
    label = rest.labels()[0]
    assert label.startswith(f"{stack_name}-r-")
    assert rest.bodies[0] == ("POST", "/things", {"thing": {
        "size": 3, "meta": {"note": "hi"}, "rules": [{"port_number": 80}, {"port_number": 81}], "kind": "plain",
        "colour": "red", "deep": {"a": None}, "label": label}})
    assert rest.headers["X-Api-Key"] == "open sesame"
    assert made["physical_resource_id"] in rest.things
    assert made["attributes"]["label"] == label and made["attributes"]["size"] == 3
    asked = service.api("GET", f"{path}/resources/r?with_attr=address").json["resource"]["attributes"]
    assert asked["address"] == "192.0.2.1"
    outputs = service.api("GET", path).json["stack"]["outputs"]
    assert [output["output_value"] for output in outputs] == ["192.0.2.1"]

    service.api("POST", f"{path}/actions", {"suspend": None}).expect(200)
    service.wait(path, "SUSPEND_COMPLETE")
    assert [thing["status"] for thing in rest.things.values()] == ["PAUSED"]
    service.api("POST", f"{path}/actions", {"resume": None}).expect(200)
    service.wait(path, "RESUME_COMPLETE")
    delete(service, path)
    assert not rest.things and rest.creates == {label: 1} and rest.deletes == 1


def test_update_in_place_and_replacement(start, rest, stack_name):
    service = start()
    path = service.create(stack_name, one({"size": 3, "note": "hi"}))
    first = resource(service, path)["physical_resource_id"]
    rest.bodies.clear()
    service.api("PUT", path, {"template": one({"size": 4})}).expect(202)
    service.wait(path, "UPDATE_COMPLETE")
    assert [body for _, _, body in rest.bodies] == [{"thing": {"size": 4}}, {"thing": {"meta": {"note": None}}}]
    assert resource(service, path)["physical_resource_id"] == first
    assert resource(service, path)["attributes"]["size"] == 4
    service.api("PUT", path, {"template": one({"size": 4, "colour": "blue"})}).expect(202)
    service.wait(path, "UPDATE_COMPLETE")
    second = resource(service, path)["physical_resource_id"]
    assert second != first and list(rest.things) == [second]
    delete(service, path)
    assert not rest.things


def test_check_compares_with_what_is_there(start, rest, stack_name):
    service = start()
    path = service.create(stack_name, one({"size": 3}))
    service.api("POST", f"{path}/actions", {"check": None}).expect(200)
    service.wait(path, "CHECK_COMPLETE")
    thing = next(iter(rest.things.values()))
    thing["size"] = 5
    service.api("POST", f"{path}/actions", {"check": None}).expect(200)
    service.wait(path, "CHECK_FAILED")
    assert resource(service, path)["resource_status_reason"] == "Error: resources.r: 'size': expected '3', got '5'"
    rest.things.clear()
    service.api("POST", f"{path}/actions", {"check": None}).expect(200)
    service.wait(path, "CHECK_FAILED", timeout=20)
    assert "404: no thing" in wait_until("the reason", lambda: re.search(
        "404: no thing", resource(service, path)["resource_status_reason"])).string
    delete(service, path)


def test_refused_and_failed(start, rest, stack_name):
    service = start()
    rest.fault("POST", "409 before")
    path = service.create(stack_name, one({"size": 3}), wait="CREATE_FAILED")
    assert resource(service, path)["resource_status_reason"] == \
        "Error: resources.r: POST /things of things: 409: told to misbehave (request req-test-1)"
    delete(service, path)
    for state, reason in (("BROKEN", 'ResourceInError: resources.r: Went to status BROKEN due to "no room"'),
                          ("ODD", 'ResourceUnknownStatus: resources.r: Thing - Unknown status ODD due to "no room"')):
        rest.fail_state = state
        path = service.create(f"{stack_name}-{state}", one({"size": 3}), wait="CREATE_FAILED")
        assert resource(service, path)["resource_status_reason"] == reason
        delete(service, path)
    assert not rest.things and sum(rest.creates.values()) == 2


def test_a_service_nobody_named(start, directory, stack_name):
    (directory / "services").write_text("{}")
    service = start()
    path = service.create(stack_name, one({"size": 3}), wait=None)
    wait_until("the event", lambda: any("services_file names no such service" in text for text in reasons(service, path)))
    delete(service, path)


# ---- in doubt ----
@pytest.mark.parametrize("what", ["500 after", "503 after", "reset after", "hang after"])
def test_a_lost_answer_is_looked_for(start, rest, stack_name, what):
    service = start()
    rest.fault("POST", what)
    path = service.create(stack_name, one({"size": 3}))
    assert list(rest.creates.values()) == [1] and len(rest.things) == 1
    assert any("it is not known whether it was made" in text for text in reasons(service, path))
    delete(service, path)
    assert not rest.things


def test_nothing_made_is_made_again(start, rest, stack_name):
    service = start()
    for what in ("503 before", "reset before"):
        rest.fault("POST", what)
    path = service.create(stack_name, one({"size": 3}))
    assert list(rest.creates.values()) == [1]
    rest.fault("POST", "429 before", times=2)
    service.api("PUT", path, {"template": one({"size": 3, "colour": "red"})}).expect(202)
    service.wait(path, "UPDATE_COMPLETE")
    assert sorted(rest.creates.values()) == [1, 1] and len(rest.things) == 1
    delete(service, path)
    assert not rest.things


def test_what_is_seen_late_is_still_ours(start, rest, stack_name):
    service = start()
    rest.late = 0.5
    rest.fault("POST", "500 after")
    path = service.create(stack_name, one({"size": 3}))
    assert list(rest.creates.values()) == [1]
    delete(service, path)
    assert not rest.things


def test_made_twice_is_pruned(start, rest, stack_name):
    """A service so late that a second creation goes out: the oldest is kept once both are seen."""
    service = start()
    rest.late = 1000
    rest.fault("POST", "500 after", times=2)
    path = service.create(stack_name, one({"size": 3}), wait=None)
    wait_until("the second creation", lambda: sum(rest.creates.values()) == 2)
    first = next(iter(rest.things))
    rest.late = 0
    service.wait(path, "CREATE_COMPLETE")
    assert any("it was made 2 times" in text for text in reasons(service, path))
    assert list(rest.things) == [first] == [resource(service, path)["physical_resource_id"]]
    delete(service, path)
    assert not rest.things


def test_what_comes_too_late_goes_with_the_stack(start, rest, stack_name):
    """Two creations are seen only after the third one was answered: the deletion finds them."""
    service = start()
    rest.late = 3
    rest.fault("POST", "500 after", times=2)
    path = service.create(stack_name, one({"size": 3}))
    assert list(rest.creates.values()) == [3]
    delete(service, path)
    assert not rest.things


def test_deleted_while_in_doubt(start, rest, stack_name):
    """The stack goes while nobody knows whether its thing was made: it is looked for and deleted."""
    service = start()
    rest.late = 1.5
    rest.fault("POST", "hang after")
    path = service.create(stack_name, one({"size": 3}), wait=None)
    wait_until("the creation", lambda: rest.things)
    delete(service, path)
    assert not rest.things and list(rest.creates.values()) == [1]


def test_a_deletion_in_doubt_is_sent_again(start, rest, stack_name):
    service = start()
    path = service.create(stack_name, one({"size": 3}))
    for what in ("500 after", "503 before", "reset after"):
        rest.fault("DELETE", what)
    delete(service, path)
    assert not rest.things


def test_repeatable_creation(start, rest, stack_name):
    service = start()
    rest.fault("PUT", "reset after", times=2)
    path = service.create(stack_name, {"heat_template_version": "2021-04-16",
                                       "resources": {"r": {"type": "Test::Named", "properties": {"size": 1}}}})
    assert list(rest.named) == [resource(service, path)["physical_resource_id"]]
    service.api("PUT", path, {"template": {"heat_template_version": "2021-04-16", "resources": {
        "r": {"type": "Test::Named", "properties": {"size": 2}}}}}).expect(202)
    service.wait(path, "UPDATE_COMPLETE")
    assert list(rest.named.values()) == [{"size": 2}]
    delete(service, path)
    assert not rest.named


# ---- what is there already ----
def test_external_id(start, rest, stack_name):
    service = start()
    path = service.create(stack_name, one({"size": 3}))
    id_ = resource(service, path)["physical_resource_id"]
    borrowed = one({"size": 3})
    borrowed["resources"]["r"]["external_id"] = id_
    other = service.create(f"{stack_name}-other", borrowed)
    assert resource(service, other)["resource_status"] == "CHECK_COMPLETE"
    assert service.api("GET", other).json["stack"]["outputs"][0]["output_value"] == "192.0.2.1"
    delete(service, other)
    assert list(rest.things) == [id_]
    delete(service, path)
    assert not rest.things


def test_abandon_and_adopt(start, rest, stack_name):
    service = start(enable_stack_abandon="true", enable_stack_adopt="true")
    path = service.create(stack_name, one({"size": 3}))
    id_ = resource(service, path)["physical_resource_id"]
    data = service.api("DELETE", f"{path}/abandon").expect(200).json
    assert list(rest.things) == [id_]
    adopted = service.create(f"{stack_name}-2", None, wait="ADOPT_COMPLETE", adopt_stack_data=json.dumps(data))
    assert resource(service, adopted)["physical_resource_id"] == id_ and sum(rest.creates.values()) == 1
    delete(service, adopted)
    assert not rest.things


@pytest.mark.parametrize("id_,path", [("..", None), ("a/../b?x", "/things/a%2F..%2Fb%3Fx")])
def test_no_name_leads_elsewhere(start, rest, stack_name, id_, path):
    """A user's text in a path stays one part of it."""
    service = start()
    template = one({"size": 3})
    template["resources"]["r"]["external_id"] = id_
    stack = service.create(stack_name, template, wait="CREATE_FAILED")
    assert rest.calls == ([("GET", path)] if path else [])
    if not path:
        assert "'..' cannot be part of a path" in resource(service, stack)["resource_status_reason"]


# ---- many, and killed ----
def test_many_at_once(start, rest, stack_name):
    service = start()
    rest.delay, rest.build_time = 0.01, 0.1
    path = service.create(stack_name, many(300))
    assert len(rest.things) == 300 and max(rest.creates.values()) == 1
    assert rest.most_busy <= 20
    service.api("PUT", path, {"template": many(300, size=2)}).expect(202)
    service.wait(path, "UPDATE_COMPLETE")
    assert {thing["size"] for thing in rest.things.values()} == {2}
    delete(service, path)
    assert not rest.things and rest.deletes == 300


def test_rollback(start, rest, stack_name):
    service = start()
    template = many(20)
    template["resources"]["bad"] = {"type": "Test::Thing", "properties": {"size": 1}, "depends_on": "r7"}
    rest.build_time = 0.2
    path = service.create(stack_name, template, wait=None, disable_rollback=False)
    wait_until("all but one", lambda: len(rest.things) == 20)
    rest.fault("POST", "409 before")
    service.wait(path, "ROLLBACK_COMPLETE")
    assert not rest.things and max(rest.creates.values()) == 1


def running_engines(service):
    started = re.findall(r"role=engine pid=(\d+) engine=\S+ slot=\d+ started", service.log())
    return sorted({int(pid) for pid in started} & set(service.children()))


def test_engines_killed_while_the_service_misbehaves(start, rest, stack_name):
    """Two engines, killed at random, and one call in ten goes wrong: nothing is lost, made twice, or stuck."""
    service = start(engines=2)
    rest.delay, rest.build_time, rest.chance = 0.01, 0.1, 0.1
    chance = random.Random(11)
    paths = [service.create(f"{stack_name}-{i}", many(10), wait=None) for i in range(6)]
    for _ in range(12):
        time.sleep(chance.uniform(0.1, 0.7))
        engines = running_engines(service)
        if engines:
            os.kill(chance.choice(engines), signal.SIGKILL)
    for path in paths[:4]:
        service.wait(path, "CREATE_COMPLETE", timeout=120)
    ids = {resource(service, path, f"r{i}")["physical_resource_id"] for path in paths[:4] for i in range(10)}
    assert len(ids) == 40 and ids <= set(rest.things)
    for path in paths:
        delete(service, path, wait=None)
    for _ in range(6):
        time.sleep(chance.uniform(0.1, 0.7))
        engines = running_engines(service)
        if engines:
            os.kill(chance.choice(engines), signal.SIGKILL)
    for path in paths:
        service.wait(path, "DELETE_COMPLETE", timeout=120)
    assert not rest.things
    assert max(rest.creates.values()) == 1


# ---- files ----
def test_one_bad_file_does_not_stop_the_rest(start, directory):
    bad = copy.deepcopy(THING)
    bad["type"] = "Test::Bad"
    del bad["rest"]["marker"]
    (directory / "bad.json").write_text(json.dumps(bad))
    (directory / "broken.json").write_text('{"type": \n oops')
    for name in ("bad", "broken"):
        (directory / f"{name}.json").chmod(0o644)
    service = start()
    names = service.api("GET", "/resource_types").expect(200).json["resource_types"]
    assert {"Test::Thing", "OS::Heat::Value"} <= set(names) and "Test::Bad" not in names
    assert "bad.json" in service.log() and "could not be found again" in service.log()
    assert "broken.json" in service.log() and "line 2" in service.log()


def test_types_check(start, directory):
    service = start()
    assert "Nothing is wrong with Test::Thing" in service.ctl("types", "check", directory / "thing.json")


@pytest.mark.parametrize("change,complaint", [
    (lambda t: t["rest"].pop("marker"), 'rest: needs "marker" and "calls.find"'),
    (lambda t: t["rest"]["calls"].pop("show"), "rest.calls.show: is missing"),
    (lambda t: t["rest"]["calls"].update(fly={}), "rest.calls.fly: there is no such call"),
    (lambda t: t["rest"]["calls"]["show"].update(path="things"), "rest.calls.show.path: must be a path that begins with /"),
    (lambda t: t["rest"]["calls"]["update"].pop(), "no call takes the property note"),
    (lambda t: t["rest"]["calls"]["update"][0].update(properties=["nope"]),
     "rest.calls.update[0].properties: must be a list of names of properties"),
    (lambda t: t["rest"].update(marker={"field": "/size"}), "rest.marker.field: must be a place that no property goes to"),
    (lambda t: t["rest"].update(marker={"field": "/a", "tag": "/b"}), 'must have either "field" or "tag"'),
    (lambda t: t["rest"]["state"].update(ready="READY"), "rest.state.ready: must be a list, not empty"),
    (lambda t: t["rest"].update(live={"nope": "/x"}), "rest.live: must be a map from properties to JSON pointers"),
    (lambda t: t["rest"]["calls"]["create"].update(repeatable=True), "must have {physical_name} in it"),
    (lambda t: t["rest"].update(poll={"every": -1}), "rest.poll.every: must be a number of seconds"),
    (lambda t: t["rest"].update(colour=1), "rest.colour: there is no such field"),
    (lambda t: t.pop("rest"), "rest: must be a map"),
    (lambda t: t["properties"]["size"].update(type="int"), "properties.size.type: must be string"),
    (lambda t: t["properties"]["size"].update(updatable=True), "properties.size.updatable: there is no such field"),
    (lambda t: t["properties"]["size"].update(constraints=[{"rang": {}}]), "properties.size.constraints[0]: there is no constraint rang"),
])
def test_mistakes_in_files(service, tmp_path, change, complaint):
    bad = copy.deepcopy(THING)
    change(bad)
    file = tmp_path / "bad.json"
    file.write_text(json.dumps(bad))
    with pytest.raises(AssertionError) as refused:
        hearth.run_as(hearth.ME, [hearth.BUILD / "hearthctl", "types", "check", file])
    assert f"resource type file {file}: " in str(refused.value) and complaint in str(refused.value)


@pytest.mark.parametrize("text,complaint", [
    ("[]", "is not a JSON map of services"),
    ('{"a": {"url": "ftp://x"}}', "a: has no"),
    ('{"a": {"url": "http://x", "headers": {"X": "a\\nb"}}}', "texts of one line"),
    ('{"a": {"url": "http://x", "parallel": 0}}', "not a number from 1"),
    ('{"a": {"url": "http://x", "password": "y"}}', "knows"),
    ("{", "services_file"),
])
def test_mistakes_in_the_file_of_services(tmp_path, text, complaint):
    (tmp_path / "services").write_text(text)
    (tmp_path / "hearth.conf").write_text(f"services_file = {tmp_path}/services\n")
    with pytest.raises(AssertionError) as refused:
        hearth.run_as(hearth.ME, [hearth.BUILD / "hearthctl", "-c", tmp_path / "hearth.conf", "config", "check"])
    assert complaint in str(refused.value)


def test_the_worked_example(start, rest, directory, stack_name):
    """What resources/types/README.md shows works as it stands there."""
    page = (hearth.ROOT / "resources/types/README.md").read_text()
    type_, template = re.search(r"```json\n(.*?)```", page, re.S)[1], re.search(r"```yaml\n(.*?)```", page, re.S)[1]
    (directory / "example.json").write_text(type_)
    (directory / "example.json").chmod(0o644)
    (directory / "services").write_text(json.dumps({"inventory": {"url": rest.url}}))
    service = start()
    path = service.create(stack_name, template)
    assert service.api("GET", path).json["stack"]["outputs"][0]["output_value"] == "192.0.2.1"
    thing = next(iter(rest.things.values()))
    assert (thing["size"], thing["colour"]) == (3, "grey") and thing["label"].startswith(stack_name)
    delete(service, path)
    assert not rest.things


def test_a_zombie_engine_makes_nothing(start, rest, directory, stack_name):
    """Stopped past its lease with calls in its queue, then continued: it begins none of them."""
    (directory / "services").write_text(json.dumps({"things": {"url": rest.url, "parallel": 1}}))
    service = start(engines=2)
    rest.delay = 0.1
    path = service.create(stack_name, many(15), wait=None)
    wait_until("a few", lambda: len(rest.things) > 3)
    holder = service.psql("select engine_id from hearth.operation where state = 'RUNNING'")[0][0]
    line = next(line for line in service.log().splitlines() if f"engine={holder} slot" in line)
    zombie = int(re.search(r"pid=(\d+)", line)[1])
    os.kill(zombie, signal.SIGSTOP)
    try:
        service.wait(path, "CREATE_COMPLETE")
    finally:
        os.kill(zombie, signal.SIGCONT)
    time.sleep(1)
    assert len(rest.things) == 15 and max(rest.creates.values()) == 1
    delete(service, path)
    assert not rest.things


def test_a_type_that_is_gone_keeps_its_resources(start, rest, directory, stack_name):
    """Without its file nobody knows how to delete the thing: the deletion fails, and goes on once the file is back."""
    service = start()
    path = service.create(stack_name, one({"size": 3}))
    (directory / "thing.json").rename(directory / "thing.away")
    service.restart_hearthd()
    delete(service, path, wait="DELETE_FAILED")
    assert resource(service, path)["resource_status_reason"] == \
        "StackValidationFailed: resources.r: The Resource Type (Test::Thing) could not be found."
    (directory / "thing.away").rename(directory / "thing.json")
    service.restart_hearthd()
    delete(service, path)
    assert not rest.things
