"""Copies among the foreign frames, judged together with those among the records. Pure.

Theory of operation
    A ring has no notion of records and foreign frames, so the copies of both are one table (`joined`), and
    explanations compete for all of it (diagnose). What the verdict says of the records was found without them, and
    stays. A foreign copy comes from the verdict's ring where the explanation that took it is a ring of that size, it is
    of one of the sources of the verdict's own copies, and most of these were taken by such a ring again.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..dataclass import dataclass, replace
from ..decode.decoder import key_texts
from ..diagnose import Diagnosis, Facts, diagnose
from ..diagnose.result import Account, Ring
from ..layout.content import CONTENT
from ..model import RING_CAUSES, Also, Cause, OtherCopy, OtherTraffic, Report, Verdict
from ..report import reasons
from ..report.assemble import causes
from ..report.seen_columns import seen_columns
from ..report.unnumbered import said
from ..report.words import agree, plural
from ..track.tracker import Findings
from .guard import Budget, UnfinishedError, within
from .other_traffic import Others

Bools = NDArray[np.bool_]
UNJUDGED: Cause = "not-judged"


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbered:
    """What is known of the records. `diagnosis` is None if judging failed."""

    findings: Findings
    facts: Facts
    diagnosis: Diagnosis | None

    @property
    def counts(self) -> bool:
        """They were judged, and their numbers count."""
        return self.diagnosis is not None and self.diagnosis.counter is None

    @property
    def ring(self) -> Account | None:
        """The account that the verdict is about, where that is a ring."""
        leading = self.diagnosis.accounts[0] if self.diagnosis and self.counts and self.diagnosis.accounts else None
        return leading if leading and leading.cause in RING_CAUSES and leading.ring is not None else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """What the foreign copies point at, one entry for each kept row of theirs: `causes`, `same_ring`; `accounts` are
    those that no record is in, with how many of the rows each has."""

    causes: list[Cause]
    same_ring: Bools
    accounts: tuple[tuple[Account, int], ...] = ()


def other_traffic(others: Others, records: Numbered, *, listed: int, budget: Budget) -> OtherTraffic:
    """The report's section; at most that many copies are `listed`."""
    rows, facts = others.findings.duplicates, records.facts
    try:
        judged = within(budget, lambda: _judged(others, records))
    except UnfinishedError:
        judged = Judged(causes=[UNJUDGED] * len(rows), same_ring=np.zeros(len(rows), np.bool_))
    copies = others.copies
    names, kept = np.unique(np.array(judged.causes, np.str_), return_counts=True)
    counts = dict(zip(names.tolist(), _grown(kept, copies), strict=True))
    same = round(int(judged.same_ring.sum()) * copies / max(len(rows), 1))
    found = tuple(_listed(others, facts, judged, rows[:listed]))
    also = tuple(
        Also(cause=one.cause, explained=count, statement=said(reasons.statement(one, copies)), strength=one.strength)
        for one, count in judged.accounts
    )
    return OtherTraffic(
        frames=facts.foreign,
        told_apart=others.told_apart,
        copies=copies,
        same_ring=same,
        by_cause=dict(sorted(counts.items(), key=lambda item: (-item[1], item[0]))),
        also=also,
        statement=_statement(others, facts, also, same),
        listed=found,
        complete=len(found) == copies,
    )


def beside(report: Report, others: Others, records: Numbered, *, listed: int, budget: Budget) -> Report:
    """The report, with what `others` say; at most that many copies are `listed`."""
    found = other_traffic(others, records, listed=listed, budget=budget)
    return replace(report, other_traffic=found, verdict=with_others(report.verdict, found))


def with_others(verdict: Verdict, found: OtherTraffic) -> Verdict:
    """The verdict, which also says what of its ring held other traffic."""
    if not found.same_ring:
        return verdict
    what = "stale slot" if verdict.cause == "stale-slot" else "old frame"
    another = f"Another {what}" if found.same_ring == 1 else f"Another {plural(found.same_ring, what)}"
    return replace(verdict, statement=f"{verdict.statement} {another} of the same ring held other traffic.")


def joined(findings: Findings, others: Findings) -> Findings:
    """Findings of both, the streams of `others` behind those of `findings`; likewise their duplicates."""
    rows = others.duplicates.copy()
    rows["stream"] += len(findings.streams)
    count = len(findings.streams) + len(others.streams)
    moduli = np.zeros(count, np.uint64)
    moduli[: len(findings.streams)] = findings.moduli_of(np.arange(len(findings.streams)))
    return replace(
        findings,
        streams=np.concatenate([findings.streams, others.streams]),
        duplicates=np.concatenate([findings.duplicates, rows]),
        distances=findings.distances + others.distances,
        limits=(),
        moduli=moduli,
    )


def _judged(others: Others, records: Numbered) -> Judged:
    theirs = len(others.findings.duplicates)
    if not theirs:
        return Judged(causes=[], same_ring=np.zeros(0, np.bool_))
    facts, findings = records.facts, records.findings
    mine = len(findings.duplicates) if records.counts else 0
    both = joined(findings, others.findings) if records.counts else others.findings
    pooled = diagnose(
        both,
        replace(
            facts,
            evidence=facts.evidence | others.evidence,
            foreign=max(facts.foreign - others.told_apart, 0),
            numbered=False,
        ),
    )
    once_more = _once_more(pooled, records.ring, mine)
    same = np.zeros(theirs, np.bool_)
    if once_more and records.ring is not None:
        sources = findings.duplicates["source"][records.ring.rows]
        same = np.isin(others.findings.duplicates["source"], sources)
        same &= np.logical_or.reduce([pooled.accounts[at].rows[mine:] for at in once_more])
    alone = [
        (one, int(one.rows[mine:].sum()))
        for at, one in enumerate(pooled.accounts)
        if at not in once_more and one.rows[mine:].any() and not one.rows[:mine].any()
    ]
    return Judged(causes=causes(pooled)[mine:], same_ring=same, accounts=tuple(alone))


def _once_more(pooled: Diagnosis, ring: Account | None, mine: int) -> list[int]:
    """The accounts, by index, that are the verdict's ring again: together they have most of its copies, which are
    among the first `mine` rows, and each a ring that may have that size."""
    if ring is None or ring.ring is None:
        return []
    found = [
        at
        for at, one in enumerate(pooled.accounts)
        if one.cause in RING_CAUSES and one.ring is not None and _overlap(one.ring, ring.ring)
    ]
    most = sum(int((pooled.accounts[at].rows[:mine] & ring.rows).sum()) for at in found)
    return found if 2 * most > int(ring.rows.sum()) else []


def _overlap(one: Ring, other: Ring) -> bool:
    return one.low <= other.high and other.low <= one.high


def _grown(kept: NDArray[np.int64], total: int) -> list[int]:
    """As many in total as there are, where not every row was kept."""
    if not len(kept):
        return []
    grown = kept * total // kept.sum()
    grown[int(np.argmax(grown))] += total - int(grown.sum())
    result: list[int] = grown.tolist()
    return result


def _listed(others: Others, facts: Facts, judged: Judged, rows: NDArray[Any]) -> Iterator[OtherCopy]:
    seen = seen_columns(rows, replace(facts, evidence=others.evidence, numbered=False), np.zeros(len(rows), np.bool_))
    flows = key_texts(others.keys[rows["stream"]], CONTENT)
    names = ("frame", "earlier_frame", "ns", "frame_distance", "time_lag_ns", "identical")
    for at, flow in enumerate(flows):
        yield OtherCopy(
            flow=flow,
            cause=judged.causes[at],
            same_ring=bool(judged.same_ring[at]),
            **{name: seen[name][at] for name in names},
        )


def _statement(others: Others, facts: Facts, also: tuple[Also, ...], same: int) -> str:
    """What was found, in words."""
    told, copies = others.told_apart, others.copies
    rest = max(facts.foreign - told, 0)
    if not facts.foreign:
        return "The capture holds no foreign frame of a source that sent records."
    frames = plural(told, "frame")
    found = [] if copies or not told else [f"No foreign frame came twice, of {frames} that can be told apart."]
    if same:
        found.append(f"{plural(same, 'foreign frame')} went out again from the same ring.")
    found += [one.statement for one in also]
    left = copies - same - sum(one.explained for one in also)
    if left > 0:
        found.append(f"{plural(left, 'foreign frame')} came twice, as {agree(left, 'a record', 'records')} did.")
    if rest:
        found.append(
            f"{plural(rest, 'foreign frame')} {agree(rest, 'carries', 'carry')} nothing that tells "
            f"{agree(rest, 'it', 'them')} apart: whether old ones are among them cannot be seen."
        )
    return " ".join(found)
