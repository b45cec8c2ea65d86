"""Arguments of slash commands: what may be typed there, and adding services with them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from fakegpt_tui.domain import (
    ConfigError,
    FakeGPTError,
    ModelRef,
    NotFound,
    ServiceForm,
    ServiceKind,
)
from fakegpt_tui.keymap.argument_kinds import ArgumentQuestion, ArgumentValue
from fakegpt_tui.text import safe_line

if TYPE_CHECKING:
    from fakegpt_tui.chat.service import ChatService
    from fakegpt_tui.chat.services import Services
    from fakegpt_tui.domain import Conversation, Service

_MOST_NUMBERED = 100
_LONGEST = 200
DEFAULT = "default"
"""What takes the value of a setting away."""
NO_EFFORT = "none"

T = TypeVar("T")


class SettingChoices(Protocol):
    """A setting, as far as it is chosen by name."""

    @property
    def name(self) -> str: ...
    @property
    def value(self) -> str: ...
    @property
    def choices(self) -> tuple[str, ...]: ...


class ArgumentValues:
    """Answers what may stand in the place of an argument.

    What must be asked for first is known once `load` has asked for it; before, anything may do.
    """

    def __init__(
        self,
        chat: ChatService,
        opened: Callable[[], Conversation],
        settings: Callable[[], Awaitable[Sequence[SettingChoices]]] | None = None,
    ) -> None:
        """`opened` tells which conversation is open, and `settings` reads all settings."""
        self._chat = chat
        self._opened = opened
        self._read_settings = settings
        self._settings: Sequence[SettingChoices] = ()
        self._levels: dict[ModelRef, tuple[str, ...]] = {}
        self._readers: Mapping[str, Callable[[ArgumentQuestion], Sequence[ArgumentValue] | None]]
        self._readers = {
            "MODEL": lambda question: self._models(question.typed),
            "SERVICE": lambda _: self._services(),
            "PRESET": lambda _: self._presets(),
            "FORMAT": lambda _: _formats(),
            "GROUP": lambda _: _groups(),
            "LEVEL": lambda _: self._levels_here(),
            "CONVERSATION": lambda _: _values(dict.fromkeys(map(_title, chat.conversations.all()))),
            "FOLDER": lambda _: _values(folder.path for folder in chat.folders.all()),
            "TAGS": lambda _: _values(chat.folders.tags()),
            "NUMBER": self._numbered,
            "SETTING": lambda _: self._setting_names(),
            "THEME": lambda _: self._choices("theme"),
            "VALUE": lambda question: self._choices("".join(question.given), DEFAULT),
        }

    def __call__(self, question: ArgumentQuestion) -> Sequence[ArgumentValue] | None:
        """The values that there are; `None` where that is not known."""
        if question.kind.name.islower():
            return _values((question.kind.name,))
        read = self._readers.get(question.kind.name)
        return None if read is None else read(question)

    async def load(self, kinds: Collection[str], typed: str = "") -> None:
        """Ask for what is needed to know the values of these kinds, of which one is typed."""
        if self._read_settings is not None and not {"SETTING", "VALUE", "THEME"}.isdisjoint(kinds):
            with suppress(FakeGPTError):
                self._settings = await self._read_settings()
        if "MODEL" in kinds:
            await self._load_models(typed.partition("/")[0])
        opened = self._opened()
        if "LEVEL" in kinds:
            with suppress(FakeGPTError):  # which the command tells itself
                model = ModelRef(opened.service, opened.model)
                levels = await self._chat.services.effort_levels(opened.service, opened.model)
                self._levels[model] = (*levels, NO_EFFORT)

    async def _load_models(self, named: str) -> None:
        """Ask the open service for its models, and the named one, unless that was done."""
        services = self._chat.services
        for name in dict.fromkeys((self._opened().service, named)):
            if services.find(name) is not None:
                await services.look_up_models(name)

    def _models(self, typed: str) -> Sequence[ArgumentValue] | None:
        """The models; those of the open service are called by it where it is typed."""
        opened = self._opened()
        here = self._chat.services.known_models(opened.service)
        is_named = typed.startswith(f"{opened.service}/")
        named = [str(ModelRef(opened.service, each.id)) for each in here] if is_named else ()
        return _values((*named, *listed_models(self._chat, opened))) if here else None

    def _services(self) -> Sequence[ArgumentValue]:
        offered = self._chat.services.offered(self._opened().service)
        return _values(service.name for service in offered)

    def _levels_here(self) -> Sequence[ArgumentValue] | None:
        opened = self._opened()
        known = self._levels.get(ModelRef(opened.service, opened.model))
        return None if known is None else _values(dict.fromkeys(known))

    def _presets(self) -> Sequence[ArgumentValue]:
        presets = self._chat.presets.items()
        return [ArgumentValue(name, preset.system_prompt) for name, preset in presets]

    def _setting_names(self) -> Sequence[ArgumentValue] | None:
        return [ArgumentValue(each.name, each.value) for each in self._settings] or None

    def _choices(self, setting: str, *more: str) -> Sequence[ArgumentValue] | None:
        """What a setting takes, if it is chosen from a list."""
        choices = next((each.choices for each in self._settings if each.name == setting), ())
        return _values((*choices, *more)) if choices else None

    def _numbered(self, question: ArgumentQuestion) -> Sequence[ArgumentValue] | None:
        """What the numbers of some commands mean."""
        match question.command:
            case "message.go-to":
                path = self._chat.messages.path(self._opened().id)
                texts = [f"{message.role.value}: {message.text[:_LONGEST]}" for message in path]
            case "prompt.history":
                texts = list(self._chat.search.sent_prompts(_MOST_NUMBERED))
            case "list.show-trash":
                texts = [each.title for each in self._chat.conversations.trashed()]
            case _:
                return None
        return [ArgumentValue(str(number), text) for number, text in enumerate(texts, 1)]


def find_numbered(items: Sequence[T], number: str) -> T | None:
    """The item that a typed number means, counted from 1; `None` where there is none."""
    is_one = number.isdecimal() and 0 < int(number) <= len(items)
    return items[int(number) - 1] if is_one else None


def listed_models(chat: ChatService, conversation: Conversation) -> Sequence[str]:
    """The names of the models of a conversation's service, then of others, then of services."""
    services, here = chat.services, conversation.service
    others = [service.name for service in services.offered() if service.name != here]
    refs = [ModelRef(name, each.id) for name in others for each in services.known_models(name)]
    names = (*(model.id for model in services.known_models(here)), *map(str, refs), *others, here)
    return [name for name in dict.fromkeys(names) if name.isprintable()]


def find_model(chat: ChatService, conversation: Conversation, name: str) -> ModelRef:
    """The model that a name means: of the open service, unless a service is named before it."""
    service, _, model = name.partition("/")
    if chat.services.find(service) is not None:
        return ModelRef(service, model or chat.services.get(service).model)
    return ModelRef(conversation.service, name)


def choice_sentence(chat: ChatService, chosen: ModelRef) -> str:
    """That a model answers from now on, and whether its service lists no such one."""
    listed = [each.id for each in chat.services.known_models(chosen.service)]
    is_strange = chosen.model and listed and chosen.model not in listed
    but = f", though {chosen.service} lists no such model" if is_strange else ""
    return f"{chosen} answers from now on{but}."


def find_titled(chat: ChatService, title: str) -> Conversation | None:
    """The newest conversation with a title, as `ArgumentValues` spells it."""
    wanted = title.casefold()
    found = (each for each in chat.conversations.all() if _title(each).casefold() == wanted)
    return next(found, None)


def _title(conversation: Conversation) -> str:
    return safe_line(conversation.title, _LONGEST)


def _formats() -> Sequence[ArgumentValue]:
    from fakegpt_tui.chat.jobs import export_formats  # noqa: PLC0415 - when typed

    return [ArgumentValue(name, words) for name, words in export_formats().items()]


def _groups() -> Sequence[ArgumentValue]:
    from fakegpt_tui.chat.spending import SpendingGroup  # noqa: PLC0415 - when typed

    return _values(group.value for group in SpendingGroup)


def _values(names: Iterable[str]) -> Sequence[ArgumentValue]:
    return [ArgumentValue(name) for name in names if name and name.isprintable()]


class ServiceWriter(Protocol):
    """Writes services to the configuration; raises a `FakeGPTError` where it cannot."""

    def validate(self, draft: ServiceForm) -> Mapping[str, str]: ...
    async def save(self, draft: ServiceForm) -> Service: ...


def new_form(name: str, url: str, model: str) -> ServiceForm:
    """A service of the protocol that most servers speak."""
    return ServiceForm(name=name, kind=ServiceKind.OPENAI, url=url, model=model)


def with_field(form: ServiceForm, change: str) -> ServiceForm:
    """A form with one field changed, as in `model=m-1`.

    Raises:
        ConfigError: There is no such kind of service.
    """
    field, _, value = change.partition("=")
    if field == "kind":
        return replace(form, kind=_kind(value))
    changed: dict[str, Any] = {field: value}
    return replace(form, **changed)


async def save_form(writer: ServiceWriter, services: Services, form: ServiceForm) -> Service:
    """Write a service, and use it as it is now.

    Raises:
        ConfigError: Something in it cannot be used.
        SaveError: It cannot be written.
    """
    if problems := writer.validate(form):
        raise ConfigError(" ".join(problems.values()))
    service = await writer.save(form)
    services.reconnect(service.name)
    return service


def known_service(services: Services, name: str) -> Service:
    """A service by its name.

    Raises:
        NotFound: There is none; the sentence says which there are.
    """
    service = services.find(name)
    if service is None:
        known = ", ".join(each.name for each in services.all())
        raise NotFound(f"There is no service {name!r}; there are {known}.")
    return service


def _kind(value: str) -> ServiceKind:
    try:
        return ServiceKind(value)
    except ValueError as error:
        known = ", ".join(each.value for each in ServiceKind)
        raise ConfigError(f"There is no kind {value!r}; there are {known}.") from error
