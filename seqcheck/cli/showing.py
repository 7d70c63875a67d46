"""What a live capture shows meanwhile: the dashboard at a terminal, else a line for each interval; and JSON lines."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from seqcheck.cli.live_output import Opened
from seqcheck.cli.output import failing
from seqcheck.cli.stdio import say
from seqcheck.reporters.live_lines import snapshot, text
from seqcheck.snapshot import Snapshot
from seqcheck.watch import Show

CALM_S = 10.0


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
    calls: list[JsonLines | Lines] = [JsonLines(output) for output in outputs]
    if not args.quiet:
        calls.append(Lines())
    if not calls:
        yield None
        return

    def call(now: Snapshot) -> None:
        for each in calls:
            each(now)

    yield Show(call=call, every_s=args.interval or CALM_S, reports=bool(outputs))
