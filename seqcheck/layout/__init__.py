"""Layouts: declarative headers. docs/layouts.md is the manual.

resolve(text)    a built-in's name, a TOML file or a spec -> Layout
resolve_all(what)  the same of several, of one or of none
candidates()     the built-ins that are tried when none is given
compile(layout)  -> kernel.border.Program
dissector(layout)  -> Lua, for Wireshark
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from seqcheck.layout.model import Layout, Match, Stamp, Word
from seqcheck.layout.program import compile
from seqcheck.layout.resolve import Layouts, builtins, candidates, resolve, resolve_all
from seqcheck.layout.spec import parse
from seqcheck.layout.written import write

if TYPE_CHECKING:
    from seqcheck.layout.files import dump, load
    from seqcheck.layout.wireshark import dissector

__all__ = [
    "Layout", "Layouts", "Match", "Stamp", "Word", "builtins", "candidates", "compile", "dissector", "dump", "load",
    "parse", "resolve", "resolve_all", "write",
]  # fmt: skip

# Loaded on first use: a run over captures needs no TOML and no dissector.
_LATER = {"dump": "files", "load": "files", "dissector": "wireshark"}


def __getattr__(name: str) -> Any:
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_LATER[name]}"), name)
    globals()[name] = value
    return value
