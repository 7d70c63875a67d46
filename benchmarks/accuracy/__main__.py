"""python -m benchmarks.accuracy [run|case|kinds] …

run     make cases, analyse them, tell what is wrong (the default)
case    write the capture of one case and print its truth
kinds   list what can happen
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import Any

from benchmarks.accuracy import cases, run
from benchmarks.accuracy.judge import Judged, Said
from benchmarks.accuracy.kinds import KINDS
from benchmarks.accuracy.plan import plan


def judged(result: dict[str, Any]) -> Judged:
    said = dict(result["said"])
    for name in ("bracket", "also"):
        said[name] = tuple(said[name]) if said[name] is not None else None
    return Judged(kind=result["kind"], seed=result["seed"], said=Said(**said), truth=result["truth"])


def line(one: Judged) -> str:
    truth, said = one.truth, one.said
    what = f"{said.cause} {said.strength} ring {said.ring_size} bracket {said.bracket} also {list(said.also)}"
    return (
        f"{one.kind!r} {one.seed}: {said.trouble or what}; right {truth['right']}"
        f" ring {truth['ring']}, visible {truth['visible']} whole {truth['whole']} loss {truth['loss']:.4f}"
        f" known {truth['size_known']}, duplicates {said.duplicates} of {truth['duplicates']},"
        f" missing {said.missing} of {truth['missing']}"
    )


def running(args: argparse.Namespace) -> int:
    names = [name for name in KINDS if args.only in name]
    work = plan(names, count=args.count, first=args.first, final=args.final)
    tally: Counter[str] = Counter()
    for result in run.run(work, args.results, args.jobs):
        if result["truth"] is None:
            sys.stdout.write(f"TROUBLE {result['kind']!r} {result['seed']}: {result['said']['trouble']}\n")
            tally["not made"] += 1
            continue
        one = judged(result)
        tally["cases"] += 1
        tally[f"{one.said.strength} all"] += 1
        tally[f"{one.said.strength} right"] += one.right
        flags = [
            name for name, bad in (
                ("CRASHED", one.crashed), ("ACCUSED", one.accused),
                ("COUNTS", not one.crashed and not one.counts_right),
                ("WRONG", not one.crashed and not one.accused and not one.cause_right),
                ("SIZE", one.cause_right and not one.size_right),
                ("UNNAMED", one.shown and one.truth["size_known"] and one.right and not one.named),
                ("OUTSIDE", one.filtered and one.cause_right and not one.within),
            ) if bad
        ]  # fmt: skip
        tally["innocent"] += not one.truth["ring_fault"]
        tally["shown"] += one.shown
        tally["shown, named"] += one.shown and one.named
        tally["shown, size known"] += one.shown and one.truth["size_known"]
        tally["shown, size known, named"] += one.shown and one.truth["size_known"] and one.named
        tally["filtered"] += one.filtered
        tally["filtered, cause"] += one.filtered and one.cause_right
        tally["filtered, within"] += one.filtered and one.cause_right and one.within
        for flag in flags:
            tally[flag] += 1
        if flags:
            sys.stdout.write(" ".join(flags) + " " + line(one) + "\n")
            sys.stdout.flush()
    for name, count in sorted(tally.items()):
        sys.stdout.write(f"{name}: {count}\n")
    return 0


def one_case(args: argparse.Namespace) -> int:
    out = args.out or Path(f"{args.kind.replace(' ', '-').replace(',', '')}-{args.seed}.pcap")
    params = cases.parameters(args.kind, args.seed, final=args.final) | json.loads(args.change)
    data, truth = cases.build(args.kind, params, seed=args.seed)
    out.write_bytes(data)
    sys.stdout.write(json.dumps(asdict(truth), default=run._plain, indent=1) + f"\n{out}\n")
    sys.stdout.write(f"seqcheck analyze {out} --layout '{truth.layout}'\n")
    return 0


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.accuracy", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)  # fmt: skip
    verbs = parser.add_subparsers(dest="verb")
    verb = verbs.add_parser("run")
    verb.add_argument("--count", type=int, default=1000, help="how many cases")
    verb.add_argument("--first", type=int, default=0, help="the first seed")
    verb.add_argument("--only", default="", help="kinds whose name contains this")
    verb.add_argument("--final", action="store_true", help="the seeds that are kept for the final table")
    verb.add_argument("--jobs", type=int, default=2)
    verb.add_argument("--results", type=Path, help="a file of JSON lines: continued if it exists")
    verb.set_defaults(do=running)
    verb = verbs.add_parser("case")
    verb.add_argument("kind", choices=cases.KINDS)
    verb.add_argument("seed", type=int)
    verb.add_argument("--out", type=Path)
    verb.add_argument("--final", action="store_true")
    verb.add_argument("--change", default="{}", help="parameters to set, as JSON")
    verb.set_defaults(do=one_case)
    verb = verbs.add_parser("kinds")
    verb.set_defaults(do=lambda _: sys.stdout.write("\n".join(cases.KINDS) + "\n") and 0)
    args = parser.parse_args(sys.argv[1:] or ["run"])
    return int(args.do(args))


if __name__ == "__main__":
    raise SystemExit(main())
