#!/usr/bin/env python3
"""Runs every command of python-heatclient's openstack plugin against a service and prints what it printed.

    . openrc; tests/tools/client_commands.py > tests/api/client_commands.txt       reads it off a Heat (OS_* variables)

tests/api/test_clients.py runs the same against Hearth and compares. The commands run one after the other in one process:
a client's start costs more than what it does. What no two runs share is replaced: ids by <id-N> in the order in which
they appear, times, addresses, random ends of names; widths of tables are folded.

To add a command: a row in COMMANDS; a name before it keeps the "id" (or what KEEP says) of its JSON for later rows.
"""

import contextlib
import io
import json
import os
import pathlib
import re
import sys
import tempfile

FILES = {
    "basic.yaml": """\
heat_template_version: 2018-08-31
description: for clients
parameters:
  word: {type: string, default: a, description: a word}
  secret: {type: string, default: s, hidden: true}
resources:
  test: {type: OS::Heat::TestResource, properties: {value: {get_param: word}}, metadata: {k: v}}
  value: {type: OS::Heat::Value, properties: {value: {get_attr: [test, output]}}}
outputs:
  out: {description: an output, value: {get_attr: [value, value]}}
  map: {value: {a: [1, x]}}
""",
    "failing.yaml": """\
heat_template_version: 2018-08-31
resources:
  bad: {type: OS::Heat::TestResource, properties: {value: x, fail: true}}
""",
    "slow.yaml": """\
heat_template_version: 2018-08-31
resources:
  slow: {type: OS::Heat::TestResource, properties: {value: {get_param: v}, action_wait_secs: {update: 20}}}
parameters:
  v: {type: string, default: a}
""",
    "bad.yaml": "heat_template_version: 2018-08-31\nresources: {r: {type: OS::Heat::Nothing}}\n",
    "env.yaml": "parameters: {word: from-environment}\n",
    "config.sh": "#!/bin/sh\necho hello\n",
    "definition.yaml": "inputs: [{name: i, type: String, default: d}]\noutputs: [{name: result}]\noptions: {o: 1}\n",
}

# (name that keeps an id, or "", the command). {dir} is where FILES are, {NAME} what was kept.
COMMANDS = [
    ("", "orchestration build info"),
    ("", "orchestration service list -c Binary -c Topic -c Status"),
    ("", "orchestration resource type show OS::Heat::Value"),
    ("", "orchestration resource type show OS::Heat::Value --template-type hot"),
    ("", "orchestration resource type show OS::Heat::Nothing"),
    ("", "orchestration resource type list --filter name=OS::Heat::Value"),
    ("", "orchestration template version list"),
    ("", "orchestration template function list heat_template_version.2018-08-31"),
    ("", "orchestration template function list no.such"),
    ("", "orchestration template validate -t {dir}/basic.yaml -e {dir}/env.yaml"),
    ("", "orchestration template validate -t {dir}/bad.yaml"),
    ("", "stack create --dry-run -t {dir}/basic.yaml cl-dry"),
    ("stack", "stack create --wait --poll 1 -f json -t {dir}/basic.yaml -e {dir}/env.yaml --tags one,two --timeout 5 cl-one"),
    ("", "stack create -t {dir}/basic.yaml cl-one"),
    ("", "stack create -t {dir}/bad.yaml cl-bad"),
    ("", "stack create --wait --poll 1 -t {dir}/failing.yaml cl-failing"),
    ("", "stack failures list cl-failing"),
    ("", "stack failures list --long cl-failing"),
    ("", "stack list --sort stack_name:asc"),
    ("", "stack list --tags one"),
    ("", "stack list --long --property name=cl-one"),
    ("", "stack show cl-one"),
    ("", "stack show {stack}"),
    ("", "stack show cl-none"),
    ("", "stack output list cl-one"),
    ("", "stack output show cl-one out"),
    ("", "stack output show --all cl-one"),
    ("", "stack output show cl-one none"),
    ("", "stack template show cl-one"),
    ("", "stack environment show cl-one"),
    ("", "stack file list cl-one"),
    ("", "stack resource list cl-one"),
    ("", "stack resource list --long -n 1 cl-one"),
    ("", "stack resource list --filter type=OS::Heat::Value cl-one"),
    ("", "stack resource show cl-one test"),
    ("", "stack resource show --with-attr output cl-one test -c attributes"),
    ("", "stack resource show cl-one none"),
    ("", "stack resource metadata cl-one test"),
    ("", "stack resource signal cl-one test"),
    ("", "stack event list cl-one -f value -c resource_name -c resource_status -c resource_status_reason"),
    ("event", "stack event list cl-one -f json --filter resource_name=value --limit 1"),
    ("", "stack event show cl-one value {event}"),
    ("", "stack event list --nested-depth 1 cl-one -f value -c resource_status -c stack_name"),
    ("", "stack event list cl-none"),
    ("", "stack update --dry-run --existing --parameter word=b cl-one"),
    ("", "stack update --wait --poll 1 --existing --parameter word=b --tags three cl-one"),
    ("", "stack update --wait --poll 1 -t {dir}/basic.yaml cl-one"),
    ("", "stack update -t {dir}/bad.yaml cl-one"),
    ("", "stack check --wait cl-one"),
    ("", "stack suspend --wait cl-one"),
    ("", "stack resume --wait cl-one"),
    ("", "stack resource mark unhealthy cl-one test broken"),
    ("", "stack resource show cl-one test -c resource_status -c resource_status_reason"),
    ("", "stack resource mark unhealthy --reset cl-one test"),
    ("snapshot", "stack snapshot create -f json --name snap cl-one"),
    ("", "stack check --wait cl-one"),
    ("", "stack snapshot list cl-one"),
    ("", "stack snapshot show cl-one {snapshot} -c id -c name -c status -c status_reason"),
    ("", "stack snapshot restore cl-one {snapshot}"),
    ("", "stack check --wait cl-none"),
    ("", "stack snapshot show cl-one 00000000-0000-0000-0000-000000000000"),
    ("", "stack hook poll cl-one"),
    ("", "stack hook clear cl-one none"),
    ("", "stack create --wait --poll 1 -t {dir}/slow.yaml cl-slow -c stack_status"),
    ("", "stack update -t {dir}/slow.yaml --parameter v=b cl-slow -c stack_status"),
    ("", "stack cancel cl-slow --no-rollback --wait"),
    ("", "stack cancel cl-none"),
    ("", "stack export cl-failing --output-file {dir}/exported.json"),
    ("", "stack abandon cl-failing --output-file {dir}/abandoned.json"),
    ("", "stack create --wait --poll 1 -t {dir}/basic.yaml cl-two -c stack_status"),
    ("", "stack abandon cl-two --output-file {dir}/two.json"),
    ("", "stack adopt --wait --adopt-file {dir}/two.json cl-adopted -c stack_name -c stack_status -c stack_status_reason"),
    ("config", "software config create -f json --config-file {dir}/config.sh --definition-file {dir}/definition.yaml --group script cl-config"),
    ("", "software config show {config}"),
    ("", "software config show --config-only {config}"),
    ("", "software config list -f value -c name -c group"),
    ("deployment", "software deployment create -f json --config {config} --server cl-server --input-value i=1 --action CREATE --signal-transport NO_SIGNAL cl-deployment"),
    ("", "software deployment list --server cl-server -f value -c status -c action -c server_id"),
    ("", "software deployment show {deployment} -c server_id -c status -c action -c input_values -c output_values"),
    ("", "software deployment metadata show cl-server -f value"),
    ("", "software deployment output show --all {deployment}"),
    ("", "software deployment output show {deployment} result"),
    ("", "software deployment delete {deployment}"),
    ("", "software deployment show {deployment}"),
    ("", "software config delete {config}"),
    ("", "software config show {config}"),
    ("", "stack snapshot delete --yes cl-one {snapshot}"),
    ("", "stack snapshot list cl-one"),
    ("", "stack delete --yes --wait cl-one"),
    ("", "stack delete --yes --wait cl-slow cl-adopted"),
    ("", "stack delete --yes --wait cl-none"),
    ("", "stack list"),
]


def plugin_commands():
    """All commands of the plugin, as they are typed."""
    import importlib.metadata
    return sorted(entry.name.replace("_", " ") for entry in importlib.metadata.entry_points(group="openstack.orchestration.v1"))


def of_plugin(command):
    """Which of the plugin's commands that is: the longest that it begins with."""
    return max((name for name in plugin_commands() if (command + " ").startswith(name + " ")), key=len, default=None)


# ---- running ----

def run(command):
    """(exit status, standard output, standard error)"""
    from openstackclient import shell
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            status = shell.OpenStackShell().run(command)
        except SystemExit as leaving:
            status = leaving.code
    return status, out.getvalue(), err.getvalue()


class Normaliser:
    def __init__(self, directory):
        self.directory, self.seen = directory, {}

    def number(self, match):
        return self.seen.setdefault(match.group(0), f"<id-{len(self.seen) + 1}>")

    def text(self, text):
        text = text.replace(str(self.directory), "<dir>")
        text = re.sub(r"https?://[^/\s\"']*?(?=/v1|/v3)", "<url>", text)
        text = re.sub(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|(?<![0-9a-f])[0-9a-f]{32}(?![0-9a-f])", self.number, text)
        text = re.sub(r"20\d\d-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?Z?", "<time>", text)
        text = re.sub(r"(?<=-)(?=[a-z0-9]*[a-z])[a-z0-9]{12}(?![a-z0-9-])", "<random>", text)
        text = re.sub(r"-{3,}", "---", text)
        return "\n".join(re.sub(r" {2,}", " ", line).rstrip() for line in text.split("\n")).strip("\n")


def kept(output):
    """The id in the JSON that ends the output; progress may stand before it."""
    for start in re.finditer(r"^[\[{]$", output, re.M):
        with contextlib.suppress(ValueError):
            data = json.loads(output[start.start():])
            first = data[0] if isinstance(data, list) else data
            return first.get("id") or first["ID"]
    return "none"  # it failed, as its own comparison says


def run_all(report=lambda command, output: None):
    """[(command, output)], normalised."""
    with tempfile.TemporaryDirectory(prefix="client-") as directory:
        for name, text in FILES.items():
            pathlib.Path(directory, name).write_text(text)
        os.environ["COLUMNS"] = "500"
        known, normaliser, results = {"dir": directory}, Normaliser(directory), []
        for name, command in COMMANDS:
            words = [word.format(**known) for word in command.split()]
            status, out, err = run(words)
            if name:
                known[name] = kept(out)
            settle(words)
            results.append((command, normaliser.text(f"exit {status}\n{out}{err}")))
            report(*results[-1])
        return results


def settle(words):
    """What a command without --wait began goes on; the next one is to find it done, unless it is to cancel it."""
    if words[:3] in (["stack", "snapshot", "create"], ["stack", "snapshot", "restore"]) or words[:2] == ["stack", "abandon"]:
        import time
        name = next(word for word in words if word.startswith("cl-"))
        for _ in range(100):
            status, out, _ = run(["stack", "show", name, "-f", "value", "-c", "stack_status"])
            if status or not out.strip().endswith("IN_PROGRESS"):
                return
            time.sleep(0.2)


def main():
    run_all(lambda command, output: print(f"$ {command}\n{output}\n", flush=True))


if __name__ == "__main__":
    main()
