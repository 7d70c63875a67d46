"""`--report` of verbs with their own formats: the verb makes one value, and each format renders it."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from functools import partial
from importlib import import_module
from io import BytesIO
from typing import TYPE_CHECKING, BinaryIO, Generic, TypeVar

from seqcheck.cli import privileges
from seqcheck.cli.destinations import TERMINAL, among, deliver_all, tell_all, tell_written
from seqcheck.cli.output import Output, apart, spare
from seqcheck.cli.privileges import Ready
from seqcheck.dataclass import dataclass
from seqcheck.errors import TROUBLE

if TYPE_CHECKING:
    from seqcheck.outputs import Page

Formats = Mapping[str, str]  # by name, the module whose `write(value, out, page)` draws it
Value = TypeVar("Value")


@dataclass(frozen=True, slots=True, kw_only=True)
class Work(Generic[Value]):
    """What a verb does.

    make    reads, calls what it is given when all inputs are open, and makes the value that is drawn
    code    the exit code for it; may say why
    sample  such a value, made of frames of our own; None for a verb that reads no captures
    """

    make: Callable[[Ready], Value]
    code: Callable[[Value], int]
    sample: Callable[[], Value] | None = None


def add(parser: argparse.ArgumentParser, formats: Formats, what: str) -> None:
    """The options. `what` is written: "the comparison"."""
    parser.add_argument(
        "--report", metavar="FORMAT[=PATH]", type=among(formats), action="append", dest="reports",
        help=f"write {what} in this format ({', '.join(formats)}), to stdout or to PATH; may be repeated (default:"
        " terminal)",
    )  # fmt: skip
    parser.add_argument("--force", action="store_true", help="replace files that exist")


def run(args: argparse.Namespace, formats: Formats, inputs: Sequence[str | None], work: Work[Value]) -> int:
    """Do it, write all that was asked for, tell what went wrong with that, and return the exit code. Nothing is written
    onto `inputs`, and nothing is made where an output cannot be opened."""
    reports = args.reports or [TERMINAL]
    apart([each.path for each in reports])
    spare(inputs, [each.path for each in reports])

    def draw(value: Value, name: str, out: BinaryIO, page: Page) -> None:
        import_module(formats[name]).write(value, out, page)

    def whole(ready: Ready) -> int:
        value = work.make(ready)
        failed = deliver_all(partial(draw, value), reports, outputs)
        tell_all(failed, verbose=args.verbose)
        code = work.code(value)
        return TROUBLE if failed else code

    def rehearse() -> None:
        from seqcheck.cli.confined import prepare
        from seqcheck.outputs import Page

        prepare((), drawn=False)
        assert work.sample is not None
        value = work.sample()
        for each in reports:
            for color in (False, True):
                draw(value, each.format, BytesIO(), Page(color=color))

    with ExitStack() as stack:
        outputs = [stack.enter_context(Output(each.path, force=args.force)) for each in reports]
        code = privileges.run(args, outputs, whole, rehearse) if work.sample else whole(lambda: None)
    if not args.quiet:
        tell_written(outputs)
    return code
