"""What plain mode leaves out of the table of commands, and why."""

from types import MappingProxyType
from typing import Final

_WAITS = "A reply is waited for here, and ctrl+c stops it."
_DRAWS = "Nothing is drawn here that this could change."

LEFT_OUT: Final = MappingProxyType(
    {
        "chat.stop-now": _WAITS,
        "chat.stop-all": _WAITS,
        "chat.progress": "An import or export is waited for here, and ctrl+c stops it.",
        "transcript.wrap-code": _DRAWS,
        "app.redraw": _DRAWS,
        "app.keys": "There are no keys here; the [keys] table of config.toml is for the screen.",
    }
)
"""A sentence for each command, by its id."""
