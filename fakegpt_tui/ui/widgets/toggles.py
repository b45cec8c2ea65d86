"""Toggles that say how they are without a colour."""

from rich.cells import cell_len
from textual.content import Content
from textual.widgets import Checkbox, RadioButton

_CHOSEN = "●"


class PlainRadioButton(RadioButton):
    """One of several, of which one is chosen."""

    @property
    def _button(self) -> Content:
        return Content(f"({_CHOSEN if self.value else ' ' * cell_len(_CHOSEN)})")


class PlainCheckbox(Checkbox):
    """On or off."""

    @property
    def _button(self) -> Content:
        return Content("[x]" if self.value else "[ ]")
