"""A few processes that work through many tasks; if one dies, only its current task is lost.

Tasks, answers and news are pickled, and pass through a pipe for each worker. Workers ignore Ctrl-C: the process that
started them ends them, and they clean up after themselves.
"""

from __future__ import annotations

import multiprocessing
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from typing import Any

from seqcheck.dataclass import dataclass
from seqcheck.spawning import listen, undisturbed

END = None
PATIENCE_S = 10.0  # for a worker to clean up


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """Of task number `task`: what it tells meanwhile; the `answer`, at the end; or the `exit_code` of the process that
    died over it (negative: by that signal)."""

    task: int
    told: Any = None
    answer: Any = None
    exit_code: int | None = None

    @property
    def last(self) -> bool:
        """Whether nothing more will come of this task."""
        return self.answer is not None or self.exit_code is not None


class Tell:
    """How a worker tells something meanwhile; `descriptors` connect the worker to its employer."""

    def __init__(self, pipe: Connection) -> None:
        self._pipe = pipe
        self.descriptors = (pipe.fileno(),)

    def __call__(self, told: Any) -> None:
        self._pipe.send((False, told))


Work = Callable[[Any, Tell], Any]


@dataclass(slots=True, kw_only=True)
class Worker:
    """A process and the task it has in hand."""

    process: SpawnProcess
    pipe: Connection
    task: int


def carry_out(tasks: Sequence[Any], work: Work, jobs: int) -> Iterator[News]:
    """Give every task to `work(task, tell)` in a process, `jobs` at a time, in order; all that is heard, as it comes.
    `work` is a function of a module; its answer is never None."""
    left = iter(range(len(tasks)))
    workers: list[Worker] = []
    try:
        for task in left:
            workers.append(hire(work, tasks, task))
            if len(workers) == min(jobs, len(tasks)):
                break
        while workers:
            for ready in wait([each.pipe for each in workers]):
                worker = next(each for each in workers if each.pipe is ready)
                news = heard(worker)
                yield news
                if not news.last:
                    continue
                task = next(left, -1)
                if news.exit_code is not None or task < 0:
                    workers.remove(worker)
                    dismiss(worker)
                    if task >= 0:
                        workers.append(hire(work, tasks, task))
                else:
                    give(worker, task, tasks)
    finally:
        for worker in workers:
            worker.process.terminate()
        for worker in workers:
            dismiss(worker)


def hire(work: Work, tasks: Sequence[Any], task: int) -> Worker:
    """A new worker with a first task. Spawned, not forked: nothing of ours, no thread and no lock, is in it."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=serve, args=(theirs, work), daemon=True)
    with undisturbed():
        process.start()
    theirs.close()
    worker = Worker(process=process, pipe=ours, task=task)
    give(worker, task, tasks)
    return worker


def give(worker: Worker, task: int, tasks: Sequence[Any]) -> None:
    """Send it a task. If it is gone, its pipe will say so."""
    worker.task = task
    with suppress(OSError):
        worker.pipe.send((tasks[task],))


def heard(worker: Worker) -> News:
    """What it has to say."""
    try:
        is_answer, value = worker.pipe.recv()
    except (EOFError, OSError):
        worker.process.join()
        return News(task=worker.task, exit_code=worker.process.exitcode)
    return News(task=worker.task, answer=value) if is_answer else News(task=worker.task, told=value)


def dismiss(worker: Worker) -> None:
    """Let it end, and wait for that."""
    with suppress(OSError):  # it may be gone already
        worker.pipe.send(END)
    worker.process.join(PATIENCE_S)
    if worker.process.is_alive():
        worker.process.kill()
        worker.process.join()
    worker.pipe.close()


def serve(pipe: Connection, work: Work) -> None:
    """What a worker does: task by task, until there are no more or nobody listens."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    listen()
    try:
        while (given := pipe.recv()) is not END:
            pipe.send((True, work(given[0], Tell(pipe))))
    except (EOFError, OSError):
        return
