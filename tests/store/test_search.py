import sqlite3
import threading
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakegpt_tui.domain import Conversation, MessageStatus, SearchHit, SearchQuery, StoreError
from fakegpt_tui.store.conversation_store import ConversationStore
from fakegpt_tui.store.tokenizer import make_snippet
from tests.examples import examples
from tests.patience import PATIENCE
from tests.store.tree import TIME, chat_message, conversation, turn


def said(store: ConversationStore, *texts: str, **changes: object) -> Conversation:
    """A conversation with a message for each of the texts."""
    header = conversation(**{"title": "Untitled", **changes})
    messages = [chat_message(header, None, text=text) for text in texts]
    store.add_turn(header, *messages).result()
    return header


def found(store: ConversationStore, text: str, **filters: object) -> list[str]:
    query = SearchQuery(text=text, **filters)  # type: ignore[arg-type]
    return [hit.snippet for hit in store.search(query, 50)]


def marked(hit: SearchHit) -> list[str]:
    return [hit.snippet[first:last] for first, last in hit.marks]


def test_all_words_must_be_there_and_the_newest_comes_first(store: ConversationStore) -> None:
    said(store, "red apple", "green apple", "apple, red and green")
    assert found(store, "apple red ") == ["apple, red and green", "red apple"]
    assert found(store, "pear") == []


def test_the_newest_are_those_with_the_latest_dates_also_after_an_import(
    store: ConversationStore,
) -> None:
    header = conversation()
    for years_ago in (1, 0, 3, 2):
        date = TIME - timedelta(days=365 * years_ago)
        message = chat_message(header, None, text=f"apple {years_ago}", created_at=date)
        store.add_turn(header, message).result()
    assert found(store, "apple") == ["apple 0", "apple 1", "apple 2", "apple 3"]
    assert [hit.snippet for hit in store.search(SearchQuery(text="apple"), 2)] == [
        "apple 0", "apple 1",
    ]  # fmt: skip


def test_the_last_word_may_go_on_from_its_third_letter(store: ConversationStore) -> None:
    said(store, "a chapter", "a chat", "ch")
    assert found(store, "cha") == ["a chat", "a chapter"]
    assert found(store, "cha ") == []
    assert found(store, "ch") == ["ch"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Über den Wolken", "uber"),
        ("naïve café", "CAFE naive"),
        ("今天我们讨论全文搜索的问题", "搜索"),
        ("今天我们讨论全文搜索的问题", "今天 问"),
        ("用Python搜索", "python搜索"),
        ("こんにちは、世界", "世界"),
        ("서울에서 만나요", "서울"),
        ("สวัสดีครับ", "ครับ"),
        ("about c++ and foo-bar", "c++ foo-bar"),
        ("x = a[0] AND NOT b", "AND NOT"),
        ("привет мир", "ПРИВ"),
    ],
)
def test_words_are_found_whatever_their_script_case_and_accents(
    store: ConversationStore, text: str, words: str
) -> None:
    said(store, "something else", text, "其他 another")
    assert found(store, words) == [text]
    (hit,) = store.search(SearchQuery(text=words), 5)
    assert hit.marks


def test_what_is_joined_by_signs_is_found_in_a_row_only(store: ConversationStore) -> None:
    said(store, "bar foo", "foo bar")
    assert found(store, "foo-bar") == ["foo bar"]
    assert found(store, "索搜") == []


def test_a_hit_leads_to_its_message_and_marks_the_words(store: ConversationStore) -> None:
    text = "start " * 100 + "Then the needle, and another NEEDLE. " + "end " * 100
    header = said(store, text, title="A title")
    (message,) = store.messages(header.id)
    (hit,) = store.search(SearchQuery(text="needle"), 5)
    assert (hit.conversation_id, hit.message_id) == (header.id, message.id)
    assert (hit.title, hit.created_at) == ("A title", message.created_at)
    assert marked(hit) == ["needle", "NEEDLE"]
    assert hit.snippet.startswith("…")
    assert hit.snippet.endswith("…")
    assert len(hit.snippet) < 200


def test_only_whole_words_are_marked(store: ConversationStore) -> None:
    said(store, "art is a party of arts, article and art")
    (hit,) = store.search(SearchQuery(text="art party "), 5)
    assert marked(hit) == ["art", "party", "art"]
    (hit,) = store.search(SearchQuery(text="party art"), 5)
    assert marked(hit) == ["art", "party", "art", "art", "art"]


def test_titles_come_before_messages_and_can_be_all_there_is(store: ConversationStore) -> None:
    titled = said(store, "a word", title="Words of a title")
    said(store, "about a title")
    hits = store.search(SearchQuery(text="title"), 5)
    assert [hit.message_id is None for hit in hits] == [True, False]
    assert hits[0].conversation_id == titled.id
    assert marked(hits[0]) == ["title"]
    assert found(store, "title", title_only=True) == ["Words of a title"]


def test_a_changed_title_is_found_and_the_old_one_is_not(store: ConversationStore) -> None:
    header = said(store, title="before")
    store.save_conversation(replace(header, title="after")).result()
    store.save_conversation(replace(header, title="after", unread=True)).result()
    assert found(store, "before") == []
    assert found(store, "after") == ["after"]


def test_filters_narrow_what_is_found(store: ConversationStore) -> None:
    pinned = said(store, "word one", pinned=True, model="gpt-large")
    said(store, "word two", archived=True, updated_at=TIME + timedelta(days=99))
    header = conversation(title="Untitled")
    late = chat_message(header, None, text="word three", created_at=TIME + timedelta(days=3))
    four = chat_message(header, None, text="word four", model="llama-3")
    store.add_turn(header, late, four).result()
    assert found(store, "word", is_pinned=True) == ["word one"]
    assert found(store, "word", is_archived=True) == ["word two"]
    assert found(store, "word", model="GPT") == ["word one"]
    assert found(store, "word", model="llama") == ["word four"]
    assert found(store, "word", after=TIME + timedelta(days=1)) == ["word three"]
    assert "word three" not in found(store, "word", before=TIME + timedelta(days=1))
    assert [hit.conversation_id for hit in store.search(SearchQuery(is_pinned=True), 5)] == [
        pinned.id
    ]
    assert store.search(SearchQuery(), 5) == ()


def test_what_is_in_the_trash_or_deleted_is_not_found(store: ConversationStore) -> None:
    one, two = said(store, "a word", "another word"), said(store, "a third word")
    first, _ = store.messages(one.id)
    store.trash_messages([first.id], TIME).result()
    assert found(store, "word") == ["a third word", "another word"]
    store.save_conversation(replace(two, trashed_at=TIME)).result()
    assert found(store, "word") == ["another word"]
    store.trash_messages([first.id], None).result()
    store.delete_conversation(two.id).result()
    assert found(store, "word") == ["another word", "a word"]
    said(store, "something else in its place")
    assert found(store, "third") == []


def test_a_reply_is_found_once_it_has_ended_and_again_once_it_goes_on(
    store: ConversationStore,
) -> None:
    header, prompt, reply = turn(conversation())
    store.add_turn(header, prompt, reply)
    store.append_reply(reply.id, "unfinished")
    store.set_status(reply.id, MessageStatus.STREAMING).result()
    assert found(store, "unfinished") == []
    store.set_status(reply.id, MessageStatus.STOPPED).result()
    assert found(store, "unfinished") == ["unfinished"]
    store.set_status(reply.id, MessageStatus.STREAMING).result()
    ended = replace(reply, text="finished at last", status=MessageStatus.COMPLETE)
    store.finish_reply(ended).result()
    store.finish_reply(replace(ended, text="finished again")).result()
    assert found(store, "finished") == ["finished again"]
    assert found(store, "unfinished") == []


def test_the_best_match_can_come_first(store: ConversationStore) -> None:
    said(store, "word word word", "one word among many others that say little of it")
    (best, _) = store.search(SearchQuery(text="word"), 5, best_first=True)
    assert best.snippet == "word word word"


def test_there_are_no_more_hits_than_were_asked_for(store: ConversationStore) -> None:
    said(store, *["word"] * 9, title="word")
    assert len(store.search(SearchQuery(text="word"), 4)) == 4


def test_folders_and_tags_filter_titles_messages_and_whole_conversations(
    store: ConversationStore,
) -> None:
    for title, folder, tags in (
        ("work", "Work/Über uns", ("Straße", "two words")),
        ("home", "Home/Workshop", ("strasse", "two")),
        ("none", "", ()),
    ):
        said(store, "a word", title=f"{title} word", folder=folder, tags=tags)

    def titles(text: str = "", **filters: Any) -> list[str]:
        return [hit.title for hit in store.search(SearchQuery(text=text, **filters), 9)]

    assert titles(folder="work") == ["work word"]
    assert titles("word", folder="work/über uns/") == ["work word"] * 2
    assert titles(folder="ÜBER UNS") == ["work word"]
    assert titles(folder="Work/Über") == []
    assert titles(folder="/") == ["none word"]
    assert titles(tags=("STRASSE",)) == ["home word", "work word"]
    assert titles(tags=("straße", "two")) == ["home word"]
    assert titles(tags=("words",)) == []
    (hit,) = store.search(SearchQuery(text="work", title_only=True), 9)
    assert (hit.folder, hit.tags) == ("Work/Über uns", ("Straße", "two words"))


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> ConversationStore:
    with ConversationStore.open(tmp_path_factory.mktemp("search") / "c.db") as store:
        said(store, 'c++ "foo" AND (bar) 搜索 \x00 NEAR/2 *', title="c++")
        yield store


@examples(300)
@given(
    st.text(
        st.characters() | st.sampled_from(" \"'*+-():^{}ANDORNT搜\x00\ud800_é\u0301"), max_size=20
    )
)
def test_any_input_is_legal(shared: ConversationStore, text: str) -> None:
    for hit in shared.search(SearchQuery(text=text, model=text), 5):
        for first, last in hit.marks:
            assert 0 <= first < last <= len(hit.snippet)


@examples(300)
@given(st.text(st.sampled_from("abé \n\u0301搜ßİ-_"), max_size=60), st.text("abé搜İ", min_size=1))
def test_marks_lie_in_the_snippet_which_is_one_line(text: str, word: str) -> None:
    snippet, marks = make_snippet(text * 9, [word], is_prefix=True)
    assert "\n" not in snippet
    assert all(0 <= first < last <= len(snippet) for first, last in marks)


def test_a_snippet_shows_the_words_as_they_were_typed_before_each_of_them_alone() -> None:
    text = "Section number 1. " * 20 + "def section_8(x): return 8"
    snippet, marks = make_snippet(text, ["section", "8"], is_prefix=True)
    assert [snippet[first:last] for first, last in marks] == ["section_8"]
    snippet, marks = make_snippet("a tree, and then a loop", ["loop", "tree"])
    assert [snippet[first:last] for first, last in marks] == ["tree", "loop"]


def test_a_search_ends_when_it_is_told_to(store: ConversationStore) -> None:
    said(store, *["word"] * 50)
    assert store.search(SearchQuery(text="word"), 50, stopped=lambda: True) == ()
    assert len(store.search(SearchQuery(text="word"), 50)) == 50


def test_a_newer_search_ends_the_one_before(store: ConversationStore) -> None:
    said(store, *["word"] * 50)
    begun, results = threading.Event(), []

    def waits_for_ever() -> bool:
        begun.set()
        return False

    def searching(stopped: Callable[[], bool]) -> None:
        slow = SearchQuery(text="word", after=TIME - timedelta(days=1))
        results.append([store.search(slow, 50, stopped=stopped) for _ in range(20)])

    thread = threading.Thread(target=searching, args=(waits_for_ever,))
    thread.start()
    assert begun.wait(PATIENCE)
    assert len(store.search(SearchQuery(text="word"), 50)) <= 50
    thread.join(PATIENCE)
    assert not thread.is_alive()
    assert len(store.search(SearchQuery(text="word"), 50)) == 50


def test_a_closed_store_finds_nothing(path: Path) -> None:
    store = ConversationStore.open(path)
    said(store, "word")
    assert found(store, "word") == ["word"]
    store.close()
    with pytest.raises(Exception, match="closed"):
        found(store, "word")


def test_a_damaged_index_keeps_nothing_from_being_saved_and_is_made_anew(path: Path) -> None:
    with ConversationStore.open(path) as store:
        said(store, "first words")
    with closing(sqlite3.connect(path)) as connection, connection:
        # What is below that number says where the rest is; a store without it is salvaged.
        connection.execute("UPDATE message_index_data SET block = x'00ff00ff' WHERE id > 10")
    with ConversationStore.open(path) as store:
        with pytest.raises(StoreError, match="damaged"):
            found(store, "first")
        header = said(store, "more words")
        assert store.messages(header.id)[0].text == "more words"
    with ConversationStore.open(path) as store:
        assert found(store, "words") == ["more words", "first words"]
        assert store.notices == ()
