"""What repeats by nature, where frames are told apart by their bytes: which findings mean nothing, once more is known.

The kernel judges each frame by what came before it (kernel/portable/content.py). A flow whose contents wrap, and
content that comes too often, are found out only after some of their frames counted as copies. Here these are taken
back, so that what a report says depends on no moment. A flow means nothing if

- its contents came round: its flag says so, or nearly all of its copies are the row of copies with which it ends;
- it has more contents that came too often than other copies.

Pure. Cost: linear in streams and kept rows.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..dataclass import dataclass, replace
from ..kernel.border import IDENTIFIED, INDISTINCT, REASONS, ROUND
from ..kernel.protocols import ContentLike
from ..track.tracker import DISTANCES, Findings, Limit

MOSTLY = 0.9  # of a flow's copies
Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class Natural:
    """`flows` bool[streams]: those that mean nothing. `often` int64[n], in order: stream << 40 | number of contents
    that came too often; `counted` int64[n]: how many of their frames counted as copies all the same. `renewed`: frames
    whose content came before, in another packet."""

    flows: Bools
    often: NDArray[np.int64]
    counted: NDArray[np.int64]
    renewed: int

    def keeps(self, rows: NDArray[Any]) -> Bools:
        """Which of these DUPLICATE rows mean something."""
        if not len(rows):
            return np.zeros(0, np.bool_)
        key = rows["stream"].astype(np.int64) << 40 | rows["x"]
        result: Bools = ~(self.flows[rows["stream"]] | np.isin(key, self.often))
        return result

    def streams(self, table: NDArray[Any]) -> NDArray[Any]:
        """The tracker's STREAM_STATE without them, a copy."""
        streams = table.copy()
        count = len(streams)
        if not count:
            return streams
        streams["duplicates"] -= np.bincount(self.often >> 40, self.counted, count).astype(np.int64)
        streams["replicated"] -= np.bincount(self.often >> 40, self.counted > 0, count).astype(np.int64)
        streams["received"] -= table["duplicates"] - streams["duplicates"]
        for name in ("received", "duplicates", "replicated", "beyond"):
            streams[name][self.flows] = 0
        return streams

    def without(self, findings: Findings) -> tuple[Findings, int]:
        """The findings that mean something, and how many records are left out."""
        streams, before = self.streams(findings.streams), int(findings.streams["received"].sum())
        rows = findings.duplicates[self.keeps(findings.duplicates)]
        left = before - int(streams["received"].sum())
        if not left:
            return findings, 0
        count = int(streams["duplicates"].sum())
        unlisted = (Limit(name="duplicates", stream=None, count=count - len(rows)),) if count > len(rows) else ()
        limits = tuple(each for each in findings.limits if each.name not in ("duplicates", "copies"))
        return replace(
            findings,
            streams=streams,
            duplicates=rows,
            distances=_distances(rows, count),
            limits=(*limits, *_beyond(streams), *unlisted),
        ), left


def with_records(skipped: dict[str, int], count: int) -> dict[str, int]:
    """Frames skipped by reason, with the number of records that mean nothing."""
    name = REASONS[INDISTINCT]
    return {**skipped, name: skipped.get(name, 0) + count} if count else skipped


def natural(content: ContentLike) -> Natural:
    """As of now."""
    flows, often = content.flows(), content.often()
    order = np.lexsort((often["number"], often["stream"]))
    often = often[order]
    identified = (flows["varied"] >= IDENTIFIED) & (2 * flows["varied"] >= flows["contents"])
    row, copies = flows["row"], flows["copies"]
    means_nothing: Bools = (flows["round"] != 0) | ((row >= ROUND) & (row >= MOSTLY * copies) & ~identified)
    many = np.bincount(often["stream"], minlength=len(flows))
    taken = np.bincount(often["stream"], often["counted"], len(flows)).astype(np.int64)
    means_nothing |= (many > 0) & (many > flows["counted"] - taken)
    return Natural(
        flows=means_nothing,
        often=often["stream"].astype(np.int64) << 40 | often["number"],
        counted=often["counted"].astype(np.int64),
        renewed=int(flows["again"].sum()),
    )


def _beyond(streams: NDArray[Any]) -> tuple[Limit, ...]:
    return tuple(
        Limit(name="copies", stream=at, count=int(streams["beyond"][at]))
        for at in np.flatnonzero(streams["beyond"]).tolist()
    )


def _distances(rows: NDArray[Any], count: int) -> NDArray[np.int64]:
    """The histogram of `count` duplicates, of which the rows are all, or a sample."""
    known = rows["e_record"] >= 0
    apart = np.where(known, np.minimum(rows["record"] - rows["e_record"], DISTANCES), 0)
    found = np.bincount(apart, minlength=DISTANCES + 1).astype(np.int64)
    if len(rows) == count:
        return found
    if len(rows):
        found = found * count // len(rows)
    found[int(np.argmax(found))] += count - int(found.sum())
    return found
