"""Values that shells complete: conversations with their titles, models, services, folders, tags.

Nothing here writes, connects or complains: what cannot be read is not offered.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from typing import TYPE_CHECKING, TypeAlias, TypeVar

import click
from click.shell_completion import CompletionItem

from fakegpt_tui.domain import FakeGPTError
from fakegpt_tui.text import safe_line

if TYPE_CHECKING:
    from fakegpt_tui.config.spec import Settings
    from fakegpt_tui.domain import Conversation
    from fakegpt_tui.store.conversation_store import ConversationStore

Complete: TypeAlias = Callable[[click.Context, click.Parameter, str], list[CompletionItem]]

_MOST_CONVERSATIONS = 100
_SHORT_ID_LENGTH = 8
_LONGEST_HELP = 60

_Read = TypeVar("_Read")

Value: TypeAlias = tuple[str, str]
"""The text that is inserted, and its description."""


def complete_conversations(
    context: click.Context, _parameter: click.Parameter, typed: str
) -> list[CompletionItem]:
    """Ids that begin with the typed text, or else ids of titles that do."""
    return _matching_conversations(_read(context, lambda store: store.conversations()), typed)


def complete_trash(
    context: click.Context, _parameter: click.Parameter, typed: str
) -> list[CompletionItem]:
    return _matching_conversations(_read(context, lambda store: store.trashed()), typed)


def _matching_conversations(known: Iterable[Conversation], typed: str) -> list[CompletionItem]:
    known, wanted = tuple(known), typed.casefold()
    length = unambiguous_prefix_length(known)
    by_id = [each for each in known if each.id.startswith(wanted)]
    found = by_id or [each for each in known if each.title.casefold().startswith(wanted)]
    return _items((each.id[:length], each.title) for each in found[:_MOST_CONVERSATIONS])


def unambiguous_prefix_length(conversations: Iterable[Conversation]) -> int:
    """The length of the shortest prefix that is different for each id, at least 8."""
    ids = {conversation.id for conversation in conversations}
    length = _SHORT_ID_LENGTH
    while len({each[:length] for each in ids}) < len(ids):
        length += 1
    return length


def _read(
    context: click.Context, read: Callable[[ConversationStore], Iterable[_Read]]
) -> tuple[_Read, ...]:
    """What `read` finds in the store; nothing if there is no store yet."""
    settings = _settings(context)
    if settings is None or not settings.database.exists():
        return ()
    from fakegpt_tui.cli.composition import LazyStore  # noqa: PLC0415 - on tab

    try:
        with closing(LazyStore(settings)) as opener:
            return tuple(read(opener.open()))
    except FakeGPTError:
        return ()


def _completing(values: Callable[[click.Context, Settings], Iterable[Value]]) -> Complete:
    """Offer the values that begin with the typed text."""

    def complete(
        context: click.Context, _parameter: click.Parameter, typed: str
    ) -> list[CompletionItem]:
        settings = _settings(context)
        found = () if settings is None else values(context, settings)
        wanted = typed.casefold()
        return _items(each for each in found if each[0].casefold().startswith(wanted))

    return complete


def _services(_context: click.Context, settings: Settings) -> Iterator[Value]:
    for name, service in settings.services.items():
        if not service.notice:
            yield name, f"{service.kind.value} {service.url}"


def _models(context: click.Context, settings: Settings) -> Iterator[Value]:
    """The models that the configuration names, and those of earlier conversations."""
    found = {service.model: name for name, service in settings.services.items() if service.model}
    found |= {each.model: each.service for each in settings.favourites if each.model}
    for each in _read(context, lambda store: store.conversations()):
        if each.model:
            found.setdefault(each.model, each.service)
    yield from found.items()


def _folders(context: click.Context, _settings: Settings) -> Iterator[Value]:
    from fakegpt_tui.domain.folders import folder_order, with_ancestors  # noqa: PLC0415 - on tab

    made = {each.path: each for each in _read(context, lambda store: store.folders())}
    named = (each.folder for each in _read(context, lambda store: store.conversations()))
    for path in sorted(with_ancestors((*made, *named)), key=folder_order):
        yield path, made[path].system_prompt if path in made else ""


def _tags(context: click.Context, _settings: Settings) -> Iterator[Value]:
    known = _read(context, lambda store: store.conversations())
    for tag in sorted({tag for each in known for tag in each.tags}):
        yield tag, ""


def _presets(_context: click.Context, settings: Settings) -> Iterator[Value]:
    for name, preset in settings.presets.items():
        yield name, preset.system_prompt


def _snippets(_context: click.Context, settings: Settings) -> Iterator[Value]:
    from fakegpt_tui.attachments.snippets import read_snippets  # noqa: PLC0415 - on tab

    for name, snippet in read_snippets(settings.snippets_folder).snippets.items():
        yield name, snippet.description


def complete_snippet_values(
    context: click.Context, parameter: click.Parameter, typed: str
) -> list[CompletionItem]:
    """The variables of the snippet that still have no value, in front of its input."""
    from fakegpt_tui.attachments.snippets import read_snippets  # noqa: PLC0415 - on tab

    settings, name = _settings(context), context.params.get("snippet")
    if settings is None or not name:
        return []
    snippet = read_snippets(settings.snippets_folder).named(name)
    given = [word.partition("=") for word in context.params.get(str(parameter.name)) or ()]
    if snippet is None or any(not sign or key not in snippet.assignable for key, sign, _ in given):
        return []
    left = [each for each in snippet.asked if each not in {key for key, _, _ in given}]
    return _items(
        (f"{each}=", snippet.defaults[each] or "") for each in left if each.startswith(typed)
    )


def _generation(_context: click.Context, _settings: Settings) -> Iterator[Value]:
    from fakegpt_tui.domain.generation import GENERATION_ROWS  # noqa: PLC0415 - on tab

    for row in GENERATION_ROWS:
        yield f"{row.name}=", row.hint


complete_services = _completing(_services)
complete_models = _completing(_models)
complete_folders = _completing(_folders)
complete_tags = _completing(_tags)
complete_presets = _completing(_presets)
complete_snippets = _completing(_snippets)
complete_generation = _completing(_generation)


def _items(values: Iterable[Value]) -> list[CompletionItem]:
    return [
        CompletionItem(safe_line(value, 200), help=safe_line(help_text, _LONGEST_HELP))
        for value, help_text in values
    ]


def _settings(context: click.Context) -> Settings | None:
    from fakegpt_tui.config.load import load_settings  # noqa: PLC0415 - on tab

    try:
        return load_settings(context.ensure_object(dict))
    except FakeGPTError:
        return None
