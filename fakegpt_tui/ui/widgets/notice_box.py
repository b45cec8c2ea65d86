"""Notice box widget: a notice that has no room in the status bar, or would be behind a dialog."""

from textual.content import Content
from textual.screen import Screen
from textual.widgets import Static

from fakegpt_tui.text import safe_line
from fakegpt_tui.ui.widgets.status_bar import MAX_NOTICE


class NoticeBox(Static, inherit_css=False):
    """As many rows as the notice needs, over what is there, so that nothing moves.

    In a conversation it stands on the prompt, in a dialog below the frame. No dialog that asks for
    its `Static` finds it, as by its name it is none.
    """

    DEFAULT_CSS = """
    NoticeBox {
        overlay: screen;
        constrain: none inside;
        height: auto;
        max-height: 60vh;
        width: 96;
        max-width: 96%;
        padding: 0 1;
        background: $panel;
        color: $accent;
        text-style: bold;

        &.-above {
            width: 1fr;
            max-width: 100%;
            offset: 0 -100%;
        }
    }
    """

    def show(self, notice: str) -> None:
        self.display = bool(notice)
        self.update(Content(safe_line(notice, MAX_NOTICE)))


def show_in_dialog(screen: Screen[object], notice: str) -> None:
    """Show a notice below the frame of a dialog; an empty one takes it away."""
    box = next(iter(screen.query(NoticeBox)), None)
    if box is None and notice:
        box = NoticeBox()
        screen.mount(box)
    if box is not None:
        box.show(notice)


def show_in_dialogs(behind: Screen[None], notice: str) -> None:
    """Show a notice in all dialogs over a screen, once they have all that is their own."""
    for dialog in behind.app.screen_stack:
        if dialog is not behind:
            dialog.call_later(show_in_dialog, dialog, notice)
