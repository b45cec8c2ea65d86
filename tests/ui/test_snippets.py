"""Snippets on the screen: commands that put a text into the prompt, and tab through variables."""

from collections.abc import Mapping
from pathlib import Path

from textual.selection import Selection

from fakegpt_tui.attachments.snippets import Snippet, read_snippets
from fakegpt_tui.keymap.command_grammar import snippet_commands
from fakegpt_tui.ui.slash_commands import matching_commands
from fakegpt_tui.ui.widgets.transcript.view import Transcript
from tests.ui.running import reply, running

SNIPPETS = {
    each.name: each
    for each in (
        Snippet("translate", "Into {{language=French}}, {{tone}} {{tone}}: {{input}}"),
        Snippet("explain", "# Explain [b]this[/b]\n\n{{selection=everything}}"),
        Snippet("save", "Save the world"),
    )
}


def test_a_snippet_is_found_by_its_name_and_never_in_place_of_a_command() -> None:
    own = snippet_commands({name: each.description for name, each in SNIPPETS.items()})
    assert [each.slash for each in own] == ["/translate", "/explain"]
    assert matching_commands("/transl", own)[0].name == "/translate"
    assert matching_commands("/exp", own)[0].name.startswith("/export")
    assert matching_commands("/save", own)[0].command.action != "snippets.insert('save')"


async def test_a_snippet_takes_what_is_typed_and_tab_goes_through_the_rest() -> None:
    async with running(reply("one"), reply("two"), snippets=lambda: SNIPPETS) as it:
        await it.ask("/translate Good day")
        assert it.prompt.text == "Into {{language=French}}, {{tone}} {{tone}}: Good day"
        assert it.prompt.selected_text == "{{language=French}}"
        await it.pilot.press("enter")
        await it.see("Type what {{tone}} stands for")
        assert it.prompt.selected_text == "{{tone}}"
        await it.pilot.press("shift+tab")
        assert it.prompt.selected_text == "{{language=French}}"
        await it.pilot.press("tab", *"kind")
        assert it.prompt.text == "Into {{language=French}}, kind {{tone}}: Good day"
        await it.pilot.press("tab")
        assert it.prompt.text == "Into {{language=French}}, kind kind: Good day"
        assert it.prompt.selected_text == "{{language=French}}"
        await it.pilot.press("enter")
        await it.see("one")
        assert it.path[0].text == "Into French, kind kind: Good day"

        # The same braces are text once the snippet is sent, and a second slash sends the name.
        await it.ask("a {{tone}} b")
        await it.see("two")
        assert it.path[2].text == "a {{tone}} b"

        await it.ask("//translate x")
        await it.until(lambda: len(it.path) == 6)
        assert it.path[4].text == "/translate x"

        # Without an input there is a gap for it, which may stay empty.
        await it.ask("/translate tone=dry")
        await it.pilot.press("tab")
        assert it.prompt.text == "Into {{language=French}}, dry dry: {{input}}"
        assert it.prompt.selected_text == "{{input}}"
        await it.pilot.press("enter")
        await it.until(lambda: len(it.path) == 8)
        assert it.path[6].text == "Into French, dry dry:"


async def test_the_list_and_the_palette_offer_snippets_and_values_stand_in_front() -> None:
    async with running(reply("one"), snippets=lambda: SNIPPETS) as it:
        await it.pilot.press(*"/translate to", "tab")
        assert it.prompt.text == "/translate tone="
        await it.pilot.press(*"dry ")
        await it.see("else French")
        await it.pilot.press("down", "tab")
        assert it.prompt.text == "/translate tone=dry language="
        await it.pilot.press(*"Greek Hi", "enter")
        assert it.prompt.text == "Into Greek, dry dry: Hi"
        await it.pilot.press("ctrl+a", "ctrl+k", *"/expl")
        await it.see("Explain [b]this[/b]")
        await it.pilot.press("enter")
        assert it.prompt.text == "# Explain [b]this[/b]\n\neverything"
        it.prompt.replace_text("tone=dry Hello")
        await it.command("translate")
        await it.until(lambda: it.prompt.text == "Into {{language=French}}, dry dry: Hello")
        assert it.prompt.selected_text == "{{language=French}}"

        await it.ask("Good day")
        await it.see("one")
        transcript = it.app.screen.query_one(Transcript)
        for keys in (
            (*"/expla", "enter"),
            ("ctrl+p", *"explain", "enter"),
            (*"/snippets", "enter", *"this", "enter"),
        ):
            it.prompt.load_draft("")
            await it.pilot.pause()
            it.app.screen.selections = {transcript: Selection(None, None)}
            await it.pilot.press(*keys)
            await it.until(lambda: it.prompt.text.startswith("# Explain [b]this[/b]\n\n"))
            assert "Good day" in it.prompt.text
            assert "everything" not in it.prompt.text


async def test_the_picker_shows_whole_snippets_and_offers_the_example_set(tmp_path: Path) -> None:
    folder = tmp_path / "snippets"

    def snippets() -> Mapping[str, Snippet]:
        return {**read_snippets(folder).snippets, "explain": SNIPPETS["explain"]}

    async with running(snippets=snippets, snippets_folder=folder, size=(120, 30)) as it:
        it.prompt.insert("/snippets")
        await it.pilot.press("enter")
        await it.see("Add the example set, 7 snippets")
        await it.see("{{selection=everything}}")
        assert "Explain [b]this[/b]" in it.text
        await it.pilot.press("down")
        await it.see("{{language=English}}. Keep")
        assert not folder.exists()
        await it.pilot.press("enter")
        await it.see("/commit-message")
        assert "Add the example set" not in it.text
        await it.pilot.press(*"cases")
        await it.see("{{framework=pytest}} for")
        await it.pilot.press("escape")
        await it.until(lambda: it.app.focused is it.prompt)
        it.prompt.insert("Good day")
        await it.command("snippets")
        await it.see("/commit-message")
        await it.pilot.press(*"into", "enter")
        wanted = "Translate into {{language=English}}. Keep the tone, and leave code alone."
        await it.until(lambda: it.prompt.text == f"{wanted}\n\nGood day")
