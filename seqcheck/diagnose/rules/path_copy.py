"""path-copy: the network or the capturing side delivered a frame twice.

Signature (ring-signatures 3.1 row 7): the copy follows at once (a mirror port, a bond, the `any` device); or it took
another way, which shows in its addresses, VLAN tag or hop count; or it comes a constant time later (a delayed tap),
however much is sent meanwhile. No ring is that small, none rewrites headers, and none keeps time.
"""

from __future__ import annotations

import numpy as np

from ...model import Strength
from ..arrays import distinct, median
from ..case import Case, Claim, Evidence, agree, plural, spans, subject
from ..rhythm import rhythm
from ..table import Bools, Table

ADJACENT = 8  # frames of the source between the copies; a ring is larger
NEARLY_ALL = 0.5  # of a stream's numbers came more than once
_OTHER_WAY = frozenset({"eth.src", "eth.dst", "vlan", "ip.ttl", "ip.tos", "ip.checksum", "length"})
_OF_A_WAY = frozenset({"eth.src", "eth.dst", "vlan", "ip.ttl"})


def claim(case: Case) -> Claim | None:
    """Open duplicates that follow their copy at once, took another way, or keep a constant time."""
    table = case.table
    known = case.open & table.known
    rows = case.by_bytes(known, _took_another_way)
    marked = bool(rows.any())
    rows |= known & _adjacent(table) & ~table.early
    rest = known & ~rows
    beat = rhythm(case, rest)
    delayed = np.zeros(len(table), np.bool_)
    if beat is not None and (beat.of_a_way or (_everything(case, rest) and beat.in_time >= 0.85)):
        delayed = beat.steady if beat.in_time < 1 else rest
    rows |= delayed
    if not rows.any():
        return None
    count = int(rows.sum())
    everything = _everything(case, rows)
    share = "nearly all frames came twice" if everything else f"{plural(count, 'frame')} came twice"
    squeezed_only = bool(delayed.any()) and int(delayed.sum()) == count and beat is not None and beat.alike >= 0.75
    strength: Strength = "strong" if count >= 3 and not (squeezed_only and not everything) else "moderate"
    return Claim(
        cause="path-copy",
        rows=rows,
        strength=strength,
        statement=f"{subject(count, len(table), 'was', 'were')} made on the way: {share}, "
        f"{spans(table.distance[rows], 'record')} apart.",
        because=tuple(_because(case, rows, delayed, marked)),
        caveats=("Capture on one port only, without mirror, bond or `any`, and see whether the copies vanish.",),
    )


def _adjacent(table: Table) -> Bools:
    """The copy follows at once, counting all frames of the source where both copies come from one."""
    close: Bools = np.where(table.frame_distance >= 0, table.frame_distance, table.distance) <= ADJACENT
    return close


def _took_another_way(evidence: Evidence) -> bool:
    changed = set(evidence.differs)
    return bool(changed & _OF_A_WAY) and changed <= _OTHER_WAY


def _everything(case: Case, rows: Bools) -> bool:
    """Whether most numbers of the streams concerned were repeated."""
    if not rows.any():
        return False
    streams = case.findings.streams
    mine = distinct(case.table.rows["stream"][rows])
    unique = (streams["received"] - streams["duplicates"])[mine].sum()
    return bool(streams["replicated"][mine].sum() >= NEARLY_ALL * unique)


def _because(case: Case, rows: Bools, delayed: Bools, marked: bool) -> list[str]:
    table = case.table
    reasons = []
    close = rows & _adjacent(table)
    near, late = int(close.sum()), int(delayed.sum())
    if near:
        reasons.append(
            f"{near:,} {agree(near, 'follows its', 'follow their')} copy within {ADJACENT} frames; a TX ring is larger."
        )
    if _everything(case, rows):
        reasons.append("Most numbers came more than once: no ring resends everything.")
    if late:
        lag = median(table.time_lag[delayed]) / 1e6
        reasons.append(
            f"{late:,} {agree(late, 'comes', 'come')} {lag:.3g} ms after the copy, whatever was sent meanwhile: a way "
            "keeps time, a ring counts."
        )
    changed = sorted({name for evidence in case.judged(rows) for name in evidence.differs})
    if marked and changed:
        reasons.append(f"The copies differ in {', '.join(changed)}, as frames that took another way do.")
    elif not changed and case.judged(rows):
        pairs = len(case.judged(rows))
        reasons.append(f"{plural(pairs, 'pair')} compared {agree(pairs, 'is', 'are')} identical.")
    return reasons
