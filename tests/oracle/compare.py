"""What Hearth and Heat made of the same case, compared: values by type and order, errors by type and message."""
import json
import re


class Difference:
    def __init__(self, where, kind, heat, hearth):
        self.where = where  # "parameters", "resources.t.properties" …
        self.kind = kind    # "value", "message", "fault", "accepted", "refused", "crash"
        self.heat = heat
        self.hearth = hearth

    def line(self):
        return "%s|%s|%s|%s" % (self.kind, self.where, self.heat, self.hearth)

    def signature(self):
        return [self.kind, self.where.split(".")[0], re.sub(r"'[^']*'|\d+", "", self.heat)[:60],
                re.sub(r"'[^']*'|\d+", "", self.hearth)[:60]]


class Explained:
    """Rows of explained.tsv: a regular expression for Difference.line(), and the reason."""

    def __init__(self, rows):
        self.rows = rows

    def reason(self, difference):
        line = difference.line()
        for pattern, reason in self.rows:
            if pattern.search(line):
                return reason
        return None


def read_explained(path):
    rows = []
    with open(path, encoding="utf-8") as file:
        for line in file:
            if line.strip() and not line.startswith("#"):
                pattern, reason = line.rstrip("\n").split("\t")
                rows.append((re.compile(pattern, re.DOTALL), reason))
    return Explained(rows)


def text(value):
    return json.dumps(value, ensure_ascii=False)


def normal(message):
    """Messages without what is by chance: the order of Python's sets."""
    message = re.sub(r"Duplicate names \{(.*)\}", lambda m: "Duplicate names " + ", ".join(sorted(m[1].split(", "))), message)
    message = re.sub(r"(Invalid keyword\(s\) inside a resource definition|Invalid arguments to \"make_url\"): (.*)",
                     lambda m: m[1] + ": " + ", ".join(sorted(m[2].split(", "))), message)
    message = re.sub(r"Algorithm must be one of \{.*\}", "Algorithm must be one of …", message)
    return message


def failures(where, ours, heats, typed):
    """Both failed. typed: the type counts too, not only the message."""
    heat, hearth = heats["error"], ours["error"]
    if heat.get("status", 400) >= 500 and hearth["type"] != "the program died" and typed:
        return [Difference(where, "crash", "%s: %s" % (heat["type"], heat["message"]), "%s: %s" % (hearth["type"], hearth["message"]))]
    if typed and heat["type"] != hearth["type"]:
        return [Difference(where, "fault", "%s: %s" % (heat["type"], heat["message"]), "%s: %s" % (hearth["type"], hearth["message"]))]
    if normal(heat["message"]) != normal(hearth["message"]):
        return [Difference(where, "message", heat["message"], hearth["message"])]
    return []


def outcomes(where, ours, heats, typed=False):
    if "error" in ours and "error" in heats:
        return failures(where, ours, heats, typed)
    if "error" in ours:
        return [Difference(where, "refused", text(heats), "%s: %s" % (ours["error"]["type"], ours["error"]["message"]))]
    if "error" in heats:
        return [Difference(where, "accepted", "%s: %s" % (heats["error"]["type"], heats["error"]["message"]), text(ours))]
    return same(where, ours.get("value"), heats.get("value"))


def same(where, ours, heats):
    if text(ours) == text(heats):
        return []
    if json.dumps(ours, sort_keys=True) == json.dumps(heats, sort_keys=True):
        return [Difference(where, "order", text(heats), text(ours))]
    return [Difference(where, "value", text(heats), text(ours))]


def named(section, ours, heats):
    found = []
    for name in sorted(set(ours) | set(heats)):
        if name not in ours or name not in heats:
            found.append(Difference("%s.%s" % (section, name), "value", text(heats.get(name)), text(ours.get(name))))
        elif section == "outputs":
            found += outcomes("%s.%s" % (section, name), ours[name], heats[name])
        else:
            for part in sorted(set(ours[name]) | set(heats[name])):
                absent = {"value": None}
                found += outcomes("%s.%s.%s" % (section, name, part), ours[name].get(part, absent), heats[name].get(part, absent))
    return found


def runtime_errors(answer):
    """What fails in Heat only once the resource is made."""
    for section in ("resources", "outputs"):
        for name, parts in answer.get(section, {}).items():
            for part in [parts] if section == "outputs" else parts.values():
                if "error" in part:
                    yield part["error"]["message"]


def differences(ours, heats, kind):
    """kind: of the case; the place of a difference that concerns all of it."""
    if "error" in ours and "error" not in heats:
        heats = {"value": {"accepted": [text(part) for part in runtime_errors(heats)]}}
    if "error" in ours or "error" in heats or "value" in heats or "value" in ours:
        return outcomes(kind, ours, heats, typed=True)
    found = same("parameters", ours["parameters"], heats["parameters"])
    found += same("environment", ours["environment"], heats["environment"])
    found += same("edges", sorted(ours["edges"]), heats["edges"])
    return found + named("resources", ours["resources"], heats["resources"]) + named("outputs", ours["outputs"], heats["outputs"])
