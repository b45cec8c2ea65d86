"""Settings controller: program settings and the generation settings of a conversation."""

from textual import on, work

from fakegpt_tui.chat.service import ChatService
from fakegpt_tui.domain import FakeGPTError, Preset, Service
from fakegpt_tui.domain.generation_form import GenerationField
from fakegpt_tui.ui.bindings import effective_keys
from fakegpt_tui.ui.controllers.base import ChatScreenBase
from fakegpt_tui.ui.messages import ApplySetting
from fakegpt_tui.ui.options import Options, SettingChange
from fakegpt_tui.ui.terminal.output import FrameLimiter


class GenerationController(ChatScreenBase):
    """Seeing and changing the system prompt and the generation settings."""

    def action_edit_system_prompt(self) -> None:
        from fakegpt_tui.ui.dialogs.generation import SYSTEM_PROMPT  # noqa: PLC0415 - as below

        self._edit_generation(SYSTEM_PROMPT)

    def action_edit_generation(self) -> None:
        self._edit_generation(GenerationField.TEMPERATURE)

    def _edit_generation(self, begin_at: str) -> None:
        conversation = self._workspace.open
        service = self._workspace.service

        def take(kept: Preset | None) -> None:
            if kept is None:
                return
            with self.notify_errors():
                self._chat.actions.configure(
                    conversation.id,
                    system_prompt=kept.system_prompt,
                    generation=kept.generation,
                )
                self._workspace.reload()
                self.notice("This holds from the next reply on. /undo takes it back.")

        from fakegpt_tui.ui.dialogs.generation import GenerationScreen  # noqa: PLC0415 - after first paint

        screen = GenerationScreen(
            Preset("", conversation.system_prompt, conversation.generation),
            note=_limits(service),
            presets=self._chat.presets,
            keep_preset=self._keep_preset if self._options.save_preset else None,
            begin_at=begin_at,
        )
        self.app.push_screen(screen, take)

    async def _keep_preset(self, preset: Preset) -> None:
        """Keep a preset; undo puts the one back that it replaces."""
        replaced = self._chat.presets.get(preset.name)
        if self._options.save_preset is not None:
            await self._options.save_preset(preset)
        if replaced is not None:
            self._note_preset(replaced)

    def _note_preset(self, replaced: Preset) -> None:
        def put_back(preset: Preset) -> None:
            self._put_preset_back(preset)

        self._chat.actions.record_replaced_preset(replaced, put_back)

    @work(group="preset")
    async def _put_preset_back(self, preset: Preset) -> None:
        if self._options.save_preset is None:
            return
        try:
            await self._options.save_preset(preset)
        except FakeGPTError as error:
            self.notice(f"The preset is still the new one: {error}")
            self._note_preset(preset)


def _limits(service: Service | None) -> str:
    """What a service makes of the settings, where that is less than all."""
    if service is None or service.kind.is_api:
        return ""
    return f"{service.name} is told the system prompt alone."


class SettingsController(ChatScreenBase):
    """Opening the settings. What the application itself can use of them, it hears of too."""

    def __init__(self, chat: ChatService, options: Options) -> None:
        super().__init__(chat, options)
        self._pace = FrameLimiter(options.repaint_rate)
        self._setting_changes: list[SettingChange] = []

    @work(exclusive=True, group="settings")
    async def action_settings(self) -> None:
        door = self._options.settings
        if door is None:
            self.notice("There are no settings to change here.")
            return
        try:
            settings = await door.settings()
        except FakeGPTError as error:
            self.notice(str(error))
            return
        from fakegpt_tui.ui.dialogs.settings import SettingsScreen  # noqa: PLC0415 - after first paint

        def take(name: str, value: str) -> None:
            self.post_message(ApplySetting(name, value))

        self.app.push_screen(SettingsScreen(door, settings, take, self._setting_changes))

    @on(ApplySetting)
    def use_setting(self, event: ApplySetting) -> None:
        match event.name:
            case "repaint_rate":
                self._pace = FrameLimiter(float(event.value))
            case "max_turns":
                self._chat.set_max_turns(int(event.value))
            case "service":
                self._chat.set_default_service(event.value)
            case "enter":
                sends = event.value == "send"
                self.keys = effective_keys(self._options.keys, enter_sends=sends)
                self._prompt.enter_sends = sends
                self.show_conversation()
            case _:
                pass  # the application uses it
