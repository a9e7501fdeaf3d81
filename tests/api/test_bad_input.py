"""What a client gets wrong: Heat's status and a message that helps; nothing stored; the worker stays."""

import concurrent.futures
import http.server
import json
import threading

import pytest

VALUE = {"heat_template_version": "2021-04-16", "resources": {"v": {"type": "OS::Heat::Value", "properties": {"value": "x"}}}}


def body(**changes):
    return {"stack_name": "bad-input", "template": VALUE, **changes}


@pytest.fixture(autouse=True)
def nothing_stored(service):
    yield
    assert service.psql("select name from hearth.stack where name = 'bad-input'") == []


@pytest.mark.parametrize("sent,type_,part", [
    ("", "HTTPBadRequest", "malformed"),
    ("[1]", "HTTPBadRequest", "malformed"),
    ('"text"', "HTTPBadRequest", "malformed"),
    ('{"a": ', "HTTPBadRequest", "line 1 column 7"),
    (b'{"a": "\xff"}', "HTTPBadRequest", "utf-8"),
    (b"\xff", "HTTPBadRequest", "malformed"),
    (b'{"stack_name": "\xc3("}', "HTTPBadRequest", "utf-8"),
    ("[" * 100_000, "HTTPBadRequest", ""),
    ('{"a":' * 100_000, "HTTPBadRequest", ""),
    ({}, "HTTPBadRequest", "No stack name specified"),
    ({"stack_name": "bad-input"}, "HTTPBadRequest", "No template specified"),
    (body(stack_name=5), "StackValidationFailed", "Invalid stack name 5, must be a string"),
    (body(stack_name=None), "StackValidationFailed", "must be a string"),
    (body(stack_name="a\0b"), "StackValidationFailed", "NUL"),
    (body(stack_name="é"), "StackValidationFailed", "alphanumeric"),
    (body(stack_name="a/b"), "StackValidationFailed", "alphanumeric"),
    (body(template=None), "HTTPBadRequest", "No template specified"),
    (body(template=5), "HTTPBadRequest", "malformed"),
    (body(template=[1]), "HTTPBadRequest", "malformed"),
    (body(template="a: ["), "HTTPBadRequest", "Template not in valid format"),
    (body(template="a: b"), "HTTPBadRequest", "Template format version not found"),
    (body(template="just text"), "HTTPBadRequest", "not a JSON object or YAML mapping"),
    (body(template="a: " + "[" * 20_000), "HTTPBadRequest", ""),
    (body(environment=5), "HTTPBadRequest", "malformed"),
    (body(environment="a: ["), "HTTPBadRequest", "Environment not in valid format"),
    (body(environment={"foo": {}}), "HTTPBadRequest", 'wrong section "foo"'),
    (body(environment={"parameters": None}), "HTTPBadRequest", "empty section"),
    (body(environment_files="x"), "HTTPBadRequest", "malformed"),
    (body(environment_files=["x"]), "HTTPBadRequest", "x"),
    (body(parameters=[1]), "ValueError", "parameters"),
    (body(parameters={"nope": 1}), "UnknownUserParameter", "nope"),
    (body(files=[1]), "ValueError", "files"),
    (body(tags=["a"]), "ValueError", "tags"),
    (body(tags="a" * 81), "HTTPBadRequest", "longer than 80"),
    (body(timeout_mins="x"), "HTTPBadRequest", "Only integer is acceptable by 'timeout_mins'."),
    (body(timeout_mins=-1), "HTTPBadRequest", "non-negative"),
    (body(timeout_mins=5.5), "HTTPBadRequest", "Only integer"),
    (body(disable_rollback="x"), "ValueError", "disable_rollback"),
    (body(converge=True), "HTTPBadRequest", "converge"),
    (body(adopt_stack_data="{}"), "HTTPBadRequest", "Invalid adopt data: 'template'"),
    (body(adopt_stack_data='{"template": {"heat_template_version": "2018-08-31"}}'), "NotSupported", "Adopt"),
    (body(files_container="c"), "NotSupported", "files_container"),
    ({"stack_name": "bad-input", "template_url": "file:///etc/passwd"}, "HTTPBadRequest",
     "Could not retrieve template: Invalid URL scheme file"),
    ({"stack_name": "bad-input", "template_url": "http://127.0.0.1:9/t"}, "HTTPBadRequest",
     "Could not retrieve template: Failed to retrieve template from http://127.0.0.1:9/t"),
    ({"stack_name": "bad-input", "template_url": 5}, "HTTPBadRequest", "malformed"),
], ids=lambda value: str(value)[:60])
def test_create_refuses(service, sent, type_, part):
    reply = service.api("POST", "/stacks", sent).expect(400)
    assert reply.json["error"]["type"] == type_
    assert part in reply.message


def test_alias_bombs_end_as_400(service):
    lines = ["heat_template_version: 2021-04-16", "x0: &x0 [a, a]"]
    lines += [f"x{i}: &x{i} [*x{i - 1}, *x{i - 1}, *x{i - 1}]" for i in range(1, 40)]
    service.api("POST", "/stacks", body(template="\n".join(lines))).expect(400)


def test_large_templates_end_as_400(service):
    reply = service.api("POST", "/stacks", body(template="heat_template_version: 2021-04-16\n#" + "x" * 600_000)).expect(400)
    assert "exceeds maximum allowed size (524288 bytes)" in reply.message
    service.api("POST", "/stacks", body(template={**VALUE, "description": "x" * 600_000})).expect(400)


def test_of_twenty_with_one_name_one_wins(service, stack_name):
    with concurrent.futures.ThreadPoolExecutor(20) as pool:
        replies = list(pool.map(lambda _: service.api("POST", "/stacks", {"stack_name": stack_name, "template": VALUE}), range(20)))
    assert sorted(reply.status for reply in replies) == [201] + [409] * 19
    assert {reply.json["error"]["type"] for reply in replies if reply.status == 409} == {"StackExists"}
    path = f"/stacks/{stack_name}/" + next(reply for reply in replies if reply.status == 201).json["stack"]["id"]
    service.wait(path, "CREATE_COMPLETE")
    service.delete(path)


class Templates(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        text = json.dumps(VALUE).encode() if self.path == "/t" else b"x" * 1_000_000
        self.send_response(404 if self.path == "/missing" else 200)
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def web():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Templates)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


def test_template_url(service, make_service, web, stack_name):
    """Refused for private addresses, fetched where the operator allows them."""
    reply = service.api("POST", "/stacks", {"stack_name": "bad-input", "template_url": f"{web}/t"}).expect(400)
    assert reply.message == f"Could not retrieve template: Failed to retrieve template from {web}/t"
    open_ = make_service({"fetch_private_addresses": "true"})
    path = f"/stacks/{stack_name}/" + open_.api("POST", "/stacks", {
        "stack_name": stack_name, "template_url": f"{web}/t"}).expect(201).json["stack"]["id"]
    assert open_.api("GET", f"{path}/template").json == VALUE
    for rest, part in (("missing", "Failed to retrieve"), ("large", "exceeds maximum allowed size")):
        assert part in open_.api("POST", "/stacks", {"stack_name": "x", "template_url": f"{web}/{rest}"}).expect(400).message


@pytest.mark.parametrize("path", ["/%00", "/stacks/%ff", "/stacks/a/%00", "/stacks/" + "a" * 5000, "/stacks/a?x=%ff", "/stacks?limit=%00",
                                  "/stacks//", "/stacks/../stacks", "/stacks?limit=1e3", "/stacks?limit=١"])
def test_bad_paths(service, path):
    reply = service.api("GET", path.encode("ascii", "surrogateescape").decode() if path.isascii() else path.replace("١", "%D9%A1"))
    assert reply.status in (400, 404), reply
