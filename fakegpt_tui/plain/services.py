"""Services in plain mode: models, signing in and out; adding, changing, testing, removing."""

from dataclasses import replace

from fakegpt_tui.chat.argument_values import (
    choice_sentence,
    find_model,
    known_service,
    new_form,
    save_form,
    with_field,
)
from fakegpt_tui.domain import FakeGPTError, ModelRef, NoLogin, ServiceForm, SignedIn
from fakegpt_tui.plain.session import PlainSession


class PlainServices:
    """The service and model of the open conversation, and those of the configuration."""

    def __init__(self, session: PlainSession) -> None:
        self._session = session
        self._chat = session.chat
        self._ports = session.ports

    async def choose_model(self, name: str = "") -> None:
        """Let another model reply from now on; without a name, say which there are."""
        session = self._session
        if not name:
            await self._list_models()
            return
        chosen = find_model(self._chat, session.open, session.numbered("model", name) or name)
        self._chat.actions.set_service(session.open.id, chosen.service, chosen.model)
        if not self._chat.conversations.is_temporary(session.open.id):
            self._chat.services.set_default(chosen.service, chosen.model)
            await self._ports.remember({"service": chosen.service, "model": chosen.model})
        session.say(choice_sentence(self._chat, chosen))

    async def _list_models(self) -> None:
        session = self._session
        session.say(f"{self._open_model()} answers here.")
        names: list[str] = []
        for service in self._chat.services.offered(session.open.service):
            try:
                models = await self._chat.services.models(service.name)
            except FakeGPTError as error:
                session.say(f"{service.name}: {error}")
                models = ()
            refs = [ModelRef(service.name, each.id) for each in models] or [ModelRef(service.name)]
            for ref in refs:
                names.append(str(ref))
                session.say(f"{len(names)}. {ref}")
        session.offer("model", names)
        session.say("Say /model and a number, or a name.")

    def _open_model(self) -> ModelRef:
        return ModelRef(self._session.open.service, self._session.open.model)

    def show_account(self) -> None:
        name = self._session.open.service
        account = self._chat.services.account(name)
        match self._chat.services.login_state(name):
            case SignedIn():
                self._session.say(f"{name}: signed in{f' as {account}' if account else ''}.")
            case NoLogin():
                self._session.say(f"{name} needs no login.")
            case _:
                self._session.say(f"{name}: not signed in. /login does it.")

    async def sign_in(self) -> None:
        name = self._session.open.service
        is_in = isinstance(self._chat.services.login_state(name), SignedIn)
        if is_in:
            await self._chat.services.sign_in_again(name)
        else:
            await self._chat.services.sign_in(name)
        self.show_account()

    async def change_account(self) -> None:
        name = self._session.open.service
        before = self._chat.services.account(name)
        await self._chat.services.sign_in_again(name, elsewhere=True)
        if self._chat.services.account(name) == before:
            self._session.say(f"{name} has no other account that would do.")
        self.show_account()

    async def sign_out(self) -> None:
        name = self._session.open.service
        await self._chat.services.sign_out(name)
        self._session.say(f"Signed out of {name}: its token is forgotten.")

    async def toggle_favourite(self) -> None:
        model, registry = self._open_model(), self._ports.services()
        favourite = model not in registry.favourites
        await registry.set_favourite(model, favourite=favourite)
        self._session.say(f"{model} is {'a' if favourite else 'no longer a'} favourite.")

    async def add_service(self, name: str = "", url: str = "", model: str = "") -> None:
        """Add a service by its name, its address and perhaps its model."""
        if not name:
            self._session.say(
                "Say /add-service, a name, the address, and perhaps a model."
                " /edit-service and the name take a key."
            )
            return
        await self._save(new_form(name, url, model))

    async def edit_service(self, name: str = "", change: str = "") -> None:
        """Change a field of a service; `key` is asked for and not shown."""
        if not change:
            fields = "url=VALUE, model=VALUE, kind=VALUE, key_env=VALUE or key"
            self._session.say(f"Say /edit-service, its name, and one of {fields}.")
            return
        form = ServiceForm.of(known_service(self._chat.services, name))
        if change == "key":
            secret = self._ports.read_secret(f"Key of {name}: ")
            if secret is None:
                self._session.say("No key was typed; nothing has changed.")
                return
            form = replace(form, key=secret, key_in_file=True)
        else:
            form = with_field(form, change)
        await self._save(form)

    async def test_service(self, name: str = "") -> None:
        """Try a service out, and say what works; without a name, the one of this conversation."""
        service = known_service(self._chat.services, name or self._session.open.service)
        async for check in self._ports.services().check_connection(ServiceForm.of(service)):
            self._session.say(check.sentence)

    async def remove_service(self, name: str = "") -> None:
        if not name:
            self._session.say("Say /remove-service and the name of a service.")
            return
        service = known_service(self._chat.services, name)
        if self._session.is_confirmed(f"This removes {service.name}."):
            await self._ports.services().remove(name)
            self._session.say(f"{name} is removed from the configuration.")

    async def _save(self, form: ServiceForm) -> None:
        service = await save_form(self._ports.services(), self._chat.services, form)
        self._session.say(
            f"{service.name} is in the configuration. /model {service.name} uses it, and"
            f" /test-service {service.name} tries it out."
        )


class PlainSideBySide:
    """Asks several models for replies to one prompt, one after another."""

    def __init__(self, session: PlainSession) -> None:
        self._session = session

    async def ask(self, *names: str) -> None:
        """Ask these models for the reply to the last prompt; each is a variant of it."""
        session = self._session
        if not any(names) or not session.path:
            session.say("Ask something, and then say /side-by-side and the names of the models.")
            return
        models = [find_model(session.chat, session.open, each) for each in names if each]
        message_id = session.path_to_mark[-1].id
        for model in models:
            session.say(f"{model}:")
            turns = session.chat.turns
            (turn,) = turns.regenerate_parallel(session.open.id, message_id, (model,))
            await session.run(turn)
            session.refresh()
        session.say("Say /variant and a number to go on with another reply.")
