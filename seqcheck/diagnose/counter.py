"""Does the field count? If it does not, nothing said about duplicates and gaps means anything.

A counter goes on by one nearly always; loss leaves some steps out. A field read at the wrong place, width or byte
order, a clock, a random number do not: steps are wide, or go back, or every record is a stream of its own. Pure.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..dataclass import replace
from ..kernel import border
from ..kernel.border import total
from ..track.tracker import Findings
from .facts import Facts
from .result import CounterFault, What

FEWEST = 2  # records of one stream: one step
HEALTHY = 0.04  # of the steps go on by one, at least: more loss than 96 % leaves nothing to judge
WIDE = 8.0  # numbers missing for each that came, where hardly a step is by one
REGULAR = 0.8  # of the steps are equally wide, and not by one
BACK = 0.2  # of the steps are restarts or come late: no network reorders so much of a stream and loses none
DOWN = 0.9  # of the records come late, and of these have a lower number than the one before: it counts down
FEW_LEAPS, LEAPS = 4, 0.005  # restarts far from both 0 and where the count stood, and their share of the steps
FOLLOWING = 0.3  # of records that come again straight behind one another follow one another
FULL = 0.25  # missing by numbers received, and numbers that came again: chance leaves out more, or repeats more
ENOUGH = 8  # steps that must have been seen before irregular ones say anything
LONE, CROWD = 2, 1000  # records, among so many frames of the anchor that carry none


def fault(findings: Findings, facts: Facts) -> CounterFault | None:
    """What is wrong with the counter, or None."""
    streams = findings.streams
    received = streams["received"].astype(np.int64)
    unique = received - streams["duplicates"]
    records, kept = int(received.sum()), int(unique.sum())
    several = received >= FEWEST
    steps = int(np.maximum(unique - 1, 0).sum())
    late, restarts = (int(streams[name].sum()) for name in ("late", "restarts"))
    missing = total(streams["missing"])
    others = sum(count for reason, count in facts.skipped.items() if reason in ("magic", "short")) + facts.foreign
    outliers = int(streams["outliers"].sum())
    odd = _opened(findings) + late + restarts + outliers
    seen = CounterFault(
        what="steps", of=steps, healthy=max(0, steps - odd), missing=missing,
        restarts=restarts, late=late, streams=len(streams), others=others,
    )  # fmt: skip
    if not several.any() and len(streams) > 1:
        return _as(seen, "no-stream-of-two")
    if records <= LONE and others >= CROWD:
        return _as(seen, "chance")
    if records < FEWEST:
        return _as(seen, "few-records")
    if steps < ENOUGH:
        return _as(seen, "jumps") if steps and not seen.healthy and missing > WIDE * kept * 4 else None
    if late > DOWN * records and _falling(findings) > DOWN:
        return _as(seen, "late")
    regular = _regular(findings, seen)
    if regular is not None:
        return regular
    if seen.healthy < HEALTHY * steps and missing > WIDE * kept:
        return _as(seen, "jumps")
    if restarts > max(2, BACK * steps) or (restarts > 4 and restarts > 0.02 * steps and missing > WIDE * kept):
        return _as(seen, "restarts")
    if restarts > FEW_LEAPS and (leaps := _leaps(findings)) > FEW_LEAPS and leaps > LEAPS * steps:
        return _as(seen, "restarts")
    if outliers > BACK * records and outliers > ENOUGH:
        return _as(seen, "jumps")
    astray = late + records - kept  # records that come late or again
    full = missing <= FULL * kept and records - kept <= FULL * records
    if (
        not full  # nearly all numbers up to the highest came: chance steps far ahead, and leaves most out
        and astray > 0.4 * records
        and seen.healthy < HEALTHY * records
        and seen.healthy < 0.5 * steps
        and _following(findings) < FOLLOWING
    ):
        return _as(seen, "random")
    sparse = missing > kept  # else the numbers between first and highest nearly all came: a counter, out of order
    if sparse and late > 0.3 * steps and _opened(findings) > BACK * steps and seen.healthy < HEALTHY * steps:
        return _as(seen, "late")
    return None


def _leaps(findings: Findings) -> float:
    """Restarts at a number that is neither near 0, nor near the epoch's first, nor within 2**32 of where the count
    stood. A sender that starts over does that once; it is what a jump of any field looks like that is no counter."""
    rows = findings.restarts
    if not len(rows):
        return 0.0
    seq, base = rows["seq"], rows["a"].astype("<u8")
    moduli = findings.moduli_of(rows["stream"])
    rolls = moduli != 0  # the others roll over as 64 bits do

    def apart(old: NDArray[np.uint64]) -> NDArray[np.uint64]:
        """By the shorter way round."""
        ahead, behind = seq - old, old - seq
        ahead = np.where(rolls & (seq < old), ahead + moduli, ahead)
        behind = np.where(rolls & (old < seq), behind + moduli, behind)
        nearer: NDArray[np.uint64] = np.minimum(ahead, behind)
        return nearer

    stood = base + rows["next"].astype("<u8")
    stood = np.where(rolls, stood % np.maximum(moduli, 1), stood)
    leaps = (seq >= border.NEAR_BASE) & (apart(base) >= border.NEAR_BASE) & (apart(stood) > border.FAR)
    return float(np.mean(leaps)) * float(findings.streams["restarts"].sum())


def _following(findings: Findings) -> float:
    """Of the records that come late or again straight behind another such one: how many have the same number as that
    one, or the next. Replays and copies count up, chance does not. 1 if there are none."""
    rows = np.concatenate([findings.duplicates, findings.late])
    order = np.lexsort((rows["record"], rows["stream"]))
    stream, record, x = (rows[name][order] for name in ("stream", "record", "x"))
    beside = (stream[1:] == stream[:-1]) & (record[1:] - record[:-1] == 1)
    ahead = np.diff(x)[beside]
    return float(np.mean((ahead >= 0) & (ahead <= 1))) if len(ahead) >= ENOUGH else 1.0


def _falling(findings: Findings) -> float:
    """Of the records that come late straight behind another late one: how many have a lower number."""
    order = np.lexsort((findings.late["record"], findings.late["stream"]))
    stream, record, x = (findings.late[name][order] for name in ("stream", "record", "x"))
    beside = (stream[1:] == stream[:-1]) & (record[1:] - record[:-1] == 1)
    return float(np.mean(np.diff(x)[beside] < 0)) if beside.any() else 0.0


def _as(seen: CounterFault, what: What) -> CounterFault:
    return replace(seen, what=what)


def _opened(findings: Findings) -> int:
    """Steps that passed numbers over, whether these came later or not."""
    return int(findings.streams["jumps"].sum())


def _regular(findings: Findings, seen: CounterFault) -> CounterFault | None:
    """Nearly every step passes over equally many numbers, and none of these comes twice instead (as packet generators
    do that send each number several times)."""
    gaps = findings.gaps
    if len(gaps) < ENOUGH or seen.of - seen.healthy < REGULAR * seen.of:
        return None
    widths, counts = np.unique(gaps["a"], return_counts=True)
    most = int(np.argmax(counts))
    width, often = int(widths[most]), int(counts[most])
    duplicates = int(findings.streams["duplicates"].sum())
    if often < REGULAR * len(gaps) or duplicates >= 0.5 * width * seen.of:
        return None
    return replace(seen, what="steps", width=width + 1, wide=often)
