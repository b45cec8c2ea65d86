"""Conversation requests: written as the protocol has it, read from clients of any age."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fakegpt_tui.domain import ContextMessage
from fakegpt_tui.protocol.fakegpt import (
    ConversationAction,
    InvalidRequest,
    conversation_request_body,
    pack_prompt,
    read_conversation_request,
)
from fakegpt_tui.text import replace_surrogates


def test_a_single_message_of_any_role_is_its_own_prompt() -> None:
    assert pack_prompt([ContextMessage("system", "User: hi\n")]) == "User: hi\n"


def test_several_messages_are_packed_into_lines_that_ask_for_the_next_one() -> None:
    said = [("system", "s"), ("user", "hi"), ("ASSISTANT", "yo\nx"), ("user", "again")]
    prompt = pack_prompt([ContextMessage(role, text) for role, text in said])
    assert prompt == "System: s\nUser: hi\nAssistant: yo\nx\nUser: again\nAssistant:"


def test_no_prompt_can_be_packed_from_no_messages() -> None:
    with pytest.raises(ValueError, match="no message"):
        pack_prompt([])


def posted(prompt: str = "Hello") -> dict[str, object]:
    return conversation_request_body(
        prompt=prompt, model="m-1", message_id="U", parent_id="P", timezone_offset_min=-120
    )


def test_a_request_may_belong_to_a_conversation_that_the_service_keeps() -> None:
    asked = conversation_request_body(
        prompt="Again?",
        model="m-1",
        message_id="U",
        parent_id="P",
        timezone_offset_min=0,
        action=ConversationAction.VARIANT,
        conversation_id="C",
        keep_history=True,
    )
    assert (asked["action"], asked["conversation_id"]) == ("variant", "C")
    assert asked["history_and_training_disabled"] is False


def test_a_request_to_go_on_has_no_messages() -> None:
    asked = conversation_request_body(
        prompt=None,
        model="m-1",
        message_id="U",
        parent_id="R",
        timezone_offset_min=0,
        action=ConversationAction.CONTINUE,
        conversation_id="C",
        keep_history=True,
    )
    assert "messages" not in asked
    assert asked["parent_message_id"] == "R"


def test_a_request_has_every_field_of_the_protocol_and_no_other() -> None:
    assert posted() == {
        "action": "next",
        "messages": [
            {
                "id": "U",
                "author": {"role": "user"},
                "content": {"content_type": "text", "parts": ["Hello"]},
                "metadata": {},
            }
        ],
        "parent_message_id": "P",
        "model": "m-1",
        "plugin_ids": [],
        "timezone_offset_min": -120,
        "suggestions": [],
        "history_and_training_disabled": True,
        "arkose_token": "",
        "force_paragen": False,
    }


@settings(deadline=None)
@given(st.text(st.characters()))
def test_what_a_client_posts_is_what_a_host_reads(prompt: str) -> None:
    request = read_conversation_request(json.loads(json.dumps(posted(prompt))))
    assert request.prompt == replace_surrogates(prompt)
    assert (request.action, request.model, request.message_id) == (
        ConversationAction.NEXT,
        "m-1",
        "U",
    )
    assert (request.parent_message_id, request.conversation_id) == ("P", None)
    assert request.history_disabled


def asked(**changes: object) -> dict[str, object]:
    message = {"id": "U", "role": "user", "content": {"content_type": "text", "parts": ["Hi"]}}
    return {
        "action": "next",
        "messages": [message],
        "model": "m",
        "parent_message_id": "P",
    } | changes


def test_old_and_sparing_clients_are_understood() -> None:
    request = read_conversation_request(asked())
    assert request.messages == (ContextMessage("user", "Hi"),)
    assert not request.history_disabled


@pytest.mark.parametrize(
    "message",
    [
        {"content": {"parts": ["a", "b"]}},
        {"id": None, "author": None, "role": None, "content": {"parts": ["ab"]}, "metadata": None},
        {"author": {"role": "user"}, "role": "system", "content": {"parts": ["ab"]}, "weight": 1},
        {"content": "ab", "what": "ever"},
    ],
)
def test_a_message_needs_only_its_text(message: dict[str, object]) -> None:
    request = read_conversation_request(asked(messages=[message]))
    assert request.messages == (ContextMessage("user", "ab"),)
    assert request.message_id


def test_null_is_as_good_as_absent_and_what_is_unknown_is_ignored() -> None:
    fields = ["action", "model", "parent_message_id", "conversation_id", "arkose_token", "new"]
    request = read_conversation_request(asked(**dict.fromkeys(fields)))
    assert (request.action, request.model) == (ConversationAction.NEXT, "")
    assert (request.parent_message_id, request.conversation_id) == (None, None)


def test_a_role_is_kept_and_the_last_message_is_the_prompt() -> None:
    messages = [
        {"author": {"role": "system"}, "content": {"parts": ["Be kind."]}},
        {"id": "U2", "role": "user", "content": {"parts": ["Hi"]}},
    ]
    request = read_conversation_request(asked(messages=messages, conversation_id="C"))
    assert request.messages == (ContextMessage("system", "Be kind."), ContextMessage("user", "Hi"))
    assert (request.prompt, request.message_id, request.conversation_id) == ("Hi", "U2", "C")


@pytest.mark.parametrize("messages", [None, []])
def test_only_going_on_with_a_reply_needs_no_message(messages: object) -> None:
    request = read_conversation_request(asked(action="continue", messages=messages))
    assert (request.action, request.messages, request.prompt) == (
        ConversationAction.CONTINUE,
        (),
        "",
    )
    with pytest.raises(InvalidRequest, match="messages: at least one message is required"):
        read_conversation_request(asked(messages=messages))


@pytest.mark.parametrize(
    ("body", "place"),
    [
        (None, []),
        ([], []),
        ("text", []),
        (asked(action="delete"), ["action"]),
        (asked(action=5), ["action"]),
        (asked(messages={"id": 1}), ["messages"]),
        (asked(messages=[{"content": "Hi"}] * 1001), ["messages"]),
        (asked(messages=["Hi"]), ["messages", 0, "content", "parts"]),
        (asked(messages=[{"content": None}]), ["messages", 0, "content", "parts"]),
        (asked(messages=[{"content": {"parts": "Hi"}}]), ["messages", 0, "content", "parts"]),
        (asked(messages=[{"content": {"parts": [{}]}}]), ["messages", 0, "content", "parts"]),
        (asked(model=["m"]), ["model"]),
        (asked(model="m" * 1000), ["model"]),
        (asked(conversation_id=7), ["conversation_id"]),
        (asked(messages=[{"id": "U" * 201, "content": "Hi"}]), ["messages", 0, "id"]),
    ],
    ids=lambda value: f"{value!r:.60}",
)
def test_what_cannot_be_read_is_refused_by_the_name_of_the_field(
    body: object, place: list[str | int]
) -> None:
    with pytest.raises(InvalidRequest) as refusal:
        read_conversation_request(body)
    (problem,) = refusal.value.body["detail"]  # type: ignore[misc,attr-defined]
    assert problem["loc"] == ["body", *place]
    assert problem["msg"] in str(refusal.value)
