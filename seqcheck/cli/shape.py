"""The structure of the command line, read from the parsers: verbs, arguments, options and their values.

The parsers are the only definition (main.build); completions, the manual page and docs/cli.md are made from this. Knows
no shell and no markup.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable
from typing import Literal

from seqcheck.cli.main import DESCRIPTION, EPILOG, VERBS, build
from seqcheck.dataclass import dataclass

PROGRAM = "seqcheck"
Kind = Literal["nothing", "words", "files", "interfaces", "text"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Value:
    """What may be in a place: one of `words`; a file, too, if `kind` says so. `then` is what may follow a word,
    behind a mark: format=PATH, cause:STRENGTH."""

    kind: Kind
    words: tuple[str, ...] = ()
    mark: str = ""
    then: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """An option, or an argument by its place, which has no flags. `name` is its value's, "" if it takes none."""

    flags: tuple[str, ...]
    name: str
    value: Value
    help: str
    group: str
    repeats: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Verb:
    """A verb, or the program itself."""

    name: str
    summary: str
    description: str
    epilog: str
    options: tuple[Option, ...]

    @property
    def arguments(self) -> tuple[Option, ...]:
        """Those that have no flags."""
        return tuple(option for option in self.options if not option.flags)

    @property
    def flagged(self) -> tuple[Option, ...]:
        """Those that have."""
        return tuple(option for option in self.options if option.flags)

    @property
    def usage(self) -> str:
        """The verb and its arguments."""
        return " ".join([PROGRAM, self.name, "[options]", *(each.name for each in self.arguments)])


def program() -> tuple[Verb, list[Verb]]:
    """The program itself, and its verbs in order."""
    parser = build()
    (verbs,) = (action for action in parser._actions if isinstance(action, argparse._SubParsersAction))
    top = Verb(name="", summary="", description=DESCRIPTION, epilog=EPILOG, options=options(parser, ""))
    return top, [
        Verb(
            name=name,
            summary=VERBS[name],
            description=(sub.description or "").strip(),
            epilog=(sub.epilog or "").strip(),
            options=options(sub, name),
        )
        for name, sub in verbs.choices.items()
    ]


def options(parser: argparse.ArgumentParser, verb: str) -> tuple[Option, ...]:
    """All of a parser, in the order in which --help tells them, --help itself last."""
    groups = {id(action): group.title or "" for group in parser._action_groups for action in group._group_actions}
    plain = ("options", "positional arguments")
    found = [
        option(action, verb, "" if groups[id(action)] in plain else groups[id(action)])
        for action in parser._actions
        if not isinstance(action, argparse._SubParsersAction)
    ]
    return tuple(sorted(found, key=lambda each: (bool(each.group), "--help" in each.flags)))


def option(action: argparse.Action, verb: str, group: str) -> Option:
    """One of them."""
    takes = action.nargs != 0
    choices = tuple(map(str, action.choices or ()))
    name = str(action.metavar or "|".join(choices) or action.dest.upper()) if takes else ""
    many = action.nargs in ("+", "*")
    shown = f"{name}..." if many else f"[{name}]" if action.nargs == "?" else name
    return Option(
        flags=tuple(action.option_strings),
        name=shown,
        value=Value(kind="words", words=choices) if choices else value(verb, name),
        help=(action.help or "") % {**vars(action), "prog": PROGRAM},
        group=group,
        repeats=many or isinstance(action, argparse._AppendAction),
    )


def value(verb: str, name: str) -> Value:
    """What a value of that name may be."""
    if not name:
        return Value(kind="nothing")
    make = VALUES.get(f"{verb} {name}") or VALUES.get(name)
    return make() if make else Value(kind="text")


def files() -> Value:
    """A path."""
    return Value(kind="files")


def layouts() -> Value:
    """A built-in's name, or a file."""
    from seqcheck.layout import builtins

    return Value(kind="files", words=tuple(builtins()))


def formats() -> Value:
    """A report, perhaps with its path."""
    from seqcheck.outputs import FORMATS

    return Value(kind="words", words=tuple(FORMATS), mark="=")


def comparisons() -> Value:
    """The same for diff."""
    from seqcheck.cli.diff import FORMATS

    return Value(kind="words", words=tuple(FORMATS), mark="=")


def ways() -> Value:
    """The same for locate."""
    from seqcheck.cli.locate import FORMATS

    return Value(kind="words", words=tuple(FORMATS), mark="=")


def suspects() -> Value:
    """A cause, perhaps with a strength."""
    from seqcheck.demands.suspects import ANY, CAUSES, STRENGTHS

    return Value(kind="words", words=(*CAUSES, ANY), mark=":", then=tuple(STRENGTHS))


def causes() -> Value:
    """What copies may point to."""
    from seqcheck.demands.suspects import CAUSES

    return Value(kind="words", words=tuple(CAUSES))


def explained() -> Value:
    """What can be explained."""
    from seqcheck.diagnose.causes import CAUSES, LOOKALIKES

    return Value(kind="words", words=tuple(one.name for one in (*CAUSES, *LOOKALIKES)))


VALUES: dict[str, Callable[[], Value]] = {
    "CAPTURE": files, "FILE": files, "OUT": files, "BEFORE": files, "AFTER": files,
    "INTERFACE": lambda: Value(kind="interfaces"),
    "LAYOUT": layouts,
    "FORMAT[=PATH]": formats,
    "diff FORMAT[=PATH]": comparisons,
    "locate FORMAT[=PATH]": ways,
    "CAUSE[:STRENGTH]": suspects,
    "CAUSE": explained,
    "dedup CAUSE": causes,
}  # fmt: skip


def sentence(text: str) -> str:
    """A help text for a list: without what a narrow place has no room for."""
    return re.split(r"; |: (?![^(]*\))", text, maxsplit=1)[0]
