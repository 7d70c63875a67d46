"""What a C header of the native kernel defines, read from its text: constants, and structs as ctypes lays them out."""

from __future__ import annotations

import ctypes
import re
from pathlib import Path

import numpy as np

NATIVE = Path(__file__).parents[1] / "seqcheck" / "kernel" / "native"
COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
ENUM = re.compile(r"\benum\s*\{(.*?)\}", re.DOTALL)
DEFINE = re.compile(r"^#define (\w+) INT64_C\((\w+)\)", re.MULTILINE)
STRUCT = re.compile(r"\bstruct (\w+) \{(.*?)\n\};", re.DOTALL)
FIELD = re.compile(r"^(u?int\d+_t) (\w+)(?:\[(\w+)\])?$")
KINDS = {name: getattr(ctypes, f"c_{name.removesuffix('_t')}") for name in (
    "uint8_t", "uint16_t", "uint32_t", "uint64_t", "int32_t", "int64_t",
)}  # fmt: skip
Placed = tuple[str, int, str, tuple[int, ...]]  # a field: name, offset in bytes, dtype, shape


def text(name: str) -> str:
    return COMMENT.sub("", (NATIVE / name).read_text(encoding="utf-8"))


def constants(header: str) -> dict[str, int]:
    """Its enumerators, and the constants that are too large for one."""
    found = {name: int(value, 0) for name, value in DEFINE.findall(header)}
    for body in ENUM.findall(header):
        value = -1
        for part in filter(None, (piece.strip() for piece in body.split(","))):
            name, equals, expression = (word.strip() for word in part.partition("="))
            value = eval(expression, {}, found) if equals else value + 1
            found[name] = value
    return found


def structs(header: str) -> dict[str, list[Placed]]:
    """Its structs, with each field where a C compiler puts it. A field that is not understood is an error."""
    sizes, found = constants(header), dict[str, list[Placed]]()
    for name, body in STRUCT.findall(header):
        fields = list[tuple[str, type]]()
        for line in filter(None, (line.strip() for line in body.split(";"))):
            match = FIELD.match(line)
            assert match, f"struct {name}: {line}"
            kind, field, count = match.groups()
            length = int(count) if count and count.isdigit() else sizes[count] if count else 0
            fields.append((field, KINDS[kind] * length if length else KINDS[kind]))
        made = type(name, (ctypes.Structure,), {"_fields_": fields})
        found[name] = [(field, getattr(made, field).offset, *_dtype(kind)) for field, kind in fields]
        found[name].append(("", ctypes.sizeof(made), "", ()))
    return found


def _dtype(kind: type) -> tuple[str, tuple[int, ...]]:
    made = np.dtype(kind)
    return made.base.str, made.shape


def placed(dtype: np.dtype[np.void]) -> list[Placed]:
    """The same of a NumPy dtype; its last row, without a name, stands at its end."""
    rows = [(name, int(dtype.fields[name][1]), dtype[name].base.str, dtype[name].shape) for name in dtype.names or ()]
    return [*rows, ("", dtype.itemsize, "", ())]
