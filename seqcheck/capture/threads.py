"""A few threads that work through what they are given, in order, and let go of the interpreter lock in every loop.

What is given is a function of the thread's own number; what it returns, or raises, is asked for by `get`. The threads
end when they are closed, each after what it has in hand; those of a process that ends do not hold it up.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from queue import SimpleQueue
from typing import Generic, TypeVar

T = TypeVar("T")


class Answer(Generic[T]):
    """What will have been done."""

    def __init__(self, work: Callable[[int], T]) -> None:
        self._work = work
        self._done: SimpleQueue[T | BaseException] = SimpleQueue()

    def run(self, number: int) -> None:
        """Do it, in the thread of that number."""
        try:
            self._done.put(self._work(number))
        except BaseException as error:  # noqa: BLE001 - whatever it is, whoever asked has to know
            self._done.put(error)

    def get(self) -> T:
        """Wait for it, once."""
        done = self._done.get()
        if isinstance(done, BaseException):
            raise done
        return done


class Threads:
    """`count` threads at most; `count` is how many there are once they were started."""

    def __init__(self, count: int) -> None:
        self.count = count
        self._tasks: SimpleQueue[Answer[object] | None] = SimpleQueue()
        self._threads: list[threading.Thread] = []

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

    def submit(self, work: Callable[[int], T]) -> Answer[T]:
        """Have `work` done by the next thread that is free."""
        answer = Answer(work)
        self._tasks.put(answer)  # type: ignore[arg-type]  # nobody puts anything into an Answer but its own work
        return answer

    def close(self) -> None:
        """End them; each has a part in hand at most."""
        for _ in self._threads:
            self._tasks.put(None)
        for thread in self._threads:
            thread.join()
        self._threads.clear()

    def _serve(self, number: int) -> None:
        while (answer := self._tasks.get()) is not None:
            answer.run(number)
