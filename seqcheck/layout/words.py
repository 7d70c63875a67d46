"""What the fields of a layout are made of: words, numbers in digits and in pieces, comparisons, stamps, and moves to a
place that the payload itself tells.

Whatever makes them, what cannot be is refused here with a UsageError. No I/O, no NumPy. Offsets count bytes from the
anchor's payload, negative ones from its end; those from HERE on (`@+4` in a spec is HERE + 4) from where the layout's
moves lead.
"""

from __future__ import annotations

from seqcheck.dataclass import dataclass
from seqcheck.errors import UsageError

BITS = (8, 16, 24, 32, 48, 64)
UNITS = {"ns": 1, "us": 1_000, "ms": 1_000_000, "s": 1_000_000_000}  # in nanoseconds
NTP = "ntp"  # 32 bits of seconds since 1900 and 32 bits of fraction (RFC 5905)
MAX_OFFSET = 262_144
HERE = 1 << 24  # as in kernel.border
DIGITS = {
    "text": 20,
    "hex": 16,
    "bcd": 10,
    "varint": 10,
    "ber": 9,
}  # how a number is written, and the most bytes that it may take
MAX_LABEL = 32
MAX_PIECES = 4
FULL = 1 << 64
MOST_TIMES = 0xFFFF
MULTIBYTE = 0x1F  # tags whose lowest five bits are these go on in the next byte


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """Some bits of the payload. The value is (word & mask) shifted right by the mask's trailing zeros; a mask of 0
    stands for all bits and is replaced by them."""

    bits: int
    offset: int
    big: bool = True
    mask: int = 0

    def __post_init__(self) -> None:
        if self.bits not in BITS:
            raise UsageError(f"a word of {self.bits} bits", hint=f"It may have {listed(BITS)}.")
        if not self.mask:
            object.__setattr__(self, "mask", self.full)
        if self.mask > self.full:
            raise UsageError(f"the mask {self.mask:#x} is wider than {self.bits} bits")
        check_offset(self.offset)
        if self.offset < 0 and self.offset + self.width > 0:
            raise UsageError(
                f"{self.width} bytes at offset {self.offset} reach beyond the end",
                hint=f"The last place is {-self.width}.",
            )
        if self.bits == 8:  # one byte has no order; one way to say it
            object.__setattr__(self, "big", True)

    @property
    def width(self) -> int:
        """Bytes."""
        return self.bits // 8

    @property
    def full(self) -> int:
        return (1 << self.bits) - 1

    @property
    def shift(self) -> int:
        return (self.mask & -self.mask).bit_length() - 1

    @property
    def top(self) -> int:
        """The largest value."""
        return self.mask >> self.shift

    @property
    def solid(self) -> bool:
        """Whether the mask's bits are neighbours."""
        return self.top & (self.top + 1) == 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Digits:
    """A number that is written in digits: decimal (`text`) or hexadecimal (`hex`) text, `bcd`, or a `varint`. It stands
    at `offset`, or after the first `label`; and takes `size` bytes, 0: as many as there are digits. Or it is the
    content of a BER element (`ber`): of the first one with this `tag` from where the layout's moves lead."""

    kind: str
    offset: int = 0
    size: int = 0
    label: str = ""
    tag: int = 0

    def __post_init__(self) -> None:
        if self.kind not in DIGITS:
            raise UsageError(f"no such digits: {self.kind!r}", hint=f"They may be {listed(tuple(DIGITS))}.")
        if self.kind == "ber":
            if self.offset or self.size or self.label:
                raise UsageError("a BER element has a tag alone", hint="As in ber@0x86.")
            check_tag(self.tag)
            return
        if self.tag:
            raise UsageError(f"{self.kind} with a tag", hint="Only BER elements have one.")
        if not 0 <= self.size <= DIGITS[self.kind]:
            raise UsageError(f"{self.kind} of {self.size} bytes", hint=f"It may have up to {DIGITS[self.kind]}.")
        if self.kind == "bcd" and not self.size:
            raise UsageError("bcd without a size", hint="Give its size in bytes, as in bcd@4+4.")
        if self.kind == "varint" and self.size:
            raise UsageError("a varint with a size", hint="A varint ends by itself; write varint@4.")
        check_offset(self.offset)
        if self.offset < 0 and self.offset + max(self.size, 1) > 0:
            raise UsageError(f"offset {self.offset} is out of range", hint=f"It may be up to {MAX_OFFSET} either way.")
        if self.label and self.offset:
            raise UsageError(
                "a label and an offset", hint="A label is always searched from the first byte of the payload."
            )
        if len(self.label) > MAX_LABEL or not all(" " <= each <= "~" for each in self.label):
            raise UsageError(
                f"the label {self.label!r} is too long, or not printable ASCII", hint=f"It may have {MAX_LABEL} bytes."
            )
        if '"' in self.label and "'" in self.label:
            raise UsageError("a label with both kinds of quotes", hint="Part of the text before the number is enough.")

    @property
    def width(self) -> int:
        """Bytes, 0 if that varies."""
        return self.size

    @property
    def top(self) -> int:
        """The largest value."""
        if self.kind == "ber":
            return FULL - 1
        base, each = (16, 1) if self.kind == "hex" else (10, 2 if self.kind == "bcd" else 1)
        return min(base ** (each * self.size), 1 << 64) - 1 if self.size else (1 << 64) - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Pieces:
    """A number whose bits are in several words, the highest ones in the first."""

    words: tuple[Word, ...]

    def __post_init__(self) -> None:
        if not 2 <= len(self.words) <= MAX_PIECES:
            raise UsageError(f"a number in {len(self.words)} pieces", hint=f"It may have 2 to {MAX_PIECES}.")
        for word in self.words:
            if not word.solid:
                raise UsageError(f"the bits of the mask {word.mask:#x} are not adjacent")
        if self.top >= FULL:
            raise UsageError(f"pieces of {self.top.bit_length()} bits", hint="A number may have 64.")

    @property
    def top(self) -> int:
        """The largest value."""
        return (1 << sum(word.top.bit_length() for word in self.words)) - 1

    @property
    def solid(self) -> bool:
        return True


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """A condition that makes a frame a record: `word & mask` equals `value` (or, if not `equal`, differs from it), not
    shifted. A `value` of None stands for the length of the payload in bytes."""

    word: Word
    value: int | None
    equal: bool = True

    def __post_init__(self) -> None:
        if self.value is None and not self.equal:
            raise UsageError("a word can be compared with len by == only")
        if self.value is not None and self.value & ~self.word.mask:
            raise UsageError(f"{self.value:#x} has bits outside {self.word.mask:#x}, so the comparison can never hold")


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamp:
    """A field that only evidence reads: the sender's slot or buffer index, or a time in `unit`. With `when` it counts
    only where that word is not zero."""

    word: Word
    unit: str = ""
    when: Word | None = None

    def __post_init__(self) -> None:
        if self.unit == NTP and self.word.bits != 64:
            raise UsageError("an ntp time has 64 bits")
        if self.unit and self.unit != NTP and self.unit not in UNITS:
            raise UsageError(f"no such unit: {self.unit!r}", hint=f"It may be {listed((*UNITS, NTP))}.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Amount:
    """So many bytes: `plus`, and `times` what the word says; rounded up to a multiple of `whole`, if that is not 0."""

    plus: int = 0
    word: Word | None = None
    times: int = 1
    whole: int = 0

    def __post_init__(self) -> None:
        if not 0 <= self.plus <= MAX_OFFSET:
            raise UsageError(f"a move by {self.plus} bytes", hint=f"It may be up to {MAX_OFFSET}.")
        if not 1 <= self.times <= MOST_TIMES or self.whole == 1 or not 0 <= self.whole <= MOST_TIMES:
            raise UsageError("a factor or a multiple out of range", hint=f"They may be 2 to {MOST_TIMES}.")
        if not self.word and (self.times != 1 or self.whole or not self.plus):
            raise UsageError("a move without a word, and without a number of bytes")
        if self.word and not self.word.solid:
            raise UsageError(f"the bits of the mask {self.word.mask:#x} are not adjacent")


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """A step towards the place that offsets with a plus count from. On by an `amount`; that only where `when` is not
    zero, or again and again until `until` holds. Or `into` the first BER element with this tag, over its header."""

    amount: Amount | None = None
    when: Word | None = None
    until: Match | None = None
    into: int | None = None

    def __post_init__(self) -> None:
        if (self.amount is None) == (self.into is None):
            raise UsageError("a move that is neither an amount nor into an element")
        if self.into is not None:
            check_tag(self.into)
        if (self.when or self.until) and (self.into is not None or (self.when and self.until)):
            raise UsageError("a move with more than one condition")
        if self.until and (not self.until.equal or self.until.value is None):
            raise UsageError("a move goes on until a word is equal to a number")

    def words(self) -> list[Word]:
        """The words that it looks at."""
        until = self.until.word if self.until else None
        return [word for word in (self.amount.word if self.amount else None, self.when, until) if word]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sets:
    """How many data records an IPFIX message holds, whose sets begin at `offset` (layout/sets.py). With `last` its
    number is that of the last of them, not of the first, and records by options templates do not count."""

    offset: int
    last: bool = False

    def __post_init__(self) -> None:
        if not 0 <= self.offset <= MAX_OFFSET:
            raise UsageError(f"sets at offset {self.offset}", hint=f"They may begin at 0 to {MAX_OFFSET}.")


def check_offset(offset: int) -> None:
    """UsageError if no field can be there."""
    if abs(offset) > MAX_OFFSET and not HERE <= offset <= HERE + MAX_OFFSET:
        raise UsageError(f"offset {offset} is out of range", hint=f"It may be up to {MAX_OFFSET} either way.")


def check_tag(tag: int) -> None:
    """UsageError if no BER element of the language has it."""
    if not 0 <= tag <= 0xFF or tag & MULTIBYTE == MULTIBYTE:
        raise UsageError(f"the tag {tag:#x} has more than one byte", hint="It may be 0 to 0xfe, as in ber:0x61.")


def listed(values: tuple[object, ...]) -> str:
    """a, b or c."""
    return f"{', '.join(map(str, values[:-1]))} or {values[-1]}"
