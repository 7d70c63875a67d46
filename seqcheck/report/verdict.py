"""Accounts -> the report's verdict, and what was found beside it. Pure."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ..diagnose import Diagnosis, Facts
from ..diagnose.result import Account, CounterFault, Misfit
from ..kernel.border import total as sum_of
from ..model import Also, Redundancy, Rival, Verdict
from ..track.tracker import Findings
from . import reasons
from .words import agree, listed, number, odds, plural

SHORT = 4096  # values of a counter that a common ring is a multiple of
CYCLES = 2  # restarts after the same number of records


def verdict(
    findings: Findings,
    facts: Facts,
    diagnosis: Diagnosis,
    counts: Mapping[str, int],
    ways: Redundancy | None = None,
) -> Verdict:
    """The verdict; `counts` are the duplicates by cause, all of them."""
    total = int(findings.streams["duplicates"].sum())
    if diagnosis.counter is not None:
        return _no_counter(facts, diagnosis.counter, total)
    if not diagnosis.accounts:
        return _clean(findings, facts)
    leading = diagnosis.accounts[0]
    ring = leading.ring
    return Verdict(
        cause=leading.cause,
        strength=leading.strength,
        ring_size=ring.size if ring else None,
        ring_given=ring.given if ring else False,
        explained=counts.get(leading.cause, 0),
        of=total,
        bracket=(ring.low, ring.high) if ring else None,
        statement=reasons.statement(leading, total),
        because=(
            *(reasons.ways(ways) if ways and leading.cause == "redundancy" else ()),
            *reasons.because(leading, facts.kinds),
        ),
        rivals=_rivals(findings, leading),
        caveats=(
            *_misfit(diagnosis.misfit),
            *reasons.limits(leading),
            *_general(findings, facts, leading),
        ),
    )


def also(diagnosis: Diagnosis, total: int) -> tuple[Also, ...]:
    """What was found beside the verdict."""
    if diagnosis.counter is not None:
        return ()
    return tuple(
        Also(cause=one.cause, explained=one.explained, statement=reasons.statement(one, total), strength=one.strength)
        for one in diagnosis.accounts[1:]
    )


def _clean(findings: Findings, facts: Facts) -> Verdict:
    streams = findings.streams
    missing, records = sum_of(streams["missing"]), int(streams["received"].sum())
    lost = f" {plural(missing, 'number')} never arrived." if missing else " Nothing is missing."
    return Verdict(
        cause="clean",
        strength="none",
        ring_size=None,
        ring_given=bool(facts.ring_sizes),
        explained=0,
        of=0,
        bracket=None,
        statement=f"No number came twice in {plural(records, 'record')}.{lost}",
        because=(),
        rivals=(),
        caveats=_general(findings, facts, None),
    )


def _no_counter(facts: Facts, fault: CounterFault, total: int) -> Verdict:
    return Verdict(
        cause="no-counter",
        strength="none",
        ring_size=None,
        ring_given=bool(facts.ring_sizes),
        explained=0,
        of=total,
        bracket=None,
        statement=f"The field is not a counter: {_FAULTS[fault.what](fault)}. Nothing was judged.",
        because=_seen(fault),
        rivals=(),
        caveats=(
            "Check the layout: offset, width, byte order, port. `seqcheck discover` looks for the counter; `seqcheck "
            "layouts SPEC --on CAPTURE` shows what a layout reads.",
        ),
    )


def _few(fault: CounterFault) -> str:
    return "there is only one record, so nothing counts"


def _lone(fault: CounterFault) -> str:
    return f"each of {plural(fault.streams, 'stream')} has only one record, so no number follows another"


def _steps(fault: CounterFault) -> str:
    return f"{fault.wide:,} of {plural(fault.of, 'step')} go up by {fault.width:,}"


def _jumps(fault: CounterFault) -> str:
    few = f"only {fault.healthy:,}" if fault.healthy else "none"
    return f"{few} of {plural(fault.of, 'step')} go up by one, and {plural(fault.missing, 'number')} would be missing"


def _restarts(fault: CounterFault) -> str:
    return f"it would have started over {fault.restarts:,} times in {plural(fault.of, 'step')}"


def _late(fault: CounterFault) -> str:
    return f"{fault.late:,} of {plural(fault.of, 'step')} go back"


def _random(fault: CounterFault) -> str:
    return "its values are in no order"


def _chance(fault: CounterFault) -> str:
    fits = plural(fault.of + fault.streams, "frame")
    return f"the layout matches {fits} among {fault.others:,} others, probably by chance"


_FAULTS = {
    "few-records": _few, "no-stream-of-two": _lone, "steps": _steps, "jumps": _jumps, "restarts": _restarts,
    "late": _late, "chance": _chance, "random": _random,
}  # fmt: skip


def _seen(fault: CounterFault) -> tuple[str, ...]:
    if not fault.of:
        return ()
    return (
        f"Of {plural(fault.of, 'step')} from record to record, {fault.healthy:,} go up by one.",
        f"Read as a counter: {fault.missing:,} missing, {fault.late:,} late, {plural(fault.restarts, 'restart')}.",
    )


def _rivals(findings: Findings, leading: Account) -> tuple[Rival, ...]:
    found: list[Rival] = []
    if leading.rival is not None and leading.rival != leading.cause:
        found.append(
            Rival(cause=leading.rival, why_not=f"{_WHAT.get(leading.rival, leading.rival)}: {odds(leading.log_odds)}.")
        )
    if (
        leading.figures.new_would_show
        and leading.figures.identical
        and "retransmission" not in (leading.cause, leading.rival)
    ):
        found.append(
            Rival(
                cause="retransmission", why_not="ruled out: a retransmitted packet would have a new IP identification."
            )
        )
    if leading.ring is not None:
        restarts = int(findings.streams["restarts"].sum())
        old = agree(leading.explained, "the old number", "the old numbers")
        besides = f" ({plural(restarts, 'restart')} elsewhere)" if restarts else ""
        found.append(
            Rival(cause="restart", why_not=f"ruled out: after {old} the count continued where it was{besides}.")
        )
    return tuple(found)


_WHAT = {
    "path-copy": "copies made on the path, immediately or after a constant delay",
    "loop": "frames that circle in the network",
    "retransmission": "resends after a timeout or a round trip, or a resent window",
    "sender-repeat": "deliberate repetition at a fixed distance",
    "redundancy": "two paths on purpose",
    "stale-slot": "a stale slot of a TX ring",
    "ring-replay": "a replay of a TX ring",
    "early-overwrite": "a slot refilled too early",
    "unexplained": "no pattern, just chance",
}


def _misfit(misfit: Misfit | None) -> tuple[str, ...]:
    if misfit is None:
        return ()
    given = listed(tuple(number(size) for size in misfit.given))
    if misfit.better is None:
        return (f"A ring of {given}, as given, does not fit these distances.",)
    return (f"{given}, as given, does not fit; {number(misfit.better)} would.",)


def _general(findings: Findings, facts: Facts, leading: Account | None) -> tuple[str, ...]:
    """Caveats that hold whatever the cause."""
    caveats = []
    if facts.dropped:
        caveats.append(
            f"The capture dropped {plural(facts.dropped, 'frame')}: some gaps may be due to that, and counts are "
            "lower bounds."
        )
    moduli = [findings.modulus] if findings.moduli is None else sorted(set(findings.moduli.tolist()))
    ring = leading.ring.size if leading is not None and leading.ring is not None else None
    sizes = (*facts.ring_sizes, *([ring] if ring is not None else []))
    short = [by for by in moduli if 0 < by <= SHORT or any(by and (by <= size or size % by == 0) for size in sizes)]
    if short:
        caveats.append(
            f"The counter rolls over at {short[0]}: if the ring size is a multiple of that, a frame one lap old "
            "carries exactly the number that is due, and goes unseen. Use a wider counter."
        )
    return (*caveats, *_cycles(findings), *_from_the_first(findings))


def _from_the_first(findings: Findings) -> tuple[str, ...]:
    """A count that goes back to the number with which the capture begins. Where a sender does not begin there, that is
    a block sent again: the numbers are the same."""
    rows, first = findings.restarts, findings.streams["first_seq"]
    back = rows[(rows["seq"] == first[rows["stream"]]) & (rows["seq"] > 1)]
    if not len(back):
        return ()
    seq, frame = int(back["seq"][0]), int(back["frame"][0])
    return (
        f"Frame {frame} goes back to {seq}, the first number in the capture, which counts as a restart. If the sender "
        "does not start there, it is a block sent again: compare the frame with the first one that had this number.",
    )


def _cycles(findings: Findings) -> tuple[str, ...]:
    """Restarts, each after the same number of positions."""
    lengths, counts = np.unique(findings.restarts["next"], return_counts=True)
    if not len(lengths) or counts.max() < CYCLES:
        return ()
    length = int(lengths[int(np.argmax(counts))])
    return (
        f"{int(counts.max()):,} restarts came after {length:,} numbers each. If the counter simply wraps there, give "
        f"the layout that modulus, as in --layout NAME%{length}.",
    )
