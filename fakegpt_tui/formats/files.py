"""Exported files: written atomically, signed with a digest, replaced only while unmodified."""

import errno
import os
import re
import stat
import sys
from hashlib import sha256
from pathlib import Path

from fakegpt_tui.domain import SaveError
from fakegpt_tui.temporary_files import (
    PRIVATE,
    claim,
    make_private_folder,
    sync_folder,
    temporary_file,
)
from fakegpt_tui.text import file_stem, replace_surrogates, safe_line

_DIGEST = re.compile(rb"sha256:[0-9a-f]{64}")
_HEAD_SIZE = 512
_WINDOWS_HEAD = b"---\r\n"
"""How Markdown begins where Git or an editor has changed the line ends."""

EMPTY_DIGEST = "sha256:" + "0" * 64
"""What a text has where its digest will be."""


def sign(data: bytes, owner_id: str) -> bytes:
    """`data` with its digest, where it has a place for one."""
    found = _DIGEST.search(data, 0, _HEAD_SIZE)
    if found is None:
        return data
    return data[: found.start()] + _digest(data, found, owner_id) + data[found.end() :]


def is_unmodified(data: bytes, owner_id: str) -> bool:
    """Was this signed for that id, and is it as it was then, but for how its lines end?"""
    if data.startswith(_WINDOWS_HEAD):
        data = data.replace(b"\r\n", b"\n")
    found = _DIGEST.search(data, 0, _HEAD_SIZE)
    return found is not None and found[0] == _digest(data, found, owner_id)


def _digest(data: bytes, found: re.Match[bytes], owner_id: str) -> bytes:
    digest = sha256(owner_id.encode(errors="replace") + b"\0")
    digest.update(memoryview(data)[: found.start()])
    digest.update(memoryview(data)[found.end() :])
    return b"sha256:" + digest.hexdigest().encode()


_ATTEMPTS = 100
_SHORT_ID_LENGTH = 8
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_SAFELY = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0)
"""Follow no link, wait for no pipe, leave nothing open to other programs."""


def save_file(
    folder: Path, stem: str, suffix: str, text: str, *, owner_id: str, durable: bool = True
) -> Path:
    """Write `text` into `folder` under a name made of `stem` and `owner_id`, and tell where.

    A file that was written here for `owner_id`, and is unmodified since, is replaced, as is one
    that holds the same already; any other file, link or folder of that name is left alone, and a
    number added to the name. The digest in a file tells (see `sign`). A `durable` file is on the
    disk when this returns.

    Raises:
        SaveError: It could not be written; nothing has changed.
    """
    try:
        make_private_folder(folder)
        data = sign(replace_surrogates(text).encode(), owner_id)
        with temporary_file(folder, data, durable=durable) as part:
            target = _publish(part, data, folder / base_name(stem, owner_id), suffix, owner_id)
        if durable:
            sync_folder(folder)
    except OSError as error:
        raise SaveError(save_sentence(folder, error)) from error
    return target


def save_file_at(path: Path, text: str, *, owner_id: str) -> Path:
    """Write `text` to the file at `path`, in a folder that exists; return its path.

    A file that was written here for `owner_id`, and is unmodified since, is replaced.

    Raises:
        SaveError: Something else is there, or it could not be written; nothing has changed.
    """
    data = sign(replace_surrogates(text).encode(), owner_id)
    try:
        target = path.expanduser().absolute()
        with temporary_file(target.parent, data) as part:
            if not (_is_replaceable(target, data, owner_id) or claim(part, target)):
                raise SaveError(f"{safe_line(str(target))} is there already; choose another name.")
            part.replace(target)
        sync_folder(target.parent)
    except (OSError, ValueError, RuntimeError) as error:
        reason = error if isinstance(error, OSError) else OSError(str(error))
        raise SaveError(save_sentence(path.parent, reason)) from error
    return target


def base_name(stem: str, owner_id: str) -> str:
    """Never empty, and never one of the names that some systems keep for devices."""
    system = sys.getfilesystemencoding()
    # Where names are not UTF-8, what they cannot hold is left out; the id tells files apart.
    nameable = file_stem(stem).encode(system, "ignore").decode(system, "ignore").strip("-")
    return "-".join(filter(None, (nameable or "conversation", short_id(owner_id))))


def short_id(owner_id: str) -> str:
    """What of an id is in the names of its files; may be empty."""
    return re.sub("[^0-9a-z]", "", owner_id.lower())[:_SHORT_ID_LENGTH]


def is_own_name(name: str, owner_id: str) -> bool:
    """Could a Markdown file of that id have got this name here?"""
    return re.fullmatch(rf".*\b{short_id(owner_id)}(-\d+)?\.md", name) is not None


def _publish(part: Path, data: bytes, base: Path, suffix: str, owner_id: str) -> Path:
    """Move `part`, which holds `data`, to a free path or the owner's last file; return it."""
    for number in range(1, _ATTEMPTS + 1):
        path = Path(f"{base}{suffix}" if number == 1 else f"{base}-{number}{suffix}")
        if _is_replaceable(path, data, owner_id) or claim(part, path):
            part.replace(path)
            return path
    raise SaveError(
        f"The folder {safe_line(str(base.parent))} has other files under every name that "
        f"{safe_line(base.name + suffix)} could have."
    )


def _is_replaceable(path: Path, data: bytes, owner_id: str) -> bool:
    """Is this the owner's file, an empty one that a kill left, or one with the same bytes?"""
    found = _read_plain_file(path)
    if found is None:
        return False
    return found == data or is_unmodified(found, owner_id) or is_empty_claim(path)


def is_empty_claim(path: Path) -> bool:
    """Is this a plain file without contents, as private as those that are made here?"""
    try:
        found = path.lstat()
    except OSError:
        return False
    return found.st_mode == stat.S_IFREG | PRIVATE and found.st_size == 0


def is_unmodified_file(path: Path, owner_id: str) -> bool:
    """Is this a plain file that this program wrote for that id and that is unchanged since?"""
    found = _read_plain_file(path)
    return found is not None and is_unmodified(found, owner_id)


def _read_plain_file(path: Path) -> bytes | None:
    """What is in a file; nothing, where it is none or cannot be opened."""
    try:
        descriptor = os.open(path, os.O_RDONLY | _SAFELY)
    except OSError:
        return None
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        return None
    with os.fdopen(descriptor, "rb") as file:
        return file.read()


def save_sentence(folder: Path, error: OSError) -> str:
    """Why nothing could be saved in a folder."""
    shown = safe_line(str(folder))
    if error.errno in _FULL:
        return f"The disk is full, so nothing was saved in {shown}."
    return f"Nothing could be saved in {shown}: {error.strerror or error}."
