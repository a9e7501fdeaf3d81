"""Software configuration in templates: configurations, deployments and servers, with an agent on the server that polls its
metadata, runs what is new, and reports, as os-collect-config and heat-config-notify do."""

import email
import json
import os
import re
import signal
import threading
import time
import uuid

import pytest
import yaml

from hearth import wait_until
from test_engine import events, outputs, resource, stored, template, wait_for_resource
from test_update import put

MISSING = "00000000-0000-4000-8000-000000000000"


class Agent:
    """Runs what the metadata at a signed URL list: each configuration once, known by its id."""

    def __init__(self, service, url, run):
        self.service, self.url, self.run = service, url, run
        self.seen, self.ran, self.stopping = set(), [], False
        self.thread = threading.Thread(target=self.loop)

    def loop(self):
        while not self.stopping:
            self.poll()
            time.sleep(0.05)

    def poll(self):
        reply = self.service.http("GET", self.url)
        for config in reply.json.get("deployments", []) if reply.status == 200 else []:
            if config["id"] in self.seen:
                continue
            self.seen.add(config["id"])
            inputs = {i["name"]: i["value"] for i in config["inputs"]}
            self.ran.append((config["name"], inputs["deploy_action"], inputs))
            details = self.run(config, inputs)
            if "deploy_signal_id" in inputs and details is not None:
                assert inputs["deploy_signal_verb"] == "POST"
                self.service.http("POST", inputs["deploy_signal_id"], details)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *exc):
        self.stopping = True
        self.thread.join()

    def actions(self, name):
        return [action for who, action, _ in self.ran if who == name]


def attribute(service, path, name, key):
    return service.api("GET", f"{path}/resources/{name}").expect(200).json["resource"]["attributes"][key]


def metadata_url(service, path, name="server"):
    wait_for_resource(service, path, name, "CREATE_COMPLETE")
    return attribute(service, path, name, "os_collect_config")["request"]["metadata_url"]


def metadata(service, path, name="server"):
    return service.api("GET", f"{path}/resources/{name}/metadata").expect(200).json["metadata"]


def shown(service, path, name):
    return service.api("GET", f"{path}/resources/{name}").expect(200).json["resource"]


def config(service, config_id):
    return service.api("GET", f"/software_configs/{config_id}").expect(200).json["software_config"]


def deployment(service, deployment_id):
    return service.api("GET", f"/software_deployments/{deployment_id}").expect(200).json["software_deployment"]


def report(service, path, name, details=None):
    return service.api("POST", f"{path}/resources/{name}/signal", details).expect(200)


def derived_of(service, path, name="deployment"):
    return config(service, attribute(service, path, name, "config_id"))


def input_values(of):
    return {i["name"]: i["value"] for i in of["inputs"]}


SCRIPT = resource("SoftwareConfig", group="script", config="echo $who", options={"shell": "sh"},
                  inputs=[{"name": "who", "default": "world"}, {"name": "size", "type": "Number", "default": "3"}],
                  outputs=[{"name": "result"}, {"name": "trouble", "error_output": True}])


def stack(actions=None, transport="CFN_SIGNAL", values=None, script=SCRIPT, **more):
    properties = {"config": {"get_resource": "script"}, "server": {"get_resource": "server"}, "signal_transport": transport}
    if actions:
        properties["actions"] = actions
    if values is not None:
        properties["input_values"] = values
    return template({"script": script, "server": resource("DeployedServer", name="box"),
                     "deployment": resource("SoftwareDeployment", **properties, **more)},
                    outputs={"result": {"value": {"get_attr": ["deployment", "result"]}},
                             "stdout": {"value": {"get_attr": ["deployment", "deploy_stdout"]}}})


def nothing_left(service, name):
    """No configuration and no deployment that a stack of this name made."""
    configs = [c for c in service.api("GET", "/software_configs").json["software_configs"] if (c["name"] or "").startswith(name)]
    ids = stored(service, f"select d.id from software_deployment d join software_config c on c.id = d.config_id "
                          f"where c.name like '{name}-%'")
    return not configs and not ids


# ---- the whole life ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("transport", ["CFN_SIGNAL", "HEAT_SIGNAL"])
def test_a_life_with_an_agent(service, stack_name, transport):
    every = ["CREATE", "UPDATE", "DELETE", "SUSPEND", "RESUME"]

    def run(_, inputs):
        return {"deploy_status_code": 0, "deploy_stdout": f"hello {inputs['who']}", "deploy_stderr": "", "result": inputs["who"]}

    path = service.create(stack_name, stack(every, transport), wait=None)
    with Agent(service, metadata_url(service, path), run) as agent:
        service.wait(path, "CREATE_COMPLETE")
        assert outputs(service, path)["result"]["output_value"] == "world"
        first = shown(service, path, "deployment")["physical_resource_id"]
        put(service, path, stack(every, transport, {"who": "you"}))
        assert outputs(service, path)["stdout"]["output_value"] == "hello you"
        assert shown(service, path, "deployment")["physical_resource_id"] == first, "updated in place"
        for action in ("suspend", "resume"):
            service.api("POST", f"{path}/actions", {action: None}).expect(200)
            service.wait(path, f"{action.upper()}_COMPLETE")
        service.delete(path)
    name = agent.ran[0][0]
    assert agent.actions(name) == ["CREATE", "UPDATE", "SUSPEND", "RESUME", "DELETE"]
    assert agent.ran[-1][2]["deploy_signal_id"] == agent.ran[0][2]["deploy_signal_id"], "one URL for the whole life"
    assert nothing_left(service, stack_name)


def test_what_a_server_is_given(service, stack_name):
    path = service.create(stack_name, stack(values={"who": "you", "more": [1, 2]}), wait=None)
    wait_until("the deployment", lambda: metadata(service, path).get("deployments"))
    given, = metadata(service, path)["deployments"]
    server = shown(service, path, "server")["physical_resource_id"]
    assert given == derived_of(service, path)
    assert given["name"] == config(service, shown(service, path, "script")["physical_resource_id"])["name"]
    assert (given["group"], given["config"], given["options"]) == ("script", "echo $who", {"shell": "sh"})
    assert given["outputs"] == [{"name": "result", "description": "", "type": "String", "error_output": False},
                                {"name": "trouble", "description": "", "type": "String", "error_output": True}]
    assert given["inputs"][:3] == [
        {"name": "who", "description": "", "type": "String", "default": "world", "value": "you"},
        {"name": "size", "description": "", "type": "Number", "default": 3, "value": 3},
        {"name": "more", "type": "String", "value": [1, 2]}]
    own = {name: value for name, value in input_values(given).items() if name.startswith("deploy_")}
    assert own.pop("deploy_signal_id").startswith(service.url)
    assert own == {"deploy_server_id": server, "deploy_action": "CREATE", "deploy_stack_id": path[len("/stacks/"):],
                   "deploy_resource_name": "deployment", "deploy_signal_transport": "CFN_SIGNAL", "deploy_signal_verb": "POST"}
    polled = service.api("GET", f"/software_deployments/metadata/{server}").expect(200).json["metadata"]
    assert polled == [given], "the same by the API of deployments"
    report(service, path, "deployment")
    service.wait(path, "CREATE_COMPLETE")
    service.delete(path)


def test_the_deployment_as_the_api_shows_it(service, stack_name):
    path = service.create(stack_name, stack(values={"who": "you"}), wait=None)
    wait_until("the deployment", lambda: shown(service, path, "deployment")["physical_resource_id"])
    made = shown(service, path, "deployment")
    row = deployment(service, made["physical_resource_id"])
    assert (row["action"], row["status"], row["status_reason"]) == ("CREATE", "IN_PROGRESS", "Deploy data available")
    assert row["input_values"] == {"who": "you"} and row["output_values"] is None
    assert made["attributes"] == row and list(made["attributes"]) == list(row), "the resource shows the row"
    report(service, path, "deployment", {"deploy_status_code": 0, "deploy_stdout": "out", "result": {"a": [1]}, "undeclared": 1})
    service.wait(path, "CREATE_COMPLETE")
    row = deployment(service, made["physical_resource_id"])
    assert row["output_values"] == {"result": {"a": [1]}, "deploy_stdout": "out", "deploy_stderr": None, "deploy_status_code": 0}
    assert (row["status"], row["status_reason"]) == ("COMPLETE", "Outputs received")
    asked = service.api("GET", f"{path}/resources/deployment?with_attr=result&with_attr=deploy_stdout").json["resource"]
    assert asked["attributes"] == {**row, "result": {"a": [1]}, "deploy_stdout": "out"}
    report(service, path, "deployment", {"deploy_stdout": "late"})
    assert deployment(service, made["physical_resource_id"]) == row, "nobody waits for it any more"
    told = [(status, reason) for who, status, reason in events(service, path) if who == "deployment"]
    assert told == [("CREATE_IN_PROGRESS", "state changed"),
                    ("SIGNAL_IN_PROGRESS", f"Signal: deployment {row['id']} succeeded"),
                    ("CREATE_COMPLETE", "state changed"), ("SIGNAL_COMPLETE", "Unknown")]
    service.delete(path)


# ---- failure ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("details,reason,told", [
    ({"deploy_status_code": 1, "deploy_stderr": "bad"},
     "deploy_status_code : Deployment exited with non-zero status code: 1", "failed (1)"),
    ({"deploy_status_code": "0", "trouble": "E!"}, "trouble : E!", "failed"),
    ({"deploy_status_code": 2, "trouble": "E!"},
     "deploy_status_code : Deployment exited with non-zero status code: 2, trouble : E!", "failed"),
])
def test_a_report_of_failure(service, stack_name, details, reason, told):
    path = service.create(stack_name, stack(), wait=None)
    wait_until("the deployment", lambda: shown(service, path, "deployment")["physical_resource_id"])
    report(service, path, "deployment", details)
    failed = service.wait(path, "CREATE_FAILED")
    message = f"Error: resources.deployment: Deployment to server failed: {reason}"
    assert failed["stack_status_reason"] == f"Resource CREATE failed: {message}"
    row = deployment(service, shown(service, path, "deployment")["physical_resource_id"])
    assert (row["status"], row["status_reason"]) == ("FAILED", reason)
    assert ("deployment", "SIGNAL_IN_PROGRESS", f"Signal: deployment {row['id']} {told}") in events(service, path)
    assert ("deployment", "CREATE_FAILED", message) in events(service, path)
    service.delete(path)
    assert nothing_left(service, stack_name)


def test_one_that_failed_is_replaced_by_the_next_update(service, stack_name):
    def run(_, inputs):
        return {"deploy_status_code": 1 if inputs["who"] == "bad" and inputs["deploy_action"] != "DELETE" else 0}

    actions = ["CREATE", "UPDATE", "DELETE"]
    path = service.create(stack_name, stack(actions), wait=None)
    with Agent(service, metadata_url(service, path), run) as agent:
        service.wait(path, "CREATE_COMPLETE")
        old = shown(service, path, "deployment")["physical_resource_id"]
        put(service, path, stack(actions, values={"who": "bad"}), wait="UPDATE_FAILED")
        put(service, path, stack(actions, values={"who": "good"}))
        new = shown(service, path, "deployment")["physical_resource_id"]
        assert new != old
        assert agent.actions(agent.ran[0][0]) == ["CREATE", "UPDATE", "CREATE", "DELETE"], "the old one is deleted on the server"
        assert service.api("GET", f"/software_deployments/{old}").status == 404
        service.delete(path)
    assert nothing_left(service, stack_name)


def test_the_stack_times_out(service, stack_name):
    path = service.create(stack_name, stack(), wait=None)
    wait_until("the deployment", lambda: shown(service, path, "deployment")["physical_resource_id"])
    made = shown(service, path, "deployment")["physical_resource_id"]
    stored(service, f"update operation set deadline_at = now() where stack_id = '{path.split('/')[-1]}'")
    for pid in service.children("engine"):  # deadlines are read when an operation is claimed
        os.kill(pid, signal.SIGTERM)
    assert service.wait(path, "CREATE_FAILED")["stack_status_reason"] == "Timed out"
    row = deployment(service, made)
    assert (row["status"], row["status_reason"]) == ("FAILED", "Deployment cancelled.")
    service.delete(path)


def test_deleting_while_a_server_is_waited_for(service, stack_name):
    path = service.create(stack_name, stack(), wait=None)
    wait_until("the deployment", lambda: shown(service, path, "deployment")["physical_resource_id"])
    service.delete(path)
    assert nothing_left(service, stack_name)


# ---- updates ----------------------------------------------------------------------------------------------------------


def test_an_update_derives_anew(service, stack_name):
    path = service.create(stack_name, stack(), wait=None)
    wait_until("the deployment", lambda: shown(service, path, "deployment")["physical_resource_id"])
    report(service, path, "deployment", {"result": "r1"})
    service.wait(path, "CREATE_COMPLETE")
    before = shown(service, path, "deployment")
    put(service, path, stack(values={"who": "you"}), wait=None)
    wait_for_resource(service, path, "deployment", "UPDATE_IN_PROGRESS")
    wait_until("the new configuration", lambda: attribute(service, path, "deployment", "config_id") != before["attributes"]["config_id"])
    row = deployment(service, before["physical_resource_id"])
    assert (row["action"], row["status"], row["output_values"]["result"]) == ("UPDATE", "IN_PROGRESS", "r1")
    assert "updated_time" in row and row["creation_time"] == before["attributes"]["creation_time"]
    assert service.api("GET", f"/software_configs/{before['attributes']['config_id']}").status == 404
    assert input_values(derived_of(service, path))["deploy_action"] == "UPDATE"
    assert [c["id"] for c in metadata(service, path)["deployments"]] == [row["config_id"]]
    report(service, path, "deployment", {"result": "r2"})
    service.wait(path, "UPDATE_COMPLETE")
    assert outputs(service, path)["result"]["output_value"] == "r2"
    service.delete(path)


def test_a_new_configuration_is_deployed(service, stack_name):
    """A changed configuration is another one; the deployment takes it in place, and the old one goes."""
    path = service.create(stack_name, stack(transport="NO_SIGNAL"))
    old = {n: shown(service, path, n)["physical_resource_id"] for n in ("script", "deployment", "server")}
    changed = {**SCRIPT, "properties": {**SCRIPT["properties"], "config": "echo new"}}
    put(service, path, stack(transport="NO_SIGNAL", script=changed))
    new = {n: shown(service, path, n)["physical_resource_id"] for n in old}
    assert new["script"] != old["script"] and (new["deployment"], new["server"]) == (old["deployment"], old["server"])
    assert derived_of(service, path)["config"] == "echo new"
    assert service.api("GET", f"/software_configs/{old['script']}").status == 404
    service.delete(path)
    assert nothing_left(service, stack_name)


def test_an_input_that_replaces_on_change(service, stack_name):
    script = {**SCRIPT, "properties": {**SCRIPT["properties"], "inputs": [
        {"name": "who", "replace_on_change": True}, {"name": "other"}]}}
    path = service.create(stack_name, stack(transport="NO_SIGNAL", script=script, values={"who": "a", "other": "b"}))
    first = shown(service, path, "deployment")["physical_resource_id"]
    put(service, path, stack(transport="NO_SIGNAL", script=script, values={"who": "a", "other": "c"}))
    assert shown(service, path, "deployment")["physical_resource_id"] == first
    put(service, path, stack(transport="NO_SIGNAL", script=script, values={"who": "z", "other": "c"}))
    assert shown(service, path, "deployment")["physical_resource_id"] != first
    assert service.api("GET", f"/software_deployments/{first}").status == 404
    assert ("deployment", "UPDATE_COMPLETE", "The Resource deployment requires replacement.") in events(service, path)
    service.delete(path)
    assert nothing_left(service, stack_name)


def test_actions_decide_when_it_is_deployed(service, stack_name):
    path = service.create(stack_name, stack(["UPDATE"], "NO_SIGNAL"))
    assert not shown(service, path, "deployment")["physical_resource_id"]
    assert shown(service, path, "deployment")["attributes"] == {"deploy_stdout": None, "deploy_stderr": None,
                                                                 "deploy_status_code": None}
    put(service, path, stack(["UPDATE"], "NO_SIGNAL", {"who": "now"}))
    made = shown(service, path, "deployment")
    assert made["attributes"]["action"] == "UPDATE" and made["physical_resource_id"]
    service.delete(path)
    assert nothing_left(service, stack_name)


def test_a_component_decides_itself(service, stack_name):
    """The actions of the deployment do not count; those of the component's configurations do."""
    component = resource("SoftwareComponent", configs=[{"actions": ["CREATE"], "tool": "script", "config": "c"},
                                                       {"actions": ["DELETE"], "tool": "script", "config": "d"}])
    path = service.create(stack_name, stack(["UPDATE"], script=component), wait=None)
    with Agent(service, metadata_url(service, path), lambda *_: {}) as agent:
        service.wait(path, "CREATE_COMPLETE")
        made = derived_of(service, path)
        assert made["group"] == "component" and [c["config"] for c in made["config"]["configs"]] == ["c", "d"]
        put(service, path, stack(["UPDATE"], script=component, values={"a": 1}))
        service.delete(path)
    assert agent.actions(agent.ran[0][0]) == ["CREATE", "DELETE"]
    assert nothing_left(service, stack_name)


def test_the_api_may_report_too(service, stack_name):
    """PUT of the deployment, as a conductor does that has no agent."""
    path = service.create(stack_name, stack(), wait=None)
    wait_until("the deployment", lambda: shown(service, path, "deployment")["physical_resource_id"])
    made = shown(service, path, "deployment")["physical_resource_id"]
    service.api("PUT", f"/software_deployments/{made}", {"status": "COMPLETE", "status_reason": "by hand",
                                                         "output_values": {"result": "hand"}}).expect(200)
    service.wait(path, "CREATE_COMPLETE")
    assert outputs(service, path)["result"]["output_value"] == "hand"
    service.delete(path)


# ---- servers ----------------------------------------------------------------------------------------------------------


def test_a_server_of_another_stack_and_one_of_no_stack(service, stack_name):
    home = service.create(f"{stack_name}-home", template({"server": resource("DeployedServer")}))
    server, plain = shown(service, home, "server")["physical_resource_id"], f"plain-{uuid.uuid4()}"
    path = service.create(stack_name, template({
        "script": SCRIPT,
        "b": resource("SoftwareDeployment", config={"get_resource": "script"}, server=server, name="b", signal_transport="NO_SIGNAL"),
        "a": resource("SoftwareDeployment", config={"get_resource": "script"}, server=server, name="a", signal_transport="NO_SIGNAL"),
        "p": resource("SoftwareDeployment", server=plain, signal_transport="NO_SIGNAL")}))
    assert [c["name"] for c in metadata(service, home)["deployments"]] == ["a", "b"], "in order of their names"
    given, = service.api("GET", f"/software_deployments/metadata/{plain}").json["metadata"]
    assert (given["group"], given["config"], given["outputs"]) == ("Heat::Ungrouped", "", [])
    assert given["name"].startswith(f"{stack_name}-p-"[:20])
    service.delete(path)
    assert metadata(service, home)["deployments"] == []
    service.delete(home)


def test_a_server_that_is_gone_is_not_waited_for(service, stack_name):
    home = service.create(f"{stack_name}-home", template({"server": resource("DeployedServer")}))
    server = shown(service, home, "server")["physical_resource_id"]
    path = service.create(stack_name, template({"d": resource(
        "SoftwareDeployment", server=server, actions=["CREATE", "DELETE"])}), wait=None)
    wait_until("the deployment", lambda: shown(service, path, "d")["physical_resource_id"])
    report(service, path, "d")
    service.wait(path, "CREATE_COMPLETE")
    service.delete(home)
    service.delete(path)
    assert nothing_left(service, stack_name)


def test_the_metadata_of_a_server(service, stack_name):
    def servers(**properties):
        made = template({"server": {"type": "OS::Heat::DeployedServer", "properties": properties, "metadata": mine}})
        made["outputs"] = {"name": {"value": {"get_attr": ["server", "name"]}}}
        return made

    mine = {"mine": 1}
    path = service.create(stack_name, servers(name="box"))
    url = metadata_url(service, path)
    assert metadata(service, path) == {"mine": 1, "deployments": [], "os-collect-config": {
        "collectors": ["request", "local"], "request": {"metadata_url": url}}}
    assert service.http("GET", url).expect(200).json == metadata(service, path), "as os-collect-config reads it: no envelope"
    server = shown(service, path, "server")["physical_resource_id"]
    made = service.api("POST", "/software_configs", {"name": "api"}).expect(200).json["software_config"]["id"]
    service.api("POST", "/software_deployments", {"config_id": made, "server_id": server}).expect(200)
    mine = {"mine": 2, "os-collect-config": {"more": 1}}
    put(service, path, servers(name="box2", software_config_transport="POLL_SERVER_HEAT"))
    assert outputs(service, path)["name"]["output_value"] == "box2"
    now = metadata(service, path)
    assert now["mine"] == 2 and [c["name"] for c in now["deployments"]] == ["api"], "what is to be deployed stays"
    assert now["os-collect-config"]["more"] == 1 and now["os-collect-config"]["request"]["metadata_url"] == url
    assert attribute(service, path, "server", "os_collect_config") == now["os-collect-config"]
    service.delete(path)


def test_a_signed_url_opens_one_thing(service, stack_name):
    path = service.create(stack_name, template({"server": resource("DeployedServer"), "other": resource("DeployedServer")}))
    url = metadata_url(service, path)
    for wrong in (url.replace("/server/", "/other/"), re.sub("signature=.", "signature=x", url), url.split("?")[0],
                  url.replace("/metadata?", "?")):
        assert service.http("GET", wrong).status == 401, wrong
    assert service.http("POST", url.replace("/metadata?", "/signal?"), {}).status == 401
    service.delete(path)
    assert service.http("GET", url).status == 404


# ---- configurations ---------------------------------------------------------------------------------------------------


def test_types_of_configurations(service, stack_name):
    cloud = {"packages": ["a", "b: c"], "text": "one\ntwo\n", "yes": "yes", "empty": {}, "none": None, "n": 1.5,
             "when": "2013-05-23", "long": "word " * 40, "é": "ü"}
    path = service.create(stack_name, template({
        "plain": resource("SoftwareConfig"),
        "structured": resource("StructuredConfig", config={"a": {"get_input": "who"}, "l": [{"get_input": "no"}]},
                               inputs=[{"name": "who"}]),
        "cloud": resource("CloudConfig", cloud_config=cloud),
        "mime": resource("MultipartMime", parts=[
            {"config": {"get_resource": "cloud"}, "subtype": "cloud-config", "filename": "c.yaml"},
            {"config": "#!/bin/sh\necho é\n", "filename": "x-shellscript.sh"}, {"config": "plain"}]),
        "nested": resource("MultipartMime", parts=[{"config": {"get_resource": "mime"}, "type": "multipart"}, {"config": "last"}]),
        "policy": resource("AccessPolicy", AllowedResources=["plain"]),
        "deployed": resource("StructuredDeployment", config={"get_resource": "structured"}, server=f"plain-{stack_name}",
                             input_values={"who": {"x": 1}}, signal_transport="NO_SIGNAL"),
    }, outputs={"config": {"value": {"get_attr": ["structured", "config", "l"]}}}))
    plain = shown(service, path, "plain")
    assert plain["attributes"] == config(service, plain["physical_resource_id"])
    assert plain["attributes"]["config"] is None and plain["attributes"]["group"] == "Heat::Ungrouped"
    assert outputs(service, path)["config"]["output_value"] == [{"get_input": "no"}]
    text = attribute(service, path, "cloud", "config")
    assert text == "#cloud-config\n" + yaml.dump(cloud, Dumper=yaml.CSafeDumper)
    parts = email.message_from_string(attribute(service, path, "mime", "config")).get_payload()
    assert [p.get_content_type() for p in parts] == ["text/cloud-config", "text/x-shellscript", "text/plain"]
    assert [p.get_filename() for p in parts] == ["c.yaml", "x-shellscript.sh", None]
    assert [p.get_payload(decode=True).decode() for p in parts] == [text, "#!/bin/sh\necho é\n", "plain"]
    nested = email.message_from_string(attribute(service, path, "nested", "config")).get_payload()
    assert [p.get_content_type() for p in nested] == [p.get_content_type() for p in parts] + ["text/plain"]
    assert nested[0].get_payload() == text and nested[-1].get_payload() == "last"
    assert config(service, attribute(service, path, "deployed", "config_id"))["config"] == {"a": {"x": 1}, "l": [None]}
    assert not shown(service, path, "policy")["physical_resource_id"]
    service.delete(path)
    assert nothing_left(service, stack_name)


def test_a_configuration_that_is_in_use_stays(service, stack_name):
    path = service.create(stack_name, template({"c": resource("SoftwareConfig")}))
    made = shown(service, path, "c")["physical_resource_id"]
    row = service.api("POST", "/software_deployments", {"config_id": made, "server_id": "s"}).expect(200).json["software_deployment"]
    service.api("DELETE", path).expect(204)
    failed = service.wait(path, "DELETE_FAILED")
    assert f"Software config with id {made} can not be deleted as it is referenced." in failed["stack_status_reason"]
    service.api("DELETE", f"/software_deployments/{row['id']}").expect(204)
    service.delete(path)
    assert service.api("GET", f"/software_configs/{made}").status == 404


@pytest.mark.parametrize("made,message", [
    ({"d": resource("SoftwareDeployment", server="s", signal_transport="TEMP_URL_SIGNAL")}, "needs an object store"),
    ({"d": resource("SoftwareDeployment", server="s", signal_transport="ZAQAR_SIGNAL")}, "needs a message queue"),
    ({"d": resource("SoftwareDeployment", server="s", signal_transport="AUTO")}, '"AUTO" is not an allowed value'),
    ({"d": resource("SoftwareDeployment", server="s", actions=["X"])}, '["X"] is not an allowed value'),
    ({"d": resource("SoftwareDeployment")}, "Property server not assigned"),
    ({"s": resource("DeployedServer", software_config_transport="ZAQAR_MESSAGE")}, "needs a message queue"),
    ({"a": resource("AccessPolicy", AllowedResources=["x"])}, "AccessPolicy resource x not in stack"),
    ({"c": resource("SoftwareComponent", configs=[{"tool": "x"}, {"tool": "y"}])},
     'Defining more than one configuration for the same action in SoftwareComponent "c" is not allowed.'),
])
def test_templates_that_are_refused(service, stack_name, made, message):
    reply = service.api("POST", "/stacks", {"stack_name": stack_name, "template": template(made)})
    assert reply.status == 400 and message in reply.json["error"]["message"], reply.text


@pytest.mark.parametrize("made,message", [
    ({"d": resource("SoftwareDeployment", server="s", config=MISSING)},
     f"NotFound: resources.d: Software config with id {MISSING} not found"),
    ({"d": resource("SoftwareDeployment", server="s", config="abc")}, "NotFound: resources.d: Software config with id abc not found"),
    ({"c": resource("StructuredConfig", config={"a": {"get_input": "zz"}}),
      "d": resource("StructuredDeployment", server="s", config={"get_resource": "c"}, input_values_validate="STRICT")},
     "UserParameterMissing: resources.d: The Parameter (zz) was not provided."),
    ({"c": resource("SoftwareConfig", inputs=[{"name": "n", "type": "Number", "default": "zz"}])},
     "ValueError: resources.c: Property error: inputs[0].default: 'zz' is not a number"),
])
def test_what_fails_only_when_made(service, stack_name, made, message):
    path = service.create(stack_name, template(made), wait="CREATE_FAILED")
    assert service.show(path)["stack_status_reason"] == f"Resource CREATE failed: {message}"
    service.delete(path)
    assert nothing_left(service, stack_name)


def test_an_output_that_nobody_declared(service, stack_name):
    made = stack(transport="NO_SIGNAL")
    made["outputs"]["unknown"] = {"value": {"get_attr": ["deployment", "unknown"]}}
    path = service.create(stack_name, made)
    found = outputs(service, path)
    assert found["unknown"]["output_error"] == "The Referenced Attribute (deployment unknown) is incorrect."
    assert found["result"]["output_value"] is None and "output_error" not in found["result"]
    service.delete(path)


# ---- rollback, abandon, adopt, takeover -------------------------------------------------------------------------------


def test_a_rollback_takes_all_of_it_away(service, stack_name):
    made = stack(transport="NO_SIGNAL")
    made["resources"]["bad"] = resource("TestResource", ["deployment"], fail=True)
    path = service.create(stack_name, made, wait="ROLLBACK_COMPLETE", disable_rollback=False)
    assert nothing_left(service, stack_name)
    service.delete(path)


def test_abandoned_and_adopted(make_service, stack_name):
    service = make_service({"enable_stack_abandon": "on", "enable_stack_adopt": "on"})
    path = service.create(stack_name, stack(transport="NO_SIGNAL"))
    before = {name: shown(service, path, name) for name in ("script", "server", "deployment")}
    data = service.api("DELETE", f"{path}/abandon").expect(200).json
    adopted = service.create(f"{stack_name}-again", data["template"], wait="ADOPT_COMPLETE", adopt_stack_data=json.dumps(data))
    after = {name: shown(service, adopted, name) for name in before}
    assert {n: r["physical_resource_id"] for n, r in after.items()} == {n: r["physical_resource_id"] for n, r in before.items()}
    assert after["deployment"]["attributes"] == before["deployment"]["attributes"]
    assert after["script"]["attributes"] == before["script"]["attributes"]
    assert service.http("GET", metadata_url_of(after["server"])).expect(200).json == metadata(service, adopted)
    service.delete(adopted)
    assert nothing_left(service, stack_name)


def metadata_url_of(server):
    return server["attributes"]["os_collect_config"]["request"]["metadata_url"]


def test_killed_engines_deploy_once(make_service, stack_name):
    """Whatever the moment of death, each action leaves one deployment with one configuration."""
    service = make_service({"lease": "1s", "poll_interval": "200ms", "engines": "2"})
    members = {f"d{i}": resource("SoftwareDeployment", config={"get_resource": "script"}, server={"get_resource": "server"})
               for i in range(30)}
    path = service.create(stack_name, template({"script": SCRIPT, "server": resource("DeployedServer"), **members}), wait=None)
    for _ in range(6):
        for pid in service.children("engine")[:1]:
            os.kill(pid, signal.SIGKILL)
        time.sleep(0.3)
    with Agent(service, metadata_url(service, path), lambda *_: {"deploy_status_code": 0}):
        service.wait(path, "CREATE_COMPLETE", timeout=60)
    assert stored(service, "select count(*), count(distinct config_id) from software_deployment") == [["30", "30"]]
    assert stored(service, "select count(*) from software_config") == [["31"]]
    assert len(metadata(service, path)["deployments"]) == 30
    service.delete(path)
    assert stored(service, "select count(*) from software_config") == [["0"]]


# ---- stock clients ----------------------------------------------------------------------------------------------------


def test_stock_client(service, stack_name, tmp_path):
    """The client validates an inline template with the type before it stores a configuration."""
    script = tmp_path / "script.sh"
    script.write_text("#!/bin/sh\necho hi\n")
    made = service.openstack("software", "config", "create", "--config-file", script, "--group", "script", stack_name)
    assert made["config"] == "#!/bin/sh\necho hi\n" and made["group"] == "script"
    row = service.openstack("software", "deployment", "create", "--config", made["id"], "--server", f"srv-{stack_name}",
                            "--signal-transport", "NO_SIGNAL", "--input-value", "foo=bar", f"{stack_name}-d")
    assert row["status"] == "IN_PROGRESS"
    given, = service.openstack("software", "deployment", "metadata", "show", f"srv-{stack_name}", json_output=False) and \
        service.api("GET", f"/software_deployments/metadata/srv-{stack_name}").json["metadata"]
    assert input_values(given)["foo"] == "bar" and given["name"] == f"{stack_name}-d"
    service.openstack("software", "deployment", "delete", row["id"], json_output=False)
    service.openstack("software", "config", "delete", made["id"], json_output=False)
    assert service.api("GET", f"/software_configs/{made['id']}").status == 404


def test_stock_client_reads_outputs(service, stack_name):
    path = service.create(stack_name, stack(), wait=None)
    wait_until("the deployment", lambda: shown(service, path, "deployment")["physical_resource_id"])
    service.openstack("stack", "resource", "signal", "--data", '{"deploy_stdout": "out", "result": "r"}', stack_name, "deployment",
                      json_output=False)
    service.wait(path, "CREATE_COMPLETE")
    made = shown(service, path, "deployment")["physical_resource_id"]
    assert "out" in service.openstack("software", "deployment", "output", "show", made, "deploy_stdout", json_output=False)
    listed = service.openstack("software", "deployment", "list", "--server", shown(service, path, "server")["physical_resource_id"])
    assert [row["id"] for row in listed] == [made]
    service.delete(path)
