"""Points -> Way: each analyzed, compared, and reported."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from itertools import pairwise

import numpy as np

from ..dataclass import dataclass
from ..engine.session import Source
from ..errors import InputError
from ..kernel.border import total
from ..layout import Layout, resolve
from ..model import Verdict
from ..model.located import Delay, Findings, Matched, PointSeen, Segment, Way, WayStream
from ..report import limited
from . import paths, words
from .clocks import delay
from .compared import Compared, compare
from .copies import NOWHERE
from .judged import judge
from .points import Observed, Point
from .rounds import Rounds
from .sums import Pair, Sums, Tally

LISTED = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """`layout` as for analyze; `listed` findings of each kind; `one_clock`: the time stamps are all by one clock."""

    layout: str | Layout | None = None
    listed: int = LISTED
    one_clock: bool = False


def locate(points: Mapping[str, Sequence[Source]], asked: Asked, ready: Callable[[], None] | None = None) -> Way:
    """What arose where, by the captures of each point, in the order of the path; `ready` is called when all of them are
    open. InputError if nothing can be compared."""
    layout = resolve(asked.layout) if isinstance(asked.layout, str) else asked.layout
    observed: list[Observed] = []
    rounds = Rounds()
    with ExitStack() as stack:
        opened = []
        for name, captures in points.items():
            closing = stack.enter_context(ExitStack())
            opened.append((Point(name, captures, closing), closing))
        if ready is not None:
            ready()
        for point, closing in opened:
            with closing:
                observed.append(point.observe(layout, rounds))
            layout = observed[0].layout
    return tell(observed, asked)


def tell(observed: Sequence[Observed], asked: Asked) -> Way:
    """The points, compared."""
    _of_one_path(observed)
    compared = compare(observed)
    recounted = any(compared.recounted)
    if not any(compared.laid) and not recounted:
        names = ", ".join(point.name for point in observed)
        raise InputError(
            f"{names}: no stream appears at more than one of these points",
            hint="Were they captured at the same time, from the same traffic? Use --layout to say where the number is.",
        )
    sums = Sums(compared, asked.listed)
    apart, ways = paths.separate(compared), None
    if apart:
        sums.missed = [0] * len(observed)  # what came on the other path only is not missed here
        ways = paths.delivered(compared, one_clock=asked.one_clock)
        statement = words.paths([observed[at].name for at in paths.order(observed)], ways)
    else:
        statement = words.whole(_by_place(compared, sums), all_judged=not recounted)
    first = observed[0].report
    hidden = [f"{point.name}: {said}" for point in observed for said in limited.hidden(point.report.limits)]
    return Way(
        seqcheck=first.seqcheck,
        layout=first.layout,
        statement=statement,
        points=tuple(_point(compared, sums, at) for at in range(len(observed))),
        segments=() if apart else tuple(_segments(compared, sums, asked)),
        redundancy=ways,
        streams=tuple(_streams(compared)),
        findings=_findings(sums, apart=apart),
        caveats=(*_caveats(compared, sums), *hidden),
        hidden=bool(hidden) or recounted,
    )


def _findings(sums: Sums, *, apart: bool) -> Findings:
    """Of two redundant paths, only what came on neither."""
    listed = tuple(each for each in sums.listed if not apart or (each.kind == "lost" and each.after is None))
    return Findings(listed=listed, complete=sums.complete, edge=sums.edge)


def _of_one_path(points: Sequence[Observed]) -> None:
    """InputError if there are more than two, and two of them are on different redundant paths."""
    saw = {told: point.name for point in reversed(points) if (told := paths.path(point)) is not None}
    if len(points) > 2 and len(saw) > 1:
        raise InputError(
            f"{saw['A']} saw redundant path A only, and {saw['B']} path B: neither is behind the other",
            hint="Give the points of one path, or one point of each path to see what came on which.",
        )


def _caveats(compared: Compared, sums: Sums) -> Iterator[str]:
    points = compared.points
    alone = {
        point.name: count
        for at, point in enumerate(points)
        if (count := sum(group.at == (at,) for group in compared.groups))
    }
    unlaid = sum(
        len(group.at) > 1 and len(laid) < len(group.at) and not odd
        for group, laid, odd in zip(compared.groups, compared.laid, compared.recounted, strict=True)
    )
    numbered = [point.numbered for point in points if point.numbered]
    by_time = sum(len(each.by_time) for each in numbered)
    rolled = any(each.by_time for laid in compared.laid for each in laid.values())
    yield from words.caveats(alone, sums.edge, by_time=rolled or by_time > 0, unlaid=unlaid)
    for at, point in enumerate(points):
        if count := sum(at in odd for odd in compared.recounted):
            yield words.recounted(point.name, count)
    if numbered:
        turn, doubtful = points[0].layout.counted, sum(len(each.doubtful) for each in numbered)
        renumbered = any(
            int(point.findings.streams["duplicates"].sum()) != point.report.duplicates.total
            or total(point.findings.streams["missing"]) != point.report.gaps.missing
            for point in points
        )
        yield from words.rounds(turn, by_time=by_time, doubtful=doubtful, renumbered=renumbered)


def _shared(compared: Compared, pair: Pair) -> list[int]:
    """The streams that both points saw."""
    return [number for number, laid in enumerate(compared.laid) if pair[0] in laid and pair[1] in laid]


def _received(compared: Compared, groups: Sequence[int], at: int) -> int:
    streams = [stream for each in groups if (stream := compared.groups[each].streams[at]) is not None]
    return int(compared.points[at].findings.streams["received"][streams].sum()) if streams else 0


def _counts(compared: Compared, sums: Sums, pair: Pair) -> tuple[words.Counts, Verdict | None]:
    """Of a pair, with what the copies point at."""
    tally = sums.pairs.get(pair) or Tally()
    by_cause: Mapping[str, int] = {}
    verdict = None
    if tally.doubled:
        rows, new = (np.concatenate(column) for column in zip(*tally.rows, strict=True))
        by_cause, verdict = judge(compared, pair, rows, new)
    counts = words.Counts(
        lost=tally.lost, unsure=_unsure(compared, sums, pair, tally.lost), doubled=tally.doubled,
        lost_copies=tally.lost_copies, late=tally.late, by_cause=by_cause,
    )  # fmt: skip
    return counts, verdict


def _unsure(compared: Compared, sums: Sums, pair: Pair, lost: int) -> int:
    """How many of the numbers lost on the way to a point may have come by it unseen: what its capture dropped, or,
    where later points show how much it misses, that share of what was lost behind it."""
    after, at = pair
    if not lost or after == NOWHERE:
        return 0
    missed, behind = sums.missed[at], sum(each.lost for other, each in sums.pairs.items() if other[0] == at)
    if missed:
        seen = _received(compared, [n for n, laid in enumerate(compared.laid) if at in laid], at)
        return min(lost, math.ceil(behind * missed / max(seen, 1)))
    if at == len(compared.points) - 1:
        point = compared.points[at]
        return min(lost, (point.report.capture.dropped or 0) * point.sample.most)
    return 0


def _places(compared: Compared, sums: Sums) -> list[Pair]:
    """What was before the first point, each segment, and wider spans where anything arose."""
    count = len(compared.points)
    pairs = {(NOWHERE, 0), *((at - 1, at) for at in range(1, count))}
    for laid in compared.laid:
        pairs |= {*pairwise(sorted(laid))}
    pairs |= {*sums.pairs}
    return sorted(pairs, key=lambda pair: (pair[1], -pair[0]) if pair[0] != NOWHERE else (pair[1], count))


def _by_place(compared: Compared, sums: Sums) -> list[tuple[str, words.Counts]]:
    names = [point.name for point in compared.points]
    found = []
    for pair in _places(compared, sums):
        tally = sums.pairs.get(pair) or Tally()
        where = words.between(None if pair[0] == NOWHERE else names[pair[0]], names[pair[1]], first=pair[1] == 0)
        found.append((where, words.Counts(lost=tally.lost, doubled=tally.doubled, by_cause={})))
    return found


def _segments(compared: Compared, sums: Sums, asked: Asked) -> list[Segment]:
    names = [point.name for point in compared.points]
    made = []
    for pair in _places(compared, sums):
        after, at = pair
        counts, verdict = _counts(compared, sums, pair)
        name = None if after == NOWHERE else names[after]
        groups = (
            _shared(compared, pair) if after != NOWHERE else [n for n, laid in enumerate(compared.laid) if at in laid]
        )
        made.append(
            Segment(
                after=name,
                at=names[at],
                streams=len(groups),
                frames_in=_received(compared, groups, after) if after != NOWHERE else _received(compared, groups, at),
                frames_out=_received(compared, groups, at),
                lost=counts.lost,
                unsure=counts.unsure,
                doubled=counts.doubled,
                lost_copies=counts.lost_copies,
                late=counts.late,
                by_cause=counts.by_cause,
                verdict=verdict,
                delay=_delay(compared, pair, asked),
                statement=words.segment(name, names[at], counts, first=at == 0),
            )
        )
    return made


def _delay(compared: Compared, pair: Pair, asked: Asked) -> Delay | None:
    found = compared.fits.get(pair)
    return None if found is None else delay(found, absolute=asked.one_clock)


def _point(compared: Compared, sums: Sums, at: int) -> PointSeen:
    point = compared.points[at]
    report, state = point.report, point.findings.streams
    blind = sum(
        len(laid) > 1 and at not in laid and at not in odd
        for laid, odd in zip(compared.laid, compared.recounted, strict=True)
    )
    found = compared.fits.get((0, at))
    received = int(state["received"].sum())
    remarks = tuple(
        words.remarks(
            words.Sighted(
                capture=report.capture, skipped=report.records.skipped, limits=report.limits, missed=sums.missed[at],
                received=received, blind=blind,
            )
        )
    )  # fmt: skip
    return PointSeen(
        name=point.name,
        capture=report.capture,
        streams=len(report.streams),
        received=received,
        duplicates=int(state["duplicates"].sum()),
        missing=total(state["missing"]),
        late=int(state["late"].sum()),
        restarts=int(state["restarts"].sum()),
        missed=sums.missed[at],
        blind=blind,
        sight="part" if remarks else "whole",
        remarks=remarks,
        verdict=report.verdict,
        clock=words.clock(point.name, compared.points[0].name, found) if found else None,
    )


def _streams(compared: Compared) -> list[WayStream]:
    made = []
    for number, (group, laid) in enumerate(zip(compared.groups, compared.laid, strict=True)):
        streams = [
            None if stream is None else point.report.streams[stream]
            for stream, point in zip(group.streams, compared.points, strict=True)
        ]
        matched: Matched = "none" if len(laid) < 2 else "numbers" if group.by_numbers else "key"
        made.append(
            WayStream(
                id=number,
                keys=tuple(None if each is None else each.key for each in streams),
                received=tuple(None if each is None else each.received for each in streams),
                matched=matched,
            )
        )
    return made
