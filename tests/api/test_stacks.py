"""Stacks: lists with their filters, order and pages; looking up, showing, deleting; outputs."""

import pytest

import hearth

VALUE = {"heat_template_version": "2021-04-16", "resources": {"v": {"type": "OS::Heat::Value", "properties": {"value": "x"}}}}
FAIL = {"heat_template_version": "2021-04-16", "resources": {
    "bad": {"type": "OS::Heat::TestResource", "properties": {"fail": True}}}}
MISSING = "00000000-0000-0000-0000-000000000000"


@pytest.fixture(scope="module")
def stocked(make_module_service):
    """Five stacks of demo: a1 … a4 in order of creation, and one that failed; one of demo2."""
    service = make_module_service()
    service.ids = {}
    for number, tags in enumerate(["red", "red,green", "green", None], 1):
        more = {"tags": tags} if tags else {}
        service.ids[f"a{number}"] = service.create(f"a{number}", VALUE, **more).split("/")[-1]
    service.ids["broken"] = service.create("broken", FAIL, wait="CREATE_FAILED").split("/")[-1]
    service.ids["other"] = service.create("other", VALUE, "demo2").split("/")[-1]
    return service


def listed(service, query="", user="demo"):
    return [stack["stack_name"] for stack in service.api("GET", f"/stacks{query}", user=user).expect(200).json["stacks"]]


@pytest.mark.parametrize("query,names", [
    ("", "broken a4 a3 a2 a1"),
    ("?sort_dir=asc", "a1 a2 a3 a4 broken"),
    ("?sort_keys=stack_name", "a1 a2 a3 a4 broken"),
    ("?sort_keys=stack_name&sort_dir=desc", "broken a4 a3 a2 a1"),
    ("?sort_keys=stack_status&sort_keys=stack_name&sort_dir=desc", "broken a4 a3 a2 a1"),
    ("?sort_keys=nonsense", "broken a4 a3 a2 a1"),
    ("?name=a2", "a2"),
    ("?name=a2&name=a3", "a3 a2"),
    ("?name=a2&stack_name=a1", "a2 a1"),
    ("?name=", "broken a4 a3 a2 a1"),
    ("?name=A2", ""),
    ("?status=FAILED", "broken"),
    ("?status=CREATE_FAILED", "broken"),
    ("?status=failed", ""),
    ("?stack_status=CREATE_COMPLETE&status=FAILED&sort_keys=stack_name", "a1 a2 a3 a4 broken"),
    ("?action=CREATE&status=FAILED", "broken"),
    ("?action=DELETE", ""),
    ("?username=demo&limit=1", "broken"),
    ("?username=nobody", ""),
    ("?disable_rollback=True&limit=2", "broken a4"),
    ("?disable_rollback=False", ""),
    ("?tenant=nobody", ""),
    ("?id=nonsense", ""),
    (f"?owner_id={MISSING}", ""),
    ("?foo=bar&limit=1", "broken"),
    ("?tags=red", "a2 a1"),
    ("?tags=red,green", "a2"),
    ("?tags=red,red", "a2 a1"),
    ("?tags_any=red,green", "a3 a2 a1"),
    ("?not_tags=red,green", "broken a4 a3 a1"),
    ("?not_tags_any=red,green", "broken a4"),
    ("?tags=", "broken a4 a3 a2 a1"),
    ("?limit=0", ""),
    ("?limit=99999999999999999999999", "broken a4 a3 a2 a1"),
    (f"?marker={MISSING}&limit=1", "broken"),
    ("?marker=nonsense&limit=1", "broken"),
    ("/detail?name=a1", "broken a4 a3 a2 a1"),
])
def test_list(stocked, query, names):
    assert listed(stocked, query) == names.split()


def test_list_filters_by_id(stocked):
    assert listed(stocked, f"?id={stocked.ids['a3']}&id={stocked.ids['other']}") == ["a3"]


@pytest.mark.parametrize("order", ["", "&sort_dir=asc", "&sort_keys=stack_name", "&sort_keys=stack_name&sort_dir=desc",
                                   "&sort_keys=stack_status", "&sort_keys=updated_time&sort_dir=desc", "&sort_keys=creation_time",
                                   "&sort_keys=stack_status&sort_keys=stack_name", "&sort_keys=stack_status&sort_keys=updated_time",
                                   "&status=COMPLETE", "&tags_any=red,green"])
@pytest.mark.parametrize("size", [1, 2, 3])
def test_pages_follow_each_other(stocked, order, size):
    """The next links lead through the whole list once."""
    whole = listed(stocked, "?" + order[1:])
    seen, url = [], f"/v1/{stocked.project_id()}/stacks?limit={size}{order}"
    while url:
        page = stocked.http("GET", url, user="demo").expect(200).json
        seen += [stack["stack_name"] for stack in page["stacks"]]
        links = page.get("links", [])
        assert [link["rel"] for link in links] == ["next"] * (len(page["stacks"]) == size)
        url = links[0]["href"] if links else None
    assert seen == whole


def test_a_marker_that_was_deleted_still_leads_on(service, stack_name):
    paths = [service.create(f"{stack_name}-{i}", VALUE, tags=stack_name) for i in range(3)]
    service.delete(paths[1])
    marker = paths[1].split("/")[-1]
    assert listed(service, f"?tags={stack_name}&marker={marker}") == [f"{stack_name}-0"]
    service.delete(paths[0])
    service.delete(paths[2])


def test_count_is_of_all_that_match(stocked):
    body = stocked.api("GET", "/stacks?with_count=True&limit=1&tags_any=red,green").expect(200).json
    assert len(body["stacks"]) == 1 and body["count"] == 3
    assert "count" not in stocked.api("GET", "/stacks?with_count=False").json


def test_tags_hide_stacks(service, stack_name):
    path = service.create(stack_name, VALUE, tags="data-processing-cluster")
    assert stack_name not in listed(service)
    assert stack_name not in listed(service, f"?name={stack_name}")
    assert stack_name not in listed(service, "/detail")
    assert stack_name in listed(service, "?show_hidden=True")
    service.delete(path)


def test_deleted_stacks_are_listed_when_asked_for(service, stack_name):
    path = service.create(stack_name, VALUE)
    service.delete(path)
    assert listed(service, f"?name={stack_name}") == []
    reply = service.api("GET", f"/stacks?name={stack_name}&show_deleted=True").expect(200).json["stacks"]
    assert [stack["stack_status"] for stack in reply] == ["DELETE_COMPLETE"]
    shown = service.show(path)
    assert shown["stack_status"] == "DELETE_COMPLETE" and "outputs" not in shown
    service.api("DELETE", path).expect(404)
    service.api("GET", f"/stacks/{stack_name}").expect(404)
    service.api("GET", f"/stacks/{path.split('/')[-1]}").expect(302)


def test_global_tenant_is_for_administrators(stocked):
    body = stocked.api("GET", "/stacks?global_tenant=True&sort_keys=stack_name", user="admin").expect(200).json
    found = {(stack["stack_name"], stack["project"]) for stack in body["stacks"]}
    assert {("a1", stocked.project_id()), ("other", stocked.project_id("demo2"))} <= found
    links = {stack["stack_name"]: stack["links"][0]["href"] for stack in body["stacks"]}
    assert f"/v1/{stocked.project_id('demo2')}/stacks/other/" in links["other"]
    reply = stocked.api("GET", "/stacks?global_tenant=True").expect(403)
    assert reply.message == "You are not authorized to use stacks:global_index."


def test_tenants_do_not_see_each_other(stocked):
    assert listed(stocked, user="demo2") == ["other"]
    assert listed(stocked, f"?id={stocked.ids['a1']}", "demo2") == []
    for path in (f"/stacks/a1/{stocked.ids['a1']}", "/stacks/a1", f"/stacks/{stocked.ids['a1']}"):
        assert stocked.api("GET", path, user="demo2").expect(404).json["error"]["type"] == "EntityNotFound"
    stocked.api("DELETE", f"/stacks/a1/{stocked.ids['a1']}", user="demo2").expect(404)


def test_lookup_keeps_path_and_query(stocked):
    base = f"{stocked.url}/v1/{stocked.project_id()}/stacks"
    target = f"{base}/a1/{stocked.ids['a1']}"
    arn = f"arn:openstack:heat::{stocked.project_id()}:stacks/a1/{stocked.ids['a1']}"
    for given, wanted in (("a1", target), (stocked.ids["a1"], target), ("a%31", target), ("a1/resources?a=b%20c", target + "/resources?a=b+c"),
                          ("a1/events", target + "/events"), ("a1/environment", target + "/environment"), ("a1/files", target + "/files"),
                          (arn.replace("/", "%2F"), target), (arn, target), (arn + "/resources", target + "/resources")):
        reply = stocked.http("GET", f"{base}/{given}", user="demo").expect(302)
        assert reply.headers["Location"] == wanted
        assert reply.json["code"] == "302 Found"
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        assert stocked.http(method, f"{base}/a1", user="demo").expect(302).headers["Location"] == target
    assert stocked.http("GET", f"{base}/nope", user="demo").expect(404).message == "The Stack (nope) could not be found."
    stocked.http("GET", f"{base}/arn:openstack:nova::x", user="demo").expect(404)


def test_show_wants_name_and_id_to_agree(stocked):
    for path in (f"/stacks/a2/{stocked.ids['a1']}", "/stacks/a1/a1", f"/stacks/a1/{MISSING}"):
        reply = stocked.api("GET", path).expect(404)
        assert reply.message == f"The Stack ({path.split('/')[2]}) could not be found."
    for rest in ("/template", "/environment", "/files", "/outputs", "/resources", "/events", "/resources/v", "/resources/v/metadata"):
        stocked.api("GET", f"/stacks/a1/{MISSING}{rest}").expect(404)


def test_template_environment_and_files_come_back(service, stack_name):
    template = {"heat_template_version": "2021-04-16", "parameters": {"secret": {"type": "string", "hidden": True}}, "resources": {}}
    path = service.create(stack_name, template, environment={"parameters": {"secret": "s3cret"}}, files={"a": "é\n"})
    assert service.api("GET", f"{path}/template").expect(200).json == template
    assert service.api("GET", f"{path}/environment").expect(200).json["parameters"] == {"secret": "******"}
    assert service.api("GET", f"{path}/files").expect(200).json == {"a": "é\n"}
    shown = service.api("GET", path).expect(200)
    assert shown.json["stack"]["parameters"]["secret"] == "******" and "s3cret" not in shown.text
    service.delete(path)


def test_outputs(service, stack_name):
    template = {**VALUE, "outputs": {"o": {"value": {"get_attr": ["v", "value"]}, "description": "an output"}, "n": {"value": 1e20}}}
    path = service.create(stack_name, template)
    assert service.api("GET", f"{path}/outputs").json == {"outputs": [
        {"output_key": "o", "description": "an output"}, {"output_key": "n", "description": "No description given"}]}
    assert service.api("GET", f"{path}/outputs/o").json == {"output": {
        "output_key": "o", "description": "an output", "output_value": "x"}}
    assert "1e+20" in service.api("GET", f"{path}/outputs/n").text
    assert service.api("GET", f"{path}/outputs/nope").expect(404).message == "Specified output key nope not found."
    assert "outputs" not in service.show(path + "?resolve_outputs=false")
    service.delete(path)


def test_preview_stores_nothing(service, stack_name):
    stack = service.api("POST", "/stacks/preview", {"stack_name": stack_name, "template": VALUE}).expect(200).json["stack"]
    assert stack["id"] == "None" and [r["resource_name"] for r in stack["resources"]] == ["v"]
    service.api("GET", f"/stacks/{stack_name}").expect(404)


def test_stock_clients_page_and_filter(stocked):
    sdk = stocked.sdk()
    assert [stack.name for stack in sdk.orchestration.stacks(limit=2)] == ["broken", "a4", "a3", "a2", "a1"]
    assert [stack.name for stack in sdk.orchestration.stacks(status="FAILED")] == ["broken"]
    rows = stocked.openstack("stack", "list", "--tags", "red,green")
    assert [row["Stack Name"] for row in rows] == ["a2"]
    rows = stocked.openstack("stack", "list", "--all-projects", user="admin")
    assert {"a1", "other"} <= {row["Stack Name"] for row in rows}


def test_services_are_for_administrators(service):
    services = hearth.wait_until("an engine", lambda: service.api("GET", "/services", user="admin").expect(200).json["services"])
    assert services[0]["status"] == "up" and services[0]["topic"] == "engine"
    assert service.api("GET", "/services").expect(403).message == "You are not authorized to use service:index."
    service.api("DELETE", "/services").expect(404)


def test_build_info(service):
    assert set(service.api("GET", "/build_info").expect(200).json) == {"api", "engine"}


def test_readers_read(service, stack_name):
    path = service.create(stack_name, VALUE)
    assert service.api("GET", path, user="reader").expect(200)
    assert stack_name in listed(service, user="reader")
    service.api("POST", "/stacks", {"stack_name": "x", "template": VALUE}, "reader").expect(403)
    service.api("DELETE", path, user="reader").expect(403)
    service.delete(path)
