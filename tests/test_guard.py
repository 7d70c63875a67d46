"""Work that is held to a budget: what it returns, how it fails, and that it can be stopped wherever it is."""

import _thread
import signal
import subprocess
import sys
import threading
import time

import pytest

from seqcheck.engine import guard
from seqcheck.engine.guard import Budget, UnfinishedError, within

SHORT = Budget(seconds=0.02)


def for_ever() -> None:
    while True:
        pass


def deaf() -> None:
    while True:
        try:
            for_ever()
        except BaseException as error:
            if len(swallowed) == 2:
                raise
            swallowed.append(error)


swallowed: list[BaseException] = []


def test_an_answer_is_handed_on() -> None:
    assert within(Budget(), lambda: 7) == 7


@pytest.mark.parametrize("error", [IndexError("index 2"), MemoryError(), RecursionError("deep"), OverflowError("big")])
def test_whatever_goes_wrong_is_told_in_words(error: Exception) -> None:
    def fail() -> None:
        raise error

    with pytest.raises(UnfinishedError) as caught:
        within(Budget(), fail)
    assert caught.value.fault is error
    assert caught.value.why


def test_work_without_an_end_is_stopped() -> None:
    with pytest.raises(UnfinishedError, match=r"took more than 0\.02 s") as caught:
        within(SHORT, for_ever)
    assert caught.value.fault is None


def test_work_that_swallows_the_news_is_told_again() -> None:
    swallowed.clear()
    with pytest.raises(UnfinishedError, match="took more than"):
        within(SHORT, deaf)
    assert len(swallowed) == 2


def test_memory_is_bounded() -> None:
    def grow() -> None:
        kept = []
        while True:
            kept.append(bytearray(b"x") * (1 << 20))

    with pytest.raises(UnfinishedError, match="MiB of memory"):
        within(Budget(memory=8 << 20), grow)


def test_it_is_stopped_when_nobody_waits_any_more() -> None:
    with pytest.raises(UnfinishedError, match="called off"):
        within(Budget(called_off=lambda: True), for_ever)


def test_nothing_is_raised_afterwards() -> None:
    for _ in range(20):
        with pytest.raises(UnfinishedError):
            within(Budget(seconds=0.001), for_ever)
    end = time.thread_time() + 0.2  # several looks of a watch that had been left behind
    while time.thread_time() < end:
        pass


def test_the_signal_is_left_as_it_was() -> None:
    for handler in (signal.SIG_DFL, signal.SIG_IGN):
        before = signal.signal(signal.SIGPROF, handler)
        try:
            with pytest.raises(UnfinishedError):
                within(SHORT, for_ever)
            assert signal.getsignal(signal.SIGPROF) == handler
            assert signal.getitimer(signal.ITIMER_PROF) == (0.0, 0.0)
        finally:
            signal.signal(signal.SIGPROF, before)


def test_a_thread_of_the_caller_can_be_stopped_too() -> None:
    said: list[str] = []

    def work() -> None:
        try:
            within(SHORT, for_ever)
        except UnfinishedError as error:
            said.append(error.why)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert said == ["it took more than 0.02 s"]


@pytest.mark.parametrize("thread", [False, True])
def test_what_is_raised_too_late_ends_the_watch_all_the_same(thread: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    end, times = guard._Watch.end, []

    def late(watch: guard._Watch) -> None:
        times.append(watch)
        if len(times) == 1:
            raise guard.Spent
        end(watch)

    monkeypatch.setattr(guard._Watch, "end", late)
    if thread:
        monkeypatch.setattr(guard, "_tick", lambda look: None)
    before = _thread._count()
    assert within(Budget(), lambda: 7) == 7
    assert len(times) == 2
    assert signal.getsignal(signal.SIGPROF) == signal.SIG_DFL
    assert signal.getitimer(signal.ITIMER_PROF) == (0.0, 0.0)
    ends = time.monotonic() + 10
    while _thread._count() > before and time.monotonic() < ends:
        time.sleep(0.01)
    assert _thread._count() <= before


def test_a_thread_that_was_stopped_can_be_traced() -> None:
    """CPython 3.11 hangs in the next call that is traced, if it waits for an exception that does not come."""
    code = """
import sys, threading
from seqcheck.engine.guard import Budget, UnfinishedError, within

def for_ever():
    while True:
        pass

def work():
    try:
        within(Budget(seconds=0.02), for_ever)
    except UnfinishedError as error:
        print(error.why)

thread = threading.Thread(target=work)
thread.start()
thread.join()
sys.settrace(lambda *what: None)
(lambda: None)()
print("traced")
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == ["it took more than 0.02 s", "traced"]


def test_ctrl_c_passes_through() -> None:
    def interrupted() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        within(Budget(), interrupted)
