"""Every exception that seqcheck raises on purpose.

SeqcheckError
├── UsageError      the caller asked for something that cannot be (a layout that does not parse, a size out of range)
├── InputError      a capture from which nothing can be read
├── OutputError     a report or a capture that cannot be written
└── PrivilegeError  an interface that this user may not open

Bad *data* never raises: it is a status and a count (`capture.damage`, `records.skipped`). Exceptions are for the
environment and for misuse. Each says what, where, and what to try; `cli` prints it in one line and exits with 2.
"""

from __future__ import annotations

TROUBLE = 2  # the exit code, where 0 is clean and 1 is findings


class SeqcheckError(Exception):
    """The root of them all. `hint` says what to try next, or is empty."""

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message}\n{self.hint}" if self.hint else self.message


class UsageError(SeqcheckError):
    """What was asked for cannot be: a bad layout, a bad size, options that exclude one another."""


class InputError(SeqcheckError):
    """A capture of which nothing could be read."""


class OutputError(SeqcheckError):
    """A report, a capture or a truth file that could not be written."""


class PrivilegeError(SeqcheckError):
    """You do not have permission to open the interface."""
