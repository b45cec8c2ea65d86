"""Code blocks, files and links of a message in plain mode: said, read out, saved, opened."""

import asyncio

from fakegpt_tui.domain import LoadError
from fakegpt_tui.domain.text_encodings import decode_text
from fakegpt_tui.plain.session import MessagePiece, PlainSession
from fakegpt_tui.text import replace_surrogates


class PlainItems:
    """What can be taken out of the last message that has anything."""

    def __init__(self, session: PlainSession) -> None:
        self._session = session
        self._ports = session.ports

    async def show(self, number: str = "", path: str = "") -> None:
        """Say what there is; with a number read one out, and with a path save it there."""
        items = self._items()
        if not items:
            self._session.say("There is no code block or file in this conversation.")
        elif number and 0 < int(number) <= len(items):
            await self._take(items[int(number) - 1], path.strip().strip("'\""))
        else:
            for place, item in enumerate(items, 1):
                self._session.say(f"{place}. {item.name}, {item.label}, {item.size}")
            self._session.say("Say /blocks and a number, with a path to save it there.")

    def _items(self) -> tuple[MessagePiece, ...]:
        found = (
            self._ports.items(each.text, each.parts)
            for each in reversed(self._session.path_to_mark)
        )
        return next((tuple(items) for items in found if items), ())

    async def _take(self, item: MessagePiece, path: str) -> None:
        data = replace_surrogates(item.text).encode()
        if item.blob is not None:
            attachments = self._session.chat.attachments
            data = await attachments.read(self._session.open.id, item.blob.digest)
        if path:
            written = await asyncio.to_thread(self._ports.write_file, path, data)
            self._session.say(f"Saved as {written}")
            return
        text = decode_text(data)
        if text is None:
            raise LoadError(f"{item.name} is no text; a path behind its number saves it.")
        self._session.read_out(text.rstrip("\n"))


class PlainPictures:
    """Opens a picture in another program."""

    def __init__(self, session: PlainSession) -> None:
        self._session = session
        self._ports = session.ports

    async def view(self) -> None:
        """Open the last picture of the conversation on the desktop."""
        session = self._session
        found = [
            item
            for message in session.path_to_mark
            for item in self._ports.items("", message.parts)
            if item.blob is not None and item.blob.media_type.startswith("image/")
        ]
        if not found or (blob := found[-1].blob) is None:
            session.say("There is no picture in this conversation.")
            return
        path = session.chat.attachments.path(session.open.id, blob.digest)
        if path is None:
            session.say("A temporary conversation has no file that could be opened.")
            return
        await self._ports.open_file(path, found[-1].name)
        session.say(f"{found[-1].name} is opened in another program.")


class PlainLinks:
    """What leads out of the last message that has any link."""

    def __init__(self, session: PlainSession) -> None:
        self._session = session
        self._ports = session.ports

    async def show(self, number: str = "") -> None:
        """Say the links with their whole addresses; with a number of these, open one."""
        session = self._session
        if (href := session.numbered("link", number)) is not None:
            await self._ports.open_link(href)
            session.say(f"Opened in the browser: {href}")
            return
        messages = reversed(session.path_to_mark)
        found = (self._ports.links(each.text, each.parts) for each in messages)
        links = next((links for links in found if links), ())
        for place, (label, href) in enumerate(links, 1):
            session.say(f"{place}. {href if label == href else f'{label}: {href}'}")
        session.offer("link", [href for _, href in links])
        if links:
            session.say("Say /links and a number to open one.")
        else:
            session.say("There is no link in this conversation.")
