"""Settings of the whole suite: the same examples in each run, and bytecode that is kept."""

import gc
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from _pytest.runner import runtestprotocol
from hypothesis import HealthCheck, settings

# A machine may be busy: how long an example takes says nothing.
PATIENT = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("same", PATIENT, derandomize=True, max_examples=25)
settings.register_profile("search", PATIENT)  # looks for new examples: `make long`
settings.load_profile("same")

# Rewritten assertions are kept for the next run, also where a container switches that off: to
# write them anew takes each worker ten seconds.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

TESTS = Path(__file__).parent


def pytest_configure(config: pytest.Config) -> None:
    """Let programs be interrupted, and write the bytecode of all tests once, not in each worker."""
    # A shell has what it runs in the background ignore it, and programs would inherit that.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGQUIT, signal.SIG_DFL)
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
    is_worker = "PYTEST_XDIST_WORKER" in os.environ
    if is_worker or config.getoption("numprocesses", None) in (None, 0) or config.args != ["tests"]:
        return
    if not any(TESTS.glob("ui/__pycache__/*-pytest-*.pyc")):
        files = sorted(str(path) for path in TESTS.rglob("test_*.py"))
        command = [sys.executable, "-m", "pytest", "-q", "-n", "0", "--collect-only"]
        halves = [
            subprocess.Popen([*command, *files[half::2]], stdout=subprocess.DEVNULL)
            for half in range(2)
        ]
        for half in halves:
            half.wait()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the longest test, half a minute, or all would wait for it at the end."""
    items.sort(key=lambda item: not item.nodeid.endswith("[command-line.md]"))


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item, nextitem: pytest.Item | None) -> bool | None:
    """Give a test with short limits up to five runs, each with fixtures of its own."""
    if item.get_closest_marker("short_limits") is None:
        return None
    item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
    for _ in range(5):
        item.user_properties.clear()
        reports = runtestprotocol(item, log=False, nextitem=nextitem)
        if not any(report.failed for report in reports):
            break
    for report in reports:
        item.ihook.pytest_runtest_logreport(report=report)
    item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
    return True


def pytest_collection_finish() -> None:
    """Freeze what was collected: the garbage collector takes a second for all these tests."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 50, 1_000)
