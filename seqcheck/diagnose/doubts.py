"""What weakens a verdict, however well its explanation fits: what else would look the same and is in no explanation
that competes, or too little to go by. Each doubt has a name, and a strength that is the most it allows. Pure.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ..model import RING_CAUSES, Cause, Strength
from . import timekeeping
from .arrays import at_one_count, quantiles
from .case import Case
from .contest import Outcome
from .due import far_behind
from .explanations.labels import varied
from .explanations.part import Part
from .keys import Bools, Floats
from .priors import HARDLY, KNOWN, SMALLEST, origin
from .result import AGREE, MODERATE, NO_SLOT, STRONG, Doubt, Figures, Pattern, Ring
from .spared import Spared
from .table import stretch
from .timekeeping import BLUR
from .units import Brackets, Units

CLEAR = 4.0  # how much denser a lap's copies lie than others beside
SOLE, MUCH = 0.9, 0.004  # share of units; scatter in natural log
WIDE, OPEN = 1.2, 1.9  # of sizes: where an interval is wider, there is none to speak of; nor any lap
MANY = 0.3  # copies at one count: chance does not bring them there,
EXACT_FROM = 64  # slots: but in a smaller ring, where what scatters hits one value often enough
MUCH_OF_IT, OWN_PLACES = 0.6, 3.0  # duplicates of a lap by numbers received; log-likelihood ratio
ALL_OF_IT = 0.8  # of a ring: an episode that long may as well be a block of its own
UP_TO = 2  # numbers after the one that is due, where a run ends
SKIPPING = 0.03  # of the numbers, before which others are missing for another reason: beside copies they mean little
OFTEN = 0.15  # of the numbers: no occasional fault leaves others missing before this share
AS_OFTEN = 0.5  # of the copies at one count, that lie at another: then no count is special
MOSTLY, MOST_OF_THEM = 0.8, 0.6  # of the copies
LOST_BESIDE = 1.5  # missing numbers by copies: more were lost than those that were replaced
RESIZED = 0.15  # of the copies, that have other lengths
DENSE, AMONG = 2.0, 2  # frames for each copy, from the first to the last: then they are one block; others among them
TWICE = 0.2  # of the copies, that lie two laps back or three
TWO = 2.0  # times as many agree
ONE = 1.5  # replaced numbers: one alone may be missing by chance
JUST_BEFORE = 0.25  # of the copies, that have the number before missing: else it may be the one behind
CONVINCING = 5  # copies, from which on a count may be one that no ring is known to have, or there need be none
SEVERAL, STREAM = 5, 48  # different numbers: by chance they have the same place in few cases; bits of one
ROUNDS = 16  # copies of each number: a ring whose slots nobody fills any more goes round like that
GROUP = 64  # records: longer ones no interrupt hands over together
AMONG_MANY, FEW_AMONG = 1000, 10  # times as many duplicates of any other kind, with the same effect; beside too few
BESIDE, UNSEEN = 0.1, 1.5  # places by which counts scatter; by so many times the frames that were lost unseen
LOOSE = ("short", "long")  # families of a lap whose copies do not lie at one count
REST = 3.0  # times as many copies that nothing explains: then chance may have brought a few to one count
NEARLY_ALL, MORE = 0.9, 0.05  # of the copies; how many more of them count numbers than count slots

ORDER: tuple[Strength, ...] = ("none", "weak", "moderate", "strong")
MOST: dict[Doubt, Strength] = {
    "slice": "weak", "astray": "weak", "most-numbers": "weak", "keeps-time": "weak", "scatter": "weak",
    "some-scatter": "moderate", "blocks": "weak", "few": "moderate", "no-lap": "weak", "passed-over": "weak",
    "wide": "weak", "small": "weak", "single": "weak", "size": "moderate", "beside": "weak", "many-counts": "weak",
    "leftover": "weak", "clockwork": "weak", "as-many": "weak", "in-place": "weak", "clock": "weak",
    "one-run": "moderate", "one-stretch": "weak", "own-count": "weak", "spared": "weak", "groups": "weak",
    "keeps-count": "weak", "receiver": "weak", "pauses": "weak", "no-count": "weak", "alike": "moderate",
    "no-program": "weak", "behind": "weak", "length": "weak",
    "round": "weak", "one-place": "weak", "open-size": "moderate", "unusual": "weak", "nobody-else": "weak",
    "pace": "moderate", "pace-and-size": "weak", "old-packets": "weak", "hops": "weak", "pool": "weak",
    "handful": "weak", "numbers": "weak", "over-again": "weak", "clock-like": "weak",
}  # fmt: skip
# Where the copies replace others, that is the sender's doing, and one of these leaves no more than the size open. A
# program may send an old record instead of a new one, too, but only a slot has the length of another frame: then
# nothing that the distances leave open matters.
OF_SIZE: tuple[Doubt, ...] = ("slice", "many-counts", "own-count", "spared")
OF_DISTANCES: tuple[Doubt, ...] = (*OF_SIZE, "wide", "no-count", "scatter")


def held(
    strength: Strength, doubts: tuple[Doubt, ...], *, instead: bool = False, resized: bool = False
) -> tuple[Strength, tuple[Doubt, ...]]:
    """The strength that is left, and the doubts that took the rest; `instead`: the copies replace others; `resized`:
    they have the lengths of others."""
    open_size = _of_size_alone(doubts, instead=instead, resized=resized)
    most = {each: "moderate" if each in open_size else MOST[each] for each in doubts}
    limiting = tuple(each for each in most if ORDER.index(most[each]) < ORDER.index(strength))
    return min((strength, *(most[each] for each in limiting)), key=ORDER.index), limiting


def _of_size_alone(doubts: tuple[Doubt, ...], *, instead: bool, resized: bool) -> tuple[Doubt, ...]:
    """Those that leave no more than the size open."""
    if resized:
        return OF_DISTANCES
    found = tuple(each for each in dict.fromkeys(doubts) if each in OF_SIZE)
    if not instead or len(found) != 1:
        return ()
    return (*found, "wide") if found == ("spared",) else found  # another queue makes an interval wide by itself


def of_lap(
    case: Case, part: Part, ring: Ring, rows: Bools, spans: Brackets, sample: Units, share: Floats, outcome: Outcome,
    streams: Spared, *, instead: bool,
) -> Iterator[Doubt]:  # fmt: skip
    """For `rows` that a lap took; `share` is how much of each unit of `sample` is the lap's."""
    if not _standing_out(case, rows, spans, ring):
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
    if ring.closed and (_wide(ring) or ring.given) and at_one_count(sample.end[share > 0.5], give=1) < MANY:
        yield "no-count"
    if ring.given:
        return
    if instead and ring.size is None and not of_other_lengths(sample, share):
        yield "wide" if ring.high > OPEN * ring.low else "open-size"
        if timekeeping.untold(sample, share):
            yield "clock"
    if _in_one_stretch(case, rows, ring):
        yield "one-stretch"
    if sample.slotless:  # programs and queues count numbers; a ring counts slots
        yield "beside"
    elif not instead and _by_numbers(case, spans):
        yield "numbers"
    if sample.own:
        yield "own-count"
    elif streams.by_a_queue if instead else streams.by_a_program:
        yield "spared"
    if ring.best < (HARDLY if instead and ring.size is not None else KNOWN[0][0]):
        yield "small"
    one_number = int(np.ptp(case.table.rows["x"][rows])) == 0 and rows.sum() > 1
    counted = timekeeping.like_clockwork(sample, share, ring) or timekeeping.by_number(case, rows, ring)
    if not instead and (counted or (one_number and not origin(ring.best))):
        yield "clockwork"
    if not instead and _of_one_place(case, rows, ring):
        yield "one-place"
    if timekeeping.after_pauses(sample, share) and not _by_all_frames(sample, share, ring):
        yield "pauses"
    own_places = float((share * sample.room).sum()) >= OWN_PLACES and (_shows(sample, share) or bool(origin(ring.best)))
    if ring.closed and part.family == "paced" and not own_places and _scattering(sample, share):
        yield "keeps-time"  # a slot's count is exact, and it is a delay's time that is
    timed = timekeeping.to_both(part, sample, share)
    named = ring.size is not None and not origin(ring.best)
    if instead and timed and named and not own_places and not of_other_lengths(sample, share):
        yield "pace"
    own_places |= instead and (part.family != "paced" or case.context.missing <= LOST_BESIDE * case.all_of(rows))
    both = timed and not own_places and not timekeeping.pace_changes(case, rows)
    if both or timekeeping.to_a_time(case, rows, spans, ring, instead=_replacing_numbers(case, sample, share)):
        yield "keeps-time"
    known = bool(origin(ring.best)) and (ring.size is not None or part.family != "exact")
    if not (instead or known or _stamped(sample, share, ring)):
        yield from _of_any_size(case, part, ring, rows, sample, share)
    if part.family in LOOSE and not instead:
        yield from _loose(case, sample, share, outcome, ring)


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
    steady = timekeeping.steady(case, sample, share)
    if steady is False or timekeeping.pace_changes(case, rows):
        return
    if steady:
        yield "keeps-time"
    else:
        yield "pace" if ring.size is not None else "pace-and-size"


def of_blocks(case: Case, rows: Bools, ring: Ring) -> Iterator[Doubt]:
    """For replays that are as long as their distance, or go on up to the newest number: a window, a history or a queue
    that is sent again has that, too, the same bytes and all. Where most are shorter, their distance is no length of
    theirs."""
    table = case.table
    leads = rows & table.leads
    lengths = table.run_length[leads]
    if ring.given or not len(lengths):
        return
    if len(lengths) == 1:
        yield "one-run"
    newest = np.full(int(table.run.max()) + 1, np.iinfo(np.int64).max)
    np.minimum.at(newest, table.run[rows], table.lag[rows])
    if float(np.mean((lengths >= ALL_OF_IT * ring.best) | (newest[table.run[leads]] <= UP_TO))) >= 0.5:
        yield "blocks"


def of_account(
    case: Case, cause: Cause, pattern: Pattern, rows: Bools, figures: Figures, ring: Ring | None
) -> Iterator[Doubt]:
    """For any account: how much there is to go by."""
    if figures.count < AGREE:
        yield "few"
    if pattern == "delay" and figures.distance and figures.distance[1] > 2 and _unresolved(figures):
        yield "clock"
    if cause == "retransmission" and pattern in ("delay", "spread") and figures.identical:
        yield "no-program" if figures.new_would_show else "alike"
    if pattern == "new-packet" and "ip.ttl" in figures.differs:
        yield "hops"
    if cause == "sender-repeat" and pattern != "at-once" and figures.identical and figures.new_would_show:
        yield "old-packets"
    if cause in NO_SLOT and pattern == "delay" and figures.other_length > AS_OFTEN * figures.compared:
        yield "length"
    if cause == "sender-repeat" and pattern == "block" and figures.distance and figures.distance[1] <= GROUP:
        yield "groups"
    if cause == "sender-repeat" and pattern in ("delay", "count") and figures.count >= ROUNDS * figures.numbers:
        yield "round"
    if cause in RING_CAUSES:
        if pattern == "early":
            yield "no-lap"
        jumps = case.context.jumps
        others = jumps - figures.skipped / max(case.context.unique, 1)
        if pattern == "next-buffer" and (jumps > OFTEN or others > SKIPPING):
            yield "passed-over"
        if figures.count == 1 and not (ring is not None and ring.given):
            yield "single"
        if pattern == "next-buffer" and _others_beside_gaps(case, rows) > AS_OFTEN * figures.count:
            yield "leftover"
        if pattern == "next-buffer" and figures.count < CONVINCING:
            yield "handful"
        if pattern == "next-buffer" and figures.skipped < JUST_BEFORE * figures.count:
            yield "behind"
        if figures.count * (FEW_AMONG if figures.count < AGREE else AMONG_MANY) < len(case.table):
            yield "leftover"
    if ring is None:
        return
    if figures.count < CONVINCING and not (ring.given or origin(ring.best)):
        yield "unusual"
    sure = MODERATE if figures.episodes >= AGREE else STRONG
    if ring.certainty < sure and _wide(ring):
        yield "wide"
    if ring.size is not None and ring.certainty < STRONG:
        yield "size"


def _miscounted(agreeing: float) -> Iterator[Doubt]:
    """Where numbers were lost, copies may lie beside one count; the fewer lie there, the more else does the same."""
    if agreeing < MOST_OF_THEM:
        yield "some-scatter" if agreeing >= MANY else "scatter"


def _wide(ring: Ring) -> bool:
    return ring.high * (1 - ring.untouched) > WIDE * ring.low


def _others_beside_gaps(case: Case, rows: Bools) -> int:
    """Other duplicates that lie beside numbers that never came: whatever did that may have done it all."""
    table = case.table
    return int((~rows & (table.stands_in | table.skipped | table.overwritten)).sum())


def _unresolved(figures: Figures) -> bool:
    """Whether the copies come within a tick or two of the capture's clock: then every delay looks constant."""
    return figures.delay_ns is not None and figures.delay_ns[1] <= 2 * figures.tick and figures.tick > 1


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
    numbers = np.unique(leads["x"] + (leads["stream"].astype(np.int64) << STREAM))
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
    tight = sole and scatter < MUCH and several < 2.0 and ring.high * (1 - ring.untouched) < WIDE * ring.low
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
