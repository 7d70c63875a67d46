"""Layouts whose places the payload itself tells: a payload in which they are as near as can be, and the layout with
fixed places that reads it alike.

Lengths are zero, lists begin with the element that is sought, and BER elements follow one another.
"""

from __future__ import annotations

from seqcheck.dataclass import replace
from seqcheck.layout import Layout, Match, Word
from seqcheck.layout.model import HERE, Digits, Move, Pieces

LONG = 0x82  # the length of a BER element in two bytes after this one
STREAM, NUMBER = 32, 64  # bits of elements


def led(layout: Layout, size: int) -> tuple[bytearray, int]:
    """The first bytes of a payload of `size` bytes, as the layout's moves need them, and where these lead."""
    front = bytearray(max(size, 0))
    for match in layout.matches:
        if layout.moves and match.equal and match.value is not None and match.word.offset < HERE:
            put(front, match)
    here = 0
    for move in layout.moves:
        here = _moved(front, move, here)
    return front, here


def settled(layout: Layout, size: int) -> tuple[Layout, bytes]:
    """The layout with fixed places, and the first bytes of a payload of `size` bytes that lead there."""
    front, here = led(layout, size)
    used = [one for one in (*layout.streams, layout.seq) if isinstance(one, Digits) and one.kind == "ber"]
    at, places = here, {}
    for one in used:
        bits = NUMBER if one is layout.seq else STREAM
        write(front, at, bytes([one.tag, bits // 8]))
        places[one] = Word(bits=bits, offset=at + 2)
        at += 2 + bits // 8

    def word(one: Word) -> Word:
        return replace(one, offset=one.offset - HERE + here) if one.offset >= HERE else one

    def place(one: Word | Digits) -> Word | Digits:
        if isinstance(one, Word):
            return word(one)
        if one.kind == "ber":
            return places[one]
        return replace(one, offset=one.offset - HERE + here) if one.offset >= HERE else one

    seq = layout.seq
    made = replace(
        layout,
        moves=(),
        seq=Pieces(words=tuple(map(word, seq.words))) if isinstance(seq, Pieces) else place(seq),
        streams=tuple(map(place, layout.streams)),
        matches=tuple(replace(match, word=word(match.word)) for match in layout.matches),
        times=tuple(replace(one, word=word(one.word), when=one.when and word(one.when)) for one in layout.times),
        slot=layout.slot and replace(layout.slot, word=word(layout.slot.word)),
        buf=layout.buf and replace(layout.buf, word=word(layout.buf.word)),
    )
    return made, bytes(front)


def _moved(front: bytearray, move: Move, here: int) -> int:
    """Where a move leads; what it looks at is put there."""
    if move.amount is None:
        assert move.into is not None
        length = max(len(front) - here - 4, 0) & 0xFFFF
        write(front, here, bytes([move.into, LONG, length >> 8, length & 0xFF]))
        return here + 4
    if move.until:
        put(front, move.until, here)
        return here
    if move.when and not _value(front, move.when, here):
        return here
    amount = move.amount
    on = amount.plus + (amount.times * _value(front, amount.word, here) if amount.word else 0)
    return here + on + (-on % amount.whole if amount.whole else 0)


def _place(front: bytearray, word: Word, here: int) -> slice:
    at = word.offset - HERE + here if word.offset >= HERE else word.offset % max(len(front), 1)
    return slice(at, at + word.width)


def _value(front: bytearray, word: Word, here: int) -> int:
    return (int.from_bytes(front[_place(front, word, here)], "big" if word.big else "little") & word.mask) >> word.shift


def held(front: bytearray, word: Word, here: int = 0) -> bytes:
    """The bytes of a word, with zeros for what there is no room for."""
    return bytes(front[_place(front, word, here)].ljust(word.width, b"\0"))


def put(front: bytearray, match: Match, here: int = 0) -> None:
    """What a condition asks for."""
    at, word, order = _place(front, match.word, here), match.word, "big" if match.word.big else "little"
    old = int.from_bytes(held(front, word, here), order)  # type: ignore[arg-type]
    new = old & ~word.mask | (match.value or 0)
    write(front, at.start, new.to_bytes(word.width, order))  # type: ignore[arg-type]


def write(front: bytearray, at: int, data: bytes) -> None:
    """As much of it as there is room for; what is short is told where the fields are placed."""
    front[at : at + len(data)] = data[: max(len(front) - at, 0)]
