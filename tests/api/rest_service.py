"""A small HTTP service for tests of the REST driver: a collection of things, that can be told to misbehave.

    POST   /things              {"thing": {"label": …, "size": …}} -> 201; "status" goes from BUILDING to READY
    GET    /things?label=…      {"things": […]}
    GET    /things/ID           {"thing": {…}}
    PATCH  /things/ID           {"thing": {…}}
    DELETE /things/ID           204; 404 when there is none
    POST   /things/ID/action    {"pause": null} or {"unpause": null}
    PUT    /named/NAME          made or changed, as often as it is sent

A fault is what happens to one call: before the work is done ("503 before", "reset before", "409 before"), or after
("500 after", "503 after", "reset after", "hang after"): then it is done, and the client does not know.
"""

import collections
import http.server
import json
import random
import socket
import struct
import threading
import time
import urllib.parse
import uuid

HANG = 30  # seconds; longer than any time-out of the types in the tests


class RestService:
    def __init__(self):
        self.lock = threading.RLock()
        self.things, self.named = {}, {}
        self.creates = collections.Counter()  # by label: all that were ever made
        self.deletes = 0
        self.calls = []                       # (method, path) of every request that came in
        self.bodies = []                      # (method, path, body) of those that had one
        self.headers = None                   # of the last request
        self.faults = []                      # (method, what), each used once
        self.chance, self.random = 0.0, random.Random(7)
        self.build_time = self.late = self.delay = 0.0
        self.busy = self.most_busy = 0
        self.fail_state = None
        service = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def do(self):
                service.serve(self)

            do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 1024

            def handle_error(self, *_):
                pass

        self.server = Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()

    # ---- what the tests ask ----
    def labels(self):
        with self.lock:
            return sorted(thing["label"] for thing in self.things.values())

    def fault(self, method, what, times=1):
        with self.lock:
            self.faults += [(method, what)] * times

    # ---- one request ----
    def pick_fault(self, method):
        for i, (of, what) in enumerate(self.faults):
            if of == method:
                del self.faults[i]
                return what
        if self.random.random() < self.chance:
            return self.random.choice(["503 before", "500 after", "503 after", "reset after", "reset before"])
        return None

    def serve(self, handler):
        length = int(handler.headers.get("Content-Length") or 0)
        body = json.loads(handler.rfile.read(length)) if length else None
        with self.lock:
            self.calls.append((handler.command, handler.path))
            if body is not None:
                self.bodies.append((handler.command, handler.path, body))
            self.headers = dict(handler.headers)
            fault = self.pick_fault(handler.command)
            self.busy += 1
            self.most_busy = max(self.busy, self.most_busy)
        time.sleep(self.delay)
        when = fault.split()[1] if fault else None
        status, answer = (0, None) if when == "before" else self.work(handler.command, handler.path, body)
        with self.lock:
            self.busy -= 1
        if fault:
            self.misbehave(handler, fault.split()[0])
        else:
            self.reply(handler, status, answer)

    def misbehave(self, handler, how):
        if how == "hang":
            time.sleep(HANG)
        if how in ("hang", "reset"):
            handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            handler.connection.close()
            handler.close_connection = True
            return
        self.reply(handler, int(how), {"error": {"message": "told to misbehave"}},
                   {"Retry-After": "1"} if how == "429" else {})

    def reply(self, handler, status, answer, headers=None):
        data = json.dumps(answer).encode() if answer is not None else b""
        handler.send_response(status)
        for name, value in {"Content-Length": len(data), "X-Request-Id": "req-test-1", **(headers or {})}.items():
            handler.send_header(name, str(value))
        handler.end_headers()
        handler.wfile.write(data)

    # ---- the work ----
    def visible(self, thing):
        return time.monotonic() >= thing["made"] + self.late

    def shown(self, thing):
        status = thing["status"]
        if status == "BUILDING" and time.monotonic() >= thing["made"] + self.build_time:
            status = self.fail_state or "READY"
        return {**{key: value for key, value in thing.items() if key != "made"}, "status": status,
                "address": {"ipv4": "192.0.2.1"}, "why": "no room" if self.fail_state else None}

    def work(self, method, path, body):
        url = urllib.parse.urlsplit(path)
        parts = [urllib.parse.unquote(part) for part in url.path.strip("/").split("/")]
        with self.lock:
            if parts[0] == "named":
                return self.work_named(method, parts[1], body)
            if len(parts) == 1:
                return self.work_collection(method, dict(urllib.parse.parse_qsl(url.query)), body)
            return self.work_thing(method, parts, body)

    def work_named(self, method, name, body):
        if method == "PUT":
            self.named[name] = body
        elif method == "DELETE":
            return (204, None) if self.named.pop(name, None) is not None else (404, None)
        return (200, self.named[name]) if name in self.named else (404, None)

    def work_collection(self, method, query, body):
        if method == "GET":
            found = [self.shown(thing) for thing in self.things.values()
                     if self.visible(thing) and query.get("label", thing["label"]) == thing["label"]]
            return 200, {"things": found}
        thing = {**body["thing"], "id": uuid.uuid4().hex, "status": "BUILDING", "made": time.monotonic(),
                 "created_at": f"{time.time():.6f}"}
        self.things[thing["id"]] = thing
        self.creates[thing["label"]] += 1
        return 201, {"thing": self.shown(thing)}

    def work_thing(self, method, parts, body):
        thing = self.things.get(parts[1])
        if thing is None or (method == "GET" and not self.visible(thing)):
            return 404, {"error": {"message": f"no thing {parts[1]}"}}
        if method == "DELETE":
            del self.things[parts[1]]
            self.deletes += 1
            return 204, None
        if method == "PATCH":
            thing.update(body["thing"])
        elif len(parts) == 3:
            thing["status"] = "PAUSED" if "pause" in body else "READY"
            return 202, None
        return 200, {"thing": self.shown(thing)}
