from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from fakegpt_tui.domain import ChatMessage, FinishReason, MessageStatus, Role, TitleSource
from fakegpt_tui.domain.parts import (
    CitationPart,
    FilePart,
    ImagePart,
    PlacedPart,
    TextSpan,
    place_parts,
)
from fakegpt_tui.formats.base import FormatError, LoadedItem, reading_order, validate_tree
from fakegpt_tui.formats.chatgpt_conversation import HIDDEN, NO_LEAF, read_conversation
from fakegpt_tui.formats.chatgpt_messages import MARKS
from fakegpt_tui.formats.message_parts import UNKNOWN
from fakegpt_tui.formats.source_tree import CIRCLES, ORPHANS
from tests.formats.exports import TIME, content, exported, ordinary, said, tree


def loaded(document: object) -> LoadedItem:
    found = read_conversation(document, service="embedded", model="guide")
    validate_tree(found.messages, found.conversation.leaf_id)
    return found


def path(found: LoadedItem) -> list[str]:
    _, shown = reading_order(found.messages, found.conversation.leaf_id)
    return [message.text for message in shown]


def texts(found: LoadedItem) -> list[str]:
    return [message.text for message in found.messages]


def told(found: LoadedItem) -> list[str]:
    """Texts, and the names of files as paragraphs where they stand."""
    return [
        "\n\n".join(filter(None, (each.text.strip() or _name(each) for each in placed(message))))
        for message in found.messages
    ]


def placed(message: ChatMessage) -> list[PlacedPart]:
    return list(place_parts(message.text, "", message.parts))


def _name(each: PlacedPart) -> str:
    return f"- {each.part.name}" if isinstance(each.part, ImagePart | FilePart) else ""


def reply_with(**changes: Any) -> LoadedItem:
    """A conversation of which the reply is changed."""
    return loaded(
        exported(tree(("p", None, said("user", "Hi")), ("r", "p", said("assistant", **changes))))
    )


def test_every_branch_is_there_and_the_one_that_was_open_is_shown() -> None:
    found = loaded(ordinary())
    assert texts(found) == ["Tell of rivers", "They flow.", "Tell of lakes", "They rest."]
    assert path(found) == ["Tell of lakes", "They rest."]
    assert path(loaded(ordinary(current_node="r1"))) == ["Tell of rivers", "They flow."]
    assert found.left_out == {HIDDEN: 1}


def test_a_mapping_that_is_a_list_is_the_same_tree() -> None:
    expected = loaded(ordinary())
    document = ordinary()
    found = loaded({**document, "mapping": [*document["mapping"].values()]})
    assert (found.messages, path(found)) == (expected.messages, path(expected))


def test_a_list_whose_nodes_name_no_others_is_one_conversation_after_the_other() -> None:
    nodes = [{"message": said("user", "Hi")}, {"message": said("assistant", "Hello")}]
    assert path(loaded(exported(nodes, current_node=None))) == ["Hi", "Hello"]


def test_each_of_several_people_is_named_and_one_alone_is_not() -> None:
    def spoken(*names: str | None) -> list[str]:
        nodes = [
            {"message": said("user", text, author={"role": "user", "name": name})}
            for name, text in zip(names, ["Where to?", "- home", "2. Paris"], strict=True)
        ]
        return path(loaded(exported(nodes)))

    named = ["Ann: Where to?", "Ben: - home", "2. Paris"]
    assert spoken("Ann", "Ben", None) == named
    assert spoken("Ann", "Ann", "Ann") == ["Where to?", "- home", "2. Paris"]


def test_dates_models_and_titles_are_kept() -> None:
    found = loaded(ordinary(is_archived=True))
    conversation, reply = found.conversation, found.messages[1]
    assert (conversation.title, conversation.title_source) == ("Rivers", TitleSource.SERVICE)
    assert (conversation.service, conversation.model) == ("embedded", "guide")
    assert conversation.created_at == datetime.fromtimestamp(TIME, UTC)
    assert conversation.updated_at == datetime.fromtimestamp(TIME + 60, UTC)
    assert conversation.archived
    assert (reply.role, reply.service, reply.model) == (Role.ASSISTANT, "chatgpt", "gpt-4o")
    assert found.messages[0].model == ""


def test_the_same_conversation_gets_the_same_ids_and_another_one_others() -> None:
    first, again, other = (
        loaded(ordinary()),
        loaded(ordinary(title="Renamed")),
        loaded(ordinary(conversation_id="other")),
    )
    ids = [message.id for message in first.messages]
    assert [message.id for message in again.messages] == ids
    assert not set(ids) & {message.id for message in other.messages}


def test_an_id_is_that_of_earlier_releases() -> None:
    found = loaded(ordinary())
    assert found.conversation.id == "31c3ee75-9e54-5f68-8295-e35d1887a03e"
    assert found.messages[0].id == "aa939770-1277-5129-bb2b-70f2251d2a9c"


def test_without_an_id_the_conversation_is_known_by_what_it_holds() -> None:
    first = loaded(ordinary(conversation_id=None)).conversation.id
    assert loaded(ordinary(conversation_id=None)).conversation.id == first
    assert loaded(ordinary(conversation_id=None, title="x")).conversation.id != first


def test_a_conversation_without_a_title_is_called_by_its_first_prompt() -> None:
    conversation = loaded(ordinary(title=None)).conversation
    assert (conversation.title, conversation.title_source) == ("Tell of rivers", TitleSource.PROMPT)


@pytest.mark.parametrize("leaf", [None, "nowhere", 7, ["r1"]])
def test_where_no_end_is_marked_the_newest_message_is_shown(leaf: object) -> None:
    found = loaded(ordinary(current_node=leaf))
    assert path(found) == ["Tell of lakes", "They rest."]
    assert found.left_out[NO_LEAF] == 1


def test_thinking_becomes_the_reasoning_of_the_reply_after_it() -> None:
    thoughts = [{"summary": "Planning", "content": "Hm."}, {"content": "Yes."}]
    found = loaded(
        exported(
            tree(
                ("p", None, said("user", "Hi")),
                ("t", "p", said("assistant") | content("thoughts", thoughts=thoughts)),
                ("u", "t", said("assistant") | content("reasoning_recap", content="For 1m 3s")),
                ("r", "u", said("assistant", "Hello")),
                ("t2", "p", said("assistant") | content("thoughts", thoughts=thoughts)),
                ("u2", "p", said("assistant") | content("reasoning_recap", content="A while")),
                ("r2", "u2", said("assistant", "Ho")),
            )
        )
    )
    assert texts(found) == ["Hi", "Hello", "Ho", ""]
    assert found.messages[1].reasoning == "**Planning**\n\nHm.\n\nYes."
    assert found.messages[1].thought_for == timedelta(minutes=1, seconds=3)
    assert found.messages[1].parent_id == found.messages[0].id
    assert found.messages[2].reasoning == "A while"
    assert found.messages[3].reasoning == "**Planning**\n\nHm.\n\nYes."


def test_tools_are_told_apart_from_the_model() -> None:
    code = said("assistant", recipient="python") | content("code", language="python", text="1+1")
    output = said("tool") | content("execution_output", text="2")
    output["author"]["name"] = "python"
    found = loaded(
        exported(
            tree(("p", None, said("user", "Hi")), ("c", "p", code), ("o", "c", output)),
        )
    )
    assert texts(found)[1:] == [
        "[To python]\n\n```python\n1+1\n```",
        "[From python]\n\n[Output]\n\n```\n2\n```",
    ]


@pytest.mark.parametrize(
    ("part", "text", "note"),
    [
        (
            {"content_type": "image_asset_pointer", "asset_pointer": "file-service://f-1"},
            "- file-service://f-1",
            None,
        ),
        (
            {"content_type": "audio_asset_pointer", "asset_pointer": "sediment://f-2"},
            "- sediment://f-2",
            None,
        ),
        ({"content_type": "audio_transcription", "text": "spoken"}, "spoken", None),
        (
            {"content_type": "hologram", "a": "```"},
            '[Content of the kind hologram]\n\n````json\n{\n  "content_type": "hologram",\n'
            '  "a": "```"\n}\n````',
            UNKNOWN,
        ),
        (7, "[Content of an unknown kind]\n\n```json\n7\n```", UNKNOWN),
        (None, "", None),
    ],
)
def test_what_is_no_text_is_labelled(part: object, text: str, note: str | None) -> None:
    found = reply_with(**content("multimodal_text", parts=["Look:", part]))
    assert told(found)[1] == f"Look:\n\n{text}".rstrip()
    assert dict(found.left_out) == ({note: 1} if note else {})


@pytest.mark.parametrize(
    ("held", "text"),
    [
        (
            {"content_type": "tether_quote", "text": "q", "title": "T", "url": "https://e"},
            "[Quotation] · T · https://e\n\n```\nq\n```",
        ),
        (
            {"content_type": "system_error", "text": "no", "name": "E"},
            "[Error] · E\n\n```\nno\n```",
        ),
        ({"content_type": "nonsense\x1b"}, None),
        ("only a string", None),
        ([1, 2], None),
    ],
)
def test_every_kind_of_content_is_kept(held: object, text: str | None) -> None:
    found = reply_with(content=held)
    if text is None:
        assert texts(found)[1].startswith("[Content of an unknown kind]\n\n```json\n")
    else:
        assert texts(found)[1] == text


@pytest.mark.parametrize(
    ("changes", "status", "finish"),
    [
        ({}, MessageStatus.COMPLETE, None),
        ({"status": "in_progress"}, MessageStatus.INTERRUPTED, None),
        ({"finish": "stop"}, MessageStatus.COMPLETE, FinishReason.STOP),
        ({"finish": "max_tokens"}, MessageStatus.COMPLETE, FinishReason.LENGTH),
        ({"finish": "interrupted"}, MessageStatus.STOPPED, None),
        ({"finish": ["x"], "status": 3}, MessageStatus.COMPLETE, None),
    ],
)
def test_how_a_reply_ended_is_kept(
    changes: dict[str, Any], status: MessageStatus, finish: FinishReason | None
) -> None:
    message = said("assistant", "Hello")
    message["metadata"]["finish_details"] = {"type": changes.pop("finish", None)}
    found = loaded(exported(tree(("p", None, message | changes))))
    assert (found.messages[0].status, found.messages[0].finish) == (status, finish)


@pytest.mark.parametrize(
    ("time", "year"),
    [
        (TIME, 2023),
        (TIME * 1000, 2023),
        ("2024-02-03T04:05:06Z", 2024),
        ("2024-02-03T04:05:06", 2024),
        *((odd, 2023) for odd in (None, -1, 0, 1e400, float("nan"), 10**400, True, "soon", [])),
        ("0001-01-01T00:00:00+14:00", 2023),
    ],
)
def test_odd_times_fall_back_on_what_is_known(time: object, year: int) -> None:
    found = loaded(
        exported(
            tree(("p", None, said("user", "Hi")), ("r", "p", said("user", "Ho", create_time=time)))
        )
    )
    assert found.messages[1].created_at.year == year


def test_missing_parents_are_found_by_those_who_name_the_child() -> None:
    mapping = ordinary()["mapping"]
    mapping["r1"]["parent"] = None
    assert path(loaded(exported(mapping, current_node="r1"))) == ["Tell of rivers", "They flow."]


def test_missing_children_and_missing_parents_are_borne() -> None:
    mapping = ordinary()["mapping"]
    del mapping["p1"]["children"]
    mapping["p2"]["parent"] = "gone"
    mapping["system"]["children"] = ["p1"]
    found = loaded(exported(mapping, current_node="r1"))
    assert path(found) == ["Tell of rivers", "They flow."]
    assert sorted(texts(found)) == sorted(texts(loaded(ordinary())))
    assert found.left_out[ORPHANS] == 1


def test_of_a_parent_and_children_that_differ_the_parent_counts() -> None:
    mapping = ordinary()["mapping"]
    mapping["p2"]["children"] = ["r1", "r2"]
    mapping["p1"]["children"] = []
    assert path(loaded(exported(mapping, current_node="r1"))) == ["Tell of rivers", "They flow."]


def test_the_end_may_be_a_place_without_a_word_or_a_hidden_one() -> None:
    mapping = ordinary()["mapping"]
    mapping["empty"] = {"id": "empty", "parent": "r1", "children": [], "message": None}
    assert path(loaded(exported(mapping, current_node="empty")))[-1] == "They flow."
    hidden = loaded(exported(mapping, current_node="system"))
    assert path(hidden)[-1] == "They rest."
    assert hidden.left_out[NO_LEAF] == 1


def test_circles_are_cut() -> None:
    mapping = ordinary()["mapping"]
    mapping["root"]["parent"] = "r1"
    mapping["p2"]["parent"] = "p2"
    found = loaded(exported(mapping))
    assert sorted(texts(found)) == sorted(texts(loaded(ordinary())))
    assert found.left_out[CIRCLES] >= 1


def test_a_chain_of_thousands_is_no_trouble() -> None:
    links = [("0", None, said("user", "0"))]
    links += [(str(n), str(n - 1), said("user", str(n))) for n in range(1, 5000)]
    mapping = {
        own: {"id": own, "parent": parent, "message": message, "children": [str(int(own) + 1)]}
        for own, parent, message in links
    }
    assert len(path(loaded(exported(mapping)))) == 5000


@pytest.mark.parametrize(
    ("document", "sentence"),
    [
        (None, "is no conversation"),
        ([], "is no conversation"),
        ({}, "is no conversation"),
        ({"mapping": "x"}, "is no conversation"),
        ({"mapping": []}, "has no messages"),
        ({"mapping": {}}, "has no messages"),
        ({"mapping": {"a": None, "b": 3, "c": {"message": "x"}}}, "has no messages"),
    ],
)
def test_what_is_no_conversation_is_refused(document: object, sentence: str) -> None:
    with pytest.raises(FormatError, match=sentence):
        loaded(document)


def test_a_prompt_that_was_only_a_file_stays_and_names_it() -> None:
    nameless = [{"name": None}, {"id": None, "name": ""}, 5]
    known = [{"id": "file-1", "name": "lease.pdf"}, {"id": "f2", "name": 3}]
    attached = {"attachments": [*known, *nameless]}
    found = loaded(
        exported(
            tree(
                ("p", None, said("user", "", metadata=attached)),
                ("r", "p", said("assistant", "It is a lease.")),
            )
        )
    )
    names = ["lease.pdf", "f2", "a file without a name", "a file without a name"]
    assert told(found) == ["\n\n".join(f"- {each}" for each in names), "It is a lease."]


def test_a_file_that_the_text_points_to_is_named_once() -> None:
    attached = {"attachments": [{"id": "file_1", "name": "swatch.png"}]}
    part = {"content_type": "image_asset_pointer", "asset_pointer": "sediment://file_1"}
    found = reply_with(metadata=attached, **content("multimodal_text", parts=[part, "Red?"]))
    assert told(found)[1] == "- swatch.png\n\nRed?"


def test_spoken_prompts_are_read_as_text_with_the_sound() -> None:
    sound = {"content_type": "audio_asset_pointer", "asset_pointer": "sediment://s"}
    parts = [
        {"content_type": "audio_transcription", "text": "When?", "direction": "in"},
        {
            "content_type": "real_time_user_audio_video_asset_pointer",
            "frames_asset_pointers": [{**sound, "asset_pointer": "sediment://frame"}],
            "video_container_asset_pointer": None,
            "audio_asset_pointer": sound,
        },
    ]
    found = reply_with(**content("multimodal_text", parts=parts))
    assert told(found)[1] == "When?\n\n- sediment://s\n\n- sediment://frame"


@pytest.mark.parametrize(
    ("held", "text"),
    [
        ({"content_type": "text", "text": "bare"}, "bare"),
        (
            {"content_type": "multimodal_text", "parts": [{"content_type": "text", "text": "t"}]},
            "t",
        ),
        (
            {"content_type": "sonic_webpage", "title": "T", "url": "https://e", "text": "page"},
            "[Page] · T · https://e\n\n```\npage\n```",
        ),
        (
            {"content_type": "computer_output", "screenshot": {"asset_pointer": "sediment://x"}},
            "- sediment://x",
        ),
        (
            {
                "content_type": "code",
                "language": "json",
                "text": '{"name": "poem", "type": "document", "content": "# A\\n\\nkettle"}',
            },
            "**poem**\n\n# A\n\nkettle",
        ),
        (
            {"content_type": "code", "text": '{"updates": [{"pattern": "a", "replacement": "b"}]}'},
            "```\nb\n```",
        ),
        (
            {
                "content_type": "code",
                "text": '{"name": "f", "type": "code/python", "content": "x = 1"}',
            },
            "**f**\n\n```python\nx = 1\n```",
        ),
        (
            {
                "content_type": "code",
                "text": '{"comments": [{"pattern": "a", "comment": "No\\nb"}]}',
            },
            "- No b",
        ),
    ],
)
def test_what_people_and_tools_said_reads_as_text(held: object, text: str) -> None:
    found = reply_with(content=held)
    assert told(found)[1] == text
    assert UNKNOWN not in found.left_out


def test_a_document_that_is_written_as_text_is_read_as_one() -> None:
    written = '{"name": "poem", "type": "document", "content": "# A\\n\\nkettle"}'
    found = reply_with(recipient="canmore.create_textdoc", **content("text", parts=[written]))
    assert texts(found)[1] == "[To canmore.create_textdoc]\n\n**poem**\n\n# A\n\nkettle"
    assert texts(reply_with(**content("text", parts=[written])))[1] == written


def test_a_tool_that_showed_nothing_makes_no_message() -> None:
    empty = said("tool") | content("tether_browsing_display", result="", summary=None)
    bare = said("assistant") | content("text")
    links = (("p", None, said("user", "Hi")), ("t", "p", empty), ("b", "t", bare))
    assert texts(loaded(exported(tree(*links)))) == ["Hi"]


@pytest.mark.parametrize(
    ("held", "text"),
    [
        (
            {
                "content_type": "user_editable_context",
                "user_profile": "A cook.",
                "user_instructions": "Short.",
            },
            "A cook.\n\nShort.",
        ),
        (
            {"content_type": "model_editable_context", "model_set_context": "Likes pears."},
            "Likes pears.",
        ),
    ],
)
def test_instructions_and_memories_are_no_prompts(held: object, text: str) -> None:
    links = (("c", None, said("user", content=held)), ("p", "c", said("user", "Hi")))
    found = loaded(exported(tree(*links)))
    assert [(each.role, each.text) for each in found.messages] == [
        (Role.SYSTEM, text),
        (Role.USER, "Hi"),
    ]


def test_sources_of_a_web_search_are_parts_and_not_in_the_text() -> None:
    mark = "\ue200cite\ue202turn0search0\ue201"
    items = [{"title": "Rain", "url": "https://e/rain"}]
    references = {"content_references": [{"matched_text": mark, "items": items}]}
    found = reply_with(metadata=references, **content("text", parts=[f"Likely.{mark}"]))
    assert texts(found)[1] == "Likely."
    source = CitationPart(7, 7, "https://e/rain", "Rain")
    assert found.messages[1].parts == (TextSpan(7), source)
    found = reply_with(**content("text", parts=[f"Likely.{mark}"]))
    assert texts(found)[1] == "Likely."
    assert dict(found.left_out) == {MARKS: 1}
