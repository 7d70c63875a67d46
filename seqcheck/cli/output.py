"""Where results go: to stdout, to a new file that appears complete or not at all, or to a device as it is.

A new file has no name until `commit` gives it one, so nothing is left of it however the process ends; if the file
system cannot do that, it has a random one in the same folder until then. Nothing that exists is replaced unless `force`
says so, and never what is being read. Every failure is an OutputError that names the place.
"""

from __future__ import annotations

import errno
import os
import stat
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from types import TracebackType
from typing import BinaryIO, Self

from seqcheck.cli.stdio import say
from seqcheck.errors import OutputError, SeqcheckError, UsageError

STDOUT = "-"
UNNAMED = getattr(os, "O_TMPFILE", 0)
_TRIES = 100  # random names


class Output:
    """One destination, open for writing bytes to `stream`. Leaving the context without `commit` leaves no trace."""

    def __init__(self, path: str, *, force: bool = False) -> None:
        self.path = path
        self.name = "standard output" if path == STDOUT else path
        self._force = force
        self._temporary: str | None = None  # what is to be named, or renamed
        self._done = self._named = False
        self._whole: Callable[[], None] | None = None
        with failing(self.name):
            self.stream = self._open()

    def hand_over(self, whole: Callable[[], None]) -> None:
        """From now on somebody else names the file: `commit` calls `whole` when all is written."""
        self._whole = whole

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
        if there and not stat.S_ISREG(there.st_mode):  # there is nothing to lose
            return open_device(self.path)
        if not self._force and os.path.lexists(self.path):  # also a link that leads nowhere
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST))
        number, self._temporary = begin(self.path)
        return os.fdopen(number, "wb")

    def appear(self) -> None:
        """Give it its name now, and go on writing: for what grows as it happens."""
        with failing(self.name):
            self.stream.flush()
            self._give_name()

    def commit(self) -> None:
        """All is written: make it last, under its own name."""
        with failing(self.name):
            self.stream.flush()
            if self.regular:
                os.fsync(self.stream.fileno())
                if self._temporary and self._whole is None:
                    self.stream.close()  # Windows renames no file that is open
                self._give_name()
                if self._whole is None:
                    self.stream.close()
        self._done = True

    def _give_name(self) -> None:
        if self._named or not self.regular:
            return
        self._named = True
        if self._whole is not None:
            self._whole()
        else:
            self.name_now()

    def name_now(self) -> None:
        """Give the file its name, even if somebody else was asked to."""
        with failing(self.name):
            if self._temporary is None:
                return
            if self._force:
                if not self._temporary:
                    self._temporary = somewhere(self.path, lambda name: link(self.stream.fileno(), name))
                os.replace(self._temporary, self.path)
            elif self._temporary:
                name_it(self._temporary, self.path)
            else:
                link(self.stream.fileno(), self.path)
            self._temporary = None

    def forget(self) -> None:
        """Take it away, unless it has its name."""
        if self._temporary:
            with suppress(FileNotFoundError):
                os.unlink(self._temporary)
        self._temporary = None

    @property
    def regular(self) -> bool:
        """Whether it is a new file, and no device, pipe or stdout."""
        return self._temporary is not None or self._named

    @property
    def appeared(self) -> bool:
        """Whether what was written can be seen by now: in a file that has its name, or where it needs none."""
        return self._named or not self.regular

    @property
    def written(self) -> bool:
        """Whether it is a file that has its name, and all was written."""
        return self._done and self.regular

    @property
    def written_here(self) -> bool:
        """Whether nobody else was asked to give it its name, either."""
        return self.written and self._whole is None

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
        if self._whole is None:
            self.forget()


class Ended(BaseException):
    """That process has ended with exit code `code`; it said that these outputs, by number, are `whole`, and an
    `answer`."""

    def __init__(self, code: int, whole: Sequence[int], answer: bytes) -> None:
        super().__init__(code)
        self.code, self.whole, self.answer = code, whole, answer

    def settle(self, outputs: Sequence[Output]) -> list[SeqcheckError]:
        """Name what is whole; what went wrong with that."""
        failed = []
        for number in self.whole:
            try:
                if outputs[number].path != STDOUT:
                    outputs[number].commit()
            except SeqcheckError as error:
                failed.append(error)
        return failed


def begin(path: str) -> tuple[int, str]:
    """A new file that will be `path`: its descriptor, and the name that it has meanwhile, if any."""
    if UNNAMED:
        with suppress(OSError):  # a file system that has none; whatever else is wrong will show again
            number = os.open(os.path.dirname(path) or ".", os.O_WRONLY | UNNAMED | os.O_CLOEXEC, 0o666)
            if os.access(f"/proc/self/fd/{number}", os.F_OK):
                return number, ""
            os.close(number)
    heed()
    found: list[int] = []
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
    name = somewhere(path, lambda name: found.append(os.open(name, flags, 0o666)))
    return found[0], name


def heed() -> None:
    """From now on, SIGTERM and SIGHUP end the program as an exception does, so that nothing is left behind; where they
    are ignored (nohup) or somebody else listens, that stays."""
    import signal

    def end(number: int, frame: object) -> None:
        raise SystemExit(128 + number)

    for number in (getattr(signal, name, None) for name in ("SIGTERM", "SIGHUP")):  # Windows has no SIGHUP
        with suppress(ValueError):  # not in the main thread
            if number is not None and signal.getsignal(number) == signal.SIG_DFL:
                signal.signal(number, end)


def somewhere(path: str, make: Callable[[str], object]) -> str:
    """Make something under a random name beside `path`; that name."""
    folder, name = os.path.split(path)
    for _ in range(_TRIES):
        place = os.path.join(folder, f".{name[:200]}.{os.urandom(6).hex()}.part")
        with suppress(FileExistsError):
            make(place)
            return place
    raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST))


def link(number: int, path: str) -> None:
    """Give the unnamed file a name. FileExistsError if somebody has it. Source: open(2), O_TMPFILE."""
    os.link(f"/proc/self/fd/{number}", path, src_dir_fd=number, follow_symlinks=True)


def open_device(path: str) -> BinaryIO:
    """/dev/null, a pipe; if it has to wait for the other end, that is said."""
    if sys.platform == "win32":
        return open(path, "wb")
    try:
        number = os.open(path, os.O_WRONLY | os.O_NONBLOCK)
    except OSError as error:
        if error.errno != errno.ENXIO:
            raise
        say(f"seqcheck: waiting for somebody to read {path}")
        return open(path, "wb")
    os.set_blocking(number, True)
    return os.fdopen(number, "wb")


def name_it(temporary: str, path: str) -> None:
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
    os.unlink(temporary)


@contextmanager
def failing(name: str) -> Iterator[None]:
    """Turns what the operating system says into an OutputError. A broken pipe stays what it is."""
    try:
        yield
    except BrokenPipeError:
        raise
    except FileExistsError as error:
        raise OutputError(f"{name} already exists", hint="use --force to replace it") from error
    except OSError as error:
        why, hint = error.strerror or str(error), ""
        if isinstance(error, FileNotFoundError) and not os.path.isdir(folder := os.path.dirname(name) or "."):
            why = f"there is no folder {folder}"
        elif isinstance(error, IsADirectoryError):
            why, hint = "it is a folder", "Name a file in it."
        raise OutputError(f"cannot write {name}: {why}", hint=hint) from error


def spare(inputs: Sequence[str | None], outputs: Sequence[str]) -> None:
    """Raise UsageError if an output would land on what is read, --force or not: nobody means that. "-" among the inputs
    is standard input, which may be a file too."""
    for given in inputs:
        read = identity(given) if given else None
        for output in outputs:
            if read and read == (identity_of(1) if output == STDOUT else identity(output)):
                what = "what standard input reads" if given == STDOUT else "one of the inputs"
                raise UsageError(f"{output} is {what}; write to another file")


def apart(paths: Sequence[str], what: str = "reports") -> None:
    """UsageError if two of the outputs would go to one place; any number of them may go to nowhere."""
    places = [STDOUT if path == STDOUT else os.path.abspath(path) for path in paths]
    for place in places:
        if places.count(place) > 1 and not (place != STDOUT and nowhere(place)):
            where = "standard output" if place == STDOUT else place
            raise UsageError(f"two {what} go to {where}", hint="give one of them a path: --report json=run.json")


def nowhere(path: str) -> bool:
    """Whether it is /dev/null, by whatever name."""
    with suppress(OSError):
        return os.path.samefile(path, os.devnull)
    return False


def identity(path: str) -> tuple[int, int] | None:
    """Which file it is ("-": that of standard input); None if there is none, or a device."""
    return identity_of(0 if path == STDOUT else path)


def identity_of(place: str | int) -> tuple[int, int] | None:
    """The same for a path or a descriptor."""
    try:
        status = os.stat(place)
    except (OSError, ValueError):
        return None
    return (status.st_dev, status.st_ino) if stat.S_ISREG(status.st_mode) else None


def same_file(one: str, other: str) -> bool:
    """Whether two paths lead to one file; False if one of them leads nowhere, or to a device."""
    found = identity(one)
    return found is not None and found == identity(other)
