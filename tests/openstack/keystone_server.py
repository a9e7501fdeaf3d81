"""A real Keystone from Debian's packages, for tests: everything it has is in a directory of its own.

What it needs is python3-keystone and uwsgi-plugin-python3; /etc/keystone is neither read nor written, nothing is started
but the processes here. Run by hand it stays up until interrupted, and says how to point Hearth at it:

    /usr/bin/python3 tests/openstack/keystone_server.py
"""

import concurrent.futures
import grp
import http.client
import json
import os
import pathlib
import pwd
import re
import secrets
import shutil
import signal
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "api"))

from hearth import IS_ROOT, ME, PASSWORD, SERVICE_USER, USERS, WEB_USER, Process, Response, free_port, new_directory, run_as, wait_until

DOMAIN = {"id": "default"}
ROLES = ["service", "heat_stack_owner", "heat_stack_user"]  # on top of admin, member and reader
PEOPLE = {  # name: (project, role); on top of the administrator, whom the bootstrap makes
    **{name: where for name, where in USERS.items() if name != "admin"},
    "owner": ("demo", "heat_stack_owner"),
    "agent": ("demo", "heat_stack_user"),
}
SERVICE_USERS = {"hearth": "service", "hearth-admin": "admin", "hearth-member": "member"}  # name: role in project service

issued = set()  # every token that tests were given

# The cache is in the memory of the process: so each front is one process, with threads. Without a cache a validation costs
# 0.7 s.
CONF = """\
[DEFAULT]
use_stderr = true
[cache]
enabled = true
backend = dogpile.cache.memory
[database]
connection = sqlite:///{top}/keystone.db
sqlite_synchronous = false
[token]
provider = fernet
expiration = {expiration}
[fernet_tokens]
key_repository = {top}/fernet
[fernet_receipts]
key_repository = {top}/fernet
[credential]
key_repository = {top}/credential
[identity]
password_hash_rounds = 4
[oslo_policy]
policy_file = {top}/policy.yaml
policy_dirs = {top}/policy.d
[oslo_messaging_notifications]
driver = noop
"""


def clean_environment(**more):
    """Ours, without what would lead Python or a client elsewhere."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("OS_", "PYTHON", "REQUESTS_"))}
    return {**kept, "no_proxy": "127.0.0.1,localhost", **more}


def make_certificate(directory):
    """A self-signed one for 127.0.0.1: paths of key and certificate."""
    key, certificate = directory / "key.pem", directory / "certificate.pem"
    run_as(ME,
           ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj",
            "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", certificate])
    certificate.chmod(0o644)
    return key, certificate


class TlsFront:
    """An nginx that speaks https and passes everything on to another address, as the load balancer of a cloud does."""

    def __init__(self, target):
        self.directory = here = new_directory("hearth-tls-")
        self.port = free_port()
        self.url = f"https://127.0.0.1:{self.port}"
        key, self.certificate = make_certificate(here)
        (here / "nginx.conf").write_text("\n".join([
            f"user {WEB_USER};" if IS_ROOT else "",
            f"daemon off; worker_processes 1; pid {here}/pid; error_log {here}/error.log warn;",
            "events { worker_connections 64; }",
            "http {",
            "    access_log off;",
            *(f"    {kind}_temp_path {here}/{kind};" for kind in ("client_body", "fastcgi", "proxy", "scgi", "uwsgi")),
            "    server {",
            f"        listen 127.0.0.1:{self.port} ssl; ssl_certificate {self.certificate}; ssl_certificate_key {key};",
            "        location / {",
            f"            proxy_pass {target};",
            "            proxy_set_header X-Forwarded-Proto $scheme;",
            "            proxy_set_header X-Forwarded-Host $http_host;",
            "        }",
            "    }",
            "}", ""]))
        nginx = shutil.which("nginx", path=os.environ["PATH"] + ":/usr/sbin")
        self.process = Process("nginx", [nginx, "-e", here / "error.log", "-c", here / "nginx.conf"], here / "out")
        wait_until("the TLS front", lambda: answers_on(self.port))

    def close(self):
        self.process.stop()
        shutil.rmtree(self.directory, ignore_errors=True)


def answers_on(port):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.connect()
        return True
    except OSError:
        return False
    finally:
        connection.close()


class Front:
    """One running Keystone: a uwsgi with a configuration of its own, on the database and keys below top."""

    def __init__(self, top, name, expiration):
        """expiration: seconds that its tokens are good for."""
        self.top = top
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}/v3"
        self.log_file = top / f"{name}.log"
        self.conf = top / name
        run_as(SERVICE_USER, ["mkdir", self.conf])
        run_as(SERVICE_USER, ["tee", self.conf / "keystone.conf"], input=CONF.format(top=top, expiration=expiration))
        self.process = None

    def start(self, wait=True):
        self.process = Process(
            "Keystone", ["/usr/bin/uwsgi_python3", "--http-socket", f"127.0.0.1:{self.port}", "--module",
                         "keystone.server.wsgi:initialize_public_application()", "--master", "--threads", "4", "--die-on-term",
                         "--need-app", "--post-buffering", "65536", "--buffer-size", "65535",
                         "--add-header", "Connection: close", "--log-format", "%(method) %(uri) %(status)"],
            self.log_file, SERVICE_USER, env=clean_environment(OS_KEYSTONE_CONFIG_DIR=str(self.conf), HOME=str(self.top)))
        if wait:
            self.wait()

    def wait(self):
        wait_until("Keystone", self.ready, step=0.1)

    def ready(self):
        assert self.process.alive(), self.log()
        try:
            return self.http("GET", "").status == 200
        except OSError:
            return False

    def stop(self):
        if self.process and self.process.alive():
            self.process.stop()

    def freeze(self):
        """From now on it takes connections and does not answer."""
        os.killpg(self.process.pid, signal.SIGSTOP)

    def thaw(self):
        os.killpg(self.process.pid, signal.SIGCONT)

    def log(self):
        return self.log_file.read_text(errors="replace")

    def count(self, method, path="/v3/auth/tokens"):
        """How many requests for that path it has answered so far. It logs a request just after its answer: so not before the
        log stands still."""
        size = -1
        while size != (size := self.log_file.stat().st_size):
            time.sleep(0.3)
        return len(re.findall(rf"^{method} {re.escape(path)}(?:\?\S*)? \d+$", self.log(), re.M))

    def http(self, method, path, body=None, token=None, headers=None):
        """One exchange below /v3."""
        headers = {"Content-Type": "application/json", **({"X-Auth-Token": token} if token else {}), **(headers or {})}
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.request(method, "/v3" + path, None if body is None else json.dumps(body), headers)
            reply = connection.getresponse()
            return Response(reply.status, reply.reason, reply.headers, reply.read())
        finally:
            connection.close()

    def authenticate(self, scope=None, **identity):
        """POST /auth/tokens by the one method named, with what it takes."""
        method, = identity
        reply = self.http("POST", "/auth/tokens", {"auth": {
            "identity": {"methods": [method], **identity}, **({"scope": scope} if scope else {})}})
        issued.add(reply.headers.get("X-Subject-Token") or "none")
        return reply

    def login(self, user, password=PASSWORD, project=None, scope=None):
        """By password, scoped to the user's own project unless said otherwise ("unscoped": to nothing)."""
        scope = scope or {"project": {"name": project or (PEOPLE.get(user) or USERS[user])[0], "domain": DOMAIN}}
        return self.authenticate(scope, password={"user": {"name": user, "domain": DOMAIN, "password": password}})

    def token(self, user="demo", **how):
        return self.login(user, **how).expect(201).headers["X-Subject-Token"]


class Keystone(Front):
    """The whole of it: database, keys, accounts, catalogue, and the front that most tests use."""

    def __init__(self):
        top = new_directory("hearth-keystone-")
        if IS_ROOT:
            shutil.chown(top, SERVICE_USER)
        super().__init__(top, "main", expiration=3600)
        self.fronts, self.ids, self.service_password = [self], {}, secrets.token_urlsafe(24)
        try:
            self.set_up()
            self.start()
            self.make_accounts()
        except BaseException:
            self.close()
            raise

    def close(self):
        for front in self.fronts:
            front.stop()
        if not os.environ.get("HEARTH_TEST_KEEP"):
            shutil.rmtree(self.top, ignore_errors=True)

    def front(self, name, expiration):
        """One more, started, whose tokens are good for that many seconds."""
        front = Front(self.top, name, expiration)
        self.fronts.append(front)
        front.start()
        return front

    # ---- as an administrator of Keystone would do it ---------------------------------------------------------------

    def manage(self, *command):
        run_as(SERVICE_USER, ["/usr/bin/keystone-manage", "--config-dir", self.conf, *command],
               env=clean_environment(HOME=str(self.top)))

    def make_keys(self, kind="fernet"):
        """New ones: every token so far is worth nothing."""
        group = grp.getgrgid(pwd.getpwnam(SERVICE_USER).pw_gid).gr_name
        run_as(SERVICE_USER, ["rm", "-rf", self.top / kind])
        run_as(SERVICE_USER, ["mkdir", "-m", "0700", self.top / kind])
        self.manage(f"{kind}_setup", "--keystone-user", SERVICE_USER, "--keystone-group", group)

    def set_up(self):
        with concurrent.futures.ThreadPoolExecutor() as pool:
            for step in [pool.submit(self.manage, "db_sync"), pool.submit(self.make_keys), pool.submit(self.make_keys, "credential")]:
                step.result()
        # Readers of one process do not keep out the writer of another.
        run_as(SERVICE_USER, ["/usr/bin/python3", "-c", "import sqlite3, sys; sqlite3.connect(sys.argv[1]).execute('pragma journal_mode=wal')",
                              self.top / "keystone.db"])
        self.manage("bootstrap", "--bootstrap-password", PASSWORD, "--bootstrap-region-id", "RegionOne",
                    "--bootstrap-public-url", self.url, "--bootstrap-internal-url", self.url, "--bootstrap-admin-url", self.url)

    def admin(self, method, path, body=None, status=None):
        """One exchange as Keystone's administrator; the document it answers with."""
        if "token" not in self.ids:
            self.ids["token"] = self.token("admin")
        reply = self.http(method, path, body, self.ids["token"])
        reply.expect(status or {"POST": 201, "GET": 200, "PATCH": 200, "PUT": 204, "DELETE": 204}[method])
        return reply.json if reply.raw else None

    def new(self, kind, name, **more):
        """A project, role, user or service: its id, which is kept under kind and name."""
        made = self.admin("POST", f"/{kind}s", {kind: {"name": name, **more}})[kind]
        self.ids[kind, name] = made["id"]
        return made["id"]

    def id(self, kind, name):
        if (kind, name) not in self.ids:
            self.ids[kind, name] = self.admin("GET", f"/{kind}s?name={name}")[f"{kind}s"][0]["id"]
        return self.ids[kind, name]

    def forget(self, kind, name):
        self.admin("DELETE", f"/{kind}s/{self.id(kind, name)}")
        del self.ids[kind, name]

    def assignment(self, method, user, project, role):
        self.admin(method, f"/projects/{self.id('project', project)}/users/{self.id('user', user)}/roles/{self.id('role', role)}")

    def new_user(self, name, password, project, role):
        self.new("user", name, password=password, domain_id="default")
        self.assignment("PUT", name, project, role)

    def make_accounts(self):
        for project in sorted({project for project, _ in PEOPLE.values()} | {"service"}):
            self.new("project", project, domain_id="default")
        for role in ROLES:
            self.new("role", role)
        for name, (project, role) in PEOPLE.items():
            self.new_user(name, PASSWORD, project, role)
        for name, role in SERVICE_USERS.items():
            self.new_user(name, self.service_password, "service", role)
        self.new("service", "hearth", type="orchestration")

    def publish(self, url):
        """Lets the catalogue say that the orchestration API is at url, as "openstack endpoint create" does."""
        service = self.id("service", "hearth")
        for endpoint in self.admin("GET", f"/endpoints?service_id={service}")["endpoints"]:
            self.admin("DELETE", f"/endpoints/{endpoint['id']}")
        for interface in ("public", "internal", "admin"):
            self.admin("POST", "/endpoints", {"endpoint": {
                "service_id": service, "interface": interface, "url": f"{url}/v1/%(project_id)s", "region_id": "RegionOne"}})


def password_file(directory, password):
    """As keystone_password_file should be: hearthd's alone."""
    path = directory / "keystone.password"
    path.write_text(password + "\n")
    if IS_ROOT:
        shutil.chown(path, SERVICE_USER)
    path.chmod(0o600)
    return path


def main():
    for sig in (signal.SIGINT, signal.SIGTERM):
        signal.signal(sig, lambda *_: sys.exit())
    keystone = Keystone()
    try:
        print(f"""Keystone answers at {keystone.url}
users {', '.join([*PEOPLE, 'admin'])}; password {PASSWORD!r}; domain Default
    auth = keystone
    keystone_url = {keystone.url}
    keystone_user = hearth
    keystone_password_file = {password_file(keystone.top, keystone.service_password)}
Its catalogue does not name a Hearth yet; as admin:
    openstack endpoint create --region RegionOne orchestration public 'http://127.0.0.1:8004/v1/%(project_id)s'
Log: {keystone.log_file}. Interrupt (^C) to stop it and remove all it has.""", flush=True)
        signal.pause()
    finally:
        keystone.close()


if __name__ == "__main__":
    main()
