"""Session storage: one session per base URL in a private file."""

import errno
import json
import os
import stat
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol

from fakegpt_tui.domain import SaveError, Secret, Session
from fakegpt_tui.http.addresses import is_header_safe
from fakegpt_tui.temporary_files import PRIVATE, make_private_folder, sync_folder, temporary_file

_VERSION = 1
_OTHERS_MASK = 0o077
_MAX_FILE_SIZE = 4_000_000
_RETENTION = timedelta(days=30)
"""How long a session is kept after it expired: the next login tries its account first."""


class SessionStorage(Protocol):
    """Stores sessions, one for each base URL."""

    def load(self, base_url: str) -> Session | None:
        """The session of `base_url`."""
        ...

    def save(self, session: Session) -> None:
        """Store a session in place of the one of its base URL.

        Raises:
            SaveError: It cannot be stored.
        """
        ...

    def delete(self, base_url: str) -> None:
        """Delete the session of `base_url`.

        Raises:
            SaveError: It cannot be deleted.
        """
        ...


class InMemorySessionStorage:
    """Stores sessions for as long as the process lives."""

    def __init__(self) -> None:
        self._sessions: dict[str, Session] = {}

    def load(self, base_url: str) -> Session | None:
        return self._sessions.get(base_url)

    def save(self, session: Session) -> None:
        self._sessions[session.base_url] = session

    def delete(self, base_url: str) -> None:
        self._sessions.pop(base_url, None)

    def clear(self) -> None:
        self._sessions.clear()


class SessionFile:
    """Sessions in a file. A file that cannot be read counts as absent, and is moved aside.

    Two programs that save at the same moment may cost one of them a login, never the file.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def load(self, base_url: str) -> Session | None:
        return self._entries().get(base_url)

    def peek(self, base_url: str) -> Session | None:
        """The same as `load`, without a change to the file or its mode."""
        try:
            with self._path.open("rb") as file:
                return _read_entries(file.read(_MAX_FILE_SIZE + 1)).get(base_url)
        except (OSError, ValueError, RecursionError):
            return None

    def save(self, session: Session) -> None:
        self._write({**_recent(self._entries()), session.base_url: session})

    def delete(self, base_url: str) -> None:
        entries = self._entries()
        if base_url in entries:
            self._write({url: each for url, each in entries.items() if url != base_url})

    def _entries(self) -> dict[str, Session]:
        try:
            with self._path.open("rb") as file:
                _make_private(file.fileno())
                content = file.read(_MAX_FILE_SIZE + 1)
        except OSError:
            return {}
        try:
            return _read_entries(content)
        except (ValueError, RecursionError):
            self._quarantine()
            return {}

    def _quarantine(self) -> None:
        with suppress(OSError):
            self._path.replace(self._path.with_name(f"{self._path.name}.damaged"))

    def _write(self, entries: Mapping[str, Session]) -> None:
        folder = self._path.parent
        try:
            _make_folder(folder)
            with temporary_file(folder, _encode_entries(entries), name=self._path.name) as written:
                written.replace(self._path)
        except OSError as error:
            raise SaveError(f"The session could not be saved: {error.strerror}.") from error
        sync_folder(folder)


def _make_folder(folder: Path) -> None:
    make_private_folder(folder)
    if os.name == "posix" and folder.stat().st_uid not in (os.geteuid(), 0):
        raise PermissionError(errno.EPERM, "the folder belongs to another user")


def _make_private(descriptor: int) -> None:
    if os.name == "posix" and stat.S_IMODE(os.fstat(descriptor).st_mode) & _OTHERS_MASK:
        os.fchmod(descriptor, PRIVATE)


def _recent(entries: Mapping[str, Session]) -> dict[str, Session]:
    oldest = datetime.now(UTC) - _RETENTION
    return {
        url: session
        for url, session in entries.items()
        if session.expires_at is None or session.expires_at > oldest
    }


def _encode_entries(entries: Mapping[str, Session]) -> bytes:
    sessions = {url: _encode_entry(session) for url, session in entries.items()}
    return json.dumps({"version": _VERSION, "sessions": sessions}, indent=1).encode()


def _encode_entry(session: Session) -> dict[str, object]:
    return {
        "token": session.token.reveal(),
        "expires_at": session.expires_at.isoformat() if session.expires_at else None,
        "account": session.account,
        "password": session.password.reveal(),
        "cookies": [[name, value.reveal()] for name, value in session.cookies],
    }


def _read_entries(content: bytes) -> dict[str, Session]:
    """The sessions in `content`; invalid entries are left out.

    Raises:
        ValueError: The content is invalid.
    """
    match json.loads(content):
        case {"version": 1, "sessions": dict(entries)}:
            read = {str(url): _read_entry(str(url), entry) for url, entry in entries.items()}
            return {url: session for url, session in read.items() if session}
        case _:
            raise ValueError


def _read_entry(base_url: str, entry: object) -> Session | None:
    match entry:
        case {
            "token": str(token),
            "expires_at": None | str() as expires_at,
            "account": str(account),
            "password": str(password),
            "cookies": list(cookies),
        } if is_header_safe(token):
            return Session(
                base_url=base_url,
                token=Secret(token),
                expires_at=_read_time(expires_at),
                account=account,
                password=Secret(password),
                cookies=tuple(_read_cookies(cookies)),
            )
        case _:
            return None


def _read_time(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        return None
    return time if time.tzinfo else time.replace(tzinfo=UTC)


def _read_cookies(cookies: list[object]) -> Iterator[tuple[str, Secret]]:
    for cookie in cookies:
        match cookie:
            case [str(name), str(value)]:
                yield name, Secret(value)
            case _:
                pass
