"""A moving picture says how many frames it has, and one that is made to mislead takes no time."""

from io import BytesIO
from pathlib import Path

import pytest

from fakegpt_tui.domain.animations import count_frames
from fakegpt_tui.domain.media_types import media_type
from fakegpt_tui.store.blobs import MemoryBlobs
from fakegpt_tui.store.conversation_store import ConversationStore
from tests.attachments.examples import gif, png
from tests.attachments.pictures import moving, photo

FRAME = b",\0\0\0\0\1\0\1\0\0" + b"\2" + b"\2\x44\1\0"
"""A descriptor, the size of codes, one block of data, and the end of data."""


def frames(data: bytes) -> int:
    return count_frames(media_type(data), BytesIO(data))


@pytest.mark.parametrize("form", ["GIF", "PNG", "WEBP"])
def test_the_frames_of_a_moving_picture_are_counted(form: str) -> None:
    assert frames(moving(form, frames=7)) == 7
    assert frames(moving(form, frames=1)) == 1


def test_all_else_has_one_frame() -> None:
    for data in (photo(), png(2, 2), gif(2, 2), b"GIF89a", b"", b"words"):
        assert frames(data) == 1


def test_a_picture_that_was_cut_has_the_frames_that_are_there() -> None:
    whole = moving("GIF", frames=5)
    counts = [frames(whole[:end]) for end in range(len(whole) + 1)]
    assert counts == sorted(counts)
    assert {*counts} == {1, 2, 3, 4, 5}
    for form in ("PNG", "WEBP"):
        whole = moving(form, frames=5)
        assert 1 <= frames(whole[: len(whole) // 2]) < 5


def test_many_frames_are_counted_and_endless_ones_are_not() -> None:
    head = gif(1, 1)[:-1]
    assert frames(head + FRAME * 10_000 + b";") == 10_000
    assert frames(head + FRAME[:-1] + b"\1\1" * 250_000 + b"\0" + FRAME) == 1
    endless = b"RIFF\0\0\0\0WEBP" + b"ANMF\0\0\0\0" * 250_000
    assert 0 < frames(endless) < 250_000


def test_a_store_keeps_the_count_with_the_bytes(tmp_path: Path) -> None:
    with ConversationStore.open(tmp_path / "store.db") as store:
        for form in ("GIF", "PNG", "WEBP"):
            data = moving(form)
            assert store.put_blob(data).frames == 3
            assert store.put_blob(BytesIO(data)) == MemoryBlobs().put(data)
