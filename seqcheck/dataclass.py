"""`@dataclass(frozen=True, slots=True, kw_only=True)`, made ten times as fast as by the standard library.

The standard decorator loads `inspect`, and for each class generates and compiles the source of half a dozen methods:
with some seventy classes that was a third of the start-up time. Here the methods are the same functions for all
classes, and `__init__` is a loop over the class's slots (which is also quicker to call). Type checkers see the standard
decorator itself. What only other code asks for (`dataclasses.fields`, `replace`, `asdict`, `is_dataclass`;
`inspect.signature`) is made by the standard library on request, as usual.

`frozen=False` is supported, too. Positional arguments, inherited fields, ClassVar and InitVar are not, nor is anything
of `field` but its defaults and `compare`; where these are needed, use the standard decorator.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NoReturn, cast

__all__ = ["dataclass", "field", "names", "replace"]

_NOTHING: Any = object()
_NAMES, _SAID, _COMPARED = "__dataclass_names__", "__dataclass_said__", "__dataclass_compared__"
_LATER = ("__dataclass_fields__", "__dataclass_params__", "__signature__")


class _Field:
    """What `field` was told."""

    __slots__ = ("default", "factory", "compare")

    def __init__(self, default: Any, factory: Any, compare: bool) -> None:
        self.default, self.factory, self.compare = default, factory, compare


_PLAIN = _Field(_NOTHING, _NOTHING, True)


class _Later:
    """The attribute of _LATER with that name, until somebody asks a class for one of them."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name

    def __get__(self, instance: object, owner: type) -> Any:
        import dataclasses
        import inspect

        made = next(base for base in owner.__mro__ if _NAMES in base.__dict__)
        said = made.__dict__[_SAID]
        same = [(name, hint, _standard(said.get(name, _PLAIN))) for name, hint in made.__annotations__.items()]
        frozen = "__setattr__" in made.__dict__
        twin: Any = dataclasses.make_dataclass(made.__name__, same, frozen=frozen, kw_only=True)
        found = (twin.__dataclass_fields__, twin.__dataclass_params__, inspect.signature(twin))
        for name, value in zip(_LATER, found, strict=True):
            setattr(made, name, value)
        return getattr(made, self.name)


def _standard(said: _Field) -> Any:
    """The standard library's field."""
    import dataclasses

    if said.factory is not _NOTHING:
        return dataclasses.field(default_factory=said.factory, compare=said.compare)
    default = dataclasses.MISSING if said.default is _NOTHING else said.default
    return dataclasses.field(default=default, compare=said.compare)


def names(value: object) -> tuple[str, ...]:
    """The fields of a value (or class) made here, in order; none where it was made elsewhere."""
    found: tuple[str, ...] = (value if isinstance(value, type) else type(value)).__dict__.get(_NAMES, ())
    return found


def _field(*, default: Any = _NOTHING, default_factory: Any = _NOTHING, compare: bool = True) -> Any:
    return _Field(default, default_factory, compare)


def _replace(value: Any, /, **changes: Any) -> Any:
    if not (fields := names(value)):
        import dataclasses

        return dataclasses.replace(value, **changes)
    return value.__class__(**{name: getattr(value, name) for name in fields} | changes)


def _dataclass(*, slots: bool, kw_only: bool, frozen: bool = False) -> Callable[[type], type]:
    if not (slots and kw_only):
        raise TypeError("only classes with slots, and arguments by keyword")
    return _frozen if frozen else _open


def _frozen(cls: type) -> type:
    return _made(cls, _OF_FROZEN)


def _open(cls: type) -> type:
    return _made(cls, _OF_OPEN)


def _made(cls: type, methods: dict[str, Any]) -> type:
    """A new class, because slots can only be set when it is made."""
    own = methods | cls.__dict__
    for name in ("__dict__", "__weakref__"):
        own.pop(name, None)
    fields = tuple(cls.__annotations__)
    defaults = {name: own.pop(name) for name in fields if name in own}
    said = {name: it if isinstance(it, _Field) else _Field(it, _NOTHING, True) for name, it in defaults.items()}
    own |= {"__slots__": fields, "__qualname__": cls.__qualname__, _NAMES: fields, _SAID: said}
    own[_COMPARED] = tuple([name for name in fields if name not in said or said[name].compare]) if said else fields
    made: Any = type(cls.__name__, cls.__bases__, own)
    made.__init__ = _init(made, fields, said)
    return cast(type, made)


def _init(cls: Any, fields: tuple[str, ...], said: dict[str, _Field]) -> Callable[..., None]:
    count = len(fields)
    put = [(name, cls.__dict__[name].__set__) for name in fields]
    defaults = {name: it.default for name, it in said.items() if it.default is not _NOTHING}
    factories = {name: it.factory for name, it in said.items() if it.factory is not _NOTHING}
    after = cls.__dict__.get("__post_init__")

    def __init__(self: Any, **values: Any) -> None:  # noqa: N807
        if len(values) != count:
            given = values
            values = defaults | {name: make() for name, make in factories.items() if name not in given} | given
        try:
            for name, store in put:
                store(self, values.pop(name))
        except KeyError:
            raise _missing(cls, [name for name in fields if name not in values and not hasattr(self, name)]) from None
        if values:
            raise TypeError(f"{cls.__qualname__}.__init__() got an unexpected keyword argument {min(values)!r}")
        if after:
            after(self)

    __init__.__qualname__ = f"{cls.__qualname__}.__init__"
    return __init__


def _missing(cls: type, absent: list[str]) -> TypeError:
    return TypeError(f"{cls.__qualname__}.__init__() lacks the keyword argument {', '.join(map(repr, absent))}")


def _values(value: Any) -> tuple[Any, ...]:
    return tuple([getattr(value, name) for name in value.__dataclass_compared__])


def _equal(self: Any, other: Any) -> Any:
    return _values(self) == _values(other) if other.__class__ is self.__class__ else NotImplemented


def _hash(self: Any) -> int:
    return hash(_values(self))


def _repr(self: Any) -> str:
    inner = ", ".join(f"{name}={getattr(self, name)!r}" for name in self.__dataclass_names__)
    return f"{self.__class__.__qualname__}({inner})"


def _refuse(self: Any, name: str, value: Any = None) -> NoReturn:
    from dataclasses import FrozenInstanceError

    raise FrozenInstanceError(f"cannot assign to field {name!r}")


def _state(self: Any) -> list[Any]:
    return [getattr(self, name) for name in self.__dataclass_names__]


def _restore(self: Any, state: list[Any]) -> None:
    for name, value in zip(self.__dataclass_names__, state, strict=True):
        object.__setattr__(self, name, value)


_OF_OPEN: dict[str, Any] = {
    "__repr__": _repr, "__eq__": _equal, "__hash__": None, "__replace__": _replace, "__match_args__": (),
    **{name: _Later(name) for name in _LATER},
}  # fmt: skip
_OF_FROZEN = _OF_OPEN | {
    "__hash__": _hash, "__setattr__": _refuse, "__delattr__": _refuse, "__getstate__": _state, "__setstate__": _restore,
}  # fmt: skip

if TYPE_CHECKING:
    from dataclasses import dataclass, field, replace
else:
    dataclass, field, replace = _dataclass, _field, _replace
