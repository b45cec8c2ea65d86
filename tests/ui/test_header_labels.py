"""What headers say is made for the messages that are looked at, and compared without making it."""

from dataclasses import replace

from fakegpt_tui.domain import ChatMessage
from fakegpt_tui.ui.header_labels import HeaderLabels, KnownLabels
from fakegpt_tui.ui.widgets.transcript.appearance import MessageLabel
from tests.ui.widgets.transcript.transcript_app import reply

MANY = 5_000


class Maker:
    """Makes labels, and knows for which messages."""

    def __init__(self) -> None:
        self.made: list[str] = []
        self.known: KnownLabels = {}
        self.day = 1
        self.messages = {each.id: each for each in (reply(n, "words") for n in range(MANY))}

    def __call__(self, message: ChatMessage) -> MessageLabel:
        self.made.append(message.id)
        return MessageLabel(cost=message.text)

    def labels(self, *changed: ChatMessage, hint: str = "", note: str = "") -> HeaderLabels:
        messages = {**self.messages, **{each.id: each for each in changed}}
        last = [*messages][-1]
        notes, hints = {last: note} if note else {}, {last: hint} if hint else {}
        return HeaderLabels(messages, self, self.known, made_by=self.day, notes=notes, hints=hints)


def test_of_thousands_of_messages_those_are_labelled_that_are_looked_at() -> None:
    maker = Maker()
    first, *_, last = maker.messages
    labels = maker.labels(note="‹ 1/2 ›", hint="r asks again")
    assert len(labels) == MANY
    assert maker.made == []
    assert labels[last] == MessageLabel(cost="words", note="‹ 1/2 ›", hint="r asks again")
    assert labels.get(first) == maker.labels()[first] == MessageLabel(cost="words")
    assert labels.get("another") is None
    assert maker.made == [last, first]


def test_labels_are_other_ones_where_a_header_says_something_else() -> None:
    maker = Maker()
    message = [*maker.messages.values()][-1]
    labels = maker.labels()
    assert labels == maker.labels()
    assert labels == maker.labels(replace(message, error="of no concern to a label"))
    assert labels != maker.labels(replace(message, text="more words"))
    assert labels != maker.labels(reply(MANY, "one more"))
    assert labels != maker.labels(note="✓")
    assert labels != maker.labels(hint="r asks again")
    assert set(maker.made) == {message.id}
    maker.day = 2
    assert labels != maker.labels()
