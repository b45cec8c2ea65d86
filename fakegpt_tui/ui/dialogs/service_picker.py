"""Service picker: all services with their models, and what is known of the highlighted one."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from textual import on, work
from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import Input, Static

from fakegpt_tui.chat.service import ChatService
from fakegpt_tui.domain import (
    NO_PROXY,
    FakeGPTError,
    FoundService,
    KeyNeeded,
    Model,
    ModelRef,
    Service,
    SignedIn,
)
from fakegpt_tui.text import safe_line
from fakegpt_tui.ui.dialogs import DialogFrame, shown_keys
from fakegpt_tui.ui.dialogs.pick import ListScreen
from fakegpt_tui.ui.options import ServiceRepository
from fakegpt_tui.ui.service_rows import (
    ServiceListing,
    ServiceStatus,
    best_match,
    service_rows,
    status_label,
)
from fakegpt_tui.ui.widgets.service_list import ServiceList
from fakegpt_tui.ui.widgets.text_field import TextField

_ASKING = "asking …"
_MAX_LINE = 600


@dataclass(frozen=True, slots=True)
class SelectionRequest:
    """How many are to be chosen, and what is marked already; `title` says what for."""

    title: str = "Services and models"
    max_count: int = 1
    preselected: tuple[ModelRef, ...] = ()


class ServicePickerScreen(ListScreen[tuple[ModelRef, ...] | None]):
    """Shows all services at once, filtered by what is typed.

    Services of the OpenAI protocol are asked for their models, those that want a login only where
    a person is signed in.
    """

    CSS_PATH = ["dialog.tcss", "services.tcss"]

    def __init__(
        self,
        chat: ChatService,
        registry: ServiceRepository,
        *,
        current: ModelRef,
        clock: Callable[[], datetime],
        wanted: SelectionRequest = SelectionRequest(),
        begin: str = "",
        at: ModelRef | None = None,
        recent: Sequence[ModelRef] = (),
    ) -> None:
        """`begin` is an action that is run at once, about the service of `at`, or of `current`.

        `recent` are the models that were chosen last.
        """
        super().__init__()
        self._chat = chat
        self._registry = registry
        self._current = current
        self._clock = clock
        self._request = wanted
        self._begin = begin
        self._at = at or current
        self._recent = recent if len(recent) > 1 else ()
        self._marked = list(wanted.preselected)
        self._found: tuple[FoundService, ...] = ()
        self._asked: set[str] = set()
        self._errors: dict[str, str] = {}
        self._message: tuple[ModelRef | None, Content | None] = None, None

    def compose(self) -> ComposeResult:
        with DialogFrame("services"):
            yield TextField(placeholder="Type to filter", compact=True)
            yield ServiceList()
            yield Static(id="about", markup=False)

    def on_mount(self) -> None:
        self._frame.set_frame(self._request.title, "esc close")
        self.call_after_refresh(self._set_frame)
        self.refresh_rows(highlight=self._at)
        self.action_ask_for_models()
        if self._begin:
            self.call_after_refresh(self.run_action, self._begin)

    def _set_frame(self) -> None:
        keys = "enter use" if self._request.max_count == 1 else "enter mark"
        self._frame.set_frame(self._request.title, f"{keys} · {shown_keys(self)}")

    @on(Input.Changed)
    def filter(self, event: Input.Changed) -> None:
        """Show what fits, and highlight what was most likely meant."""
        rows = service_rows(self._listing(), event.value)
        self.refresh_rows(highlight=best_match(rows, event.value))

    @on(ServiceList.OptionHighlighted)
    def describe(self) -> None:
        """Say what is known of the highlighted one, or what was last said about it."""
        highlighted, text = self._message
        is_current = text is not None and highlighted == self._list.highlighted_model
        self.query_one("#about", Static).update(text if text and is_current else self._about())

    def action_sign_in(self) -> None:
        if (service := self._service) is None:
            return
        self._ask(service.name)

    def action_ask_for_models(self) -> None:
        """Ask the services that need no new login for their models, and look for local servers."""
        self._look_around()
        for service in self._chat.services.all():
            is_current = service.name == self._current.service
            is_open = not service.kind.has_accounts
            login = self._chat.services.login_state(service.name)
            if is_current or is_open or isinstance(login, SignedIn):
                self._ask(service.name)

    @work(exclusive=True, group="discovery")
    async def _look_around(self) -> None:
        self._found = await self._registry.discover()
        self.refresh_rows()

    def _ask(self, name: str) -> None:
        self._asked.add(name)
        self._errors.pop(name, None)
        self.run_worker(self._ask_for_models(name), group=f"models-{name}", exclusive=True)
        self.refresh_rows()

    async def _ask_for_models(self, name: str) -> None:
        try:
            await self._chat.services.models(name)
        except FakeGPTError as error:
            self._errors[name] = str(error)
        self._asked.discard(name)
        self.refresh_rows()

    def refresh_rows(self, *, highlight: ModelRef | None = None) -> None:
        """Show what fits the filter, with the highlight where it was."""
        query = self.query_one(Input).value
        marked = self._marked if self._request.max_count > 1 else [self._current]
        self._list.show(service_rows(self._listing(), query), set(marked), highlight)
        self.describe()

    def _listing(self) -> ServiceListing:
        used = {each.service for each in (self._current, *self._marked, *self._registry.favourites)}
        services = self._chat.services.offered(*used)
        return ServiceListing(
            services=services,
            states={service.name: self._status_label(service) for service in services},
            models={each.name: self._models(each.name) for each in services},
            favourites=self._registry.favourites,
            recent=self._recent,
            found=self._found,
        )

    def _models(self, name: str) -> tuple[Model, ...]:
        """The listed models of a service, and those that are in use but not listed."""
        listed = self._chat.services.known_models(name)
        ids = {"", *(model.id for model in listed)}
        used = {each.model for each in (self._current, *self._marked) if each.service == name}
        return (*listed, *(Model(each) for each in sorted(used - ids)))

    def _status_label(self, service: Service) -> str:
        if service.name in self._asked:
            return _ASKING
        status = ServiceStatus(
            login=self._chat.services.login_state(service.name),
            limit=self._chat.services.rate_limit(service.name),
            has_models=bool(self._chat.services.known_models(service.name)),
            error=self._errors.get(service.name, ""),
        )
        return status_label(service, status, self._clock())

    def _about(self) -> Content:
        """All that is known of the highlighted service and model."""
        highlighted, service = self._list.highlighted_model, self._service
        if highlighted is None or service is None:
            return Content("Nothing fits.")
        models = self._chat.services.known_models(service.name)
        model = next((each for each in models if each.id == highlighted.model), None)
        key = self._registry.key_location(service.name)
        facts = [
            f"{service.kind} {service.url}" if service.url else "part of this program",
            f"key in {key}" if key else "",
            "through a proxy" if service.proxy and service.proxy.reveal() != NO_PROXY else "",
        ]
        lines = [self._marks()] if self._request.max_count > 1 else []
        lines.append(" · ".join(fact for fact in facts if fact))
        if model is not None and model.description:
            lines.append(model.description)
        if error := self._errors.get(service.name):
            lines.append(error)
        if isinstance(self._chat.services.login_state(service.name), KeyNeeded):
            lines.append("F2 gives it a key.")
        return Content("\n").join([Content(safe_line(line, _MAX_LINE)) for line in lines])

    def _marks(self) -> str:
        names = ", ".join(str(each) for each in self._marked) or "none yet"
        return f"Marked ({len(self._marked)} of {self._request.max_count}): {names}"

    def _say(self, text: Content) -> None:
        """Say something about the highlighted one, until another is highlighted."""
        self._message = self._list.highlighted_model, text
        self.describe()

    @property
    def _service(self) -> Service | None:
        """The service of the highlighted row."""
        highlighted = self._list.highlighted_model
        if highlighted is None:
            return None
        services = (*self._chat.services.all(), *(each.service for each in self._found))
        return next((each for each in services if each.name == highlighted.service), None)

    @property
    def _frame(self) -> DialogFrame:
        return self.query_one(DialogFrame)

    @property
    def _list(self) -> ServiceList:
        return self.query_one(ServiceList)
