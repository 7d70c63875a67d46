"""Findings -> accounts: populations, explanations that compete for each, and what comes of it.

Theory of operation
    The duplicates are split by what their bytes say (populations.py) and by whether the earlier copy came ahead of its
    time. New packets, copies by another way and packets that merely share a number are told by their bytes alone. For
    what is alike, and that may be old content, the explanations compete (contest.py), on a sample; then each duplicate
    goes to the explanation that took the sampled one nearest to it. What turns out to have taken no slot of a sender's
    ring (copies made on the way) is left out of the distances, and the contest is held once more.

Pure; the order of explanations, of streams and of duplicates does not matter.
"""

from __future__ import annotations

import math

import numpy as np

from ..dataclass import dataclass, replace
from ..kernel.border import total
from ..model import Cause
from ..track import Findings
from . import account, populations
from .arrays import distinct, quantiles
from .contest import Entry, Outcome, contest
from .explanations.labels import EARLY, LABELS, Context
from .facts import Evidence, Facts
from .priors import HARDLY
from .result import MODERATE, NO_SLOT, RING_CAUSES, STRONG, Account, Misfit, Pattern, Ring, strength_of
from .table import FAR_BEHIND, Bools, Ints, Table, episodes, keyed
from .units import Brackets, Floats, Loss, Units, brackets, units

LONG = 12  # neighbours from which on an episode is a replay
CLEAR, NOT_MORE = 4.0, 2.0  # how much denser a lap's copies lie than others beside; log-odds where they do not
SOLE, MUCH, WIDE, JUST_MODERATE = 0.9, 0.004, 1.2, 5.0  # share of units; scatter in natural log; of sizes; log-odds
SKIPPING = 0.15  # of the records, before which numbers are missing: beside copies they mean little
EXACT_FROM = 64  # slots: in a smaller ring what scatters hits one value often enough
MUCH_OF_IT, OWN_PLACES = 0.6, 3.0  # duplicates of a lap by numbers received; log-likelihood ratio
ALL_OF_IT = 0.8  # of a ring: an episode that long may as well be a block of its own
AGREE = 3  # duplicates that must agree for "strong" (ring-signatures, 3.3)
CERTAIN_BYTES = 8.0  # natural log-odds that bytes alone give for three pairs; one or two give less


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """The accounts, the most telling first, and whether a ring size that was given does not fit."""

    accounts: tuple[Account, ...]
    misfit: Misfit | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Case:
    """What all steps need."""

    findings: Findings
    facts: Facts
    table: Table
    loss: Loss
    context: Context
    alone: Bools


def judge(findings: Findings, facts: Facts, table: Table) -> Judged:
    """What the duplicates of the table point at."""
    if not len(table):
        return Judged(accounts=())
    case = _case(findings, facts, table)
    kind = populations.kinds(table, facts)
    alike = (kind == populations.ALIKE) & table.known
    still = _still(case) & table.known
    found = [
        *_standing(case, still),
        *_by_bytes(case, kind, ~still),
    ]
    aside = (kind == populations.WAY) & table.known
    alike &= ~still
    for _ in range(2):
        case = replace(case, table=episodes(table, aside))
        spans = _tightest(case, alike, aside)
        contested = [
            *_contested(case, alike & ~table.early, spans, early=False),
            *_contested(case, alike & table.early, spans, early=True),
        ]
        rows = [one.rows for one in contested if one.cause in NO_SLOT and one.pattern == "at-once"]
        more = aside | np.logical_or.reduce(rows) if rows else aside
        if (more == aside).all() or (alike & ~more).sum() < 1:
            break
        aside = more
    found += contested
    left = np.ones(len(table), np.bool_)
    for one in found:
        left &= ~one.rows
    if left.any():
        spans = brackets(table, aside, case.alone)
        found.append(_account(case, "unexplained", "none", left, spans, 0.0))
    accounts = _merged(case, found)
    accounts.sort(key=_weight, reverse=True)
    return Judged(accounts=tuple(accounts), misfit=_misfit(facts, accounts))


def _tightest(case: _Case, alike: Bools, aside: Bools) -> Brackets:
    """The brackets with what is replayed in long episodes counted as slots, or as frames that took none: whether a
    ring moves on while it sends old slots again depends on the fault. The one under which they agree better."""
    table = case.table
    spans = brackets(table, aside, case.alone)
    long = alike & (table.run_length >= LONG) & ~table.early
    leads = long & table.leads
    if leads.sum() < 2:
        return spans
    other = brackets(table, aside | long, case.alone)
    scatter = [float(np.std(np.log(np.maximum(each.high[leads], 1)))) for each in (spans, other)]
    return other if scatter[1] < 0.5 * scatter[0] else spans


def _case(findings: Findings, facts: Facts, table: Table) -> _Case:
    streams = findings.streams
    received, duplicates = int(streams["received"].sum()), int(streams["duplicates"].sum())
    unique, missing = received - duplicates, total(streams["missing"])
    sources = np.bincount(np.maximum(streams["source"], 0), minlength=1)
    of = np.minimum(np.maximum(table.rows["source"], 0), len(sources) - 1)
    return _Case(
        findings=findings,
        facts=facts,
        table=table,
        loss=Loss(
            loss=missing / (missing + unique) if missing else 0.0,
            foreign=facts.foreign / (facts.foreign + received) if facts.foreign else 0.0,
            echo=0.0,
            again=duplicates / max(unique, 1),
        ),
        context=Context(
            unique=unique,
            loss=missing / max(missing + unique, 1),
            jumps=int(streams["gaps"].sum()) / max(received, 1),
            redundant=facts.redundant,
            foreign=facts.foreign / max(facts.foreign + received, 1),
            times=received / max(unique, 1),
        ),
        alone=sources[of] == 1,
    )


def _still(case: _Case) -> Bools:
    """Duplicates of streams whose number hardly ever changes."""
    streams = case.findings.streams
    unique = streams["received"] - streams["duplicates"]
    still = (unique <= 3) & (streams["duplicates"] >= 8)
    result: Bools = still[case.table.rows["stream"]]
    return result


def _standing(case: _Case, still: Bools) -> list[Account]:
    if not still.any():
        return []
    spans = brackets(case.table, np.zeros(len(case.table), np.bool_), case.alone)
    return [_account(case, "unexplained", "standing-counter", still, spans, 0.0)]


def _by_bytes(case: _Case, kind: np.ndarray[tuple[int], np.dtype[np.int8]], free: Bools) -> list[Account]:
    """What bytes alone tell."""
    table, facts = case.table, case.facts
    spans = brackets(table, np.zeros(len(table), np.bool_), case.alone)
    found = []
    for which in (populations.NEW, populations.WAY, populations.OTHER):
        rows = (kind == which) & table.known & free
        if not rows.any():
            continue
        compared = [facts.evidence[f] for f in table.rows["frame"][rows].tolist() if f in facts.evidence]
        odds = CERTAIN_BYTES if min(len(compared), int(rows.sum())) >= AGREE else 4.0
        cause, pattern = _named(case, which, rows, compared)
        found.append(_account(case, cause, pattern, rows, spans, odds))
    return found


def _named(case: _Case, which: int, rows: Bools, compared: list[Evidence]) -> tuple[Cause, Pattern]:
    table = case.table
    if which == populations.OTHER:
        return "unexplained", "shared-number"
    if which == populations.NEW:
        every = len(distinct(table.rows["x"][rows])) >= 0.85 * case.context.unique
        at_once = float(np.mean(table.distance[rows] <= 2)) > 0.9
        return ("sender-repeat" if every and at_once else "retransmission"), "new-packet"
    marks = sum(populations.redundant(one) for one in compared)
    if case.facts.redundant or marks > 0.5 * len(compared):
        return "redundancy", "other-way"
    hops = sum("ip.ttl" in one.differs for one in compared)
    again = float(np.mean(table.rows["copies"][rows] >= 2))
    return ("loop" if hops > 0.5 * len(compared) and again > 0.3 else "path-copy"), "other-way"


def _contested(case: _Case, rows: Bools, spans: Brackets, *, early: bool) -> list[Account]:
    """The accounts of one population for which explanations compete."""
    if not rows.any():
        return []
    sample = units(case.table, rows, spans, case.facts, case.loss, _overwritten(case))
    if not len(sample):
        return []
    outcome = contest(sample, case.context, case.facts.ring_sizes, EARLY if early else LABELS)
    owner = _owners(case.table, rows, spans, sample, outcome.best.owner)
    found: list[Account] = []
    entries = outcome.best.entries
    for at, entry in enumerate(entries):
        mine = np.zeros(len(case.table), np.bool_)
        mine[rows] = owner == at
        if mine.any():
            found += _entry(case, entry, outcome, at, mine, sample, spans, early=early)
    mine = np.zeros(len(case.table), np.bool_)
    mine[rows] = owner == len(entries)
    if mine.any():
        found.append(_account(case, "unexplained", "early" if early else "none", mine, spans, 0.0))
    return found


def _overwritten(case: _Case) -> Bools:
    """Of each row: whether the number due where the earlier copy stood never came."""
    table, gaps = case.table, case.findings.gaps
    opened = np.sort(keyed(gaps["stream"], gaps["record"]))
    return populations.overwritten(table, opened, keyed(table.rows["stream"], table.rows["e_record"]))


def _owners(table: Table, rows: Bools, spans: Brackets, sample: Units, owner: Ints) -> Ints:
    """For each of `rows` the part that took the sampled duplicate of its episode, else the one nearest in distance."""
    at = np.flatnonzero(rows)
    by_run = dict(zip(table.run[sample.at].tolist(), owner.tolist(), strict=True))
    order = np.argsort(sample.end, kind="stable")
    ends = np.log(sample.end[order].astype(np.float64))
    closed = bool(sample.closed.any())
    mine = np.log(np.maximum((spans.high if closed else spans.low)[at], 1).astype(np.float64))
    near = (
        np.clip(np.searchsorted(ends, mine), 1, max(len(ends) - 1, 1)) if len(ends) > 1 else np.zeros(len(at), np.int64)
    )
    if len(ends) > 1:
        near -= (mine - ends[near - 1]) < (ends[near] - mine)
    nearest = owner[order[near]]
    runs = table.run[at].tolist()
    result: Ints = np.array(
        [by_run.get(run, other) for run, other in zip(runs, nearest.tolist(), strict=True)], np.int64
    )
    return result


def _entry(
    case: _Case, entry: Entry, outcome: Outcome, at: int, rows: Bools, sample: Units, spans: Brackets, *, early: bool
) -> list[Account]:
    cause: Cause = entry.label.cause
    odds, rival = outcome.rivals[cause]
    pattern: Pattern = entry.part.shape
    ring: Ring | None = None
    share: Floats = outcome.best.share[at]
    if entry.part.shape == "lap" and cause != "sender-repeat":
        ring, _ = account.ring(sample, share, entry.part, case.facts.ring_sizes, case.context)
        laps = np.zeros(len(case.table), np.int64)
        ends = np.maximum((spans.high if ring.closed else spans.low)[rows], 1)
        laps[rows] = np.clip(np.round(ends / ring.best), 1, 3)
        ring = replace(ring, laps=laps)
        pattern = "early-lap" if early else "lap"
        odds = min(odds, _standing_out(case, rows, spans, ring), _in_order(case, early=early))
        if int(rows.sum()) > MUCH_OF_IT * case.context.unique:
            odds = min(odds, NOT_MORE)  # no fault now and then sends most of everything again
        if entry.part.family == "paced" and float((share * sample.room).sum()) < OWN_PLACES and not ring.given:
            odds = min(odds, NOT_MORE)  # a sender that keeps time: a delay would look the same
        if entry.part.family in ("short", "long") and not ring.given:
            odds = min(odds, _loose(case, sample, share, outcome, ring))
        long = rows & (case.table.run_length >= LONG)
        if not early and long.any():
            replayed = min(odds, _whole_blocks(case, long, ring))
            found = [_account(case, "ring-replay", "replay", long, spans, replayed, rival=rival, ring=ring)]
            rest = rows & ~long
            if rest.any():
                found.append(_account(case, cause, pattern, rest, spans, odds, rival=rival, ring=ring))
            return found
    elif entry.part.shape == "lap":
        pattern = "count"
    elif cause == "early-overwrite" and entry.part.shape == "spread":
        pattern = "early"
    elif entry.part.shape == "at-once" and cause == "early-overwrite":
        pattern = "next-buffer"
    return [_account(case, cause, pattern, rows, spans, odds, rival=rival, ring=ring)]


def _standing_out(case: _Case, rows: Bools, spans: Brackets, ring: Ring) -> float:
    """Log-odds that a lap may have at most: a slice out of a smooth histogram is no ring. Compares how densely
    duplicates lie where the lap's are with how densely others lie beside."""
    places = (spans.high if ring.closed else spans.low)[rows]
    others = (spans.high if ring.closed else spans.low)[~rows & case.table.known & ~case.table.early]
    if len(places) < AGREE or not len(others):
        return np.inf
    low, high = quantiles(places, (0.05, 0.95))
    width = max(high - low + 1, 0.02 * ring.best, 2.0)
    inside = float(((places >= low) & (places <= high)).sum()) / (high - low + 1)
    beside = ((others >= low - width) & (others < low)) | ((others > high) & (others <= high + width))
    within = (others >= low) & (others <= high)
    outside = max(float(beside.sum()) / (2 * width), float(within.sum()) / (high - low + 1) / 2)
    return NOT_MORE if outside * CLEAR > inside else np.inf


def _loose(case: _Case, sample: Units, share: Floats, outcome: Outcome, ring: Ring) -> float:
    """The same where the copies do not lie at one count, but scatter as a share of other frames would have them: many
    things scatter. Weak, or moderate where nothing else takes part and hardly any scatter is left."""
    mine = share > 0.5
    scatter = float(np.std(np.log(sample.end[mine]))) if mine.any() else 1.0
    if int(np.ptp(sample.end[mine]) if mine.any() else 0) <= 1:
        return np.inf
    exact = float(np.mean(sample.end[mine] % ring.best == 0)) if mine.any() else 0.0
    if exact >= 0.5 and ring.best >= EXACT_FROM:  # the rest lies beside, by frames that took no slot
        return np.inf
    instead = float((share * sample.substitute).sum()) / max(float(share.sum()), 1e-9)
    if instead > 3 * max(case.context.loss, 0.05):  # they stand where other numbers are missing: the sender did that
        return np.inf
    alone = (
        float(share.sum()) > SOLE * len(sample) and len([e for e in outcome.best.entries if e.part.shape != "lap"]) == 0
    )
    several = float((share * sample.length).sum() / max(float(share.sum()), 1e-9))
    return JUST_MODERATE if alone and scatter < MUCH and several < 2.0 and ring.high < WIDE * ring.low else NOT_MORE


def _whole_blocks(case: _Case, rows: Bools, ring: Ring) -> float:
    """The same for replays that are as long as their distance: a window or a history that is sent again has that, too,
    unless a new packet would show."""
    longest = int(case.table.run_length[rows].max())
    frames = case.table.rows["frame"][rows].tolist()
    fresh = [case.facts.evidence[frame].fresh_id for frame in frames if frame in case.facts.evidence]
    shows = sum(each is True for each in fresh) > sum(each is not True for each in fresh)
    return np.inf if ring.given or shows or longest < ALL_OF_IT * ring.best else NOT_MORE


def _in_order(case: _Case, *, early: bool) -> float:
    """The same where many numbers came far behind their time, for the first time: then the count itself was led astray
    (more numbers ahead of their time than are kept), and distances with it."""
    late = case.findings.late
    far = int((late["next"] - late["x"] >= FAR_BEHIND).sum())
    return NOT_MORE if far > max(3, 0.3 * len(case.table)) else np.inf


def _account(
    case: _Case, cause: Cause, pattern: Pattern, rows: Bools, spans: Brackets, odds: float,
    *, rival: str | None = None, ring: Ring | None = None,
) -> Account:  # fmt: skip
    closed = bool((spans.high > spans.low)[rows].any()) or case.loss.foreign > 0
    figures = account.figures(case.table, rows, spans, case.facts, case.context.unique, closed=closed)
    strength = strength_of(odds)
    if strength == "strong" and figures.count < AGREE:
        strength = "moderate"
    vague = pattern == "early" or (pattern == "next-buffer" and case.context.jumps > SKIPPING)
    if vague and cause in RING_CAUSES and strength != "none":
        strength = "weak"  # no lap in it; or numbers are passed over everywhere
    if (
        ring is not None
        and ring.certainty < STRONG
        and ring.high > WIDE * ring.low
        and strength in ("strong", "moderate")
    ):
        strength = "weak"  # no size to speak of
    if ring is not None and ring.best < HARDLY and not ring.given and strength in ("strong", "moderate"):
        strength = "weak"
    if cause in RING_CAUSES and figures.count == 1 and strength == "moderate" and not (ring is not None and ring.given):
        strength = "weak"  # one distance may hit a size by chance
    if cause == "unexplained":
        strength = "none"
    if ring is not None and strength == "strong" and ring.size is not None and ring.certainty < 0.999:
        strength = "moderate"
    return Account(
        cause=cause,
        pattern=pattern,
        rows=rows,
        strength=strength,
        log_odds=odds,
        rival=rival,
        figures=figures,
        ring=ring,
    )


def _merged(case: _Case, found: list[Account]) -> list[Account]:
    """One account for each cause and pattern."""
    result: list[Account] = []
    for one in found:
        same = next(
            (
                at
                for at, other in enumerate(result)
                if other.cause == one.cause == "unexplained" and other.pattern == one.pattern
            ),
            None,
        )  # fmt: skip
        if same is None:
            result.append(one)
            continue
        rows = result[same].rows | one.rows
        spans = brackets(case.table, np.zeros(len(rows), np.bool_), case.alone)
        result[same] = _account(case, one.cause, one.pattern, rows, spans, 0.0)
    return result


def _weight(one: Account) -> tuple[bool, int, float]:
    leads = one.cause in RING_CAUSES and strength_of(one.log_odds) in ("strong", "moderate")
    return leads, one.explained, one.log_odds


def _misfit(facts: Facts, accounts: list[Account]) -> Misfit | None:
    if not facts.ring_sizes:
        return None
    ring = next((one.ring for one in accounts if one.ring is not None), None)
    if ring is None:
        return Misfit(given=facts.ring_sizes, better=None, log_odds=0.0) if accounts else None
    if ring.best in facts.ring_sizes:
        return None
    certainty = ring.certainty if ring.certainty >= MODERATE else 0.0
    odds = math.log(certainty / max(1 - certainty, 1e-12)) if certainty else 0.0
    return Misfit(given=facts.ring_sizes, better=ring.best if certainty else None, log_odds=odds)
