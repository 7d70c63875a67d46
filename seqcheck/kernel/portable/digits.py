"""Numbers that are written in digits: decimal or hexadecimal text, BCD, or a varint.

With a label, the number comes right after the first place where that begins, of LABEL_REACH bytes from `offset` on;
else at `offset`. Of `width` bytes, if that is not 0: text may begin with blanks, then all are digits, the last one at
least; BCD has two to a byte, high nibble first. Without a width text goes on for as many digits as there are, one to
MOST_DIGITS; between it and a label there may be blanks. A varint (LEB128, as in protobuf) has seven bits a byte, the
lowest first, as long as the highest bit is set; it ends after MOST_VARINT bytes at the latest, and one that the payload
ends in is SHORT. What 64 bits do not hold is no number.
"""

from __future__ import annotations

from typing import Any

from seqcheck.kernel.border import (
    BCD,
    CUT,
    HEX,
    LABEL,
    LABEL_REACH,
    MAGIC,
    MOST_DIGITS,
    RECORD,
    SEQ,
    SHORT,
    TEXT,
    VARINT,
    Program,
)
from seqcheck.kernel.portable.frame import Place, position

DIGITS = {TEXT: b"0123456789", HEX: b"0123456789abcdefABCDEF"}
BLANK = 0x20
BASE = {TEXT: 10, HEX: 16, BCD: 10, VARINT: 128}
MOST_VARINT = 10  # bytes


def is_digits(row: Any) -> bool:
    """Whether a row of FIELD is such a number."""
    return int(row["role"]) == SEQ and int(row["op"]) in BASE


def label_of(program: Program) -> bytes:
    """The label before the number, empty if there is none."""
    return b"".join(
        (int(row["value"]) | int(row["mask"]) << 64).to_bytes(16, "little")[: int(row["width"])]
        for row in program.fields
        if row["role"] == LABEL
    )


def begins(data: bytes, place: Place, row: Any, label: bytes) -> tuple[int, int]:
    """A status, and where the number begins, if that is RECORD."""
    at, width = position(place, int(row["offset"])), int(row["width"])
    limit = min(place.end, len(data))
    if at < place.start or at + max(width, 1) > place.end:
        return SHORT, 0
    if label:
        at = data.find(label, at, min(limit, at + LABEL_REACH + len(label) - 1))
        if at < 0:
            return (CUT if len(data) < place.end else MAGIC), 0
        at += len(label)
        while not width and row["op"] != VARINT and at < limit and data[at] == BLANK:
            at += 1
    if at + width > place.end:
        return SHORT, 0
    return (CUT if at + width > len(data) else RECORD), at


def read(data: bytes, place: Place, row: Any, label: bytes) -> tuple[int, int]:
    """A status, and the number, if that is RECORD."""
    status, at = begins(data, place, row, label)
    if status != RECORD:
        return status, 0
    op, width = int(row["op"]), int(row["width"])
    limit = min(place.end, len(data))
    raw = data[at : at + width] if width else data[at:limit]
    if op == VARINT:
        return _varint(raw, cut=len(data) < place.end)
    if op == BCD:
        text = raw.hex().encode()
        digits = DIGITS[TEXT]
    else:
        digits = DIGITS[op]
        text = raw[:-1].lstrip(b" ") + raw[-1:] if width else raw[: len(raw) - len(raw.lstrip(digits))]
    if not width and at + len(text) == limit < place.end and len(text) <= MOST_DIGITS:
        return (CUT, 0) if _fits(text, BASE[op]) else (MAGIC, 0)
    if not text or len(text) > MOST_DIGITS or text.strip(digits) or not _fits(text, BASE[op]):
        return MAGIC, 0
    return RECORD, int(text, BASE[op])


def extent(data: bytes, place: Place, row: Any, label: bytes) -> range:
    """Where the number is in the frame, for a frame that is a record."""
    _, at = begins(data, place, row, label)
    if width := int(row["width"]):
        return range(at, at + width)
    raw = data[at : min(place.end, len(data))]
    if row["op"] == VARINT:
        return range(at, at + _bytes(raw))
    return range(at, at + len(raw) - len(raw.lstrip(DIGITS[int(row["op"])])))


def _bytes(raw: bytes) -> int:
    """How many bytes a varint takes, as far as there are any."""
    return next((at for at, byte in enumerate(raw[:MOST_VARINT], 1) if byte < 0x80), min(len(raw), MOST_VARINT))


def _varint(raw: bytes, *, cut: bool) -> tuple[int, int]:
    size = _bytes(raw)
    value = sum((byte & 0x7F) << 7 * at for at, byte in enumerate(raw[:size]))
    if value >= 1 << 64:
        return MAGIC, 0
    if size and raw[size - 1] < 0x80:
        return RECORD, value
    return (MAGIC if size == MOST_VARINT else CUT if cut else SHORT), 0


def stretch(data: bytes, place: Place, row: Any, label: bytes) -> range:
    """What has to stay as it is for the number to be read again: from its label to the byte behind it."""
    number = extent(data, place, row, label)
    first = data.rfind(label, place.start, number.start) if label else number.start
    return range(first, number.stop + 1)


def _fits(text: bytes, base: int) -> bool:
    return not text or int(text, base) < 1 << 64
