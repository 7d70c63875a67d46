"""What the simulated sender made, as columns.

CONTENT is what somebody wrote into a buffer once; SENT is one row for each time that such a content went over the wire.
A stale slot, a mirror copy and a loop are all the same: a second row of SENT with the same content. Times are int64 ns.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from seqcheck.errors import UsageError
from seqcheck.simulate.scenario import MAX_FRAMES

RECORD = 0  # CONTENT.kind of a frame that carries the header; the kinds of foreign frames follow from 1 (craft.FOREIGN)

CONTENT = np.dtype(
    [
        ("kind", "u1"), ("source", "u1"),  # source: which host's link-layer address, 0 is the ring's
        ("ident", "<u2"),  # IP identification
        ("size", "<u4"),  # bytes on the wire, without FCS
        ("stream", "<i4"), ("epoch", "<i4"),  # of a record; epoch: how many restarts came before
        ("x", "<i8"), ("seq", "<u8"),  # number counted from the epoch's first one without rolling over; as on the wire
        ("slot", "<i4"), ("ns", "<i8"),  # where it was written, and when (the sender's time stamp)
    ],
    align=True,
)  # fmt: skip

# Why a frame went out. Everything but FRESH is what a fault did.
(FRESH, STALE, OWN_STALE, LENGTH, STUCK, REPLAY, EARLY, BUFFER, PARTIAL, POOL, TAIL, REPEAT,
 COPY, LOOP, RETRANSMIT, SCATTER, RECEIVER, LEFTOVER) = range(18)  # fmt: skip

# label -> (name in the truth, cause that the verdict should give for its duplicates)
LABELS = (
    ("fresh", "none"),
    ("stale-slot", "stale-slot"),
    ("stale-own", "stale-slot"),
    ("stale-length", "stale-slot"),
    ("stuck-slot", "stale-slot"),
    ("ring-replay", "ring-replay"),
    ("early-overwrite", "early-overwrite"),
    ("early-buffer", "early-overwrite"),
    ("partial-stale", "unexplained"),
    ("pool-reuse", "unexplained"),
    ("tail-repeat", "sender-repeat"),
    ("sender-repeat", "sender-repeat"),
    ("path-copy", "path-copy"),
    ("loop", "loop"),
    ("retransmission", "retransmission"),
    ("scatter", "unexplained"),
    ("receiver-ring", "stale-slot"),  # by number it looks like a slot of the sender's
    ("receiver-leftover", "early-overwrite"),  # and this like a slot overwritten too early
)

# What became of a frame on its way.
THERE, LOST, FILTERED, DROPPED = range(4)

SENT = np.dtype(
    [
        ("content", "<i8"),
        ("tail", "<i8"),  # content that supplies the bytes from `cut` on, -1: all from `content`
        ("cut", "<i4"),
        ("length", "<i4"),  # bytes on the wire; differs from the content's size where a slot kept another's length
        ("ns", "<i8"),
        ("advance", "<i8"), ("slot", "<i4"), ("laps", "<i4"),  # which slot advance; -1: not from the ring
        ("label", "u1"), ("mac", "u1"), ("fate", "u1"), ("hops", "<i2"),  # hops: routers passed
        ("vlan", "<i4"),  # tag put on by the path, -1: none
        ("early", "?"),  # a number ahead of its time
    ],
    align=True,
)  # fmt: skip


@dataclass(slots=True, kw_only=True)
class Traffic:
    """All contents and all frames in the order of their arrival. `ring_kind`: sender.OWN, HOST, … per slot advance.
    `points` are the frames as they came by points of the path, SENT rows by the point's name. A frame of ours holds
    `records` numbers, of which CONTENT has the first, with `step` from each to the next; they count modulo `modulus`,
    0 for 2**64."""

    contents: NDArray[np.void]
    sent: NDArray[np.void]
    ring_size: int
    ring_kind: NDArray[np.uint8]
    points: dict[str, NDArray[np.void]] = field(default_factory=dict)
    records: int = 1
    step: int = 1
    modulus: int = 0

    def numbers(self, first: NDArray[np.uint64]) -> NDArray[np.uint64]:
        """uint64[n * records]: the numbers, as on the wire, of frames with these first ones; those of a frame in a
        row."""
        found = np.repeat(first, self.records) + self.ahead(len(first)).astype(np.uint64)
        return found % np.uint64(self.modulus) if self.modulus else found

    def ahead(self, frames: int) -> NDArray[np.int64]:
        """int64[frames * records]: how far each record's number is ahead of its frame's first one."""
        return np.tile(np.arange(self.records, dtype=np.int64) * self.step, frames)


def blank(count: int) -> NDArray[np.void]:
    """SENT[count] in which nothing has happened yet."""
    rows = np.zeros(count, SENT)
    rows["tail"] = rows["advance"] = rows["slot"] = rows["vlan"] = -1
    return rows


def beyond(what: str) -> UsageError:
    """`what` leads to times that no capture can hold."""
    return UsageError(f"{what}: a frame would be sent or arrive before 1970 or after 2106")


def room(traffic: Traffic, more: int) -> None:
    """UsageError if `more` frames are too many, counting each of their numbers, and what the points see."""
    frames = len(traffic.sent) + sum(map(len, traffic.points.values())) + more
    if frames * traffic.records > MAX_FRAMES:
        raise UsageError(
            f"more than {MAX_FRAMES:,} frames, or numbers in frames, with all copies and what points see",
            hint="fewer frames, records, copies or points",
        )


def merge(sent: NDArray[np.void], more: NDArray[np.void]) -> NDArray[np.void]:
    """Both in time order; at equal times `sent` first."""
    rows = np.concatenate([sent, more])
    return rows[np.argsort(rows["ns"], kind="stable")]
