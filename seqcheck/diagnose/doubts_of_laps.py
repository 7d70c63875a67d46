"""What weakens a verdict that a lap explains: what else would bring copies to one distance. As in doubts.py. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from ..model import RING_CAUSES
from . import timekeeping
from .arrays import at_one_count, distinct, quantiles
from .case import Case
from .contest import Outcome
from .doubts import AS_OFTEN, wide
from .due import far_behind
from .explanations.part import Part
from .explanations.seen import varied
from .keys import Bools, Floats, Ints
from .priors import HARDLY, KNOWN, SMALLEST, origin, written
from .result import AGREE, Doubt, Ring
from .spared import Spared
from .table import stretch
from .timekeeping import BLUR
from .units import Brackets, Units

CLEAR = 4.0  # how much denser a lap's copies lie than others beside
SOLE, MUCH = 0.9, 0.004  # share of units; scatter in natural log
OPEN = 1.9  # of sizes: where an interval is wider, there is no lap to speak of, either
MANY = 0.3  # copies at one count: chance does not bring them there,
EXACT_FROM = 64  # slots: but in a smaller ring, where what scatters hits one value often enough
MUCH_OF_IT, OWN_PLACES = 0.6, 3.0  # duplicates of a lap by numbers received; log-likelihood ratio
ALL_OF_IT = 0.8  # of a ring: an episode that long may as well be a block of its own
BREAK = 0.1  # of the longer of two runs, that lies between them where they are one block
UP_TO = 2  # numbers after the one that is due, where a run ends
MOSTLY, MOST_OF_THEM = 0.8, 0.6  # of the copies
LOST_BESIDE = 1.5  # missing numbers by copies: more were lost than those that were replaced
RESIZED = 0.15  # of the copies, that have other lengths
DENSE, AMONG = 2.0, 2  # frames for each copy, from the first to the last: then they are one block; others among them
TWICE = 0.2  # of the copies, that lie two laps back or three
TWO = 2.0  # times as many agree
ONE = 1.5  # replaced numbers: one alone may be missing by chance
SEVERAL, STREAM = 5, 48  # different numbers: by chance they have the same place in few cases; bits of one
BESIDE, UNSEEN = 0.1, 1.5  # places by which counts scatter; by so many times the frames that were lost unseen
LOOSE = ("short", "long")  # families of a lap whose copies do not lie at one count
REST = 3.0  # times as many copies that nothing explains: then chance may have brought a few to one count
WHOLE = 0.9  # of the longest run
BY_CHANCE = 1e-4  # of runs that begin at the same place of a batch
AROUND = 0.25  # of a lap, beside it
NEARLY_ALL, MORE = 0.9, 0.05  # of the copies; how many more of them count numbers than count slots


def of_lap(
    case: Case, part: Part, ring: Ring, rows: Bools, spans: Brackets, sample: Units, share: Floats, outcome: Outcome,
    streams: Spared, *, instead: bool,
) -> Iterator[Doubt]:  # fmt: skip
    """For `rows` that a lap took; `share` is how much of each unit of `sample` is the lap's."""
    if not _standing_out(case, rows, spans, ring) or (part.family != "exact" and _of_few(case, rows, spans, ring)):
        yield "slice"
    if _led_astray(case) and at_one_count(sample.end[share > 0.5]) < MOST_OF_THEM:  # else distances are not off
        yield "astray"
    if int(rows.sum()) > MUCH_OF_IT * case.context.unique and not instead:
        yield "most-numbers"
    if _among_others(sample, share, ring.best):
        yield "many-counts"
    mine = float(sample.weight @ share)
    if sample.early and mine < MOST_OF_THEM * float(sample.weight.sum()):
        yield "pool"
    left = float(sample.weight @ outcome.best.share[-1])
    if left > REST * mine or _replacing_elsewhere(sample, share, outcome) > AS_OFTEN * mine:
        yield "leftover"
    if part.family not in ("exact", "blurred") and _over_several_laps(part, share):
        yield "scatter"
    if part.family == "blurred" and not sample.early:
        yield from _miscounted(at_one_count(sample.end[share > 0.5]))
    if _of_the_receiver(case, rows, spans):
        yield "receiver"
    if ring.closed and (wide(ring) or ring.given) and at_one_count(sample.end[share > 0.5], give=1) < MANY:
        yield "no-count"
    as_given = ring.given and not written(ring.best)  # few programs have just the size that the user gives
    if timekeeping.at_the_same_time(case, rows, sample, share):
        yield "same-time"
    if _in_one_stretch(case, rows, ring):
        yield "one-stretch"
    if spans.unmoved:  # programs and queues count numbers; a ring counts slots
        yield "beside"
    elif not instead and _by_numbers(case, spans):
        yield "numbers"
    if sample.own and not as_given:
        yield "own-count"
    elif streams.by_a_queue if instead else streams.by_a_program:
        yield "spared"
    one_number = int(np.ptp(case.table.rows["x"][rows])) == 0 and rows.sum() > 1
    counted = timekeeping.like_clockwork(sample, share, ring) or timekeeping.by_number(case, rows, ring)
    if not instead and (counted or (one_number and not (ring.given or origin(ring.best)))):
        yield "clockwork"
    if not instead and _of_one_place(case, rows, ring):
        yield "one-place"
    if timekeeping.after_pauses(sample, share) and not _by_all_frames(sample, share, ring):
        yield "pauses"
    if ring.given:
        return
    if instead and ring.size is None and not of_other_lengths(sample, share):
        yield "wide" if ring.high > OPEN * ring.low else "open-size"
        if timekeeping.unresolved(sample, share):
            yield "clock"
    if ring.best < (HARDLY if instead and ring.size is not None else KNOWN[0][0]):
        yield "small"
    yield from _of_time(case, part, ring, rows, spans, sample, share, instead=instead)
    known = bool(origin(ring.best)) and (ring.size is not None or part.family != "exact")
    if not (instead or known or _stamped(sample, share, ring)):
        yield from _of_any_size(case, part, ring, rows, sample, share)
    if part.family in LOOSE and not instead:
        yield from _loose(case, sample, share, outcome, ring)


def _of_time(
    case: Case, part: Part, ring: Ring, rows: Bools, spans: Brackets, sample: Units, share: Floats, *, instead: bool
) -> Iterator[Doubt]:  # fmt: skip
    """Of copies that keep to a time, which a delay brings about as well. Nothing but a slot gives them turns of their
    own in the sender's rhythm; and those that replace others took the turns of these, if hardly more are missing."""
    if timekeeping.to_a_time(case, rows, spans, ring, instead=_replacing_numbers(case, sample, share)):
        yield "keeps-time"
    turns = float((share * sample.room).sum()) >= OWN_PLACES
    if turns and (_shows(sample, share) or origin(ring.best)):
        return
    paced = part.family == "paced"
    if ring.closed and paced and _scattering(sample, share):
        yield "keeps-time"  # a slot's count is exact, and it is a delay's time that is
    if not timekeeping.to_both(part, sample, share):
        return
    replaced = instead and (not paced or case.context.missing <= LOST_BESIDE * case.all_of(rows))
    if not replaced and not timekeeping.pace_changes(case, rows):
        yield "timed-blocks" if timekeeping.held_others_up(case, sample, share) else "keeps-time"
    if instead and ring.size is not None and not origin(ring.best) and not of_other_lengths(sample, share):
        yield "pace"


def _scattering(sample: Units, share: Floats) -> bool:
    """Whether counts of frames scatter though hardly any was lost of which nobody saw that it is missing. How many
    came ahead of their time is not counted as well."""
    mine = share > 0.5
    if sample.early or not mine.any():
        return False
    off = np.abs(sample.end[mine] - np.median(sample.end[mine]))
    return float(np.mean(off)) > max(BESIDE, UNSEEN * float(np.mean(sample.unseen[mine])))


def _by_all_frames(sample: Units, share: Floats, ring: Ring) -> bool:
    """Whether copies agree on a count of the source's frames, and not on one of the stream's own, or on the size of a
    driver's ring with other frames in between: no program counts what others send."""
    mine = share > 0.5
    end, low = sample.end[mine], sample.low[mine]
    if at_one_count(end) < NEARLY_ALL:
        return False
    among_others = bool(origin(ring.best)) and float(np.mean(end > low)) >= NEARLY_ALL
    return among_others or at_one_count(low) < AS_OFTEN


def _by_numbers(case: Case, spans: Brackets) -> bool:
    """Whether nearly all copies are as many numbers late, and fewer of them as many slots."""
    known = case.table.known & ~case.table.early
    lags, places = (at_one_count(each[known]) for each in (case.table.lag, spans.high))
    return int(known.sum()) >= AGREE and lags >= NEARLY_ALL and places <= lags - MORE


def _of_any_size(
    case: Case, part: Part, ring: Ring, rows: Bools, sample: Units, share: Floats
) -> Iterator[Doubt]:  # fmt: skip
    """Of copies that replace nothing, where no ring is known to have that size, and no copy says which slot it left:
    then they have to show what else they are not."""
    single = float(np.mean(sample.length[share > 0.5] == 1)) > MOSTLY  # a ring that hands its turns over needs nobody
    if single and part.family == "exact" and not sample.foreign:
        yield "nobody-else"
    if timekeeping.held_others_up(case, sample, share):
        yield "timed-blocks"
        return
    if timekeeping.to_one_time(case, sample, share):
        yield "one-time"
        return
    steady = timekeeping.steady(case, sample, share)
    if steady is False or timekeeping.pace_changes(case, rows):
        return
    if steady:
        yield "keeps-time" if timekeeping.to_both(part, sample, share) else "held-up"
    else:
        yield "pace" if ring.size is not None else "pace-and-size"


def of_blocks(case: Case, rows: Bools, ring: Ring) -> Iterator[Doubt]:
    """For replays that are as long as their distance, or go on up to the newest number: a window, a history or a queue
    that is sent again has that, too, the same bytes and all. Where most are shorter, their distance is no length of
    theirs; and where the user gives a size, few windows have just that, unless it is one that people write."""
    table = case.table
    leads = rows & table.leads
    lengths = table.run_length[leads]
    if not len(lengths):
        return
    if _in_batches(case, leads, lengths):
        yield "batches"
    if ring.given and not written(ring.best):
        return
    if len(lengths) == 1 and not ring.given:
        yield "one-run"
    block = _blocks(case, rows)
    several = np.bincount(block)
    newest = np.full(len(several), np.iinfo(np.int64).max)
    np.minimum.at(newest, block, table.lag[rows])
    of = np.zeros(len(table), np.int64)
    of[rows] = block
    if float(np.mean((several[of[leads]] >= ALL_OF_IT * ring.best) | (newest[of[leads]] <= UP_TO))) >= 0.5:
        yield "blocks"


def _blocks(case: Case, rows: Bools) -> Ints:
    """Of each of these rows, which block it belongs to, from 0: runs that follow one another, with hardly a frame
    in between, are one. A few others, or what was overtaken, break a window into several."""
    table = case.table
    mine = np.flatnonzero(rows)
    order = mine[np.lexsort((table.rows["ordinal"][mine], table.rows["source"][mine]))]
    source, ordinal, run = table.rows["source"][order], table.rows["ordinal"][order], table.run[order]
    beside = np.maximum(table.run_length[order][1:], table.run_length[order][:-1])
    near = (source[1:] == source[:-1]) & (np.diff(ordinal) <= 1 + BREAK * beside)
    follows = (run[1:] == run[:-1]) | near
    block = np.empty(len(table), np.int64)
    block[order] = np.concatenate(([0], np.cumsum(~follows)))
    return block[mine]


def _in_batches(case: Case, leads: Bools, lengths: Ints) -> bool:
    """Whether most runs are of one length, and begin at multiples of it but for a constant: a program that sends its
    batches again does that. Where a ring goes on from has nothing to do with the numbers."""
    length = int(lengths.max())
    whole = lengths >= WHOLE * length  # some of a batch may be lost
    first = distinct(case.table.rows["x"][leads][whole])  # a run that comes again says nothing new
    alike = int(np.unique(first % length, return_counts=True)[1].max())
    several = alike >= MOST_OF_THEM * len(first) and float(whole.mean()) >= MOSTLY
    return several and (alike - 1) * math.log(length) >= -math.log(BY_CHANCE)


def _miscounted(agreeing: float) -> Iterator[Doubt]:
    """Where numbers were lost, copies may lie beside one count; the fewer lie there, the more else does the same."""
    if agreeing < MOST_OF_THEM:
        yield "some-scatter" if agreeing >= MANY else "scatter"


def _standing_out(case: Case, rows: Bools, spans: Brackets, ring: Ring) -> bool:
    """A slice out of a smooth histogram is no ring. Compares how densely duplicates lie where the lap's are with how
    densely others lie beside."""
    places = (spans.high if ring.closed else spans.low)[rows]
    others = (spans.high if ring.closed else spans.low)[~rows & case.table.known & ~case.table.early]
    if len(places) < AGREE or not len(others):
        return True
    low, high = quantiles(places, (0.05, 0.95))
    width = max(high - low + 1, 0.02 * ring.best, 2.0)
    inside = float(((places >= low) & (places <= high)).sum()) / (high - low + 1)
    beside = ((others >= low - width) & (others < low)) | ((others > high) & (others <= high + width))
    within = (others >= low) & (others <= high)
    outside = max(float(beside.sum()) / (2 * width), float(within.sum()) / (high - low + 1) / 2)
    return outside * CLEAR <= inside


def _of_few(case: Case, rows: Bools, spans: Brackets, ring: Ring) -> bool:
    """Whether other duplicates lie around the lap, half as many as the lap's or more."""
    places = spans.high if ring.closed else spans.low
    off = np.abs(places - np.maximum(np.round(places / ring.best), 1) * ring.best)
    others = ~rows & case.table.known & ~case.table.early & (off <= AROUND * ring.best)
    return int(others.sum()) > AS_OFTEN * int(rows.sum())


def _among_others(sample: Units, share: Floats, size: int) -> bool:
    """Whether copies that are not the lap's lie at a count of their own, and nearly as often as the lap's at theirs."""
    mine = share > 0.5
    own = np.unique(sample.end[mine], return_counts=True)[1].max(initial=0)
    values, often = np.unique(sample.end[~mine], return_counts=True)
    off = np.abs(values - np.maximum(np.round(values / size), 1) * size)
    apart = (values >= SMALLEST) & (off > max(BLUR * size, min(8.0, 0.1 * size)))
    return bool((often[apart] >= max(AGREE, AS_OFTEN * own)).any())


def _in_one_stretch(case: Case, rows: Bools, ring: Ring) -> bool:
    """Whether most of what came from the source, from the first copy to the last, was copies, with some others among
    them: a block that somebody else handed over once more. A ring that goes out again leaves no room for others."""
    count = int(rows.sum())
    return count >= AGREE and count + AMONG < stretch(case.table, rows) <= min(DENSE * count, ring.best)


def _over_several_laps(part: Part, share: Floats) -> bool:
    """Whether many of the copies lie more than one lap back."""
    return part.laps is not None and float(share @ (part.laps > 1)) > TWICE * float(share.sum())


def _replacing_elsewhere(sample: Units, share: Floats, outcome: Outcome) -> float:
    """Copies that replace other numbers and do not lie at one count, as those of another ring do: what else does that
    may do it all."""
    others: Floats = 1 - share
    for entry, theirs in zip(outcome.best.entries, outcome.best.share, strict=False):
        if entry.label.cause in RING_CAUSES and entry.part.family not in LOOSE and not np.array_equal(theirs, share):
            others = others - theirs
    return float(sample.weight @ (np.maximum(others, 0.0) * sample.substitute))


def _of_one_place(case: Case, rows: Bools, ring: Ring) -> bool:
    """Whether the numbers that were sent again have one place in blocks as long as the ring, as the first ones of a
    program's blocks do, or those that a sampler takes by counting. In a ring, any slot is stale; and the numbers of a
    single one move on with each copy, which takes a slot as well."""
    leads = case.table.rows[rows & case.table.leads]
    numbers = distinct(leads["x"] + (leads["stream"].astype(np.int64) << STREAM))
    if len(numbers) < SEVERAL:
        return False
    most = max(np.unique(numbers % size, return_counts=True)[1].max() for size in range(ring.best - 1, ring.best + 2))
    return bool(most >= MOSTLY * len(numbers))


def _of_the_receiver(case: Case, rows: Bools, spans: Brackets) -> bool:
    """Whether the copies agree on a number of frames only if those of all senders are counted: a ring that all of them
    go through is the receiver's."""
    leads = rows & case.table.leads & (case.table.rows["e_frame"] >= 0)
    if leads.sum() < AGREE:
        return False
    everyone = (case.table.rows["frame"] - case.table.rows["e_frame"])[leads]
    agree = [at_one_count(each) for each in (everyone, spans.high[leads])]
    return agree[0] >= max(MANY, TWO * agree[1]) and float(np.mean(everyone > spans.high[leads])) > MOSTLY


def _stamped(sample: Units, share: Floats, ring: Ring) -> bool:
    """Whether copies carry the slot that they left from: what no way and no program repeats by itself."""
    astray = sample.astray[(share > 0.5) & ~np.isnan(sample.astray)].astype(np.int64)
    return len(astray) > 0 and float(np.mean(astray % ring.best == 0)) > 0.5


def _shows(sample: Units, share: Floats) -> bool:
    """Whether new packets would have another IP identification: then no program sent the copies."""
    known = (share > 0.5) & ~np.isnan(sample.fresh_id)
    return bool(known.any()) and float(np.mean(sample.fresh_id[known])) > 0.5


def _loose(case: Case, sample: Units, share: Floats, outcome: Outcome, ring: Ring) -> Iterator[Doubt]:
    """Where the copies do not lie at one count, but scatter as a share of other frames would have them: many things
    scatter. Less of a doubt where nothing else takes part and hardly any scatter is left."""
    mine = share > 0.5
    if not mine.any() or int(np.ptp(sample.end[mine])) <= 1:
        return
    exact = float(np.mean(sample.end[mine] % ring.best == 0))
    if exact >= MANY and ring.best >= EXACT_FROM:  # the rest lies beside, by frames that took no slot
        return
    sole = float(share.sum()) > SOLE * len(sample) and all(e.part.shape == "lap" for e in outcome.best.entries)
    several = float((share * sample.length).sum() / max(float(share.sum()), 1e-9))
    scatter = float(np.std(np.log(sample.end[mine])))
    tight = sole and scatter < MUCH and several < 2.0 and not wide(ring)
    yield "some-scatter" if tight else "scatter"


def replacing(case: Case, sample: Units, share: Floats) -> bool:
    """Whether the copies stand where other numbers are missing, or have the length of other frames: the sender did
    that, no way puts one for another."""
    return _replacing_numbers(case, sample, share) or of_other_lengths(sample, share)


def of_other_lengths(sample: Units, share: Floats) -> bool:
    """Whether the copies have the lengths of other frames, by different amounts."""
    resized = varied(sample.resized[(share > 0.5) & (sample.resized != 0)])
    return resized >= max(AGREE, RESIZED * float(share.sum()))


def _replacing_numbers(case: Case, sample: Units, share: Floats) -> bool:
    replaced = sample.overwritten if sample.early else sample.substitute
    instead = float((share * replaced).sum())
    return instead > ONE and instead > 3 * max(case.context.beside, 0.05) * float(share.sum())


def _led_astray(case: Case) -> bool:
    """Many numbers came far behind their time, for the first time: then the count itself was led astray (more numbers
    ahead of their time than are kept), and distances with it. Those below a stream's first number are of before."""
    findings = case.findings
    far = far_behind(findings, findings.missing.left(findings.gaps), case.table.early) & (findings.late["x"] >= 0)
    return int(far.sum()) > max(3, 0.3 * len(case.table))
