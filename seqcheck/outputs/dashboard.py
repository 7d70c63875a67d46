"""A live capture on a terminal: its state, redrawn on the terminal's alternate screen.

Each drawing comes from one Snapshot and nothing else, and takes some 0.2 ms: what follows from the report alone is laid
out once for each report, and only lines that changed are written. A thread waits for the terminal (patient.py). It fits
80 columns and 24 lines, and uses more if available. The first line is the answer so far. At the end the normal screen
is restored, and what was said meanwhile is printed there. Keys switch to other pages (pages.py), pause the picture or
end the capture: see `heed`.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterator
from types import FrameType, TracebackType
from typing import Self

from rich.console import Console
from rich.text import Text

from seqcheck.model.snapshot import Ask, Snapshot
from seqcheck.outputs import pages
from seqcheck.outputs.keyboard import Keys
from seqcheck.outputs.picture import Line, Picture, cut, described, verdict
from seqcheck.outputs.screen import Screen
from seqcheck.outputs.terminal.style import BAR, CLEAN, DIM, FINDING, HEADING, MARK, UNSURE, WARNING

HINTS = "q end   p pause   r report   s streams   e findings   ? help"
PAGE_HINTS = "arrows scroll   Escape back   q end"
STYLES = (HEADING, DIM, BAR, MARK, CLEAN, FINDING, UNSURE, WARNING)
NOTES = 2  # lines that others said
JOBS = (signal.SIGTSTP, signal.SIGCONT)


PAGES: dict[str, Callable[[Snapshot, int], Iterator[str]]] = {
    "report": pages.report,
    "streams": pages.streams,
    "findings": pages.findings(lambda finding, now: described(finding, now)),
    "help": pages.help_,
}
STEPS = {"up": -1, "down": 1, "page up": -10, "page down": 10, "first": -(10**9), "last": 10**9}  # lines


class Dashboard:
    """Draws on `console` (stderr, if not given) each snapshot that it is called with, between `with` and its end."""

    def __init__(self, title: str, console: Console | None = None) -> None:
        self._console = console or Console(file=sys.stderr, highlight=False, markup=False, emoji=False)
        self._screen = Screen(self._console.file)
        self._codes = {"": ("", ""), **{style: self._code(style) for style in STYLES}}
        self._size: tuple[int, int] = (0, 0)
        self._asked: os.terminal_size | None = None  # what the terminal itself said
        self._frozen: Snapshot | None = None  # what is shown, also while the picture is paused
        self._written_page = ""
        self._picture = Picture(title, self._console)
        self._keys = Keys()
        self._page, self._offset, self._paused = "", 0, False
        self._written: tuple[Snapshot | None, int, list[str]] = (None, 0, [])  # a page, of what and how wide
        self._handlers: dict[int, signal.Handlers] = {}
        self._jobs: set[int] = set()  # signals of job control that were not followed yet

    def __call__(self, now: Snapshot) -> None:
        self._look()
        self._picture.note(now)
        shown = self._frozen if self._paused and self._frozen is not None else now
        self._screen.show([self._coded(line) for line in self.draw(shown, self._size)])
        self._frozen = shown

    def heed(self, end: Callable[[], None]) -> Ask:
        """What was typed since the last time; `end` is called where the capture is to end."""
        if self._jobs:
            self._follow()
        ask = Ask.NOTHING
        for pressed in self._keys.of(self._screen.typed()):
            ask = Ask.PICTURE if ask is Ask.NOTHING else ask
            if pressed == "end":
                end()
            elif pressed == "pause":
                self._paused = not self._paused
                (self._picture.hold if self._paused else self._picture.go_on)()
            elif pressed == "back":
                self.turn_to("")
            elif pressed in STEPS:
                self._offset = max(self._offset + STEPS[pressed], 0)
            else:
                self.turn_to("" if pressed == self._page else pressed)
                ask = Ask.REPORT if pressed == self._page == "report" else ask
        return ask

    def turn_to(self, page: str) -> None:
        """Show one of PAGES from its first line on; "": the picture."""
        self._page, self._offset = page, 0

    def draw(self, now: Snapshot, size: tuple[int, int]) -> list[Line]:
        """The whole picture, as it fits into that many columns and lines."""
        width, height = size
        room = max(height, 4)
        notes = list(self._screen.notes)[-NOTES:]
        lines = self._on_page(now, width, room) if self._page else self._picture.lines(now, size, room - 1, notes)
        lines = [*lines[: room - 1], self._hints()]
        return [cut(line, width) for line in lines]

    def _on_page(self, now: Snapshot, width: int, room: int) -> list[Line]:
        """One of PAGES; its lines are made once for each snapshot."""
        if self._written[0] is not now or self._written[1] != width or self._page != self._written_page:
            self._written = now, width, list(PAGES[self._page](now, width))
            self._written_page = self._page
        body, self._offset = pages.shown(iter(self._written[2]), max(room - 3, 1), self._offset)
        head: Line = [(self._page, HEADING), (f"   from line {self._offset + 1}" if self._offset else "", DIM)]
        return [verdict(now), head, *([(line, "")] for line in body)]

    def _hints(self) -> Line:
        paused = [("paused: p continues   ", UNSURE)] if self._paused else []
        return [*paused, (PAGE_HINTS if self._page else HINTS, DIM)]

    def __enter__(self) -> Self:
        self._screen.__enter__()
        for number in JOBS:
            if signal.getsignal(number) == signal.SIG_DFL:
                signal.signal(number, self._heard)
                self._handlers[number] = signal.SIG_DFL
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self._handlers.items():
            signal.signal(number, handler)
        self._screen.__exit__(kind, error, trace)

    def _heard(self, number: int, frame: FrameType | None) -> None:
        """A signal may come while a picture is drawn: it is followed between two of them."""
        self._jobs.add(number)

    def _follow(self) -> None:
        """Ctrl-Z: give the terminal back, stop as everybody does, and go on here. `fg`: take the terminal again, and
        draw all of it."""
        if signal.SIGTSTP in self._jobs:
            self._screen.leave()
            signal.signal(signal.SIGTSTP, signal.SIG_DFL)
            os.kill(os.getpid(), signal.SIGTSTP)
            signal.signal(signal.SIGTSTP, self._heard)
        self._jobs.clear()
        self._screen.enter()

    def _look(self) -> None:
        """Whether the terminal has another size now. rich asks for more than that, so only where it has."""
        try:
            asked = os.get_terminal_size(self._console.file.fileno())
        except (OSError, ValueError):  # no terminal
            asked = None
        if asked is not None and asked == self._asked:
            return
        self._asked = asked
        columns, lines = (asked.columns, asked.lines) if asked and asked.columns else self._console.size
        if (columns, lines) != self._size:
            self._screen.forget()
            self._size = columns, lines

    def _code(self, style: str) -> tuple[str, str]:
        """What comes before and after a text of that style."""
        with self._console.capture() as capture:
            self._console.print(Text("x", style=style), end="")
        before, _, after = capture.get().partition("x")
        return before, after

    def _coded(self, line: Line) -> str:
        """As the terminal wants it."""
        out = []
        for text, style in line:
            before, after = self._codes[style]
            out.append(f"{before}{text}{after}")
        return "".join(out)
