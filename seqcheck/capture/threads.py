"""A few threads that work through what they are given, in order, and let go of the interpreter lock in every loop.

What is given is a function of the thread's own number and of its answer's `within`; what it returns, or raises, is
asked for by `get`. The thread then stays with it until it is released: what else is to be done with what lies in that
processor's cache, it does (`within`). The threads end when they are closed; those of a process that ends do not hold it
up.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from queue import SimpleQueue
from typing import Any, Generic, TypeVar

T = TypeVar("T")
Done = BaseException | None
Within = Callable[[Callable[[], None]], None]
Work = Callable[[int, Within], T]


class Answer(Generic[T]):
    """What will have been done. To be released once, whether it was asked for or not."""

    def __init__(self, work: Work[T]) -> None:
        self._work = work
        self._done: SimpleQueue[T | BaseException] = SimpleQueue()
        self._more: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self._over: SimpleQueue[Done] = SimpleQueue()
        self.released = False

    def run(self, number: int) -> None:
        """Do it, in the thread of that number; and what comes after it, until it is released."""
        try:
            self._done.put(self._work(number, self.within))
        except BaseException as error:  # noqa: BLE001 - whatever it is, the caller has to know
            self._done.put(error)
        while (more := self._more.get()) is not None:
            try:
                more()
            except BaseException as error:  # noqa: BLE001 - as above
                self._over.put(error)
            else:
                self._over.put(None)

    def get(self) -> T:
        """Wait for it, once."""
        done = self._done.get()
        if isinstance(done, BaseException):
            raise done
        return done

    def within(self, more: Callable[[], None]) -> None:
        """Have this done by the same thread, and wait for it. After `get`, before `release`."""
        self._more.put(more)
        error = self._over.get()
        if error is not None:
            raise error

    def release(self) -> None:
        """Nothing more comes: the thread is free. More than once does no harm."""
        self.released = True
        self._more.put(None)


class Threads:
    """`count` threads at most; `count` is how many there are once they were started."""

    def __init__(self, count: int) -> None:
        self.count = count
        self._tasks: SimpleQueue[Answer[Any] | None] = SimpleQueue()
        self._threads: list[threading.Thread] = []
        self._answers: list[Answer[Any]] = []

    def start(self) -> bool:
        """Start them, if they were not; fewer where the system gives no more. Whether there are any."""
        if not self._threads:
            for number in range(self.count):
                thread = threading.Thread(target=self._serve, args=(number,), name=f"part {number}", daemon=True)
                try:
                    thread.start()
                except RuntimeError:
                    break
                self._threads.append(thread)
            self.count = len(self._threads)
        return bool(self._threads)

    def submit(self, work: Work[T]) -> Answer[T]:
        """Have `work` done by the next thread that is free."""
        answer = Answer(work)
        self._answers = [*(each for each in self._answers if not each.released), answer]
        self._tasks.put(answer)
        return answer

    def close(self) -> None:
        """End them, each after what it has in hand; all answers are released."""
        for answer in self._answers:
            answer.release()
        while not self._tasks.empty():  # nobody asks for these any more
            self._tasks.get()
        for _ in self._threads:
            self._tasks.put(None)
        for thread in self._threads:
            thread.join()
        self._threads.clear()

    def _serve(self, number: int) -> None:
        while (answer := self._tasks.get()) is not None:
            answer.run(number)
