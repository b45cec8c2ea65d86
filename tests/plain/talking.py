"""A plain chat in memory, with settings and services that only note what is asked of them."""

from dataclasses import dataclass, field, replace
from pathlib import Path

from fakegpt_tui.backends.scripted import ScriptedBackend
from fakegpt_tui.chat.service import ChatService
from fakegpt_tui.domain import (
    ConfigError,
    ConnectionCheck,
    LoadError,
    Preset,
    Secret,
    Service,
    ServiceForm,
    ServiceKind,
    TimeLimits,
)
from fakegpt_tui.plain.chat import PlainChat
from fakegpt_tui.plain.session import PlainPorts
from fakegpt_tui.ui.controllers.items import write_new_file
from fakegpt_tui.ui.dialogs.items import items_of
from fakegpt_tui.ui.markdown.inline import message_links
from fakegpt_tui.ui.options import EffectiveSetting
from tests.stubs import SERVICE, MemoryStore, connecting

LAB = Service(
    name="lab",
    kind=ServiceKind.OPENAI,
    url="http://127.0.0.1:9",
    model="m-1",
    key_header="api-key",
    limits=TimeLimits(first_event=3600),
)


@dataclass
class NotedSettings:
    """Two settings; changes are noted."""

    changed: list[tuple[str, str | None]] = field(default_factory=list)

    async def settings(self) -> tuple[EffectiveSetting, ...]:
        return (
            EffectiveSetting(name="theme", value="dark", origin="default", description="Colours."),
            EffectiveSetting(
                name="motion",
                value="on",
                origin="file",
                description="Signs.",
                choices=("on", "off"),
            ),
        )

    async def change(self, name: str, value: str | None) -> str | None:
        if value == "wrong":
            raise ConfigError("That cannot be used.")
        self.changed.append((name, value))
        return None


class NotedServices:
    """Services of a configuration; forms that were saved are noted."""

    def __init__(self) -> None:
        self.favourites: tuple[object, ...] = ()
        self.saved: list[ServiceForm] = []
        self.removed: list[str] = []

    async def set_favourite(self, answerer: object, *, favourite: bool) -> None:
        self.favourites = (answerer,) if favourite else ()

    def validate(self, draft: ServiceForm) -> dict[str, str]:
        return {} if draft.url.startswith("http") else {"url": "The address begins with http."}

    async def check_connection(self, draft: ServiceForm):
        yield ConnectionCheck(f"{draft.url} does not answer.", worked=False)

    async def save(self, draft: ServiceForm) -> Service:
        self.saved.append(draft)
        return replace(LAB, name=draft.name)

    async def remove(self, name: str) -> None:
        self.removed.append(name)


def ports(folder: Path, **changed: object) -> PlainPorts:
    services = NotedServices()

    async def remember(_values: object) -> None:
        pass

    async def copy(text: str, what: str) -> str:
        return f"Copied the {what}: {text}"

    async def open_file(path: Path, _name: str) -> None:
        assert path.exists()

    async def open_link(href: str) -> None:
        if "@" in href:
            raise LoadError("It is not opened.")

    known = {
        "links": message_links,
        "open_link": open_link,
        "copy": copy,
        "open_file": open_file,
        "suspend": lambda: None,
        "exports": folder,
        "services": lambda: services,
        "settings": NotedSettings(),
        "remember": remember,
        "edit": lambda text: f"{text} edited",
        "read_secret": lambda _question: Secret("sk-canary"),
        "items": items_of,
        "write_file": write_new_file,
    }
    return PlainPorts(**(known | changed))


def plain_chat(
    said: list[str], folder: Path, *scripts, backend=None, store=None, **changed
) -> PlainChat:
    store = store or MemoryStore()
    chat = ChatService(
        lambda: store,
        {"scripted": SERVICE, "lab": LAB},
        connecting(backend or ScriptedBackend(*scripts)),
        service="scripted",
        presets={"brief": Preset("brief", "Be brief.")},
    )
    return PlainChat(chat, said.append, ports(folder, **changed))
