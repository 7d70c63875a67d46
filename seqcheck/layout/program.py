"""A layout as the numbers that the kernel's decode runs: matches first, then streams, then the sequence.

Only those three roles go in: slot, buffer and time stamps are read for evidence alone, and by `decode`.
"""

from __future__ import annotations

import numpy as np

from seqcheck.kernel.border import (
    A_ETH,
    A_FRAME,
    A_IP,
    A_TCP,
    A_UDP,
    BCD,
    EQ,
    EQ_LENGTH,
    FIELD,
    HEX,
    K_ALL,
    K_HOSTS,
    K_NONE,
    K_SOURCE,
    LABEL,
    MATCH,
    NE,
    SEQ,
    STREAM,
    TEXT,
    Program,
)
from seqcheck.layout.model import Digits, Layout, Match, Word

KEY = {"all": K_ALL, "hosts": K_HOSTS, "source": K_SOURCE, "none": K_NONE}
ANCHOR = {"frame": A_FRAME, "eth": A_ETH, "ip": A_IP, "udp": A_UDP, "tcp": A_TCP}

OPS = {"text": TEXT, "hex": HEX, "bcd": BCD}

Row = tuple[int, int, int, int, int, int, int, int]  # the columns of FIELD


def compile(layout: Layout) -> Program:
    """The program that finds this layout's records."""
    rows = [_match(match) for match in layout.matches]
    rows += [_word(STREAM, word) for word in layout.streams]
    rows += _digits(layout.seq) if isinstance(layout.seq, Digits) else [_word(SEQ, layout.seq)]
    return Program(
        anchor=ANCHOR[layout.anchor],
        selector=-1 if layout.selector is None else layout.selector,
        fields=np.array(rows, FIELD),
        modulus=layout.modulus,
        key=KEY[layout.key],
    )


def _digits(seq: Digits) -> list[Row]:
    """The label, 16 bytes a row, and the number."""
    label = seq.label.encode("ascii")
    pieces = [label[at : at + 16] for at in range(0, len(label), 16)]
    rows: list[Row] = []
    for piece in pieces:
        low, high = (int.from_bytes(piece[at : at + 8], "little") for at in (0, 8))
        rows.append((LABEL, len(piece), False, EQ, 0, 0, high, low))
    return [*rows, (SEQ, seq.size, False, OPS[seq.kind], 0, seq.offset, 0, 0)]


def _word(role: int, word: Word) -> Row:
    return role, word.width, word.big, EQ, word.shift, word.offset, word.mask, 0


def _match(match: Match) -> Row:
    op = EQ_LENGTH if match.value is None else EQ if match.equal else NE
    word = match.word
    return MATCH, word.width, word.big, op, 0, word.offset, word.mask, match.value or 0
