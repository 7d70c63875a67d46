"""Work that may not end, or may take all memory, held to a budget.

    answer = within(Budget(), work)      # UnfinishedError where it failed, or was stopped

A thread looks at the clock and at the memory while `work` runs, and raises an exception in it when the budget is spent:
between two steps of Python, so a single call into a library is waited for (the kernel's own are bounded). Time is the
processor's for this thread where the system tells it, so that a busy machine changes nothing in an answer; memory is
the growth of the process. Ctrl-C passes through.
"""

from __future__ import annotations

import _thread  # not threading: that takes longer to load than most captures take to be judged
import sys
import time
from collections.abc import Callable
from typing import TypeVar

from .dataclass import dataclass

T = TypeVar("T")
STEP_S = 0.05  # between two looks
KIB = 1024
SPARE = 32 << 20  # bytes that judging has even where reading took all that was allowed


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """How much may be used. `seconds` of the processor, `memory` in bytes; `called_off` says that nobody waits for the
    answer any more."""

    seconds: float = 15.0
    memory: int = 384 << 20
    called_off: Callable[[], bool] = lambda: False


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowance:
    """What a whole run may use: reading ends `seconds` after it began, or when the process has had `memory` bytes; None
    is no limit. What is left of either, and never more than a Budget, is for judging."""

    seconds: float | None = None
    memory: int | None = None

    def spent(self, seconds: float) -> str:
        """Why no more is to be read after that long, empty where nothing speaks against it."""
        if self.seconds is not None and seconds >= self.seconds:
            return f"the {self.seconds:g} s given were over"
        if self.memory is not None and _peak() >= self.memory:
            return f"the {self.memory >> 20} MiB of memory given were in use"
        return ""

    def budget(self) -> Budget:
        """For judging, which begins when all that will be read was."""
        most = Budget()
        seconds = most.seconds if self.seconds is None else min(most.seconds, self.seconds)
        memory = most.memory if self.memory is None else min(most.memory, max(self.memory - _peak(), SPARE))
        return Budget(seconds=seconds, memory=memory)


class UnfinishedError(Exception):
    """`why`, in words; `fault` is the exception where it was one, None where the budget was spent."""

    def __init__(self, why: str, fault: Exception | None = None) -> None:
        super().__init__(why)
        self.why, self.fault = why, fault


class Spent(BaseException):
    """Raised in the work itself; no `except Exception` there can take it for something of its own."""


def within(budget: Budget, work: Callable[[], T]) -> T:
    """What `work` returns. UnfinishedError where it raises an Exception, or spends its budget."""
    watch = _Watch(budget)
    try:
        try:
            watch.begin()
            return work()
        finally:
            watch.end()
    except Spent:
        raise UnfinishedError(watch.why) from None
    except MemoryError as error:
        raise UnfinishedError("there was not enough memory for it", error) from error
    except Exception as error:
        raise UnfinishedError(f"it failed ({type(error).__name__}: {error})", error) from error


class _Watch:
    """The thread beside the work."""

    def __init__(self, budget: Budget) -> None:
        self.why = ""
        self._budget, self._worker = budget, _thread.get_ident()
        self._clock = _clock(self._worker)
        self._done, self._gone = _thread.allocate_lock(), _thread.allocate_lock()
        self._begun = False

    def begin(self) -> None:
        """Start looking."""
        self._done.acquire()
        self._gone.acquire()
        self._ends = self._clock() + self._budget.seconds
        self._most = _peak() + self._budget.memory
        try:
            _thread.start_new_thread(self._look, ())
            self._begun = True
        except RuntimeError:  # no thread to be had: the work is done all the same
            pass

    def end(self) -> None:
        """Stop; afterwards nothing is raised any more."""
        if self._begun:
            self._done.release()
            self._gone.acquire()
            if self.why:
                _raise_in(self._worker, None)

    def _look(self) -> None:
        try:
            while not self._done.acquire(timeout=STEP_S):
                self.why = self.why or self._spent()
                if self.why:  # once more each time, should something in there have swallowed it
                    _raise_in(self._worker, Spent)
        finally:
            self._gone.release()

    def _spent(self) -> str:
        budget = self._budget
        if self._clock() >= self._ends:
            return f"it took more than {budget.seconds:g} s"
        if _peak() > self._most:
            return f"it took more than {budget.memory >> 20} MiB of memory"
        return "it was called off" if budget.called_off() else ""


def _clock(thread: int) -> Callable[[], float]:
    """Seconds that this thread has worked; of the wall clock where the system does not count them."""
    try:
        clock = time.pthread_getcpuclockid(thread)
    except (AttributeError, OSError):
        return time.monotonic
    return lambda: time.clock_gettime(clock)


def _peak() -> int:
    """Bytes that this process has had at most."""
    try:
        import resource
    except ImportError:
        return 0
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * KIB


def _raise_in(thread: int, kind: type[BaseException] | None) -> None:
    """Have `kind` raised in that thread, as soon as it is back in Python; None takes back what was not raised yet."""
    import ctypes  # here, since it is slow to load and hardly ever needed

    raised = ctypes.py_object(kind) if kind is not None else None
    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread), raised)
