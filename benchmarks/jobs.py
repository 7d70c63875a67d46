"""One capture by several threads and by several processes, against one thread.

    python -m benchmarks.jobs CAPTURE [--layout LAYOUT] [--rounds N] [--cluster N...]

Whole processes in turn, medians: seconds on the wall and of CPU. Then what an executor's workers send back for each
record, and how much of the work is theirs: an executor that does everything at once, in this process, tells the two
apart. What more workers would do is computed from that (Amdahl), not measured.
"""

from __future__ import annotations

import argparse
import os
import pickle
import statistics
import sys
import time
from collections.abc import Callable
from concurrent.futures import Executor, Future
from typing import Any

import seqcheck
from benchmarks import launch
from seqcheck.capture.on_workers import read_span

WORKERS = (1, 2, 4, 8, 16)  # that are computed


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")


class AtOnce(Executor):
    """Does what it is given when it is given: in `seconds` what workers would do, who send `bytes`. To count these took
    so long."""

    def __init__(self) -> None:
        self.seconds, self.counting, self.bytes = 0.0, 0.0, 0

    def submit(self, function: Callable[..., Any], /, *given: Any, **named: Any) -> Future[Any]:
        future: Future[Any] = Future()
        begin = time.perf_counter()
        result = function(*given, **named)
        self.seconds += time.perf_counter() - begin
        future.set_result(result)
        if getattr(function, "func", None) is read_span:
            begin = time.perf_counter()
            self.bytes += len(pickle.dumps(result))
            self.counting += time.perf_counter() - begin
        return future


def processes(capture: str, layout: str, clusters: list[int], rounds: int) -> None:
    """Whole processes, in turn."""
    base = [sys.executable, "-m", "seqcheck", "analyze", "--keep-privileges", "--layout", layout, "--report"]
    base += ["json=/dev/null", "--force", capture]
    ways = {f"--jobs {jobs}": ["--jobs", str(jobs)] for jobs in (1, 2)}
    ways |= {f"--cluster local:{count}": ["--cluster", f"local:{count}"] for count in clusters}
    took: dict[str, list[launch.Took]] = {way: [] for way in ways}
    for _ in range(rounds):
        for way, options in ways.items():
            took[way].append(launch.run([*base, *options], processors=0))
    say(f"\n| {os.path.basename(capture)}, {os.path.getsize(capture) / 1e9:.2f} GB | wall, s | CPU, s | peak, MiB |")
    say("| --- | ---: | ---: | ---: |")
    for way, runs in took.items():
        wall, cpu, peak = (
            statistics.median(getattr(run, name) for run in runs) for name in ("wall", "cpu", "peak_kib")
        )
        say(f"| `{way}` | {wall:.2f} | {cpu:.2f} | {peak / 1024:.0f} |")


def shares(capture: str, layout: str, rounds: int) -> None:
    """What is done where."""
    measured = []
    for _ in range(rounds):
        executor, begin = AtOnce(), time.perf_counter()
        report = seqcheck.analyze(capture, layout, executor=executor)
        whole = time.perf_counter() - begin - executor.counting
        measured.append((whole, executor.seconds, executor.bytes))
    whole, theirs, size = (statistics.median(column) for column in zip(*measured, strict=True))
    records = report.records.sequenced
    say(f"\n{records:,} records; {size / records:.2f} bytes sent for each")
    say(f"workers {theirs / records * 1e9:.1f} ns a record, the rest {(whole - theirs) / records * 1e9:.1f}")
    say("| workers | times as fast as one, computed |\n| ---: | ---: |")
    for count in WORKERS:
        say(f"| {count} | {whole / (whole - theirs + theirs / count):.2f} |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("capture")
    parser.add_argument("--layout", default="seqcheck")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--cluster", type=int, nargs="*", default=[1, 2, 4])
    args = parser.parse_args()
    launch.ready()
    say(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors, before")
    processes(args.capture, args.layout, args.cluster, args.rounds)
    shares(args.capture, args.layout, args.rounds)
    say(f"\nload {os.getloadavg()[0]:.1f}, after")


if __name__ == "__main__":
    main()
