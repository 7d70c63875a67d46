"""What is found along the way, in sentences. Nothing else makes any; every function takes counts and adds nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from ..dataclass import dataclass
from ..model import Capture, Reached, Redundancy
from ..model.located import Clock
from ..report.limited import UNSEEN, hidden
from ..report.reasons import ways
from ..report.words import agree, listed, percent, plural, time
from .clocks import Fit

MOST = 6  # clauses of a statement
MILLION = 1e6
ALREADY = "already "  # what begins the place of what the first point saw


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """Of a segment; `reached` is False for what was before the first point, `by_cause` of the new copies."""

    lost: int = 0
    unsure: int = 0
    doubled: int = 0
    lost_copies: int = 0
    late: int = 0
    by_cause: Mapping[str, int]


def between(after: str | None, at: str, *, first: bool) -> str:
    """Where something arose."""
    if after is None:
        return f"{ALREADY}at {at}" if first else f"at {at} or before"
    return f"between {after} and {at}"


def segment(after: str | None, at: str, counts: Counts, *, first: bool) -> str:
    """What a segment did, in one sentence."""
    where = between(after, at, first=first)
    said = list(_clauses(counts, after))
    if not said:
        return f"Nothing was wrong {where}." if after is None else f"Nothing arose {where}."
    return f"{where[:1].upper()}{where[1:]}: {listed(tuple(said), MOST)}."


def _clauses(counts: Counts, after: str | None) -> Iterator[str]:
    if counts.lost:
        unsure = f" (up to {counts.unsure:,} of them perhaps later)" if counts.unsure and after is not None else ""
        verb = "missing" if after is None else "lost"
        yield f"{plural(counts.lost, 'number')} {agree(counts.lost, 'is', 'are')} {verb}{unsure}"
    if counts.doubled:
        causes = ", ".join(f"{name} {count:,}" for name, count in counts.by_cause.items())
        appear = "" if after is None else agree(counts.doubled, " first appears", " first appear")
        yield f"{plural(counts.doubled, 'copy')}{appear}" + (f" ({causes})" if causes else "")
    if counts.lost_copies:
        was = agree(counts.lost_copies, "was", "were")
        yield f"{plural(counts.lost_copies, 'copy')} of numbers that came through {was} lost"
    if counts.late:
        yield f"{plural(counts.late, 'number')} {agree(counts.late, 'is', 'are')} late"


def whole(told: Sequence[tuple[str, Counts]], *, all_judged: bool) -> str:
    """The statement over all: where copies first appear, and where numbers were lost. `told` are places and counts."""
    copies = [(where, each.doubled) for where, each in told if each.doubled]
    losses = [(where, each.lost) for where, each in told if each.lost]
    said = [
        _shared(copies, "copy", ("first appears", "first appear"), "there"),
        _shared(losses, "number", ("went missing", "went missing"), "missing"),
    ]
    if any(said):
        return " ".join(each for each in said if each)
    far = "" if all_judged else ", as far as that could be judged"
    return f"No number came twice, and none was lost along the way{far}."


def paths(names: Sequence[str], found: Redundancy) -> str:
    """The statement over two points that are on two redundant paths; `names` are those on A and on B."""
    return " ".join((f"{names[0]} is on redundant path A, {names[1]} on path B.", *ways(found)))


def _shared(found: Sequence[tuple[str, int]], noun: str, verbs: tuple[str, str], state: str) -> str:
    """Where all of a kind arose. `verbs`: what one did, and several did; `state`: what those at the first point are."""
    total = sum(count for _, count in found)
    if not total:
        return ""
    if len(found) > 1:
        places = listed(tuple(f"{count:,} {where}" for where, count in found), MOST)
        return f"{plural(total, noun)} {agree(total, *verbs)}: {places}."
    where = found[0][0]
    every = f"All {plural(total, noun)}" if total > 1 else f"One {noun}"
    if where.startswith(ALREADY):
        return f"{every} {agree(total, 'is', 'are')} already {state} {where.removeprefix(ALREADY)}."
    return f"{every} {agree(total, *verbs)} {where}."


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighted:
    """What tells whether a point saw all that came by."""

    capture: Capture
    skipped: Mapping[str, int]
    limits: Sequence[Reached]
    missed: int
    received: int
    blind: int


def remarks(seen: Sighted) -> Iterator[str]:
    """Why a point saw only part of what came by; none if it saw all, as far as can be told."""
    capture, skipped = seen.capture, seen.skipped
    if seen.missed:
        share = percent(seen.missed / (seen.missed + seen.received))
        yield (
            f"{plural(seen.missed, 'number')} ({share}) did not appear here but did at a later point: its own drops, a "
            "filter, or another path."
        )
    if seen.blind:
        was = agree(seen.blind, "was", "were")
        yield f"{plural(seen.blind, 'stream')} passed other points and {was} not seen here: a filter, or another path."
    if capture.dropped:
        yield f"Its capture says that it dropped {plural(capture.dropped, 'frame')}."
    if skipped.get("cut"):
        yield f"{plural(skipped['cut'], 'frame')} {agree(skipped['cut'], 'was', 'were')} cut before the number."
    yield from hidden([each for each in seen.limits if each.name in UNSEEN])
    if capture.unread:
        yield f"It was not read to its end: {capture.unread}."


def clock(name: str, first: str, found: Fit) -> Clock:
    """A point's clock beside the first one's."""
    offset, drift, spread = round(found.least), found.slope * MILLION, found.spread * MILLION
    shown = (
        f"it drifts by {drift:+.3g} ± {spread:.3g} ppm" if drift else f"no drift beyond ±{spread:.3g} ppm is visible"
    )
    ahead = "ahead of" if offset >= 0 else "behind"
    return Clock(
        offset_ns=offset,
        drift_ppm=round(drift, 4),
        drift_uncertain_ppm=round(spread, 4),
        uncertain_ns=found.wobble,
        statement=f"The clock of {name} is {time(abs(offset))} {ahead} that of {first} (including the"
        f" delay of the fastest frame); {shown}.",
    )


def caveats(alone: Mapping[str, int], edge: int, *, by_time: bool, unlaid: int) -> Iterator[str]:
    """What was not judged, and why."""
    for name, count in alone.items():
        yield f"{plural(count, 'stream')} {agree(count, 'was', 'were')} seen at {name} only, and not judged."
    if unlaid:
        was = agree(unlaid, "was", "were")
        yield f"{plural(unlaid, 'stream')} had no number in common with another point, and {was} not judged there."
    if edge:
        yield (
            f"{plural(edge, 'number')} came to one point before the capture at another began or after it ended, and"
            f" {agree(edge, 'was', 'were')} not judged there."
        )
    if by_time:
        yield "The counter rolled over: times decided which round is which, so the clocks must agree to half a round."


def recounted(name: str, streams: int) -> str:
    """Of a point whose copies are a restart's numbers at another point."""
    return (
        f"{plural(streams, 'stream')} started over at another point, where numbers came twice at {name}: records out of"
        f" order can hide a restart. {agree(streams, 'It was', 'They were')} not judged at {name}."
    )


def rounds(turn: int, *, by_time: int, doubtful: int, renumbered: bool) -> Iterator[str]:
    """What contents told of a counter of `turn` values, and what they did not: of streams that times placed, and of
    those that are doubtful. `renumbered`: a point's counts are not those of its capture alone."""
    if renumbered:
        yield (
            f"The counter has only {turn} values. Contents told its rounds apart, so these counts are right where an"
            " analysis of a single capture is not."
        )
    if by_time:
        yield (
            f"Contents did not tell the rounds of {plural(by_time, 'stream')}: a loss of {turn // 2} numbers in a row"
            " or more may not show there."
        )
    if doubtful:
        yield (
            f"Numbers and contents of {plural(doubtful, 'stream')} contradict each other, as if one point had missed"
            f" {turn // 2} numbers in a row that another saw: the counts may be wrong by whole rounds."
        )
