"""What a live capture shows: the dashboard on a terminal, else a line for each interval; and JSON lines."""

from __future__ import annotations

import argparse
import os
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from typing import TYPE_CHECKING, Any

from numpy.typing import NDArray

from seqcheck.cli.growing import Growing
from seqcheck.cli.live_output import say_report
from seqcheck.cli.progress import wanted
from seqcheck.cli.stdio import say, takes
from seqcheck.engine.watch import Show
from seqcheck.errors import OutputError
from seqcheck.kernel.border import DUPLICATE
from seqcheck.model import Verdict
from seqcheck.model.snapshot import Ask, Snapshot
from seqcheck.outputs.live_lines import found, snapshot, text
from seqcheck.sink import Block, Sink

if TYPE_CHECKING:
    from seqcheck.layout import Layout
    from seqcheck.outputs.dashboard import Dashboard

LIVELY_S, CALM_S, NEVER_S = 0.25, 10.0, float("inf")


class Lines:
    """Says each snapshot in a line, unless stderr takes none at the moment: the capture goes on."""

    def __init__(self) -> None:
        self._before: Snapshot | None = None

    def __call__(self, now: Snapshot) -> None:
        if takes(sys.stderr):
            say(text(now, self._before))
            self._before = now


class JsonLines(Sink):
    """Writes each duplicate and each snapshot to an output, at once. A file appears with the first record: before,
    there may be nothing to report in the end. What fails is told at the end, by the code that writes the last lines."""

    def __init__(self, output: Growing) -> None:
        self._output = output
        self._verdict: Verdict | None = None
        self._numbered = True

    def begin(self, layouts: Sequence[Layout]) -> None:
        """The layouts are known."""
        self._numbered = not layouts[0].content

    def found(self, rows: NDArray[Any], block: Block) -> None:
        """A line for each duplicate."""
        twice = rows[rows["kind"] == DUPLICATE]
        if len(twice) and self._output.broken is None:
            with suppress(OSError, OutputError):
                self._output.offer(found(twice, self._verdict, numbered=self._numbered), len(twice))
                self._output.output.appear()

    def __call__(self, now: Snapshot) -> None:
        self._verdict = now.report.on_duplicates if now.report else None
        if self._output.broken is None:
            self._output.offer(snapshot(now))
            if now.sequenced:
                self._output.output.appear()


class Showing:
    """Shows each snapshot to everybody. Whoever fails is not shown any more, and costs nobody else anything; `failed`
    is what is worth telling: a reader that went away, or a terminal, is not."""

    def __init__(
        self, calls: Sequence[Callable[[Snapshot], None]], beside: Sequence[Callable[[Snapshot], None]]
    ) -> None:
        """`beside`: those of `calls` that are shown the last one, too."""
        self.failed: list[Exception] = []
        self._calls, self._beside = list(calls), beside

    def __call__(self, now: Snapshot) -> None:
        self._show(now, list(self._calls))

    def last(self, now: Snapshot) -> None:
        """The capture is over; everybody else has the report."""
        self._show(now, [each for each in self._calls if each in self._beside])

    def _show(self, now: Snapshot, calls: Sequence[Callable[[Snapshot], None]]) -> None:
        for each in calls:
            try:
                each(now)
            except Exception as error:  # noqa: BLE001 - what is shown in between must not cost the capture
                self._calls.remove(each)
                if not isinstance(error, OSError):
                    self.failed.append(error)


class Asked:
    """What is asked for between: by keys at the dashboard, if there is one, or by SIGUSR1, which asks for the report.
    `end` ends the capture."""

    def __init__(self, dashboard: Dashboard | None, end: Callable[[], None]) -> None:
        self._dashboard, self._end = dashboard, end
        self.report = False

    def heard(self, number: int, frame: object) -> None:
        """The signal."""
        self.report = True

    def __call__(self) -> Ask:
        ask = self._dashboard.heed(self._end) if self._dashboard is not None else Ask.NOTHING
        return Ask.REPORT if self.report else ask

    def show(self, now: Snapshot) -> None:
        """The report, where the signal asked for it: on the dashboard, else on stderr."""
        if not self.report:
            return
        self.report = False
        if self._dashboard is not None:
            self._dashboard.turn_to("report")
        elif now.report is not None:
            say_report(now.report)
        else:
            say("seqcheck: no frame with a header yet")


@contextmanager
def _hearing(asked: Asked) -> Iterator[None]:
    if not hasattr(signal, "SIGUSR1"):
        yield
        return
    before = signal.signal(signal.SIGUSR1, asked.heard)
    try:
        yield
    finally:
        signal.signal(signal.SIGUSR1, before)


@contextmanager
def showing(
    args: argparse.Namespace,
    outputs: Sequence[Growing],
    end: Callable[[], None],
    beside: Sequence[Callable[[Snapshot], None]] = (),
) -> Iterator[tuple[Show, Showing]]:
    """Who is shown snapshots, those `beside` too, and how that went; `end` ends the capture where a key says so."""
    lines = tuple(JsonLines(output) for output in outputs)
    calls: list[Callable[[Snapshot], None]] = [*beside, *lines]
    drawn = wanted(args.quiet) and os.environ.get("TERM", "") not in ("", "dumb")
    dashboard: Dashboard | None = None
    with ExitStack() as stack:
        if drawn:
            from seqcheck.outputs.dashboard import Dashboard

            dashboard = stack.enter_context(Dashboard(", ".join(args.interfaces)))
            calls.append(dashboard)
        elif not args.quiet:
            calls.append(Lines())
        asked = Asked(dashboard, end)
        stack.enter_context(_hearing(asked))
        shown = Showing([asked.show, *calls], beside)
        every = args.interval or (LIVELY_S if drawn else CALM_S)
        if not calls:
            every = NEVER_S
        reports = bool(outputs or beside) or drawn
        yield Show(call=shown, every_s=every, ask=asked, reports=reports, sinks=lines, last=shown.last), shown
