from dataclasses import replace
from datetime import UTC, datetime

import pytest

from fakegpt_tui.domain import MessageStatus
from fakegpt_tui.host.conversation_cache import CachedConversation, CacheLimits, ConversationCache
from fakegpt_tui.protocol.fakegpt import StoredMessage

NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)
ME, YOU = ("a01", "me"), ("a01", "you")


def conversation(name: str, text: str = "") -> CachedConversation:
    kept = CachedConversation(conversation_id=name, root_id="root", created_at=NOON)
    kept.put(message(text), NOON)
    return kept


def message(text: str) -> StoredMessage:
    return StoredMessage(id="m", parent_id="root", role="user", text=text, created_at=NOON)


def names(cache: ConversationCache, owner: tuple[str, str]) -> list[str]:
    return [kept.id for kept in cache.list_for(owner)]


def test_a_conversation_is_found_by_its_owner_alone() -> None:
    cache = ConversationCache()
    cache.add(ME, conversation("c"))
    assert cache.get(ME, "c")
    assert cache.get(YOU, "c") is None


def test_the_longest_untouched_goes_first() -> None:
    cache = ConversationCache(CacheLimits(conversations=2))
    first = conversation("first")
    cache.add(ME, first)
    cache.add(ME, conversation("second"))
    cache.touch(ME, first)
    cache.add(ME, conversation("third"))
    assert names(cache, ME) == ["first", "third"]


@pytest.mark.parametrize("limits", [CacheLimits(conversations=9), CacheLimits(characters=9_000)])
def test_an_owner_who_adds_without_end_loses_conversations_of_no_other(
    limits: CacheLimits,
) -> None:
    cache = ConversationCache(limits)
    for number in range(3):
        cache.add(YOU, conversation(f"yours {number}"))
    for number in range(100):
        cache.add(ME, conversation(f"mine {number}"))
    assert names(cache, YOU) == ["yours 0", "yours 1", "yours 2"]
    assert names(cache, ME)[-1] == "mine 99"


def test_what_is_being_replied_to_stays_and_another_one_goes() -> None:
    cache = ConversationCache(CacheLimits(conversations=2))
    busy = conversation("busy")
    busy.put(replace(message("x"), status=MessageStatus.STREAMING), NOON)
    for kept in (busy, conversation("second"), conversation("third")):
        cache.add(ME, kept)
    assert names(cache, ME) == ["busy", "third"]


def test_text_counts_also_when_it_grows() -> None:
    cache = ConversationCache(CacheLimits(characters=10_000))
    growing = conversation("growing")
    for kept in (conversation("old", "x" * 4_000), conversation("new", "x" * 1_000), growing):
        cache.add(ME, kept)
    growing.put(message("x" * 4_000), NOON)
    cache.touch(ME, growing)
    assert names(cache, ME) == ["new", "growing"]


@pytest.mark.parametrize("grown", [True, False])
def test_what_is_too_large_alone_is_not_kept_at_all(grown: bool) -> None:
    cache = ConversationCache(CacheLimits(characters=10_000))
    large = conversation("large", "" if grown else "x" * 20_000)
    cache.add(ME, large)
    large.put(message("x" * 20_000), NOON)
    cache.touch(ME, large)
    assert names(cache, ME) == []


def test_what_was_forgotten_is_not_kept_again_because_it_changes() -> None:
    cache = ConversationCache()
    kept = conversation("c")
    cache.add(ME, kept)
    cache.clear(ME)
    cache.touch(ME, kept)
    assert names(cache, ME) == []
