"""A terminal chat client for the FakeGPT wire protocol.

Importing the package imports nothing else: `FakeGpt` is loaded on first use.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fakegpt_tui.provider import FakeGpt

__all__ = ["FakeGpt", "__version__"]

__version__ = "0.1.0"


def __getattr__(name: str) -> object:
    if name == "FakeGpt":
        from fakegpt_tui.provider import FakeGpt  # noqa: PLC0415 - httpx only when it is used

        return FakeGpt
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
