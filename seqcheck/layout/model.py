"""What a layout is: where the header lies in a frame and how its fields read.

A layout is made by `spec.parse`, by `files.load`, or by hand; whatever makes it, what cannot be is refused here with a
UsageError. No I/O, no NumPy. Offsets count bytes from the anchor's payload, negative ones from its end.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import gcd

from seqcheck.dataclass import dataclass, field
from seqcheck.errors import UsageError
from seqcheck.layout.words import (
    BITS,
    DIGITS,
    FULL,
    HERE,
    MAX_OFFSET,
    MAX_PIECES,
    NTP,
    UNITS,
    Amount,
    Digits,
    Match,
    Move,
    Pieces,
    Sets,
    Stamp,
    Word,
    listed,
)

__all__ = [
    "ANCHORS", "BITS", "DIGITS", "FULL", "HERE", "KEYS", "MAX_EACH", "MAX_MATCHES", "MAX_MOVES", "MAX_OFFSET",
    "MAX_PIECES", "MAX_PORTS", "MAX_STREAMS", "MAX_TIMES", "MOST_COVERED", "NTP", "PORTED", "SELECTORS", "UNITS",
    "Amount", "Digits", "Layout", "Match", "Move", "Pieces", "Sets", "Stamp", "Word", "check_selector",
    "natural_modulus",
]  # fmt: skip

ANCHORS = ("frame", "eth", "ip", "udp", "tcp")
# What a selector may be, and how it is written: name for messages, lowest, highest, hexadecimal digits (0: decimal).
SELECTORS = {
    "eth": ("ethertype", 0x0600, 0xFFFF, 4),
    "ip": ("protocol", 0, 255, 0),
    "udp": ("port", 1, 65535, 0),
    "tcp": ("port", 1, 65535, 0),
}
KEYS = ("all", "hosts", "source", "none")  # what of addresses and ports tells streams apart; hosts: no ports
MAX_MATCHES = MAX_STREAMS = 8
MAX_TIMES = 4
MAX_MOVES = 6
MAX_EACH = 4
MAX_PORTS = 32  # ranges
PORTED = ("udp", "tcp")
MOST_COVERED = 2048  # numbers that one frame may cover
LARGEST_EACH = 65_535


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """A header. `modulus` is the number of values the counter has, 0 for 2**64 and -1 for "what the word allows", which
    is replaced by it. `ports` are ranges of ports (first and last), in place of a selector. `step`: how far the value
    moves from one number to the next. `least`: the value that follows the last one, where that is not 0; `modulus` is
    then still the number of values. `covers`: how many numbers a record covers, starting with its own. `each`: amounts
    whose sum is how many bytes after a record the next one in the same frame starts; none: there is only one. `moves`:
    how to get to the place that offsets from HERE on count from, in their order, from the payload's first byte on.
    `times` add up. `redundant`: sent over two ways on purpose (PRP, HSR, ST 2022-7, A/B feeds). `content`: there is no
    number, frames are told apart by their bytes (layout/content.py), and no other field means anything. `description`
    and `source` are for people and make no difference."""

    anchor: str
    seq: Word | Digits | Pieces
    selector: int | None = None
    ports: tuple[tuple[int, int], ...] = ()
    modulus: int = -1
    step: int = 1
    least: int = 0
    covers: Word | Sets | None = None
    each: tuple[Move, ...] = ()
    key: str = "all"
    moves: tuple[Move, ...] = ()
    streams: tuple[Word | Digits, ...] = ()
    matches: tuple[Match, ...] = ()
    times: tuple[Stamp, ...] = ()
    slot: Stamp | None = None
    buf: Stamp | None = None
    content: bool = False
    redundant: bool = field(default=False, compare=False)
    name: str = field(default="", compare=False)
    description: str = field(default="", compare=False)
    source: str = field(default="", compare=False)

    def __post_init__(self) -> None:
        if self.anchor not in ANCHORS:
            raise UsageError(f"no such anchor: {self.anchor!r}", hint=f"It may be {listed(ANCHORS)}.")
        check_selector(self.anchor, self.selector)
        object.__setattr__(self, "ports", _ordered(self.ports))
        self._check_ports()
        if self.key not in KEYS:
            raise UsageError(f"no such key: {self.key!r}", hint=f"It may be {listed(KEYS)}.")
        if not 0 <= self.least < self.seq.top:
            raise UsageError(f"a count from {self.least}", hint=f"It may begin at 0 to {self.seq.top - 1}.")
        if self.modulus == -1:
            object.__setattr__(self, "modulus", natural_modulus(self.seq, self.least))
        span = self.seq.top + 1 - self.least
        if (self.modulus and not 2 <= self.modulus <= span) or (self.modulus == 0 and span < 1 << 64):
            raise UsageError(
                f"the modulus {self.modulus} does not fit the sequence word", hint=f"It may be 2 to {span}."
            )
        self._check_step()
        self._check_several()
        self._check_places()
        limits = (
            (self.streams, MAX_STREAMS, "stream"), (self.matches, MAX_MATCHES, "magic"),
            (self.times, MAX_TIMES, "time"), (self.moves, MAX_MOVES, "move"), (self.each, MAX_EACH, "each"),
        )  # fmt: skip
        for many, most, role in limits:
            if len(many) > most:
                raise UsageError(f"{len(many)} {role} fields", hint=f"There may be {most}.")
        for stamp in self.times:
            if not stamp.unit:
                raise UsageError("a time without a unit", hint=f"It may be {listed((*UNITS, NTP))}.")
        if any(stamp and stamp.unit for stamp in (self.slot, self.buf)):
            raise UsageError("only a time can have a unit")

    def _check_ports(self) -> None:
        """One port is the selector; several are ranges, in ascending order, without overlap."""
        if not self.ports:
            return
        if self.anchor not in PORTED or self.selector is not None:
            raise UsageError("ranges of ports, and no ports to select")
        if len(self.ports) > MAX_PORTS:
            raise UsageError(f"{len(self.ports)} ranges of ports", hint=f"There may be {MAX_PORTS}.")
        for port in (port for bounds in self.ports for port in bounds):
            check_selector(self.anchor, port)
        if len(self.ports) == 1 and self.ports[0][0] == self.ports[0][1]:
            object.__setattr__(self, "selector", self.ports[0][0])
            object.__setattr__(self, "ports", ())

    def _check_step(self) -> None:
        span = self.modulus or FULL
        if self.step == 1:
            return
        if not 2 <= self.step < span:
            raise UsageError(f"a step of {self.step}", hint=f"It may be 1 to {span - 1}.")
        if self.least:
            raise UsageError("a step, and a count that does not begin with 0", hint="A layout may have one of them.")
        if span & (span - 1) and span % self.step:
            raise UsageError(
                f"steps of {self.step} never return to their start within {span} values",
                hint="The modulus may be a multiple of the step, or a power of two.",
            )
        if self.counted == 1:
            raise UsageError(f"steps of {self.step} in {span} values leave no number")

    def _check_several(self) -> None:
        """What a frame of several records may be."""
        if not self.several:
            return
        if (self.moves and self.covers) or any(isinstance(one, Digits) for one in self.streams):
            raise UsageError("moves or BER elements, and several numbers in a frame", hint="A layout may have one.")
        if self.covers and self.each:
            raise UsageError("a step that is a field, and several records in a frame", hint="A layout may have one.")
        what = "a step that is a field" if self.covers else "several records in a frame"
        if not isinstance(self.seq, Word) or self.modulus != natural_modulus(self.seq) or self.step != 1 or self.least:
            raise UsageError(f"{what}: the number must be one word that counts by one from 0, without a modulus")
        if self.covers:
            return
        if any(part.amount is None or part.until for part in self.each):
            raise UsageError("from a record to the next it is a number of bytes", hint="As in 13+u16be@11.")
        if self.times or self.slot or self.buf:
            raise UsageError(f"{what}, and a time, a slot or a buffer", hint="A layout may have one of them.")
        size = self._constant()
        if size is not None and not 1 <= size <= LARGEST_EACH:
            raise UsageError(f"records of {size} bytes", hint=f"They may have 1 to {LARGEST_EACH}.")
        if self.moves:
            if self.seq.offset < HERE:
                raise UsageError(
                    f"{what}, and a number outside them",
                    hint="They begin where the moves lead: an offset with a plus counts from there.",
                )
            return
        if any(word.offset < 0 or (size is not None and word.offset > size - word.width) for word in self.words()):
            raise UsageError("a field that lies outside a record" + (f" of {size} bytes" if size else ""))
        if any(match.value is None for match in self.matches):
            raise UsageError(f"{what}, and a comparison with the payload's length")

    def _constant(self) -> int | None:
        """The sum of `each`, None if the payload has a say in it."""
        if any(part.amount is None or part.amount.word or part.when for part in self.each):
            return None
        return sum(part.amount.plus for part in self.each if part.amount)

    def _check_places(self) -> None:
        """Places that moves lead to."""
        offsets = [word.offset for word in self.words()]
        offsets += [self.seq.offset] if isinstance(self.seq, Digits) else []
        if not self.moves and any(offset >= HERE for offset in offsets):
            raise UsageError(
                "an offset that counts from where moves lead, and no move", hint="Say where, as in move=12+4*u8@0&0x0f."
            )
        if any(isinstance(one, Digits) and one.kind != "ber" for one in self.streams):
            raise UsageError("a stream field is a word or a BER element")

    @property
    def several(self) -> bool:
        """Whether a frame may hold several records, or none."""
        return bool(self.covers or self.each)

    @property
    def stride(self) -> int:
        """Bytes from a record to the next in the same frame, if that is always the same; otherwise 0."""
        return self._constant() or 0

    @property
    def counted(self) -> int:
        """How many numbers the counter counts, 0 for 2**64: one for each step."""
        span = self.modulus or FULL
        return span // (gcd(self.step, span) if span & (span - 1) == 0 else self.step) % FULL

    def value(self, number: int) -> int:
        """What stands on the wire for a number, of those that have the same (`decode` knows them no longer apart)."""
        if self.least:
            return self.least + (number - self.least) % (self.modulus or FULL)
        return number * self.step % (self.modulus or FULL)

    @property
    def magic_bits(self) -> int:
        """How many bits of a frame the matches fix; `!=` counts as none."""
        return sum(m.word.mask.bit_count() for m in self.matches if m.equal)

    def words(self) -> Iterator[Word]:
        """Every word that the layout reads; a number in digits is none."""
        yield from (match.word for match in self.matches)
        yield from (word for move in (*self.moves, *self.each) for word in move.words())
        yield from (word for word in self.streams if isinstance(word, Word))
        if isinstance(self.seq, Word):
            yield self.seq
        elif isinstance(self.seq, Pieces):
            yield from self.seq.words
        if isinstance(self.covers, Word):
            yield self.covers
        for stamp in (*self.times, self.slot, self.buf):
            if stamp:
                yield stamp.word
                if stamp.when:
                    yield stamp.when


def check_selector(anchor: str, selector: int | None) -> None:
    """UsageError if `anchor` takes no such selector."""
    if selector is None:
        return
    if anchor not in SELECTORS:
        raise UsageError(f"{anchor} takes no selector")
    what, low, high, _ = SELECTORS[anchor]
    if not low <= selector <= high:
        raise UsageError(f"{selector} is not a valid {what}", hint=f"It may be {low} to {high}.")


def natural_modulus(seq: Word | Digits | Pieces, least: int = 0) -> int:
    """The modulus that a sequence number has by itself, 0 for 2**64."""
    if isinstance(seq, Word) and not seq.solid:
        raise UsageError(
            f"the bits of the mask {seq.mask:#x} are not adjacent", hint="Then give the modulus, as in &0xf0f%100."
        )
    return (seq.top + 1 - least) % FULL


def _ordered(ports: tuple[tuple[int, int], ...]) -> tuple[tuple[int, int], ...]:
    """Ranges in order, those that touch or overlap as one."""
    merged: list[tuple[int, int]] = []
    for low, high in sorted((min(bounds), max(bounds)) for bounds in ports):
        if merged and low <= merged[-1][1] + 1:
            merged[-1] = merged[-1][0], max(merged[-1][1], high)
        else:
            merged.append((low, high))
    return tuple(merged)
