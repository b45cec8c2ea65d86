"""Background work: turns, logins, jobs and copies, which go on whichever screen is shown."""

from __future__ import annotations

from collections.abc import Awaitable
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

from fakegpt_tui.domain import FakeGPTError, StoreError
from fakegpt_tui.text import safe_line
from fakegpt_tui.ui.messages import (
    AuthAction,
    CopyText,
    OpenEditor,
    OpenFile,
    PromptEdited,
    PromptNotSaved,
    ReadClipboard,
    ReplyGrew,
    Report,
    ShowNotice,
    TurnFinished,
    TurnStarted,
)
from fakegpt_tui.ui.terminal.output import write_to_terminal

if TYPE_CHECKING:
    from textual.app import App

    from fakegpt_tui.chat.jobs import Job
    from fakegpt_tui.chat.service import ChatService
    from fakegpt_tui.chat.turn import Turn
    from fakegpt_tui.ui.options import Options
    from fakegpt_tui.ui.screens.chat import ChatScreen
    from fakegpt_tui.ui.terminal.clipboard_reading import TerminalClipboard


class BackgroundWork:
    """What the workers of the app do, and report to the main screen."""

    def __init__(
        self, app: App[Any], screen: ChatScreen, chat: ChatService, options: Options
    ) -> None:
        self._app = app
        self._screen = screen
        self._chat = chat
        self._options = options

    async def report_result(self, work: Awaitable[Report | None]) -> None:
        """Wait for something, and report what comes of it."""
        try:
            report = await work
        except FakeGPTError as error:
            report = ShowNotice(str(error))
        if report is not None:
            self._report(report)

    def _report(self, report: Report | ReplyGrew) -> None:
        self._screen.post_message(report)

    def start_turn(self, turn: Turn) -> None:
        """Begin a turn, and those queued behind it; in the open conversation, show its end."""
        state, conversation_id = self._screen.state, turn.conversation.id
        state.at_end = state.at_end or conversation_id == state.open.id
        group = f"turn-{conversation_id}"
        self._app.run_worker(self._take_turns(turn), group=group, description="a turn")

    async def _take_turns(self, turn: Turn | None) -> None:
        """Run a turn, and then those that were queued behind it."""
        while turn is not None:
            await self._take_turn(turn)
            try:
                turn = self._chat.turns.next_queued(turn.conversation.id)
            except FakeGPTError as error:
                self._report(ShowNotice(str(error)))
                return

    async def _take_turn(self, turn: Turn) -> None:
        """Stream a reply, and report what happens to the screen."""
        try:
            async with turn:
                self._report(TurnStarted(turn.prompt.text if turn.is_new_prompt else ""))
                async for _ in turn.events():
                    if not self._screen.reply_drawing.is_repaint_planned:
                        self._report(ReplyGrew())
        except StoreError as error:
            draft = turn.draft_text, str(error), turn.draft_parts
            self._report(PromptNotSaved(turn.conversation.id, *draft))
        finally:
            self._chat.turns.end(turn)
            if turn.is_saved:
                saved = () if turn.save_error is None else (str(turn.save_error),)
                self._report(TurnFinished(turn.reply, (*turn.notices, *saved), turn.ending))
                self._make_title(turn)

    def _make_title(self, turn: Turn) -> None:
        """Let a model title a new conversation, where one was chosen for that."""
        titles = self._chat.titles
        if titles.is_wanted(turn):

            async def make() -> None:
                await titles.make(turn)
                self._report(Report())

            group = f"title-{turn.conversation.id}"
            self._app.run_worker(make(), group=group, description="a title")

    async def log_in(self, service: str, action: AuthAction) -> Report | None:
        """Sign in or out; returns what to tell, or `None` where the status bar shows it.

        Raises:
            FakeGPTError: It could not be done.
        """
        services = self._chat.services
        match action:
            case AuthAction.SIGN_IN:
                await services.sign_in(service)
                return None
            case AuthAction.SIGN_IN_AGAIN:
                await services.sign_in_again(service)
                notice = f"Signed in to {service} again."
            case AuthAction.SWITCH_ACCOUNT:
                before = services.account(service)
                await services.sign_in_again(service, elsewhere=True)
                notice = f"Signed in to {service} with another account."
                if services.account(service) == before:
                    notice = f"Signed in to {service} again: it has no other account that would do."
            case AuthAction.SIGN_OUT:
                await services.sign_out(service)
                notice = f"Signed out of {service}: its token is forgotten."
        state = type(services.login_state(service))
        return ShowNotice(notice, lambda: isinstance(services.login_state(service), state))

    async def copy(self, event: CopyText) -> Report:
        from fakegpt_tui.ui.terminal.clipboard import copy_text  # noqa: PLC0415 - when used

        result = await copy_text(
            event.text,
            to_terminal=partial(write_to_terminal, self._app),
            folder=self._options.exports if event.by_key else None,
        )
        return ShowNotice(result.sentence(event.what))

    async def edit(self, event: OpenEditor) -> Report:
        from fakegpt_tui.ui.external_programs import edit_text  # noqa: PLC0415 - when used

        environment = self._options.child_environment()
        edited = await edit_text(event.text, self._app, environment, name=event.name)
        return PromptEdited(edited, event.take)

    async def finish_job(self, job: Job) -> Report | None:
        """Run something long; its result is reported unless it is looked at."""
        try:
            job.result = await job.run(job.progress)
        except FakeGPTError as error:
            from fakegpt_tui.chat.jobs import JobResult  # noqa: PLC0415 - where a job was run

            job.result = JobResult(str(error))
        return None if job.is_watched else ShowNotice(job.result.summary)

    async def open_link(self, href: str) -> None:
        from fakegpt_tui.ui.external_programs import open_link  # noqa: PLC0415 - when used

        await open_link(href, self._options.child_environment())

    async def open_file(self, event: OpenFile) -> Report | None:
        from fakegpt_tui.ui.external_programs import open_copy, open_on_desktop  # noqa: PLC0415 - when used

        environment = self._options.child_environment()
        if not event.name:
            await open_on_desktop(event.path, environment)
            return None
        await open_copy(event.path, event.name, environment)
        return ShowNotice(f"{safe_line(event.name)} is opened in another program.")

    @cached_property
    def terminal_clipboard(self) -> TerminalClipboard:
        """The clipboard as the terminal gives it out."""
        from fakegpt_tui.ui.terminal.clipboard_reading import TerminalClipboard  # noqa: PLC0415 - when used

        ask = self._screen.window.pictures.detection.ask
        return TerminalClipboard(partial(write_to_terminal, self._app), ask)

    async def read_clipboard(self, event: ReadClipboard) -> None:
        try:
            content = await self.terminal_clipboard.read()
        except FakeGPTError as error:
            if not event.content.cancelled():
                event.content.set_exception(error)
        else:
            if not event.content.cancelled():
                event.content.set_result(content)
