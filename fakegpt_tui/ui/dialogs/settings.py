"""Settings dialog: each setting with its value, origin and description, and an editor for it."""

import asyncio
from collections.abc import Callable
from functools import partial

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from fakegpt_tui.domain import FakeGPTError
from fakegpt_tui.text import safe_line
from fakegpt_tui.ui.dialogs import Choice
from fakegpt_tui.ui.dialogs.pick import PickScreen
from fakegpt_tui.ui.options import EffectiveSetting, SettingChange, SettingsRepository
from fakegpt_tui.ui.widgets.drawing import fit
from fakegpt_tui.ui.widgets.text_field import TextField

_MAX_LINE = 1000
_NAME_WIDTH = 17
_VALUE_WIDTH = 24


class SettingsScreen(ModalScreen[None]):
    """A list of all settings, and below it what there is to say about the one that is marked.

    `take` gets the name and the new value of each that can be used at once. `changes` are those
    that can be undone, the last one at the end.
    """

    CSS_PATH = "settings.tcss"
    BINDINGS = [
        Binding("escape", "leave", "Close"),
        Binding("delete,backspace,d", "default", "Default", show=False),
        Binding("u", "undo", "Undo", show=False),
    ]

    def __init__(
        self,
        repository: SettingsRepository,
        settings: tuple[EffectiveSetting, ...],
        take: Callable[[str, str], None],
        changes: list[SettingChange],
    ) -> None:
        super().__init__()
        self._repository = repository
        self._settings = {setting.name: setting for setting in settings}
        self._take = take
        self._changes = changes
        self._edited = ""
        self._writing = asyncio.Lock()

    def compose(self) -> ComposeResult:
        with Vertical(id="settings"):
            yield OptionList(compact=True, markup=False)
            yield Static(id="about", markup=False)
            yield TextField(compact=True, select_on_focus=False)
            yield Static(id="problem", markup=False)

    def on_mount(self) -> None:
        title = "Settings — enter changes, d default, u undoes, esc closes"
        self._frame.border_title = Content(title)
        self._show()
        self._list.focus()

    @on(OptionList.OptionHighlighted)
    def describe(self) -> None:
        setting = self._marked
        self.query_one("#about", Static).update(Content("\n".join(setting_details(setting))))

    @on(OptionList.OptionSelected)
    def edit(self) -> None:
        setting = self._marked
        self._say("")
        if not setting.choices:
            self._open_field(setting)
            return
        choices = [Choice(name, name) for name in setting.choices]

        preview = partial(self._take, setting.name) if setting.name == "theme" else None

        def take(value: str | None) -> None:
            if preview is not None and (value is None or setting.overridden):
                preview(setting.value)
            if value is not None:
                self._write(setting.name, value)

        screen = PickScreen(setting.name, choices, current=setting.value, preview=preview)
        self.app.push_screen(screen, take)

    @on(Input.Submitted)
    def write_typed(self, event: Input.Submitted) -> None:
        self._write(self._edited, event.value.strip() or None)

    def action_leave(self) -> None:
        """Leave the field, or else the screen."""
        if self._frame.has_class("-editing"):
            self._close_field()
            self._say("")
        else:
            self.dismiss()

    def action_default(self) -> None:
        self._write(self._marked.name, None)

    def action_undo(self) -> None:
        if self._changes:
            last = self._changes.pop()
            self._write(last.name, last.before, undone=last)
        else:
            self._say("There is nothing to undo.")

    @work(group="settings")
    async def _write(
        self, name: str, value: str | None, *, undone: SettingChange | None = None
    ) -> None:
        try:
            async with self._writing:
                before = await self._repository.change(name, value)
                settings = await self._repository.settings()
        except FakeGPTError as error:
            self._say(str(error))
            if undone is not None:
                self._changes.append(undone)
            return
        if undone is None:
            self._changes.append(SettingChange(name, before))
        self._settings = {setting.name: setting for setting in settings}
        self._close_field()
        self._show()
        self._use(self._settings[name])

    def _use(self, setting: EffectiveSetting) -> None:
        if setting.overridden:
            self._say(f"Written, but {setting.origin} holds in this run.")
        elif setting.immediate:
            self._take(setting.name, setting.value)
            self._say("")
        else:
            self._say("Written; it holds from the next start on.")

    def _show(self) -> None:
        marked = self._list.highlighted
        self._list.clear_options()
        self._list.add_options(
            [Option(setting_row(setting), id=setting.name) for setting in self._settings.values()]
        )
        self._list.highlighted = marked or 0

    def _open_field(self, setting: EffectiveSetting) -> None:
        self._edited = setting.name
        self._field.value = setting.file_value or setting.value
        self._frame.add_class("-editing")
        self._field.focus()
        self.call_after_refresh(self._list.scroll_to_highlight)

    def _close_field(self) -> None:
        self._frame.remove_class("-editing")
        self._list.focus()

    def _say(self, sentence: str) -> None:
        self.query_one("#problem", Static).update(Content(safe_line(sentence, _MAX_LINE)))

    @property
    def _marked(self) -> EffectiveSetting:
        return list(self._settings.values())[self._list.highlighted or 0]

    @property
    def _frame(self) -> Vertical:
        return self.query_one("#settings", Vertical)

    @property
    def _list(self) -> OptionList:
        return self.query_one(OptionList)

    @property
    def _field(self) -> Input:
        return self.query_one(Input)


def setting_row(setting: EffectiveSetting) -> Content:
    """A line of the list; values are foreign text."""
    value = safe_line(setting.value, _VALUE_WIDTH) or "—"
    return Content.assemble(
        fit(setting.name, _NAME_WIDTH),
        fit(value, _VALUE_WIDTH),
        (f"  {safe_line(setting.origin)}", "dim"),
    )


def setting_details(setting: EffectiveSetting) -> list[str]:
    """Sentences about a setting: what it does, and what a change of it comes to."""
    sentences = [setting.description]
    if len(setting.value) > _VALUE_WIDTH:
        sentences.append(f"Now: {safe_line(setting.value)}")
    if setting.overridden:
        file = f", which says {safe_line(setting.file_value)}" if setting.file_value else ""
        sentences.append(
            f"{safe_line(setting.origin)} says {safe_line(setting.value)} and wins over the file"
            f"{file}. What is chosen here is written, and holds from the first start without it."
        )
    else:
        sentences.append(
            "Changes at once." if setting.immediate else "Holds from the next start on."
        )
    return sentences
