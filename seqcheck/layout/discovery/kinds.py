"""Frames of several kinds at one place, sorted by a byte that most of one kind agree on: a type, a version, a magic.

The others may hold anything there, so that no column of the whole has few values; each kind alone is a clean table.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from seqcheck.layout.discovery.columns import Columns
from seqcheck.layout.model import Match, Word

LEAST, MOST_OF = 0.2, 0.985  # share of the rows that have the value
FEWEST = 16  # rows
MOST = 5  # kinds
DEEP = 64  # columns that are looked at


def kinds(table: Columns) -> Iterator[tuple[Match, NDArray[np.int64]]]:
    """A match and its rows, the largest kinds first; each set of rows once."""
    found: list[tuple[int, int, int, NDArray[np.bool_]]] = []
    seen: set[bytes] = set()
    for column in range(min(table.head, DEEP)):
        there = table.there[:, column]
        counts = np.bincount(table.data[there, column], minlength=256)
        for value in np.argsort(-counts, kind="stable")[:2].tolist():
            share = counts[value] / max(len(table.data), 1)
            if not LEAST <= share <= MOST_OF or counts[value] < FEWEST:
                continue
            mine = there & (table.data[:, column] == value)
            mark = np.packbits(mine).tobytes()
            if mark not in seen:
                seen.add(mark)
                found.append((-int(counts[value]), column, value, mine))
    found.sort(key=lambda each: each[:3])
    for _, column, value, mine in found[:MOST]:
        yield Match(word=Word(bits=8, offset=int(table.offsets[column])), value=value), np.flatnonzero(mine)
