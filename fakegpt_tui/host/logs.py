"""Logs: a record of each request, and of what was done to the host, as lines of JSON."""

import hashlib
import json
import os
import re
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeAlias

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from fakegpt_tui.host.access_keys import AccessKey, KeyRing
from fakegpt_tui.text import safe_line

_RECORD = "fakegpt.record"
_ID_HEADERS = (b"x-request-id", b"request-id")
"""The clients of OpenAI read the one, those of Anthropic the other."""
_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_NAME_LENGTH = 80
_METHOD_LENGTH = 16
_SERVER_ERROR = 500
_CLIENT_ERROR = 400
_APPENDING = os.O_WRONLY | os.O_CREAT | os.O_APPEND | getattr(os, "O_NONBLOCK", 0)
"""The event loop writes, so that nothing may be waited for."""


@dataclass(slots=True, kw_only=True)
class RequestRecord:
    """What is known of one request; no text of it, no query, no secret.

    `route` is the template of its path, empty where there is none. `outcome` is `done`,
    `client_left`, `cut`, `refused` or `upstream_error`.
    """

    id: str = ""
    at: datetime = field(default_factory=lambda: datetime.now(UTC))
    method: str = ""
    address: str = ""
    route: str = ""
    key_id: str = ""
    owner: str = ""
    model: str = ""
    status: int = 0
    outcome: str = ""
    first_seconds: float | None = None
    seconds: float = 0.0
    size: int = 0
    parts: int = 0
    prompt_tokens: int = 0
    reply_tokens: int = 0

    def line(self) -> str:
        """The record as a line of JSON."""
        first = self.first_seconds
        values = {
            "time": self.at.isoformat(timespec="milliseconds"),
            "id": self.id,
            "key": self.key_id,
            "owner": hashlib.sha256(self.owner.encode()).hexdigest()[:8] if self.owner else "",
            "address": self.address,
            "method": safe_line(self.method, _METHOD_LENGTH),
            "route": self.route,
            "model": safe_line(self.model, _NAME_LENGTH),
            "status": self.status,
            "outcome": self.outcome,
            "first_word_ms": None if first is None else round(first * 1000, 1),
            "ms": round(self.seconds * 1000, 1),
            "prompt_tokens": self.prompt_tokens,
            "reply_tokens": self.reply_tokens,
            "bytes": self.size,
            "chunks": self.parts,
        }
        return json.dumps(values)


RecordSink: TypeAlias = Callable[[RequestRecord], None]


def record_of(scope: Scope) -> RequestRecord:
    """The record of a request; one that leads nowhere where requests are not recorded."""
    found = scope.get(_RECORD)
    return found if isinstance(found, RequestRecord) else RequestRecord()


@dataclass(frozen=True, slots=True)
class RequestLog:
    """Gives each request an id, which its response names, and hands its record to the sinks.

    An id that comes with the request is kept only if `trusts` says so of its sender.
    """

    app: ASGIApp
    sinks: Sequence[RecordSink]
    trusts: Callable[[tuple[str, int] | None], bool]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        record = RequestRecord(id=self._id_of(scope), method=scope["method"])
        scope[_RECORD] = record
        watched = _WatchedSend(record, send)
        try:
            await self.app(scope, receive, watched)
        except Exception:
            if not record.status:
                await watched.fail()
            raise
        finally:
            watched.finish()
            for sink in self.sinks:
                sink(record)

    def _id_of(self, scope: Scope) -> str:
        given = Headers(scope=scope).get("x-request-id", "")
        if _REQUEST_ID.fullmatch(given) and self.trusts(scope.get("client")):
            return given
        return os.urandom(12).hex()


class _WatchedSend:
    """Sends a response, and records how it went."""

    def __init__(self, record: RequestRecord, send: Send) -> None:
        self._record = record
        self._send = send
        self._begun = time.monotonic()
        self._is_whole = False

    async def __call__(self, message: Message) -> None:
        record = self._record
        if message["type"] == "http.response.start":
            record.status = message["status"]
            named = [(name, record.id.encode()) for name in _ID_HEADERS]
            message = {**message, "headers": [*message.get("headers", ()), *named]}
        elif message["type"] == "http.response.body":
            if record.first_seconds is None:
                record.first_seconds = time.monotonic() - self._begun
            record.size += len(message.get("body", b""))
            record.parts += 1
            self._is_whole = not message.get("more_body")
        await self._send(message)

    async def fail(self) -> None:
        """Tell that nothing answered, which is a fault of the program."""
        headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"connection", b"close")]
        await self({"type": "http.response.start", "status": _SERVER_ERROR, "headers": headers})
        await self({"type": "http.response.body", "body": b"Internal Server Error"})

    def finish(self) -> None:
        record = self._record
        record.seconds = time.monotonic() - self._begun
        if not self._is_whole:
            record.outcome = "client_left"
        elif record.status >= _SERVER_ERROR:
            record.outcome = "upstream_error"
        elif record.status >= _CLIENT_ERROR:
            record.outcome = "refused"
        else:
            record.outcome = record.outcome or "done"


@dataclass(slots=True)
class LineFile:
    """A file to which lines are appended, and which may be moved away at any time.

    A full disk, or a pipe or terminal that takes nothing, costs lines, and nothing else.
    """

    path: Path
    lost_lines: int = 0

    def append(self, line: str) -> None:
        try:
            number = os.open(self.path, _APPENDING, 0o600)
            try:
                os.write(number, f"{line}\n".encode())
            finally:
                os.close(number)
        except OSError:
            self.lost_lines += 1


class AccessLog(LineFile):
    """Appends a line for each request."""

    def __call__(self, record: RequestRecord) -> None:
        self.append(record.line())


@dataclass(slots=True)
class AuditLog:
    """Appends a line for each act to a file; without a path it keeps nothing.

    No line holds a secret, or anything that a client has said.
    """

    file: LineFile | None = None

    @classmethod
    def at(cls, path: Path | None) -> "AuditLog":
        return cls(LineFile(path) if path else None)

    def note(
        self, act: str, *, actor: str, target: str = "", outcome: str = "done", address: str = ""
    ) -> None:
        """Keep an act: `actor` is a key, a program or the part of the host that did it."""
        if self.file is None:
            return
        values = {
            "time": datetime.now(UTC).isoformat(timespec="milliseconds"),
            "actor": safe_line(actor, _NAME_LENGTH),
            "act": act,
            "target": safe_line(target, _NAME_LENGTH),
            "outcome": outcome,
            "address": safe_line(address, _NAME_LENGTH),
        }
        self.file.append(json.dumps(values))

    def note_keys(
        self, before: KeyRing | None, after: KeyRing | None, *, actor: str = "keys file"
    ) -> None:
        """Keep what became of keys when they were read anew."""
        for act, key_id in _changes(before or KeyRing(), after or KeyRing()):
            self.note(act, actor=actor, target=key_id)


def _changes(before: KeyRing, after: KeyRing) -> Iterator[tuple[str, str]]:
    for key in after:
        known = before.get(key.id)
        if known is None:
            yield "key added", key.id
        elif known != key:
            yield _change(known, key), key.id
    for key in before:
        if after.get(key.id) is None:
            yield "key removed", key.id


def _change(known: AccessKey, key: AccessKey) -> str:
    if key.revoked_at is not None and known.revoked_at is None:
        return "key revoked"
    if key.digest != known.digest:
        return "key rotated"
    return "key limits changed" if key.limits != known.limits else "key changed"
