"""`ask` in a conversation that is there already, without one on disk, and as a line an event."""

import json

import pytest

from fakegpt_tui.backends.scripted import Step
from fakegpt_tui.domain import (
    Notice,
    RateLimited,
    ReasoningDelta,
    ReplyEnded,
    TextDelta,
    TextReplaced,
    TitleSource,
    Usage,
    UsageReported,
)
from tests.cli.program import Home, served

HELLO: list[Step] = [TextDelta("Hello "), TextDelta("you"), ReplyEnded()]


def titles(home: Home) -> list[str]:
    with home.store() as store:
        return [each.title for each in store.conversations()]


def test_a_prompt_goes_on_with_the_newest_conversation_or_with_a_named_one(home: Home) -> None:
    with served(*[HELLO] * 5) as (backend, url):
        home.use_service(url)
        home.invoke("ask", "--title", "Rivers", "--system", "Be brief.", "One")
        home.invoke("ask", "Another")
        assert home.invoke("ask", "--conversation", "riv", "Two").stdout == "Hello you\n"
        done = home.invoke("ask", "--continue", "--model", "m-2", "--title", "Lakes", "Three")
        assert (done.exit_code, done.stdout) == (0, "Hello you\n")
        unknown = home.invoke("ask", "--conversation", "boats", "Four")
        assert unknown.exit_code == 6
        assert "no conversation whose id or title begins with 'boats'" in unknown.stderr
    new, second, third = (backend.requests[place].messages[-1].text for place in (1, 2, 3))
    assert "Be brief." not in new
    told = "System: Be brief.\nUser: One\nAssistant: Hello you\nUser: Two\nAssistant:"
    assert second == told
    assert "User: Two" in third
    assert backend.requests[-1].model == "m-2"
    with home.store() as store:
        lakes, another = store.conversations()
        assert (lakes.title, lakes.title_source) == ("Lakes", TitleSource.PERSON)
        assert [each.text for each in store.path(lakes.id)][::2] == ["One", "Two", "Three"]
        assert len(store.path(another.id)) == 2


def test_what_is_asked_without_a_store_or_for_a_look_changes_no_conversation(home: Home) -> None:
    notes = home.folder / "notes.md"
    notes.write_text("remember the milk")
    with served(*[HELLO] * 3) as (backend, url):
        home.use_service(url)
        home.invoke("ask", "--file", str(notes), "One")
        for options in (("ask", "--no-store"), ("--temporary", "ask")):
            assert home.invoke(*options, "-c", "--title", "X", "Two").stdout == "Hello you\n"
        sent = backend.requests[-1].messages[-1].text
        assert "remember the milk" in sent
        assert "Assistant: Hello you" in sent
    home.configure(
        'service = "lab"\n[services.lab]\nkind = "openai"\nurl = "http://127.0.0.1:9"\n'
        'model = "m"\n'
    )
    shown = home.invoke("ask", "-c", "-s", "lab", "--dry-run", "--json", "Three")
    assert [each["content"] for each in json.loads(shown.stdout)["body"]["messages"]][1:] == [
        *("Hello you", "Three")
    ]
    assert titles(home) == ["One"]
    with home.store() as store:
        (conversation,) = store.conversations()
        assert (len(store.path(conversation.id)), conversation.service) == (2, "home")


def test_events_are_printed_as_they_come(home: Home) -> None:
    usage = Usage(fresh=3, output=2)
    script: list[Step] = [
        *(ReasoningDelta("Hm."), TextDelta("Helo"), TextReplaced(2, "llo"), Notice("Slow.")),
        *(UsageReported(usage), ReplyEnded()),
    ]
    with served(script, [RateLimited("Too many.", retry_after=3600)]) as (_, url):
        home.use_service(url)
        lines = [
            json.loads(line) for line in home.invoke("ask", "--jsonl", "Hi").stdout.splitlines()
        ]
        failed = home.invoke("ask", "--jsonl", "Hi")
    kinds = [line["type"] for line in lines]
    assert kinds[0] == "start"
    assert kinds[-1] == "end"
    assert lines[0]["conversation"] == lines[-1]["conversation"]
    text = ""
    for line in lines:
        if line["type"] in {"text", "replace"}:
            text = text[: line.get("keep", len(text))] + line["text"]
    assert text == lines[-1]["reply"] == "Hello"
    assert failed.exit_code == 5
    assert json.loads(failed.stdout.splitlines()[-1])["status"] == "failed"
    assert failed.stderr.startswith("fakegpt-tui: ")


@pytest.mark.parametrize(
    "options",
    [
        ("--json", "--jsonl"),
        ("--continue", "--conversation", "a"),
        ("--conversation", " "),
        ("--title", " "),
    ],
)
def test_options_that_contradict_each_other_are_wrong_use(
    home: Home, options: tuple[str, ...]
) -> None:
    assert home.invoke("ask", *options, "Hi").exit_code == 2


def test_a_whole_run_can_leave_nothing_on_disk(home: Home) -> None:
    with served(*[HELLO] * 3) as (backend, url):
        home.use_service(url)
        home.invoke("ask", "Kept")
        done = home.invoke("--temporary", "--plain", stdin="one\n/new\ntwo\n/list\n")
        assert "1. two, open\n2. one\n3. Kept\n" in done.stdout
    assert len(backend.requests) == 3
    assert titles(home) == ["Kept"]
    assert home.invoke("--temporary", "list").exit_code == 2
