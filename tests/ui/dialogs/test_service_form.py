"""Adding a service, and changing one, on the screen."""

from contextlib import asynccontextmanager
from dataclasses import replace

from textual.widgets import Input

from fakegpt_tui.domain import (
    ConfigError,
    ConnectionCheck,
    Model,
    NotSignedIn,
    Secret,
    Service,
    ServiceKind,
    TimeLimits,
)
from fakegpt_tui.ui.screens.chat import ChatScreen
from tests.ui.running import Running, running

KEY = "sk-canary-key-0123456789abcdef"
OFFICE = Service(
    name="office",
    kind=ServiceKind.OPENAI,
    url="https://chat.example.org",
    model="small",
    proxy=Secret("http://ann:hunter2@proxy.example.org:8080"),
)


@asynccontextmanager
async def adding(**options: object):
    async with running(**options) as it:
        await it.command("/add-service")
        await it.see("New service")
        yield it


async def fill(it: Running, **fields: str) -> None:
    for field, text in fields.items():
        it.app.screen.query_one(f"#{field}", Input).focus()
        await it.pilot.press(*text)


async def test_a_service_that_was_added_answers_at_once() -> None:
    async with adding() as it:
        await fill(it, name="local", url="http://127.0.0.1:9", model="m")
        await it.pilot.press("ctrl+s")
        await it.until(lambda: isinstance(it.app.screen, ChatScreen) and "local m" in it.status)
        assert [(each.name, each.kind, each.url, each.model) for each in it.registry.saved] == [
            ("local", ServiceKind.OPENAI, "http://127.0.0.1:9", "m")
        ]
        assert it.chat.services.default_model() == ("local", "m")


async def test_a_key_is_never_seen_and_goes_where_the_form_says() -> None:
    async with adding() as it:
        await it.see("in a private file, not the keyring")
        await fill(it, name="hosted", url="https://api.example.org/v1", key=KEY)
        assert KEY not in it.text
        await it.pilot.press("ctrl+s")
        await it.until(lambda: bool(it.registry.saved))
        assert (it.registry.saved[0].key, it.registry.saved[0].key_in_file) == (Secret(KEY), False)


async def test_without_a_keyring_the_form_says_that_a_key_goes_to_a_file() -> None:
    async with running() as it:
        it.registry.no_keyring = "There is no keyring on this system."
        await it.command("/add-service")
        await it.see("a key is kept in a private file")
        await fill(it, name="hosted", url="https://api.example.org/v1", key=KEY)
        await it.pilot.press("ctrl+s")
        await it.until(lambda: bool(it.registry.saved))
        assert it.registry.saved[0].key_in_file


async def test_what_is_wrong_is_said_beside_its_field_and_nothing_is_saved() -> None:
    async with adding() as it:
        it.registry.refused = {"url": "Must be a URL such as https://chat.example.org."}
        await fill(it, name="scripted", url="nowhere")
        await it.pilot.press("ctrl+s")
        await it.see("There is a service of that name")
        lines = it.text.splitlines()
        place = next(i for i, line in enumerate(lines) if "nowhere" in line)
        assert "Must be a URL" in lines[place + 1]
        assert it.registry.saved == []
        # The address is judged as it will be completed.
        await fill(it, url=":9")
        await it.until(lambda: it.registry.validated[-1].url == "https://nowhere:9")
        it.registry.refused = {}
        await fill(it, name="2")
        await it.until(lambda: "of that name" not in it.text and "Must be" not in it.text)


async def test_a_trial_says_what_fails_and_offers_the_models_that_it_found() -> None:
    async with adding() as it:
        it.registry.steps = (
            ConnectionCheck(
                "It offers 2 models.", worked=True, models=(Model("small"), Model("large"))
            ),
            ConnectionCheck("The model 'small' answers.", worked=True),
        )
        await fill(it, name="local", url='"127.0.0.1:9",')
        await it.pilot.press("f5")
        await it.see("✓ The model 'small' answers.")
        assert it.registry.checked[0].url == "http://127.0.0.1:9"
        await it.see("http://127.0.0.1:9")
        await it.pilot.press("f6", *"large", "enter")
        await it.until(lambda: it.app.screen.query_one("#model", Input).value == "large")
        assert it.registry.saved == []
        # Another address has other models, for which it is asked; nothing is sent to one.
        it.registry.steps = (
            ConnectionCheck("It offers 1 model.", worked=True, models=(Model("other"),)),
            ConnectionCheck("This is not reached.", worked=False),
        )
        await fill(it, url="1")
        await it.pilot.press("f6")
        await it.see("Models")
        await it.see("other")
        await it.pilot.press("escape")
        await fill(it, url="2")
        it.registry.steps = (ConnectionCheck("It refused the connection.", worked=False),)
        await it.pilot.press("f6")
        await it.see("✗ It refused the connection.")
        assert "not reached" not in it.text
        # What was said is about the address before, and a key is typed here, not in F6.
        await fill(it, url="3")
        await it.until(lambda: "refused the connection" not in it.text)
        assert it.app.screen.query_one("#url", Input).value == "http://127.0.0.1:9123"
        said = f"It wants a key. {NotSignedIn.advice}"
        it.registry.steps = (ConnectionCheck(said, worked=False),)
        await it.pilot.press("f5")
        await it.see("✗ It wants a key.")
        assert "F2 in F6" not in it.text


async def test_saving_that_fails_says_why_and_keeps_what_was_typed() -> None:
    async with adding() as it:
        it.registry.error = ConfigError("The keyring is locked. The key was not kept anywhere.")
        await fill(it, name="local", url="http://127.0.0.1:9")
        await it.pilot.press("ctrl+s")
        await it.see("✗ The keyring is locked.")
        await it.see("http://127.0.0.1:9")


async def test_what_was_typed_is_left_only_when_that_is_asked_for_twice() -> None:
    async with adding() as it:
        await fill(it, name="local")
        for size, typed in (((25, 6), "1"), ((60, 20), "2"), ((80, 24), "3")):
            await it.pilot.resize_terminal(*size)
            await it.pilot.press("escape")
            await it.see("Nothing is saved")
            await it.pilot.press(typed)
            await it.until(lambda: "Nothing is saved" not in it.text)
        await it.see("local123")
        await it.pilot.press("escape")
        await it.see("Nothing is saved")
        await it.pilot.press("escape")
        await it.see("Services and models")
        assert it.registry.saved == []


async def test_a_change_shows_no_secret_and_leaves_what_was_not_touched() -> None:
    async with running(services=(OFFICE,)) as it:
        it.registry.key_locations = {"office": "the keyring of the system"}
        await it.pilot.press("f6", *"office", "f2")
        await it.see("Service office")
        await it.see("stays in the keyring of the system; another takes its place")
        await it.see("stays, with its password")
        assert "hunter2" not in it.text
        await fill(it, model="er")
        await it.pilot.press("ctrl+s")
        await it.until(lambda: bool(it.registry.saved))
        (kept,) = it.registry.saved
        assert (kept.name, kept.model, kept.key, kept.proxy) == ("office", "smaller", None, None)


async def test_patience_and_the_header_of_a_key_are_shown_and_changed() -> None:
    slow = replace(OFFICE, key_header="api-key", limits=TimeLimits(first_event=3600))
    async with running(services=(slow,)) as it:
        await it.pilot.press("f6", *"office", "f2")
        await it.see("Service office")
        shown = {each.id: each.value for each in it.app.screen.query(Input)}
        assert (shown["key_header"], shown["first_event"], shown["idle"]) == ("api-key", "3600", "")
        await fill(it, idle="900")
        await it.pilot.press("ctrl+s")
        await it.until(lambda: bool(it.registry.saved))
        (kept,) = it.registry.saved
        assert (kept.key_header, kept.first_event, kept.idle) == ("api-key", "3600", "900")


async def test_a_proxy_can_be_taken_away() -> None:
    async with running(services=(OFFICE,)) as it:
        await it.pilot.press("f6", *"office", "f2")
        await fill(it, proxy="none")
        await it.pilot.press("ctrl+s")
        await it.until(lambda: bool(it.registry.saved))
        assert it.registry.saved[0].proxy == Secret("")


async def test_a_key_that_is_kept_can_be_taken_away() -> None:
    async with running(services=(OFFICE,)) as it:
        it.registry.key_locations = {"office": "the keyring of the system"}
        await it.pilot.press("f6", *"office", "f2")
        await it.see("stays in the keyring of the system")
        await it.see("take the key away, and delete it from the keyring of the system")
        it.app.screen.query_one("#without_key").focus()
        await it.pilot.press("space", "escape")
        await it.see("Nothing is saved")
        await it.pilot.press("ctrl+s")
        await it.until(lambda: bool(it.registry.saved))
        assert it.registry.saved[0].without_key


async def test_where_no_key_is_kept_none_can_be_taken_away() -> None:
    async with running(services=(OFFICE,)) as it:
        await it.pilot.press("f6", *"office", "f2")
        await it.see("if it wants one")
        assert "take the key away" not in it.text


async def test_each_protocol_says_what_it_needs() -> None:
    async with adding() as it:
        await it.see("127.0.0.1:11434")
        it.app.screen.query_one("#kind").focus()
        await it.pilot.press("down")
        await it.see("api.openai.com/v1")
        await it.see("sent as Authorization")
        await it.see("off, 5m or 1h")
        await it.see("may search the web")
        assert "of the protocol" not in it.text
        await it.pilot.press("down")
        await it.see("api.anthropic.com")
        await it.see("sent as x-api-key")
        await it.see("of the protocol; 2023-06-01")
        await fill(it, name="claude", url="http://127.0.0.1:9", key=KEY, cache="1h")
        it.app.screen.query_one("#web_search").focus()
        await it.pilot.press("space")
        await fill(it, api_version="2026-10-21")
        await it.pilot.press("ctrl+s")
        await it.until(lambda: bool(it.registry.saved))
        kept = it.registry.saved[0]
        assert kept.kind is ServiceKind.ANTHROPIC
        assert (kept.cache, kept.web_search, kept.api_version) == ("1h", True, "2026-10-21")


async def test_a_change_of_the_protocol_asks_for_what_the_new_one_needs() -> None:
    claude = replace(OFFICE, kind=ServiceKind.ANTHROPIC, cache="5m", web_search=True)
    async with running(services=(claude,)) as it:
        await it.pilot.press("f6", *"office", "f2")
        await it.see("Service office")
        assert it.app.screen.query_one("#cache", Input).value == "5m"
        it.app.screen.query_one("#kind").focus()
        await it.pilot.press("up", "up", "space")  # from what is chosen, where the cursor begins
        await it.until(lambda: "search the web" not in it.text)
        await it.pilot.press("ctrl+s")
        await it.until(lambda: bool(it.registry.saved))
        kept = it.registry.saved[0]
        assert (kept.kind, kept.cache, kept.web_search) == (ServiceKind.OPENAI, "", False)


async def test_a_host_of_the_fakegpt_protocol_is_asked_for_no_key() -> None:
    async with adding() as it:
        await it.see("or variable")
        await fill(it, name="shared", url="http://127.0.0.1:9", key=KEY)
        it.registry.steps = (ConnectionCheck("It answers.", worked=True),)
        it.registry.may_go_on.clear()
        await it.pilot.press("f5")
        await it.see("✓ It answers.")
        await it.see("Trying it out …")
        it.registry.may_go_on.set()
        await it.until(lambda: "Trying it out" not in it.text)
        it.app.screen.query_one("#kind").focus()
        await it.pilot.press("down", "down", "down")  # all at once
        await it.until(lambda: "or variable" not in it.text)
        assert "It answers." not in it.text, "by another protocol it may not"
        await it.pilot.press("ctrl+s")
        await it.until(lambda: bool(it.registry.saved))
        assert (it.registry.saved[0].kind, it.registry.saved[0].key) == (ServiceKind.FAKEGPT, None)


async def test_the_form_fits_a_small_screen() -> None:
    async with adding(size=(60, 20)) as it:
        await it.see("Proxy")
        await it.see("F5 test")
        await fill(it, idle="77")
        it.app.screen.query_one("#idle").focus()
        for size in ((20, 5), (40, 7), (60, 20)):
            await it.pilot.resize_terminal(*size)
            await it.see("77")


async def test_the_focus_stays_where_something_is_typed() -> None:
    async with adding() as it:
        await fill(it, name="a b", url="foo")
        it.registry.refused = {"name": "No spaces.", "url": "No address."}
        await it.pilot.press("f5")
        it.app.screen.query_one("#name", Input).focus()
        await it.pilot.press("ctrl+u")
        it.registry.refused = {"url": "No address."}
        await it.pilot.press(*"new")
        assert it.app.screen.query_one("#name", Input).value == "new"
        assert it.app.screen.query_one("#url", Input).value == "foo"
