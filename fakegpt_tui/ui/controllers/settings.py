"""Settings controller: settings of the program, its theme, its keys, and what it has cost."""

from collections.abc import Mapping
from decimal import Decimal

from fakegpt_tui.chat.argument_values import DEFAULT
from fakegpt_tui.chat.service import ChatService
from fakegpt_tui.domain import FakeGPTError
from fakegpt_tui.ui.bindings import effective_keys
from fakegpt_tui.ui.dialogs import Choice
from fakegpt_tui.ui.messages import ApplySetting
from fakegpt_tui.ui.options import Options, SettingChange, SettingsRepository, lost_choices
from fakegpt_tui.ui.state import ChatState
from fakegpt_tui.ui.window import Window


class SettingsController:
    """Changes settings; uses those of the main screen, and tells the app of its own."""

    def __init__(
        self, chat: ChatService, state: ChatState, window: Window, options: Options
    ) -> None:
        self._chat = chat
        self._state = state
        self._window = window
        self._options = options
        self._changes: list[SettingChange] = []

    def _repository(self) -> SettingsRepository | None:
        """What reads and writes the settings; `None`, with a notice, where nothing does."""
        if self._options.settings is None:
            self._window.notify("There are no settings to change here.")
        return self._options.settings

    async def open(self, name: str = "", value: str = "") -> None:
        """Show the settings, at one of them where it is named; with a value, change that one."""
        if (repository := self._repository()) is None:
            return
        if value:
            await self._change(repository, name, value)
            return
        settings = await repository.settings()
        from fakegpt_tui.ui.dialogs.settings import SettingsScreen  # noqa: PLC0415 - after first paint

        def apply(name: str, value: str) -> None:
            self._window.post(ApplySetting(name, value))

        def go_on(_word: str) -> None:
            self.edit_keys()

        self._window.ask(SettingsScreen(repository, settings, apply, self._changes, name), go_on)

    async def _change(self, repository: SettingsRepository, name: str, value: str) -> None:
        """Write a setting, and use it at once where that can be done."""
        settings = await repository.settings()
        try:
            before = await repository.change(name, None if value == DEFAULT else value)
        except FakeGPTError:
            self._window.prompt.restore_text(f"/settings {name} {value}")
            raise
        changed = await repository.settings()
        self._changes.append(SettingChange(name, before, lost_choices(settings, changed)))
        setting = next(each for each in changed if each.name == name)
        if setting.immediate and not setting.overridden:
            self._window.post(ApplySetting(name, setting.value))
        when = "from now on" if setting.immediate else "from the next start on"
        if setting.overridden:
            when = f"once {setting.origin} no longer says otherwise"
        self._window.notify(f"{name} is {value} {when}.")

    def edit_keys(self) -> None:
        """Show the keys of all commands, to be changed."""
        if (repository := self._repository()) is None:
            return
        state = self._state
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
        self._window.post(ApplySetting("keys", ""))

    async def choose_theme(self, name: str = "") -> None:
        """Let the user choose a theme, which is shown on the way and remembered once chosen."""
        if (repository := self._repository()) is None:
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

        if name:
            if not theme.overridden:
                preview(name)
            await keep(name)
            return

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

    def show_usage(self, group: str = "") -> None:
        from fakegpt_tui.chat.spending import SpendingGroup  # noqa: PLC0415 - as below
        from fakegpt_tui.ui.dialogs.usage import UsageScreen  # noqa: PLC0415 - after first paint

        by = SpendingGroup(group or SpendingGroup.MONTH)
        self._window.open(UsageScreen(self._chat.spending, by))
