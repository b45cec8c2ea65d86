"""The client for other programs: `FakeGpt` for text alone, `connect` for all that a reply tells."""

from fakegpt_tui.backends.fakegpt import FakeGptBackend
from fakegpt_tui.provider.connecting import connect
from fakegpt_tui.provider.fakegpt import FakeGpt

__all__ = ["FakeGpt", "FakeGptBackend", "connect"]
