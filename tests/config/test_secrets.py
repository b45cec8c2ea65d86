"""Keys of services: where they come from, and that they are never anywhere else."""

import sys
from pathlib import Path

import pytest

from fakegpt_tui.config.secrets import (
    KeyInEnvironment,
    KeyInFile,
    KeyInKeyring,
    Keyring,
    KeyringError,
    KeySource,
    SystemKeyring,
    read_key,
    store_key,
    validate_key,
    without_keys,
)
from fakegpt_tui.domain import ConfigError, Secret

KEY = "sk-canary-0123456789"


class MemoryKeyring:
    def __init__(self, **keys: str) -> None:
        self.keys = keys

    def read(self, service: str) -> str | None:
        return self.keys.get(service)

    def write(self, service: str, key: str) -> None:
        self.keys[service] = key


class LockedKeyring:
    def read(self, *_: str) -> str | None:
        raise KeyringError("It is locked.")

    def write(self, *_: str) -> None:
        raise KeyringError("It is locked.")


def found(
    source: KeySource, environ: dict[str, str] | None = None, keyring: Keyring | None = None
) -> str:
    return read_key(source, environ or {}, keyring or MemoryKeyring()).reveal()


def test_a_key_is_read_from_each_of_its_places(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text(f"  {KEY}\n")
    assert found(KeyInEnvironment("A_KEY"), {"A_KEY": KEY}) == KEY
    assert found(KeyInFile(file)) == KEY
    assert found(KeyInKeyring("home"), keyring=MemoryKeyring(home=KEY)) == KEY


@pytest.mark.parametrize(
    ("source", "words"),
    [
        (KeyInEnvironment("A_KEY"), "variable A_KEY holds no key"),
        (KeyInKeyring("home"), "entry for 'home' holds no key"),
        (KeyInFile(Path("/nowhere/key")), "cannot be read: No such file"),
    ],
)
def test_a_key_that_is_not_there_is_told(source: KeySource, words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        found(source)


@pytest.mark.parametrize(
    "text", [f"{KEY}\nmore", f"{KEY} more", f"{KEY}\x00", f"{KEY}ü", "k" * 20_000]
)
def test_what_cannot_be_a_key_is_refused_and_not_repeated(tmp_path: Path, text: str) -> None:
    file = tmp_path / "key"
    file.write_text(text)
    with pytest.raises(ConfigError, match="cannot be a key") as caught:
        found(KeyInFile(file))
    assert KEY not in str(caught.value)


def test_a_file_that_is_no_text_is_told(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_bytes(b"\xff\x00\x81")
    with pytest.raises(ConfigError, match="is not text"):
        found(KeyInFile(file))


def test_a_locked_keyring_is_an_error_and_no_reason_to_look_elsewhere() -> None:
    with pytest.raises(ConfigError, match="It is locked"):
        found(KeyInKeyring("home"), {"HOME": KEY}, LockedKeyring())
    with pytest.raises(ConfigError, match="was not kept anywhere") as caught:
        store_key("home", Secret(KEY), LockedKeyring())
    assert KEY not in str(caught.value)


def test_a_key_can_be_kept_in_the_keyring() -> None:
    keyring = MemoryKeyring()
    store_key("home", Secret(f" {KEY}\n"), keyring)
    assert keyring.keys == {"home": KEY}


FAKE_KEYRING = f"""
from keyring import errors

def get_password(program, service):
    if service == "locked":
        raise errors.KeyringError("the key is {KEY}")
    return f"{{program}}/{{service}}"

def set_password(program, service, key):
    raise errors.KeyringError(f"no room for {{key}}")

def delete_password(program, service):
    raise errors.KeyringError("the key is {KEY}")

class Chosen:
    priority = 5

def get_keyring():
    return Chosen
"""


def test_the_keyring_of_the_system_is_used_where_it_is_installed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "keyring"
    package.mkdir()
    (package / "__init__.py").write_text(FAKE_KEYRING)
    (package / "errors.py").write_text("class KeyringError(Exception): pass\n")
    monkeypatch.syspath_prepend(tmp_path)
    for name in ("keyring", "keyring.errors"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    keyring = SystemKeyring()
    assert keyring.read("home") == "fakegpt-tui/home"
    keyring.check()
    uses = (
        lambda: keyring.read("locked"),
        lambda: keyring.write("home", KEY),
        lambda: keyring.delete("home"),
        lambda: keyring.delete("locked"),
    )
    for use in uses:
        with pytest.raises(KeyringError) as caught:
            use()
        assert KEY not in str(caught.value)
    sys.modules["keyring"].Chosen.priority = 0
    with pytest.raises(KeyringError, match="There is no keyring on this system"):
        keyring.check()
    for name in ("keyring", "keyring.errors"):
        monkeypatch.delitem(sys.modules, name)


@pytest.mark.parametrize(
    "copied",
    [
        "sk-key-1\n",
        "sk-key-1\r\n",
        "\u00a0sk-key-1\u00a0",
        "\u200bsk-key-1\ufeff",
        "Bearer sk-key-1",
        "Authorization: Bearer sk-key-1",
        '"sk-key-1"',
        "'Bearer sk-key-1'",
        "OPENAI_API_KEY=sk-key-1",
        'export OPENAI_API_KEY="sk-key-1"',
        '$env:OPENAI_API_KEY = "sk-key-1"',
        "set OPENAI_API_KEY=sk-key-1",
        '"api_key": "sk-key-1",',
        "x-api-key: sk-key-1",
        "“sk-key-1”;",
    ],
)
def test_what_is_copied_along_with_a_key_is_left_out(copied: str) -> None:
    assert validate_key(copied, "It").reveal() == "sk-key-1"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le"])
def test_a_key_file_may_come_from_any_editor(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "a.key"
    mark = "\ufeff" if encoding == "utf-16-le" else ""
    path.write_bytes(f"{mark}sk-key-1\r\n".encode(encoding))
    assert read_key(KeyInFile(path), {}, SystemKeyring()).reveal() == "sk-key-1"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("sk-canary\nsecond", "it has more than one line"),
        ("sk-canary second", "it has a space in it"),
        ("sk-canäry", "it has a character that no key has"),
        ("sk-canary" * 2000, "it is longer than 10,000 characters"),
    ],
)
def test_the_sentence_says_what_is_wrong_with_a_key(text: str, words: str) -> None:
    with pytest.raises(ConfigError, match=words) as caught:
        validate_key(text, "It")
    assert "can" not in str(caught.value).replace("cannot", "")


@pytest.mark.parametrize(
    ("name", "is_kept"),
    [
        ("MINE", False),  # the configuration says so
        ("OPENAI_API_KEY", False),
        ("mistral_apikey", False),
        ("AWS_SECRET_ACCESS_KEY", False),
        ("GITHUB_TOKEN", False),
        ("PGPASSWORD", False),
        ("FAKEGPT_PASSWORD", False),
        ("XDG_ACTIVATION_TOKEN", True),
        ("TOKENIZERS_PARALLELISM", True),
        ("SSH_AUTH_SOCK", True),
        ("PATH", True),
    ],
)
def test_other_programs_are_started_without_secrets(name: str, is_kept: bool) -> None:
    kept = without_keys({"service": KeyInEnvironment("MINE")}, {name: "value"})
    assert kept == ({name: "value"} if is_kept else {})
