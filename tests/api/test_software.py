"""Software configurations and deployments: what may be in them, pages, who sees them, what a server is told to run."""

import concurrent.futures
import json
import uuid

import pytest

CONFIGS, DEPLOYMENTS = "/software_configs", "/software_deployments"
MISSING = "00000000-0000-4000-8000-000000000000"


def config(service, user="demo", **body):
    return service.api("POST", CONFIGS, body, user).expect(200).json["software_config"]


def deploy(service, config_id, server, user="demo", **body):
    body.update(config_id=config_id, server_id=server)
    return service.api("POST", DEPLOYMENTS, body, user).expect(200).json["software_deployment"]


def metadata(service, server, user="demo"):
    return service.api("GET", f"{DEPLOYMENTS}/metadata/{server}", user=user).expect(200).json["metadata"]


@pytest.fixture
def server():
    return str(uuid.uuid4())


# ---- inputs and outputs ----------------------------------------------------------------------------------------------

@pytest.mark.parametrize("given,stored", [
    ({"name": "a"}, {"name": "a", "type": "String"}),
    ({"name": 5, "description": True}, {"name": "5", "description": "True", "type": "String"}),
    ({"name": None, "description": None, "type": None}, {"name": "", "description": "", "type": "String"}),
    ({"type": "Number", "default": "5", "name": "a"}, {"name": "a", "type": "Number", "default": 5}),
    ({"name": "a", "type": "Number", "default": "1.50"}, {"name": "a", "type": "Number", "default": 1.5}),
    ({"name": "a", "type": "Number", "default": None}, {"name": "a", "type": "Number", "default": 0}),
    ({"name": "a", "type": "Number", "default": ""}, {"name": "a", "type": "Number", "default": ""}),
    ({"name": "a", "type": "String", "default": 7}, {"name": "a", "type": "String", "default": "7"}),
    ({"name": "a", "default": 7}, {"name": "a", "type": "String", "default": 7}),
    ({"name": "a", "default": None}, {"name": "a", "type": "String"}),
    ({"name": "a", "type": "CommaDelimitedList", "default": "x, y,"},
     {"name": "a", "type": "CommaDelimitedList", "default": ["x", " y", ""]}),
    ({"name": "a", "type": "CommaDelimitedList", "default": [1]}, {"name": "a", "type": "CommaDelimitedList", "default": [1]}),
    ({"name": "a", "type": "Json", "default": {"b": 1}}, {"name": "a", "type": "Json", "default": {"b": 1}}),
    ({"name": "a", "type": "Json", "default": [1, "x"]}, {"name": "a", "type": "Json", "default": '[1, "x"]'}),
    ({"name": "a", "type": "Boolean", "default": "TRUE"}, {"name": "a", "type": "Boolean", "default": True}),
    ({"name": "a", "replace_on_change": False}, {"name": "a", "type": "String"}),
    ({"value": None, "replace_on_change": "true", "name": "a"},
     {"name": "a", "type": "String", "replace_on_change": True, "value": None}),
])
def test_inputs_are_converted_to_their_types(service, given, stored):
    reply = service.api("POST", CONFIGS, {"inputs": [given]}).expect(200)
    assert json.dumps([stored]) in reply.text, "the same members in the same order"
    shown = service.api("GET", f"{CONFIGS}/{reply.json['software_config']['id']}").expect(200)
    assert shown.json == reply.json


def test_outputs_have_error_output(service):
    made = config(service, outputs=[{"name": "a"}, {"name": "b", "error_output": "true", "type": "Json"}])
    assert made["outputs"] == [{"name": "a", "type": "String", "error_output": False},
                               {"name": "b", "type": "Json", "error_output": True}]


@pytest.mark.parametrize("body,kind,message", [
    ({"inputs": [{}]}, "ValueError", "Property error: inputs[0]: Property name not assigned"),
    ({"inputs": [{"name": "a"}, {"name": "b", "foo": 1}]}, "ValueError", "Property error: inputs[1]: Unknown Property foo"),
    ({"inputs": [{"name": "a", "error_output": True}]}, "ValueError", "Unknown Property error_output"),
    ({"outputs": [{"name": "a", "value": 1}]}, "ValueError", "outputs[0]: Unknown Property value"),
    ({"inputs": [{"name": [1]}]}, "ValueError", "inputs[0].name: Value must be a string; got [1]"),
    ({"inputs": [{"name": 1.5}]}, "ValueError", "inputs[0].name: Value must be a string; got 1.5"),
    ({"outputs": [{"name": "a", "type": "Blob"}]}, "ValueError",
     'outputs[0].type: "Blob" is not an allowed value [String, Number, CommaDelimitedList, Json, Boolean]'),
    ({"inputs": [{"name": "a", "type": "number", "default": 1}]}, "InvalidSchemaError", "Invalid type (number)"),
    ({"inputs": [{"name": "a", "type": "Number", "default": "x"}]}, "ValueError", "inputs[0].default: 'x' is not a number"),
    ({"inputs": [{"name": "a", "type": "CommaDelimitedList", "default": 1}]}, "ValueError", "is not a list"),
    ({"inputs": [{"name": "a", "type": "Json", "default": 1}]}, "ValueError", "is not a map"),
    ({"inputs": [{"name": "a", "type": "Boolean", "default": 1}]}, "ValueError", "is not a valid boolean"),
    ({"inputs": [{"name": "a", "replace_on_change": 1}]}, "ValueError", "inputs[0].replace_on_change"),
    ({"inputs": {"a": 1}}, "HTTPBadRequest", "malformed"),
    ({"outputs": [1]}, "HTTPBadRequest", "malformed"),
    ({"name": ["a"]}, "HTTPBadRequest", "The value of name must be a string."),
    ({"name": "x" * 256}, "HTTPBadRequest", "longer than 255 characters"),
    ({"group": "a\0b"}, "HTTPBadRequest", "NUL"),
    ([], "HTTPBadRequest", "malformed"),
    ("", "HTTPBadRequest", "malformed"),
    ("{", "HTTPBadRequest", "line 1 column 2"),
])
def test_bad_configurations_are_refused(service, body, kind, message):
    before = service.psql("select count(*) from hearth.software_config")
    reply = service.api("POST", CONFIGS, body).expect(400)
    assert reply.json["error"]["type"] == kind and message in reply.message
    assert service.psql("select count(*) from hearth.software_config") == before


# ---- configurations --------------------------------------------------------------------------------------------------

def test_anything_may_be_configured(service):
    for body in ({"config": {"z": 1, "a": [1e20]}}, {"config": "\u00e4\u2028\0", "options": [1]}, {"options": "x", "group": ""}):
        made = config(service, **body)
        assert {key: made[key] for key in body} == body
        assert service.api("GET", f"{CONFIGS}/{made['id']}").json["software_config"] == made


def test_list_pages(make_service):
    service = make_service()
    ids = [config(service, name=f"c{i}")["id"] for i in range(5)][::-1]
    whole = service.api("GET", CONFIGS).expect(200).json["software_configs"]
    assert [item["id"] for item in whole] == ids
    assert list(whole[0]) == ["id", "name", "group", "creation_time"]
    pages, marker = [], ""
    while page := service.api("GET", f"{CONFIGS}?limit=2{marker}").json["software_configs"]:
        assert len(page) <= 2
        pages += page
        marker = f"&marker={page[-1]['id']}"
    assert pages == whole
    for query in (f"?marker={MISSING}", "?marker=nonsense", "?foo=1", "?limit=", "?global_tenant=false"):
        assert service.api("GET", CONFIGS + query).json["software_configs"] == whole
    assert service.api("GET", CONFIGS + "?limit=0").json["software_configs"] == []
    for query in ("?limit=x", "?limit=-1", "?global_tenant=x", "?global_tenant="):
        service.api("GET", CONFIGS + query).expect(400)


def test_administrators_list_every_project(service):
    theirs = config(service, "demo2", name="theirs")["id"]
    assert service.api("GET", CONFIGS + "?global_tenant=true").expect(403).message == \
        "You are not authorized to use software_configs:global_index."
    seen = service.api("GET", CONFIGS + "?global_tenant=True", user="admin").expect(200).json["software_configs"]
    assert {item["id"]: item["project"] for item in seen}[theirs] == service.project_id("demo2")
    own = service.api("GET", CONFIGS, user="admin").json["software_configs"]
    assert theirs not in [item["id"] for item in own]


def test_one_project_does_not_see_anothers(service, server):
    made = config(service, name="mine")
    deployment = deploy(service, made["id"], server)
    for path in (f"{CONFIGS}/{made['id']}", f"{DEPLOYMENTS}/{deployment['id']}"):
        for method in ("GET", "DELETE"):
            assert service.api(method, path, user="demo2").expect(404).message.endswith(f"{path.split('/')[-1]} not found")
    service.api("PUT", f"{DEPLOYMENTS}/{deployment['id']}", {"status": "FAILED"}, "demo2").expect(404)
    service.api("POST", DEPLOYMENTS, {"config_id": made["id"], "server_id": server}, "demo2").expect(404)
    assert metadata(service, server, "demo2") == []
    own = deploy(service, config(service, "demo2")["id"], server, "demo2")
    service.api("PUT", f"{DEPLOYMENTS}/{own['id']}", {"config_id": made["id"]}, "demo2").expect(404)
    assert service.api("GET", f"{DEPLOYMENTS}?server_id={server}").json["software_deployments"] == [deployment]


def test_readers_read(service, server):
    made = config(service, name="readable")
    deployment = deploy(service, made["id"], server)
    for path in (CONFIGS, f"{CONFIGS}/{made['id']}", DEPLOYMENTS, f"{DEPLOYMENTS}/{deployment['id']}",
                 f"{DEPLOYMENTS}/metadata/{server}"):
        service.api("GET", path, user="reader").expect(200)
    service.api("POST", CONFIGS, {}, "reader").expect(403)
    service.api("DELETE", f"{CONFIGS}/{made['id']}", user="reader").expect(403)
    service.api("POST", DEPLOYMENTS, {"config_id": made["id"], "server_id": server}, "reader").expect(403)
    service.api("PUT", f"{DEPLOYMENTS}/{deployment['id']}", {}, "reader").expect(403)
    service.api("DELETE", f"{DEPLOYMENTS}/{deployment['id']}", user="reader").expect(403)


def test_ids_that_are_none(service):
    for path, word in ((CONFIGS, "Software config"), (DEPLOYMENTS, "Deployment")):
        for method in ("GET", "DELETE"):
            assert service.api(method, f"{path}/x%20y").expect(404).message == f"{word} with id x y not found"
    service.api("PUT", DEPLOYMENTS + "/nope", {}).expect(404)
    service.api("PATCH", DEPLOYMENTS + "/nope", {}).expect(405)


# ---- deployments -----------------------------------------------------------------------------------------------------

def test_life_of_a_deployment(service, server):
    first, second = config(service, name="first")["id"], config(service, name="second")["id"]
    made = deploy(service, first, server, action="CREATE", status="IN_PROGRESS", status_reason="waiting", input_values={"b": 1, "a": None})
    path = f"{DEPLOYMENTS}/{made['id']}"
    assert list(made) == ["id", "server_id", "input_values", "output_values", "action", "status", "status_reason", "config_id",
                          "creation_time"]
    assert made["output_values"] is None and list(made["input_values"]) == ["b", "a"]

    def put(**body):
        changed = service.api("PUT", path, body).expect(200).json["software_deployment"]
        assert changed == service.api("GET", path).json["software_deployment"]
        assert list(changed)[-1] == "updated_time"
        return {key: changed[key] for key in changed if changed[key] != made.get(key) and key != "updated_time"}

    assert put() == {} == put(foo=1, server_id="other", id="x")
    assert put(status=None, action="", input_values={}, output_values=[], status_reason=0, config_id=False) == {}
    done = {"status": "COMPLETE", "status_reason": "['a', None]", "output_values": {"r": [1.0]}}
    assert put(**{**done, "status_reason": ["a", None]}) == done
    service.api("PUT", path, {"status": {"a": 1}, "action": "X"}).expect(400)
    assert put(config_id=second) == {**done, "config_id": second}
    for unknown in (MISSING, "nope", 5):
        reply = service.api("PUT", path, {"config_id": unknown, "status": "FAILED"}).expect(404)
        assert reply.message == f"Software config with id {unknown} not found"
    assert service.api("DELETE", f"{CONFIGS}/{first}").expect(204).raw == b""
    reply = service.api("DELETE", f"{CONFIGS}/{second}").expect(409)
    assert reply.json["error"]["type"] == "InvalidRestrictedAction"
    assert reply.message == f"Software config with id {second} can not be deleted as it is referenced."
    service.api("DELETE", path).expect(204)
    service.api("DELETE", path).expect(404)
    service.api("DELETE", f"{CONFIGS}/{second}").expect(204)


def test_bad_deployments_are_refused(service, server):
    made = config(service)["id"]
    for body, status, message in (
            ({}, 400, "server_id must be specified"), ({"config_id": made}, 400, "server_id must be specified"),
            ({"server_id": server}, 400, "config_id must be specified"),
            ({"server_id": server, "config_id": MISSING}, 404, f"Software config with id {MISSING} not found"),
            ({"server_id": [], "config_id": made}, 400, "The value of server_id must be a string."),
            ({"server_id": server, "config_id": made, "status": "x" * 256}, 400, "longer than 255"),
            ({"server_id": server, "config_id": made, "status_reason": "\0"}, 400, "NUL"), ("", 400, "malformed"), ([], 400, "malformed")):
        assert message in service.api("POST", DEPLOYMENTS, body).expect(status).message
    assert service.api("GET", f"{DEPLOYMENTS}?server_id={server}").json["software_deployments"] == []


def test_list_is_oldest_first(service, server):
    made = config(service)["id"]
    ids = [deploy(service, made, server)["id"] for _ in range(3)]
    assert [item["id"] for item in service.api("GET", f"{DEPLOYMENTS}?server_id={server}").json["software_deployments"]] == ids
    assert [item["id"] for item in service.api("GET", DEPLOYMENTS).json["software_deployments"]][-3:] == ids


# ---- what a server is to run -----------------------------------------------------------------------------------------

def test_metadata_lists_configurations_by_name(service, server):
    b, a, unnamed = config(service, name="b"), config(service, name="a", inputs=[{"name": "i", "value": 1}]), config(service)
    for item in (b, a, unnamed, b):
        deploy(service, item["id"], server)
    assert metadata(service, server) == [unnamed, a, b, b]
    assert metadata(service, "a%2Fb") == []


def test_metadata_of_a_resource_follows(service, stack_name):
    path = service.create(stack_name, {"heat_template_version": "2018-08-31", "resources": {
        "box": {"type": "OS::Heat::RandomString"}}})
    box = f"{path}/resources/box"
    server = service.api("GET", box).json["resource"]["physical_resource_id"]
    shown = lambda: service.api("GET", box + "/metadata").json["metadata"]
    assert shown() == {}
    one, two = config(service, name="one", config="#!/bin/sh"), config(service, name="two")
    deployment = deploy(service, one["id"], server)
    assert shown() == {"deployments": [one]}
    service.api("PUT", f"{DEPLOYMENTS}/{deployment['id']}", {"config_id": two["id"]}).expect(200)
    assert shown() == {"deployments": [two]}
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: deploy(service, one["id"], server), range(16)))
    assert shown() == {"deployments": [one] * 16 + [two]}
    for item in service.api("GET", f"{DEPLOYMENTS}?server_id={server}").json["software_deployments"]:
        service.api("DELETE", f"{DEPLOYMENTS}/{item['id']}").expect(204)
    assert shown() == {"deployments": []}
    service.delete(path)


def test_users_of_a_stacks_own_project_read_what_is_meant_for_them(service, stack_name, server):
    agents = service.project_id("demo2")
    made = config(service, name="for-agents")
    before = deploy(service, made["id"], server, stack_user_project_id=agents)
    assert metadata(service, server, "demo2") == [], "no stack of the project has these users"
    path = service.create(stack_name, {"heat_template_version": "2018-08-31"})
    service.psql(f"update hearth.stack set stack_user_project_id = '{agents}' where id = '{path.split('/')[-1]}'")
    meant = deploy(service, made["id"], server, stack_user_project_id=agents)
    assert metadata(service, server, "demo2") == [made]
    assert service.api("GET", f"{DEPLOYMENTS}?server_id={server}", user="demo2").json["software_deployments"] == [meant]
    assert service.api("GET", f"{DEPLOYMENTS}/{meant['id']}", user="demo2").json["software_deployment"] == meant
    service.api("GET", f"{CONFIGS}/{made['id']}", user="demo2").expect(404)
    service.api("PUT", f"{DEPLOYMENTS}/{meant['id']}", {"status": "COMPLETE"}, "demo2").expect(404)
    service.api("DELETE", f"{DEPLOYMENTS}/{meant['id']}", user="demo2").expect(404)
    assert metadata(service, server) == [made, made]
    for item in (before, meant):
        service.api("DELETE", f"{DEPLOYMENTS}/{item['id']}").expect(204)
    service.delete(path)


def test_delete_and_deploy_at_once(service, server):
    """Either the configuration goes and no deployment refers to it, or it stays."""
    for _ in range(12):
        made = config(service)["id"]
        with concurrent.futures.ThreadPoolExecutor(3) as pool:
            deployed = [pool.submit(service.api, "POST", DEPLOYMENTS, {"config_id": made, "server_id": server}) for _ in range(2)]
            deleted = pool.submit(service.api, "DELETE", f"{CONFIGS}/{made}").result().status
        statuses = {future.result().status for future in deployed}
        assert (deleted, statuses) in [(204, {404}), (409, {200}), (409, {200, 404})]
        service.api("GET", f"{CONFIGS}/{made}").expect(404 if deleted == 204 else 200)


# ---- stock clients ---------------------------------------------------------------------------------------------------

def test_openstack_config(service, tmp_path):
    wanted = {"inputs": [{"name": "foo", "default": "bar"}], "outputs": [{"name": "result"}], "options": {"o": 1}}
    if "OS::Heat::SoftwareConfig" in service.api("GET", "/resource_types").json["resource_types"]:
        (tmp_path / "script").write_text("#!/bin/sh\necho $foo\n")
        (tmp_path / "definition").write_text(json.dumps(wanted))
        made = service.openstack("software", "config", "create", "cli", "--group", "script", "--config-file",
                                 tmp_path / "script", "--definition-file", tmp_path / "definition")
    else:  # the client has a template with one validated before it asks for it
        made = config(service, name="cli", group="script", config="#!/bin/sh\necho $foo\n", **wanted)
    assert made["inputs"] == [{"name": "foo", "type": "String", "default": "bar"}] and made["group"] == "script"
    assert made["id"] in [row["id"] for row in service.openstack("software", "config", "list", "--limit", "5")]
    assert service.openstack("software", "config", "show", made["id"]) == made
    service.openstack("software", "config", "delete", made["id"], json_output=False)
    service.api("GET", f"{CONFIGS}/{made['id']}").expect(404)


def test_openstack_deployment(service, server):
    """The client derives a configuration with the inputs' values for the deployment."""
    made = config(service, name="cli", group="script", inputs=[{"name": "foo"}], outputs=[{"name": "result"}])
    shown = service.openstack("software", "deployment", "create", "cli", "--config", made["id"], "--server", server,
                              "--input-value", "foo=baz", "--action", "UPDATE", "--signal-transport", "NO_SIGNAL")
    [derived] = metadata(service, server)
    inputs = {item["name"]: item["value"] for item in derived["inputs"]}
    assert inputs["foo"] == "baz" and inputs["deploy_action"] == "UPDATE" and inputs["deploy_server_id"] == server
    assert derived["name"] == "cli" and derived["id"] == shown["config_id"] != made["id"]
    assert service.openstack("software", "deployment", "show", shown["id"])["status"] == "IN_PROGRESS"
    rows = service.openstack("software", "deployment", "list", "--server", server)
    assert [row["id"] for row in rows] == [shown["id"]]
    service.api("PUT", f"{DEPLOYMENTS}/{shown['id']}", {"output_values": {"result": "ok"}}).expect(200)
    assert "ok" in service.openstack("software", "deployment", "output", "show", shown["id"], "result", json_output=False)
    assert json.loads(service.openstack("software", "deployment", "metadata", "show", server, json_output=False)) == [derived]
    service.openstack("software", "deployment", "delete", shown["id"], json_output=False)
    assert metadata(service, server) == []
    service.api("GET", f"{CONFIGS}/{derived['id']}").expect(404)  # the client deletes what it derived


def test_openstacksdk(service, server):
    orchestration = service.sdk().orchestration
    made = orchestration.create_software_config(name="sdk", group="script", config="echo")
    assert orchestration.get_software_config(made).config == "echo"
    deployment = orchestration.create_software_deployment(config_id=made.id, server_id=server, status="IN_PROGRESS")
    assert orchestration.update_software_deployment(deployment, status="COMPLETE").status == "COMPLETE"
    assert deployment.id in [item.id for item in orchestration.software_deployments()]
    assert made.id in [item.id for item in orchestration.software_configs()]
    orchestration.delete_software_deployment(deployment)
    orchestration.delete_software_config(made)
    service.api("GET", f"{CONFIGS}/{made.id}").expect(404)
