"""`analyze` started by root reads as another user: in a child that gave up every privilege before the first byte.

Inputs and outputs are opened by root, everything that is loaded late is loaded, then the process forks. The child
becomes the caller of sudo, or nobody, and reads, judges and writes to what it was given; it can no longer open anything
of root's. The parent touches no byte of a capture: it waits, gives complete files their names, and passes signals on.
It treats what it hears from the child as untrusted.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterable, Sequence
from typing import NoReturn

from seqcheck.cli.output import Ended, Output
from seqcheck.cli.stdio import say
from seqcheck.errors import TROUBLE

MOST_SAID = 1 << 20  # bytes that are listened to
PR_SET_PDEATHSIG = 1
LONGEST = 8  # bytes of a line that names an output
PASSED_ON = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Confined:
    """Call `enter` when all is open; only the child returns from it. `inside` says who is asking."""

    def __init__(self, outputs: Sequence[Output], unwanted: Sequence[int] = ()) -> None:
        """`unwanted` descriptors are not the child's business."""
        self.inside = False
        self._unwanted = unwanted
        self._outputs = outputs
        self._pipe = -1

    def enter(self) -> None:
        """Go on without privileges. In the parent this raises Ended."""
        from seqcheck.linux import privilege

        heir = privilege.heir()
        for stream in (sys.stdout, sys.stderr):
            if stream is not None:
                stream.flush()
        reading, writing = os.pipe()
        parent = os.getpid()
        signal.pthread_sigmask(signal.SIG_BLOCK, PASSED_ON)  # until it is settled who hears them
        child = os.fork()
        if child:
            os.close(writing)
            with os.fdopen(reading, "rb") as pipe:
                raise _heard(child, pipe.fileno(), len(self._outputs))
        os.close(reading)
        _vacate(self._unwanted)
        self.inside, self._pipe = True, writing
        for number, output in enumerate(self._outputs):
            output.hand_over(_Announcer(writing, number))
        _once(signal.SIGINT)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, PASSED_ON)
        privilege.drop(heir)
        _die_with(parent)

    def leave(self, answer: bytes) -> NoReturn:
        """In the child: say it, and end."""
        _write(self._pipe, b"a" + answer.replace(b"\n", b" ") + b"\n")
        os._exit(0)


class _Announcer:
    """What an output of the child calls when it is whole."""

    def __init__(self, pipe: int, number: int) -> None:
        self._pipe, self._number = pipe, number

    def __call__(self) -> None:
        _write(self._pipe, b"w%d\n" % self._number)


def _heard(child: int, pipe: int, outputs: int) -> Ended:
    """Wait for the child, passing signals on."""
    passed: list[int] = []

    def forward(number: int, frame: object) -> None:
        passed.append(number)
        os.kill(child, number)

    before = {}
    for number in PASSED_ON:
        if signal.getsignal(number) != signal.SIG_IGN:
            before[number] = signal.signal(number, forward)
    try:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, PASSED_ON)
        said = b""
        while len(said) < MOST_SAID and (more := os.read(pipe, 1 << 16)):
            said += more
        _, status = os.waitpid(child, 0)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    code = os.waitstatus_to_exitcode(status)
    if passed and passed[-1] != signal.SIGINT:
        raise SystemExit(128 + passed[-1])
    if -code in passed:  # in the moment after its last word
        code = 128 - code
    if code < 0:
        say(f"seqcheck: the process that read the capture ended early, by signal {-code}")
        code = TROUBLE
    lines = said.split(b"\n")
    whole = [int(line[1:]) for line in lines if line[:1] == b"w" and line[1:].isdigit() and len(line) < LONGEST]
    answer = next((line[1:] for line in lines if line[:1] == b"a"), b"")
    return Ended(code, [number for number in dict.fromkeys(whole) if number < outputs], answer)


def _vacate(numbers: Sequence[int]) -> None:
    """Leave what these descriptors led to. They stay open, since objects that hold them close them at the end."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    for number in numbers:
        os.dup2(nowhere, number, inheritable=False)
    os.close(nowhere)


def _once(number: signal.Signals) -> None:
    """Have it interrupt once: at a terminal it comes twice, from there and from the parent."""
    if signal.getsignal(number) == signal.SIG_IGN:
        return

    def interrupt(number: int, frame: object) -> None:
        signal.signal(number, signal.SIG_IGN)
        raise KeyboardInterrupt

    signal.signal(number, interrupt)


def _die_with(parent: int) -> None:
    """Nobody would name what is written when the parent is gone. (After the drop, which takes this back.)"""
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0)
        if os.getppid() != parent:
            os._exit(TROUBLE)


def _write(pipe: int, data: bytes) -> None:
    while data:
        data = data[os.write(pipe, data) :]


def prepare(formats: Iterable[str], *, drawn: bool) -> None:
    """Load everything that a run may need later."""
    from seqcheck.cli.rehearsal import rehearse_files

    rehearse_files(formats, drawn=drawn)
