"""Values of one class, made from columns on demand.

A report may have hundreds of thousands of streams. Code that writes them all takes the columns, a chunk at a time;
access to one of the values makes all of them, once. Equal to any sequence of the same values; pickled as a tuple.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeVar, overload

Row = TypeVar("Row", covariant=True)
Columns = Mapping[str, "list[Any] | Columns"]  # by field; of a field that is a mapping, its own by key
CHUNK = 1024  # rows


class Rows(Sequence[Row]):
    """`count` values, all of which `make` makes; `columns(low, high)` gives low..high-1 of them by field."""

    __slots__ = ("_columns", "_count", "_made", "_make")

    def __init__(self, count: int, columns: Callable[[int, int], Columns], make: Callable[[], tuple[Row, ...]]) -> None:
        self._count, self._columns, self._make = count, columns, make
        self._made: tuple[Row, ...] | None = None

    def chunks(self) -> Iterator[Columns]:
        """The columns of all values, some values at a time."""
        for low in range(0, self._count, CHUNK):
            yield self._columns(low, min(low + CHUNK, self._count))

    def __len__(self) -> int:
        return self._count

    @overload
    def __getitem__(self, at: int) -> Row: ...
    @overload
    def __getitem__(self, at: slice) -> tuple[Row, ...]: ...
    def __getitem__(self, at: int | slice) -> Row | tuple[Row, ...]:
        return self._all()[at]

    def __iter__(self) -> Iterator[Row]:
        return iter(self._all())

    def __eq__(self, other: object) -> bool:
        return self._all() == tuple(other) if isinstance(other, Sequence) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._all())

    def __repr__(self) -> str:
        return repr(self._all())

    def __reduce__(self) -> Any:
        return tuple, (self._all(),)  # not the columns

    def _all(self) -> tuple[Row, ...]:
        if self._made is None:
            self._made = self._make()
        return self._made


def each(columns: Columns) -> Iterator[dict[str, Any]]:
    """The values of one row after another, of one column at least."""
    lists = [each(column) if isinstance(column, Mapping) else column for column in columns.values()]
    for values in zip(*lists, strict=True):
        yield dict(zip(columns, values, strict=True))
