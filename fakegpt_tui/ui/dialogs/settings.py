"""Settings dialog: each setting in its group, with value and origin, and an editor for it."""

import asyncio
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding
from textual.content import Content
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from fakegpt_tui.domain import FakeGPTError
from fakegpt_tui.text import safe_line
from fakegpt_tui.ui.dialogs import Choice, DialogFrame
from fakegpt_tui.ui.dialogs.pick import ListScreen, PickScreen
from fakegpt_tui.ui.options import (
    EffectiveSetting,
    SettingChange,
    SettingsRepository,
    lost_choices,
)
from fakegpt_tui.ui.widgets.drawing import fit
from fakegpt_tui.ui.widgets.text_field import PathField, PathInput, TextField

_MAX_LINE = 1000
_NAME_WIDTH = 24
_VALUE_WIDTH = 24
_NARROW, _NARROW_VALUE = 80, 12
"""A screen with less room than that, and how wide values are there."""
_KEYS = "keys"
"""The row that leads to the keys of all commands."""
_KEYS_GROUP = "Keys and notices"
_KEY_WORDS = "keys of commands shortcuts bindings"


class SettingsScreen(ListScreen[str | None]):
    """A list of all settings, and below it the description of the marked one.

    `take` gets the name and the new value of each that can be used at once. `changes` are those
    that can be undone, the last one at the end. `words` are searched for at first. Dismissed with a
    word for what is to open next.
    """

    CSS_PATH = ["dialog.tcss", "settings.tcss"]
    BINDINGS = [
        Binding("escape", "leave", "Close"),
        Binding("f9", "default", "Remove", show=False),
        Binding("ctrl+z", "undo", "Undo", show=False),
    ]

    def __init__(
        self,
        repository: SettingsRepository,
        settings: tuple[EffectiveSetting, ...],
        take: Callable[[str, str], None],
        changes: list[SettingChange],
        words: str,
    ) -> None:
        super().__init__()
        self._first_words = words
        self._repository = repository
        self._settings = {setting.name: setting for setting in settings}
        self._take = take
        self._changes = changes
        self._edited = ""
        self._writing = asyncio.Lock()

    def compose(self) -> ComposeResult:
        with DialogFrame("settings"):
            yield TextField(
                self._first_words, placeholder="Type to search", compact=True, id="words"
            )
            yield OptionList(compact=True, markup=False)
            yield PathField(id="value")
            yield Static(id="problem", markup=False)
            yield Static(id="about", markup=False)

    def on_mount(self) -> None:
        keys = "enter change · F9 reset · ctrl+z undo · esc close"
        self._frame.set_frame("Settings", keys)
        self._show()

    @on(OptionList.OptionHighlighted)
    def describe(self) -> None:
        setting = self._marked
        lines = ["Every command with its keys, to be changed."]
        if setting is not None:
            lines = setting_details(setting)
        elif self.options.highlighted is None:
            lines = []
        self.query_one("#about", Static).update(Content("\n".join(lines)))

    @on(OptionList.OptionSelected)
    def edit(self) -> None:
        self._say("")
        option, setting = self.options.highlighted_option, self._marked
        if option is not None and option.id == _KEYS:
            self.dismiss(_KEYS)
        elif setting is not None:
            self._edit(setting)

    def _edit(self, setting: EffectiveSetting) -> None:
        if not setting.choices:
            self._open_field(setting)
            return
        choices = [Choice(name, _in_words(name)) for name in setting.choices]
        preview = partial(self._take, setting.name) if setting.name == "theme" else None

        def take(value: str | None) -> None:
            if preview is not None and (value is None or setting.overridden):
                preview(setting.value)
            if value is not None:
                self._write(setting.name, value)

        title = setting.title or setting.name
        screen = PickScreen(title, choices, current=setting.value, preview=preview)
        self.app.push_screen(screen, take)

    @on(Input.Changed, "#words")
    def search(self) -> None:
        self._show()

    @on(Input.Submitted)
    def take_line(self, event: Input.Submitted) -> None:
        if isinstance(event.input, PathInput):
            self._write(self._edited, event.value.strip() or None)
        else:
            self.edit()

    def on_resize(self) -> None:
        self._show()

    def action_leave(self) -> None:
        """Leave the field, or else the screen."""
        if self._frame.has_class("-editing"):
            self._close_field()
            self._say("")
        else:
            self.dismiss(None)

    def action_default(self) -> None:
        if (setting := self._marked) is not None:
            self._write(setting.name, None)

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
                if undone is not None:
                    await self._repository.choose_again(undone.lost)
                settings = await self._repository.settings()
        except FakeGPTError as error:
            self._say(str(error))
            if undone is not None:
                self._changes.append(undone)
            return
        if undone is None:
            lost = lost_choices(self._settings.values(), settings)
            self._changes.append(SettingChange(name, before, lost))
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
        """Show the settings that have every word of the search, under the names of their groups."""
        words = self.query_one("#words", Input).value.casefold().split()
        is_narrow = self.size.width < _NARROW
        self.show_rows(list(_rows(self._settings.values(), words, is_narrow=is_narrow)))
        self.describe()

    def _open_field(self, setting: EffectiveSetting) -> None:
        self._edited = setting.name
        field = self.query_one(PathInput)
        field.value = setting.file_value or setting.value
        field.completes = setting.is_path
        self._frame.add_class("-editing")
        field.focus()
        self.call_after_refresh(self.options.scroll_to_highlight)

    def _close_field(self) -> None:
        self._frame.remove_class("-editing")
        self.query_one("#words", Input).focus()

    def _say(self, sentence: str) -> None:
        problem = self.query_one("#problem", Static)
        problem.display = bool(sentence)
        problem.update(Content(safe_line(sentence, _MAX_LINE)))

    @property
    def _marked(self) -> EffectiveSetting | None:
        option = self.options.highlighted_option
        return None if option is None else self._settings.get(option.id or "")

    @property
    def _frame(self) -> DialogFrame:
        return self.query_one(DialogFrame)


def _rows(
    settings: Iterable[EffectiveSetting], words: Sequence[str], *, is_narrow: bool
) -> Iterator[Option]:
    groups: dict[str, list[EffectiveSetting]] = {}
    for setting in settings:
        text = f"{setting.group} {setting.title} {setting.name} {setting.description}".casefold()
        if all(word in text for word in words):
            groups.setdefault(setting.group, []).append(setting)
    has_keys = all(word in _KEY_WORDS for word in words)
    if has_keys:
        groups.setdefault(_KEYS_GROUP, [])
    for group, fitting in groups.items():
        if group:
            yield Option(Content.styled(group, "bold $primary"), disabled=True)
        yield from (Option(_row(each, is_narrow=is_narrow), id=each.name) for each in fitting)
        if group == _KEYS_GROUP and has_keys:
            yield Option(Content(f"  {fit('Keys of commands', _NAME_WIDTH)}…"), id=_KEYS)


def _row(setting: EffectiveSetting, *, is_narrow: bool) -> Content:
    """A line of the list; values are foreign text."""
    value_width = _NARROW_VALUE if is_narrow else _VALUE_WIDTH
    value = safe_line(_in_words(setting.value), value_width) or "—"
    return Content.assemble(
        f"  {fit(setting.title or setting.name, _NAME_WIDTH)}",
        fit(value, value_width),
        (f"  {safe_line(setting.origin)}", "$text-muted"),
    )


def _in_words(value: str) -> str:
    """A value as people say it."""
    return {"true": "on", "false": "off"}.get(value, value)


def setting_details(setting: EffectiveSetting) -> list[str]:
    """Sentences about a setting: what it does, its name, and what a change of it comes to."""
    sentences = [f"{setting.description} In config.toml: {setting.name}."]
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
