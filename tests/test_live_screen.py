"""What a person sees of a live capture: the dashboard, through a terminal emulator."""

import codecs
import fcntl
import io
import json
import os
import pty
import re
import select
import shlex
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import netns
import pyte
import pytest
import specimens
from rich.console import Console
from test_live_parts import NOW

from seqcheck.model.snapshot import Snapshot
from seqcheck.outputs.dashboard import Dashboard

SAMPLES = Path(__file__).parent.parent / "samples"
SWITCH = re.compile(r"\x1b\[\?1049([hl])")
BEGUN = "\x1b[?1049"


class Emulator:
    """A terminal of that size: what is shown after all that was fed. pyte has one screen, so there are two of it."""

    def __init__(self, width: int, height: int) -> None:
        self._screens = [pyte.Screen(width, height), pyte.Screen(width, height)]  # the first one, the other one
        self._streams = [pyte.Stream(screen) for screen in self._screens]
        self._now = 0
        self._rest = ""

    def feed(self, text: str) -> None:
        first, *switches = SWITCH.split(self._rest + text)
        self._rest = ""
        for to, part in [("", first), *zip(switches[::2], switches[1::2], strict=True)]:
            if to:
                self._now = int(to == "h")
                if self._now:
                    self._screens[1].reset()
            at = part.rfind("\x1b")
            if part is (switches[-1] if switches else first) and at >= 0 and BEGUN.startswith(part[at:]):
                part, self._rest = part[:at], part[at:]  # perhaps the beginning of a switch
            self._streams[self._now].feed(part)

    def resize(self, width: int, height: int) -> None:
        for screen in self._screens:
            screen.resize(height, width)

    def lines(self) -> list[str]:
        return [line.rstrip() for line in self._screens[self._now].display]


def shown(written: str, width: int, height: int) -> list[str]:
    """The lines of a terminal of that size after all this."""
    emulator = Emulator(width, height)
    emulator.feed(written)
    return emulator.lines()


def states() -> Iterator[Snapshot]:
    """A run: nothing, records, the first duplicate, many of them, a verdict, one that is older than the counts."""
    clean = replace(NOW, duplicates=0, missing=0, dropped=0, behind=0.0, latest=(), report=specimens.CLEAN)
    yield replace(clean, sequenced=0, report=None, ns=None)
    yield clean
    yield replace(clean, duplicates=1, latest=NOW.latest[1:])
    yield NOW
    total = specimens.STALE.duplicates.total
    yield replace(NOW, duplicates=total, missing=specimens.STALE.gaps.missing)
    yield replace(NOW, duplicates=total + 36, latest=NOW.latest * 4)
    yield clean


@pytest.mark.parametrize(("width", "height"), [(80, 24), (140, 50), (40, 10), (200, 70)])
@pytest.mark.parametrize("color", ["standard", "truecolor", None])
def test_the_screen_is_the_last_picture_at_any_time(width: int, height: int, color: str | None) -> None:
    console = Console(file=io.StringIO(), force_terminal=True, width=width, height=height, color_system=color)  # type: ignore[arg-type]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "stderr", console.file)
        with Dashboard("eth0", console) as dashboard:
            for number, now in enumerate(states()):
                dashboard(now)
                expected = ["".join(text for text, _ in line).rstrip() for line in dashboard.draw(now, (width, height))]
                seen = shown(console.file.getvalue(), width, height)  # type: ignore[attr-defined]
                assert seen == [*expected, *[""] * (height - len(expected))]
                if number == 3:
                    sys.stderr.write("seqcheck: eth0 is gone\n")
    assert [line for line in shown(console.file.getvalue(), width, height) if line] == ["seqcheck: eth0 is gone"]  # type: ignore[attr-defined]


def first_line(now: Snapshot) -> str:
    dashboard = Dashboard("eth0", Console(file=io.StringIO(), force_terminal=True, width=120, height=30))
    return "".join(text for text, _ in dashboard.draw(now, (120, 30))[0])


def test_the_first_line_is_the_answer_and_not_older_than_what_stands_beside_it() -> None:
    answers = [first_line(now) for now in states()]
    assert answers[0] == "verdict    no frame with a header yet"
    assert answers[1] == answers[6] == "verdict    clean"
    assert answers[2] == "verdict    1 duplicate, not judged yet"
    assert answers[4].startswith("verdict    stale-slot, ")
    assert "since" not in answers[4]
    total = specimens.STALE.duplicates.total
    assert answers[5].endswith(f"judged from the first {total}; 36 more since")
    assert all(line.startswith("verdict ") for line in answers)


@dataclass
class Terminal:
    """A terminal with a program in its foreground: what it writes, and what a person types."""

    number: int
    written: str = ""
    emulator: Emulator = field(default_factory=lambda: Emulator(80, 24))
    decoder: codecs.IncrementalDecoder = field(default_factory=codecs.getincrementaldecoder("utf-8"))
    process: subprocess.Popen[bytes] | None = field(default=None)

    def resize(self, width: int, height: int) -> None:
        fcntl.ioctl(self.number, termios.TIOCSWINSZ, struct.pack("HHHH", height, width, 0, 0))
        self.emulator.resize(width, height)

    def read(self) -> bool:
        """What comes next; False if nothing does any more."""
        ready, _, _ = select.select([self.number], [], [], netns.TIMEOUT)
        assert ready, f"nothing more came: {self.lines()}"
        try:
            data = os.read(self.number, 1 << 16)
        except OSError:  # the other end was closed
            return False
        text = self.decoder.decode(data)
        self.written += text
        self.emulator.feed(text)
        return bool(data)

    def until(self, holds: Callable[[], bool]) -> None:
        """A picture may come in pieces: whatever is asked of one is asked at once."""
        until = time.monotonic() + netns.LONGEST
        while not holds():
            assert time.monotonic() < until, self.lines()
            assert self.read(), self.lines()

    def lines(self) -> list[str]:
        return self.emulator.lines()

    def text(self) -> str:
        return "\n".join(self.lines())

    def type(self, keys: bytes) -> None:
        os.write(self.number, keys)


# A shell's part: a program of its own group in the foreground, and `fg` after it has stopped.
SHELL = """
import os, signal, subprocess, sys, termios
signal.signal(signal.SIGTTOU, signal.SIG_IGN)
modes = termios.tcgetattr(0)
def front(group):
    os.tcsetpgrp(0, group)
child = os.fork()
if not child:
    os.setpgid(0, 0)
    front(os.getpid())
    signal.signal(signal.SIGTTOU, signal.SIG_DFL)
    os.execvp(sys.argv[1], sys.argv[1:])
while True:
    _, status = os.waitpid(child, os.WUNTRACED)
    front(os.getpid())
    if not os.WIFSTOPPED(status):
        break
    quiet = termios.tcgetattr(0)[3] == modes[3]
    os.write(1, b"[stopped, echo %d]\\n" % quiet)
    sys.stdin.readline()
    front(child)
    os.kill(child, signal.SIGCONT)
os.write(1, b"[ended %d, echo %d]\\n" % (os.waitstatus_to_exitcode(status), termios.tcgetattr(0)[3] == modes[3]))
"""


@contextmanager
def terminal(namespace: str, *argv: str) -> Iterator[Terminal]:
    ours, theirs = pty.openpty()
    made = Terminal(ours)
    made.resize(80, 24)
    environ = {**os.environ, "TERM": "xterm-256color"}
    for name in ("COLUMNS", "LINES", "NO_COLOR", "FORCE_COLOR"):
        environ.pop(name, None)

    def control() -> None:
        os.setsid()
        fcntl.ioctl(0, termios.TIOCSCTTY, 0)

    inside = ["ip", "netns", "exec", namespace] if namespace else []
    command = [sys.executable, "-c", SHELL, *inside, *argv]
    made.process = subprocess.Popen(
        command, stdin=theirs, stdout=theirs, stderr=theirs, env=environ, preexec_fn=control
    )
    os.close(theirs)
    try:
        yield made
    finally:
        if made.process.poll() is None:
            os.killpg(made.process.pid, signal.SIGKILL)
        made.process.wait(netns.TIMEOUT)
        os.close(ours)


def is_picture(lines: list[str], answer: str, head: str) -> bool:
    """Whether they are the dashboard's, whole, with that answer."""
    once = sum(line.startswith("frames     ") for line in lines) == 1
    return bool(re.match(answer, lines[0])) and lines[1].startswith(head) and once


class Interrupted(io.StringIO):
    """A terminal on which Ctrl-Z is pressed while something is written."""

    pressed = False

    def write(self, text: str) -> int:
        if self.pressed:
            self.pressed = False
            signal.raise_signal(signal.SIGTSTP)
        return super().write(text)


def test_a_picture_that_ctrl_z_interrupts_is_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was drawn half was taken for drawn, and stayed out for good."""
    out, stopped = Interrupted(), list[int]()
    console = Console(file=out, force_terminal=True, width=80, height=24, color_system="standard")
    monkeypatch.setattr(sys, "stderr", out)
    monkeypatch.setattr(os, "kill", lambda process, number: stopped.append(number))
    first, second = list(states())[3:5]
    with Dashboard("eth0", console) as dashboard:
        dashboard(first)
        out.pressed = True
        for _ in range(2):
            dashboard(second)
            expected = ["".join(text for text, _ in line).rstrip() for line in dashboard.draw(second, (80, 24))]
            assert [line for line in shown(out.getvalue(), 80, 24) if line] == [line for line in expected if line]
            dashboard.heed(lambda: None)
        assert stopped == [signal.SIGTSTP]


@netns.needed()
def test_a_session_at_a_terminal(tmp_path: object) -> None:
    """Enter, a first duplicate, another size, Ctrl-Z and fg, Ctrl-C: the picture is whole, the shell as it was."""
    path = f"{tmp_path}/report.json"
    command = (*netns.SEQCHECK, "live", "--report", f"json={path}", "--interval", "20ms")
    with netns.pair() as pair, terminal(pair.rx, *command, pair.into) as seen:
        seen.until(lambda: "no frame with a header yet" in seen.text())
        seen.type(b"\n\n\nxyz")
        pair.send("--count", "1000")
        head = f"seqcheck live {pair.into}"
        seen.until(lambda: "frames     1,000" in seen.text() and is_picture(seen.lines(), r"verdict    clean", head))
        truth = pair.send("--count", "3000", "--ring-size", "64", "--inject", "stale=1%", "--stream", "2")
        answer = r"verdict    stale-slot, \w+, ring 64"
        seen.until(lambda: is_picture(seen.lines(), answer, head))
        for width, height in ((140, 40), (60, 12), (80, 24)):
            seen.resize(width, height)
            seen.until(lambda: is_picture(seen.lines(), answer, head))
        for key, page in ((b"s", "streams"), (b"e", "findings"), (b"r", "report"), (b"?", "help")):
            seen.type(key)
            seen.until(lambda page=page: seen.lines()[1] == page and "Escape back" in seen.text())  # type: ignore[misc]
        seen.type(b"\x1b")
        seen.until(lambda: is_picture(seen.lines(), answer, head))
        seen.type(b"\x1a")
        seen.until(lambda: "[stopped, echo 1]" in seen.written)
        assert [line for line in seen.lines() if line] == ["[stopped, echo 1]"]
        seen.type(b"fg\n")
        seen.until(lambda: is_picture(seen.lines(), answer, head))
        seen.type(b"\x03")
        seen.until(lambda: "[ended 1, echo 1]" in seen.written)
        after = [line for line in seen.lines() if line]
        assert after[:2] == ["[stopped, echo 1]", "fg"]
        assert after[2].startswith(f"seqcheck: listening on {pair.into}")
        assert "".join(after[3:-1]) == f"seqcheck: wrote {path}"  # in as many lines as it needs
        assert after[-1] == "[ended 1, echo 1]"
    with open(path, encoding="ascii") as stream:
        assert json.load(stream)["duplicates"]["total"] == truth["duplicates"] > 0


def test_a_pipe_has_a_dashboard_with_keys_of_its_own(tmp_path: Path) -> None:
    """Keys come from the terminal, frames from standard input; q ends it with what the pipe held."""
    fifo, path = tmp_path / "fifo", tmp_path / "report.json"
    os.mkfifo(fifo)
    data = SAMPLES.joinpath("stale-slot.pcap").read_bytes()
    words = shlex.join([*netns.SEQCHECK, "live", "-", "--report", f"json={path}", "--interval", "20ms"])
    with terminal("", "sh", "-c", f"exec {words} < {shlex.quote(str(fifo))}") as seen, open(fifo, "wb", 0) as pipe:
        pipe.write(data[:40_000])
        seen.until(lambda: is_picture(seen.lines(), r"verdict    stale-slot", "seqcheck live -"))
        seen.type(b"p")
        seen.until(lambda: "paused: p continues" in seen.text())
        pipe.write(data[40_000:60_000])
        seen.type(b"q")
        seen.until(lambda: "[ended 1, echo 1]" in seen.written)
    with open(path, encoding="ascii") as stream:
        assert json.load(stream)["capture"]["frames"] > 700
