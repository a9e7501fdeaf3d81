"""hearthctl: every command, its JSON, and what it says when something is wrong."""

import json
import subprocess

import pytest

import hearth


@pytest.fixture(scope="module")
def own(make_module_service):
    return make_module_service(config={"engines": 1})


@pytest.fixture
def ctl(own):
    """Runs hearthctl with --json and reads it."""
    return lambda *args, **options: json.loads(own.ctl("--json", *args, **options))


def refused(own, *args, input=None):
    """What hearthctl says, having failed."""
    conf = own.directory / "hearth.conf"
    command = [own.directory / "hearthctl", "--config", conf, *args]
    done = subprocess.run(list(map(str, command)), input=input or "", capture_output=True, text=True, timeout=60)
    assert done.returncode in (1, 2), done
    return done.stderr


def test_tenants(own, ctl):
    made = ctl("tenant", "create", "shop", "--description", "a shop")
    assert made["name"] == "shop" and len(made["id"]) == 32
    shown = ctl("tenant", "show", "shop")
    assert shown == {"id": made["id"], "name": "shop", "enabled": True, "users": 0, "stacks": 0, "description": "a shop"}
    assert ctl("tenant", "show", made["id"]) == shown
    assert "shop" in [tenant["name"] for tenant in ctl("tenant", "list")]
    ctl("tenant", "disable", "shop")
    assert ctl("tenant", "show", "shop")["enabled"] is False
    ctl("tenant", "enable", "shop")
    ctl("tenant", "delete", "shop")
    assert "there is no tenant shop; make it with: hearthctl tenant create shop" in refused(own, "tenant", "show", "shop")


def test_a_tenant_with_stacks_stays(own, stack_name):
    path = own.create(stack_name, {"heat_template_version": "2021-04-16", "resources": {}})
    assert "tenant demo has 1 stacks; delete those first" in refused(own, "tenant", "delete", "demo")
    own.delete(path)


def test_users(own, ctl):
    ctl("user", "create", "ann", "--password-file", "-", "--tenant", "demo", "--role", "member", "--role", "x", input="pw\n")
    assert ctl("user", "show", "ann")["grants"] == "demo:member,x"
    ctl("user", "revoke", "ann", "demo", "x")
    ctl("user", "grant", "ann", "demo2", "reader")
    assert ctl("user", "show", "ann")["grants"] == "demo:member demo2:reader"
    ctl("user", "revoke", "ann", "demo2")
    assert own.login("ann", "pw", "demo").status == 201
    ctl("user", "password", "ann", "--password-stdin", input="other\n")
    assert (own.login("ann", "pw", "demo").status, own.login("ann", "other", "demo").status) == (401, 201)
    ctl("user", "disable", "ann")
    assert ctl("user", "show", "ann")["enabled"] is False
    assert own.login("ann", "other", "demo").status == 401
    ctl("user", "enable", "ann")
    assert own.login("ann", "other", "demo").status == 201
    ctl("user", "delete", "ann")
    assert "ann" not in [user["name"] for user in ctl("user", "list")]


def test_tokens(own, ctl):
    made = ctl("token", "issue", "demo", "demo")
    path = f"/v1/{made['project_id']}/stacks"
    assert own.http("GET", path, token=made["id"]).status == 200
    ctl("token", "revoke", made["id"])
    assert "no such token" in refused(own, "token", "revoke", made["id"])
    ctl("token", "issue", "demo", "demo")
    assert "Revoked" in ctl("token", "revoke", "--user", "demo")["done"]
    own.tokens.clear()


def test_services_and_operations(own, ctl, stack_name):
    path = own.create(stack_name, {"heat_template_version": "2021-04-16", "resources": {}})
    [service] = hearth.wait_until("the engine's report", lambda: ctl("service", "list"))
    assert service["state"] == "up"
    assert ctl("operation", "list") == []
    [operation] = [o for o in ctl("operation", "list", "--all") if o["stack"] == stack_name]
    assert (operation["tenant"], operation["action"], operation["state"]) == ("demo", "CREATE", "DONE")
    shown = ctl("operation", "show", operation["id"][:13])
    assert shown["id"] == operation["id"] and shown["finished_at"] and shown["request_id"].startswith("req-")
    assert len(ctl("operation", "list", "--all", "--limit=1")) == 1
    own.delete(path)


def test_migrate_status(own, ctl):
    assert [m["version"] for m in ctl("migrate", "status")][:2] == [0, 1]
    assert "This program works on versions" in own.ctl("migrate", "status")


def test_key_and_configuration(own):
    path = own.directory / "hearth.keys"
    before = path.read_text()
    assert "is there already and was left alone" in refused(own, "key", "new")
    assert path.read_text() == before
    assert "Read without complaint" in own.ctl("config", "check")
    assert "api_workers = 4" in own.ctl("config", "sample").replace("#", "")
    assert "token_cache_time" in own.ctl("config", "markdown")


@pytest.mark.parametrize("args,message", [
    (["tenant", "create", "demo"], "there is a tenant demo already"),
    (["tenant", "create", " x"], "a tenant's name has 1 to 64 bytes"),
    (["tenant", "create", "a\nb"], "a tenant's name has 1 to 64 bytes"),
    (["tenant", "create"], "usage: hearthctl tenant create NAME"),
    (["tenant", "list", "x"], "usage: hearthctl tenant list"),
    (["tenant", "list", "--all"], "tenant list has no option --all"),
    (["tenat", "list"], "did you mean: hearthctl tenant list"),
    (["tenant"], "tenant create NAME"),
    (["user", "create", "x", "--role", "member"], "--role needs --tenant"),
    (["user", "create", "x", "--tenant", "none"], "there is no tenant none"),
    (["user", "create", "x", "--tenant", "demo", "--role", "a b"], "a role's name has"),
    (["user", "create", "x", "--password-file"], "--password-file needs a value"),
    (["user", "create", "x"], "give the password by --password-file"),
    (["user", "create", "x", "--password-file", "/nonexistent"], "/nonexistent cannot be opened"),
    (["user", "create", "x", "--password-file", "-"], "no password in standard input"),
    (["user", "grant", "none", "demo", "member"], "there is no user none"),
    (["user", "revoke", "demo2", "demo"], "user demo2 has no such role in tenant demo"),
    (["token", "issue", "demo", "demo2"], "user demo has no role in tenant demo2; give one with"),
    (["token", "revoke"], "name one token, or all of a user with --user"),
    (["operation", "show", "0000"], "no operation begins with 0000"),
    (["operation", "show", "x"], "not the beginning of an operation's id"),
    (["operation", "list", "--limit", "many"], "--limit takes a number"),
])
def test_refused(own, args, message):
    assert message in refused(own, *args)


def test_the_api_role_may_not_make_users(own):
    conf = own.directory / "weak.conf"
    conf.write_text(f"database = {own.conninfo('hearth_api')}\n")
    done = subprocess.run([str(own.directory / "hearthctl"), "-c", str(conf), "tenant", "create", "x"], capture_output=True, text=True)
    assert done.returncode == 1 and "permission denied" in done.stderr and "operator_database" in done.stderr, done
