"""Several records in one payload, a block at a time: chain.py in columns, place after place.

All begin at their first place; then those that go on are at their second one, and so on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from seqcheck.kernel.border import (
    EACH,
    EQ_LENGTH,
    HERE,
    LABEL,
    MATCH,
    MAX_FRAME,
    MOVE,
    ONLY_IF,
    RECORD,
    SEQ,
    STREAM,
    STREAM_KEY,
    Program,
)
from seqcheck.kernel.portable.digits import is_digits
from seqcheck.kernel.portable.moves import is_ber
from seqcheck.kernel.portable.walk import Bools, Ints, Walk, word_in

Words = NDArray[np.uint64]
Read = Callable[[Walk, Words], Ints]  # runs the fields over rows that begin at their `start`; those that are records


def is_flat(program: Program) -> bool:
    """Whether all that it reads of a record lies at fixed places in it, so that it can be read in columns."""
    roles = {int(row["role"]) for row in program.fields}
    if EACH not in roles or roles & {MOVE, LABEL}:
        return False
    for row in program.fields:
        if is_digits(row) or is_ber(row) or (row["role"] == MATCH and row["op"] == EQ_LENGTH):
            return False
        if row["role"] in (SEQ, STREAM, MATCH, EACH) and row["width"] and row["offset"] < HERE:
            return False
    return True


class At(NamedTuple):
    """Frames at one of their places: their `rows`, and the indices of those that are `records` there; the walk with
    their keys, and their `numbers`; where the next places begin, or the payloads end."""

    rows: Ints
    records: Ints
    part: Walk
    numbers: Words
    stop: Ints


def places(walk: Walk, each: Sequence[Any], read: Read) -> Iterator[At]:
    """Of frames whose payload was found, place after place; the first one in any case."""
    rows = np.flatnonzero(walk.status == RECORD)
    here, first = walk.start[rows], True
    while len(rows) or first:
        first = False
        part, numbers = walk.part(rows, here), np.zeros(len(rows), np.uint64)
        records = read(part, numbers)
        total, goes_on = _amounts(part, each)
        here = here + total
        goes_on &= (total > 0) & (here < np.minimum(part.end, part.cap))
        yield At(rows, records, part, numbers, np.where(goes_on, here, part.end))
        rows, here = rows[goes_on], here[goes_on]


def in_columns(walk: Walk, each: Sequence[Any], read: Read) -> tuple[Ints, Words, Words]:
    """Of all records in frames whose payload was found: their rows, in order, with the keys' words and the numbers. The
    frames have their status."""
    found: list[tuple[Ints, Words, Words]] = []
    for here in places(walk, each, read):
        if not found:
            walk.status[here.rows] = here.part.status
        keys = here.part.key.view(np.uint64).reshape(-1, STREAM_KEY.itemsize // 8)
        found.append((here.rows[here.records], keys[here.records], here.numbers[here.records]))
    at, words, numbers = (np.concatenate(column) for column in zip(*found, strict=True))
    order = np.argsort(at, kind="stable")
    walk.status[at] = RECORD
    return at[order], words[order], numbers[order]


def _amounts(part: Walk, each: Sequence[Any]) -> tuple[Ints, Bools]:
    """How far it is to the next place, and whether that can be said."""
    count = len(part.start)
    total, said, left_out = np.zeros(count, np.int64), np.ones(count, np.bool_), np.zeros(count, np.bool_)
    for row in each:
        value = np.zeros(count, np.uint64)
        if row["width"]:
            at = part.start + (row["offset"] - HERE)
            there = at + row["width"] <= np.minimum(part.end, part.cap)
            said &= there | left_out
            rows = np.flatnonzero(there & ~left_out)
            value[rows] = word_in(part, rows, at[rows], row) & np.uint64(row["mask"])
        if row["op"] == ONLY_IF:
            left_out = value == 0
            continue
        value >>= np.uint64(row["shift"])
        said &= (value <= MAX_FRAME) | left_out
        value[value > MAX_FRAME] = 0
        amount = (row["value"] & 0xFFFFFFFF) + value.astype(np.int64) * (row["value"] >> 32 & 0xFFFF)
        if whole := row["value"] >> 48:
            amount += -amount % whole
        total += np.where(left_out, 0, amount)
        left_out = np.zeros(count, np.bool_)
    return total, said
