"""make bench: how fast and how large, as ratios within one run on one machine.

Reads: requests per second and latency of show, list, resources and events through nginx, beside limit.c behind the same
nginx with the same number of workers, in short runs that alternate, so that what else the machine does hits all alike;
medians of the rounds are shown. Writes: POST until CREATE_COMPLETE is seen, over one kept connection; an update of one
resource among a thousand. Memory: RSS.

A real Heat joins in when the environment names one: HEAT_URL (http://host:8004/v1/PROJECT_ID) and HEAT_TOKEN, or the
OS_* variables of a project on it.

Environment: ROUNDS (3), SECONDS_EACH (2), CONNECTIONS (8), WORKERS (4), HEARTH_BUILD.
"""

import http.client
import json
import os
import pathlib
import re
import signal
import statistics
import subprocess
import sys
import time
import urllib.parse
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "api"))
import hearth  # noqa: E402

ROUNDS = int(os.environ.get("ROUNDS", "3"))
SECONDS = int(os.environ.get("SECONDS_EACH", "2"))
CONNECTIONS = int(os.environ.get("CONNECTIONS", "8"))
WORKERS = os.environ.get("WORKERS", "4")
CREATES = [  # name, resources, chained, times, bar in seconds
    ("1 resource", 1, False, 21, 0.015),
    ("100 flat", 100, False, 7, 0.1),
    ("100 chained", 100, True, 7, 0.1),
    ("1 000 flat", 1000, False, 3, None),
    ("10 000 flat", 10000, False, 1, 3.0),
]


def progress(text):
    print(f"  … {text}", file=sys.stderr, flush=True)


# ---- the limit -----------------------------------------------------------------------------------------------------

class Limit(hearth.Service):
    """limit.c in hearthd's place: same nginx, same site file, same socket, same number of workers."""

    def start_hearthd(self):
        filler = json.dumps({"stack": {"description": "x" * 1460}})
        self.psql("create table public.limit_document (id int primary key, body text not null)")
        self.psql(f"insert into public.limit_document select i, '{filler}' from generate_series(1, 1000) i")
        self.psql("grant select on public.limit_document to hearth_api; analyze public.limit_document")
        program = hearth.BUILD / "bench" / "limit"
        self.hearthd = hearth.Process("limit", [program, self.directory / "hearth.sock", WORKERS, self.conninfo("hearth_api")],
                                      self.directory / "stderr.log", hearth.SERVICE_USER, hearth.WEB_USER, umask=0o007)
        hearth.wait_until("the limit's socket", (self.directory / "hearth.sock").exists)

    ready_status = 200

    def note_coverage(self):
        pass


# ---- reads ---------------------------------------------------------------------------------------------------------

def wrk(url, token):
    """(requests per second, p50 ms, p99 ms) of one short run."""
    out = subprocess.run(["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{SECONDS}s", "--timeout", "60s", "--latency", "-H", f"X-Auth-Token: {token}", url],
                         capture_output=True, text=True, check=True).stdout
    if "Non-2xx" in out or "Socket errors" in out:
        raise SystemExit(f"wrk met errors at {url}:\n{out}")
    scale = {"us": 0.001, "ms": 1, "s": 1000}

    def latency(percent):
        number, unit = re.search(rf"{percent}%\s+([\d.]+)(us|ms|s)", out).groups()
        return float(number) * scale[unit]
    return float(re.search(r"Requests/sec:\s+([\d.]+)", out).group(1)), latency(50), latency(99)


def median_of(runs):
    return [statistics.median(values) for values in zip(*runs)]


def measure_reads(targets):
    """targets: {name: (url, token)}. Runs interleaved; returns {name: (rate, p50, p99)}."""
    runs = {name: [] for name in targets}
    for url, token in targets.values():
        request = urllib.request.Request(url, headers={"X-Auth-Token": token})
        for _ in range(20):
            urllib.request.urlopen(request).read()
    for number in range(ROUNDS):
        progress(f"reads, round {number + 1} of {ROUNDS}")
        for name, (url, token) in targets.items():
            runs[name].append(wrk(url, token))
    return {name: median_of(results) for name, results in runs.items()}


def print_reads(results, heat):
    limit = results["limit"][0]
    print(f"\nReads through nginx, {CONNECTIONS} connections, {WORKERS} workers; medians of {ROUNDS} runs of {SECONDS} s")
    print(f"  {'':12} {'req/s':>8} {'p50 ms':>8} {'p99 ms':>8}  {'of limit':>8}  {'bar':>5}          {'Heat req/s':>10}  {'× Heat':>6}")
    print(f"  {'the limit':12} {limit:8.0f} {results['limit'][1]:8.2f} {results['limit'][2]:8.2f}")
    for name, bar in (("show", 0.75), ("list", 0.6), ("resources", 0.6), ("events", 0.6)):
        rate, p50, p99 = results[name]
        line = f"  {name:12} {rate:8.0f} {p50:8.2f} {p99:8.2f}  {rate / limit:8.0%}  {bar:5.0%}  {verdict(rate / limit >= bar)}"
        if heat:
            theirs = results["heat " + name][0]
            line += f"  {theirs:10.1f}  {rate / theirs:6.0f}" if theirs else "        none"
        print(line)


def verdict(reached):
    return "reached" if reached else "MISSED "


# ---- writes --------------------------------------------------------------------------------------------------------

def template(count, chained):
    resources = {}
    for i in range(count):
        resources[f"r{i}"] = {"type": "OS::Heat::RandomString"}
        if chained and i:
            resources[f"r{i}"]["depends_on"] = f"r{i - 1}"
    return {"heat_template_version": "2021-04-16", "resources": resources}


class Client:
    """One kept connection to a stacks API below url. pause: the least time between two looks at a stack, so that
    looking does not slow down what is looked at."""

    def __init__(self, url, token, pause=0.0):
        self.url, self.token, self.pause = url, token, pause
        self.made = []  # paths of stacks that are still there
        parts = urllib.parse.urlsplit(url)
        self.base, self.headers = parts.path, {"X-Auth-Token": token, "Content-Type": "application/json"}
        self.connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=1200)

    def call(self, method, path, body=None):
        self.connection.request(method, self.base + path, body, self.headers)
        reply = self.connection.getresponse()
        raw = reply.read()
        return reply.status, json.loads(raw) if raw.startswith(b"{") else raw

    def seconds_to_create(self, name, body, pause):
        started = time.perf_counter()
        status, reply = self.call("POST", "/stacks", body)
        if status != 201:
            raise SystemExit(f"{name} was not accepted: {status} {reply}")
        path = f"/stacks/{name}/{reply['stack']['id']}"
        self.made.append(path)
        while (stack := self.call("GET", path)[1]["stack"])["stack_status"] == "CREATE_IN_PROGRESS":
            time.sleep(max(pause, self.pause))
        taken = time.perf_counter() - started
        if stack["stack_status"] != "CREATE_COMPLETE":
            raise SystemExit(f"{name}: {stack['stack_status']} {stack['stack_status_reason']}")
        return taken, path

    def delete(self, path):
        started = time.perf_counter()
        self.made.remove(path)
        self.call("DELETE", path)
        while (reply := self.call("GET", path))[0] == 200 and reply[1]["stack"]["stack_status"] == "DELETE_IN_PROGRESS":
            time.sleep(max(0.002, self.pause))
        taken = time.perf_counter() - started
        if reply[0] == 200 and reply[1]["stack"]["stack_status"] != "DELETE_COMPLETE":
            raise SystemExit(f"{path}: {reply[1]['stack']['stack_status']} {reply[1]['stack']['stack_status_reason']}")
        return taken


def measure_creates(client, cases):
    """[(name, median seconds to create, median seconds to delete, bar)]"""
    results = []
    for name, count, chained, times, bar in cases:
        progress(f"create {name}, {times} times")
        created, deleted = [], []
        for i in range(times):
            stack = f"bench-{count}-{'c' if chained else 'f'}-{i}-{os.getpid()}"
            body = json.dumps({"stack_name": stack, "template": template(count, chained), "timeout_mins": 60})
            taken, path = client.seconds_to_create(stack, body, min(0.001 * max(1, count / 100), 0.02))
            created.append(taken)
            deleted.append(client.delete(path))
        results.append((name, statistics.median(created), statistics.median(deleted), bar))
    return results


MEMBER = """
heat_template_version: 2018-08-31
parameters: {p: {type: string}}
resources:
  a: {type: OS::Heat::RandomString}
  b: {type: OS::Heat::Value, properties: {value: {get_param: p}}}
  c: {type: OS::Heat::Value, properties: {value: {get_attr: [a, value]}}}
outputs: {o: {value: {get_attr: [b, value]}}}
"""


def measure_group(client, count=1000, times=3):
    """As measure_creates, of a group whose members are templates of three resources."""
    member = {"type": "member.yaml", "properties": {"p": "%index%"}}
    body = {"heat_template_version": "2021-04-16", "outputs": {"o": {"value": {"get_attr": ["g", "o"]}}}, "resources": {
        "g": {"type": "OS::Heat::ResourceGroup", "properties": {"count": count, "resource_def": member}}}}
    created, deleted = [], []
    for i in range(times):
        progress(f"create a group of {count} templates, {i + 1} of {times}")
        stack = f"bench-group-{i}-{os.getpid()}"
        taken, path = client.seconds_to_create(stack, json.dumps({"stack_name": stack, "template": body, "timeout_mins": 60,
                                                                  "files": {"member.yaml": MEMBER}}), 0.02)
        created.append(taken)
        deleted.append(client.delete(path))
    return f"{count} stacks of 3", statistics.median(created), statistics.median(deleted), 5.0


def print_creates(results, heat):
    print("\nPOST until CREATE_COMPLETE (resources OS::Heat::RandomString; fsync on)")
    print(f"  {'':16} {'create':>10} {'delete':>10} {'bar':>9}           {'Heat':>9}")
    for name, created, deleted, bar in results:
        line = f"  {name:16} {created * 1000:7.1f} ms {deleted * 1000:7.1f} ms"
        line += f" {bar * 1000:6.0f} ms  {verdict(created <= bar)}" if bar else " " * 20
        if name in heat:
            line += f"  {heat[name]:7.2f} s"
        print(line)


# ---- one change in a large stack -----------------------------------------------------------------------------------

def values(count, first="a"):
    resources = {f"r{i}": {"type": "OS::Heat::Value", "properties": {"value": "a"}} for i in range(count)}
    resources["r0"]["properties"]["value"] = first
    return {"heat_template_version": "2021-04-16", "resources": resources}


def timed(client, *call):
    started = time.perf_counter()
    status, reply = client.call(*call)
    if status not in (200, 202):
        raise SystemExit(f"{call[0]} {call[1]}: {status} {reply}")
    return time.perf_counter() - started, reply


def seconds_to_update(client, path, body):
    started = time.perf_counter()
    timed(client, "PUT", path, body)
    while client.call("GET", path)[1]["stack"]["stack_status"] == "UPDATE_IN_PROGRESS":
        time.sleep(0.001)
    return time.perf_counter() - started


def measure_changes(client, times=7):
    """[(what, median seconds, bar)]"""
    progress("change 1 resource of 1 000")
    body = json.dumps({"stack_name": f"bench-change-{os.getpid()}", "template": values(1000), "timeout_mins": 60})
    _, path = client.seconds_to_create(f"bench-change-{os.getpid()}", body, 0.01)
    update, preview, validate = [], [], []
    for i in range(times):
        new = json.dumps({"template": values(1000, f"b{i}")})
        preview.append(timed(client, "PUT", path + "/preview", new)[0])
        update.append(seconds_to_update(client, path, new))
        validate.append(timed(client, "POST", "/validate", json.dumps({"template": values(500)}))[0])
    client.delete(path)
    return [("preview an update of 1 of 1 000", statistics.median(preview), 0.03),
            ("update 1 of 1 000", statistics.median(update), 0.05),
            ("validate 500", statistics.median(validate), 0.02)]


def print_changes(results):
    print("\nWith a large template, resources OS::Heat::Value")
    for name, seconds, bar in results:
        print(f"  {name:32} {seconds * 1000:7.1f} ms {bar * 1000:6.0f} ms  {verdict(seconds <= bar)}")


# ---- memory --------------------------------------------------------------------------------------------------------

def memory(pid):
    """(RSS, private) in MB."""
    text = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text()
    rss = int(re.search(r"^Rss:\s+(\d+)", text, re.M).group(1))
    private = sum(int(kb) for kb in re.findall(r"^Private_\w+:\s+(\d+)", text, re.M))
    return rss / 1024, private / 1024


def largest(pids):
    return max((memory(pid) for pid in pids), default=(float("nan"), float("nan")))


def print_memory(rows):
    print("\nMemory of one process, the largest of its kind")
    print(f"  {'':28} {'RSS':>9} {'private':>9} {'bar':>7}")
    for name, (rss, private), bar in rows:
        print(f"  {name:28} {rss:6.1f} MB {private:6.1f} MB {bar:4} MB  {verdict(rss <= bar)}")


# ---- Heat ----------------------------------------------------------------------------------------------------------

class Heat(Client):
    """A real Heat. Whatever way the run ends, nothing is left in it."""

    def __init__(self, url, token):
        super().__init__(url, token, pause=0.05)

    def close(self):
        progress("deleting what was made in Heat")
        self.connection.close()  # an exchange may have been cut off
        for path in list(self.made):
            self.delete(path)


def find_heat():
    """The Heat that the environment names, or None."""
    if os.environ.get("HEAT_URL") and os.environ.get("HEAT_TOKEN"):
        return Heat(os.environ["HEAT_URL"].rstrip("/"), os.environ["HEAT_TOKEN"])
    if not os.environ.get("OS_AUTH_URL"):
        return None
    import keystoneauth1.exceptions
    import openstack
    try:
        cloud = openstack.connect()
        return Heat(cloud.orchestration.get_endpoint().rstrip("/"), cloud.auth_token)
    except keystoneauth1.exceptions.ClientException as error:
        progress(f"no Heat beside it: {error}"[:160])
        return None


# ---- the run -------------------------------------------------------------------------------------------------------

def read_targets(base, path):
    return {"show": base + path, "list": base + "/stacks", "resources": base + path + "/resources", "events": base + path + "/events"}


def furnish(client, count=10):
    """Ten stacks in the list, of which the last is the one to be read."""
    body = (hearth.ROOT / "examples" / "first.yaml").read_text()
    paths = []
    for i in range(count):
        name = f"bench-read-{i}-{os.getpid()}"
        paths.append(client.seconds_to_create(name, json.dumps({"stack_name": name, "template": body}), 0.05)[1])
    return paths


def run(service, limit, heat):
    idle = largest(service.children("api")), largest(service.children("engine"))
    base, token = f"{service.url}/v1/{service.project_id()}", service.token()
    client = Client(base, token)
    paths = furnish(client)
    targets = {"limit": (limit.url + "/v1/x/stacks/y/z", "none")}
    targets.update({name: (url, token) for name, url in read_targets(base, paths[-1]).items()})
    if heat:
        progress("ten stacks in Heat")
        heat_path = furnish(heat)[-1]
        targets.update({"heat " + name: (url, heat.token) for name, url in read_targets(heat.url, heat_path).items()})
    reads = measure_reads(targets)
    creates = [*measure_creates(client, CREATES), measure_group(client)]
    changes = measure_changes(client)
    heat_creates = {}
    if heat:
        few = [(name, count, chained, 1 if count > 1 else 3, bar) for name, count, chained, _, bar in CREATES if count <= 100]
        heat_creates = {name: seconds for name, seconds, _, _ in measure_creates(heat, few)}
    print_reads(reads, heat)
    print_creates(creates, heat_creates)
    print_changes(changes)
    print_memory([("API worker, idle", idle[0], 8), ("API worker, after all this", largest(service.children("api")), 8),
                  ("engine, idle", idle[1], 200), ("engine, after 10 000", largest(service.children("engine")), 200)])


def main():
    config = {"api_workers": WORKERS, "log_level": "warning", "max_resources_per_stack": -1, "max_stacks_per_tenant": -1,
              "max_template_size": "8m", "max_json_body_size": "8m", "request_memory": "1g", "token_lifetime": "2h"}
    cluster = hearth.Cluster(durable=True)
    running, heat = [], None
    try:
        running.append(hearth.Service(cluster, config))
        running.append(Limit(cluster))
        heat = find_heat()
        run(*running, heat)
    finally:
        if heat:
            heat.close()
        for service in running:
            service.close()
        cluster.close()


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped"))  # so that all that was started is stopped
    main()
