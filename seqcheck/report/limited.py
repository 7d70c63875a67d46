"""What limits that were reached mean for a report: sentences for its reader, and whether anything can still be clean.

Pure; the one place where a track.Limit becomes prose.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ..dataclass import replace
from ..model import Reached, Verdict
from ..track.tracker import Limit, LimitName

SENTENCES: dict[LimitName, str] = {
    "streams": "{count} records belong to streams that were not followed: memory sufficed for {limit} streams.",
    "cut": "{count} frames with several records were cut by the snap length: records behind the cut count as missing.",
    "fragments": "{count} IP fragments were not read: records in them count as missing.",
    "copies": "The earlier copies of {count} duplicates are too far back, so their distances are unknown.",
    "missing": "{count} records carried numbers too old to know whether they had come before: they were not judged.",
    "forgotten": "{count} missing numbers are counted but no longer known individually: the gaps list only the others.",
    "chains": "{count} runs of old numbers were too fragmented to follow: they count as copies, not as a restart.",
    "duplicates": "{count} duplicates are counted but not kept individually; the verdict is based on a sample of all.",
    "gaps": "{count} gaps are counted but not kept individually; losses next to duplicates may be incomplete.",
    "late": "{count} late records are counted but not kept individually.",
    "restarts": "{count} restarts are counted but not kept individually.",
}
HIDING: dict[LimitName, str] = {  # what may hide a duplicate or a loss
    "streams": "{count} records belong to streams that were not followed",
    "cut": "{count} frames were cut by the snap length, and may have held more records",
    "fragments": "{count} IP fragments were not read, and may have held records",
    "missing": "{count} records carried numbers too old to be judged",
}
UNSEEN: set[LimitName] = {"cut", "fragments"}  # what may hold most of the records


def caveats(limits: Iterable[Limit], followed: int) -> tuple[str, ...]:
    """A sentence for each limit that was reached; `followed` is how many streams were followed."""
    totals = _totals(limits)
    return tuple(
        sentence.format(count=f"{totals[name]:,}", limit=f"{followed:,}")
        for name, sentence in SENTENCES.items()
        if name in totals
    )


def reached(limits: Iterable[Limit]) -> tuple[Reached, ...]:
    """Each of them once, over all streams, in the order of the sentences."""
    totals = _totals(limits)
    return tuple(Reached(name=name, count=totals[name], hides=name in HIDING) for name in SENTENCES if name in totals)


def hidden(limits: Iterable[Reached]) -> tuple[str, ...]:
    """A sentence for each of them that may hide something."""
    return tuple(f"{each}." for each in _hiding({each.name: each.count for each in limits}))


def _hiding(totals: Mapping[Any, int]) -> list[str]:
    return [text.format(count=f"{totals[name]:,}") for name, text in HIDING.items() if name in totals]


def judged(verdict: Verdict, limits: Iterable[Limit], followed: int) -> Verdict:
    """The verdict with what limits mean for it: a capture of which something was not seen is not clean."""
    totals = _totals(limits)
    verdict = replace(verdict, caveats=(*verdict.caveats, *caveats(limits, followed)))
    hidden = _hiding(totals)
    if not hidden or not (verdict.cause == "clean" or (verdict.cause == "no-counter" and UNSEEN & totals.keys())):
        return verdict
    before = (
        f"{verdict.statement} But not" if verdict.cause == "clean" else "Not"
    )  # what looks odd may have been unseen
    return replace(
        verdict, cause="not-judged", strength="none",
        statement=f"{before} everything could be checked: {'; '.join(hidden)}.",
    )  # fmt: skip


def _totals(limits: Iterable[Limit]) -> dict[LimitName, int]:
    totals: dict[LimitName, int] = {}
    for limit in limits:
        totals[limit.name] = totals.get(limit.name, 0) + limit.count
    return totals
