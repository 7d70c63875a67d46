"""What the decoder found, in words: stream keys, source addresses, where each frame was counted; and single frames read
again for evidence.

Assumes the tables of `kernel.border`; the finding itself is the kernel's. Times are ns since the sender's own zero.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqcheck.kernel.border import CUT, REASONS, RECORD, STREAMS, plain_rows
from seqcheck.kernel.portable.examine import examine
from seqcheck.kernel.portable.frame import FORGOTTEN, Place, position
from seqcheck.layout import Layout, Stamp, Word, compile
from seqcheck.layout.model import NTP, UNITS
from seqcheck.layout.program import KEY

NTP_TO_UNIX = 2_208_988_800  # seconds from 1900 to 1970 (RFC 5905, figure 4)
FEW = 64  # sources
OWN_FAULT = (CUT, STREAMS)  # frames that may well be records: they are skipped, and never foreign


def key_texts(keys: NDArray[Any], layout: Layout) -> list[dict[str, str | int]]:
    """The decoder's keys() as the report shows them: for each stream, where it is from and where it goes."""
    address = cache(_ip)  # many streams have few addresses
    return [_key_text(row, layout, address) for row in plain_rows(keys)]


def _key_text(row: Mapping[str, Any], layout: Layout, address: Callable[[bytes], str]) -> dict[str, str | int]:
    """A row of the decoder's keys(), as border.plain_rows gives it; `address` makes a text of 4 or 16 bytes.

    `source` and `target`, `protocol`, `sport` and `dport` where the anchor has them and the layout's key keeps them;
    `tunnel`, the id of the tunnel that it came through, if it has one; and the layout's stream fields: `stream`, or
    `stream1`, `stream2` and so on where there are several.
    """
    key: dict[str, str | int] = {}
    ends = {end: bytes(row[end]) for end in ("source", "target")}
    if row["version"]:
        size = 4 if row["version"] == 4 else 16
        key |= {end: address(raw[:size]) for end, raw in ends.items()}
        key["protocol"] = row["protocol"]
        if layout.anchor in ("udp", "tcp"):
            key["sport"], key["dport"] = row["sport"], row["dport"]
    else:  # all zero: the link layer has none
        key |= {end: _link_address(raw) for end, raw in ends.items() if any(raw)}
    if row["tunnel"]:
        key["tunnel"] = row["tunnel"]
    for forgotten in FORGOTTEN[KEY[layout.key]]:
        key.pop(forgotten, None)
    several = len(layout.streams) > 1
    for number, value in enumerate(row["fields"][: len(layout.streams)], 1):
        key[f"stream{number}" if several else "stream"] = value
    return key


def _ip(address: bytes) -> str:
    """4 or 16 bytes as text."""
    if len(address) == 4:
        return ".".join(map(str, address))
    import ipaddress  # here, since it is slow to load and rarely needed

    return str(ipaddress.IPv6Address(address))


def tally(sources: NDArray[Any]) -> tuple[int, dict[str, int]]:
    """From the decoder's sources(): how many frames were foreign, and how many were skipped for which reason.

    The frames of a source that sent records are foreign where they are none, but for those that may be records and
    could not be told (cut, too many streams): these, and all frames of sources without records, are skipped.
    """
    counts: NDArray[np.int64] = sources["counts"]
    foreign = _foreign(counts)
    skipped = counts.sum(axis=0) - foreign
    reasons = {REASONS[status]: int(skipped[status]) for status in range(len(REASONS)) if status != RECORD}
    return int(foreign.sum()), {reason: count for reason, count in reasons.items() if count}


def foreign(sources: NDArray[Any]) -> int:
    """The first of the two alone."""
    if len(sources) >= FEW:
        return int(_foreign(sources["counts"]).sum())
    senders = [counts for counts in sources["counts"].tolist() if counts[RECORD] > 0]  # of few, this is quicker
    return sum(sum(counts) - sum(counts[status] for status in (RECORD, *OWN_FAULT)) for counts in senders)


def _foreign(counts: NDArray[np.int64]) -> NDArray[np.int64]:
    """By status, the frames of sources that sent records."""
    found: NDArray[np.int64] = counts[counts[:, RECORD] > 0].sum(axis=0)
    found[[RECORD, *OWN_FAULT]] = 0
    return found


class Reader:
    """Reads the fields of single frames, for evidence."""

    __slots__ = ("_layout", "_program")

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._program = compile(layout)

    def read(self, data: bytes, wire: int, link: int) -> dict[str, int] | None:
        """The values in a frame of which `data` was captured: `seq`, and `slot`, `buf` and `time_ns` where the layout
        has them and the sender wrote them. None where the frame is no record."""
        seen = examine(data, wire, link, self._program)
        if seen.status != RECORD:
            return None
        values = {"seq": seen.seq}
        for name, stamp in (("slot", self._layout.slot), ("buf", self._layout.buf)):
            value = _stamped(data, seen.place, stamp) if stamp else None
            if value is not None:
                values[name] = value
        times = [(_stamped(data, seen.place, part), part.unit) for part in self._layout.times]
        if times and all(value is not None for value, _ in times):
            values["time_ns"] = sum(_ns(value or 0, unit) for value, unit in times)
        return values


def _stamped(data: bytes, place: Place, stamp: Stamp) -> int | None:
    """The value of a stamp, None where it is not there or not captured."""
    if stamp.when and not _value(data, place, stamp.when):
        return None
    return _value(data, place, stamp.word)


def _value(data: bytes, place: Place, word: Word) -> int | None:
    at = position(place, word.offset)
    if at < place.start or at + word.width > min(place.end, len(data)):
        return None
    return (int.from_bytes(data[at : at + word.width], "big" if word.big else "little") & word.mask) >> word.shift


def _ns(value: int, unit: str) -> int:
    if unit != NTP:
        return value * UNITS[unit]
    return ((value >> 32) - NTP_TO_UNIX) * UNITS["s"] + ((value & 0xFFFFFFFF) * UNITS["s"] >> 32)


def _link_address(address: bytes) -> str:
    """Six bytes, or eight where the last two say something."""
    return address[: 8 if any(address[6:8]) else 6].hex(":")
