"""Options and arguments that several commands share: settings, and the names of conversations."""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, TypeVar

import click

from fakegpt_tui.cli.output import echo_err
from fakegpt_tui.config.load import load_settings, load_usable_settings
from fakegpt_tui.config.spec import SETTING_SPECS, Settings
from fakegpt_tui.domain import Conversation, NotFound
from fakegpt_tui.text import safe_line

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from fakegpt_tui.cli.completion_values import Complete


TEMPORARY = "fakegpt_tui.temporary"
"""In the `meta` of a context: is nothing of new conversations to be kept on disk?"""

_Command = TypeVar("_Command", bound=Callable[..., Any])


def setting_option(*names: str, **attributes: Any) -> Callable[[_Command], _Command]:
    """An option that sets the setting of its name, with its description as help.

    After the name of a command it wins over the same option before it.
    """
    row = SETTING_SPECS.get(names[-1].removeprefix("--").replace("-", "_"))
    help_text = attributes.pop("help", row.description if row else "")

    def note(context: click.Context, option: click.Parameter, value: object) -> None:
        flags = context.ensure_object(dict)
        if value is not None and option.name is not None:
            flags[option.name] = value

    return click.option(*names, expose_value=False, callback=note, help=help_text, **attributes)


def option_group(*options: Callable[[Any], Any]) -> Callable[[_Command], _Command]:
    """Several options as one, in the order of `--help`."""

    def decorate(command: _Command) -> _Command:
        for option in reversed(options):
            command = option(command)
        return command

    return decorate


def completing(values: str) -> "Complete":
    """What completes a value in a shell, by its name in `completion_values`, imported on tab."""

    def complete(
        context: click.Context, parameter: click.Parameter, typed: str
    ) -> "list[CompletionItem]":
        from fakegpt_tui.cli import completion_values  # noqa: PLC0415 - on tab

        made: Complete = getattr(completion_values, f"complete_{values}")
        return made(context, parameter, typed)

    return complete


json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")


file_options = option_group(
    setting_option(
        "--config",
        type=click.Path(),
        metavar="FILE",
        help="Read this configuration file instead of the usual one.",
    ),
    setting_option(
        "--data-dir",
        type=click.Path(),
        metavar="DIR",
        help="Keep everything that is written in this folder.",
    ),
    setting_option("--log", type=click.Path(), metavar="FILE"),
)
service_option = setting_option(
    "-s",
    "--service",
    metavar="NAME",
    help="Use this service of the configuration.",
    shell_complete=completing("services"),
)
service_options = option_group(
    service_option,
    setting_option(
        "-m",
        "--model",
        metavar="MODEL",
        help="Ask for this model, by the service's name for it.",
        shell_complete=completing("models"),
    ),
)


def settings_of(context: click.Context) -> Settings:
    """The settings that the options given so far lead to.

    Raises:
        ConfigError: A value in the configuration cannot be used.
    """
    settings = load_settings(context.ensure_object(dict))
    _start_log(settings, context)
    return settings


def _start_log(settings: Settings, context: click.Context) -> None:
    if settings.log is not None:
        from fakegpt_tui.cli.log import start_log  # noqa: PLC0415 - only with a log

        start_log(settings, context.command_path)


def folders_of(context: click.Context, *, may_be_missing: bool = False) -> Settings:
    """Settings whose folders are as configured, for commands that need no more.

    A configuration that cannot be used otherwise is a warning on standard error.

    Raises:
        ConfigError: Where the folders are cannot be told, or a file that was chosen is missing.
    """
    usable = load_usable_settings(context.ensure_object(dict), may_be_missing=may_be_missing)
    if usable.error is not None:
        echo_err(f"{usable.error} Only folders are taken from the configuration.")
    _start_log(usable.settings, context)
    return usable.settings


def find_conversation(conversations: Iterable[Conversation], name: str) -> Conversation:
    """The one conversation whose id begins with `name`, or else whose title does.

    Raises:
        NotFound: There is none, or more than one.
    """
    known, wanted = tuple(conversations), " ".join(name.split()).casefold()
    ways: tuple[Callable[[Conversation], bool], ...] = (
        lambda each: each.id.startswith(wanted),
        lambda each: each.title.casefold() == wanted,
        lambda each: each.title.casefold().startswith(wanted),
    )
    matching = ([each for each in known if way(each)] for way in ways if wanted)
    found = next(filter(None, matching), [])
    shown = repr(safe_line(name, 60))
    if not found:
        raise NotFound(f"There is no conversation whose id or title begins with {shown}.")
    if len(found) > 1:
        raise NotFound(
            f"There are {len(found)} conversations whose id or title begins with {shown}; give"
            " more of the id, as `list` shows it."
        )
    return found[0]


def named_or_newest(conversations: Iterable[Conversation], name: str) -> Conversation:
    """The one conversation of a name, or the newest one where that is empty.

    Raises:
        NotFound: There is none, or more than one.
    """
    return find_conversation(conversations, name) if name else find_newest(conversations)


def find_newest(conversations: Iterable[Conversation]) -> Conversation:
    """The conversation that was used last.

    Raises:
        NotFound: There is none at all.
    """
    found = max(conversations, key=lambda each: each.updated_at, default=None)
    if found is None:
        raise NotFound("There are no conversations yet.")
    return found
