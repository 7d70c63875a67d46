"""Numbers that are made of what is in the frame: of several pieces, or by a rule (border.Program.rule)."""

from __future__ import annotations

from typing import Any

from seqcheck.kernel.border import BY_DIVISION, BY_STEP, FROM_LEAST, PIECE, PLAIN, SEQ, Program
from seqcheck.serial import FULL, span


def is_made(program: Program) -> bool:
    """Whether the number is not simply the one word, or the digits, that the frame holds."""
    return program.rule[0] != PLAIN or any(row["role"] == SEQ and row["op"] == PIECE for row in program.fields)


def shift_of(row: Any) -> int:
    """How far the pieces before this one are above it: as far as it has bits."""
    return int(row["value"]) if row["op"] == PIECE else 0


def number_of(program: Program, value: int) -> int | None:
    """The number that the value of the SEQ fields stands for; None if it stands for none."""
    kind, shift, by = program.rule
    modulus = span(program.modulus)
    value %= FULL
    if kind == BY_STEP:
        return (value >> shift) * by % modulus if value >> shift < modulus else None
    if kind == BY_DIVISION:
        value //= by
    if kind == FROM_LEAST:
        return value % modulus if by <= value < by + modulus else None
    return value if value < modulus else None
