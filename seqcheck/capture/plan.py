"""How plain captures are read in parts. Small, since every run loads it, and few need parts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seqcheck.kernel.border import Program
from seqcheck.kernel.protocols import Kernel

if TYPE_CHECKING:
    from seqcheck.capture.bytestream import RawBytes
    from seqcheck.capture.read_ahead import Desk, Readers
    from seqcheck.capture.tasks import Tasks
    from seqcheck.capture.threads import Threads

SIZE = 4 << 20  # bytes of a part: with fewer, waking threads costs more; with more, columns leave the cache
LEAST = 3  # parts for which threads are begun


class Plan:
    """Parts of `size` bytes, read and decoded for `program` by up to `jobs` threads, which begin with the first capture
    that is large enough for them, and end with `close`; or by `tasks`, whatever size a capture has."""

    def __init__(self, engine: Kernel, program: Program, jobs: int, tasks: Tasks | None = None) -> None:
        self.engine, self.program, self.size = engine, program, SIZE
        self._jobs, self._tasks = jobs, tasks
        self._threads: Threads | None = None
        self._desks: dict[int, Desk] = {}
        if tasks is not None:
            from seqcheck.capture.elsewhere import SIZE as LARGE  # here, since few runs need it

            self.size = LARGE

    def readers(self, raw: RawBytes, left: int) -> Readers | None:
        """Those that read a capture with that many bytes left; None if they are not worth it, or there are
        none to be had."""
        if self._tasks is not None:
            from seqcheck.capture.elsewhere import ByTasks

            return ByTasks(self.engine, self.program, raw.place, raw.read_at, self._tasks)
        if left < LEAST * self.size:
            return None
        from seqcheck.capture.read_ahead import ByThreads  # here, since few runs need it
        from seqcheck.capture.threads import Threads

        if self._threads is None:
            self._threads = Threads(self._jobs)
        if not self._threads.start():
            return None
        return ByThreads(self, self._threads, self._desks, raw.read_at)

    def close(self) -> None:
        """No thread is left."""
        if self._threads is not None:
            self._threads.close()
