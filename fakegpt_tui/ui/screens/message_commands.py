"""What a person does with the chat messages of the open conversation."""

from textual import on

from fakegpt_tui.ui.intents import CopyAsked, OpenAsked
from fakegpt_tui.ui.links import judge
from fakegpt_tui.ui.screens.link import LinkScreen
from fakegpt_tui.ui.screens.parts import ChatParts
from fakegpt_tui.ui.widgets.transcript import Transcript


class MessageCommands(ChatParts):
    """Copying messages and following their links."""

    @on(Transcript.CopyRequested)
    def ask_for_copy(self, event: Transcript.CopyRequested) -> None:
        self.post_message(CopyAsked(event.text, event.what))

    @on(Transcript.LinkPressed)
    def show_link(self, event: Transcript.LinkPressed) -> None:
        href = event.href

        def act(choice: str | None) -> None:
            if choice == "open":
                self.post_message(OpenAsked(href))
            elif choice == "copy":
                self.post_message(CopyAsked(href, "link"))

        self.app.push_screen(LinkScreen(judge(href)), act)
