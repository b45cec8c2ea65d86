"""Keys as people write them."""

import re

_FUNCTION_KEY = re.compile(r"f\d+")
_NAMES = {
    "escape": "esc",
    "question_mark": "?",
    "pageup": "pgup",
    "pagedown": "pgdn",
}


def key_labels(keys: str) -> str:
    """The keys of a command."""
    return ", ".join(key_label(key) for key in keys.split(","))


def key_label(key: str) -> str:
    return _NAMES.get(key, key.upper() if _FUNCTION_KEY.fullmatch(key) else key)
