"""Files in plain mode: saving conversations, and importing them."""

from pathlib import Path

from fakegpt_tui.chat.jobs import MARKDOWN, JobProgress, JobResult, export_formats
from fakegpt_tui.plain.attachments import expanded
from fakegpt_tui.plain.session import PlainSession


class PlainFiles:
    """What takes long is waited for, and ctrl+c stops it."""

    def __init__(self, session: PlainSession, folder: Path) -> None:
        """`folder` is where files are saved."""
        self._session = session
        self._chat = session.chat
        self._folder = folder

    async def save(self, suffix: str = "", typed: str = "") -> None:
        """Save the open conversation, in the folder of exports or where a path says."""
        if not self._is_something():
            return
        exports, conversation_id = self._chat.exports, self._session.open.id
        if typed:
            path = await exports.export_to(conversation_id, expanded(typed), suffix=suffix)
        else:
            path = await exports.export(conversation_id, self._folder, suffix=suffix or MARKDOWN)
        self._session.say(f"Saved as {path}")

    async def ask_where(self, typed: str = "") -> None:
        if typed:
            await self.save("", typed)
        else:
            self._session.say("Say /save to and a path, whose end says in which format.")

    async def save_as(self, suffix: str = "") -> None:
        """Save in a format; without one, say which there are."""
        if suffix:
            await self.save(suffix)
            return
        for name, words in export_formats().items():
            self._session.say(f"{name}: {words}")
        self._session.say("Say /save as and one of these.")

    async def save_all(self, suffix: str = "") -> None:
        self._tell(
            await self._chat.exports.export_all(
                self._folder, JobProgress(), suffix=suffix or MARKDOWN
            )
        )

    async def import_file(self, typed: str = "") -> None:
        if not typed:
            self._session.say("Say /import and the path of a file, a folder or an archive.")
            return
        self._tell(await self._chat.imports.import_files([expanded(typed)], JobProgress()))

    async def import_found(self, number: str = "") -> None:
        """Say what other programs keep on this machine; with a number, import it."""
        session = self._session
        sources = await self._chat.imports.find_sources()
        chosen = session.numbered("source", number)
        files = [each.files for each in sources if str(each.path) == chosen]
        if files:
            self._tell(await self._chat.imports.import_files(files[0], JobProgress()))
            return
        session.offer("source", [str(each.path) for each in sources])
        for place, each in enumerate(sources, 1):
            session.say(f"{place}. {each.name}: {each.summary}, {each.path}")
        session.say(
            "Say /import found and a number." if sources else "Nothing was found on this machine."
        )

    def _tell(self, result: JobResult) -> None:
        for sentence in (result.summary, *result.details):
            self._session.say(sentence)

    def _is_something(self) -> bool:
        if self._session.open.leaf_id is None:
            self._session.say("There is nothing to save yet.")
            return False
        return True
