"""What is missing, as a value: equal to a set of numbers, for any pages and holes."""

from __future__ import annotations

import time
from itertools import pairwise

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from seqcheck.kernel.border import HOLE, MISSING_PAGE, PAGE
from seqcheck.track.missing import Missing

Place = tuple[int, int]  # stream, epoch


@st.composite
def states(draw: st.DrawFn) -> tuple[Missing, dict[Place, set[int]]]:
    """Pages and holes in a few streams and epochs, and the numbers that they stand for."""
    pages, holes, numbers = list[tuple[int, int, int, bytes]](), list[tuple[int, int, int, int]](), {}
    for place in draw(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2)), max_size=4, unique=True)):
        mine, paged = set[int](), set[int]()
        for page in draw(st.lists(st.integers(-2, 6), max_size=4, unique=True)):
            bits = draw(st.sets(st.integers(0, PAGE - 1), max_size=6) | st.just(set(range(60, 300))))
            word = sum(1 << bit for bit in bits)
            pages.append((*place, page, word.to_bytes(PAGE // 8, "little")))
            mine |= {page * PAGE + bit for bit in bits}
            paged |= set(range(page * PAGE, (page + 1) * PAGE))
        at = 0
        for _ in range(draw(st.integers(0, 2))):
            low = at + draw(st.integers(0, 9_000))
            at = low + draw(st.integers(1, 20_000))
            holes.append((*place, low, at))
            mine |= set(range(low, at)) - paged
        numbers[place] = mine
    table = np.zeros(len(pages), MISSING_PAGE)
    for row, (stream, epoch, page, words) in enumerate(sorted(pages)):
        table[row] = (stream, epoch, page, np.frombuffer(words, "<u8"))
    return Missing(table, np.array(sorted(holes), HOLE)), numbers


@settings(max_examples=150, deadline=None)
@given(states(), st.data())
def test_equals_a_set(state: tuple[Missing, dict[Place, set[int]]], data: st.DataObject) -> None:
    missing, numbers = state
    edges = st.integers(-9_000, 60_000)
    places = [*numbers, (7, 7)]
    asked = data.draw(st.lists(st.tuples(st.sampled_from(places), edges, edges), min_size=1, max_size=8))
    expected = [{n for n in numbers.get(place, ()) if low <= n < high} for place, low, high in asked]
    streams, epochs = zip(*(place for place, _, _ in asked), strict=True)
    _, lows, highs = (np.array(column) for column in zip(*((0, low, high) for _, low, high in asked), strict=True))
    counts = missing.count(np.array(streams), np.array(epochs), lows, highs)
    assert counts.tolist() == [len(one) for one in expected]
    for (place, low, high), one in zip(asked, expected, strict=True):
        stretches = missing(*place, low, high)
        assert {n for start, count in stretches for n in range(start, start + count)} == one
        assert all(start + count < after for (start, count), (after, _) in pairwise(stretches))


def test_a_stretch_of_any_width_costs_no_more_than_a_short_one() -> None:
    missing = Missing(np.zeros(0, MISSING_PAGE), np.array([(0, 0, 10, 1 << 60)], HOLE))
    assert missing(0, 0, 0, 1 << 62) == [(10, (1 << 60) - 10)]
    assert missing.count(*(np.array([n]) for n in (0, 0, 0, 1 << 62))).tolist() == [(1 << 60) - 10]


def test_a_question_costs_a_search_of_a_long_table() -> None:
    holes = np.zeros(1_000_000, HOLE)
    holes["stream"] = np.arange(len(holes)) // 10
    holes["low"] = np.arange(len(holes)) * 100
    holes["high"] = holes["low"] + 10
    missing = Missing(np.zeros(0, MISSING_PAGE), holes)
    asked = [np.array([5_000]), np.array([0]), np.array([0]), np.array([1 << 40])]
    begin = time.process_time()
    assert {missing.count(*asked).item() for _ in range(20)} == {100}
    assert time.process_time() - begin < 1


def test_nothing_is_missing() -> None:
    nothing = Missing(np.zeros(0, MISSING_PAGE), np.zeros(0, HOLE))
    assert nothing(0, 0, 0, 1 << 40) == []
    assert nothing.count(*(np.array([n]) for n in (0, 0, 0, 9))).tolist() == [0]
