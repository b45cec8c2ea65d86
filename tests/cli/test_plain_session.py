"""The plain chat, line by line."""

from fakegpt_tui.backends.scripted import Gate
from fakegpt_tui.domain import MessageStatus, ReplyEnded, TextDelta
from tests.cli.program import COMMAND, Home, served
from tests.terminal import Terminal


def test_each_line_is_a_prompt_and_is_answered(home: Home) -> None:
    with served([TextDelta("One."), ReplyEnded()], [TextDelta("Two."), ReplyEnded()]) as (
        backend,
        url,
    ):
        home.use_service(url)
        done = home.run("--plain", stdin="first\n\nsecond\n/files\n")
    assert done.returncode == 0
    assert [line for line in done.stdout.splitlines() if line] == [
        "Assistant:",
        "One.",
        "Assistant:",
        "Two.",
        "There is no code block or file in this conversation.",
    ]
    assert len(backend.requests) == 2
    with home.store() as store:
        (conversation,) = store.conversations()
        assert len(store.path(conversation.id)) == 4


def test_it_can_be_asked_for_by_the_environment_and_left_by_a_command(home: Home) -> None:
    home.environment["ACCESSIBLE"] = "1"
    done = home.run(stdin="/help\n/quit\nnot asked\n")
    assert done.returncode == 0
    assert "/new: Start a new conversation." in done.stdout
    assert "Assistant:" not in done.stdout


def test_ctrl_c_stops_the_reply_and_not_the_chat(home: Home) -> None:
    with served([TextDelta("Partial. "), Gate()]) as (_, url):
        home.use_service(url)
        with Terminal([*COMMAND, "--plain"], env=home.environment) as terminal:
            terminal.wait_for("You:")
            terminal.type("Hi\n")
            terminal.wait_for("Partial.")
            terminal.press("ctrl+c")
            terminal.wait_for("(stopped.")
            terminal.type("/quit\n")
            assert terminal.wait() == 0
    with home.store() as store:
        (conversation,) = store.conversations()
        assert store.path(conversation.id)[-1].status is MessageStatus.STOPPED


def test_keys_go_by_what_a_reader_counts_as_characters(home: Home) -> None:
    with served([TextDelta("Two."), ReplyEnded()]) as (backend, url):
        home.use_service(url)
        with Terminal([*COMMAND, "--plain"], env=home.environment) as terminal:
            terminal.wait_for("You:")
            terminal.type("e\u0301\u0323")
            terminal.press("backspace")
            for emoji in ("👩\u200d💻", "👍🏽", "👨\u200d👩\u200d👧\u200d👦", "〽\ufe0f", "🇦🇺"):
                terminal.type(f"🇩🇪{emoji}")
                terminal.press("backspace")
            terminal.press("left", "left")
            terminal.type("a")
            terminal.press("right", "delete")
            terminal.type("b\n")
            terminal.wait_for("Two.")
            terminal.type("/quit\n")
            assert terminal.wait() == 0
    assert backend.requests[0].messages[-1].text == "🇩🇪🇩🇪🇩🇪a🇩🇪b"
