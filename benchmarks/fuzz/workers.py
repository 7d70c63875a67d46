"""Workers that are forked with limits, and what is heard of them. If one dies or hangs, its current input is lost."""

from __future__ import annotations

import contextlib
import json
import math
import os
import resource
import select
import signal
import tempfile
import time
import traceback
from collections.abc import Iterator
from dataclasses import dataclass, field

from benchmarks.fuzz.cases import KINDS

MEMORY = 2 << 30  # bytes of address space
SLOWEST_S = 60.0  # of a processor, for one input
STUCK_S = 600.0  # of the wall clock, which goes on while other programs run
BATCH = 40  # inputs of a worker, which then makes room for a fresh one, ...
SLICE_S = 4.0  # ... as it does after so long, so that each kind has its turn
QUICK = {"numbers": 1000, "frames": 4000, "toml": 20_000, "report": 4000, "spec": 1000}  # of those of a millisecond


@dataclass(slots=True, kw_only=True)
class Worker:
    """A process, and what it has in hand since when; `spent` is what it had used of a processor by then, in s."""

    kind: str
    process: int
    pipe: int
    hand: int = -1
    since: float = 0.0
    spent: float = 0.0
    rest: bytes = b""


@dataclass(slots=True, kw_only=True)
class Tally:
    """What came of a kind: inputs tried, and the faults, each with the first seed that shows it."""

    tried: int = 0
    faults: dict[str, int] = field(default_factory=dict)
    times: dict[str, int] = field(default_factory=dict)

    def fault(self, what: str, seed: int) -> None:
        self.faults.setdefault(what, seed)
        self.times[what] = self.times.get(what, 0) + 1


def start(kind: str, seeds: range, *, hurry: bool) -> Worker:
    """Fork one for these seeds, or, in a hurry, for as many as a slice of time allows."""
    reading, writing = os.pipe()
    process = os.fork()
    if process:
        os.close(writing)
        return Worker(kind=kind, process=process, pipe=reading, since=time.monotonic())
    os.close(reading)
    os.setpgid(0, 0)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    code = 1
    with contextlib.suppress(BrokenPipeError):
        serve(kind, seeds, writing, time.monotonic() + SLICE_S if hurry else math.inf)
        code = 0
    os._exit(code)


def serve(kind: str, seeds: range, pipe: int, until: float) -> None:
    """Try them, and begin none after `until`; a line before each, and one for what is wrong."""
    with tempfile.TemporaryDirectory(prefix="seqcheck-fuzz-") as folder, open(os.devnull, "w") as nothing:
        os.dup2(nothing.fileno(), 2)
        os.environ["SEQCHECK_FUZZ_FILE"] = os.path.join(folder, "input")
        for seed in seeds:
            if time.monotonic() > until:
                break
            _say(pipe, [seed])
            try:
                wrong = KINDS[kind](seed)
            except Exception as error:  # noqa: BLE001 - that is what is looked for
                where = traceback.extract_tb(error.__traceback__)[-1]
                place = f"{os.path.basename(where.filename)}:{where.lineno}"
                wrong = [f"{type(error).__name__} at {place}: {str(error)[:100]}"]
            for each in wrong:
                _say(pipe, [seed, each[:300]])


def _say(pipe: int, what: list[object]) -> None:
    os.write(pipe, json.dumps(what).encode() + b"\n")


def hear(workers: list[Worker], tallies: dict[str, Tally]) -> Iterator[Worker]:
    """Read what there is; each worker that is through, or was ended, is given back."""
    ready, _, _ = select.select([each.pipe for each in workers], [], [], 0.5)
    now = time.monotonic()
    for worker in workers:
        tally = tallies[worker.kind]
        if worker.pipe in ready:
            data = os.read(worker.pipe, 1 << 16)
            *lines, worker.rest = (worker.rest + data).split(b"\n")
            for line in lines:
                seed, *wrong = json.loads(line)
                if wrong:
                    tally.fault(general(wrong[0]), seed)
                else:
                    worker.hand, worker.since, worker.spent = seed, now, processor_s(worker.process)
                    tally.tried += 1
            if not data:
                _, status = os.waitpid(worker.process, 0)
                if code := os.waitstatus_to_exitcode(status):
                    tally.fault(f"its process ended with {code}", worker.hand)
                yield worker
                continue
        waited = now - worker.since
        used = processor_s(worker.process) - worker.spent if waited > SLOWEST_S else 0.0
        if used > SLOWEST_S or waited > STUCK_S:
            tally.fault(f"more than {SLOWEST_S:g} s" if used > SLOWEST_S else "stuck", worker.hand)
            end(worker)
            yield worker


def processor_s(process: int) -> float:
    """The processor time that a process and its ended children have used, in s."""
    with open(f"/proc/{process}/stat", encoding="ascii", errors="replace") as file:
        figures = file.read().rpartition(")")[2].split()
    return sum(map(int, figures[11:15])) / os.sysconf("SC_CLK_TCK")


def end(worker: Worker) -> None:
    """Kill it, and wait for that."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(worker.process, signal.SIGKILL)
    with contextlib.suppress(ChildProcessError):
        os.waitpid(worker.process, 0)


def general(what: str) -> str:
    """The same words for the same fault: without its numbers."""
    return "".join("#" if c.isdigit() else c for c in what).replace("##", "#").replace("##", "#").replace("##", "#")
