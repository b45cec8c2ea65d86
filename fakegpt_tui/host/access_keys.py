"""Access keys: their form, their digests, and which of them a given text is."""

import hashlib
import hmac
import re
import secrets
from base64 import b32encode
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from fakegpt_tui.domain import Secret, now

KEY_PREFIX: Final = "fgk_"
KEY_ID: Final = re.compile(r"[a-z2-7]{16}")
"""The public part of a key: 80 bits in base 32, good for names of files, logs and commands."""

_KEY = re.compile(r"fgk_([a-z2-7]{16})_[0-9A-Za-z_-]{43}")
_ID_BYTES = 10
_SECRET_BYTES = 32
_DUMMY_DIGEST = hashlib.sha256(b"no key").hexdigest()
"""What an unknown key is compared with, so that it takes as long as a known one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyLimits:
    """What a key may use; 0 is no limit, and no `models` are all of them.

    `burst` is how many requests may come at once, before they come by the minute.
    """

    requests_per_minute: int = 60
    burst: int = 20
    tokens_per_minute: int = 60_000
    streams: int = 4
    tokens_per_day: int = 2_000_000
    models: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TotalLimits:
    """What all clients of a host may use together; 0 is no limit."""

    streams: int = 0
    starts_per_second: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessKey:
    """What is kept of a key: never the key itself, only the SHA-256 digest of it.

    A key that was rotated is good by its old digest, too, until `old_until`.
    """

    id: str
    digest: str
    label: str = ""
    created_at: datetime
    expires_at: datetime | None = None
    revoked_at: datetime | None = None
    old_digest: str = ""
    old_until: datetime | None = None
    limits: KeyLimits = KeyLimits()

    def is_usable(self, at: datetime) -> bool:
        """Is the key neither revoked nor expired at a moment?"""
        return self.revoked_at is None and (self.expires_at is None or at < self.expires_at)

    def matches(self, digest: str, at: datetime) -> bool:
        """Is `digest` that of the key, or at that moment still that of the one before?"""
        is_current = hmac.compare_digest(digest, self.digest)
        is_old = hmac.compare_digest(digest, self.old_digest or _DUMMY_DIGEST)
        return is_current or (is_old and self.old_until is not None and at < self.old_until)


class KeyRing:
    """All access keys of a host, by their ids."""

    def __init__(self, keys: Iterable[AccessKey] = ()) -> None:
        self._keys: Mapping[str, AccessKey] = {key.id: key for key in keys}

    def __iter__(self) -> Iterator[AccessKey]:
        return iter(self._keys.values())

    def __len__(self) -> int:
        return len(self._keys)

    def get(self, key_id: str) -> AccessKey | None:
        return self._keys.get(key_id)

    def find(self, text: str, at: datetime | None = None) -> AccessKey | None:
        """The usable key that `text` is; `None` for anything else.

        The id finds the key, and only digests are compared, in constant time.
        """
        at = at or now()
        match = _KEY.fullmatch(text)
        if match is None:
            return None
        key = self._keys.get(match[1])
        digest = digest_of(text)
        if key is None:
            hmac.compare_digest(digest, _DUMMY_DIGEST)
            hmac.compare_digest(digest, _DUMMY_DIGEST)
            return None
        return key if key.matches(digest, at) and key.is_usable(at) else None


@dataclass(slots=True, kw_only=True)
class KeySources:
    """Where keys come from. Those of the file win, and what is revoked anywhere is so everywhere.

    Each is `None` where no keys are to be had from it; without both the host needs none.
    """

    file: KeyRing | None = None
    shared: KeyRing | None = None
    revoked: frozenset[str] = frozenset()

    def merged(self, at: datetime) -> KeyRing | None:
        """All keys; those that were revoked elsewhere are revoked at a moment."""
        if self.file is None and self.shared is None:
            return None
        found = {key.id: key for ring in (self.shared, self.file) for key in ring or ()}
        return KeyRing(
            replace(key, revoked_at=key.revoked_at or at) if key.id in self.revoked else key
            for key in found.values()
        )

    def has_in_file(self, key_id: str) -> bool:
        return self.file is not None and self.file.get(key_id) is not None


def digest_of(text: str) -> str:
    """The SHA-256 digest of a key: it has 256 random bits, so that no slow digest is needed."""
    return hashlib.sha256(text.encode()).hexdigest()


def generate_key(key_id: str = "") -> tuple[str, Secret]:
    """A new id, unless one is given, and a new key with it."""
    key_id = key_id or b32encode(secrets.token_bytes(_ID_BYTES)).decode().lower()
    return key_id, Secret(f"{KEY_PREFIX}{key_id}_{secrets.token_urlsafe(_SECRET_BYTES)}")
