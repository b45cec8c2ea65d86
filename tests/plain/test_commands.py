"""Every command of the keymap in plain mode, line by line."""

import re
from inspect import signature
from pathlib import Path

import pytest

from fakegpt_tui.attachments.snippets import Snippet, read_snippets
from fakegpt_tui.backends.scripted import ScriptedBackend
from fakegpt_tui.domain import ReplyEnded, TextDelta
from fakegpt_tui.keymap import COMMANDS
from fakegpt_tui.keymap.argument_kinds import slots_of
from fakegpt_tui.plain.screen import LEFT_OUT
from tests.attachments.examples import png
from tests.docs.tables import DOCS
from tests.plain.talking import NotedServices, NotedSettings, plain_chat
from tests.stubs import MemoryStore


def replies(*texts: str) -> list[list[object]]:
    return [[TextDelta(text), ReplyEnded()] for text in texts]


async def talk(plain, *lines: str) -> None:
    for line in lines:
        if line.startswith("/"):
            assert await plain.run_command(line)
        else:
            await plain.ask(line)


def test_each_command_is_a_row_of_the_table_and_the_page_says_which_are_left_out(
    said: list[str], tmp_path: Path
) -> None:
    plain = plain_chat(said, tmp_path)
    missing = {row for row in COMMANDS if row.slash} - {each.row for each in plain.commands}
    assert {row.id for row in missing} == set(LEFT_OUT)
    text = (DOCS / "terminals.md").read_text(encoding="utf-8")
    _, _, page = text.partition("plain mode leaves them out:")
    assert set(re.findall(r"`(/[a-z -]+)`", page)) == {row.slash for row in missing}
    for command in plain.commands:
        signature(command.run).bind(*slots_of(command.row.argument))


async def test_undo_tells_what_an_earlier_run_did_before_it_takes_that_back(
    said: list[str], tmp_path: Path
) -> None:
    store = MemoryStore()
    await talk(plain_chat(said, tmp_path, *replies("One."), store=store), "Hello", "/rename Rivers")
    said.clear()
    await talk(plain_chat(said, tmp_path, store=store), "/undo", "/undo", "/undo")
    assert said == [
        "“Rivers” was renamed. /undo once more takes it back.",
        "Taken back: “Rivers” was renamed.",
        "There is nothing to take back.",
    ]
    (conversation,) = store.conversations()
    assert conversation.title == "Hello"


async def test_usage_counts_the_replies_of_a_month(said: list[str], tmp_path: Path) -> None:
    plain = plain_chat(said, tmp_path, *replies("One.", "Two."))
    await talk(plain, "Hello", "/usage")
    assert ": 1 reply, " in said[-1]
    await talk(plain, "Again", "/usage")
    assert ": 2 replies, 0 tokens read, 0 written, free." in said[-1]


async def test_help_is_made_of_the_table(said: list[str], tmp_path: Path) -> None:
    plain = plain_chat(said, tmp_path)
    await talk(plain, "/help")
    rows = {row.slash: row for row in COMMANDS}
    assert "/model [NUMBER or MODEL]: Choose the service and model of this conversation." in said
    assert len(said) == len(plain.commands) + 1
    said.clear()
    await talk(plain, "/keys favourite")
    assert said == [f"/favourite: {rows['/favourite'].help}. Also /favorite, /star."]
    await talk(plain, "/undo it", "/wrong", "/stop", "/edit keys now", "/help /effort")
    assert said[1:5] == [
        "/undo takes nothing behind it.",
        "There is no command /wrong here. /help lists the commands; // sends a slash.",
        "A reply is waited for here, and ctrl+c stops it.",
        "There are no keys here; the [keys] table of config.toml is for the screen.",
    ]
    assert said[-1].endswith("Also /thinking, /reasoning. Example: /effort high")


async def test_prompts_and_replies_are_edited_asked_again_and_compared(
    said: list[str], tmp_path: Path
) -> None:
    plain = plain_chat(said, tmp_path, *replies("One.", "Two.", "Two.", "Three.", "On."))
    await talk(plain, "/retry")
    assert said == ["There is no message yet."]
    await talk(plain, "Hello", "/again", "/again", "/compare")
    assert said[-2:] == ["From variant 2 to variant 3:", "Both say the same."]
    said.clear()
    await talk(plain, "/variant", "/variants 1", "/variant 7", "/compare")
    assert said == [
        "This is variant 3 of 3.",
        *("Variant 1 of 3.", "User:", "Hello", "Assistant:", "One."),
        "This is variant 1 of 3.",
        *("From variant 2 to variant 1:", "Removed: Two.", "Added: One."),
    ]
    said.clear()
    await talk(plain, "/edit prompt Hello there", "/variant before", "/edit reply Once more.")
    assert said[:2] == ["Assistant:", "Three."]
    assert said[2:] == [
        *("Variant 1 of 2.", "User:", "Hello", "Assistant:", "One."),
        "The reply is edited; the old one stays as a variant.",
    ]
    said.clear()
    await talk(plain, "/find more", "/find nowhere", "/tree")
    assert said[:2] == [
        "Message 2, assistant: Once more.",
        "No message of this conversation has these words.",
    ]
    assert said[-2].startswith("5. Hello there")
    said.clear()
    await talk(plain, "/continue", "/branch", "/delete message", "/delete message", "/undo")
    assert said == [
        *("Assistant:", "On."),
        "This is a new conversation; the other one is as it was.",
        "This deletes the last prompt and its reply. Type it once more to do it.",
        "2 in the trash. /undo takes that back.",
        said[-1],
    ]
    assert said[-1].startswith("Taken back: ")


async def test_conversations_are_searched_named_and_put_away(
    said: list[str], tmp_path: Path
) -> None:
    plain = plain_chat(said, tmp_path, *replies("One.", "Two."))
    await talk(plain, "/rename X", "First", "/rename Rivers", "/new", "Second")
    said.clear()
    await talk(plain, "/list", "/open 2", "/pin", "/archive", "/archive", "/previous")
    assert said == [
        *("1. Second, open", "2. Rivers"),
        *("Conversation: Rivers", "User:", "First", "Assistant:", "One."),
        "It is kept at the top.",
        "It is archived; is:archived finds it. /undo takes that back.",
        "It is brought back. /undo takes that back.",
        *("Conversation: Second", "User:", "Second", "Assistant:", "Two."),
    ]
    said.clear()
    await talk(plain, "/delete", "/delete", "/trash", "/trash 1", "/search", "/search nowhere")
    assert said[:3] == [
        "This deletes the conversation. Type it once more to do it.",
        "It is in the trash for 30 days. /undo takes that back.",
        "1. Second",
    ]
    assert "Conversation: Second" in said
    assert said[-1] == "Nothing was found."
    await talk(plain, "/unread", "/temporary")
    assert said[-2:] == [
        "Nothing is unread.",
        "This conversation leaves nothing on disk but what it costs.",
    ]


async def test_conversations_are_moved_tagged_and_begun_in_folders(
    said: list[str], tmp_path: Path
) -> None:
    plain = plain_chat(said, tmp_path, *replies("One."))
    await talk(plain, "/folder", "First")
    assert said[0] == "There are no folders yet."
    said.clear()
    await talk(plain, "/move", "/move Work/2026", "/tag #wet, late", "/tag -WET", "/tag -late")
    assert said == [
        "Say /move and a path such as Work/2026, or / for no folder.",
        "There are no folders yet.",
        "It is in Work/2026.",
        "Tags: wet, late.",
        "Tags: late.",
        "It has no tags.",
    ]
    said.clear()
    await talk(plain, "/folders", "/folder work", "/folder none", "/move /", "/undo", "/tag")
    assert said == [
        *("Work: 0 conversations.", "Work/2026: 1 conversation."),
        "A new conversation in Work.",
        "There is no folder 'none'.",
        "It is in no folder.",
        "Taken back: “First” was tagged.",
        *("Say /tag and tags with commas between them; -name takes one away.", "It has no tags."),
    ]
    said.clear()
    await talk(plain, "/temporary", "/move Work")
    assert said[-1] == "A temporary conversation goes into no folder."


async def test_models_effort_and_settings_of_a_conversation_are_chosen(
    said: list[str], tmp_path: Path
) -> None:
    settings = NotedSettings()
    backend = ScriptedBackend(*replies("One."))
    plain = plain_chat(said, tmp_path, backend=backend, settings=settings)
    await talk(plain, "/effort", "/model")
    assert said[0] == "This service takes no effort."
    assert said[-1] == "Say /model and a number, or a name."
    said.clear()
    await talk(plain, "/model lab/m-2", "/effort", "/effort none", "/effort much")
    assert said == [
        "lab/m-2 answers from now on, though lab lists no such model.",
        "The effort is low.",
        "The effort is left to the service.",
        "“much” is no LEVEL (low, medium, high, none).",
    ]
    said.clear()
    await talk(plain, "/system Be kind.", "/generation temperature=0.5", "/generation heat=1")
    await talk(plain, "/preset brief", "/generation temperature=0.5", "Hello")
    assert said[0] == "This holds from the next reply on. /undo takes it back."
    assert said[2].startswith("/generation takes ")
    assert said[3] == "The preset brief is used from now on."
    (request,) = backend.requests
    assert (request.model, request.messages[0].text) == ("m-2", "Be brief.")
    assert request.generation.temperature == 0.5
    said.clear()
    await talk(plain, "/settings", "/settings motion", "/settings motion off", "/settings none")
    await talk(plain, "/settings theme wrong", "/settings theme default")
    assert said == [
        *("theme is dark, default.", "motion is on, file."),
        *("motion is on, file.", "Signs.", "It takes on, off."),
        "motion is off from the next start on.",
        "“none” is no SETTING (theme, motion).",
        "That cannot be used.",
        "theme is default from the next start on.",
    ]
    assert settings.changed == [("motion", "off"), ("theme", None)]


async def test_services_are_added_changed_tested_and_removed(
    said: list[str], tmp_path: Path
) -> None:
    services = NotedServices()
    plain = plain_chat(said, tmp_path, services=lambda: services)
    await talk(plain, "/add-service box", "/add-service box ftp://x", "/add-service box http://x m")
    await talk(
        plain, "/edit-service lab heat=1", "/edit-service lab key", "/edit-service lab kind=x"
    )
    await talk(plain, "/test-service lab", "/favourite", "/remove-service lab", "/whoami")
    await talk(plain, "/remove-service lab", "/remove-service lab", "/test-service none")
    form, keyed = services.saved
    assert (form.name, form.url, form.model) == ("box", "http://x", "m")
    assert keyed.key is not None
    assert (keyed.key_header, keyed.first_event, keyed.idle) == ("api-key", "3600", "")
    assert "canary" not in "\n".join(said)
    assert services.removed == ["lab"]
    assert "http://127.0.0.1:9 does not answer." in said
    assert "The address begins with http." in said
    assert "scripted/scripted-1 is a favourite." in said
    assert said[-1] == "“none” is no SERVICE (scripted, lab)."


async def test_files_are_saved_imported_and_attached(said: list[str], tmp_path: Path) -> None:
    plain = plain_chat(said, tmp_path, *replies("One.", "Two."))
    await talk(plain, "/save", "Hello", "/save html", "/save as", f"/save '{tmp_path}/x.jsonl'")
    await talk(
        plain, "/export all jsonl", "/import", "/import nowhere.zip", "/history", "/history 1"
    )
    assert said[0] == "There is nothing to save yet."
    assert (tmp_path / "x.jsonl").exists()
    assert any(line.startswith("Saved as ") and line.endswith(".html") for line in said)
    assert "Say /import and the path of a file, a folder or an archive." in said
    said.clear()
    await talk(plain, f"/attach {tmp_path}/x.jsonl", "/attached", "/detach", "/editor")
    assert said[1] == "x.jsonl goes with the next prompt. /detach leaves it out."
    assert said[2] == "Nothing is attached. Say /attach and the path of a file."
    (tmp_path / "cat.png").write_bytes(png(4, 3))
    await talk(plain, f"/attach {tmp_path}/cat.png", "What is it?")
    assert "scripted/scripted-1 takes no pictures, so nothing was sent." in said[-1]


async def test_code_blocks_and_files_are_read_out_and_saved(
    said: list[str], tmp_path: Path
) -> None:
    code = "Here it is:\n\n```python boat.py\nsail()\n```\n"
    plain = plain_chat(said, tmp_path, *replies(code, "Good."))
    await talk(plain, "/files", "Hello", "Thanks")
    assert said[0] == "There is no code block or file in this conversation."
    said.clear()
    await talk(plain, "/blocks", "/blocks 1", f"/blocks 1 {tmp_path}/boat.py")
    await talk(plain, f"/blocks 1 {tmp_path}/boat.py")
    assert said == [
        "1. boat.py, python, 1 line",
        "Say /blocks and a number, with a path to save it there.",
        "sail()",
        f"Saved as {tmp_path}/boat.py",
        "boat.py is there already; choose another name.",
    ]
    assert (tmp_path / "boat.py").read_text() == "sail()\n"


@pytest.mark.parametrize("row", [row for row in COMMANDS if row.slash], ids=lambda row: row.id)
async def test_no_command_breaks_an_empty_chat(row, said: list[str], tmp_path: Path) -> None:
    plain = plain_chat(said, tmp_path, edit=lambda _text: None)
    if row.id not in {"app.quit", "chat.import-found"}:
        await talk(plain, row.slash, f"{row.slash} 1", f"{row.slash} nothing of that name")
        assert all(line.isprintable() for each in said for line in each.splitlines())


async def test_a_snippet_is_sent_filled_in_and_listed_behind_the_commands(
    said: list[str], tmp_path: Path
) -> None:
    backend = ScriptedBackend([TextDelta("Bonjour."), ReplyEnded()])
    snippets = {
        "translate": Snippet("translate", "Into {{language=French}}, {{tone}}: {{input}}"),
        "save": Snippet("save", "Save the world"),
    }
    plain = plain_chat(said, tmp_path, backend=backend, snippets=lambda: snippets)
    await plain.run_command("/translate Good day")
    assert said == ["Say /translate tone=… and then the text."]
    await plain.run_command('/Translate tone="very kind" Good day')
    assert said[-1] == "Bonjour."
    assert backend.requests[0].messages[-1].text == "Into French, very kind: Good day"
    await plain.run_command("/save html")
    assert len(backend.requests) == 1
    said.clear()
    await plain.run_command("/help snippet")
    assert [line for line in said if line.startswith("/translate")] == [
        "/translate language=… tone=… TEXT, a snippet: "
        "Into {{language=French}}, {{tone}}: {{input}}"
    ]
    await plain.run_command("/help")
    assert not any("the world" in line for line in said)


async def test_snippets_are_told_and_the_example_set_is_added_where_it_is_wanted(
    said: list[str], tmp_path: Path
) -> None:
    folder = tmp_path / "snippets"
    plain = plain_chat(
        said,
        tmp_path,
        snippets=lambda: read_snippets(folder).snippets,
        snippets_folder=folder,
    )
    await talk(plain, "/snippets")
    assert said[0] == "There are no snippets."
    assert said[1].startswith("Say /snippets examples to add an example set: translate, ")
    assert not folder.exists()
    said.clear()
    await talk(plain, "/snippets examples", "/snippets", "/snippets examples")
    assert said[0].startswith(f"Snippets added to {folder}: translate, ")
    assert "/review language=… TEXT: Review this {{language}} code" in "\n".join(said)
    assert said[-1].endswith("none, all are there.")


async def test_a_path_is_sent_and_said_to_be(said: list[str], tmp_path: Path) -> None:
    backend = ScriptedBackend(*replies("It is empty."))
    plain = plain_chat(said, tmp_path, backend=backend)
    await talk(plain, "/etc/hosts is empty, why?")
    assert said[0] == "/etc/hosts is no command: this is sent as it is."
    assert backend.requests[0].messages[-1].text == "/etc/hosts is empty, why?"


async def test_a_message_is_gone_to_and_what_is_said_is_about_it(
    said: list[str], tmp_path: Path
) -> None:
    plain = plain_chat(said, tmp_path, *replies("One.", "Two.", "Three."))
    await talk(plain, "/goto", "Hello", "Thanks", "/goto 1")
    assert said[0] == "There is no message yet."
    assert said[-2:] == ["User:", "Hello"]
    said.clear()
    await talk(plain, "/goto", "/copy", "/edit prompt Hello there", "/copy", "/goto 9")
    assert said[:4] == ["1. user: Hello", "2. assistant: One.", "3. user: Thanks", said[3]]
    assert said[5:9] == ["Copied the message: Hello", "Assistant:", "Three.", said[8]]
    assert said[8] == "Copied the message: Three."
    said.clear()
    await talk(plain, "/tree", "/tree 1", "/copy all", "/compare 2", "/branch", "/copy all")
    assert said[0] == "1. Hello, variant 1 of 2, not shown"
    whole = "User: Hello Assistant: One. User: Thanks Assistant: Two."
    assert f"Copied the conversation: {whole}" in said
    assert "From variant 2 to variant 1:" in said
    assert said[-1] == "Copied the conversation: User: Hello"
    await talk(plain, "/open hello")
    assert "Conversation: Hello" in said


async def test_picked_messages_are_saved_and_what_was_saved_is_opened_and_copied(
    said: list[str], tmp_path: Path
) -> None:
    opened: list[tuple[str, str]] = []

    async def open_file(path: Path, name: str) -> None:
        opened.append((path.name, name))

    code = "Here:\n\n```python\nsail()\n```\n"
    plain = plain_chat(said, tmp_path, *replies(code), open_file=open_file)
    await talk(plain, "/open file", "/save selection", "/picture", "/copy code", "Hello")
    assert said[:2] == [
        "Nothing was saved yet in this run; /save does.",
        "Say /pick and the number of a message, as /goto says them.",
    ]
    said.clear()
    await talk(plain, "/pick 1", "/save selection", "/open file", "/open folder", "/copy path")
    assert said[0] == "Messages that are picked: 1. /save selection saves them."
    (saved,) = tmp_path.glob("*.md")
    assert "sail()" not in saved.read_text()
    assert opened == [(saved.name, ""), (tmp_path.name, "")]
    await talk(plain, "/copy code", f"/save md {tmp_path}/my notes", "/save to", "/save all x.md")
    assert said[-4:] == [
        "Copied the code block: sail()",
        f"Saved as {tmp_path}/my notes.md",
        "Say /save to and a path, whose end says in which format.",
        said[-1],
    ]
    assert said[-1].startswith("“x.md” is no FORMAT (md, ")


async def test_several_models_answer_and_the_theme_of_the_screen_is_kept(
    said: list[str], tmp_path: Path
) -> None:
    kept: list[object] = []

    async def remember(values: object) -> None:
        kept.append(values)

    backend = ScriptedBackend(*replies("One.", "Two.", "Three."))
    plain = plain_chat(said, tmp_path, backend=backend, remember=remember)
    await talk(plain, "/side-by-side", "Hello", "/side-by-side lab/m-1", "/theme", "/theme light")
    said.clear()
    await talk(plain, "/side-by-side lab/m-1 scripted", "/variant 1", "/queue", "/send")
    assert said[:5] == ["lab/m-1:", "Assistant:", "Two.", "scripted/scripted-1:", "Assistant:"]
    assert said[6:8] == ["Say /variant and a number to go on with another reply.", said[7]]
    assert said[7] == "Variant 1 of 3."
    assert [each.model for each in backend.requests] == ["scripted-1", "m-1", "scripted-1"]
    assert kept == [{"theme": "light"}]
    assert said[-2:] == ["Nothing is queued here.", "Nothing is queued here."]


async def test_links_are_said_with_numbers_and_opened_by_those_that_were_said(
    said: list[str], tmp_path: Path
) -> None:
    text = "See [one](https://one.example) and https://u@two.example."
    plain = plain_chat(said, tmp_path, *replies(text, "Nothing more."))
    await talk(plain, "/links", "Hello", "Go on")
    assert said[0] == "There is no link in this conversation."
    said.clear()
    await talk(plain, "/links 1", "/links 1", "/sources 2")
    listed = [
        "1. one: https://one.example",
        "2. https://u@two.example",
        "Say /links and a number to open one.",
    ]
    assert said == [*listed, "Opened in the browser: https://one.example", "It is not opened."]
