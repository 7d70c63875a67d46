"""Hypothesis strategies for layouts."""

from __future__ import annotations

from hypothesis import strategies as st

from seqcheck.layout.model import ANCHORS, BITS, KEYS, NTP, SELECTORS, UNITS, Layout, Match, Stamp, Word


@st.composite
def words(draw: st.DrawFn, *, bits: tuple[int, ...] = BITS, solid: bool = False, trailers: bool = True) -> Word:
    """Any word; with `solid` its mask has no holes, without `trailers` it counts from the front."""
    size = draw(st.sampled_from(bits))
    low = draw(st.integers(0, size - 1))
    mask = ((1 << draw(st.integers(1, size - low))) - 1) << low
    if not solid:
        mask = draw(st.one_of(st.just(mask), st.integers(1, (1 << size) - 1)))
    front = st.integers(0, 40) if not trailers else st.one_of(st.integers(0, 40), st.integers(-60, -size // 8))
    return Word(bits=size, offset=draw(front), big=draw(st.booleans()), mask=draw(st.sampled_from([0, mask])))


@st.composite
def matches(draw: st.DrawFn) -> Match:
    word = draw(words())
    if draw(st.integers(0, 3)) == 0:
        return Match(word=word, value=None)
    return Match(word=word, value=draw(st.integers(0, word.mask)) & word.mask, equal=draw(st.booleans()))


@st.composite
def stamps(draw: st.DrawFn) -> Stamp:
    return Stamp(word=draw(words()), when=draw(st.none() | words()))


@st.composite
def times(draw: st.DrawFn) -> Stamp:
    unit = draw(st.sampled_from([*UNITS, NTP]))
    word = draw(words(bits=(64,) if unit == NTP else BITS))
    return Stamp(word=word, unit=unit, when=draw(st.none() | words()))


@st.composite
def layouts(draw: st.DrawFn) -> Layout:
    """Any layout that can be."""
    anchor = draw(st.sampled_from(ANCHORS))
    selector = None
    if anchor in SELECTORS:
        _, low, high, _ = SELECTORS[anchor]
        selector = draw(st.none() | st.integers(low, high))
    seq = draw(words().filter(lambda word: word.top > 1))
    moduli = st.integers(2, min(seq.top + 1, (1 << 64) - 1))
    return Layout(
        anchor=anchor,
        selector=selector,
        seq=seq,
        modulus=draw(st.just(-1) | moduli if seq.solid else moduli),
        key=draw(st.sampled_from(KEYS)),
        streams=tuple(draw(st.lists(words(), max_size=8))),
        matches=tuple(draw(st.lists(matches(), max_size=8))),
        times=tuple(draw(st.lists(times(), max_size=4))),
        slot=draw(st.none() | stamps()),
        buf=draw(st.none() | stamps()),
    )
