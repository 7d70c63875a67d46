"""Explanations compete for a population: which mixture of them accounts best for all that was seen, and by how much.

A model is a set of parts (shapes with parameters, each under a cause's label) and, always, a few units that nothing
explains. Its score is the log of likelihood times prior. Parts are added as long as the score grows; the odds of a
cause are those of the best model with it against the best model without. Pure, and no order of explanations matters.
"""

from __future__ import annotations

import math

import numpy as np

from ..dataclass import dataclass
from ..model import Cause
from . import priors
from .arrays import median
from .explanations import block, delay, lap, spread
from .explanations.context import Context
from .explanations.episodes import nothing
from .explanations.labels import LABELS, RING, Label, worth
from .explanations.part import Part
from .explanations.seen import Seen, seen
from .keys import Floats, Ints
from .units import Units

MOST, FEW = 4, 7  # parts of a model, and parts of each shape that are tried as further ones
START = 40.0  # a start whose score is so much below the best so far leads nowhere
GAIN = 1.0  # log-likelihood of a unit below which another part has nothing to gain
NEAR = 0.05  # natural log: parts of one shape nearer than this are one
STEPS = 14  # of expectation and maximisation


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A part under a label."""

    part: Part
    label: Label


Labels = tuple[tuple[str, Label], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """score   log of likelihood times prior; `entries` the parts, and `chosen` their places among all
    share   float64[parts + 1, units]: how much of each unit is each part's; the last row is nothing's
    """

    score: float
    entries: tuple[Entry, ...]
    chosen: tuple[int, ...]
    share: Floats

    @property
    def owner(self) -> Ints:
        """The part that each unit belongs to; len(entries) is nothing's."""
        result: Ints = np.argmax(self.share, axis=0)
        return result

    @property
    def unexplained(self) -> Floats:
        """How much of each unit is nothing's, or scatters for no known reason."""
        for_no_reason = [*(each.label.cause == "unexplained" for each in self.entries), True]
        result: Floats = self.share[for_no_reason].sum(axis=0)
        return result


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """The best model, and for each cause the log-odds of the best model with it against the best without (only those
    in the best model, and the ring's in any case)."""

    best: Model
    rivals: dict[str, tuple[float, str]]


def contest(units: Units, context: Context, given: tuple[int, ...], labels: Labels = LABELS) -> Outcome:
    """Let all explanations compete for the units."""
    hall = _Hall(
        units=units,
        context=context,
        parts=_parts(units, given, context),
        background=spread.anywhere(units).density,
        known={},
    )
    best = hall.search(labels)
    others: dict[Cause, Model] = {}
    for _ in range(MOST):  # a search that has to do without a cause may find what is better than all so far
        others = {
            cause: hall.search(tuple((shape, label) for shape, label in labels if label.cause != cause))
            for cause in {entry.label.cause for entry in best.entries}
        }
        better = max(others.values(), key=lambda each: each.score, default=best)
        if better.score <= best.score:
            break
        best = better
    return Outcome(
        best=best,
        rivals={cause: (best.score - other.score, _leading(other)) for cause, other in others.items()},
    )


def _leading(model: Model) -> str:
    if not model.entries:
        return "unexplained"
    sums = model.share.sum(axis=1)
    return model.entries[int(np.argmax(sums[:-1]))].label.cause


def _parts(units: Units, given: tuple[int, ...], context: Context) -> list[Part]:
    """All that is worth a look."""
    background = spread.anywhere(units).density
    parts: list[Part] = [*lap.parts(units, given)]
    for shape, refit in ((delay.parts(units), delay.refit), (spread.parts(units), spread.refit)):
        for part in shape:
            for _ in range(2):
                if part.spread == spread.WIDEST or part.family:
                    break
                share = _against(part.density, background)
                if share.sum() < 0.5:
                    break
                part = refit(units, share)
            parts.append(part)
            if part.shape == "delay":
                slots = lap.paced(units, _against(part.density, background), part, given)
                parts += [slots] if slots is not None else []
    return _distinct([*parts, block.part(units, context.loss, context.foreign), block.at_once(units)])


def _distinct(parts: list[Part]) -> list[Part]:
    """Without those that differ in nothing that matters."""
    found = {(p.shape, p.family, f"{p.center:.5g}", f"{p.spread:.2g}", p.more[1]): p for p in parts}
    return list(found.values())


def _against(density: Floats, background: Floats) -> Floats:
    own: Floats = _mix(np.stack([density, background]))[1][0]
    return own


@dataclass(frozen=True, slots=True, kw_only=True)
class _Hall:
    """Where they meet: what is to be explained, and all parts."""

    units: Units
    context: Context
    parts: list[Part]
    background: Floats
    known: dict[tuple[int, ...], tuple[float, Floats, tuple[Seen, ...]]]

    def search(self, labels: Labels) -> Model:
        """The best model found from the best start of each shape."""
        best = self._best((), labels)
        starts: dict[tuple[str, bool], Model] = {}
        ranked: list[tuple[float, int]] = []
        for at, part in enumerate(self.parts):
            top = -math.inf
            for ring in (True, False):
                some = tuple(pair for pair in labels if pair[0] == part.shape and (pair[1].cause in RING) == ring)
                if not some:
                    continue
                model = self._best((at,), some)
                top = max(top, model.score)
                if (part.shape, ring) not in starts or model.score > starts[part.shape, ring].score:
                    starts[part.shape, ring] = model
            ranked.append((top, at))
        ranked.sort(reverse=True)
        few: list[int] = []
        for top, at in ranked:  # the best of each shape: what is hopeless beside the first may explain the rest
            like = sum(self.parts[other].shape == self.parts[at].shape for other in few)
            if like < FEW and top > best.score - START:
                few.append(at)
        top = max((model.score for model in starts.values()), default=best.score)
        for model in starts.values():
            if model.score > top - START:
                best = max(best, self._grown(model, few, labels), key=lambda each: each.score)
        return best

    def _grown(self, begun: Model, few: list[int], labels: Labels) -> Model:
        """Add the part that gains most, while one gains; then see whether each earlier one is still needed."""
        best = begun
        while len(best.entries) < MOST and self._open(best):
            tried = [
                self._best((*best.chosen, at), labels, best.entries)
                for at in few
                if not any(
                    _same(self.parts[at], each.part) or self._one_time(self.parts[at], each) for each in best.entries
                )
            ]
            grown = max(tried, key=lambda each: each.score, default=best)
            if grown.score <= best.score + 1e-9:
                break
            best = grown
            for at in range(len(best.entries) - 1):
                fewer = best.chosen[:at] + best.chosen[at + 1 :]
                model = self._best(fewer, labels, best.entries[:at] + best.entries[at + 1 :])
                if model.score > best.score:
                    best = model
                    break
        return best

    def _one_time(self, part: Part, entry: Entry) -> bool:
        """Whether one of the two is a lap and the other a delay as long as that lap takes: then they explain the same
        copies, and the one is not to take what the other's counts or times miss."""
        laps = [each for each in (part, entry.part) if each.shape == "lap"]
        delays = [each for each in (part, entry.part) if each.shape == "delay"]
        if not (laps and delays):
            return False
        mine = laps[0].density > self.background
        if not mine.any():
            return False
        apart = abs(math.log(median(self.units.time[mine]) / delays[0].center))
        return apart < max(NEAR, 3 * delays[0].spread)

    def _open(self, model: Model) -> bool:
        """Whether there are units that the model places badly: what a further part could gain on."""
        worst = model.share[-1] * 8.0
        for at, entry in enumerate(model.entries):
            worst = worst + model.share[at] * np.minimum(-entry.part.density, 8.0)
        return bool((worst > GAIN).any())

    def _best(self, chosen: tuple[int, ...], labels: Labels, entries: tuple[Entry, ...] = ()) -> Model:
        """The score of these parts together: `entries` are those of the first ones, each other one is under the label
        that suits it best."""
        score, share, sights = self._mixed(chosen)
        found = list(entries)
        for at, place in enumerate(chosen):
            part = self.parts[place]
            fitting = (
                (found[at].label,)
                if at < len(entries)
                else tuple(each for shape, each in labels if shape == part.shape)
            )
            if not fitting:
                return Model(score=-math.inf, entries=(), chosen=(), share=share)
            worths = [worth(label, part, self.units, share[at], sights[at], self.context) for label in fitting]
            most = int(np.argmax(worths))
            score += worths[most]
            if at >= len(entries):
                found.append(Entry(part=part, label=fitting[most]))
        return Model(score=float(score), entries=tuple(found), chosen=chosen, share=share)

    def _mixed(self, chosen: tuple[int, ...]) -> tuple[float, Floats, tuple[Seen, ...]]:
        """Of a mixture of these parts and nothing: its log-likelihood less its freedom, the shares, and what each part
        sees. Remembered, since every label and every rival asks for the same."""
        if chosen in self.known:
            return self.known[chosen]
        densities = np.stack([*(self.parts[at].density for at in chosen), self.background])
        weights, share = _mix(densities)
        mixed = densities + np.log(weights)[:, None]
        top = mixed.max(axis=0)
        score = float((top + np.log(np.exp(mixed - top).sum(axis=0))).sum())
        score -= 0.5 * len(chosen) * math.log(max(len(self.units), 2))
        score += max(len(chosen) - 1, 0) * math.log(priors.TOGETHER)
        left = share[-1]
        score += float(left.sum()) * math.log(0.5) + nothing(self.units, left)
        if not chosen or left.sum() > priors.ODD * len(self.units) + 1:
            score += math.log(priors.BASE["unexplained"])
        sights = tuple(seen(self.parts[at], self.units, share[row]) for row, at in enumerate(chosen))
        self.known[chosen] = score, share, sights
        return self.known[chosen]


def _same(one: Part, other: Part) -> bool:
    """Whether two parts say the same, or so nearly that one is to do: a cause does not come twice at one place."""
    if one.shape != other.shape:
        return False
    if one.shape in ("block", "at-once"):
        return True
    near = abs(math.log(_place(one) / _place(other)))
    return near < max(NEAR, 3 * min(one.spread, other.spread))


def _place(part: Part) -> float:
    """Where most of a part lies: three laps of 5,461 are one of 16,383."""
    laps = int(part.laps[int(np.argmax(part.density))]) if part.laps is not None and len(part.laps) else 1
    return max(part.center * laps, 1.0)


def _mix(densities: Floats) -> tuple[Floats, Floats]:
    """(weights, shares) of a mixture with these densities."""
    parts, count = densities.shape
    weights = np.full(parts, 1 / parts)
    scaled = np.exp(densities - densities.max(axis=0))
    share = scaled * weights[:, None]
    for _ in range(STEPS):
        share = scaled * weights[:, None]
        share /= share.sum(axis=0)
        new = (share.sum(axis=1) + 0.5 / parts) / (count + 0.5)
        if float(np.abs(new - weights).max()) < 1e-3:
            weights = new
            break
        weights = new
    return weights, share
