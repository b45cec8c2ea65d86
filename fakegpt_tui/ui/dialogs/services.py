"""Services dialog: choose, test, add, change and remove services and models."""

from collections.abc import AsyncGenerator, Collection
from contextlib import aclosing

from textual import on, work
from textual.content import Content
from textual.widgets import Input

from fakegpt_tui.domain import (
    ConnectionCheck,
    FakeGPTError,
    ModelRef,
    Service,
    ServiceForm,
    ServiceKind,
)
from fakegpt_tui.keymap import KeyScope
from fakegpt_tui.ui.bindings import bindings
from fakegpt_tui.ui.dialogs.service_picker import ServicePickerScreen
from fakegpt_tui.ui.service_rows import check_step_line, trial_text
from fakegpt_tui.ui.widgets.service_list import ServiceList


class ServicesScreen(ServicePickerScreen):
    """Adds, changes, tries and removes services; dismissed with the chosen models, or nothing."""

    BINDINGS = bindings(KeyScope.SERVICES)

    is_only_here = False
    """Is what was chosen for the open conversation alone, and not for new ones?"""

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Asking all that are marked is for where several are wanted."""
        del parameters
        match action:
            case "ask_marked":
                return self._request.max_count > 1
            case "use_here":
                return self._request.max_count == 1
            case _:
                return True

    @on(Input.Submitted)
    @on(ServiceList.OptionSelected)
    def use(self) -> None:
        self.action_use()

    def action_use(self) -> None:
        """Choose the highlighted one, or mark it where several are wanted."""
        model = self._list.highlighted_model
        if model is None:
            return
        if self._request.max_count == 1:
            self._choose((model,))
        else:
            self._mark(model)

    def action_use_here(self) -> None:
        """Choose the highlighted one for the open conversation alone."""
        self.is_only_here = True
        self.action_use()

    def _mark(self, model: ModelRef) -> None:
        if model in self._marked:
            self._marked.remove(model)
        elif len(self._marked) == self._request.max_count:
            self._say(
                Content(f"{self._request.max_count} are marked, which is as many as there can be.")
            )
            return
        else:
            self._marked.append(model)
        self.query_one(Input).value = ""
        self.refresh_rows()

    def action_ask_marked(self) -> None:
        if len(self._marked) > 1:
            self._choose(tuple(self._marked))
        else:
            self._say(Content(f"Mark two to {self._request.max_count} with enter first."))

    @work(exclusive=True, group="choose")
    async def _choose(self, models: tuple[ModelRef, ...]) -> None:
        """Close with the chosen models; a service that was only found is added first."""
        known = {service.name for service in self._chat.services.all()}
        found = {each.service.name: each.service for each in self._found}
        try:
            for name in {each.service for each in models} - known:
                await self._registry.save(ServiceForm.of(found[name]))
        except FakeGPTError as error:
            self._say(_failed(str(error)))
        else:
            self.dismiss(models)

    @work(exclusive=True, group="favourite")
    async def action_toggle_favourite(self) -> None:
        model = self._list.highlighted_model
        if model is None or not model.model:
            self._say(Content("A favourite is a model: go to one of the service's models."))
            return
        try:
            favourite = model not in self._registry.favourites
            await self._registry.set_favourite(model, favourite=favourite)
        except FakeGPTError as error:
            self._say(_failed(str(error)))
        else:
            self.refresh_rows()

    def action_add_service(self) -> None:
        self._open_form(None)

    def action_edit_service(self) -> None:
        service = self._service
        if service is None:
            return
        if service.kind is ServiceKind.EMBEDDED:
            self._say(Content("The built-in host has nothing to change; F4 adds a service."))
            return
        self._open_form(service)

    def action_test_service(self) -> None:
        """Try the service out with the highlighted model."""
        service, model = self._service, self._list.highlighted_model
        if service is None or model is None:
            return
        if service.kind is ServiceKind.EMBEDDED:
            self._say(Content("The built-in host is part of this program, and always there."))
            return
        self._try(self._registry.check_connection(ServiceForm.of(service, model.model)))

    @work(exclusive=True, group="trial")
    async def _try(self, trial: AsyncGenerator[ConnectionCheck]) -> None:
        lines: list[Content] = []
        async with aclosing(trial) as steps:
            self._say(trial_text(lines))
            async for step in steps:
                lines.append(check_step_line(step))
                self._say(trial_text(lines))
        self._say(Content("\n").join(lines))

    def action_remove_service(self) -> None:
        service = self._service
        if service is None:
            return
        name = service.name
        if service not in self._chat.services.all():
            self._say(Content("It was only found, and is not in the configuration."))
            return
        from fakegpt_tui.ui.dialogs import Choice  # noqa: PLC0415 - with the question
        from fakegpt_tui.ui.dialogs.pick import PickScreen  # noqa: PLC0415 - as above

        key = self._registry.removable_key_location(name)
        lost = f", and its key from {key}" if key else ""
        choices = [
            Choice("keep", "Keep it"),
            Choice("remove", f"Remove {name} from config.toml{lost}"),
        ]

        def take(choice: str | None) -> None:
            if choice == "remove":
                self._remove(name)

        self.app.push_screen(PickScreen(f"Removal of {name}", choices, filters=False), take)

    @work(exclusive=True, group="remove")
    async def _remove(self, name: str) -> None:
        try:
            await self._registry.remove(name)
        except FakeGPTError as error:
            self._say(_failed(str(error)))
            return
        self._forget(name)
        self.refresh_rows()
        self._say(Content(f"{name} is no longer in config.toml."))

    def _open_form(self, service: Service | None) -> None:
        from fakegpt_tui.ui.dialogs.service_form import ServiceFormScreen  # noqa: PLC0415 - when used

        names: Collection[str] = {each.name for each in self._chat.services.all()}

        def take(saved: Service | None) -> None:
            if saved is not None:
                self._forget(saved.name)
                if service is None and self._request.max_count == 1:
                    self._choose((ModelRef(saved.name, saved.model),))
                    return
                self.query_one(Input).value = ""
                self.refresh_rows(highlight=ModelRef(saved.name))
                self._ask(saved.name)

        self.app.push_screen(ServiceFormScreen(self._registry, service, names), take)

    def _forget(self, name: str) -> None:
        self._errors.pop(name, None)
        self._chat.services.reconnect(name)


def _failed(sentence: str) -> Content:
    return check_step_line(ConnectionCheck(sentence, worked=False))
