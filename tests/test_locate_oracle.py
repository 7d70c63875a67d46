"""`locate` against the oracle: ways of two to four points on which records are lost, copied, delayed and missed by the
captures themselves, with restarts and wraps, addresses that change, and captures that begin late and end early."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from typing import NamedTuple

from hypothesis import Phase, assume, given, settings
from hypothesis import strategies as st
from oracle import epoch as told
from way_oracle import Number, Pair, truth
from ways import BEGIN, LAYOUT, MODULUS, SEVERAL, STEP, capture, observed, packed, record

from seqcheck.locate.run import Asked, tell
from seqcheck.model.located import Way

CLEAN = 44  # records with which an epoch begins and ends, so that it is known for what it is
NAMES = ("sender", "switch", "router", "receiver")


class Traffic(NamedTuple):
    """What each point captured, with its time in steps and its clock's offset; the numbers that epochs begin with; and
    how many records the frames of each point hold, in turns."""

    points: list[list[tuple[int, Number]]]
    offsets: list[int]
    bases: dict[tuple[int, int], int]
    sports: list[int]
    ran: bool
    sizes: list[list[int]]


def inner(order: list[Number], at: int) -> bool:
    """Whether the record at this place is far from both ends of its epoch, and nothing around it is out of order."""
    stream, epoch, _ = order[at]
    mine = [place for place, each in enumerate(order) if each[:2] == (stream, epoch)]
    rank = mine.index(at)
    return CLEAN <= rank < len(mine) - CLEAN


@st.composite
def traffic(draw: st.DrawFn) -> Traffic:
    """Records in the order of the sender, and what became of them hop by hop."""
    streams = draw(st.integers(1, 2))
    order: list[Number] = []
    parts = {
        stream: [
            (stream, epoch, x)
            for epoch in range(draw(st.integers(1, 2)))
            for x in range(draw(st.integers(3 * CLEAN, 5 * CLEAN)))
        ]
        for stream in range(streams)
    }
    while any(parts.values()):
        stream = draw(st.sampled_from([stream for stream, left in parts.items() if left]))
        take = draw(st.integers(20, 200))
        order += parts[stream][:take]
        parts[stream] = parts[stream][take:]
    bases = {key: draw(st.sampled_from([0, 7, MODULUS - 50, MODULUS // 2])) for key in {each[:2] for each in order}}
    for stream in range(streams):  # a restart has to go back to be one
        if (stream, 1) in bases:
            bases[stream, 0], bases[stream, 1] = 1000, draw(st.sampled_from([0, 3]))
    passing = [(at, number) for at, number in enumerate(order)]
    points = []
    for _ in range(draw(st.integers(2, 4))):
        for _ in range(draw(st.integers(0, 5))):
            passing = fault(draw, passing)
        seen = list(passing)
        for _ in range(draw(st.integers(0, 2))):  # the capture's own drops
            at = draw(st.integers(0, len(seen) - 1))
            if inner([number for _, number in seen], at):
                del seen[at : at + draw(st.integers(1, 3))]
        points.append(seen)
    blind = draw(st.sampled_from([None, None, *range(len(points))]))
    if blind is not None and streams > 1 and len(points) > 2:  # a filter lets only the other stream through
        points[blind] = [each for each in points[blind] if each[1][0] == 0]
    ran = streams > 1 or draw(st.booleans())  # frames of another stream tell that a capture ran on
    if not ran:
        points = [cut(draw, each) for each in points]
    for point in points:
        for key in {number[:2] for _, number in point}:
            mine = [number[2] for _, number in point if number[:2] == key]
            found = told([x - mine[0] for x in mine])
            assume(not found.early and not found.outliers and min(mine) == mine[0])
    offsets = [0, *(draw(st.integers(-(10**9), 10**9)) for _ in points[1:])]
    sports = [draw(st.sampled_from([5, 6])) for _ in points]
    one = draw(st.booleans())
    sizes = [[1] if one else draw(st.lists(st.integers(1, 7), min_size=1, max_size=3)) for _ in points]
    return Traffic(points, offsets, bases, sports, ran, sizes)


def fault(draw: st.DrawFn, passing: list[tuple[int, Number]]) -> list[tuple[int, Number]]:
    """What passes, after one thing more has gone wrong."""
    order = [number for _, number in passing]
    at = draw(st.integers(0, len(order) - 1))
    if not inner(order, at):
        return passing
    match draw(st.sampled_from(["lose", "copy", "copies", "late"])):
        case "lose":
            del order[at : at + draw(st.integers(1, 5))]
        case "copy":
            back = [each for each in order[max(0, at - 60) : at] if each[:2] == order[at][:2]]
            order.insert(at, draw(st.sampled_from(back)))
        case "copies":
            order[at:at] = [order[at]] * draw(st.integers(1, 2))
        case "late":
            order.insert(min(len(order), at + draw(st.integers(2, 12))), order.pop(at))
    return list(enumerate(order))


def cut(draw: st.DrawFn, seen: list[tuple[int, Number]]) -> list[tuple[int, Number]]:
    """A capture that begins late or ends early, by so little that no stream loses its first or last epoch."""
    low, high = draw(st.integers(0, 3)), draw(st.integers(0, 3))
    return seen[low : len(seen) - high]


def analyzed(drawn: Traffic) -> Way:
    def numbered(number: Number) -> bytes:
        stream, epoch, x = number
        return record(stream, (drawn.bases[stream, epoch] + x) % MODULUS)

    captures = {}
    for name, point, offset, sport, sizes in zip(
        NAMES[-len(drawn.points) :], drawn.points, drawn.offsets, drawn.sports, drawn.sizes, strict=True
    ):
        records = [(BEGIN + 10**10 + offset + at * STEP, numbered(number)) for at, number in point]
        captures[name] = capture(list(packed(records, sizes, sport=sport)), guard=drawn.ran)
    layout = SEVERAL if any(size > 1 for each in drawn.sizes for size in each) else LAYOUT
    return tell(observed(captures, layout), Asked(listed=10_000))


@settings(max_examples=50, deadline=None, phases=set(Phase) - {Phase.shrink})
@given(traffic())
def test_equals_the_oracle(drawn: Traffic) -> None:
    way = analyzed(drawn)
    true = truth([[number for _, number in point] for point in drawn.points], ran=drawn.ran)
    names = [point.name for point in way.points]

    def by_pair(field: str) -> Counter[Pair]:
        return +Counter(
            {
                (None if each.after is None else names.index(each.after), names.index(each.at)): getattr(each, field)
                for each in way.segments
            }
        )

    assert {each.matched for each in way.streams} <= {"key", "numbers"}
    assert [point.blind for point in way.points] == [
        len({number[0] for each in drawn.points for _, number in each}) - len({number[0] for _, number in point})
        for point in drawn.points
    ]
    assert by_pair("lost") == true.lost
    assert by_pair("doubled") == true.doubled
    assert by_pair("lost_copies") == true.lost_copies
    assert by_pair("late") == true.late
    assert [point.missed for point in way.points] == true.missed
    assert way.findings.edge == true.edge
    assert way.findings.complete
    listed: dict[str, Counter[Pair]] = {"lost": Counter(), "duplicate": Counter(), "late": Counter()}
    for each in way.findings.listed:
        pair = (None if each.after is None else names.index(each.after), names.index(each.at))
        listed[each.kind][pair] += each.count
    assert listed == {"lost": true.lost, "duplicate": true.doubled, "late": true.late}
    balanced(way)


def balanced(way: Way) -> None:
    """Between neighbours that saw all that was judged, what goes out is what came in with what happened."""
    neighbours = {*pairwise(point.name for point in way.points)}
    for each in way.segments:
        if (each.after, each.at) not in neighbours or way.findings.edge or sum(point.missed for point in way.points):
            continue
        wider = [one for one in way.segments if one.after is not None and (one.after, one.at) != (each.after, each.at)]
        if any(one.lost or one.doubled for one in wider if one.at != each.at and one.after != each.after):
            continue
        copies = each.doubled - each.lost_copies
        assert each.frames_out >= each.frames_in - each.lost + copies
