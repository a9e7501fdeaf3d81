#!/usr/bin/env python3
"""Every call in every state of a stack: what is answered, and what becomes of the stack.

    HEAT_URL=http://heat:8004/v1/PROJECT HEAT_TOKEN=… tests/tools/state_actions.py [STATE …]

reads it off a Heat (export, abandon and adopt switched on) and writes tests/api/state_actions.tsv, keeping what stands
there of Hearth's differences; tests/api/test_state_actions.py does the same to Hearth. A state with a number of seconds
is one that lasts so long. Stacks are called st-STATE-CALL and deleted afterwards.

To add a state: a row in STATES (how to get a stack there); to add a call: a row in CALLS. Then run this.
"""

import concurrent.futures
import http.client
import json
import os
import pathlib
import sys
import time
import urllib.parse

TABLE = pathlib.Path(__file__).resolve().parents[1] / "api" / "state_actions.tsv"
HEAD = """\
# What is answered in each state of a stack to each call, and the state that the stack ends in. Read off Heat 19 by
# tests/tools/state_actions.py: state <TAB> call <TAB> status and error type <TAB> final state. Where Hearth differs:
# <TAB> its status and type <TAB> its final state <TAB> why.
"""


class Service:
    def __init__(self, url, token, lasting=6):
        parts = urllib.parse.urlsplit(url)
        self.host, self.base, self.token, self.lasting = parts.netloc, parts.path.rstrip("/"), token, lasting

    def call(self, method, path, body=None):
        connection = http.client.HTTPConnection(self.host, timeout=120)
        try:
            connection.request(method, self.base + path, None if body is None else json.dumps(body),
                               {"X-Auth-Token": self.token, "Content-Type": "application/json", "Accept": "application/json"})
            reply = connection.getresponse()
            raw = reply.read()
            return reply.status, json.loads(raw) if raw else None
        finally:
            connection.close()


class Stack:
    """One stack on its way into a state."""

    def __init__(self, service, name):
        self.service, self.name, self.snapshot = service, name, None

    def resources(self, value="a", fail=False, waits=None, delay=None):
        made = {"r": {"type": "OS::Heat::TestResource", "properties": {"value": value, "action_wait_secs": waits or {}}}}
        if fail:
            made["f"] = {"type": "OS::Heat::TestResource", "depends_on": "r", "properties": {"value": "x", "fail": True}}
        if delay:
            made["d"] = {"type": "OS::Heat::Delay", "properties": {"min_wait": self.service.lasting, "actions": [delay]}}
        return {"heat_template_version": "2018-08-31", "resources": made}

    def create(self, wait="CREATE_COMPLETE", rollback=False, **template):
        self.waits, self.delay = template.get("waits"), template.get("delay")
        status, body = self.service.call("POST", "/stacks", {
            "stack_name": self.name, "template": self.resources(**template), "disable_rollback": not rollback})
        assert status == 201, body
        self.path = f"/stacks/{self.name}/{body['stack']['id']}"
        self.wait(wait)

    def update(self, wait="UPDATE_COMPLETE", rollback=False, **template):
        status, body = self.service.call("PUT", self.path, {
            "template": self.resources(waits=self.waits, **template), "disable_rollback": not rollback})
        assert status == 202, body
        self.wait(wait)

    def act(self, action, wait):
        status, body = self.service.call("POST", f"{self.path}/actions", {action: None})
        assert status == 200, body
        self.wait(wait)

    def take_snapshot(self):
        status, body = self.service.call("POST", f"{self.path}/snapshots", {"name": "s"})
        assert status == 200, body
        self.snapshot = body["id"]
        self.wait("SNAPSHOT_COMPLETE")

    def restore(self):
        self.take_snapshot()
        self.service.call("POST", f"{self.path}/snapshots/{self.snapshot}/restore")
        self.wait("RESTORE_COMPLETE")

    def adopt(self):
        self.create()
        status, data = self.service.call("GET", f"{self.path}/export")
        assert status == 200, data
        self.service.call("DELETE", f"{self.path}/abandon")
        self.settle()
        status, body = self.service.call("POST", "/stacks", {"stack_name": self.name, "adopt_stack_data": json.dumps(data)})
        assert status == 201, body
        self.path = f"/stacks/{self.name}/{body['stack']['id']}"
        self.wait("ADOPT_COMPLETE")

    def delete(self, wait):
        """Heat says DELETE_COMPLETE a moment before the stack is gone."""
        self.service.call("DELETE", self.path)
        self.wait(wait)
        while wait == "DELETE_COMPLETE" and not self.service.call("GET", self.path)[1]["stack"]["deletion_time"]:
            time.sleep(0.1)

    def state(self):
        status, body = self.service.call("GET", self.path)
        return body["stack"]["stack_status"] if status == 200 else "gone"

    def busy(self):
        _, body = self.service.call("GET", f"{self.path}/resources")
        return any(resource["resource_status"].endswith("IN_PROGRESS") for resource in body["resources"])

    def wait(self, wanted):
        """A state that lasts has begun when a resource is at work."""
        deadline = time.monotonic() + 90
        while self.state() != wanted or (wanted.endswith("IN_PROGRESS") and not self.busy()):
            assert time.monotonic() < deadline, f"{self.name} is {self.state()} instead of {wanted}"
            time.sleep(0.05)

    def settle(self):
        """The state it ends in: the same for a second without anything in progress."""
        deadline, since, last = time.monotonic() + 90, time.monotonic(), None
        while time.monotonic() < deadline:
            now = self.state()
            if now != last or now.endswith("IN_PROGRESS"):
                last, since = now, time.monotonic()
            elif time.monotonic() - since > min(1.0, self.service.lasting / 4):
                return "gone" if now == "DELETE_COMPLETE" else now
            time.sleep(0.1)
        return last


def long(stack, *actions):
    return {action: stack.service.lasting for action in actions}


# How a stack gets into each state. ROLLBACK_FAILED, DELETE_FAILED and CHECK_FAILED cannot be brought about with the types
# of OS::Heat; what checks, takes a snapshot or resumes cannot be made to last.
STATES = {
    "CREATE_IN_PROGRESS": lambda s: s.create("CREATE_IN_PROGRESS", waits=long(s, "create")),
    "CREATE_COMPLETE": lambda s: s.create(),
    "CREATE_FAILED": lambda s: s.create("CREATE_FAILED", fail=True),
    "ROLLBACK_IN_PROGRESS": lambda s: s.create("ROLLBACK_IN_PROGRESS", rollback=True, fail=True, waits=long(s, "delete")),
    "ROLLBACK_COMPLETE": lambda s: s.create("ROLLBACK_COMPLETE", rollback=True, fail=True),
    "UPDATE_IN_PROGRESS": lambda s: (s.create(waits=long(s, "update")), s.update("UPDATE_IN_PROGRESS", value="b")),
    "UPDATE_COMPLETE": lambda s: (s.create(), s.update(value="b")),
    "UPDATE_FAILED": lambda s: (s.create(), s.update("UPDATE_FAILED", value="b", fail=True)),
    "UPDATE_ROLLED_BACK": lambda s: (s.create(), s.update("ROLLBACK_COMPLETE", rollback=True, value="b", fail=True)),
    "SUSPEND_IN_PROGRESS": lambda s: (s.create(delay="SUSPEND"), s.act("suspend", "SUSPEND_IN_PROGRESS")),
    "SUSPEND_COMPLETE": lambda s: (s.create(), s.act("suspend", "SUSPEND_COMPLETE")),
    "RESUME_COMPLETE": lambda s: (s.create(), s.act("suspend", "SUSPEND_COMPLETE"), s.act("resume", "RESUME_COMPLETE")),
    "CHECK_COMPLETE": lambda s: (s.create(), s.act("check", "CHECK_COMPLETE")),
    "SNAPSHOT_COMPLETE": lambda s: (s.create(), s.take_snapshot()),
    "RESTORE_COMPLETE": lambda s: (s.create(), s.restore()),
    "ADOPT_COMPLETE": lambda s: s.adopt(),
    "DELETE_IN_PROGRESS": lambda s: (s.create(waits=long(s, "delete")), s.delete("DELETE_IN_PROGRESS")),
    "DELETE_COMPLETE": lambda s: (s.create(), s.delete("DELETE_COMPLETE")),
}


def new_template(stack):
    return {"template": stack.resources("z", delay=stack.delay if getattr(stack, "delay", None) else None)}


CALLS = {
    "put": lambda s: ("PUT", "", new_template(s)),
    "patch": lambda s: ("PATCH", "", {"tags": "t"}),
    "preview": lambda s: ("PUT", "/preview", new_template(s)),
    "suspend": lambda s: ("POST", "/actions", {"suspend": None}),
    "resume": lambda s: ("POST", "/actions", {"resume": None}),
    "check": lambda s: ("POST", "/actions", {"check": None}),
    "cancel_update": lambda s: ("POST", "/actions", {"cancel_update": None}),
    "cancel_without_rollback": lambda s: ("POST", "/actions", {"cancel_without_rollback": None}),
    "snapshot": lambda s: ("POST", "/snapshots", {"name": "t"}),
    "restore": lambda s: ("POST", f"/snapshots/{s.snapshot or '00000000-0000-0000-0000-000000000000'}/restore", None),
    "delete": lambda s: ("DELETE", "", None),
    "abandon": lambda s: ("DELETE", "/abandon", None),
    "export": lambda s: ("GET", "/export", None),
    "signal": lambda s: ("POST", "/resources/r/signal", {}),
    "mark_unhealthy": lambda s: ("PATCH", "/resources/r", {"mark_unhealthy": True}),
}


def observe(service, state, call):
    """(status and error type, final state)"""
    stack = Stack(service, f"st-{state}-{call}".replace("_", "-").lower())
    try:
        STATES[state](stack)
        method, rest, body = CALLS[call](stack)
        status, reply = service.call(method, stack.path + rest, body)
        error = reply.get("error") if isinstance(reply, dict) and status >= 400 else None
        answer = f"{status} {error['type']}" if isinstance(error, dict) else str(status)
        return answer, stack.settle()
    finally:
        if hasattr(stack, "path"):
            service.call("DELETE", stack.path)


def observe_all(service, pairs, threads):
    with concurrent.futures.ThreadPoolExecutor(threads) as pool:
        return dict(zip(pairs, pool.map(lambda pair: observe(service, *pair), pairs)))


def pairs(states=None):
    return [(state, call) for state in states or STATES for call in CALLS]


def table():
    """{(state, call): [answer, final state] or with Hearth's [answer, final state, why] behind}"""
    lines = TABLE.read_text().splitlines() if TABLE.exists() else []
    rows = [line.split("\t") for line in lines if line and not line.startswith("#")]
    return {(row[0], row[1]): row[2:] for row in rows}


def write(rows):
    lines = ["\t".join([*pair, *rows[pair]]) + "\n" for pair in pairs() if pair in rows]
    TABLE.write_text(HEAD + "".join(lines))


def main():
    rows = table()
    service = Service(os.environ["HEAT_URL"], os.environ["HEAT_TOKEN"])
    for state in sys.argv[1:] or STATES:
        for pair, seen in observe_all(service, pairs([state]), 5).items():
            rows[pair] = [*seen, *rows.get(pair, [])[2:]]
        write(rows)


if __name__ == "__main__":
    main()
