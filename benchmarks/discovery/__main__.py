"""How often discovery is right: python -m benchmarks.discovery [--count N] [--first SEED] [--wide] [--wrong].

Senders that number their packets, and traffic without a counter, drawn at random from the seeds on. Prints shares with
their 95 % intervals; `--wrong` lists what was wrong.
"""

from __future__ import annotations

import argparse
import math
import statistics
import sys
from collections.abc import Sequence

from benchmarks.discovery.judge import Result, judged
from benchmarks.discovery.quiet import quiet
from benchmarks.discovery.senders import sender
from benchmarks.discovery.wide import wide


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=500, help="captures of each of the two sorts")
    parser.add_argument("--first", type=int, default=1_000_000, help="the first seed")
    parser.add_argument("--wide", action="store_true", help="senders drawn wider than home-made structs usually are")
    parser.add_argument("--wrong", action="store_true", help="list what was wrong")
    args = parser.parse_args()
    seeds = range(args.first, args.first + args.count)
    draw = wide if args.wide else sender
    numbered = [judged(draw(seed), seed) for seed in seeds]
    silent = [judged(quiet(seed), seed) for seed in seeds]
    sure = [each for each in (*numbered, *silent) if each.score > 0.9]
    took = sorted(each.seconds for each in (*numbered, *silent))
    lines = [
        f"the right field first          {share([each.field for each in numbered])}",
        f"and the true counts            {share([each.counts for each in numbered])}",
        f"the same with frames dropped   {share([each.copies for each in numbered])}",
        f"right, of those above 0.9      {share([each.field for each in sure])}",
        f"above 0.9, of those right      {share([each.score > 0.9 for each in numbered if each.field])}",
        f"without a counter, above 0.5   {share([each.score > 0.5 for each in silent])}",
        f"seconds: median {statistics.median(took):.3f}, 95 % {took[int(0.95 * len(took))]:.3f}",
    ]
    if args.wrong:
        lines += [told(each) for each in numbered if not (each.counts and each.copies)]
        lines += [told(each) for each in silent if each.score > 0.5]
    sys.stdout.write("".join(f"{line}\n" for line in lines))


def told(each: Result) -> str:
    """One of them, to be looked at."""
    field = "right" if each.field else "WRONG"
    return f"{each.seed} {each.name} {each.score:.2f} {each.spec} field {field} {each.found} {each.true}"


def share(held: Sequence[bool]) -> str:
    """97.2 % (95.4 to 98.4) of 500; Wilson's interval."""
    n, z = len(held), 1.96
    if not n:
        return "none"
    p = sum(held) / n
    middle = (p + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    return f"{100 * p:.1f} % ({100 * (middle - half):.1f} to {100 * (middle + half):.1f}) of {n}"


if __name__ == "__main__":
    main()
