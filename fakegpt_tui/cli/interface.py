"""Starting the user interface or the plain chat."""

from __future__ import annotations

import asyncio
import gc
import os
import sys
from collections.abc import Mapping, MutableMapping
from contextlib import closing
from dataclasses import replace
from functools import cache, partial
from typing import TYPE_CHECKING, Any

import click

from fakegpt_tui.cli.composition import LazyStore, open_chat, open_store, without_service_keys
from fakegpt_tui.cli.settings_store import (
    LastChoices,
    PresetStore,
    SettingsStore,
    with_last_choices,
)
from fakegpt_tui.config.spec import SETTING_SPECS, Settings, Source
from fakegpt_tui.domain import ConfigError

if TYPE_CHECKING:
    from fakegpt_tui.attachments.snippets import Snippet
    from fakegpt_tui.chat.service import ChatService
    from fakegpt_tui.store.conversation_store import ConversationStore
    from fakegpt_tui.ui.app import FakeGPTApp
    from fakegpt_tui.ui.options import ServiceRepository

_START_SECONDS = 0.5
"""After which there is garbage to collect; importing makes none."""
_SWITCH_SECONDS = 0.001
"""After which a thread that is busy lets another run: a key needs several, each of which waits."""
_NEVER = 1_000_000
_MIRROR_SECONDS = 3
"""How long leaving may take for the mirror folder; the next start goes on with what is left."""


def open_interface(settings: Settings, *, resume: str | None, temporary: bool) -> int:
    """Open the interface that the settings ask for; the exit code of the process.

    Args:
        settings: The settings.
        resume: The beginning of the id of the conversation to open, empty for the newest.
        temporary: Do new conversations leave nothing on disk?

    Raises:
        FakeGPTError: The interface could not be opened.
    """
    choices = LastChoices(settings.choices_file)
    settings = with_last_choices(settings, choices)
    # Textual reads from standard input and draws on standard error.
    if not settings.plain and not all(os.isatty(descriptor) for descriptor in (0, 1, 2)):
        raise ConfigError(
            "The user interface needs a terminal. `fakegpt-tui ask` answers without one, "
            "and `fakegpt-tui --plain` chats line by line."
        )
    if settings.plain:
        gc.enable()

        with open_store(settings, changes=True) as store:
            found = None if resume is None else _find_resumed(store, resume)
            from fakegpt_tui.cli.plain_chat import run_plain_chat  # noqa: PLC0415 - for plain mode alone

            return run_plain_chat(settings, store, found, temporary=temporary)
    drop_empty_no_color(os.environ)
    with closing(LazyStore(settings, mirror_seconds=_MIRROR_SECONDS)) as store:
        found = None if resume is None else _find_resumed(store.open(), resume)
        run = partial(_run_app, settings, store, found, choices, temporary=temporary)
        ended = asyncio.run(run(reopens_store=True))
    if ended.unreadable is not None:
        # Opening it once more brings over what is whole, or says what is the matter.
        with closing(LazyStore(settings, mirror_seconds=_MIRROR_SECONDS)) as store:
            store.open()
            typed = ended.unreadable.typed
            run = partial(_run_app, settings, store, found, choices, temporary=temporary)
            ended = asyncio.run(run(typed=typed))
    return ended.return_code or 0


async def _run_app(
    settings: Settings,
    store: LazyStore,
    conversation_id: str | None,
    choices: LastChoices,
    *,
    temporary: bool,
    reopens_store: bool = False,
    typed: str = "",
) -> FakeGPTApp:
    """Run the app until it ends; the app as it is then."""
    presets = PresetStore(settings.presets, settings.config_file)
    settings_now = replace(settings, presets=presets.presets)
    async with open_chat(settings_now, store.open, temporary=temporary) as chat:
        app = _build_app(
            settings,
            presets,
            chat,
            store,
            choices,
            resume=conversation_id,
            reopens_store=reopens_store,
            typed=typed,
        )
        sys.setswitchinterval(_SWITCH_SECONDS)
        gc.freeze()  # What is there, much of it from importing, need not be looked through.
        asyncio.get_running_loop().call_later(_START_SECONDS, defer_full_collections)
        await app.run_async()
    if app.crash is not None:
        from fakegpt_tui.cli.log import describe_crash  # noqa: PLC0415 - seldom

        click.echo(describe_crash(app.crash, folder=settings.crash_reports), err=True)
    return app


def defer_full_collections() -> None:
    """Begin to collect, and leave whole collections to an `IdleCollector`.

    What the first frame made stays: looking through it at once would take longer than a frame.
    """
    gc.freeze()
    young, middle, _ = gc.get_threshold()
    gc.set_threshold(young, middle, _NEVER)
    gc.enable()


def _read_snippets(settings: Settings) -> Mapping[str, Snippet]:
    from fakegpt_tui.attachments.snippets import read_snippets  # noqa: PLC0415 - when a slash is typed

    return read_snippets(settings.snippets_folder).snippets


def _build_app(
    settings: Settings,
    presets: PresetStore,
    chat: ChatService,
    store: LazyStore,
    choices: LastChoices,
    **start: Any,
) -> FakeGPTApp:
    from fakegpt_tui.ui.app import FakeGPTApp  # noqa: PLC0415 - slow, and not for commands
    from fakegpt_tui.ui.options import AUTO_THEME, AmbiguousWidth, NotifyMode, Options  # noqa: PLC0415
    from fakegpt_tui.ui.themes import theme_files, theme_name, theme_names  # noqa: PLC0415

    own_themes = theme_files(settings.themes_folder)
    known_themes = theme_names(own_themes)
    if settings.theme is not None and theme_name(settings.theme) not in map(
        theme_name, known_themes
    ):
        if settings.origins["theme"].source is not Source.LAST_CHOICE:
            known = ", ".join(known_themes)
            raise ConfigError(f"There is no theme {settings.theme!r}; there are {known}.")
        settings = replace(settings, theme=None)  # Another version had it, or its file is gone.

    @cache
    def services() -> ServiceRepository:
        from fakegpt_tui.cli.service_registry import ServiceRegistry  # noqa: PLC0415 - not at once

        return ServiceRegistry(settings)

    options = Options(
        exports=settings.folders.exports,
        theme=settings.theme or AUTO_THEME,
        theme_files=own_themes,
        snippets=partial(_read_snippets, settings),
        snippets_folder=settings.snippets_folder,
        values={name: getattr(settings, name) for name in SETTING_SPECS},
        notify=NotifyMode(settings.notify),
        services=services,
        save_preset=presets.save,
        enter_sends=settings.enter == "send",
        ambiguous_width=AmbiguousWidth(settings.ambiguous_width),
        settings=SettingsStore(
            settings,
            themes=lambda: theme_names(theme_files(settings.themes_folder)),
            choices=choices,
        ),
        memory=choices,
        keys=settings.keys,
        notices=lambda: store.notices,
        child_environment=partial(without_service_keys, settings),
        # Linux' own console has a box for each character that it does not know.
        isolates_bidi=os.environ.get("TERM") != "linux",
        **start,
    )
    return FakeGPTApp(chat, options)


def _find_resumed(store: ConversationStore, resume: str) -> str:
    from fakegpt_tui.cli.options import named_or_newest  # noqa: PLC0415 - seldom

    return named_or_newest(store.conversations(), resume).id


def drop_empty_no_color(environ: MutableMapping[str, str]) -> None:
    """Unset an empty NO_COLOR, which Textual would treat as set."""
    if environ.get("NO_COLOR") == "":
        del environ["NO_COLOR"]
