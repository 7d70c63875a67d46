"""sender-repeat: the sender sends each number several times by design or by a slip of its loop.

Signatures: every number n times in a row, with the next one n further on or straight after (Linux pktgen with clone_skb
or burst: seq_num counts frames sent but is written once for each skb; reference: net/core/pktgen.c); or the last frame
of each burst twice, at a steady period (tlem 46020cd4, nmreplay ddbb5a06: the loop flushes without advancing). A mirror
port doubles too; but its copy comes a fixed time later, while a frame that was sent comes in its turn.
"""

from __future__ import annotations

import numpy as np

from ..arrays import distinct, median
from ..case import Case, Claim, subject
from ..table import Bools

ALL = 0.9  # of the numbers
PERIODIC = 0.1  # of the period: how far off a whole number of periods
EVENLY = 0.08  # off the middle between its neighbours: a frame that was sent in its turn


def claim(case: Case) -> Claim | None:
    """Open duplicates straight behind their copy, where they repeat like clockwork."""
    table = case.table
    rows = case.open & table.known & (table.distance == 1)
    if not rows.any():
        return None
    every = _every_number(case, rows)
    if every:
        return _claim(case, rows, *every)
    period = _period(case, rows)
    if period:
        return _claim(
            case, rows, f"the last frame of each burst of about {period:,} comes twice",
            f"They follow one another every {period:,} frames, and each straight behind its copy.",
        )  # fmt: skip
    return None


def _every_number(case: Case, rows: Bools) -> tuple[str, str] | None:
    streams = case.findings.streams
    mine = distinct(case.table.rows["stream"][rows])
    unique = int((streams["received"] - streams["duplicates"])[mine].sum())
    if streams["replicated"][mine].sum() < ALL * unique:
        return None
    times = 1 + round(float(streams["duplicates"][mine].sum()) / unique)
    jumps = int(streams["missing"][mine].sum())
    stepping = abs(jumps - (times - 1) * unique) <= 0.1 * jumps
    middle = case.middle(rows)
    if not stepping and times == 2 and (middle is None or abs(middle - 0.5) > EVENLY):
        return None  # as well a mirror port
    jump = f", and the counter jumps by {times}" if stepping else ""
    return (
        f"each number is sent {times} times in a row",
        f"{ALL:.0%} or more of the numbers come {times} times in a row{jump}: clone_skb or burst of a packet "
        f"generator.",
    )


def _period(case: Case, rows: Bools) -> int:
    """The steady period of the duplicates, in frames of the source; 0 where there is none."""
    place = case.table.rows["ordinal"][rows]
    if len(place) < 8:
        return 0
    steps = np.diff(np.sort(place)).astype(np.float64)
    middle = median(steps)
    if middle < 4:
        return 0
    off = np.abs(steps / middle - np.maximum(1, np.round(steps / middle)))  # some bursts end with a foreign frame
    return round(middle) if np.mean(off <= PERIODIC) >= 0.8 else 0


def _claim(case: Case, rows: Bools, what: str, because: str) -> Claim:
    count = int(rows.sum())
    return Claim(
        cause="sender-repeat",
        rows=rows,
        strength="strong" if count >= 8 else "moderate",
        statement=f"{subject(count, len(case.table), 'is', 'are')} the sender's own doing: {what}.",
        because=(because,),
        caveats=("Look at the sender's clone, burst or flush settings.",),
    )
