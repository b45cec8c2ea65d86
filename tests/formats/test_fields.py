"""Each field of conversations and messages is in files, also one that is added later."""

from dataclasses import fields, replace
from datetime import datetime, timedelta
from typing import get_type_hints

import pytest

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
from fakegpt_tui.domain.parts import CitationPart, TextSpan
from fakegpt_tui.formats.fields import (
    Fields,
    decode_conversation,
    decode_message,
    encode_conversation,
    encode_message,
)
from tests.formats.trees import CONVERSATION, TIME, message

PARTS = (TextSpan(2), CitationPart(url="https://example.org"))
OTHERS = {
    str: "other",
    str | None: "other",
    bool: True,
    int: 3,
    datetime: TIME + timedelta(days=1),
    datetime | None: TIME,
    timedelta | None: timedelta(seconds=2),
    tuple[str, ...]: ("other",),
    tuple[object, ...]: PARTS,
    TitleSource: TitleSource.PERSON,
    GenerationSettings: GenerationSettings(temperature=0.5),
    Role: Role.USER,
    MessageStatus: MessageStatus.STOPPED,
    FinishReason | None: FinishReason.LENGTH,
    Usage | None: Usage(1, 2),
}


def others(kind: type) -> dict[str, object]:
    """A value for each field that is not its default."""
    hints = get_type_hints(kind, localns={"Part": object})
    found = {each.name: OTHERS[hints[each.name]] for each in fields(kind)}
    assert all(found[each.name] != each.default for each in fields(kind))
    return found


@pytest.mark.parametrize("name", others(Conversation))
def test_a_field_of_a_conversation_is_read_back(name: str) -> None:
    changed = replace(CONVERSATION, **{name: others(Conversation)[name]})
    assert decode_conversation(Fields(encode_conversation(changed))) == changed


@pytest.mark.parametrize("name", others(ChatMessage))
def test_a_field_of_a_message_is_read_back(name: str) -> None:
    changed = replace(message("Hi"), **{name: others(ChatMessage)[name]})
    read = decode_message(
        Fields(encode_message(changed)),
        changed.conversation_id,
        text=changed.text,
        reasoning=changed.reasoning,
    )
    assert read == changed
