"""Values of hidden parameters stay sealed in the rows, whatever happens to the stack."""

import os
import signal

from hearth import wait_until
from test_engine import engines, resource, stored, template, wait_for_resource

SECRET = "open-sesame-4711"


def stack(hidden, *values, **more):
    names = [f"r{i}" for i in range(len(values))]
    return template({name: resource("TestResource", value=value, **more) for name, value in zip(names, values)},
                    parameters={"word": {"type": "string", "hidden": hidden}},
                    outputs={"word": {"value": {"get_param": "word"}}})


WORD = {"get_param": "word"}


def clear_text(service, path):
    """Where the secret stands in the rows that are the stack's own."""
    stack_id = path.split("/")[-1]
    found = []
    for table, where in (("stack", "id"), ("resource", "stack_id"), ("operation", "stack_id")):
        rows = stored(service, f"select * from {table} where {where} = '{stack_id}'")
        found += [table for row in rows if any(SECRET in column for column in row)]
    return found


def test_rows_that_a_failed_deletion_leaves(make_service, stack_name):
    service = make_service(config={"lease": "1s", "poll_interval": "200ms"})
    path = service.create(stack_name, stack(True, WORD, action_wait_secs={"delete": -1}), parameters={"word": SECRET})
    service.api("DELETE", path).expect(204)
    wait_for_resource(service, path, "r0", "DELETE_IN_PROGRESS")
    assert clear_text(service, path) == []
    stored(service, f"update operation set deadline_at = now() where stack_id = '{path.split('/')[-1]}'")
    for pid in engines(service):
        os.kill(pid, signal.SIGTERM)
    service.wait(path, "DELETE_FAILED")
    assert clear_text(service, path) == []
    attributes = service.api("GET", f"{path}/resources/r0").json["resource"]["attributes"]
    assert attributes["output"] == SECRET  # still readable to whom it belongs


def test_a_parameter_becomes_hidden(service, stack_name):
    path = service.create(stack_name, stack(False, WORD, "plain"), parameters={"word": SECRET})
    assert sorted(clear_text(service, path)) == ["resource", "stack"]
    service.api("PUT", path, {"template": stack(True, WORD, "plain"), "parameters": {"word": SECRET}}).expect(202)
    service.wait(path, "UPDATE_COMPLETE")
    assert clear_text(service, path) == []
    assert {r["resource_status"] for r in service.api("GET", f"{path}/resources").json["resources"]} == {"CREATE_COMPLETE"}


def test_a_rollback_to_nothing_hidden_leaves_no_secret(service, stack_name):
    path = service.create(stack_name, stack(False, "plain", "plain"), parameters={"word": "known"})
    bad = stack(True, "plain", WORD)
    bad["resources"]["bad"] = resource("TestResource", ["r1"], fail=True)
    service.api("PUT", path, {"template": bad, "parameters": {"word": SECRET}, "disable_rollback": False}).expect(202)
    service.wait(path, "ROLLBACK_COMPLETE")
    wait_until("the end", lambda: clear_text(service, path) == [])
