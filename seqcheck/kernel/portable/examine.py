"""One frame as a whole: storey by storey, outside in, whose it is and what its fields say. See frame.py."""

from __future__ import annotations

from collections.abc import Iterator
from copy import copy
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from seqcheck.dataclass import dataclass, field
from seqcheck.kernel.border import (
    A_FRAME,
    CUT,
    EQ,
    EQ_LENGTH,
    FIELD,
    MAGIC,
    MATCH,
    MOVE,
    PORT,
    PROTOCOL,
    RECORD,
    SEQ,
    SHORT,
    STREAM,
    Program,
)
from seqcheck.kernel.portable.chain import is_each, to_next
from seqcheck.kernel.portable.digits import is_digits, label_of, read
from seqcheck.kernel.portable.frame import FORGOTTEN, Place, Storey, locate, outermost, position, word
from seqcheck.kernel.portable.inside import storeys
from seqcheck.kernel.portable.moves import integer, is_ber, is_move, move
from seqcheck.kernel.portable.number import is_made, number_of, shift_of

GOES_ON = (PROTOCOL, PORT, MAGIC)  # the storey may not be the one that is sought, while one below it is
FOUND = (RECORD, CUT)


@dataclass(slots=True, kw_only=True)
class Seen:
    """What decode says of a frame, or of one of its records. `streams` and `seq` are valid where `status` is RECORD."""

    status: int
    place: Place
    seq: int = 0
    streams: tuple[int, ...] = field(default=())


def examine(data: bytes, wire: int, link: int, program: Program) -> Seen:
    """Decode one frame: `data` as captured, `wire` its length on the wire. Where no storey is a record, the outermost
    one's status. Of several records in it, the first; `following` gives the others."""
    first = seen = _storey(data, wire, link, program, outermost(wire))
    if seen.status in GOES_ON and program.anchor != A_FRAME:
        for storey in storeys(data, wire, link):
            seen = _storey(data, wire, link, program, storey)
            if seen.status in FOUND:
                return seen
            if seen.status not in GOES_ON:
                break
    return first


def _storey(data: bytes, wire: int, link: int, program: Program, storey: Storey) -> Seen:
    place = locate(data, wire, link, program.sought, storey)
    if place.status != RECORD:
        return Seen(status=place.status, place=place)
    return fields(data, program, place)


def fields(data: bytes, program: Program, place: Place) -> Seen:
    """Run the program over a payload that was located, up to its first record if it may hold several (chain.py)."""
    steps = steps_of(program)
    if not steps.each:
        return _fields(data, program, place, moves=steps.moves)
    first = _fields(data, program, copy(place), moves=steps.moves)
    if first.status == RECORD or move(data, place, steps.moves) != RECORD:
        return first
    return next(following(data, program, Seen(status=first.status, place=place)), first)


def following(data: bytes, program: Program, seen: Seen) -> Iterator[Seen]:
    """The records of the same payload after that one, or after that place; none if the program reads one a frame."""
    rows = steps_of(program).each
    if not rows:
        return
    place = copy(seen.place)
    while to_next(data, place, rows):
        found = _fields(data, program, place, moves=())
        if found.status == RECORD:
            yield found
        place = copy(place)


class Steps(NamedTuple):
    """A program's rows as dicts of plain numbers, which are read much faster; its moves and EACH rows are apart."""

    rows: tuple[Any, ...]
    moves: tuple[Any, ...]
    each: tuple[Any, ...]
    made: bool
    label: bytes


def steps_of(program: Program) -> Steps:
    """Those of a program."""
    return _steps(program.fields.tobytes(), program.rule[0])


@lru_cache(maxsize=64)
def _steps(fields: bytes, rule: int) -> Steps:
    table = np.frombuffer(fields, FIELD)
    rows = [dict(zip(FIELD.names or (), row, strict=True)) for row in table.tolist()]
    program = Program(anchor=0, selector=0, modulus=0, fields=table, rule=(rule, 0, 0))
    return Steps(
        rows=tuple(row for row in rows if row["role"] in (SEQ, STREAM, MATCH, MOVE)),
        moves=tuple(filter(is_move, rows)),
        each=tuple(filter(is_each, rows)),
        made=is_made(program),
        label=label_of(program),
    )


def _fields(data: bytes, program: Program, place: Place, *, moves: tuple[Any, ...]) -> Seen:
    """At one place. All moves are done at the place of the first."""
    seen = Seen(status=RECORD, place=place)
    streams: list[int] = []
    steps = steps_of(program)
    made = steps.made
    for row in steps.rows:
        role = row["role"]
        if role == MOVE:
            status = move(data, place, moves)
            moves = ()
            if status != RECORD:
                seen.status = status
                return seen
            continue
        if is_ber(row):
            status, value = integer(data, place, int(row["value"]), name=role == STREAM)
            if status == CUT:
                seen.status = CUT
            elif status != RECORD or (role == SEQ and not made and program.modulus and value >= program.modulus):
                seen.status = MAGIC
                return seen
            elif role == STREAM:
                streams.append(value)
            else:
                seen.seq = value
            continue
        if is_digits(row):
            status, seen.seq = read(data, place, row, steps.label)
            if status == CUT:
                seen.status = CUT
            elif status != RECORD or (not made and program.modulus and seen.seq >= program.modulus):
                seen.status = SHORT if status == SHORT else MAGIC
                return seen
            continue
        at, width = position(place, row["offset"]), row["width"]
        if at < place.start or at + width > place.end:
            seen.status = SHORT
            return seen
        if at + width > len(data):
            seen.status = CUT  # unless a later field that was captured contradicts
            continue
        masked = word(data, at, width, "big" if row["big"] else "little") & row["mask"]
        if role == MATCH and not _matches(masked, row["op"], row["value"], place):
            seen.status = MAGIC
            return seen
        value = masked >> row["shift"]
        if role == STREAM:
            streams.append(value)
        elif role == SEQ and made:
            seen.seq = seen.seq << shift_of(row) | value
        elif role == SEQ:
            if program.modulus and value >= program.modulus:
                seen.status = MAGIC
                return seen
            seen.seq = value
    if made and seen.status == RECORD:
        number = number_of(program, seen.seq)
        seen.status, seen.seq = (MAGIC, 0) if number is None else (RECORD, number)
    seen.streams = tuple(streams)
    for forgotten in FORGOTTEN[program.key]:
        setattr(place, forgotten, type(getattr(place, forgotten))())  # 0 or no bytes
    return seen


def _matches(masked: int, op: int, value: int, place: Place) -> bool:
    if op == EQ_LENGTH:
        return masked == place.stated - place.start
    return (masked == value) is (op == EQ)
