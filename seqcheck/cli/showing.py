"""What a live capture shows meanwhile: the dashboard at a terminal, else a line for each interval; and JSON lines."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager

from seqcheck.cli.live_output import Opened
from seqcheck.cli.output import failing
from seqcheck.cli.progress import wanted
from seqcheck.cli.stdio import say
from seqcheck.reporters.live_lines import snapshot, text
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


class JsonLines:
    """Writes each snapshot to an output, at once."""

    def __init__(self, output: Opened) -> None:
        self._output = output

    def __call__(self, now: Snapshot) -> None:
        with failing(self._output.name):
            self._output.stream.write(snapshot(now))
            self._output.stream.flush()


@contextmanager
def showing(args: argparse.Namespace, outputs: Sequence[Opened]) -> Iterator[Show | None]:
    """Who is shown snapshots, None where nobody is."""
    calls: list[Callable[[Snapshot], None]] = [JsonLines(output) for output in outputs]
    drawn = wanted(args.quiet) and os.environ.get("TERM", "") not in ("", "dumb")
    with ExitStack() as stack:
        if drawn:
            from seqcheck.reporters.dashboard import Dashboard

            calls.append(stack.enter_context(Dashboard(", ".join(args.interfaces))))
        elif not args.quiet:
            calls.append(Lines())

        def call(now: Snapshot) -> None:
            for each in calls:
                each(now)

        every = args.interval or (LIVELY_S if drawn else CALM_S)
        yield Show(call=call, every_s=every, reports=bool(outputs) or drawn) if calls else None
