"""`config` and `paths`: the configuration file, every value with its origin, and the folders."""

import json
import stat
import tomllib

import pytest

from fakegpt_tui.cli.config import template
from tests.cli.program import Home


def test_the_path_is_told_before_there_is_a_file(home: Home) -> None:
    done = home.invoke("config", "path")
    assert done.stdout == f"{home.folder}/.config/fakegpt-tui/config.toml\n"


def test_every_value_is_shown_with_its_origin(home: Home) -> None:
    home.configure('mirror = "/notes"\n[keys]\n"chat.new" = "f12"\n')
    home.environment["FAKEGPT_MAX_TURNS"] = "3"
    lines = home.invoke("config", "show").stdout.splitlines()
    assert f"mirror = /notes  ({home.config})" in lines
    assert "max_turns = 3  (FAKEGPT_MAX_TURNS)" in lines
    assert "service = embedded  (default)" in lines
    assert f"keys.chat.new = f12  ({home.config})" in lines
    assert "services.embedded = embedded  (default)" in lines
    assert f"data_dir = {home.data}  (FAKEGPT_DATA_DIR)" in lines


def test_no_secret_is_shown(home: Home) -> None:
    home.configure(
        '[services.work]\nkind = "fakegpt"\nurl = "https://chat.example.org"\n'
        'proxy = "http://me:canary-1@localhost:8080"\nheaders = { X-Key = "canary-2" }\n'
    )
    for options in ([], ["--json"]):
        shown = home.invoke("config", "show", *options).stdout
        assert "canary" not in shown
        assert "X-Key" in shown


def test_what_is_shown_is_json_with_a_version(home: Home) -> None:
    document = json.loads(home.invoke("config", "show", "--json").stdout)
    assert document["version"] == 1
    assert document["values"]["max_turns"] == {"value": "8", "origin": "default"}


def test_a_file_to_begin_with_changes_nothing_and_is_private(home: Home) -> None:
    before = home.invoke("config", "show").stdout
    done = home.invoke("config", "init")
    file = home.folder / ".config" / "fakegpt-tui" / "config.toml"
    assert (done.exit_code, done.stdout) == (0, f"{file}\n")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    assert home.invoke("config", "show").stdout == before


def test_a_file_that_is_there_is_left_as_it_is(home: Home) -> None:
    home.configure("max_turns = 3\n")
    done = home.invoke("config", "init")
    assert (done.exit_code, done.stdout) == (1, "")
    assert "is there already" in done.stderr
    assert home.config.read_text() == "max_turns = 3\n"


def test_without_the_signs_the_file_works(home: Home) -> None:
    lines = template().splitlines()
    content = "\n".join(line[1:] for line in lines if line[:1] == "#" and line[1:2] != " ")
    assert set(tomllib.loads(content)) >= {"service", "mirror", "services", "keys"}
    home.configure(content)
    assert home.invoke("config", "show").exit_code == 0


def test_a_configuration_that_cannot_be_used_is_told(home: Home) -> None:
    home.configure("max_turns = 0\n")
    done = home.invoke("config", "show")
    assert done.exit_code == 2
    assert "must be a whole number from 1 to 64" in done.stderr


@pytest.mark.parametrize("chosen_by", ["option", "variable"])
def test_a_file_is_begun_where_it_is_asked_for(home: Home, chosen_by: str) -> None:
    file = home.folder / "dotfiles" / "fakegpt.toml"
    options = ["--config", str(file)] if chosen_by == "option" else []
    if chosen_by == "variable":
        home.environment["FAKEGPT_CONFIG"] = str(file)
    assert home.invoke("config", "path", *options).stdout == f"{file}\n"
    assert str(file) in home.invoke("paths", *options).stdout
    done = home.invoke("config", "init", *options)
    assert (done.exit_code, done.stdout, done.stderr) == (0, f"{file}\n", "")
    assert home.invoke("config", "show", *options).exit_code == 0


@pytest.mark.parametrize(
    "command", [["list"], ["paths"], ["config", "path"], ["search", "word"], ["save", "--all"]]
)
@pytest.mark.parametrize("content", ['newer_setting = "x"\n', "this is no TOML\n"])
def test_commands_that_need_only_folders_go_on_with_a_warning(
    home: Home, command: list[str], content: str
) -> None:
    home.configure(content)
    done = home.invoke(*command)
    assert done.exit_code in (0, 6)
    assert str(home.config) in done.stderr
    assert "Only folders are taken from the configuration." in done.stderr


def test_folders_of_the_file_are_used_although_another_line_is_wrong(home: Home) -> None:
    del home.environment["FAKEGPT_DATA_DIR"]
    home.configure(f'newer_setting = 1\ndata_dir = "{home.folder}/elsewhere"\n')
    assert home.invoke("list").exit_code == 0
    assert (home.folder / "elsewhere" / "conversations.db").exists()


def test_no_other_store_is_shown_where_the_folder_cannot_be_read(home: Home) -> None:
    del home.environment["FAKEGPT_DATA_DIR"]
    home.configure('data_dir = "/elsewhere"\nthis is no TOML\n')
    done = home.invoke("list")
    assert (done.exit_code, done.stdout) == (2, "")
    assert "is not valid TOML" in done.stderr


def test_a_chosen_file_that_is_missing_is_no_reason_to_show_another_store(home: Home) -> None:
    done = home.invoke("list", "--config", "nowhere.toml")
    assert (done.exit_code, done.stdout) == (2, "")
    assert "does not exist" in done.stderr


def test_a_byte_order_mark_is_no_error(home: Home) -> None:
    home.config.write_bytes(b"\xef\xbb\xbfmax_turns = 3\n")
    home.environment["FAKEGPT_CONFIG"] = str(home.config)
    done = home.invoke("config", "show")
    assert (done.exit_code, done.stderr) == (0, "")
    assert f"max_turns = 3  ({home.config})" in done.stdout


def test_paths_tell_where_everything_is_and_why(home: Home) -> None:
    home.configure("")
    done = home.invoke("paths")
    lines = {line.split("  ")[0]: line for line in done.stdout.splitlines()}
    assert str(home.config) in lines["configuration"]
    assert lines["configuration"].endswith("(FAKEGPT_CONFIG)")
    assert str(home.data / "conversations.db") in lines["conversations"]
    assert lines["conversations"].endswith("(FAKEGPT_DATA_DIR)")
    assert str(home.data / "state" / "sessions.json") in lines["sessions"]


def test_paths_follow_the_system_where_nothing_else_is_said(home: Home) -> None:
    del home.environment["FAKEGPT_DATA_DIR"]
    home.environment |= {
        "XDG_DATA_HOME": str(home.folder / "xdg-data"),
        "XDG_STATE_HOME": str(home.folder / "xdg-state"),
    }
    shown = home.invoke("paths").stdout
    assert str(home.folder / "xdg-data" / "fakegpt-tui" / "conversations.db") in shown
    assert str(home.folder / "xdg-state" / "fakegpt-tui" / "sessions.json") in shown
    assert not (home.folder / "xdg-data").exists()
