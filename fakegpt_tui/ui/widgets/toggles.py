"""Toggles that say how they are without a colour."""

from textual.content import Content
from textual.widgets import Checkbox, RadioButton


class PlainRadioButton(RadioButton):
    """One of several, of which one is chosen."""

    @property
    def _button(self) -> Content:
        return Content("(●)" if self.value else "( )")


class PlainCheckbox(Checkbox):
    """On or off."""

    @property
    def _button(self) -> Content:
        return Content("[x]" if self.value else "[ ]")
