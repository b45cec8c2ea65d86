"""The table of cases, printed after the tests: `pytest tests/protocol -v` is a way to read it."""

from collections.abc import Callable

import pytest

_ROW = "protocol"
"""Rows travel with the reports of their tests, which come from other processes."""


@pytest.fixture
def note(request: pytest.FixtureRequest) -> Callable[[str, object], None]:
    """Adds a row and its outcome to the table."""
    return lambda row, outcome: request.node.user_properties.append((_ROW, (row, str(outcome))))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if terminalreporter.verbosity < 1:
        return
    reports = terminalreporter.getreports("passed") + terminalreporter.getreports("failed")
    table = sorted(
        tuple(value)
        for report in reports
        if isinstance(report, pytest.TestReport)
        for name, value in report.user_properties
        if name == _ROW
    )
    if table:
        terminalreporter.section("protocol: case → outcome")
        width = max(len(row) for row, _ in table)
        for row, outcome in table:
            terminalreporter.write_line(f"{row:{width}} → {outcome}")
