"""`--report FORMAT[=PATH]`: where reports go, and how each gets there; if one fails, the others are still written."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import TYPE_CHECKING, BinaryIO

from seqcheck.cli.nearest import did_you_mean
from seqcheck.cli.output import STDOUT, Output, failing
from seqcheck.cli.page import page_for
from seqcheck.cli.stdio import abandon_stdout, say
from seqcheck.dataclass import dataclass

if TYPE_CHECKING:
    from seqcheck.outputs import Page


@dataclass(frozen=True, slots=True, kw_only=True)
class Destination:
    """One `--report FORMAT[=PATH]`."""

    format: str
    path: str


TERMINAL = Destination(format="terminal", path=STDOUT)  # where nothing else was asked for

Draw = Callable[[str, BinaryIO, "Page"], None]  # writes the report of that format


def among(formats: Collection[str]) -> Callable[[str], Destination]:
    """What parses FORMAT[=PATH], for argparse."""

    def destination(text: str) -> Destination:
        name, _, path = text.partition("=")
        if name not in formats:
            near = did_you_mean(name, formats) or f"; there are: {', '.join(formats)}"
            raise argparse.ArgumentTypeError(f"there is no report {name!r}{near}")
        if "=" in text and not path:
            raise argparse.ArgumentTypeError(f"{text!r} lacks a path after the =")
        return Destination(format=name, path=path or STDOUT)

    return destination


def deliver_all(draw: Draw, reports: Iterable[Destination], outputs: Iterable[Output]) -> list[Exception]:
    """Write each report; what went wrong."""
    failed: list[Exception] = []
    for where, output in zip(reports, outputs, strict=True):
        try:
            deliver(draw, where.format, output)
        except Exception as error:  # noqa: BLE001 - told at the end, when all the others are written
            failed.append(error)
            if where.path == STDOUT:
                abandon_stdout()
    return failed


def deliver(draw: Draw, name: str, output: Output) -> None:
    """Write one report to where it goes. A reader that has seen enough changes nothing in what was found."""
    try:
        with failing(output.name):
            draw(name, output.stream, page_for(output.stream))
        output.commit()
    except BrokenPipeError:
        if output.path == STDOUT:
            abandon_stdout()


def tell_all(failed: Sequence[Exception], *, verbose: bool) -> None:
    """Say which reports could not be written, and why."""
    from seqcheck.cli.main import complain

    for error in failed:
        complain(error, debug=verbose)


def tell_written(outputs: Iterable[Output]) -> None:
    """Say which files were written here; whoever names the others says it."""
    for output in outputs:
        if output.written_here:
            say(f"seqcheck: wrote {output.path}")
