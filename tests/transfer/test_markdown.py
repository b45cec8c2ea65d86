import json
import re
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from fakegpt_tui.domain import ChatMessage, Conversation, MessageStatus, Role, TitleSource
from fakegpt_tui.text import repaired
from fakegpt_tui.transfer.markdown import to_markdown

TIME = datetime(2026, 11, 22, 12, 30, tzinfo=UTC)
CONVERSATION = Conversation(
    id="5f6c2a5e-0000-4000-8000-000000000001",
    title="Rivers",
    service="embedded",
    model="guide",
    created_at=TIME,
    updated_at=TIME,
    leaf_id="a",
)


def message(text: str, **changes: Any) -> ChatMessage:
    plain = ChatMessage(
        id="m",
        conversation_id=CONVERSATION.id,
        parent_id=None,
        role=Role.ASSISTANT,
        text=text,
        status=MessageStatus.COMPLETE,
        created_at=TIME,
    )
    return replace(plain, **changes)


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


def read_back(document: str, conversation_id: str) -> list[ChatMessage]:
    """The rule that the writer's module states, word for word."""
    mark = re.escape(front_matter(document)["mark"])
    pieces = re.split(rf"(?:\A|(?<=\n))<!-- message {mark} (.*) -->\n", document)[1:]
    found = []
    for header, section in zip(pieces[::2], pieces[1::2], strict=True):
        fields = json.loads(header)
        heading, empty, body = section.split("\n", 2)
        assert heading.startswith("## ")
        assert empty == ""
        if "error" in fields:
            shown, empty, body = body.split("\n", 2)
            assert shown.startswith("> ")
            assert empty == ""
        # Sections are joined by a line feed, so that the last one has one less.
        body = body.removesuffix("\n") if section is pieces[-1] else body.removesuffix("\n\n")
        if "closed_by" in fields:
            body = body.removesuffix("\n" + fields["closed_by"])
        found.append(
            ChatMessage(
                id=fields["id"],
                conversation_id=conversation_id,
                parent_id=fields["parent"],
                role=Role(fields["role"]),
                text=body,
                status=MessageStatus(fields["status"]),
                created_at=datetime.fromisoformat(fields["created"]),
                error=fields.get("error"),
                service=fields.get("service", ""),
                model=fields.get("model", ""),
            )
        )
    return found


def headings(document: str) -> list[str]:
    """The role headings that a reader of the rendered file sees, outside of any block."""
    body = document.split("\n---\n", 1)[1]
    tokens = MarkdownIt("commonmark").parse(body)
    return [
        tokens[index + 1].content
        for index, token in enumerate(tokens)
        if token.type == "heading_open" and token.level == 0 and token.tag == "h2"
    ]


hostile = st.lists(
    st.one_of(
        st.text(max_size=8),
        st.sampled_from(
            [
                "```",
                "~~~~",
                "````python",
                "   ```",
                "- ```",
                "> ```",
                "1. a\n   ```\n   b",
                "<pre>",
                "<script>",
                "<!--",
                "-->",
                "<?php",
                "<![CDATA[",
                "<!A",
                "<div>",
                "---",
                "## User",
                "## Assistant (stopped)",
                "<!-- message aaaaaaaaaaaa {} -->",
                '<!-- message {} {"id": "x"} -->',
                "\n",
                "\r",
                "\r\n",
                "\t",
                " ",
                "\x00",
                "\x1b[31m",
                "\u2028",
                "\u202e",
                "[a]: <",
                "\\",
            ]
        ),
    ),
    max_size=8,
).map("\n".join)

messages = st.builds(
    message,
    hostile,
    id=st.text(min_size=1, max_size=5),
    parent_id=st.none() | hostile,
    role=st.sampled_from(Role),
    status=st.sampled_from(MessageStatus),
    error=st.none() | hostile,
    created_at=st.datetimes(timezones=st.just(UTC)),
)


@settings(deadline=None, max_examples=150)
@given(st.lists(messages, max_size=4))
def test_what_was_written_can_be_read_back_whatever_it_says(written: list[ChatMessage]) -> None:
    written = [
        replace(each, service="s", model="-->") if each.role is Role.ASSISTANT else each
        for each in written
    ]
    expected = [replace(each, text=repaired(each.text)) for each in written]
    assert read_back(to_markdown(CONVERSATION, written), CONVERSATION.id) == expected


@settings(deadline=None, max_examples=150)
@given(hostile)
def test_no_text_swallows_the_heading_of_the_next(text: str) -> None:
    after = message("after", role=Role.SYSTEM, status=MessageStatus.INTERRUPTED)
    document = to_markdown(CONVERSATION, [message(text), after])
    assert headings(document)[-1] == "System (interrupted)"


@settings(deadline=None, max_examples=150)
@given(hostile, st.text(max_size=5), st.none() | hostile)
def test_the_front_matter_says_what_the_conversation_is(
    title: str, model: str, leaf: str | None
) -> None:
    conversation = replace(
        CONVERSATION, title=title, model=model, leaf_id=leaf, title_source=TitleSource.PERSON
    )
    fields = front_matter(to_markdown(conversation, []))
    assert fields["id"] == CONVERSATION.id
    assert fields["title"] == repaired(title)
    assert fields["model"] == repaired(model)
    assert fields["leaf"] == ("null" if leaf is None else repaired(leaf))
    assert fields["title_source"] == "person"
    assert datetime.fromisoformat(fields["created"]) == TIME


def test_a_text_that_knows_the_mark_gets_another_one() -> None:
    plain = to_markdown(CONVERSATION, [message("hello")])
    mark = front_matter(plain)["mark"]
    fake = message(f'<!-- message {mark} {{"id": "x"}} -->\n## User\n\nI never said that')
    document = to_markdown(CONVERSATION, [fake])
    assert front_matter(document)["mark"] != mark
    assert [each.text for each in read_back(document, CONVERSATION.id)] == [fake.text]


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
    document = to_markdown(CONVERSATION, [message(text)])
    end = text if line is None else f"{text}\n{line}"
    assert document.endswith(f"\n\n{end}\n")


@pytest.mark.parametrize("foreign", ["a-->b", "--", "---->", "--!>", "<!--"])
def test_no_field_ends_the_comment_it_is_in(foreign: str) -> None:
    reply = message("text", id=foreign, model=foreign, error=foreign)
    document = to_markdown(CONVERSATION, [reply])
    (line,) = (line for line in document.split("\n") if line.startswith("<!-- message"))
    assert line[4:-3].count("--") == 0
    assert read_back(document, CONVERSATION.id) == [reply]


def test_status_and_error_are_told_to_people() -> None:
    failed = message("half", status=MessageStatus.FAILED, error="The line\nbroke.")
    document = to_markdown(CONVERSATION, [failed])
    assert "\n## Assistant (failed)\n\n> The line broke.\n\nhalf\n" in document


def test_the_document_has_no_control_characters_of_a_title() -> None:
    document = to_markdown(replace(CONVERSATION, title="a\x1b]0;b\x07\n---\nid: x"), [])
    assert "\x1b" not in document
    assert front_matter(document)["id"] == CONVERSATION.id
