"""Hints: every target in view has letters of its own, and keeps them."""

from collections.abc import Iterable
from dataclasses import dataclass, field

import pytest
from rich.style import Style
from textual import events
from textual.strip import Strip

from fakegpt_tui.domain import ChatMessage, MessageStatus
from fakegpt_tui.domain.parts import Blob, CitationPart, FilePart, ImagePart, TextSpan
from fakegpt_tui.pictures.placement import CellSize
from fakegpt_tui.ui.markdown.document import Document
from fakegpt_tui.ui.widgets.transcript.hint_targets import Spot, TargetKind
from fakegpt_tui.ui.widgets.transcript.hints import ACTIONS, HintAction, Hints, make_labels
from fakegpt_tui.ui.widgets.transcript.viewport import Viewport
from fakegpt_tui.ui.widgets.transcript.virtual_list import VirtualList
from tests.ui.widgets.transcript.transcript_app import many_lines, prompt, reply, upsert

STYLE = Style(color="#111111", bgcolor="#eeee00")
PICTURE = ImagePart(Blob("ab" * 32, 340_000, "image/png", 300, 200), "cat.png")
NOTES = FilePart(Blob("cd" * 32, 2_000, "text/plain"), "notes.txt", as_text=True)
SOURCE = CitationPart(0, 4, "https://example.org/giraffes", "Giraffes")
TEXT = """\
See [one](https://one.example) and [two](https://two.example/a), [one](https://one.example) again.

<think>
Hidden.
</think>

```py
x = 1
```
"""


@dataclass
class Listened:
    """What hints have said, done and ended with."""

    said: list[str] = field(default_factory=list)
    done: list[tuple[Spot, HintAction]] = field(default_factory=list)
    ended: list[str] = field(default_factory=list)

    def tell(self, words: str) -> None:
        self.said.append(words)

    def act(self, spot: Spot, action: HintAction) -> None:
        self.done.append((spot, action))

    def end(self, reason: str) -> None:
        self.ended.append(reason)


class Screen:
    """A transcript without a program around it, and the hints that are shown on it."""

    def __init__(self, *messages: ChatMessage, width: int = 60, height: int = 30) -> None:
        self.list = VirtualList(Document)
        self.list.change_appearance(picture_cell=CellSize(10, 20))
        self.viewport = Viewport(self.list)
        self.viewport.resize(width, height)
        self.viewport.open(messages, None)
        self.heard = Listened()
        self.hints = Hints(self.viewport, STYLE, self.heard)

    @property
    def rows(self) -> list[Strip]:
        strips = [
            self.list.layout(each.message).strip(each.line) for each in self.viewport.positions
        ]
        drawn = [each.adjust_cell_length(self.list.width) for each in strips]
        return self.hints.draw_over(drawn)

    @property
    def labels(self) -> list[str]:
        """The labels that are shown, from the top down."""
        return [
            segment.text
            for row in self.rows
            for segment in row
            if segment.style is not None and segment.style.reverse
        ]

    def press(self, *keys: str) -> list[bool]:
        names = {" ": "space"}
        return [
            self.hints.handle_key(events.Key(names.get(key, key), key if len(key) == 1 else None))
            for key in keys
        ]

    def act_on_all(self) -> Iterable[tuple[TargetKind, object, HintAction]]:
        """What each label does, from the top down."""
        labels = self.labels
        for label in labels:
            self.hints = Hints(self.viewport, STYLE, self.heard)
            self.press(*label)
        return [(spot.target.kind, spot.target.value, action) for spot, action in self.heard.done]


@pytest.mark.parametrize("count", [0, 1, 8, 9, 30, 64, 65, 200, 256, 300])
def test_labels_have_one_letter_or_two_and_none_begins_another(count: int) -> None:
    labels = make_labels(count)
    assert len(labels) == len(set(labels)) == min(count, 256)
    assert not [(one, two) for one in labels for two in labels if one != two and two[0] == one]
    assert all(len(label) <= 2 for label in labels)
    assert not set("".join(labels)) & set("lio01")
    if count <= 64:
        assert set("".join(labels)) <= set("asdfghjk")


def test_labels_are_made_of_the_letters_that_were_chosen_as_far_as_they_go() -> None:
    assert make_labels(5, "aoeu") == ["a", "o", "e", "ua", "uo"]
    many = make_labels(100, "aoeu")
    assert set("".join(many)) > set("aoeu")
    assert len(many) == len(set(many)) == 100


def test_everything_in_view_has_a_hint_that_does_what_is_wanted_most() -> None:
    screen = Screen(
        prompt(0, "Look", parts=(PICTURE, NOTES, TextSpan(4))),
        reply(1, TEXT, reasoning="Let me see.", parts=(TextSpan(len(TEXT)), SOURCE)),
        height=60,
    )
    link, mark = HintAction.OPEN, HintAction.MARK
    assert screen.act_on_all() == [
        (TargetKind.MESSAGE, "", mark),
        (TargetKind.PICTURE, PICTURE.blob.digest, HintAction.VIEW),
        (TargetKind.FILE, NOTES.blob.digest, HintAction.OPEN),
        (TargetKind.MESSAGE, "", mark),
        (TargetKind.FOLD, "reasoning", HintAction.FOLD),
        (TargetKind.LINK, "https://one.example", link),
        (TargetKind.LINK, "https://two.example/a", link),
        (TargetKind.LINK, "https://one.example", link),
        (TargetKind.FOLD, TEXT.index("<think>"), HintAction.FOLD),
        (TargetKind.CODE, TEXT.index("```py"), HintAction.COPY),
        (TargetKind.LINK, SOURCE.url, link),
    ]


@pytest.mark.parametrize("text", ["- {0}\n", "> {0}\n", "|a|b|\n|-|-|\n|{0}|some text|\n"])
def test_a_link_over_several_rows_has_one_hint(text: str) -> None:
    link = "[a link whose words go on for more than a row](https://one.example)"
    screen = Screen(reply(0, text.format(link)), width=30)
    assert len(screen.labels) == 2


def test_what_begins_above_the_view_has_a_hint_where_it_is_seen() -> None:
    code = f"```py\n{many_lines(50)}\n```"
    screen = Screen(prompt(0, "Look", parts=(PICTURE,)), reply(1, code), height=9)
    assert [kind for kind, _, _ in screen.act_on_all()] == [TargetKind.MESSAGE, TargetKind.CODE]
    screen.viewport.scroll_to_start()
    screen.viewport.scroll_by(4)
    screen.heard.done.clear()
    screen.hints = Hints(screen.viewport, STYLE, screen.heard)
    assert [kind for kind, _, _ in screen.act_on_all()][:2] == [
        TargetKind.MESSAGE,
        TargetKind.PICTURE,
    ]


@pytest.mark.parametrize("width", [12, 19, 25, 40, 64, 120])
def test_labels_stand_beside_each_other_inside_of_the_row(width: int) -> None:
    links = "".join(f"[n{number}](https://{number}.example)" for number in range(30))
    screen = Screen(reply(0, links), width=width, height=60)
    assert len(screen.labels) == 31
    assert {row.cell_length for row in screen.rows} == {width}


def test_a_label_stays_on_its_target_while_a_reply_grows() -> None:
    begun = reply(0, "A [link](https://one.example)", status=MessageStatus.STREAMING)
    screen = Screen(begun, width=40, height=6)
    assert screen.labels == ["f", "j"]
    text = f"{begun.text} and [more](https://new.example) of it"
    upsert(screen.viewport, reply(0, text, status=MessageStatus.STREAMING))
    screen.hints.leave_if_gone()
    assert screen.labels == ["f", "j"]
    screen.viewport.resize(12, 6)
    assert screen.labels == ["f", "j"]
    screen.press("j")
    ((spot, action),) = screen.heard.done
    assert (spot.target.value, action) == ("https://one.example", HintAction.OPEN)


def test_hints_end_with_a_reason_when_nothing_that_had_one_is_in_view() -> None:
    begun = reply(0, "A [link](https://one.example)", status=MessageStatus.STREAMING)
    screen = Screen(begun, height=4)
    upsert(screen.viewport, reply(0, begun.text + "\n\nmore" * 9, status=MessageStatus.STREAMING))
    screen.hints.leave_if_gone()
    # Its message is still there.
    assert (screen.labels, screen.heard.ended) == (["f"], [])
    screen.press("j")
    assert screen.heard.done == []
    screen.viewport.open([reply(1, "other")], None)
    screen.hints.leave_if_gone()
    assert screen.heard.ended == ["What had a hint is out of view."]


def test_capitals_copy_and_a_second_letter_narrows_what_is_shown() -> None:
    links = " ".join(f"[n{number}](https://{number}.example)" for number in range(20))
    screen = Screen(reply(0, links))
    labels = screen.labels
    assert len(labels) == 21
    first, second = labels[-1]
    screen.press(first, "l", "0")
    assert screen.labels == [each[1] for each in labels if each[0] == first]
    screen.press("backspace")
    assert screen.labels == labels
    screen.press(first, second.upper())
    ((spot, action),) = screen.heard.done
    assert (spot.target.value, action) == ("https://19.example", HintAction.COPY)


@pytest.mark.parametrize("kind", TargetKind)
def test_after_a_space_the_keys_of_a_kind_are_said_and_obeyed(kind: TargetKind) -> None:
    screen = Screen(
        prompt(0, "Look", parts=(PICTURE, NOTES)), reply(1, TEXT, reasoning="So."), height=60
    )
    spots = {target.kind: label for target, label in screen.hints._labels.items()}  # noqa: SLF001 - as drawn
    for action in ACTIONS[kind]:
        screen.hints = Hints(screen.viewport, STYLE, screen.heard)
        screen.press(" ", *spots[kind])
        assert screen.hints.words.startswith(f"{kind.capitalize()}: ")
        assert f"{action[0]} {action}" in screen.hints.words
        assert screen.labels == [spots[kind]]
        assert screen.press("z", action[0]) == [True, True]
    assert [action for _, action in screen.heard.done] == list(ACTIONS[kind])
    assert len({action[0] for action in ACTIONS[kind]}) == len(ACTIONS[kind])


def test_esc_leaves_and_a_key_that_types_nothing_leaves_and_does_what_it_does() -> None:
    screen = Screen(reply(0, "Hello"))
    assert screen.press("escape", "pageup", "ctrl+p") == [True, False, False]
    assert screen.heard.ended == ["", "", ""]
