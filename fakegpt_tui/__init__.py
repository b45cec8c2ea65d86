"""A terminal chat client for the FakeGPT wire protocol.

Importing the package imports nothing else: what programs may use of it is loaded on first use.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fakegpt_tui.provider import FakeGpt, FakeGptBackend, connect

__all__ = ["FakeGpt", "FakeGptBackend", "__version__", "connect"]

__version__ = "0.1.0"


def __getattr__(name: str) -> object:
    if name in ("FakeGpt", "FakeGptBackend", "connect"):
        from fakegpt_tui import provider  # noqa: PLC0415 - httpx only when it is used

        return getattr(provider, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
