"""Sources of settings: flags, environment variables and the tables of the configuration file."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final, TypeVar

from fakegpt_tui.config.spec import SettingSpec, Source, ValueOrigin
from fakegpt_tui.config.validators import InvalidValue, Validator
from fakegpt_tui.config.validators import table as read_table
from fakegpt_tui.domain import ConfigError, FakeGPTError
from fakegpt_tui.text import safe_line

T = TypeVar("T")
Data = TypeVar("Data", bound=Any)

PREFIX = "FAKEGPT_"
BYTE_ORDER_MARK: Final = "\ufeff"


def read_config(
    path: Path, *, required: bool = False, unreadable: type[FakeGPTError] = ConfigError
) -> str:
    """The text of the configuration file; empty for a missing one, unless it is required.

    A byte order mark, as Windows editors write it, is no part of the text.

    Raises:
        ConfigError: It is missing or is not text.
        FakeGPTError: It is `unreadable`.
    """
    return read_text(path, required=required, unreadable=unreadable).removeprefix(BYTE_ORDER_MARK)


def read_text(path: Path, *, required: bool, unreadable: type[FakeGPTError]) -> str:
    try:
        with path.open(encoding="utf-8", newline="") as file:  # line ends stay as they are
            return file.read()
    except FileNotFoundError as error:
        if required:
            raise ConfigError(f"The configuration file {path} does not exist.") from error
        return ""
    except UnicodeDecodeError as error:
        raise ConfigError(
            f"The configuration file {path} is not UTF-8 text; please save it as UTF-8."
        ) from error
    except OSError as error:
        raise unreadable(
            f"The configuration file {path} cannot be read: {error.strerror}."
        ) from error


class Table:
    """A table of the configuration file, of which each key is taken once."""

    def __init__(self, values: Mapping[str, object], *, path: Path, name: str = "") -> None:
        self._values = values
        self._known: set[str] = set()
        self.path = path
        self.name = name

    def __contains__(self, key: str) -> bool:
        return key in self._values

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def is_table(self, key: str) -> bool:
        return isinstance(self._values.get(key), dict)

    def consume(self, key: str, read: Validator[T], default: T) -> T:
        """The value of `key` as `read` reads it.

        Raises:
            ConfigError: The value is not what `read` expects.
        """
        self._known.add(key)
        if key not in self._values:
            return default
        return _validate(read, self._values[key], self.label(key))

    def table(self, key: str) -> "Table":
        """The table inside this one; empty where there is none."""
        return Table(self.consume(key, read_table, {}), path=self.path, name=self._full(key))

    def tables(self, key: str) -> "list[Table]":
        """The tables of an array of tables; empty if it is missing."""

        def read(value: object) -> list[dict[str, object]]:
            if isinstance(value, list) and all(isinstance(each, dict) for each in value):
                return value
            raise InvalidValue(f"tables, each with the header [[{key}]]")

        nothing: list[dict[str, object]] = []
        found = enumerate(self.consume(key, read, nothing), 1)
        name = self._full(key)
        return [Table(each, path=self.path, name=f"{name}.{number}") for number, each in found]

    def fill(self, base: Data, rows: Mapping[str, Validator[object]]) -> Data:
        """`base`, a dataclass, with the values of this table; other keys are refused.

        Raises:
            ConfigError: A key has no row, or a value cannot be used.
        """
        values = {key: self.consume(key, read, getattr(base, key)) for key, read in rows.items()}
        self.reject_unknown()
        return replace(base, **values)

    def label(self, key: str) -> str:
        """How an error names a key."""
        return f"{self._full(key)!r} in {self.path}"

    def reject_unknown(self) -> None:
        """Refuse the keys that were not consumed.

        Raises:
            ConfigError: There are some.
        """
        for key in self._values:
            if key not in self._known:
                hint = _did_you_mean(key, self._known)
                raise ConfigError(f"{self.label(key)} is not a setting{hint or '.'}")

    def _full(self, key: str) -> str:
        return f"{self.name}.{key}" if self.name else key


class Sources:
    """The three places of top-level settings, the strongest first."""

    def __init__(
        self, flags: Mapping[str, object], environ: Mapping[str, str], table: Table
    ) -> None:
        self._flags = flags
        self._environ = environ
        self._table = table
        self._variables: set[str] = set()
        self.origins: dict[str, ValueOrigin] = {}

    def resolve(self, row: SettingSpec, default: object) -> object:
        """The value of a setting from the first place that has it, or else the default.

        Raises:
            ConfigError: A value cannot be used; also in the file when another place wins.
        """
        name = row.name
        from_file = self._table.consume(name, row.validate, default)
        variable = PREFIX + name.upper()
        self._variables.add(variable)
        option = "--" + name.replace("_", "-")
        if self._flags.get(name) is not None:
            self.origins[name] = ValueOrigin(Source.FLAG, option)
            return _validate(row.validate, self._flags[name], option)
        if self._environ.get(variable):
            self.origins[name] = ValueOrigin(Source.ENVIRONMENT, variable)
            return _validate(row.validate, row.parse(self._environ[variable]), variable)
        if name in self._table:
            self.origins[name] = ValueOrigin(Source.FILE, str(self._table.path))
            return from_file
        self.origins[name] = ValueOrigin(Source.DEFAULT)
        return default

    def reject_misspelled(self, also_known: Iterable[str]) -> None:
        """Refuse variables that look like misspelled settings.

        Only near misses: other programs may use the prefix, and so may a service's `key_env`.

        Raises:
            ConfigError: There is one.
        """
        known = self._variables.union(also_known)
        for variable in self._environ:
            if variable.startswith(PREFIX) and variable not in known:
                hint = _did_you_mean(variable, known, cutoff=0.85)  # the prefix alone is alike
                if hint:
                    raise ConfigError(f"The environment variable {variable} is not a setting{hint}")


def _validate(read: Validator[T], value: object, label: str) -> T:
    try:
        return read(value)
    except InvalidValue as error:
        shown = "" if error.hide else f", not {safe_line(repr(value))}"
        raise ConfigError(f"{label} must be {error}{shown}.") from error


def _did_you_mean(name: str, known: Iterable[str], cutoff: float = 0.6) -> str:
    from difflib import get_close_matches  # noqa: PLC0415 - for an error

    close = get_close_matches(name, sorted(known), n=1, cutoff=cutoff)
    return f"; did you mean {close[0]!r}?" if close else ""
