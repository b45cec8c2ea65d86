"""A small app around the prompt input and the queue."""

from textual.app import App, ComposeResult
from textual.reactive import reactive

from fakegpt_tui.ui.widgets.prompt_input import PromptInput
from fakegpt_tui.ui.widgets.prompt_lists import QueueView


class PromptApp(App[None]):
    """Binds the prompt and the queue to attributes of its own, and lists what they post."""

    enter_sends = reactive(True)
    edited = reactive("")
    waiting: reactive[tuple[str, ...]] = reactive(())

    def __init__(self) -> None:
        super().__init__()
        self.heard: list[str] = []

    def compose(self) -> ComposeResult:
        yield QueueView().data_bind(PromptApp.waiting)
        prompt = PromptInput(cursor_blink=False)
        yield prompt.data_bind(PromptApp.enter_sends, PromptApp.edited)

    def on_mount(self) -> None:
        self.prompt.focus()

    @property
    def prompt(self) -> PromptInput:
        return self.query_one(PromptInput)

    def on_prompt_input_submitted(self, message: PromptInput.Submitted) -> None:
        self.heard.append(f"submitted {message.text!r}")

    def on_text_area_changed(self, message: PromptInput.Changed) -> None:
        self.heard.append(f"changed {message.text_area.text!r}")
