"""Groups of deployments: one for each server of a map, made, renewed in batches, reported and taken away."""

import pytest

from hearth import wait_until
from test_engine import outputs, resource, template
from test_nested import child
from test_software_types import SCRIPT, Agent, metadata, metadata_url, nothing_left
from test_update import put

KINDS = {"software": ("SoftwareDeploymentGroup", SCRIPT),
         "structured": ("StructuredDeploymentGroup",
                        resource("StructuredConfig", group="apply", config={"a": {"get_input": "who"}},
                                 inputs=[{"name": "who", "default": "world"}], outputs=[{"name": "result"}]))}


def stack(servers, kind="software", policy=None, values=None, transport="CFN_SIGNAL"):
    name, config = KINDS[kind]
    group = resource(name, config={"get_resource": "script"}, servers={s: {"get_resource": s} for s in servers},
                     signal_transport=transport, input_values=values or {"who": "x"})
    if policy:
        group["update_policy"] = policy
    return template({"script": config, "g": group, **{s: resource("DeployedServer", name=s) for s in ("a", "b", "c")}},
                    outputs={key: {"value": {"get_attr": ["g", key]}} for key in ("result", "deploy_stdouts", "deploy_status_codes")})


def report_all(name):
    return lambda config, inputs: {"deploy_stdout": f"out {name}", "deploy_status_code": 0, "result": f"{name}:{inputs['who']}"}


class Agents:
    """One on each server."""

    def __init__(self, service, path, names="abc"):
        self.agents = {name: Agent(service, metadata_url(service, path, name), report_all(name)) for name in names}

    def __enter__(self):
        for agent in self.agents.values():
            agent.__enter__()
        return self.agents

    def __exit__(self, *exc):
        for agent in self.agents.values():
            agent.__exit__()


def told(service, path, key):
    return outputs(service, path)[key].get("output_value")


def members(service, path):
    return {m["resource_name"]: m for m in service.api("GET", f"{child(service, path, 'g')}/resources").expect(200).json["resources"]}


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_life_of_a_group(service, stack_name, kind):
    path = service.create(stack_name, stack("ab", kind), wait=None)
    with Agents(service, path) as agents:
        service.wait(path, "CREATE_COMPLETE")
        assert told(service, path, "result") == {"a": "a:x", "b": "b:x"}
        assert told(service, path, "deploy_stdouts") == {"a": "out a", "b": "out b"}
        assert told(service, path, "deploy_status_codes") == {"a": 0, "b": 0}
        put(service, path, template=stack("bc", kind, values={"who": "y"}))
        assert told(service, path, "result") == {"b": "b:y", "c": "c:y"} and sorted(members(service, path)) == ["b", "c"]
        assert not metadata(service, path, "a").get("deployments")
        assert [len(agents[name].ran) for name in "abc"] == [1, 2, 1]
        service.delete(path)
    assert nothing_left(service, stack_name)


def test_batches(service, stack_name):
    """The servers of a batch have reported before the next one is given anything."""
    policy = {"batch_create": {"max_batch_size": 1, "pause_time": 0.2}, "rolling_update": {"max_batch_size": 2, "pause_time": 0}}
    path = service.create(stack_name, stack("abc", policy=policy), wait=None)
    url = {name: metadata_url(service, path, name) for name in "abc"}
    seen = []
    for expected in (1, 2, 3):
        given = wait_until(f"{expected} servers to be told", lambda: (lambda names: names if len(names) == expected else None)(
            [n for n in "abc" if metadata(service, path, n).get("deployments")]))
        new, = [name for name in given if name not in seen]
        seen.append(new)
        with Agent(service, url[new], report_all(new)):
            wait_until("the report", lambda: members(service, path)[new]["resource_status"].endswith("COMPLETE"))
    service.wait(path, "CREATE_COMPLETE")
    with Agents(service, path):
        put(service, path, template=stack("abc", policy=policy, values={"who": "z"}))
    assert told(service, path, "result") == {name: f"{name}:z" for name in "abc"}


def test_a_server_that_reports_failure(service, stack_name):
    path = service.create(stack_name, stack("ab"), wait=None)
    with Agent(service, metadata_url(service, path, "a"), report_all("a")), \
            Agent(service, metadata_url(service, path, "b"), lambda config, inputs: {"deploy_status_code": 1}):
        service.wait(path, "CREATE_FAILED")
    assert "resources.g.resources.b" in service.show(path)["stack_status_reason"]
    with Agents(service, path):
        put(service, path, template=stack("ab"))
    assert told(service, path, "result") == {"a": "a:x", "b": "b:x"}


def test_without_signals(service, stack_name):
    path = service.create(stack_name, stack("abc", transport="NO_SIGNAL"))
    assert sorted(members(service, path)) == ["a", "b", "c"]
    put(service, path, template=stack("", transport="NO_SIGNAL"))
    assert members(service, path) == {}
