"""Classic BPF over columns: which frames of a block a compiled filter takes.

All frames go through the program together: each instruction has the rows that came there. Jumps only lead forward,
so one pass is enough. A load beyond what was captured, or a division by zero, turns the frame down. Source:
Linux Documentation/networking/filter.rst; McCanne and Jacobson, The BSD Packet Filter, 1993.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from seqcheck.kernel.border import Frames

Instruction = tuple[int, int, int, int]  # code, jump if true, jump if false, constant
Ints = NDArray[np.int64]
WORD = 0xFFFFFFFF
LD, LDX, ST, STX, ALU, JMP, RET, MISC = range(8)
IMM, ABS, IND, MEM, LEN, MSH = 0x00, 0x20, 0x40, 0x60, 0x80, 0xA0
SIZES = {0x00: 4, 0x08: 2, 0x10: 1}
ADD, SUB, MUL, DIV, OR, AND, LSH, RSH, NEG, MOD, XOR = range(0x00, 0xB0, 0x10)
JA, JEQ, JGT, JGE, JSET = range(0x00, 0x50, 0x10)
BY_X = 0x08  # the operand is X, not the constant
RET_A, TXA = 0x10, 0x80


def matches(program: Sequence[Instruction], frames: Frames, rows: Ints) -> NDArray[np.bool_]:
    """For each of these rows (int64[n]) whether the program takes the frame. ValueError for an instruction that classic
    BPF does not have."""
    machine = _Machine(frames, rows)
    waiting: dict[int, list[Ints]] = {0: [np.arange(len(rows))]}
    for at, (code, yes, no, k) in enumerate(program):
        here = waiting.pop(at, [])
        if not here:
            continue
        who = here[0] if len(here) == 1 else np.concatenate(here)
        if code & 7 == RET:
            machine.taken[who] = machine.a[who] != 0 if code & 0x18 == RET_A else k != 0
        elif code & 7 != JMP:
            waiting.setdefault(at + 1, []).append(machine.step(code, k, who))
        elif code & 0xF0 == JA:
            waiting.setdefault(at + 1 + k, []).append(who)
        else:
            holds = machine.holds(code, k, who)
            for way, part in ((yes, who[holds]), (no, who[~holds])):
                if len(part):
                    waiting.setdefault(at + 1 + way, []).append(part)
    return machine.taken


class _Machine:
    """The registers of every row."""

    def __init__(self, frames: Frames, rows: Ints) -> None:
        self._buf, self._off = frames.buf, frames.off[rows]
        self._cap, self._wire = frames.cap[rows].astype(np.int64), frames.wire[rows].astype(np.int64)
        self.a, self.x = np.zeros(len(rows), np.int64), np.zeros(len(rows), np.int64)
        self._memory: dict[int, Ints] = {}
        self.taken = np.zeros(len(rows), np.bool_)

    def step(self, code: int, k: int, who: Ints) -> Ints:
        """Carry out an instruction that is no jump; the rows that go on."""
        kind = code & 7
        if kind in (LD, LDX):
            who, value = self._load(code, k, who)
            (self.a if kind == LD else self.x)[who] = value
        elif kind in (ST, STX):
            self._cell(k)[who] = (self.a if kind == ST else self.x)[who]
        elif kind == ALU:
            who = self._calculate(code, k, who)
        elif code & 0xF8 == TXA:
            self.a[who] = self.x[who]
        else:
            self.x[who] = self.a[who]
        return who

    def holds(self, code: int, k: int, who: Ints) -> NDArray[np.bool_]:
        """A jump's condition."""
        a, operand = self.a[who], self.x[who] if code & BY_X else np.int64(k)
        found: NDArray[np.bool_]
        match code & 0xF0:
            case 0x10:
                found = a == operand
            case 0x20:
                found = a > operand
            case 0x30:
                found = a >= operand
            case 0x40:
                found = (a & operand) != 0
            case _:
                raise ValueError(f"the instruction {code:#x} is not known")
        return found

    def _load(self, code: int, k: int, who: Ints) -> tuple[Ints, Ints]:
        """The rows for which there is something to load, and what."""
        mode = code & 0xE0
        if mode == IMM:
            return who, np.full(len(who), k, np.int64)
        if mode == LEN:
            return who, self._wire[who]
        if mode == MEM:
            return who, self._cell(k)[who]
        if mode == MSH:
            who, value = self._bytes(np.full(len(who), k, np.int64), 1, who)
            return who, (value & 15) * 4
        if mode not in (ABS, IND) or code & 0x18 not in SIZES:
            raise ValueError(f"the instruction {code:#x} is not known")
        return self._bytes(k + (self.x[who] if mode == IND else np.zeros(len(who), np.int64)), SIZES[code & 0x18], who)

    def _bytes(self, at: Ints, size: int, who: Ints) -> tuple[Ints, Ints]:
        there = at + size <= self._cap[who]
        who, at = who[there], at[there] + self._off[who[there]]
        value = np.zeros(len(who), np.int64)
        for byte in range(size):
            value = (value << 8) | self._buf[at + byte]
        return who, value

    def _calculate(self, code: int, k: int, who: Ints) -> Ints:
        operation = code & 0xF0
        operand = self.x[who] if code & BY_X else np.full(len(who), k, np.int64)
        if operation in (DIV, MOD):
            who, operand = who[operand != 0], operand[operand != 0]
        a = self.a[who]
        match operation:
            case 0x00:
                a = a + operand
            case 0x10:
                a = a - operand
            case 0x20:
                a = a * operand
            case 0x30:
                a = a // operand
            case 0x40:
                a = a | operand
            case 0x50:
                a = a & operand
            case 0x60:
                a = np.where(operand < 32, a << np.minimum(operand, 31), 0)
            case 0x70:
                a = np.where(operand < 32, a >> np.minimum(operand, 31), 0)
            case 0x80:
                a = -a
            case 0x90:
                a = a % operand
            case 0xA0:
                a = a ^ operand
            case _:
                raise ValueError(f"the instruction {code:#x} is not known")
        self.a[who] = a & WORD
        return who

    def _cell(self, k: int) -> Ints:
        return self._memory.setdefault(k, np.zeros(len(self.a), np.int64))
