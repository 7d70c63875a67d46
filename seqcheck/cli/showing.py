"""What a live capture shows meanwhile: the dashboard at a terminal, else a line for each interval; and JSON lines."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from typing import Any

from numpy.typing import NDArray

from seqcheck.cli.growing import Growing
from seqcheck.cli.progress import wanted
from seqcheck.cli.stdio import say
from seqcheck.errors import OutputError
from seqcheck.kernel.border import DUPLICATE
from seqcheck.model import Verdict
from seqcheck.reporters.live_lines import found, snapshot, text
from seqcheck.sink import Block, Sink
from seqcheck.snapshot import Snapshot
from seqcheck.watch import Show

LIVELY_S, CALM_S = 0.25, 10.0


class Lines:
    """Says each snapshot in a line."""

    def __init__(self) -> None:
        self._before: Snapshot | None = None

    def __call__(self, now: Snapshot) -> None:
        say(text(now, self._before))
        self._before = now


class JsonLines(Sink):
    """Writes each duplicate and each snapshot to an output, at once. A file appears with the first record: before,
    there may be nothing to report in the end. What fails is told at the end, by whoever writes the last lines."""

    def __init__(self, output: Growing) -> None:
        self._output = output
        self._verdict: Verdict | None = None

    def found(self, rows: NDArray[Any], block: Block) -> None:
        """A line for each duplicate."""
        twice = rows[rows["kind"] == DUPLICATE]
        if len(twice) and self._output.broken is None:
            with suppress(OSError, OutputError):
                self._output.write(found(twice, self._verdict))
                self._output.output.appear()

    def __call__(self, now: Snapshot) -> None:
        self._verdict = now.report.verdict if now.report else None
        if self._output.broken is None:
            self._output.write(snapshot(now))
            if now.sequenced:
                self._output.output.appear()


class Showing:
    """Shows each snapshot to everybody. Whoever fails is not shown any more, and costs nobody else anything; `failed`
    is what is worth telling: a reader that went away, or a terminal, is not."""

    def __init__(self, calls: Sequence[Callable[[Snapshot], None]]) -> None:
        self.failed: list[Exception] = []
        self._calls = list(calls)

    def __call__(self, now: Snapshot) -> None:
        for each in list(self._calls):
            try:
                each(now)
            except Exception as error:  # noqa: BLE001 - what is shown in between must not cost the capture
                self._calls.remove(each)
                if not isinstance(error, OSError):
                    self.failed.append(error)


@contextmanager
def showing(args: argparse.Namespace, outputs: Sequence[Growing]) -> Iterator[tuple[Show | None, Showing]]:
    """Who is shown snapshots (None where nobody is), and how that went."""
    lines = tuple(JsonLines(output) for output in outputs)
    calls: list[Callable[[Snapshot], None]] = [*lines]
    drawn = wanted(args.quiet) and os.environ.get("TERM", "") not in ("", "dumb")
    with ExitStack() as stack:
        if drawn:
            from seqcheck.reporters.dashboard import Dashboard

            calls.append(stack.enter_context(Dashboard(", ".join(args.interfaces))))
        elif not args.quiet:
            calls.append(Lines())
        shown = Showing(calls)
        every = args.interval or (LIVELY_S if drawn else CALM_S)
        show = Show(call=shown, every_s=every, reports=bool(outputs) or drawn, sinks=lines)
        yield show if calls else None, shown
