"""The table of cases, printed after the tests: `pytest tests/protocol -q` is a way to read it."""

from collections.abc import Callable

import pytest

_TABLE = pytest.StashKey[list[tuple[str, str]]]()


@pytest.fixture
def note(request: pytest.FixtureRequest) -> Callable[[str, object], None]:
    """Adds a row and its outcome to the table."""
    table = request.config.stash.setdefault(_TABLE, [])
    return lambda row, outcome: table.append((row, str(outcome)))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    table = terminalreporter.config.stash.get(_TABLE, [])
    if table:
        terminalreporter.section("protocol: case → outcome")
        width = max(len(row) for row, _ in table)
        for row, outcome in table:
            terminalreporter.write_line(f"{row:{width}} → {outcome}")
