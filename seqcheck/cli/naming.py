"""Who names the files of a live capture, when it can no longer do that itself.

Started by root, a capture gives up every privilege; the folder of its outputs may then be closed to it. So a process of
its own is forked before: it stays what we were, touches no byte of traffic, and does one thing, to give an output
that was opened before its name when it is told that output's number. It lives as long as we do, however we end, and
takes away what was never named.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import NoReturn

from seqcheck.cli.output import Output
from seqcheck.errors import OutputError, SeqcheckError

MOST = 1 << 12  # bytes of an answer
DONE = b"done"
# A signal meant for the capture must not keep its files from being named, nor Ctrl-Z where it alone is resumed.
DEAF = ("SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT", "SIGUSR1", "SIGUSR2", "SIGTSTP", "SIGTTIN", "SIGTTOU")


class Namer:
    """The way to that process. From now on `commit` of these outputs asks it."""

    def __init__(self, outputs: Sequence[Output]) -> None:
        asked, self._ask = os.pipe()
        self._answer, answers = os.pipe()
        ours = (self._ask, self._answer)
        before = signal.pthread_sigmask(signal.SIG_BLOCK, [getattr(signal, name) for name in DEAF])
        self._child = os.fork()
        if not self._child:
            _serve(outputs, asked, answers, ours)
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
        os.close(asked)
        os.close(answers)
        for number, output in enumerate(outputs):
            output.hand_over(self._naming(number))

    def close(self) -> None:
        """Nothing more will be named."""
        os.close(self._ask)
        os.close(self._answer)
        with suppress(ChildProcessError):
            os.waitpid(self._child, 0)

    def _naming(self, number: int) -> Callable[[], None]:
        def name() -> None:
            try:
                os.write(self._ask, b"%d\n" % number)
                said = os.read(self._answer, MOST)
            except BrokenPipeError:  # not one of an output's readers: nobody may take it for that
                said = b""
            if said != DONE:
                words = said.decode("utf-8", "replace") or "the process that names it has ended"
                what, _, hint = words.partition("\n")
                raise OutputError(what, hint=hint)

        return name


def _serve(outputs: Sequence[Output], asked: int, answers: int, unwanted: Sequence[int]) -> NoReturn:
    """The process: until nobody can ask any more."""
    try:
        for name in DEAF:
            signal.signal(getattr(signal, name), signal.SIG_IGN)
        nothing = os.open(os.devnull, os.O_RDWR)
        for number in (0, 1, 2):
            os.dup2(nothing, number)
        for number in unwanted:
            os.close(number)
        while line := os.read(asked, 16):
            os.write(answers, _named(outputs[int(line)]))
    finally:
        for output in outputs:
            with suppress(OSError):
                output.forget()
        os._exit(0)


def _named(output: Output) -> bytes:
    """What came of it."""
    try:
        output.name_now()
    except SeqcheckError as error:
        return f"{error.message}\n{error.hint}".encode("utf-8", "replace")[:MOST]
    return DONE
