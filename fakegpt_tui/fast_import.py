"""Definitions that are cheap at import: data classes, and regular expressions.

`dataclass` is that of the standard library with one compiled method per class. CPython before 3.13
compiles each of about seven generated methods on its own, which took a seventh of the time to the
first frame. It can go when 3.13 is the oldest supported Python.

`lazy_pattern` is a regular expression that is compiled when it is first used. The start and the
first reply import about 180, most of which read how services refuse; compiling them all took 15 ms.
"""

import re
import sys
from typing import TYPE_CHECKING, Any, AnyStr, cast

if TYPE_CHECKING or sys.version_info >= (3, 13):
    from dataclasses import dataclass
else:
    import dataclasses
    from collections.abc import Callable
    from operator import attrgetter
    from reprlib import recursive_repr
    from typing import TypeVar

    _Class = TypeVar("_Class", bound=type)

    def dataclass(
        cls: _Class | None = None,
        /,
        *,
        frozen: bool = False,
        slots: bool = False,
        kw_only: bool = False,
        **others: Any,
    ) -> Any:
        """Add `__init__`, `__repr__`, `__eq__` and, where it is frozen, `__hash__` to a class."""
        if cls is None:
            return lambda cls: dataclass(cls, frozen=frozen, slots=slots, kw_only=kw_only, **others)
        if others:  # what is rare, such as an order
            return dataclasses.dataclass(cls, frozen=frozen, slots=slots, kw_only=kw_only, **others)
        cls.__doc__ = cls.__doc__ or cls.__name__  # or its signature would be computed
        own_hash = vars(cls).get("__hash__")
        cls = dataclasses.dataclass(cls, init=False, repr=False, eq=False, kw_only=kw_only)
        fields = dataclasses.fields(cls)
        methods = {"__init__": _init(cls, frozen=frozen), "__repr__": _repr(fields)}
        methods |= _comparisons(fields, frozen=frozen)
        for name, method in methods.items():
            if name not in vars(cls):
                setattr(cls, name, method)
        cls.__hash__ = own_hash or (methods["__hash__"] if frozen else None)
        if slots:
            cls = _with_slots(cls, [field.name for field in fields])
        if frozen:
            _freeze(cls, frozenset(field.name for field in fields))
        return cls

    def _init(cls: type, *, frozen: bool) -> Callable[..., None]:
        """Compile the one method whose speed and signature matter."""
        names: dict[str, Any] = {"_missing": dataclasses.MISSING, "_set": object.__setattr__}
        positional, keyword, body = ["self"], [], []
        for field in dataclasses.fields(cls):
            name, value = field.name, field.name
            parameter = name
            if field.default_factory is not dataclasses.MISSING:
                names[f"_factory_{name}"] = field.default_factory
                parameter = f"{name}=_missing"
                value = f"_factory_{name}() if {name} is _missing else {name}"
            elif field.default is not dataclasses.MISSING:
                names[f"_default_{name}"] = field.default
                parameter = f"{name}=_default_{name}"
            if field.init:
                (keyword if field.kw_only else positional).append(parameter)
            else:
                value = value.split(" if ")[0] if "(" in value else f"_default_{name}"
            body.append(f"_set(self, {name!r}, {value})" if frozen else f"self.{name} = {value}")
        if hasattr(cls, "__post_init__"):
            body.append("self.__post_init__()")
        parameters = ", ".join([*positional, *(["*", *keyword] if keyword else [])])
        source = f"def __init__({parameters}):\n " + "\n ".join(body or ["pass"])
        exec(source, names)  # noqa: S102 (as the standard library does)
        init: Callable[..., None] = names["__init__"]
        init.__qualname__ = f"{cls.__qualname__}.__init__"
        init.__annotations__ = {field.name: field.type for field in dataclasses.fields(cls)}
        return init

    def _repr(fields: tuple[dataclasses.Field[Any], ...]) -> Callable[[Any], str]:
        shown = [field.name for field in fields if field.repr]

        def __repr__(self: Any) -> str:
            values = (f"{name}={getattr(self, name)!r}" for name in shown)
            return f"{type(self).__qualname__}({', '.join(values)})"

        return recursive_repr()(__repr__)

    def _comparisons(
        fields: tuple[dataclasses.Field[Any], ...], *, frozen: bool
    ) -> dict[str, Callable[..., Any]]:
        names = [field.name for field in fields if field.compare]
        values: Callable[[Any], tuple[Any, ...]] = (
            attrgetter(*names)
            if len(names) > 1
            else lambda self: tuple(getattr(self, name) for name in names)
        )

        def __eq__(self: Any, other: object) -> bool:
            if other.__class__ is not self.__class__:
                return NotImplemented
            return values(self) == values(other)

        def __hash__(self: Any) -> int:
            return hash(values(self))

        return {"__eq__": __eq__, **({"__hash__": __hash__} if frozen else {})}

    def _with_slots(cls: Any, names: list[str]) -> Any:
        """The same class with slots, which can only be had when a class is made."""
        inherited = {slot for base in cls.__mro__[1:] for slot in getattr(base, "__slots__", ())}
        content = {name: value for name, value in vars(cls).items() if name not in names}
        content["__slots__"] = tuple(name for name in names if name not in inherited)
        content.pop("__dict__", None)
        content.pop("__weakref__", None)
        made = type(cls)(cls.__name__, cls.__bases__, content)
        made.__qualname__ = cls.__qualname__
        return made

    def _freeze(cls: Any, names: frozenset[str]) -> None:
        def __setattr__(self: Any, name: str, value: object) -> None:
            if type(self) is cls or name in names:
                raise dataclasses.FrozenInstanceError(f"cannot assign to field {name!r}")
            super(cls, self).__setattr__(name, value)

        def __delattr__(self: Any, name: str) -> None:
            if type(self) is cls or name in names:
                raise dataclasses.FrozenInstanceError(f"cannot delete field {name!r}")
            super(cls, self).__delattr__(name)

        cls.__setattr__, cls.__delattr__ = __setattr__, __delattr__


__all__ = ["dataclass"]


def lazy_pattern(source: AnyStr, flags: int = 0) -> re.Pattern[AnyStr]:
    """A pattern whose methods and attributes are those of the compiled one.

    `re` itself does not know it: call `pattern.sub(…)`, never `re.sub(pattern, …)`.

    Raises:
        re.error: At the first use, if `source` is no regular expression.
    """
    return cast("re.Pattern[AnyStr]", _LazyPattern(source, flags))


class _LazyPattern:
    def __init__(self, source: str | bytes, flags: int) -> None:
        self._source = source
        self._flags = flags

    def __getattr__(self, name: str) -> Any:
        """Look a method up once; later it is found without this call."""
        found = getattr(re.compile(self._source, self._flags), name)
        setattr(self, name, found)
        return found
