"""How often is the verdict right, on captures drawn at random? docs/accuracy.md

run     make cases, analyse them, print those that went wrong and the figures; --write keeps them in the docs
report  the same for results that a run kept
case    write the capture of one case and print its truth
kinds   list what can happen
search  look for the innocent capture that is most strongly accused
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.accuracy import cases, page, run, search, tables, tell
from benchmarks.accuracy.kinds import KINDS
from benchmarks.accuracy.plan import plan


def running(args: argparse.Namespace) -> int:
    names = [name for name in KINDS if args.only in name]
    final = args.final or args.seeds == "final"
    work = plan(names, count=args.count, first=args.first, final=final)
    one = partial(run.one, by=args.by)
    return tell_all(run.run(work, args.results, args.jobs, one), final=final, write=args.write)


def reporting(args: argparse.Namespace) -> int:
    results = list(run.known(args.results).values())
    return tell_all(results, final=all(result["final"] for result in results), write=args.write)


def tell_all(results: Iterable[dict[str, Any]], *, final: bool, write: bool) -> int:
    """Print what is wrong as it comes, then the figures."""
    judged = []
    for result in results:
        if result["truth"] is None:
            sys.stdout.write(f"NOT MADE {result['kind']!r} {result['seed']}: {result['said']['trouble']}\n")
            continue
        one = tell.judged(result)
        judged.append(one)
        if flags := tell.wrong(one):
            sys.stdout.write(" ".join(flags) + " " + tell.line(one) + "\n")
            sys.stdout.flush()
    sys.stdout.write(f"{tables.figures(judged)}\n\n{tables.kinds(judged)}\n")
    if write:
        page.write(judged, final=final)
    return 0


def one_case(args: argparse.Namespace) -> int:
    out = args.out or Path(f"{args.kind.replace(' ', '-').replace(',', '')}-{args.seed}.pcap")
    params = cases.parameters(args.kind, args.seed, final=args.final) | json.loads(args.change)
    data, truth = cases.build(args.kind, params, seed=args.seed)
    out.write_bytes(data)
    size = f" --ring-size {truth.given}" if truth.given else ""
    sys.stdout.write(json.dumps(asdict(truth), default=run.plain, indent=1) + "\n")
    sys.stdout.write(f"seqcheck analyze {out} --layout '{truth.layout}'{size}\n")
    return 0


def list_kinds(_: argparse.Namespace) -> int:
    for name, kind in KINDS.items():
        sys.stdout.write(f"{name:30} {(kind.build.__doc__ or '').splitlines()[0]}\n")
    return 0


def searching(args: argparse.Namespace) -> int:
    names = [name for name, kind in KINDS.items() if kind.innocent and args.only in name]
    return int(search.search(names, seed=args.first, tries=args.count, jobs=args.jobs) > 0)


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.accuracy", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    verbs = parser.add_subparsers(required=True)
    shared = argparse.ArgumentParser(add_help=False)
    shared.add_argument("--count", type=int, default=1000, help="how many cases; of a search: how many a kind")
    shared.add_argument("--first", type=int, default=0, help="the first seed")
    shared.add_argument("--only", default="", help="kinds whose name contains this")
    shared.add_argument("--jobs", type=int, default=2)
    verb = verbs.add_parser("run", parents=[shared])
    verb.add_argument("--seeds", choices=["work", "final"], default="work", help="which random stream")
    verb.add_argument("--final", action="store_true", help="the seeds that are kept for the final table")
    verb.add_argument("--results", type=Path, help="a file of JSON lines: continued if it exists")
    verb.add_argument("--write", action="store_true", help="keep tables and picture in docs and benchmarks/results")
    verb.add_argument(
        "--by", choices=["numbers", "both", "content"], default="numbers",
        help="what tells frames apart: numbers; both: other traffic by content (--also-content); content alone; results"
        " of each need a file of their own",
    )  # fmt: skip
    verb.set_defaults(do=running)
    verb = verbs.add_parser("report", help="the figures of results that are there")
    verb.add_argument("results", type=Path)
    verb.add_argument("--write", action="store_true", help="keep tables and picture in docs and benchmarks/results")
    verb.set_defaults(do=reporting)
    verb = verbs.add_parser("case")
    verb.add_argument("kind", choices=cases.KINDS)
    verb.add_argument("seed", type=int)
    verb.add_argument("--out", type=Path)
    verb.add_argument("--final", action="store_true")
    verb.add_argument("--change", default="{}", help="parameters to set, as JSON")
    verb.set_defaults(do=one_case)
    verb = verbs.add_parser("kinds")
    verb.set_defaults(do=list_kinds)
    verb = verbs.add_parser("search", parents=[shared])
    verb.set_defaults(do=searching)
    args = parser.parse_args(sys.argv[1:] or ["run"])
    return int(args.do(args))


if __name__ == "__main__":
    raise SystemExit(main())
