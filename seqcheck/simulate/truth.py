"""The truth about a simulated capture: what the ring and the path did, and what a receiver has to find.

It is taken from the model's own columns, where every frame knows which content it shows; nothing here looks at bytes,
and the tracker has no part in it. All of it is sets and sorts over the frames of the capture. As in the README's
glossary, a duplicate is a record whose number was received before since the last restart, missing are the numbers
between the first and the highest received that never arrived, and late is a first arrival after a higher number. (A
lone number ahead of its time does not make others late; `reordered` counts them, as RFC 4737 does.) Times are int64 ns.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqcheck.simulate.sender import ranks
from seqcheck.simulate.traffic import COPY, FRESH, LABELS, RECORD, Traffic

NONE = -1
ROUTER = 255  # source of copies whose link-layer address is another's


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrivals:
    """The records in the capture, in order, those of a frame in a row; one value each.

    frame      number in the capture, from 1            row        index in Traffic.sent
    group      stream and epoch as one number           stream     the model's stream
    x, seq     number, unrolled and as on the wire      earlier    index of the copy before, NONE for first copies
    distance   D, in records of the stream              ordinal    frames of its source before it
    high       highest number before, NONE without      label      why it was sent, or the copy before it was
    """

    frame: NDArray[np.int64]
    row: NDArray[np.int64]
    group: NDArray[np.int64]
    stream: NDArray[np.int64]
    x: NDArray[np.int64]
    seq: NDArray[np.uint64]
    ns: NDArray[np.int64]
    earlier: NDArray[np.int64]
    distance: NDArray[np.int64]
    source: NDArray[np.int64]
    ordinal: NDArray[np.int64]
    high: NDArray[np.int64]
    strict_high: NDArray[np.int64]
    early: NDArray[np.bool_]
    label: NDArray[np.int64]

    @property
    def again(self) -> NDArray[np.bool_]:
        """Duplicates."""
        again: NDArray[np.bool_] = self.earlier != NONE
        return again

    @property
    def late(self) -> NDArray[np.bool_]:
        late: NDArray[np.bool_] = ~self.again & ~self.early & (self.x < self.high)
        return late

    @property
    def reordered(self) -> NDArray[np.bool_]:
        reordered: NDArray[np.bool_] = ~self.again & (self.x < self.strict_high)
        return reordered

    def lag(self) -> NDArray[np.int64]:
        """Of duplicates: (highest number so far + 1) - this number."""
        return np.maximum(self.high, self.x) + 1 - self.x


def arrivals(traffic: Traffic, kept: NDArray[np.int64], ns: NDArray[np.int64]) -> Arrivals:
    """The records among the `kept` rows of Traffic.sent, which were written with the times `ns`."""
    sent = traffic.sent[kept]
    content = traffic.contents[sent["content"]]
    source = sources(traffic, kept)
    ordinal = _rank(source)
    mine = np.flatnonzero(content["kind"] == RECORD)
    seq = traffic.numbers(content["seq"][mine])
    ahead = traffic.ahead(len(mine))
    mine = np.repeat(mine, traffic.records)
    content, sent = content[mine], sent[mine]
    x = content["x"] + ahead
    epochs = int(content["epoch"].max(initial=0)) + 1
    group = content["stream"].astype(np.int64) * epochs + content["epoch"]
    order = np.lexsort((x, group))  # stable: equal numbers stay in order of arrival
    same = np.zeros(len(mine), np.bool_)
    same[1:] = (np.diff(group[order]) == 0) & (np.diff(x[order]) == 0)
    earlier = np.full(len(mine), NONE, np.int64)
    earlier[order[same]] = order[np.flatnonzero(same) - 1]
    place = _rank(content["stream"].astype(np.int64))
    label = sent["label"].astype(np.int64)
    by_copy = (earlier != NONE) & (label == FRESH)
    label[by_copy] = label[earlier[by_copy]]  # the odd one of the two came first
    return Arrivals(
        frame=mine + 1,
        row=kept[mine],
        group=group,
        stream=content["stream"].astype(np.int64),
        x=x,
        seq=seq,
        ns=ns[mine],
        earlier=earlier,
        distance=place - place[earlier],
        source=source[mine],
        ordinal=ordinal[mine],
        high=_high(group, np.where(sent["early"], NONE, x)),
        strict_high=_high(group, x),
        early=sent["early"],
        label=label,
    )


def sources(traffic: Traffic, kept: NDArray[np.int64]) -> NDArray[np.int64]:
    """int64[n]: which link-layer source address each of the `kept` rows carries."""
    sent = traffic.sent[kept]
    return np.where(sent["mac"], ROUTER, traffic.contents["source"][sent["content"]]).astype(np.int64)


def foreign_copies(
    traffic: Traffic, kept: NDArray[np.int64], ns: NDArray[np.int64]
) -> dict[int, dict[str, int | None]]:
    """The foreign frames that a fault of the ring sent again, at their own length, and whose content the capture has
    shown before, by their row in Traffic.sent: `earlier_frame`, and the distance to it in frames of the source (None
    where another sent it) and in ns."""
    sent = traffic.sent[kept]
    foreign = np.flatnonzero(traffic.contents["kind"][sent["content"]] != RECORD)
    content = sent["content"][foreign]
    order = np.argsort(content, kind="stable")
    same = np.flatnonzero(np.diff(content[order]) == 0)
    source = sources(traffic, kept)
    ordinal = _rank(source)
    found: dict[int, dict[str, int | None]] = {}
    for at, before in zip(foreign[order[same + 1]].tolist(), foreign[order[same]].tolist(), strict=True):
        by_ring = sent["label"][at] != FRESH and sent["label"][at] < COPY
        if by_ring and sent["length"][at] == sent["length"][before]:
            alike = source[at] == source[before]
            found[int(kept[at])] = {
                "earlier_frame": before + 1,
                "frame_distance": int(ordinal[at] - ordinal[before]) if alike else None,
                "time_lag_ns": int(ns[at] - ns[before]),
            }
    return found


def _rank(keys: NDArray[np.int64]) -> NDArray[np.int64]:
    """How many of the same key came before each."""
    order = np.argsort(keys, kind="stable")
    out = np.empty(len(keys), np.int64)
    out[order] = ranks(keys[order])
    return out


def _high(group: NDArray[np.int64], x: NDArray[np.int64]) -> NDArray[np.int64]:
    """The highest x of the same group before each row, NONE if there is none."""
    order = np.argsort(group, kind="stable")
    _, dense = np.unique(group[order], return_inverse=True)
    span = int(x.max(initial=0)) + 2
    top = np.maximum.accumulate(x[order] + dense * span)
    before = np.empty(len(x), np.int64)
    before[1:] = top[:-1]
    first = np.diff(dense, prepend=-1) != 0
    out = np.empty(len(x), np.int64)
    out[order] = np.where(first, NONE, before - dense * span)
    return out


def stream_ids(found: Arrivals) -> dict[int, int]:
    """From the model's streams to their numbers in order of their first records."""
    streams, first = np.unique(found.stream, return_index=True)
    return {stream: number for number, stream in enumerate(streams[np.argsort(first)].tolist())}


def stream_rows(found: Arrivals, start: int, modulus: int) -> list[dict[str, Any]]:
    """What there is to know of each stream, in the order of their first records."""
    rows = []
    again, late, reordered = found.again, found.late, found.reordered
    streams, first = np.unique(found.stream, return_index=True)
    by_stream = np.split(
        np.argsort(found.stream, kind="stable"), np.cumsum(np.unique(found.stream, return_counts=True)[1])
    )
    for number in np.argsort(first).tolist():
        mine = by_stream[number]
        missing = wraps = 0
        group = found.group[mine]
        order = np.argsort(group, kind="stable")
        begins = np.flatnonzero(np.diff(group[order], prepend=group[order[:1]] - 1))
        groups = np.split(found.x[mine[order]], begins[1:])
        for x in groups:
            base, top = int(x[0]), int(x.max())
            missing += top - base + 1 - len(np.unique(x[x >= base]))
            wraps += (start + top) // modulus - (start + int(x.min())) // modulus
        rows.append(
            {
                "stream": int(streams[number]),
                "received": len(mine),
                "unique": int((~again[mine]).sum()),
                "duplicates": int(again[mine].sum()),
                "missing": missing,
                "late": int(late[mine].sum()),
                "reordered": int(reordered[mine].sum()),
                "restarts": len(groups) - 1,
                "wraps": wraps,
                "first_seq": int(found.seq[mine[0]]),
                "last_seq": int(found.seq[mine[-1]]),
            }
        )
    return rows


def causes(found: Arrivals) -> dict[str, int]:
    """How many duplicates each cause has made."""
    labels, counts = np.unique(found.label[found.again], return_counts=True)
    out: dict[str, int] = {}
    for label, count in zip(labels.tolist(), counts.tolist(), strict=True):
        cause = LABELS[label][1]
        out[cause] = out.get(cause, 0) + count
    return out
