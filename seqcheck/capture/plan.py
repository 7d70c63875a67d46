"""How plain captures are read in parts by threads. Small, since every run loads it, and few need threads."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seqcheck.kernel.border import Program
from seqcheck.kernel.protocols import Kernel

if TYPE_CHECKING:
    from seqcheck.capture.threads import Threads

SIZE = 4 << 20  # bytes of a part: with fewer, waking threads costs more; with more, columns leave the cache
LEAST = 3  # parts for which threads are begun


class Plan:
    """Parts of `size` bytes, read and decoded for `program` by up to `jobs` threads, which begin with the first capture
    that is large enough for them, and end with `close`."""

    def __init__(self, engine: Kernel, program: Program, jobs: int) -> None:
        self.engine, self.program, self.size = engine, program, SIZE
        self._jobs = jobs
        self._threads: Threads | None = None

    def threads(self, left: int) -> Threads | None:
        """Those that read a capture of which so many bytes are left; None where they are not worth it, or there are
        none to be had."""
        if left < LEAST * self.size:
            return None
        if self._threads is None:
            from seqcheck.capture.threads import Threads

            self._threads = Threads(self._jobs)
        return self._threads if self._threads.start() else None

    def close(self) -> None:
        """No thread is left."""
        if self._threads is not None:
            self._threads.close()
