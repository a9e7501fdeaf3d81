"""What the language and the types offer: resource types, template versions, functions, validation."""

import pytest


def types(service, query=""):
    return service.api("GET", f"/resource_types{query}").expect(200).json["resource_types"]


@pytest.mark.parametrize("query,wanted", [
    ("?name=OS::Heat::Wait", {"OS::Heat::WaitCondition", "OS::Heat::WaitConditionHandle"}),
    ("?name=.*Random", {"OS::Heat::RandomString"}),
    ("?name=Random", set()),
    ("?name=(", set()),
    ("?version=1900.1", set()),
    ("?support_status=HIDDEN", set()),
])
def test_list(service, query, wanted):
    assert set(types(service, query)) == wanted


def test_list_with_description(service):
    for item in types(service, "?with_description=True&name=OS::Heat::Value"):
        assert item["resource_type"] == "OS::Heat::Value" and item["description"]
    assert service.api("GET", "/resource_types?with_description=1").expect(400)
    reply = service.api("GET", "/resource_types?support_status=x").expect(400)
    assert reply.json["error"]["type"] == "Invalid"


def test_every_type_can_be_shown_and_made_a_template(service):
    for name in types(service):
        schema = service.api("GET", f"/resource_types/{name}").expect(200).json
        assert schema["resource_type"] == name and "show" in schema["attributes"]
        for kind in ("hot", "cfn"):
            template = service.api("GET", f"/resource_types/{name}/template?template_type={kind}").expect(200).json
            service.api("POST", "/validate", {"template": template}).expect(200)
    service.api("GET", "/resource_types/OS::No::Such").expect(404)
    service.api("GET", "/resource_types/OS::Heat::None/template?template_type=XML").expect(400)


def test_every_version_tells_its_functions(service):
    for version in service.api("GET", "/template_versions").expect(200).json["template_versions"]:
        for name in [version["version"], *version["aliases"]]:
            plain, all_ = (service.api("GET", f"/template_versions/{name}/functions{query}").expect(200).json["template_functions"]
                           for query in ("", "?with_condition_func=true"))
            assert {f["functions"] for f in plain} <= {f["functions"] for f in all_}
            assert all(f["description"] for f in all_)
    service.api("GET", "/template_versions/nope/functions").expect(404)
    service.api("GET", "/template_versions/heat_template_version.2018-08-31/functions?with_condition_func=x").expect(400)


def test_validate(service):
    template = {"heat_template_version": "2021-04-16", "description": "d", "parameters": {"p": {"type": "number", "default": 1}}}
    body = service.api("POST", "/validate", {"template": template}).expect(200).json
    assert body["Description"] == "d" and body["Parameters"]["p"]["Type"] == "Number"
    service.api("POST", "/validate?show_nested=x", {"template": template}).expect(400)
    service.api("POST", "/validate", {}).expect(400)


def test_stock_clients(service):
    rows = service.openstack("orchestration", "resource", "type", "list")
    assert "OS::Heat::Value" in {row["Resource Type"] for row in rows}
    assert service.openstack("orchestration", "template", "version", "list")
    assert service.openstack("orchestration", "template", "validate", "-t", "examples/first.yaml")
