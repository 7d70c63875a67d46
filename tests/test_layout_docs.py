"""docs/layouts.md and docs/header.md say what the code does."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import numpy as np
import pytest

from seqcheck.layout import builtins, candidates, header, parse, resolve
from seqcheck.layout.files import ABOUT, from_table
from seqcheck.layout.model import ANCHORS, BITS, KEYS, NTP, UNITS
from seqcheck.layout.spec import SHAPES

DOCS = Path(__file__).parent.parent / "docs"
LAYOUTS = (DOCS / "layouts.md").read_text(encoding="utf-8")
HEADER = (DOCS / "header.md").read_text(encoding="utf-8")


def test_the_table_of_built_ins() -> None:
    rows = re.findall(r"^\| `([a-z0-9-]+)` \| (yes)? ?\| (.*) \| (.*) \|$", LAYOUTS, re.MULTILINE)
    tried = {layout.name for layout in candidates()}
    assert rows == [
        (name, "yes" if name in tried else "", layout.description, layout.source) for name, layout in builtins().items()
    ]


@pytest.mark.parametrize("spec", re.findall(r'[`"]((?:udp|ip|eth|frame)[: ][^`"]*seq=[^`"\\]*)[`"]', LAYOUTS))
def test_specs_in_the_text(spec: str) -> None:
    assert parse(spec).seq


@pytest.mark.parametrize("name", re.findall(r"`(?:--layout )?([a-z0-9-]+[:%][0-9:%]+)`", LAYOUTS))
def test_names_with_a_port_or_a_modulus(name: str) -> None:
    known = resolve(name) if name.partition(":")[0].partition("%")[0] in builtins() else parse(f"{name} seq=u8@0")
    assert known.seq


def test_the_file_in_the_text() -> None:
    text = re.search(r"```toml\n(.*?)```", LAYOUTS, re.DOTALL)
    assert text
    table = tomllib.loads(text[1])
    assert set(table) == {*ABOUT, "anchor", *SHAPES}
    assert from_table(table).name == "probe"


def test_every_word_of_the_language() -> None:
    for anchor in ANCHORS:
        assert f"| `{anchor}` |" in LAYOUTS
    for role in SHAPES:
        assert f"| `{role}=" in LAYOUTS
    for word in (*KEYS, *UNITS, NTP, "be", "le", *(f"u{bits}" for bits in BITS)):
        assert f"`{word}`" in LAYOUTS


def test_the_table_of_the_header() -> None:
    rows = re.findall(r"^\| ([0-9]+) \| ([0-9]+) \| ([a-z]+) \|", HEADER, re.MULTILINE)
    dtype = np.dtype(header.COLUMNS)
    assert [(int(at), int(size), name) for at, size, name in rows] == [
        (dtype.fields[name][1], dtype.fields[name][0].itemsize, name.removesuffix("_ns")) for name in dtype.names
    ]
    for value in (f"{header.MAGIC:#x}", f"{header.SHORT} bytes", f"{header.FULL} bytes", f"{header.ETHERTYPE:#x}"):
        assert value in HEADER


def test_the_example_of_the_header() -> None:
    shown = re.search(r"```\n((?:[0-9a-f]{2} +)+[0-9a-f]{2})\n```", HEADER)
    assert shown
    assert bytes.fromhex(shown[1]) == header.pack(1, stream=2, time_ns=3, slot=4)
