"""Fixtures for tests against a real Keystone: that of keystone_server.py, and Hearths which ask it.

    def test_x(keystone, service): …            the Keystone of the run, and the Hearth that most tests share
    def test_y(make_service): make_service({…}, user="hearth-admin")
                                                one of your own, gone at the end of the test

Everything that a service of tests/api can do, one here can, too: see tests/api/hearth.py.
"""

import importlib.util
import pathlib
import shutil
import sys

import pytest

API = pathlib.Path(__file__).resolve().parents[1] / "api"
sys.path.insert(0, str(API))

import hearth
import keystone_server

spec = importlib.util.spec_from_file_location("api_conftest", API / "conftest.py")
api_conftest = importlib.util.module_from_spec(spec)
spec.loader.exec_module(api_conftest)
pytest_sessionstart, cluster, stack_name = api_conftest.pytest_sessionstart, api_conftest.cluster, api_conftest.stack_name


class Service(hearth.Service):
    """A Hearth with auth = keystone: users, roles and catalogue are Keystone's. It logs all it can."""

    def __init__(self, cluster, accounts, config=None, user="hearth", keystone=None):
        """accounts: where ids are known. user: whom it validates tokens as. keystone: the front it asks (None: accounts)."""
        self.accounts, self.keystone = accounts, keystone or accounts
        self.secrets = hearth.new_directory("hearth-password-")
        self.password_file = keystone_server.password_file(self.secrets, accounts.service_password)
        super().__init__(cluster, {"auth": "keystone", "keystone_url": self.keystone.url, "keystone_user": user, "log_level": "debug",
                                   "keystone_password_file": self.password_file, **(config or {})})
        self.auth_url = self.keystone.url

    def login(self, user, password=hearth.PASSWORD, project=None):
        return self.keystone.login(user, password, project)

    def get(self, token, project="demo", path="/stacks"):
        """A read in that project with that token."""
        return self.http("GET", f"/v1/{self.accounts.id('project', project)}{path}", token=token)

    def statuses(self, token, **where):
        """What that read is answered, asked often enough to meet every worker."""
        return {self.get(token, **where).status for _ in range(12)}

    def close(self):
        """And whatever happened to it, no secret may be in its log."""
        log = self.log()
        try:
            super().close()
            for secret in (self.accounts.service_password, hearth.PASSWORD, *keystone_server.issued):
                assert secret not in log, f"a password or token is in the log: {secret[:8]}…"
        finally:
            shutil.rmtree(self.secrets, ignore_errors=True)


@pytest.fixture(scope="session")
def keystone():
    keystone = keystone_server.Keystone()
    yield keystone
    keystone.close()


@pytest.fixture(scope="session")
def short(keystone):
    """A front of the same Keystone whose tokens are good for 3 s."""
    return keystone.front("short", expiration=3)


def factory(cluster, keystone):
    made = []

    def make(config=None, **options):
        made.append(Service(cluster, keystone, config, **options))
        return made[-1]

    yield make
    for service in reversed(made):
        service.close()


@pytest.fixture
def make_service(cluster, keystone):
    yield from factory(cluster, keystone)


@pytest.fixture(scope="session")
def service(cluster, keystone):
    """Four workers that believe a token for one second; the one that Keystone's catalogue names."""
    service = Service(cluster, keystone, {"token_cache_time": "1s"})
    keystone.publish(service.url)
    yield service
    service.close()


@pytest.fixture
def lone(make_service):
    """One worker that believes a token for long: what it asks Keystone can be counted."""
    return make_service({"api_workers": "1", "token_cache_time": "1h"})
