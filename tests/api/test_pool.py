"""The pool: rolling restarts without a lost request, crashed and slow workers, recycling, silent peers, the status page."""

import concurrent.futures
import json
import os
import re
import signal
import socket
import threading

from hearth import wait_until


HALF_A_REQUEST = b"\x01\x01\x00\x01\x00\x08\x00\x00\x00\x01"  # FCGI_BEGIN_REQUEST, cut


class Load:
    """Clients that ask without a pause, half of them by POST; collects every status that comes back."""

    def __init__(self, service, clients=6):
        self.service, self.statuses, self.stopped = service, [], threading.Event()
        self.pool = concurrent.futures.ThreadPoolExecutor(clients)
        service.token("demo")  # once, before many threads want it
        self.runs = [self.pool.submit(self.run, number % 2) for number in range(clients)]

    def run(self, post):
        while not self.stopped.is_set():
            if post:
                reply = self.service.http("POST", "/", body={"a": 1})
            else:
                reply = self.service.http("GET", "/")
            self.statuses.append(reply.status)

    def stop(self):
        self.stopped.set()
        for run in self.runs:
            run.result()
        return self.statuses


def number(service, name):
    return sum(float(value) for value in re.findall(rf"^{name}(?:\{{[^}}]*\}})? (\S+)$", service.metrics(), re.M))


def generation(service):
    return int(number(service, "hearth_configuration_generation"))


def spare_workers(service):
    pool = service.status_page("/status?json").json
    return pool["idle processes"]


def settled(service, kinds=("api", "engine")):
    """True when every process runs the newest configuration and none is leaving."""
    processes = json.loads(service.status_page("/status?json&full").text)["processes"]
    return all(p["configuration"] == generation(service) and p["state"] in ("idle", "holding", "busy")
               for p in processes if p["kind"] in kinds)


def test_rolling_restart_loses_no_request(make_service):
    service = make_service(config={"api_workers": 3})
    before = set(service.children("api"))
    load = Load(service)
    for turn in range(2, 6):
        service.signal(signal.SIGHUP)
        wait_until("the new configuration", lambda: generation(service) == turn and settled(service))
    statuses = load.stop()
    assert len(statuses) > 50
    assert set(statuses) == {300}
    assert not before & set(service.children("api"))


def test_a_bad_configuration_is_refused(make_service):
    service = make_service(config={"api_workers": 2, "engines": 1})
    wait_until("all processes", lambda: len(service.children()) == 4)  # and the status page
    before = service.children()
    with open(service.directory / "hearth.conf", "a") as conf:
        conf.write("no_such_option = 1\n")
    service.signal(signal.SIGHUP)
    wait_until("the line in the log", lambda: "no_such_option" in service.log())
    service.http("GET", "/").expect(300)
    assert service.children() == before


def test_a_killed_worker_is_replaced_and_counted(make_service):
    service = make_service(config={"api_workers": 2})
    victim = service.children("api")[0]
    os.kill(victim, signal.SIGKILL)
    wait_until("a new worker", lambda: len(service.children("api")) == 2 and victim not in service.children("api"))
    assert number(service, "hearth_processes_crashed_total") == 1
    service.http("GET", "/").expect(300)


def test_workers_are_recycled_without_a_lost_request(make_service):
    service = make_service(config={"api_workers": 2, "max_requests": 20})
    load = Load(service)
    wait_until("some workers to be recycled", lambda: number(service, "hearth_processes_recycled_total") >= 6)
    assert set(load.stop()) == {300}


def connect(service):
    peer = socket.socket(socket.AF_UNIX)
    peer.connect(service.options()["listen"])
    return peer


def test_silent_peers_pin_no_worker(make_service):
    service = make_service(config={"api_workers": 2})
    silent = [connect(service) for _ in range(10)]
    for _ in range(6):
        service.http("GET", "/", timeout=5).expect(300)
    for peer in silent:
        peer.close()


def test_a_request_that_takes_too_long_ends_with_its_worker(make_service):
    service = make_service(config={"api_workers": 1, "request_terminate_timeout": "500ms", "max_requests": 0})
    peer = connect(service)
    peer.send(HALF_A_REQUEST)
    wait_until("the worker's end", lambda: "request_terminate_timeout" in service.log())
    assert number(service, "hearth_requests_timed_out_total") == 1
    wait_until("another worker", service.answers)


def test_the_dynamic_pool_keeps_to_its_bounds(make_service):
    service = make_service(config={"pool": "dynamic", "api_workers": 4, "min_spare_workers": 1, "max_spare_workers": 2})
    assert len(service.children("api")) <= 2
    slow = []
    for _ in range(3):
        slow.append(connect(service))
        slow[-1].send(HALF_A_REQUEST)  # keeps one worker busy
        wait_until("a worker to spare", lambda: spare_workers(service) >= 1)
        service.http("GET", "/", timeout=5).expect(300)
    assert len(service.children("api")) == 4
    for peer in slow:
        peer.close()
    wait_until("the pool to shrink", lambda: len(service.children("api")) <= 2)
    assert len(service.children("api")) >= 1


def test_status_pages(service):
    assert service.status_page("/ping").expect(200).text == "pong\n"
    assert "idle processes:" in service.status_page("/status").expect(200).text
    wait_until("the engine's line", lambda: re.search(
        r"^\d+ +engine +idle ", service.status_page("/status?full").expect(200).text, re.M))
    pool = service.status_page("/status?json").expect(200).json
    assert pool["total processes"] == 4 and pool["requests"] > 0
    service.status_page("/nothing").expect(404)


def test_metrics_count_requests(service):
    before = number(service, "hearth_requests_total")
    for _ in range(3):
        service.http("GET", "/").expect(300)
    assert number(service, "hearth_requests_total") >= before + 3
    assert 'hearth_request_duration_seconds_bucket{route="' in service.metrics()


def test_drain_finishes_what_runs(make_service):
    service = make_service()
    load = Load(service, clients=2)
    wait_until("some answers", lambda: len(load.statuses) > 10)
    load.stop()
    assert service.hearthd.stop() == 0
    assert "stopped" in service.log()
    assert not os.path.exists(service.options()["listen"])
