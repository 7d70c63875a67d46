"""Layouts: declarative headers. docs/layouts.md is the manual.

resolve(text)    a built-in's name, a TOML file or a spec -> Layout
candidates()     the built-ins that are tried when none is given
compile(layout)  -> kernel.border.Program
dissector(layout)  -> Lua, for Wireshark
"""

from seqcheck.layout.files import dump, load
from seqcheck.layout.model import Layout, Match, Stamp, Word
from seqcheck.layout.program import compile
from seqcheck.layout.resolve import builtins, candidates, resolve
from seqcheck.layout.spec import parse, write
from seqcheck.layout.wireshark import dissector

__all__ = [
    "Layout", "Match", "Stamp", "Word", "builtins", "candidates", "compile", "dissector", "dump", "load", "parse",
    "resolve", "write",
]  # fmt: skip
