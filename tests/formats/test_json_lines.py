import json
from contextlib import suppress
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakegpt_tui.domain import LoadError, Usage
from fakegpt_tui.formats.json_lines import read_json_lines, write_json_lines
from tests.examples import examples
from tests.formats.trees import branched, conversations, hostile


def lines_of(text: str) -> list[bytes]:
    return text.encode().splitlines(keepends=True)


@examples(150)
@given(st.lists(conversations(), max_size=3))
def test_what_was_written_is_read_back_whatever_it_says(written: list[tuple]) -> None:
    text = "".join(write_json_lines(*each) for each in written)
    found = read_json_lines(lines_of(text))
    assert [(each.conversation, each.messages) for each in found] == written


def test_each_line_is_one_json_object() -> None:
    rows = [json.loads(line) for line in lines_of(write_json_lines(*branched()))]
    assert [next(reversed(row)) for row in rows] == ["conversation", *["message"] * 4]
    assert rows[1]["message"]["text"] == "Tell of rivers"


@pytest.mark.parametrize(
    ("what", "instead", "sentence"),
    [
        ('{"digest"', "{", "Line 1 is neither a conversation nor a message of one"),
        ('{"message"', '{"massage"', "Line 2 is neither"),
        ('"text": "Tell of rivers"', '"text": 7', "What is in line 2 has a 'text' that is not a"),
        ('"format": 1', '"format": 3', "is of a newer format"),
        ('"parent": "b"', '"parent": "x"', "that begins in line 1 lacks the message"),
        ('"prompt": 1', '"prompt": "x"', "line 5 has a 'prompt' that is not a whole number"),
    ],
)
def test_a_damaged_file_is_a_sentence_that_says_where(
    what: str, instead: str, sentence: str
) -> None:
    conversation, messages = branched()
    messages[-1] = replace(messages[-1], usage=Usage(1, 2))
    text = write_json_lines(conversation, messages)
    assert what in text
    with pytest.raises(LoadError, match=sentence):
        list(read_json_lines(lines_of(text.replace(what, instead, 1))))


@examples(150)
@given(conversations(), st.data())
def test_no_damage_is_more_than_a_sentence(written: tuple, data: st.DataObject) -> None:
    text = write_json_lines(*written)
    begin = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(begin, min(begin + 40, len(text))))
    damaged = text[:begin] + data.draw(hostile) + text[end:]
    with suppress(LoadError):
        assert len(list(read_json_lines(lines_of(damaged)))) <= 1
