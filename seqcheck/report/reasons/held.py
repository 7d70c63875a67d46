"""Why a verdict is weaker than its odds: a sentence for each doubt that held it back."""

from __future__ import annotations

from collections.abc import Callable

from ...diagnose.result import Account, Doubt, Ring
from ..words import number, plural, span


def held_back(one: Account) -> tuple[str, ...]:
    """The doubts, in words; none where the odds alone gave the strength."""
    return tuple(f"Why not more than {one.strength}: {WORDS[doubt](one)}" for doubt in one.doubts)


def _says(sentence: str) -> Callable[[Account], str]:
    return lambda one: sentence


def _ring(one: Account) -> Ring:
    assert one.ring is not None
    return one.ring


WORDS: dict[Doubt, Callable[[Account], str]] = {
    "slice": _says("other distances next to these are almost as frequent, so this may be a slice of a smooth spread."),
    "astray": _says("many numbers came very late, so the distances may be off."),
    "most-numbers": _says("most of the numbers came again, but a ring fault strikes only now and then."),
    "keeps-time": _says("the sender's pace is steady, so a constant delay would look the same."),
    "held-up": _says(
        "over many laps the sender's pace is steady. If its frames are held up on the path, each for a time of its "
        "own, a constant delay looks the same."
    ),
    "timed-blocks": _says(
        "the sender's pace is steady, so a program that sends blocks again after a fixed time would look the same."
    ),
    "one-time": _says(
        "the copies come after much the same time, though other laps of the sender took longer or shorter: a timer or "
        "a delay does that."
    ),
    "same-time": _says("both copies have the same time stamp: the capture holds one record twice."),
    "scatter": _says("the copies do not share one distance, and many other causes scatter like this."),
    "some-scatter": _says("the copies scatter a little around one distance."),
    "blocks": _says(
        "most runs are as long as their distance, or end with the newest number; so does a retransmitted window or "
        "history."
    ),
    "batches": _says(
        "the runs are of one length and begin at multiples of it, as the batches that a program sends again do."
    ),
    "few": lambda one: f"there {'is' if one.figures.count == 1 else 'are'} only {plural(one.figures.count, 'copy')}.",
    "no-lap": _says("no lap can be measured."),
    "passed-over": _says("numbers are skipped all the time, so one missing next to a copy means little."),
    "wide": lambda one: f"any ring of {span((_ring(one).low, _ring(one).high))} slots remains possible.",
    "small": lambda one: f"hardly any NIC has a ring of {number(_ring(one).best)}.",
    "beside": _says("the copies used no slot themselves; a program or a queue that counts frames does the same."),
    "numbers": _says("they all are as many numbers late, but not as many slots, as if a program counted numbers."),
    "own-count": _says(
        "the distance is the same only in frames of one stream each: it may have a queue of its own, share a larger "
        "ring, or come from a program that counts its frames."
    ),
    "spared": _says(
        "other streams share these slots, but none of them came again. A slot does not know a stream; a program or a "
        "separate queue does."
    ),
    "many-counts": _says("other distances are as frequent as this one."),
    "clockwork": _says("they come at a fixed interval, counted in frames, as from a program that counts."),
    "one-place": lambda one: (
        f"their numbers have the same place in each block of {number(_ring(one).best)}, as the first ones of a "
        "program's blocks do, or what a sampler takes."
    ),
    "open-size": _says(
        "the ring's size remains open, and a program that sends old records instead of new ones looks the same."
    ),
    "no-count": _says(
        "all frames of the sender that are in view make up no common distance, as those of a ring would."
    ),
    "length": _says("old bytes have another length, as where only a slot's address was stale."),
    "behind": _says("which numbers are missing is not clear: those before the copies, or those behind them."),
    "pauses": _says("they come after pauses of the sender, as what a timeout sends again does."),
    "alike": _says("the copies are identical: a way that takes another time for each would look the same."),
    "no-program": _says(
        "the copies are identical, down to the IP identification: no program sent them again, but a link or a way may."
    ),
    "clock": _says("the capture's clock is too coarse: within one tick, every delay looks constant."),
    "one-run": _says("it is all one run, and a single distance proves little."),
    "one-stretch": _says(
        "they all lie in one stretch, between new frames; a block that is handed over once more looks the same."
    ),
    "as-many": _says("as many numbers are missing as came early, and slots refilled too early look the same."),
    "in-place": _says("the copies take the place of missing numbers, as stale slots do."),
    "receiver": _says(
        "the copies share one distance only if the frames of all senders are counted, as in the receiver's own RX ring."
    ),
    "keeps-count": _says("the copies keep to a number of frames better than to a time, as stale slots do."),
    "groups": _says("groups of frames came twice, each right behind itself, as from a tap that delivers in batches."),
    "round": _says("the same numbers come again and again, as from a ring whose slots nobody fills any more."),
    "leftover": _says("far more duplicates do not fit, and a few may share a distance by chance."),
    "single": _says("a single distance may match a ring size by chance."),
    "unusual": _says("few copies share this distance, and no ring is known to have this size."),
    "pace": _says("whether the sender's pace changes cannot be told, and at a steady pace a delay looks the same."),
    "pace-and-size": _says(
        "neither the ring's size nor the sender's pace is known well enough to rule out a constant delay."
    ),
    "old-packets": _says(
        "the copies have their old IP identifications where new packets would have new ones: a ring does that, too."
    ),
    "hops": _says("the copies' hop counts differ, as in a loop on which something rewrites the payload."),
    "handful": _says(
        "fewer than five copies, and no lap to measure: a program that mixes up its records looks the same."
    ),
    "over-again": _says("they count up from the first number: a sender that starts over looks the same."),
    "by-the-clock": _says(
        "the numbers go on with the time, however many records have the same one: that is a clock, and no counter."
    ),
    "clock-like": _says("most steps pass numbers over while others come twice, as a clock does that is no counter."),
    "pool": _says("many numbers came too early by other amounts, as from a pool of buffers, whose depth is no ring's."),
    "nobody-else": _says(
        "no other frame of the sender is in view, in whose slot an old number could have gone out again."
    ),
    "size": lambda one: f"the size is only {100 * min(_ring(one).certainty, 0.9989):.3g} % certain.",
}
