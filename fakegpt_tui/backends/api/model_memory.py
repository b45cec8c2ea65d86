"""Model memory: what models refused, counted and cost, kept in the cache folder for 30 days."""

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import fields
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, Final

from fakegpt_tui.backends.api.request_variant import RequestVariant
from fakegpt_tui.backends.token_estimate import TokenRatios
from fakegpt_tui.domain import Model, now
from fakegpt_tui.domain.prices import TokenPrices
from fakegpt_tui.temporary_files import make_private_folder, temporary_file

KEPT: Final = timedelta(days=30)
_MAX_BYTES: Final = 4_000_000
_NOT_LEARNED: Final = {"prefill"}
"""What the configuration says."""

_Entry = dict[str, Any]


class ModelMemory:
    """Facts about models of one service, by the name of the model; a file of all services has them.

    Without a `path` they are kept for this run alone. A file that cannot be read or written is no
    error: the facts are learned anew.
    """

    def __init__(
        self, path: Path | None, address: str, *, clock: Callable[[], datetime] = now
    ) -> None:
        self._path = path
        self._address = address
        self._clock = clock
        self._entries = self._read().get(address, {})

    def variant(self, model: str, default: RequestVariant) -> RequestVariant:
        """The variant that `model` accepted last; `default` where none is known."""
        known = self._fact(model, "variant")
        return _decode_variant(known, default) if isinstance(known, dict) else default

    def remember_variant(self, model: str, variant: RequestVariant) -> None:
        self._remember({model: {"variant": _encode_variant(variant)}})

    def ratios(self) -> defaultdict[str, TokenRatios]:
        """What was observed of the models' tokens."""
        found: defaultdict[str, TokenRatios] = defaultdict(TokenRatios)
        for model in self._entries:
            known = self._fact(model, "ratios")
            with suppress(TypeError, ValueError, AttributeError):
                found[model] = TokenRatios({k: map(float, v) for k, v in known.items()})
        return found

    def remember_ratios(self, model: str, ratios: TokenRatios) -> None:
        rounded = {k: [round(each, 3) for each in v] for k, v in ratios.observed.items()}
        self._remember({model: {"ratios": rounded}})

    def prices(self, model: str) -> TokenPrices | None:
        """The prices of the service's list, if it had any."""
        known = self._fact(model, "prices")
        if not isinstance(known, list):
            return None
        try:
            first, second, *others = (None if each is None else Decimal(each) for each in known)
        except (InvalidOperation, TypeError, ValueError):
            return None
        if first is None or second is None or len(others) != 2:  # noqa: PLR2004 - of a cache
            return None
        read, written = others
        return TokenPrices(first, second, read, written, "of the service's list")

    def remember_prices(self, models: Iterable[Model]) -> None:
        self._remember(
            {
                each.id: {
                    "prices": [
                        None if price is None else format(price, "f")
                        for price in (
                            each.prices.input,
                            each.prices.output,
                            each.prices.cache_read,
                            each.prices.cache_write,
                        )
                    ]
                }
                for each in models
                if each.prices is not None
            }
        )

    def _fact(self, model: str, name: str) -> Any:
        entry = self._entries.get(model)
        fact = entry.get(name) if isinstance(entry, dict) else None
        if not isinstance(fact, dict) or not isinstance(fact.get("at"), str):
            return None
        try:
            age = self._clock() - datetime.fromisoformat(fact["at"])
        except (ValueError, TypeError):
            return None
        return fact.get("value") if age < KEPT else None

    def _remember(self, changes: Mapping[str, Mapping[str, object]]) -> None:
        at = self._clock().isoformat()
        changed = False
        for model, facts in changes.items():
            for name, value in facts.items():
                if self._fact(model, name) != value:
                    self._entries.setdefault(model, {})[name] = {"at": at, "value": value}
                    changed = True
        if changed and self._path is not None:
            self._write()

    def _read(self) -> dict[str, dict[str, _Entry]]:
        found: object = None
        if self._path is not None:
            with suppress(OSError, ValueError):
                if self._path.stat().st_size <= _MAX_BYTES:
                    found = json.loads(self._path.read_bytes())
        services = found if isinstance(found, dict) else {}
        return {key: value for key, value in services.items() if isinstance(value, dict)}

    def _write(self) -> None:
        """Write the facts of this service beside those of the others, which may be newer."""
        assert self._path is not None  # noqa: S101 - for the type checker
        with suppress(OSError):
            make_private_folder(self._path.parent)
            services = self._read()
            services[self._address] = services.get(self._address, {}) | self._entries
            data = json.dumps(services, ensure_ascii=False).encode()
            with temporary_file(
                self._path.parent, data, name=self._path.name, durable=False
            ) as file:
                file.replace(self._path)


def _encode_variant(variant: RequestVariant) -> dict[str, object]:
    return {
        field.name: sorted(map(_as_list, value), key=str) if isinstance(value, frozenset) else value
        for field in fields(variant)
        if field.name not in _NOT_LEARNED
        and (value := getattr(variant, field.name)) != field.default
    }


def _as_list(value: object) -> object:
    return list(value) if isinstance(value, tuple) else value


def _decode_variant(known: Mapping[str, object], default: RequestVariant) -> RequestVariant:
    """The variant of a file; what is not of the right type is as in `default`."""
    values = {field.name: getattr(default, field.name) for field in fields(default)}
    for name, value in known.items():
        usual = values.get(name)
        if isinstance(usual, frozenset) and isinstance(value, list):
            values[name] = frozenset(
                tuple(each) if isinstance(each, list) else each for each in value
            )
        elif name in values and name not in _NOT_LEARNED and _is_alike(value, usual):
            values[name] = value
    return RequestVariant(**values)


def _is_alike(value: object, usual: object) -> bool:
    if usual is None:
        return isinstance(value, int) and not isinstance(value, bool)
    return type(value) is type(usual)
