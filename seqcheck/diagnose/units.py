"""What explanations are compared with: a sample of the duplicates of one population, as columns.

A unit is a duplicate, or an episode of duplicates that came straight behind one another: these share one distance under
any explanation, so they say it once, and their number says something else. Where there are more units than are
needed, a hash of stream and record decides, for each order of magnitude of distance by itself. Pure.

Distances are in places: frames of the source where its other frames are in the capture (`closed`), else records.
"""

from __future__ import annotations

import numpy as np

from ..dataclass import dataclass
from ..track.hashing import of_records
from .arrays import at_one_count, median
from .facts import Evidence, Facts
from .keys import Bools, Floats, Ints
from .result import AGREE, Counted
from .table import Table

CROWDED = 0.2  # of the numbers came again: then copies themselves make the rhythm
STILL = 64  # places within which frames may bear one time
AGREEING = 0.5  # of the copies
MOST, FEWEST = 480, 60  # units in total, and of one order of magnitude
TICKS = (10**9, 10**7, 10**6, 10**5, 10**4, 10**3)  # ns
MICROSECOND = 1000.0  # ns


@dataclass(frozen=True, slots=True, kw_only=True)
class Loss:
    """What cannot be seen one by one, as shares (0..1): `loss` of the numbers that never came, `foreign` of the
    source's frames that carry no header, `again` of all numbers that came twice; `beyond` of the numbers that never
    came even if each copy went out in the place of one."""

    loss: float
    foreign: float
    again: float
    beyond: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Brackets:
    """For each row of the table: `low`, the slots that the stream's own records between the copies took, lost ones and
    all; `high`, all frames of the source between them, likewise; `foreign`, how many of these were no record of it;
    `old`, copies among them that stand in for no number. `slotless`: what came again did not take a slot itself, so
    that its place is known but for one. `unmoved`: it did not, or not where it came in long runs. `replaced`: no number
    that never came took a slot, since another frame went out in its place: hardly any was lost on the way. `own`: only
    frames of the stream took slots, since it has a queue of its own. `apart`: some duplicates took no slot, and
    are not counted."""

    low: Ints
    high: Ints
    foreign: Floats
    old: Ints
    slotless: bool = False
    unmoved: bool = False
    replaced: bool = False
    own: bool = False
    apart: bool = False

    @property
    def counted(self) -> Counted:
        return "own" if self.own else "new" if self.unmoved else "others" if self.apart else "all"


@dataclass(frozen=True, slots=True, kw_only=True)
class Units:
    """at      row of the table; `weight` duplicates it stands for
    end        places between the copies; `low` those of the stream's own records
    closed     all frames of the source are in view, so that `end` is the lap, except for what was lost
    foreign    frames that carry no number are in view
    others     foreign frames between the copies, where the source sends one stream only; else 0
    unseen     foreign frames between the copies that were lost, as expected
    time       ns between the copies, at least half of the clock's resolution; `pace` ns a place
    tick       ns, the clock's resolution
    still      the clock did not move meanwhile, though many frames came: it says nothing of a delay
    reach      the greatest distance there could be
    length     duplicates of the episode; `copies` that came before
    substitute, skipped  as in Table: `substitute` stands in for a number of any stream, `of_own` for one of its own
    resized    as in Evidence; 0 where the copies were not compared, or all were cut to one length
    overwritten  the number due where the earlier copy stood never came; `early` says that all of them came early
    step       frames of the source from the duplicate before to this one, 0 for the first
    room       log-likelihood ratio: the copy took a place in the sender's rhythm, against squeezed in; 0 not known
    silence    from the source's frame before the copy to the one after it, in times of what that takes nearby; 0 not
               known
    fresh_id   1: a new packet would show in the IP identification; 0: it would not; NaN: not known
    slotless, own  as in Brackets
    lossless   every number that never came is one in whose place another went out
    source, ordinal  of the copy, as in Table: where it stands among the frames of its source
    elsewhere  share (0..1) of the sources' frames that are of no stream with such copies: these alone may leave by
               another queue
    """

    at: Ints
    weight: Floats
    end: Ints
    low: Ints
    closed: Bools
    foreign: bool
    others: Floats
    unseen: Floats
    time: Floats
    still: Bools
    pace: Floats
    reach: Floats
    length: Ints
    copies: Ints
    substitute: Bools
    of_own: Bools
    skipped: Bools
    overwritten: Bools
    resized: Ints
    early: bool
    step: Ints
    room: Floats
    silence: Floats
    fresh_id: Floats
    astray: Floats
    slotless: bool
    own: bool
    lossless: bool
    source: Ints
    ordinal: Ints
    elsewhere: float = 1.0
    tick: int = 1

    def __len__(self) -> int:
        return len(self.at)


def brackets(
    table: Table, aside: Bools, alone: Bools, *, echo: float = 0.0, foreign: float = 0.0, replaced: bool = False,
    slotless: bool = False,
) -> Brackets:  # fmt: skip
    """Of every row. `aside` are duplicates that took no slot of a sender's ring; `alone` marks rows whose source sends
    one stream only. The stream's own numbers say best how many slots it used: from the number to the expectation, and
    the other duplicates in between. Where the number had come twice before, or ahead of its time, the records in
    between and the gaps among them have to do. Where only a sample of the duplicates has rows, how many lie in between
    is an estimate, and records are counted unless some of them took no slot. `slotless` brackets have the copy between
    two slots. `echo` is the share of the source's frames that came twice on the way, and so of its `foreign` ones,
    which are that share of all; of other streams, the second copies are `aside`."""
    on_stream, of_source = (_of_all(each, table) for each in table.between(aside))
    again = ~aside
    others, stand_ins = (_of_all(table.between(each)[0], table) for each in (again, again & table.substitute))
    old = [_of_all(each, table) for each in table.between(again & ~table.stands_in)]
    counted = table.distance - on_stream + (0 if replaced else table.lost)
    by_number = table.expected - table.rows["x"] + others - stand_ins + table.late_between
    first_repeat = (table.rows["copies"] == 1) & ~table.early & alone
    if replaced:
        first_repeat = np.zeros(len(table), np.bool_)
    elif table.kept < 1:
        first_repeat &= on_stream > 0
    low = np.where(first_repeat & (by_number < counted), by_number, counted)
    more = low - counted
    known = table.frame_distance >= 0
    high = np.where(known, table.frame_distance - of_source + (0 if replaced else table.source_lost) + more, low)
    between = np.maximum(high - low, 0)
    twice = np.where(alone, between, np.minimum(between, foreign * table.frame_distance)) * (echo / (1 + echo))
    high = low + between - np.round(twice).astype(np.int64)
    if slotless:  # the copy went out between two slots
        low, high = np.maximum(low - 1, 1), np.maximum(high - 1, 1)
    return Brackets(
        low=low,
        high=high,
        foreign=np.where(alone & known, high - low, 0).astype(np.float64),
        old=np.where(known, old[1], old[0]),
        slotless=slotless,
        replaced=replaced,
        apart=bool(aside.any()),
    )


def _of_all(count: Ints, table: Table) -> Ints:
    """How many there are of all, where that many have rows."""
    return count if table.kept >= 1 else np.round(count / table.kept).astype(np.int64)


def units(
    table: Table, rows: Bools, spans: Brackets, facts: Facts, loss: Loss, *, elsewhere: float = 1.0
) -> Units:  # fmt: skip
    """Of the duplicates `rows`; `elsewhere` as in Units."""
    at, weight, length = _chosen(table, rows & table.known)
    closed = (spans.high > spans.low)[at].any() or loss.foreign > 0
    low = np.maximum(spans.low[at], 1)
    end = np.maximum(spans.high[at], 1) if closed else low
    # The share of a source's frames that were lost is that of its numbers.
    rate = loss.loss
    if spans.replaced:  # copies that agree have no others between them that nobody saw
        rate = loss.beyond if at_one_count(end) < AGREEING else 0.0
    gone = rate / (1 - rate) if rate < 1 else 1.0
    time = table.time_lag[at].astype(np.float64)
    tick = tick_of(table.rows["ns"][at])
    time = np.maximum(time, min(tick, MICROSECOND) / 2)
    evidence = [facts.evidence.get(frame) for frame in table.rows["frame"][at].tolist()]
    content = _content(table, rows, at, evidence, facts)
    pace = time / end
    measured = [one.around if one is not None and one.around else np.nan for one in evidence]
    around = np.array(measured, np.float64) if evidence else np.zeros(0)
    pace = np.where(np.isnan(around), pace, np.clip(around, pace / 100, pace * 100)) if len(at) else pace
    ratio = end / np.maximum(table.distance[at], 1)
    return Units(
        at=at,
        weight=weight,
        end=end,
        low=low,
        closed=np.full(len(at), closed),
        foreign=loss.foreign > 0,
        others=spans.foreign[at],
        unseen=_unseen(spans, at, end, loss.foreign) * gone,
        time=time,
        still=(table.time_lag[at] <= 0) & (end > STILL),
        pace=pace,
        tick=tick,
        reach=np.maximum((table.rows["record"][at] + 1) * ratio, end + 1.0),
        length=length,
        copies=table.rows["copies"][at],
        substitute=table.stands_in[at],
        of_own=table.substitute[at],
        skipped=table.skipped[at],
        overwritten=table.overwritten[at],
        resized=_resized(content),
        early=bool(table.early[at].all()) if len(at) else False,
        step=_steps(table, rows & table.known)[at],
        room=_room(evidence) if loss.again <= CROWDED else np.zeros(len(at)),
        silence=np.array([one.around / one.double if one and one.around and one.double else 0.0 for one in evidence]),
        fresh_id=np.array([np.nan if one is None or one.fresh_id is None else float(one.fresh_id) for one in content]),
        astray=np.array(
            [
                np.nan if one is None or one.slot is None or one.due is None else float(one.due - one.slot)
                for one in evidence
            ]
        ),
        slotless=spans.slotless,
        own=spans.own,
        lossless=loss.loss == 0,
        source=table.rows["source"][at].astype(np.int64),
        ordinal=table.rows["ordinal"][at].astype(np.int64),
        elsewhere=elsewhere,
    )


def tick_of(ns: Ints) -> int:
    """The resolution of the clock that gave these times, in ns."""
    return next((tick for tick in TICKS if len(ns) and not (ns % tick).any()), 1)


def _content(
    table: Table, rows: Bools, at: Ints, evidence: list[Evidence | None], facts: Facts
) -> list[Evidence | None]:
    """What the bytes of each unit say: those of another duplicate of its episode, if its own were not compared."""
    if not any(one is None for one in evidence) or not facts.evidence:
        return evidence
    frames = np.fromiter(facts.evidence, np.int64, len(facts.evidence))
    compared = np.flatnonzero(rows & np.isin(table.rows["frame"], frames))
    runs, first = np.unique(table.run[compared], return_index=True)
    place = np.minimum(np.searchsorted(runs, table.run[at]), max(len(runs) - 1, 0))
    return [
        one if one is not None or not len(runs) or runs[where] != run
        else facts.evidence[int(table.rows["frame"][compared[first[where]]])]
        for one, where, run in zip(evidence, place.tolist(), table.run[at].tolist(), strict=True)
    ]  # fmt: skip


def _resized(content: list[Evidence | None]) -> Ints:
    """As in Units. A mirror may cut what it copies; a slot has the length of whatever it was filled with."""
    resized = np.array([0 if one is None else one.resized for one in content], np.int64)
    length = np.array([0 if one is None else one.length for one in content], np.int64)
    shorter = length[resized < 0]
    if len(shorter) >= AGREE and not np.ptp(shorter):
        resized[resized < 0] = 0
    return resized


def _unseen(spans: Brackets, at: Ints, end: Ints, foreign: float) -> Floats:
    """Frames of each lap of which nobody sees that one was lost: those without a number or with an old one, or all."""
    if spans.replaced:
        return end.astype(np.float64)
    return np.where(spans.foreign[at] > 0, spans.foreign[at], end * foreign) + spans.old[at]


def _chosen(table: Table, rows: Bools) -> tuple[Ints, Floats, Ints]:
    """(rows of the units, duplicates each stands for, lengths of their episodes)."""
    mine = np.flatnonzero(rows)
    run = table.run[mine]
    order = np.lexsort((table.rows["frame"][mine], ~table.leads[mine], run))
    first = np.ones(len(mine), np.bool_)
    first[1:] = run[order][1:] != run[order][:-1]
    leads = mine[order][first]
    length = np.diff(np.append(np.flatnonzero(first), len(mine)))
    if not len(leads):
        return leads, np.zeros(0), length
    bits = np.frexp(table.distance[leads].astype(np.float64))[1]
    key = of_records(table.rows["stream"][leads], table.rows["record"][leads])
    order = np.lexsort((key, bits))
    group = bits[order]
    start = np.flatnonzero(np.append(True, group[1:] != group[:-1]))
    counts = np.diff(np.append(start, len(group)))
    rank = np.arange(len(group)) - np.repeat(start, counts)
    most = max(MOST // max(int((counts > FEWEST).sum()), 1), FEWEST)
    kept = order[rank < most]
    share = np.repeat(np.maximum(counts / most, 1.0), counts)[rank < most]
    back = np.argsort(leads[kept], kind="stable")
    kept, share = kept[back], share[back]
    return leads[kept], share * length[kept], length[kept]


def _steps(table: Table, rows: Bools) -> Ints:
    result = np.zeros(len(table), np.int64)
    mine = np.flatnonzero(rows & table.leads)
    order = mine[np.lexsort((table.rows["ordinal"][mine], table.rows["source"][mine]))]
    ordinal, source = table.rows["ordinal"][order], table.rows["source"][order]
    same = source[1:] == source[:-1]
    result[order[1:][same]] = np.diff(ordinal)[same]
    return result


def _room(evidence: list[Evidence | None]) -> Floats:
    """Whether the copies took places of their own. How the times between neighbours scatter nearby says how sure each
    one is of it. Times that a clock took back say nothing."""
    result = np.zeros(len(evidence))
    known = [
        (place, one.around / one.single, one.double / one.single)
        for place, one in enumerate(evidence)
        if one is not None and one.around and one.single and one.double
        if min(one.around, one.single, one.double) > 0
    ]
    if not known:
        return result
    place, around, double = (np.array(column) for column in zip(*known, strict=True))
    scatter = np.clip(median(np.abs(np.log(double / 2))) * 1.5 + 0.12, 0.12, 3.0)
    squeezed = -np.abs(np.log(around)) / scatter
    own = -np.abs(np.log(around / 2)) / scatter
    result[place] = np.clip(own - squeezed, -1.5, 1.5)
    return result
