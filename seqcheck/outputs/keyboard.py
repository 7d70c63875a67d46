"""Keys that a person presses at the terminal, read without waiting. Bytes that mean nothing are passed over.

Arrows and pages are escape sequences (ECMA-48, xterm); what is not whole yet waits for its rest.
"""

from __future__ import annotations

import os
import select
from collections.abc import Iterator

KEYS = {
    b"q": "end", b"p": "pause", b"r": "report", b"s": "streams", b"e": "findings", b"?": "help", b"h": "help",
    b"k": "up", b"j": "down", b" ": "page down",
}  # fmt: skip
SEQUENCES = {
    b"\x1b[A": "up", b"\x1bOA": "up", b"\x1b[B": "down", b"\x1bOB": "down", b"\x1b[5~": "page up",
    b"\x1b[6~": "page down", b"\x1b[H": "first", b"\x1b[F": "last", b"\x1b[1~": "first", b"\x1b[4~": "last",
}  # fmt: skip
ESCAPE = b"\x1b"
LONGEST = 4  # bytes of a sequence
AT_ONCE = 256  # bytes


def typed(number: int) -> bytes:
    """What was typed at the terminal open as `number`; nothing if that cannot be read."""
    try:
        if select.select([number], [], [], 0)[0]:
            return os.read(number, AT_ONCE)
    except (OSError, ValueError):
        pass
    return b""


class Keys:
    """Bytes into the names of keys."""

    def __init__(self) -> None:
        self._rest = b""

    def of(self, data: bytes) -> Iterator[str]:
        """The keys in it; "back" is the escape key, told from a sequence by what does not follow."""
        data, self._rest = self._rest + data, b""
        while data:
            if not data.startswith(ESCAPE):
                if name := KEYS.get(data[:1]):
                    yield name
                data = data[1:]
                continue
            known = next((each for each in SEQUENCES if data.startswith(each)), None)
            if known:
                yield SEQUENCES[known]
                data = data[len(known) :]
            elif any(each.startswith(data) for each in SEQUENCES) and data != ESCAPE:
                self._rest, data = data, b""
            else:
                yield "back"
                data = data[1:]
