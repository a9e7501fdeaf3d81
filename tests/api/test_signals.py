"""Signals that come when nothing is under way: what depends on them is worked out all the same."""

import concurrent.futures
import json
import signal

from hearth import wait_until
from test_engine import engines_stopped, outputs, stored, wait_condition, wait_for_resource

SOON = {"lease": "1s", "poll_interval": "200ms"}


def signalled(service, path, **details):
    service.api("POST", f"{path}/resources/h/signal", details).expect(200)


def data(service, path):
    return json.loads(outputs(service, path)["data"]["output_value"])


def complete(service, stack_name, **properties):
    path = service.create(stack_name, wait_condition(**properties), wait=None)
    wait_for_resource(service, path, "w", "CREATE_IN_PROGRESS")
    signalled(service, path, id="1", data="first")
    service.wait(path, "CREATE_COMPLETE")
    return path


def operations(service, path):
    return stored(service, f"select action, state from operation where stack_id = '{path.split('/')[-1]}' order by created_at")


def quiet(service, path):
    """Waits until nothing of the stack's operations is left to do."""
    wait_until("the operations to end", lambda: not [o for o in operations(service, path) if o[1] in ("PENDING", "RUNNING")])


def events(service, path):
    return [(e["resource_name"], e["resource_status"]) for e in
            service.api("GET", f"{path}/events?sort_dir=asc").json["events"]]


def test_late_signal_reaches_attributes_and_outputs(service, stack_name):
    path = complete(service, stack_name)
    before = service.show(path)
    condition = service.api("GET", f"{path}/resources/w").json["resource"]
    signalled(service, path, id="2", data="late")
    wait_until("the output", lambda: data(service, path) == {"1": "first", "2": "late"})
    after = service.show(path)
    assert {key: after[key] for key in after if key != "outputs"} == {key: before[key] for key in before if key != "outputs"}
    shown = service.api("GET", f"{path}/resources/w").json["resource"]
    assert json.loads(shown["attributes"]["data"]) == {"1": "first", "2": "late"}
    for key in ("resource_status", "resource_status_reason", "updated_time", "physical_resource_id"):
        assert shown[key] == condition[key]


def test_late_signal_tells_its_own_event_only(service, stack_name):
    path = complete(service, stack_name)
    quiet(service, path)
    before = events(service, path)
    signalled(service, path, id="2", data="late")
    wait_until("the output", lambda: "2" in data(service, path))
    quiet(service, path)
    assert events(service, path) == [*before, ("h", "SIGNAL_COMPLETE")]


def test_many_late_signals_share_operations(service, stack_name):
    path = complete(service, stack_name)
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda i: signalled(service, path, id=str(i), data=i), range(40)))
    wait_until("all signals in the output", lambda: len(data(service, path)) == 40)
    quiet(service, path)
    assert {state for _, state in operations(service, path)} == {"DONE"}


def claim_slowly(service, path):
    """What an engine does when it claims, held open for two seconds: it reads the resources, then it commits."""
    stack_id = path.split("/")[-1]
    return stored(service, f"""begin;
        update operation set state = 'RUNNING', engine_id = gen_random_uuid(), fence = fence + 1, wake_at = 'infinity',
               lease_until = now() + interval '1 hour' where stack_id = '{stack_id}' and state = 'PENDING';
        select metadata from resource where stack_id = '{stack_id}' and name = 'h'; select pg_sleep(2); commit""")


def test_a_signal_while_an_operation_is_claimed(make_service, stack_name):
    """Whoever claimed it has read the resources before: it has to be woken."""
    service = make_service(config=SOON)
    path = service.create(stack_name, wait_condition(timeout=600), wait=None)
    wait_for_resource(service, path, "w", "CREATE_IN_PROGRESS")
    with engines_stopped(service):
        service.api("POST", f"{path}/actions", {"cancel_without_rollback": None}).expect(200)
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            claimed = pool.submit(claim_slowly, service, path)
            wait_until("the claim", lambda: stored(service, "select 1 from pg_stat_activity where query ~ 'pg_sleep.2.; commit' "
                                                            "and wait_event = 'PgSleep'"))
            signalled(service, path, id="1", data="x")
            assert claimed.result()[0] == ["{}"]
        assert stored(service, "select isfinite(wake_at) from operation where state = 'RUNNING' and action <> 'SIGNAL'") == [["t"]]
        stored(service, "update operation set lease_until = now() where state = 'RUNNING'")
    quiet(service, path)


def test_a_late_signal_is_in_nobodys_way(make_service, stack_name):
    """While no engine runs the operation stays pending; every call is accepted as if it were not there."""
    service = make_service(config=SOON)
    path = complete(service, stack_name)
    quiet(service, path)
    with engines_stopped(service):
        signalled(service, path, id="2", data="late")
        signalled(service, path, id="3", data="later")
        assert [o for o in operations(service, path) if o[1] == "PENDING"] == [["SIGNAL", "PENDING"]]
        service.api("POST", f"{path}/actions", {"suspend": None}).expect(200)
    service.wait(path, "SUSPEND_COMPLETE")
    wait_until("the output", lambda: len(data(service, path)) == 3)
    assert service.show(path)["stack_status"] == "SUSPEND_COMPLETE"
    service.api("POST", f"{path}/actions", {"resume": None}).expect(200)
    service.wait(path, "RESUME_COMPLETE")


def test_update_comes_before_a_late_signal(make_service, stack_name):
    service = make_service(config=SOON)
    path = complete(service, stack_name)
    quiet(service, path)
    with engines_stopped(service):
        signalled(service, path, id="2", data="late")
        changed = wait_condition()
        changed["outputs"]["more"] = {"value": {"get_attr": ["w", "data"]}}
        service.api("PUT", path, {"template": changed}).expect(202)
    service.wait(path, "UPDATE_COMPLETE")
    wait_until("the new output", lambda: "2" in json.loads(outputs(service, path)["more"]["output_value"]))
    quiet(service, path)
    assert [action for action, _ in operations(service, path)] == ["CREATE", "SIGNAL", "SIGNAL", "UPDATE"]


def test_deletion_after_a_late_signal(service, stack_name):
    path = complete(service, stack_name)
    signalled(service, path, id="2", data="late")
    service.delete(path)
    quiet(service, path)
    assert {state for _, state in operations(service, path)} <= {"DONE", "CANCELLED"}


def test_engine_killed_with_a_late_signal(make_service, stack_name):
    """Claimed and not dealt with: another engine takes it over."""
    service = make_service(config=SOON)
    path = complete(service, stack_name)
    quiet(service, path)
    with engines_stopped(service, then=signal.SIGKILL):
        signalled(service, path, id="2", data="late")
        service.cluster.psql("update operation set state = 'RUNNING', engine_id = gen_random_uuid(), fence = fence + 1, "
                             "lease_until = now() + interval '500 milliseconds', wake_at = 'infinity' "
                             "where state = 'PENDING' and action = 'SIGNAL'", service.database, "hearth_engine")
    wait_until("the output", lambda: "2" in data(service, path))
    quiet(service, path)


def test_hidden_values_stay_sealed_after_a_late_signal(service, stack_name):
    template = wait_condition()
    template["parameters"] = {"secret": {"type": "string", "hidden": True, "default": "opensesame"}}
    template["outputs"]["secret"] = {"value": {"get_param": "secret"}}
    path = service.create(stack_name, template, wait=None)
    wait_for_resource(service, path, "w", "CREATE_IN_PROGRESS")
    signalled(service, path, id="1", data="first")
    service.wait(path, "CREATE_COMPLETE")
    signalled(service, path, id="2", data="late")
    wait_until("the output", lambda: "2" in data(service, path))
    stack_id = path.split("/")[-1]
    [[kept]] = stored(service, f"select outputs from stack where id = '{stack_id}'")
    assert "opensesame" not in kept and "late" not in kept
    for [attributes] in stored(service, f"select attributes from resource where stack_id = '{stack_id}'"):
        assert not attributes or not attributes.startswith("{")


# ---- handles that are made anew by each update -----------------------------------------------------------------------


def cfn(value):
    return {"heat_template_version": "2018-08-31", "resources": {
        "h": {"type": "OS::Heat::UpdateWaitConditionHandle"},
        "w": {"type": "AWS::CloudFormation::WaitCondition",
              "properties": {"Handle": {"get_resource": "h"}, "Timeout": "30"}},
        "t": {"type": "OS::Heat::TestResource", "properties": {"value": value}}},
        "outputs": {"url": {"value": {"get_resource": "h"}}, "data": {"value": {"get_attr": ["w", "Data"]}}}}


def handle(service, path):
    """(physical id, URL), once the wait has begun."""
    wait_for_resource(service, path, "w", "CREATE_IN_PROGRESS")
    shown = service.api("GET", f"{path}/resources/h").json["resource"]
    return shown["physical_resource_id"], wait_until("the URL", lambda: outputs(service, path)["url"]["output_value"])


def say(service, url, text, status=200):
    service.http("POST", url, {"Status": "SUCCESS", "UniqueId": "1", "Data": text, "Reason": "r"}).expect(status)


def test_update_gives_a_new_handle_with_a_new_url(service, stack_name):
    path = service.create(stack_name, cfn("a"), wait=None)
    first_id, first_url = handle(service, path)
    say(service, first_url, "first")
    service.wait(path, "CREATE_COMPLETE")
    service.api("PUT", path, {"template": cfn("b")}).expect(202)
    wait_until("the new handle", lambda: outputs(service, path)["url"]["output_value"] != first_url)
    second_id, second_url = handle(service, path)
    assert second_id != first_id and second_url != first_url
    say(service, first_url, "from yesterday", 401)
    assert service.show(path)["stack_status"] == "UPDATE_IN_PROGRESS"  # it waits anew
    say(service, second_url, "second")
    service.wait(path, "UPDATE_COMPLETE")
    assert outputs(service, path)["data"]["output_value"] == '{"1": "second"}'
    say(service, first_url, "from yesterday", 401)


def test_a_signature_is_for_one_handle(service, stack_name):
    path = service.create(stack_name, cfn("a"), wait=None)
    _, url = handle(service, path)
    [resource_id] = [part[3:] for part in url.split("?")[1].split("&") if part.startswith("id=")]
    other = resource_id[:-1] + ("0" if resource_id[-1] != "0" else "1")
    say(service, url.replace(resource_id, other), "x", 401)
    say(service, url.replace(f"id={resource_id}&", ""), "x", 401)
    say(service, url.split("?")[0] + f"?id={resource_id}", "x", 401)
    say(service, url, "x")
    service.wait(path, "CREATE_COMPLETE")
