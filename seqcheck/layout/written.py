"""A layout as a spec (spec.py reads it): `parse(write(layout)) == layout` for every layout."""

from __future__ import annotations

from collections.abc import Sequence

from seqcheck.layout.model import (
    HERE,
    KEYS,
    SELECTORS,
    Digits,
    Layout,
    Match,
    Move,
    Pieces,
    Sets,
    Stamp,
    Word,
    natural_modulus,
)

LENGTH = "len"  # what stands for the length that a match must equal


def write(layout: Layout) -> str:
    """The canonical spec of a layout."""
    if layout.content:
        return layout.name
    words = [write_anchor(layout)]
    words += [f"magic={write_match(match)}" for match in layout.matches]
    words += [f"move={write_move(move)}" for move in layout.moves]
    words += [f"stream={write_stream(stream)}" for stream in layout.streams]
    words += [f"key={layout.key}"] if layout.key != KEYS[0] else []
    words.append(f"seq={write_seq(layout)}")
    words += [f"{role}={number}" for role, number in write_count(layout)]
    words += [f"each={write_move(part)}" for part in layout.each]
    words += [f"time={write_stamp(stamp)}" for stamp in layout.times]
    words += [f"{r}={write_stamp(s)}" for r, s in (("slot", layout.slot), ("buf", layout.buf)) if s]
    return " ".join(words)


def write_count(layout: Layout) -> list[tuple[str, str]]:
    """How the number counts, where that is not by one from 0 on."""
    numbers = (("step", layout.step, 1), ("from", layout.least, 0))
    found = [(role, f"{number}") for role, number, usual in numbers if number != usual]
    return [("step", write_covers(layout.covers)), *found] if layout.covers else found


def write_covers(covers: Word | Sets) -> str:
    if isinstance(covers, Word):
        return write_word(covers)
    return f"{'ipfix-last' if covers.last else 'ipfix'}@{covers.offset}"


def write_anchor(layout: Layout) -> str:
    if layout.ports:
        return f"{layout.anchor}:{write_ports(layout.ports)}"
    if layout.selector is None:
        return layout.anchor
    digits = SELECTORS[layout.anchor][3]
    return f"{layout.anchor}:{layout.selector:#0{digits + 2}x}" if digits else f"{layout.anchor}:{layout.selector}"


def write_ports(ports: Sequence[tuple[int, int]]) -> str:
    """5000,5002-5010."""
    return ",".join(f"{low}" if low == high else f"{low}-{high}" for low, high in ports)


def write_word(word: Word) -> str:
    order = "" if word.bits == 8 else "be" if word.big else "le"
    mask = "" if word.mask == word.full else f"&{word.mask:#x}"
    return f"u{word.bits}{order}@{write_offset(word.offset)}{mask}"


def write_offset(offset: int) -> str:
    """4, -4, or +4 from where the moves lead."""
    return f"+{offset - HERE}" if offset >= HERE else f"{offset}"


def write_stream(stream: Word | Digits) -> str:
    return write_digits(stream) if isinstance(stream, Digits) else write_word(stream)


def write_move(move: Move) -> str:
    """12+4*u8@0&0xf?u8@0&0x10, or ber:0x61."""
    if not move.amount:
        return f"ber:{move.into:#x}"
    amount = move.amount
    parts = [f"{amount.plus}"] if amount.plus else []
    if amount.word:
        times, whole = f"{amount.times}*" if amount.times != 1 else "", f"/{amount.whole}" if amount.whole else ""
        parts.append(f"{times}{write_word(amount.word)}{whole}")
    condition = f":{write_match(move.until)}" if move.until else f"?{write_word(move.when)}" if move.when else ""
    return "+".join(parts) + condition


def write_match(match: Match) -> str:
    value = LENGTH if match.value is None else f"{match.value:#x}" if match.value > 9 else f"{match.value}"
    return f"{write_word(match.word)}{'==' if match.equal else '!='}{value}"


def write_seq(layout: Layout) -> str:
    seq = layout.seq
    natural = (isinstance(seq, Digits) or seq.solid) and layout.modulus == natural_modulus(seq, layout.least)
    place = write_place(seq)
    return place + ("" if natural else f"%{layout.modulus}")


def write_place(seq: Word | Digits | Pieces) -> str:
    """Where the number is."""
    if isinstance(seq, Digits):
        return write_digits(seq)
    return ":".join(map(write_word, seq.words)) if isinstance(seq, Pieces) else write_word(seq)


def write_digits(seq: Digits) -> str:
    if seq.kind == "ber":
        return f"ber@{seq.tag:#x}"
    quote = "'" if '"' in seq.label else '"'
    place = f"{quote}{seq.label}{quote}" if seq.label else write_offset(seq.offset)
    return f"{seq.kind}@{place}{f'+{seq.size}' if seq.size else ''}"


def write_stamp(stamp: Stamp) -> str:
    unit = f":{stamp.unit}" if stamp.unit else ""
    return write_word(stamp.word) + unit + (f"?{write_word(stamp.when)}" if stamp.when else "")
