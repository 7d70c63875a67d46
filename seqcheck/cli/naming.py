"""The process that creates and names the files of a live capture when the capture itself no longer can.

Started by root, a capture gives up every privilege; it may then be unable to write to the folder of its outputs. So a
separate process is forked before: it keeps its privileges and touches no byte of traffic. When told the number of an
output that was opened before, it gives it its name; it also creates and names the files of a series (series.py), whose
names it chooses itself. It lives as long as we do, however we end, and removes what was never named.
"""

from __future__ import annotations

import array  # noqa: F401 - what passes descriptors loads it, when files may be out of reach
import os
import signal
import socket
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import NoReturn

from seqcheck.cli.output import Output
from seqcheck.cli.series import Series
from seqcheck.errors import OutputError, SeqcheckError

MOST, ASKED = 1 << 12, 64  # bytes of an answer, and of what is asked
DONE = b"done"
# A signal meant for the capture must not keep its files from being named, nor Ctrl-Z where it alone is resumed.
DEAF = ("SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT", "SIGUSR1", "SIGUSR2", "SIGTSTP", "SIGTTIN", "SIGTTOU")


class Namer:
    """The way to that process. From now on these outputs and series ask it."""

    def __init__(self, outputs: Sequence[Output], series: Sequence[Series] = ()) -> None:
        self._way, theirs = socket.socketpair()
        before = signal.pthread_sigmask(signal.SIG_BLOCK, [getattr(signal, name) for name in DEAF])
        self._child = os.fork()
        if not self._child:
            _serve(outputs, series, theirs, self._way)
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
        theirs.close()
        for number, output in enumerate(outputs):
            output.hand_over(self._naming("output", number))
        for number, one in enumerate(series):
            one.hand_over(self._beginning(number), self._naming("series", number))

    def close(self) -> None:
        """Nothing more will be named."""
        self._way.close()
        with suppress(ChildProcessError):
            os.waitpid(self._child, 0)

    def _naming(self, kind: str, number: int) -> Callable[[], None]:
        return lambda: self._close_all(self._ask(f"{kind} {number}"))

    def _beginning(self, number: int) -> Callable[[], int]:
        def begin() -> int:
            made, *others = self._ask(f"begin {number}")
            self._close_all(others)
            return made

        return begin

    def _ask(self, what: str) -> list[int]:
        """The descriptors that come with the answer."""
        try:
            self._way.sendall(f"{what}\n".encode())
            said, made, _, _ = socket.recv_fds(self._way, MOST, 1)
        except (BrokenPipeError, ConnectionError):  # not one of an output's readers: nobody may take it for that
            said, made = b"", []
        if said == DONE:
            return made
        self._close_all(made)
        words = said.decode("utf-8", "replace") or "the process that names it has ended"
        what, _, hint = words.partition("\n")
        raise OutputError(what, hint=hint)

    @staticmethod
    def _close_all(numbers: Sequence[int]) -> None:
        for number in numbers:
            os.close(number)


def _serve(
    outputs: Sequence[Output], series: Sequence[Series], way: socket.socket, unwanted: socket.socket
) -> NoReturn:
    """The process: until nobody can ask any more."""
    try:
        for name in DEAF:
            signal.signal(getattr(signal, name), signal.SIG_IGN)
        nothing = os.open(os.devnull, os.O_RDWR)
        for number in (0, 1, 2):
            os.dup2(nothing, number)
        unwanted.close()
        while line := way.recv(ASKED):
            kind, _, place = line.decode("ascii").partition(" ")
            if kind == "begin":
                _begin(series[int(place)], way)
            else:
                one = outputs[int(place)] if kind == "output" else series[int(place)]
                way.sendall(_said(one.name_now))
    finally:
        for forget in (*(each.forget for each in outputs), *(each.forget for each in series)):
            with suppress(OSError):
                forget()
        os._exit(0)


def _begin(series: Series, way: socket.socket) -> None:
    """Make its next file, and hand it over."""
    made: list[int] = []
    answer = _said(lambda: made.append(series.begin_now()))
    socket.send_fds(way, [answer], made)


def _said(do: Callable[[], object]) -> bytes:
    """What came of it."""
    try:
        do()
    except SeqcheckError as error:
        return f"{error.message}\n{error.hint}".encode("utf-8", "replace")[:MOST]
    return DONE
