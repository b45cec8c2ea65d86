"""Rounds in which the files of a store are damaged, or the disk is full."""

import random
import re
import shutil
from dataclasses import replace
from pathlib import Path

from fakegpt_tui.domain import ChatMessage, MessageStatus, NotSavedYet
from fakegpt_tui.store import open_store
from fakegpt_tui.store.conversation_store import ConversationStore
from fakegpt_tui.store.errors import DamagedStore
from fakegpt_tui.store.queries import DAMAGED_MESSAGE
from tests.campaigns.tally import Tally
from tests.store.streaming_process import text_of
from tests.store.tree import chat_message, conversation, turn

_PAGE = 4096
_FRAME = _PAGE + 24
_LOG_HEADER = 32


class Damages:
    """Damages copies of stores, and looks at what is left."""

    def __init__(self, folder: Path, tally: Tally) -> None:
        self._folder = folder
        self._tally = tally
        self._whole: bytes = b""
        self._messages: dict[str, ChatMessage] = {}

    def tear_log(self, seed: int) -> None:
        """A log that was cut by a power failure: what comes before the damage is all there."""
        chance = random.Random(seed)
        path, torn = self._fresh("log"), self._fresh("torn")
        with ConversationStore.open(path) as store:
            order = []
            for number in range(chance.randrange(2, 40)):
                header = conversation()
                message = chat_message(header, None, text=text_of(f"m{number}", 2000))
                store.add_turn(header, message).result()
                size = path.with_name("c.db-wal").stat().st_size
                order.append((message.id, size))
            torn.parent.mkdir(mode=0o700)
            shutil.copy(path, torn)
            log = path.with_name("c.db-wal").read_bytes()
        log, at = _torn(log, chance)
        torn.with_name("c.db-wal").write_bytes(log)
        with ConversationStore.open(torn) as store:
            assert store.notices == (), store.notices
            found = [each for one in store.conversations() for each in store.messages(one.id)]
        ids = [message.id for message in sorted(found, key=lambda message: message.created_at)]
        assert all(message.error is None for message in found)
        assert set(ids) == {name for name, _ in order[: len(ids)]}, "what is left is no prefix"
        before = [name for name, size in order if size <= at]
        self._tally.acknowledged += len(before)
        self._tally.lost += len(set(before) - set(ids))

    def change_bytes(self, seed: int) -> None:
        """A few bytes that are not what was written."""
        chance = random.Random(seed)
        data = bytearray(self._original())
        damaged = set()
        for _ in range(chance.randrange(1, 4)):
            at = chance.randrange(len(data) - 64)
            length = chance.choice((1, 1, 2, 16, 64))
            data[at : at + length] = chance.randbytes(length)
            damaged |= {at // _PAGE, (at + length) // _PAGE}
        path = self._fresh("bytes")
        (path.parent / "c.db.instances").mkdir(parents=True, mode=0o700)
        (path.parent / "c.db.instances" / "crashed").touch()
        path.write_bytes(data)
        try:
            found = _held(path)
        except DamagedStore:
            # It was not seen before it was read; the next start brings over what is whole.
            self._tally.met_late += 1
            found = _held(path)
        self._compare(found, damaged)

    def fill_disk(self, seed: int) -> None:
        """A disk that is full for a while: all that was said meanwhile is there in the end."""
        chance = random.Random(seed)
        path = self._fresh("full")
        files = open_store.open_store(path)
        turns, late = ([turn(conversation()) for _ in range(2)] for _ in range(2))
        with ConversationStore(files) as store:
            for each in turns:
                store.add_turn(*each).result()
            files.writer.execute("PRAGMA max_page_count = 1")
            texts = {reply.id: "" for _, _, reply in turns}
            for _ in range(chance.randrange(20, 60)):
                for reply_id in texts:
                    piece = "word " * chance.randrange(1, 400)
                    texts[reply_id] += piece
                    store.append_reply(reply_id, piece)
            errors = [store.add_turn(*each).exception() for each in late]
            assert all(isinstance(each, NotSavedYet) for each in errors), errors
            for _, _, reply in late:
                texts[reply.id] = "late words"
                store.append_reply(reply.id, "late words")
            ended = turns[0][2]
            whole = replace(ended, text=texts[ended.id], status=MessageStatus.COMPLETE)
            assert isinstance(store.finish_reply(whole).exception(), NotSavedYet)
            assert "disk is full" in str(store.last_error)
            files.writer.execute("PRAGMA max_page_count = 1000000")
        found = _held(path)
        self._tally.acknowledged += len(texts) + 1
        self._tally.lost += sum(found[name].text != text for name, text in texts.items())
        self._tally.lost += found[ended.id].status is not MessageStatus.COMPLETE

    def _original(self) -> bytes:
        if not self._whole:
            path = self._fresh("original")
            with ConversationStore.open(path) as store:
                for number in range(120):
                    header, prompt, reply = turn(
                        conversation(), f"<prompt {number}> ", status=MessageStatus.COMPLETE
                    )
                    length = (30, 400, 3000, 12_000)[number % 4]
                    reply = replace(reply, text=f"<reply {number}> " + text_of("r", length))
                    store.add_turn(header, prompt, reply).result()
                    self._messages |= {prompt.id: prompt, reply.id: reply}
            self._whole = path.read_bytes()
        return self._whole

    def _compare(self, found: dict[str, ChatMessage], damaged: set[int]) -> None:
        for name, written in self._messages.items():
            message = written
            text = re.escape(message.text[:30].encode())
            begins = {match.start() for match in re.finditer(text, self._whole)}
            pages = {
                page
                for begin in begins
                for page in range((begin - 600) // _PAGE, (begin + 600) // _PAGE + 1)
            }
            is_damaged = bool(pages & damaged)
            other = found.get(name)
            if other is not None and other.parent_id is None and message.parent_id not in found:
                # What followed a message that is gone may begin a path of its own.
                message = replace(message, parent_id=None)
            if other is not None and other != message:
                self._tally.changed += 1
                self._tally.flagged += other.error == DAMAGED_MESSAGE
            elif not is_damaged and len(message.text) < _PAGE // 2:
                self._tally.undamaged += 1
                self._tally.recovered += other == message

    def _fresh(self, name: str) -> Path:
        shutil.rmtree(self._folder / name, ignore_errors=True)
        return self._folder / name / "c.db"


def _held(path: Path) -> dict[str, ChatMessage]:
    with ConversationStore.open(path) as store:
        return {each.id: each for one in store.conversations() for each in store.messages(one.id)}


def _torn(log: bytes, chance: random.Random) -> tuple[bytes, int]:
    """The log with one place damaged, and where the first byte is that may be wrong."""
    at = chance.randrange(_LOG_HEADER, len(log))
    length = chance.randrange(1, 3 * _PAGE)
    frame = _LOG_HEADER + (at - _LOG_HEADER) // _FRAME * _FRAME
    match chance.choice(("truncate", "zero", "garble", "drop")):
        case "truncate":
            return log[:at], at
        case "zero":
            return log[:at] + bytes(len(log[at : at + length])) + log[at + length :], at
        case "garble":
            return log[:at] + chance.randbytes(len(log[at : at + length])) + log[at + length :], at
        case _:
            return log[:frame] + log[frame + _FRAME :], frame
