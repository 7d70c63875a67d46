"""Work that may not end, or may take all memory, kept to a budget.

    answer = within(Budget(), work)      # UnfinishedError if it failed, or was stopped

While `work` runs, a timer's signal or a thread checks the clock and the memory, and raises an exception in it when the
budget is spent. That happens between two steps of Python, so a single call into a library is waited for (the kernel's
own are bounded). Time is this thread's processor time if the system provides it, so that a busy machine changes no
answer; memory is the growth of the process. Ctrl-C passes through.
"""

from __future__ import annotations

import _thread  # not threading: that takes longer to load than most captures take to be judged
import signal
import sys
import time
from collections.abc import Callable
from typing import TypeVar

from ..dataclass import dataclass

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


ADVICE = Budget(seconds=5.0, memory=256 << 20)


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowance:
    """What a whole run may use: reading ends `seconds` after it began, or when the process has had `memory` bytes; None
    is no limit. Judging, which comes after that, may take as long again and what is left of the memory, but neither
    beyond a Budget's."""

    seconds: float | None = None
    memory: int | None = None

    def spent(self, seconds: float) -> str:
        """Why no more is to be read after that long, empty if nothing speaks against it."""
        if self.seconds is not None and seconds >= self.seconds:
            return f"the time limit of {self.seconds:g} s was reached"
        if self.memory is not None and _peak() >= self.memory:
            most = f"{self.memory >> 20} MiB" if self.memory >= 1 << 20 else f"{self.memory} bytes"
            return f"the memory limit of {most} was reached"
        return ""

    def budget(self) -> Budget:
        """For judging."""
        most = Budget()
        seconds = most.seconds if self.seconds is None else min(most.seconds, self.seconds)
        memory = most.memory if self.memory is None else min(most.memory, max(self.memory - _peak(), SPARE))
        return Budget(seconds=seconds, memory=memory)


UNLIMITED = Allowance()


class UnfinishedError(Exception):
    """`why`, in words; `fault` is the exception where it was one, None if the budget was spent."""

    def __init__(self, why: str, fault: Exception | None = None) -> None:
        super().__init__(why)
        self.why, self.fault = why, fault


class Spent(BaseException):
    """Raised in the work itself; no `except Exception` there can take it for something of its own."""


def within(budget: Budget, work: Callable[[], T]) -> T:
    """What `work` returns. UnfinishedError if it raises an Exception, or spends its budget."""
    watch = _Watch(budget)
    try:
        try:
            watch.begin()
            return work()
        finally:
            while not watch.ended:
                try:
                    watch.end()
                except Spent:  # said too late: the work was done
                    continue
    except Spent:
        raise UnfinishedError(watch.why) from None
    except MemoryError as error:
        raise UnfinishedError("there was not enough memory for it", error) from error
    except Exception as error:
        raise UnfinishedError(f"it failed ({type(error).__name__}: {error})", error) from error


class _Watch:
    """What the work has used, and the end of it. `why` it was stopped, empty if it was not; whether the watch has
    `ended`."""

    def __init__(self, budget: Budget) -> None:
        self.why, self.ended, self._over = "", False, False
        self._budget, self._worker = budget, _thread.get_ident()
        self._clock = _clock(self._worker)
        self._stop: Callable[[], None] = _nothing

    def begin(self) -> None:
        """Start looking."""
        self._ends = self._clock() + self._budget.seconds
        self._most = _peak() + self._budget.memory
        self._stop = _tick(self.look) or _beside(self.look, self._worker)

    def end(self) -> None:
        """Stop; afterwards nothing is raised any more. Spent if it was raised meanwhile: then to be called again."""
        self._over = True
        self._stop()
        self.ended = True

    def look(self) -> bool:
        """Whether the budget is spent."""
        if self._over:
            return False
        self.why = self.why or self._spent()
        return bool(self.why)

    def _spent(self) -> str:
        budget = self._budget
        if self._clock() >= self._ends:
            return f"it took more than {budget.seconds:g} s"
        if _peak() > self._most:
            return f"it took more than {budget.memory >> 20} MiB of memory"
        return "it was called off" if budget.called_off() else ""


Look = Callable[[], bool]


def _tick(look: Look) -> Callable[[], None] | None:
    """Have the system interrupt this thread to look, and Spent raised if that says so; what ends that. None if it
    cannot be done: signals are the main thread's, and the one that is needed may be in use."""

    def tick(number: int, frame: object) -> None:
        if look():
            raise Spent

    def stop() -> None:
        signal.setitimer(signal.ITIMER_PROF, 0)
        for _ in range(2):  # where one was on its way, it comes here, before nobody listens
            pass
        signal.signal(signal.SIGPROF, signal.SIG_DFL)

    try:
        if signal.getsignal(signal.SIGPROF) != signal.SIG_DFL:
            return None
        signal.signal(signal.SIGPROF, tick)
    except (AttributeError, ValueError):
        return None
    signal.setitimer(signal.ITIMER_PROF, STEP_S, STEP_S)
    return stop


def _beside(look: Look, worker: int) -> Callable[[], None]:
    """The same by a thread that looks, for any thread to be interrupted; slower to start, and it takes a lot of address
    space."""
    done, saying = _thread.allocate_lock(), _thread.allocate_lock()
    told = False

    def watch() -> None:
        nonlocal told
        while not done.acquire(timeout=STEP_S):
            with saying:
                if look():  # again each time, should something in there have swallowed it
                    told = True
                    _raise_in(worker)

    def stop() -> None:
        with saying:  # what was being said has been said
            pass
        if told:
            _take_back(worker)
        done.release()

    done.acquire()
    try:
        _thread.start_new_thread(watch, ())
    except RuntimeError:  # no thread to be had: the work is done all the same
        return _nothing
    return stop


def _nothing() -> None:
    """There is nothing to end."""


def _clock(thread: int) -> Callable[[], float]:
    """Seconds that this thread has worked; of the wall clock if the system does not count them."""
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


def _raise_in(thread: int) -> None:
    """Have Spent raised in that thread, as soon as it is back in Python."""
    import ctypes  # here, since it is slow to load and hardly ever needed

    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread), ctypes.py_object(Spent))


def _take_back(thread: int) -> None:
    """Have nothing more raised in this thread. It is raised once more, and caught: where CPython 3.11 is told to raise
    nothing, it looks for an exception at every call from then on, and hangs as soon as somebody traces."""
    try:
        _raise_in(thread)
        for _ in range(2):
            pass
    except Spent:
        return
