"""`move`, `tag`, `folders`, and folders and tags in `list`, `search` and `ask`."""

import json
from dataclasses import replace

import pytest

from fakegpt_tui.domain import Conversation, ReplyEnded, TextDelta
from tests.cli.program import Home, served
from tests.formats.trees import CONVERSATION, message
from tests.patience import PATIENCE

BOATS = replace(CONVERSATION, id="aaaa1111", title="Boats", leaf_id="x")


@pytest.fixture
def filled(home: Home) -> Home:
    with home.store() as store:
        for each in (CONVERSATION, BOATS):
            said = message("Tell", id=f"{each.title}-m", conversation_id=each.id)
            store.add_turn(replace(each, leaf_id=said.id), said).result(PATIENCE)
    return home


def held(home: Home) -> dict[str, Conversation]:
    with home.store() as store:
        return {each.title: each for each in store.conversations()}


def titles(home: Home, *arguments: str) -> list[str]:
    document = json.loads(home.invoke("list", *arguments, "--json").stdout)
    return sorted(each["title"] for each in document["conversations"])


def test_conversations_are_moved_by_their_ids_and_listed_by_their_folders(filled: Home) -> None:
    done = filled.invoke("move", "Work/2026", "boats", "5f6c")
    assert (done.exit_code, done.stderr) == (0, "")
    assert done.stdout.startswith("Moved: aaaa1111  Boats\nMoved: 5f6c2a5e")
    (document,) = json.loads(filled.invoke("move", "work", "aaaa", "--json").stdout)[
        "conversations"
    ]
    assert document["folder"] == "Work"
    assert titles(filled, "--folder", "Work") == ["Boats", "Rivers"]
    assert titles(filled, "--folder", "2026") == ["Rivers"]
    assert titles(filled, "--folder", "/") == []
    assert "(Work/2026) Rivers" in filled.invoke("list").stdout
    filled.invoke("move", "/", "aaaa")
    assert titles(filled, "--folder", "/") == ["Boats"]
    filled.invoke("move", "/", "aaaa", "5f6c")
    assert {each.folder for each in held(filled).values()} == {""}
    assert filled.invoke("move", "Work", "ffff").exit_code == 6


def test_conversations_are_tagged_and_found_by_their_tags(filled: Home) -> None:
    assert filled.invoke("tag", "aaaa").exit_code == 2
    assert filled.invoke("tag", "aaaa", "5f6c", "-a", "wet", "--add", "#Deep sea").exit_code == 0
    filled.invoke("tag", "5f6c", "--remove", "WET", "-a", "cold")
    assert held(filled)["Boats"].tags == ("wet", "Deep sea")
    assert titles(filled, "--tag", "deep sea") == ["Boats", "Rivers"]
    assert titles(filled, "--tag", "deep sea", "--tag", "cold") == ["Rivers"]
    assert "(#wet, #Deep sea) Boats" in filled.invoke("list").stdout
    for found in (("tag:wet",), ("--tag", "wet"), ("tell", "--tag", "#wet", "tag:#WET")):
        (hit,) = json.loads(filled.invoke("search", "--json", *found).stdout)["hits"]
        assert (hit["title"], hit["tags"]) == ("Boats", ["wet", "Deep sea"])


def test_a_folder_is_made_set_up_renamed_and_deleted(filled: Home) -> None:
    assert filled.invoke("folders").stdout == ""
    assert filled.invoke("folders", "--delete").exit_code == 2
    assert filled.invoke("folders", "Work", "--delete", "--rename", "x").exit_code == 2
    assert filled.invoke("folders", "Work", "--delete").exit_code == 6
    assert filled.invoke("folders", "Work", "--service", "unknown").exit_code == 6
    assert filled.invoke("folders", "Work", "--model", "guide").exit_code == 2
    assert filled.invoke("folders").stdout == ""
    service = ("--service", "embedded", "--model", "guide")
    done = filled.invoke("folders", "Work", *service, "--system", "Be brief.")
    assert done.stdout == "    0  Work  embedded guide  “Be brief.”\n"
    filled.invoke("move", "work/2026", "aaaa")
    filled.invoke("folders", "Work", "--system", "")
    (work, year) = json.loads(filled.invoke("folders", "--json").stdout)["folders"]
    assert (work["service"], work["model"], work["system_prompt"]) == ("embedded", "guide", "")
    assert (year["path"], year["conversations"]) == ("Work/2026", 1)
    unset = filled.invoke("folders", "Work", "--service", "", "--json").stdout
    assert [json.loads(unset)["folders"][0][name] for name in ("service", "model")] == ["", ""]
    filled.invoke("folders", "work", "--rename", "Job")
    assert held(filled)["Boats"].folder == "Job/2026"
    assert filled.invoke("folders", "job", "--delete").stdout == ""
    assert held(filled)["Boats"].folder == ""


def test_a_prompt_is_asked_in_a_folder_with_its_preset(home: Home) -> None:
    with served(*[[TextDelta("Yes."), ReplyEnded()]] * 2) as (backend, url):
        home.use_service(url)
        home.invoke("folders", "Work", "--system", "Be brief.")
        assert home.invoke("ask", "--folder", "work", "Hi").exit_code == 0
        home.invoke("ask", "--folder", "Work/New", "--system", "Be long.", "Ho")
        for options in (("--continue",), ("--conversation", "Hi"), ("--no-store",)):
            assert home.invoke("ask", "--folder", "Work", *options, "Hm").exit_code == 2
    first, second = (each.messages[-1].text for each in backend.requests)
    assert "System: Be brief." in first
    assert "System: Be long." in second
    assert {title: each.folder for title, each in held(home).items()} == {
        "Hi": "Work",
        "Ho": "Work/New",
    }
