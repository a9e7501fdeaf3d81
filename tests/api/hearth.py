"""A whole private Hearth for tests: PostgreSQL, hearthd and a web server in a directory of their own.

Used through the fixtures of conftest.py. The configuration files of the web servers are those of deploy/, with
addresses and paths put in, so that what is tested is what is shipped.
"""

import contextlib
import http.client
import json
import os
import pathlib
import pwd
import random
import re
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.parse

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = (ROOT / os.environ.get("HEARTH_BUILD", "build")).resolve()
PG_BIN = pathlib.Path(os.environ.get("PG_BIN", "/usr/lib/postgresql/15/bin"))
IS_ROOT = os.getuid() == 0
ME = pwd.getpwuid(os.getuid()).pw_name
SERVICE_USER = "hearth" if IS_ROOT else ME  # runs hearthd
WEB_USER = "www-data" if IS_ROOT else ME    # runs the web server's workers
PASSWORD = "correct horse"
USERS = {  # name: (project, role)
    "demo": ("demo", "member"),
    "demo2": ("demo2", "member"),
    "reader": ("demo", "reader"),
    "admin": ("admin", "admin"),
}
WAIT = float(os.environ.get("HEARTH_TEST_WAIT", "60"))  # seconds until a test gives up waiting


def wait_until(what, condition, timeout=WAIT, step=0.02):
    """Calls condition until it returns something true, and returns that."""
    deadline = time.monotonic() + timeout
    while True:
        result = condition()
        if result:
            return result
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {timeout:g} s for {what}")
        time.sleep(step)


def free_port():
    """Below the ports that connections take for themselves, so that it is still free when somebody listens there."""
    while True:
        port = random.SystemRandom().randrange(20000, 32000)
        with socket.socket() as s, contextlib.suppress(OSError):
            s.bind(("127.0.0.1", port))
            return port


def run_as(user, command, **options):
    """subprocess.run as that user; output and error text are in the exception when it fails."""
    if IS_ROOT and user != ME:
        command = ["runuser", "-u", user, "--", *map(str, command)]
    options.setdefault("cwd", "/")
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, **options)
    if done.returncode:
        raise AssertionError(f"{command} failed:\n{done.stdout}{done.stderr}")
    return done.stdout


def new_directory(prefix):
    path = pathlib.Path(tempfile.mkdtemp(prefix=prefix, dir=os.environ.get("HEARTH_TEST_TMP", "/tmp")))
    path.chmod(0o755)
    return path


class Response:
    def __init__(self, status, reason, headers, raw):
        self.status, self.reason, self.headers, self.raw = status, reason, headers, raw

    @property
    def text(self):
        return self.raw.decode()

    @property
    def json(self):
        return json.loads(self.raw)

    @property
    def message(self):
        """The message of an error document, in whichever of Heat's forms."""
        body = self.json
        error = body.get("error")
        return error["message"] if error else body["message"]

    def expect(self, status):
        """This response, or a failed test that shows it."""
        assert self.status == status, f"{self.status} {self.reason} instead of {status}: {self.raw[:2000]!r}"
        return self

    def __repr__(self):
        return f"<{self.status} {self.reason} {self.raw[:300]!r}>"


class Process:
    """A program in the foreground, its output in a file, stopped with its whole process group."""

    def __init__(self, name, command, log, user=ME, group=None, env=None, umask=0o022):
        self.name, self.log = name, log
        extra = {}
        if IS_ROOT and user != ME:
            extra = {"user": user, "group": group or user, "extra_groups": []}
        with open(log, "ab") as out:
            self.child = subprocess.Popen(list(map(str, command)), stdin=subprocess.DEVNULL, stdout=out, stderr=out, cwd="/",
                                          env=env, start_new_session=True, umask=umask, **extra)
        self.pid = self.child.pid

    def alive(self):
        return self.child.poll() is None

    def stop(self, sig=signal.SIGTERM, timeout=40):
        """Returns the exit status; what is left of the process group is killed."""
        if self.alive():
            self.child.send_signal(sig)
        try:
            status = self.child.wait(timeout)
        except subprocess.TimeoutExpired:
            status = None
        self.kill()
        if status is None:
            raise AssertionError(f"{self.name} did not stop within {timeout} s; log: {self.log}")
        return status

    def kill(self):
        try:
            os.killpg(self.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        if self.alive():
            self.child.wait(10)


class Cluster:
    """A private PostgreSQL with one template database: schema and users are made once, copies cost 0.1 s."""

    def __init__(self, durable=False):
        """durable: with fsync, as in earnest (tests do without)."""
        self.directory = new_directory("hearth-pg-")
        self.socket = self.directory / "s"
        self.user = "postgres" if IS_ROOT else ME
        self.data = self.directory / "data"
        self.keys = self.directory / "hearth.keys"
        self.count = 0
        self.process = None
        if IS_ROOT:
            shutil.chown(self.directory, self.user)
        run_as(self.user, ["mkdir", "-p", self.socket])
        run_as(self.user, [PG_BIN / "initdb", "-D", self.data, "-U", "postgres", "-E", "UTF8", "--locale=C.UTF-8", "-A", "peer",
                           "--no-sync"])
        self.write("pg_hba.conf", "local all all peer map=hearth\n")
        self.write("pg_ident.conf", self.roles())
        self.write("postgresql.auto.conf",
                   f"listen_addresses = ''\nunix_socket_directories = '{self.socket}'\nmax_connections = 300\n"
                   f"shared_buffers = 128MB\nfsync = {'on' if durable else 'off'}\nfull_page_writes = {'on' if durable else 'off'}\n"
                   "log_min_messages = warning\n")
        try:
            self.start()
            self.make_template()
        except BaseException:
            self.close()
            raise

    def write(self, name, text):
        run_as(self.user, ["tee", self.data / name], input=text)

    def roles(self):
        """The wall of a real installation: the web server's user may be the API role, hearthd's both, no one else."""
        every = ["postgres", "hearth_owner", "hearth_api", "hearth_engine", "hearth_readonly", "hearth_purge"]
        grants = {user: every for user in {ME, self.user}}
        grants.setdefault(SERVICE_USER, ["hearth_api", "hearth_engine"])
        grants.setdefault(WEB_USER, ["hearth_api"])
        return "".join(f"hearth {user} {role}\n" for user, roles in grants.items() for role in roles)

    def start(self):
        self.process = Process("PostgreSQL", [PG_BIN / "postgres", "-D", self.data], self.directory / "log", self.user)
        wait_until("PostgreSQL", lambda: subprocess.run(
            [str(PG_BIN / "pg_isready"), "-q", "-h", str(self.socket)]).returncode == 0)

    def stop(self, sig=signal.SIGINT):
        self.process.stop(sig)

    def close(self):
        try:
            if self.process:
                self.stop()
        finally:
            shutil.rmtree(self.directory, ignore_errors=True)

    def psql(self, sql, database="postgres", role="postgres", file=None):
        """Rows as lists of strings; sql as the superuser unless a role is named."""
        command = ["psql", "-XqAt", "-F", "\x1f", "-v", "ON_ERROR_STOP=1", "-h", self.socket, "-U", role, "-d", database]
        out = run_as(ME, command + (["-f", file] if file else ["-c", sql]), cwd=ROOT)
        return [line.split("\x1f") for line in out.splitlines()]

    def make_template(self):
        self.psql("create database hearth_template")
        self.psql(None, "hearth_template", file=ROOT / "sql" / "roles.sql")
        run_as(ME, [ROOT / "sql" / "migrate", "up", "--database", f"host={self.socket} dbname=hearth_template user=hearth_owner"],
               cwd=ROOT)
        work = new_directory("hearth-setup-")
        try:
            if IS_ROOT:
                shutil.chown(work, SERVICE_USER)
            shutil.copy(BUILD / "hearthctl", work / "hearthctl")
            conf = work / "conf"
            conf.write_text(f"database = host={self.socket} dbname=hearth_template user=hearth_engine\nkey_file = {work}/keys\n")
            self.setup_users([work / "hearthctl", "--config", conf])
            shutil.copy(work / "keys", self.keys)
        finally:
            shutil.rmtree(work, ignore_errors=True)

    def setup_users(self, hearthctl):
        run_as(SERVICE_USER, [*hearthctl, "key", "new"])
        for tenant in sorted({tenant for tenant, _ in USERS.values()}):
            run_as(SERVICE_USER, [*hearthctl, "tenant", "create", tenant])
        for user, (tenant, role) in USERS.items():
            run_as(SERVICE_USER, [*hearthctl, "user", "create", user, "--password-file", "-", "--tenant", tenant, "--role", role],
                   input=PASSWORD + "\n")

    def new_database(self):
        self.count += 1
        name = f"hearth_{self.count}"
        self.psql(f"create database {name} template hearth_template")
        self.psql(None, name, file=ROOT / "sql" / "roles.sql")  # settings of roles in a database are not copied
        return name


class Service:
    """hearthd with a web server in front, on a database of its own.

    config: options of hearth.conf that differ from the test's defaults.
    web: nginx, apache (mod_proxy_fcgi), fcgid (mod_fcgid starts the workers), systemd (nginx, and hearthd is handed its
    socket by systemd-socket-activate), or none.
    """

    ready_status = 300  # of "GET /": the list of versions

    def __init__(self, cluster, config=None, web="nginx", own_cluster=False):
        self.cluster, self.web, self.own_cluster = cluster, web, own_cluster
        self.directory = new_directory("hearth-test-")
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.auth_url = f"{self.url}/identity/v3"
        self.database = cluster.new_database()
        self.config = config or {}
        self.tokens, self.processes, self.hearthd = {}, [], None
        if IS_ROOT:
            shutil.chown(self.directory, SERVICE_USER, WEB_USER)
        for program in ("hearthd", "hearthctl"):
            shutil.copy(BUILD / program, self.directory / program)
        self.copy_keys()
        self.write_config()
        try:
            self.start()
        except BaseException:
            self.close()
            raise

    # ---- configuration -------------------------------------------------------------------------------------------

    def copy_keys(self):
        """mod_fcgid's workers are the web server's user and read the keys through the group."""
        keys = self.directory / "hearth.keys"
        shutil.copy(self.cluster.keys, keys)
        if IS_ROOT:
            shutil.chown(keys, WEB_USER if self.web == "fcgid" else SERVICE_USER)
        keys.chmod(0o600)

    def conninfo(self, role):
        return f"host={self.cluster.socket} dbname={self.database} user={role}"

    def options(self):
        here = self.directory
        options = {
            "listen": f"{here}/hearth.sock",
            "status_listen": f"{here}/status.sock",
            "log_file": f"{here}/hearthd.log",
            "log_level": "info",
            "key_file": f"{here}/hearth.keys",
            "database": self.conninfo("hearth_api"),
            "engine_database": self.conninfo("hearth_engine"),
            "public_url": self.url,
            "shutdown_timeout": "10s",
            "api_workers": "4",
        }
        options.update({key: str(value) for key, value in self.config.items()})
        return {key: value for key, value in options.items() if value is not None}

    def write_config(self, **changes):
        """Writes hearth.conf anew with these changes (for a SIGHUP or restart to find)."""
        self.config.update(changes)
        options = self.options()
        self.write_options("hearth.conf", options)
        if self.web == "fcgid":
            engine = {**options, "api_workers": "0", "listen": f"{self.directory}/unused.sock",
                      "log_file": f"{self.directory}/engine.log", "key_file": f"{self.directory}/engine.keys"}
            keys = self.directory / "engine.keys"
            shutil.copy(self.cluster.keys, keys)
            if IS_ROOT:
                shutil.chown(keys, SERVICE_USER)
            self.write_options("engine.conf", engine)

    def write_options(self, name, options):
        path = self.directory / name
        path.write_text("".join(f"{key} = {value}\n" for key, value in options.items()))
        path.chmod(0o644)

    # ---- processes -----------------------------------------------------------------------------------------------

    def start(self):
        self.start_hearthd()
        if self.web in ("nginx", "systemd"):
            self.start_nginx()
        elif self.web in ("apache", "fcgid"):
            self.start_apache()
        if self.web != "none":
            wait_until("the first answer", self.answers)

    def environment(self):
        """Sanitizers write what they find to files, which close() looks for."""
        reports = self.directory / "sanitizer"
        return {**os.environ,
                "ASAN_OPTIONS": f"log_path={reports}:detect_leaks=1:abort_on_error=0:detect_stack_use_after_return=0",
                "UBSAN_OPTIONS": f"log_path={reports}:print_stacktrace=1:halt_on_error=1"}

    def valgrind(self):
        """With HEARTH_VALGRIND=1 all of hearthd's processes run under it; what it finds, close() looks for as well."""
        if not os.environ.get("HEARTH_VALGRIND"):
            return []
        return ["valgrind", "-q", f"--log-file={self.directory}/sanitizer.valgrind.%p", "--leak-check=full",
                "--show-leak-kinds=definite", f"--suppressions={ROOT}/tests/valgrind.supp"]

    def start_hearthd(self):
        conf = "engine.conf" if self.web == "fcgid" else "hearth.conf"
        command = [*self.valgrind(), self.directory / "hearthd", "--config", self.directory / conf]
        if self.web == "systemd":
            command = ["systemd-socket-activate", "-l", self.directory / "hearth.sock", *command]
        self.hearthd = Process("hearthd", command, self.directory / "stderr.log", SERVICE_USER, WEB_USER,
                               env=self.environment(), umask=0o007)
        if self.web != "fcgid":
            wait_until("hearthd's socket", self.hearthd_ready)
        if self.web == "systemd":
            (self.directory / "hearth.sock").chmod(0o660)  # SocketMode= of hearthd.socket

    def hearthd_ready(self):
        assert self.hearthd.alive(), f"hearthd did not start:\n{self.log()}"
        listen = self.options()["listen"]
        if listen.startswith("/"):
            return os.path.exists(listen)
        host, port = listen.rsplit(":", 1)
        with socket.socket() as s:
            return s.connect_ex((host, int(port))) == 0

    @property
    def hearthd_pid(self):
        return self.hearthd.pid

    def site(self, name):
        """A site file of deploy/ with this service's address and paths."""
        text = (ROOT / "deploy" / name).read_text()
        for old, new in (("/usr/local/sbin/hearthd", f"{self.directory}/hearthd"),
                         ("/etc/hearth/hearth.conf", f"{self.directory}/hearth.conf"),
                         ("/run/hearth/", f"{self.directory}/"),
                         ("Listen 8004", f"Listen 127.0.0.1:{self.port}"),
                         ("*:8004", f"127.0.0.1:{self.port}"),
                         ("listen 8004;", f"listen 127.0.0.1:{self.port};")):
            text = text.replace(old, new)
        path = self.directory / name.replace("/", "-")
        path.write_text(text)
        return path

    def start_nginx(self):
        here, work = self.directory, self.directory / "nginx"
        work.mkdir(exist_ok=True)
        site = self.site("nginx/hearth.conf")
        conf = here / "nginx.conf"
        conf.write_text("\n".join([
            f"user {WEB_USER};" if IS_ROOT else "",
            f"daemon off; worker_processes 2; pid {here}/nginx.pid; error_log {here}/nginx-error.log warn;",
            "events { worker_connections 512; }",
            "http {",
            f"    access_log {here}/nginx-access.log;",
            *(f"    {kind}_temp_path {work}/{kind};" for kind in ("client_body", "fastcgi", "proxy", "scgi", "uwsgi")),
            f"    include {site};",
            "}", ""]))
        nginx = shutil.which("nginx", path=os.environ["PATH"] + ":/usr/sbin")
        self.processes.append(Process("nginx", [nginx, "-e", here / "nginx-error.log", "-c", conf], here / "nginx.out"))

    def start_apache(self):
        here = self.directory
        modules = ["mpm_event", "authz_core", "unixd_"]
        modules += ["proxy", "proxy_fcgi"] if self.web == "apache" else ["fcgid"]
        site = self.site("apache/hearth-proxy-fcgi.conf" if self.web == "apache" else "apache/hearth-fcgid.conf")
        lines = [f"ServerRoot {here}", f"PidFile {here}/apache.pid", f"ErrorLog {here}/apache-error.log", f"DefaultRuntimeDir {here}",
                 f"Mutex file:{here}", "ServerName localhost", f"DocumentRoot {here}", "KeepAlive On"]
        lines += [f"User {WEB_USER}", f"Group {WEB_USER}"] if IS_ROOT else []
        loads = [f"LoadModule {module.rstrip('_')}_module /usr/lib/apache2/modules/mod_{module.rstrip('_')}.so" for module in modules
                 if os.path.exists(f"/usr/lib/apache2/modules/mod_{module.rstrip('_')}.so")]
        if self.web == "fcgid":
            lines += [f"FcgidIPCDir {here}/fcgid", f"FcgidProcessTableFile {here}/fcgid_shm"]
            lines += [f"FcgidInitialEnv {key} {value}" for key, value in self.environment().items() if key in ("ASAN_OPTIONS", "UBSAN_OPTIONS")]
            (here / "fcgid").mkdir(exist_ok=True)
            if IS_ROOT:
                shutil.chown(here / "fcgid", WEB_USER)
            (here / "hearthd.log").touch()
            if IS_ROOT:
                shutil.chown(here / "hearthd.log", WEB_USER)
        conf = here / "apache.conf"
        conf.write_text("\n".join(loads + lines + [f"Include {site}", ""]))
        apache = shutil.which("apache2", path=os.environ["PATH"] + ":/usr/sbin")
        self.processes.append(Process("apache", [apache, "-DFOREGROUND", "-f", conf], here / "apache.out"))

    def answers(self):
        """True when the API answers; raises when a process died instead."""
        for process in [self.hearthd, *self.processes]:
            assert process.alive(), f"{process.name} did not start:\n{self.log()}\n{process.log.read_text()}"
        try:
            return self.http("GET", "/").status == self.ready_status
        except OSError:
            return False

    def restart_hearthd(self):
        self.hearthd.stop()
        self.start_hearthd()
        wait_until("the first answer", self.answers)

    def signal(self, sig):
        os.kill(self.hearthd.pid, sig)

    def children(self, kind=None):
        """Process ids below hearthd's master; kind "engine" or "api": by the process title."""
        found = []
        for entry in pathlib.Path("/proc").glob("[0-9]*"):
            try:
                parent = int((entry / "stat").read_text().rsplit(")", 1)[1].split()[1])
                title = (entry / "cmdline").read_text().replace("\0", " ")
            except OSError:
                continue
            if parent == self.hearthd.pid and (kind is None or kind in title):
                found.append(int(entry.name))
        return sorted(found)

    def close(self):
        """Stops everything, in order, whatever fails; returns the sanitizers' reports."""
        errors = []
        self.note_coverage()
        for process in [*reversed(self.processes), self.hearthd]:
            try:
                if process:
                    process.stop()
            except AssertionError as error:
                errors.append(str(error))
        reports = "".join(path.read_text(errors="replace") for path in sorted(self.directory.glob("sanitizer*")))
        try:
            self.cluster.psql(f"drop database if exists {self.database} with (force)")
        except AssertionError:
            pass  # the test took PostgreSQL down
        if self.own_cluster:
            self.cluster.close()
        if not os.environ.get("HEARTH_TEST_KEEP"):
            shutil.rmtree(self.directory, ignore_errors=True)
        assert not errors, "\n".join(errors)
        assert not reports, reports

    def note_coverage(self):
        """Which routes ran and which faults were raised, for scripts/check-coverage."""
        out = BUILD / "coverage"
        try:
            metrics = self.metrics()
        except (OSError, AssertionError, http.client.HTTPException):
            return
        out.mkdir(exist_ok=True)
        (out / f"{os.getpid()}-{secrets.token_hex(4)}").write_text(metrics)

    # ---- looking inside ------------------------------------------------------------------------------------------

    def log(self):
        """All that hearthd has logged so far."""
        return "".join(path.read_text(errors="replace") for name in ("hearthd.log", "engine.log", "stderr.log")
                       if (path := self.directory / name).exists())

    def psql(self, sql, role="postgres"):
        return self.cluster.psql(sql, self.database, role)

    def ctl(self, *args, input=None):
        """hearthctl's output."""
        return run_as(SERVICE_USER, [self.directory / "hearthctl", "--config", self.directory / "hearth.conf", *args], input=input)

    def status_page(self, path):
        """A page of the status socket, asked directly."""
        connection = http.client.HTTPConnection("hearth", timeout=5)
        connection.sock = socket.socket(socket.AF_UNIX)
        connection.sock.settimeout(5)
        connection.sock.connect(self.options()["status_listen"])
        connection.request("GET", path)
        reply = connection.getresponse()
        raw = reply.read()
        connection.close()
        return Response(reply.status, reply.reason, reply.headers, raw)

    def metrics(self):
        return self.status_page("/metrics").expect(200).text

    # ---- clients -------------------------------------------------------------------------------------------------

    def http(self, method, path, body=None, user=None, headers=None, token=None, timeout=WAIT):
        """One raw exchange. body: bytes or text as is, anything else as JSON. user: whose token to send."""
        headers = dict(headers or {})
        if user:
            token = self.token(user)
        if token:
            headers.setdefault("X-Auth-Token", token)
        if body is not None and not isinstance(body, (bytes, str)):
            body = json.dumps(body)
            headers.setdefault("Content-Type", "application/json")
        if isinstance(body, str):
            body = body.encode()
        if path.startswith("http"):
            parts = urllib.parse.urlsplit(path)
            path = parts.path + ("?" + parts.query if parts.query else "")
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        try:
            connection.request(method, path, body=body, headers=headers)
            reply = connection.getresponse()
            return Response(reply.status, reply.reason, reply.headers, reply.read())
        finally:
            connection.close()

    def api(self, method, path, body=None, user="demo", **options):
        """http below the user's tenant: api("GET", "/stacks")."""
        return self.http(method, f"/v1/{self.project_id(user)}{path}", body, user, **options)

    def login(self, user, password=PASSWORD, project=None):
        """POST /v3/auth/tokens, scoped to the user's project."""
        project = project or USERS[user][0]
        domain = {"name": "Default"}
        return self.http("POST", "/identity/v3/auth/tokens", {"auth": {
            "identity": {"methods": ["password"], "password": {"user": {"name": user, "domain": domain, "password": password}}},
            "scope": {"project": {"name": project, "domain": domain}}}})

    def session(self, user):
        if user not in self.tokens:
            reply = self.login(user).expect(201)
            self.tokens[user] = (reply.headers["X-Subject-Token"], reply.json["token"]["project"]["id"])
        return self.tokens[user]

    def token(self, user="demo"):
        return self.session(user)[0]

    def project_id(self, user="demo"):
        return self.session(user)[1]

    def openrc(self, user="demo"):
        return {"OS_AUTH_URL": self.auth_url, "OS_IDENTITY_API_VERSION": "3", "OS_USERNAME": user, "OS_PASSWORD": PASSWORD,
                "OS_PROJECT_NAME": USERS[user][0], "OS_USER_DOMAIN_NAME": "Default", "OS_PROJECT_DOMAIN_NAME": "Default",
                "OS_REGION_NAME": "RegionOne", "no_proxy": "127.0.0.1"}

    def openstack(self, *args, user="demo", json_output=True, check=True):
        """The stock command line client. Returns its parsed JSON, its text with json_output=False, or the failed process
        with check=False. A call costs about 1.5 s: one or two in a test."""
        env = {key: value for key, value in os.environ.items() if not key.startswith(("OS_", "PYTHON"))}
        env.update(self.openrc(user))
        command = ["/usr/bin/openstack", *map(str, args)] + (["-f", "json"] if json_output else [])
        done = subprocess.run(command, env=env, cwd=ROOT, capture_output=True, text=True, timeout=120)
        if not check:
            return done
        assert done.returncode == 0, f"{command}:\n{done.stdout}{done.stderr}"
        return json.loads(done.stdout) if json_output else done.stdout

    def sdk(self, user="demo"):
        import openstack
        return openstack.connect(
            auth={"auth_url": self.auth_url, "username": user, "password": PASSWORD, "project_name": USERS[user][0],
                  "user_domain_name": "Default", "project_domain_name": "Default"},
            region_name="RegionOne", load_yaml_config=False, load_envvars=False)

    # ---- stacks --------------------------------------------------------------------------------------------------

    def create(self, name, template, user="demo", wait="CREATE_COMPLETE", **body):
        """Creates a stack, waits for that status (None: not), and returns its path below the tenant: /stacks/NAME/ID."""
        reply = self.api("POST", "/stacks", {"stack_name": name, "template": template, **body}, user).expect(201)
        path = f"/stacks/{name}/{reply.json['stack']['id']}"
        if wait:
            self.wait(path, wait, user)
        return path

    def show(self, path, user="demo"):
        return self.api("GET", path, user=user).expect(200).json["stack"]

    def wait(self, path, status, user="demo", timeout=WAIT):
        """Waits until the stack has that status; fails at once when it ended in another."""
        def arrived():
            stack = self.show(path, user)
            now = stack["stack_status"]
            assert now == status or now.endswith("_IN_PROGRESS") or re.sub("_.*", "", now) != re.sub("_.*", "", status), \
                f"{now} instead of {status}: {stack['stack_status_reason']}\n{self.log()[-3000:]}"
            return now == status and stack
        return wait_until(f"{path} to become {status}", arrived, timeout)

    def delete(self, path, user="demo"):
        """Deletes a stack and waits until it is gone."""
        self.api("DELETE", path, user=user).expect(204)
        wait_until(f"{path} to be deleted",
                   lambda: self.api("GET", path, user=user).json.get("stack", {}).get("stack_status") in (None, "DELETE_COMPLETE"))
