"""Blobs: bytes of pictures and files, each in a file beside the store, named by its SHA-256."""

import hashlib
import os
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from io import BufferedReader, BytesIO, FileIO
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final, Protocol
from uuid import uuid4

from fakegpt_tui.domain import StoreError
from fakegpt_tui.domain.animations import count_frames
from fakegpt_tui.domain.media_types import PIXEL_HEAD, identify
from fakegpt_tui.domain.parts import Blob, Part, blobs_of
from fakegpt_tui.store.errors import translate_errors
from fakegpt_tui.store.instances import HoldLock

if TYPE_CHECKING:
    from typing_extensions import Buffer

_CHUNK: Final = 256 * 1024
DIGEST = re.compile("[0-9a-f]{64}")
HALF: Final = "half-"
"""How the name of a file begins that is still being written."""

_MISSING = "The bytes of a picture or file are missing from the store's folder. Attach it again."
_DAMAGED = (
    "The bytes of a picture or file were damaged on the disk and are not what was stored. "
    "Attach it again, which repairs it."
)


class BlobStore(Protocol):
    """Keeps bytes by their digest. All methods block, and may be called from any thread."""

    def put(self, source: bytes | BinaryIO, *, limit: int | None = None) -> Blob:
        """Keep bytes, on the disk before this returns.

        They stay for a day; once a row of the store uses them, as long as one does.

        Raises:
            StoreError: They cannot be written, or are more than `limit`.
        """
        ...

    def read(self, digest: str) -> bytes:
        """The bytes with that digest, compared with it.

        Raises:
            StoreError: They are missing or damaged.
        """
        ...

    def has(self, blob: Blob) -> bool:
        """Are there as many bytes as there should be? They are not read."""
        ...

    def is_whole(self, digest: str) -> bool:
        """Are the bytes there with that digest? They are read, a piece at a time."""
        ...

    def path(self, digest: str) -> Path | None:
        """The file with these bytes, for other programs to read; `None` in memory."""
        ...

    def size(self) -> int:
        """How many bytes all of them have together."""
        ...


class BlobFolder:
    """The blobs of a store on disk."""

    def __init__(self, store: Path, hold_lock: HoldLock) -> None:
        self.folder = blob_folder(store)
        self._hold_lock = hold_lock

    def put(self, source: bytes | BinaryIO, *, limit: int | None = None) -> Blob:
        """Keep bytes, as `BlobStore.put` says."""
        with translate_errors(self.folder):
            self.folder.mkdir(mode=0o700, exist_ok=True)
            half = self.folder / f"{HALF}{uuid4()}"
            try:
                blob = self._write(half, source, limit)
                # Not beside a sweep, which may be about to delete what has the same digest.
                with self._hold_lock():
                    half.replace(self.folder / blob.digest)
                _sync_folder(self.folder)
            finally:
                half.unlink(missing_ok=True)
        return blob

    def _write(self, half: Path, source: bytes | BinaryIO, limit: int | None) -> Blob:
        digest, head = hashlib.sha256(), b""
        size = 0
        descriptor = os.open(half, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "wb", buffering=0) as file:
            for chunk in _chunks(source, limit):
                head = head if len(head) >= PIXEL_HEAD else head + chunk[:PIXEL_HEAD]
                size += len(chunk)
                digest.update(chunk)
                _write_all(file.fileno(), chunk)
            os.fsync(file.fileno())
        kind = identify(head[:PIXEL_HEAD])
        with half.open("rb") as file:
            return Blob(digest.hexdigest(), size, *kind, count_frames(kind.name, file))

    def read(self, digest: str) -> bytes:
        """The bytes with that digest, as `BlobStore.read` says."""
        path = self.path(digest)
        try:
            with translate_errors(path):
                return _read_checked(path, digest)
        except StoreError as error:
            if isinstance(error.__cause__, FileNotFoundError):
                raise StoreError(_MISSING) from error
            raise

    def has(self, blob: Blob) -> bool:
        try:
            return self.path(blob.digest).stat().st_size == blob.size
        except (OSError, StoreError):
            return False

    def is_whole(self, digest: str) -> bool:
        try:
            return not is_damaged(self.path(digest), digest)
        except (OSError, StoreError):
            return False

    def path(self, digest: str) -> Path:
        return self.folder / check_digest(digest)

    def size(self) -> int:
        with translate_errors(self.folder):
            return sum(each.stat().st_size for each in list_blobs(self.folder))


class MemoryBlobs:
    """The blobs of a store in memory."""

    def __init__(self) -> None:
        self._found: dict[str, bytes] = {}

    def put(self, source: bytes | BinaryIO, *, limit: int | None = None) -> Blob:
        data = b"".join(_chunks(source, limit))
        digest = hashlib.sha256(data).hexdigest()
        self._found[digest] = data
        kind = identify(data[:PIXEL_HEAD])
        return Blob(digest, len(data), *kind, count_frames(kind.name, BytesIO(data)))

    def read(self, digest: str) -> bytes:
        """The bytes with that digest, as `BlobStore.read` says."""
        try:
            return self._found[digest]
        except KeyError:
            raise StoreError(_MISSING) from None

    def has(self, blob: Blob) -> bool:
        return blob.digest in self._found

    def is_whole(self, digest: str) -> bool:
        return digest in self._found

    def path(self, digest: str) -> None:  # noqa: ARG002 - as a folder has it
        return None

    def size(self) -> int:
        return sum(map(len, self._found.values()))


def blob_folder(store: Path) -> Path:
    """Where the blobs of the store at that path lie."""
    return store.with_name(f"{store.name}.blobs")


def check_digest(digest: str) -> str:
    """Refuse what is no SHA-256 and could be a path.

    Raises:
        StoreError: It is another text.
    """
    if not DIGEST.fullmatch(digest):
        raise StoreError(_MISSING)
    return digest


def require_blobs(blobs: BlobStore, parts: Iterable[Iterable[Part]]) -> None:
    """Refuse to save parts whose bytes are not there.

    Raises:
        StoreError: Some are missing, so that nothing of it may be saved.
    """
    if not all(blobs.has(blob) for each in parts for blob in blobs_of(each)):
        raise StoreError(_MISSING)


def list_blobs(folder: Path) -> Iterator[os.DirEntry[str]]:
    """The files of a folder of blobs."""
    with suppress(FileNotFoundError), os.scandir(folder) as entries:
        yield from (each for each in entries if DIGEST.fullmatch(each.name))


def is_damaged(path: Path, digest: str) -> bool:
    """Do the bytes of a file have another digest than `digest`?"""
    found = hashlib.sha256()
    with path.open("rb") as file:
        for chunk in _chunks(file, None):
            found.update(chunk)
    return found.hexdigest() != digest


class _PiecewiseFile(FileIO):
    """A file that is never read for long at once, which can keep the event loop from running."""

    def readinto(self, buffer: "Buffer", /) -> int | None:
        return super().readinto(memoryview(buffer)[:_CHUNK])


def _read_checked(path: Path, digest: str) -> bytes:
    with BufferedReader(_PiecewiseFile(path)) as file:
        data = file.read(os.fstat(file.fileno()).st_size)
    if hashlib.sha256(data).hexdigest() != digest:
        raise StoreError(_DAMAGED)
    return data


def _chunks(source: bytes | BinaryIO, limit: int | None) -> Iterator[bytes]:
    file = BytesIO(source) if isinstance(source, bytes) else source
    size = 0
    while chunk := file.read(_CHUNK):
        size += len(chunk)
        if limit is not None and size > limit:
            raise StoreError(
                f"The file is larger than {limit / 1e6:,.0f} MB, which is the most that is kept. "
                "A setting changes that."
            )
        yield chunk


def _write_all(descriptor: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]


def _sync_folder(folder: Path) -> None:
    """Put the name of a file on the disk, too, which its own fsync does not do."""
    if not hasattr(os, "O_DIRECTORY"):
        return
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
