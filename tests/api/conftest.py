"""Fixtures of the API tests. See hearth.py for what a service can do.

    def test_x(service): …                      the one service that most tests share (nginx, defaults)
    def test_y(make_service): make_service(config={"max_requests": 5}, web="apache")
                                                one of your own, gone at the end of the test
    own_cluster=True                            … with a PostgreSQL of its own, for tests that stop it
    def test_z(service, stack_name): …          a stack name no other test uses

HEARTH_BUILD names the build to test (default: build); HEARTH_TEST_KEEP=1 keeps the directories.
"""

import os
import pwd
import re
import signal
import subprocess

import pytest

import hearth


def pytest_sessionstart(session):
    missing = [name for name in ("hearthd", "hearthctl") if not (hearth.BUILD / name).exists()]
    if missing:
        pytest.exit(f"{hearth.BUILD} has no {' and no '.join(missing)}: make first, or set HEARTH_BUILD", 3)
    if hearth.IS_ROOT:
        make_service_user()
    # Everything that was started is stopped, also when it is the run that is ended.
    signal.signal(signal.SIGTERM, lambda *_: pytest.exit("terminated", 3))


# Tests run in several processes, each with a service of its own to share (scripts/check): a file is one process's, in its
# order, since its tests may build on each other. What takes longest begins first.
FIRST = ("test_up", "test_golden", "test_clients", "test_nested")
APART = ("test_state_actions",)  # each test for itself


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config, items):
    items.sort(key=lambda item: FIRST.index(item.module.__name__) if item.module.__name__ in FIRST else len(FIRST))
    if config.pluginmanager.hasplugin("xdist"):
        for item in items:
            if item.module.__name__ not in APART:
                item.add_marker(pytest.mark.xdist_group(item.module.__name__))


def make_service_user():
    """As root, hearthd runs as the user that an installation has."""
    try:
        pwd.getpwnam(hearth.SERVICE_USER)
    except KeyError:
        subprocess.run(["/usr/sbin/useradd", "--system", "--no-create-home", "--home-dir", "/nonexistent",
                        "--shell", "/usr/sbin/nologin", hearth.SERVICE_USER], check=True)


@pytest.fixture(scope="session")
def cluster():
    cluster = hearth.Cluster()
    yield cluster
    cluster.close()


@pytest.fixture(scope="session")
def service(cluster):
    service = hearth.Service(cluster)
    yield service
    service.close()


def factory(cluster):
    made = []

    def make(config=None, web="nginx", own_cluster=False):
        made.append(hearth.Service(hearth.Cluster() if own_cluster else cluster, config, web, own_cluster))
        return made[-1]

    yield make
    for service in reversed(made):
        service.close()


@pytest.fixture
def make_service(cluster):
    yield from factory(cluster)


@pytest.fixture(scope="module")
def make_module_service(cluster):
    """As make_service, until the end of the file."""
    yield from factory(cluster)


@pytest.fixture
def stack_name(request):
    return re.sub("[^a-zA-Z0-9]+", "-", request.node.name)[:60].strip("-") + f"-{os.getpid()}"
