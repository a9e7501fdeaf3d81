"""yaql through the API: what a stack is made with, and when and how a mistake shows, as Heat 19 answered it."""

import itertools

import pytest

NUMBERS = itertools.count(1)


def template(expression, where="property"):
    function = {"yaql": {"expression": expression, "data": {"a": [1, 2], "b": {"x": 1}}}}
    return {"heat_template_version": "2018-08-31", "resources": {
        "r": {"type": "OS::Heat::Value", "properties": {"value": function if where == "property" else "x"}}},
        "outputs": {"o": {"value": {"get_attr": ["r", "value"]} if where == "property" else function}}}


def outputs(service, document):
    return service.show(service.create(f"yaql-{next(NUMBERS)}", document))["outputs"][0]


@pytest.mark.parametrize("expression, value", [
    ("$.data.a.select($ + 1)", [2, 3]),
    ("set(1, 2)", [1, 2]),
    ("$.data.b.keys()", ["x"]),
    ("{1 => 2}", {"1": 2}),
    ("datetime(2015, 1, 2)", "2015-01-02T00:00:00.000000"),
    ("null", None),
])
def test_value(service, expression, value):
    assert outputs(service, template(expression))["output_value"] == value


@pytest.mark.parametrize("expression, message", [
    ("$.data.nope", "'nope'"),
    ("$.data.a[7]", "tuple index out of range"),
    ("nosuch($.data)", 'Unknown function "nosuch"'),
    ("$.data.a.nosuch()", 'Unknown method "nosuch" for receiver (1, 2)'),
    ("len(1)", 'No function "len" matches supplied arguments'),
    ("range(300)", "Collection length exceeds 200 elements"),
    ("'a' * 20000", "Expression consumed too much memory"),
])
def test_failure_in_a_property(service, expression, message):
    body = {"stack_name": "yaql-fails", "template": template(expression)}
    assert service.api("POST", "/stacks", body).expect(400).message == \
        f"Property error: : resources.r.properties.value: : {message}"


def test_failure_in_an_output(service):
    found = outputs(service, template("$.data.nope", "output"))
    assert found["output_error"] == "'nope'" and found["output_value"] is None


@pytest.mark.parametrize("where, place", [("property", "resources.r.properties.value.yaql"),
                                          ("output", "outputs.o.value.yaql")])
def test_syntax(service, where, place):
    document = template("$.data.a[", where)
    said = "Bad expression Parse error: unexpected end of statement."
    assert service.api("POST", "/validate", {"template": document}).expect(400).message == f"{place}: {said}"
    created = service.api("POST", "/stacks", {"stack_name": "yaql-syntax", "template": document})
    assert created.expect(400).message == f"{place}: : {said}"
