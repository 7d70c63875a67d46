"""Layouts of which a frame holds several records: where each lies, and the bytes that lead from each to the next.

All records of a frame are equally long: as long as the layout says, or, if a field of theirs says it, so that they fill
the payload as far as such a field can.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from seqcheck.dataclass import replace
from seqcheck.errors import UsageError
from seqcheck.layout import Layout, Word
from seqcheck.layout.model import HERE, Move
from seqcheck.simulate.moved import held, led, put, write

LONGER = 256  # bytes beyond the fields of a record, among which a length is looked for


@dataclass(frozen=True, slots=True, kw_only=True)
class Chain:
    """The records of a payload: `layouts` that read one each, with fixed places; the places where they end; and
    `front`, the payload with what leads from one to the next."""

    layouts: tuple[Layout, ...]
    ends: tuple[int, ...]
    front: bytes


def chain(layout: Layout, room: int, count: int) -> Chain:
    """`count` records in a payload of at most `room` bytes, or as few more as they need. UsageError if it cannot be."""
    _apart(layout)
    _, here = led(layout, room)
    length = _length(layout, (room - here) // count)
    front, here = led(layout, here + count * length)
    places = [here + number * length for number in range(count)]
    for place in places:
        if not _lead(front, layout, place, length):
            raise _no_length()
    return Chain(
        layouts=tuple(_fixed(layout, place) for place in places),
        ends=tuple(place + length for place in places),
        front=bytes(front),
    )


def _fixed(layout: Layout, place: int) -> Layout:
    """What reads the record at that place alone."""

    def word(one: Word) -> Word:
        return replace(one, offset=_at(layout, one, place))

    return replace(
        layout,
        moves=(),
        each=(),
        seq=word(_word(layout.seq)),
        streams=tuple(word(_word(one)) for one in layout.streams),
        matches=tuple(replace(match, word=word(match.word)) for match in layout.matches),
    )


def _word(one: object) -> Word:
    assert isinstance(one, Word)  # of several records in a frame
    return one


def _at(layout: Layout, word: Word, place: int) -> int:
    """Where a word lies that is read for the record at that place."""
    if not layout.moves:
        return place + word.offset
    return place + word.offset - HERE if word.offset >= HERE else word.offset


def _own(layout: Layout) -> Iterator[Word]:
    """The words that lie in a record, from its first byte on."""
    for word in layout.words():
        if not layout.moves or word.offset >= HERE:
            yield replace(word, offset=_at(layout, word, 0))


def _apart(layout: Layout) -> None:
    """UsageError if what says how long a record is lies in its number or its stream."""
    lengths = [word for move in layout.each for word in move.words()]
    for one in (layout.seq, *layout.streams[:1]):
        word = _word(one)
        for length in lengths:
            if word.offset < length.offset + length.width and length.offset < word.offset + word.width:
                raise _no_length()


def _no_length() -> UsageError:
    return UsageError(
        "the simulator cannot write several records of this layout: no length leads from one to the next",
        hint="The field that each= reads may not overlap the number or the stream.",
    )


def _length(layout: Layout, room: int) -> int:
    """Of a record: the longest that fits into `room` bytes, or else the shortest that has room for all fields."""
    if layout.stride:
        return layout.stride
    least = max(word.offset + word.width for word in _own(layout))
    lengths: list[int] = [*range(room, least - 1, -1), *range(least, least + LONGER)]
    for length in lengths:
        if _lead(bytearray(length), layout, 0, length):
            return length
    raise _no_length()


def _lead(front: bytearray, layout: Layout, place: int, length: int) -> bool:
    """Put what makes a record there, and its length, as far as a field says it; whether that leads to the next one."""
    for match in layout.matches:
        if match.equal and match.value is not None and (not layout.moves or match.word.offset >= HERE):
            put(front, replace(match, word=replace(match.word, offset=_at(layout, match.word, place))))
    says = sorted(
        (part for part in layout.each if part.amount and part.amount.word), key=lambda part: part.when is not None
    )
    if says:
        _say(front, layout, says[0], (place, length))
    return _sum(front, layout, layout.each, place) == length


def _say(front: bytearray, layout: Layout, part: Move, record: tuple[int, int]) -> None:
    """Let the word of this amount make the record as long as asked for, all others being as they are."""
    place, length = record
    amount = part.amount
    assert amount is not None
    assert amount.word is not None
    rest = _sum(front, layout, [one for one in layout.each if one is not part], place)
    value = max(length - rest - amount.plus, 0) // amount.times
    if value <= amount.word.top:
        word = replace(amount.word, offset=_at(layout, amount.word, place))
        old = int.from_bytes(held(front, word), "big" if word.big else "little")
        new = old & ~word.mask | value << word.shift
        write(front, word.offset, new.to_bytes(word.width, "big" if word.big else "little"))


def _sum(front: bytearray, layout: Layout, parts: Sequence[Move], place: int) -> int:
    """How many bytes these amounts are for the record there."""

    def value(word: Word) -> int:
        raw = held(front, replace(word, offset=_at(layout, word, place)))
        return (int.from_bytes(raw, "big" if word.big else "little") & word.mask) >> word.shift

    total = 0
    for part in parts:
        amount = part.amount
        assert amount is not None
        if part.when and not value(part.when):
            continue
        on = amount.plus + (amount.times * value(amount.word) if amount.word else 0)
        total += on + (-on % amount.whole if amount.whole else 0)
    return total
