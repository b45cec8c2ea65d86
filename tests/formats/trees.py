"""Conversations as random trees that say hostile things."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from fakegpt_tui.domain import (
    ChatMessage,
    Conversation,
    FinishReason,
    GenerationSettings,
    MessageStatus,
    Role,
    TitleSource,
    Usage,
)
from fakegpt_tui.domain.folders import clean_folder, clean_tags
from fakegpt_tui.domain.setting_kinds import to_json

TIME = datetime(2026, 11, 22, 12, 30, tzinfo=UTC)
CONVERSATION = Conversation(
    id="5f6c2a5e-0000-4000-8000-000000000001",
    title="Rivers",
    service="embedded",
    model="guide",
    created_at=TIME,
    updated_at=TIME,
    leaf_id="m",
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


def branched() -> tuple[Conversation, list[ChatMessage]]:
    """One prompt with two replies, the first of which was gone on from; the second is shown."""
    messages = [
        message("Tell of rivers", id="a", role=Role.USER),
        message("They flow.", id="b", parent_id="a"),
        message("Where to?", id="c", parent_id="b", role=Role.USER),
        message("They *meander*.", id="d", parent_id="a"),
    ]
    return replace(CONVERSATION, leaf_id="d"), messages


plain_text = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)

hostile = st.lists(
    st.one_of(
        plain_text,
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
                "> ",
                "## User",
                "## Assistant (stopped)",
                "<!-- message aaaaaaaaaaaa {} -->",
                "<!-- version aaaaaaaaaaaa -->",
                '<!-- message {} {"id": "x"} -->',
                "sha256:" + "0" * 64,
                "\n",
                "\r",
                "\r\n",
                "\t",
                " ",
                "\x00",
                "\x1b[31m",
                "\u2028",
                "\u202e",
                "\U0001f600",
                "[a]: <",
                "\\",
                '"',
            ]
        ),
    ),
    max_size=8,
).map("\n".join)

times = st.datetimes(timezones=st.just(UTC))
counts = st.integers(0, 2**63 - 1)
durations = st.none() | st.timedeltas(timedelta(), timedelta(days=30))
generations = st.builds(
    GenerationSettings,
    temperature=st.none() | st.floats(0, 2),
    top_p=st.none() | st.floats(0, 1),
    max_tokens=st.none() | st.integers(1, 10_000_000),
    seed=st.none() | counts,
    stop=st.lists(hostile.filter(bool), max_size=2).map(tuple),
    effort=st.sampled_from(["", "low"]),
    thinking=st.sampled_from(["", "off", "2048"]),
    schema=st.just("") | hostile.map(lambda text: to_json({text: text})),
    extra=st.just("") | hostile.map(lambda text: to_json({"a": {text: 1}})),
)
messages = st.builds(
    message,
    hostile,
    role=st.sampled_from(Role),
    status=st.sampled_from(MessageStatus),
    error=st.none() | hostile,
    service=hostile,
    model=hostile,
    reasoning=st.just("") | hostile,
    finish=st.none() | st.sampled_from(FinishReason),
    usage=st.none()
    | st.builds(
        Usage,
        st.integers(0, 2**40),
        st.integers(0, 2**40),
        cache_read=st.none() | st.integers(0, 2**40),
        reasoning=st.none() | st.integers(0, 2**40),
        cost=st.sampled_from(["", "0.0123"]),
    ),
    server_id=hostile,
    created_at=times,
    trashed_at=st.none() | times,
    first_word_after=durations,
    ended_after=durations,
    thought_for=durations,
)
headers = st.builds(
    Conversation,
    id=hostile.filter(bool),
    title=hostile,
    title_source=st.sampled_from(TitleSource),
    service=hostile,
    model=hostile,
    created_at=times,
    updated_at=times,
    unread=st.booleans(),
    pinned=st.booleans(),
    archived=st.booleans(),
    trashed_at=st.none() | times,
    server_id=hostile,
    system_prompt=hostile,
    generation=generations,
    folder=hostile.map(clean_folder),
    tags=st.lists(hostile, max_size=3).map(clean_tags),
)


@st.composite
def conversations(
    draw: st.DrawFn,
) -> tuple[Conversation, Sequence[ChatMessage]]:
    """A conversation and its whole tree, in the order in which a store gives it."""
    header = draw(headers)
    found: list[ChatMessage] = []
    ids = draw(st.lists(hostile.filter(bool), max_size=7, unique=True))
    for own_id in ids:
        parent = draw(st.none() | st.sampled_from(found)) if found else None
        found.append(
            replace(
                draw(messages),
                id=own_id,
                conversation_id=header.id,
                parent_id=None if parent is None else parent.id,
            )
        )
    leaf = draw(st.sampled_from(found)).id if found else None
    return replace(header, leaf_id=leaf), tuple(found)
