"""What a person does about who answers: service, model, preset, login."""

from collections.abc import Iterable, Iterator

from textual import on, work

from fakegpt_tui.chat.service import ChatService
from fakegpt_tui.domain import FakeGPTError, FoundService, Model, Service, ServiceDraft
from fakegpt_tui.ui.choices import Choice
from fakegpt_tui.ui.intents import SignInAsked
from fakegpt_tui.ui.messages import LoginChanged
from fakegpt_tui.ui.options import Options
from fakegpt_tui.ui.screens.parts import ChatParts
from fakegpt_tui.ui.widgets.login_words import login_words

_SEPARATOR = "\0"


class ServiceCommands(ChatParts):
    """Choosing who answers in the open conversation, and how; past replies keep their own.

    Model servers that were found on this machine are offered, and used only when chosen.
    """

    def __init__(self, chat: ChatService, options: Options) -> None:
        super().__init__(chat, options)
        self._found: tuple[FoundService, ...] = ()

    @work(exclusive=True, group="discovery")
    async def look_for_servers(self) -> None:
        """Look for model servers on this machine, and say if there are any."""
        self._found = await self._options.find_services()
        if self._found:
            names = ", ".join(each.service.name for each in self._found)
            self.notice(f"Found on this machine: {names}. F6 offers it.")

    @on(LoginChanged)
    def show_login(self, event: LoginChanged) -> None:
        if event.service == self._workspace.open.service:
            self._status.login = event.state

    def action_sign_in(self) -> None:
        self.post_message(SignInAsked(self._workspace.open.service))

    def action_sign_out(self) -> None:
        self.post_message(SignInAsked(self._workspace.open.service, out=True))

    @work(exclusive=True, group="models")
    async def action_choose_model(self) -> None:
        """Offer the models of the open conversation's service, and the other services."""
        conversation = self._workspace.open
        self.notice("Asking for the models …")
        try:
            models = await self._chat.models(conversation.service)
        except FakeGPTError as error:
            models = ()
            self.notice(str(error))
        else:
            self._status.notice = ""
        offered = [
            *self._models(conversation.service, models),
            *self._services(),
            *self._found_services(),
        ]
        current = f"{conversation.service}{_SEPARATOR}{conversation.model}"

        def take(picked: str | None) -> None:
            if picked is not None:
                self._use(conversation.id, *picked.split(_SEPARATOR))

        self.pick("Who answers here", offered, take, current=current)

    @work(exclusive=True, group="models")
    async def _use(self, conversation_id: str, service: str, model: str) -> None:
        try:
            await self._keep_if_found(service)
            self._chat.arrange.set_service(conversation_id, service, model)
        except FakeGPTError as error:
            self.notice(str(error))
        else:
            self._changed()
            self.action_sign_in()

    async def _keep_if_found(self, name: str) -> None:
        """Write a service that was only found to the configuration, now that it is chosen."""
        known = {service.name for service in self._chat.services}
        for found in self._found:
            service = found.service
            if service.name == name and name not in known and self._options.keep_service:
                draft = ServiceDraft(
                    name=name, kind=service.kind, url=service.url, model=service.model
                )
                await self._options.keep_service(draft)

    def action_choose_preset(self) -> None:
        conversation = self._workspace.open
        presets = self._chat.presets
        if not presets:
            self.notice("There are no presets; they are [presets.NAME] tables of config.toml.")
            return
        choices = [Choice(name, name, preset.system_prompt) for name, preset in presets.items()]

        def take(name: str | None) -> None:
            if name is not None:
                self._chat.arrange.apply_preset(conversation.id, name)
                self._changed()
                self.notice(f"The preset {name} is used from now on.")

        self.pick("Presets", choices, take)

    def _models(self, service: str, models: Iterable[Model]) -> Iterator[Choice]:
        for model in models:
            chosen = f"{service}{_SEPARATOR}{model.id}"
            yield Choice(chosen, model.title or model.id, model.id)

    def _services(self) -> Iterator[Choice]:
        for service in self._chat.services:
            chosen = f"{service.name}{_SEPARATOR}"
            yield Choice(chosen, f"Service {service.name}", self._described(service))

    def _found_services(self) -> Iterator[Choice]:
        known = {service.name for service in self._chat.services}
        for found in self._found:
            service = found.service
            if service.name not in known:
                for model in found.models:
                    text = f"Found: {service.name}, {model.title or model.id}"
                    yield Choice(f"{service.name}{_SEPARATOR}{model.id}", text, service.url)

    def _described(self, service: Service) -> str:
        state, _ = login_words(self._chat.login_state(service.name), self._options.clock())
        return "  ".join(part for part in (service.url, service.notice, state) if part)

    def _changed(self) -> None:
        self._workspace.reread()
        self.show_conversation()
        self.refresh_rows()
