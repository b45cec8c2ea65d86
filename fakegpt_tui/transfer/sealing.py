"""Telling a file that this program wrote, for whom, and whether anybody has changed it since.

A text that wants to be told apart has `UNSEALED` near its beginning, before anything foreign.
Sealing puts in its place a digest of the text and of the id it belongs to.
"""

import re
from hashlib import sha256

_DIGEST = re.compile(rb"sha256:[0-9a-f]{64}")
_HEAD_SIZE = 512

EMPTY_DIGEST = "sha256:" + "0" * 64
"""What a text has where its digest will be."""


def sign(data: bytes, owner_id: str) -> bytes:
    """`data` with its digest, where it has a place for one."""
    found = _DIGEST.search(data, 0, _HEAD_SIZE)
    if found is None:
        return data
    return data[: found.start()] + _digest(data, found, owner_id) + data[found.end() :]


def is_unmodified(data: bytes, owner_id: str) -> bool:
    """Was this sealed for that id, and is it as it was then?"""
    found = _DIGEST.search(data, 0, _HEAD_SIZE)
    return found is not None and found[0] == _digest(data, found, owner_id)


def _digest(data: bytes, found: re.Match[bytes], owner_id: str) -> bytes:
    digest = sha256(owner_id.encode(errors="replace") + b"\0")
    digest.update(memoryview(data)[: found.start()])
    digest.update(memoryview(data)[found.end() :])
    return b"sha256:" + digest.hexdigest().encode()
