"""Audit log: who did what to the host, its keys and its limits, as lines of JSON."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from fakegpt_tui.host.access_keys import AccessKey, KeyRing
from fakegpt_tui.host.request_log import LineFile
from fakegpt_tui.text import safe_line

_LENGTH = 80


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
            "actor": safe_line(actor, _LENGTH),
            "act": act,
            "target": safe_line(target, _LENGTH),
            "outcome": outcome,
            "address": safe_line(address, _LENGTH),
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
