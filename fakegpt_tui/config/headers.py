"""The headers that a service wants, or wants to do without."""

import re

from fakegpt_tui.config.readers import InvalidValue
from fakegpt_tui.config.sources import Table
from fakegpt_tui.domain import ConfigError, Secret

_HEADER_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,80}")
_RESERVED = {
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


def parse_headers(table: Table) -> tuple[tuple[str, Secret], ...]:
    """The headers in `table`; an empty one is not to be sent at all.

    Raises:
        ConfigError: One of them cannot be sent, or is not for a person to set.
    """
    for name in table:
        if not _HEADER_NAME.fullmatch(name):
            raise ConfigError(f"{table.label(name)} is not the name of a header.")
        if name.lower() in _RESERVED:
            raise ConfigError(f"{table.label(name)} is set by the program, request by request.")
    return tuple((name, table.consume(name, _header_value, Secret(""))) for name in table)


def _header_value(value: object) -> Secret:
    if isinstance(value, str) and value.isascii() and value.isprintable():
        return Secret(value.strip())
    raise InvalidValue("text of printable ASCII characters, or empty", hide=True)
