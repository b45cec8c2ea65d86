"""What a person does about who answers: service, model, system prompt, login."""

from collections.abc import Iterable, Iterator

from textual import on, work

from fakegpt_tui.domain import FakeGPTError, Model, Service
from fakegpt_tui.ui.intents import SignInAsked
from fakegpt_tui.ui.messages import LoginChanged
from fakegpt_tui.ui.screens.ask import AskScreen
from fakegpt_tui.ui.screens.parts import ChatParts
from fakegpt_tui.ui.screens.pick import Choice, PickScreen
from fakegpt_tui.ui.widgets.login_words import login_words

_SEPARATOR = "\0"


class ServiceCommands(ChatParts):
    """Choosing who answers in the open conversation, and how; past replies keep their own."""

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
        offered = [*self._models(conversation.service, models), *self._services()]
        current = f"{conversation.service}{_SEPARATOR}{conversation.model}"
        picked = await self.app.push_screen_wait(
            PickScreen("Who answers here", offered, current=current)
        )
        if picked is not None:
            service, _, model = picked.partition(_SEPARATOR)
            self._chat.arrange.set_service(conversation.id, service, model)
            self._changed()
            self.action_sign_in()

    def action_edit_system_prompt(self) -> None:
        conversation = self._workspace.open

        def take(text: str | None) -> None:
            if text is not None:
                self._chat.arrange.set_system_prompt(conversation.id, text)
                self._changed()

        self.app.push_screen(AskScreen("System prompt", conversation.system_prompt), take)

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

        self.app.push_screen(PickScreen("Presets", choices), take)

    def _models(self, service: str, models: Iterable[Model]) -> Iterator[Choice]:
        for model in models:
            chosen = f"{service}{_SEPARATOR}{model.id}"
            yield Choice(chosen, model.title or model.id, model.id)

    def _services(self) -> Iterator[Choice]:
        for service in self._chat.services:
            chosen = f"{service.name}{_SEPARATOR}"
            yield Choice(chosen, f"Service {service.name}", self._described(service))

    def _described(self, service: Service) -> str:
        state, _ = login_words(self._chat.login_state(service.name), self._options.clock())
        return "  ".join(part for part in (service.url, service.notice, state) if part)

    def _changed(self) -> None:
        self._workspace.reread()
        self.show_conversation()
        self.refresh_rows()
