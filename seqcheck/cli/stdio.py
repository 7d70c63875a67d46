"""The standard streams, where they are closed, full or gone."""

from __future__ import annotations

import os
import sys

from seqcheck.escape import visible


def say(line: str) -> None:
    """One line on stderr, whatever bytes it carries and wherever stderr leads."""
    try:
        print(visible(line), file=sys.stderr)
    except (OSError, ValueError, AttributeError):
        pass


def abandon_stdout() -> None:
    """Point stdout at nothing, so that the interpreter does not try (and fail) to write what is left in it."""
    try:
        nothing = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nothing, sys.stdout.fileno())
        os.close(nothing)
    except (OSError, ValueError, AttributeError):
        pass
