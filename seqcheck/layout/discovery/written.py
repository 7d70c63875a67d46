"""Numbers in text and in BCD.

Text is sought where the payloads are text: each run of digits of a few frames, decimal and hexadecimal, is tried on
many, by the label before it, or by its place. BCD is sought from the byte that counts upwards, as far as all
bytes are digits.
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
RUN = {"text": re.compile(rb"\d+"), "hex": re.compile(rb"[0-9A-Fa-f]+")}
HEX = re.compile(rb"(?<![0-9A-Za-z])(0[xX])?([0-9A-Fa-f]{2,16})(?![0-9A-Za-z])")
FRACTION = re.compile(rb"\d[.,]\Z")  # what stands before the digits of a fraction
TIME_OF_DAY = re.compile(rb"(?<!\d)\d\d:\d\d:\d\d(?!\d)")
DAY = 86_400
OFF = 1.5  # seconds by which a time of day may be off
ITEM = re.compile(rb"\d+,")
LISTED = re.compile(rb"\d\.\d+,\Z")  # a comma behind a fraction is none itself
_TEXT = bytes([9, 10, 13, *range(32, 127)])


def text(frames: Frames, place: Place, keys: list[Grouping]) -> Iterator[tuple[Digits, Grouping, str]]:
    """Numbers in decimal and hexadecimal text that count, with the grouping in which they do, and the clock that they
    are, if any."""
    rows = place.rows[:LOOK]
    payloads = [_payload(frames, place, at) for at in range(len(rows))]
    if not payloads or np.mean([_is_text(payload) for payload in payloads]) < MOSTLY:
        return
    seconds = frames.ns[rows].astype(np.float64) / 1e9
    tried: set[Digits] = set()
    best: dict[tuple[str, int], tuple[float, Digits, Grouping, str]] = {}  # by label and place
    for share in FROM:
        payload = payloads[int(share * (len(payloads) - 1))]
        for digits in [*_runs(payload), *_hexadecimal(payload)]:
            if digits in tried:
                continue
            tried.add(digits)
            numbers = [_read(payload, digits) for payload in payloads]
            rising, grouping = _counting(numbers, keys)
            place_of = (digits.label, digits.offset + digits.size)
            if grouping is not None and rising > best.get(place_of, (0.0,))[0]:
                best[place_of] = (rising, digits, grouping, _clock(numbers, seconds))
    for _, digits, grouping, clock in best.values():
        yield digits, grouping, clock


def bcd(table: Columns, spot: Spot) -> Digits | None:
    """The number whose last two digits are at the spot: bytes of digits that are 0 or change."""
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
    """The varint whose first byte is in `column`, and the share of its steps that are one; None if some row has
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
    """How the numbers of one payload may be written down: after the first such label, or at a place."""
    for run in _matches(RUN["text"], payload):
        yield from _written("text", payload, run.start(), run.start())


def _hexadecimal(payload: bytes) -> Iterator[Digits]:
    """The same for numbers in hexadecimal; the text before the digits is part of their label."""
    for run in _matches(HEX, payload):
        yield from _written("hex", payload, run.start(), run.start(2))


def _matches(pattern: re.Pattern[bytes], payload: bytes) -> list[re.Match[bytes]]:
    """Those that are no part of a time of day."""
    times = [found.span() for found in TIME_OF_DAY.finditer(payload)]
    found = list(pattern.finditer(payload))[:RUNS]
    return [run for run in found if not any(first <= run.start() < end for first, end in times)]


def _written(kind: str, payload: bytes, front: int, first: int) -> Iterator[Digits]:
    """The number whose digits begin at `first`; its label ends at `front`, except for a `0x` in between. Not
    the digits of a fraction."""
    if FRACTION.search(payload, 0, front) and not LISTED.search(payload, 0, front) and not _in_list(payload, first):
        return
    found = LABEL.search(payload, 0, front)
    label = payload[found.start() : first] if found else b""
    try:
        if label and payload.find(label) == (found.start() if found else -1):
            yield Digits(kind=kind, label=label.decode("ascii"))
        else:
            yield Digits(kind=kind, offset=first)
            begin = len(payload[:first].rstrip(b" "))
            if (
                begin < first and (not begin or first - begin > 1) and (run := RUN[kind].match(payload, first))
            ):  # flush right in a column
                yield Digits(kind=kind, offset=begin, size=run.end() - begin)
    except UsageError:  # quotes of both kinds
        return


def _in_list(payload: bytes, first: int) -> bool:
    """Whether a comma stands on both sides of the digits."""
    return payload[first - 1 : first] == b"," and bool(ITEM.match(payload, first))


def labels(payload: bytes) -> list[str]:
    """What comes before the numbers in a payload of text."""
    return [found.label for found in _runs(payload) if found.label] if _is_text(payload) else []


def _read(payload: bytes, digits: Digits) -> int:
    """The number, -1 if there is none."""
    at = payload.find(digits.label.encode()) + len(digits.label) if digits.label else digits.offset
    if digits.label and digits.label.encode() not in payload:
        return -1
    end = at + digits.size if digits.size else len(payload)
    while digits.size and at < end and payload[at : at + 1] == b" ":
        at += 1
    run = RUN[digits.kind].match(payload, at, end)
    base = 16 if digits.kind == "hex" else 10
    return int(run[0], base) if run and len(run[0]) <= DIGITS[digits.kind] else -1


def _counting(numbers: list[int], keys: list[Grouping]) -> tuple[float, Grouping | None]:
    """The simplest grouping of these rows in which they go up by one, and in what share of the steps they do."""
    for grouping in keys:
        steps = [
            numbers[row] - numbers[before]
            for row, before in enumerate(grouping.before[: len(numbers)].tolist())
            if before >= 0 and numbers[row] >= 0 and numbers[before] >= 0
        ]
        if steps and steps.count(1) >= RISING * len(steps):
            return steps.count(1) / len(steps), grouping
    return 0.0, None


def _clock(numbers: list[int], seconds: NDArray[np.float64]) -> str:
    """What clock these numbers are."""
    told = np.array([float(number) for number in numbers])
    for unit, ticks in UNITS.items():
        if np.median(np.abs(told / ticks - seconds)) < AROUND:
            return f"{unit} since 1970"
    whole = np.array(numbers)
    hours, minutes, rest = whole // 10_000, whole // 100 % 100, whole % 100
    if ((whole >= 0) & (hours < 24) & (minutes < 60) & (rest < 60)).all():
        ahead = hours * 3600 + minutes * 60 + rest - seconds
        ahead = (ahead - ahead[0] + DAY / 2) % DAY - DAY / 2
        if float(np.abs(ahead).max()) <= OFF:
            return "the time of day"
    return ""
