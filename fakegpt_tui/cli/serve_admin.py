"""`serve-admin`: whether a running host is well, what it does, and the keys of its users."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import click

from fakegpt_tui.cli.options import json_option
from fakegpt_tui.cli.output import ExitCode, echo_json
from fakegpt_tui.cli.serve_keys import keys
from fakegpt_tui.cli.serve_options import with_state
from fakegpt_tui.domain import ConfigError, NotFound, Unreachable
from fakegpt_tui.text import safe_line

if TYPE_CHECKING:
    from fakegpt_tui.host.shared_state import StateOptions

_CHECK_SECONDS = 5.0


@click.group("serve-admin")
def serve_admin() -> None:
    """Look after a host that a team uses."""


@serve_admin.command()
@click.argument("url", required=False)
@with_state
@json_option
@click.pass_context
def check(
    context: click.Context, url: str | None, state: "StateOptions | None", *, as_json: bool
) -> None:
    """Ask the host at URL whether it runs and takes requests; for containers and scripts.

    With --state look at the engine that hosts share: version, rights, speed, memory, and what it
    would lose. The exit code is 1 if something there needs attention.
    """
    if not url and state is None:
        raise click.UsageError("Name the URL of a host, or the shared state with --state.")
    found: dict[str, object] = {"version": 1}
    has_warnings = False
    if url:
        _check_host(url)
        found |= {"url": url, "ready": True}
        if not as_json:
            click.echo("The host runs and takes requests.")
    if state is not None:
        from fakegpt_tui.cli.shared_state import check_state  # noqa: PLC0415 - slow, not for --help

        facts, warnings = check_state(state)
        found["state"] = {"facts": facts, "warnings": warnings}
        if not as_json:
            for line in [*facts, *(f"Attention: {each}" for each in warnings)]:
                click.echo(line)
        has_warnings = bool(warnings)
    if as_json:
        echo_json(found)
    context.exit(ExitCode.FAILURE if has_warnings else ExitCode.DONE)


def _check_host(url: str) -> None:
    import httpx  # noqa: PLC0415 - slow, and for this command alone

    for path in ("/healthz", "/readyz"):
        try:
            answer = httpx.get(f"{url.rstrip('/')}{path}", timeout=_CHECK_SECONDS, trust_env=False)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            reason = safe_line(str(error), 200)
            raise Unreachable(f"The host at {url} does not answer: {reason}.") from error
        if not answer.is_success:
            raise Unreachable(f"The host at {url} takes no requests: status {answer.status_code}.")


def _socket_option(function: Callable[..., None]) -> Callable[..., None]:
    return click.option(
        "--socket",
        required=True,
        type=click.Path(path_type=Path, dir_okay=False),
        help="The socket that `serve --admin-socket` names.",
    )(function)


@serve_admin.command()
@_socket_option
@json_option
def status(socket: Path, *, as_json: bool) -> None:
    """Show what a running host is doing."""
    found = _ask(socket, "GET", "/status")
    if as_json:
        echo_json({"version": 1, "status": found})
        return
    for name, value in found.items():
        click.echo(f"{name}: {'none' if value is None else safe_line(str(value))}")


@serve_admin.command()
@_socket_option
@json_option
def usage(socket: Path, *, as_json: bool) -> None:
    """Show the tokens of today, and the replies under way, of each key that was used."""
    found = _ask(socket, "GET", "/usage")["keys"]
    if as_json:
        echo_json({"version": 1, "keys": found})
        return
    for row in found:
        values = (row["key"] or "-", row["tokens_today"], row["replies"], row["label"])
        click.echo("  ".join(safe_line(str(value)) for value in values))


@serve_admin.command()
@_socket_option
@click.option("--stop", metavar="ID", help="End this reply; its client is told.")
@click.option("--key", "key_id", metavar="ID", help="End all replies under this key.")
@json_option
def streams(socket: Path, stop: str | None, key_id: str | None, *, as_json: bool) -> None:
    """List the replies under way: request, key, seconds, bytes and model; or end some of them."""
    if stop and key_id:
        raise ConfigError("Name a reply with --stop, or a key with --key.")
    if stop or key_id:
        query = urlencode({"id": stop} if stop else {"key": key_id})
        stopped = _ask(socket, "POST", f"/streams/stop?{query}")["stopped"]
        if not stopped:
            raise NotFound("There is no such reply under way.")
        if as_json:
            echo_json({"version": 1, "stopped": stopped})
        return
    found = _ask(socket, "GET", "/streams")["streams"]
    if as_json:
        echo_json({"version": 1, "streams": found})
        return
    for row in found:
        values = (row["id"], row["key"] or "-", row["seconds"], row["bytes"], row["model"])
        click.echo("  ".join(safe_line(str(value)) for value in values))


@serve_admin.command()
@_socket_option
@json_option
def drain(socket: Path, *, as_json: bool) -> None:
    """End a running host as SIGTERM does: replies may finish for as long as its drain lasts."""
    _ask(socket, "POST", "/drain")
    if as_json:
        echo_json({"version": 1, "draining": True})


def _ask(socket: Path, method: str, path: str) -> dict[str, Any]:
    import httpx  # noqa: PLC0415 - slow, and for these commands alone

    try:
        with httpx.Client(transport=httpx.HTTPTransport(uds=str(socket))) as client:
            answer = client.request(method, f"http://localhost{path}", timeout=_CHECK_SECONDS)
            answer.raise_for_status()
            found: dict[str, Any] = answer.json()
            return found
    except (httpx.HTTPError, ValueError) as error:
        raise Unreachable(f"No host answers at the socket {socket}.") from error


serve_admin.add_command(keys)
