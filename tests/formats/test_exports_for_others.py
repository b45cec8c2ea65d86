"""What is saved for other programs reads back as what was said."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakegpt_tui.domain import ChatMessage, Conversation, MessageStatus, Role, Usage
from fakegpt_tui.domain.parts import (
    Blob,
    CitationPart,
    FilePart,
    ImagePart,
    Part,
    TextSpan,
    attached_parts,
)
from fakegpt_tui.formats.base import LoadedItem
from fakegpt_tui.formats.importer import Importer
from fakegpt_tui.formats.saving import save_as
from fakegpt_tui.store.conversation_store import ConversationStore
from tests.attachments.examples import png
from tests.examples import examples
from tests.formats.reading import explained, read
from tests.formats.trees import CONVERSATION, TIME, branched, message, plain_text

PNG = png(4, 3)
TREES = {"openwebui.json": "Open WebUI", "librechat.json": "LibreChat"}
PATHS = {"openai.json": "OpenAI messages", "sharegpt.json": "ShareGPT"}
ALL = TREES | PATHS

Said = list[tuple[str | None, Role, str, str]]


def said(messages: tuple[ChatMessage, ...] | list[ChatMessage]) -> Said:
    """What was said to what, whichever ids it has, in an order that does not matter."""
    texts = {each.id: each.text for each in messages}
    rows = [
        (texts.get(each.parent_id or ""), each.role, each.text, each.reasoning) for each in messages
    ]
    return sorted(rows, key=repr)


def shown(item: LoadedItem) -> list[str]:
    by_id = {each.id: each for each in item.messages}
    found: list[str] = []
    step = by_id.get(item.conversation.leaf_id or "")
    while step is not None:
        found.append(step.text)
        step = by_id.get(step.parent_id or "")
    return found[::-1]


def saved(
    folder: Path, conversation: Conversation, messages: list[ChatMessage], suffix: str
) -> tuple[Path, LoadedItem]:
    path = save_as(conversation, messages, folder, suffix=suffix)
    (item,) = read(path)
    assert isinstance(item, LoadedItem)
    return path, item


@pytest.mark.parametrize("suffix", TREES)
def test_every_branch_is_there(tmp_path: Path, suffix: str) -> None:
    conversation, messages = branched()
    _, item = saved(tmp_path, conversation, messages, suffix)
    assert said(item.messages) == said(messages)
    assert shown(item) == ["Tell of rivers", "They *meander*."]
    assert item.conversation.title == conversation.title


@pytest.mark.parametrize("suffix", PATHS)
def test_the_shown_path_is_there(tmp_path: Path, suffix: str) -> None:
    conversation, messages = branched()
    _, item = saved(tmp_path, conversation, messages, suffix)
    assert shown(item) == ["Tell of rivers", "They *meander*."]
    assert len(item.messages) == 2


@pytest.mark.parametrize(("suffix", "name"), ALL.items())
def test_the_file_is_recognised_as_that_programs(tmp_path: Path, suffix: str, name: str) -> None:
    conversation, messages = branched()
    path, _ = saved(tmp_path, conversation, messages, suffix)
    assert explained(path)[0].startswith(name)


@pytest.mark.parametrize("suffix", ALL)
def test_the_system_prompt_comes_along(tmp_path: Path, suffix: str) -> None:
    conversation, messages = branched()
    conversation = replace(conversation, system_prompt="Be brief.\n\nBe kind.")
    _, item = saved(tmp_path, conversation, messages, suffix)
    assert item.conversation.system_prompt == "Be brief.\n\nBe kind."


@pytest.mark.parametrize("suffix", TREES)
def test_what_is_known_of_a_reply_comes_along(tmp_path: Path, suffix: str) -> None:
    reply = message(
        "Two.",
        parent_id="p",
        model="a-model",
        reasoning="One and one,\n\n> that is <two> & no more.",
        status=MessageStatus.STOPPED,
        usage=Usage(10, 3),
    )
    asked = message("1+1?", id="p", role=Role.USER)
    _, item = saved(tmp_path, CONVERSATION, [asked, reply], suffix)
    found = item.messages[-1]
    assert (found.text, found.reasoning, found.model) == ("Two.", reply.reasoning, "a-model")
    assert (found.status, found.created_at) == (MessageStatus.STOPPED, TIME)
    if suffix == "openwebui.json":
        assert found.usage == Usage(10, 3)


@pytest.mark.parametrize("suffix", ALL)
def test_saving_the_same_again_makes_no_second_file(tmp_path: Path, suffix: str) -> None:
    conversation, messages = branched()
    first, _ = saved(tmp_path, conversation, messages, suffix)
    assert save_as(conversation, messages, tmp_path, suffix=suffix) == first
    grown = [*messages, message("And then?", id="e", parent_id="d", role=Role.USER)]
    second = save_as(replace(conversation, leaf_id="e"), grown, tmp_path, suffix=suffix)
    assert second != first
    assert json.loads(first.read_text()) != json.loads(second.read_text())


@pytest.mark.parametrize("suffix", ALL)
def test_folder_tags_pictures_and_files_come_along(tmp_path: Path, suffix: str) -> None:
    stored = {"a" * 64: PNG, "b" * 64: b"one\ntwo"}
    picture = ImagePart(Blob("a" * 64, len(PNG), "image/png", 4, 3), "sky.png")
    file = FilePart(Blob("b" * 64, 7, "text/plain"), "n.txt", as_text=True)
    asked = message("Look:So?", id="p", role=Role.USER)
    asked = replace(asked, parts=(TextSpan(5), picture, TextSpan(3), file))
    source = CitationPart(0, 0, "https://example.org", "E")
    reply = replace(message("Yes.", id="r", parent_id="p"), parts=(TextSpan(4), source))
    alone = replace(message("", id="q", parent_id="r", role=Role.USER), parts=(picture,))
    conversation = replace(CONVERSATION, leaf_id="q", folder="Sea/Deep", tags=("wet", "big fish"))
    path = save_as(
        conversation, [asked, reply, alone], tmp_path, suffix=suffix, read_blob=stored.__getitem__
    )
    with ConversationStore.open(tmp_path / "c.db") as store:
        importer = Importer(store)
        for item in read(path):
            importer.add(item)
        (found,) = store.conversations()
        first, answer, last = store.messages(found.id)
        assert (found.folder, found.tags) == ("Sea/Deep", ("wet", "big fish"))
        assert first.text.replace("\n\n", "") == "Look:So?"
        assert [
            (type(part), part.name, store.read_blob(part.blob.digest), _is_text(part))
            for each in (first, last)
            for part in attached_parts(each.parts)
        ] == [
            (ImagePart, "" if suffix == "openai.json" else "sky.png", PNG, False),
            (FilePart, "n.txt", b"one\ntwo", True),
            (ImagePart, "" if suffix == "openai.json" else "sky.png", PNG, False),
        ]
        sources = [part for part in answer.parts if isinstance(part, CitationPart)]
        assert sources == ([source] if suffix == "openwebui.json" else [])
    assert importer.report.loss_sentences()[:-1] == []


def _is_text(part: Part) -> bool:
    return isinstance(part, FilePart) and part.as_text


def chain(texts: list[str]) -> list[ChatMessage]:
    roles = (Role.USER, Role.ASSISTANT)
    return [
        message(text, id=str(number), role=roles[number % 2], parent_id=str(number - 1))
        if number
        else message(text, id="0", role=Role.USER)
        for number, text in enumerate(texts)
    ]


def texts(minimum: int = 2) -> st.SearchStrategy[list[str]]:
    return st.lists(
        plain_text.filter(lambda text: bool(text.strip())), min_size=minimum, max_size=6
    )


@pytest.mark.parametrize("suffix", ["librechat.json", "openai.json", "sharegpt.json"])
def test_any_text_reads_back(suffix: str) -> None:
    check: Callable[[], None] = _check_texts(suffix)
    check()


def _check_texts(suffix: str) -> Callable[[], None]:
    @examples(40)
    @given(texts())
    def check(said_texts: list[str]) -> None:
        with TemporaryDirectory() as folder:
            messages = chain(said_texts)
            conversation = replace(CONVERSATION, leaf_id=messages[-1].id)
            _, item = saved(Path(folder), conversation, messages, suffix)
            assert [each.strip() for each in shown(item)] == [each.strip() for each in said_texts]

    return check
