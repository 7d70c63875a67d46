"""A layout as the numbers that the kernel's decode runs: matches first, then streams, then the sequence.

Only those three roles go in: slot, buffer and time stamps are read for evidence alone, and by `decode`.
"""

from __future__ import annotations

import numpy as np

from seqcheck.dataclass import replace
from seqcheck.errors import UsageError
from seqcheck.kernel.border import (
    A_ETH,
    A_FRAME,
    A_IP,
    A_TCP,
    A_UDP,
    AMOUNT,
    BCD,
    BER,
    BY_DIVISION,
    BY_STEP,
    EACH,
    EQ,
    EQ_LENGTH,
    FIELD,
    FROM_LEAST,
    HEX,
    INTO,
    K_ALL,
    K_HOSTS,
    K_NONE,
    K_SOURCE,
    LABEL,
    MATCH,
    MOVE,
    NE,
    ONLY_IF,
    PIECE,
    PLAIN,
    SEQ,
    STREAM,
    TEXT,
    UNTIL,
    VARINT,
    Program,
)
from seqcheck.layout.model import FULL, HERE, Digits, Layout, Match, Move, Pieces, Word

KEY = {"all": K_ALL, "hosts": K_HOSTS, "source": K_SOURCE, "none": K_NONE}
ANCHOR = {"frame": A_FRAME, "eth": A_ETH, "ip": A_IP, "udp": A_UDP, "tcp": A_TCP}

OPS = {"text": TEXT, "hex": HEX, "bcd": BCD, "varint": VARINT}

# Each frame with a byte is a record of it: what a decoder then says of a frame is its source, and its place there.
EVERY_FRAME = Program(
    anchor=A_FRAME, selector=-1, fields=np.array([(SEQ, 1, 1, EQ, 0, 0, 0xFF, 0)], FIELD), modulus=0, key=K_NONE
)

Row = tuple[int, int, int, int, int, int, int, int]  # the columns of FIELD


def compile(layout: Layout) -> Program:
    """The program that finds this layout's records. UsageError for `content`, which has none."""
    with_fields(layout)
    rows = _front(layout)
    rows += [_stream(stream) for stream in layout.streams]
    rows += _seq(layout.seq)
    rows += [_there(layout.covers)] if isinstance(layout.covers, Word) else []
    rows += [row for part in layout.each for row in _move(part, EACH)]
    if layout.each and not layout.moves:
        rows = [_in_record(row) for row in rows]
    return Program(
        anchor=ANCHOR[layout.anchor],
        selector=-1 if layout.selector is None else layout.selector,
        fields=np.array(rows, FIELD),
        modulus=layout.counted,
        key=KEY[layout.key],
        ports=layout.ports,
        rule=rule(layout),
    )


def _front(layout: Layout) -> list[Row]:
    """Matches and moves: first the matches at fixed places, which rule most strangers out."""
    moved = [match.word.offset >= HERE for match in layout.matches]
    first, last = (
        [_match(match) for match, here in zip(layout.matches, moved, strict=True) if here is which]
        for which in (False, True)
    )
    return first + [row for move in layout.moves for row in _move(move)] + last


def _in_record(row: Row) -> Row:
    """The same field, from where a record begins."""
    role, width, big, op, shift, offset, mask, value = row
    return role, width, big, op, shift, HERE + offset, mask, value


def _move(move: Move, role: int = MOVE) -> list[Row]:
    """A move: what it depends on, and how far it goes."""
    if move.amount is None:
        return [(role, 0, False, INTO, 0, 0, 0, move.into or 0)]
    amount, word = move.amount, move.amount.word
    value = amount.plus | (amount.times if word else 0) << 32 | amount.whole << 48
    place = (word.width, word.big, AMOUNT, word.shift, word.offset, word.mask) if word else (0, False, AMOUNT, 0, 0, 0)
    rows: list[Row] = [(role, *place, value)]
    if move.until:
        _, width, big, _, _, offset, mask, sought = _match(move.until)
        rows.insert(0, (role, width, big, UNTIL, 0, offset, mask, sought))
    if move.when:
        rows.insert(0, (role, move.when.width, move.when.big, ONLY_IF, 0, move.when.offset, move.when.mask, 0))
    return rows


def _stream(stream: Word | Digits) -> Row:
    return _ber(STREAM, stream) if isinstance(stream, Digits) else _word(STREAM, stream)


def _ber(role: int, one: Digits) -> Row:
    return role, 0, False, BER, 0, 0, 0, one.tag


def with_fields(layout: Layout) -> None:
    """UsageError for `content`."""
    if layout.content:
        raise UsageError(
            "the layout content has no fields: it compares all bytes of a frame",
            hint="analyze, live and dedup read it.",
        )


def covering(layout: Layout) -> Program:
    """The program that finds the same frames, and reads how many numbers they cover."""
    assert isinstance(layout.covers, Word)
    words = [word for word in (*layout.streams, layout.seq) if isinstance(word, Word)]
    rows = _front(layout)
    rows += [_there(word) for word in words]
    rows.append(_word(SEQ, layout.covers))
    return replace(compile(layout), fields=np.array(rows, FIELD), modulus=0, key=K_NONE)


def rule(layout: Layout) -> tuple[int, int, int]:
    """How the value makes the number. Steps go round a power of two by the multiplicative inverse of their odd part:
    each of them then is one more, also where the counter rolls over in the middle of one."""
    if layout.least:
        return FROM_LEAST, 0, layout.least
    if layout.step == 1:
        return PLAIN, 0, 0
    span = layout.modulus or FULL
    if span & (span - 1):
        return BY_DIVISION, 0, layout.step
    shift = (layout.step & -layout.step).bit_length() - 1
    return BY_STEP, shift, pow(layout.step >> shift, -1, layout.counted or FULL)


def _seq(seq: Word | Digits | Pieces) -> list[Row]:
    if isinstance(seq, Digits):
        return _digits(seq)
    if isinstance(seq, Word):
        return [_word(SEQ, seq)]
    return [
        (SEQ, word.width, word.big, PIECE, word.shift, word.offset, word.mask, word.top.bit_length())
        for word in seq.words
    ]


def _digits(seq: Digits) -> list[Row]:
    """The label, 16 bytes a row, and the number."""
    if seq.kind == "ber":
        return [_ber(SEQ, seq)]
    label = seq.label.encode("ascii")
    pieces = [label[at : at + 16] for at in range(0, len(label), 16)]
    rows: list[Row] = []
    for piece in pieces:
        low, high = (int.from_bytes(piece[at : at + 8], "little") for at in (0, 8))
        rows.append((LABEL, len(piece), False, EQ, 0, 0, high, low))
    return [*rows, (SEQ, seq.size, False, OPS[seq.kind], 0, seq.offset, 0, 0)]


def _word(role: int, word: Word) -> Row:
    return role, word.width, word.big, EQ, word.shift, word.offset, word.mask, 0


def _there(word: Word) -> Row:
    """It has to be there, and may be anything."""
    return MATCH, word.width, word.big, EQ, 0, word.offset, 0, 0


def _match(match: Match) -> Row:
    op = EQ_LENGTH if match.value is None else EQ if match.equal else NE
    word = match.word
    return MATCH, word.width, word.big, op, 0, word.offset, word.mask, match.value or 0
