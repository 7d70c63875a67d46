"""The spec language, `ANCHOR[:SELECTOR] FIELD…`, read (written.py writes it). docs/layouts.md explains it.

An error quotes the word it is about and says what is allowed there.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from seqcheck.errors import UsageError
from seqcheck.layout.model import (
    ANCHORS,
    HERE,
    KEYS,
    MAX_EACH,
    MAX_MATCHES,
    MAX_MOVES,
    MAX_OFFSET,
    MAX_PIECES,
    MAX_PORTS,
    MAX_STREAMS,
    MAX_TIMES,
    NTP,
    PORTED,
    UNITS,
    Amount,
    Digits,
    Layout,
    Match,
    Move,
    Pieces,
    Sets,
    Stamp,
    Word,
    check_selector,
)
from seqcheck.layout.named_fields import replaced
from seqcheck.layout.words import MOST_TIMES
from seqcheck.layout.written import LENGTH

T = TypeVar("T")

NUMBER = r"0[xX][0-9a-fA-F]{1,16}|[0-9]{1,20}"
MAX_TEXT = 4096

_SPEC_WORD = r"""(?:"[^"]*"|'[^']*'|\S)+"""  # blanks within quotes are part of a word
_QUOTED = r"""("[^"]*"|'[^']*')"""
_WORD = re.compile(
    rf"u(?P<bits>[0-9]{{1,3}})(?P<order>[a-z]*)@(?P<offset>[+-]?(?:{NUMBER}))(?:&(?P<mask>{NUMBER}))?", re.ASCII
)
_TYPE = re.compile(r"u[0-9]{1,3}(?:be|le)?", re.ASCII)
_WORD_IS = "TYPE@OFFSET[&MASK]; TYPE is u8, u16be, u16le, u24, u32, u48 or u64 with be or le; numbers decimal or 0x…"
_DIGITS = re.compile(
    rf"(?P<kind>text|hex|bcd|varint)@(?:(?P<label>{_QUOTED})|(?P<offset>[+-]?(?:{NUMBER})))(?:\+(?P<size>[0-9]{{1,3}}))?",
    re.ASCII,
)
_BER = re.compile(rf"ber@(?P<tag>{NUMBER})", re.ASCII)
_SETS = re.compile(rf"ipfix(?P<last>-last)?@(?P<offset>{NUMBER})", re.ASCII)
_AMOUNT = re.compile(
    rf"(?:(?P<plus>{NUMBER})(?:\+|$))?(?:(?:(?P<times>{NUMBER})\*)?(?P<word>u[^/*]+)(?:/(?P<whole>{NUMBER}))?)?",
    re.ASCII,
)
_DIGITS_ARE = 'text, hex, bcd or varint, then @OFFSET or @"LABEL", then optionally +BYTES; or ber@TAG'
SHAPES = {  # what may follow each role's "="
    "seq": f"{_WORD_IS}; or up to {MAX_PIECES} of them, as in u16be@4:u32be@8; or {_DIGITS_ARE};"
    " then optionally %MODULUS",
    "step": f"how far the number moves from one record to the next, as in step=30; or the field that says it: "
    f"{_WORD_IS}; or ipfix@OFFSET, the records in the sets there",
    "from": "the number that follows the last one, if that is not 0, as in from=1",
    "each": "how many bytes after a record the next one in the same frame starts, as in each=188 or each=13+u16be@11,"
    " with optionally ?WORD (only if that is not 0); several are added up",
    "move": "how many bytes to move on, as in move=12+4*u8@0&0x0f, with optionally ?WORD (only if that is not 0) or"
    " :WORD==VALUE (repeated until that holds); or ber:TAG, into that BER element",
    "stream": f"{_WORD_IS}; or ber@TAG",
    "key": f"what else tells streams apart: {', '.join(KEYS)}",
    "magic": f"{_WORD_IS}; then ==VALUE, !=VALUE or =={LENGTH}",
    "time": f"{_WORD_IS}; then :{', :'.join((*UNITS, NTP))}; then optionally ?TYPE@OFFSET[&MASK]",
    "slot": f"{_WORD_IS}; then optionally ?TYPE@OFFSET[&MASK]",
    "buf": f"{_WORD_IS}; then optionally ?TYPE@OFFSET[&MASK]",
}
DESCRIBED = {  # fields that describe the whole header, and give names to its places
    "struct": "a format of Python's module struct, and names: struct=<IHQ:magic,flow,number",
    "scapy": "a scapy Packet class: scapy=MODULE:CLASS",
}
MOST = {"seq": 1, "stream": MAX_STREAMS, "magic": MAX_MATCHES, "time": MAX_TIMES, "slot": 1, "buf": 1, "key": 1,
        "step": 1, "from": 1, "each": MAX_EACH, "move": MAX_MOVES}  # fmt: skip


def parse(text: str, *, name: str = "", description: str = "", source: str = "") -> Layout:
    """The layout that a spec describes. UsageError, pointing at the word that is wrong."""
    if len(text) > MAX_TEXT:
        raise UsageError(f"a layout of {len(text)} characters", hint=f"It may have {MAX_TEXT}.")
    words = re.findall(_SPEC_WORD, text)
    if not words:
        raise UsageError("an empty layout", hint=f"It begins with {', '.join(ANCHORS)}, as in: {EXAMPLE}")
    pairs = [word.partition("=")[::2] for word in words[1:]]
    return build(words[0], pairs, name=name, description=description, source=source)


EXAMPLE = "udp:5000 magic=u32be@0==0x53455143 stream=u32be@4 seq=u64be@8"


def build(anchor: str, pairs: Sequence[tuple[str, str]], **about: str) -> Layout:
    """The layout of an anchor word and (role, value) pairs, the two halves of a spec's words."""
    anchor = anchor.lower()
    kind, selector, ports = _pointing(anchor, _anchor, anchor)
    if any(role.lower() in DESCRIBED for role, _ in pairs):
        pairs = replaced(pairs)
    found: dict[str, list[Any]] = {role: [] for role in SHAPES}
    modulus = -1
    for role, value in ((role.lower(), _lower(value)) for role, value in pairs):
        word = f"{role}={value}"
        if role not in SHAPES:
            raise UsageError(
                f"layout, at {word!r}: unknown field", hint=f"A field begins with {'=, '.join((*SHAPES, *DESCRIBED))}=."
            )
        if len(found[role]) == MOST[role]:
            raise UsageError(f"layout, at {word!r}: too many {role} fields", hint=f"There may be {MOST[role]}.")
        if role == "seq":
            value, modulus = _pointing(word, _modulus, value)
        found[role].append(_pointing(word, READERS[role], value))
    if not found["seq"]:
        alone = "" if pairs else f"A layout of several words is one argument, in quotes: '{anchor} seq=u32be@0'.\n"
        raise UsageError("layout: no seq field", hint=f"{alone}It says where the sequence number is, as in: {EXAMPLE}")
    step = found["step"][0] if found["step"] else 1
    return _pointing(
        f"seq={next(value for role, value in pairs if role.lower() == 'seq')}",
        lambda _: Layout(
            anchor=kind,
            selector=selector,
            ports=ports,
            step=step if isinstance(step, int) else 1,
            covers=step if isinstance(step, (Word, Sets)) else None,
            each=tuple(filter(None, found["each"])),
            least=found["from"][0] if found["from"] else 0,
            seq=found["seq"][0],
            modulus=modulus,
            key=found["key"][0] if found["key"] else KEYS[0],
            moves=tuple(found["move"]),
            streams=tuple(found["stream"]),
            matches=tuple(found["magic"]),
            times=tuple(found["time"]),
            slot=found["slot"][0] if found["slot"] else None,
            buf=found["buf"][0] if found["buf"] else None,
            **about,  # type: ignore[arg-type]  # texts alone; mypy tries them on every field
        ),
        "",
    )


def _lower(value: str) -> str:
    """In small letters, except inside quotes."""
    pieces = re.split(_QUOTED, value)
    return "".join(piece if number % 2 else piece.lower() for number, piece in enumerate(pieces))


def read_number(text: str) -> int | None:
    """A decimal or 0x number; None for anything else."""
    return int(text, 16 if text[:2] in ("0x", "0X") else 10) if re.fullmatch(NUMBER, text, re.ASCII) else None


def _pointing(word: str, make: Callable[[str], T], value: str) -> T:
    """make(value), with `word` put before what it complains about."""
    try:
        return make(value)
    except UsageError as error:
        role = word.partition("=")[0]
        allowed = f"After {role}= comes {SHAPES[role]}." if role in SHAPES else ""
        raise UsageError(f"layout, at {word!r}: {error.message}", hint=error.hint or allowed) from None


def _anchor(text: str) -> tuple[str, int | None, tuple[tuple[int, int], ...]]:
    kind, colon, rest = text.partition(":")
    if kind not in ANCHORS:
        raise UsageError("no such anchor", hint=f"A layout begins with {', '.join(ANCHORS)}, as in: {EXAMPLE}")
    if not colon:
        return kind, None, ()
    if kind in PORTED and re.search("[,-]", rest):
        return kind, None, read_ports(rest)
    selector = read_number(rest)
    if selector is None:
        raise UsageError(f"{rest!r} is not a number", hint="It may be decimal or 0x….")
    check_selector(kind, selector)
    return kind, selector, ()


def read_ports(text: str) -> tuple[tuple[int, int], ...]:
    """The ranges that a list of ports and ranges names: 5000,5002-5010."""
    ranges = []
    for piece in text.split(",", MAX_PORTS):
        low, dash, high = piece.partition("-")
        first, last = read_number(low), read_number(high if dash else low)
        if first is None or last is None or first > last:
            raise UsageError(f"{piece!r} is not a port or a range of ports", hint="As in: udp:5000,5002-5010")
        ranges.append((first, last))
    return tuple(ranges)


def _modulus(text: str) -> tuple[str, int]:
    label = max(text.rfind("'"), text.rfind('"')) + 1  # up to where it ends, if there is one
    rest, percent, digits = text[label:].partition("%")
    rest = text[:label] + rest
    if not percent:
        return rest, -1
    modulus = read_number(digits)
    if modulus is None or modulus < 2:
        raise UsageError(f"{digits!r} is not a modulus", hint="It is a number from 2 on.")
    return rest, modulus % (1 << 64) if modulus == 1 << 64 else modulus


def _word(text: str) -> Word:
    found = _WORD.fullmatch(text)
    if not found:
        if _TYPE.fullmatch(text):
            raise UsageError(f"{text!r} has no offset", hint="As in u32be@0, which begins at byte 0.")
        raise UsageError(f"{text!r} is not TYPE@OFFSET, such as u32be@0")
    bits, order, offset, mask = found["bits"], found["order"], found["offset"], found["mask"]
    if order not in ("be", "le") and not (order == "" and bits == "8"):
        raise UsageError(f"u{bits}{order} has no byte order" if not order else f"{order!r} is not a byte order",
                         hint=f"It may be u{bits}be or u{bits}le.")  # fmt: skip
    masked = read_number(mask) if mask else 0
    if mask and not masked:
        raise UsageError("a mask of 0 leaves no bit")
    return Word(bits=int(bits), big=order != "le", offset=_offset(offset), mask=masked or 0)


def _offset(text: str) -> int:
    size = read_number(text.lstrip("+-")) or 0
    if text.startswith("+"):
        if size > MAX_OFFSET:
            raise UsageError(f"offset {text} is out of range", hint=f"It may be up to {MAX_OFFSET}.")
        return HERE + size
    if size >= HERE:  # only a plus says where moves lead
        raise UsageError(f"offset {text} is out of range", hint=f"It may be up to {MAX_OFFSET} either way.")
    return -size if text.startswith("-") else size


def _stream(text: str) -> Word | Digits:
    found = _BER.fullmatch(text)
    return Digits(kind="ber", tag=read_number(found["tag"]) or 0) if found else _word(text)


def _move(text: str) -> Move:
    if text.startswith("ber:"):
        tag = read_number(text.removeprefix("ber:"))
        if tag is None:
            raise UsageError(f"{text!r} is not a tag", hint="As in ber:0x61.")
        return Move(into=tag)
    rest, question, when = text.partition("?")
    rest, colon, until = rest.partition(":")
    return Move(amount=_amount(rest), when=_word(when) if question else None, until=_match(until) if colon else None)


def _each(text: str) -> Move | None:
    """None for 0: there is one record."""
    if read_number(text) == 0:
        return None
    rest, question, when = text.partition("?")
    return Move(amount=_amount(rest), when=_word(when) if question else None)


def _amount(text: str) -> Amount:
    found = _AMOUNT.fullmatch(text)
    if not found or not (found["plus"] or found["word"]) or text.endswith("+"):
        raise UsageError(f"{text!r} is not a number of bytes", hint="As in 20, u16be@2 or 12+4*u8@0&0x0f.")
    plus, times, whole = (read_number(found[name]) if found[name] else None for name in ("plus", "times", "whole"))
    word = _word(found["word"]) if found["word"] else None
    if whole == 0:  # which an Amount has where there is none
        raise UsageError("a multiple of 0", hint=f"It may be 2 to {MOST_TIMES}.")
    return Amount(plus=plus or 0, word=word, times=1 if times is None else times, whole=whole or 0)


def _seq(text: str) -> Word | Digits | Pieces:
    if _BER.fullmatch(text):
        return _stream(text)
    found = _DIGITS.fullmatch(text)
    if not found:
        pieces = tuple(map(_word, text.split(":", MAX_PIECES + 1)))
        return pieces[0] if len(pieces) == 1 else Pieces(words=pieces)
    return Digits(
        kind=found["kind"],
        offset=_offset(found["offset"] or "0"),
        size=int(found["size"] or 0),
        label=found["label"][1:-1] if found["label"] else "",
    )


def _match(text: str) -> Match:
    found = re.fullmatch(r"([^=!]+)(==|!=)(.+)", text)
    if not found:
        raise UsageError("no comparison")
    word, op, right = found.groups()
    value = None if right == LENGTH else read_number(right)
    if value is None and right != LENGTH:
        raise UsageError(f"{right!r} is neither a number nor {LENGTH}")
    return Match(word=_word(word), value=value, equal=op == "==")


def _count(text: str) -> int:
    number = read_number(text)
    if number is None:
        raise UsageError(f"{text!r} is not a number")
    return number


def _step(text: str) -> int | Word | Sets:
    if found := _SETS.fullmatch(text):
        return Sets(offset=read_number(found["offset"]) or 0, last=bool(found["last"]))
    number = read_number(text)
    return _word(text) if number is None and "@" in text else _count(text)


def _key(text: str) -> str:
    if text not in KEYS:
        raise UsageError(f"{text!r} is not a key")
    return text


def _stamp(text: str) -> Stamp:
    rest, question, when = text.partition("?")
    word, _, unit = rest.partition(":")
    if unit:
        raise UsageError(f"only a time can have a unit, not :{unit}")
    return Stamp(word=_word(word), when=_word(when) if question else None)


def _time(text: str) -> Stamp:
    rest, question, when = text.partition("?")
    word, colon, unit = rest.partition(":")
    if not colon:
        raise UsageError("a time without a unit")
    return Stamp(word=_word(word), unit=unit, when=_word(when) if question else None)


READERS: dict[str, Callable[[str], Any]] = {
    "seq": _seq, "stream": _stream, "move": _move, "magic": _match, "time": _time, "slot": _stamp, "buf": _stamp,
    "key": _key, "step": _step, "from": _count, "each": _each,
}  # fmt: skip
