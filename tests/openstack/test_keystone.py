"""auth = keystone against a real Keystone: which tokens open what, what happens while it is away, and the stock clients."""

import http.server
import json
import os
import re
import signal
import subprocess
import threading
import time

import pytest

import hearth
import keystone_server
from keystone_server import DOMAIN, clean_environment

FIRST_FILE = str(hearth.ROOT / "examples" / "first.yaml")
EMPTY = {"heat_template_version": "2021-04-16"}
UNAUTHORIZED = '{"error": {"code": 401, "title": "Unauthorized", "message": "The request you have made requires authentication."}}'


def wait_for(what, condition, timeout=30):
    return hearth.wait_until(what, condition, timeout, step=0.1)


def refused(reply, keystone):
    """The 401 of keystonemiddleware, to the byte."""
    reply.expect(401)
    assert reply.text == UNAUTHORIZED
    assert reply.headers["Www-Authenticate"] == f'Keystone uri="{keystone.url.removesuffix("/v3")}"'
    assert reply.headers["Content-Type"] == "application/json"
    assert reply.headers["X-Openstack-Request-Id"].startswith("req-")
    return True


def away(reply):
    """The 503 of a Hearth that cannot ask Keystone."""
    reply.expect(503)
    assert reply.json["error"]["type"] == "ServiceUnavailable"
    assert re.fullmatch(r"The identity service at http\S+/v3 is not available\.", reply.message)
    return True


# ---- tokens that open a project --------------------------------------------------------------------------------------

def test_password(service, keystone):
    assert service.statuses(keystone.token("demo")) == {200}


def test_rescoped(service, keystone):
    unscoped = keystone.token("demo", scope="unscoped")
    scoped = keystone.authenticate({"project": {"id": keystone.id("project", "demo")}}, token={"id": unscoped}).expect(201)
    assert service.statuses(scoped.headers["X-Subject-Token"]) == {200}


def new_credential(keystone, name, **more):
    """An application credential of demo's: its id and secret."""
    login = keystone.login("demo").expect(201)
    path = f"/users/{login.json['token']['user']['id']}/application_credentials"
    made = keystone.http("POST", path, {"application_credential": {"name": name, **more}}, login.headers["X-Subject-Token"])
    made = made.expect(201).json["application_credential"]
    return {"id": made["id"], "secret": made["secret"]}


def test_application_credential(service, keystone, stack_name):
    credential = new_credential(keystone, stack_name, roles=[{"name": "reader"}])
    token = keystone.authenticate(application_credential=credential).expect(201).headers["X-Subject-Token"]
    assert service.statuses(token) == {200}
    assert service.statuses(token, project="demo2") == {403}
    create = service.http("POST", f"/v1/{keystone.id('project', 'demo')}/stacks", {"stack_name": "x", "template": EMPTY}, token=token)
    assert create.expect(403).message == "You are not authorized to use stacks:create."


def test_a_credential_with_access_rules_is_refused(service, keystone, stack_name):
    """Nothing here enforces those rules, so Keystone itself keeps such tokens from us."""
    credential = new_credential(keystone, stack_name, access_rules=[{"service": "orchestration", "method": "GET", "path": "/v1/*/stacks"}])
    token = keystone.authenticate(application_credential=credential).expect(201).headers["X-Subject-Token"]
    refused(service.get(token), keystone)


# ---- tokens that do not ----------------------------------------------------------------------------------------------

@pytest.mark.parametrize("token", [None, "", "wrong", "gAAAAA" + "x" * 200, "0" * 32, "x" * 5000, "caf\xe9", "a b", "../../users", "*"])
def test_no_token_of_keystone(service, keystone, token):
    reply = service.http("GET", f"/v1/{keystone.id('project', 'demo')}/stacks",
                         headers=None if token is None else {"X-Auth-Token": token.encode("latin-1")})
    refused(reply, keystone)


def test_another_keystones_token(service, keystone):
    """One that was good until somebody changed a letter of it."""
    token = keystone.token("demo")
    middle = len(token) // 2
    refused(service.get(token[:middle] + ("A" if token[middle] != "A" else "B") + token[middle + 1:]), keystone)


def test_expired(lone, short, keystone):
    """Not even a long cache keeps a token alive past its end."""
    token = short.token("demo")
    lone.get(token).expect(200)
    began = time.monotonic()
    wait_for("the token to end", lambda: lone.get(token).status != 200, 10)
    refused(lone.get(token), keystone)
    assert time.monotonic() - began < 8


@pytest.mark.parametrize("by", ["revocation", "password", "role", "disabled"])
def test_revoked(service, keystone, stack_name, by):
    """Whatever Keystone ends a token for: here it ends token_cache_time later."""
    user = f"u-{by}-{os.getpid()}"
    keystone.new_user(user, "before", "demo", "member")
    token = keystone.token(user, password="before", project="demo")
    assert service.statuses(token) == {200}
    user_path = f"/users/{keystone.id('user', user)}"
    if by == "revocation":
        keystone.http("DELETE", "/auth/tokens", None, token, {"X-Subject-Token": token}).expect(204)
    elif by == "password":
        keystone.admin("PATCH", user_path, {"user": {"password": "after"}})
    elif by == "role":
        keystone.assignment("DELETE", user, "demo", "member")
    else:
        keystone.admin("PATCH", user_path, {"user": {"enabled": False}})
    wait_for("every worker to know", lambda: service.statuses(token) == {401}, 5)
    refused(service.get(token), keystone)


# ---- scopes and roles ------------------------------------------------------------------------------------------------

def test_other_scopes(service, keystone):
    """No project, no access: as Heat has it. The administrator of the whole system may look everywhere."""
    forbidden = service.get(keystone.token("demo", scope="unscoped")).expect(403)
    assert forbidden.json["error"]["type"] == "HTTPForbidden" and forbidden.message == "Access was denied to this resource."
    keystone.admin("PUT", f"/domains/default/users/{keystone.id('user', 'demo')}/roles/{keystone.id('role', 'member')}")
    service.get(keystone.token("demo", scope={"domain": DOMAIN})).expect(403)
    keystone.admin("PUT", f"/domains/default/users/{keystone.id('user', 'admin')}/roles/{keystone.id('role', 'admin')}")
    service.get(keystone.token("admin", scope={"domain": DOMAIN})).expect(200)
    system = keystone.token("admin", scope={"system": {"all": True}})
    service.get(system).expect(200)
    service.get(system, path="/services").expect(200)


def test_another_project(service, keystone):
    token = keystone.token("demo")
    reply = service.get(token, project="demo2").expect(403)
    assert reply.json["error"]["type"] == "HTTPForbidden" and reply.message == "Access was denied to this resource."
    service.http("GET", f"/v1/{'0' * 32}/stacks", token=token).expect(403)
    service.get(keystone.token("admin"), project="demo2").expect(200)


@pytest.mark.parametrize("user,method,path,status", [
    ("reader", "GET", "/stacks", 200), ("reader", "POST", "/stacks", 403), ("reader", "GET", "/services", 403),
    ("demo", "GET", "/stacks", 200), ("demo", "POST", "/stacks", 400), ("demo", "GET", "/services", 403),
    ("admin", "GET", "/services", 200), ("admin", "POST", "/stacks", 400),
    ("agent", "GET", "/stacks", 403), ("agent", "POST", "/stacks", 403), ("owner", "GET", "/stacks", 403),
])
def test_roles(service, keystone, user, method, path, status):
    url = f"/v1/{keystone.id('project', 'demo')}{path}"
    reply = service.http(method, url, {"stack_name": "x"} if method == "POST" else None, token=keystone.token(user)).expect(status)
    if status == 403:
        assert re.fullmatch(r"You are not authorized to use \w+:\w+\.", reply.message)


def test_policy_by_role_names(make_service, keystone):
    """A cloud where heat_stack_owner makes stacks and plain members only look, as older Heats had it."""
    service = make_service()
    policy = service.directory / "policy.yaml"
    policy.write_text('"stack_owner": "role:heat_stack_owner and project_id:%(project_id)s"\n'
                      '"stacks:create": "rule:stack_owner"\n"stacks:index": "rule:stack_owner or role:member"\n')
    service.write_config(policy_file=policy)
    service.restart_hearthd()
    path = f"/v1/{keystone.id('project', 'demo')}/stacks"
    body = {"stack_name": "x"}
    service.http("POST", path, body, token=keystone.token("owner")).expect(400)
    service.http("GET", path, token=keystone.token("owner")).expect(200)
    service.http("POST", path, body, token=keystone.token("demo")).expect(403)
    service.http("GET", path, token=keystone.token("demo")).expect(200)
    service.http("GET", path, token=keystone.token("reader")).expect(403)


def test_a_stack_carries_its_makers_names(service, keystone, stack_name):
    path = service.create(stack_name, EMPTY)
    stack = service.show(path)
    assert stack["stack_owner"] == "demo"
    assert stack["parameters"]["OS::project_id"] == keystone.id("project", "demo")
    service.api("GET", path, user="reader").expect(200)
    service.http("DELETE", f"/v1/{keystone.id('project', 'demo')}{path}", token=keystone.token("reader")).expect(403)
    service.delete(path)


# ---- what Keystone is asked, and when --------------------------------------------------------------------------------

def test_a_token_is_asked_about_once(lone, keystone):
    token = keystone.token("demo")
    logins, checks = keystone.count("POST"), keystone.count("GET")
    for _ in range(20):
        lone.get(token).expect(200)
    assert keystone.count("POST") == logins + 1, "its own token, once"
    assert keystone.count("GET") == checks + 1
    lone.get(keystone.token("reader")).expect(200)
    assert keystone.count("GET") == checks + 2
    assert keystone.count("POST") == logins + 2, "the reader's login and no more of Hearth's"


def test_a_wrong_token_is_asked_about_once(lone, keystone):
    lone.get(keystone.token("demo")).expect(200)
    checks = keystone.count("GET")
    for _ in range(20):
        lone.get("a-wrong-one").expect(401)
    assert keystone.count("GET") == checks + 1


def test_no_token_is_no_question(lone, keystone):
    checks, logins = keystone.count("GET"), keystone.count("POST")
    for token in (None, "a b", "caf\xe9"):
        lone.http("GET", f"/v1/{keystone.id('project', 'demo')}/stacks", token=token and token.encode("latin-1")).expect(401)
    assert (keystone.count("GET"), keystone.count("POST")) == (checks, logins)


def test_its_own_token_is_renewed_before_it_ends(make_service, keystone):
    """Renewed from a minute before the end: of one that is good for 64 s, after 4 s."""
    front = keystone.front("minute", expiration=64)
    service = make_service({"api_workers": "1"}, keystone=front)
    tokens = [keystone.token(user) for user in ("demo", "reader", "admin")]
    for token in tokens[:2]:
        service.get(token).expect(200)
    assert front.count("POST") == 1
    time.sleep(5)
    service.get(tokens[2]).expect(200)
    assert front.count("POST") == 2
    front.stop()


def test_a_user_with_the_role_admin_will_do(make_service, keystone):
    make_service(user="hearth-admin").get(keystone.token("demo")).expect(200)


@pytest.mark.parametrize("form", ["{root}", "{root}/", "{root}/v3", "{root}/v3/"])
def test_forms_of_keystone_url(make_service, keystone, form):
    service = make_service({"keystone_url": form.format(root=keystone.url.removesuffix("/v3"))})
    service.get(keystone.token("demo")).expect(200)
    refused(service.get("wrong"), keystone)


def test_the_url_that_clients_are_told(make_service, keystone):
    """Hearth may reach Keystone by another way than its clients do."""
    service = make_service({"keystone_public_url": "https://keystone.example.org:5000/v3"})
    service.get(keystone.token("demo")).expect(200)
    assert service.get("wrong").expect(401).headers["Www-Authenticate"] == 'Keystone uri="https://keystone.example.org:5000"'


def test_keystone_over_https(make_service, keystone):
    front = keystone_server.TlsFront(keystone.url.removesuffix("/v3"))
    try:
        service = make_service({"keystone_url": front.url, "keystone_cacert": front.certificate})
        service.get(keystone.token("demo")).expect(200)
        refused(service.get("wrong"), front)
        stranger = make_service({"keystone_url": front.url})
        away(stranger.get(keystone.token("demo")))
        assert re.search(rf"Keystone at {front.url}/v3: .*certificate.*keystone_cacert", stranger.log())
    finally:
        front.close()


# ---- Keystone away ---------------------------------------------------------------------------------------------------

def test_keystone_stopped(lone, keystone):
    """Known tokens go on, others are told that it is not their fault, and all is well again without anybody's help."""
    known, other = lone.token("demo"), keystone.token("reader")
    lone.get(known).expect(200)
    keystone.stop()
    try:
        lone.get(known).expect(200)
        path = lone.create("while-away", EMPTY)
        away(lone.get(other))
        away(lone.get("wrong"))
        assert re.search(r"Keystone at \S+: Failed to connect.*check that it runs and that keystone_url", lone.log())
    finally:
        keystone.start()
    wait_for("recovery", lambda: lone.get(other).status == 200, 5)
    refused(lone.get("wrong"), keystone)
    lone.delete(path)


def test_keystone_silent(make_service, keystone):
    """It takes the connection and says nothing: one request waits keystone_timeout, those right after it do not."""
    service = make_service({"keystone_timeout": "1s", "api_workers": "1", "token_cache_time": "1h"})
    known, other = keystone.token("demo"), keystone.token("reader")
    service.get(known).expect(200)
    keystone.freeze()
    try:
        began = time.monotonic()
        away(service.get(other))
        assert 0.9 < time.monotonic() - began < 5
        began = time.monotonic()
        for _ in range(5):
            away(service.get(other))
        service.get(known).expect(200)
        assert time.monotonic() - began < 0.9
    finally:
        keystone.thaw()
    wait_for("recovery", lambda: service.get(other).status == 200, 5)


def test_keystone_with_new_keys(lone, keystone):
    """After a restart with new keys no token of before is worth anything, Hearth's own included: it gets itself another."""
    before = keystone.token("demo")
    lone.get(keystone.token("reader")).expect(200)
    keystone.stop()
    keystone.make_keys()
    keystone.ids.pop("token", None)
    keystone.start()
    after = keystone.token("demo")
    logins = keystone.count("POST")
    lone.get(after).expect(200)
    assert keystone.count("POST") == logins + 1
    refused(lone.get(before), keystone)
    assert "level=error" not in lone.log()


# ---- a wrong configuration -------------------------------------------------------------------------------------------

def test_wrong_password(make_service, keystone):
    service = make_service({"api_workers": "2"})
    keystone_server.password_file(service.secrets, "not-the-password")
    service.restart_hearthd()
    token = keystone.token("demo")
    away(service.get(token))
    assert re.search(rf"Keystone at {keystone.url} does not let user hearth into project service \(status 401\); check the options "
                     r"keystone_\* and the password in keystone_password_file", service.log())
    assert "not-the-password" not in service.log()

    keystone_server.password_file(service.secrets, keystone.service_password)
    service.signal(signal.SIGHUP)
    wait_for("the right password", lambda: service.statuses(token) == {200}, 20)


@pytest.mark.parametrize("option,value", [("keystone_user", "nobody"), ("keystone_project", "demo"), ("keystone_user_domain", "none")])
def test_wrong_service_user(make_service, keystone, option, value):
    service = make_service({option: value})
    away(service.get(keystone.token("demo")))
    assert re.search(r"does not let user \S+ into project \S+ \(status 401\); check the options keystone_\*", service.log())


def test_a_service_user_without_the_role(make_service, keystone):
    service = make_service(user="hearth-member")
    away(service.get(keystone.token("demo")))
    assert re.search(r"does not let user hearth-member validate tokens \(status 403\); give it the role admin or service in "
                     r"project service", service.log())


class Elsewhere(http.server.BaseHTTPRequestHandler):
    """A web server that is no Keystone."""

    def do_POST(self):
        self.send_error(404)

    def log_message(self, *message):
        pass


def test_no_keystone_there(make_service):
    """keystone_url names another web server: nobody's token is to blame, nor the service user's password."""
    server = http.server.HTTPServer(("127.0.0.1", 0), Elsewhere)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        url = f"http://127.0.0.1:{server.server_port}/v3"
        service = make_service({"keystone_url": url})
        away(service.get("any"))
        assert re.search(rf"Keystone at {url}: it answered 404 to a login; check that it runs and that keystone_url", service.log())
    finally:
        server.shutdown()
        server.server_close()


def test_options_that_are_missing(make_service):
    with pytest.raises(AssertionError, match="auth = keystone needs the option keystone_url"):
        make_service({"keystone_url": ""})
    with pytest.raises(AssertionError, match="keystone_password_file /nowhere cannot be read"):
        make_service({"keystone_password_file": "/nowhere"})


# ---- stock clients, who know nothing but Keystone's address ------------------------------------------------------------

def block_after(text, mark):
    """The indented block that follows mark in a page of the documentation."""
    return re.search(r"(?:^    .*\n)+", text[text.index(mark):], re.M).group()


def test_the_walk_through_of_the_documentation(make_service, service, keystone):
    """docs/identity.md: the operator's steps, as they stand there, on a Keystone that knows of no Hearth."""
    page = (hearth.ROOT / "docs" / "identity.md").read_text()
    commands, settings = block_after(page, "**1. In Keystone**"), block_after(page, "**2. On each host of Hearth**")
    commands = commands.replace("--password-prompt", f"--password {keystone.service_password}")
    commands = commands.replace("https://orchestration.example.org", service.url)
    keystone.forget("service", "hearth")
    keystone.forget("user", "hearth")
    env = clean_environment(OS_AUTH_URL=keystone.url, OS_USERNAME="admin", OS_PASSWORD=hearth.PASSWORD, OS_PROJECT_NAME="admin",
                            OS_USER_DOMAIN_NAME="Default", OS_PROJECT_DOMAIN_NAME="Default")
    done = subprocess.run(["bash", "-euxc", commands], env=env, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr

    config = dict(re.findall(r"(\w+) += (\S+)", settings))
    assert config.pop("keystone_url") and config.pop("keystone_password_file")
    walked = make_service(config, user=None)
    walked.get(keystone.token("demo")).expect(200)
    assert isinstance(service.openstack("stack", "list"), list), "the catalogue leads there"


def outputs_of(stack):
    return {output["output_key"]: output["output_value"] for output in stack["outputs"]}


def test_openstack_client(service, stack_name):
    name = stack_name
    service.openstack("stack", "create", "--wait", "--poll", "1", "-t", FIRST_FILE, name, json_output=False)
    assert [s["Stack Name"] for s in service.openstack("stack", "list") if s["Stack Name"] == name] == [name]
    assert outputs_of(service.openstack("stack", "show", name))["greeting"] == f"Hello, {name}"
    assert {r["resource_status"] for r in service.openstack("stack", "resource", "list", name)} == {"CREATE_COMPLETE"}
    service.openstack("stack", "delete", "--yes", "--wait", name, json_output=False)
    assert name not in [s["Stack Name"] for s in service.openstack("stack", "list")]


def test_openstack_client_of_a_reader(service):
    failed = service.openstack("stack", "create", "-t", FIRST_FILE, "x", user="reader", check=False)
    assert failed.returncode and "You are not authorized to use stacks:create." in failed.stderr


def test_openstacksdk(service, stack_name):
    pytest.importorskip("openstack")
    sdk = service.sdk()
    stack = sdk.orchestration.create_stack(name=stack_name, template={
        **EMPTY, "resources": {"r": {"type": "OS::Heat::RandomString"}}, "outputs": {"o": {"value": {"get_attr": ["r", "value"]}}}})
    wait_for("the stack", lambda: sdk.orchestration.get_stack(stack.id).status == "CREATE_COMPLETE")
    assert [s.id for s in sdk.orchestration.stacks(name=stack_name)] == [stack.id]
    assert len(sdk.orchestration.find_stack(stack_name).outputs[0]["output_value"]) == 32
    sdk.orchestration.delete_stack(stack)
    wait_for("the end", lambda: not list(sdk.orchestration.stacks(name=stack_name)))


def test_openstack_client_with_an_application_credential(service, keystone, stack_name):
    credential = new_credential(keystone, stack_name)
    env = clean_environment(OS_AUTH_TYPE="v3applicationcredential", OS_AUTH_URL=keystone.url, OS_REGION_NAME="RegionOne",
                            OS_APPLICATION_CREDENTIAL_ID=credential["id"], OS_APPLICATION_CREDENTIAL_SECRET=credential["secret"])
    done = subprocess.run(["/usr/bin/openstack", "stack", "list", "-f", "json"], env=env, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0 and isinstance(json.loads(done.stdout), list), done.stderr


def test_behind_a_load_balancer_that_speaks_https(make_service, service, keystone, stack_name):
    """Clients come by https and another port: links, redirects and what they lead to are theirs."""
    behind = make_service({"public_url": "", "trust_proxy_headers": "true"})
    front = keystone_server.TlsFront(behind.url)
    keystone.publish(front.url)
    try:
        env = clean_environment(**behind.openrc(), OS_CACERT=str(front.certificate))

        def openstack(*words):
            done = subprocess.run(["/usr/bin/openstack", *words], env=env, capture_output=True, text=True, timeout=120)
            assert done.returncode == 0, f"{words}:\n{done.stdout}{done.stderr}\n{behind.log()[-2000:]}"
            return done.stdout

        openstack("stack", "create", "--wait", "--poll", "1", "-t", FIRST_FILE, stack_name)
        stack = json.loads(openstack("stack", "show", stack_name, "-f", "json"))
        path = f"/v1/{keystone.id('project', 'demo')}/stacks/{stack_name}"
        assert [link["href"] for link in stack["links"]] == [f"{front.url}{path}/{stack['id']}"]
        assert f'"GET {path} HTTP/1.0" 302' in (behind.directory / "nginx-access.log").read_text(), "show by name was redirected"
        headers = {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "cloud.example.org:8443"}
        moved = behind.http("GET", path, token=behind.token(), headers=headers).expect(302)
        assert moved.headers["Location"] == f"https://cloud.example.org:8443{path}/{stack['id']}"
        openstack("stack", "delete", "--yes", "--wait", stack_name)
        behind.http("GET", path, token=behind.token()).expect(404)
    finally:
        keystone.publish(service.url)
        front.close()
