"""Fuzzing of everything around the kernel.

    python -m benchmarks.fuzz [--minutes N] [--jobs N] [--seed N] [--only KIND [--count N]] [--write]

Kinds are drawn in turn: mutated captures, streams that misbehave, both kernels on them; a few numbers by both trackers
and a few frames in mutated containers, which take a millisecond; TOML, JSON and specs with their text mangled; parts of
captures, captures at several points, copies without duplicates or addresses. Workers are forked with limits of memory
and time. Any exception that is not a user error, any sum that disagrees, negative number, difference of the kernels,
death or hang is a fault; it is printed with the command that reproduces it, and the exit code is 1. `--write`
puts the figures into docs/reliability.md.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from pathlib import Path

from benchmarks.fuzz import workers
from benchmarks.fuzz.cases import KINDS
from benchmarks.fuzz.workers import BATCH, QUICK, Tally, Worker

PAGE = Path(__file__).resolve().parent.parent.parent / "docs" / "reliability.md"
BEGIN, END = "<!-- fuzz -->", "<!-- end -->"
# How many slices of time each kind has.
SHARES = {
    "toml": 1, "report": 1, "spec": 1, "numbers": 2, "frames": 2, "mutated": 3, "streams": 2, "kernels": 1, "part": 1,
    "points": 1, "copies": 1,
}  # fmt: skip


def main() -> int:
    args = parse()
    kinds = [args.only] if args.only else [kind for kind, share in SHARES.items() for _ in range(share)]
    tallies = {kind: Tally() for kind in dict.fromkeys(kinds)}
    next_seed = dict.fromkeys(tallies, args.seed)
    begin, turn, crew = time.monotonic(), 0, list[Worker]()
    left = args.count if args.count is not None else sys.maxsize
    while True:
        over = time.monotonic() - begin > args.minutes * 60
        while len(crew) < args.jobs and left and not over:
            kind = kinds[turn % len(kinds)]
            count = min(QUICK.get(kind, BATCH), left)
            crew.append(workers.start(kind, range(next_seed[kind], next_seed[kind] + count), hurry=args.count is None))
            next_seed[kind], left, turn = next_seed[kind] + count, left - count, turn + 1
        if not crew or (over and args.count is None):
            break
        for done in workers.hear(list(crew), tallies):
            os.close(done.pipe)
            crew.remove(done)
    for each in crew:
        workers.end(each)
    took = time.monotonic() - begin
    for kind, tally in tallies.items():
        say(f"{kind:8} {tally.tried:>9,} inputs, {len(tally.faults)} kinds of faults")
        for what, seed in sorted(tally.faults.items(), key=lambda each: -tally.times[each[0]]):
            say(f"    {tally.times[what]:>6,} x {what}\n             "
                  f"python -m benchmarks.fuzz --only {kind} --seed {seed} --count 1")  # fmt: skip
    say(f"{sum(each.tried for each in tallies.values()):,} inputs in {took:.0f} s")
    if args.write:
        write(tallies, took, args.jobs)
    return 1 if any(each.faults for each in tallies.values()) else 0


def say(line: str) -> None:
    """A line on stdout, at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def parse() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.fuzz", description=__doc__.split("\n\n")[0])
    parser.add_argument("--minutes", type=float, default=1.0)
    parser.add_argument("--jobs", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--seed", type=int, default=time.time_ns() % 1_000_000_000)
    parser.add_argument("--only", choices=KINDS)
    parser.add_argument("--count", type=int)
    parser.add_argument("--write", action="store_true")
    return parser.parse_args()


def write(tallies: dict[str, Tally], took: float, jobs: int) -> None:
    """The figures into the page."""
    rows = [f"| {kind} | {tally.tried:,} | {sum(tally.times.values()) or 'none'} |" for kind, tally in tallies.items()]
    table = "\n".join(["| kind | inputs | faults |", "| --- | ---: | ---: |", *rows])
    text = PAGE.read_text(encoding="utf-8")
    head, _, rest = text.partition(f"{BEGIN}\n")
    _, _, tail = rest.partition(END)
    made = f"\n{table}\n\nIn {took / 60:.0f} minutes, jobs: {jobs}, on shared processors.\n\n"
    PAGE.write_text(f"{head}{BEGIN}\n{made}{END}{tail}", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
