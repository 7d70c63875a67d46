"""Layouts in TOML files: the words of a spec as keys, with a name, a description and a source beside them.

    name = "probe"                              # default: the file's name
    description = "our probe, firmware 7"       # optional
    source = "probe.h, struct probe_hdr"        # optional
    anchor = "udp:5000"
    magic = ["u32be@0==0x53455143"]             # a string or a list of strings, as all keys below
    stream = ["u32be@4"]
    key = "all"                                 # default; or hosts, source, none
    seq = "u64be@8"                             # also: step, from, each, move, time, slot, buf
    struct = "<IHQ:magic,flow,number"           # optional: then the others may say names instead of places

A file is read whole and at most MAX_BYTES of it; it is data and names no other file.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from seqcheck import documents
from seqcheck.errors import InputError, UsageError
from seqcheck.layout import spec, written
from seqcheck.layout.model import KEYS, Layout

MAX_BYTES = 65_536
STRUCT = "struct"
NUMBERS = ("step", "from", "each", "move")  # these may be numbers, too
ABOUT = ("name", "description", "source")


def load(path: Path) -> Layout:
    """The layout in a TOML file. InputError if it cannot be read, UsageError if it says no layout."""
    try:
        with path.open("rb") as stream:
            table = documents.toml(documents.read(stream, MAX_BYTES))
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        raise InputError(f"layout file {path}: {getattr(error, 'strerror', None) or error}") from error
    except documents.DocumentError as error:
        raise UsageError(f"layout file {path}: {error}", hint="Is it a layout?") from error
    try:
        return from_table({"name": path.stem, **table})
    except UsageError as error:
        raise UsageError(f"{path}: {error.message}", hint=error.hint) from error


def from_table(table: Mapping[str, Any]) -> Layout:
    """The layout that these keys describe."""
    allowed = (*ABOUT, "anchor", *spec.SHAPES, STRUCT)
    for key, value in table.items():
        if key not in allowed:
            raise UsageError(f"layout, at key {key!r}: unknown key", hint=f"There are {', '.join(allowed)}.")
        if key in NUMBERS and isinstance(value, int) and not isinstance(value, bool):
            continue
        several = key in spec.SHAPES and isinstance(value, list) and all(isinstance(v, str) for v in value)
        if not isinstance(value, str) and not several:
            raise UsageError(f"layout, at key {key!r}: neither a string nor a list of strings")
    if "anchor" not in table:
        raise UsageError("layout: no anchor", hint='It says what offsets count from, as in: anchor = "udp:5000"')
    pairs = [
        (role, str(value))
        for role in (*spec.SHAPES, STRUCT)
        for value in ([table[role]] if isinstance(table.get(role), (str, int)) else table.get(role, []))
    ]
    return spec.build(table["anchor"], pairs, **{key: table[key] for key in ABOUT if key in table})


def dump(layout: Layout) -> str:
    """A layout as the text of a TOML file."""
    rows: list[tuple[str, str | list[str]]] = [(key, getattr(layout, key)) for key in ABOUT if getattr(layout, key)]
    rows.append(("anchor", written.write_anchor(layout)))
    rows.append(("magic", [written.write_match(match) for match in layout.matches]))
    rows.append(("move", [written.write_move(move) for move in layout.moves]))
    rows.append(("stream", [written.write_stream(stream) for stream in layout.streams]))
    rows.append(("key", layout.key if layout.key != KEYS[0] else ""))
    rows.append(("seq", written.write_seq(layout)))
    rows += written.write_count(layout)
    each = [written.write_move(part) for part in layout.each]
    rows.append(("each", each[0] if len(each) == 1 else each))
    rows.append(("time", [written.write_stamp(stamp) for stamp in layout.times]))
    rows += [(role, written.write_stamp(s)) for role, s in (("slot", layout.slot), ("buf", layout.buf)) if s]
    return "".join(f"{key} = {_quoted(value)}\n" for key, value in rows if value)


def _quoted(value: str | list[str]) -> str:
    if isinstance(value, list):
        return f"[{', '.join(map(_quoted, value))}]"
    plain = "".join(c if c.isprintable() and c not in '\\"' else f"\\U{ord(c):08x}" for c in value)
    return f'"{plain}"'
