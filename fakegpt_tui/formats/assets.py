"""Assets: pictures and files beside a saved conversation, or inside of it, written and found."""

import os
import re
from base64 import b64encode
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path, PurePosixPath
from typing import Final, TypeAlias

from fakegpt_tui.domain import LoadError, StoreError
from fakegpt_tui.domain.media_types import suffix_of
from fakegpt_tui.domain.parts import (
    Blob,
    CitationPart,
    FilePart,
    ImagePart,
    Part,
    attached_parts,
    blobs_of,
)
from fakegpt_tui.formats.base import ByteStream
from fakegpt_tui.temporary_files import temporary_file
from fakegpt_tui.text import file_stem, safe_line

ReadBlob: TypeAlias = Callable[[str], bytes]
"""The bytes with a digest; raises `StoreError` where they are missing or damaged."""

ASSETS_SUFFIX: Final = ".assets"
"""How the name of a folder beside a saved conversation ends, in place of `.md`."""

_SHORT_DIGEST: Final = 16
_OURS: Final = re.compile(rf"([0-9a-f]{{{_SHORT_DIGEST}}})\b.*")
_LONGEST_NAME: Final = 60
_MOST_FILES: Final = 100_000
_SAFELY: Final = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)


def asset_folders(names: Iterable[str]) -> set[str]:
    """The folders of assets that belong to the saved conversations among files."""
    return {f"{name[:-3]}{ASSETS_SUFFIX}" for name in names if name.endswith(".md")}


class AssetFolder:
    """The folder that a file to import lies in."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def names(self) -> Iterator[str]:
        count = 0
        for folder, _, files in os.walk(self._folder):
            for name in files:
                count += 1
                if count > _MOST_FILES:
                    return
                yield (Path(folder) / name).relative_to(self._folder).as_posix()

    @contextmanager
    def open(self, name: str) -> Iterator[ByteStream]:
        path = PurePosixPath(name)
        if path.is_absolute() or ".." in path.parts:
            raise LoadError("A picture or file is named by a path that leads elsewhere.")
        target = self._folder / path
        try:
            if not target.resolve().is_relative_to(self._folder.resolve()):
                raise LoadError("A picture or file is a link that leads elsewhere.")
            with os.fdopen(os.open(target, os.O_RDONLY | _SAFELY), "rb") as file:
                yield file
        except OSError as error:
            raise LoadError(f"A picture or file cannot be read: {error.strerror}.") from error
        except ValueError as error:  # of a name with a NUL
            raise LoadError("A picture or file has a name that no file can have.") from error


class NoAssets:
    """There is nothing beside what comes out of a pipe."""

    def names(self) -> Iterable[str]:
        return ()

    def open(self, name: str) -> AbstractContextManager[ByteStream]:
        raise LoadError(f"The picture or file {safe_line(name)} is not there.")


def write_assets(
    folder: Path, name: str, contents: Iterable[Iterable[Part]], read: ReadBlob
) -> dict[str, str]:
    """Write the bytes that parts use into the folder `name`; their paths below it, by digest.

    `contents` are the parts of each message. What is there with the same bytes is left; what was
    changed by hand gets a neighbour. Bytes that are missing or damaged have no path.

    Raises:
        OSError: They cannot be written.
    """
    written: dict[str, str] = {}
    for parts in map(tuple, contents):
        names = {part.blob.digest: part.name for part in attached_parts(parts)}
        for blob in blobs_of(parts):
            if blob.digest in written:
                continue
            with suppress(StoreError):
                data = read(blob.digest)
                (folder / name).mkdir(mode=0o700, exist_ok=True)
                path = _write(folder / name, blob, names.get(blob.digest, ""), data)
                written[blob.digest] = f"{name}/{path}"
    return written


def _write(folder: Path, blob: Blob, shown: str, data: bytes) -> str:
    stem = file_stem(PurePosixPath(shown).stem, _LONGEST_NAME)
    base = "-".join(filter(None, (blob.digest[:_SHORT_DIGEST], stem)))
    suffix = suffix_of(blob.media_type)
    name, number = f"{base}{suffix}", 1
    while (path := folder / name).exists() and _differs(path, data):
        number += 1
        name = f"{base}-{number}{suffix}"
    if not path.exists():
        with temporary_file(folder, data, name=name) as half:
            half.replace(path)
    return name


def _differs(path: Path, data: bytes) -> bool:
    return path.is_symlink() or not path.is_file() or path.read_bytes() != data


def remove_assets(folder: Path, kept: Iterable[str]) -> None:
    """Remove files that were written here, are as they were, and are no longer named."""
    names = {PurePosixPath(path).name for path in kept}
    if folder.is_symlink() or not folder.is_dir():
        return
    for path in folder.iterdir():
        ours = _OURS.fullmatch(path.name)
        if ours is None or path.name in names or path.is_symlink() or not path.is_file():
            continue
        if sha256(path.read_bytes()).hexdigest().startswith(ours[1]):
            path.unlink(missing_ok=True)
    with suppress(OSError):
        folder.rmdir()


@dataclass(frozen=True, slots=True)
class EmbeddedFile:
    """A picture or file with its bytes, which are none where they are missing or damaged."""

    part: ImagePart | FilePart
    data: bytes

    @property
    def is_picture(self) -> bool:
        return isinstance(self.part, ImagePart)

    @property
    def name(self) -> str:
        return self.part.name

    @property
    def media_type(self) -> str:
        return self.part.blob.media_type

    @property
    def url(self) -> str:
        """All of it as an address; empty without bytes."""
        encoded = b64encode(self.data).decode()
        return f"data:{self.media_type};base64,{encoded}" if encoded else ""

    @property
    def text(self) -> str:
        """What the file says, where it is text."""
        is_text = self.media_type.startswith("text/")
        return self.data.decode(errors="replace") if is_text else ""


def embedded_files(parts: Iterable[Part], read_blob: ReadBlob | None) -> Iterator[EmbeddedFile]:
    """The pictures and files of a message; without `read_blob` only their names are known."""
    for part in attached_parts(parts):
        data = b""
        if read_blob is not None:
            with suppress(StoreError):
                data = read_blob(part.blob.digest)
        yield EmbeddedFile(part, data)


def sources_of(parts: Iterable[Part]) -> list[CitationPart]:
    """The sources of a message, each address once."""
    found = {part.url: part for part in parts if isinstance(part, CitationPart) and part.url}
    return list(found.values())
