"""Messages in plain mode: edit, ask again, go on, variants, tree; their code, files and links."""

import asyncio

from fakegpt_tui.chat.argument_values import find_numbered
from fakegpt_tui.domain import ChatMessage, LoadError, NotFound, Role
from fakegpt_tui.domain.diff import DiffKind
from fakegpt_tui.domain.text_encodings import decode_text
from fakegpt_tui.plain.session import MessagePiece, PlainSession
from fakegpt_tui.text import replace_surrogates

_LONGEST = 200
_WORDS = {DiffKind.ADDED: "Added", DiffKind.REMOVED: "Removed"}


class PlainMessages:
    """Acts on the message that was gone to, or else on the last ones of the open conversation."""

    def __init__(self, session: PlainSession) -> None:
        self._session = session
        self._chat = session.chat
        self._edit = session.ports.edit

    async def edit(self, text: str = "") -> None:
        """Send the last prompt as it is edited; without a text, in $EDITOR."""
        prompt = self._last(Role.USER)
        changed = text or self._edit(prompt.text)
        if changed is None or not changed.strip() or changed.strip() == prompt.text:
            self._session.say("The prompt is as it was.")
            return
        turn = self._chat.turns.edit(self._session.open.id, prompt.id, changed.strip())
        await self._session.run(turn)

    def edit_reply(self, text: str = "") -> None:
        """Put a text, or what is edited in $EDITOR, in the place of the last reply."""
        reply = self._last(Role.ASSISTANT)
        changed = text or self._edit(reply.text)
        if changed is None or not changed.strip() or changed.strip() == reply.text:
            self._session.say("The reply is as it was.")
            return
        self._chat.messages.edit_reply(self._session.open.id, reply.id, changed.strip())
        self._session.say("The reply is edited; the old one stays as a variant.")

    async def regenerate(self) -> None:
        message = self._last()
        await self._session.run(self._chat.turns.regenerate(self._session.open.id, message.id))

    async def continue_reply(self) -> None:
        reply = self._last(Role.ASSISTANT)
        await self._session.run(self._chat.turns.continue_reply(self._session.open.id, reply.id))

    def show_variant(self, step: int, number: str = "") -> None:
        """Show the variant that is `step` further, or the one of a number, of the last message."""
        session, message = self._session, self._last_with_variants()
        variants = self._chat.messages.variants(session.open.id, message.id)
        place = int(number) if number else variants.position + step
        if variants.count == 1:
            session.say("There is only one variant of the last prompt and reply.")
        elif not 0 < place <= variants.count:
            session.say(f"This is variant {variants.position} of {variants.count}.")
        else:
            self._chat.messages.show_variant(session.open.id, variants.ids[place - 1])
            session.refresh()
            session.say(f"Variant {place} of {variants.count}.")
            session.read_last()

    def compare(self, number: str = "") -> None:
        """Say what changed from the variant of a number, or from the one before."""
        session, message = self._session, self._last_with_variants()
        variants = self._chat.messages.variants(session.open.id, message.id)
        if variants.count == 1:
            session.say("There is only one variant of the last prompt and reply.")
            return
        this = variants.position - 1
        other = int(number) - 1 if number else this - 1 if this else 1
        if other == this or not 0 <= other < variants.count:
            session.say(f"This is variant {this + 1} of {variants.count}.")
            return
        parts = self._chat.messages.compare(
            session.open.id, variants.ids[other], variants.ids[this]
        )
        session.say(f"From variant {other + 1} to variant {this + 1}:")
        changed = [each for each in parts if each.kind in _WORDS and each.text.strip()]
        for part in changed:
            session.say(f"{_WORDS[part.kind]}: {part.text.strip()}")
        if not changed:
            session.say("Both say the same.")

    def show_tree(self, number: str = "") -> None:
        """Say the first line of each turn, with its place among variants; or go to one of them."""
        rows = self._chat.messages.turn_rows(self._session.open.id)
        if (chosen := find_numbered(rows, number)) is not None:
            message = chosen.messages[0]
            self._chat.messages.show_variant(self._session.open.id, message.id)
            self._session.refresh()
            self._mark(message)
            return
        for turn, row in enumerate(rows, 1):
            variants = row.variants
            place = f", variant {variants.position} of {variants.count}" * (variants.count > 1)
            shown = "" if row.is_shown else ", not shown"
            self._session.say(f"{turn}. {row.messages[0].text}{place}{shown}")
        if not rows:
            self._session.say("There is no tree yet.")
        else:
            self._session.say("Say /tree and a number to go there.")

    def go_to(self, number: str = "") -> None:
        """Read the message of a number, which is what commands are about from then on."""
        path = self._session.path
        if (chosen := find_numbered(path, number)) is not None:
            self._mark(chosen)
            return
        for place, message in enumerate(path, 1):
            self._session.say(f"{place}. {message.role.value}: {message.text[:_LONGEST]}")
        self._session.say(
            "Say /goto and a number; what is said about messages is about that one then."
            if path
            else "There is no message yet."
        )

    def _mark(self, message: ChatMessage) -> None:
        self._session.marked = message.id
        self._session.read_message(message, tools=True)

    def branch(self) -> None:
        branch = self._chat.actions.branch(self._session.open.id, self._last().id)
        self._session.start(branch)
        self._session.say("This is a new conversation; the other one is as it was.")

    def trash(self) -> None:
        """Delete the last prompt with its reply."""
        prompt = self._last(Role.USER)
        if self._session.is_confirmed(self._question(prompt)):
            count = self._chat.messages.trash(self._session.open.id, prompt.id)
            self._session.say(f"{count} in the trash. /undo takes that back.")

    def _question(self, prompt: ChatMessage) -> str:
        path = self._session.path
        if prompt.id in [each.id for each in path[-2:]]:
            return "This deletes the last prompt and its reply."
        return f"This deletes a prompt and all below it: {prompt.text[:_LONGEST]}."

    async def compact(self) -> None:
        self._session.say("A summary is being written.")
        summary = await self._chat.compactions.compact(self._session.open.id)
        self._session.say(
            f"From here on the model sees a summary of the first {summary.summarizes} messages."
            " /undo takes that back."
        )

    def _last_with_variants(self) -> ChatMessage:
        """The last reply or prompt that has variants, or else the reply."""
        path = self._session.path_to_mark
        last = path[-1:] if self._session.marked else path[-2:][::-1]
        count = {
            each.id: self._chat.messages.variants(self._session.open.id, each.id).count
            for each in last
        }
        return next((each for each in last if count[each.id] > 1), None) or self._last()

    def _last(self, role: Role | None = None) -> ChatMessage:
        """The marked message or the last one; or the last one of a role up to there.

        Raises:
            NotFound: There is none yet.
        """
        for message in reversed(self._session.path_to_mark):
            if role in (None, message.role):
                return message
        raise NotFound("There is no message yet.")


class PlainItems:
    """Code blocks and files of the last message that has any."""

    def __init__(self, session: PlainSession) -> None:
        self._session = session
        self._ports = session.ports

    async def show(self, number: str = "", path: str = "") -> None:
        """List blocks and files; with a number read one out, with a path save it there."""
        items = self._items()
        if not items:
            self._session.say("There is no code block or file in this conversation.")
        elif (item := find_numbered(items, number)) is not None:
            await self._take(item, path.strip().strip("'\""))
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
    """Links of the last message that has any."""

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
