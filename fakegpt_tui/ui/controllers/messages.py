"""Message controller: edit, ask again, switch variants, compare, branch, delete, copy, links."""

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial

from fakegpt_tui.chat.argument_values import find_numbered
from fakegpt_tui.chat.service import ChatService
from fakegpt_tui.chat.turn import Turn
from fakegpt_tui.domain import ChatMessage, Role, Service
from fakegpt_tui.domain.diff import DiffPart
from fakegpt_tui.ui.bindings import first_key
from fakegpt_tui.ui.state import ChatState
from fakegpt_tui.ui.window import Window


class MessageController:
    """Acts on the message under the transcript's cursor, or else the last one."""

    def __init__(
        self,
        chat: ChatService,
        state: ChatState,
        window: Window,
        open_conversation: Callable[[str], None],
        clock: Callable[[], datetime],
        *,
        start_turn: Callable[[Turn], None],
    ) -> None:
        self._start_turn = start_turn
        self._chat = chat
        self._state = state
        self._window = window
        self._open_conversation = open_conversation
        self._clock = clock
        self._agreed_to_pay: set[str] = set()

    def edit(self, text: str = "") -> None:
        """Take a prompt into the field where it was typed; or send it as it is typed anew."""
        if not self._is_meant():
            return
        message = self._window.target_message
        if message is not None and message.role is not Role.USER:
            parent_id = message.parent_id
            message = next((each for each in self._state.path if each.id == parent_id), None)
        if message is None:
            self._window.notify("There is no prompt to edit.")
            return
        if text:
            turn = self._chat.turns.edit(self._state.open.id, message.id, text)
            self._start_turn(turn)
            return
        self._begin_edit(message, "Send the edited prompt; the old one stays as a variant.")

    def edit_reply(self, text: str = "") -> None:
        """Take a reply into the field, to be gone on from as it was edited; or put a text there."""
        if not self._is_meant():
            return
        message = self._window.target_message
        if message is not None and message.summarizes:
            self._begin_edit(message, "Enter keeps the edited summary.")
            return
        if message is None or message.role is not Role.ASSISTANT:
            self._window.notify("There is no reply to edit.")
            return
        if text:
            self._chat.messages.edit_reply(self._state.open.id, message.id, text)
            self._window.notify("The reply is edited; the old one stays as a variant.")
            return
        words = (
            "Enter keeps the edited reply, and asks for nothing; the old one stays as a variant."
        )
        self._begin_edit(message, words)

    def _begin_edit(self, message: ChatMessage, words: str) -> None:
        self._window.save_typed()
        self._window.prompt.replace_text(self._state.begin_edit(message))
        self._window.prompt.focus()
        self._window.notify(words, while_true=lambda: self._state.edited_prompt is message)

    def compact(self) -> None:
        """Let the model summarise what is above; the summary stands for it in later requests."""
        summing_up = self._compact(self._state.open.id)
        self._window.long_work.run(summing_up, group="compact", said="A summary is being written")

    async def _compact(self, conversation_id: str) -> None:
        summary = await self._chat.compactions.compact(conversation_id)
        self._window.notify(
            f"From here on the model sees a summary of the first {summary.summarizes} messages."
            " In the transcript E edits it and d removes it; /undo takes it back."
        )
        # So that these keys mean the summary.
        self._window.after_refresh(lambda: self._window.transcript.reveal(summary.id))

    def regenerate(self) -> None:
        self._ask_again(self._chat.turns.regenerate, "message.regenerate")

    def continue_reply(self) -> None:
        self._ask_again(self._chat.turns.continue_reply, "message.continue")

    def _ask_again(self, ask: Callable[[str, str], Turn], command_id: str) -> None:
        if (message := self._window.target_message) is None:
            self._window.notify("There is nothing to ask again yet.")
        elif self._is_meant() and self._may_cost(command_id):
            self._start_turn(ask(self._state.open.id, message.id))

    @property
    def _is_letter(self) -> bool:
        """Does the command come from a letter in the transcript, which may be mistyped?"""
        return self._window.focused is self._window.transcript

    def _is_meant(self) -> bool:
        """May the command act? A letter needs a message that a key has marked; else say so."""
        if not self._is_letter or self._window.transcript.viewport.is_marked:
            return True
        up, down, last = (
            first_key(f"transcript.{name}", self._state.keys)
            for name in ("mark-previous", "mark-next", "last")
        )
        self._window.notify(
            f"Mark a message first: {up} and {down} do, {last} the last one.",
            while_true=lambda: not self._window.transcript.viewport.is_marked,
        )
        return False

    def _may_cost(self, command_id: str) -> bool:
        """May a letter ask a service that may charge for it? Asked once in a conversation."""
        service, conversation_id = self._state.service, self._state.open.id
        if not self._is_letter or service is None or self._is_free(service):
            return True
        if conversation_id not in self._agreed_to_pay:
            key = first_key(command_id, self._state.keys)
            if not self._is_asked_twice(
                f"{key} again asks {service.name}, which may charge for it."
            ):
                return False
            self._agreed_to_pay.add(conversation_id)
        return True

    def _is_free(self, service: Service) -> bool:
        """Is it known that a reply costs nothing?"""
        model = self._state.open.model or service.model
        prices = self._chat.spending.book.prices(service.name, model, self._clock())
        return prices is not None and not prices.input and not prices.output

    def _is_asked_twice(self, question: str) -> bool:
        """Does the question stand there already? Else put it."""
        if self._window.notice == question:
            return True
        self._window.notify(question)
        return False

    def show_variant(self, step: int, number: str = "") -> None:
        """Show the variant that is `step` further, or the one of a number."""
        if number:
            self._show_nth_variant(int(number))
        elif (message := self._window.target_message) is not None:
            self._state.switch_variant(message.id, step)

    def _show_nth_variant(self, number: int) -> None:
        """Show a variant of the marked message, or of the nearest one above it that has any."""
        ids = [message.id for message in self._state.path]
        target = self._window.target_message
        above = ids[: ids.index(target.id) + 1] if target is not None and target.id in ids else ids
        variants_of = partial(self._chat.messages.variants, self._state.open.id)
        found = next((each for each in reversed(above) if variants_of(each).count > 1), None)
        if found is None:
            self._window.notify("There is only one variant of this message.")
        elif 0 < number <= (variants := variants_of(found)).count:
            self._state.switch_variant(found, number - variants.position)
        else:
            self._window.notify(f"There are {variants.count} variants of that message.")

    def compare(self, number: str = "") -> None:
        """Show what changed from a variant, at first from the one before."""
        if (message := self._window.target_message) is None:
            return
        trees, conversation_id = self._chat.messages, self._state.open.id
        variants = trees.variants(conversation_id, message.id)
        if variants.count == 1:
            self._window.notify("There is only one variant of this message.")
            return
        this = variants.position - 1

        def parts_from(other: int) -> Sequence[DiffPart]:
            return trees.compare(conversation_id, variants.ids[other], variants.ids[this])

        from fakegpt_tui.ui.dialogs.branches import CompareScreen  # noqa: PLC0415 - after first paint

        other = int(number) - 1 if number else this - 1
        self._window.open(CompareScreen(this, variants.count, parts_from, other))

    def show_tree(self, number: str = "") -> None:
        """Show the tree, or go to the turn of a number in it."""
        conversation = self._state.open
        if conversation.leaf_id is None:
            self._window.notify("There is no tree yet.")
            return
        from fakegpt_tui.ui.dialogs.branches import TreeScreen  # noqa: PLC0415 - after first paint

        def take(message_id: str) -> None:
            self._chat.messages.show_variant(conversation.id, message_id)
            self._window.after_refresh(lambda: self._window.transcript.reveal(message_id))

        rows = self._chat.messages.turn_rows(conversation.id)
        if (row := find_numbered(rows, number)) is not None:
            take(row.messages[0].id)
        else:
            self._window.ask(TreeScreen(rows, now=self._clock()), take)

    def go_to(self, number: str = "") -> None:
        """Mark the message of a number, and show it; without one, choose in the tree."""
        path = self._state.path
        if (message := find_numbered(path, number)) is not None:
            message_id = message.id
            self._window.after_refresh(lambda: self._window.transcript.reveal(message_id))
            self._window.transcript.focus()
        elif number:
            self._window.notify(f"There are {len(path)} messages in this conversation.")
        else:
            self.show_tree()

    def wrap_code(self) -> None:
        if self._window.transcript.toggle_code_wrap():
            self._window.notify("Long lines of code go on in the next line.")
        else:
            self._window.notify("Long lines of code are cut; < and > move them in the transcript.")

    def branch(self) -> None:
        if (message := self._window.target_message) is not None:
            branch = self._chat.actions.branch(self._state.open.id, message.id)
            self._open_conversation(branch.id)
            self._window.prompt.focus()
            self._window.notify("This is a new conversation; the other one is as it was.")

    def trash(self) -> None:
        """Delete the marked message; where others are below it, once the key is pressed again."""
        if (message := self._window.target_message) is None or not self._is_meant():
            return
        if message.summarizes:
            self._chat.compactions.edit(self._state.open.id, message.id, "")
            told = "The summary is removed; all is sent again."
            self._window.notify(f"{told} {self._window.undo_key} takes it back.")
            return
        ids = [each.id for each in self._state.path]
        below = len(ids) - ids.index(message.id) - 1 if message.id in ids else 0
        key = first_key("message.trash", self._state.keys)
        question = f"{key} again deletes this message and {below} below it."
        if below and not self._is_asked_twice(question):
            return
        count = self._chat.messages.trash(self._state.open.id, message.id)
        self._window.notify(f"{count} in the trash. {self._window.undo_key} takes it back.")
