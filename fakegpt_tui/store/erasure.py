"""Erasure: nothing stays on the disk of what was deleted for ever, but what was saved by hand."""

import os
from contextlib import closing
from pathlib import Path
from typing import Final

from fakegpt_tui.domain import StoreError
from fakegpt_tui.store import blob_uses, blobs, connection, instances
from fakegpt_tui.store.errors import translate_errors
from fakegpt_tui.store.maintenance import delete_backups

_SET_ASIDE: Final = ("before-restore", "damaged")
"""Why stores were given other names; what is in them was deleted with the rest."""

_WRITE_ANEW: Final = (
    # An index keeps the words of what was deleted until its parts are made one.
    "INSERT INTO message_index (message_index) VALUES ('optimize')",
    "INSERT INTO title_index (title_index) VALUES ('optimize')",
    "VACUUM",
    "PRAGMA wal_checkpoint(TRUNCATE)",
)


def erase_deleted(store: Path) -> None:
    """Delete all copies of a store, stores that were set aside, and bytes that no row uses.

    The database is written anew, without the pages on which deleted rows still stand.

    Raises:
        StoreError: It is in use, or cannot be written.
    """
    with translate_errors(store):
        delete_backups(store)
        for why in _SET_ASIDE:
            for aside in store.parent.glob(f"{store.name}.*Z.{why}*"):
                aside.unlink(missing_ok=True)
        with instances.FileLock(store.with_name(f"{store.name}.lock")).hold():
            if instances.live_instances(store.with_name(f"{store.name}.instances")).living:
                raise StoreError(
                    "The program is open, so that what was deleted is still on the disk, where no"
                    " program shows it. Close it everywhere, and purge once more."
                )
            with closing(connection.open_writer(store)) as opened:
                used = blob_uses.list_uses(opened)
                for entry in blobs.list_blobs(blobs.blob_folder(store)):
                    if entry.name not in used:
                        os.unlink(entry)  # noqa: PTH108 - an entry, not a path
                for statement in _WRITE_ANEW:
                    opened.execute(statement)
