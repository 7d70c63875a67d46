"""How often is the verdict right? `python -m benchmarks.accuracy [--seeds N] [--first SEED] [--only TEXT] [--write]`

Simulates every family of benchmarks/families.py with N seeds, analyses each capture as a user would, and holds the
report against the simulator's truth: verdict, ring size, counts. Above all it counts false accusations: a ring cause
stated with more than weak strength where the truth is something else. --write keeps the tables in docs/accuracy.md.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import seqcheck
from benchmarks.families import FAMILIES
from seqcheck.simulate.run import simulate, write
from seqcheck.simulate.scenario_file import build
from seqcheck.simulate.truth import arrivals
from seqcheck.simulate.truth_file import summary

RING_CAUSES = ("stale-slot", "ring-replay", "early-overwrite")
PAGE = Path(__file__).resolve().parent.parent / "docs" / "accuracy.md"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """One capture: what was true, what was said."""

    family: str
    seed: int
    cause: str
    strength: str
    ring: int
    ring_said: int | None
    duplicates: tuple[int, int]  # true, said
    missing: tuple[int, int]
    by_cause: tuple[dict[str, int], dict[str, int]]

    @property
    def right(self) -> bool:
        return self.cause in FAMILIES[self.family].right

    @property
    def accused(self) -> bool:
        """A ring was blamed, more than weakly, for what no ring did."""
        return (
            self.cause in RING_CAUSES
            and self.strength in ("moderate", "strong")
            and not any(self.by_cause[0].get(cause) for cause in RING_CAUSES)
        )


def outcome(family: str, seed: int) -> Outcome:
    """Simulate, analyse, compare."""
    tree = FAMILIES[family].make(Random(f"{family} {seed}"))
    made = simulate(build(tree))
    truth: dict[str, Any] = summary(made, arrivals(made.traffic, made.kept, made.ns))
    with tempfile.NamedTemporaryFile(suffix=".pcap") as file:
        write(made, file)  # type: ignore[arg-type]
        file.flush()
        name = made.scenario.layout.name
        layout = f"{name}%{made.modulus}" if name == "republic" else name
        report = seqcheck.analyze(file.name, layout=layout)
    return Outcome(
        family=family,
        seed=seed,
        cause=report.verdict.cause,
        strength=report.verdict.strength,
        ring=made.scenario.ring.size,
        ring_said=report.verdict.ring_size,
        duplicates=(truth["duplicates"], report.duplicates.total),
        missing=(truth["missing"], report.missing),
        by_cause=(truth["by_cause"], report.duplicates.by_cause),
    )


def tables(outcomes: list[Outcome], seeds: int) -> str:
    """The page's tables."""
    said = sorted({one.cause for one in outcomes})
    lines = [
        f"| family ({seeds} seeds each) | right | ring exact | counts exact | " + " | ".join(said) + " |",
        "| --- | --- | --- | --- |" + " --- |" * len(said),
    ]
    for family, spec in FAMILIES.items():
        mine = [one for one in outcomes if one.family == family]
        if not mine:
            continue
        causes = Counter(one.cause for one in mine)
        ring = f"{sum(one.ring == one.ring_said for one in mine)}/{len(mine)}" if spec.ring else ""
        exact = sum(one.duplicates[0] == one.duplicates[1] and one.missing[0] == one.missing[1] for one in mine)
        cells = " | ".join(str(causes[cause] or "") for cause in said)
        lines.append(
            f"| {family} | {sum(one.right for one in mine)}/{len(mine)} | {ring} | {exact}/{len(mine)} | {cells} |"
        )
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument(
        "--first", type=int, default=100, help="the first seed; the rules were written with those below 100"
    )
    parser.add_argument("--only", default="", help="families whose name contains this")
    parser.add_argument("--write", action="store_true", help="keep the tables in docs/accuracy.md")
    parser.add_argument("--jobs", type=int, default=2)
    args = parser.parse_args()
    work = [
        (family, seed)
        for family in FAMILIES
        if args.only in family
        for seed in range(args.first, args.first + args.seeds)
    ]
    with ProcessPoolExecutor(args.jobs) as pool:
        outcomes = list(pool.map(outcome, *zip(*work, strict=True), chunksize=4))
    text = tables(outcomes, args.seeds) + "\n\n" + totals(outcomes)
    sys.stdout.write(text + "\n")
    for one in outcomes:
        ring = FAMILIES[one.family].ring and one.ring != one.ring_said
        counts = one.duplicates[0] != one.duplicates[1] or one.missing[0] != one.missing[1]
        if not one.right or one.accused or ring or counts:
            sys.stderr.write(
                f"{one.family} seed {one.seed}: {one.cause} {one.strength}, ring {one.ring} said {one.ring_said}, "
                f"duplicates {one.duplicates}, missing {one.missing}, causes {one.by_cause}\n"
            )
    if args.write:
        page = PAGE.read_text(encoding="utf-8")
        head, _, rest = page.partition("<!-- tables -->")
        _, _, tail = rest.partition("<!-- end -->")
        PAGE.write_text(f"{head}<!-- tables -->\n{text}\n<!-- end -->{tail}", encoding="utf-8")
    return 0


def totals(outcomes: list[Outcome]) -> str:
    """The sums that matter."""
    rings = [one for one in outcomes if FAMILIES[one.family].ring]
    exact = sum(one.duplicates[0] == one.duplicates[1] and one.missing[0] == one.missing[1] for one in outcomes)
    return "\n".join([
        f"- verdict right: {sum(one.right for one in outcomes)} of {len(outcomes)}",
        f"- ring size found exactly where foreign frames were captured: "
        f"{sum(one.ring == one.ring_said for one in rings)} of {len(rings)}",
        f"- duplicates and missing numbers counted exactly: {exact} of {len(outcomes)}",
        f"- false accusations (a ring cause, more than weak, where no ring did it): "
        f"{sum(one.accused for one in outcomes)}",
    ])  # fmt: skip


if __name__ == "__main__":
    raise SystemExit(main())
