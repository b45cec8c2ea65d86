"""Conversations in plain mode: new, search, open, rename, archive, delete; folders and tags."""

from fakegpt_tui.chat.argument_values import find_titled
from fakegpt_tui.domain.folders import parse_tag_changes
from fakegpt_tui.plain.session import PlainSession

_MOST_HITS = 20


class PlainConversations:
    """Acts on the open conversation."""

    def __init__(self, session: PlainSession) -> None:
        self._session = session
        self._chat = session.chat

    def new(self) -> None:
        self._session.start(self._chat.conversations.create())
        self._session.say("A new conversation.")

    def new_temporary(self) -> None:
        self._session.start(self._chat.conversations.create(temporary=True))
        self._session.say("This conversation leaves nothing on disk but what it costs.")

    async def search(self, words: str = "") -> None:
        """Open a conversation by its listed number or its title, or list those with the words."""
        session = self._session
        titled = find_titled(self._chat, words)
        chosen = session.numbered("conversation", words) or (titled.id if titled else None)
        if chosen is not None:
            session.go_on(chosen)
            return
        if not words or words.isdecimal():
            session.say("Say /open and a number of the list, or words to search for.")
            return
        hits = await self._chat.search.find(words, limit=_MOST_HITS)
        session.offer("conversation", [hit.conversation_id for hit in hits])
        for number, hit in enumerate(hits, 1):
            found = f": {hit.snippet}" if hit.message_id else ""
            session.say(f"{number}. {hit.title}{found}")
        session.say("Say /open and a number." if hits else "Nothing was found.")

    def step(self, step: int) -> None:
        """Open the conversation that many places below in the list."""
        ids = [each.id for each in self._chat.conversations.all()]
        open_id = self._session.open.id
        place = ids.index(open_id) + step if open_id in ids else 0
        if 0 <= place < len(ids) and ids[place] != open_id:
            self._session.go_on(ids[place])
        else:
            self._session.say("There is no other conversation that way.")

    def open_unread(self) -> None:
        unread = [each.id for each in self._chat.conversations.all() if each.unread]
        if unread:
            self._session.go_on(unread[0])
            self._chat.conversations.set_unread(unread[0], unread=False)
        else:
            self._session.say("Nothing is unread.")

    def rename(self, title: str = "") -> None:
        if not title:
            self._session.say("Say /rename and a title.")
        elif self._is_saved():
            self._chat.actions.rename(self._session.open.id, title)
            self._session.say(f"The title is {title}.")

    def pin(self) -> None:
        if self._is_saved():
            pinned = not self._session.open.pinned
            self._chat.actions.pin([self._session.open.id], pinned=pinned)
            self._session.say("It is kept at the top." if pinned else "It is pinned no longer.")

    def archive(self) -> None:
        if self._is_saved():
            archived = not self._session.open.archived
            self._chat.actions.archive([self._session.open.id], archived=archived)
            done = "It is archived; is:archived finds it." if archived else "It is brought back."
            self._session.say(f"{done} /undo takes that back.")

    def trash(self) -> None:
        if self._is_saved() and self._session.is_confirmed("This deletes the conversation."):
            self._chat.actions.trash([self._session.open.id])
            self._session.start(self._chat.conversations.create())
            self._session.say("It is in the trash for 30 days. /undo takes that back.")

    def show_trash(self, number: str = "") -> None:
        """List what is in the trash; with a number, restore it."""
        session = self._session
        if (chosen := session.numbered("trash", number)) is not None:
            self._chat.actions.restore([chosen])
            session.go_on(chosen)
            return
        trashed = self._chat.conversations.trashed()
        session.offer("trash", [each.id for each in trashed])
        for place, conversation in enumerate(trashed, 1):
            session.say(f"{place}. {conversation.title}")
        session.say("Say /trash and a number to restore one." if trashed else "The trash is empty.")

    def undo(self) -> None:
        """Take back the last change, once that was told."""
        history, scope = self._chat.history, self._session.open.id
        action = history.last(scope)
        if action is None:
            self._session.say("There is nothing to take back.")
        elif history.is_told(action):
            self._session.say(f"Taken back: {history.undo(scope)}")
        else:
            self._session.say(f"{history.tell(action)} /undo once more takes it back.")

    def _is_saved(self) -> bool:
        """Has the conversation a prompt yet? Else say so."""
        if self._session.open.leaf_id is None:
            self._session.say("This conversation is still empty.")
            return False
        return True


class PlainFolders:
    """Where the open conversation is: its folder and its tags."""

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
