"""Service form: add a service or change one, and test it before it is saved."""

from collections.abc import AsyncGenerator, Collection, Iterator
from contextlib import aclosing

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
    Secret,
    Service,
    ServiceForm,
    ServiceKind,
)
from fakegpt_tui.domain.service_setup import complete_address
from fakegpt_tui.keymap import KeyScope
from fakegpt_tui.text import safe_line, strip_pasted
from fakegpt_tui.ui.bindings import bindings
from fakegpt_tui.ui.dialogs import UNSAVED, Choice, DialogFrame, shown_keys
from fakegpt_tui.ui.dialogs.pick import PickScreen
from fakegpt_tui.ui.dialogs.service_fields import (
    FIELDS,
    KINDS,
    KnownFields,
    check_line,
    without_others,
)
from fakegpt_tui.ui.options import ServiceRepository
from fakegpt_tui.ui.service_rows import model_label, trial_text
from fakegpt_tui.ui.widgets.service_list import ArrowRadioSet, PlainCheckbox, PlainRadioButton
from fakegpt_tui.ui.widgets.text_field import TextField


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
        self._known = KnownFields(registry, service, taken)
        self._validated = False
        self._leave_confirmed = False
        self._models: tuple[Model, ...] = ()
        self._before: ServiceForm | None = None
        self._tried: ServiceForm | None = None
        """What was tried out last, which what is said is about."""

    def compose(self) -> ComposeResult:
        with DialogFrame("form").add_class("form"):
            with VerticalScroll(classes="fields", can_focus=False):
                yield from self._input("name")
                with Horizontal(classes="row"):
                    yield Label("Speaks")
                    with ArrowRadioSet(id="kind", compact=True):
                        for kind in KINDS:
                            yield PlainRadioButton(
                                kind.label, value=kind is self._kind_before, name=kind
                            )
                for field in ("url", "model", "key", "key_env"):
                    yield from self._input(field)
                yield self._box("key_in_file", "keep the key in a file of its own")
                yield self._box("without_key", self._known.taking_away)
                yield from self._input("key_header")
                yield from self._input("cache")
                searches = self._service is not None and self._service.web_search
                label = "the model may search the web, which costs extra"
                yield self._box("web_search", label, value=searches)
                for field in ("api_version", "proxy", "first_event", "idle"):
                    yield from self._input(field)
            yield Static(id="outcome", markup=False)

    async def on_mount(self) -> None:
        title = f"Service {self._service.name}" if self._service else "New service"
        frame = self.query_one(DialogFrame)
        self.call_after_refresh(lambda: frame.set_frame(title, shown_keys(self)))
        self._show_needs()
        self._before = self._draft()
        self.query_one("#url" if self._service else "#name", Input).focus()
        self._ask_about_keyring()

    @work(exclusive=True, group="keyring")
    async def _ask_about_keyring(self) -> None:
        """Say where a typed key will be stored, before one is typed."""
        error = await self._registry.keyring_error()
        box = self.query_one("#key_in_file", Checkbox)
        if error:
            box.value = True
            box.disabled = True
            box.label = Content("a key is kept in a private file")
            box.tooltip = Content(error)
        else:
            box.label = Content("in a private file, not the keyring")
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
        if self._leave_confirmed:
            self._say(Content(""))
        self._leave_confirmed = False
        if self._validated:
            self._show_problems(goes_there=False)

    @on(RadioSet.Changed)
    def note_kind(self) -> None:
        self._show_needs()
        self.forget_models()
        self.note_change()

    def action_keep(self) -> None:
        if self._is_valid():
            self._keep(self._draft())

    @work(exclusive=True, group="keep")
    async def _keep(self, draft: ServiceForm) -> None:
        self._say(Content("Saving …"))
        try:
            saved = await self._registry.save(draft)
        except FakeGPTError as error:
            self._say(check_line(ConnectionCheck(str(error), worked=False)))
        else:
            self.dismiss(saved)

    def _is_valid(self) -> bool:
        """Complete the address, and say from now on what is wrong; is it nothing?"""
        field = self.query_one("#url", Input)
        with field.prevent(Input.Changed):
            field.value = complete_address(strip_pasted(field.value))
        field.cursor_position = len(field.value)
        self._validated = True
        return not self._show_problems()

    def action_test(self) -> None:
        if self._is_valid():
            self._try()

    @work(exclusive=True, group="trial")
    async def _try(self) -> None:
        lines: list[Content] = []
        self._say(trial_text(lines))
        async with aclosing(self._check()) as steps:
            async for step in steps:
                self._models = step.models or self._models
                lines.append(check_line(step))
                self._say(trial_text(lines))
        if len(self._models) > 1:
            lines.append(Content("F6 chooses one of its models."))
        self._say(Content("\n").join(lines))

    def _check(self) -> AsyncGenerator[ConnectionCheck]:
        self._tried = self._draft()
        return self._registry.check_connection(self._tried)

    def action_pick_model(self) -> None:
        """Let the user choose one of the models, for which the service is asked first."""
        if self._models:
            self._choose_model()
        elif self._is_valid():
            self._ask_for_models()

    @work(exclusive=True, group="trial")
    async def _ask_for_models(self) -> None:
        self._say(Content("Asking it for its models …"))
        said = Content("It lists no models; type the name of one.")
        async with aclosing(self._check()) as steps:
            async for step in steps:
                self._models = step.models
                if not step.worked:
                    said = check_line(step)
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
        self.app.push_screen(PickScreen("Models", choices, current=current), take)

    def action_leave(self) -> None:
        """Leave; once something was typed, only when asked for again."""
        if self._leave_confirmed or self._draft() == self._before:
            self.dismiss(None)
        else:
            self._leave_confirmed = True
            self._say(Content(UNSAVED))

    def _box(self, field: str, label: str, *, value: bool = False) -> Horizontal:
        box = PlainCheckbox(Content(label), value=value, id=field, compact=True)
        return Horizontal(Label(""), box, classes="row", id=f"{field}-row")

    def _input(self, field: str) -> Iterator[Horizontal | Static]:
        box = TextField(
            self._known.value(field),
            placeholder=self._known.hint(field, self._kind_before),
            password=field == "key",
            compact=True,
            id=field,
            select_on_focus=False,
            disabled=field == "name" and self._service is not None,
        )
        yield Horizontal(Label(FIELDS[field][0]), box, classes="row", id=f"{field}-row")
        yield Static(id=f"{field}-problem", classes="problem", markup=False)

    @property
    def _kind_before(self) -> ServiceKind:
        return self._service.kind if self._service else ServiceKind.OPENAI

    @property
    def _kind(self) -> ServiceKind:
        chosen = next((each.name for each in self.query(PlainRadioButton) if each.value), None)
        return ServiceKind(chosen) if chosen else self._kind_before

    def _draft(self) -> ServiceForm:
        """The service as it is filled in."""
        texts = {field: self._text(field) for field in FIELDS}
        key, proxy = texts.pop("key"), texts.pop("proxy")
        form = ServiceForm(
            kind=self._kind,
            key=Secret(key) if key else None,
            key_in_file=self._is_checked("key_in_file"),
            without_key=self._is_checked("without_key"),
            web_search=self._is_checked("web_search"),
            proxy=self._known.proxy(proxy),
            **texts,
        )
        return without_others(form)

    def _show_problems(self, *, goes_there: bool = True) -> bool:
        """Say beside each field what is wrong with it; is there anything?

        While something is typed, the focus stays where it is.
        """
        problems = self._known.problems(self._draft())
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
        for field in FIELDS:
            self.query_one(f"#{field}", Input).placeholder = self._known.hint(field, self._kind)
        for field, is_needed in self._known.needs(self._kind).items():
            self.query_one(f"#{field}-row").display = is_needed

    def _text(self, field: str) -> str:
        return self.query_one(f"#{field}", Input).value.strip()

    def _is_checked(self, field: str) -> bool:
        return self.query_one(f"#{field}", Checkbox).value

    def _say(self, text: Content) -> None:
        self.set_class(bool(text), "-said").query_one("#outcome", Static).update(text)
        self.call_after_refresh(self.query_one(DialogFrame).keep_in_view)
