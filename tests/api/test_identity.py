"""The standalone identity: every way to log in, what is refused, what ends a token, and the stock clients."""

import concurrent.futures
import datetime
import json
import time

import pytest

import hearth

V3 = "/identity/v3"
DOMAIN = {"name": "Default"}
UNAUTHORIZED = "The request you have made requires authentication."
MALFORMED = (" The server could not comply with the request since it is either malformed or otherwise incorrect. The client is "
             "assumed to be in error.")


def by_password(name="demo", password=hearth.PASSWORD, scope=None, who=None):
    """who: the user map in place of name and domain."""
    user = who or {"name": name, "domain": DOMAIN}
    return {"auth": {"identity": {"methods": ["password"], "password": {"user": {**user, "password": password}}},
                     **({"scope": scope} if scope is not None else {})}}


def by_token(token, scope=None):
    return {"auth": {"identity": {"methods": ["token"], "token": {"id": token}}, **({"scope": scope} if scope is not None else {})}}


def by_credential(**credential):
    return {"auth": {"identity": {"methods": ["application_credential"], "application_credential": credential}}}


def project(name):
    return {"project": {"name": name, "domain": DOMAIN}}


@pytest.fixture
def post(service):
    return lambda body, path="/auth/tokens", **options: service.http("POST", V3 + path, body, **options)


@pytest.fixture
def user(service, stack_name):
    """A user of this test alone, member of demo; takes what hearthctl prints away with it."""
    name = f"u-{stack_name}"[:60]
    service.ctl("user", "create", name, "--password-file", "-", "--tenant", "demo", "--role", "member", input=hearth.PASSWORD + "\n")
    yield name
    service.ctl("user", "delete", name)


def fresh_token(service, name, scope="demo"):
    reply = service.http("POST", V3 + "/auth/tokens", by_password(name, scope=project(scope))).expect(201)
    return reply.headers["X-Subject-Token"], reply.json["token"]


def works(service, token):
    """Status of a plain read with that token, from enough requests to meet every worker."""
    path = f"/v1/{service.project_id('demo')}/stacks"
    return {service.http("GET", path, token=token).status for _ in range(12)}


# ---- discovery -------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("path,status", [("/identity", 300), ("/identity/", 300), (V3, 200), (V3 + "/", 200)])
def test_discovery(service, path, status):
    reply = service.http("GET", path).expect(status)
    version = reply.json["version"] if status == 200 else reply.json["versions"]["values"][0]
    assert version["id"].startswith("v3.") and version["status"] == "stable"
    assert version["links"] == [{"rel": "self", "href": f"{service.url}{V3}/"}]
    assert service.http("HEAD", path).expect(status).raw == b""


def test_stock_sdk_finds_the_endpoint(service):
    openstack = pytest.importorskip("openstack")
    sdk = openstack.connect(auth={"auth_url": service.auth_url, "username": "demo", "password": hearth.PASSWORD,
                                  "project_name": "demo", "user_domain_name": "Default", "project_domain_name": "Default"},
                            region_name="RegionOne", load_yaml_config=False, load_envvars=False)
    assert sdk.session.get_endpoint(service_type="orchestration").startswith(f"{service.url}/v1/{sdk.current_project_id}")
    assert sdk.current_project.name == "demo"
    list(sdk.orchestration.stacks())
    assert [p.name for p in sdk.identity.user_projects(sdk.current_user_id)] == ["demo"]


# ---- logging in ------------------------------------------------------------------------------------------------------

def test_token_document(service, post):
    reply = post(by_password(scope=project("demo"))).expect(201)
    token = reply.json["token"]
    assert list(token) == ["methods", "user", "audit_ids", "expires_at", "issued_at", "project", "is_domain", "roles", "catalog"]
    assert token["methods"] == ["password"]
    assert token["user"] == {"domain": {"id": "default", "name": "Default"}, "id": token["user"]["id"], "name": "demo",
                             "password_expires_at": None}
    assert [role["name"] for role in token["roles"]] == ["member", "reader"]
    lifetime = datetime.datetime.fromisoformat(token["expires_at"][:-1]) - datetime.datetime.fromisoformat(token["issued_at"][:-1])
    assert lifetime == datetime.timedelta(hours=1)
    urls = {(s["type"], e["interface"]): e["url"] for s in token["catalog"] for e in s["endpoints"]}
    assert urls[("orchestration", "public")] == f"{service.url}/v1/{token['project']['id']}"
    assert urls[("identity", "internal")] == service.auth_url
    assert len(urls) == 6
    assert "catalog" not in post(by_password(scope=project("demo")), "/auth/tokens?nocatalog").json["token"]


def test_password_by_id_and_by_either_name_of_the_domain(service, post):
    user_id = fresh_token(service, "demo")[1]["user"]["id"]
    for who in ({"id": user_id}, {"name": "demo", "domain": {"id": "default"}}, {"name": "demo", "domain": DOMAIN}):
        assert post(by_password(who=who)).expect(201).json["token"]["user"]["name"] == "demo"


@pytest.mark.parametrize("scope", [None, "unscoped", {"unscoped": {}}])
def test_unscoped(post, scope):
    token = post(by_password(scope=scope)).expect(201).json["token"]
    assert not {"project", "roles", "catalog"} & set(token)


def test_rescope(service, post):
    unscoped = post(by_password()).expect(201)
    for scope in (project("demo"), {"project": {"id": service.project_id("demo")}}):
        reply = post(by_token(unscoped.headers["X-Subject-Token"], scope)).expect(201)
        token = reply.json["token"]
        assert token["methods"] == ["token", "password"]
        assert token["project"]["name"] == "demo"
        assert token["expires_at"] == unscoped.json["token"]["expires_at"]
        assert works(service, reply.headers["X-Subject-Token"]) == {200}
    post(by_token(unscoped.headers["X-Subject-Token"], project("demo2"))).expect(401)


def test_an_unscoped_token_opens_no_project(service, post):
    token = post(by_password()).expect(201).headers["X-Subject-Token"]
    assert works(service, token) == {403}
    assert service.http("GET", V3 + "/auth/projects", token=token).expect(200).json["projects"][0]["name"] == "demo"


REFUSED = {
    "wrong password": (by_password(password="x"), UNAUTHORIZED),
    "no such user": (by_password("nobody-here"), UNAUTHORIZED),
    "no such id": (by_password(who={"id": "0" * 32}), UNAUTHORIZED),
    "other domain": (by_password(who={"name": "demo", "domain": {"name": "other"}}), UNAUTHORIZED),
    "empty password": (by_password(password=""), UNAUTHORIZED),
    "password of another kind": (by_password(password=5), UNAUTHORIZED),
    "a NUL after the password": (by_password(password=hearth.PASSWORD + "\0"), UNAUTHORIZED),
    "long password": (by_password(password="x" * 100_000), UNAUTHORIZED),
    "long name": (by_password("x" * 10_000), UNAUTHORIZED),
    "project of others": (by_password(scope=project("demo2")), UNAUTHORIZED),
    "no such project": (by_password(scope=project("none")), UNAUTHORIZED),
    "domain scope": (by_password(scope={"domain": DOMAIN}), UNAUTHORIZED),
    "system scope": (by_password(scope={"system": {"all": True}}), UNAUTHORIZED),
    "no method": ({"auth": {"identity": {"methods": []}}}, UNAUTHORIZED),
    "unknown method": ({"auth": {"identity": {"methods": ["x"], "x": {}}}}, "Attempted to authenticate with an unsupported method."),
    "unknown token": (by_token("x"), UNAUTHORIZED),
    "unknown credential": (by_credential(id="x", secret="y"), UNAUTHORIZED),
}


@pytest.fixture(scope="module")
def patient(make_module_service):
    """One that forgives failed logins, for tests that fail on purpose."""
    return make_module_service(config={"login_attempts": 1000})


@pytest.mark.parametrize("case", REFUSED)
def test_refused(patient, case):
    body, message = REFUSED[case]
    reply = patient.http("POST", V3 + "/auth/tokens", body).expect(401)
    assert reply.json == {"error": {"code": 401, "title": "Unauthorized", "message": message}}
    assert reply.headers["WWW-Authenticate"] == f'Keystone uri="{patient.url}/identity"'


MALFORMED_BODIES = {
    "no JSON": ("{", "Expecting to find valid JSON in request body." + MALFORMED),
    "a list": ("[]", "Expecting to find valid JSON in request body." + MALFORMED),
    "nothing": ("", "Expecting to find auth in request body." + MALFORMED),
    "no auth": ({}, "Expecting to find auth in request body." + MALFORMED),
    "no identity": ({"auth": {}}, "Expecting to find identity in auth." + MALFORMED),
    "no methods": ({"auth": {"identity": {}}}, "Expecting to find methods in identity." + MALFORMED),
    "methods of numbers": ({"auth": {"identity": {"methods": [1]}}}, "Expecting to find names in methods." + MALFORMED),
    "no part": ({"auth": {"identity": {"methods": ["password"]}}}, "Expecting to find password in identity." + MALFORMED),
    "no user": ({"auth": {"identity": {"methods": ["password"], "password": {}}}}, "Expecting to find user in password." + MALFORMED),
    "no name": (by_password(who={"domain": DOMAIN}), "Invalid input for field identity/password/user: id or name must be present."),
    "no domain": (by_password(who={"name": "demo"}), "Expecting to find domain in user." + MALFORMED),
    "project without domain": (by_password(scope={"project": {"name": "demo"}}), "Expecting to find domain in project." + MALFORMED),
    "project without name": (by_password(scope={"project": {}}), "Invalid input for field scope/project: id or name must be present."),
    "two scopes": (by_password(scope={"project": {"id": "x"}, "domain": {"id": "default"}}),
                   "Expecting to find system, project, domain, OS-TRUST:trust or unscoped in scope." + MALFORMED),
    "token without id": ({"auth": {"identity": {"methods": ["token"], "token": {}}}}, "Expecting to find id in token." + MALFORMED),
    "credential without name": (by_credential(secret="x"), "Expecting to find name or ID in application credential." + MALFORMED),
    "credential without user": (by_credential(name="x", secret="x"), "Expecting to find user in application credential." + MALFORMED),
}


@pytest.mark.parametrize("case", MALFORMED_BODIES)
def test_malformed(patient, case):
    body, message = MALFORMED_BODIES[case]
    reply = patient.http("POST", V3 + "/auth/tokens", body).expect(400)
    assert reply.json["error"]["message"] == message


# ---- guessing --------------------------------------------------------------------------------------------------------

def test_guessing_is_slowed_on_all_workers(make_service):
    service = make_service(config={"login_attempts": 5, "login_window": "3s"})

    def status(password, name="demo"):
        return service.http("POST", V3 + "/auth/tokens", by_password(name, password)).status

    assert [status("wrong") for _ in range(5)] == [401] * 5
    assert status(hearth.PASSWORD) == 401, "the right password was let in although the count is full"
    assert status(hearth.PASSWORD, "demo2") == 201, "another user is locked out too"
    assert "login refused without a look at the secret: user demo failed 5 times" in service.log()
    assert "wrong" not in service.log() and hearth.PASSWORD not in service.log()
    time.sleep(3.2)
    assert status(hearth.PASSWORD) == 201
    assert status("wrong") == 401 and status(hearth.PASSWORD) == 201, "success does not forget the failures"
    assert service.psql("select count(*) from hearth.login_failure where user_name = 'user demo'") == [["0"]]


def test_a_name_that_does_not_exist_is_counted_alike(make_service):
    service = make_service(config={"login_attempts": 3})
    for _ in range(5):
        assert service.http("POST", V3 + "/auth/tokens", by_password("ghost", "x")).status == 401
    assert "user ghost failed 3 times" in service.log()


def test_concurrent_failures_are_all_counted(make_service):
    service = make_service(config={"login_attempts": 1000})
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: service.http("POST", V3 + "/auth/tokens", by_password("demo", "x")).expect(401), range(24)))
    assert service.psql("select failures from hearth.login_failure where user_name = 'user demo'") == [["24"]]


# ---- the end of a token ----------------------------------------------------------------------------------------------

def test_revoked_at_once_in_every_worker(service, user):
    token, _ = fresh_token(service, user)
    assert works(service, token) == {200}
    service.http("DELETE", V3 + "/auth/tokens", token=token, headers={"X-Subject-Token": token}).expect(204)
    assert works(service, token) == {401}


def test_expired(make_service):
    service = make_service(config={"token_lifetime": "2s", "token_cache_time": "1h"})
    token, _ = fresh_token(service, "demo")
    path = f"/v1/{service.project_id('demo')}/stacks"
    assert service.http("GET", path, token=token).status == 200
    time.sleep(2.5)
    assert service.http("GET", path, token=token).status == 401


def test_what_hearthctl_takes_away(make_service):
    service = make_service(config={"token_cache_time": "0"})
    for command in (["user", "disable", "demo"], ["user", "revoke", "demo", "demo", "member"], ["tenant", "disable", "demo"],
                    ["token", "revoke", "--user", "demo"]):
        token, _ = fresh_token(service, "demo")
        path = f"/v1/{service.project_id('demo')}/stacks"
        assert service.http("GET", path, token=token).status == 200
        service.ctl(*command)
        assert service.http("GET", path, token=token).status == 401, command
        if command[0] != "token":
            service.http("POST", V3 + "/auth/tokens", by_password(scope=project("demo"))).expect(401)
        service.ctl("user", "enable", "demo")
        service.ctl("tenant", "enable", "demo")
        service.ctl("user", "grant", "demo", "demo", "member")
    token, _ = fresh_token(service, "demo")
    service.ctl("user", "password", "demo", "--password-file", "-", input="another\n")
    assert service.http("GET", path, token=token).status == 401
    service.http("POST", V3 + "/auth/tokens", by_password()).expect(401)
    service.http("POST", V3 + "/auth/tokens", by_password(password="another")).expect(201)


def test_hearthctl_issues_a_token(service):
    token = service.ctl("token", "issue", "demo", "demo").strip()
    assert works(service, token) == {200}
    service.ctl("token", "revoke", "-", input=token + "\n")


def test_no_token_and_no_password_is_stored_or_logged(service, user):
    token, _ = fresh_token(service, user)
    service.http("GET", V3 + "/auth/tokens", token=token, headers={"X-Subject-Token": token}).expect(200)
    tables = json.dumps([service.psql(f"select * from hearth.{table}") for table in ("token", "identity_user", "login_failure")])
    assert token not in tables and hearth.PASSWORD not in tables
    assert token not in service.log() and hearth.PASSWORD not in service.log()


# ---- tokens about tokens ---------------------------------------------------------------------------------------------

def test_subject_token(service):
    mine, theirs, admin = service.token("demo"), service.token("demo2"), service.token("admin")

    def ask(method, token, subject, status):
        headers = {"X-Subject-Token": subject} if subject else {}
        return service.http(method, V3 + "/auth/tokens", token=token, headers=headers).expect(status)

    reply = ask("GET", mine, mine, 200)
    assert reply.headers["X-Subject-Token"] == mine and reply.json["token"]["user"]["name"] == "demo"
    assert ask("HEAD", mine, mine, 200).raw == b""
    assert ask("GET", admin, mine, 200).json["token"]["user"]["name"] == "demo"
    forbidden = "You are not authorized to perform the requested action: identity:validate_token."
    assert ask("GET", mine, theirs, 403).json["error"]["message"] == forbidden
    assert ask("GET", mine, None, 403).json["error"]["message"] == forbidden
    assert ask("GET", mine, "x", 404).json["error"]["message"] == "Could not find token."
    ask("DELETE", mine, theirs, 403)
    ask("GET", None, mine, 401)
    ask("GET", "x", mine, 401)


# ---- what one may look up --------------------------------------------------------------------------------------------

def test_projects(service):
    own, other = service.project_id("demo"), service.project_id("demo2")

    def get(path, user, status=200):
        return service.http("GET", V3 + path, user=user).expect(status).json

    assert [p["id"] for p in get("/projects", "demo")["projects"]] == [own]
    assert [p["id"] for p in get("/projects?name=demo", "demo")["projects"]] == [own]
    assert get("/projects?name=demo2", "demo")["projects"] == []
    assert get("/projects?domain_id=other", "demo")["projects"] == []
    assert get(f"/projects/{own}", "demo")["project"]["name"] == "demo"
    assert get(f"/projects/{other}", "demo", 403)["error"]["message"].endswith("identity:get_project.")
    assert {p["name"] for p in get("/projects", "admin")["projects"]} >= {"demo", "demo2", "admin"}
    assert get(f"/projects/{other}", "admin")["project"]["name"] == "demo2"
    assert get("/projects/none", "admin", 404)["error"]["message"] == "Could not find project: none."
    links = get("/auth/projects?x=1", "demo")["links"]
    assert links == {"next": None, "self": f"{service.auth_url}/auth/projects?x=1", "previous": None}


def test_users(service):
    user_id = fresh_token(service, "demo")[1]["user"]["id"]

    def get(path, user, status=200):
        return service.http("GET", V3 + path, user=user).expect(status).json

    assert get(f"/users/{user_id}", "demo")["user"]["name"] == "demo"
    get(f"/users/{user_id}", "demo2", 403)
    get("/users/none", "demo", 403)
    get("/users/none", "admin", 404)
    get("/users", "demo", 403)
    assert [u["id"] for u in get("/users?name=demo", "admin")["users"]] == [user_id]
    assert [p["name"] for p in get(f"/users/{user_id}/projects", "demo")["projects"]] == ["demo"]
    get(f"/users/{user_id}/projects", "demo2", 403)


def test_domains_roles_catalogue(service):
    def get(path, status=200):
        return service.http("GET", V3 + path, user="demo").expect(status).json

    assert get("/domains/default")["domain"]["name"] == "Default"
    assert [d["id"] for d in get("/domains")["domains"]] == ["default"]
    assert get("/domains?name=x")["domains"] == []
    get("/domains/x", 404)
    [member] = get("/roles?name=member")["roles"]
    assert get(f"/roles/{member['id']}")["role"]["name"] == "member"
    get("/roles/x", 404)
    assert get("/roles?name=x")["roles"] == []
    assert {s["type"] for s in get("/auth/catalog")["catalog"]} == {"identity", "orchestration"}
    assert get("/auth/domains")["domains"] == [] and get("/auth/system")["system"] == []
    assert get("/nothing", 404)["error"]["code"] == 404
    assert service.http("PUT", V3 + "/auth/tokens", {}).expect(405).json["error"]["code"] == 405


# ---- application credentials -----------------------------------------------------------------------------------------

@pytest.fixture
def credentials(service, user):
    token, document = fresh_token(service, user)
    path = f"{V3}/users/{document['user']['id']}/application_credentials"

    def call(method, below="", body=None, token=token):
        body = {"application_credential": body} if body is not None else None
        return service.http(method, path + below, body, token=token)

    call.user, call.user_id = user, document["user"]["id"]
    return call


def test_life_of_an_application_credential(service, post, credentials):
    made = credentials("POST", body={"name": "one", "description": "d", "roles": [{"name": "reader"}]}).expect(201)
    made = made.json["application_credential"]
    assert [role["name"] for role in made["roles"]] == ["reader"] and len(made["secret"]) == 86 and made["unrestricted"] is False
    assert "secret" not in credentials("GET", f"/{made['id']}").expect(200).json["application_credential"]
    assert [c["id"] for c in credentials("GET", "?name=one").expect(200).json["application_credentials"]] == [made["id"]]
    assert credentials("GET", "?name=two").expect(200).json["application_credentials"] == []

    by_name = by_credential(name="one", user={"name": credentials.user, "domain": DOMAIN}, secret=made["secret"])
    for body in (by_credential(id=made["id"], secret=made["secret"]), by_name):
        reply = post(body).expect(201)
        assert reply.json["token"]["application_credential"] == {"id": made["id"], "name": "one", "restricted": True}
        assert [role["name"] for role in reply.json["token"]["roles"]] == ["reader"]
    token = reply.headers["X-Subject-Token"]
    assert works(service, token) == {200}
    refused = service.http("POST", f"/v1/{service.project_id('demo')}/stacks", {"stack_name": "x"}, token=token).expect(403)
    assert refused.message == "You are not authorized to use stacks:create."
    post(by_credential(id=made["id"], secret="wrong")).expect(401)

    credentials("DELETE", f"/{made['id']}").expect(204)
    assert works(service, token) == {401}, "its tokens outlive it"
    post(by_credential(id=made["id"], secret=made["secret"])).expect(401)
    credentials("DELETE", f"/{made['id']}").expect(404)
    credentials("GET", f"/{made['id']}").expect(404)


def test_a_credential_does_not_breed(service, post, credentials):
    made = credentials("POST", body={"name": "one", "secret": "s3cret"}).expect(201).json["application_credential"]
    token = post(by_credential(id=made["id"], secret="s3cret")).expect(201).headers["X-Subject-Token"]
    reply = credentials("POST", body={"name": "two"}, token=token).expect(403)
    assert "Using method 'application_credential' is not allowed" in reply.json["error"]["message"]
    credentials("DELETE", f"/{made['id']}", token=token).expect(403)
    assert "delegated token" in post(by_token(token, project("demo"))).expect(403).json["error"]["message"]
    scoped = by_credential(id=made["id"], secret="s3cret")
    scoped["auth"]["scope"] = project("demo")
    assert "cannot request a scope" in post(scoped).expect(401).json["error"]["message"]


def test_an_unrestricted_credential_may(service, post, credentials):
    made = credentials("POST", body={"name": "one", "secret": "s3cret", "unrestricted": True}).expect(201).json["application_credential"]
    assert made["unrestricted"] is True
    reply = post(by_credential(id=made["id"], secret="s3cret")).expect(201)
    assert reply.json["token"]["application_credential"]["restricted"] is False
    credentials("POST", body={"name": "two"}, token=reply.headers["X-Subject-Token"]).expect(201)


def test_an_expiring_credential(post, credentials):
    soon = (datetime.datetime.utcnow() + datetime.timedelta(seconds=3)).strftime("%Y-%m-%dT%H:%M:%S.%f")
    made = credentials("POST", body={"name": "one", "expires_at": soon}).expect(201).json["application_credential"]
    assert made["expires_at"] == soon
    token = post(by_credential(id=made["id"], secret=made["secret"])).expect(201).json["token"]
    assert token["expires_at"] <= soon + "Z"
    time.sleep(3)
    post(by_credential(id=made["id"], secret=made["secret"])).expect(401)


@pytest.mark.parametrize("body,status,message", [
    ({}, 400, "'name' is a required property"),
    ({"name": " "}, 400, "'name' is a required property"),
    ({"name": 5}, 400, "'name' is a string"),
    ({"name": "x" * 256}, 400, "'name' is a string of at most 255 bytes"),
    ({"name": "x", "secret": ["y"]}, 400, "'secret' is a string"),
    ({"name": "x", "roles": "member"}, 400, "'roles' is a list"),
    ({"name": "x", "roles": [{"name": "admin"}]}, 400, "unassigned role"),
    ({"name": "x", "roles": [5]}, 400, "unassigned role"),
    ({"name": "x", "expires_at": "tomorrow"}, 400, "Timestamp not in expected format."),
    ({"name": "x", "expires_at": "2000-01-01T00:00:00Z"}, 400, "The 'expires_at' must not be before now."),
    ({"name": "x", "access_rules": [{"path": "/"}]}, 400, "Access rules are not offered"),
])
def test_credentials_refused(credentials, body, status, message):
    assert message in credentials("POST", body=body).expect(status).json["error"]["message"]


def test_two_credentials_of_one_name(credentials):
    credentials("POST", body={"name": "one"}).expect(201)
    assert "Duplicate entry found with name one." in credentials("POST", body={"name": "one"}).expect(409).json["error"]["message"]


def test_credentials_of_others(service, credentials):
    made = credentials("POST", body={"name": "one"}).expect(201).json["application_credential"]
    theirs = service.token("demo2")
    credentials("GET", token=theirs).expect(403)
    credentials("GET", f"/{made['id']}", token=theirs).expect(403)
    credentials("DELETE", f"/{made['id']}", token=theirs).expect(403)
    credentials("POST", body={"name": "two"}, token=theirs).expect(403)
    credentials("GET", token=service.token("admin")).expect(200)


def test_a_lost_role_is_lost_to_the_credential(service, post, credentials):
    made = credentials("POST", body={"name": "one"}).expect(201).json["application_credential"]
    service.ctl("user", "grant", credentials.user, "demo", "reader")
    service.ctl("user", "revoke", credentials.user, "demo", "member")
    token = post(by_credential(id=made["id"], secret=made["secret"])).expect(201).json["token"]
    assert [role["name"] for role in token["roles"]] == ["reader"]


# ---- policy ----------------------------------------------------------------------------------------------------------

BAD = {"stack_name": "x"}  # refused later than policy


@pytest.mark.parametrize("user,method,path,status", [
    ("reader", "GET", "/stacks", 200), ("reader", "POST", "/stacks", 403), ("reader", "POST", "/validate", 403),
    ("demo", "GET", "/stacks", 200), ("demo", "POST", "/stacks", 400), ("demo", "GET", "/services", 403),
    ("admin", "GET", "/services", 200), ("admin", "POST", "/stacks", 400), ("reader", "GET", "/build_info", 200),
])
def test_policy(service, user, method, path, status):
    service.api(method, path, BAD if method == "POST" else None, user=user).expect(status)


def test_another_tenants_url(service):
    path = f"/v1/{service.project_id('demo2')}/stacks"
    reply = service.http("GET", path, user="demo").expect(403)
    assert reply.json["error"]["type"] == "HTTPForbidden" and reply.message == "Access was denied to this resource."
    service.http("GET", "/v1/" + "0" * 32 + "/stacks", user="demo").expect(403)
    service.http("GET", path, user="admin").expect(200)


def test_policy_file(make_service, tmp_path):
    policy = tmp_path / "policy.yaml"
    policy.write_text('"stacks:index": "role:member and not role:admin"\n')
    tmp_path.chmod(0o755)
    for parent in tmp_path.parents:
        if parent.owner() != "root" or parent == parent.parent:
            break
        parent.chmod(parent.stat().st_mode | 0o055)
    service = make_service(config={"policy_file": policy})
    service.api("GET", "/stacks", user="demo").expect(200)
    assert service.api("GET", "/stacks", user="reader").expect(403).message == "You are not authorized to use stacks:index."
    service.api("GET", "/stacks", user="admin").expect(403)


# ---- the stock client ------------------------------------------------------------------------------------------------

def test_openstack_token_and_projects(service):
    token = service.openstack("token", "issue")
    assert works(service, token["id"]) == {200}
    assert [p["Name"] for p in service.openstack("project", "list")] == ["demo"]


def test_openstack_catalog(service):
    assert {s["Type"] for s in service.openstack("catalog", "list")} == {"identity", "orchestration"}


def test_openstack_application_credential(service, post):
    made = service.openstack("application", "credential", "create", "--role", "member", "cli")
    assert post(by_credential(id=made["id"], secret=made["secret"])).expect(201)
    assert [c["Name"] for c in service.openstack("application", "credential", "list")] == ["cli"]
    service.openstack("application", "credential", "delete", "cli", json_output=False)
