"""A layout as a Lua dissector for Wireshark and tshark: a table of numbers before dissector.lua, which is the same
for all layouts. Nothing of a layout's texts gets into the program but as a quoted, escaped string.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib.resources import files

from seqcheck.kernel.border import BY_DIVISION, BY_STEP, FROM_LEAST, PLAIN
from seqcheck.layout.model import HERE, Digits, Layout, Match, Move, Pieces, Stamp, Word
from seqcheck.layout.program import rule, with_fields
from seqcheck.layout.written import write

_STREAM, _TIME = "stream", "time"
RULES = {PLAIN: "plain", BY_STEP: "step", BY_DIVISION: "division", FROM_LEAST: "least"}


def dissector(layout: Layout) -> str:
    """The whole program. UsageError for `content`, which has no fields."""
    with_fields(layout)
    head = [
        f"-- Wireshark dissector for the seqcheck layout {_comment(layout.name or 'custom')}",
        f"-- {_comment(write(layout))}",
        "-- Use: tshark -X lua_script:FILE.lua ..., or put FILE.lua into Wireshark's folder of personal Lua plugins.",
        "",
        *table(layout),
        "",
    ]
    return "\n".join(head) + files("seqcheck.layout").joinpath("dissector.lua").read_text("utf-8")


def table(layout: Layout) -> Iterator[str]:
    """LAYOUT, line by line."""
    yield "local LAYOUT = {"
    yield f"  name = {_string(name(layout))}, title = {_string(layout.name or 'custom')},"
    yield f"  anchor = {_string(layout.anchor)}, selector = {'nil' if layout.selector is None else layout.selector},"
    yield f"  ports = {{ {', '.join(f'{{ {low}, {high} }}' for low, high in layout.ports)} }},"
    yield f"  modulus = {_wide(layout.counted) if layout.counted else 'nil'}, timed = {_truth(bool(layout.times))},"
    kind, shift, by = rule(layout)
    yield f"  rule = {_string(RULES[kind])}, shift = {shift}, by = {_wide(by)},"
    yield "  moves = {"
    yield from (f"    {_move(move)}," for move in layout.moves)
    yield "  },"
    yield "  each = {"
    yield from (f"    {_move(part)}," for part in layout.each)
    yield f"  }}, in_record = {_truth(bool(layout.each) and not layout.moves)},"
    yield "  matches = {"
    yield from (f"    {_match(match)}," for match in layout.matches)
    yield "  },"
    yield "  fields = {"
    yield from (f"    {line}," for line in _fields(layout))
    yield "  },"
    yield "}"


def name(layout: Layout) -> str:
    """What the filter fields are called behind `seqcheck.`: the layout's name in letters, digits and underscores."""
    return re.sub(r"[^a-z0-9]+", "_", (layout.name or "custom").lower()).strip("_") or "custom"


def _fields(layout: Layout) -> Iterator[str]:
    several = len(layout.streams) > 1
    for number, stream in enumerate(layout.streams, 1):
        label = f"{_STREAM}{number}" if several else _STREAM
        title = f"Stream {number}" if several else "Stream"
        if isinstance(stream, Digits):
            yield _element(label, title, stream, name=True)
        else:
            yield _field(label, title, stream, "needed = true")
    if isinstance(layout.seq, Digits) and layout.seq.kind == "ber":
        yield _element("seq", "Sequence number", layout.seq, name=False)
    elif isinstance(layout.seq, Digits):
        yield _digits(layout.seq)
    elif isinstance(layout.seq, Pieces):
        yield _pieces(layout.seq)
    else:
        yield _field("seq", "Sequence number", layout.seq, "needed = true, seq = true")
    if isinstance(layout.covers, Word):
        yield _field("covers", "Numbers that it covers", layout.covers, "needed = true")
    for number, stamp in enumerate(layout.times, 1):
        unit = f"unit = {_string(stamp.unit)}, {_guard(stamp)}"
        yield _field(f"{_TIME}{number}", f"Sender's time, {stamp.unit}", stamp.word, unit)
    for label, title, stamped in (("slot", "Slot", layout.slot), ("buf", "Buffer", layout.buf)):
        if stamped:
            yield _field(label, title, stamped.word, _guard(stamped))


def _field(label: str, title: str, word: Word, more: str) -> str:
    return f"{{ name = {_string(label)}, title = {_string(title)}, {_word(word)}, shift = {word.shift}, {more} }}"


def _digits(seq: Digits) -> str:
    where = f"digits = {_string(seq.kind)}, {_offset(seq.offset)}, width = {seq.size}, label = {_string(seq.label)}"
    return f'{{ name = "seq", title = "Sequence number", {where}, shift = 0, when = nil, needed = true, seq = true }}'


def _element(label: str, title: str, one: Digits, *, name: bool) -> str:
    """The content of a BER element."""
    more = "shift = 0, when = nil, needed = true" + ("" if name else ", seq = true")
    return (
        f"{{ name = {_string(label)}, title = {_string(title)}, tag = {one.tag}, label = {_truth(name)}, {more},"
        f" hex = {_truth(name)} }}"
    )


def _move(move: Move) -> str:
    if move.amount is None:
        return f"{{ into = {move.into} }}"
    amount = move.amount
    word = f"{{ {_word(amount.word)}, shift = {amount.word.shift} }}" if amount.word else "nil"
    when = f"{{ {_word(move.when)} }}" if move.when else "nil"
    until = f"{{ {_word(move.until.word)}, value = {_wide(move.until.value or 0)} }}" if move.until else "nil"
    return (
        f"{{ plus = {amount.plus}, times = {amount.times}, whole = {amount.whole}, word = {word}, when = {when},"
        f" sought = {until} }}"
    )


def _offset(offset: int) -> str:
    """From the payload, or from where the moves lead."""
    return f"at = {offset - HERE}, here = true" if offset >= HERE else f"at = {offset}"


def _pieces(seq: Pieces) -> str:
    """Each with how far those before it are above it."""
    pieces = ", ".join(
        f"{{ {_word(word)}, shift = {word.shift}, bits = {word.top.bit_length()} }}" for word in seq.words
    )
    return (
        f'{{ name = "seq", title = "Sequence number", pieces = {{ {pieces} }}, shift = 0, when = nil, needed = true,'
        " seq = true }"
    )


def _guard(stamp: Stamp) -> str:
    return f"when = {{ {_word(stamp.when)} }}" if stamp.when else "when = nil"


def _match(match: Match) -> str:
    value = "nil" if match.value is None else _wide(match.value)
    return f"{{ {_word(match.word)}, value = {value}, equal = {_truth(match.equal)} }}"


def _word(word: Word) -> str:
    return f"{_offset(word.offset)}, width = {word.width}, big = {_truth(word.big)}, mask = {_wide(word.mask)}"


def _wide(value: int) -> str:
    """64 bits as two halves, the lower one first, since Lua's numbers hold 53."""
    return f"{{ {value & 0xFFFFFFFF:#x}, {value >> 32:#x} }}"


def _truth(value: bool) -> str:
    return "true" if value else "false"


def _string(text: str) -> str:
    """A Lua string of the bytes of `text`."""
    return '"' + "".join(chr(b) if 32 <= b < 127 and b not in b'"\\' else f"\\{b:03d}" for b in text.encode()) + '"'


def _comment(text: str) -> str:
    """Printable ASCII in one line."""
    return "".join(character if " " <= character <= "~" else "?" for character in text)
