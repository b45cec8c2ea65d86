"""Folders and tags in plain mode: move, tag, list folders, and start in one."""

from fakegpt_tui.domain.folders import parse_tag_changes
from fakegpt_tui.plain.session import PlainSession


class PlainFolders:
    """Acts on the open conversation."""

    def __init__(self, session: PlainSession) -> None:
        self._session = session
        self._folders = session.chat.folders

    def move(self, path: str = "") -> None:
        """Put the conversation into a folder; a slash alone takes it out of all."""
        open_id = self._session.open.id
        if not path:
            self._session.say("Say /move and a path such as Work/2026, or / for no folder.")
            self._list()
        elif self._session.chat.conversations.is_temporary(open_id):
            self._session.say("A temporary conversation goes into no folder.")
        else:
            self._folders.move([open_id], path)
            folder = self._session.chat.conversations.get(open_id).folder
            self._session.say(f"It is in {folder}." if folder else "It is in no folder.")

    def tag(self, changes: str = "") -> None:
        """Add tags between commas, and take away those behind a minus sign."""
        open_id = self._session.open.id
        if changes:
            self._folders.tag([open_id], *parse_tag_changes(changes))
        else:
            self._session.say("Say /tag and tags with commas between them; -name takes one away.")
        tags = self._session.chat.conversations.get(open_id).tags
        self._session.say(f"Tags: {', '.join(tags)}." if tags else "It has no tags.")

    def show(self, path: str = "") -> None:
        """List the folders, or start a conversation in one."""
        if not path:
            self._list()
            return
        created = self._folders.new_conversation(self._folders.find(path).path)
        self._session.start(created)
        self._session.say(f"A new conversation in {created.folder or 'no folder'}.")

    def _list(self) -> None:
        conversations = self._session.chat.conversations.all()
        folders = self._folders.all()
        for folder in folders:
            count = sum(each.folder == folder.path for each in conversations)
            self._session.say(f"{folder.path}: {count} conversation{'' if count == 1 else 's'}.")
        if not folders:
            self._session.say("There are no folders yet.")
