"""make up and make down, as a newcomer meets them: in a checkout of their own, on another port."""

import os
import pathlib
import re
import shutil
import subprocess
import time

import pytest

import hearth

class Checkout:
    """A copy of this tree. What is compiled comes along, so that make has little to do."""

    def __init__(self, owner=None, mode=0o755):
        self.path = hearth.new_directory("hearth-up-") / "checkout"
        self.path.mkdir()
        self.port = hearth.free_port()
        keep = "--exclude=./run --exclude=./.git --exclude=./build/* --exclude=__pycache__".split()
        self.copy([*keep, "."])
        self.copy([f"./build/{name}" for name in ("obj", "gen", "hearthd", "hearthctl") if (hearth.ROOT / "build" / name).exists()])
        self.path.chmod(mode)
        if owner:
            hearth.run_as(hearth.ME, ["chown", "-R", f"{owner}:", self.path])

    def copy(self, what):
        if what:
            subprocess.run(f"tar -C {hearth.ROOT} -c {' '.join(what)} | tar -C {self.path} -xp", shell=True, check=True)

    def make(self, *words, ok=True):
        env = {key: value for key, value in os.environ.items() if not key.startswith(("OS_", "MAKE", "PYTHON", "HEARTH_"))}
        done = subprocess.run(["make", "-C", self.path, "--no-print-directory", *words], env=env, stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, timeout=600)
        assert not ok or done.returncode == 0, done.stdout + done.stderr
        return done

    def up(self, *words):
        return self.make("up", *words).stdout

    @property
    def run(self):
        return (self.path / "run").resolve()

    def processes(self):
        """Command lines of what runs out of this checkout."""
        found = []
        for entry in pathlib.Path("/proc").glob("[0-9]*"):
            try:
                line = (entry / "cmdline").read_text().replace("\0", " ")
            except OSError:
                continue
            if str(self.path) in line or (self.run.exists() and str(self.run) in line):
                found.append(line)
        return found

    def openstack(self, *words):
        command = f". {self.path}/run/openrc && /usr/bin/openstack " + " ".join(words)
        return subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=True).stdout

    def remove(self):
        try:
            self.make("down", "WIPE=1")
        finally:
            left = self.run
            shutil.rmtree(self.path.parent)
            assert not left.exists()


@pytest.fixture
def make_checkout():
    made = []

    def make(**options):
        made.append(Checkout(**options))
        return made[-1]

    yield make
    for checkout in made:
        checkout.remove()


def users_of(checkout):
    """Who runs what belongs to it, nginx aside (its master stays root's, as always)."""
    lines = subprocess.run(["ps", "-eo", "user:32,args"], capture_output=True, text=True, check=True).stdout.splitlines()
    return {line.split()[0] for line in lines if str(checkout.run) in line and "nginx" not in line}


def test_up_again_and_down(make_checkout):
    checkout = make_checkout()
    out = checkout.up(f"PORT={checkout.port}")
    assert "[first]: CREATE_COMPLETE" in out, "events are shown as they happen"
    assert "greeting = Hello, first" in out, "outputs are printed"
    assert re.search(rf"http://127.0.0.1:{checkout.port}/v1/\w+/stacks/first/", out), "the stack's URL is printed"
    assert (checkout.run / "openrc-demo").stat().st_mode & 0o777 == 0o600
    assert "root" not in users_of(checkout)

    before, started = checkout.processes(), time.monotonic()
    out = checkout.up()
    assert time.monotonic() - started < 30
    assert "Starting" not in out and "Making" not in out and "greeting = Hello, first" in out
    assert sorted(checkout.processes()) == sorted(before), "a second run starts nothing"

    checkout.make("down")
    assert checkout.processes() == []
    out = checkout.up()
    assert "Starting hearthd" in out and "status: CREATE_COMPLETE" in out, "the data stayed"


@pytest.mark.skipif(not hearth.IS_ROOT, reason="only root can hide a checkout from PostgreSQL's user")
def test_a_checkout_only_root_can_enter(make_checkout):
    checkout = make_checkout(mode=0o700)
    assert "is a link to /var/tmp/hearth-" in checkout.up(f"PORT={checkout.port}")
    assert "root" not in users_of(checkout)


@pytest.mark.skipif(not hearth.IS_ROOT, reason="only root can act for another user")
def test_as_root_in_the_checkout_of_a_user(make_checkout):
    """sudo make up: that user runs all of it."""
    checkout = make_checkout(owner="nobody")
    assert "status: CREATE_COMPLETE" in checkout.up(f"PORT={checkout.port}")
    assert users_of(checkout) == {"nobody"}


def test_two_copies_and_a_port_in_use(make_checkout):
    one, two = make_checkout(), make_checkout()
    one.up(f"PORT={one.port}")
    failed = two.make("up", f"PORT={one.port}", ok=False)
    assert failed.returncode and f"something else listens on 127.0.0.1:{one.port}" in failed.stderr
    two.up(f"PORT={two.port}")
    two.make("down")
    assert len(one.processes()) >= 3 and "first" in one.openstack("stack", "list"), "the other copy is left alone"


def test_a_configuration_of_your_own(make_checkout, tmp_path):
    checkout, conf = make_checkout(), tmp_path / "my.conf"
    conf.write_text("region = Here\napi_workers = 2\n")
    checkout.up(f"PORT={checkout.port}", f"CONF={conf}")
    assert "OS_REGION_NAME=Here" in (checkout.run / "openrc").read_text()
    assert "first" in checkout.openstack("stack", "list")

    before = checkout.processes()
    conf.write_text("api_worker = 2\n")
    failed = checkout.make("up", f"CONF={conf}", ok=False)
    assert failed.returncode and "api_worker" in failed.stderr, "a wrong key is named"
    assert sorted(checkout.processes()) == sorted(before), "and what runs goes on"
