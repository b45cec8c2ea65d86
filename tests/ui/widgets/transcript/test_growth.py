"""A reply that comes all at once is laid out piece by piece, so that keys get through."""

import pytest

from fakegpt_tui.domain import ChatMessage, MessageStatus
from fakegpt_tui.ui.markdown.document import Document
from fakegpt_tui.ui.markdown.palette import Palette
from fakegpt_tui.ui.widgets.transcript.growth import GrowthPacer
from fakegpt_tui.ui.widgets.transcript.virtual_list import VirtualList
from tests.ui.widgets.transcript.transcript_app import TranscriptApp, prompt, reply, shown

STREAMING = MessageStatus.STREAMING
LIST = "- an item of a list\n" * 1_000
PARAGRAPHS = "Words of a paragraph.\n\n" * 2_000
MIXED = (
    f"# One\n\n{LIST[:9_000]}\n{PARAGRAPHS}```\ncode\n\nmore\n```\n\n{PARAGRAPHS}\n{LIST[:5_000]}"
)


def virtual_list() -> VirtualList:
    made = VirtualList(Document)
    made.set_messages([])
    made.set_width(60)
    return made


def text_of(document: Document) -> list[str]:
    return ["".join(each.text for each in line.segments) for line in document.lines(60)]


def shown_lengths(messages: VirtualList, text: str) -> list[int]:
    """How long the reply is that is shown after each piece."""
    message, lengths = reply(0, text, status=STREAMING), [0]
    while messages.upsert(message):
        lengths.append(len(messages.messages[-1].text))
    return lengths


def test_all_of_it_is_shown_in_the_end_as_if_it_had_come_slowly() -> None:
    messages, text = virtual_list(), MIXED
    lengths = shown_lengths(messages, text)
    assert lengths == sorted(set(lengths))
    assert len(lengths) > 2
    assert messages.messages[-1].text == text
    assert not messages.rests
    fresh = Document(Palette.colourless())
    fresh.update(text, complete=False)
    piece_by_piece = Document(Palette.colourless())
    for length in lengths:
        piece_by_piece.update(text[:length], complete=False)
    assert text_of(piece_by_piece) == text_of(fresh)


@pytest.mark.parametrize(
    "message",
    [prompt(0, LIST), reply(0, LIST[:16_000], status=STREAMING), reply(0, LIST)],
    ids=["a prompt", "a shorter reply", "a reply that is not in view"],
)
def test_what_is_laid_out_in_a_moment_or_not_yet_is_taken_whole(message: ChatMessage) -> None:
    messages = virtual_list()
    messages.upsert(message)
    assert messages.messages[0] is message


def test_a_long_section_is_laid_out_piece_by_piece_too() -> None:
    for opening in ("<think>\n", "<details open><summary>a</summary>\n\n"):
        lengths = shown_lengths(virtual_list(), opening + PARAGRAPHS)
        assert lengths[1] < 8_192
        assert lengths[-1] == len(opening + PARAGRAPHS)


def test_a_newer_text_takes_the_place_of_the_rest() -> None:
    messages = virtual_list()
    messages.upsert(reply(0, LIST, status=STREAMING))
    assert messages.rests
    messages.upsert(reply(0, "Another.", status=STREAMING))
    assert not messages.rests
    assert messages.messages[-1].text == "Another."


def test_a_piece_takes_about_as_long_as_another() -> None:
    """Ten microseconds a character: 16,000 of them at once would take 160 ms."""
    now = [0.0]
    pacer = GrowthPacer(clock=lambda: now[0])
    message, shown, times = reply(0, "word " * 100_000), 0, []
    while shown < len(message.text):
        piece = pacer.piece(message, shown)
        times.append((len(piece.text) - shown) * 1e-5)
        now[0] += times[-1]
        pacer.note_laid_out()
        shown = len(piece.text)
    assert max(times) <= 0.05
    assert sum(times[2:-1]) / len(times[2:-1]) >= 0.02


async def test_the_transcript_goes_on_by_itself_to_the_end_of_a_long_reply() -> None:
    app = TranscriptApp()
    whole = reply(0, LIST + "the last line")
    async with app.run_test(size=(60, 20)) as pilot:
        app.transcript.show("a", [reply(0, "", status=STREAMING)])
        app.transcript.update_message(whole)
        assert len(app.transcript.message_list.messages[0].text) < len(whole.text)
        app.transcript.show("a", [reply(0, "Another.")])
        assert not app.transcript.message_list.rests
        app.transcript.show("a", [reply(0, "", status=STREAMING)])
        app.transcript.update_message(whole)
        while not shown(app.transcript)[-1].endswith("the last line"):
            await pilot.pause(0.01)
        assert app.transcript.message_list.messages[0] is whole
