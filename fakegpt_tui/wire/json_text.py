"""Reading JSON that may be anything, without ever failing."""

import json
from typing import Final

NOT_JSON: Final = object()
"""What `parsed` gives for text that is not JSON; `None` is what JSON's null becomes."""


def parse_json(text: str | bytes) -> object:
    """The value that `text` spells, or `NOT_JSON`."""
    try:
        value: object = json.loads(text)
    except (ValueError, RecursionError):
        return NOT_JSON
    return value
