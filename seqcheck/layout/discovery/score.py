"""How likely a candidate is to be the counter, from 0 to 1.

A score is a product: how well the number counts on what the decoder reads, times what makes that worth less. It is
calibrated by `python -m benchmarks.discovery`: of the candidates above 0.9, 99 in 100 are right.
"""

from __future__ import annotations

import math

from seqcheck.layout.discovery.make import Found
from seqcheck.layout.discovery.trial import Trial
from seqcheck.layout.model import KEYS, Word

HALF = 6  # pairs that halve the doubt
RARE, FEW = 0.25, 3  # a magic that chooses so small a share of the frames: among many values some count by chance, so
# that it takes this many times as many pairs
UP, FORWARD = 0.6, 0.4  # weights: counting by one, and going ahead by little at least
STEP = 0.95  # a number of steps, or one with flags below it: rarer than a plain one
# Bits below the counter: none, a step of a power of two, flags; a sampled value may have such, too.
BELOW = {"none": 1.0, "zero": 0.95, "constant": 0.97, "flags": 0.97, "moving": 0.5}
PACE = 0.5  # a number that keeps pace with the time
RAMP = 0.5  # a number that rises by one and a bit each time
CLOCK, INNER, DIGITS, LAST = 0.35, 0.4, 0.42, 0.35  # what is no counter of the sender's, or cannot be read whole
NARROW = {1: 0.1, 2: 0.3, 3: 0.5, 4: 0.92, 5: 0.95, 6: 0.97}  # bits that count: a few can do so by chance
STRIDE = 0.48  # a constant that is no power of two: time stamps and totals go up by one, too
STUCK = 4.0  # how much worse than other steps it is to stay while other bytes change
SHARE, CHOSEN = 0.75, 0.9  # what is left where only few of the frames there are records; with a magic that chooses
OFTEN, REPEATED, RARELY = 16, 0.93, 0.5  # each number sent several times, regularly: up to this many times, or more
OWN = 0.4  # times the share of records that begin a stream of their own, where fields of the payload make the streams
FIELD, KEYED, MASKED = 0.01, 0.004, 0.005  # of two that count equally well, the simpler one
HIDDEN = 0.6  # copies that the laps of a short counter hide: a wider one would show them
AGAIN = 0.03  # times the share of records that are copies out of their turn: a short counter has none in its own width
LEAST = 8  # pairs


def caution(found: Found, tried: Trial) -> float:
    """What a magic that was found costs: among many bytes one may tell the frames that happen to count from others, so
    that it has to count without fault. A factor of the score; between candidates it decides nothing."""
    return tried.steps.share**2 if found.layout.matches and not found.layout.name else 1.0


def score(found: Found, tried: Trial, *, last: bool = False) -> float:
    """The score, except `caution`; `last`: the place is a header that counts in nearly all traffic, from any sender."""
    steps = tried.steps
    if steps.pairs < LEAST:
        return 0.0
    regular = tried.repeats > 1 and not steps.even
    value = UP * steps.share + FORWARD * steps.forward
    if regular:
        changed = max(steps.pairs - steps.copy - steps.stuck, 1)
        value = (UP * steps.up + FORWARD * (steps.up + steps.ahead)) / changed
        value *= REPEATED if tried.repeats <= OFTEN else RARELY
    else:
        value *= max(0.0, 1 - STUCK * steps.stuck / steps.pairs)
    layout = found.layout
    rare = layout.matches and not layout.name and len(tried.row) < RARE * tried.anchored
    value *= 1 - math.exp2(-steps.pairs / (HALF * FEW if rare else HALF))
    value *= min(1.0, 2 * steps.pairs / max(len(tried.row) - tried.copies, 1))
    bits = layout.seq.top.bit_length()
    if not (found.own or layout.each):  # at its own port it counts on purpose, as do records in a row
        value *= NARROW.get(bits, 1.0)
    left = CHOSEN if layout.matches else SHARE
    value *= left + (1 - left) * min(1.0, len(tried.row) / max(tried.anchored, 1))
    value *= 1 - OWN * (tried.streams if layout.streams else 0) / max(len(tried.row), 1)
    value -= FIELD * (len(layout.streams) + len(layout.matches) * (not layout.name)) + KEYED * KEYS.index(layout.key)
    value -= MASKED if isinstance(layout.seq, Word) and layout.seq.mask != layout.seq.full else 0
    value *= BELOW[found.below]
    value *= 1 - AGAIN * tried.copies / max(len(tried.row), 1)
    if layout.streams:
        value *= 1 - tried.strays
    for holds, factor in (
        (steps.even, RAMP),
        (found.clock or tried.hasty, CLOCK),
        (tried.tick and not (found.clock or tried.hasty), PACE),
        (layout.step != 1, STRIDE),
        (found.inner, INNER),
        (tried.hidden, HIDDEN),
        (found.digits, DIGITS),
        (last, LAST),
    ):
        if holds:
            value *= factor
    return min(max(value, 0.0), 1.0)
