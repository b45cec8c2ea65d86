"""Files in plain mode: attaching them to a prompt, saving conversations, and importing them."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from fakegpt_tui.chat.jobs import MARKDOWN, JobProgress, JobResult, export_formats
from fakegpt_tui.plain.session import PlainSession

if TYPE_CHECKING:
    from fakegpt_tui.domain.parts import FilePart, ImagePart

_HOW = "Say /attach and the path of a file."


class PlainAttachments:
    """Keeps files as they are now, for the next prompt."""

    def __init__(self, session: PlainSession) -> None:
        self._session = session

    async def ask(self, typed: str = "") -> None:
        if not typed:
            self._session.say(_HOW)
            return
        session = self._session
        part = await session.chat.attachments.add_file(session.open.id, expanded(typed))
        self._add(part)

    def _add(self, part: ImagePart | FilePart) -> None:
        from fakegpt_tui.domain.captions import size_label  # noqa: PLC0415 - when attached
        from fakegpt_tui.domain.media_types import type_label  # noqa: PLC0415 - as above

        self._session.attached.append(part)
        kind, size = type_label(part.blob.media_type), size_label(part.blob.size)
        self._session.say(f"{part.name}, {kind}, {size}, goes with the next prompt.")

    async def paste(self) -> None:
        """Attach the picture or the text of the clipboard."""
        from fakegpt_tui.attachments.clipboard import read_clipboard  # noqa: PLC0415 - when used

        session, found = self._session, await read_clipboard()
        data, name = found.picture or found.text.encode(), "clipboard"
        if found.files:
            from fakegpt_tui.attachments.prompt_paths import find_dropped  # noqa: PLC0415 - as above

            for path in await find_dropped(found.files):
                await self.ask(path)
        elif data:
            name = name if found.picture else f"{name}.txt"
            part = await session.chat.attachments.add_bytes(session.open.id, data, name)
            self._add(part)
        else:
            session.say("The clipboard is empty.")

    def show(self) -> None:
        for part in self._session.attached:
            self._session.say(f"{part.name} goes with the next prompt. /detach leaves it out.")
        if not self._session.attached:
            self._session.say(f"Nothing is attached. {_HOW}")

    def clear(self) -> None:
        self._session.attached.clear()
        self._session.say(f"Nothing is attached. {_HOW}")


def expanded(typed: str) -> Path:
    """The path that was typed, perhaps in quotes, perhaps from the home folder on."""
    bare = typed.strip().strip("'\"")
    with suppress(RuntimeError):
        return Path(bare).expanduser()
    return Path(bare)


class PlainFiles:
    """What takes long is waited for, and ctrl+c stops it."""

    def __init__(self, session: PlainSession) -> None:
        self._session = session
        self._chat = session.chat
        self._ports = session.ports
        self._folder = session.ports.exports
        self._saved: Path | None = None

    async def save(self, suffix: str = "", typed: str = "") -> None:
        """Save the open conversation, in the folder of exports or where a path says."""
        if not self._is_something():
            return
        exports, conversation_id = self._chat.exports, self._session.open.id
        if typed:
            path = await exports.export_to(conversation_id, expanded(typed), suffix=suffix)
        else:
            path = await exports.export(conversation_id, self._folder, suffix=suffix or MARKDOWN)
        self._tell_saved(path)

    def _tell_saved(self, path: Path) -> None:
        self._saved = path
        self._session.say(f"Saved as {path}")

    async def ask_where(self, typed: str = "") -> None:
        if typed:
            await self.save("", typed)
        else:
            self._session.say("Say /save to and a path, whose end says in which format.")

    async def save_as(self, suffix: str = "") -> None:
        """Save in a format; without one, list the formats."""
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

    def pick(self, number: str = "") -> None:
        """Pick a message to be saved with others, or no longer: that of a number, or the last."""
        session, path = self._session, self._session.path_to_mark
        if number:
            path = session.path[: int(number)]
        if not path or (number and len(path) != int(number)):
            session.say("Say /pick and the number of a message, as /goto says them.")
            return
        session.picked ^= {path[-1].id}
        count = len(session.picked)
        session.say(f"Messages that are picked: {count}. /save selection saves them.")

    async def save_picked(self) -> None:
        """Save the messages that are picked."""
        picked = [each.id for each in self._session.path if each.id in self._session.picked]
        if not picked:
            self.pick("0")
            return
        export = self._chat.exports.export
        self._tell_saved(await export(self._session.open.id, self._folder, only=picked))
        self._session.picked.clear()

    async def copy_path(self) -> None:
        """Copy the path of the file that was saved last."""
        if (path := self._last_saved()) is not None:
            self._session.say(await self._ports.copy(str(path), "path"))

    async def open_saved(self) -> None:
        """Open the file that was saved last on the desktop."""
        if (path := self._last_saved()) is not None:
            await self._ports.open_file(path, "")
            self._session.say(f"{path.name} is opened in another program.")

    async def open_folder(self) -> None:
        """Open the folder of the file that was saved last on the desktop."""
        if (path := self._last_saved()) is not None:
            await self._ports.open_file(path.parent, "")
            self._session.say(f"{path.parent} is opened in another program.")

    def _last_saved(self) -> Path | None:
        if self._saved is None:
            self._session.say("Nothing was saved yet in this run; /save does.")
        return self._saved

    async def read_back(self, number: str = "") -> None:
        """Say which files of the mirror folder were edited; with a number, read one back."""
        session = self._session
        edited = await self._chat.imports.edited_files()
        if (chosen := session.numbered("mirror", number)) is not None:
            session.say(await self._chat.imports.read_back(Path(chosen)))
            return
        session.offer("mirror", [str(path) for path, _ in edited])
        for place, (path, title) in enumerate(edited, 1):
            session.say(f"{place}. {title}: {path.name}")
        session.say(
            "Say /mirror and a number to read one back."
            if edited
            else "No file of the mirror folder was edited."
        )

    def _tell(self, result: JobResult) -> None:
        for sentence in (result.summary, *result.details):
            self._session.say(sentence)

    def _is_something(self) -> bool:
        if self._session.open.leaf_id is None:
            self._session.say("There is nothing to save yet.")
            return False
        return True
