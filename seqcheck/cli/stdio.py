"""The standard streams, also if they are closed, full or gone."""

from __future__ import annotations

import os
import select
import sys
from contextlib import suppress
from typing import TextIO

from seqcheck.errors import OutputError
from seqcheck.escape import plain, visible


def say(line: str) -> None:
    """One line on stderr, whatever bytes it carries and wherever stderr leads."""
    with suppress(OSError, ValueError, AttributeError):
        encoding = getattr(sys.stderr, "encoding", None) or "utf-8"
        sys.stderr.write(f"{plain(visible(line), encoding)}\n")


def takes(stream: TextIO | None) -> bool:
    """Whether it takes a line at once: a pipe that is full does not, nor a terminal after Ctrl-S."""
    with suppress(OSError, ValueError, TypeError):
        return stream is None or bool(select.select([], [stream], [], 0)[1])
    return True  # nothing with a descriptor: nobody is held up


def put(*lines: str) -> None:
    """Lines on stdout, at once. OutputError if they cannot be written; a broken pipe stays what it is."""
    if sys.stdout is None:
        if lines:
            raise OutputError("standard output is closed")
        return
    encoding = sys.stdout.encoding or "utf-8"
    text = plain("".join(f"{line}\n" for line in lines), encoding)
    text = text.encode(encoding, "backslashreplace").decode(encoding)
    try:
        if text:  # to write nothing fails too, on a full device
            sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        raise OutputError(f"cannot write standard output: {error.strerror or error}") from error


def abandon_stdout() -> None:
    """Point stdout at nothing, so that the interpreter does not try (and fail) to write what is left in it."""
    with suppress(OSError, ValueError, AttributeError):
        nothing = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nothing, sys.stdout.fileno())
        os.close(nothing)
