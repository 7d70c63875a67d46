"""What the decoder found, in words: stream keys, source addresses, where each frame was counted; and single frames read
again for evidence.

Assumes the tables of `kernel.border`; the finding itself is the kernel's. Times are ns since the sender's own zero.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqcheck.kernel.border import CUT, INDISTINCT, REASONS, RECORD, STREAMS
from seqcheck.kernel.portable.content_frame import shape
from seqcheck.kernel.portable.examine import Seen, examine
from seqcheck.kernel.portable.frame import FORGOTTEN, Place, position
from seqcheck.layout import Layout, Stamp, Word, compile, write
from seqcheck.layout.model import NTP, UNITS
from seqcheck.layout.program import KEY

NTP_TO_UNIX = 2_208_988_800  # seconds from 1900 to 1970 (RFC 5905, figure 4)
FEW = 64  # sources
OWN_FAULT = (CUT, STREAMS, INDISTINCT)  # frames that may well be records: they are skipped, and never foreign


Key = dict[str, str | int]


def key_texts(keys: NDArray[Any], layout: Layout) -> list[Key]:
    """The decoder's keys() as the report shows them: for each stream, where it is from and where it goes.

    `source` and `target`, `protocol`, `sport` and `dport` where the anchor has them and the layout's key keeps them;
    `tunnel`, the id of the tunnel that it came through, if it has one; and the layout's stream fields: `stream`, or
    `stream1`, `stream2` and so on if there are several.
    """
    alike = _alike(keys)
    found: list[Key] = [{} for _ in keys]
    for kind in sorted(set(alike.tolist())):  # np.unique would load numpy.ma
        at = np.flatnonzero(alike == kind)
        for name, column in _key_columns(keys[at], layout).items():
            for place, value in zip(at.tolist(), column, strict=True):
                found[place][name] = value
    return found


def keys_of_several(keys: NDArray[Any], which: NDArray[np.int32], layouts: Sequence[Layout]) -> list[Key]:
    """The same of streams of several layouts, which their keys then name; `which` is the layout of each stream."""
    names = names_of(layouts)
    found: list[Key] = [{} for _ in keys]
    for number, layout in enumerate(layouts):
        at = np.flatnonzero(which == number)
        for place, key in zip(at.tolist(), key_texts(keys[at], layout), strict=True):
            found[place] = {"layout": names[number], **key}
    return found


def names_of(layouts: Sequence[Layout]) -> list[str]:
    """What tells them apart: their names, or their specs where a name is missing or not unique."""
    names = [layout.name for layout in layouts]
    return [
        layout.name if layout.name not in ("", "custom") and names.count(layout.name) == 1 else write(layout)
        for layout in layouts
    ]


def key_columns(keys: NDArray[Any], layout: Layout) -> list[Key] | dict[str, list[Any]]:
    """The same, as a column for each name where all streams have the same names, one at least."""
    alike = _alike(keys)
    columns = _key_columns(keys, layout) if len(keys) and (alike == alike[0]).all() else {}
    return columns or key_texts(keys, layout)


def _alike(keys: NDArray[Any]) -> NDArray[np.int64]:
    """Equal for keys of the same version of IP that have the same of link addresses and tunnel."""
    has = [keys[end].any(axis=1) for end in ("source", "target")]
    code: NDArray[np.int64] = keys["version"].astype(np.int64) * 8 + (keys["tunnel"] != 0) * 4 + has[0] * 2 + has[1]
    code += ((keys["sport"] != 0) | (keys["dport"] != 0)) * np.int64(1 << 16)
    return code


def _key_columns(keys: NDArray[Any], layout: Layout) -> dict[str, list[Any]]:
    """Of keys that are alike, one at least."""
    columns: dict[str, list[Any]] = {}
    version = int(keys["version"][0])
    for end in ("source", "target"):
        if version:
            columns[end] = _addresses(keys[end][:, : 4 if version == 4 else 16], _ip)
        elif keys[end][0].any():  # all zero: the link layer has none
            columns[end] = _addresses(keys[end], _link_address)
    if version:
        columns["protocol"] = keys["protocol"].tolist()
        if layout.anchor in ("udp", "tcp") or (layout.content and (keys["sport"][0] or keys["dport"][0])):
            columns |= {port: keys[port].tolist() for port in ("sport", "dport")}
    elif layout.content:
        columns["ethertype"] = keys["fields"][:, 0].tolist()
    if keys["tunnel"][0]:
        columns["tunnel"] = keys["tunnel"].tolist()
    for forgotten in FORGOTTEN[KEY[layout.key]]:
        columns.pop(forgotten, None)
    several = len(layout.streams) > 1
    for number in range(len(layout.streams)):
        columns[f"stream{number + 1}" if several else "stream"] = keys["fields"][:, number].tolist()
    return columns


def _addresses(column: NDArray[np.uint8], text: Callable[[bytes], str]) -> list[str]:
    """Rows of bytes as text; many streams have few addresses."""
    size, raw, known = column.shape[1], column.tobytes(), cache(text)
    return [known(raw[at : at + size]) for at in range(0, len(raw), size)]


def _ip(address: bytes) -> str:
    """4 or 16 bytes as text."""
    if len(address) == 4:
        return ".".join(map(str, address))
    import ipaddress  # here, since it is slow to load and rarely needed

    return str(ipaddress.IPv6Address(address))


def tally(sources: NDArray[Any]) -> tuple[int, dict[str, int]]:
    """From the decoder's sources(): how many frames were foreign, and how many were skipped for which reason.

    The frames of a source that sent records are foreign where they are none, except for those that may be records and
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
    """Reads the fields of single frames, for evidence: by the first of the layouts that a frame fits. Of `content`,
    what stands for a number is a hash."""

    __slots__ = ("_ways",)

    def __init__(self, *layouts: Layout) -> None:
        self._ways = [(layout, None if layout.content else compile(layout)) for layout in layouts]

    def read(self, data: bytes, wire: int, link: int) -> dict[str, int] | None:
        """The values in a frame of which `data` was captured: `seq`, and `slot`, `buf` and `time_ns` where the layout
        has them and the sender wrote them. None if the frame is not a record."""
        for layout, program in self._ways:
            if program is None:
                like = shape(data, wire, link)
                return {"seq": hash((like.content, like.identification))} if like.status == RECORD else None
            seen = examine(data, wire, link, program)
            if seen.status == RECORD:
                return _values(data, seen, layout)
        return None


def _values(data: bytes, seen: Seen, layout: Layout) -> dict[str, int]:
    """Of a frame that is a record."""
    values = {"seq": seen.seq}
    for name, stamp in (("slot", layout.slot), ("buf", layout.buf)):
        value = _stamped(data, seen.place, stamp) if stamp else None
        if value is not None:
            values[name] = value
    times = [(_stamped(data, seen.place, part), part.unit) for part in layout.times]
    if times and all(value is not None for value, _ in times):
        values["time_ns"] = sum(_ns(value or 0, unit) for value, unit in times)
    return values


def _stamped(data: bytes, place: Place, stamp: Stamp) -> int | None:
    """The value of a stamp, None if it is not there or not captured."""
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
