"""What `--json` prints is what docs/command-line.md says: every field of every command."""

import json
import re
from collections.abc import Iterator
from datetime import datetime

import click
import pytest

from fakegpt_tui.backends.scripted import Step
from fakegpt_tui.cli.main import cli
from fakegpt_tui.cli.reply_printer import event_document
from fakegpt_tui.domain import (
    ModelChosen,
    Notice,
    ReasoningDelta,
    ReplyEnded,
    RetryScheduled,
    TextDelta,
    TextReplaced,
    TitleSuggested,
    Usage,
    UsageReported,
)
from tests.cli.program import Home, served
from tests.cli.test_serve import first_line
from tests.docs.tables import DOCS
from tests.formats.trees import branched
from tests.patience import PATIENCE

PAGE = (DOCS / "command-line.md").read_text(encoding="utf-8").split("\n## JSON\n")[1]
FIELD = re.compile(r"`(\w+)(\??): ([a-z ]+)`")
KINDS = {"text": str, "number": (int, float), "flag": bool, "object": dict, "list": list}


def table(head: str) -> dict[str, str]:
    """The rows below a head: what is described, and its fields."""
    rows = PAGE.split(f"\n| {head} | fields |")[1].split("\n\n")[0].splitlines()[2:]
    return dict(row.split("|", 3)[1:3] for row in rows)


DOCUMENTS = {
    name: fields
    for names, fields in table("of").items()
    for name in re.findall(r"`([^`]+)`", names)
}
OBJECTS = {name.strip(): fields for name, fields in table("object").items()}
EVENTS = {name.strip(): fields for name, fields in table("event of `ask --jsonl`").items()}


def check(found: object, kind: str, where: str) -> None:
    """Is `found` of the kind that the page says, with exactly its fields?"""
    options = kind.split(" or ")
    if found is None:
        assert "null" in options, where
    elif options[0] == "time":
        assert datetime.fromisoformat(str(found)).tzinfo is not None, where
    elif options[0].startswith("list of "):
        assert isinstance(found, list), where
        for each in found:
            check(each, options[0].removeprefix("list of "), where)
    elif options[0] in KINDS:
        assert isinstance(found, KINDS[options[0]]), where
        assert options[0] == "flag" or not isinstance(found, bool), where
    else:
        check_fields(found, OBJECTS[options[0]], f"{where}, {options[0]}")


def check_fields(found: object, fields: str, where: str) -> None:
    assert isinstance(found, dict), where
    known = {name: (bool(optional), kind) for name, optional, kind in FIELD.findall(fields)}
    assert known, where
    if "and what" not in fields:
        assert found.keys() <= known.keys(), where
    for name, (is_optional, kind) in known.items():
        assert is_optional or name in found, f"{where}: {name}"
        if name in found:
            check(found[name], kind, f"{where}: {name}")


def check_document(name: str, printed: str) -> None:
    document = json.loads(printed)
    assert document.pop("version", 1) == 1
    check_fields(document, DOCUMENTS[name], name)


@pytest.fixture
def filled(home: Home) -> Home:
    conversation, messages = branched()
    with home.store() as store:
        store.add_turn(conversation, *messages).result(PATIENCE)
    return home


def commands(group: click.Group, *path: str) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        if isinstance(command, click.Group):
            yield from commands(command, *path, name)
        else:
            yield (*path, name), command


def test_every_command_has_json_and_is_on_the_page() -> None:
    found = {" ".join(path): command for path, command in commands(cli)}
    assert found.keys() == DOCUMENTS.keys() - {"ask --dry-run", "import --json"}
    for name, command in found.items():
        assert any("--json" in each.opts for each in command.params), name


def test_documents_about_conversations_are_as_the_page_says(filled: Home) -> None:
    rivers = "5f6c2a5e"
    saved, keys = str(filled.folder / "saved"), ("--file", str(filled.folder / "keys.toml"))
    lines = (
        ("move", "Work", rivers),
        ("tag", rivers, "--add", "wet"),
        ("folders", "Work"),
        ("list",),
        ("search", "rivers"),
        ("show", "rivers"),
        ("save", rivers, saved),
        ("export", rivers, saved),
        ("import", saved),
        ("import --json",),
        ("rename", rivers, "Rivers"),
        ("archive", rivers),
        ("delete", rivers),
        ("restore", rivers),
        ("backup", str(filled.folder / "all.zip")),
        ("purge", "--everything", "--yes"),
        ("restore-backup", "--yes", str(filled.folder / "all.zip")),
        ("usage", "--by", "model"),
        ("paths",),
        ("completions", "bash"),
        ("man",),
        ("config path",),
        ("config show",),
        ("config init",),
        ("doctor",),
        ("serve-admin keys new", *keys),
        ("serve-admin keys list", *keys),
    )
    for name, *arguments in lines:
        words = name.split()
        done = filled.invoke(*words, *arguments, "--json")
        assert done.exit_code in {0, 1, 2}, done.output
        check_document(name, done.stdout)
        if name == "serve-admin keys new":
            key_id = json.loads(done.stdout)["key"]["id"]
    for word in ("limit", "rotate", "revoke"):
        name = f"serve-admin keys {word}"
        check_document(name, filled.invoke(*name.split(), key_id, *keys, "--json").stdout)
    for name, shape in {"list": "conversation", "search": "hit", "show": "message"}.items():
        words = ("--all",) if name == "list" else ("rivers",)
        (first, *_) = filled.invoke(name, *words, "--format", "jsonl").stdout.splitlines()
        check(json.loads(first), shape, name)


def test_documents_about_services_are_as_the_page_says(home: Home) -> None:
    script: list[Step] = [TextDelta("Hello"), UsageReported(Usage(1, 2)), ReplyEnded()]
    with served(script) as (_, url):
        home.use_service(url)
        lines = ("login", "status", "models", "ask Hi", "usage --by month", "logout")
        for name, *arguments in map(str.split, lines):
            done = home.invoke(name, *arguments, "--json")
            assert done.exit_code == 0, done.output
            check_document(name, done.stdout)
        home.configure('service = "lab"\n[services.lab]\nkind = "openai"\nurl = "http://[::1]:9"\n')
        shown = home.invoke("ask", "--dry-run", "--model", "m", "--json", "Hi")
        check_document("ask --dry-run", shown.stdout)
        read = home.invoke("ask", "--dry-run", "--model", "m", "a\x9bb\x7fc").stdout
        assert "a\\u009bb\\u007fc" in read  # The text for a person, too, is safe and exact.


def test_documents_of_a_running_host_are_as_the_page_says(home: Home) -> None:
    socket = home.folder / "admin"
    with home.started("serve", "--admin-socket", str(socket), "--port", "0", "--json") as process:
        line = first_line(process)
        check_document("serve", line)
        check_document(
            "serve-admin check",
            home.invoke("serve-admin", "check", json.loads(line)["url"], "--json").stdout,
        )
        for word in ("status", "usage", "streams", "drain"):
            done = home.invoke("serve-admin", word, "--socket", str(socket), "--json")
            check_document(f"serve-admin {word}", done.stdout)
        assert process.wait(PATIENCE) == 0


def test_events_are_as_the_page_says(home: Home) -> None:
    events = (
        *(TextDelta("a"), TextReplaced(0, "b"), ReasoningDelta("c"), Notice("d")),
        *(RetryScheduled(1, 3, 0.5, "e"), UsageReported(Usage(1, 2)), TitleSuggested("f")),
        ModelChosen("g"),
    )
    with served([TextDelta("Hello"), ReplyEnded()]) as (_, url):
        home.use_service(url)
        start, *_, end = map(json.loads, home.invoke("ask", "--jsonl", "Hi").stdout.splitlines())
    assert end.pop("type") == "end"
    check_document("ask", json.dumps(end))
    seen = {"end", "part"}
    for found in (start, *map(event_document, events)):
        assert found is not None
        kind = str(found.pop("type"))
        check_fields(found, EVENTS[kind], kind)
        seen.add(kind)
    assert seen == EVENTS.keys()
