"""The exceptions that seqcheck raises on purpose.

SeqcheckError
├── UsageError      an invalid argument (a layout that does not parse, a size out of range)
├── InputError      a capture from which nothing can be read
├── OutputError     a report or a capture that cannot be written
└── PrivilegeError  an interface that you have no permission to open

Bad *data* never raises: it is a status and a count (`capture.damage`, `records.skipped`). Exceptions are for the
environment and for misuse. Each says what, where, and what to try; `cli` prints it in one line and exits with 2.
"""

from __future__ import annotations

TROUBLE = 2  # the exit code, where 0 is clean and 1 is findings


class SeqcheckError(Exception):
    """The base class of all of them. `hint` says what to try next, or is empty."""

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message}\n{self.hint}" if self.hint else self.message


class UsageError(SeqcheckError):
    """An invalid argument: a bad layout, a size out of range, options that exclude each other."""


class InputError(SeqcheckError):
    """A capture from which nothing could be read."""


class OutputError(SeqcheckError):
    """A report, a capture or a truth file that could not be written."""


class PrivilegeError(SeqcheckError):
    """You do not have permission to open the interface."""
