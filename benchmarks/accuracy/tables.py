"""The results as tables in Markdown."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from statistics import median

from benchmarks.accuracy.figures import FIGURES, reached, wilson
from benchmarks.accuracy.judge import Judged

STATED = (("strong", 0.999), ("moderate", 0.95), ("weak", 0.5))


def table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    lines = [list(head), ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(str(cell) for cell in row) + " |" for row in lines)


def percent(share: float) -> str:
    """As many digits as tell it from 100 %."""
    return f"{100 * share:.2f} %" if 0.99 < share < 1 else f"{100 * share:.1f} %"


def figures(cases: Sequence[Judged]) -> str:
    rows = []
    for figure in FIGURES:
        good, of = figure.count(cases)
        if not of:
            continue
        low, high = wilson(good, of)
        done = {None: "", True: "yes", False: "**no**"}[reached(figure, good, of)]
        due = "" if figure.reach is None else percent(figure.reach)
        rows.append([figure.title, due, f"{good} of {of}", f"{percent(low)} … {percent(high)}", done])
    return table(["", "to reach", "measured", "interval (95 %)", "reached"], rows)


def reliability(cases: Sequence[Judged]) -> str:
    """Stated strength against what was right."""
    rows = []
    for strength, claim in STATED:
        mine = [one for one in cases if one.said.strength == strength]
        good = sum(one.right for one in mine)
        low, high = wilson(good, len(mine))
        share = percent(good / len(mine)) if mine else ""
        rows.append(
            [strength, f"{claim:g}", len(mine), good, share, f"{percent(low)} … {percent(high)}" if mine else ""]
        )
    return table(["stated", "which claims", "verdicts", "right", "", "interval (95 %)"], rows)


def confusion(cases: Sequence[Judged]) -> str:
    """What was said of each kind: verdicts that name a cause with moderate or strong strength, others in brackets."""
    causes = sorted({one.said.cause for one in cases if one.said.cause})
    rows = []
    for kind in dict.fromkeys(one.kind for one in sorted(cases, key=lambda one: not one.truth["ring_fault"])):
        mine = [one for one in cases if one.kind == kind]
        sure = Counter(one.said.cause for one in mine if one.said.strength in ("strong", "moderate"))
        unsure = Counter(one.said.cause for one in mine if one.said.strength not in ("strong", "moderate"))
        cells = []
        for cause in causes:
            cell = str(sure[cause] or "") + (f" ({unsure[cause]})" if unsure[cause] else "")
            cells.append(cell.strip())
        rows.append([kind, len(mine), *cells])
    return table(["happened", "cases", *causes], rows)


def kinds(cases: Sequence[Judged]) -> str:
    """How each kind fared."""
    rows = []
    for kind in dict.fromkeys(one.kind for one in sorted(cases, key=lambda one: not one.truth["ring_fault"])):
        mine = [one for one in cases if one.kind == kind]
        shown = [one for one in mine if one.shown and one.truth["size_known"]]
        countable = [one for one in mine if one.countable]
        stated = [one for one in mine if one.said.strength in ("strong", "moderate")]
        rows.append([
            kind, len(mine), sum(one.right for one in mine), f"{sum(one.right for one in stated)} of {len(stated)}",
            sum(one.accused for one in mine) or "",
            f"{sum(one.named for one in shown)} of {len(shown)}" if shown else "",
            f"{sum(one.counts_right for one in countable)} of {len(countable)}" if countable else "",
            f"{median(one.said.ms for one in mine):.0f}",
        ])  # fmt: skip
    head = [
        "happened", "cases", "right", "stated above weak: right", "accused", "shown by the capture: named with size",
        "counts exact", "ms, median",
    ]  # fmt: skip
    return table(head, rows)
