#!/usr/bin/env python3
"""Sends odd requests to two services, a Heat and a Hearth, and says where status, form or error type differ.

    HEAT_URL=http://heat:8004/v1/PROJECT HEAT_TOKEN=… HEARTH_URL=… HEARTH_TOKEN=… tests/tools/odd_requests.py [-v]
    HEAT_URL=… HEAT_TOKEN=… tests/tools/odd_requests.py --record      writes Heat's answers to odd_requests.heat.tsv, which
                                                                      tests/api/test_odd_requests.py compares with

Every method at every path with and without a trailing slash, a .json suffix, odd headers, broken bodies, and repeated or
broken query parameters. Makes one stack ("api-odd") on each side and deletes it. What differs on purpose is in
odd_requests.tsv: pattern of requests <TAB> what Heat answers <TAB> what Hearth answers <TAB> why. Exit status 1 when
something else differs.
"""

import fnmatch
import http.client
import itertools
import json
import os
import pathlib
import re
import sys
import time
import urllib.parse

NAME = "api-odd"
TEMPLATE = {"heat_template_version": "2018-08-31", "parameters": {"p": {"type": "string", "default": "x"}},
            "resources": {"r": {"type": "OS::Heat::TestResource", "properties": {"value": "v"}}},
            "outputs": {"o": {"value": {"get_attr": ["r", "output"]}}}}
METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"]
MISSING = "00000000-0000-0000-0000-000000000000"
KNOWN = pathlib.Path(__file__).with_suffix(".tsv")
RECORDED = pathlib.Path(__file__).with_suffix(".heat.tsv")


class Side:
    def __init__(self, url, token):
        parts = urllib.parse.urlsplit(url)
        self.host, self.base, self.token = parts.netloc, parts.path.rstrip("/"), token

    @classmethod
    def of_environment(cls, prefix):
        return cls(os.environ[f"{prefix}_URL"], os.environ[f"{prefix}_TOKEN"])

    def send(self, method, path, body=None, headers=None):
        connection = http.client.HTTPConnection(self.host, timeout=60)
        given = {"X-Auth-Token": self.token, "Accept": "application/json"}
        if body is not None:
            given["Content-Type"] = "application/json"
        given.update(headers or {})
        given = {name: value for name, value in given.items() if value is not None}
        if not path.startswith("//"):
            path = self.base + path
        else:
            path = path[1:]
        try:
            connection.request(method, path, body, given)
            reply = connection.getresponse()
            return reply.status, dict(reply.getheaders()), reply.read()
        finally:
            connection.close()

    def make_stack(self):
        body = json.dumps({"stack_name": NAME, "template": TEMPLATE})
        status, _, raw = self.send("POST", "/stacks", body)
        assert status == 201, raw
        self.stack = json.loads(raw)["stack"]["id"]
        while json.loads(self.send("GET", f"/stacks/{NAME}/{self.stack}")[2])["stack"]["stack_status"] != "CREATE_COMPLETE":
            time.sleep(0.2)

    def remove_stack(self):
        self.send("DELETE", f"/stacks/{NAME}/{self.stack}")

    def answer(self, request):
        method, path, body, headers = request
        path = path.replace("{stack}", f"/stacks/{NAME}/{self.stack}").replace("{id}", self.stack)
        status, got, raw = self.send(method, path, body, headers)
        return describe(status, got, raw)


def describe(status, headers, raw):
    """Status, form of the body, type of the error, and its message less what differs from host to host."""
    parts = [str(status)]
    if status != 405 and headers.get("Allow"):  # Heat's 405s have none
        parts.append("allow " + ",".join(sorted(headers["Allow"].replace(" ", "").split(","))))
    if not raw:
        return " ".join(parts + ["empty"])
    try:
        body = json.loads(raw)
    except ValueError:
        return " ".join(parts + ["no-json", headers.get("Content-Type", "-").split(";")[0]])
    if isinstance(body, dict) and isinstance(body.get("error"), dict):
        return " ".join(parts + ["error", str(body["error"].get("type")), stable(body["error"].get("message"))])
    if isinstance(body, dict) and "code" in body and "title" in body:
        return " ".join(parts + ["short", stable(body.get("message"))])
    return " ".join(parts + ["map " + ",".join(sorted(body)) if isinstance(body, dict) else type(body).__name__])


def stable(message):
    text = re.sub(r"https?://[^/\s\"<>]*", "http://HOST", str(message))
    text = re.sub(r"[0-9a-f]{32}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "ID", text)
    return re.sub(r"\s+", " ", text)[:160]


# ---- the requests ----

PATHS = ["//", "//v1", "//v1/", "//v2", "//v2/x", "//v3/", "//healthcheck", "//nothing", "", "/", "/stacks", "/stacks/",
         "/stacks.json", "/stacks/detail", "/stacks/detail/", "/stacks/preview", f"/stacks/{NAME}", f"/stacks/{NAME}/",
         f"/stacks/{NAME}.json", "/stacks/{id}", "{stack}", "{stack}/", "{stack}.json", f"/stacks/{NAME}/{MISSING}",
         f"/stacks/{NAME}/no-uuid", "/stacks/other/{id}", "{stack}/preview", "{stack}/actions", "{stack}/template",
         "{stack}/template/", "{stack}/template.json", "{stack}/environment", "{stack}/files", "{stack}/outputs",
         "{stack}/outputs/o", "{stack}/outputs/none", "{stack}/outputs/o/", "{stack}/resources", "{stack}/resources/r",
         "{stack}/resources/r/", "{stack}/resources/none", "{stack}/resources/r/metadata", "{stack}/resources/none/metadata",
         "{stack}/resources/r/signal", "{stack}/resources/r/events", f"{{stack}}/resources/r/events/{MISSING}",
         "{stack}/resources/r/events/no-uuid", "{stack}/events", "{stack}/events/", "{stack}/snapshots",
         f"{{stack}}/snapshots/{MISSING}", "{stack}/snapshots/no-uuid", f"{{stack}}/snapshots/{MISSING}/restore",
         "{stack}/nothing", "{stack}/template/nothing", f"/stacks/{NAME}/resources", f"/stacks/{NAME}/events",
         f"/stacks/{NAME}/outputs", f"/stacks/{NAME}/template", f"/stacks/{NAME}/actions", f"/stacks/{NAME}/files",
         "/resource_types", "/resource_types/", "/resource_types/OS::Heat::None", "/resource_types/OS%3A%3AHeat%3A%3ANone",
         "/resource_types/OS::Heat::None.json", "/resource_types/None", "/resource_types/OS::Heat::None/template",
         "/template_versions", "/template_versions/heat_template_version.2018-08-31/functions", "/template_versions/x/functions",
         "/validate", "/validate/", "/build_info", "/build_info/", "/services", "/services/", "/software_configs",
         "/software_configs/", "/software_configs/no-uuid", f"/software_configs/{MISSING}", "/software_deployments",
         f"/software_deployments/{MISSING}", "/software_deployments/metadata/s", "/software_deployments/metadata",
         "/nothing", "/stacks/%2F", "/stacks/a%20b", "/stacks/%C3%A4", "//v1/other-project/stacks"]
# Not sent with these methods: they would change the stack under way.
CHANGING = {("DELETE", "{stack}"), ("DELETE", "/stacks/{id}")}

HEADERS = [{"Accept": "text/html"}, {"Accept": "application/xml"}, {"Accept": "*/*;q=0"}, {"Accept": ""}, {"Accept": None}, {"Content-Type": "text/plain"},
           {"Content-Type": "application/xml"}, {"X-Auth-Token": None}, {"X-Auth-Token": "nonsense"}, {"X-Auth-Token": ""},
           {"X-Http-Method-Override": "DELETE"}, {"Accept-Language": "de"}, {"Range": "bytes=0-3"}, {"X-Roles": "admin"},
           {"Expect": ""}, {"X-Auth-User": "x"}, {"X-Service-Token": "x"}, {"X-Openstack-Request-Id": "req-x"}]
HEADER_PATHS = [("GET", "{stack}"), ("GET", "/stacks"), ("GET", "/nothing"), ("HEAD", "/stacks"), ("OPTIONS", "/stacks"),
                ("POST", "/validate"), ("GET", "//"), ("GET", f"/stacks/{NAME}")]

BODIES = ["", " ", "{", "null", "[]", "1", '"x"', "{}", "\ufeff{}", '{"a": }', "{'a': 1}", '{"a": NaN}', '{"a": 1, "a": 2}', "\x00", "not json",
          '{"template": null}', '{"template": 1}', '{"template": []}', '{"template": ""}', '{"template": "x"}', '{"template": {}}',
          '{"template_url": ""}', '{"template_url": "ftp://127.0.0.1/x"}', '{"template_url": "file:///etc/passwd"}', '{"template_url": 1}',
          '{"template_url": null}', '{"stack_name": null}', '{"stack_name": ""}', '{"stack_name": 1}', '{"stack_name": "1a"}',
          '{"stack_name": "a b"}', '{"stack_name": "a", "template": {"heat_template_version": "1999-01-01"}}',
          '{"stack_name": "a", "files_container": "c"}', '{"files_container": 1}', '{"timeout_mins": "x"}', '{"timeout_mins": -1}',
          '{"timeout_mins": 1.5}', '{"tags": ["a"]}', '{"tags": 1}', '{"tags": "a,,b"}', '{"environment": 1}', '{"environment": []}',
          '{"environment": {"x": 1}}', '{"parameters": 1}', '{"parameters": []}', '{"files": 1}', '{"environment_files": 1}',
          '{"disable_rollback": "x"}', '{"converge": "x"}', '{"converge": true}', '{"clear_parameters": 1}', '{"adopt_stack_data": 1}',
          '{"adopt_stack_data": "x"}', '{"suspend": null, "check": null}', '{"dance": null}', '{"name": 1}', '{"name": {}}',
          '{"mark_unhealthy": 1}', '{"mark_unhealthy": "x"}', '{"mark_unhealthy": true, "x": 1}', '{"config": 1}', '{"inputs": 1}',
          '{"inputs": [1]}', '{"options": []}', '{"server_id": 1}', '{"config_id": 1}', '{"server_id": "s", "config_id": "no"}']
BODY_PATHS = [("POST", "/stacks"), ("POST", "/stacks/preview"), ("POST", "/validate"), ("PUT", "{stack}"), ("PUT", "{stack}/preview"),
              ("PATCH", "{stack}/preview"), ("POST", "{stack}/actions"), ("POST", f"{{stack}}/snapshots/{MISSING}/restore"),
              ("PATCH", "{stack}/resources/none"), ("POST", "{stack}/resources/none/signal"), ("POST", "/software_configs"),
              ("POST", "/software_deployments"), ("PUT", f"/software_deployments/{MISSING}")]
WITH_TEMPLATE = ("timeout_mins", "tags", "environment", "parameters", "files", "disable_rollback", "converge", "clear_parameters")

QUERIES = {"/stacks": ["limit=x", "limit=-1", "limit=1&limit=x", "limit=x&limit=1", "limit=", "limit=1.5", "marker=x", "sort_dir=x",
                       "sort_dir=asc&sort_dir=x", "sort_dir=x&sort_dir=asc", "sort_keys=x", "with_count=x", "with_count=x&with_count=true", "with_count=true&with_count=x",
                       "show_deleted=x", "show_nested=x", "show_hidden=x", "global_tenant=x", "tags=", "name=", "id=x", "status=x", "%FF=1", "a=%ZZ", "&&", "=",
                       "with_count=true", "with_count=1", "with_count=", "show_deleted=", "limit=0", "limit=99999999999999999999"],
           "{stack}": ["resolve_outputs=x", "resolve_outputs=", "resolve_outputs=true&resolve_outputs=x", "resolve_outputs=x&resolve_outputs=true", "x=1"],
           "{stack}/resources": ["nested_depth=x", "nested_depth=-1", "nested_depth=", "with_detail=x", "with_detail=", "x=1", "type=x", "status=x", "action=x", "id=x",
                                 "name=r", "nested_depth=1&nested_depth=x", "nested_depth=x&nested_depth=1", "with_detail=true&with_detail=x"],
           "{stack}/events": ["limit=x", "limit=-1", "sort_dir=x", "sort_keys=x", "marker=x", "nested_depth=x", "nested_depth=-1", "resource_status=x", "limit=1&limit=x", "limit=x&limit=1"],
           "{stack}/resources/r": ["with_attr=x", "with_attr=x&with_attr=output", "with_attr="],
           "/resource_types": ["support_status=x", "support_status=SUPPORTED", "with_description=x", "with_description=", "version=x", "name=(", "name=x", "with_description=x&with_description=true"],
           "/resource_types/OS::Heat::None": ["with_description=x", "with_description=true&with_description=x"],
           "/resource_types/OS::Heat::None/template": ["template_type=x", "template_type=", "template_type=hot&template_type=x", "template_type=x&template_type=cfn"],
           "/template_versions/heat_template_version.2018-08-31/functions": ["with_condition_func=x", "with_condition_func="],
           "/software_configs": ["limit=x", "marker=x", "limit=-1", "sort_dir=x", "x=1", "limit=1&limit=x"],
           "/software_deployments": ["server_id=x", "x=1"],
           f"/stacks/{NAME}": ["x=1", "resolve_outputs=x", "a=b&a=c", "a=%20&b=+", "x"]}


def requests():
    for path, method in itertools.product(PATHS, METHODS):
        if (method, path) not in CHANGING and not (method == "POST" and path in ("{stack}/snapshots", "/software_configs")):
            body = "{}" if method in ("POST", "PUT", "PATCH") and path != "{stack}" else "[]" if path == "{stack}" and method != "GET" else None
            yield method, path, body, {}
    for (method, path), headers in itertools.product(HEADER_PATHS, HEADERS):
        yield method, path, json.dumps({"template": TEMPLATE}) if method == "POST" else None, headers
    for (method, path), body in itertools.product(BODY_PATHS, BODIES):
        if method == "POST" and path == "/software_configs" and body == "{}":
            continue
        yield method, path, body.encode("utf-8", "surrogatepass"), {}
        if path in ("/validate", "/stacks/preview", "{stack}/preview") and body.startswith('{"') and body[2:].split('"')[0] in WITH_TEMPLATE:
            more = {"stack_name": "a", "template": TEMPLATE}
            yield method, path, json.dumps({**json.loads(body), **more}), {}
    for path, queries in QUERIES.items():
        for query in queries:
            yield "GET", f"{path}?{query}", None, {}


def label(request):
    method, path, body, headers = request
    text = f"{method} {path or '-'}"
    if headers:
        text += " " + json.dumps(headers)
    if body not in (None, "{}", "[]"):
        text += " " + (body.decode() if isinstance(body, bytes) else body)[:70].replace("\t", " ").replace("\x00", "\\0")
    return text


def known_differences():
    lines = KNOWN.read_text().splitlines() if KNOWN.exists() else []
    return [line.split("\t") for line in lines if line and not line.startswith("#")]


def explained(name, heat, hearth, known):
    quoted = name.replace("[", "[[]")
    return any(fnmatch.fnmatchcase(name, p) or quoted == p for p, a, b, _ in known
               if fnmatch.fnmatchcase(heat, a) and fnmatch.fnmatchcase(hearth, b))


def record():
    heat = Side.of_environment("HEAT")
    heat.make_stack()
    try:
        RECORDED.write_text("".join(f"{label(request)}\t{heat.answer(request)}\n" for request in requests()))
    finally:
        heat.remove_stack()


def recorded():
    """Heat's answers, in the order of the requests."""
    return [tuple(line.rsplit("\t", 1)) for line in RECORDED.read_text().split("\n") if line]


def compare():
    heat, hearth = Side.of_environment("HEAT"), Side.of_environment("HEARTH")
    known, count, different = known_differences(), 0, 0
    heat.make_stack()
    hearth.make_stack()
    try:
        for request in requests():
            count += 1
            name = label(request)
            a, b = heat.answer(request), hearth.answer(request)
            if a != b and not explained(name, a, b, known):
                different += 1
                print(f"{name}\n  heat   {a}\n  hearth {b}", flush=True)
            elif "-v" in sys.argv:
                print(f"{name}\n  same   {b}")
    finally:
        heat.remove_stack()
        hearth.remove_stack()
    print(f"{count} requests, {different} differ")
    return 1 if different else 0


if __name__ == "__main__":
    sys.exit(record() if "--record" in sys.argv else compare())
