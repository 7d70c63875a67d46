"""Work that an executor does: functions and their arguments, sent wherever its workers are.

    tasks = Tasks(executor)
    tasks.submit(function, argument, ...).get()

What is sent is pure, so it can be repeated: by this process if the executor broke, by another worker if one is slow. A
worker that dies costs time, not the result.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Executor, Future, wait
from functools import partial
from typing import Any, Generic, TypeVar

from seqcheck.errors import InputError, SeqcheckError

T = TypeVar("T")
STEP_S = 0.1  # between two looks at something long
PATIENCE_S = 10.0  # before something is asked for a second time, at least,
SLOWER = 4  # and this many times what the slowest took so far


class Tasks:
    """`width`: how many are done at once, as far as the executor tells."""

    def __init__(self, executor: Executor) -> None:
        self._executor = executor
        self.width = _width(executor)
        self._slowest = 0.0  # seconds from asking to having

    def submit(self, function: Callable[..., T], *arguments: Any, about: str) -> Task[T]:
        """Have it done; `about` names what it is about, for errors."""
        return Task(self, partial(function, *arguments), about)

    def begin(self, work: Callable[[], T]) -> Future[T] | None:
        """Have it done by a worker; None if the executor broke."""
        begin = time.monotonic()
        try:
            future = self._executor.submit(work)
        except BrokenExecutor:
            return None
        future.add_done_callback(partial(self._took, begin))
        return future

    @property
    def patience(self) -> float:
        """Seconds after which something takes too long."""
        return max(PATIENCE_S, SLOWER * self._slowest)

    def _took(self, begin: float, future: Future[Any]) -> None:
        if not future.cancelled():
            self._slowest = max(self._slowest, time.monotonic() - begin)


class Task(Generic[T]):
    """What will have been done."""

    def __init__(self, tasks: Tasks, work: Callable[[], T], about: str) -> None:
        self._tasks, self._work, self._about = tasks, work, about
        self._futures = [tasks.begin(work)]

    def get(self) -> T:
        """Wait for it. What it raised is raised; InputError if the workers that should do it were lost."""
        while True:
            futures = [each for each in self._futures if each is not None]
            if not futures:
                return self._work()
            left = self._tasks.patience if len(self._futures) == 1 else None
            done, _ = wait(futures, left, FIRST_COMPLETED)
            if not done:
                self._futures.append(self._tasks.begin(self._work))
                continue
            try:
                result = self._result(done.pop())
            except BrokenExecutor:
                return self._work()
            self.release()
            return result

    def watch(self, attend: Callable[[], None]) -> T | None:
        """Wait for something long, which is asked for only once; None if the executor broke. `attend` is called every
        STEP_S, and what it raises ends the waiting. Otherwise as `get`."""
        (future,) = self._futures
        try:
            while future is not None:
                attend()
                if wait([future], STEP_S).done:
                    return self._result(future)
        except BrokenExecutor:
            pass
        finally:
            self.release()
        return None

    def _result(self, future: Future[T]) -> T:
        try:
            return future.result()
        except (BrokenExecutor, SeqcheckError):
            raise
        except Exception as error:  # what the worker's own libraries raise; it is told with the file's name
            raise InputError(
                f"{self._about}: the workers failed: {type(error).__name__}: {error}",
                hint="Their logs say more.",
            ) from error

    def release(self) -> None:
        """It is not wanted, or there by now."""
        for future in self._futures:
            if future is not None:
                future.cancel()


def _width(executor: Executor) -> int:
    """Workers, as far as executors of the standard library and Dask's tell."""
    client = getattr(executor, "_client", None)
    if client is not None:
        return sum(client.ncores().values()) or 1
    return getattr(executor, "_max_workers", None) or os.cpu_count() or 1
