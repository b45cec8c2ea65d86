"""What a person does about the settings, and how a new one is used at once."""

from textual import on, work

from fakegpt_tui.chat.service import ChatService
from fakegpt_tui.domain import FakeGPTError
from fakegpt_tui.ui.bindings import effective_keys
from fakegpt_tui.ui.intents import ApplySetting
from fakegpt_tui.ui.options import Options
from fakegpt_tui.ui.screens.parts import ChatScreenBase
from fakegpt_tui.ui.setting import SettingChange
from fakegpt_tui.ui.terminal.output import FrameLimiter


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
        from fakegpt_tui.ui.screens.settings import SettingsScreen  # noqa: PLC0415 - after first paint

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
                self._prompt.set_enter_sends(sends=sends)
                self.show_conversation()
            case _:
                pass  # the application uses it
