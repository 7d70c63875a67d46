"""--state: a file from which the next captures of a rotation continue. The old one stays until the new one is whole."""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from contextlib import ExitStack
from io import FileIO
from typing import TYPE_CHECKING

from seqcheck.cli.destinations import Destination
from seqcheck.cli.output import STDOUT, Output, failing
from seqcheck.cli.stdio import say
from seqcheck.errors import InputError, OutputError, UsageError
from seqcheck.outputs import needed

if TYPE_CHECKING:
    from seqcheck.engine.rotation import Rotation
    from seqcheck.model import Report


def check(args: argparse.Namespace, reports: Sequence[Destination]) -> None:
    """UsageError if what else was asked for cannot be had with a state."""
    if args.state is None:
        return
    if args.also_content:
        raise UsageError("--state keeps nothing of frames that are told apart by their bytes (--also-content)")
    if args.each:
        raise UsageError("--state joins captures into one; --each keeps them apart")
    if args.state == STDOUT or (os.path.exists(args.state) and not os.path.isfile(args.state)):
        raise UsageError(f"{args.state} is not a file", hint="--state needs a file of its own.")
    if args.where or args.start or args.end or args.frames:
        raise UsageError("--state needs all frames; leave out --where, --from, --to and --frames")
    for report in reports:
        if needed([report.format]) != "report":
            raise UsageError(
                f"the report {report.format} lists every finding, but a state does not keep them all",
                hint="With --state, choose terminal, json, html, markdown or junit.",
            )


class Kept:
    """The new state, as a file to write to. Where it finds no room, the reports come all the same: what went wrong is
    kept until they have, and the rest of the state left out."""

    def __init__(self, output: Output) -> None:
        self.output = output
        self._failed: OutputError | None = None

    def write(self, data: bytes | memoryview, /) -> int:
        """As of a stream; never an error."""
        size = memoryview(data).nbytes
        if self._failed is None:
            try:
                with failing(self.output.name):
                    self.output.stream.write(data)
            except OutputError as error:
                self._failed = error
        return size

    def commit(self) -> None:
        """Put it in the place of the one before. OutputError if not all of it was written, or is."""
        if self._failed is not None:
            raise self._failed
        self.output.commit()


def begin(path: str, stack: ExitStack) -> tuple[Rotation, Kept]:
    """The state that there is, open, and the one that takes its place when all is written."""
    from seqcheck.engine.rotation import Rotation  # here, since few runs need it

    before = None
    try:
        before = stack.enter_context(FileIO(path))
    except FileNotFoundError:  # it begins
        pass
    except OSError as error:
        raise InputError(f"cannot open {path}: {error.strerror or error}") from error
    state = Kept(stack.enter_context(Output(path, force=True)))
    return Rotation(name=path, before=before, after=state), state


def keep(state: Kept, report: Report, failed: Sequence[Exception]) -> list[Exception]:
    """Put it in the place of the one before, after all reports, so that a run that failed can be had again; what went
    wrong with that."""
    if failed or report.capture.unread:
        why = "a report could not be written" if failed else "not all was read"
        say(f"seqcheck: note: {state.output.path} was left unchanged, because {why}")
        return []
    try:
        state.commit()
    except OutputError as error:
        return [error]
    return []
