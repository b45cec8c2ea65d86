"""Checks of the store: format, integrity, search index and backup."""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from fakegpt_tui.cli.doctor.report import Finding, attention, good, note
from fakegpt_tui.domain import StoreError
from fakegpt_tui.domain.captions import size_label
from fakegpt_tui.store.blob_uses import BlobCheck
from fakegpt_tui.store.integrity_check import IntegrityReport, ReportProgress, check_integrity
from fakegpt_tui.text import safe_line

SECONDS: Final = 20.0
"""How long the store may be looked through; a larger one is looked at in part."""

_OLD_BACKUP: Final = timedelta(days=2)
_MEGABYTE: Final = 1_000_000
_RECOVERY_ADVICE: Final = (
    "Start the program: it moves a damaged store aside and brings over what is whole, also from "
    "the newest backup. Copy the folder first."
)

_BLOB_ADVICE: Final = (
    "Copy them back from a backup of the folder beside the store whose name ends in .blobs, or "
    "attach or import the same files again."
)


def store_findings(path: Path, now: datetime, report: ReportProgress) -> Iterator[Finding]:
    if not path.exists():
        yield note("store.file", f"There is no store yet; the first prompt makes {_shown(path)}.")
        return
    try:
        health = check_integrity(path.resolve(), seconds=SECONDS, report=report)
    except StoreError as error:
        yield attention("store.file", safe_line(str(error), 1000), _RECOVERY_ADVICE)
        return
    yield good(
        "store.file",
        f"{_shown(path)} holds {_count(health.conversations, 'conversation')} and "
        f"{_count(health.messages, 'chat message')} in {health.size / _MEGABYTE:.1f} MB.",
    )
    yield from _copies(path)
    yield _format(health)
    yield from _integrity(health)
    yield from _index(health)
    yield from _blobs(health.blobs)
    yield _backup(health, now)
    yield from _instances(health)


def _copies(path: Path) -> Iterator[Finding]:
    """Conflict copies that sync programs made, because two machines wrote the store.

    Syncthing and Dropbox name them as conflicts; Google Drive, iCloud and OneDrive add a number, or
    the name of the machine.
    """
    numbered = re.compile(rf"{re.escape(path.stem)}( ?\(\d+\)| \d+|-[\w-]+)")
    names = sorted(
        each.name
        for each in path.parent.glob(f"{path.stem}*{path.suffix}")
        if "conflict" in each.name.lower() or numbered.fullmatch(each.stem)
    )
    if names:
        yield attention(
            "store.copies",
            f"Another program has put copies beside the store: {safe_line(', '.join(names))}.",
            f"Two machines wrote it. Move a copy into a folder of its own, as {path.name}; "
            "`fakegpt-tui save --all DIR --data-dir FOLDER` and `fakegpt-tui import DIR` bring its "
            "conversations over. Keep the folder of the store from being synchronized.",
        )


def _format(health: IntegrityReport) -> Finding:
    if health.format == health.newest_format:
        return good("store.format", f"Its format is {health.format}, the one of this version.")
    return note(
        "store.format",
        f"Its format is {health.format}, which is older than {health.newest_format}; its messages "
        "and its search index were not looked through.",
        "The next start copies it and brings it up to date.",
    )


def _integrity(health: IntegrityReport) -> Iterator[Finding]:
    match health.is_sound:
        case True:
            yield good("store.structure", "Its structure is sound.")
        case False:
            yield attention("store.structure", "The file is damaged.", _RECOVERY_ADVICE)
        case None:
            yield note(
                "store.structure",
                f"Its structure could not be looked through in {SECONDS:.0f} seconds.",
                "The program does so once a week while it runs.",
            )
    if health.damaged:
        yield attention(
            "store.messages",
            f"{health.damaged} of {health.checked} chat messages are not as they were written.",
            "Each says so in its conversation; a backup beside the store may still have it whole.",
        )
    elif health.checked < health.messages and health.format == health.newest_format:
        yield note(
            "store.messages",
            f"{health.checked} of {health.messages} chat messages were compared with their "
            "checksums, and all are whole; there was no time for more.",
        )
    elif health.checked:
        yield good("store.messages", "All chat messages are as they were written.")


def _index(health: IntegrityReport) -> Iterator[Finding]:
    if health.unindexed:
        yield attention(
            "store.search",
            f"The search index is off by {_count(health.unindexed, 'chat message')}, so a search "
            "may miss something.",
            "`fakegpt-tui save --all DIR`, and `import` into a new --data-dir, make one anew.",
        )
    elif health.unindexed is not None:
        yield good("store.search", "The search index has every chat message.")


def _blobs(found: BlobCheck | None) -> Iterator[Finding]:
    if found is None or not found.used:
        return
    are = "attached picture or file is" if found.used == 1 else "attached pictures and files are"
    size = f"{found.size / _MEGABYTE:.1f} MB"
    if found.in_words:
        yield attention("store.attachments", found.in_words, _BLOB_ADVICE)
    elif found.checked < found.used:
        yield note(
            "store.attachments",
            f"{found.checked} of {found.used} attached pictures and files were compared with their "
            "digests, and all are whole; there was no time for more.",
        )
    else:
        yield good("store.attachments", f"{found.used} {are} as stored, in {size}.")
    if found.largest:
        sizes = ", ".join(f"{digest[:12]} ({size_label(size)})" for size, digest in found.largest)
        yield note(
            "store.largest",
            f"The largest, in the folder beside the store whose name ends in .blobs: {sizes}.",
        )


def _backup(health: IntegrityReport, now: datetime) -> Finding:
    advice = "The program makes one each day once it has run for ten seconds."
    if health.backup_at is None:
        return note("store.backup", "There is no backup yet.", advice)
    age = _age(now - health.backup_at)
    if health.changed_at - health.backup_at > _OLD_BACKUP:
        return note("store.backup", f"The newest backup is {age} old, and older than much.", advice)
    return good("store.backup", f"The newest backup is {age} old.")


def _instances(health: IntegrityReport) -> Iterator[Finding]:
    if health.instances is None:
        yield note("store.instances", "Whether others use the store at this moment is not known.")
    elif health.instances:
        count = "One instance" if health.instances == 1 else f"{health.instances} instances"
        yield good("store.instances", f"{count} of the program at work with it.")
    if health.is_wal_ignored:
        yield note(
            "store.log",
            "A log beside it was left behind, and was not looked at, since reading it would write.",
            "The next start takes in what the log holds.",
        )


def _age(time: timedelta) -> str:
    hours = int(time.total_seconds() // 3600)
    if hours < 1:
        return "less than an hour"
    return f"{hours} hours" if hours < 48 else f"{hours // 24} days"  # noqa: PLR2004 - two days


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def _shown(path: Path) -> str:
    return safe_line(str(path), 500)
