"""Write the results to where they are read: docs/accuracy.md between its marks, its picture, and benchmarks/results."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from benchmarks.accuracy import diagram, tables
from benchmarks.accuracy.judge import Judged
from seqcheck.version import VERSION

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "accuracy.md"
PICTURE = ROOT / "docs" / "img" / "accuracy.svg"
RESULTS = ROOT / "benchmarks" / "results" / "accuracy.md"
BEGIN, END = "<!-- measured -->", "<!-- end -->"


def origin(cases: Sequence[Judged], *, final: bool) -> str:
    seeds = "the final seeds" if final else "working seeds"
    frames = sorted(one.truth["frames"] for one in cases)
    resends = sorted(one.truth["duplicates"] for one in cases if one.truth["duplicates"])
    return (
        f"{len(cases):,} cases of {len({one.kind for one in cases})} kinds, {seeds}, seqcheck {VERSION}. Half of the "
        f"captures have {frames[len(frames) // 2]:,} frames or fewer, the largest {frames[-1]:,}; half of those with "
        f"duplicates have {resends[len(resends) // 2]:,} or fewer, the most {resends[-1]:,}."
    )


def measured(cases: Sequence[Judged], *, final: bool) -> str:
    return "\n\n".join([
        origin(cases, final=final),
        "### What has to hold",
        tables.figures(cases),
        "### Stated and observed",
        "![How often verdicts of each strength were right](img/accuracy.svg)",
        tables.reliability(cases),
        "### What was said of what happened",
        "Verdicts stated strongly or moderately; in brackets those stated weakly or not at all.",
        tables.confusion(cases),
    ])  # fmt: skip


def between(page: str, text: str) -> str:
    """The page with `text` between its marks."""
    head, mark, rest = page.partition(BEGIN)
    _, end, tail = rest.partition(END)
    if not mark or not end:
        raise ValueError(f"no {BEGIN} … {END} in the page")
    return f"{head}{BEGIN}\n{text}\n{END}{tail}"


def write(cases: Sequence[Judged], *, final: bool) -> None:
    PAGE.write_text(between(PAGE.read_text(encoding="utf-8"), measured(cases, final=final)), encoding="utf-8")
    PICTURE.write_text(diagram.svg(cases), encoding="utf-8")
    RESULTS.write_text(
        "# The verdict on captures drawn at random\n\n"
        "`python -m benchmarks.accuracy` (docs/accuracy.md says what is measured).\n\n"
        f"{origin(cases, final=final)}\n\n{tables.figures(cases)}\n\n{tables.kinds(cases)}\n",
        encoding="utf-8",
    )
