"""Claims -> one verdict, and what was found beside it.

A ring cause that is more than weak leads, since finding it is what seqcheck is for; otherwise the cause of the most
duplicates does. Nothing is dropped: every other claim stands in `also`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..dataclass import dataclass
from ..model import Also, Rival, Verdict
from . import counter
from .case import Case, Claim, agree, number, plural

if TYPE_CHECKING:
    from .ring import Ring

RING_CAUSES = ("stale-slot", "ring-replay", "early-overwrite")
SHORT = 4096  # values of a counter that a common ring is a multiple of
_RANK = {"strong": 3, "moderate": 2, "weak": 1, "none": 0}


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """The verdict, the rest, and the leading claim (None for a clean capture)."""

    verdict: Verdict
    also: tuple[Also, ...]
    leading: Claim | None


def judge(case: Case, claims: tuple[Claim, ...]) -> Judgement:
    """The verdict over all claims."""
    if not claims:
        return Judgement(verdict=_clean(case), also=(), leading=None)
    leading = max(claims, key=_weight)
    rest = [claim for claim in claims if claim is not leading]
    total = int(case.findings.streams["duplicates"].sum())
    ring = leading.ring
    verdict = Verdict(
        cause=leading.cause,
        strength=leading.strength,
        ring_size=ring.size if ring and ring.told else None,
        ring_given=ring.given if ring else False,
        explained=leading.explained,
        of=total,
        bracket=ring.bracket if ring else None,
        statement=leading.statement,
        because=leading.because,
        rivals=_rivals(case, leading),
        caveats=(*leading.caveats, *_general(case, total, ring)),
    )
    also = tuple(Also(cause=c.cause, explained=c.explained, statement=c.statement, strength=c.strength) for c in rest)
    return Judgement(verdict=verdict, also=also, leading=leading)


def _weight(claim: Claim) -> tuple[bool, int, int]:
    leads = claim.cause in RING_CAUSES and _RANK[claim.strength] >= _RANK["moderate"]
    return leads, claim.explained, _RANK[claim.strength]


def _clean(case: Case) -> Verdict:
    streams = case.findings.streams
    missing = int(streams["missing"].sum())
    records = int(streams["received"].sum())
    lost = f" {plural(missing, 'number')} never came." if missing else " Nothing is missing."
    return Verdict(
        cause="clean",
        strength="none",
        ring_size=None,
        ring_given=bool(case.facts.ring_sizes),
        explained=0,
        of=0,
        bracket=None,
        statement=f"No number came twice in {plural(records, 'record')}.{lost}",
        because=(),
        rivals=(),
        caveats=_general(case, 0),
    )


def _rivals(case: Case, leading: Claim) -> tuple[Rival, ...]:
    if leading.cause != "stale-slot":
        return ()
    distances = case.table.distance[leading.rows]
    nearest, one = number(int(distances.min())), len(distances) == 1
    restarts = int(case.findings.streams["restarts"].sum())
    told = f"{plural(restarts, 'restart')} {agree(restarts, 'was', 'were')} told apart"
    why_not = {
        "path-copy": "copies made on the way follow at once or after a constant time; "
        + (f"this one lies {nearest} records apart." if one else f"these lie {nearest} records apart or more."),
        "retransmission": "a sender that repeats on purpose sends windows, or new IP identifications; "
        + ("this is a single old frame." if one else "these are single old frames."),
        "restart": f"{told}: there the old numbers went on counting up."
        if restarts
        else "the old numbers do not go on counting up.",
    }
    return tuple(Rival(cause=cause, why_not=text) for cause, text in why_not.items())


def _general(case: Case, total: int, ring: Ring | None = None) -> tuple[str, ...]:
    """Caveats that hold whatever the cause."""
    facts, findings = case.facts, case.findings
    caveats = []
    if facts.dropped:
        caveats.append(
            f"The capturing side dropped {plural(facts.dropped, 'frame')}: gaps may be its own, and counts are lower "
            f"bounds."
        )
    if total > len(case.table):
        caveats.append(f"The first {len(case.table):,} duplicates were judged one by one, the others only counted.")
    modulus = findings.modulus
    sizes = (*facts.ring_sizes, *([ring.size] if ring is not None else []))
    if 0 < modulus <= SHORT or any(modulus and (modulus <= size or size % modulus == 0) for size in sizes):
        caveats.append(
            f"The counter rolls over at {modulus}: in a ring of a multiple of that, a frame one lap old carries the "
            f"very "
            "number that is expected, and cannot be seen. Use a wider counter."
        )
    return (*caveats, *counter.caveats(findings))
