"""Hypothesis strategies for layouts."""

from __future__ import annotations

from hypothesis import strategies as st

from seqcheck.layout.model import ANCHORS, BITS, KEYS, NTP, SELECTORS, UNITS, Layout, Match, Pieces, Stamp, Word


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


PORTS = st.lists(st.tuples(st.integers(1, 65535), st.integers(1, 65535)), min_size=1, max_size=8)


@st.composite
def pieces(draw: st.DrawFn) -> Pieces:
    """A number in two to four words, of 64 bits at most."""
    return Pieces(words=tuple(draw(st.lists(words(bits=(8, 16), solid=True), min_size=2, max_size=4))))


@st.composite
def counts(draw: st.DrawFn, modulus: int) -> tuple[int, int]:
    """A step and a least value that go with the modulus: one of them, if any."""
    span = modulus or 1 << 64
    divisors = [step for step in (2, 3, 5, 30, 160, 1000, 4096) if step < span and span % step == 0 and span > step]
    powers = [step for step in (3, 6, 30, 160, 1001) if span & (span - 1) == 0 and 2 * step < span]
    return draw(st.sampled_from([(1, 0), *((step, 0) for step in divisors + powers), *[(1, 1)] * (span > 3)]))


@st.composite
def layouts(draw: st.DrawFn) -> Layout:
    """Any layout that can be."""
    anchor = draw(st.sampled_from(ANCHORS))
    selector = None
    if anchor in SELECTORS:
        _, low, high, _ = SELECTORS[anchor]
        selector = draw(st.none() | st.integers(low, high))
    seq = draw(words().filter(lambda word: word.top > 1) | pieces())
    moduli = st.integers(2, min(seq.top + 1, (1 << 64) - 1))
    modulus = draw(st.just(-1) | moduli if seq.solid else moduli)
    step, least = draw(counts((seq.top + 1) % (1 << 64) if modulus == -1 else modulus))
    ports = draw(PORTS) if anchor in ("udp", "tcp") and selector is None and draw(st.booleans()) else []
    return Layout(
        anchor=anchor,
        selector=selector,
        ports=tuple(ports),
        seq=seq,
        modulus=modulus if not least or modulus == -1 else max(modulus - least, 2),
        step=step,
        least=least,
        key=draw(st.sampled_from(KEYS)),
        streams=tuple(draw(st.lists(words(), max_size=8))),
        matches=tuple(draw(st.lists(matches(), max_size=8))),
        times=tuple(draw(st.lists(times(), max_size=4))),
        slot=draw(st.none() | stamps()),
        buf=draw(st.none() | stamps()),
    )
