"""Headers that are written down already: Python's struct format strings and scapy's Packet classes, in a spec.

    udp:6005 struct=<IHQ:magic,flow,number magic=magic==0xfeedface stream=flow seq=number
    udp:6005 scapy=probe:Probe magic=kind==7 stream=flow seq=number

`struct=FORMAT:NAME,…` names the fields of a struct, one name each except for pad bytes; `scapy=MODULE:CLASS` takes the
names of a class. The other fields then say names where a spec says TYPE@OFFSET, and may go on as there: `number%1500`,
`flags&0x0f==3`, `sent:us?flags&0x01`. A scapy class is code: only what a person writes may name one, never a file.
"""

from __future__ import annotations

import os
import re
import struct
import sys
from collections.abc import Iterator, Mapping, Sequence

from seqcheck.errors import UsageError
from seqcheck.layout.model import Word
from seqcheck.layout.written import write_word

Pairs = Sequence[tuple[str, str]]
Words = Mapping[str, Word | None]  # None: no integer of the language

STRUCT, SCAPY = "struct", "scapy"
INTEGERS = "bBhHiIlLqQnN?c"
MOST = 256  # fields
BYTES_EACH = "sp"  # the count before them is their length
_PIECE = re.compile(r"(\d*)([a-zA-Z?])", re.ASCII)
_NAME = r"[a-z_]\w*(?![\w@])"


def replaced(pairs: Pairs) -> list[tuple[str, str]]:
    """The pairs without `struct` and `scapy`, and with places instead of names. UsageError, naming the word."""
    given = [(role.lower(), value) for role, value in pairs if role.lower() in (STRUCT, SCAPY)]
    if len(given) > 1:
        raise UsageError(f"layout, at '{given[1][0]}={given[1][1]}': only one of struct= and scapy= is allowed")
    role, value = given[0]
    try:
        words = struct_words(value) if role == STRUCT else scapy_words(value)
    except UsageError as error:
        raise UsageError(f"layout, at '{role}={value}': {error.message}", hint=error.hint) from None
    rest = [(role, value) for role, value in pairs if role.lower() not in (STRUCT, SCAPY)]
    return [(role, _placed(role, value, words) if role != "key" else value) for role, value in rest]


def struct_words(text: str) -> dict[str, Word | None]:
    """Name and place of each field of `FORMAT:NAME,…`, in order."""
    form, colon, names = text.partition(":")
    fields = list(_fields(form))
    told = [name.strip().lower() for name in names.split(",")] if colon else []
    if len(told) != len(fields):
        raise UsageError(
            f"{len(fields)} fields, and {len(told)} names",
            hint="A name for each field, _ for those that do not matter, none for pad bytes, as in: "
            "struct=<IHQ:magic,flow,number",
        )
    return {name: word for name, word in zip(told, fields, strict=True) if name != "_"}


def scapy_words(text: str) -> dict[str, Word | None]:
    """The same of the fields of a scapy class, `MODULE:CLASS`; modules are also looked for in the current folder."""
    from importlib import import_module

    from seqcheck.layout.scapy_bridge import places

    module, colon, name = text.partition(":")
    if not colon or not all(part.isidentifier() for part in [*module.split("."), name]):
        raise UsageError("neither a module nor a class", hint="It is MODULE:CLASS, as in: scapy=probe:Probe")
    here = os.getcwd()
    sys.path.append(here)
    try:
        packet = getattr(import_module(module), name, None)
    except Exception as error:  # whatever the module does when it is loaded
        raise UsageError(f"the module {module} cannot be loaded: {error}") from error
    finally:
        sys.path.remove(here)
    if not (isinstance(packet, type) and hasattr(packet, "fields_desc")):
        raise UsageError(f"{module} has no Packet class {name}")
    return {field.lower(): word for field, word in places(packet)}


def _fields(form: str) -> Iterator[Word | None]:
    """The fields of a struct's format string; what is no integer of the language is None."""
    order = form[:1] if form[:1] in tuple("@=<>!") else "@"
    body = form.removeprefix(order)
    try:
        struct.calcsize(form)
    except struct.error as error:
        raise UsageError(
            f"no format of a struct: {error}", hint="See the struct module in Python's documentation."
        ) from None
    big = order in ">!" or (order in "@=" and sys.byteorder == "big")
    prefix = "@" if order == "@" else "="
    before = ""  # what comes before it; with a field of no length behind it, padding is part of its size
    pieces = [(int(count) if count else 1, code) for count, code in _PIECE.findall(body)]
    if sum(many for many, code in pieces if code not in BYTES_EACH and code != "x") > MOST:
        raise UsageError("too many fields", hint=f"There may be {MOST}.")
    for many, code in pieces:
        if code in BYTES_EACH:
            yield None
            before += f"{many}{code}"
        elif code == "x":
            before += f"{many}x"
        else:
            width = struct.calcsize(prefix + code)
            for _ in range(many):
                start = struct.calcsize(f"{prefix}{before}0{code}")
                integer = code in INTEGERS and width in (1, 2, 4, 8)
                yield Word(bits=8 * width, offset=start, big=big) if integer else None
                before += code


def _placed(role: str, value: str, words: Words) -> str:
    """The value with the places of the fields that it names."""

    def place(found: re.Match[str]) -> str:
        name = found[2]
        if (word := words.get(name)) is None:
            known = ", ".join(name for name, word in words.items() if word) or "none that is an integer"
            raise UsageError(
                f"layout, at '{role}={value}': no integer {name!r} at a fixed offset", hint=f"There are {known}."
            )
        return found[1] + write_word(word)

    front = r"^|\?|:" if role.lower() == "seq" else r"^|\?"  # a number may have several pieces
    return re.sub(rf"({front})({_NAME})", place, value.lower(), flags=re.ASCII)
