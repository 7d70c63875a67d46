"""What got better or worse, in words, for the outputs of `seqcheck diff`. Knows nothing of rich."""

from __future__ import annotations

from seqcheck.comparison import Comparison, Count, Figure, StreamChange
from seqcheck.escape import visible
from seqcheck.outputs.wording import count

OPENING = {"worse": "Worse", "better": "Better", "same": "Neither better nor worse"}
PRESENCE = {"both": "", "new": "only after", "gone": "only before"}
ARROW = "→"
FEW = 3  # streams' figures in the first line


def headline(comparison: Comparison) -> str:
    """The whole in one sentence."""
    told = [f"{visible(each.name)} {count(each.before.count)} before, {count(each.after.count)} after"
            for each in telling(comparison)]  # fmt: skip
    return OPENING[comparison.trend] + (f": {'; '.join(told)}." if told else ".")


def telling(comparison: Comparison) -> list[Figure]:
    """The figures that made the judgement; those of streams where no other did."""
    trend = comparison.trend
    if trend == "same":
        return []
    over_all = [each for each in (*comparison.figures, *comparison.causes) if each.trend == trend]
    return over_all or [each for each in comparison.decisive() if each.trend == trend][:FEW]


def share(part: Count) -> str:
    """12 (0.012%)"""
    return count(part.count) + (f" ({100 * part.count / part.of:.3g}%)" if part.count and part.of else "")


def change(figure: Figure) -> str:
    """3 → 5"""
    before, after = count(figure.before.count), count(figure.after.count)
    return after if before == after else f"{before} {ARROW} {after}"


def said(trend: str) -> str:
    """Worse, better; nothing if it is the same."""
    return "" if trend == "same" else trend


def ranked(comparison: Comparison) -> list[StreamChange]:
    """The streams, worse ones first, then those that are only in one report."""
    order = {"both": 1, "new": 2, "gone": 3}
    return sorted(
        comparison.streams,
        key=lambda each: 0 if each.presence == "both" and "worse" in trends(each) else order[each.presence],
    )


def trends(stream: StreamChange) -> set[str]:
    """Those of its figures."""
    return {figure.trend for figure in stream.figures}


def outcome(stream: StreamChange) -> str:
    """What to say of a stream."""
    if stream.presence != "both":
        return PRESENCE[stream.presence]
    mine = trends(stream)
    return "worse" if "worse" in mine else "better"
