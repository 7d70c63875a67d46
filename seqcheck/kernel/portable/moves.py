"""From the payload's first byte to a place that the payload itself tells: the MOVE rows of a program, in their order.

    ONLY_IF   where its word is 0, the AMOUNT behind it moves nothing
    AMOUNT    moves on by constant + word * factor, rounded up to a multiple of `round` (0: not); `value` holds them: 32
              bits of the constant, then 16 each of factor and round. Of width 0 there is no word
    UNTIL     as long as its word is not `value`, the AMOUNT behind it is done: a list of elements. An end of the
              payload before that, an element without length, or more than MOST_ELEMENTS are MAGIC
    INTO      passes BER elements until one has the tag `value`, then over tag and length of that one

Words count from the payload, its end, or where the moves have come to, as those of other fields. One that reaches out
of the payload is SHORT, one that was not captured CUT; a place after the end is SHORT. All of these end the reading.

BER (ITU-T X.690 section 8.1): tags of one byte, lengths in up to 4 bytes behind their first; others are MAGIC. A number
is the content of an element, 1 to 8 bytes, or 9 of which the first is 0, taken as unsigned. Of a stream field it may be
a name, too: of 9 to LONGEST_NAME bytes it is their FNV-1a hash of 64 bits.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from seqcheck.kernel.border import (
    BER,
    CUT,
    INTO,
    MAGIC,
    MAX_FRAME,
    MOST_ELEMENTS,
    MOVE,
    ONLY_IF,
    RECORD,
    SEQ,
    SHORT,
    STREAM,
    UNTIL,
)
from seqcheck.kernel.portable.frame import Place, position, word

LONGEST = 9  # bytes of a number
LONGEST_NAME = 255
FNV_BASIS, FNV_PRIME = 0xCBF29CE484222325, 0x100000001B3


def is_move(row: Any) -> bool:
    """Whether a row of FIELD is one."""
    return int(row["role"]) == MOVE


def is_ber(row: Any) -> bool:
    """Whether a row of FIELD is the content of an element."""
    return int(row["role"]) in (SEQ, STREAM) and int(row["op"]) == BER


def move(data: bytes, place: Place, rows: Sequence[Any], looked: list[range] | None = None) -> int:
    """Do all moves; place.here is where they lead. A status. The bytes that decide are added to `looked`."""
    looked = [] if looked is None else looked
    at = 0
    while at < len(rows):
        op, row = int(rows[at]["op"]), rows[at]
        at += 1
        if op == INTO:
            status, place.here, _ = _element(data, place, int(row["value"]), looked)
        elif op == UNTIL:
            status = _until(data, place, row, rows[at], looked)
            at += 1
        elif op == ONLY_IF:
            status, value = word_of(data, place, row, looked)
            at += status == RECORD and not value
        else:
            status = _amount(data, place, row, looked)
        if status != RECORD:
            return status
    return RECORD


def integer(data: bytes, place: Place, tag: int, *, name: bool) -> tuple[int, int]:
    """The number in the element with this tag, of those from place.here on; a status before it. Or what stands for a
    `name`."""
    status, at, length = _element(data, place, tag, [])
    if status != RECORD:
        return status, 0
    if not 1 <= length <= (LONGEST_NAME if name else LONGEST) or at + length > place.end:
        return MAGIC, 0
    if at + length > len(data):
        return CUT, 0
    if name and length >= LONGEST:
        return RECORD, _hash(data[at : at + length])
    if length == LONGEST and data[at]:
        return MAGIC, 0
    return RECORD, word(data, at, length)


def _hash(text: bytes) -> int:
    value = FNV_BASIS
    for byte in text:
        value = (value ^ byte) * FNV_PRIME % (1 << 64)
    return value


def content(data: bytes, place: Place, tag: int, looked: list[range] | None = None) -> range:
    """Where the content of that element is, for a frame that is a record; what leads there is added to `looked`."""
    _, at, length = _element(data, place, tag, [] if looked is None else looked)
    return range(at, at + length)


def word_of(data: bytes, place: Place, row: Any, looked: list[range]) -> tuple[int, int]:
    """A status, and the word's value as it stands, masked."""
    at, width = position(place, int(row["offset"])), int(row["width"])
    if at < place.start or at + width > place.end:
        return SHORT, 0
    if at + width > len(data):
        return CUT, 0
    looked.append(range(at, at + width))
    return RECORD, word(data, at, width, "big" if row["big"] else "little") & int(row["mask"])


def _amount(data: bytes, place: Place, row: Any, looked: list[range]) -> int:
    """Move on."""
    status, amount = amount_of(data, place, row, looked)
    place.here += amount
    return status


def amount_of(data: bytes, place: Place, row: Any, looked: list[range]) -> tuple[int, int]:
    """A status, and how many bytes an AMOUNT says."""
    status, value = word_of(data, place, row, looked) if row["width"] else (RECORD, 0)
    value >>= int(row["shift"])
    if status != RECORD:
        return status, 0
    if value > MAX_FRAME:
        return SHORT, 0
    said = int(row["value"])
    moved = (said & 0xFFFFFFFF) + value * (said >> 32 & 0xFFFF)
    if whole := said >> 48:
        moved += -moved % whole
    return RECORD if place.here + moved <= place.end else SHORT, moved


def _until(data: bytes, place: Place, sought: Any, amount: Any, looked: list[range]) -> int:
    for _ in range(MOST_ELEMENTS):
        status, value = word_of(data, place, sought, looked)
        if status == RECORD and value == int(sought["value"]):
            return RECORD
        before = place.here
        status = _amount(data, place, amount, looked) if status == RECORD else status
        if status != RECORD:
            return MAGIC if status == SHORT else status
        if place.here == before:
            return MAGIC
    return MAGIC


def _element(data: bytes, place: Place, tag: int, looked: list[range]) -> tuple[int, int, int]:
    """A status; where the content of the first element with this tag begins, from place.here on; and its length."""
    at = place.here
    for _ in range(MOST_ELEMENTS):
        status, content, length = _header(data, place, at)
        if status != RECORD:
            return status, 0, 0
        looked.append(range(at, content))
        if data[at] == tag:
            return RECORD, content, length
        at = content + length
    return MAGIC, 0, 0


def _header(data: bytes, place: Place, at: int) -> tuple[int, int, int]:
    """A status; where the content of the element at `at` begins, and its length."""
    if at + 2 > place.end:
        return MAGIC, 0, 0
    if at + 2 > len(data):
        return CUT, 0, 0
    many = data[at + 1] & 0x7F
    if data[at] & 0x1F == 0x1F or data[at + 1] == 0x80 or (data[at + 1] > 0x80 and many > 4):
        return MAGIC, 0, 0
    if data[at + 1] < 0x80:
        return RECORD, at + 2, many
    if at + 2 + many > place.end:
        return MAGIC, 0, 0
    if at + 2 + many > len(data):
        return CUT, 0, 0
    return RECORD, at + 2 + many, word(data, at + 2, many)
