"""`serve-admin keys`: the keys of a host for a team."""

import re
from collections.abc import Callable
from dataclasses import asdict, fields, replace
from datetime import UTC, datetime, timedelta
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from fakegpt_tui.cli.options import json_option, option_group
from fakegpt_tui.cli.output import echo_err, echo_json
from fakegpt_tui.cli.serve_options import FILE_PATH, with_state
from fakegpt_tui.config.access_keys_file import key_label
from fakegpt_tui.config.validators import InvalidValue
from fakegpt_tui.domain import ConfigError, NotFound, now
from fakegpt_tui.host.access_keys import AccessKey, KeyLimits, digest_of, generate_key
from fakegpt_tui.text import safe_line

if TYPE_CHECKING:
    from fakegpt_tui.cli.shared_state import KeyBook
    from fakegpt_tui.host.shared_state import StateOptions

_DURATION = re.compile(r"([0-9]{1,6})([smhd])")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
_MOST = 10**12


@click.group()
def keys() -> None:
    """Make, list and revoke the access keys of a host.

    They are in the file that `serve --access-keys` names, or in the state that hosts share, where
    these are told `--state-keys`. Running hosts notice each change within two seconds.
    """


def _place_options(function: Callable[..., None]) -> Callable[..., None]:
    """Options for where the keys are; the function is given a `KeyBook`."""

    @wraps(function)
    def run(path: Path | None, state: "StateOptions | None", **options: Any) -> None:
        function(book=_book(path, state), **options)

    return click.option(
        "--file", "path", type=FILE_PATH, help="The keys file, which is made if need be."
    )(with_state(run))


def _book(path: Path | None, state: "StateOptions | None") -> "KeyBook":
    from fakegpt_tui.cli.shared_state import FileKeys, StateKeys  # noqa: PLC0415 - slow, not for --help

    if path is not None and state is None:
        return FileKeys(path)
    if path is None and state is not None:
        return StateKeys(state)
    raise click.UsageError("Name the keys file with --file, or the shared state with --state.")


_LIMITS = {
    "requests_per_minute": "Requests a minute, in the long run.",
    "burst": "Requests at once, before they come by the minute.",
    "tokens_per_minute": "Tokens of prompts and replies a minute.",
    "streams": "Replies at the same time.",
    "tokens_per_day": "Tokens a day, which begins at midnight UTC.",
}
_limit_options = option_group(
    *(
        click.option(
            f"--{name.replace('_', '-')}",
            name,
            type=click.IntRange(0, _MOST),
            help=f"{text} 0 is no limit.",
        )
        for name, text in _LIMITS.items()
    ),
    click.option(
        "--model", "models", multiple=True, help="A model that the key may use; may be repeated."
    ),
)


@keys.command("new")
@_place_options
@click.option("--label", default="", help="Whose key it is, as lists and logs show it.")
@click.option("--expires", metavar="TIME", help="When it ends: in 90d, 12h or 30m.")
@_limit_options
@json_option
def new_key(
    book: "KeyBook", label: str, expires: str | None, *, as_json: bool, **limits: Any
) -> None:
    """Make a key, and print it: this once, and never again."""
    key_id, secret = generate_key()
    key = AccessKey(
        id=key_id,
        digest=digest_of(secret.reveal()),
        label=_label(label),
        created_at=_now(),
        expires_at=_now() + _duration(expires) if expires else None,
        limits=_changed(KeyLimits(), limits),
    )
    book.edit(lambda known: [*known, key])
    if as_json:
        echo_json({"version": 1, "key": _key_document(key), "secret": secret.reveal()})
        return
    click.echo(secret.reveal())
    echo_err(f"This is the only time that the key {key_id} is shown.")


@keys.command("list")
@_place_options
@json_option
def list_keys(book: "KeyBook", *, as_json: bool) -> None:
    """List the keys, a line for each: its id, state, limits and label."""
    known = book.load()
    if as_json:
        echo_json({"version": 1, "keys": [_key_document(key) for key in known]})
        return
    for key in known:
        numbers = key.limits
        limits = (
            f"{numbers.requests_per_minute}/min {numbers.tokens_per_minute} tokens/min"
            f" {numbers.tokens_per_day} tokens/day {numbers.streams} streams"
        )
        models = safe_line(" ".join(key.limits.models)) or "all models"
        click.echo("  ".join((key.id, f"{_state(key):7}", limits, models, safe_line(key.label))))


@keys.command()
@click.argument("key_id", metavar="ID")
@_place_options
@click.option(
    "--grace",
    default="24h",
    show_default=True,
    metavar="TIME",
    help="How long the old one stays good.",
)
@json_option
def rotate(key_id: str, book: "KeyBook", grace: str, *, as_json: bool) -> None:
    """Make a new key under the same id, with the same limits, and print it this once."""
    _, secret = generate_key(key_id)
    until = _now() + _duration(grace)

    def change(key: AccessKey) -> AccessKey:
        if not key.is_usable(now()):
            raise ConfigError(f"The key {key_id} is {_state(key)}; make a new one instead.")
        digest = digest_of(secret.reveal())
        return replace(key, digest=digest, old_digest=key.digest, old_until=until)

    changed = _edit_one(book, key_id, change)
    if as_json:
        echo_json({"version": 1, "key": _key_document(changed), "secret": secret.reveal()})
        return
    click.echo(secret.reveal())
    echo_err(f"This is the only time that the key is shown; the old one is good for {grace}.")


@keys.command()
@click.argument("key_id", metavar="ID")
@_place_options
@json_option
def revoke(key_id: str, book: "KeyBook", *, as_json: bool) -> None:
    """End a key for good, and the replies that stream under it."""
    key = _edit_one(book, key_id, lambda key: replace(key, revoked_at=key.revoked_at or _now()))
    if as_json:
        echo_json({"version": 1, "key": _key_document(key)})


@keys.command()
@click.argument("key_id", metavar="ID")
@_place_options
@_limit_options
@json_option
def limit(key_id: str, book: "KeyBook", *, as_json: bool, **limits: Any) -> None:
    """Change the limits of a key; those that are not named stay."""
    key = _edit_one(book, key_id, lambda key: replace(key, limits=_changed(key.limits, limits)))
    if as_json:
        echo_json({"version": 1, "key": _key_document(key)})


def _key_document(key: AccessKey) -> dict[str, object]:
    """What may be told of a key, without its digests."""
    return {
        "id": key.id,
        "label": key.label,
        "state": _state(key),
        "created": key.created_at.isoformat(),
        "expires": key.expires_at.isoformat() if key.expires_at else None,
        "limits": asdict(key.limits),
    }


def _edit_one(book: "KeyBook", key_id: str, change: Callable[[AccessKey], AccessKey]) -> AccessKey:
    """Change a key in the file; the key as it is then."""

    def edit(known: list[AccessKey]) -> list[AccessKey]:
        if all(key.id != key_id for key in known):
            raise NotFound(f"There is no key {safe_line(key_id, 64)!r} in {book.name}.")
        return [change(key) if key.id == key_id else key for key in known]

    return next(key for key in book.edit(edit) if key.id == key_id)


def _changed(limits: KeyLimits, given: dict[str, Any]) -> KeyLimits:
    """`limits` with what was given; `--model '*'` allows all models again."""
    values = {name: value for name, value in given.items() if value not in (None, ())}
    if values.get("models") == ("*",):
        values["models"] = ()
    return replace(
        limits, **{each.name: values[each.name] for each in fields(limits) if each.name in values}
    )


def _state(key: AccessKey) -> str:
    if key.revoked_at is not None:
        return "revoked"
    return "good" if key.is_usable(now()) else "expired"


def _label(text: str) -> str:
    try:
        return key_label(text)
    except InvalidValue as error:
        raise ConfigError(f"--label must be {error}.") from error


def _duration(text: str) -> timedelta:
    match = _DURATION.fullmatch(text)
    if match is None:
        raise ConfigError("A time is a number with s, m, h or d, such as 24h.")
    return timedelta(seconds=int(match[1]) * _SECONDS[match[2]])


def _now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)
