"""Pictures: a store full of them, an import of many, and sending a large one: B24 to B26."""

import asyncio
import os
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from contextlib import aclosing
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

from fakegpt_tui.backends.base import ReplyRequest
from fakegpt_tui.chat.attachments import Attachments
from fakegpt_tui.chat.pending_writes import Stores
from fakegpt_tui.domain import ContextMessage
from fakegpt_tui.domain.media_types import identify
from fakegpt_tui.domain.parts import Blob, ImagePart
from fakegpt_tui.store.blobs import blob_folder
from fakegpt_tui.store.conversation_store import ConversationStore
from tests.attachments.examples import png
from tests.benchmarks.attached import served
from tests.benchmarks.opening import LONG, fill, opened
from tests.benchmarks.program import home, running
from tests.benchmarks.rows import Row
from tests.cli.program import ROOT, Home
from tests.formats.test_chatgpt_assets import exported, pointer
from tests.openai_server import backend_for, service

_PICTURES = 4
"""In each prompt of the long conversation, 10,000 in all."""
_MEGABYTE = 1_000_000
_CONVERSATIONS, _ASSET = 205, 5 * _MEGABYTE
_TICK = 0.002
_PEAK = """
import re, sys
from pathlib import Path
from fakegpt_tui.cli.main import cli
try: cli.main(sys.argv[1:])
finally: print("peak", re.search("VmHWM:[^0-9]*([0-9]+)", Path("/proc/self/status").read_text())[1])
"""

_STARTS = 4
"""Openings for one of others: a tenth is 2 ms, by which single ones differ anyway."""


def measure(repeats: int) -> Iterator[Row]:
    """Open, import and send."""
    yield from _open(repeats)
    yield from _send(repeats)
    yield _import()


def _open(repeats: int) -> Iterator[Row]:
    full: list[float] = []
    bare: list[float] = []
    with home() as with_pictures, home() as without:
        for made in (with_pictures, without):
            fill(made, {"LASTONE": 10, "LASTTWO": LONG})
        _add_pictures(with_pictures)
        for _ in range(_STARTS * repeats):
            for made, times in ((with_pictures, full), (without, bare)):
                with running(made) as terminal:
                    opened(terminal, 1, "LASTONE")
                    times.append(opened(terminal, 2, "LASTTWO"))
    yield Row(
        budget="B24",
        what="opening 5,000 messages with 10,000 pictures",
        values=full,
        floor=bare,
        floor_name="without",
        limit=1.1,
        unit="ms",
    )


def _add_pictures(made: Home) -> None:
    """Give each prompt of the long conversation pictures; their files are not waited for."""
    with made.store() as store:
        path = next(made.data.glob("*.db"))
        folder = blob_folder(path)
        folder.mkdir(exist_ok=True)
        long = max(store.conversations(), key=lambda each: len(store.messages(each.id)))
        number = 0
        for message in store.messages(long.id)[::2]:
            parts = []
            for _ in range(_PICTURES):
                number += 1
                parts.append(ImagePart(_written(folder, number), f"picture-{number}.png"))
            done = store.finish_reply(replace(message, parts=tuple(parts)))
        done.result()


def _written(folder: Path, number: int) -> Blob:
    data = png(1200, 1, padding=number % 50) + str(number).encode()
    digest = sha256(data).hexdigest()
    (folder / digest).write_bytes(data)
    return Blob(digest, len(data), *identify(data))


def _send(repeats: int) -> Iterator[Row]:
    """How late the event loop is while 20 MB are attached, put into a request and sent."""
    data = png(4, 3, padding=20 * _MEGABYTE)
    with home() as made, made.store() as store, served() as url:
        asyncio.run(_attach_and_send(store, png(4, 3), url))  # What it imports comes once.
        late = [asyncio.run(_lateness(store, data, url)) for _ in range(repeats)]
    yield Row(
        budget="B25",
        what="the event loop while 20 MB are attached and sent",
        values=late,
        limit=16.7,
        unit="ms",
    )


async def _lateness(store: ConversationStore, data: bytes, url: str) -> float:
    """Milliseconds that a tick comes late at most, but for one in twenty."""
    done = asyncio.create_task(_attach_and_send(store, data, url))
    late: list[float] = []
    while not done.done():
        before = time.monotonic()
        await asyncio.sleep(_TICK)
        late.append(1000 * (time.monotonic() - before - _TICK))
    await done
    return sorted(late)[int(0.95 * len(late))]


async def _attach_and_send(store: ConversationStore, data: bytes, url: str) -> None:
    blob = await Attachments(Stores(lambda: store), 50 * _MEGABYTE).put("c", data)
    message = ContextMessage("user", "", parts=(ImagePart(blob),))
    request = ReplyRequest(messages=(message,), model="model-1", read_blob=store.read_blob)
    async with aclosing(backend_for(service(url)).stream(request)) as events:
        async for _ in events:
            pass


def _import() -> Row:
    """The memory of an import of 1 GB of pictures, above that of one without any."""
    with home() as made:
        small, large = made.folder / "small.zip", made.folder / "large.zip"
        _write_export(small, 1, 100)
        _write_export(large, _CONVERSATIONS, _ASSET)
        idle, full = _peak(made, small), _peak(made, large)
    return Row(
        budget="B26",
        what="memory, import of 1 GB of pictures",
        values=[full - idle],
        limit=60,
        unit="MB",
    )


def _write_export(path: Path, conversations: int, size: int) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        documents = []
        for number in range(conversations):
            document = exported(pointer(f"sediment://file_{number:08}"), "Look").decode()
            documents.append(document[1:-1].replace('"c"', f'"c{number}"'))
            data = png(4, 3) + os.urandom(size)
            archive.writestr(f"file_{number:08}.dat", data)
        archive.writestr("conversations.json", f"[{','.join(documents)}]")


def _peak(made: Home, path: Path) -> float:
    """Megabytes that the command held at most."""
    done = subprocess.run(
        [sys.executable, "-c", _PEAK, "import", str(path)],
        env=made.environment,
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
    )
    return int(done.stdout.rpartition("peak ")[2].split()[0]) * 1024 / _MEGABYTE
