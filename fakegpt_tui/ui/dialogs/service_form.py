"""Service form: add a service or change one, and test it before it is saved."""

from collections.abc import AsyncGenerator, Collection, Iterator
from contextlib import aclosing
from dataclasses import replace
from typing import Final

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Checkbox, Input, Label, RadioSet, Static

from fakegpt_tui.domain import (
    ConnectionCheck,
    FakeGPTError,
    Model,
    NotSignedIn,
    Secret,
    Service,
    ServiceForm,
    ServiceKind,
)
from fakegpt_tui.domain.service_setup import complete_address
from fakegpt_tui.keymap import KeyScope
from fakegpt_tui.text import safe_line
from fakegpt_tui.ui.bindings import bindings
from fakegpt_tui.ui.dialogs import Choice, DialogFrame, shown_keys
from fakegpt_tui.ui.dialogs.pick import PickScreen
from fakegpt_tui.ui.dialogs.service_fields import ABOUT_KEYS, FIELDS, KINDS, OPTIONS, usual_hint
from fakegpt_tui.ui.options import ServiceRepository
from fakegpt_tui.ui.service_rows import check_step_line, model_label
from fakegpt_tui.ui.widgets.service_list import PlainCheckbox, PlainRadioButton
from fakegpt_tui.ui.widgets.text_field import TextField

_NO_PROXY: Final = "none"


def _check_line(step: ConnectionCheck) -> Content:
    """A step of a trial, without what a person is to do elsewhere: the key is typed here."""
    return check_step_line(replace(step, sentence=step.sentence.removesuffix(NotSignedIn.advice)))


class ServiceFormScreen(ModalScreen[Service | None]):
    """The fields of a service; dismissed with the service as it was saved, or with nothing.

    A key can be typed, and is never shown again.
    """

    CSS_PATH = ["dialog.tcss", "service_form.tcss"]
    BINDINGS = [
        *bindings(KeyScope.SERVICE_FORM),
        Binding("escape", "leave", "Close"),
        # At once, so that what is typed after the key is typed into the next field.
        Binding("tab,enter", "app.focus_next", "Next field", show=False, priority=True),
        Binding("shift+tab", "app.focus_previous", "Field before", show=False, priority=True),
        Binding("down", "app.focus_next", "Next", show=False),
        Binding("up", "app.focus_previous", "Previous", show=False),
    ]

    def __init__(
        self, registry: ServiceRepository, service: Service | None, taken: Collection[str]
    ) -> None:
        """With no `service` one is added, whose name must not be among those that are `taken`."""
        super().__init__()
        self._registry = registry
        self._service = service
        self._taken = taken
        self._validated = False
        self._leave_confirmed = False
        self._models: tuple[Model, ...] = ()
        self._before: ServiceForm | None = None
        self._tried: ServiceForm | None = None
        """What was tried out last, which what is said is about."""

    def compose(self) -> ComposeResult:
        with DialogFrame("form"):
            with VerticalScroll(can_focus=False):
                yield from self._input("name")
                with Horizontal(classes="row"):
                    yield Label("Speaks")
                    with RadioSet(id="kind", compact=True):
                        for kind in KINDS:
                            yield PlainRadioButton(
                                kind.label, value=kind is self._kind_before, name=kind
                            )
                for field in ("url", "model", "key", "key_env"):
                    yield from self._input(field)
                with Horizontal(classes="row", id="key_in_file-row"):
                    yield Label("")
                    yield PlainCheckbox(
                        "keep the key in a file of its own", id="key_in_file", compact=True
                    )
                with Horizontal(classes="row", id="without_key-row"):
                    yield Label("")
                    yield PlainCheckbox(self._taking_away(), id="without_key", compact=True)
                yield from self._input("key_header")
                yield from self._input("cache")
                with Horizontal(classes="row", id="web_search-row"):
                    yield Label("")
                    yield PlainCheckbox(
                        "the model may search the web, which costs extra",
                        value=self._service is not None and self._service.web_search,
                        id="web_search",
                        compact=True,
                    )
                for field in ("api_version", "proxy", "first_event", "idle"):
                    yield from self._input(field)
            yield Static(id="outcome", markup=False)

    async def on_mount(self) -> None:
        name = self._service.name if self._service else ""
        title = f"Change {name}" if name else "Add a service"
        self.call_after_refresh(self._set_frame, title)
        self._show_needs()
        self._before = self._draft()
        for _ in range(KINDS.index(self._kind_before)):
            self.query_one(RadioSet).action_next_button()  # where its cursor begins
        first = "url" if name else "name"
        self.query_one(f"#{first}", Input).focus()
        self._ask_about_keyring()

    def _set_frame(self, title: str) -> None:
        self.query_one(DialogFrame).set_frame(title, shown_keys(self))

    @work(exclusive=True, group="keyring")
    async def _ask_about_keyring(self) -> None:
        """Say where a typed key will be stored, before one is typed."""
        error = await self._registry.keyring_error()
        box = self.query_one("#key_in_file", Checkbox)
        if error:
            box.value = True
            box.disabled = True
            box.label = Content("a typed key is kept in a file that only you can read")
            box.tooltip = Content(error)
        else:
            box.label = Content("keep it in a file that only you can read, not in the keyring")
        self._before = self._draft()

    @on(Input.Changed, "#url, #key, #key_env, #key_header, #proxy")
    def forget_models(self) -> None:
        """Another address or key may have other models, and what was said is about the old one."""
        if self._draft() != self._tried:
            self._models = ()
            self.workers.cancel_group(self, "trial")
            self._say(Content(""))

    @on(Input.Changed)
    @on(Checkbox.Changed)
    def note_change(self) -> None:
        self._leave_confirmed = False
        if self._validated:
            self._show_problems(goes_there=False)

    @on(RadioSet.Changed)
    def note_kind(self) -> None:
        self._show_needs()
        self.note_change()

    def action_keep(self) -> None:
        self._complete_address()
        self._validated = True
        if self._show_problems():
            return
        self._keep(self._draft())

    @work(exclusive=True, group="keep")
    async def _keep(self, draft: ServiceForm) -> None:
        self._say(Content("Saving …"))
        try:
            saved = await self._registry.save(draft)
        except FakeGPTError as error:
            self._say(_check_line(ConnectionCheck(str(error), worked=False)))
        else:
            self.dismiss(saved)

    def _complete_address(self) -> None:
        """Show the address with what a person leaves out of it."""
        field = self.query_one("#url", Input)
        with field.prevent(Input.Changed):
            field.value = complete_address(field.value.strip())
        field.cursor_position = len(field.value)

    def action_test(self) -> None:
        self._complete_address()
        self._validated = True
        if not self._show_problems():
            self._try()

    @work(exclusive=True, group="trial")
    async def _try(self) -> None:
        lines: list[Content] = []
        self._say(Content("Trying it out …"))
        async with aclosing(self._check()) as steps:
            async for step in steps:
                self._models = step.models or self._models
                lines.append(_check_line(step))
                self._say(Content("\n").join(lines))
        if len(self._models) > 1:
            self._say(Content("\n").join([*lines, Content("F6 chooses one of its models.")]))

    def _check(self) -> AsyncGenerator[ConnectionCheck]:
        self._tried = self._draft()
        return self._registry.check_connection(self._tried)

    def action_pick_model(self) -> None:
        """Let the user choose one of the models, for which the service is asked first."""
        self._complete_address()
        self._validated = True
        if self._models:
            self._choose_model()
        elif not self._show_problems():
            self._ask_for_models()

    @work(exclusive=True, group="trial")
    async def _ask_for_models(self) -> None:
        self._say(Content("Asking it for its models …"))
        said = Content("It lists no models; type the name of one.")
        async with aclosing(self._check()) as steps:
            async for step in steps:
                self._models = step.models
                if not step.worked:
                    said = _check_line(step)
                if step.models or not step.worked:
                    break
        self._say(Content("") if self._models else said)
        if self._models:
            self._choose_model()

    def _choose_model(self) -> None:
        choices = [Choice(each.id, each.id, model_label(each)) for each in self._models]

        def take(model: str | None) -> None:
            if model is not None:
                self.query_one("#model", Input).value = model

        current = self._text("model")
        self.app.push_screen(PickScreen("Its models", choices, current=current), take)

    def action_leave(self) -> None:
        """Leave; once something was typed, only when asked for again."""
        if self._leave_confirmed or self._draft() == self._before:
            self.dismiss(None)
            return
        self._leave_confirmed = True
        self._say(Content("Nothing is saved yet: ctrl+s save, esc leave without."))

    def _input(self, field: str) -> Iterator[Horizontal | Static]:
        label, hint = FIELDS[field]
        box = TextField(
            self._value(field),
            placeholder=safe_line(self._hint(field) or hint, 200),
            password=field == "key",
            compact=True,
            id=field,
            select_on_focus=False,
            disabled=field == "name" and self._service is not None,
        )
        yield Horizontal(Label(label), box, classes="row", id=f"{field}-row")
        yield Static(id=f"{field}-problem", classes="problem", markup=False)

    def _value(self, field: str) -> str:
        """What is known of a field; neither a key nor a proxy's password is ever shown."""
        service = self._service
        if service is None:
            return ""
        if field == "proxy":
            proxy = service.proxy.reveal() if service.proxy else ""
            return "" if "@" in proxy else proxy
        return str(getattr(ServiceForm.of(service), field) or "")

    def _hint(self, field: str) -> str:
        service = self._service
        if service is None:
            return ""
        place = self._registry.key_location(service.name)
        if field == "key" and place:
            return f"stays in {place}; another takes its place"
        if field == "proxy" and service.proxy and not self._value("proxy"):
            return f"stays, with its password; “{_NO_PROXY}” takes it away"
        return ""

    def _taking_away(self) -> Content:
        """What removing the key deletes; a file of the user's own stays."""
        name = self._service.name if self._service else ""
        lost = self._registry.removable_key_location(name)
        end = f", and delete it from {lost}" if lost else ""
        return Content(safe_line(f"take the key away{end}", 200))

    @property
    def _has_kept_key(self) -> bool:
        return self._service is not None and bool(self._registry.key_location(self._service.name))

    @property
    def _kind_before(self) -> ServiceKind:
        return self._service.kind if self._service else ServiceKind.OPENAI

    @property
    def _kind(self) -> ServiceKind:
        pressed = self.query_one(RadioSet).pressed_button
        return ServiceKind(pressed.name) if pressed and pressed.name else self._kind_before

    def _draft(self) -> ServiceForm:
        """The service as it is filled in."""
        has_key = self._kind.is_api
        key = self._text("key") if has_key else ""
        return ServiceForm(
            name=self._text("name"),
            kind=self._kind,
            url=self._text("url"),
            model=self._text("model"),
            key_env=self._text("key_env") if has_key else "",
            key=Secret(key) if key else None,
            key_in_file=self.query_one("#key_in_file", Checkbox).value,
            without_key=has_key and self.query_one("#without_key", Checkbox).value,
            key_header=self._text("key_header") if has_key else "",
            cache=self._option("cache"),
            web_search=self.query_one("#web_search", Checkbox).value
            and "web_search" in self._kind.options,
            api_version=self._option("api_version"),
            proxy=self._proxy(),
            first_event=self._text("first_event"),
            idle=self._text("idle"),
        )

    def _proxy(self) -> Secret | None:
        """The proxy that is to be used; `None` where it stays as it is."""
        text = self._text("proxy")
        if text == self._value("proxy"):
            return None
        return Secret("" if text.casefold() == _NO_PROXY else text)

    def _show_problems(self, *, goes_there: bool = True) -> bool:
        """Say beside each field what is wrong with it; is there anything?

        While something is typed, the focus stays where it is.
        """
        draft = self._draft()
        problems = dict(self._registry.validate(draft))
        if self._service is None and draft.name in self._taken:
            problems["name"] = "There is a service of that name; F2 changes it in the list."
        for field in FIELDS:
            shown = self.query_one(f"#{field}-problem", Static)
            shown.update(Content(safe_line(problems.get(field, ""), 400)))
            shown.display = field in problems
        first = next((field for field in FIELDS if field in problems), None)
        is_typing_there = self.focused is not None and self.focused.id in problems
        if goes_there and first is not None and not is_typing_there:
            self.query_one(f"#{first}", Input).focus()
        return bool(problems)

    def _show_needs(self) -> None:
        """Show what a service of the chosen kind needs; one of FakeGPT has a login, and no key."""
        has_key = self._kind.is_api
        for field in FIELDS:
            hint = self._hint(field) or usual_hint(field, self._kind)
            self.query_one(f"#{field}", Input).placeholder = safe_line(hint, 200)
        for field in ABOUT_KEYS:
            self.query_one(f"#{field}-row").display = has_key
        for field in OPTIONS:
            self.query_one(f"#{field}-row").display = field in self._kind.options
        self.query_one("#without_key-row").display = has_key and self._has_kept_key

    def _option(self, field: str) -> str:
        """What is typed, where the chosen kind has such a setting."""
        return self._text(field) if field in self._kind.options else ""

    def _text(self, field: str) -> str:
        return self.query_one(f"#{field}", Input).value.strip()

    def _say(self, text: Content) -> None:
        self.query_one("#outcome", Static).update(text)
