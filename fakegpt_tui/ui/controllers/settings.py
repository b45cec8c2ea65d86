"""Settings controller: program settings, and how the open conversation is answered."""

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal

from fakegpt_tui.chat.service import ChatService
from fakegpt_tui.domain import FakeGPTError, Preset
from fakegpt_tui.ui.bindings import effective_keys
from fakegpt_tui.ui.controllers.attachments import AttachmentController
from fakegpt_tui.ui.dialogs import Choice
from fakegpt_tui.ui.messages import ApplySetting
from fakegpt_tui.ui.options import Options, SettingChange
from fakegpt_tui.ui.state import ChatState
from fakegpt_tui.ui.window import Window


class SettingsController:
    """Changes settings; what the app itself uses of them, the app hears of, too."""

    def __init__(
        self,
        chat: ChatService,
        state: ChatState,
        window: Window,
        options: Options,
        attachments: AttachmentController,
    ) -> None:
        self._chat = chat
        self._state = state
        self._window = window
        self._options = options
        self._attachments = attachments
        self._changes: list[SettingChange] = []

    async def open(self) -> None:
        repository = self._options.settings
        if repository is None:
            self._window.notify("There are no settings to change here.")
            return
        settings = await repository.settings()
        from fakegpt_tui.ui.dialogs.settings import SettingsScreen  # noqa: PLC0415 - after first paint

        def apply(name: str, value: str) -> None:
            self._window.post(ApplySetting(name, value))

        def go_on(_word: str) -> None:
            self.edit_keys()

        self._window.ask(SettingsScreen(repository, settings, apply, self._changes), go_on)

    def edit_keys(self) -> None:
        """Show the keys of all commands, to be changed."""
        repository, state = self._options.settings, self._state
        if repository is None:
            self._window.notify("There are no settings to change here.")
            return
        from fakegpt_tui.ui.dialogs.keys import KeysScreen  # noqa: PLC0415 - after first paint

        def use(own: Mapping[str, str]) -> Mapping[str, str]:
            if own != state.own_keys:
                state.own_keys = dict(own)
                self._use_keys()
            return state.keys

        self._window.open(KeysScreen(state.own_keys, repository.change_keys, use))

    def _use_keys(self) -> None:
        """Let the keys of the configuration hold, as far as they can be used."""
        sends = self._window.prompt.enter_sends
        self._state.keys = effective_keys(self._state.own_keys, enter_sends=sends)
        self._window.prompt.forget_edits()
        self._window.post(ApplySetting("keys", ""))

    async def choose_theme(self) -> None:
        """Let the user choose a theme, which is shown on the way and remembered once chosen."""
        repository = self._options.settings
        if repository is None:
            self._window.notify("There are no settings to change here.")
            return
        from fakegpt_tui.ui.dialogs.pick import PickScreen  # noqa: PLC0415 - after first paint

        theme = next(each for each in await repository.settings() if each.name == "theme")

        def preview(value: str) -> None:
            self._window.post(ApplySetting("theme", value))

        async def keep(value: str) -> None:
            if theme.overridden:
                preview(theme.value)
                self._window.notify(f"Remembered, but {theme.origin} holds in this run.")
            await self._options.memory.remember({"theme": value})

        def take(value: str) -> None:
            self._window.work(keep(value), group="theme")

        choices = [Choice(name, name) for name in theme.choices]
        self._window.ask(
            PickScreen("Theme", choices, current=theme.value, preview=preview),
            take,
            cancelled=lambda: preview(theme.value),
        )

    def apply(self, event: ApplySetting) -> None:
        """Use a setting that was changed, as far as it is not the app's."""
        match event.name:
            case "repaint_rate":
                self._window.limiter.rate = float(event.value)
            case "motion":
                self._window.limiter.is_calm = event.value == "off"
            case "monthly_budget":
                self._chat.spending.budget = Decimal(event.value) if event.value else None
            case "max_turns":
                self._chat.turns.set_limit(int(event.value))
            case "service":
                self._chat.services.set_default(event.value)
            case "editing":
                self._window.prompt.editing = event.value
            case "enter":
                sends = event.value == "send"
                self._state.keys = effective_keys(self._state.own_keys, enter_sends=sends)
                self._window.prompt.enter_sends = sends
            case _:
                pass  # the app uses it

    def show_usage(self) -> None:
        from fakegpt_tui.ui.dialogs.usage import UsageScreen  # noqa: PLC0415 - after first paint

        self._window.open(UsageScreen(self._chat.spending))

    async def cycle_effort(self) -> None:
        """Take the next of the levels that the model has, and none after the last."""
        asked = self._state.open
        levels = await self._chat.services.effort_levels(asked.service, asked.model)
        conversation = self._state.open
        if conversation.id != asked.id:
            return  # It was left while the list of models was on its way.
        current = conversation.generation.effort
        place = levels.index(current) + 1 if current in levels else 0
        effort = levels[place] if place < len(levels) else ""
        self._chat.actions.configure(
            conversation.id,
            system_prompt=conversation.system_prompt,
            generation=replace(conversation.generation, effort=effort),
        )
        left = "The effort is left to the service."
        self._window.notify(f"Effort: {effort}, if the model takes it." if effort else left)

    def edit_system_prompt(self) -> None:
        from fakegpt_tui.ui.dialogs.generation import SYSTEM_PROMPT  # noqa: PLC0415 - as below

        self._edit(SYSTEM_PROMPT)

    def edit_generation(self) -> None:
        self._edit("temperature")

    def _edit(self, begin_at: str) -> None:
        from fakegpt_tui.domain.request_fields import hints_for  # noqa: PLC0415 - as below
        from fakegpt_tui.ui.dialogs.generation import GenerationScreen  # noqa: PLC0415 - after first paint

        conversation, service = self._state.open, self._state.service
        limited = service is not None and not service.kind.is_api

        def take(changed: Preset) -> None:
            self._chat.actions.configure(
                conversation.id,
                system_prompt=changed.system_prompt,
                generation=changed.generation,
            )
            self._window.notify("This holds from the next reply on. /undo takes it back.")

        screen = GenerationScreen(
            Preset("", conversation.system_prompt, conversation.generation),
            note=f"{service.name} is told the system prompt alone." if service and limited else "",
            presets=self._chat.presets,
            keep_preset=self._save_preset if self._options.save_preset else None,
            begin_at=begin_at,
            hints=hints_for(service) if service and not limited else {},
        )
        self._window.ask(screen, take)

    async def show_request(self) -> None:
        """Show what would be sent for what is typed, or for the last prompt once more."""
        conversation, requests = self._state.open, self._chat.requests
        typed, edited = self._window.prompt.text, self._state.edited_prompt
        await self._attachments.wait()
        text, parts = await self._attachments.prepare(typed, conversation.id)
        request = await requests.next(conversation, text, parts=parts, edited=edited)
        answer = await requests.last_answer(conversation.service)
        from fakegpt_tui.ui.dialogs.exact_request import RequestScreen  # noqa: PLC0415 - as above

        self._window.open(RequestScreen(request, answer, service=conversation.service))

    def choose_preset(self) -> None:
        conversation_id, presets = self._state.open.id, self._chat.presets
        if not presets:
            self._window.notify(
                "There are no presets; they are [presets.NAME] tables of config.toml."
            )
            return
        choices = [Choice(name, name, preset.system_prompt) for name, preset in presets.items()]

        def take(name: str) -> None:
            self._chat.actions.apply_preset(conversation_id, name)
            self._window.notify(f"The preset {name} is used from now on.")

        self._window.pick("Presets", choices, take)

    async def _save_preset(self, preset: Preset) -> None:
        """Save a preset; undo brings back the one that it replaces."""
        replaced = self._chat.presets.get(preset.name)
        if self._options.save_preset is not None:
            await self._options.save_preset(preset)
        if replaced is not None:
            self._record_replaced(replaced)

    def _record_replaced(self, replaced: Preset) -> None:
        def restore(preset: Preset) -> None:
            self._window.work(self._restore(preset), group="preset", exclusive=False)

        self._chat.actions.record_replaced_preset(replaced, restore)

    async def _restore(self, preset: Preset) -> None:
        if self._options.save_preset is None:
            return
        try:
            await self._options.save_preset(preset)
        except FakeGPTError as error:
            self._window.notify(f"The preset is still the new one: {error}")
            self._record_replaced(preset)
