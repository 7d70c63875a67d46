"""Numbers in text and in BCD.

Text is sought where the payloads are text: each run of digits of a few frames is tried on many, by the label in front
of it, or by its place. BCD is sought from the byte that counts upwards, as far as all bytes are digits.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from seqcheck.errors import UsageError
from seqcheck.kernel.border import Frames
from seqcheck.layout.discovery.clocks import AROUND
from seqcheck.layout.discovery.columns import Columns
from seqcheck.layout.discovery.grouping import Grouping
from seqcheck.layout.discovery.places import Place
from seqcheck.layout.discovery.scan import Spot
from seqcheck.layout.model import DIGITS, Digits

Ints = NDArray[np.int64]
LOOK, RUNS = 256, 32  # frames in which a number is read; runs of digits of one frame
FROM = (0, 0.5, 0.9)  # how far into these the frames are whose runs are tried
WIDE = 1024  # bytes of a payload
PRINTABLE, MOSTLY = 0.95, 0.8  # of the bytes of a payload; of the payloads
RISING = 0.6  # of the steps go up by one
UNITS = {"seconds": 1, "milliseconds": 1e3, "microseconds": 1e6, "nanoseconds": 1e9}
LABEL = re.compile(rb"""["']?[A-Za-z_][\w.-]{0,20}["']?\s{0,2}[:=#]?\s{0,2}["']?\Z""")
RUN = re.compile(rb"\d+")
_TEXT = bytes([9, 10, 13, *range(32, 127)])


def text(frames: Frames, place: Place, keys: list[Grouping]) -> Iterator[tuple[Digits, Grouping, str]]:
    """Numbers in decimal text that count, with the grouping in which they do, and the clock that they are, if any."""
    rows = place.rows[:LOOK]
    payloads = [_payload(frames, place, at) for at in range(len(rows))]
    if not payloads or np.mean([_is_text(payload) for payload in payloads]) < MOSTLY:
        return
    seconds = frames.ns[rows].astype(np.float64) / 1e9
    tried: set[Digits] = set()
    for share in FROM:
        for digits in _runs(payloads[int(share * (len(payloads) - 1))]):
            if digits in tried:
                continue
            tried.add(digits)
            numbers = [_read(payload, digits) for payload in payloads]
            grouping = _counting(numbers, keys)
            if grouping is not None:
                yield digits, grouping, _clock(numbers, seconds)


def bcd(table: Columns, spot: Spot) -> Digits | None:
    """The number whose last two digits stand at the spot: bytes of digits that are 0 or change."""
    first, limit = spot.column, 0 if spot.column < table.head else table.head
    while first > limit and spot.column - first + 1 < DIGITS["bcd"]:
        data = table.data[table.there[:, first - 1], first - 1]
        whole = bool(len(data)) and bool(((data >> 4 <= 9) & (data & 15 <= 9)).all())
        if not whole or (data.min() == data.max() != 0):
            break
        first -= 1
    try:
        return Digits(kind="bcd", offset=int(table.offsets[first]), size=spot.column - first + 1)
    except UsageError:
        return None


def varint(table: Columns, grouping: Grouping, column: int) -> tuple[Digits, float] | None:
    """The varint whose first byte stands in `column`, and the share of its steps that are one; None where some row has
    none there, or all take one byte, so that it is a plain byte as well."""
    limit = table.head if column < table.head else len(table.offsets)
    value, size = np.zeros(len(table.data), np.uint64), np.zeros(len(table.data), np.int64)
    going = table.there[:, column].copy()
    if not going.all():
        return None
    for at in range(column, min(column + DIGITS["varint"] - 1, limit)):
        going &= table.there[:, at]
        byte = table.data[:, at].astype(np.uint64)
        value[going] |= (byte[going] & np.uint64(0x7F)) << np.uint64(7 * (at - column))
        size[going] += 1
        going &= byte >= 0x80
        if not going.any():
            break
    if going.any() or size.max() < 2 or not (size >= 1).all():
        return None
    rows = np.flatnonzero(grouping.before >= 0)
    step = value[rows] - value[grouping.before[rows]]
    offset = int(table.offsets[column])
    return Digits(kind="varint", offset=offset), float(np.mean(step == 1)) if len(rows) else 0.0


def _payload(frames: Frames, place: Place, at: int) -> bytes:
    begin = int(frames.off[place.rows[at]] + place.start[at])
    return frames.buf[begin : begin + min(max(int(place.seen[at]), 0), WIDE)].tobytes()


def _is_text(payload: bytes) -> bool:
    payload = payload.rstrip(b"\0")  # of a short frame, padded; or of a string in C
    return bool(payload) and len(payload.translate(None, _TEXT)) <= (1 - PRINTABLE) * len(payload)


def _runs(payload: bytes) -> Iterator[Digits]:
    """How the numbers of one payload may be written down: behind a label that stands there first, or at a place."""
    for run in list(RUN.finditer(payload))[:RUNS]:
        found = LABEL.search(payload, 0, run.start())
        label = found[0].decode("ascii") if found else ""
        try:
            if found and payload.find(found[0]) == found.start():
                yield Digits(kind="text", label=label)
            else:
                yield Digits(kind="text", offset=run.start())
        except UsageError:  # quotes of both kinds
            continue


def labels(payload: bytes) -> list[str]:
    """What stands in front of the numbers in a payload of text."""
    return [found.label for found in _runs(payload) if found.label] if _is_text(payload) else []


def _read(payload: bytes, digits: Digits) -> int:
    """The number, -1 where there is none."""
    at = payload.find(digits.label.encode()) + len(digits.label) if digits.label else digits.offset
    if digits.label and digits.label.encode() not in payload:
        return -1
    run = RUN.match(payload, at)
    return int(run[0]) if run and len(run[0]) <= DIGITS["text"] else -1


def _counting(numbers: list[int], keys: list[Grouping]) -> Grouping | None:
    """The simplest grouping of these rows in which they go up by one."""
    for grouping in keys:
        steps = [
            numbers[row] - numbers[before]
            for row, before in enumerate(grouping.before[: len(numbers)].tolist())
            if before >= 0 and numbers[row] >= 0 and numbers[before] >= 0
        ]
        if steps and steps.count(1) >= RISING * len(steps):
            return grouping
    return None


def _clock(numbers: list[int], seconds: NDArray[np.float64]) -> str:
    """What clock these numbers are."""
    told = np.array([float(number) for number in numbers])
    for unit, ticks in UNITS.items():
        if np.median(np.abs(told / ticks - seconds)) < AROUND:
            return f"{unit} since 1970"
    return ""
