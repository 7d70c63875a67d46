"""Where a live capture's results go: opened before privileges are given up, under their own names from the start.

Unlike `output.Output` nothing can be renamed at the end, since by then the folder may be closed to us; a report is
empty until the capture is over, the evidence grows as it happens. Files belong to whom we become. Symbolic links are
not followed: root may be led astray by them.
"""

from __future__ import annotations

import errno
import os
import stat
import sys
from contextlib import suppress
from types import TracebackType
from typing import TYPE_CHECKING, BinaryIO, Self, cast

from seqcheck.cli.destinations import Draw
from seqcheck.cli.output import STDOUT, failing, open_device
from seqcheck.dataclass import replace
from seqcheck.errors import OutputError
from seqcheck.model import Report
from seqcheck.reporters import Page, reporter

if TYPE_CHECKING:
    from io import FileIO

    from seqcheck.demands import Demands
    from seqcheck.linux.privilege import User


class Opened:
    """One destination, open for writing bytes to `stream`, or past its buffer to `raw`."""

    def __init__(self, path: str, *, force: bool, heir: User | None) -> None:
        self.path = path
        self.name = "standard output" if path == STDOUT else path
        with failing(self.name):
            self.stream = self._open(force, heir)

    @property
    def raw(self) -> FileIO:
        """The file itself."""
        return cast("FileIO", getattr(self.stream, "raw", self.stream))

    def _open(self, force: bool, heir: User | None) -> BinaryIO:
        if self.path == STDOUT:
            if sys.stdout is None:
                raise OutputError("standard output is closed")
            return sys.stdout.buffer
        with suppress(FileNotFoundError):
            mode = os.stat(self.path).st_mode
            if stat.S_ISDIR(mode):
                raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
            if not stat.S_ISREG(mode):  # /dev/null, a pipe
                return open_device(self.path)
        how = os.O_TRUNC if force else os.O_EXCL
        number = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW | how, 0o666)
        if heir is not None and os.fstat(number).st_nlink == 1:
            os.fchown(number, heir.uid, heir.gid)
        return os.fdopen(number, "wb")

    def commit(self) -> None:
        """All is written."""
        with failing(self.name):
            self.stream.flush()
            if self.path != STDOUT and stat.S_ISREG(os.fstat(self.stream.fileno()).st_mode):
                os.fsync(self.stream.fileno())

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.path != STDOUT:
            with suppress(OSError):
                self.stream.close()


def drawing(report: Report, demands: Demands | None) -> Draw:
    """What writes that report; of jsonl its last line, since those before it were written meanwhile."""

    def draw(name: str, out: BinaryIO, page: Page) -> None:
        if name == "jsonl":
            from seqcheck.reporters.live_lines import closing

            out.write(closing(report))
        else:
            reporter(name).write(report, out, replace(page, demands=demands))

    return draw
