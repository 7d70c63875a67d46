"""The progress bar: bytes, frames per second and time left, on stderr, only for long work on a terminal.

Called by the session about ten times a second; draws nothing at first, so that short work does not flicker, and removes
itself at the end. rich is loaded only when there is something to draw.
"""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import TYPE_CHECKING, Self

from seqcheck.escape import visible

if TYPE_CHECKING:
    from rich.progress import Progress as Bar
    from rich.progress import TaskID

    from seqcheck.engine.session import Progress

PATIENCE_S = 0.7
FIRST_S = 0.1  # before the first call


class Meter:
    """Draws what it is called with, behind its `label`."""

    def __init__(self, label: str) -> None:
        self.label = label
        self._begin = self._since = time.monotonic()
        self._again = False
        self._bar: Bar | None = None
        self._task: TaskID | None = None

    def __call__(self, progress: Progress) -> None:
        now = time.monotonic()
        if progress.again and not self._again:  # its figures begin anew
            self._again, self._since, self.label = True, now - FIRST_S, f"{self.label}: other traffic"
        if now - self._begin < PATIENCE_S:
            return
        if self._bar is None or self._task is None:
            self._bar, self._task = bar(self.label)
            self._bar.start()
        self._bar.update(
            self._task,
            description=visible(self.label),
            total=progress.bytes_total,
            completed=progress.bytes_done,
            speed=f"{progress.frames / (now - self._since):,.0f} frames/s",
            refresh=True,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.stop()


def bar(label: str) -> tuple[Bar, TaskID]:
    """The bar, not yet on the screen. It has no thread of its own: it moves when it is called."""
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    made = Bar(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        DownloadColumn(binary_units=True),
        TextColumn("{task.fields[speed]}", markup=False),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
        auto_refresh=False,
        redirect_stdout=False,
        redirect_stderr=False,
    )
    return made, made.add_task(visible(label), total=None, speed="")


def wanted(quiet: bool) -> bool:
    """Whether there is anyone to show progress to."""
    return not quiet and sys.stderr is not None and sys.stderr.isatty()
