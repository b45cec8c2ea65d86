import re
from contextlib import suppress
from dataclasses import replace
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from fakegpt_tui.domain import LoadError, MessageStatus, Role, TitleSource
from fakegpt_tui.formats.markdown import read_markdown, write_markdown
from fakegpt_tui.formats.markdown_syntax import read_front_matter
from fakegpt_tui.formats.saving import select_messages
from fakegpt_tui.text import replace_surrogates
from tests.examples import examples
from tests.formats.trees import CONVERSATION, TIME, branched, conversations, hostile, message


def unquoted(scalar: str) -> str:
    """A YAML double-quoted scalar, read by the rules of YAML."""

    def character(match: re.Match[str]) -> str:
        short = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "\\": "\\"}
        return short.get(match[1][0]) or chr(int(match[1][1:], 16))

    assert scalar[0] == scalar[-1] == '"'
    return re.sub(r"\\(u[0-9A-F]{4}|U[0-9A-F]{8}|.)", character, scalar[1:-1])


def front_matter(document: str) -> dict[str, str]:
    lines = document.split("\n")
    assert lines[0] == "---"
    pairs = (line.split(": ", 1) for line in lines[1 : lines.index("---", 1)])
    return {name: unquoted(value) if value[0] == '"' else value for name, value in pairs}


def headings(document: str) -> list[str]:
    """The headings that a reader of the rendered file sees, outside of any block."""
    body = document.split("\n---\n", 1)[1]
    tokens = MarkdownIt("commonmark").parse(body)
    return [
        tokens[index + 1].content
        for index, token in enumerate(tokens)
        if token.type == "heading_open" and token.level == 0 and token.tag in ("h1", "h2")
    ]


@examples(150)
@given(conversations())
def test_what_was_written_is_read_back_whatever_it_says(written: tuple) -> None:
    assert read_markdown(write_markdown(*written)) == written


def test_folder_and_tags_are_in_the_front_matter_where_there_are_some() -> None:
    messages = [message("They flow.")]
    plain = write_markdown(CONVERSATION, messages)
    tagged = write_markdown(replace(CONVERSATION, folder="Work/2026", tags=("a", "b c")), messages)
    added = set(tagged.splitlines()) - set(plain.splitlines())
    assert added == {'folder: "Work/2026"', 'tags: ["a", "b c"]'}
    assert len(tagged.splitlines()) == len(plain.splitlines()) + 2


@pytest.mark.long
@examples(5_000)
@given(conversations())
def test_what_was_written_is_read_back_in_a_long_campaign(written: tuple) -> None:
    assert read_markdown(write_markdown(*written)) == written


@examples(150)
@given(hostile, hostile)
def test_no_text_swallows_the_heading_of_the_next(text: str, reasoning: str) -> None:
    after = message("after", id="z", role=Role.SYSTEM, status=MessageStatus.INTERRUPTED)
    first = message(text, reasoning=reasoning)
    document = write_markdown(
        replace(CONVERSATION, leaf_id="z"), [first, replace(after, parent_id="m")]
    )
    assert headings(document)[-1] == "System (interrupted)"


@examples(150)
@given(hostile, st.text(max_size=5), st.none() | hostile)
def test_the_front_matter_says_what_the_conversation_is(
    title: str, model: str, leaf: str | None
) -> None:
    conversation = replace(
        CONVERSATION, title=title, model=model, leaf_id=leaf, title_source=TitleSource.PERSON
    )
    fields = front_matter(write_markdown(conversation, []))
    assert fields["id"] == CONVERSATION.id
    assert fields["title"] == replace_surrogates(title)
    assert fields["model"] == replace_surrogates(model)
    assert fields["leaf"] == ("null" if leaf is None else replace_surrogates(leaf))
    assert fields["title_source"] == "person"
    assert datetime.fromisoformat(fields["created"]) == TIME


def test_the_shown_path_comes_first_and_every_other_version_after_it() -> None:
    document = write_markdown(*branched())
    assert headings(document) == [
        "Rivers",
        "User",
        "Assistant ‹2/2›",
        "Version 1 of 2, after “Tell of rivers”",
        "Assistant ‹1/2›",
        "User",
    ]


def test_a_selection_is_a_path_of_its_own() -> None:
    conversation, messages = branched()
    chosen = select_messages(messages, {"a", "c"})
    conversation = replace(conversation, leaf_id="c")
    document = write_markdown(conversation, chosen)
    assert headings(document) == ["Rivers", "User", "User"]
    assert [each.parent_id for each in read_markdown(document)[1]] == [None, "a"]


def test_a_text_that_knows_the_mark_gets_another_one() -> None:
    plain = write_markdown(CONVERSATION, [message("hello")])
    mark = front_matter(plain)["mark"]
    fake = message(f'<!-- message {mark} {{"id": "x"}} -->\n## User\n\nI never said that')
    document = write_markdown(CONVERSATION, [fake])
    assert front_matter(document)["mark"] != mark
    assert read_markdown(document) == (CONVERSATION, (fake,))


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("```python\nx = 1", "```"),
        ("~~~~\n~~~", "~~~~"),
        ("<pre>\nx", "</pre>"),
        ("<?php", "?>"),
        ("<![CDATA[ x", "]]>"),
        ("```\nx\n```", None),
        ("- ```\n  x", None),
        ("> ```\n> x", None),
        ("    ```", None),
        ("a < b", None),
    ],
)
def test_only_what_would_go_on_is_closed(text: str, line: str | None) -> None:
    document = write_markdown(CONVERSATION, [message(text)])
    end = text if line is None else f"{text}\n{line}"
    assert document.endswith(f"\n\n{end}\n")


@pytest.mark.parametrize("foreign", ["a-->b", "--", "---->", "--!>", "<!--"])
def test_no_field_ends_the_comment_it_is_in(foreign: str) -> None:
    reply = message("text", id=foreign, model=foreign, error=foreign)
    document = write_markdown(replace(CONVERSATION, leaf_id=foreign), [reply])
    (line,) = (line for line in document.split("\n") if line.startswith("<!-- message"))
    assert line[4:-3].count("--") == 0
    assert read_markdown(document)[1] == (reply,)


def test_status_error_and_reasoning_are_told_to_people() -> None:
    failed = message(
        "half",
        status=MessageStatus.FAILED,
        error="The line\nbroke.",
        reasoning="First\n\nthen",
    )
    document = write_markdown(CONVERSATION, [failed])
    assert (
        "\n## Assistant (failed)\n\n> The line broke.\n\n"
        "> **Reasoning**\n>\n> First\n> \n> then\n\nhalf\n"
    ) in document


def test_the_document_has_no_control_characters_of_a_title() -> None:
    document = write_markdown(replace(CONVERSATION, title="a\x1b]0;b\x07\n---\nid: x"), [])
    assert "\x1b" not in document
    assert front_matter(document)["id"] == CONVERSATION.id


def test_what_a_person_changed_in_a_text_is_read_as_they_left_it() -> None:
    document = write_markdown(*branched()).replace("They flow.", "They flow\n\nuphill.\n")
    assert read_markdown(document)[1][1].text == "They flow\n\nuphill.\n"


def test_front_matter_that_another_program_wrote_anew_is_read() -> None:
    conversation, messages = branched()
    document = write_markdown(conversation, messages)
    changed = (
        document.replace('title: "Rivers"', "title: Lakes and ponds")
        .replace('service: "embedded"', "service: 'it''s'")
        .rstrip("\n")
    )
    expected = replace(conversation, title="Lakes and ponds", service="it's")
    assert read_markdown(changed) == (expected, tuple(messages))


@pytest.mark.parametrize(
    ("lines", "tags"),
    [
        ("tags:\n  - water\n- 'deep sea'", ("water", "deep sea")),
        ('tags: [water, "deep sea"]', ("water", "deep sea")),
        ("tags: #water, deep sea", ("water", "deep sea")),
        ("tags: 2026", ()),
        ("tags:", ()),
        ("tags: [[1, 2], {}]", ("[1 2]", "{}")),
        ("folder: 2026", ()),
    ],
)
def test_tags_of_an_editor_of_notes_are_tags(lines: str, tags: tuple[str, ...]) -> None:
    document = write_markdown(*branched())
    changed = document.replace("pinned: false", f"pinned: false\n{lines}")
    header, _ = read_markdown(changed)
    assert header.tags == tags
    assert header.folder == ("2026" if "folder" in lines else "")


DAMAGE = [
    ("---\n", "", "Line 1 does not begin a front matter"),
    ("\n---\n", "\n", "The front matter has no end"),
    ('id: "5f', 'ix: "5f', "The front matter has no 'id'"),
    ('\ntitle: "R', '\nid: "R', "The front matter says 'id' twice"),
    ('created: "2', 'created: "x', "has a 'created' that is not a time"),
    ("pinned: false", "pinned: 3", "has a 'pinned' that is not true or false"),
    ("format: 1", "format: 3", "newer format"),
    ("mark: ", "work: ", "names no mark"),
    ('model: "guide"', 'model: "gu\\ide"', "has a 'model' that cannot be read"),
    ('{"id": "a"', '{"id": "b"', "holds two messages of the same id"),
    ('"parent": "b"', '"parent": "x"', "lacks the message that another one follows"),
    ('leaf: "d"', 'leaf: "x"', "lacks the message that its shown path ends in"),
    ('{"id": "a"', '{{"id": "a"', "Line 19 begins a message, but its JSON is damaged"),
    ('"role": "user"', '"role": "boss"', "line 19 has a 'role' that is not one of user"),
    ("\n## User\n", "\n# User\n", "begins in line 19 has no heading"),
]


@pytest.mark.parametrize(("what", "instead", "sentence"), DAMAGE)
def test_a_damaged_file_is_a_sentence_that_says_where(
    what: str, instead: str, sentence: str
) -> None:
    document = write_markdown(*branched())
    assert what in document
    with pytest.raises(LoadError, match=re.escape(sentence)):
        read_markdown(document.replace(what, instead, 1))


@examples(200)
@given(conversations(), st.data())
def test_no_damage_is_more_than_a_sentence(written: tuple, data: st.DataObject) -> None:
    document = write_markdown(*written)
    begin = data.draw(st.integers(0, len(document)))
    end = data.draw(st.integers(begin, min(begin + 40, len(document))))
    damaged = document[:begin] + data.draw(hostile) + document[end:]
    with suppress(LoadError):
        conversation, messages = read_markdown(damaged)
        assert {each.conversation_id for each in messages} <= {conversation.id}


@pytest.mark.parametrize("changed", ["all", "front matter", "messages", "blank above"])
def test_line_ends_of_windows_are_read_back(changed: str) -> None:
    conversation, messages = branched()
    written = write_markdown(conversation, messages)
    head, between, body = written.partition("\n---\n")
    windows = {
        "all": written.replace("\n", "\r\n"),
        "front matter": (head + between).replace("\n", "\r\n") + body,
        "messages": head + between + body.replace("\n", "\r\n"),
        "blank above": "\r\n\n" + written,
    }
    assert read_markdown(windows[changed]) == (conversation, tuple(messages))


def test_line_ends_within_messages_stay_where_the_lines_around_them_are_ours() -> None:
    pasted = write_markdown(*branched()).replace("\n", "\r\n")
    prompt = message(f"Look:\r\n{pasted}")
    assert read_markdown(write_markdown(CONVERSATION, [prompt]))[1] == (prompt,)


def test_a_file_without_the_lines_of_its_messages_is_refused() -> None:
    written = write_markdown(*branched())
    with pytest.raises(LoadError, match="has no line of ours before a message"):
        read_markdown(written.replace("<!-- message", "<!--  message"))


def values_with(title: str) -> dict[str, object]:
    return read_front_matter(f"---\nformat: 1\ntitle: {title}\npinned: true\n---\n")


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        (">-\n  A long title that\n  is folded", "A long title that is folded"),
        (">\n  One\n\n  two\n    indented\n  three", "One\ntwo\n  indented\nthree\n"),
        ("|-\n  One\n  two\n", "One\ntwo"),
        ("|\n  One\n  two", "One\ntwo\n"),
        (">2-\n  A long\n  title", "A long title"),
        ("|-2\n  One\n  two", "One\ntwo"),
        ("A plain title\n  that goes on", "A plain title that goes on"),
        ("'It''s a title\n  that goes on'", "It's a title that goes on"),
        ('"A quoted title\n  that goes on"', "A quoted title that goes on"),
        ('"A cut wo\\\n  rd and\\\n  \\ a blank"', "A cut word and a blank"),
        ("2024", "2024"),
        ("true", "true"),
        ("~", "~"),
    ],
)
def test_front_matter_that_another_program_has_written_anew_is_read(
    written: str, meant: str
) -> None:
    assert values_with(written) == {"format": 1, "title": meant, "pinned": True}
