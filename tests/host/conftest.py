from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from fakegpt_tui.backends.scripted import ScriptedBackend, Step
from fakegpt_tui.host.access_keys import KeyRing
from fakegpt_tui.host.server import HostServer
from tests.host.keys import KEY


@pytest.fixture
def serve() -> Iterator[Callable[..., HostServer]]:
    """Starts hosts that play scripts, or that serve the backend given, until the test ends."""
    with ExitStack() as stack:

        def start(*scripts: Iterable[Step], **options: Any) -> HostServer:
            backend = options.pop("backend", None) or ScriptedBackend(*scripts)
            return stack.enter_context(HostServer(backend, **options))

        yield start


@pytest.fixture
def host(serve: Callable[..., HostServer]) -> Callable[..., HostServer]:
    """Starts hosts as `serve` does, which take the key without limits."""

    def start(*scripts: Iterable[Step], **options: Any) -> HostServer:
        return serve(*scripts, keys=KeyRing([KEY]), secret_path=False, **options)

    return start


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """With `-v`: what the program's own client made of each scenario."""
    if terminalreporter.verbosity < 1:
        return
    reports = terminalreporter.getreports("passed") + terminalreporter.getreports("failed")
    rows = [
        str(value)
        for report in reports
        if isinstance(report, pytest.TestReport)
        for name, value in report.user_properties
        if name == "outcome"
    ]
    if rows:
        terminalreporter.section("scenario: promise → outcome")
        for row in rows:
            terminalreporter.line(row)
