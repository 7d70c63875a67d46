"""`seqcheck live` as usual, and at its end what the dashboard cost, by the process's own clock.

    python -m benchmarks.drawn FILE live INTERFACE ...

Writes to FILE the CPU seconds that went into snapshots, the reports in them and drawing, and how many drawings there
were. A difference between two runs, with and without the dashboard, would be of the same size as their noise.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from seqcheck.cli.main import main
from seqcheck.engine.watch import Watch
from seqcheck.outputs.dashboard import Dashboard


class Clock:
    """CPU seconds of this thread within the methods that it wraps."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.calls = 0

    def wrapped(self, method: Callable[..., Any]) -> Callable[..., Any]:
        """The same, timed."""

        def timed(*arguments: Any, **options: Any) -> Any:
            begin = time.thread_time_ns()
            try:
                return method(*arguments, **options)
            finally:
                self.seconds += (time.thread_time_ns() - begin) / 1e9
                self.calls += 1

        return timed


def run(argv: list[str]) -> int:
    """Measure `seqcheck` with the arguments after the first; its exit code."""
    told, *rest = argv
    snapshots, drawings = Clock(), Clock()
    for owner, name, clock in ((Watch, "snapshot", snapshots), (Dashboard, "__call__", drawings)):
        setattr(owner, name, clock.wrapped(getattr(owner, name)))
    sys.argv[1:] = rest
    with Path(told).open("w", encoding="ascii") as file:  # before privileges are dropped
        try:
            return main()
        finally:
            made = {"seconds": snapshots.seconds + drawings.seconds, "drawings": drawings.calls}
            json.dump(made, file)


if __name__ == "__main__":
    sys.exit(run(sys.argv[1:]))
