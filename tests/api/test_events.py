"""Events: order, filters, pages; of a resource; one by its id."""

import pytest

TEMPLATE = {"heat_template_version": "2021-04-16", "resources": {
    "a": {"type": "OS::Heat::RandomString"},
    "b": {"type": "OS::Heat::Value", "properties": {"value": {"get_attr": ["a", "value"]}}}}}


@pytest.fixture(scope="module")
def stack(make_module_service):
    service = make_module_service()
    service.path = service.create("evs", TEMPLATE)
    return service


def seen(service, query="", rest="/events"):
    events = service.api("GET", f"{service.path}{rest}{query}").expect(200).json["events"]
    return [f"{event['resource_name']}:{event['resource_status'].split('_', 1)[1]}" for event in events]


STORY = ["evs:IN_PROGRESS", "a:IN_PROGRESS", "a:COMPLETE", "b:IN_PROGRESS", "b:COMPLETE", "evs:COMPLETE"]


def test_newest_first_unless_asked_otherwise(stack):
    assert seen(stack) == STORY[::-1]
    assert seen(stack, "?sort_dir=asc") == STORY
    assert seen(stack, "?sort_keys=event_time") == STORY
    assert seen(stack, "?sort_keys=nonsense") == STORY[::-1]
    assert seen(stack, "?nested_depth=2&sort_dir=asc") == STORY
    assert seen(stack, "?sort_keys=resource_type") == ["a:IN_PROGRESS", "a:COMPLETE", "evs:IN_PROGRESS", "evs:COMPLETE",
                                                       "b:IN_PROGRESS", "b:COMPLETE"]


@pytest.mark.parametrize("query,wanted", [
    ("?resource_name=a", ["a:COMPLETE", "a:IN_PROGRESS"]),
    ("?resource_name=a&resource_name=b&sort_dir=asc", STORY[1:5]),
    ("?resource_type=OS::Heat::Value", ["b:COMPLETE", "b:IN_PROGRESS"]),
    ("?resource_type=OS::Heat::Stack&nested_depth=1", ["evs:COMPLETE", "evs:IN_PROGRESS"]),
    ("?resource_status=COMPLETE", ["evs:COMPLETE", "b:COMPLETE", "a:COMPLETE"]),
    ("?resource_status=COMPLETE&limit=1&sort_dir=asc", ["a:COMPLETE"]),
    ("?resource_action=DELETE", []),
    ("?foo=bar&limit=1", ["evs:COMPLETE"]),
    ("?limit=0", []),
])
def test_filters(stack, query, wanted):
    assert seen(stack, query) == wanted


@pytest.mark.parametrize("order", ["", "&sort_dir=asc", "&sort_keys=resource_type", "&sort_keys=resource_type&sort_dir=desc",
                                   "&nested_depth=1", "&resource_status=COMPLETE"])
def test_pages_follow_each_other(stack, order):
    whole, pages, marker = seen(stack, "?" + order[1:]), [], ""
    while True:
        page = stack.api("GET", f"{stack.path}/events?limit=2{order}{marker}").expect(200).json["events"]
        if not page:
            break
        pages += [f"{event['resource_name']}:{event['resource_status'].split('_', 1)[1]}" for event in page]
        marker = f"&marker={page[-1]['id']}"
    assert pages == whole
    assert seen(stack, "?marker=00000000-0000-0000-0000-000000000000") == STORY[::-1]


def test_bad_arguments(stack):
    for query, part in (("?limit=x", "'limit'"), ("?limit=-1", "non-negative"), ("?nested_depth=x", "'nested_depth'"),
                        ("?sort_dir=up", "Unknown sort direction")):
        assert part in stack.api("GET", f"{stack.path}/events{query}").expect(400).message


def test_of_one_resource(stack):
    assert seen(stack, rest="/resources/a/events") == ["a:COMPLETE", "a:IN_PROGRESS"]
    assert seen(stack, "?resource_name=b&limit=1", "/resources/a/events") == ["a:COMPLETE"]
    assert stack.api("GET", f"{stack.path}/resources/nope/events").expect(404).message == "No events found for resource nope"


def test_show(stack):
    event = stack.api("GET", f"{stack.path}/events?resource_name=a&limit=1").json["events"][0]
    shown = stack.api("GET", f"{stack.path}/resources/a/events/{event['id']}").expect(200).json["event"]
    assert {key: shown[key] for key in event} == event
    assert shown["resource_type"] == "OS::Heat::RandomString" and isinstance(shown["resource_properties"], dict)
    assert [link["rel"] for link in shown["links"]] == ["self", "resource", "stack"]
    for path in (f"/resources/b/events/{event['id']}", "/resources/a/events/nonsense"):
        reply = stack.api("GET", stack.path + path).expect(404)
        assert reply.message == f"No event {path.split('/')[-1]} found"


def test_tree_links_its_root(stack):
    for event in stack.api("GET", f"{stack.path}/events?nested_depth=1").json["events"]:
        assert [link["rel"] for link in event["links"]] == ["self", "resource", "stack", "root_stack"]


def test_stock_client(stack):
    rows = stack.openstack("stack", "event", "list", "evs", "--sort", "event_time:asc")
    assert len(rows) == len(STORY)
