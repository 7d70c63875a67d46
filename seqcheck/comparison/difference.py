"""Two summaries -> what is better, what is worse, what is merely different.

Captures differ in length, so counts are judged by their share: `after` is worse if it has more than `before`'s share
would give, rounded up, and better if it has less, rounded down. An unchanged count is the same even if the length
changed a little. If nothing could have been counted before, anything is more. Changes of cause, strength and ring are
reported; they are neither better nor worse. A stream that is only in one of the two is reported, and counts in the
totals. Pure, exact integers.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Literal

from ..dataclass import dataclass
from .summary import FIGURES, Count, StreamSummary, Summary

SCHEMA = "seqcheck.diff/1"
Trend = Literal["worse", "better", "same"]
Presence = Literal["both", "new", "gone"]
NOTHING = Count(count=0, of=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A count before and after."""

    name: str
    before: Count
    after: Count
    trend: Trend


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """A word that is another one now."""

    name: str
    before: str
    after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamChange:
    """A stream with figures that are not the same, or that is only in one report."""

    key: Mapping[str, str | int]
    presence: Presence
    figures: tuple[Figure, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """All of it: `figures` over all streams, `causes` of duplicates, `facts` and `streams` that changed."""

    before: str
    after: str
    figures: tuple[Figure, ...]
    causes: tuple[Figure, ...]
    facts: tuple[Fact, ...]
    streams: tuple[StreamChange, ...]

    @property
    def trend(self) -> Trend:
        """Worse where anything is: a better total does not make up for a worse stream or a new cause."""
        mine = {figure.trend for figure in self.decisive()}
        return "worse" if "worse" in mine else "better" if "better" in mine else "same"

    def decisive(self) -> Iterator[Figure]:
        """The figures that decide."""
        yield from self.figures
        yield from self.causes
        for stream in self.streams:
            if stream.presence == "both":
                yield from stream.figures


def compare(before: Summary, after: Summary) -> Comparison:
    """What changed."""
    return Comparison(
        before=before.name,
        after=after.name,
        figures=figures(before.figures, after.figures),
        causes=causes(before, after),
        facts=tuple(
            Fact(name=name, before=text, after=after.facts[name])
            for name, text in before.facts.items()
            if text != after.facts[name]
        ),
        streams=tuple(streams(before, after)),
    )


def figures(before: Mapping[str, Count], after: Mapping[str, Count]) -> tuple[Figure, ...]:
    """The figures that every report has."""
    return tuple(figure(name, before[name], after[name]) for name in FIGURES)


def causes(before: Summary, after: Summary) -> tuple[Figure, ...]:
    """Duplicates by cause; a cause that is not there has none."""
    names = dict.fromkeys([*before.causes, *after.causes])
    nones = [Count(count=0, of=each.figures["duplicates"].of) for each in (before, after)]
    return tuple(figure(name, before.causes.get(name, nones[0]), after.causes.get(name, nones[1])) for name in names)


def figure(name: str, before: Count, after: Count) -> Figure:
    """A count before and after, judged."""
    return Figure(name=name, before=before, after=after, trend=trend(before, after))


def trend(before: Count, after: Count) -> Trend:
    """Whether `after` has more than its share."""
    if not before.of or not after.of:
        least = most = before.count
    else:
        least, rest = divmod(before.count * after.of, before.of)
        most = least + (rest > 0)
    return "worse" if after.count > most else "better" if after.count < least else "same"


def streams(before: Summary, after: Summary) -> Iterator[StreamChange]:
    """Those that changed, in the order of the reports."""
    for key, one in before.streams.items():
        other = after.streams.get(key)
        if other is None:
            yield StreamChange(key=one.key, presence="gone", figures=found(one, None))
        elif any(figure.trend != "same" for figure in found(one, other)):
            yield StreamChange(key=one.key, presence="both", figures=found(one, other))
    for key, other in after.streams.items():
        if key not in before.streams:
            yield StreamChange(key=other.key, presence="new", figures=found(None, other))


def found(before: StreamSummary | None, after: StreamSummary | None) -> tuple[Figure, ...]:
    """The figures of a stream, as far as it is there."""
    none = dict.fromkeys(FIGURES, NOTHING)
    return figures(before.figures if before else none, after.figures if after else none)
