"""A terminal's alternate screen, drawn line by line; the normal screen is restored at the end.

Only changed lines are written, each at its place, so nothing scrolls and a line that is too long does not wrap. Keys
are not echoed meanwhile, because Enter would move the picture. What others write to stderr is kept, and printed when
the normal screen is back. A terminal that takes nothing (after Ctrl-S, or over a connection that hangs) holds nobody
up: pictures are left out until it does. Control sequences: ECMA-48; the alternate screen, wrapping and the cursor's
visibility are DEC's, and supported everywhere.
"""

from __future__ import annotations

import os
import sys
import termios
from collections import deque
from contextlib import suppress
from types import TracebackType
from typing import IO, Any, Self, TextIO, cast

from seqcheck.escape import plain
from seqcheck.outputs.keyboard import typed
from seqcheck.outputs.patient import Patient, within

OTHER, FIRST = "\x1b[?1049h\x1b[?7l\x1b[?25l\x1b[2J", "\x1b[?25h\x1b[?7h\x1b[?1049l"
AT, CLEAR_LINE, CLEAR_BELOW = "\x1b[{};1H", "\x1b[2K", "\x1b[J"
MOST_NOTES = 1000  # lines of others that are kept
LOCAL = 3  # place of the local modes among a terminal's attributes
MOST = 1 << 20  # bytes that a terminal is behind; one picture has a few thousand
LEAVE_S = 1.0  # that a terminal has to take the last ones


class Screen:
    """On `out`, between `with` and its end. `notes` are the lines that others wrote to stderr meanwhile."""

    def __init__(self, out: IO[str]) -> None:
        self.notes: deque[str] = deque(maxlen=MOST_NOTES)
        self._out = out
        self._shown: list[str] = []
        self._modes: list[Any] | None = None
        self._stderr: TextIO | None = None
        self._patient = _patient(out)
        self.open = False

    def show(self, lines: list[str]) -> None:
        """Make the screen show these lines, which may hold styles, from its top."""
        if self._patient is not None and self._patient.broken is not None:
            raise self._patient.broken
        if not self.open or (self._patient is not None and self._patient.busy):
            return
        shown, out = self._shown, []
        for place, line in enumerate(lines):
            if place >= len(shown) or line != shown[place]:
                out.append(AT.format(place + 1) + CLEAR_LINE + line)
        if len(shown) > len(lines):
            out.append(AT.format(len(lines) + 1) + CLEAR_BELOW)
        self._write("".join(out))
        self._shown = lines

    def forget(self) -> None:
        """Draw all of it next time: the terminal has another size."""
        if self.open and self._shown:
            self._write(AT.format(1) + CLEAR_BELOW)
        self._shown = []

    def enter(self) -> None:
        """Change to the other screen."""
        if self.open or not self._ours():
            return
        self._hush()
        self._shown, self.open = [], True
        self._write(OTHER)

    def leave(self) -> None:
        """Change back."""
        if not self.open:
            return
        self.open = False
        self._write(FIRST)
        when = termios.TCSAFLUSH if self._settle() else termios.TCSANOW  # what waits for a terminal may wait forever
        if self._modes is not None:
            with suppress(termios.error, OSError, ValueError):
                termios.tcsetattr(self._out.fileno(), when, self._modes)  # what was typed is not the shell's
        self._modes = None

    def __enter__(self) -> Self:
        self._stderr = sys.stderr
        sys.stderr = cast("TextIO", Aside(self, self._stderr))
        self.enter()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._stderr is not None:
            sys.stderr = self._stderr
        self.leave()
        self._write("".join(f"{note}\n" for note in self.notes))
        self._settle()

    def typed(self) -> bytes:
        """What was typed since; nothing while the first screen is shown."""
        if not self.open or self._modes is None:
            return b""
        return typed(self._out.fileno())

    def _ours(self) -> bool:
        """Whether the terminal is ours: a job in the background may not touch it."""
        try:
            return os.tcgetpgrp(self._out.fileno()) == os.getpgrp()
        except (OSError, ValueError):  # no terminal, or not the one that controls us
            return True

    def _hush(self) -> None:
        """No echo."""
        with suppress(termios.error, OSError, ValueError):
            number = self._out.fileno()
            modes = termios.tcgetattr(number)
            quiet = [*modes]
            quiet[LOCAL] &= ~(termios.ECHO | termios.ICANON)
            termios.tcsetattr(number, termios.TCSADRAIN if self._settle() else termios.TCSANOW, quiet)
            self._modes = modes

    def _write(self, text: str) -> None:
        if self._patient is not None:
            encoding = getattr(self._out, "encoding", None) or "utf-8"
            self._patient.take(plain(text, encoding).encode(encoding, "replace"))
        elif text:
            self._out.write(text)
            self._out.flush()

    def _settle(self) -> bool:
        """Whether the terminal has taken everything by now, or so long later."""
        return self._patient is None or self._patient.settle(within(LEAVE_S))


def _patient(out: IO[str]) -> Patient | None:
    """What writes to a terminal; None for what is none."""
    try:
        return Patient(out.fileno(), MOST) if out.isatty() else None
    except (OSError, ValueError):
        return None


class Aside:
    """Stands for stderr while the other screen is shown."""

    def __init__(self, screen: Screen, stream: TextIO) -> None:
        self._screen, self._stream, self._rest = screen, stream, ""

    def write(self, text: str) -> int:
        *lines, self._rest = (self._rest + text).split("\n")
        self._screen.notes.extend(lines)
        return len(text)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)
