"""The progress bar: for people, for long work, and gone in the end."""

import io
import os
import pty
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest

from seqcheck.cli import progress
from seqcheck.engine.session import Progress

STEP = Progress(bytes_done=30_000_000, bytes_total=100_000_000, frames=1_000_000)
CODE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


@contextmanager
def terminal(*, patience: float) -> Iterator[int]:
    """stderr is a terminal of 100 columns; what it shows can be read from this descriptor."""
    master, slave = pty.openpty()
    with open(slave, "w", encoding="utf-8") as stream, pytest.MonkeyPatch.context() as patch:
        patch.setenv("TERM", "xterm-256color")
        patch.setenv("COLUMNS", "100")
        patch.setattr(sys, "stderr", stream)
        patch.setattr(progress, "PATIENCE_S", patience)
        yield master
    os.close(master)


def shown(master: int) -> str:
    """What was written since the last call; a mark at its end tells when all of it is there."""
    sys.stderr.write("MARK")
    sys.stderr.flush()
    text = b""
    while not text.endswith(b"MARK"):
        text += os.read(master, 65536)
    return text.decode().removesuffix("MARK")


def test_short_work_shows_nothing() -> None:
    with terminal(patience=3600) as master:
        with progress.Meter("run.pcap") as meter:
            meter(STEP)
        assert shown(master) == ""


def test_long_work_shows_bytes_pace_and_time_left() -> None:
    with terminal(patience=0) as master:
        with progress.Meter("run.pcap") as meter:
            meter(STEP)
            text = CODE.sub("", shown(master))
        assert re.search(r"run\.pcap .* 28\.6/95\.4 MiB [\d,]+ frames/s [-\d:]+", text)
        assert "\x1b[2K" in shown(master)  # the line is wiped


def test_a_second_reading_has_its_own_name_and_pace(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 100.0
    monkeypatch.setattr(progress.time, "monotonic", lambda: now)
    with terminal(patience=0) as master, progress.Meter("run.pcap") as meter:
        now += 2
        meter(STEP)
        assert "500,000 frames/s" in shown(master)
        now += 1
        meter(replace(STEP, frames=30_000, again=True))
        assert re.search(r"run\.pcap: other traffic .* 300,000 frames/s", CODE.sub("", shown(master)))
        now += 0.2
        meter(replace(STEP, frames=60_000, again=True))
        assert re.search(r"run\.pcap: other traffic .* 200,000 frames/s", CODE.sub("", shown(master)))


def test_a_pipe_has_no_end_to_show() -> None:
    with terminal(patience=0) as master, progress.Meter("\x1b[2J[red]x") as meter:
        meter(Progress(bytes_done=5_000_000, bytes_total=None, frames=1000))
        text = shown(master)
    assert "4.8/? MiB" in CODE.sub("", text)
    assert "\\x1b[2J[red]x" in text


def test_stdout_is_left_alone() -> None:
    with terminal(patience=0):
        before = sys.stdout
        with progress.Meter("run.pcap") as meter:
            meter(STEP)
            assert sys.stdout is before


@pytest.mark.parametrize(("quiet", "tty", "drawn"), [(False, True, True), (True, True, False), (False, False, False)])
def test_only_a_person_gets_one(monkeypatch: pytest.MonkeyPatch, quiet: bool, tty: bool, drawn: bool) -> None:
    stream = io.StringIO()
    monkeypatch.setattr(stream, "isatty", lambda: tty)
    monkeypatch.setattr(sys, "stderr", stream)
    assert progress.wanted(quiet) is drawn
