"""Width, colour and encoding of what is written for people."""

import io
import os
import pty
from collections.abc import Iterator

import pytest

from seqcheck.cli.page import color, page_for, width


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NO_COLOR", "FORCE_COLOR", "COLUMNS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")


@pytest.fixture
def terminal() -> Iterator[io.FileIO]:
    master, slave = pty.openpty()
    with open(slave, "wb", buffering=0) as stream:
        yield stream
    os.close(master)


@pytest.mark.parametrize(
    ("environment", "terminal", "colored"),
    [
        ({}, True, True),
        ({}, False, False),
        ({"NO_COLOR": "1"}, True, False),
        ({"NO_COLOR": ""}, True, True),
        ({"FORCE_COLOR": "1"}, False, True),
        ({"FORCE_COLOR": ""}, False, False),
        ({"NO_COLOR": "1", "FORCE_COLOR": "1"}, True, False),
        ({"TERM": "dumb"}, True, False),
    ],
)
def test_color(monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], terminal: bool, colored: bool) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert color(terminal) is colored


@pytest.mark.parametrize(
    ("columns", "wide"), [("", 80), ("132", 132), ("7", 40), ("99999", 200), ("999999", 80), ("x", 80), ("-5", 80)]
)
def test_width_of_what_is_no_terminal(monkeypatch: pytest.MonkeyPatch, columns: str, wide: int) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    assert width(io.BytesIO(), terminal=False) == wide


def test_a_terminal_tells_its_width(terminal: io.FileIO) -> None:
    import fcntl
    import struct
    import termios

    fcntl.ioctl(terminal.fileno(), termios.TIOCSWINSZ, struct.pack("HHHH", 24, 123, 0, 0))
    page = page_for(terminal)
    assert (page.width, page.color) == (123, True)


def test_a_file_gets_plain_utf8() -> None:
    page = page_for(io.BytesIO())
    assert (page.width, page.color, page.encoding) == (80, False, "utf-8")
