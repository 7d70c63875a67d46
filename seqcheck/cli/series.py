"""Numbered files in one folder, `run.pcapng` as run.00001.pcapng and so on, of which the newest are kept.

The folder is opened on construction; from then on nothing is looked up by its path, so it does not matter if the folder
is moved, or closed to the user that we became. Numbers continue after the highest that exists: nothing is replaced.
Only files of this run are removed, with `force` also those of earlier runs. A file has no name until `name` gives it
one. Every failure is an OutputError that names the place.
"""

from __future__ import annotations

import errno
import os
import re
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, BinaryIO

from seqcheck.cli.output import UNNAMED, failing, heed

if TYPE_CHECKING:
    from seqcheck.linux.privilege import User

DIGITS = 5  # of the number, at least
_TRIES = 100  # numbers that somebody else took meanwhile


class Series:
    """`path` says what they are called, `most` how many are kept. `removed` were taken away to make room."""

    def __init__(self, path: str, *, most: int, force: bool = False, heir: User | None = None) -> None:
        folder, name = os.path.split(path)
        self.path = path
        self.removed = 0
        self._stem, self._suffix = os.path.splitext(name)
        self._most, self._heir = most, heir
        self._begun: tuple[int, str] | None = None  # its descriptor, and the name that it has meanwhile, if any
        self._elsewhere: tuple[Callable[[], int], Callable[[], None]] | None = None
        with failing(path):
            if name in ("", ".", ".."):
                raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
            self._folder = os.open(folder or ".", os.O_RDONLY | getattr(os, "O_DIRECTORY", 0) | os.O_CLOEXEC)
            there = self._there()
        self._next = max(there, default=0) + 1
        self._kept = deque(sorted(there) if force else ())

    def hand_over(self, begin: Callable[[], int], name: Callable[[], None]) -> None:
        """From now on somebody else makes and names the files."""
        self._elsewhere = begin, name

    def begin(self) -> int:
        """The descriptor of a new file, which is the caller's to close."""
        if self._elsewhere:
            return self._elsewhere[0]()
        return os.dup(self.begin_now())

    def name(self) -> None:
        """Give the file that was begun last its name, and take away what is too many."""
        if self._elsewhere:
            self._elsewhere[1]()
            self._count()
        else:
            self.name_now()

    def begin_now(self) -> int:
        """As `begin`, even if somebody else was asked to; the descriptor stays ours."""
        self.forget()
        with failing(self.path):
            self._begun = self._new()
            if self._heir is not None:
                from seqcheck.linux.privilege import give

                give(self._begun[0], self._heir)
        return self._begun[0]

    def name_now(self) -> None:
        """As `name`."""
        if self._begun is None:
            return
        with failing(self.path):
            self._give_name(*self._begun)
        self._begun = (self._begun[0], "")
        self.forget()
        while len(self._kept) > self._most:
            with failing(self.path), suppress(FileNotFoundError):
                os.unlink(self._named(self._kept.popleft()), dir_fd=self._folder)
            self.removed += 1

    def forget(self) -> None:
        """Take away a file that was begun and has no name."""
        if self._begun is not None:
            number, temporary = self._begun
            self._begun = None
            os.close(number)
            if temporary:
                with suppress(FileNotFoundError):
                    os.unlink(temporary, dir_fd=self._folder)

    def close(self) -> None:
        """No more files."""
        self.forget()
        os.close(self._folder)

    def _count(self) -> None:
        """Another one was named elsewhere."""
        self._kept.append(0)
        if len(self._kept) > self._most:
            self._kept.popleft()
            self.removed += 1

    def _there(self) -> list[int]:
        """The numbers of those that there are."""
        pattern = re.compile(rf"{re.escape(self._stem)}\.([0-9]{{{DIGITS},18}}){re.escape(self._suffix)}", re.ASCII)
        found = (pattern.fullmatch(each) for each in os.listdir(self._folder))
        return [int(match[1]) for match in found if match]

    def _named(self, number: int) -> str:
        return f"{self._stem}.{number:0{DIGITS}}{self._suffix}"

    def _new(self) -> tuple[int, str]:
        """A file without a name, or with a random one if the file system has no unnamed files."""
        if UNNAMED:
            with suppress(OSError):  # whatever else is wrong will show again
                number = os.open(".", os.O_WRONLY | UNNAMED | os.O_CLOEXEC, 0o666, dir_fd=self._folder)
                if os.access(f"/proc/self/fd/{number}", os.F_OK):
                    return number, ""
                os.close(number)
        heed()
        temporary = f".{self._stem[:200]}.{os.urandom(6).hex()}.part"
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
        return os.open(temporary, flags, 0o666, dir_fd=self._folder), temporary

    def _give_name(self, number: int, temporary: str) -> None:
        """The next number that is free."""
        for _ in range(_TRIES):
            name, self._next = self._named(self._next), self._next + 1
            with suppress(FileExistsError):
                if temporary:
                    self._move(temporary, name)
                else:
                    os.link(f"/proc/self/fd/{number}", name, dst_dir_fd=self._folder, follow_symlinks=True)
                self._kept.append(self._next - 1)
                return
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST))

    def _move(self, temporary: str, name: str) -> None:
        folder = self._folder
        try:
            os.link(temporary, name, src_dir_fd=folder, dst_dir_fd=folder)
        except FileExistsError:
            raise
        except OSError:  # a file system without hard links: the next best
            with suppress(FileNotFoundError):
                os.stat(name, dir_fd=folder, follow_symlinks=False)
                raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST)) from None
            os.replace(temporary, name, src_dir_fd=folder, dst_dir_fd=folder)
        else:
            os.unlink(temporary, dir_fd=folder)


class Numbered:
    """A new file of a series, to write to. It has its name once it has appeared."""

    regular = True

    def __init__(self, series: Series) -> None:
        self.stream: BinaryIO = os.fdopen(series.begin(), "wb", buffering=0)
        self._series, self._named = series, False

    def appear(self) -> None:
        """Give it its name."""
        if not self._named:
            self._named = True
            self._series.name()

    def close(self) -> None:
        """Nothing more is written to it."""
        self.stream.close()
