"""What writes to whoever may be slow: in order, whole, never waiting, and bounded."""

import os
import pty
import re
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqcheck.outputs.patient import Patient, within
from seqcheck.outputs.screen import Screen

MOST, LIMIT_S = 1 << 20, 60
Ends = tuple[int, int]


@pytest.fixture
def pipe() -> Iterator[Ends]:
    ends = os.pipe()
    yield ends
    for end in ends:
        with suppress(OSError):
            os.close(end)


def wait_for(holds: Callable[[], bool]) -> None:
    until = within(LIMIT_S)
    while not holds():
        assert not until()
        time.sleep(0.001)


def test_a_reader_who_stands_still_is_not_waited_for_and_gets_all_that_was_taken(pipe: Ends) -> None:
    patient, piece = Patient(pipe[1], MOST), bytes(range(256)) * 256
    taken = sum(patient.take(piece) for _ in range(100))
    assert MOST // len(piece) <= taken <= MOST // len(piece) + 2  # what is being written is not behind yet
    assert not patient.take(b"x" * MOST)
    assert not patient.settle(within(0.01))
    got = b""
    while len(got) < taken * len(piece):
        got += os.read(pipe[0], MOST)
    assert got == piece * taken
    assert patient.settle(within(LIMIT_S))
    assert patient.take(b"more", always=True)
    assert os.read(pipe[0], MOST) == b"more"


@given(st.lists(st.integers(0, 5000), max_size=30), st.integers(1, 100_000))
def test_everything_comes_in_order(sizes: list[int], at_once: int) -> None:
    ends = os.pipe()
    patient, sent, got = Patient(ends[1], 40_000), b"", b""
    for number, size in enumerate(sizes):
        piece = bytes([number]) * size
        if patient.take(piece):
            sent += piece
        elif len(sent) > len(got):
            got += os.read(ends[0], at_once)
    while len(got) < len(sent):
        got += os.read(ends[0], at_once)
    assert patient.settle(within(LIMIT_S))
    assert got == sent
    for end in ends:
        os.close(end)


def test_a_reader_who_goes_away_is_told(pipe: Ends) -> None:
    patient = Patient(pipe[1], MOST)
    os.close(pipe[0])
    assert patient.take(b"x")
    wait_for(lambda: patient.broken is not None)
    assert isinstance(patient.broken, BrokenPipeError)
    assert not patient.take(b"y", always=True)
    assert patient.settle(lambda: False) == (not patient.busy)


def test_a_terminal_that_takes_nothing_holds_nobody_up(monkeypatch: pytest.MonkeyPatch) -> None:
    ours, theirs = pty.openpty()
    with os.fdopen(theirs, "w") as out:
        monkeypatch.setattr(sys, "stderr", out)
        pictures = [[f"{number} {line} " + "x" * 900 for line in range(40)] for number in range(300)]
        with Screen(out) as screen:
            for picture in pictures:  # of 36 KB each, where a terminal takes some 4 at once
                screen.show(picture)
                time.sleep(0.001)
            seen = b""

            def again() -> bool:
                nonlocal seen
                screen.show(["the last one"])  # again and again, since it is left out while another one is written
                with suppress(BlockingIOError):
                    seen += os.read(ours, 1 << 16)
                return b"the last one" in seen

            os.set_blocking(ours, False)
            wait_for(again)
        whole = set(re.findall(rb"\x1b\[2K(\d+) 39 x{900}", seen))
        assert 1 <= len(whole) < 10  # what it was about to take is shown whole, and most are left out
    os.close(ours)
