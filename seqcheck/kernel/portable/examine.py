"""One frame as a whole: storey by storey, outside in, whose it is and what its fields say. See frame.py."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from seqcheck.dataclass import dataclass, field, replace
from seqcheck.kernel.border import (
    A_FRAME,
    CUT,
    EQ,
    EQ_LENGTH,
    MAGIC,
    MATCH,
    MOST_PLACES,
    MOVE,
    NE,
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
    """What decode says of one frame, or of one of its records. `streams` and `seq` are valid where `status` is RECORD.
    `nth`: of the places at which the frame may hold a record, the one where this stands."""

    status: int
    place: Place
    seq: int = 0
    streams: tuple[int, ...] = field(default=())
    nth: int = 0


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
    if not any(map(is_each, program.fields)):
        return _fields(data, program, place, list(filter(is_move, program.fields)))
    moves = list(filter(is_move, program.fields))
    first = _fields(data, program, replace(place), moves)
    if first.status == RECORD or move(data, place, moves) != RECORD:
        return first
    return next(following(data, program, Seen(status=first.status, place=place)), first)


def following(data: bytes, program: Program, seen: Seen) -> Iterator[Seen]:
    """The records of the same payload after that one, or after that place; none if the program reads one a frame."""
    place, rows = seen.place, list(filter(is_each, program.fields))
    for nth in range(seen.nth + 1, MOST_PLACES if rows else 0):
        place = replace(place)
        if not to_next(data, place, rows):
            return
        found = _fields(data, program, place, [])
        if found.status == RECORD:
            found.nth = nth
            yield found


def _fields(data: bytes, program: Program, place: Place, moves: list[Any]) -> Seen:
    """At one place. All moves are done at the place of the first."""
    seen = Seen(status=RECORD, place=place)
    streams: list[int] = []
    made = is_made(program)
    for row in program.fields:
        role = int(row["role"])
        if role == MOVE:
            status = move(data, place, moves)
            moves = []
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
            status, seen.seq = read(data, place, row, label_of(program))
            if status == CUT:
                seen.status = CUT
            elif status != RECORD or (not made and program.modulus and seen.seq >= program.modulus):
                seen.status = SHORT if status == SHORT else MAGIC
                return seen
            continue
        if role not in (SEQ, STREAM, MATCH):
            continue
        at, width = position(place, int(row["offset"])), int(row["width"])
        if at < place.start or at + width > place.end:
            seen.status = SHORT
            return seen
        if at + width > len(data):
            seen.status = CUT  # unless a later field that was captured contradicts
            continue
        masked = word(data, at, width, "big" if row["big"] else "little") & int(row["mask"])
        if role == MATCH and not _matches(masked, int(row["op"]), int(row["value"]), place):
            seen.status = MAGIC
            return seen
        value = masked >> int(row["shift"])
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
    right: Mapping[int, bool] = {
        EQ: masked == value, NE: masked != value, EQ_LENGTH: masked == place.stated - place.start,
    }  # fmt: skip
    return right[op]
