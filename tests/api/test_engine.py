"""Operations on stacks: order, waiting, failure, rollback, deletion, and what happens when processes die."""

import concurrent.futures
import contextlib
import json
import os
import re
import signal
import time
import urllib.parse

import pytest

from hearth import wait_until


def template(resources, **more):
    return {"heat_template_version": "2018-08-31", "resources": resources, **more}


def resource(kind, depends_on=None, **properties):
    made = {"type": f"OS::Heat::{kind}"}
    if properties:
        made["properties"] = properties
    if depends_on:
        made["depends_on"] = depends_on
    return made


def events(service, path):
    """Oldest first: (resource, status, reason)."""
    found = service.api("GET", f"{path}/events?limit=1000").expect(200).json["events"]  # newest first
    return [(e["resource_name"], e["resource_status"], e["resource_status_reason"]) for e in found[::-1]]


def resources(service, path):
    return {r["resource_name"]: r for r in service.api("GET", f"{path}/resources").expect(200).json["resources"]}


def outputs(service, path):
    return {o["output_key"]: o for o in service.show(path)["outputs"]}


def stack_events(service, path, name):
    return [(status, reason) for who, status, reason in events(service, path) if who == name]


def wait_for_resource(service, path, name, status):
    wait_until(f"{name} to become {status}", lambda: resources(service, path)[name]["resource_status"] == status)


def stored(service, sql):
    return service.psql(f"set search_path = hearth; {sql}")


# ---- order ------------------------------------------------------------------------------------------------------------


def test_dependencies_decide_the_order(service, stack_name):
    """depends_on, get_resource and get_attr each make what they name come first."""
    path = service.create(stack_name, template({
        "d": resource("Value", value={"get_attr": ["c", "value"]}),
        "c": resource("Value", value={"get_resource": "b"}),
        "b": resource("RandomString", ["a"], length=5),
        "a": resource("None"),
    }, outputs={"o": {"value": {"get_attr": ["d", "value"]}}}))
    seen = [(who, status) for who, status, _ in events(service, path) if who != stack_name]
    assert seen == [(name, f"CREATE_{status}") for name in "abcd" for status in ("IN_PROGRESS", "COMPLETE")]
    value = service.api("GET", f"{path}/resources/b").json["resource"]["attributes"]["value"]
    assert outputs(service, path)["o"]["output_value"] == value and len(value) == 5
    found = resources(service, path)
    assert found["a"]["required_by"] == ["b"] and found["d"]["required_by"] == []


def test_deletion_goes_the_other_way(service, stack_name):
    path = service.create(stack_name, template({
        "a": resource("TestResource"), "b": resource("TestResource", ["a"]), "c": resource("TestResource", ["b"])}))
    service.delete(path)
    seen = stored(service, f"select resource_name, status from event where action = 'DELETE' and "
                           f"stack_id = '{path.split('/')[-1]}' order by seq")
    assert seen == [[stack_name, "IN_PROGRESS"]] + [[n, s] for n in "cba" for s in ("IN_PROGRESS", "COMPLETE")] + \
        [[stack_name, "COMPLETE"]]


def test_what_is_ready_runs_at_once(service, stack_name):
    """Twenty waits of half a second are one wait of half a second; two in a row are two."""
    begun = time.monotonic()
    waits = {f"w{i}": resource("TestResource", wait_secs=0.5) for i in range(20)}
    service.create(stack_name, template({**waits, "after": resource("TestResource", ["w0"], wait_secs=0.5)}))
    assert 1.0 <= time.monotonic() - begun < 3.0


def test_events_tell_the_whole_story(service, stack_name):
    path = service.create(stack_name, template({"a": resource("TestResource", value="v")}))
    assert events(service, path) == [
        (stack_name, "CREATE_IN_PROGRESS", "Stack CREATE started"),
        ("a", "CREATE_IN_PROGRESS", "state changed"),
        ("a", "CREATE_COMPLETE", "state changed"),
        (stack_name, "CREATE_COMPLETE", "Stack CREATE completed successfully")]
    event = service.api("GET", f"{path}/events").json["events"][2]
    shown = service.api("GET", f"{path}/resources/a/events/{event['id']}").expect(200).json["event"]
    assert shown["resource_properties"] == {"value": "v"}
    assert re.fullmatch(re.escape(stack_name) + "-a-[a-z2-7]{12}", shown["physical_resource_id"])


def test_delay(service, stack_name):
    begun = time.monotonic()
    path = service.create(stack_name, template({"d": resource("Delay", min_wait=1, actions=["CREATE"])}))
    assert time.monotonic() - begun >= 1
    begun = time.monotonic()
    service.delete(path)
    assert time.monotonic() - begun < 1


def test_an_empty_stack_is_complete(service, stack_name):
    path = service.create(stack_name, template({}))
    assert [status for _, status, _ in events(service, path)] == ["CREATE_IN_PROGRESS", "CREATE_COMPLETE"]


def test_outputs_with_errors_leave_the_stack_complete(service, stack_name):
    path = service.create(stack_name, template({"v": resource("Value", value={"a": ["x", "y"]})}, outputs={
        "deep": {"value": {"get_attr": ["v", "value", "a", 1]}, "description": "the second"},
        "bad": {"value": {"str_replace": {"template": "t", "params": {"get_attr": ["v", "value", "a"]}}}},
        "nothing": {"value": {"get_attr": ["v", "value", "b"]}}}))
    found = outputs(service, path)
    assert found["deep"] == {"output_key": "deep", "description": "the second", "output_value": "y"}
    assert found["bad"]["output_value"] is None and "must be a map" in found["bad"]["output_error"]
    assert found["nothing"]["output_value"] is None and "output_error" not in found["nothing"]


# ---- wait conditions --------------------------------------------------------------------------------------------------


def wait_condition(count=1, timeout=30, **handle):
    return template({"h": resource("WaitConditionHandle", **handle),
                     "w": resource("WaitCondition", handle={"get_resource": "h"}, timeout=timeout, count=count)},
                    outputs={"data": {"value": {"get_attr": ["w", "data"]}}})


def test_wait_condition_by_api(service, stack_name):
    path = service.create(stack_name, wait_condition(count=2), wait=None)
    wait_for_resource(service, path, "w", "CREATE_IN_PROGRESS")
    service.api("POST", f"{path}/resources/h/signal", {"status": "SUCCESS", "data": "one", "id": "a"}).expect(200)
    service.api("POST", f"{path}/resources/h/signal", {"status": "MAYBE"}).expect(200)  # refused without a word, as Heat does
    assert service.show(path)["stack_status"] == "CREATE_IN_PROGRESS"
    begun = time.monotonic()
    service.api("POST", f"{path}/resources/h/signal", {"data": {"n": 2}, "id": "b"}).expect(200)
    service.wait(path, "CREATE_COMPLETE")
    assert time.monotonic() - begun < 1, "a signal is acted on at once, not at the next poll"
    assert json.loads(outputs(service, path)["data"]["output_value"]) == {"a": "one", "b": {"n": 2}}
    metadata = service.api("GET", f"{path}/resources/h/metadata").expect(200).json["metadata"]
    assert metadata == {"a": {"status": "SUCCESS", "data": "one", "reason": "Signal 1 received"},
                        "b": {"data": {"n": 2}, "reason": "Signal 2 received", "status": "SUCCESS"}}
    assert ("h", "SIGNAL_COMPLETE", "Signal: status:SUCCESS reason:Signal 2 received") in events(service, path)


def test_wait_condition_by_signed_url(service, stack_name):
    path = service.create(stack_name, wait_condition(), wait=None)
    wait_for_resource(service, path, "w", "CREATE_IN_PROGRESS")
    attributes = service.api("GET", f"{path}/resources/h").json["resource"]["attributes"]
    assert attributes["token"] in attributes["endpoint"] and attributes["endpoint"] in attributes["curl_cli"]
    url = urllib.parse.urlsplit(attributes["endpoint"])
    wrong = attributes["endpoint"].replace(attributes["token"], "0" * 64)
    service.http("POST", wrong, {"status": "SUCCESS"}).expect(401)
    service.http("POST", url.path, {"status": "SUCCESS"}).expect(401)
    other = attributes["endpoint"].replace("/resources/h/", "/resources/w/")
    service.http("POST", other, {"status": "SUCCESS"}).expect(401)
    service.http("POST", attributes["endpoint"], {"status": "SUCCESS"}).expect(200)
    service.wait(path, "CREATE_COMPLETE")


def test_wait_condition_fails_by_signal(service, stack_name):
    path = service.create(stack_name, wait_condition(), wait=None)
    wait_for_resource(service, path, "w", "CREATE_IN_PROGRESS")
    service.api("POST", f"{path}/resources/h/signal", {"status": "FAILURE", "reason": "no disk"}).expect(200)
    stack = service.wait(path, "CREATE_FAILED")
    assert stack["stack_status_reason"] == "Resource CREATE failed: WaitConditionFailure: resources.w: no disk"


def test_wait_condition_times_out(service, stack_name):
    path = service.create(stack_name, wait_condition(count=2, timeout=1), wait="CREATE_FAILED")
    assert service.show(path)["stack_status_reason"] == \
        "Resource CREATE failed: WaitConditionTimeout: resources.w: 0 of 2 received"


def test_no_signal_needs_none(service, stack_name):
    path = service.create(stack_name, wait_condition(count=3, signal_transport="NO_SIGNAL"))
    assert json.loads(outputs(service, path)["data"]["output_value"]) == {"1": None, "2": None, "3": None}


def test_cfn_wait_condition(service, stack_name):
    path = service.create(stack_name, {"HeatTemplateFormatVersion": "2012-12-12", "Resources": {
        "H": {"Type": "AWS::CloudFormation::WaitConditionHandle"},
        "W": {"Type": "AWS::CloudFormation::WaitCondition", "Properties": {"Handle": {"Ref": "H"}, "Timeout": 30}}},
        "Outputs": {"url": {"Value": {"Ref": "H"}}, "data": {"Value": {"Fn::GetAtt": ["W", "Data"]}}}}, wait=None)
    wait_for_resource(service, path, "W", "CREATE_IN_PROGRESS")
    url = wait_until("the URL", lambda: (outputs(service, path)["url"]["output_value"] or "").startswith("http")
                     and outputs(service, path)["url"]["output_value"])
    service.http("POST", url, {"Status": "SUCCESS", "UniqueId": "1", "Data": "d", "Reason": "r"}).expect(200)
    service.wait(path, "CREATE_COMPLETE")
    assert outputs(service, path)["data"]["output_value"] == '{"1": "d"}'


def test_many_signals_at_once_are_all_kept(service, stack_name):
    path = service.create(stack_name, wait_condition(count=30), wait=None)
    wait_for_resource(service, path, "w", "CREATE_IN_PROGRESS")
    service.token()
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        replies = pool.map(lambda i: service.api("POST", f"{path}/resources/h/signal", {"data": i}).status, range(30))
        assert set(replies) == {200}
    service.wait(path, "CREATE_COMPLETE")
    metadata = service.api("GET", f"{path}/resources/h/metadata").json["metadata"]
    assert sorted(entry["data"] for entry in metadata.values()) == list(range(30))


def test_signals_that_cannot_be(service, stack_name):
    path = service.create(stack_name, template({"r": resource("RandomString")}))
    reply = service.api("POST", f"{path}/resources/r/signal", {}).expect(400)
    assert reply.message == "signal is not supported for resource."
    reply = service.api("POST", f"{path}/resources/nope/signal", {}).expect(404)
    assert reply.message == f"The Resource (nope) could not be found in Stack {stack_name}."


# ---- failure ----------------------------------------------------------------------------------------------------------

FAILING = template({
    "bad": resource("TestResource", fail=True, wait_secs=0.3),
    "slow": resource("TestResource", wait_secs=1),
    "quick": resource("TestResource"),
    "never": resource("TestResource", ["bad"]),
    "later": resource("TestResource", ["slow"])})
ROOT_CAUSE = "ValueError: resources.bad: Test Resource failed bad"


def test_failure_names_its_root_cause(service, stack_name):
    """The stack fails at once; what is under way ends on its own; nothing new begins."""
    path = service.create(stack_name, FAILING, wait=None)
    assert service.wait(path, "CREATE_FAILED")["stack_status_reason"] == f"Resource CREATE failed: {ROOT_CAUSE}"
    wait_for_resource(service, path, "slow", "CREATE_COMPLETE")
    found = {name: r["resource_status"] for name, r in resources(service, path).items()}
    assert found == {"bad": "CREATE_FAILED", "slow": "CREATE_COMPLETE", "quick": "CREATE_COMPLETE",
                     "never": "INIT_COMPLETE", "later": "INIT_COMPLETE"}
    assert resources(service, path)["bad"]["resource_status_reason"] == ROOT_CAUSE
    assert ("bad", "CREATE_FAILED", ROOT_CAUSE) in events(service, path)
    service.delete(path)


def test_rollback(service, stack_name):
    path = service.create(stack_name, FAILING, wait=None, disable_rollback=False)
    stack = service.wait(path, "ROLLBACK_COMPLETE")
    assert stack["stack_status_reason"] == "Stack ROLLBACK completed successfully"
    assert stack["outputs"] == [] and stack["updated_time"]
    assert resources(service, path) == {}
    story = events(service, path)
    assert stack_events(service, path, stack_name) == [
        ("CREATE_IN_PROGRESS", "Stack CREATE started"),
        ("CREATE_FAILED", f"Resource CREATE failed: {ROOT_CAUSE}"),
        ("ROLLBACK_IN_PROGRESS", "Stack ROLLBACK started"),
        ("ROLLBACK_COMPLETE", "Stack ROLLBACK completed successfully")]
    slow = [status for who, status, _ in story if who == "slow"]
    assert slow == ["CREATE_IN_PROGRESS", "CREATE_COMPLETE", "DELETE_IN_PROGRESS", "DELETE_COMPLETE"]
    assert not [e for e in story if e[0] in ("never", "later")]


def test_failure_only_seen_when_values_are_known(service, stack_name):
    """A property that depends on an attribute is checked when the attribute is there."""
    path = service.create(stack_name, template({
        "v": resource("Value", value="many"), "r": resource("RandomString", length={"get_attr": ["v", "value"]})}),
        wait="CREATE_FAILED")
    assert service.show(path)["stack_status_reason"] == (
        "Resource CREATE failed: StackValidationFailed: resources.r: "
        "Property error: resources.r.properties.length: Value 'many' is not an integer")


def test_stack_timeout(make_service, stack_name):
    service = make_service(config={"stack_action_timeout": "1s"}, web="nginx")
    path = service.create(stack_name, template({"a": resource("TestResource", wait_secs=-1),
                                                "b": resource("TestResource", ["a"])}), wait=None)
    assert service.wait(path, "CREATE_FAILED")["stack_status_reason"] == "Timed out"
    found = resources(service, path)
    stack_id = path.split("/")[-1]
    assert found["a"]["resource_status_reason"] == \
        f'CREATE aborted (Task create from TestResource "a" Stack "{stack_name}" [{stack_id}] Timed out)'
    assert found["b"]["resource_status"] == "INIT_COMPLETE"
    service.api("DELETE", path).expect(204)


def test_retained_resources_are_let_go(service, stack_name):
    """Retain: no step is taken (this one would wait for ever), the events are the same."""
    kept = {**resource("TestResource", action_wait_secs={"delete": -1}), "deletion_policy": "Retain"}
    path = service.create(stack_name, template({"kept": kept, "gone": resource("TestResource")}))
    service.delete(path)
    seen = stored(service, f"select status from event where resource_name = 'kept' and action = 'DELETE' and "
                           f"stack_id = '{path.split('/')[-1]}' order by seq")
    assert seen == [["IN_PROGRESS"], ["COMPLETE"]]


# ---- deletion ---------------------------------------------------------------------------------------------------------


def test_delete_while_creating(service, stack_name):
    path = service.create(stack_name, template({"a": resource("TestResource", action_wait_secs={"create": -1}),
                                                "b": resource("TestResource", ["a"])}), wait=None)
    wait_for_resource(service, path, "a", "CREATE_IN_PROGRESS")
    begun = time.monotonic()
    service.delete(path)
    assert time.monotonic() - begun < 1
    stack_id = path.split("/")[-1]
    seen = stored(service, f"select resource_name, action || '_' || status, reason from event "
                           f"where stack_id = '{stack_id}' order by seq")
    assert seen == [
        [stack_name, "CREATE_IN_PROGRESS", "Stack CREATE started"],
        ["a", "CREATE_IN_PROGRESS", "state changed"],
        [stack_name, "CREATE_FAILED", "Stack CREATE cancelled"],
        [stack_name, "DELETE_IN_PROGRESS", "Stack DELETE started"],
        ["a", "CREATE_FAILED", "CREATE aborted (user triggered cancel)"],
        ["a", "DELETE_IN_PROGRESS", "state changed"],
        ["a", "DELETE_COMPLETE", "state changed"],
        [stack_name, "DELETE_COMPLETE", "Stack DELETE completed successfully"]]
    assert stored(service, f"select state from operation where stack_id = '{stack_id}' order by created_at") == \
        [["CANCELLED"], ["DONE"]]
    assert stored(service, f"select count(*) from resource where stack_id = '{stack_id}'") == [["0"]]


def test_delete_twice_is_one_deletion(service, stack_name):
    path = service.create(stack_name, template({"a": resource("TestResource", action_wait_secs={"delete": 1})}))
    with concurrent.futures.ThreadPoolExecutor(6) as pool:
        assert set(pool.map(lambda _: service.api("DELETE", path).status, range(6))) == {204}
    wait_until("the end", lambda: service.api("GET", path).json.get("stack", {}).get("stack_status")
               in (None, "DELETE_COMPLETE"))
    assert service.api("DELETE", path).expect(404).message == f"The Stack ({stack_name}) could not be found."
    count = stored(service, f"select count(*) from operation where action = 'DELETE' and stack_id = '{path.split('/')[-1]}'")
    assert count == [["1"]]


def test_one_of_twenty_gets_the_name(service, stack_name):
    service.token()
    body = {"stack_name": stack_name, "template": template({"a": resource("TestResource")})}
    with concurrent.futures.ThreadPoolExecutor(20) as pool:
        replies = list(pool.map(lambda _: service.api("POST", "/stacks", body), range(20)))
    assert sorted(r.status for r in replies) == [201] + [409] * 19
    assert {r.message for r in replies if r.status == 409} == {f"The Stack ({stack_name}) already exists."}
    assert stored(service, f"select count(*) from stack where name = '{stack_name}'") == [["1"]]


# ---- hidden parameters ------------------------------------------------------------------------------------------------


def test_hidden_values_are_nowhere_in_the_clear(service, stack_name):
    secret = "x7-Quite-Secret-9z"
    path = service.create(stack_name, template(
        {"v": resource("Value", value={"get_param": "key"})},
        parameters={"key": {"type": "string", "hidden": True}},
        outputs={"o": {"value": {"str_replace": {"template": "<k>", "params": {"k": {"get_param": "key"}}}}}}),
        parameters={"key": secret})
    assert service.show(path)["parameters"]["key"] == "******"
    assert outputs(service, path)["o"]["output_value"] == f"<{secret}>"  # outputs show what they say
    assert service.api("GET", f"{path}/environment").json["parameters"] == {"key": "******"}
    assert service.api("GET", f"{path}/resources/v").json["resource"]["attributes"]["value"] == secret
    event = service.api("GET", f"{path}/events").json["events"][1]
    shown = service.api("GET", f"{path}/resources/v/events/{event['id']}").expect(200).json["event"]
    assert shown["resource_properties"] == {"value": "******"}
    stack_id = path.split("/")[-1]
    for table, key in (("resource", "stack_id"), ("event", "stack_id"), ("operation", "stack_id")):
        assert secret not in str(stored(service, f"select t::text from {table} t where {key} = '{stack_id}'"))
    assert secret not in str(stored(service, f"select (to_jsonb(s) - 'outputs')::text from stack s where id = '{stack_id}'"))
    assert secret not in str(stored(service, "select body from document"))
    assert secret not in service.log()


# ---- processes that die -----------------------------------------------------------------------------------------------

SLOW_CHAIN = template({
    "a": resource("TestResource", wait_secs=1), "b": resource("TestResource", ["a"], wait_secs=1),
    "c": resource("TestResource", ["b"], wait_secs=1), "r": resource("RandomString")})


def each_event_once(service, path, names):
    """No orphan, no duplicate: each resource began once and ended once, and nothing else was said."""
    story = [(who, status) for who, status, _ in events(service, path)]
    assert len(story) == len(set(story)) == 2 * (len(names) + 1), story
    for name in names:
        assert story.index((name, "CREATE_IN_PROGRESS")) < story.index((name, "CREATE_COMPLETE"))


def engines(service):
    """Process ids of the engines that run, by what they logged when they started."""
    def running():
        started = re.findall(r"role=engine pid=(\d+) engine=\S+ slot=\d+ started", service.log())
        return sorted({int(pid) for pid in started} & set(service.children()))
    return wait_until("an engine", running)


@contextlib.contextmanager
def engines_stopped(service, then=signal.SIGCONT):
    """While they stand still, and what becomes of them afterwards: SIGCONT, or SIGKILL for "they never came back"."""
    stopped = engines(service)
    for pid in stopped:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in stopped:
            os.kill(pid, then)


def test_engine_killed_in_the_middle(make_service, stack_name):
    """Another engine (the master starts one) takes over when the lease is out, and goes on where it was."""
    service = make_service(config={"lease": "1s", "poll_interval": "200ms"})
    path = service.create(stack_name, SLOW_CHAIN, wait=None)
    wait_for_resource(service, path, "b", "CREATE_IN_PROGRESS")
    before = service.api("GET", f"{path}/resources/r").json["resource"]["attributes"]
    for pid in engines(service):
        os.kill(pid, signal.SIGKILL)
    service.wait(path, "CREATE_COMPLETE")
    each_event_once(service, path, ["a", "b", "c", "r"])
    assert service.api("GET", f"{path}/resources/r").json["resource"]["attributes"] == before
    assert int(stored(service, "select max(fence) from operation")[0][0]) >= 2


def test_engine_killed_again_and_again(make_service, stack_name):
    service = make_service(config={"lease": "500ms", "poll_interval": "100ms", "engines": 2})
    paths = [service.create(f"{stack_name}-{i}", SLOW_CHAIN, wait=None) for i in range(5)]
    for _ in range(8):
        time.sleep(0.4)
        for pid in engines(service)[:1]:
            os.kill(pid, signal.SIGKILL)
    for path in paths:
        service.wait(path, "CREATE_COMPLETE")
        each_event_once(service, path, ["a", "b", "c", "r"])
    assert "may not go from" not in service.log()


def test_engine_stops_politely(make_service, stack_name):
    """SIGTERM gives its operations back at once: nobody waits for the lease (30 s here) to run out."""
    service = make_service(config={"lease": "30s", "poll_interval": "200ms"})
    path = service.create(stack_name, SLOW_CHAIN, wait=None)
    wait_for_resource(service, path, "b", "CREATE_IN_PROGRESS")
    for pid in engines(service):
        os.kill(pid, signal.SIGTERM)
    service.wait(path, "CREATE_COMPLETE", timeout=10)
    each_event_once(service, path, ["a", "b", "c", "r"])


def test_a_zombie_engine_writes_nothing(make_service, stack_name):
    """Stopped past its lease, then continued: what it still believes to hold changes nothing."""
    service = make_service(config={"lease": "1s", "poll_interval": "200ms", "engines": 2})
    path = service.create(stack_name, SLOW_CHAIN, wait=None)
    wait_for_resource(service, path, "b", "CREATE_IN_PROGRESS")
    holder = stored(service, "select engine_id from operation where state = 'RUNNING'")[0][0]
    log = next(line for line in service.log().splitlines() if f"engine={holder} slot" in line)
    zombie = int(re.search(r"pid=(\d+)", log)[1])
    os.kill(zombie, signal.SIGSTOP)
    try:
        service.wait(path, "CREATE_COMPLETE")
        done = events(service, path)
    finally:
        os.kill(zombie, signal.SIGCONT)
    time.sleep(1.5)
    assert events(service, path) == done
    each_event_once(service, path, ["a", "b", "c", "r"])
    assert stored(service, "select state, fence from operation") == [["DONE", "2"]]


def test_postgresql_restarts_in_the_middle(make_service, stack_name):
    service = make_service(config={"poll_interval": "200ms"}, own_cluster=True)
    path = service.create(stack_name, SLOW_CHAIN, wait=None)
    wait_for_resource(service, path, "a", "CREATE_IN_PROGRESS")
    service.cluster.stop(signal.SIGQUIT)  # at once, as in a crash
    time.sleep(0.5)
    service.cluster.start()
    wait_until("an answer", lambda: service.api("GET", path).status == 200)
    service.wait(path, "CREATE_COMPLETE")
    each_event_once(service, path, ["a", "b", "c", "r"])
    assert service.hearthd.alive()


def test_signals_while_no_engine_runs(make_service, stack_name):
    service = make_service(config={"lease": "500ms", "poll_interval": "200ms"})
    path = service.create(stack_name, wait_condition(), wait=None)
    wait_for_resource(service, path, "w", "CREATE_IN_PROGRESS")
    with engines_stopped(service, then=signal.SIGKILL):
        service.api("POST", f"{path}/resources/h/signal", {"data": "kept"}).expect(200)
    service.wait(path, "CREATE_COMPLETE")
    assert outputs(service, path)["data"]["output_value"] == '{"1": "kept"}'


def test_engines_report_themselves(make_service):
    service = make_service(config={"heartbeat": "1s", "engines": 2})
    listed = wait_until("two engines", lambda: [s for s in service.api("GET", "/services", user="admin").expect(200).json["services"]
                                                if s["status"] == "up"][1:] and True)
    assert listed


# ---- limits -----------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def limited(make_module_service):
    return make_module_service(config={"max_stacks_per_tenant": 2, "max_resources_per_stack": 3, "max_template_size": 2000,
                                       "max_events_per_stack": 4})


def test_limits(limited):
    def create(name, count):
        return limited.api("POST", "/stacks", {"stack_name": name, "template": template(
            {f"r{i}": resource("TestResource") for i in range(count)})})
    assert create("l1", 4).expect(400).message == "Request limit exceeded: Maximum resources per stack exceeded."
    big = template({"r": resource("TestResource", value="x" * 2000)})
    reply = limited.api("POST", "/stacks", {"stack_name": "l1", "template": big}).expect(400)
    assert re.fullmatch(r"(Request limit exceeded: )?Template size \(\d+ bytes\) exceeds maximum allowed size \(2000 bytes\)\.",
                        reply.message)
    create("l1", 3).expect(201)
    create("l2", 1).expect(201)
    assert create("l3", 1).expect(400).message == \
        "Request limit exceeded: You have reached the maximum stacks per tenant, 2. Please delete some stacks."
    path = limited.api("GET", "/stacks/l1").headers["Location"].split(limited.project_id())[1]
    limited.wait(path, "CREATE_COMPLETE")
    assert [(who, status) for who, status, _ in events(limited, path)][-1] == ("l1", "CREATE_COMPLETE")
    assert len(events(limited, path)) == 4
