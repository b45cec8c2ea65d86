"""What a person does about who answers: service, model, preset, login."""

from textual import on, work

from fakegpt_tui.domain import FakeGPTError, ModelRef, Service, SignedIn
from fakegpt_tui.text import safe_line
from fakegpt_tui.ui.choices import Choice
from fakegpt_tui.ui.controllers.base import ChatScreenBase
from fakegpt_tui.ui.login_actions import (
    AuthAction,
    available_actions,
    has_accounts,
    unsupported_reason,
)
from fakegpt_tui.ui.messages import LoginChanged, RunLogin
from fakegpt_tui.ui.widgets.status_bar import login_label

_MAX_ACCOUNT = 80


class ServiceController(ChatScreenBase):
    """Choosing who answers in the open conversation, and how; past replies keep their own.

    Model servers that were found on this machine are offered, and used only when chosen.
    """

    @work(exclusive=True, group="discovery")
    async def discover_servers(self) -> None:
        """Look for model servers on this machine, and say if there are any."""
        if found := await self._options.services.discover():
            names = ", ".join(each.service.name for each in found)
            self.notice(f"Found on this machine: {names}. F6 offers it.")

    @on(LoginChanged)
    def show_login(self, event: LoginChanged) -> None:
        if event.service == self._workspace.open.service:
            self._status.login = event.state

    def sign_in_if_needed(self) -> None:
        """Sign in to the service of the open conversation, unless that is so already."""
        self.post_message(RunLogin(self._workspace.open.service))

    def action_account(self) -> None:
        """Show who is signed in to the service of the open conversation, and what can be done."""
        service = self._service_with_login()
        if service is None:
            return
        state = self._workspace.login
        words, _ = login_label(state, self._options.clock())
        account = safe_line(self._chat.account(service.name), _MAX_ACCOUNT)
        title = f"{service.name}: {words}" + (f" · account {account}" if account else "")

        def take(wish: str | None) -> None:
            if wish is not None:
                self.post_message(RunLogin(service.name, AuthAction(wish)))

        self.pick(title, available_actions(service, state), take)

    def action_sign_in(self) -> None:
        """Sign in, again where that is so already."""
        is_in = isinstance(self._workspace.login, SignedIn)
        self._wish(AuthAction.SIGN_IN_AGAIN if is_in else AuthAction.SIGN_IN)

    def action_change_account(self) -> None:
        self._wish(AuthAction.SWITCH_ACCOUNT)

    def action_sign_out(self) -> None:
        self._wish(AuthAction.SIGN_OUT)

    def _wish(self, wish: AuthAction) -> None:
        service = self._service_with_login()
        if service is None:
            return
        if wish is AuthAction.SWITCH_ACCOUNT and not has_accounts(service):
            self.notice(f"{service.name} has one account only.")
        else:
            self.post_message(RunLogin(service.name, wish))

    def _service_with_login(self) -> Service | None:
        """The service of the open conversation; `None` where nobody can sign in, which is told."""
        conversation, service = self._workspace.open, self._workspace.service
        if service is None:
            self.notice(f"The service {conversation.service} is no longer in the configuration.")
        elif sentence := unsupported_reason(service, self._workspace.login):
            self.notice(sentence)
        else:
            return service
        return None

    def action_choose_model(self) -> None:
        """Show all services and their models, to choose who answers from now on."""
        self._open_services()

    def action_add_service(self) -> None:
        self._open_services("add_service")

    def action_edit_service(self) -> None:
        self._open_services("edit_service")

    def action_test_service(self) -> None:
        self._open_services("test_service")

    def action_remove_service(self) -> None:
        self._open_services("remove_service")

    @work(exclusive=True, group="favour")
    async def action_favour(self) -> None:
        """Mark the model that answers here, so that it is shown first, or no longer."""
        conversation, book = self._workspace.open, self._options.services
        answerer = ModelRef(conversation.service, conversation.model)
        is_one = answerer not in book.favourites
        try:
            await book.set_favourite(answerer, favourite=is_one)
        except FakeGPTError as error:
            self.notice(str(error))
        else:
            self.notice(f"{answerer} is {'a' if is_one else 'no longer a'} favourite.")

    def _open_services(self, begin: str = "") -> None:
        from fakegpt_tui.ui.dialogs.services import ServicesScreen  # noqa: PLC0415 - after first paint

        conversation = self._workspace.open

        def take(chosen: tuple[ModelRef, ...] | None) -> None:
            for answerer in chosen or ():
                self._use(conversation.id, answerer)
            self._changed()

        current = ModelRef(conversation.service, conversation.model)
        book, clock = self._options.services, self._options.clock
        screen = ServicesScreen(self._chat, book, current=current, clock=clock, begin=begin)
        self.app.push_screen(screen, take)

    def _use(self, conversation_id: str, answerer: ModelRef) -> None:
        try:
            self._chat.actions.set_service(conversation_id, answerer.service, answerer.model)
        except FakeGPTError as error:
            self.notice(str(error))
        else:
            self._workspace.reload()
            self.sign_in_if_needed()

    def action_choose_preset(self) -> None:
        conversation = self._workspace.open
        presets = self._chat.presets
        if not presets:
            self.notice("There are no presets; they are [presets.NAME] tables of config.toml.")
            return
        choices = [Choice(name, name, preset.system_prompt) for name, preset in presets.items()]

        def take(name: str | None) -> None:
            if name is not None:
                with self.notify_errors():
                    self._chat.actions.apply_preset(conversation.id, name)
                    self._changed()
                    self.notice(f"The preset {name} is used from now on.")

        self.pick("Presets", choices, take)

    def _changed(self) -> None:
        self._workspace.reload()
        self.show_conversation()
        self.refresh_rows()
