"""Replays exchanges recorded from Heat 19 (tests/golden/cases) and says where Hearth answers otherwise.

A case is one request with its response. What no two runs share was replaced when it was recorded: UUIDs by <uuid-N>,
project ids and tokens by names, times by their format, random ends of names by <rand12>. The same is done to our
answer, then status, headers that matter and body must be equal, members in the same order.

tests/golden/differences.tsv lists the cases where they need not be, each with its reason.
"""

import difflib
import fnmatch
import json
import re
import urllib.parse

import hearth

CASES = hearth.ROOT / "tests" / "golden" / "cases"
DIFFERENCES = hearth.ROOT / "tests" / "golden" / "differences.tsv"
RECORDED_URL = "http://127.0.0.1:8004"
MISSING_ID = "00000000-0000-0000-0000-000000000000"
HEADERS = ["Location", "Content-Type"]

UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
PATTERNS = [  # (what a side may hold, what stands for it), once ids are numbered
    (re.compile(r"20\d\d-\d\d-\d\dT[0-9:]{8}\.\d{6}"), "<YYYY-MM-DDThh:mm:ss.ffffff>"),
    (re.compile(r"20\d\d-\d\d-\d\dT[0-9:]{8}"), "<YYYY-MM-DDThh:mm:ss>"),
    (re.compile(r"(?<=-)(?=[a-z0-9]*[a-z])[a-z0-9]{12}(?![a-z0-9-])"), "<rand12>"),
    (re.compile(r"(?<=-)(?=[a-z0-9]*[a-z])[a-z0-9]{12}(?=-\w+-<rand12>)"), "<rand12>"),  # of a member's stack
]
NUMBERED = [("uuid", re.compile(f"<uuid-\\d+>|{UUID}")),
            ("hex32", re.compile(r"<hex32-\d+>|(?<![0-9a-f])[0-9a-f]{32}(?![0-9a-f])"))]
# Lists whose order Heat leaves to chance, and the member that names an item.
UNORDERED = {"outputs": "output_key", "resources": "resource_name", "template_functions": "functions",
             **{kind: "resource_name" for kind in ("unchanged", "updated", "replaced", "added", "deleted")}}

# Of software configurations and deployments: pattern of cases, and the cases that made what their <uuid-1>, <uuid-2> are.
SOFTWARE = [
    ("software_configs/delete", ["software_configs/create-minimal"]),
    ("software_configs/*", ["software_configs/create"]),
    ("software_deployments/create*", ["software_configs/create"]),
    ("software_deployments/update-config", ["software_deployments/create", "software_configs/create-minimal"]),
    ("software_deployments/*", ["software_deployments/create"]),
]


def load(name):
    return json.loads((CASES / f"{name}.json").read_text())


def names():
    return sorted(str(path.relative_to(CASES))[:-5] for path in CASES.glob("*/**/*.json"))


def differences():
    """[(pattern of cases, how to compare, why)]"""
    lines = [line for line in DIFFERENCES.read_text().splitlines() if line and not line.startswith("#")]
    return [tuple(line.split("\t")) for line in lines]


def how(name):
    """How this case is compared: all that the table says of it."""
    return [how_ for pattern, how_, _ in differences() if fnmatch.fnmatchcase(name, pattern)]


class Normaliser:
    """Puts placeholders in, numbering ids by first appearance: one per side of a comparison."""

    def __init__(self, known):
        self.known, self.seen = known, {}

    def number(self, kind):
        def replace(match):
            text = match.group(0)
            if text == MISSING_ID:
                return text
            count = sum(1 for value in self.seen.values() if value.startswith(f"<{kind}"))
            return self.seen.setdefault(text, f"<{kind}-{count + 1}>")
        return replace

    def text(self, text):
        for literal, placeholder in self.known:
            text = text.replace(literal, placeholder)
        for kind, pattern in NUMBERED:
            text = pattern.sub(self.number(kind), text)
        for pattern, placeholder in PATTERNS:
            text = pattern.sub(placeholder, text)
        return text

    def walk(self, value):
        if isinstance(value, dict):
            return {self.text(key): self.walk(item) for key, item in value.items()}
        if isinstance(value, list):
            return [self.walk(item) for item in value]
        return self.text(value) if isinstance(value, str) else value


def ordered(value, key=None):
    """Sorts the lists that come in any order."""
    if isinstance(value, dict):
        exported = key == "resources" and any(isinstance(item, dict) and "resource_data" in item for item in value.values())
        members = sorted(value.items()) if key == "attributes" or exported else value.items()
        return {name: ordered(item, name) for name, item in members}
    if isinstance(value, list):
        items = [ordered(item) for item in value]
        name = UNORDERED.get(key)
        return sorted(items, key=lambda item: str(item.get(name))) if name and all(isinstance(i, dict) for i in items) else items
    return value


def comparable(path, headers, body, known):
    """What is compared of one side."""
    normaliser = Normaliser(known)
    side = {"path": normaliser.walk(path)}
    side["headers"] = {name: normaliser.walk(headers[name]) for name in HEADERS if name in headers}
    side["body"] = normaliser.walk(ordered(body))
    return side


def shape(value):
    """Members and kinds without the values; of a list, the different shapes of its items."""
    if isinstance(value, dict):
        return {key: shape(item) for key, item in value.items()}
    if isinstance(value, list):
        return [json.loads(text) for text in sorted({json.dumps(shape(item)) for item in value})]
    return "number" if isinstance(value, (int, float)) and not isinstance(value, bool) else "scalar"


def without(value, names_):
    """The value less members or list items of these names."""
    if isinstance(value, dict):
        return {key: without(item, names_) for key, item in value.items() if key not in names_}
    if isinstance(value, list):
        labels = ("resource_name", "output_key", "stack_name", "functions")
        return [without(item, names_) for item in value
                if not (isinstance(item, dict) and any(item.get(label) in names_ for label in labels))]
    return value


class World:
    """The stacks and users that the cases speak of."""

    def __init__(self, service):
        self.service = service
        self.stacks = {}   # name: id
        self.events = []   # of "basic", newest first
        self.software = {} # case that made a configuration or deployment: id
        self.snapshot = MISSING_ID  # the first of "basic"
        self.known = [(service.url, RECORDED_URL)]
        for user, role in (("golden", "member"), ("golden2", "member"), ("goldenreader", "member")):
            self.add_user(user, "golden" if user == "goldenreader" else user, role)
        self.tokens = {"nonsense": "nonsense"}
        for user in ("golden", "golden2", "goldenreader", "admin"):
            token, project = service.session(user)
            self.tokens[f"<token of {user}>"] = token
            self.known += [(token, f"<token of {user}>"), (project, f"PROJECT_ID_{hearth.USERS[user][0]}")]

    def add_user(self, user, project, role):
        if project == user:
            self.service.ctl("tenant", "add", project)
        self.service.ctl("user", "add", user, "--password-stdin", input=hearth.PASSWORD + "\n")
        self.service.ctl("role", "grant", user, project, role)
        hearth.USERS[user] = (project, role)

    def path(self, stack, rest="", user="golden"):
        return f"/stacks/{stack}/{self.stacks[stack]}{rest}"

    def resolve(self, name, text):
        """A recorded path as it is today."""
        for literal, placeholder in sorted(self.known, key=lambda pair: -len(pair[1])):
            text = text.replace(placeholder, literal)
        if name.startswith("software_"):
            return self.resolve_software(name, text)
        segments = urllib.parse.unquote(text).split("?")[0].split("/")
        stack = segments[4] if len(segments) > 4 and segments[4] in self.stacks else "basic"
        if "basic-rnd-<rand12>" in text:
            rnd = self.service.api("GET", self.path("basic", "/resources/rnd"), user="golden").json["resource"]
            text = text.replace("basic-rnd-<rand12>", rnd["physical_resource_id"])
        text = text.replace("<uuid-1>", self.stacks.get(stack, MISSING_ID))
        return text.replace("<uuid-2>", self.snapshot if name.startswith("snapshots/") else self.event_of(name))

    def resolve_software(self, name, text):
        makers = next(makers for pattern, makers in SOFTWARE if fnmatch.fnmatchcase(name, pattern))
        for number, maker in enumerate(makers, 1):
            text = text.replace(f"<uuid-{number}>", self.software.get(maker, MISSING_ID))
        return text

    def event_of(self, name):
        if not self.events:
            return MISSING_ID
        wanted = {"events/show-stack-event": "basic", "events/list-marker": None}.get(name, "rnd")
        if wanted is None:
            return self.events[1]["id"]
        of_resource = [event for event in self.events if event["resource_name"] == wanted]
        return of_resource[0 if wanted == "basic" else -1]["id"]

    def send(self, name, request):
        headers = {key: value for key, value in request["headers"].items()}
        if "X-Auth-Token" in headers:
            headers["X-Auth-Token"] = self.tokens[headers["X-Auth-Token"]]
        body = request.get("body")
        if name.startswith("software_") and body is not None:
            body = json.loads(self.resolve_software(name, json.dumps(body)))
        reply = self.service.http(request["method"], self.resolve(name, request["path"]), body, headers=headers)
        if name.startswith("software_") and request["method"] == "POST" and reply.status == 200:
            [made] = reply.json.values()
            self.software[name] = made["id"]
        return reply

    def create(self, name, template, user="golden", wait="CREATE_COMPLETE", **body):
        path = self.service.create(name, template, user, wait, **body)
        self.stacks[name] = path.split("/")[-1]
        return path


def forgive(expected, actual):
    """The actual value, with what was recorded as <description> standing for any text: Heat's words are not ours."""
    if isinstance(expected, dict) and isinstance(actual, dict):
        return {key: forgive(expected.get(key), item) for key, item in actual.items()}
    if isinstance(expected, list) and isinstance(actual, list) and len(expected) == len(actual):
        return [forgive(*pair) for pair in zip(expected, actual)]
    return expected if expected == "<description>" and isinstance(actual, str) else actual


def missing(expected, actual):
    """Items of our lists that Heat's do not have."""
    if isinstance(actual, dict) and isinstance(expected, dict):
        return [item for key in actual for item in missing(expected.get(key), actual[key])]
    if isinstance(actual, list) and isinstance(expected, list):
        return [item for item in actual if item not in expected]
    return [] if expected == actual else [actual]


def compare(name, world, reply):
    """A text that shows the difference, or None."""
    case, rules = load(name), dict(rule.partition(" ")[::2] for rule in how(name))
    request, wanted = case["request"], case["response"]
    if "status" in rules:
        return None if reply.status == int(rules["status"]) else f"{reply.status} instead of {rules['status']}: {reply!r}"
    if (reply.status, reply.reason) != (wanted["status"], wanted["reason"]):
        return f"{reply.status} {reply.reason} instead of {wanted['status']} {wanted['reason']}: {reply!r}"
    bodies = [wanted.get("body", wanted.get("body_text")), reply.text]
    if "body" in wanted:
        bodies[1] = reply.json
    names_ = [name_ for rule in how(name) if rule.startswith("without ") for name_ in rule[8:].split(",")]
    bodies = [without(body, names_) for body in bodies]
    expected = comparable(request["path"], wanted["headers"], bodies[0], [])
    actual = comparable(world.resolve(name, request["path"]), dict(reply.headers), bodies[1], world.known)
    actual["body"] = forgive(expected["body"], actual["body"])
    if "shape" in rules:
        expected["body"], actual["body"] = shape(expected["body"]), shape(actual["body"])
    if "fewer" in rules:
        extra = missing(expected["body"], actual["body"])
        return f"not in Heat's: {extra}" if extra else None
    lines = [json.dumps(side, indent=1).splitlines() for side in (expected, actual)]
    return "\n".join(difflib.unified_diff(*lines, "Heat", "Hearth", lineterm="", n=4)) or None
