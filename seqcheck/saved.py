"""The state of a run, as columns, numbers and texts by name: what state_file.py writes and reads."""

from __future__ import annotations

from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from .kernel import border

T = TypeVar("T")


class Saved:
    """Columns and values by name; what is put in is taken out by the same name. What is not there, or is
    something else, is a ValueError. `columns` and `values` are all of them."""

    def __init__(self) -> None:
        self.columns: dict[str, NDArray[Any]] = {}
        self.values: dict[str, Any] = {}
        self._before = ""  # of all names

    def within(self, name: str) -> Saved:
        """The same, where names begin with this one: for several of a kind."""
        inner = Saved()
        inner.columns, inner.values, inner._before = self.columns, self.values, f"{self._before}{name}."
        return inner

    def put(self, name: str, rows: NDArray[Any]) -> None:
        """A column: rows, each of one number or of one structure."""
        self.columns[self._before + name] = np.ascontiguousarray(rows)

    def note(self, name: str, value: Any) -> None:
        """A number, a text, None, or lists of these."""
        self.values[self._before + name] = value

    def rows(self, name: str, dtype: Any, most: int | None = None) -> NDArray[Any]:
        """A column, to be written to, of at most that many rows."""
        raw, dtype = self.columns.get(self._before + name), np.dtype(dtype)
        if raw is None or raw.dtype.itemsize != dtype.itemsize or (most is not None and len(raw) > most):
            raise ValueError(f"no {name} of {dtype.itemsize} bytes each")
        rows: NDArray[Any] = np.zeros(len(raw), dtype)
        raw, names = raw.view(dtype), dtype.names
        if names is None:
            rows[...] = raw
        for field in names or ():  # and nothing between them: kernels compare keys byte by byte
            rows[field] = raw[field]
        return rows

    def number(self, name: str, low: int = 0, high: int = (1 << 62)) -> int:
        """A number within low <= n <= high."""
        value = self.values.get(self._before + name)
        if type(value) is not int or not low <= value <= high:
            raise ValueError(f"{name} is {value!r}")
        return value

    def value(self, name: str, kind: type[T]) -> T:
        """Any other value."""
        value = self.values.get(self._before + name)
        if type(value) is not kind:
            raise ValueError(f"{name} is {value!r}")
        return value


# ---- what a kernel's decoder knows -----------------------------------------------------------------------------------


def put_known(into: Saved, what: border.Known) -> None:
    """All of it."""
    for name in ("streams", "sources", "waiting", "older"):
        into.put(name, getattr(what, name))
    into.note("admission", what.admission)


def known_of(saved: Saved) -> border.Known:
    """The same again. The decoder that gets it looks closer."""
    streams, waiting, older = (saved.rows(name, border.STREAM_KEY) for name in ("streams", "waiting", "older"))
    return border.Known(
        streams=streams,
        sources=saved.rows("sources", border.SOURCE),
        admission=saved.number("admission"),
        waiting=waiting,
        older=older,
    )
