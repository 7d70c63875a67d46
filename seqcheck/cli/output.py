"""Where results go: to stdout, to a new file that appears whole or not at all, or to a device as it is.

A new file is written under a temporary name in its own folder and gets its name on `commit`; nothing that exists is
replaced unless `force` says so. Every failure is an OutputError that names the place.
"""

from __future__ import annotations

import errno
import os
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import TYPE_CHECKING, BinaryIO, Self

from seqcheck.errors import OutputError, UsageError

if TYPE_CHECKING:
    from pathlib import Path

STDOUT = "-"


class Output:
    """One destination, open for writing bytes to `stream`. Leaving the context without `commit` leaves no trace."""

    def __init__(self, path: str, *, force: bool = False) -> None:
        self.path = path
        self.name = "standard output" if path == STDOUT else path
        self._force = force
        self._temporary: Path | None = None
        self._done = False
        with failing(self.name):
            self.stream = self._open()

    def _open(self) -> BinaryIO:
        if self.path == STDOUT:
            if sys.stdout is None:
                raise OutputError("standard output is closed")
            return sys.stdout.buffer
        try:
            there = os.stat(self.path)
        except FileNotFoundError:
            there = None
        if there and stat.S_ISDIR(there.st_mode):
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        if there and not stat.S_ISREG(there.st_mode):  # /dev/null, a pipe: there is nothing to lose
            return open(self.path, "wb")
        if there and not self._force:
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST))
        from pathlib import Path

        target = Path(self.path)
        temporary = target.with_name(f".{target.name[:200]}.{os.getpid()}.part")
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_CLOEXEC", 0)
        stream = os.fdopen(os.open(temporary, flags, 0o666), "wb")
        self._temporary = temporary
        return stream

    def commit(self) -> None:
        """All is written: make it last, under its own name."""
        self._done = True
        with failing(self.name):
            self.stream.flush()
            if self._temporary is None:
                return
            os.fsync(self.stream.fileno())
            self.stream.close()
            if self._force:
                os.replace(self._temporary, self.path)
            else:
                name_it(self._temporary, self.path)
            self._temporary = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.path != STDOUT:
            try:
                self.stream.close()
            except OSError as failure:  # on a full disk; if that is news, it has to be told
                if kind is None and self._done and not isinstance(failure, BrokenPipeError):
                    raise OutputError(f"cannot write {self.name}: {failure.strerror}") from failure
        if self._temporary is not None:
            self._temporary.unlink(missing_ok=True)


def name_it(temporary: Path, path: str) -> None:
    """Give a file its name, unless someone took that name in the meantime."""
    try:
        os.link(temporary, path)
    except FileExistsError:
        raise
    except OSError:  # a file system without hard links: the next best
        if os.path.lexists(path):
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST)) from None
        os.replace(temporary, path)
        return
    temporary.unlink()


@contextmanager
def failing(name: str) -> Iterator[None]:
    """Turns what the operating system says into an OutputError. A broken pipe stays what it is."""
    try:
        yield
    except BrokenPipeError:
        raise
    except FileExistsError as error:
        raise OutputError(f"{name} exists already", hint="--force replaces it") from error
    except OSError as error:
        raise OutputError(f"cannot write {name}: {error.strerror or error}") from error


def spare(inputs: list[str], outputs: list[str]) -> None:
    """Raise UsageError if an output would land on an input, --force or not: nobody means that."""
    for output in outputs:
        for given in inputs:
            if STDOUT not in (output, given) and same_file(output, given):
                raise UsageError(f"{output} is one of the captures to read; write elsewhere")


def same_file(one: str, other: str) -> bool:
    """Whether two paths lead to one file; False where one of them leads nowhere, or to a device."""
    try:
        return os.path.isfile(one) and os.path.samefile(one, other)
    except OSError:
        return False
