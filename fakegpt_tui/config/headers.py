"""The headers that a service wants, or wants to do without."""

import re

from fakegpt_tui.config.readers import Unfit
from fakegpt_tui.config.sources import Table
from fakegpt_tui.domain import ConfigError, Secret

_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,80}")
_OWN = {
    "accept",
    "accept-encoding",
    "authorization",
    "connection",
    "content-length",
    "content-type",
    "cookie",
    "host",
    "transfer-encoding",
    "x-authorization",
}
"""What belongs to each request, and would break it if it were another."""


def headers(table: Table) -> tuple[tuple[str, Secret], ...]:
    """The headers in `table`; an empty one is not to be sent at all.

    Raises:
        ConfigError: One of them cannot be sent, or is not for a person to set.
    """
    for name in table:
        if not _NAME.fullmatch(name):
            raise ConfigError(f"{table.label(name)} is not the name of a header.")
        if name.lower() in _OWN:
            raise ConfigError(f"{table.label(name)} is set by the program, request by request.")
    return tuple((name, table.take(name, _value, Secret(""))) for name in table)


def _value(value: object) -> Secret:
    if isinstance(value, str) and value.isascii() and value.isprintable():
        return Secret(value.strip())
    raise Unfit("text of printable ASCII characters, or empty", hide=True)
