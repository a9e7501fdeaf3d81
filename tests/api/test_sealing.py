"""Values of hidden parameters stay sealed in the rows, whatever happens to the stack."""

import json
import os
import signal

import pytest

from hearth import wait_until
from test_engine import engines, resource, stored, template, wait_for_resource
from test_nested import child
from test_update import put

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


# ---- what groups make of a secret ----------------------------------------------------------------------------------

def everywhere(service):
    """Tables and columns of the whole database in which the secret stands in the clear."""
    tables = [row[0] for row in service.psql("select table_name from information_schema.tables where table_schema = 'hearth' and "
                                             "table_type = 'BASE TABLE'")]
    return [table for table in tables if service.psql(f"select 1 from hearth.{table} t where t::text like '%{SECRET}%' limit 1")]


def secretive(kind, properties, **more):
    return template({"g": {"type": kind, "properties": properties, **more}}, parameters={"word": {"type": "string", "hidden": True}})


MEMBER = {"type": "OS::Heat::TestResource", "properties": {"value": WORD}}


@pytest.mark.parametrize("body", [
    secretive("OS::Heat::ResourceGroup", {"count": 2, "resource_def": MEMBER}),
    secretive("OS::Heat::AutoScalingGroup", {"min_size": 2, "max_size": 2, "resource": MEMBER}),
    secretive("OS::Heat::ResourceChain", {"resources": ["OS::Heat::TestResource"], "resource_properties": {"value": WORD}}),
    secretive("OS::Heat::ResourceGroup", {"count": 1, "resource_def": {
        "type": "OS::Heat::ResourceGroup", "properties": {"count": 1, "resource_def": MEMBER}}}),
    secretive("OS::Heat::ResourceGroup", {"count": 1, "resource_def": {"type": "m.yaml", "properties": {"p": WORD}}}),
], ids=["group", "scaling", "chain", "in-a-group", "templates"])
def test_a_group_keeps_the_secret(make_service, stack_name, body):
    service = make_service()
    inner = "heat_template_version: 2018-08-31\nparameters: {p: {type: string}}\n" \
            "resources: {r: {type: OS::Heat::TestResource, properties: {value: {get_param: p}}}}\n"
    path = service.create(stack_name, body, parameters={"word": SECRET}, files={"m.yaml": inner})
    assert everywhere(service) == []
    inside = child(service, path, "g")
    assert SECRET in service.api("GET", f"{inside}/template").expect(200).text  # as Heat, to whom it belongs
    assert SECRET not in service.api("GET", f"{inside}/events").text
    again = json.loads(json.dumps(body))
    again["resources"]["g"]["properties"].update({"count": 3} if "count" in body["resources"]["g"]["properties"] else {})
    put(service, path, template=again, parameters={"word": SECRET}, files={"m.yaml": inner})
    assert everywhere(service) == []
    service.api("PATCH", inside, {}).expect(202)  # on its own, with the template it has
    service.wait(inside, "UPDATE_COMPLETE")
    assert everywhere(service) == []
    service.api("POST", f"{path}/snapshots", {}).expect(200)
    service.wait(path, "SNAPSHOT_COMPLETE")
    assert everywhere(service) == []
    service.delete(path)
    assert everywhere(service) == []
