"""The main job, end to end: a template becomes a stack, with stock clients, through every way to run Hearth."""

import pytest
import yaml

import hearth

FIRST = (hearth.ROOT / "examples" / "first.yaml").read_text()
WEBS = ["nginx", "apache", "fcgid", "systemd"]


@pytest.fixture(scope="module", params=WEBS)
def anywhere(request, make_module_service, cluster):
    """The service behind each web server in turn; the shared one where that is nginx."""
    if request.param == "nginx":
        return request.getfixturevalue("service")
    return make_module_service(web=request.param)


def test_life_of_a_stack_over_raw_http(anywhere, stack_name):
    reply = anywhere.api("POST", "/stacks", {"stack_name": stack_name, "template": FIRST}).expect(201)
    stack = reply.json["stack"]
    path = f"/stacks/{stack_name}/{stack['id']}"
    assert stack["links"] == [{"href": f"{anywhere.url}/v1/{anywhere.project_id()}{path}", "rel": "self"}]
    assert reply.headers["Location"] == stack["links"][0]["href"]
    assert reply.headers["X-Openstack-Request-Id"].startswith("req-")

    stack = anywhere.wait(path, "CREATE_COMPLETE")
    assert stack["stack_status_reason"] == "Stack CREATE completed successfully"
    outputs = {output["output_key"]: output["output_value"] for output in stack["outputs"]}
    assert outputs["greeting"] == f"Hello, {stack_name}"
    assert outputs["hosts"] == "alpha.example.org, beta.example.org, gamma.example.org"
    assert outputs["token_length"] == 24
    assert len(outputs["password"]) == 16

    resources = anywhere.api("GET", f"{path}/resources").expect(200).json["resources"]
    assert {r["resource_name"]: r["resource_status"] for r in resources} == dict.fromkeys(
        ["password", "token", "settings", "pause"], "CREATE_COMPLETE")
    events = anywhere.api("GET", f"{path}/events?sort_dir=asc").expect(200).json["events"]
    seen = [(e["resource_name"], e["resource_status"]) for e in events]
    assert seen[0] == (stack_name, "CREATE_IN_PROGRESS") and seen[-1] == (stack_name, "CREATE_COMPLETE")
    assert len(seen) == 2 * (4 + 1)
    assert seen.index(("settings", "CREATE_COMPLETE")) < seen.index(("pause", "CREATE_IN_PROGRESS"))

    anywhere.delete(path)
    assert anywhere.show(path)["stack_status"] == "DELETE_COMPLETE"
    anywhere.api("GET", f"/stacks/{stack_name}").expect(404)
    assert all(s["id"] != stack["id"] for s in anywhere.api("GET", "/stacks").expect(200).json["stacks"])


def test_a_name_redirects_to_the_stack(anywhere, stack_name):
    path = anywhere.create(stack_name, FIRST)
    reply = anywhere.api("GET", f"/stacks/{stack_name}").expect(302)
    assert reply.headers["Location"] == f"{anywhere.url}/v1/{anywhere.project_id()}{path}"
    anywhere.delete(path)


def test_paths_arrive_as_they_were_sent(anywhere):
    """A segment is decoded once: %252F is the text %2F, and %2F is a slash within the segment."""
    for name, shown in (("a%252Fb", "a%2Fb"), ("a%2Fb", "a/b"), ("a%20b", "a b")):
        reply = anywhere.api("GET", f"/stacks/{name}/11111111-2222-4333-8444-555555555555").expect(404)
        assert shown in reply.message, reply


def test_a_body_reaches_hearthd_whole(anywhere, stack_name):
    """Half a megabyte of description, through every buffer there is."""
    template = {"heat_template_version": "2021-04-16", "description": "d" * 500_000, "resources": {}}
    path = anywhere.create(stack_name, template)
    assert anywhere.show(path)["description"] == template["description"]
    assert anywhere.api("GET", f"{path}/template").expect(200).json == template
    anywhere.delete(path)


def test_no_token_is_401(anywhere):
    reply = anywhere.http("GET", f"/v1/{anywhere.project_id()}/stacks").expect(401)
    assert reply.json["error"]["code"] == 401
    assert "WWW-Authenticate" in reply.headers


def test_openstack_client(anywhere, stack_name):
    """Few calls: each costs seconds."""
    created = anywhere.openstack("stack", "create", "--wait", "--poll", "1", "-t", "examples/first.yaml", "-e", "examples/large.yaml",
                                 stack_name, "-c", "id", "-c", "stack_status", json_output=False)
    assert "CREATE_COMPLETE" in created and f"[{stack_name}.reserve]: CREATE_COMPLETE" in created
    output = anywhere.openstack("stack", "output", "show", stack_name, "greeting")
    assert output["output_value"] == f"Good morning, {stack_name}"
    anywhere.openstack("stack", "delete", "--yes", "--wait", stack_name, json_output=False)
    anywhere.api("GET", f"/stacks/{stack_name}").expect(404)


def test_openstacksdk(anywhere, stack_name):
    cloud = anywhere.sdk()
    template = {**yaml.safe_load(FIRST), "heat_template_version": "2021-04-16"}  # which YAML takes for a date
    stack = cloud.orchestration.create_stack(name=stack_name, template=template, parameters={"greeting": "Hi"})
    stack = cloud.orchestration.wait_for_status(stack, "CREATE_COMPLETE", failures=["CREATE_FAILED"], interval=0.1, wait=60)
    assert cloud.orchestration.find_stack(stack_name).id == stack.id
    assert {r.name for r in cloud.orchestration.resources(stack)} == {"password", "token", "settings", "pause"}
    outputs = {o["output_key"]: o["output_value"] for o in cloud.orchestration.get_stack(stack.id).outputs}
    assert outputs["greeting"] == f"Hi, {stack_name}"
    cloud.orchestration.delete_stack(stack)
    cloud.orchestration.wait_for_delete(stack, interval=0.1, wait=60)


def test_status_pages_through_nginx(service):
    assert service.http("GET", "/-/ping").expect(200).text.strip() == "pong"
    assert service.http("GET", "/-/status?json").expect(200).json
    assert "hearth_requests_total" in service.http("GET", "/-/metrics").expect(200).text


@pytest.mark.parametrize("web", ["nginx", "apache"])
def test_without_hearthd_the_web_server_answers_in_heats_form(make_service, web):
    service = make_service(web=web)
    service.hearthd.stop()
    reply = service.http("GET", "/v1/x/stacks").expect(503)
    assert reply.json["code"] == 503 and reply.json["error"]["type"] == "ServiceUnavailable"
    service.start_hearthd()
    hearth.wait_until("hearthd to be back", service.answers)


def test_a_body_past_nginxs_limit(service):
    """Larger than hearthd would ever look at: refused by nginx, still in JSON."""
    reply = service.api("POST", "/stacks", b"x" * (9 << 20)).expect(413)
    assert reply.json["error"]["type"] == "RequestEntityTooLarge"
