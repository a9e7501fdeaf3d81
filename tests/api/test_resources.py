"""Resources: list with its filters, show, metadata, signals by token and by signed URL."""

import urllib.parse

import pytest

import hearth

TEMPLATE = {"heat_template_version": "2021-04-16", "resources": {
    "rnd": {"type": "OS::Heat::RandomString", "properties": {"length": 10}, "metadata": {"role": "é", "n": 1}},
    "val": {"type": "OS::Heat::Value", "properties": {"value": {"get_attr": ["rnd", "value"]}}},
    "handle": {"type": "OS::Heat::WaitConditionHandle", "properties": {"signal_transport": "HEAT_SIGNAL"}}}}


@pytest.fixture(scope="module")
def stack(make_module_service):
    service = make_module_service()
    service.path = service.create("res", TEMPLATE)
    return service


def names(service, query):
    return [r["resource_name"] for r in service.api("GET", f"{service.path}/resources{query}").expect(200).json["resources"]]


@pytest.mark.parametrize("query,wanted", [
    ("", "handle rnd val"), ("?name=rnd", "rnd"), ("?name=rnd&name=val", "rnd val"), ("?type=Random", "rnd"),
    ("?type=OS::Heat::Value", "val"), ("?status=COMPLETE", "handle rnd val"), ("?status=CREATE_COMPLETE&name=val", "val"),
    ("?status=FAILED", ""), ("?action=CREATE&name=val", "val"), ("?action=UPDATE", ""), ("?id=nonsense", ""),
    ("?physical_resource_id=nope", ""), ("?nested_depth=0", "handle rnd val"), ("?nested_depth=3", "handle rnd val"),
    ("?nested_depth=1&name=val", "val"),
])
def test_list(stack, query, wanted):
    assert names(stack, query) == wanted.split()


def test_list_by_physical_id(stack):
    physical = stack.api("GET", f"{stack.path}/resources/val").json["resource"]["physical_resource_id"]
    assert names(stack, f"?physical_resource_id={physical}") == ["val"]


@pytest.mark.parametrize("query,message", [
    ("?foo=bar", "Invalid filter parameters ['foo']"),
    ("?nested_depth=MAX", "Only integer is acceptable by 'nested_depth'."),
    ("?nested_depth=-1", "Value '-1' is invalid for 'nested_depth' which only accepts non-negative integer."),
    ("?with_detail=1", 'Unrecognized value "1" for "with_detail", acceptable values are: true, false.'),
])
def test_list_refuses(stack, query, message):
    assert stack.api("GET", f"{stack.path}/resources{query}").expect(400).message == message


def test_show(stack):
    shown = stack.api("GET", f"{stack.path}/resources/rnd").expect(200).json["resource"]
    assert shown["required_by"] == ["val"] and len(shown["attributes"]["value"]) == 10
    detailed = stack.api("GET", f"{stack.path}/resources?with_detail=true&name=rnd").json["resources"]
    assert detailed == [shown]
    with_attr = stack.api("GET", f"{stack.path}/resources/rnd?with_attr=nope").json["resource"]["attributes"]
    assert with_attr == {**shown["attributes"], "nope": None}
    reply = stack.api("GET", f"{stack.path}/resources/nope").expect(404)
    assert reply.message == "The Resource (nope) could not be found in Stack res."


def test_metadata(stack):
    assert stack.api("GET", f"{stack.path}/resources/rnd/metadata").json == {"metadata": {"role": "é", "n": 1}}
    assert stack.api("GET", f"{stack.path}/resources/val/metadata").json == {"metadata": {}}
    stack.api("GET", f"{stack.path}/resources/nope/metadata").expect(404)


def test_signals_are_counted(service, stack_name):
    path = service.create(stack_name, TEMPLATE)
    assert service.api("POST", f"{path}/resources/handle/signal", {"id": "a", "data": 5, "reason": "why"}).expect(200).text == "null"
    service.api("POST", f"{path}/resources/handle/signal").expect(200)
    service.api("POST", f"{path}/resources/handle/signal", [1]).expect(200)
    assert service.api("GET", f"{path}/resources/handle/metadata").json["metadata"] == {
        "a": {"data": 5, "reason": "why", "status": "SUCCESS"},
        "2": {"data": None, "reason": "Signal 2 received", "status": "SUCCESS"},
        "3": {"data": None, "reason": "Signal 3 received", "status": "SUCCESS"}}
    reply = service.api("POST", f"{path}/resources/rnd/signal", {}).expect(400)
    assert reply.message == "signal is not supported for resource."
    service.api("POST", f"{path}/resources/handle/signal", "{").expect(400)
    service.api("POST", f"{path}/resources/handle/signal", {}, "demo2").expect(404)
    service.delete(path)


def test_a_signature_stands_for_a_token(service, stack_name):
    template = {"heat_template_version": "2021-04-16",
                "resources": {"h": {"type": "OS::Heat::WaitConditionHandle"}},
                "outputs": {"cli": {"value": {"get_attr": ["h", "curl_cli"]}}}}
    path = service.create(stack_name, template)
    stack = service.show(path)
    words = stack["outputs"][0]["output_value"].replace("'", " ").split()
    url = next(word for word in words if word.startswith("http"))
    parts = urllib.parse.urlsplit(url)
    service.http("POST", parts.path).expect(401)
    wrong = parts.query[:-1] + ("0" if parts.query[-1] != "0" else "1")
    assert service.http("POST", f"{parts.path}?{wrong}").status in (401, 403)
    service.http("POST", f"{parts.path}?{parts.query}", {"data": "d"}).expect(200)
    assert service.http("POST", f"{parts.path.replace('/h/', '/other/')}?{parts.query}").status in (401, 403)
    metadata = service.api("GET", f"{path}/resources/h/metadata").json["metadata"]
    assert [signal["data"] for signal in metadata.values()] == ["d"]
    service.delete(path)


def test_stock_clients(stack):
    rows = stack.openstack("stack", "resource", "list", "res", "-n", "2")
    assert {row["resource_name"] for row in rows} == {"rnd", "val", "handle"}
    assert len(stack.openstack("stack", "resource", "show", "res", "rnd")["attributes"]["value"]) == 10
    sdk = stack.sdk()
    assert {r.name for r in sdk.orchestration.resources("res")} == {"rnd", "val", "handle"}
