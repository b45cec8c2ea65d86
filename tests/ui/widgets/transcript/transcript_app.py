"""A small application around a transcript, and the steps of its tests."""

import re
from dataclasses import replace
from datetime import UTC, datetime

from textual.app import App, ComposeResult
from textual.geometry import Region
from textual.message import Message
from textual.pilot import Pilot

from fakegpt_tui.domain import ChatMessage, MessageStatus, Role
from fakegpt_tui.ui.messages import CopyText
from fakegpt_tui.ui.widgets.transcript.appearance import left_margin
from fakegpt_tui.ui.widgets.transcript.view import Transcript
from fakegpt_tui.ui.widgets.transcript.viewport import Viewport
from tests.ui.widgets.shown import shown as shown_exactly
from tests.ui.widgets.transcript.fake_document import FakeDocuments

THEN = datetime(2026, 1, 1, tzinfo=UTC)


def reply(number: int, text: str, **changes) -> ChatMessage:
    message = ChatMessage(
        id=f"m{number}",
        conversation_id="a",
        parent_id=None,
        role=Role.ASSISTANT,
        text=text,
        status=MessageStatus.COMPLETE,
        created_at=THEN,
        model="fake-1",
    )
    return replace(message, **changes)


def prompt(number: int, text: str, **changes) -> ChatMessage:
    return reply(number, text, role=Role.USER, model="", **changes)


def many_lines(count: int, name: str = "line") -> str:
    return "\n".join(f"{name} {number}" for number in range(count))


def long_conversation(count: int = 40, lines: int = 6) -> list[ChatMessage]:
    return [reply(number, many_lines(lines, f"m{number}")) for number in range(count)]


def upsert(viewport: Viewport, message: ChatMessage) -> bool:
    """Let a message grow, or come, as a transcript does; is it new?"""
    was_on_last = viewport.is_on_last
    if is_new := viewport.message_list.upsert(message):
        viewport.follow_growth(was_on_last=was_on_last)
    return is_new


class CountingTranscript(Transcript):
    """Counts the lines that it repaints."""

    drawn = 0

    def refresh(self, *regions: Region, **options: bool):
        self.drawn += sum(region.height for region in regions) if regions else self.size.height
        return super().refresh(*regions, **options)


class TranscriptApp(App[None]):
    ENABLE_COMMAND_PALETTE = False
    AUTO_FOCUS = None
    BINDINGS = [("escape", "close_find")]

    def action_close_find(self) -> None:
        """What the main screen does when there is nothing else to leave."""
        if self.transcript.is_finding:
            self.transcript.close_find()

    def __init__(self) -> None:
        super().__init__()
        self.documents = FakeDocuments()
        self.transcript = CountingTranscript(make_document=self.documents)
        self.heard: list[Message] = []

    def compose(self) -> ComposeResult:
        yield self.transcript

    def on_transcript_link_pressed(self, message: Transcript.LinkPressed) -> None:
        self.heard.append(message)

    def on_copy_text(self, message: CopyText) -> None:
        self.heard.append(message)

    def on_transcript_read_to_end(self, message: Transcript.ReadToEnd) -> None:
        self.heard.append(message)

    @property
    def copied(self) -> list[tuple[str, str]]:
        requests = [m for m in self.heard if isinstance(m, CopyText)]
        return [(request.text, request.what) for request in requests]


class MarkdownApp(TranscriptApp):
    """The same with replies as Markdown."""

    def __init__(self) -> None:
        super().__init__()
        self.transcript = CountingTranscript()


def shown(transcript: Transcript) -> list[str]:
    """What is shown, without the cursor and the margin at the left."""
    margin = left_margin(transcript.message_list.width)
    lines = (line[margin:] for line in shown_exactly(transcript))
    return [re.sub("^[▶┃▷│] ", "  ", line).rstrip() for line in lines]


async def press(pilot: Pilot[None], *keys: str) -> None:
    pilot.app.query_one(Transcript).focus()
    await pilot.press(*keys)
    await pilot.pause()
    while "searching…" in shown(pilot.app.query_one(Transcript))[-1]:
        await pilot.pause()


async def show(pilot: Pilot[None], *messages: ChatMessage, conversation_id: str = "a") -> None:
    pilot.app.query_one(Transcript).show(conversation_id, messages)
    await pilot.pause()


async def grow(pilot: Pilot[None], message: ChatMessage) -> None:
    pilot.app.query_one(Transcript).update_message(message)
    await pilot.pause()


async def drag(pilot: Pilot[None], start: tuple[int, int], end: tuple[int, int]) -> str | None:
    transcript = pilot.app.query_one(Transcript)
    await pilot.mouse_down(transcript, offset=start)
    await pilot.hover(transcript, offset=end)
    await pilot.mouse_up(transcript, offset=end)
    await pilot.pause()
    return pilot.app.screen.get_selected_text()
