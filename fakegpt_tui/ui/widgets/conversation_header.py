"""Conversation header widget: the title, what answers and how, in one line above the messages."""

from collections.abc import Iterator

from rich.cells import cell_len
from textual.content import Content
from textual.reactive import reactive
from textual.style import Style
from textual.widget import Widget

from fakegpt_tui.domain import Conversation
from fakegpt_tui.text import safe_line
from fakegpt_tui.ui.widgets.drawing import RenderCache, truncate

_GAP = "  ·  "
_TEMPORARY = "TEMPORARY"
_LEAST_TITLE = 12
"""Cells that the title keeps beside the first facts; beside the others it keeps half a line."""
_FIRST_FACTS = 2
_SHOWN_SETTINGS = ("effort", "thinking", "temperature")


class ConversationHeader(RenderCache, Widget):
    """The title at the left, facts at the right; the last facts go where there is no room."""

    DEFAULT_CSS = """
    ConversationHeader {
        height: 2; width: 1fr; padding: 0 2 1 1; text-wrap: nowrap;
        & .conversation-header--title { text-style: bold; }
        & .conversation-header--facts { color: $text-muted; }
        & .conversation-header--busy { color: $primary; }
        & .conversation-header--temporary { color: $accent; text-style: bold; }
    }
    """
    COMPONENT_CLASSES = {
        f"conversation-header--{part}" for part in ("title", "facts", "busy", "temporary")
    }

    title: reactive[str] = reactive("")
    temporary: reactive[bool] = reactive(False)
    """Does the conversation leave nothing on disk?"""
    facts: reactive[tuple[str, ...]] = reactive(())
    """What answers and how, the most important first."""
    spinner: reactive[str] = reactive("")
    """The sign of a reply under way; empty where there is none."""

    def show(self, conversation: Conversation, *, tokens: str, variant: str, preset: str) -> None:
        """Show what a conversation is, see `conversation_facts`."""
        self.title = conversation.title
        self.facts = conversation_facts(conversation, tokens=tokens, variant=variant, preset=preset)

    def render(self) -> Content:
        width = self.size.width
        temporary = f"  {_TEMPORARY}" if self.temporary else ""
        room = width - cell_len(temporary) - 2
        title = safe_line(self.title) or "Untitled"
        facts = self._fitting_facts(room - 2, cell_len(title))
        title = truncate(title, room - cell_len(facts) - (2 if facts else 0))
        used = 2 + cell_len(title) + cell_len(temporary)
        return Content.assemble(
            (f"{self.spinner:<2}", self._style("busy")),
            (title, self._style("title")),
            (temporary, self._style("temporary")),
            " " * max(0, width - used - cell_len(facts)),
            (facts, self._style("facts")),
        )

    def _fitting_facts(self, room: int, title: int) -> str:
        shown, first_room = "", room - min(_LEAST_TITLE, title)
        for number, fact in enumerate(self.facts):
            longer = f"{shown}{_GAP if shown else ''}{safe_line(fact)}"
            is_first = number < _FIRST_FACTS
            if cell_len(longer) > (first_room if is_first else room - min(room // 2, title)):
                break
            shown = longer
        return shown or (truncate(safe_line(self.facts[0]), first_room) if self.facts else "")

    def _style(self, part: str) -> Style:
        return self.get_visual_style(f"conversation-header--{part}", partial=True)


def conversation_facts(
    conversation: Conversation, *, tokens: str, variant: str, preset: str
) -> tuple[str, ...]:
    """What the header says of a conversation beside its title.

    Args:
        conversation: What is open.
        tokens: How much is sent with the next prompt, if anything is.
        variant: Which variant of a message is shown, if there are several.
        preset: The name of the preset that it follows, if it does.
    """
    answers = f"{conversation.service} {conversation.model}".strip()
    how = [f"preset {preset}"] if preset else _set_by_hand(conversation)
    tags = " ".join(f"#{tag}" for tag in conversation.tags)
    # What answers is no more important than how.
    first = _GAP.join(filter(None, (answers, " · ".join(how))))
    return tuple(filter(None, (first, tokens, variant, conversation.folder, tags)))


def _set_by_hand(conversation: Conversation) -> Iterator[str]:
    for name in _SHOWN_SETTINGS:
        value = getattr(conversation.generation, name)
        if value not in (None, ""):
            yield f"{name} {value}"
    if conversation.system_prompt:
        yield "system prompt"
