"""Which rows share a counter: every way in which a layout can tell streams apart, tried one after another.

A grouping is a key (what of addresses and ports counts), and perhaps a column of the payload that has few values. Two
groupings that cut the rows in the same way are one; the simpler one stays.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqcheck.dataclass import dataclass
from seqcheck.layout.discovery.columns import Columns
from seqcheck.layout.model import KEYS

Ints = NDArray[np.int64]
FORGOTTEN = {  # what each key leaves out, as kernel.portable.frame has it
    "all": (), "hosts": ("sport", "dport"), "source": ("sport", "dport", "target"),
    "none": ("sport", "dport", "target", "source", "version", "protocol", "tunnel"),
}  # fmt: skip
PARTS = ("version", "protocol", "sport", "dport", "source", "target", "tunnel")
MOST_VALUES = 64  # of a column that tells streams apart
LEAST_EACH = 4  # rows for each of its values, on average
MOST_COLUMNS = 16
LOOK = 1024  # rows in which values are counted


@dataclass(frozen=True, slots=True, kw_only=True)
class Grouping:
    """`group` int64[n] numbers the groups from 0; `before` int64[n] is the row before it in the same group, -1 for the
    first. `columns` are the table's columns that are part of it. `cost` counts what it takes to write it down."""

    key: str
    columns: tuple[int, ...]
    group: Ints
    before: Ints
    cost: int

    @property
    def count(self) -> int:
        return int(self.group.max()) + 1 if len(self.group) else 0

    def only(self, rows: Ints) -> Grouping:
        """The grouping of these rows alone."""
        group = _numbered(self.group[rows])
        return Grouping(key=self.key, columns=self.columns, group=group, before=before(group), cost=self.cost)


def by_key(keys: NDArray[Any]) -> list[Grouping]:
    """The groupings by addresses and ports alone, those that cut alike only once."""
    found: list[Grouping] = []
    for cost, key in enumerate(KEYS):
        kept = [keys[name].reshape(len(keys), -1) for name in PARTS if name not in FORGOTTEN[key]]
        group = _numbered(np.concatenate(kept, axis=1, dtype=np.uint64)) if kept else np.zeros(len(keys), np.int64)
        if not any((group == other.group).all() for other in found):
            found.append(Grouping(key=key, columns=(), group=group, before=before(group), cost=cost))
    return found


def by_column(base: Grouping, table: Columns) -> list[Grouping]:
    """`base`, cut further by each column that has few values."""
    found: list[Grouping] = []
    seen: set[bytes] = set()
    look = table.data[:LOOK]
    whole = np.all(table.there, axis=0).tolist()
    for column in range(table.data.shape[1]):
        if not whole[column] or len(found) == MOST_COLUMNS:
            continue
        counts = np.bincount(look[:, column], minlength=256)
        values = int(np.count_nonzero(counts))
        if not 2 <= values <= min(MOST_VALUES, len(look) // LEAST_EACH):
            continue
        group = _numbered(base.group * 256 + table.data[:, column])
        mark = group[:LOOK].tobytes()
        if mark in seen or (group == base.group).all():
            continue
        seen.add(mark)
        found.append(cut(base, table, column))
    return found


def cut(base: Grouping, table: Columns, column: int) -> Grouping:
    """`base`, cut further by a column."""
    group = _numbered(base.group * 256 + table.data[:, column])
    return Grouping(
        key=base.key, columns=(*base.columns, column), group=group, before=before(group), cost=base.cost + len(KEYS)
    )


def before(group: Ints) -> Ints:
    """For each row the row before it of the same group, -1 if there is none."""
    order = np.argsort(group, kind="stable")
    placed = group[order]
    found = np.full(len(group), -1, np.int64)
    same = placed[1:] == placed[:-1]
    found[order[1:][same]] = order[:-1][same]
    return found


def _numbered(values: NDArray[Any]) -> Ints:
    """The rows of int[n] or int[n, k] numbered by value, in order of first appearance."""
    flat = np.ascontiguousarray(values)
    if flat.ndim > 1:
        flat = flat.view(np.dtype((np.void, flat.dtype.itemsize * flat.shape[1])))[:, 0]
    _, first, inverse = np.unique(flat, return_index=True, return_inverse=True)
    rank = np.empty(len(first), np.int64)
    rank[np.argsort(first, kind="stable")] = np.arange(len(first))
    return rank[inverse.reshape(-1)]
