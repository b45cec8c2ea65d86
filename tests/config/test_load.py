"""Settings: which source wins, what is refused and how the error says it."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakegpt_tui.config.load import load_settings
from fakegpt_tui.config.spec import SETTING_SPECS, Folders, Source, ValueOrigin
from fakegpt_tui.domain import ConfigError, ModelRef, ServiceKind
from tests.config.building import CONFIG, NATIVE, complaint, settled
from tests.examples import examples


def test_with_nothing_configured_the_embedded_host_answers() -> None:
    found = settled()
    assert found.chosen_service.kind is ServiceKind.EMBEDDED
    assert (found.max_turns, found.repaint_rate, found.model, found.theme) == (8, 20, None, None)
    assert found.folders == NATIVE
    assert (found.plain, found.color) == (False, True)
    assert {origin.source for origin in found.origins.values()} == {Source.DEFAULT}


def test_a_mirror_folder_is_kept_where_one_is_named(tmp_path: Path) -> None:
    assert settled().mirror is None
    assert settled(f'mirror = "{tmp_path}"').mirror == tmp_path
    assert settled(environ={"FAKEGPT_MIRROR": "notes"}).mirror == Path("notes").absolute()


def test_a_flag_wins_over_the_environment_and_that_over_the_file() -> None:
    file = 'theme = "from-file"'
    environ = {"FAKEGPT_THEME": "from-environment"}
    flags = {"theme": "from-flag"}
    by_flag = settled(file, environ=environ, flags=flags)
    by_environment = settled(file, environ=environ)
    by_file = settled(file)
    assert (by_flag.theme, by_flag.origins["theme"]) == (
        "from-flag",
        ValueOrigin(Source.FLAG, "--theme"),
    )
    assert (by_environment.theme, str(by_environment.origins["theme"])) == (
        "from-environment",
        "FAKEGPT_THEME",
    )
    assert (by_file.theme, str(by_file.origins["theme"])) == ("from-file", str(CONFIG))


def test_an_empty_variable_counts_as_unset() -> None:
    found = settled('model = "m"', environ={"FAKEGPT_MODEL": "", "NO_COLOR": "", "ACCESSIBLE": ""})
    assert (found.model, found.color, found.plain) == ("m", True, False)


def test_no_color_with_any_text_turns_colour_off() -> None:
    assert not settled(environ={"NO_COLOR": "0"}).color


@pytest.mark.parametrize(
    ("environ", "plain", "origin"),
    [
        ({"ACCESSIBLE": "1"}, True, "ACCESSIBLE"),
        ({"ACCESSIBLE": "0"}, False, "default"),
        ({"TERM": "dumb"}, True, "TERM"),
        ({"TERM": "xterm"}, False, "default"),
        ({"ACCESSIBLE": "1", "FAKEGPT_PLAIN": "no"}, False, "FAKEGPT_PLAIN"),
    ],
)
def test_plain_mode_is_asked_for_in_several_ways(
    environ: dict[str, str], plain: bool, origin: str
) -> None:
    found = settled(environ=environ)
    assert (found.plain, str(found.origins["plain"])) == (plain, origin)


def test_favourites_are_services_with_their_models() -> None:
    expected = (ModelRef("hub", "org/small"), ModelRef("local", ""))
    assert settled('favourites = ["hub/org/small", "local"]').favourites == expected
    found = settled(environ={"FAKEGPT_FAVOURITES": "hub/org/small, local"})
    assert found.favourites == expected
    assert settled().favourites == ()


def test_keys_are_kept_by_the_id_of_their_action() -> None:
    found = settled('[keys]\n"app.quit" = "ctrl+x"\nchat.new = "f4, f12"\napp.help = ""')
    assert found.keys == {"app.quit": "ctrl+x", "chat.new": "f4, f12", "app.help": ""}
    assert str(found.origins["keys.chat.new"]) == str(CONFIG)


def test_a_chosen_data_folder_takes_in_everything_that_is_written() -> None:
    folders = settled(flags={"data_dir": "/elsewhere"}).folders
    assert folders == Folders(
        config=Path("/conf"),
        data=Path("/elsewhere"),
        state=Path("/elsewhere/state"),
        cache=Path("/elsewhere/cache"),
        exports=Path("/elsewhere/exports"),
    )


def test_a_folder_that_is_placed_by_name_stays_there() -> None:
    found = settled(flags={"data_dir": "/elsewhere"}, environ={"FAKEGPT_STATE_DIR": "/mine"})
    assert found.folders.state == Path("/mine")
    assert str(found.origins["state_dir"]) == "FAKEGPT_STATE_DIR"


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("max_turns = ", "The configuration file /conf/config.toml is not valid TOML:"),
        ('theem = "x"', "'theem' in /conf/config.toml is not a setting; did you mean 'theme'?"),
        ("zzz = 1", "'zzz' in /conf/config.toml is not a setting."),
        (
            'max_turns = "8"',
            "'max_turns' in /conf/config.toml must be a whole number from 1 to 64, not '8'.",
        ),
        ("max_turns = true", "must be a whole number from 1 to 64, not True."),
        ("max_turns = 0", "must be a whole number from 1 to 64, not 0."),
        ("theme = 3", "'theme' in /conf/config.toml must be text, and not empty, not 3."),
        ("services = 1", "'services' in /conf/config.toml must be a table, not 1."),
        ("[services]\nhome = 1", "'services.home' in /conf/config.toml must be a table, not 1."),
        ('[services."a b"]\nkind = "openai"', "must have a name of at most 40 letters"),
        ("[services.home]", "'services.home.kind' in /conf/config.toml is missing; it is one of"),
        (
            '[services.home]\nkind = "fakegtp"',
            '"responses" or "anthropic", not \'fakegtp\'.',
        ),
        (
            '[services.home]\nkind = "fakegpt"',
            "'services.home.url' in /conf/config.toml is missing",
        ),
        (
            '[services.home]\nkind = "fakegpt"\nurl = "example.org"',
            "'services.home.url' in /conf/config.toml must be a URL such as "
            "https://chat.example.org, not 'example.org'.",
        ),
        (
            '[services.home]\nkind = "fakegpt"\nulr = "http://127.0.0.1"\nurl = "http://127.0.0.1"',
            "'services.home.ulr' in /conf/config.toml is not a setting; did you mean 'url'?",
        ),
        ("[services.zhile.timeouts]\nidle = 0", "must be a number of seconds above 0"),
        ("[services.zhile.timeouts]\nidel = 1", "did you mean 'idle'?"),
        ("[services.zhile]\nverify = 1", "'services.zhile.verify' in /conf/config.toml must be"),
        ('[services.embedded]\nurl = "http://127.0.0.1:9"', "picks its own port"),
        ('[services.embedded]\nupstream = "nobody"', "must name a service: one of embedded, zhile"),
        ('[services.embedded]\nupstream = "embedded"', "cannot name another embedded host"),
        ('[services.zhile]\nupstream = "embedded"', "is for services of the kind 'embedded'"),
        ('[services.zhile]\nkey_env = "A"\nkey_file = "b"', "exclude each other"),
        ("[keys]\nquit = 1", "'keys.quit' in /conf/config.toml must be text, not 1."),
        ("favourites = [1]", "'favourites' in /conf/config.toml must be a list such as [\"ollama/"),
        (
            'data_dir = "C:\\Users\\me"',
            r"write a path with \ in single quotes, as in 'C:\Users\me'.",
        ),
        ('mirror = "C:\\temp\\notes"', r"write a path with \ in single quotes"),
        ('exports_dir = "C:\\notes\\me"', r"write a path with \ in single quotes"),
        ("[services.zhile]\nkey_file = 'a\nb'", "is not valid TOML"),
        ('[services.größe]\nkind = "openai"', "put names with other letters than a–z in quotes."),
        ("größe = 1", "put names with other letters than a–z in quotes."),
        ('[services."a\u200bb"]\nkind = "openai"', "must have a name of at most 40 letters"),
        ('data_dir = "~no-such-person-here/x"', "a path below a home folder that exists"),
    ],
)
def test_what_is_wrong_in_the_file_is_said_in_a_sentence(content: str, sentence: str) -> None:
    said = complaint(content)
    assert sentence in said
    assert said.endswith((".", "?"))


@pytest.mark.parametrize("name", ["größe", "Ярослав", "हिन्दी", "模型-2"])
def test_a_service_is_named_in_letters_of_every_script(name: str) -> None:
    found = settled(f'[services."{name}"]\nkind = "openai"\nurl = "http://127.0.0.1:1"\n')
    assert found.services[name].name == name


@pytest.mark.parametrize(
    "key",
    [
        "hf_abcdefghij0123456789",
        "gsk_AbCdEfGhIjKlMn0123456789",
        "AIzaSyA0123456789abcdefghij",
        "0123456789abcdef0123456789abcdef".replace("0123", "a123", 1),
        "AbCdEfGh0123456789xyz",
    ],
)
def test_a_key_in_place_of_its_variable_is_refused_and_not_repeated(key: str) -> None:
    said = complaint(f'[services.zhile]\nkey_env = "{key}"')
    assert "not the key itself" in said
    assert key not in said


@pytest.mark.parametrize(
    "name", ["OPENAI_API_KEY", "my_openai_key_2", "KEY1", "A", "key_for_lab_1"]
)
def test_a_name_is_not_taken_for_a_key(name: str) -> None:
    settled(f'[services.zhile]\nkey_env = "{name}"')


def test_an_error_names_the_variable_or_the_flag_that_it_is_about() -> None:
    assert complaint(environ={"FAKEGPT_MAX_TURNS": "many"}) == (
        "FAKEGPT_MAX_TURNS must be a whole number from 1 to 64, not 'many'."
    )
    assert complaint(flags={"theme": " "}) == "--theme must be text, and not empty, not ' '."


def test_a_misspelt_variable_is_refused_and_a_foreign_one_is_not() -> None:
    assert "did you mean 'FAKEGPT_SERVICE'?" in complaint(environ={"FAKEGPT_SERVIC": "x"})
    settled(environ={"FAKEGPT_OF_ANOTHER_PROGRAM": "x"})
    settled('[services.zhile]\nkey_env = "FAKEGPT_MODELS"', environ={"FAKEGPT_MODELS": "some-key"})


def test_an_unfit_value_in_the_file_is_refused_even_where_a_flag_wins() -> None:
    assert "'theme'" in complaint("theme = 3", flags={"theme": "nord"})


def test_loading_reads_the_chosen_file_and_makes_no_folder(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text('theme = "nord"\ndata_dir = "' + str(tmp_path / "data") + '"')
    found = load_settings({"config": str(file)}, {})
    assert (found.theme, found.config_file) == ("nord", file)
    assert list(tmp_path.iterdir()) == [file]


def test_a_chosen_file_that_is_missing_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="does not exist"):
        load_settings({}, {"FAKEGPT_CONFIG": str(tmp_path / "none.toml")})


def test_a_file_that_is_not_text_is_an_error(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_bytes(b'theme = "\xff"')
    with pytest.raises(ConfigError, match="is not UTF-8 text"):
        load_settings({"config": str(file)}, {})
    with pytest.raises(ConfigError, match="cannot be read"):
        load_settings({"config": str(tmp_path)}, {})


@examples(150)
@given(content=st.text(), value=st.text())
def test_any_file_and_any_value_give_settings_or_one_sentence(content: str, value: str) -> None:
    said = ""
    theme = None
    try:
        theme = settled(content, flags={"theme": value}).theme
    except ConfigError as error:
        said = str(error)
    assert theme == value.strip() or (said.endswith((".", "?")) and "\n" not in said)


def test_what_the_screen_reads_by_name_is_a_setting_with_the_same_default() -> None:
    sources = (Path(__file__).parents[2] / "fakegpt_tui" / "ui").rglob("*.py")
    found = {
        match
        for source in sources
        for match in re.findall(r"options\.value\(\"(\w+)\", (\w+)\)", source.read_text())
    }
    assert found
    for name, default in found:
        assert str(SETTING_SPECS[name].default) == default
