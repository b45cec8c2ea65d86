"""Service controller: the service, model and login of the open conversation."""

from fakegpt_tui.chat.argument_values import (
    choice_sentence,
    find_model,
    find_numbered,
    known_service,
    listed_models,
    new_form,
    save_form,
    with_field,
)
from fakegpt_tui.chat.service import ChatService
from fakegpt_tui.domain import (
    FakeGPTError,
    FoundService,
    KeyNeeded,
    LoginState,
    ModelRef,
    NoLogin,
    Service,
    ServiceForm,
    SignedIn,
    SigningIn,
)
from fakegpt_tui.text import safe_line
from fakegpt_tui.ui.dialogs import Choice
from fakegpt_tui.ui.messages import AuthAction, RunLogin
from fakegpt_tui.ui.options import ChoiceMemory, Options
from fakegpt_tui.ui.state import ChatState
from fakegpt_tui.ui.widgets.status_bar import login_label
from fakegpt_tui.ui.window import Window

_MAX_ACCOUNT = 80
_RECENT = "recent_models"
_MAX_RECENT = 5

_IN = Choice(AuthAction.SIGN_IN, "Sign in", "with the account of last time, if there was one")
_AGAIN = Choice(AuthAction.SIGN_IN_AGAIN, "Sign in again", "with the same account, for a new token")
_ELSEWHERE = Choice(AuthAction.SWITCH_ACCOUNT, "Another account", "if the service has more of them")
_OUT = Choice(AuthAction.SIGN_OUT, "Sign out", "and forget the token, here and on disk")
_GIVE_UP = Choice(AuthAction.SIGN_OUT, "Sign out", "and give up the login that is under way")


class ServiceController:
    """Chooses models and signs in; model servers that are found here are only offered."""

    def __init__(
        self, chat: ChatService, state: ChatState, window: Window, options: Options
    ) -> None:
        self._chat = chat
        self._state = state
        self._window = window
        self._registry = options.services()
        self._clock = options.clock
        self._memory = options.memory
        self._found: dict[str, FoundService] = {}

    async def discover(self) -> None:
        """Look for model servers on this machine, and say if there are any."""
        self._found = {each.service.name: each for each in await self._registry.discover()}
        self._state.found = tuple(self._found)
        if self._found:
            self._window.run_in_dialog("ask_for_models")
            self._window.notify(
                f"Found on this machine: {', '.join(self._found)}. F6 offers it.",
                while_true=lambda: (
                    not self._found.keys() <= {each.name for each in self._chat.services.all()}
                ),
            )

    async def use_found(self, name: str) -> None:
        """Add a model server that was found on this machine, and let it answer from now on.

        Raises:
            FakeGPTError: It cannot be written to the configuration.
        """
        found = self._found[name]
        model = found.service.model or next((each.id for each in found.models), "")
        service = await self._registry.save(ServiceForm.of(found.service, model))
        self._chat.services.reconnect(service.name)
        self._state.found = tuple(each for each in self._state.found if each != name)
        self._chat.actions.set_service(self._state.open.id, service.name, service.model)
        self._use_from_now_on(ModelRef(service.name, service.model))
        self._window.prompt.focus()
        self._window.post(RunLogin(service.name))

    def sign_in_if_needed(self) -> None:
        self._window.post(RunLogin(self._state.open.service))

    def show_account(self) -> None:
        """Show which account is signed in, and what can be done about that."""
        service = self._service_with_login()
        if service is None:
            return
        login = self._state.login
        label, _ = login_label(login, self._clock())
        account = safe_line(self._chat.services.account(service.name), _MAX_ACCOUNT)
        note = f"{service.name}: {label}" + (f" · account {account}" if account else "")

        def take(action: str) -> None:
            self._window.post(RunLogin(service.name, AuthAction(action)))

        self._window.pick("Account", available_actions(service, login), take, note=note)

    def sign_in(self) -> None:
        """Sign in, again where that is so already."""
        is_in = isinstance(self._state.login, SignedIn)
        self._run_login(AuthAction.SIGN_IN_AGAIN if is_in else AuthAction.SIGN_IN)

    def change_account(self) -> None:
        self._run_login(AuthAction.SWITCH_ACCOUNT)

    def sign_out(self) -> None:
        self._run_login(AuthAction.SIGN_OUT)

    def _run_login(self, action: AuthAction) -> None:
        service = self._service_with_login()
        if service is None:
            return
        if action is AuthAction.SWITCH_ACCOUNT and not service.kind.has_accounts:
            self._window.notify(f"{service.name} has one account only.")
        else:
            self._window.post(RunLogin(service.name, action))

    def _service_with_login(self) -> Service | None:
        """The service of the open conversation; `None`, with a notice, where it has no login."""
        service = self._state.service
        if service is None:
            name = self._state.open.service
            self._window.notify(f"The service {name} is no longer in the configuration.")
        elif reason := unsupported_reason(service, self._state.login):
            self._window.notify(reason)
        else:
            return service
        return None

    def choose_model(self, name: str = "") -> None:
        """Let a model answer from now on, which is chosen among all services unless it is named."""
        if not name:
            self._open_services()
            return
        name = find_numbered(listed_models(self._chat, self._state.open), name) or name
        chosen = find_model(self._chat, self._state.open, name)
        self._let_answer(self._state.open.id, chosen)
        self._window.notify(choice_sentence(self._chat, chosen))

    async def add_service(self, name: str = "", url: str = "", model: str = "") -> None:
        """Add a service as it is typed, or as it is filled in."""
        if name:
            await self._save(new_form(name, url, model), f"/add-service {name} {url} {model}")
        else:
            self._open_services("add_service")

    async def edit_service(self, name: str = "", change: str = "") -> None:
        """Change a field of a service as it is typed, or show its form, which takes a key."""
        if change and change != "key":
            form = ServiceForm.of(known_service(self._chat.services, name))
            await self._save(with_field(form, change), f"/edit-service {name} {change}")
        else:
            self._open_services("edit_service", name)

    def test_service(self, name: str = "") -> None:
        self._open_services("test_service", name)

    def remove_service(self, name: str = "") -> None:
        self._open_services("remove_service", name)

    async def _save(self, form: ServiceForm, typed: str) -> None:
        try:
            service = await save_form(self._registry, self._chat.services, form)
        except FakeGPTError:
            self._window.prompt.restore_text(typed.rstrip())
            raise
        name = service.name
        self._window.notify(
            f"{name} is in config.toml. /model {name} uses it, /test-service {name} tries it out."
        )

    async def toggle_favourite(self) -> None:
        """Mark the model of the open conversation as a favourite, or no longer."""
        model = self._state.model
        favourite = model not in self._registry.favourites
        await self._registry.set_favourite(model, favourite=favourite)
        self._window.notify(f"{model} is {'a' if favourite else 'no longer a'} favourite.")

    def _open_services(self, begin: str = "", name: str = "") -> None:
        """Show the services, perhaps to do something at once with one of them."""
        from fakegpt_tui.ui.dialogs.services import ServicesScreen  # noqa: PLC0415 - after first paint

        conversation_id = self._state.open.id

        def take(chosen: tuple[ModelRef, ...]) -> None:
            for model in chosen:
                self._let_answer(conversation_id, model, only_here=screen.is_only_here)
                if screen.is_only_here:
                    self._window.notify(f"{model} answers here alone.")

        screen = ServicesScreen(
            self._chat,
            self._registry,
            current=self._state.model,
            clock=self._clock,
            begin=begin,
            at=ModelRef(name) if name else None,
            recent=recent_models(self._memory),
        )
        self._window.ask(screen, take)

    def _let_answer(
        self, conversation_id: str, model: ModelRef, *, only_here: bool = False
    ) -> None:
        """Let a model answer in a conversation, and in new ones where that is not temporary."""
        self._chat.actions.set_service(conversation_id, model.service, model.model)
        if not only_here and not self._chat.conversations.is_temporary(conversation_id):
            self._use_from_now_on(model)
        self._window.post(RunLogin(model.service))

    def _use_from_now_on(self, model: ModelRef) -> None:
        """Let a model answer in new conversations, in this run and in those to come."""
        self._chat.services.set_default(model.service, model.model)
        last = [model, *(each for each in recent_models(self._memory) if each != model)]
        values = {
            "service": model.service,
            "model": model.model,
            _RECENT: "\n".join(f"{each.service} {each.model}" for each in last[:_MAX_RECENT]),
        }
        self._window.work(self._memory.remember(values), group="memory", exclusive=False)


def recent_models(memory: ChoiceMemory) -> tuple[ModelRef, ...]:
    """The models that were chosen last, the last one first."""
    lines = (memory.get(_RECENT) or "").splitlines()
    return tuple(
        ModelRef(service, model) for service, _, model in (each.partition(" ") for each in lines)
    )


def unsupported_reason(service: Service, state: LoginState) -> str:
    """Why `service` has no login, in a sentence; empty where it has one."""
    if isinstance(state, KeyNeeded):
        return f"{service.name} wants a key instead of a login: /edit-service takes one."
    if isinstance(state, NoLogin) or service.kind.is_api:
        return f"{service.name} needs no login: its address, and its key if it has one, are enough."
    return ""


def available_actions(service: Service, state: LoginState) -> tuple[Choice, ...]:
    """What can be done about the login of `service`, the likeliest first."""
    other = (_ELSEWHERE,) if service.kind.has_accounts else ()
    match state:
        case SigningIn():
            return (_GIVE_UP,)
        case SignedIn():
            return (_AGAIN, *other, _OUT)
        case _:
            return (_IN, *other, _OUT)
