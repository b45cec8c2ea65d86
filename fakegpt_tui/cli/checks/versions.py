"""The versions of what the program is made of."""

import platform
from collections.abc import Callable, Iterator
from importlib.metadata import PackageNotFoundError, requires, version

from fakegpt_tui import __version__
from fakegpt_tui.cli.checks.finding import Finding, attention, good, note
from fakegpt_tui.store import connection

_PROGRAM = "fakegpt-tui"
_TEXTUAL = "textual"


def version_findings(installed: Callable[[str], str] = version) -> Iterator[Finding]:
    yield good(
        "versions.program",
        f"{_PROGRAM} {__version__} with Python {platform.python_version()} on {platform.system()}.",
    )
    yield _textual(installed)
    try:
        yield good("versions.httpx", f"httpx {installed('httpx')}.")
    except PackageNotFoundError:
        yield attention("versions.httpx", "httpx is not installed, so no service can be asked.")
    yield _sqlite()


def _textual(installed: Callable[[str], str]) -> Finding:
    wanted = _wanted_textual()
    try:
        found = installed(_TEXTUAL)
    except PackageNotFoundError:
        return attention("versions.textual", "Textual is not installed.", f"pip install {_PROGRAM}")
    if wanted and found != wanted:
        return attention(
            "versions.textual",
            f"Textual {found}, but this version of the program is made for {wanted}.",
            f"pip install textual=={wanted}",
        )
    return good("versions.textual", f"Textual {found}.")


def _wanted_textual() -> str:
    """The very version that this program asks for; empty if it is not installed."""
    try:
        wishes = requires(_PROGRAM) or []
    except PackageNotFoundError:
        return ""
    return next(
        (wish.partition("==")[2].partition(";")[0].strip() for wish in wishes if _is_textual(wish)),
        "",
    )


def _is_textual(wish: str) -> bool:
    return wish.partition("==")[0].strip() == _TEXTUAL


def _sqlite() -> Finding:
    if connection.has_commit_loss_bug():
        return note(
            "versions.sqlite",
            f"SQLite {connection.sqlite_version()}, whose log can lose what two instances write at once; this "
            "program writes under a lock of its own, which keeps it from that.",
            "SQLite 3.51.3 and later are mended; please use no other program to write the store.",
        )
    return good("versions.sqlite", f"SQLite {connection.sqlite_version()}.")
