"""A key means the same in every dialog, and esc leaves all of them."""

import importlib
import pkgutil
from collections.abc import Iterator

import pytest
from textual.binding import Binding
from textual.screen import ModalScreen

from fakegpt_tui.ui import dialogs
from fakegpt_tui.ui.dialogs.pick import ListScreen

for module in pkgutil.iter_modules(dialogs.__path__):
    importlib.import_module(f"{dialogs.__name__}.{module.name}")

WALKING = {"enter", "tab", "shift+tab", "left", "right", "up", "down", *"hjkl"}
"""Keys that walk through what a dialog shows, and take it, whatever that is."""
SAME = {
    "ctrl+s": {"Save", "Ask"},  # what is filled in, or marked, is taken
    "escape": {"Close", "Stop"},  # what is under way is stopped first
    "f1": {"Close", "Keys"},  # what shows keys hides them again
    "c": {"Copy", "Copy as curl", "Copy path"},
    "y": {"Copy", "Copy path"},
}
"""Words for the same thing, by what it is done to."""


def of_ours(parent: type[ModalScreen]) -> Iterator[type[ModalScreen]]:
    for child in parent.__subclasses__():
        if child.__module__.startswith(dialogs.__name__):
            yield child
        yield from of_ours(child)


DIALOGS = sorted(set(of_ours(ModalScreen)), key=lambda each: each.__name__)


def keys_of(dialog: type[ModalScreen]) -> dict[str, str]:
    """What each key does there, of the keys that are ours."""
    found: dict[str, str] = {}
    for parent in reversed(dialog.__mro__):
        if parent.__module__.startswith("fakegpt_tui"):
            bindings = parent.__dict__.get("BINDINGS", ())
            for binding in (each for each in bindings if isinstance(each, Binding)):
                found |= dict.fromkeys(binding.key.split(","), binding.description)
    return found


def test_no_key_means_two_things() -> None:
    meanings: dict[str, set[str]] = {}
    for dialog in DIALOGS:
        for key, what in keys_of(dialog).items():
            meanings.setdefault(key, set()).add(what)
    different = {
        key: words
        for key, words in meanings.items()
        if len(words) > 1 and key not in WALKING and not words <= SAME.get(key, set())
    }
    assert not different


@pytest.mark.parametrize("dialog", [each for each in DIALOGS if not each.__subclasses__()])
def test_esc_leaves_and_lists_are_walked_alike(dialog: type[ModalScreen]) -> None:
    keys = keys_of(dialog)
    # One that waits for any key hears esc as one of them.
    assert "escape" in keys or "on_key" in dialog.__dict__
    if issubclass(dialog, ListScreen):
        assert {"up", "down", "ctrl+p", "ctrl+n", "pageup", "pagedown"} <= keys.keys()
