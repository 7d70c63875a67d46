"""Findings -> accounts: populations, explanations that compete for each, and what comes of it.

Theory of operation
    The duplicates are split by what their bytes say (populations.py) and by whether the earlier copy came ahead of its
    time. New packets, copies by another way and packets that merely share a number are told by their bytes alone. For
    what is alike, and that may be old content, the explanations compete (contest.py), on a sample; then each duplicate
    goes to the explanation that took the sampled one nearest to it. What turns out to have taken no slot of a sender's
    ring (copies made on the path) is left out of the distances, and the contest is held again.

Pure; the order of explanations, of streams and of duplicates does not matter.
"""

from __future__ import annotations

from functools import partial

import numpy as np

from ..dataclass import dataclass, replace
from ..model import RING_CAUSES, Cause
from ..track.tracker import Findings
from . import account, doubts, doubts_of_laps, doubts_of_others, populations
from .arrays import at_one_count, distinct
from .case import Case, case_of
from .contest import Entry, Outcome, contest
from .explanations.labels import EARLY, LABELS
from .facts import Evidence, Facts
from .keys import Bools, Floats, Ints
from .result import AGREE, MODERATE, NO_SLOT, Account, Doubt, Misfit, Pattern, Ring, strength_of
from .spared import spared
from .table import Table, episodes
from .units import Brackets, Units, brackets, units

SLOTLESS = 0.1  # scatter that is left where copies are not counted as slots, for them not to be slots
# Times as many copies at one count where no missing number took a slot, for none to have taken one; or that part of the
# others left.
REPLACED, LEFT = 1.5, 0.25
STANDING_FROM, STILL, HARDLY_MOVES, EACH = 8, 3, 64, 200  # duplicates from which on a number stands still: of so few
# numbers, or of a few more if each came that often
MIRRORED = 0.5  # of the numbers
OF_TIME = ("at-once", "delay", "spread")  # patterns of copies that keep to a time, or to nothing
LONG = 12  # neighbours from which on an episode is a replay
CERTAIN_BYTES = 8.0  # natural log-odds that bytes alone give for three pairs; one or two give less


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """The accounts, the most telling first, and whether a ring size that was given does not fit."""

    accounts: tuple[Account, ...]
    misfit: Misfit | None = None


def judge(findings: Findings, facts: Facts, table: Table) -> Judged:
    """What the duplicates of the table point to."""
    if not len(table):
        return Judged(accounts=())
    case = case_of(findings, facts, table)
    kind = populations.kinds(table, facts)
    alike = (kind == populations.ALIKE) & table.known
    still = _still(case) & table.known & facts.numbered
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
    found += _beneath(case, contested, aside)
    left = np.ones(len(table), np.bool_)
    for one in found:
        left &= ~one.rows
    if left.any():
        spans = brackets(table, aside, case.alone)
        found.append(_account(case, "unexplained", "none", left, spans, 0.0))
    accounts = _merged(case, found)
    accounts.sort(key=_weight, reverse=True)
    return Judged(accounts=tuple(accounts), misfit=_misfit(facts, accounts))


def _beneath(case: Case, accounts: list[Account], aside: Bools) -> list[Account]:
    """What a ring did beneath many copies of another kind, which lie between its own and make distances vary: what
    nothing explains is judged once more, with these copies as frames that took no slot."""
    left = [one for one in accounts if one.pattern == "none"]
    others = [one.rows for one in accounts if one.cause in (*NO_SLOT, "retransmission") and one.pattern in OF_TIME]
    if not left or not others:
        return accounts
    rows, between = (np.logical_or.reduce(each) for each in ([one.rows for one in left], others))
    if rows.sum() < AGREE:
        return accounts
    case = replace(case, table=episodes(case.table, aside | between))
    again = _contested(case, rows, _tightest(case, rows, aside | between), early=False)
    if not any(one.cause in RING_CAUSES for one in again):
        return accounts
    return [*(one for one in accounts if one.pattern != "none"), *again]


def _tightest(case: Case, alike: Bools, aside: Bools) -> Brackets:
    """The brackets with what came again counted as slots, or as frames that took none: whether a ring moves on while it
    sends old slots again depends on the fault. The one under which they agree better: for what is replayed in long
    episodes, and for all. Likewise numbers that never came: each was lost on the way, and took a slot, or another frame
    went out in its place, which is there to be counted. And frames of other streams: each may leave by a queue
    of its own."""
    table = case.table
    made = partial(brackets, table, alone=case.alone, echo=_echo(case, aside), foreign=case.loss.foreign)
    spans = made(aside)
    again = alike & ~table.early
    for which, better in ((again & (table.run_length >= LONG), 0.5), (again, SLOTLESS)):
        leads = which & table.leads
        if leads.sum() < 2:
            continue
        other = replace(made(aside | which, slotless=which is again), unmoved=True)
        scatter = [_scatter(each.high[leads]) for each in (spans, other)]
        if scatter[1] < better * scatter[0]:
            spans = other
    leads = alike & table.leads
    if leads.sum() >= AGREE and table.source_lost[leads].any():
        other = made(aside, replaced=True)
        before, after = (at_one_count(each.high[leads]) for each in (spans, other))
        if tighter(before, after, int(leads.sum())):
            spans = other
    if leads.sum() >= AGREE and (spans.high > spans.low)[leads].any():
        before, after = (at_one_count(each[leads]) for each in (spans.high, spans.low))
        if _far_more(before, after):
            spans = replace(spans, high=spans.low, foreign=np.zeros(len(table)), own=True)
    return spans


def tighter(before: float, after: float, count: int) -> bool:
    """Whether so much more of `count` copies (0..1) lie at one count that this is how to count: many more of them, or
    hardly any of the others is left."""
    several = (after - before) * count >= AGREE
    return _far_more(before, after) or (several and 1 - after <= LEFT * (1 - before))


def _far_more(before: float, after: float) -> bool:
    """Whether most copies lie at one count, and many more than before."""
    return after >= max(doubts_of_laps.MANY, REPLACED * before)


def _echo(case: Case, aside: Bools) -> float:
    """The share of a source's frames that came twice on the way, where that is most of them: a mirror of everything."""
    share = min(float(aside.sum()) / max(case.table.kept * case.context.unique, 1e-9), 1.0)
    return share if share > MIRRORED else 0.0


def _scatter(ends: Ints) -> float:
    """Of these counts, in natural log: exactly 0 if they are all the same."""
    return float(np.std(np.log(np.maximum(ends, 1)))) if np.ptp(ends) else 0.0


def _still(case: Case) -> Bools:
    """Duplicates of streams whose number hardly ever changes."""
    streams = case.findings.streams
    unique = streams["received"] - streams["duplicates"]
    hardly = (unique <= HARDLY_MOVES) & (streams["duplicates"] >= EACH * unique)
    still = (streams["duplicates"] >= STANDING_FROM) & ((unique <= STILL) | hardly)
    result: Bools = still[case.table.rows["stream"]]
    return result


def _standing(case: Case, still: Bools) -> list[Account]:
    if not still.any():
        return []
    spans = brackets(case.table, np.zeros(len(case.table), np.bool_), case.alone)
    return [_account(case, "unexplained", "standing-counter", still, spans, 0.0)]


def _by_bytes(case: Case, kind: np.ndarray[tuple[int], np.dtype[np.int8]], free: Bools) -> list[Account]:
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
        new = rows | ((kind == populations.OTHER) & table.known & free)
        cause, pattern = _named(case, which, rows, compared, len(distinct(table.rows["x"][new])))
        held = tuple(doubts_of_others.of_new_packets(case, rows)) if pattern == "new-packet" else ()
        found.append(_account(case, cause, pattern, rows, spans, odds, held=held))
    return found


def _named(case: Case, which: int, rows: Bools, compared: list[Evidence], again: int) -> tuple[Cause, Pattern]:
    """`again`: how many numbers came more than once in new packets, whether alike or not."""
    table = case.table
    if which == populations.OTHER:
        return "unexplained", "shared-number"
    if which == populations.NEW:
        every = not case.facts.behind and again >= 0.85 * case.context.unique
        # None of another number came between.
        straight = table.distance[rows] <= np.maximum(table.rows["copies"][rows], 2)
        at_once = float(np.mean(straight)) > 0.9
        return ("sender-repeat" if every and at_once else "retransmission"), "new-packet"
    marks = sum(populations.redundant(one) for one in compared)
    if case.facts.redundant or marks > 0.5 * len(compared):
        return "redundancy", "other-way"
    hops = sum("ip.ttl" in one.differs for one in compared)
    thrice = float(np.mean(table.rows["copies"][rows] >= 2))
    return ("loop" if hops > 0.5 * len(compared) and thrice > 0.3 else "path-copy"), "other-way"


def _contested(case: Case, rows: Bools, spans: Brackets, *, early: bool) -> list[Account]:
    """The accounts of one population for which explanations compete."""
    if not rows.any():
        return []
    sample = units(case.table, rows, spans, case.facts, case.loss, elsewhere=case.elsewhere(rows))
    if not len(sample):
        return []
    labels = EARLY if early else LABELS
    if case.facts.behind:
        labels = tuple((shape, label) for shape, label in labels if label.cause != "sender-repeat")
    outcome = contest(sample, case.context, case.facts.ring_sizes, labels)
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
    case: Case, entry: Entry, outcome: Outcome, at: int, rows: Bools, sample: Units, spans: Brackets, *, early: bool
) -> list[Account]:
    cause: Cause = entry.label.cause
    if entry.part.shape == "lap" and cause != "sender-repeat":
        return _lap(case, entry, outcome, at, rows, sample, spans, early=early)
    odds, rival = outcome.rivals[cause]
    pattern: Pattern = entry.part.shape
    held: tuple[Doubt, ...] = ()
    if entry.part.shape == "lap":
        pattern = "count"
        held = tuple(doubts_of_others.of_repeats(case, rows, spans))
    elif cause == "early-overwrite" and entry.part.shape == "spread":
        pattern = "early"
    elif entry.part.shape == "at-once" and cause == "early-overwrite":
        pattern = "next-buffer"
    elif early and cause == "path-copy" and entry.part.shape == "delay":
        held = tuple(doubts_of_others.of_faster_way(case, rows))
    elif not early and cause not in RING_CAUSES:
        held = tuple(doubts_of_others.of_other_than_a_ring(case, rows, spans))
    return [_account(case, cause, pattern, rows, spans, odds, rival=rival, held=held)]


def _lap(
    case: Case, entry: Entry, outcome: Outcome, at: int, rows: Bools, sample: Units, spans: Brackets, *, early: bool
) -> list[Account]:
    """The accounts of a ring's lap: its replays, and the rest."""
    odds, rival = outcome.rivals[entry.label.cause]
    share: Floats = outcome.best.share[at]
    near = account.with_near(sample, share, outcome.best.unexplained, entry.part)
    ring = account.ring(sample, near, entry.part, case.facts.ring_sizes, case.context)
    laps = np.zeros(len(case.table), np.int64)
    ends = np.maximum((spans.high if ring.closed else spans.low)[rows], 1)
    laps[rows] = np.clip(np.round(ends / ring.best), 1, 3)
    ring = replace(ring, laps=laps, queues=account.queues(ring, int(case.beside(rows).sum())), counted=spans.counted)
    instead, streams = doubts_of_laps.replacing(case, sample, share), spared(case, rows, sample, share, ring)
    held = tuple(
        doubts_of_laps.of_lap(case, entry.part, ring, rows, spans, sample, share, outcome, streams, instead=instead)
    )
    flows = len(distinct(case.table.rows["stream"][rows]))
    if sample.own and flows > 1:  # or they take turns, on one ring that is as many times larger
        ring = replace(ring, size=None, high=max(ring.high, ring.best * flows))
    elif instead and {"slice", "many-counts"} & set(held):  # a ring's, but not at one count
        ring = account.roughly(ring)
    elif streams.by_a_queue and not ring.given:  # a ring of theirs, or of all
        ring = account.roughly(ring, streams.part)

    def made(cause: Cause, pattern: Pattern, which: Bools, doubtful: tuple[Doubt, ...]) -> Account:
        return _account(
            case, cause, pattern, which, spans, odds, rival=rival, ring=ring, held=doubtful, instead=instead,
            resized=doubts_of_laps.of_other_lengths(sample, share),
        )  # fmt: skip

    pattern: Pattern = "early-lap" if early else "lap"
    long = rows & (case.table.run_length >= LONG)
    if early or not long.any():
        return [made(entry.label.cause, pattern, rows, held)]
    blocks = (*held, *doubts_of_laps.of_blocks(case, long, ring))
    found = [made("ring-replay", "replay", long, blocks)]
    rest = rows & ~long
    if rest.any():  # a few beside many replays are pieces of these, and as doubtful
        found.append(made(entry.label.cause, pattern, rest, blocks if rest.sum() < long.sum() else held))
    return found


def _account(
    case: Case, cause: Cause, pattern: Pattern, rows: Bools, spans: Brackets, odds: float,
    *, rival: str | None = None, ring: Ring | None = None, held: tuple[Doubt, ...] = (), instead: bool = False,
    resized: bool = False,
) -> Account:  # fmt: skip
    closed = bool((spans.high > spans.low)[rows].any()) or case.loss.foreign > 0
    figures = account.figures(case.table, rows, spans, case.facts, case.context.unique, closed=closed)
    everything = (*held, *doubts.of_account(case, cause, pattern, rows, figures, ring))
    odds_give = "none" if cause == "unexplained" else strength_of(odds)
    strength, limiting = doubts.held(
        odds_give, everything, instead=instead and figures.count >= AGREE, resized=resized and figures.count >= AGREE
    )
    return Account(
        cause=cause,
        pattern=pattern,
        rows=rows,
        strength=strength,
        log_odds=odds,
        rival=rival,
        figures=figures,
        ring=ring,
        doubts=limiting,
    )


def _merged(case: Case, found: list[Account]) -> list[Account]:
    """What is unexplained for one reason, population by population, in one account; all others as they are."""
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
    leads = one.cause in RING_CAUSES and one.strength in ("strong", "moderate")
    return leads, one.explained, one.log_odds


def _misfit(facts: Facts, accounts: list[Account]) -> Misfit | None:
    if not facts.ring_sizes:
        return None
    ring = next((one.ring for one in accounts if one.ring is not None), None)
    if ring is None:
        return Misfit(given=facts.ring_sizes, better=None) if accounts else None
    if ring.best in facts.ring_sizes:
        return None
    return Misfit(given=facts.ring_sizes, better=ring.best if ring.certainty >= MODERATE else None)
