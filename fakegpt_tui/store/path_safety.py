"""Path safety: is the store's folder private, on this machine, and writable?"""

import os
import re
import stat
from pathlib import Path

from fakegpt_tui.domain import StoreError
from fakegpt_tui.text import safe_line

MOUNTS = Path("/proc/self/mountinfo")

_REMOTE = {
    *("9p", "afs", "beegfs", "ceph", "cifs", "davfs", "drvfs", "fuse.glusterfs", "fuse.rclone"),
    *("fuse.s3fs", "fuse.sshfs", "gfs2", "glusterfs", "gpfs", "lustre", "ncpfs", "nfs", "nfs4"),
    *("ocfs2", "smb2", "smb3", "smbfs", "vboxsf"),
}
"""File systems of other machines, whose locks and shared memory SQLite's log cannot rely on."""

_ESCAPE = re.compile(r"\\([0-7]{3})")
_MOUNT_POINT = 4
_ROOT = 0


def require_private(folder: Path) -> None:
    """Refuse a folder in which another user could replace the store.

    Raises:
        StoreError: It belongs to another user, or every user may write to it or above it.
    """
    if not hasattr(os, "geteuid"):
        return
    for each in (folder, *folder.parents):
        if not each.exists():
            continue
        found = each.stat()
        # Where the sticky bit is set, as in /tmp, only the owner of a folder can move it away.
        is_guarded = bool(found.st_mode & stat.S_ISVTX) and each != folder
        if found.st_mode & stat.S_IWOTH and not is_guarded:
            raise StoreError(
                f"The store is not kept in {safe_line(str(each))}, because every user of this "
                "computer may write there. Please take that permission away (chmod o-w). Where "
                "that does nothing, as on drives of Windows, choose a folder with --data-dir."
            )
        if each == folder and found.st_uid not in (_ROOT, os.geteuid()):
            raise StoreError(
                f"The store is not kept in {safe_line(str(each))}, because that folder belongs "
                "to another user."
            )


def is_writable(path: Path) -> bool:
    """Can the store at `path` be written, and the files that SQLite makes beside it?"""
    if not path.parent.exists():
        return True
    return os.access(path.parent, os.W_OK) and (not path.exists() or os.access(path, os.W_OK))


def is_remote(folder: Path, mounts: Path = MOUNTS) -> bool:
    """Is `folder` on another machine, as far as the table of mounts tells?"""
    kind, longest = "", -1
    for line in _lines(mounts):
        before, _, after = line.partition(" - ")
        fields, kinds = before.split(" "), after.split(" ")
        if len(fields) <= _MOUNT_POINT:
            continue
        point = Path(_ESCAPE.sub(lambda match: chr(int(match[1], 8)), fields[_MOUNT_POINT]))
        # Of two mounts on the same folder the later one is seen.
        if folder.is_relative_to(point) and len(point.parts) >= longest:
            kind, longest = kinds[0], len(point.parts)
    return kind in _REMOTE


def _lines(mounts: Path) -> list[str]:
    try:
        return mounts.read_text(errors="surrogateescape").splitlines()
    except OSError:
        return []
