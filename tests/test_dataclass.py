"""Our own dataclasses, compared with the standard library's."""

import copy
import dataclasses
import inspect
import pickle
import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any, Generic, TypeVar, get_type_hints

import pytest

import seqcheck
from seqcheck.dataclass import dataclass, field, names, replace

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ours:
    """The same, ours."""

    a: int
    b: tuple[int, ...] = ()
    c: dict[str, int] = field(default_factory=dict, compare=False)
    d: str = field(default="", compare=False)

    def __post_init__(self) -> None:
        if self.a < 0:
            raise ValueError("below zero")
        object.__setattr__(self, "d", self.d or "none")

    @property
    def twice(self) -> int:
        return 2 * self.a


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Theirs:
    """The same, theirs."""

    a: int
    b: tuple[int, ...] = ()
    c: dict[str, int] = dataclasses.field(default_factory=dict, compare=False)
    d: str = dataclasses.field(default="", compare=False)

    def __post_init__(self) -> None:
        if self.a < 0:
            raise ValueError("below zero")
        object.__setattr__(self, "d", self.d or "none")


@dataclass(slots=True, kw_only=True)
class Open(Generic[T]):
    """One that can be changed."""

    value: T
    many: list[T] = field(default_factory=list)


BOTH = pytest.mark.parametrize("cls", [Ours, Theirs])


@BOTH
def test_values(cls: Any) -> None:
    one = cls(a=1)
    assert (one.a, one.b, one.c, one.d) == (1, (), {}, "none")
    assert one.c is not cls(a=1).c
    assert repr(one) == f"{cls.__name__}(a=1, b=(), c={{}}, d='none')"
    assert one == cls(a=1, c={"x": 1}, d="no matter")
    assert hash(one) == hash(cls(a=1, d="no matter"))
    assert one != cls(a=2)
    assert one.__eq__((1, ())) is NotImplemented
    assert cls(b=(2,), d="x", c={}, a=3).b == (2,)


@BOTH
@pytest.mark.parametrize("given", [{}, {"a": 1, "e": 2}, {"b": (1,), "c": {}, "d": "", "e": 1}, {"b": (1,)}])
def test_arguments_that_do_not_fit(cls: Any, given: dict[str, Any]) -> None:
    with pytest.raises(TypeError, match=rf"^{cls.__name__}.__init__\(\) .* keyword.* argument.* '[ae]'"):
        cls(**given)
    with pytest.raises(TypeError, match="positional"):
        cls(1)
    with pytest.raises(ValueError, match="below zero"):
        cls(a=-1)


@BOTH
def test_frozen(cls: Any) -> None:
    one = cls(a=1)
    with pytest.raises(dataclasses.FrozenInstanceError, match="cannot assign to field 'a'"):
        one.a = 2
    with pytest.raises(dataclasses.FrozenInstanceError):
        del one.a
    with pytest.raises((AttributeError, TypeError)):
        one.other = 2
    assert not hasattr(one, "__dict__")
    assert cls.__slots__ == ("a", "b", "c", "d")


@BOTH
def test_changed_and_copied(cls: Any) -> None:
    one = cls(a=1, b=(1, 2), c={"x": 1}, d="d")
    assert replace(one, a=2) == dataclasses.replace(one, a=2) == cls(a=2, b=(1, 2))
    assert replace(one, a=2).d == "d"
    for again in (copy.copy(one), copy.deepcopy(one), *(pickle.loads(pickle.dumps(one, p)) for p in range(2, 6))):
        assert again == one
        assert (again.c, again.d) == ({"x": 1}, "d")
    with pytest.raises(TypeError, match="e"):
        replace(one, e=1)
    with pytest.raises(ValueError, match="below zero"):
        replace(one, a=-1)


@BOTH
def test_what_the_standard_library_says_of_it(cls: Any) -> None:
    assert dataclasses.is_dataclass(cls)
    assert dataclasses.is_dataclass(cls(a=1))
    assert [(each.name, each.compare, each.kw_only) for each in dataclasses.fields(cls)] == [
        ("a", True, True), ("b", True, True), ("c", False, True), ("d", False, True),
    ]  # fmt: skip
    assert dataclasses.asdict(cls(a=1)) == {"a": 1, "b": (), "c": {}, "d": "none"}
    assert list(inspect.signature(cls).parameters) == ["a", "b", "c", "d"]
    assert inspect.signature(cls).parameters["b"].default == ()
    assert get_type_hints(cls)["b"] == tuple[int, ...]
    assert cls.__doc__.startswith("The same")

    @dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
    class Derived(cls):  # type: ignore[misc]
        more: int = 0

    assert Derived(a=1, more=2) == replace(Derived(a=1), more=2)
    assert names(Derived(a=1)) == ()


def test_names() -> None:
    assert names(Ours(a=1)) == names(Ours) == ("a", "b", "c", "d")
    assert names(Theirs(a=1)) == names(3) == ()


def test_the_rest_of_a_class_stays() -> None:
    assert Ours(a=2).twice == 4
    assert (Ours.__module__, Ours.__qualname__) == (__name__, "Ours")


def test_open() -> None:
    one = Open[int](value=1)
    one.value = 2
    one.many.append(3)
    assert one == Open(value=2, many=[3])
    with pytest.raises(TypeError, match="unhashable"):
        hash(one)
    assert pickle.loads(pickle.dumps(one)) == one


def test_other_forms_are_refused() -> None:
    for how in ({"slots": True, "kw_only": False}, {"slots": False, "kw_only": True}):
        with pytest.raises(TypeError, match="slots"):
            dataclass(**how)


def ours() -> Iterator[Any]:
    root = Path(seqcheck.__file__).parent
    for path in sorted(root.rglob("*.py")):
        name = ".".join(("seqcheck", *path.relative_to(root).with_suffix("").parts)).removesuffix(".__init__")
        if re.search(r"from (seqcheck|\.+)\.?dataclass import", path.read_text(encoding="utf-8")):
            yield from (it for it in vars(import_module(name)).values() if isinstance(it, type) and names(it))


@pytest.mark.parametrize("cls", {cls.__name__: cls for cls in ours()}.values())
def test_each_has_no_more_than_this_decorator_knows(cls: Any) -> None:
    hints = cls.__annotations__
    assert tuple(each.name for each in dataclasses.fields(cls)) == names(cls) == tuple(hints)
    assert not any("ClassVar" in hint or "InitVar" in hint for hint in hints.values())
    assert not any(names(base) for base in cls.__mro__[1:])
