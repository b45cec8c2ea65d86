"""What is drawn of messages, and drawn again."""

from dataclasses import replace

from fakegpt_tui.domain import MessageStatus
from fakegpt_tui.ui.markdown.document import Document
from fakegpt_tui.ui.markdown.palette import Palette
from fakegpt_tui.ui.widgets.transcript.layout_factory import LayoutFactory
from fakegpt_tui.ui.widgets.transcript.message_layout import MessageStyles
from fakegpt_tui.ui.widgets.transcript.virtual_list import LinePosition, VirtualList
from tests.ui.widgets.transcript.test_viewport import reply

WORDS = "word " * 60


def column(text: str) -> VirtualList:
    typesetter = LayoutFactory(Document)
    typesetter.set_theme(Palette.colourless(), MessageStyles())
    made = VirtualList(typesetter)
    made.set_width(40)
    made.upsert(replace(reply(0, 1, final=False), text=text))
    return made


def test_a_line_that_says_the_same_is_the_same_strip_however_its_paragraph_grows() -> None:
    made = column(WORDS)
    places = made.positions_from(LinePosition(0, 0), 6)
    before = made.strips(places)
    made.upsert(replace(made.messages[0], text=f"{WORDS}and more"))
    after = made.strips(places)
    assert [one is other for one, other in zip(before, after, strict=True)] == [True] * 6


def test_a_line_that_says_something_else_is_another_strip() -> None:
    made = column("one")
    places = made.positions_from(LinePosition(0, 0), 3)
    before = made.strips(places)
    made.upsert(replace(made.messages[0], text="one two", status=MessageStatus.COMPLETE))
    after = made.strips(places)
    assert (before[2].text.strip(), after[2].text.strip()) == ("│ one", "│ one two")


def test_no_strip_is_kept_of_what_is_out_of_view() -> None:
    made = column(WORDS)
    above, below = (
        made.positions_from(LinePosition(0, 0), 3),
        made.positions_from(LinePosition(0, 0), 6)[3:],
    )
    before = made.strips(above)
    made.strips(below)
    assert made.strips(above) == before
    assert made.strips(above)[2] is not before[2]
