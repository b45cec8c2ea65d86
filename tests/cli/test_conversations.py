"""`list`, `show` and `search`: what is in the store, for people and for programs."""

import json
from dataclasses import replace

import pytest

from fakegpt_tui.domain import MessageStatus
from fakegpt_tui.domain.parts import ImagePart, TextSpan
from tests.attachments.examples import png
from tests.cli.program import Home
from tests.formats.trees import TIME, branched
from tests.patience import PATIENCE

CONVERSATION, MESSAGES = branched()


@pytest.fixture
def filled(home: Home) -> Home:
    """A home with one conversation of two branches, and an archived one."""
    other = replace(
        CONVERSATION,
        id="aaaa",
        title="Hidden\x1b]0;x\x07",
        archived=True,
        leaf_id="x",
        updated_at=TIME.replace(year=2020),
    )
    message = replace(
        MESSAGES[0],
        id="x",
        conversation_id="aaaa",
        text="Secret\x1b[31m garden",
        error="It\nbroke.",
        status=MessageStatus.FAILED,
    )
    with home.store() as store:
        store.add_turn(CONVERSATION, *MESSAGES).result(PATIENCE)
        store.add_turn(other, message).result(PATIENCE)
    return home


def test_the_list_tells_id_time_and_title(filled: Home) -> None:
    done = filled.invoke("list")
    (line,) = done.stdout.splitlines()
    assert line.startswith("5f6c2a5e  2026-11-22 ")
    assert line.endswith("  Rivers")
    assert filled.invoke("show", "5f6c2a5e").exit_code == 0


def test_archived_conversations_are_listed_when_asked_for(filled: Home) -> None:
    lines = filled.invoke("list", "--all").stdout.splitlines()
    assert [line.split("  ")[2] for line in lines] == ["Rivers", "(archived) Hidden␛]0;x␇"]
    assert len(filled.invoke("list", "--all", "--limit", "1").stdout.splitlines()) == 1


def test_the_list_is_json_with_a_version(filled: Home) -> None:
    document = json.loads(filled.invoke("list", "--json").stdout)
    assert document["version"] == 1
    assert [each["id"] for each in document["conversations"]] == [CONVERSATION.id]


def test_an_empty_list_is_empty(home: Home) -> None:
    assert home.invoke("list").stdout == ""
    assert json.loads(home.invoke("list", "--json").stdout)["conversations"] == []


def test_a_conversation_is_shown_as_the_interface_shows_it(filled: Home) -> None:
    done = filled.invoke("show", "5f6c")
    assert done.stdout == "Rivers\n\nYou:\nTell of rivers\n\nReply:\nThey *meander*.\n"


def test_pictures_are_shown_by_a_line_where_they_stand(home: Home) -> None:
    with home.store() as store:
        picture = ImagePart(store.put_blob(png(4, 3)), "map.png")
        parts = (TextSpan(6), picture, TextSpan(5))
        reply = replace(MESSAGES[0], text="Here:\nSo it.", parts=parts)
        store.add_turn(replace(CONVERSATION, leaf_id=reply.id), reply).result(PATIENCE)
    shown = home.invoke("show", "5f6c").stdout
    assert "Here:\n▣ map.png · PNG 4×3 · 71 B\nSo it." in shown
    assert "So it.\n\n▣ map.png" in home.invoke("show", "5f6c", "--format", "md").stdout


def test_nothing_that_is_shown_commands_the_terminal(filled: Home) -> None:
    done = filled.invoke("show", "aaaa")
    assert done.stdout == "Hidden␛]0;x␇\n\nYou (failed):\nIt broke.\nSecret␛[31m garden\n"


def test_json_has_all_versions_as_they_are(filled: Home) -> None:
    document = json.loads(filled.invoke("show", "5f6c", "--json").stdout)
    assert document["path"] == ["a", "d"]
    assert [each["text"] for each in document["messages"]] == [each.text for each in MESSAGES]
    other = json.loads(filled.invoke("show", "aaaa", "--json").stdout)
    assert other["messages"][0]["text"] == "Secret\x1b[31m garden"


def test_what_is_not_there_is_not_found(filled: Home) -> None:
    assert filled.invoke("show", "bbbb").exit_code == 6
    done = filled.invoke("search", "nowhere")
    assert (done.exit_code, done.stdout) == (6, "")


def test_words_are_found_in_titles_and_messages(filled: Home) -> None:
    done = filled.invoke("search", "rivers")
    assert done.exit_code == 0
    assert done.stdout.count("5f6c2a5e") == 2
    assert "\n    Tell of rivers" in done.stdout
    assert filled.invoke("search", "in:title", "rivers").stdout.count("5f6c2a5e") == 1


def test_what_is_found_is_json_with_a_version(filled: Home) -> None:
    document = json.loads(filled.invoke("search", "--json", "meander").stdout)
    (hit,) = document["hits"]
    assert document["version"] == 1
    assert (hit["conversation"], hit["message"]) == (CONVERSATION.id, "d")


@pytest.mark.parametrize("words", ["c++", '"', "AND", "(", "before:x", "*", "--", "\x1b"])
def test_any_words_may_be_searched_for(filled: Home, words: str) -> None:
    assert filled.invoke("search", "--", words).exit_code in (0, 6)


@pytest.mark.parametrize(
    ("filters", "titles"),
    [
        ((), ["Rivers"]),
        (("--all",), ["Rivers", "Hidden"]),
        (("--archived",), ["Hidden"]),
        (("--all", "--before", "2021"), ["Hidden"]),
        (("--all", "--after", "2020-12-31"), ["Rivers"]),
        (("--all", "--model", "GPT"), []),
        (
            ("--all", "--service", "embedded", "--model", CONVERSATION.model[:3]),
            ["Rivers", "Hidden"],
        ),
        (("--pinned", "--unread"), []),
        (("--trash",), ["Gone"]),
    ],
)
def test_a_list_can_be_narrowed_down(
    filled: Home, filters: tuple[str, ...], titles: list[str]
) -> None:
    with filled.store() as store:
        gone = replace(CONVERSATION, id="bbbb", title="Gone", leaf_id="g", trashed_at=TIME)
        store.add_turn(gone, replace(MESSAGES[0], id="g", conversation_id="bbbb")).result(PATIENCE)
    document = json.loads(filled.invoke("list", *filters, "--json").stdout)
    assert [each["title"].split("\x1b")[0] for each in document["conversations"]] == titles


def test_a_search_takes_its_filters_as_options_too(filled: Home) -> None:
    assert filled.invoke("search", "garden", "--archived").exit_code == 0
    assert filled.invoke("search", "garden", "--title").exit_code == 6
    assert filled.invoke("search", "rivers", "--before", "2001").exit_code == 6
    assert filled.invoke("search", "rivers", "--before", "soon").exit_code == 2
    assert filled.invoke("search").exit_code == 2


def test_lists_are_markdown_or_json_lines_on_demand(filled: Home) -> None:
    shown = filled.invoke("list", "--all", "--format", "md").stdout.splitlines()
    assert shown[0].startswith("- Rivers (`5f6c2a5e`, 2026-11-22 ")
    assert shown[1].startswith("- Hidden␛\\]0;x␇ (`aaaa`, 2020-11-22 ")
    assert shown[1].endswith(", archived)")
    found = filled.invoke("search", "meander", "--format", "md").stdout
    assert found.endswith("\n  > They \\*meander\\*.\n")
    (line,) = filled.invoke("search", "meander", "--format", "jsonl").stdout.splitlines()
    assert json.loads(line)["message"] == "d"


def test_the_newest_conversation_is_shown_as_markdown_and_in_part(filled: Home) -> None:
    done = filled.invoke("show", "--format", "md")
    assert done.stdout.startswith("# Rivers\n\n## Question\n\nTell of rivers\n\n## Answer")
    last = filled.invoke("show", "riv", "--last", "1", "--role", "user", "--format", "md").stdout
    assert last == "# Rivers\n\n## Question\n\nTell of rivers\n"
    lines = filled.invoke("show", "--role", "assistant", "--format", "jsonl").stdout.splitlines()
    assert [json.loads(line)["id"] for line in lines] == ["d"]
    document = json.loads(filled.invoke("show", "--last", "1", "--json").stdout)
    assert (document["path"], len(document["messages"])) == (["d"], 1)
