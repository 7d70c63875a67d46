"""What the log-odds of a ring may be at most, however well a lap fits: what else would look the same, and is in no
explanation that competes. Natural logs; infinite where there is no doubt. Pure.
"""

from __future__ import annotations

import numpy as np

from .arrays import quantiles
from .case import Case
from .contest import Outcome
from .explanations.part import Part
from .keys import Bools
from .lost import FAR_BEHIND
from .result import Ring
from .units import Brackets, Floats, Units

AGREE = 3  # duplicates that must agree before they settle anything (ring-signatures, 3.3)
CLEAR, NOT_MORE = 4.0, 2.0  # how much denser a lap's copies lie than others beside; log-odds where they do not
SOLE, MUCH, JUST_MODERATE = 0.9, 0.004, 5.0  # share of units; scatter in natural log; log-odds
WIDE = 1.2  # of sizes: where an interval is wider, there is none to speak of
EXACT_FROM = 64  # slots: in a smaller ring what scatters hits one value often enough
MUCH_OF_IT, OWN_PLACES = 0.6, 3.0  # duplicates of a lap by numbers received; log-likelihood ratio
ALL_OF_IT = 0.8  # of a ring: an episode that long may as well be a block of its own


def at_most(
    case: Case, part: Part, ring: Ring, rows: Bools, spans: Brackets, sample: Units, share: Floats, outcome: Outcome
) -> float:
    """For `rows` that a lap took; `share` is how much of each unit of `sample` is the lap's."""
    odds = min(_standing_out(case, rows, spans, ring), _in_order(case))
    if int(rows.sum()) > MUCH_OF_IT * case.context.unique:
        odds = min(odds, NOT_MORE)  # no fault now and then sends most of everything again
    if part.family == "paced" and float((share * sample.room).sum()) < OWN_PLACES and not ring.given:
        odds = min(odds, NOT_MORE)  # a sender that keeps time: a delay would look the same
    if part.family in ("short", "long") and not ring.given:
        odds = min(odds, _loose(case, sample, share, outcome, ring))
    return odds


def _standing_out(case: Case, rows: Bools, spans: Brackets, ring: Ring) -> float:
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


def _loose(case: Case, sample: Units, share: Floats, outcome: Outcome, ring: Ring) -> float:
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


def whole_blocks(case: Case, rows: Bools, ring: Ring) -> float:
    """The same for replays that are as long as their distance: a window or a history that is sent again has that, too,
    unless a new packet would show."""
    longest = int(case.table.run_length[rows].max())
    frames = case.table.rows["frame"][rows].tolist()
    fresh = [case.facts.evidence[frame].fresh_id for frame in frames if frame in case.facts.evidence]
    shows = sum(each is True for each in fresh) > sum(each is not True for each in fresh)
    return np.inf if ring.given or shows or longest < ALL_OF_IT * ring.best else NOT_MORE


def _in_order(case: Case) -> float:
    """The same where many numbers came far behind their time, for the first time: then the count itself was led astray
    (more numbers ahead of their time than are kept), and distances with it."""
    late = case.findings.late
    far = int((late["next"] - late["x"] >= FAR_BEHIND).sum())
    return NOT_MORE if far > max(3, 0.3 * len(case.table)) else np.inf
