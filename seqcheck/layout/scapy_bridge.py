"""Between layouts and scapy: a layout as a Packet class, and a user's Packet class as a layout.

scapy is imported by the functions that need it. Only headers whose fields all have fixed offsets cross the bridge:
no trailers, no conditional fields, no lists before what is wanted.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import takewhile
from typing import TYPE_CHECKING, Any

from seqcheck.errors import UsageError
from seqcheck.layout import spec, written
from seqcheck.layout.model import BITS, Digits, Layout, Match, Word

if TYPE_CHECKING:
    from scapy.packet import Packet

PLAIN = ("key", "step", "from")  # roles that name no field
Slot = tuple[int, int, bool]  # offset, bits, big: one field of the class


def packet_class(layout: Layout, name: str = "") -> type[Packet]:
    """A scapy Packet class with a field for each word of the layout, padding between them, and the magic as defaults.

    Fields are named after their role: `seq`, `stream`, `slot`, `buf`, `magic`, `time`, `flags`, numbered where
    there are several. A word that must equal the payload's length is filled in while building. UsageError for words
    that count from the end or overlap.
    """
    from scapy.fields import StrFixedLenField
    from scapy.packet import Packet

    if isinstance(layout.seq, Digits):
        raise UsageError(f"layout {layout.name}: scapy has no field for a number in digits")
    if layout.moves or any(isinstance(stream, Digits) for stream in layout.streams):
        raise UsageError(f"layout {layout.name}: the fields of a scapy class stand at fixed places")
    if layout.each:
        raise UsageError(
            f"layout {layout.name}: a scapy class describes one record, but this layout reads several per frame"
        )
    named = _named(layout)
    fields: list[Any] = []
    at = 0
    for (offset, bits, big), label in sorted(named.items()):
        if offset < at:
            raise UsageError(f"layout {layout.name}: the words at offset {offset} and before it overlap",
                             hint="Fields of a scapy class cannot overlap.")  # fmt: skip
        if offset > at:
            fields.append(StrFixedLenField(f"skipped{at}", bytes(offset - at), offset - at))
        fields.append(_field(bits, big, label, _default(layout.matches, (offset, bits, big))))
        at = offset + bits // 8
    lengths = [(label, slot) for slot, label in named.items() if any(_is_length(m, slot) for m in layout.matches)]

    def post_build(self: Any, header: bytes, payload: bytes) -> bytes:
        for label, (offset, bits, big) in lengths:
            if getattr(self, label) is None:
                size = (len(header) + len(payload)).to_bytes(bits // 8, "big" if big else "little")
                header = header[:offset] + size + header[offset + bits // 8 :]
        return header + payload

    title = name or re.sub(r"\W", "", layout.name.title()) or "Header"
    made: type[Packet] = type(title, (Packet,), {"name": title, "fields_desc": fields, "post_build": post_build})
    return made


def layout_of(packet: type[Packet], anchor: str, roles: Mapping[str, str | Sequence[str]], **about: str) -> Layout:
    """The layout of a Packet class: `roles` says which fields are what, in a spec's words with field names for places.

        layout_of(Probe, "udp:5000", {"seq": "number", "stream": ["flow"], "magic": "magic", "time": "sent:ns"})

    A magic without a comparison is compared with the field's default. UsageError for fields that are not there, are no
    integers, or come after one whose length varies.
    """
    words = dict(places(packet))
    defaults: dict[str, Any] = {field.name: field.default for field in packet.fields_desc}
    pairs = []
    for role, names in roles.items():
        for text in [names] if isinstance(names, str) else names:
            if role in PLAIN:
                pairs.append((role, text))
                continue
            several = text.split(":") if role == "seq" else [text]  # the number may have several pieces
            *front, last = [
                re.fullmatch(r"(\w*)(.*)", each, re.DOTALL).groups()  # type: ignore[union-attr]  # fits all
                for each in several
            ]
            name, rest = last
            found = [_integer(packet, words, each) for each, _ in (*front, last)]
            word = found[-1]
            if role == "magic" and not rest:
                if not isinstance(defaults.get(name), int):
                    raise UsageError(f"{packet.__name__}.{name} has no default to compare with",
                                     hint=f'Say what it must be, as in "{name}==1".')  # fmt: skip
                rest = f"=={int(defaults[name]) << word.shift}"
            pairs.append((role, ":".join(map(written.write_word, found)) + rest))
    return spec.build(anchor, pairs, **{"name": packet.__name__, **about})


def _integer(packet: type[Packet], words: Mapping[str, Word | None], name: str) -> Word:
    """The field of that name."""
    word = words.get(name)
    if word is None:
        raise UsageError(f"{packet.__name__} has no integer {name!r} at a fixed offset",
                         hint=f"It has {', '.join(n for n, w in words.items() if w)}.")  # fmt: skip
    return word


def _named(layout: Layout) -> dict[Slot, str]:
    """Every word of the layout with the name of its most telling role."""
    stamps = [stamp for stamp in (*layout.times, layout.slot, layout.buf) if stamp]
    roles: list[tuple[str, list[Word]]] = [
        ("seq", [layout.seq] if isinstance(layout.seq, Word) else list(getattr(layout.seq, "words", ()))),
        ("slot", [layout.slot.word] if layout.slot else []),
        ("buf", [layout.buf.word] if layout.buf else []),
        ("time", [stamp.word for stamp in layout.times]),
        ("stream", [word for word in layout.streams if isinstance(word, Word)]),
        ("flags", [stamp.when for stamp in stamps if stamp.when]),
        ("magic", [match.word for match in layout.matches]),
    ]
    named: dict[Slot, str] = {}
    for role, words in roles:
        fresh = [slot for slot in dict.fromkeys(map(_slot, words)) if slot not in named]
        if any(offset < 0 for offset, _, _ in fresh):
            raise UsageError(f"layout {layout.name}: a {role} word counts from the end",
                             hint="Fields of a scapy class count from the start.")  # fmt: skip
        named |= {slot: role if len(fresh) == 1 else f"{role}{i}" for i, slot in enumerate(fresh, 1)}
    return named


def _slot(word: Word) -> Slot:
    return word.offset, word.bits, word.big


def _is_length(match: Match, slot: Slot) -> bool:
    return match.value is None and _slot(match.word) == slot


def _default(matches: Sequence[Match], slot: Slot) -> int | None:
    """A value that satisfies the matches of one word; None if it is the length."""
    mine = [match for match in matches if _slot(match.word) == slot]
    if any(match.value is None for match in mine):
        return None
    value = 0
    for match in mine:
        value |= (match.value or 0) if match.equal else 0
    for match in mine:
        if not match.equal and value & match.word.mask == match.value:
            value ^= match.word.mask & -match.word.mask
    return value


def _field(bits: int, big: bool, name: str, default: int | None) -> Any:
    from scapy import fields

    classes: dict[tuple[int, bool], Any] = {
        (8, True): fields.XByteField, (16, True): fields.ShortField, (16, False): fields.LEShortField,
        (24, True): fields.ThreeBytesField, (24, False): fields.LEThreeBytesField,
        (32, True): fields.IntField, (32, False): fields.LEIntField,
        (64, True): fields.LongField, (64, False): fields.LELongField,
    }  # fmt: skip
    if (bits, big) in classes:
        return classes[bits, big](name, default)
    return fields.BitField(name, default, bits) if big else fields.BitField(name, default, -bits)


def places(packet: type[Packet]) -> Iterator[tuple[str, Word | None]]:
    """Name and word of each field up to the first whose length varies; None for fields that are no integers."""
    at = 0  # in bits
    measured = ((field.name, *_measure(field)) for field in packet.fields_desc)
    fixed = list(takewhile(lambda found: found[1], measured))
    total = sum(size for _, size, _ in fixed)
    for name, size, big in fixed:
        yield name, None if big is None else _cover(at, size, big, total // 8)
        at += size


def _cover(at: int, size: int, big: bool, total: int) -> Word | None:
    """The smallest word that holds bits at..at+size-1 of a header of `total` bytes."""
    first, last = at // 8, (at + size - 1) // 8
    bits = next((bits for bits in BITS if bits // 8 > last - first), None)
    if bits is None or (not big and (size not in BITS or at % 8)):
        return None
    start = max(min(first, total - bits // 8), 0)
    spare = (start + bits // 8) * 8 - (at + size)
    return Word(bits=bits, offset=start, big=big, mask=((1 << size) - 1) << (spare if big else 0))


def _measure(field: Any) -> tuple[int, bool | None]:
    """Length in bits, 0 if it varies; and the byte order, None if it is no integer."""
    from scapy import fields
    from scapy.packet import NoPayload

    nothing = NoPayload()
    if hasattr(field, "rev"):  # every kind of bit field
        return int(field.size), not field.rev
    if isinstance(field, fields.StrFixedLenField):
        try:
            return int(field.length_from(nothing)) * 8, None
        except (AttributeError, TypeError):  # it asks the packet
            return 0, None
    if isinstance(field, (fields.MACField, fields.IPField, fields.IP6Field)):
        return field.sz * 8, None
    if not isinstance(field, fields.Field) or not isinstance(field.sz, int) or not field.sz:
        return 0, None
    probe = bytes(range(1, field.sz + 1))
    try:
        built = field.addfield(nothing, b"", int.from_bytes(probe, "big"))
    except Exception:  # noqa: BLE001  whatever a field class raises when it is given an integer: then it is none
        return 0, None
    return (field.sz * 8, built == probe) if built in (probe, probe[::-1]) else (0, None)
